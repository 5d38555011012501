// Pseudo-terminals: what the line discipline makes of input, echo and output.
#define _GNU_SOURCE
#include "guest.h"
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

static void show(const char *what, const char *bytes, int n) {
  printf("%s", what);
  for (int i = 0; i < n; i++) {
    unsigned char c = bytes[i];
    if (c >= 32 && c < 127 && c != '\\') putchar(c);
    else printf("\\%03o", c);
  }
  putchar('\n');
}

/** What the master has to read; polling the slave first makes Linux process what was typed. */
static void shown(const char *what) {
  char bytes[16384];
  int n = 0;
  struct pollfd s = {slave, POLLIN, 0}, m = {master, POLLIN, 0};
  poll(&s, 1, 0);
  while (poll(&m, 1, 20) > 0 && m.revents & POLLIN) {
    int r = read(master, bytes + n, sizeof bytes - n);
    if (r <= 0) break;
    n += r;
  }
  show(what, bytes, n);
}

static void typed(const char *keys) {
  if (write(master, keys, strlen(keys)) < 0) perror("typing");
  shown("  shown ");
}

static void got(int room) {
  char bytes[8192];
  struct pollfd s = {slave, POLLIN, 0};
  if (poll(&s, 1, 0) <= 0) {
    puts("  nothing to read");
    return;
  }
  int r = read(slave, bytes, room);
  if (r < 0) printf("  read: %s\n", strerror(errno));
  else {
    printf("  read %d ", r);
    show("", bytes, r);
  }
}

static void waiting(void) {
  int n = -1;
  ioctl(slave, FIONREAD, &n);
  printf("  FIONREAD %d\n", n);
}

static struct termios fresh;

static void mode(tcflag_t ioff, tcflag_t ion, tcflag_t ooff, tcflag_t oon, tcflag_t loff, tcflag_t lon) {
  struct termios t = fresh;
  t.c_iflag = (t.c_iflag & ~ioff) | ion;
  t.c_oflag = (t.c_oflag & ~ooff) | oon;
  t.c_lflag = (t.c_lflag & ~loff) | lon;
  if (tcsetattr(slave, TCSANOW, &t)) perror("tcsetattr");
}

static void canonical(void) {
  puts("canonical");
  typed("hello\r");
  waiting();
  got(100);
  typed("abcdef\n");
  got(3);
  got(100);
  got(100);
  puts("erase, word, line");
  typed("abc\177\177xy\n");
  got(100);
  typed("one two  three\027X\n");
  got(100);
  typed("gone\025kept\n");
  got(100);
  typed("a\tb\177\177\177z\n");
  got(100);
  typed("\001\002\177c\n");
  got(100);
  puts("literal, reprint, end of file");
  typed("a\026\003b\n");
  got(100);
  typed("redo\022 it\n");
  got(100);
  typed("part\004");
  waiting();
  got(100);
  typed("abc\004");
  got(3);
  got(100);
  typed("\004");
  got(100);
  puts("two lines");
  typed("first\nsecond\n");
  waiting();
  got(100);
  got(100);
}

static void echoes(void) {
  puts("no echo");
  mode(0, 0, 0, 0, ECHO, 0);
  typed("secret\n");
  got(100);
  puts("ECHONL");
  mode(0, 0, 0, 0, ECHO, ECHONL);
  typed("x\n");
  got(100);
  puts("ECHOPRT");
  mode(0, 0, 0, 0, 0, ECHOPRT);
  typed("abc\177\177d\n");
  got(100);
  puts("no ECHOE");
  mode(0, 0, 0, 0, ECHOE, 0);
  typed("abc\177\n");
  got(100);
  puts("no ECHOKE");
  mode(0, 0, 0, 0, ECHOKE, 0);
  typed("abc\025d\n");
  got(100);
  puts("no ECHOCTL");
  mode(0, 0, 0, 0, ECHOCTL, 0);
  typed("a\001\177b\n");
  got(100);
  puts("IUTF8");
  mode(0, IUTF8, 0, 0, 0, 0);
  typed("\303\251\303\250\177x\n");
  got(100);
}

static void flags(void) {
  puts("IGNCR");
  mode(ICRNL, IGNCR, 0, 0, 0, 0);
  typed("a\rb\n");
  got(100);
  puts("INLCR");
  mode(ICRNL, INLCR, 0, 0, ICANON, 0);
  typed("a\rb\n");
  got(100);
  puts("ISTRIP, PARMRK");
  mode(0, ISTRIP, 0, 0, 0, 0);
  typed("\341\342\n");
  got(100);
  mode(0, PARMRK, 0, 0, ICANON | ECHO, 0);
  typed("a\377b");
  got(100);
  puts("IUCLC");
  mode(0, IUCLC, 0, OLCUC, 0, 0);
  typed("ABCdef\n");
  got(100);
  puts("EOL");
  struct termios t = fresh;
  t.c_cc[VEOL] = ';';
  t.c_cc[VEOL2] = ',';
  tcsetattr(slave, TCSANOW, &t);
  typed("a;b,c\n");
  got(100);
  got(100);
  got(100);
}

static void written(const char *text) {
  if (write(slave, text, strlen(text)) < 0) perror("write");
  shown("  out ");
}

static void output(void) {
  puts("output");
  mode(0, 0, 0, 0, 0, 0);
  written("a\nb\tc\rd\be\n");
  mode(0, 0, OPOST, 0, 0, 0);
  written("a\nb\tc\n");
  mode(0, 0, ONLCR, OCRNL, 0, 0);
  written("a\rb\n");
  mode(0, 0, 0, ONOCR, 0, 0);
  written("\ra\r\n");
  mode(0, 0, 0, TAB3, 0, 0);
  written("a\tbc\td\n");
  mode(0, 0, ONLCR, ONLRET, 0, 0);
  written("ab\nc\td\n");
}

static void raw(void) {
  puts("raw");
  struct termios t = fresh;
  cfmakeraw(&t);
  tcsetattr(slave, TCSANOW, &t);
  typed("a\003\r\n\004\177");
  waiting();
  got(3);
  got(100);
  puts("VMIN 3");
  t.c_cc[VMIN] = 3;
  tcsetattr(slave, TCSANOW, &t);
  typed("ab");
  got(100);
  typed("cde");
  got(100);
  puts("VMIN 0");
  t.c_cc[VMIN] = 0;
  tcsetattr(slave, TCSANOW, &t);
  char c;
  printf("  read %zd\n", read(slave, &c, 1));
  puts("VTIME 1");
  t.c_cc[VTIME] = 1;
  tcsetattr(slave, TCSANOW, &t);
  printf("  read %zd\n", read(slave, &c, 1));
  puts("from raw to canonical");
  t.c_cc[VMIN] = 1;
  t.c_cc[VTIME] = 0;
  tcsetattr(slave, TCSANOW, &t);
  typed("left over");
  mode(0, 0, 0, 0, 0, 0);
  got(100);
  typed("and\n");
  got(100);
  got(100);
  puts("flush");
  typed("x\ny");
  tcflush(slave, TCIFLUSH);
  waiting();
  got(100);
}

static void long_line(void) {
  static char line[6000];
  puts("a line that is too long");
  mode(0, 0, 0, 0, ECHO, 0);
  memset(line, 'a', 5000);
  line[4999] = 'z';
  printf("  wrote %zd\n", write(master, line, 5000));
  typed("\n");
  struct pollfd s = {slave, POLLIN, 0};
  static char bytes[8192];
  if (poll(&s, 1, 100) > 0) {
    int n = read(slave, bytes, sizeof bytes);
    printf("  read %d, ends in %c%c\n", n, bytes[n - 2] == '\n' ? 'N' : bytes[n - 2], bytes[n - 1] == '\n' ? 'N' : bytes[n - 1]);
  }
}

static void packets(void) {
  int on = 1;
  puts("packet mode");
  mode(0, 0, 0, 0, 0, 0);
  ioctl(master, TIOCPKT, &on);
  ioctl(master, TIOCGPKT, &on);
  printf("  TIOCGPKT %d\n", on);
  written("data");
  tcflush(slave, TCIFLUSH);
  shown("  flushed in ");
  tcflush(slave, TCOFLUSH);
  shown("  flushed out ");
  tcflow(slave, TCOOFF);
  shown("  stopped ");
  tcflow(slave, TCOON);
  shown("  started ");
  mode(IXON, 0, 0, 0, 0, 0);
  shown("  no flow ");
  mode(0, 0, 0, 0, 0, 0);
  shown("  flow ");
  typed("q\n");
  got(10);
  on = 0;
  ioctl(master, TIOCPKT, &on);
}

static void flowing(void) {
  puts("^S and ^Q");
  mode(0, 0, 0, 0, 0, 0);
  typed("\023");
  fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
  printf("  write %zd", write(slave, "later", 5));
  printf(" %s\n", strerror(errno));
  typed("\021");
  printf("  write %zd\n", write(slave, "now", 3));
  shown("  shown ");
  fcntl(slave, F_SETFL, O_RDWR);
}

static void words(const char *what, int result) {
  if (result < 0) printf("  %s: %s\n", what, strerror(errno));
  else printf("  %s: %d\n", what, result);
}

static void calls(void) {
  puts("ioctls");
  struct winsize w = {24, 80, 1, 2}, v;
  ioctl(master, TIOCSWINSZ, &w);
  ioctl(slave, TIOCGWINSZ, &v);
  printf("  size %d %d %d %d\n", v.ws_row, v.ws_col, v.ws_xpixel, v.ws_ypixel);
  int n = -1;
  words("TIOCGPTN on the slave", ioctl(slave, TIOCGPTN, &n));
  words("TIOCGPTLCK", ioctl(master, TIOCGPTLCK, &n));
  printf("  locked %d\n", n);
  words("TIOCGETD", ioctl(slave, TIOCGETD, &n));
  n = 1;
  words("TIOCSETD", ioctl(slave, TIOCSETD, &n));
  words("TIOCGPGRP", ioctl(slave, TIOCGPGRP, &n));
  words("TIOCGSID", ioctl(slave, TIOCGSID, &n));
  n = getpid();
  words("TIOCSPGRP", ioctl(slave, TIOCSPGRP, &n));
  words("TIOCNOTTY", ioctl(slave, TIOCNOTTY));
  words("TCXONC 9", ioctl(slave, TCXONC, 9));
  words("TCFLSH 9", ioctl(slave, TCFLSH, 9));
  words("TCSBRK", ioctl(slave, TCSBRK, 1));
  words("TIOCOUTQ", ioctl(slave, TIOCOUTQ, &n));
  words("lseek", lseek(slave, 0, SEEK_SET));
  words("bad pointer", ioctl(slave, TCGETS, 8));
  words("unknown", ioctl(slave, 0x5499, 0));
  words("isatty master", isatty(master));
  words("isatty slave", isatty(slave));
  struct stat st;
  fstat(slave, &st);
  printf("  slave %o major %u\n", st.st_mode & S_IFMT, (unsigned)(st.st_rdev >> 8));
  fstat(master, &st);
  printf("  master %o %x\n", st.st_mode, (unsigned)st.st_rdev);
}

static void ends(void) {
  puts("the slave closes");
  char bytes[10];
  write(slave, "last", 4);
  close(slave);
  struct pollfd m = {master, POLLIN | POLLOUT, 0};
  poll(&m, 1, 100);
  printf("  poll %x\n", m.revents & (POLLIN | POLLHUP));
  printf("  read %zd\n", read(master, bytes, 10));
  words("read again", read(master, bytes, 10));
  poll(&m, 1, 100);
  printf("  poll %x\n", m.revents & (POLLIN | POLLHUP));
  puts("it opens again");
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  poll(&m, 1, 0);
  printf("  poll %x\n", m.revents & (POLLIN | POLLHUP));
  puts("the master closes");
  char name[64];
  strcpy(name, ptsname(master));
  close(master);
  struct pollfd s = {slave, POLLIN | POLLOUT, 0};
  poll(&s, 1, 100);
  printf("  poll %x\n", s.revents);
  words("read", read(slave, bytes, 10));
  words("write", write(slave, "x", 1));
  words("ioctl", ioctl(slave, TCGETS, &fresh));
  close(slave);
  words("open", open(name, O_RDWR | O_NOCTTY));
}

int main(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) return puts("no pseudo-terminals"), 1;
  int n;
  words("TIOCGPTN", ioctl(master, TIOCGPTN, &n));
  words("locked", open(ptsname(master), O_RDWR | O_NOCTTY));
  grantpt(master);
  unlockpt(master);
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  tcgetattr(slave, &fresh);
  printf("fresh %x %x %x %x", fresh.c_iflag, fresh.c_oflag, fresh.c_cflag, fresh.c_lflag);
  for (int i = 0; i < 17; i++) printf(" %d", fresh.c_cc[i]);
  puts("");
  canonical();
  echoes();
  flags();
  output();
  raw();
  long_line();
  packets();
  flowing();
  calls();
  ends();
  return 0;
}
