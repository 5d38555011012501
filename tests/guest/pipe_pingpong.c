#include "guest.h"
int main(void) {
  int a[2], b[2], v = 0;
  pipe(a), pipe(b);
  if (fork() == 0) {
    while (read(a[0], &v, sizeof v) == sizeof v) {
      v++;
      write(b[1], &v, sizeof v);
      if (v >= 2000) break;
    }
    _exit(3);
  }
  while (v < 2000) {
    write(a[1], &v, sizeof v);
    read(b[0], &v, sizeof v);
  }
  int status;
  wait(&status);
  P(v);
  print_status("child", status);
  return 0;
}
