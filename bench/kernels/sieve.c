// Strided byte stores over 16 MiB.
#include <stdio.h>
#include <string.h>
static unsigned char s[16 << 20];
int main(void) {
  int count = 0;
  for (unsigned i = 2; i < sizeof s; i++) {
    if (s[i]) continue;
    count++;
    for (unsigned long j = (unsigned long)i * i; j < sizeof s; j += i) s[j] = 1;
  }
  printf("%d\n", count);
}
