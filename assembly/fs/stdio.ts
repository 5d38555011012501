// The host's streams as files: what they are (terminal, pipe, file) the host says when it starts a
// process. Input comes by inputPush into a ring; reads wait until it is there.
import { EAGAIN, EFAULT, EIO, ENOMEM, ENOTTY, EPIPE } from "../abi/errno";
import { O_RDONLY, O_RDWR, O_WRONLY } from "../abi/fcntl";
import { FIONREAD } from "../abi/ioctl";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { SIGPIPE } from "../abi/signal";
import { hostOutput, hostWantInput } from "../imports";
import { kmalloc } from "../mm/kmalloc";
import { copyOutPartial, pagePiece, putUser32, userRead } from "../mm/usercopy";
import { WaitQueue, current } from "../task/task";
import { signalSelf } from "../task/signal";
import { sleepOn, waitOn, wakeAll } from "../task/wait";
import { inputBytes } from "../tty/ldisc";
import { hostTerminal, hostTty } from "../tty/pty";
import { Tty, slaveReaders, ttyHangup, ttyResize, ttyTake } from "../tty/tty";
import { FILE_STDIO, FILE_TTY, FMODE_READ, FMODE_WRITE, File, fileHold, fileNew } from "./file";
import { fdGet, fdReplace } from "./fdtable";
import { openPathKernel } from "./open";

export const STREAM_NULL: u32 = 0;
export const STREAM_TERMINAL: u32 = 1;
export const STREAM_PIPE: u32 = 2;
export const STREAM_FILE: u32 = 3;

const RING_BYTES: u32 = 65536;
const STREAMS: u32 = 256;

/** A stream: what the host has given and the guest has not read. */
@unmanaged
class Stream {
  ring: u32;
  head: u32;
  tail: u32;
  ended: u32;
  /** Tasks sleep for input. */
  wanted: u32;
  spare: u32;
  queue: WaitQueue;
  queuePrev: u32;
}

const TABLE = memory.data(8192, 8);
/** "/dev/pts/0" */
const TERMINAL_PATH = memory.data<u8>([0x2f, 0x64, 0x65, 0x76, 0x2f, 0x70, 0x74, 0x73, 0x2f, 0x30, 0]);
const DEV_NULL_PATH = memory.data<u8>([0x2f, 0x64, 0x65, 0x76, 0x2f, 0x6e, 0x75, 0x6c, 0x6c, 0]);

function stream(number: u32): Stream {
  const s = changetype<Stream>(TABLE + (number & (STREAMS - 1)) * 32);
  if (!s.ring) {
    s.ring = <u32>kmalloc(RING_BYTES);
    changetype<WaitQueue>(changetype<usize>(s) + offsetof<Stream>("queue")).reset();
  }
  return s;
}

/** A number is used again for a new process: what was left over of its input is not the new one's. */
function streamFresh(number: u32): void {
  const s = stream(number);
  s.head = 0;
  s.tail = 0;
  s.ended = 0;
  s.wanted = 0;
}

function queueOf(s: Stream): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(s) + offsetof<Stream>("queue"));
}

/** Descriptors 0, 1, 2 of `current`, by nibbles of `kinds` (STREAM_*); above them the number of the first of its three streams. 0 or −errno. */
export function stdioInstall(kinds: u32): i32 {
  const first = kinds >> 12;
  if (first && (kinds & 15) == STREAM_PIPE) streamFresh(first);
  for (let fd: u32 = 0; fd < 3; fd++) {
    const kind = (kinds >> (fd << 2)) & 15;
    let file: File;
    if (kind == STREAM_NULL || kind == STREAM_TERMINAL) {
      const opened = kind == STREAM_NULL ? openPathKernel(DEV_NULL_PATH, O_RDWR) : terminalShared(kinds);
      if (opened < 0) return <i32>opened;
      file = changetype<File>(<usize>opened);
    } else {
      const made = fileNew(FILE_STDIO, first + fd, fd ? O_WRONLY : O_RDONLY, fd ? FMODE_WRITE : FMODE_READ);
      if (!made) return -ENOMEM;
      made.private0 = kind;
      file = made;
    }
    const r = fdReplace(file, <i32>fd, false);
    if (r < 0) return r;
  }
  return 0;
}

/** The host's terminal, opened once for all descriptors that are it; `current` gets it as its controlling terminal. */
function terminalShared(kinds: u32): i64 {
  for (let fd = 0; fd < 3; fd++) {
    const there = fdGet(fd);
    if (there && there.kind == FILE_TTY) {
      fileHold(changetype<usize>(there));
      return <i64>changetype<usize>(there);
    }
  }
  const output = ((kinds >> 4) & 15) == STREAM_TERMINAL ? 1 : ((kinds >> 8) & 15) == STREAM_TERMINAL ? 2 : 0;
  const made = hostTerminal(output);
  if (made < 0) return made;
  const t = changetype<Tty>(<usize>made);
  if (!t.sid) ttyTake(t, current.group);
  return openPathKernel(TERMINAL_PATH, O_RDWR);
}

export function stdioKind(file: File): u32 {
  return file.private0;
}

/** The host has `length` bytes of input for the stream: how many were taken. */
export function inputPush(number: i32, from: usize, length: i32): i32 {
  const t = number == 0 ? hostTty() : null;
  if (t) return <i32>inputBytes(t, from, length);
  const s = stream(number);
  let done: u32 = 0;
  while (done < <u32>length && s.head - s.tail < RING_BYTES) {
    const at = s.head & (RING_BYTES - 1);
    const n = min(min(RING_BYTES - at, RING_BYTES - (s.head - s.tail)), <u32>length - done);
    memory.copy(s.ring + at, from + done, n);
    s.head += n;
    done += n;
  }
  if (done) inputReady(s);
  return <i32>done;
}

function inputReady(s: Stream): void {
  s.wanted = 0;
  wakeAll(queueOf(s));
}

/** No more input will come. */
export function inputEof(number: i32): void {
  const t = number == 0 ? hostTty() : null;
  if (t) {
    // The host's terminal is gone.
    t.masters = 0;
    ttyHangup(t, 1);
    return;
  }
  const s = stream(number);
  s.ended = 1;
  inputReady(s);
}

/** Whether a task sleeps for input of the host. */
export function inputWanted(): bool {
  const t = hostTty();
  if (t && !slaveReaders(t).empty) return true;
  for (let i: u32 = 0; i < STREAMS; i++) {
    const s = changetype<Stream>(TABLE + i * 32);
    if (s.ring && s.wanted && !queueOf(s).empty) return true;
  }
  return false;
}

function inputOf(file: File): Stream {
  return stream(<u32>file.object);
}

function want(s: Stream): void {
  if (s.wanted) return;
  s.wanted = 1;
  hostWantInput((<i32>changetype<usize>(s) - <i32>TABLE) / 32);
}

export function stdioRead(file: File, to: u64, count: u64, nonblock: bool): i64 {
  if (!count) return 0;
  const s = inputOf(file);
  let done: u64 = 0;
  while (done < count && s.head != s.tail) {
    const at = s.tail & (RING_BYTES - 1);
    const n = <u32>min<u64>(min(RING_BYTES - at, s.head - s.tail), count - done);
    const left = copyOutPartial(to + done, s.ring + at, n);
    if (left) return done ? <i64>done : -EFAULT;
    s.tail += n;
    done += n;
  }
  if (done) return done;
  if (s.ended) return 0;
  want(s);
  if (nonblock) return -EAGAIN;
  return sleepOn(queueOf(s));
}

/** Bytes of input that lie together, 0 at its end, −EAGAIN while none is there. */
export function stdioPeek(file: File): i64 {
  const s = inputOf(file);
  const at = s.tail & (RING_BYTES - 1);
  const n = min(RING_BYTES - at, s.head - s.tail);
  if (n) return n;
  if (s.ended) return 0;
  want(s);
  return -EAGAIN;
}

/** Where the input begins, after `n` bytes of it were taken. */
export function stdioSkip(file: File, n: u32): usize {
  const s = inputOf(file);
  s.tail += n;
  return s.ring + (s.tail & (RING_BYTES - 1));
}

/** Writes kernel memory: bytes taken or −errno. */
export function stdioOut(file: File, from: usize, n: u32): i64 {
  const r = hostOutput(<i32>file.object, from, <i32>n);
  if (r == -EPIPE) signalSelf(SIGPIPE);
  return r;
}

export function stdioWrite(file: File, from: u64, count: u64): i64 {
  const number = <i32>file.object;
  let done: u64 = 0;
  while (done < count) {
    const n = pagePiece(from + done, count - done);
    const host = userRead(from + done);
    if (!host) return done ? <i64>done : -EFAULT;
    const r = hostOutput(number, host, <i32>n);
    if (r < 0) {
      if (done) return done;
      if (r == -EPIPE) signalSelf(SIGPIPE);
      return r;
    }
    if (!r) return done ? <i64>done : -EIO;
    done += r;
  }
  return done;
}

export function stdioPoll(file: File, watch: bool): u32 {
  let mask: u32 = 0;
  if (file.mode & FMODE_READ) {
    const s = inputOf(file);
    if (s.head != s.tail) mask |= POLLIN | POLLRDNORM;
    else if (s.ended) mask |= file.private0 == STREAM_PIPE ? POLLHUP : POLLIN | POLLRDNORM;
    if (watch) {
      want(s);
      waitOn(queueOf(s));
    }
  }
  if (file.mode & FMODE_WRITE) mask |= POLLOUT | POLLWRNORM;
  return mask;
}

export function stdioIoctl(file: File, request: u32, arg: u64): i64 {
  if (request == FIONREAD && file.mode & FMODE_READ) {
    const s = inputOf(file);
    return putUser32(arg, s.head - s.tail) ? 0 : -EFAULT;
  }
  return -ENOTTY;
}

/** The process group that a ^C of the host's terminal is for; 0 = none. */
export function terminalForeground(): i32 {
  const t = hostTty();
  return t ? t.pgid : 0;
}

/** The window of the host's terminal has another size. */
export function terminalResize(rows: i32, columns: i32): void {
  const t = hostTty();
  if (t) ttyResize(t, <u64>(<u32>rows & 0xffff) | (<u64>(<u32>columns & 0xffff) << 16));
}
