// For programs about files: an empty tmpfs of their own, in a mount name space of their own, natively as in ring3.
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

static inline void own_tmpfs(void) {
  char here[PATH_MAX];
  own_folder();
  if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("own", ".", "tmpfs", 0, NULL) || chdir(getcwd(here, sizeof here))) {
    perror("own_tmpfs");
    exit(99);
  }
}

// Creates a file with a text.
static inline void put(const char *name, const char *text) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (write(fd, text, strlen(text)) < 0) perror(name);
  close(fd);
}

// Prints what a file holds, by descriptor or name.
static inline void cat(const char *name) {
  char b[4096];
  int fd = open(name, O_RDONLY);
  int n = fd < 0 ? -1 : read(fd, b, sizeof b);
  if (n < 0) printf("%s: errno %d\n", name, errno);
  else printf("%s: %.*s\n", name, n, b);
  if (fd >= 0) close(fd);
}
