// flavours: static musl
#include "guest.h"
#undef CLOSE_RANGE_CLOEXEC
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define CLOSE_RANGE_CLOEXEC 4
int main(void) {
  struct rlimit rl;
  for (int i = 3; i < 20; i++) close(i);
  P(open("/dev/null", O_RDWR));
  P(dup(3));
  P(dup2(3, 10));
  P(dup2(3, 3));
  P(dup2(99, 3));
  P(dup2(3, -1));
  P(dup3(3, 11, O_CLOEXEC));
  P(dup3(3, 3, 0));
  P(dup3(3, 12, 1));
  P(fcntl(11, F_GETFD));
  P(fcntl(10, F_GETFD));
  P(fcntl(10, F_SETFD, FD_CLOEXEC));
  P(fcntl(10, F_GETFD));
  P(fcntl(3, F_GETFD));
  P(fcntl(3, F_DUPFD, 5));
  P(fcntl(3, F_DUPFD_CLOEXEC, 5));
  P(fcntl(6, F_GETFD));
  P(fcntl(3, F_DUPFD, -1));
  P(fcntl(3, F_DUPFD, 1 << 30));
  P(fcntl(3, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  P(fcntl(4, F_SETFL, O_NONBLOCK | O_APPEND));
  P(fcntl(3, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  P(fcntl(3, 9999));
  P(fcntl(77, F_GETFL));
  P(syscall(SYS_close_range, 5, 7, 0));
  P(fcntl(5, F_GETFD));
  P(fcntl(10, F_GETFD));
  P(syscall(SYS_close_range, 3, 4, CLOSE_RANGE_CLOEXEC));
  P(fcntl(4, F_GETFD));
  P(syscall(SYS_close_range, 9, 8, 0));
  P(syscall(SYS_close_range, 9, 8, 64));
  P(syscall(SYS_close_range, 3, ~0u, 0));
  P(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = 8;
  P(setrlimit(RLIMIT_NOFILE, &rl));
  int last = 0;
  for (int fd; (fd = dup(3)) >= 0;) last = fd;
  printf("last %d errno %d\n", last, errno);
  P(dup2(3, 8));
  P(dup2(3, 7));
  P(fcntl(3, F_DUPFD, 8));
  int p[2];
  P(pipe(p));
  close(7);
  P(pipe(p));
  P(dup(3));
  return 0;
}
