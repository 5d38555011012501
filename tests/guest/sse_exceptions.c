// SIGFPE of SSE: code, address and saved MXCSR for each unmasked exception; rounding modes through fenv.
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <xmmintrin.h>
static sigjmp_buf back;

static void on(int s, siginfo_t *i, void *c) {
  ucontext_t *u = c;
  unsigned char *ip = (unsigned char *)u->uc_mcontext.gregs[REG_RIP];
  printf("sig %d code %d addr==rip %d trapno %lld mxcsr %x insn %02x%02x%02x swd %x\n", s, i->si_code, i->si_addr == (void *)ip, u->uc_mcontext.gregs[REG_TRAPNO], u->uc_mcontext.fpregs->mxcsr, ip[0], ip[1], ip[2], u->uc_mcontext.fpregs->swd);
  siglongjmp(back, 1);
}
int main(void) {
  struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &a, 0);
  static volatile double v[] = {1.0, 0.0, 1e308, 1e-308, 5e-324, 3.0, -1.0};
  int masks[] = {0x1f80 & ~0x80, 0x1f80 & ~0x100, 0x1f80 & ~0x200, 0x1f80 & ~0x400, 0x1f80 & ~0x800, 0x1f80 & ~0x1000, 0};
  for (int m = 0; m < 7; m++)
    for (int i = 0; i < 7; i++)
      for (int j = 0; j < 7; j++) {
        volatile double r = 42, x = v[i], y = v[j];
        if (!sigsetjmp(back, 1)) {
          _mm_setcsr(masks[m]);
          r = j & 1 ? x / y : x * y;
        }
        unsigned c = _mm_getcsr();
        _mm_setcsr(0x1f80);
        printf("%d %d %d: %a mxcsr %x\n", m, i, j, r, c);
      }
  feenableexcept(FE_DIVBYZERO);
  if (!sigsetjmp(back, 1)) printf("%g\n", v[0] / v[1]);
  fedisableexcept(FE_ALL_EXCEPT);
  feclearexcept(FE_ALL_EXCEPT);
  for (int mode = 0; mode < 4; mode++) {
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    fesetround(modes[mode]);
    printf("%.20g %.20g %d %ld %.20f %a\n", v[0] / v[5], -v[0] / v[5], (int)lrint(2.5), lrint(-2.5), 0.1 + v[5], sqrt(v[5]));
    printf("%x\n", fetestexcept(FE_ALL_EXCEPT));
    feclearexcept(FE_ALL_EXCEPT);
  }
  return 0;
}
