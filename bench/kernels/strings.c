// Words counted in a hash table: byte loads, divisions, pointers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct entry { struct entry *next; unsigned count; char word[12]; };
static struct entry *table[4096];
int main(void) {
  unsigned x = 1, n = 0, most = 0;
  for (int i = 0; i < 400000; i++) {
    char w[12];
    int l = 0;
    x = x * 1103515245 + 12345;
    for (unsigned v = (x >> 16) % 3000; v || !l; v /= 26) w[l++] = 'a' + v % 26;
    w[l] = 0;
    unsigned h = 5381;
    for (char *p = w; *p; p++) h = h * 33 ^ *p;
    struct entry *e = table[h % 4093];
    while (e && strcmp(e->word, w)) e = e->next;
    if (!e) {
      e = calloc(1, sizeof *e);
      strcpy(e->word, w);
      e->next = table[h % 4093], table[h % 4093] = e, n++;
    }
    if (++e->count > most) most = e->count;
  }
  printf("%u %u\n", n, most);
}
