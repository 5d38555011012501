// setsockopt(2) and getsockopt(2) at the levels of IPv4 and TCP. ip(7), tcp(7).
import { EFAULT, EINVAL, ENOPROTOOPT } from "../abi/errno";
import { IPPROTO_IP, IPPROTO_TCP, IP_TOS, IP_TTL, SOCK_STREAM, TCP_CORK, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_MAXSEG, TCP_NODELAY } from "../abi/socket";
import { copyOut, getUser32, putUser32, userValue } from "../mm/usercopy";
import { InetSock, inetOf } from "./inet";
import { ESTABLISHED, Socket } from "./socket";

/** The limits of TCP_KEEPIDLE, TCP_KEEPINTVL (seconds) and TCP_KEEPCNT. */
const MOST_SECONDS: u32 = 32767;
const MOST_PROBES: u32 = 127;
/** MSS before and after connecting over lo, whose packets may have 65,536 bytes. */
const DEFAULT_MSS: u32 = 536;
const LOOPBACK_MSS: u32 = 65483;

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

export function inetSetOption(socket: Socket, level: i32, name: u32, from: u64, length: i32): i64 {
  const sk = inetOf(socket);
  if (level != IPPROTO_IP && (level != IPPROTO_TCP || sk.type != SOCK_STREAM)) return -ENOPROTOOPT;
  if (length < 4) return -EINVAL;
  if (!getUser32(from)) return -EFAULT;
  return level == IPPROTO_IP ? setIp(sk, name, <u32>userValue) : setTcp(sk, name, <u32>userValue);
}

const VALUE = memory.data(4, 4);
const NONE: i64 = -1;

function valueOf(sk: InetSock, level: i32, name: u32): i64 {
  if (level == IPPROTO_IP) return name == IP_TOS ? sk.tos : name == IP_TTL ? <i64>sk.ttl : NONE;
  if (level != IPPROTO_TCP || sk.type != SOCK_STREAM) return NONE;
  switch (name) {
    case TCP_NODELAY: return sk.nodelay;
    case TCP_CORK: return sk.cork;
    case TCP_MAXSEG: return sk.state == ESTABLISHED ? LOOPBACK_MSS : DEFAULT_MSS;
    case TCP_KEEPIDLE: return sk.keepIdle;
    case TCP_KEEPINTVL: return sk.keepInterval;
    case TCP_KEEPCNT: return sk.keepCount;
    default: return NONE;
  }
}

export function inetGetOption(socket: Socket, level: i32, name: u32, to: u64, lengthAt: u64): i64 {
  if (!getUser32(lengthAt)) return -EFAULT;
  const room = <i32>userValue;
  if (room < 0) return -EINVAL;
  const value = valueOf(inetOf(socket), level, name);
  if (value == NONE) return -ENOPROTOOPT;
  const n = min<i32>(room, 4);
  store<u32>(VALUE, <u32>value);
  return putUser32(lengthAt, n) && copyOut(to, VALUE, n) ? 0 : -EFAULT;
}
