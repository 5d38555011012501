// Tasks (threads) and thread groups (processes). A Task is what the scheduler runs; a
// Group is what wait(2), kill(2) and the process tree see.
import { CPU, CPU_CONTEXT_SIZE } from "../cpu/state";
import { Link } from "../lib/list";
import { Mm } from "../mm/space";

/** Task.state. */
export const TASK_RUNNABLE: u32 = 0;
export const TASK_BLOCKED: u32 = 1;
export const TASK_STOPPED: u32 = 2;
export const TASK_ZOMBIE: u32 = 3; // exited, not reaped
export const TASK_DEAD: u32 = 4;
/** A vfork parent, or another wait that only a fatal signal ends. */
export const TASK_UNINTERRUPTIBLE: u32 = 5;
/** A task of the host between two of its system calls. */
export const TASK_HOST_IDLE: u32 = 6;

/** Task.flags. */
export const TF_HOST: u32 = 1; // driven by the host: no guest code, system calls come from outside
export const TF_IN_SYSCALL: u32 = 2; // a blocked call is to be run again (or finished) when the task runs
export const TF_DONE: u32 = 4; // …finished: syscallResult is its result
export const TF_TIMED_OUT: u32 = 8; // the deadline of the wait has passed
export const TF_SIGMASK_SAVED: u32 = 16; // savedMask is to be restored after signal delivery (sigsuspend, ppoll …)
export const TF_VFORK: u32 = 32; // its parent waits for exec or exit
export const TF_EXITING: u32 = 64;
export const TF_RETRY: u32 = 128; // this run of the handler is not its first
export const TF_DEADLINE: u32 = 256; // deadline is set for the call in progress
export const TF_TRACED_ENTRY: u32 = 512; // the host was told of the entry of the call in progress
export const TF_FORKED: u32 = 1024; // has not exec'ed since fork (setpgid)
export const TF_NEW: u32 = 2048; // has never run
export const TF_FREE_LATER: u32 = 4096; // dead and forgotten while it was running
export const TF_REAL_DEADLINE: u32 = 8192; // deadline is a time of CLOCK_REALTIME: it moves when that is set

/** Task.modes: what prctl(2) sets and a child inherits. */
export const TASK_MCE_PROCESS: u32 = 1; // PR_MCE_KILL_SET was called
export const TASK_MCE_EARLY: u32 = 2;
export const TASK_IO_FLUSHER: u32 = 4;

/** An entry of a wait queue: a task that sleeps for it. */
@unmanaged
export class Waiter extends Link {
  task: Task;
  /** Private to the queue's owner: futex bitset, poll slot, semop arguments … */
  key: u64;
  /** The next waiter of the same task. */
  sibling: Waiter | null;
  flags: u32;
}

/** A queue of waiters: an empty list at first (waitInit). */
@unmanaged
export class WaitQueue extends Link {}

@unmanaged
export class Cred {
  refs: u32;
  uid: u32;
  euid: u32;
  suid: u32;
  fsuid: u32;
  gid: u32;
  egid: u32;
  sgid: u32;
  fsgid: u32;
  groupCount: u32;
  groups: usize; // u32[groupCount]
  securebits: u32;
  capInheritable: u64;
  capPermitted: u64;
  capEffective: u64;
  capBounding: u64;
  capAmbient: u64;
}

/** Signal actions, shared by CLONE_SIGHAND tasks. */
@unmanaged
export class SigHand {
  refs: u32;
  spare: u32;
  // 64 actions of 32 bytes: u64 handler, u64 flags, u64 restorer, u64 mask; signal n at 8 + 32 * (n − 1)
  // Behind them a WaitQueue: readers and pollers of signalfds.
}
export const SIGHAND_QUEUE: u32 = 8 + 64 * 32;
export const SIGHAND_BYTES: u32 = SIGHAND_QUEUE + 8;

/** A set of pending signals: a bit mask and the queued siginfos in order of arrival. */
@unmanaged
export class SigPending extends Link {
  mask: u64;
}

/** fs root, cwd, umask, shared by CLONE_FS tasks; the fields hold Path pairs owned by fs/. */
@unmanaged
export class FsContext {
  refs: u32;
  umask: u32;
  rootMount: u32;
  rootDentry: u32;
  cwdMount: u32;
  cwdDentry: u32;
  /** The MntNs (fs/mount.ts): tasks that share this share it. */
  mntNs: usize;
}

@unmanaged
export class Group extends Link {
  /** Process id. */
  pid: i32;
  refs: u32;
  /** Threads, by Task.groupLink. */
  threads: Link;
  threadsPrev: u32;
  threadCount: i32;
  leader: Task;
  parent: Group;
  /** Child groups, by their siblingLink. */
  children: Link;
  childrenPrev: u32;
  siblingNext: u32;
  siblingPrev: u32;
  pgid: i32;
  sid: i32;
  /** wait status, valid once every thread has exited. */
  exitStatus: i32;
  /** 1 once exit_group or a fatal signal ends all threads. */
  exiting: u32;
  /** Signal sent to the parent at exit (SIGCHLD, or clone's). */
  exitSignal: i32;
  /** 1 = all threads gone, waiting to be reaped; 2 = reaped, only pidfds know it. */
  zombie: u32;
  /** Parents sleep here in wait4. */
  waitChildren: WaitQueue;
  waitChildrenPrev: u32;
  /** pidfd pollers. */
  exitWaiters: WaitQueue;
  exitWaitersPrev: u32;
  /** Job control: stop signal not yet reported, stopped, continued not yet reported. */
  stopSignal: i32;
  stopped: u32;
  continued: u32;
  stopReported: u32;
  /** PR_SET_CHILD_SUBREAPER. */
  subreaper: u32;
  /** How often it has called execve. */
  execed: u32;
  /** Controlling terminal (tty/tty.ts), 0 when none. */
  tty: u32;
  /** Started by the host, which does its job control. */
  ofHost: u32;
  /** rlimits: 16 × (u64 soft, u64 hard). */
  rlimits: usize;
  /** Timers (setitimer real, posix timers): private to task/timer.ts. */
  timers: usize;
  /** Instructions of exited threads; and those of reaped children. */
  instructions: u64;
  childInstructions: u64;
  /** USAGE_BYTES of task/usage.ts: of ended threads, and of reaped children. */
  usage0: u64;
  usage1: u64;
  usage2: u64;
  usage3: u64;
  usage4: u64;
  usage5: u64;
  usage6: u64;
  childUsage0: u64;
  childUsage1: u64;
  childUsage2: u64;
  childUsage3: u64;
  childUsage4: u64;
  childUsage5: u64;
  childUsage6: u64;
  peakRss: u64;
  childPeakRss: u64;
  startTime: u64;
  /** Process-directed pending signals: a SigPending, 8-byte aligned. */
  pending: SigPending;
  pendingPrev: u32;
  pendingMask: u64;
  oomScoreAdj: i32;
  spare: u32;
  sessionLeader: u32;
  alarmTimer: usize;
  nameSpaces: usize;
  /** Real user id of the last thread, kept for waitid(2). */
  uid: u32;
  /** Timers of timer_create(2): task/posixtimer.ts. */
  posixTimers: Link;
  posixTimersPrev: u32;
  nextTimerId: i32;
  /** Those of them that run on CPU time and are armed. */
  cpuTimers: u32;
  /** Thread of the parent that made this process, or took it over: __WNOTHREAD, PR_SET_PDEATHSIG. */
  parentTid: i32;
}

@unmanaged
export class Task extends Link {
  // Link: the run queue.
  /** Thread id. */
  tid: i32;
  state: u32;
  flags: u32;
  group: Group;
  groupNext: u32;
  groupPrev: u32;
  /** All tasks, in order of creation. */
  allNext: u32;
  allPrev: u32;
  mm: Mm;
  files: usize; // fs/fdtable.ts FdTable
  fs: FsContext;
  cred: Cred;
  sighand: SigHand;
  /** Blocked signals, what to restore after sigsuspend and friends. */
  sigmask: u64;
  savedMask: u64;
  /** Thread-directed pending signals: a SigPending, 8-byte aligned. */
  pending: SigPending;
  pendingPrev: u32;
  pendingMask: u64;
  altStack: u64;
  altSize: u64;
  altFlags: u32;
  /** The call in progress: number and arguments as they were at entry. */
  syscallNr: i32;
  arg0: u64;
  arg1: u64;
  arg2: u64;
  arg3: u64;
  arg4: u64;
  arg5: u64;
  syscallResult: i64;
  /** Handlers keep what they have done so far here between re-runs (bytes, an index, an object). */
  sysProgress: u64;
  sysObject: usize;
  /** Absolute, ns on CLOCK_MONOTONIC; 0 = none. Set through waitDeadline. */
  deadline: u64;
  /** Place in the heap of task/sleep.ts. */
  heapIndex: u32;
  /** User whose processes this task counts among (task/user.ts). */
  countedUid: u32;
  waiters: Waiter | null;
  /** The waiter used for the first queue of a wait. */
  ownWaiter: u64;
  waiterRoom1: u64;
  waiterRoom2: u64;
  waiterRoom3: u64;
  waiterRoom4: u64;
  clearChildTid: u64;
  robustList: u64;
  rseq: u64;
  /** Restart data of restart_syscall: kind, and the absolute deadline. */
  restartKind: u32;
  restartPad: u32;
  restartDeadline: u64;
  restartArg: u64;
  /** Set when a fatal signal was chosen: its number | 0x80 for a core. */
  exitCode: i32;
  /** The Task that waits for this one's exec, and the one that this one waits for. */
  vforkParent: u32;
  vforkChild: u32;
  comm0: u64; // 16 bytes: TASK_COMM_LEN
  comm1: u64;
  instructions: u64;
  /** USAGE_BYTES of task/usage.ts. */
  usage0: u64;
  usage1: u64;
  usage2: u64;
  usage3: u64;
  usage4: u64;
  usage5: u64;
  usage6: u64;
  nice: i32;
  policy: u32;
  rtPriority: u32;
  noNewPrivs: u32;
  personality: u32;
  pdeathSignal: i32;
  timerSlackNs: u64;
  /** What PR_SET_TIMERSLACK with 0 goes back to: the slack at fork. */
  defaultSlackNs: u64;
  /** TASK_NOTSC and others that prctl(2) sets. */
  modes: u32;
  modesPad: u32;
  /** The PI futex that this task waits for, and the first of those that it owns and others wait for (ipc/futexpi.ts). */
  piBlockedOn: u32;
  piOwned: u32;
  /** What the scheduler goes by: 0 … 98 real time, 100 … 139 nice, lower runs first; lent by waiters of its PI futexes. */
  prio: i32;
  /** Index of the futex that woke a futex_waitv(2). */
  futexIndex: i32;
  /** SECCOMP_MODE_*, RESET_ON_FORK of sched_setattr(2), I/O priority. */
  seccomp: u32;
  schedReset: u32;
  ioprio: u32;
  /** Private to ipc/sem (undo list), poll. */
  semUndo: usize;
  pollState: usize;
  /** Bytes CPU 0 … CPU_CONTEXT_SIZE while another task runs. */
  context: usize;
  /** IPC namespace (ipc/ipcns.ts), and the IpcWait of a task that sleeps in System V IPC or on a message queue. */
  ipcNs: usize;
  ipcWait: usize;
  /** Segments that this task has made (ipc/shm.ts). */
  shmMade: u32;
  shmMadePrev: u32;
  /** UTS name space (task/uts.ts). */
  utsNs: usize;
  utsPad: u32;
  /** Fault injection (task/inject.ts): invocations of each call, and what is done to the one in progress. */
  injectCounts: usize;
  injected: u32;
  /** A store of the instruction at which the task was pre-empted that others do not see yet (cpu/step.ts); size 0 = none. */
  delayedAddress: u64;
  delayedValue: u64;
  delayedSize: u32;
  delayedPad: u32;
  spare0: u64;
  spare1: u64;
  spare2: u64;
}

/** The task that runs now (null between tasks). */
export let current: Task = changetype<Task>(0);

export function setCurrent(task: Task): void {
  current = task;
}

/** Saves the CPU block to the task. */
export function contextSave(task: Task): void {
  memory.copy(task.context, CPU, CPU_CONTEXT_SIZE);
}

export function contextLoad(task: Task): void {
  memory.copy(CPU, task.context, CPU_CONTEXT_SIZE);
}

// @ts-ignore: decorator
@inline
export function groupThreads(group: Group): Link {
  return changetype<Link>(changetype<usize>(group) + offsetof<Group>("threads"));
}

// @ts-ignore: decorator
@inline
export function groupChildren(group: Group): Link {
  return changetype<Link>(changetype<usize>(group) + offsetof<Group>("children"));
}

export function taskOfGroupLink(link: Link): Task {
  return changetype<Task>(changetype<usize>(link) - offsetof<Task>("groupNext"));
}

export function groupOfSiblingLink(link: Link): Group {
  return changetype<Group>(changetype<usize>(link) - offsetof<Group>("siblingNext"));
}

export function taskOfAllLink(link: Link): Task {
  return changetype<Task>(changetype<usize>(link) - offsetof<Task>("allNext"));
}

export function groupWaitQueue(group: Group): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(group) + offsetof<Group>("waitChildren"));
}

export function groupExitQueue(group: Group): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(group) + offsetof<Group>("exitWaiters"));
}

export function groupTimers(group: Group): Link {
  return changetype<Link>(changetype<usize>(group) + offsetof<Group>("posixTimers"));
}

export function groupPending(group: Group): SigPending {
  return changetype<SigPending>(changetype<usize>(group) + offsetof<Group>("pending"));
}

export function taskPending(task: Task): SigPending {
  return changetype<SigPending>(changetype<usize>(task) + offsetof<Task>("pending"));
}
