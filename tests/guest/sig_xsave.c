// The floating-point state of a signal frame: an XSAVE area, changed, cut down and spoilt by the handler.
#include "guest.h"
#include <cpuid.h>
#include <setjmp.h>
#include <sys/auxv.h>
static int what;
static sigjmp_buf back;
static void *area(void *context) { return ((ucontext_t *)context)->uc_mcontext.fpregs; }
static void on_ill(int s, siginfo_t *i, void *context) {
  ucontext_t *u = context;
  unsigned char *f = area(context);
  uint32_t *sw = (uint32_t *)(f + 464);
  uint64_t features = *(uint64_t *)(f + 472), *bv = (uint64_t *)(f + 512);
  uint32_t size = sw[4], magic2;
  memcpy(&magic2, f + size, 4);
  printf("%d: flags %lx magic %x %x beyond %u features %lx present %lx aligned %d\n", what, u->uc_flags & 7, sw[0], magic2, sw[1] - size, (unsigned long)features & 3, (unsigned long)*bv & 3, ((uintptr_t)f & 63) == 0);
  uint64_t zero[6] = {0};
  printf("header %d\n", memcmp(f + 528, zero, 48));
  unsigned a, b, c, d;
  __cpuid_count(0xd, 0, a, b, c, d);
  printf("size %d least %d\n", size == b, (unsigned long)getauxval(AT_MINSIGSTKSZ) >= sw[1] + 440);
  u->uc_mcontext.gregs[REG_RIP] += 2;
  memset(f + 160 + 16 * 3, 0x33, 16);
  f[32] ^= 0x10;
  switch (what) {
    case 1: *bv &= ~2ull; break;
    case 2: *bv &= ~1ull; break;
    case 3: sw[0] = 0; break;
    case 4: f[size] ^= 1; break;
    case 5: f[24 + 3] = 1; break;
    case 6: *(uint64_t *)(f + 520) = 1; break;
    case 7: sw[2] &= ~2u; break;
    case 8: *bv |= 1ull << 61; break;
  }
}
static void on_segv(int s, siginfo_t *i, void *context) {
  printf("segv code %d\n", i->si_code);
  siglongjmp(back, 1);
}
int main(void) {
  struct sigaction sa = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO}, segv = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGILL, &sa, NULL);
  sigaction(SIGSEGV, &segv, NULL);
  for (what = 0; what < 9; what++) {
    unsigned char x[16], y[16], t[10];
    uint32_t csr;
    uint16_t cw;
    memset(x, 0x11, 16);
    memset(y, 0x22, 16);
    if (!sigsetjmp(back, 1)) {
      asm volatile("fninit\n fldpi\n movdqu (%3), %%xmm3\n movdqu (%4), %%xmm9\n ud2\n movdqu %%xmm3, (%3)\n movdqu %%xmm9, (%4)\n stmxcsr %0\n fnstcw %1\n fstpt %2\n fnclex" : "=m"(csr), "=m"(cw), "=m"(t) : "r"(x), "r"(y) : "xmm3", "xmm9", "memory");
      printf("%d: xmm3 %02x%02x xmm9 %02x mxcsr %x cw %x st0 ", what, x[0], x[15], y[5], csr, cw);
      for (int k = 9; k >= 0; k--) printf("%02x", t[k]);
      puts("");
    }
    asm volatile("fninit");
    unsigned csr0 = 0x1f80;
    asm volatile("ldmxcsr %0" : : "m"(csr0));
  }
  unsigned a, b, c, d, lo, hi;
  __cpuid(1, a, b, c, d);
  printf("osxsave %d xsave %d\n", c >> 27 & 1, c >> 26 & 1);
  asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
  printf("xcr0 %x\n", lo & 3);
  printf("hwcap %d\n", (unsigned)getauxval(AT_HWCAP) == d || ((unsigned)getauxval(AT_HWCAP) ^ d) < 1u << 30);
  return 0;
}
