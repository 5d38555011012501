// File locks: flock(2), and record locks of fcntl(2) owned by a process (POSIX) or by an open file description
// (OFD). An inode with locks has a list of them, ordered by start, and
// one of those who wait. Kernel: fs/locks.c.
import { EAGAIN, EDEADLK, ENOLCK } from "../abi/errno";
import { IpcWait, WAIT_LOCK, ipcWaitFree, ipcWaitNew } from "../ipc/ipcwait";
import { Link, linkAt } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { WaitQueue, current } from "../task/task";
import { BLOCKED, block, wakeTask } from "../task/wait";
import { File } from "./file";
import { leaseRelease } from "./leases";
import { lockInodeFind, lockNodesTidy } from "./locknodes";
import { Inode, inodeDrop, inodeHold } from "./inode";

export const LOCK_READ: u32 = 0; // F_RDLCK
export const LOCK_WRITE: u32 = 1; // F_WRLCK
export const LOCK_NONE: u32 = 2; // F_UNLCK

export const KIND_POSIX: u32 = 0;
export const KIND_OFD: u32 = 1;
export const KIND_FLOCK: u32 = 2;
export const KIND_LEASE: u32 = 3;

export const LOCK_END: u64 = 0x7fffffffffffffff;
/** MAX_DEADLK_ITERATIONS. */
const MAX_CHAIN: i32 = 10;

@unmanaged
export class Lock extends Link {
  type: u32;
  kind: u32;
  /** POSIX: the descriptor table; else the File. */
  owner: u32;
  pid: i32;
  start: u64;
  /** The last byte, LOCK_END when there is none. */
  end: u64;
  /** All locks. */
  allNext: u32;
  allPrev: u32;
  inode: Inode;
  /** The open file that it was set through: of flock and OFD locks and leases the owner. */
  file: u32;
  /** Leases: what it is to become, and the descriptor that it was set through. */
  pending: u32;
  fd: i32;
}

@unmanaged
export class LockList {
  locks: Link;
  locksPrev: u32;
  /** Those who wait, by LockWait. */
  waits: Link;
  waitsPrev: u32;
  /** Leases (fs/leases.ts), and tasks that wait for their end. */
  leases: Link;
  leasesPrev: u32;
  breakers: WaitQueue;
  breakersPrev: u32;
}

/** A task that sleeps in fcntl(2) or flock(2). Link: the waits of the inode, which is IpcWait.object (held). */
@unmanaged
export class LockWait extends IpcWait {
  type: u32;
  lockKind: u32;
  owner: u32;
  /** The lock or wait that it stands behind: fs/lockstext.ts. */
  behind: u32;
  start: u64;
  end: u64;
  /** All waits. */
  allNext: u32;
  allPrev: u32;
}

const ALL = memory.data(16, 8); // heads of two lists: all locks, all waits

function allList(offset: usize): Link {
  const list = changetype<Link>(ALL + offset);
  if (!load<u32>(ALL + offset)) list.reset();
  return list;
}

/** Every lock and lease of the machine, newest first, by Lock.allNext. */
export function lockAll(): Link {
  return allList(0);
}

/** Every wait, oldest first, by LockWait.allNext. */
export function lockWaits(): Link {
  return allList(8);
}

export function lockOf(link: Link): Lock {
  return changetype<Lock>(changetype<usize>(link) - offsetof<Lock>("allNext"));
}

export function lockWaitOf(link: Link): LockWait {
  return changetype<LockWait>(changetype<usize>(link) - offsetof<LockWait>("allNext"));
}

// @ts-ignore: decorator
@inline
function locksOf(list: LockList): Link {
  return changetype<Link>(changetype<usize>(list) + offsetof<LockList>("locks"));
}

// @ts-ignore: decorator
@inline
function waitsOf(list: LockList): Link {
  return linkAt(changetype<usize>(list), offsetof<LockList>("waits"));
}

// @ts-ignore: decorator
@inline
export function leasesOf(list: LockList): Link {
  return linkAt(changetype<usize>(list), offsetof<LockList>("leases"));
}

// @ts-ignore: decorator
@inline
export function breakersOf(list: LockList): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(list) + offsetof<LockList>("breakers"));
}

/** The inode's list, made when needed; null = out of memory. */
export function listOf(inode: Inode): LockList | null {
  if (!inode.locks) {
    const list = changetype<LockList>(kzalloc(offsetof<LockList>()));
    if (!changetype<usize>(list)) return null;
    locksOf(list).reset();
    waitsOf(list).reset();
    leasesOf(list).reset();
    breakersOf(list).reset();
    inode.locks = changetype<usize>(list);
  }
  return changetype<LockList>(inode.locks);
}

/** Frees an inode's list that nobody needs. */
export function tidy(inode: Inode): void {
  if (!inode.locks) return;
  const list = changetype<LockList>(inode.locks);
  if (!locksOf(list).empty || !waitsOf(list).empty || !leasesOf(list).empty || !breakersOf(list).empty) return;
  kfree(inode.locks);
  inode.locks = 0;
}

/** Locks have gone or become weaker: those in whose way none stands any more try again, in the order in which they came. */
function changed(inode: Inode): void {
  const waits = waitsOf(changetype<LockList>(inode.locks));
  for (let link = waits.next; link !== waits; link = link.next) {
    const wait = changetype<LockWait>(changetype<usize>(link));
    if (!lockWaitConflict(wait)) wakeTask(wait.task);
  }
  tidy(inode);
}

/** Adds a lock to the list of all. */
export function enlist(lock: Lock, inode: Inode): void {
  lock.inode = inode;
  linkAt(changetype<usize>(lock), offsetof<Lock>("allNext")).prepend(lockAll());
}

export function remove(lock: Lock): void {
  lock.unlink();
  linkAt(changetype<usize>(lock), offsetof<Lock>("allNext")).unlink();
  kfree(changetype<usize>(lock));
}

/** Whether two kinds can conflict: flock(2) and record locks do not see each other. */
function sameWorld(a: u32, b: u32): bool {
  return (a == KIND_FLOCK) == (b == KIND_FLOCK);
}

/** The first lock in the way of such a one, or null. */
export function lockConflict(inode: Inode, kind: u32, owner: u32, type: u32, start: u64, end: u64): Lock | null {
  if (!inode.locks) return null;
  const locks = locksOf(changetype<LockList>(inode.locks));
  for (let link = locks.next; link !== locks; link = link.next) {
    const lock = changetype<Lock>(changetype<usize>(link));
    if (!sameWorld(lock.kind, kind) || (lock.owner == owner && lock.kind == kind)) continue;
    if (lock.end < start || lock.start > end) continue;
    if (lock.type == LOCK_WRITE || type == LOCK_WRITE) return lock;
  }
  return null;
}

function insert(list: LockList, lock: Lock): void {
  const locks = locksOf(list);
  let link = locks.next;
  while (link !== locks && changetype<Lock>(changetype<usize>(link)).start <= lock.start) link = link.next;
  lock.append(link);
}

/** Takes [start, end] out of the owner's locks (of another type than `keep`); `spare` becomes the right half of a split one: whether it was used. */
function carve(list: LockList, kind: u32, owner: u32, keep: u32, start: u64, end: u64, spare: Lock): bool {
  const locks = locksOf(list);
  let used = false;
  let link = locks.next;
  while (link !== locks) {
    const lock = changetype<Lock>(changetype<usize>(link));
    link = link.next;
    if (lock.kind != kind || lock.owner != owner || lock.type == keep || lock.end < start || lock.start > end) continue;
    if (lock.start < start && lock.end > end) {
      memory.copy(changetype<usize>(spare), changetype<usize>(lock), offsetof<Lock>());
      enlist(spare, lock.inode);
      spare.start = end + 1;
      lock.end = start - 1;
      insert(list, spare);
      used = true;
    } else if (lock.start < start) lock.end = start - 1;
    else if (lock.end > end) {
      lock.start = end + 1;
      lock.unlink();
      insert(list, lock);
    } else remove(lock);
  }
  return used;
}

/** Swallows the owner's locks of the same type that touch `lock`. */
function merge(list: LockList, lock: Lock): void {
  const locks = locksOf(list);
  let link = locks.next;
  while (link !== locks) {
    const other = changetype<Lock>(changetype<usize>(link));
    link = link.next;
    if (other.kind != lock.kind || other.owner != lock.owner || other.type != lock.type) continue;
    if (lock.end != LOCK_END && other.start > lock.end + 1) continue;
    if (other.end != LOCK_END && other.end + 1 < lock.start) continue;
    lock.start = min(lock.start, other.start);
    lock.end = max(lock.end, other.end);
    remove(other);
  }
}

/** Sets a record lock (LOCK_NONE takes it away) that conflicts with none: 0 or −ENOLCK. */
function place(inode: Inode, file: File, kind: u32, owner: u32, pid: i32, type: u32, start: u64, end: u64): i32 {
  if (type == LOCK_NONE && !inode.locks) return 0;
  const list = listOf(inode);
  const lock = changetype<Lock>(kzalloc(offsetof<Lock>()));
  const spare = changetype<Lock>(kzalloc(offsetof<Lock>()));
  if (!list || !changetype<usize>(lock) || !changetype<usize>(spare)) {
    kfree(changetype<usize>(lock));
    kfree(changetype<usize>(spare));
    return -ENOLCK;
  }
  if (!carve(list, kind, owner, type, start, end, spare)) kfree(changetype<usize>(spare));
  if (type == LOCK_NONE) kfree(changetype<usize>(lock));
  else {
    lock.type = type;
    lock.kind = kind;
    lock.owner = owner;
    lock.file = <u32>changetype<usize>(file);
    lock.pid = pid;
    lock.start = start;
    lock.end = end;
    merge(list, lock);
    enlist(lock, inode);
    insert(list, lock);
  }
  changed(inode);
  return 0;
}

/** What the wait stands behind now, or null. */
export function lockWaitConflict(wait: LockWait): Lock | null {
  return lockConflict(changetype<Inode>(wait.object), wait.lockKind, wait.owner, wait.type, wait.start, wait.end);
}

/** The owner of the lock that `owner` waits for, 0 = none; kernel: what_owner_is_waiting_for(). */
function waitsFor(owner: u32): u32 {
  const list = lockWaits();
  for (let link = list.next; link !== list; link = link.next) {
    const wait = lockWaitOf(link);
    if (wait.lockKind != KIND_POSIX || wait.owner != owner) continue;
    const lock = lockWaitConflict(wait);
    if (lock) return lock.owner;
  }
  return 0;
}

/** Whether waiting for `owner` would close a circle of processes that wait for record locks; posix_locks_deadlock(). */
function deadlock(mine: u32, owner: u32): bool {
  for (let n = 0; n < MAX_CHAIN && owner; n++) {
    if (owner == mine) return true;
    owner = waitsFor(owner);
  }
  return false;
}

/** Sets a record lock, as F_SETLK: 0 or −errno. */
export function lockRecord(inode: Inode, file: File, kind: u32, owner: u32, pid: i32, type: u32, start: u64, end: u64): i64 {
  if (type != LOCK_NONE && lockConflict(inode, kind, owner, type, start, end)) return -EAGAIN;
  return place(inode, file, kind, owner, pid, type, start, end);
}

/** As F_SETLKW: 0, −errno or BLOCKED. */
export function lockRecordWait(inode: Inode, file: File, kind: u32, owner: u32, pid: i32, type: u32, start: u64, end: u64): i64 {
  let conflict: Lock | null = null;
  if (type != LOCK_NONE) conflict = lockConflict(inode, kind, owner, type, start, end);
  if (!conflict) {
    waitEnd();
    return place(inode, file, kind, owner, pid, type, start, end);
  }
  if (kind == KIND_POSIX && deadlock(owner, conflict.owner)) {
    waitEnd();
    return -EDEADLK;
  }
  return sleep(inode, kind, owner, type, start, end);
}

/** Waits until the request may succeed; the wait keeps its place over tries. */
function sleep(inode: Inode, kind: u32, owner: u32, type: u32, start: u64, end: u64): i64 {
  if (!current.ipcWait) {
    const list = listOf(inode);
    const wait = list ? changetype<LockWait>(ipcWaitNew(WAIT_LOCK, offsetof<LockWait>())) : null;
    if (!list || !wait) return -ENOLCK;
    inodeHold(inode);
    wait.object = changetype<usize>(inode);
    wait.lockKind = kind;
    wait.owner = owner;
    wait.type = type;
    wait.start = start;
    wait.end = end;
    wait.append(waitsOf(list));
    linkAt(changetype<usize>(wait), offsetof<LockWait>("allNext")).append(lockWaits());
  }
  const r = block();
  if (r != BLOCKED) waitEnd();
  return r;
}

/** The running task's wait, if it has one, is over. */
function waitEnd(): void {
  if (!current.ipcWait) return;
  const wait = changetype<LockWait>(current.ipcWait);
  lockWaitAbandon(wait);
  ipcWaitFree(wait);
}

/** The wait leaves its queue; it is freed by the caller. */
export function lockWaitAbandon(wait: LockWait): void {
  linkAt(changetype<usize>(wait), offsetof<LockWait>("allNext")).unlink();
  wait.unlink();
  const inode = changetype<Inode>(wait.object);
  tidy(inode);
  inodeDrop(inode);
}

/** flock(2): 0, −errno or BLOCKED. A conversion gives the old lock up first. */
export function lockWhole(inode: Inode, file: File, type: u32, wait: bool): i64 {
  const owner = <u32>changetype<usize>(file);
  if (inode.locks) {
    const locks = locksOf(changetype<LockList>(inode.locks));
    for (let link = locks.next; link !== locks; link = link.next) {
      const lock = changetype<Lock>(changetype<usize>(link));
      if (lock.kind != KIND_FLOCK || lock.owner != owner) continue;
      if (lock.type == type) {
        waitEnd();
        return 0;
      }
      remove(lock);
      changed(inode);
      break;
    }
  }
  if (type == LOCK_NONE) return 0;
  if (lockConflict(inode, KIND_FLOCK, owner, type, 0, LOCK_END)) return wait ? sleep(inode, KIND_FLOCK, owner, type, 0, LOCK_END) : -EAGAIN;
  waitEnd();
  const list = listOf(inode);
  const lock = changetype<Lock>(kzalloc(offsetof<Lock>()));
  if (!list || !changetype<usize>(lock)) {
    kfree(changetype<usize>(lock));
    return -ENOLCK;
  }
  lock.type = type;
  lock.kind = KIND_FLOCK;
  lock.owner = owner;
  lock.file = owner;
  lock.pid = current.group.pid;
  lock.end = LOCK_END;
  enlist(lock, inode);
  insert(list, lock);
  return 0;
}

/** Ends all locks of an owner; kinds as a bit set. */
function forget(inode: Inode, owner: u32, kinds: u32): void {
  if (!inode.locks) return;
  const locks = locksOf(changetype<LockList>(inode.locks));
  let any = false;
  let link = locks.next;
  while (link !== locks) {
    const lock = changetype<Lock>(changetype<usize>(link));
    link = link.next;
    if (lock.owner != owner || !((kinds >> lock.kind) & 1)) continue;
    remove(lock);
    any = true;
  }
  if (any) changed(inode);
}

/** A descriptor of table `files` is closed: POSIX locks of the process on the file end. */
export function locksForget(file: File, files: usize): void {
  const inode = lockInodeFind(file);
  if (!inode) return;
  forget(inode, <u32>files, 1 << KIND_POSIX);
  lockNodesTidy();
}

/** An open file description ends: its flock and OFD locks and its lease end. */
export function locksRelease(file: File): void {
  const inode = lockInodeFind(file);
  if (!inode) return;
  if (inode.locks) leaseRelease(file, inode);
  forget(inode, <u32>changetype<usize>(file), (1 << KIND_OFD) | (1 << KIND_FLOCK));
  tidy(inode);
  lockNodesTidy();
}

/** An inode ends: nobody has it open, so there are no locks on it. */
export function locksFree(inode: Inode): void {
  kfree(inode.locks);
}
