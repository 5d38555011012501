#include "guest.h"
int main(void) {
  char b[64];
  memset(b, 1, sizeof b);
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
  P(read(null, b, 64));
  P(write(null, b, 64));
  P(lseek(null, 100, SEEK_SET));
  P(read(zero, b, 32));
  Q(b[0] == 0 && b[31] == 0 && b[32] == 1);
  P(write(zero, b, 10));
  P(read(full, b + 32, 16));
  Q(b[47] == 0 && b[48] == 1);
  P(write(full, b, 10));
  P(write(full, b, 0));
  int r = open("/dev/urandom", O_RDONLY);
  P(read(r, b, 64));
  int sum = 0;
  for (int i = 0; i < 64; i++) sum |= b[i];
  Q(sum != 0);
  r = open("/dev/random", O_RDONLY);
  P(read(r, b, 16));
  P(ioctl(null, TCGETS, b));
  P(isatty(null));
  P(ftruncate(null, 10));
  char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
  Q(m != MAP_FAILED);
  Q(m[0] == 0 && m[8191] == 0);
  m[5] = 3;
  P(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0));
  struct pollfd p[3] = {{null, POLLIN | POLLOUT}, {zero, POLLIN | POLLOUT}, {full, POLLOUT}};
  P(poll(p, 3, 0));
  printf("%x %x %x\n", p[0].revents, p[1].revents, p[2].revents);
  P(readlink("/dev/stdin", b, 64) > 0);
  return 0;
}
