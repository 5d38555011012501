// flavours: static musl
#include "guest.h"
static _Atomic long a;
static _Atomic unsigned char bytes[8];
static _Atomic int flag;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static long guarded;
static struct { _Atomic(void *) head; } list;
struct node { struct node *next; int v; };
static void *body(void *arg) {
  int me = (long)arg;
  for (int i = 0; i < 5000; i++) {
    a++;
    atomic_fetch_add(&bytes[me], 1);
    atomic_fetch_xor(&flag, 1 << me);
    while (atomic_flag_test_and_set(&lock)) sched_yield();
    guarded++;
    atomic_flag_clear(&lock);
    if (i % 50 == 0) {
      struct node *n = malloc(sizeof *n);
      n->v = me * 10000 + i;
      void *old = list.head;
      do n->next = old;
      while (!atomic_compare_exchange_weak(&list.head, &old, n));
    }
  }
  return NULL;
}
int main(void) {
  pthread_t t[4];
  for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, body, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  P(a), P(flag), P(guarded);
  for (int i = 0; i < 4; i++) P(bytes[i]);
  long n = 0, sum = 0;
  for (struct node *p = list.head; p; p = p->next) n++, sum += p->v;
  printf("%ld nodes, sum %ld\n", n, sum);
  _Atomic long x = 5;
  long e = 5;
  P(atomic_exchange(&x, 9)), P(atomic_compare_exchange_strong(&x, &e, 1)), P(e);
  P(atomic_fetch_or(&x, 6)), P(atomic_fetch_and(&x, 12)), P(atomic_fetch_sub(&x, 3)), P(x);
  _Alignas(16) unsigned __int128 w = ((unsigned __int128)7 << 64) | 9, expect = w, desired = ((unsigned __int128)1 << 64) | 2;
  unsigned char ok;
  uint64_t lo = expect, hi = expect >> 64;
  asm volatile("lock cmpxchg16b %0; setz %1" : "+m"(w), "=q"(ok), "+a"(lo), "+d"(hi) : "b"((uint64_t)desired), "c"((uint64_t)(desired >> 64)) : "cc");
  printf("%d %lx %lx\n", ok, (uint64_t)(w >> 64), (uint64_t)w);
  asm volatile("lock cmpxchg16b %0; setz %1" : "+m"(w), "=q"(ok), "+a"(lo), "+d"(hi) : "b"(5ul), "c"(6ul) : "cc");
  printf("%d %lx %lx\n", ok, hi, lo);
  uint64_t v8 = 0x100000002;
  unsigned l = 2, h = 1;
  asm volatile("lock cmpxchg8b %0; setz %1" : "+m"(v8), "=q"(ok), "+a"(l), "+d"(h) : "b"(8), "c"(9) : "cc");
  printf("%d %lx\n", ok, v8);
  return 0;
}
