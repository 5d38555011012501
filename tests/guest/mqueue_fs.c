// The mounted mqueue file system: names, status text, what may be done there, one a namespace.
// needs: mq_open unshare mount
#include "ipc.h"
#include <mqueue.h>
#include <sys/mount.h>
#include <sys/vfs.h>

static void list(const char *what) {
  struct stat st;
  DIR *d = opendir("m");
  char names[10][30];
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) if (e->d_name[0] != '.') strcpy(names[n++], e->d_name);
  closedir(d);
  qsort(names, n, 30, (void *)strcmp);
  stat("m", &st);
  printf("%s: mode %o links %ld size %ld:", what, st.st_mode, st.st_nlink, st.st_size);
  for (int i = 0; i < n; i++) printf(" %s", names[i]);
  printf("\n");
}

int main(void) {
  char text[200];
  struct statfs sf;
  struct stat st;
  own_folder();
  own_ipc();
  unshare(CLONE_NEWNS);
  mount(0, "/", 0, MS_REC | MS_PRIVATE, 0);
  mkdir("m", 0755);
  int q = mq_open("/first", O_CREAT | O_RDWR, 0640, 0);
  P(mount("anything", "m", "mqueue", 0, 0));
  list("mounted");
  statfs("m", &sf);
  printf("%lx %ld %ld %ld %ld %ld\n", sf.f_type, sf.f_bsize, sf.f_blocks, sf.f_files, sf.f_namelen, sf.f_frsize);
  mq_send(q, "twelve bytes", 12, 3);
  slurp("m/first", text, 200);
  printf("%s", text);
  stat("m/first", &st);
  printf("mode %o size %ld\n", st.st_mode, st.st_size);
  P(mkdir("m/d", 0755));
  P(symlink("x", "m/l"));
  P(mknod("m/p", S_IFIFO | 0600, 0));
  P(mknod("m/r", S_IFREG | 0600, 0));
  P(link("m/first", "m/h"));
  P(rename("m/first", "m/h"));
  P(link("m/first", "outside"));
  int f;
  P((f = open("m/second", O_CREAT | O_RDWR, 0600)) >= 0);
  P(write(f, "x", 1));
  struct mq_attr a;
  P(mq_getattr(f, &a));
  printf("%ld %ld\n", a.mq_maxmsg, a.mq_msgsize);
  P(mq_send(f, "by open", 7, 1));
  int q2 = mq_open("/second", O_RDONLY);
  P(mq_receive(q2, malloc(8192), 8192, 0));
  list("more");
  P(unlink("m/second"));
  P(mq_open("/second", O_RDONLY));
  P(rmdir("m/first"));
  P(mq_unlink("/first"));
  P(access("m/first", F_OK));
  P(unlink("m/r"));
  list("none");
  P(chmod("m", 0700));
  list("chmod");
  // The mount goes on showing the namespace that it was made in.
  P(unshare(CLONE_NEWIPC));
  int q3;
  P((q3 = mq_open("/third", O_CREAT | O_RDWR, 0600, 0)) >= 0);
  list("other namespace");
  P(open("m/new", O_CREAT | O_RDWR, 0600));
  P(umount("m"));
  P(mount("none", "m", "mqueue", 0, 0));
  list("mounted here");
  close(q), close(q2), close(q3), close(f);
  P(umount("m"));
  return 0;
}
