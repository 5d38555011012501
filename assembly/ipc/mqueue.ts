// POSIX message queues. mq_overview(7), mq_send(3), mq_notify(3); kernel: ipc/mqueue.c.
//
// Messages stand by priority, those of one priority in order of arrival; sleepers by nice value, then by arrival. A
// message for a queue on which somebody sleeps is handed over without being queued.
import { EAGAIN, EBUSY, EINVAL, EMFILE, ENOMEM, ENOSPC, EOVERFLOW, ETIMEDOUT } from "../abi/errno";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { RLIMIT_MSGQUEUE } from "../abi/resource";
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGINFO_SI_VALUE, SI_MESGQ } from "../abi/signal";
import { Inode, inodeDrop, inodeHold } from "../fs/inode";
import { KeyLink, KeyQueue, keyAdd, keyClear, keyFirstOfLeast, keyRemove } from "../lib/keyqueue";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { netlinkDeliver } from "../net/netlink";
import { Skb, skbData, skbFree } from "../net/skb";
import { Socket, socketDrop } from "../net/socket";
import { realtime } from "../task/clock";
import { groupPut } from "../task/exit";
import { infoOfSender, signalGroup, signalPending } from "../task/signal";
import { Group, WaitQueue, current } from "../task/task";
import { UserCounts, userDrop, userHold } from "../task/user";
import { BLOCKED, ERESTARTSYS, block, isTimedOut, waitDeadline, waitOn, wakeAll, wakeTask } from "../task/wait";
import { IpcNs } from "./ipcns";
import { IpcWait, WAIT_MQ_RECEIVE, WAIT_MQ_SEND, ipcWaitFree, ipcWaitNew } from "./ipcwait";

/** Hard limits of mq_overview(7), for CAP_SYS_RESOURCE. */
export const HARD_MSGMAX: i64 = 65536;
export const HARD_MSGSIZEMAX: i64 = 16 << 20;
/** Priorities are below this. */
export const MQ_PRIO_MAX: u32 = 32768;
/** sizeof(struct msg_msg), sizeof(struct posix_msg_tree_node): what Linux counts beside the text. */
const MSG_MSG_BYTES: u64 = 48;
const TREE_NODE_BYTES: u64 = 48;
const CAP_SYS_RESOURCE: u64 = 1 << 24;

/** Bytes of mq_notify's message to a netlink socket, and what its last byte becomes. */
export const NOTIFY_COOKIE_LEN: u32 = 32;
const NOTIFY_WOKENUP: u8 = 1;
const NOTIFY_REMOVED: u8 = 2;

/** A message: its text follows. KeyLink: key = −priority. */
@unmanaged
export class MqMsg extends KeyLink {
  priority: u32;
  size: u32;
}
export const MQ_TEXT: u32 = (offsetof<MqMsg>() + 7) & ~7;

@unmanaged
export class MqQueue {
  /** Its file in the mqueue file system, which it lives as long as. */
  inode: Inode;
  /** The root of its file system (held): Inode.special is the IpcNs that counts the queue, 0 once that is gone. */
  folder: Inode;
  maxMessages: i64;
  maxSize: i64;
  count: i64;
  /** Bytes of all messages: QSIZE. */
  bytes: u64;
  arrivals: u64;
  messages: KeyQueue;
  messagesSpare: u32;
  messagesCount: u32;
  senders: KeyQueue;
  sendersSpare: u32;
  sendersCount: u32;
  receivers: KeyQueue;
  receiversSpare: u32;
  receiversCount: u32;
  /** Pollers. */
  pollers: WaitQueue;
  pollersPrev: u32;
  /** Who is told of the next message (held), how, and what mq_notify gave; SIGEV_THREAD: the socket and the buffer, both held. */
  notifyGroup: Group | null;
  notifyHow: i32;
  notifySignal: i32;
  notifyExec: u32;
  notifyValue: u64;
  notifySocket: Socket | null;
  notifyCookie: Skb | null;
  /** Whose RLIMIT_MSGQUEUE it counts against, and how much. */
  user: UserCounts | null;
  charged: u64;
}

/** A task that sleeps in mq_timedsend or mq_timedreceive. KeyLink: key = nice value. */
@unmanaged
export class MqWait extends IpcWait {
  /** What is to be sent, or was received. */
  msg: MqMsg | null;
}

/** IpcWait.status. */
const ASLEEP: i32 = 1;
const READY: i32 = 0;

// @ts-ignore: decorator
@inline
function queueAt(q: MqQueue, offset: usize): KeyQueue {
  return changetype<KeyQueue>(changetype<usize>(q) + offset);
}

// @ts-ignore: decorator
@inline
export function mqMessages(q: MqQueue): KeyQueue {
  return queueAt(q, offsetof<MqQueue>("messages"));
}

// @ts-ignore: decorator
@inline
export function mqSenders(q: MqQueue): KeyQueue {
  return queueAt(q, offsetof<MqQueue>("senders"));
}

// @ts-ignore: decorator
@inline
export function mqReceivers(q: MqQueue): KeyQueue {
  return queueAt(q, offsetof<MqQueue>("receivers"));
}

// @ts-ignore: decorator
@inline
function pollersOf(q: MqQueue): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(q) + offsetof<MqQueue>("pollers"));
}

/** Messages and size of a queue that is made without attributes. */
export function mqDefaultMessages(ns: IpcNs): i64 {
  return min(ns.mqMsgMax, ns.mqMsgDefault);
}

export function mqDefaultSize(ns: IpcNs): i64 {
  return min(ns.mqMsgSizeMax, ns.mqMsgSizeDefault);
}

// ── queues ──────────────────────────────────────────────────────────────────────────

/** Whether attributes are within the limits of the namespace, or of the kernel for the privileged; 0 or −errno. */
function attributesError(ns: IpcNs, maxMessages: i64, maxSize: i64): i32 {
  if (maxMessages <= 0 || maxSize <= 0) return -EINVAL;
  const privileged = (current.cred.capEffective & CAP_SYS_RESOURCE) != 0;
  if (maxMessages > (privileged ? HARD_MSGMAX : <i64>ns.mqMsgMax)) return -EINVAL;
  if (maxSize > (privileged ? HARD_MSGSIZEMAX : <i64>ns.mqMsgSizeMax)) return -EINVAL;
  return 0;
}

/** Gives a new file its queue: 0 or −errno. Kernel: mqueue_create_attr(), mqueue_get_inode(). */
export function mqCreate(ns: IpcNs, folder: Inode, inode: Inode, maxMessages: i64, maxSize: i64): i32 {
  const error = attributesError(ns, maxMessages, maxSize);
  if (error) return error;
  if (<u64>maxSize > u64.MAX_VALUE / <u64>maxMessages) return -EOVERFLOW;
  const charge = <u64>maxMessages * (<u64>maxSize + MSG_MSG_BYTES) + <u64>min<i64>(maxMessages, MQ_PRIO_MAX) * TREE_NODE_BYTES;
  const user = userHold(current.cred.uid);
  const q = changetype<MqQueue>(kzalloc(offsetof<MqQueue>()));
  if (!user || !changetype<usize>(q)) {
    if (user) userDrop(user);
    kfree(changetype<usize>(q));
    return -ENOMEM;
  }
  if (user.queueBytes + charge > load<u64>(current.group.rlimits + RLIMIT_MSGQUEUE * 16)) {
    userDrop(user);
    kfree(changetype<usize>(q));
    return -EMFILE;
  }
  user.queueBytes += charge;
  q.user = user;
  q.charged = charge;
  q.inode = inode;
  inodeHold(folder);
  q.folder = folder;
  q.maxMessages = maxMessages;
  q.maxSize = maxSize;
  pollersOf(q).reset();
  inode.special = changetype<usize>(q);
  return 0;
}

/** Whether the namespace may have one more queue: 0 or −ENOSPC; it is counted. */
export function mqCount(ns: IpcNs): i32 {
  if (<i64>ns.mqQueues >= <i64><i32>ns.mqQueuesMax && !(current.cred.capEffective & CAP_SYS_RESOURCE)) return -ENOSPC;
  ns.mqQueues++;
  return 0;
}

/** The file is gone: so is its queue. Nobody sleeps on it, for sleepers have it open. */
export function mqFree(q: MqQueue): void {
  for (let entry = keyFirstOfLeast(mqMessages(q)); entry; entry = keyFirstOfLeast(mqMessages(q))) {
    keyRemove(mqMessages(q), entry);
    kfree(changetype<usize>(entry));
  }
  keyClear(mqMessages(q));
  keyClear(mqSenders(q));
  keyClear(mqReceivers(q));
  notifyClear(q);
  const user = q.user;
  if (user) {
    user.queueBytes -= q.charged;
    userDrop(user);
  }
  if (q.folder.special) changetype<IpcNs>(q.folder.special).mqQueues--;
  inodeDrop(q.folder);
  kfree(changetype<usize>(q));
}

function touch(q: MqQueue, modified: bool): void {
  const t = realtime();
  q.inode.atime = t;
  q.inode.ctime = t;
  if (modified) q.inode.mtime = t;
}

// ── messages ────────────────────────────────────────────────────────────────────────

/** Room for a message, or null. */
export function mqMsgNew(size: u32, priority: u32): MqMsg | null {
  const msg = changetype<MqMsg>(kmalloc(MQ_TEXT + size));
  if (!changetype<usize>(msg)) return null;
  msg.reset();
  msg.group = 0;
  msg.size = size;
  msg.priority = priority;
  return msg;
}

// @ts-ignore: decorator
@inline
export function mqText(msg: MqMsg): usize {
  return changetype<usize>(msg) + MQ_TEXT;
}

export function mqMsgFree(msg: MqMsg | null): void {
  kfree(changetype<usize>(msg));
}

/** kernel: msg_insert(). False = out of memory. */
function insert(q: MqQueue, msg: MqMsg): bool {
  msg.order = ++q.arrivals;
  if (!keyAdd(mqMessages(q), msg, -<i64>msg.priority)) return false;
  q.count++;
  q.bytes += msg.size;
  return true;
}

/** The sleeper whose turn it is, taken off its queue; kernel: wq_get_first_waiter(). */
function firstOf(sleepers: KeyQueue): MqWait | null {
  return changetype<MqWait | null>(changetype<usize>(keyFirstOfLeast(sleepers)));
}

function served(sleepers: KeyQueue, wait: MqWait): void {
  keyRemove(sleepers, wait);
  wait.status = READY;
  wakeTask(wait.task);
}

/** Sends `msg`, which belongs to the queue from now on unless the result is an error: 0, −errno or BLOCKED. */
export function mqSend(q: MqQueue, msg: MqMsg, nonblock: bool, deadline: u64): i64 {
  if (q.count >= q.maxMessages) return nonblock ? -EAGAIN : sleep(q, WAIT_MQ_SEND, msg, deadline);
  const receiver = firstOf(mqReceivers(q));
  if (receiver) {
    receiver.msg = msg;
    served(mqReceivers(q), receiver);
  } else {
    if (!insert(q, msg)) return -ENOMEM;
    notify(q);
  }
  touch(q, true);
  return 0;
}

/** Takes the first message: the MqMsg, −errno or BLOCKED. */
export function mqReceive(q: MqQueue, nonblock: bool, deadline: u64): i64 {
  const first = keyFirstOfLeast(mqMessages(q));
  if (!first) return nonblock ? -EAGAIN : sleep(q, WAIT_MQ_RECEIVE, null, deadline);
  const msg = changetype<MqMsg>(changetype<usize>(first));
  keyRemove(mqMessages(q), msg);
  q.count--;
  q.bytes -= msg.size;
  touch(q, true);
  const sender = firstOf(mqSenders(q));
  if (!sender) wakeAll(pollersOf(q), POLLOUT | POLLWRNORM);
  else if (insert(q, changetype<MqMsg>(changetype<usize>(sender.msg)))) {
    sender.msg = null;
    served(mqSenders(q), sender);
  }
  return <i64>changetype<usize>(msg);
}

// ── sleeping ────────────────────────────────────────────────────────────────────────

/** deadline: ns of CLOCK_MONOTONIC, u64.MAX_VALUE = none. Kernel: wq_sleep(). */
function sleep(q: MqQueue, kind: u32, msg: MqMsg | null, deadline: u64): i64 {
  const wait = changetype<MqWait>(ipcWaitNew(kind, offsetof<MqWait>()));
  if (!changetype<usize>(wait)) return -ENOMEM;
  const sleepers = kind == WAIT_MQ_SEND ? mqSenders(q) : mqReceivers(q);
  wait.object = changetype<usize>(q);
  wait.status = ASLEEP;
  wait.msg = msg;
  wait.order = ++q.arrivals;
  if (!keyAdd(sleepers, wait, current.nice)) {
    ipcWaitFree(wait);
    return -ENOMEM;
  }
  if (deadline != u64.MAX_VALUE) waitDeadline(deadline);
  return goOn(wait);
}

/** Still asleep, unless a signal or the deadline has come: BLOCKED or −errno. */
function goOn(wait: MqWait): i64 {
  const error = signalPending(current) ? -ERESTARTSYS : isTimedOut() ? -ETIMEDOUT : 0;
  if (!error) return block();
  leave(wait);
  ipcWaitFree(wait);
  return error;
}

function leave(wait: MqWait): void {
  const q = changetype<MqQueue>(wait.object);
  if (wait.status == ASLEEP) keyRemove(wait.kind == WAIT_MQ_SEND ? mqSenders(q) : mqReceivers(q), wait);
}

/** A sender goes on after it was woken: 0, −errno or BLOCKED. On an error its message is freed. */
export function mqSendAgain(wait: MqWait): i64 {
  if (wait.status == READY) {
    ipcWaitFree(wait);
    return 0;
  }
  const msg = wait.msg;
  const r = goOn(wait);
  if (r != BLOCKED) mqMsgFree(msg);
  return r;
}

/** A receiver goes on: the MqMsg, −errno or BLOCKED. */
export function mqReceiveAgain(wait: MqWait): i64 {
  if (wait.status != READY) return goOn(wait);
  const msg = wait.msg;
  ipcWaitFree(wait);
  return <i64>changetype<usize>(msg);
}

/** The task of the wait has died: what it had, or was given, goes with it. */
export function mqWaitAbandon(wait: MqWait): void {
  leave(wait);
  mqMsgFree(wait.msg);
}

// ── poll ────────────────────────────────────────────────────────────────────────────

export function mqPoll(q: MqQueue, watch: bool): u32 {
  if (watch) waitOn(pollersOf(q));
  return (q.count ? POLLIN | POLLRDNORM : 0) | (q.count < q.maxMessages ? POLLOUT | POLLWRNORM : 0);
}

// ── notification ────────────────────────────────────────────────────────────────────

/** A message came into the empty queue and nobody waited for it; kernel: __do_notify(). */
function notify(q: MqQueue): void {
  const group = q.notifyGroup;
  if (group && q.count == 1) {
    if (q.notifyHow == SIGEV_SIGNAL && q.notifySignal) {
      const info = infoOfSender(q.notifySignal, SI_MESGQ);
      store<u64>(info + SIGINFO_SI_VALUE, q.notifyValue);
      if (group.execed == q.notifyExec) signalGroup(group, q.notifySignal, info);
    } else if (q.notifyHow == SIGEV_THREAD) tellThread(q, NOTIFY_WOKENUP);
    notifyClear(q);
  }
  wakeAll(pollersOf(q), POLLIN | POLLRDNORM);
}

/** The cookie goes to the socket that mq_notify named. */
function tellThread(q: MqQueue, how: u8): void {
  const socket = q.notifySocket;
  const cookie = q.notifyCookie;
  if (!socket || !cookie) return;
  store<u8>(skbData(cookie) + NOTIFY_COOKIE_LEN - 1, how);
  q.notifyCookie = null;
  netlinkDeliver(socket, cookie);
}

function notifyClear(q: MqQueue): void {
  const group = q.notifyGroup;
  const socket = q.notifySocket;
  const cookie = q.notifyCookie;
  q.notifyGroup = null;
  q.notifySocket = null;
  q.notifyCookie = null;
  if (cookie) skbFree(cookie);
  if (socket) socketDrop(socket);
  if (group) groupPut(group);
}

/** The caller is told of the next message into the empty queue: 0 or −EBUSY. Socket and cookie pass to the queue on success. */
export function mqNotify(q: MqQueue, how: i32, signal: i32, value: u64, socket: Socket | null, cookie: Skb | null): i32 {
  if (q.notifyGroup) return -EBUSY;
  const group = current.group;
  group.refs++;
  q.notifyGroup = group;
  q.notifyHow = how;
  q.notifySignal = signal;
  q.notifyValue = value;
  q.notifyExec = group.execed;
  q.notifySocket = socket;
  q.notifyCookie = cookie;
  touch(q, false);
  return 0;
}

/** mq_notify without an event: the caller's registration ends. */
export function mqNotifyEnd(q: MqQueue): void {
  if (q.notifyGroup !== current.group) return;
  unregister(q);
  touch(q, false);
}

function unregister(q: MqQueue): void {
  if (q.notifyHow == SIGEV_THREAD) tellThread(q, NOTIFY_REMOVED);
  notifyClear(q);
}

/** A descriptor of the queue is closed by `group`: its registration ends. Kernel: mqueue_flush_file(). */
export function mqFlush(q: MqQueue, group: Group): void {
  if (q.notifyGroup === group) unregister(q);
}

/** NOTIFY of the status text. */
export function mqNotifyKind(q: MqQueue): i32 {
  return q.notifyGroup ? q.notifyHow : 0;
}
