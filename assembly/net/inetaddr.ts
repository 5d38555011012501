// Addresses of the machine's own loopback, IPv4 and IPv6: struct sockaddr_in and sockaddr_in6 in NAME, as one number.
// An IPv4 address is itself in host order; of IPv6 there are ::, ::1 and IPv4-mapped addresses, which are the IPv4
// address. ip(7), ipv6(7).
import { EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENETUNREACH } from "../abi/errno";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../abi/socket";
import { NAME } from "./message";

export const ANY: u32 = 0;
export const LOOPBACK: u32 = 0x7f000001;
export const BROADCAST: u32 = 0xffffffff;
/** ::1. No socket has 0.0.0.1. */
export const LOOPBACK6: u32 = 1;
/** Addresses of IPv6 that this machine has no way to. */
const ELSEWHERE6: u32 = 2;
export const MULTICAST6: u32 = 3;

/** struct sockaddr_in; struct sockaddr_in6, and what of it RFC 2133 had (SIN6_LEN_RFC2133). */
export const SOCKADDR_IN: u32 = 16;
const SOCKADDR_IN6: u32 = 28;
export const SOCKADDR_IN6_LEAST: u32 = 24;

// @ts-ignore: decorator
@inline
export function nameFamily(): u32 {
  return load<u16>(NAME);
}

// @ts-ignore: decorator
@inline
export function namePort(): u32 {
  return bswap<u16>(load<u16>(NAME, 2));
}

/** Whether NAME holds ::ffff:a.b.c.d. */
export function nameMapped(): bool {
  return nameFamily() == AF_INET6 && !load<u64>(NAME, 8) && load<u32>(NAME, 16) == 0xffff0000;
}

/** The address in NAME. */
export function nameAddress(): u32 {
  if (nameFamily() != AF_INET6) return bswap<u32>(load<u32>(NAME, 4));
  if (load<u64>(NAME, 8)) return load<u8>(NAME, 8) == 0xff ? MULTICAST6 : ELSEWHERE6;
  const low = load<u64>(NAME, 16);
  if (!low) return ANY;
  if (low == bswap<u64>(1)) return LOOPBACK6;
  const four = bswap<u32>(<u32>(low >> 32));
  return <u32>low == 0xffff0000 && (!four || four > MULTICAST6) ? four : ELSEWHERE6;
}

/** Writes a name of the family to NAME; its length. `mapped`: any address is ::ffff:0.0.0.0. */
export function nameSet(family: u32, address: u32, port: u32, mapped: bool): u32 {
  memory.fill(NAME, 0, SOCKADDR_IN6);
  store<u16>(NAME, <u16>family);
  store<u16>(NAME, bswap<u16>(<u16>port), 2);
  if (family == AF_INET) {
    store<u32>(NAME, bswap<u32>(address), 4);
    return SOCKADDR_IN;
  }
  if (address == LOOPBACK6) store<u8>(NAME, 1, 23);
  else if (address || mapped) {
    store<u32>(NAME, 0xffff0000, 16);
    store<u32>(NAME, bswap<u32>(address), 20);
  }
  return SOCKADDR_IN6;
}

export function isLoopback(address: u32): bool {
  return address >> 24 == 127;
}

/** Where what is sent to NAME goes: an address of this machine (any address is its loopback), or −ENETUNREACH. */
export function nameRoute(): i64 {
  const six = nameFamily() == AF_INET6 && !nameMapped();
  const address = nameAddress();
  if (!address) return six ? LOOPBACK6 : LOOPBACK;
  return (six ? address == LOOPBACK6 : isLoopback(address)) ? <i64>address : -ENETUNREACH;
}

/** The other end of a socket that sends from `address`, or that has said nothing (0). */
export function sourceFor(address: u32, to: u32): u32 {
  if (to == LOOPBACK6) return LOOPBACK6;
  return isLoopback(address) ? address : LOOPBACK;
}

/** What connect(2) of a socket of `family` asks of NAME: 0 or −errno. */
export function nameCheck(family: u32, length: u32): i64 {
  if (length < (family == AF_INET ? SOCKADDR_IN : SOCKADDR_IN6_LEAST)) return -EINVAL;
  return nameFamily() == family ? 0 : -EAFNOSUPPORT;
}

/** What bind(2) asks of NAME before it looks at the port: inet_bind(), inet6_bind(). */
export function nameBindCheck(family: u32, length: u32, stream: bool): i64 {
  if (family == AF_INET6) {
    const error = nameCheck(family, length);
    return !error && stream && nameAddress() == MULTICAST6 ? -EINVAL : error;
  }
  if (length < SOCKADDR_IN) return -EINVAL;
  const address = nameAddress();
  // AF_UNSPEC with INADDR_ANY is taken for old programs.
  if (nameFamily() != AF_INET && (nameFamily() != AF_UNSPEC || address)) return -EAFNOSUPPORT;
  return nameLocal(stream);
}

/** Whether a socket may have the address in NAME: 0 or −EADDRNOTAVAIL. */
export function nameLocal(stream: bool): i64 {
  const address = nameAddress();
  if (!address || isLoopback(address)) return 0;
  if (nameFamily() == AF_INET6 && !nameMapped()) return address == LOOPBACK6 ? 0 : -EADDRNOTAVAIL;
  return !stream && address == BROADCAST ? 0 : -EADDRNOTAVAIL;
}
