// Unix domain sockets: making, names, connections, the end of a socket. What goes over them is in unixstream.ts
// and unixdgram.ts. unix(7); kernel: net/unix/af_unix.c.
import { EADDRINUSE, EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOMEM, ENOTCONN, EOPNOTSUPP, EPERM, EPROTONOSUPPORT, EPROTOTYPE, ESOCKTNOSUPPORT } from "../abi/errno";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { POLL_HUP, POLL_IN } from "../abi/signal";
import { AF_UNIX, AF_UNSPEC, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM } from "../abi/socket";
import { Link } from "../lib/list";
import { kfree, kmalloc } from "../mm/kmalloc";
import { WaitQueue } from "../task/task";
import { WAIT_EXCLUSIVE, waitOn, wakeAll, wakeOne } from "../task/wait";
import { NAME } from "./message";
import { Skb, queueAppend, queueFirst, queueNext, queuePurge, queueTake, skbFree, skbLeft, skbNew, streamTruesize } from "./skb";
import {
  CLOSED, ESTABLISHED, LISTENING, PASS_CRED, PASS_PIDFD, SF_NO_SPACE, SHUT_BOTH, SHUT_RECEIVE, SHUT_SEND, SYSCTL_DGRAM_QLEN, Socket, peerCredFrom, peerCredSet,
  socketAlloc, socketAsyncData, socketBlock, socketDataReady, socketDrop, socketErrorReport, socketHold, socketInit, socketPollWait, socketReaders, socketStateChange, socketWriters, sysctl,
} from "./socket";
import { unixCollectSoon } from "./unixgc";
import { UnixName, autobind, bindAbstract, bindPath, findOther, nameDrop, nameRemove } from "./unixname";

@unmanaged
export class UnixSock extends Socket {
  /** The other end (held); it may be dead. */
  peer: UnixSock | null;
  /** The address it is bound to, shared with the connections accepted at it. */
  name: UnixName | null;
  /** The dentry of a path name (held by the socket that made it). */
  dentry: u32;
  mount: u32;
  /** Abstract names: the next in the bucket. */
  hashNext: u32;
  /** All Unix sockets. */
  allNext: u32;
  allPrev: u32;
  /** Senders that wait for room in the queue, connections that wait for room in the backlog. */
  peerWait: WaitQueue;
  peerWaitPrev: u32;
  /** Sockets whose pollers want to know of room here, by their wakerNext; unix_dgram_peer_wake_me(). */
  wakers: Link;
  wakersPrev: u32;
  wakerNext: u32;
  wakerPrev: u32;
  /** Bytes of a stream that wait; as on Linux an urgent byte that is passed over stays counted. */
  inq: u32;
  /** The urgent byte that was not read. */
  oob: Skb | null;
  /** For net/unixgc.ts: references from messages, its list, marks. */
  inflight: u32;
  gcNext: u32;
  gcPrev: u32;
  gc: u32;
  gcCount: u32;
  gcNextGarbage: UnixSock | null;
  /** Of a listening socket: the embryo's. */
  listener: u32;
}

const ALL = memory.data(8, 8);

/** All Unix sockets, by allNext, oldest first. */
export function unixAll(): Link {
  const list = changetype<Link>(ALL);
  if (!load<u32>(ALL)) list.reset();
  return list;
}

export function unixOfAllLink(link: Link): UnixSock {
  return changetype<UnixSock>(changetype<usize>(link) - offsetof<UnixSock>("allNext"));
}

// @ts-ignore: decorator
@inline
export function unixOf(sk: Socket): UnixSock {
  return changetype<UnixSock>(changetype<usize>(sk));
}

// @ts-ignore: decorator
@inline
export function peerWait(sk: UnixSock): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(sk) + offsetof<UnixSock>("peerWait"));
}

// @ts-ignore: decorator
@inline
function wakersOf(sk: UnixSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<UnixSock>("wakers"));
}

// @ts-ignore: decorator
@inline
function wakerLink(sk: UnixSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<UnixSock>("wakerNext"));
}

// @ts-ignore: decorator
@inline
export function connectionBased(sk: Socket): bool {
  return sk.type == SOCK_STREAM || sk.type == SOCK_SEQPACKET;
}

function unixNew(type: u32): UnixSock | null {
  const sk = changetype<UnixSock>(socketAlloc(offsetof<UnixSock>()));
  if (!changetype<usize>(sk)) return null;
  socketInit(sk, AF_UNIX, type, 0);
  sk.backlog = sysctl(SYSCTL_DGRAM_QLEN);
  peerWait(sk).reset();
  wakersOf(sk).reset();
  wakerLink(sk).reset();
  changetype<Link>(changetype<usize>(sk) + offsetof<UnixSock>("gcNext")).reset();
  changetype<Link>(changetype<usize>(sk) + offsetof<UnixSock>("allNext")).append(unixAll());
  return sk;
}

/** socket(2): the Socket or −errno. */
export function unixCreate(type: u32, protocol: i32): i64 {
  if (protocol && protocol != <i32>AF_UNIX) return -EPROTONOSUPPORT;
  if (type == SOCK_RAW) type = SOCK_DGRAM; // BSD-style
  if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET) return -ESOCKTNOSUPPORT;
  const sk = unixNew(type);
  return sk ? <i64>changetype<usize>(sk) : -ENOMEM;
}

/** The last reference is gone. */
export function unixDestroy(socket: Socket): void {
  const sk = unixOf(socket);
  const peer = sk.peer;
  if (peer) socketDrop(peer);
  const name = sk.name;
  if (name) nameDrop(name);
  wakeAll(peerWait(sk));
  wakerLink(sk).unlink();
  changetype<Link>(changetype<usize>(sk) + offsetof<UnixSock>("allNext")).unlink();
}

/** socketpair(2). */
export function unixPair(a: Socket, b: Socket): void {
  const one = unixOf(a);
  const two = unixOf(b);
  socketHold(one);
  socketHold(two);
  one.peer = two;
  two.peer = one;
  peerCredSet(one);
  peerCredSet(two);
  one.state = ESTABLISHED;
  two.state = ESTABLISHED;
}

/** The socket's file is closed, or its listener with it before accept: unix_release_sock(). */
export function unixRelease(socket: Socket, embryo: bool): void {
  const sk = unixOf(socket);
  nameRemove(sk);
  sk.dead = 1;
  sk.file = 0;
  sk.shutdown = SHUT_BOTH;
  const state = sk.state;
  sk.state = CLOSED;
  const peer = sk.peer;
  sk.peer = null;
  wakeAll(peerWait(sk));
  if (peer) {
    if (connectionBased(sk)) {
      peer.shutdown = SHUT_BOTH;
      let left = queueFirst(sk);
      // An urgent byte that was read stays as a mark only.
      if (left && !skbLeft(left) && sk.type == SOCK_STREAM) left = queueNext(sk, left);
      if (left || embryo) peer.error = ECONNRESET;
      socketStateChange(peer);
      socketAsyncData(peer, POLL_HUP);
    }
    peerWakeOff(sk, peer);
    socketDrop(peer);
  }
  sk.oob = null;
  for (let skb: Skb | null = queueFirst(sk); skb; skb = queueFirst(sk)) {
    queueTake(sk, skb);
    const waiting = skb.embryo;
    if (state == LISTENING && waiting) unixRelease(waiting, true);
    skbFree(skb);
  }
  relayRoom(sk);
  socketDrop(sk);
  if (!embryo) unixCollectSoon();
}

// ── room in a queue ─────────────────────────────────────────────────────────────────

// @ts-ignore: decorator
@inline
export function queueFull(sk: UnixSock): bool {
  return sk.queued > sk.backlog;
}

/** Sleeps until there is room at `other`: unix_wait_for_peer(). */
export function waitForPeer(other: UnixSock, timeoutNs: u64): i64 {
  waitOn(peerWait(other), 0, WAIT_EXCLUSIVE);
  return socketBlock(timeoutNs);
}

/** A datagram was taken, or an accept made room. */
export function roomMade(sk: UnixSock): void {
  wakeOne(peerWait(sk));
  relayRoom(sk);
}

/** Pollers of the sockets that send here look again. */
function relayRoom(sk: UnixSock): void {
  const list = wakersOf(sk);
  while (!list.empty) {
    const link = list.next;
    link.unlink();
    const sender = changetype<UnixSock>(changetype<usize>(link) - offsetof<UnixSock>("wakerNext"));
    wakeOne(socketWriters(sender), POLLOUT | POLLWRNORM | POLLWRBAND);
  }
}

/** The pollers of `sk` want to know when `other` has room; false when it has now. */
export function peerWakeOn(sk: UnixSock, other: UnixSock): bool {
  if (wakerLink(sk).empty) wakerLink(sk).append(wakersOf(other));
  if (queueFull(other) && !other.dead) return true;
  wakerLink(sk).unlink();
  return false;
}

/** The two are no longer connected. */
export function peerWakeOff(sk: UnixSock, other: UnixSock): void {
  if (wakerLink(sk).empty) return;
  wakerLink(sk).unlink();
  wakeAll(socketWriters(sk), POLLOUT | POLLWRNORM | POLLWRBAND);
}

// ── names ───────────────────────────────────────────────────────────────────────────

/** Whether the address in NAME is one of AF_UNIX: unix_validate_addr(). */
export function checkName(length: u32): i32 {
  if (length <= 2 || length > 110 || load<u16>(NAME) != AF_UNIX) return -EINVAL;
  return 0;
}

/** A socket that passes credentials has a name from its first use on. */
export function nameForCreds(sk: UnixSock): i64 {
  return sk.passes & (PASS_CRED | PASS_PIDFD) && !sk.name ? autobind(sk) : 0;
}

/** bind(2) of the address in NAME. */
export function unixBind(socket: Socket, length: u32): i64 {
  const sk = unixOf(socket);
  if (length == 2 && load<u16>(NAME) == AF_UNIX) return sk.name ? 0 : autobind(sk);
  const error = checkName(length);
  if (error) return error;
  return load<u8>(NAME + 2) ? bindPath(sk, length) : bindAbstract(sk, length);
}

/** The name of the socket, or of its peer, to NAME: its length, −ENOTCONN. */
export function unixName(socket: Socket, ofPeer: bool): i64 {
  let sk = unixOf(socket);
  if (ofPeer) {
    const peer = sk.peer;
    if (!peer) return -ENOTCONN;
    sk = peer;
  }
  const n = nameOut(sk);
  if (n) return n;
  store<u16>(NAME, <u16>AF_UNIX);
  return 2;
}

/** The name of a sender to NAME: 0 when it has none. */
export function nameOut(sk: UnixSock): u32 {
  const name = sk.name;
  if (!name) return 0;
  memory.copy(NAME, changetype<usize>(name) + offsetof<UnixName>(), name.length);
  return name.length;
}

// ── connections ─────────────────────────────────────────────────────────────────────

export function unixListen(socket: Socket, backlog: u32): i64 {
  const sk = unixOf(socket);
  if (!connectionBased(sk)) return -EOPNOTSUPP;
  if (!sk.name || (sk.state != CLOSED && sk.state != LISTENING)) return -EINVAL;
  if (backlog > sk.backlog) wakeAll(peerWait(sk));
  sk.backlog = backlog;
  sk.state = LISTENING;
  peerCredSet(sk);
  return 0;
}

export function unixConnect(socket: Socket, length: u32, nonblock: bool): i64 {
  const sk = unixOf(socket);
  return connectionBased(sk) ? connectStream(sk, length, nonblock) : connectDatagram(sk, length);
}

/** unix_stream_connect(). */
function connectStream(sk: UnixSock, length: u32, nonblock: bool): i64 {
  const error = checkName(length);
  if (error) return error;
  const unnamed = nameForCreds(sk);
  if (unnamed) return unnamed;
  const found = findOther(length, sk.type);
  if (found < 0) return found;
  const other = changetype<UnixSock>(<usize>found);
  if (other.state != LISTENING || other.shutdown & SHUT_RECEIVE) return -ECONNREFUSED;
  if (queueFull(other)) return nonblock || !sk.sndTimeout ? -EAGAIN : waitForPeer(other, sk.sndTimeout);
  if (sk.state != CLOSED) return sk.state == ESTABLISHED ? -EISCONN : -EINVAL;
  const made = unixNew(sk.type);
  if (!made) return -ENOMEM;
  const skb = skbNew(made, 1, streamTruesize(1));
  if (!skb) {
    socketDrop(made);
    return -ENOMEM;
  }
  made.embryo = 1;
  made.passes = other.passes;
  made.listener = <u32>changetype<usize>(other);
  made.state = ESTABLISHED;
  made.name = other.name;
  const name = other.name;
  if (name) name.refs++;
  peerCredSet(made);
  socketHold(sk);
  made.peer = sk;
  peerCredFrom(sk, other.peerCred, other.peerGroup);
  sk.state = ESTABLISHED;
  socketHold(made);
  const old = sk.peer;
  sk.peer = made;
  if (old) socketDrop(old);
  // The queue's reference is the one that accept gives to the file.
  socketHold(made);
  skb.embryo = made;
  queueAppend(other, skb);
  socketDataReady(other);
  return 0;
}

/** accept(2): the new socket (its reference passes to the caller), −errno, BLOCKED. */
export function unixAccept(socket: Socket, nonblock: bool): i64 {
  const sk = unixOf(socket);
  if (!connectionBased(sk)) return -EOPNOTSUPP;
  if (sk.state != LISTENING) return -EINVAL;
  const skb = queueFirst(sk);
  if (!skb) {
    const error = sk.error;
    if (error) {
      sk.error = 0;
      return -error;
    }
    const timeout = nonblock ? 0 : sk.rcvTimeout;
    if (!timeout) return -EAGAIN;
    // The receiving half was shut down.
    if (sk.shutdown & SHUT_RECEIVE) return -EINVAL;
    waitOn(socketReaders(sk), 0, WAIT_EXCLUSIVE);
    return socketBlock(timeout);
  }
  queueTake(sk, skb);
  const made = unixOf(changetype<Socket>(changetype<usize>(skb.embryo)));
  made.embryo = 0;
  made.listener = 0;
  skbFree(skb);
  roomMade(sk);
  return <i64>changetype<usize>(made);
}

/** Whether `sk` may send to `other`: unix_may_send(). */
// @ts-ignore: decorator
@inline
export function maySend(sk: UnixSock, other: UnixSock): bool {
  return !other.peer || other.peer === sk;
}

/** unix_dgram_connect(). */
function connectDatagram(sk: UnixSock, length: u32): i64 {
  if (length < 2) return -EINVAL;
  let other: UnixSock | null = null;
  if (load<u16>(NAME) != AF_UNSPEC) {
    const error = checkName(length);
    if (error) return error;
    const unnamed = nameForCreds(sk);
    if (unnamed) return unnamed;
    const found = findOther(length, sk.type);
    if (found < 0) return found;
    const to = changetype<UnixSock>(<usize>found);
    if (!maySend(sk, to)) return -EPERM;
    other = to;
    socketHold(to);
    sk.state = ESTABLISHED;
    to.state = ESTABLISHED;
  }
  const old = sk.peer;
  sk.peer = other;
  if (!old) return 0;
  if (!other) sk.state = CLOSED;
  peerWakeOff(sk, old);
  if (other !== old) {
    datagramDisconnected(sk, old);
    if (!old.peer) old.state = CLOSED;
  }
  socketDrop(old);
  return 0;
}

/** Messages of the former peer are lost: unix_dgram_disconnected(). */
export function datagramDisconnected(sk: UnixSock, other: UnixSock): void {
  if (!queueFirst(sk)) return;
  queuePurge(sk);
  wakeAll(peerWait(sk));
  relayRoom(sk);
  if (!other.dead && other.peer === sk) {
    other.error = ECONNRESET;
    socketErrorReport(other);
  }
}

/** shutdown(2): how is 1 (receive), 2 (send) or 3. */
export function unixShutdown(socket: Socket, how: u32): i64 {
  const sk = unixOf(socket);
  sk.shutdown |= how;
  const other = sk.peer;
  if (other && connectionBased(sk)) {
    let theirs: u32 = 0;
    if (how & SHUT_RECEIVE) theirs |= SHUT_SEND;
    if (how & SHUT_SEND) theirs |= SHUT_RECEIVE;
    other.shutdown |= theirs;
    socketStateChange(other);
    if (theirs == SHUT_BOTH) socketAsyncData(other, POLL_HUP);
    else if (theirs & SHUT_RECEIVE) socketAsyncData(other, POLL_IN);
  }
  socketStateChange(sk);
  return 0;
}

// ── poll ────────────────────────────────────────────────────────────────────────────

/** Room for more: a quarter of the buffer is used at most. unix_writable(); the count is one too high there, too. */
export function unixWritable(sk: Socket): bool {
  return sk.state != LISTENING && <u64>(sk.wmem + 1) << 2 <= <u64>sk.sndbuf;
}

/** unix_poll(), unix_dgram_poll(). */
export function unixPoll(socket: Socket, watch: bool): u32 {
  const sk = unixOf(socket);
  if (watch) socketPollWait(sk);
  let mask: u32 = 0;
  if (sk.error) mask |= POLLERR;
  if (sk.shutdown == SHUT_BOTH) mask |= POLLHUP;
  if (sk.shutdown & SHUT_RECEIVE) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (queueFirst(sk)) mask |= POLLIN | POLLRDNORM;
  if (sk.oob) mask |= POLLPRI;
  if (connectionBased(sk) && sk.state == CLOSED) mask |= POLLHUP;
  if (!unixWritable(sk)) {
    sk.flags |= SF_NO_SPACE;
    return mask;
  }
  if (sk.type != SOCK_STREAM) {
    const other = sk.peer;
    if (other && other.peer !== sk && queueFull(other) && peerWakeOn(sk, other)) return mask;
  }
  return mask | POLLOUT | POLLWRNORM | POLLWRBAND;
}

/** SIOCINQ: bytes of the stream, or of the next message; −EINVAL when listening. */
export function unixInq(socket: Socket): i64 {
  if (socket.state == LISTENING) return -EINVAL;
  if (socket.type == SOCK_STREAM) return unixOf(socket).inq;
  let sum: i64 = 0;
  let skb = queueFirst(socket);
  while (skb) {
    sum += skbLeft(skb);
    skb = connectionBased(socket) ? queueNext(socket, skb) : null;
  }
  return sum;
}

/** SIOCATMARK: whether the next byte is, or follows, the urgent one. */
export function unixAtMark(socket: Socket): bool {
  const sk = unixOf(socket);
  const first = queueFirst(sk);
  if (!first) return false;
  const oob = sk.oob;
  if (first === oob) return true;
  return !skbLeft(first) && (!oob || queueNext(sk, first) === oob);
}
