#include "guest.h"
static long raw(unsigned long a) { return syscall(SYS_brk, a); }
int main(void) {
  unsigned long start = raw(0);
  Q(raw(start + 100) == start + 100);
  memset((char *)start, 7, 100);
  Q(raw(start + 100000) == start + 100000);
  char *p = (char *)start;
  Q(p[50] == 7 && p[99999] == 0);
  p[90000] = 9;
  Q(raw(start + 50) == start + 50);
  Q(raw(start + 100000) == start + 100000);
  Q(p[90000] == 0);
  Q(p[49] == 7);
  Q(raw(1) == start + 100000);
  Q(raw(1UL << 60) == start + 100000);
  raw(start);
  void *a = sbrk(0);
  Q(sbrk(4096) == a);
  Q((char *)sbrk(0) == (char *)a + 4096);
  Q(sbrk(-4096) == (char *)a + 4096);
  struct rlimit rl = {1 << 20, RLIM_INFINITY};
  setrlimit(RLIMIT_DATA, &rl);
  Q(raw(start + (16 << 20)) < start + (16 << 20));
  return 0;
}
