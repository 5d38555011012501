// needs: unshare
// Files of /proc and /sys that programs read, and those that can be written: forms and modes, not figures.
#include "guest.h"

static char text[65536];

static int slurp(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  int n = 0, got;
  while ((got = read(fd, text + n, sizeof text - 1 - n)) > 0) n += got;
  text[n > 0 ? n : 0] = 0;
  close(fd);
  return got < 0 ? -1 : n;
}

// The text with every number as one N.
static void shape(const char *path, int lines) {
  if (slurp(path) < 0) {
    printf("%s: errno %d\n", path, errno);
    return;
  }
  printf("%s:\n", path);
  for (char *p = text; *p && lines; p++) {
    if (*p >= '0' && *p <= '9') {
      while (p[1] >= '0' && p[1] <= '9') p++;
      putchar('N');
    } else if (*p != ' ' || p[1] != ' ') putchar(*p);
    if (*p == '\n') lines--;
  }
  if (text[0] && text[strlen(text) - 1] != '\n') putchar('\n');
}

static void show(const char *path) {
  if (slurp(path) < 0) printf("%s: errno %d\n", path, errno);
  else printf("%s: %s%s", path, text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "|\n");
}

static void mode(const char *path) {
  struct stat st;
  if (lstat(path, &st)) printf("%s: errno %d\n", path, errno);
  else printf("%s: %o\n", path, st.st_mode);
}

static void has(const char *path, const char *word) {
  int n = slurp(path);
  printf("%s has %s: %s\n", path, word, n >= 0 && strstr(text, word) ? "yes" : "no");
}

static void put(const char *path, const char *what) {
  int fd = open(path, O_WRONLY);
  if (fd < 0) {
    printf("%s: open errno %d\n", path, errno);
    return;
  }
  int n = write(fd, what, strlen(what));
  printf("%s <- %s = %d, errno %d\n", path, what, n, n < 0 ? errno : 0);
  close(fd);
}

static void *thread(void *arg) {
  char path[64];
  sprintf(path, "/proc/self/task/%ld/comm", (long)syscall(SYS_gettid));
  int fd = open(path, O_RDWR);
  P(write(fd, "thread", 6));
  show("/proc/thread-self/comm");
  return NULL;
}

int main(void) {
  char path[64];
  alarm(60);
  // Of processes.
  put("/proc/self/comm", "renamed");
  show("/proc/self/comm");
  put("/proc/self/comm", "a name that is far too long\n");
  show("/proc/self/comm");
  pthread_t t;
  pthread_create(&t, NULL, thread, NULL);
  pthread_join(t, NULL);
  show("/proc/self/oom_score_adj");
  put("/proc/self/oom_score_adj", "500");
  show("/proc/self/oom_score_adj");
  put("/proc/self/oom_score_adj", "2000");
  put("/proc/self/oom_score_adj", "x");
  put("/proc/self/oom_score_adj", "0\n");
  show("/proc/self/timerslack_ns");
  shape("/proc/self/wchan", 1);
  shape("/proc/self/personality", 1);
  shape("/proc/self/loginuid", 1);
  shape("/proc/self/statm", 1);
  has("/proc/self/smaps", "[stack]");
  has("/proc/self/smaps", "VmFlags:");
  has("/proc/self/smaps_rollup", "[rollup]");
  has("/proc/self/smaps_rollup", "\nRss:");
  has("/proc/self/cgroup", "0::/");
  shape("/proc/self/uid_map", 1);
  int fd = open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY);
  Q(fd >= 0);
  int file = open("/proc/version", O_RDONLY | O_CLOEXEC);
  lseek(file, 7, SEEK_SET);
  sprintf(path, "/proc/self/fdinfo/%d", file);
  shape(path, 9);
  slurp(path);
  printf("%.20s\n", text);
  P(access("/proc/self/fdinfo/99", F_OK));
  mode("/proc/self/comm");
  mode("/proc/self/fdinfo");
  mode("/proc/self/fd");
  mode("/proc/self/oom_score_adj");
  mode("/proc/self/timerslack_ns");
  mode("/proc/self/smaps");
  mode("/proc/self/mounts");
  mode("/proc/self/environ");
  mode("/proc/self/cwd");
  mode("/proc/mounts");
  mode("/proc");
  mode("/proc/self");
  mode("/proc/sys");
  // Of the machine.
  shape("/proc/uptime", 1);
  shape("/proc/loadavg", 1);
  shape("/proc/swaps", 1);
  shape("/proc/partitions", 2);
  has("/proc/devices", "  1 mem");
  has("/proc/filesystems", "nodev\ttmpfs");
  has("/proc/filesystems", "nodev\tproc");
  has("/proc/meminfo", "MemAvailable:");
  has("/proc/meminfo", "Committed_AS:");
  has("/proc/meminfo", "Hugepagesize:       2048 kB");
  has("/proc/stat", "cpu0 ");
  has("/proc/stat", "procs_running");
  has("/proc/cpuinfo", "flags\t\t: fpu ");
  has("/proc/cpuinfo", " sse4_2");
  has("/proc/vmstat", "nr_free_pages");
  has("/proc/cgroups", "#subsys_name");
  // sysctls.
  show("/proc/sys/kernel/ostype");
  show("/proc/sys/kernel/overflowuid");
  show("/proc/sys/kernel/core_uses_pid");
  show("/proc/sys/fs/nr_open");
  show("/proc/sys/fs/mount-max");
  show("/proc/sys/vm/overcommit_memory");
  show("/proc/sys/vm/overcommit_ratio");
  show("/proc/sys/fs/inotify/max_queued_events");
  shape("/proc/sys/kernel/random/uuid", 0);
  slurp("/proc/sys/kernel/random/uuid");
  printf("%zu %c %c\n", strlen(text), text[14], text[8]);
  put("/proc/sys/kernel/ostype", "x");
  put("/proc/version", "x");
  put("/proc/self/status", "x");
  P(unshare(CLONE_NEWUTS));
  put("/proc/sys/kernel/hostname", "by.proc\n");
  show("/proc/sys/kernel/hostname");
  put("/proc/sys/kernel/domainname", "domain");
  show("/proc/sys/kernel/domainname");
  P(gethostname(path, sizeof path));
  printf("%s\n", path);
  mode("/proc/sys/kernel/hostname");
  mode("/proc/sys/kernel/osrelease");
  // /sys.
  has("/sys/devices/system/cpu/online", "0");
  has("/sys/devices/system/cpu/possible", "0");
  P(access("/sys/devices/system/cpu/cpu0/topology/core_id", R_OK));
  P(access("/sys/fs/cgroup", F_OK));
  has("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
  P(mkdir("/sys/new", 0755));
  P(mkdir("/proc/new", 0755));
  P(unlink("/proc/version"));
  P(rmdir("/proc/sys"));
  P(rename("/proc/version", "/proc/version2"));
  P(symlink("x", "/proc/x"));
  P(chmod("/proc/self/comm", 0600));
  P(chmod("/proc/sys/kernel/ostype", 0600));
  P(unlink("/proc/self/comm"));
  P(unlink("/proc/sys/kernel/ostype"));
  P(truncate("/proc/self/comm", 0));
  P(close(open("/proc/self/comm", O_RDWR | O_TRUNC)));
  P(link("/proc/version", "/proc/v2"));
  P(creat("/proc/new", 0600));
  P(creat("/sys/new", 0600));
}
