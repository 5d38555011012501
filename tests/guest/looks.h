// What the programs about poll(2) share.
#include "guest.h"
#include <sys/epoll.h>

// What poll, select and epoll say of a descriptor.
static void look(const char *what, int fd) {
  if (fd < 0) {
    printf("%s: not there, errno %d\n", what, errno);
    return;
  }
  struct pollfd p = {fd, 0x7fff & ~POLLNVAL, 0};
  int n = poll(&p, 1, 0);
  fd_set s[3];
  for (int i = 0; i < 3; i++) {
    FD_ZERO(&s[i]);
    FD_SET(fd, &s[i]);
  }
  struct timeval tv = {0, 0};
  int m = select(fd + 1, &s[0], &s[1], &s[2], &tv);
  int ep = epoll_create1(0);
  struct epoll_event e = {.events = 0x7fff}, out = {0};
  int a = epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) ? -errno : 0, w = a ? 0 : epoll_wait(ep, &out, 1, 0);
  printf("%s: poll %d %x, select %d", what, n, p.revents, m);
  if (m > 0) printf(" %d%d%d", !!FD_ISSET(fd, &s[0]), !!FD_ISSET(fd, &s[1]), !!FD_ISSET(fd, &s[2]));
  printf(", epoll %d %d %x\n", a, w, w ? out.events : 0);
  close(ep);
}
