// flavours: static pie musl
#include "guest.h"
static __thread int zero;
static __thread int set = 42;
static __thread char name[100] = "initial";
static __thread struct { long a, b; } pair __attribute__((aligned(64))) = {1, 2};
static void *body(void *arg) {
  zero += (long)arg, set += (long)arg, pair.b *= (long)arg;
  snprintf(name, sizeof name, "thread %ld", (long)arg);
  errno = (long)arg;
  sched_yield();
  Q(((uintptr_t)&pair & 63) == 0);
  printf("%d %d %s %ld %d\n", zero, set, name, pair.b, errno);
  return &zero;
}
int main(void) {
  pthread_t t;
  void *seen;
  for (long i = 1; i < 6; i++) {
    pthread_create(&t, NULL, body, (void *)i);
    pthread_join(t, &seen);
    Q(seen != &zero);
  }
  printf("%d %d %s %ld\n", zero, set, name, pair.b);
  if (fork() == 0) {
    set = 1;
    exit(0);
  }
  wait(NULL);
  P(set);
  unsigned long fs = 0;
  P(syscall(SYS_arch_prctl, 0x1003, &fs));
  Q(fs != 0);
  unsigned long value = 0x1122334455667788;
  P(syscall(SYS_arch_prctl, 0x1001, &value));
  unsigned long got;
  asm volatile("mov %%gs:0, %0" : "=r"(got));
  printf("%lx\n", got);
  P(syscall(SYS_arch_prctl, 0x1001, 1ul << 63));
  P(syscall(SYS_arch_prctl, 99, 0));
  return 0;
}
