// timerfd_create(2): a timer whose expirations are read. Kernel: fs/timerfd.c.
import { EAGAIN, EFAULT, EINVAL } from "../abi/errno";
import { POLLIN } from "../abi/poll";
import { kfree, kzalloc } from "../mm/kmalloc";
import { putUser64 } from "../mm/usercopy";
import { now } from "../task/clock";
import { timerfdAdd, timerfdRemove } from "../task/sleep";
import { WaitQueue } from "../task/task";
import { sleepOn, waitOn, wakeAll } from "../task/wait";

@unmanaged
export class TimerFd {
  clock: i32;
  heapIndex: u32;
  /** Absolute on CLOCK_MONOTONIC, ns; 0 = not armed. */
  expires: u64;
  interval: u64;
  /** Expirations not read yet. */
  ticks: u64;
  queue: WaitQueue;
  queuePrev: u32;
}

export function timerfdNew(clock: i32): TimerFd | null {
  const t = changetype<TimerFd>(kzalloc(offsetof<TimerFd>()));
  if (!changetype<usize>(t)) return null;
  t.clock = clock;
  queueOf(t).reset();
  return t;
}

// @ts-ignore: decorator
@inline
function queueOf(t: TimerFd): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(t) + offsetof<TimerFd>("queue"));
}

export function timerfdFree(t: TimerFd): void {
  if (t.expires) timerfdRemove(t);
  wakeAll(queueOf(t));
  kfree(changetype<usize>(t));
}

/** Counts what has expired by `at`; a periodic timer is armed again. */
function advance(t: TimerFd, at: u64): void {
  if (!t.expires || t.expires > at) return;
  if (!t.interval) {
    t.ticks++;
    t.expires = 0;
    timerfdRemove(t);
    return;
  }
  const n = (at - t.expires) / t.interval + 1;
  t.ticks += n;
  t.expires += n * t.interval;
  timerfdAdd(t.expires, t);
}

/** The timer is due. */
export function timerfdFire(object: usize, at: u64): void {
  const t = changetype<TimerFd>(object);
  advance(t, at);
  wakeAll(queueOf(t));
}

/** Arms for the absolute time `expires` on CLOCK_MONOTONIC (0 disarms). */
export function timerfdSet(t: TimerFd, expires: u64, interval: u64): void {
  if (t.expires) timerfdRemove(t);
  t.ticks = 0;
  t.expires = expires;
  t.interval = interval;
  if (expires) timerfdAdd(expires, t);
}

/** ns until the next expiration, 0 when not armed. */
export function timerfdLeft(t: TimerFd): u64 {
  const at = now();
  advance(t, at);
  return t.expires ? t.expires - at : 0;
}

/** What timerfdTake took. */
export let timerfdTaken: u64 = 0;

/** Takes the ticks: 0, −EAGAIN, BLOCKED. */
export function timerfdTake(t: TimerFd, nonblock: bool): i64 {
  advance(t, now());
  if (!t.ticks) return nonblock ? -EAGAIN : sleepOn(queueOf(t));
  timerfdTaken = t.ticks;
  t.ticks = 0;
  return 0;
}

export function timerfdRead(t: TimerFd, to: u64, size: u64, nonblock: bool): i64 {
  if (size < 8) return -EINVAL;
  const r = timerfdTake(t, nonblock);
  if (r) return r;
  return putUser64(to, timerfdTaken) ? 8 : -EFAULT;
}

export function timerfdPoll(t: TimerFd, watch: bool): u32 {
  if (watch) waitOn(queueOf(t));
  advance(t, now());
  return t.ticks ? POLLIN : 0;
}
