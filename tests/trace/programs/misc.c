#define _GNU_SOURCE
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <asm/prctl.h>
#include <pthread.h>

static void *thread(void *a) { syscall(SYS_gettid); return a; }

int main(void) {
  struct utsname u;
  uname(&u);
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  syscall(SYS_getrlimit, RLIMIT_STACK, &r);
  syscall(SYS_setrlimit, RLIMIT_CORE, &r);
  prlimit(0, RLIMIT_CORE, &r, NULL);
  prctl(PR_SET_NAME, "a name that is too long");
  char name[16];
  prctl(PR_GET_NAME, name);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int n;
  prctl(PR_GET_PDEATHSIG, &n);
  prctl(PR_GET_DUMPABLE);
  prctl(PR_SET_DUMPABLE, 1);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_GET_CHILD_SUBREAPER, &n);
  prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN);
  prctl(PR_SET_TIMERSLACK, 5);
  prctl(PR_GET_TIMERSLACK);
  prctl(999, 1, 2, 3, 4);
  unsigned long base;
  syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
  syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
  syscall(SYS_arch_prctl, 0x9999, 5);
  struct timespec ts;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
  syscall(SYS_clock_gettime, 99, &ts);
  syscall(SYS_clock_getres, CLOCK_REALTIME, &ts);
  syscall(SYS_clock_gettime, CLOCK_REALTIME, 8);
  ts.tv_sec = 0;
  ts.tv_nsec = 1000;
  clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
  ts.tv_sec = 1;
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, &ts);
  nanosleep(&(struct timespec){0, 2000000000}, NULL);
  struct timeval tv;
  syscall(SYS_gettimeofday, &tv, NULL);
  syscall(SYS_time, NULL);
  struct rusage ru;
  getrusage(RUSAGE_SELF, &ru);
  struct tms tm;
  times(&tm);
  struct sysinfo si;
  sysinfo(&si);
  getrandom(name, 8, GRND_NONBLOCK);
  personality(0xffffffff);
  struct __user_cap_header_struct ch = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct cd[2];
  syscall(SYS_capget, &ch, cd);
  mount("none", "/nonexistent", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m");
  umount2("/nonexistent", MNT_DETACH);
  getxattr("/tmp", "user.x", name, 16);
  setxattr("/nonexistent", "user.x", "val", 3, XATTR_CREATE);
  listxattr("/tmp", name, 16);
  int f = 5;
  syscall(SYS_futex, &f, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
  syscall(SYS_futex, &f, FUTEX_WAIT, 6, NULL, NULL, 0);
  ts.tv_sec = 0;
  syscall(SYS_futex, &f, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &ts, NULL, FUTEX_BITSET_MATCH_ANY);
  syscall(SYS_futex, &f, FUTEX_REQUEUE, 1, 2, &f, 0);
  syscall(SYS_futex, &f, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &f, 5);
  syscall(SYS_futex, &f, FUTEX_WAKE_OP_PRIVATE, 1, 1, &f, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, 1));
  syscall(SYS_futex, &f, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
  syscall(SYS_futex, &f, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
  syscall(SYS_futex, &f, 77, 1, 2, 3, 4);
  struct { unsigned long long f, pfd, ctid, ptid, sig, st, ss, tls; } ca = {.sig = SIGCHLD};
  int pid = syscall(SYS_clone3, &ca, sizeof ca);
  if (!pid) _exit(0);
  waitpid(pid, NULL, 0);
  ca.f = 0xffffff;
  syscall(SYS_clone3, &ca, sizeof ca);
  syscall(SYS_clone3, 0, 5);
  pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (!pid) _exit(0);
  waitpid(pid, NULL, __WALL);
  pthread_t t;
  pthread_create(&t, NULL, thread, NULL);
  pthread_join(t, NULL);
  unshare(CLONE_FILES | CLONE_FS);
  setns(99, CLONE_NEWNS);
  struct iovec lv = {name, 4};
  process_vm_readv(getpid(), &lv, 1, &lv, 1, 0);
  syscall(SYS_kcmp, getpid(), getpid(), 2, 0, 0);
  syscall(SYS_pidfd_open, getpid(), 0);
  syscall(SYS_get_robust_list, 0, &base, &base);
  syscall(600, 1, 2, 3);
  syscall(SYS_ioprio_get, 1, 0);
  syscall(SYS_rseq, 0, 0, 0, 0);
  sethostname("", -1);
  chroot("/nonexistent");
  syscall(SYS_restart_syscall);
  return 0;
}
