#include "guest.h"
static __thread int me;
static volatile int who[65];
static void on(int s) { who[s] = me; }
static volatile int stop;
static _Atomic int ready;
static void *body(void *a) {
  me = (long)a;
  sigset_t s;
  sigemptyset(&s), sigaddset(&s, SIGUSR1);
  if (me == 1) pthread_sigmask(SIG_BLOCK, &s, NULL);
  ready++;
  while (!stop) sched_yield();
  sigset_t p;
  sigpending(&p);
  return (void *)(long)sigismember(&p, SIGUSR1);
}
int main(void) {
  me = 9;
  signal(SIGUSR1, on), signal(SIGUSR2, on);
  pthread_t t[2];
  for (long i = 0; i < 2; i++) pthread_create(&t[i], NULL, body, (void *)(i + 1));
  while (ready < 2) sched_yield();
  sigset_t s;
  sigemptyset(&s), sigaddset(&s, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &s, NULL);
  P(kill(getpid(), SIGUSR1));
  while (!who[SIGUSR1]) sched_yield();
  P(who[SIGUSR1]);
  P(pthread_kill(t[0], SIGUSR2));
  while (!who[SIGUSR2]) sched_yield();
  P(who[SIGUSR2]);
  who[SIGUSR1] = 0;
  P(pthread_kill(t[0], SIGUSR1));
  for (int i = 0; i < 20; i++) sched_yield();
  P(who[SIGUSR1]);
  stop = 1;
  void *r;
  for (int i = 0; i < 2; i++) pthread_join(t[i], &r), P(r);
  P(pthread_kill(pthread_self(), 0));
  P(syscall(SYS_tgkill, getpid(), 999999, SIGUSR1));
  P(syscall(SYS_tgkill, getpid() + 1, syscall(SYS_gettid), SIGUSR1));
  P(syscall(SYS_tkill, -1, SIGUSR1));
  return 0;
}
