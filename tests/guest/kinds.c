// One call after another on a descriptor of every kind: which errno each kind gives, and what it lets through. A row a call, a column a kind.
// covers: read EINVAL kinds, write EINVAL kinds, readv kinds, writev kinds, pread ESPIPE, lseek ESPIPE, mmap EACCES, mmap EPERM noexec, mmap ENODEV
// covers: fallocate ENODEV, fallocate ESPIPE, fallocate EOPNOTSUPP, ftruncate EINVAL, fsync EINVAL, readahead EINVAL, ioctl FIONBIO kinds
// covers: fcntl F_SETFL O_DIRECT EINVAL, fcntl F_ADD_SEALS EPERM read-only, fcntl F_GETPIPE_SZ EBADF, vmsplice EBADF, vmsplice EFAULT, vmsplice EINVAL
// covers: bind ENOTSOCK, connect ENOTSOCK, connect EINVAL, connect EFAULT, listen ENOTSOCK, accept4 EINVAL flags, getsockname ENOTSOCK, getsockname EFAULT
// covers: shutdown ENOTSOCK, shutdown EINVAL, getsockopt ENOTSOCK, getsockopt EFAULT, setsockopt EINVAL length, sendmsg ENOTSOCK, sendmsg EINVAL name length
// covers: sendmsg EMSGSIZE vectors, sendmsg EFAULT, recvmsg ENOTSOCK, recvmsg EINVAL name length, recvmsg EFAULT, sendto EFAULT, sendto EINVAL
// covers: recvfrom EAGAIN, sendmmsg EFAULT, recvmmsg EINVAL timeout, epoll_ctl EPERM, epoll_ctl EINVAL no epoll, epoll_wait EINVAL, epoll_wait EBADF
// covers: timerfd_settime EINVAL, timerfd_settime EBADF, timerfd_settime EFAULT, timerfd_gettime EINVAL, timerfd_gettime EBADF, signalfd EINVAL, signalfd4 EINVAL size
// covers: pidfd_send_signal EBADF, pidfd_getfd EBADF, mq_getsetattr EBADF kinds, flock kinds, getdents64 ENOTDIR, getdents64 EINVAL
#include "guest.h"
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

enum { CLOSED, READ_ONLY, READ_WRITE, FOLDER, PIPE_R, PIPE_W, FIFO, NUL, ZERO, EVENTFD, EPOLL, TIMERFD, SIGNALFD, INOTIFY, PIDFD, UNIX, UNIX_PAIR, UNIX_DGRAM, TCP, UDP, MEMFD, MQ, PATH, PTY, PIPE_EMPTY, PIPE_FULL, KINDS };
static int fds[KINDS];

static void make(void) {
  int p[2];
  sigset_t none;
  char name[40], big[65536] = {0};
  sigemptyset(&none);
  close(open("r", O_CREAT | O_RDWR, 0600));
  fds[CLOSED] = -1;
  fds[READ_ONLY] = open("r", O_RDONLY);
  fds[READ_WRITE] = open("w", O_CREAT | O_RDWR, 0600);
  fds[FOLDER] = open(".", O_RDONLY);
  pipe2(p, O_NONBLOCK);
  write(p[1], "abc", 3);
  fds[PIPE_R] = p[0];
  fds[PIPE_W] = p[1];
  mkfifo("f", 0600);
  fds[FIFO] = open("f", O_RDWR | O_NONBLOCK);
  fds[NUL] = open("/dev/null", O_RDWR);
  fds[ZERO] = open("/dev/zero", O_RDWR);
  fds[EVENTFD] = eventfd(0, EFD_NONBLOCK);
  fds[EPOLL] = epoll_create1(0);
  fds[TIMERFD] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  fds[SIGNALFD] = signalfd(-1, &none, SFD_NONBLOCK);
  fds[INOTIFY] = inotify_init1(IN_NONBLOCK);
  fds[PIDFD] = syscall(SYS_pidfd_open, getpid(), 0);
  fds[UNIX] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
  fds[UNIX_PAIR] = p[0];
  fds[UNIX_DGRAM] = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  fds[TCP] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  fds[UDP] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  fds[MEMFD] = memfd_create("m", 0);
  sprintf(name, "/r3kinds%d", getpid());
  fds[MQ] = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
  mq_unlink(name);
  fds[PATH] = open("r", O_PATH);
  fds[PTY] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
  pipe2(p, O_NONBLOCK);
  fds[PIPE_EMPTY] = p[0];
  pipe2(p, O_NONBLOCK);
  write(p[1], big, sizeof big);
  fds[PIPE_FULL] = p[1];
}

// TCP sockets can be mapped on Linux.
static int leave_out = -1;

#define EACH(title, e)                                             \
  do {                                                             \
    printf("%s:", title);                                          \
    for (int i = 0; i < KINDS; i++) {                              \
      int f = fds[i];                                              \
      if (i == leave_out) continue;                                \
      errno = 0;                                                   \
      long r = (long)(e);                                          \
      if (r == -1) printf(" E%d", errno);                          \
      else printf(" %ld", r);                                      \
    }                                                              \
    puts("");                                                      \
  } while (0)
#define MAP(prot, flags, length, offset) (mmap(NULL, length, prot, flags, f, offset) == MAP_FAILED ? -1 : 0)
#define BAD ((void *)8)

static char b[64];
static struct iovec v[2] = {{b, 10}, {b + 10, 10}}, one = {b, 1}, empty = {b, 0};

static void flags_and_maps(void) {
  int on = 1, off = 0;
  EACH("FIONBIO off", ioctl(f, FIONBIO, &off));
  EACH("FIONBIO on", ioctl(f, FIONBIO, &on));
  EACH("F_GETFL", fcntl(f, F_GETFL));
  EACH("F_SETFL O_DIRECT", fcntl(f, F_SETFL, O_DIRECT | O_NONBLOCK));
  EACH("F_GETFL", fcntl(f, F_GETFL));
  EACH("F_SETFL O_NOATIME", fcntl(f, F_SETFL, O_NOATIME | O_APPEND | O_NONBLOCK));
  EACH("F_GETFL", fcntl(f, F_GETFL));
  EACH("F_SETFL", fcntl(f, F_SETFL, O_NONBLOCK));
  leave_out = TCP;
  EACH("mmap to read", MAP(PROT_READ, MAP_SHARED, 4096, 0));
  EACH("mmap to write", MAP(PROT_WRITE, MAP_SHARED, 4096, 0));
  EACH("mmap to execute", MAP(PROT_EXEC, MAP_SHARED, 4096, 0));
  EACH("mmap to execute, private", MAP(PROT_EXEC | PROT_READ, MAP_PRIVATE, 4096, 0));
  EACH("mmap of validated type", MAP(PROT_READ, MAP_SHARED_VALIDATE, 4096, 0));
  leave_out = -1;
  EACH("mmap of nothing", MAP(PROT_READ, MAP_PRIVATE, 0, 0));
  EACH("mmap at 1", MAP(PROT_READ, MAP_PRIVATE, 4096, 1));
  EACH("mmap of no type", MAP(PROT_READ, 0, 4096, 0));
}

static void data(void) {
  EACH("read", read(f, b, 1));
  EACH("read nothing", read(f, b, 0));
  EACH("readv none", syscall(SYS_readv, f, v, 0));
  EACH("readv empty", syscall(SYS_readv, f, &empty, 1));
  EACH("writev none", syscall(SYS_writev, f, v, 0));
  EACH("write nothing", write(f, b, 0));
  EACH("write bad", write(f, BAD, 1));
  EACH("read bad", read(f, (void *)-4096, 8));
  EACH("readv -1", syscall(SYS_readv, f, v, -1));
  EACH("readv bad", syscall(SYS_readv, f, BAD, 1));
  EACH("pread", pread(f, b, 1, 0));
  EACH("pwrite nothing", pwrite(f, b, 0, 0));
  EACH("lseek", lseek(f, 0, SEEK_CUR));
  EACH("lseek whence", lseek(f, 0, 9));
  EACH("fallocate", fallocate(f, 0, 0, 10));
  EACH("fallocate mode", fallocate(f, -1, 0, 10));
  EACH("fallocate hole", fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10));
  EACH("ftruncate", ftruncate(f, 10));
  EACH("fsync", fsync(f));
  EACH("fadvise", posix_fadvise(f, 0, 0, 0));
  EACH("syncfs", syncfs(f));
  EACH("readahead", readahead(f, 0, 1));
  EACH("getdents64", syscall(SYS_getdents64, f, b, 4));
  EACH("flock", flock(f, LOCK_UN));
  EACH("F_ADD_SEALS", f == fds[READ_WRITE] ? 0 : fcntl(f, F_ADD_SEALS, F_SEAL_SHRINK));
  EACH("F_GETPIPE_SZ", fcntl(f, F_GETPIPE_SZ));
  EACH("F_SETPIPE_SZ", fcntl(f, F_SETPIPE_SZ, 0));
  EACH("F_GETLEASE", fcntl(f, F_GETLEASE));
  EACH("F_NOTIFY", fcntl(f, F_NOTIFY, 0));
  EACH("vmsplice none", vmsplice(f, v, 0, 0));
  EACH("vmsplice empty", vmsplice(f, &empty, 1, SPLICE_F_NONBLOCK));
  EACH("vmsplice", vmsplice(f, &one, 1, SPLICE_F_NONBLOCK));
  EACH("vmsplice flags", vmsplice(f, v, 1, 99));
  EACH("vmsplice bad", vmsplice(f, BAD, 1, 0));
  EACH("vmsplice many", vmsplice(f, v, 2000, 0));
}

static void sockets(void) {
  struct msghdr h = {.msg_name = b, .msg_namelen = -1, .msg_iov = v, .msg_iovlen = 1};
  struct timespec before = {-1, 0};
  EACH("bind", bind(f, (void *)b, 0));
  EACH("connect length", connect(f, (void *)b, -1));
  EACH("connect bad", connect(f, BAD, 16));
  EACH("listen", listen(f, 1));
  EACH("accept4 flags", accept4(f, NULL, NULL, 99));
  EACH("getsockname bad", getsockname(f, (void *)b, BAD));
  EACH("shutdown how", shutdown(f, 9));
  EACH("getsockopt bad", getsockopt(f, SOL_SOCKET, SO_TYPE, b, BAD));
  EACH("setsockopt length", setsockopt(f, SOL_SOCKET, SO_REUSEADDR, b, -1));
  EACH("sendmsg name length", sendmsg(f, &h, MSG_NOSIGNAL));
  EACH("recvmsg name length", recvmsg(f, &h, 0));
  EACH("sendmsg bad", sendmsg(f, BAD, 0));
  EACH("recvmsg bad", recvmsg(f, BAD, 0));
  h.msg_name = NULL;
  h.msg_namelen = 0;
  h.msg_iovlen = 5000;
  EACH("sendmsg many", sendmsg(f, &h, 0));
  h.msg_iovlen = 1;
  h.msg_iov = BAD;
  EACH("sendmsg vector bad", sendmsg(f, &h, 0));
  EACH("sendto bad", sendto(f, BAD, 1, MSG_NOSIGNAL, NULL, 0));
  EACH("sendto address bad", sendto(f, b, 1, MSG_NOSIGNAL, BAD, 4));
  EACH("sendto address long", sendto(f, b, 1, MSG_NOSIGNAL, (void *)b, 200));
  EACH("recvfrom bad", recvfrom(f, BAD, 1, 0, NULL, NULL));
  EACH("sendmmsg bad", sendmmsg(f, BAD, 1, 0));
  EACH("recvmmsg timeout", recvmmsg(f, BAD, 1, 0, &before));
}

static void events(void) {
  struct epoll_event event = {EPOLLIN, {0}};
  struct itimerspec spec = {{0}};
  sigset_t none;
  sigemptyset(&none);
  int ep = epoll_create1(0);
  EACH("epoll_ctl", epoll_ctl(ep, EPOLL_CTL_ADD, f, &event));
  EACH("epoll_ctl on it", epoll_ctl(f, EPOLL_CTL_ADD, fds[EVENTFD], &event));
  EACH("epoll_wait", epoll_wait(f, &event, 1, 0));
  EACH("epoll_wait for none", epoll_wait(f, &event, 0, 0));
  EACH("timerfd_settime", timerfd_settime(f, 0, &spec, NULL));
  EACH("timerfd_settime flags", timerfd_settime(f, 99, &spec, NULL));
  EACH("timerfd_settime bad", timerfd_settime(f, 0, BAD, NULL));
  EACH("timerfd_gettime", timerfd_gettime(f, &spec));
  EACH("signalfd", i == CLOSED || i == SIGNALFD ? 0 : signalfd(f, &none, 0));
  EACH("signalfd size", syscall(SYS_signalfd4, f, &none, 4, 0));
  EACH("inotify_rm_watch", inotify_rm_watch(f, 1));
  EACH("pidfd_send_signal", syscall(SYS_pidfd_send_signal, f, 0, NULL, 0));
  EACH("pidfd_getfd", syscall(SYS_pidfd_getfd, f, 999, 0));
  EACH("mq_getattr", mq_getattr(f, (void *)b));
}

int main(void) {
  own_folder();
  signal(SIGPIPE, SIG_IGN);
  make();
  flags_and_maps();
  data();
  sockets();
  events();
  return 0;
}
