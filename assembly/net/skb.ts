// Socket buffers: a message, or a piece of a stream, on its way. Its bytes follow its head in memory.
// Kernel: struct sk_buff, net/core/skbuff.c.
import { Link } from "../lib/list";
import { kfree, kmalloc } from "../mm/kmalloc";
import { Group } from "../task/task";
import { groupPut } from "../task/exit";
import { Socket, socketDrop, socketHold, socketWriteSpace } from "./socket";
import { fdsDrop } from "./scm";

@unmanaged
export class Skb extends Link {
  // Link: the receive queue.
  /** Bytes, and how many of them were read. */
  size: u32;
  consumed: u32;
  /** What it counts against the sender's buffer. */
  truesize: u32;
  /** The sender (held): its buffer is charged, its name is the source. 0 = kernel. */
  sender: Socket | null;
  /** Of a connection that waits for accept: its socket (held). */
  embryo: Socket | null;
  /** Descriptors on their way (net/scm.ts), 0 = none. */
  fds: usize;
  /** Credentials of the sender; group is held, null = none given. */
  group: Group | null;
  uid: u32;
  gid: u32;
  /** Private to the family. */
  private0: u32;
  private1: u32;
}

// @ts-ignore: decorator
@inline
export function skbData(skb: Skb): usize {
  return changetype<usize>(skb) + offsetof<Skb>();
}

/** sizeof(struct skb_shared_info), and of sk_buff as its cache rounds it. */
const SHARED_INFO: u32 = 320;
const HEAD: u32 = 256;
/** SKB_MAX_HEAD(0), and with pages of order 3 behind it: the most one piece of a stream holds. */
const MAX_HEAD: u32 = 3776;
export const STREAM_PIECE: u32 = MAX_HEAD + 32768;
/** SKB_MAX_ALLOC. */
const MAX_ALLOC: u32 = 16064;
const MAX_FRAGS: u32 = 17 * 4096;

/** What n bytes in one piece of kernel memory count for. */
function linearSize(n: u32): u32 {
  const need = ((n + 63) & ~63) + SHARED_INFO;
  let size: u32 = 512;
  while (size < need) size <<= 1;
  return size + HEAD;
}

function pages(n: u32): u32 {
  return (n + 4095) & ~4095;
}

/** truesize of a piece of a stream; net/unix/af_unix.c: unix_stream_sendmsg(). */
export function streamTruesize(n: u32): u32 {
  if (n <= MAX_HEAD) return linearSize(n);
  const data = min(n, pages(n - MAX_HEAD));
  return linearSize(n - data) + pages(data);
}

/** truesize of a datagram; unix_dgram_sendmsg(). */
export function datagramTruesize(n: u32): u32 {
  if (n <= MAX_ALLOC) return linearSize(n);
  const data = pages(min(n - MAX_ALLOC, MAX_FRAGS));
  return linearSize(n - data) + data;
}

/** A buffer for n bytes, charged to the sender; null = no memory. */
export function skbNew(sender: Socket | null, n: u32, truesize: u32): Skb | null {
  const skb = changetype<Skb>(kmalloc(offsetof<Skb>() + n));
  if (!changetype<usize>(skb)) return null;
  memory.fill(changetype<usize>(skb), 0, offsetof<Skb>());
  skb.reset();
  skb.size = n;
  skb.truesize = truesize;
  if (sender) {
    skb.sender = sender;
    sender.wmem += truesize;
    socketHold(sender);
  }
  return skb;
}

/** The buffer is used up: what it carries is dropped, its sender may write again. */
export function skbFree(skb: Skb): void {
  skb.unlink();
  if (skb.fds) fdsDrop(skb.fds);
  const group = skb.group;
  if (group) groupPut(group);
  const sender = skb.sender;
  if (sender) {
    sender.wmem -= skb.truesize;
    socketWriteSpace(sender);
    socketDrop(sender);
  }
  const embryo = skb.embryo;
  if (embryo) socketDrop(embryo);
  kfree(changetype<usize>(skb));
}

// @ts-ignore: decorator
@inline
export function skbLeft(skb: Skb): u32 {
  return skb.size - skb.consumed;
}

/** First buffer of a receive queue, or null. */
// @ts-ignore: decorator
@inline
export function queueFirst(sk: Socket): Skb | null {
  const queue = socketQueue(sk);
  return queue.empty ? null : changetype<Skb>(changetype<usize>(queue.next));
}

/** The buffer behind `skb`, or null. */
// @ts-ignore: decorator
@inline
export function queueNext(sk: Socket, skb: Skb): Skb | null {
  return skb.next === socketQueue(sk) ? null : changetype<Skb>(changetype<usize>(skb.next));
}

// @ts-ignore: decorator
@inline
export function socketQueue(sk: Socket): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<Socket>("queue"));
}

export function queueAppend(sk: Socket, skb: Skb): void {
  skb.append(socketQueue(sk));
  sk.queued++;
}

/** Takes the buffer off its queue. */
export function queueTake(sk: Socket, skb: Skb): void {
  skb.unlink();
  sk.queued--;
}

/** Drops all that was not read. */
export function queuePurge(sk: Socket): void {
  for (let skb: Skb | null = queueFirst(sk); skb; skb = queueFirst(sk)) {
    queueTake(sk, skb);
    skbFree(skb);
  }
}
