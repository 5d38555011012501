#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <fcntl.h>

int main(void) {
  int sv[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);
  socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv);
  send(sv[0], "ping", 4, MSG_NOSIGNAL);
  char buf[100];
  recv(sv[1], buf, 100, MSG_PEEK);
  recvfrom(sv[1], buf, 100, 0, NULL, NULL);
  recv(sv[1], buf, 100, MSG_DONTWAIT);
  struct iovec iov = {"with fds", 8};
  char control[CMSG_SPACE(8)];
  memset(control, 0, sizeof control);
  struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&h);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(8);
  memcpy(CMSG_DATA(c), sv, 8);
  sendmsg(sv[0], &h, 0);
  iov.iov_base = buf;
  iov.iov_len = 100;
  recvmsg(sv[1], &h, 0);
  recvmsg(sv[1], &h, MSG_DONTWAIT);
  struct iovec two[2] = {{"first", 5}, {"second", 6}};
  struct mmsghdr mm[2] = {{{.msg_iov = two, .msg_iovlen = 1}}, {{.msg_iov = two + 1, .msg_iovlen = 1}}};
  sendmmsg(sv[0], mm, 2, MSG_NOSIGNAL);
  char in1[10], in2[10];
  struct iovec back[2] = {{in1, 10}, {in2, 10}};
  struct mmsghdr rm[2] = {{{.msg_iov = back, .msg_iovlen = 1}}, {{.msg_iov = back + 1, .msg_iovlen = 1}}};
  recvmmsg(sv[1], rm, 2, MSG_DONTWAIT, NULL);
  recvmmsg(sv[1], rm, 2, MSG_DONTWAIT, NULL);
  sendmmsg(99, mm, 2, 0);
  int one = 1;
  setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &one, 4);
  socklen_t len = 4;
  getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &one, &len);
  struct ucred cr;
  len = sizeof cr;
  getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &cr, &len);
  int u = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "r3sock"};
  unlink("r3sock");
  bind(u, (void *)&a, sizeof a);
  listen(u, 5);
  int k = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  connect(k, (void *)&a, sizeof a);
  len = sizeof a;
  accept4(u, (void *)&a, &len, SOCK_CLOEXEC);
  len = sizeof a;
  getsockname(u, (void *)&a, &len);
  len = sizeof a;
  getpeername(u, (void *)&a, &len);
  fcntl(u, F_SETFL, O_NONBLOCK);
  len = sizeof a;
  accept(u, (void *)&a, &len);
  accept(u, NULL, NULL);
  unlink("r3sock");
  struct sockaddr_un b = {.sun_family = AF_UNIX, .sun_path = "\0abstract"};
  int d = socket(AF_UNIX, SOCK_DGRAM, 0);
  bind(d, (void *)&b, offsetof(struct sockaddr_un, sun_path) + 9);
  sendto(d, "self", 4, 0, (void *)&b, offsetof(struct sockaddr_un, sun_path) + 9);
  len = sizeof b;
  recvfrom(d, buf, 50, 0, (void *)&b, &len);
  int t = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(0), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bind(t, (void *)&in, sizeof in);
  in.sin_port = htons(1);
  connect(t, (void *)&in, sizeof in);
  setsockopt(t, IPPROTO_TCP, TCP_NODELAY, &one, 4);
  setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &one, 4);
  struct linger lg = {1, 2};
  setsockopt(t, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
  struct timeval tv = {1, 0};
  setsockopt(t, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  struct sockaddr_in6 i6 = {.sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int t6 = socket(AF_INET6, SOCK_DGRAM, 0);
  connect(t6, (void *)&i6, sizeof i6);
  shutdown(sv[0], SHUT_RDWR);
  int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl sn = {.nl_family = AF_NETLINK};
  bind(nl, (void *)&sn, sizeof sn);
  socket(99, SOCK_STREAM, 0);
  socket(AF_INET, 77, 0);
  return 0;
}
