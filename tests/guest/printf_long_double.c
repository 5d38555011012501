// flavours: static musl
#include "guest.h"
#include <float.h>
#include <math.h>
static uint64_t state = 0x123456789abcdefull;
static uint64_t next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}
int main(void) {
  long double special[] = {LDBL_MAX, LDBL_MIN, LDBL_EPSILON, 0.1L, 1 / 3.0L, 1e4000L, 1e-4000L, -0.0L, INFINITY, NAN, 3.6e-4951L};
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) printf("%.21Lg %.30Le %La %.3Lf\n", special[i], special[i], special[i], i > 4 ? special[i] : 0);
  for (int i = 0; i < 1000; i++) {
    union {
      long double l;
      struct {
        uint64_t m;
        uint16_t e;
      };
    } u = {0};
    u.m = next() | 1ull << 63;
    u.e = next() % 4 ? 16383 - 60 + next() % 120 : next() & 0x7fff;
    if (u.e == 0x7fff) continue;
    printf("%.25Lg %La %.6Lf\n", u.l, u.l, u.e < 16500 ? u.l : 0);
    char text[100];
    snprintf(text, sizeof text, "%.21Lg", u.l);
    long double back = strtold(text, NULL);
    if (back != u.l) printf("does not come back: %La\n", back);
    printf("%lld %.20g %.9g\n", u.e < 16440 ? (long long)u.l : 0, (double)u.l, (float)u.l);
  }
  return 0;
}
