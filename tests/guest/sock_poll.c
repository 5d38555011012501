// poll and epoll on sockets, edge-triggered too; getsockopt and setsockopt of every option; sendmmsg, recvmmsg;
// inheritance over fork and exec; splice and sendfile.
#include "sock.h"
#include <sys/epoll.h>
#include <sys/sendfile.h>

static int ep;

static void events(const char *what) {
  struct epoll_event e[4];
  int n = epoll_wait(ep, e, 4, 0);
  printf("%s:", what);
  for (int i = 0; i < n; i++) printf(" %d=%x", e[i].data.u32, e[i].events);
  printf("\n");
}

static void edges(int type) {
  int s[2];
  char b[100000] = {0};
  printf("-- edges, type %d\n", type);
  socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s);
  ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u32 = 1}};
  P(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
  e.events = EPOLLIN | EPOLLET;
  e.data.u32 = 2;
  int d = dup(s[0]);
  P(epoll_ctl(ep, EPOLL_CTL_ADD, d, &e));
  e.events = EPOLLOUT | EPOLLET;
  e.data.u32 = 3;
  int d2 = dup(s[0]);
  P(epoll_ctl(ep, EPOLL_CTL_ADD, d2, &e));
  events("start");
  events("again");
  send(s[1], "a", 1, 0);
  events("one");
  events("none");
  send(s[1], "b", 1, 0);
  events("two");
  recv(s[0], b, 1, 0);
  events("read one");
  while (send(s[0], b, 50000, 0) > 0) {}
  events("filled");
  recv(s[1], b, 1000, 0);
  events("a little room");
  while (recv(s[1], b, sizeof b, 0) > 0) {}
  events("room");
  shutdown(s[1], SHUT_WR);
  events("half closed");
  close(s[1]);
  events("closed");
  events("closed, again");
  close(s[0]);
  close(d);
  close(d2);
  events("gone");
  close(ep);
}

static void select_all(void) {
  int s[2];
  printf("-- select\n");
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  send(s[1], "ab", 2, MSG_OOB);
  fd_set r, w, x;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_ZERO(&x);
  FD_SET(s[0], &r);
  FD_SET(s[0], &w);
  FD_SET(s[0], &x);
  struct timeval tv = {0, 0};
  P(select(s[0] + 1, &r, &w, &x, &tv));
  printf("%d %d %d\n", !!FD_ISSET(s[0], &r), !!FD_ISSET(s[0], &w), !!FD_ISSET(s[0], &x));
  close(s[0]);
  close(s[1]);
}

static void options(void) {
  printf("-- options\n");
  for (int type = 1; type <= 5; type++) {
    int s = socket(AF_UNIX, type, 0);
    if (s < 0) continue;
    for (int o = 0; o < 90; o++) {
      if (o == 57 || o == 17 || o == 77) continue;
      int v[20] = {0}, set = 1;
      socklen_t l = sizeof v;
      errno = 0;
      int g = getsockopt(s, SOL_SOCKET, o, v, &l), e = errno;
      errno = 0;
      int r = setsockopt(s, SOL_SOCKET, o, &set, sizeof set), f = errno;
      if (o == 26 || o == 27 || o == 35 || o == 37 || o == 41 || (o >= 43 && o <= 47) || o >= 49) {
        if (o != 59 && o != 76 && o != 83) continue;
      }
      int after[20] = {0};
      socklen_t k = sizeof after;
      getsockopt(s, SOL_SOCKET, o, after, &k);
      printf("%d: get %d (%d) len %d value %d; set %d (%d) value %d\n", o, g, e, l, v[0], r, f, after[0]);
    }
    close(s);
  }
  int s = socket(AF_UNIX, SOCK_STREAM, 0), v = 0;
  socklen_t l = -1;
  P(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &l));
  l = 2;
  P(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &l));
  printf("%d %d\n", l, v);
  P(getsockopt(s, SOL_SOCKET, SO_TYPE, (void *)1, &l));
  P(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, (void *)1));
  P(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, 3));
  P(setsockopt(s, SOL_SOCKET, SO_SNDBUF, (void *)1, 4));
  P(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, -1));
  P(setsockopt(s, SOL_SOCKET, 999, &v, 4));
  P(setsockopt(s, 999, 1, &v, 4));
  P(getsockopt(s, 999, 1, &v, &l));
  P(getsockopt(s, 6, 1, &v, &l));
  P(setsockopt(1000, SOL_SOCKET, SO_SNDBUF, &v, 4));
  struct linger lg = {1, 9};
  P(setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, 4));
  P(setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, 8));
  lg.l_linger = 0;
  l = sizeof lg;
  P(getsockopt(s, SOL_SOCKET, SO_LINGER, &lg, &l));
  printf("%d %d %d\n", lg.l_onoff, lg.l_linger, l);
  int n = -5;
  P(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, 4));
  l = 4;
  getsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, &l);
  printf("%d\n", n);
  n = 1 << 30;
  P(setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &n, 4));
  getsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, &l);
  printf("%d\n", n);
  n = -1;
  P(setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &n, 4));
  getsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &n, &l);
  printf("%d\n", n);
  in_child("not root", ({
    void f(void) {
      setuid(1000);
      int one = 1, t = socket(AF_UNIX, SOCK_STREAM, 0), seven = 7;
      P(setsockopt(t, SOL_SOCKET, SO_SNDBUFFORCE, &one, 4));
      P(setsockopt(t, SOL_SOCKET, SO_RCVBUFFORCE, &one, 4));
      P(setsockopt(t, SOL_SOCKET, SO_DEBUG, &one, 4));
      P(setsockopt(t, SOL_SOCKET, SO_MARK, &one, 4));
      P(setsockopt(t, SOL_SOCKET, SO_PRIORITY, &one, 4));
      P(setsockopt(t, SOL_SOCKET, SO_PRIORITY, &seven, 4));
    }
    f;
  }));
  P(ioctl(s, FIONBIO, &v));
  P(ioctl(s, 0x5401, &v));
  P(ioctl(s, SIOCOUTQ, 1));
  P(ioctl(s, 0x1234, &v));
  close(s);
}

static void many(void) {
  printf("-- several messages\n");
  int s[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  char b[5][10] = {"one", "two", "three", "four", "five"};
  struct iovec v[5];
  struct mmsghdr m[5] = {0};
  for (int i = 0; i < 5; i++) {
    v[i] = (struct iovec){b[i], strlen(b[i])};
    m[i].msg_hdr.msg_iov = &v[i];
    m[i].msg_hdr.msg_iovlen = 1;
  }
  P(sendmmsg(s[0], m, 5, 0));
  for (int i = 0; i < 5; i++) printf(" %d", m[i].msg_len);
  printf("\n");
  P(sendmmsg(s[0], m, 0, 0));
  P(sendmmsg(99, m, 1, 0));
  P(sendmmsg(s[0], (void *)1, 1, 0));
  m[2].msg_hdr.msg_iov = (void *)1;
  P(sendmmsg(s[0], m, 5, 0));
  m[2].msg_hdr.msg_iov = &v[2];
  memset(b, 0, sizeof b);
  for (int i = 0; i < 5; i++) v[i].iov_len = 4;
  P(recvmmsg(s[1], m, 5, 0, NULL));
  for (int i = 0; i < 5; i++) printf(" %d:%.4s:%x", m[i].msg_len, b[i], m[i].msg_hdr.msg_flags);
  printf("\n");
  P(recvmmsg(s[1], m, 5, MSG_WAITFORONE, NULL));
  P(recvmmsg(s[1], m, 5, MSG_DONTWAIT, NULL));
  // The timeout is looked at after each message: the second ends the call, however late it comes.
  struct timespec t = {0, 300000000};
  fflush(stdout);
  send(s[0], "timed", 5, 0);
  if (!fork()) {
    sleep_ms(500);
    for (int i = 0; i < 2; i++) send(s[0], "timed", 5, 0);
    exit(0);
  }
  P(recvmmsg(s[1], m, 5, 0, &t));
  printf("left %ld.%09ld\n", t.tv_sec, t.tv_nsec);
  wait(NULL);
  while (recv(s[1], b, 10, MSG_DONTWAIT) > 0) {}
  if (!fork()) {
    for (int i = 0; i < 3; i++) {
      sleep_ms(5);
      send(s[0], "slow", 4, 0);
    }
    exit(0);
  }
  P(recvmmsg(s[1], m, 3, 0, NULL));
  wait(NULL);
  t.tv_nsec = -1;
  P(recvmmsg(s[1], m, 3, 0, &t));
  P(recvmmsg(s[1], m, 3, 0, (void *)1));
  send(s[0], "x", 1, 0);
  m[1].msg_hdr.msg_iov = (void *)1;
  send(s[0], "y", 1, 0);
  P(recvmmsg(s[1], m, 3, 0, NULL));
  P(soerror(s[1]));
  RECV(s[1], 5, MSG_DONTWAIT);
  close(s[0]);
  close(s[1]);
  // a sender that blocks in the middle
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  static char big[60000];
  for (int i = 0; i < 5; i++) {
    v[i] = (struct iovec){big, sizeof big};
    m[i].msg_hdr.msg_iov = &v[i];
  }
  fflush(stdout);
  if (!fork()) {
    sleep_ms(10);
    for (int i = 0; i < 5; i++) {
      static char in[60000];
      P(recv(s[1], in, sizeof in, 0));
    }
    exit(0);
  }
  int n = sendmmsg(s[0], m, 5, 0);
  wait(NULL);
  printf("sent %d\n", n);
  close(s[0]);
  close(s[1]);
}

static void spliced(int type) {
  printf("-- splice, type %d\n", type);
  int s[2], p[2];
  char b[200];
  socketpair(AF_UNIX, type, 0, s);
  pipe(p);
  write(p[1], "through a pipe", 14);
  P(splice(p[0], NULL, s[0], NULL, 100, 0));
  RECV(s[1], 100, MSG_DONTWAIT);
  send(s[0], "and back", 8, 0);
  P(splice(s[1], NULL, p[1], NULL, 100, SPLICE_F_NONBLOCK));
  P(read(p[0], b, 100));
  if (type == SOCK_STREAM) P(splice(s[1], NULL, p[1], NULL, 100, SPLICE_F_NONBLOCK));
  FILE *f = tmpfile();
  fputs("the text of a file", f);
  fflush(f);
  off_t at = 4;
  P(sendfile(s[0], fileno(f), &at, 100));
  printf("at %ld\n", (long)at);
  RECV(s[1], 100, MSG_DONTWAIT);
  P(sendfile(s[0], s[1], NULL, 100));
  shutdown(s[0], SHUT_WR);
  if (type != SOCK_DGRAM) P(splice(s[1], NULL, p[1], NULL, 100, 0));
  write(p[1], "x", 1);
  signal(SIGPIPE, SIG_IGN);
  P(splice(p[0], NULL, s[0], NULL, 100, 0));
  fclose(f);
  close(s[0]);
  close(s[1]);
  close(p[0]);
  close(p[1]);
}

static void inherit(const char *self) {
  printf("-- fork and exec\n");
  int s[2], t[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, t);
  fflush(stdout);
  if (!fork()) {
    dup2(s[1], 20);
    dup2(t[1], 21);
    fcntl(21, F_SETFD, FD_CLOEXEC);
    execl(self, self, "child", NULL);
    exit(9);
  }
  close(s[1]);
  close(t[1]);
  RECV(s[0], 50, MSG_WAITALL);
  RECV(t[0], 50, 0);
  int st;
  wait(&st);
  print_status("child", st);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    char b[100];
    int n = sprintf(b, "in the new program: %zd %d", write(21, "x", 1), errno);
    write(20, b, n);
    return 3;
  }
  edges(SOCK_STREAM);
  edges(SOCK_DGRAM);
  edges(SOCK_SEQPACKET);
  select_all();
  options();
  many();
  spliced(SOCK_STREAM);
  spliced(SOCK_DGRAM);
  spliced(SOCK_SEQPACKET);
  inherit("/proc/self/exe");
  return 0;
}
