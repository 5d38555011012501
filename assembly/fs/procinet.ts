// /proc/net/tcp, tcp6, udp, udp6, and their like for UDP-Lite. proc_pid_net(5); kernel: net/ipv4/tcp_ipv4.c tcp4_seq_show(), net/ipv4/udp.c
// udp4_seq_show(), net/ipv6/tcp_ipv6.c, net/ipv6/datagram.c. Listening sockets come first, then the others, oldest first.
import { AF_INET, AF_INET6, IPPROTO_TCP } from "../abi/socket";
import { text, textByte, textLength, textNumber, textSigned } from "../lib/text";
import { InetSock } from "../net/inet";
import { inetAddressPut, inetAll, inetInode, inetListed, inetOfAllLink, inetReadQueue, inetState } from "../net/inetstate";
import { LISTENING } from "../net/socket";

const HEAD_TCP = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const HEAD_UDP = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
const HEAD_TCP6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const HEAD_UDP6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
/** Widths to which lines of IPv4 are padded. */
const WIDTH_TCP: i32 = 149;
const WIDTH_UDP: i32 = 127;

function pad(start: i32, width: i32): void {
  while (<i32>textLength() - start < width) textByte(32);
  textByte(10);
}

const ADDRESS = memory.data(16, 8);

/** As the words of memory that hold it. */
function place(family: u32, address: u32, port: u32, mapped: bool): void {
  inetAddressPut(ADDRESS, family, address, mapped);
  for (let i: usize = 0; i < (family == AF_INET6 ? 16 : 4); i += 4) upper(load<u32>(ADDRESS + i), 8);
  textByte(58);
  upper(port, 4);
}

/** A hexadecimal number in capitals. */
function upper(value: u32, width: i32): void {
  for (let shift = (width - 1) << 2; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    textByte(digit < 10 ? 48 + digit : 55 + digit);
  }
}

function line(sk: InetSock, number: u32, stream: bool): void {
  const start = <i32>textLength();
  textNumber(number, 10, stream ? 4 : 5, 32);
  text(": ");
  place(sk.family, sk.address, sk.port, sk.mapped != 0);
  textByte(32);
  place(sk.family, sk.peerPort ? sk.peerAddress : 0, sk.peerPort, false);
  textByte(32);
  upper(inetState(sk), 2);
  textByte(32);
  upper(stream ? 0 : sk.wmem, 8);
  textByte(58);
  upper(inetReadQueue(sk), 8);
  text(" 00:00000000 00000000 ");
  textNumber(sk.uid, 10, 5, 32);
  text("        0 ");
  textNumber(inetInode(sk), 10, 1, 32);
  textByte(32);
  // Who refers to it there: its table, its file, what waits to be accepted.
  textNumber(sk.state == LISTENING ? 1 + sk.queued : sk.embryo ? 1 : 2, 10, 1, 32);
  textByte(32);
  textNumber(changetype<usize>(sk), 16, 16, 48);
  if (!stream) text(" 0");
  else if (sk.state == LISTENING) text(" 100 0 0 10 0");
  else {
    text(" 20 0 0 10 ");
    textSigned(-1);
  }
  if (sk.family == AF_INET) pad(start, stream ? WIDTH_TCP : WIDTH_UDP);
  else textByte(10);
}

/** The table of a family's protocol. */
export function procInet(family: u32, protocol: u32): void {
  const stream = protocol == IPPROTO_TCP;
  const start = <i32>textLength();
  text(family == AF_INET ? (stream ? HEAD_TCP : HEAD_UDP) : stream ? HEAD_TCP6 : HEAD_UDP6);
  if (family == AF_INET) pad(start, stream ? WIDTH_TCP : WIDTH_UDP);
  else textByte(10);
  const all = inetAll();
  let number: u32 = 0;
  for (let round = 0; round < 2; round++) {
    for (let link = all.next; link !== all; link = link.next) {
      const sk = inetOfAllLink(link);
      if (sk.family != family || sk.protocol != protocol || !inetListed(sk)) continue;
      if ((sk.state == LISTENING) == (round == 0)) line(sk, number++, stream);
    }
  }
}
