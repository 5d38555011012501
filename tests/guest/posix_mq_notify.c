// mq_notify(3): none, signal, thread; who is told, when the registration ends.
// options: -lrt
// needs: mq_open unshare
#include "ipc.h"
#include <mqueue.h>
#include <sys/socket.h>

static int q;
static char out[200];
static struct mq_attr *attr(long max, long size) {
  static struct mq_attr a;
  memset(&a, 0, sizeof a);
  a.mq_maxmsg = max;
  a.mq_msgsize = size;
  return &a;
}
static void show(const char *what, pid_t pid) {
  char text[200], *p;
  long n = pread(q, text, 199, 0);
  text[n] = 0;
  p = strstr(text, "NOTIFY_PID:");
  int who = atoi(p + 11);
  *p = 0;
  printf("%s: %s%s\n", what, text, who == pid ? "pid right" : who ? "pid of another" : "no pid");
}
static volatile int got, code, value, from;
static void on_signal(int s, siginfo_t *i, void *u) {
  got = s;
  code = i->si_code;
  value = i->si_value.sival_int;
  from = i->si_pid;
}
static void told(const char *what, pid_t sender) {
  printf("%s: signal %d code %d value %d %s\n", what, got, code, value, !got ? "" : from == sender ? "sender right" : "sender wrong");
  got = code = value = from = 0;
}
static struct sigevent ev(int how, int signal, int v) {
  struct sigevent e;
  memset(&e, 0, sizeof e);
  e.sigev_notify = how;
  e.sigev_signo = signal;
  e.sigev_value.sival_int = v;
  return e;
}
static void send_(const char *text) { printf("send %s: %d\n", text, mq_send(q, text, strlen(text) + 1, 0)); }
static void take(void) {
  long n = mq_receive(q, out, 64, 0);
  printf("take: %ld %s\n", n, n < 0 ? "" : out);
}

// covers: mq_notify EBADF, mq_notify EBUSY, mq_notify EINVAL, mq_notify EFAULT, mq_notify ENOTSOCK SIGEV_THREAD
static void errors(void) {
  struct sigevent e = ev(SIGEV_SIGNAL, SIGUSR1, 1);
  P(mq_notify(99, &e));
  P(mq_notify(0, &e));
  P(mq_notify(0, 0));
  P(syscall(SYS_mq_notify, q, (void *)8));
  e = ev(77, SIGUSR1, 1);
  P(syscall(SYS_mq_notify, q, &e));
  e = ev(SIGEV_SIGNAL, 65, 1);
  P(syscall(SYS_mq_notify, q, &e));
  e = ev(SIGEV_SIGNAL, -1, 1);
  P(syscall(SYS_mq_notify, q, &e));
  e = ev(SIGEV_THREAD, 0, 1);
  P(syscall(SYS_mq_notify, q, &e));
  char cookie[32] = "";
  e.sigev_value.sival_ptr = cookie;
  e.sigev_signo = 99;
  P(syscall(SYS_mq_notify, q, &e));
  e.sigev_signo = q;
  P(syscall(SYS_mq_notify, q, &e));
  int s[2];
  pipe(s);
  e.sigev_signo = s[0];
  P(syscall(SYS_mq_notify, q, &e));
  P(mq_notify(q, 0));
  show("nobody", getpid());
}

// covers: mq_notify SIGEV_SIGNAL, mq_notify SIGEV_NONE, mq_notify one shot, mq_notify not while somebody waits, mq_notify ends with close
static void signals_(void) {
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &sa, 0);
  struct sigevent e = ev(SIGEV_SIGNAL, SIGUSR1, 42);
  P(mq_notify(q, &e));
  show("registered", getpid());
  P(mq_notify(q, &e));
  send_("one");
  told("first", getpid());
  show("after", getpid());
  P(mq_notify(q, &e));
  send_("two");
  told("not empty", 0);
  take();
  take();
  send_("three");
  told("empty again", getpid());
  take();
  P(mq_notify(q, 0));
  // Somebody who waits gets the message and nobody is told.
  P(mq_notify(q, &e));
  int pid = fork();
  if (!pid) { long n = mq_receive(q, out, 64, 0); _exit(n); }
  until_asleep(pid);
  send_("waiter");
  int status;
  waitpid(pid, &status, 0);
  print_status("waiter", status);
  told("waiter", 0);
  show("still", getpid());
  // A child cannot end the registration of its parent, nor register.
  pid = fork();
  if (!pid) {
    P(mq_notify(q, 0));
    P(mq_notify(q, &e));
    show("in the child", getppid());
    close(q);
    exit(0);
  }
  waitpid(pid, 0, 0);
  show("after the child", getpid());
  pid = fork();
  if (!pid) { mq_send(q, "child", 6, 0); _exit(0); }
  waitpid(pid, 0, 0);
  told("from a child", pid);
  take();
  // NONE only occupies the place; signal 0 is none.
  e = ev(SIGEV_NONE, 9, 1);
  P(mq_notify(q, &e));
  show("none", getpid());
  send_("none");
  show("none after", getpid());
  take();
  e = ev(SIGEV_SIGNAL, 0, 1);
  P(mq_notify(q, &e));
  show("zero", getpid());
  send_("zero");
  show("zero after", getpid());
  take();
  // Any descriptor of the queue that the process closes ends it.
  e = ev(SIGEV_SIGNAL, SIGUSR1, 5);
  P(mq_notify(q, &e));
  int other = dup(q);
  close(other);
  show("closed", getpid());
  // A child that dies with a registration.
  pid = fork();
  if (!pid) { mq_notify(q, &e); _exit(0); }
  waitpid(pid, 0, 0);
  show("died", getpid());
}

static volatile int thread_ran;
static void on_thread(union sigval v) {
  thread_ran = v.sival_int;
}
static void wait_thread(const char *what) {
  for (int i = 0; i < 3000 && !thread_ran; i++) sleep_ms(1);
  printf("%s: thread got %d\n", what, thread_ran);
  thread_ran = 0;
}

// covers: mq_notify SIGEV_THREAD, mq_notify SIGEV_THREAD removed, mq_notify EINVAL socket of another family
static void threads_(void) {
  struct sigevent e = ev(SIGEV_THREAD, 0, 31);
  e.sigev_notify_function = on_thread;
  P(mq_notify(q, &e));
  show("thread", getpid());
  send_("to a thread");
  wait_thread("first");
  show("thread after", getpid());
  take();
  e.sigev_value.sival_int = 32;
  P(mq_notify(q, &e));
  P(mq_notify(q, 0));
  show("removed", getpid());
  send_("nobody");
  take();
  P(mq_notify(q, &e));
  send_("again");
  wait_thread("again");
  take();
  // By hand: the cookie comes back over the socket with its last byte changed.
  int s = socket(16, SOCK_RAW | SOCK_CLOEXEC, 0), u = socket(1, SOCK_DGRAM, 0);
  char cookie[33] = "0123456789abcdef0123456789abcdef", back[64];
  struct sigevent raw = ev(SIGEV_THREAD, s, 0);
  raw.sigev_value.sival_ptr = cookie;
  P(syscall(SYS_mq_notify, q, &raw));
  P(recv(s, back, 64, MSG_DONTWAIT));
  send_("raw");
  P(recv(s, back, 64, MSG_PEEK));
  memset(back, 0, 64);
  P(recv(s, back, 64, 0));
  printf("%.31s %d\n", back, back[31]);
  P(recv(s, back, 64, MSG_DONTWAIT));
  take();
  P(syscall(SYS_mq_notify, q, &raw));
  P(mq_notify(q, 0));
  P(recv(s, back, 10, MSG_TRUNC));
  P(syscall(SYS_mq_notify, q, &raw));
  close(s);
  send_("to a closed socket");
  take();
  raw.sigev_signo = u;
  P(syscall(SYS_mq_notify, q, &raw));
}

int main(int argc, char **argv) {
  if (argc > 1) {
    // After exec: the registration holds its place, the signal is not for this program.
    q = atoi(argv[1]);
    signal(SIGUSR1, SIG_DFL);
    show("after exec", getpid());
    send_("exec");
    show("sent", getpid());
    return 0;
  }
  own_ipc();
  P(q = mq_open("/n", O_CREAT | O_RDWR, 0600, attr(4, 64)));
  errors();
  signals_();
  threads_();
  int pid = fork();
  if (!pid) {
    struct sigevent e = ev(SIGEV_SIGNAL, SIGUSR1, 6);
    fcntl(q, F_SETFD, 0);
    mq_notify(q, &e);
    char text[20];
    sprintf(text, "%d", q);
    fflush(stdout);
    execl("/proc/self/exe", "again", text, (char *)0);
    _exit(1);
  }
  int status;
  waitpid(pid, &status, 0);
  print_status("exec", status);
  P(mq_close(q));
  P(mq_unlink("/n"));
  return 0;
}
