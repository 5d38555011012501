// Pipes and FIFOs: capacity, limits, packets, FIONREAD, poll states, order of sleepers, opening rules.
#include "ipc.h"
#include <sys/syscall.h>

static int p[2];
static char buffer[70000];
static void fresh(int flags) {
  if (p[0]) close(p[0]), close(p[1]);
  if (pipe2(p, flags)) perror("pipe2");
}
static int ready(int fd) {
  struct pollfd f = {fd, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI | POLLRDHUP};
  poll(&f, 1, 0);
  return f.revents;
}
static void states(const char *what) {
  int n = -1;
  ioctl(p[0], FIONREAD, &n);
  printf("%s: read %x write %x bytes %d\n", what, ready(p[0]), ready(p[1]), n);
}

// covers: pipe2 EINVAL, pipe2 EFAULT, pipe2 EMFILE, fcntl F_SETPIPE_SZ EBUSY, fcntl F_SETPIPE_SZ EPERM, fcntl F_SETPIPE_SZ EINVAL, fcntl F_SETPIPE_SZ EBADF
static void capacity(void) {
  P(pipe2(p, O_APPEND));
  P(syscall(SYS_pipe2, 8, 0));
  P(syscall(SYS_pipe, 8));
  fresh(O_NONBLOCK);
  P(fcntl(p[0], F_GETPIPE_SZ));
  static const long sizes[] = {0, 1, 4096, 4097, 65536, 1048576, 1048577, 2097152, 0x80000000, 0x80000001, 0xffffffff, (1L << 40) + 8192};
  for (int i = 0; i < 12; i++) printf("%lx: ", sizes[i]), P(fcntl(p[i % 2], F_SETPIPE_SZ, sizes[i]));
  P(fcntl(0, F_GETPIPE_SZ) == -1 ? errno : 0);
  int d = open("/", O_RDONLY);
  P(fcntl(d, F_SETPIPE_SZ, 4096));
  fresh(O_NONBLOCK);
  P(write(p[1], buffer, 65536));
  P(write(p[1], buffer, 1));
  states("full");
  P(fcntl(p[1], F_SETPIPE_SZ, 32768));
  P(read(p[0], buffer, 40000));
  P(fcntl(p[1], F_SETPIPE_SZ, 16384));
  P(fcntl(p[1], F_SETPIPE_SZ, 32768));
  states("shrunk");
  P(write(p[1], buffer, 20000));
  states("full again");
  P(fcntl(p[1], F_SETPIPE_SZ, 1048576));
  states("grown");
  P(write(p[1], buffer, 70000));
  long sum = 0, n;
  while ((n = read(p[0], buffer, 9999)) > 0) sum += n;
  P(sum);
  // Small writes share a page while they fit.
  fresh(O_NONBLOCK);
  int count = 0;
  while (write(p[1], buffer, 1000) == 1000) count++;
  P(count);
  fresh(O_NONBLOCK);
  for (count = 0; write(p[1], buffer, 1) == 1;) count++;
  P(count);
  fresh(O_NONBLOCK);
  P(write(p[1], buffer, 61441));
  P(write(p[1], buffer, 4096));
  P(write(p[1], buffer, 4095));
  P(write(p[1], buffer, 4096));
  P(write(p[1], buffer, 5000));
  states("in pieces");
}

// covers: pipe2 O_DIRECT
static void packets(void) {
  fresh(O_DIRECT | O_NONBLOCK);
  P(fcntl(p[0], F_GETFL));
  P(fcntl(p[1], F_GETFL));
  P(write(p[1], "one", 3));
  P(write(p[1], "three", 5));
  P(write(p[1], buffer, 10000));
  P(write(p[1], buffer, 0));
  states("packets");
  P(read(p[0], buffer, 100));
  P(read(p[0], buffer, 2));
  P(read(p[0], buffer, 10000));
  P(read(p[0], buffer, 100));
  states("cut");
  P(read(p[0], buffer, 10000));
  P(read(p[0], buffer, 10000));
  int n = 0;
  while (write(p[1], "x", 1) == 1) n++;
  P(n);
  // The mode can be switched at any time.
  fresh(O_NONBLOCK);
  P(write(p[1], "ab", 2));
  P(fcntl(p[1], F_SETFL, O_DIRECT | O_NONBLOCK));
  P(write(p[1], "cd", 2));
  P(write(p[1], "ef", 2));
  P(fcntl(p[1], F_SETFL, O_NONBLOCK));
  P(write(p[1], "gh", 2));
  P(read(p[0], buffer, 100));
  P(read(p[0], buffer, 100));
  P(read(p[0], buffer, 100));
}

// covers: pipe poll states, read EAGAIN pipe, write EAGAIN pipe, write EPIPE pipe, read EFAULT pipe, write EFAULT pipe
static void polls(void) {
  fresh(O_NONBLOCK);
  states("new");
  P(read(p[0], buffer, 1));
  P(write(p[1], (char *)8, 1));
  P(write(p[1], "x", 1));
  states("one");
  P(read(p[0], (char *)8, 1));
  states("still one");
  P(read(p[1], buffer, 1));
  P(write(p[0], buffer, 1));
  P(lseek(p[0], 0, SEEK_SET));
  P(pread(p[0], buffer, 1, 0));
  int w = dup(p[1]);
  close(p[1]);
  printf("one writer left %x\n", ready(p[0]));
  close(w);
  printf("no writer %x\n", ready(p[0]));
  P(read(p[0], buffer, 5));
  P(read(p[0], buffer, 5));
  printf("drained %x\n", ready(p[0]));
  p[1] = open("/dev/null", O_RDONLY);
  fresh(O_NONBLOCK);
  signal(SIGPIPE, SIG_IGN);
  write(p[1], "lost", 4);
  close(p[0]);
  printf("no reader %x\n", ready(p[1]));
  P(write(p[1], "x", 1));
  P(write(p[1], "", 0));
  p[0] = open("/dev/null", O_RDONLY);
}

static struct { long n; char c; } *said;
// covers: pipe wake order of readers, pipe wake order of writers
static void order(void) {
  int pid[4];
  said = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  fresh(0);
  for (int i = 0; i < 4; i++) {
    if (!(pid[i] = fork())) { said[i].n = read(p[0], &said[i].c, 1); _exit(0); }
    until_asleep(pid[i]);
  }
  for (int i = 0; i < 2; i++) {
    char c = 'a' + i;
    write(p[1], &c, 1);
    waitpid(pid[i], 0, 0);
    printf("reader %d: %ld %c\n", i, said[i].n, said[i].c);
  }
  // What is left of a longer write goes to the next one.
  write(p[1], "xy", 2);
  for (int i = 2; i < 4; i++) waitpid(pid[i], 0, 0);
  printf("readers: %c %c\n", said[2].c < said[3].c ? said[2].c : said[3].c, said[2].c < said[3].c ? said[3].c : said[2].c);
  P(fcntl(p[1], F_SETPIPE_SZ, 4096));
  write(p[1], buffer, 4096);
  for (int i = 0; i < 3; i++) {
    if (!(pid[i] = fork())) { char c = '0' + i; said[i].n = write(p[1], &c, 1); _exit(0); }
    until_asleep(pid[i]);
  }
  P(read(p[0], buffer, 4096));
  // A writer that fills the pipe again wakes no other: each byte is read before the next can come.
  for (int i = 0; i < 3; i++) {
    P(read(p[0], buffer + i, 1));
    waitpid(pid[i], 0, 0);
  }
  printf("%.3s\n", buffer);
  // Of sleeping readers one that is killed does not keep the others from reading.
  for (int i = 0; i < 2; i++) {
    if (!(pid[i] = fork())) { said[i].n = read(p[0], &said[i].c, 1); _exit(0); }
    until_asleep(pid[i]);
  }
  kill(pid[0], SIGKILL);
  waitpid(pid[0], 0, 0);
  write(p[1], "k", 1);
  waitpid(pid[1], 0, 0);
  printf("after a death: %c\n", said[1].c);
}

static int opened(int flags) {
  int fd = open("fifo", flags);
  return fd < 0 ? -errno : fd;
}
static void alarm_handler(int s) {}
// covers: open ENXIO fifo, open EINTR fifo, fifo open blocks for the other end, fifo O_RDWR
static void fifos(void) {
  int status, r, w;
  own_folder();
  P(mkfifo("fifo", 0600));
  P(mkfifo("fifo", 0600));
  P(opened(O_WRONLY | O_NONBLOCK));
  P((r = opened(O_RDONLY | O_NONBLOCK)) >= 0);
  printf("no writer yet %x\n", ready(r));
  P(read(r, buffer, 1));
  P((w = opened(O_WRONLY | O_NONBLOCK)) >= 0);
  printf("writer %x\n", ready(r));
  P(read(r, buffer, 1));
  P(write(w, "abc", 3));
  close(w);
  printf("writer gone %x\n", ready(r));
  P(read(r, buffer, 10));
  P(read(r, buffer, 10));
  printf("drained %x\n", ready(r));
  P((w = opened(O_WRONLY)) >= 0);
  printf("again %x\n", ready(r));
  P(write(w, "kept", 4));
  close(w), close(r);
  P((r = opened(O_RDWR)) >= 0);
  printf("both %x\n", ready(r));
  P(write(r, "self", 4));
  P(read(r, buffer, 10));
  struct stat st;
  fstat(r, &st);
  printf("mode %o size %ld\n", st.st_mode, st.st_size);
  close(r);
  int pid = fork();
  if (!pid) { int fd = opened(O_RDONLY); _exit(fd < 0 ? -fd : read(fd, buffer, 10)); }
  until_asleep(pid);
  P((w = opened(O_WRONLY)) >= 0);
  write(w, "seven--", 7);
  waitpid(pid, &status, 0);
  print_status("reader", status);
  close(w);
  pid = fork();
  if (!pid) { int fd = opened(O_WRONLY); _exit(fd < 0 ? -fd : write(fd, "to me", 5)); }
  until_asleep(pid);
  P((r = opened(O_RDONLY)) >= 0);
  P(read(r, buffer, 10));
  waitpid(pid, &status, 0);
  print_status("writer", status);
  close(r);
  // An open that is interrupted, or whose process dies, leaves nothing behind.
  struct sigaction sa = {.sa_handler = alarm_handler};
  sigaction(SIGUSR1, &sa, 0);
  pid = fork();
  if (!pid) _exit(-opened(O_WRONLY));
  until_asleep(pid);
  kill(pid, SIGUSR1);
  waitpid(pid, &status, 0);
  print_status("interrupted", status);
  pid = fork();
  if (!pid) _exit(-opened(O_RDONLY));
  until_asleep(pid);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  P(opened(O_WRONLY | O_NONBLOCK));
  // A writer that opens and closes quickly lets a waiting reader go on.
  pid = fork();
  if (!pid) { int fd = opened(O_RDONLY); _exit(fd < 0 ? 1 : 20 + read(fd, buffer, 10)); }
  until_asleep(pid);
  P((w = opened(O_WRONLY)) >= 0);
  close(w);
  waitpid(pid, &status, 0);
  print_status("short writer", status);
}

// covers: pipe user pages soft limit
static void user_limit(void) {
  struct rlimit r = {5000, 5000};
  P(setrlimit(RLIMIT_NOFILE, &r));
  become(54321, 54321);
  int least = 1 << 30, first = 0;
  for (int i = 0; i < 1030; i++) {
    int q[2];
    if (pipe(q)) { printf("pipe %d: errno %d\n", i, errno); break; }
    int size = fcntl(q[0], F_GETPIPE_SZ);
    if (size < least) { least = size; first = i; printf("pipe %d: %d\n", i, size); }
    if (i == 1025) {
      P(fcntl(q[0], F_SETPIPE_SZ, 16384));
      P(fcntl(q[0], F_SETPIPE_SZ, 4096));
      P(fcntl(q[0], F_SETPIPE_SZ, 8192));
    }
  }
}

int main(void) {
  drop_capability(CAP_SYS_RESOURCE_);
  in_child("capacity", capacity);
  in_child("packets", packets);
  in_child("polls", polls);
  in_child("order", order);
  in_child("fifos", fifos);
  in_child("limit", user_limit);
  return 0;
}
