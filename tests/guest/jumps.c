// flavours: static musl pie
#include "guest.h"
static jmp_buf env;
static sigjmp_buf senv;
static void deep(int n) {
  if (n == 0) longjmp(env, 7);
  deep(n - 1);
}
static void on(int s) { siglongjmp(senv, s); }
static void dirty(int s) { longjmp(env, s); }
static int order[20], count;
static void cleanup(void *p) { order[count++] = *(int *)p; }
static int compare(const void *a, const void *b) { return *(int *)a - *(int *)b; }
static int reversed(const void *a, const void *b, void *c) { return (*(long *)c) * (*(int *)b > *(int *)a ? 1 : *(int *)b < *(int *)a ? -1 : 0); }
static int add(int n, ...) {
  va_list v;
  va_start(v, n);
  double s = 0;
  for (int i = 0; i < n; i++) s += i % 3 == 0 ? va_arg(v, int) : i % 3 == 1 ? va_arg(v, double) : va_arg(v, long double);
  va_end(v);
  return s;
}
int main(void) {
  volatile int v = 1;
  int r = setjmp(env);
  if (r == 0) {
    v = 2;
    deep(100);
  }
  printf("%d %d\n", r, v);
  if ((r = setjmp(env)) == 0) longjmp(env, 0);
  P(r);
  signal(SIGUSR1, on);
  for (int i = 0; i < 3; i++)
    if ((r = sigsetjmp(senv, 1)) == 0) raise(SIGUSR1);
    else P(r);
  signal(SIGUSR2, dirty);
  if (setjmp(env) == 0) raise(SIGUSR2);
  sigset_t m;
  sigprocmask(SIG_BLOCK, NULL, &m);
  P(sigismember(&m, SIGUSR1));
  {
    int a __attribute__((cleanup(cleanup))) = 1;
    int b __attribute__((cleanup(cleanup))) = 2;
  }
  printf("%d %d\n", order[0], order[1]);
  static int big[20000];
  unsigned x = 1;
  for (int i = 0; i < 20000; i++) big[i] = (x = x * 1103515245 + 12345) >> 8;
  qsort(big, 20000, 4, compare);
  int sorted = 1;
  for (int i = 1; i < 20000; i++) sorted &= big[i - 1] <= big[i];
  P(sorted), P(big[0]), P(big[10000]), P(big[19999]);
  int key = big[777];
  Q(*(int *)bsearch(&key, big, 20000, 4, compare) == key);
  P(add(9, 1, 2.5, 3.25L, 4, 5.5, 6.0L, 7, 8.0, 9.5L));
  srand(5), srandom(6);
  for (int i = 0; i < 4; i++) printf("%d %ld %.9f\n", rand(), random(), drand48());
  div_t d = div(-17, 5);
  printf("%d %d %ld\n", d.quot, d.rem, labs(-9999999999l));
  int (*table[])(const char *) = {puts, atoi, puts};
  for (int i = 0; i < 3; i++) table[i]("123");
  char *end = alloca(1000);
  memset(end, 'z', 999), end[999] = 0;
  P(strlen(end));
  return 0;
}
