// Futexes: wait queues keyed by a word of memory. futex(2); kernel: kernel/futex/.
//
// Keys: private = (address space, address); shared = (page cache, offset) for files and shared memory,
// (address space, address) for private pages. Waiter.key = index of futex_waitv(2) << 32 | bit set.
// A Futex is there while somebody waits. Priority inheritance is in futexpi.ts, the end of threads in futexexit.ts.
import { EAGAIN, EFAULT, EINVAL, ENOSYS } from "../abi/errno";
import { Link, ownerOf } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { VM_SHARED, vmaFind } from "../mm/space";
import { currentMm } from "../mm/tlb";
import { getUser32, putUser32, userRead, userValue, userWrite } from "../mm/usercopy";
import { Task, WaitQueue, Waiter, current } from "../task/task";
import { WAIT_FUTEX, block, endsEarly, isRetry, waitOn, wakeTask } from "../task/wait";

/** A queue in use: a bucket's list entry. */
@unmanaged
export class Futex {
  next: Futex | null;
  /** What the key is relative to: Mm or Mapping. */
  object: u32;
  /** Address, or byte offset in the mapping. */
  offset: u64;
  /** Sleepers; of a PI futex the most urgent first. */
  queue: WaitQueue;
  queuePrev: u32;
  /** PI: who holds it, and the next of those that this task holds. */
  owner: Task | null;
  nextOwned: Futex | null;
}

export const FUTEX_BUCKETS: u32 = 1024;
const STATE = memory.data(8, 8);
/** The key that futexKey found. */
export let keyObject: u32 = 0;
export let keyOffset: u64 = 0;

export const MATCH_ANY: u32 = 0xffffffff;
/** Waiter.flags of FUTEX_WAIT_REQUEUE_PI: only FUTEX_CMP_REQUEUE_PI may take it off. */
export const WAITS_FOR_PI: u32 = 8;

export function futexInit(): void {
  store<u32>(STATE, <u32>kzalloc(FUTEX_BUCKETS << 2));
}

/** Sets the key for the word at addr; 0, −EINVAL or −EFAULT. */
export function futexKey(addr: u64, isPrivate: bool): i32 {
  if (addr & 3) return -EINVAL;
  if (addr >= 0x7ffffffff000) return -EFAULT;
  keyObject = <u32>changetype<usize>(currentMm);
  keyOffset = addr;
  if (isPrivate) return 0;
  const vma = vmaFind(currentMm, addr);
  if (!vma) return -EFAULT;
  const mapping = vma.mapping;
  // A shared key needs the page; a read-only anonymous page can never change: get_futex_key().
  if (!userRead(addr) || (!mapping && !userWrite(addr, 4))) return -EFAULT;
  if (mapping && vma.flags & VM_SHARED) {
    keyObject = <u32>changetype<usize>(mapping);
    keyOffset = (vma.pgoff << 12) + (addr - vma.start);
  }
  return 0;
}

function bucketOf(object: u32, offset: u64): usize {
  const h = (object ^ <u32>(offset >> 2) * 0x9e3779b1) >> 7;
  return load<u32>(STATE) + ((h & (FUTEX_BUCKETS - 1)) << 2);
}

/** The first futex of a bucket. */
export function futexFirst(bucket: u32): Futex | null {
  return changetype<Futex | null>(<usize>load<u32>(load<u32>(STATE) + (bucket << 2)));
}

export function queueOf(f: Futex): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(f) + offsetof<Futex>("queue"));
}

/** The futex with the key that was set last, or null. */
export function futexFind(): Futex | null {
  let f = changetype<Futex | null>(<usize>load<u32>(bucketOf(keyObject, keyOffset)));
  while (f) {
    if (f.object == keyObject && f.offset == keyOffset) return f;
    f = f.next;
  }
  return null;
}

/** As futexFind, made when it is not there; null = out of memory. */
export function futexMake(): Futex | null {
  const found = futexFind();
  if (found) return found;
  const f = changetype<Futex>(kzalloc(offsetof<Futex>()));
  if (!changetype<usize>(f)) return null;
  f.object = keyObject;
  f.offset = keyOffset;
  queueOf(f).reset();
  const slot = bucketOf(keyObject, keyOffset);
  f.next = changetype<Futex | null>(<usize>load<u32>(slot));
  store<u32>(slot, <u32>changetype<usize>(f));
  return f;
}

/** The futex whose queue is being walked: it stays when the last sleeper leaves, 0 = none. */
let walked: usize = 0;

/** Keeps a futex (0 = none any more) while its queue is walked; futexSweep() follows. */
export function futexWalk(f: usize): void {
  walked = f;
}

/** The last sleeper has left the queue. */
export function futexLeft(queue: Link): void {
  const f = ownerOf<Futex>(queue, offsetof<Futex>("queue"));
  if (changetype<usize>(f) != walked) futexSweep(f.object, f.offset);
}

/** Frees what nobody waits for, in the bucket of a key. */
export function futexSweep(object: u32, offset: u64): void {
  let slot = bucketOf(object, offset);
  while (true) {
    const f = changetype<Futex | null>(<usize>load<u32>(slot));
    if (!f) return;
    if (queueOf(f).empty && !f.owner) {
      store<u32>(slot, <u32>changetype<usize>(f.next));
      kfree(changetype<usize>(f));
    } else slot = changetype<usize>(f) + offsetof<Futex>("next");
  }
}

/** Task.sysProgress of a futex waiter. */
export const WOKEN: u64 = 1;
export const WAITING: u64 = 2;
/** Waits for another word than the one that was expected to have a value. */
export const REQUEUED: u64 = 3;

/** FUTEX_WAIT_BITSET: 0, −EAGAIN, −ETIMEDOUT, −ERESTARTSYS, BLOCKED. The deadline is set by the caller. */
export function futexWait(addr: u64, expected: u32, bits: u32, isPrivate: bool): i64 {
  if (!bits) return -EINVAL;
  const task = current;
  if (isRetry() && task.sysProgress == WOKEN) return 0;
  const error = futexKey(addr, isPrivate);
  if (error) return error;
  // Again after a wake-up by a signal that another thread took: meanwhile nobody could wake this one.
  if (!isRetry() || task.sysProgress == WAITING) {
    if (!getUser32(addr)) return -EFAULT;
    if (<u32>userValue != expected) {
      if (isRetry()) futexSweep(keyObject, keyOffset);
      return -EAGAIN;
    }
    if (endsEarly()) return 0;
    task.sysProgress = WAITING;
  }
  const f = futexMake();
  if (!f) return -EAGAIN;
  waitOn(queueOf(f), bits, WAIT_FUTEX);
  return block();
}

/** Wakes up to `count` waiters of the word whose bit set meets `bits`: how many, or −errno. */
export function futexWake(addr: u64, count: i32, bits: u32, isPrivate: bool): i64 {
  if (!bits) return -EINVAL;
  const error = futexKey(addr, isPrivate);
  if (error) return error;
  return wakeKey(count, bits);
}

function wakeKey(count: i32, bits: u32): i64 {
  const f = futexFind();
  if (!f) return 0;
  futexWalk(changetype<usize>(f));
  const woken = wakeQueue(f, count, bits);
  futexWalk(0);
  futexSweep(f.object, f.offset);
  return woken;
}

function wakeQueue(f: Futex, count: i32, bits: u32): i64 {
  const queue = queueOf(f);
  let woken: i64 = 0;
  let link = queue.next;
  while (link !== queue) {
    const waiter = changetype<Waiter>(changetype<usize>(link));
    link = link.next;
    if (f.owner || waiter.flags & WAITS_FOR_PI) return -EINVAL;
    if (!(<u32>waiter.key & bits)) continue;
    const task = waiter.task;
    task.sysProgress = WOKEN;
    task.futexIndex = <i32>(waiter.key >> 32);
    // A futex_waitv has one waiter more on this queue when the word stands in its list twice.
    while (link !== queue && changetype<Waiter>(changetype<usize>(link)).task === task) link = link.next;
    wakeTask(task);
    if (++woken >= count) break;
  }
  return woken;
}

/** FUTEX_REQUEUE, FUTEX_CMP_REQUEUE: wakes `count` and moves up to `limit` to the word at addr2; how many were woken (and moved). */
export function futexRequeue(addr: u64, addr2: u64, count: i32, limit: i32, compare: bool, expected: u32, private1: bool, private2: bool): i64 {
  if (count < 0 || limit < 0) return -EINVAL;
  let error = futexKey(addr, private1);
  if (error) return error;
  error = futexKey(addr2, private2);
  if (error) return error;
  futexKey(addr, private1);
  if (compare) {
    if (!getUser32(addr)) return -EFAULT;
    if (<u32>userValue != expected) return -EAGAIN;
  }
  const woken = count ? wakeKey(count, MATCH_ANY) : 0;
  const from = futexFind();
  if (woken < 0 || !from || !limit) return woken;
  futexKey(addr2, private2);
  const to = futexMake();
  if (!to) return woken;
  const moved = moveWaiters(from, to, addr2, limit);
  futexSweep(from.object, from.offset);
  futexSweep(keyObject, keyOffset);
  return moved < 0 ? moved : woken + moved;
}

/** How many were moved, or −EINVAL. */
function moveWaiters(from: Futex, to: Futex, addr2: u64, limit: i32): i64 {
  let moved: i64 = 0;
  const queue = queueOf(from);
  for (let link = queue.next; link !== queue && moved < limit; moved++) {
    const waiter = changetype<Waiter>(changetype<usize>(link));
    link = link.next;
    if (from.owner || waiter.flags & WAITS_FOR_PI) return -EINVAL;
    if (to === from) continue;
    waiter.unlink();
    waiter.append(queueOf(to));
    // Woken by anything else it looks at the new word's queue.
    waiter.task.arg0 = addr2;
    waiter.task.sysProgress = REQUEUED;
  }
  return moved;
}

function changed(kind: u32, old: i32, operand: i32): i32 {
  switch (kind) {
    case 0: return operand;
    case 1: return old + operand;
    case 2: return old | operand;
    case 3: return old & ~operand;
    default: return old ^ operand;
  }
}

function compares(kind: u32, old: i32, against: i32): bool {
  switch (kind) {
    case 0: return old == against;
    case 1: return old != against;
    case 2: return old < against;
    case 3: return old <= against;
    case 4: return old > against;
    default: return old >= against;
  }
}

/** FUTEX_WAKE_OP: changes the second word, wakes on the first, and on the second when the old value compares. */
export function futexWakeOp(addr: u64, addr2: u64, count: i32, count2: i32, op: u32, isPrivate: bool): i64 {
  let error = futexKey(addr, isPrivate);
  if (error) return error;
  error = futexKey(addr2, isPrivate);
  if (error) return error;
  const kind = (op >> 28) & 7;
  let operand = <i32>(op << 8) >> 20;
  const against = <i32>(op << 20) >> 20;
  if (op >> 31) operand = 1 << (operand & 31);
  const compare = (op >> 24) & 15;
  if (kind > 4) return -ENOSYS;
  if (!getUser32(addr2) || !userWrite(addr2, 4)) return -EFAULT;
  const old = <i32>userValue;
  putUser32(addr2, <u32>changed(kind, old, operand));
  if (compare > 5) return -ENOSYS;
  const woken = futexWake(addr, count, MATCH_ANY, isPrivate);
  if (woken < 0 || !compares(compare, old, against)) return woken;
  const more = futexWake(addr2, count2, MATCH_ANY, isPrivate);
  return more < 0 ? more : woken + more;
}

/** futex_waitv(2): waits for the first of `count` words, 24 bytes each at `list` (u64 value, u64 address, u32 flags): its index. */
export function futexWaitv(list: usize, count: u32, privateFlag: u32): i64 {
  const task = current;
  if (isRetry() && task.sysProgress == WOKEN) return task.futexIndex;
  for (let i: u32 = 0; i < count; i++) {
    const entry = list + i * 24;
    const addr = load<u64>(entry, 8);
    const error = futexKey(addr, (load<u32>(entry, 16) & privateFlag) != 0);
    if (error) return error;
    if (!getUser32(addr)) return -EFAULT;
    if (!isRetry() && userValue != load<u64>(entry)) return -EAGAIN;
  }
  task.sysProgress = WAITING;
  for (let i: u32 = 0; i < count; i++) {
    const entry = list + i * 24;
    futexKey(load<u64>(entry, 8), (load<u32>(entry, 16) & privateFlag) != 0);
    const f = futexMake();
    if (f) waitOn(queueOf(f), (<u64>i << 32) | MATCH_ANY, WAIT_FUTEX);
  }
  return block();
}
