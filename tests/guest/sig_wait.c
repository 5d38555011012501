#include "guest.h"
static volatile int got;
static void on(int s) { got = s; }
int main(void) {
  sigset_t set, empty, old;
  siginfo_t si;
  struct timespec ts = {0, 10000000}, zero = {0, 0};
  sigemptyset(&empty), sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, &old);
  P(sigtimedwait(&set, &si, &zero));
  P(sigtimedwait(&set, &si, &ts));
  union sigval v = {.sival_int = 42};
  sigqueue(getpid(), SIGRTMIN, v);
  Q(sigwaitinfo(&set, &si) == SIGRTMIN);
  printf("code %d value %d\n", si.si_code, si.si_value.sival_int);
  int sig, status;
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    sleep_ms(10);
    kill(parent, SIGUSR1);
    _exit(0);
  }
  P(sigwait(&set, &sig));
  P(sig);
  waitpid(pid, &status, 0);
  signal(SIGUSR1, on);
  pid = fork();
  if (pid == 0) {
    sleep_ms(10);
    kill(parent, SIGUSR1);
    _exit(0);
  }
  P(sigsuspend(&empty));
  P(got);
  waitpid(pid, &status, 0);
  sigprocmask(SIG_BLOCK, NULL, &old);
  P(sigismember(&old, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  got = 0;
  pid = fork();
  if (pid == 0) {
    sleep_ms(10);
    kill(parent, SIGUSR1);
    _exit(0);
  }
  P(pause());
  P(got);
  waitpid(pid, &status, 0);
  signal(SIGALRM, on);
  P(alarm(100));
  P(alarm(0));
  struct itimerval it = {{0, 0}, {0, 20000}}, left;
  P(setitimer(ITIMER_REAL, &it, NULL));
  P(pause());
  P(got);
  it.it_interval.tv_usec = 5000, it.it_value.tv_usec = 5000;
  setitimer(ITIMER_REAL, &it, NULL);
  for (int i = 0; i < 3; i++) pause();
  getitimer(ITIMER_REAL, &left);
  P(left.it_interval.tv_usec);
  Q(left.it_value.tv_usec <= 5000);
  memset(&it, 0, sizeof it);
  setitimer(ITIMER_REAL, &it, &left);
  P(left.it_interval.tv_usec);
  P(setitimer(9, &it, NULL));
  it.it_value.tv_usec = 1000000;
  P(setitimer(ITIMER_REAL, &it, NULL));
  signal(SIGVTALRM, on);
  struct itimerval cpu = {{0, 0}, {0, 10000}};
  got = 0;
  setitimer(ITIMER_VIRTUAL, &cpu, NULL);
  while (!got) {}
  P(got);
  return 0;
}
