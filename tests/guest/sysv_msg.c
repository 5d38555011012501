// System V message queues: every command, flag and errno of msgget(2), msgop(2), msgctl(2).
// needs: msgget unshare
#include "ipc.h"

struct m { long type; char text[9000]; };
static struct m b;
static int q;

static int send(long type, const char *text, int flags) {
  struct m m = {type};
  strcpy(m.text, text);
  return msgsnd(q, &m, strlen(text), flags);
}
static long take(long type, size_t size, int flags) {
  memset(&b, 0, sizeof b);
  long n = msgrcv(q, &b, size, type, flags);
  if (n < 0) printf("  receive %ld: errno %d\n", type, errno);
  else printf("  receive %ld: %ld bytes, type %ld, \"%s\"\n", type, n, b.type, b.text);
  return n;
}
static void stat_of(const char *what, int id) {
  struct msqid_ds d;
  if (msgctl(id, IPC_STAT, &d)) { printf("%s: errno %d\n", what, errno); return; }
  printf("%s: key %x mode %o uid %d gid %d cuid %d cgid %d seq %d cbytes %lu qnum %lu qbytes %lu lspid %d lrpid %d stime %d rtime %d ctime %d\n", what, d.msg_perm.__key, d.msg_perm.mode, d.msg_perm.uid, d.msg_perm.gid,
         d.msg_perm.cuid, d.msg_perm.cgid, d.msg_perm.__seq, d.__msg_cbytes, d.msg_qnum, d.msg_qbytes, d.msg_lspid == getpid(), d.msg_lrpid == getpid(), labs(d.msg_stime - time(0)) < 3, labs(d.msg_rtime - time(0)) < 3,
         labs(d.msg_ctime - time(0)) < 3);
}

// covers: msgget ENOENT, msgget EEXIST, msgctl EINVAL, msgctl EFAULT, msgctl IPC_STAT, msgctl IPC_INFO, msgctl MSG_INFO, msgctl MSG_STAT, msgctl MSG_STAT_ANY
static void ids(void) {
  int a, c;
  P(a = msgget(IPC_PRIVATE, 0600));
  P(msgget(0x77, 0600));
  P(msgget(0x77, IPC_CREAT | 0640));
  P(msgget(0x77, IPC_CREAT | IPC_EXCL | 0640));
  P(msgget(0x77, 0));
  P(msgctl(a, IPC_RMID, 0));
  P(msgctl(a, IPC_RMID, 0));
  P(msgctl(0, IPC_STAT, (void *)&b));
  for (int i = 0; i < 70; i++) {
    c = msgget(IPC_PRIVATE, 0);
    if (i > 58) printf("id %d\n", c);
    if (i != 3) msgctl(c, IPC_RMID, 0);
  }
  P(msgctl(32768, IPC_STAT, (void *)&b));
  P(msgctl(-1, IPC_STAT, (void *)&b));
  P(msgctl(1, 99, (void *)&b));
  P(msgctl(1, IPC_STAT, (void *)8));
  P(msgctl(1, IPC_SET, (void *)8));
  P(msgctl(1, IPC_SET | 0x100, (void *)&b));
  struct msginfo i;
  P(msgctl(0, IPC_INFO, (void *)&i));
  printf("%d %d %d %d %d %d %d %d\n", i.msgpool, i.msgmap, i.msgmax, i.msgmnb, i.msgmni, i.msgssz, i.msgtql, i.msgseg);
  P(msgctl(0, MSG_INFO, (void *)&i));
  printf("%d %d %d %d %d %d %d %d\n", i.msgpool, i.msgmap, i.msgmax, i.msgmnb, i.msgmni, i.msgssz, i.msgtql, i.msgseg);
  P(msgctl(1, MSG_STAT, (void *)&b));
  P(msgctl(1, MSG_STAT_ANY, (void *)&b));
  P(msgctl(5, MSG_STAT, (void *)&b));
}

// covers: msgsnd EINVAL, msgsnd EFAULT, msgsnd EAGAIN, msgrcv E2BIG, msgrcv ENOMSG, msgrcv EINVAL, msgrcv EFAULT, msgrcv MSG_NOERROR, msgrcv MSG_EXCEPT, msgrcv MSG_COPY, msgctl IPC_SET
static void simple(void) {
  q = msgget(IPC_PRIVATE, 0600);
  stat_of("new", q);
  P(send(1, "one", 0));
  P(send(3, "three", 0));
  P(send(2, "two", 0));
  P(send(3, "drei", 0));
  P(send(7, "", 0));
  stat_of("five", q);
  take(0, 2, 0);
  take(0, 2, MSG_NOERROR);
  take(9, 100, IPC_NOWAIT);
  take(3, 100, 0);
  take(-3, 100, 0);
  take(3, 100, MSG_EXCEPT);
  take(-2, 100, IPC_NOWAIT);
  take(LONG_MIN, 100, IPC_NOWAIT);
  stat_of("none", q);
  P(send(0, "x", 0));
  P(send(-1, "x", 0));
  P(msgsnd(q, (void *)8, 1, 0));
  P(msgsnd(-1, &b, 1, 0));
  P(msgsnd(99, &b, 1, 0));
  b.type = 1;
  P(msgsnd(99, &b, 1, 0));
  P(msgsnd(q, &b, 8193, 0));
  P(msgsnd(q, &b, -1, 0));
  P(msgsnd(q, &b, 8192, 0));
  P(msgsnd(q, &b, 8192, 0));
  P(msgsnd(q, &b, 0, 0));
  P(msgsnd(q, &b, 1, IPC_NOWAIT));
  P(msgrcv(q, &b, -1, 0, 0));
  P(msgrcv(-1, &b, 1, 0, 0));
  P(msgrcv(99, &b, 1, 0, 0));
  P(msgrcv(q, (void *)8, 8192, 0, 0));
  stat_of("one lost", q);
  take(0, 5, MSG_COPY);
  take(0, 5, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT);
  P(msgrcv(q, &b, 9000, 0, MSG_COPY | IPC_NOWAIT));
  P(msgrcv(q, &b, 0, 1, MSG_COPY | IPC_NOWAIT));
  P(msgrcv(q, &b, 9, 2, MSG_COPY | IPC_NOWAIT));
  P(msgrcv(q, &b, 9, 0, MSG_COPY | IPC_NOWAIT));
  P(msgrcv(q, &b, 9, 0, MSG_COPY | IPC_NOWAIT | MSG_NOERROR));
  stat_of("copied", q);
  // Many of no bytes: the count is limited too.
  struct msqid_ds d;
  msgctl(q, IPC_STAT, &d);
  d.msg_qbytes = 9000;
  d.msg_perm.mode = 0777123;
  d.msg_perm.uid = 12;
  P(msgctl(q, IPC_SET, &d));
  stat_of("set", q);
  d.msg_perm.uid = -1;
  P(msgctl(q, IPC_SET, &d));
  int n = 0;
  while (msgsnd(q, &b, 0, IPC_NOWAIT) == 0) n++;
  printf("%d empty ones, errno %d\n", n, errno);
  P(msgctl(q, IPC_RMID, 0));
}

// covers: msgget EACCES, msgsnd EACCES, msgrcv EACCES, msgctl EACCES, msgctl EPERM
static void rights(void) {
  q = msgget(0x55, IPC_CREAT | 0604);
  send(1, "a", 0);
  struct msqid_ds d;
  msgctl(q, IPC_STAT, &d);
  become(1234, 1234);
  P(msgget(0x55, 0));
  P(msgget(0x55, 0400));
  P(msgget(0x55, 0600));
  P(msgget(0x55, 0002));
  P(send(1, "a", 0));
  take(0, 10, 0);
  P(msgctl(q, IPC_STAT, &d));
  P(msgctl(q, IPC_SET, &d));
  P(msgctl(q, IPC_RMID, 0));
  int own;
  P((own = msgget(IPC_PRIVATE, 0000)) >= 0);
  q = own;
  take(0, 10, IPC_NOWAIT);
  P(send(1, "a", 0));
  P(msgctl(own, IPC_STAT, &d));
  struct msginfo i;
  int index = msgctl(0, MSG_INFO, (void *)&i);
  P(msgctl(index, MSG_STAT, &d));
  P(msgctl(index, MSG_STAT_ANY, &d) == own);
  d.msg_perm.mode = 0600;
  d.msg_perm.uid = 1234;
  d.msg_qbytes = 20000;
  P(msgctl(own, IPC_SET, &d));
  d.msg_qbytes = 16384;
  P(msgctl(own, IPC_SET, &d));
  P(send(1, "a", 0));
  P(msgctl(own, IPC_RMID, 0));
}

static void handler(int s) {}
// What a sleeper has to say; its parent prints it when it has ended.
static struct { pid_t pid; long n; int error; long type; char text[64]; } *said;
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
  printf("sleeper %d: %ld errno %d type %ld \"%s\"\n", i, said[i].n, said[i].error, said[i].type, said[i].text);
  memset(&said[i], 0, sizeof said[i]);
}
static void receiver(int i) {
  static const struct { long type; size_t size; int flags; } how[] = {{5, 99, 0}, {0, 99, 0}, {-4, 99, 0}, {5, 99, MSG_EXCEPT}, {0, 1, 0}, {6, 2, MSG_NOERROR}, {5, 99, 0}};
  said[i].n = msgrcv(q, &b, how[i].size, how[i].type, how[i].flags);
  said[i].error = said[i].n < 0 ? errno : 0;
  said[i].type = b.type;
  strcpy(said[i].text, b.text);
}
static void sender(int i) {
  struct m m = {i + 1};
  said[i].n = msgsnd(q, &m, i == 1 ? 9 : 4, 0);
  said[i].error = said[i].n ? errno : 0;
}
static void wait_all(void) { while (wait(0) > 0) {} }

// covers: msgrcv EIDRM, msgsnd EIDRM, msgrcv EINTR, msgsnd EINTR, msgrcv E2BIG while asleep, msgrcv wake order, msgsnd wake order
static void sleepers(void) {
  int pid;
  said = mmap(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  q = msgget(IPC_PRIVATE, 0600);
  for (int i = 0; i < 7; i++) sleeper(receiver, i);
  static const struct { long type; const char *text; int first, second; } what[] = {{5, "five", 0, -1}, {5, "again", 1, -1}, {5, "anyone", 4, 6}, {3, "three", 2, -1}, {9, "nine", 3, -1}, {6, "six", 5, -1}};
  for (int i = 0; i < 6; i++) {
    P(send(what[i].type, what[i].text, 0));
    ends(what[i].first);
    if (what[i].second >= 0) ends(what[i].second);
  }
  stat_of("after receivers", q);
  msgctl(q, IPC_RMID, 0);
  // Receivers end with their queue; those that may no longer read, at IPC_SET.
  q = msgget(IPC_PRIVATE, 0600);
  sleeper(receiver, 0);
  P(msgctl(q, IPC_RMID, 0));
  ends(0);
  q = msgget(IPC_PRIVATE, 0600);
  struct msqid_ds d;
  msgctl(q, IPC_STAT, &d);
  d.msg_perm.mode = 0;
  pid = sleeper(receiver, 0);
  P(msgctl(q, IPC_SET, &d));
  until_asleep(pid);
  P(send(5, "still root", 0));
  ends(0);
  // Senders, as soon as what they have fits.
  d.msg_qbytes = 12;
  P(msgctl(q, IPC_SET, &d));
  send(50, "0123", 0);
  send(50, "012345", 0);
  sleeper(sender, 1);
  sleeper(sender, 0);
  take(0, 99, 0);
  ends(0);
  take(50, 99, 0);
  until_asleep(said[1].pid);
  stat_of("after senders", q);
  take(1, 99, 0);
  ends(1);
  take(2, 99, 0);
  take(0, 99, IPC_NOWAIT);
  send(50, "0123456789", 0);
  sleeper(sender, 1);
  d.msg_qbytes = 40;
  P(msgctl(q, IPC_SET, &d));
  ends(1);
  send(51, "01234567890123456789", 0);
  sleeper(sender, 1);
  P(msgctl(q, IPC_RMID, 0));
  ends(1);
  // Signals: never restarted after a handler, restarted after a stop.
  q = msgget(IPC_PRIVATE, 0600);
  struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &sa, 0);
  pid = sleeper(receiver, 0);
  kill(pid, SIGUSR1);
  ends(0);
  msgctl(q, IPC_STAT, &d);
  d.msg_qbytes = 3;
  msgctl(q, IPC_SET, &d);
  pid = sleeper(sender, 1);
  kill(pid, SIGUSR1);
  ends(1);
  d.msg_qbytes = 1000;
  msgctl(q, IPC_SET, &d);
  pid = sleeper(receiver, 0);
  kill(pid, SIGSTOP);
  waitpid(pid, 0, WUNTRACED);
  kill(pid, SIGCONT);
  send(5, "after a stop", 0);
  ends(0);
  pid = sleeper(receiver, 0);
  kill(pid, SIGKILL);
  ends(0);
  P(send(5, "for nobody", 0));
  stat_of("after a death", q);
}

// covers: msgget ENOSPC msgmni, msgsnd limits of /proc/sys/kernel
static void limits(void) {
  char text[200];
  printf("%d\n", spew("/proc/sys/kernel/msgmni", "2"));
  printf("%d\n", spew("/proc/sys/kernel/msgmax", "10\n"));
  printf("%d\n", spew("/proc/sys/kernel/msgmnb", "77"));
  printf("%d\n", spew("/proc/sys/kernel/msgmni", "-1"));
  printf("%d\n", spew("/proc/sys/kernel/msgmni", "40000"));
  printf("%d\n", spew("/proc/sys/kernel/msgmni", "x"));
  slurp("/proc/sys/kernel/msgmni", text, 200); printf("%s", text);
  slurp("/proc/sys/kernel/msgmax", text, 200); printf("%s", text);
  slurp("/proc/sys/kernel/msgmnb", text, 200); printf("%s", text);
  slurp("/proc/sys/kernel/msg_next_id", text, 200); printf("%s", text);
  P(q = msgget(IPC_PRIVATE, 0600));
  stat_of("small", q);
  P(send(1, "0123456789", 0));
  P(send(1, "0123456789a", 0));
  P(msgget(IPC_PRIVATE, 0600));
  P(msgget(IPC_PRIVATE, 0600));
  printf("%d\n", spew("/proc/sys/kernel/msgmni", "32000"));
  printf("%d\n", spew("/proc/sys/kernel/msg_next_id", "65541"));
  P(msgget(IPC_PRIVATE, 0600));
  slurp("/proc/sys/kernel/msg_next_id", text, 200); printf("%s", text);
  P(msgget(IPC_PRIVATE, 0600));
}

static void table(void) {
  char text[4000], *line = text;
  msgget(IPC_PRIVATE, 0600);
  q = msgget(0x1234, IPC_CREAT | 0640);
  send(1, "hello", 0);
  slurp("/proc/sysvipc/msg", text, 4000);
  for (char *p; (p = strchr(line, '\n')); line = p + 1) printf("%.50s|%.24s|%ld\n", line, line + 68, (long)(p - line));
}

static void ended(void) {
  q = msgget(IPC_PRIVATE, 0600);
  send(1, "x", 0);
  pid_t pid = fork();
  if (!pid) { own_ipc(); printf("%d errno %d\n", msgget(0x9, IPC_CREAT), 0); fflush(stdout); _exit(0); }
  wait_all();
  P(msgget(0x9, 0));
}

static void apart(const char *name, void (*f)(void)) {
  printf("-- %s\n", name);
  fflush(stdout);
  if (!fork()) { own_ipc(); f(); exit(0); }
  int status;
  wait(&status);
  if (status) print_status(name, status);
}

int main(void) {
  apart("ids", ids);
  apart("simple", simple);
  apart("rights", rights);
  apart("sleepers", sleepers);
  apart("limits", limits);
  apart("table", table);
  apart("ended", ended);
}
