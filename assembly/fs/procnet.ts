// Files of /proc/net and /proc/sys/net. proc(5), unix(7), socket(7).
import { EFAULT, EINVAL, EPERM } from "../abi/errno";
import { text, textByte, textBytes, textDecimal, textNumber } from "../lib/text";
import { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from "../abi/socket";
import { procInet } from "./procinet";
import { ESTABLISHED, LISTENING, SYSCTL, SYSCTL_DGRAM_QLEN, SYSCTL_OPTMEM_MAX, SYSCTL_RMEM_DEFAULT, SYSCTL_RMEM_MAX, SYSCTL_SOMAXCONN, SYSCTL_WMEM_DEFAULT, SYSCTL_WMEM_MAX, sysctl } from "../net/socket";
import { UnixSock, unixAll, unixOfAllLink } from "../net/unix";
import { UnixName } from "../net/unixname";
import { numberNext, numbersIn, parsed } from "./procipc";

export const PROC_NET_UNIX: u32 = 144;
export const PROC_NET_SOMAXCONN: u32 = 145;
export const PROC_NET_RMEM_DEFAULT: u32 = 146;
export const PROC_NET_WMEM_DEFAULT: u32 = 147;
export const PROC_NET_RMEM_MAX: u32 = 148;
export const PROC_NET_WMEM_MAX: u32 = 149;
export const PROC_NET_OPTMEM_MAX: u32 = 150;
export const PROC_NET_DGRAM_QLEN: u32 = 151;
export const PROC_NET_FIRST: u32 = PROC_NET_UNIX;
/** Tables of sockets. */
export const PROC_NET_TCP: u32 = 152;
export const PROC_NET_TCP6: u32 = 153;
export const PROC_NET_UDP: u32 = 154;
export const PROC_NET_UDP6: u32 = 155;
export const PROC_NET_UDPLITE: u32 = 156;
export const PROC_NET_UDPLITE6: u32 = 157;
export const PROC_NET_LAST: u32 = PROC_NET_UDPLITE6;

/** What cannot be written. */
function isTable(what: u32): bool {
  return what == PROC_NET_UNIX || what >= PROC_NET_TCP;
}

/** Which limit of net/socket.ts a file shows. */
function limitOf(what: u32): usize {
  switch (what) {
    case PROC_NET_SOMAXCONN: return SYSCTL_SOMAXCONN;
    case PROC_NET_RMEM_DEFAULT: return SYSCTL_RMEM_DEFAULT;
    case PROC_NET_WMEM_DEFAULT: return SYSCTL_WMEM_DEFAULT;
    case PROC_NET_RMEM_MAX: return SYSCTL_RMEM_MAX;
    case PROC_NET_WMEM_MAX: return SYSCTL_WMEM_MAX;
    case PROC_NET_OPTMEM_MAX: return SYSCTL_OPTMEM_MAX;
    default: return SYSCTL_DGRAM_QLEN;
  }
}

export function netFileMode(what: u32): u32 {
  return isTable(what) ? 0x124 : 0x1a4;
}

export function netProduce(what: u32): void {
  switch (what) {
    case PROC_NET_TCP: procInet(AF_INET, IPPROTO_TCP); return;
    case PROC_NET_TCP6: procInet(AF_INET6, IPPROTO_TCP); return;
    case PROC_NET_UDP: procInet(AF_INET, IPPROTO_UDP); return;
    case PROC_NET_UDP6: procInet(AF_INET6, IPPROTO_UDP); return;
    case PROC_NET_UDPLITE: procInet(AF_INET, IPPROTO_UDPLITE); return;
    case PROC_NET_UDPLITE6: procInet(AF_INET6, IPPROTO_UDPLITE); return;
  }
  if (what != PROC_NET_UNIX) {
    textDecimal(sysctl(limitOf(what)));
    textByte(10);
    return;
  }
  text("Num       RefCount Protocol Flags    Type St Inode Path\n");
  const all = unixAll();
  for (let link = all.next; link !== all; link = link.next) unixLine(unixOfAllLink(link));
}

/** States of struct socket, include/uapi/linux/net.h. */
const SS_UNCONNECTED: u32 = 1;
const SS_CONNECTING: u32 = 2;
const SS_CONNECTED: u32 = 3;
const SS_DISCONNECTING: u32 = 4;
/** __SO_ACCEPTCON. */
const ACCEPTS: u32 = 1 << 16;

/** One line of /proc/net/unix: unix_seq_show(). */
function unixLine(sk: UnixSock): void {
  const waiting = sk.embryo || sk.dead;
  const connected = sk.state == ESTABLISHED;
  textNumber(changetype<usize>(sk), 16, 16, 48);
  text(": ");
  // The list of sockets counts as a reference there; a connection that waits is not held by its buffer, twice here.
  textNumber(sk.refs + 1 - (sk.embryo ? 2 : 0), 16, 8, 48);
  text(" 00000000 ");
  textNumber(sk.state == LISTENING ? ACCEPTS : 0, 16, 8, 48);
  textByte(32);
  textNumber(sk.type, 16, 4, 48);
  textByte(32);
  textNumber(waiting ? (connected ? SS_CONNECTING : SS_DISCONNECTING) : connected ? SS_CONNECTED : SS_UNCONNECTED, 16, 2, 48);
  textByte(32);
  textNumber(waiting ? 0 : sk.ino, 10, 5, 32);
  const name = sk.name;
  if (name) unixPath(name);
  textByte(10);
}

/** The name behind the family: a path ends at its NUL, an abstract one begins with @ and shows each NUL as one. */
function unixPath(name: UnixName): void {
  const at = changetype<usize>(name) + offsetof<UnixName>() + 2;
  let n = name.length - 2;
  textByte(32);
  if (load<u8>(at)) {
    textBytes(at, n - 1);
    return;
  }
  textByte(64);
  for (let i: u32 = 1; i < n; i++) textByte(load<u8>(at + i) ? load<u8>(at + i) : 64);
}

/** write(2) to a limit: bytes taken or −errno. Kernel: net/core/sysctl_net_core.c. */
export function netWrite(what: u32, pos: u64, from: u64, count: u64): i64 {
  if (isTable(what)) return -EPERM;
  if (pos || !count) return count;
  if (!numbersIn(from, count)) return -EFAULT;
  const found = numberNext();
  if (found <= 0) return found ? found : -EINVAL;
  let least: i64 = 0;
  if (what == PROC_NET_RMEM_DEFAULT || what == PROC_NET_RMEM_MAX) least = 2304;
  else if (what == PROC_NET_WMEM_DEFAULT || what == PROC_NET_WMEM_MAX) least = 4608;
  if (parsed < least || parsed > i32.MAX_VALUE) return -EINVAL;
  store<u32>(SYSCTL + limitOf(what), <u32>parsed);
  return count;
}
