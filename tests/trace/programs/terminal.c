// ioctl numbers of terminals and files, and termios with every bit.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
  for (unsigned i = 0x5400; i <= 0x5460; i++) syscall(SYS_ioctl, 99, i, 0L);
  syscall(SYS_ioctl, 99, 0x80045430, 0L);
  syscall(SYS_ioctl, 99, 0x40045431, 0L);
  int m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  int zero = 0, n;
  ioctl(m, TIOCSPTLCK, &zero);
  ioctl(m, TIOCGPTN, &n);
  ioctl(m, TIOCGPTLCK, &n);
  int s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  struct { unsigned i, o, c, l; unsigned char line, cc[19]; } t;
  ioctl(s, TCGETS, &t);
  for (int bit = 0; bit < 20; bit++) {
    unsigned v = 1u << bit;
    t.i = t.o = t.l = v;
    t.c = v;
    syscall(SYS_ioctl, 99, TCSETS, &t);
  }
  t.i = t.o = t.c = t.l = -1;
  syscall(SYS_ioctl, 99, TCSETSW, &t);
  t.i = t.o = t.c = t.l = 0;
  syscall(SYS_ioctl, 99, TCSETSF, &t);
  struct winsize w = {24, 80, 1, 2};
  ioctl(s, TIOCSWINSZ, &w);
  ioctl(s, TIOCGWINSZ, &w);
  ioctl(s, TIOCGPGRP, &n);
  ioctl(s, TIOCGSID, &n);
  ioctl(s, TIOCSCTTY, 0);
  ioctl(s, FIONREAD, &n);
  ioctl(s, TIOCOUTQ, &n);
  ioctl(s, TCFLSH, 2);
  ioctl(s, TCXONC, 1);
  ioctl(s, TCSBRK, 1);
  ioctl(s, TIOCEXCL);
  ioctl(m, TIOCPKT, &zero);
  ioctl(s, TIOCSTI, "x");
  ioctl(s, TIOCGETD, &n);
  ioctl(s, TIOCSETD, &zero);
  return 0;
}
