// IPv6 on the loopback: names, ports shared with IPv4, dual-stack listeners, IPv4-mapped addresses, datagrams, options.
// native: ipv6
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static struct sockaddr_in6 six(const char *host, int port) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  inet_pton(AF_INET6, host, &a.sin6_addr);
  return a;
}

static struct sockaddr_in four(const char *host, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &a.sin_addr);
  return a;
}

static const char *text(const struct sockaddr_storage *a) {
  static char b[64];
  if (a->ss_family == AF_INET) return inet_ntop(AF_INET, &((struct sockaddr_in *)a)->sin_addr, b, sizeof b);
  if (a->ss_family == AF_INET6) return inet_ntop(AF_INET6, &((struct sockaddr_in6 *)a)->sin6_addr, b, sizeof b);
  snprintf(b, sizeof b, "family %d", a->ss_family);
  return b;
}

static int port_of(int fd) {
  struct sockaddr_in6 a;
  socklen_t l = sizeof a;
  getsockname(fd, (void *)&a, &l);
  return ntohs(a.sin6_port);
}

static void names(const char *what, int fd) {
  struct sockaddr_storage a = {0};
  socklen_t l = sizeof a;
  int r = getsockname(fd, (void *)&a, &l);
  printf("%s: %d len %d %s", what, r, l, text(&a));
  l = sizeof a, errno = 0, memset(&a, 0, sizeof a);
  r = getpeername(fd, (void *)&a, &l);
  if (r < 0) printf(", no peer %d\n", errno);
  else printf(" to len %d %s\n", l, text(&a));
}

static int bind6(int fd, const char *host, int port) {
  struct sockaddr_in6 a = six(host, port);
  return bind(fd, (void *)&a, sizeof a);
}

static int bind4(int fd, const char *host, int port) {
  struct sockaddr_in a = four(host, port);
  return bind(fd, (void *)&a, sizeof a);
}

static int conn6(int fd, const char *host, int port) {
  struct sockaddr_in6 a = six(host, port);
  return connect(fd, (void *)&a, sizeof a);
}

static int conn4(int fd, const char *host, int port) {
  struct sockaddr_in a = four(host, port);
  return connect(fd, (void *)&a, sizeof a);
}

static int to6(int fd, const char *host, int port) {
  struct sockaddr_in6 a = six(host, port);
  return sendto(fd, "six", 3, 0, (void *)&a, sizeof a);
}

static int to4(int fd, const char *host, int port) {
  struct sockaddr_in a = four(host, port);
  return sendto(fd, "four", 4, 0, (void *)&a, sizeof a);
}

static int only(int fd, int value) { return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof value); }

static int get(int fd, int level, int name) {
  int value = -1;
  socklen_t l = sizeof value;
  return getsockopt(fd, level, name, &value, &l) ? -1 : value;
}

static int set(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value); }

static int stream(void) { return socket(AF_INET6, SOCK_STREAM, 0); }
static int datagram(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }

static void makes(void) {
  printf("-- makes\n");
  P(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP));
  P(socket(AF_INET6, SOCK_DGRAM, IPPROTO_TCP));
  P(socket(AF_INET6, SOCK_SEQPACKET, 0));
  int pair[2];
  P(socketpair(AF_INET6, SOCK_STREAM, 0, pair));
  int s = stream();
  Q(get(s, SOL_SOCKET, SO_DOMAIN) == AF_INET6);
  Q(get(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
  names("new", s);
  struct sockaddr_in6 a = six("::1", 0);
  P(bind(s, (void *)&a, 23));
  P(bind(s, (void *)&a, 16));
  a.sin6_family = AF_INET;
  P(bind(s, (void *)&a, sizeof a));
  a.sin6_family = AF_UNSPEC;
  P(bind(s, (void *)&a, sizeof a));
  P(bind6(s, "ff02::1", 0));
  P(bind6(s, "2001:db8::1", 0));
  P(bind6(s, "::2", 0));
  P(bind6(s, "::ffff:10.99.99.99", 0));
  P(bind6(s, "::127.0.0.1", 0));
  P(bind6(s, "::1", 0));
  names("bound", s);
  P(bind6(s, "::1", 0));
  P(get(s, IPPROTO_IPV6, IPV6_V6ONLY));
  P(only(s, 0));
  close(s);
  s = stream();
  P(bind4(s, "127.0.0.1", 0));
  P(only(s, 1));
  P(bind6(s, "::ffff:127.0.0.1", 0));
  P(only(s, 0));
  P(bind6(s, "::ffff:127.0.0.1", 0));
  P(get(s, IPPROTO_IPV6, IPV6_V6ONLY));
  names("mapped", s);
  close(s);
  s = stream();
  P(bind6(s, "::ffff:0.0.0.0", 0));
  names("any mapped", s);
  close(s);
}

static void sharing(void) {
  printf("-- sharing\n");
  static const char *const hosts[] = {"::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "4:0.0.0.0", "4:127.0.0.1", "4:127.0.0.2", "only ::"};
  for (int type = 0; type < 2; type++)
    for (int i = 0; i < 8; i++) {
      printf("%s %s:", type ? "datagram" : "stream", hosts[i]);
      for (int j = 0; j < 8; j++) {
        int fds[2], port = 0, error = 0;
        for (int k = 0; k < 2; k++) {
          const char *h = hosts[k ? j : i];
          fds[k] = socket(h[0] == '4' ? AF_INET : AF_INET6, type ? SOCK_DGRAM : SOCK_STREAM, 0);
          if (h[0] == 'o') only(fds[k], 1), h += 5;
          errno = 0;
          int r = h[0] == '4' ? bind4(fds[k], h + 2, port) : bind6(fds[k], h, port);
          if (r) error = errno;
          if (!k) port = port_of(fds[0]);
        }
        printf(" %d", error);
        close(fds[0]), close(fds[1]);
      }
      printf("\n");
    }
}

static void exchange(const char *what, int c, int l) {
  char b[8] = {0};
  int a = accept(l, NULL, NULL);
  printf("%s:\n", what);
  names("  caller", c);
  names("  accepted", a);
  P(get(a, SOL_SOCKET, SO_DOMAIN));
  P(get(a, IPPROTO_IPV6, IPV6_V6ONLY));
  P(write(c, "hello", 5));
  P(read(a, b, sizeof b));
  P(shutdown(c, SHUT_WR));
  P(read(a, b, sizeof b));
  P(write(a, "bye", 3));
  P(read(c, b, sizeof b));
  close(a);
  P(read(c, b, sizeof b));
  close(c);
}

static void streams(void) {
  printf("-- streams\n");
  int l = stream(), c;
  P(bind6(l, "::", 0));
  P(listen(l, 5));
  int port = port_of(l);
  P(get(l, IPPROTO_IPV6, IPV6_V6ONLY));
  c = stream();
  P(conn6(c, "::1", port));
  exchange("six to any", c, l);
  c = stream();
  P(conn6(c, "::", port));
  exchange("any to any", c, l);
  c = socket(AF_INET, SOCK_STREAM, 0);
  P(conn4(c, "127.0.0.1", port));
  exchange("four to any", c, l);
  c = stream();
  P(conn6(c, "::ffff:127.0.0.1", port));
  exchange("mapped to any", c, l);
  c = stream();
  P(conn6(c, "::ffff:0.0.0.0", port));
  exchange("any mapped to any", c, l);
  c = stream();
  P(only(c, 1));
  P(conn6(c, "::ffff:127.0.0.1", port));
  P(conn6(c, "ff02::1", port));
  P(conn6(c, "::1", port));
  exchange("only six to any", c, l);
  c = stream();
  P(conn4(c, "127.0.0.1", port));
  struct sockaddr_in6 a = six("::1", port);
  P(connect(c, (void *)&a, 23));
  P(connect(c, (void *)&a, 24));
  exchange("short name", c, l);
  close(l);
  c = stream();
  P(conn6(c, "::1", port));
  close(c);

  l = stream();
  P(only(l, 1));
  P(bind6(l, "::", 0));
  P(listen(l, 5));
  port = port_of(l);
  c = socket(AF_INET, SOCK_STREAM, 0);
  P(conn4(c, "127.0.0.1", port));
  close(c);
  int l4 = socket(AF_INET, SOCK_STREAM, 0);
  P(bind4(l4, "0.0.0.0", port));
  P(listen(l4, 5));
  c = socket(AF_INET, SOCK_STREAM, 0);
  P(conn4(c, "127.0.0.1", port));
  exchange("four to four", c, l4);
  c = stream();
  P(conn6(c, "::ffff:127.0.0.3", port));
  exchange("mapped to four", c, l4);
  c = stream();
  P(conn6(c, "::1", port));
  exchange("six to only six", c, l);
  close(l), close(l4);
}

static void got(int fd, int sender) {
  char b[16] = {0};
  struct sockaddr_storage a = {0};
  socklen_t l = sizeof a;
  errno = 0;
  int n = recvfrom(fd, b, sizeof b, MSG_DONTWAIT, (void *)&a, &l);
  if (n < 0) printf("  nothing %d\n", errno);
  else printf("  '%s' from %s len %d port %d\n", b, text(&a), l, ntohs(((struct sockaddr_in6 *)&a)->sin6_port) == port_of(sender));
}

static void datagrams(void) {
  printf("-- datagrams\n");
  int s = datagram(), c = datagram(), f = socket(AF_INET, SOCK_DGRAM, 0);
  P(bind6(s, "::", 0));
  int port = port_of(s);
  P(to6(c, "::1", port));
  got(s, c);
  P(to6(c, "::", port));
  got(s, c);
  P(to6(c, "::ffff:127.0.0.1", port));
  got(s, c);
  P(to4(c, "127.0.0.1", port));
  got(s, c);
  P(to4(f, "127.0.0.1", port));
  got(s, f);
  struct sockaddr_in6 a = six("::1", port);
  P(sendto(c, "x", 1, 0, (void *)&a, 23));
  P(sendto(c, "x", 1, 0, (void *)&a, 24));
  got(s, c);
  P(sendto(c, "x", 1, 0, (void *)&a, 1));
  P(sendto(f, "x", 1, 0, (void *)&a, sizeof a));
  P(to6(c, "::1", 0));
  P(send(c, "x", 1, 0));
  a.sin6_family = AF_UNSPEC;
  P(sendto(c, "x", 1, 0, (void *)&a, sizeof a));
  a.sin6_family = AF_UNIX;
  P(sendto(c, "x", 1, 0, (void *)&a, sizeof a));
  names("sender", c);
  P(conn6(c, "::1", port));
  names("connected", c);
  P(get(c, IPPROTO_IPV6, IPV6_MTU));
  P(send(c, "x", 1, 0));
  got(s, c);
  P(to6(s, "::1", port_of(c)));
  got(c, s);
  P(to4(f, "127.0.0.1", port_of(c)));
  got(c, f);
  a.sin6_family = AF_UNSPEC;
  P(connect(c, (void *)&a, sizeof a));
  names("disconnected", c);
  close(c);
  c = datagram();
  P(conn4(c, "127.0.0.1", port));
  names("connected to four", c);
  P(send(c, "x", 1, 0));
  got(s, c);
  close(c);
  c = datagram();
  P(only(c, 1));
  P(conn4(c, "127.0.0.1", port));
  P(conn6(c, "::ffff:127.0.0.1", port));
  P(to4(c, "127.0.0.1", port));
  P(to6(c, "::ffff:127.0.0.1", port));
  static char big[70000];
  a = six("::1", port);
  P(sendto(c, big, 65527, 0, (void *)&a, sizeof a));
  P(recv(s, big, sizeof big, MSG_DONTWAIT));
  P(sendto(c, big, 65528, 0, (void *)&a, sizeof a));
  P(sendto(c, big, 65536, 0, (void *)&a, sizeof a));
  close(s);
  P(conn6(c, "::1", port));
  P(send(c, "x", 1, 0));
  sleep_ms(20);
  P(send(c, "x", 1, 0));
  close(c), close(f);
}

static void options(void) {
  printf("-- options\n");
  int s = stream(), d = datagram(), f = socket(AF_INET, SOCK_STREAM, 0);
  P(get(s, IPPROTO_IPV6, IPV6_V6ONLY));
  P(set(s, IPPROTO_IPV6, IPV6_V6ONLY, 5));
  P(get(s, IPPROTO_IPV6, IPV6_V6ONLY));
  P(get(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
  P(set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0));
  P(set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256));
  P(set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -2));
  P(set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7));
  P(get(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
  P(set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1));
  P(get(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
  P(get(d, IPPROTO_IPV6, IPV6_TCLASS));
  P(set(d, IPPROTO_IPV6, IPV6_TCLASS, 256));
  P(set(d, IPPROTO_IPV6, IPV6_TCLASS, 200));
  P(get(d, IPPROTO_IPV6, IPV6_TCLASS));
  P(set(d, IPPROTO_IPV6, IPV6_TCLASS, -1));
  P(get(d, IPPROTO_IPV6, IPV6_TCLASS));
  P(get(s, IPPROTO_TCP, TCP_NODELAY));
  P(set(s, IPPROTO_TCP, TCP_NODELAY, 1));
  P(set(d, IPPROTO_TCP, TCP_NODELAY, 1));
  P(get(s, IPPROTO_IP, IP_TTL));
  P(set(f, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  P(get(f, IPPROTO_IPV6, IPV6_V6ONLY));
  int one = 1;
  P(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &one, 3));
  P(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (void *)8, 4));
}

int main(void) {
  makes();
  sharing();
  streams();
  datagrams();
  options();
}
