// Datagrams over IPv4 sockets. udp(7); kernel: net/ipv4/udp.c.
import { EACCES, EAFNOSUPPORT, EAGAIN, ECONNREFUSED, EDESTADDRREQ, EFAULT, EINVAL, EMSGSIZE, ENOBUFS, EOPNOTSUPP, EPIPE } from "../abi/errno";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { AF_INET, AF_UNSPEC, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SO_BROADCAST } from "../abi/socket";
import { WAIT_EXCLUSIVE, waitOn } from "../task/wait";
import { InetSock, LOOPBACK, SOCKADDR_IN, autobindPort, inetOf, isLoopback, nameAddress, namePort, nameSet, portFind, routeTo } from "./inet";
import { NAME, message, messageIn, messageOut } from "./message";
import { datagramTruesize, queueAppend, queueFirst, queueTake, skbData, skbFree, skbNew } from "./skb";
import { SHUT_BOTH, SHUT_RECEIVE, SHUT_SEND, Socket, socketBlock, socketDataReady, socketError, socketErrorReport, socketPollWait, socketReaders } from "./socket";

/** What fits into a packet behind the heads of IP and UDP. */
const MOST: u64 = 65507;
const BROADCAST: u32 = 0xffffffff;

/** Sends the message in progress. */
export function udpSend(socket: Socket, flags: u32): i64 {
  const sk = inetOf(socket);
  const m = message();
  const length = m.left;
  const error = autobindPort(sk, 0);
  if (error) return error;
  if (length > 0xffff) return -EMSGSIZE;
  if (flags & MSG_OOB) return -EOPNOTSUPP;
  let address = sk.peerAddress;
  let port = sk.peerPort;
  if (m.nameLength) {
    if (m.nameLength < SOCKADDR_IN) return -EINVAL;
    if (load<u16>(NAME) != AF_INET && load<u16>(NAME) != AF_UNSPEC) return -EAFNOSUPPORT;
    address = nameAddress();
    port = namePort();
    if (!port) return -EINVAL;
  } else if (!port) return -EDESTADDRREQ;
  if (address == BROADCAST && !((sk.options >> SO_BROADCAST) & 1)) return -EACCES;
  const to = routeTo(address);
  if (to < 0) return to;
  if (sk.error) return socketError(sk);
  if (sk.shutdown & SHUT_SEND) return -EPIPE;
  if (length > MOST) return -EMSGSIZE;
  return deliver(sk, <u32>to, port, <u32>length);
}

function deliver(sk: InetSock, to: u32, port: u32, length: u32): i64 {
  const from = sk.address && isLoopback(sk.address) ? sk.address : LOOPBACK;
  const size = datagramTruesize(length);
  const skb = skbNew(null, length, size);
  if (!skb) return -ENOBUFS;
  if (!messageIn(message(), skbData(skb), length)) {
    skbFree(skb);
    return -EFAULT;
  }
  skb.private0 = from;
  skb.private1 = sk.port;
  const other = portFind(SOCK_DGRAM, to, port, from, sk.port);
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
  if (m.wantsName) m.nameLength = nameSet(skb.private0, skb.private1);
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
