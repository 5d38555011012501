// Calls on descriptors: read(2), write(2) and their vectors, lseek(2), dup(2), fcntl(2), close(2), pipe(2), ioctl(2).
import { EBADF, EFAULT, EINVAL, ENFILE, ENOMEM, ENOPKG, ENOTTY, EPERM, ESPIPE } from "../abi/errno";
import { CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE, F_ADD_SEALS, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLEASE, F_GETOWN, F_GETOWN_EX, F_GETPIPE_SZ, F_GETSIG, F_GET_SEALS, F_NOTIFY, F_SETFD, F_SETFL, F_SETLEASE, F_SETOWN, F_SETOWN_EX, F_SETPIPE_SZ, F_SETSIG, O_APPEND, O_ASYNC, O_CLOEXEC, O_DIRECT, O_NOATIME, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../abi/fcntl";
import { FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX } from "../abi/ioctl";
import { Pipe, pipeCapacity, pipeDrop, pipeNew, pipeResize } from "../ipc/pipe";
import { closeRange, fdClose, fdGet, fdInstall, fdInstallFrom, fdIsCloexec, fdReplace, fdSetCloexec } from "../fs/fdtable";
import { FILE_DEVICE, FILE_EVENTFD, FILE_MQUEUE, FILE_PATH, FILE_PIDFD, FILE_PIPE, FILE_REGULAR, FILE_SIGNALFD, FILE_SOCKET, FILE_TIMERFD, FMODE_READ, FMODE_WRITE, File, fileDrop, fileHold, fileNew } from "../fs/file";
import { fileCanDirect, fileCanRead, fileCanWrite, fileInode, fileIoctl, fileRead, fileReadAt, fileSeek, fileSeekable, fileWrite, fileWriteAt } from "../fs/ops";
import { ownerGet, ownerGetEx, ownerSet, ownerSetEx } from "../fs/owner";
import { dnotifySet } from "../fs/dnotify";
import { fasyncOff, fasyncOn } from "../fs/fasync";
import { notifyRead, notifyWrite } from "../fs/notify";
import { leaseGet, leaseSet } from "../fs/leases";
import { LOCK_NONE } from "../fs/locks";
import { sealsAdd, sealsOf } from "../fs/seals";
import { FS_TMPFS, KERNEL_DEV } from "../fs/inode";
import { copyIn, getUser32, putUser32, userRangeOk, userValue } from "../mm/usercopy";
import { EventFd, eventfdTake, eventfdTaken } from "../ipc/eventfd";
import { SignalFd, signalfdReadVector } from "../ipc/signalfd";
import { TimerFd, timerfdTake, timerfdTaken } from "../ipc/timerfd";
import { socketReadVector, socketWriteVector } from "../net/file";
import { messageOut, messageVector } from "../net/message";
import { current } from "../task/task";
import { BLOCKED } from "../task/wait";
import { isLockCommand, lockControl } from "./lock";

/** MAX_RW_COUNT: the most one call transfers. */
const MAX_COUNT: u64 = 0x7ffff000;
const IOV_MAX: u64 = 1024;

function readable(fd: u64): File | null {
  const file = fdGet(<i32>fd);
  return file && file.mode & FMODE_READ ? file : null;
}

function writable(fd: u64): File | null {
  const file = fdGet(<i32>fd);
  return file && file.mode & FMODE_WRITE ? file : null;
}

export function sys_read(fd: u64, buffer: u64, count: u64): i64 {
  const file = readable(fd);
  if (!file) return -EBADF;
  if (!fileCanRead(file) || <i64>count < 0) return -EINVAL;
  if (!userRangeOk(buffer, count)) return -EFAULT;
  return notifyRead(file, fileRead(file, buffer, min(count, MAX_COUNT)));
}

export function sys_write(fd: u64, buffer: u64, count: u64): i64 {
  const file = writable(fd);
  if (!file) return -EBADF;
  if (!fileCanWrite(file) || <i64>count < 0) return -EINVAL;
  if (!userRangeOk(buffer, count)) return -EFAULT;
  return notifyWrite(file, fileWrite(file, buffer, min(count, MAX_COUNT)));
}

/** A pidfd has positions in Linux, and nothing to read. */
function notSeekable(file: File): i64 {
  return file.kind == FILE_PATH ? -EBADF : file.kind == FILE_PIDFD ? -EINVAL : -ESPIPE;
}

export function sys_pread64(fd: u64, buffer: u64, count: u64, offset: u64): i64 {
  if (<i64>offset < 0) return -EINVAL;
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (!fileSeekable(file)) return notSeekable(file);
  if (!(file.mode & FMODE_READ)) return -EBADF;
  if (!userRangeOk(buffer, count)) return -EFAULT;
  return notifyRead(file, fileReadAt(file, offset, buffer, min(count, MAX_COUNT)));
}

export function sys_pwrite64(fd: u64, buffer: u64, count: u64, offset: u64): i64 {
  if (<i64>offset < 0) return -EINVAL;
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (!fileSeekable(file)) return notSeekable(file);
  if (!(file.mode & FMODE_WRITE)) return -EBADF;
  if (!userRangeOk(buffer, count)) return -EFAULT;
  // O_APPEND wins over the offset; pwrite(2) BUGS.
  const at = file.kind == FILE_REGULAR && file.flags & O_APPEND ? fileInode(file).size : offset;
  return notifyWrite(file, fileWriteAt(file, at, buffer, min(count, MAX_COUNT)));
}

const IOVECS = memory.data(16384, 8);

/** Copies in and checks an iovec array; the total length or −errno. */
function vectorIn(iov: u64, count: u64): i64 {
  if (count > IOV_MAX) return -EINVAL;
  if (count && !copyIn(IOVECS, iov, count * 16)) return -EFAULT;
  let total: u64 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const length = load<u64>(IOVECS + (i << 4), 8);
    if (<i64>length < 0) return -EINVAL;
    if (!userRangeOk(load<u64>(IOVECS + (i << 4)), length)) return -EFAULT;
    total = min(total + length, MAX_COUNT);
  }
  return total;
}

/** One piece after another until one is short. at = u64.MAX_VALUE: the file's own position. */
function vectorRun(file: File, count: u64, at: u64, write: bool): i64 {
  let done: i64 = 0;
  const own = at == u64.MAX_VALUE;
  // A blocked vector begins again after what earlier runs wrote.
  let skip = write ? current.sysProgress : 0;
  const outer = skip;
  for (let i: usize = 0; i < <usize>count; i++) {
    let base = load<u64>(IOVECS + (i << 4));
    let length = min(load<u64>(IOVECS + (i << 4), 8), MAX_COUNT - <u64>done);
    if (!length) continue;
    if (skip >= length) {
      skip -= length;
      continue;
    }
    base += skip;
    length -= skip;
    skip = 0;
    current.sysProgress = 0;
    const n = write ? (own ? fileWrite(file, base, length) : fileWriteAt(file, at + done, base, length)) : own ? fileRead(file, base, length) : fileReadAt(file, at + done, base, length);
    if (n == BLOCKED) {
      if (!write) return done ? done : n;
      current.sysProgress += outer + done;
      return n;
    }
    if (n < 0) return done + <i64>outer ? done + <i64>outer : n;
    done += n;
    if (<u64>n < length) break;
    // A pipe or terminal gives what it has and does not wait for more.
    if (!write && file.kind != FILE_REGULAR && file.kind != FILE_DEVICE && !moreToRead(file)) break;
  }
  return done + <i64>outer;
}

function moreToRead(file: File): bool {
  if (file.kind != FILE_PIPE) return false;
  const pipe = changetype<Pipe>(file.object);
  return pipe.head != pipe.tail;
}

const COUNTER = memory.data(8, 8);

/** The count of an eventfd or timerfd goes over the pieces' borders. */
function counterVector(file: File, count: u32, total: u64): i64 {
  if (total < 8) return -EINVAL;
  const nonblock = (file.flags & O_NONBLOCK) != 0;
  const r = file.kind == FILE_EVENTFD ? eventfdTake(changetype<EventFd>(file.object), nonblock) : timerfdTake(changetype<TimerFd>(file.object), nonblock);
  if (r) return r;
  store<u64>(COUNTER, file.kind == FILE_EVENTFD ? eventfdTaken : timerfdTaken);
  return messageOut(messageVector(IOVECS, count, total), COUNTER, 8) ? 8 : -EFAULT;
}

export function sys_readv(fd: u64, iov: u64, count: u64): i64 {
  const file = readable(fd);
  if (!file) return -EBADF;
  if (!fileCanRead(file)) return -EINVAL;
  const total = vectorIn(iov, count);
  if (total <= 0) return total;
  if (file.kind == FILE_SOCKET) return socketReadVector(file, IOVECS, <u32>count, total);
  if (file.kind == FILE_SIGNALFD) return signalfdReadVector(changetype<SignalFd>(file.object), IOVECS, <u32>count, total, (file.flags & O_NONBLOCK) != 0);
  if (file.kind == FILE_EVENTFD || file.kind == FILE_TIMERFD) return counterVector(file, <u32>count, total);
  return notifyRead(file, vectorRun(file, count, u64.MAX_VALUE, false));
}

export function sys_writev(fd: u64, iov: u64, count: u64): i64 {
  const file = writable(fd);
  if (!file) return -EBADF;
  if (!fileCanWrite(file)) return -EINVAL;
  const total = vectorIn(iov, count);
  if (total <= 0) return total;
  if (file.kind == FILE_SOCKET) return socketWriteVector(file, IOVECS, <u32>count, total);
  return notifyWrite(file, vectorRun(file, count, u64.MAX_VALUE, true));
}

export function sys_preadv(fd: u64, iov: u64, count: u64, low: u64): i64 {
  if (<i64>low < 0) return -EINVAL;
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (!fileSeekable(file)) return notSeekable(file);
  if (!(file.mode & FMODE_READ)) return -EBADF;
  const total = vectorIn(iov, count);
  return total <= 0 ? total : notifyRead(file, vectorRun(file, count, low, false));
}

export function sys_pwritev(fd: u64, iov: u64, count: u64, low: u64): i64 {
  if (<i64>low < 0) return -EINVAL;
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (!fileSeekable(file)) return notSeekable(file);
  if (!(file.mode & FMODE_WRITE)) return -EBADF;
  const total = vectorIn(iov, count);
  return total <= 0 ? total : notifyWrite(file, vectorRun(file, count, low, true));
}

export function sys_lseek(fd: u64, offset: u64, whence: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  if (<u32>whence > 4) return -EINVAL;
  return fileSeek(file, offset, <i32>whence);
}

export function sys_close(fd: u64): i64 {
  return fdClose(<i32>fd);
}

export function sys_close_range(first: u64, last: u64, flags: u64): i64 {
  if (flags & ~<u64>(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || <u32>first > <u32>last) return -EINVAL;
  return closeRange(<u32>first, <u32>last, (flags & CLOSE_RANGE_UNSHARE) != 0, (flags & CLOSE_RANGE_CLOEXEC) != 0);
}

export function sys_dup(fd: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  fileHold(changetype<usize>(file));
  return fdInstall(file, false);
}

export function sys_dup2(fd: u64, to: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (<i32>fd == <i32>to) return <i32>to;
  return duplicateTo(file, <i32>to, false);
}

export function sys_dup3(fd: u64, to: u64, flags: u64): i64 {
  if (flags & ~<u64>O_CLOEXEC || <i32>fd == <i32>to) return -EINVAL;
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  return duplicateTo(file, <i32>to, flags != 0);
}

function duplicateTo(file: File, to: i32, cloexec: bool): i64 {
  const r = fdReplace(file, to, cloexec);
  if (r >= 0) fileHold(changetype<usize>(file));
  return r;
}

function duplicateFrom(file: File, from: u64, cloexec: bool): i64 {
  const limit = load<u64>(current.group.rlimits + 7 * 16);
  if (<i32>from < 0 || <u64><u32>from >= limit) return -EINVAL;
  const r = fdInstallFrom(file, <u32>from, cloexec);
  if (r >= 0) fileHold(changetype<usize>(file));
  return r;
}

/** Flags that F_SETFL may change. */
const SETFL: u32 = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

/** F_SETFL; kernel: setfl(). */
function setFlags(file: File, fd: i32, flags: u32): i64 {
  if (flags & O_DIRECT && !fileCanDirect(file)) return -EINVAL;
  if ((flags ^ file.flags) & O_ASYNC) {
    const error = flags & O_ASYNC ? fasyncOn(file, fd) : fasyncOff(file);
    if (error && error != -ENOTTY) return error;
  }
  file.flags = (file.flags & ~SETFL) | (flags & SETFL);
  return 0;
}

function hasSeals(file: File): bool {
  return file.kind == FILE_REGULAR && (fileInode(file).dev == KERNEL_DEV || fileInode(file).fs == FS_TMPFS);
}

export function sys_fcntl(fd: u64, command: u64, arg: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  const cmd = <i32>command;
  if (file.kind == FILE_PATH && cmd != F_DUPFD && cmd != F_DUPFD_CLOEXEC && cmd != F_GETFD && cmd != F_SETFD && cmd != F_GETFL) return -EBADF;
  switch (cmd) {
    case F_DUPFD: return duplicateFrom(file, arg, false);
    case F_DUPFD_CLOEXEC: return duplicateFrom(file, arg, true);
    case F_GETFD: return fdIsCloexec(<i32>fd) ? 1 : 0;
    case F_SETFD: fdSetCloexec(<i32>fd, (arg & 1) != 0); return 0;
    // O_LARGEFILE is always on in a 64-bit process that used open, not after mq_open.
    case F_GETFL: return (file.kind == FILE_MQUEUE ? file.flags : file.flags & ~O_CLOEXEC) | (file.dentry && file.kind != FILE_PATH && !(file.kind == FILE_MQUEUE && file.private0) ? 0x8000 : 0);
    case F_SETFL: return setFlags(file, <i32>fd, <u32>arg);
    case F_NOTIFY: return dnotifySet(file, <i32>fd, <u32>arg);
    case F_GETOWN: return ownerGet(file);
    case F_SETOWN_EX: return ownerSetEx(file, arg);
    case F_GETOWN_EX: return ownerGetEx(file, arg);
    case F_SETOWN: return ownerSet(file, <i32>arg);
    case F_GETSIG: return file.signal;
    case F_SETSIG:
      if (arg > 64) return -EINVAL;
      file.signal = <i32>arg;
      return 0;
    case F_SETLEASE: return file.inode ? leaseSet(file, fileInode(file), <i32>fd, <u32>arg) : -EINVAL;
    case F_GETLEASE: return file.inode ? leaseGet(file, fileInode(file)) : <i64>LOCK_NONE;
    case F_GETPIPE_SZ: return file.kind == FILE_PIPE ? pipeCapacity(changetype<Pipe>(file.object)) : -EBADF;
    case F_SETPIPE_SZ: return setPipeSize(file, arg);
    case F_ADD_SEALS:
      if (!(file.mode & FMODE_WRITE)) return -EPERM;
      return hasSeals(file) ? sealsAdd(file, fileInode(file), <u32>arg) : -EINVAL;
    case F_GET_SEALS: return hasSeals(file) ? <i64>sealsOf(fileInode(file)) : -EINVAL;
    default: return isLockCommand(cmd) ? lockControl(file, cmd, arg) : -EINVAL;
  }
}

function setPipeSize(file: File, arg: u64): i64 {
  if (file.kind != FILE_PIPE) return -EBADF;
  return pipeResize(changetype<Pipe>(file.object), <u64><u32>arg);
}

export function sys_ioctl(fd: u64, request: u64, arg: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  switch (<u32>request) {
    case FIOCLEX: fdSetCloexec(<i32>fd, true); return 0;
    case FIONCLEX: fdSetCloexec(<i32>fd, false); return 0;
    case FIONBIO:
      if (!getUser32(arg)) return -EFAULT;
      file.flags = userValue ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
      return 0;
    case FIOASYNC:
      if (!getUser32(arg)) return -EFAULT;
      if ((userValue != 0) == ((file.flags & O_ASYNC) != 0)) return 0;
      return userValue ? fasyncOn(file, <i32>fd) : fasyncOff(file);
    default: return fileIoctl(file, <u32>request, arg);
  }
}

/** O_EXCL. */
const O_NOTIFICATION_PIPE: u32 = 0x80;

function makePipe(fds: u64, flags: u64): i64 {
  if (flags & ~<u64>(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE)) return -EINVAL;
  // As of a kernel without CONFIG_WATCH_QUEUE.
  if (flags & O_NOTIFICATION_PIPE) return -ENOPKG;
  const pipe = pipeNew();
  if (!pipe) return -ENFILE;
  const status = <u32>(flags & (O_NONBLOCK | O_DIRECT));
  const reader = fileNew(FILE_PIPE, changetype<usize>(pipe), O_RDONLY | (status & ~O_DIRECT), FMODE_READ);
  if (!reader) {
    pipeDrop(pipe);
    return -ENOMEM;
  }
  pipe.readers = 1;
  const writer = fileNew(FILE_PIPE, changetype<usize>(pipe), O_WRONLY | status, FMODE_WRITE);
  if (!writer) {
    fileDrop(changetype<usize>(reader));
    return -ENOMEM;
  }
  pipe.writers = 1;
  pipe.refs = 2;
  const cloexec = (flags & O_CLOEXEC) != 0;
  const r = fdInstall(reader, cloexec);
  if (r < 0) {
    fileDrop(changetype<usize>(writer));
    return r;
  }
  const w = fdInstall(writer, cloexec);
  if (w < 0) {
    fdClose(r);
    return w;
  }
  if (putUser32(fds, r) && putUser32(fds + 4, w)) return 0;
  fdClose(r);
  fdClose(w);
  return -EFAULT;
}

export function sys_pipe(fds: u64): i64 {
  return makePipe(fds, 0);
}

export function sys_pipe2(fds: u64, flags: u64): i64 {
  return makePipe(fds, <u64><u32>flags);
}

// RWF_*; preadv2(2).
const RWF_HIPRI: u32 = 1;
const RWF_DSYNC: u32 = 2;
const RWF_SYNC: u32 = 4;
const RWF_NOWAIT: u32 = 8;
const RWF_APPEND: u32 = 16;

export function sys_preadv2(fd: u64, iov: u64, count: u64, low: u64, high: u64, flags: u64): i64 {
  if (<u32>flags & ~(RWF_HIPRI | RWF_NOWAIT)) return -95; // EOPNOTSUPP
  return <i64>low == -1 ? sys_readv(fd, iov, count) : sys_preadv(fd, iov, count, low);
}

export function sys_pwritev2(fd: u64, iov: u64, count: u64, low: u64, high: u64, flags: u64): i64 {
  if (<u32>flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND)) return -95;
  if (<u32>flags & RWF_APPEND) return appendVector(fd, iov, count, <i64>low == -1);
  return <i64>low == -1 ? sys_writev(fd, iov, count) : sys_pwritev(fd, iov, count, low);
}

/** RWF_APPEND: at the end of the file; with offset −1 the file's position follows. */
function appendVector(fd: u64, iov: u64, count: u64, moves: bool): i64 {
  const file = writable(fd);
  if (!file) return -EBADF;
  if (!fileSeekable(file)) return sys_writev(fd, iov, count);
  const total = vectorIn(iov, count);
  if (total <= 0) return total;
  const end = fileInode(file).size;
  const n = notifyWrite(file, vectorRun(file, count, end, true));
  if (moves && n > 0) file.position = end + n;
  return n;
}
