#include "guest.h"
// A megabyte through a pipe, both ends blocking in turn; the reader's sum shows every byte.
int main(void) {
  int p[2], status;
  pipe(p);
  pid_t pid = fork();
  if (pid == 0) {
    close(p[0]);
    static unsigned char b[10007];
    unsigned x = 1, left = 1 << 20;
    while (left) {
      unsigned n = left < sizeof b ? left : sizeof b;
      for (unsigned i = 0; i < n; i++) b[i] = x = x * 1103515245 + 12345, x >> 16;
      if (write(p[1], b, n) != n) _exit(1);
      left -= n;
    }
    _exit(0);
  }
  close(p[1]);
  unsigned long total = 0, sum = 0;
  unsigned char b[777];
  for (int n; (n = read(p[0], b, sizeof b)) > 0;) {
    for (int i = 0; i < n; i++) sum = sum * 31 + b[i];
    total += n;
  }
  printf("%lu bytes, sum %lx\n", total, sum);
  waitpid(pid, &status, 0);
  print_status("writer", status);
  return 0;
}
