// What has no name in any file system but can be reached through /proc/PID/fd: pipes, streams of the host, sockets,
// descriptors of the kernel. An inode is made when such a link is followed. Kernel: fs/pipe.c fifo_open(), fs/anon_inodes.c.
import { ENOMEM, ENXIO } from "../abi/errno";
import { O_CREAT, O_EXCL, O_TRUNC } from "../abi/fcntl";
import { Pipe, pipeDrop, pipeReaders, pipeWriters } from "../ipc/pipe";
import { socketOf } from "../net/socket";
import { realtime } from "../task/clock";
import { current } from "../task/task";
import { wakeAll } from "../task/wait";
import { FILE_EPOLL, FILE_EVENTFD, FILE_INOTIFY, FILE_PIDFD, FILE_PIPE, FILE_SIGNALFD, FILE_SOCKET, FILE_STDIO, FILE_TIMERFD, FMODE_READ, FMODE_WRITE, File, fileNew } from "./file";
import { FS_ANON, Inode, S_IFIFO, S_IFREG, S_IFSOCK, dentryNew, inodeDrop, inodeNew } from "./inode";
import { STREAM_FILE, stdioKind } from "./stdio";

const NAME = memory.data(8, 8);

/** st_mode of such a file. */
export function anonMode(file: File): u32 {
  if (file.kind == FILE_PIPE) return S_IFIFO | 0x180;
  if (file.kind == FILE_SOCKET) return S_IFSOCK | socketOf(file).mode;
  if (file.kind != FILE_STDIO) return 0x180; // anonymous inode: 0600 without a type
  return stdioKind(file) == STREAM_FILE ? S_IFREG | 0x1a4 : S_IFIFO | 0x180;
}

export function anonDevice(file: File): u32 {
  return file.kind == FILE_PIPE ? 14 : file.kind == FILE_SOCKET ? 8 : 15;
}

export function anonIno(file: File): u64 {
  return file.kind == FILE_SOCKET ? socketOf(file).ino : <u64>file.object + 1000;
}

/** The text of the link to a file that has no inode of its own; "" for others. Kernel: anon_inodefs_dname(). */
export function anonName(file: File): string {
  switch (file.kind) {
    case FILE_EVENTFD: return "anon_inode:[eventfd]";
    case FILE_EPOLL: return "anon_inode:[eventpoll]";
    case FILE_TIMERFD: return "anon_inode:[timerfd]";
    case FILE_SIGNALFD: return "anon_inode:[signalfd]";
    case FILE_INOTIFY: return "anon_inode:inotify";
    case FILE_PIDFD: return "anon_inode:[pidfd]";
    default: return "";
  }
}

/** A held dentry for a file that has none, or 0. */
export function anonDentry(file: File): usize {
  const inode = inodeNew(FS_ANON, anonMode(file), current.cred.uid, current.cred.gid);
  if (!inode) return 0;
  inode.ino = anonIno(file);
  inode.dev = anonDevice(file);
  inode.nlink = 1;
  if (file.kind == FILE_STDIO) {
    inode.procArg = file.private0;
    inode.special = file.object;
  } else if (file.kind == FILE_PIPE) {
    const pipe = changetype<Pipe>(file.object);
    pipe.refs++;
    inode.special = file.object;
  }
  inode.atime = inode.mtime = inode.ctime = realtime();
  inode.proc = file.kind;
  const dentry = dentryNew(null, NAME, 0, inode);
  if (dentry) return changetype<usize>(dentry);
  inodeDrop(inode);
  return 0;
}

/** The last use of such an inode ends. */
export function anonInodeFree(inode: Inode): void {
  if (inode.proc == FILE_PIPE) pipeDrop(changetype<Pipe>(inode.special));
}

/** open(2) of the link: another description of the same pipe or stream; what else there is cannot be opened. */
export function anonOpen(inode: Inode, flags: u32, mode: u32): i64 {
  if (inode.proc != FILE_PIPE && inode.proc != FILE_STDIO) return -ENXIO;
  const status = flags & ~(O_CREAT | O_EXCL | O_TRUNC);
  const file = fileNew(inode.proc, inode.special, status, mode);
  if (!file) return -ENOMEM;
  if (inode.proc == FILE_STDIO) file.private0 = inode.procArg;
  else {
    const pipe = changetype<Pipe>(inode.special);
    pipe.refs++;
    if (mode & FMODE_READ) {
      pipe.readers++;
      wakeAll(pipeWriters(pipe));
    }
    if (mode & FMODE_WRITE) {
      pipe.writers++;
      wakeAll(pipeReaders(pipe));
    }
  }
  return <i64>changetype<usize>(file);
}
