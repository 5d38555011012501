// Waiting. A handler that cannot go on puts `current` on wait queues and returns BLOCKED;
// the scheduler runs the handler again from the start once the task is woken. A waker may
// also finish the call itself (wakeWith). Signals, timeouts and restarts come together here.
import { EINTR, ETIMEDOUT } from "../abi/errno";
import { CHOOSE_EINTR, CHOOSE_WAKE, choose, chooses } from "../lib/choose";
import { Link } from "../lib/list";
import { kfree, kmalloc } from "../mm/kmalloc";
import {
  TASK_BLOCKED,
  TASK_RUNNABLE,
  TASK_UNINTERRUPTIBLE,
  TF_DEADLINE,
  TF_DONE,
  TF_REAL_DEADLINE,
  TF_RETRY,
  TF_TIMED_OUT,
  Task,
  WaitQueue,
  Waiter,
  current,
} from "./task";
import { clockIsReal, deadlineAt } from "./clocks";
import { schedEnqueue } from "./sched";
import { signalPending } from "./signal";
import { sleepersAdd, sleepersRemove } from "./sleep";
import { futexLeft } from "../ipc/futex";
import { epollNotify, epollWatch, epollWatching } from "../ipc/epoll";

/** What a handler returns when it waits: no errno, no result. */
export const BLOCKED: i64 = i64.MIN_VALUE;
/** The handler has set the registers itself (rt_sigreturn, execve): rax is not touched. */
export const NO_RESULT: i64 = i64.MIN_VALUE + 1;

/** Internal results, turned into EINTR or a restart when the signal is handled (kernel: include/linux/errno.h). */
export const ERESTARTSYS: i32 = 512;
export const ERESTARTNOINTR: i32 = 513;
export const ERESTARTNOHAND: i32 = 514;
export const ERESTART_RESTARTBLOCK: i32 = 516;

/** Task.restartKind: what restart_syscall(2) goes on with, a sleep or the call restartArg. */
export const RESTART_SLEEP: u32 = 1;
export const RESTART_CALL: u32 = 3;

/**
 * The result of a call that a signal interrupted: begun again after a stop, with the deadline that it had; a handler
 * makes it EINTR. Kernel: set_restart_fn().
 */
export function restartWithDeadline(): i64 {
  const task = current;
  if (!(task.flags & TF_DEADLINE)) return -ERESTARTNOHAND;
  task.restartKind = RESTART_CALL;
  task.restartDeadline = task.deadline;
  task.restartArg = task.syscallNr;
  return -ERESTART_RESTARTBLOCK;
}

/** A waiter that is woken alone: wakeOne stops after it. */
export const WAIT_EXCLUSIVE: u32 = 1;
/** Not a sleeping task but an epoll item (key) that stays on the queue and is told of every wake-up; such waiters stand first. */
export const WAIT_EPOLL: u32 = 2;

// @ts-ignore: decorator
@inline
export function waitInit(queue: WaitQueue): void {
  queue.reset();
}

/** Stands in the queue of a Futex, which is there while somebody waits. */
export const WAIT_FUTEX: u32 = 4;

/** Adds `current` to `queue`; the waiter lives until the task is woken by anything. */
export function waitOn(queue: WaitQueue, key: u64 = 0, flags: u32 = 0): Waiter | null {
  if (epollWatching) return epollWatch(queue);
  const task = current;
  let waiter: Waiter;
  if (task.waiters) {
    waiter = changetype<Waiter>(kmalloc(offsetof<Waiter>()));
    if (!changetype<usize>(waiter)) return null;
  } else {
    waiter = changetype<Waiter>(changetype<usize>(task) + offsetof<Task>("ownWaiter"));
  }
  waiter.task = task;
  waiter.key = key;
  waiter.flags = flags;
  waiter.sibling = task.waiters;
  task.waiters = waiter;
  // Behind its like: those who are woken alone stand last, or wakeOne would not come to the others.
  let before: Link = queue;
  if (!(flags & WAIT_EXCLUSIVE)) while (before.prev !== queue && changetype<Waiter>(changetype<usize>(before.prev)).flags & WAIT_EXCLUSIVE) before = before.prev;
  waiter.append(before);
  return waiter;
}

/** Takes the task off every queue. */
export function waitersDrop(task: Task): void {
  const own = changetype<usize>(task) + offsetof<Task>("ownWaiter");
  let waiter = task.waiters;
  while (waiter) {
    const next = waiter.sibling;
    const behind = waiter.next;
    waiter.unlink();
    // When it was the only one, what was behind it is the queue.
    if (waiter.flags & WAIT_FUTEX && behind.empty) futexLeft(behind);
    if (changetype<usize>(waiter) != own) kfree(changetype<usize>(waiter));
    waiter = next;
  }
  task.waiters = null;
}

/**
 * Puts `current` to sleep, interruptible by signals. Call after waitOn.
 * Returns BLOCKED, or −ERESTARTSYS when a signal waits, or −ETIMEDOUT when the deadline of
 * waitDeadline has passed; in the last two cases the task is off every queue again.
 */
export function block(): i64 {
  const task = current;
  if (signalPending(task)) {
    waitersDrop(task);
    return -ERESTARTSYS;
  }
  if (task.flags & TF_TIMED_OUT) {
    waitersDrop(task);
    return -ETIMEDOUT;
  }
  task.state = TASK_BLOCKED;
  if (task.flags & TF_DEADLINE) sleepersAdd(task);
  return BLOCKED;
}

/**
 * Whether a call that is about to sleep is to end early, as it may on Linux without any signal handler: after a stop and a
 * SIGCONT (signal(7)), a futex by a wake-up that was for another (futex(2)).
 */
export function endsEarly(): bool {
  return chooses() && choose(CHOOSE_EINTR, 2) != 0;
}

/** As block, for waits that only SIGKILL may end (vfork). */
export function blockUninterruptible(): i64 {
  current.state = TASK_UNINTERRUPTIBLE;
  return BLOCKED;
}

/** waitOn and block in one, as one of those of whom one is woken at a time (wakeOne). */
export function sleepAlone(queue: WaitQueue): i64 {
  waitOn(queue, 0, WAIT_EXCLUSIVE);
  return block();
}

/** waitOn and block in one. */
export function sleepOn(queue: WaitQueue): i64 {
  waitOn(queue);
  return block();
}

/**
 * The deadline of the call in progress, absolute on CLOCK_MONOTONIC in ns; the first run of the
 * handler sets it, later runs keep it.
 */
export function waitDeadline(absoluteNs: u64): void {
  const task = current;
  if (task.flags & TF_DEADLINE) return;
  task.deadline = absoluteNs;
  task.flags |= TF_DEADLINE;
}

/** As waitDeadline, for a time of `clock`: when the clock is set the deadline moves. */
export function waitDeadlineOn(ns: u64, clock: i32): void {
  waitDeadline(deadlineAt(ns, clock));
  if (clockIsReal(clock)) current.flags |= TF_REAL_DEADLINE;
}

/** As waitDeadline, for a call whose deadline changes while it waits. */
export function waitDeadlineMove(absoluteNs: u64): void {
  const task = current;
  if (task.flags & TF_DEADLINE && task.deadline == absoluteNs) return;
  task.deadline = absoluteNs;
  task.flags = (task.flags | TF_DEADLINE) & ~TF_TIMED_OUT;
}

/** Whether this run of the handler follows a wait. */
// @ts-ignore: decorator
@inline
export function isRetry(): bool {
  return (current.flags & TF_RETRY) != 0;
}

/** Whether the deadline of the call in progress has passed. */
// @ts-ignore: decorator
@inline
export function isTimedOut(): bool {
  return (current.flags & TF_TIMED_OUT) != 0;
}

/** Makes a sleeping task runnable; its handler runs again. Does nothing to a task that does not sleep. */
export function wakeTask(task: Task): void {
  if (task.state != TASK_BLOCKED && task.state != TASK_UNINTERRUPTIBLE) return;
  waitersDrop(task);
  sleepersRemove(task);
  task.state = TASK_RUNNABLE;
  schedEnqueue(task);
}

/** Makes a sleeping task runnable with its call finished. */
export function wakeWith(task: Task, result: i64): void {
  task.flags |= TF_DONE;
  task.syscallResult = result;
  wakeTask(task);
}

/** Tells the epoll items of the queue; the last of their waiters, or the queue itself: tasks stand behind it. */
function notifyFirst(queue: WaitQueue, key: u32): Link {
  let link: Link = queue;
  let taken = false;
  while (link.next !== queue) {
    const waiter = changetype<Waiter>(changetype<usize>(link.next));
    if (!(waiter.flags & WAIT_EPOLL)) break;
    // Of exclusive items one is enough; EPOLLEXCLUSIVE in epoll_ctl(2).
    const exclusive = (waiter.flags & WAIT_EXCLUSIVE) != 0;
    if (!(exclusive && taken) && epollNotify(<usize>waiter.key, key) && exclusive) taken = true;
    link = waiter;
  }
  return link;
}

/** Wakes every waiter of the queue. key: the POLL* events that it is for (epolls that ask for others hear nothing), 0 = any. */
export function wakeAll(queue: WaitQueue, key: u32 = 0): void {
  if (queue.empty) return;
  const anchor = notifyFirst(queue, key);
  while (anchor.next !== queue) wakeTask(changetype<Waiter>(changetype<usize>(anchor.next)).task);
}

/** Of the waiters behind `anchor`, which are all exclusive, another may come first: Linux wakes in order, and who runs first is open. */
export function chooseFirst(anchor: Link, queue: Link): void {
  if (anchor.next === queue || anchor.next.next === queue || !chooses()) return;
  let n: u32 = 0;
  for (let link = anchor.next; link !== queue; link = link.next) {
    if (!(changetype<Waiter>(changetype<usize>(link)).flags & WAIT_EXCLUSIVE)) return;
    n++;
  }
  let link = anchor.next;
  for (let skip = choose(CHOOSE_WAKE, n); skip; skip--) link = link.next;
  link.unlink();
  link.prepend(anchor);
}

/** Wakes all that are not exclusive, and the first exclusive one. */
export function wakeOne(queue: WaitQueue, key: u32 = 0): void {
  if (queue.empty) return;
  const anchor = notifyFirst(queue, key);
  chooseFirst(anchor, queue);
  while (anchor.next !== queue) {
    const waiter = changetype<Waiter>(changetype<usize>(anchor.next));
    const exclusive = waiter.flags & WAIT_EXCLUSIVE;
    wakeTask(waiter.task);
    if (exclusive) return;
  }
}

/** The result of a wait that a signal ended where the call must not be restarted. */
// @ts-ignore: decorator
@inline
export function interrupted(): i64 {
  return -EINTR;
}
