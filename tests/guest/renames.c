#include "guest.h"
int main(void) {
  own_folder();
  struct stat s;
  close(open("a", O_CREAT | O_WRONLY, 0600));
  close(open("b", O_CREAT | O_WRONLY, 0640));
  P(rename("a", "a"));
  P(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
  P(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
  stat("a", &s);
  printf("%o\n", s.st_mode);
  P(renameat2(AT_FDCWD, "a", AT_FDCWD, "none", RENAME_EXCHANGE));
  P(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_NOREPLACE));
  P(rename("a", "b"));
  P(access("a", F_OK));
  mkdir("d", 0755), mkdir("e", 0755), mkdir("e/sub", 0755);
  P(rename("b", "d"));
  P(rename("d", "b"));
  P(rename("d", "e"));
  P(rename("e", "d"));
  P(access("d/sub", F_OK));
  P(rename("d", "d/sub/x"));
  P(rename("d/sub", "sub"));
  P(rename("d/", "dd/"));
  P(rename("b", "bb/"));
  P(rename("", "x"));
  P(rename("none", "x"));
  P(rename("b", ""));
  P(rename(".", "x"));
  int fd = open("dd", O_RDONLY);
  P(renameat(AT_FDCWD, "b", fd, "moved"));
  P(faccessat(fd, "moved", F_OK, 0));
  link("dd/moved", "other");
  P(rename("dd/moved", "other"));
  P(access("dd/moved", F_OK));
  return 0;
}
