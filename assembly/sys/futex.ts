// futex(2), set_robust_list(2), get_robust_list(2), set_tid_address(2).
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from "../abi/errno";
import { FUTEX_CLOCK_REALTIME, FUTEX_CMP_REQUEUE, FUTEX_PRIVATE_FLAG, FUTEX_REQUEUE, FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAKE, FUTEX_WAKE_BITSET, FUTEX_WAKE_OP } from "../abi/futex";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../abi/time";
import { futexRequeue, futexWait, futexWake, futexWakeOp } from "../ipc/futex";
import { putUser64 } from "../mm/usercopy";
import { taskFind } from "../task/table";
import { current } from "../task/task";
import { ERESTARTSYS, isRetry, waitDeadline } from "../task/wait";
import { deadlineOf, timespecIn } from "./time";

const ALL: u32 = 0xffffffff;

export function sys_futex(addr: u64, opArg: u64, value: u64, timeout: u64, addr2: u64, value3: u64): i64 {
  const op = <i32>opArg;
  const isPrivate = (op & FUTEX_PRIVATE_FLAG) != 0;
  const command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const real = (op & FUTEX_CLOCK_REALTIME) != 0;
  if (real && command != FUTEX_WAIT_BITSET && command != FUTEX_WAIT) return -ENOSYS;
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      if (timeout && !isRetry()) {
        const ns = timespecIn(timeout);
        if (ns < 0) return ns;
        waitDeadline(deadlineOf(ns, real ? CLOCK_REALTIME : CLOCK_MONOTONIC, command == FUTEX_WAIT));
      }
      const r = futexWait(addr, <u32>value, command == FUTEX_WAIT ? ALL : <u32>value3, isPrivate);
      // With a relative timeout the call is not begun again from the start.
      return r == -ERESTARTSYS && timeout ? -514 : r;
    }
    case FUTEX_WAKE: return futexWake(addr, <i32>value, ALL, isPrivate);
    case FUTEX_WAKE_BITSET: return futexWake(addr, <i32>value, <u32>value3, isPrivate);
    case FUTEX_REQUEUE: return futexRequeue(addr, addr2, <i32>value, <i32>timeout, false, 0, isPrivate);
    case FUTEX_CMP_REQUEUE: return futexRequeue(addr, addr2, <i32>value, <i32>timeout, true, <u32>value3, isPrivate);
    case FUTEX_WAKE_OP: return futexWakeOp(addr, addr2, <i32>value, <i32>timeout, <u32>value3, isPrivate);
    default: return -ENOSYS;
  }
}

export function sys_set_robust_list(head: u64, length: u64): i64 {
  if (length != 24) return -EINVAL;
  current.robustList = head;
  return 0;
}

export function sys_get_robust_list(pid: u64, head: u64, length: u64): i64 {
  const task = <i32>pid ? taskFind(<i32>pid) : current;
  if (!task) return -ESRCH;
  if (task !== current && current.cred.euid && task.cred.uid != current.cred.euid) return -EPERM;
  return putUser64(length, 24) && putUser64(head, task.robustList) ? 0 : -EFAULT;
}

export function sys_set_tid_address(addr: u64): i64 {
  current.clearChildTid = addr;
  return current.tid;
}
