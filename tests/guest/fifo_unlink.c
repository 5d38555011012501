// A FIFO that loses its name while an open of it waits: the open goes on waiting for the other end of that FIFO, not of a new one
// with its name. fifo(7), unlink(2).
// covers: fifo open waits over unlink, fifo open waits over rename, fifo open EINTR
#include "guest.h"

static void on_alarm(int s) {}

static pid_t opener(int flags, int *report) {
  fflush(stdout);
  pid_t child = fork();
  if (child) {
    sleep_ms(300);
    return child;
  }
  int f = open("fifo", flags);
  char c = 0;
  if (f < 0) write(report[1], "error", 5);
  else if (flags == O_RDONLY) {
    read(f, &c, 1);
    write(report[1], &c, 1);
  } else write(f, "w", 1);
  _exit(f < 0 ? errno : 0);
}

static void ended(const char *what, pid_t child) {
  int status;
  waitpid(child, &status, 0);
  print_status(what, status);
}

int main(void) {
  own_folder();
  int report[2];
  char text[16], name[64];
  pipe2(report, O_NONBLOCK);
  mkfifo("fifo", 0600);
  int held = open("fifo", O_PATH);
  sprintf(name, "/proc/self/fd/%d", held);
  pid_t child = opener(O_RDONLY, report);
  P(unlink("fifo"));
  mkfifo("fifo", 0600);
  int other = open("fifo", O_RDWR);
  write(other, "o", 1);
  sleep_ms(200);
  P(read(report[0], text, 16));
  int f = open(name, O_WRONLY);
  P(f >= 0);
  write(f, "r", 1);
  ended("reader", child);
  P(read(report[0], text, 16));
  printf("%c\n", text[0]);
  close(f);
  close(held);
  close(other);
  // The writer's side, and another name.
  held = open("fifo", O_PATH);
  sprintf(name, "/proc/self/fd/%d", held);
  child = opener(O_WRONLY, report);
  P(rename("fifo", "new"));
  P(access("fifo", F_OK));
  f = open("new", O_RDONLY);
  P(read(f, text, 1));
  ended("writer", child);
  close(f);
  close(held);
  // Interrupted, and begun again without a name.
  rename("new", "fifo");
  signal(SIGALRM, on_alarm);
  struct sigaction sa = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &sa, NULL);
  child = opener(O_RDONLY, report);
  unlink("fifo");
  kill(child, SIGALRM);
  ended("interrupted", child);
  P(read(report[0], text, 16));
  mkfifo("fifo", 0600);
  child = opener(O_WRONLY, report);
  unlink("fifo");
  kill(child, SIGKILL);
  ended("killed", child);
  return 0;
}
