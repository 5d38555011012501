// F_NOTIFY of fcntl(2): signals about changes in a folder.
// covers: fcntl F_NOTIFY, fcntl F_NOTIFY ENOTDIR, fcntl F_NOTIFY DN_MULTISHOT, fcntl F_NOTIFY F_SETSIG, fcntl F_NOTIFY DN_RENAME
#include "guest.h"

static volatile int count, last_fd, last_code, last_band, last_signal;

static void on_signal(int s, siginfo_t *i, void *c) {
  count++;
  last_signal = s;
  last_fd = i->si_fd;
  last_code = i->si_code;
  last_band = i->si_band;
}

static void told(const char *what) {
  if (!count) printf("%s: nothing\n", what);
  else if (last_signal == SIGIO && last_code == SI_KERNEL) printf("%s: %d, plain SIGIO\n", what, count);
  else printf("%s: %d, signal %d fd %d code %d band %x\n", what, count, last_signal, last_fd, last_code, last_band);
  count = 0;
}

static void touch(const char *name) { close(open(name, O_WRONLY | O_CREAT, 0644)); }

int main(void) {
  own_folder();
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGIO, &sa, NULL);
  sigaction(SIGRTMIN, &sa, NULL);
  mkdir("d", 0755);
  mkdir("e", 0755);
  int d = open("d", O_RDONLY);
  touch("file");
  int f = open("file", O_RDONLY);
  P(fcntl(f, F_NOTIFY, DN_CREATE));
  P(fcntl(f, F_NOTIFY, 0));
  P(fcntl(99, F_NOTIFY, DN_CREATE));
  P(fcntl(d, F_NOTIFY, 0));
  P(fcntl(d, F_GETOWN));
  P(fcntl(d, F_NOTIFY, DN_CREATE));
  P(fcntl(d, F_GETOWN) == getpid());
  touch("d/a");
  told("create");
  touch("d/b");
  told("only once");
  P(fcntl(d, F_SETSIG, SIGRTMIN));
  P(fcntl(d, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
  touch("d/c");
  told("create with F_SETSIG");
  touch("d/d");
  touch("d/e");
  told("twice");
  mkdir("d/sub", 0755);
  told("mkdir");
  rename("file", "d/moved");
  told("moved in");
  unlink("d/e");
  told("unlink, not asked");
  P(fcntl(d, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
  unlink("d/d");
  told("unlink");
  touch("d/d");
  told("create still");
  rename("d/d", "e/d");
  told("moved out");
  rename("d/moved", "d/moved2");
  told("rename in it");
  P(fcntl(d, F_NOTIFY, 0));
  touch("d/x");
  unlink("d/x");
  told("nothing asked");
  P(fcntl(d, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
  rename("d/moved2", "d/moved3");
  told("DN_RENAME in it");
  rename("d/moved3", "e/moved3");
  told("DN_RENAME out");
  rename("e/moved3", "d/moved3");
  told("DN_RENAME in");
  P(fcntl(d, F_NOTIFY, 0));
  P(fcntl(d, F_NOTIFY, DN_MODIFY | DN_ACCESS | DN_ATTRIB | DN_MULTISHOT));
  int fd = open("d/moved3", O_RDWR);
  told("open");
  write(fd, "1", 1);
  told("write");
  pread(fd, &(char){0}, 1, 0);
  told("read");
  ftruncate(fd, 0);
  told("truncate");
  fchmod(fd, 0600);
  told("chmod");
  close(fd);
  told("close");
  chmod("d", 0700);
  told("chmod of the folder");
  fd = open("d/sub", O_RDONLY);
  char buffer[1000];
  syscall(SYS_getdents64, fd, buffer, sizeof buffer);
  told("listing of a folder in it");
  close(fd);
  syscall(SYS_getdents64, d, buffer, sizeof buffer);
  told("listing of itself");
  int same = dup(d);
  close(same);
  chmod("d/sub", 0700);
  told("after a close of another descriptor");
  chmod("d/sub", 0755);
  told("again");
  P(fcntl(d, F_NOTIFY, DN_CREATE));
  touch("d/y");
  told("one shot over many");
  touch("d/z");
  told("and again");
  close(d);
  touch("d/w");
  told("closed");
  d = open("d", O_RDONLY);
  P(fcntl(d, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
  pid_t child = fork();
  if (!child) {
    close(d);
    touch("d/ofchild");
    exit(0);
  }
  waitpid(child, NULL, 0);
  told("a child's closing, then its file");
  return 0;
}
