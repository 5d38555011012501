// futex(2), futex_waitv(2), futex_wake, futex_wait, futex_requeue, set_robust_list(2), get_robust_list(2), set_tid_address(2).
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from "../abi/errno";
import {
  FUTEX_CLOCK_REALTIME, FUTEX_CMP_REQUEUE, FUTEX_CMP_REQUEUE_PI, FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_PRIVATE_FLAG, FUTEX_REQUEUE, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI, FUTEX_WAIT, FUTEX_WAITV_MAX,
  FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_WAKE, FUTEX_WAKE_BITSET, FUTEX_WAKE_OP,
} from "../abi/futex";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../abi/time";
import { futexRequeue, futexWait, futexWaitv, futexWake, futexWakeOp } from "../ipc/futex";
import { futexCmpRequeuePi, futexLockPi, futexTrylockPi, futexUnlockPi, futexWaitRequeuePi } from "../ipc/futexpi";
import { copyIn, putUser64 } from "../mm/usercopy";
import { deadlineIn } from "../task/clocks";
import { mayAccess } from "../task/cred";
import { taskFind } from "../task/table";
import { current } from "../task/task";
import { ERESTARTSYS, isRetry, restartWithDeadline, waitDeadline, waitDeadlineOn } from "../task/wait";
import { timespecIn } from "./timespec";

const ALL: u32 = 0xffffffff;

/** Sets the deadline of a waiting command; 0 or −errno. */
function timeoutIn(command: i32, timeout: u64, real: bool): i64 {
  if (!timeout || isRetry()) return 0;
  const ns = timespecIn(timeout);
  if (ns < 0) return ns;
  if (command == FUTEX_WAIT) waitDeadline(deadlineIn(ns));
  else waitDeadlineOn(ns, real || command == FUTEX_LOCK_PI ? CLOCK_REALTIME : CLOCK_MONOTONIC);
  return 0;
}

function mayTakeClock(command: i32): bool {
  return command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT_REQUEUE_PI || command == FUTEX_LOCK_PI2 || command == FUTEX_WAIT;
}

function waits(command: i32): bool {
  return mayTakeClock(command) || command == FUTEX_LOCK_PI;
}

export function sys_futex(addr: u64, opArg: u64, value: u64, timeout: u64, addr2: u64, value3: u64): i64 {
  const op = <i32>opArg;
  const isPrivate = (op & FUTEX_PRIVATE_FLAG) != 0;
  const command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const real = (op & FUTEX_CLOCK_REALTIME) != 0;
  if (waits(command)) {
    const error = timeoutIn(command, timeout, real);
    if (error) return error;
  }
  if (real && !mayTakeClock(command)) return -ENOSYS;
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const r = futexWait(addr, <u32>value, command == FUTEX_WAIT ? ALL : <u32>value3, isPrivate);
      // With a timeout the call goes on where it was.
      return r == -ERESTARTSYS && timeout ? restartWithDeadline() : r;
    }
    case FUTEX_WAKE: return futexWake(addr, <i32>value, ALL, isPrivate);
    case FUTEX_WAKE_BITSET: return futexWake(addr, <i32>value, <u32>value3, isPrivate);
    case FUTEX_REQUEUE: return futexRequeue(addr, addr2, <i32>value, <i32>timeout, false, 0, isPrivate, isPrivate);
    case FUTEX_CMP_REQUEUE: return futexRequeue(addr, addr2, <i32>value, <i32>timeout, true, <u32>value3, isPrivate, isPrivate);
    case FUTEX_WAKE_OP: return futexWakeOp(addr, addr2, <i32>value, <i32>timeout, <u32>value3, isPrivate);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2: return futexLockPi(addr, isPrivate);
    case FUTEX_TRYLOCK_PI: return futexTrylockPi(addr, isPrivate);
    case FUTEX_UNLOCK_PI: return futexUnlockPi(addr, isPrivate);
    case FUTEX_WAIT_REQUEUE_PI: return futexWaitRequeuePi(addr, <u32>value, ALL, addr2, isPrivate);
    case FUTEX_CMP_REQUEUE_PI: return futexCmpRequeuePi(addr, addr2, <i32>value, <i32>timeout, <u32>value3, isPrivate);
    default: return -ENOSYS;
  }
}

const FUTEX2_SIZE_U32: u32 = 2;
const FUTEX2_PRIVATE: u32 = FUTEX_PRIVATE_FLAG;
const WAITERS = memory.data(24 * 128, 8);

/** Of the futex2 flags, 32-bit words are there; NUMA placement is not. */
function flagsGood(flags: u32): bool {
  return (flags & ~FUTEX2_PRIVATE) == FUTEX2_SIZE_U32;
}

/** Copies struct futex_waitv entries in; 0 or −errno. */
function waitersIn(from: u64, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const entry = WAITERS + i * 24;
    if (!copyIn(entry, from + i * 24, 24)) return -EFAULT;
    if (!flagsGood(load<u32>(entry, 16)) || load<u32>(entry, 20) || load<u32>(entry, 4)) return -EINVAL;
  }
  return 0;
}

/** An absolute deadline on one of two clocks; 0 or −errno. */
function absoluteIn(timeout: u64, clock: u64): i64 {
  if (!timeout) return 0;
  if (<i32>clock != CLOCK_REALTIME && <i32>clock != CLOCK_MONOTONIC) return -EINVAL;
  const ns = timespecIn(timeout);
  if (ns < 0) return ns;
  waitDeadlineOn(ns, <i32>clock);
  return 0;
}

export function sys_futex_waitv(waiters: u64, count: u64, flags: u64, timeout: u64, clock: u64): i64 {
  const n = <u32>count;
  if (<u32>flags || !n || n > <u32>FUTEX_WAITV_MAX || !waiters) return -EINVAL;
  const late = absoluteIn(timeout, clock);
  if (late) return late;
  const error = waitersIn(waiters, n);
  return error ? error : futexWaitv(WAITERS, n, FUTEX2_PRIVATE);
}

export function sys_futex_wake(addr: u64, mask: u64, count: u64, flags: u64): i64 {
  if (!flagsGood(<u32>flags) || mask >> 32) return -EINVAL;
  return futexWake(addr, <i32>count, <u32>mask, (<u32>flags & FUTEX2_PRIVATE) != 0);
}

export function sys_futex_wait(addr: u64, value: u64, mask: u64, flags: u64, timeout: u64, clock: u64): i64 {
  if (!flagsGood(<u32>flags) || mask >> 32 || value >> 32) return -EINVAL;
  const late = absoluteIn(timeout, clock);
  return late ? late : futexWait(addr, <u32>value, <u32>mask, (<u32>flags & FUTEX2_PRIVATE) != 0);
}

export function sys_futex_requeue(waiters: u64, flags: u64, wake: u64, limit: u64): i64 {
  if (<u32>flags || !waiters) return -EINVAL;
  const error = waitersIn(waiters, 2);
  if (error) return error;
  const private1 = (load<u32>(WAITERS, 16) & FUTEX2_PRIVATE) != 0;
  const private2 = (load<u32>(WAITERS + 24, 16) & FUTEX2_PRIVATE) != 0;
  return futexRequeue(load<u64>(WAITERS, 8), load<u64>(WAITERS + 24, 8), <i32>wake, <i32>limit, true, load<u32>(WAITERS), private1, private2);
}

export function sys_set_robust_list(head: u64, length: u64): i64 {
  if (length != 24) return -EINVAL;
  current.robustList = head;
  return 0;
}

export function sys_get_robust_list(pid: u64, head: u64, length: u64): i64 {
  const task = <i32>pid ? taskFind(<i32>pid) : current;
  if (!task) return -ESRCH;
  if (!mayAccess(task)) return -EPERM;
  return putUser64(length, 24) && putUser64(head, task.robustList) ? 0 : -EFAULT;
}

export function sys_set_tid_address(addr: u64): i64 {
  current.clearChildTid = addr;
  return current.tid;
}
