// flavours: static musl
#include "guest.h"
static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
static void list(const char *path) {
  DIR *d = opendir(path);
  if (!d) {
    printf("opendir %s: errno %d\n", path, errno);
    return;
  }
  char *names[1000];
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) {
    char line[300];
    snprintf(line, sizeof line, "%s %d", e->d_name, e->d_type);
    names[n++] = strdup(line);
  }
  qsort(names, n, sizeof *names, by_name);
  for (int i = 0; i < n && i < 12; i++) printf("  %s\n", names[i]);
  printf("  %d entries\n", n);
  rewinddir(d);
  int again = 0;
  while (readdir(d)) again++;
  Q(again == n);
  closedir(d);
}
int main(void) {
  own_folder();
  struct stat s;
  P(mkdir("a", 0755));
  P(mkdir("a", 0755));
  P(mkdir("x/y", 0755));
  P(mkdir("a/b", 0700));
  P(stat("a", &s));
  printf("links %ld mode %o\n", (long)s.st_nlink, s.st_mode);
  P(rmdir("a"));
  close(open("a/f", O_CREAT | O_WRONLY, 0600));
  P(symlink("f", "a/l"));
  P(mkfifo("a/p", 0600));
  list("a");
  P(rmdir("a/f"));
  P(rmdir("a/."));
  P(rmdir("a/b/.."));
  P(unlink("a/b"));
  P(rename("a/f", "a/b"));
  P(rename("a/b", "a/f"));
  P(rename("a", "a/b/c"));
  P(rename("a/f", "g"));
  P(rename("a/b", "c"));
  list("a");
  list("g");
  list("none");
  for (int i = 0; i < 500; i++) {
    char name[40];
    sprintf(name, "c/file number %d", i);
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  list("c");
  char cwd[PATH_MAX];
  P(chdir("c"));
  Q(getcwd(cwd, sizeof cwd) && !strcmp(strrchr(cwd, '/'), "/c"));
  P(chdir("../g"));
  P(access("../c/file number 77", F_OK));
  P(chdir("/"));
  puts(getcwd(cwd, sizeof cwd));
  P(syscall(SYS_getcwd, cwd, 1));
  P(syscall(SYS_getcwd, cwd, sizeof cwd));
  P(chdir("//tmp/./../tmp"));
  puts(getcwd(cwd, sizeof cwd));
  int fd = open("/", O_RDONLY | O_DIRECTORY);
  P(fchdir(fd));
  puts(getcwd(cwd, sizeof cwd));
  return 0;
}
