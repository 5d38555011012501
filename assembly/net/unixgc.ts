// Sockets that are only referred to from messages which only these sockets can receive are garbage: a cycle of
// references that no close(2) ends. They are found as net/unix/garbage.c does: count, from the messages of the
// candidates, the references among them; what has others too is alive, with all that it can reach.
import { FILE_SOCKET, File, fileDrop, fileHold } from "../fs/file";
import { AF_UNIX } from "../abi/socket";
import { Link } from "../lib/list";
import { fdsCount } from "./scm";
import { Skb, queueFirst, queueNext, queueTake, skbFree } from "./skb";
import { LISTENING, Socket, socketDrop, socketHold, socketOf } from "./socket";
import { UnixSock } from "./unix";

/** All sockets with descriptors on the way, by gcLink. */
const INFLIGHT = memory.data(8, 8);
const STATE = memory.data(8, 8); // u32 count of descriptors, u32 whether to collect

function inflightList(): Link {
  const list = changetype<Link>(INFLIGHT);
  if (!load<u32>(INFLIGHT)) list.reset();
  return list;
}

// @ts-ignore: decorator
@inline
function gcLink(sk: UnixSock): Link {
  return changetype<Link>(changetype<usize>(sk) + offsetof<UnixSock>("gcNext"));
}

// @ts-ignore: decorator
@inline
function ofGcLink(link: Link): UnixSock {
  return changetype<UnixSock>(changetype<usize>(link) - offsetof<UnixSock>("gcNext"));
}

/** A descriptor of the socket went into a message. */
export function inflightAdd(socket: Socket): void {
  const sk = changetype<UnixSock>(changetype<usize>(socket));
  if (!sk.inflight++) gcLink(sk).append(inflightList());
  store<u32>(STATE, load<u32>(STATE) + 1);
}

/** …and came out of it. */
export function inflightRemove(socket: Socket): void {
  const sk = changetype<UnixSock>(changetype<usize>(socket));
  if (!--sk.inflight) gcLink(sk).unlink();
  store<u32>(STATE, load<u32>(STATE) - 1);
}

/** What scan does with each candidate that it finds in a message. */
const COUNT_DOWN: i32 = 0;
const REVIVE: i32 = 1;

// UnixSock.gc: 0 none, 1 candidate, 2 alive.
const CANDIDATE: u32 = 1;
const ALIVE: u32 = 2;

/** The candidates among the descriptors in the messages that wait at `sk`, and at its connections that wait for accept. */
function scan(sk: Socket, what: i32): void {
  let skb = queueFirst(sk);
  while (skb) {
    const embryo = skb.embryo;
    if (embryo) scan(embryo, what);
    const count = skb.fds ? fdsCount(skb.fds) : 0;
    for (let i: u32 = 0; i < count; i++) {
      const file = changetype<File>(<usize>load<u32>(skb.fds + 8 + (i << 2)));
      if (file.kind != FILE_SOCKET || socketOf(file).family != AF_UNIX) continue;
      const found = changetype<UnixSock>(changetype<usize>(socketOf(file)));
      if (found.gc != CANDIDATE) continue;
      if (what == COUNT_DOWN) found.gcCount--;
      else revive(found);
    }
    skb = queueNext(sk, skb);
  }
}

function revive(sk: UnixSock): void {
  sk.gc = ALIVE;
  scan(sk, REVIVE);
}

/** A socket was closed: there may be garbage. As in Linux a worker looks, between two turns of tasks. */
export function unixCollectSoon(): void {
  if (load<u32>(STATE)) store<u32>(STATE, 1, 4);
}

// @ts-ignore: decorator
@inline
export function unixGarbage(): bool {
  return load<u32>(STATE, 4) != 0;
}

/** Frees the messages of sockets that nothing else refers to. */
export function unixCollect(): void {
  store<u32>(STATE, 0, 4);
  collect();
}

function collect(): void {
  const list = inflightList();
  for (let link = list.next; link !== list; link = link.next) {
    const sk = ofGcLink(link);
    const file = changetype<File>(<usize>sk.file);
    sk.gc = file.refs == sk.inflight ? CANDIDATE : 0;
    sk.gcCount = sk.inflight;
  }
  for (let link = list.next; link !== list; link = link.next) if (ofGcLink(link).gc == CANDIDATE) scan(ofGcLink(link), COUNT_DOWN);
  for (let link = list.next; link !== list; link = link.next) {
    const sk = ofGcLink(link);
    if (sk.gc == CANDIDATE && sk.gcCount) revive(sk);
  }
  // What is left is garbage. Its files are held while its messages go, so that no socket goes before its turn.
  let garbage: UnixSock | null = null;
  for (let link = list.next; link !== list; link = link.next) {
    const sk = ofGcLink(link);
    if (sk.gc != CANDIDATE) continue;
    fileHold(sk.file);
    sk.gcNextGarbage = garbage;
    garbage = sk;
  }
  let at = garbage;
  while (at) {
    purgeFds(at);
    at = at.gcNextGarbage;
  }
  while (garbage) {
    const sk = garbage;
    garbage = sk.gcNextGarbage;
    fileDrop(sk.file);
  }
}

/** Drops the messages with descriptors. */
function purgeFds(sk: Socket): void {
  let skb = queueFirst(sk);
  while (skb) {
    const next = queueNext(sk, skb);
    const embryo = skb.embryo;
    if (embryo) purgeFds(embryo);
    if (skb.fds) {
      queueTake(sk, skb);
      skbFree(skb);
    }
    skb = next;
  }
}
