// Futexes: wait queues keyed by a word of memory. futex(2); kernel: kernel/futex/.
//
// Keys: private = (address space, address); shared = (page cache, page index, offset) for files and shared
// memory, (address space, address) for private pages. Waiter.key holds the bit set.
import { EAGAIN, EFAULT, EINVAL, ENOSYS } from "../abi/errno";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../abi/futex";
import { kfree, kzalloc } from "../mm/kmalloc";
import { VM_SHARED, vmaFind } from "../mm/space";
import { currentMm } from "../mm/tlb";
import { getUser32, getUser64, putUser32, userRead, userValue, userWrite } from "../mm/usercopy";
import { Task, WaitQueue, Waiter, current } from "../task/task";
import { BLOCKED, block, isRetry, waitOn, wakeTask } from "../task/wait";

/** A queue in use: a bucket's list entry. */
@unmanaged
class Futex {
  next: Futex | null;
  /** What the key is relative to: Mm or Mapping. */
  object: u32;
  /** Address, or byte offset in the mapping. */
  offset: u64;
  queue: WaitQueue;
  queuePrev: u32;
}

const BUCKETS: u32 = 256;
const STATE = memory.data(8, 8);
let keyObject: u32 = 0;
let keyOffset: u64 = 0;

export function futexInit(): void {
  store<u32>(STATE, <u32>kzalloc(BUCKETS << 2));
}

/** Sets the key for the word at addr; 0, −EINVAL or −EFAULT. */
function keyFor(addr: u64, isPrivate: bool): i32 {
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

function bucket(): usize {
  const h = (keyObject ^ <u32>(keyOffset >> 2) * 0x9e3779b1) >> 7;
  return load<u32>(STATE) + ((h & (BUCKETS - 1)) << 2);
}

function queueOf(f: Futex): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(f) + offsetof<Futex>("queue"));
}

function find(): Futex | null {
  let f = changetype<Futex | null>(<usize>load<u32>(bucket()));
  while (f) {
    if (f.object == keyObject && f.offset == keyOffset) return f;
    f = f.next;
  }
  return null;
}

function findOrMake(): Futex | null {
  const found = find();
  if (found) return found;
  const f = changetype<Futex>(kzalloc(offsetof<Futex>()));
  if (!changetype<usize>(f)) return null;
  f.object = keyObject;
  f.offset = keyOffset;
  queueOf(f).reset();
  const slot = bucket();
  f.next = changetype<Futex | null>(<usize>load<u32>(slot));
  store<u32>(slot, <u32>changetype<usize>(f));
  return f;
}

/** Frees empty queues of the key's bucket: they are made again when needed. */
function sweep(): void {
  let slot = bucket();
  while (true) {
    const f = changetype<Futex | null>(<usize>load<u32>(slot));
    if (!f) return;
    if (queueOf(f).empty) {
      store<u32>(slot, <u32>changetype<usize>(f.next));
      kfree(changetype<usize>(f));
    } else slot = changetype<usize>(f) + offsetof<Futex>("next");
  }
}

/** Task.sysProgress of a futex waiter that was woken. */
const WOKEN: u64 = 1;
const WAITING: u64 = 2;
/** Waits for another word than the one that was expected to have a value. */
const REQUEUED: u64 = 3;

/** FUTEX_WAIT_BITSET: 0, −EAGAIN, −ETIMEDOUT, −ERESTARTSYS, BLOCKED. The deadline is set by the caller. */
export function futexWait(addr: u64, expected: u32, bits: u32, isPrivate: bool): i64 {
  if (!bits) return -EINVAL;
  const task = current;
  const error = keyFor(addr, isPrivate);
  if (error) return error;
  if (isRetry()) {
    if (task.sysProgress == WOKEN) return 0;
    sweep();
  }
  // Again after a wake-up by a signal that another thread took: meanwhile nobody could wake this one.
  if (!isRetry() || task.sysProgress == WAITING) {
    if (!getUser32(addr)) return -EFAULT;
    if (<u32>userValue != expected) return -EAGAIN;
    task.sysProgress = WAITING;
  }
  const f = findOrMake();
  if (!f) return -EAGAIN;
  waitOn(queueOf(f), bits);
  const r = block();
  if (r != BLOCKED) sweep();
  return r;
}

/** Wakes up to `count` waiters of the word whose bit set meets `bits`: how many, or −errno. */
export function futexWake(addr: u64, count: i32, bits: u32, isPrivate: bool): i64 {
  if (!bits) return -EINVAL;
  const error = keyFor(addr, isPrivate);
  if (error) return error;
  return wakeKey(count, bits);
}

function wakeKey(count: i32, bits: u32): i64 {
  const f = find();
  if (!f) return 0;
  const queue = queueOf(f);
  let woken = 0;
  let link = queue.next;
  while (link !== queue) {
    const waiter = changetype<Waiter>(changetype<usize>(link));
    link = link.next;
    if (!(<u32>waiter.key & bits)) continue;
    const task = waiter.task;
    task.sysProgress = WOKEN;
    wakeTask(task);
    if (++woken >= count) break;
  }
  sweep();
  return woken;
}

/** FUTEX_REQUEUE, FUTEX_CMP_REQUEUE: wakes `count` and moves up to `limit` to the word at addr2; how many were woken (and moved). */
export function futexRequeue(addr: u64, addr2: u64, count: i32, limit: i32, compare: bool, expected: u32, isPrivate: bool): i64 {
  if (count < 0 || limit < 0) return -EINVAL;
  let error = keyFor(addr2, isPrivate);
  if (error) return error;
  error = keyFor(addr, isPrivate);
  if (error) return error;
  if (compare) {
    if (!getUser32(addr)) return -EFAULT;
    if (<u32>userValue != expected) return -EAGAIN;
  }
  const woken = count ? wakeKey(count, u32.MAX_VALUE) : 0;
  const from = find();
  if (!from || !limit) return woken;
  keyFor(addr2, isPrivate);
  const to = findOrMake();
  if (!to) return woken;
  let moved = 0;
  const queue = queueOf(from);
  while (!queue.empty && moved < limit && to !== from) {
    const waiter = changetype<Waiter>(changetype<usize>(queue.next));
    waiter.unlink();
    waiter.append(queueOf(to));
    // A woken-by-timeout re-run looks at the new word's queue.
    waiter.task.arg0 = addr2;
    waiter.task.sysProgress = REQUEUED;
    moved++;
  }
  keyFor(addr, isPrivate);
  sweep();
  return woken + moved;
}

/** FUTEX_WAKE_OP: changes the second word, wakes on the first, and on the second when the old value compares. */
export function futexWakeOp(addr: u64, addr2: u64, count: i32, count2: i32, op: u32, isPrivate: bool): i64 {
  let error = keyFor(addr, isPrivate);
  if (error) return error;
  error = keyFor(addr2, isPrivate);
  if (error) return error;
  const kind = (op >> 28) & 7;
  let operand = <i32>(op << 8) >> 20;
  const against = <i32>(op << 20) >> 20;
  if (op >> 31) operand = 1 << (operand & 31);
  if (kind > 4) return -ENOSYS;
  const compare = (op >> 24) & 15;
  if (compare > 5) return -ENOSYS;
  if (!getUser32(addr2) || !userWrite(addr2, 4)) return -EFAULT;
  const old = <i32>userValue;
  const value = kind == 0 ? operand : kind == 1 ? old + operand : kind == 2 ? old | operand : kind == 3 ? old & ~operand : old ^ operand;
  putUser32(addr2, <u32>value);
  let woken = futexWake(addr, count, u32.MAX_VALUE, isPrivate);
  let meets: bool;
  switch (compare) {
    case 0: meets = old == against; break;
    case 1: meets = old != against; break;
    case 2: meets = old < against; break;
    case 3: meets = old <= against; break;
    case 4: meets = old > against; break;
    default: meets = old >= against;
  }
  if (meets) woken += futexWake(addr2, count2, u32.MAX_VALUE, isPrivate);
  return woken;
}

/** A thread ends (its address space is current): robust futexes are marked, clear_child_tid is cleared and woken. */
export function futexExit(task: Task): void {
  if (task.robustList) robustExit(task);
  const at = task.clearChildTid;
  if (!at) return;
  task.clearChildTid = 0;
  // Nobody else has this memory: nobody can wait for the word.
  if (task.mm.refs < 2) return;
  putUser32(at, 0);
  futexWake(at, 1, MATCH_ANY, false);
}

const MATCH_ANY: u32 = 0xffffffff;
const ROBUST_LIST_LIMIT: i32 = 2048;

/** Walks the robust list; kernel: exit_robust_list(). */
function robustExit(task: Task): void {
  const head = task.robustList;
  task.robustList = 0;
  if (!getUser64(head)) return;
  let entry = userValue;
  if (!getUser64(head + 8)) return;
  const offset = userValue;
  if (!getUser64(head + 16)) return;
  const pending = userValue & ~(<u64>1);
  for (let n = 0; n < ROBUST_LIST_LIMIT && (entry & ~(<u64>1)) != head; n++) {
    const node = entry & ~(<u64>1);
    if (!getUser64(node)) return;
    const next = userValue;
    if (node != pending) ownerDied(task, node + offset);
    entry = next;
  }
  if (pending) ownerDied(task, pending + offset);
}

function ownerDied(task: Task, addr: u64): void {
  if (addr & 3 || !getUser32(addr)) return;
  const value = <u32>userValue;
  if ((value & FUTEX_TID_MASK) != <u32>task.tid) return;
  if (!putUser32(addr, (value & <u32>FUTEX_WAITERS) | FUTEX_OWNER_DIED)) return;
  if (value & <u32>FUTEX_WAITERS) futexWake(addr, 1, MATCH_ANY, false);
}
