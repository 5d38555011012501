// epoll(7): a set of watched files, and those of them that something happened to. An item keeps waiters on
// the queues that its file's poll names (task/wait.ts tells it of each wake-up) and is then put on the list of
// candidates; epoll_wait polls these again. Kernel: fs/eventpoll.c.
import { CHOOSE_POLL, choose, chooses } from "../lib/choose";
import { EEXIST, EFAULT, EINVAL, ELOOP, ENOENT, ENOMEM } from "../abi/errno";
import { EPOLLERR, EPOLLHUP, POLLIN, POLLRDNORM } from "../abi/poll";
import { deviceCanPoll } from "../fs/dev";
import { FILE_DEVICE, FILE_DIRECTORY, FILE_EPOLL, FILE_NAMESPACE, FILE_REGULAR, File } from "../fs/file";
import { FS_PROC } from "../fs/inode";
import { fileInode, filePoll } from "../fs/ops";
import { procCanPoll } from "../fs/proc";
import { Link } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { copyOut } from "../mm/usercopy";
import { WaitQueue, Waiter } from "../task/task";
import { WAIT_EPOLL, WAIT_EXCLUSIVE, waitOn, wakeAll, wakeOne } from "../task/wait";

const ONESHOT: u32 = 1 << 30;
const EDGE: u32 = 1 << 31;
const EXCLUSIVE: u32 = 1 << 28;
/** EP_PRIVATE_BITS: what is no event. EPOLLWAKEUP, ONESHOT, ET, EXCLUSIVE. */
const PRIVATE: u32 = 0xf0000000;
/** EPOLLEXCLUSIVE_OK_BITS. */
const EXCLUSIVE_OK: u32 = 0xb000001d;
/** EP_MAX_NESTS: epolls inside epolls. */
const MAX_NESTS: i32 = 4;

@unmanaged
export class Epoll {
  /** Items that something happened to, by their Link. */
  ready: Link;
  readyPrev: u32;
  /** All items, by setLink. */
  items: Link;
  itemsPrev: u32;
  /** Tasks in epoll_wait, and pollers of this epoll. */
  queue: WaitQueue;
  queuePrev: u32;
  /** What descriptors refer to it by. */
  file: u32;
}

@unmanaged
export class Item extends Link {
  // Link: the epoll's candidates.
  setNext: u32;
  setPrev: u32;
  epoll: Epoll;
  file: File;
  fd: i32;
  events: u32;
  data: u64;
  waiters: Waiter | null;
  /** The next item of the same file (File.epollItems). */
  nextOfFile: u32;
}

/** The item that waitOn registers now instead of the current task; 0 between. */
export let epollWatching: usize = 0;
let watchFailed: bool = false;

export function epollNew(): Epoll | null {
  const e = changetype<Epoll>(kzalloc(offsetof<Epoll>()));
  if (!changetype<usize>(e)) return null;
  readyOf(e).reset();
  itemsOf(e).reset();
  queueOf(e).reset();
  return e;
}

// @ts-ignore: decorator
@inline
export function readyOf(e: Epoll): Link {
  return changetype<Link>(changetype<usize>(e) + offsetof<Epoll>("ready"));
}

// @ts-ignore: decorator
@inline
export function itemsOf(e: Epoll): Link {
  return changetype<Link>(changetype<usize>(e) + offsetof<Epoll>("items"));
}

// @ts-ignore: decorator
@inline
export function epollQueue(e: Epoll): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(e) + offsetof<Epoll>("queue"));
}

// @ts-ignore: decorator
@inline
function queueOf(e: Epoll): WaitQueue {
  return epollQueue(e);
}

// @ts-ignore: decorator
@inline
function setLink(item: Item): Link {
  return changetype<Link>(changetype<usize>(item) + offsetof<Item>("setNext"));
}

// @ts-ignore: decorator
@inline
export function itemOfSet(link: Link): Item {
  return changetype<Item>(changetype<usize>(link) - offsetof<Item>("setNext"));
}

/** waitOn's place for items: a waiter that stays. */
export function epollWatch(queue: WaitQueue): Waiter | null {
  const item = changetype<Item>(epollWatching);
  const waiter = changetype<Waiter>(kmalloc(offsetof<Waiter>()));
  if (!changetype<usize>(waiter)) {
    watchFailed = true;
    return null;
  }
  waiter.key = <u64>epollWatching;
  waiter.flags = WAIT_EPOLL | (item.events & EXCLUSIVE ? WAIT_EXCLUSIVE : 0);
  waiter.sibling = item.waiters;
  item.waiters = waiter;
  waiter.prepend(queue);
  return waiter;
}

/** Something happened to the item's file (key: events that it may be, 0 = any); whether a task was woken. */
export function epollNotify(address: usize, key: u32): bool {
  const item = changetype<Item>(address);
  if (!(item.events & ~PRIVATE) || (key && !(item.events & key))) return false;
  const e = item.epoll;
  if (item.empty) item.append(readyOf(e));
  if (queueOf(e).empty) return false;
  wakeOne(queueOf(e));
  return true;
}

function find(e: Epoll, file: File, fd: i32): Item | null {
  for (let at = file.epollItems; at; ) {
    const item = changetype<Item>(<usize>at);
    if (item.epoll === e && item.fd == fd) return item;
    at = item.nextOfFile;
  }
  return null;
}

/** Events of the item's file that it asks for. */
export function eventsOf(item: Item): u32 {
  return filePoll(item.file, false) & item.events & ~PRIVATE;
}

function nudge(item: Item): void {
  if (eventsOf(item)) epollNotify(changetype<usize>(item), 0);
}

/** Files that can tell of events; kernel: file_can_poll(). */
export function fileCanPoll(file: File): bool {
  switch (file.kind) {
    case FILE_REGULAR: return fileInode(file).fs == FS_PROC && procCanPoll(fileInode(file).proc);
    case FILE_DEVICE: return deviceCanPoll(fileInode(file).rdev);
    case FILE_DIRECTORY:
    case FILE_NAMESPACE: return false;
    default: return true;
  }
}

/** How deep epolls are nested from `file` down, −1 when it leads to `target`. */
function depthDown(file: File, target: Epoll, level: i32): i32 {
  if (file.kind != FILE_EPOLL) return 0;
  const e = changetype<Epoll>(file.object);
  if (e === target || level > MAX_NESTS) return -1;
  let most = 0;
  const list = itemsOf(e);
  for (let link = list.next; link !== list; link = link.next) {
    const inner = itemOfSet(link).file;
    if (inner.kind != FILE_EPOLL) continue;
    const below = depthDown(inner, target, level + 1);
    if (below < 0) return -1;
    most = max(most, below + 1);
  }
  return most;
}

/** How many epolls watch each other above this one. */
function depthUp(e: Epoll, level: i32): i32 {
  let most = 0;
  if (level > MAX_NESTS || !e.file) return 0;
  for (let at = changetype<File>(<usize>e.file).epollItems; at; at = changetype<Item>(<usize>at).nextOfFile) {
    most = max(most, depthUp(changetype<Item>(<usize>at).epoll, level + 1) + 1);
  }
  return most;
}

/** Whether `file` inside `e` makes a ring or too long a chain: ep_loop_check(). */
function loops(e: Epoll, file: File): bool {
  const down = depthDown(file, e, 0);
  return down < 0 || down + 1 + depthUp(e, 0) > MAX_NESTS;
}

/** EPOLL_CTL_ADD. */
export function epollAdd(e: Epoll, file: File, fd: i32, events: u32, data: u64): i32 {
  if (events & EXCLUSIVE && (file.kind == FILE_EPOLL || events & ~EXCLUSIVE_OK)) return -EINVAL;
  if (file.kind == FILE_EPOLL && loops(e, file)) return -ELOOP;
  if (find(e, file, fd)) return -EEXIST;
  const item = changetype<Item>(kzalloc(offsetof<Item>()));
  if (!changetype<usize>(item)) return -ENOMEM;
  item.reset();
  item.epoll = e;
  item.file = file;
  item.fd = fd;
  item.events = events | EPOLLERR | EPOLLHUP;
  item.data = data;
  item.nextOfFile = file.epollItems;
  file.epollItems = <u32>changetype<usize>(item);
  setLink(item).append(itemsOf(e));
  epollWatching = changetype<usize>(item);
  watchFailed = false;
  filePoll(file, true);
  epollWatching = 0;
  if (watchFailed) {
    remove(item);
    return -ENOMEM;
  }
  nudge(item);
  return 0;
}

/** EPOLL_CTL_MOD. */
export function epollModify(e: Epoll, file: File, fd: i32, events: u32, data: u64): i32 {
  if (events & EXCLUSIVE) return -EINVAL;
  const item = find(e, file, fd);
  if (!item) return -ENOENT;
  if (item.events & EXCLUSIVE) return -EINVAL;
  item.events = events | EPOLLERR | EPOLLHUP;
  item.data = data;
  nudge(item);
  return 0;
}

/** EPOLL_CTL_DEL. */
export function epollRemove(e: Epoll, file: File, fd: i32): i32 {
  const item = find(e, file, fd);
  if (!item) return -ENOENT;
  remove(item);
  return 0;
}

function remove(item: Item): void {
  let waiter = item.waiters;
  while (waiter) {
    const next = waiter.sibling;
    waiter.unlink();
    kfree(changetype<usize>(waiter));
    waiter = next;
  }
  let slot = changetype<usize>(item.file) + offsetof<File>("epollItems");
  while (load<u32>(slot) != changetype<usize>(item)) slot = load<u32>(slot) + offsetof<Item>("nextOfFile");
  store<u32>(slot, item.nextOfFile);
  item.unlink();
  setLink(item).unlink();
  kfree(changetype<usize>(item));
}

/** The last reference to a watched file is gone: every epoll forgets it. */
export function epollForget(file: File): void {
  while (file.epollItems) remove(changetype<Item>(<usize>file.epollItems));
}

/** The last reference to the epoll is gone. */
export function epollFree(e: Epoll): void {
  const list = itemsOf(e);
  while (!list.empty) remove(itemOfSet(list.next));
  wakeAll(queueOf(e));
  kfree(changetype<usize>(e));
}

/** Whether a candidate has events now; candidates without are struck off. */
export function epollPoll(e: Epoll, watch: bool): u32 {
  if (watch) waitOn(queueOf(e));
  const list = readyOf(e);
  let link = list.next;
  while (link !== list) {
    const item = changetype<Item>(changetype<usize>(link));
    link = link.next;
    if (eventsOf(item)) return POLLIN | POLLRDNORM;
    item.unlink();
  }
  return 0;
}

/** Another candidate may stand first: nothing says in which order they are told. */
function rotate(list: Link): void {
  let n: u32 = 0;
  for (let link = list.next; link !== list; link = link.next) n++;
  for (let first = n > 1 ? choose(CHOOSE_POLL, n) : 0; first; first--) {
    const item = list.next;
    item.unlink();
    item.append(list);
  }
}

const EVENT = memory.data(12, 8);

/**
 * Takes up to `room` events to the guest's array of packed epoll_event: how many, or −EFAULT. Candidates that stay
 * (level triggered) go to the end, so that no file keeps the others from being told: ep_send_events().
 */
export function epollTake(e: Epoll, to: u64, room: u32): i64 {
  const list = readyOf(e);
  let count: u32 = 0;
  if (chooses()) rotate(list);
  // Every candidate once: those that stay are put behind this mark.
  const last = list.prev;
  let link = list.next;
  while (count < room && link !== list) {
    const item = changetype<Item>(changetype<usize>(link));
    const end = link === last;
    link = link.next;
    const events = eventsOf(item);
    if (events) {
      store<u32>(EVENT, events);
      store<u64>(EVENT, item.data, 4);
      // One that could not be told stays the first.
      if (!copyOut(to, EVENT, 12)) return count ? <i64>count : -EFAULT;
      to += 12;
      count++;
    }
    item.unlink();
    if (events) {
      if (item.events & ONESHOT) item.events &= PRIVATE;
      else if (!(item.events & EDGE)) item.append(list);
    }
    if (end) break;
  }
  // What is left is for the next who waits.
  if (!list.empty) wakeOne(queueOf(e));
  return count;
}

/** Calls for each file that the epoll watches, oldest first: the file, its descriptor, the events, the data. */
export function epollEach(epoll: usize, visit: (file: File, fd: i32, events: u32, data: u64) => void): void {
  const list = itemsOf(changetype<Epoll>(epoll));
  for (let link = list.next; link !== list; link = link.next) {
    const item = itemOfSet(link);
    visit(item.file, item.fd, item.events, item.data);
  }
}
