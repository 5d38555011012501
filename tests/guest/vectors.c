#include "guest.h"
// readv and its family.
int main(void) {
  own_folder();
  int fd = open("f", O_RDWR | O_CREAT, 0600);
  struct iovec v[4] = {{"one ", 4}, {"two ", 4}, {NULL, 0}, {"three", 5}};
  P(writev(fd, v, 4));
  P(pwritev(fd, v, 1, 13));
  char a[5] = {0}, b[7] = {0}, c[100] = {0};
  struct iovec r[3] = {{a, 4}, {b, 6}, {c, 99}};
  P(preadv(fd, r, 3, 0));
  printf("%s|%s|%s\n", a, b, c);
  lseek(fd, 2, SEEK_SET);
  P(readv(fd, r, 2));
  printf("%s|%s\n", a, b);
  P(readv(fd, r, -1));
  P(readv(fd, r, 1025));
  P(readv(fd, r, 0));
  struct iovec bad[2] = {{a, 4}, {(void *)8, 4}};
  lseek(fd, 0, SEEK_SET);
  P(readv(fd, bad, 2));
  P(lseek(fd, 0, SEEK_CUR));
  struct iovec huge[2] = {{a, 1}, {a, (size_t)-1}};
  P(writev(fd, huge, 2));
  P(writev(fd, (void *)8, 2));
  P(preadv2(fd, r, 1, 4, 0));
  printf("%s\n", a);
  P(pwritev2(fd, v, 2, -1, RWF_APPEND));
  P(preadv2(fd, r, 3, 0, 0));
  P(writev(-1, v, 1));
  return 0;
}
