// Runs programs of `ring3 fuzz` on Linux, under the schedule that they were run with in ring3.
//
// Every actor is a process (or thread) that waits in shared memory for its next call; the controller lets one go on, waits until
// nobody runs any more (all have ended their call, or sleep in it), and notes what happened. When real-time priorities are
// allowed, actors run before the controller on one CPU, so that it only runs when they all wait (and both before all others, who
// would come in between at each step); else /proc/PID/stat is asked.
// It has namespaces of its own for IPC, mounts and pids, and is process 1 of the last: what is left over ends with kill(-1).
//
// Making an address space costs more than a whole program. So actors are processes of their own (descriptors, handlers, pids) in
// the controller's address space, unless the program can tell (OWN): it maps memory, or several use the long buffer or
// private futexes. IPC objects are removed after each program; their indexes go on, so that of a program that names an
// index (ROTATE) objects are made until they begin at 0, and one that guesses ids has a namespace of its own (FRESH).
//
// Input:  u32 bytes, then  u32 processes, calls, steps, flags; u8 steps[…] padded to 8; calls
//   call: i32 nr │ u8 actor, makes, args, cells │ u32 window │ u32 window's bytes │ u32 pair │ u32 spare; cells of 16 bytes
//   cell: u8 kind │ u8 size │ u16 aux │ u32 address │ u64 value            as in assembly/fuzz/program.ts; no strings
// Output: u32 bytes, i32 pid of each of 8 actors, events as in assembly/fuzz/report.ts
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

enum { ACTORS = 8, CALLS = 64, INPUT = 1 << 16, LOG = 1 << 18 };
enum { DATA = 0x20000000, DATA_BYTES = 0x30000, BIG = 0x20010000, SHARED = 0x21000000, STACKS = 0x61000000, STACK_BYTES = 0x10000 };
enum { OWN = 1, FRESH = 2, FILES = 4, LONG = 8, ROTATE = 16 /* << 0 msg, 1 sem, 2 shm */ };
enum { DONE = 1, BLOCKED, SIGNALLED, GONE, STOPPED, STEP, TIME, QUIET, READY };
enum { CONST, REF, PTR, PID, FILL, HANDLER, RESTORER };

struct cell { uint8_t kind, size; uint16_t aux; uint32_t address; uint64_t value; };
struct call { int32_t nr; uint8_t actor, makes, args, cells; uint32_t window, window_bytes, pair, spare; struct cell cell[]; };

struct slot {
  volatile uint32_t command; // call + 1
  volatile uint32_t done;    // the last command that ended
  volatile int32_t pid;
  uint32_t told; // BLOCKED, STOPPED, GONE: what the log says of the command
  volatile uint32_t life;    // its thread id; the kernel marks it when the actor ends, by the robust list
  int stat_fd;               // /proc/PID/stat, 0 = not open
  char state;
  struct robust_list node;
  struct robust_list_head robust;
};

struct control {
  struct slot slot[ACTORS];
  volatile uint32_t bell;
  volatile uint32_t used;
  int64_t result[CALLS][3];
  uint32_t call_at[CALLS];
  uint32_t calls;
  uint8_t input[INPUT];
  uint8_t log[LOG];
};

static struct control *control = (void *)0x60000000;
static int realtime;

/** The number of the actor that runs stands at the bottom of its stack: the address space may be that of all. */
#define ME (*(volatile int *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(STACK_BYTES - 1)))

static long raw(long nr, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

static void futex_wake(volatile uint32_t *word) { raw(SYS_futex, (long)word, FUTEX_WAKE, 1 << 30, 0, 0, 0); }

static void *event(int type, int actor, int call, int64_t result, uint32_t bytes) {
  uint32_t room = (bytes + 7) & ~7u;
  uint32_t at = __atomic_fetch_add(&control->used, 16 + room, __ATOMIC_SEQ_CST);
  if (at + 16 + room > LOG) return 0;
  uint8_t *p = control->log + at;
  p[0] = type;
  p[1] = actor;
  *(uint16_t *)(p + 2) = call;
  *(uint32_t *)(p + 4) = bytes;
  *(int64_t *)(p + 8) = result;
  return p + 16;
}

static void handler(int signal) {
  int me = ME;
  event(SIGNALLED, me, control->slot[me].command ? control->slot[me].command - 1 : 0, signal, 0);
}

__asm__(".text\nring3_restorer:\n  mov $15, %eax\n  syscall\n");
extern char ring3_restorer[];

static uint64_t value_of(const struct cell *c) {
  switch (c->kind) {
    case REF: {
      unsigned call = c->aux >> 2, slot = c->aux & 3;
      if (call >= control->calls || slot > 2) return c->value;
      return control->result[call][slot] < 0 ? c->value : (uint64_t)control->result[call][slot];
    }
    case PID: return control->slot[c->value & (ACTORS - 1)].pid ? (uint64_t)control->slot[c->value & (ACTORS - 1)].pid : 0x3fffff;
    case HANDLER: return c->value == 2 ? (uint64_t)handler : c->value;
    case RESTORER: return (uint64_t)ring3_restorer;
    default: return c->value;
  }
}

/** Addresses that every program may store to. */
static int ours(uint64_t at, uint64_t bytes) {
  return (at >= DATA && at + bytes <= DATA + DATA_BYTES) || (at >= SHARED && at + bytes <= SHARED + 0x1000);
}

/** Begins actor `number` by clone(2), on its own stack. */
static long spawn(long flags, int number) {
  int stack = control->slot[number].pid ? ACTORS : number; // one that has no number of its own only waits
  uint64_t *top = (void *)((uint64_t)STACKS + (stack + 1) * (uint64_t)STACK_BYTES - 64);
  top[0] = number;
  long result;
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n test %%rax, %%rax\n jnz 1f\n mov (%%rsp), %%rdi\n xor %%ebp, %%ebp\n call ring3_actor\n hlt\n1:"
      : "=a"(result) : "a"((long)SYS_clone), "D"(flags), "S"(top), "d"(0L), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}

static int is_fork(int nr) { return nr == SYS_fork || nr == SYS_clone; }

static void make_call(int index) {
  struct call *c = (void *)(control->input + control->call_at[index]);
  for (int i = 0; i < c->cells; i++) {
    const struct cell *cell = &c->cell[c->args + i];
    uint64_t value = value_of(cell);
    uint64_t bytes = cell->kind == FILL ? cell->aux : cell->size;
    if (!ours(cell->address, bytes)) continue;
    if (cell->kind == FILL) memset((void *)(uint64_t)cell->address, (int)value, bytes);
    else memcpy((void *)(uint64_t)cell->address, &value, bytes);
  }
  long a[6] = {0};
  for (int i = 0; i < c->args; i++) a[i] = (long)value_of(&c->cell[i]);
  int me = ME;
  long result;
  if (c->makes && is_fork(c->nr)) {
    int taken = control->slot[c->makes].pid;
    result = spawn(c->nr == SYS_fork ? SIGCHLD : a[0], c->makes);
    while (!taken && result > 0 && !control->slot[c->makes].pid) raw(SYS_futex, (long)&control->bell, FUTEX_WAIT, control->bell, (long)&(struct timespec){0, 1000000}, 0, 0);
  } else result = raw(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
  control->result[index][0] = result;
  if (c->pair && result >= 0 && ours(c->pair, 8)) {
    control->result[index][1] = *(int32_t *)(uint64_t)c->pair;
    control->result[index][2] = *(int32_t *)(uint64_t)(c->pair + 4);
  }
  void *to = event(DONE, me, index, result, c->window_bytes);
  if (to && c->window_bytes) memcpy(to, (void *)(uint64_t)c->window, c->window_bytes);
}

static void rest(void) {
  for (;;) raw(SYS_pause, 0, 0, 0, 0, 0, 0);
}

static void stage(int processes);

/** An actor: waits for commands for ever. */
__attribute__((noreturn, used)) void ring3_actor(long number) {
  struct slot *slot = &control->slot[number];
  if (slot->pid) for (;;) rest();
  ME = (int)number;
  uint32_t tid = (uint32_t)raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
  slot->robust = (struct robust_list_head){{&slot->node}, (char *)&slot->life - (char *)&slot->node, 0};
  slot->node.next = &slot->robust.list;
  slot->life = tid;
  raw(SYS_set_robust_list, (long)&slot->robust, sizeof slot->robust, 0, 0, 0, 0);
  if (number == 0) stage(((uint32_t *)control->input)[0]);
  uint32_t seen = slot->command;
  slot->pid = (int)tid;
  control->bell++;
  futex_wake(&control->bell);
  for (;;) {
    uint32_t command;
    while ((command = slot->command) == seen) raw(SYS_futex, (long)&slot->command, FUTEX_WAIT, command, 0, 0, 0);
    seen = command;
    make_call((int)command - 1);
    slot->done = command;
    control->bell++;
    if (!realtime) futex_wake(&control->bell);
  }
}

static void must(int good, const char *what) {
  if (good) return;
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  _exit(3);
}

/** What every program finds: assembly/fuzz/campaign.ts: stageBuild(). */
static void stage(int processes) {
  uint32_t flags = ((uint32_t *)control->input)[3];
  if (realtime) raw(SYS_sched_setscheduler, 0, SCHED_FIFO, (long)&(struct sched_param){.sched_priority = 2}, 0, 0, 0);
  signal(SIGCHLD, SIG_DFL);
  if (flags & FRESH) must(unshare(CLONE_NEWIPC) == 0, "unshare(CLONE_NEWIPC)");
  setsid();
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(null, i);
  close_range(3, ~0u, 0);
  int fds[2];
  must(pipe2(fds, 0) == 0 && fds[0] == 3, "pipe2");
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
  must(eventfd(0, 0) == 7, "eventfd");
  must(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0 && fds[0] == 8, "socketpair");
  for (int i = 1; i < processes; i++) spawn(flags & OWN ? SIGCHLD : SIGCHLD | CLONE_VM, i);
}

/** State of an actor as /proc tells: R, S, D, T, Z …; 0 when it is gone. */
static char state_of(struct slot *slot) {
  char text[128];
  if (!slot->stat_fd) {
    snprintf(text, sizeof text, "/proc/%d/stat", slot->pid);
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    slot->stat_fd = fd;
  }
  ssize_t n = pread(slot->stat_fd, text, sizeof text - 1, 0);
  if (n <= 0) return 0;
  text[n] = 0;
  char *end = strrchr(text, ')');
  return end ? end[2] : 0;
}

static uint64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static int may_stop(int nr) {
  return nr == SYS_kill || nr == SYS_tkill || nr == SYS_tgkill || nr == SYS_rt_sigqueueinfo || nr == SYS_rt_tgsigqueueinfo || nr == SYS_pidfd_send_signal;
}

/** Waits until no actor runs; 0 when that takes for ever. `all`: those between two calls are asked for, too. */
static int settle(int all) {
  uint64_t began = 0;
  for (int calm = 0; calm < (realtime ? 1 : 2);) {
    int busy = 0;
    for (int i = 0; i < ACTORS; i++) {
      struct slot *s = &control->slot[i];
      if (!s->pid || s->told == GONE) continue;
      if (realtime && !all && !s->told && s->done == s->command && !(s->life & FUTEX_OWNER_DIED)) {
        s->state = 'S';
        continue;
      }
      s->state = state_of(s);
      if (s->state == 'R' || s->state == 'D') busy = 1;
    }
    if (busy) {
      calm = 0;
      if (!began) began = now_ms();
      if (now_ms() - began > 3000) return 0;
      sched_yield();
    } else {
      calm++;
      if (!realtime) sched_yield();
    }
  }
  return 1;
}

/** Notes who sleeps, is stopped or gone, when that is new. */
static void note_states(void) {
  for (int i = 0; i < ACTORS; i++) {
    struct slot *s = &control->slot[i];
    if (!s->pid || s->told == GONE) continue;
    int idle = s->done == s->command;
    uint32_t is = !s->state || s->state == 'Z' || s->state == 'X' ? GONE : s->state == 'T' ? STOPPED : idle ? 0 : BLOCKED;
    if (is && is != s->told) event(is, i, s->command ? s->command - 1 : 0, is == STOPPED ? idle : 0, 0);
    if (!is && s->told) event(READY, i, 0, 0, 0);
    s->told = is;
  }
}

static void remove_files(void) {
  static const char *folders[] = {"a", "b", "d", "d/a", "."};
  for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++) {
    DIR *dir = opendir(folders[i]);
    if (!dir) continue;
    for (struct dirent *e; (e = readdir(dir));) {
      if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
      if (unlinkat(dirfd(dir), e->d_name, 0) < 0) unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
  }
}

/** Makes System V objects until the next one has index 0: Linux gives out 64 of them in turn. */
static void rotate(int kind) {
  for (int n = 0; n < 200; n++) {
    int id = kind == 0 ? msgget(IPC_PRIVATE, 0) : kind == 1 ? semget(IPC_PRIVATE, 1, 0) : shmget(IPC_PRIVATE, 4096, 0);
    if (kind == 0) msgctl(id, IPC_RMID, 0);
    else if (kind == 1) semctl(id, 0, IPC_RMID);
    else shmctl(id, IPC_RMID, 0);
    if ((id & 0x7fff) == 63) return;
  }
}

/** Whether the last program left something in the long buffer. */
static int long_used;

static void begin_memory(uint32_t flags) {
  memset((void *)SHARED, 0, 64);
  memset((void *)DATA, 0, BIG - DATA);
  if (flags & (OWN | LONG) && long_used) memset((void *)BIG, 0, DATA + DATA_BYTES - BIG);
  long_used = flags & LONG;
}

/** Runs the program at control->input; 0 when it had to be given up. */
static int run(void) {
  uint32_t *head = (void *)control->input;
  uint32_t processes = head[0], calls = head[1], steps = head[2], flags = head[3];
  uint8_t *step = control->input + 16;
  uint32_t at = (16 + steps + 7) & ~7u;
  if (calls > CALLS || processes > 4) return 0;
  memset(control->slot, 0, sizeof control->slot);
  control->used = 0;
  control->calls = calls;
  for (uint32_t i = 0; i < calls; i++) {
    struct call *c = (void *)(control->input + at);
    control->call_at[i] = at;
    at += 24 + 16 * (c->args + c->cells);
    for (int k = 0; k < 3; k++) control->result[i][k] = -1;
  }
  for (int kind = 0; kind < 3; kind++) if (flags & ROTATE << kind) rotate(kind);
  begin_memory(flags);
  must(spawn(flags & OWN ? SIGCHLD : SIGCHLD | CLONE_VM, 0) > 0, "clone");
  uint64_t began = 0;
  for (uint32_t i = 0; i < processes; i++) {
    while (!control->slot[i].pid) {
      uint32_t bell = control->bell;
      if (control->slot[i].pid) break;
      raw(SYS_futex, (long)&control->bell, FUTEX_WAIT, bell, (long)&(struct timespec){0, realtime ? 100000 : 20000000}, 0, 0);
      if (!began) began = now_ms();
      if (now_ms() - began > 5000) return 0;
    }
  }
  int good = settle(!realtime);
  uint32_t next[ACTORS] = {0};
  for (uint32_t n = 0; good && n < steps; n++) {
    int a = step[n] & (ACTORS - 1);
    struct slot *s = &control->slot[a];
    uint32_t k = next[a];
    while (k < calls && ((struct call *)(control->input + control->call_at[k]))->actor != a) k++;
    if (k >= calls || !s->pid || s->told || s->done != s->command) break;
    next[a] = k + 1;
    event(STEP, a, k, 0, 0);
    s->command = k + 1;
    futex_wake(&s->command);
    good = settle(!realtime || may_stop(((struct call *)(control->input + control->call_at[k]))->nr));
    note_states();
  }
  return good;
}

/** Ends all actors and takes away what they made. */
static void end_all(void) {
  kill(-1, SIGKILL);
  while (waitpid(-1, 0, 0) > 0 || errno != ECHILD);
  for (int i = 0; i < ACTORS; i++) if (control->slot[i].stat_fd) close(control->slot[i].stat_fd);
  for (uint32_t i = 0; i < control->calls; i++) {
    int nr = ((struct call *)(control->input + control->call_at[i]))->nr;
    int id = (int)control->result[i][0];
    if (id < 0) continue;
    if (nr == SYS_msgget) msgctl(id, IPC_RMID, 0);
    else if (nr == SYS_semget) semctl(id, 0, IPC_RMID);
    else if (nr == SYS_shmget) shmctl(id, IPC_RMID, 0);
  }
  if (((uint32_t *)control->input)[3] & FILES) {
    remove_files();
    raw(SYS_mq_unlink, (long)"q", 0, 0, 0, 0, 0);
    raw(SYS_mq_unlink, (long)"r", 0, 0, 0, 0, 0);
  }
}

static void setup(void) {
  must(mmap(control, sizeof *control, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
  if (geteuid() != 0) must(unshare(CLONE_NEWUSER) == 0, "unshare(CLONE_NEWUSER)");
  must(unshare(CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWPID) == 0, "unshare");
  pid_t init = fork();
  must(init >= 0, "fork");
  if (init) {
    int status;
    while (waitpid(init, &status, 0) < 0 && errno == EINTR);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  must(mount("none", "/", 0, MS_REC | MS_PRIVATE, 0) == 0, "mount");
  must(mount("proc", "/proc", "proc", 0, 0) == 0, "mount /proc");
  must(mount("tmpfs", "/tmp", "tmpfs", 0, 0) == 0, "mount /tmp");
  must(chdir("/tmp") == 0, "chdir");
  must(mkdir("f", 0777) == 0 && chdir("f") == 0, "mkdir");
  umask(0);
  must(mmap((void *)DATA, DATA_BYTES, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
  must(mmap((void *)SHARED, 0x1000, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
  must(mmap((void *)(uint64_t)STACKS, (ACTORS + 1) * STACK_BYTES, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct caps[2];
  if (syscall(SYS_capget, &head, caps) == 0) {
    // Not every root has it; assembly/fuzz/campaign.ts: dropResource().
    caps[0].effective &= ~(1u << CAP_SYS_RESOURCE);
    caps[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
    caps[0].inheritable &= ~(1u << CAP_SYS_RESOURCE);
    syscall(SYS_capset, &head, caps);
  }
  setrlimit(RLIMIT_NOFILE, &(struct rlimit){1024, 4096});
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(sched_getcpu(), &set);
  realtime = sched_setaffinity(0, sizeof set, &set) == 0 && sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1}) == 0;
}

#ifndef RING3_PROGRAM
static int read_all(void *to, size_t n) {
  for (size_t done = 0; done < n;) {
    ssize_t got = read(0, (char *)to + done, n - done);
    if (got == 0) return 0;
    if (got < 0 && errno != EINTR) return 0;
    if (got > 0) done += got;
  }
  return 1;
}

static void write_all(const void *from, size_t n) {
  for (size_t done = 0; done < n;) {
    ssize_t put = write(1, (const char *)from + done, n - done);
    if (put < 0 && errno != EINTR) _exit(5);
    if (put > 0) done += put;
  }
}

int main(void) {
  signal(SIGPIPE, SIG_DFL);
  setup();
  signal(SIGCHLD, SIG_IGN);
  uint32_t bytes;
  while (read_all(&bytes, 4)) {
    if (bytes > INPUT || !read_all(control->input, bytes)) return 6;
    int good = run();
    uint32_t head[1 + ACTORS];
    for (int i = 0; i < ACTORS; i++) head[1 + i] = control->slot[i].pid;
    uint32_t used = good && control->used <= LOG ? control->used : 0;
    head[0] = used;
    write_all(head, sizeof head);
    write_all(control->log, used);
    end_all();
  }
  return 0;
}
#else
int main(void) {
  setup();
  signal(SIGCHLD, SIG_IGN);
  memcpy(control->input, ring3_program, sizeof ring3_program);
  int good = run();
  static const char *names[] = {"", "ends with", "sleeps", "handles signal", "is gone", "is stopped", "begins"};
  for (uint32_t at = 0; good && at < control->used;) {
    uint8_t *p = control->log + at;
    uint32_t bytes = *(uint32_t *)(p + 4);
    int call = *(uint16_t *)(p + 2);
    if (p[0] == DONE || p[0] == SIGNALLED) printf("p%d %s %s %lld\n", p[1], p[0] == DONE ? ring3_names[call] : "", names[p[0]], (long long)*(int64_t *)(p + 8));
    else if (p[0] < STEP) printf("p%d %s %s\n", p[1], ring3_names[call], names[p[0]]);
    at += 16 + ((bytes + 7) & ~7u);
  }
  end_all();
  return good ? 0 : 1;
}
#endif
