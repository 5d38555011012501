// Netlink sockets between processes and the kernel: requests go to the protocol's own file, replies and mq_notify(3)'s
// SIGEV_THREAD messages are received. netlink(7); kernel: net/netlink/af_netlink.c.
import { CAP_NET_ADMIN } from "../abi/capability";
import { EADDRINUSE, EAGAIN, ECONNREFUSED, EFAULT, EINVAL, EMSGSIZE, ENOBUFS, ENOMEM, ENOPROTOOPT, EOPNOTSUPP, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from "../abi/errno";
import {
  NETLINK_ADD_MEMBERSHIP, NETLINK_BROADCAST_ERROR, NETLINK_CAP_ACK, NETLINK_DROP_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_NO_ENOBUFS, NETLINK_PKTINFO, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NLMSG_MIN_TYPE, NLM_F_REQUEST,
} from "../abi/netlink";
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { AF_NETLINK, AF_UNSPEC, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_RAW, SOL_NETLINK } from "../abi/socket";
import { Link } from "../lib/list";
import { kfree, kmalloc } from "../mm/kmalloc";
import { getUser32, putUser32, userValue } from "../mm/usercopy";
import { capable } from "../task/cred";
import { current } from "../task/task";
import { WAIT_EXCLUSIVE, waitOn } from "../task/wait";
import { NAME, message, messageIn, messageOut } from "./message";
import { NLMSG_HEAD, aligned, replyError, replyReset, wantsAck } from "./nlmsg";
import { diagRequest } from "./sockdiag";
import { routeRequest } from "./rtnetlink";
import { Skb, queueAppend, queueFirst, queuePurge, queueTake, skbData, skbFree } from "./skb";
import { Socket, socketAlloc, socketBlock, socketDataReady, socketDrop, socketError, socketInit, socketPollWait, socketReaders } from "./socket";

/** sizeof(struct sockaddr_nl): u16 family, u16, u32 port, u32 groups. */
const NAME_BYTES: u32 = 12;

@unmanaged
export class NetlinkSock extends Socket {
  /** All of them. */
  allNext: u32;
  allPrev: u32;
  /** Its address, 0 = not bound; the one that it is connected to. */
  port: u32;
  peer: u32;
  /** Multicast groups, as a mask; options by number. */
  groups: u32;
  settings: u32;
}

/** Groups that a mask holds (NETLINK_ROUTE has a few more). */
const GROUPS: u32 = 32;

const ALL = memory.data(8, 8);

function all(): Link {
  const list = changetype<Link>(ALL);
  if (!load<u32>(ALL)) list.reset();
  return list;
}

// @ts-ignore: decorator
@inline
function netlinkOf(sk: Socket): NetlinkSock {
  return changetype<NetlinkSock>(changetype<usize>(sk));
}

// @ts-ignore: decorator
@inline
function linkOf(sk: NetlinkSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<NetlinkSock>("allNext"));
}

export function netlinkCreate(type: u32, protocol: i32): i64 {
  if (type != SOCK_RAW && type != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  if (protocol != NETLINK_ROUTE && protocol != NETLINK_SOCK_DIAG) return -EPROTONOSUPPORT;
  const sk = changetype<NetlinkSock>(socketAlloc(offsetof<NetlinkSock>()));
  if (!changetype<usize>(sk)) return -ENOMEM;
  socketInit(sk, AF_NETLINK, type, protocol);
  linkOf(sk).append(all());
  return <i64>changetype<usize>(sk);
}

export function netlinkDestroy(sk: Socket): void {
  queuePurge(sk);
  linkOf(netlinkOf(sk)).unlink();
}

export function netlinkRelease(sk: Socket): void {
  sk.dead = 1;
  queuePurge(sk);
  socketDrop(sk);
}

/** Each protocol has addresses of its own. */
function portTaken(protocol: u32, port: u32): bool {
  const list = all();
  for (let link = list.next; link !== list; link = link.next) {
    const other = changetype<NetlinkSock>(changetype<usize>(link) - offsetof<NetlinkSock>("allNext"));
    if (other.port == port && other.protocol == protocol) return true;
  }
  return false;
}

/** The first socket of a process has its pid as address, later ones numbers from the top; netlink_autobind(). */
function autobind(sk: NetlinkSock): void {
  let port = <u32>current.group.pid;
  for (let rover: u32 = <u32>-4097; portTaken(sk.protocol, port); rover--) port = rover;
  sk.port = port;
}

export function netlinkBind(socket: Socket, length: u32): i64 {
  const sk = netlinkOf(socket);
  if (length < NAME_BYTES || load<u16>(NAME) != <u16>AF_NETLINK) return -EINVAL;
  const port = load<u32>(NAME, 4);
  // Nothing is ever sent to a group of NETLINK_ROUTE: the one device stays as it is.
  sk.groups = load<u32>(NAME, 8);
  if (sk.port) return sk.port == port ? 0 : -EINVAL;
  if (!port) autobind(sk);
  else if (portTaken(sk.protocol, port)) return -EADDRINUSE;
  else sk.port = port;
  return 0;
}

/** connect(2): where send(2) goes. */
export function netlinkConnect(socket: Socket, length: u32): i64 {
  const sk = netlinkOf(socket);
  if (length < 2) return -EINVAL;
  if (load<u16>(NAME) == AF_UNSPEC) {
    sk.peer = 0;
    return 0;
  }
  if (load<u16>(NAME) != <u16>AF_NETLINK || length < NAME_BYTES) return -EINVAL;
  if (load<u32>(NAME, 4) && !capable(CAP_NET_ADMIN)) return -EPERM;
  if (!sk.port) autobind(sk);
  sk.peer = load<u32>(NAME, 4);
  return 0;
}

/** Sends the message in progress, to the kernel: netlink_sendmsg(). */
export function netlinkSend(socket: Socket, flags: u32): i64 {
  const sk = netlinkOf(socket);
  const m = message();
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  let to = sk.peer;
  if (m.nameLength) {
    if (m.nameLength < NAME_BYTES || load<u16>(NAME) != <u16>AF_NETLINK) return -EINVAL;
    to = load<u32>(NAME, 4);
    if ((to || load<u32>(NAME, 8)) && !capable(CAP_NET_ADMIN)) return -EPERM;
  }
  if (!sk.port) autobind(sk);
  if (m.left > <u64>sk.sndbuf - 32) return -EMSGSIZE;
  // No process is spoken to.
  if (to) return -ECONNREFUSED;
  const length = <u32>m.left;
  const bytes = kmalloc(length + NLMSG_HEAD);
  if (!bytes) return -ENOBUFS;
  if (!messageIn(m, bytes, length)) {
    kfree(bytes);
    return -EFAULT;
  }
  requests(sk, bytes, length);
  kfree(bytes);
  return length;
}

/** Every request of a message: netlink_rcv_skb(). */
function requests(sk: NetlinkSock, at: usize, left: u32): void {
  replyReset();
  while (left >= NLMSG_HEAD) {
    const length = load<u32>(at);
    if (length < NLMSG_HEAD || length > left) return;
    let error: i32 = 0;
    if (load<u16>(at, 6) & NLM_F_REQUEST && load<u16>(at, 4) >= NLMSG_MIN_TYPE) error = sk.protocol == NETLINK_SOCK_DIAG ? diagRequest(sk, at) : routeRequest(sk, at);
    if (error || wantsAck(at)) replyError(sk, at, error, ((sk.settings >> NETLINK_CAP_ACK) & 1) != 0);
    const whole = aligned(length);
    if (whole >= left) return;
    at += whole;
    left -= whole;
  }
}

/** setsockopt(2) at SOL_NETLINK. */
export function netlinkSetOption(socket: Socket, level: i32, name: u32, from: u64, length: i32): i64 {
  const sk = netlinkOf(socket);
  if (level != SOL_NETLINK) return -ENOPROTOOPT;
  if (length >= 4 && !getUser32(from)) return -EFAULT;
  const value = length >= 4 ? <u32>userValue : 0;
  switch (name) {
    case NETLINK_ADD_MEMBERSHIP:
    case NETLINK_DROP_MEMBERSHIP: {
      if (!value || value > GROUPS) return -EINVAL;
      const bit: u32 = 1 << (value - 1);
      sk.groups = name == NETLINK_ADD_MEMBERSHIP ? sk.groups | bit : sk.groups & ~bit;
      return 0;
    }
    case NETLINK_PKTINFO:
    case NETLINK_BROADCAST_ERROR:
    case NETLINK_NO_ENOBUFS:
    case NETLINK_CAP_ACK:
    case NETLINK_EXT_ACK:
    case NETLINK_GET_STRICT_CHK: {
      const bit: u32 = 1 << name;
      sk.settings = value ? sk.settings | bit : sk.settings & ~bit;
      return 0;
    }
    default: return -ENOPROTOOPT;
  }
}

export function netlinkGetOption(socket: Socket, level: i32, name: u32, to: u64, lengthAt: u64): i64 {
  if (level != SOL_NETLINK) return -ENOPROTOOPT;
  if (!getUser32(lengthAt)) return -EFAULT;
  if (<i32>userValue < 0) return -EINVAL;
  switch (name) {
    case NETLINK_PKTINFO:
    case NETLINK_BROADCAST_ERROR:
    case NETLINK_NO_ENOBUFS:
    case NETLINK_CAP_ACK:
    case NETLINK_EXT_ACK:
    case NETLINK_GET_STRICT_CHK:
      if (<i32>userValue < 4) return -EINVAL;
      return putUser32(lengthAt, 4) && putUser32(to, (netlinkOf(socket).settings >> name) & 1) ? 0 : -EFAULT;
    default: return -ENOPROTOOPT;
  }
}

function nameOf(port: u32, groups: u32): i64 {
  memory.fill(NAME, 0, NAME_BYTES);
  store<u16>(NAME, <u16>AF_NETLINK);
  store<u32>(NAME, port, 4);
  store<u32>(NAME, groups, 8);
  return NAME_BYTES;
}

export function netlinkName(sk: Socket, ofPeer: bool): i64 {
  return ofPeer ? nameOf(netlinkOf(sk).peer, 0) : nameOf(netlinkOf(sk).port, netlinkOf(sk).groups);
}

/** The kernel gives the socket a message, which belongs to it from now on. */
export function netlinkDeliver(sk: Socket, skb: Skb): void {
  if (sk.dead) {
    skbFree(skb);
    return;
  }
  queueAppend(sk, skb);
  socketDataReady(sk);
}

/** Receives into the message in progress; netlink_recvmsg(). */
export function netlinkReceive(sk: Socket, flags: u32): i64 {
  const m = message();
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  if (sk.error) return socketError(sk);
  const skb = queueFirst(sk);
  if (!skb) {
    const timeout = flags & MSG_DONTWAIT ? 0 : sk.rcvTimeout;
    if (!timeout) return -EAGAIN;
    waitOn(socketReaders(sk), 0, WAIT_EXCLUSIVE);
    return socketBlock(timeout);
  }
  const n = <u32>min<u64>(m.left, skb.size);
  if (n < skb.size) m.flags |= MSG_TRUNC;
  if (m.wantsName) m.nameLength = <u32>nameOf(0, 0);
  if (!(flags & MSG_PEEK)) queueTake(sk, skb);
  const whole = skb.size;
  const stored = messageOut(m, skbData(skb), n);
  if (!(flags & MSG_PEEK)) skbFree(skb);
  if (!stored) return -EFAULT;
  return flags & MSG_TRUNC ? whole : n;
}

export function netlinkPoll(sk: Socket, watch: bool): u32 {
  if (watch) socketPollWait(sk);
  let mask: u32 = POLLOUT | POLLWRNORM | POLLWRBAND;
  if (sk.error) mask |= POLLERR;
  if (queueFirst(sk)) mask |= POLLIN | POLLRDNORM;
  return mask;
}
