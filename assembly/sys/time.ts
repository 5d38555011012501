// Clocks and sleeping: clock_gettime(2), nanosleep(2), gettimeofday(2), times(2), setitimer(2), alarm(2).
import { EFAULT, EINTR, EINVAL, EOPNOTSUPP, ETIMEDOUT } from "../abi/errno";
import { CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_ALARM, CLOCK_REALTIME_COARSE, CLOCK_TAI, CLOCK_THREAD_CPUTIME_ID, TIMER_ABSTIME } from "../abi/time";
import { copyIn, copyOut, putUser64 } from "../mm/usercopy";
import { now, realtime } from "../task/clock";
import { NO_TIME, clockIsCpu, clockIsReal, clockNow, deadlineAt, deadlineIn, groupInstructions } from "../task/clocks";
import { cpuTimerGet, cpuTimerSet, oldInterval, oldLeft, realTimerGet, realTimerSet } from "../task/timer";
import { TF_DEADLINE, TF_REAL_DEADLINE, TF_TIMED_OUT, current } from "../task/task";
import { timezoneOut } from "./clockset";
import { RESTART_POLL, pollRestart } from "./poll";
import { putTimespec, timespecIn } from "./timespec";
import { dispatch } from "../gen/dispatch";
import { BLOCKED, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, RESTART_CALL, RESTART_SLEEP, block, isTimedOut, waitDeadline } from "../task/wait";

const BUFFER = memory.data(160, 8);
const SECOND: u64 = 1_000_000_000;

/** The alarm clocks belong to a real time clock device, and there is none; timerfd_create(2) takes them all the same. */
function readable(clock: i32): bool {
  return clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM;
}

export function sys_clock_gettime(clock: u64, to: u64): i64 {
  const t = readable(<i32>clock) ? clockNow(<i32>clock) : NO_TIME;
  return t == NO_TIME ? -EINVAL : putTimespec(to, t);
}

export function sys_clock_getres(clock: u64, to: u64): i64 {
  const c = <i32>clock;
  if (!readable(c) || clockNow(c) == NO_TIME) return -EINVAL;
  if (!to) return 0;
  // CLOCK_*_PROF and CLOCK_*_VIRT of a pid count ticks.
  return putTimespec(to, c == CLOCK_REALTIME_COARSE || c == CLOCK_MONOTONIC_COARSE || (c < 0 && (c & 3) != 2) ? 4_000_000 : 1);
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
  return zone && !timezoneOut(zone) ? -EFAULT : 0;
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
  task.restartKind = RESTART_SLEEP;
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
  if (!task.sysProgress) task.sysProgress = deadlineIn(ns);
  return sleepUntil(task.sysProgress, left, true);
}

export function sys_clock_nanosleep(clock: u64, flags: u64, request: u64, left: u64): i64 {
  const c = <i32>clock;
  if (c == CLOCK_THREAD_CPUTIME_ID || clockNow(c) == NO_TIME) return -EINVAL;
  if (clockIsCpu(c)) return sleepCpu(c, flags, request);
  if (c != CLOCK_REALTIME && c != CLOCK_MONOTONIC && c != CLOCK_BOOTTIME && c != CLOCK_TAI) return -EOPNOTSUPP;
  if (!(flags & TIMER_ABSTIME)) return sleepRelative(request, left);
  const ns = timespecIn(request);
  if (ns < 0) return ns;
  if (clockIsReal(c)) current.flags |= TF_REAL_DEADLINE;
  return sleepUntil(deadlineAt(ns, c), 0, false);
}

/** How often a sleeper on CPU time looks at it. */
const CPU_SLEEP_NS: u64 = 1_000_000;

/** Sleeps until others of the process have used that much CPU time; one's own thread's never passes. */
function sleepCpu(clock: i32, flags: u64, request: u64): i64 {
  const ns = timespecIn(request);
  if (ns < 0) return ns;
  const task = current;
  const t = clockNow(clock);
  if (!task.sysProgress) task.sysProgress = flags & TIMER_ABSTIME ? <u64>ns + 1 : t + ns + 1;
  if (t >= task.sysProgress - 1) return 0;
  task.flags &= ~(TF_TIMED_OUT | TF_DEADLINE);
  waitDeadline(now() + CPU_SLEEP_NS);
  const r = block();
  return r == BLOCKED ? r : -ERESTARTNOHAND;
}

/** restart_syscall(2): goes on with a call that a stop interrupted, until its first deadline. */
export function sys_restart_syscall(): i64 {
  const task = current;
  if (task.restartKind == RESTART_SLEEP) return sleepUntil(task.restartDeadline, task.restartArg, true);
  if (task.restartKind == RESTART_POLL) return pollRestart();
  if (task.restartKind != RESTART_CALL) return -EINTR;
  const nr = <i32>task.restartArg;
  waitDeadline(task.restartDeadline);
  const r = dispatch(nr, task.arg0, task.arg1, task.arg2, task.arg3, task.arg4, task.arg5);
  if (r == -ERESTART_RESTARTBLOCK) task.restartArg = nr;
  return r;
}

export function sys_times(to: u64): i64 {
  if (to) {
    const group = current.group;
    store<u64>(BUFFER, groupInstructions(group) / 10_000_000);
    store<u64>(BUFFER, 0, 8);
    store<u64>(BUFFER, group.childInstructions / 10_000_000, 16);
    store<u64>(BUFFER, 0, 24);
    if (!copyOut(to, BUFFER, 32)) return -EFAULT;
  }
  return now() / 10_000_000;
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
