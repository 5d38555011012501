// needs: mount umount2 unshare pivot_root
// Shared, slave, private and unbindable mounts, across folders and mount name spaces; pivot_root(2). mount_namespaces(7).
#include "guest.h"
#include <sys/mount.h>

static bool there(const char *path) { return access(path, F_OK) == 0; }
static void mark(const char *folder, const char *name) {
  char path[200];
  sprintf(path, "%s/%s", folder, name);
  close(creat(path, 0644));
}
static void put(const char *folder, const char *name) {
  char path[200];
  sprintf(path, "%s/%s", folder, name);
  if (mount("x", folder, "tmpfs", 0, NULL)) printf("mount %s: errno %d\n", folder, errno);
  close(creat(path, 0644));
}

// The optional fields of mountinfo, with peer groups numbered in order of their appearance.
static void fields(const char *what) {
  char line[4096], here[PATH_MAX];
  int groups[50], n = 0;
  getcwd(here, sizeof here);
  FILE *f = fopen("/proc/self/mountinfo", "r");
  printf("%s:\n", what);
  while (fgets(line, sizeof line, f)) {
    char *at = strstr(line, here);
    if (!at) continue;
    char *p = strchr(strchr(at, ' ') + 1, ' ') + 1, *end = strstr(p, "- ");
    printf("  %.*s", (int)(strchr(at, ' ') - at - strlen(here)), at + strlen(here));
    for (char *word = strtok(p, " "); word && word < end && strcmp(word, "-"); word = strtok(NULL, " ")) {
      char *colon = strchr(word, ':');
      if (!colon) {
        printf(" %s", word);
        continue;
      }
      int id = atoi(colon + 1), i = 0;
      while (i < n && groups[i] != id) i++;
      if (i == n) groups[n++] = id;
      printf(" %.*s:%d", (int)(colon - word), word, i);
    }
    puts("");
  }
  fclose(f);
}

static void peers(void) {
  put("a", "top");
  mkdir("a/m", 0755);
  P(mount(NULL, "a", NULL, MS_SHARED, NULL));
  P(mount("a", "b", NULL, MS_BIND, NULL));
  fields("bound");
  put("a/m", "one");
  Q(there("b/m/one"));
  P(umount("b/m"));
  Q(there("a/m/one"));
  put("b/m", "two");
  Q(there("a/m/two"));
  fields("both");
  P(mount(NULL, "b", NULL, MS_SLAVE, NULL));
  P(umount("a/m"));
  Q(there("b/m/two"));
  put("b/m", "three"); // a slave's mounts stay its own
  Q(there("a/m/three"));
  P(umount("b/m"));
  put("a/m", "four");
  Q(there("b/m/four"));
  fields("slave");
  P(mount(NULL, "b", NULL, MS_SHARED, NULL)); // slave and shared
  P(mount("b", "c", NULL, MS_BIND, NULL));
  fields("slave and shared");
  P(umount("a/m"));
  put("a/m", "five");
  Q(there("c/m/five"));
  P(mount(NULL, "b", NULL, MS_PRIVATE, NULL));
  P(umount("a/m"));
  Q(there("b/m/five"));
  Q(there("c/m/five"));
  fields("private");
  P(mount(NULL, "b", NULL, MS_UNBINDABLE, NULL));
  P(mount("b", "d", NULL, MS_BIND, NULL));
  fields("unbindable");
  P(mount(NULL, "a", NULL, MS_SHARED | MS_SLAVE, NULL));
  P(mount(NULL, "a", NULL, MS_SHARED | MS_BIND, NULL));
  P(mount(NULL, "none", NULL, MS_SHARED, NULL));
  P(mount(NULL, "d", NULL, MS_SLAVE, NULL)); // no mount point
}

static void recursive(void) {
  put("a", "top");
  mkdir("a/m", 0755);
  put("a/m", "inner");
  P(mount(NULL, "a", NULL, MS_SHARED | MS_REC, NULL));
  P(mount("a", "b", NULL, MS_BIND, NULL));
  Q(there("b/m/inner"));
  P(mount("a", "c", NULL, MS_BIND | MS_REC, NULL));
  Q(there("c/m/inner"));
  fields("recursive");
  mkdir("a/m/n", 0755);
  put("a/m/n", "deep");
  Q(there("c/m/n/deep"));
  P(mount(NULL, "c", NULL, MS_PRIVATE | MS_REC, NULL));
  fields("private below");
  P(umount2("a", MNT_DETACH));
  Q(there("c/m/n/deep"));
  fields("detached");
}

// A copy of the name space: shared mounts go both ways, slaves one way, private ones none.
static void spaces(void) {
  int go[2], done[2];
  char c;
  pipe(go);
  pipe(done);
  for (char *name = "abc"; *name; name++) {
    char folder[2] = {*name, 0}, inner[4];
    put(folder, "top");
    sprintf(inner, "%c/m", *name);
    mkdir(inner, 0755);
  }
  mount(NULL, "a", NULL, MS_SHARED, NULL);
  mount(NULL, "b", NULL, MS_SHARED, NULL);
  mount(NULL, "c", NULL, MS_PRIVATE, NULL);
  pid_t pid = fork();
  if (!pid) {
    P(unshare(CLONE_NEWNS));
    P(mount(NULL, "b", NULL, MS_SLAVE, NULL));
    put("a/m", "childs");
    put("b/m", "childs");
    put("c/m", "childs");
    write(done[1], "x", 1);
    read(go[0], &c, 1);
    P(umount("b/m"));
    Q(there("b/m/parents"));
    Q(there("c/m/parents"));
    _exit(0);
  }
  read(done[0], &c, 1);
  Q(there("a/m/childs"));
  Q(there("b/m/childs"));
  Q(there("c/m/childs"));
  put("b/m", "parents");
  put("c/m", "parents");
  write(go[1], "x", 1);
  int status;
  waitpid(pid, &status, 0);
  print_status("child", status);
}

static void pivot(void) {
  P(syscall(SYS_pivot_root, "a", "a")); // no mount point
  put("a", "new-root");
  mkdir("a/old", 0755);
  mkdir("a/dir", 0755);
  put("b", "other");
  P(syscall(SYS_pivot_root, "nowhere", "a"));
  P(syscall(SYS_pivot_root, "a", "nowhere"));
  P(syscall(SYS_pivot_root, "a/new-root", "a"));
  P(syscall(SYS_pivot_root, "a", "b"));  // not below the new root
  P(syscall(SYS_pivot_root, "/", "a"));  // busy
  P(syscall(SYS_pivot_root, "a", "a/old"));
  P(access("/new-root", F_OK));
  char cwd[PATH_MAX];
  Q(getcwd(cwd, sizeof cwd) != NULL); // the working directory stays
  P(strncmp(cwd, "/old/", 5));
  P(chdir("/"));
  Q(there("/old/proc/self"));
  P(umount("/old"));
  P(umount2("/old", MNT_DETACH));
  Q(there("/old/proc"));
  P(access("/new-root", F_OK));
  P(mkdir("/dir/x", 0755));
  P(syscall(SYS_pivot_root, ".", "."));
  setuid(65534);
  P(syscall(SYS_pivot_root, "/dir", "/dir"));
}

static void space(const char *what, void (*f)(void)) {
  printf("-- %s\n", what);
  fflush(stdout);
  pid_t pid = fork();
  if (!pid) {
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) perror("unshare");
    own_folder();
    for (char *name = "abcd"; *name; name++) mkdir((char[]){*name, 0}, 0755);
    f();
    exit(0);
  }
  int status;
  waitpid(pid, &status, 0);
  print_status(what, status);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  space("peers", peers);
  space("recursive", recursive);
  space("spaces", spaces);
  space("pivot", pivot);
  return 0;
}
