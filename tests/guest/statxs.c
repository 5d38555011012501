// needs: mount statx
// statx(2), access times under each mount flag, nanoseconds.
#include "guest.h"
#include "fs.h"

static void show(const char *path, int flags, unsigned mask) {
  struct statx x;
  memset(&x, 0x55, sizeof x);
  if (statx(AT_FDCWD, path, flags, mask, &x)) {
    printf("%s: errno %d\n", path, errno);
    return;
  }
  printf("%s: mask %x attributes %lx blksize %u links %u owner %u:%u mode %o size %ld blocks %ld rdev %u:%u\n", path, x.stx_mask & 0xfff, (long)x.stx_attributes, x.stx_blksize, x.stx_nlink, x.stx_uid, x.stx_gid, x.stx_mode, S_ISDIR(x.stx_mode) ? -1 : (long)x.stx_size, (long)x.stx_blocks, x.stx_rdev_major, x.stx_rdev_minor);
}

static long age(const char *path) {
  struct stat st;
  lstat(path, &st);
  return st.st_atim.tv_sec;
}

static void touch(const char *path, long atime, long mtime) {
  utimensat(AT_FDCWD, path, (struct timespec[]){{atime, 123456789}, {mtime, 987654321}}, AT_SYMLINK_NOFOLLOW);
}

static void reads(const char *what) {
  char b[16];
  time_t now = time(NULL);
  touch("f", 1000, 2000);
  cat("f");
  printf("%s: older than mtime: %s\n", what, age("f") == 1000 ? "stays" : "moves");
  touch("f", now - 100, 2000);
  cat("f");
  printf("%s: younger than mtime, ctime is now: %s\n", what, age("f") == now - 100 ? "stays" : "moves");
  touch("s", 1000, 2000);
  readlink("s", b, sizeof b);
  printf("%s: symlink: %s\n", what, age("s") == 1000 ? "stays" : "moves");
  touch("d", 1000, 2000);
  DIR *d = opendir("d");
  while (readdir(d)) {}
  closedir(d);
  printf("%s: folder: %s\n", what, age("d") == 1000 ? "stays" : "moves");
  touch("f", 1000, 2000);
  int fd = open("f", O_RDONLY | O_NOATIME);
  read(fd, b, 1);
  close(fd);
  printf("%s: O_NOATIME: %s\n", what, age("f") == 1000 ? "stays" : "moves");
}

int main(void) {
  struct stat st;
  own_tmpfs();
  put("f", "text");
  symlink("f", "s");
  mkdir("d", 0755);
  mknod("n", S_IFCHR | 0600, 0x1f0);
  show("f", 0, STATX_BASIC_STATS);
  show("f", 0, STATX_ALL);
  show("s", AT_SYMLINK_NOFOLLOW, STATX_ALL);
  show("d", 0, STATX_ALL);
  show(".", 0, STATX_ALL);
  show("n", 0, STATX_ALL);
  show("none", 0, STATX_ALL);
  show("f", 0x6000, STATX_ALL);
  show("f", 0, 0x80000000);
  show("f", 1 << 20, STATX_ALL);
  P(utimensat(AT_FDCWD, "f", (struct timespec[]){{-5, 0}, {1L << 33, 999999999}}, 0));
  stat("f", &st);
  printf("%ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  P(utimensat(AT_FDCWD, "f", (struct timespec[]){{0, UTIME_OMIT}, {7, 8}}, 0));
  stat("f", &st);
  printf("%ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  P(utimensat(AT_FDCWD, "f", (struct timespec[]){{0, 1000000000}, {7, 8}}, 0));
  reads("relatime");
  mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL);
  reads("noatime");
  mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_NODIRATIME | MS_STRICTATIME, NULL);
  reads("nodiratime");
  mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_STRICTATIME, NULL);
  reads("strictatime");
}
