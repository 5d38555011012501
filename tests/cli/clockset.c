// Sets the clock, which only ring3's may be: every line says what Linux's manual pages promise.
#include "../guest/guest.h"
#include <mqueue.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

static long seconds(int clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec;
}
static long vdso_seconds(void) {
  struct timeval t;
  gettimeofday(&t, NULL);
  return t.tv_sec;
}
static void jump(long by) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += by;
  if (clock_settime(CLOCK_REALTIME, &t)) perror("clock_settime");
}
static long began;
static bool soon(void) { return seconds(CLOCK_MONOTONIC) - began < 60; }
static void *jumper(void *by) {
  sleep_ms(200);
  jump((long)by);
  return NULL;
}
static pthread_t thread;
static void later(long by) {
  began = seconds(CLOCK_MONOTONIC);
  pthread_create(&thread, NULL, jumper, (void *)by);
}
static void joined(void) { pthread_join(thread, NULL); }

static volatile int alarms;
static void on_alarm(int signal) { alarms++; }

int main(void) {
  long mono = seconds(CLOCK_MONOTONIC), real = seconds(CLOCK_REALTIME);
  jump(10000);
  Q(seconds(CLOCK_REALTIME) - real >= 10000);
  Q(vdso_seconds() - real >= 10000);
  Q(time(NULL) - real >= 10000);
  Q(seconds(CLOCK_MONOTONIC) - mono < 100);
  struct timeval v = {1000000000, 0};
  P(settimeofday(&v, NULL));
  Q(time(NULL) - 1000000000 < 100);
  struct stat st;
  close(open("/tmp/new", O_CREAT | O_RDWR, 0600));
  stat("/tmp/new", &st);
  Q(st.st_mtime - 1000000000 < 100);
  v.tv_sec = 0;
  P(settimeofday(&v, NULL)); // less than the time since boot
  struct timezone z = {-60, 1};
  P(settimeofday(NULL, &z));
  z.tz_minuteswest = 0;
  P(syscall(SYS_gettimeofday, NULL, &z));
  P(z.tz_minuteswest);
  z.tz_minuteswest = 15 * 60 + 1;
  P(settimeofday(NULL, &z));

  // Absolute sleeps end when the clock is set past them; relative ones do not.
  struct timespec t = {seconds(CLOCK_REALTIME) + 3600, 0};
  later(3600);
  P(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL));
  joined();
  Q(soon());
  t = (struct timespec){seconds(CLOCK_REALTIME) + 3600, 0};
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&m);
  later(3601);
  P(pthread_mutex_timedlock(&m, &t));
  joined();
  Q(soon());
  t = (struct timespec){seconds(CLOCK_REALTIME) + 3600, 0};
  struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
  mqd_t q = mq_open("/q", O_CREAT | O_RDWR, 0600, &attr);
  char text[8];
  later(3601);
  P(mq_timedreceive(q, text, 8, NULL, &t));
  joined();
  Q(soon());
  t = (struct timespec){0, 500000000};
  later(-100000);
  P(nanosleep(&t, NULL));
  joined();
  Q(soon());
  // Set back: what was to come in 300 ms comes 1 s later.
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_nsec += 300000000;
  if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
  later(-1);
  P(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL));
  clock_gettime(CLOCK_MONOTONIC, &to);
  joined();
  Q((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 >= 1290);

  // Timers.
  timer_t timer;
  signal(SIGALRM, on_alarm);
  timer_create(CLOCK_REALTIME, NULL, &timer);
  struct itimerspec s = {.it_value = {seconds(CLOCK_REALTIME) + 3600, 0}};
  P(timer_settime(timer, TIMER_ABSTIME, &s, NULL));
  jump(3600);
  sleep_ms(10);
  P(alarms);
  s.it_value.tv_sec = 3600;
  P(timer_settime(timer, 0, &s, NULL));
  jump(3600);
  sleep_ms(10);
  P(alarms);
  int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  long ticks = 0;
  struct pollfd p = {fd, POLLIN};
  s.it_value.tv_sec = seconds(CLOCK_REALTIME) + 3600;
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, NULL));
  P(poll(&p, 1, 0));
  jump(3600);
  P(poll(&p, 1, 100));
  P(read(fd, &ticks, 8));
  P(ticks);
  s.it_value.tv_sec = seconds(CLOCK_REALTIME) + 3600;
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &s, NULL));
  P(poll(&p, 1, 0));
  jump(1);
  P(poll(&p, 1, 0));
  P(read(fd, &ticks, 8));
  P(read(fd, &ticks, 8));
  jump(1);
  P(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &s, NULL));
  P(read(fd, &ticks, 8));
  jump(3600);
  P(read(fd, &ticks, 8));

  // adjtimex(2).
  struct timex x = {.modes = ADJ_SETOFFSET, .time = {5000, 0}};
  real = seconds(CLOCK_REALTIME);
  P(adjtimex(&x));
  Q(seconds(CLOCK_REALTIME) - real >= 5000 && seconds(CLOCK_REALTIME) - real < 5100);
  P(x.status);
  P(x.tick);
  P(x.maxerror);
  x.modes = ADJ_TAI;
  x.constant = 37;
  P(adjtimex(&x));
  P(x.tai);
  Q(seconds(CLOCK_TAI) - seconds(CLOCK_REALTIME) >= 36);
  x.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_NANO;
  x.status = 0;
  x.maxerror = 100;
  P(adjtimex(&x));
  P(x.status);
  P(x.maxerror);
  x.modes = ADJ_TICK;
  x.tick = 11000; // a tenth faster
  P(adjtimex(&x));
  clock_gettime(CLOCK_MONOTONIC, &from);
  struct timespec a, b;
  clock_gettime(CLOCK_REALTIME, &a);
  sleep_ms(500);
  clock_gettime(CLOCK_MONOTONIC, &to);
  clock_gettime(CLOCK_REALTIME, &b);
  double m1 = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9, r1 = b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9;
  Q(r1 > m1 * 1.05 && r1 < m1 * 1.15);
  x.tick = 12000;
  P(adjtimex(&x));
  x.tick = 10000;
  P(adjtimex(&x));
  struct timeval delta = {0, 100000}, old = {7, 7};
  P(adjtime(&delta, NULL));
  sleep_ms(100);
  P(adjtime(NULL, &old));
  Q(old.tv_sec == 0 && old.tv_usec > 90000 && old.tv_usec < 100000);
  return 0;
}
