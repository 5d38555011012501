// flavours: static musl
#include "guest.h"
static char alt[65536];
static sigjmp_buf back;
static volatile int deep;
static void on(int s) {
  char here;
  stack_t ss;
  sigaltstack(NULL, &ss);
  printf("on the alternate stack: %d flags %d\n", &here > alt && &here < alt + sizeof alt, ss.ss_flags);
  P(sigaltstack(&ss, NULL));
}
static void overflowed(int s, siginfo_t *i, void *c) {
  char here;
  printf("overflow: signal %d code %d on alternate %d\n", s, i->si_code, &here > alt && &here < alt + sizeof alt);
  siglongjmp(back, 1);
}
__attribute__((noinline)) static int recurse(int n) {
  volatile char room[4096];
  room[0] = n;
  return recurse(n + 1) + room[0];
}
static void no_stack(void) {
  recurse(0);
}
int main(void) {
  stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt}, old;
  P(sigaltstack(NULL, &old));
  P(old.ss_flags);
  P(sigaltstack(&ss, &old));
  P(sigaltstack(NULL, &old));
  Q(old.ss_sp == alt && old.ss_size == sizeof alt && old.ss_flags == 0);
  struct sigaction sa = {.sa_handler = on, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &sa, NULL);
  raise(SIGUSR1);
  sa.sa_flags = 0;
  sigaction(SIGUSR1, &sa, NULL);
  raise(SIGUSR1);
  struct rlimit rl = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_STACK, &rl);
  sa.sa_sigaction = overflowed, sa.sa_flags = SA_ONSTACK | SA_SIGINFO;
  sigaction(SIGSEGV, &sa, NULL);
  if (!sigsetjmp(back, 1)) recurse(0);
  if (!sigsetjmp(back, 1)) recurse(0);
  ss.ss_size = 100;
  P(sigaltstack(&ss, NULL));
  ss.ss_size = sizeof alt, ss.ss_flags = 99;
  P(sigaltstack(&ss, NULL));
  ss.ss_flags = SS_DISABLE;
  P(sigaltstack(&ss, NULL));
  in_child("no stack for the handler", no_stack);
  return 0;
}
