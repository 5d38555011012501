// Interval timers: alarm(2), setitimer(2). ITIMER_REAL runs on CLOCK_MONOTONIC; ITIMER_VIRTUAL and
// ITIMER_PROF have no calls yet.
import { SIGALRM } from "../abi/signal";
import { kfree, kzalloc } from "../mm/kmalloc";
import { now } from "./clock";
import { signalTaskKill } from "./signal";
import { timerAdd, timerRemove } from "./sleep";
import { Group } from "./task";

@unmanaged
class Timer {
  group: Group;
  signal: i32;
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
  if (value) timerAdd(timer.expires, group.alarmTimer);
  else timerRemove(group.alarmTimer);
  return true;
}

/** A timer of the heap is due. */
export function timerFire(object: usize, at: u64): void {
  const timer = changetype<Timer>(object);
  signalTaskKill(timer.group, timer.signal);
  if (timer.interval) {
    do timer.expires += timer.interval;
    while (timer.expires <= at);
    timerAdd(timer.expires, object);
  } else timer.expires = 0;
}

/** A process ends. */
export function timersGroupExit(group: Group): void {
  if (!group.alarmTimer) return;
  timerRemove(group.alarmTimer);
  kfree(group.alarmTimer);
  group.alarmTimer = 0;
}

/** exec keeps interval timers and deletes POSIX timers, of which there are none. */
export function timersExec(group: Group): void {}

