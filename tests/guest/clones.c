#include "guest.h"
#include <linux/sched.h>
static int cell;
static int body(void *a) {
  cell += *(int *)a;
  return 9;
}
static char stack[65536] __attribute__((aligned(16)));
int main(void) {
  int arg = 5, status;
  pid_t pid = clone(body, stack + sizeof stack, SIGCHLD, &arg);
  waitpid(pid, &status, 0);
  print_status("own memory", status);
  P(cell);
  pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, &arg);
  waitpid(pid, &status, 0);
  print_status("shared memory", status);
  P(cell);
  pid = clone(body, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &arg);
  P(cell);
  waitpid(pid, &status, 0);
  pid = clone(body, stack + sizeof stack, CLONE_VM | CLONE_VFORK, &arg);
  P(waitpid(pid, &status, 0));
  P(waitpid(pid, &status, __WALL) == pid);
  pid_t ptid = 0, ctid = 0;
  pid = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &ptid, &ctid, 0);
  if (pid == 0) _exit(ctid == getpid() ? 0 : 1);
  Q(ptid == pid);
  P(ctid);
  waitpid(pid, &status, 0);
  print_status("child tid", status);
  struct clone_args ca = {.flags = CLONE_PIDFD, .exit_signal = SIGCHLD};
  int pidfd = -1;
  ca.pidfd = (uintptr_t)&pidfd;
  pid = syscall(SYS_clone3, &ca, sizeof ca);
  if (pid == 0) _exit(4);
  Q(pid > 0);
  Q(pidfd > 2);
  siginfo_t si;
  P(waitid(P_PIDFD, pidfd, &si, WEXITED));
  printf("code %d status %d\n", si.si_code, si.si_status);
  P(syscall(SYS_clone3, &ca, 8));
  P(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
  P(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
  int fd = open("/dev/null", O_RDONLY);
  pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    close(fd);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  P(fcntl(fd, F_GETFD));
  return 0;
}
