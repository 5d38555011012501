#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
int main(void) {
  uint64_t v = 0;
  int e = eventfd(3, EFD_NONBLOCK);
  P(read(e, &v, 8)), P(v);
  P(read(e, &v, 8));
  P(read(e, &v, 4));
  v = 5;
  P(write(e, &v, 8)), P(write(e, &v, 8));
  P(read(e, &v, 8)), P(v);
  v = ~0ull;
  P(write(e, &v, 8));
  v = ~0ull - 1;
  P(write(e, &v, 8));
  v = 1;
  P(write(e, &v, 8));
  int s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  P(read(s, &v, 8)), P(v), P(read(s, &v, 8)), P(read(s, &v, 8));
  int ep = epoll_create1(0), p[2];
  pipe(p);
  struct epoll_event ev = {EPOLLIN, {.u32 = 1}}, out[5];
  P(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
  P(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
  ev.data.u32 = 2, ev.events = EPOLLOUT | EPOLLET;
  P(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &ev));
  P(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev));
  P(epoll_ctl(ep, EPOLL_CTL_DEL, e, &ev));
  P(epoll_wait(ep, out, 5, 0));
  printf("%x %u\n", out[0].events, out[0].data.u32);
  P(epoll_wait(ep, out, 5, 0));
  write(p[1], "ab", 2);
  P(epoll_wait(ep, out, 1, 0));
  printf("%x %u\n", out[0].events, out[0].data.u32);
  char c;
  read(p[0], &c, 1);
  P(epoll_wait(ep, out, 5, 0) >= 1);
  read(p[0], &c, 1);
  epoll_wait(ep, out, 5, 0);
  P(epoll_wait(ep, out, 5, 0));
  ev.events = EPOLLIN | EPOLLONESHOT, ev.data.u32 = 3;
  P(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
  write(p[1], "c", 1);
  P(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL));
  P(epoll_wait(ep, out, 5, 0));
  P(epoll_wait(ep, out, 5, 0));
  P(epoll_wait(ep, out, 0, 0));
  P(epoll_wait(e, out, 1, 0));
  P(epoll_ctl(ep, EPOLL_CTL_ADD, open("/tmp", O_RDONLY), &ev));
  if (fork() == 0) {
    sleep_ms(10);
    v = 9;
    uint64_t drain;
    read(e, &drain, 8);
    write(s, &v, 8);
    _exit(0);
  }
  ev.events = EPOLLIN, ev.data.u32 = 4;
  epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
  P(epoll_wait(ep, out, 5, 2000));
  printf("%x %u\n", out[0].events, out[0].data.u32);
  wait(NULL);
  struct pollfd f[2] = {{ep, POLLIN}, {e, POLLIN | POLLOUT}};
  P(poll(f, 2, 0));
  printf("%x %x\n", f[0].revents, f[1].revents);
  return 0;
}
