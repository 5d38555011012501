// NETLINK_SOCK_DIAG: sockets of the machine as ss(8) asks for them. sock_diag(7); kernel: net/core/sock_diag.c,
// net/ipv4/inet_diag.c, net/unix/diag.c.
import { CAP_NET_ADMIN } from "../abi/capability";
import { EINVAL, ENOENT, EOPNOTSUPP, ESTALE } from "../abi/errno";
import {
  INET_DIAG_CLASS_ID, INET_DIAG_CONG, INET_DIAG_INFO, INET_DIAG_MARK, INET_DIAG_MEMINFO, INET_DIAG_SHUTDOWN, INET_DIAG_SKMEMINFO, INET_DIAG_SKV6ONLY, INET_DIAG_TCLASS, INET_DIAG_TOS, NLM_F_DUMP, NLM_F_MULTI,
  SOCK_DIAG_BY_FAMILY, UDIAG_SHOW_ICONS, UDIAG_SHOW_MEMINFO, UDIAG_SHOW_NAME, UDIAG_SHOW_PEER, UDIAG_SHOW_RQLEN, UDIAG_SHOW_UID, UDIAG_SHOW_VFS, UNIX_DIAG_ICONS, UNIX_DIAG_MEMINFO, UNIX_DIAG_NAME,
  UNIX_DIAG_PEER, UNIX_DIAG_RQLEN, UNIX_DIAG_SHUTDOWN, UNIX_DIAG_UID, UNIX_DIAG_VFS,
} from "../abi/netlink";
import { AF_INET, AF_INET6, AF_MAX, AF_UNIX, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, SOCK_STREAM } from "../abi/socket";
import { Link } from "../lib/list";
import { capable } from "../task/cred";
import { InetSock } from "./inet";
import { TCP_INFO_BYTES, inetAddressPut, inetAll, inetInode, inetListed, inetOfAllLink, inetReadQueue, inetState, tcpInfo } from "./inetstate";
import { NetlinkSock } from "./netlink";
import { NLMSG_HEAD, attribute, attribute32, attribute8, messageBegin, messageEnd, replyDone, replySend } from "./nlmsg";
import { Skb, queueFirst, queueNext } from "./skb";
import { CLOSED, LISTENING, Socket, socketCookie } from "./socket";
import { UnixSock, unixAll, unixOf, unixOfAllLink } from "./unix";
import { UnixName } from "./unixname";

/** struct inet_diag_req_v2, inet_diag_msg; unix_diag_req, unix_diag_msg. */
const INET_REQUEST: u32 = 56;
const INET_MESSAGE: u32 = 72;
const UNIX_REQUEST: u32 = 24;
const UNIX_MESSAGE: u32 = 16;
/** struct inet_diag_sockid in both: ports, addresses, device, cookie. */
const ID_REQUEST: usize = 8;
const ID_MESSAGE: usize = 4;
const ANY_COOKIE: u64 = u64.MAX_VALUE;

/** Nine words of sk_get_meminfo(). */
function memoryPut(to: usize, sk: Socket): void {
  store<u32>(to, sk.rmem);
  store<u32>(to, sk.rcvbuf, 4);
  store<u32>(to, sk.wmem, 8);
  store<u32>(to, sk.sndbuf, 12);
}
const MEMORY_BYTES: u32 = 36;

// ── TCP and UDP ─────────────────────────────────────────────────────────────────────

function asks(extensions: u32, what: u32): bool {
  return ((extensions >> (what - 1)) & 1) != 0;
}

/** inet_sk_diag_fill(), inet_diag_msg_attrs_fill(). */
function inetMessage(to: NetlinkSock, request: usize, sk: InetSock, flags: u32): void {
  const extensions = <u32>load<u8>(request + NLMSG_HEAD, 2);
  const stream = sk.type == SOCK_STREAM;
  const at = messageBegin(request, SOCK_DIAG_BY_FAMILY, flags, to.port, INET_MESSAGE);
  store<u8>(at, <u8>sk.family);
  store<u8>(at, <u8>inetState(sk), 1);
  store<u16>(at, bswap<u16>(<u16>sk.port), 4);
  store<u16>(at, bswap<u16>(<u16>sk.peerPort), 6);
  inetAddressPut(at + 8, sk.family, sk.address, sk.mapped != 0);
  inetAddressPut(at + 24, sk.family, sk.peerPort ? sk.peerAddress : 0, false);
  store<u64>(at + 44, socketCookie(sk));
  store<u32>(at, inetReadQueue(sk), 56);
  store<u32>(at, stream ? (sk.state == LISTENING ? sk.backlog : 0) : sk.wmem, 60);
  store<u32>(at, sk.uid, 64);
  store<u32>(at, <u32>inetInode(sk), 68);
  attribute8(INET_DIAG_SHUTDOWN, sk.shutdown);
  if (asks(extensions, INET_DIAG_TOS)) attribute8(INET_DIAG_TOS, sk.tos);
  if (sk.family == AF_INET6) {
    if (asks(extensions, INET_DIAG_TCLASS)) attribute8(INET_DIAG_TCLASS, sk.tclass);
    if (sk.state == LISTENING || sk.state == CLOSED) attribute8(INET_DIAG_SKV6ONLY, sk.v6only);
  }
  if (capable(CAP_NET_ADMIN)) attribute32(INET_DIAG_MARK, sk.mark);
  if (asks(extensions, INET_DIAG_TCLASS)) attribute32(INET_DIAG_CLASS_ID, sk.priority);
  if (asks(extensions, INET_DIAG_MEMINFO)) {
    const memory = attribute(INET_DIAG_MEMINFO, 16);
    store<u32>(memory, sk.rmem);
    store<u32>(memory, sk.wmem, 12);
  }
  if (asks(extensions, INET_DIAG_SKMEMINFO)) memoryPut(attribute(INET_DIAG_SKMEMINFO, MEMORY_BYTES), sk);
  if (stream && asks(extensions, INET_DIAG_INFO)) tcpInfo(sk, attribute(INET_DIAG_INFO, TCP_INFO_BYTES));
  if (stream && asks(extensions, INET_DIAG_CONG)) store<u64>(attribute(INET_DIAG_CONG, 6), 0x6369627563); // "cubic"
  messageEnd();
  replySend(to);
}

function isOf(sk: InetSock, family: u32, protocol: u32): bool {
  return sk.family == family && sk.protocol == protocol && inetListed(sk);
}

/** A dump leaves out other states and, where the request names them, other ports; inet_diag_dump_icsk(). */
function inetDump(to: NetlinkSock, request: usize, family: u32, protocol: u32): i32 {
  const asked = request + NLMSG_HEAD;
  const states = load<u32>(asked, 4);
  const port = <u32>bswap<u16>(load<u16>(asked + ID_REQUEST));
  const peerPort = <u32>bswap<u16>(load<u16>(asked + ID_REQUEST, 2));
  const all = inetAll();
  for (let round = 0; round < 2; round++) {
    for (let link = all.next; link !== all; link = link.next) {
      const sk = inetOfAllLink(link);
      if (!isOf(sk, family, protocol) || (sk.state == LISTENING) != (round == 0)) continue;
      if (!((states >> inetState(sk)) & 1) || (port && sk.port != port) || (peerPort && sk.peerPort != peerPort)) continue;
      inetMessage(to, request, sk, NLM_F_MULTI);
    }
  }
  replyDone(to, request);
  return 0;
}

const ID = memory.data(36, 8);

/** The one socket with these addresses; inet_diag_find_one_icsk(). */
function inetOne(to: NetlinkSock, request: usize, family: u32, protocol: u32): i32 {
  const id = request + NLMSG_HEAD + ID_REQUEST;
  const all = inetAll();
  for (let link = all.next; link !== all; link = link.next) {
    const sk = inetOfAllLink(link);
    if (!isOf(sk, family, protocol)) continue;
    store<u16>(ID, bswap<u16>(<u16>sk.port));
    store<u16>(ID, bswap<u16>(<u16>sk.peerPort), 2);
    inetAddressPut(ID + 4, family, sk.address, sk.mapped != 0);
    inetAddressPut(ID + 20, family, sk.peerPort ? sk.peerAddress : 0, false);
    if (memory.compare(ID, id, 36)) continue;
    const cookie = load<u64>(id + 40);
    if (cookie != ANY_COOKIE && cookie != socketCookie(sk)) return -ESTALE;
    inetMessage(to, request, sk, 0);
    return 0;
  }
  return -ENOENT;
}

function inetRequest(to: NetlinkSock, request: usize, family: u32, dump: bool): i32 {
  if (load<u32>(request) < NLMSG_HEAD + INET_REQUEST) return -EINVAL;
  const protocol = <u32>load<u8>(request + NLMSG_HEAD, 1);
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_UDPLITE) {
    if (!dump) return -ENOENT;
    replyDone(to, request);
    return 0;
  }
  return dump ? inetDump(to, request, family, protocol) : inetOne(to, request, family, protocol);
}

// ── Unix sockets ────────────────────────────────────────────────────────────────────

function unixInode(sk: UnixSock): u32 {
  return sk.embryo || sk.dead ? 0 : <u32>sk.ino;
}

function waitingConnections(sk: UnixSock): void {
  if (sk.state != LISTENING) return;
  const to = attribute(UNIX_DIAG_ICONS, sk.queued << 2);
  let skb: Skb | null = queueFirst(sk);
  for (let i: usize = 0; skb; i++) {
    const waiting = skb.embryo;
    const peer = waiting ? unixOf(waiting).peer : null;
    store<u32>(to + (i << 2), peer ? unixInode(peer) : 0);
    skb = queueNext(sk, skb);
  }
}

/** sk_diag_fill() of net/unix/diag.c. */
function unixMessage(to: NetlinkSock, request: usize, sk: UnixSock, flags: u32): void {
  const show = load<u32>(request + NLMSG_HEAD, 12);
  const at = messageBegin(request, SOCK_DIAG_BY_FAMILY, flags, to.port, UNIX_MESSAGE);
  store<u8>(at, <u8>AF_UNIX);
  store<u8>(at, <u8>sk.type, 1);
  store<u8>(at, <u8>sk.state, 2);
  store<u32>(at, unixInode(sk), 4);
  store<u64>(at + 8, socketCookie(sk));
  const name = sk.name;
  if (show & UDIAG_SHOW_NAME && name) {
    const length = name.length - 2;
    memory.copy(attribute(UNIX_DIAG_NAME, length), changetype<usize>(name) + offsetof<UnixName>() + 2, length);
  }
  if (show & UDIAG_SHOW_VFS && name && name.ino) {
    const place = attribute(UNIX_DIAG_VFS, 8);
    store<u32>(place, name.ino);
    store<u32>(place, name.dev, 4);
  }
  const peer = sk.peer;
  if (show & UDIAG_SHOW_PEER && peer) attribute32(UNIX_DIAG_PEER, unixInode(peer));
  if (show & UDIAG_SHOW_ICONS) waitingConnections(sk);
  if (show & UDIAG_SHOW_RQLEN) {
    const lengths = attribute(UNIX_DIAG_RQLEN, 8);
    const listens = sk.state == LISTENING;
    store<u32>(lengths, listens ? sk.queued : sk.type == SOCK_STREAM ? sk.inq : firstSize(sk));
    store<u32>(lengths, listens ? sk.backlog : sk.wmem, 4);
  }
  if (show & UDIAG_SHOW_MEMINFO) memoryPut(attribute(UNIX_DIAG_MEMINFO, MEMORY_BYTES), sk);
  attribute8(UNIX_DIAG_SHUTDOWN, sk.shutdown);
  if (show & UDIAG_SHOW_UID) attribute32(UNIX_DIAG_UID, sk.uid);
  messageEnd();
  replySend(to);
}

function firstSize(sk: UnixSock): u32 {
  const first = queueFirst(sk);
  return first ? first.size : 0;
}

function unixDump(to: NetlinkSock, request: usize): i32 {
  const states = load<u32>(request + NLMSG_HEAD, 4);
  const all = unixAll();
  for (let link: Link = all.next; link !== all; link = link.next) {
    const sk = unixOfAllLink(link);
    if (!sk.dead && (states >> sk.state) & 1) unixMessage(to, request, sk, NLM_F_MULTI);
  }
  replyDone(to, request);
  return 0;
}

function unixOne(to: NetlinkSock, request: usize): i32 {
  const ino = load<u32>(request + NLMSG_HEAD, 8);
  if (!ino) return -EINVAL;
  const all = unixAll();
  for (let link: Link = all.next; link !== all; link = link.next) {
    const sk = unixOfAllLink(link);
    if (sk.dead || unixInode(sk) != ino) continue;
    const cookie = load<u64>(request + NLMSG_HEAD + 16);
    if (cookie != ANY_COOKIE && cookie != socketCookie(sk)) return -ESTALE;
    unixMessage(to, request, sk, 0);
    return 0;
  }
  return -ENOENT;
}

/** One request: 0 or −errno, which the sender is told. sock_diag_rcv_msg(). */
export function diagRequest(to: NetlinkSock, request: usize): i32 {
  if (load<u16>(request, 4) != SOCK_DIAG_BY_FAMILY) return -EOPNOTSUPP;
  const length = load<u32>(request);
  if (length < NLMSG_HEAD + 2) return -EINVAL;
  const family = <u32>load<u8>(request + NLMSG_HEAD);
  const dump = (load<u16>(request, 6) & NLM_F_DUMP) == NLM_F_DUMP;
  if (family >= <u32>AF_MAX) return -EINVAL;
  switch (family) {
    case AF_INET:
    case AF_INET6: return inetRequest(to, request, family, dump);
    case AF_UNIX:
      if (length < NLMSG_HEAD + UNIX_REQUEST) return -EINVAL;
      return dump ? unixDump(to, request) : unixOne(to, request);
    default: return -ENOENT;
  }
}
