// flock(2) and record locks on what has no name: pipes, sockets, descriptors of the kernel; leases that exec and truncate break.
// covers: flock pipe, flock socket, flock eventfd, fcntl F_SETLK pipe, fcntl F_SETLK socket, fcntl F_GETLK eventfd
// covers: fcntl F_SETLK EBADF pipe end, fcntl F_OFD_SETLK pipe, fcntl F_SETLEASE EINVAL pipe, fcntl F_SETLEASE broken by execve
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int a, b;

static void try_flock(void) { P(flock(b, LOCK_EX | LOCK_NB)); }
static void try_record(void) {
  struct flock l = {F_RDLCK, SEEK_SET, 0, 0};
  P(fcntl(b, F_SETLK, &l));
  P(fcntl(b, F_GETLK, &l));
  printf("type %d start %ld length %ld of parent %d\n", l.l_type, (long)l.l_start, (long)l.l_len, l.l_pid == getppid());
}

// The two descriptors are of one object, or of two.
static void both(const char *what, int x, int y) {
  printf("[%s]\n", what);
  a = x;
  b = y;
  P(flock(a, LOCK_SH));
  in_child("flock", try_flock);
  P(flock(b, LOCK_EX | LOCK_NB));
  P(flock(a, LOCK_UN));
  P(flock(b, LOCK_UN));
  struct flock l = {F_WRLCK, SEEK_SET, 3, 5};
  P(fcntl(a, F_SETLK, &l));
  in_child("record lock", try_record);
  l.l_type = F_RDLCK;
  P(fcntl(a, F_SETLK, &l));
  l.l_type = F_WRLCK;
  l.l_whence = SEEK_END;
  P(fcntl(b, F_OFD_SETLK, &l));
  l.l_type = F_UNLCK;
  l.l_whence = SEEK_SET;
  l.l_start = l.l_len = 0;
  P(fcntl(a, F_SETLK, &l));
  P(fcntl(b, F_OFD_SETLK, &l));
  P(fcntl(a, F_SETLEASE, F_RDLCK));
  P(fcntl(a, F_GETLEASE));
}

static int status_of(const char *name) {
  pid_t child = fork();
  if (!child) {
    execl(name, name, NULL);
    _exit(errno);
  }
  int status;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

static volatile int broken, lease_fd;
static void on_break(int s) {
  broken++;
  fcntl(lease_fd, F_SETLEASE, F_UNLCK);
}

static void leases(void) {
  int fd = open("program", O_CREAT | O_WRONLY, 0755);
  write(fd, "#!/none\n", 8);
  close(fd);
  signal(SIGIO, on_break);
  lease_fd = open("program", O_RDONLY);
  P(fcntl(lease_fd, F_SETLEASE, F_RDLCK));
  P(status_of("./program"));
  P(broken);
  P(fcntl(lease_fd, F_SETLEASE, F_WRLCK));
  P(status_of("./program"));
  P(broken);
  P(fcntl(lease_fd, F_GETLEASE));
  P(fcntl(lease_fd, F_SETLEASE, F_RDLCK));
  pid_t child = fork();
  if (!child) _exit(truncate("program", 3) ? errno : 0);
  int status;
  while (waitpid(child, &status, 0) < 0) {}
  print_status("truncate", status);
  P(broken);
}

int main(void) {
  own_folder();
  int ends[2], s[2], u[2];
  pipe(ends);
  both("both ends of a pipe", ends[0], ends[1]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  both("two sockets", s[0], s[1]);
  both("one socket", s[0], dup(s[0]));
  both("eventfd and epoll", eventfd(0, 0), epoll_create1(0));
  both("two timerfds", timerfd_create(CLOCK_MONOTONIC, 0), timerfd_create(CLOCK_MONOTONIC, 0));
  socketpair(AF_UNIX, SOCK_DGRAM, 0, u);
  // Closed with the lock held, and made again.
  P(flock(u[0], LOCK_EX));
  close(u[0]);
  close(u[1]);
  pipe(ends);
  P(flock(ends[1], LOCK_EX | LOCK_NB));
  int opened = open("/proc/self/fd/3", O_RDONLY | O_NONBLOCK);
  P(opened >= 0);
  char name[32];
  sprintf(name, "/proc/self/fd/%d", ends[0]);
  opened = open(name, O_RDONLY);
  P(flock(opened, LOCK_EX | LOCK_NB));
  P(flock(ends[1], LOCK_UN));
  P(flock(opened, LOCK_EX | LOCK_NB));
  leases();
  return 0;
}
