// eventfd(2): a counter behind a descriptor. Kernel: fs/eventfd.c.
import { EAGAIN, EFAULT, EINVAL } from "../abi/errno";
import { POLLERR, POLLIN, POLLOUT } from "../abi/poll";
import { kfree, kzalloc } from "../mm/kmalloc";
import { getUser64, putUser64, userValue } from "../mm/usercopy";
import { WaitQueue } from "../task/task";
import { sleepOn, waitOn, wakeAll } from "../task/wait";

@unmanaged
export class EventFd {
  count: u64;
  /** EFD_SEMAPHORE. */
  semaphore: u32;
  /** Its number in /proc/PID/fdinfo. */
  id: u32;
  queue: WaitQueue;
  queuePrev: u32;
}

const LAST_ID = memory.data(4, 4);

/** A counter, or null. */
export function eventfdNew(count: u64, semaphore: bool): EventFd | null {
  const e = changetype<EventFd>(kzalloc(offsetof<EventFd>()));
  if (!changetype<usize>(e)) return null;
  e.count = count;
  e.semaphore = semaphore ? 1 : 0;
  e.id = load<u32>(LAST_ID);
  store<u32>(LAST_ID, e.id + 1);
  eventfdQueue(e).reset();
  return e;
}

export function eventfdQueue(e: EventFd): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(e) + offsetof<EventFd>("queue"));
}

export function eventfdFree(e: EventFd): void {
  wakeAll(eventfdQueue(e));
  kfree(changetype<usize>(e));
}

/** What eventfdTake took. */
export let eventfdTaken: u64 = 0;

/** Takes from the counter: 0, −EAGAIN, BLOCKED. */
export function eventfdTake(e: EventFd, nonblock: bool): i64 {
  if (!e.count) return nonblock ? -EAGAIN : sleepOn(eventfdQueue(e));
  eventfdTaken = e.semaphore ? 1 : e.count;
  e.count -= eventfdTaken;
  wakeAll(eventfdQueue(e), POLLOUT);
  return 0;
}

export function eventfdRead(e: EventFd, to: u64, size: u64, nonblock: bool): i64 {
  if (size < 8) return -EINVAL;
  const r = eventfdTake(e, nonblock);
  if (r) return r;
  return putUser64(to, eventfdTaken) ? 8 : -EFAULT;
}

export function eventfdWrite(e: EventFd, from: u64, size: u64, nonblock: bool): i64 {
  if (size != 8) return -EINVAL;
  if (!getUser64(from)) return -EFAULT;
  const v = userValue;
  if (v == u64.MAX_VALUE) return -EINVAL;
  if (u64.MAX_VALUE - e.count <= v) return nonblock ? -EAGAIN : sleepOn(eventfdQueue(e));
  e.count += v;
  wakeAll(eventfdQueue(e), POLLIN);
  return 8;
}

export function eventfdPoll(e: EventFd, watch: bool): u32 {
  if (watch) waitOn(eventfdQueue(e));
  let mask: u32 = 0;
  if (e.count) mask |= POLLIN;
  if (e.count == u64.MAX_VALUE) mask |= POLLERR;
  if (e.count < u64.MAX_VALUE - 1) mask |= POLLOUT;
  return mask;
}
