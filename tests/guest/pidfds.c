// pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), waitid(P_PIDFD), polling.
#include "guest.h"
#include <sys/epoll.h>
static volatile int got;
static void on(int s, siginfo_t *si, void *u) { got = si->si_code * 1000 + s; }
static pid_t tid;
static void *thread(void *a) {
  tid = syscall(SYS_gettid);
  pause();
  return NULL;
}
static int open_pid(pid_t pid, int flags) { return syscall(SYS_pidfd_open, pid, flags); }
static int wait_pidfd(int fd, int options) {
  siginfo_t si = {0};
  int r = waitid(P_PIDFD, fd, &si, options);
  if (!r) printf("  signo %d code %d status %d some pid %d\n", si.si_signo, si.si_code, si.si_status, si.si_pid > 0);
  return r;
}
int main(void) {
  int pipes[2];
  if (pipe(pipes)) return 1;
  P(open_pid(0, 0));
  P(open_pid(-1, 0));
  P(open_pid(4000000, 0));
  P(open_pid(getpid(), 1));
  pthread_t th;
  pthread_create(&th, NULL, thread, NULL);
  while (!tid) sleep_ms(1);
  P(open_pid(tid, 0));
  int self = open_pid(getpid(), 0);
  Q(self >= 0);
  P(fcntl(self, F_GETFD));
  char c;
  P(read(self, &c, 1));
  P(write(self, &c, 1));
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &sa, NULL);
  P(syscall(SYS_pidfd_send_signal, self, SIGUSR1, NULL, 0));
  P(got);
  siginfo_t si = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  P(syscall(SYS_pidfd_send_signal, self, SIGUSR1, &si, 0));
  P(got);
  P(syscall(SYS_pidfd_send_signal, self, SIGUSR2, &si, 0));
  P(syscall(SYS_pidfd_send_signal, self, 0, NULL, 0));
  // A folder of /proc will do as well, others will not.
  char name[40];
  snprintf(name, sizeof name, "/proc/%d", getpid());
  int folder = open(name, O_RDONLY | O_DIRECTORY), other = open("/proc", O_RDONLY | O_DIRECTORY);
  P(syscall(SYS_pidfd_send_signal, folder, 0, NULL, 0));
  P(syscall(SYS_pidfd_send_signal, other, 0, NULL, 0));
  P(syscall(SYS_pidfd_getfd, folder, 0, 0));
  pid_t gone = fork();
  if (!gone) _exit(0);
  snprintf(name, sizeof name, "/proc/%d", gone);
  close(folder), folder = open(name, O_RDONLY | O_DIRECTORY);
  waitpid(gone, NULL, 0);
  P(syscall(SYS_pidfd_send_signal, folder, 0, NULL, 0));
  close(folder), close(other);
  P(syscall(SYS_pidfd_send_signal, self, 0, NULL, 64));
  P(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0));
  P(syscall(SYS_pidfd_send_signal, 99, 0, NULL, 0));
  P(syscall(SYS_pidfd_getfd, self, 99, 0));
  P(syscall(SYS_pidfd_getfd, self, 0, 1));
  P(syscall(SYS_pidfd_getfd, 0, 0, 0));
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    close(pipes[0]);
    int other[2];
    if (pipe(other)) _exit(1);
    if (write(other[1], "hello", 5) != 5 || dup2(other[0], 50) < 0) _exit(1);
    if (write(pipes[1], "r", 1) != 1) _exit(1);
    pause();
    _exit(3);
  }
  P(read(pipes[0], &c, 1));
  int fd = open_pid(pid, O_NONBLOCK);
  Q(fd >= 0);
  int theirs = syscall(SYS_pidfd_getfd, fd, 50, 0);
  char text[6] = {0};
  P(read(theirs, text, 5));
  puts(text);
  P(fcntl(theirs, F_GETFD));
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  P(poll(&p, 1, 0));
  P(wait_pidfd(fd, WEXITED));
  P(wait_pidfd(fd, WEXITED | WNOHANG));
  int ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN, {0}};
  P(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
  P(epoll_wait(ep, &e, 1, 0));
  P(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
  P(poll(&p, 1, 5000));
  P(p.revents);
  P(epoll_wait(ep, &e, 1, 1000));
  P(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
  P(syscall(SYS_pidfd_getfd, fd, 0, 0));
  P(wait_pidfd(fd, WEXITED | WNOWAIT));
  P(wait_pidfd(fd, WEXITED));
  P(wait_pidfd(fd, WEXITED));
  P(poll(&p, 1, 0));
  P(p.revents);
  P(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
  P(syscall(SYS_pidfd_getfd, fd, 0, 0));
  P(wait_pidfd(0, WEXITED));
  P(wait_pidfd(99, WEXITED));
  return 0;
}
