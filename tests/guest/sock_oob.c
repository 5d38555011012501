// MSG_OOB on Unix streams: unix(7), SO_OOBINLINE, SIOCATMARK, POLLPRI, marks after reading.
#include "sock.h"

static int s[2];

static void fresh(const char *what) {
  if (s[0]) close(s[0]), close(s[1]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  printf("-- %s\n", what);
}

static int mark(void) {
  int m = -1;
  return ioctl(s[1], SIOCATMARK, &m) ? -errno : m;
}

static void state(void) { printf("  mark %d inq %d poll%s\n", mark(), inq(s[1]), polled(s[1])); }

#define R(size, flags)            \
  ({                              \
    RECV(s[1], size, flags);      \
    state();                      \
  })
#define S(text, flags)                                    \
  ({                                                      \
    P(send(s[0], text, strlen(text), flags));             \
    state();                                              \
  })

int main(void) {
  for (int in = 0; in < 2; in++) {
    for (int how = 0; how < 9; how++) {
      char title[50];
      sprintf(title, "inline %d way %d", in, how);
      fresh(title);
      setsockopt(s[1], SOL_SOCKET, SO_OOBINLINE, &in, sizeof in);
      state();
      switch (how) {
        case 0:
          S("hello", MSG_OOB);
          R(10, MSG_DONTWAIT);
          R(10, MSG_OOB | MSG_DONTWAIT);
          R(10, MSG_OOB | MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          break;
        case 1:
          S("hello", MSG_OOB);
          R(1, MSG_OOB);
          R(10, MSG_DONTWAIT);
          S("world", 0);
          R(10, MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          break;
        case 2:
          S("ab", MSG_OOB);
          S("cd", MSG_OOB);
          S("ef", 0);
          R(10, MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          R(10, MSG_OOB | MSG_DONTWAIT);
          break;
        case 3:
          S("x", MSG_OOB);
          R(10, MSG_PEEK | MSG_DONTWAIT);
          R(10, MSG_OOB | MSG_PEEK | MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          R(10, MSG_OOB | MSG_DONTWAIT);
          break;
        case 4:
          S("ab", 0);
          S("X", MSG_OOB);
          S("cd", 0);
          R(10, MSG_PEEK | MSG_DONTWAIT);
          R(2, MSG_DONTWAIT);
          R(10, MSG_PEEK | MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          R(10, MSG_DONTWAIT);
          break;
        case 5:
          S("X", MSG_OOB);
          R(1, MSG_OOB);
          S("Y", MSG_OOB);
          R(1, MSG_OOB | MSG_PEEK);
          R(1, MSG_OOB);
          R(10, MSG_DONTWAIT);
          break;
        case 6:
          S("", MSG_OOB);
          S("ab", MSG_OOB);
          close(s[0]);
          state();
          R(1, MSG_DONTWAIT);
          R(1, MSG_DONTWAIT);
          R(1, MSG_DONTWAIT);
          P(soerror(s[1]));
          s[0] = dup(s[1]);
          break;
        case 7:
          S("aX", MSG_OOB);
          R(1, MSG_OOB);
          R(1, 0);
          close(s[1]);
          P(soerror(s[0]));
          printf("poll%s\n", polled(s[0]));
          s[1] = dup(s[0]);
          break;
        case 8:
          S("X", MSG_OOB);
          shutdown(s[0], SHUT_WR);
          state();
          R(5, 0);
          R(5, 0);
          R(1, MSG_OOB);
          break;
      }
    }
  }
  fresh("one byte with a descriptor");
  P(recv(s[1], (char[2]){0}, 0, MSG_OOB));
  P(send(s[0], "a", 1, MSG_OOB | MSG_DONTWAIT));
  P(recv(s[1], (char[2]){0}, 0, MSG_OOB));
  char x;
  struct iovec v = {&x, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  P(recvmsg(s[1], &m, MSG_OOB));
  printf("flags %x\n", m.msg_flags);
  int t[2];
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, t);
  P(ioctl(t[0], SIOCATMARK, &x));
  return 0;
}
