// Table look-ups, a byte at a time.
#include <stdint.h>
#include <stdio.h>
static uint32_t t[256];
static unsigned char b[1 << 16];
int main(void) {
  for (uint32_t i = 0, c; i < 256; t[i++] = c) {
    c = i;
    for (int j = 0; j < 8; j++) c = c >> 1 ^ (0xedb88320 & -(c & 1));
  }
  for (int i = 0; i < 1 << 16; i++) b[i] = i * 7 >> 3;
  uint32_t c = ~0u;
  for (int n = 0; n < 150; n++)
    for (int i = 0; i < 1 << 16; i++) c = t[(c ^ b[i]) & 255] ^ c >> 8;
  printf("%08x\n", ~c);
}
