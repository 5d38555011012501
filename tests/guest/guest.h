// What the guest programs share. They print results that are the same on every run: no pid, address or time.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// Prints an expression with its value, and errno when it is -1.
#define P(e)                                                     \
  ({                                                             \
    errno = 0;                                                   \
    long p_ = (long)(e);                                         \
    if (p_ == -1) printf("%s = -1, errno %d\n", #e, errno);      \
    else printf("%s = %ld\n", #e, p_);                           \
  })

// Prints whether an expression holds.
#define Q(e) printf("%s: %s\n", #e, (e) ? "yes" : "no")

__attribute__((constructor)) static void guest_init(void) { setvbuf(stdout, NULL, _IOLBF, 4096); }

// Goes to an empty folder of its own.
static inline void own_folder(void) {
  char name[] = "/tmp/guestXXXXXX";
  if (!mkdtemp(name) || chdir(name)) {
    perror("own_folder");
    exit(99);
  }
}

// Prints how a child ended.
static inline void print_status(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exited %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: killed by %d\n", what, WTERMSIG(status));
  else if (WIFSTOPPED(status)) printf("%s: stopped by %d\n", what, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
  else printf("%s: %x\n", what, status);
}

// Runs a function in a child and prints how that ended.
static inline void in_child(const char *what, void (*f)(void)) {
  int status;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    f();
    exit(0);
  }
  waitpid(pid, &status, 0);
  print_status(what, status);
}

static inline void sleep_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) && errno == EINTR) {}
}
