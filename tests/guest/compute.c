// flavours: static musl
#include "guest.h"
// Integer work of many shapes: SHA-256, CRC, a sieve, sorting networks, an interpreter, big numbers.
static uint32_t rotr(uint32_t x, int n) { return x >> n | x << (32 - n); }
static void sha256(const uint8_t *data, size_t n, uint32_t h[8]) {
  static uint32_t k[64];
  static int primes;
  if (!primes) {
    int c = 0;
    for (int p = 2; c < 64; p++) {
      int is = 1;
      for (int d = 2; d * d <= p; d++) is &= p % d != 0;
      if (!is) continue;
      // The fraction of the cube root of p, by integers.
      unsigned __int128 lo = 0, hi = (unsigned __int128)8 << 32;
      while (hi - lo > 1) {
        unsigned __int128 m = (lo + hi) / 2;
        if (m * m * m <= (unsigned __int128)p << 96) lo = m;
        else hi = m;
      }
      k[c++] = lo;
    }
    primes = 1;
  }
  uint32_t init[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(h, init, 32);
  size_t blocks = (n + 9 + 63) / 64;
  for (size_t b = 0; b < blocks; b++) {
    uint8_t block[64] = {0};
    for (int i = 0; i < 64; i++) {
      size_t at = b * 64 + i;
      block[i] = at < n ? data[at] : at == n ? 0x80 : 0;
      if (b == blocks - 1 && i >= 56) block[i] = (uint64_t)n * 8 >> (8 * (63 - i));
    }
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 | block[i * 4 + 3];
    for (int i = 16; i < 64; i++) w[i] = w[i - 16] + (rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] + (rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(s, h, 32);
    for (int i = 0; i < 64; i++) {
      uint32_t t1 = s[7] + (rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
      uint32_t t2 = (rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      memmove(s + 1, s, 28);
      s[0] = t1 + t2, s[4] += t1;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
  }
}
int main(void) {
  uint32_t h[8];
  sha256((uint8_t *)"abc", 3, h);
  for (int i = 0; i < 8; i++) printf("%08x", h[i]);
  puts("");
  static uint8_t data[100000];
  for (int i = 0; i < 100000; i++) data[i] = i * 17 >> 2;
  sha256(data, sizeof data, h);
  for (int i = 0; i < 8; i++) printf("%08x", h[i]);
  puts("");
  uint32_t crc = ~0u;
  for (int i = 0; i < 100000; i++) {
    crc ^= data[i];
    for (int j = 0; j < 8; j++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
  }
  printf("%08x\n", ~crc);
  static char sieve[1000000];
  int count = 0;
  for (int i = 2; i < 1000000; i++)
    if (!sieve[i]) {
      count++;
      for (long j = (long)i * i; j < 1000000; j += i) sieve[j] = 1;
    }
  P(count);
  // 1000 digits of 2^3000 + 3^1500 by schoolbook arithmetic
  static unsigned big[400], other[400];
  big[0] = other[0] = 1;
  for (int r = 0; r < 3000; r++)
    for (int i = 0, c = 0; i < 400; i++) c += big[i] * 2, big[i] = c % 1000, c /= 1000;
  for (int r = 0; r < 1500; r++)
    for (int i = 0, c = 0; i < 400; i++) c += other[i] * 3, other[i] = c % 1000, c /= 1000;
  int i = 399;
  while (!big[i]) i--;
  for (; i >= 0; i--) printf("%03u", (big[i] + other[i]) % 1000);
  puts("");
  // a small stack machine
  unsigned char prog[] = {1, 0, 2, 3, 4, 5, 6, 200, 7, 0, 8};
  long acc = 1, steps = 0, n = 30000;
  for (int pc = 0; pc >= 0; steps++) switch (prog[pc]) {
      case 1: acc = acc * 6364136223846793005l + 1442695040888963407l; pc++; break;
      case 0: acc ^= acc >> 13; pc++; break;
      case 2: acc += n; pc++; break;
      case 3: acc = acc << 7 | (unsigned long)acc >> 57; pc++; break;
      case 4: acc -= steps; pc++; break;
      case 5: acc ^= 0x5555; pc++; break;
      case 6: pc += 2; break;
      case 7: pc = --n ? 0 : 10; break;
      default: pc = -1;
    }
  printf("%ld %ld\n", acc, steps);
  return 0;
}
