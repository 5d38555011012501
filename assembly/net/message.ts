// The message of the socket call in progress: where its bytes come from or go to, its address, its control
// messages. Calls do not nest, so there is one. Kernel: struct msghdr, struct iov_iter.
import { copyInPartial, copyOut, copyOutPartial } from "../mm/usercopy";
import { current } from "../task/task";

@unmanaged
export class Message {
  /** Vector of (u64 address, u64 length); where in it the next byte is. */
  iov: usize;
  count: u32;
  index: u32;
  /** The addresses are the kernel's own (splice, sendfile). */
  kernel: u32;
  at: u64;
  /** Bytes that are left. */
  left: u64;
  /** Control messages in guest memory: address and room, what was written so far. */
  control: u64;
  controlRoom: u64;
  controlUsed: u64;
  /** The address given, or found, in NAME; whether the receiver wants it. */
  nameLength: u32;
  wantsName: u32;
  /** msg_flags that come back. */
  flags: u32;
  /** Descriptors that are received are close on exec. */
  cloexec: u32;
}

export const NAME_ROOM: u32 = 128;
/** The socket address of the call. */
export const NAME = memory.data(136, 8);
const MESSAGE = memory.data(96, 8);
const SINGLE = memory.data(16, 8);
/** UIO_MAXIOV entries. */
export const IOVECS = memory.data(16384, 8);

// @ts-ignore: decorator
@inline
export function message(): Message {
  return changetype<Message>(MESSAGE);
}

/** A message without address and control, whose bytes are described by a vector. */
export function messageVector(iov: usize, count: u32, total: u64): Message {
  const m = changetype<Message>(MESSAGE);
  memory.fill(MESSAGE, 0, offsetof<Message>());
  m.iov = iov;
  m.count = count;
  m.left = total;
  return m;
}

/** …whose bytes are in one piece of guest memory. */
export function messageSingle(address: u64, length: u64): Message {
  store<u64>(SINGLE, address);
  store<u64>(SINGLE, length, 8);
  return messageVector(SINGLE, 1, length);
}

/** …in kernel memory. */
export function messageKernel(address: usize, length: u64): Message {
  const m = messageSingle(<u64>address, length);
  m.kernel = 1;
  return m;
}

/** Address and length of the next piece of the vector, at most `want` bytes, in userPiece*. */
let pieceAddress: u64 = 0;
let pieceLength: u64 = 0;

function nextPiece(m: Message, want: u64): void {
  while (true) {
    const entry = m.iov + (m.index << 4);
    const length = load<u64>(entry, 8);
    if (m.at < length) {
      pieceAddress = load<u64>(entry) + m.at;
      pieceLength = min(want, length - m.at);
      return;
    }
    m.index++;
    m.at = 0;
  }
}

/** Passes over `n` bytes, which are there. */
export function messageSkip(m: Message, n: u64): void {
  m.left -= n;
  while (n) {
    nextPiece(m, n);
    m.at += pieceLength;
    n -= pieceLength;
  }
}

/** Copies the next `n` bytes in; false = EFAULT. */
export function messageIn(m: Message, to: usize, n: u64): bool {
  m.left -= n;
  while (n) {
    nextPiece(m, n);
    if (m.kernel) memory.copy(to, <usize>pieceAddress, <usize>pieceLength);
    else if (copyInPartial(to, pieceAddress, pieceLength)) return false;
    to += <usize>pieceLength;
    m.at += pieceLength;
    n -= pieceLength;
  }
  return true;
}

/** Copies `n` bytes out; false = EFAULT. */
export function messageOut(m: Message, from: usize, n: u64): bool {
  m.left -= n;
  while (n) {
    nextPiece(m, n);
    if (m.kernel) memory.copy(<usize>pieceAddress, from, <usize>pieceLength);
    else if (copyOutPartial(pieceAddress, from, pieceLength)) return false;
    from += <usize>pieceLength;
    m.at += pieceLength;
    n -= pieceLength;
  }
  return true;
}

/** Writes to the control area at `offset` of what is still free; false = EFAULT. */
export function controlOut(m: Message, offset: u64, from: usize, n: u64): bool {
  return copyOut(m.control + m.controlUsed + offset, from, n);
}

// A call over several messages (sendmmsg) keeps how many are done in the upper part of task.sysProgress and
// the bytes of the one in progress in the lower part.
const BYTES: u64 = (1 << 40) - 1;

/** Bytes that earlier runs of the handler have moved. */
export function doneBytes(): u64 {
  return current.sysProgress & BYTES;
}

export function setDoneBytes(n: u64): void {
  current.sysProgress = (current.sysProgress & ~BYTES) | n;
}

export function doneMessages(): u32 {
  return <u32>(current.sysProgress >> 40);
}

/** The next message begins. */
export function setDoneMessages(n: u32): void {
  current.sysProgress = <u64>n << 40;
}
