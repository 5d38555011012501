// flavours: static musl pie
#include "guest.h"
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static void *count(void *arg) {
  for (int i = 0; i < 20000; i++) {
    pthread_mutex_lock(&m);
    counter++;
    pthread_mutex_unlock(&m);
  }
  return (void *)((long)arg * 2);
}
static void *alternate(void *arg) {
  int me = (long)arg;
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&m);
    while (turn % 3 != me) pthread_cond_wait(&c, &m);
    turn++;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
  }
  return NULL;
}
static void *leave(void *arg) {
  pthread_exit((void *)77);
}
static __thread int mine = 5;
static void *tls(void *arg) {
  mine += (long)arg;
  return (void *)(long)mine;
}
int main(void) {
  pthread_t t[8];
  void *r;
  for (long i = 0; i < 8; i++) pthread_create(&t[i], NULL, count, (void *)i);
  long sum = 0;
  for (int i = 0; i < 8; i++) pthread_join(t[i], &r), sum += (long)r;
  printf("%ld %ld\n", counter, sum);
  for (long i = 0; i < 3; i++) pthread_create(&t[i], NULL, alternate, (void *)i);
  for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
  P(turn);
  pthread_create(&t[0], NULL, leave, NULL);
  pthread_join(t[0], &r);
  P(r);
  for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, tls, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(t[i], &r), P(r);
  P(mine);
  P(pthread_mutex_trylock(&m));
  P(pthread_mutex_trylock(&m));
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  ts.tv_nsec += 10000000;
  if (ts.tv_nsec >= 1000000000) ts.tv_nsec -= 1000000000, ts.tv_sec++;
  P(pthread_mutex_timedlock(&m, &ts));
  P(pthread_cond_timedwait(&c, &m, &ts));
  for (int i = 0; i < 300; i++) {
    pthread_create(&t[0], NULL, tls, (void *)(long)i);
    pthread_join(t[0], &r);
    sum += (long)r;
  }
  P(sum);
  return 0;
}
