// POSIX message queues: sleepers and their order, signals, timeouts, poll and epoll, notification.
// needs: mq_open unshare
#include "ipc.h"
#include <mqueue.h>
#include <sys/epoll.h>

static int q;
static struct { pid_t pid; long n; int error; unsigned prio; char text[64]; } *said;
static char out[200];

static struct mq_attr *attr(long max, long size) {
  static struct mq_attr a;
  memset(&a, 0, sizeof a);
  a.mq_maxmsg = max;
  a.mq_msgsize = size;
  return &a;
}
static void handler(int s) {}
static int sleeper(void (*f)(int), int i) {
  fflush(stdout);
  int pid = fork();
  if (!pid) { f(i); _exit(0); }
  said[i].pid = pid;
  until_asleep(pid);
  return pid;
}
static void ends(int i) {
  waitpid(said[i].pid, 0, 0);
  printf("sleeper %d: %ld errno %d prio %u \"%s\"\n", i, said[i].n, said[i].error, said[i].prio, said[i].text);
  memset(&said[i], 0, sizeof said[i]);
}
static void receiver(int i) {
  said[i].n = mq_receive(q, said[i].text, 64, &said[i].prio);
  said[i].error = said[i].n < 0 ? errno : 0;
}
static void nice_receiver(int i) {
  setpriority(PRIO_PROCESS, 0, i % 3 * 5);
  receiver(i);
}
static void sender(int i) {
  char text[20];
  sprintf(text, "from %d", i);
  said[i].n = mq_send(q, text, strlen(text) + 1, i);
  said[i].error = said[i].n ? errno : 0;
}
static void nice_sender(int i) {
  setpriority(PRIO_PROCESS, 0, 15 - i % 3 * 5);
  sender(i);
}
static void timed_receiver(int i) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += 100;
  said[i].n = mq_timedreceive(q, said[i].text, 64, &said[i].prio, &t);
  said[i].error = said[i].n < 0 ? errno : 0;
}
static void take(void) {
  unsigned prio;
  long n = mq_receive(q, out, 64, &prio);
  if (n < 0) printf("receive: errno %d\n", errno);
  else printf("receive: %ld prio %u \"%s\"\n", n, prio, out);
}
static void show(void) {
  struct mq_attr a;
  char text[100];
  mq_getattr(q, &a);
  long n = pread(q, text, 99, 0);
  text[n] = 0;
  printf("now %ld %.17s\n", a.mq_curmsgs, text);
}

// covers: mq_timedreceive wake order first come, mq_timedreceive wake order by nice value, mq_timedsend wake order by nice value
static void order(void) {
  for (int i = 0; i < 4; i++) sleeper(receiver, i);
  for (int i = 0; i < 4; i++) {
    char text[10];
    sprintf(text, "%d", i);
    P(mq_send(q, text, 2, i));
    ends(i);
  }
  for (int i = 0; i < 6; i++) sleeper(nice_receiver, i);
  static const int turn[] = {0, 3, 1, 4, 2, 5};
  for (int i = 0; i < 6; i++) {
    P(mq_send(q, "x", 2, i));
    ends(turn[i]);
  }
  show();
  // Messages of sleeping senders come into the queue when there is room, in the order of the senders.
  mq_send(q, "a", 2, 7);
  mq_send(q, "b", 2, 3);
  for (int i = 0; i < 6; i++) sleeper(nice_sender, i);
  show();
  for (int i = 0; i < 8; i++) take();
  for (int i = 0; i < 6; i++) ends(i);
  show();
}

// covers: mq_timedreceive EINTR, mq_timedsend EINTR, mq_timedreceive SA_RESTART, mq_timedreceive killed while asleep
static void signals_(void) {
  struct sigaction restart = {.sa_handler = handler, .sa_flags = SA_RESTART}, plain = {.sa_handler = handler};
  sigaction(SIGUSR1, &plain, 0);
  sigaction(SIGUSR2, &restart, 0);
  int pid = sleeper(receiver, 0);
  kill(pid, SIGUSR1);
  ends(0);
  pid = sleeper(receiver, 0);
  kill(pid, SIGUSR2);
  sleep_ms(20);
  until_asleep(pid);
  mq_send(q, "restarted", 10, 1);
  ends(0);
  pid = sleeper(timed_receiver, 0);
  kill(pid, SIGUSR2);
  sleep_ms(20);
  until_asleep(pid);
  kill(pid, SIGSTOP);
  waitpid(pid, 0, WUNTRACED);
  kill(pid, SIGCONT);
  mq_send(q, "stopped", 8, 1);
  ends(0);
  mq_send(q, "a", 2, 0);
  mq_send(q, "b", 2, 0);
  pid = sleeper(sender, 1);
  kill(pid, SIGUSR1);
  ends(1);
  pid = sleeper(sender, 1);
  int other = sleeper(sender, 2);
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  take();
  ends(2);
  take();
  take();
  show();
  pid = sleeper(receiver, 0);
  other = sleeper(receiver, 1);
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  mq_send(q, "next", 5, 0);
  ends(1);
  show();
}

static void unlinked(void) {
  sleeper(receiver, 0);
  P(mq_unlink("/s"));
  P(mq_send(q, "unlinked", 9, 0));
  ends(0);
}

static int events(int fd, int want) {
  struct pollfd p = {fd, want};
  poll(&p, 1, 0);
  return p.revents;
}

// covers: poll mqueue, epoll mqueue level and edge, epoll mqueue EPOLLEXCLUSIVE
static void polls(void) {
  printf("empty %x\n", events(q, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI));
  mq_send(q, "a", 2, 0);
  printf("one %x\n", events(q, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM));
  mq_send(q, "b", 2, 0);
  printf("full %x\n", events(q, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM));
  int e = epoll_create1(0);
  struct epoll_event ev = {EPOLLIN | EPOLLOUT | EPOLLET, {.u32 = 7}}, got[4];
  P(epoll_ctl(e, EPOLL_CTL_ADD, q, &ev));
  P(epoll_wait(e, got, 4, 0));
  printf("events %x\n", got[0].events);
  P(epoll_wait(e, got, 4, 0));
  take();
  P(epoll_wait(e, got, 4, 0));
  printf("events %x\n", got[0].events);
  take();
  P(epoll_wait(e, got, 4, 0));
  printf("events %x\n", got[0].events);
  mq_send(q, "c", 2, 0);
  P(epoll_wait(e, got, 4, 0));
  printf("events %x\n", got[0].events);
  mq_send(q, "d", 2, 0);
  P(epoll_wait(e, got, 4, 0));
  take();
  take();
  int pid = fork();
  if (!pid) {
    struct pollfd p = {q, POLLIN};
    _exit(poll(&p, 1, 10000) == 1 && p.revents == POLLIN ? 5 : 6);
  }
  until_asleep(pid);
  mq_send(q, "wake", 5, 0);
  int status;
  waitpid(pid, &status, 0);
  print_status("poller", status);
  take();
}

int main(void) {
  own_ipc();
  said = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  P(q = mq_open("/s", O_CREAT | O_RDWR, 0600, attr(2, 64)));
  order();
  signals_();
  polls();
  unlinked();
  return 0;
}
