// Arguments that contradict each other: which check Linux makes first. open, rename, dup, mq_open, waitid, memfd_create, fcntl.
// covers: fcntl F_DUPFD EINVAL, fcntl F_DUPFD EMFILE, dup2 EBADF, dup3 EINVAL, dup3 EBADF, fcntl F_ADD_SEALS EPERM before EINVAL
// covers: renameat2 EBUSY dot, renameat2 EEXIST dot, renameat2 EINVAL flags, open EINVAL O_TMPFILE, open ENOENT empty before EBADF
// covers: mq_open flags, mq_open EACCES name, mq_unlink EINVAL, waitid ECHILD SIG_IGN, waitid EINVAL options, waitid EINVAL id, waitpid EINVAL options
// covers: memfd_create EINVAL flags, memfd_create EFAULT, SIGCHLD killed by the parent
#include "guest.h"
#include <mqueue.h>

static volatile int children;
static void on_child(int s) { children++; }

static void duplicates(void) {
  struct rlimit limit = {1024, 4096};
  setrlimit(RLIMIT_NOFILE, &limit);
  P(fcntl(0, F_DUPFD, 2048));
  P(fcntl(0, F_DUPFD, 1024));
  P(fcntl(0, F_DUPFD, 1023));
  P(fcntl(0, F_DUPFD, 1023));
  P(fcntl(0, F_DUPFD, -1));
  P(dup2(0, 1024));
  P(dup2(0, -1));
  P(dup3(0, 1024, 0));
  P(dup3(0, 0, 0));
  P(dup3(99, 99, 0));
  P(dup3(99, 1, 1));
  P(dup2(99, 99));
  limit.rlim_cur = 4096;
  setrlimit(RLIMIT_NOFILE, &limit);
  P(fcntl(0, F_DUPFD, 2048));
  P(dup2(0, 4095));
  P(fcntl(0, F_DUPFD, 4096));
}

static long renames(int from, const char *a, int to, const char *b, int flags) { return syscall(SYS_renameat2, from, a, to, b, flags); }

static void names(void) {
  mkdir("d", 0755);
  close(open("f", O_CREAT | O_WRONLY, 0600));
  static const char *const pairs[][2] = {{"f", "."}, {"d", "."}, {".", "x"}, {"f", ".."}, {"d/.", "x"}, {"none", "."}, {"f", "d/.."}, {"f", "/"}, {"/", "f"}, {"f", "none/."}, {"", "."}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    printf("%s to %s: ", pairs[i][0], pairs[i][1]);
    P(rename(pairs[i][0], pairs[i][1]));
  }
  for (int flags = 1; flags < 10; flags++) {
    printf("flags %d: ", flags);
    P(renames(AT_FDCWD, "f", AT_FDCWD, ".", flags));
  }
  P(renames(AT_FDCWD, ".", AT_FDCWD, "f", RENAME_NOREPLACE));
  P(renames(AT_FDCWD, "none", AT_FDCWD, ".", RENAME_NOREPLACE));
  P(renames(AT_FDCWD, "f", 99, ".", 0));
  P(renames(99, "f", AT_FDCWD, ".", 0));
}

static void opens(void) {
  P(syscall(SYS_openat, -1, "f", -1, 0));
  P(syscall(SYS_openat, 99, "f", -1, 0));
  P(syscall(SYS_openat, AT_FDCWD, "f", -1, 0));
  P(syscall(SYS_openat, 99, "f", 0, 0));
  P(syscall(SYS_openat, 99, "/none", 0, 0));
  P(syscall(SYS_openat, 99, "", 0, 0));
  P(syscall(SYS_openat, 99, (char *)8, -1, 0));
  P(syscall(SYS_openat, AT_FDCWD, "f", 3, 0) >= 0);
  P(syscall(SYS_openat, AT_FDCWD, "f", O_CREAT | O_DIRECTORY, 0));
  P(syscall(SYS_openat, AT_FDCWD, "f", O_TMPFILE & ~O_DIRECTORY, 0));
  P(syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE, 0));
  P(syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR | O_CREAT, 0));
  P(syscall(SYS_openat, 99, "f", O_CREAT | O_DIRECTORY, 0));
  P(syscall(SYS_openat, 99, "f", O_TMPFILE & ~O_DIRECTORY, 0));
  P(syscall(SYS_openat, AT_FDCWD, "f", 0x40000000, 0) >= 0);
  P(syscall(SYS_openat, AT_FDCWD, "f", O_PATH | O_TRUNC | O_CREAT | O_RDWR, 0) >= 0);
  P(open("/dev/null", O_RDWR | O_DIRECT));
  P(open(".", O_RDONLY | O_DIRECT));
}

static char queue[40];

static void queue_with(int flags) {
  long q = syscall(SYS_mq_open, queue, flags, 0600, NULL);
  int error = errno;
  if (q >= 0) {
    printf("flags %x: F_GETFL %x F_GETFD %d\n", flags, fcntl(q, F_GETFL), fcntl(q, F_GETFD));
    close(q);
    syscall(SYS_mq_unlink, queue);
  } else printf("flags %x: errno %d\n", flags, error);
}

static void queues(void) {
  sprintf(queue, "r3odd%d", getpid());
  queue_with(0x802);
  queue_with(0x842);
  queue_with(0x802 | O_EXCL);
  queue_with(O_CREAT | 3);
  queue_with(3);
  queue_with(O_CREAT | O_RDWR | O_CLOEXEC);
  queue_with(O_CREAT | O_RDWR | O_TRUNC);
  queue_with(O_CREAT | O_RDWR | O_APPEND | O_NOATIME);
  queue_with(O_CREAT | O_RDWR | O_DIRECT);
  P(syscall(SYS_mq_open, "", 0, 0, NULL));
  P(syscall(SYS_mq_open, "/x", O_CREAT, 0, NULL));
  P(syscall(SYS_mq_open, ".", O_CREAT, 0, NULL));
  P(syscall(SYS_mq_open, "..", O_RDWR, 0, NULL));
  P(syscall(SYS_mq_open, (char *)8, O_CREAT, 0, (void *)8));
  P(syscall(SYS_mq_open, queue, O_CREAT, 0, (void *)8));
  P(syscall(SYS_mq_unlink, "."));
  P(syscall(SYS_mq_unlink, ""));
  P(syscall(SYS_mq_unlink, "a/b"));
}

static pid_t child(int how) {
  pid_t pid = fork();
  if (pid) return pid;
  if (how) pause();
  _exit(3);
}

static void waits(void) {
  siginfo_t info = {0};
  signal(SIGCHLD, SIG_IGN);
  child(0);
  P(waitid(P_ALL, 0, &info, WEXITED));
  P(info.si_pid);
  P(waitpid(child(0), NULL, 0));
  signal(SIGCHLD, SIG_DFL);
  static const unsigned options[] = {0, 8, WEXITED | 8, WEXITED | 0x10, WNOHANG, WNOWAIT, 0x80000000u | WEXITED, 0x40000000 | WEXITED, 0x20000000 | WEXITED | WNOHANG};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    printf("options %x: ", options[i]);
    P(waitid(P_ALL, 0, &info, options[i]));
  }
  P(waitid(9, 0, &info, WEXITED));
  P(waitid(P_PID, 0, &info, WEXITED));
  P(waitid(P_PID, -1, &info, WEXITED));
  P(waitid(P_PGID, -1, &info, WEXITED));
  P(waitid(P_PIDFD, -1, &info, WEXITED));
  P(waitid(P_PIDFD, 99, &info, WEXITED));
  P(waitid(P_PIDFD, 0, &info, WEXITED));
  P(waitpid(-1, NULL, 8));
  P(waitpid(-1, NULL, WEXITED));
  P(waitpid(-1, NULL, WNOWAIT));
  P(waitpid(INT_MIN, NULL, 0));
  // A child that the parent kills: the parent's handler runs once.
  static const int signals[] = {SIGTERM, SIGKILL};
  for (int i = 0; i < 2; i++) {
    int status;
    signal(SIGCHLD, on_child);
    pid_t pid = child(1);
    kill(pid, signals[i]);
    while (waitpid(pid, &status, 0) < 0) {}
    print_status("killed", status);
    P(children);
  }
}

static void memfds(void) {
  for (unsigned flags = 0; flags < 64; flags++) {
    if (flags & 4) continue; // MFD_HUGETLB
    int fd = syscall(SYS_memfd_create, "n", flags);
    struct stat st;
    if (fd < 0) printf("memfd %x: errno %d\n", flags, errno);
    else {
      fstat(fd, &st);
      printf("memfd %x: seals %d mode %o\n", flags, fcntl(fd, F_GET_SEALS), st.st_mode);
      close(fd);
    }
  }
  P(syscall(SYS_memfd_create, (char *)8, 0));
  P(syscall(SYS_memfd_create, (char *)8, 0x100));
  P(syscall(SYS_memfd_create, "n", 0x80000000));
  int fd = memfd_create("m", MFD_ALLOW_SEALING);
  char name[40];
  sprintf(name, "/proc/self/fd/%d", fd);
  int reader = open(name, O_RDONLY);
  P(fcntl(reader, F_ADD_SEALS, F_SEAL_GROW));
  P(fcntl(reader, F_ADD_SEALS, 0x8000));
  P(fcntl(fd, F_ADD_SEALS, 0x8000));
  P(fcntl(fd, F_ADD_SEALS, 0));
}

int main(void) {
  own_folder();
  names();
  opens();
  queues();
  waits();
  memfds();
  duplicates();
  return 0;
}
