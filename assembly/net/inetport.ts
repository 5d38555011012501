// Ports of TCP and UDP: who has one, who may share it, whom a message is for. bind(2), ip(7), ipv6(7), socket(7).
// Kernel: net/ipv4/inet_connection_sock.c, inet_hashtables.c, udp.c.
import { EADDRINUSE } from "../abi/errno";
import { AF_INET, AF_INET6, SOCK_STREAM, SO_REUSEADDR, SO_REUSEPORT } from "../abi/socket";
import { ANY, LOOPBACK6 } from "./inetaddr";
import { InetSock } from "./inet";
import { LISTENING, Socket } from "./socket";

/** net.ipv4.ip_local_port_range. */
const FIRST_PORT: u32 = 32768;
const LAST_PORT: u32 = 60999;

const BUCKETS: u32 = 128;
/** Heads of the lists of bound sockets: streams, then datagrams. */
const PORTS = memory.data(1024, 8);
const STATE = memory.data(4, 4); // last port that was given

// @ts-ignore: decorator
@inline
function bucket(sk: InetSock, port: u32): usize {
  return PORTS + (sk.type == SOCK_STREAM ? 0 : BUCKETS << 2) + ((port & (BUCKETS - 1)) << 2);
}

function option(sk: Socket, name: u32): bool {
  return ((sk.options >> name) & 1) != 0;
}

/** Whether two sockets may have one port. */
function mayShare(a: InetSock, b: InetSock): bool {
  if (option(a, SO_REUSEPORT) && option(b, SO_REUSEPORT) && a.uid == b.uid) return true;
  return option(a, SO_REUSEADDR) && option(b, SO_REUSEADDR) && b.state != LISTENING;
}

/** Whether a socket of any address takes IPv4, and IPv6. */
function takesFour(sk: InetSock): bool {
  return sk.family == AF_INET || !sk.v6only;
}

function takesSix(sk: InetSock): bool {
  return sk.family == AF_INET6 && !sk.mapped;
}

/** Whether what is sent to an address is for the socket. */
function covers(sk: InetSock, address: u32): bool {
  if (sk.address) return sk.address == address;
  return address == LOOPBACK6 ? takesSix(sk) : takesFour(sk);
}

/** Whether something can be for both: inet_rcv_saddr_equal(). */
function overlap(a: InetSock, b: InetSock): bool {
  if (a.address) return covers(b, a.address);
  if (b.address) return covers(a, b.address);
  return (takesFour(a) && takesFour(b)) || (takesSix(a) && takesSix(b));
}

function portTaken(sk: InetSock, port: u32): bool {
  for (let at = load<u32>(bucket(sk, port)); at; at = changetype<InetSock>(<usize>at).portNext) {
    const other = changetype<InetSock>(<usize>at);
    if (other === sk || other.port != port || other.protocol != sk.protocol) continue;
    if (overlap(sk, other) && !mayShare(sk, other)) return true;
  }
  return false;
}

function portInsert(sk: InetSock, port: u32): void {
  const slot = bucket(sk, port);
  sk.port = port;
  sk.hashed = 1;
  sk.portNext = load<u32>(slot);
  store<u32>(slot, <u32>changetype<usize>(sk));
}

export function portRemove(sk: InetSock): void {
  if (!sk.hashed) return;
  let slot = bucket(sk, sk.port);
  while (load<u32>(slot) != changetype<usize>(sk)) slot = load<u32>(slot) + offsetof<InetSock>("portNext");
  store<u32>(slot, sk.portNext);
  sk.hashed = 0;
}

/** Gives the socket an address and a port (0 = one that is free): 0 or −EADDRINUSE. */
export function portBind(sk: InetSock, address: u32, port: u32): i64 {
  if (!port) return autobindPort(sk, address);
  sk.address = address;
  if (portTaken(sk, port)) {
    sk.address = ANY;
    return -EADDRINUSE;
  }
  portInsert(sk, port);
  return 0;
}

/** A port of its own for a socket that has none: 0 or −EADDRINUSE. */
export function autobindPort(sk: InetSock, address: u32): i64 {
  if (sk.port) return 0;
  sk.address = address;
  let port = load<u32>(STATE);
  for (let tries = FIRST_PORT; tries <= LAST_PORT; tries++) {
    port = port < FIRST_PORT || port >= LAST_PORT ? FIRST_PORT : port + 1;
    if (portTaken(sk, port)) continue;
    store<u32>(STATE, port);
    portInsert(sk, port);
    return 0;
  }
  sk.address = ANY;
  return -EADDRINUSE;
}

/** The bound socket that what `from` sends to an address is for: an exact one before one of any address; null. */
export function portFind(from: InetSock, address: u32, port: u32, fromAddress: u32): InetSock | null {
  const stream = from.type == SOCK_STREAM;
  let best: InetSock | null = null;
  let most = 0;
  for (let at = load<u32>(bucket(from, port)); at; at = changetype<InetSock>(<usize>at).portNext) {
    const sk = changetype<InetSock>(<usize>at);
    if (sk.port != port || sk.protocol != from.protocol || !covers(sk, address)) continue;
    if (stream ? sk.state != LISTENING : sk.peerPort != 0 && (sk.peerPort != from.port || sk.peerAddress != fromAddress)) continue;
    const ownFamily = (sk.family == AF_INET6) == (address == LOOPBACK6);
    const score = 1 + (ownFamily ? 1 : 0) + (sk.address ? 2 : 0) + (sk.peerPort ? 4 : 0);
    if (score <= most) continue;
    most = score;
    best = sk;
  }
  return best;
}

/** Whether another socket listens where this one would; SO_REUSEPORT lets both. */
export function portListened(sk: InetSock): bool {
  for (let at = load<u32>(bucket(sk, sk.port)); at; at = changetype<InetSock>(<usize>at).portNext) {
    const other = changetype<InetSock>(<usize>at);
    if (other === sk || other.port != sk.port || other.state != LISTENING) continue;
    if (overlap(sk, other) && !mayShare(sk, other)) return true;
  }
  return false;
}
