#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int s;
  if (argc > 1) _exit(7);
  pid_t p = fork();
  if (!p) {
    getppid();
    _exit(5);
  }
  waitpid(p, &s, 0);
  waitpid(-1, &s, WNOHANG);
  p = fork();
  if (!p) {
    raise(SIGKILL);
  }
  struct rusage ru;
  wait4(-1, &s, WUNTRACED | WCONTINUED, &ru);
  p = vfork();
  if (!p) {
    execl(argv[0], "again", "x", NULL);
    _exit(1);
  }
  siginfo_t si;
  waitid(P_PID, p, &si, WEXITED | WNOWAIT);
  waitid(P_ALL, 0, &si, WEXITED);
  p = fork();
  if (!p) {
    abort();
  }
  wait(&s);
  execve("/nonexistent", (char *[]){"a", "b", NULL}, (char *[]){"X=1", NULL});
  execve("/nonexistent", (char *[]){NULL}, NULL);
  setpgid(0, 0);
  getpgid(0);
  getsid(0);
  getpgrp();
  getuid(); getgid(); geteuid(); getegid(); getpid(); gettid();
  uid_t a, b, c;
  getresuid(&a, &b, &c);
  getresgid(&a, &b, &c);
  gid_t g[8];
  getgroups(8, g);
  syscall(SYS_setresuid, -1, -1, -1);
  syscall(SYS_setreuid, 0, -1);
  getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, 0, 1);
  sched_yield();
  struct sched_param sp = {0};
  sched_setscheduler(0, SCHED_BATCH, &sp);
  sched_getscheduler(0);
  sched_getparam(0, &sp);
  sched_get_priority_max(SCHED_FIFO);
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  sched_setaffinity(0, sizeof set, &set);
  kill(getpid(), 0);
  exit(300);
}
