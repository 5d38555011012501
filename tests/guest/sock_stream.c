// Streams: buffers, blocking and its end, MSG_WAITALL, SO_RCVLOWAT, timeouts, signals, backlog.
#include "sock.h"
#include <sys/epoll.h>

static char big[400000], back[400000];

static void buffers(void) {
  int s[2];
  printf("-- buffers\n");
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
  for (int size = 1; size <= 300000; size = size * 3 + 1) {
    long sum = 0, n = 0;
    ssize_t r;
    while ((r = write(s[0], big, size)) > 0) sum += r, n++;
    printf("size %d: %ld writes, %ld bytes, errno %d, outq %d inq %d\n", size, n, sum, errno, outq(s[0]), inq(s[1]));
    long taken = 0;
    while (strlen(polled(s[0])) < 3 && (r = read(s[1], back, 1000)) > 0) taken += r;
    printf("writable after %ld, outq %d\n", taken, outq(s[0]));
    while ((r = read(s[1], back, sizeof back)) > 0) taken += r;
    printf("read %ld, outq %d\n", taken, outq(s[0]));
  }
  int v = 1;
  socklen_t l = sizeof v;
  for (int want = 1; want < 10000000; want = want * 20 + 7) {
    P(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &want, sizeof want));
    getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &v, &l);
    printf("asked %d got %d\n", want, v);
    long sum = 0;
    ssize_t r;
    while ((r = write(s[0], big, 100000)) > 0) sum += r;
    printf("%ld fit\n", sum);
    while (read(s[1], back, sizeof back) > 0) {}
  }
  close(s[0]);
  close(s[1]);
}

static void waiting(void) {
  int s[2];
  printf("-- waiting\n");
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  fflush(stdout);
  if (!fork()) {
    for (int i = 0; i < 5; i++) {
      sleep_ms(5);
      write(s[1], "ab", 2);
    }
    exit(0);
  }
  RECV(s[0], 7, MSG_WAITALL);
  RECV(s[0], 7, MSG_WAITALL | MSG_DONTWAIT);
  wait(NULL);
  while (inq(s[0])) RECV(s[0], 7, MSG_DONTWAIT);
  int low = 5;
  P(setsockopt(s[0], SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low));
  if (!fork()) {
    for (int i = 0; i < 4; i++) {
      sleep_ms(5);
      write(s[1], "cd", 2);
    }
    exit(0);
  }
  RECV(s[0], 20, 0);
  wait(NULL);
  while (inq(s[0])) RECV(s[0], 7, MSG_DONTWAIT);
  if (!fork()) {
    sleep_ms(5);
    write(s[1], "last", 4);
    close(s[1]);
    exit(0);
  }
  close(s[1]);
  RECV(s[0], 20, MSG_WAITALL);
  RECV(s[0], 20, MSG_WAITALL);
  wait(NULL);
  close(s[0]);

  // a writer that blocks, and goes on
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  for (int i = 0; i < (int)sizeof big; i++) big[i] = i * 7 + i / 1000;
  fflush(stdout);
  if (!fork()) {
    close(s[1]);
    P(write(s[0], big, sizeof big));
    struct iovec v[3] = {{big, 150000}, {big + 150000, 50000}, {big + 200000, 200000}};
    P(writev(s[0], v, 3));
    exit(0);
  }
  close(s[0]);
  long at[2] = {0, 0};
  int same[2];
  for (int round = 0; round < 2; round++) {
    const long whole = sizeof back;
    ssize_t r;
    while (at[round] < whole && (r = read(s[1], back + at[round], 30000 < whole - at[round] ? 30000 : whole - at[round])) > 0) at[round] += r;
    same[round] = !memcmp(big, back, sizeof big);
  }
  wait(NULL);
  for (int round = 0; round < 2; round++) printf("%ld bytes, same %d\n", at[round], same[round]);
  P(read(s[1], back, 10));
  close(s[1]);
  // the reader goes while the writer sleeps
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  signal(SIGPIPE, SIG_IGN);
  fflush(stdout);
  if (!fork()) {
    close(s[1]);
    P(write(s[0], big, sizeof big));
    P(write(s[0], big, 3));
    P(read(s[0], back, 3));
    exit(0);
  }
  close(s[0]);
  sleep_ms(20);
  read(s[1], back, 100);
  close(s[1]);
  wait(NULL);
}

static void on_alarm(int s) {}

static void timeouts(void) {
  int s[2];
  printf("-- timeouts and signals\n");
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  struct timeval tv = {0, 15000}, out;
  socklen_t l = sizeof out;
  P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  P(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &out, &l));
  printf("%ld.%06ld\n", out.tv_sec, out.tv_usec / 10000 * 10000);
  RECV(s[0], 3, 0);
  write(s[1], "ab", 2);
  RECV(s[0], 3, MSG_WAITALL);
  tv.tv_usec = 1000000;
  P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  tv.tv_usec = -1;
  P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 8));
  P(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, (void *)1, 16));
  tv.tv_sec = -5;
  tv.tv_usec = 0;
  P(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
  RECV(s[0], 3, 0);
  getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &out, &l);
  printf("%ld.%06ld\n", out.tv_sec, out.tv_usec);
  tv.tv_sec = 0;
  tv.tv_usec = 15000;
  P(setsockopt(s[1], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
  P(write(s[1], big, sizeof big));
  P(write(s[1], big, sizeof big));
  close(s[0]);
  close(s[1]);

  // EINTR and restarts
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  for (int restart = 0; restart < 2; restart++) {
    struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = restart ? SA_RESTART : 0};
    sigaction(SIGALRM, &sa, NULL);
    for (int limited = 0; limited < 2; limited++) {
      tv.tv_sec = limited ? 10 : 0;
      tv.tv_usec = 0;
      setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
      fflush(stdout);
      if (!fork()) {
        sleep_ms(40);
        write(s[1], "late", 4);
        exit(0);
      }
      struct itimerval it = {{0, 0}, {0, 10000}};
      setitimer(ITIMER_REAL, &it, NULL);
      printf("restart %d limited %d\n", restart, limited);
      RECV(s[0], 9, 0);
      wait(NULL);
      if (inq(s[0])) RECV(s[0], 9, MSG_DONTWAIT);
      // part of what was wanted is there
      write(s[1], "part", 4);
      setitimer(ITIMER_REAL, &it, NULL);
      if (!restart || limited) RECV(s[0], 9, MSG_WAITALL);
      else recv(s[0], back, 9, 0);
    }
  }
  close(s[0]);
  close(s[1]);
}

static void backlog(void) {
  printf("-- backlog\n");
  for (int size = -1; size < 3; size++) {
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un a;
    socklen_t l = abstract(&a, "backlog");
    bind(s, (void *)&a, l);
    P(listen(s, size));
    int c[12], n = 0;
    for (; n < 8; n++) {
      c[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (connect(c[n], (void *)&a, l)) break;
    }
    printf("backlog %d: %d connected, errno %d\n", size, n, errno);
    if (n == 8) {
      close(s);
      for (int i = 0; i < 8; i++) close(c[i]);
      continue;
    }
    POLLED(c[n]);
    fcntl(c[n], F_SETFL, 0);
    struct timeval tv = {0, 10000};
    setsockopt(c[n], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    P(connect(c[n], (void *)&a, l));
    tv.tv_usec = 0;
    setsockopt(c[n], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    fflush(stdout);
    if (!fork()) {
      sleep_ms(10);
      int t = accept(s, NULL, NULL);
      write(t, "hello", 5);
      exit(0);
    }
    P(connect(c[n], (void *)&a, l));
    fcntl(c[0], F_SETFL, 0);
    RECV(c[0], 9, 0);
    wait(NULL);
    RECV(c[0], 9, 0);
    P(shutdown(s, SHUT_RD));
    P(connect(c[0], (void *)&a, l));
    int t = accept(s, NULL, NULL);
    printf("accept after shutdown %d\n", t >= 0);
    if (n > 1) close(accept(s, NULL, NULL));
    if (n > 2) close(accept(s, NULL, NULL));
    P(accept(s, NULL, NULL));
    close(s);
    POLLED(c[n]);
    for (int i = 0; i <= n; i++) close(c[i]);
  }
  // a listener that goes takes those that wait with it
  int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a;
  socklen_t l = abstract(&a, "gone");
  bind(s, (void *)&a, l);
  listen(s, 1);
  P(connect(c, (void *)&a, l));
  P(write(c, "x", 1));
  close(s);
  POLLED(c);
  RECV(c, 1, 0);
  P(write(c, "x", 1));
  close(c);
}

static void accepting(void) {
  printf("-- accept waits\n");
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a;
  socklen_t l = abstract(&a, "wait");
  bind(s, (void *)&a, l);
  listen(s, 5);
  struct timeval tv = {0, 10000};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  P(accept(s, NULL, NULL));
  tv.tv_usec = 0;
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  fflush(stdout);
  pid_t kids[3];
  for (int i = 0; i < 3; i++) {
    kids[i] = fork();
    if (!kids[i]) {
      int t = accept4(s, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
      char n = '0' + i;
      write(t, &n, 1);
      exit((fcntl(t, F_GETFD) == FD_CLOEXEC) + 2 * ((fcntl(t, F_GETFL) & O_NONBLOCK) != 0));
    }
    sleep_ms(10);
  }
  for (int i = 0; i < 3; i++) {
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(c, (void *)&a, l);
    RECV(c, 1, 0);
    close(c);
  }
  for (int i = 0; i < 3; i++) {
    int status;
    waitpid(kids[i], &status, 0);
    print_status("accepter", status);
  }
  close(s);
}

int main(void) {
  buffers();
  waiting();
  timeouts();
  backlog();
  accepting();
  return 0;
}
