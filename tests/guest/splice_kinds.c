// splice(2), tee(2), sendfile(2), copy_file_range(2) from and to every kind of descriptor, with an empty pipe and with one that has data.
// covers: splice EINVAL kinds, splice EAGAIN, splice EBADF, splice ENOTCONN, splice ESPIPE, sendfile EINVAL kinds, sendfile EAGAIN socket to pipe, sendfile ESPIPE
// covers: tee EINVAL, copy_file_range EINVAL, copy_file_range EISDIR, pipe2 EINVAL, pipe2 ENOPKG, pipe2 EFAULT, memfd_create ENAMETOOLONG
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int memfd, p[2];

static void tell(const char *what, long r) {
  if (r == -1) printf(" %s E%d", what, errno);
  else printf(" %s %ld", what, r);
}

static void each(const char *name, int f) {
  loff_t off = 0;
  printf("%s:", name);
  tell("splice to", splice(p[0], NULL, f, NULL, 1, SPLICE_F_NONBLOCK));
  tell("from", splice(f, NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK));
  tell("from 0", splice(f, &off, p[1], NULL, 1, SPLICE_F_NONBLOCK));
  off = 0;
  tell("to 0", splice(p[0], NULL, f, &off, 1, SPLICE_F_NONBLOCK));
  tell("flags", splice(p[0], NULL, f, NULL, 1, 99));
  tell("sendfile from pipe", sendfile(f, p[0], NULL, 1));
  tell("to pipe", sendfile(p[1], f, NULL, 1));
  off = 0;
  tell("from memfd", sendfile(f, memfd, &off, 1));
  off = 0;
  tell("to memfd", sendfile(memfd, f, &off, 1));
  tell("tee", tee(f, p[1], 1, SPLICE_F_NONBLOCK));
  tell("copy from", copy_file_range(f, NULL, memfd, NULL, 1, 0));
  tell("copy to", copy_file_range(memfd, NULL, f, NULL, 1, 0));
  puts("");
}

int main(void) {
  own_folder();
  signal(SIGPIPE, SIG_IGN);
  int s[2];
  sigset_t none;
  sigemptyset(&none);
  pipe2(p, O_NONBLOCK);
  memfd = memfd_create("m", 0);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
  const struct { const char *name; int f; } kinds[] = {
      {"eventfd", eventfd(0, EFD_NONBLOCK)}, {"timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)}, {"signalfd", signalfd(-1, &none, SFD_NONBLOCK)},
      {"epoll", epoll_create1(0)}, {"socket", s[0]}, {"datagram socket", socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)}, {"memfd", memfd},
      {"the pipe's end to read", p[0]}, {"the pipe's end to write", p[1]}, {"/dev/null", open("/dev/null", O_RDWR)}, {"folder", open(".", O_RDONLY)}, {"closed", 99},
  };
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) each(kinds[i].name, kinds[i].f);
    write(p[1], "xyz", 3);
  }
  write(s[1], "ab", 2);
  P(sendfile(p[1], s[0], NULL, 10));
  int new[2];
  P(pipe2(new, O_NONBLOCK | O_EXCL));
  P(pipe2(new, 1));
  P(pipe2(BUFSIZ ? (int *)8 : new, 4));
  P(pipe2((int *)8, O_NONBLOCK | O_EXCL));
  P(pipe2((int *)8, 0));
  return 0;
}
