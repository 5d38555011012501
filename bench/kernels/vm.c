// A switch interpreter: indirect jumps.
#include <stdio.h>
int main(void) {
  static const unsigned char prog[] = {1, 2, 3, 4, 5, 1, 3, 6, 2, 7};
  unsigned long acc = 1, x = 7, n = 0, pc = 0;
  for (;;) {
    switch (prog[pc++]) {
      case 1: acc = acc * 5 + 1; break;
      case 2: acc ^= x; break;
      case 3: x += acc >> 3; break;
      case 4: acc -= n; break;
      case 5: x = x << 1 | x >> 63; break;
      case 6: acc += x & 0xff; break;
      case 7:
        pc = 0;
        if (++n == 1000000) goto end;
    }
  }
end:
  printf("%lu %lu\n", acc, x);
}
