#include "guest.h"
// A handler reads and changes the registers of the interrupted code.
static void skip(int s, siginfo_t *i, void *context) {
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  printf("rax %llx rbx %llx r15 %llx xmm3 ", r[REG_RAX], r[REG_RBX], r[REG_R15]);
  struct _libc_fpstate *f = ((ucontext_t *)context)->uc_mcontext.fpregs;
  printf("%x %x cwd %x mxcsr %x\n", f->_xmm[3].element[0], f->_xmm[3].element[3], f->cwd, f->mxcsr);
  Q(((uintptr_t)f & 63) == 0);
  printf("cf %lld zf %lld df %lld\n", r[REG_EFL] & 1, r[REG_EFL] >> 6 & 1, r[REG_EFL] >> 10 & 1);
  r[REG_RIP] += 2;
  r[REG_RAX] = 0x1111;
  r[REG_R15] = 0x2222;
  r[REG_EFL] ^= 0x41;
  f->_xmm[3].element[1] = 0x3333;
}
int main(void) {
  struct sigaction sa = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
  sigaction(SIGILL, &sa, NULL);
  long a, b, c, flags;
  unsigned x[4] = {0x11, 0x22, 0x33, 0x44};
  asm volatile(
      "movdqu (%4), %%xmm3\n mov $0xaaaa, %%eax\n mov $0xbbbb, %%ebx\n mov $0xcccc, %%r15d\n stc\n mov $1, %%ecx\n test %%ecx, %%ecx\n stc\n ud2\n"
      "pushfq\n pop %3\n mov %%rax, %0\n mov %%rbx, %1\n mov %%r15, %2\n movdqu %%xmm3, (%4)"
      : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(flags)
      : "r"(x)
      : "rax", "rbx", "rcx", "r15", "xmm3", "memory");
  printf("%lx %lx %lx cf %ld zf %ld xmm3 %x %x\n", a, b, c, flags & 1, flags >> 6 & 1, x[0], x[1]);
  ucontext_t u;
  volatile int n = 0;
  getcontext(&u);
  if (n++ < 3) setcontext(&u);
  P(n);
  return 0;
}
