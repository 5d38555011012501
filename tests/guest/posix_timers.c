// timer_create(2) and friends: clocks, notification, overruns, errors, exec.
#include "guest.h"
static volatile int count, value, code, overruns;
static volatile pid_t where;
static void on(int s, siginfo_t *si, void *u) { count++, value = si->si_value.sival_int, code = si->si_code, where = syscall(SYS_gettid), overruns += si->si_overrun; }
static pid_t helper;
static volatile int stop;
static void *thread(void *a) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGRTMIN), pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  helper = syscall(SYS_gettid);
  while (!stop) sleep_ms(1);
  return NULL;
}
static volatile int called;
static void notify(union sigval v) { called = v.sival_int; }
static long create(int clock, struct sigevent *e, int *id) { return syscall(SYS_timer_create, clock, e, id); }
static long set(int id, int flags, long ns, long interval, struct itimerspec *old) {
  struct itimerspec it = {{interval / 1000000000, interval % 1000000000}, {ns / 1000000000, ns % 1000000000}};
  return syscall(SYS_timer_settime, id, flags, &it, old);
}
int main(int argc, char **argv) {
  struct itimerspec it;
  if (argc > 1) {
    P(syscall(SYS_timer_gettime, 0, &it));
    return 0;
  }
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &sa, NULL), sigaction(SIGRTMIN, &sa, NULL), sigaction(SIGUSR1, &sa, NULL);
  int id, id2;
  P(create(CLOCK_MONOTONIC, NULL, &id));
  P(id);
  P(create(CLOCK_REALTIME, NULL, &id2));
  P(id2);
  for (int clock = -1; clock < 14; clock++) printf("clock %d: %ld\n", clock, create(clock, NULL, &id2));
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 0};
  P(create(CLOCK_MONOTONIC, &e, &id2));
  e.sigev_signo = 65;
  P(create(CLOCK_MONOTONIC, &e, &id2));
  e.sigev_signo = 10, e.sigev_notify = 9;
  P(create(CLOCK_MONOTONIC, &e, &id2));
  e.sigev_notify = SIGEV_THREAD_ID, e._sigev_un._tid = 1;
  P(create(CLOCK_MONOTONIC, &e, &id2));
  P(create(CLOCK_MONOTONIC, (void *)8, &id2));
  P(create(CLOCK_MONOTONIC, NULL, (void *)8));
  P(syscall(SYS_timer_gettime, 12345, &it));
  P(syscall(SYS_timer_getoverrun, 12345));
  P(syscall(SYS_timer_delete, 12345));
  P(set(12345, 0, 1, 0, NULL));
  P(syscall(SYS_timer_settime, id, 0, NULL, NULL));
  P(set(id, 0, -1, 0, NULL));
  P(syscall(SYS_timer_gettime, id, &it));
  printf("disarmed %ld %ld\n", it.it_value.tv_sec, it.it_value.tv_nsec);
  // One shot by the default signal; its value is the id.
  P(set(id, 0, 1000000, 0, NULL));
  while (!count) sleep_ms(1);
  printf("count %d value %d code %d\n", count, value, code);
  P(syscall(SYS_timer_gettime, id, &it));
  printf("over %ld %ld\n", it.it_value.tv_sec, it.it_value.tv_nsec);
  // Old value; absolute in the past.
  set(id, 0, 100000000000, 5000000000, NULL);
  P(set(id, 0, 0, 0, &it));
  printf("old %d interval %ld\n", it.it_value.tv_sec >= 98, it.it_interval.tv_sec);
  count = 0;
  P(set(id, TIMER_ABSTIME, 1, 0, NULL));
  while (!count) sleep_ms(1);
  // Overruns while the signal is blocked.
  sigset_t mask;
  sigemptyset(&mask), sigaddset(&mask, SIGALRM), sigprocmask(SIG_BLOCK, &mask, NULL);
  count = overruns = 0;
  set(id, 0, 10000000, 10000000, NULL);
  sleep_ms(105);
  P(count);
  sigprocmask(SIG_UNBLOCK, &mask, NULL);
  int first = syscall(SYS_timer_getoverrun, id);
  set(id, 0, 0, 0, NULL);
  Q(count >= 1 && overruns >= 8 && first <= overruns);
  // What is pending goes when the timer is deleted.
  sigprocmask(SIG_BLOCK, &mask, NULL);
  count = 0;
  set(id, 0, 1000000, 0, NULL);
  sleep_ms(20);
  P(syscall(SYS_timer_delete, id));
  sigprocmask(SIG_UNBLOCK, &mask, NULL);
  P(count);
  // A thread of its own.
  pthread_t th;
  sigemptyset(&mask), sigaddset(&mask, SIGRTMIN), sigprocmask(SIG_BLOCK, &mask, NULL);
  pthread_create(&th, NULL, thread, NULL);
  while (!helper) sleep_ms(1);
  struct sigevent to = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 5};
  to._sigev_un._tid = helper;
  count = 0;
  P(create(CLOCK_MONOTONIC, &to, &id));
  set(id, 0, 1000000, 0, NULL);
  while (!count) sleep_ms(1);
  printf("helper %d value %d code %d\n", where == helper, value, code);
  stop = 1;
  pthread_join(th, NULL);
  // SIGEV_NONE only counts down.
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  P(create(CLOCK_REALTIME, &none, &id));
  set(id, 0, 20000000, 0, NULL);
  P(syscall(SYS_timer_gettime, id, &it));
  Q(it.it_value.tv_nsec > 0 && it.it_value.tv_nsec <= 20000000);
  sleep_ms(40);
  P(syscall(SYS_timer_gettime, id, &it));
  printf("none %ld %ld\n", it.it_value.tv_sec, it.it_value.tv_nsec);
  // CPU time.
  struct sigevent cpu = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 6};
  P(create(CLOCK_PROCESS_CPUTIME_ID, &cpu, &id));
  count = 0;
  set(id, 0, 3000000, 0, NULL);
  while (!count) {}
  P(value);
  P(create(CLOCK_THREAD_CPUTIME_ID, &cpu, &id));
  count = 0;
  set(id, 0, 3000000, 1000000, NULL);
  while (count < 3) {}
  set(id, 0, 0, 0, NULL);
  // glibc's SIGEV_THREAD.
  struct sigevent thr = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify, .sigev_value.sival_int = 9};
  timer_t t;
  P(timer_create(CLOCK_MONOTONIC, &thr, &t));
  struct itimerspec once = {{0, 0}, {0, 1000000}};
  P(timer_settime(t, 0, &once, NULL));
  while (!called) sleep_ms(1);
  P(called);
  P(timer_delete(t));
  fflush(stdout);
  execl("/proc/self/exe", "posix_timers", "again", NULL);
  return 0;
}
