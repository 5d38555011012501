// /proc/PID/fdinfo of each kind of descriptor, and the text of its link; numbers that differ from machine to machine are left out.
// covers: fdinfo eventfd, fdinfo epoll, fdinfo timerfd, fdinfo signalfd, fdinfo inotify, fdinfo pidfd, fdinfo locks, fdinfo unix socket
#include "guest.h"
#include <ctype.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

// The value behind any of these words is not compared.
static const char *const HIDDEN[] = {"mnt_id:\t", "ino:\t", "eventfd-id: ", " ino:", " sdev:", "fhandle-bytes:", "Pid:\t", "NSpid:\t", "f_handle:", NULL};

static int hide(const char *at) {
  for (int i = 0; HIDDEN[i]; i++) if (!strncmp(at, HIDDEN[i], strlen(HIDDEN[i]))) return strlen(HIDDEN[i]);
  return 0;
}

static void show(const char *what, int fd) {
  char name[64], text[4096] = "";
  printf("[%s]\n", what);
  sprintf(name, "/proc/self/fd/%d", fd);
  readlink(name, text, sizeof text);
  if (text[0] != '/' && !strchr(text, ':')[1] == 0 && !isdigit(strchr(text, '[') ? strchr(text, '[')[1] : 'x')) puts(text);
  sprintf(name, "/proc/self/fdinfo/%d", fd);
  int f = open(name, O_RDONLY);
  int n = read(f, text, sizeof text - 1);
  close(f);
  text[n > 0 ? n : 0] = 0;
  for (char *at = text; *at;) {
    int skip = hide(at);
    if (!strncmp(at, " fhandle-bytes", 14)) skip = strcspn(at, "\n");
    if (!strncmp(at, "lock:\t", 6)) {
      // Without pid and device.
      char kind[100];
      int id;
      long start;
      char end[32];
      sscanf(at, "lock:\t%d: %99[A-Z ]", &id, kind);
      char *colon = strrchr(strndup(at, strcspn(at, "\n")), ':');
      sscanf(colon, ":%*d %ld %31s", &start, end);
      printf("lock %d %s %ld %s\n", id, kind, start, end);
      at += strcspn(at, "\n");
      at += *at == '\n';
      continue;
    }
    if (skip && strncmp(at, " fhandle", 8)) {
      printf("%.*s", skip, at);
      at += skip;
      while (isxdigit(*at) || *at == '-') at++;
      continue;
    }
    if (skip) {
      at += skip;
      continue;
    }
    putchar(*at++);
  }
}

int main(void) {
  own_folder();
  int e = eventfd(0x1234, EFD_SEMAPHORE | EFD_NONBLOCK);
  show("eventfd", e);
  int t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  show("timerfd", t);
  struct itimerspec spec = {{3, 500}, {0, 1}};
  timerfd_settime(t, TFD_TIMER_ABSTIME, &spec, NULL);
  sleep_ms(20);
  read(t, &(uint64_t){0}, 8);
  spec.it_value.tv_nsec = 0;
  timerfd_settime(t, 0, &spec, NULL);
  show("timerfd disarmed", t);
  sigset_t m;
  sigemptyset(&m);
  sigaddset(&m, SIGUSR1);
  sigaddset(&m, SIGRTMIN);
  sigaddset(&m, SIGKILL);
  show("signalfd", signalfd(-1, &m, 0));
  show("pidfd", syscall(SYS_pidfd_open, getpid(), 0));
  int p = epoll_create1(EPOLL_CLOEXEC);
  show("epoll", p);
  struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x1122334455667788}};
  epoll_ctl(p, EPOLL_CTL_ADD, e, &event);
  show("epoll of one", p);
  event.events = EPOLLOUT | EPOLLONESHOT;
  epoll_ctl(p, EPOLL_CTL_MOD, e, &event);
  show("epoll, changed", p);
  int in = inotify_init1(IN_NONBLOCK);
  show("inotify", in);
  inotify_add_watch(in, ".", IN_ALL_EVENTS);
  inotify_add_watch(in, "/", IN_OPEN | IN_ONESHOT);
  show("inotify of two", in);
  int s[2], ends[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  show("socket", s[0]);
  char control[CMSG_SPACE(8)] = {0};
  struct iovec v = {"x", 1};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&h);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(8);
  memcpy(CMSG_DATA(c), (int[]){e, t}, 8);
  P(sendmsg(s[1], &h, 0));
  show("socket with two descriptors", s[0]);
  pipe2(ends, O_NONBLOCK | O_CLOEXEC);
  show("pipe", ends[1]);
  int f = open("file", O_CREAT | O_RDWR | O_APPEND, 0600);
  write(f, "12345", 5);
  show("file", f);
  flock(f, LOCK_EX);
  struct flock l = {F_WRLCK, SEEK_SET, 2, 3};
  fcntl(f, F_SETLK, &l);
  l.l_start = 100;
  l.l_len = 0;
  l.l_pid = 0;
  fcntl(f, F_OFD_SETLK, &l);
  show("file with locks", f);
  int other = open("file", O_RDONLY);
  show("the same file", other);
  close(other);
  show("POSIX locks gone", f);
  int d = open(".", O_RDONLY | O_DIRECTORY);
  show("folder", d);
  show("O_PATH", open(".", O_PATH | O_CLOEXEC));
  return 0;
}
