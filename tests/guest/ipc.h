// What the tests of System V IPC share: a namespace of their own, so that ids begin at 0 on Linux too.
#include "guest.h"
#ifndef CLONE_NEWIPC
#define CLONE_NEWIPC 0x08000000
#endif
#include <grp.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static inline void own_ipc(void) {
  if (unshare(CLONE_NEWIPC)) {
    perror("unshare");
    exit(77);
  }
}

// Waits until the process sleeps.
static inline void until_asleep(pid_t pid) {
  char path[64], text[512], *p;
  sprintf(path, "/proc/%d/stat", pid);
  for (int i = 0; i < 3000; i++) {
    int fd = open(path, O_RDONLY);
    long n = fd < 0 ? -1 : read(fd, text, 511);
    close(fd);
    if (n <= 0) return;
    text[n] = 0;
    if ((p = strrchr(text, ')')) && (p[2] == 'S' || p[2] == 'Z')) return;
    sleep_ms(1);
  }
}

// Drops root's rights for the rest of the process.
static inline void become(uid_t uid, gid_t gid) {
  if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) perror("become");
}
static inline long slurp(const char *path, char *to, long room) {
  int fd = open(path, O_RDONLY);
  long n = fd < 0 ? -1 : read(fd, to, room - 1);
  to[n < 0 ? 0 : n] = 0;
  close(fd);
  return n;
}
static inline int spew(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  if (fd < 0) return -errno;
  int n = write(fd, text, strlen(text));
  int e = errno;
  close(fd);
  return n < 0 ? -e : n;
}
// Gives a capability up, so that limits hold for root too (some machines' root lacks CAP_SYS_RESOURCE).
static inline void drop_capability(int which) {
  struct { unsigned version; int pid; } head = {0x20080522, 0};
  struct { unsigned effective, permitted, inheritable; } data[2];
  if (syscall(SYS_capget, &head, data)) perror("capget");
  data[which / 32].effective &= ~(1u << which % 32);
  data[which / 32].permitted &= ~(1u << which % 32);
  if (syscall(SYS_capset, &head, data)) perror("capset");
}
#define CAP_LEASE_ 28
#define CAP_SYS_RESOURCE_ 24
