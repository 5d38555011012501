#include "guest.h"
#include <grp.h>
#include <sys/fsuid.h>
static void show(void) {
  uid_t r, e, s;
  gid_t gr, ge, gs;
  getresuid(&r, &e, &s), getresgid(&gr, &ge, &gs);
  printf("uid %d %d %d gid %d %d %d\n", r, e, s, gr, ge, gs);
}
static void drop(void) {
  own_folder();
  chmod(".", 0777);
  close(open("root", O_CREAT | O_WRONLY, 0600));
  mkdir("locked", 0700);
  gid_t list[2] = {7, 8};
  P(setgroups(2, list)), P(getgroups(0, NULL)), P(getgroups(1, list)), P(getgroups(2, list));
  P(setregid(50, 51)), P(setreuid(40, 41));
  show();
  P(setuid(40)), P(setuid(0)), P(seteuid(41));
  show();
  P(open("root", O_RDONLY));
  P(access("root", R_OK));
  P(open("locked/x", O_RDONLY));
  P(chmod("root", 0666)), P(chown("root", 40, 50)), P(unlink("root"));
  P(close(open("mine", O_CREAT | O_RDWR, 0200)));
  P(open("mine", O_RDONLY));
  P(kill(1, 0));
  P(setresuid(-1, -1, 0)), P(setgroups(0, NULL));
  P(setpriority(PRIO_PROCESS, 0, -5));
  struct rlimit rl = {10, 10};
  P(setrlimit(RLIMIT_NOFILE, &rl));
  rl.rlim_max = 20;
  P(setrlimit(RLIMIT_NOFILE, &rl));
}
int main(void) {
  Q(getuid() == geteuid());
  if (getuid() != 0) return 0;
  in_child("drop", drop);
  show();
  P(setresuid(1, 2, 3)), show();
  P(setresuid(3, 1, 2)), show();
  P(setresuid(4, -1, -1));
  return 0;
}
