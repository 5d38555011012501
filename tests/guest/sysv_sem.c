// System V semaphores: every command, flag and errno of semget(2), semop(2), semctl(2); who is woken, and in which order.
// needs: semget unshare
#include "ipc.h"

static int s;
static int *order; // shared: who went on, in order
static _Atomic int *next;

static int op1(int n, int op, int flags) {
  struct sembuf b = {n, op, flags};
  return semop(s, &b, 1);
}
static int op2(int n, int op, int f, int n2, int op2, int f2) {
  struct sembuf b[2] = {{n, op, f}, {n2, op2, f2}};
  return semop(s, b, 2);
}
static void values(const char *what) {
  struct semid_ds d;
  unsigned short v[32] = {0};
  if (semctl(s, 0, GETALL, v)) { printf("%s: errno %d\n", what, errno); return; }
  semctl(s, 0, IPC_STAT, &d);
  printf("%s:", what);
  for (unsigned i = 0; i < d.sem_nsems && i < 32; i++) printf(" %d(%d,%d,%s)", v[i], semctl(s, i, GETNCNT), semctl(s, i, GETZCNT), semctl(s, i, GETPID) == 0 ? "-" : semctl(s, i, GETPID) == getpid() ? "me" : "other");
  printf(" otime %d\n", labs(d.sem_otime - time(0)) < 3);
}

// covers: semget ENOENT, semget EEXIST, semget EINVAL, semctl EINVAL, semctl EFAULT, semctl IPC_INFO, semctl SEM_INFO, semctl SEM_STAT, semctl IPC_SET
static void ids(void) {
  int a;
  P(semget(IPC_PRIVATE, 0, 0600));
  P(semget(IPC_PRIVATE, -1, 0600));
  P(semget(IPC_PRIVATE, 32001, 0600));
  P(a = semget(IPC_PRIVATE, 32000, 0600));
  P(semctl(a, 31999, SETVAL, 5));
  P(semctl(a, 31999, GETVAL));
  P(semctl(a, 32000, GETVAL));
  P(semctl(a, -1, GETVAL));
  P(semget(7, 3, 0600));
  P(semget(7, 3, IPC_CREAT | 0600));
  P(semget(7, 3, IPC_CREAT | IPC_EXCL | 0600));
  P(semget(7, 4, 0600));
  P(semget(7, 0, 0600));
  P(semget(7, 2, 0));
  P(semctl(a, 0, IPC_RMID));
  P(semctl(a, 0, IPC_RMID));
  P(semctl(-1, 0, IPC_RMID));
  P(semctl(a, 0, IPC_STAT, 8));
  s = semget(7, 0, 0);
  struct semid_ds d;
  P(semctl(s, 0, IPC_STAT, 8));
  P(semctl(s, 0, IPC_SET, 8));
  P(semctl(s, 0, GETALL, 8));
  P(semctl(s, 0, SETALL, 8));
  P(semctl(s, 0, 999));
  P(semctl(s, 0, IPC_STAT, &d));
  printf("key %x mode %o seq %d nsems %lu otime %ld\n", d.sem_perm.__key, d.sem_perm.mode, d.sem_perm.__seq, d.sem_nsems, d.sem_otime);
  d.sem_perm.mode = 0666;
  d.sem_perm.gid = 9;
  P(semctl(s, 0, IPC_SET, &d));
  P(semctl(s, 0, IPC_STAT, &d));
  printf("mode %o gid %d cgid %d\n", d.sem_perm.mode, d.sem_perm.gid, d.sem_perm.cgid);
  struct seminfo i;
  P(semctl(0, 0, IPC_INFO, &i));
  printf("%d %d %d %d %d %d %d %d %d %d\n", i.semmap, i.semmni, i.semmns, i.semmnu, i.semmsl, i.semopm, i.semume, i.semusz, i.semvmx, i.semaem);
  P(semctl(0, 0, SEM_INFO, &i));
  printf("%d %d %d %d %d %d %d %d %d %d\n", i.semmap, i.semmni, i.semmns, i.semmnu, i.semmsl, i.semopm, i.semume, i.semusz, i.semvmx, i.semaem);
  P(semctl(1, 0, SEM_STAT, &d) == s);
  P(semctl(9, 0, SEM_STAT, &d));
#ifdef SEM_STAT_ANY
  P(semctl(1, 0, SEM_STAT_ANY, &d) == s);
#endif
}

// covers: semop E2BIG, semop EAGAIN, semop EFAULT, semop EFBIG, semop EINVAL, semop ERANGE, semctl ERANGE, semctl GETALL, semctl SETALL, semctl SETVAL, semctl GETPID, semtimedop EAGAIN timeout, semtimedop EINVAL, semtimedop EFAULT
static void operations(void) {
  struct sembuf b[501] = {{0, 0, 0}};
  s = semget(IPC_PRIVATE, 3, 0600);
  values("new");
  P(op1(0, 0, 0));
  P(op1(0, 1, 0));
  P(op1(0, 0, IPC_NOWAIT));
  P(op1(0, -2, IPC_NOWAIT));
  P(op1(0, -1, IPC_NOWAIT));
  P(op1(3, 1, 0));
  P(semop(s, b, 0));
  P(semop(s, b, 501));
  P(semop(s, b, 500));
  P(semop(s, (void *)8, 1));
  P(semop(-1, b, 1));
  P(semop(77, b, 1));
  P(op1(0, 32767, 0));
  P(op1(0, 1, 0));
  P(op2(1, 5, 0, 0, 1, 0));
  values("all or nothing");
  P(op2(1, 5, 0, 1, -6, IPC_NOWAIT));
  P(op2(1, 5, 0, 1, -5, IPC_NOWAIT));
  P(op2(1, 5, 0, 1, 0, IPC_NOWAIT));
  P(op2(1, 5, 0, 2, 0, 0));
  values("done");
  P(semctl(s, 0, SETVAL, 32768));
  P(semctl(s, 0, SETVAL, -1));
  P(semctl(s, 3, SETVAL, 1));
  P(semctl(s, 0, SETVAL, 4));
  unsigned short v[3] = {1, 32768, 3};
  P(semctl(s, 0, SETALL, v));
  v[1] = 2;
  P(semctl(s, 0, SETALL, v));
  values("set");
  struct timespec t = {0, 5000000};
  b[0].sem_op = 0;
  P(semtimedop(s, b, 1, &t));
  t.tv_nsec = 1000000000;
  P(semtimedop(s, b, 1, &t));
  t.tv_nsec = -1;
  P(semtimedop(s, b, 1, &t));
  t.tv_nsec = 0;
  P(semtimedop(s, b, 1, &t));
  t.tv_sec = -1;
  P(semtimedop(s, b, 1, &t));
  P(semtimedop(s, b, 1, (void *)8));
  P(semtimedop(s, (void *)8, 1, &t));
  P(semtimedop(s, b, 0, &t));
  b[0].sem_op = 1;
  P(semtimedop(s, b, 1, 0));
  values("timed");
}

// covers: semget EACCES, semop EACCES, semctl EACCES, semctl EPERM
static void rights(void) {
  s = semget(5, 2, IPC_CREAT | 0604);
  struct semid_ds d;
  become(1234, 1234);
  P(semget(5, 0, 0400));
  P(semget(5, 0, 0200));
  P(op1(0, 0, 0));
  P(op1(0, 1, 0));
  P(op1(5, 1, 0));
  P(semctl(s, 0, GETVAL));
  P(semctl(s, 0, SETVAL, 1));
  P(semctl(s, 9, SETVAL, 1));
  P(semctl(s, 9, GETVAL));
  P(semctl(s, 0, SETVAL, 99999));
  P(semctl(s, 0, IPC_STAT, &d));
  P(semctl(s, 0, IPC_SET, &d));
  P(semctl(s, 0, IPC_RMID));
  s = semget(IPC_PRIVATE, 1, 0200);
  P(op1(0, 0, 0));
  P(op1(0, 1, 0));
  P(semctl(s, 0, GETVAL));
  P(semctl(s, 0, SETVAL, 1));
  P(semctl(s, 0, IPC_RMID));
}

static void wait_all(void) { while (wait(0) > 0) {} }
static int waiting(void) {
  struct semid_ds d;
  int n = 0;
  if (semctl(s, 0, IPC_STAT, &d)) return -1;
  for (unsigned i = 0; i < d.sem_nsems; i++) n += semctl(s, i, GETNCNT) + semctl(s, i, GETZCNT);
  return n;
}

// A sleeper that says when it goes on: a thread-like child with the operations given.
static void sleeper(int id, struct sembuf *b, int n) {
  int before = waiting();
  fflush(stdout);
  if (!fork()) {
    int r = semop(s, b, n);
    int e = r ? errno : 0;
    order[atomic_fetch_add(next, 1)] = id * 100 + e;
    _exit(0);
  }
  for (int i = 0; i < 2000 && waiting() == before; i++) sleep_ms(1);
}
#define SLEEP(id, ...) sleeper(id, (struct sembuf[]){__VA_ARGS__}, sizeof((struct sembuf[]){__VA_ARGS__}) / sizeof(struct sembuf))
static void settle(int n) {
  for (int i = 0; i < 2000 && *next < n; i++) sleep_ms(1);
  sleep_ms(2);
}
static int by_value(const void *a, const void *b) { return *(int *)a - *(int *)b; }
// Who went on since; those of one change in the order of their names, as two processors may run them in any.
static void went(const char *what) {
  qsort(order, *next, sizeof *order, by_value);
  printf("%s:", what);
  for (int i = 0; i < *next; i++) printf(" %d/%d", order[i] / 100, order[i] % 100);
  printf("\n");
  *next = 0;
}

// covers: semop EIDRM, semop wake order, semctl GETNCNT, semctl GETZCNT
static void sleepers(void) {
  order = mmap(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  next = (void *)(order + 512);
  s = semget(IPC_PRIVATE, 4, 0600);
  // First come, first served, but for those that need more than is there.
  SLEEP(1, {0, -2});
  SLEEP(2, {0, -1});
  SLEEP(3, {0, -1});
  SLEEP(4, {0, -3});
  values("asleep");
  op1(0, 1, 0);
  settle(1);
  went("one up");
  op1(0, 1, 0);
  settle(1);
  went("one up");
  op1(0, 4, 0);
  settle(1);
  went("four up");
  values("after");
  op1(0, 1, 0);
  settle(1);
  went("one up");
  // Waits for zero.
  op1(1, 2, 0);
  SLEEP(5, {1, 0});
  SLEEP(6, {1, 0}, {2, 0});
  SLEEP(7, {1, 0}, {2, 1});
  SLEEP(8, {1, 0}, {2, 0}, {2, 1});
  values("for zero");
  op1(1, -1, 0);
  sleep_ms(5);
  went("not zero");
  op1(1, -1, 0);
  settle(3);
  went("zero");
  values("after");
  op1(2, -1, 0);
  settle(1);
  went("zero");
  values("after");
  semctl(s, 2, SETVAL, 0);
  // Several operations and one, mixed: the queue of the set.
  SLEEP(1, {0, -1}, {1, -1});
  SLEEP(2, {0, -1});
  SLEEP(3, {1, -1}, {0, -2});
  SLEEP(4, {1, -2});
  values("mixed");
  op1(0, 1, 0);
  settle(1);
  went("0 up");
  op1(1, 1, 0);
  sleep_ms(5);
  went("1 up");
  values("then");
  op2(0, 1, 0, 1, 1, 0);
  settle(1);
  went("both up");
  values("then");
  semctl(s, 0, SETVAL, 2);
  settle(1);
  went("0 set");
  values("then");
  unsigned short v[4] = {0, 2, 0, 0};
  semctl(s, 0, SETALL, v);
  settle(1);
  went("all set");
  values("end");
  // One that fails in its sleep: out of range, no wait.
  semctl(s, 1, SETVAL, 32767);
  SLEEP(1, {0, -1}, {1, 1});
  SLEEP(2, {0, -1}, {2, -1, IPC_NOWAIT});
  SLEEP(3, {0, -1});
  op1(0, 1, 0);
  settle(3);
  went("failed");
  values("end");
  // The set goes.
  SLEEP(1, {0, -1});
  SLEEP(2, {1, 0});
  SLEEP(3, {0, -1}, {2, -1});
  semctl(s, 0, IPC_RMID);
  settle(3);
  went("removed");
  wait_all();
}

static void handler(int n) {}
// covers: semop EINTR, semtimedop EINTR
static void signals(void) {
  s = semget(IPC_PRIVATE, 1, 0600);
  struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &sa, 0);
  struct itimerval t = {{0, 0}, {0, 5000}};
  setitimer(ITIMER_REAL, &t, 0);
  P(op1(0, -1, 0));
  struct timespec ts = {1, 0};
  struct sembuf b = {0, -1};
  setitimer(ITIMER_REAL, &t, 0);
  P(semtimedop(s, &b, 1, &ts));
  values("after signals");
  fflush(stdout);
  int status, pid = fork();
  if (!pid) { P(op1(0, -1, 0)); exit(0); }
  for (int i = 0; i < 2000 && semctl(s, 0, GETNCNT) != 1; i++) sleep_ms(1);
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED);
  kill(pid, SIGCONT);
  waitpid(pid, &status, 0);
  fflush(stdout);
  pid = fork();
  if (!pid) { op1(0, -1, 0); exit(0); }
  for (int i = 0; i < 2000 && semctl(s, 0, GETNCNT) != 1; i++) sleep_ms(1);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  values("after a death");
}

static void child(void (*f)(void)) {
  fflush(stdout);
  if (!fork()) { f(); fflush(stdout); _exit(0); }
  wait_all();
}
static void undo_a(void) {
  P(op1(0, 5, SEM_UNDO));
  P(op1(1, -1, SEM_UNDO));
  P(op2(2, 3, SEM_UNDO, 2, -1, 0));
  values("in child");
}
static void undo_b(void) { op1(0, 5, SEM_UNDO); op1(0, -5, 0); op1(1, -2, SEM_UNDO); op1(1, 32767 - 2, 0); values("in child"); }
static void undo_c(void) { op1(0, 5, SEM_UNDO); semctl(s, 0, SETVAL, 9); }
static void undo_d(void) {
  op1(0, 5, SEM_UNDO);
  if (!fork()) { op1(0, 1, SEM_UNDO); values("grandchild"); _exit(0); }
  wait_all();
  values("grandchild gone");
}
static void *undo_thread(void *x) { op1(0, 7, SEM_UNDO); return 0; }
static void undo_e(void) {
  pthread_t t;
  pthread_create(&t, 0, undo_thread, 0);
  pthread_join(t, 0);
  values("thread gone");
}
static void undo_f(void) { op1(0, 7, SEM_UNDO); P(unshare(CLONE_SYSVSEM)); values("unshared"); }
static void undo_g(void) { op1(0, 7, SEM_UNDO); semctl(s, 0, IPC_RMID); }
static void undo_h(void) {
  P(op1(0, -32767, SEM_UNDO));
  P(op1(0, 32767, 0));
  P(op1(0, -2, SEM_UNDO));
  P(op1(0, -32767, 0));
  P(op1(0, 32767, SEM_UNDO));
  P(op1(0, -32767, 0));
  P(op1(0, 32767, SEM_UNDO));
  P(op1(0, -32767, 0));
  P(op1(0, 32767, SEM_UNDO));
  values("range");
}
// covers: semop SEM_UNDO
static void undo(void) {
  order = mmap(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  next = (void *)(order + 512);
  s = semget(IPC_PRIVATE, 3, 0600);
  op1(1, 3, 0);
  child(undo_a);
  values("a");
  child(undo_b);
  values("b");
  child(undo_c);
  values("c");
  child(undo_d);
  values("d");
  child(undo_e);
  values("e");
  child(undo_f);
  values("f");
  unsigned short v[3] = {32767, 0, 0};
  semctl(s, 0, SETALL, v);
  child(undo_h);
  values("h");
  // Undoing wakes.
  semctl(s, 0, SETVAL, 0);
  op1(1, 1, 0);
  SLEEP(1, {1, -2});
  SLEEP(2, {0, -1});
  fflush(stdout);
  if (!fork()) { op1(1, -1, SEM_UNDO); op1(2, 1, SEM_UNDO); op1(1, 1, 0); _exit(0); }
  settle(1);
  went("undone");
  values("w");
  op1(0, 1, 0);
  wait_all();
  *next = 0;
  child(undo_g);
  values("g");
}

// covers: semget ENOSPC, semctl limits of kernel.sem
static void limits(void) {
  char text[2000], *line = text;
  printf("%d\n", spew("/proc/sys/kernel/sem", "10 30"));
  slurp("/proc/sys/kernel/sem", text, 99); printf("%s", text);
  printf("%d\n", spew("/proc/sys/kernel/sem", "10\t30\t4\t3\n"));
  printf("%d\n", spew("/proc/sys/kernel/sem", "10 30 4 40000"));
  printf("%d\n", spew("/proc/sys/kernel/sem", "10 30 4 -1"));
  slurp("/proc/sys/kernel/sem", text, 99); printf("%s", text);
  P(semget(IPC_PRIVATE, 11, 0));
  P(semget(IPC_PRIVATE, 10, 0));
  P(semget(IPC_PRIVATE, 10, 0));
  P(semget(IPC_PRIVATE, 11, 0));
  P(semget(0x40, 9, 0640 | IPC_CREAT));
  P(semget(IPC_PRIVATE, 1, 0));
  printf("%d\n", spew("/proc/sys/kernel/sem", "10 100"));
  P(semget(IPC_PRIVATE, 1, 0));
  struct sembuf b[5] = {0};
  P(semop(0, b, 4));
  P(semop(0, b, 5));
  slurp("/proc/sysvipc/sem", text, 2000);
  for (char *p; (p = strchr(line, '\n')); line = p + 1) printf("%.62s|%ld\n", line, (long)(p - line));
}

static void apart(const char *name, void (*f)(void)) {
  printf("-- %s\n", name);
  fflush(stdout);
  if (!fork()) { own_ipc(); f(); exit(0); }
  int status;
  wait(&status);
  if (status) print_status(name, status);
}
int main(void) {
  apart("ids", ids);
  apart("operations", operations);
  apart("rights", rights);
  apart("sleepers", sleepers);
  apart("signals", signals);
  apart("undo", undo);
  apart("limits", limits);
}
