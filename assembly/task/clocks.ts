// The clocks of clock_gettime(2) by number. Kernel: kernel/time/posix-timers.c clockid_to_kclock(), posix-cpu-timers.c.
import { EINVAL } from "../abi/errno";
import {
  CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_ALARM,
  CLOCK_REALTIME_COARSE, CLOCK_TAI, CLOCK_THREAD_CPUTIME_ID,
} from "../abi/time";
import { clockTai, now, realtime, sliceInstructions } from "./clock";
import { taskFind } from "./table";
import { Group, Task, current, groupThreads, taskOfGroupLink } from "./task";

/** No such clock. */
export const NO_TIME: u64 = u64.MAX_VALUE;

/** Guest instructions of a process, 1 ns each: its CPU time. */
export function groupInstructions(group: Group): u64 {
  let sum = group.instructions;
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) sum += taskOfGroupLink(link).instructions;
  return changetype<usize>(current) && current.group === group ? sum + sliceInstructions() : sum;
}

export function taskInstructions(task: Task): u64 {
  return task === current ? task.instructions + sliceInstructions() : task.instructions;
}

/** Whether the clock counts CPU time: made of a pid (negative), or one of the caller's own. */
export function clockIsCpu(clock: i32): bool {
  return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/** Whether the clock can be set, so that absolute times on it move. */
export function clockIsReal(clock: i32): bool {
  return clock == CLOCK_REALTIME || clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM;
}

/** Time of a clock in ns, NO_TIME when there is no such clock. */
export function clockNow(clock: i32): u64 {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM: return realtime();
    case CLOCK_TAI: return realtime() + <i64>clockTai() * 1_000_000_000;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME_ALARM:
    case CLOCK_BOOTTIME: return now();
    case CLOCK_PROCESS_CPUTIME_ID: return groupInstructions(current.group);
    case CLOCK_THREAD_CPUTIME_ID: return taskInstructions(current);
  }
  return clock < 0 ? cpuClock(clock) : NO_TIME;
}

/** The task that a clock id made of a pid (~pid << 3 | 4 per thread | 2) means; null when it is none. */
export function cpuClockTask(clock: i32): Task | null {
  if ((clock & 3) == 3) return null;
  const pid = ~(clock >> 3);
  if (!pid) return current;
  const task = taskFind(pid);
  if (!task || (clock & 4 ? task.group !== current.group : task !== task.group.leader)) return null;
  return task;
}

function cpuClock(clock: i32): u64 {
  const task = cpuClockTask(clock);
  if (!task) return NO_TIME;
  return clock & 4 ? taskInstructions(task) : groupInstructions(task.group);
}

/** A deadline on the given clock as ns of CLOCK_MONOTONIC, 1 when it has passed. */
export function deadlineAt(ns: u64, clock: i32): u64 {
  const t = clockNow(clock);
  return ns <= t ? 1 : now() + (ns - t);
}

/** A deadline that many ns from now. */
export function deadlineIn(ns: u64): u64 {
  return now() + ns;
}

/** 0 or −EINVAL: whether timespec seconds and nanoseconds are a time. */
export function timeCheck(sec: i64, nsec: u64): i32 {
  return sec < 0 || nsec >= 1_000_000_000 ? -EINVAL : 0;
}
