// process_madvise(2): the order of its errors, what it returns for a part, who may advise whom.
#include "guest.h"
#include <sys/uio.h>
enum { PAGE = 4096 };
static long advise(int fd, const struct iovec *iov, unsigned long count, int how, unsigned flags) { return syscall(440, fd, iov, count, how, flags); }
static int open_pid(pid_t pid) { return syscall(SYS_pidfd_open, pid, 0); }
static void errors(int self, struct iovec *iov) {
  P(advise(self, iov, 1, MADV_COLD, 1));
  P(advise(-1, iov, 1, MADV_COLD, 0));
  P(advise(0, iov, 1, MADV_COLD, 0));
  P(advise(self, NULL, 1, MADV_COLD, 0));
  P(advise(self, iov, 0, MADV_COLD, 0));
  P(advise(self, iov, 0, 9999, 0));
  P(advise(self, iov, 1, 9999, 0));
  P(advise(self, iov, 1025, MADV_COLD, 0));
  P(advise(-1, NULL, 1, MADV_COLD, 0));
  P(advise(-1, iov, 1025, MADV_COLD, 0));
}
static void lengths(int self, struct iovec *iov, char *memory) {
  iov[0] = (struct iovec){memory + 1, PAGE};
  P(advise(self, iov, 1, MADV_COLD, 0));
  iov[0] = (struct iovec){memory, 100};
  P(advise(self, iov, 1, MADV_COLD, 0));
  iov[0].iov_len = 0;
  P(advise(self, iov, 1, MADV_COLD, 0));
  iov[0].iov_len = -1;
  P(advise(self, iov, 1, MADV_COLD, 0));
  iov[0] = (struct iovec){(void *)0xffff800000000000, PAGE};
  P(advise(self, iov, 1, MADV_COLD, 0));
  P(advise(-1, iov, 1, MADV_COLD, 0));
  iov[0] = (struct iovec){memory, PAGE};
}
static void others(struct iovec *iov) {
  pid_t pid = fork();
  if (!pid) {
    pause();
    _exit(0);
  }
  int other = open_pid(pid);
  P(advise(other, iov, 1, MADV_WILLNEED, 0));
  P(advise(other, iov, 1, MADV_COLD, 0));
  P(advise(other, iov, 1, MADV_PAGEOUT, 0));
  P(advise(other, iov, 1, MADV_DONTNEED, 0));
  P(advise(other, iov, 1, MADV_FREE, 0));
  P(advise(other, iov, 1, 9999, 0));
  kill(pid, SIGKILL);
  siginfo_t info;
  waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
  P(advise(other, iov, 1, MADV_COLD, 0));
  waitpid(pid, NULL, 0);
  P(advise(other, iov, 1, MADV_COLD, 0));
}
int main(void) {
  char *memory = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 7, 16 * PAGE);
  struct iovec iov[] = {{memory, PAGE}, {memory + 4 * PAGE, 2 * PAGE}, {memory + 8 * PAGE, PAGE}};
  int self = open_pid(getpid());
  P(advise(self, iov, 1, MADV_WILLNEED, 0));
  P(advise(self, iov, 3, MADV_COLD, 0));
  P(advise(self, iov, 2, MADV_PAGEOUT, 0));
  P(advise(self, iov, 2, MADV_DONTNEED, 0));
  P(memory[0] + memory[4 * PAGE] + memory[6 * PAGE]);
  P(advise(self, iov, 1, MADV_RANDOM, 0));
  errors(self, iov);
  munmap(memory + 4 * PAGE, PAGE);
  P(advise(self, iov, 3, MADV_COLD, 0));
  P(advise(self, iov + 1, 2, MADV_COLD, 0));
  lengths(self, iov, memory);
  others(iov);
  return 0;
}
