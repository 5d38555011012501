// Integer matrix product: loads, multiplies, adds (scalar on purpose).
// options: -fno-tree-vectorize
#include <stdio.h>
static long a[160][160], b[160][160], c[160][160];
int main(void) {
  for (int i = 0; i < 160; i++)
    for (int j = 0; j < 160; j++) a[i][j] = i * j % 17, b[i][j] = i + j * 3;
  long h = 0;
  for (int r = 0; r < 5; r++) {
    for (int i = 0; i < 160; i++)
      for (int j = 0; j < 160; j++) {
        long s = r;
        for (int k = 0; k < 160; k++) s += a[i][k] * b[k][j];
        c[i][j] = s;
      }
    for (int i = 0; i < 160; i++) h = h * 31 + c[i][159 - i];
  }
  printf("%ld\n", h);
}
