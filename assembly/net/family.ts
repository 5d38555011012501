// What the address families do, chosen by the socket's family.
import { EAFNOSUPPORT, EINVAL, EOPNOTSUPP } from "../abi/errno";
import { AF_INET, AF_INET6, AF_MAX, AF_NETLINK, AF_UNIX, SOCK_STREAM } from "../abi/socket";
import { inetAccept, inetBind, inetConnect, inetCreate, inetDestroy, inetListen, inetName, inetRelease, inetShutdown } from "./inet";
import { inetGetOption, inetSetOption } from "./inetoptions";
import { scmDestroy, scmParse } from "./scm";
import { message } from "./message";
import { netlinkBind, netlinkConnect, netlinkCreate, netlinkDestroy, netlinkGetOption, netlinkName, netlinkPoll, netlinkReceive, netlinkRelease, netlinkSend, netlinkSetOption } from "./netlink";
import { Socket } from "./socket";
import { tcpPoll, tcpReceive, tcpSend, tcpWritable } from "./tcp";
import { udpPoll, udpReceive, udpSend } from "./udp";
import { unixAccept, unixBind, unixConnect, unixCreate, unixDestroy, unixListen, unixName, unixPair, unixPoll, unixRelease, unixShutdown, unixWritable } from "./unix";
import { datagramReceive, datagramSend } from "./unixdgram";
import { streamReceive, streamSend } from "./unixstream";

/** A new socket, or −errno. */
export function familyCreate(family: u32, type: u32, protocol: i32): i64 {
  if (family >= <u32>AF_MAX) return -EAFNOSUPPORT;
  if (type >= 11) return -EINVAL; // SOCK_MAX
  switch (family) {
    case AF_UNIX: return unixCreate(type, protocol);
    case AF_INET:
    case AF_INET6: return inetCreate(family, type, protocol);
    case AF_NETLINK: return netlinkCreate(type, protocol);
    default: return -EAFNOSUPPORT;
  }
}

/** Connects the two sockets of socketpair(2). */
export function familyPair(a: Socket, b: Socket): i64 {
  switch (a.family) {
    case AF_UNIX: unixPair(a, b); return 0;
    default: return -EOPNOTSUPP;
  }
}

/** The last reference to the socket is gone: what the family holds goes. */
export function familyDestroy(sk: Socket): void {
  switch (sk.family) {
    case AF_UNIX: unixDestroy(sk); return;
    case AF_INET:
    case AF_INET6: inetDestroy(sk); return;
    case AF_NETLINK: netlinkDestroy(sk); return;
  }
}

/** The socket's file is closed. */
export function familyRelease(sk: Socket): void {
  switch (sk.family) {
    case AF_UNIX: unixRelease(sk, false); return;
    case AF_INET:
    case AF_INET6: inetRelease(sk); return;
    case AF_NETLINK: netlinkRelease(sk); return;
  }
}

/** Binds to the address in NAME. */
export function familyBind(sk: Socket, length: u32): i64 {
  switch (sk.family) {
    case AF_UNIX: return unixBind(sk, length);
    case AF_INET:
    case AF_INET6: return inetBind(sk, length);
    case AF_NETLINK: return netlinkBind(sk, length);
    default: return -EOPNOTSUPP;
  }
}

export function familyListen(sk: Socket, backlog: u32): i64 {
  switch (sk.family) {
    case AF_UNIX: return unixListen(sk, backlog);
    case AF_INET:
    case AF_INET6: return inetListen(sk, backlog);
    default: return -EOPNOTSUPP;
  }
}

/** Connects to the address in NAME: 0, −errno, BLOCKED. */
export function familyConnect(sk: Socket, length: u32, nonblock: bool): i64 {
  switch (sk.family) {
    case AF_UNIX: return unixConnect(sk, length, nonblock);
    case AF_INET:
    case AF_INET6: return inetConnect(sk, length, nonblock);
    case AF_NETLINK: return netlinkConnect(sk, length);
    default: return -EOPNOTSUPP;
  }
}

/** The next connection (its reference is the caller's), −errno, BLOCKED. */
export function familyAccept(sk: Socket, nonblock: bool): i64 {
  switch (sk.family) {
    case AF_UNIX: return unixAccept(sk, nonblock);
    case AF_INET:
    case AF_INET6: return inetAccept(sk, nonblock);
    default: return -EOPNOTSUPP;
  }
}

/** The address of the socket or of its peer to NAME: its length or −errno. */
export function familyName(sk: Socket, ofPeer: bool): i64 {
  switch (sk.family) {
    case AF_UNIX: return unixName(sk, ofPeer);
    case AF_INET:
    case AF_INET6: return inetName(sk, ofPeer);
    case AF_NETLINK: return netlinkName(sk, ofPeer);
    default: return -EOPNOTSUPP;
  }
}

export function familyShutdown(sk: Socket, how: u32): i64 {
  switch (sk.family) {
    case AF_UNIX: return unixShutdown(sk, how);
    case AF_INET:
    case AF_INET6: return inetShutdown(sk, how);
    default: return -EOPNOTSUPP;
  }
}

/** Sends the message in progress: bytes, −errno, BLOCKED. */
export function familySend(sk: Socket, flags: u32): i64 {
  const error = scmParse(message(), sk);
  if (error) return error;
  let r: i64;
  switch (sk.family) {
    case AF_UNIX: r = sk.type == SOCK_STREAM ? streamSend(sk, flags) : datagramSend(sk, flags); break;
    case AF_INET:
    case AF_INET6: r = sk.type == SOCK_STREAM ? tcpSend(sk, flags) : udpSend(sk, flags); break;
    case AF_NETLINK: r = netlinkSend(sk, flags); break;
    default: r = -EOPNOTSUPP;
  }
  scmDestroy();
  return r;
}

/** Receives into the message in progress. */
export function familyReceive(sk: Socket, flags: u32): i64 {
  switch (sk.family) {
    case AF_UNIX: return sk.type == SOCK_STREAM ? streamReceive(sk, flags) : datagramReceive(sk, flags);
    case AF_INET:
    case AF_INET6: return sk.type == SOCK_STREAM ? tcpReceive(sk, flags) : udpReceive(sk, flags);
    case AF_NETLINK: return netlinkReceive(sk, flags);
    default: return -EOPNOTSUPP;
  }
}

export function familyPoll(sk: Socket, watch: bool): u32 {
  switch (sk.family) {
    case AF_UNIX: return unixPoll(sk, watch);
    case AF_INET:
    case AF_INET6: return sk.type == SOCK_STREAM ? tcpPoll(sk, watch) : udpPoll(sk, watch);
    case AF_NETLINK: return netlinkPoll(sk, watch);
    default: return 0;
  }
}

/** Whether writers that sleep may go on. */
export function familyWritable(sk: Socket): bool {
  switch (sk.family) {
    case AF_UNIX: return unixWritable(sk);
    case AF_INET:
    case AF_INET6: return sk.type != SOCK_STREAM || tcpWritable(sk);
    default: return true;
  }
}

/** setsockopt(2) at a level of the family's own. */
export function familySetOption(sk: Socket, level: i32, name: u32, from: u64, length: i32): i64 {
  switch (sk.family) {
    case AF_INET:
    case AF_INET6: return inetSetOption(sk, level, name, from, length);
    case AF_NETLINK: return netlinkSetOption(sk, level, name, from, length);
    default: return -EOPNOTSUPP;
  }
}

export function familyGetOption(sk: Socket, level: i32, name: u32, to: u64, lengthAt: u64): i64 {
  switch (sk.family) {
    case AF_INET:
    case AF_INET6: return inetGetOption(sk, level, name, to, lengthAt);
    case AF_NETLINK: return netlinkGetOption(sk, level, name, to, lengthAt);
    default: return -EOPNOTSUPP;
  }
}
