// Pipes and FIFOs: a ring of buffers, each a frame with a range of bytes, as in Linux, so that splice
// and tee can pass frames on. pipe(7); kernel: fs/pipe.c.
//
//   buffer, 16 bytes:  u32 frame │ u32 offset │ u32 length │ u32 flags
//   buffers head − 1 … tail hold data; index & (room − 1)
import { EAGAIN, EBUSY, EFAULT, EINVAL, ENOMEM, EPERM, EPIPE } from "../abi/errno";
import { chooseShort } from "../lib/choose";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { POLL_IN, POLL_OUT, SIGPIPE } from "../abi/signal";
import { fasyncKill } from "../fs/fasync";
import { FMODE_READ, FMODE_WRITE } from "../fs/file";
import { PIPE_MAX_SIZE, PIPE_USER_PAGES_HARD, PIPE_USER_PAGES_SOFT, sysctl } from "../fs/sysctl";
import { FRAME_USER, PAGE_SIZE, frameInfo, framesAlloc } from "../mm/frames";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { frameDrop } from "../mm/refs";
import { copyInPartial, copyOutPartial } from "../mm/usercopy";
import { signalSelf } from "../task/signal";
import { WaitQueue, current } from "../task/task";
import { UserCounts, userDrop, userHold } from "../task/user";
import { BLOCKED, isRetry, sleepAlone, wakeAll, wakeOne } from "../task/wait";

export const PIPE_BUF: u64 = 4096;
/** PIPE_DEF_BUFFERS, PIPE_MIN_DEF_BUFFERS. */
const DEFAULT_ROOM: u32 = 16;
const LEAST_ROOM: u32 = 2;
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_SYS_RESOURCE: u64 = 1 << 24;

const BUFFER_BYTES: u32 = 16;
/** What wake-ups are for, as epoll asks. */
const READABLE: u32 = POLLIN | POLLRDNORM;
const WRITABLE: u32 = POLLOUT | POLLWRNORM;

/** The buffer may be appended to. */
export const BUFFER_MERGE: u32 = 1;
/** One write in packet mode. */
export const BUFFER_PACKET: u32 = 2;

@unmanaged
export class Pipe {
  refs: u32;
  /** Buffers in the ring: a power of two. */
  room: u32;
  head: u32;
  tail: u32;
  buffers: usize;
  readers: u32;
  writers: u32;
  /** How often a FIFO was opened for reading, for writing. */
  readOpens: u32;
  writeOpens: u32;
  /** A frame kept for the next buffer. */
  spare: u32;
  /** Sum of the lengths, for FIONREAD. */
  bytes: u32;
  /** Whose pages its capacity counts as. */
  user: UserCounts;
  readQueue: WaitQueue;
  readQueuePrev: u32;
  writeQueue: WaitQueue;
  writeQueuePrev: u32;
}

/** Whether the capacity of all pipes of the user is more than current may have; kernel: too_many_pipe_buffers_soft(), _hard(). */
function tooMany(pages: u32, which: u32): bool {
  const limit = sysctl(which);
  return limit != 0 && pages > limit && !(current.cred.capEffective & (CAP_SYS_RESOURCE | CAP_SYS_ADMIN));
}

/** A pipe without ends, or null: out of memory, or the user has too many; kernel: alloc_pipe_info(). */
export function pipeNew(): Pipe | null {
  const user = userHold(current.cred.uid);
  if (!user) return null;
  let room = DEFAULT_ROOM;
  if (room * PAGE_SIZE > sysctl(PIPE_MAX_SIZE) && !(current.cred.capEffective & CAP_SYS_RESOURCE)) room = sysctl(PIPE_MAX_SIZE) / PAGE_SIZE;
  if (tooMany(user.pipePages + room, PIPE_USER_PAGES_SOFT)) room = LEAST_ROOM;
  let pipe = changetype<Pipe>(0);
  if (!tooMany(user.pipePages + room, PIPE_USER_PAGES_HARD)) pipe = changetype<Pipe>(kzalloc(offsetof<Pipe>()));
  if (changetype<usize>(pipe)) pipe.buffers = kzalloc(room * BUFFER_BYTES);
  if (!changetype<usize>(pipe) || !pipe.buffers) {
    kfree(changetype<usize>(pipe));
    userDrop(user);
    return null;
  }
  user.pipePages += room;
  pipe.user = user;
  pipe.refs = 1;
  pipe.room = room;
  pipeReaders(pipe).reset();
  pipeWriters(pipe).reset();
  return pipe;
}

// @ts-ignore: decorator
@inline
export function pipeReaders(pipe: Pipe): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(pipe) + offsetof<Pipe>("readQueue"));
}

// @ts-ignore: decorator
@inline
export function pipeWriters(pipe: Pipe): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(pipe) + offsetof<Pipe>("writeQueue"));
}

export function pipeDrop(pipe: Pipe): void {
  if (--pipe.refs) return;
  while (pipe.tail != pipe.head) bufferRelease(pipe);
  if (pipe.spare) frameDrop(pipe.spare);
  pipe.user.pipePages -= pipe.room;
  userDrop(pipe.user);
  kfree(pipe.buffers);
  kfree(changetype<usize>(pipe));
}

/** An end is closed: mode as in File.mode. */
export function pipeCloseEnd(pipe: Pipe, mode: u32): void {
  if (mode & 1) pipe.readers--;
  if (mode & 2) pipe.writers--;
  wakeAll(pipeReaders(pipe));
  wakeAll(pipeWriters(pipe));
  // One side is there, the other is not; pipe_release().
  if ((pipe.readers == 0) != (pipe.writers == 0)) {
    fasyncKill(changetype<usize>(pipe), FMODE_READ, POLL_IN);
    fasyncKill(changetype<usize>(pipe), FMODE_WRITE, POLL_OUT);
  }
  pipeDrop(pipe);
}

/** Address of the ring's buffer number `index`. */
export function pipeBuffer(pipe: Pipe, index: u32): usize {
  return bufferAt(pipe, index);
}

/** Takes `n` bytes off the oldest buffer, which has as many. */
export function pipeConsume(pipe: Pipe, n: u32): void {
  const b = bufferAt(pipe, pipe.tail);
  const length = load<u32>(b, 8);
  const wasFull = pipe.head - pipe.tail == pipe.room;
  pipe.bytes -= n;
  if (n == length) bufferRelease(pipe);
  else {
    store<u32>(b, load<u32>(b, 4) + n, 4);
    store<u32>(b, length - n, 8);
  }
  if (wasFull) wakeOne(pipeWriters(pipe), WRITABLE);
}

// @ts-ignore: decorator
@inline
function bufferAt(pipe: Pipe, index: u32): usize {
  return pipe.buffers + ((index & (pipe.room - 1)) << 4);
}

/** Lets the oldest buffer go, keeping its frame for later if nobody else has it. */
function bufferRelease(pipe: Pipe): void {
  const b = bufferAt(pipe, pipe.tail);
  const frame = load<u32>(b);
  pipe.tail++;
  if (!pipe.spare && frameInfo(frame).refs == 1 && !frameInfo(frame).codeLines) pipe.spare = frame;
  else frameDrop(frame);
}

/** read(2): bytes, 0 at end of file, −errno, or BLOCKED. */
export function pipeRead(pipe: Pipe, to: u64, count: u64, nonblock: bool): i64 {
  if (!count) return 0;
  const r = read(pipe, to, count, nonblock);
  if (r != BLOCKED) fasyncKill(changetype<usize>(pipe), FMODE_WRITE, POLL_OUT);
  return r;
}

function read(pipe: Pipe, to: u64, count: u64, nonblock: bool): i64 {
  const wasFull = pipe.head - pipe.tail == pipe.room;
  let done: u64 = 0;
  if (pipe.head != pipe.tail && !(load<u32>(bufferAt(pipe, pipe.tail), 12) & BUFFER_PACKET)) count = chooseShort(min<u64>(count, pipe.bytes));
  while (pipe.head != pipe.tail) {
    const b = bufferAt(pipe, pipe.tail);
    const length = load<u32>(b, 8);
    const offset = load<u32>(b, 4);
    const n = <u32>min<u64>(count - done, length);
    const left = copyOutPartial(to + done, load<u32>(b) + offset, n);
    if (left) {
      if (!done) return -EFAULT;
      break;
    }
    done += n;
    pipe.bytes -= n;
    if (load<u32>(b, 12) & BUFFER_PACKET) {
      // What a packet does not fit in is lost.
      pipe.bytes -= length - n;
      bufferRelease(pipe);
      break;
    }
    if (n == length) bufferRelease(pipe);
    else {
      store<u32>(b, offset + n, 4);
      store<u32>(b, length - n, 8);
    }
    if (done == count) break;
  }
  if (done) {
    if (wasFull) wakeOne(pipeWriters(pipe), WRITABLE);
    // One who was woken alone passes on what is left.
    if (isRetry() && pipe.head != pipe.tail) wakeOne(pipeReaders(pipe), READABLE);
    return done;
  }
  if (!pipe.writers) return 0;
  if (nonblock) return -EAGAIN;
  return sleepAlone(pipeReaders(pipe));
}

/** write(2): bytes, −errno, or BLOCKED; task.sysProgress holds what earlier runs wrote. */
export function pipeWrite(pipe: Pipe, from: u64, count: u64, nonblock: bool, packet: bool): i64 {
  if (!count) return 0;
  const r = write(pipe, from, count, nonblock, packet);
  fasyncKill(changetype<usize>(pipe), FMODE_READ, POLL_IN);
  return r;
}

function write(pipe: Pipe, from: u64, count: u64, nonblock: bool, packet: bool): i64 {
  let done = current.sysProgress;
  if (!pipe.readers) {
    if (done) return done;
    signalSelf(SIGPIPE);
    return -EPIPE;
  }
  const start = done;
  const wasEmpty = pipe.head == pipe.tail;
  let error: i64 = 0;
  // The odd bytes of a write go to the end of the last buffer if they fit whole.
  const odd = <u32>(count & (PAGE_SIZE - 1));
  if (odd && !done && !wasEmpty) {
    const b = bufferAt(pipe, pipe.head - 1);
    const end = load<u32>(b, 4) + load<u32>(b, 8);
    if (load<u32>(b, 12) & BUFFER_MERGE && end + odd <= PAGE_SIZE) {
      if (copyInPartial(load<u32>(b) + end, from, odd)) return -EFAULT;
      store<u32>(b, load<u32>(b, 8) + odd, 8);
      pipe.bytes += odd;
      done = odd;
    }
  }
  while (done < count && pipe.head - pipe.tail < pipe.room) {
    const n = append(pipe, from + done, count - done, packet);
    if (n < 0) {
      error = n;
      break;
    }
    done += n;
  }
  if (done != start || (wasEmpty && pipe.head != pipe.tail)) wakeOne(pipeReaders(pipe), READABLE);
  if (isRetry() && pipe.head - pipe.tail < pipe.room) wakeOne(pipeWriters(pipe), WRITABLE);
  if (done == count) return done;
  if (error) return done ? <i64>done : error;
  if (nonblock) return done ? <i64>done : -EAGAIN;
  current.sysProgress = done;
  const r = sleepAlone(pipeWriters(pipe));
  return r == BLOCKED || !done ? r : <i64>done;
}

/** Puts up to a page of guest bytes into a new buffer: bytes, −EFAULT, −ENOMEM. */
function append(pipe: Pipe, from: u64, count: u64, packet: bool): i64 {
  let frame = <usize>pipe.spare;
  if (frame) pipe.spare = 0;
  else {
    frame = framesAlloc(0, FRAME_USER);
    if (!frame) return -ENOMEM;
  }
  const n = <u32>min<u64>(count, PAGE_SIZE);
  if (copyInPartial(frame, from, n)) {
    pipe.spare = <u32>frame;
    return -EFAULT;
  }
  pipePush(pipe, frame, 0, n, packet ? BUFFER_PACKET : BUFFER_MERGE);
  return n;
}

/** Adds a buffer whose frame reference passes to the pipe; there must be room. */
export function pipePush(pipe: Pipe, frame: usize, offset: u32, length: u32, flags: u32): void {
  const b = bufferAt(pipe, pipe.head);
  store<u32>(b, <u32>frame);
  store<u32>(b, offset, 4);
  store<u32>(b, length, 8);
  store<u32>(b, flags, 12);
  pipe.head++;
  pipe.bytes += length;
}

/** poll(2) state of an end. */
export function pipePoll(pipe: Pipe, mode: u32, everWritten: bool): u32 {
  let mask: u32 = 0;
  if (mode & 1) {
    if (pipe.head != pipe.tail) mask |= POLLIN | POLLRDNORM;
    if (!pipe.writers && everWritten) mask |= POLLHUP;
  }
  if (mode & 2) {
    if (pipe.head - pipe.tail < pipe.room) mask |= POLLOUT | POLLWRNORM;
    if (!pipe.readers) mask |= POLLERR;
  }
  return mask;
}

/** F_SETPIPE_SZ: the new capacity in bytes, or −errno. Kernel: pipe_set_size(). */
export function pipeResize(pipe: Pipe, bytes: u64): i64 {
  let room: u32 = 1;
  if (bytes > 0x80000000) return -EINVAL;
  while (<u64>room * PAGE_SIZE < bytes) room <<= 1;
  const pages = pipe.user.pipePages - pipe.room + room;
  if (room > pipe.room) {
    if (<u64>room * PAGE_SIZE > sysctl(PIPE_MAX_SIZE) && !(current.cred.capEffective & CAP_SYS_RESOURCE)) return -EPERM;
    if (tooMany(pages, PIPE_USER_PAGES_HARD) || tooMany(pages, PIPE_USER_PAGES_SOFT)) return -EPERM;
  }
  if (room < pipe.head - pipe.tail) return -EBUSY;
  const buffers = kmalloc(room * BUFFER_BYTES);
  if (!buffers) return -ENOMEM;
  pipe.user.pipePages = pages;
  const used = pipe.head - pipe.tail;
  for (let i: u32 = 0; i < used; i++) memory.copy(buffers + (i << 4), bufferAt(pipe, pipe.tail + i), BUFFER_BYTES);
  kfree(pipe.buffers);
  pipe.buffers = buffers;
  pipe.room = room;
  pipe.tail = 0;
  pipe.head = used;
  wakeAll(pipeWriters(pipe));
  return <i64>room * PAGE_SIZE;
}

export function pipeCapacity(pipe: Pipe): i64 {
  return <i64>pipe.room * PAGE_SIZE;
}
