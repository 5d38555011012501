// RLIMIT_NPROC, RLIMIT_CPU with SIGXCPU, RLIMIT_SIGPENDING; clone3's set_tid.
#include "guest.h"
struct args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; };
static volatile int over;
static void on(int s) { over++; }
static void nproc(void) {
  struct rlimit none = {0, 0};
  if (setresuid(54321, 54321, 54321)) _exit(9);
  P(setrlimit(RLIMIT_NPROC, &none));
  P(fork());
}
static void cpu(void) {
  struct rlimit lim = {1, 3};
  signal(SIGXCPU, on);
  P(setrlimit(RLIMIT_CPU, &lim));
  while (!over) {}
  P(over);
  signal(SIGXCPU, SIG_DFL);
  for (;;) {}
}
static void pending(void) {
  struct rlimit lim = {3, 3};
  sigset_t all;
  sigfillset(&all), sigprocmask(SIG_BLOCK, &all, NULL);
  if (setresuid(54322, 54322, 54322)) _exit(9);
  P(setrlimit(RLIMIT_SIGPENDING, &lim));
  for (int i = 0; i < 5; i++) P(sigqueue(getpid(), SIGRTMIN, (union sigval){0}));
  P(kill(getpid(), SIGRTMIN));
  P(kill(getpid(), SIGUSR1));
  P(sigqueue(getpid(), SIGUSR2, (union sigval){0}));
  timer_t t;
  P(timer_create(CLOCK_MONOTONIC, NULL, &t));
}
static long clone3(struct args *a) {
  fflush(stdout);
  long r = syscall(SYS_clone3, a, sizeof *a);
  if (r == 0) _exit(getpid() == 31234 ? 5 : 6);
  return r;
}
int main(void) {
  int status;
  in_child("nproc", nproc);
  in_child("cpu", cpu);
  in_child("pending", pending);
  int tid = 31234, bad = 0, used = getpid();
  struct args a = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&tid, .set_tid_size = 1};
  P(clone3(&a));
  wait(&status);
  print_status("set_tid", status);
  a.set_tid = (uintptr_t)&bad;
  P(clone3(&a));
  a.set_tid = (uintptr_t)&used;
  P(clone3(&a));
  a.set_tid_size = 33;
  P(clone3(&a));
  a.set_tid_size = 0;
  P(clone3(&a));
  a.set_tid = 0, a.set_tid_size = 1;
  P(clone3(&a));
  a.set_tid = 8;
  P(clone3(&a));
  return 0;
}
