// needs: mount
// renameat2(2) with its flags, the limits of names and links, getdents(2), fchmodat2(2), file handles.
#include "guest.h"
#include "fs.h"
#include <sys/sysmacros.h>

struct old_dirent {
  unsigned long ino, off;
  unsigned short length;
  char name[];
};

static void whiteouts(void) {
  struct stat st;
  put("a", "a");
  P(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_WHITEOUT));
  P(lstat("a", &st));
  printf("%o %d:%d links %ld\n", st.st_mode, major(st.st_rdev), minor(st.st_rdev), (long)st.st_nlink);
  cat("b");
  P(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_WHITEOUT | RENAME_EXCHANGE));
  P(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_WHITEOUT | RENAME_NOREPLACE));
  P(lstat("b", &st));
  P(renameat2(AT_FDCWD, "c", AT_FDCWD, "b", 8));
  mkdir("d", 0755);
  P(renameat2(AT_FDCWD, "d", AT_FDCWD, "e", RENAME_WHITEOUT));
  P(lstat("d", &st));
  P(S_ISCHR(st.st_mode));
}

static void names(void) {
  char name[300], path[5000];
  memset(name, 'n', 299);
  name[256] = 0;
  P(creat(name, 0600));
  P(mkdir(name, 0700));
  P(access(name, F_OK));
  name[255] = 0;
  P(close(creat(name, 0600)));
  P(access(name, F_OK));
  strcpy(path, ".");
  while (strlen(path) < 4094) strcat(path, "/.");
  printf("%zu bytes\n", strlen(path));
  P(access(path, F_OK));
  strcat(path, "/");
  P(access(path, F_OK));
  strcat(path, "/");
  P(access(path, F_OK));
  P(symlink(path, "long"));
  path[4095] = 0;
  P(symlink(path, "long"));
  P(symlink("", "empty"));
  for (int i = 0; i < 42; i++) {
    sprintf(name, "l%d", i);
    sprintf(path, "l%d", i - 1);
    symlink(i ? path : "b", name);
  }
  P(access("l39", F_OK));
  P(access("l40", F_OK));
  P(open("l40", O_RDONLY | O_CREAT, 0600));
  P(access("l0/", F_OK));
  P(mkdir("made/", 0700));
  P(rmdir("made/"));
  P(open("b/", O_RDONLY));
  P(open("nothing/", O_RDONLY | O_CREAT, 0600));
  P(unlink("b/"));
  P(rename("b", "c/"));
  P(link("b", "bb/"));
  P(mkdir("/", 0700));
  P(rmdir("."));
  P(rmdir(".."));
  P(unlink("."));
  P(rename(".", "x"));
  P(open("", O_RDONLY));
}

static void listing(void) {
  char buffer[1024];
  mkdir("list", 0755);
  chdir("list");
  put("one", "");
  mkdir("two", 0755);
  symlink("x", "three");
  mkfifo("four", 0600);
  int fd = open(".", O_RDONLY);
  int n = syscall(SYS_getdents, fd, buffer, sizeof buffer);
  for (int at = 0; at < n;) {
    struct old_dirent *d = (void *)(buffer + at);
    printf("%s: %d bytes, type %d\n", d->name, d->length, buffer[at + d->length - 1]);
    at += d->length;
  }
  P(syscall(SYS_getdents, fd, buffer, sizeof buffer));
  lseek(fd, 0, SEEK_SET);
  P(syscall(SYS_getdents, fd, buffer, 10));
  P(syscall(SYS_getdents, fd, (char *)8, 1000));
  P(syscall(SYS_getdents64, fd, buffer, 10));
  P(syscall(SYS_getdents, open("one", O_RDONLY), buffer, 100));
  rmdir("two");
  mkdir("gone", 0755);
  int gone = open("gone", O_RDONLY);
  rmdir("gone");
  P(syscall(SYS_getdents64, gone, buffer, 1000));
  P(openat(gone, "x", O_CREAT | O_RDWR, 0600));
  chdir("..");
}

static void modes(void) {
  struct stat st;
  put("m", "");
  symlink("m", "ml");
  P(syscall(452, AT_FDCWD, "m", 0600, 0));
  P(syscall(452, AT_FDCWD, "ml", 0640, 0));
  P(syscall(452, AT_FDCWD, "ml", 0640, AT_SYMLINK_NOFOLLOW));
  int fd = open("m", O_PATH);
  P(syscall(452, fd, "", 0604, AT_EMPTY_PATH));
  P(syscall(452, fd, "", 0604, 0));
  P(syscall(452, AT_FDCWD, "m", 0604, 0x40000));
  stat("m", &st);
  printf("%o\n", st.st_mode);
}

static void handles(void) {
  struct {
    struct file_handle h;
    unsigned char bytes[128];
  } a, b;
  int mount_a, mount_b;
  put("h", "by handle");
  link("h", "h2");
  a.h.handle_bytes = 0;
  P(name_to_handle_at(AT_FDCWD, "h", &a.h, &mount_a, 0));
  P(a.h.handle_bytes);
  P(name_to_handle_at(AT_FDCWD, "h", &a.h, &mount_a, 0));
  P(a.h.handle_type);
  b.h.handle_bytes = 128;
  P(name_to_handle_at(AT_FDCWD, "h2", &b.h, &mount_b, 0));
  P(b.h.handle_bytes);
  Q(mount_a == mount_b && !memcmp(&a, &b, sizeof a.h + a.h.handle_bytes));
  int dir = open(".", O_RDONLY);
  int fd = open_by_handle_at(dir, &a.h, O_RDONLY);
  char text[16] = {0};
  P(read(fd, text, 15));
  printf("%s\n", text);
  close(fd);
  unlink("h");
  P(close(open_by_handle_at(dir, &a.h, O_RDONLY)));
  unlink("h2");
  P(open_by_handle_at(dir, &a.h, O_RDONLY));
  a.h.handle_type = 77;
  P(open_by_handle_at(dir, &a.h, O_RDONLY));
  a.h.handle_bytes = 1000;
  P(open_by_handle_at(dir, &a.h, O_RDONLY));
  P(name_to_handle_at(AT_FDCWD, "b", &a.h, &mount_a, 0));
  b.h.handle_bytes = 128;
  P(name_to_handle_at(AT_FDCWD, "none", &b.h, &mount_b, 0));
  P(name_to_handle_at(AT_FDCWD, "b", &b.h, &mount_b, 1 << 20));
  P(name_to_handle_at(AT_FDCWD, "/proc/self", &b.h, &mount_b, 0));
}

int main(void) {
  own_tmpfs();
  whiteouts();
  names();
  listing();
  modes();
  handles();
}
