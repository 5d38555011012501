// Streams over Unix sockets: pieces in order, with descriptors and credentials as borders, and one urgent byte.
// Kernel: net/unix/af_unix.c unix_stream_sendmsg(), unix_stream_read_generic(), manage_oob(), queue_oob().
import { chooseShort } from "../lib/choose";
import { EAGAIN, ECONNRESET, EFAULT, EINVAL, EISCONN, ENOBUFS, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from "../abi/errno";
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_WAITALL, SOL_SOCKET } from "../abi/socket";
import { SIGPIPE } from "../abi/signal";
import { signalSelf } from "../task/signal";
import { current } from "../task/task";
import { groupFind } from "../task/table";
import { BLOCKED, isRetry, waitOn } from "../task/wait";
import { Message, doneBytes, message, messageIn, messageOut, messageSkip, setDoneBytes } from "./message";
import { SCM_INQ, controlPut, scm, scmAddCreds, scmAttach, scmDeliver, scmDestroy, scmFromSkb, scmPeekFds, scmReset, scmSame, scmTakeFds } from "./scm";
import { STREAM_PIECE, Skb, queueAppend, queueFirst, queueNext, queueTake, skbData, skbFree, skbLeft, skbNew, streamTruesize } from "./skb";
import { ESTABLISHED, PASS_CRED, PASS_PIDFD, PASS_RIGHTS, SF_INQ, SF_NO_SPACE, SF_OOB_INLINE, SF_WAITS_DATA, SHUT_RECEIVE, SHUT_SEND, Socket, socketBlock, socketDataReady, socketError, socketReaders, socketUrgent, socketWriters } from "./socket";
import { UnixSock, nameOut, unixOf } from "./unix";

/** Whether the sender's buffer has room: 0, −errno, BLOCKED; sock_alloc_send_pskb(). */
export function sendRoom(sk: Socket, flags: u32): i64 {
  if (sk.error) return socketError(sk);
  if (sk.shutdown & SHUT_SEND) return -EPIPE;
  if (sk.wmem < sk.sndbuf) return 0;
  sk.flags |= SF_NO_SPACE;
  const timeout = flags & MSG_DONTWAIT ? 0 : sk.sndTimeout;
  if (!timeout) return -EAGAIN;
  waitOn(socketWriters(sk));
  return socketBlock(timeout);
}

/** Sends the message in progress, whose control messages are parsed. */
export function streamSend(socket: Socket, flags: u32): i64 {
  const sk = unixOf(socket);
  const m = message();
  let sent = doneBytes();
  if (sent) messageSkip(m, sent);
  if (flags & MSG_OOB && !m.left && !sent) return -EOPNOTSUPP;
  if (m.nameLength) return sk.state == ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
  const other = sk.peer;
  if (!other) return -ENOTCONN;
  const plain = flags & MSG_OOB ? m.left - 1 : m.left;
  const end = sent + plain;
  let error: i64 = 0;
  // A sender that slept hears of the end where it waits for room.
  if (sk.shutdown & SHUT_SEND && !isRetry()) error = pipeBroken(sent, flags);
  while (!error && sent < end) {
    const n = <u32>min<u64>(min<u64>(end - sent, (sk.sndbuf >> 1) - 64), STREAM_PIECE);
    error = sendPiece(sk, other, m, n, flags, !sent);
    if (!error) sent += n;
  }
  if (!error && flags & MSG_OOB) {
    error = sendUrgent(sk, other, m, flags, !sent);
    if (!error) sent++;
  }
  if (!error) return sent;
  if (error == BLOCKED) {
    setDoneBytes(sent);
    return error;
  }
  if (sent) return sent;
  return error;
}

/** The other end does not read any more. */
function pipeBroken(sent: u64, flags: u32): i64 {
  if (!sent && !(flags & MSG_NOSIGNAL)) signalSelf(SIGPIPE);
  return -EPIPE;
}

function sendPiece(sk: UnixSock, other: UnixSock, m: Message, n: u32, flags: u32, first: bool): i64 {
  const room = sendRoom(sk, flags);
  if (room) return room;
  const skb = skbNew(sk, n, streamTruesize(n));
  if (!skb) return -ENOBUFS;
  return queuePiece(skb, sk, other, m, flags, first);
}

/** Fills the buffer and gives it to the other end; frees it on failure. */
function queuePiece(skb: Skb, sk: UnixSock, other: UnixSock, m: Message, flags: u32, first: bool): i64 {
  let error = scmAttach(skb, first);
  if (!error && !messageIn(m, skbData(skb), skb.size)) error = -EFAULT;
  if (!error && (other.dead || other.shutdown & SHUT_RECEIVE)) error = pipeBroken(first ? 0 : 1, flags);
  else if (!error && skb.fds && !(other.passes & PASS_RIGHTS)) error = -EPERM;
  if (error) {
    skbFree(skb);
    return error;
  }
  scmAddCreds(skb, sk, other);
  other.inq += skb.size;
  queueAppend(other, skb);
  if (other.oob === skb) socketUrgent(other);
  socketDataReady(other);
  return 0;
}

/** The last byte of a message with MSG_OOB. */
function sendUrgent(sk: UnixSock, other: UnixSock, m: Message, flags: u32, first: bool): i64 {
  const room = sendRoom(sk, flags);
  if (room) return room;
  const skb = skbNew(sk, 1, streamTruesize(1));
  if (!skb) return -ENOBUFS;
  const before = other.oob;
  other.oob = skb;
  const error = queuePiece(skb, sk, other, m, flags, first);
  if (error) other.oob = before;
  return error;
}

// ── receiving ───────────────────────────────────────────────────────────────────────

/** recv(2) with MSG_OOB: unix_stream_recv_urg(). */
function receiveUrgent(sk: UnixSock, m: Message, flags: u32): i64 {
  const skb = sk.oob;
  if (sk.flags & SF_OOB_INLINE || !skb) return -EINVAL;
  if (!(flags & MSG_PEEK)) {
    sk.oob = null;
    skb.consumed = 1;
    sk.inq--;
  }
  if (!messageOut(m, skbData(skb), min<u64>(m.left, 1))) return -EFAULT;
  m.flags |= MSG_OOB;
  return 1;
}

/** What is read instead of `skb` when it is the urgent byte, or the mark that is left of one: manage_oob(). */
function passUrgent(sk: UnixSock, first: Skb, flags: u32, copied: u64): Skb | null {
  let skb: Skb | null = first;
  const oob = sk.oob;
  if (skbLeft(first) && first !== oob) return first;
  const inline = (sk.flags & SF_OOB_INLINE) != 0;
  if (!skbLeft(first)) {
    if (copied && (!oob || first === oob)) return null;
    skb = queueNext(sk, first);
    if (!(flags & MSG_PEEK)) {
      queueTake(sk, first);
      skbFree(first);
    }
    if (!skb) return null;
  }
  if (skb !== oob) return skb;
  if (copied) return null;
  if (!(flags & MSG_PEEK)) {
    sk.oob = null;
    if (!inline) {
      const urgent = changetype<Skb>(changetype<usize>(skb));
      queueTake(sk, urgent);
      skbFree(urgent);
      skb = queueFirst(sk);
    }
  } else if (!inline) skb = queueNext(sk, changetype<Skb>(changetype<usize>(skb)));
  return skb;
}

/** The credentials of what earlier runs of this call read. */
function credsKeep(): void {
  const s = scm();
  const group = s.group;
  current.spare0 = group ? (<u64>1 << 32) | <u32>group.pid : <u64>1 << 33;
  current.spare1 = (<u64>s.uid << 32) | s.gid;
}

function credsBack(): void {
  const kept = current.spare0;
  const s = scm();
  if (kept >> 32 == 1) {
    const group = groupFind(<i32>kept);
    if (group) group.refs++;
    s.group = group;
  }
  s.uid = <u32>(current.spare1 >> 32);
  s.gid = <u32>current.spare1;
}

const INQ = memory.data(4, 4);

/** Where the reading stands. */
let copied: u64 = 0;
let checksCreds: bool = false;

/** Receives into the message in progress. */
export function streamReceive(socket: Socket, flags: u32): i64 {
  const sk = unixOf(socket);
  const m = message();
  sk.flags &= ~SF_WAITS_DATA;
  if (sk.state != ESTABLISHED) return -EINVAL;
  if (flags & MSG_OOB) return receiveUrgent(sk, m, flags);
  const size = m.left;
  const target = flags & MSG_WAITALL ? max<u64>(size, 1) : max<u64>(min<u64>(sk.rcvlowat, size), 1);
  const passes = (sk.passes & (PASS_CRED | PASS_PIDFD)) != 0;
  scmReset();
  copied = doneBytes();
  checksCreds = false;
  if (copied) {
    messageSkip(m, copied);
    checksCreds = passes;
    if (passes) credsBack();
  }
  if (!copied && sk.inq && !(flags & MSG_PEEK)) m.left = min<u64>(m.left, max<u64>(chooseShort(min<u64>(m.left, sk.inq)), target));
  const error = streamRead(sk, m, flags, target, passes);
  if (error == BLOCKED) {
    if (passes && copied) credsKeep();
    scmDestroy();
    // What was peeked at is looked at again.
    setDoneBytes(flags & MSG_PEEK ? 0 : copied);
    return BLOCKED;
  }
  if (copied) {
    const peer = sk.peer;
    if (m.wantsName && !m.nameLength && peer) m.nameLength = nameOut(peer);
  }
  if (sk.flags & SF_INQ && (copied || !error)) {
    store<u32>(INQ, sk.inq);
    controlPut(m, SOL_SOCKET, SCM_INQ, INQ, 4);
  }
  scmDeliver(sk);
  return copied ? <i64>copied : error;
}

/** Reads until the message is full, a border is reached, or nothing is there: 0, −errno, BLOCKED. */
function streamRead(sk: UnixSock, m: Message, flags: u32, target: u64, passes: bool): i64 {
  const peek = (flags & MSG_PEEK) != 0;
  let skip: u64 = peek && sk.peekOffset > 0 ? sk.peekOffset : 0;
  let skb = queueFirst(sk);
  do {
    if (skb) skb = passUrgent(sk, skb, flags, copied);
    if (!skb && copied && queueFirst(sk)) return 0; // before an urgent byte
    while (skb && skip >= skbLeft(skb) && skip) {
      skip -= skbLeft(skb);
      skb = queueNext(sk, skb);
      if (skb) skb = passUrgent(sk, skb, flags, copied);
    }
    if (!skb) return streamEmpty(sk, flags, target);
    if (checksCreds) {
      if (!scmSame(skb)) return 0;
    } else if (passes) {
      scmFromSkb(skb);
      checksCreds = true;
    }
    const sender = skb.sender;
    if (m.wantsName && !m.nameLength && sender) m.nameLength = nameOut(unixOf(sender));
    const n = <u32>min<u64>(skbLeft(skb) - skip, m.left);
    if (!messageOut(m, skbData(skb) + skb.consumed + <usize>skip, n)) return -EFAULT;
    copied += n;
    if (!peek) {
      skb.consumed += n;
      sk.inq -= n;
      if (sk.peekOffset > 0) sk.peekOffset = max(sk.peekOffset - <i32>n, 0);
      const border = skb.fds != 0;
      if (border) scmTakeFds(skb);
      if (skbLeft(skb)) return 0;
      queueTake(sk, skb);
      skbFree(skb);
      if (border) return 0;
      skb = queueFirst(sk);
    } else {
      if (sk.peekOffset >= 0) sk.peekOffset += <i32>n;
      if (skb.fds) {
        scmPeekFds(skb);
        return 0;
      }
      skip = 0;
      skb = queueNext(sk, skb);
      if (!skb) return 0;
    }
  } while (m.left);
  return 0;
}

/** Nothing (more) is there. */
function streamEmpty(sk: UnixSock, flags: u32, target: u64): i64 {
  if (copied >= target) return 0;
  if (sk.error) return socketError(sk);
  if (sk.shutdown & SHUT_RECEIVE) return 0;
  const timeout = flags & MSG_DONTWAIT ? 0 : sk.rcvTimeout;
  if (!timeout) return -EAGAIN;
  waitOn(socketReaders(sk));
  sk.flags |= SF_WAITS_DATA;
  return socketBlock(timeout);
}
