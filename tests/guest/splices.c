// flavours: static
#include "guest.h"
#include <sys/sendfile.h>

static void show(int fd, int n) {
  char b[64] = "";
  int r = pread(fd, b, n, 0);
  printf("%d \"%s\"\n", r, b);
}

static void drain(int fd) {
  char b[64] = "";
  int r = read(fd, b, 63);
  printf("%d \"%s\"\n", r, r > 0 ? b : "");
}

// A file of /proc has its text when it is first read, by whatever call; those of processes are only read.
static void from_proc(void) {
  char text[64] = "";
  int fd = open("/proc/self/comm", O_RDONLY), ostype = open("/proc/sys/kernel/ostype", O_RDONLY), filesystems = open("/proc/filesystems", O_RDONLY), ends[2];
  P(pipe(ends));
  P(sendfile(ends[1], fd, NULL, 100));
  P(sendfile(ends[1], ostype, NULL, 100));
  P(read(ends[0], text, sizeof text - 1));
  printf("%s", text);
  P(sendfile(ends[1], filesystems, NULL, 6));
  P(read(ends[0], text, sizeof text - 1));
}

int main(void) {
  int p[2], q[2];
  loff_t at = 2, to = 3;
  off_t from = 1;
  own_folder();
  pipe2(p, O_NONBLOCK);
  pipe(q);
  int f = open("f", O_RDWR | O_CREAT, 0600), g = open("g", O_RDWR | O_CREAT, 0600);
  int a = open("a", O_WRONLY | O_APPEND | O_CREAT, 0600), r = open("f", O_RDONLY);
  write(f, "0123456789abcdef", 16);

  printf("sendfile\n");
  P(sendfile(g, f, &from, 5));
  P(from);
  show(g, 60);
  P(lseek(f, 0, SEEK_CUR));
  P(lseek(f, 4, SEEK_SET));
  P(sendfile(g, f, NULL, 3));
  P(lseek(f, 0, SEEK_CUR));
  P(lseek(g, 0, SEEK_CUR));
  show(g, 60);
  P(sendfile(g, f, NULL, 0));
  P(sendfile(a, f, NULL, 3));
  P(sendfile(g, p[0], NULL, 3));
  P(sendfile(g, p[0], &from, 3));
  P(sendfile(r, f, NULL, 3));
  P(sendfile(g, a, NULL, 3));
  P(sendfile(g, 99, NULL, 3));
  P(sendfile(99, f, NULL, 3));
  from = -1;
  P(sendfile(g, f, &from, 3));
  P(sendfile(g, f, (void *)8, 3));
  P(sendfile(p[1], f, NULL, 100));
  drain(p[0]);
  P(sendfile(p[1], f, NULL, 100));
  int z = open("/dev/zero", O_RDWR), n = open("/dev/null", O_RDWR);
  P(sendfile(n, z, NULL, 70000));
  P(sendfile(n, f, NULL, 5));

  printf("splice\n");
  P(splice(f, &at, p[1], NULL, 6, 0));
  P(at);
  drain(p[0]);
  P(splice(p[0], NULL, g, &to, 6, 0));
  write(p[1], "pipe", 4);
  P(splice(p[0], NULL, g, &to, 60, 0));
  P(to);
  show(g, 60);
  P(splice(f, NULL, g, NULL, 1, 0));
  P(splice(p[0], NULL, p[1], NULL, 1, 0));
  P(splice(p[0], &at, g, NULL, 1, 0));
  P(splice(f, NULL, p[1], &at, 1, 0));
  P(splice(p[0], NULL, a, NULL, 1, 0));
  P(splice(f, NULL, p[1], NULL, 1, 64));
  P(splice(f, NULL, p[1], NULL, 0, 64));
  P(splice(99, NULL, p[1], NULL, 1, 0));
  P(splice(p[1], NULL, g, NULL, 1, 0));
  P(splice(f, NULL, p[0], NULL, 1, 0));
  write(p[1], "one", 3);
  write(p[1], "two", 3);
  P(splice(p[0], NULL, q[1], NULL, 4, 0));
  drain(q[0]);
  drain(p[0]);
  P(lseek(f, 10, SEEK_SET));
  P(splice(f, NULL, p[1], NULL, 100, 0));
  P(lseek(f, 0, SEEK_CUR));
  write(p[1], "+", 1);
  drain(p[0]);
  P(splice(f, NULL, p[1], NULL, 100, 0));
  P(splice(z, NULL, p[1], NULL, 10, 0));
  P(splice(p[0], NULL, n, NULL, 100, 0));

  printf("tee\n");
  write(p[1], "abc", 3);
  P(tee(p[0], q[1], 2, 0));
  drain(q[0]);
  drain(p[0]);
  P(tee(p[0], q[1], 2, 0));
  P(tee(p[0], p[1], 2, 0));
  P(tee(f, q[1], 2, 0));
  P(tee(p[0], q[1], 0, 0));

  printf("vmsplice\n");
  char text[] = "from memory";
  struct iovec v[2] = {{text, 4}, {text + 5, 6}};
  P(vmsplice(p[1], v, 2, 0));
  P(ioctl(p[0], FIONREAD, &n) == 0 ? n : -2);
  drain(p[0]);
  P(vmsplice(f, v, 2, 0));
  P(vmsplice(p[1], v, 2000, 0));
  P(vmsplice(p[1], (void *)8, 1, 0));
  write(p[1], "back", 4);
  P(vmsplice(p[0], v, 1, 0));
  printf("%s\n", text);

  printf("copy_file_range\n");
  at = 4, to = 0;
  P(ftruncate(g, 0));
  P(copy_file_range(f, &at, g, &to, 5, 0));
  P(at * 100 + to);
  show(g, 60);
  P(lseek(f, 14, SEEK_SET));
  P(lseek(g, 1, SEEK_SET));
  P(copy_file_range(f, NULL, g, NULL, 50, 0));
  P(lseek(g, 0, SEEK_CUR));
  show(g, 60);
  P(copy_file_range(f, NULL, g, NULL, 50, 0));
  P(copy_file_range(f, NULL, g, NULL, 50, 1));
  P(copy_file_range(f, NULL, a, NULL, 50, 0));
  P(copy_file_range(f, NULL, p[1], NULL, 50, 0));
  P(copy_file_range(open(".", O_RDONLY), NULL, g, NULL, 50, 0));
  at = 0, to = 2;
  P(copy_file_range(f, &at, f, &to, 5, 0));

  printf("waiting\n");
  if (!fork()) {
    usleep(10000);
    write(q[1], "late", 4);
    _exit(0);
  }
  P(splice(q[0], NULL, g, NULL, 10, 0));
  P(splice(p[0], NULL, g, NULL, 10, 0));
  wait(NULL);
  P(fcntl(q[1], F_SETPIPE_SZ, 4096));
  char big[10000];
  memset(big, 'x', sizeof big);
  pwrite(f, big, sizeof big, 0);
  if (!fork()) {
    long sum = 0;
    close(q[1]);
    for (int r; (r = read(q[0], big, 3000)) > 0;) sum += r;
    printf("child read %ld\n", sum);
    exit(0);
  }
  from = 0;
  P(sendfile(q[1], f, &from, 10000));
  P(from);
  close(q[1]);
  wait(NULL);
  close(q[0]);
  from_proc();
  return 0;
}
