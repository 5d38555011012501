// POSIX per-process timers: timer_create(2). Kernel: kernel/time/posix-timers.c, posix-cpu-timers.c.
//
// A timer that has fired is armed again when its signal is delivered; what it missed until then is its overrun.
// Wall clocks stand in the heap of sleep.ts; CPU clocks are looked at when the process has run.
import { CLOCK_THREAD_CPUTIME_ID } from "../abi/time";
import { SIGEV_NONE, SIGEV_THREAD_ID, SIGINFO_SI_OVERRUN } from "../abi/signal";
import { Link } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { now } from "./clock";
import { movedBy } from "./clockset";
import { clockIsCpu, groupInstructions } from "./clocks";
import { signalTimer, signalTimerForget } from "./signal";
import { posixTimerAdd, posixTimerRemove } from "./sleep";
import { taskFind } from "./table";
import { Group, Task, groupTimers } from "./task";

@unmanaged
export class PosixTimer extends Link {
  // Link: Group.posixTimers.
  group: Group;
  id: i32;
  clock: i32;
  /** SIGEV_*. */
  notify: i32;
  signal: i32;
  /** SIGEV_THREAD_ID: the thread; and the thread whose time CLOCK_THREAD_CPUTIME_ID counts. */
  targetTid: i32;
  cpuTid: i32;
  heapIndex: u32;
  /** `expires` was given as a time of a clock that can be set. */
  real: u32;
  spare: u32;
  value: u64;
  /** Absolute: ns of CLOCK_MONOTONIC or of CPU time; 0 = not armed. */
  expires: u64;
  interval: u64;
  overrun: u32;
  /** The queued signal (task/signal.ts) while it is pending. */
  queued: u32;
}

/** A timer of the group, not armed, or null. */
export function posixTimerNew(group: Group, clock: i32): PosixTimer | null {
  const timer = changetype<PosixTimer>(kzalloc(offsetof<PosixTimer>()));
  if (!changetype<usize>(timer)) return null;
  timer.group = group;
  timer.clock = clock;
  timer.id = group.nextTimerId;
  group.nextTimerId = timer.id == i32.MAX_VALUE ? 0 : timer.id + 1;
  timer.append(groupTimers(group));
  return timer;
}

export function posixTimerFind(group: Group, id: i32): PosixTimer | null {
  const list = groupTimers(group);
  for (let link = list.next; link !== list; link = link.next) {
    const timer = changetype<PosixTimer>(changetype<usize>(link));
    if (timer.id == id) return timer;
  }
  return null;
}

function onCpuTime(timer: PosixTimer): bool {
  return clockIsCpu(timer.clock);
}

/** Time of the timer's clock, on the scale of `expires`. */
export function posixTimerClock(timer: PosixTimer): u64 {
  if (!onCpuTime(timer)) return now();
  if (!timer.cpuTid) return groupInstructions(timer.group);
  const task = taskFind(timer.cpuTid);
  return task ? task.instructions : 0;
}

function disarm(timer: PosixTimer): void {
  if (timer.queued) signalTimerForget(timer);
  if (!timer.expires) return;
  if (onCpuTime(timer)) timer.group.cpuTimers--;
  else posixTimerRemove(timer);
  timer.expires = 0;
}

function arm(timer: PosixTimer): void {
  if (!onCpuTime(timer) && timer.notify != SIGEV_NONE) posixTimerAdd(timer.expires, timer);
}

/** Arms for `expires` on the clock's scale (0 disarms). A signal that is still pending is taken back. */
export function posixTimerSet(timer: PosixTimer, expires: u64, interval: u64): void {
  disarm(timer);
  timer.overrun = 0;
  timer.interval = interval;
  timer.expires = expires;
  if (!expires) return;
  if (onCpuTime(timer)) timer.group.cpuTimers++;
  arm(timer);
}

/** CLOCK_REALTIME was set forward by so many ns. */
export function posixTimersClockSet(group: Group, forward: i64): void {
  const list = groupTimers(group);
  for (let link = list.next; link !== list; link = link.next) {
    const timer = changetype<PosixTimer>(changetype<usize>(link));
    if (timer.real && timer.expires) timer.expires = movedBy(timer.expires, forward);
  }
}

/** ns until the next expiration, 0 when not armed; never 0 while it has not fired. */
export function posixTimerLeft(timer: PosixTimer): u64 {
  if (!timer.expires) return 0;
  const t = posixTimerClock(timer);
  if (timer.expires > t) return timer.expires - t;
  if (timer.interval) return timer.interval - (t - timer.expires) % timer.interval;
  return timer.notify == SIGEV_NONE ? 0 : 1;
}

/** A one-shot timer is over. */
function finish(timer: PosixTimer): void {
  if (onCpuTime(timer)) timer.group.cpuTimers--;
  timer.expires = 0;
}

/** A timer of the heap is due. */
export function posixTimerFire(object: usize, at: u64): void {
  const timer = changetype<PosixTimer>(object);
  const target: Task | null = timer.notify == SIGEV_THREAD_ID ? taskFind(timer.targetTid) : null;
  const gone = timer.notify == SIGEV_THREAD_ID && (!target || target.group !== timer.group);
  if (!gone) signalTimer(timer, target);
  if (!timer.interval) {
    finish(timer);
    return;
  }
  if (timer.queued) return;
  // Ignored: it goes on without being heard.
  forward(timer, at);
  arm(timer);
}

/** Moves `expires` past `at`; how many expirations there were. */
function forward(timer: PosixTimer, at: u64): u64 {
  if (at < timer.expires) return 0;
  const n = (at - timer.expires) / timer.interval + 1;
  timer.expires += n * timer.interval;
  return n;
}

/** The timer's signal is delivered (its siginfo at `info`): overruns are counted, a periodic timer is armed again. */
export function posixTimerDelivered(timer: PosixTimer, info: usize): void {
  timer.queued = 0;
  timer.overrun = 0;
  if (timer.interval && timer.expires) {
    const n = forward(timer, posixTimerClock(timer));
    if (n) timer.overrun = <u32>min<u64>(n - 1, i32.MAX_VALUE);
    arm(timer);
  }
  store<u32>(info + SIGINFO_SI_OVERRUN, timer.overrun);
}

/** The process has run: timers of CPU time that are due fire. */
export function posixCpuTimers(group: Group): void {
  const list = groupTimers(group);
  for (let link = list.next; link !== list; link = link.next) {
    const timer = changetype<PosixTimer>(changetype<usize>(link));
    if (!timer.expires || timer.queued || timer.notify == SIGEV_NONE || !onCpuTime(timer)) continue;
    const t = posixTimerClock(timer);
    if (t >= timer.expires) posixTimerFire(changetype<usize>(timer), t);
  }
}

export function posixTimerDelete(timer: PosixTimer): void {
  disarm(timer);
  timer.unlink();
  kfree(changetype<usize>(timer));
}

/** exec and exit delete all of them. */
export function posixTimersDrop(group: Group): void {
  const list = groupTimers(group);
  while (!list.empty) posixTimerDelete(changetype<PosixTimer>(changetype<usize>(list.next)));
}

/** Which thread's time the clock counts; 0 = the process's. */
export function cpuTidOf(clock: i32, tid: i32): i32 {
  return clock == CLOCK_THREAD_CPUTIME_ID || (clock < 0 && clock & 4) ? tid : 0;
}

