// Socket addresses, message headers and control messages.
import type { Call } from "./call.ts";
import { address, flags, hex, one, quote, u32, View } from "./values.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const SUN_PATH = 2;

function port(v: View): string {
  return `htons(${(v.u8(2) << 8) | v.u8(3)})`;
}

/** IPv6 text with the longest run of zeros cut, RFC 5952; as inet_ntop(3) writes it. */
export function ipv6Text(bytes: Uint8Array): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push((bytes[i] << 8) | bytes[i + 1]);
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && words[j] === 0) j++;
    if (j - i > bestLength) {
      best = i;
      bestLength = j - i;
    }
  }
  const v4 = best === 0 && (bestLength === 6 || (bestLength === 5 && words[5] === 0xffff));
  if (v4) return `::${bestLength === 5 ? "ffff:" : ""}${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
  const hexWords = (list: number[]) => list.map((w) => w.toString(16)).join(":");
  if (best < 0) return hexWords(words);
  return `${hexWords(words.slice(0, best))}::${hexWords(words.slice(best + bestLength))}`;
}

function unixPath(v: View, len: number): string {
  if (len <= SUN_PATH) return "";
  const path = v.bytes.subarray(SUN_PATH, len);
  if (path[0] === 0) return `, sun_path=@${quote(path.subarray(1))}`;
  const end = path.indexOf(0);
  return `, sun_path=${quote(end < 0 ? path : path.subarray(0, end))}`;
}

/** A socket address of `len` bytes; what is too short for its family is printed as raw data. */
export function socketAddress(c: Call, addr: bigint, len: number): string {
  if (addr === 0n) return "NULL";
  if (len < 2 || len > 0xffff) return address(addr);
  const view = c.view(addr, Math.min(len, 128));
  if (!view) return address(addr);
  const family = view.u16(0);
  const name = one("af", BigInt(family));
  if (family === AF_UNIX) return `{sa_family=${name}${unixPath(view, Math.min(len, 110))}}`;
  if (family === AF_INET && len >= 16) {
    return `{sa_family=${name}, sin_port=${port(view)}, sin_addr=inet_addr("${[4, 5, 6, 7].map((i) => view.u8(i)).join(".")}")}`;
  }
  if (family === AF_INET6 && len >= 24) {
    const flow = `htonl(${((view.u8(4) << 24) | (view.u8(5) << 16) | (view.u8(6) << 8) | view.u8(7)) >>> 0})`;
    const host = `inet_pton(AF_INET6, "${ipv6Text(view.bytes.subarray(8, 24))}", &sin6_addr)`;
    return `{sa_family=${name}, sin6_port=${port(view)}, sin6_flowinfo=${flow}, ${host}, sin6_scope_id=${len >= 28 ? view.u32(24) : 0}}`;
  }
  if (family === AF_NETLINK && len >= 12) return `{sa_family=${name}, nl_pid=${view.i32(4)}, nl_groups=${groups(view.u32(8))}}`;
  return `{sa_family=${name}, sa_data=${quote(view.bytes.subarray(2, Math.min(len, 16)))}}`;
}

function groups(n: number): string {
  return n === 0 ? "00000000" : "0x" + n.toString(16).padStart(8, "0");
}

function controlData(type: number, level: number, body: View): string {
  if (level === 1 && type === 1) {
    const fds: number[] = [];
    for (let i = 0; i + 4 <= body.bytes.length; i += 4) fds.push(body.i32(i));
    return `, cmsg_data=[${fds.join(", ")}]`;
  }
  if (level === 1 && type === 2 && body.bytes.length >= 12) {
    return `, cmsg_data={pid=${body.i32(0)}, uid=${body.u32(4)}, gid=${body.u32(8)}}`;
  }
  return `, cmsg_data=${quote(body.bytes)}`;
}

function controlMessages(c: Call, addr: bigint, len: bigint): string {
  const view = len > 4096n ? null : c.view(addr, Number(len));
  if (!view) return address(addr);
  const parts: string[] = [];
  for (let at = 0; at + 16 <= view.bytes.length; ) {
    const size = Number(view.u64(at));
    const level = view.i32(at + 8);
    const type = view.i32(at + 12);
    const typeName = level === 1 ? one("scm", BigInt(type)) : hex(type);
    let text = `{cmsg_len=${size}, cmsg_level=${one("sol", BigInt(level >>> 0))}, cmsg_type=${typeName}`;
    const end = Math.min(at + size, view.bytes.length);
    if (size > 16) text += controlData(type, level, new View(view.bytes.subarray(at + 16, end)));
    parts.push(text + "}");
    if (size < 16) break;
    at += (size + 7) & ~7;
  }
  return `[${parts.join(", ")}]`;
}

/** struct msghdr; `received` is how many bytes the kernel filled in, undefined for a message that is sent. */
export function messageHeader(c: Call, addr: bigint, received?: bigint, nameRoom?: number): string {
  const v = c.view(addr, 56);
  if (!v) return address(addr);
  const name = v.u64(0);
  const nameLength = v.u32(8);
  let text = `{msg_name=${socketAddress(c, name, nameRoom !== undefined ? Math.min(nameRoom, nameLength) : nameLength)}, msg_namelen=`;
  text += nameRoom !== undefined && nameRoom !== nameLength ? `${nameRoom} => ${nameLength}` : `${nameLength}`;
  text += `, msg_iov=${c.iovec(v.u64(16), v.u64(24), received)}, msg_iovlen=${v.u64(24)}`;
  const controlLength = v.u64(40);
  if (controlLength !== 0n) text += `, msg_control=${controlMessages(c, v.u64(32), controlLength)}`;
  text += `, msg_controllen=${controlLength}, msg_flags=${flags("msg", BigInt(u32(BigInt(v.u32(48)))))}}`;
  return text;
}

/** msghdr of a failed recvmsg: only what the caller gave. */
export function messageHeaderShort(c: Call, addr: bigint, nameRoom: number): string {
  const v = c.view(addr, 56);
  return v ? `{msg_namelen=${nameRoom}}` : address(addr);
}
