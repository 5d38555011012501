#include "guest.h"
// Code that is written, changed and written next to data.
typedef int (*fn)(int);
int main(void) {
  unsigned char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // lea n(%rdi), %eax; ret
  unsigned char code[] = {0x8d, 0x87, 0, 0, 0, 0, 0xc3};
  memcpy(p, code, sizeof code);
  long sum = 0;
  for (int i = 0; i < 1000; i++) {
    *(int *)(p + 2) = i;
    sum += ((fn)p)(1);
  }
  P(sum);
  // One byte of an instruction is changed by the sequence that holds it.
  unsigned char own[] = {0xc6, 0x05, 0x02, 0, 0, 0, 0x2a, /* movb $42, 2(%rip) */ 0xb8, 0x01, 0x11, 0, 0, /* mov $0x1101, %eax: its second byte is written */ 0xc3};
  memcpy(p + 256, own, sizeof own);
  P(((fn)(p + 256))(0));
  P(((fn)(p + 256))(0));
  // Code and data in neighbouring lines of a page.
  memcpy(p + 1024, code, sizeof code);
  volatile int *data = (int *)(p + 1024 + 64);
  for (int i = 0; i < 100000; i++) *data += ((fn)(p + 1024))(i) & 1;
  P(*data);
  volatile int *close_data = (int *)(p + 1024 + 8);
  *close_data = 0;
  for (int i = 0; i < 1000; i++) *close_data += ((fn)(p + 1024))(i) & 1;
  P(*close_data);
  // An instruction over the page's end.
  memcpy(p + 4096 - 3, code, sizeof code);
  *(int *)(p + 4096 - 1) = 70000;
  P(((fn)(p + 4096 - 3))(5));
  *(int *)(p + 4096 - 1) = 80000;
  P(((fn)(p + 4096 - 3))(5));
  // By a system call, by another mapping, by mprotect and a new mapping.
  int fds[2], seven = 777;
  pipe(fds);
  write(fds[1], &seven, 4);
  read(fds[0], p + 2, 4);
  P(((fn)p)(0));
  int m = memfd_create("code", 0);
  ftruncate(m, 4096);
  unsigned char *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);
  unsigned char *x = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, m, 0);
  memcpy(w, code, sizeof code);
  for (int i = 10; i < 13; i++) {
    *(int *)(w + 2) = i;
    P(((fn)x)(0));
  }
  pwrite(m, &seven, 4, 2);
  P(((fn)x)(0));
  mmap(x, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  memcpy(x, code, sizeof code);
  P(((fn)x)(9));
  if (fork() == 0) {
    *(int *)(x + 2) = 100;
    P(((fn)x)(9));
    exit(0);
  }
  wait(NULL);
  P(((fn)x)(9));
  return 0;
}
