// timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2), timer_delete(2).
import { EAGAIN, EFAULT, EINVAL, EOPNOTSUPP } from "../abi/errno";
import { RLIMIT_SIGPENDING } from "../abi/resource";
import { SIGALRM, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID } from "../abi/signal";
import { CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_ALARM, CLOCK_REALTIME_COARSE, TIMER_ABSTIME } from "../abi/time";
import { copyIn, copyOut, putUser32 } from "../mm/usercopy";
import { NO_TIME, clockIsCpu, clockIsReal, clockNow, cpuClockTask, deadlineAt } from "../task/clocks";
import { now } from "../task/clock";
import { PosixTimer, cpuTidOf, posixTimerClock, posixTimerDelete, posixTimerFind, posixTimerLeft, posixTimerNew, posixTimerSet } from "../task/posixtimer";
import { taskFind } from "../task/table";
import { current } from "../task/task";
import { USER_SIGNALS, userCount } from "../task/user";
import { specIn, specNs, specOut } from "./timespec";

/** struct sigevent: u64 value, i32 signo, i32 notify, i32 tid. */
const EVENT = memory.data(64, 8);

/** 0 or −errno: whether a timer can run on the clock. */
function clockCheck(clock: i32): i32 {
  if (clockNow(clock) == NO_TIME) return -EINVAL;
  switch (clock) {
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    // These need a real time clock device.
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM: return -EOPNOTSUPP;
  }
  // The time of another process: docs/CAVEATS.md.
  const task = clock < 0 ? cpuClockTask(clock) : current;
  return task && task.group === current.group ? 0 : -EINVAL;
}

/** Whether the struct sigevent at EVENT makes sense; kernel: good_sigevent(). */
function eventGood(): bool {
  const notify = load<i32>(EVENT, 12);
  const signal = load<i32>(EVENT, 8);
  if (notify == SIGEV_NONE) return true;
  if (notify == SIGEV_THREAD_ID) {
    const task = taskFind(load<i32>(EVENT, 16));
    if (!task || task.group !== current.group) return false;
  } else if (notify != SIGEV_SIGNAL && notify != SIGEV_THREAD) return false;
  return signal > 0 && signal <= 64;
}

export function sys_timer_create(clockArg: u64, event: u64, id: u64): i64 {
  const clock = <i32>clockArg;
  if (event && !copyIn(EVENT, event, 64)) return -EFAULT;
  const error = clockCheck(clock);
  if (error) return error;
  const group = current.group;
  if (<u64>userCount(current.cred.uid, USER_SIGNALS) >= load<u64>(group.rlimits + RLIMIT_SIGPENDING * 16)) return -EAGAIN;
  if (event && !eventGood()) return -EINVAL;
  const timer = posixTimerNew(group, clock);
  if (!timer) return -EAGAIN;
  timer.notify = event ? load<i32>(EVENT, 12) : SIGEV_SIGNAL;
  timer.signal = event ? load<i32>(EVENT, 8) : SIGALRM;
  timer.value = event ? load<u64>(EVENT) : <u64>timer.id;
  timer.targetTid = event ? load<i32>(EVENT, 16) : 0;
  const thread = clock < 0 ? cpuClockTask(clock) : current;
  timer.cpuTid = cpuTidOf(clock, thread ? thread.tid : current.tid);
  if (putUser32(id, timer.id)) return 0;
  posixTimerDelete(timer);
  return -EFAULT;
}

function find(id: u64): PosixTimer | null {
  return posixTimerFind(current.group, <i32>id);
}

export function sys_timer_settime(id: u64, flags: u64, value: u64, old: u64): i64 {
  if (!value) return -EINVAL;
  if (!specIn(value)) return -EFAULT;
  const interval = specNs(0);
  const first = specNs(16);
  if (interval == NO_TIME || first == NO_TIME) return -EINVAL;
  const timer = find(id);
  if (!timer) return -EINVAL;
  const oldInterval = timer.interval;
  const oldLeft = posixTimerLeft(timer);
  let expires: u64 = 0;
  if (first) {
    if (!(<u32>flags & TIMER_ABSTIME)) expires = (clockIsCpu(timer.clock) ? posixTimerClock(timer) : now()) + first;
    else expires = clockIsCpu(timer.clock) ? first : deadlineAt(first, timer.clock);
  }
  timer.real = <u32>flags & TIMER_ABSTIME && clockIsReal(timer.clock) ? 1 : 0;
  posixTimerSet(timer, expires, first ? interval : 0);
  return old && !specOut(old, oldInterval, oldLeft) ? -EFAULT : 0;
}

export function sys_timer_gettime(id: u64, to: u64): i64 {
  const timer = find(id);
  if (!timer) return -EINVAL;
  return specOut(to, timer.interval, posixTimerLeft(timer)) ? 0 : -EFAULT;
}

export function sys_timer_getoverrun(id: u64): i64 {
  const timer = find(id);
  return timer ? <i64>timer.overrun : -EINVAL;
}

export function sys_timer_delete(id: u64): i64 {
  const timer = find(id);
  if (!timer) return -EINVAL;
  posixTimerDelete(timer);
  return 0;
}
