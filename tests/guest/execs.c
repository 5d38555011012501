// flavours: static pie
#include "guest.h"
static char *self;
static void try_exec(const char *path, char **argv, char **envp) {
  int status;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    execve(path, argv, envp);
    printf("errno %d\n", errno);
    exit(100);
  }
  waitpid(pid, &status, 0);
  print_status("exec", status);
}
static void put(const char *name, const char *text, int mode) {
  int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  write(fd, text, strlen(text));
  fchmod(fd, mode);
  close(fd);
}
extern char **environ;
int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "child")) {
    for (int i = 1; i < argc; i++) printf("arg %s\n", argv[i]);
    for (char **e = environ; *e; e++) printf("env %s\n", *e);
    P(fcntl(20, F_GETFD));
    P(fcntl(21, F_GETFD));
    struct sigaction sa;
    sigaction(SIGUSR1, NULL, &sa);
    Q(sa.sa_handler == SIG_DFL);
    sigaction(SIGUSR2, NULL, &sa);
    Q(sa.sa_handler == SIG_IGN);
    sigset_t m;
    sigprocmask(SIG_BLOCK, NULL, &m);
    Q(sigismember(&m, SIGTERM));
    return 11;
  }
  if (argc > 1 && strcmp(argv[1], "child")) {
    printf("by a script: %d arguments:", argc);
    for (int i = 1; i < argc; i++) printf(" [%s]", strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
    puts("");
    return 12;
  }
  char path[4096];
  int n = readlink("/proc/self/exe", path, sizeof path - 1);
  path[n] = 0;
  self = path;
  dup2(open("/dev/null", O_RDONLY), 20);
  dup3(20, 21, O_CLOEXEC);
  signal(SIGUSR1, exit);
  signal(SIGUSR2, SIG_IGN);
  sigset_t m;
  sigemptyset(&m), sigaddset(&m, SIGTERM);
  sigprocmask(SIG_BLOCK, &m, NULL);
  char *child[] = {"name", "child", "x y", NULL}, *env[] = {"A=1", "B=", NULL}, *none[] = {NULL};
  try_exec(self, child, env);
  own_folder();
  put("not executable", "x", 0644);
  put("no format", "hello", 0755);
  put("empty", "", 0755);
  put("elf head only", "\177ELF\2\1\1", 0755);
  char script[5000];
  snprintf(script, sizeof script, "#!%s  one argument \nrest", self);
  put("script", script, 0755);
  put("no interpreter", "#!/none/here\n", 0755);
  put("blank", "#!   \n", 0755);
  mkdir("folder", 0755);
  char *plain[] = {"zero", "first", "second", NULL};
  try_exec("not executable", plain, none);
  try_exec("no format", plain, none);
  try_exec("empty", plain, none);
  try_exec("elf head only", plain, none);
  try_exec("script", plain, none);
  try_exec("no interpreter", plain, none);
  try_exec("blank", plain, none);
  try_exec("folder", plain, none);
  try_exec("none", plain, none);
  try_exec("script/x", plain, none);
  try_exec("", plain, none);
  char *bad[] = {"x", (char *)8, NULL};
  try_exec(self, bad, none);
  P(execve(self, (char **)8, none));
  P(execve((char *)8, plain, none));
  int fd = open(self, O_RDONLY);
  fflush(stdout);
  if (fork() == 0) {
    syscall(SYS_execveat, fd, "", child, none, AT_EMPTY_PATH);
    _exit(99);
  }
  int status;
  wait(&status);
  print_status("execveat", status);
  return 0;
}
