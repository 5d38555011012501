// CLOCK_REALTIME is set: clock_settime(2), settimeofday(2), adjtimex(2). It is the machine's own; the host's stays as it is.
// Absolute times on it keep their meaning, so their places on CLOCK_MONOTONIC move. Kernel: clock_was_set().
import { timerfdsClockSet } from "../ipc/timerfd";
import { realtime, realtimeSet } from "./clock";
import { posixTimersClockSet } from "./posixtimer";
import { sleepersClockSet } from "./sleep";
import { taskAfter, taskFirst } from "./table";
import { TF_DEADLINE, TF_REAL_DEADLINE } from "./task";
import { vdsoRefresh } from "./vdso";

/** The time of CLOCK_MONOTONIC that an absolute time moves to when CLOCK_REALTIME jumps `forward`; 1 = it has passed. */
export function movedBy(time: u64, forward: i64): u64 {
  const moved = <i64>time - forward;
  return moved > 0 ? <u64>moved : 1;
}

export function clockSet(ns: u64): void {
  const forward = <i64>(ns - realtime());
  realtimeSet(ns);
  vdsoRefresh();
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (task.flags & TF_DEADLINE && task.flags & TF_REAL_DEADLINE) task.deadline = movedBy(task.deadline, forward);
    if (task === task.group.leader) posixTimersClockSet(task.group, forward);
  }
  timerfdsClockSet(forward);
  sleepersClockSet();
}
