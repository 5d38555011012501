// Netlink messages: the one that is being built, attribute by attribute, and the reply that goes to a socket.
// netlink(7), netlink(3); kernel: net/netlink/af_netlink.c netlink_rcv_skb(), netlink_ack().
import { NLMSG_DONE, NLMSG_ERROR, NLM_F_ACK, NLM_F_CAPPED, NLM_F_MULTI } from "../abi/netlink";
import { NetlinkSock, netlinkDeliver } from "./netlink";
import { skbData, skbNew } from "./skb";

/** struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
export const NLMSG_HEAD: u32 = 16;
const ATTRIBUTE_HEAD: u32 = 4;
const ROOM: u32 = 8192;
/** Messages for one reply. */
const BUFFER = memory.data(8192, 8);
let used: u32 = 0;
/** Where the message that is being built begins. */
let begun: u32 = 0;

// @ts-ignore: decorator
@inline
export function aligned(n: u32): u32 {
  return (n + 3) & ~3;
}

export function replyReset(): void {
  used = 0;
}

/** Begins a message that answers `request`; its fixed part of `bytes` zeros is returned. */
export function messageBegin(request: usize, type: u32, flags: u32, port: u32, bytes: u32): usize {
  begun = used;
  const at = BUFFER + used;
  memory.fill(at, 0, NLMSG_HEAD + aligned(bytes));
  store<u16>(at, <u16>type, 4);
  store<u16>(at, <u16>flags, 6);
  store<u32>(at, load<u32>(request, 8), 8);
  store<u32>(at, port, 12);
  used += NLMSG_HEAD + aligned(bytes);
  return at + NLMSG_HEAD;
}

/** The message is whole: its length is known. */
export function messageEnd(): void {
  store<u32>(BUFFER + begun, used - begun);
}

/** An attribute of `bytes` zeros; where they are. */
export function attribute(type: u32, bytes: u32): usize {
  const at = BUFFER + used;
  memory.fill(at, 0, ATTRIBUTE_HEAD + aligned(bytes));
  store<u16>(at, <u16>(ATTRIBUTE_HEAD + bytes));
  store<u16>(at, <u16>type, 2);
  used += ATTRIBUTE_HEAD + aligned(bytes);
  return at + ATTRIBUTE_HEAD;
}

export function attribute8(type: u32, value: u32): void {
  store<u8>(attribute(type, 1), <u8>value);
}

export function attribute32(type: u32, value: u32): void {
  store<u32>(attribute(type, 4), value);
}

export function attributeText(type: u32, text: usize, length: u32): void {
  memory.copy(attribute(type, length + 1), text, length);
}

/** What was built goes to the socket as one datagram; nothing when there is no memory, as on an overrun. */
export function replySend(sk: NetlinkSock): void {
  if (!used) return;
  const skb = skbNew(null, used, used);
  if (skb) {
    memory.copy(skbData(skb), BUFFER, used);
    netlinkDeliver(sk, skb);
  }
  used = 0;
}

/** The end of a dump, which comes alone. */
export function replyDone(sk: NetlinkSock, request: usize): void {
  replySend(sk);
  messageBegin(request, NLMSG_DONE, NLM_F_MULTI, sk.port, 4);
  messageEnd();
  replySend(sk);
}

/** NLMSG_ERROR: an error with the whole request, or an acknowledgement with its head. */
export function replyError(sk: NetlinkSock, request: usize, error: i32, capped: bool): void {
  const whole = !error || capped ? NLMSG_HEAD : min(load<u32>(request), ROOM >> 1);
  const at = messageBegin(request, NLMSG_ERROR, whole == NLMSG_HEAD ? NLM_F_CAPPED : 0, sk.port, 4 + whole);
  store<i32>(at, error);
  memory.copy(at + 4, request, whole);
  messageEnd();
  replySend(sk);
}

/** Whether a request wants an acknowledgement. */
export function wantsAck(request: usize): bool {
  return (load<u16>(request, 6) & NLM_F_ACK) != 0;
}
