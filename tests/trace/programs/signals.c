#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void handler(int s) { (void)s; }
static void info(int s, siginfo_t *i, void *u) { (void)s; (void)i; (void)u; }

int main(void) {
  struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
  sigaddset(&a.sa_mask, SIGINT);
  sigaddset(&a.sa_mask, 40);
  sigaction(SIGUSR1, &a, &old);
  a.sa_flags = SA_NODEFER | SA_RESETHAND | SA_ONSTACK | SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO;
  a.sa_sigaction = info;
  sigaction(SIGUSR2, &a, &old);
  sigaction(40, &a, NULL);
  sigaction(99, &a, NULL);
  syscall(SYS_rt_sigaction, 99, 0, 0, 8);
  syscall(SYS_rt_sigaction, 9, &a, 0, 8);
  signal(SIGPIPE, SIG_IGN);
  kill(getpid(), SIGUSR1);
  raise(SIGUSR2);
  union sigval v = {.sival_int = 77};
  sigqueue(getpid(), 40, v);
  sigset_t set, o;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, &o);
  sigprocmask(SIG_SETMASK, &o, NULL);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  sigprocmask(SIG_UNBLOCK, NULL, &o);
  alarm(1);
  siginfo_t si;
  struct timespec t = {3, 0};
  sigtimedwait(&set, &si, &t);
  t.tv_sec = 0;
  t.tv_nsec = 1000;
  sigtimedwait(&set, &si, &t);
  sigpending(&set);
  stack_t ss = {.ss_sp = (void *)0x1000, .ss_size = 100}, oss;
  sigaltstack(NULL, &oss);
  sigaltstack(&ss, &oss);
  ss.ss_flags = SS_DISABLE;
  sigaltstack(&ss, NULL);
  struct itimerval it = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &it, NULL);
  sigemptyset(&set);
  signal(SIGALRM, handler);
  sigsuspend(&set);
  setitimer(ITIMER_REAL, &it, NULL);
  sigprocmask(SIG_SETMASK, &set, NULL);
  pause();
  it.it_value.tv_usec = 30000;
  setitimer(ITIMER_REAL, &it, NULL);
  t.tv_sec = 5;
  a.sa_flags = 0;
  a.sa_sigaction = info;
  sigaction(SIGALRM, &a, NULL);
  struct timespec rem;
  nanosleep(&t, &rem);
  int p[2];
  pipe(p);
  setitimer(ITIMER_REAL, &it, NULL);
  char c;
  read(p[0], &c, 1);
  getitimer(ITIMER_REAL, &it);
  timer_t id;
  struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
  timer_create(CLOCK_MONOTONIC, &ev, &id);
  struct itimerspec its = {{0, 0}, {1, 2}};
  timer_settime(id, 0, &its, NULL);
  timer_delete(id);
  // SIGCHLD is blocked and taken: else it comes before or after the end of a wait.
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, NULL);
  int go[2];
  if (pipe(go)) return 1;
  pid_t ch = fork();
  if (!ch) {
    char byte;
    raise(SIGSTOP);
    _exit(read(go[0], &byte, 1) != 1);
  }
  int st;
  waitpid(ch, &st, WUNTRACED);
  sigwaitinfo(&chld, NULL);
  kill(ch, SIGCONT);
  waitpid(ch, &st, WCONTINUED);
  sigwaitinfo(&chld, NULL);
  if (write(go[1], "x", 1) != 1) return 1;
  waitpid(ch, &st, 0);
  sigwaitinfo(&chld, NULL);
  tgkill(getpid(), gettid(), 0);
  *(volatile int *)8 = 1;
  return 0;
}
