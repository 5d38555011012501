// process_vm_readv(2), process_vm_writev(2), kcmp(2): another process's memory and objects.
#include "guest.h"
#include <linux/kcmp.h>

static char *mine, *theirs;
static int go[2], done[2];
static void say(void) { write(done[1], "x", 1); }
static void hear(void) {
  char c;
  read(done[0], &c, 1);
}
static long kcmp(pid_t a, pid_t b, int type, long i, long j) { return syscall(SYS_kcmp, a, b, type, i, j); }

int main(void) {
  pipe(go);
  pipe(done);
  long page = 4096;
  mine = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  theirs = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  strcpy(theirs, "before");
  int fd = open("/dev/null", O_RDWR), again = dup(fd), other = open("/dev/null", O_RDWR);
  pid_t child = fork();
  if (!child) {
    char c;
    for (int i = 0; i < 3 * page; i++) theirs[i] = i * 7;
    munmap(theirs + 3 * page, page);
    mprotect(theirs + 2 * page, page, PROT_READ);
    say();
    read(go[0], &c, 1);
    printf("child: %.8s %.4s\n", theirs + 100, theirs + page - 2);
    fflush(stdout);
    say();
    read(go[0], &c, 1);
    _exit(0);
  }
  hear();
  struct iovec l = {mine, 3 * page}, r = {theirs, 3 * page};
  P(process_vm_readv(child, &l, 1, &r, 1, 0));
  int wrong = 0;
  for (int i = 0; i < 3 * page; i++) wrong += mine[i] != (char)(i * 7);
  P(wrong);
  Q(!strcmp(theirs, "before"));
  struct iovec many[3] = {{mine, 10}, {mine + 100, 0}, {mine + 200, 5000}}, far[3] = {{theirs + page - 3, 6}, {theirs + 7, 3}, {theirs + 11, 9000}};
  P(process_vm_readv(child, many, 3, far, 3, 0));
  Q(mine[0] == (char)((page - 3) * 7) && mine[6] == 49 && mine[9] == (char)(11 * 7) && mine[200] == (char)(12 * 7));
  // A hole on the other side ends it; on ours too.
  l.iov_len = r.iov_len = 4 * page;
  P(process_vm_readv(child, &l, 1, &r, 1, 0));
  r.iov_base = theirs + 3 * page;
  r.iov_len = 10;
  P(process_vm_readv(child, &l, 1, &r, 1, 0));
  struct iovec half[2] = {{theirs, 10}, {theirs + 3 * page, 10}};
  P(process_vm_readv(child, &l, 1, half, 2, 0));
  munmap(mine + 3 * page, page);
  l = (struct iovec){mine + 3 * page - 5, 10};
  r = (struct iovec){theirs, 10};
  P(process_vm_readv(child, &l, 1, &r, 1, 0));
  l.iov_base = (void *)16;
  P(process_vm_readv(child, &l, 1, &r, 1, 0));
  l = (struct iovec){mine, 10};
  P(process_vm_readv(child, &l, 1, &r, 1, 1));
  P(process_vm_readv(child, &l, 0, &r, 1, 0));
  P(process_vm_readv(child, &l, 1, &r, 0, 0));
  P(process_vm_readv(child, &l, 1025, &r, 1, 0));
  P(process_vm_readv(child, &l, 1, &r, 1025, 0));
  P(process_vm_readv(child, (void *)16, 1, &r, 1, 0));
  P(process_vm_readv(child, &l, 1, (void *)16, 1, 0));
  P(process_vm_readv(-1, &l, 1, &r, 1, 0));
  P(process_vm_readv(0, &l, 1, &r, 1, 0));
  P(process_vm_readv(99999999, &l, 1, &r, 1, 0));
  l.iov_len = -1;
  P(process_vm_readv(child, &l, 1, &r, 1, 0));
  // Writing.
  memcpy(mine, "rewritten", 9);
  l = (struct iovec){mine, 9};
  r = (struct iovec){theirs + 100, 9};
  P(process_vm_writev(child, &l, 1, &r, 1, 0));
  struct iovec two[2] = {{theirs + page - 2, 2}, {theirs + page, 2}};
  l.iov_len = 4;
  P(process_vm_writev(child, &l, 1, two, 2, 0));
  r = (struct iovec){theirs + 2 * page - 3, 9};
  l.iov_len = 9;
  P(process_vm_writev(child, &l, 1, &r, 1, 0)); // a read-only page begins there
  r = (struct iovec){theirs + 2 * page, 9};
  P(process_vm_writev(child, &l, 1, &r, 1, 0));
  write(go[1], "x", 1);
  hear();
  // kcmp.
  pid_t me = getpid();
  P(kcmp(me, me, KCMP_VM, 0, 0));
  Q(kcmp(me, child, KCMP_VM, 0, 0) > 0);
  P(kcmp(me, me, KCMP_FILE, fd, again));
  P(kcmp(me, child, KCMP_FILE, fd, again));
  Q(kcmp(me, me, KCMP_FILE, fd, other) > 0);
  Q(kcmp(me, me, KCMP_FILE, fd, other) + kcmp(me, me, KCMP_FILE, other, fd) == 3);
  P(kcmp(me, child, KCMP_FILE, fd, 77));
  Q(kcmp(me, child, KCMP_FILES, 0, 0) > 0);
  Q(kcmp(me, child, KCMP_FS, 0, 0) > 0);
  Q(kcmp(me, child, KCMP_SIGHAND, 0, 0) > 0);
  P(kcmp(me, me, KCMP_SIGHAND, 0, 0));
  P(kcmp(me, child, KCMP_SYSVSEM, 0, 0));
  P(kcmp(me, me, 99, 0, 0));
  P(kcmp(me, 99999999, KCMP_VM, 0, 0));
  // Not allowed to another user.
  fflush(stdout);
  if (!fork()) {
    setuid(65534);
    r = (struct iovec){theirs, 9};
    P(process_vm_readv(child, &l, 1, &r, 1, 0));
    P(process_vm_writev(child, &l, 1, &r, 1, 0));
    P(kcmp(me, child, KCMP_VM, 0, 0));
    exit(0);
  }
  wait(NULL);
  write(go[1], "x", 1);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  P(process_vm_readv(child, &l, 1, &r, 1, 0)); // a zombie
  return 0;
}
