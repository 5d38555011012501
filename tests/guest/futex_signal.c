// A thread that sleeps on a futex while another takes the signal that woke it misses no wake-up.
#include "guest.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int word;
static volatile int taken;
static void took(int signal) { (void)signal; taken++; }

static void *waker(void *unused) {
  (void)unused;
  sigset_t none;
  // The child ends while the main thread sleeps; this thread is as likely to take the signal.
  for (int i = 0; i < 3; i++) sched_yield();
  pid_t child = fork();
  if (!child) _exit(0);
  waitpid(child, NULL, 0);
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, NULL);
  __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  return NULL;
}

int main(void) {
  struct sigaction action = {.sa_handler = took, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &action, NULL);
  for (int round = 0; round < 50; round++) {
    pthread_t thread;
    word = 0;
    pthread_create(&thread, NULL, waker, NULL);
    while (!__atomic_load_n(&word, __ATOMIC_SEQ_CST)) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    pthread_join(thread, NULL);
  }
  printf("no wake-up was lost, %d signals\n", taken > 0);
  return 0;
}
