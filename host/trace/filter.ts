// `-e trace=` of strace: names, classes (%file), regular expressions (/^open), negation (!).
import { ROWS } from "./rows.ts";

const LISTS: Record<string, string> = {
  process: "clone clone3 execve execveat exit exit_group fork kill pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo tgkill tkill vfork wait4 waitid",
  signal: "kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4 tgkill tkill pidfd_send_signal",
  network: "accept accept4 bind connect getpeername getsockname getsockopt getpmsg listen putpmsg recvfrom recvmmsg recvmsg sendfile sendmmsg sendmsg sendto setsockopt shutdown socket socketpair",
  ipc: "msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget",
  memory: "brk get_mempolicy io_destroy io_setup madvise mbind migrate_pages mincore mlock mlock2 mlockall mmap move_pages mprotect mremap msync munlock munlockall munmap pkey_mprotect remap_file_pages set_mempolicy set_mempolicy_home_node shmat shmdt",
  stat: "stat", lstat: "lstat", fstat: "fstat newfstatat statx",
  statfs: "statfs", fstatfs: "fstatfs",
  "%stat": "stat lstat fstat newfstatat statx", "%statfs": "statfs fstatfs ustat",
  creds: "capget capset getegid geteuid getgid getgroups getresgid getresuid getuid prctl setfsgid setfsuid setgid setgroups setregid setresgid setresuid setreuid setuid",
  clock: "adjtimex clock_adjtime clock_getres clock_gettime clock_settime gettimeofday settimeofday time",
  pure: "getegid geteuid getgid getpgrp getpid getppid gettid getuid",
};

const NOT_FILE = new Set("fsconfig".split(" "));
const FILE_TOO = "getcwd mount swapon swapoff acct quotactl umount2 execveat fanotify_mark".split(" ");
const DESCRIPTORS_TOO = "mmap epoll_create epoll_create1 eventfd eventfd2 select pselect6 poll ppoll pipe pipe2 dup dup2 dup3 inotify_init inotify_init1 memfd_create openat open creat signalfd signalfd4 timerfd_create pidfd_open userfaultfd mq_open io_uring_setup memfd_secret".split(" ");

function classNames(name: string): string[] | null {
  if (name === "all") return ROWS.map((r) => r.name);
  if (name === "file") return ROWS.filter((r) => (r.args.some((a) => a.kind === "path") && !NOT_FILE.has(r.name)) || FILE_TOO.includes(r.name)).map((r) => r.name);
  if (name === "desc") {
    const sockets = new Set(LISTS.network.split(" ").filter((n) => n !== "sendfile"));
    return ROWS.filter((r) => !sockets.has(r.name) && (r.args.some((a) => a.kind === "fd" || a.kind === "dirfd") || DESCRIPTORS_TOO.includes(r.name))).map((r) => r.name);
  }
  const list = LISTS[name];
  return list ? list.split(" ") : null;
}

/**
 * The numbers of the system calls that an expression selects; throws with a message for the user
 * when a word names nothing. `all` and `none` are words of strace too.
 */
export function parseFilter(expression: string): (nr: number) => boolean {
  let text = expression.trim().replace(/^(trace|t)=/, "");
  let negated = false;
  if (text.startsWith("!")) {
    negated = true;
    text = text.slice(1);
  }
  const chosen = new Set<string>();
  for (const word of text.split(",")) for (const name of selected(word.trim())) chosen.add(name);
  const numbers = new Set(ROWS.filter((r) => chosen.has(r.name)).map((r) => r.nr));
  return (nr) => numbers.has(nr) !== negated;
}

function selected(word: string): string[] {
  const optional = word.startsWith("?");
  const name = optional ? word.slice(1) : word;
  if (name === "none") return [];
  if (name === "all") return ROWS.map((r) => r.name);
  if (name.startsWith("/")) {
    const pattern = new RegExp(name.slice(1));
    return ROWS.filter((r) => pattern.test(r.name)).map((r) => r.name);
  }
  if (name.startsWith("%")) {
    const found = classNames(name.slice(1)) ?? (LISTS[name] ? LISTS[name].split(" ") : null);
    if (found) return found;
  } else {
    const row = ROWS.find((r) => r.name === name || String(r.nr) === name);
    if (row) return [row.name];
    if (["file", "desc", "process", "network", "signal", "ipc", "memory"].includes(name)) return classNames(name) as string[];
  }
  if (optional) return [];
  throw new Error(`invalid system call '${name}'`);
}
