// flavours: static musl pie
#include "guest.h"
#include <malloc.h>
int main(void) {
  enum { N = 2000 };
  static unsigned char *p[N];
  static size_t size[N];
  unsigned x = 12345, bad = 0;
  for (int i = 0; i < 40000; i++) {
    x = x * 1103515245 + 12345;
    int k = (x >> 8) % N;
    for (size_t j = 0; p[k] && j < size[k]; j += 97) bad += p[k][j] != (unsigned char)(k + size[k]);
    size_t n = (x >> 20) % 40 == 0 ? (x >> 4) % 300000 : (x >> 12) % 600;
    if (x & 64) p[k] = realloc(p[k], n + 1);
    else free(p[k]), p[k] = x & 128 ? calloc(n + 1, 1) : malloc(n + 1);
    size[k] = n;
    memset(p[k], k + n, n);
  }
  P(bad);
  for (int i = 0; i < N; i++) free(p[i]);
  void *q = NULL;
  P(posix_memalign(&q, 4096, 10000));
  Q(((uintptr_t)q & 4095) == 0);
  char *big = malloc(64 << 20);
  big[0] = big[(64 << 20) - 1] = 1;
  Q(big != NULL);
  free(big);
  Q(malloc((size_t)1 << 60) == NULL);
  P(errno);
  char *al = aligned_alloc(256, 512);
  Q(((uintptr_t)al & 255) == 0);
  return 0;
}
