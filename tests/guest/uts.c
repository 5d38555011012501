// needs: unshare setns
// UTS name spaces.
#include "guest.h"

static void show(const char *who) {
  struct utsname u;
  char name[65] = {0};
  uname(&u);
  gethostname(name, sizeof name);
  printf("%s: %s %s\n", who, u.nodename, name);
}

static int child(void *arg) {
  P(sethostname("cloned", 6));
  show("clone");
  return 0;
}

static char stack[65536];

int main(void) {
  char one[64] = {0}, two[64] = {0};
  P(unshare(CLONE_NEWUTS));
  P(sethostname("first", 5));
  P(setdomainname("domain", 6));
  show("first");
  int fd = open("/proc/self/ns/uts", O_RDONLY);
  readlink("/proc/self/ns/uts", one, 63);
  P(unshare(CLONE_NEWUTS));
  readlink("/proc/self/ns/uts", two, 63);
  Q(!strcmp(one, two));
  show("copied");
  P(sethostname("second", 6));
  show("second");
  int status;
  pid_t pid = clone(child, stack + sizeof stack, CLONE_NEWUTS | SIGCHLD, NULL);
  waitpid(pid, &status, 0);
  print_status("clone", status);
  show("after");
  P(setns(fd, CLONE_NEWUTS));
  show("back");
  P(sethostname("x", 65));
  P(sethostname("x", -1));
  FILE *f = fopen("/proc/sys/kernel/hostname", "r");
  char line[100] = {0};
  fgets(line, sizeof line, f);
  printf("proc: %s", line);
}
