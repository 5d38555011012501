// Moving bytes between files without the guest's memory: splice(2), tee(2), vmsplice(2), sendfile(2). A source
// shows its next piece in place, a sink takes it; pipes pass frames on by reference, as Linux does.
// Kernel: fs/splice.c.
import { EAGAIN, EINVAL, EIO, ENOMEM, ENOSPC, EPIPE } from "../abi/errno";
import { SIGPIPE } from "../abi/signal";
import { DEV_FULL, DEV_NULL, DEV_RANDOM, DEV_URANDOM, DEV_ZERO } from "../fs/dev";
import { FILE_DEVICE, FILE_PIPE, FILE_REGULAR, FILE_SOCKET, FILE_STDIO, File } from "../fs/file";
import { FS_PROC } from "../fs/inode";
import { fileInode } from "../fs/ops";
import { procText } from "../fs/procfile";
import { regularPage, regularWriteChecked } from "../fs/regular";
import { stdioOut, stdioPeek, stdioSkip } from "../fs/stdio";
import { randomFill } from "../lib/random";
import { FRAME_USER, PAGE_SIZE, framesAlloc } from "../mm/frames";
import { frameHold } from "../mm/refs";
import { socketGet, socketPut, socketPutVector } from "../net/file";
import { realtime } from "../task/clock";
import { signalSelf } from "../task/signal";
import { wakeAll } from "../task/wait";
import { BUFFER_MERGE, Pipe, pipeBuffer, pipeConsume, pipePush, pipeReaders, pipeWriters } from "./pipe";

/** The piece that sourcePeek found: where, how long, and the frame that may be shared (0 = its bytes must be copied). */
let pieceHost: usize = 0;
let pieceLength: u32 = 0;
let pieceFrame: usize = 0;
let pieceFlags: u32 = 0;

const ZEROES = memory.data(4096, 16);
const RANDOM = memory.data(4096, 16);

function piece(host: usize, length: u64, frame: usize): i64 {
  pieceHost = host;
  pieceLength = <u32>length;
  pieceFrame = frame;
  pieceFlags = 0;
  return 1;
}

/** Finds the next piece (of at most `want` bytes) of the source: 1, 0 at its end, −EAGAIN when nothing is there yet, −EINVAL when it cannot be spliced. */
function sourcePeek(file: File, pos: u64, want: u64): i64 {
  switch (file.kind) {
    case FILE_PIPE: {
      const pipe = changetype<Pipe>(file.object);
      if (pipe.head == pipe.tail) return pipe.writers ? -EAGAIN : 0;
      const b = pipeBuffer(pipe, pipe.tail);
      const length = load<u32>(b, 8);
      piece(<usize>load<u32>(b) + load<u32>(b, 4), min<u64>(want, length), <usize>load<u32>(b));
      pieceFlags = length <= want ? load<u32>(b, 12) & ~BUFFER_MERGE : 0;
      return 1;
    }
    case FILE_REGULAR: {
      const inode = fileInode(file);
      if (inode.fs == FS_PROC) {
        // Those of processes have no splice_read in Linux.
        if (inode.procPid) return -EINVAL;
        const error = procText(file, pos);
        if (error) return error;
        if (pos >= file.private1) return 0;
        return piece(<usize>file.private0 + <usize>pos, min(want, file.private1 - pos), 0);
      }
      if (pos >= inode.size) return 0;
      const offset = <u32>(pos & 0xfff);
      const n = min<u64>(min(want, inode.size - pos), PAGE_SIZE - offset);
      const page = regularPage(inode, pos >> 12);
      return page ? piece(page + offset, n, page) : piece(ZEROES, n, 0);
    }
    case FILE_DEVICE:
      switch (fileInode(file).rdev) {
        case DEV_ZERO:
        case DEV_FULL: return piece(ZEROES, min<u64>(want, PAGE_SIZE), 0);
        case DEV_RANDOM:
        case DEV_URANDOM:
          randomFill(RANDOM, <i32>min<u64>(want, PAGE_SIZE));
          return piece(RANDOM, min<u64>(want, PAGE_SIZE), 0);
        default: return -EINVAL;
      }
    case FILE_STDIO: {
      const n = stdioPeek(file);
      return n > 0 ? piece(stdioSkip(file, 0), min<u64>(want, n), 0) : n;
    }
    default: return -EINVAL;
  }
}

/** `n` bytes of the last piece are gone on. */
function sourceTake(file: File, n: u32): void {
  if (file.kind == FILE_PIPE) pipeConsume(changetype<Pipe>(file.object), n);
  else if (file.kind == FILE_STDIO) stdioSkip(file, n);
}

/** Gives the piece to the sink: bytes taken, −EAGAIN when it is full, −errno. */
function sinkPut(file: File, pos: u64): i64 {
  switch (file.kind) {
    case FILE_PIPE: return pipePut(changetype<Pipe>(file.object));
    case FILE_REGULAR: return fileInode(file).fs == FS_PROC ? -EINVAL : regularWriteChecked(fileInode(file), pos, pieceHost, pieceLength);
    case FILE_STDIO: {
      const n = stdioOut(file, pieceHost, pieceLength);
      return n == 0 ? -EIO : n;
    }
    case FILE_DEVICE:
      switch (fileInode(file).rdev) {
        case DEV_NULL:
        case DEV_ZERO: return pieceLength;
        case DEV_FULL: return -ENOSPC;
        default: return -EINVAL;
      }
    case FILE_SOCKET: return socketPut(file, pieceHost, pieceLength);
    default: return -EINVAL;
  }
}

function pipePut(pipe: Pipe): i64 {
  if (!pipe.readers) {
    signalSelf(SIGPIPE);
    return -EPIPE;
  }
  if (pipe.head - pipe.tail >= pipe.room) return -EAGAIN;
  let frame = pieceFrame;
  let offset: u32 = 0;
  if (frame) {
    frameHold(frame);
    offset = <u32>(pieceHost - frame);
  } else {
    frame = framesAlloc(0, FRAME_USER);
    if (!frame) return -ENOMEM;
    memory.copy(frame, pieceHost, pieceLength);
  }
  pipePush(pipe, frame, offset, pieceLength, pieceFlags);
  wakeAll(pipeReaders(pipe));
  return pieceLength;
}

/** Where the last transfer stopped for: the file to wait for when it returned −EAGAIN. */
export let transferWaitsFor: usize = 0;

/**
 * Moves up to `count` bytes, as far as it goes without waiting: bytes, 0 at the end of the source, −EAGAIN (see
 * transferWaitsFor), −errno.
 */
export function transfer(from: File, fromPos: u64, to: File, toPos: u64, count: u64): i64 {
  let done: u64 = 0;
  transferWaitsFor = 0;
  while (done < count) {
    let r = sourcePeek(from, fromPos + done, count - done);
    if (r == -EAGAIN) transferWaitsFor = changetype<usize>(from);
    if (r > 0) {
      r = sinkPut(to, toPos + done);
      if (r == -EAGAIN) transferWaitsFor = changetype<usize>(to);
    }
    if (r <= 0) return done ? <i64>done : r;
    sourceTake(from, <u32>r);
    done += r;
  }
  return done;
}

const RECEIVED = memory.data(65536, 16);

/** What a socket has goes into a pipe: one message, or as much of a stream as there is. Results as of transfer(). */
export function socketToPipe(from: File, to: File, count: u64): i64 {
  const pipe = changetype<Pipe>(to.object);
  transferWaitsFor = 0;
  if (!pipe.readers) {
    signalSelf(SIGPIPE);
    return -EPIPE;
  }
  const room = <u64>(pipe.room - (pipe.head - pipe.tail)) * PAGE_SIZE;
  if (!room) {
    transferWaitsFor = changetype<usize>(to);
    return -EAGAIN;
  }
  const n = socketGet(from, RECEIVED, <u32>min(min(count, room), 65536));
  if (n == -EAGAIN) transferWaitsFor = changetype<usize>(from);
  for (let done: i64 = 0; done < n; done += PAGE_SIZE) {
    piece(RECEIVED + <usize>done, min<u64>(n - done, PAGE_SIZE), 0);
    if (pipePut(pipe) < 0) return done ? done : -ENOMEM;
  }
  return n;
}

const VECTOR = memory.data(256, 8);

/** What a pipe has goes to a socket: up to 16 buffers are one message. Results as of transfer(). */
export function pipeToSocket(from: File, to: File, count: u64): i64 {
  const pipe = changetype<Pipe>(from.object);
  transferWaitsFor = 0;
  let sum: i64 = 0;
  while (<u64>sum < count && pipe.head != pipe.tail) {
    let total: u64 = 0;
    let n: u32 = 0;
    for (let i = pipe.tail; i != pipe.head && n < 16 && <u64>sum + total < count; i++) {
      const b = pipeBuffer(pipe, i);
      const length = min<u64>(load<u32>(b, 8), count - sum - total);
      store<u64>(VECTOR + (n << 4), <u64>load<u32>(b) + load<u32>(b, 4));
      store<u64>(VECTOR + (n << 4), length, 8);
      total += length;
      n++;
    }
    const r = socketPutVector(to, VECTOR, n, total);
    if (r == -EAGAIN) transferWaitsFor = changetype<usize>(to);
    if (r < 0) return sum ? sum : r;
    for (let left = <u64>r; left; ) {
      const take = min<u64>(left, load<u32>(pipeBuffer(pipe, pipe.tail), 8));
      pipeConsume(pipe, <u32>take);
      left -= take;
    }
    sum += r;
  }
  if (sum || !pipe.writers) return sum;
  transferWaitsFor = changetype<usize>(from);
  return -EAGAIN;
}

/** tee(2): buffers of one pipe also go to another. */
export function pipeTee(from: Pipe, to: Pipe, count: u64): i64 {
  let done: u64 = 0;
  if (from.head == from.tail) return from.writers ? -EAGAIN : 0;
  for (let i = from.tail; i != from.head && done < count; i++) {
    const b = pipeBuffer(from, i);
    const length = load<u32>(b, 8);
    const n = min<u64>(length, count - done);
    piece(<usize>load<u32>(b) + load<u32>(b, 4), n, <usize>load<u32>(b));
    pieceFlags = n == length ? load<u32>(b, 12) & ~BUFFER_MERGE : 0;
    const r = pipePut(to);
    if (r < 0) return done ? <i64>done : r;
    done += r;
  }
  return done;
}

/** vmsplice(2): the guest's page that holds `host` goes into the pipe. */
export function pipeGift(pipe: Pipe, host: usize, length: u32): i64 {
  piece(host, length, host & ~0xfff);
  return pipePut(pipe);
}

/** The source was read and the sink written: times follow. */
export function transferTouch(to: File): void {
  if (to.kind != FILE_REGULAR) return;
  const t = realtime();
  fileInode(to).mtime = t;
  fileInode(to).ctime = t;
}
