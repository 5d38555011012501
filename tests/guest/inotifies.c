// inotify(7): every event with its flags, order, cookie and name, coalescing, overflow, limits, and the errors of the calls.
// covers: inotify_init1 EINVAL, inotify_init1 IN_NONBLOCK, inotify_init1 IN_CLOEXEC, inotify_init1 EMFILE max_user_instances
// covers: inotify_add_watch EBADF, inotify_add_watch EINVAL no inotify, inotify_add_watch EINVAL no events
// covers: inotify_add_watch EINVAL IN_MASK_ADD with IN_MASK_CREATE, inotify_add_watch ENOENT, inotify_add_watch EFAULT
// covers: inotify_add_watch ENOTDIR IN_ONLYDIR, inotify_add_watch EEXIST IN_MASK_CREATE, inotify_add_watch ENAMETOOLONG
// covers: inotify_add_watch EACCES, inotify_add_watch ENOSPC max_user_watches, inotify_add_watch IN_DONT_FOLLOW, inotify_add_watch IN_MASK_ADD
// covers: inotify_add_watch IN_ONESHOT, inotify_add_watch IN_EXCL_UNLINK, inotify_rm_watch EBADF, inotify_rm_watch EINVAL, inotify_rm_watch IN_IGNORED
// covers: inotify IN_Q_OVERFLOW, inotify IN_UNMOUNT, inotify coalescing, inotify FIONREAD, inotify read EINVAL room, inotify read EAGAIN, inotify read EINTR
#include "guest.h"
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static const struct { uint32_t bit; const char *name; } BITS[] = {
    {IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"}, {IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {IN_OPEN, "OPEN"},
    {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"}, {IN_CREATE, "CREATE"}, {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
    {IN_UNMOUNT, "UNMOUNT"}, {IN_Q_OVERFLOW, "Q_OVERFLOW"}, {IN_IGNORED, "IGNORED"}, {IN_ISDIR, "ISDIR"},
};

// Prints all events that wait. Cookies are numbered as they come.
static void drain(const char *what, int in) {
  static uint32_t cookies[16];
  static int known;
  char buffer[8192] __attribute__((aligned(8)));
  ssize_t n;
  printf("[%s]\n", what);
  while ((n = read(in, buffer, sizeof buffer)) > 0) {
    for (char *at = buffer; at < buffer + n;) {
      struct inotify_event *e = (struct inotify_event *)at;
      printf("  wd %d", e->wd);
      for (size_t i = 0; i < sizeof BITS / sizeof *BITS; i++) if (e->mask & BITS[i].bit) printf(" %s", BITS[i].name);
      if (e->cookie) {
        int i = 0;
        while (i < known && cookies[i] != e->cookie) i++;
        if (i == known && known < 16) cookies[known++] = e->cookie;
        printf(" cookie %d", i);
      }
      if (e->len) printf(" %s (%u)", e->name, e->len);
      puts("");
      at += sizeof *e + e->len;
    }
  }
  if (errno != EAGAIN) printf("  read: %d\n", errno);
}

static void put(const char *name, const char *text) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (*text) write(fd, text, strlen(text));
  close(fd);
}

static void errors(void) {
  P(inotify_init1(1));
  P(inotify_init1(0x80000000));
  int in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  P(fcntl(in, F_GETFD));
  P(fcntl(in, F_GETFL));
  int plain = inotify_init();
  P(fcntl(plain, F_GETFL));
  close(plain);
  put("f", "");
  P(inotify_add_watch(99, "f", IN_OPEN));
  P(inotify_add_watch(99, "f", 0));
  P(inotify_add_watch(0, "f", IN_OPEN));
  P(inotify_add_watch(in, "f", 0));
  P(inotify_add_watch(in, "f", 0x00800000));
  P(inotify_add_watch(in, "f", IN_ISDIR));
  P(inotify_add_watch(in, "f", IN_UNMOUNT));
  P(inotify_add_watch(in, "f", IN_ONESHOT));
  P(inotify_add_watch(in, "f", IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN));
  P(inotify_add_watch(99, "f", IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN));
  P(inotify_add_watch(in, "none", IN_OPEN));
  P(inotify_add_watch(in, "", IN_OPEN));
  P(inotify_add_watch(in, "f/", IN_OPEN));
  P(inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR));
  P(inotify_add_watch(in, (char *)8, IN_OPEN));
  char name[5000];
  memset(name, 'a', sizeof name);
  name[4999] = 0;
  P(inotify_add_watch(in, name, IN_OPEN));
  name[300] = 0;
  P(inotify_add_watch(in, name, IN_OPEN));
  int w = inotify_add_watch(in, "f", IN_OPEN);
  P(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE));
  P(inotify_add_watch(in, "./f", IN_CLOSE) == w);
  P(inotify_rm_watch(99, w));
  P(inotify_rm_watch(0, w));
  P(inotify_rm_watch(in, w + 1));
  P(inotify_rm_watch(in, -1));
  P(inotify_rm_watch(in, 0));
  P(inotify_rm_watch(in, w));
  P(inotify_rm_watch(in, w));
  drain("errors", in);
  char c;
  P(read(in, &c, 1));
  P(write(in, &c, 1));
  P(pread(in, &c, 1, 0));
  P(lseek(in, 0, SEEK_SET));
  P(ftruncate(in, 0));
  P(mmap(NULL, 4096, PROT_READ, MAP_SHARED, in, 0) == MAP_FAILED ? errno : 0);
  struct stat st;
  P(fstat(in, &st));
  printf("%o %ld %ld\n", st.st_mode, (long)st.st_nlink, (long)st.st_size);
  char link[64] = "";
  sprintf(name, "/proc/self/fd/%d", in);
  P(readlink(name, link, sizeof link));
  puts(link);
  close(in);
}

static void files(int in) {
  int w = inotify_add_watch(in, ".", IN_ALL_EVENTS);
  int fd = open("a", O_RDWR | O_CREAT, 0600);
  drain("create", in);
  char text[100];
  P(read(fd, text, 10));
  drain("read nothing", in);
  write(fd, "hello", 5);
  write(fd, "hello", 5);
  drain("two writes", in);
  lseek(fd, 0, SEEK_SET);
  read(fd, text, 3);
  pread(fd, text, 3, 0);
  drain("two reads", in);
  write(fd, "", 0);
  drain("write of nothing", in);
  struct iovec v[2] = {{text, 2}, {text + 2, 2}};
  pwritev(fd, v, 2, 0);
  preadv(fd, v, 2, 0);
  drain("vectors", in);
  ftruncate(fd, 3);
  truncate("a", 2);
  drain("truncate", in);
  fallocate(fd, 0, 0, 4096);
  drain("fallocate", in);
  fchmod(fd, 0640);
  chmod("a", 0600);
  chown("a", getuid(), -1);
  drain("attributes", in);
  struct timespec t[2] = {{1, 0}, {2, 0}};
  futimens(fd, t);
  t[0].tv_nsec = UTIME_OMIT;
  utimensat(AT_FDCWD, "a", t, 0);
  t[0].tv_nsec = 0;
  t[1].tv_nsec = UTIME_OMIT;
  utimensat(AT_FDCWD, "a", t, 0);
  t[0].tv_nsec = UTIME_OMIT;
  utimensat(AT_FDCWD, "a", t, 0);
  drain("times", in);
  int other = dup(fd);
  close(other);
  drain("close of one of two", in);
  close(fd);
  drain("close", in);
  fd = open("a", O_RDONLY);
  char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
  P(map[0] >= 0);
  munmap(map, 4096);
  drain("mmap", in);
  close(fd);
  fd = open("a", O_WRONLY | O_TRUNC);
  drain("truncating open", in);
  close(fd);
  fd = open("a", O_PATH);
  close(fd);
  stat("a", &(struct stat){0});
  access("a", R_OK);
  drain("O_PATH, stat, access", in);
  put("b", "some text");
  drain("another", in);
  int from = open("b", O_RDONLY), to = open("a", O_WRONLY), ends[2];
  drain("opened", in);
  P(sendfile(to, from, NULL, 4));
  drain("sendfile", in);
  P(copy_file_range(from, NULL, to, NULL, 2, 0));
  drain("copy_file_range", in);
  pipe(ends);
  P(splice(from, NULL, ends[1], NULL, 2, 0));
  drain("splice out", in);
  P(splice(ends[0], NULL, to, NULL, 2, 0));
  drain("splice in", in);
  close(from);
  close(to);
  drain("closed", in);
  unlink("b");
  drain("unlink", in);
  setxattr("a", "user.x", "1", 1, 0);
  getxattr("a", "user.x", text, 10);
  removexattr("a", "user.x");
  drain("xattr", in);
  inotify_rm_watch(in, w);
  drain("removed", in);
}

static void folders(int in) {
  int w = inotify_add_watch(in, ".", IN_ALL_EVENTS);
  mkdir("d", 0755);
  mknod("node", S_IFREG | 0600, 0);
  mkfifo("fifo", 0600);
  symlink("a", "sym");
  drain("made", in);
  link("a", "hard");
  drain("link", in);
  int v = inotify_add_watch(in, "d", IN_ALL_EVENTS);
  P(v - w);
  drain("watched d", in);
  DIR *d = opendir("d");
  readdir(d);
  drain("opendir", in);
  closedir(d);
  drain("closedir", in);
  chmod("d", 0700);
  drain("chmod d", in);
  rename("a", "d/a2");
  drain("to d", in);
  rename("d/a2", "d/a3");
  drain("in d", in);
  put("x", "");
  drain("x", in);
  rename("d/a3", "x");
  drain("over x", in);
  syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "d", 2);
  drain("exchange", in);
  syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "d", 2);
  drain("exchange back", in);
  rename("x", "x");
  rename("hard", "x");
  drain("same file", in);
  rename("d", "e");
  drain("rename d", in);
  put("e/f", "1");
  drain("in the renamed", in);
  chdir("e");
  chdir("..");
  drain("chdir", in);
  unlink("e/f");
  rmdir("e");
  drain("rmdir", in);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {AF_UNIX, "sock"};
  P(bind(s, (struct sockaddr *)&address, sizeof address));
  drain("bind", in);
  close(s);
  int f = open("fifo", O_RDWR);
  write(f, "12", 2);
  char c;
  read(f, &c, 1);
  close(f);
  drain("fifo", in);
  inotify_rm_watch(in, w);
  drain("removed", in);
}

static void selves(int in) {
  put("s", "text");
  int w = inotify_add_watch(in, "s", IN_ALL_EVENTS);
  int fd = open("s", O_RDONLY);
  link("s", "s2");
  drain("link", in);
  unlink("s2");
  drain("unlink one of two", in);
  rename("s", "t");
  drain("rename", in);
  unlink("t");
  drain("unlink while open", in);
  char c;
  read(fd, &c, 1);
  drain("read", in);
  close(fd);
  drain("close", in);
  P(inotify_rm_watch(in, w));
  put("u", "");
  put("v", "");
  P(inotify_add_watch(in, "u", IN_ALL_EVENTS) - w);
  rename("v", "u");
  drain("replaced", in);
  mkdir("dir", 0755);
  P(inotify_add_watch(in, "dir", IN_ALL_EVENTS) - w);
  drain("dir watched", in);
  rmdir("dir");
  drain("rmdir", in);
  // Both the folder and the file are watched.
  mkdir("dir", 0755);
  put("dir/file", "");
  P(inotify_add_watch(in, "dir", IN_ALL_EVENTS) - w);
  P(inotify_add_watch(in, "dir/file", IN_ALL_EVENTS) - w);
  put("dir/file", "1");
  drain("both", in);
  unlink("dir/file");
  drain("both unlinked", in);
  rmdir("dir");
  drain("and gone", in);
}

static void flags(int in) {
  put("o", "");
  int w = inotify_add_watch(in, "o", IN_OPEN | IN_CLOSE | IN_ONESHOT);
  put("o", "1");
  drain("oneshot", in);
  P(inotify_rm_watch(in, w));
  P(inotify_add_watch(in, "o", IN_OPEN) - w);
  P(inotify_add_watch(in, "o", IN_MODIFY | IN_MASK_ADD) - w);
  put("o", "1");
  drain("mask add", in);
  P(inotify_add_watch(in, "o", IN_CLOSE) - w);
  put("o", "1");
  drain("mask replaced", in);
  symlink("o", "symo");
  P(inotify_add_watch(in, "symo", IN_ALL_EVENTS) - w);
  int v = inotify_add_watch(in, "symo", IN_ALL_EVENTS | IN_DONT_FOLLOW);
  P(v - w);
  unlink("symo");
  drain("the link itself", in);
  unlink("o");
  drain("gone", in);
  mkdir("ex", 0755);
  v = inotify_add_watch(in, "ex", IN_ALL_EVENTS);
  int fd = open("ex/f", O_RDWR | O_CREAT, 0644);
  unlink("ex/f");
  drain("unlinked", in);
  write(fd, "1", 1);
  drain("written, no EXCL_UNLINK", in);
  inotify_add_watch(in, "ex", IN_ALL_EVENTS | IN_EXCL_UNLINK);
  write(fd, "1", 1);
  drain("written, EXCL_UNLINK", in);
  close(fd);
  fd = open("ex/g", O_RDWR | O_CREAT, 0644);
  write(fd, "1", 1);
  drain("not unlinked, EXCL_UNLINK", in);
  close(fd);
  fd = open("ex", O_TMPFILE | O_RDWR, 0600);
  P(fd >= 0);
  close(fd);
  unlink("ex/g");
  inotify_rm_watch(in, v);
  drain("tmpfile", in);
  rmdir("ex");
}

static void queue(void) {
  int in = inotify_init1(IN_NONBLOCK);
  mkdir("q", 0755);
  int w = inotify_add_watch(in, "q", IN_CREATE | IN_DELETE | IN_OPEN);
  int n;
  put("q/0123456789abcdef", "");
  ioctl(in, FIONREAD, &n);
  printf("FIONREAD %d\n", n);
  put("q/short", "");
  put("q/short", "");
  put("q/0123456789abcde", "");
  ioctl(in, FIONREAD, &n);
  printf("FIONREAD %d\n", n);
  char buffer[512];
  P(read(in, buffer, 16));
  P(read(in, buffer, 47));
  P(read(in, buffer, 48));
  P(read(in, buffer, 50));
  struct iovec v[2] = {{buffer, 20}, {buffer + 20, 40}};
  P(readv(in, v, 2));
  P(read(in, (char *)8, 100));
  drain("left", in);
  struct pollfd p = {in, POLLIN | POLLOUT, 0};
  P(poll(&p, 1, 0));
  put("q/short", "");
  P(poll(&p, 1, 0));
  printf("%x\n", p.revents);
  int ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN | EPOLLET, {0}};
  epoll_ctl(ep, EPOLL_CTL_ADD, in, &e);
  P(epoll_wait(ep, &e, 1, 0));
  P(epoll_wait(ep, &e, 1, 0));
  put("q/other", "");
  P(epoll_wait(ep, &e, 1, 0));
  P(epoll_wait(ep, &e, 1, 0));
  close(ep);
  drain("polled", in);
  // Coalescing goes over no other event, and not over a read.
  for (int i = 0; i < 3; i++) close(open("q/short", O_RDONLY));
  close(open("q/other", O_RDONLY));
  close(open("q/short", O_RDONLY));
  drain("coalesced", in);
  inotify_rm_watch(in, w);
  drain("removed", in);
  close(in);
}

static void small_limits(void) {
  int fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDWR);
  char old[32] = "";
  read(fd, old, sizeof old);
  P(atoi(old));
  P(pwrite(fd, "4\n", 2, 0));
  int in = inotify_init1(IN_NONBLOCK);
  P(pwrite(fd, old, strlen(old), 0));
  P(pwrite(fd, "-1\n", 3, 0));
  close(fd);
  int w = inotify_add_watch(in, "q", IN_CREATE | IN_DELETE);
  char name[16];
  for (int i = 0; i < 7; i++) {
    sprintf(name, "q/n%d", i);
    put(name, "");
  }
  drain("overflow", in);
  put("q/later", "");
  inotify_rm_watch(in, w);
  drain("after", in);
  close(in);
  fd = open("/proc/sys/fs/inotify/max_user_instances", O_RDWR);
  memset(old, 0, sizeof old);
  read(fd, old, sizeof old);
  pwrite(fd, "2\n", 2, 0);
  pid_t child = fork();
  if (!child) {
    setresuid(54321, 54321, 54321);
    int a = inotify_init(), b = inotify_init();
    P(a >= 0 && b >= 0);
    P(inotify_init1(0));
    close(a);
    P(inotify_init1(0) >= 0);
    P(inotify_add_watch(b, "secret", IN_OPEN));
    exit(0);
  }
  waitpid(child, NULL, 0);
  pwrite(fd, old, strlen(old), 0);
  close(fd);
  fd = open("/proc/sys/fs/inotify/max_user_watches", O_RDWR);
  memset(old, 0, sizeof old);
  read(fd, old, sizeof old);
  P(atoi(old) > 1000);
  pwrite(fd, "2\n", 2, 0);
  child = fork();
  if (!child) {
    setresuid(54321, 54321, 54321);
    int a = inotify_init();
    P(inotify_add_watch(a, "/", IN_OPEN));
    P(inotify_add_watch(a, "/tmp", IN_OPEN));
    P(inotify_add_watch(a, "/proc", IN_OPEN));
    P(inotify_rm_watch(a, 1));
    P(inotify_add_watch(a, "/proc", IN_OPEN));
    exit(0);
  }
  waitpid(child, NULL, 0);
  pwrite(fd, old, strlen(old), 0);
  close(fd);
}

static void on_alarm(int s) {}

static void blocking(void) {
  int in = inotify_init();
  inotify_add_watch(in, "q", IN_CREATE);
  pid_t child = fork();
  if (!child) {
    sleep_ms(200);
    put("q/fromchild", "");
    exit(0);
  }
  char buffer[300];
  P(read(in, buffer, sizeof buffer));
  puts(((struct inotify_event *)buffer)->name);
  waitpid(child, NULL, 0);
  struct sigaction sa = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &sa, NULL);
  ualarm(200000, 0);
  P(read(in, buffer, sizeof buffer));
  close(in);
}

static void unmounted(void) {
  int in = inotify_init1(IN_NONBLOCK);
  mkdir("m", 0755);
  if (mount("none", "m", "tmpfs", 0, NULL)) {
    puts("no mount");
    return;
  }
  put("m/f", "");
  inotify_add_watch(in, "m", IN_OPEN);
  inotify_add_watch(in, "m/f", IN_OPEN);
  P(umount("m"));
  char buffer[200];
  int seen = 0;
  struct inotify_event *e = (struct inotify_event *)buffer;
  while (read(in, buffer, sizeof *e) > 0) seen += e->mask == IN_UNMOUNT ? 1 : e->mask == IN_IGNORED ? 16 : 256;
  P(seen);
  close(in);
}

int main(void) {
  own_folder();
  int secret = open("secret", O_CREAT | O_WRONLY, 0600);
  close(secret);
  errors();
  int in = inotify_init1(IN_NONBLOCK);
  files(in);
  folders(in);
  selves(in);
  flags(in);
  close(in);
  queue();
  small_limits();
  blocking();
  unmounted();
  return 0;
}
