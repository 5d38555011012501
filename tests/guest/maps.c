// flavours: static musl
#include "guest.h"
static sigjmp_buf back;
static void on(int s) { siglongjmp(back, s); }
// Reads a byte: its value, or -signal.
static int peek(volatile char *p) {
  int s = sigsetjmp(back, 1);
  return s ? -s : *p;
}
static int poke(volatile char *p) {
  int s = sigsetjmp(back, 1);
  if (s) return -s;
  *p = *p;
  return 1;
}
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
int main(void) {
  signal(SIGSEGV, on), signal(SIGBUS, on);
  char *p = mmap(NULL, 10 * 4096, RW, ANON, -1, 0);
  Q(p != MAP_FAILED && ((uintptr_t)p & 4095) == 0);
  for (int i = 0; i < 10; i++) p[i * 4096] = i + 1;
  P(munmap(p + 3 * 4096, 2 * 4096));
  for (int i = 0; i < 10; i++) printf("%d ", peek(p + i * 4096));
  puts("");
  P(mprotect(p, 4096, PROT_READ));
  P(poke(p)), P(peek(p));
  P(mprotect(p, 4096, PROT_NONE));
  P(peek(p));
  P(mprotect(p, 4096, RW));
  P(peek(p)), P(poke(p));
  P(mprotect(p, 10 * 4096, PROT_READ));
  P(poke(p)), P(poke(p + 9 * 4096));
  P(mprotect(p + 1, 4096, RW));
  P(munmap(p + 1, 4096));
  P(munmap(p, 0));
  char *q = mmap(p + 3 * 4096, 4096, RW, ANON | MAP_FIXED, -1, 0);
  Q(q == p + 3 * 4096);
  P(peek(q));
  q = mmap(p + 3 * 4096, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
  Q(q == MAP_FAILED && errno == EEXIST);
  q = mmap(p + 4 * 4096, 4096, RW, ANON, -1, 0);
  Q(q == p + 4 * 4096);
  P(mmap(NULL, 0, RW, ANON, -1, 0));
  P(mmap(NULL, 4096, RW, MAP_ANONYMOUS, -1, 0));
  P(mmap(NULL, 4096, RW, MAP_PRIVATE, -1, 0));
  P(mmap(NULL, (size_t)1 << 60, RW, ANON, -1, 0));
  P(mmap((void *)1, 4096, RW, ANON | MAP_FIXED, -1, 0));
  P(munmap(p, 10 * 4096));
  P(peek(p + 4096));
  P(munmap(p, 10 * 4096));
  p = mmap(NULL, 4096 * 4, RW, ANON, -1, 0);
  strcpy(p, "moved");
  char *r = mremap(p, 4096 * 4, 4096 * 2, 0);
  Q(r == p);
  P(peek(p + 4096 * 2));
  r = mremap(p, 4096 * 2, 4096 * 600, MREMAP_MAYMOVE);
  Q(r != MAP_FAILED && !strcmp(r, "moved"));
  P(peek(r + 4096 * 599));
  char *fence = mmap(NULL, 8192, PROT_NONE, ANON, -1, 0);
  char *dest = mmap(NULL, 8192, RW, ANON, -1, 0);
  r = mremap(r, 4096 * 600, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, dest);
  Q(r == dest && !strcmp(dest, "moved"));
  P(mremap(dest + 1, 4096, 8192, 0));
  P(mremap(fence, 4096, 0, 0));
  P(mremap((void *)0x10000, 4096, 8192, MREMAP_MAYMOVE));
  strcpy(dest, "data");
  P(madvise(dest, 8192, MADV_DONTNEED));
  P(peek(dest));
  P(madvise(dest, 4096, MADV_WILLNEED));
  P(madvise(dest + 1, 4096, MADV_DONTNEED));
  P(madvise(dest, 4096, 9999));
  unsigned char vec[2];
  dest[0] = 1;
  P(mincore(dest, 8192, vec));
  printf("%d %d\n", vec[0] & 1, vec[1] & 1);
  P(msync(dest, 4096, MS_SYNC));
  P(msync(dest, 4096, MS_SYNC | MS_ASYNC));
  P(mlock(dest, 4096)), P(munlock(dest, 4096));
  char *stack = mmap(NULL, 65536, RW, ANON | MAP_STACK | MAP_NORESERVE, -1, 0);
  Q(stack != MAP_FAILED);
  char *low = mmap((void *)0x20000000, 4096, RW, ANON, -1, 0);
  Q(low == (char *)0x20000000);
  char *below = mmap(NULL, 4096, RW, ANON | MAP_32BIT, -1, 0);
  Q((uintptr_t)below < 0x80000000u);
  return 0;
}
