// Quicksort: unpredictable branches, recursion, memory.
#include <stdio.h>
static unsigned a[1 << 19];
static void sort(unsigned *p, int n) {
  while (n > 1) {
    unsigned m = p[n / 2];
    int i = 0, j = n - 1;
    while (i <= j) {
      while (p[i] < m) i++;
      while (p[j] > m) j--;
      if (i <= j) {
        unsigned x = p[i];
        p[i++] = p[j], p[j--] = x;
      }
    }
    sort(p, j + 1);
    p += i, n -= i;
  }
}
int main(void) {
  unsigned x = 1, h = 0;
  for (int i = 0; i < 1 << 19; i++) a[i] = x = x * 1664525 + 1013904223;
  sort(a, 1 << 19);
  for (int i = 0; i < 1 << 19; i++) h = h * 31 + a[i];
  printf("%08x\n", h);
}
