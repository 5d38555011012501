// Robust mutexes, plain and priority-inheriting, of threads and processes; glibc's PI mutexes and condition variables.
#include "guest.h"
struct shared {
  pthread_mutex_t m;
  pthread_cond_t c;
  int state;
};
static struct shared *make(int robust, int pi) {
  struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
  if (robust) pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  if (pi) pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&s->m, &a);
  pthread_condattr_t ca;
  pthread_condattr_init(&ca);
  pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
  pthread_cond_init(&s->c, &ca);
  return s;
}
static void *dies(void *p) {
  struct shared *s = p;
  pthread_mutex_lock(&s->m);
  s->state = 1;
  return NULL;
}
static void *waits(void *p) {
  struct shared *s = p;
  pthread_mutex_lock(&s->m);
  while (s->state != 2) pthread_cond_wait(&s->c, &s->m);
  s->state = 3;
  pthread_mutex_unlock(&s->m);
  return NULL;
}
static void after_death(struct shared *s, const char *how) {
  int r = pthread_mutex_lock(&s->m);
  printf("%s: lock %d", how, r);
  if (r == EOWNERDEAD) printf(" consistent %d", pthread_mutex_consistent(&s->m));
  printf(" unlock %d", pthread_mutex_unlock(&s->m));
  printf(" again %d", pthread_mutex_lock(&s->m));
  printf(" unlock %d\n", pthread_mutex_unlock(&s->m));
}
int main(int argc, char **argv) {
  if (argc > 1) return 0;
  for (int pi = 0; pi < 2; pi++) {
    printf("pi %d\n", pi);
    pthread_t th;
    struct shared *s = make(1, pi);
    pthread_create(&th, NULL, dies, s), pthread_join(th, NULL);
    after_death(s, "thread");
    int status;
    fflush(stdout);
    if (fork() == 0) dies(s), _exit(0);
    wait(&status);
    after_death(s, "process");
    if (fork() == 0) dies(s), execl("/proc/self/exe", "x", "quit", NULL), _exit(0);
    wait(&status);
    after_death(s, "exec");
    s->state = 0;
    if (fork() == 0) dies(s), sleep_ms(80), kill(getpid(), SIGKILL);
    while (!s->state) sleep_ms(1);
    after_death(s, "killed while others wait");
    wait(&status);
    s->state = 0;
    if (fork() == 0) dies(s), _exit(0);
    wait(&status);
    printf("lock %d", pthread_mutex_lock(&s->m));
    printf(" unlock %d", pthread_mutex_unlock(&s->m));
    printf(" then %d\n", pthread_mutex_lock(&s->m));
    s = make(0, pi);
    pthread_create(&th, NULL, waits, s);
    sleep_ms(20);
    pthread_mutex_lock(&s->m);
    s->state = 2;
    pthread_cond_broadcast(&s->c);
    pthread_mutex_unlock(&s->m);
    pthread_join(th, NULL);
    printf("state %d\n", s->state);
  }
  return 0;
}
