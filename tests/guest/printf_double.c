// flavours: static musl pie
#include "guest.h"
#include <float.h>
#include <math.h>
static uint64_t state = 88172645463325252ull;
static uint64_t next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}
int main(void) {
  double special[] = {0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 1e-300, DBL_MAX, DBL_MIN, DBL_EPSILON, 5e-324, INFINITY, -INFINITY, NAN, 123456789.123456789, 1e15, 1e16, 9007199254740993.0, 0.5, 2.5, 3.5};
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
    double d = special[i];
    printf("%f %e %g %a %.0f %.17g %+.3e %10.2f|%-12.3g|%012.4f\n", d, d, d, d, d, d, d, d, d, d);
    long double l = d;
    printf("%Lf %Le %Lg %La %.21Lg\n", l, l, l, l, l);
  }
  for (int i = 0; i < 1500; i++) {
    uint64_t bits = next();
    double d;
    memcpy(&d, &bits, 8);
    if (isnan(d)) continue;
    printf("%.17g %.5e %a\n", d, d, d);
    char text[500];
    snprintf(text, sizeof text, "%.17g", d);
    if (strtod(text, NULL) != d) printf("does not come back\n");
  }
  printf("%.40f %.60g\n", 0.1, 1.0 / 3);
  return 0;
}
