// The mqueue file system: one directory a namespace, whose files are the POSIX message queues. mq_overview(7) "Mounting
// the message queue filesystem"; kernel: ipc/mqueue.c.
import { EACCES, EEXIST, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOMEM } from "../abi/errno";
import { O_ACCMODE, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from "../abi/fcntl";
import { SIGEV_SIGNAL } from "../abi/signal";
import { IpcNs } from "../ipc/ipcns";
import { MqQueue, mqCount, mqCreate, mqDefaultMessages, mqDefaultSize, mqNotifyKind } from "../ipc/mqueue";
import { text, textBegin, textByte, textDecimal, textEnd, textLength, textSigned } from "../lib/text";
import { kfree } from "../mm/kmalloc";
import { copyOut } from "../mm/usercopy";
import { realtime } from "../task/clock";
import { current } from "../task/task";
import { File } from "./file";
import { Dentry, FS_MQUEUE, Inode, S_IFREG, dentryDrop, dentryFind, dentryHold, dentryLink, dentryNew, dentryUnlink, inodeChildren, inodeDrop, inodeNew } from "./inode";
import { MAY_EXEC, MAY_READ, MAY_WRITE, NAME_MAX, inodePermission } from "./namei";
import { superRoot } from "./filesystems";
import { Mount } from "./mount";
import { openDentry } from "./open";
import { Super, superDrop, superHold, superNew } from "./super";
import { removeChild } from "./tmpfs";

/** FILENT_SIZE, DIRENT_SIZE: what a queue's file and its name count. */
const FILE_SIZE: u64 = 80;
const DIRENT_SIZE: u64 = 20;

/** The root of the namespace's file system, made when it is first asked for; null = out of memory. */
export function mqueueRoot(ns: IpcNs): Dentry | null {
  if (ns.mqRoot) return changetype<Dentry>(ns.mqRoot);
  const sb = superNew(FS_MQUEUE);
  if (!sb) return null;
  if (!superRoot(sb, FS_MQUEUE, 0x3ff, 0, 0)) {
    superDrop(sb);
    return null;
  }
  const root = changetype<Dentry>(<usize>sb.root);
  root.inode.size = 2 * DIRENT_SIZE;
  root.inode.special = changetype<usize>(ns);
  ns.mqRoot = changetype<usize>(root);
  return root;
}

/** The super block that mount(2) shows, held; null = out of memory. */
export function mqueueSuper(ns: IpcNs): Super | null {
  const root = mqueueRoot(ns);
  return root ? superHold(changetype<Super>(<usize>root.inode.sb)) : null;
}

/** The namespace ends: its queues lose their names, and live on while they are open. */
export function mqueueExit(ns: IpcNs): void {
  if (!ns.mqRoot) return;
  const root = changetype<Dentry>(ns.mqRoot);
  const queues = inodeChildren(root.inode);
  root.inode.special = 0;
  while (!queues.empty) dentryUnlink(changetype<Dentry>(changetype<usize>(queues.next)));
  superDrop(changetype<Super>(<usize>root.inode.sb));
  ns.mqRoot = 0;
}

/** A new queue: a held dentry or −errno. */
export function mqueueCreate(folder: Dentry, name: usize, length: u32, mode: u32, maxMessages: i64, maxSize: i64): i64 {
  const ns = changetype<IpcNs>(folder.inode.special);
  if (!folder.inode.special) return -EACCES;
  const full = mqCount(ns);
  if (full) return full;
  const cred = current.cred;
  const inode = inodeNew(FS_MQUEUE, S_IFREG | (mode & 0xfff), cred.fsuid, cred.fsgid);
  const error = inode ? mqCreate(ns, folder.inode, inode, maxMessages, maxSize) : -ENOMEM;
  const dentry = inode && !error ? dentryNew(folder, name, length, inode) : null;
  if (!dentry || !inode) {
    // What mqFree() of a queue undoes.
    if (error) ns.mqQueues--;
    if (inode) inodeDrop(inode);
    return error ? error : -ENOMEM;
  }
  inode.dev = folder.inode.dev;
  inode.size = FILE_SIZE;
  dentryLink(dentry, true);
  touch(folder.inode, DIRENT_SIZE);
  return <i64>changetype<usize>(dentry);
}

/** As mqueueCreate, for open(2) and mknod(2) in the mounted file system. */
export function mqueueCreateDefault(folder: Dentry, name: usize, length: u32, mode: u32): i64 {
  if (!folder.inode.special) return -EACCES;
  const ns = changetype<IpcNs>(folder.inode.special);
  return mqueueCreate(folder, name, length, mode, mqDefaultMessages(ns), mqDefaultSize(ns));
}

function touch(folder: Inode, grow: i64): void {
  const t = realtime();
  folder.atime = t;
  folder.mtime = t;
  folder.ctime = t;
  folder.size += grow;
}

/** A name that mq_open(2) may give: 0 or −errno; kernel: lookup_noperm(). */
function nameError(name: usize, length: u32): i32 {
  if (!length) return -ENOENT;
  if (load<u8>(name) == 0x2e && (length == 1 || (length == 2 && load<u8>(name + 1) == 0x2e))) return -EACCES;
  for (let i: u32 = 0; i < length; i++) if (load<u8>(name + i) == 0x2f) return -EACCES;
  return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/** mq_open(2) of a name in kernel memory: a File or −errno. */
export function mqueueOpen(ns: IpcNs, name: usize, length: u32, flags: i32, mode: u32, maxMessages: i64, maxSize: i64): i64 {
  const opened = openOrCreate(ns, name, length, flags, mode, maxMessages, maxSize);
  if (opened > 0) changetype<File>(<usize>opened).private0 = 1;
  return opened;
}

function openOrCreate(ns: IpcNs, name: usize, length: u32, flags: i32, mode: u32, maxMessages: i64, maxSize: i64): i64 {
  const bad = nameError(name, length);
  if (bad) return bad;
  const root = mqueueRoot(ns);
  if (!root) return -ENOMEM;
  const found = dentryFind(root, name, length);
  if (!found) {
    if (!(flags & O_CREAT)) return -ENOENT;
    const refused = inodePermission(root.inode, MAY_WRITE | MAY_EXEC);
    if (refused) return refused;
    const made = mqueueCreate(root, name, length, mode & ~current.fs.umask, maxMessages, maxSize);
    return made < 0 ? made : openDentry(changetype<Mount>(0), changetype<Dentry>(<usize>made), flags, true);
  }
  if (flags & O_CREAT && flags & O_EXCL) return -EEXIST;
  const access = flags & O_ACCMODE;
  if (access == O_ACCMODE) return -EINVAL;
  const error = inodePermission(found.inode, access == O_RDONLY ? MAY_READ : access == O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE);
  return error ? error : openDentry(changetype<Mount>(0), dentryHold(found), flags, true);
}

/** mq_unlink(2): 0 or −errno. */
export function mqueueUnlink(ns: IpcNs, name: usize, length: u32): i32 {
  const bad = nameError(name, length);
  if (bad) return bad;
  const root = mqueueRoot(ns);
  if (!root) return -ENOMEM;
  const found = dentryFind(root, name, length);
  if (!found) return -ENOENT;
  dentryHold(found);
  const error = removeChild(root, found, false);
  dentryDrop(found);
  return error;
}

/** Pads a number that was written since `start` to `width` columns. */
function pad(start: u32, width: u32): void {
  // Counted: without memory the text does not grow.
  for (let at = textLength() - start; at < width; at++) textByte(32);
}

function labelled(label: string, value: i64, width: u32): void {
  text(label);
  const start = textLength();
  textSigned(value);
  pad(start, width);
}

/** read(2): the status text. Kernel: mqueue_read_file(). */
export function mqueueRead(file: File, pos: u64, to: u64, count: u64): i64 {
  const q = changetype<MqQueue>(file.object);
  const group = q.notifyGroup;
  textBegin();
  text("QSIZE:");
  const start = textLength();
  textDecimal(q.bytes);
  pad(start, 10);
  labelled(" NOTIFY:", mqNotifyKind(q), 5);
  labelled(" SIGNO:", group && q.notifyHow == SIGEV_SIGNAL ? q.notifySignal : 0, 5);
  labelled(" NOTIFY_PID:", group ? group.pid : 0, 6);
  textByte(10);
  const length = textLength();
  const buffer = textEnd();
  if (!buffer) return -ENOMEM;
  const n = pos < length ? min<u64>(count, length - pos) : 0;
  const stored = copyOut(to, buffer + <usize>pos, n);
  kfree(buffer);
  if (!stored) return -EFAULT;
  q.inode.atime = realtime();
  q.inode.ctime = q.inode.atime;
  return n;
}
