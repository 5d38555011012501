#include "guest.h"
// How much fits, partial writes of a non-blocking pipe, and PIPE_BUF.
int main(void) {
  int p[2];
  static char b[200000];
  pipe2(p, O_NONBLOCK);
  P(write(p[1], b, 200000));
  P(write(p[1], b, 1));
  P(read(p[0], b, 1000));
  P(write(p[1], b, 1));
  P(read(p[0], b, 4000));
  P(write(p[1], b, 4096));
  P(write(p[1], b, 5000));
  P(read(p[0], b, 200000));
  P(read(p[0], b, 1));
  int n = 0;
  while (write(p[1], b, 1) == 1) n++;
  P(n);
  P(read(p[0], b, 200000));
  n = 0;
  while (write(p[1], b, 4096) == 4096) n++;
  P(n);
  P(read(p[0], b, 4096 * 3));
  P(write(p[1], b, 100000));
  struct pollfd f[2] = {{p[0], POLLIN}, {p[1], POLLOUT}};
  P(poll(f, 2, 0));
  printf("%x %x\n", f[0].revents, f[1].revents);
  while (read(p[0], b, 200000) > 0) {}
  P(poll(f, 2, 0));
  printf("%x %x\n", f[0].revents, f[1].revents);
  close(p[0]);
  P(poll(f, 2, 0));
  printf("%x %x\n", f[0].revents, f[1].revents);
  pipe(p);
  close(p[1]);
  f[0].fd = p[0];
  P(poll(f, 1, 0));
  printf("%x\n", f[0].revents);
  return 0;
}
