// arch_prctl(2), prctl(2), uname(2), sysinfo(2), getrandom(2), prlimit(2), sched_*(2), rseq(2), membarrier(2), getcpu(2).
import { EBUSY, EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno";
import { ARCH_GET_FS, ARCH_GET_GS, ARCH_SET_FS, ARCH_SET_GS, PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_NAME, PR_GET_NO_NEW_PRIVS, PR_GET_PDEATHSIG, PR_GET_TIMERSLACK, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, PR_SET_TIMERSLACK, PR_CAPBSET_READ, PR_GET_CHILD_SUBREAPER, PR_SET_CHILD_SUBREAPER } from "../abi/prctl";
import { PRIO_PGRP, PRIO_PROCESS, PRIO_USER, RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_AS } from "../abi/resource";
import { SCHED_BATCH, SCHED_FIFO, SCHED_IDLE, SCHED_OTHER, SCHED_RR } from "../abi/sched";
import { CPU, FS_BASE, GS_BASE } from "../cpu/state";
import { randomToUser } from "../fs/dev";
import { RELEASE } from "../fs/procfile";
import { framesTotal, framesUsed } from "../mm/frames";
import { TASK_SIZE } from "../mm/space";
import { copyIn, copyInString, copyOut, putUser32, putUser64, userWritable } from "../mm/usercopy";
import { now } from "../task/clock";
import { schedYield } from "../task/sched";
import { groupCount, taskAfter, taskFind, taskFirst } from "../task/table";
import { Group, Task, current } from "../task/task";
import { utsDomainname, utsHostname } from "../task/uts";

const BUFFER = memory.data(400, 8);
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_SYS_NICE: u64 = 1 << 23;
const CAP_SYS_RESOURCE: u64 = 1 << 24;

export function sys_arch_prctl(code: u64, addr: u64): i64 {
  switch (<i32>code) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
      if (addr >= TASK_SIZE) return -EPERM;
      store<u64>(CPU + (<i32>code == ARCH_SET_FS ? FS_BASE : GS_BASE), addr);
      return 0;
    case ARCH_GET_FS: return putUser64(addr, load<u64>(CPU + FS_BASE)) ? 0 : -EFAULT;
    case ARCH_GET_GS: return putUser64(addr, load<u64>(CPU + GS_BASE)) ? 0 : -EFAULT;
    default: return -EINVAL;
  }
}

export function sys_prctl(option: u64, a: u64, b: u64, c: u64, d: u64): i64 {
  const task = current;
  switch (<i32>option) {
    case PR_SET_NAME: {
      memory.fill(BUFFER, 0, 17);
      const n = copyInString(BUFFER, a, 16);
      if (n == -EFAULT) return n;
      store<u8>(BUFFER + 15, 0);
      memory.copy(changetype<usize>(task) + offsetof<Task>("comm0"), BUFFER, 16);
      return 0;
    }
    case PR_GET_NAME: return copyOut(a, changetype<usize>(task) + offsetof<Task>("comm0"), 16) ? 0 : -EFAULT;
    case PR_SET_PDEATHSIG:
      if (a > 64) return -EINVAL;
      task.group.pdeathSignal = <i32>a;
      return 0;
    case PR_GET_PDEATHSIG: return putUser32(a, task.group.pdeathSignal) ? 0 : -EFAULT;
    case PR_GET_DUMPABLE: return task.mm.dumpable;
    case PR_SET_DUMPABLE:
      if (a > 1) return -EINVAL;
      task.mm.dumpable = <u32>a;
      return 0;
    case PR_GET_KEEPCAPS: return 0;
    case PR_GET_NO_NEW_PRIVS: return a | b | c | d ? -EINVAL : <i64>task.noNewPrivs;
    case PR_SET_NO_NEW_PRIVS:
      if (a != 1 || b | c | d) return -EINVAL;
      task.noNewPrivs = 1;
      return 0;
    case PR_SET_TIMERSLACK: task.timerSlackNs = <i64>a <= 0 ? 50000 : a; return 0;
    case PR_GET_TIMERSLACK: return task.timerSlackNs;
    case PR_CAPBSET_READ: return a > 40 ? -EINVAL : <i64>((task.cred.capBounding >> a) & 1);
    case PR_SET_CHILD_SUBREAPER: task.group.subreaper = a ? 1 : 0; return 0;
    case PR_GET_CHILD_SUBREAPER: return putUser32(a, task.group.subreaper) ? 0 : -EFAULT;
    default: return -EINVAL;
  }
}

function field(offset: usize, text: string): void {
  for (let i = 0; i < text.length; i++) store<u8>(BUFFER + offset + i, load<u8>(changetype<usize>(text) + (i << 1)));
}

export function sys_uname(to: u64): i64 {
  memory.fill(BUFFER, 0, 390);
  field(0, "Linux");
  memory.copy(BUFFER + 65, utsHostname(), 65);
  field(130, RELEASE);
  field(195, "#1 SMP PREEMPT_DYNAMIC");
  field(260, "x86_64");
  memory.copy(BUFFER + 325, utsDomainname(), 65);
  return copyOut(to, BUFFER, 390) ? 0 : -EFAULT;
}

function setName(to: usize, from: u64, length: u64): i64 {
  if (!(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  if (<i32>length < 0 || length > 64) return -EINVAL;
  memory.fill(BUFFER, 0, 65);
  if (!copyIn(BUFFER, from, length)) return -EFAULT;
  memory.copy(to, BUFFER, 65);
  return 0;
}

export function sys_sethostname(name: u64, length: u64): i64 {
  return setName(utsHostname(), name, length);
}

export function sys_setdomainname(name: u64, length: u64): i64 {
  return setName(utsDomainname(), name, length);
}

export function sys_sysinfo(to: u64): i64 {
  const total = <u64>framesTotal() << 12;
  memory.fill(BUFFER, 0, 112);
  store<u64>(BUFFER, now() / 1_000_000_000);
  store<u64>(BUFFER, total, 32);
  store<u64>(BUFFER, total - (<u64>framesUsed() << 12), 40);
  store<u16>(BUFFER, <u16>groupCount(), 80);
  store<u32>(BUFFER, 1, 104);
  return copyOut(to, BUFFER, 112) ? 0 : -EFAULT;
}

export function sys_getrandom(to: u64, count: u64, flags: u64): i64 {
  if (flags & ~(<u64>7) || (flags & 6) == 6) return -EINVAL;
  return randomToUser(to, min<u64>(count, 0x7ffff000));
}

function limitOwner(pid: u64): Group | null {
  if (!<i32>pid) return current.group;
  const task = taskFind(<i32>pid);
  return task ? task.group : null;
}

function limitChange(group: Group, which: u32, soft: u64, hard: u64): i64 {
  if (soft > hard) return -EINVAL;
  if (which == RLIMIT_NOFILE && hard > 1048576) return -EPERM;
  const at = group.rlimits + (which << 4);
  if (hard > load<u64>(at, 8) && !(current.cred.capEffective & CAP_SYS_RESOURCE)) return -EPERM;
  store<u64>(at, soft);
  store<u64>(at, hard, 8);
  const mm = group.leader.mm;
  if (changetype<usize>(mm)) {
    if (which == RLIMIT_STACK) mm.stackLimit = soft;
    if (which == RLIMIT_AS) mm.limitPages = soft == u64.MAX_VALUE ? soft : soft >> 12;
  }
  return 0;
}

export function sys_prlimit64(pid: u64, which: u64, newLimit: u64, oldLimit: u64): i64 {
  if (<u32>which >= 16) return -EINVAL;
  if (newLimit && !copyIn(BUFFER, newLimit, 16)) return -EFAULT;
  const group = limitOwner(pid);
  if (!group) return -ESRCH;
  const at = group.rlimits + (<u32>which << 4);
  memory.copy(BUFFER + 16, at, 16);
  if (newLimit) {
    const error = limitChange(group, <u32>which, load<u64>(BUFFER), load<u64>(BUFFER, 8));
    if (error) return error;
  }
  return oldLimit && !copyOut(oldLimit, BUFFER + 16, 16) ? -EFAULT : 0;
}

export function sys_getrlimit(which: u64, to: u64): i64 {
  if (<u32>which >= 16) return -EINVAL;
  return copyOut(to, current.group.rlimits + (<u32>which << 4), 16) ? 0 : -EFAULT;
}

export function sys_setrlimit(which: u64, from: u64): i64 {
  if (!copyIn(BUFFER, from, 16)) return -EFAULT;
  if (<u32>which >= 16) return -EINVAL;
  return limitChange(current.group, <u32>which, load<u64>(BUFFER), load<u64>(BUFFER, 8));
}

export function sys_sched_yield(): i64 {
  schedYield();
  return 0;
}

function schedTask(pid: u64): Task | null {
  return <i32>pid ? taskFind(<i32>pid) : current;
}

/** One CPU: a mask of 8 bytes with bit 0. */
export function sys_sched_getaffinity(pid: u64, length: u64, to: u64): i64 {
  if (<u32>length * 8 < 1 || length & 7) return -EINVAL;
  if (!schedTask(pid)) return -ESRCH;
  return putUser64(to, 1) ? 8 : -EFAULT;
}

export function sys_sched_setaffinity(pid: u64, length: u64, from: u64): i64 {
  store<u64>(BUFFER, 0);
  if (!copyIn(BUFFER, from, min<u64>(length, 8))) return -EFAULT;
  if (!schedTask(pid)) return -ESRCH;
  return load<u64>(BUFFER) & 1 ? 0 : -EINVAL;
}

export function sys_sched_getscheduler(pid: u64): i64 {
  if (<i32>pid < 0) return -EINVAL;
  const task = schedTask(pid);
  return task ? <i64>task.policy : -ESRCH;
}

export function sys_sched_getparam(pid: u64, to: u64): i64 {
  if (<i32>pid < 0 || !to) return -EINVAL;
  const task = schedTask(pid);
  if (!task) return -ESRCH;
  return putUser32(to, task.rtPriority) ? 0 : -EFAULT;
}

function schedChange(task: Task, policy: u32, priority: u32): i64 {
  const realtime = policy == SCHED_FIFO || policy == SCHED_RR;
  if (!realtime && policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE) return -EINVAL;
  if (realtime ? priority < 1 || priority > 99 : priority != 0) return -EINVAL;
  if (realtime && !(current.cred.capEffective & CAP_SYS_NICE)) return -EPERM;
  task.policy = policy;
  task.rtPriority = priority;
  return 0;
}

export function sys_sched_setscheduler(pid: u64, policy: u64, from: u64): i64 {
  if (<i32>policy < 0 || <i32>pid < 0 || !from) return -EINVAL;
  if (!copyIn(BUFFER, from, 4)) return -EFAULT;
  const task = schedTask(pid);
  return task ? schedChange(task, <u32>policy & 0x3fffffff, load<u32>(BUFFER)) : -ESRCH;
}

export function sys_sched_setparam(pid: u64, from: u64): i64 {
  if (<i32>pid < 0 || !from) return -EINVAL;
  if (!copyIn(BUFFER, from, 4)) return -EFAULT;
  const task = schedTask(pid);
  return task ? schedChange(task, task.policy, load<u32>(BUFFER)) : -ESRCH;
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
  const task = schedTask(pid);
  if (!task) return -ESRCH;
  store<u64>(BUFFER, 0);
  store<u64>(BUFFER, task.policy == SCHED_RR ? 100_000_000 : task.policy == SCHED_FIFO ? 0 : 4_000_000, 8);
  return copyOut(to, BUFFER, 16) ? 0 : -EFAULT;
}

/** Whether the group is meant by a getpriority selector. */
function selected(group: Group, which: i32, who: i32): bool {
  switch (which) {
    case PRIO_PROCESS: return group.pid == (who ? who : current.group.pid);
    case PRIO_PGRP: return group.pgid == (who ? who : current.group.pgid);
    default: return group.leader.cred.uid == (who ? <u32>who : current.cred.uid);
  }
}

/** 20 − nice, the highest of those selected. */
export function sys_getpriority(which: u64, who: u64): i64 {
  if (<u32>which > <u32>PRIO_USER) return -EINVAL;
  let best: i64 = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (task !== task.group.leader || task.group.zombie || task.group.pid == 1 || !selected(task.group, <i32>which, <i32>who)) continue;
    best = max<i64>(best, 20 - task.group.nice);
  }
  return best;
}

export function sys_setpriority(which: u64, who: u64, nice: u64): i64 {
  if (<u32>which > <u32>PRIO_USER) return -EINVAL;
  const value = max<i32>(min<i32>(<i32>nice, 19), -20);
  let found: i64 = -ESRCH;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    const group = task.group;
    if (task !== group.leader || group.zombie || group.pid == 1 || !selected(group, <i32>which, <i32>who)) continue;
    if (value < group.nice && !(current.cred.capEffective & CAP_SYS_NICE)) {
      found = -13;
      continue;
    }
    group.nice = value;
    if (found == -ESRCH) found = 0;
  }
  return found;
}

export function sys_getcpu(cpu: u64, node: u64): i64 {
  return (!cpu || putUser32(cpu, 0)) && (!node || putUser32(node, 0)) ? 0 : -EFAULT;
}

const RSEQ_UNREGISTER: u64 = 1;

/** rseq(2): there is one CPU, so cpu_id is 0 from registration on. */
export function sys_rseq(area: u64, length: u64, flags: u64, signature: u64): i64 {
  const task = current;
  if (flags & ~RSEQ_UNREGISTER) return -EINVAL;
  if (flags & RSEQ_UNREGISTER) {
    if (!task.rseq || task.rseq != area) return -EINVAL;
    task.rseq = 0;
    return putUser32(area + 4, 0xffffffff) ? 0 : -EFAULT;
  }
  if (task.rseq) return task.rseq == area ? -EBUSY : -EINVAL;
  if (area & 31 || length < 32) return -EINVAL;
  if (!userWritable(area, 32)) return -EFAULT;
  putUser32(area, 0);
  putUser32(area + 4, 0);
  task.rseq = area;
  return 0;
}

/** One CPU: every command is done at once. Query answers what is there. */
export function sys_membarrier(command: u64, flags: u64): i64 {
  if (flags) return -EINVAL;
  const known: u32 = 0x1ff & ~0x180;
  if (!<u32>command) return known;
  return popcnt<u32>(<u32>command) == 1 && <u32>command & known ? 0 : -EINVAL;
}

export function sys_personality(value: u64): i64 {
  const old = current.personality;
  if (<u32>value != 0xffffffff) current.personality = <u32>value;
  return old;
}
