#include "guest.h"
// Faults without a handler, with it blocked, and ignored.
static void segv(void) { *(volatile int *)0 = 1; }
static void blocked(void) {
  sigset_t s;
  sigfillset(&s);
  sigprocmask(SIG_BLOCK, &s, NULL);
  segv();
}
static void ignored(void) {
  signal(SIGSEGV, SIG_IGN);
  segv();
}
static void divide(void) {
  volatile int z = 0;
  z = 1 / z;
}
static void illegal(void) { asm volatile("ud2"); }
static void trap(void) { asm volatile("int3"); }
static void in_handler(int s) { segv(); }
static void twice(void) {
  signal(SIGSEGV, in_handler);
  segv();
}
static void bad_frame(void) {
  signal(SIGUSR1, in_handler);
  asm volatile("mov %0, %%rdi; mov $10, %%esi; mov $0, %%rsp; mov $62, %%eax; syscall; hlt" ::"r"((long)getpid()) : "rdi", "rsi", "rax");
}
static void bad_return(void) { asm volatile("mov $8, %%rsp; mov $15, %%eax; syscall; hlt" ::: "rax"); }
static void aborted(void) { abort(); }
static void stack(void) {
  struct rlimit rl = {1 << 18, 1 << 18};
  setrlimit(RLIMIT_STACK, &rl);
  volatile char big[1 << 19];
  big[0] = 1;
}
static void wild_call(void) { ((void (*)(void))0x123456)(); }
static void kernel_text(void) { ((void (*)(void))0xffffffffff600000)(); }
int main(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  in_child("segv", segv);
  in_child("blocked", blocked);
  in_child("ignored", ignored);
  in_child("divide", divide);
  in_child("illegal", illegal);
  in_child("trap", trap);
  in_child("twice", twice);
  in_child("bad frame", bad_frame);
  in_child("bad return", bad_return);
  in_child("abort", aborted);
  in_child("stack", stack);
  in_child("wild call", wild_call);
  fflush(stdout);
  segv();
  return 0;
}
