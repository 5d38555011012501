// POSIX message queues: every call and errno of mq_open(3), mq_send(3), mq_receive(3), mq_getattr(3), mq_unlink(3).
// needs: mq_open unshare
#include "ipc.h"
#include <mqueue.h>

static int q, q2;
static char big[20000], out[20000];

static long mqo(const char *name, int flags, int mode, struct mq_attr *a) { return syscall(SYS_mq_open, name, flags, mode, a); }
static struct mq_attr *attr(long max, long size) {
  static struct mq_attr a;
  memset(&a, 0, sizeof a);
  a.mq_maxmsg = max;
  a.mq_msgsize = size;
  return &a;
}
static void show(int fd) {
  struct mq_attr a;
  if (mq_getattr(fd, &a)) { printf("  attr: errno %d\n", errno); return; }
  printf("  flags %lx max %ld size %ld now %ld\n", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}
static void status_of(int fd) {
  char text[200];
  long n = pread(fd, text, 199, 0);
  text[n < 0 ? 0 : n] = 0;
  printf("  [%s] %ld\n", text, n);
}
static long take(int fd) {
  unsigned prio = 99;
  memset(out, 0, 100);
  long n = mq_receive(fd, out, sizeof out, &prio);
  if (n < 0) printf("  receive: errno %d\n", errno);
  else printf("  receive: %ld bytes prio %u \"%.20s\"\n", n, prio, out);
  return n;
}

// covers: mq_open ENOENT no name, mq_open EACCES a slash or a dot in the name, mq_open ENAMETOOLONG, mq_open EEXIST, mq_open EFAULT
// covers: mq_open EINVAL attributes, mq_open EINVAL access mode, mq_open ENOSPC queues_max, mq_open EMFILE RLIMIT_MSGQUEUE
// covers: mq_unlink ENOENT, mq_unlink EACCES, mq_unlink ENAMETOOLONG, mq_unlink EFAULT
static void opening(void) {
  P(q = mqo("a", O_CREAT | O_RDWR, 0640, 0));
  show(q);
  status_of(q);
  P(mqo("", O_CREAT | O_RDWR, 0600, 0));
  P(mqo(".", O_CREAT | O_RDWR, 0600, 0));
  P(mqo("..", O_CREAT | O_RDWR, 0600, 0));
  P(mqo("/a", O_CREAT | O_RDWR, 0600, 0));
  P(mqo("a/b", O_CREAT | O_RDWR, 0600, 0));
  P(mqo("b", O_RDWR, 0600, 0));
  P(mqo("a", O_CREAT | O_EXCL | O_RDWR, 0600, 0));
  P(mqo("a", 3, 0600, 0));
  P(mqo((char *)8, O_CREAT | O_RDWR, 0600, 0));
  P(mqo("c", O_CREAT | O_RDWR, 0600, (void *)8));
  P(mqo("c", O_CREAT | O_RDWR, 0600, attr(0, 10)));
  P(mqo("c", O_CREAT | O_RDWR, 0600, attr(10, 0)));
  P(mqo("c", O_CREAT | O_RDWR, 0600, attr(-1, 10)));
  P(mqo("c", O_CREAT | O_RDWR, 0600, attr(11, 10)));
  P(mqo("c", O_CREAT | O_RDWR, 0600, attr(10, 8193)));
  P(q2 = mqo("c", O_CREAT | O_RDWR | O_NONBLOCK, 0600, attr(3, 100)));
  show(q2);
  P(close(q2));
  // The attributes of a queue that is there do not matter, but they are read.
  P(q2 = mqo("c", O_CREAT | O_RDWR, 0600, attr(-3, 1)));
  show(q2);
  P(fcntl(q2, F_GETFD));
  P(fcntl(q2, F_GETFL));
  P(close(q2));
  memset(big, 'n', 300);
  big[256] = 0;
  P(mqo(big, O_CREAT | O_RDWR, 0600, 0));
  P(mq_unlink(big));
  big[255] = 0;
  P(q2 = mqo(big, O_CREAT | O_RDWR, 0600, attr(1, 1)));
  P(syscall(SYS_mq_unlink, big));
  P(close(q2));
  struct stat st;
  fstat(q, &st);
  printf("mode %o size %ld links %ld blocks %ld blksize %ld\n", st.st_mode, st.st_size, st.st_nlink, st.st_blocks, st.st_blksize);
  P(syscall(SYS_mq_unlink, ""));
  P(syscall(SYS_mq_unlink, "x/y"));
  P(syscall(SYS_mq_unlink, ".."));
  P(syscall(SYS_mq_unlink, (char *)8));
  P(mq_unlink("/nothing"));
  P(mq_unlink("/c"));
  P(mq_unlink("/a"));
  P(mq_unlink("/a"));
  fstat(q, &st);
  printf("links %ld\n", st.st_nlink);
  P(mq_send(q, "still there", 11, 0));
  take(q);
  P(write(q, "x", 1));
  P(lseek(q, 0, SEEK_SET));
  P(read(q, out, 7));
  P(read(q, out, 100));
  P(read(q, out, 100));
  P(lseek(q, 0, SEEK_CUR));
  P(pread(q, (char *)8, 10, 0));
  P(mmap(0, 4096, PROT_READ, MAP_SHARED, q, 0) == MAP_FAILED ? errno : 0);
  P(close(q));
}

// covers: mq_open EACCES permissions, mq_unlink EPERM sticky directory, mq_timedsend EBADF, mq_timedreceive EBADF
static void rights(void) {
  umask(0);
  int r, w;
  P(q = mqo("r", O_CREAT | O_RDWR, 0604, 0));
  close(q);
  umask(027);
  P(q = mqo("u", O_CREAT | O_RDWR, 0666, 0));
  struct stat st;
  fstat(q, &st);
  printf("mode %o\n", st.st_mode);
  close(q);
  P(r = mqo("u", O_RDONLY, 0, 0));
  P(w = mqo("u", O_WRONLY, 0, 0));
  P(mq_send(r, "x", 1, 0));
  P(mq_receive(w, out, 8192, 0));
  P(mq_send(w, "x", 1, 0));
  P(mq_receive(r, out, 8192, 0));
  P(mq_send(1, "x", 1, 0));
  P(mq_receive(0, out, 8192, 0));
  P(mq_send(99, "x", 1, 0));
  P(mq_receive(-1, out, 8192, 0));
  become(1234, 1234);
  P(mqo("r", O_RDWR, 0, 0));
  P(mqo("r", O_WRONLY, 0, 0));
  P((q = mqo("r", O_RDONLY, 0, 0)) >= 0);
  P(mqo("u", O_RDONLY, 0, 0));
  P(mq_unlink("/r"));
  P((q = mqo("own", O_CREAT | O_RDWR, 0, 0)) >= 0);
  P(mqo("own", O_RDONLY, 0, 0));
  P(mq_unlink("/own"));
}

static struct timespec in_ms(long ms) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += ms / 1000;
  t.tv_nsec += ms % 1000 * 1000000;
  if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
  return t;
}

// covers: mq_timedsend EAGAIN, mq_timedsend EINVAL priority, mq_timedsend EINVAL timeout, mq_timedsend EMSGSIZE, mq_timedsend EFAULT, mq_timedsend ETIMEDOUT
// covers: mq_timedreceive EAGAIN, mq_timedreceive EMSGSIZE, mq_timedreceive EFAULT, mq_timedreceive EINVAL timeout, mq_timedreceive ETIMEDOUT
// covers: mq_getsetattr EBADF, mq_getsetattr EINVAL, mq_getsetattr EFAULT
static void messages(void) {
  struct timespec bad = {1, 1000000000}, negative = {-1, 0}, past = {1, 0}, soon;
  P(q = mqo("m", O_CREAT | O_RDWR | O_NONBLOCK, 0600, attr(4, 16)));
  take(q);
  P(mq_send(q, "low", 3, 1));
  P(mq_send(q, "high", 4, 32767));
  P(mq_send(q, "lower", 5, 0));
  P(mq_send(q, "low again", 9, 1));
  status_of(q);
  P(mq_send(q, "full", 4, 1));
  P(mq_send(q, "prio", 4, 32768));
  P(mq_send(q, "prio", 4, -1));
  P(mq_send(q, big, 17, 1));
  show(q);
  P(mq_receive(q, out, 15, 0));
  for (int i = 0; i < 5; i++) take(q);
  P(mq_send(q, "", 0, 0));
  take(q);
  P(mq_send(q, (char *)8, 1, 0));
  P(mq_send(q, (char *)8, 0, 0));
  P(mq_receive(q, (char *)8, 16, 0));
  P(mq_send(q, "lost", 4, 0));
  P(mq_receive(q, (char *)8, 16, 0));
  show(q);
  P(mq_send(q, "lost", 4, 0));
  P(mq_receive(q, out, 16, (void *)8));
  show(q);
  // Timeouts are read first, and count only when the call has to wait.
  P(mq_timedsend(99, "x", 1, 0, &bad));
  P(mq_timedsend(q, "x", 1, 0, &negative));
  P(mq_timedsend(q, "x", 1, 0, (void *)8));
  P(mq_timedsend(q, "x", 1, 0, &past));
  P(mq_timedreceive(q, out, 16, 0, &bad));
  P(mq_timedreceive(q, out, 16, 0, &negative));
  P(mq_timedreceive(q, out, 16, 0, (void *)8));
  P(mq_timedreceive(q, out, 16, 0, &past));
  P(mq_timedreceive(q, out, 16, 0, &past));
  struct mq_attr a = {0}, old;
  a.mq_flags = O_NONBLOCK | 1;
  P(mq_setattr(q, &a, 0));
  a.mq_flags = 0;
  P(mq_setattr(q, &a, &old));
  printf("old flags %lx\n", old.mq_flags);
  show(q);
  P(fcntl(q, F_GETFL));
  P(syscall(SYS_mq_getsetattr, q, (void *)8, 0));
  P(syscall(SYS_mq_getsetattr, q, 0, (void *)8));
  P(syscall(SYS_mq_getsetattr, q, 0, 0));
  P(syscall(SYS_mq_getsetattr, 0, 0, 0));
  P(syscall(SYS_mq_getsetattr, 99, 0, &old));
  P(mq_timedreceive(q, out, 16, 0, &past));
  soon = in_ms(50);
  P(mq_timedreceive(q, out, 16, 0, &soon));
  for (int i = 0; i < 4; i++) mq_send(q, "x", 1, 0);
  P(mq_timedsend(q, "x", 1, 0, &past));
  soon = in_ms(50);
  P(mq_timedsend(q, "x", 1, 0, &soon));
  show(q);
  close(q);
  // What is on the queue stays while it has a name.
  P(q = mqo("m", O_RDWR, 0, 0));
  show(q);
  take(q);
  P(mq_unlink("/m"));
}

static void limits(void) {
  char text[100];
  static const char *names[] = {"msg_max", "msgsize_max", "msg_default", "msgsize_default", "queues_max"};
  for (int i = 0; i < 5; i++) {
    char path[64];
    sprintf(path, "/proc/sys/fs/mqueue/%s", names[i]);
    slurp(path, text, 100);
    printf("%s %s", names[i], text);
    printf("%d %d %d %d\n", spew(path, "0"), spew(path, "-1"), spew(path, "127"), spew(path, "99999999"));
    slurp(path, text, 100);
    printf("%s %s", names[i], text);
  }
  spew("/proc/sys/fs/mqueue/msg_max", "20");
  spew("/proc/sys/fs/mqueue/msgsize_max", "200");
  spew("/proc/sys/fs/mqueue/msg_default", "30");
  spew("/proc/sys/fs/mqueue/msgsize_default", "300");
  spew("/proc/sys/fs/mqueue/queues_max", "3");
  P(q = mqo("l1", O_CREAT | O_RDWR, 0600, 0));
  show(q);
  P(mqo("l2", O_CREAT | O_RDWR, 0600, attr(20, 201)));
  P(mqo("l2", O_CREAT | O_RDWR, 0600, attr(21, 200)));
  P(mqo("l2", O_CREAT | O_RDWR, 0600, attr(20, 200)) > 0);
  P(mqo("l3", O_CREAT | O_RDWR, 0600, attr(1, 1)) > 0);
  P(mqo("l4", O_CREAT | O_RDWR, 0600, attr(1, 1)));
  P(mq_unlink("/l1"));
  P(mqo("l4", O_CREAT | O_RDWR, 0600, attr(1, 1)));
  close(q);
  P(mqo("l4", O_CREAT | O_RDWR, 0600, attr(1, 1)) > 0);
  // Bytes count by user: the text of all messages that may come, and what the kernel adds.
  spew("/proc/sys/fs/mqueue/queues_max", "1000");
  spew("/proc/sys/fs/mqueue/msgsize_max", "10000");
  become(4321, 4321);
  struct rlimit r = {100000, 100000};
  setrlimit(RLIMIT_MSGQUEUE, &r);
  P(mqo("b0", O_CREAT | O_RDWR, 0600, attr(10, 9904)) > 0);
  P(mqo("b1", O_CREAT | O_RDWR, 0600, attr(1, 1)));
  r.rlim_cur = r.rlim_max = 0;
  P(mq_unlink("/b0"));
  for (int i = 3; i < 30; i++) close(i);
  int most = 0;
  for (int size = 9890; size < 9910; size++) {
    int fd = mqo("b0", O_CREAT | O_RDWR, 0600, attr(10, size));
    if (fd >= 0) most = size, mq_unlink("/b0"), close(fd);
  }
  printf("most %d\n", most);
}

int main(void) {
  own_ipc();
  drop_capability(CAP_SYS_RESOURCE_);
  opening();
  in_child("rights", rights);
  messages();
  in_child("limits", limits);
  return 0;
}
