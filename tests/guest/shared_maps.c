// Shared mappings: coherence with read and write and with each other, SIGBUS past the end, mremap, madvise, fork.
#include "guest.h"
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif

static sigjmp_buf back;
static void fault(int s, siginfo_t *i, void *u) { siglongjmp(back, s * 100 + i->si_code); }
static int touch(volatile char *p, int write) {
  int r = sigsetjmp(back, 1);
  if (r) return r;
  if (write) *p = 1;
  else (void)*p;
  return 0;
}
static int fd;
static char *map(long n, int prot, int flags, long at) {
  char *p = mmap(0, n, prot, flags, fd, at);
  if (p == MAP_FAILED) printf("mmap: errno %d\n", errno);
  return p;
}

static void coherent(void) {
  char text[20] = "";
  char *a = map(8192, PROT_READ | PROT_WRITE, MAP_SHARED, 0), *b = map(8192, PROT_READ, MAP_SHARED, 0), *c = map(8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
  pwrite(fd, "written", 7, 10);
  printf("%.7s %.7s %.7s\n", a + 10, b + 10, c + 10);
  memcpy(a + 10, "mapped!", 7);
  pread(fd, text, 7, 10);
  printf("%s %.7s %.7s\n", text, b + 10, c + 10);
  memcpy(c + 10, "private", 7);
  pread(fd, text, 7, 10);
  printf("%s %.7s %.7s\n", text, b + 10, c + 10);
  pwrite(fd, "again", 5, 10);
  printf("%.7s %.7s\n", a + 10, c + 10);
  P(msync(a, 8192, MS_SYNC));
  P(msync(a, 8192, MS_SYNC | MS_ASYNC));
  P(msync(a + 1, 1, MS_SYNC));
  P(msync(a, 8192, 99));
  int pid = fork();
  if (!pid) { strcpy(a + 4096, "child"); strcpy(c + 4096, "unseen"); _exit(0); }
  waitpid(pid, 0, 0);
  printf("%s \"%s\"\n", b + 4096, c + 4096 == b + 4096 ? "" : c + 4096);
}

// covers: mmap SIGBUS past the end, ftruncate under a mapping
static void ends(void) {
  ftruncate(fd, 5000);
  char *p = map(4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
  P(touch(p + 4999, 1));
  P(touch(p + 8191, 1));
  P(touch(p + 8192, 0));
  P(touch(p + 8192, 1));
  ftruncate(fd, 4 * 4096);
  P(touch(p + 8192, 1));
  printf("%d\n", p[5000]);
  p[12288] = 7;
  ftruncate(fd, 4096);
  P(touch(p + 12288, 0));
  P(touch(p + 4095, 0));
  ftruncate(fd, 4 * 4096);
  printf("%d\n", p[12288]);
  P(read(fd, p + 4 * 4096, 1));
  ftruncate(fd, 0);
  P(touch(p, 0));
  P(pread(fd, p, 1, 0));
  ftruncate(fd, 8192);
  char *q = map(8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
  q[4096] = 5;
  ftruncate(fd, 100);
  P(touch(q + 4096, 0));
  ftruncate(fd, 8192);
  printf("%d\n", q[4096]);
}

static void moved(void) {
  ftruncate(fd, 0);
  ftruncate(fd, 8 * 4096);
  for (int i = 0; i < 8; i++) { char c = 'a' + i; pwrite(fd, &c, 1, i * 4096); }
  char *p = map(4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 2 * 4096);
  char *q = mremap(p, 4 * 4096, 6 * 4096, MREMAP_MAYMOVE);
  printf("%c%c%c\n", q[0], q[3 * 4096], q[5 * 4096]);
  char *twice = mremap(q, 0, 2 * 4096, MREMAP_MAYMOVE);
  P(twice != MAP_FAILED);
  if (twice != MAP_FAILED) { twice[1] = 'T'; printf("%c%c\n", q[1], twice[4096]); }
  char *room = mmap(0, 8 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *there = mremap(q + 4096, 2 * 4096, 2 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, room);
  P(there == room);
  printf("%c%c\n", there[0], there[4096]);
  P(touch(q + 4096, 0));
  P(q[0]);
  P(mremap(there, 4096, 4096, MREMAP_FIXED, room) == MAP_FAILED ? errno : 0);
  P(mremap(there, 8192, 0, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
  P(mremap(there + 1, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
  P(mremap(there, 4096, 4096, 99) == MAP_FAILED ? errno : 0);
  char *anon = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  anon[0] = 'A';
  char *grown = mremap(anon, 8192, 4 * 4096, MREMAP_MAYMOVE);
  P(grown != MAP_FAILED);
  if (grown != MAP_FAILED) { printf("%c\n", grown[0]); P(touch(grown + 8192, 1)); }
  char *private = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  private[0] = 'P';
  P(mremap(private, 0, 8192, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
  char *kept = (char *)syscall(SYS_mremap, private, 8192, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  P(kept != MAP_FAILED);
  if (kept != MAP_FAILED) printf("%c %d\n", kept[0], private[0]);
}

// covers: madvise MADV_DONTNEED, madvise MADV_FREE, madvise MADV_REMOVE, madvise MADV_DONTFORK, madvise MADV_WIPEONFORK, madvise MADV_POPULATE_WRITE, madvise EINVAL, madvise ENOMEM
static void advice(void) {
  ftruncate(fd, 0);
  ftruncate(fd, 4 * 4096);
  char *s = map(4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0), *a = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *m = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char *c = map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
  memset(s, 's', 4 * 4096), memset(a, 'a', 4 * 4096), memset(m, 'm', 4 * 4096), memset(c, 'c', 10);
  P(madvise(s, 4096, MADV_DONTNEED));
  P(madvise(a, 4096, MADV_DONTNEED));
  P(madvise(m, 4096, MADV_DONTNEED));
  P(madvise(c, 4096, MADV_DONTNEED));
  printf("%d %d %d %d\n", s[0], a[0], m[0], c[0]);
  P(madvise(s + 4096, 4096, MADV_REMOVE));
  P(madvise(a + 4096, 4096, MADV_REMOVE));
  P(madvise(m + 4096, 4096, MADV_REMOVE));
  P(madvise(c, 4096, MADV_REMOVE));
  printf("%d %d %d\n", s[4096], a[4096], m[4096]);
  P(madvise(s, 4096, MADV_FREE));
  P(madvise(a, 4096, MADV_FREE));
  for (int i = 0; i < 26; i++) if (i < 5 || i == 16 || i == 17 || i == 20 || i == 21 || i == 22 || i == 23 || i == 7) printf("%d: ", i), P(madvise(a, 4096, i));
  P(madvise(a + 1, 4096, MADV_DONTNEED));
  P(madvise(a, 0, MADV_DONTNEED));
  P(madvise(a, -1, MADV_DONTNEED));
  P(madvise(a, 4096, 12345));
  munmap(a + 8192, 4096);
  P(madvise(a, 4 * 4096, MADV_DONTNEED));
  a[0] = 'x', a[4096] = 'y', a[3 * 4096] = 'z';
  P(madvise(a, 4096, MADV_WIPEONFORK));
  P(madvise(s, 4096, MADV_WIPEONFORK));
  P(madvise(a + 4096, 4096, MADV_DONTFORK));
  P(madvise(m, 4096, MADV_DONTFORK));
  fflush(stdout);
  int pid = fork(), status;
  if (!pid) {
    printf("child: %d %d %d %d\n", a[0], touch(a + 4096, 0), a[3 * 4096], touch(m, 0));
    exit(0);
  }
  waitpid(pid, &status, 0);
  print_status("child", status);
  P(madvise(a, 4096, MADV_KEEPONFORK));
  P(madvise(a + 4096, 4096, MADV_DOFORK));
  a[0] = 'x';
  fflush(stdout);
  pid = fork();
  if (!pid) { printf("child: %c %c\n", a[0], a[4096]); exit(0); }
  waitpid(pid, 0, 0);
}

int main(void) {
  struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, 0);
  sigaction(SIGBUS, &sa, 0);
  fd = memfd_create("shared", 0);
  ftruncate(fd, 8192);
  coherent();
  ends();
  moved();
  advice();
  return 0;
}
