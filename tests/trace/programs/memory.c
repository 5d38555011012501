#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

int main(void) {
  char *p = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(p, 4096, PROT_READ);
  mprotect(p, 4096, PROT_NONE);
  mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  madvise(p + 8192, 4096, MADV_DONTNEED);
  madvise(p + 8192, 4096, 77);
  p[8192] = 1;
  unsigned char v[8];
  mincore(p + 8192, 8192, v);
  msync(p + 8192, 4096, MS_SYNC | MS_INVALIDATE);
  mlock(p + 8192, 4096);
  munlock(p + 8192, 4096);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  munlockall();
  char *q = mremap(p + 8192, 4096, 16384, MREMAP_MAYMOVE);
  mremap(q, 16384, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, p + 8192);
  munmap(p, 8192);
  mmap((void *)0x10000000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  mmap((void *)0x10000000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS, -1, 0);
  mmap(0, 0, PROT_READ, MAP_PRIVATE, 3, 0);
  mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_NORESERVE | MAP_STACK | MAP_GROWSDOWN, 55, 0x1000);
  int fd = memfd_create("m", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  ftruncate(fd, 4096);
  mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  fcntl(fd, F_GET_SEALS);
  brk(0);
  syscall(SYS_brk, 0);
  syscall(SYS_membarrier, 0, 0, 0);
  return 0;
}
