#include "guest.h"
static volatile int count, code, status_;
static void on(int s, siginfo_t *i, void *c) { count++, code = i->si_code, status_ = i->si_status; }
static void spawn(int flags) {
  struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO | SA_RESTART | flags};
  sigaction(SIGCHLD, &sa, NULL);
  count = 0;
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGSTOP);
    sleep_ms(30);
    _exit(5);
  }
  waitpid(pid, &status, WUNTRACED);
  printf("stopped: count %d code %d status %d\n", count, code, status_);
  kill(pid, SIGCONT);
  waitpid(pid, &status, 0);
  printf("exited: code %d status %d\n", code, status_);
  pid = fork();
  if (pid == 0) raise(SIGKILL);
  waitpid(pid, &status, 0);
  printf("killed: code %d status %d\n", code, status_);
}
int main(void) {
  spawn(0);
  code = 0;
  spawn(SA_NOCLDSTOP);
  return 0;
}
