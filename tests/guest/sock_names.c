// bind(2), listen(2), connect(2), accept(2), getsockname(2), getpeername(2) with paths, abstract and automatic names.
#include "sock.h"

static void show(const char *what, int r, struct sockaddr_un *a, socklen_t l) {
  printf("%s = %d (%d) len %d", what, r, r < 0 ? errno : 0, l);
  if (r >= 0) {
    printf(" family %d '", a->sun_family);
    for (int i = 0; i < (int)l - 2 && i < 30; i++) printf(a->sun_path[i] >= ' ' ? "%c" : "\\%d", a->sun_path[i]);
    printf("'");
  }
  printf("\n");
}

static void name(int fd) {
  struct sockaddr_un a;
  socklen_t l = sizeof a;
  int r = getsockname(fd, (void *)&a, &l);
  show("getsockname", r, &a, l);
}

static void peer(int fd) {
  struct sockaddr_un a;
  socklen_t l = sizeof a;
  int r = getpeername(fd, (void *)&a, &l);
  show("getpeername", r, &a, l);
}

int main(void) {
  own_folder();
  umask(022);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  name(s);
  peer(s);
  P(listen(s, 5));
  P(bind(s, (void *)un("a"), 1));
  P(bind(s, (void *)un("a"), 111));
  P(bind(s, (void *)un("a"), -1));
  P(bind(s, (void *)1, 20));
  P(bind(s, (void *)un("a"), 0));
  struct sockaddr_un bad = *un("a");
  bad.sun_family = AF_INET;
  P(bind(s, (void *)&bad, 20));
  bad.sun_family = 0;
  P(bind(s, (void *)&bad, 20));
  P(bind_un(s, "no/such"));
  P(bind_un(s, "."));
  P(bind_un(s, "a/"));
  P(bind_un(s, "a"));
  name(s);
  struct stat st;
  P(stat("a", &st));
  printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
  P(bind_un(s, "b"));
  P(bind_un(s, "a"));
  int t = socket(AF_UNIX, SOCK_STREAM, 0);
  P(bind_un(t, "a"));
  P(connect_un(t, "a"));
  P(listen(s, 1));
  P(open("a", O_RDWR));
  int o = open("a", O_PATH);
  printf("O_PATH %d\n", o >= 0);
  P(send(o, "x", 1, 0));
  close(o);
  P(connect_un(t, "nothing"));
  P(connect_un(t, "a/b"));
  P(connect_un(t, "."));
  close(creat("file", 0644));
  P(connect_un(t, "file"));
  symlink("a", "link");
  P(connect_un(t, "link"));
  P(connect_un(t, "a"));
  name(t);
  peer(t);
  POLLED(s);
  POLLED(t);
  P(listen(t, 1));
  P(send(t, "early", 5, 0));
  P(outq(t));
  struct sockaddr_un a;
  socklen_t l = sizeof a;
  int c = accept(s, (void *)&a, &l);
  show("accept", c, &a, l);
  name(c);
  peer(c);
  RECV(c, 9, 0);
  P(accept(t, NULL, NULL));
  P(accept4(s, NULL, NULL, 1));
  P(accept(c, NULL, NULL));
  P(connect_un(s, "a"));
  P(recv(s, &a, 1, MSG_DONTWAIT));
  P(send(s, &a, 1, MSG_NOSIGNAL));
  P(inq(s));
  P(soerror(s));
  fcntl(s, F_SETFL, O_NONBLOCK);
  P(accept(s, NULL, NULL));
  P(connect(t, (void *)un("a"), 2));
  bad.sun_family = AF_UNSPEC;
  P(connect(t, (void *)&bad, 2));
  P(connect(t, (void *)&bad, 16));
  int d = socket(AF_UNIX, SOCK_DGRAM, 0);
  P(connect_un(d, "a"));
  P(listen(d, 1));
  P(accept(d, NULL, NULL));
  int q = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  P(connect_un(q, "a"));
  P(send(q, "x", 1, 0));
  P(recv(q, &a, 1, MSG_DONTWAIT));
  POLLED(q);
  POLLED(d);

  printf("-- short rooms\n");
  l = 4;
  memset(&a, 'x', sizeof a);
  P(getsockname(s, (void *)&a, &l));
  printf("len %d %d %.4s\n", l, a.sun_family, a.sun_path);
  l = 0;
  P(getsockname(s, (void *)&a, &l));
  printf("len %d\n", l);
  l = -1;
  P(getsockname(s, (void *)&a, &l));
  P(getsockname(s, (void *)&a, (void *)1));
  l = sizeof a;
  P(getsockname(s, (void *)1, &l));

  printf("-- unlinked and bound again\n");
  unlink("a");
  int u = socket(AF_UNIX, SOCK_STREAM, 0);
  P(connect_un(u, "a"));
  P(bind_un(u, "a"));
  P(listen(u, 0));
  name(s);
  close(s);
  P(access("a", F_OK));
  rename("a", "moved");
  int v = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  P(connect_un(v, "moved"));
  peer(v);
  int v2 = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  P(connect_un(v2, "moved"));
  P(connect_un(v2, "moved"));
  close(u);
  POLLED(v);
  P(recv(v, &a, 1, 0));
  P(recv(v, &a, 1, 0));
  P(connect_un(v2, "moved"));
  P(access("moved", F_OK));

  printf("-- abstract\n");
  int x = socket(AF_UNIX, SOCK_STREAM, 0), y = socket(AF_UNIX, SOCK_STREAM, 0), z = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  l = abstract(&a, "name");
  P(bind(x, (void *)&a, l));
  P(bind(x, (void *)&a, l));
  P(bind(y, (void *)&a, l));
  P(bind(z, (void *)&a, l));
  P(bind(y, (void *)&a, l + 1));
  P(connect(v2, (void *)&a, l));
  P(listen(x, 3));
  P(connect(v2, (void *)&a, l - 1));
  P(connect(v2, (void *)&a, l));
  struct sockaddr_un b;
  socklen_t m = sizeof b;
  getsockname(x, (void *)&b, &m);
  Q(m == l && !memcmp(&a, &b, l));
  m = sizeof b;
  getpeername(v2, (void *)&b, &m);
  Q(m == l && !memcmp(&a, &b, l));
  int w = accept(x, (void *)&b, &m);
  printf("accepted %d len %d\n", w >= 0, m);
  close(x);
  close(y);
  m = sizeof b;
  getsockname(w, (void *)&b, &m);
  Q(m == l && !memcmp(&a, &b, l));
  y = socket(AF_UNIX, SOCK_STREAM, 0);
  P(bind(y, (void *)&a, l));

  printf("-- automatic\n");
  int e = socket(AF_UNIX, SOCK_DGRAM, 0);
  P(bind(e, (void *)un(""), 2));
  m = sizeof b;
  getsockname(e, (void *)&b, &m);
  printf("len %d first %d\n", m, b.sun_path[0]);
  P(bind(e, (void *)un(""), 2));
  P(bind(e, (void *)&a, l));
  int f = socket(AF_UNIX, SOCK_DGRAM, 0);
  P(sendto(f, "hi", 2, 0, (void *)&b, m));
  m = sizeof b;
  char buf[8];
  P(recvfrom(e, buf, 8, 0, (void *)&b, &m));
  printf("from len %d\n", m);
  P(sendto(f, "hi", 2, 0, (void *)&a, l));
  P(sendto(f, "hi", 2, 0, (void *)un("gone"), 7));
  P(sendto(f, "hi", 2, 0, (void *)un("moved"), 8));
  P(sendto(f, "hi", 2, 0, (void *)un("file"), 7));
  P(sendto(f, "hi", 2, 0, (void *)un("file"), 2));
  P(sendto(f, "hi", 2, 0, NULL, 0));

  printf("-- a path of 108 bytes without NUL\n");
  memset(&b, 'p', sizeof b);
  b.sun_family = AF_UNIX;
  int g = socket(AF_UNIX, SOCK_DGRAM, 0);
  P(bind(g, (void *)&b, sizeof b));
  m = sizeof b;
  P(getsockname(g, (void *)&b, &m));
  printf("len %d\n", m);
  return 0;
}
