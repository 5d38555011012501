// needs: inotify_init1 signalfd4 pidfd_open mq_open
// poll(2), select(2), epoll(7) on what is no file: inotify, signalfd, pidfd, message queues.
#include "looks.h"
#include <mqueue.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

int main(void) {
  own_folder();
  int i = inotify_init1(IN_NONBLOCK);
  look("inotify", i);
  sigset_t m;
  sigemptyset(&m);
  sigaddset(&m, SIGUSR1);
  sigprocmask(SIG_BLOCK, &m, NULL);
  int sf = signalfd(-1, &m, SFD_NONBLOCK);
  look("signalfd", sf);
  raise(SIGUSR1);
  look("signalfd with one", sf);
  struct signalfd_siginfo si;
  read(sf, &si, sizeof si);
  look("signalfd", sf);
  sigprocmask(SIG_UNBLOCK, &m, NULL);
  pid_t child = fork();
  if (!child) {
    pause();
    _exit(0);
  }
  int pf = syscall(SYS_pidfd_open, child, 0);
  look("pidfd", pf);
  kill(child, SIGKILL);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  look("pidfd, dead", pf);
  waitpid(child, NULL, 0);
  look("pidfd, reaped", pf);
  struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
  char name[40], text[8];
  sprintf(name, "/r3poll%d", getpid());
  mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);
  mq_unlink(name);
  look("queue", q);
  mq_send(q, "x", 1, 0);
  look("queue full", q);
  mq_receive(q, text, 8, NULL);
  look("queue empty", q);
  return 0;
}
