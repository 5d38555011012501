// /proc/locks: every lock and lease, newest first, each followed by those who wait for it. proc_locks(5); kernel:
// fs/locks.c lock_get_status().
import { text, textByte, textDecimal, textHex, textSigned } from "../lib/text";
import { File } from "./file";
import { NOT_PENDING, leaseTarget } from "./leases";
import { KIND_FLOCK, KIND_LEASE, KIND_OFD, LOCK_END, LOCK_READ, LOCK_WRITE, Lock, LockWait, lockAll, lockOf, lockWaitConflict, lockWaitOf, lockWaits } from "./locks";
import { Inode } from "./inode";

function typeText(type: u32): void {
  text(type == LOCK_WRITE ? "WRITE " : type == LOCK_READ ? "READ " : "UNLCK ");
}

function placeText(inode: Inode, pid: i32, start: u64, end: u64): void {
  textSigned(pid);
  textByte(32);
  textHex(inode.dev >> 8, 2);
  textByte(58);
  textHex(inode.dev & 0xff, 2);
  textByte(58);
  textDecimal(inode.ino);
  textByte(32);
  textDecimal(start);
  if (end == LOCK_END) text(" EOF\n");
  else {
    textByte(32);
    textDecimal(end);
    textByte(10);
  }
}

function kindText(kind: u32): void {
  text(kind == KIND_FLOCK ? "FLOCK  ADVISORY  " : kind == KIND_OFD ? "OFDLCK ADVISORY  " : "POSIX  ADVISORY  ");
}

function lockLine(lock: Lock): void {
  if (lock.kind == KIND_LEASE) {
    text(lock.pending != NOT_PENDING ? "LEASE  BREAKING  " : "LEASE  ACTIVE    ");
    typeText(leaseTarget(lock));
    placeText(lock.inode, lock.pid, 0, LOCK_END);
    return;
  }
  kindText(lock.kind);
  typeText(lock.type);
  placeText(lock.inode, lock.pid, lock.start, lock.end);
}

/** Whether two waits for one inode are in each other's way. */
function rivals(a: LockWait, b: LockWait): bool {
  if (a.object != b.object || (a.lockKind == KIND_FLOCK) != (b.lockKind == KIND_FLOCK) || (a.owner == b.owner && a.lockKind == b.lockKind)) return false;
  if (a.end < b.start || a.start > b.end) return false;
  return a.type == LOCK_WRITE || b.type == LOCK_WRITE;
}

/** Says of every wait what it stands behind: a lock, or an earlier wait for that lock that is in its way too. */
function arrange(): void {
  const waits = lockWaits();
  for (let link = waits.next; link !== waits; link = link.next) {
    const wait = lockWaitOf(link);
    wait.behind = <u32>changetype<usize>(lockWaitConflict(wait));
    for (let earlier = waits.next; earlier !== link; earlier = earlier.next) {
      const other = lockWaitOf(earlier);
      if (other.behind == wait.behind && rivals(other, wait)) wait.behind = <u32>changetype<usize>(other);
    }
  }
}

function waitLines(behind: usize, id: u32, level: i32): void {
  const waits = lockWaits();
  for (let link = waits.next; link !== waits; link = link.next) {
    const wait = lockWaitOf(link);
    if (wait.behind != behind) continue;
    textDecimal(id);
    text(": ");
    for (let i = 1; i < level; i++) textByte(32);
    text("-> ");
    kindText(wait.lockKind);
    typeText(wait.type);
    placeText(changetype<Inode>(wait.object), wait.lockKind == KIND_OFD ? -1 : wait.task.group.pid, wait.start, wait.end);
    waitLines(changetype<usize>(wait), id, level + 1);
  }
}

export function locksText(): void {
  arrange();
  const all = lockAll();
  let id: u32 = 0;
  for (let link = all.next; link !== all; link = link.next) {
    const lock = lockOf(link);
    textDecimal(++id);
    text(": ");
    lockLine(lock);
    waitLines(changetype<usize>(lock), id, 1);
  }
}

/** The locks of a file, or of its process, as fdinfo shows them; show_fd_locks(): flock, record locks, leases. */
export function locksOfFile(inode: Inode, file: File, files: usize): void {
  let id: u32 = 0;
  for (let round = 0; round < 3; round++) {
    const all = lockAll();
    // Each kind oldest or lowest first.
    for (let link = all.prev; link !== all; link = link.prev) {
      const lock = lockOf(link);
      const kind = lock.kind == KIND_FLOCK ? 0 : lock.kind == KIND_LEASE ? 2 : 1;
      if (kind != round || lock.inode !== inode || lock.file != changetype<usize>(file) || (lock.owner != lock.file && lock.owner != files)) continue;
      text("lock:\t");
      textDecimal(++id);
      text(": ");
      lockLine(lock);
    }
  }
}
