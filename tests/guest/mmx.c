// options: -mmmx -msse2
#include "guest.h"
#include <emmintrin.h>
static void show(const char *what, __m64 v) { printf("%s %016llx\n", what, (unsigned long long)_mm_cvtm64_si64(v)); }
#define S(e) show(#e, (e))
int main(void) {
  volatile long long x = 0x80ff7f0112345678, y = 0x0102fffe89abcdef;
  __m64 a = _mm_cvtsi64_m64(x), b = _mm_cvtsi64_m64(y);
  S(_mm_add_pi8(a, b)); S(_mm_adds_pi16(a, b)); S(_mm_adds_pu8(a, b)); S(_mm_sub_pi32(a, b)); S(_mm_mullo_pi16(a, b)); S(_mm_mulhi_pi16(a, b)); S(_mm_madd_pi16(a, b));
  S(_mm_packs_pi16(a, b)); S(_mm_packs_pu16(a, b)); S(_mm_packs_pi32(a, b)); S(_mm_unpacklo_pi8(a, b)); S(_mm_unpackhi_pi32(a, b)); S(_mm_slli_pi16(a, 3)); S(_mm_srai_pi32(a, 4)); S(_mm_srli_si64(a, 11));
  S(_mm_cmpeq_pi8(a, b)); S(_mm_cmpgt_pi16(a, b)); S(_mm_and_si64(a, b)); S(_mm_andnot_si64(a, b)); S(_mm_xor_si64(a, b));
  S(_mm_avg_pu8(a, b)); S(_mm_sad_pu8(a, b)); S(_mm_shuffle_pi16(a, 0x1b)); S(_mm_min_pu8(a, b)); S(_mm_max_pi16(a, b)); S(_mm_insert_pi16(a, 7, 2)); S(_mm_mul_su32(a, b));
  P(_mm_extract_pi16(a, 2)); P(_mm_movemask_pi8(a));
  S(_mm_cvtps_pi32(_mm_set_ps(1, 2, 3.5, -4.5))); S(_mm_cvttpd_pi32(_mm_set_pd(7.9, -1.5)));
  _mm_empty();
  volatile long double l = 1.5L;
  printf("%Lg\n", l * 2);
  return 0;
}
