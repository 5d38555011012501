#include "guest.h"
static volatile int got;
static void on(int s) { got = s; }
static void dies(void) {
  int p[2];
  pipe(p);
  close(p[0]);
  write(p[1], "x", 1);
  puts("not reached");
}
int main(void) {
  in_child("without a handler", dies);
  int p[2];
  pipe(p);
  close(p[0]);
  signal(SIGPIPE, on);
  P(write(p[1], "x", 1));
  P(got);
  got = 0;
  signal(SIGPIPE, SIG_IGN);
  P(write(p[1], "x", 1));
  P(got);
  P(write(p[1], "x", 0));
  return 0;
}
