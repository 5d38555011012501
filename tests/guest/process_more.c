// What capset(2), wait4(2), PR_SET_PDEATHSIG, RLIMIT_DATA and orphaned process groups do in the corners.
#include "guest.h"
#include <linux/capability.h>

static struct __user_cap_data_struct caps[2];
static void get(void) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  syscall(SYS_capget, &h, caps);
}
static int set(void) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &h, caps);
}

static void capabilities(void) {
  P(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
  get();
  caps[0].inheritable |= 1 << CAP_CHOWN; // not in the bounding set
  P(set());
  get();
  caps[0].inheritable |= 1 << CAP_KILL;
  caps[0].permitted &= ~(1 << CAP_FOWNER);
  caps[0].effective &= ~(1 << CAP_FOWNER);
  P(set());
  caps[0].inheritable |= 1 << CAP_FOWNER; // with CAP_SETPCAP only
  P(set());
  get();
  caps[0].effective &= ~(1 << CAP_SETPCAP);
  caps[0].inheritable &= ~(1 << CAP_FOWNER);
  P(set());
  caps[0].inheritable |= 1 << CAP_FOWNER;
  P(set());
  get();
  caps[1].effective |= 1u << 31; // beyond the last: passed over
  caps[1].permitted |= 1u << 31;
  P(set());
  get();
  Q(caps[1].permitted >> 31);
  caps[0].permitted |= 1 << CAP_FOWNER;
  P(set());
}

static int child_pipe[2];
static pid_t made;
static void *maker(void *end) {
  made = fork();
  if (!made) {
    char c;
    if (end) prctl(PR_SET_PDEATHSIG, SIGUSR1);
    close(child_pipe[1]);
    write(3, "", 0);
    read(child_pipe[0], &c, 1);
    _exit(7);
  }
  if (end) sleep_ms(300);
  return NULL;
}
static void nothread(void) {
  int status;
  pthread_t t;
  pipe(child_pipe);
  pthread_create(&t, NULL, maker, NULL);
  sleep_ms(100);
  pthread_join(t, NULL);
  // The thread has ended: its children are the others'.
  Q(waitpid(made, &status, WNOHANG | __WNOTHREAD) == 0);
  close(child_pipe[1]);
  Q(waitpid(made, &status, __WNOTHREAD) == made);
  print_status("child", status);
}
static void *waiter(void *arg) {
  int status;
  P(waitpid((long)arg, &status, WNOHANG | __WNOTHREAD));
  P(waitpid((long)arg, &status, WNOHANG | __WNOTHREAD | __WALL));
  P(waitpid((long)arg, &status, WNOHANG));
  return NULL;
}
static void othersChild(void) {
  pthread_t t;
  pid_t pid = fork();
  if (!pid) {
    pause();
    _exit(0);
  }
  pthread_create(&t, NULL, waiter, (void *)(long)pid);
  pthread_join(t, NULL);
  kill(pid, SIGKILL);
  P(waitpid(pid, NULL, __WCLONE));
  siginfo_t i;
  P(waitid(P_PID, pid, &i, WEXITED | WNOWAIT));
  P(i.si_code);
  P(i.si_status);
  P(waitid(P_PID, pid, &i, WEXITED | WNOWAIT | __WCLONE));
  P(waitid(P_PID, pid, &i, WEXITED | __WALL));
  P(waitid(P_PID, pid, &i, WEXITED));
}
static void clones(void) {
  pid_t pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
  if (!pid) _exit(3);
  int status;
  P(waitpid(pid, &status, 0));
  P(waitpid(-1, &status, 0));
  Q(waitpid(pid, &status, __WCLONE) == pid);
  print_status("clone", status);
  pid = syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0);
  signal(SIGUSR2, SIG_IGN);
  if (!pid) _exit(4);
  Q(waitpid(pid, &status, __WALL) == pid);
  print_status("clone", status);
  P(waitpid(-1, &status, 0x1000));
  P(waitpid(-1, &status, WNOWAIT));
  P(waitid(P_ALL, 0, NULL, 0));
  P(waitid(P_ALL, 0, NULL, WNOHANG));
  P(waitid(P_ALL, 0, NULL, WEXITED | 0x100));
  P(waitid(9, 0, NULL, WEXITED));
  P(waitid(P_PGID, -1, NULL, WEXITED));
  P(waitid(P_PIDFD, 99, NULL, WEXITED));
}

static void death(void) {
  pthread_t t;
  int status;
  pipe(child_pipe);
  pthread_create(&t, NULL, maker, (void *)1);
  pthread_join(t, NULL);
  waitpid(made, &status, 0); // its parent thread is gone: SIGUSR1
  print_status("child of a thread", status);
}

static void data(void) {
  struct rlimit r = {64 << 20, 64 << 20};
  P(setrlimit(RLIMIT_DATA, &r));
  long mb = 1 << 20;
  Q(mmap(0, 60 * mb, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
  P(mmap(0, 60 * mb, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  char *ro = mmap(0, 60 * mb, 1, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Q(ro != MAP_FAILED);
  Q(mmap(0, 60 * mb, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
  P(mprotect(ro, 60 * mb, 3));
  P(mprotect(ro, 4096, 3));
  Q(mremap(ro, 4096, 30 * mb, MREMAP_MAYMOVE) == MAP_FAILED);
  P(errno);
  Q(sbrk(30 * mb) == (void *)-1);
  r.rlim_cur = 0;
  P(setrlimit(RLIMIT_DATA, &r));
  P(mmap(0, 60 * mb, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  Q(mmap(0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
  r.rlim_cur = 4096;
  P(setrlimit(RLIMIT_DATA, &r));
  P(mmap(0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

// A stopped process whose parent, its only link to the session, ends: SIGHUP, then SIGCONT.
static int told[2];
static pid_t *orphan_pid;
static void on_signal(int signal) {
  char c = signal;
  write(told[1], &c, 1);
}
static void orphan(int how) {
  pipe(told);
  orphan_pid = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t middle = fork();
  if (!middle) {
    if (how == 2) setsid();
    pid_t child = fork();
    if (!child) {
      *orphan_pid = getpid();
      signal(SIGHUP, on_signal);
      signal(SIGCONT, on_signal);
      if (how) setpgid(0, 0);
      raise(SIGSTOP);
      for (;;) pause();
      _exit(5);
    }
    waitpid(child, NULL, WUNTRACED);
    _exit(0);
  }
  int status;
  waitpid(middle, &status, 0);
  print_status("middle", status);
  siginfo_t info = {0};
  sleep_ms(200);
  fcntl(told[0], F_SETFL, O_NONBLOCK);
  char c;
  while (read(told[0], &c, 1) == 1) printf("signal %d\n", c);
  kill(*orphan_pid, SIGKILL);
  while (waitpid(-1, &status, 0) > 0) print_status("child", status);
}
static void orphan0(void) { orphan(0); }
static void orphan1(void) { orphan(1); }
static void orphan2(void) { orphan(2); }
static void orphanIn(void (*f)(void), const char *what) {
  int status;
  pid_t pid = fork();
  if (!pid) {
    setsid();
    in_child(what, f);
    _exit(0);
  }
  waitpid(pid, &status, 0);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  in_child("capabilities", capabilities);
  in_child("nothread", nothread);
  in_child("others", othersChild);
  in_child("clones", clones);
  in_child("death", death);
  in_child("data", data);
  orphanIn(orphan0, "same group");
  orphanIn(orphan1, "own group");
  orphanIn(orphan2, "other session");
  return 0;
}
