// The vDSO of the machine: clock calls without a system call. rdtsc counts ns of CLOCK_MONOTONIC
// (cpu/slow.ts timestamp()); the distance to CLOCK_REALTIME is patched in by the kernel. vdso(7).
typedef unsigned long u64;
struct timespec { long sec, nsec; };
struct timeval { long sec, usec; };
__attribute__((section(".ring3.offset"), used)) static const volatile u64 realtime_offset = 0x7265616c74696d65;

static inline u64 ticks(void) {
  unsigned low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}

static inline long call2(long nr, long a, void *b) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
  return r;
}

int __vdso_clock_gettime(int clock, struct timespec *to) {
  u64 t;
  switch (clock) {
    case 1: case 4: case 6: case 7: t = ticks(); break;
    case 0: case 5: t = ticks() + realtime_offset; break;
    default: return (int)call2(228, clock, to);
  }
  to->sec = (long)(t / 1000000000);
  to->nsec = (long)(t % 1000000000);
  return 0;
}

int __vdso_gettimeofday(struct timeval *to, int *zone) {
  if (zone) return (int)call2(96, (long)to, zone);
  if (to) {
    u64 t = ticks() + realtime_offset;
    to->sec = (long)(t / 1000000000);
    to->usec = (long)(t % 1000000000 / 1000);
  }
  return 0;
}

long __vdso_time(long *to) {
  long t = (long)((ticks() + realtime_offset) / 1000000000);
  if (to) *to = t;
  return t;
}

int __vdso_clock_getres(int clock, struct timespec *to) {
  return (int)call2(229, clock, to);
}

long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused) {
  if (cpu) *cpu = 0;
  if (node) *node = 0;
  return 0;
}

int clock_gettime(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_gettime")));
int gettimeofday(struct timeval *, int *) __attribute__((weak, alias("__vdso_gettimeofday")));
long time(long *) __attribute__((weak, alias("__vdso_time")));
int clock_getres(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_getres")));
long getcpu(unsigned *, unsigned *, void *) __attribute__((weak, alias("__vdso_getcpu")));
