// Datagrams and sequenced packets: borders, MSG_PEEK, MSG_TRUNC, SO_PEEK_OFF, connect filters, queue limits, big ones.
#include "sock.h"

static void borders(int type, const char *name) {
  int s[2];
  printf("-- %s\n", name);
  socketpair(AF_UNIX, type, 0, s);
  P(send(s[0], "", 0, 0));
  P(send(s[0], "abcdef", 6, 0));
  P(write(s[0], "ghi", 3));
  POLLED(s[1]);
  P(inq(s[1]));
  RECV(s[1], 4, 0);
  P(inq(s[1]));
  RECV(s[1], 3, MSG_PEEK);
  RECV(s[1], 3, MSG_PEEK | MSG_TRUNC);
  RECV(s[1], 3, MSG_TRUNC);
  RECV(s[1], 5, MSG_WAITALL);
  RECV(s[1], 5, MSG_DONTWAIT);
  RECV(s[1], 5, MSG_OOB);
  P(send(s[0], "x", 1, MSG_OOB));
  P(send(s[0], "eor", 3, MSG_EOR));
  char b[10];
  struct iovec v = {b, 2};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  P(recvmsg(s[1], &m, MSG_PEEK));
  printf("flags %x\n", m.msg_flags);
  v.iov_len = 10;
  P(recvmsg(s[1], &m, 0));
  printf("flags %x\n", m.msg_flags);
  write(s[0], "zero", 4);
  P(recv(s[1], b, 0, 0));
  write(s[0], "zero", 4);
  P(read(s[1], b, 0));
  P(recv(s[1], (void *)1, 4, 0));
  P(recv(s[1], b, 4, MSG_DONTWAIT));
  struct iovec two[2] = {{"12", 2}, {"345", 3}};
  P(writev(s[0], two, 2));
  RECV(s[1], 9, 0);

  printf("peek offset\n");
  int off = 2;
  P(setsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof off));
  send(s[0], "abcd", 4, 0);
  send(s[0], "efgh", 4, 0);
  socklen_t l = sizeof off;
  for (int i = 0; i < 4; i++) {
    RECV(s[1], 3, MSG_PEEK | MSG_DONTWAIT);
    getsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, &l);
    printf("offset %d\n", off);
  }
  RECV(s[1], 9, MSG_DONTWAIT);
  getsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, &l);
  printf("offset %d\n", off);
  off = -1;
  setsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof off);
  RECV(s[1], 3, MSG_PEEK | MSG_DONTWAIT);
  RECV(s[1], 9, MSG_DONTWAIT);

  printf("limits\n");
  static char big[300000];
  memset(big, 'b', sizeof big);
  fcntl(s[0], F_SETFL, O_NONBLOCK);
  P(send(s[0], big, 212992 - 31, 0));
  P(send(s[0], big, 212992 - 32, 0));
  P(outq(s[0]));
  POLLED(s[0]);
  P(send(s[0], big, 1, 0));
  static char back[300000];
  P(recv(s[1], back, sizeof back, 0));
  Q(!memcmp(big, back, 212992 - 32));
  POLLED(s[0]);
  for (int size = 1; size <= 100000; size *= 10) {
    int n = 0;
    while (send(s[0], big, size, 0) == size) n++;
    printf("size %d: %d then errno %d\n", size, n, errno);
    int r = 0;
    while (recv(s[1], back, sizeof back, MSG_DONTWAIT) == size) {
      r++;
      if (strlen(polled(s[0])) > 5) {
        printf("writable after %d\n", r);
        break;
      }
    }
    while (recv(s[1], back, sizeof back, MSG_DONTWAIT) >= 0) r++;
    printf("%d received\n", r);
  }
  close(s[0]);
  close(s[1]);
}

static void filters(void) {
  printf("-- connected datagrams\n");
  int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0);
  P(bind_un(a, "da"));
  P(bind_un(b, "db"));
  P(bind_un(c, "dc"));
  POLLED(a);
  P(connect_un(a, "db"));
  P(sendto(c, "from c", 6, 0, (void *)un("da"), PATHLEN("da")));
  P(connect_un(c, "da"));
  P(sendto(a, "to c", 4, 0, (void *)un("dc"), PATHLEN("dc")));
  P(sendto(b, "from b", 6, 0, (void *)un("da"), PATHLEN("da")));
  struct sockaddr_un n;
  socklen_t l = sizeof n;
  char x[20];
  P(recvfrom(a, x, 20, 0, (void *)&n, &l));
  printf("%d %s\n", l, n.sun_path);
  P(send(b, "x", 1, 0));
  P(send(a, "to b", 4, 0));
  struct sockaddr none = {AF_UNSPEC};
  P(connect_un(b, "da"));
  POLLED(b);
  P(connect_un(a, "dc"));
  P(soerror(b));
  RECV(b, 5, MSG_DONTWAIT);
  RECV(b, 5, MSG_DONTWAIT);
  P(send(b, "lost?", 5, 0));
  P(connect(a, &none, sizeof none));
  P(send(a, "x", 1, 0));
  P(send(b, "in a", 4, 0));
  P(connect_un(a, "db"));
  P(send(b, "more", 4, 0));
  P(send(a, "in b", 4, 0));
  P(connect(b, &none, sizeof none));
  P(soerror(a));
  P(soerror(b));
  RECV(a, 9, MSG_DONTWAIT);
  RECV(b, 9, MSG_DONTWAIT);
  P(connect_un(a, "da"));
  P(send(a, "self", 4, 0));
  RECV(a, 9, MSG_DONTWAIT);
  RECV(a, 9, MSG_DONTWAIT);
  P(connect_un(a, "db"));
  close(b);
  POLLED(a);
  P(send(a, "dead", 4, 0));
  P(send(a, "dead", 4, 0));
  P(connect_un(a, "db"));
  P(sendto(c, "x", 1, 0, (void *)un("db"), PATHLEN("db")));
  P(shutdown(a, SHUT_RD));
  P(sendto(c, "x", 1, MSG_DONTWAIT, (void *)un("da"), PATHLEN("da")));
  RECV(a, 9, 0);
  RECV(a, 9, MSG_DONTWAIT);
  POLLED(a);
  P(shutdown(a, SHUT_WR));
  P(sendto(a, "x", 1, 0, (void *)un("dc"), PATHLEN("dc")));
  POLLED(a);
  close(a);
  close(c);
}

static void queue(void) {
  printf("-- a full queue\n");
  int a = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), b = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), c = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  bind_un(b, "qb");
  connect_un(a, "qb");
  int n = 0;
  while (send(a, "m", 1, 0) == 1) n++;
  printf("%d fit, errno %d\n", n, errno);
  POLLED(a);
  POLLED(c);
  P(sendto(c, "x", 1, 0, (void *)un("qb"), PATHLEN("qb")));
  RECV(b, 3, MSG_PEEK);
  POLLED(a);
  RECV(b, 3, 0);
  POLLED(a);
  P(send(a, "m", 1, 0));
  P(send(a, "m", 1, 0));
  POLLED(a);
  // a blocking sender waits for room, a timeout ends the wait
  fcntl(c, F_SETFL, 0);
  struct timeval tv = {0, 20000};
  P(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
  P(sendto(c, "x", 1, 0, (void *)un("qb"), PATHLEN("qb")));
  tv.tv_usec = 0;
  setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
  fflush(stdout);
  if (!fork()) {
    sleep_ms(20);
    char x[4];
    recv(b, x, 4, 0);
    exit(0);
  }
  P(sendto(c, "late", 4, 0, (void *)un("qb"), PATHLEN("qb")));
  wait(NULL);
  if (!fork()) {
    sleep_ms(20);
    exit(0);
  }
  close(b);
  wait(NULL);
  P(sendto(c, "late", 4, 0, (void *)un("qb"), PATHLEN("qb")));
  close(a);
  close(c);
}

int main(void) {
  own_folder();
  borders(SOCK_DGRAM, "datagrams");
  borders(SOCK_SEQPACKET, "sequenced packets");
  filters();
  queue();
  return 0;
}
