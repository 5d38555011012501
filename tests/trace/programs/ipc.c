#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <mqueue.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int p[2];
  pipe(p);
  pipe2(p, O_CLOEXEC | O_NONBLOCK);
  char buf[200];
  read(p[0], buf, 10);
  struct pollfd f[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT | POLLPRI, 0}};
  poll(f, 1, 0);
  poll(f, 2, 10);
  poll(NULL, 0, 1);
  f[0].fd = 77;
  poll(f, 2, -1);
  write(p[1], "abc", 3);
  f[0].fd = p[0];
  struct timespec ts = {1, 5};
  sigset_t m;
  sigemptyset(&m);
  ppoll(f, 2, &ts, &m);
  ppoll(f, 1, &ts, NULL);
  fd_set r, w;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_SET(p[0], &r);
  FD_SET(p[1], &w);
  struct timeval tv = {1, 0};
  syscall(SYS_select, 10, &r, &w, NULL, NULL);
  tv.tv_sec = 0;
  FD_ZERO(&r);
  syscall(SYS_select, 10, &r, NULL, NULL, &tv);
  FD_SET(p[0], &r);
  pselect(10, &r, NULL, NULL, NULL, &m);
  ioctl(p[0], FIONREAD, buf);
  int one = 1;
  ioctl(p[0], FIONBIO, &one);
  ioctl(p[0], TCGETS, buf);
  ioctl(p[0], TIOCGWINSZ, buf);
  ioctl(p[0], 0x1234, buf);
  ioctl(p[0], FIOCLEX);
  fcntl(p[0], F_GETPIPE_SZ);
  fcntl(p[0], F_SETPIPE_SZ, 8192);
  int ep = epoll_create1(EPOLL_CLOEXEC);
  epoll_create(5);
  struct epoll_event e = {EPOLLIN | EPOLLET | EPOLLONESHOT, {.u64 = 0x1234567890}}, out[4];
  epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
  epoll_wait(ep, out, 4, 0);
  epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e);
  epoll_pwait(ep, out, 4, 10, &m);
  epoll_pwait(ep, out, 4, 1, NULL);
  epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL);
  int ef = eventfd(5, EFD_CLOEXEC | EFD_SEMAPHORE);
  read(ef, buf, 8);
  write(ef, "\1\0\0\0\0\0\0\0", 8);
  int tf = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  struct itimerspec its = {{0, 0}, {5, 0}};
  timerfd_settime(tf, TFD_TIMER_ABSTIME, &its, NULL);
  its.it_value.tv_sec = 0;
  timerfd_settime(tf, 0, &its, NULL);
  timerfd_gettime(tf, &its);
  signalfd(-1, &m, SFD_CLOEXEC);
  int in = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(in, "/tmp", IN_CREATE | IN_DELETE | IN_ONLYDIR);
  inotify_rm_watch(in, 99);
  splice(p[0], NULL, ef, NULL, 5, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  tee(p[0], p[1], 5, 0);
  int q = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  struct { long t; char b[50]; } msg = {3, "hello message"};
  msgsnd(q, &msg, 13, IPC_NOWAIT);
  msgrcv(q, &msg, 50, 0, MSG_NOERROR);
  msgrcv(q, &msg, 50, -2, IPC_NOWAIT);
  struct msqid_ds md;
  msgctl(q, IPC_STAT, &md);
  msgctl(q, IPC_RMID, NULL);
  int s = semget(0x1234, 2, IPC_CREAT | 0644);
  struct sembuf so[2] = {{0, 1, SEM_UNDO}, {1, 2, IPC_NOWAIT}};
  semop(s, so, 2);
  struct timespec zt = {0, 1000};
  so[0].sem_op = -5;
  semtimedop(s, so, 1, &zt);
  semctl(s, 0, GETVAL);
  semctl(s, 0, SETVAL, 5);
  struct semid_ds sd;
  semctl(s, 0, IPC_STAT, &sd);
  unsigned short vals[2];
  semctl(s, 0, GETALL, vals);
  semctl(s, 0, IPC_RMID);
  int sh = shmget(IPC_PRIVATE, 8192, IPC_CREAT | IPC_EXCL | 0660);
  void *at = shmat(sh, NULL, SHM_RDONLY);
  struct shmid_ds shd;
  shmctl(sh, IPC_STAT, &shd);
  shmdt(at);
  shmctl(sh, IPC_RMID, NULL);
  struct mq_attr ma = {0, 4, 64, 0};
  mqd_t mq = mq_open("/r3t", O_CREAT | O_RDWR, 0600, &ma);
  mq_send(mq, "prio", 4, 2);
  unsigned pr;
  mq_receive(mq, buf, 64, &pr);
  mq_getattr(mq, &ma);
  struct sigevent ev = {.sigev_notify = SIGEV_NONE};
  mq_notify(mq, &ev);
  mq_unlink("/r3t");
  mq_open("/r3t", O_RDONLY);
  return 0;
}
