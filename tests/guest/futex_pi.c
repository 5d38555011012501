// Priority-inheritance futexes: values of the word, errors, hand-over, owners that die, requeueing, deadlocks.
#include "guest.h"
#include <linux/futex.h>
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
static uint32_t *w;
static long futex(uint32_t *a, int op, int v, void *t, uint32_t *b, int v3) { return syscall(SYS_futex, a, op, v, t, b, v3); }
static int me(void) { return syscall(SYS_gettid); }
static void word(const char *what, uint32_t v, pid_t owner) { printf("%s: waiters %d died %d owner %s\n", what, v >> 31, v >> 30 & 1, (v & FUTEX_TID_MASK) == 0 ? "none" : (v & FUTEX_TID_MASK) == (uint32_t)owner ? "expected" : "other"); }
static pid_t locker(int ms) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid) return pid;
  if (futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0)) _exit(1);
  w[8] = me();
  sleep_ms(ms);
  _exit(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) ? 2 : 0);
}
static void *dead_a(void *p) {
  futex(w + 2, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  while (!w[10]) sleep_ms(1);
  long r = futex(w + 3, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  futex(w + 3, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
  futex(w + 2, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
  return (void *)r;
}
int main(void) {
  int status;
  w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  P(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  word("locked", *w, me());
  P(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  P(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
  P(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  word("unlocked", *w, me());
  P(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  *w = 4000000;
  P(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  P(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
  word("nobody's", *w, 4000000);
  *w = FUTEX_OWNER_DIED;
  P(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  word("after a death", *w, me());
  *w = 0;
  P(futex((uint32_t *)((char *)w + 1), FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  P(futex((uint32_t *)8, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  P(futex((uint32_t *)8, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  // Waiting for an owner, with and without timeouts.
  pid_t owner = locker(150);
  while (!w[8]) sleep_ms(1);
  P(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
  word("tried", *w, owner);
  P(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  struct timespec past = {1, 0}, soon;
  P(futex(w, FUTEX_LOCK_PI, 0, &past, NULL, 0));
  clock_gettime(CLOCK_MONOTONIC, &soon);
  soon.tv_nsec += 5000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  P(futex(w, FUTEX_LOCK_PI2, 0, &soon, NULL, 0));
  P(futex(w, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 0));
  P(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  word("handed over", *w, me());
  wait(&status);
  print_status("owner", status);
  P(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  word("free", *w, 0);
  // Order: most urgent first.
  pid_t kids[3];
  w[8] = w[9] = 0;
  futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    if ((kids[i] = fork()) == 0) {
      struct sched_param sp = {i == 1 ? 20 : 10};
      if (i && sched_setscheduler(0, SCHED_FIFO, &sp)) _exit(9);
      if (futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0)) _exit(8);
      w[9] = w[9] * 10 + i + 1;
      _exit(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) ? 7 : 0);
    }
    sleep_ms(60);
  }
  P(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  for (int i = 0; i < 3; i++) {
    waitpid(kids[i], &status, 0);
    print_status("kid", status);
  }
  printf("order %u\n", w[9]);
  // An owner that dies with the lock.
  *w = 0, w[8] = 0;
  if ((owner = fork()) == 0) {
    futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    w[8] = 1;
    sleep_ms(100);
    _exit(0);
  }
  while (!w[8]) sleep_ms(1);
  P(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  word("inherited", *w, me());
  wait(&status);
  P(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  // Two locks in two orders.
  pthread_t th;
  void *r;
  futex(w + 3, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  pthread_create(&th, NULL, dead_a, NULL);
  while (!w[2]) sleep_ms(1);
  w[10] = 1;
  sleep_ms(60);
  P(futex(w + 2, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  P(futex(w + 3, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  pthread_join(th, &r);
  P((long)r);
  // Requeueing.
  w[4] = 0, w[5] = 0, w[9] = 0;
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    if (fork() == 0) {
      long r = futex(w + 4, FUTEX_WAIT_REQUEUE_PI, 0, NULL, w + 5, 0);
      if (r || (w[5] & FUTEX_TID_MASK) != (uint32_t)me()) _exit(5);
      w[9]++;
      _exit(futex(w + 5, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) ? 6 : 0);
    }
  }
  sleep_ms(100);
  P(futex(w + 4, FUTEX_WAKE, 1, NULL, NULL, 0));
  P(futex(w + 4, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, w + 5, 0));
  P(futex(w + 4, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, w + 4, 0));
  P(futex(w + 4, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, w + 5, 7));
  P(futex(w + 4, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, w + 6, 0));
  P(futex(w + 4, FUTEX_REQUEUE, 1, (void *)1, w + 6, 0));
  P(futex(w + 5, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  P(futex(w + 4, FUTEX_CMP_REQUEUE_PI, 1, (void *)5, w + 5, 0));
  P(w[9]);
  word("held", w[5], me());
  P(futex(w + 5, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  for (int i = 0; i < 3; i++) {
    wait(&status);
    print_status("requeued", status);
  }
  P(w[9]);
  w[5] = 0;
  P(futex(w + 4, FUTEX_WAIT_REQUEUE_PI, 1, NULL, w + 5, 0));
  P(futex(w + 4, FUTEX_WAIT_REQUEUE_PI, 0, NULL, w + 4, 0));
  P(futex(w + 4, FUTEX_WAIT_REQUEUE_PI, 0, &past, w + 5, 0));
  return 0;
}
