#include "guest.h"
// A pipeline of eight processes made with dup2, as a shell does.
int main(void) {
  int in = -1, p[2], status;
  for (int k = 0; k < 8; k++) {
    pipe(p);
    if (fork() == 0) {
      if (in >= 0) dup2(in, 0), close(in);
      dup2(p[1], 1);
      close(p[0]), close(p[1]);
      if (k == 0)
        for (int i = 0; i < 300; i++) printf("%d\n", i);
      else
        for (int v; scanf("%d", &v) == 1;)
          if (v % 7 != k - 1) printf("%d\n", v * 3 + 1);
      fflush(stdout);
      _exit(k);
    }
    if (in >= 0) close(in);
    close(p[1]);
    in = p[0];
  }
  FILE *f = fdopen(in, "r");
  long n = 0, sum = 0, v;
  while (fscanf(f, "%ld", &v) == 1) n++, sum += v;
  printf("%ld numbers, sum %ld\n", n, sum);
  int statuses = 0;
  while (wait(&status) > 0) statuses += WEXITSTATUS(status);
  P(statuses);
  return 0;
}
