#include "guest.h"
static void info(const char *what, int r, siginfo_t *s, pid_t pid) {
  printf("%s: %d signo %d code %d status %d pid %s\n", what, r, s->si_signo, s->si_code, s->si_status, s->si_pid == pid ? "right" : s->si_pid == 0 ? "zero" : "wrong");
}
static pid_t child(int code) {
  pid_t pid = fork();
  if (pid == 0) {
    if (code < 0) kill(getpid(), -code);
    _exit(code);
  }
  return pid;
}
int main(void) {
  int status;
  siginfo_t si;
  struct rusage ru;
  pid_t pid = child(0);
  P(wait4(pid, &status, 0, &ru) == pid);
  print_status("zero", status);
  pid = child(255), waitpid(pid, &status, 0), print_status("255", status);
  int signals[] = {SIGHUP, SIGKILL, SIGTERM, SIGUSR1, SIGPIPE, SIGALRM, SIGSTKFLT, SIGIO, SIGPROF, SIGSYS, 40};
  for (int i = 0; i < 11; i++) pid = child(-signals[i]), waitpid(pid, &status, 0), print_status("signal", status);
  int ignored[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
  for (int i = 0; i < 4; i++) pid = child(-ignored[i]), waitpid(pid, &status, 0), print_status("ignored", status);
  pid = child(3);
  memset(&si, 0, sizeof si);
  info("peek", waitid(P_PID, pid, &si, WEXITED | WNOWAIT), &si, pid);
  info("take", waitid(P_PID, pid, &si, WEXITED), &si, pid);
  P(waitid(P_PID, pid, &si, WEXITED));
  P(waitid(P_ALL, 0, &si, 0));
  P(waitid(99, 0, &si, WEXITED));
  pid = child(-9);
  info("killed", waitid(P_ALL, 0, &si, WEXITED), &si, pid);
  int p[2];
  pipe(p);
  pid = fork();
  if (pid == 0) {
    char c;
    read(p[0], &c, 1);
    _exit(1);
  }
  P(waitpid(pid, &status, WNOHANG));
  memset(&si, 1, sizeof si);
  info("nohang", waitid(P_PID, pid, &si, WEXITED | WNOHANG), &si, pid);
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED), print_status("untraced", status);
  P(waitpid(pid, &status, WNOHANG | WUNTRACED));
  kill(pid, SIGCONT);
  waitpid(pid, &status, WCONTINUED), print_status("wcontinued", status);
  kill(pid, SIGSTOP);
  info("stopped", waitid(P_PID, pid, &si, WSTOPPED), &si, pid);
  kill(pid, SIGCONT);
  info("continued", waitid(P_PID, pid, &si, WCONTINUED), &si, pid);
  write(p[1], "x", 1);
  waitpid(pid, &status, 0), print_status("end", status);
  P(waitpid(-1, &status, 0));
  P(waitpid(getpid(), &status, 0));
  P(waitpid(pid, &status, 0x40));
  pid_t a = child(1), b = child(2);
  setpgid(b, b);
  P(waitpid(-b, &status, 0) == b);
  P(waitpid(0, &status, 0) == a);
  signal(SIGCHLD, SIG_IGN);
  child(0), child(1);
  P(waitpid(-1, &status, 0));
  struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
  sigaction(SIGCHLD, &sa, NULL);
  child(0);
  P(wait(&status));
  return 0;
}
