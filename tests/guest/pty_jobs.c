// A session on a pseudo-terminal: its controlling terminal, foreground and background, signals of keys, hang-up.
#include "guest.h"
#include <termios.h>

static int master;
static char *name;

static void fresh(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  unlockpt(master);
  name = strdup(ptsname(master));
}

static void words(const char *what, int result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %d\n", what, result);
}

static volatile sig_atomic_t seen;
static void note(int signal) { seen = signal; }

static void handle(int signal) {
  struct sigaction a = {.sa_handler = note};
  sigaction(signal, &a, NULL);
}

/** Waits up to some seconds for a signal that handle() is there for. */
static void await(int signal) {
  for (int i = 0; i < 500 && seen != signal; i++) sleep_ms(10);
  printf("signal %d: %s\n", signal, seen == signal ? "came" : "did not come");
  seen = 0;
}

static int lead(void) {
  setsid();
  words("open /dev/tty without a terminal", open("/dev/tty", O_RDWR));
  int plain = open(name, O_RDWR | O_NOCTTY);
  words("O_NOCTTY gives none", open("/dev/tty", O_RDWR));
  close(plain);
  int slave = open(name, O_RDWR);
  int tty = open("/dev/tty", O_RDWR);
  printf("/dev/tty %s\n", tty >= 0 ? "opens" : strerror(errno));
  pid_t got = 0;
  ioctl(slave, TIOCGSID, &got);
  printf("TIOCGSID is the session: %d\n", got == getsid(0));
  printf("tcgetpgrp is the group: %d\n", tcgetpgrp(tty) == getpgrp());
  words("TIOCSCTTY again", ioctl(slave, TIOCSCTTY, 0));
  return slave;
}

static int status;
static pid_t background(void (*f)(int), int slave) {
  fflush(stdout);
  pid_t pid = fork();
  if (!pid) {
    setpgid(0, 0);
    f(slave);
    exit(0);
  }
  setpgid(pid, pid);
  return pid;
}

static void reads(int slave) {
  char bytes[20];
  int n = read(slave, bytes, sizeof bytes);
  printf("background read %d %.*s", n, n > 0 ? n : 0, bytes);
}

static void reads_ignoring(int slave) {
  char c;
  signal(SIGTTIN, SIG_IGN);
  words("read with SIGTTIN ignored", read(slave, &c, 1));
}

static void writes(int slave) {
  words("background write", write(slave, "b", 1));
}

static void sets(int slave) {
  struct termios t;
  tcgetattr(slave, &t);
  words("background tcsetattr", tcsetattr(slave, TCSANOW, &t));
}

static void sets_blocking(int slave) {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGTTOU);
  sigprocmask(SIG_BLOCK, &s, NULL);
  sets(slave);
}

static void jobs(int slave) {
  puts("background reads");
  pid_t pid = background(reads, slave);
  waitpid(pid, &status, WUNTRACED);
  print_status("reader", status);
  words("tcsetpgrp", tcsetpgrp(slave, pid));
  write(master, "typed\n", 6);
  kill(-pid, SIGCONT);
  waitpid(pid, &status, WUNTRACED);
  print_status("reader", status);
  signal(SIGTTOU, SIG_IGN);
  words("tcsetpgrp from behind", tcsetpgrp(slave, getpgrp()));
  signal(SIGTTOU, SIG_DFL);
  pid = background(reads_ignoring, slave);
  waitpid(pid, &status, WUNTRACED);
  print_status("reader", status);
  puts("background writes");
  pid = background(writes, slave);
  waitpid(pid, &status, WUNTRACED);
  print_status("writer", status);
  struct termios t;
  tcgetattr(slave, &t);
  t.c_lflag |= TOSTOP;
  tcsetattr(slave, TCSANOW, &t);
  pid = background(writes, slave);
  waitpid(pid, &status, WUNTRACED);
  print_status("writer with TOSTOP", status);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  pid = background(sets, slave);
  waitpid(pid, &status, WUNTRACED);
  print_status("setter", status);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  pid = background(sets_blocking, slave);
  waitpid(pid, &status, WUNTRACED);
  print_status("setter with SIGTTOU blocked", status);
  words("tcsetpgrp of nobody", tcsetpgrp(slave, 99999));
  words("tcsetpgrp of another session", tcsetpgrp(slave, getppid()));
}

static void keys(void) {
  puts("keys");
  handle(SIGINT);
  handle(SIGQUIT);
  handle(SIGTSTP);
  handle(SIGWINCH);
  write(master, "\003", 1);
  await(SIGINT);
  write(master, "\034", 1);
  await(SIGQUIT);
  write(master, "\032", 1);
  await(SIGTSTP);
  struct winsize w = {30, 90, 0, 0};
  ioctl(master, TIOCSWINSZ, &w);
  await(SIGWINCH);
  ioctl(master, TIOCSWINSZ, &w);
  printf("same size again: %d\n", seen);
  words("TIOCSIG", ioctl(master, TIOCSIG, SIGINT));
  await(SIGINT);
  words("TIOCSIG of another", ioctl(master, TIOCSIG, SIGUSR1));
}

static void read_interrupted(int slave) {
  puts("a read that a key interrupts");
  fflush(stdout);
  pid_t pid = fork();
  if (!pid) {
    sleep_ms(200);
    write(master, "half\003", 5);
    exit(0);
  }
  char bytes[20];
  words("read", read(slave, bytes, sizeof bytes));
  seen = 0;
  waitpid(pid, &status, 0);
  int n = 0;
  ioctl(slave, FIONREAD, &n);
  printf("left %d\n", n);
}

static void session(void) {
  int slave = lead();
  jobs(slave);
  keys();
  read_interrupted(slave);
  handle(SIGHUP);
  handle(SIGCONT);
  words("TIOCNOTTY", ioctl(slave, TIOCNOTTY));
  printf("signals %d\n", seen == SIGHUP || seen == SIGCONT);
  words("open /dev/tty after TIOCNOTTY", open("/dev/tty", O_RDWR));
  words("TIOCGPGRP after it", ioctl(slave, TIOCGPGRP, &status));
}

static void hung_up(void) {
  fresh();
  setsid();
  int slave = open(name, O_RDWR);
  signal(SIGHUP, SIG_IGN);
  handle(SIGHUP);
  fflush(stdout);
  close(master);
  await(SIGHUP);
  char c;
  words("read", read(slave, &c, 1));
  words("write", write(slave, &c, 1));
  words("/dev/tty", open("/dev/tty", O_RDWR));
}

static void leader_exits(void) {
  int ends[2], up[2];
  pipe(ends);
  pipe(up);
  fflush(stdout);
  pid_t pid = fork();
  if (!pid) {
    setsid();
    int slave = open(name, O_RDWR);
    if (!fork()) {
      // In the foreground group: hears SIGHUP when the leader is gone.
      handle(SIGHUP);
      write(up[1], "u", 1);
      await(SIGHUP);
      char c;
      fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
      words("read of the orphan", read(slave, &c, 1));
      words("tcgetpgrp of the orphan", ioctl(slave, TIOCGPGRP, &status));
      fflush(stdout);
      write(ends[1], "e", 1);
      _exit(0);
    }
    char c;
    read(up[0], &c, 1);
    _exit(0);
  }
  char c;
  waitpid(pid, &status, 0);
  read(ends[0], &c, 1);
}

int main(void) {
  fresh();
  in_child("session", session);
  close(master);
  in_child("hung up", hung_up);
  fresh();
  leader_exits();
  return 0;
}
