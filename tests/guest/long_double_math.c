#include "guest.h"
#include <float.h>
#include <math.h>
// x87 arithmetic and the functions of libm that use it.
static uint64_t state = 77;
static double uniform(double a, double b) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return a + (b - a) * (state >> 11) / 9007199254740992.0;
}
int main(void) {
  long double sum = 0, product = 1;
  for (int i = 1; i < 3000; i++) {
    long double a = uniform(-1e3, 1e3), b = uniform(-10, 10);
    sum += a * b - a / b;
    product *= 1 + b / 1e5L;
    if (i % 100 == 0) printf("%La %La %d %d\n", sum, product, a < b, (int)b);
  }
  for (int i = 0; i < 300; i++) {
    long double x = uniform(0.001, 50), y = uniform(-5, 5);
    printf("%La %La %La\n", sqrtl(x), fabsl(y), floorl(y * 7));
    printf("%La %La %La %La\n", rintl(y * 9), truncl(y * 9), fmodl(x, y), remainderl(x, y));
    printf("%La %La %La\n", ldexpl(x, 30), logbl(x), scalbnl(y, -20));
    printf("%.16Lg %.16Lg %.16Lg %.16Lg %.16Lg %.16Lg\n", expl(y), logl(x), powl(x, y), sinl(y), atanl(y), tanl(y));
    printf("%.16Lg %.16Lg %.16Lg %.16Lg\n", log2l(x), exp2l(y), atan2l(x, y), log1pl(x));
  }
  volatile long double big = LDBL_MAX;
  printf("%Lg %Lg %d\n", big * 2, -big * 2, isinf(big * 2));
  printf("%ld %ld\n", lrintl(2.5L), lroundl(2.5L));
  return 0;
}
