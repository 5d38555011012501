// poll(2), select(2), ppoll(2), pselect(2): errors, every kind of file, descriptors past the table, time that is left,
// signals and masks.
#include "looks.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static long since(struct timespec *a) {
  struct timespec b;
  clock_gettime(CLOCK_MONOTONIC, &b);
  return (b.tv_sec - a->tv_sec) * 1000 + (b.tv_nsec - a->tv_nsec) / 1000000;
}

static void kinds(void) {
  printf("-- kinds\n");
  int p[2], s[2];
  char b[70000] = {0};
  eventfd_t n;
  look("file", open("f", O_RDWR | O_CREAT, 0600));
  look("folder", open(".", O_RDONLY));
  look("null", open("/dev/null", O_RDWR));
  look("zero", open("/dev/zero", O_RDONLY));
  look("full", open("/dev/full", O_RDWR));
  look("urandom", open("/dev/urandom", O_RDONLY));
  look("random", open("/dev/random", O_RDONLY));
  look("memfd", memfd_create("m", 0));
  look("uptime", open("/proc/uptime", O_RDONLY));
  look("status", open("/proc/self/status", O_RDONLY));
  look("mounts", open("/proc/self/mounts", O_RDONLY));
  look("hostname", open("/proc/sys/kernel/hostname", O_RDONLY));
  look("fd folder", open("/proc/self/fd", O_RDONLY));
  look("ipc namespace", open("/proc/self/ns/ipc", O_RDONLY));
  pipe(p);
  look("pipe, reading end", p[0]);
  look("pipe, writing end", p[1]);
  write(p[1], "x", 1);
  look("with a byte", p[0]);
  fcntl(p[1], F_SETFL, O_NONBLOCK);
  while (write(p[1], b, sizeof b) > 0) {}
  look("full", p[1]);
  read(p[0], b, 4095);
  look("nearly full", p[1]);
  read(p[0], b, 4096);
  look("room", p[1]);
  close(p[0]);
  look("no reader", p[1]);
  pipe(p);
  close(p[1]);
  look("no writer", p[0]);
  mkfifo("fifo", 0600);
  int r = open("fifo", O_RDONLY | O_NONBLOCK);
  look("fifo never written", r);
  int w = open("fifo", O_WRONLY | O_NONBLOCK);
  look("fifo with a writer", r);
  close(w);
  look("fifo written once", r);
  look("fifo both ways", open("fifo", O_RDWR | O_NONBLOCK));
  int v = eventfd(0, EFD_NONBLOCK);
  look("eventfd", v);
  eventfd_write(v, 1);
  look("eventfd 1", v);
  eventfd_write(v, -3);
  look("eventfd full", v);
  int t = timerfd_create(CLOCK_MONOTONIC, 0);
  look("timerfd", t);
  struct itimerspec ts = {{0, 0}, {0, 1}};
  timerfd_settime(t, 0, &ts, NULL);
  sleep_ms(2);
  look("timerfd due", t);
  int ep = epoll_create1(0);
  look("epoll", ep);
  struct epoll_event e = {.events = EPOLLOUT};
  int v2 = eventfd(0, 0);
  epoll_ctl(ep, EPOLL_CTL_ADD, v2, &e);
  look("epoll with an event", ep);
  for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type += type == SOCK_STREAM ? 1 : 3) {
    printf("socket type %d\n", type);
    look("new", socket(AF_UNIX, type, 0));
    socketpair(AF_UNIX, type, 0, s);
    look("pair", s[0]);
    write(s[1], "a", 1);
    look("byte", s[0]);
    shutdown(s[1], SHUT_WR);
    look("half", s[0]);
    look("half", s[1]);
    shutdown(s[1], SHUT_RD);
    look("shut", s[0]);
    look("shut", s[1]);
    close(s[1]);
    look("closed", s[0]);
  }
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a = {AF_UNIX, "sock"};
  bind(l, (void *)&a, sizeof a);
  look("bound", l);
  listen(l, 3);
  look("listening", l);
  connect(c, (void *)&a, sizeof a);
  look("connection waits", l);
  look("connected", c);
  close(accept(l, NULL, NULL));
  look("gone", c);
  int path = open(".", O_PATH);
  struct pollfd pp = {path, POLLIN};
  P(poll(&pp, 1, 0));
  P(pp.revents);
}

static void errors(void) {
  printf("-- errors\n");
  struct pollfd p[3] = {{-1, POLLIN, 5}, {1000, POLLIN, 5}, {0, 0, 5}};
  P(poll(p, 2, 0));
  printf("%x %x %x\n", p[0].revents, p[1].revents, p[2].revents);
  P(poll((void *)1, 1, 0));
  P(poll(NULL, 0, 0));
  P(poll(NULL, 1, 0));
  P(syscall(SYS_poll, p, 1ul << 32, 0));
  P(syscall(SYS_poll, p, -1, 0));
  struct timespec t = {0, -1};
  sigset_t m;
  sigemptyset(&m);
  P(syscall(SYS_ppoll, p, 1, &t, NULL, 8));
  t.tv_nsec = 0;
  P(syscall(SYS_ppoll, p, 1, &t, &m, 4));
  P(syscall(SYS_ppoll, p, 1, &t, (void *)1, 8));
  P(syscall(SYS_ppoll, p, 1, (void *)1, NULL, 8));
  P(syscall(SYS_ppoll, p, 1, &t, NULL, 99));
  P(syscall(SYS_ppoll, (void *)1, 1, &t, &m, 8));
  fd_set r;
  FD_ZERO(&r);
  struct timeval tv = {0, 0};
  P(select(-1, &r, NULL, NULL, &tv));
  P(select(1, (void *)1, NULL, NULL, &tv));
  P(select(0, (void *)1, NULL, NULL, &tv));
  P(syscall(SYS_select, 1, &r, NULL, NULL, (void *)1));
  tv.tv_usec = -1;
  P(syscall(SYS_select, 1, &r, NULL, NULL, &tv));
  tv.tv_usec = 1100000;
  tv.tv_sec = -1;
  P(syscall(SYS_select, 1, &r, NULL, NULL, &tv));
  tv.tv_usec = 0;
  P(syscall(SYS_select, 1, &r, NULL, NULL, &tv));
  struct {
    sigset_t *m;
    size_t n;
  } arg = {&m, 4}, none = {NULL, 4}, bad = {(void *)1, 8};
  t.tv_nsec = 0;
  P(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &arg));
  P(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &none));
  P(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &bad));
  P(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, (void *)1));
  t.tv_nsec = 1000000000;
  P(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL));
  // closed descriptors inside the table and past it
  tv.tv_sec = 0;
  FD_SET(60, &r);
  P(select(61, &r, NULL, NULL, &tv));
  P(select(60, &r, NULL, NULL, &tv));
  FD_ZERO(&r);
  FD_SET(900, &r);
  P(select(901, &r, NULL, NULL, &tv));
  P(FD_ISSET(900, &r) != 0);
  // a set of more than FD_SETSIZE
  struct rlimit l = {4096, 4096};
  setrlimit(RLIMIT_NOFILE, &l);
  static unsigned long set[64];
  int v = eventfd(1, 0), high = fcntl(v, F_DUPFD, 3000);
  set[3000 / 64] |= 1ul << 3000 % 64;
  set[v / 64] |= 1ul << v % 64;
  P(high);
  P(select(3001, (void *)set, NULL, NULL, &tv));
  P(set[3000 / 64] >> 3000 % 64 & 1);
  P(select(3000, (void *)set, NULL, NULL, &tv));
  P(select(100000, (void *)set, NULL, NULL, &tv));
  close(v), close(high);
  // more descriptors than may be open
  l.rlim_cur = 2;
  setrlimit(RLIMIT_NOFILE, &l);
  P(poll(p, 3, 0));
  l.rlim_cur = 4096;
  setrlimit(RLIMIT_NOFILE, &l);
  // the same descriptor many times
  struct pollfd same[100];
  v = eventfd(1, 0);
  for (int i = 0; i < 100; i++) same[i] = (struct pollfd){v, i & 1 ? POLLIN : POLLPRI, 0};
  P(poll(same, 100, 0));
  close(v);
}

static volatile int caught;
static void on(int s) { caught++; }

static void later(int ms, int signal, int stop) {
  fflush(stdout);
  if (fork()) return;
  sleep_ms(ms);
  kill(getppid(), signal);
  if (stop) {
    sleep_ms(stop);
    kill(getppid(), SIGCONT);
  }
  _exit(0);
}

static void signals(void) {
  printf("-- signals\n");
  int p[2];
  pipe(p);
  struct pollfd f = {p[0], POLLIN};
  struct timespec start, t;
  struct timeval tv;
  sigset_t m, old;
  for (int restart = 0; restart < 2; restart++) {
    struct sigaction sa = {.sa_handler = on, .sa_flags = restart ? SA_RESTART : 0};
    sigaction(SIGUSR1, &sa, NULL);
    later(50, SIGUSR1, 0);
    P(poll(&f, 1, 5000));
    wait(NULL);
    later(50, SIGUSR1, 0);
    tv.tv_sec = 100;
    tv.tv_usec = 0;
    fd_set r;
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    P(select(p[0] + 1, &r, NULL, NULL, &tv));
    printf("set %d, left %d\n", FD_ISSET(p[0], &r) != 0, tv.tv_sec == 99);
    wait(NULL);
    int ep = epoll_create1(0);
    struct epoll_event e;
    later(50, SIGUSR1, 0);
    P(epoll_wait(ep, &e, 1, 5000));
    close(ep);
    wait(NULL);
    P(caught);
  }
  // stopped and continued: the time goes on, an ignored signal does not end the call
  clock_gettime(CLOCK_MONOTONIC, &start);
  later(100, SIGSTOP, 600);
  P(poll(&f, 1, 1000));
  Q(since(&start) >= 999);
  Q(since(&start) < 1500);
  wait(NULL);
  signal(SIGUSR2, SIG_IGN);
  later(50, SIGUSR2, 0);
  P(poll(&f, 1, 100));
  wait(NULL);
  clock_gettime(CLOCK_MONOTONIC, &start);
  later(100, SIGSTOP, 300);
  t.tv_sec = 0;
  t.tv_nsec = 400000000;
  P(ppoll(&f, 1, &t, NULL));
  Q(since(&start) >= 600);
  wait(NULL);
  clock_gettime(CLOCK_MONOTONIC, &start);
  later(100, SIGSTOP, 300);
  tv.tv_sec = 0;
  tv.tv_usec = 400000;
  P(select(0, NULL, NULL, NULL, &tv));
  Q(since(&start) >= 600);
  wait(NULL);
  int ep = epoll_create1(0);
  struct epoll_event e;
  later(50, SIGSTOP, 50);
  P(epoll_wait(ep, &e, 1, 400));
  close(ep);
  wait(NULL);
  // a blocked signal that waits comes in with the mask, and the old mask is back after it
  sigemptyset(&m);
  sigaddset(&m, SIGUSR1);
  sigprocmask(SIG_BLOCK, &m, &old);
  raise(SIGUSR1);
  caught = 0;
  t.tv_sec = 5;
  P(ppoll(&f, 1, &t, &old));
  P(caught);
  sigprocmask(SIG_BLOCK, NULL, &m);
  P(sigismember(&m, SIGUSR1));
  raise(SIGUSR1);
  write(p[1], "x", 1);
  // with an event the signal stays
  P(ppoll(&f, 1, &t, &old));
  P(caught);
  fd_set r;
  FD_ZERO(&r);
  FD_SET(p[0], &r);
  P(pselect(p[0] + 1, &r, NULL, NULL, &t, &old));
  P(caught);
  ep = epoll_create1(0);
  P(epoll_pwait(ep, &e, 1, 5000, &old));
  P(caught);
  close(ep);
}

int main(void) {
  own_folder();
  kinds();
  errors();
  // A child: ring3 stops with its first program.
  in_child("signals", signals);
  return 0;
}
