// Leases: fcntl(2) F_SETLEASE and F_GETLEASE. The holder is told by a signal when somebody opens or truncates the file,
// and has lease-break-time seconds to give the lease up. Kernel: fs/locks.c.
//
// A lease is a Lock of KIND_LEASE in the inode's list of leases. Lock.owner is its File, Lock.pending what it is to
// become, Lock.start when that happens by force (ns of CLOCK_MONOTONIC, 0 = never).
import { EACCES, EAGAIN, EINVAL, ENOLCK, ETIMEDOUT } from "../abi/errno";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY } from "../abi/fcntl";
import { POLL_MSG } from "../abi/signal";
import { Link } from "../lib/list";
import { kzalloc } from "../mm/kmalloc";
import { now } from "../task/clock";
import { current } from "../task/task";
import { block, waitDeadlineMove, waitOn, wakeAll } from "../task/wait";
import { fasyncSend } from "./fasync";
import { FMODE_READ, FMODE_WRITE, File } from "./file";
import { Inode, S_IFMT, S_IFREG } from "./inode";
import { KIND_LEASE, LOCK_END, LOCK_NONE, LOCK_READ, LOCK_WRITE, Lock, LockList, breakersOf, enlist, leasesOf, listOf, remove, tidy } from "./locks";
import { ownerSet } from "./owner";
import { LEASES_ENABLE, LEASE_BREAK_TIME, sysctl } from "./sysctl";

const CAP_LEASE: u64 = 1 << 28;
const SECOND: u64 = 1_000_000_000;
/** Lock.pending of a lease that nobody breaks. */
export const NOT_PENDING: u32 = 3;

// @ts-ignore: decorator
@inline
function listAt(inode: Inode): LockList {
  return changetype<LockList>(inode.locks);
}

// @ts-ignore: decorator
@inline
function leaseAt(link: Link): Lock {
  return changetype<Lock>(changetype<usize>(link));
}

/** The lease of this open file, or null. */
function ownLease(inode: Inode, file: File): Lock | null {
  if (!inode.locks) return null;
  const leases = leasesOf(listAt(inode));
  for (let link = leases.next; link !== leases; link = link.next) {
    if (leaseAt(link).owner == changetype<usize>(file)) return leaseAt(link);
  }
  return null;
}

/** The lease becomes another (LOCK_NONE ends it) and those who wait for that go on; kernel: lease_modify(). */
function modify(inode: Inode, lease: Lock, type: u32): void {
  const breakers = breakersOf(listAt(inode));
  lease.type = type;
  // One that is cut down to reading may still have to go altogether.
  if (type == LOCK_READ && lease.pending == LOCK_READ) lease.pending = NOT_PENDING;
  if (type == LOCK_NONE) {
    const file = changetype<File>(<usize>lease.owner);
    file.owner = 0;
    file.signal = 0;
    remove(lease);
  }
  wakeAll(breakers);
}

/** What the lease is, or is about to become; kernel: target_leasetype(). */
export function leaseTarget(lease: Lock): u32 {
  return lease.pending != NOT_PENDING ? lease.pending : lease.type;
}

/** Takes away what was not given up in time; kernel: time_out_leases(). */
function timeOut(inode: Inode): void {
  const leases = leasesOf(listAt(inode));
  const t = now();
  for (let link = leases.next; link !== leases; ) {
    const lease = leaseAt(link);
    link = link.next;
    if (lease.pending != NOT_PENDING && lease.start && t >= lease.start) modify(inode, lease, lease.pending);
  }
}

/** Whether somebody else has the file open in a way that the lease does not allow; kernel: check_conflicting_open(). */
function openElsewhere(inode: Inode, file: File, type: u32): bool {
  if (type == LOCK_READ) return inode.writers != 0;
  const writes: u32 = file.mode & FMODE_WRITE ? 1 : 0;
  const reads: u32 = file.mode == FMODE_READ ? 1 : 0;
  return inode.writers != writes || inode.readers != reads;
}

/** F_SETLEASE: 0 or −errno. Kernel: generic_setlease(). */
export function leaseSet(file: File, inode: Inode, fd: i32, type: u32): i32 {
  if (type > LOCK_NONE) return -EINVAL;
  const cred = current.cred;
  if (cred.fsuid != inode.uid && !(cred.capEffective & CAP_LEASE)) return -EACCES;
  if ((inode.mode & S_IFMT) != S_IFREG || !inode.mapping) return -EINVAL;
  const own = ownLease(inode, file);
  if (type == LOCK_NONE) {
    if (!own) return -EAGAIN;
    modify(inode, own, LOCK_NONE);
    tidy(inode);
    return 0;
  }
  return own ? change(inode, file, own, type) : add(inode, file, fd, type);
}

/** Whether a lease of another open file keeps this one from being had; kernel: generic_add_lease(). */
function refused(inode: Inode, file: File, type: u32): bool {
  if (openElsewhere(inode, file, type)) return true;
  if (!inode.locks) return false;
  timeOut(inode);
  const leases = leasesOf(listAt(inode));
  for (let link = leases.next; link !== leases; link = link.next) {
    const lease = leaseAt(link);
    if (lease.owner != changetype<usize>(file) && (type == LOCK_WRITE || lease.pending == LOCK_NONE)) return true;
  }
  return false;
}

function change(inode: Inode, file: File, own: Lock, type: u32): i32 {
  if (refused(inode, file, type)) return -EAGAIN;
  modify(inode, own, type);
  return 0;
}

function add(inode: Inode, file: File, fd: i32, type: u32): i32 {
  if (refused(inode, file, type)) return -EAGAIN;
  if (!sysctl(LEASES_ENABLE)) return -EINVAL;
  const list = listOf(inode);
  const lease = list ? changetype<Lock>(kzalloc(offsetof<Lock>())) : null;
  if (!list || !lease) return -ENOLCK;
  lease.type = type;
  lease.kind = KIND_LEASE;
  lease.owner = <u32>changetype<usize>(file);
  lease.file = lease.owner;
  lease.pid = current.group.pid;
  lease.end = LOCK_END;
  lease.pending = NOT_PENDING;
  lease.fd = fd;
  lease.append(leasesOf(list));
  enlist(lease, inode);
  if (!file.owner) ownerSet(file, current.group.pid);
  return 0;
}

/** F_GETLEASE: F_RDLCK, F_WRLCK or F_UNLCK. */
export function leaseGet(file: File, inode: Inode): i32 {
  if (inode.locks) timeOut(inode);
  const own = ownLease(inode, file);
  return own ? <i32>leaseTarget(own) : <i32>LOCK_NONE;
}

/** The last descriptor of the open file is closed. */
export function leaseRelease(file: File, inode: Inode): void {
  const own = ownLease(inode, file);
  if (own) modify(inode, own, LOCK_NONE);
}

// ── breaking ────────────────────────────────────────────────────────────────────────

// @ts-ignore: decorator
@inline
function conflicts(lease: Lock, write: bool): bool {
  return write || lease.type == LOCK_WRITE;
}

/** Tells the holders of leases that are in the way of such an open, once; kernel: __break_lease(). */
function tell(inode: Inode, write: bool): void {
  const leases = leasesOf(listAt(inode));
  const seconds = <u64>sysctl(LEASE_BREAK_TIME);
  const at = seconds ? now() + seconds * SECOND : 0;
  for (let link = leases.next; link !== leases; ) {
    const lease = leaseAt(link);
    link = link.next;
    if (!conflicts(lease, write)) continue;
    if (write ? lease.pending == LOCK_NONE : lease.pending != NOT_PENDING) continue;
    lease.pending = write ? LOCK_NONE : LOCK_READ;
    lease.start = at;
    fasyncSend(changetype<File>(<usize>lease.owner), lease.fd, POLL_MSG);
  }
}

/** The first lease in the way, or null. */
function firstConflict(inode: Inode, write: bool): Lock | null {
  if (!inode.locks) return null;
  const leases = leasesOf(listAt(inode));
  for (let link = leases.next; link !== leases; link = link.next) if (conflicts(leaseAt(link), write)) return leaseAt(link);
  return null;
}

/** The file is about to be opened with these flags (O_ACCMODE, O_NONBLOCK), or truncated: 0, −errno or BLOCKED. Kernel: break_lease(). */
export function leaseBreak(inode: Inode, flags: i32): i64 {
  if (!inode.locks) return 0;
  const write = (flags & O_ACCMODE) != O_RDONLY;
  timeOut(inode);
  if (!firstConflict(inode, write)) return 0;
  tell(inode, write);
  if (flags & O_NONBLOCK) return -EAGAIN;
  while (true) {
    const lease = firstConflict(inode, write);
    if (!lease) return 0;
    if (lease.start) waitDeadlineMove(lease.start);
    waitOn(breakersOf(listAt(inode)));
    const r = block();
    if (r != -ETIMEDOUT) return r;
    timeOut(inode);
  }
}
