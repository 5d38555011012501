// O_ASYNC, F_SETOWN, F_SETOWN_EX, F_SETSIG: SIGIO and its siginfo from pipes, FIFOs, sockets, terminals, inotify. fcntl(2), socket(7).
// covers: fcntl F_SETOWN ESRCH, fcntl F_SETOWN EINVAL, fcntl F_SETOWN_EX EINVAL, fcntl F_SETOWN_EX ESRCH, fcntl F_SETOWN_EX EFAULT
// covers: fcntl F_SETSIG EINVAL, fcntl F_SETFL O_ASYNC, fcntl F_SETOWN_EX F_OWNER_TID, fcntl F_SETOWN process group, ioctl FIOASYNC, ioctl FIOASYNC ENOTTY
#include "guest.h"
#include <netinet/in.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>

static struct { int signal, code, fd, band; } seen[64];
static volatile int count;

static void on_signal(int s, siginfo_t *i, void *c) {
  if (count < 64) {
    seen[count].signal = s;
    seen[count].code = i->si_code;
    seen[count].fd = i->si_fd;
    seen[count].band = i->si_band;
  }
  count++;
}

static int base;

static void told(const char *what) {
  printf("%s:", what);
  for (int i = 0; i < count && i < 64; i++) {
    if (seen[i].code == SI_KERNEL) printf(" %s", seen[i].signal == SIGURG ? "SIGURG" : "SIGIO");
    else printf(" (signal %d code %d fd +%d band %x)", seen[i].signal, seen[i].code, seen[i].fd - base, seen[i].band);
  }
  puts(count ? "" : " nothing");
  count = 0;
}

static void async(int fd) {
  fcntl(fd, F_SETOWN, getpid());
  fcntl(fd, F_SETSIG, SIGRTMIN + 1);
  int error = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
  if (error) printf("async: %d\n", errno);
}

static void owners(void) {
  int ends[2];
  pipe(ends);
  base = ends[0];
  P(fcntl(ends[0], F_GETOWN));
  P(fcntl(ends[0], F_GETSIG));
  P(fcntl(ends[0], F_SETOWN, 99999999));
  P(fcntl(ends[0], F_SETOWN, -99999999));
  P(fcntl(ends[0], F_SETOWN, INT_MIN));
  P(fcntl(ends[0], F_SETSIG, 65));
  P(fcntl(ends[0], F_SETSIG, -1));
  P(fcntl(ends[0], F_SETSIG, 64));
  P(fcntl(ends[0], F_GETSIG));
  P(fcntl(ends[0], F_SETSIG, 0));
  struct f_owner_ex owner = {3, getpid()};
  P(fcntl(ends[0], F_SETOWN_EX, &owner));
  owner.type = F_OWNER_TID;
  owner.pid = 99999999;
  P(fcntl(ends[0], F_SETOWN_EX, &owner));
  P(fcntl(ends[0], F_SETOWN_EX, 8));
  P(fcntl(ends[0], F_GETOWN_EX, 8));
  owner.pid = gettid();
  P(fcntl(ends[0], F_SETOWN_EX, &owner));
  P(fcntl(ends[0], F_GETOWN) == getpid());
  P(fcntl(ends[0], F_GETOWN_EX, &owner));
  printf("%d %d\n", owner.type, owner.pid == gettid());
  P(fcntl(ends[0], F_SETOWN, -getpgrp()));
  P(fcntl(ends[0], F_GETOWN_EX, &owner));
  printf("%d %d\n", owner.type, owner.pid == getpgrp());
  pid_t child = fork();
  if (!child) pause();
  P(fcntl(ends[0], F_SETOWN, child));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  P(fcntl(ends[0], F_GETOWN));
  P(fcntl(ends[0], F_GETOWN_EX, &owner));
  printf("%d %d\n", owner.type, owner.pid);
  P(fcntl(ends[0], F_SETOWN, 0));
  P(fcntl(ends[0], F_GETOWN));
  close(ends[0]);
  close(ends[1]);
}

static void pipes(void) {
  int ends[2];
  char text[70000];
  memset(text, 'x', sizeof text);
  pipe2(ends, O_NONBLOCK);
  base = ends[0];
  P(fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC));
  P(fcntl(ends[0], F_GETFL));
  write(ends[1], "1", 1);
  told("nobody owns it");
  fcntl(ends[0], F_SETOWN, getpid());
  write(ends[1], "1", 1);
  told("written");
  fcntl(ends[0], F_SETSIG, SIGRTMIN + 1);
  write(ends[1], "1", 1);
  told("written, with F_SETSIG");
  fcntl(ends[0], F_SETSIG, SIGIO);
  write(ends[1], "1", 1);
  told("written, F_SETSIG SIGIO");
  fcntl(ends[0], F_SETSIG, SIGUSR1);
  write(ends[1], "1", 1);
  told("written, F_SETSIG SIGUSR1");
  fcntl(ends[0], F_SETSIG, SIGCHLD);
  write(ends[1], "1", 1);
  told("written, F_SETSIG SIGCHLD");
  fcntl(ends[0], F_SETSIG, SIGRTMIN + 1);
  write(ends[1], "", 0);
  told("nothing written");
  async(ends[1]);
  told("both");
  read(ends[0], text, 3);
  told("read a little");
  read(ends[0], text, sizeof text);
  told("read all");
  read(ends[0], text, sizeof text);
  told("read nothing");
  write(ends[1], text, 65536);
  told("filled");
  write(ends[1], text, 1);
  told("full");
  read(ends[0], text, 4096);
  told("room made");
  int other = dup(ends[0]);
  fcntl(other, F_SETFL, O_NONBLOCK);
  write(ends[1], "1", 1);
  told("switched off through another descriptor");
  fcntl(other, F_SETFL, O_NONBLOCK | O_ASYNC);
  read(ends[0], text, sizeof text);
  count = 0;
  write(ends[1], "1", 1);
  told("and on");
  close(other);
  write(ends[1], "1", 1);
  told("that descriptor closed");
  int on = 0;
  P(ioctl(ends[0], FIOASYNC, &on));
  P(fcntl(ends[0], F_GETFL));
  write(ends[1], "1", 1);
  told("FIOASYNC off");
  on = 1;
  P(ioctl(ends[0], FIOASYNC, &on));
  P(ioctl(ends[0], FIOASYNC, 8));
  int more[2];
  pipe(more);
  write(more[1], "12345", 5);
  P(splice(more[0], NULL, ends[1], NULL, 5, 0));
  told("spliced");
  P(tee(ends[0], more[1], 5, 0));
  told("teed");
  struct iovec v = {text, 10};
  P(vmsplice(ends[1], &v, 1, 0));
  told("vmspliced");
  close(ends[0]);
  told("reader closed");
  write(ends[1], "1", 1);
  told("write without a reader");
  close(ends[1]);
  told("writer closed");
  pipe(ends);
  base = ends[0];
  async(ends[0]);
  close(ends[1]);
  told("the other order");
  close(ends[0]);
  mkfifo("fifo", 0600);
  int r = open("fifo", O_RDONLY | O_NONBLOCK | O_ASYNC);
  base = r;
  P(fcntl(r, F_GETFL) & ~0x8000);
  fcntl(r, F_SETOWN, getpid());
  int w = open("fifo", O_WRONLY);
  told("FIFO opened for writing");
  write(w, "1", 1);
  told("O_ASYNC of open");
  fcntl(r, F_SETFL, O_NONBLOCK);
  fcntl(r, F_SETFL, O_NONBLOCK | O_ASYNC);
  write(w, "1", 1);
  told("FIFO written");
  close(w);
  told("FIFO closed");
  w = open("fifo", O_WRONLY);
  told("FIFO opened again");
  close(r);
  close(w);
  close(more[0]);
  close(more[1]);
  count = 0;
}

static void unix_sockets(void) {
  int s[2];
  char text[300000];
  memset(text, 'x', sizeof text);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
  base = s[0];
  async(s[0]);
  told("made");
  write(s[1], "1", 1);
  told("stream: data");
  read(s[0], text, 1);
  told("stream: read");
  send(s[1], "u", 1, MSG_OOB);
  told("stream: urgent");
  read(s[0], text, 10);
  fcntl(s[0], F_SETSIG, 0);
  send(s[1], "u", 1, MSG_OOB);
  told("stream: urgent, no F_SETSIG");
  fcntl(s[0], F_SETSIG, SIGRTMIN + 1);
  read(s[0], text, 10);
  while (write(s[0], text, sizeof text) > 0) {}
  told("stream: filled");
  while (read(s[1], text, sizeof text) > 0) {}
  told("stream: drained");
  write(s[0], "1", 1);
  read(s[1], text, 10);
  told("stream: not full before");
  shutdown(s[1], SHUT_WR);
  told("stream: half shut");
  shutdown(s[1], SHUT_RD);
  told("stream: shut");
  close(s[1]);
  told("stream: closed");
  close(s[0]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  base = s[0];
  async(s[0]);
  close(s[1]);
  told("stream: closed at once");
  close(s[0]);
  socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s);
  base = s[0];
  async(s[0]);
  write(s[1], "1", 1);
  told("datagram: data");
  close(s[1]);
  told("datagram: closed");
  close(s[0]);
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {AF_UNIX, "sock"};
  bind(l, (struct sockaddr *)&address, sizeof address);
  listen(l, 5);
  base = l;
  async(l);
  async(c);
  connect(c, (struct sockaddr *)&address, sizeof address);
  told("connection");
  int a = accept(l, NULL, NULL);
  told("accepted");
  P(fcntl(a, F_GETFL));
  P(fcntl(a, F_GETOWN));
  close(a);
  told("closed by the other end");
  close(c);
  close(l);
  int on = 1;
  int p[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  P(ioctl(p[0], FIOASYNC, &on));
  P(fcntl(p[0], F_GETFL));
  int me = getpid();
  P(ioctl(p[0], FIOSETOWN, &me));
  write(p[1], "1", 1);
  told("FIOASYNC");
  close(p[0]);
  close(p[1]);
  count = 0;
}

static void inet_sockets(void) {
  struct sockaddr_in address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
  bind(l, (struct sockaddr *)&address, sizeof address);
  listen(l, 5);
  getsockname(l, (struct sockaddr *)&address, &length);
  base = l;
  async(l);
  connect(c, (struct sockaddr *)&address, sizeof address);
  sleep_ms(50);
  told("TCP: connection");
  int a = accept(l, NULL, NULL);
  told("TCP: accepted");
  base = c;
  async(c);
  char text[100];
  write(a, "12", 2);
  sleep_ms(50);
  told("TCP: data");
  read(c, text, 1);
  told("TCP: read");
  shutdown(a, SHUT_WR);
  sleep_ms(50);
  told("TCP: half shut");
  close(a);
  sleep_ms(50);
  told("TCP: closed");
  close(c);
  close(l);
  count = 0;
  int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
  address.sin_port = 0;
  bind(u, (struct sockaddr *)&address, sizeof address);
  getsockname(u, (struct sockaddr *)&address, &length);
  base = u;
  async(u);
  sendto(v, "1", 1, 0, (struct sockaddr *)&address, sizeof address);
  sleep_ms(50);
  told("UDP: data");
  close(u);
  base = v;
  async(v);
  connect(v, (struct sockaddr *)&address, sizeof address);
  send(v, "1", 1, 0);
  sleep_ms(50);
  told("UDP: refused");
  close(v);
}

static void terminals(void) {
  int m, s;
  struct termios t;
  openpty(&m, &s, NULL, NULL, NULL);
  base = s;
  tcgetattr(s, &t);
  t.c_lflag &= ~ECHO;
  tcsetattr(s, TCSANOW, &t);
  async(s);
  write(m, "x", 1);
  sleep_ms(100);
  told("tty: half a line");
  write(m, "\n", 1);
  sleep_ms(100);
  told("tty: a line");
  char text[100];
  read(s, text, 100);
  t.c_lflag &= ~ICANON;
  tcsetattr(s, TCSANOW, &t);
  write(m, "x", 1);
  sleep_ms(100);
  told("tty: raw");
  async(m);
  count = 0;
  write(s, "out", 3);
  sleep_ms(100);
  Q(count >= 1 && seen[0].fd == m && seen[0].code == POLL_IN);
  close(s);
  close(m);
  count = 0;
}

static void others(void) {
  int in = inotify_init();
  base = in;
  async(in);
  inotify_add_watch(in, ".", IN_CREATE | IN_DELETE);
  close(open("new", O_CREAT | O_WRONLY, 0600));
  told("inotify");
  unlink("new");
  told("inotify again");
  close(in);
  int on = 1;
  int e = eventfd(0, 0);
  async(e);
  P(fcntl(e, F_GETFL));
  P(ioctl(e, FIOASYNC, &on));
  on = 0;
  P(ioctl(e, FIOASYNC, &on));
  eventfd_write(e, 1);
  told("eventfd");
  close(e);
  int f = open("file", O_CREAT | O_RDWR | O_ASYNC, 0600);
  P(fcntl(f, F_GETFL) & ~0x8000);
  on = 1;
  P(ioctl(f, FIOASYNC, &on));
  close(f);
}

static volatile int thread_hit, main_tid;
static void on_thread(int s) { thread_hit = gettid() == main_tid ? 1 : 2; }
static int thread_pipe[2];

static void *other_thread(void *unused) {
  struct f_owner_ex owner = {F_OWNER_TID, gettid()};
  fcntl(thread_pipe[0], F_SETOWN_EX, &owner);
  fcntl(thread_pipe[0], F_SETSIG, SIGUSR2);
  fcntl(thread_pipe[0], F_SETFL, O_ASYNC);
  while (!thread_hit) sleep_ms(10);
  return NULL;
}

static void threads(void) {
  main_tid = gettid();
  signal(SIGUSR2, on_thread);
  pipe(thread_pipe);
  pthread_t t;
  pthread_create(&t, NULL, other_thread, NULL);
  while (!(fcntl(thread_pipe[0], F_GETFL) & O_ASYNC)) sleep_ms(10);
  write(thread_pipe[1], "1", 1);
  pthread_join(t, NULL);
  P(thread_hit);
  close(thread_pipe[0]);
  close(thread_pipe[1]);
  // The whole group; and what another user's process may not be sent.
  int ends[2];
  pipe(ends);
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    setpgid(0, 0);
    fcntl(ends[0], F_SETOWN, -getpid());
    fcntl(ends[0], F_SETFL, O_ASYNC);
    count = 0;
    write(ends[1], "1", 1);
    told("process group");
    setresuid(54321, 54321, 54321);
    fcntl(ends[0], F_SETOWN, getppid());
    exit(0);
  }
  waitpid(child, NULL, 0);
  count = 0;
  write(ends[1], "1", 1);
  told("set by another user");
}

int main(void) {
  own_folder();
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGIO, &sa, NULL);
  sigaction(SIGURG, &sa, NULL);
  sigaction(SIGUSR1, &sa, NULL);
  sigaction(SIGCHLD, &sa, NULL);
  sigaction(SIGRTMIN + 1, &sa, NULL);
  signal(SIGPIPE, SIG_IGN);
  owners();
  count = 0;
  pipes();
  unix_sockets();
  inet_sockets();
  terminals();
  others();
  threads();
  return 0;
}
