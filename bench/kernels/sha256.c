// Rotations and adds on 32 bits.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static inline uint32_t r(uint32_t x, int n) { return x >> n | x << (32 - n); }
int main(void) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, k[64], w[64];
  for (int i = 0; i < 64; i++) k[i] = i * 0x9e3779b9u ^ i << 20;
  for (int round = 0; round < 30000; round++) {
    for (int i = 0; i < 16; i++) w[i] = h[i & 7] + i * round;
    for (int i = 16; i < 64; i++) w[i] = w[i - 16] + (r(w[i - 15], 7) ^ r(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] + (r(w[i - 2], 17) ^ r(w[i - 2], 19) ^ w[i - 2] >> 10);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], t = h[7];
    for (int i = 0; i < 64; i++) {
      uint32_t x = t + (r(e, 6) ^ r(e, 11) ^ r(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
      uint32_t y = (r(a, 2) ^ r(a, 13) ^ r(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      t = g, g = f, f = e, e = d + x, d = c, c = b, b = a, a = x + y;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += t;
  }
  printf("%08x %08x\n", h[0], h[7]);
}
