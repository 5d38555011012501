// flavours: static musl
#include "guest.h"
int main(void) {
  int p[2];
  char b[100] = {0};
  P(pipe(p));
  P(write(p[1], "hello", 5));
  P(ioctl(p[0], FIONREAD, (int *)b));
  P(*(int *)b);
  P(read(p[0], b, 3));
  P(read(p[0], b + 3, 50));
  printf("%s\n", b);
  P(read(p[1], b, 1));
  P(write(p[0], b, 1));
  P(lseek(p[0], 0, SEEK_SET));
  P(pread(p[0], b, 1, 0));
  P(write(p[1], b, 0));
  struct stat s;
  fstat(p[0], &s);
  Q(S_ISFIFO(s.st_mode));
  printf("%o\n", s.st_mode);
  P(fcntl(p[0], F_GETPIPE_SZ));
  P(fcntl(p[0], F_SETPIPE_SZ, 5000));
  P(fcntl(p[1], F_GETPIPE_SZ));
  P(fcntl(p[0], F_SETPIPE_SZ, 65536));
  P(fcntl(p[0], F_GETFL));
  P(fcntl(p[1], F_GETFL));
  P(close(p[1]));
  P(read(p[0], b, 10));
  P(read(p[0], b, 10));
  P(pipe2(p, O_CLOEXEC | O_NONBLOCK));
  P(fcntl(p[0], F_GETFD));
  P(fcntl(p[1], F_GETFL));
  P(read(p[0], b, 10));
  P(pipe2(p, 1));
  P(pipe((void *)8));
  P(pipe2(p, O_DIRECT));
  P(write(p[1], "first", 5));
  P(write(p[1], "second", 6));
  P(read(p[0], b, 100));
  P(read(p[0], b, 3));
  P(write(p[1], "third", 5));
  P(read(p[0], b, 100));
  printf("%.5s\n", b);
  return 0;
}
