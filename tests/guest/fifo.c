#include "guest.h"
int main(void) {
  char b[20] = {0};
  int status;
  own_folder();
  P(mkfifo("p", 0600));
  P(mkfifo("p", 0600));
  P(open("p", O_WRONLY | O_NONBLOCK));
  int r = open("p", O_RDONLY | O_NONBLOCK);
  Q(r >= 0);
  P(read(r, b, 10));
  int w = open("p", O_WRONLY | O_NONBLOCK);
  Q(w >= 0);
  P(read(r, b, 10));
  P(write(w, "abc", 3));
  P(read(r, b, 10));
  close(w);
  P(read(r, b, 10));
  close(r);
  pid_t pid = fork();
  if (pid == 0) {
    int fd = open("p", O_WRONLY);
    write(fd, "from child", 10);
    _exit(0);
  }
  int fd = open("p", O_RDONLY);
  P(read(fd, b, 20));
  puts(b);
  P(read(fd, b, 20));
  waitpid(pid, &status, 0);
  close(fd);
  fd = open("p", O_RDWR);
  P(write(fd, "self", 4));
  P(read(fd, b, 20));
  return 0;
}
