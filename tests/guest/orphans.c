#include "guest.h"
// A grandchild whose parent ends gets another parent, or the subreaper.
int main(void) {
  int status;
  P(prctl(PR_SET_CHILD_SUBREAPER, 1));
  pid_t me = getpid(), pid = fork();
  if (pid == 0) {
    pid_t first = getpid();
    if (fork() == 0) {
      while (getppid() == first) sleep_ms(5);
      _exit(getppid() == me ? 21 : 22);
    }
    _exit(1);
  }
  waitpid(pid, &status, 0);
  print_status("child", status);
  Q(wait(&status) > 0);
  print_status("grandchild", status);
  P(wait(&status));
  P(prctl(PR_SET_PDEATHSIG, SIGTERM));
  int sig = 0;
  P(prctl(PR_GET_PDEATHSIG, &sig));
  P(sig);
  pid = fork();
  if (pid == 0) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGUSR1);
      pause();
    }
    sleep_ms(20);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  wait(&status);
  print_status("grandchild", status);
  return 0;
}
