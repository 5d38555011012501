#include "guest.h"
// exit_group, a fatal signal and exec end all threads.
static void *spin(void *a) {
  for (volatile long i = 0;; i++) {}
}
static void *blocked(void *a) {
  char c;
  int p[2];
  pipe(p);
  read(p[0], &c, 1);
  return NULL;
}
static void start(void) {
  pthread_t t;
  pthread_create(&t, NULL, spin, NULL);
  pthread_create(&t, NULL, blocked, NULL);
  sleep_ms(5);
}
static void by_exit(void) { start(), exit(8); }
static void by_signal(void) { start(), kill(getpid(), SIGTERM), pause(); }
static void by_fault(void) { start(), *(volatile int *)8 = 1; }
static void by_main(void) {
  pthread_t t;
  pthread_create(&t, NULL, blocked, NULL);
  pthread_create(&t, NULL, (void *(*)(void *))sleep_ms, (void *)20);
  pthread_cancel(t);
  syscall(SYS_exit_group, 3);
}
static void *late(void *a) {
  sleep_ms(10);
  exit(31);
}
static void main_first(void) {
  pthread_t t;
  pthread_create(&t, NULL, late, NULL);
  pthread_exit(NULL);
}
static char *self;
static void *executes(void *a) {
  execl(self, self, "again", NULL);
  return NULL;
}
static void by_exec(void) {
  pthread_t t;
  start();
  pthread_create(&t, NULL, executes, NULL);
  for (;;) pause();
}
int main(int argc, char **argv) {
  if (argc > 1) {
    Q(getpid() == syscall(SYS_gettid));
    puts("executed by a thread");
    return 5;
  }
  self = "/proc/self/exe";
  in_child("exit", by_exit);
  in_child("signal", by_signal);
  in_child("fault", by_fault);
  in_child("exit_group", by_main);
  in_child("main thread first", main_first);
  in_child("exec", by_exec);
  return 0;
}
