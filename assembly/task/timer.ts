// Interval timers: alarm(2), setitimer(2). ITIMER_REAL runs on CLOCK_MONOTONIC; ITIMER_VIRTUAL and
// ITIMER_PROF run on the process's CPU time, which is its guest instructions (1 ns each).
import { RLIMIT_CPU } from "../abi/resource";
import { SIGALRM, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from "../abi/signal";
import { kfree, kzalloc } from "../mm/kmalloc";
import { now } from "./clock";
import { groupInstructions } from "./clocks";
import { posixTimersDrop } from "./posixtimer";
import { signalTaskKill } from "./signal";
import { timerAdd, timerRemove } from "./sleep";
import { Group } from "./task";

@unmanaged
export class Timer {
  group: Group;
  signal: i32;
  heapIndex: u32;
  /** ns, absolute; 0 = not armed. */
  expires: u64;
  interval: u64;
}

/** What setitimer(ITIMER_REAL) found before its change: ns left and the interval. */
export let oldLeft: u64 = 0;
export let oldInterval: u64 = 0;

/** Time left of the group's real timer, in oldLeft and oldInterval. */
export function realTimerGet(group: Group): void {
  const timer = changetype<Timer>(group.alarmTimer);
  oldLeft = 0;
  oldInterval = 0;
  if (!group.alarmTimer || !timer.expires) return;
  const t = now();
  // A timer that is due but has not fired yet shows the least time, never 0.
  oldLeft = timer.expires > t ? timer.expires - t : 1000;
  oldInterval = timer.interval;
}

/** Arms the group's real timer (value 0 disarms); false = out of memory. */
export function realTimerSet(group: Group, value: u64, interval: u64): bool {
  realTimerGet(group);
  if (!group.alarmTimer) {
    if (!value) return true;
    group.alarmTimer = kzalloc(offsetof<Timer>());
    if (!group.alarmTimer) return false;
  }
  const timer = changetype<Timer>(group.alarmTimer);
  timer.group = group;
  timer.signal = SIGALRM;
  timer.interval = interval;
  timer.expires = value ? now() + value : 0;
  if (value) timerAdd(timer.expires, timer);
  else timerRemove(timer);
  return true;
}

/** A timer of the heap is due. */
export function timerFire(object: usize, at: u64): void {
  const timer = changetype<Timer>(object);
  signalTaskKill(timer.group, timer.signal);
  if (timer.interval) {
    do timer.expires += timer.interval;
    while (timer.expires <= at);
    timerAdd(timer.expires, timer);
  } else timer.expires = 0;
}

/** Timers of CPU time: which = 1 virtual, 2 profiling. Group.timers holds both: u64 left, u64 interval. */
function cpuTimer(group: Group, which: i32): usize {
  if (!group.timers) group.timers = kzalloc(32);
  return group.timers ? group.timers + (<usize>(which - 1) << 4) : 0;
}

/** As realTimerGet for a CPU-time timer. */
export function cpuTimerGet(group: Group, which: i32): void {
  const timer = group.timers ? cpuTimer(group, which) : 0;
  oldLeft = timer ? load<u64>(timer) : 0;
  oldInterval = timer ? load<u64>(timer, 8) : 0;
}

export function cpuTimerSet(group: Group, which: i32, value: u64, interval: u64): bool {
  cpuTimerGet(group, which);
  const timer = cpuTimer(group, which);
  if (!timer) return false;
  store<u64>(timer, value);
  store<u64>(timer, interval, 8);
  return true;
}

/** The process has run `ran` more instructions. */
export function cpuTimersCharge(group: Group, ran: u64): void {
  for (let which = 1; which < 3; which++) {
    const timer = cpuTimer(group, which);
    const left = timer ? load<u64>(timer) : 0;
    if (!left) continue;
    if (left > ran) {
      store<u64>(timer, left - ran);
      continue;
    }
    store<u64>(timer, load<u64>(timer, 8));
    signalTaskKill(group, which == 1 ? SIGVTALRM : SIGPROF);
  }
}

/** RLIMIT_CPU: SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one; check_process_timers(). */
export function cpuLimitCharge(group: Group): void {
  const limit = group.rlimits + RLIMIT_CPU * 16;
  const soft = load<u64>(limit);
  if (soft == u64.MAX_VALUE) return;
  const seconds = groupInstructions(group) / 1_000_000_000;
  if (seconds >= load<u64>(limit, 8)) {
    signalTaskKill(group, SIGKILL);
    return;
  }
  if (seconds < soft) return;
  store<u64>(limit, seconds + 1);
  signalTaskKill(group, SIGXCPU);
}

/** A process ends. */
export function timersGroupExit(group: Group): void {
  posixTimersDrop(group);
  kfree(group.timers);
  group.timers = 0;
  if (!group.alarmTimer) return;
  timerRemove(changetype<Timer>(group.alarmTimer));
  kfree(group.alarmTimer);
  group.alarmTimer = 0;
}

/** exec keeps interval timers and deletes POSIX timers. */
export function timersExec(group: Group): void {
  posixTimersDrop(group);
}

