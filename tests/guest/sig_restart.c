#include "guest.h"
// What an interrupted call gives with and without SA_RESTART.
static volatile int got;
static void on(int s) { got++; }
static int p[2];
static pid_t disturber(int ms, const char *text) {
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    sleep_ms(ms);
    kill(parent, SIGUSR1);
    sleep_ms(ms);
    if (text) write(p[1], text, strlen(text));
    _exit(0);
  }
  return pid;
}
static void set(int flags) {
  struct sigaction sa = {.sa_handler = on, .sa_flags = flags};
  sigaction(SIGUSR1, &sa, NULL);
}
int main(void) {
  char b[10];
  int status;
  pipe(p);
  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
    printf("flags %s\n", flags ? "SA_RESTART" : "0");
    set(flags);
    got = 0;
    pid_t pid = disturber(15, "late");
    P(read(p[0], b, 10));
    waitpid(pid, &status, 0);
    while (waitpid(pid, &status, 0) > 0) {}
    P(got);
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    read(p[0], b, 10);
    fcntl(p[0], F_SETFL, 0);
    pid = disturber(15, NULL);
    P(waitpid(pid, &status, 0) == pid);
    while (waitpid(pid, &status, 0) > 0) {}
    pid = disturber(15, NULL);
    struct timespec t = {0, 200000000}, left;
    P(nanosleep(&t, &left));
    Q(left.tv_nsec > 100000000 && left.tv_nsec < 200000000);
    while (wait(&status) > 0) {}
    pid = disturber(15, "x");
    struct pollfd f = {p[0], POLLIN};
    P(poll(&f, 1, 1000));
    while (wait(&status) > 0) {}
    read(p[0], b, 10);
    pid = disturber(15, "x");
    fd_set r;
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    P(select(p[0] + 1, &r, NULL, NULL, NULL));
    while (wait(&status) > 0) {}
    read(p[0], b, 10);
    pid = disturber(15, NULL);
    int word = 1;
    struct timespec limit = {0, 100000000};
    P(syscall(SYS_futex, &word, 0, 1, &limit, NULL, 0));
    while (wait(&status) > 0) {}
    pid = disturber(15, NULL);
    P(pause());
    while (wait(&status) > 0) {}
  }
  signal(SIGUSR1, SIG_IGN);
  pid_t pid = disturber(5, "ok");
  P(read(p[0], b, 10));
  wait(&status);
  return 0;
}
