// mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2). Kernel: ipc/mqueue.c.
import { EBADF, EFAULT, EINVAL, EMSGSIZE, ENOMEM, ENOTSOCK } from "../abi/errno";
import { O_DIRECTORY, O_NONBLOCK } from "../abi/fcntl";
import { MQ_ATTR_MQ_CURMSGS, MQ_ATTR_MQ_FLAGS, MQ_ATTR_MQ_MAXMSG, MQ_ATTR_MQ_MSGSIZE, SIZEOF_MQ_ATTR } from "../abi/ipc";
import { SIGEVENT_SIGEV_NOTIFY, SIGEVENT_SIGEV_SIGNO, SIGEVENT_SIGEV_VALUE, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIZEOF_SIGEVENT } from "../abi/signal";
import { AF_NETLINK } from "../abi/socket";
import { fdGet, fdInstall } from "../fs/fdtable";
import { FILE_MQUEUE, FILE_SOCKET, FMODE_READ, FMODE_WRITE, File } from "../fs/file";
import { mqueueOpen, mqueueUnlink } from "../fs/mqueuefs";
import { PATH_BUFFER, pathIn } from "../fs/namei";
import { ipcOf } from "../ipc/ipcns";
import { MQ_PRIO_MAX, MqMsg, MqQueue, MqWait, NOTIFY_COOKIE_LEN, mqDefaultMessages, mqDefaultSize, mqMsgFree, mqMsgNew, mqNotify, mqNotifyEnd, mqReceive, mqReceiveAgain, mqSend, mqSendAgain, mqText } from "../ipc/mqueue";
import { copyIn, copyOut, putUser32 } from "../mm/usercopy";
import { Skb, skbData, skbFree, skbNew } from "../net/skb";
import { Socket, socketDrop, socketHold, socketOf } from "../net/socket";
import { CLOCK_REALTIME } from "../abi/time";
import { realtime } from "../task/clock";
import { deadlineAt } from "../task/clocks";
import { TF_REAL_DEADLINE, current } from "../task/task";
import { BLOCKED } from "../task/wait";
import { timespecIn } from "./timespec";

const BUFFER = memory.data(64, 8);
const FOREVER: u64 = u64.MAX_VALUE;

/** The length of the queue's name, which is then in PATH_BUFFER, or −errno. */
function nameIn(name: u64): i32 {
  const error = pathIn(name);
  if (error) return error;
  let n: i32 = 0;
  while (load<u8>(PATH_BUFFER + n)) n++;
  return n;
}

export function sys_mq_open(name: u64, openFlags: u64, mode: u64, attributes: u64): i64 {
  const ns = ipcOf(current);
  let maxMessages = mqDefaultMessages(ns);
  let maxSize = mqDefaultSize(ns);
  if (attributes) {
    if (!copyIn(BUFFER, attributes, SIZEOF_MQ_ATTR)) return -EFAULT;
    maxMessages = load<i64>(BUFFER + MQ_ATTR_MQ_MAXMSG);
    maxSize = load<i64>(BUFFER + MQ_ATTR_MQ_MSGSIZE);
  }
  const n = nameIn(name);
  if (n < 0) return n;
  // Linux looks at no flag here; that of a folder means nothing.
  const flags = <i32>openFlags & ~O_DIRECTORY;
  const opened = mqueueOpen(ns, PATH_BUFFER, n, flags, <u32>mode & 0xfff, maxMessages, maxSize);
  return opened < 0 ? opened : fdInstall(changetype<File>(<usize>opened), true);
}

export function sys_mq_unlink(name: u64): i64 {
  const n = nameIn(name);
  return n < 0 ? n : mqueueUnlink(ipcOf(current), PATH_BUFFER, n);
}

/** The queue behind a descriptor that has one of the modes, or null. */
function queueFile(fd: u64, mode: u32): File | null {
  const file = fdGet(<i32>fd);
  return file && file.kind == FILE_MQUEUE && (!mode || file.mode & mode) ? file : null;
}

// @ts-ignore: decorator
@inline
function queueOf(file: File): MqQueue {
  return changetype<MqQueue>(file.object);
}

let deadline: u64 = 0;

/** The CLOCK_REALTIME timeout at `from` as a deadline of CLOCK_MONOTONIC: 0 or −errno. */
function deadlineIn(from: u64): i32 {
  deadline = FOREVER;
  if (!from) return 0;
  const ns = timespecIn(from);
  if (ns < 0) return <i32>ns;
  deadline = deadlineAt(ns, CLOCK_REALTIME);
  current.flags |= TF_REAL_DEADLINE;
  return 0;
}

export function sys_mq_timedsend(fd: u64, from: u64, size: u64, priority: u64, timeout: u64): i64 {
  if (current.ipcWait) return mqSendAgain(changetype<MqWait>(current.ipcWait));
  const error = deadlineIn(timeout);
  if (error) return error;
  if (<u32>priority >= MQ_PRIO_MAX) return -EINVAL;
  const file = queueFile(fd, FMODE_WRITE);
  if (!file) return -EBADF;
  if (size > <u64>queueOf(file).maxSize) return -EMSGSIZE;
  const msg = mqMsgNew(<u32>size, <u32>priority);
  if (!msg) return -ENOMEM;
  const result: i64 = copyIn(mqText(msg), from, size) ? mqSend(queueOf(file), msg, (file.flags & O_NONBLOCK) != 0, deadline) : -EFAULT;
  if (result < 0 && result != BLOCKED) mqMsgFree(msg);
  return result;
}

export function sys_mq_timedreceive(fd: u64, to: u64, size: u64, priorityTo: u64, timeout: u64): i64 {
  let got: i64;
  if (current.ipcWait) got = mqReceiveAgain(changetype<MqWait>(current.ipcWait));
  else {
    const error = deadlineIn(timeout);
    if (error) return error;
    const file = queueFile(fd, FMODE_READ);
    if (!file) return -EBADF;
    if (size < <u64>queueOf(file).maxSize) return -EMSGSIZE;
    got = mqReceive(queueOf(file), (file.flags & O_NONBLOCK) != 0, deadline);
  }
  if (got < 0) return got;
  const msg = changetype<MqMsg>(<usize>got);
  const n = msg.size;
  // A message that cannot be stored is lost, as in Linux.
  const stored = (!priorityTo || putUser32(priorityTo, msg.priority)) && copyOut(to, mqText(msg), n);
  mqMsgFree(msg);
  return stored ? <i64>n : -EFAULT;
}

/** What SIGEV_THREAD of mq_notify needs: the netlink socket (held) and a buffer with the cookie. */
let threadSocket: Socket | null = null;
let threadCookie: Skb | null = null;

function threadIn(cookie: u64, fd: i32): i64 {
  const skb = skbNew(null, NOTIFY_COOKIE_LEN, 0);
  if (!skb) return -ENOMEM;
  const file = fdGet(fd);
  let error: i64 = 0;
  if (!copyIn(skbData(skb), cookie, NOTIFY_COOKIE_LEN)) error = -EFAULT;
  else if (!file) error = -EBADF;
  else if (file.kind != FILE_SOCKET) error = -ENOTSOCK;
  else if (socketOf(file).family != <u32>AF_NETLINK) error = -EINVAL;
  if (error || !file) {
    skbFree(skb);
    return error;
  }
  threadSocket = socketOf(file);
  socketHold(socketOf(file));
  threadCookie = skb;
  return 0;
}

function threadDrop(): void {
  const socket = threadSocket;
  const cookie = threadCookie;
  if (cookie) skbFree(cookie);
  if (socket) socketDrop(socket);
}

export function sys_mq_notify(fd: u64, event: u64): i64 {
  threadSocket = null;
  threadCookie = null;
  if (event && !copyIn(BUFFER, event, SIZEOF_SIGEVENT)) return -EFAULT;
  const how = load<i32>(BUFFER + SIGEVENT_SIGEV_NOTIFY);
  const signal = load<i32>(BUFFER + SIGEVENT_SIGEV_SIGNO);
  const value = load<u64>(BUFFER + SIGEVENT_SIGEV_VALUE);
  if (event) {
    if (how != SIGEV_NONE && how != SIGEV_SIGNAL && how != SIGEV_THREAD) return -EINVAL;
    if (how == SIGEV_SIGNAL && <u32>signal > 64) return -EINVAL;
    const error = how == SIGEV_THREAD ? threadIn(value, signal) : 0;
    if (error) return error;
  }
  const file = queueFile(fd, 0);
  if (!file) {
    threadDrop();
    return -EBADF;
  }
  if (!event) {
    mqNotifyEnd(queueOf(file));
    return 0;
  }
  const result = mqNotify(queueOf(file), how, signal, value, threadSocket, threadCookie);
  if (result) threadDrop();
  return result;
}

export function sys_mq_getsetattr(fd: u64, from: u64, to: u64): i64 {
  if (from && !copyIn(BUFFER, from, SIZEOF_MQ_ATTR)) return -EFAULT;
  const flags = load<i64>(BUFFER + MQ_ATTR_MQ_FLAGS);
  if (from && flags & ~<i64>O_NONBLOCK) return -EINVAL;
  const file = queueFile(fd, 0);
  if (!file) return -EBADF;
  const q = queueOf(file);
  memory.fill(BUFFER, 0, SIZEOF_MQ_ATTR);
  store<i64>(BUFFER + MQ_ATTR_MQ_FLAGS, file.flags & O_NONBLOCK);
  store<i64>(BUFFER + MQ_ATTR_MQ_MAXMSG, q.maxMessages);
  store<i64>(BUFFER + MQ_ATTR_MQ_MSGSIZE, q.maxSize);
  store<i64>(BUFFER + MQ_ATTR_MQ_CURMSGS, q.count);
  if (from) {
    file.flags = flags & O_NONBLOCK ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
    q.inode.atime = realtime();
    q.inode.ctime = q.inode.atime;
  }
  return !to || copyOut(to, BUFFER, SIZEOF_MQ_ATTR) ? 0 : -EFAULT;
}
