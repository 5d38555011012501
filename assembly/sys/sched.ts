// sched_*(2), getpriority(2), setpriority(2), ioprio_set(2), ioprio_get(2). Kernel: kernel/sched/syscalls.c, block/ioprio.c.
import { E2BIG, EACCES, EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno";
import { CAP_SYS_ADMIN, CAP_SYS_NICE } from "../abi/capability";
import { IOPRIO_WHO_PGRP, IOPRIO_WHO_PROCESS } from "../abi/misc";
import { PRIO_PGRP, PRIO_PROCESS, PRIO_USER, RLIMIT_NICE, RLIMIT_RTPRIO } from "../abi/resource";
import { SCHED_BATCH, SCHED_FIFO, SCHED_IDLE, SCHED_OTHER, SCHED_RR } from "../abi/sched";
import {
  SCHED_ATTR_SCHED_FLAGS, SCHED_ATTR_SCHED_NICE, SCHED_ATTR_SCHED_POLICY, SCHED_ATTR_SCHED_PRIORITY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_RESET_ON_FORK, SIZEOF_SCHED_ATTR,
} from "../abi/schedattr";
import { piAdjust } from "../ipc/futexpi";
import { copyIn, copyOut, putUser32, putUser64, userRead } from "../mm/usercopy";
import { capable } from "../task/cred";
import { schedIsRealTime, schedYield } from "../task/sched";
import { taskAfter, taskFind, taskFirst } from "../task/table";
import { TASK_DEAD, Task, current } from "../task/task";

const BUFFER = memory.data(128, 8);
/** In the policy argument of sched_setscheduler(2). */
const RESET_ON_FORK: u32 = 0x40000000;
const SIZE_VER0: u32 = 48;

export function sys_sched_yield(): i64 {
  schedYield();
  return 0;
}

function taskOf(pid: u64): Task | null {
  return <i32>pid ? taskFind(<i32>pid) : current;
}

/** Whether the caller has the user id of the task, real or effective. */
function sameUser(task: Task): bool {
  const euid = current.cred.euid;
  return changetype<usize>(task.cred) != 0 && (euid == task.cred.euid || euid == task.cred.uid);
}

/** One CPU: a mask of 8 bytes with bit 0. */
export function sys_sched_getaffinity(pid: u64, length: u64, to: u64): i64 {
  if (<u32>length * 8 < 1 || length & 7) return -EINVAL;
  if (!taskOf(pid)) return -ESRCH;
  return putUser64(to, 1) ? 8 : -EFAULT;
}

export function sys_sched_setaffinity(pid: u64, length: u64, from: u64): i64 {
  store<u64>(BUFFER, 0);
  if (!copyIn(BUFFER, from, min<u64>(<u64><u32>length, 8))) return -EFAULT;
  const task = taskOf(pid);
  if (!task) return -ESRCH;
  if (!sameUser(task) && !capable(CAP_SYS_NICE)) return -EPERM;
  return load<u64>(BUFFER) & 1 ? 0 : -EINVAL;
}

export function sys_sched_getscheduler(pid: u64): i64 {
  if (<i32>pid < 0) return -EINVAL;
  const task = taskOf(pid);
  return task ? <i64>(task.policy | (task.schedReset ? RESET_ON_FORK : 0)) : -ESRCH;
}

export function sys_sched_getparam(pid: u64, to: u64): i64 {
  if (<i32>pid < 0 || !to) return -EINVAL;
  const task = taskOf(pid);
  if (!task) return -ESRCH;
  return putUser32(to, schedIsRealTime(task.policy) ? task.rtPriority : 0) ? 0 : -EFAULT;
}

/** Whether RLIMIT_NICE allows the nice value; kernel: can_nice(). */
function mayNice(task: Task, nice: i32): bool {
  return <u64>(20 - nice) <= load<u64>(task.group.rlimits + RLIMIT_NICE * 16) || capable(CAP_SYS_NICE);
}

/** 0 or −EPERM; kernel: user_check_sched_setscheduler(). */
function changeRefused(task: Task, policy: u32, priority: u32, nice: i32, reset: u32): i32 {
  if (capable(CAP_SYS_NICE)) return 0;
  if (schedIsRealTime(policy)) {
    const limit = load<u64>(task.group.rlimits + RLIMIT_RTPRIO * 16);
    if (policy != task.policy && !limit) return -EPERM;
    if (priority > task.rtPriority && <u64>priority > limit) return -EPERM;
  } else if (nice < task.nice && !mayNice(task, nice)) return -EPERM;
  if (task.policy == SCHED_IDLE && policy != SCHED_IDLE && !mayNice(task, task.nice)) return -EPERM;
  if (!sameUser(task)) return -EPERM;
  return task.schedReset && !reset ? -EPERM : 0;
}

function change(task: Task, policy: u32, priority: u32, nice: i32, reset: u32): i64 {
  const real = schedIsRealTime(policy);
  // SCHED_DEADLINE and SCHED_EXT are not there: docs/CAVEATS.md.
  if (!real && policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE) return -EINVAL;
  if (real ? priority < 1 || priority > 99 : priority != 0) return -EINVAL;
  const refused = changeRefused(task, policy, priority, nice, reset);
  if (refused) return refused;
  task.policy = policy;
  task.rtPriority = priority;
  task.schedReset = reset;
  if (!real) task.nice = nice;
  piAdjust(task);
  return 0;
}

export function sys_sched_setscheduler(pid: u64, policy: u64, from: u64): i64 {
  if (<i32>policy < 0 || <i32>pid < 0 || !from) return -EINVAL;
  if (!copyIn(BUFFER, from, 4)) return -EFAULT;
  const task = taskOf(pid);
  return task ? change(task, <u32>policy & ~RESET_ON_FORK, load<u32>(BUFFER), task.nice, <u32>policy & RESET_ON_FORK ? 1 : 0) : -ESRCH;
}

export function sys_sched_setparam(pid: u64, from: u64): i64 {
  if (<i32>pid < 0 || !from) return -EINVAL;
  if (!copyIn(BUFFER, from, 4)) return -EFAULT;
  const task = taskOf(pid);
  return task ? change(task, task.policy, load<u32>(BUFFER), task.nice, task.schedReset) : -ESRCH;
}

/** Copies a struct sched_attr of any size to BUFFER; 0 or −errno. */
function attrIn(from: u64): i64 {
  memory.fill(BUFFER, 0, SIZEOF_SCHED_ATTR);
  if (!copyIn(BUFFER, from, 4)) return -EFAULT;
  const size = load<u32>(BUFFER) ? load<u32>(BUFFER) : SIZE_VER0;
  let fits = size >= SIZE_VER0 && size <= 4096;
  // What lies beyond the fields known must be zero.
  for (let at: u32 = SIZEOF_SCHED_ATTR; fits && at < size; at++) {
    const host = userRead(from + at);
    if (!host) return -EFAULT;
    if (load<u8>(host)) fits = false;
  }
  if (!fits) return putUser32(from, SIZEOF_SCHED_ATTR) ? -E2BIG : -EFAULT;
  return copyIn(BUFFER, from, min<u32>(size, SIZEOF_SCHED_ATTR)) ? 0 : -EFAULT;
}

export function sys_sched_setattr(pid: u64, attr: u64, flags: u64): i64 {
  if (!attr || <i32>pid < 0 || <u32>flags) return -EINVAL;
  const error = attrIn(attr);
  if (error) return error;
  const how = load<u64>(BUFFER + SCHED_ATTR_SCHED_FLAGS);
  let policy = load<u32>(BUFFER + SCHED_ATTR_SCHED_POLICY);
  if (<i32>policy < 0) return -EINVAL;
  const task = taskOf(pid);
  if (!task) return -ESRCH;
  if (how & ~<u64>(SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)) return -EINVAL;
  if (how & SCHED_FLAG_KEEP_POLICY) policy = task.policy;
  const keep = (how & SCHED_FLAG_KEEP_PARAMS) != 0;
  const priority = keep ? task.rtPriority : load<u32>(BUFFER + SCHED_ATTR_SCHED_PRIORITY);
  const nice = keep ? task.nice : max<i32>(min<i32>(load<i32>(BUFFER + SCHED_ATTR_SCHED_NICE), 19), -20);
  return change(task, policy, priority, nice, how & SCHED_FLAG_RESET_ON_FORK ? 1 : 0);
}

export function sys_sched_getattr(pid: u64, to: u64, size: u64, flags: u64): i64 {
  if (!to || <i32>pid < 0 || <u32>size > 4096 || <u32>size < SIZE_VER0 || <u32>flags) return -EINVAL;
  const task = taskOf(pid);
  if (!task) return -ESRCH;
  memory.fill(BUFFER, 0, SIZEOF_SCHED_ATTR);
  const bytes = min<u32>(<u32>size, SIZEOF_SCHED_ATTR);
  store<u32>(BUFFER, bytes);
  store<u32>(BUFFER + SCHED_ATTR_SCHED_POLICY, task.policy);
  store<u64>(BUFFER + SCHED_ATTR_SCHED_FLAGS, task.schedReset);
  if (schedIsRealTime(task.policy)) store<u32>(BUFFER + SCHED_ATTR_SCHED_PRIORITY, task.rtPriority);
  else store<i32>(BUFFER + SCHED_ATTR_SCHED_NICE, task.nice);
  return copyOut(to, BUFFER, bytes) ? 0 : -EFAULT;
}

export function sys_sched_get_priority_max(policy: u64): i64 {
  switch (<i32>policy) {
    case SCHED_FIFO:
    case SCHED_RR: return 99;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
    case 6:
    case 7: return 0;
    default: return -EINVAL;
  }
}

export function sys_sched_get_priority_min(policy: u64): i64 {
  const most = sys_sched_get_priority_max(policy);
  return most == 99 ? 1 : most;
}

export function sys_sched_rr_get_interval(pid: u64, to: u64): i64 {
  if (<i32>pid < 0) return -EINVAL;
  const task = taskOf(pid);
  if (!task) return -ESRCH;
  store<u64>(BUFFER, 0);
  store<u64>(BUFFER, task.policy == SCHED_RR ? 100_000_000 : task.policy == SCHED_FIFO ? 0 : 4_000_000, 8);
  return copyOut(to, BUFFER, 16) ? 0 : -EFAULT;
}

// ── nice values ─────────────────────────────────────────────────────────────────────

/** Whether the task is meant by a getpriority selector. */
function selected(task: Task, which: i32, who: i32): bool {
  if (task.state == TASK_DEAD) return false;
  switch (which) {
    case PRIO_PROCESS: return task.tid == (who ? who : current.tid);
    case PRIO_PGRP: return task.group.pid != 1 && task.group.pgid == (who ? who : current.group.pgid);
    default: return task.group.pid != 1 && task.cred.uid == (who ? <u32>who : current.cred.uid);
  }
}

/** 20 − nice, the highest of those selected. */
export function sys_getpriority(which: u64, who: u64): i64 {
  if (<u32>which > <u32>PRIO_USER) return -EINVAL;
  let best: i64 = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) if (selected(task, <i32>which, <i32>who)) best = max<i64>(best, 20 - task.nice);
  return best;
}

export function sys_setpriority(which: u64, who: u64, nice: u64): i64 {
  if (<u32>which > <u32>PRIO_USER) return -EINVAL;
  const value = max<i32>(min<i32>(<i32>nice, 19), -20);
  let result: i64 = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (!selected(task, <i32>which, <i32>who)) continue;
    const mine = current.cred;
    if (task.cred.uid != mine.euid && task.cred.euid != mine.euid && !capable(CAP_SYS_NICE)) result = -EPERM;
    else if (value < task.nice && !mayNice(task, value)) result = -EACCES;
    else {
      if (result == -ESRCH) result = 0;
      task.nice = value;
      piAdjust(task);
    }
  }
  return result;
}

// ── I/O priorities: kept, as there is no block device that they would matter to ─────

const CLASS_SHIFT: u32 = 13;
const CLASS_NONE: u32 = 0;
const CLASS_RT: u32 = 1;
const CLASS_IDLE: u32 = 3;

function ioSelected(task: Task, which: i32, who: i32): bool {
  return selected(task, which == IOPRIO_WHO_PROCESS ? PRIO_PROCESS : which == IOPRIO_WHO_PGRP ? PRIO_PGRP : PRIO_USER, who);
}

export function sys_ioprio_set(which: u64, who: u64, value: u64): i64 {
  const kind = (<u32>value >> CLASS_SHIFT) & 7;
  const level = <u32>value & 7;
  if (kind == CLASS_RT && !capable(CAP_SYS_ADMIN) && !capable(CAP_SYS_NICE)) return -EPERM;
  if (kind > CLASS_IDLE || (kind == CLASS_NONE && level)) return -EINVAL;
  if (<u32>which < 1 || <u32>which > 3) return -EINVAL;
  let result: i64 = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (!ioSelected(task, <i32>which, <i32>who)) continue;
    if (!sameUser(task) && !capable(CAP_SYS_NICE)) return -EPERM;
    task.ioprio = <u32>value & 0xffff;
    result = 0;
  }
  return result;
}

/** The most urgent of those selected. */
export function sys_ioprio_get(which: u64, who: u64): i64 {
  if (<u32>which < 1 || <u32>which > 3) return -EINVAL;
  let best: i64 = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (!ioSelected(task, <i32>which, <i32>who)) continue;
    const value = <i64>task.ioprio;
    if (best < 0 || value < best) best = value;
  }
  return best;
}
