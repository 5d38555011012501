// Signals: sending, queueing, choosing, default actions, job control. signal(7); kernel: kernel/signal.c.
// Frames on the guest's stack are made by sigframe.ts.
import { EINVAL, EAGAIN, EPERM, ESRCH } from "../abi/errno";
import {
  BUS_ADRALN, CLD_CONTINUED, CLD_STOPPED, FPE_INTDIV, ILL_ILLOPN, SA_NOCLDSTOP, SA_NOCLDWAIT, SA_NODEFER, SA_RESETHAND, SA_RESTART, SIGBUS, SIGCHLD, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINFO_SI_ADDR,
  SIGINFO_SI_CODE, SIGINFO_SI_PID, SIGINFO_SI_SIGNO, SIGINFO_SI_STATUS, SIGINFO_SI_STIME, SIGINFO_SI_TIMERID, SIGINFO_SI_UID, SIGINFO_SI_UTIME, SIGINFO_SI_VALUE, SIGEV_THREAD_ID, SI_TIMER, SIGKILL, SIGSEGV, SIGSTOP, SIGTRAP, 
  SIZEOF_SIGINFO, SI_KERNEL, SI_USER,
} from "../abi/signal";
import { POLLIN } from "../abi/poll";
import { RLIMIT_SIGPENDING } from "../abi/resource";
import { rflagsRead } from "../cpu/flags";
import { CPU, FAULT_CODE, FAULT_CR2, FAULT_SIGNAL, FAULT_VECTOR, RAX, RIP } from "../cpu/state";
import { hostTaskEvent, hostTraceSignal } from "../imports";
import { Link } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { childCode, groupExit } from "./exit";
import { schedDequeue, schedEnqueue } from "./sched";
import { frameBuild } from "./sigframe";
import { PosixTimer, posixTimerDelivered } from "./posixtimer";
import { USER_SIGNALS, userCharge, userCount, userUncharge } from "./user";
import { groupFind, taskAfter, taskFind, taskFirst } from "./table";
import { traceIsOn } from "./trace";
import {
  Group, SIGHAND_BYTES, SIGHAND_QUEUE, SigHand, WaitQueue, SigPending, TASK_BLOCKED, TASK_DEAD, TASK_RUNNABLE, TASK_STOPPED, TASK_UNINTERRUPTIBLE, TF_SIGMASK_SAVED, Task, current, groupPending, groupThreads, groupWaitQueue,
  taskOfGroupLink, taskPending,
} from "./task";
import { ERESTARTNOINTR, ERESTARTSYS, ERESTART_RESTARTBLOCK, wakeAll, wakeTask } from "./wait";

export const SIG_DFL: u64 = 0;
export const SIG_IGN: u64 = 1;
/** Real-time signals begin here; those below are queued once. */
export const SIGRTMIN: i32 = 32;
const CAP_KILL: u64 = 1 << 5;

/** A queued signal: its siginfo_t. */
@unmanaged
export class Queued extends Link {
  signal: i32;
  /** Whose RLIMIT_SIGPENDING it counts for. */
  uid: u32;
  /** The POSIX timer that sent it. */
  timer: PosixTimer | null;
  pad: u32;
  // siginfo_t follows
}
const INFO: usize = 24;
const QUEUED_BYTES: u32 = 24 + SIZEOF_SIGINFO;

const REPORT = memory.data(168, 8);
const WORK = memory.data(128, 8);

// @ts-ignore: decorator
@inline
export function sigbit(signal: i32): u64 {
  return <u64>1 << (<u64>signal - 1);
}

const UNBLOCKABLE: u64 = (1 << 8) | (1 << 18); // SIGKILL, SIGSTOP
/** SIGSTOP SIGTSTP SIGTTIN SIGTTOU */
const STOP_SET: u64 = (1 << 18) | (1 << 19) | (1 << 20) | (1 << 21);
const CONT_SET: u64 = 1 << 17;
/** Default action: ignore. SIGCHLD SIGCONT SIGURG SIGWINCH. */
const IGNORE_SET: u64 = (1 << 16) | (1 << 17) | (1 << 22) | (1 << 27);
/** Default action: core dump. QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS. */
const CORE_SET: u64 = (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 10) | (1 << 23) | (1 << 24) | (1 << 30);
/** Signals of the CPU, delivered before others. */
const SYNCHRONOUS: u64 = (1 << 10) | (1 << 6) | (1 << 3) | (1 << 4) | (1 << 7) | (1 << 30);

export function signalsInit(): void {
  memory.fill(REPORT, 0, 168);
}

/** {u32 tid, u32 signal, u32 code; u64 addr at 16, u64 rip at 24, u64 rflags at 32, u64 gpr[16] at 40} of the last fault. */
export function faultReport(): usize {
  return REPORT;
}

function faultKeep(task: Task, signal: i32, code: i32, addr: u64): void {
  store<u32>(REPORT, task.tid);
  store<i32>(REPORT + 4, signal);
  store<i32>(REPORT + 8, code);
  store<u64>(REPORT + 16, addr);
  store<u64>(REPORT + 24, load<u64>(CPU + RIP));
  store<u64>(REPORT + 32, rflagsRead());
  memory.copy(REPORT + 40, CPU, 128);
}

// ── handlers ────────────────────────────────────────────────────────────────────────

/** Address of the action of a signal: u64 handler, flags, restorer, mask. */
// @ts-ignore: decorator
@inline
export function actionOf(sighand: SigHand, signal: i32): usize {
  return changetype<usize>(sighand) + 8 + (<usize>(signal - 1) << 5);
}

export function sighandNew(): SigHand | null {
  const s = changetype<SigHand>(kzalloc(SIGHAND_BYTES));
  if (!changetype<usize>(s)) return null;
  s.refs = 1;
  sighandQueue(s).reset();
  return s;
}

/** Who wants to know of signals: signalfd(2). */
// @ts-ignore: decorator
@inline
export function sighandQueue(s: SigHand): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(s) + SIGHAND_QUEUE);
}

export function sighandCopy(from: SigHand): SigHand | null {
  const s = changetype<SigHand>(kmalloc(SIGHAND_BYTES));
  if (!changetype<usize>(s)) return null;
  memory.copy(changetype<usize>(s), changetype<usize>(from), SIGHAND_BYTES);
  s.refs = 1;
  sighandQueue(s).reset();
  return s;
}

export function sighandDrop(s: SigHand): void {
  if (--s.refs) return;
  // Epolls of other processes may still watch: signalfd_cleanup().
  const queue = sighandQueue(s);
  wakeAll(queue);
  while (!queue.empty) queue.next.unlink();
  kfree(changetype<usize>(s));
}

/** Handlers become default; ignored signals stay ignored. */
export function sighandResetHandlers(s: SigHand): void {
  for (let signal = 1; signal <= 64; signal++) {
    const action = actionOf(s, signal);
    const handler = load<u64>(action);
    memory.fill(action, 0, 32);
    if (handler == SIG_IGN) store<u64>(action, SIG_IGN);
  }
}

/** exec: handlers of its own, all default. */
export function sighandExec(task: Task): void {
  if (task.sighand.refs > 1) {
    const copy = sighandCopy(task.sighand);
    if (copy) {
      sighandDrop(task.sighand);
      task.sighand = copy;
    }
  }
  sighandResetHandlers(task.sighand);
}

/** Whether the group's action on the signal is to ignore it (by default or by choice). */
function ignored(task: Task, signal: i32): bool {
  // As under ptrace, a tracer sees ignored signals too.
  if (task.sigmask & sigbit(signal) || traceIsOn()) return false;
  const handler = load<u64>(actionOf(task.sighand, signal));
  return handler == SIG_IGN || (handler == SIG_DFL && (IGNORE_SET & sigbit(signal)) != 0);
}

// ── queues ──────────────────────────────────────────────────────────────────────────

function maskSet(pending: SigPending, mask: u64): void {
  pending.mask = mask;
}

function discard(pending: SigPending, set: u64): void {
  if (!(pending.mask & set)) return;
  let link = pending.next;
  while (link !== pending) {
    const next = link.next;
    const q = changetype<Queued>(changetype<usize>(link));
    if (sigbit(q.signal) & set) queuedFree(q);
    link = next;
  }
  maskSet(pending, pending.mask & ~set);
}

function queuedFree(q: Queued): void {
  q.unlink();
  userUncharge(q.uid, USER_SIGNALS);
  const timer = q.timer;
  if (timer) timer.queued = 0;
  kfree(changetype<usize>(q));
}

/** A task ends: its own pending signals, and the group's with the last thread. */
export function signalDropPending(task: Task): void {
  discard(taskPending(task), u64.MAX_VALUE);
  if (task.group.threadCount == 1) discard(groupPending(task.group), u64.MAX_VALUE);
}

/** Drops pending instances of signals in `set` from the whole group. */
export function signalDiscard(group: Group, set: u64): void {
  discard(groupPending(group), set);
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) discard(taskPending(taskOfGroupLink(link)), set);
}

/** Adds to a queue: 0, or −EAGAIN when a real-time signal finds no room. */
function enqueue(pending: SigPending, task: Task, signal: i32, info: usize): i32 {
  const bit = sigbit(signal);
  if (signal < SIGRTMIN && pending.mask & bit) return 0;
  wakeAll(sighandQueue(task.sighand), POLLIN);
  const limit = load<u64>(task.group.rlimits + RLIMIT_SIGPENDING * 16);
  let q = changetype<Queued>(0);
  const uid = changetype<usize>(task.cred) ? task.cred.uid : 0;
  const code = load<i32>(info + SIGINFO_SI_CODE);
  // What kill(2) and the kernel send is queued whatever the limit; kernel: __send_signal_locked().
  if ((signal < SIGRTMIN && code >= 0) || <u64>userCount(uid, USER_SIGNALS) < limit) q = changetype<Queued>(kmalloc(QUEUED_BYTES));
  if (!changetype<usize>(q)) {
    if (signal >= SIGRTMIN && code != SI_USER) return -EAGAIN;
    maskSet(pending, pending.mask | bit);
    return 0;
  }
  userCharge(uid, USER_SIGNALS);
  q.uid = uid;
  q.timer = null;
  q.signal = signal;
  memory.copy(changetype<usize>(q) + INFO, info, SIZEOF_SIGINFO);
  q.append(pending);
  maskSet(pending, pending.mask | bit);
  return 0;
}

/** Takes the first instance of `signal` off the queue, its siginfo to `info`. */
function dequeue(pending: SigPending, signal: i32, info: usize): void {
  let found = changetype<Queued>(0);
  let more = false;
  for (let link = pending.next; link !== pending; link = link.next) {
    const q = changetype<Queued>(changetype<usize>(link));
    if (q.signal != signal) continue;
    if (changetype<usize>(found)) {
      more = true;
      break;
    }
    found = q;
  }
  if (changetype<usize>(found)) {
    memory.copy(info, changetype<usize>(found) + INFO, SIZEOF_SIGINFO);
    const timer = found.timer;
    queuedFree(found);
    if (timer) posixTimerDelivered(timer, info);
  } else {
    memory.fill(info, 0, SIZEOF_SIGINFO);
    store<i32>(info + SIGINFO_SI_SIGNO, signal);
  }
  if (!more) maskSet(pending, pending.mask & ~sigbit(signal));
}

/** Whether a signal waits that the task does not block. */
// @ts-ignore: decorator
@inline
export function signalPending(task: Task): bool {
  return ((taskPending(task).mask | groupPending(task.group).mask) & ~task.sigmask) != 0 || task.group.exiting != 0 || task.group.stopSignal != 0 && task.group.stopped == 0;
}

/** Pending signals of thread and process. */
export function signalPendingSet(task: Task): u64 {
  return taskPending(task).mask | groupPending(task.group).mask;
}

/** Lowest signal in the set; synchronous ones first. */
function lowest(set: u64): i32 {
  if (set & SYNCHRONOUS) set &= SYNCHRONOUS;
  return <i32>ctz<u64>(set) + 1;
}

/** Takes a signal of `set` from the task's queues: its number with the siginfo at `info`, 0 when there is none. */
export function signalTake(task: Task, set: u64, info: usize): i32 {
  const own = taskPending(task).mask & set;
  if (own) {
    const signal = lowest(own);
    dequeue(taskPending(task), signal, info);
    return signal;
  }
  const shared = groupPending(task.group).mask & set;
  if (!shared) return 0;
  const signal = lowest(shared);
  dequeue(groupPending(task.group), signal, info);
  return signal;
}

/** Sends the signal of a POSIX timer to `target`, or to its process; Queued in timer.queued unless it is ignored. */
export function signalTimer(timer: PosixTimer, target: Task | null): void {
  const group = timer.group;
  const signal = timer.signal;
  if (group.zombie || !group.threadCount || timer.queued) return;
  if (target ? ignored(target, signal) : ignoredByAll(group, signal)) return;
  const q = changetype<Queued>(kmalloc(QUEUED_BYTES));
  if (!changetype<usize>(q)) return;
  const info = infoBegin(signal, SI_TIMER);
  store<i32>(info + SIGINFO_SI_TIMERID, timer.id);
  store<u64>(info + SIGINFO_SI_VALUE, timer.value);
  const pending = target ? taskPending(target) : groupPending(group);
  q.uid = group.leader.countedUid;
  userCharge(q.uid, USER_SIGNALS);
  q.timer = timer;
  q.signal = signal;
  memory.copy(changetype<usize>(q) + INFO, info, SIZEOF_SIGINFO);
  q.append(pending);
  maskSet(pending, pending.mask | sigbit(signal));
  timer.queued = <u32>changetype<usize>(q);
  wakeAll(sighandQueue(firstThread(group).sighand), POLLIN);
  if (target) taskNotice(target, signal);
  else groupNotice(group, signal);
}

/** Takes back the pending signal of a timer that is deleted or set anew. */
export function signalTimerForget(timer: PosixTimer): void {
  const q = changetype<Queued>(<usize>timer.queued);
  const signal = q.signal;
  const target: Task | null = timer.notify == SIGEV_THREAD_ID ? taskFind(timer.targetTid) : null;
  const pending = target ? taskPending(target) : groupPending(timer.group);
  queuedFree(q);
  for (let link = pending.next; link !== pending; link = link.next) if (changetype<Queued>(changetype<usize>(link)).signal == signal) return;
  maskSet(pending, pending.mask & ~sigbit(signal));
}

// ── sending ─────────────────────────────────────────────────────────────────────────

function infoBegin(signal: i32, code: i32): usize {
  memory.fill(WORK, 0, SIZEOF_SIGINFO);
  store<i32>(WORK + SIGINFO_SI_SIGNO, signal);
  store<i32>(WORK + SIGINFO_SI_CODE, code);
  return WORK;
}

/** siginfo of the kernel, at a place that the next call overwrites. */
export function infoOfKernel(signal: i32, code: i32): usize {
  return infoBegin(signal, code);
}

/** Whether the task would not notice the signal. */
export function signalBlockedOrIgnored(task: Task, signal: i32): bool {
  return (task.sigmask & sigbit(signal)) != 0 || load<u64>(actionOf(task.sighand, signal)) == SIG_IGN;
}

/** siginfo of kill(2) by the running task, at a place that the next call overwrites. */
export function infoOfSender(signal: i32, code: i32): usize {
  const info = infoBegin(signal, code);
  store<i32>(info + SIGINFO_SI_PID, current.group.pid);
  store<u32>(info + SIGINFO_SI_UID, current.cred.uid);
  return info;
}

/** Stop and continue undo each other at once, whatever is blocked. */
function prepare(group: Group, signal: i32): void {
  if (STOP_SET & sigbit(signal)) signalDiscard(group, CONT_SET);
  else if (signal == SIGCONT) {
    signalDiscard(group, STOP_SET);
    continueGroup(group);
  }
}

function continueGroup(group: Group): void {
  const was = group.stopped;
  group.stopSignal = 0;
  group.stopped = 0;
  group.stopReported = 0;
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    const task = taskOfGroupLink(link);
    if (task.state != TASK_STOPPED) continue;
    task.state = TASK_RUNNABLE;
    schedEnqueue(task);
  }
  if (!was) return;
  group.continued = 1;
  tellParent(group, CLD_CONTINUED, SIGCONT);
}

/** Whether the thread would take the signal now. */
function wants(task: Task, signal: i32): bool {
  return !(task.sigmask & sigbit(signal)) || (UNBLOCKABLE & sigbit(signal)) != 0;
}

/** Sends to a process: 0 or −EAGAIN. info is copied. */
export function signalGroup(group: Group, signal: i32, info: usize): i32 {
  if (group.zombie || !group.threadCount) return 0;
  prepare(group, signal);
  if (ignoredByAll(group, signal)) return 0;
  const error = enqueue(groupPending(group), firstThread(group), signal, info);
  return error ? error : groupNotice(group, signal);
}

/** The leader, or another thread once it has ended. */
function firstThread(group: Group): Task {
  return group.leader.state != TASK_DEAD ? group.leader : taskOfGroupLink(groupThreads(group).next);
}

/** A signal was queued for the process: a thread that wants it is told. */
function groupNotice(group: Group, signal: i32): i32 {
  const leader = firstThread(group);
  // The leader if it wants it, else the first thread that does.
  if (wants(leader, signal)) return notify(leader, signal);
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    const task = taskOfGroupLink(link);
    if (wants(task, signal)) return notify(task, signal);
  }
  // Blocked by all: a sleeper in sigtimedwait or on a signalfd may still take it.
  for (let link = threads.next; link !== threads; link = link.next) sigwaitCheck(taskOfGroupLink(link), signal);
  return 0;
}

function ignoredByAll(group: Group, signal: i32): bool {
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    const task = taskOfGroupLink(link);
    // For sigtimedwait, too, only what is blocked is not ignored: real_blocked of kernel/signal.c: sig_ignored().
    if (!ignored(task, signal)) return false;
  }
  return signal != SIGKILL && signal != SIGSTOP;
}

/** Sends to a thread. */
export function signalTask(task: Task, signal: i32, info: usize): i32 {
  if (task.state == TASK_DEAD) return 0;
  prepare(task.group, signal);
  if (ignored(task, signal) && signal != SIGKILL && signal != SIGSTOP) return 0;
  const error = enqueue(taskPending(task), task, signal, info);
  if (!error) taskNotice(task, signal);
  return error;
}

function taskNotice(task: Task, signal: i32): void {
  if (wants(task, signal)) notify(task, signal);
  else sigwaitCheck(task, signal);
}

/** Task.sysProgress of a task that sleeps in sigtimedwait; sysObject holds nothing, arg-derived set is in restartArg. */
export const SIGWAIT: u64 = 0x7369677761697421;

function sigwaitCheck(task: Task, signal: i32): void {
  if (task.state == TASK_BLOCKED && task.sysProgress == SIGWAIT && task.restartArg & sigbit(signal)) wakeTask(task);
}

/** Lets the task notice: it is woken from an interruptible sleep; SIGKILL ends a stop and any sleep. */
function notify(task: Task, signal: i32): i32 {
  if (signal == SIGKILL) {
    killGroup(task.group);
    return 0;
  }
  if (task.state == TASK_BLOCKED) wakeTask(task);
  // A signal that kills ends a wait for a vfork child too.
  else if (task.state == TASK_UNINTERRUPTIBLE && fatal(task, signal)) wakeTask(task);
  return 0;
}

/** Whether the signal's action is to end the process. */
function fatal(task: Task, signal: i32): bool {
  return load<u64>(actionOf(task.sighand, signal)) == SIG_DFL && !((IGNORE_SET | STOP_SET) & sigbit(signal));
}

function killGroup(group: Group): void {
  group.stopSignal = 0;
  group.stopped = 0;
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    const task = taskOfGroupLink(link);
    if (task.state == TASK_STOPPED) {
      task.state = TASK_RUNNABLE;
      schedEnqueue(task);
    } else wakeTask(task);
  }
}

/** A signal to the running task by the kernel itself (SIGPIPE, SIGXFSZ). */
export function signalSelf(signal: i32): void {
  signalTask(current, signal, infoOfSender(signal, SI_USER));
}

/** A signal of the kernel to a process. */
export function signalTaskKill(group: Group, signal: i32): void {
  signalGroup(group, signal, infoBegin(signal, SI_KERNEL));
}

/** PR_SET_PDEATHSIG of each thread of a process whose parent thread has ended. */
export function signalParentDeath(group: Group): void {
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    const signal = taskOfGroupLink(link).pdeathSignal;
    if (signal) signalGroup(group, signal, infoOfSender(signal, SI_USER));
  }
}

/** 0 or −EPERM: whether `current` may signal a process with credentials `to`; kill(2). */
export function killPermission(target: Task, signal: i32): i32 {
  const from = current.cred;
  if (!changetype<usize>(target.cred)) return 0;
  const to = target.cred;
  if (from.euid == to.suid || from.euid == to.uid || from.uid == to.suid || from.uid == to.uid) return 0;
  if (from.capEffective & CAP_KILL) return 0;
  if (signal == SIGCONT && current.group.sid == target.group.sid) return 0;
  return -EPERM;
}

/** kill(2): pid > 0, 0, −1, < −1. 0 or −errno. */
export function signalKill(pid: i32, signal: i32): i32 {
  const info = infoOfSender(signal, SI_USER);
  if (pid > 0) {
    const group = groupFind(pid);
    if (!group) {
      const task = taskFind(pid);
      return task ? killOne(task.group, signal, info) : -ESRCH;
    }
    return killOne(group, signal, info);
  }
  const pgid = pid == 0 ? current.group.pgid : -pid;
  let found = 0;
  let refused = 0;
  let error = 0;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    const group = task.group;
    if (task !== group.leader || group.pid == 1) continue;
    if (pid == -1 ? group === current.group : group.pgid != pgid) continue;
    found++;
    const r = killOne(group, signal, infoOfSender(signal, SI_USER));
    if (!r) continue;
    refused++;
    error = r;
  }
  if (!found) return -ESRCH;
  return refused == found ? error : 0;
}

function killOne(group: Group, signal: i32, info: usize): i32 {
  // kernel/signal.c: check_kill_permission(): only when there is somebody.
  if (<u32>signal > 64) return -EINVAL;
  const error = killPermission(group.leader, signal);
  if (error) return error;
  return signal ? signalGroup(group, signal, info) : 0;
}

/** A signal from outside the machine: to a process, or to a process group when pid is negative. */
export function signalKillFromHost(pid: i32, signal: i32): i32 {
  if (pid > 0) {
    const group = groupFind(pid);
    if (!group || group.zombie) return -ESRCH;
    return signal ? signalGroup(group, signal, infoBegin(signal, SI_KERNEL)) : 0;
  }
  let found = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    const group = task.group;
    if (task !== group.leader || group.pgid != -pid) continue;
    found = 0;
    if (signal) signalGroup(group, signal, infoBegin(signal, SI_KERNEL));
  }
  return found;
}

// ── children ────────────────────────────────────────────────────────────────────────

/** Tells the parent of a stop or continue, unless it asked not to be told. */
function tellParent(group: Group, code: i32, status: i32): void {
  const parent = group.parent;
  if (!changetype<usize>(parent) || !parent.threadCount) return;
  const sighand = taskOfGroupLink(groupThreads(parent).next).sighand;
  wakeAll(groupWaitQueue(parent));
  if (load<u64>(actionOf(sighand, SIGCHLD), 8) & SA_NOCLDSTOP) return;
  signalGroup(parent, SIGCHLD, childInfo(group, code, status));
}

function childInfo(group: Group, code: i32, status: i32): usize {
  const info = infoBegin(SIGCHLD, code);
  store<i32>(info + SIGINFO_SI_PID, group.pid);
  store<u32>(info + SIGINFO_SI_UID, group.zombie ? group.uid : group.leader.cred.uid);
  store<i32>(info + SIGINFO_SI_STATUS, status);
  store<u64>(info + SIGINFO_SI_UTIME, group.instructions / 10_000_000);
  store<u64>(info + SIGINFO_SI_STIME, 0);
  return info;
}

/** A child has ended: its exit signal goes to the parent. */
export function signalChildExit(group: Group): void {
  const parent = group.parent;
  if (!parent.threadCount || !group.exitSignal) return;
  const status = group.exitStatus;
  const info = childInfo(group, childCode(status), status & 0x7f ? status & 0x7f : (status >> 8) & 0xff);
  store<i32>(info + SIGINFO_SI_SIGNO, group.exitSignal);
  signalGroup(parent, group.exitSignal, info);
}

/** Whether the parent wants no zombies: SIGCHLD ignored, or SA_NOCLDWAIT. */
export function signalNoChildWait(parent: Group): bool {
  if (!parent.threadCount) return true;
  const action = actionOf(taskOfGroupLink(groupThreads(parent).next).sighand, SIGCHLD);
  return load<u64>(action) == SIG_IGN || (load<u64>(action, 8) & SA_NOCLDWAIT) != 0;
}

/**
 * `group` ends or has a new parent: when its process group loses its last link to the session through `parent`, and a member
 * is stopped, all get SIGHUP and SIGCONT; kernel: kill_orphaned_pgrp().
 */
export function groupOrphanCheck(group: Group, parent: Group): void {
  const pgid = group.pgid;
  if (parent.pgid == pgid || parent.sid != group.sid || !orphaned(pgid)) return;
  let stopped = false;
  for (let task = taskFirst(); task; task = taskAfter(task)) if (task.group.pgid == pgid && task === task.group.leader && task.group.stopped) stopped = true;
  if (!stopped) return;
  for (let task = taskFirst(); task; task = taskAfter(task)) if (task.group.pgid == pgid && task === task.group.leader) signalGroup(task.group, SIGHUP, infoBegin(SIGHUP, SI_KERNEL));
  for (let task = taskFirst(); task; task = taskAfter(task)) if (task.group.pgid == pgid && task === task.group.leader) signalGroup(task.group, SIGCONT, infoBegin(SIGCONT, SI_KERNEL));
}

/** Whether no process outside the group but in its session is the parent of a member. */
export function orphaned(pgid: i32): bool {
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    const group = task.group;
    if (group.pgid != pgid || task !== group.leader || group.zombie) continue;
    if (group.ofHost) return false; // the host is its shell
    const parent = group.parent;
    if (changetype<usize>(parent) && parent.pid != 1 && parent.pgid != pgid && parent.sid == group.sid) return false;
  }
  return true;
}

// ── faults ──────────────────────────────────────────────────────────────────────────

/** Sends `task` the signal of the fault in the CPU block. It cannot be ignored or blocked. */
export function signalFault(task: Task): void {
  const vector = load<u32>(CPU + FAULT_VECTOR);
  let signal = load<i32>(CPU + FAULT_SIGNAL);
  let code = load<i32>(CPU + FAULT_CODE);
  let addr = load<u64>(CPU + FAULT_CR2);
  switch (vector) {
    case 0: signal = SIGFPE; code = FPE_INTDIV; addr = load<u64>(CPU + RIP); break;
    case 1: signal = SIGTRAP; code = code == 1 ? 1 : 2; addr = load<u64>(CPU + RIP); break;
    case 3: signal = SIGTRAP; code = SI_KERNEL; addr = 0; break;
    case 4: signal = SIGSEGV; code = SI_KERNEL; addr = 0; break;
    case 6: signal = SIGILL; code = ILL_ILLOPN; addr = load<u64>(CPU + RIP); break;
    case 12: signal = SIGBUS; code = SI_KERNEL; addr = 0; break;
    case 13: signal = SIGSEGV; code = SI_KERNEL; addr = 0; break;
    case 14: break;
    case 16:
    case 19: signal = SIGFPE; code = fpeCode(vector); addr = load<u64>(CPU + RIP); break;
    case 17: signal = SIGBUS; code = BUS_ADRALN; break;
  }
  faultKeep(task, signal, code, addr);
  if (signal == SIGKILL) {
    signalGroup(task.group, SIGKILL, infoBegin(SIGKILL, SI_KERNEL));
    return;
  }
  const info = infoBegin(signal, code);
  store<u64>(info + SIGINFO_SI_ADDR, addr);
  force(task, signal, info);
}

/** si_code of a floating-point exception from the unmasked flags. */
function fpeCode(vector: u32): i32 {
  const flags = vector == 16 ? load<u16>(CPU + 1154) & ~load<u16>(CPU + 1152) & 0x3f : (load<u32>(CPU + 304) & ~(load<u32>(CPU + 304) >> 7)) & 0x3f;
  if (flags & 1) return 7; // FPE_FLTINV
  if (flags & 4) return 3; // FPE_FLTDIV
  if (flags & 8) return 4; // FPE_FLTOVF
  if (flags & 0x12) return 5; // FPE_FLTUND
  if (flags & 0x20) return 6; // FPE_FLTRES
  return 0;
}

/** Sends a signal that must be taken: a blocked or ignored one is reset to its default; kernel: force_sig_info(). */
export function force(task: Task, signal: i32, info: usize): void {
  const action = actionOf(task.sighand, signal);
  const blocked = (task.sigmask & sigbit(signal)) != 0;
  if (load<u64>(action) == SIG_IGN || blocked) {
    store<u64>(action, SIG_DFL);
    task.sigmask &= ~sigbit(signal);
  }
  enqueue(taskPending(task), task, signal, info);
}

/** SIGSEGV because a signal frame cannot be written or read. */
export function forceSegv(task: Task, signal: i32): void {
  if (signal == SIGSEGV) store<u64>(actionOf(task.sighand, SIGSEGV), SIG_DFL);
  faultKeep(task, SIGSEGV, SI_KERNEL, 0);
  force(task, SIGSEGV, infoBegin(SIGSEGV, SI_KERNEL));
}

// ── delivery ────────────────────────────────────────────────────────────────────────

const TAKEN = memory.data(128, 8);

/**
 * Delivers what is pending to `current` before it goes to user mode. inSyscall = 1 when a call ended
 * with the restart code `result`. 0 = go on, 1 = the task is dead, 2 = it is stopped.
 */
export function signalsDeliver(inSyscall: i32, result: i64): i32 {
  const task = current;
  let restart = inSyscall != 0;
  while (true) {
    if (task.group.exiting) {
      groupExit(task.group, task.group.exitStatus);
      return 1;
    }
    if (task.group.stopSignal && !task.group.stopped) {
      if (restart) restartCall(task, result, 0, false);
      stopHere(task);
      return 2;
    }
    const signal = signalTake(task, ~task.sigmask | UNBLOCKABLE, TAKEN);
    if (!signal) break;
    const action = actionOf(task.sighand, signal);
    const handler = signal == SIGKILL || signal == SIGSTOP ? SIG_DFL : load<u64>(action);
    if (traceIsOn() && signal != SIGKILL) hostTraceSignal(task.tid, signal, TAKEN);
    if (handler == SIG_IGN) continue;
    if (handler == SIG_DFL) {
      if (IGNORE_SET & sigbit(signal)) continue;
      if (STOP_SET & sigbit(signal)) {
        if (signal != SIGSTOP && orphaned(task.group.pgid)) continue;
        if (restart) {
          restartCall(task, result, 0, false);
          restart = false;
        }
        stopGroup(task.group, signal);
        stopHere(task);
        return 2;
      }
      groupExit(task.group, signal | (CORE_SET & sigbit(signal) ? coreBit(task.group) : 0));
      return 1;
    }
    if (restart) {
      restartCall(task, result, load<u64>(action, 8), true);
      restart = false;
    }
    if (!frameBuild(task, signal, action, TAKEN)) {
      forceSegv(task, signal);
      continue;
    }
    afterHandler(task, signal, action);
  }
  if (restart) restartCall(task, result, 0, false);
  if (task.flags & TF_SIGMASK_SAVED) {
    task.flags &= ~TF_SIGMASK_SAVED;
    task.sigmask = task.savedMask;
  }
  return 0;
}

/** A core is only said to be dumped when RLIMIT_CORE lets it be written; ring3 writes none. */
function coreBit(group: Group): i32 {
  return load<u64>(group.rlimits + 4 * 16) ? 0x80 : 0;
}

/** The mask while the handler runs, SA_RESETHAND. */
function afterHandler(task: Task, signal: i32, action: usize): void {
  const flags = load<u64>(action, 8);
  task.flags &= ~TF_SIGMASK_SAVED;
  task.sigmask |= load<u64>(action, 24) & ~UNBLOCKABLE;
  if (!(flags & SA_NODEFER)) task.sigmask |= sigbit(signal);
  if (flags & SA_RESETHAND) store<u64>(action, SIG_DFL);
}

/** Sets the registers for what becomes of an interrupted call; signal(7) "Interruption of system calls". */
function restartCall(task: Task, result: i64, flags: u64, handled: bool): void {
  const code = -<i32>result;
  let again = true;
  if (handled) again = code == ERESTARTNOINTR || (code == ERESTARTSYS && (flags & SA_RESTART) != 0);
  if (!again) {
    store<i64>(CPU + RAX, -4); // EINTR
    return;
  }
  store<u64>(CPU + RAX, code == ERESTART_RESTARTBLOCK ? 219 : task.syscallNr);
  store<u64>(CPU + RIP, load<u64>(CPU + RIP) - 2);
}

/** The group begins to stop: other threads stop when they next run. */
function stopGroup(group: Group, signal: i32): void {
  group.stopSignal = signal;
  group.stopped = 0;
  group.continued = 0;
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    const task = taskOfGroupLink(link);
    if (task !== current && task.state == TASK_BLOCKED) wakeTask(task);
  }
}

function stopHere(task: Task): void {
  const group = task.group;
  task.state = TASK_STOPPED;
  schedDequeue(task);
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) if (taskOfGroupLink(link).state != TASK_STOPPED) return;
  group.stopped = 1;
  group.stopReported = 0;
  if (traceIsOn()) hostTaskEvent(3, task.tid, group.stopSignal);
  hostTaskEvent(5, group.pid, group.stopSignal);
  tellParent(group, CLD_STOPPED, group.stopSignal);
}

/** Installs a temporary mask for the call in progress (ppoll, pselect, sigsuspend); the old one comes back afterwards. */
export function sigmaskSwap(mask: u64): void {
  const task = current;
  if (!(task.flags & TF_SIGMASK_SAVED)) {
    task.savedMask = task.sigmask;
    task.flags |= TF_SIGMASK_SAVED;
  }
  task.sigmask = mask & ~UNBLOCKABLE;
}

/** The call ended by itself: its own mask goes at once. */
export function sigmaskRestore(): void {
  const task = current;
  if (!(task.flags & TF_SIGMASK_SAVED)) return;
  task.flags &= ~TF_SIGMASK_SAVED;
  task.sigmask = task.savedMask;
}

/** SIGKILL and SIGSTOP. */
export const NEVER_BLOCKED: u64 = UNBLOCKABLE;
/** Signals whose default action is to be ignored. */
export const IGNORED_BY_DEFAULT: u64 = IGNORE_SET;
