// Packed floats.
#include <stdio.h>
#include <xmmintrin.h>
static float x[4096] __attribute__((aligned(16))), y[4096] __attribute__((aligned(16)));
int main(void) {
  for (int i = 0; i < 4096; i++) x[i] = i * 0.001f, y[i] = 1.0f / (i + 1);
  __m128 a = _mm_set1_ps(0.9999f);
  for (int n = 0; n < 4000; n++)
    for (int i = 0; i < 4096; i += 4) _mm_store_ps(y + i, _mm_add_ps(_mm_mul_ps(a, _mm_load_ps(y + i)), _mm_mul_ps(_mm_set1_ps(0.0001f), _mm_load_ps(x + i))));
  float s = 0;
  for (int i = 0; i < 4096; i++) s += y[i];
  printf("%.6f\n", s);
}
