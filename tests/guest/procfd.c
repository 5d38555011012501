// Opening /proc/self/fd: pipes anew, what cannot be opened, the same inode by link and descriptor. proc(5).
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static const char *link_of(int fd) {
  static char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return path;
}

static void opened(const char *what, int fd, int flags) {
  int again = open(link_of(fd), flags);
  printf("%s: %s\n", what, again < 0 ? strerror(errno) : "open");
  if (again >= 0) close(again);
}

int main(void) {
  int ends[2], sockets[2];
  struct stat a, b;
  char buffer[8];
  if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) return 1;
  int writer = open(link_of(ends[0]), O_WRONLY);
  printf("write %zd\n", write(writer, "abc", 3));
  fstat(ends[0], &a);
  fstat(writer, &b);
  printf("same inode: %d, mode %o\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev, b.st_mode);
  stat(link_of(ends[1]), &b);
  printf("by path: %d\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_mode == b.st_mode);
  close(ends[1]);
  close(writer);
  printf("read %zd\n", read(ends[0], buffer, 8));
  printf("end %zd\n", read(ends[0], buffer, 8));
  // Neither blocks nor fails without the other end, unlike a FIFO.
  int reader = open(link_of(ends[0]), O_RDONLY);
  close(ends[0]);
  printf("read of the second %zd\n", read(reader, buffer, 8));
  writer = open(link_of(reader), O_WRONLY | O_NONBLOCK | O_CREAT | O_TRUNC | O_APPEND, 0600);
  printf("writer flags %o\n", fcntl(writer, F_GETFL) & ~0100000);
  close(reader);
  signal(SIGPIPE, SIG_IGN);
  printf("write without readers: %s\n", write(writer, "x", 1) < 0 ? strerror(errno) : "ok");
  opened("pipe without readers, not blocking", writer, O_WRONLY | O_NONBLOCK);
  opened("socket", sockets[0], O_RDWR);
  opened("socket as path", sockets[0], O_PATH);
  opened("eventfd", eventfd(0, 0), O_RDWR);
  opened("epoll", epoll_create1(0), O_RDONLY);
  opened("as a directory", writer, O_RDONLY | O_DIRECTORY);
  opened("new only", writer, O_WRONLY | O_CREAT | O_EXCL);
  opened("not followed", writer, O_WRONLY | O_NOFOLLOW);
  fstat(sockets[0], &a);
  stat(link_of(sockets[0]), &b);
  printf("socket: %d\n", a.st_ino == b.st_ino && a.st_mode == b.st_mode && S_ISSOCK(b.st_mode));
  printf("closed: %s\n", open(link_of(77), O_RDONLY) < 0 ? strerror(errno) : "open");
  return 0;
}
