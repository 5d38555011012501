// options: -msse4.2 -mpopcnt
#include "guest.h"
#include <nmmintrin.h>
static void show(const char *what, __m128i v) {
  unsigned x[4];
  _mm_storeu_si128((void *)x, v);
  printf("%s %08x %08x %08x %08x\n", what, x[3], x[2], x[1], x[0]);
}
#define S(e) show(#e, (e))
#define F(e) show(#e, _mm_castps_si128(e))
#define D(e) show(#e, _mm_castpd_si128(e))
int main(void) {
  volatile int seed = 1;
  __m128i a = _mm_set_epi32(0x80123456 * seed, 0x7fff8000, 0x00ff01fe, 0x89abcdef), b = _mm_set_epi32(0x11111111, 0xfffe8001 * seed, 0x7f80ff00, 0x12345678);
  __m128 f = _mm_set_ps(1.5f, -2.25f, 1e30f, 0.1f * seed), g = _mm_set_ps(3.0f, -2.25f, 1e10f, -0.0f);
  __m128d d = _mm_set_pd(1.5 * seed, -2e300), e = _mm_set_pd(0.3, 1e200);
  S(_mm_add_epi8(a, b)); S(_mm_adds_epi8(a, b)); S(_mm_adds_epu16(a, b)); S(_mm_subs_epi16(a, b)); S(_mm_subs_epu8(a, b));
  S(_mm_mullo_epi16(a, b)); S(_mm_mulhi_epi16(a, b)); S(_mm_mulhi_epu16(a, b)); S(_mm_madd_epi16(a, b)); S(_mm_mul_epu32(a, b)); S(_mm_mul_epi32(a, b)); S(_mm_mullo_epi32(a, b));
  S(_mm_avg_epu8(a, b)); S(_mm_sad_epu8(a, b)); S(_mm_packs_epi32(a, b)); S(_mm_packs_epi16(a, b)); S(_mm_packus_epi16(a, b)); S(_mm_packus_epi32(a, b));
  S(_mm_unpacklo_epi8(a, b)); S(_mm_unpackhi_epi16(a, b)); S(_mm_unpacklo_epi32(a, b)); S(_mm_unpackhi_epi64(a, b));
  S(_mm_sll_epi16(a, _mm_cvtsi32_si128(3))); S(_mm_srai_epi32(a, 5)); S(_mm_srli_epi64(a, 9)); S(_mm_slli_si128(a, 5)); S(_mm_srli_si128(a, 5)); S(_mm_sra_epi16(a, _mm_cvtsi32_si128(99)));
  S(_mm_cmpeq_epi8(a, b)); S(_mm_cmpgt_epi16(a, b)); S(_mm_cmpgt_epi64(a, b)); S(_mm_cmpeq_epi64(a, a));
  S(_mm_shuffle_epi32(a, 0x1b)); S(_mm_shufflelo_epi16(a, 0x1b)); S(_mm_shufflehi_epi16(a, 0x4e)); S(_mm_shuffle_epi8(a, b)); S(_mm_alignr_epi8(a, b, 7));
  S(_mm_hadd_epi16(a, b)); S(_mm_hadds_epi16(a, b)); S(_mm_hsub_epi32(a, b)); S(_mm_maddubs_epi16(a, b)); S(_mm_mulhrs_epi16(a, b)); S(_mm_sign_epi8(a, b)); S(_mm_abs_epi16(a));
  S(_mm_min_epi8(a, b)); S(_mm_max_epu16(a, b)); S(_mm_min_epu32(a, b)); S(_mm_max_epi32(a, b)); S(_mm_minpos_epu16(a)); S(_mm_mpsadbw_epu8(a, b, 5));
  S(_mm_cvtepi8_epi16(a)); S(_mm_cvtepu8_epi32(a)); S(_mm_cvtepi32_epi64(a)); S(_mm_blendv_epi8(a, b, _mm_shuffle_epi32(b, 1))); S(_mm_blend_epi16(a, b, 0x5a));
  P(_mm_movemask_epi8(a)); P(_mm_testz_si128(a, b)); P(_mm_testc_si128(a, b)); P(_mm_extract_epi8(a, 3)); P(_mm_extract_epi16(a, 2)); P(_mm_extract_epi64(a, 1)); S(_mm_insert_epi8(a, 7, 9)); S(_mm_insert_epi32(a, 7, 2));
  F(_mm_add_ps(f, g)); F(_mm_mul_ps(f, g)); F(_mm_div_ps(f, g)); F(_mm_sqrt_ps(_mm_mul_ps(f, f))); F(_mm_min_ps(f, g)); F(_mm_max_ps(g, f)); F(_mm_cmplt_ps(f, g)); F(_mm_cmpunord_ps(f, _mm_div_ps(g, g)));
  F(_mm_hadd_ps(f, g)); F(_mm_addsub_ps(f, g)); F(_mm_movehdup_ps(f)); F(_mm_moveldup_ps(f)); F(_mm_shuffle_ps(f, g, 0x72)); F(_mm_unpackhi_ps(f, g)); F(_mm_dp_ps(f, g, 0x7f)); F(_mm_insert_ps(f, g, 0x98)); F(_mm_blend_ps(f, g, 6));
  F(_mm_round_ps(f, _MM_FROUND_TO_NEG_INF)); F(_mm_ceil_ss(f, g)); F(_mm_cvtepi32_ps(a)); S(_mm_cvtps_epi32(f)); S(_mm_cvttps_epi32(f));
  D(_mm_add_pd(d, e)); D(_mm_mul_pd(d, e)); D(_mm_div_pd(d, e)); D(_mm_sqrt_pd(e)); D(_mm_hadd_pd(d, e)); D(_mm_dp_pd(d, e, 0x31)); D(_mm_round_pd(d, 3)); D(_mm_cvtps_pd(f)); F(_mm_cvtpd_ps(d)); S(_mm_cvtpd_epi32(d)); S(_mm_cvttpd_epi32(e)); D(_mm_cvtepi32_pd(a)); D(_mm_shuffle_pd(d, e, 1));
  P(_mm_movemask_ps(f)); P(_mm_movemask_pd(d)); P(_mm_comilt_ss(f, g)); P(_mm_cvtss_si32(f)); P(_mm_cvttsd_si64(d)); P(_mm_extract_ps(f, 2));
  P(_mm_crc32_u8(0x12345678, 0xab)); P(_mm_crc32_u32(1, 0xdeadbeef)); P(_mm_crc32_u64(~0ull, 0x0123456789abcdefull)); P(_mm_popcnt_u64(0xf0f0f0f012345678ull));
  __m128i s = _mm_loadu_si128((void *)"hello, world 123"), k = _mm_loadu_si128((void *)"lo\0world12345678");
  P(_mm_cmpistri(k, s, _SIDD_CMP_EQUAL_ORDERED)); P(_mm_cmpistri(k, s, _SIDD_CMP_EQUAL_ANY)); P(_mm_cmpestri(k, 2, s, 16, _SIDD_CMP_EQUAL_ORDERED | _SIDD_MOST_SIGNIFICANT)); S(_mm_cmpistrm(s, k, _SIDD_CMP_EQUAL_EACH | _SIDD_UNIT_MASK)); S(_mm_cmpestrm(_mm_loadu_si128((void *)"az09____________"), 4, s, 16, _SIDD_CMP_RANGES));
  P(_mm_cmpistrz(k, s, 0)); P(_mm_cmpistrs(k, s, 0)); P(_mm_cmpestro(k, 3, s, 5, _SIDD_NEGATIVE_POLARITY));
  static char stream[64] __attribute__((aligned(16)));
  _mm_stream_si128((void *)stream, a), _mm_maskmoveu_si128(a, b, stream + 20), _mm_sfence();
  S(_mm_load_si128((void *)stream)); S(_mm_loadu_si128((void *)(stream + 17))); S(_mm_lddqu_si128((void *)(stream + 3)));
  return 0;
}
