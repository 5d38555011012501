// Urgent data of TCP: the mark, reads that stop at it, MSG_OOB, SO_OOBINLINE, SIOCATMARK, SIOCINQ, poll, SIGURG.
#include "guest.h"
#include <netinet/in.h>
#include <sys/socket.h>
#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

static int near, far;

static void connection(void) {
  struct sockaddr_in a = {AF_INET, 0};
  socklen_t l = sizeof a;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(listener, (void *)&a, sizeof a);
  getsockname(listener, (void *)&a, &l);
  listen(listener, 1);
  near = socket(AF_INET, SOCK_STREAM, 0);
  connect(near, (void *)&a, l);
  far = accept(listener, NULL, NULL);
  close(listener);
}

static void done(void) { close(near), close(far); }

static void say(const char *text, int flags) {
  errno = 0;
  int n = send(near, text, strlen(text), flags);
  printf("send '%s'%s: %d errno %d\n", text, flags & MSG_OOB ? " urgent" : "", n, n < 0 ? errno : 0);
  sleep_ms(5);
}

static void state(void) {
  struct pollfd p = {far, POLLIN | POLLPRI | POLLRDHUP | POLLRDBAND};
  int mark = -1, inq = -1;
  poll(&p, 1, 0);
  ioctl(far, SIOCATMARK, &mark);
  ioctl(far, FIONREAD, &inq);
  printf("  poll %x, mark %d, inq %d\n", p.revents, mark, inq);
}

static void hear(int room, int flags) {
  char b[64] = {0};
  struct iovec v = {b, room};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  errno = 0;
  int n = recvmsg(far, &m, flags | MSG_DONTWAIT);
  printf("  recv %d flags %x: %d errno %d '%s' flags %x\n", room, flags, n, n < 0 ? errno : 0, b, n < 0 ? 0 : m.msg_flags);
}

static volatile int urgent;
static void on_urgent(int s) { urgent++; }

int main(void) {
  printf("-- a mark\n");
  connection();
  state();
  hear(9, MSG_OOB);
  say("abc", MSG_OOB);
  state();
  hear(1, 0);
  state();
  hear(9, 0);
  state();
  hear(9, MSG_OOB | MSG_PEEK);
  hear(0, MSG_OOB | MSG_PEEK);
  hear(9, MSG_OOB);
  state();
  hear(9, MSG_OOB);
  hear(9, 0);
  say("de", 0);
  state();
  hear(9, 0);
  state();
  hear(9, MSG_OOB);
  done();

  printf("-- more behind it\n");
  connection();
  say("ab", 0);
  say("c", MSG_OOB);
  say("de", 0);
  state();
  hear(9, MSG_PEEK);
  hear(9, 0);
  state();
  hear(9, 0);
  state();
  hear(9, MSG_OOB);
  done();

  printf("-- two marks\n");
  connection();
  say("a", MSG_OOB);
  state();
  say("b", MSG_OOB);
  state();
  hear(9, MSG_OOB);
  hear(9, 0);
  state();
  hear(9, 0);
  done();

  connection();
  say("xa", MSG_OOB);
  say("yb", MSG_OOB);
  state();
  hear(9, 0);
  hear(9, 0);
  hear(9, MSG_OOB);
  done();

  printf("-- read first\n");
  connection();
  say("ab", MSG_OOB);
  hear(9, MSG_OOB);
  state();
  say("cd", 0);
  hear(9, 0);
  state();
  hear(9, 0);
  state();
  done();

  printf("-- inline\n");
  connection();
  int one = 1;
  setsockopt(far, SOL_SOCKET, SO_OOBINLINE, &one, sizeof one);
  say("ab", 0);
  say("c", MSG_OOB);
  say("de", 0);
  state();
  hear(9, MSG_OOB);
  hear(9, 0);
  state();
  hear(1, 0);
  state();
  hear(9, 0);
  done();

  printf("-- inline, a whole read over the mark\n");
  connection();
  setsockopt(far, SOL_SOCKET, SO_OOBINLINE, &one, sizeof one);
  say("c", MSG_OOB);
  say("de", 0);
  hear(9, 0);
  state();
  done();

  printf("-- signal\n");
  struct sigaction act = {.sa_handler = on_urgent};
  sigaction(SIGURG, &act, NULL);
  connection();
  say("a", MSG_OOB);
  Q(urgent == 0);
  hear(9, MSG_OOB);
  fcntl(far, F_SETOWN, getpid());
  say("b", MSG_OOB);
  Q(urgent == 1);
  fd_set x, r;
  FD_ZERO(&x);
  FD_SET(far, &x);
  r = x;
  struct timeval t = {0};
  P(select(far + 1, &r, NULL, &x, &t));
  Q(FD_ISSET(far, &x));
  done();

  printf("-- the end\n");
  connection();
  say("a", MSG_OOB);
  shutdown(near, SHUT_WR);
  sleep_ms(5);
  state();
  hear(9, 0);
  hear(9, MSG_OOB);
  hear(9, MSG_OOB);
  P(send(near, "x", 1, MSG_OOB | MSG_NOSIGNAL));
  done();
  int s = socket(AF_INET, SOCK_STREAM, 0);
  far = s;
  hear(9, MSG_OOB);
  state();
  P(send(s, "x", 1, MSG_OOB | MSG_NOSIGNAL));
}
