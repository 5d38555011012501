// flavours: static pie musl
// options: -lm
#include "guest.h"
#include <fenv.h>
#include <sys/ucontext.h>
// Unmasked x87 exceptions come with the next waiting instruction; what the frame holds, and what a handler may change in it.
static sigjmp_buf back;
static int quiet_resume;

static void on(int s, siginfo_t *i, void *context) {
  ucontext_t *u = context;
  fpregset_t f = u->uc_mcontext.fpregs;
  printf("signal %d code %d trap %lld address %s", s, i->si_code, u->uc_mcontext.gregs[REG_TRAPNO], (greg_t)i->si_addr == u->uc_mcontext.gregs[REG_RIP] ? "rip" : "other");
  printf(" cwd %04x swd %04x ftw %02x fop %s", f->cwd, f->swd, f->ftw & 0xff, f->fop ? "set" : "zero");
  printf(" st0 %04x:%08x%08x", f->_st[0].exponent, *(uint32_t *)&f->_st[0].significand[2], *(uint32_t *)&f->_st[0].significand[0]);
  // The handler itself starts with a fresh unit.
  unsigned short cw, sw;
  asm volatile("fnstcw %0\n fnstsw %1" : "=m"(cw), "=m"(sw));
  printf(" here cwd %04x swd %04x\n", cw, sw);
  if (quiet_resume) {
    f->cwd |= 0x3f;
    return;
  }
  siglongjmp(back, 1);
}

static void unmask(int which) {
  unsigned short cw = 0x37f & ~which;
  asm volatile("fninit\n fldcw %0" : : "m"(cw));
}

#define TRY(what, mask, ...)           \
  do {                                 \
    printf("%s: ", what);              \
    if (!sigsetjmp(back, 1)) {         \
      unmask(mask);                    \
      __VA_ARGS__;                     \
      puts("no fault");                \
    }                                  \
    asm volatile("fninit");            \
  } while (0)

int main(void) {
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &sa, NULL);
  TRY("zero divide", 4, asm volatile("fld1\n fldz\n fdivrp\n fwait"));
  TRY("zero divide masked", 0, asm volatile("fld1\n fldz\n fdivrp\n fwait"));
  TRY("invalid", 1, asm volatile("fldz\n fldz\n fdivp\n fwait"));
  TRY("stack underflow", 1, asm volatile("fchs\n fwait"));
  TRY("stack overflow", 1, for (int i = 0; i < 9; i++) asm volatile("fld1"); asm volatile("fwait"));
  float tiny = 1e-40f;
  TRY("denormal", 2, asm volatile("fld1\n fadds %0\n fwait" : : "m"(tiny)));
  long double huge = 1e4900L;
  TRY("overflow", 8, asm volatile("fldt %0\n fmul %%st(0)\n fwait" : : "m"(huge)));
  TRY("underflow", 16, asm volatile("fldt %0\n fld1\n fdivp\n fmul %%st(0)\n fwait" : : "m"(huge)));
  TRY("precision", 32, asm volatile("fldpi\n fsqrt\n fwait"));
  TRY("pending at an integer instruction", 4, asm volatile("fld1\n fldz\n fdivrp\n nop\n xorl %%eax, %%eax" : : : "eax"));
  double out = 7;
  TRY("store overflow", 8, asm volatile("fldt %1\n fstpl %0\n fwait" : "=m"(out) : "m"(huge)));
  printf("%g\n", out);
  TRY("cleared", 4, asm volatile("fld1\n fldz\n fdivrp\n fnclex\n fwait"));
  int *null = 0;
  TRY("pending before the fault of an operand", 4, asm volatile("fld1\n fldz\n fdivrp\n fldl (%0)" : : "r"(null)));

  puts("the handler masks it in the frame:");
  quiet_resume = 1;
  unmask(4);
  unsigned short sw;
  long double r;
  asm volatile("fld1\n fldz\n fdivrp\n fwait\n fnstsw %0\n fstpt %1" : "=m"(sw), "=m"(r));
  printf("sw %04x r %Lg\n", sw, r);
  quiet_resume = 0;
  asm volatile("fninit");

  puts("fenv:");
  feclearexcept(FE_ALL_EXCEPT);
  volatile long double one = 1, zero = 0, three = 3;
  printf("%Lg %x\n", one / zero, fetestexcept(FE_ALL_EXCEPT) & FE_DIVBYZERO);
  for (int mode = 0; mode < 4; mode++) {
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    fesetround(modes[mode]);
    long double q = one / three, n = -one / three;
    long v;
    long double half = three / 2;
    asm volatile("fldt %1\n fistpll %0" : "=m"(v) : "m"(half));
    fesetround(FE_TONEAREST);
    printf("%d: %La %La %ld\n", mode, q, n, v);
  }
  fenv_t e;
  feholdexcept(&e);
  printf("%04x %04x\n", e.__control_word, e.__status_word & 0xff);
  fesetenv(FE_DFL_ENV);
  pid_t child = fork();
  if (!child) {
    unmask(4);
    signal(SIGFPE, SIG_DFL);
    asm volatile("fld1\n fldz\n fdivrp\n fwait");
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("child: signal %d\n", WTERMSIG(status));
  return 0;
}
