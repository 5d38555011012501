// inotify(7): an object with watches and a queue of what happened at them. Kernel: fs/notify/inotify.
import { EAGAIN, EEXIST, EFAULT, EINVAL, EMFILE, ENOMEM, ENOSPC } from "../abi/errno";
import { IN_ALL_EVENTS, IN_EXCL_UNLINK, IN_IGNORED, IN_ISDIR, IN_MASK_ADD, IN_MASK_CREATE, IN_ONESHOT, IN_Q_OVERFLOW, SIZEOF_INOTIFY_EVENT } from "../abi/inotify";
import { POLLIN, POLLRDNORM } from "../abi/poll";
import { POLL_IN } from "../abi/signal";
import { Link, linkAt } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { copyOut } from "../mm/usercopy";
import { USER_INOTIFIES, USER_WATCHES, userCharge, userCount, userUncharge } from "../task/user";
import { WaitQueue, current } from "../task/task";
import { sleepOn, waitOn, wakeAll } from "../task/wait";
import { dnotifyEnd } from "./dnotify";
import { SIDE_ANY, fasyncKill } from "./fasync";
import { Dentry } from "./inode";
import { Mark, markFind, markFree, markNew } from "./notify";
import { INOTIFY_INSTANCES, INOTIFY_QUEUED, INOTIFY_WATCHES, sysctl } from "./sysctl";

@unmanaged
export class Inotify {
  /** Marks, oldest first; events. */
  marks: Link;
  marksPrev: u32;
  events: Link;
  eventsPrev: u32;
  queue: WaitQueue;
  queuePrev: u32;
  queued: u32;
  /** fs.inotify.max_queued_events when it was made. */
  most: u32;
  overflowed: u32;
  lastWd: i32;
  /** Bytes that wait, for FIONREAD. */
  bytes: u32;
  /** Whose instances and watches these count as. */
  uid: u32;
}

/** One struct inotify_event behind the Link, as the guest reads it, with room for its name. */
@unmanaged
class Event extends Link {
  wd: i32;
  mask: u32;
  cookie: u32;
  length: u32;
}
const HEAD: usize = offsetof<Event>("wd");

// @ts-ignore: decorator
@inline
export function inotifyMarks(n: Inotify): Link {
  return linkAt(changetype<usize>(n), offsetof<Inotify>("marks"));
}

// @ts-ignore: decorator
@inline
function eventsOf(n: Inotify): Link {
  return linkAt(changetype<usize>(n), offsetof<Inotify>("events"));
}

// @ts-ignore: decorator
@inline
export function inotifyQueue(n: Inotify): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(n) + offsetof<Inotify>("queue"));
}

// @ts-ignore: decorator
@inline
function ownerOf(mark: Mark): Inotify {
  return changetype<Inotify>(<usize>mark.group);
}

/** A new object's address, or −errno. */
export function inotifyNew(): i64 {
  const uid = current.cred.euid;
  if (userCount(uid, USER_INOTIFIES) >= sysctl(INOTIFY_INSTANCES)) return -EMFILE;
  const n = changetype<Inotify>(kzalloc(offsetof<Inotify>()));
  if (!changetype<usize>(n)) return -ENOMEM;
  inotifyMarks(n).reset();
  eventsOf(n).reset();
  inotifyQueue(n).reset();
  n.most = sysctl(INOTIFY_QUEUED);
  n.uid = uid;
  userCharge(uid, USER_INOTIFIES);
  return <i64>changetype<usize>(n);
}

export function inotifyFree(n: Inotify): void {
  const marks = inotifyMarks(n);
  while (!marks.empty) watchEnd(changetype<Mark>(changetype<usize>(marks.next)));
  const events = eventsOf(n);
  while (!events.empty) eventDrop(n, changetype<Event>(changetype<usize>(events.next)));
  wakeAll(inotifyQueue(n));
  userUncharge(n.uid, USER_INOTIFIES);
  kfree(changetype<usize>(n));
}

function watchEnd(mark: Mark): void {
  userUncharge(ownerOf(mark).uid, USER_WATCHES);
  markFree(mark);
}

// ── watches ─────────────────────────────────────────────────────────────────────────

const KEPT: u32 = IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK;

/** inotify_add_watch(2) on what was found: the watch descriptor or −errno. */
export function inotifyWatch(n: Inotify, dentry: Dentry, mask: u32): i64 {
  const there = markFind(dentry.inode, <u32>changetype<usize>(n));
  if (there) {
    if (mask & IN_MASK_CREATE) return -EEXIST;
    there.mask = mask & IN_MASK_ADD ? there.mask | (mask & KEPT) : mask & KEPT;
    return there.wd;
  }
  // A number is used up even when there is no room; idr_alloc_cyclic().
  const wd = nextWd(n);
  if (userCount(n.uid, USER_WATCHES) >= sysctl(INOTIFY_WATCHES)) return -ENOSPC;
  const mark = markNew(dentry, <u32>changetype<usize>(n));
  if (!mark) return -ENOMEM;
  mark.wd = wd;
  mark.mask = mask & KEPT;
  mark.append(inotifyMarks(n));
  userCharge(n.uid, USER_WATCHES);
  return wd;
}

function nextWd(n: Inotify): i32 {
  do n.lastWd = n.lastWd == i32.MAX_VALUE ? 1 : n.lastWd + 1;
  while (watchFind(n, n.lastWd));
  return n.lastWd;
}

function watchFind(n: Inotify, wd: i32): Mark | null {
  const marks = inotifyMarks(n);
  // Numbers rise with age until they come round.
  for (let link = marks.prev; link !== marks; link = link.prev) if (changetype<Mark>(changetype<usize>(link)).wd == wd) return changetype<Mark>(changetype<usize>(link));
  return null;
}

export function inotifyUnwatch(n: Inotify, wd: i32): i32 {
  const mark = watchFind(n, wd);
  if (!mark) return -EINVAL;
  inotifyForget(mark);
  return 0;
}

/** The mark goes for a reason of its own: its object hears IN_IGNORED. */
export function inotifyForget(mark: Mark): void {
  if (!mark.group) {
    dnotifyEnd(mark);
    return;
  }
  push(ownerOf(mark), mark.wd, IN_IGNORED, 0, 0, 0);
  watchEnd(mark);
}

// ── events ──────────────────────────────────────────────────────────────────────────

/** Something happened that the mark asks for. */
export function inotifyEvent(mark: Mark, mask: u32, name: usize, length: u32, cookie: u32): void {
  // That a folder itself went or moved is told without IN_ISDIR.
  if (mask & SELF) mask &= ~<u32>IN_ISDIR;
  push(ownerOf(mark), mark.wd, mask, name, length, cookie);
  if (mark.mask & IN_ONESHOT) inotifyForget(mark);
}

/** IN_DELETE_SELF, IN_MOVE_SELF. */
const SELF: u32 = 0xc00;

/** Bytes of the name as it is read: with a NUL, up to a multiple of the head. */
function roomOf(length: u32): u32 {
  return length ? (length + SIZEOF_INOTIFY_EVENT) & ~(SIZEOF_INOTIFY_EVENT - 1) : 0;
}

/** Whether the event says nothing that the last one does not; inotify_merge(). */
function merges(n: Inotify, wd: i32, mask: u32, name: usize, room: u32, length: u32): bool {
  const events = eventsOf(n);
  if (events.empty) return false;
  const last = changetype<Event>(changetype<usize>(events.prev));
  if (last.mask & IN_IGNORED || last.mask != mask || last.wd != wd || last.length != room) return false;
  const at = changetype<usize>(last) + offsetof<Event>();
  return !room || (memory.compare(at, name, length) == 0 && load<u8>(at + length) == 0);
}

function push(n: Inotify, wd: i32, mask: u32, name: usize, length: u32, cookie: u32): void {
  const room = roomOf(length);
  if (n.queued >= n.most || n.overflowed) {
    if (n.overflowed) return;
    if (insert(n, -1, IN_Q_OVERFLOW, 0, 0, 0, 0)) n.overflowed = 1;
  } else if (!merges(n, wd, mask, name, room, length)) {
    // Without memory for it events are lost, which is told so.
    if (!insert(n, wd, mask, name, length, room, cookie) && insert(n, -1, IN_Q_OVERFLOW, 0, 0, 0, 0)) n.overflowed = 1;
  } else return;
  wakeAll(inotifyQueue(n), POLLIN | POLLRDNORM);
  fasyncKill(changetype<usize>(n), SIDE_ANY, POLL_IN);
}

function insert(n: Inotify, wd: i32, mask: u32, name: usize, length: u32, room: u32, cookie: u32): bool {
  const event = changetype<Event>(kmalloc(offsetof<Event>() + room));
  if (!changetype<usize>(event)) return false;
  event.wd = wd;
  event.mask = mask;
  event.cookie = cookie;
  event.length = room;
  const at = changetype<usize>(event) + offsetof<Event>();
  memory.fill(at, 0, room);
  memory.copy(at, name, length);
  event.append(eventsOf(n));
  n.queued++;
  n.bytes += SIZEOF_INOTIFY_EVENT + room;
  return true;
}

function eventDrop(n: Inotify, event: Event): void {
  event.unlink();
  n.queued--;
  n.bytes -= SIZEOF_INOTIFY_EVENT + event.length;
  if (event.mask & IN_Q_OVERFLOW) n.overflowed = 0;
  kfree(changetype<usize>(event));
}

/** read(2): as many whole events as fit; −EINVAL when the first does not. */
export function inotifyRead(n: Inotify, to: u64, count: u64, nonblock: bool): i64 {
  const events = eventsOf(n);
  if (events.empty) return nonblock ? -EAGAIN : sleepOn(inotifyQueue(n));
  let done: u64 = 0;
  while (!events.empty) {
    const event = changetype<Event>(changetype<usize>(events.next));
    const bytes: u64 = SIZEOF_INOTIFY_EVENT + event.length;
    if (bytes > count - done) return done ? <i64>done : -EINVAL;
    const copied = copyOut(to + done, changetype<usize>(event) + HEAD, bytes);
    eventDrop(n, event);
    if (!copied) return -EFAULT;
    done += bytes;
  }
  return done;
}

export function inotifyPoll(n: Inotify, watch: bool): u32 {
  if (watch) waitOn(inotifyQueue(n));
  return eventsOf(n).empty ? 0 : POLLIN | POLLRDNORM;
}
