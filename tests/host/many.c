// many forks N: N children one after the other, each with memory, descriptors and signals of its own.
// many alive N: N processes at once, until a byte arrives.
#include "../guest/guest.h"

static void child(int i) {
  int p[2];
  pipe(p);
  char *m = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, (i & 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
  for (int page = 0; page < 16; page++) m[page * 4096] = i;
  signal(SIGUSR1, SIG_IGN);
  kill(getpid(), SIGUSR1);
  write(p[1], m, 100);
  if (i % 5 == 0) setsid();
  if (i % 50 == 0) execl("/proc/self/exe", "many", "forks", "0", NULL);
  if (i % 7 == 0) kill(getpid(), SIGKILL);
  _exit(i & 127);
}

int main(int argc, char **argv) {
  int n = atoi(argv[2]);
  if (!strcmp(argv[1], "forks")) {
    for (int i = 0; i < n; i++) {
      pid_t pid = fork();
      if (pid < 0) return 1;
      if (!pid) child(i);
      if (waitpid(pid, NULL, 0) != pid) return 2;
    }
    return 0;
  }
  int p[2];
  char c;
  pipe(p);
  for (int i = 0; i < n; i++) {
    pid_t pid = fork();
    if (pid < 0) return 1;
    if (!pid) {
      close(p[1]);
      read(p[0], &c, 1);
      _exit(0);
    }
  }
  puts("alive");
  fflush(stdout);
  read(0, &c, 1);
  close(p[1]);
  while (wait(NULL) > 0) {}
  return 0;
}
