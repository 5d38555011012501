// System V message queues. sysvipc(7), msgop(2), msgctl(2); kernel: ipc/msg.c.
//
// A message stands in two orders: that of the queue, and by its type. Sleeping receivers stand by what they wait for, one
// KeyQueue a mode, sleeping senders by the size of their message: each operation finds whom it serves without passing others.
import { E2BIG, EAGAIN, EIDRM, EINVAL, ENOMEM, ENOMSG, EPERM } from "../abi/errno";
import { IPC_NOWAIT, MSG_COPY, MSG_EXCEPT, MSG_NOERROR } from "../abi/ipc";
import { KeyLink, KeyQueue, keyAdd, keyClear, keyFirst, keyFirstExcept, keyFirstFrom, keyFirstOf, keyFirstOfLeast, keyFirstUpTo, keyOf, keyRemove } from "../lib/keyqueue";
import { Link, linkAt } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { realtime } from "../task/clock";
import { signalPending } from "../task/signal";
import { current } from "../task/task";
import { BLOCKED, ERESTARTNOHAND, block, wakeTask } from "../task/wait";
import { IpcPerm, idsAdd, idsGet, idsObtain, idsRemove, ipcOwner, ipcPermission, ipcUpdate } from "./ipcids";
import { IpcNs, msgIds } from "./ipcns";
import { IpcWait, WAIT_MSG_RECEIVE, WAIT_MSG_SEND, ipcWaitFree, ipcWaitNew } from "./ipcwait";

/** A message: its text follows at MSG_TEXT. KeyLink: its place by type, order = when it was queued. */
@unmanaged
export class Msg extends KeyLink {
  allNext: u32;
  allPrev: u32;
  type: i64;
  size: u32;
  pad: u32;
}
export const MSG_TEXT: u32 = 48;

export const MODE_ANY: u32 = 0;
export const MODE_EQUAL: u32 = 1;
export const MODE_EXCEPT: u32 = 2;
export const MODE_UP_TO: u32 = 3;
export const MODE_NUMBER: u32 = 4;
const MODES: u32 = 4;

@unmanaged
export class MsgQueue extends IpcPerm {
  /** Seconds since the epoch. */
  stime: i64;
  rtime: i64;
  ctime: i64;
  bytes: u64;
  count: u64;
  maxBytes: u64;
  lastSender: i32;
  lastReceiver: i32;
  /** Counts messages and sleepers: the order of arrival. */
  arrivals: u64;
  /** All messages, by Msg.allNext. */
  messages: Link;
  messagesPrev: u32;
  byType: KeyQueue;
  byTypeSpare: u32;
  byTypeCount: u32;
  /** Sleeping senders by the size of their message. */
  senders: KeyQueue;
  sendersSpare: u32;
  sendersCount: u32;
  /** Sleeping receivers: a KeyQueue a mode. */
  receivers: KeyQueue;
  receiversRoom1: u32;
  receiversRoom2: u64;
  receiversRoom3: u64;
  receiversRoom4: u64;
  receiversRoom5: u64;
  receiversRoom6: u64;
  /** Waits that were woken to try again and have not yet run. */
  woken: Link;
  wokenPrev: u32;
}

/** A task that sleeps in msgsnd or msgrcv. KeyLink: its place among its like. */
@unmanaged
export class MsgWait extends IpcWait {
  /** Receivers: MODE_*, the type or bound, the most bytes; flags of the call. */
  mode: u32;
  flags: i32;
  type: i64;
  maxSize: u64;
  /** The message to be sent, or the one that was received. */
  msg: Msg | null;
}

/** IpcWait.status of a sleeper: still asleep, to try again, or the call's errno. */
const ASLEEP: i32 = 1;
const AGAIN: i32 = 2;
const DELIVERED: i32 = 0;

// @ts-ignore: decorator
@inline
export function msgText(msg: Msg): usize {
  return changetype<usize>(msg) + MSG_TEXT;
}

// @ts-ignore: decorator
@inline
export function msgMessages(q: MsgQueue): Link {
  return linkAt(changetype<usize>(q), offsetof<MsgQueue>("messages"));
}

export function msgOfLink(link: Link): Msg {
  return changetype<Msg>(changetype<usize>(link) - offsetof<Msg>("allNext"));
}

// @ts-ignore: decorator
@inline
function byType(q: MsgQueue): KeyQueue {
  return changetype<KeyQueue>(changetype<usize>(q) + offsetof<MsgQueue>("byType"));
}

// @ts-ignore: decorator
@inline
export function msgSenders(q: MsgQueue): KeyQueue {
  return changetype<KeyQueue>(changetype<usize>(q) + offsetof<MsgQueue>("senders"));
}

// @ts-ignore: decorator
@inline
export function msgReceivers(q: MsgQueue, mode: u32): KeyQueue {
  return changetype<KeyQueue>(changetype<usize>(q) + offsetof<MsgQueue>("receivers") + mode * 12);
}

// @ts-ignore: decorator
@inline
function wokenOf(q: MsgQueue): Link {
  return linkAt(changetype<usize>(q), offsetof<MsgQueue>("woken"));
}

// @ts-ignore: decorator
@inline
function nsOf(q: MsgQueue): IpcNs {
  return changetype<IpcNs>(q.ns);
}

// @ts-ignore: decorator
@inline
function seconds(): i64 {
  return realtime() / 1_000_000_000;
}

/** Room for a message of `size` bytes, or null. */
export function msgNew(size: u32): Msg | null {
  const msg = changetype<Msg>(kmalloc(MSG_TEXT + size));
  if (!changetype<usize>(msg)) return null;
  msg.reset();
  linkAt(changetype<usize>(msg), offsetof<Msg>("allNext")).reset();
  msg.size = size;
  return msg;
}

export function msgFree(msg: Msg | null): void {
  kfree(changetype<usize>(msg));
}

/** msgget(2): an id or −errno. */
export function msgGet(ns: IpcNs, key: i32, flags: i32): i32 {
  const found = idsGet(msgIds(ns), key, flags);
  if (found < 0) return <i32>found;
  if (found) {
    const perm = changetype<IpcPerm>(<usize>found);
    const error = ipcPermission(perm, flags);
    return error ? error : perm.id;
  }
  const q = changetype<MsgQueue>(kzalloc(offsetof<MsgQueue>()));
  if (!changetype<usize>(q)) return -ENOMEM;
  msgMessages(q).reset();
  wokenOf(q).reset();
  q.ns = changetype<usize>(ns);
  q.maxBytes = ns.msgMnb;
  q.ctime = seconds();
  const id = idsAdd(msgIds(ns), q, key, flags, ns.msgMni);
  if (id < 0) kfree(changetype<usize>(q));
  return id;
}

/** The queue with this id, or −EINVAL. */
// @ts-ignore: decorator
@inline
export function msgObtain(ns: IpcNs, id: i32): i64 {
  return idsObtain(msgIds(ns), id);
}

// ── sending ─────────────────────────────────────────────────────────────────────────

function fits(q: MsgQueue, size: u32): bool {
  return size + q.bytes <= q.maxBytes && 1 + q.count <= q.maxBytes;
}

/**
 * Sends `msg`, which belongs to the queue from now on unless the result is an error: 0, −errno or BLOCKED.
 * kernel: do_msgsnd().
 */
export function msgSend(ns: IpcNs, id: i32, msg: Msg, flags: i32): i64 {
  const found = msgObtain(ns, id);
  if (found < 0) return found;
  const q = changetype<MsgQueue>(<usize>found);
  const error = ipcPermission(q, 0x92);
  if (error) return error;
  if (fits(q, msg.size)) {
    deliver(q, msg);
    return 0;
  }
  if (flags & IPC_NOWAIT) return -EAGAIN;
  const wait = changetype<MsgWait>(ipcWaitNew(WAIT_MSG_SEND, offsetof<MsgWait>()));
  if (!changetype<usize>(wait)) return -ENOMEM;
  wait.msg = msg;
  wait.flags = flags;
  wait.order = ++q.arrivals;
  return sleepToSend(q, wait);
}

function sleepToSend(q: MsgQueue, wait: MsgWait): i64 {
  const msg = changetype<Msg>(changetype<usize>(wait.msg));
  wait.unlink();
  wait.object = changetype<usize>(q);
  wait.status = ASLEEP;
  if (!keyAdd(msgSenders(q), wait, msg.size)) {
    ipcWaitFree(wait);
    return -ENOMEM;
  }
  return asleep(wait);
}

/** Sleeps, or ends the wait because of a signal. */
function asleep(wait: MsgWait): i64 {
  if (!signalPending(current)) return block();
  msgWaitEnd(wait);
  ipcWaitFree(wait);
  return -ERESTARTNOHAND;
}

/** A sender goes on after it was woken: as msgSend, the message being freed on an error. */
export function msgSendAgain(wait: MsgWait): i64 {
  const msg = changetype<Msg>(changetype<usize>(wait.msg));
  const result = sendAgain(wait, msg);
  if (result != BLOCKED && result != 0) msgFree(msg);
  return result;
}

function sendAgain(wait: MsgWait, msg: Msg): i64 {
  if (wait.status < 0) {
    const status = wait.status;
    ipcWaitFree(wait);
    return status;
  }
  const q = changetype<MsgQueue>(wait.object);
  if (signalPending(current)) {
    msgWaitEnd(wait);
    ipcWaitFree(wait);
    return -ERESTARTNOHAND;
  }
  if (wait.status == ASLEEP) return block();
  const error = ipcPermission(q, 0x92);
  if (!error && !fits(q, msg.size)) return sleepToSend(q, wait);
  msgWaitEnd(wait);
  ipcWaitFree(wait);
  if (!error) deliver(q, msg);
  return error;
}

/** The message goes to a sleeping receiver, or into the queue. */
function deliver(q: MsgQueue, msg: Msg): void {
  q.lastSender = current.group.pid;
  q.stime = seconds();
  if (handOver(q, msg)) return;
  msg.order = ++q.arrivals;
  linkAt(changetype<usize>(msg), offsetof<Msg>("allNext")).append(msgMessages(q));
  keyAdd(byType(q), msg, msg.type);
  q.bytes += msg.size;
  q.count++;
  nsOf(q).msgBytes += msg.size;
  nsOf(q).msgHeaders++;
}

// @ts-ignore: decorator
@inline
function sooner(a: KeyLink | null, b: KeyLink | null): KeyLink | null {
  if (!a) return b;
  if (!b) return a;
  return a.order < b.order ? a : b;
}

/** The receiver that has waited longest for a message of this type, or null. */
function receiverFor(q: MsgQueue, type: i64): MsgWait | null {
  let best: KeyLink | null = null;
  if (msgReceivers(q, MODE_ANY).root) best = keyFirst(msgReceivers(q, MODE_ANY));
  if (msgReceivers(q, MODE_EQUAL).root) best = sooner(best, keyFirstOf(msgReceivers(q, MODE_EQUAL), type));
  if (msgReceivers(q, MODE_EXCEPT).root) best = sooner(best, keyFirstExcept(msgReceivers(q, MODE_EXCEPT), type));
  if (msgReceivers(q, MODE_UP_TO).root) best = sooner(best, keyFirstFrom(msgReceivers(q, MODE_UP_TO), type));
  return changetype<MsgWait | null>(changetype<usize>(best));
}

/** Gives the message to a sleeping receiver; those it is too long for go with E2BIG. Kernel: pipelined_send(). */
function handOver(q: MsgQueue, msg: Msg): bool {
  while (true) {
    const wait = receiverFor(q, msg.type);
    if (!wait) return false;
    keyRemove(msgReceivers(q, wait.mode), wait);
    if (wait.maxSize < msg.size) {
      wakeUp(q, wait, -E2BIG);
      continue;
    }
    q.lastReceiver = wait.task.group.pid;
    q.rtime = seconds();
    wait.msg = msg;
    wakeUp(q, wait, DELIVERED);
    return true;
  }
}

/** Wakes a sleeper that is on no queue any more. */
function wakeUp(q: MsgQueue, wait: MsgWait, status: i32): void {
  wait.status = status;
  if (status == AGAIN) wait.append(wokenOf(q));
  wakeTask(wait.task);
}

// ── receiving ───────────────────────────────────────────────────────────────────────

/** MODE_* that type and flags of msgrcv(2) mean; kernel: convert_mode(). */
function modeOf(type: i64, flags: i32): u32 {
  if (flags & MSG_COPY) return MODE_NUMBER;
  if (!type) return MODE_ANY;
  if (type < 0) return MODE_UP_TO;
  return flags & MSG_EXCEPT ? MODE_EXCEPT : MODE_EQUAL;
}

function find(q: MsgQueue, mode: u32, type: i64): Msg | null {
  switch (mode) {
    case MODE_ANY: return q.count ? msgOfLink(msgMessages(q).next) : null;
    case MODE_EQUAL: return changetype<Msg | null>(changetype<usize>(keyFirstOf(byType(q), type)));
    case MODE_EXCEPT: return changetype<Msg | null>(changetype<usize>(keyFirstExcept(byType(q), type)));
    case MODE_UP_TO: {
      const least = keyFirstOfLeast(byType(q));
      return least && keyOf(least) <= type ? changetype<Msg>(changetype<usize>(least)) : null;
    }
    default: {
      if (type < 0 || <u64>type >= q.count) return null;
      let link = msgMessages(q).next;
      for (; type; type--) link = link.next;
      return msgOfLink(link);
    }
  }
}

/** Whether the sleeper's call could be ended now; for the checks. */
export function msgCouldEnd(q: MsgQueue, wait: MsgWait): bool {
  const msg = wait.msg;
  return msg ? fits(q, msg.size) : find(q, wait.mode, wait.type) !== null;
}

/** Takes a message out of the queue. */
function take(q: MsgQueue, msg: Msg): void {
  linkAt(changetype<usize>(msg), offsetof<Msg>("allNext")).unlink();
  keyRemove(byType(q), msg);
  q.count--;
  q.bytes -= msg.size;
  nsOf(q).msgBytes -= msg.size;
  nsOf(q).msgHeaders--;
}

/**
 * Receives a message of at most `maxSize` bytes: the Msg, which belongs to the caller, −errno or BLOCKED.
 * With MSG_COPY it is a copy. Kernel: do_msgrcv().
 */
export function msgReceive(ns: IpcNs, id: i32, maxSize: u64, type: i64, flags: i32): i64 {
  const mode = modeOf(type, flags);
  if (mode == MODE_UP_TO) type = type == i64.MIN_VALUE ? i64.MAX_VALUE : -type;
  const found = msgObtain(ns, id);
  if (found < 0) return found;
  return receiveFrom(changetype<MsgQueue>(<usize>found), maxSize, mode, type, flags);
}

function receiveFrom(q: MsgQueue, maxSize: u64, mode: u32, type: i64, flags: i32): i64 {
  const error = ipcPermission(q, 0x124);
  if (error) return error;
  const msg = find(q, mode, type);
  if (msg) {
    if (maxSize < msg.size && !(flags & MSG_NOERROR)) return -E2BIG;
    if (mode == MODE_NUMBER) return copyOf(msg, maxSize);
    take(q, msg);
    q.rtime = seconds();
    q.lastReceiver = current.group.pid;
    wakeSenders(q);
    return <i64>changetype<usize>(msg);
  }
  if (flags & IPC_NOWAIT) return -ENOMSG;
  const wait = changetype<MsgWait>(ipcWaitNew(WAIT_MSG_RECEIVE, offsetof<MsgWait>()));
  if (!changetype<usize>(wait)) return -ENOMEM;
  wait.object = changetype<usize>(q);
  wait.status = ASLEEP;
  wait.mode = mode;
  wait.type = type;
  wait.flags = flags;
  wait.maxSize = flags & MSG_NOERROR ? i32.MAX_VALUE : maxSize;
  wait.order = ++q.arrivals;
  if (!keyAdd(msgReceivers(q, mode), wait, mode == MODE_ANY ? 0 : type)) {
    ipcWaitFree(wait);
    return -ENOMEM;
  }
  return asleep(wait);
}

/** MSG_COPY: the text must fit, MSG_NOERROR or not. */
function copyOf(msg: Msg, maxSize: u64): i64 {
  if (msg.size > maxSize) return -EINVAL;
  const copy = msgNew(msg.size);
  if (!copy) return -ENOMEM;
  copy.type = msg.type;
  memory.copy(msgText(copy), msgText(msg), msg.size);
  return <i64>changetype<usize>(copy);
}

/** A receiver goes on after it was woken: as msgReceive. */
export function msgReceiveAgain(wait: MsgWait, maxSize: u64): i64 {
  const status = wait.status;
  if (status <= 0) {
    const msg = wait.msg;
    wait.msg = null;
    ipcWaitFree(wait);
    return status < 0 ? status : <i64>changetype<usize>(msg);
  }
  if (signalPending(current)) {
    msgWaitEnd(wait);
    ipcWaitFree(wait);
    return -ERESTARTNOHAND;
  }
  if (status == ASLEEP) return block();
  // Turned out to look again: as if it had just come.
  const q = changetype<MsgQueue>(wait.object);
  const mode = wait.mode;
  const type = wait.type;
  const flags = wait.flags;
  ipcWaitFree(wait);
  return receiveFrom(q, maxSize, mode, type, flags);
}

/** Wakes the senders that have room now, in the order in which they came; kernel: ss_wakeup(). */
function wakeSenders(q: MsgQueue): void {
  const senders = msgSenders(q);
  if (!senders.count) return;
  let bytes = q.maxBytes - min(q.bytes, q.maxBytes);
  let count = q.maxBytes - min(q.count, q.maxBytes);
  while (count) {
    const wait = changetype<MsgWait | null>(changetype<usize>(keyFirstUpTo(senders, <i64>bytes)));
    if (!wait) return;
    bytes -= keyOf(wait);
    count--;
    keyRemove(senders, wait);
    wakeUp(q, wait, AGAIN);
  }
}

/** The wait ends before its time: by a signal, or with its task. Room that it was promised goes to the next sender. */
export function msgWaitEnd(wait: MsgWait): void {
  const q = changetype<MsgQueue>(wait.object);
  if (wait.status == ASLEEP) keyRemove(wait.kind == WAIT_MSG_SEND ? msgSenders(q) : msgReceivers(q, wait.mode), wait);
  else if (wait.status == AGAIN && wait.kind == WAIT_MSG_SEND) wakeSenders(q);
}

/** The task of the wait has died. */
export function msgWaitAbandon(wait: MsgWait): void {
  msgWaitEnd(wait);
  msgFree(wait.msg);
}

// ── control ─────────────────────────────────────────────────────────────────────────

function firstReceiver(q: MsgQueue): MsgWait | null {
  let best: KeyLink | null = null;
  for (let mode: u32 = 0; mode < MODES; mode++) best = sooner(best, keyFirst(msgReceivers(q, mode)));
  return changetype<MsgWait | null>(changetype<usize>(best));
}

/** Every sleeping receiver leaves, in the order of arrival; kernel: expunge_all(). */
function expunge(q: MsgQueue, status: i32): void {
  for (let wait = firstReceiver(q); wait; wait = firstReceiver(q)) {
    keyRemove(msgReceivers(q, wait.mode), wait);
    wakeUp(q, wait, status);
  }
}

const CAP_SYS_RESOURCE: u64 = 1 << 24;

/** IPC_SET: 0 or −errno. */
export function msgSet(ns: IpcNs, id: i32, uid: u32, gid: u32, mode: u32, maxBytes: u64): i32 {
  const found = msgObtain(ns, id);
  if (found < 0) return <i32>found;
  const q = changetype<MsgQueue>(<usize>found);
  const error = ipcOwner(q);
  if (error) return error;
  if (maxBytes > ns.msgMnb && !(current.cred.capEffective & CAP_SYS_RESOURCE)) return -EPERM;
  const refused = ipcUpdate(q, uid, gid, mode);
  if (refused) return refused;
  q.maxBytes = maxBytes;
  q.ctime = seconds();
  // Receivers may have lost their permission; senders may have room.
  expunge(q, AGAIN);
  wakeSenders(q);
  return 0;
}

/** IPC_RMID: 0 or −errno. */
export function msgRemove(ns: IpcNs, id: i32): i32 {
  const found = msgObtain(ns, id);
  if (found < 0) return <i32>found;
  const q = changetype<MsgQueue>(<usize>found);
  const error = ipcOwner(q);
  if (!error) msgDestroy(q);
  return error;
}

/** The queue goes with its messages; sleepers end with EIDRM. Kernel: freeque(). */
export function msgDestroy(q: MsgQueue): void {
  idsRemove(msgIds(nsOf(q)), q);
  expunge(q, -EIDRM);
  const senders = msgSenders(q);
  for (let entry = keyFirst(senders); entry; entry = keyFirst(senders)) {
    const wait = changetype<MsgWait>(changetype<usize>(entry));
    keyRemove(senders, wait);
    wakeUp(q, wait, -EIDRM);
  }
  const woken = wokenOf(q);
  while (!woken.empty) {
    const wait = changetype<MsgWait>(changetype<usize>(woken.next));
    wait.unlink();
    wait.status = -EIDRM;
  }
  const list = msgMessages(q);
  while (!list.empty) {
    const msg = msgOfLink(list.next);
    take(q, msg);
    msgFree(msg);
  }
  keyClear(byType(q));
  keyClear(senders);
  for (let mode: u32 = 0; mode < MODES; mode++) keyClear(msgReceivers(q, mode));
  kfree(changetype<usize>(q));
}
