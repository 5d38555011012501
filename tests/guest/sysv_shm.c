// System V shared memory: every command, flag and errno of shmget(2), shmop(2), shmctl(2).
// needs: shmget unshare
#include "ipc.h"

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#define RECENT(t) ((t) ? labs((t) - time(0)) < 5 ? 1 : 2 : 0)

static struct shmid_ds d;
static void stat_of(const char *what, int id) {
  if (shmctl(id, IPC_STAT, &d)) { printf("%s: errno %d\n", what, errno); return; }
  printf("%s: key %x mode %o uid %d gid %d cuid %d cgid %d seq %d size %lu nattch %lu cpid %s lpid %s a %d d %d c %d\n", what, d.shm_perm.__key, d.shm_perm.mode, d.shm_perm.uid, d.shm_perm.gid, d.shm_perm.cuid,
         d.shm_perm.cgid, d.shm_perm.__seq, d.shm_segsz, d.shm_nattch, d.shm_cpid == getpid() ? "me" : d.shm_cpid ? "other" : "none", d.shm_lpid == getpid() ? "me" : d.shm_lpid ? "other" : "none", RECENT(d.shm_atime),
         RECENT(d.shm_dtime), RECENT(d.shm_ctime));
}

// covers: shmget ENOENT, shmget EEXIST, shmget EINVAL size, shmget EINVAL larger than the segment, shmget ENOSPC shmmni, shmget ENOSPC shmall, shmget ENOMEM
// covers: shmctl EINVAL, shmctl EFAULT, shmctl EINVAL removed id
static void ids(void) {
  int a, c;
  char text[300];
  P(a = shmget(IPC_PRIVATE, 100, 0600));
  stat_of("new", a);
  P(shmget(0x77, 100, 0600));
  P(shmget(0x77, 0, IPC_CREAT | 0600));
  P(shmget(0x77, -1, IPC_CREAT | 0600));
  P(shmget(0x77, 5000, IPC_CREAT | 0640));
  P(shmget(0x77, 5001, IPC_CREAT | 0640));
  P(shmget(0x77, 5001, 0));
  P(shmget(0x77, 5000, 0));
  P(shmget(0x77, 0, 0));
  P(shmget(0x77, 1, IPC_CREAT | IPC_EXCL | 0640));
  P(shmget(0x78, 4096, IPC_CREAT | SHM_HUGETLB | (1 << 26) | 0600));
  P(shmget(IPC_PRIVATE, 1L << 50, 0600));
  P(shmctl(a, IPC_RMID, 0));
  P(shmctl(a, IPC_RMID, 0));
  P(shmctl(a, IPC_STAT, &d));
  P(shmctl(-1, IPC_STAT, &d));
  P(shmctl(1, 99, &d));
  P(shmctl(1, -1, &d));
  P(shmctl(1, IPC_STAT, (void *)8));
  P(shmctl(1, IPC_SET, (void *)8));
  P(shmctl(99, IPC_SET, &d));
  P(shmctl(99, SHM_LOCK, 0));
  P(shmctl(1, SHM_STAT, &d));
  P(shmctl(1, SHM_STAT_ANY, &d));
  P(shmctl(0, SHM_STAT, &d));
  P(shmctl(77, SHM_STAT_ANY, &d));
  struct shminfo i;
  P(shmctl(0, IPC_INFO, (void *)&i));
  printf("%lu %lu %lu %lu %lu\n", i.shmmax, i.shmmin, i.shmmni, i.shmseg, i.shmall);
  struct shm_info u;
  P(shmctl(0, SHM_INFO, (void *)&u));
  printf("%d %lu %lu\n", u.used_ids, u.shm_tot, u.shm_rss);
  char *p = shmat(1, 0, 0);
  p[0] = 1;
  p[4999] = 1;
  P(shmctl(0, SHM_INFO, (void *)&u));
  printf("%d %lu %lu\n", u.used_ids, u.shm_tot, u.shm_rss);
  shmdt(p);
  P(shmctl(1, SHM_LOCK, 0));
  stat_of("locked", 1);
  P(shmctl(1, SHM_UNLOCK, 0));
  stat_of("unlocked", 1);
  P(spew("/proc/sys/kernel/shmmax", "10000"));
  P(shmget(IPC_PRIVATE, 10001, 0600));
  P((c = shmget(IPC_PRIVATE, 10000, 0600)) >= 0);
  P(spew("/proc/sys/kernel/shmall", "6"));
  P(shmget(IPC_PRIVATE, 4097, 0600));
  P(shmget(IPC_PRIVATE, 4096, 0600) >= 0);
  P(spew("/proc/sys/kernel/shmall", "600"));
  P(spew("/proc/sys/kernel/shmmni", "3"));
  P(shmget(IPC_PRIVATE, 4096, 0600));
  P(spew("/proc/sys/kernel/shmmni", "4096"));
  for (int i = 0; i < 70; i++) {
    c = shmget(IPC_PRIVATE, 1, 0);
    if (i > 60) printf("id %d\n", c);
    if (i != 5) shmctl(c, IPC_RMID, 0);
  }
  slurp("/proc/sysvipc/shm", text, 300);
  printf("%.200s\n", text);
}

static const char *try_at(int id, void *at, int flags) {
  static char text[60];
  errno = 0;
  char *p = shmat(id, at, flags);
  if (p == (void *)-1) sprintf(text, "errno %d", errno);
  else if (at) sprintf(text, "%+ld from there", (long)(p - (char *)at));
  else sprintf(text, "%s", (long)p & 4095 ? "odd" : "somewhere");
  return text;
}
static sigjmp_buf back;
static void fault(int s, siginfo_t *i, void *u) { siglongjmp(back, s + 100 * i->si_code); }
static int touch(volatile char *p, int write) {
  int r = sigsetjmp(back, 1);
  if (r) return r;
  if (write) *p = 1;
  else (void)*p;
  return 0;
}

// covers: shmat EINVAL id, shmat EINVAL address, shmat EINVAL occupied, shmat EINVAL SHM_REMAP without address, shmat SHM_RND, shmat SHM_RDONLY, shmat SHM_REMAP, shmat SHM_EXEC
// covers: shmdt EINVAL, shmdt parts
static void attaching(void) {
  struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, 0);
  sigaction(SIGBUS, &sa, 0);
  int id = shmget(IPC_PRIVATE, 3 * 4096 + 10, 0700);
  char *room = mmap(0, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(room, 16 * 4096);
  printf("%s\n", try_at(-1, 0, 0));
  printf("%s\n", try_at(9999, 0, 0));
  printf("%s\n", try_at(id, 0, 0));
  printf("%s\n", try_at(id, 0, SHM_REMAP));
  printf("%s\n", try_at(id, (void *)100, SHM_RND));
  printf("%s\n", try_at(id, (void *)100, SHM_RND | SHM_REMAP));
  printf("%s\n", try_at(id, room + 1, 0));
  printf("%s\n", try_at(id, room + 1, SHM_RND));
  printf("%s\n", try_at(id, room + 4096, 0));
  printf("%s\n", try_at(id, room + 4096, SHM_REMAP));
  printf("%s\n", try_at(id, room + 4 * 4096 + 4095, SHM_RND));
  printf("%s\n", try_at(id, (void *)0x7ffffffff000, 0));
  printf("%s\n", try_at(id, (void *)0x7fffffff0000, SHM_REMAP));
  stat_of("attached", id);
  P(shmdt(room));
  stat_of("first part", id);
  P(shmdt(room));
  P(shmdt(room + 4096));
  P(shmdt(room + 4096));
  P(shmdt(room + 4 * 4096));
  P(shmdt(room + 1));
  P(shmdt((void *)-4096));
  stat_of("left", id);
  char *ro = shmat(id, 0, SHM_RDONLY), *rw = shmat(id, 0, 0), *x = shmat(id, 0, SHM_EXEC);
  strcpy(rw, "hello");
  printf("%s %s\n", ro, x);
  P(touch(ro, 0));
  P(touch(ro, 1));
  P(mprotect(ro, 4096, PROT_READ | PROT_WRITE));
  P(touch(rw + 3 * 4096 + 4095, 1));
  P(touch(rw + 4 * 4096 - 1, 0));
  // Code in a segment.
  memcpy(x, "\xb8\x2a\0\0\0\xc3", 6);
  P(((int (*)(void))x)());
  // Attachments that munmap has cut go with one shmdt, and count one by one.
  char *cut = shmat(id, 0, 0);
  stat_of("before the cut", id);
  P(munmap(cut + 4096, 4096));
  stat_of("cut", id);
  P(shmdt(cut));
  stat_of("detached", id);
  cut = shmat(id, 0, 0);
  P(mprotect(cut + 4096, 4096, PROT_READ));
  stat_of("protected", id);
  P(munmap(cut, 4 * 4096));
  stat_of("unmapped", id);
  char *grown = mremap(rw, 4 * 4096, 8 * 4096, MREMAP_MAYMOVE);
  P(grown == MAP_FAILED ? errno : 0);
  if (grown != MAP_FAILED) P(touch(grown + 5 * 4096, 0));
  stat_of("remapped", id);
  P(shmctl(id, IPC_RMID, 0));
}

// covers: shmctl IPC_RMID destroys at the last detach, shmat at fork, shmat at exec, shmat at exit, shmat of a removed segment
static void lives(void) {
  int id = shmget(0x99, 4096, IPC_CREAT | 0600), status;
  char *p = shmat(id, 0, 0);
  fflush(stdout);
  int pid = fork();
  if (!pid) {
    stat_of("in the child", id);
    strcpy(p, "child was here");
    shmdt(p);
    stat_of("child detached", id);
    exit(0);
  }
  waitpid(pid, 0, 0);
  printf("%s\n", p);
  stat_of("child gone", id);
  pid = fork();
  if (!pid) _exit(0);
  waitpid(pid, 0, 0);
  stat_of("second child gone", id);
  pid = fork();
  if (!pid) { execl("/proc/self/exe", "x", "wait", (char *)0); _exit(1); }
  until_asleep(pid);
  stat_of("child has exec'ed", id);
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  P(shmctl(id, IPC_RMID, 0));
  stat_of("removed", id);
  P(shmget(0x99, 1, 0));
  P(shmget(0x99, 1, IPC_CREAT | 0600) == id);
  char *again = shmat(id, 0, 0);
  P(again != (void *)-1);
  printf("%s\n", again);
  P(shmdt(again));
  P(shmdt(p));
  stat_of("gone", id);
  P(shmat(id, 0, 0) == (void *)-1 ? errno : 0);
}

// covers: shmget EACCES, shmat EACCES, shmctl EACCES IPC_STAT, shmctl EPERM, shmctl SHM_STAT_ANY without permission
static void rights(void) {
  int id = shmget(0x55, 10, IPC_CREAT | 0604), none = shmget(0x56, 10, IPC_CREAT | 0600);
  become(1234, 1234);
  P(shmget(0x55, 1, 0) == id);
  P(shmget(0x55, 1, 0400) == id);
  P(shmget(0x55, 1, 0200));
  P(shmget(0x56, 1, 0004));
  printf("%s\n", try_at(id, 0, SHM_RDONLY));
  printf("%s\n", try_at(id, 0, 0));
  printf("%s\n", try_at(id, 0, SHM_EXEC | SHM_RDONLY));
  printf("%s\n", try_at(none, 0, SHM_RDONLY));
  P(shmctl(id, IPC_STAT, &d));
  P(shmctl(none, IPC_STAT, &d));
  P(shmctl(none & 0x7fff, SHM_STAT, &d));
  P(shmctl(none & 0x7fff, SHM_STAT_ANY, &d) == none);
  P(shmctl(id, IPC_SET, &d));
  P(shmctl(id, IPC_RMID, 0));
  P(shmctl(id, SHM_LOCK, 0));
  P(shmctl(id, SHM_UNLOCK, 0));
  int own = shmget(IPC_PRIVATE, 3 * 4096, 0);
  printf("%s\n", try_at(own, 0, 0));
  struct rlimit r = {8192, 8192};
  setrlimit(RLIMIT_MEMLOCK, &r);
  P(shmctl(own, SHM_LOCK, 0));
  r.rlim_cur = 0;
  setrlimit(RLIMIT_MEMLOCK, &r);
  P(shmctl(own, SHM_LOCK, 0));
  d.shm_perm.uid = 1234;
  d.shm_perm.gid = 77;
  d.shm_perm.mode = 0777600;
  P(shmctl(own, IPC_SET, &d));
  printf("%s\n", try_at(own, 0, 0));
  stat_of("set", own);
  d.shm_perm.uid = -1;
  P(shmctl(own, IPC_SET, &d));
  P(shmctl(own, IPC_RMID, 0));
}

// covers: shm_rmid_forced
static void forced(void) {
  int id = shmget(IPC_PRIVATE, 4096, 0600), other, mine = shmget(IPC_PRIVATE, 4096, 0600), pipe_[2];
  pipe(pipe_);
  int pid = fork();
  if (!pid) { int c = shmget(IPC_PRIVATE, 4096, 0600); write(pipe_[1], &c, 4); _exit(0); }
  read(pipe_[0], &other, 4);
  waitpid(pid, 0, 0);
  stat_of("made by the dead", other);
  char *p = shmat(id, 0, 0);
  P(spew("/proc/sys/kernel/shm_rmid_forced", "1"));
  stat_of("forced: dead", other);
  stat_of("forced: mine", mine);
  stat_of("forced: attached", id);
  P(shmdt(p));
  stat_of("forced: detached", id);
  pid = fork();
  if (!pid) { int c = shmget(IPC_PRIVATE, 4096, 0600); write(pipe_[1], &c, 4); _exit(0); }
  read(pipe_[0], &other, 4);
  waitpid(pid, 0, 0);
  stat_of("forced: new dead", other);
  P(spew("/proc/sys/kernel/shm_rmid_forced", "2"));
  P(spew("/proc/sys/kernel/shm_rmid_forced", "0"));
}

// covers: unshare CLONE_NEWIPC with attachments
static void spaces(void) {
  int id = shmget(0x31, 4096, IPC_CREAT | 0600);
  char *p = shmat(id, 0, 0);
  strcpy(p, "kept");
  P(unshare(CLONE_NEWIPC));
  printf("%s\n", p);
  P(shmget(0x31, 1, 0));
  P(shmctl(id, IPC_STAT, &d));
  P(shmdt(p));
  P(shmget(0x31, 4096, IPC_CREAT | 0600));
}

int main(int argc, char **argv) {
  if (argc > 1) { pause(); return 0; }
  own_ipc();
  in_child("ids", ids);
  in_child("attaching", attaching);
  in_child("lives", lives);
  in_child("rights", rights);
  in_child("forced", forced);
  in_child("spaces", spaces);
  return 0;
}
