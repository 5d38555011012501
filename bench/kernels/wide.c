// 64 by 64 bits to 128, and 128 by 64 bits.
#include <stdint.h>
#include <stdio.h>
int main(void) {
  uint64_t a = 0x9e3779b97f4a7c15, b = 0xbf58476d1ce4e5b9, sum = 0;
  for (int i = 0; i < 1000000; i++) {
    unsigned __int128 p = (unsigned __int128)a * b;
    uint64_t high = p >> 64, low = p, d = b | 1ull << 63, q, r;
    high %= d;
    __asm__("divq %4" : "=a"(q), "=d"(r) : "0"(low), "1"(high), "r"(d));
    __int128 s = (__int128)(int64_t)a * (int64_t)q;
    sum += q ^ r ^ (uint64_t)(s >> 64);
    a = a * 6364136223846793005 + 1442695040888963407, b ^= r + (b << 7);
  }
  printf("%lx\n", sum);
}
