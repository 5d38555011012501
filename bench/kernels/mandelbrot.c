// Packed doubles with a data-dependent end.
#include <emmintrin.h>
#include <stdio.h>
int main(void) {
  unsigned long inside = 0;
  for (int y = 0; y < 160; y++)
    for (int x = 0; x < 320; x += 2) {
      __m128d cr = _mm_set_pd((x + 1) / 107.0 - 2, x / 107.0 - 2), ci = _mm_set1_pd(y / 53.0 - 1.5), zr = _mm_setzero_pd(), zi = zr, four = _mm_set1_pd(4);
      int i = 0;
      for (; i < 300; i++) {
        __m128d r2 = _mm_mul_pd(zr, zr), i2 = _mm_mul_pd(zi, zi);
        if (!_mm_movemask_pd(_mm_cmplt_pd(_mm_add_pd(r2, i2), four))) break;
        zi = _mm_add_pd(_mm_mul_pd(_mm_add_pd(zr, zr), zi), ci);
        zr = _mm_add_pd(_mm_sub_pd(r2, i2), cr);
      }
      inside += i;
    }
  printf("%lu\n", inside);
}
