// timerfd_create(2): a timer whose expirations are read. Kernel: fs/timerfd.c.
import { EAGAIN, ECANCELED, EFAULT, EINVAL } from "../abi/errno";
import { POLLIN } from "../abi/poll";
import { kfree, kzalloc } from "../mm/kmalloc";
import { putUser64 } from "../mm/usercopy";
import { Link, linkAt } from "../lib/list";
import { now } from "../task/clock";
import { movedBy } from "../task/clockset";
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
  /** Flags of the last timerfd_settime, for /proc/PID/fdinfo. */
  settime: u32;
  queue: WaitQueue;
  queuePrev: u32;
  /** All timerfds. */
  allNext: u32;
  allPrev: u32;
  /** `expires` was given as a time of CLOCK_REALTIME. */
  real: u32;
  /** TFD_TIMER_CANCEL_ON_SET; and the clock was set since. */
  cancels: u32;
  cancelled: u32;
}

const ALL = memory.data(8, 8);

function all(): Link {
  const list = changetype<Link>(ALL);
  if (!load<u32>(ALL)) list.reset();
  return list;
}

/** CLOCK_REALTIME was set forward by so many ns. Kernel: timerfd_clock_was_set(). */
export function timerfdsClockSet(forward: i64): void {
  const list = all();
  for (let link = list.next; link !== list; link = link.next) {
    const t = changetype<TimerFd>(changetype<usize>(link) - offsetof<TimerFd>("allNext"));
    if (t.real && t.expires) t.expires = movedBy(t.expires, forward);
    if (!t.cancels) continue;
    t.cancelled = 1;
    wakeAll(queueOf(t));
  }
}

/** Whether the clock was set; said once. Kernel: timerfd_canceled(). */
export function timerfdCancelled(t: TimerFd): bool {
  if (!t.cancels || !t.cancelled) return false;
  t.cancelled = 0;
  return true;
}

export function timerfdNew(clock: i32): TimerFd | null {
  const t = changetype<TimerFd>(kzalloc(offsetof<TimerFd>()));
  if (!changetype<usize>(t)) return null;
  t.clock = clock;
  queueOf(t).reset();
  linkAt(changetype<usize>(t), offsetof<TimerFd>("allNext")).append(all());
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
  linkAt(changetype<usize>(t), offsetof<TimerFd>("allNext")).unlink();
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
  if (timerfdCancelled(t)) {
    t.ticks = 0;
    return -ECANCELED;
  }
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
  return t.ticks || (t.cancels && t.cancelled) ? POLLIN : 0;
}
