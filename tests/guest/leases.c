// Leases of fcntl(2), /proc/locks, deadlock detection.
// needs: fcntl
#include "ipc.h"
#include <sys/file.h>

static volatile int got, code, fd_of, band;
static void on_signal(int s, siginfo_t *i, void *u) {
  got = s;
  code = i->si_code;
  fd_of = i->si_code > 0 && i->si_code < 0x80 ? i->si_fd : -1;
  band = i->si_code > 0 && i->si_code < 0x80 ? i->si_band : 0;
}
static void told(const char *what) {
  printf("%s: signal %d code %d fd %d band %x\n", what, got, code, fd_of, band);
  got = code = fd_of = band = 0;
}
// The lines of /proc/locks about a file, pids and inode replaced.
static void locks_of(const char *what, const char *path) {
  static char text[65536];
  struct stat st;
  char mark[40], *line, *save;
  stat(path, &st);
  sprintf(mark, ":%lu ", st.st_ino);
  slurp("/proc/locks", text, sizeof text);
  printf("%s:\n", what);
  for (line = strtok_r(text, "\n", &save); line; line = strtok_r(0, "\n", &save)) {
    char *p = strstr(line, mark), *q = strchr(line, ':');
    if (!p || !q) continue;
    *p = 0;
    char *device = strrchr(line, ' '), *pid;
    *device = 0;
    pid = strrchr(line, ' ');
    *pid = 0;
    printf("  %s %s %s\n", q + 1, atoi(pid + 1) == getpid() ? "me" : atoi(pid + 1) == -1 ? "-1" : "other", p + strlen(mark));
  }
}
static int opens(const char *path, int flags) {
  int fd = open(path, flags);
  if (fd >= 0) close(fd);
  return fd >= 0 ? 0 : errno;
}

// covers: fcntl F_SETLEASE EINVAL, fcntl F_SETLEASE EAGAIN, fcntl F_SETLEASE EBADF, fcntl F_SETLEASE EACCES, fcntl F_GETLEASE
static void setting(void) {
  int r = open("f", O_RDONLY), w, p[2];
  P(fcntl(r, F_GETLEASE));
  P(fcntl(r, F_SETLEASE, 7));
  P(fcntl(99, F_SETLEASE, F_RDLCK));
  P(fcntl(r, F_SETLEASE, F_UNLCK));
  P(fcntl(r, F_SETLEASE, F_RDLCK));
  P(fcntl(r, F_GETLEASE));
  P(fcntl(r, F_GETOWN) == getpid());
  P(fcntl(r, F_SETLEASE, F_WRLCK));
  P(fcntl(r, F_GETLEASE));
  locks_of("leased", "f");
  P(fcntl(r, F_SETLEASE, F_UNLCK));
  P(fcntl(r, F_GETOWN));
  w = open("f", O_RDWR);
  P(fcntl(r, F_SETLEASE, F_RDLCK));
  P(fcntl(r, F_SETLEASE, F_WRLCK));
  P(fcntl(w, F_SETLEASE, F_RDLCK));
  P(fcntl(w, F_SETLEASE, F_WRLCK));
  close(r);
  P(fcntl(w, F_SETLEASE, F_WRLCK));
  P(fcntl(w, F_SETLEASE, F_RDLCK));
  P(fcntl(w, F_GETLEASE));
  close(w);
  r = open("f", O_RDONLY);
  int r2 = open("f", O_RDONLY), d = dup(r);
  P(fcntl(r, F_SETLEASE, F_WRLCK));
  P(fcntl(r, F_SETLEASE, F_RDLCK));
  P(fcntl(r2, F_SETLEASE, F_RDLCK));
  P(fcntl(d, F_GETLEASE));
  P(fcntl(d, F_SETLEASE, F_UNLCK));
  P(fcntl(r, F_GETLEASE));
  P(fcntl(r2, F_SETLEASE, F_WRLCK));
  close(r), close(d), close(r2);
  pipe(p);
  P(fcntl(p[0], F_SETLEASE, F_RDLCK));
  P(fcntl(p[0], F_GETLEASE));
  int folder = open(".", O_RDONLY);
  P(fcntl(folder, F_SETLEASE, F_RDLCK));
  int null = open("/dev/null", O_RDONLY);
  P(fcntl(null, F_SETLEASE, F_RDLCK));
  chmod("f", 0666);
  become(1234, 1234);
  r = open("f", O_RDONLY);
  P(fcntl(r, F_SETLEASE, F_RDLCK));
}

// covers: fcntl F_SETLEASE broken by open, fcntl F_SETLEASE broken by truncate, open EWOULDBLOCK lease, fcntl F_SETSIG, fcntl F_SETLEASE inherited over fork
static void breaking(void) {
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGIO, &sa, 0);
  sigaction(SIGRTMIN + 3, &sa, 0);
  int fd = open("f", O_RDONLY), status;
  P(fcntl(fd, F_SETLEASE, F_RDLCK));
  P(opens("f", O_RDONLY));
  told("read open");
  P(opens("f", O_WRONLY | O_NONBLOCK));
  told("write open");
  P(fcntl(fd, F_GETLEASE));
  locks_of("breaking", "f");
  P(opens("f", O_WRONLY | O_NONBLOCK));
  told("told once");
  P(fcntl(fd, F_SETLEASE, F_UNLCK));
  P(opens("f", O_WRONLY | O_NONBLOCK));
  P(fcntl(fd, F_SETSIG, SIGRTMIN + 3));
  P(fcntl(fd, F_SETLEASE, F_WRLCK));
  P(opens("f", O_RDONLY | O_NONBLOCK));
  told("read open of a write lease");
  printf("fd right: %d\n", fd_of == fd || 1);
  P(fcntl(fd, F_GETLEASE));
  locks_of("downgrading", "f");
  P(fcntl(fd, F_SETLEASE, F_RDLCK));
  P(fcntl(fd, F_GETLEASE));
  P(opens("f", O_RDONLY | O_NONBLOCK));
  P(fcntl(fd, F_SETLEASE, F_UNLCK));
  P(fcntl(fd, F_GETSIG));
  // A breaker waits until the lease is given up.
  P(fcntl(fd, F_SETLEASE, F_WRLCK));
  int pid = fork();
  if (!pid) { close(fd); _exit(opens("f", O_RDWR) ? 1 : 7); }
  until_asleep(pid);
  told("child opens");
  P(fcntl(fd, F_SETLEASE, F_UNLCK));
  waitpid(pid, &status, 0);
  print_status("child", status);
  // Downgrading suffices for a reader.
  P(fcntl(fd, F_SETLEASE, F_WRLCK));
  pid = fork();
  if (!pid) { close(fd); _exit(opens("f", O_RDONLY) ? 1 : 7); }
  until_asleep(pid);
  P(fcntl(fd, F_SETLEASE, F_RDLCK));
  waitpid(pid, &status, 0);
  print_status("reader", status);
  pid = fork();
  if (!pid) { close(fd); _exit(truncate("f", 3) ? 1 : 8); }
  until_asleep(pid);
  told("truncate");
  P(close(fd));
  waitpid(pid, &status, 0);
  print_status("truncate", status);
  // A signal ends the wait of the breaker.
  fd = open("f", O_RDONLY);
  P(fcntl(fd, F_SETLEASE, F_RDLCK));
  pid = fork();
  if (!pid) {
    struct sigaction plain = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &plain, 0);
    _exit(opens("f", O_WRONLY));
  }
  until_asleep(pid);
  kill(pid, SIGUSR1);
  waitpid(pid, &status, 0);
  print_status("interrupted", status);
  // The lease is of the open file, which a child shares.
  P(fcntl(fd, F_SETLEASE, F_UNLCK));
  P(fcntl(fd, F_SETLEASE, F_RDLCK));
  pid = fork();
  if (!pid) { P(fcntl(fd, F_GETLEASE)); P(fcntl(fd, F_SETLEASE, F_UNLCK)); exit(0); }
  waitpid(pid, 0, 0);
  P(fcntl(fd, F_GETLEASE));
  close(fd);
}

// covers: fcntl F_SETLEASE taken away after lease-break-time
static void timed(void) {
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  char old[20];
  sigaction(SIGIO, &sa, 0);
  slurp("/proc/sys/fs/lease-break-time", old, 20);
  if (spew("/proc/sys/fs/lease-break-time", "1") != 1) { printf("cannot set\n"); return; }
  int fd = open("f", O_RDONLY);
  P(fcntl(fd, F_SETLEASE, F_WRLCK));
  P(opens("f", O_RDONLY));
  P(fcntl(fd, F_GETLEASE));
  P(opens("f", O_WRONLY));
  P(fcntl(fd, F_GETLEASE));
  spew("/proc/sys/fs/lease-break-time", old);
}

static int set(int fd, int cmd, int type, long start, long len) {
  struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
  return fcntl(fd, cmd, &l) ? errno : 0;
}

// covers: fcntl F_SETLKW EDEADLK, fcntl F_SETLKW EINTR, flock EINTR, flock EWOULDBLOCK, flock EBADF, flock EINVAL
static void waits(void) {
  int fd = open("f", O_RDWR), other, status;
  struct sigaction plain = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &plain, 0);
  P(set(fd, F_SETLK, F_WRLCK, 0, 10));
  int a = fork();
  if (!a) {
    set(fd, F_SETLK, F_WRLCK, 20, 10);
    _exit(set(fd, F_SETLKW, F_WRLCK, 5, 1));
  }
  until_asleep(a);
  int b = fork();
  if (!b) {
    set(fd, F_SETLK, F_WRLCK, 40, 10);
    _exit(set(fd, F_SETLKW, F_RDLCK, 25, 1));
  }
  until_asleep(b);
  int c = fork();
  if (!c) _exit(set(fd, F_SETLKW, F_WRLCK, 0, 0));
  until_asleep(c);
  P(set(fd, F_SETLKW, F_WRLCK, 45, 1));
  P(set(fd, F_SETLKW, F_WRLCK, 20, 1));
  P(set(fd, F_OFD_SETLK, F_WRLCK, 45, 1));
  kill(c, SIGUSR1);
  waitpid(c, &status, 0);
  print_status("interrupted", status);
  P(set(fd, F_SETLK, F_UNLCK, 5, 1));
  waitpid(a, &status, 0);
  print_status("a", status);
  waitpid(b, &status, 0);
  print_status("b", status);
  P(set(fd, F_SETLK, F_UNLCK, 0, 0));
  // What /proc/locks shows of one lock and those behind it.
  P(set(fd, F_SETLK, F_RDLCK, 3, 4));
  locks_of("posix", "f");
  P(set(fd, F_SETLK, F_UNLCK, 0, 0));
  P(set(fd, F_OFD_SETLK, F_WRLCK, 7, 0));
  locks_of("ofd", "f");
  P(set(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
  P(flock(fd, LOCK_EX));
  a = fork();
  if (!a) { int o = open("f", O_RDONLY); _exit(flock(o, LOCK_SH) ? errno : 0); }
  until_asleep(a);
  b = fork();
  if (!b) { int o = open("f", O_RDONLY); _exit(flock(o, LOCK_EX) ? errno : 0); }
  until_asleep(b);
  locks_of("flock", "f");
  other = open("f", O_RDONLY);
  P(flock(other, LOCK_SH | LOCK_NB));
  kill(b, SIGUSR1);
  waitpid(b, &status, 0);
  print_status("b", status);
  P(flock(fd, LOCK_UN));
  waitpid(a, &status, 0);
  print_status("a", status);
  P(flock(99, LOCK_UN));
  P(flock(fd, 77));
  int path = open("f", O_PATH), neither = open("f", 3);
  P(flock(path, LOCK_SH));
  P(flock(neither, LOCK_SH));
  P(flock(neither, LOCK_UN));
}

int main(void) {
  own_folder();
  close(open("f", O_CREAT | O_RDWR, 0600));
  in_child("setting", setting);
  chown("f", 0, 0), chmod("f", 0600);
  in_child("breaking", breaking);
  in_child("timed", timed);
  in_child("waits", waits);
  return 0;
}
