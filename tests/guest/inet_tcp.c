// Streams over the loopback: names and ports, connecting, refusals, both ends' closing, resets, poll, options.
#include "guest.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static struct sockaddr_in at(const char *host, int port) {
  struct sockaddr_in a = {AF_INET, htons(port)};
  unsigned b[4];
  sscanf(host, "%u.%u.%u.%u", b, b + 1, b + 2, b + 3);
  a.sin_addr.s_addr = htonl(b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]);
  return a;
}

static int port_of(int fd) {
  struct sockaddr_in a;
  socklen_t l = sizeof a;
  getsockname(fd, (void *)&a, &l);
  return ntohs(a.sin_port);
}

static void name(const char *what, int fd, int peer) {
  struct sockaddr_in a = {0};
  socklen_t l = sizeof a;
  errno = 0;
  int r = (peer ? getpeername : getsockname)(fd, (void *)&a, &l);
  printf("%s: %d (%d) len %d family %d %x port %s\n", what, r, errno, l, a.sin_family, ntohl(a.sin_addr.s_addr), a.sin_port ? "some" : "0");
}

static const char *polled(int fd) {
  static char t[100];
  struct pollfd p = {fd, 0x7fff & ~POLLNVAL};
  poll(&p, 1, 0);
  sprintf(t, "%x", p.revents);
  return t;
}

#define POLLED(fd) printf("poll %s: %s\n", #fd, polled(fd))

static int soerror(int fd) {
  int e = -1;
  socklen_t l = sizeof e;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &l);
  return e;
}

static int conn(int fd, int port) {
  struct sockaddr_in a = at("127.0.0.1", port);
  return connect(fd, (void *)&a, sizeof a);
}

static int listener(int backlog) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = at("127.0.0.1", 0);
  bind(s, (void *)&a, sizeof a);
  listen(s, backlog);
  return s;
}

static void pair(int p[2]) {
  int s = listener(5);
  p[0] = socket(AF_INET, SOCK_STREAM, 0);
  conn(p[0], port_of(s));
  p[1] = accept(s, NULL, NULL);
  close(s);
}

static void names(void) {
  printf("-- names\n");
  int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), v;
  struct sockaddr_in a = at("127.0.0.1", 0);
  P(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  P(socket(AF_INET, SOCK_SEQPACKET, 0));
  name("new", s, 0);
  name("new", s, 1);
  POLLED(s);
  P(bind(s, (void *)&a, 15));
  P(bind(s, (void *)1, 16));
  a.sin_family = AF_UNIX;
  P(bind(s, (void *)&a, sizeof a));
  a = at("9.9.9.9", 0);
  P(bind(s, (void *)&a, sizeof a));
  a = at("127.0.0.1", 0);
  P(bind(s, (void *)&a, sizeof a));
  name("bound", s, 0);
  P(bind(s, (void *)&a, sizeof a));
  a = at("127.0.0.1", port_of(s));
  P(bind(t, (void *)&a, sizeof a));
  a = at("0.0.0.0", port_of(s));
  P(bind(t, (void *)&a, sizeof a));
  a = at("127.0.0.2", port_of(s));
  P(bind(t, (void *)&a, sizeof a));
  close(t);
  v = 1;
  t = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &v, 4);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &v, 4);
  a = at("127.0.0.1", port_of(s));
  P(bind(t, (void *)&a, sizeof a));
  P(listen(s, 5));
  P(listen(t, 5));
  close(t);
  t = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(t, SOL_SOCKET, SO_REUSEADDR, &v, 4);
  P(bind(t, (void *)&a, sizeof a));
  POLLED(s);
  name("listening", s, 1);
  P(accept(s, NULL, (fcntl(s, F_SETFL, O_NONBLOCK), NULL)));
  P(accept(t, NULL, NULL));
  char b[4];
  P(recv(s, b, 4, 0));
  signal(SIGPIPE, SIG_IGN);
  P(send(s, b, 4, 0));
  P(send(t, b, 4, 0));
  P(recv(t, b, 4, 0));
  P(shutdown(t, SHUT_WR));
  close(t);
  int c = socket(AF_INET, SOCK_STREAM, 0);
  P(conn(c, port_of(s)));
  name("client", c, 0);
  name("client", c, 1);
  P(conn(c, port_of(s)));
  POLLED(s);
  struct sockaddr_in from = {0};
  socklen_t l = sizeof from;
  int d = accept4(s, (void *)&from, &l, SOCK_NONBLOCK);
  printf("from %x, its port %d, len %d\n", ntohl(from.sin_addr.s_addr), ntohs(from.sin_port) == port_of(c), l);
  name("server", d, 0);
  name("server", d, 1);
  Q(port_of(d) == port_of(s));
  POLLED(d);
  close(c), close(d), close(s);
  // listening without a name
  s = socket(AF_INET, SOCK_STREAM, 0);
  P(listen(s, 1));
  name("listening unnamed", s, 0);
  c = socket(AF_INET, SOCK_STREAM, 0);
  a = at("127.9.8.7", port_of(s));
  P(connect(c, (void *)&a, sizeof a));
  name("client", c, 0);
  name("client", c, 1);
  d = accept(s, NULL, NULL);
  name("server", d, 0);
  close(c), close(d), close(s);
  in_child("low port", ({
    void f(void) {
      setuid(1000);
      int u = socket(AF_INET, SOCK_STREAM, 0);
      struct sockaddr_in low = at("127.0.0.1", 80);
      if (bind(u, (void *)&low, sizeof low) && errno != EACCES) printf("errno %d\n", errno);
    }
    f;
  }));
}

static void refusals(void) {
  printf("-- refusals\n");
  int s = listener(1), port = port_of(s), c = socket(AF_INET, SOCK_STREAM, 0);
  close(s);
  P(conn(c, port));
  POLLED(c);
  P(soerror(c));
  P(conn(c, port));
  close(c);
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  P(conn(c, port));
  POLLED(c);
  P(soerror(c));
  POLLED(c);
  P(conn(c, port));
  P(conn(c, port));
  close(c);
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  s = listener(1);
  P(conn(c, port_of(s)));
  POLLED(c);
  P(soerror(c));
  P(conn(c, port_of(s)));
  P(conn(c, port_of(s)));
  struct sockaddr_in a = at("127.0.0.1", 5);
  struct sockaddr none = {AF_UNSPEC};
  P(connect(c, (void *)&a, 15));
  P(connect(c, &none, sizeof none));
  name("disconnected", c, 1);
  close(c), close(s);
  // a backlog that is full: the next waits until there is room
  s = listener(0);
  int first = socket(AF_INET, SOCK_STREAM, 0);
  P(conn(first, port_of(s)));
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  P(conn(c, port_of(s)));
  POLLED(c);
  P(conn(c, port_of(s)));
  close(accept(s, NULL, NULL));
  struct pollfd p = {c, POLLOUT};
  P(poll(&p, 1, 10000));
  P(conn(c, port_of(s)));
  int d = accept(s, NULL, NULL);
  P(write(d, "in", 2));
  char b[4];
  P(recv(c, b, 4, MSG_WAITALL | MSG_DONTWAIT));
  close(c), close(d), close(first);
  // a listener that goes
  c = socket(AF_INET, SOCK_STREAM, 0);
  P(conn(c, port_of(s)));
  close(s);
  POLLED(c);
  P(read(c, b, 4));
  P(read(c, b, 4));
  P(write(c, b, 4));
  close(c);
}

static void endings(void) {
  printf("-- endings\n");
  int p[2];
  char b[10];
  pair(p);
  P(write(p[0], "abc", 3));
  P(shutdown(p[0], SHUT_WR));
  POLLED(p[0]);
  POLLED(p[1]);
  P(write(p[0], "x", 1));
  P(read(p[1], b, 10));
  P(read(p[1], b, 10));
  P(write(p[1], "back", 4));
  P(read(p[0], b, 10));
  P(shutdown(p[1], SHUT_WR));
  POLLED(p[0]);
  POLLED(p[1]);
  P(read(p[0], b, 10));
  P(shutdown(p[1], SHUT_RDWR));
  close(p[0]), close(p[1]);

  printf("the other end closes\n");
  pair(p);
  write(p[0], "last", 4);
  close(p[0]);
  POLLED(p[1]);
  P(read(p[1], b, 2));
  P(write(p[1], "x", 1));
  sleep_ms(20);
  POLLED(p[1]);
  P(read(p[1], b, 9));
  P(write(p[1], "x", 1));
  P(write(p[1], "x", 1));
  P(read(p[1], b, 9));
  P(soerror(p[1]));
  close(p[1]);

  printf("unread data: reset\n");
  pair(p);
  write(p[0], "unread", 6);
  write(p[1], "answer", 6);
  sleep_ms(5);
  close(p[1]);
  POLLED(p[0]);
  P(read(p[0], b, 3));
  P(read(p[0], b, 10));
  P(read(p[0], b, 10));
  P(read(p[0], b, 10));
  P(write(p[0], "x", 1));
  close(p[0]);

  printf("linger 0: reset\n");
  pair(p);
  struct linger l = {1, 0};
  setsockopt(p[0], SOL_SOCKET, SO_LINGER, &l, sizeof l);
  close(p[0]);
  POLLED(p[1]);
  P(write(p[1], "x", 1));
  P(write(p[1], "x", 1));
  P(read(p[1], b, 1));
  close(p[1]);

  printf("shutdown for reading\n");
  pair(p);
  P(shutdown(p[0], SHUT_RD));
  POLLED(p[0]);
  P(read(p[0], b, 1));
  P(write(p[1], "more", 4));
  P(read(p[0], b, 10));
  POLLED(p[1]);
  close(p[0]), close(p[1]);

  printf("listener shut down\n");
  int s = listener(1);
  P(shutdown(s, SHUT_WR));
  POLLED(s);
  P(shutdown(s, SHUT_RD));
  POLLED(s);
  P(accept(s, NULL, NULL));
  close(s);
}

static char big[3000000], back[3000000];

static void data(void) {
  printf("-- data\n");
  int p[2];
  char b[20] = {0};
  pair(p);
  for (unsigned i = 0; i < sizeof big; i++) big[i] = i * 7 + i / 1000;
  fflush(stdout);
  if (!fork()) {
    close(p[1]);
    exit(write(p[0], big, sizeof big) == sizeof big ? 0 : 1);
  }
  close(p[0]);
  P(recv(p[1], back, sizeof back, MSG_WAITALL));
  Q(!memcmp(big, back, sizeof big));
  P(read(p[1], b, 1));
  int st;
  wait(&st);
  print_status("writer", st);
  close(p[1]);
  pair(p);
  write(p[0], "hello world", 11);
  int n;
  P(ioctl(p[1], FIONREAD, &n));
  P(n);
  P(recv(p[1], b, 5, MSG_PEEK));
  P(recv(p[1], b, 6, 0));
  P(recv(p[1], NULL, 3, MSG_TRUNC));
  P(recv(p[1], b, 9, 0));
  printf("%s\n", b);
  P(recv(p[1], b, 9, MSG_DONTWAIT));
  struct sockaddr_in a;
  socklen_t l = sizeof a;
  write(p[0], "x", 1);
  P(recvfrom(p[1], b, 1, 0, (void *)&a, &l));
  P(l);
  a = at("127.0.0.1", 9);
  P(sendto(p[0], "named", 5, 0, (void *)&a, sizeof a));
  struct iovec v[2] = {{b, 2}, {b + 2, 3}};
  P(readv(p[1], v, 2));
  struct timeval tv = {0, 30000};
  setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  P(recv(p[1], b, 9, 0));
  struct epoll_event e = {.events = EPOLLIN | EPOLLET}, out;
  int ep = epoll_create1(0);
  epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &e);
  P(epoll_wait(ep, &out, 1, 0));
  write(p[0], "x", 1);
  P(epoll_wait(ep, &out, 1, 1000));
  P(epoll_wait(ep, &out, 1, 0));
  fcntl(p[0], F_SETFL, O_NONBLOCK);
  while (write(p[0], big, sizeof big) > 0) {}
  P(errno);
  POLLED(p[0]);
  while (recv(p[1], back, sizeof back, 0) > 0) {}
  POLLED(p[0]);
  close(p[0]), close(p[1]), close(ep);
}

static void options(void) {
  printf("-- options\n");
  int s = socket(AF_INET, SOCK_STREAM, 0), v, levels[3][3] = {{IPPROTO_TCP, TCP_NODELAY, 1}, {IPPROTO_TCP, TCP_KEEPIDLE, 30}, {IPPROTO_TCP, TCP_KEEPCNT, 3}};
  socklen_t l = sizeof v;
  for (int i = 0; i < 3; i++) {
    P(getsockopt(s, levels[i][0], levels[i][1], &v, &l));
    P(v);
    P(setsockopt(s, levels[i][0], levels[i][1], &levels[i][2], 4));
    P(getsockopt(s, levels[i][0], levels[i][1], &v, &l));
    P(v);
  }
  v = 0;
  P(setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, 4));
  P(setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, 3));
  P(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, NULL, 4));
  P(setsockopt(s, IPPROTO_TCP, 999, &v, 4));
  P(setsockopt(s, IPPROTO_IP, 999, &v, 4));
  P(getsockopt(s, IPPROTO_IP, IP_TTL, &v, &l));
  P(v);
  P(setsockopt(s, IPPROTO_IP, IP_TTL, &(int){300}, 4));
  P(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &l));
  P(v);
  P(getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &v, &l));
  P(v);
  P(getsockopt(s, SOL_SOCKET, SO_DOMAIN, &v, &l));
  P(v);
  P(setsockopt(s, SOL_SOCKET, SO_PASSCRED, &v, 4));
  P(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
  close(s);
}

int main(void) {
  names();
  refusals();
  endings();
  data();
  options();
  return 0;
}
