// futex_waitv(2) and the futex2 calls.
// needs: futex_waitv futex_wake futex_wait futex_requeue
#include "guest.h"
struct waiter { uint64_t val, uaddr; uint32_t flags, reserved; };
#define U32 2
#define PRIVATE 128
static uint32_t *w;
static long waitv(struct waiter *v, int n, int flags, struct timespec *t, int clock) { return syscall(449, v, n, flags, t, clock); }
static long wake(void *a, long mask, int n, int flags) { return syscall(454, a, mask, n, flags); }
static long await(void *a, long v, long mask, int flags, struct timespec *t, int clock) { return syscall(455, a, v, mask, flags, t, clock); }
static struct waiter v[200];
static void fill(int n) { for (int i = 0; i < n; i++) v[i] = (struct waiter){0, (uintptr_t)(w + i), U32, 0}; }
int main(void) {
  int status;
  struct timespec past = {1, 0}, bad = {0, -1};
  w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  fill(200);
  P(waitv(v, 0, 0, NULL, 0));
  P(waitv(v, 129, 0, NULL, 0));
  P(waitv(v, 2, 1, NULL, 0));
  P(waitv(NULL, 2, 0, NULL, 0));
  P(waitv((void *)8, 2, 0, NULL, 0));
  P(waitv(v, 2, 0, &past, CLOCK_MONOTONIC));
  P(waitv(v, 128, 0, &past, CLOCK_REALTIME));
  P(waitv(v, 2, 0, &past, CLOCK_BOOTTIME));
  P(waitv(v, 2, 0, &bad, CLOCK_MONOTONIC));
  v[1].val = 5;
  P(waitv(v, 2, 0, NULL, 0));
  v[1].flags = 0;
  P(waitv(v, 2, 0, NULL, 0));
  v[1].flags = U32, v[1].reserved = 1;
  P(waitv(v, 2, 0, NULL, 0));
  fill(200);
  v[1].uaddr++;
  P(waitv(v, 2, 0, NULL, 0));
  fill(200);
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) _exit(40 + waitv(v, 3, 0, NULL, 0));
    sleep_ms(60);
    P(wake(w + i, 0xffffffff, 10, U32));
    wait(&status);
    print_status("waitv", status);
    P(wake(w + i, 0xffffffff, 10, U32));
  }
  P(await(w, 1, 0xffffffff, U32, NULL, 0));
  P(await(w, 0, 0, U32, NULL, 0));
  P(await(w, 0, 1, 0, NULL, 0));
  P(await(w, 0, 1, U32 | 64, NULL, 0));
  P(await(w, 1L << 32, 1, U32, NULL, 0));
  P(await(w, 0, 1L << 32, U32, NULL, 0));
  P(await(w, 0, 1, U32, &past, CLOCK_MONOTONIC));
  P(await(w, 0, 1, U32 | PRIVATE, &past, CLOCK_REALTIME));
  P(await(w, 0, 1, U32, &past, 7));
  P(await((void *)9, 0, 1, U32, &past, 1));
  P(wake(w, 0, 1, U32));
  P(wake(w, 1, 1, 0));
  fflush(stdout);
  if (fork() == 0) _exit(await(w, 0, 4, U32, NULL, 0) ? 1 : 55);
  sleep_ms(60);
  P(wake(w, 3, 1, U32));
  P(wake(w, 6, 1, U32));
  wait(&status);
  print_status("wait", status);
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    if (fork() == 0) _exit(await(w, 0, 0xffffffff, U32, NULL, 0) ? 1 : 56);
  }
  sleep_ms(100);
  fill(2);
  P(syscall(456, v, 1, 1, 1));
  P(syscall(456, NULL, 0, 1, 1));
  P(syscall(456, v, 0, -1, 1));
  v[0].val = 1;
  P(syscall(456, v, 0, 1, 1));
  v[0].val = 0;
  P(syscall(456, v, 0, 1, 1));
  P(wake(w, 1, 5, U32));
  P(wake(w + 1, 1, 5, U32));
  for (int i = 0; i < 3; i++) {
    wait(&status);
    print_status("requeued", status);
  }
  return 0;
}
