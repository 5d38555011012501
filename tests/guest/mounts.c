// needs: mount umount2 unshare
// mount(2), umount2(2), mount name spaces, read-only mounts, /proc/self/mountinfo.
#include "guest.h"
#include <sys/mount.h>
#include <sys/statfs.h>

// Lines of a file of /proc that are about our folder, without ids and devices.
static void show(const char *file) {
  char line[4096], here[PATH_MAX];
  getcwd(here, sizeof here);
  FILE *f = fopen(file, "r");
  while (fgets(line, sizeof line, f)) {
    char *at = strstr(line, here);
    if (!at) continue;
    int skip = 0;
    if (strstr(file, "mountinfo")) sscanf(line, "%*d %*d %*d:%*d %n", &skip);
    printf("%.*s.%s", (int)(at - line - skip), line + skip, at + strlen(here));
  }
  fclose(f);
}

static void room(const char *path) {
  struct statfs s;
  if (statfs(path, &s)) return;
  printf("%s: type %lx, block %ld, blocks %ld/%ld/%ld, files %ld/%ld, name %ld, flags %lx\n", path, (long)s.f_type, (long)s.f_bsize, (long)s.f_blocks, (long)s.f_bfree, (long)s.f_bavail, (long)s.f_files, (long)s.f_ffree, (long)s.f_namelen, (long)s.f_flags);
}

static void errors(void) {
  P(mount("x", "a", "tmpfs", 0, "bogus"));
  P(mount("x", "a", "tmpfs", 0, "size=zz"));
  P(mount("x", "a", "nofs", 0, ""));
  P(mount("x", "a", NULL, 0, ""));
  P(mount("x", "nowhere", "tmpfs", 0, ""));
  P(mount("x", "file", "tmpfs", 0, ""));
  P(mount("", "b", NULL, MS_BIND, NULL));
  P(mount("file", "b", NULL, MS_BIND, NULL));
  P(mount("x", "b", "proc", 0, "bogus=1"));
  P(mount("x", "b", "sysfs", 0, "bogus"));
  P(mount((char *)8, "b", "tmpfs", 0, NULL));
  P(mount("x", "b", (char *)8, 0, NULL));
  P(mount("x", "b", "tmpfs", 0, (char *)8));
  P(umount("nowhere"));
  P(umount("b"));
  P(umount2("b", 1 << 20));
  P(mount("a", "b", NULL, MS_MOVE, NULL));
  P(mount(NULL, "b", NULL, MS_REMOUNT, NULL));
  P(mount(NULL, "b", NULL, MS_SHARED, NULL));
}

static void limits(void) {
  char name[20];
  P(mount("some where", "a", "tmpfs", 0, "size=1m,nr_inodes=10,mode=700,uid=5,gid=6"));
  room("a");
  P(mkdir("a/x", 0755));
  int made = 0;
  for (; made < 20; made++) {
    sprintf(name, "a/f%d", made);
    int fd = creat(name, 0644);
    if (fd < 0) break;
    close(fd);
  }
  printf("%d files, errno %d\n", made, errno);
  P(link("a/f0", "a/more"));
  P(unlink("a/f0"));
  P(link("a/f1", "a/more"));
  room("a");
  int fd = open("a/f2", O_RDWR);
  char *big = calloc(1, 2 << 20);
  P(write(fd, big, 2 << 20));
  P(write(fd, big, 4096));
  room("a");
  P(ftruncate(fd, 8192));
  P(pwrite(fd, big, 4096, 65536));
  room("a");
  P(fallocate(fd, 0, 0, 2 << 20));
  room("a");
  P(ftruncate(fd, 0));
  P(mount(NULL, "a", NULL, MS_REMOUNT, "size=8k"));
  P(write(fd, big, 65536));
  P(mount(NULL, "a", NULL, MS_REMOUNT, "size=4k"));
  close(fd);
  free(big);
  struct stat st;
  P(stat("a", &st));
  printf("mode %o, owner %d:%d\n", st.st_mode, st.st_uid, st.st_gid);
}

static void bus(int signal) {
  printf("signal %d\n", signal);
  exit(0);
}

static void overfull(void) {
  signal(SIGBUS, bus);
  int fd = open("a/f3", O_RDWR);
  ftruncate(fd, 1 << 20);
  char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  for (int i = 0; i < 256; i++) p[i * 4096] = 1;
}

static void read_only(void) {
  P(umount("a/x"));
  chdir("a");
  P(umount("../a"));
  chdir("..");
  int fd = open("a/f2", O_RDWR);
  P(umount("a"));
  P(mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
  P(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  close(fd);
  P(mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
  show("/proc/self/mounts");
  P(creat("a/new", 0600));
  P(creat("a/f2", 0600));
  P(close(open("a/f2", O_RDONLY)));
  P(open("a/f2", O_RDONLY | O_TRUNC));
  P(open("a", O_TMPFILE | O_RDWR, 0600));
  P(mkdir("a/x", 0));
  P(mkdir("a/zz", 0));
  P(unlink("a/nono"));
  P(rename("a/f2", "a/f2"));
  P(rename("a/nono", "a/f2"));
  P(rename("a/f2", "b/f2"));
  P(link("a/f2", "b/f2"));
  P(link("a/f2", "a/f9"));
  P(chmod("a/f2", 0));
  P(chown("a/f2", 0, 0));
  P(utimensat(AT_FDCWD, "a/f2", NULL, 0));
  P(truncate("a/f2", 3));
  P(access("a/f2", W_OK));
  P(access("a", W_OK));
  P(access("a/f2", R_OK));
  P(symlink("a", "a/zzz"));
  P(mknod("a/fff", S_IFIFO | 0600, 0));
  P(rmdir("a/x"));
  P(rmdir("a/."));
  P(umount("a"));
}

static void flags(void) {
  P(mount("t", "a", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, NULL));
  show("/proc/self/mountinfo");
  P(mknod("a/null", S_IFCHR | 0666, 0x103));
  P(open("a/null", O_RDONLY));
  int fd = open("a/prog", O_RDWR | O_CREAT, 0755);
  write(fd, "#!/bin/sh\n", 10);
  P(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
  close(fd);
  P(access("a/prog", X_OK));
  P(execl("a/prog", "prog", NULL));
  P(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
  show("/proc/self/mountinfo");
  P(mount(NULL, "a", NULL, MS_REMOUNT | MS_STRICTATIME, NULL));
  show("/proc/self/mountinfo");
  P(umount2("a", MNT_EXPIRE));
  P(umount2("a", MNT_EXPIRE));
  P(umount2("a", MNT_EXPIRE));
}

static void binds(void) {
  mkdir("a/sub", 0755);
  P(mount("t", "a/sub", "tmpfs", 0, NULL));
  mkdir("a/sub/deep", 0755);
  P(mount("t2", "a/sub/deep", "tmpfs", 0, "size=4k"));
  P(mount("a", "b", NULL, MS_BIND, NULL));
  P(access("b/sub/deep", F_OK));
  P(umount("b"));
  P(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
  P(access("b/sub/deep", F_OK));
  show("/proc/self/mountinfo");
  P(mount("a/sub/deep", "b/sub", NULL, MS_MOVE, NULL));
  show("/proc/self/mounts");
  P(mount("b", "b/sub", NULL, MS_MOVE, NULL));
  P(umount("b"));
  P(rmdir("a/sub"));
  P(rename("a/sub", "a/sub2"));
  P(umount2("b", MNT_DETACH));
  show("/proc/self/mounts");
  P(mount("file", "file2", NULL, MS_BIND, NULL));
  P(unlink("file2"));
  P(umount("file2"));
  P(umount("a/sub"));
  P(rmdir("a/sub"));
}

static void detached(void) {
  P(mount("t", "a", "tmpfs", 0, NULL));
  int dir = open("a", O_RDONLY | O_DIRECTORY);
  mkdir("a/in", 0700);
  chdir("a/in");
  P(umount2("../../a", MNT_DETACH));
  P(mkdirat(dir, "more", 0755));
  P(access("../more", F_OK));
  P(access("../../a", F_OK));
  char path[PATH_MAX];
  P(syscall(SYS_getcwd, path, sizeof path));
  printf("%s\n", path);
  P(openat(dir, "..", O_RDONLY) > 0);
}

static void private_space(void) {
  P(unshare(CLONE_NEWNS));
  P(mount("t", "a", "tmpfs", 0, NULL));
  P(creat("a/inside", 0644) > 0);
}

static void spaces(void) {
  char one[64] = {0}, two[64] = {0};
  in_child("private", private_space);
  P(access("a/inside", F_OK));
  readlink("/proc/self/ns/mnt", one, 63);
  int old = open("/proc/self/ns/mnt", O_RDONLY);
  P(unshare(CLONE_NEWNS));
  readlink("/proc/self/ns/mnt", two, 63);
  Q(!strcmp(one, two));
  P(mount("t", "a", "tmpfs", 0, NULL));
  P(mkdir("a/kept", 0755));
  P(setns(old, CLONE_NEWUTS));
  P(setns(old, CLONE_NEWNS));
  readlink("/proc/self/ns/mnt", two, 63);
  Q(!strcmp(one, two));
}

int main(void) {
  P(unshare(CLONE_NEWNS));
  P(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
  own_folder();
  // What is below differs; from here on it is a tmpfs.
  char here[PATH_MAX];
  P(mount("base", ".", "tmpfs", 0, NULL));
  chdir(getcwd(here, sizeof here));
  mkdir("a", 0755);
  mkdir("b", 0755);
  close(creat("file", 0644));
  close(creat("file2", 0644));
  errors();
  limits();
  in_child("overfull", overfull);
  read_only();
  flags();
  binds();
  in_child("detached", detached);
  show("/proc/self/mountstats");
  spaces();
}
