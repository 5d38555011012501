#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <linux/futex.h>
// Wild pointers into the system calls: each gives what Linux gives, and nothing else happens.
#define BAD 0x7badbadbadL
static int fd, dir, p[2], ep, efd;
static char buffer[4096];
static struct iovec iov = {buffer, 100};
struct call {
  const char *name;
  long nr, a[6];
};
static long bad[5];
static const char *kinds[] = {"low", "kernel", "not canonical", "no access", "read-only"};
static void try(struct call *c, int k) {
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = c->a[i] == BAD ? bad[k] : c->a[i];
  errno = 0;
  long r = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (r >= 0 && c->nr != SYS_mmap) r = 0;
  printf("%s %s: %s %d\n", c->name, kinds[k], r == -1 ? "errno" : "gives", r == -1 ? errno : (int)r);
}
#define C(name, ...) {#name, SYS_##name, {__VA_ARGS__}}
int main(void) {
  char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(page + 4096, 4096, PROT_NONE);
  bad[0] = 16, bad[1] = 0xffff800000001000, bad[2] = 0x8000000000001000, bad[3] = (long)page + 4096 + 64, bad[4] = (long)page + 64;
  own_folder();
  fd = open("file", O_CREAT | O_RDWR, 0600), dir = open(".", O_RDONLY);
  write(fd, buffer, 4096), lseek(fd, 0, SEEK_SET);
  pipe2(p, O_NONBLOCK);
  write(p[1], buffer, 512);
  ep = epoll_create1(0), efd = eventfd(1, EFD_NONBLOCK);
  struct call calls[] = {
      C(read, fd, BAD, 100), C(read, p[0], BAD, 10), C(write, fd, BAD, 100), C(write, p[1], BAD, 10), C(open, BAD, O_RDONLY), C(stat, BAD, (long)buffer), C(stat, (long)"file", BAD), C(fstat, fd, BAD), C(lstat, (long)"file", BAD),
      C(poll, BAD, 1, 0), C(rt_sigaction, SIGUSR1, BAD, 0, 8), C(rt_sigaction, SIGUSR1, 0, BAD, 8), C(rt_sigprocmask, SIG_BLOCK, BAD, 0, 8), C(rt_sigprocmask, SIG_BLOCK, 0, BAD, 8), C(ioctl, p[0], FIONREAD, BAD),
      C(pread64, fd, BAD, 100, 0), C(pwrite64, fd, BAD, 100, 0), C(readv, fd, BAD, 1), C(writev, fd, BAD, 1), C(preadv, fd, BAD, 1, 0, 0), C(pwritev, fd, BAD, 1, 0, 0), C(access, BAD, 0), C(pipe, BAD), C(pipe2, BAD, 0),
      C(select, 5, BAD, 0, 0, (long)buffer + 2048), C(select, 0, 0, 0, 0, BAD), C(pselect6, 5, BAD, 0, 0, 0, 0), C(pselect6, 0, 0, 0, 0, BAD, 0), C(pselect6, 0, 0, 0, 0, 0, BAD), C(mincore, (long)page, 4096, BAD), C(nanosleep, BAD, 0), C(getitimer, 0, BAD),
      C(setitimer, 0, BAD, 0), C(execve, BAD, 0, 0), C(execve, (long)"none", BAD, 0), C(wait4, -1, BAD, 0, 0), C(uname, BAD), C(truncate, BAD, 0), C(getdents64, dir, BAD, 1000), C(getcwd, BAD, 100), C(chdir, BAD), C(rename, BAD, (long)"x"),
      C(rename, (long)"file", BAD), C(mkdir, BAD, 0700), C(rmdir, BAD), C(creat, BAD, 0600), C(link, BAD, (long)"x"), C(link, (long)"file", BAD), C(unlink, BAD), C(symlink, BAD, (long)"x"), C(symlink, (long)"a", BAD), C(readlink, BAD, (long)buffer, 10),
      C(readlink, (long)"/proc/self/exe", BAD, 10), C(chmod, BAD, 0600), C(chown, BAD, 0, 0), C(lchown, BAD, 0, 0), C(gettimeofday, BAD, 0), C(gettimeofday, 0, BAD), C(getrlimit, 7, BAD), C(setrlimit, 7, BAD), C(getrusage, 0, BAD), C(sysinfo, BAD), C(times, BAD),
      C(getgroups, 0, BAD), C(setgroups, 1, BAD), C(getresuid, BAD, (long)buffer, (long)buffer), C(getresgid, (long)buffer, BAD, (long)buffer), C(rt_sigpending, BAD, 8), C(rt_sigtimedwait, BAD, 0, (long)buffer + 1024, 8), C(rt_sigqueueinfo, getpid(), 0, BAD), C(rt_sigsuspend, BAD, 8),
      C(sigaltstack, BAD, 0), C(sigaltstack, 0, BAD), C(utime, (long)"file", BAD), C(mknod, BAD, S_IFIFO | 0600, 0), C(statfs, (long)"/", BAD), C(fstatfs, fd, BAD), C(statfs, BAD, (long)buffer), C(sched_getparam, 0, BAD), C(sched_setparam, 0, BAD), C(sched_rr_get_interval, 0, BAD),
      C(arch_prctl, 0x1003, BAD), C(prctl, PR_SET_NAME, BAD), C(prctl, PR_GET_NAME, BAD), C(prctl, PR_GET_PDEATHSIG, BAD), C(time, BAD), C(futex, BAD, FUTEX_WAKE, 1), C(futex, BAD, FUTEX_WAIT, 0), C(futex, (long)buffer, FUTEX_WAIT, 0, BAD), C(sched_getaffinity, 0, 128, BAD), C(sched_setaffinity, 0, 8, BAD),
      C(set_tid_address, BAD), C(clock_gettime, 0, BAD), C(clock_gettime, 1, BAD), C(clock_getres, 0, BAD), C(clock_settime, 0, BAD), C(clock_nanosleep, 1, 0, BAD, 0), C(epoll_ctl, ep, EPOLL_CTL_ADD, efd, BAD), C(waitid, P_ALL, 0, BAD, WEXITED, 0), C(openat, AT_FDCWD, BAD, 0), C(mkdirat, AT_FDCWD, BAD, 0700), C(mknodat, AT_FDCWD, BAD, S_IFIFO, 0),
      C(fchownat, AT_FDCWD, BAD, 0, 0, 0), C(futimesat, AT_FDCWD, BAD, 0), C(newfstatat, AT_FDCWD, BAD, (long)buffer, 0), C(newfstatat, AT_FDCWD, (long)"file", BAD, 0), C(unlinkat, AT_FDCWD, BAD, 0), C(renameat, AT_FDCWD, BAD, AT_FDCWD, (long)"x"), C(linkat, AT_FDCWD, BAD, AT_FDCWD, (long)"x", 0), C(symlinkat, BAD, AT_FDCWD, (long)"x"),
      C(readlinkat, AT_FDCWD, BAD, (long)buffer, 10), C(fchmodat, AT_FDCWD, BAD, 0), C(faccessat, AT_FDCWD, BAD, 0), C(ppoll, BAD, 1, 0, 0, 0), C(ppoll, 0, 0, BAD, 0, 0), C(ppoll, 0, 0, (long)buffer + 1024, BAD, 8), C(set_robust_list, BAD, 24), C(utimensat, AT_FDCWD, BAD, 0, 0), C(utimensat, AT_FDCWD, (long)"file", BAD, 0),
      C(read, efd, BAD, 8), C(write, efd, BAD, 8), C(dup3, 0, 0, 0), C(prlimit64, 0, 7, BAD, 0), C(prlimit64, 0, 7, 0, BAD), C(getrandom, BAD, 10, 0), C(memfd_create, BAD, 0), C(execveat, AT_FDCWD, BAD, 0, 0, 0), C(statx, AT_FDCWD, BAD, 0, STATX_SIZE, (long)buffer),
      C(statx, AT_FDCWD, (long)"file", 0, STATX_SIZE, BAD), C(renameat2, AT_FDCWD, BAD, AT_FDCWD, (long)"x", 0), C(getcpu, BAD, 0, 0), C(clone3, BAD, 88), C(getpriority, 0, 0),
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    for (int k = 0; k < 5; k++) {
      if (calls[i].nr == SYS_rt_sigsuspend && k == 4) continue;
      // Zeroed read-only pages are good input to these.
      if (k == 4 && (calls[i].nr == SYS_clone3 || calls[i].nr == SYS_sched_setaffinity || calls[i].nr == SYS_clock_settime || calls[i].nr == SYS_setrlimit || calls[i].nr == SYS_prlimit64 || calls[i].nr == SYS_ppoll || calls[i].nr == SYS_pselect6)) continue;
      try(&calls[i], k);
      lseek(fd, 0, SEEK_SET), lseek(dir, 0, SEEK_SET);
    }
  // A buffer that begins well and runs into a bad page: what was moved before counts.
  char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(edge + 4096, 4096, PROT_NONE);
  P(pread(fd, edge + 4000, 500, 0));
  P(pwrite(fd, edge + 4000, 500, 0));
  P(read(p[0], edge + 4090, 20));
  P(write(p[1], edge + 4090, 20));
  P(getcwd(edge + 4095, 100) == NULL);
  struct iovec v[2] = {{buffer, 10}, {(void *)16, 10}};
  P(preadv(fd, v, 2, 0));
  P(pwritev(fd, v, 2, 0));
  P(getrandom(edge + 4090, 20, 0));
  memset(edge, 'a', 4096);
  P(open(edge + 4000, O_RDONLY));
  P(syscall(SYS_clock_gettime, 0, edge + 4092));
  P(stat("file", (struct stat *)(edge + 4092)));
  return 0;
}
