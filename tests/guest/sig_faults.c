// flavours: static pie musl
#include "guest.h"
// Every fault with its signal, code and address.
static sigjmp_buf back;
static char *expected;
static void on(int s, siginfo_t *i, void *context) {
  ucontext_t *u = context;
  printf("signal %d code %d", s, i->si_code);
  if (s == SIGFPE || s == SIGILL || (s == SIGTRAP && i->si_code != SI_KERNEL)) printf(" address %s", (greg_t)i->si_addr == u->uc_mcontext.gregs[REG_RIP] ? "rip" : "other");
  else printf(" address %+ld", (long)i->si_addr - (long)expected);
  printf(" trap %lld error %llx", u->uc_mcontext.gregs[REG_TRAPNO], u->uc_mcontext.gregs[REG_ERR]);
  if (s == SIGSEGV && u->uc_mcontext.gregs[REG_TRAPNO] == 14) printf(" cr2 %+lld", u->uc_mcontext.gregs[REG_CR2] - (long long)expected);
  puts("");
  siglongjmp(back, 1);
}
#define TRY(what, address, ...)                      \
  do {                                               \
    printf("%s: ", what);                            \
    expected = (char *)(address);                    \
    if (!sigsetjmp(back, 1)) {                       \
      __VA_ARGS__;                                   \
      puts("no fault");                              \
    }                                                \
  } while (0)
int main(void) {
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &sa, NULL);
  volatile char *null = 0;
  asm volatile("" : "+r"(null));
  TRY("read null", 0, (void)*null);
  TRY("write null", 0, *null = 1);
  TRY("read 0x1234", 0x1234, (void)null[0x1234]);
  volatile char *high = (char *)0x7ffffffff000;
  TRY("above user space", 0x7ffffffff000, (void)*high);
  volatile char *wild = (char *)0x8000000000000000;
  asm volatile("" : "+r"(wild));
  TRY("not canonical", 0, (void)*wild);
  volatile char *kernel = (char *)0xffffffff80000000;
  TRY("kernel address", kernel, (void)*kernel);
  char *page = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(page + 4096, 4096, PROT_NONE);
  munmap(page + 8192, 4096);
  TRY("write to read-only", page + 5, page[5] = 1);
  TRY("read of PROT_NONE", page + 4097, (void)*(volatile char *)(page + 4097));
  TRY("unmapped", page + 8192, (void)*(volatile char *)(page + 8192));
  TRY("straddling", page + 4096, (void)*(volatile long *)(page + 4092));
  TRY("execute data", page, ((void (*)(void))page)());
  TRY("jump to null", 0, ((void (*)(void))null)());
  own_folder();
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  ftruncate(fd, 100);
  char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  TRY("beyond the file", map + 4096, (void)*(volatile char *)(map + 4096));
  TRY("write beyond the file", map + 4100, map[4100] = 1);
  TRY("last page of the file", map + 4095, map[4095] = 1);
  volatile int zero = 0, one = 1, min = INT_MIN, minus = -1;
  TRY("divide by zero", 0, one = one / zero);
  TRY("divide overflow", 0, one = min / minus);
  TRY("ud2", 0, asm volatile("ud2"));
  TRY("privileged", 0, asm volatile("hlt"));
  TRY("in", 0, asm volatile("inb $0x80, %%al" ::: "eax"));
  TRY("cli", 0, asm volatile("cli"));
  TRY("mov cr", 0, asm volatile("mov %%cr0, %%rax" ::: "rax"));
  TRY("int3", 0, asm volatile("int3"));
  TRY("int $0x81", 0, asm volatile("int $0x81"));
  TRY("misaligned SSE", 0, asm volatile("movaps 1(%%rsp), %%xmm0" ::: "xmm0"));
  TRY("single step", 0, asm volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::: "memory"));
  sa.sa_flags = SA_SIGINFO | SA_NODEFER;
  TRY("SSE exception", 0, {
    unsigned csr = 0x1f80 & ~(1 << 9);
    volatile double a = 1, b = 0;
    asm volatile("ldmxcsr %0" ::"m"(csr));
    a = a / b;
  });
  unsigned csr = 0x1f80;
  asm volatile("ldmxcsr %0" ::"m"(csr));
  return 0;
}
