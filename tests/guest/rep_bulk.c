// Repeated string instructions over many pages: overlaps, both directions, ends of cmps and scas, faults in the middle.
#include "guest.h"
#include <setjmp.h>
#include <sys/mman.h>
#define N (1 << 18)
static unsigned char *a, *b;
static sigjmp_buf back;
static unsigned long rcx, rsi, rdi, addr, flags;
static void on_segv(int s, siginfo_t *i, void *context) {
  greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
  rcx = g[REG_RCX], rsi = g[REG_RSI], rdi = g[REG_RDI], flags = g[REG_EFL] & 0x8d5, addr = (unsigned long)i->si_addr;
  asm volatile("cld");
  siglongjmp(back, 1);
}
static unsigned long hash(const unsigned char *p, size_t n) {
  unsigned long h = 5381;
  for (size_t i = 0; i < n; i++) h = h * 33 + p[i];
  return h;
}
#define REP(text, c, s, d, x) do { unsigned long C = (c), S = (unsigned long)(s), D = (unsigned long)(d), F; int fault = sigsetjmp(back, 1); \
  if (!fault) { asm volatile(text "\n pushf\n pop %3\n cld" : "+c"(C), "+S"(S), "+D"(D), "=r"(F) : "a"((unsigned long)(x)) : "memory", "cc"); \
    printf("%s: rcx %lx rsi %lx rdi %lx flags %lx\n", text, C, S - (unsigned long)a, D - (unsigned long)b, F & 0x8d5); } \
  else printf("%s: fault rcx %lx rsi %lx rdi %lx at %lx %lx\n", text, rcx, rsi - (unsigned long)a, rdi - (unsigned long)b, addr - (unsigned long)a, addr - (unsigned long)b); } while (0)
static void fill(void) {
  for (size_t i = 0; i < N; i++) a[i] = i * 7 + (i >> 9), b[i] = 0;
}
int main(void) {
  struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &sa, NULL);
  // A page that cannot be reached after each.
  unsigned char *m = mmap((void *)0x700000000000, 2 * N + 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  a = m + 4096, b = m + 2 * 4096 + N;
  mprotect(m, 4096, 0), mprotect(a + N, 4096, 0), mprotect(b + N, 4096, 0);
  fill();
  REP("rep movsb", N - 5, a + 3, b + 1, 0); printf("%lx\n", hash(b, N));
  REP("rep movsq", N / 8, a, b, 0); printf("%lx\n", hash(b, N));
  REP("rep movsb", N, a + 1, b, 0);
  REP("rep movsl", N / 4 + 9, a, b + 2, 0); printf("%lx\n", hash(b, N));
  REP("rep movsb", N - 100, a, a + 1, 0); printf("%lx\n", hash(a, N));
  fill();
  REP("rep movsw", N / 2 - 100, a, a + 7, 0); printf("%lx\n", hash(a, N));
  fill();
  REP("std\n rep movsb", N - 100, a + N - 101, a + N - 50, 0); printf("%lx\n", hash(a, N));
  REP("std\n rep movsq", N / 8 + 1, a + N - 8, b + N - 8, 0);
  REP("rep stosb", N, a, b, 0x5a); printf("%lx\n", hash(b, N));
  REP("rep stosl", N / 4 + 1, a, b, 0x12345678); printf("%lx\n", hash(b, N));
  REP("rep stosw", N / 2, a, b + 1, 0xabcd); printf("%lx\n", hash(b, N));
  fill(), memcpy(b, a, N);
  REP("repe cmpsb", N, a, b, 0);
  REP("repe cmpsq", N / 8, a, b, 0);
  REP("repe cmpsb", N + 1, a, b, 0);
  b[177777] ^= 1;
  REP("repe cmpsb", N, a, b, 0);
  REP("repe cmpsl", N / 4, a, b, 0);
  REP("repe cmpsw", N / 2 - 1, a + 1, b + 1, 0);
  memset(b, 1, N), memset(a, 0, N), a[154321] = 1;
  REP("repne cmpsb", N, a, b, 0);
  REP("repne scasb", N, a, b, 2);
  b[N - 1] = 2;
  REP("repne scasb", N, a, b, 2);
  REP("repe scasb", N, a, b, 1);
  REP("repe scasl", N / 4, a, b, 0x01010101);
  REP("repne scasq", N / 8 + 1, a, b, 5);
  REP("rep lodsb", N, a, b, 0);
  REP("rep lodsq", N / 8 + 1, a, b, 0);
  return 0;
}
