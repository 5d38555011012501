// Datagrams over the loopback: names, borders, refusals of connected sockets, filters, limits, poll.
#include "guest.h"
#include <netinet/in.h>
#include <sys/socket.h>

static struct sockaddr_in at(unsigned host, int port) {
  struct sockaddr_in a = {AF_INET, htons(port)};
  a.sin_addr.s_addr = htonl(host);
  return a;
}

static int port_of(int fd) {
  struct sockaddr_in a;
  socklen_t l = sizeof a;
  getsockname(fd, (void *)&a, &l);
  return ntohs(a.sin_port);
}

static int to(int fd, unsigned host, int port, const char *text) {
  struct sockaddr_in a = at(host, port);
  return sendto(fd, text, strlen(text), 0, (void *)&a, sizeof a);
}

static int conn(int fd, unsigned host, int port) {
  struct sockaddr_in a = at(host, port);
  return connect(fd, (void *)&a, sizeof a);
}

static void polled(const char *what, int fd) {
  struct pollfd p = {fd, 0x7fff & ~POLLNVAL};
  poll(&p, 1, 0);
  printf("poll %s: %x\n", what, p.revents);
}

static void get(const char *what, int fd, int room, int flags, int sender) {
  char b[100] = {0};
  struct sockaddr_in a = {0};
  socklen_t l = sizeof a;
  errno = 0;
  int n = recvfrom(fd, b, room, flags | MSG_DONTWAIT, (void *)&a, &l);
  printf("%s: %d (%d) '%s' len %d from %x port %d\n", what, n, n < 0 ? errno : 0, b, n < 0 ? 0 : l, n < 0 ? 0 : ntohl(a.sin_addr.s_addr), n >= 0 && ntohs(a.sin_port) == port_of(sender));
}

#define LO 0x7f000001

int main(void) {
  char b[70000] = {0};
  struct sockaddr_in a = at(LO, 0), n;
  socklen_t l = sizeof n;
  int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP), d = socket(AF_INET, SOCK_DGRAM, 0);
  P(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  polled("new", s);
  P(listen(s, 1));
  P(accept(s, NULL, NULL));
  P(getpeername(s, (void *)&n, &l));
  P(shutdown(s, SHUT_RD));
  P(send(s, "x", 1, 0));
  P(bind(s, (void *)&a, sizeof a));
  int port = port_of(s);
  a = at(LO, port);
  P(bind(d, (void *)&a, sizeof a));
  P(to(c, LO, port, "hello"));
  P(to(c, LO, port, "second"));
  P(to(c, 0, port, ""));
  polled("full", s);
  int q;
  P(ioctl(s, FIONREAD, &q));
  P(q);
  get("peek", s, 99, MSG_PEEK, c);
  get("short", s, 3, 0, c);
  get("trunc", s, 3, MSG_TRUNC, c);
  get("empty", s, 9, 0, c);
  get("none", s, 9, 0, c);
  P(to(c, LO, 0, "x"));
  P(to(c, 0xffffffff, port, "x"));
  P(sendto(c, "x", 1, 0, (void *)&a, 15));
  a.sin_family = AF_UNIX;
  P(sendto(c, "x", 1, 0, (void *)&a, sizeof a));
  P(bind(d, (void *)&a, sizeof a));
  P(sendto(c, "x", 1, MSG_OOB, (void *)&a, sizeof a));
  a = at(LO, port);
  P(sendto(c, b, 65507, 0, (void *)&a, sizeof a));
  P(sendto(c, b, 65508, 0, (void *)&a, sizeof a));
  P(sendto(c, b, 66000, 0, (void *)&a, sizeof a));
  P(sendto(c, (void *)1, 5, 0, (void *)&a, sizeof a));
  P(recv(s, b, sizeof b, 0));

  printf("-- connected\n");
  P(conn(c, LO, port));
  l = sizeof n;
  P(getpeername(c, (void *)&n, &l));
  Q(ntohs(n.sin_port) == port);
  P(send(c, "sent", 4, 0));
  P(to(d, LO, port_of(c), "stranger"));
  P(to(s, LO, port_of(c), "friend"));
  get("filtered", c, 99, 0, s);
  get("nothing", c, 99, 0, s);
  get("sent", s, 99, 0, c);
  close(s);
  P(send(c, "dead", 4, 0));
  polled("dead", c);
  P(send(c, "again", 5, 0));
  P(send(c, "again", 5, 0));
  get("refused", c, 9, 0, c);
  get("after", c, 9, 0, c);
  P(to(d, LO, port, "nobody"));
  get("nobody", d, 9, 0, d);
  struct sockaddr none = {AF_UNSPEC};
  P(connect(c, &none, sizeof none));
  P(send(c, "x", 1, 0));
  P(getpeername(c, (void *)&n, &l));
  P(conn(c, LO, port));
  P(shutdown(c, SHUT_WR));
  P(send(c, "x", 1, MSG_NOSIGNAL));
  P(shutdown(c, SHUT_RD));
  polled("shut", c);
  P(recv(c, b, 5, 0));
  close(c);

  printf("-- timeouts and room\n");
  s = socket(AF_INET, SOCK_DGRAM, 0);
  a = at(0, 0);
  P(bind(s, (void *)&a, sizeof a));
  struct timeval tv = {0, 20000};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  P(recv(s, b, 5, 0));
  fflush(stdout);
  if (!fork()) {
    sleep_ms(30);
    to(d, LO, port_of(s), "later");
    exit(0);
  }
  tv.tv_usec = 0;
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  P(recv(s, b, 9, 0));
  wait(NULL);
  int lost = 0;
  for (int i = 0; i < 1000; i++) to(d, LO, port_of(s), "flood");
  while (recv(s, b, 9, MSG_DONTWAIT) > 0) lost++;
  Q(lost > 100 && lost < 1000);
  P(to(d, LO, port_of(s), "room again"));
  get("room", s, 99, 0, d);
  return 0;
}
