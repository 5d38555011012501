// Setting clocks without the right to: clock_settime(2), settimeofday(2), adjtimex(2), clock_adjtime(2). The capability
// goes first, so that no clock is ever changed.
#include "guest.h"
#include <linux/capability.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

static void without(int cap) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  syscall(SYS_capget, &h, d);
  d[cap / 32].effective &= ~(1u << cap % 32);
  d[cap / 32].permitted &= ~(1u << cap % 32);
  d[cap / 32].inheritable = 0;
  if (syscall(SYS_capset, &h, d)) exit(99);
  syscall(SYS_capget, &h, d);
  if (d[cap / 32].permitted & (1u << cap % 32)) exit(99);
}

int main(void) {
  without(CAP_SYS_TIME);
  struct timespec t = {1, 0}, bad = {1, 1000000000}, negative = {-1, 0};
  for (int clock = -3; clock < 13; clock++) {
    printf("clock %d:\n", clock);
    P(syscall(SYS_clock_settime, clock, &t));
    P(syscall(SYS_clock_settime, clock, &bad));
    P(syscall(SYS_clock_settime, clock, 1));
    struct timex x = {0};
    Q(syscall(SYS_clock_adjtime, clock, &x) >= 0);
    P(errno);
    P(syscall(SYS_clock_adjtime, clock, 1));
  }
  P(syscall(SYS_clock_settime, CLOCK_REALTIME, &negative));
  struct timeval v = {1, 0};
  struct timezone z = {0, 0}, far = {16 * 60, 0};
  P(syscall(SYS_settimeofday, &v, 0));
  P(syscall(SYS_settimeofday, 1, 0));
  P(syscall(SYS_settimeofday, 0, 1));
  P(syscall(SYS_settimeofday, 0, &far));
  P(syscall(SYS_settimeofday, 0, &z));
  P(syscall(SYS_settimeofday, 0, 0));
  v.tv_usec = -1;
  P(syscall(SYS_settimeofday, &v, 0));
  v.tv_usec = 1000000;
  P(syscall(SYS_settimeofday, &v, 0));
  v.tv_usec = 1000001;
  P(syscall(SYS_settimeofday, &v, 0));
  z.tz_minuteswest = 77;
  P(syscall(SYS_gettimeofday, 0, &z));
  P(z.tz_minuteswest);
  for (int bit = 0; bit < 16; bit++) {
    struct timex x = {.modes = 1 << bit, .tick = 1, .freq = 1L << 62, .time = {0, -1}};
    printf("mode %x:\n", x.modes);
    P(syscall(SYS_adjtimex, &x));
  }
  struct timex x = {.modes = ADJ_OFFSET_SINGLESHOT, .offset = 5};
  P(syscall(SYS_adjtimex, &x));
  x.modes = ADJ_OFFSET_SS_READ;
  Q(syscall(SYS_adjtimex, &x) >= 0);
  P(x.offset);
  P(x.precision);
  P(x.tolerance);
  P(x.ppsfreq | x.jitter | x.shift | x.stabil | x.jitcnt | x.calcnt | x.errcnt | x.stbcnt);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  Q(now.tv_sec - x.time.tv_sec <= 1);
  P(syscall(SYS_adjtimex, 1));
  x.modes = 0x2000 | 0x8000;
  P(syscall(SYS_adjtimex, &x));
  int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  struct itimerspec s = {.it_value = {now.tv_sec + 1000, 0}};
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &s, NULL));
  P(timerfd_settime(fd, TFD_TIMER_CANCEL_ON_SET, &s, NULL));
  P(timerfd_settime(fd, 4, &s, NULL));
  long ticks;
  P(read(fd, &ticks, 8));
  return 0;
}
