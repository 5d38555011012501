// Extended attributes: xattr(7) on a tmpfs.
#include "guest.h"
#include <sys/xattr.h>
#include <sys/stat.h>

static char buffer[70000];

static void get(const char *path, const char *name) {
  long n = lgetxattr(path, name, buffer, sizeof buffer);
  if (n < 0) printf("get %s: %s\n", name, strerror(errno));
  else printf("get %s: %ld bytes, %.*s\n", name, n, n > 20 ? 20 : (int)n, buffer);
}

static void list(const char *path) {
  long n = llistxattr(path, buffer, sizeof buffer);
  printf("list: %ld bytes:", n);
  for (char *p = buffer; p < buffer + n; p += strlen(p) + 1) printf(" %s", p);
  printf("\n");
}

int main(void) {
  char folder[] = "/dev/shm/xattrXXXXXX";
  mkdtemp(folder);
  chdir(folder);
  close(open("f", O_CREAT | O_RDWR, 0644));
  mkdir("d", 0755);
  symlink("f", "l");
  mkfifo("p", 0644);
  static const char *names[] = {"user.a", "trusted.b", "security.x", "security.capability", "system.foo", "foo.bar", "user.", "", "user.c"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    get("f", names[i]);
    P(setxattr("f", names[i], "hi", 2, 0));
    get("f", names[i]);
  }
  list("f");
  P(setxattr("f", "user.a", "x", 1, XATTR_CREATE));
  P(setxattr("f", "user.zz", "x", 1, XATTR_REPLACE));
  P(setxattr("f", "user.a", "other", 5, XATTR_REPLACE));
  P(setxattr("f", "user.a", "other", 5, 8));
  get("f", "user.a");
  P(setxattr("f", "user.big", buffer, 65537, 0));
  P(setxattr("f", "user.a", "", 0, 0));
  get("f", "user.a");
  P(getxattr("f", "user.c", buffer, 1));
  P(getxattr("f", "user.c", NULL, 0));
  P(listxattr("f", buffer, 3));
  P(listxattr("f", NULL, 0));
  P(setxattr("d", "user.dir", "1", 1, 0));
  list("d");
  P(lsetxattr("l", "user.a", "1", 1, 0));
  get("l", "user.a");
  P(lsetxattr("l", "trusted.a", "1", 1, 0));
  list("l");
  P(setxattr("l", "user.through", "1", 1, 0));
  P(setxattr("p", "user.a", "1", 1, 0));
  get("p", "user.a");
  P(setxattr("none", "user.a", "1", 1, 0));
  P(setxattr("f", (char *)1, "1", 1, 0));
  P(setxattr("f", "user.a", (char *)1, 1, 0));
  P(getxattr("f", "user.c", (char *)1, 9));
  int fd = open("f", O_RDONLY);
  P(fsetxattr(fd, "user.fd", "fd", 2, 0));
  P(fgetxattr(fd, "user.fd", buffer, 9));
  P(fremovexattr(fd, "user.fd"));
  P(fremovexattr(fd, "user.fd"));
  P(fsetxattr(77, "user.fd", "fd", 2, 0));
  int path = open("f", O_PATH);
  P(fgetxattr(path, "user.c", buffer, 9));
  P(removexattr("f", "user.c"));
  list("f");
  P(getxattr("/proc/self/status", "user.a", buffer, 9));
  P(setxattr("/dev/null", "user.a", "1", 1, 0));
  if (!fork()) {
    setresuid(1000, 1000, 1000);
    list("f");
    get("f", "trusted.b");
    get("f", "security.x");
    P(setxattr("f", "trusted.b", "1", 1, 0));
    P(setxattr("f", "user.a", "1", 1, 0));
    P(setxattr("f", "security.x", "1", 1, 0));
    _exit(0);
  }
  wait(NULL);
  unlink("f"), unlink("l"), unlink("p"), rmdir("d"), rmdir(folder);
}
