// flavours: static pie
#include "guest.h"
#include <sys/sysinfo.h>
#include <sys/random.h>
int main(void) {
  struct utsname u;
  P(uname(&u));
  printf("%s %s\n", u.sysname, u.machine);
  Q(atoi(u.release) >= 4);
  Q(u.nodename[0] != 0);
  struct sysinfo si;
  P(sysinfo(&si));
  Q(si.totalram > 0 && si.freeram <= si.totalram && si.mem_unit > 0);
  struct rlimit rl;
  for (int i = 0; i < 16; i++) P(getrlimit(i, &rl));
  P(getrlimit(16, &rl));
  getrlimit(RLIMIT_STACK, &rl);
  P(rl.rlim_cur);
  rl.rlim_cur = 100, rl.rlim_max = 50;
  P(setrlimit(RLIMIT_NOFILE, &rl));
  rl.rlim_cur = 50;
  P(setrlimit(RLIMIT_NOFILE, &rl));
  P(prlimit(0, RLIMIT_NOFILE, NULL, &rl));
  printf("%ld %ld\n", (long)rl.rlim_cur, (long)rl.rlim_max);
  P(prlimit(99999, RLIMIT_NOFILE, NULL, &rl));
  unsigned char b[32] = {0};
  P(getrandom(b, 32, 0));
  int any = 0;
  for (int i = 0; i < 32; i++) any |= b[i];
  Q(any);
  P(getrandom(b, 16, GRND_NONBLOCK));
  P(getrandom(b, 16, 99));
  P(umask(027)), P(umask(022));
  char name[20] = "";
  P(prctl(PR_SET_NAME, "a name that is too long"));
  P(prctl(PR_GET_NAME, name));
  puts(name);
  P(prctl(PR_GET_DUMPABLE));
  P(prctl(PR_SET_DUMPABLE, 0)), P(prctl(PR_GET_DUMPABLE));
  P(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)), P(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  P(prctl(9999));
  P(sched_yield());
  cpu_set_t set;
  Q(sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) >= 1);
  P(sched_getscheduler(0));
  P(sched_get_priority_max(SCHED_FIFO)), P(sched_get_priority_min(SCHED_OTHER));
  struct sched_param sp;
  P(sched_getparam(0, &sp)), P(sp.sched_priority);
  errno = 0;
  int nice_before = getpriority(PRIO_PROCESS, 0);
  Q(nice(1) == nice_before + 1);
  Q(getpriority(PRIO_PROCESS, 0) == nice_before + 1);
  unsigned cpu;
  P(syscall(SYS_getcpu, &cpu, NULL, NULL));
  P(sysconf(_SC_PAGESIZE)), P(sysconf(_SC_CLK_TCK));
  Q(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  P(syscall(9999));
  P(syscall(-1));
  P(syscall(SYS_personality, 0xffffffff));
  P(gethostname((char *)b, 0));
  return 0;
}
