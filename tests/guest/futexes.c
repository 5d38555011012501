#include "guest.h"
#include <linux/futex.h>
static long futex(int *a, int op, int v, void *t, int *b, int v3) { return syscall(SYS_futex, a, op, v, t, b, v3); }
int main(void) {
  int *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;
  struct timespec ts = {0, 5000000};
  P(futex(w, FUTEX_WAIT, 1, NULL, NULL, 0));
  P(futex(w, FUTEX_WAIT, 0, &ts, NULL, 0));
  P(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0));
  P(futex((int *)((char *)w + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
  P(futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  P(futex(w, 99, 0, NULL, NULL, 0));
  ts.tv_nsec = -1;
  P(futex(w, FUTEX_WAIT, 0, &ts, NULL, 0));
  for (int i = 0; i < 4; i++)
    if (fork() == 0) {
      while (w[0] == 0) futex(w, FUTEX_WAIT, 0, NULL, NULL, 0);
      _exit(i);
    }
  sleep_ms(20);
  P(futex(w, FUTEX_REQUEUE, 1, (void *)1, w + 1, 0));
  sleep_ms(10);
  P(futex(w, FUTEX_CMP_REQUEUE, 0, (void *)10, w + 1, 5));
  w[0] = 1;
  P(futex(w, FUTEX_WAKE, 100, NULL, NULL, 0) + futex(w + 1, FUTEX_WAKE, 100, NULL, NULL, 0) >= 3);
  int sum = 0;
  while (wait(&status) > 0) sum += WEXITSTATUS(status);
  P(sum);
  w[0] = 0;
  if (fork() == 0) _exit(futex(w, FUTEX_WAIT_BITSET, 0, NULL, NULL, 4) == 0 ? 77 : 78);
  sleep_ms(15);
  P(futex(w, FUTEX_WAKE_BITSET, 1, NULL, NULL, 3));
  P(futex(w, FUTEX_WAKE_BITSET, 1, NULL, NULL, 6));
  P(futex(w, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
  wait(&status);
  print_status("bitset", status);
  w[0] = 5, w[1] = 7;
  P(futex(w, FUTEX_WAKE_OP, 1, (void *)1, w + 1, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 7)));
  P(w[1]);
  struct timespec past = {1, 0};
  P(futex(w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, NULL, ~0));
  P(futex(w, FUTEX_WAIT_PRIVATE, 5, &(struct timespec){0, 1000000}, NULL, 0));
  P(syscall(SYS_set_robust_list, NULL, 24) == 0);
  P(syscall(SYS_set_robust_list, NULL, 5));
  return 0;
}
