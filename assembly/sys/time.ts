// Clocks and sleeping: clock_gettime(2), nanosleep(2), gettimeofday(2), times(2), getrusage(2), setitimer(2), alarm(2).
import { EFAULT, EINVAL, EOPNOTSUPP, EPERM, ETIMEDOUT } from "../abi/errno";
import { RUSAGE_CHILDREN, RUSAGE_RU_MAXRSS, RUSAGE_SELF, RUSAGE_THREAD, SIZEOF_RUSAGE } from "../abi/resource";
import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI, CLOCK_THREAD_CPUTIME_ID, TIMER_ABSTIME } from "../abi/time";
import { copyIn, copyOut, putUser64 } from "../mm/usercopy";
import { now, realtime, sliceInstructions } from "../task/clock";
import { taskFind } from "../task/table";
import { cpuTimerGet, cpuTimerSet, oldInterval, oldLeft, realTimerGet, realTimerSet } from "../task/timer";
import { Group, current, groupThreads, taskOfGroupLink } from "../task/task";
import { RESTART_POLL, pollRestart } from "./poll";
import { BLOCKED, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, block, isTimedOut, waitDeadline } from "../task/wait";

const BUFFER = memory.data(160, 8);
const SECOND: u64 = 1_000_000_000;

/** Guest instructions of a process, 1 ns each: its CPU time. */
export function groupInstructions(group: Group): u64 {
  let sum = group.instructions;
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) sum += taskOfGroupLink(link).instructions;
  return sum;
}

/** Time of a clock in ns, u64.MAX_VALUE when there is no such clock. */
function clockNow(clock: i32): u64 {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: return realtime();
    case CLOCK_TAI: return realtime();
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: return now();
    case CLOCK_PROCESS_CPUTIME_ID: return groupInstructions(current.group) + sliceInstructions();
    case CLOCK_THREAD_CPUTIME_ID: return current.instructions + sliceInstructions();
  }
  if (clock < 0) return cpuClock(clock);
  return u64.MAX_VALUE;
}

/** Clock ids made of a pid: ~pid << 3 | (4 per thread) | 2 (schedule). */
function cpuClock(clock: i32): u64 {
  const pid = ~(clock >> 3);
  const task = pid ? taskFind(pid) : current;
  if (!task || (clock & 3) == 3) return u64.MAX_VALUE;
  const extra = task === current ? sliceInstructions() : 0;
  return (clock & 4 ? task.instructions : groupInstructions(task.group)) + extra;
}

function putTimespec(to: u64, ns: u64): i64 {
  store<u64>(BUFFER, ns / SECOND);
  store<u64>(BUFFER, ns % SECOND, 8);
  return copyOut(to, BUFFER, 16) ? 0 : -EFAULT;
}

/** ns of a timespec at guest address; −EFAULT, −EINVAL. */
export function timespecIn(from: u64): i64 {
  if (!copyIn(BUFFER, from, 16)) return -EFAULT;
  const sec = load<i64>(BUFFER);
  const nsec = load<u64>(BUFFER, 8);
  if (sec < 0 || nsec >= SECOND) return -EINVAL;
  // About 292 years: for ever.
  return sec > 9_000_000_000 ? 9_000_000_000 * <i64>SECOND : sec * <i64>SECOND + <i64>nsec;
}

export function sys_clock_gettime(clock: u64, to: u64): i64 {
  const t = clockNow(<i32>clock);
  return t == u64.MAX_VALUE ? -EINVAL : putTimespec(to, t);
}

export function sys_clock_getres(clock: u64, to: u64): i64 {
  const c = <i32>clock;
  if (clockNow(c) == u64.MAX_VALUE) return -EINVAL;
  if (!to) return 0;
  return putTimespec(to, c == CLOCK_REALTIME_COARSE || c == CLOCK_MONOTONIC_COARSE ? 4_000_000 : 1);
}

export function sys_clock_settime(clock: u64, from: u64): i64 {
  const ns = timespecIn(from);
  if (ns < 0) return ns;
  return <i32>clock == CLOCK_REALTIME ? -EPERM : -EINVAL;
}

export function sys_time(to: u64): i64 {
  const seconds = realtime() / SECOND;
  return to && !putUser64(to, seconds) ? -EFAULT : <i64>seconds;
}

export function sys_gettimeofday(to: u64, zone: u64): i64 {
  const t = realtime();
  if (to) {
    store<u64>(BUFFER, t / SECOND);
    store<u64>(BUFFER, (t % SECOND) / 1000, 8);
    if (!copyOut(to, BUFFER, 16)) return -EFAULT;
  }
  return zone && !putUser64(zone, 0) ? -EFAULT : 0;
}

/** Sleeps until `deadline` (monotonic); with `left` the rest is written when a signal interrupts. */
function sleepUntil(deadline: u64, left: u64, relative: bool): i64 {
  if (isTimedOut() || deadline <= now()) return 0;
  waitDeadline(deadline);
  const r = block();
  if (r == BLOCKED) return r;
  if (r == -ETIMEDOUT) return 0;
  if (!relative) return -ERESTARTNOHAND;
  const t = now();
  if (left && putTimespec(left, deadline > t ? deadline - t : 0)) return -EFAULT;
  const task = current;
  task.restartKind = 1;
  task.restartDeadline = deadline;
  task.restartArg = left;
  return -ERESTART_RESTARTBLOCK;
}

export function sys_nanosleep(request: u64, left: u64): i64 {
  return sleepRelative(request, left);
}

function sleepRelative(request: u64, left: u64): i64 {
  const ns = timespecIn(request);
  if (ns < 0) return ns;
  const task = current;
  if (!task.sysProgress) task.sysProgress = now() + <u64>ns;
  return sleepUntil(task.sysProgress, left, true);
}

export function sys_clock_nanosleep(clock: u64, flags: u64, request: u64, left: u64): i64 {
  const c = <i32>clock;
  if (c == CLOCK_THREAD_CPUTIME_ID) return -EINVAL;
  if (c != CLOCK_REALTIME && c != CLOCK_MONOTONIC && c != CLOCK_BOOTTIME && c != CLOCK_TAI && c != CLOCK_PROCESS_CPUTIME_ID) return clockNow(c) == u64.MAX_VALUE ? -EINVAL : -EOPNOTSUPP;
  if (!(flags & TIMER_ABSTIME)) return sleepRelative(request, left);
  const ns = timespecIn(request);
  if (ns < 0) return ns;
  const t = clockNow(c);
  const until = <u64>ns <= t ? 0 : now() + (<u64>ns - t);
  const task = current;
  if (!task.sysProgress) task.sysProgress = until ? until : 1;
  return sleepUntil(task.sysProgress, 0, false);
}

/** restart_syscall(2): goes on with a sleep or a poll that a stop interrupted. */
export function sys_restart_syscall(): i64 {
  const task = current;
  if (task.restartKind == RESTART_POLL) return pollRestart();
  if (task.restartKind != 1) return -4;
  return sleepUntil(task.restartDeadline, task.restartArg, true);
}

/** A deadline of a call: absolute on the given clock (relative = from now), as monotonic ns. */
export function deadlineOf(ns: u64, clock: i32, relative: bool): u64 {
  if (relative) return now() + ns;
  const t = clockNow(clock);
  return ns <= t ? 1 : now() + (ns - t);
}

export function sys_times(to: u64): i64 {
  if (to) {
    const group = current.group;
    store<u64>(BUFFER, (groupInstructions(group) + sliceInstructions()) / 10_000_000);
    store<u64>(BUFFER, 0, 8);
    store<u64>(BUFFER, group.childInstructions / 10_000_000, 16);
    store<u64>(BUFFER, 0, 24);
    if (!copyOut(to, BUFFER, 32)) return -EFAULT;
  }
  return now() / 10_000_000;
}

export function sys_getrusage(who: u64, to: u64): i64 {
  const group = current.group;
  let time: u64;
  let peak: u64;
  switch (<i32>who) {
    case RUSAGE_SELF: time = groupInstructions(group) + sliceInstructions(); peak = max<u64>(current.mm.rssPeak, group.peakRss); break;
    case RUSAGE_THREAD: time = current.instructions + sliceInstructions(); peak = current.mm.rssPeak; break;
    case RUSAGE_CHILDREN: time = group.childInstructions; peak = group.childPeakRss; break;
    default: return -EINVAL;
  }
  memory.fill(BUFFER, 0, SIZEOF_RUSAGE);
  store<u64>(BUFFER, time / SECOND);
  store<u64>(BUFFER, (time % SECOND) / 1000, 8);
  store<u64>(BUFFER + RUSAGE_RU_MAXRSS, peak * 4);
  return copyOut(to, BUFFER, SIZEOF_RUSAGE) ? 0 : -EFAULT;
}

function putItimer(to: u64): i64 {
  store<u64>(BUFFER, oldInterval / SECOND);
  store<u64>(BUFFER, (oldInterval % SECOND) / 1000, 8);
  store<u64>(BUFFER, oldLeft / SECOND, 16);
  store<u64>(BUFFER, (oldLeft % SECOND) / 1000, 24);
  return copyOut(to, BUFFER, 32) ? 0 : -EFAULT;
}

export function sys_getitimer(which: u64, to: u64): i64 {
  if (<u32>which > 2) return -EINVAL;
  if (<u32>which) cpuTimerGet(current.group, <i32>which);
  else realTimerGet(current.group);
  return putItimer(to);
}

export function sys_setitimer(which: u64, from: u64, old: u64): i64 {
  let value: u64 = 0;
  let interval: u64 = 0;
  if (from) {
    if (!copyIn(BUFFER, from, 32)) return -EFAULT;
    const iu = load<u64>(BUFFER, 8);
    const vu = load<u64>(BUFFER, 24);
    if (iu >= 1_000_000 || vu >= 1_000_000 || load<i64>(BUFFER) < 0 || load<i64>(BUFFER, 16) < 0) return -EINVAL;
    interval = load<u64>(BUFFER) * SECOND + iu * 1000;
    value = load<u64>(BUFFER, 16) * SECOND + vu * 1000;
  }
  if (<u32>which > 2) return -EINVAL;
  if (<u32>which ? !cpuTimerSet(current.group, <i32>which, value, interval) : !realTimerSet(current.group, value, interval)) return -EINVAL;
  return old ? putItimer(old) : 0;
}

/** The seconds that were left, rounded up to 1 when less. */
export function sys_alarm(seconds: u64): i64 {
  realTimerSet(current.group, <u64><u32>seconds * SECOND, 0);
  if (!oldLeft) return 0;
  const left = (oldLeft + SECOND / 2) / SECOND;
  return left ? <i64>left : 1;
}
