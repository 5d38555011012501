#include "guest.h"
int main(int argc, char **argv) {
  volatile int shared = 0;
  int status;
  if (argc > 1) {
    printf("executed with %s\n", argv[1]);
    return 17;
  }
  pid_t pid = vfork();
  if (pid == 0) {
    shared = 5;
    _exit(3);
  }
  waitpid(pid, &status, 0);
  P(shared);
  print_status("vfork", status);
  pid = vfork();
  if (pid == 0) {
    shared = 6;
    execl("/proc/self/exe", argv[0], "vfork", NULL);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  P(shared);
  print_status("exec", status);
  pid = vfork();
  if (pid == 0) {
    execl("/none", "none", NULL);
    shared = errno;
    _exit(127);
  }
  waitpid(pid, &status, 0);
  P(shared);
  print_status("failed exec", status);
  return 0;
}
