// flavours: static musl pie
#include "guest.h"
static volatile int count, last, depth, deepest;
static void on(int s) { count++, last = s; }
static void nest(int s) {
  if (++depth > deepest) deepest = depth;
  if (count++ < 3) raise(s);
  depth--;
}
static void info(int s, siginfo_t *i, void *c) { printf("signal %d code %d pid %s uid %s value %d\n", s, i->si_code, i->si_pid == getpid() ? "own" : "other", i->si_uid == getuid() ? "own" : "other", i->si_code == SI_QUEUE ? i->si_value.sival_int : 0); }
int main(void) {
  struct sigaction sa = {.sa_handler = on}, old;
  sigset_t set, pending;
  P(sigaction(SIGUSR1, &sa, NULL));
  P(raise(SIGUSR1));
  P(count);
  P(kill(getpid(), SIGUSR1));
  P(count);
  P(sigaction(SIGUSR1, NULL, &old));
  Q(old.sa_handler == on);
  P(sigaction(SIGKILL, &sa, NULL));
  P(sigaction(SIGSTOP, &sa, NULL));
  P(sigaction(0, &sa, NULL));
  P(sigaction(65, &sa, NULL));
  P(sigaction(SIGKILL, NULL, &old));
  sa.sa_flags = SA_RESETHAND;
  sigaction(SIGUSR2, &sa, NULL);
  raise(SIGUSR2);
  sigaction(SIGUSR2, NULL, &old);
  Q(old.sa_handler == SIG_DFL);
  sa.sa_flags = 0, sa.sa_handler = nest, count = 0;
  sigaction(SIGUSR2, &sa, NULL);
  raise(SIGUSR2);
  P(count), P(deepest);
  sa.sa_flags = SA_NODEFER, count = depth = deepest = 0;
  sigaction(SIGUSR2, &sa, NULL);
  raise(SIGUSR2);
  P(count), P(deepest);
  sa.sa_handler = on, sa.sa_flags = 0, count = 0;
  sigaction(SIGUSR1, &sa, NULL);
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGKILL);
  P(sigprocmask(SIG_BLOCK, &set, &old.sa_mask));
  P(sigprocmask(SIG_BLOCK, NULL, &pending));
  P(sigismember(&pending, SIGUSR1)), P(sigismember(&pending, SIGKILL));
  raise(SIGUSR1), raise(SIGUSR1);
  P(count);
  sigpending(&pending);
  P(sigismember(&pending, SIGUSR1)), P(sigismember(&pending, SIGUSR2));
  P(sigprocmask(SIG_UNBLOCK, &set, NULL));
  P(count);
  P(sigprocmask(77, &set, NULL));
  signal(SIGUSR1, SIG_IGN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR1);
  sigpending(&pending);
  P(sigismember(&pending, SIGUSR1));
  signal(SIGUSR1, on), signal(SIGUSR1, SIG_IGN);
  sigpending(&pending);
  P(sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  sa.sa_sigaction = info, sa.sa_flags = SA_SIGINFO;
  sigaction(SIGRTMIN, &sa, NULL), sigaction(SIGUSR1, &sa, NULL), sigaction(SIGRTMIN + 1, &sa, NULL);
  sigfillset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  union sigval v;
  for (int i = 3; i > 0; i--) {
    v.sival_int = i;
    P(sigqueue(getpid(), SIGRTMIN + 1, v));
    P(sigqueue(getpid(), SIGRTMIN, v));
    P(sigqueue(getpid(), SIGUSR1, v));
  }
  sigemptyset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  kill(getpid(), SIGUSR1);
  raise(SIGUSR1);
  return 0;
}
