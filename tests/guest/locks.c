// flavours: static
#include "guest.h"
#include <sys/file.h>

static int set(int fd, int cmd, int type, int whence, long start, long len) {
  struct flock l = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = len};
  int r = fcntl(fd, cmd, &l);
  return r < 0 ? -errno : r;
}

static void get(int fd, int cmd, int type, long start, long len, pid_t owner) {
  struct flock l = {.l_type = type, .l_start = start, .l_len = len};
  int r = fcntl(fd, cmd, &l);
  printf("get %d: %d, errno %d: type %d whence %d start %ld len %ld pid %s\n", type, r, r ? errno : 0, l.l_type, l.l_whence, l.l_start, l.l_len,
         l.l_pid == owner ? "owner" : l.l_pid == -1 ? "-1" : l.l_pid == 0 ? "0" : "other");
}

// What another process finds, byte by byte.
static void map(int fd) {
  char s[41] = "";
  fflush(stdout);
  if (!fork()) {
    for (int i = 0; i < 40; i++) {
      struct flock l = {.l_type = F_WRLCK, .l_start = i, .l_len = 1};
      fcntl(fd, F_GETLK, &l);
      s[i] = l.l_type == F_UNLCK ? '.' : l.l_type == F_RDLCK ? 'r' : 'w';
    }
    printf("%s\n", s);
    exit(0);
  }
  wait(NULL);
}

int main(void) {
  own_folder();
  int f = open("f", O_RDWR | O_CREAT, 0600), r = open("f", O_RDONLY), w = open("f", O_WRONLY);
  ftruncate(f, 20);
  pid_t me = getpid();
  P(set(f, F_SETLK, F_WRLCK, SEEK_SET, 5, 10));
  map(f);
  P(set(f, F_SETLK, F_RDLCK, SEEK_SET, 8, 2));
  map(f);
  P(set(f, F_SETLK, F_UNLCK, SEEK_SET, 12, 1));
  map(f);
  P(set(f, F_SETLK, F_RDLCK, SEEK_SET, 0, 7));
  map(f);
  P(set(f, F_SETLK, F_WRLCK, SEEK_END, -3, 0));
  map(f);
  P(set(f, F_SETLK, F_RDLCK, SEEK_SET, 36, -4));
  map(f);
  lseek(f, 30, SEEK_SET);
  P(set(f, F_SETLK, F_UNLCK, SEEK_CUR, 0, 2));
  map(f);
  P(set(f, F_SETLK, F_UNLCK, SEEK_SET, 0, 0));
  map(f);
  P(set(f, F_SETLK, F_RDLCK, SEEK_SET, -1, 0));
  P(set(f, F_SETLK, F_RDLCK, 7, 0, 0));
  P(set(f, F_SETLK, 7, SEEK_SET, 0, 0));
  P(set(f, F_SETLK, F_RDLCK, SEEK_SET, 3, -5));
  P(set(f, F_SETLK, F_RDLCK, SEEK_SET, LONG_MAX, 2));
  P(set(r, F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  P(set(w, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  P(set(99, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  P(fcntl(f, F_SETLK, 8));
  get(f, F_GETLK, F_UNLCK, 0, 1, me);
  get(f, F_GETLK, F_WRLCK, 0, 1, me);

  printf("other processes\n");
  P(set(f, F_SETLK, F_WRLCK, SEEK_SET, 10, 5));
  fflush(stdout);
  if (!fork()) {
    get(f, F_GETLK, F_RDLCK, 0, 0, me);
    P(set(f, F_SETLK, F_RDLCK, SEEK_SET, 14, 3));
    P(set(f, F_SETLK, F_RDLCK, SEEK_SET, 15, 3));
    P(set(f, F_SETLKW, F_WRLCK, SEEK_SET, 12, 1));
    printf("child has it\n");
    exit(0);
  }
  usleep(300000);
  printf("parent lets go\n");
  fflush(stdout);
  // Its line would come before or after the child's.
  set(f, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
  wait(NULL);
  P(set(f, F_SETLK, F_WRLCK, SEEK_SET, 0, 0));
  close(open("f", O_RDONLY));
  map(f);

  printf("deadlock\n");
  P(set(f, F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  fflush(stdout);
  pid_t c = fork();
  if (!c) {
    set(f, F_SETLK, F_WRLCK, SEEK_SET, 1, 1);
    usleep(5000);
    int r = set(f, F_SETLKW, F_WRLCK, SEEK_SET, 0, 1);
    _exit(r == 0 ? 5 : 6);
  }
  usleep(300000);
  P(set(f, F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
  P(set(f, F_SETLK, F_UNLCK, SEEK_SET, 0, 1));
  int st;
  waitpid(c, &st, 0);
  P(WEXITSTATUS(st));

  printf("open file descriptions\n");
  int g = open("f", O_RDWR), h = dup(f);
  P(set(f, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 10));
  P(set(g, F_OFD_SETLK, F_RDLCK, SEEK_SET, 5, 1));
  P(set(h, F_OFD_SETLK, F_RDLCK, SEEK_SET, 5, 1));
  P(set(g, F_SETLK, F_RDLCK, SEEK_SET, 0, 1));
  get(g, F_OFD_GETLK, F_WRLCK, 0, 0, me);
  get(g, F_GETLK, F_WRLCK, 0, 0, me);
  close(f);
  P(set(g, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  close(h);
  P(set(g, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  struct flock l = {.l_type = F_RDLCK, .l_pid = 3};
  P(fcntl(g, F_OFD_SETLK, &l));

  printf("flock\n");
  int a = open("f", O_RDONLY), b = open("f", O_RDONLY);
  P(flock(a, LOCK_SH));
  P(flock(b, LOCK_SH | LOCK_NB));
  P(flock(a, LOCK_EX | LOCK_NB));
  P(flock(b, LOCK_EX | LOCK_NB));
  P(flock(a, LOCK_SH | LOCK_NB));
  P(flock(b, LOCK_UN));
  P(flock(a, 0));
  P(flock(a, LOCK_SH | LOCK_EX));
  P(flock(99, LOCK_SH));
  P(flock(open("f", O_PATH), LOCK_SH));
  P(flock(a, LOCK_UN));
  P(flock(b, LOCK_EX));
  fflush(stdout);
  if (!fork()) {
    P(flock(b, LOCK_EX | LOCK_NB));
    P(flock(a, LOCK_SH));
    printf("child got it\n");
    exit(0);
  }
  usleep(300000);
  printf("unlocking\n");
  fflush(stdout);
  flock(b, LOCK_UN);
  wait(NULL);
  struct sigaction sa = {.sa_handler = SIG_IGN};
  (void)sa;
  return 0;
}
