#include "guest.h"
#include <semaphore.h>
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t bar;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static sem_t items, room;
static int ring[8], in, out, value, onces;
static pthread_key_t key;
static _Atomic int destroyed, serial;
static void initialise(void) { onces++; }
static void destroy(void *p) { destroyed += (long)p; }
static void *reader(void *arg) {
  long sum = 0;
  for (int i = 0; i < 500; i++) {
    pthread_rwlock_rdlock(&rw);
    int a = value;
    sched_yield();
    sum += a == value;
    pthread_rwlock_unlock(&rw);
  }
  return (void *)sum;
}
static void *writer(void *arg) {
  for (int i = 0; i < 500; i++) {
    pthread_rwlock_wrlock(&rw);
    value++;
    pthread_rwlock_unlock(&rw);
  }
  return NULL;
}
static void *meet(void *arg) {
  pthread_once(&once, initialise);
  pthread_setspecific(key, arg);
  for (int i = 0; i < 10; i++)
    if (pthread_barrier_wait(&bar) == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
  return pthread_getspecific(key);
}
static void *produce(void *arg) {
  for (int i = 1; i <= 1000; i++) {
    sem_wait(&room);
    ring[in++ % 8] = i;
    sem_post(&items);
  }
  return NULL;
}
static long spun;
static void *spinner(void *arg) {
  for (int i = 0; i < 2000; i++) {
    pthread_spin_lock(&spin);
    spun++;
    pthread_spin_unlock(&spin);
  }
  return NULL;
}
static void *forever(void *arg) {
  for (;;) pause();
}
static void *robust(void *arg) {
  pthread_mutex_lock(arg);
  return NULL;
}
int main(void) {
  pthread_t t[5];
  void *r;
  for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, i ? reader : writer, NULL);
  for (int i = 0; i < 4; i++) pthread_join(t[i], &r), P(r);
  P(value);
  pthread_barrier_init(&bar, NULL, 5);
  pthread_key_create(&key, destroy);
  for (long i = 0; i < 5; i++) pthread_create(&t[i], NULL, meet, (void *)(i + 1));
  for (int i = 0; i < 5; i++) pthread_join(t[i], &r), P(r);
  P(serial), P(onces), P(destroyed);
  sem_init(&items, 0, 0), sem_init(&room, 0, 8);
  pthread_create(&t[0], NULL, produce, NULL);
  long sum = 0;
  for (int i = 0; i < 1000; i++) {
    sem_wait(&items);
    sum += ring[out++ % 8];
    sem_post(&room);
  }
  P(sum);
  pthread_join(t[0], NULL);
  P(sem_trywait(&items));
  pthread_spin_init(&spin, 0);
  for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, spinner, NULL);
  for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
  P(spun);
  pthread_create(&t[0], NULL, forever, NULL);
  P(pthread_cancel(t[0]));
  pthread_join(t[0], &r);
  Q(r == PTHREAD_CANCELED);
  pthread_mutexattr_t a;
  pthread_mutex_t m;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&m, &a);
  pthread_create(&t[0], NULL, robust, &m);
  pthread_join(t[0], NULL);
  P(pthread_mutex_lock(&m) == EOWNERDEAD);
  P(pthread_mutex_consistent(&m));
  P(pthread_mutex_unlock(&m));
  pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&m, &a);
  P(pthread_mutex_lock(&m)), P(pthread_mutex_lock(&m)), P(pthread_mutex_unlock(&m)), P(pthread_mutex_unlock(&m));
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&m, &a);
  P(pthread_mutex_lock(&m)), P(pthread_mutex_lock(&m) == EDEADLK), P(pthread_mutex_unlock(&m)), P(pthread_mutex_unlock(&m) == EPERM);
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
  struct {
    pthread_mutex_t m;
    long n;
  } *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutex_init(&s->m, &a);
  for (int k = 0; k < 4; k++)
    if (fork() == 0) {
      for (int i = 0; i < 3000; i++) pthread_mutex_lock(&s->m), s->n++, pthread_mutex_unlock(&s->m);
      _exit(0);
    }
  while (wait(NULL) > 0) {}
  P(s->n);
  return 0;
}
