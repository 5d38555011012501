// What TCP and UDP sockets look like from outside: /proc/net, NETLINK_SOCK_DIAG, TCP_INFO. No packets are made, so what
// a network would decide has the values that Linux's loopback has. tcp(7); kernel: net/ipv4/tcp_ipv4.c get_tcp4_sock(),
// net/ipv4/tcp.c tcp_get_info().
import { AF_INET6, SOCK_STREAM, TCP_INFO_TCPI_ADVMSS, TCP_INFO_TCPI_OPTIONS, TCP_INFO_TCPI_PMTU, TCP_INFO_TCPI_RCV_MSS, TCP_INFO_TCPI_RCV_SPACE, TCP_INFO_TCPI_RCV_SSTHRESH, TCP_INFO_TCPI_REORDERING, TCP_INFO_TCPI_RTO, TCP_INFO_TCPI_RTT, TCP_INFO_TCPI_RTTVAR, TCP_INFO_TCPI_SACKED, TCP_INFO_TCPI_SND_CWND, TCP_INFO_TCPI_SND_MSS, TCP_INFO_TCPI_SND_SSTHRESH, TCP_INFO_TCPI_STATE, TCP_INFO_TCPI_UNACKED } from "../abi/socket";
import { Link } from "../lib/list";
import { InetSock, SYN_SENT } from "./inet";
import { LOOPBACK6 } from "./inetaddr";
import { CLOSED, ESTABLISHED, LISTENING, SHUT_SEND } from "./socket";

const FIN_WAIT2: u32 = 5;
const CLOSE_WAIT: u32 = 8;

const ALL = memory.data(8, 8);

/** Every TCP and UDP socket, oldest first, by InetSock.allNext. */
export function inetAll(): Link {
  const list = changetype<Link>(ALL);
  if (!load<u32>(ALL)) list.reset();
  return list;
}

export function inetOfAllLink(link: Link): InetSock {
  return changetype<InetSock>(changetype<usize>(link) - offsetof<InetSock>("allNext"));
}

/** The state as Linux names it: the two halves of a connection end one after the other. */
export function inetState(sk: InetSock): u32 {
  if (sk.state != ESTABLISHED || sk.type != SOCK_STREAM) return sk.state;
  if (sk.shutdown & SHUT_SEND) return FIN_WAIT2;
  return sk.fin ? CLOSE_WAIT : ESTABLISHED;
}

/** Whether Linux's tables hold the socket: TCP once it listens or connects, UDP once it has a port. */
export function inetListed(sk: InetSock): bool {
  if (sk.dead) return false;
  return sk.type == SOCK_STREAM ? sk.state != CLOSED : sk.port != 0;
}

/** Bytes that wait to be read; connections that wait to be accepted. The end of a stream counts as a byte. */
export function inetReadQueue(sk: InetSock): u32 {
  if (sk.type != SOCK_STREAM) return sk.rmem;
  return sk.state == LISTENING ? sk.queued : sk.inq + (sk.fin ? 1 : 0);
}

export function inetInode(sk: InetSock): u64 {
  return sk.embryo ? 0 : sk.ino;
}

/** An address in network order to 16 bytes. */
export function inetAddressPut(to: usize, family: u32, address: u32, mapped: bool): void {
  memory.fill(to, 0, 16);
  if (family != AF_INET6) store<u32>(to, bswap<u32>(address));
  else if (address == LOOPBACK6) store<u8>(to, 1, 15);
  else if (address || mapped) {
    store<u32>(to, 0xffff0000, 8);
    store<u32>(to, bswap<u32>(address), 12);
  }
}

/** sizeof(struct tcp_info) of Linux 6.18. */
export const TCP_INFO_BYTES: u32 = 280;
const INFINITE_SSTHRESH: u32 = 0x7fffffff;
const MTU: u32 = 65535;
/** Of IPv4 and IPv6 over the loopback. */
const ADVMSS: u32 = 65483;
const ADVMSS6: u32 = 65463;

/** Fills struct tcp_info; times in µs. */
export function tcpInfo(sk: InetSock, to: usize): void {
  memory.fill(to, 0, TCP_INFO_BYTES);
  const state = inetState(sk);
  store<u8>(to, <u8>state, TCP_INFO_TCPI_STATE);
  store<u32>(to, 3, TCP_INFO_TCPI_REORDERING);
  store<u32>(to, 10, TCP_INFO_TCPI_SND_CWND);
  if (state == LISTENING) {
    // Connections that wait, and how many may.
    store<u32>(to, sk.queued, TCP_INFO_TCPI_UNACKED);
    store<u32>(to, sk.backlog, TCP_INFO_TCPI_SACKED);
    return;
  }
  store<u32>(to, INFINITE_SSTHRESH, TCP_INFO_TCPI_SND_SSTHRESH);
  if (state == CLOSED || state == SYN_SENT) {
    store<u32>(to, 1_000_000, TCP_INFO_TCPI_RTO);
    store<u32>(to, 536, TCP_INFO_TCPI_SND_MSS);
    store<u32>(to, 250_000, TCP_INFO_TCPI_RTTVAR);
    return;
  }
  const most = sk.peerAddress == LOOPBACK6 ? ADVMSS6 : ADVMSS;
  // Timestamps, selective acknowledgements, window scaling by 2¹⁰ both ways.
  store<u8>(to, 7, TCP_INFO_TCPI_OPTIONS);
  store<u8>(to, 0xaa, TCP_INFO_TCPI_OPTIONS + 1);
  store<u32>(to, 200_000, TCP_INFO_TCPI_RTO);
  store<u32>(to, 32768, TCP_INFO_TCPI_SND_MSS);
  store<u32>(to, 536, TCP_INFO_TCPI_RCV_MSS);
  store<u32>(to, MTU, TCP_INFO_TCPI_PMTU);
  store<u32>(to, most, TCP_INFO_TCPI_RCV_SSTHRESH);
  store<u32>(to, 20, TCP_INFO_TCPI_RTT);
  store<u32>(to, 10, TCP_INFO_TCPI_RTTVAR);
  store<u32>(to, most, TCP_INFO_TCPI_ADVMSS);
  store<u32>(to, most, TCP_INFO_TCPI_RCV_SPACE);
}
