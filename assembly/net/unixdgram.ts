// Messages over Unix sockets: datagrams and sequenced packets. Kernel: net/unix/af_unix.c unix_dgram_sendmsg(),
// __unix_dgram_recvmsg(), net/core/datagram.c.
import { EAGAIN, ECONNREFUSED, ECONNRESET, EFAULT, EMSGSIZE, ENOBUFS, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from "../abi/errno";
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_SEQPACKET, SOL_SOCKET, SO_TIMESTAMP, SO_TIMESTAMPNS } from "../abi/socket";
import { realtime } from "../task/clock";
import { WAIT_EXCLUSIVE, waitOn } from "../task/wait";
import { message, messageIn, messageOut, Message } from "./message";
import { controlPut, scmAddCreds, scmAttach, scmDeliver, scmFromSkb, scmPeekFds, scmReset, scmTakeFds } from "./scm";
import { Skb, datagramTruesize, queueAppend, queueFirst, queueNext, queueTake, skbData, skbFree, skbNew } from "./skb";
import { CLOSED, ESTABLISHED, LISTENING, PASS_RIGHTS, SHUT_RECEIVE, Socket, socketBlock, socketDataReady, socketDrop, socketError, socketReaders } from "./socket";
import { UnixSock, checkName, connectionBased, datagramDisconnected, maySend, nameForCreds, nameOut, peerWakeOff, peerWakeOn, queueFull, roomMade, unixOf, waitForPeer } from "./unix";
import { findOther } from "./unixname";
import { sendRoom } from "./unixstream";

/** Sends the message in progress, whose control messages are parsed. */
export function datagramSend(socket: Socket, flags: u32): i64 {
  const sk = unixOf(socket);
  const m = message();
  if (sk.type == SOCK_SEQPACKET) {
    const error = socketError(sk);
    if (error) return error;
    if (sk.state != ESTABLISHED) return -ENOTCONN;
    m.nameLength = 0;
  }
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  const length = m.left;
  const nameLength = m.nameLength;
  if (nameLength) {
    const error = checkName(nameLength);
    if (error) return error;
  }
  const unnamed = nameForCreds(sk);
  if (unnamed) return unnamed;
  if (length > <u64>(sk.sndbuf - 32)) return -EMSGSIZE;
  const room = sendRoom(sk, flags);
  if (room) return room;
  const skb = skbNew(sk, <u32>length, datagramTruesize(<u32>length));
  if (!skb) return -ENOBUFS;
  let error = scmAttach(skb, true);
  if (!error && !messageIn(m, skbData(skb), length)) error = -EFAULT;
  if (!error) error = deliver(sk, skb, nameLength, flags);
  if (!error) return length;
  skbFree(skb);
  return error;
}

/** Finds the receiver and queues the buffer there: 0, −errno, BLOCKED (the buffer stays the caller's). */
function deliver(sk: UnixSock, skb: Skb, nameLength: u32, flags: u32): i64 {
  let other: UnixSock;
  if (nameLength) {
    const found = findOther(nameLength, sk.type);
    if (found < 0) return found;
    other = changetype<UnixSock>(<usize>found);
  } else {
    const peer = sk.peer;
    if (!peer) return -ENOTCONN;
    other = peer;
  }
  if (!maySend(sk, other)) return -EPERM;
  if (other.dead) return peerDied(sk, other);
  if (other.shutdown & SHUT_RECEIVE) return -EPIPE;
  if (skb.fds && !(other.passes & PASS_RIGHTS)) return -EPERM;
  if (other !== sk && other.peer !== sk && queueFull(other)) {
    if (!(flags & MSG_DONTWAIT) && sk.sndTimeout) return waitForPeer(other, sk.sndTimeout);
    if (sk.peer !== other || peerWakeOn(sk, other)) return -EAGAIN;
  }
  scmAddCreds(skb, sk, other);
  queueAppend(other, skb);
  socketDataReady(other);
  return 0;
}

/** The connected peer has closed its socket: the connection is forgotten. */
function peerDied(sk: UnixSock, other: UnixSock): i64 {
  if (sk.type == SOCK_SEQPACKET) return -EPIPE;
  if (sk.peer !== other) return -ECONNRESET;
  sk.peer = null;
  peerWakeOff(sk, other);
  sk.state = CLOSED;
  datagramDisconnected(sk, other);
  socketDrop(other);
  return -ECONNREFUSED;
}

/** The message to read: with SO_PEEK_OFF the one that the offset lies in. */
let peekSkip: u32 = 0;

function pick(sk: UnixSock, flags: u32): Skb | null {
  let skb = queueFirst(sk);
  peekSkip = 0;
  if (!(flags & MSG_PEEK) || sk.peekOffset < 0) return skb;
  let offset = <u32>sk.peekOffset;
  while (skb && offset >= skb.size && (offset || skb.private0)) {
    offset -= skb.size;
    skb = queueNext(sk, skb);
  }
  peekSkip = offset;
  return skb;
}

/** Receives into the message in progress. */
export function datagramReceive(socket: Socket, flags: u32): i64 {
  const sk = unixOf(socket);
  const m = message();
  if (sk.type == SOCK_SEQPACKET && sk.state != ESTABLISHED) return -ENOTCONN;
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  if (sk.error) return socketError(sk);
  const skb = pick(sk, flags);
  if (!skb) return nothingThere(sk, flags);
  return take(sk, skb, m, flags);
}

function nothingThere(sk: UnixSock, flags: u32): i64 {
  const timeout = flags & MSG_DONTWAIT ? 0 : sk.rcvTimeout;
  const shut = (sk.shutdown & SHUT_RECEIVE) != 0;
  if (!timeout) return shut && sk.type == SOCK_SEQPACKET ? 0 : -EAGAIN;
  if (shut) return 0;
  if (connectionBased(sk) && sk.state != ESTABLISHED && sk.state != LISTENING) return -ENOTCONN;
  waitOn(socketReaders(sk), 0, WAIT_EXCLUSIVE);
  return socketBlock(timeout);
}

const STAMP = memory.data(16, 8);

/** SO_TIMESTAMP, SO_TIMESTAMPNS: when it was received; __sock_recv_timestamp(). */
function timestamp(sk: UnixSock, m: Message): void {
  const nanos = (sk.options >> SO_TIMESTAMPNS) & 1;
  if (!nanos && !((sk.options >> SO_TIMESTAMP) & 1)) return;
  const t = realtime();
  store<u64>(STAMP, t / 1_000_000_000);
  store<u64>(STAMP, nanos ? t % 1_000_000_000 : (t % 1_000_000_000) / 1000, 8);
  controlPut(m, SOL_SOCKET, nanos ? SO_TIMESTAMPNS : SO_TIMESTAMP, STAMP, 16);
}

function take(sk: UnixSock, skb: Skb, m: Message, flags: u32): i64 {
  const peek = (flags & MSG_PEEK) != 0;
  const whole = skb.size - peekSkip;
  const sender = skb.sender;
  if (m.wantsName && sender) m.nameLength = nameOut(unixOf(sender));
  const n = <u32>min<u64>(m.left, whole);
  if (n < whole) m.flags |= MSG_TRUNC;
  if (!peek) queueTake(sk, skb);
  const fault = !messageOut(m, skbData(skb) + peekSkip, n);
  if (!fault) {
    timestamp(sk, m);
    scmReset();
    scmFromSkb(skb);
    if (!peek) {
      if (skb.fds) scmTakeFds(skb);
      if (sk.peekOffset > 0) sk.peekOffset = max(sk.peekOffset - <i32>skb.size, 0);
    } else {
      skb.private0 = 1;
      if (sk.peekOffset >= 0) sk.peekOffset += <i32>n;
      if (skb.fds) scmPeekFds(skb);
    }
    scmDeliver(sk);
  }
  if (!peek) skbFree(skb);
  roomMade(sk);
  if (fault) return -EFAULT;
  return flags & MSG_TRUNC ? whole : n;
}
