// eventfd(2): counters, semaphores, limits, waiting readers and writers and their order, vectors, poll.
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int add(int fd, uint64_t n) { return write(fd, &n, 8) == 8 ? 0 : -1; }

static long take(int fd) {
  uint64_t n = 77;
  return read(fd, &n, 8) == 8 ? (long)n : -1;
}

// Readers sleep, then the counter is raised twice: how much is taken. Who of them takes it is left open.
static void readers(const char *what, int flags, uint64_t first, uint64_t second) {
  int fd = eventfd(0, flags), outcome[2];
  printf("-- %s\n", what);
  pipe(outcome);
  fflush(stdout);
  for (int i = 0; i < 3; i++) {
    if (fork()) continue;
    char got = '0' + take(fd);
    write(outcome[1], &got, 1);
    exit(0);
  }
  sleep_ms(150);
  char taken[9] = {0};
  struct pollfd p = {outcome[0], POLLIN};
  for (int round = 0; round < 2; round++) {
    add(fd, round ? second : first);
    int n = 0;
    while (n < 8 && poll(&p, 1, 150) > 0) n += read(outcome[0], taken + n, 8 - n);
    printf("%.*s\n", n, taken);
  }
  add(fd, 3);
  for (int i = 0; i < 2; i++) {
    poll(&p, 1, 150);
    add(fd, 3);
  }
  while (wait(NULL) > 0) {}
  close(fd), close(outcome[0]), close(outcome[1]);
}

int main(void) {
  P(eventfd(0, 2));
  P(syscall(SYS_eventfd2, 0, 4));
  P(syscall(SYS_eventfd2, 0, 1ul << 40));
  int fd = eventfd(5, EFD_NONBLOCK | EFD_CLOEXEC);
  P(fcntl(fd, F_GETFL));
  P(fcntl(fd, F_GETFD));
  P(take(fd));
  P(take(fd));
  uint64_t n = 3;
  P(read(fd, &n, 7));
  P(write(fd, &n, 7));
  P(write(fd, &n, 9));
  P(read(fd, &n, 9));
  P(n);
  P(write(fd, (void *)1, 8));
  P(add(fd, 0));
  P(add(fd, -1));
  P(add(fd, -2));
  P(add(fd, 1));
  P(add(fd, 0));
  P(read(fd, (void *)1, 8));
  P(take(fd));
  P(add(fd, -3));
  P(add(fd, 1));
  P(add(fd, 1));
  P(take(fd));
  P(pread(fd, &n, 8, 0));
  P(pwrite(fd, &n, 8, 0));
  P(lseek(fd, 4, SEEK_CUR));
  P(ftruncate(fd, 0));
  P(ioctl(fd, FIONREAD, &n));
  n = 9;
  struct iovec v[2] = {{&n, 8}, {&n, 8}}, halves[2] = {{&n, 4}, {(char *)&n + 4, 4}};
  P(writev(fd, v, 2));
  P(take(fd));
  n = 7;
  P(writev(fd, halves, 2));
  n = 0;
  P(readv(fd, halves, 2));
  P(n);
  P(syscall(SYS_eventfd, 4));
  struct stat st;
  fstat(fd, &st);
  printf("%o %ld %d\n", st.st_mode, (long)st.st_size, (int)st.st_nlink);
  P(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK | O_APPEND));
  P(fcntl(fd, F_GETFL));
  close(fd);
  int s = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
  P(take(s)), P(take(s)), P(take(s)), P(take(s));
  close(s);
  // a writer that waits for room
  fd = eventfd(0, 0);
  add(fd, -2);
  fflush(stdout);
  if (!fork()) {
    sleep_ms(50);
    P(take(fd));
    exit(0);
  }
  int w = add(fd, 5);
  wait(NULL);
  P(w);
  P(take(fd));
  // edges: each write is one
  struct epoll_event e = {.events = EPOLLIN | EPOLLET}, out;
  int ep = epoll_create1(0);
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
  P(epoll_wait(ep, &out, 1, 0));
  add(fd, 1);
  P(epoll_wait(ep, &out, 1, 0));
  add(fd, 1);
  P(epoll_wait(ep, &out, 1, 0));
  add(fd, 0);
  P(epoll_wait(ep, &out, 1, 0));
  P(take(fd));
  P(epoll_wait(ep, &out, 1, 0));
  close(fd), close(ep);
  readers("readers", 0, 5, 2);
  readers("semaphore, two at once", EFD_SEMAPHORE, 2, 1);
  readers("semaphore, all at once", EFD_SEMAPHORE, 3, 0);
  return 0;
}
