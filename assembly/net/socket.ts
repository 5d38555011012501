// What all sockets have in common: states, buffers, timeouts, wait queues, the file in front of them.
// What families do is chosen by switch in net/family.ts. socket(7); kernel: net/socket.c, net/core/sock.c.
import { EAGAIN, EINTR, ENOMEM, ETIMEDOUT } from "../abi/errno";
import { O_NONBLOCK, O_RDWR } from "../abi/fcntl";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { POLL_ERR, POLL_IN, POLL_OUT } from "../abi/signal";
import { SIDE_ANY, fasyncKill, fasyncUrgent } from "../fs/fasync";
import { FILE_SOCKET, File, fileNew } from "../fs/file";
import { Link } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { now, realtime } from "../task/clock";
import { credDrop } from "../task/cred";
import { groupPut } from "../task/exit";
import { Cred, Group, WaitQueue, current } from "../task/task";
import { BLOCKED, ERESTARTSYS, block, waitDeadline, waitOn, wakeAll, wakeOne, endsEarly, waitersDrop } from "../task/wait";
import { familyDestroy, familyWritable } from "./family";

/** States, as tcp(7) numbers them. */
export const ESTABLISHED: u32 = 1;
export const CLOSED: u32 = 7;
export const LISTENING: u32 = 10;

/** Socket.shutdown: RCV_SHUTDOWN, SEND_SHUTDOWN. */
export const SHUT_RECEIVE: u32 = 1;
export const SHUT_SEND: u32 = 2;
export const SHUT_BOTH: u32 = 3;

/** Socket.passes: what comes with each message that is received. */
export const PASS_CRED: u32 = 1;
export const PASS_PIDFD: u32 = 2;
export const PASS_SEC: u32 = 4;
/** Descriptors may come (SO_PASSRIGHTS, on unless switched off). */
export const PASS_RIGHTS: u32 = 8;

/** No timeout. */
export const FOREVER: u64 = u64.MAX_VALUE;

/** Socket.flags. */
export const SF_OOB_INLINE: u32 = 1;
export const SF_LINGER: u32 = 2;
/** SO_INQ: what is left comes with each message. */
export const SF_INQ: u32 = 4;
/** A reader sleeps; a writer or poller found no room: whether O_ASYNC tells of data, of room. SOCKWQ_ASYNC_*. */
export const SF_WAITS_DATA: u32 = 8;
export const SF_NO_SPACE: u32 = 16;

@unmanaged
export class Socket {
  refs: u32;
  family: u32;
  type: u32;
  protocol: u32;
  state: u32;
  shutdown: u32;
  /** SO_ERROR: a positive errno that the next call reports. */
  error: i32;
  /** No file refers to it any more; not yet: an embryo waits for accept. */
  dead: u32;
  embryo: u32;
  flags: u32;
  passes: u32;
  /** Options that are only kept, one bit each by their number (SO_ 0 … 63). */
  options: u64;
  sndbuf: u32;
  rcvbuf: u32;
  /** Bytes on their way from here, waiting here. */
  wmem: u32;
  rmem: u32;
  rcvlowat: u32;
  /** Seconds. */
  linger: u32;
  priority: u32;
  mark: u32;
  /** SO_PEEK_OFF, −1 = off. */
  peekOffset: i32;
  /** Connections, or datagrams, that may wait. */
  backlog: u32;
  rcvTimeout: u64;
  sndTimeout: u64;
  ino: u64;
  cookie: u64;
  ctime: u64;
  uid: u32;
  gid: u32;
  mode: u32;
  /** The File, 0 before accept and after close. */
  file: u32;
  /** Who is at the other end (held), for SO_PEERCRED. */
  peerCred: Cred | null;
  peerGroup: Group | null;
  /** Buffers that came, oldest first. */
  queue: Link;
  queuePrev: u32;
  queued: u32;
  readers: WaitQueue;
  readersPrev: u32;
  writers: WaitQueue;
  writersPrev: u32;
}

const STATE = memory.data(16, 8); // u64 last inode number, u64 last cookie

/** net.core.*; all may be written in /proc/sys. */
export const SYSCTL = memory.data<u32>([212992, 212992, 4194304, 4194304, 4096, 10, 131072]);
export const SYSCTL_RMEM_DEFAULT: usize = 0;
export const SYSCTL_WMEM_DEFAULT: usize = 4;
export const SYSCTL_RMEM_MAX: usize = 8;
export const SYSCTL_WMEM_MAX: usize = 12;
export const SYSCTL_SOMAXCONN: usize = 16;
export const SYSCTL_DGRAM_QLEN: usize = 20;
export const SYSCTL_OPTMEM_MAX: usize = 24;

// @ts-ignore: decorator
@inline
export function sysctl(which: usize): u32 {
  return load<u32>(SYSCTL + which);
}

/** Sets up a family's zeroed object of its own size. */
export function socketInit(sk: Socket, family: u32, type: u32, protocol: u32): void {
  sk.refs = 1;
  sk.family = family;
  sk.type = type;
  sk.protocol = protocol;
  sk.state = CLOSED;
  sk.passes = PASS_RIGHTS;
  sk.sndbuf = sysctl(SYSCTL_WMEM_DEFAULT);
  sk.rcvbuf = sysctl(SYSCTL_RMEM_DEFAULT);
  sk.rcvlowat = 1;
  sk.peekOffset = -1;
  sk.rcvTimeout = FOREVER;
  sk.sndTimeout = FOREVER;
  sk.mode = 0x1ff;
  sk.ctime = realtime();
  const cred = current.cred;
  sk.uid = cred.fsuid;
  sk.gid = cred.fsgid;
  const ino = load<u64>(STATE) + 1;
  store<u64>(STATE, ino);
  sk.ino = ino + 4096;
  changetype<Link>(changetype<usize>(sk) + offsetof<Socket>("queue")).reset();
  socketReaders(sk).reset();
  socketWriters(sk).reset();
}

/** SO_COOKIE: a number of its own, given when first asked for. */
export function socketCookie(sk: Socket): u64 {
  if (!sk.cookie) {
    sk.cookie = load<u64>(STATE + 8) + 1;
    store<u64>(STATE + 8, sk.cookie);
  }
  return sk.cookie;
}

// @ts-ignore: decorator
@inline
export function socketReaders(sk: Socket): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(sk) + offsetof<Socket>("readers"));
}

// @ts-ignore: decorator
@inline
export function socketWriters(sk: Socket): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(sk) + offsetof<Socket>("writers"));
}

// @ts-ignore: decorator
@inline
export function socketHold(sk: Socket): void {
  sk.refs++;
}

export function socketDrop(sk: Socket): void {
  if (--sk.refs) return;
  const cred = sk.peerCred;
  if (cred) credDrop(cred);
  const group = sk.peerGroup;
  if (group) groupPut(group);
  familyDestroy(sk);
  kfree(changetype<usize>(sk));
}

/** Zeroed memory for a family's object. */
export function socketAlloc(bytes: u32): usize {
  return kzalloc(bytes);
}

/** A File for the socket, whose reference passes to it; −ENOMEM. */
export function socketFile(sk: Socket, nonblock: bool): i64 {
  const file = fileNew(FILE_SOCKET, changetype<usize>(sk), O_RDWR | (nonblock ? O_NONBLOCK : 0), 3);
  if (!file) return -ENOMEM;
  sk.file = <u32>changetype<usize>(file);
  sk.embryo = 0;
  return <i64>changetype<usize>(file);
}

// @ts-ignore: decorator
@inline
export function socketOf(file: File): Socket {
  return changetype<Socket>(file.object);
}

/** The other end is this process: its credentials of now. */
export function peerCredSet(sk: Socket): void {
  const task = current;
  peerCredFrom(sk, task.cred, task.group);
}

export function peerCredFrom(sk: Socket, cred: Cred | null, group: Group | null): void {
  const oldCred = sk.peerCred;
  const oldGroup = sk.peerGroup;
  if (cred) cred.refs++;
  if (group) group.refs++;
  sk.peerCred = cred;
  sk.peerGroup = group;
  if (oldCred) credDrop(oldCred);
  if (oldGroup) groupPut(oldGroup);
}

/** Takes the pending error: 0 or −errno; kernel: sock_error(). */
// @ts-ignore: decorator
@inline
export function socketError(sk: Socket): i32 {
  const error = sk.error;
  sk.error = 0;
  return -error;
}

// ── waking ──────────────────────────────────────────────────────────────────────────

const IN: u32 = POLLIN | POLLRDNORM | POLLRDBAND | POLLPRI;
const OUT: u32 = POLLOUT | POLLWRNORM | POLLWRBAND;

/** Something can be read; sock_def_readable(). */
export function socketDataReady(sk: Socket): void {
  wakeOne(socketReaders(sk), IN);
  socketAsyncData(sk, POLL_IN);
}

/** Data, or the end of it, for O_ASYNC: not told to a reader that sleeps. SOCK_WAKE_WAITD. */
export function socketAsyncData(sk: Socket, reason: i32): void {
  if (!(sk.flags & SF_WAITS_DATA)) fasyncKill(changetype<usize>(sk), SIDE_ANY, reason);
}

/** An event of the connection for O_ASYNC. SOCK_WAKE_IO. */
export function socketAsync(sk: Socket, reason: i32): void {
  fasyncKill(changetype<usize>(sk), SIDE_ANY, reason);
}

/** Urgent data came; sk_send_sigurg(). */
export function socketUrgent(sk: Socket): void {
  if (sk.file) fasyncUrgent(changetype<File>(<usize>sk.file));
}

/** The connection changed: all look again; sock_def_wakeup(). */
export function socketStateChange(sk: Socket): void {
  wakeAll(socketReaders(sk));
  wakeAll(socketWriters(sk));
}

/** sock_def_error_report(). */
export function socketErrorReport(sk: Socket): void {
  wakeAll(socketReaders(sk), POLLERR);
  socketAsync(sk, POLL_ERR);
}

/** Buffers of the sender were used up. */
export function socketWriteSpace(sk: Socket): void {
  const told = (sk.flags & SF_NO_SPACE) != 0;
  if ((socketWriters(sk).empty && !told) || !familyWritable(sk)) return;
  wakeOne(socketWriters(sk), OUT);
  if (!told) return;
  sk.flags &= ~SF_NO_SPACE;
  socketAsync(sk, POLL_OUT);
}

/** Puts the poller on both queues. */
export function socketPollWait(sk: Socket): void {
  waitOn(socketReaders(sk));
  waitOn(socketWriters(sk));
}

/** Sleeps after waitOn: BLOCKED, −EAGAIN after the timeout, −EINTR or a restart for a signal; sock_intr_errno(). */
export function socketBlock(timeoutNs: u64): i64 {
  if (timeoutNs != FOREVER) {
    if (endsEarly()) {
      waitersDrop(current);
      return -EINTR;
    }
    waitDeadline(now() + timeoutNs);
  }
  const r = block();
  if (r == BLOCKED) return r;
  if (r == -ETIMEDOUT) return -EAGAIN;
  return timeoutNs == FOREVER ? -ERESTARTSYS : -EINTR;
}
