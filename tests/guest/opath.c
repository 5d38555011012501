// needs: mount
// O_PATH descriptors, O_TMPFILE and linkat(2) with AT_EMPTY_PATH.
#include "guest.h"
#include "fs.h"

static void stripped(const char *what, const char *path) {
  char text[PATH_MAX] = {0}, here[PATH_MAX];
  getcwd(here, sizeof here);
  readlink(path, text, sizeof text - 1);
  char *at = strstr(text, here);
  char *number = strchr(text, '#');
  if (number) number[1] = 0;
  printf("%s -> %s\n", what, at ? at + strlen(here) : text);
}

static void paths(void) {
  char b[10], link[64];
  struct stat st;
  struct statfs sf;
  put("f", "text");
  symlink("f", "s");
  mkdir("d", 0755);
  int fd = open("f", O_PATH);
  Q(fd >= 0);
  P(read(fd, b, 1));
  P(write(fd, b, 1));
  P(pread(fd, b, 1, 0));
  P(lseek(fd, 0, SEEK_SET));
  P(ftruncate(fd, 0));
  P(fchmod(fd, 0600));
  P(fchown(fd, 0, 0));
  P(ioctl(fd, FIONREAD, b));
  P(fsync(fd));
  P(fallocate(fd, 0, 0, 1));
  P(fgetxattr(fd, "user.a", b, 1));
  P(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
  P(fstat(fd, &st));
  P(st.st_size);
  P(fstatfs(fd, &sf));
  P(fcntl(fd, F_GETFL) == (O_PATH | 0100000) || fcntl(fd, F_GETFL) == O_PATH);
  P(fcntl(fd, F_SETFL, O_NONBLOCK));
  P(fcntl(fd, F_GETFD));
  P(fcntl(fd, F_DUPFD, 100));
  P(futimens(fd, NULL));
  P(fchdir(fd));
  P(fcntl(fd, F_SETLK, &(struct flock){F_RDLCK}));
  sprintf(link, "/proc/self/fd/%d", fd);
  cat(link + 0 == link ? "f" : "f");
  int again = open(link, O_RDWR);
  P(read(again, b, 4));
  P(fchmodat(AT_FDCWD, link, 0600, 0));
  P(linkat(fd, "", AT_FDCWD, "hard", AT_EMPTY_PATH));
  P(linkat(AT_FDCWD, link, AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW));
  P(linkat(AT_FDCWD, link, AT_FDCWD, "hard3", 0));
  P(fstat(fd, &st));
  P(st.st_nlink);
  P(open("f", O_PATH | O_DIRECTORY));
  P(open("none", O_PATH | O_CREAT, 0600));
  int s = open("s", O_PATH | O_NOFOLLOW);
  P(fstat(s, &st));
  P(S_ISLNK(st.st_mode));
  P(readlinkat(s, "", b, sizeof b));
  P(openat(s, "", O_RDONLY));
  P(open("s", O_RDONLY | O_NOFOLLOW));
  P(linkat(s, "", AT_FDCWD, "s2", AT_EMPTY_PATH));
  int d = open("d", O_PATH | O_DIRECTORY);
  P(mkdirat(d, "e", 0700));
  P(fchdir(d));
  P(access("e", F_OK));
  P(chdir(".."));
  P(syscall(SYS_getdents64, d, b, sizeof b));
  P(fstatat(fd, "", &st, AT_EMPTY_PATH));
  P(fchownat(fd, "", 0, 0, AT_EMPTY_PATH));
  P(faccessat(fd, "", R_OK, AT_EMPTY_PATH));
  P(poll(&(struct pollfd){fd, POLLIN}, 1, 0));
}

static void temporary(void) {
  char link[64];
  struct stat st;
  int fd = open(".", O_TMPFILE | O_RDWR, 0640);
  Q(fd >= 0);
  P(write(fd, "unnamed", 7));
  P(fstat(fd, &st));
  printf("links %ld mode %o size %ld\n", (long)st.st_nlink, st.st_mode, (long)st.st_size);
  sprintf(link, "/proc/self/fd/%d", fd);
  stripped("tmpfile", link);
  P(fcntl(fd, F_GETFL) & O_TMPFILE);
  P(linkat(AT_FDCWD, link, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  cat("named");
  P(fstat(fd, &st));
  P(st.st_nlink);
  P(linkat(fd, "", AT_FDCWD, "named2", AT_EMPTY_PATH));
  cat("named2");
  P(unlink("named"));
  P(unlink("named2"));
  P(linkat(fd, "", AT_FDCWD, "named3", AT_EMPTY_PATH));
  close(fd);
  fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
  P(linkat(fd, "", AT_FDCWD, "never", AT_EMPTY_PATH));
  close(fd);
  P(open(".", O_TMPFILE | O_RDONLY, 0600));
  P(open("f", O_TMPFILE | O_RDWR, 0600));
  P(open("none", O_TMPFILE | O_RDWR, 0600));
  P(open(".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
  P(open("/proc", O_TMPFILE | O_RDWR, 0600));
  fd = open(".", O_TMPFILE | O_WRONLY, 0600);
  stripped("deleted", "/proc/self/cwd");
  unlink("f");
  fd = open("hard", O_RDONLY);
  unlink("hard");
  sprintf(link, "/proc/self/fd/%d", fd);
  stripped("unlinked", link);
}

int main(void) {
  own_tmpfs();
  paths();
  temporary();
}
