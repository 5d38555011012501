#include "guest.h"
static volatile int got;
static void on(int s) { got++; }
int main(void) {
  int status;
  Q(getpgid(0) == getpgrp());
  pid_t pid = fork();
  if (pid == 0) {
    P(setsid() == getpid());
    P(getpgrp() == getpid());
    P(getsid(0) == getpid());
    P(setsid());
    P(setpgid(0, 0));
    signal(SIGUSR1, on);
    pid_t c = fork();
    if (c == 0) {
      while (!got) sleep_ms(5);
      exit(got);
    }
    sleep_ms(20);
    P(kill(0, SIGUSR1));
    P(got);
    waitpid(c, &status, 0);
    print_status("member", status);
    c = fork();
    if (c == 0) {
      setpgid(0, 0);
      pause();
      exit(2);
    }
    setpgid(c, c);
    Q(getpgid(c) == c);
    P(kill(-c, SIGTERM));
    waitpid(c, &status, 0);
    print_status("other group", status);
    P(kill(-99999, SIGTERM));
    P(killpg(getpgrp(), 0));
    P(setpgid(99999, 0));
    P(getpgid(99999));
    P(getsid(99999));
    P(setpgid(0, 99999));
    exit(6);
  }
  waitpid(pid, &status, 0);
  print_status("session", status);
  P(kill(pid, 0));
  P(kill(getpid(), 65));
  P(kill(getpid(), -1));
  P(kill(getpid(), 0));
  return 0;
}
