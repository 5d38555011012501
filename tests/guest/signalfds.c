// signalfd(2): errors, what each kind of signal tells, order, several at once, changing the mask, waiting, poll, epoll, fork,
// threads, exec.
#include "guest.h"
#include <sys/epoll.h>
#include <sys/signalfd.h>

static sigset_t set(int a, int b, int c) {
  sigset_t s;
  sigemptyset(&s);
  if (a) sigaddset(&s, a);
  if (b) sigaddset(&s, b);
  if (c) sigaddset(&s, c);
  return s;
}

static void show(const struct signalfd_siginfo *i) {
  printf("  signal %d errno %d code %d pid %s uid %d fd %d tid %d band %x overrun %d trapno %d status %d int %d ptr %d utime %d addr %d\n", i->ssi_signo, i->ssi_errno, i->ssi_code,
         i->ssi_pid == (unsigned)getpid() ? "mine" : i->ssi_pid ? "other" : "0", i->ssi_uid, i->ssi_fd, i->ssi_tid, i->ssi_band, i->ssi_overrun, i->ssi_trapno, i->ssi_status, i->ssi_int,
         (int)i->ssi_ptr, i->ssi_utime < 1000, (int)i->ssi_addr);
}

static void take(int fd, int room) {
  struct signalfd_siginfo i[8];
  errno = 0;
  ssize_t n = read(fd, i, room * sizeof *i);
  printf("read %d: %zd%s%d\n", room, n < 0 ? n : n / (ssize_t)sizeof *i, n < 0 ? " errno " : " ", n < 0 ? errno : 0);
  for (int k = 0; k < n / (ssize_t)sizeof *i; k++) show(i + k);
}

static void *sender(void *a) {
  pthread_kill(*(pthread_t *)a, SIGUSR1);
  kill(getpid(), SIGUSR2);
  return NULL;
}

static void *reader(void *fd) {
  take(*(int *)fd, 8);
  return NULL;
}

int main(int argc, char **argv) {
  sigset_t none, all, usr = set(SIGUSR1, SIGUSR2, SIGRTMIN + 1);
  sigemptyset(&none);
  sigfillset(&all);
  P(syscall(SYS_signalfd4, -1, &usr, 4, 0));
  P(syscall(SYS_signalfd4, -1, (void *)1, 8, 0));
  P(signalfd(-1, &usr, 1));
  P(signalfd(99, &usr, 0));
  P(signalfd(1, &usr, 0));
  P(signalfd(-2, &usr, 0));
  int fd = signalfd(-1, &usr, SFD_NONBLOCK | SFD_CLOEXEC);
  P(fcntl(fd, F_GETFL));
  P(fcntl(fd, F_GETFD));
  take(fd, 0);
  take(fd, 1);
  char b[300];
  P(read(fd, b, 127));
  P(write(fd, b, 128));
  P(lseek(fd, 1, SEEK_SET));
  P(pread(fd, b, 128, 0));
  P(ioctl(fd, FIONREAD, b));
  sigprocmask(SIG_BLOCK, &all, NULL);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  raise(SIGUSR2);
  union sigval v = {.sival_int = 42};
  sigqueue(getpid(), SIGRTMIN + 1, v);
  v.sival_int = 43;
  sigqueue(getpid(), SIGRTMIN + 1, v);
  kill(getpid(), SIGTERM);
  P(read(fd, NULL, 128));
  take(fd, 2);
  take(fd, 8);
  take(fd, 8);
  sigset_t term = set(SIGTERM, SIGKILL, SIGSTOP);
  P(signalfd(fd, &term, SFD_CLOEXEC) == fd);
  take(fd, 8);
  P(signalfd(fd, &all, 0) == fd);

  printf("-- kinds\n");
  fflush(stdout);
  if (!fork()) _exit(7);
  siginfo_t info;
  waitid(P_ALL, 0, &info, WEXITED);
  take(fd, 8);
  if (!fork()) {
    signal(SIGABRT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(SIGKILL);
  }
  wait(NULL);
  take(fd, 8);
  struct itimerval it = {{0, 0}, {0, 1000}};
  setitimer(ITIMER_REAL, &it, NULL);
  sleep_ms(20);
  take(fd, 8);
  int p[2];
  pipe(p);
  close(p[0]);
  write(p[1], "x", 1);
  take(fd, 8);
  signal(SIGCHLD, SIG_IGN);
  signal(SIGURG, SIG_DFL);
  kill(getpid(), SIGURG);
  take(fd, 8);
  signal(SIGCHLD, SIG_DFL);

  printf("-- waiting\n");
  struct pollfd f = {fd, POLLIN | POLLOUT};
  P(poll(&f, 1, 0));
  fflush(stdout);
  if (!fork()) {
    sleep_ms(50);
    kill(getppid(), SIGUSR1);
    _exit(0);
  }
  P(poll(&f, 1, 5000));
  P(f.revents);
  wait(NULL);
  take(fd, 8);
  fcntl(fd, F_SETFL, 0);
  if (!fork()) {
    sleep_ms(50);
    kill(getppid(), SIGUSR2);
    _exit(0);
  }
  take(fd, 1);
  wait(NULL);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  take(fd, 8);
  int ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN | EPOLLET}, out;
  P(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
  P(epoll_wait(ep, &out, 1, 0));
  raise(SIGUSR1);
  P(epoll_wait(ep, &out, 1, 0));
  P(epoll_wait(ep, &out, 1, 0));
  raise(SIGUSR2);
  P(epoll_wait(ep, &out, 1, 0));
  take(fd, 8);
  P(epoll_wait(ep, &out, 1, 0));
  // a signal that is ignored is not seen, a blocked one with the default to ignore is
  signal(SIGUSR1, SIG_IGN);
  sigset_t one = set(SIGUSR1, 0, 0);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  raise(SIGUSR1);
  take(fd, 8);
  sigprocmask(SIG_BLOCK, &one, NULL);
  signal(SIGUSR1, SIG_DFL);

  printf("-- fork and threads\n");
  // a child reads its own signals from the same descriptor
  raise(SIGUSR1);
  fflush(stdout);
  if (!fork()) {
    take(fd, 8);
    raise(SIGUSR2);
    take(fd, 8);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  take(fd, 8);
  pthread_t self = pthread_self(), t;
  pthread_create(&t, NULL, sender, &self);
  pthread_join(t, NULL);
  pthread_create(&t, NULL, reader, &fd);
  pthread_join(t, NULL);
  take(fd, 8);
  struct signalfd_siginfo i;
  memset(&i, 0, sizeof i);
  struct iovec v2[2] = {{&i, 60}, {(char *)&i + 60, 68}};
  raise(SIGUSR1);
  P(readv(fd, v2, 2));
  show(&i);
  P(readv(fd, v2, 1));
  close(fd);
  close(ep);
  return 0;
}
