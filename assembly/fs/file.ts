// Open file descriptions (struct file): what descriptors refer to. Every kind of object that
// can be read, written, polled or mapped through a descriptor is a File; operations dispatch
// on `kind` in fs/ops.ts.
import { kzalloc } from "../mm/kmalloc";
import { fileRelease } from "./ops";

export const FILE_REGULAR: u32 = 1; // an inode's data (tmpfs, proc text, host file)
export const FILE_DIRECTORY: u32 = 2;
export const FILE_PIPE: u32 = 3; // pipe(2) ends and opened FIFOs
export const FILE_DEVICE: u32 = 4; // /dev/null and friends
export const FILE_STDIO: u32 = 5; // a stream of the host
export const FILE_EVENTFD: u32 = 6;
export const FILE_EPOLL: u32 = 7;
export const FILE_TIMERFD: u32 = 8;
export const FILE_SIGNALFD: u32 = 9;
export const FILE_PIDFD: u32 = 10;
export const FILE_SOCKET: u32 = 11;
export const FILE_PATH: u32 = 12; // O_PATH
export const FILE_MQUEUE: u32 = 13;
export const FILE_INOTIFY: u32 = 14;
export const FILE_TTY: u32 = 15;
export const FILE_NAMESPACE: u32 = 16; // of /proc/PID/ns

@unmanaged
export class File {
  refs: u32;
  kind: u32;
  /** O_* status flags and access mode. */
  flags: u32;
  /** FMODE: 1 may read, 2 may write. */
  mode: u32;
  position: u64;
  /** The kind's object: Inode for files and directories, Pipe, Epoll … */
  object: usize;
  /** Where it was opened (0 when it has no path). */
  mount: u32;
  dentry: u32;
  inode: u32;
  /** F_SETOWN, F_SETSIG. */
  owner: i32;
  signal: i32;
  /** F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP; who set it. */
  ownerKind: u32;
  ownerUid: u32;
  ownerEuid: u32;
  /** Private to the kind. FILE_MQUEUE: 1 = of mq_open. */
  private0: u32;
  private1: u64;
  private2: u64;
  /** Items of epolls that watch this (ipc/epoll.ts). */
  epollItems: u32;
}

export const FMODE_READ: u32 = 1;
export const FMODE_WRITE: u32 = 2;

/** A File with one reference, or null. */
export function fileNew(kind: u32, object: usize, flags: u32, mode: u32): File | null {
  const file = changetype<File>(kzalloc(offsetof<File>()));
  if (!changetype<usize>(file)) return null;
  file.refs = 1;
  file.kind = kind;
  file.object = object;
  file.flags = flags;
  file.mode = mode;
  return file;
}

// @ts-ignore: decorator
@inline
export function fileHold(file: usize): void {
  changetype<File>(file).refs++;
}

/** Drops one reference; the last one releases the object. */
export function fileDrop(file: usize): void {
  const f = changetype<File>(file);
  if (--f.refs) return;
  fileRelease(f);
}
