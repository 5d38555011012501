// Netlink sockets, as far as the kernel speaks to them: what mq_notify(3) needs for SIGEV_THREAD. Nothing answers yet
// what is sent to the kernel. netlink(7); kernel: net/netlink/af_netlink.c.
import { EADDRINUSE, EAGAIN, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from "../abi/errno";
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { AF_NETLINK, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_RAW } from "../abi/socket";
import { Link } from "../lib/list";
import { current } from "../task/task";
import { WAIT_EXCLUSIVE, waitOn } from "../task/wait";
import { NAME, message, messageOut } from "./message";
import { Skb, queueAppend, queueFirst, queuePurge, queueTake, skbData, skbFree } from "./skb";
import { Socket, socketAlloc, socketBlock, socketDataReady, socketDrop, socketError, socketInit, socketPollWait, socketReaders } from "./socket";

const NETLINK_ROUTE: i32 = 0;
/** sizeof(struct sockaddr_nl): u16 family, u16, u32 port, u32 groups. */
const NAME_BYTES: u32 = 12;

@unmanaged
export class NetlinkSock extends Socket {
  /** All of them. */
  allNext: u32;
  allPrev: u32;
  /** Its address, 0 = not bound. */
  port: u32;
}

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
  if (protocol != NETLINK_ROUTE) return -EPROTONOSUPPORT;
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

function portTaken(port: u32): bool {
  const list = all();
  for (let link = list.next; link !== list; link = link.next) {
    if (changetype<NetlinkSock>(changetype<usize>(link) - offsetof<NetlinkSock>("allNext")).port == port) return true;
  }
  return false;
}

/** The first socket of a process has its pid as address, later ones numbers from the top; netlink_autobind(). */
function autobind(sk: NetlinkSock): void {
  let port = <u32>current.group.pid;
  for (let rover: u32 = <u32>-4097; portTaken(port); rover--) port = rover;
  sk.port = port;
}

export function netlinkBind(socket: Socket, length: u32): i64 {
  const sk = netlinkOf(socket);
  if (length < NAME_BYTES || load<u16>(NAME) != <u16>AF_NETLINK) return -EINVAL;
  const port = load<u32>(NAME, 4);
  if (load<u32>(NAME, 8)) return -EOPNOTSUPP;
  if (sk.port) return sk.port == port ? 0 : -EINVAL;
  if (!port) autobind(sk);
  else if (portTaken(port)) return -EADDRINUSE;
  else sk.port = port;
  return 0;
}

function nameOf(port: u32): i64 {
  memory.fill(NAME, 0, NAME_BYTES);
  store<u16>(NAME, <u16>AF_NETLINK);
  store<u32>(NAME, port, 4);
  return NAME_BYTES;
}

export function netlinkName(sk: Socket, ofPeer: bool): i64 {
  return nameOf(ofPeer ? 0 : netlinkOf(sk).port);
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
  if (m.wantsName) m.nameLength = <u32>nameOf(0);
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
