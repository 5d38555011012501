// Priority-inheritance futexes: FUTEX_LOCK_PI and friends. Kernel: kernel/futex/pi.c, requeue.c.
//
// The word holds the owner's tid. While others wait, the Futex names the owner, who runs at the priority of the most
// urgent of them; along a chain of owners that wait themselves, too. Unlocking gives the lock to that waiter.
import { EAGAIN, EDEADLK, EFAULT, EINVAL, EPERM, ESRCH, ETIMEDOUT } from "../abi/errno";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, FUTEX_WAIT_REQUEUE_PI } from "../abi/futex";
import { currentMm, mmActivate } from "../mm/tlb";
import { getUser32, putUser32, userValue, userWrite } from "../mm/usercopy";
import { schedOwnPrio, schedSetPrio } from "../task/sched";
import { signalPending } from "../task/signal";
import { taskFind } from "../task/table";
import { TASK_DEAD, Task, Waiter, current } from "../task/task";
import { BLOCKED, ERESTARTNOINTR, WAIT_FUTEX, block, isRetry, isTimedOut, waitOn, waitersDrop, wakeTask } from "../task/wait";
import { Futex, MATCH_ANY, WAITING, WAITS_FOR_PI, WOKEN, futexFind, futexKey, futexMake, futexSweep, futexWalk, keyObject, keyOffset, queueOf } from "./futex";

const WAITERS: u32 = <u32>FUTEX_WAITERS;
const DIED: u32 = FUTEX_OWNER_DIED;
/** How far a chain of owners is followed: max_lock_depth. */
const MAX_DEPTH: i32 = 1024;

function firstOf(f: Futex): Task {
  return changetype<Waiter>(changetype<usize>(queueOf(f).next)).task;
}

function ownedFirst(task: Task): Futex | null {
  return changetype<Futex | null>(<usize>task.piOwned);
}

function blockedOn(task: Task): Futex | null {
  return changetype<Futex | null>(<usize>task.piBlockedOn);
}

function own(f: Futex, task: Task): void {
  f.owner = task;
  f.nextOwned = ownedFirst(task);
  task.piOwned = <u32>changetype<usize>(f);
}

function disown(f: Futex): void {
  const task = f.owner;
  if (!task) return;
  f.owner = null;
  if (ownedFirst(task) === f) {
    task.piOwned = <u32>changetype<usize>(f.nextOwned);
    return;
  }
  let at = ownedFirst(task);
  while (at && at.nextOwned !== f) at = at.nextOwned;
  if (at) at.nextOwned = f.nextOwned;
}

/** Puts the waiter behind those that are as urgent. */
function place(f: Futex, waiter: Waiter): void {
  const queue = queueOf(f);
  let at = queue.prev;
  while (at !== queue && changetype<Waiter>(changetype<usize>(at)).task.prio > waiter.task.prio) at = at.prev;
  waiter.prepend(at);
}

/** The priority that the task has by itself and by those who wait for it. */
export function piPrio(task: Task): i32 {
  let prio = schedOwnPrio(task);
  let f = ownedFirst(task);
  while (f) {
    if (!queueOf(f).empty) prio = min(prio, firstOf(f).prio);
    f = f.nextOwned;
  }
  return prio;
}

/** Who waits for the task has changed, or its own priority: so does that of the owners that it waits for. */
export function piAdjust(start: Task): void {
  let task = start;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const prio = piPrio(task);
    if (prio == task.prio) return;
    schedSetPrio(task, prio);
    const f = blockedOn(task);
    if (!f) return;
    const waiter = task.waiters;
    if (waiter) {
      waiter.unlink();
      place(f, waiter);
    }
    const owner = f.owner;
    if (!owner) return;
    task = owner;
  }
}

/** Whether waiting for `owner` would wait for `task` itself. */
function deadlock(owner: Task, task: Task): bool {
  let at = owner;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (at === task) return true;
    const f = blockedOn(at);
    const next = f ? f.owner : null;
    if (!next) return false;
    at = next;
  }
  return false;
}

/** Nobody waits any more: the futex is forgotten. */
function releaseIfIdle(f: Futex): void {
  if (!queueOf(f).empty) return;
  const owner = f.owner;
  disown(f);
  futexSweep(f.object, f.offset);
  if (owner) piAdjust(owner);
}

/** The task waits for no PI futex any more, unserved. */
export function piLeave(task: Task): void {
  const f = blockedOn(task);
  if (!f) return;
  waitersDrop(task);
  task.piBlockedOn = 0;
  const owner = f.owner;
  if (queueOf(f).empty) releaseIfIdle(f);
  else if (owner) piAdjust(owner);
}

/**
 * Tries to take the word at addr, whose key is set, for `task`: 1 = taken, 0 = it has to wait, −errno. `mark`: bits that a
 * word that was free gets besides. Kernel: futex_lock_pi_atomic().
 */
function acquire(addr: u64, task: Task, mark: u32): i64 {
  if (!getUser32(addr) || !userWrite(addr, 4)) return -EFAULT;
  const value = <u32>userValue;
  const tid = <i32>(value & FUTEX_TID_MASK);
  if (tid == task.tid) return -EDEADLK;
  const f = futexFind();
  if (f && !queueOf(f).empty) {
    const holder = f.owner;
    if (!holder || holder.tid != tid) return -EINVAL;
  }
  if (!tid) return putUser32(addr, (value & DIED) | <u32>task.tid | mark) ? 1 : -EFAULT;
  if (!putUser32(addr, value | WAITERS)) return -EFAULT;
  const owner = taskFind(tid);
  return owner && owner.state != TASK_DEAD ? 0 : -ESRCH;
}

/** `task`, whose waiter is `waiter`, waits for the futex whose key is set and whose word names tid; 0 or −errno. */
function enter(task: Task, waiter: Waiter, tid: i32): i32 {
  const owner = taskFind(tid);
  if (!owner) return -ESRCH;
  if (deadlock(owner, task)) return -EDEADLK;
  const f = futexMake();
  if (!f) return -EAGAIN;
  if (!f.owner) own(f, owner);
  waiter.unlink();
  waiter.key = MATCH_ANY;
  waiter.flags = 0;
  place(f, waiter);
  task.piBlockedOn = <u32>changetype<usize>(f);
  piAdjust(owner);
  return 0;
}

const HERE = memory.data(16, 8);

/** FUTEX_LOCK_PI, FUTEX_LOCK_PI2: 0, −errno or BLOCKED. The deadline is set by the caller. */
export function futexLockPi(addr: u64, isPrivate: bool): i64 {
  const task = current;
  if (isRetry()) {
    if (task.sysProgress == WOKEN) return 0;
    piLeave(task);
    if (isTimedOut()) return -ETIMEDOUT;
    if (signalPending(task)) return -ERESTARTNOINTR;
  }
  const error = futexKey(addr, isPrivate);
  if (error) return error;
  const r = acquire(addr, task, 0);
  if (r) return r < 0 ? r : 0;
  const tid = <i32>(<u32>userValue & FUTEX_TID_MASK);
  // The waiter needs a queue until enter() has found the right one.
  const nowhere = changetype<Futex>(HERE - offsetof<Futex>("queue"));
  queueOf(nowhere).reset();
  const waiter = waitOn(queueOf(nowhere));
  const refused = waiter ? enter(task, waiter, tid) : -EAGAIN;
  if (refused) {
    waitersDrop(task);
    return refused;
  }
  task.sysProgress = WAITING;
  const b = block();
  if (b == BLOCKED) return b;
  piLeave(task);
  return b == -ETIMEDOUT ? b : -ERESTARTNOINTR;
}

export function futexTrylockPi(addr: u64, isPrivate: bool): i64 {
  const error = futexKey(addr, isPrivate);
  if (error) return error;
  const r = acquire(addr, current, 0);
  return r == 1 ? 0 : r ? r : -EAGAIN;
}

/** Gives the futex to its first waiter, who goes on. */
function handOver(f: Futex): Task {
  const old = f.owner;
  const next = firstOf(f);
  disown(f);
  next.piBlockedOn = 0;
  next.sysProgress = WOKEN;
  waitersDrop(next);
  own(f, next);
  if (old) piAdjust(old);
  piAdjust(next);
  wakeTask(next);
  releaseIfIdle(f);
  return next;
}

export function futexUnlockPi(addr: u64, isPrivate: bool): i64 {
  if (addr & 3) return -EINVAL;
  if (!getUser32(addr)) return -EFAULT;
  const task = current;
  if (<i32>(<u32>userValue & FUTEX_TID_MASK) != task.tid) return -EPERM;
  const error = futexKey(addr, isPrivate);
  if (error) return error;
  const f = futexFind();
  if (f && !queueOf(f).empty) {
    if (f.owner !== task) return -EINVAL;
    if (!userWrite(addr, 4)) return -EFAULT;
    const next = handOver(f);
    return putUser32(addr, WAITERS | <u32>next.tid) ? 0 : -EFAULT;
  }
  return putUser32(addr, 0) ? 0 : -EFAULT;
}

/** An owner ends: its PI futexes go to their first waiters, with FUTEX_OWNER_DIED; kernel: exit_pi_state_list(). */
export function piExit(task: Task): void {
  piLeave(task);
  const mine = currentMm;
  while (task.piOwned) {
    const f = changetype<Futex>(<usize>task.piOwned);
    if (queueOf(f).empty) {
      disown(f);
      continue;
    }
    const next = handOver(f);
    // The word as the new owner sees it.
    mmActivate(next.mm);
    putUser32(wordOf(next), WAITERS | DIED | <u32>next.tid);
    mmActivate(mine);
  }
}

function wordOf(task: Task): u64 {
  return (<i32>task.arg1 & 127) == FUTEX_WAIT_REQUEUE_PI ? task.arg4 : task.arg0;
}

/** FUTEX_WAIT_REQUEUE_PI: waits at addr until it is moved to the PI futex at addr2 and owns it. */
export function futexWaitRequeuePi(addr: u64, expected: u32, bits: u32, addr2: u64, isPrivate: bool): i64 {
  const task = current;
  if (isRetry()) return requeueRetry(task);
  if (addr == addr2 || !bits) return -EINVAL;
  let error = futexKey(addr2, isPrivate);
  if (error) return error;
  task.sysObject = keyObject;
  task.restartArg = keyOffset;
  error = futexKey(addr, isPrivate);
  if (error) return error;
  if (!getUser32(addr)) return -EFAULT;
  if (<u32>userValue != expected) return -EAGAIN;
  const f = futexMake();
  if (!f) return -EAGAIN;
  task.sysProgress = WAITING;
  waitOn(queueOf(f), bits, WAITS_FOR_PI | WAIT_FUTEX);
  const r = block();
  if (r == BLOCKED) return r;
  return r == -ETIMEDOUT ? r : -ERESTARTNOINTR;
}

function requeueRetry(task: Task): i64 {
  if (task.sysProgress == WOKEN) return 0;
  const moved = task.piBlockedOn != 0;
  piLeave(task);
  if (isTimedOut()) return -ETIMEDOUT;
  // Once it was moved the call cannot begin again.
  return signalPending(task) && !moved ? -ERESTARTNOINTR : -EAGAIN;
}

/** FUTEX_CMP_REQUEUE_PI: how many were moved, the one who got the lock included. */
export function futexCmpRequeuePi(addr: u64, addr2: u64, wake: i32, limit: i32, expected: u32, isPrivate: bool): i64 {
  if (wake < 0 || limit < 0 || addr == addr2 || wake != 1) return -EINVAL;
  let error = futexKey(addr, isPrivate);
  if (error) return error;
  const from = futexFind();
  const fromObject = keyObject;
  const fromOffset = keyOffset;
  error = futexKey(addr2, isPrivate);
  if (error) return error;
  if (keyObject == fromObject && keyOffset == fromOffset) return -EINVAL;
  if (!getUser32(addr)) return -EFAULT;
  if (<u32>userValue != expected) return -EAGAIN;
  if (!from) return 0;
  futexWalk(changetype<usize>(from));
  const done = requeueFrom(from, addr2, wake, limit);
  futexWalk(0);
  futexSweep(fromObject, fromOffset);
  return done;
}

/** Moves to the PI futex whose key was set last: how many, or −errno when none was. */
function requeueFrom(from: Futex, addr2: u64, wake: i32, limit: i32): i64 {
  let done: i64 = 0;
  const queue = queueOf(from);
  while (!queue.empty && done < <i64>limit + wake) {
    const waiter = changetype<Waiter>(changetype<usize>(queue.next));
    const task = waiter.task;
    if (!(waiter.flags & WAITS_FOR_PI) || <u32>task.sysObject != keyObject || task.restartArg != keyOffset) return done ? done : -EINVAL;
    const r = acquire(addr2, task, limit ? WAITERS : 0);
    if (r < 0) return done ? done : r;
    if (r) {
      task.sysProgress = WOKEN;
      wakeTask(task);
    } else {
      const refused = enter(task, waiter, <i32>(<u32>userValue & FUTEX_TID_MASK));
      if (refused) return done ? done : refused;
    }
    done++;
  }
  return done;
}
