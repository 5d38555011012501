// flavours: static musl
#include "guest.h"
#include <sys/times.h>
int main(void) {
  struct timespec a, b, r;
  struct timeval tv;
  clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
  for (int i = 0; i < 8; i++) {
    P(clock_gettime(clocks[i], &a));
    P(clock_gettime(clocks[i], &b));
    Q(b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec));
    Q(a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
    P(clock_getres(clocks[i], &r));
  }
  P(clock_gettime(99, &a));
  P(clock_getres(99, &a));
  P(clock_settime(CLOCK_MONOTONIC, &a));
  P(gettimeofday(&tv, NULL));
  time_t t = time(NULL);
  Q(t == tv.tv_sec || t == tv.tv_sec + 1);
  Q(t > 1600000000);
  clock_gettime(CLOCK_MONOTONIC, &a);
  r.tv_sec = 0, r.tv_nsec = 30000000;
  P(nanosleep(&r, NULL));
  clock_gettime(CLOCK_MONOTONIC, &b);
  Q((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec >= 30000000);
  r.tv_nsec = 1000000000;
  P(nanosleep(&r, NULL));
  r.tv_nsec = 0, r.tv_sec = -1;
  P(nanosleep(&r, NULL));
  r = b, r.tv_nsec += 10000000;
  if (r.tv_nsec >= 1000000000) r.tv_nsec -= 1000000000, r.tv_sec++;
  P(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &r, NULL));
  clock_gettime(CLOCK_MONOTONIC, &a);
  Q(a.tv_sec > r.tv_sec || (a.tv_sec == r.tv_sec && a.tv_nsec >= r.tv_nsec));
  P(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &b, NULL));
  P(clock_nanosleep(99, 0, &r, NULL) != 0);
  struct tms tms;
  Q(times(&tms) != -1);
  for (volatile int i = 0; i < 3000000; i++) {}
  Q(clock() > 0);
  struct rusage ru;
  P(getrusage(RUSAGE_SELF, &ru));
  Q(ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec + ru.ru_stime.tv_usec > 0);
  Q(ru.ru_maxrss > 0);
  P(getrusage(99, &ru));
  struct tm tm;
  time_t fixed = 1234567890;
  gmtime_r(&fixed, &tm);
  char text[100];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %A %j %U", &tm);
  puts(text);
  P(timegm(&tm));
  localtime_r(&fixed, &tm);
  puts(asctime(&tm));
  return 0;
}
