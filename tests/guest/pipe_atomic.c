#include "guest.h"
// Writes of at most PIPE_BUF bytes by many processes never mix.
int main(void) {
  int p[2];
  pipe(p);
  for (int k = 0; k < 6; k++)
    if (fork() == 0) {
      char b[3000];
      memset(b, 'a' + k, sizeof b);
      for (int i = 0; i < 40; i++)
        if (write(p[1], b, sizeof b) != sizeof b) _exit(1);
      _exit(0);
    }
  close(p[1]);
  static char all[6 * 40 * 3000 + 1];
  size_t n = 0;
  for (ssize_t k; (k = read(p[0], all + n, sizeof all - n)) > 0;) n += k;
  int count[6] = {0}, mixed = 0;
  for (size_t i = 0; i < n; i += 3000) {
    for (int j = 1; j < 3000; j++) mixed += all[i + j] != all[i];
    count[all[i] - 'a']++;
  }
  printf("%zu bytes, %d mixed:", n, mixed);
  for (int k = 0; k < 6; k++) printf(" %d", count[k]);
  puts("");
  while (wait(NULL) > 0) {}
  P(errno);
  return 0;
}
