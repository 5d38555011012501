#include "guest.h"
static long since(struct timespec *a) {
  struct timespec b;
  clock_gettime(CLOCK_MONOTONIC, &b);
  return (b.tv_sec - a->tv_sec) * 1000 + (b.tv_nsec - a->tv_nsec) / 1000000;
}
int main(void) {
  int p[2], q[2];
  char c;
  struct timespec start;
  pipe(p), pipe(q);
  struct pollfd f[4] = {{p[0], POLLIN}, {p[1], POLLOUT}, {-5, POLLIN, 9}, {99, POLLIN}};
  P(poll(f, 4, 0));
  printf("%x %x %x %x\n", f[0].revents, f[1].revents, f[2].revents, f[3].revents);
  P(poll(f, 1, 0));
  clock_gettime(CLOCK_MONOTONIC, &start);
  P(poll(f, 1, 30));
  Q(since(&start) >= 29);
  P(poll(NULL, 0, 10));
  if (fork() == 0) {
    sleep_ms(15);
    write(p[1], "x", 1);
    _exit(0);
  }
  P(poll(f, 1, -1));
  printf("%x\n", f[0].revents);
  wait(NULL);
  fd_set r, w, e;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_ZERO(&e);
  FD_SET(p[0], &r);
  FD_SET(q[0], &r);
  FD_SET(q[1], &w);
  struct timeval tv = {1, 0};
  P(select(20, &r, &w, &e, &tv));
  P(!!FD_ISSET(p[0], &r)), P(!!FD_ISSET(q[0], &r)), P(!!FD_ISSET(q[1], &w));
  Q(tv.tv_sec == 0 || tv.tv_usec == 0);
  FD_ZERO(&r);
  FD_SET(q[0], &r);
  tv.tv_sec = 0, tv.tv_usec = 10000;
  P(select(20, &r, NULL, NULL, &tv));
  P(!!FD_ISSET(q[0], &r)), P(tv.tv_usec);
  FD_SET(50, &r);
  P(select(60, &r, NULL, NULL, &tv));
  P(select(-1, NULL, NULL, NULL, NULL));
  tv.tv_sec = -1;
  P(select(0, NULL, NULL, NULL, &tv));
  tv.tv_sec = 0, tv.tv_usec = 5000;
  P(select(0, NULL, NULL, NULL, &tv));
  close(q[1]);
  FD_ZERO(&r);
  FD_SET(q[0], &r);
  P(select(20, &r, NULL, NULL, NULL));
  P(read(q[0], &c, 1));
  sigset_t m;
  sigemptyset(&m);
  struct timespec ts = {0, 1000000};
  P(ppoll(f, 1, &ts, &m));
  P(pselect(20, NULL, NULL, NULL, &ts, &m));
  struct rlimit rl = {20, 20};
  setrlimit(RLIMIT_NOFILE, &rl);
  struct pollfd many[30] = {0};
  P(poll(many, 30, 0));
  P(poll((void *)8, 1, 0));
  int fd = open("/tmp", O_RDONLY);
  struct pollfd d = {fd, POLLIN | POLLOUT | POLLPRI};
  P(poll(&d, 1, 0));
  printf("%x\n", d.revents);
  return 0;
}
