// cmsg(3): SCM_RIGHTS, SCM_CREDENTIALS, SCM_PIDFD, truncation, MSG_PEEK, MSG_CMSG_CLOEXEC, SO_PEERCRED and friends.
#include "sock.h"
#include <grp.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

static char control[4096];

// Sends data with one control message.
static int send_c(int fd, const char *data, int level, int type, const void *body, size_t n) {
  struct iovec v = {(void *)data, strlen(data)};
  memset(control, 0, sizeof control);
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(n)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(n);
  memcpy(CMSG_DATA(c), body, n);
  return sendmsg(fd, &m, 0);
}

static int send_fds(int fd, const char *data, int n, ...) {
  int fds[300];
  va_list ap;
  va_start(ap, n);
  for (int i = 0; i < n; i++) fds[i] = va_arg(ap, int);
  return send_c(fd, data, SOL_SOCKET, SCM_RIGHTS, fds, n * 4);
}

static int last_fds[300], last_count;
static pid_t me;

static void show(struct msghdr *m, char *b, ssize_t n) {
  printf("  %zd '%.*s' flags %x controllen %zd\n", n, n > 0 ? (int)n : 0, b, m->msg_flags, m->msg_controllen);
  last_count = 0;
  if (n < 0) {
    printf("  errno %d\n", errno);
    return;
  }
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    printf("  len %zd level %d type %d:", c->cmsg_len, c->cmsg_level, c->cmsg_type);
    if (c->cmsg_type == SCM_RIGHTS) {
      int k = (c->cmsg_len - CMSG_LEN(0)) / 4;
      printf(" %d fds", k);
      for (int i = 0; i < k; i++) {
        last_fds[last_count++] = ((int *)CMSG_DATA(c))[i];
        printf(" %s%s", fcntl(last_fds[last_count - 1], F_GETFD) < 0 ? "bad" : "ok", fcntl(last_fds[last_count - 1], F_GETFD) > 0 ? " cloexec" : "");
      }
    } else if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len >= CMSG_LEN(12)) {
      struct ucred u;
      memcpy(&u, CMSG_DATA(c), 12);
      printf(" pid %s uid %d gid %d", u.pid == me ? "mine" : u.pid == 1 ? "1" : u.pid == 0 ? "0" : "other", u.uid, u.gid);
    } else if (c->cmsg_type == SCM_PIDFD) {
      int p = *(int *)CMSG_DATA(c);
      printf(" pidfd %d", p >= 0);
      if (p >= 0) {
        struct pollfd f = {p, POLLIN, 0};
        printf(" cloexec %d ended %d", fcntl(p, F_GETFD), poll(&f, 1, 0));
        close(p);
      }
    }
    printf("\n");
  }
}

static void close_last(void) {
  for (int i = 0; i < last_count; i++) close(last_fds[i]);
}

static ssize_t receive(int fd, size_t size, size_t room, int flags) {
  char b[100], c[2000];
  memset(c, 0, sizeof c);
  struct iovec v = {b, size};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? c : NULL, .msg_controllen = room};
  errno = 0;
  ssize_t n = recvmsg(fd, &m, flags);
  printf("receive %zd room %zd flags %x\n", size, room, flags);
  show(&m, b, n);
  return n;
}

static void set(int fd, int option, int v) {
  if (setsockopt(fd, SOL_SOCKET, option, &v, sizeof v)) printf("option %d: errno %d\n", option, errno);
}

static void rights(int type) {
  int s[2], p[2];
  printf("-- rights, type %d\n", type);
  socketpair(AF_UNIX, type, 0, s);
  pipe(p);
  P(send_fds(s[0], "two", 2, p[0], p[1]));
  receive(s[1], 10, 100, 0);
  write(last_fds[1], "through", 7);
  char b[10];
  P(read(p[0], b, 10));
  close_last();
  P(send_fds(s[0], "peeked", 1, p[0]));
  receive(s[1], 10, 100, MSG_PEEK);
  close_last();
  receive(s[1], 3, 100, MSG_PEEK | MSG_CMSG_CLOEXEC);
  close_last();
  receive(s[1], 3, 100, MSG_CMSG_CLOEXEC);
  close_last();
  receive(s[1], 10, 100, MSG_DONTWAIT);
  P(send_fds(s[0], "cut", 3, p[0], p[1], p[0]));
  receive(s[1], 10, CMSG_LEN(8), 0);
  close_last();
  P(send_fds(s[0], "cut", 3, p[0], p[1], p[0]));
  receive(s[1], 10, CMSG_LEN(4) + 3, 0);
  close_last();
  P(send_fds(s[0], "cut", 3, p[0], p[1], p[0]));
  receive(s[1], 10, CMSG_LEN(0), 0);
  P(send_fds(s[0], "cut", 1, p[0]));
  receive(s[1], 10, 8, 0);
  P(send_fds(s[0], "none", 1, p[0]));
  receive(s[1], 10, 0, 0);
  P(send_fds(s[0], "read", 1, p[0]));
  RECV(s[1], 10, 0);
  // nobody takes them: the pipe ends with the socket
  P(send_fds(s[0], "left", 1, p[1]));
  close(p[1]);
  close(s[0]);
  close(s[1]);
  P(read(p[0], b, 10));
  close(p[0]);
}

static void borders(void) {
  int s[2], p[2];
  printf("-- borders in a stream\n");
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  pipe(p);
  write(s[0], "ab", 2);
  send_fds(s[0], "cd", 1, p[0]);
  write(s[0], "ef", 2);
  send_fds(s[0], "gh", 1, p[0]);
  send_fds(s[0], "ij", 1, p[0]);
  for (int i = 0; i < 4; i++) {
    receive(s[1], 20, 100, MSG_DONTWAIT);
    close_last();
  }
  write(s[0], "ab", 2);
  send_fds(s[0], "cd", 1, p[0]);
  receive(s[1], 20, 100, MSG_PEEK);
  close_last();
  receive(s[1], 3, 100, 0);
  close_last();
  receive(s[1], 20, 100, 0);
  P(send_fds(s[0], "", 1, p[0]));
  receive(s[1], 20, 100, MSG_DONTWAIT);
  // waits for more behind the border
  send_fds(s[0], "one", 1, p[0]);
  write(s[0], "two", 3);
  receive(s[1], 6, 100, MSG_WAITALL);
  close_last();
  receive(s[1], 3, 100, MSG_WAITALL);
  close(s[0]);
  close(s[1]);
  close(p[0]);
  close(p[1]);
}

static void credentials(int type) {
  int s[2];
  printf("-- credentials, type %d\n", type);
  socketpair(AF_UNIX, type, 0, s);
  write(s[0], "before", 6);
  set(s[1], SO_PASSCRED, 1);
  receive(s[1], 10, 100, 0);
  write(s[0], "after", 5);
  receive(s[1], 10, 100, 0);
  struct ucred u = {getpid(), 0, 0};
  P(send_c(s[0], "own", SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u));
  receive(s[1], 10, 100, 0);
  u.pid = 1;
  u.uid = 7;
  u.gid = 8;
  P(send_c(s[0], "claimed", SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u));
  receive(s[1], 10, 100, 0);
  u.pid = 4194303;
  P(send_c(s[0], "nobody", SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u));
  u.pid = getpid();
  u.uid = -1;
  P(send_c(s[0], "no uid", SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u));
  u.uid = 0;
  P(send_c(s[0], "short", SOL_SOCKET, SCM_CREDENTIALS, &u, 8));
  P(send_c(s[0], "long", SOL_SOCKET, SCM_CREDENTIALS, &u, 16));
  // another process, another user
  fflush(stdout);
  if (!fork()) {
    setgroups(0, NULL);
    setgid(100);
    setuid(1000);
    write(s[0], "child", 5);
    struct ucred c = {getpid(), 1000, 100};
    P(send_c(s[0], "self", SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof c));
    c.uid = 0;
    P(send_c(s[0], "root", SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof c));
    c.uid = 1000;
    c.gid = 0;
    P(send_c(s[0], "group", SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof c));
    c.gid = 100;
    c.pid = getppid();
    P(send_c(s[0], "pid", SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof c));
    exit(0);
  }
  wait(NULL);
  write(s[0], "parent", 6);
  for (int i = 0; i < 3; i++) receive(s[1], 30, 100, MSG_DONTWAIT);
  write(s[0], "cut", 3);
  receive(s[1], 30, 20, 0);
  write(s[0], "cut", 3);
  receive(s[1], 30, 15, 0);
  write(s[0], "none", 4);
  receive(s[1], 30, 0, 0);
  write(s[0], "recv", 4);
  RECV(s[1], 10, 0);
  // with a descriptor, and the pidfd of the sender
  set(s[1], SO_PASSPIDFD, 1);
  P(send_fds(s[0], "all", 1, s[0]));
  receive(s[1], 30, 200, 0);
  close_last();
  set(s[1], SO_PASSCRED, 0);
  write(s[0], "pidfd", 5);
  receive(s[1], 30, 200, 0);
  write(s[0], "cut", 3);
  receive(s[1], 30, 16, 0);
  if (type == SOCK_STREAM) {
    set(s[1], SO_PASSPIDFD, 0);
    set(s[1], SO_PASSCRED, 1);
    if (!fork()) {
      sleep_ms(10);
      write(s[0], "b", 1);
      exit(0);
    }
    write(s[0], "a", 1);
    receive(s[1], 2, 100, MSG_WAITALL);
    wait(NULL);
    receive(s[1], 2, 100, MSG_DONTWAIT);
    if (!fork()) {
      sleep_ms(10);
      write(s[0], "c", 1);
      sleep_ms(10);
      write(s[0], "d", 1);
      exit(0);
    }
    receive(s[1], 2, 100, MSG_WAITALL);
    wait(NULL);
  }
  close(s[0]);
  close(s[1]);
}

static void errors(void) {
  int s[2];
  printf("-- errors\n");
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  int fds[300];
  for (int i = 0; i < 300; i++) fds[i] = s[0];
  P(send_c(s[0], "many", SOL_SOCKET, SCM_RIGHTS, fds, 254 * 4));
  P(send_c(s[0], "most", SOL_SOCKET, SCM_RIGHTS, fds, 253 * 4));
  receive(s[1], 10, 2000, 0);
  close_last();
  fds[3] = 999;
  P(send_c(s[0], "bad", SOL_SOCKET, SCM_RIGHTS, fds, 5 * 4));
  fds[3] = -1;
  P(send_c(s[0], "bad", SOL_SOCKET, SCM_RIGHTS, fds, 5 * 4));
  P(send_c(s[0], "none", SOL_SOCKET, SCM_RIGHTS, fds, 0));
  P(send_c(s[0], "odd", SOL_SOCKET, SCM_RIGHTS, fds, 7));
  P(send_c(s[0], "type", SOL_SOCKET, 99, fds, 8));
  P(send_c(s[0], "level", 99, 1, fds, 8));
  while (recv(s[1], fds, 10, MSG_DONTWAIT) > 0) {}
  struct iovec v = {"x", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 20};
  struct cmsghdr *c = (void *)control;
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = 24;
  P(sendmsg(s[0], &m, 0));
  c->cmsg_len = 8;
  P(sendmsg(s[0], &m, 0));
  m.msg_controllen = 8;
  P(sendmsg(s[0], &m, 0));
  m.msg_controllen = 1 << 20;
  P(sendmsg(s[0], &m, 0));
  m.msg_controllen = 1ul << 40;
  P(sendmsg(s[0], &m, 0));
  m.msg_control = (void *)1;
  m.msg_controllen = 40;
  P(sendmsg(s[0], &m, 0));
  m.msg_control = NULL;
  P(sendmsg(s[0], &m, 0));
  m.msg_controllen = 0;
  m.msg_iovlen = 1025;
  P(sendmsg(s[0], &m, 0));
  m.msg_iovlen = -1;
  P(sendmsg(s[0], &m, 0));
  m.msg_iovlen = 1;
  m.msg_iov = (void *)1;
  P(sendmsg(s[0], &m, 0));
  v.iov_len = -1;
  m.msg_iov = &v;
  P(sendmsg(s[0], &m, 0));
  v.iov_len = 1;
  m.msg_namelen = 5;
  P(sendmsg(s[0], &m, 0));
  m.msg_name = un("x");
  m.msg_namelen = -1;
  P(sendmsg(s[0], &m, 0));
  m.msg_namelen = 4000;
  P(sendmsg(s[0], &m, 0));
  m.msg_namelen = 0;
  P(sendmsg(s[0], &m, 0));
  P(syscall(SYS_sendmsg, s[0], 1, 0));
  P(syscall(SYS_recvmsg, s[0], 1, 0));
  // too many open files: what does not fit is lost
  struct rlimit old, few = {s[1] + 3, s[1] + 3};
  while (recv(s[1], fds, 10, MSG_DONTWAIT) > 0) {}
  P(send_fds(s[0], "four", 4, s[0], s[0], s[0], s[0]));
  getrlimit(RLIMIT_NOFILE, &old);
  few.rlim_max = old.rlim_max;
  setrlimit(RLIMIT_NOFILE, &few);
  receive(s[1], 10, 100, 0);
  close_last();
  setrlimit(RLIMIT_NOFILE, &old);
  close(s[0]);
  close(s[1]);
}

// Whether a pipe that only lies in messages is gone. Linux looks for garbage some time after a socket was closed.
static void gone(const char *what, int reader) {
  struct pollfd p = {reader, POLLIN, 0};
  for (int i = 0; i < 40 && !poll(&p, 1, 2); i++) {
    int s[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    close(s[0]);
    close(s[1]);
  }
  printf("%s: %s\n", what, poll(&p, 1, 0) && p.revents & POLLHUP ? "collected" : "alive");
}

static void cycles(void) {
  printf("-- cycles\n");
  int s[2], t[2], p[2], out[2], q[2];
  // a socket in its own queue, with a pipe as witness
  pipe(p);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  send_fds(s[0], "x", 2, s[1], p[1]);
  close(p[1]);
  close(s[0]);
  close(s[1]);
  gone("self", p[0]);
  close(p[0]);
  // two pairs in each other
  pipe(p);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  socketpair(AF_UNIX, SOCK_STREAM, 0, t);
  send_fds(s[0], "x", 2, t[1], p[1]);
  send_fds(t[0], "x", 1, s[1]);
  close(p[1]);
  close(s[0]);
  close(s[1]);
  close(t[0]);
  close(t[1]);
  gone("two", p[0]);
  close(p[0]);
  // reachable from outside: stays, and can be taken apart
  pipe(p);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  socketpair(AF_UNIX, SOCK_STREAM, 0, out);
  send_fds(s[0], "x", 2, s[1], p[1]);
  send_fds(out[0], "y", 1, s[1]);
  close(p[1]);
  close(s[0]);
  close(s[1]);
  pipe(q);
  close(q[0]);
  close(q[1]);
  sleep_ms(5);
  gone("held", p[0]);
  receive(out[1], 5, 100, 0);
  int inner = last_fds[0];
  receive(inner, 5, 100, 0);
  close_last();
  close(inner);
  gone("taken apart", p[0]);
  close(out[0]);
  close(out[1]);
  close(p[0]);
  // a connection that waits for accept holds its listener
  pipe(p);
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a;
  socklen_t n = abstract(&a, "cycle");
  bind(l, (void *)&a, n);
  listen(l, 3);
  connect(c, (void *)&a, n);
  send_fds(c, "x", 2, l, p[1]);
  close(p[1]);
  close(c);
  close(l);
  gone("embryo", p[0]);
  close(p[0]);
}

static void cred(int fd, const char *what) {
  struct ucred u;
  socklen_t l = sizeof u;
  int r = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &l);
  printf("%s: %d pid %s uid %d gid %d\n", what, r, u.pid == me ? "mine" : u.pid ? "other" : "0", u.uid, u.gid);
  gid_t g[50];
  l = sizeof g;
  r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, g, &l);
  printf("  groups %d (%d) len %d\n", r, r ? errno : 0, l);
  int pidfd = -1;
  l = sizeof pidfd;
  r = getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &l);
  printf("  pidfd %d (%d) %d\n", r, r ? errno : 0, pidfd >= 0);
  if (!r) close(pidfd);
}

static void peers(void) {
  printf("-- peers\n");
  gid_t groups[3] = {5, 6, 7};
  setgroups(3, groups);
  int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  cred(s, "new");
  struct sockaddr_un a;
  socklen_t l = abstract(&a, "peer");
  bind(s, (void *)&a, l);
  cred(s, "bound");
  listen(s, 5);
  cred(s, "listening");
  fflush(stdout);
  if (!fork()) {
    setgroups(1, groups);
    setregid(50, 51);
    setreuid(1000, 1001);
    P(connect(c, (void *)&a, l));
    cred(c, "client");
    exit(0);
  }
  wait(NULL);
  int t = accept(s, NULL, NULL);
  cred(t, "accepted");
  gid_t g[1];
  l = 4;
  P(getsockopt(t, SOL_SOCKET, SO_PEERGROUPS, g, &l));
  printf("%d %d\n", l, g[0]);
  l = 0;
  P(getsockopt(t, SOL_SOCKET, SO_PEERGROUPS, g, &l));
  printf("%d\n", l);
  l = 5;
  struct ucred u;
  P(getsockopt(t, SOL_SOCKET, SO_PEERCRED, &u, &l));
  printf("%d\n", l);
  int p[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
  cred(p[0], "pair");
  int d = socket(AF_UNIX, SOCK_DGRAM, 0);
  cred(d, "datagram");
  // options pass from the listener to what is accepted
  set(s, SO_PASSCRED, 1);
  c = socket(AF_UNIX, SOCK_STREAM, 0);
  set(c, SO_PASSCRED, 1);
  l = abstract(&a, "peer");
  P(connect(c, (void *)&a, l));
  struct sockaddr_un b;
  l = sizeof b;
  P(getsockname(c, (void *)&b, &l));
  printf("named %d\n", l);
  t = accept(s, NULL, NULL);
  int v = -1;
  l = 4;
  getsockopt(t, SOL_SOCKET, SO_PASSCRED, &v, &l);
  printf("inherited %d\n", v);
  send(t, "x", 1, 0);
  receive(c, 5, 100, 0);
}

int main(void) {
  me = getpid();
  rights(SOCK_STREAM);
  rights(SOCK_DGRAM);
  rights(SOCK_SEQPACKET);
  borders();
  credentials(SOCK_STREAM);
  credentials(SOCK_DGRAM);
  credentials(SOCK_SEQPACKET);
  errors();
  cycles();
  peers();
  return 0;
}
