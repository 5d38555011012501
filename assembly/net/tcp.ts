// Streams over IPv4 and IPv6 sockets. tcp(7); kernel: net/ipv4/tcp.c tcp_sendmsg(), tcp_recvmsg(), tcp_poll().
import { chooseShort } from "../lib/choose";
import { EAGAIN, EFAULT, EINVAL, ENOBUFS, ENOTCONN, EPIPE } from "../abi/errno";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL } from "../abi/socket";
import { SIGPIPE } from "../abi/signal";
import { signalSelf } from "../task/signal";
import { BLOCKED, waitOn } from "../task/wait";
import { InetSock, SYN_SENT, inetOf, inetReset } from "./inet";
import { Message, doneBytes, message, messageIn, messageOut, messageSkip, setDoneBytes } from "./message";
import { STREAM_PIECE, Skb, queueAppend, queueFirst, queueNext, queueTake, skbData, skbFree, skbLeft, skbNew, streamTruesize } from "./skb";
import { CLOSED, ESTABLISHED, LISTENING, SF_NO_SPACE, SF_OOB_INLINE, SF_WAITS_DATA, SHUT_BOTH, SHUT_RECEIVE, SHUT_SEND, Socket, socketBlock, socketDataReady, socketError, socketPollWait, socketReaders, socketUrgent, socketWriters } from "./socket";
import { sendRoom } from "./unixstream";

/** Sends the message in progress. */
export function tcpSend(socket: Socket, flags: u32): i64 {
  const sk = inetOf(socket);
  const m = message();
  let sent = doneBytes();
  if (sent) messageSkip(m, sent);
  if (sk.state == SYN_SENT) {
    const timeout = flags & MSG_DONTWAIT ? 0 : sk.sndTimeout;
    if (!timeout) return -EAGAIN;
    waitOn(socketWriters(sk));
    return socketBlock(timeout);
  }
  let error: i64 = sk.state == ESTABLISHED || sk.error ? 0 : -EPIPE;
  if (sk.error) error = sk.error == EPIPE ? -EPIPE : socketError(sk);
  const end = sent + m.left;
  while (!error && sent < end) {
    const n = <u32>min<u64>(end - sent, STREAM_PIECE);
    error = sendPiece(sk, m, n, sent + n == end ? flags : flags & ~MSG_OOB);
    if (!error) sent += n;
  }
  if (error == BLOCKED) {
    setDoneBytes(sent);
    return error;
  }
  if (sent || !error) return sent;
  if (error == -EPIPE) {
    sk.error = 0;
    if (!(flags & MSG_NOSIGNAL)) signalSelf(SIGPIPE);
  }
  return error;
}

function sendPiece(sk: InetSock, m: Message, n: u32, flags: u32): i64 {
  const room = sendRoom(sk, flags);
  if (room) return room;
  const other = sk.peer;
  if (!other) return -EPIPE;
  const skb = skbNew(sk, n, streamTruesize(n));
  if (!skb) return -ENOBUFS;
  if (!messageIn(m, skbData(skb), n)) {
    skbFree(skb);
    return -EFAULT;
  }
  // Nobody reads any more: the answer is a RST, of which the next call hears.
  if (other.dead || other.peer !== sk) {
    skbFree(skb);
    inetReset(sk);
    return 0;
  }
  if (flags & MSG_OOB) urgentArrives(other, n, load<u8>(skbData(skb) + n - 1));
  other.inq += n;
  queueAppend(other, skb);
  socketDataReady(other);
  return 0;
}

/** Receives into the message in progress. */
export function tcpReceive(socket: Socket, flags: u32): i64 {
  const sk = inetOf(socket);
  const m = message();
  sk.flags &= ~SF_WAITS_DATA;
  if (sk.state == LISTENING) return -ENOTCONN;
  if (flags & MSG_OOB) return urgentReceive(sk, m, flags);
  const size = m.left;
  const peek = (flags & MSG_PEEK) != 0;
  const target = flags & MSG_WAITALL ? max<u64>(size, 1) : max<u64>(min<u64>(sk.rcvlowat, size), 1);
  let copied = peek ? 0 : doneBytes();
  if (copied) messageSkip(m, copied);
  if (!copied && sk.inq && !peek) m.left = min<u64>(m.left, max<u64>(chooseShort(min<u64>(m.left, sk.inq)), target));
  let seq = sk.readSeq;
  let stopped = false;
  for (let skb = queueFirst(sk); skb && m.left; ) {
    const beforeMark = sk.urgentSeq - seq;
    let n = <u32>min<u64>(skbLeft(skb), m.left);
    let skip: u32 = 0;
    // A read ends before the urgent byte; one that begins there passes over it.
    if (sk.urgent && beforeMark < n) {
      stopped = copied != 0 && !beforeMark;
      if (stopped) break;
      if (beforeMark) n = beforeMark;
      else if (!(sk.flags & SF_OOB_INLINE)) skip = 1;
    }
    n -= skip;
    if (flags & MSG_TRUNC) messageSkip(m, n);
    else if (!messageOut(m, skbData(skb) + skb.consumed + skip, n)) return copied ? copied : -EFAULT;
    copied += n;
    seq += skip + n;
    const rest = skbLeft(skb) - skip - n;
    stopped = sk.urgent != 0 && seq == sk.urgentSeq && copied != 0;
    if (!peek) consume(sk, skb, skip + n);
    if (rest) break;
    skb = peek ? queueNext(sk, skb) : queueFirst(sk);
  }
  if (stopped) return copied;
  if (copied >= target || (!size && sk.inq)) return copied;
  return nothing(sk, flags, copied);
}

/** The first n bytes were read. */
function consume(sk: InetSock, skb: Skb, n: u32): void {
  skb.consumed += n;
  sk.inq -= n;
  sk.readSeq += n;
  if (sk.urgent && <i32>(sk.readSeq - sk.urgentSeq) > 0) sk.urgent = 0;
  if (skbLeft(skb)) return;
  queueTake(sk, skb);
  skbFree(skb);
}

// ── urgent data ─────────────────────────────────────────────────────────────────────

const URGENT_VALID: u32 = 0x100;
const URGENT_READ: u32 = 0x400;

/** The last of n bytes that come now is urgent: tcp_check_urg(). */
function urgentArrives(sk: InetSock, n: u32, byte: u32): void {
  socketUrgent(sk);
  const first = queueFirst(sk);
  // The old one, where the reader stands, is given up.
  if (sk.urgent && sk.urgentSeq == sk.readSeq && !(sk.flags & SF_OOB_INLINE) && first) consume(sk, first, 1);
  sk.urgent = URGENT_VALID | byte;
  sk.urgentSeq = sk.readSeq + sk.inq + n - 1;
}

const URGENT_BYTE = memory.data(1, 1);

/** recv(2) with MSG_OOB: tcp_recv_urg(). */
function urgentReceive(sk: InetSock, m: Message, flags: u32): i64 {
  if (sk.flags & SF_OOB_INLINE || !sk.urgent || sk.urgent == URGENT_READ) return -EINVAL;
  store<u8>(URGENT_BYTE, <u8>sk.urgent);
  if (!(flags & MSG_PEEK)) sk.urgent = URGENT_READ;
  m.flags |= MSG_OOB;
  if (!m.left) {
    m.flags |= MSG_TRUNC;
    return 0;
  }
  if (flags & MSG_TRUNC) messageSkip(m, 1);
  else if (!messageOut(m, URGENT_BYTE, 1)) return -EFAULT;
  return 1;
}

/** SIOCATMARK. */
export function tcpAtMark(sk: InetSock): bool {
  return sk.urgent != 0 && sk.urgentSeq == sk.readSeq;
}

/** Nothing (more) is there. */
function nothing(sk: InetSock, flags: u32, copied: u64): i64 {
  if (copied && (sk.error || sk.shutdown & SHUT_RECEIVE)) return copied;
  if (sk.fin) return 0;
  if (sk.error) return socketError(sk);
  if (sk.shutdown & SHUT_RECEIVE) return 0;
  if (sk.state == CLOSED) return -ENOTCONN;
  const timeout = flags & MSG_DONTWAIT ? 0 : sk.rcvTimeout;
  if (!timeout) return copied ? copied : -EAGAIN;
  waitOn(socketReaders(sk));
  sk.flags |= SF_WAITS_DATA;
  const r = socketBlock(timeout);
  if (r == BLOCKED) setDoneBytes(flags & MSG_PEEK ? 0 : copied);
  return r != BLOCKED && copied ? <i64>copied : r;
}

/** As much room as half of what is on its way: __sk_stream_is_writeable(). */
export function tcpWritable(sk: Socket): bool {
  return <i64>sk.sndbuf - <i64>sk.wmem >= <i64>(sk.wmem >> 1);
}

export function tcpPoll(socket: Socket, watch: bool): u32 {
  const sk = inetOf(socket);
  if (watch) socketPollWait(sk);
  if (sk.state == LISTENING) return queueFirst(sk) ? POLLIN | POLLRDNORM : 0;
  let mask: u32 = 0;
  if (sk.shutdown == SHUT_BOTH || sk.state == CLOSED) mask |= POLLHUP;
  if (sk.shutdown & SHUT_RECEIVE) mask |= POLLIN | POLLRDNORM | POLLRDHUP;
  if (sk.error) mask |= POLLERR;
  if (sk.state == SYN_SENT) return mask;
  const least = max<u32>(min(sk.rcvlowat, sk.rcvbuf), 1) + (tcpAtMark(sk) && !(sk.flags & SF_OOB_INLINE) ? 1 : 0);
  if (sk.inq >= least) mask |= POLLIN | POLLRDNORM;
  if (sk.urgent & URGENT_VALID) mask |= POLLPRI;
  if (sk.shutdown & SHUT_SEND || tcpWritable(sk)) mask |= POLLOUT | POLLWRNORM;
  else sk.flags |= SF_NO_SPACE;
  return mask;
}
