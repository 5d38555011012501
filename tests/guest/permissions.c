// needs: mount
// Who may do what: modes, groups, sticky and set-group-id folders, capabilities, set-id bits that writing takes away.
#include "guest.h"
#include "fs.h"
#include <grp.h>

static void mode_of(const char *name) {
  struct stat st;
  if (lstat(name, &st)) printf("%s: errno %d\n", name, errno);
  else printf("%s: %o %d:%d\n", name, st.st_mode, st.st_uid, st.st_gid);
}

static void user(int uid, int gid) {
  gid_t more[] = {50, 60};
  setgroups(2, more);
  setresgid(gid, gid, gid);
  setresuid(uid, uid, uid);
}

static void stranger(void) {
  user(1000, 1000);
  P(open("private", O_RDONLY));
  P(open("readable", O_RDONLY) >= 0);
  P(open("readable", O_RDWR));
  P(open("group50", O_RDWR) >= 0);
  P(access("group50", R_OK | W_OK));
  P(access("group50", X_OK));
  P(mkdir("closed/x", 0755));
  P(open("closed/f", O_RDONLY));
  P(access("listed/f", R_OK));
  P(open("listed", O_RDONLY));
  P(open("passed", O_RDONLY));
  P(access("passed/f", R_OK));
  P(chmod("readable", 0777));
  P(chown("mine", 1000, 50));
  P(chown("mine", 1000, 70));
  P(chown("mine", 1001, -1));
  P(chown("readable", -1, -1));
  P(chmod("mine", 06777));
  mode_of("mine");
  P(utimensat(AT_FDCWD, "writable", NULL, 0));
  P(utimensat(AT_FDCWD, "writable", (struct timespec[]){{1, 2}, {3, 4}}, 0));
  P(utimensat(AT_FDCWD, "readable", NULL, 0));
  P(truncate("readable", 0));
  P(open("writable", O_RDONLY | O_NOATIME));
  P(mknod("public/fifo", S_IFIFO | 0644, 0));
  P(mknod("public/null", S_IFCHR | 0644, 0x103));
  P(mknod("public/whiteout", S_IFCHR | 0644, 0));
  P(chroot("public"));
  P(mount("x", "public", "tmpfs", 0, NULL));
  P(umount("public"));
  P(unshare(CLONE_NEWNS));
}

static void sticky(void) {
  user(1000, 1000);
  P(unlink("sticky/root"));
  P(rename("sticky/root", "sticky/other"));
  P(rename("sticky/own", "sticky/root"));
  P(unlink("sticky/own"));
  P(rmdir("sticky/rootdir"));
  P(open("sticky/root", O_WRONLY) >= 0);
  P(mkdir("sticky/new", 0755));
  P(rmdir("sticky/new"));
}

static void set_group(void) {
  user(1000, 1000);
  umask(0);
  P(mkdir("sgid/d", 0755));
  mode_of("sgid/d");
  close(open("sgid/f", O_CREAT | O_WRONLY, 02775));
  mode_of("sgid/f");
  close(open("sgid/g", O_CREAT | O_WRONLY, 02664));
  mode_of("sgid/g");
  close(open("sgid50/f", O_CREAT | O_WRONLY, 02775));
  mode_of("sgid50/f");
  P(symlink("x", "sgid/link"));
  mode_of("sgid/link");
  P(chmod("sgid/f", 02775));
  mode_of("sgid/f");
}

static void writes(void) {
  user(1000, 1000);
  int fd = open("setid", O_RDWR);
  P(write(fd, "x", 1));
  mode_of("setid");
  fd = open("setgid_only", O_RDWR);
  P(ftruncate(fd, 0));
  mode_of("setgid_only");
  fd = open("mandatory", O_RDWR);
  P(write(fd, "x", 1));
  mode_of("mandatory");
}

static void moving(void) {
  user(1000, 1000);
  P(rename("one/dir", "two/dir"));
  P(rename("one/dir", "one/dir2"));
  P(rename("one/own", "two/own"));
}

static void masks(void) {
  umask(027);
  close(open("masked", O_CREAT | O_WRONLY, 0777));
  mode_of("masked");
  mkdir("masked_dir", 01777);
  mode_of("masked_dir");
  mknod("masked_fifo", S_IFIFO | 0666, 0);
  mode_of("masked_fifo");
  P(umask(07777));
  P(umask(022));
}

static void make(const char *name, int mode, int uid, int gid) {
  put(name, "text");
  chown(name, uid, gid);
  chmod(name, mode);
}

static void folder(const char *name, int mode, int uid, int gid) {
  mkdir(name, 0755);
  char file[64];
  sprintf(file, "%s/f", name);
  if (!strstr(name, "sgid")) put(file, "text");
  chown(name, uid, gid);
  chmod(name, mode);
}

int main(void) {
  own_tmpfs();
  chmod(".", 0755);
  make("private", 0600, 0, 0);
  make("readable", 0644, 0, 0);
  make("writable", 0666, 0, 0);
  make("group50", 0660, 0, 50);
  make("mine", 0644, 1000, 1000);
  folder("closed", 0700, 0, 0);
  folder("listed", 0744, 0, 0);
  folder("passed", 0711, 0, 0);
  folder("public", 0777, 0, 0);
  folder("sticky", 01777, 0, 0);
  make("sticky/root", 0666, 0, 0);
  make("sticky/own", 0644, 1000, 1000);
  mkdir("sticky/rootdir", 0777);
  folder("sgid", 02777, 0, 70);
  folder("sgid50", 02777, 0, 50);
  make("setid", 06777, 0, 0);
  make("setgid_only", 02777, 0, 0);
  make("mandatory", 02666, 0, 0);
  folder("one", 0777, 0, 0);
  folder("two", 0777, 0, 0);
  mkdir("one/dir", 0755);
  mkdir("one/own", 0755);
  chown("one/own", 1000, 1000);
  in_child("stranger", stranger);
  in_child("sticky", sticky);
  in_child("set_group", set_group);
  in_child("writes", writes);
  in_child("moving", moving);
  masks();
  // Root may do nearly all, but run only what somebody may run.
  P(access("private", X_OK));
  P(chmod("private", 0001));
  P(access("private", X_OK));
  P(chown("setid", 0, 0));
  mode_of("setid");
  chmod("setid", 06777);
  int fd = open("setid", O_RDWR);
  P(write(fd, "x", 1));
  mode_of("setid");
  P(fchownat(fd, "", 5, 6, AT_EMPTY_PATH));
  mode_of("setid");
}
