// flavours: static musl pie
#include "guest.h"
static int tree(int depth) {
  if (depth == 0) return 1;
  int sum = 0;
  for (int i = 0; i < 2; i++) {
    pid_t pid = fork();
    if (pid == 0) _exit(tree(depth - 1));
    int status;
    waitpid(pid, &status, 0);
    sum += WEXITSTATUS(status);
  }
  return sum;
}
int global = 1;
int main(void) {
  int local = 1, status;
  char *heap = strdup("parent");
  fflush(stdout);
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    global = 2, local = 2, strcpy(heap, "child!");
    Q(getppid() == parent);
    Q(getpid() != parent);
    printf("%d %d %s\n", global, local, heap);
    exit(global + local);
  }
  Q(waitpid(pid, &status, 0) == pid);
  print_status("child", status);
  printf("%d %d %s\n", global, local, heap);
  P(waitpid(pid, &status, 0));
  P(wait(&status));
  P(tree(4));
  int n = 0;
  for (int i = 0; i < 50; i++)
    if (fork() == 0) _exit(i);
  int sum = 0;
  while (wait(&status) > 0) n++, sum += WEXITSTATUS(status);
  printf("%d children, sum %d\n", n, sum);
  off_t where;
  own_folder();
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  write(fd, "0123456789", 10);
  lseek(fd, 0, SEEK_SET);
  if (fork() == 0) {
    lseek(fd, 4, SEEK_SET);
    close(fd);
    _exit(0);
  }
  wait(NULL);
  P(lseek(fd, 0, SEEK_CUR));
  return 0;
}
