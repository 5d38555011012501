// flavours: static musl
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ep;

static void ctl(int op, int fd, unsigned events, unsigned long data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  errno = 0;
  int r = epoll_ctl(ep, op, fd, &e);
  printf("ctl %d %x %lu = %d, errno %d\n", op, events, data, r, errno);
}

static void wait_now(int most, int ms) {
  struct epoll_event e[8];
  errno = 0;
  int n = epoll_wait(ep, e, most, ms);
  printf("wait %d %d = %d, errno %d:", most, ms, n, errno);
  for (int i = 0; i < n; i++) printf(" %x/%lu", e[i].events, (unsigned long)e[i].data.u64);
  printf("\n");
}

int main(void) {
  int p[2], q[2];
  char b[64];
  pipe(p);
  pipe(q);
  P(epoll_create(0));
  P(epoll_create1(5));
  ep = epoll_create1(EPOLL_CLOEXEC);
  P(fcntl(ep, F_GETFD));
  wait_now(8, 0);
  wait_now(0, 0);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
  ctl(EPOLL_CTL_ADD, p[0], EPOLLIN, 1);
  ctl(EPOLL_CTL_MOD, p[1], EPOLLIN, 1);
  ctl(EPOLL_CTL_DEL, p[1], 0, 1);
  ctl(EPOLL_CTL_ADD, ep, EPOLLIN, 1);
  ctl(EPOLL_CTL_ADD, 99, EPOLLIN, 1);
  ctl(9, p[0], EPOLLIN, 1);
  wait_now(8, 10);
  write(p[1], "ab", 2);
  wait_now(8, 10);
  wait_now(8, 10);
  ctl(EPOLL_CTL_ADD, p[1], EPOLLOUT, 2);
  wait_now(8, -1);
  wait_now(1, -1);
  wait_now(1, -1);
  wait_now(1, -1);
  ctl(EPOLL_CTL_DEL, p[1], 0, 0);

  printf("edge\n");
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 3);
  wait_now(8, 0);
  wait_now(8, 0);
  write(p[1], "c", 1);
  wait_now(8, 0);
  read(p[0], b, 1);
  wait_now(8, 0);
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 4);
  wait_now(8, 0);

  printf("oneshot\n");
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 5);
  wait_now(8, 0);
  wait_now(8, 0);
  write(p[1], "d", 1);
  wait_now(8, 0);
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 6);
  wait_now(8, 0);
  read(p[0], b, 64);

  printf("close\n");
  ctl(EPOLL_CTL_MOD, p[0], EPOLLIN, 7);
  close(p[1]);
  wait_now(8, 0);
  int d = dup(p[0]);
  close(p[0]);
  wait_now(8, 0);
  close(d);
  wait_now(8, 0);

  printf("exclusive and nesting\n");
  ctl(EPOLL_CTL_ADD, q[0], EPOLLIN | EPOLLEXCLUSIVE, 8);
  ctl(EPOLL_CTL_MOD, q[0], EPOLLIN, 8);
  ctl(EPOLL_CTL_DEL, q[0], 0, 8);
  ctl(EPOLL_CTL_ADD, q[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 8);
  ctl(EPOLL_CTL_ADD, q[0], EPOLLIN, 9);
  int outer = epoll_create1(0), inner = ep;
  struct epoll_event e = {.events = EPOLLIN, .data.u64 = 10};
  P(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &e));
  P(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &e));
  struct pollfd f = {.fd = outer, .events = POLLIN};
  P(poll(&f, 1, 0));
  write(q[1], "x", 1);
  P(poll(&f, 1, 0));
  printf("%x\n", f.revents);
  ep = outer;
  wait_now(8, -1);
  ep = inner;
  wait_now(8, -1);
  read(q[0], b, 1);
  ep = outer;
  wait_now(8, 0);
  ep = inner;
  P(read(ep, b, 8));
  P(lseek(ep, 0, SEEK_SET));

  printf("files\n");
  own_folder();
  int file = open("f", O_RDWR | O_CREAT, 0600);
  ctl(EPOLL_CTL_ADD, file, EPOLLIN, 11);
  int folder = open(".", O_RDONLY);
  ctl(EPOLL_CTL_ADD, folder, EPOLLIN, 11);
  int v = eventfd(0, EFD_NONBLOCK);
  ctl(EPOLL_CTL_ADD, v, EPOLLIN | EPOLLOUT | EPOLLET, 12);
  wait_now(8, 0);
  wait_now(8, 0);
  eventfd_write(v, 1);
  wait_now(8, 0);

  printf("waiting\n");
  pid_t child = fork();
  if (!child) {
    usleep(20000);
    write(q[1], "y", 1);
    _exit(0);
  }
  wait_now(8, 5000);
  waitpid(child, 0, 0);
  read(q[0], b, 1);
  wait_now(8, 20);
  P(epoll_wait(ep, (void *)8, 1, 0));
  P(epoll_wait(99, (void *)b, 1, 0));
  P(epoll_wait(q[0], (void *)b, 1, 0));
  P(epoll_ctl(ep, EPOLL_CTL_ADD, q[1], (void *)8));
  return 0;
}
