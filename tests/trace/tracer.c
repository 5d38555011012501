/* A tracer that prints nothing itself: it tells of every event on one FIFO and obeys another.
   tracer EVENTS COMMANDS PROGRAM ARG...
   Events:  E tid nr a0..a5 sp | X tid result | S tid signo siginfo | T tid signo | D tid | Q tid status | N tid
   Commands: r tid addr len (answered by hex digits or "-"), c (go on). */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *events, *commands;

static void obey(void) {
  char line[256];
  fflush(events);
  while (fgets(line, sizeof line, commands)) {
    int tid;
    unsigned long addr, len;
    if (line[0] == 'c') return;
    if (sscanf(line, "r %d %lx %lu", &tid, &addr, &len) != 3) exit(3);
    unsigned char *buf = malloc(len + 1);
    struct iovec to = {buf, len}, from = {(void *)addr, len};
    if (len > 1 << 20 || process_vm_readv(tid, &to, 1, &from, 1, 0) != (ssize_t)len) fputs("-\n", events);
    else {
      for (unsigned long i = 0; i < len; i++) fprintf(events, "%02x", buf[i]);
      fputc('\n', events);
    }
    free(buf);
    fflush(events);
  }
  exit(3);
}

static int started;

static void on_syscall(int tid) {
  struct __ptrace_syscall_info i;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof i, &i) < 0) return;
  if (i.op == PTRACE_SYSCALL_INFO_ENTRY) {
    if (i.entry.nr == 59) started = 1;
    if (!started) return;
    fprintf(events, "E %d %lu", tid, (unsigned long)i.entry.nr);
    for (int n = 0; n < 6; n++) fprintf(events, " %lx", (unsigned long)i.entry.args[n]);
    fprintf(events, " %lx\n", (unsigned long)i.stack_pointer);
  } else if (i.op == PTRACE_SYSCALL_INFO_EXIT) {
    if (!started) return;
    fprintf(events, "X %d %ld\n", tid, (long)i.exit.rval);
  } else return;
  obey();
}

static void on_signal(int tid, int signo) {
  siginfo_t si;
  if (ptrace(PTRACE_GETSIGINFO, tid, 0, &si) < 0) return;
  fprintf(events, "S %d %d ", tid, signo);
  for (unsigned i = 0; i < sizeof si; i++) fprintf(events, "%02x", ((unsigned char *)&si)[i]);
  fputc('\n', events);
  obey();
}

static void tell(const char *what, int tid, int value) {
  fprintf(events, "%s %d %d\n", what, tid, value);
  obey();
}

int main(int argc, char **argv) {
  int gate[2];
  if (argc < 4 || pipe(gate)) return 3;
  int child = fork();
  if (child == 0) {
    char c;
    close(gate[1]);
    if (read(gate[0], &c, 1) < 0) _exit(3);
    close(gate[0]);
    execv(argv[3], argv + 3);
    _exit(127);
  }
  close(gate[0]);
  events = fopen(argv[1], "w");
  commands = fopen(argv[2], "r");
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, child, 0, options) < 0) return 3;
  ptrace(PTRACE_INTERRUPT, child, 0, 0);
  if (write(gate[1], "x", 1) != 1) return 3;
  close(gate[1]);
  for (;;) {
    int status, tid = waitpid(-1, &status, __WALL);
    if (tid < 0) break;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      tell("Q", tid, status);
      continue;
    }
    int sig = WSTOPSIG(status), event = status >> 16;
    int deliver = 0, how = PTRACE_SYSCALL;
    if (sig == (SIGTRAP | 0x80)) on_syscall(tid);
    else if (event == PTRACE_EVENT_EXIT) tell("D", tid, 0);
    else if (event == PTRACE_EVENT_STOP) {
      if (sig == SIGTRAP) { if (tid != child) tell("N", tid, 0); }
      else { tell("T", tid, sig); how = PTRACE_LISTEN; }
    } else if (event == 0) {
      on_signal(tid, sig);
      deliver = sig;
    }
    ptrace(how, tid, 0, deliver);
  }
  fprintf(events, "Z 0 0\n");
  fflush(events);
  return 0;
}
