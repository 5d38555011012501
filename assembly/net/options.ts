// setsockopt(2) and getsockopt(2) at level SOL_SOCKET; socket(7), unix(7). Kernel: net/core/sock.c sk_setsockopt().
import { EACCES, EDOM, EFAULT, EINVAL, ENODATA, ENODEV, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPERM, ERANGE } from "../abi/errno";
import {
  AF_UNIX, SO_ACCEPTCONN, SO_BINDTODEVICE, SO_BPF_EXTENSIONS, SO_BROADCAST, SO_BSDCOMPAT, SO_BUF_LOCK, SO_COOKIE, SO_DEBUG, SO_DOMAIN, SO_DONTROUTE, SO_ERROR, SO_GET_FILTER,
  SO_INCOMING_CPU, SO_KEEPALIVE, SO_LINGER, SO_MARK, SO_MAX_PACING_RATE, SO_NO_CHECK, SO_OOBINLINE, SO_PASSCRED, SO_PASSSEC, SO_PEEK_OFF, SO_PEERCRED,
  SO_PEERGROUPS, SO_PEERNAME, SO_PRIORITY, SO_PROTOCOL, SO_RCVBUF, SO_RCVBUFFORCE, SO_RCVLOWAT, SO_RCVTIMEO, SO_RCVTIMEO_NEW, SO_REUSEADDR, SO_REUSEPORT,
  SO_SELECT_ERR_QUEUE, SO_SNDBUF, SO_SNDBUFFORCE, SO_SNDLOWAT, SO_SNDTIMEO, SO_SNDTIMEO_NEW, SO_TIMESTAMP, SO_TIMESTAMPING, SO_TIMESTAMPNS, SO_TYPE,
  SO_NOFCS, SO_RXQ_OVFL, SO_LOCK_FILTER, SO_MEMINFO, SO_BUSY_POLL, SO_ZEROCOPY, SOCK_STREAM,
} from "../abi/socket";
import { pidfdNew } from "../fs/pidfd";
import { copyIn, copyOut, getUser32, putUser32, userValue } from "../mm/usercopy";
import { current } from "../task/task";
import { familyName } from "./family";
import { NAME } from "./message";
import {
  FOREVER, LISTENING, PASS_CRED, PASS_PIDFD, PASS_RIGHTS, PASS_SEC, SF_INQ, SF_LINGER, SF_OOB_INLINE, SYSCTL_RMEM_MAX, SYSCTL_WMEM_MAX, Socket, socketCookie,
  socketError, socketWriteSpace, sysctl,
} from "./socket";

// Newer than the C headers.
const SO_PASSPIDFD: u32 = 76;
const SO_PEERPIDFD: u32 = 77;
const SO_PASSRIGHTS: u32 = 83;
const SO_INQ: u32 = 84;

const CAP_NET_ADMIN: u64 = 1 << 12;
const CAP_NET_RAW: u64 = 1 << 13;
/** SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF. */
const MIN_SNDBUF: u32 = 4608;
const MIN_RCVBUF: u32 = 2304;

// @ts-ignore: decorator
@inline
function can(caps: u64): bool {
  return (current.cred.capEffective & caps) != 0;
}

function pass(sk: Socket, bit: u32, on: bool): i64 {
  if (sk.family != AF_UNIX) return -EOPNOTSUPP;
  sk.passes = on ? sk.passes | bit : sk.passes & ~bit;
  return 0;
}

function flag(sk: Socket, bit: u32, on: bool): i64 {
  sk.flags = on ? sk.flags | bit : sk.flags & ~bit;
  return 0;
}

function kept(sk: Socket, name: u32, on: bool): i64 {
  const bit = <u64>1 << name;
  sk.options = on ? sk.options | bit : sk.options & ~bit;
  return 0;
}

/** Twice what was asked for, as Linux reckons with its own overhead. */
function doubled(value: i32, least: u32): u32 {
  return max<u32>(<u32>min<i32>(value, i32.MAX_VALUE / 2) * 2, least);
}

function setSendBuffer(sk: Socket, value: u32): i64 {
  sk.sndbuf = doubled(<i32>value, MIN_SNDBUF);
  socketWriteSpace(sk);
  return 0;
}

const VALUE = memory.data(256, 8);

/** struct timeval to ns; −EDOM. */
function setTimeout(sk: Socket, from: u64, length: i32, sending: bool): i64 {
  if (length < 16) return -EINVAL;
  if (!copyIn(VALUE, from, 16)) return -EFAULT;
  const seconds = load<i64>(VALUE);
  const micros = load<i64>(VALUE, 8);
  if (micros < 0 || micros >= 1_000_000) return -EDOM;
  let ns: u64 = FOREVER;
  if (seconds < 0) ns = 0;
  else if ((seconds || micros) && seconds < 9_000_000_000) ns = <u64>seconds * 1_000_000_000 + <u64>micros * 1000;
  if (sending) sk.sndTimeout = ns;
  else sk.rcvTimeout = ns;
  return 0;
}

function setLinger(sk: Socket, from: u64, length: i32): i64 {
  if (length < 8) return -EINVAL;
  if (!copyIn(VALUE, from, 8)) return -EFAULT;
  sk.linger = load<u32>(VALUE, 4);
  return flag(sk, SF_LINGER, load<u32>(VALUE) != 0);
}

/** The loopback is the only device: to be bound to it changes nothing. */
function bindToDevice(from: u64, length: i32): i64 {
  if (length < 0) return -EINVAL;
  const n = min<i32>(length, 15);
  memory.fill(VALUE, 0, 16);
  if (!copyIn(VALUE, from, n)) return -EFAULT;
  if (!load<u8>(VALUE)) return 0;
  return load<u16>(VALUE) == 0x6f6c && !load<u8>(VALUE, 2) ? 0 : -ENODEV;
}

/** setsockopt(2) with level SOL_SOCKET. */
export function optionSet(sk: Socket, name: u32, from: u64, length: i32): i64 {
  if (name == SO_BINDTODEVICE) return bindToDevice(from, length);
  if (length < 4) return -EINVAL;
  if (!getUser32(from)) return -EFAULT;
  const value = <u32>userValue;
  const on = value != 0;
  switch (name) {
    case SO_DEBUG: return on && !can(CAP_NET_ADMIN) ? -EACCES : kept(sk, name, on);
    case SO_REUSEPORT: if (on && sk.family == AF_UNIX) return -EOPNOTSUPP;
    case SO_REUSEADDR:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_NO_CHECK:
    case SO_RXQ_OVFL:
    case SO_NOFCS:
    case SO_SELECT_ERR_QUEUE:
    case SO_TIMESTAMP:
    case SO_TIMESTAMPNS: return kept(sk, name, on);
    case SO_BSDCOMPAT: return 0;
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ERROR: return -ENOPROTOOPT;
    case SO_SNDBUF: return setSendBuffer(sk, min(value, sysctl(SYSCTL_WMEM_MAX)));
    case SO_SNDBUFFORCE: return can(CAP_NET_ADMIN) ? setSendBuffer(sk, <u32>max<i32>(<i32>value, 0)) : -EPERM;
    case SO_RCVBUF: sk.rcvbuf = doubled(<i32>min(value, sysctl(SYSCTL_RMEM_MAX)), MIN_RCVBUF); return 0;
    case SO_RCVBUFFORCE:
      if (!can(CAP_NET_ADMIN)) return -EPERM;
      sk.rcvbuf = doubled(max<i32>(<i32>value, 0), MIN_RCVBUF);
      return 0;
    case SO_OOBINLINE: return flag(sk, SF_OOB_INLINE, on);
    case SO_PRIORITY:
      if (value > 6 && !can(CAP_NET_RAW | CAP_NET_ADMIN)) return -EPERM;
      sk.priority = value;
      return 0;
    case SO_LINGER: return setLinger(sk, from, length);
    case SO_PASSCRED: return pass(sk, PASS_CRED, on);
    case SO_PASSSEC: return pass(sk, PASS_SEC, on);
    case SO_PASSPIDFD: return pass(sk, PASS_PIDFD, on);
    case SO_PASSRIGHTS: return pass(sk, PASS_RIGHTS, on);
    case SO_RCVLOWAT: sk.rcvlowat = <i32>value < 0 ? i32.MAX_VALUE : max<u32>(value, 1); return 0;
    case SO_RCVTIMEO:
    case SO_RCVTIMEO_NEW: return setTimeout(sk, from, length, false);
    case SO_SNDTIMEO:
    case SO_SNDTIMEO_NEW: return setTimeout(sk, from, length, true);
    case SO_MARK:
      if (!can(CAP_NET_RAW | CAP_NET_ADMIN)) return -EPERM;
      sk.mark = value;
      return 0;
    case SO_PEEK_OFF:
      if (sk.family != AF_UNIX) return -EOPNOTSUPP;
      sk.peekOffset = <i32>value;
      return 0;
    case SO_INQ:
      if (sk.family != AF_UNIX) return -ENOPROTOOPT;
      return sk.type != SOCK_STREAM || value > 1 ? -EINVAL : flag(sk, SF_INQ, on);
    case SO_ZEROCOPY: return sk.family == AF_UNIX ? -EOPNOTSUPP : kept(sk, name, on);
    default: return -ENOPROTOOPT;
  }
}

// ── asking ──────────────────────────────────────────────────────────────────────────

/** Copies an answer of `have` bytes at VALUE out, cut to what there is room for. */
function answer(to: u64, lengthAt: u64, room: i32, have: u32): i64 {
  const n = min<u32>(<u32>room, have);
  if (!copyOut(to, VALUE, n) || !putUser32(lengthAt, n)) return -EFAULT;
  return 0;
}

/** Whether an option is one that is only kept or always 0. */
function plainOption(sk: Socket, name: u32): bool {
  switch (name) {
    case SO_DEBUG:
    case SO_REUSEADDR:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_NO_CHECK:
    case SO_BSDCOMPAT:
    case SO_REUSEPORT:
    case SO_TIMESTAMP:
    case SO_TIMESTAMPNS:
    case SO_TIMESTAMPING:
    case SO_RXQ_OVFL:
    case SO_NOFCS:
    case SO_LOCK_FILTER:
    case SO_SELECT_ERR_QUEUE:
    case SO_BUSY_POLL:
    case SO_ZEROCOPY: return true;
    default: return false;
  }
}

/** The value of an option that is an int, in intValue; false = there is no such option. */
let intValue: i32 = 0;

function intOption(sk: Socket, name: u32): bool {
  if (plainOption(sk, name)) {
    intValue = <i32>((sk.options >> name) & 1);
    return true;
  }
  switch (name) {
    case SO_TYPE: intValue = sk.type; return true;
    case SO_ERROR: intValue = -socketError(sk); return true;
    case SO_SNDBUF: intValue = sk.sndbuf; return true;
    case SO_RCVBUF: intValue = sk.rcvbuf; return true;
    case SO_OOBINLINE: intValue = sk.flags & SF_OOB_INLINE ? 1 : 0; return true;
    case SO_PRIORITY: intValue = sk.priority; return true;
    case SO_PASSCRED: intValue = sk.passes & PASS_CRED ? 1 : 0; return true;
    case SO_PASSSEC: intValue = sk.passes & PASS_SEC ? 1 : 0; return true;
    case SO_PASSPIDFD: intValue = sk.passes & PASS_PIDFD ? 1 : 0; return true;
    case SO_PASSRIGHTS: intValue = sk.passes & PASS_RIGHTS ? 1 : 0; return true;
    case SO_RCVLOWAT: intValue = sk.rcvlowat; return true;
    case SO_SNDLOWAT: intValue = 1; return true;
    case SO_ACCEPTCONN: intValue = sk.state == LISTENING ? 1 : 0; return true;
    case SO_MARK: intValue = sk.mark; return true;
    case SO_PROTOCOL: intValue = sk.protocol; return true;
    case SO_DOMAIN: intValue = sk.family; return true;
    case SO_PEEK_OFF: intValue = sk.peekOffset; return true;
    case SO_MAX_PACING_RATE: intValue = -1; return true;
    case SO_BPF_EXTENSIONS: intValue = 64; return true;
    case SO_INCOMING_CPU: intValue = -1; return true;
    case SO_BUF_LOCK: intValue = 0; return true;
    default: return false;
  }
}

function timeoutOut(ns: u64): u32 {
  const set = ns != FOREVER;
  store<u64>(VALUE, set ? ns / 1_000_000_000 : 0);
  store<u64>(VALUE, set ? (ns % 1_000_000_000) / 1000 : 0, 8);
  return 16;
}

/** getsockopt(2) with level SOL_SOCKET. */
export function optionGet(sk: Socket, name: u32, to: u64, lengthAt: u64): i64 {
  if (!getUser32(lengthAt)) return -EFAULT;
  const room = <i32>userValue;
  if (room < 0) return -EINVAL;
  if (intOption(sk, name)) {
    store<i32>(VALUE, intValue);
    return answer(to, lengthAt, room, 4);
  }
  switch (name) {
    case SO_LINGER:
      store<u32>(VALUE, sk.flags & SF_LINGER ? 1 : 0);
      store<u32>(VALUE, sk.linger, 4);
      return answer(to, lengthAt, room, 8);
    case SO_RCVTIMEO:
    case SO_RCVTIMEO_NEW: return answer(to, lengthAt, room, timeoutOut(sk.rcvTimeout));
    case SO_SNDTIMEO:
    case SO_SNDTIMEO_NEW: return answer(to, lengthAt, room, timeoutOut(sk.sndTimeout));
    case SO_PEERCRED: return peerCredentials(sk, to, lengthAt, room);
    case SO_PEERGROUPS: return peerGroups(sk, to, lengthAt, room);
    case SO_PEERPIDFD: {
      const group = sk.peerGroup;
      if (!group) return -ENODATA;
      const fd = pidfdNew(group, 0);
      if (fd < 0) return fd;
      store<i32>(VALUE, fd);
      return answer(to, lengthAt, room, 4);
    }
    case SO_PEERNAME: {
      const n = familyName(sk, true);
      if (n < 0) return -ENOTCONN;
      if (<i32>n < room) return -EINVAL;
      memory.copy(VALUE, NAME, <usize>n);
      return copyOut(to, VALUE, room) && putUser32(lengthAt, room) ? 0 : -EFAULT;
    }
    case SO_COOKIE:
      if (room < 8) return -EINVAL;
      store<u64>(VALUE, socketCookie(sk));
      return answer(to, lengthAt, room, 8);
    case SO_BINDTODEVICE:
    case SO_GET_FILTER: return putUser32(lengthAt, 0) ? 0 : -EFAULT;
    case SO_MEMINFO:
      memory.fill(VALUE, 0, 36);
      store<u32>(VALUE, sk.rmem);
      store<u32>(VALUE, sk.rcvbuf, 4);
      store<u32>(VALUE, sk.wmem, 8);
      store<u32>(VALUE, sk.sndbuf, 12);
      return answer(to, lengthAt, room, 36);
    default: return -ENOPROTOOPT;
  }
}

/** struct ucred of who connected or listened. */
function peerCredentials(sk: Socket, to: u64, lengthAt: u64, room: i32): i64 {
  const cred = sk.peerCred;
  const group = sk.peerGroup;
  store<i32>(VALUE, group ? group.pid : 0);
  store<u32>(VALUE, cred ? cred.euid : u32.MAX_VALUE, 4);
  store<u32>(VALUE, cred ? cred.egid : u32.MAX_VALUE, 8);
  return answer(to, lengthAt, room, 12);
}

function peerGroups(sk: Socket, to: u64, lengthAt: u64, room: i32): i64 {
  const cred = sk.peerCred;
  if (!cred) return -ENODATA;
  const bytes = cred.groupCount << 2;
  if (<u32>room < bytes) return putUser32(lengthAt, bytes) ? -ERANGE : -EFAULT;
  return copyOut(to, cred.groups, bytes) && putUser32(lengthAt, bytes) ? 0 : -EFAULT;
}
