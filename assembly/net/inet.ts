// IPv4 and IPv6 sockets of the machine's own loopback: connecting, the end of a socket. No packets are made: a
// connection is two sockets that hold each other, as in net/unix.ts. What goes over it is in tcp.ts and udp.ts,
// addresses in inetaddr.ts, ports in inetport.ts. ip(7), ipv6(7), tcp(7), udp(7); kernel: net/ipv4/af_inet.c,
// net/ipv6/af_inet6.c, inet_connection_sock.c.
import { CAP_NET_BIND_SERVICE } from "../abi/capability";
import {
  EACCES, EADDRINUSE, EAFNOSUPPORT, EAGAIN, EALREADY, ECONNABORTED, ECONNREFUSED, ECONNRESET, EINPROGRESS, EINVAL, EISCONN, ENETUNREACH, ENOMEM, ENOTCONN, EOPNOTSUPP, EPIPE, EPROTONOSUPPORT, ESOCKTNOSUPPORT,
} from "../abi/errno";
import { AF_INET, AF_INET6, AF_UNSPEC, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, SOCK_DGRAM, SOCK_STREAM } from "../abi/socket";
import { POLL_HUP, POLL_IN, POLL_OUT } from "../abi/signal";
import { Link } from "../lib/list";
import { capable } from "../task/cred";
import { WAIT_EXCLUSIVE, waitOn } from "../task/wait";
import { ANY, nameAddress, nameBindCheck, nameCheck, nameFamily, nameLocal, nameMapped, namePort, nameRoute, nameSet, sourceFor } from "./inetaddr";
import { inetAll } from "./inetstate";
import { autobindPort, portBind, portFind, portListened, portRemove } from "./inetport";
import { Skb, queueAppend, queueFirst, queueTake, skbFree, skbNew, streamTruesize } from "./skb";
import {
  CLOSED, ESTABLISHED, LISTENING, SF_LINGER, SF_OOB_INLINE, SHUT_BOTH, SHUT_RECEIVE, SHUT_SEND, Socket, socketAlloc, socketAsync, socketAsyncData, socketBlock, socketDataReady, socketDrop, socketError, socketErrorReport, socketHold, socketInit, socketReaders,
  socketStateChange, socketWriters,
} from "./socket";

export const SYN_SENT: u32 = 2;
export const DEFAULT_TTL: u32 = 64;
/** net.ipv4.tcp_wmem, tcp_rmem: what a new socket has, and what its buffer has grown to when it is connected. */
const TCP_SNDBUF: u32 = 16384;
const TCP_RCVBUF: u32 = 131072;
const TCP_SNDBUF_CONNECTED: u32 = 2626560;

@unmanaged
export class InetSock extends Socket {
  /** The other end (held); it may be dead. */
  peer: InetSock | null;
  /** All of them: inetstate.ts. */
  allNext: u32;
  allPrev: u32;
  /** As in inetaddr.ts; port 0 = not bound. */
  address: u32;
  port: u32;
  peerAddress: u32;
  peerPort: u32;
  /** Of AF_INET6: IPV6_V6ONLY; bound to ::ffff:0.0.0.0. */
  v6only: u32;
  mapped: u32;
  /** The next in its bucket of ports; whether it is in one. */
  portNext: u32;
  hashed: u32;
  /** The other end sent its last; connect(2) goes on in the background. */
  fin: u32;
  connecting: u32;
  /** Sockets that wait for room in the backlog, by their waitNext; of those, the listener. */
  callers: Link;
  callersPrev: u32;
  waitNext: u32;
  waitPrev: u32;
  listener: u32;
  /** Bytes of a stream that wait; how many were read, and where the urgent one is (both modulo 2³²). */
  inq: u32;
  readSeq: u32;
  urgentSeq: u32;
  /** URGENT_VALID | byte, URGENT_READ, 0 = none or passed. */
  urgent: u32;
  /** IP_TOS, IP_TTL; IPV6_TCLASS, IPV6_UNICAST_HOPS. */
  tos: u32;
  ttl: u32;
  tclass: u32;
  hops: u32;
  /** Options of level IPPROTO_TCP by number. */
  nodelay: u32;
  cork: u32;
  keepIdle: u32;
  keepInterval: u32;
  keepCount: u32;
}

// @ts-ignore: decorator
@inline
export function inetOf(sk: Socket): InetSock {
  return changetype<InetSock>(changetype<usize>(sk));
}

// @ts-ignore: decorator
@inline
function callersOf(sk: InetSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<InetSock>("callers"));
}

// @ts-ignore: decorator
@inline
function callerLink(sk: InetSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<InetSock>("waitNext"));
}

function inetNew(family: u32, type: u32, protocol: i32): InetSock | null {
  const sk = changetype<InetSock>(socketAlloc(offsetof<InetSock>()));
  if (!changetype<usize>(sk)) return null;
  socketInit(sk, family, type, protocol);
  if (type == SOCK_STREAM) {
    sk.sndbuf = TCP_SNDBUF;
    sk.rcvbuf = TCP_RCVBUF;
  }
  sk.ttl = DEFAULT_TTL;
  sk.hops = DEFAULT_TTL;
  sk.keepIdle = 7200;
  sk.keepInterval = 75;
  sk.keepCount = 9;
  callersOf(sk).reset();
  callerLink(sk).reset();
  allLink(sk).append(inetAll());
  return sk;
}

/** socket(2) of AF_INET or AF_INET6: the Socket or −errno. */
export function inetCreate(family: u32, type: u32, protocol: i32): i64 {
  if (type != SOCK_STREAM && type != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  if (protocol && (type == SOCK_STREAM ? protocol != IPPROTO_TCP : protocol != IPPROTO_UDP && protocol != IPPROTO_UDPLITE)) return -EPROTONOSUPPORT;
  const sk = inetNew(family, type, protocol ? protocol : type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
  return sk ? <i64>changetype<usize>(sk) : -ENOMEM;
}

export function inetDestroy(socket: Socket): void {
  const peer = inetOf(socket).peer;
  if (peer) socketDrop(peer);
  allLink(inetOf(socket)).unlink();
}

function allLink(sk: InetSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<InetSock>("allNext"));
}

/** bind(2) to the address in NAME: __inet_bind(), __inet6_bind(). */
export function inetBind(socket: Socket, length: u32): i64 {
  const sk = inetOf(socket);
  const stream = sk.type == SOCK_STREAM;
  let error = nameBindCheck(sk.family, length, stream);
  if (error) return error;
  const port = namePort();
  if (port && port < 1024 && !capable(CAP_NET_BIND_SERVICE)) return -EACCES;
  if (sk.state != CLOSED || sk.port) return -EINVAL;
  if (nameMapped() && sk.v6only) return -EINVAL;
  error = nameLocal(stream);
  if (error) return error;
  const address = nameAddress();
  const v6only = sk.v6only;
  sk.mapped = nameMapped() ? 1 : 0;
  if (sk.family == AF_INET6 && address && !sk.mapped) sk.v6only = 1;
  error = portBind(sk, address, port);
  if (error) {
    sk.v6only = v6only;
    sk.mapped = 0;
  }
  return error;
}

/** The name of the socket, or of its peer, to NAME: its length, −ENOTCONN. */
export function inetName(socket: Socket, ofPeer: bool): i64 {
  const sk = inetOf(socket);
  if (!ofPeer) return nameSet(sk.family, sk.address, sk.port, sk.mapped != 0);
  if (!sk.peerPort || sk.state == CLOSED || sk.state == SYN_SENT) return -ENOTCONN;
  return nameSet(sk.family, sk.peerAddress, sk.peerPort, false);
}

/** SIOCINQ: bytes of the stream, or of the next message; −EINVAL when listening. */
export function inetInq(sk: InetSock): i64 {
  if (sk.state == LISTENING) return -EINVAL;
  const first = queueFirst(sk);
  if (sk.type != SOCK_STREAM) return first ? <i64>first.size : 0;
  const beforeMark = sk.urgentSeq - sk.readSeq;
  return sk.urgent && !(sk.flags & SF_OOB_INLINE) && beforeMark < sk.inq ? beforeMark : sk.inq;
}

// ── connections ─────────────────────────────────────────────────────────────────────

export function inetListen(socket: Socket, backlog: u32): i64 {
  const sk = inetOf(socket);
  if (sk.type != SOCK_STREAM) return -EOPNOTSUPP;
  if (sk.state != CLOSED && sk.state != LISTENING) return -EINVAL;
  const error = autobindPort(sk, 0);
  if (error) return error;
  if (sk.state == CLOSED && portListened(sk)) return -EADDRINUSE;
  sk.backlog = backlog;
  sk.state = LISTENING;
  sk.shutdown = 0;
  callersConnect(sk);
  return 0;
}

/** What both ends of a new connection have. */
function connected(sk: InetSock, peer: InetSock): void {
  socketHold(peer);
  const old = sk.peer;
  sk.peer = peer;
  if (old) socketDrop(old);
  sk.state = ESTABLISHED;
  sk.peerAddress = peer.address;
  sk.peerPort = peer.port;
  if (sk.sndbuf == TCP_SNDBUF) sk.sndbuf = TCP_SNDBUF_CONNECTED;
}

/** The handshake with a listener that has room: 0 or −errno. */
function establish(sk: InetSock, listener: InetSock): i64 {
  const made = inetNew(listener.family, SOCK_STREAM, listener.protocol);
  if (!made) return -ENOMEM;
  const skb = skbNew(null, 1, streamTruesize(1));
  if (!skb) {
    socketDrop(made);
    return -ENOMEM;
  }
  made.embryo = 1;
  made.address = sk.peerAddress;
  made.port = listener.port;
  made.v6only = listener.v6only;
  made.options = listener.options;
  made.flags = listener.flags;
  made.linger = listener.linger;
  made.sndbuf = listener.sndbuf;
  made.rcvbuf = listener.rcvbuf;
  made.nodelay = listener.nodelay;
  made.keepIdle = listener.keepIdle;
  made.keepInterval = listener.keepInterval;
  made.keepCount = listener.keepCount;
  connected(sk, made);
  connected(made, sk);
  // The queue's reference is the one that accept gives to the file.
  socketHold(made);
  skb.embryo = made;
  queueAppend(listener, skb);
  socketDataReady(listener);
  return 0;
}

/** Room was made: those that wait are connected, in their order. */
function callersConnect(listener: InetSock): void {
  const list = callersOf(listener);
  while (!list.empty && listener.queued <= listener.backlog) {
    const sk = changetype<InetSock>(changetype<usize>(list.next) - offsetof<InetSock>("waitNext"));
    callerLink(sk).unlink();
    if (establish(sk, listener)) return;
    socketStateChange(sk);
    socketAsync(sk, POLL_OUT);
  }
}

/** The answer to a connection is a RST. */
function refuse(sk: InetSock): void {
  sk.state = CLOSED;
  sk.error = ECONNREFUSED;
  sk.shutdown = SHUT_BOTH;
}

/** The listener is gone. */
function callersRefuse(listener: InetSock): void {
  const list = callersOf(listener);
  while (!list.empty) {
    const sk = changetype<InetSock>(changetype<usize>(list.next) - offsetof<InetSock>("waitNext"));
    callerLink(sk).unlink();
    refuse(sk);
    socketErrorReport(sk);
    socketStateChange(sk);
  }
}

/** connect(2) to the address in NAME. */
export function inetConnect(socket: Socket, length: u32, nonblock: bool): i64 {
  const sk = inetOf(socket);
  if (length < 2) return -EINVAL;
  if (nameFamily() == AF_UNSPEC) return disconnect(sk);
  return sk.type == SOCK_STREAM ? connectStream(sk, length, nonblock) : connectDatagram(sk, length);
}

/** The address in NAME that the socket is to be connected to, or −errno; the socket gets an address of its own. */
function connectTo(sk: InetSock, length: u32): i64 {
  // A datagram socket of IPv6 takes a name of IPv4.
  const family = sk.type == SOCK_DGRAM && nameFamily() == AF_INET ? <u32>AF_INET : sk.family;
  const wrong = nameCheck(family, length);
  if (wrong) return wrong;
  if (sk.v6only && (nameFamily() == AF_INET || nameMapped())) return nameFamily() == AF_INET ? -EAFNOSUPPORT : -ENETUNREACH;
  const address = nameRoute();
  if (address < 0) return address;
  const error = autobindPort(sk, sourceFor(ANY, <u32>address));
  if (error) return error;
  if (!sk.address) sk.address = sourceFor(ANY, <u32>address);
  return address;
}

/** inet_stream_connect(). */
function connectStream(sk: InetSock, length: u32, nonblock: bool): i64 {
  if (sk.connecting) return connectResult(sk, nonblock, EALREADY);
  if (sk.state != CLOSED) return -EISCONN;
  const address = connectTo(sk, length);
  if (address < 0) return address;
  const port = namePort();
  sk.shutdown = 0;
  sk.error = 0;
  sk.fin = 0;
  sk.peerAddress = <u32>address;
  sk.peerPort = port;
  sk.connecting = 1;
  const listener = portFind(sk, <u32>address, port, sk.address);
  if (!listener) refuse(sk);
  else if (listener.queued <= listener.backlog) {
    const failed = establish(sk, listener);
    if (failed) return failed;
  } else {
    sk.state = SYN_SENT;
    sk.listener = <u32>changetype<usize>(listener);
    callerLink(sk).append(callersOf(listener));
  }
  // The answer of the other end is handled after the call has looked at the state.
  return nonblock ? -EINPROGRESS : connectResult(sk, nonblock, EINPROGRESS);
}

/** What has become of a connection that was begun; it is waited for. */
function connectResult(sk: InetSock, nonblock: bool, pending: i32): i64 {
  if (sk.state == SYN_SENT) {
    if (nonblock || !sk.sndTimeout) return -pending;
    waitOn(socketWriters(sk));
    const r = socketBlock(sk.sndTimeout);
    return r == -EAGAIN ? -EINPROGRESS : r;
  }
  sk.connecting = 0;
  if (sk.state == CLOSED) {
    const error = socketError(sk);
    sk.shutdown = 0;
    return error ? error : -ECONNABORTED;
  }
  return 0;
}

function connectDatagram(sk: InetSock, length: u32): i64 {
  const address = connectTo(sk, length);
  if (address < 0) return address;
  sk.peerAddress = <u32>address;
  sk.peerPort = namePort();
  sk.state = ESTABLISHED;
  return 0;
}

/** connect(2) with AF_UNSPEC. */
function disconnect(sk: InetSock): i64 {
  if (sk.type == SOCK_STREAM) endConnection(sk);
  sk.state = CLOSED;
  sk.connecting = 0;
  sk.peerAddress = 0;
  sk.peerPort = 0;
  sk.shutdown = 0;
  sk.error = 0;
  portRemove(sk);
  sk.port = 0;
  sk.address = ANY;
  sk.mapped = 0;
  return 0;
}

/** accept(2): the new socket (its reference passes to the caller), −errno, BLOCKED. */
export function inetAccept(socket: Socket, nonblock: bool): i64 {
  const sk = inetOf(socket);
  if (sk.type != SOCK_STREAM) return -EOPNOTSUPP;
  if (sk.state != LISTENING) return -EINVAL;
  const skb = queueFirst(sk);
  if (!skb) {
    const timeout = nonblock ? 0 : sk.rcvTimeout;
    if (!timeout) return -EAGAIN;
    waitOn(socketReaders(sk), 0, WAIT_EXCLUSIVE);
    return socketBlock(timeout);
  }
  queueTake(sk, skb);
  const made = changetype<Socket>(changetype<usize>(skb.embryo));
  made.embryo = 0;
  skbFree(skb);
  callersConnect(sk);
  return <i64>changetype<usize>(made);
}

// ── the end ─────────────────────────────────────────────────────────────────────────

/** The other end gets a RST: tcp_reset(). */
export function inetReset(sk: InetSock): void {
  sk.error = sk.fin ? EPIPE : ECONNRESET;
  sk.state = CLOSED;
  sk.shutdown = SHUT_BOTH;
  socketErrorReport(sk);
  socketStateChange(sk);
}

/** The other end gets a FIN. */
function finish(sk: InetSock): void {
  sk.fin = 1;
  sk.shutdown |= SHUT_RECEIVE;
  socketStateChange(sk);
  // As tcp_fin() and tcp_data_queue() do, both.
  socketAsyncData(sk, sk.shutdown == SHUT_BOTH ? POLL_HUP : POLL_IN);
  socketAsyncData(sk, POLL_IN);
}

/** What this end sent is on its way; what it did not read makes the end a hard one (RFC 2525, 2.17). */
function endConnection(sk: InetSock): void {
  callerLink(sk).unlink();
  const peer = sk.peer;
  const hard = queueFirst(sk) != null || (sk.flags & SF_LINGER && !sk.linger);
  queueEnd(sk);
  if (!peer) return;
  sk.peer = null;
  if (!peer.dead && peer.peer === sk && peer.state == ESTABLISHED) {
    if (hard) inetReset(peer);
    else if (!(sk.shutdown & SHUT_SEND)) finish(peer);
    if (peer.shutdown & SHUT_SEND) peer.state = CLOSED;
  }
  socketDrop(peer);
}

function queueEnd(sk: InetSock): void {
  for (let skb: Skb | null = queueFirst(sk); skb; skb = queueFirst(sk)) {
    queueTake(sk, skb);
    const waiting = skb.embryo;
    if (waiting) embryoEnd(inetOf(waiting));
    skbFree(skb);
  }
  sk.inq = 0;
}

/** A connection that nobody accepted. */
function embryoEnd(sk: InetSock): void {
  sk.dead = 1;
  const peer = sk.peer;
  sk.peer = null;
  if (peer) {
    if (!peer.dead) inetReset(peer);
    socketDrop(peer);
  }
  queueEnd(sk);
  socketDrop(sk);
}

/** The socket's file is closed. */
export function inetRelease(socket: Socket): void {
  const sk = inetOf(socket);
  portRemove(sk);
  sk.dead = 1;
  sk.file = 0;
  if (sk.state == LISTENING) callersRefuse(sk);
  sk.state = sk.state == LISTENING ? CLOSED : sk.state;
  endConnection(sk);
  sk.shutdown = SHUT_BOTH;
  sk.state = CLOSED;
  socketDrop(sk);
}

/** shutdown(2): how is 1 (receive), 2 (send) or 3; inet_shutdown(). */
export function inetShutdown(socket: Socket, how: u32): i64 {
  const sk = inetOf(socket);
  if (sk.state == LISTENING) {
    if (!(how & SHUT_RECEIVE)) return 0;
    callersRefuse(sk);
    queueEnd(sk);
    sk.state = CLOSED;
    socketStateChange(sk);
    return 0;
  }
  if (sk.state != ESTABLISHED) {
    sk.shutdown |= how;
    return -ENOTCONN;
  }
  const peer = sk.peer;
  if (how & SHUT_SEND && !(sk.shutdown & SHUT_SEND) && peer && !peer.dead && peer.peer === sk) finish(peer);
  sk.shutdown |= how;
  // Both ends have said their last.
  if (sk.fin && sk.shutdown & SHUT_SEND) {
    sk.state = CLOSED;
    if (peer) peer.state = CLOSED;
  }
  socketStateChange(sk);
  return 0;
}
