#include "guest.h"
int main(void) {
  own_folder();
  char b[20] = {0};
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  for (int i = 0; i < 3; i++) pwrite(fd, "page", 4, i * 4096);
  char *s = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *v = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  printf("%s %s %s\n", s, s + 4096, v + 8192);
  strcpy(s, "shared write");
  P(pread(fd, b, 12, 0));
  puts(b);
  puts(v);
  strcpy(v, "private write");
  puts(s);
  pwrite(fd, "by a call", 10, 0);
  puts(s), puts(v);
  pwrite(fd, "second", 7, 4096);
  puts(s + 4096), puts(v + 4096);
  if (fork() == 0) {
    strcpy(s + 8192, "child shared");
    strcpy(v + 8192, "child private");
    _exit(0);
  }
  wait(NULL);
  puts(s + 8192), puts(v + 8192);
  char *o = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 8192);
  puts(o);
  P(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 100));
  P(mprotect(o, 4096, PROT_READ | PROT_WRITE));
  int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
  P(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
  P(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, wo, 0));
  Q(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0) != MAP_FAILED);
  P(mmap(NULL, 4096, PROT_READ, MAP_SHARED, open(".", O_RDONLY), 0));
  char *r = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0);
  P(mprotect(r, 4096, PROT_READ | PROT_WRITE));
  close(fd), close(ro), close(wo);
  unlink("f");
  puts(s);
  strcpy(s, "after unlink");
  puts(r);
  munmap(s, 3 * 4096);
  puts(r);
  int m = memfd_create("name", MFD_CLOEXEC);
  Q(m >= 0);
  P(ftruncate(m, 8192));
  char *x = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);
  strcpy(x + 4090, "across");
  P(pread(m, b, 7, 4090));
  puts(b);
  return 0;
}
