// socketpair(2), shutdown(2), half-close, EPIPE, ECONNRESET: the three types.
#include "sock.h"

static volatile int pipes;
static void on_pipe(int s) { pipes++; }

static void half(int type, const char *name) {
  int s[2];
  printf("-- half close %s\n", name);
  P(socketpair(AF_UNIX, type, 0, s));
  POLLED(s[0]);
  P(send(s[0], "one", 3, 0));
  P(send(s[0], "two", 3, 0));
  POLLED(s[1]);
  P(inq(s[1]));
  P(outq(s[0]));
  P(shutdown(s[0], SHUT_WR));
  POLLED(s[0]);
  POLLED(s[1]);
  P(send(s[0], "x", 1, 0));
  P(write(s[0], "x", 1));
  P(send(s[0], "x", 1, MSG_NOSIGNAL));
  printf("signals %d\n", pipes);
  RECV(s[1], 10, 0);
  RECV(s[1], 10, MSG_DONTWAIT);
  RECV(s[1], 10, MSG_DONTWAIT);
  POLLED(s[1]);
  P(send(s[1], "back", 4, 0));
  RECV(s[0], 10, 0);
  P(shutdown(s[1], SHUT_RD));
  POLLED(s[0]);
  POLLED(s[1]);
  P(send(s[0], "x", 1, MSG_NOSIGNAL));
  P(shutdown(s[1], SHUT_RDWR));
  POLLED(s[0]);
  POLLED(s[1]);
  P(shutdown(s[1], 3));
  P(shutdown(s[1], -1));
  close(s[0]);
  POLLED(s[1]);
  P(send(s[1], "x", 1, MSG_NOSIGNAL));
  RECV(s[1], 10, MSG_DONTWAIT);
  P(soerror(s[1]));
  close(s[1]);
}

static void dies(int type, const char *name, int unread) {
  int s[2];
  printf("-- peer closes %s, %d unread\n", name, unread);
  socketpair(AF_UNIX, type, 0, s);
  send(s[0], "abc", 3, 0);
  if (!unread) RECV(s[1], 9, 0);
  send(s[1], "left", 4, 0);
  close(s[1]);
  POLLED(s[0]);
  RECV(s[0], 2, 0);
  RECV(s[0], 9, MSG_DONTWAIT);
  RECV(s[0], 9, MSG_DONTWAIT);
  POLLED(s[0]);
  P(soerror(s[0]));
  P(write(s[0], "x", 1));
  P(write(s[0], "x", 1));
  printf("signals %d\n", pipes);
  P(inq(s[0]));
  P(outq(s[0]));
  struct sockaddr_un a;
  socklen_t l = sizeof a;
  P(getpeername(s[0], (void *)&a, &l));
  close(s[0]);
}

static void receive_shut(int type, const char *name) {
  int s[2];
  printf("-- SHUT_RD %s\n", name);
  socketpair(AF_UNIX, type, 0, s);
  P(send(s[1], "before", 6, 0));
  P(shutdown(s[0], SHUT_RD));
  P(send(s[1], "after", 5, MSG_NOSIGNAL));
  POLLED(s[0]);
  POLLED(s[1]);
  RECV(s[0], 10, 0);
  RECV(s[0], 10, 0);
  P(send(s[0], "other way", 9, 0));
  RECV(s[1], 10, 0);
  close(s[0]);
  close(s[1]);
}

int main(void) {
  int s[2];
  signal(SIGPIPE, on_pipe);
  P(socketpair(AF_UNIX, SOCK_STREAM, 1, s));
  P(socketpair(AF_UNIX, SOCK_STREAM, 2, s));
  P(socketpair(AF_UNIX, SOCK_RAW, 0, s));
  P(socketpair(AF_UNIX, SOCK_RDM, 0, s));
  P(socketpair(AF_UNIX, 10, 0, s));
  P(socketpair(AF_UNIX, 11, 0, s));
  P(socketpair(AF_UNIX, 15, 0, s));
  P(socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, s));
  P(socketpair(AF_UNIX, 0, 0, s));
  P(socketpair(99, SOCK_STREAM, 0, s));
  P(socketpair(-1, SOCK_STREAM, 0, s));
  P(socketpair(0, SOCK_STREAM, 0, s));
  P(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)1));
  P(socket(AF_UNIX, SOCK_STREAM, 77));
  P(socket(46, SOCK_STREAM, 0));
  P(socket(AF_DECnet, SOCK_STREAM, 0));
  P(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s));
  P(fcntl(s[0], F_GETFD));
  P(fcntl(s[0], F_GETFL));
  P(fcntl(s[1], F_GETFD));
  struct stat st;
  fstat(s[0], &st);
  printf("mode %o size %ld nlink %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
  P(read(s[0], (char[4]){0}, 4));
  P(read(s[0], (char[4]){0}, 0));
  P(write(s[0], "", 0));
  P(lseek(s[0], 0, SEEK_SET));
  P(pread(s[0], (char[4]){0}, 4, 0));
  P(pwrite(s[0], "a", 1, 0));
  P(ftruncate(s[0], 1));
  P(fsync(s[0]));
  P(write(s[0], (void *)1, 5));
  P(send(s[0], (void *)-1, 5, 0));
  write(s[1], "hello", 5);
  P(read(s[0], (void *)1, 5));
  RECV(s[0], 9, 0);
  P(send(1234, "a", 1, 0));
  int dir = open("/", O_RDONLY);
  P(send(dir, "a", 1, 0));
  P(shutdown(1234, 0));
  P(listen(dir, 1));
  close(dir);
  struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
  P(writev(s[0], v, 3));
  char x[4], y[4];
  struct iovec w[2] = {{x, 1}, {y, 4}};
  P(readv(s[1], w, 2));
  printf("%.1s %.4s\n", x, y);
  close(s[0]);
  close(s[1]);
  half(SOCK_STREAM, "stream");
  half(SOCK_SEQPACKET, "seqpacket");
  half(SOCK_DGRAM, "dgram");
  for (int u = 0; u < 2; u++) {
    dies(SOCK_STREAM, "stream", u);
    dies(SOCK_SEQPACKET, "seqpacket", u);
    dies(SOCK_DGRAM, "dgram", u);
  }
  receive_shut(SOCK_STREAM, "stream");
  receive_shut(SOCK_SEQPACKET, "seqpacket");
  receive_shut(SOCK_DGRAM, "dgram");
  return 0;
}
