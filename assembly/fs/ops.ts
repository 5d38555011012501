// What can be done with an open file, dispatched on its kind. Objects know no descriptors.
import { EBADF, EINVAL, EISDIR, ENOTTY, ENXIO, ESPIPE } from "../abi/errno";
import { O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME, O_NONBLOCK, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from "../abi/fcntl";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll";
import { FIONREAD } from "../abi/ioctl";
import { EventFd, eventfdFree, eventfdPoll, eventfdRead, eventfdWrite } from "../ipc/eventfd";
import { Epoll, epollForget, epollFree, epollPoll } from "../ipc/epoll";
import { Pipe, pipeCloseEnd, pipePoll, pipeRead, pipeReaders, pipeWrite, pipeWriters } from "../ipc/pipe";
import { SignalFd, signalfdPoll, signalfdRead } from "../ipc/signalfd";
import { TimerFd, timerfdFree, timerfdPoll, timerfdRead } from "../ipc/timerfd";
import { MqQueue, mqFlush, mqPoll } from "../ipc/mqueue";
import { kfree } from "../mm/kmalloc";
import { putUser32 } from "../mm/usercopy";
import { Group } from "../task/task";
import { waitOn } from "../task/wait";
import { ttyPoll, ttyRead, ttyRelease, ttyWrite } from "../tty/ttyfile";
import { ttyIoctl } from "../tty/ttyioctl";
import { deviceCanPoll, deviceRead, deviceSeek, deviceWrite } from "./dev";
import { FILE_DEVICE, FILE_DIRECTORY, FILE_EPOLL, FILE_EVENTFD, FILE_INOTIFY, FILE_MQUEUE, FILE_NAMESPACE, FILE_PATH, FILE_PIDFD, FILE_PIPE, FILE_REGULAR, FILE_SIGNALFD, FILE_SOCKET, FILE_STDIO, FILE_TIMERFD, FILE_TTY, FMODE_WRITE, File } from "./file";
import { Dentry, FS_PROC, FS_TMPFS, Inode, dentryDrop, FS_HOST } from "./inode";
import { hostClose } from "./hostfs";
import { accessed } from "./atime";
import { dnotifyFlush } from "./dnotify";
import { fasyncOff } from "./fasync";
import { Inotify, inotifyFree, inotifyPoll, inotifyRead } from "./inotify";
import { notifyClose } from "./notify";
import { locksForget, locksRelease } from "./locks";
import { mqueueRead } from "./mqueuefs";
import { Mount, mountDrop } from "./mount";
import { pidfdPoll, pidfdRelease } from "./pidfd";
import { socketIoctl, socketRead, socketReleaseFile, socketWrite } from "../net/file";
import { familyPoll } from "../net/family";
import { socketOf } from "../net/socket";
import { procIsMounts } from "./proc";
import { procRead, procRelease, procWrite } from "./procfile";
import { direntRelease } from "./readdir";
import { regularRead, regularSeek, regularWrite } from "./regular";
import { stdioIoctl, stdioPoll, stdioRead, stdioWrite } from "./stdio";

/** What files say that have no poll of their own: DEFAULT_POLLMASK. */
const DEFAULT_POLL: u32 = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

// @ts-ignore: decorator
@inline
export function fileInode(file: File): Inode {
  return changetype<Inode>(<usize>file.inode);
}

/** Kinds whose position pread, pwrite and lseek may set. */
export function fileSeekable(file: File): bool {
  return file.kind == FILE_REGULAR || file.kind == FILE_DIRECTORY || file.kind == FILE_DEVICE || file.kind == FILE_MQUEUE;
}

/** Whether the kind can be read at all: has a read() in Linux. FMODE_CAN_READ. */
export function fileCanRead(file: File): bool {
  return file.kind != FILE_EPOLL && file.kind != FILE_PIDFD && file.kind != FILE_NAMESPACE;
}

/** FMODE_CAN_WRITE. */
export function fileCanWrite(file: File): bool {
  return fileCanRead(file) && file.kind != FILE_TIMERFD && file.kind != FILE_SIGNALFD && file.kind != FILE_MQUEUE;
}

/** FMODE_CAN_ODIRECT: data of files, and pipes, whose writes are packets then. */
export function fileCanDirect(file: File): bool {
  // A memfd was not opened from a file system that allows it.
  if (file.kind == FILE_REGULAR) return file.mount != 0 && fileInode(file).fs != FS_PROC;
  return file.kind == FILE_PIPE || file.kind == FILE_STDIO;
}

/** Reads at the position given (for kinds that have one): bytes, −errno or BLOCKED. */
export function fileReadAt(file: File, pos: u64, to: u64, count: u64): i64 {
  const nonblock = (file.flags & O_NONBLOCK) != 0;
  switch (file.kind) {
    case FILE_REGULAR: {
      const inode = fileInode(file);
      return inode.fs == FS_PROC ? procRead(file, pos, to, count) : regularRead(inode, pos, to, count);
    }
    case FILE_PIPE: return pipeRead(changetype<Pipe>(file.object), to, count, nonblock);
    case FILE_DEVICE: return deviceRead(fileInode(file).rdev, to, count);
    case FILE_STDIO: return stdioRead(file, to, count, nonblock);
    case FILE_TTY: return ttyRead(file, to, count);
    case FILE_INOTIFY: return inotifyRead(changetype<Inotify>(file.object), to, count, nonblock);
    case FILE_EVENTFD: return eventfdRead(changetype<EventFd>(file.object), to, count, nonblock);
    case FILE_MQUEUE: return mqueueRead(file, pos, to, count);
    case FILE_SIGNALFD: return signalfdRead(changetype<SignalFd>(file.object), to, count, nonblock);
    case FILE_TIMERFD: return timerfdRead(changetype<TimerFd>(file.object), to, count, nonblock);
    case FILE_SOCKET: return socketRead(file, to, count);
    case FILE_DIRECTORY: return -EISDIR;
    default: return -EINVAL;
  }
}

export function fileWriteAt(file: File, pos: u64, from: u64, count: u64): i64 {
  const nonblock = (file.flags & O_NONBLOCK) != 0;
  switch (file.kind) {
    case FILE_REGULAR: {
      const inode = fileInode(file);
      if (inode.fs == FS_PROC) return procWrite(inode, pos, from, count);
      return regularWrite(inode, pos, from, count);
    }
    case FILE_PIPE: return pipeWrite(changetype<Pipe>(file.object), from, count, nonblock, (file.flags & O_DIRECT) != 0);
    case FILE_DEVICE: return deviceWrite(fileInode(file).rdev, from, count);
    case FILE_STDIO: return stdioWrite(file, from, count);
    case FILE_TTY: return ttyWrite(file, from, count);
    case FILE_EVENTFD: return eventfdWrite(changetype<EventFd>(file.object), from, count, nonblock);
    case FILE_SOCKET: return socketWrite(file, from, count);
    default: return -EINVAL;
  }
}

/** read(2) at the file's own position. */
export function fileRead(file: File, to: u64, count: u64): i64 {
  const n = fileReadAt(file, file.position, to, count);
  if (n > 0 && file.kind == FILE_MQUEUE) file.position += n;
  if (n > 0 && file.kind == FILE_REGULAR) {
    file.position += n;
    fileAccessed(file);
  }
  return n;
}

/** write(2) at the file's own position, or at the end with O_APPEND. */
export function fileWrite(file: File, from: u64, count: u64): i64 {
  const regular = file.kind == FILE_REGULAR;
  const at = regular && file.flags & O_APPEND ? fileInode(file).size : file.position;
  const n = fileWriteAt(file, at, from, count);
  if (n > 0 && regular) file.position = at + n;
  return n;
}

/** The file was read; kernel: file_accessed(). */
export function fileAccessed(file: File): void {
  if (!(file.flags & O_NOATIME)) accessed(changetype<Mount>(<usize>file.mount), fileInode(file));
}

/** lseek(2): the new position or −errno. */
export function fileSeek(file: File, offset: i64, whence: i32): i64 {
  if (file.kind == FILE_DEVICE) return deviceSeek(fileInode(file).rdev);
  if (file.kind == FILE_EPOLL || file.kind == FILE_EVENTFD || file.kind == FILE_TIMERFD || file.kind == FILE_SIGNALFD || file.kind == FILE_INOTIFY) return 0; // noop_llseek()
  if (file.kind != FILE_REGULAR && file.kind != FILE_DIRECTORY && file.kind != FILE_MQUEUE) return -ESPIPE;
  const inode = fileInode(file);
  let at: i64;
  switch (whence) {
    case SEEK_SET: at = offset; break;
    case SEEK_CUR: at = <i64>file.position + offset; break;
    case SEEK_END:
      if (inode.fs == FS_TMPFS && file.kind == FILE_DIRECTORY) return -EINVAL; // dcache_dir_lseek()
      at = <i64>inode.size + offset;
      break;
    case SEEK_DATA:
    case SEEK_HOLE: {
      if (file.kind != FILE_REGULAR) return -EINVAL;
      if (offset < 0) return -ENXIO;
      const found = regularSeek(inode, offset, whence == SEEK_HOLE);
      if (found == u64.MAX_VALUE) return -ENXIO;
      at = found;
      break;
    }
    default: return -EINVAL;
  }
  if (at < 0) return -EINVAL;
  file.position = at;
  return at;
}

/** Events that are there now (POLL* bits); with `watch` the current task is put on the queues that announce changes. */
export function filePoll(file: File, watch: bool): u32 {
  switch (file.kind) {
    case FILE_PIPE: {
      const pipe = changetype<Pipe>(file.object);
      if (watch) {
        if (file.mode & 1) waitOn(pipeReaders(pipe));
        if (file.mode & 2) waitOn(pipeWriters(pipe));
      }
      // A FIFO opened for reading has no hang-up until a writer has been there since.
      return pipePoll(pipe, file.mode, !file.private0 || pipe.writeOpens != file.private0 - 1);
    }
    case FILE_STDIO: return stdioPoll(file, watch);
    case FILE_TTY: return ttyPoll(file, watch);
    case FILE_PIDFD: return pidfdPoll(file, watch);
    case FILE_INOTIFY: return inotifyPoll(changetype<Inotify>(file.object), watch);
    case FILE_EVENTFD: return eventfdPoll(changetype<EventFd>(file.object), watch);
    case FILE_EPOLL: return epollPoll(changetype<Epoll>(file.object), watch);
    case FILE_MQUEUE: return mqPoll(changetype<MqQueue>(file.object), watch);
    case FILE_SIGNALFD: return signalfdPoll(changetype<SignalFd>(file.object), watch);
    case FILE_TIMERFD: return timerfdPoll(changetype<TimerFd>(file.object), watch);
    case FILE_SOCKET: return familyPoll(socketOf(file), watch);
    case FILE_DEVICE: return deviceCanPoll(fileInode(file).rdev) ? POLLIN | POLLRDNORM : DEFAULT_POLL;
    case FILE_REGULAR: return fileInode(file).fs == FS_PROC && procIsMounts(fileInode(file).proc) ? POLLIN | POLLRDNORM : DEFAULT_POLL;
    default: return DEFAULT_POLL;
  }
}

/** ioctl(2) requests of the kinds; descriptor-level ones are done by the caller. */
export function fileIoctl(file: File, request: u32, arg: u64): i64 {
  switch (file.kind) {
    case FILE_STDIO: return stdioIoctl(file, request, arg);
    case FILE_TTY: return ttyIoctl(file, request, arg);
    case FILE_PIPE:
      if (request == FIONREAD) return putUser32(arg, changetype<Pipe>(file.object).bytes) ? 0 : -14;
      return -ENOTTY;
    case FILE_REGULAR:
      if (request == FIONREAD) return putUser32(arg, <u64>max<i64>(<i64>(fileInode(file).size - file.position), 0)) ? 0 : -14;
      return -ENOTTY;
    case FILE_SOCKET: return socketIoctl(file, request, arg);
    case FILE_INOTIFY:
      if (request == FIONREAD) return putUser32(arg, changetype<Inotify>(file.object).bytes) ? 0 : -14;
      return -ENOTTY;
    case FILE_EPOLL: return -EINVAL;
    case FILE_PATH: return -EBADF;
    default: return -ENOTTY;
  }
}

/** A descriptor of `group` in table `files` is closed; kernel: filp_flush(). */
export function fileFlush(file: File, files: usize, group: Group): void {
  locksForget(file, files);
  dnotifyFlush(file, files);
  if (file.kind == FILE_MQUEUE) mqFlush(changetype<MqQueue>(file.object), group);
}

function mountReleaseFile(file: File): void {
  const mount = changetype<Mount>(<usize>file.mount);
  if (file.mode & FMODE_WRITE && file.kind == FILE_REGULAR) {
    mount.writers--;
    mount.sb.writers--;
  }
  mountDrop(mount);
}

/** The last reference to an open file is gone. */
export function fileRelease(file: File): void {
  notifyClose(file);
  if (file.flags & O_ASYNC) fasyncOff(file);
  if (file.epollItems) epollForget(file);
  locksRelease(file);
  switch (file.kind) {
    case FILE_PIPE: {
      const pipe = changetype<Pipe>(file.object);
      // A FIFO's pipe lives while it is open.
      if (file.inode && pipe.refs == 1) fileInode(file).special = 0;
      // An open that ended while it waited for the other end.
      if (file.private2) mountDrop(changetype<Mount>(<usize>file.private2));
      pipeCloseEnd(pipe, file.mode);
      break;
    }
    case FILE_PIDFD: pidfdRelease(file); break;
    case FILE_TTY: ttyRelease(file); break;
    case FILE_SOCKET: socketReleaseFile(file); break;
    case FILE_EVENTFD: eventfdFree(changetype<EventFd>(file.object)); break;
    case FILE_EPOLL: epollFree(changetype<Epoll>(file.object)); break;
    case FILE_SIGNALFD: kfree(file.object); break;
    case FILE_INOTIFY: inotifyFree(changetype<Inotify>(file.object)); break;
    case FILE_TIMERFD: timerfdFree(changetype<TimerFd>(file.object)); break;
    case FILE_DIRECTORY: direntRelease(file); break;
    case FILE_REGULAR:
      if (fileInode(file).fs == FS_PROC) procRelease(file);
      else if (file.mode & FMODE_WRITE) fileInode(file).writers--;
      else if (file.mode) fileInode(file).readers--;
      if (fileInode(file).fs == FS_HOST) hostClose(fileInode(file));
      break;
  }
  if (file.dentry) dentryDrop(changetype<Dentry>(<usize>file.dentry));
  if (file.mount) mountReleaseFile(file);
  kfree(changetype<usize>(file));
}
