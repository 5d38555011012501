// vhangup(2): the controlling terminal is dead for all that had it open, the session's leader gets SIGHUP.
#include "guest.h"
static volatile int hups;
static void on(int s) { hups++; }
static long hang_up(void) { return syscall(SYS_vhangup); }
int main(void) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, number;
  ioctl(master, TIOCSPTLCK, &zero);
  ioctl(master, TIOCGPTN, &number);
  char name[32], c;
  snprintf(name, sizeof name, "/dev/pts/%d", number);
  pid_t pid = fork();
  if (!pid) {
    setsid();
    P(hang_up());
    signal(SIGHUP, on);
    int slave = open(name, O_RDWR);
    Q(slave >= 0);
    P(tcgetpgrp(slave) == getpid());
    P(hang_up());
    P(hups);
    P(read(slave, &c, 1));
    P(write(slave, "x", 1));
    P(tcgetpgrp(slave));
    P(open("/dev/tty", O_RDWR));
    P(hang_up());
    P(hups);
    P(setresuid(65534, 65534, 65534));
    P(hang_up());
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  return 0;
}
