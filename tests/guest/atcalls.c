#include "guest.h"
int main(void) {
  char b[50] = {0};
  own_folder();
  P(mkdirat(AT_FDCWD, "d", 0755));
  int d = open("d", O_PATH | O_DIRECTORY);
  int r = open("d", O_RDONLY);
  Q(d >= 0 && r >= 0);
  int fd = openat(r, "f", O_CREAT | O_RDWR, 0600);
  Q(fd >= 0);
  P(write(fd, "abc", 3));
  P(openat(99, "f", O_RDONLY));
  P(openat(fd, "f", O_RDONLY));
  P(close(openat(d, "f", O_RDONLY)));
  P(read(d, b, 1));
  P(fchmod(d, 0));
  P(symlinkat("f", r, "l"));
  P(readlinkat(d, "l", b, 50));
  P(unlinkat(r, "l", 0));
  P(unlinkat(AT_FDCWD, "d", 0));
  P(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  P(unlinkat(r, "f", AT_REMOVEDIR));
  P(fchmodat(r, "f", 0644, 0));
  P(fchownat(r, "f", 1, 2, 0));
  P(renameat(r, "f", AT_FDCWD, "g"));
  P(linkat(AT_FDCWD, "g", r, "h", 0));
  P(faccessat(r, "h", R_OK, 0));
  P(unlinkat(r, "h", 0));
  P(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  P(openat(r, "new", O_CREAT | O_WRONLY, 0600));
  P(fcntl(d, F_GETFL) & O_PATH);
  int t = open(".", O_TMPFILE | O_RDWR, 0600);
  Q(t >= 0 || errno == EOPNOTSUPP);
  int dup = fcntl(fd, F_DUPFD, 50);
  P(dup);
  P(lseek(dup, 0, SEEK_CUR));
  return 0;
}
