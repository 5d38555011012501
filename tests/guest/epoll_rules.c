// epoll_ctl(2) and epoll_wait(2): which error comes first, nesting and loops, the order of the ready list, several
// waiters, faults, closed and duplicated descriptors, events for every kind of file.
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int ctl(int ep, int op, int fd, unsigned events, unsigned long data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  return epoll_ctl(ep, op, fd, &e);
}

static void show(const char *what, int ep, int most) {
  struct epoll_event e[64];
  errno = 0;
  int n = epoll_wait(ep, e, most, 0);
  printf("%s: %d", what, n);
  if (n < 0) printf(" errno %d", errno);
  for (int i = 0; i < n; i++) printf(" %lu=%x", (unsigned long)e[i].data.u64, e[i].events);
  printf("\n");
}

#define ADD EPOLL_CTL_ADD
#define MOD EPOLL_CTL_MOD
#define DEL EPOLL_CTL_DEL

static void errors(void) {
  printf("-- errors\n");
  int ep = epoll_create1(0), other = epoll_create1(0), v = eventfd(0, 0), file = open("f", O_RDWR | O_CREAT, 0600), path = open(".", O_PATH);
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), mem = memfd_create("m", 0), folder = open(".", O_RDONLY);
  P(epoll_create1(1));
  P(epoll_create(-1));
  P(ctl(-1, ADD, v, 1, 0));
  P(ctl(99, ADD, 98, 1, 0));
  P(ctl(ep, ADD, 98, 1, 0));
  P(ctl(v, ADD, ep, 1, 0));
  P(ctl(v, ADD, v, 1, 0));
  P(ctl(v, ADD, file, 1, 0));
  P(ctl(file, ADD, v, 1, 0));
  P(ctl(ep, ADD, path, 1, 0));
  P(ctl(path, ADD, v, 1, 0));
  P(ctl(ep, ADD, null, 1, 0));
  P(ctl(ep, ADD, zero, 1, 0));
  P(ctl(ep, ADD, mem, 1, 0));
  P(ctl(ep, ADD, folder, 1, 0));
  P(ctl(ep, 0, v, 1, 0));
  P(ctl(ep, 4, v, 1, 0));
  P(ctl(ep, 4, 99, 1, 0));
  P(ctl(ep, 4, file, 1, 0));
  P(ctl(ep, DEL, file, 1, 0));
  P(ctl(ep, MOD, file, 1, 0));
  P(ctl(ep, ADD, ep, 1, 0));
  P(epoll_ctl(ep, ADD, v, (void *)1));
  P(epoll_ctl(ep, MOD, v, NULL));
  P(epoll_ctl(ep, 7, v, NULL));
  P(epoll_ctl(ep, DEL, v, NULL));
  P(ctl(ep, ADD, v, EPOLLIN | EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLET, 0));
  P(ctl(ep, ADD, v, EPOLLIN | EPOLLEXCLUSIVE, 0));
  P(ctl(ep, MOD, v, EPOLLIN | EPOLLEXCLUSIVE, 0));
  P(ctl(ep, MOD, v, EPOLLIN, 0));
  P(ctl(ep, DEL, v, 0, 0));
  P(ctl(ep, MOD, v, EPOLLIN | EPOLLEXCLUSIVE, 0));
  P(ctl(ep, MOD, v, EPOLLIN, 0));
  for (unsigned bit = 0; bit < 32; bit++) {
    int r = ctl(ep, ADD, v, EPOLLEXCLUSIVE | 1u << bit, 0);
    if (r) printf("exclusive with %x: %d\n", 1u << bit, errno);
    else ctl(ep, DEL, v, 0, 0);
  }
  P(ctl(ep, ADD, other, EPOLLIN | EPOLLEXCLUSIVE, 0));
  P(ctl(ep, ADD, v, 0, 5));
  eventfd_write(v, 1);
  show("nothing asked", ep, 5);
  P(ctl(ep, MOD, v, EPOLLIN | EPOLLWAKEUP, 5));
  show("asked", ep, 5);
  struct epoll_event e;
  P(epoll_wait(ep, &e, -1, 0));
  P(epoll_wait(ep, &e, INT_MAX, 0));
  static struct epoll_event low;
  P(epoll_wait(ep, &low, INT_MAX / 12, 0));
  P(epoll_wait(ep, (void *)1, 1, 0));
  P(epoll_wait(ep, (void *)-4096, 1, 0));
  P(epoll_wait(-1, &e, 1, 0));
  P(epoll_wait(path, &e, 1, 0));
  P(epoll_wait(file, &e, 1, 0));
  P(epoll_wait(ep, &e, 1, -5));
  sigset_t m;
  sigemptyset(&m);
  P(syscall(SYS_epoll_pwait, ep, &e, 1, 0, &m, 7));
  P(syscall(SYS_epoll_pwait, ep, &e, 1, 0, (void *)1, 8));
  P(syscall(SYS_epoll_pwait, ep, &e, 1, 0, NULL, 7));
  struct timespec t = {0, -1};
  P(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 8));
  t.tv_nsec = 1000000000;
  P(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 8));
  t.tv_nsec = 0;
  t.tv_sec = -1;
  P(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, NULL, 8));
  P(syscall(SYS_epoll_pwait2, ep, &e, 1, (void *)1, NULL, 8));
  t.tv_sec = 0;
  P(syscall(SYS_epoll_pwait2, ep, &e, 1, &t, &m, 8));
  P(syscall(SYS_epoll_pwait2, ep, &e, 1, NULL, &m, 8));
  P(read(ep, &e, 4));
  P(write(ep, &e, 4));
  P(lseek(ep, 3, SEEK_CUR));
  P(fcntl(ep, F_GETFL));
  P(ioctl(ep, FIONREAD, &e));
  P(mmap(0, 4096, PROT_READ, MAP_SHARED, ep, 0) == MAP_FAILED);
  P(ftruncate(ep, 0));
  struct stat st;
  P(fstat(ep, &st));
  printf("%o %ld\n", st.st_mode, (long)st.st_size);
  close(ep), close(other), close(v), close(file), close(path), close(null), close(zero), close(mem), close(folder);
}

// How many epolls a chain may have, built from the inside and from the outside.
static void chains(void) {
  printf("-- chains\n");
  int e[12];
  for (int i = 0; i < 12; i++) e[i] = epoll_create1(0);
  for (int i = 0; i < 11; i++) printf("%d ", ctl(e[i + 1], ADD, e[i], EPOLLIN, 0) ? errno : 0);
  printf("inside first\n");
  for (int i = 0; i < 12; i++) close(e[i]), e[i] = epoll_create1(0);
  for (int i = 0; i < 11; i++) printf("%d ", ctl(e[i], ADD, e[i + 1], EPOLLIN, 0) ? errno : 0);
  printf("outside first\n");
  for (int i = 0; i < 12; i++) close(e[i]), e[i] = epoll_create1(0);
  for (int i = 0; i < 11; i += 2) printf("%d ", ctl(e[i], ADD, e[i + 1], EPOLLIN, 0) ? errno : 0);
  for (int i = 1; i < 11; i += 2) printf("%d ", ctl(e[i], ADD, e[i + 1], EPOLLIN, 0) ? errno : 0);
  printf("pairs first\n");
  for (int i = 0; i < 12; i++) close(e[i]), e[i] = epoll_create1(0);
  P(ctl(e[0], ADD, e[1], EPOLLIN, 0));
  P(ctl(e[1], ADD, e[2], EPOLLIN, 0));
  P(ctl(e[2], ADD, e[0], EPOLLIN, 0));
  P(ctl(e[1], ADD, e[0], EPOLLIN, 0));
  P(ctl(e[0], ADD, e[2], EPOLLIN, 0));
  P(ctl(e[0], ADD, e[1], EPOLLIN, 0));
  // an event goes all the way up
  int v = eventfd(0, 0);
  P(ctl(e[2], ADD, v, EPOLLIN, 3));
  show("quiet", e[0], 5);
  eventfd_write(v, 1);
  show("outer", e[0], 5);
  show("middle", e[1], 5);
  show("inner", e[2], 5);
  eventfd_t n;
  eventfd_read(v, &n);
  show("outer after", e[0], 5);
  P(ctl(e[1], MOD, e[2], EPOLLIN | EPOLLET, 7));
  eventfd_write(v, 1);
  show("edge", e[1], 5);
  show("edge again", e[1], 5);
  show("outer", e[0], 5);
  eventfd_write(v, 1);
  show("edge", e[1], 5);
  close(e[2]);
  show("closed", e[1], 5);
  show("closed", e[0], 5);
  for (int i = 0; i < 12; i++) if (i != 2) close(e[i]);
  close(v);
}

static void order(void) {
  printf("-- order\n");
  int ep = epoll_create1(0), v[8];
  eventfd_t n;
  for (int i = 0; i < 8; i++) v[i] = eventfd(0, 0);
  for (int i = 0; i < 8; i++) ctl(ep, ADD, v[i], EPOLLIN | (i & 1 ? EPOLLET : 0), i);
  for (int i = 7; i >= 0; i--) eventfd_write(v[i], 1);
  show("backwards", ep, 3);
  show("next", ep, 3);
  show("next", ep, 3);
  show("next", ep, 8);
  eventfd_write(v[3], 1);
  eventfd_write(v[0], 1);
  eventfd_write(v[1], 1);
  show("more", ep, 2);
  show("all", ep, 8);
  eventfd_read(v[4], &n);
  show("one less", ep, 8);
  eventfd_write(v[4], 1);
  ctl(ep, MOD, v[2], EPOLLIN, 22);
  ctl(ep, MOD, v[5], EPOLLIN | EPOLLET, 55);
  show("modified", ep, 8);
  ctl(ep, MOD, v[6], EPOLLIN | EPOLLONESHOT, 66);
  show("one shot", ep, 8);
  show("spent", ep, 8);
  ctl(ep, MOD, v[6], EPOLLIN | EPOLLONESHOT, 67);
  ctl(ep, DEL, v[0], 0, 0);
  show("armed", ep, 8);
  // found ready when added
  int late = epoll_create1(0);
  for (int i = 7; i >= 0; i -= 3) ctl(late, ADD, v[i], EPOLLIN | EPOLLOUT, i);
  show("ready when added", late, 8);
  for (int i = 0; i < 8; i++) close(v[i]);
  show("closed", ep, 8);
  close(ep), close(late);
}

static void faults(void) {
  printf("-- faults\n");
  int ep = epoll_create1(0), v[3];
  char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(page + 4096, 4096, PROT_NONE);
  for (int i = 0; i < 3; i++) {
    v[i] = eventfd(1, 0);
    ctl(ep, ADD, v[i], EPOLLIN | EPOLLET, i);
  }
  P(epoll_wait(ep, (void *)(page + 4096), 3, 0));
  P(epoll_wait(ep, (void *)(page + 4096 - 18), 3, 0));
  show("left", ep, 3);
  for (int i = 0; i < 3; i++) close(v[i]);
  close(ep);
}

static void duplicates(void) {
  printf("-- duplicates\n");
  int ep = epoll_create1(0), v = eventfd(1, 0), d = dup(v), f = dup(ep);
  P(ctl(ep, ADD, v, EPOLLIN, 1));
  P(ctl(f, ADD, v, EPOLLIN, 1));
  P(ctl(f, ADD, d, EPOLLIN, 2));
  show("both", ep, 5);
  close(v);
  show("one closed", ep, 5);
  P(ctl(ep, DEL, v, 0, 0));
  int w = eventfd(0, 0);
  Q(w == v);
  P(ctl(ep, ADD, w, EPOLLIN, 3));
  show("number used again", ep, 5);
  P(ctl(ep, DEL, w, 0, 0));
  fflush(stdout);
  if (!fork()) {
    close(d);
    sleep_ms(30);
    exit(0);
  }
  close(d);
  wait(NULL);
  show("all closed", ep, 5);
  close(ep);
  show("over the other", f, 5);
  P(ctl(f, ADD, w, EPOLLIN, 4));
  eventfd_write(w, 3);
  show("works", f, 5);
  close(f), close(w);
}

// Several processes wait for one descriptor: how many are told.
static void herd(const char *what, int shared, unsigned flags) {
  int ep = epoll_create1(0), v = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK), out[2], go[2];
  pipe(out), pipe(go);
  if (shared) ctl(ep, ADD, v, EPOLLIN | flags, 1);
  fflush(stdout);
  for (int i = 0; i < 4; i++) {
    if (fork()) continue;
    if (!shared) {
      close(ep);
      ep = epoll_create1(0);
      ctl(ep, ADD, v, EPOLLIN | flags, 1);
    }
    write(go[1], "r", 1);
    struct epoll_event e;
    int n = epoll_wait(ep, &e, 1, 300);
    write(out[1], n == 1 ? "e" : "0", 1);
    _exit(0);
  }
  char b[5] = {0};
  for (int i = 0; i < 4; i++) read(go[0], b, 1);
  sleep_ms(100);
  eventfd_write(v, 1);
  int told = 0;
  for (int i = 0; i < 4; i++) {
    read(out[0], b, 1);
    told += *b == 'e';
  }
  while (wait(NULL) > 0) {}
  printf("%s: %d told\n", what, told);
  close(ep), close(v), close(out[0]), close(out[1]), close(go[0]), close(go[1]);
}

static void changing(void) {
  printf("-- changes while waiting\n");
  int ep = epoll_create1(0), v = eventfd(1, 0);
  fflush(stdout);
  if (!fork()) {
    sleep_ms(50);
    ctl(ep, ADD, v, EPOLLIN, 1);
    exit(0);
  }
  struct epoll_event e;
  P(epoll_wait(ep, &e, 1, 5000));
  wait(NULL);
  ctl(ep, MOD, v, EPOLLPRI, 2);
  if (!fork()) {
    sleep_ms(50);
    ctl(ep, MOD, v, EPOLLIN, 3);
    exit(0);
  }
  P(epoll_wait(ep, &e, 1, 5000));
  P(e.data.u64);
  wait(NULL);
  close(ep), close(v);
}

static void many(void) {
  printf("-- many\n");
  struct rlimit l = {4096, 4096};
  setrlimit(RLIMIT_NOFILE, &l);
  int ep = epoll_create1(0), n = 0;
  for (; n < 3000; n++) if (ctl(ep, ADD, eventfd(1, 0), EPOLLIN | EPOLLET, n)) break;
  static struct epoll_event e[4000];
  P(n);
  P(epoll_wait(ep, e, 1500, 0));
  Q(e[0].data.u64 == 0 && e[1499].data.u64 == 1499);
  P(epoll_wait(ep, e, 4000, 0));
  Q(e[0].data.u64 == 1500 && e[1499].data.u64 == 2999);
  for (int fd = ep + 1; fd <= ep + 3000; fd++) close(fd);
  P(epoll_wait(ep, e, 4000, 0));
  close(ep);
}

int main(void) {
  own_folder();
  errors();
  chains();
  order();
  faults();
  duplicates();
  herd("own epolls", 0, 0);
  herd("own epolls, exclusive", 0, EPOLLEXCLUSIVE);
  herd("one epoll, level", 1, 0);
  herd("one epoll, edge", 1, EPOLLET);
  herd("one epoll, one shot", 1, EPOLLONESHOT);
  changing();
  many();
  return 0;
}
