// How the cost of one operation depends on how many things are there: `many KIND SIZE N` prints ns an operation.
// queued: send and receive by type on a queue of SIZE messages. semaphores: an operation on a set of SIZE. asleep: a
// message to one receiver while SIZE others sleep. futex: a wake and
// a wait that has nothing to wait for, beside SIZE processes that sleep on one futex. token: a byte around a ring of SIZE processes, ns a hop.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct timespec s, e;
static struct { long type; char c; } m;
static void begin(void) { clock_gettime(CLOCK_MONOTONIC, &s); }
static void end(long n) {
  clock_gettime(CLOCK_MONOTONIC, &e);
  printf("%.1f\n", ((e.tv_sec - s.tv_sec) * 1e9 + (e.tv_nsec - s.tv_nsec)) / n);
}

static void queued(long size, long n) {
  // In a namespace of its own, whose limit may be raised.
  if (unshare(CLONE_NEWIPC)) exit(1);
  FILE *limit = fopen("/proc/sys/kernel/msgmnb", "w");
  fprintf(limit, "1000000");
  fclose(limit);
  int q = msgget(IPC_PRIVATE, 0600);
  for (long i = 0; i < size; i++) m.type = 10 + i % 1000, msgsnd(q, &m, 0, 0);
  begin();
  for (long i = 0; i < n; i++) m.type = 5, msgsnd(q, &m, 0, 0), msgrcv(q, &m, 0, 5, 0);
  end(n);
  msgctl(q, IPC_RMID, 0);
}
static void semaphores(long size, long n) {
  int set = semget(IPC_PRIVATE, size, 0600);
  struct sembuf up = {size - 1, 1, 0}, down = {size - 1, -1, 0};
  begin();
  for (long i = 0; i < n; i++) semop(set, &up, 1), semop(set, &down, 1);
  end(n);
  semctl(set, 0, IPC_RMID);
}
static void asleep(long size, long n) {
  int q = msgget(IPC_PRIVATE, 0600), p[2];
  char c = 0;
  pipe(p);
  for (long i = 0; i < size; i++) {
    if (fork()) continue;
    write(p[1], &c, 1);
    msgrcv(q, &m, 1, 1000 + i, 0);
    _exit(0);
  }
  for (long i = 0; i < size; i++) read(p[0], &c, 1);
  begin();
  for (long i = 0; i < n; i++) m.type = 5, msgsnd(q, &m, 0, 0), msgrcv(q, &m, 0, 5, 0);
  end(n);
  msgctl(q, IPC_RMID, 0);
  while (wait(0) > 0) {}
}
static int word, other;
static int sleepOnWord(void *unused) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0); }
static void futex(long size, long n) {
  // They share memory, so that many fit, but are processes all the same.
  char *stacks = mmap(0, size * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (long i = 1; i <= size; i++) if (clone(sleepOnWord, stacks + i * 4096, CLONE_VM | SIGCHLD, 0) < 0) exit(1);
  // All sleep when moving them to the same futex again counts them all.
  while (syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 0, 1000000, &word, 0) < size) sched_yield();
  begin();
  for (long i = 0; i < n; i++) syscall(SYS_futex, &other, FUTEX_WAKE, 1, 0, 0, 0), syscall(SYS_futex, &word, FUTEX_WAIT, 1, 0, 0, 0);
  end(n);
  syscall(SYS_futex, &word, FUTEX_WAKE, 1000000, 0, 0, 0);
  while (wait(0) > 0) {}
}
static void token(long size, long n) {
  struct rlimit r = {4096, 4096};
  setrlimit(RLIMIT_NOFILE, &r);
  int first[2], in, next[2];
  char c = 0;
  pipe(first);
  in = first[0];
  for (long i = 1; i < size; i++) {
    pipe(next);
    if (!fork()) {
      while (read(in, &c, 1) == 1) write(next[1], &c, 1);
      _exit(0);
    }
    close(in), close(next[1]);
    in = next[0];
  }
  begin();
  for (long i = 0; i < n; i++) write(first[1], &c, 1), read(in, &c, 1);
  end(n * size);
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
}

int main(int argc, char **argv) {
  long size = atol(argv[2]), n = atol(argv[3]);
  setpgid(0, 0);
  switch (argv[1][0]) {
    case 'q': queued(size, n); break;
    case 's': semaphores(size, n); break;
    case 'f': futex(size, n); break;
    case 'a': asleep(size, n); break;
    default: token(size, n);
  }
  return 0;
}
