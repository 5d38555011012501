#include "guest.h"
// Two processes send each other signals; queued ones all arrive and in order.
static volatile int last, disorder, total;
static void on(int s, siginfo_t *i, void *c) {
  if (i->si_value.sival_int != last + 1) disorder++;
  last = i->si_value.sival_int;
  total++;
}
int main(void) {
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
  sigaction(SIGRTMIN + 3, &sa, NULL);
  pid_t parent = getpid();
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 1; i <= 500; i++) {
      union sigval v = {.sival_int = i};
      while (sigqueue(parent, SIGRTMIN + 3, v) && errno == EAGAIN) sched_yield();
    }
    _exit(0);
  }
  while (total < 500) {
    for (volatile int i = 0; i < 100; i++) {}
  }
  while (waitpid(pid, &status, 0) < 0) {}
  printf("total %d disorder %d\n", total, disorder);
  print_status("sender", status);
  return 0;
}
