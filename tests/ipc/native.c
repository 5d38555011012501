// Makes system calls that are read from stdin, one a line, and prints what they returned: the oracle of the model tests.
//
//   NR STORE ARG…   STORE: slot that keeps a result ≥ 0, or -
//   ARG: iN number, sN what slot N holds, pN+M that plus M, bHEX bytes to be read, xHEX bytes that are shown
//        afterwards, lHEX:AT+TO the same with the address of byte TO at byte AT, oN a buffer of N bytes, n null
//   answer: RESULT [HEX of each buffer that may be written]
//   an empty line: the sequence ends; the descriptors above 2 are closed and the slots emptied
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static long slots[64];
static unsigned char buffers[6][1 << 17];

static void drop_resource_capability(void) {
  struct { unsigned version; int pid; } head = {0x20080522, 0};
  struct { unsigned effective, permitted, inheritable; } data[2];
  syscall(SYS_capget, &head, data);
  data[0].effective &= ~(1u << 24);
  data[0].permitted &= ~(1u << 24);
  syscall(SYS_capset, &head, data);
}

static int nibble(int c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

int main(void) {
  static char line[1 << 19];
  if (unshare(CLONE_NEWIPC)) return 77;
  drop_resource_capability();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGIO, SIG_IGN);
  syscall(SYS_close_range, 3, ~0u, 0);
  for (int i = 0; i < 64; i++) slots[i] = -1;
  while (fgets(line, sizeof line, stdin)) {
    if (line[0] == '\n') {
      syscall(SYS_close_range, 3, ~0u, 0);
      for (int i = 0; i < 64; i++) slots[i] = -1;
      printf("\n");
      fflush(stdout);
      continue;
    }
    long args[6] = {0}, outs[6] = {0};
    int store = -1, n = 0;
    char *save, *word = strtok_r(line, " \n", &save);
    long nr = atol(word);
    word = strtok_r(0, " \n", &save);
    if (word[0] != '-') store = atoi(word);
    for (word = strtok_r(0, " \n", &save); word && n < 6; word = strtok_r(0, " \n", &save), n++) {
      char *plus;
      switch (word[0]) {
        case 'i': args[n] = strtoll(word + 1, 0, 10); break;
        case 's': args[n] = slots[atoi(word + 1)]; break;
        case 'p': plus = strchr(word, '+'); args[n] = slots[atoi(word + 1)] + atol(plus + 1); break;
        case 'l':
        case 'x':
        case 'b': {
          char *links = strchr(word, ':');
          size_t len = (links ? (size_t)(links - word) - 1 : strlen(word + 1)) / 2;
          for (size_t i = 0; i < len; i++) buffers[n][i] = nibble(word[1 + 2 * i]) << 4 | nibble(word[2 + 2 * i]);
          args[n] = (long)buffers[n];
          if (word[0] != 'b') outs[n] = len;
          for (; links; links = strchr(links + 1, ':')) {
            unsigned char *to = buffers[n] + atol(strchr(links, '+') + 1);
            memcpy(buffers[n] + atol(links + 1), &to, 8);
          }
          break;
        }
        case 'o': outs[n] = atol(word + 1); memset(buffers[n], 0xee, outs[n]); args[n] = (long)buffers[n]; break;
      }
    }
    errno = 0;
    long r = syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
    if (r == -1) r = -errno;
    if (store >= 0) slots[store] = r < 0 && r > -4096 ? -1 : r;
    printf("%ld", r);
    for (int i = 0; i < 6; i++) {
      if (!outs[i]) continue;
      putchar(' ');
      for (long j = 0; j < outs[i]; j++) putchar("0123456789abcdef"[buffers[i][j] >> 4]), putchar("0123456789abcdef"[buffers[i][j] & 15]);
    }
    putchar('\n');
  }
  return 0;
}
