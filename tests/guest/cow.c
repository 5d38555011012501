#include "guest.h"
// Copy on write over fork, both ways, with many generations and both kinds of memory.
#define PAGES 300
static unsigned sum(unsigned *p) {
  unsigned s = 0;
  for (int i = 0; i < PAGES; i++) s = s * 31 + p[i * 1024];
  return s;
}
static unsigned bss[PAGES * 1024];
int main(void) {
  unsigned *a = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned *s = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < PAGES; i++) a[i * 1024] = s[i * 1024] = bss[i * 1024] = i;
  for (int g = 0; g < 5; g++) {
    fflush(stdout);
    if (fork() == 0) {
      for (int i = g; i < PAGES; i += 3) a[i * 1024] += 1000, s[i * 1024] += 1, bss[i * 1024]++;
      printf("child %d: %x %x %x\n", g, sum(a), sum(s), sum(bss));
      exit(0);
    }
    wait(NULL);
    for (int i = 0; i < PAGES; i += 5) a[i * 1024] ^= g, bss[i * 1024] ^= g;
    printf("parent %d: %x %x %x\n", g, sum(a), sum(s), sum(bss));
  }
  int p[2];
  pipe(p);
  a[0] = 1;
  if (fork() == 0) {
    char c;
    read(p[0], &c, 1);
    printf("child sees %u\n", a[0]);
    exit(0);
  }
  a[0] = 2;
  write(p[1], "x", 1);
  wait(NULL);
  // The kernel writes to a shared page too.
  if (fork() == 0) {
    pipe((int *)a);
    printf("child %d\n", a[0] != 2);
    exit(0);
  }
  wait(NULL);
  P(a[0]);
  mprotect(a, 4096, PROT_READ);
  if (fork() == 0) {
    mprotect(a, 4096, PROT_READ | PROT_WRITE);
    a[0] = 3;
    exit(0);
  }
  wait(NULL);
  P(a[0]);
  return 0;
}
