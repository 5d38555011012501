#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
  char buf[512];
  umask(022);
  mkdir("d", 0755);
  chdir("d");
  syscall(SYS_getcwd, buf, sizeof buf);
  syscall(SYS_getcwd, buf, 1);
  int fd = open("a", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  write(fd, "hello\n\001\0022\"\\\t\377end", 18);
  write(fd, "a line that is longer than thirty-two bytes, so it is cut", 57);
  lseek(fd, 0, SEEK_SET);
  read(fd, buf, 100);
  pread(fd, buf, 5, 3);
  pwrite(fd, "xyz", 3, 1);
  struct iovec v[3] = {{"one", 3}, {"two two", 7}, {0, 0}};
  writev(fd, v, 3);
  struct iovec r[2] = {{buf, 4}, {buf + 100, 60}};
  lseek(fd, 0, SEEK_SET);
  readv(fd, r, 2);
  preadv(fd, r, 2, 70);
  pwritev(fd, v, 2, 0);
  struct stat st;
  fstat(fd, &st);
  stat("a", &st);
  lstat("missing", &st);
  stat("/dev/null", &st);
  stat(".", &st);
  fstatat(AT_FDCWD, "a", &st, AT_SYMLINK_NOFOLLOW);
  struct statx sx;
  statx(AT_FDCWD, "a", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx);
  statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_ALL, &sx);
  struct statfs sf;
  statfs("/proc", &sf);
  ftruncate(fd, 10);
  truncate("a", 3);
  fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100);
  fsync(fd);
  fdatasync(fd);
  fchmod(fd, 0600);
  chmod("a", 04755);
  chown("a", -1, 0);
  link("a", "b");
  symlink("a", "s");
  readlink("s", buf, sizeof buf);
  syscall(SYS_readlink, "a", buf, sizeof buf);
  rename("b", "c");
  renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_EXCHANGE);
  access("c", R_OK | W_OK);
  access("c", F_OK);
  faccessat(AT_FDCWD, "c", X_OK, AT_EACCESS);
  int d = dup(fd);
  dup2(fd, 20);
  dup3(fd, 21, O_CLOEXEC);
  fcntl(fd, F_GETFD);
  fcntl(fd, F_SETFD, 0);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND);
  fcntl(fd, F_DUPFD, 30);
  fcntl(fd, F_DUPFD_CLOEXEC, 31);
  fcntl(fd, F_GETOWN);
  fcntl(fd, F_SETOWN, getpid());
  fcntl(fd, F_GETSIG);
  fcntl(fd, F_SETSIG, 10);
  fcntl(fd, F_GETSIG);
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2};
  fcntl(fd, F_SETLK, &l);
  fcntl(fd, F_GETLK, &l);
  fcntl(fd, 999, 5);
  fcntl(99, F_GETFD);
  flock(fd, LOCK_EX | LOCK_NB);
  flock(fd, LOCK_UN);
  int p = open(".", O_RDONLY | O_DIRECTORY);
  syscall(SYS_getdents64, p, buf, sizeof buf);
  syscall(SYS_getdents64, p, buf, sizeof buf);
  fchdir(p);
  openat(p, "nope", O_WRONLY | O_NOFOLLOW | O_EXCL | O_SYNC | O_NONBLOCK);
  mkdirat(p, "e", 0700);
  unlinkat(p, "e", AT_REMOVEDIR);
  mknod("f", S_IFIFO | 0644, 0);
  mknodat(p, "g", S_IFCHR | 0600, 0x103);
  struct timespec ts[2] = {{1, 2}, {0, UTIME_OMIT}};
  utimensat(AT_FDCWD, "c", ts, 0);
  futimens(fd, 0);
  utimes("c", 0);
  close_range(40, 50, CLOSE_RANGE_CLOEXEC);
  sendfile(1, fd, 0, 10);
  off_t off = 1;
  sendfile(1, p, &off, 10);
  copy_file_range(fd, &off, fd, 0, 5, 0);
  unlink("a"); unlink("c"); unlink("s"); unlink("f"); unlink("g");
  chdir("..");
  rmdir("d");
  open("a", O_RDONLY);
  syscall(SYS_open, (char *)8, O_RDWR);
  write(1, (void *)16, 5);
  read(0, buf, 0);
  write(1, "", 0);
  close(d);
  close(1234);
  sync();
  syscall(SYS_creat, "zz", 0600);
  unlink("zz");
  return 3;
}
