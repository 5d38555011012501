// sched_*(2), nice values, priorities that matter, I/O priorities.
#include "guest.h"
struct attr { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; uint32_t more[4]; };
static long set(int pid, struct attr *a, int flags) { return syscall(SYS_sched_setattr, pid, a, flags); }
static void get(int pid) {
  struct attr a = {0};
  long r = syscall(SYS_sched_getattr, pid, &a, 48, 0);
  printf("attr %ld: size %u policy %u flags %lu nice %d priority %u\n", r, a.size, a.policy, a.flags, a.nice, a.priority);
}
static volatile int *shared;
// Which of two spinning processes ends first, one of them with the given policy or nice value.
static void race(const char *what, void (*favour)(void)) {
  int gate[2];
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  if (pipe(gate)) exit(1);
  shared[0] = shared[1] = 0;
  fflush(stdout);
  for (int i = 0; i < 2; i++)
    if (fork() == 0) {
      char c;
      sched_setaffinity(0, sizeof one, &one);
      if (i) favour();
      if (read(gate[0], &c, 1) < 0) _exit(1);
      for (volatile long n = 0; n < 40000000; n++) {}
      if (!__atomic_fetch_add(&shared[0], 1, __ATOMIC_SEQ_CST)) shared[1] = i;
      _exit(0);
    }
  sleep_ms(60);
  if (write(gate[1], "gg", 2) != 2) exit(1);
  while (wait(NULL) > 0) {}
  printf("%s: the favoured one was first: %d\n", what, shared[1]);
}
static void fifo(void) {
  struct sched_param p = {5};
  sched_setscheduler(0, SCHED_FIFO, &p);
}
static void nicer(void) { setpriority(PRIO_PROCESS, 0, -15); }
int main(void) {
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct sched_param p = {0};
  P(sched_getscheduler(0));
  P(sched_getparam(0, &p));
  get(0);
  for (int policy = -1; policy < 9; policy++) {
    for (int prio = 0; prio < 101; prio += 50) {
      if (policy == 6 || policy == 7) continue;
      p.sched_priority = prio;
      printf("policy %d priority %d: ", policy, prio);
      P(sched_setscheduler(0, policy, &p));
    }
    printf("range ");
    P(sched_get_priority_min(policy));
    P(sched_get_priority_max(policy));
  }
  p.sched_priority = 3;
  P(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p));
  P(sched_getscheduler(0));
  struct timespec ts;
  P(sched_rr_get_interval(0, &ts));
  printf("%ld %ld\n", ts.tv_sec, ts.tv_nsec);
  get(0);
  fflush(stdout);
  int status;
  if (fork() == 0) {
    get(0);
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  p.sched_priority = 0;
  P(sched_setparam(0, &p));
  P(sched_setscheduler(0, SCHED_OTHER, &p));
  P(sched_setscheduler(4000000, SCHED_OTHER, &p));
  P(syscall(SYS_sched_setscheduler, -1, 0, &p));
  P(syscall(SYS_sched_setscheduler, 0, 0, NULL));
  struct attr a = {.size = 48, .policy = SCHED_BATCH, .nice = 5};
  P(set(0, &a, 0));
  get(0);
  a.nice = 99;
  P(set(0, &a, 0));
  get(0);
  a = (struct attr){.size = 48, .policy = 0};
  P(set(0, &a, 0));
  P(set(0, &a, 1));
  P(set(-1, &a, 0));
  P(set(4000000, &a, 0));
  P(set(0, NULL, 0));
  a.size = 40;
  P(set(0, &a, 0));
  a.size = 72, a.more[3] = 1;
  P(set(0, &a, 0));
  a.size = 0;
  P(set(0, &a, 0));
  a.flags = 1 << 10;
  P(set(0, &a, 0));
  P(syscall(SYS_sched_getattr, 0, &a, 47, 0));
  P(syscall(SYS_sched_getattr, 0, &a, 48, 1));
  P(getpriority(PRIO_PROCESS, 0));
  P(setpriority(PRIO_PROCESS, 0, 7));
  P(getpriority(PRIO_PROCESS, 0));
  P(nice(100));
  P(getpriority(PRIO_PROCESS, 0));
  P(syscall(SYS_getpriority, PRIO_PROCESS, 0));
  P(setpriority(PRIO_PROCESS, 0, 0));
  P(setpriority(5, 0, 0));
  P(getpriority(PRIO_PROCESS, 4000000));
  P(syscall(SYS_ioprio_get, 1, 0));
  P(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3));
  P(syscall(SYS_ioprio_get, 1, 0));
  P(syscall(SYS_ioprio_set, 1, 0, 4 << 13));
  P(syscall(SYS_ioprio_set, 1, 0, 3 << 13));
  P(syscall(SYS_ioprio_get, 1, 0));
  P(syscall(SYS_ioprio_set, 1, 0, 1));
  P(syscall(SYS_ioprio_set, 4, 0, 0));
  P(syscall(SYS_ioprio_set, 1, 4000000, 0));
  P(syscall(SYS_ioprio_set, 1, 0, 0));
  race("SCHED_FIFO", fifo);
  race("nice", nicer);
  // Without privilege.
  if (setresuid(1000, 1000, 1000)) return 1;
  P(setpriority(PRIO_PROCESS, 0, -1));
  P(setpriority(PRIO_PROCESS, 0, 1));
  P(setpriority(PRIO_PROCESS, 0, 0));
  P(setpriority(PRIO_PROCESS, getppid(), 1));
  p.sched_priority = 1;
  P(sched_setscheduler(0, SCHED_FIFO, &p));
  struct rlimit lim = {0, 0};
  P(getrlimit(RLIMIT_RTPRIO, &lim));
  P(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
  p.sched_priority = 0;
  P(sched_setscheduler(0, SCHED_IDLE, &p));
  P(sched_setscheduler(0, SCHED_OTHER, &p));
  return 0;
}
