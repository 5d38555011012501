// flavours: static musl
#include "guest.h"
#include <inttypes.h>
#include <math.h>
int main(void) {
  const char *texts[] = {"0", "1.5", "-2.5e10", "0x1.8p3", "1e400", "-1e400", "1e-400", "inf", "-nan", "infinity", ".5", "5.", ".", "e5", "1e", "1e+", "  12abc", "0x", "0x.8", "123456789012345678901234567890", "4.9406564584124654e-324",
                         "2.2250738585072011e-308", "179769313486231580793728971405301e276", "0.1e1000000000000", "1_000", "+7", "--7", "", "nan(123)"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char *e, *f, *l;
    errno = 0;
    double d = strtod(texts[i], &e);
    int er = errno;
    float g = strtof(texts[i], &f);
    long double h = strtold(texts[i], &l);
    printf("\"%s\" %a %ld %s | %a %ld | %La %ld\n", texts[i], d, e - texts[i], er == ERANGE ? "ERANGE" : "", g, f - texts[i], h, l - texts[i]);
  }
  const char *ints[] = {"0", "-1", "0777", "0xff", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "zz", "  42x", "0b11", "-", ""};
  for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
    for (int base = 0; base <= 36; base += base ? 13 : 10) {
      char *e;
      errno = 0;
      long v = strtol(ints[i], &e, base);
      int a = errno;
      unsigned long u = strtoul(ints[i], NULL, base);
      printf("%s base %d: %ld %ld %d %lu\n", ints[i], base, v, e - ints[i], a, u);
    }
  __int128 big = 1;
  for (int i = 0; i < 20; i++) big = big * 1000003 + i;
  for (int i = 1; i < 12; i++) {
    __int128 q = big / (i * 12345678901ll), r = big % ((__int128)i << 70 | 7);
    printf("%016lx%016lx %016lx%016lx %016lx\n", (uint64_t)(q >> 64), (uint64_t)q, (uint64_t)(r >> 64), (uint64_t)r, (uint64_t)((unsigned __int128)-big >> (i * 9)));
  }
  printf("%a %a\n", (double)big, (double)(unsigned __int128)-big);
  for (int64_t v = 3; v < 1ll << 58; v = v * 7 + 13) {
    printf("%" PRId64 " %d %d %d %d %d %" PRIx64 " %d\n", v, __builtin_popcountll(v), __builtin_clzll(v | 1), __builtin_ctzll(v), __builtin_ffsll(v), __builtin_parityll(v), __builtin_bswap64(v), (int)(v % 1000));
    printf("%lld %llu %d %d %u\n", (long long)(v / 10), (unsigned long long)v / 10, (int)v / 7, (int)v % 7, (unsigned)v / 3);
    printf("%x %x %lx %lx\n", (unsigned)v << (v & 31) | (unsigned)v >> (-v & 31), (uint8_t)(v << 3 | (uint8_t)v >> 5), v >> 7, (uint64_t)v >> 7);
    int a;
    long b;
    printf("%d %d %d\n", __builtin_add_overflow((int)v, 2000000000, &a), __builtin_mul_overflow(v, 3l, &b), __builtin_sub_overflow((int)v, INT_MIN, &a));
  }
  for (int i = -5; i < 6; i++)
    if (i) printf("%d %d %d %d\n", 100 / i, -100 % i, INT_MIN / (i == -1 ? 2 : i), i >> 1);
  float conv[] = {0.5f, -0.5f, 1e10f, -3e9f, 1e20f, 16777217.0f, NAN};
  for (int i = 0; i < 7; i++) printf("%d %ld %a\n", (int)conv[i], (long)conv[i], (double)conv[i]);
  uint64_t u64[] = {0, 1, 1ull << 53, (1ull << 53) + 1, 1ull << 63, ~0ull, 0x8000000000000401ull};
  for (int i = 0; i < 7; i++) printf("%a %a %La\n", (double)u64[i], (double)(float)u64[i], (long double)u64[i]);
  return 0;
}
