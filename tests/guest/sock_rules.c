// Calls on Unix sockets × errors: wrong descriptors, wrong types, wrong states; permissions of paths; limits of
// descriptors on their way; ioctls; flags of messages; /proc/net/unix.
#include "sock.h"
#include <sys/sendfile.h>

static const int TYPES[3] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

static void descriptors(void) {
  printf("-- descriptors that are none\n");
  int p[2], path = open(".", O_PATH);
  pipe(p);
  char b[200] = {0};
  struct sockaddr_un a = *un("x");
  socklen_t l = sizeof a;
  struct msghdr m = {0};
  struct mmsghdr mm = {0};
  int fds[3] = {-1, p[0], path};
  for (int i = 0; i < 3; i++) {
    int fd = fds[i];
    P(bind(fd, (void *)&a, l));
    P(listen(fd, 1));
    P(connect(fd, (void *)&a, l));
    P(accept(fd, NULL, NULL));
    P(accept4(fd, NULL, NULL, 1));
    P(getsockname(fd, (void *)b, &l));
    P(getpeername(fd, (void *)b, &l));
    P(send(fd, b, 1, 0));
    P(recv(fd, b, 1, 0));
    P(sendto(fd, (void *)1, 1, 0, NULL, 0));
    P(sendmsg(fd, &m, 0));
    P(recvmsg(fd, &m, 0));
    P(sendmmsg(fd, &mm, 1, 0));
    P(recvmmsg(fd, &mm, 1, 0, NULL));
    P(shutdown(fd, 9));
    P(getsockopt(fd, SOL_SOCKET, SO_TYPE, b, &l));
    P(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, b, 4));
    P(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, b, -4));
  }
  P(ioctl(path, SIOCINQ, b));
  close(p[0]), close(p[1]), close(path);
  // socket and socketpair themselves
  int two[2] = {-7, -7};
  P(socket(AF_UNIX, 0, 0));
  P(socket(AF_UNIX, SOCK_RDM, 0));
  P(socket(AF_UNIX, 10, 0));
  P(socket(AF_UNIX, 11, 0));
  P(socket(AF_UNIX, 15, 0));
  P(socket(AF_UNIX, SOCK_STREAM | 0x10, 0));
  P(socket(AF_UNIX, SOCK_STREAM, 2));
  P(socket(AF_UNIX, SOCK_STREAM, -1));
  P(socket(-1, SOCK_STREAM, 0));
  P(socket(200, SOCK_STREAM, 0));
  P(socket(46, SOCK_STREAM, 0));
  P(socket(0, SOCK_STREAM, 0));
  int f = socket(AF_UNIX, SOCK_RAW, 0), v = 0;
  l = 4;
  P(getsockopt(f, SOL_SOCKET, SO_TYPE, &v, &l));
  P(v);
  close(f);
  f = socket(AF_UNIX, SOCK_STREAM, 1);
  P(getsockopt(f, SOL_SOCKET, SO_PROTOCOL, &v, &l));
  P(v);
  close(f);
  P(socketpair(AF_UNIX, SOCK_STREAM, 0, (void *)1));
  P(socketpair(AF_UNIX, SOCK_STREAM, 3, two));
  P(socketpair(AF_UNIX, 0, 0, two));
  P(socketpair(AF_UNIX, SOCK_STREAM | 4, 0, two));
  P(socketpair(255, SOCK_STREAM, 0, two));
  struct rlimit old, few;
  getrlimit(RLIMIT_NOFILE, &old);
  int low = dup(0);
  close(low);
  few = (struct rlimit){low + 1, old.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  P(socketpair(AF_UNIX, SOCK_STREAM, 0, two));
  few.rlim_cur = low;
  setrlimit(RLIMIT_NOFILE, &few);
  P(socket(AF_UNIX, SOCK_STREAM, 0));
  setrlimit(RLIMIT_NOFILE, &old);
  Q(two[0] >= 0);
}

static void states(int type) {
  printf("-- states, type %d\n", type);
  char b[10];
  int s = socket(AF_UNIX, type | SOCK_NONBLOCK, 0), t, one = 1;
  signal(SIGPIPE, SIG_IGN);
  P(accept(s, NULL, NULL));
  P(listen(s, 1));
  P(send(s, "a", 1, 0));
  P(recv(s, b, 1, 0));
  P(recv(s, b, 1, MSG_OOB));
  P(send(s, "a", 1, MSG_OOB));
  P(write(s, "a", 1));
  P(read(s, b, 1));
  P(shutdown(s, SHUT_RDWR));
  P(shutdown(s, 3));
  P(shutdown(s, -1));
  POLLED(s);
  P(send(s, "a", 1, 0));
  P(recv(s, b, 1, 0));
  close(s);
  s = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
  char name[20];
  sprintf(name, "st%d", type);
  P(connect_un(s, name));
  P(bind_un(s, name));
  P(bind_un(s, "other"));
  t = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
  P(bind_un(t, name));
  P(connect_un(t, name));
  P(sendto(t, "x", 1, 0, (void *)un(name), PATHLEN(name)));
  P(sendto(t, "x", 1, 0, (void *)un("nothing"), PATHLEN("nothing")));
  P(sendto(t, "x", 1, 0, (void *)un("f"), PATHLEN("f")));
  P(sendto(t, "x", 1, 0, (void *)un(name), 2));
  P(sendto(t, "x", 1, 0, (void *)un(name), 1));
  P(sendto(t, "x", 1, 0, (void *)un(name), 0));
  P(sendto(t, "x", 1, 0, (void *)un(name), 200));
  for (int k = 0; k < 3; k++) {
    if (TYPES[k] == type) continue;
    int u = socket(AF_UNIX, TYPES[k], 0);
    P(connect_un(u, name));
    close(u);
  }
  P(listen(s, 5));
  P(listen(s, -5));
  P(send(s, "x", 1, 0));
  P(recv(s, b, 1, 0));
  P(connect_un(s, name));
  P(ioctl(s, SIOCINQ, &one));
  P(ioctl(s, SIOCOUTQ, &one));
  P(accept(s, NULL, NULL));
  P(connect_un(t, name));
  P(connect_un(t, name));
  P(bind_un(t, "late"));
  P(listen(t, 1));
  socklen_t l = 3;
  P(accept(s, (void *)1, &l));
  struct sockaddr_un a;
  P(accept(s, (void *)&a, NULL));
  int c = socket(AF_UNIX, type, 0);
  P(connect_un(c, name));
  l = -1;
  P(accept(s, (void *)&a, &l));
  close(c);
  c = socket(AF_UNIX, type, 0);
  P(connect_un(c, name));
  l = 1;
  int d = accept4(s, (void *)&a, &l, SOCK_CLOEXEC);
  printf("accepted %d len %d\n", d >= 0, l);
  P(accept4(s, NULL, NULL, 1));
  struct sockaddr none = {AF_UNSPEC};
  P(connect(c, &none, sizeof none));
  P(connect(c, &none, 2));
  P(connect(c, &none, 1));
  P(sendto(c, "x", 1, 0, (void *)un(name), PATHLEN(name)));
  P(getpeername(c, (void *)&a, &l));
  P(getpeername(c, (void *)&a, (void *)1));
  l = -1;
  P(getpeername(c, (void *)&a, &l));
  P(getsockname(c, (void *)1, (l = 2, &l)));
  close(s), close(t), close(c), close(d);
}

static void flags(int type) {
  printf("-- flags, type %d\n", type);
  int s[2];
  socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s);
  char b[50];
  for (int bit = 0; bit < 31; bit++) {
    struct iovec v = {b, 4};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    int f = 1 << bit, n, e;
    errno = 0;
    n = send(s[0], "abcd", 4, f);
    e = errno;
    printf("send %x: %d (%d)", f, n, n < 0 ? e : 0);
    send(s[0], "efgh", 4, 0);
    if (f == MSG_OOB) send(s[0], "o", 1, MSG_OOB);
    errno = 0;
    n = recvmsg(s[1], &m, f);
    e = errno;
    printf(" recv %d (%d) '%.*s' flags %x\n", n, n < 0 ? e : 0, n > 0 ? n : 0, b, n < 0 ? 0 : m.msg_flags);
    while (recv(s[1], b, sizeof b, 0) > 0) {}
    recv(s[1], b, 1, MSG_OOB);
  }
  int on = 1;
  P(setsockopt(s[1], SOL_SOCKET, SO_TIMESTAMP, &on, 4));
  send(s[0], "t", 1, 0);
  char control[100];
  struct iovec v = {b, 4};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  P(recvmsg(s[1], &m, 0));
  P(m.msg_controllen);
  close(s[0]), close(s[1]);
}

static void permissions(void) {
  printf("-- permissions\n");
  chmod(".", 0755);
  int s[3];
  const int modes[3] = {0666, 0600, 0622};
  for (int i = 0; i < 3; i++) {
    char name[8];
    sprintf(name, "p%d", i);
    s[i] = socket(AF_UNIX, i == 2 ? SOCK_DGRAM : SOCK_STREAM, 0);
    umask(i == 0 ? 0 : 077);
    P(bind_un(s[i], name));
    if (i < 2) P(listen(s[i], 5));
    struct stat st;
    stat(name, &st);
    printf("%o %ld %d\n", st.st_mode, (long)st.st_size, (int)st.st_nlink);
    if (i == 2) chmod(name, modes[i]);
  }
  umask(022);
  mkdir("closed", 0700);
  mkdir("open", 0777);
  chmod("open", 0777);
  int in = socket(AF_UNIX, SOCK_STREAM, 0);
  P(bind_un(in, "closed/s"));
  chmod("closed/s", 0777);
  P(listen(in, 1));
  // the mode of the socket itself
  int m = socket(AF_UNIX, SOCK_STREAM, 0);
  P(fchmod(m, 0640));
  P(bind_un(m, "m"));
  struct stat st;
  stat("m", &st);
  printf("%o\n", st.st_mode);
  fstat(m, &st);
  printf("%o\n", st.st_mode);
  P(fchmod(m, 0601));
  fstat(m, &st);
  printf("%o\n", st.st_mode);
  stat("m", &st);
  printf("%o\n", st.st_mode);
  P(open("m", O_RDONLY));
  P(open("m", O_RDWR | O_NONBLOCK));
  int path = open("m", O_PATH);
  Q(path >= 0);
  P(connect_un(path, "p0"));
  close(path), close(m);
  fflush(stdout);
  if (!fork()) {
    setgid(1000);
    setuid(1000);
    int c = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
    P(connect_un(c, "p1"));
    P(connect_un(c, "closed/s"));
    P(connect_un(c, "p0"));
    P(connect_un(d, "p2"));
    P(send(d, "x", 1, 0));
    P(sendto(d, "x", 1, 0, (void *)un("p2"), PATHLEN("p2")));
    P(sendto(d, "x", 1, 0, (void *)un("p1"), PATHLEN("p1")));
    int u = socket(AF_UNIX, SOCK_STREAM, 0);
    P(bind_un(u, "nowhere"));
    P(bind_un(u, "closed/n"));
    P(bind_un(u, "open/n"));
    exit(0);
  }
  wait(NULL);
  for (int i = 0; i < 3; i++) close(s[i]);
  close(in);
  symlink("open/link", "sym");
  in = socket(AF_UNIX, SOCK_STREAM, 0);
  P(bind_un(in, "sym"));
  symlink("p0", "to");
  int c = socket(AF_UNIX, SOCK_STREAM, 0);
  P(connect_un(c, "to"));
  P(connect_un(c, "open"));
  P(connect_un(c, "p0/x"));
  P(bind_un(in, "p0/x"));
  P(bind_un(in, "open/"));
  P(bind_un(in, "new/"));
  char deep[109] = {0};
  memset(deep, 'y', 107);
  P(bind_un(in, deep));
  P(unlink(deep));
  close(c), close(in);
}

static int put(int s, int fd, int n) {
  char control[CMSG_SPACE(sizeof(int) * 253)] = {0};
  struct iovec v = {"x", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof(int) * n)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int) * n);
  for (int i = 0; i < n; i++) ((int *)CMSG_DATA(c))[i] = fd;
  return sendmsg(s, &m, MSG_DONTWAIT);
}

static void limits(void) {
  printf("-- descriptors on their way\n");
  fflush(stdout);
  if (fork()) {
    wait(NULL);
    return;
  }
  setuid(1000 + getpid() % 50000);
  struct rlimit l = {50, 50};
  setrlimit(RLIMIT_NOFILE, &l);
  int s[2], t[2], n = 0;
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  socketpair(AF_UNIX, SOCK_STREAM, 0, t);
  P(put(s[0], 0, 40));
  P(put(t[0], 0, 20));
  P(put(t[0], 0, 1));
  P(errno);
  char b[4];
  P(recv(s[1], b, 4, 0));
  P(put(t[0], 0, 1));
  while (recv(t[1], b, 1, MSG_DONTWAIT) == 1) n++;
  P(n);
  P(put(t[0], 0, 51));
  P(put(t[0], 0, 1));
  close(t[1]);
  P(put(s[0], 0, 1));
  exit(0);
}

static void ioctls(int type) {
  printf("-- ioctls, type %d\n", type);
  int s[2], v = -1;
  socketpair(AF_UNIX, type, 0, s);
  int requests[] = {FIONREAD, SIOCOUTQ, 0x8905, 0x89e0, FIONBIO, 0x8901, 0x8902, 0x8903, 0x8904, 0x8906, 0x8907, 0x5401, 0x541b, 0x5421, 0x5450, 0x5451, 0x1234};
  send(s[0], "abc", 3, 0);
  for (unsigned i = 0; i < sizeof requests / sizeof *requests; i++) {
    static char room[256];
    memset(room, 0, sizeof room);
    errno = 0;
    int r = ioctl(s[1], requests[i], room);
    printf("%x: %s %d %d\n", requests[i], r < 0 ? "no" : "yes", errno, requests[i] == 0x8906 || requests[i] == 0x8907 ? 0 : *(int *)room);
  }
  P(ioctl(s[1], FIONREAD, NULL));
  P(ioctl(s[1], 0x8904, &v));
  P(v);
  v = getpid();
  P(ioctl(s[1], 0x8901, &v));
  P(fcntl(s[1], F_GETOWN) == getpid());
  v = -1;
  P(ioctl(s[1], 0x8903, &v));
  P(v == getpid());
  v = 0x7ffffff;
  P(ioctl(s[1], 0x8902, &v));
  close(s[0]), close(s[1]);
  // the file of a bound socket
  char name[10];
  sprintf(name, "io%d", type);
  int b = socket(AF_UNIX, type, 0);
  P(ioctl(b, 0x89e0, 0));
  P(bind_un(b, name));
  int f = ioctl(b, 0x89e0, 0);
  Q(f >= 0);
  struct stat st, there;
  fstat(f, &st);
  stat(name, &there);
  Q(st.st_ino == there.st_ino);
  P(fcntl(f, F_GETFD));
  P(fcntl(f, F_GETFL) == O_PATH);
  close(f), close(b);
  b = socket(AF_UNIX, type, 0);
  struct sockaddr_un a;
  socklen_t l = abstract(&a, "ioctl");
  bind(b, (void *)&a, l);
  P(ioctl(b, 0x89e0, 0));
  close(b);
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

// The lines of /proc/net/unix with the word in their names, in order, without address and number.
static void listed(const char *what, const char *word) {
  char text[400], lines[8][80];
  int n = 0;
  FILE *f = fopen("/proc/net/unix", "r");
  fgets(text, sizeof text, f);
  while (n < 8 && fgets(text, sizeof text, f)) {
    unsigned long x[7];
    if (!strstr(text, word)) continue;
    sscanf(text, "%lx: %lx %lx %lx %lx %lx %lu", x, x + 1, x + 2, x + 3, x + 4, x + 5, x + 6);
    snprintf(lines[n++], sizeof *lines, "%s: %lx %lx %lx %04lx %02lx %d %c", what, x[1], x[2], x[3], x[4], x[5], x[6] != 0, text[strcspn(text, "/@")]);
  }
  fclose(f);
  qsort(lines, n, sizeof *lines, by_text);
  for (int i = 0; i < n; i++) puts(lines[i]);
}

static void list(void) {
  printf("-- list\n");
  char name[60], text[80];
  sprintf(name, "/tmp/r3-u%d", getpid());
  for (int k = 0; k < 3; k++) {
    unlink(name);
    int s = socket(AF_UNIX, TYPES[k], 0), c = socket(AF_UNIX, TYPES[k], 0), d = socket(AF_UNIX, TYPES[k], 0);
    bind_un(s, name);
    listed("bound", name);
    listen(s, 3);
    connect(c, (void *)un(name), PATHLEN(name));
    connect(d, (void *)un(name), PATHLEN(name));
    int t = accept(s, NULL, NULL);
    listed("connected", name);
    close(c);
    listed("one closed", name);
    close(s), close(d), close(t);
    unlink(name);
  }
  struct sockaddr_un a;
  socklen_t l = abstract(&a, "listed");
  int s = socket(AF_UNIX, SOCK_DGRAM, 0);
  bind(s, (void *)&a, l);
  listed("abstract", a.sun_path + 1);
  close(s);
  FILE *f = fopen("/proc/net/unix", "r");
  fgets(text, sizeof text, f);
  printf("%s", text);
  fclose(f);
}

int main(void) {
  own_folder();
  close(open("f", O_RDWR | O_CREAT, 0666));
  descriptors();
  for (int i = 0; i < 3; i++) states(TYPES[i]);
  for (int i = 0; i < 3; i++) flags(TYPES[i]);
  permissions();
  limits();
  for (int i = 0; i < 3; i++) ioctls(TYPES[i]);
  list();
  return 0;
}
