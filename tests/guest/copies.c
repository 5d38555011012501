#include "guest.h"
// Big and overlapping copies, by the library and by the instructions themselves, in both directions.
static unsigned hash(const unsigned char *b, size_t n) {
  unsigned h = 1;
  while (n--) h = h * 31 + *b++;
  return h;
}
int main(void) {
  size_t size = 3 << 20;
  unsigned char *p = malloc(size);
  for (size_t i = 0; i < size; i++) p[i] = i * i >> 5;
  memmove(p + 1, p, size - 1), printf("%x\n", hash(p, size));
  memmove(p, p + 4097, size - 4097), printf("%x\n", hash(p, size));
  memcpy(p, p + size / 2, size / 2), printf("%x\n", hash(p, size));
  memset(p + 12345, 0x5a, 1 << 20), printf("%x\n", hash(p, size));
  for (int distance = -20; distance <= 20; distance += 4) {
    for (int i = 0; i < 10000; i++) p[i] = i * 13;
    void *d = p + 5000, *s = p + 5000 + distance;
    long n = 4500;
    asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    printf("%d %x %ld %ld\n", distance, hash(p, 10000), (long)((unsigned char *)d - p), n);
    d = p + 5000, s = p + 5000 + distance, n = 300;
    asm volatile("std; rep movsq; cld" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    printf("%x %ld\n", hash(p, 10000), (long)((unsigned char *)s - p));
    d = p + 100, n = 500;
    asm volatile("rep stosl" : "+D"(d), "+c"(n) : "a"(0x01020304 + distance) : "memory");
    printf("%x\n", hash(p, 10000));
    d = p + 100, n = 5000;
    int zero;
    asm volatile("repe scasb; setz %b0; movzbl %b0, %0" : "=&q"(zero), "+D"(d), "+c"(n) : "a"(p[100]) : "cc");
    d = p + 100, n = 5000;
    asm volatile("repne scasw" : "+D"(d), "+c"(n) : "a"(0x0506) : "cc");
    printf("%ld\n", n);
    d = p + 100, s = p + 200, n = 5000;
    asm volatile("repe cmpsb" : "+D"(d), "+S"(s), "+c"(n)::"cc");
    printf("%ld\n", n);
  }
  char *m = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 8192; i++) m[i] = i;
  memmove(m + 4090, m + 4085, 100);
  printf("%x\n", hash((unsigned char *)m, 8192));
  return 0;
}
