// Bytes through a pipe to another process: `pipe_bytes N [splice]` prints ns for 64 KiB, written and read, or given by
// vmsplice and spliced to /dev/null.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#define PIECE 65536
int main(int argc, char **argv) {
  long n = atol(argv[1]), total = n * PIECE;
  int p[2], null = open("/dev/null", O_WRONLY);
  char *data = mmap(0, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct timespec s, e;
  for (int i = 0; i < PIECE; i++) data[i] = i;
  pipe(p);
  clock_gettime(CLOCK_MONOTONIC, &s);
  if (fork() == 0) {
    close(p[1]);
    for (long got = 0, r; got < total; got += r) {
      r = argc > 2 ? splice(p[0], 0, null, 0, PIECE, 0) : read(p[0], data, PIECE);
      if (r <= 0) _exit(1);
    }
    _exit(0);
  }
  for (long i = 0; i < n; i++) {
    for (long done = 0, r; done < PIECE; done += r) {
      struct iovec v = {data + done, PIECE - done};
      r = argc > 2 ? vmsplice(p[1], &v, 1, 0) : write(p[1], data + done, PIECE - done);
      if (r <= 0) return 1;
    }
  }
  wait(0);
  clock_gettime(CLOCK_MONOTONIC, &e);
  printf("%.1f\n", ((e.tv_sec - s.tv_sec) * 1e9 + (e.tv_nsec - s.tv_nsec)) / n);
}
