// timerfd_create(2), timerfd_settime(2), timerfd_gettime(2): clocks, flags, errors, ticks, reading, waiting, fork.
#include "guest.h"
#include <sys/epoll.h>
#include <sys/timerfd.h>

#define MS 1000000L

static struct itimerspec spec(long ms, long every) { return (struct itimerspec){{every / 1000, every % 1000 * MS}, {ms / 1000, ms % 1000 * MS}}; }

static int set(int fd, int flags, long ms, long every) {
  struct itimerspec s = spec(ms, every);
  return timerfd_settime(fd, flags, &s, NULL);
}

static long left_ms(int fd) {
  struct itimerspec s;
  if (timerfd_gettime(fd, &s)) return -1;
  return s.it_value.tv_sec * 1000 + s.it_value.tv_nsec / MS;
}

static void now_plus(int clock, long ms, struct itimerspec *s, long every) {
  memset(s, 0, sizeof *s);
  clock_gettime(clock, &s->it_value);
  long n = s->it_value.tv_nsec + ms % 1000 * MS;
  long carry = n < 0 ? -1 : n / (1000 * MS);
  s->it_value.tv_sec += ms / 1000 + carry;
  s->it_value.tv_nsec = n - carry * 1000 * MS;
  s->it_interval.tv_nsec = every * MS;
}

static void errors(void) {
  printf("-- errors\n");
  for (int clock = -1; clock < 13; clock++) {
    errno = 0;
    int fd = timerfd_create(clock, 0);
    printf("clock %d: %s %d\n", clock, fd < 0 ? "no" : "yes", errno);
    if (fd >= 0) close(fd);
  }
  P(timerfd_create(CLOCK_MONOTONIC, 1));
  P(timerfd_create(CLOCK_MONOTONIC, O_APPEND));
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), p[2];
  P(fcntl(fd, F_GETFL));
  P(fcntl(fd, F_GETFD));
  pipe(p);
  struct itimerspec s = spec(10, 0), old;
  P(timerfd_settime(p[0], 0, &s, NULL));
  P(timerfd_settime(99, 0, &s, NULL));
  P(timerfd_settime(fd, 4, &s, NULL));
  P(timerfd_settime(fd, TFD_TIMER_CANCEL_ON_SET, &s, NULL));
  P(timerfd_settime(fd, 0, NULL, NULL));
  P(timerfd_settime(fd, 0, (void *)1, NULL));
  P(timerfd_settime(fd, 0, &s, (void *)1));
  s.it_value.tv_nsec = 1000000000;
  P(timerfd_settime(fd, 0, &s, NULL));
  s.it_value.tv_nsec = -1;
  P(timerfd_settime(fd, 0, &s, NULL));
  s = spec(0, 0);
  s.it_interval.tv_sec = -1;
  P(timerfd_settime(fd, 0, &s, NULL));
  s.it_interval.tv_sec = 0;
  s.it_interval.tv_nsec = 1000000000;
  P(timerfd_settime(fd, 0, &s, NULL));
  P(timerfd_gettime(p[0], &old));
  P(timerfd_gettime(99, &old));
  P(timerfd_gettime(fd, NULL));
  uint64_t n;
  set(fd, 0, 0, 0);
  P(read(fd, &n, 7));
  P(read(fd, &n, 8));
  P(read(fd, NULL, 8));
  P(write(fd, &n, 8));
  P(pread(fd, &n, 8, 0));
  P(pwrite(fd, &n, 8, 0));
  P(lseek(fd, 1, SEEK_SET));
  P(ioctl(fd, FIONREAD, &n));
  P(ftruncate(fd, 1));
  s = spec(0, 5);
  P(timerfd_settime(fd, 0, &s, &old));
  P(timerfd_gettime(fd, &old));
  printf("%ld %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_nsec);
  sleep_ms(12);
  P(read(fd, &n, 8));
  close(fd);
}

static void ticking(int clock) {
  printf("-- clock %d\n", clock);
  int fd = timerfd_create(clock, 0);
  uint64_t n = 0;
  struct itimerspec s, old;
  P(left_ms(fd));
  P(set(fd, 0, 20, 0));
  P(read(fd, &n, 8));
  P(n);
  P(left_ms(fd));
  // what was set before
  set(fd, 0, 500000, 300);
  s = spec(5, 0);
  P(timerfd_settime(fd, 0, &s, &old));
  Q(old.it_value.tv_sec >= 490 && old.it_value.tv_sec <= 500);
  P(old.it_interval.tv_nsec);
  P(read(fd, &n, 8));
  // periodic, several ticks before they are read
  set(fd, 0, 5, 5);
  sleep_ms(60);
  P(read(fd, &n, 8));
  Q(n >= 11);
  Q(left_ms(fd) < 6);
  P(read(fd, &n, 8));
  Q(n >= 1);
  // setting again forgets ticks
  sleep_ms(12);
  set(fd, 0, 100000, 0);
  struct pollfd f = {fd, POLLIN};
  P(poll(&f, 1, 0));
  // absolute: past, soon
  s = spec(1, 0);
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
  P(read(fd, &n, 8));
  P(n);
  now_plus(clock, 30, &s, 0);
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
  Q(left_ms(fd) <= 30);
  P(read(fd, &n, 8));
  P(n);
  now_plus(clock, -52, &s, 10);
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
  P(read(fd, &n, 8));
  Q(n >= 6);
  // disarmed
  set(fd, 0, 1, 1);
  sleep_ms(5);
  P(set(fd, 0, 0, 0));
  P(poll(&f, 1, 5));
  P(left_ms(fd));
  s.it_value.tv_sec = INT64_MAX;
  s.it_value.tv_nsec = 999999999;
  s.it_interval.tv_sec = INT64_MAX;
  P(timerfd_settime(fd, 0, &s, NULL));
  P(poll(&f, 1, 5));
  Q(left_ms(fd) > 1000000000);
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
  P(poll(&f, 1, 5));
  close(fd);
}

static void waiting(void) {
  printf("-- waiting\n");
  int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0);
  uint64_t n;
  struct epoll_event e = {.events = EPOLLIN | EPOLLET}, out;
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
  set(fd, 0, 10, 0);
  P(epoll_wait(ep, &out, 1, 5000));
  P(epoll_wait(ep, &out, 1, 0));
  set(fd, 0, 10, 0);
  P(epoll_wait(ep, &out, 1, 5000));
  P(read(fd, &n, 8));
  P(n);
  // a reader that sleeps while the timer is set by another process
  fflush(stdout);
  if (!fork()) {
    sleep_ms(30);
    set(fd, 0, 1, 0);
    exit(0);
  }
  P(read(fd, &n, 8));
  wait(NULL);
  // two readers, one tick
  fcntl(fd, F_SETFL, 0);
  int got[2];
  pipe(got);
  for (int i = 0; i < 2; i++) {
    if (fork()) continue;
    read(fd, &n, 8);
    write(got[1], "t", 1);
    exit(0);
  }
  sleep_ms(30);
  set(fd, 0, 5, 0);
  char c;
  read(got[0], &c, 1);
  struct pollfd f = {got[0], POLLIN};
  P(poll(&f, 1, 50));
  set(fd, 0, 5, 0);
  P(poll(&f, 1, 5000));
  while (wait(NULL) > 0) {}
  // in pieces
  fcntl(fd, F_SETFL, O_NONBLOCK);
  P(read(fd, &n, 8));
  struct iovec v[2] = {{&n, 4}, {(char *)&n + 4, 4}};
  set(fd, 0, 1, 0);
  sleep_ms(5);
  P(readv(fd, v, 2));
  P(n);
  close(fd), close(ep);
}

int main(void) {
  errors();
  ticking(CLOCK_MONOTONIC);
  ticking(CLOCK_REALTIME);
  ticking(CLOCK_BOOTTIME);
  waiting();
  return 0;
}
