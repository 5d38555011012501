// Datagrams over IPv4 and IPv6 sockets. udp(7); kernel: net/ipv4/udp.c, net/ipv6/udp.c.
import { EACCES, EAFNOSUPPORT, EAGAIN, ECONNREFUSED, EDESTADDRREQ, EFAULT, EINVAL, EMSGSIZE, ENETUNREACH, ENOBUFS, EOPNOTSUPP, EPIPE } from "../abi/errno";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { AF_INET, AF_INET6, AF_UNSPEC, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SO_BROADCAST } from "../abi/socket";
import { WAIT_EXCLUSIVE, waitOn } from "../task/wait";
import { InetSock, inetOf } from "./inet";
import { ANY, BROADCAST, LOOPBACK6, SOCKADDR_IN, SOCKADDR_IN6_LEAST, nameAddress, nameFamily, nameMapped, namePort, nameRoute, nameSet, sourceFor } from "./inetaddr";
import { autobindPort, portFind } from "./inetport";
import { message, messageIn, messageOut } from "./message";
import { datagramTruesize, queueAppend, queueFirst, queueTake, skbData, skbFree, skbNew } from "./skb";
import { SHUT_BOTH, SHUT_RECEIVE, SHUT_SEND, Socket, socketBlock, socketDataReady, socketError, socketErrorReport, socketPollWait, socketReaders } from "./socket";

/** What fits into a packet behind the heads of IP and UDP. */
const MOST: u64 = 65507;
const MOST6: u64 = 65527;

/** Where the message in progress goes: an address, or −errno; its port is in `toPort`. */
let toPort: u32 = 0;

function destination(sk: InetSock): i64 {
  const length = message().nameLength;
  const six = sk.family == AF_INET6;
  // For IPv6, AF_UNSPEC is as if no name were given.
  if (!length || (six && length >= 2 && nameFamily() == AF_UNSPEC)) {
    toPort = sk.peerPort;
    return toPort ? <i64>sk.peerAddress : -EDESTADDRREQ;
  }
  if (six && length < 2) return -EINVAL;
  if (six && nameFamily() == AF_INET6) {
    if (length < SOCKADDR_IN6_LEAST) return -EINVAL;
  } else {
    if (six && nameFamily() != AF_INET) return -EINVAL;
    if (six && sk.v6only) return -ENETUNREACH;
    if (length < SOCKADDR_IN) return -EINVAL;
    if (nameFamily() != AF_INET && nameFamily() != AF_UNSPEC) return -EAFNOSUPPORT;
  }
  toPort = namePort();
  if (!toPort) return -EINVAL;
  if (nameMapped() && sk.v6only) return -ENETUNREACH;
  if (nameFamily() != AF_INET6 && nameAddress() == BROADCAST && !((sk.options >> SO_BROADCAST) & 1)) return -EACCES;
  return nameRoute();
}

/** Sends the message in progress. */
export function udpSend(socket: Socket, flags: u32): i64 {
  const sk = inetOf(socket);
  const length = message().left;
  const error = autobindPort(sk, ANY);
  if (error) return error;
  const six = sk.family == AF_INET6;
  if (length > 0xffff && !six) return -EMSGSIZE;
  if (flags & MSG_OOB && !six) return -EOPNOTSUPP;
  const to = destination(sk);
  if (to < 0) return to;
  if (length > 0xffff) return -EMSGSIZE;
  if (flags & MSG_OOB && to != LOOPBACK6) return -EOPNOTSUPP;
  if (sk.error) return socketError(sk);
  if (sk.shutdown & SHUT_SEND) return -EPIPE;
  if (length > (to == LOOPBACK6 ? MOST6 : MOST)) return -EMSGSIZE;
  return deliver(sk, <u32>to, toPort, <u32>length);
}

function deliver(sk: InetSock, to: u32, port: u32, length: u32): i64 {
  const from = sourceFor(sk.address, to);
  const size = datagramTruesize(length);
  const skb = skbNew(null, length, size);
  if (!skb) return -ENOBUFS;
  if (!messageIn(message(), skbData(skb), length)) {
    skbFree(skb);
    return -EFAULT;
  }
  skb.private0 = from;
  skb.private1 = sk.port;
  const other = portFind(sk, to, port, from);
  if (!other) {
    // The answer is "port unreachable", of which a connected socket hears.
    if (sk.peerPort) {
      sk.error = ECONNREFUSED;
      socketErrorReport(sk);
    }
  } else if (other.rmem <= other.rcvbuf) {
    other.rmem += size;
    queueAppend(other, skb);
    socketDataReady(other);
    return length;
  }
  // No room: lost, as on a network.
  skbFree(skb);
  return length;
}

/** Receives into the message in progress. */
export function udpReceive(socket: Socket, flags: u32): i64 {
  const sk = inetOf(socket);
  const m = message();
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  if (sk.error) return socketError(sk);
  const skb = queueFirst(sk);
  if (!skb) {
    const timeout = flags & MSG_DONTWAIT ? 0 : sk.rcvTimeout;
    if (!timeout) return -EAGAIN;
    if (sk.shutdown & SHUT_RECEIVE) return 0;
    waitOn(socketReaders(sk), 0, WAIT_EXCLUSIVE);
    return socketBlock(timeout);
  }
  const whole = skb.size;
  const n = <u32>min<u64>(m.left, whole);
  if (m.wantsName) m.nameLength = nameSet(sk.family, skb.private0, skb.private1, false);
  if (n < whole) m.flags |= MSG_TRUNC;
  const fault = !messageOut(m, skbData(skb), n);
  if (!(flags & MSG_PEEK)) {
    queueTake(sk, skb);
    sk.rmem -= skb.truesize;
    skbFree(skb);
  }
  if (fault) return -EFAULT;
  return flags & MSG_TRUNC ? whole : n;
}

export function udpPoll(socket: Socket, watch: bool): u32 {
  const sk = inetOf(socket);
  if (watch) socketPollWait(sk);
  let mask: u32 = POLLOUT | POLLWRNORM | POLLWRBAND;
  if (sk.error) mask |= POLLERR;
  if (sk.shutdown & SHUT_RECEIVE) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (sk.shutdown == SHUT_BOTH) mask |= POLLHUP;
  if (queueFirst(sk)) mask |= POLLIN | POLLRDNORM;
  return mask;
}
