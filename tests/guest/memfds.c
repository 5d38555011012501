// memfd_create(2) with its flags and seals; /dev/shm and shm_open(3); named semaphores.
// options: -lrt
#include "guest.h"
#include <semaphore.h>
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 16U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

static char page[4096];
static int make(unsigned flags) { return syscall(SYS_memfd_create, "name", flags); }
static int tried(int fd) {
  void *p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int r = p == MAP_FAILED ? errno : 0;
  if (!r) munmap(p, 4096);
  return r;
}
static void all(const char *what, int fd) {
  errno = 0;
  int w = pwrite(fd, "x", 1, 0) == 1 ? 0 : errno, g = ftruncate(fd, 8192) ? errno : 0, s = ftruncate(fd, 4096) ? errno : 0, punch = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) ? errno : 0;
  int more = fallocate(fd, 0, 0, 12288) ? errno : 0, back = ftruncate(fd, 4096) ? errno : 0, past = pwrite(fd, "x", 1, 4096) == 1 ? 0 : errno;
  ftruncate(fd, 4096);
  printf("%s: seals %x write %d grow %d shrink %d punch %d allocate %d back %d past %d map %d private %d\n", what, fcntl(fd, F_GET_SEALS), w, g, s, punch, more, back, past, tried(fd),
         mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) == MAP_FAILED);
}

// covers: memfd_create EINVAL, memfd_create EFAULT, memfd_create MFD_EXEC, memfd_create MFD_NOEXEC_SEAL, memfd_create MFD_CLOEXEC
static void flags(void) {
  char name[300];
  int fd;
  struct stat st;
  memset(name, 'm', 300);
  name[249] = 0;
  P(syscall(SYS_memfd_create, name, 0) >= 0);
  name[249] = 'm', name[250] = 0;
  P(syscall(SYS_memfd_create, name, 0));
  P(syscall(SYS_memfd_create, 8, 0));
  P(make(0x20));
  P(make(0x100));
  P(make(MFD_EXEC | MFD_NOEXEC_SEAL));
  static const unsigned ways[] = {0, 1, 2, 3, MFD_EXEC, MFD_NOEXEC_SEAL, MFD_EXEC | 2};
  for (int i = 0; i < 7; i++) {
    fd = make(ways[i]);
    fstat(fd, &st);
    printf("%x: mode %o seals %x cloexec %d fl %x links %ld size %ld\n", ways[i], st.st_mode, fcntl(fd, F_GET_SEALS), fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & ~O_LARGEFILE, (long)st.st_nlink, st.st_size);
    printf("  chmod %d", fchmod(fd, 0777) ? errno : 0);
    printf(" %d\n", fchmod(fd, 0600) ? errno : 0);
  }
  char link[100] = "";
  char path[64];
  sprintf(path, "/proc/self/fd/%d", fd);
  readlink(path, link, 99);
  printf("%s\n", link);
}

// covers: fcntl F_ADD_SEALS EPERM, fcntl F_ADD_SEALS EINVAL, fcntl F_ADD_SEALS EBUSY, fcntl F_GET_SEALS, fcntl F_SEAL_FUTURE_WRITE, fcntl F_SEAL_EXEC
static void seals(void) {
  static const int which[] = {0, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE, F_SEAL_SEAL, F_SEAL_EXEC, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK};
  int fd;
  for (int i = 0; i < 8; i++) {
    fd = make(2);
    ftruncate(fd, 4096);
    P(fcntl(fd, F_ADD_SEALS, which[i]));
    all("sealed", fd);
    P(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  }
  fd = make(0);
  P(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  fd = make(2);
  P(fcntl(fd, F_ADD_SEALS, 0x40));
  P(fcntl(0, F_GET_SEALS));
  P(fcntl(99, F_GET_SEALS));
  ftruncate(fd, 4096);
  char path[64];
  sprintf(path, "/proc/self/fd/%d", fd);
  int ro = open(path, O_RDONLY);
  P(fcntl(ro, F_ADD_SEALS, F_SEAL_GROW));
  P(fcntl(ro, F_GET_SEALS));
  char *w = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *r = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0), *r2 = mmap(0, 4096, PROT_READ, MAP_SHARED, ro, 0);
  P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  P(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  w[0] = 'w';
  printf("%c%c\n", r[0], r2[0]);
  P(tried(fd));
  P(write(fd, "x", 1));
  P(mprotect(r2, 4096, PROT_READ | PROT_WRITE));
  munmap(w, 4096);
  P(mprotect(r, 4096, PROT_READ | PROT_WRITE));
  munmap(r, 4096);
  P(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  char *sealed = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
  P(sealed != MAP_FAILED);
  P(mprotect(sealed, 4096, PROT_READ | PROT_WRITE));
}

static void posix(void) {
  struct stat st;
  int fd;
  shm_unlink("/ring3-test");
  P((fd = shm_open("/ring3-test", O_CREAT | O_EXCL | O_RDWR, 0640)) >= 0);
  P(shm_open("/ring3-test", O_CREAT | O_EXCL | O_RDWR, 0640));
  P(ftruncate(fd, 10000));
  char *p = mmap(0, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  strcpy(p + 9000, "shared");
  int pid = fork();
  if (!pid) {
    int other = shm_open("/ring3-test", O_RDWR, 0);
    char *q = mmap(0, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
    printf("child: %s\n", q + 9000);
    strcpy(q, "from the child");
    shm_unlink("/ring3-test");
    exit(0);
  }
  waitpid(pid, 0, 0);
  printf("%s\n", p);
  fstat(fd, &st);
  printf("mode %o links %ld size %ld\n", st.st_mode, (long)st.st_nlink, st.st_size);
  P(shm_open("/ring3-test", O_RDWR, 0));
  P(shm_unlink("/ring3-test"));
  // Named semaphores are files there too.
  sem_unlink("/ring3-sem");
  sem_t *s = sem_open("/ring3-sem", O_CREAT | O_EXCL, 0600, 1), *same = sem_open("/ring3-sem", 0);
  P(s != SEM_FAILED);
  P(s == same);
  P(sem_open("/ring3-sem", O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED ? errno : 0);
  P(sem_wait(s));
  P(sem_trywait(s));
  struct timespec past = {1, 0}, bad = {1, 1000000000};
  P(sem_timedwait(s, &past));
  P(sem_timedwait(s, &bad));
  pid = fork();
  if (!pid) { sem_post(sem_open("/ring3-sem", 0)); _exit(0); }
  P(sem_wait(s));
  waitpid(pid, 0, 0);
  int v;
  P(sem_getvalue(s, &v));
  P(v);
  P(sem_close(s));
  P(sem_unlink("/ring3-sem"));
  P(sem_unlink("/ring3-sem"));
  P(sem_open("/ring3-sem", 0) == SEM_FAILED ? errno : 0);
}

int main(void) {
  flags();
  seals();
  posix();
  return 0;
}
