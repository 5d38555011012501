// What the socket programs share.
#include "guest.h"
#include <linux/sockios.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline struct sockaddr_un *un(const char *path) {
  static struct sockaddr_un a;
  memset(&a, 0, sizeof a);
  a.sun_family = AF_UNIX;
  strcpy(a.sun_path, path);
  return &a;
}

#define PATHLEN(p) (offsetof(struct sockaddr_un, sun_path) + strlen(p) + 1)

static inline int bind_un(int fd, const char *p) { return bind(fd, (void *)un(p), PATHLEN(p)); }
static inline int connect_un(int fd, const char *p) { return connect(fd, (void *)un(p), PATHLEN(p)); }

// An abstract name that no other program of this machine has.
static inline socklen_t abstract(struct sockaddr_un *a, const char *name) {
  memset(a, 0, sizeof *a);
  a->sun_family = AF_UNIX;
  int n = snprintf(a->sun_path + 1, sizeof a->sun_path - 1, "r3-%d-%s", getpid(), name);
  return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

static inline const char *polled(int fd) {
  static char text[200];
  struct pollfd p = {fd, 0x7fff, 0};
  poll(&p, 1, 0);
  snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s%s", p.revents & POLLIN ? " IN" : "", p.revents & POLLPRI ? " PRI" : "", p.revents & POLLOUT ? " OUT" : "", p.revents & POLLERR ? " ERR" : "",
           p.revents & POLLHUP ? " HUP" : "", p.revents & POLLRDHUP ? " RDHUP" : "", p.revents & POLLRDNORM ? " RDNORM" : "", p.revents & POLLWRNORM ? " WRNORM" : "", p.revents & POLLWRBAND ? " WRBAND" : "");
  return text;
}

#define POLLED(fd) printf("poll %s:%s\n", #fd, polled(fd))

static inline int soerror(int fd) {
  int e = -1;
  socklen_t l = sizeof e;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &l);
  return e;
}

static inline int inq(int fd) {
  int n = -7;
  return ioctl(fd, SIOCINQ, &n) ? -errno : n;
}

static inline int outq(int fd) {
  int n = -7;
  return ioctl(fd, SIOCOUTQ, &n) ? -errno : n;
}

// Prints what a receive call got.
static inline void got(const char *what, ssize_t n, const char *buf, int room) {
  if (n < 0) printf("%s = -1, errno %d\n", what, errno);
  else printf("%s = %zd '%.*s'\n", what, n, (int)(n < room ? n : room), buf);
}

#define RECV(fd, size, flags)                      \
  ({                                               \
    char b_[size + 1];                             \
    errno = 0;                                     \
    ssize_t n_ = recv(fd, b_, size, flags);        \
    got("recv " #fd " " #size " " #flags, n_, b_, size); \
  })
