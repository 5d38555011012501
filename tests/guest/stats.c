// flavours: static pie
#include "guest.h"
#include <sys/sysmacros.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
static void show(const char *path) {
  struct stat s;
  if (stat(path, &s)) {
    printf("%s: errno %d\n", path, errno);
    return;
  }
  printf("%s: mode %o size %ld uid %d gid %d rdev %d:%d blksize %ld\n", path, s.st_mode, S_ISREG(s.st_mode) ? (long)s.st_size : -1, s.st_uid, s.st_gid, major(s.st_rdev),
         minor(s.st_rdev), (long)s.st_blksize);
}
int main(void) {
  own_folder();
  umask(022);
  int fd = open("f", O_CREAT | O_RDWR, 0666);
  for (int i = 0; i < 3; i++) write(fd, "0123456789", 10);
  show("f");
  show(".");
  show("/dev/null");
  show("/dev/zero");
  show("/dev/full");
  show("/dev/random");
  show("/dev/urandom");
  show("/dev/tty");
  P(chmod("f", 07555));
  show("f");
  P(fchmod(fd, 0));
  show("f");
  P(chown("f", 12, 34));
  show("f");
  P(chmod("f", 06755));
  P(lchown("f", -1, 56));
  show("f");
  P(chmod("none", 0));
  struct statx x;
  P(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS | STATX_BTIME, &x));
  printf("statx mode %o size %ld uid %d links %d\n", x.stx_mode, (long)x.stx_size, x.stx_uid, x.stx_nlink);
  Q((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
  P(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
  printf("size %ld\n", (long)x.stx_size);
  P(statx(fd, "", 0, STATX_SIZE, &x));
  P(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000u, &x));
  P(syscall(SYS_statx, AT_FDCWD, "f", 0x60000, 0, &x));
  struct stat s;
  P(fstatat(fd, "", &s, AT_EMPTY_PATH));
  P(fstatat(99, "f", &s, 0));
  P(fstatat(fd, "f", &s, 0));
  P(fstatat(99, "/dev/null", &s, 0));
  struct timespec ts[2] = {{1000, 5}, {2000, 6}};
  P(utimensat(AT_FDCWD, "f", ts, 0));
  stat("f", &s);
  printf("atime %ld.%09ld mtime %ld.%09ld\n", s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  ts[0].tv_nsec = UTIME_OMIT, ts[1].tv_nsec = UTIME_NOW;
  P(futimens(fd, ts));
  stat("f", &s);
  printf("atime %ld\n", s.st_atim.tv_sec);
  Q(s.st_mtim.tv_sec > 2000);
  ts[0].tv_nsec = 1000000000;
  P(futimens(fd, ts));
  struct timeval tv[2] = {{10, 20}, {30, 40}};
  P(utimes("f", tv));
  stat("f", &s);
  printf("%ld.%09ld %ld.%09ld\n", s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  P(access("f", R_OK | W_OK));
  P(chmod("f", 0644));
  P(access("f", X_OK));
  P(access("f", 8));
  P(faccessat(AT_FDCWD, "none", F_OK, AT_EACCESS));
  return 0;
}
