// Set-user-id and set-group-id programs, AT_SECURE, capabilities over exec, no_new_privs; argument limits; ETXTBSY.
#include "guest.h"
#include <sys/auxv.h>
static void show(void) {
  uid_t r, e, s;
  gid_t rg, eg, sg;
  getresuid(&r, &e, &s), getresgid(&rg, &eg, &sg);
  printf("  uid %u %u %u gid %u %u %u secure %lu auxv %lu %lu dumpable %d\n", r, e, s, rg, eg, sg, getauxval(AT_SECURE), getauxval(AT_EUID), getauxval(AT_EGID), prctl(PR_GET_DUMPABLE));
  fflush(stdout);
}
static const char *prog = "./prog";
static void run(const char *what, mode_t mode, uid_t owner, gid_t group, uid_t as, int no_new) {
  int status;
  printf("%s\n", what);
  fflush(stdout);
  if (chown(prog, owner, group) || chmod(prog, mode)) perror("chmod");
  if (fork() == 0) {
    if (as && (setresgid(as, as, as) || setresuid(as, as, as))) _exit(9);
    if (no_new) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    execl(prog, prog, "show", NULL);
    printf("  exec: errno %d\n", errno);
    fflush(stdout);
    _exit(8);
  }
  wait(&status);
  print_status("  end", status);
}
int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "show")) {
    show();
    return 0;
  }
  if (argc > 1) return argc > 100 ? 42 : (int)strlen(argv[1]) / 1000;
  int status;
  own_folder();
  chmod(".", 0755);
  static char buf[65536];
  int in = open("/proc/self/exe", O_RDONLY), out = open(prog, O_CREAT | O_WRONLY, 0755);
  for (ssize_t n; (n = read(in, buf, sizeof buf)) > 0;)
    if (write(out, buf, n) != n) return 1;
  close(in);
  P(execl(prog, prog, "show", NULL));
  close(out);
  run("plain, root", 0755, 0, 0, 0, 0);
  run("plain, user", 0755, 0, 0, 1000, 0);
  run("set-user-id root, user", 04755, 0, 0, 1000, 0);
  run("set-user-id other, user", 04755, 1001, 0, 1000, 0);
  run("set-user-id other, root", 04755, 1001, 0, 0, 0);
  run("set-group-id, user", 02755, 0, 50, 1000, 0);
  run("set-group-id without execute, user", 02745, 0, 50, 1000, 0);
  run("both, user", 06755, 1001, 1002, 1000, 0);
  run("no new rights", 06755, 0, 0, 1000, 1);
  run("not allowed", 0700, 0, 0, 1000, 0);
  // Arguments: a string, all of them, the stack's limit.
  char *big = malloc(200000), *args[4000] = {(char *)prog, big, NULL};
  chmod(prog, 0755);
  memset(big, 'x', 131070), big[131071] = 0, big[131070] = 0;
  if (fork() == 0) execv(prog, args), _exit(errno);
  wait(&status);
  print_status("longest string", status);
  memset(big, 'x', 131072), big[131072] = 0;
  if (fork() == 0) execv(prog, args), _exit(errno);
  wait(&status);
  print_status("too long", status);
  big[1000] = 0;
  for (int i = 1; i < 3000; i++) args[i] = big;
  if (fork() == 0) execv(prog, args), _exit(errno);
  wait(&status);
  print_status("3000 strings of 1000", status);
  for (int i = 1500; i < 3000; i++) args[i] = NULL;
  if (fork() == 0) execv(prog, args), _exit(errno);
  wait(&status);
  print_status("1500 strings of 1000", status);
  struct rlimit lim = {2 << 20, RLIM_INFINITY};
  setrlimit(RLIMIT_STACK, &lim);
  if (fork() == 0) execv(prog, args), _exit(errno);
  wait(&status);
  print_status("with a stack of 2 MiB", status);
  return 0;
}
