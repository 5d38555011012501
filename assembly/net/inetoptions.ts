// setsockopt(2) and getsockopt(2) at the levels of IPv4, IPv6, TCP and UDP. ip(7), ipv6(7), tcp(7).
import { EFAULT, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from "../abi/errno";
import { AF_INET, AF_INET6, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPV6_MTU, IPV6_TCLASS, IPV6_UNICAST_HOPS, IPV6_V6ONLY, IP_MTU, IP_TOS, IP_TTL, SOCK_STREAM, TCP_CORK, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_INFO, TCP_KEEPINTVL, TCP_MAXSEG, TCP_NODELAY } from "../abi/socket";
import { copyOut, getUser32, putUser32, userValue } from "../mm/usercopy";
import { DEFAULT_TTL, InetSock, inetOf } from "./inet";
import { TCP_INFO_BYTES, tcpInfo } from "./inetstate";
import { ESTABLISHED, Socket } from "./socket";

/** The limits of TCP_KEEPIDLE, TCP_KEEPINTVL (seconds) and TCP_KEEPCNT. */
const MOST_SECONDS: u32 = 32767;
const MOST_PROBES: u32 = 127;
/** MSS before and after connecting over lo, whose packets may have 65,536 bytes. */
const DEFAULT_MSS: u32 = 536;
const LOOPBACK_MSS: u32 = 65483;
const LOOPBACK_MTU: u32 = 65536;

function setIp(sk: InetSock, name: u32, value: u32): i64 {
  switch (name) {
    case IP_TOS: sk.tos = value & 0xff; return 0;
    case IP_TTL:
      if (value != u32.MAX_VALUE && (value < 1 || value > 255)) return -EINVAL;
      sk.ttl = value == u32.MAX_VALUE ? 64 : value;
      return 0;
    default: return -ENOPROTOOPT;
  }
}

function setTcp(sk: InetSock, name: u32, value: u32): i64 {
  switch (name) {
    case TCP_NODELAY: sk.nodelay = value ? 1 : 0; return 0;
    case TCP_CORK: sk.cork = value ? 1 : 0; return 0;
    case TCP_KEEPIDLE:
      if (value < 1 || value > MOST_SECONDS) return -EINVAL;
      sk.keepIdle = value;
      return 0;
    case TCP_KEEPINTVL:
      if (value < 1 || value > MOST_SECONDS) return -EINVAL;
      sk.keepInterval = value;
      return 0;
    case TCP_KEEPCNT:
      if (value < 1 || value > MOST_PROBES) return -EINVAL;
      sk.keepCount = value;
      return 0;
    default: return -ENOPROTOOPT;
  }
}

function setIpv6(sk: InetSock, name: u32, value: i32): i64 {
  switch (name) {
    case IPV6_V6ONLY:
      if (sk.port) return -EINVAL;
      sk.v6only = value ? 1 : 0;
      return 0;
    case IPV6_TCLASS:
      if (value < -1 || value > 255) return -EINVAL;
      sk.tclass = value == -1 ? 0 : value;
      return 0;
    case IPV6_UNICAST_HOPS:
      if (value < -1 || value > 255) return -EINVAL;
      sk.hops = value == -1 ? DEFAULT_TTL : value;
      return 0;
    default: return -ENOPROTOOPT;
  }
}

/** Whether the socket has options of the level: a socket of IPv6 has those of IPv4 too. */
function hasLevel(sk: InetSock, level: i32): bool {
  switch (level) {
    case IPPROTO_IP: return true;
    case IPPROTO_IPV6: return sk.family == AF_INET6;
    case IPPROTO_TCP: return sk.type == SOCK_STREAM;
    default: return false;
  }
}

export function inetSetOption(socket: Socket, level: i32, name: u32, from: u64, length: i32): i64 {
  const sk = inetOf(socket);
  if (!hasLevel(sk, level)) return -ENOPROTOOPT;
  if (length < 4) return -EINVAL;
  if (!getUser32(from)) return -EFAULT;
  switch (level) {
    case IPPROTO_IP: return setIp(sk, name, <u32>userValue);
    case IPPROTO_IPV6: return setIpv6(sk, name, <i32>userValue);
    default: return setTcp(sk, name, <u32>userValue);
  }
}

const VALUE = memory.data(4, 4);
const INFO = memory.data(280, 8);

/** IP_MTU and IPV6_MTU, of the way to the other end. */
function mtuOf(sk: InetSock): i64 {
  return sk.state == ESTABLISHED ? LOOPBACK_MTU : -ENOTCONN;
}

function ipValue(sk: InetSock, name: u32): i64 {
  switch (name) {
    case IP_TOS: return sk.tos;
    case IP_TTL: return sk.ttl;
    case IP_MTU: return mtuOf(sk);
    default: return -ENOPROTOOPT;
  }
}

function ipv6Value(sk: InetSock, name: u32): i64 {
  switch (name) {
    case IPV6_V6ONLY: return sk.v6only;
    case IPV6_TCLASS: return sk.tclass;
    case IPV6_UNICAST_HOPS: return sk.hops;
    case IPV6_MTU: return mtuOf(sk);
    default: return -ENOPROTOOPT;
  }
}

/** An option's value, or −errno. */
function valueOf(sk: InetSock, level: i32, name: u32): i64 {
  if (!hasLevel(sk, level)) return sk.family == AF_INET ? -EOPNOTSUPP : -ENOPROTOOPT;
  if (level == IPPROTO_IP) return ipValue(sk, name);
  if (level == IPPROTO_IPV6) return ipv6Value(sk, name);
  switch (name) {
    case TCP_NODELAY: return sk.nodelay;
    case TCP_CORK: return sk.cork;
    case TCP_MAXSEG: return sk.state == ESTABLISHED ? LOOPBACK_MSS : DEFAULT_MSS;
    case TCP_KEEPIDLE: return sk.keepIdle;
    case TCP_KEEPINTVL: return sk.keepInterval;
    case TCP_KEEPCNT: return sk.keepCount;
    default: return -ENOPROTOOPT;
  }
}

export function inetGetOption(socket: Socket, level: i32, name: u32, to: u64, lengthAt: u64): i64 {
  if (!getUser32(lengthAt)) return -EFAULT;
  const room = <i32>userValue;
  if (room < 0) return -EINVAL;
  if (level == IPPROTO_TCP && name == TCP_INFO && socket.type == SOCK_STREAM) {
    const most = min<i32>(room, TCP_INFO_BYTES);
    tcpInfo(inetOf(socket), INFO);
    return putUser32(lengthAt, most) && copyOut(to, INFO, most) ? 0 : -EFAULT;
  }
  const value = valueOf(inetOf(socket), level, name);
  if (value < 0) return value;
  const n = min<i32>(room, 4);
  store<u32>(VALUE, <u32>value);
  return putUser32(lengthAt, n) && copyOut(to, VALUE, n) ? 0 : -EFAULT;
}
