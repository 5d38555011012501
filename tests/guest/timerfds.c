// needs: timerfd_create
#include "guest.h"
#include <sys/timerfd.h>
int main(void) {
  uint64_t v = 0;
  int t = timerfd_create(CLOCK_MONOTONIC, 0);
  Q(t >= 0);
  struct itimerspec it = {{0, 5000000}, {0, 5000000}}, now;
  P(timerfd_settime(t, 0, &it, NULL));
  sleep_ms(22);
  P(read(t, &v, 8));
  Q(v >= 4);
  P(read(t, &v, 8));
  P(timerfd_gettime(t, &now));
  P(now.it_interval.tv_nsec);
  P(read(t, &v, 4));
  struct pollfd f = {t, POLLIN};
  P(poll(&f, 1, 1000));
  printf("%x\n", f.revents);
  memset(&it, 0, sizeof it);
  P(timerfd_settime(t, 0, &it, NULL));
  P(timerfd_create(99, 0));
  P(timerfd_settime(t, 0, (void *)16, NULL));
  P(timerfd_settime(t, 0, &it, (void *)16));
  P(timerfd_gettime(t, (void *)16));
  P(timerfd_gettime(0, &now));
  int n = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  P(read(n, &v, 8));
  P(fcntl(n, F_GETFD));
  return 0;
}
