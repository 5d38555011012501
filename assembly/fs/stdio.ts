// The host's streams as files: what they are (terminal, pipe, file) the host says when it starts a
// process. Input comes by inputPush into a ring; reads wait until it is there.
import { EAGAIN, EFAULT, EIO, ENOMEM, ENOTTY, EPIPE } from "../abi/errno";
import { O_RDONLY, O_RDWR, O_WRONLY } from "../abi/fcntl";
import { FIONREAD, SIZEOF_TERMIOS, SIZEOF_WINSIZE, TCGETS, TCSETS, TCSETSF, TCSETSW, TIOCGPGRP, TIOCGSID, TIOCGWINSZ, TIOCSCTTY, TIOCSPGRP, TIOCSWINSZ } from "../abi/ioctl";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { SIGPIPE } from "../abi/signal";
import { hostOutput, hostTerminal, hostWantInput } from "../imports";
import { kmalloc } from "../mm/kmalloc";
import { copyIn, copyOut, copyOutPartial, getUser32, pagePiece, putUser32, userRead, userValue } from "../mm/usercopy";
import { WaitQueue, current } from "../task/task";
import { signalSelf } from "../task/signal";
import { sleepOn, waitOn, wakeAll } from "../task/wait";
import { FILE_STDIO, FMODE_READ, FMODE_WRITE, File, fileNew } from "./file";
import { fdReplace } from "./fdtable";
import { openPathKernel } from "./open";

export const STREAM_NULL: u32 = 0;
export const STREAM_TERMINAL: u32 = 1;
export const STREAM_PIPE: u32 = 2;
export const STREAM_FILE: u32 = 3;

const RING_BYTES: u32 = 65536;
const STREAMS: u32 = 8;

/** A stream: what the host has given and the guest has not read. */
@unmanaged
class Stream {
  ring: u32;
  head: u32;
  tail: u32;
  ended: u32;
  /** Tasks sleep for input. */
  wanted: u32;
  /** Foreground process group of a terminal. */
  foreground: i32;
  queue: WaitQueue;
  queuePrev: u32;
}

const TABLE = memory.data(256, 8);
const BUFFER = memory.data(64, 8);
const DEV_NULL_PATH = memory.data<u8>([0x2f, 0x64, 0x65, 0x76, 0x2f, 0x6e, 0x75, 0x6c, 0x6c, 0]);

function stream(number: u32): Stream {
  const s = changetype<Stream>(TABLE + (number & (STREAMS - 1)) * 32);
  if (!s.ring) {
    s.ring = <u32>kmalloc(RING_BYTES);
    changetype<WaitQueue>(changetype<usize>(s) + offsetof<Stream>("queue")).reset();
  }
  return s;
}

function queueOf(s: Stream): WaitQueue {
  return changetype<WaitQueue>(changetype<usize>(s) + offsetof<Stream>("queue"));
}

/** Descriptors 0, 1, 2 of `current`, by nibbles of `kinds` (STREAM_*). 0 or −errno. */
export function stdioInstall(kinds: u32): i32 {
  for (let fd: u32 = 0; fd < 3; fd++) {
    const kind = (kinds >> (fd << 2)) & 15;
    let file: File;
    if (kind == STREAM_NULL) {
      const opened = openPathKernel(DEV_NULL_PATH, O_RDWR);
      if (opened < 0) return <i32>opened;
      file = changetype<File>(<usize>opened);
    } else {
      const mode = kind == STREAM_TERMINAL ? FMODE_READ | FMODE_WRITE : fd ? FMODE_WRITE : FMODE_READ;
      const flags = kind == STREAM_TERMINAL ? O_RDWR : fd ? O_WRONLY : O_RDONLY;
      const made = fileNew(FILE_STDIO, fd, flags, mode);
      if (!made) return -ENOMEM;
      made.private0 = kind;
      file = made;
      if (kind == STREAM_TERMINAL) stream(0).foreground = current.group.pid;
    }
    const r = fdReplace(file, <i32>fd, false);
    if (r < 0) return r;
  }
  return 0;
}

/** A File for the controlling terminal (/dev/tty), or 0 when the machine has none. */
export function terminalOpen(flags: u32): usize {
  const file = fileNew(FILE_STDIO, 0, flags, FMODE_READ | FMODE_WRITE);
  if (!file) return 0;
  file.private0 = STREAM_TERMINAL;
  return changetype<usize>(file);
}

export function stdioKind(file: File): u32 {
  return file.private0;
}

/** The host has `length` bytes of input for the stream: how many were taken. */
export function inputPush(number: i32, from: usize, length: i32): i32 {
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
  const s = stream(number);
  s.ended = 1;
  inputReady(s);
}

/** Whether a task sleeps for input of the host. */
export function inputWanted(): bool {
  for (let i: u32 = 0; i < STREAMS; i++) {
    const s = changetype<Stream>(TABLE + i * 32);
    if (s.ring && s.wanted && !queueOf(s).empty) return true;
  }
  return false;
}

/** Input comes from stream 0 whichever descriptor of a terminal is read. */
function inputOf(file: File): Stream {
  return stream(file.private0 == STREAM_TERMINAL ? 0 : <u32>file.object);
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
    let n = <u32>min<u64>(min(RING_BYTES - at, s.head - s.tail), count - done);
    // A terminal gives a line at a time.
    if (file.private0 == STREAM_TERMINAL) n = lineWithin(s.ring + at, n);
    const left = copyOutPartial(to + done, s.ring + at, n);
    if (left) return done ? <i64>done : -EFAULT;
    s.tail += n;
    done += n;
    if (file.private0 == STREAM_TERMINAL && load<u8>(s.ring + at + n - 1) == 0x0a) break;
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
  const r = hostOutput(outputOf(file), from, <i32>n);
  if (r == -EPIPE) signalSelf(SIGPIPE);
  return r;
}

/** Output to a terminal goes to stream 1 when its descriptor is the input's. */
function outputOf(file: File): i32 {
  return file.private0 == STREAM_TERMINAL && !file.object ? 1 : <i32>file.object;
}

function lineWithin(at: usize, n: u32): u32 {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(at + i) == 0x0a) return i + 1;
  return n;
}

export function stdioWrite(file: File, from: u64, count: u64): i64 {
  const number = outputOf(file);
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
  if (file.private0 != STREAM_TERMINAL) return -ENOTTY;
  switch (request) {
    case TCGETS: return fromTerminal(file, request, arg, SIZEOF_TERMIOS);
    case TIOCGWINSZ: return fromTerminal(file, request, arg, SIZEOF_WINSIZE);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
      if (!copyIn(BUFFER, arg, SIZEOF_TERMIOS)) return -EFAULT;
      return hostTerminal(<i32>file.object, request, BUFFER);
    case TIOCSWINSZ:
      if (!copyIn(BUFFER, arg, SIZEOF_WINSIZE)) return -EFAULT;
      return hostTerminal(<i32>file.object, request, BUFFER);
    case TIOCGPGRP: return putUser32(arg, stream(0).foreground) ? 0 : -EFAULT;
    case TIOCSPGRP:
      if (!getUser32(arg)) return -EFAULT;
      stream(0).foreground = <i32>userValue;
      return 0;
    case TIOCGSID: return putUser32(arg, current.group.sid) ? 0 : -EFAULT;
    case TIOCSCTTY: return 0;
    default: return -ENOTTY;
  }
}

function fromTerminal(file: File, request: u32, arg: u64, bytes: u32): i64 {
  const r = hostTerminal(<i32>file.object, request, BUFFER);
  if (r < 0) return r;
  return copyOut(arg, BUFFER, bytes) ? 0 : -EFAULT;
}

/** The process group that a ^C of the host's terminal is for; 0 = none. */
export function terminalForeground(): i32 {
  return stream(0).foreground;
}

