// splice(2), tee(2), vmsplice(2), sendfile(2), copy_file_range(2).
import { EAGAIN, EBADF, EFAULT, EINVAL, EISDIR, EOVERFLOW, ESPIPE, EXDEV } from "../abi/errno";
import { O_APPEND, O_NONBLOCK, SPLICE_F_NONBLOCK } from "../abi/fcntl";
import { POLL_IN, POLL_OUT } from "../abi/signal";
import { fasyncKill } from "../fs/fasync";
import { notifyRead, notifyWrite } from "../fs/notify";
import { fdGet } from "../fs/fdtable";
import { FILE_DEVICE, FILE_DIRECTORY, FILE_PATH, FILE_PIDFD, FILE_PIPE, FILE_REGULAR, FILE_SOCKET, FILE_STDIO, FMODE_READ, FMODE_WRITE, File } from "../fs/file";
import { FS_PROC } from "../fs/inode";
import { fileInode, filePoll } from "../fs/ops";
import { Pipe } from "../ipc/pipe";
import { pipeGift, pipeTee, pipeToSocket, socketToPipe, transfer, transferTouch, transferWaitsFor } from "../ipc/splice";
import { STREAM_PIPE } from "../fs/stdio";
import { copyIn, getUser64, pagePiece, putUser64, userRangeOk, userRead, userValue } from "../mm/usercopy";
import { block } from "../task/wait";
import { sys_readv } from "./file";

const MAX_COUNT: u64 = 0x7ffff000;
/** SPLICE_F_ALL. */
const FLAGS: u32 = 15;

function open(fd: u64): File | null {
  const file = fdGet(<i32>fd);
  return file && file.kind != FILE_PATH ? file : null;
}

/** A stream of the host that is a pipe counts as one. */
function isPipe(file: File): bool {
  return file.kind == FILE_PIPE || (file.kind == FILE_STDIO && file.private0 == STREAM_PIPE);
}

/** Whether the kind has a splice_write() in Linux, as far as it is here. */
function takesSplice(file: File): bool {
  return file.kind == FILE_PIPE || file.kind == FILE_STDIO || file.kind == FILE_SOCKET || positioned(file);
}

function positioned(file: File): bool {
  return file.kind == FILE_REGULAR || file.kind == FILE_DEVICE;
}

/** Waits until the transfer can go on: the result of the wait. */
function wait(): i64 {
  filePoll(changetype<File>(transferWaitsFor), true);
  return block();
}

/** Moves the position, or the guest's offset, on. */
function advance(file: File, offset: u64, to: u64): bool {
  if (offset) return putUser64(offset, to);
  if (file.kind == FILE_REGULAR) file.position = to;
  return true;
}

/** `n` bytes went from one file to another: who wants to know is told. */
function moved(from: File, to: File, n: i64): void {
  notifyRead(from, n);
  notifyWrite(to, n);
  if (from.kind == FILE_PIPE) fasyncKill(from.object, FMODE_WRITE, POLL_OUT);
  if (to.kind == FILE_PIPE) fasyncKill(to.object, FMODE_READ, POLL_IN);
}

/** transfer(), or its kin for sockets. */
function spliceAny(from: File, fromPos: u64, to: File, toPos: u64, count: u64): i64 {
  if (from.kind == FILE_SOCKET && to.kind == FILE_PIPE) return socketToPipe(from, to, count);
  if (from.kind == FILE_PIPE && to.kind == FILE_SOCKET) return pipeToSocket(from, to, count);
  return transfer(from, fromPos, to, toPos, count);
}

export function sys_splice(fdIn: u64, offIn: u64, fdOut: u64, offOut: u64, length: u64, flags: u64): i64 {
  if (!length) return 0;
  if (<u32>flags & ~FLAGS) return -EINVAL;
  const from = open(fdIn);
  const to = open(fdOut);
  if (!from || !to) return -EBADF;
  const fromPipe = isPipe(from);
  const toPipe = isPipe(to);
  if ((fromPipe && offIn) || (toPipe && offOut)) return -ESPIPE;
  let fromPos = from.position;
  let toPos = to.position;
  if (offOut) {
    if (!getUser64(offOut)) return -EFAULT;
    toPos = userValue;
  }
  if (offIn) {
    if (!getUser64(offIn)) return -EFAULT;
    fromPos = userValue;
  }
  if (!(from.mode & FMODE_READ) || !(to.mode & FMODE_WRITE)) return -EBADF;
  if (fromPipe && toPipe) {
    if (from.kind == FILE_PIPE && from.object == to.object) return -EINVAL;
  } else if (!fromPipe && !toPipe) return -EINVAL;
  else if (fromPipe) {
    if ((offOut && !positioned(to)) || !takesSplice(to)) return -EINVAL;
    if (to.flags & O_APPEND) return -EINVAL;
  } else if (offIn && !positioned(from)) return -EINVAL;
  if (<i64>fromPos < 0 || <i64>toPos < 0) return -EINVAL;
  const pipes = (fromPipe ? from.flags : 0) | (toPipe ? to.flags : 0);
  const r = spliceAny(from, fromPos, to, toPos, min(length, MAX_COUNT));
  if (r == -EAGAIN && !(<u32>flags & SPLICE_F_NONBLOCK) && !(pipes & O_NONBLOCK)) return wait();
  if (r > 0) {
    transferTouch(to);
    moved(from, to, r);
    if (!advance(from, offIn, fromPos + r) || !advance(to, offOut, toPos + r)) return -EFAULT;
  }
  return r;
}

export function sys_tee(fdIn: u64, fdOut: u64, length: u64, flags: u64): i64 {
  if (<u32>flags & ~FLAGS) return -EINVAL;
  if (!length) return 0;
  const from = open(fdIn);
  const to = open(fdOut);
  if (!from || !to || !(from.mode & FMODE_READ) || !(to.mode & FMODE_WRITE)) return -EBADF;
  if (from.kind != FILE_PIPE || to.kind != FILE_PIPE || from.object == to.object) return -EINVAL;
  const source = changetype<Pipe>(from.object);
  const r = pipeTee(source, changetype<Pipe>(to.object), length);
  if (r > 0) fasyncKill(to.object, FMODE_READ, POLL_IN);
  if (r != -EAGAIN || <u32>flags & SPLICE_F_NONBLOCK || (from.flags | to.flags) & O_NONBLOCK) return r;
  filePoll(source.head == source.tail ? from : to, true);
  return block();
}

const VECTOR = memory.data(16, 8);

export function sys_vmsplice(fd: u64, iov: u64, count: u64, flags: u64): i64 {
  if (<u32>flags & ~FLAGS) return -EINVAL;
  const file = open(fd);
  if (!file) return -EBADF;
  const writes = (file.mode & FMODE_WRITE) != 0;
  if (!writes && !(file.mode & FMODE_READ)) return -EBADF;
  if (count > 1024) return -EINVAL;
  let total: u64 = 0;
  for (let i: u64 = 0; i < count; i++) {
    if (!copyIn(VECTOR, iov + i * 16, 16) || !userRangeOk(load<u64>(VECTOR), load<u64>(VECTOR, 8))) return -EFAULT;
    total += load<u64>(VECTOR, 8);
  }
  if (!total) return 0;
  if (file.kind != FILE_PIPE) return -EBADF;
  if (!writes) {
    // Here only the flag of the call counts: fs/splice.c: vmsplice_to_user().
    const kept = file.flags;
    file.flags = <u32>flags & SPLICE_F_NONBLOCK ? kept | O_NONBLOCK : kept & ~O_NONBLOCK;
    const r = sys_readv(fd, iov, count);
    file.flags = kept;
    return r;
  }
  const r = gift(file, iov, count, <u32>flags);
  if (r > 0) fasyncKill(file.object, FMODE_READ, POLL_IN);
  return r;
}

/** Pages of the guest go into the pipe. */
function gift(file: File, iov: u64, count: u64, flags: u32): i64 {
  const pipe = changetype<Pipe>(file.object);
  let done: i64 = 0;
  for (let i: u64 = 0; i < count; i++) {
    if (!copyIn(VECTOR, iov + i * 16, 16)) return done ? done : -EFAULT;
    let at = load<u64>(VECTOR);
    let left = load<u64>(VECTOR, 8);
    if (!userRangeOk(at, left)) return done ? done : -EFAULT;
    while (left) {
      const n = pagePiece(at, left);
      const host = userRead(at);
      const r = host ? pipeGift(pipe, host, n) : -EFAULT;
      if (r < 0) {
        if (done || r != -EAGAIN || flags & SPLICE_F_NONBLOCK || file.flags & O_NONBLOCK) return done ? done : r;
        filePoll(file, true);
        return block();
      }
      done += r;
      at += n;
      left -= n;
    }
  }
  return done;
}

export function sys_sendfile(fdOut: u64, fdIn: u64, offset: u64, count: u64): i64 {
  let pos: u64 = 0;
  if (offset) {
    if (!getUser64(offset)) return -EFAULT;
    pos = userValue;
  }
  const from = open(fdIn);
  if (!from || !(from.mode & FMODE_READ)) return -EBADF;
  if (offset && !positioned(from) && from.kind != FILE_DIRECTORY) return -ESPIPE;
  if (!offset) pos = from.position;
  if (<i64>pos < 0 || <i64>count < 0) return -EINVAL;
  const to = open(fdOut);
  if (!to || !(to.mode & FMODE_WRITE)) return -EBADF;
  if (!count && from.kind != FILE_PIPE && from.kind != FILE_SOCKET && from.kind != FILE_PIDFD) return 0;
  // A pipe takes what any file has, others what can be read again.
  if (!positioned(from) && !(from.kind == FILE_SOCKET && to.kind == FILE_PIPE)) return -EINVAL;
  if (to.flags & O_APPEND && !isPipe(to)) return -EINVAL;
  const r = spliceAny(from, pos, to, to.position, min(count, MAX_COUNT));
  if (r == -EAGAIN && !((to.flags | (from.kind == FILE_SOCKET ? from.flags : 0)) & O_NONBLOCK)) return wait();
  if (r <= 0) return r;
  transferTouch(to);
  moved(from, to, r);
  if (to.kind == FILE_REGULAR) to.position += r;
  return advance(from, offset, pos + r) ? r : -EFAULT;
}

export function sys_copy_file_range(fdIn: u64, offIn: u64, fdOut: u64, offOut: u64, length: u64, flags: u64): i64 {
  const from = open(fdIn);
  const to = open(fdOut);
  if (!from || !to) return -EBADF;
  let fromPos = from.position;
  let toPos = to.position;
  if (offIn) {
    if (!getUser64(offIn)) return -EFAULT;
    fromPos = userValue;
  }
  if (offOut) {
    if (!getUser64(offOut)) return -EFAULT;
    toPos = userValue;
  }
  if (<u32>flags) return -EINVAL;
  if (from.kind == FILE_DIRECTORY || to.kind == FILE_DIRECTORY) return -EISDIR;
  if (from.kind != FILE_REGULAR || to.kind != FILE_REGULAR) return -EINVAL;
  if (!(from.mode & FMODE_READ) || !(to.mode & FMODE_WRITE) || to.flags & O_APPEND) return -EBADF;
  const a = fileInode(from);
  const b = fileInode(to);
  if (a.dev != b.dev || b.fs == FS_PROC) return -EXDEV;
  if (<i64>fromPos < 0 || <i64>toPos < 0) return -EINVAL;
  if (fromPos + length < fromPos || toPos + length < toPos) return -EOVERFLOW;
  const count = min(min(length, a.size > fromPos ? a.size - fromPos : 0), MAX_COUNT);
  if (a === b && toPos + count > fromPos && toPos < fromPos + count) return -EINVAL;
  const r = transfer(from, fromPos, to, toPos, count);
  if (r > 0) {
    transferTouch(to);
    moved(from, to, r);
    if (!advance(from, offIn, fromPos + r) || !advance(to, offOut, toPos + r)) return -EFAULT;
  }
  return r;
}
