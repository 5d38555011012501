// File locks: flock(2), and record locks of fcntl(2) owned by a process (POSIX) or by an open file description
// (OFD). An inode with locks has a list of them, ordered by start, and a queue of those who wait. Kernel: fs/locks.c.
import { EAGAIN, EDEADLK, ENOLCK } from "../abi/errno";
import { F_SETLKW } from "../abi/fcntl";
import { Link } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { taskAfter, taskFirst } from "../task/table";
import { TASK_BLOCKED, Task, WaitQueue, current } from "../task/task";
import { sleepOn, wakeAll } from "../task/wait";
import { File } from "./file";
import { Inode } from "./inode";

export const LOCK_READ: u32 = 0; // F_RDLCK
export const LOCK_WRITE: u32 = 1; // F_WRLCK
export const LOCK_NONE: u32 = 2; // F_UNLCK

export const KIND_POSIX: u32 = 0;
export const KIND_OFD: u32 = 1;
export const KIND_FLOCK: u32 = 2;

export const LOCK_END: u64 = 0x7fffffffffffffff;
/** MAX_DEADLK_ITERATIONS. */
const MAX_CHAIN: i32 = 10;
const SYS_FCNTL: i32 = 72;

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
}

@unmanaged
class LockList {
  locks: Link;
  locksPrev: u32;
  queue: WaitQueue;
  queuePrev: u32;
}

// @ts-ignore: decorator
@inline
function locksOf(list: LockList): Link {
  return changetype<Link>(changetype<usize>(list) + offsetof<LockList>("locks"));
}

// @ts-ignore: decorator
@inline
function queueOf(list: LockList): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(list) + offsetof<LockList>("queue"));
}

/** The inode's list, made when needed; null = out of memory. */
function listOf(inode: Inode): LockList | null {
  if (!inode.locks) {
    const list = changetype<LockList>(kzalloc(offsetof<LockList>()));
    if (!changetype<usize>(list)) return null;
    locksOf(list).reset();
    queueOf(list).reset();
    inode.locks = changetype<usize>(list);
  }
  return changetype<LockList>(inode.locks);
}

function tidy(inode: Inode): void {
  const list = changetype<LockList>(inode.locks);
  if (!locksOf(list).empty || !queueOf(list).empty) return;
  kfree(inode.locks);
  inode.locks = 0;
}

function changed(inode: Inode): void {
  const list = changetype<LockList>(inode.locks);
  wakeAll(queueOf(list));
  tidy(inode);
}

function remove(lock: Lock): void {
  lock.unlink();
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
function place(inode: Inode, kind: u32, owner: u32, pid: i32, type: u32, start: u64, end: u64): i32 {
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
    lock.pid = pid;
    lock.start = start;
    lock.end = end;
    merge(list, lock);
    insert(list, lock);
  }
  changed(inode);
  return 0;
}

/** Whether waiting for `owner` would close a circle of processes that wait for record locks. */
function deadlock(owner: u32): bool {
  for (let n = 0; n < MAX_CHAIN; n++) {
    if (owner == <u32>current.files) return true;
    let next: u32 = 0;
    for (let task: Task | null = taskFirst(); task && !next; task = taskAfter(task)) {
      if (<u32>task.files != owner || task.state != TASK_BLOCKED) continue;
      if (task.syscallNr == SYS_FCNTL && <i32>task.arg1 == F_SETLKW) next = <u32>task.sysObject;
    }
    if (!next) return false;
    owner = next;
  }
  return false;
}

/** fcntl(2) F_SETLK and F_SETLKW (wait): 0, −errno or BLOCKED. */
export function lockRecord(inode: Inode, kind: u32, owner: u32, pid: i32, type: u32, start: u64, end: u64, wait: bool): i64 {
  current.sysObject = 0;
  let conflict: Lock | null = null;
  if (type != LOCK_NONE) conflict = lockConflict(inode, kind, owner, type, start, end);
  if (!conflict) return place(inode, kind, owner, pid, type, start, end);
  if (!wait) return -EAGAIN;
  if (kind == KIND_POSIX && conflict.kind == KIND_POSIX) {
    if (deadlock(conflict.owner)) return -EDEADLK;
    current.sysObject = conflict.owner;
  }
  return sleep(inode);
}

function sleep(inode: Inode): i64 {
  const list = listOf(inode);
  return list ? sleepOn(queueOf(list)) : -ENOLCK;
}

/** flock(2): 0, −errno or BLOCKED. A conversion gives the old lock up first. */
export function lockWhole(inode: Inode, file: File, type: u32, wait: bool): i64 {
  const owner = <u32>changetype<usize>(file);
  if (inode.locks) {
    const locks = locksOf(changetype<LockList>(inode.locks));
    for (let link = locks.next; link !== locks; link = link.next) {
      const lock = changetype<Lock>(changetype<usize>(link));
      if (lock.kind != KIND_FLOCK || lock.owner != owner) continue;
      if (lock.type == type) return 0;
      remove(lock);
      changed(inode);
      break;
    }
  }
  if (type == LOCK_NONE) return 0;
  if (lockConflict(inode, KIND_FLOCK, owner, type, 0, LOCK_END)) return wait ? sleep(inode) : -EAGAIN;
  const list = listOf(inode);
  const lock = changetype<Lock>(kzalloc(offsetof<Lock>()));
  if (!list || !changetype<usize>(lock)) {
    kfree(changetype<usize>(lock));
    return -ENOLCK;
  }
  lock.type = type;
  lock.kind = KIND_FLOCK;
  lock.owner = owner;
  lock.pid = current.group.pid;
  lock.end = LOCK_END;
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

/** The last thread of a process ends: its descriptor table, which goes too, owns its locks. */
export function fileLocksExit(task: Task): void {}

/** A descriptor of table `files` is closed: POSIX locks of the process on the file end. */
export function locksForget(file: File, files: usize): void {
  if (file.inode) forget(changetype<Inode>(<usize>file.inode), <u32>files, 1 << KIND_POSIX);
}

/** An open file description ends: its flock and OFD locks end. */
export function locksRelease(file: File): void {
  if (file.inode) forget(changetype<Inode>(<usize>file.inode), <u32>changetype<usize>(file), (1 << KIND_OFD) | (1 << KIND_FLOCK));
}

/** An inode ends: nobody waits for it any more. */
export function locksFree(inode: Inode): void {
  if (!inode.locks) return;
  wakeAll(queueOf(changetype<LockList>(inode.locks)));
  kfree(inode.locks);
}
