// System V semaphores: sets, operations, sleepers. sysvipc(7), semop(2), semctl(2); kernel: ipc/sem.c.
//
// A sleeper stands at the semaphore that holds up the first operation which cannot be done, under what it needs there:
// a value (KeyQueue), or zero. A change looks at the sleepers of the changed semaphores whose condition now holds, in
// Linux's order, and at no others. Linux keeps one queue a semaphore while all sleepers do one operation ("simple"), and
// one queue for the whole set as long as a sleeper does several ("complex"): its order is that of `order` here.
import { EAGAIN, EFBIG, EIDRM, EINTR, EINVAL, ENOMEM, ENOSPC, ERANGE } from "../abi/errno";
import { IPC_NOWAIT, SEM_UNDO, SEMBUF_SEM_FLG, SEMBUF_SEM_OP, SIZEOF_SEMBUF } from "../abi/ipc";
import { KeyLink, KeyQueue, keyAdd, keyClear, keyFirst, keyFirstUpTo, keyRemove, keyShift } from "../lib/keyqueue";
import { Link, linkAt } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { realtime } from "../task/clock";
import { signalPending } from "../task/signal";
import { current } from "../task/task";
import { block, isTimedOut, wakeWith, endsEarly } from "../task/wait";
import { IpcPerm, idsAdd, idsGet, idsObtain, idsRemove, ipcOwner, ipcPermission } from "./ipcids";
import { IpcNs, semIds } from "./ipcns";
import { IpcWait, WAIT_SEM, ipcWaitFree, ipcWaitNew } from "./ipcwait";
import { SemUndo, undoAdjust, undoFor, undosClear, undosDrop } from "./semundo";

export const SEMVMX: i32 = 32767;

@unmanaged
export class Sem {
  value: i32;
  pid: i32;
  /** Seconds since the epoch. */
  otime: i64;
  /** Its SemWaits while somebody sleeps for it. */
  waits: u32;
  pad: u32;
}

@unmanaged
export class SemArray extends IpcPerm {
  ctime: i64;
  count: u32;
  /** Sleepers, and those among them with several operations. */
  sleepers: u32;
  complex: u32;
  /** Linux would keep its alter operations in the set's own queue now. */
  merged: u32;
  sems: usize;
  arrivals: u64;
  /** Counts changes: a sleeper that was looked at is not looked at again before the next. */
  version: u64;
  /** SemUndos, by SemUndo.setNext. */
  undos: Link;
  undosPrev: u32;
  /** Sleepers with several operations, by SemWait.complexNext, in order of arrival. */
  complexWaits: Link;
  complexWaitsPrev: u32;
  /** SemWaits whose semaphore has changed, by dirtyNext. */
  dirty: Link;
  dirtyPrev: u32;
}

/** Sleepers at one semaphore. */
@unmanaged
export class SemWaits {
  // Changing operations that need a value of at least the key.
  alter: KeyQueue;
  alterSpare: u32;
  alterCount: u32;
  /** Changing operations that need it to be zero; those that need it to be anything else (they name it twice). */
  zero: Link;
  zeroPrev: u32;
  other: Link;
  otherPrev: u32;
  /** Waits for zero alone: of one operation, of several. */
  simpleZero: Link;
  simpleZeroPrev: u32;
  complexZero: Link;
  complexZeroPrev: u32;
  dirtyNext: u32;
  dirtyPrev: u32;
  index: u32;
  total: u32;
  simpleAlters: u32;
  simpleZeros: u32;
}

/** A task that sleeps in semop. */
@unmanaged
export class SemWait extends IpcWait {
  /** Its operations (struct sembuf), a copy of its own. */
  ops: usize;
  opCount: u32;
  /** Index of the operation that cannot be done. */
  blocking: u32;
  undo: SemUndo | null;
  alter: bool;
  /** Names a semaphore again after changing it. */
  twice: bool;
  /** PLACE_*, and the semaphore where it stands. */
  place: u32;
  at: u32;
  complexNext: u32;
  complexPrev: u32;
  tried: u64;
}

const PLACE_ALTER: u32 = 1;
const PLACE_ZERO: u32 = 2;
const PLACE_OTHER: u32 = 3;
const PLACE_SIMPLE_ZERO: u32 = 4;
const PLACE_COMPLEX_ZERO: u32 = 5;

// @ts-ignore: decorator
@inline
export function opNum(ops: usize, i: u32): u32 {
  return load<u16>(ops + i * SIZEOF_SEMBUF);
}

// @ts-ignore: decorator
@inline
export function opValue(ops: usize, i: u32): i32 {
  return load<i16>(ops + i * SIZEOF_SEMBUF, SEMBUF_SEM_OP);
}

// @ts-ignore: decorator
@inline
export function opFlags(ops: usize, i: u32): i32 {
  return load<i16>(ops + i * SIZEOF_SEMBUF, SEMBUF_SEM_FLG);
}

// @ts-ignore: decorator
@inline
export function semAt(set: SemArray, i: u32): Sem {
  return changetype<Sem>(set.sems + i * offsetof<Sem>());
}

// @ts-ignore: decorator
@inline
export function waitsAt(set: SemArray, i: u32): SemWaits | null {
  return changetype<SemWaits | null>(<usize>semAt(set, i).waits);
}

// @ts-ignore: decorator
@inline
function alterOf(w: SemWaits): KeyQueue {
  return changetype<KeyQueue>(changetype<usize>(w));
}

/** The list of sleepers of a PLACE_* other than PLACE_ALTER. */
export function waitList(w: SemWaits, place: u32): Link {
  return linkAt(changetype<usize>(w), offsetof<SemWaits>("zero") + (place - PLACE_ZERO) * 8);
}

// @ts-ignore: decorator
@inline
function dirtyLink(w: SemWaits): Link {
  return linkAt(changetype<usize>(w), offsetof<SemWaits>("dirtyNext"));
}

// @ts-ignore: decorator
@inline
function dirtyList(set: SemArray): Link {
  return linkAt(changetype<usize>(set), offsetof<SemArray>("dirty"));
}

// @ts-ignore: decorator
@inline
export function semUndos(set: SemArray): Link {
  return linkAt(changetype<usize>(set), offsetof<SemArray>("undos"));
}

// @ts-ignore: decorator
@inline
function complexList(set: SemArray): Link {
  return linkAt(changetype<usize>(set), offsetof<SemArray>("complexWaits"));
}

function complexLink(wait: SemWait): Link {
  return linkAt(changetype<usize>(wait), offsetof<SemWait>("complexNext"));
}

// @ts-ignore: decorator
@inline
function seconds(): i64 {
  return realtime() / 1_000_000_000;
}

/** semget(2): an id or −errno. */
export function semGet(ns: IpcNs, key: i32, count: i32, flags: i32): i32 {
  if (count < 0 || count > ns.semMsl) return -EINVAL;
  const found = idsGet(semIds(ns), key, flags);
  if (found < 0) return <i32>found;
  if (found) {
    const set = changetype<SemArray>(<usize>found);
    if (<u32>count > set.count) return -EINVAL;
    const error = ipcPermission(set, flags);
    return error ? error : set.id;
  }
  if (!count) return -EINVAL;
  if (ns.semUsed + count > ns.semMns) return -ENOSPC;
  const set = changetype<SemArray>(kzalloc(offsetof<SemArray>()));
  if (!changetype<usize>(set)) return -ENOMEM;
  set.sems = kzalloc(<u32>count * offsetof<Sem>());
  set.count = count;
  set.ns = changetype<usize>(ns);
  set.ctime = seconds();
  semUndos(set).reset();
  complexList(set).reset();
  dirtyList(set).reset();
  const id = set.sems ? idsAdd(semIds(ns), set, key, flags, ns.semMni) : -ENOMEM;
  if (id < 0) {
    kfree(set.sems);
    kfree(changetype<usize>(set));
    return id;
  }
  ns.semUsed += count;
  return id;
}

// @ts-ignore: decorator
@inline
export function semObtain(ns: IpcNs, id: i32): i64 {
  return idsObtain(semIds(ns), id);
}

// ── operations ──────────────────────────────────────────────────────────────────────

/** Index of the operation that stopped the last perform(). */
let stoppedAt: u32 = 0;

/** Does all operations or none: 0, 1 when they must wait, −errno; kernel: perform_atomic_semop_slow(). */
function perform(set: SemArray, ops: usize, count: u32, undo: SemUndo | null, pid: i32): i32 {
  let result = 0;
  let i: u32 = 0;
  for (; i < count; i++) {
    const sem = semAt(set, opNum(ops, i));
    const op = opValue(ops, i);
    const value = sem.value + op;
    if ((!op && sem.value) || value < 0) {
      result = opFlags(ops, i) & IPC_NOWAIT ? -EAGAIN : 1;
      break;
    }
    if (value > SEMVMX || (opFlags(ops, i) & SEM_UNDO && !undoAdjust(undo, opNum(ops, i), -op))) {
      result = -ERANGE;
      break;
    }
    sem.value = value;
  }
  if (!result) {
    while (i) semAt(set, opNum(ops, --i)).pid = pid;
    set.version++;
    return 0;
  }
  stoppedAt = i;
  while (i) {
    i--;
    const op = opValue(ops, i);
    semAt(set, opNum(ops, i)).value -= op;
    if (opFlags(ops, i) & SEM_UNDO) undoAdjust(undo, opNum(ops, i), op);
  }
  return result;
}

/**
 * semop(2) on the operations at `ops` (the caller's): 0, −errno or BLOCKED. The timeout, if any, is the running
 * call's deadline. Kernel: __do_semtimedop().
 */
export function semOperate(ns: IpcNs, id: i32, ops: usize, count: u32): i64 {
  if (id < 0) return -EINVAL;
  let highest: u32 = 0;
  let alter = false;
  let wantsUndo = false;
  let twice = false;
  let changed: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const n = opNum(ops, i);
    const bit = <u64>1 << (n & 63);
    highest = max(highest, n);
    if (opFlags(ops, i) & SEM_UNDO) wantsUndo = true;
    if (changed & bit) twice = true;
    if (opValue(ops, i)) {
      alter = true;
      changed |= bit;
    }
  }
  const found = semObtain(ns, id);
  if (found < 0) return found;
  const set = changetype<SemArray>(<usize>found);
  let undo: SemUndo | null = null;
  if (wantsUndo) {
    undo = undoFor(current, set);
    if (!undo) return -ENOMEM;
  }
  if (highest >= set.count) return -EFBIG;
  const error = ipcPermission(set, alter ? 0x92 : 0x124);
  if (error) return error;
  const result = perform(set, ops, count, undo, current.group.pid);
  if (!result) {
    if (alter) update(set, ops, count, opNum(ops, 0));
    else semAt(set, opNum(ops, 0)).otime = seconds();
    return 0;
  }
  if (result < 0) return result;
  if (isTimedOut()) return -EAGAIN;
  if (signalPending(current) || endsEarly()) return -EINTR;
  return sleep(set, ops, count, undo, alter, twice);
}

function sleep(set: SemArray, ops: usize, count: u32, undo: SemUndo | null, alter: bool, twice: bool): i64 {
  const copy = kmalloc(count * SIZEOF_SEMBUF);
  const wait = changetype<SemWait>(ipcWaitNew(WAIT_SEM, offsetof<SemWait>()));
  if (!copy || !changetype<usize>(wait)) {
    kfree(copy);
    if (changetype<usize>(wait)) ipcWaitFree(wait);
    return -ENOMEM;
  }
  memory.copy(copy, ops, count * SIZEOF_SEMBUF);
  wait.object = changetype<usize>(set);
  wait.ops = copy;
  wait.opCount = count;
  wait.undo = undo;
  wait.alter = alter;
  wait.twice = twice;
  wait.blocking = stoppedAt;
  complexLink(wait).reset();
  if (count > 1) {
    if (!set.merged) merge(set);
    set.complex++;
    complexLink(wait).append(complexList(set));
  }
  wait.order = ++set.arrivals;
  set.sleepers++;
  if (!place(set, wait)) {
    leave(set, wait);
    return -ENOMEM;
  }
  return block();
}

/** The first sleeper with several operations: Linux puts the queue of each semaphore in front of those of lower ones; merge_queues(). */
function merge(set: SemArray): void {
  set.merged = 1;
  if (!set.sleepers) return;
  for (let i: i32 = set.count - 1; i >= 0; i--) {
    const w = waitsAt(set, i);
    if (!w || !alterOf(w).count) continue;
    const firstWait = keyFirst(alterOf(w));
    const delta = set.arrivals + 1 - changetype<KeyLink>(changetype<usize>(firstWait)).order;
    keyShift(alterOf(w), delta);
    set.arrivals += delta;
  }
}

/** A sleeper goes on without having been served: −EAGAIN after its time, −EINTR after a signal, else it sleeps again. */
export function semAgain(wait: SemWait): i64 {
  const error = isTimedOut() ? -EAGAIN : signalPending(current) ? -EINTR : 0;
  if (!error) return block();
  semWaitAbandon(wait);
  ipcWaitFree(wait);
  return error;
}

/** Takes the sleeper out of its set; the wait itself is kept. */
export function semWaitAbandon(wait: SemWait): void {
  const set = changetype<SemArray>(wait.object);
  unplace(set, wait);
  forget(set, wait);
  if (!set.complex) set.merged = 0;
}

function forget(set: SemArray, wait: SemWait): void {
  set.sleepers--;
  if (wait.opCount > 1) {
    complexLink(wait).unlink();
    set.complex--;
  }
  kfree(wait.ops);
}

function leave(set: SemArray, wait: SemWait): void {
  forget(set, wait);
  ipcWaitFree(wait);
}

// ── where sleepers stand ────────────────────────────────────────────────────────────

function waitsMake(set: SemArray, index: u32): SemWaits | null {
  const found = waitsAt(set, index);
  if (found) return found;
  const w = changetype<SemWaits>(kzalloc(offsetof<SemWaits>()));
  if (!changetype<usize>(w)) return null;
  for (let p = PLACE_ZERO; p <= PLACE_COMPLEX_ZERO; p++) waitList(w, p).reset();
  dirtyLink(w).reset();
  w.index = index;
  semAt(set, index).waits = <u32>changetype<usize>(w);
  return w;
}

/** Puts the sleeper where its blocking operation says; false = out of memory. */
function place(set: SemArray, wait: SemWait): bool {
  const index = opNum(wait.ops, wait.blocking);
  const w = waitsMake(set, index);
  if (!w) return false;
  let op = opValue(wait.ops, wait.blocking);
  // What its own operations before this one do to the value.
  if (wait.twice) for (let i: u32 = 0; i < wait.blocking; i++) if (opNum(wait.ops, i) == index) op += opValue(wait.ops, i);
  const zero = !opValue(wait.ops, wait.blocking);
  let where = PLACE_ALTER;
  if (!wait.alter) where = wait.opCount == 1 ? PLACE_SIMPLE_ZERO : PLACE_COMPLEX_ZERO;
  else if (zero) where = op ? PLACE_OTHER : PLACE_ZERO;
  wait.place = where;
  wait.at = index;
  w.total++;
  if (where == PLACE_ALTER) {
    if (!keyAdd(alterOf(w), wait, -op)) {
      wait.place = 0;
      waitsDrop(set, w);
      return false;
    }
  } else {
    const list = waitList(w, where);
    let before = list.prev;
    while (before !== list && changetype<KeyLink>(changetype<usize>(before)).order > wait.order) before = before.prev;
    wait.append(before.next);
  }
  if (wait.opCount == 1) {
    if (wait.alter) w.simpleAlters++;
    else w.simpleZeros++;
  }
  return true;
}

function waitsDrop(set: SemArray, w: SemWaits): void {
  if (--w.total) return;
  dirtyLink(w).unlink();
  keyClear(alterOf(w));
  semAt(set, w.index).waits = 0;
  kfree(changetype<usize>(w));
}

function unplace(set: SemArray, wait: SemWait): void {
  const w = waitsAt(set, wait.at);
  if (!w || !wait.place) return;
  if (wait.place == PLACE_ALTER) keyRemove(alterOf(w), wait);
  else wait.unlink();
  if (wait.opCount == 1) {
    if (wait.alter) w.simpleAlters--;
    else w.simpleZeros--;
  }
  wait.place = 0;
  waitsDrop(set, w);
}

/** Ends a sleeper's call. */
function finish(set: SemArray, wait: SemWait, result: i32): void {
  const task = wait.task;
  unplace(set, wait);
  leave(set, wait);
  wakeWith(task, result);
}

/** Tries a sleeper's operations again: their result; when it is 1 the sleeper stands where it must. */
function retry(set: SemArray, wait: SemWait): i32 {
  const result = perform(set, wait.ops, wait.opCount, wait.undo, wait.task.group.pid);
  if (result <= 0) return result;
  wait.tried = set.version;
  if (wait.blocking == stoppedAt) return 1;
  unplace(set, wait);
  wait.blocking = stoppedAt;
  return place(set, wait) ? 1 : -ENOMEM;
}

// ── waking ──────────────────────────────────────────────────────────────────────────

/** The sleepers for zero of semaphore i, if it is zero, end their calls: 1 | 2 when it is zero, 2 when one was served. */
function wakeSimpleZero(set: SemArray, i: u32): u32 {
  if (semAt(set, i).value) return 0;
  let result: u32 = 1;
  for (let w = waitsAt(set, i); w && !waitList(w, PLACE_SIMPLE_ZERO).empty; w = waitsAt(set, i)) {
    const wait = changetype<SemWait>(changetype<usize>(waitList(w, PLACE_SIMPLE_ZERO).next));
    finish(set, wait, perform(set, wait.ops, 1, wait.undo, wait.task.group.pid));
    result = 3;
  }
  return result;
}

/** The earlier of `best` and the first sleeper of semaphore i that waits for several zeroes, this one being there. */
function complexZeroAt(set: SemArray, i: u32, best: SemWait | null): SemWait | null {
  const w = waitsAt(set, i);
  if (!w || semAt(set, i).value) return best;
  const list = waitList(w, PLACE_COMPLEX_ZERO);
  if (list.empty) return best;
  const wait = changetype<SemWait>(changetype<usize>(list.next));
  return !best || wait.order < best.order ? wait : best;
}

/** Ends the calls of those that waited for zero; ops null = any semaphore may have changed. Kernel: do_smart_wakeup_zero(). */
function wakeZero(set: SemArray, ops: usize, count: u32): bool {
  let seen: u32 = 0;
  const n = ops ? count : set.count;
  for (let i: u32 = 0; i < n; i++) seen |= wakeSimpleZero(set, ops ? opNum(ops, i) : i);
  let served = (seen & 2) != 0;
  if (!(seen & 1) || !set.complex) return served;
  while (true) {
    let wait: SemWait | null = null;
    for (let i: u32 = 0; i < n; i++) wait = complexZeroAt(set, ops ? opNum(ops, i) : i, wait);
    if (!wait) return served;
    const result = retry(set, wait);
    if (result > 0) continue;
    if (!result) served = true;
    finish(set, wait, result);
  }
}

function markDirty(set: SemArray, i: u32): void {
  const w = waitsAt(set, i);
  if (w && dirtyLink(w).empty) dirtyLink(w).append(dirtyList(set));
}

/** A changing sleeper of `w` whose condition holds now, the earliest; null when there is none. */
function readyAt(set: SemArray, w: SemWaits): SemWait | null {
  const value = semAt(set, w.index).value;
  let best: KeyLink | null = keyFirstUpTo(alterOf(w), value);
  if (!value && !waitList(w, PLACE_ZERO).empty) {
    const wait = changetype<KeyLink>(changetype<usize>(waitList(w, PLACE_ZERO).next));
    if (!best || wait.order < best.order) best = wait;
  }
  const others = waitList(w, PLACE_OTHER);
  for (let link = others.next; link !== others; link = link.next) {
    const wait = changetype<SemWait>(changetype<usize>(link));
    if (wait.tried == set.version) continue;
    if (!best || wait.order < best.order) best = wait;
    break;
  }
  return changetype<SemWait | null>(changetype<usize>(best));
}

/** The changing sleeper that is next to be tried, or null. */
function nextReady(set: SemArray): SemWait | null {
  const dirty = dirtyList(set);
  let best: SemWait | null = null;
  for (let link = dirty.next; link !== dirty; ) {
    const w = changetype<SemWaits>(changetype<usize>(link) - offsetof<SemWaits>("dirtyNext"));
    link = link.next;
    const wait = readyAt(set, w);
    if (!wait) dirtyLink(w).unlink();
    else if (!set.merged) return wait;
    else if (!best || wait.order < best.order) best = wait;
  }
  return best;
}

/**
 * After a change through `ops` (0: of any semaphore) serves those that can go on. The operation time is set when
 * `stamp` ≥ 0 or somebody was served. Kernel: do_smart_update().
 */
export function update(set: SemArray, ops: usize, count: u32, stamp: i32): void {
  let served = stamp >= 0;
  if (set.sleepers) {
    if (wakeZero(set, ops, count)) served = true;
    const n = ops ? count : set.count;
    for (let i: u32 = 0; i < n; i++) markDirty(set, ops ? opNum(ops, i) : i);
    for (let wait = nextReady(set); wait; wait = nextReady(set)) {
      const result = retry(set, wait);
      if (result > 0) continue;
      if (!result) {
        served = true;
        const theirs = wait.ops;
        const m = wait.opCount;
        wakeZero(set, theirs, m);
        for (let i: u32 = 0; i < m; i++) markDirty(set, opNum(theirs, i));
      }
      finish(set, wait, result);
    }
    if (!set.complex) set.merged = 0;
  }
  if (served) semAt(set, max(stamp, 0)).otime = seconds();
}

// ── control ─────────────────────────────────────────────────────────────────────────

const ONE = memory.data(8, 8);

/** SETVAL on a semaphore that exists. */
export function semSetValue(set: SemArray, index: u32, value: i32): void {
  undosClear(set, index);
  const sem = semAt(set, index);
  sem.value = value;
  sem.pid = current.group.pid;
  set.ctime = seconds();
  set.version++;
  store<u64>(ONE, <u64>index | (1 << 16));
  update(set, ONE, 1, -1);
}

/** SETALL: `values` are u16s, checked. */
export function semSetAll(set: SemArray, values: usize): void {
  for (let i: u32 = 0; i < set.count; i++) {
    const sem = semAt(set, i);
    sem.value = load<u16>(values + (i << 1));
    sem.pid = current.group.pid;
    undosClear(set, i);
  }
  set.ctime = seconds();
  set.version++;
  update(set, 0, 0, -1);
}

/** The latest operation time of the set; kernel: get_semotime(). */
export function semOtime(set: SemArray): i64 {
  let latest: i64 = 0;
  for (let i: u32 = 0; i < set.count; i++) latest = max(latest, semAt(set, i).otime);
  return latest;
}

/** GETNCNT (zero false) and GETZCNT: tasks that sleep because of semaphore `index`; kernel: count_semcnt(). */
export function semCountWaits(set: SemArray, index: u32, zero: bool): u32 {
  const w = waitsAt(set, index);
  let n: u32 = w ? (zero ? w.simpleZeros : w.simpleAlters) : 0;
  const list = complexList(set);
  for (let link = list.next; link !== list; link = link.next) {
    const wait = changetype<SemWait>(changetype<usize>(link) - offsetof<SemWait>("complexNext"));
    // Linux looks at changing operations again whenever something changes, at waits for zero only then.
    if (wait.alter) stoppedAt = stopOf(set, wait);
    else stoppedAt = wait.blocking;
    if (opNum(wait.ops, stoppedAt) != index) continue;
    if (zero ? !opValue(wait.ops, stoppedAt) : opValue(wait.ops, stoppedAt) < 0) n++;
  }
  return n;
}

/** The operation that holds a sleeper up as things stand. */
export function stopOf(set: SemArray, wait: SemWait): u32 {
  return perform(set, wait.ops, wait.opCount, wait.undo, 0) > 0 ? stoppedAt : wait.blocking;
}

/** IPC_RMID: 0 or −errno. */
export function semRemove(ns: IpcNs, id: i32): i32 {
  const found = semObtain(ns, id);
  if (found < 0) return <i32>found;
  const set = changetype<SemArray>(<usize>found);
  const error = ipcOwner(set);
  if (!error) semDestroy(set);
  return error;
}

/** The set goes; sleepers end with EIDRM. Kernel: freeary(). */
export function semDestroy(set: SemArray): void {
  const ns = changetype<IpcNs>(set.ns);
  undosDrop(set);
  idsRemove(semIds(ns), set);
  if (set.sleepers) {
    finishPlace(set, PLACE_COMPLEX_ZERO);
    while (set.merged && finishEarliest(set)) continue;
    for (let i: u32 = 0; i < set.count && set.sleepers; i++) finishAt(set, i);
  }
  ns.semUsed -= set.count;
  kfree(set.sems);
  kfree(changetype<usize>(set));
}

function finishPlace(set: SemArray, which: u32): void {
  for (let link = complexList(set).next; link !== complexList(set); ) {
    const wait = changetype<SemWait>(changetype<usize>(link) - offsetof<SemWait>("complexNext"));
    link = link.next;
    if (wait.place == which) finish(set, wait, -EIDRM);
  }
}

/** Ends the earliest of the set's own queue of changing operations; false when it is empty. */
function finishEarliest(set: SemArray): bool {
  let best: KeyLink | null = null;
  for (let i: u32 = 0; i < set.count; i++) {
    const w = waitsAt(set, i);
    if (!w) continue;
    let first = keyFirst(alterOf(w));
    for (let p = PLACE_ZERO; p <= PLACE_OTHER; p++) {
      const list = waitList(w, p);
      const head = changetype<KeyLink>(changetype<usize>(list.next));
      if (!list.empty && (!first || head.order < first.order)) first = head;
    }
    if (first && (!best || first.order < best.order)) best = first;
  }
  if (!best) return false;
  finish(set, changetype<SemWait>(changetype<usize>(best)), -EIDRM);
  return true;
}

function finishAt(set: SemArray, i: u32): void {
  for (let w = waitsAt(set, i); w && !waitList(w, PLACE_SIMPLE_ZERO).empty; w = waitsAt(set, i)) {
    finish(set, changetype<SemWait>(changetype<usize>(waitList(w, PLACE_SIMPLE_ZERO).next)), -EIDRM);
  }
  for (let w = waitsAt(set, i); w && alterOf(w).count; w = waitsAt(set, i)) finish(set, changetype<SemWait>(changetype<usize>(keyFirst(alterOf(w)))), -EIDRM);
}
