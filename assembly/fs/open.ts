// open(2): from a path to an open file. Kernel: fs/namei.c path_openat(), fs/open.c.
import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENODEV, ENOMEM, ENOTDIR, ENXIO, EOPNOTSUPP, EPERM, EROFS } from "../abi/errno";
import { O_ACCMODE, O_APPEND, O_CREAT, O_DIRECT, O_DIRECTORY, O_EXCL, O_NOATIME, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, O_TRUNC, O_WRONLY } from "../abi/fcntl";
import { Pipe, pipeDrop, pipeNew, pipeReaders, pipeWriters } from "../ipc/pipe";
import { IpcWait, WAIT_FIFO, ipcWaitFree, ipcWaitNew } from "../ipc/ipcwait";
import { current } from "../task/task";
import { isTerminalDevice, terminalOpen } from "../tty/pty";
import { BLOCKED, sleepOn, wakeAll } from "../task/wait";
import { anonOpen } from "./anon";
import { deviceKnown } from "./dev";
import { FILE_DEVICE, FILE_DIRECTORY, FILE_MQUEUE, FILE_NAMESPACE, FILE_PATH, FILE_PIPE, FILE_REGULAR, FMODE_READ, FMODE_WRITE, File, fileDrop, fileNew } from "./file";
import { Dentry, FS_ANON, FS_MQUEUE, FS_NSFS, FS_PROC, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, dentryDrop, dentryHold, dentryNew, inodeDrop, FS_HOST, FS_TMPFS } from "./inode";
import { IN_MODIFY } from "../abi/inotify";
import { MS_NODEV } from "../abi/mount";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, LOOKUP_LAST, MAY_READ, MAY_WRITE, inodePermission, lastDentry, lastLength, lastMount, lastName, lastSlash, walk, walkAt, walkMount } from "./namei";
import { Mount, mountHold, mountReadOnly } from "./mount";
import { fileCanDirect } from "./ops";
import { leaseBreak } from "./leases";
import { notifyFile, notifyOpen } from "./notify";
import { hostOpen } from "./hostfs";
import { procOpen } from "./procfile";
import { bootMount, rootDentry } from "./boot";
import { regularTruncate } from "./regular";
import { createChild, inodeError, inodeIn } from "./tmpfs";

/** O_TMPFILE without O_DIRECTORY. */
const __O_TMPFILE: i32 = 0x400000;
const CAP_FOWNER: u64 = 1 << 3;

/** Opens a path in kernel memory: a File with one reference, −errno, or BLOCKED (FIFO). */
export function openAt(dirfd: i32, path: usize, flags: i32, mode: u32, resolve: u32): i64 {
  // O_PATH leaves nothing of the flags that it knows not: fs/open.c: build_open_how().
  if (flags & O_PATH) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | 0x80000;
  if (flags & __O_TMPFILE) return openTemporary(dirfd, path, flags, mode, resolve);
  if (flags & O_CREAT && flags & O_DIRECTORY) return -EINVAL;
  const follow = (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | resolve;
  if (flags & O_CREAT) return openOrCreate(dirfd, path, flags, mode, follow);
  const found = walkAt(dirfd, path, follow | (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0));
  return found < 0 ? found : openDentry(walkMount, changetype<Dentry>(<usize>found), flags, false);
}

/** Opens a path from the root of the machine for the kernel's own use. */
export function openPathKernel(path: usize, flags: i32): i64 {
  const found = walk(bootMount(), rootDentry(), path, LOOKUP_FOLLOW);
  return found < 0 ? found : openDentry(walkMount, changetype<Dentry>(<usize>found), flags, false);
}

/** O_CREAT; kernel: open_last_lookups(). */
function openOrCreate(dirfd: i32, path: usize, flags: i32, mode: u32, follow: u32): i64 {
  const up = walkAt(dirfd, path, (flags & O_EXCL ? follow & ~LOOKUP_FOLLOW : follow) | LOOKUP_LAST);
  if (up < 0) return up;
  const parent = changetype<Dentry>(<usize>up);
  const n = lastLength;
  const name = lastName;
  const dots = n && load<u8>(name) == 0x2e && (n == 1 || (n == 2 && load<u8>(name + 1) == 0x2e));
  const mount = walkMount;
  let error: i64 = 0;
  if (!n && !(flags & O_EXCL)) return openDentry(mount, parent, flags, false);
  if (!n || dots) error = flags & O_EXCL ? -EEXIST : -EISDIR;
  else if (lastDentry) {
    const there = changetype<Dentry>(lastDentry);
    const type = there.inode.mode & S_IFMT;
    dentryDrop(parent);
    error = flags & O_EXCL ? -EEXIST : lastSlash ? (type == S_IFDIR ? -EISDIR : -ENOTDIR) : type == S_IFLNK && !(flags & O_PATH) ? -ELOOP : 0;
    if (!error) return openDentry(lastMount, there, flags, false);
    dentryDrop(there);
    return error;
  } else if (lastSlash) error = -EISDIR;
  else if (mountReadOnly(mount)) error = -EROFS;
  if (!error) {
    const made = createChild(parent, name, n, S_IFREG | (mode & 0xfff & ~current.fs.umask), 0);
    error = made < 0 ? made : openDentry(mount, changetype<Dentry>(<usize>made), flags, true);
  }
  dentryDrop(parent);
  return error;
}

/** MAY_* bits that the access mode asks for. */
function wanted(flags: i32): u32 {
  const access = flags & O_ACCMODE;
  const mask = access == O_RDONLY ? MAY_READ : access == O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
  return flags & O_TRUNC ? mask | MAY_WRITE : mask;
}

function modeOf(flags: i32): u32 {
  const access = flags & O_ACCMODE;
  return access == O_RDONLY ? FMODE_READ : access == O_WRONLY ? FMODE_WRITE : access == 2 ? FMODE_READ | FMODE_WRITE : 0;
}

/** Opens a held dentry (the reference passes to the File or is dropped) in a mount; a null mount is the kernel's own. */
export function openDentry(mount: Mount, dentry: Dentry, flags: i32, created: bool): i64 {
  const result = openChecked(mount, dentry, flags, created);
  if (result < 0) {
    dentryDrop(dentry);
    return result;
  }
  if (result > 0 && flags & O_DIRECT && !(flags & O_PATH) && !fileCanDirect(changetype<File>(<usize>result))) {
    fileDrop(<usize>result);
    return -EINVAL;
  }
  // The mount is held by a file that is open, and by an opening that waits (FIFO) not yet.
  const file = changetype<File>(<usize>result);
  if (result > 0 && changetype<usize>(mount) && !file.mount) {
    file.mount = <u32>changetype<usize>(mountHold(mount));
    if (file.mode & FMODE_WRITE && file.kind == FILE_REGULAR) {
      mount.writers++;
      mount.sb.writers++;
    }
    if (!(flags & O_PATH)) notifyOpen(file);
    if (flags & O_TRUNC && !created && file.kind == FILE_REGULAR) notifyFile(file, IN_MODIFY);
  }
  return result;
}

/** What the mount does not let be opened so; 0 or −errno. */
function mountRefuses(mount: Mount, inode: Inode, type: u32, flags: i32): i32 {
  if (type == S_IFCHR || type == S_IFBLK) return mount.flags & MS_NODEV ? -EACCES : 0;
  const changes = type == S_IFREG || type == S_IFDIR || type == S_IFLNK;
  return changes && wanted(flags) & MAY_WRITE && mountReadOnly(mount) ? -EROFS : 0;
}

function openChecked(mount: Mount, dentry: Dentry, flags: i32, created: bool): i64 {
  const inode = dentry.inode;
  const type = inode.mode & S_IFMT;
  if (flags & O_PATH) return flags & O_DIRECTORY && type != S_IFDIR ? -ENOTDIR : attach(fileNew(FILE_PATH, 0, flags, 0), dentry);
  if (type == S_IFLNK) return -ELOOP;
  if (flags & O_DIRECTORY && type != S_IFDIR) return -ENOTDIR;
  if (type == S_IFDIR && (flags & O_CREAT || wanted(flags) & MAY_WRITE)) return -EISDIR;
  if (!created) {
    let error = changetype<usize>(mount) && inode.fs != FS_ANON ? mountRefuses(mount, inode, type, flags) : 0;
    if (!error) error = inodePermission(inode, wanted(flags));
    if (error) return error;
    if (flags & O_NOATIME && current.cred.fsuid != inode.uid && !(current.cred.capEffective & CAP_FOWNER)) return -EPERM;
  }
  if (inode.fs == FS_ANON) {
    const made = anonOpen(inode, flags, modeOf(flags));
    return made < 0 ? made : attach(changetype<File>(<usize>made), dentry);
  }
  switch (type) {
    case S_IFREG: return openRegular(dentry, inode, flags, created);
    case S_IFDIR: return attach(fileNew(FILE_DIRECTORY, 0, flags & ~(O_EXCL | O_NOCTTY), modeOf(flags)), dentry);
    case S_IFIFO: return openFifo(mount, dentry, inode, flags);
    case S_IFCHR: return openDevice(dentry, inode, flags);
    case S_IFBLK: return -ENXIO;
    case S_IFSOCK: return -ENXIO;
    default: return -ENODEV;
  }
}

function attach(file: File | null, dentry: Dentry): i64 {
  if (!file) return -ENOMEM;
  file.dentry = <u32>changetype<usize>(dentry);
  file.inode = <u32>changetype<usize>(dentry.inode);
  return <i64>changetype<usize>(file);
}

function openRegular(dentry: Dentry, inode: Inode, flags: i32, created: bool): i64 {
  if (inode.fs == FS_PROC) return procOpen(dentry, flags);
  if (inode.fs == FS_MQUEUE) return attach(fileNew(FILE_MQUEUE, inode.special, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC), modeOf(flags)), dentry);
  if (inode.fs == FS_NSFS) return attach(fileNew(FILE_NAMESPACE, 0, flags, 0), dentry);
  if (!created && inode.locks) {
    const broken = leaseBreak(inode, flags);
    if (broken) return broken;
  }
  if (flags & O_TRUNC && !created && inode.size) {
    const error = regularTruncate(inode, 0);
    if (error) return error;
  }
  if (inode.fs == FS_HOST) {
    const error = hostOpen(inode, (modeOf(flags) & FMODE_WRITE) != 0);
    if (error) return error;
  }
  const made = attach(fileNew(FILE_REGULAR, 0, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC), modeOf(flags)), dentry);
  if (made > 0 && modeOf(flags) & FMODE_WRITE) inode.writers++;
  else if (made > 0 && modeOf(flags)) inode.readers++;
  return made;
}

function openDevice(dentry: Dentry, inode: Inode, flags: i32): i64 {
  if (isTerminalDevice(inode.rdev)) {
    const terminal = terminalOpen(inode.rdev, flags & ~(O_CREAT | O_EXCL | O_TRUNC), modeOf(flags));
    return terminal < 0 ? terminal : attach(changetype<File>(<usize>terminal), dentry);
  }
  if (!deviceKnown(inode.rdev)) return -ENXIO;
  return attach(fileNew(FILE_DEVICE, 0, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC), modeOf(flags)), dentry);
}

/** fifo(7): blocks until the other end is there, unless O_RDWR or O_NONBLOCK. Kernel: fs/pipe.c fifo_open(). */
function openFifo(mount: Mount, dentry: Dentry, inode: Inode, flags: i32): i64 {
  const mode = modeOf(flags);
  let pipe = changetype<Pipe>(inode.special);
  if (!inode.special) {
    const made = pipeNew();
    if (!made) return -ENOMEM;
    pipe = made;
    pipe.refs = 0;
    inode.special = changetype<usize>(pipe);
  }
  if (mode == FMODE_WRITE && flags & O_NONBLOCK && !pipe.readers) {
    fifoForget(inode, pipe);
    return -ENXIO;
  }
  const file = fileNew(FILE_PIPE, changetype<usize>(pipe), flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND), mode);
  if (!file) return -ENOMEM;
  pipe.refs++;
  if (mode & FMODE_READ) {
    pipe.readers++;
    pipe.readOpens++;
    wakeAll(pipeWriters(pipe));
  }
  if (mode & FMODE_WRITE) {
    pipe.writers++;
    pipe.writeOpens++;
    wakeAll(pipeReaders(pipe));
  }
  file.inode = <u32>changetype<usize>(inode);
  if (mode == FMODE_READ && !pipe.writers) {
    if (flags & O_NONBLOCK) {
      // No hang-up until a writer has come and gone.
      file.private0 = pipe.writeOpens + 1;
      return attach(file, dentry);
    }
    file.private1 = pipe.writeOpens;
    return fifoBegin(file, pipe, mount, dentry);
  }
  if (mode == FMODE_WRITE && !pipe.readers) {
    file.private1 = pipe.readOpens;
    return fifoBegin(file, pipe, mount, dentry);
  }
  return attach(file, dentry);
}

/** Registers the open as one that waits: the File, −errno or BLOCKED. The wait holds the file, which holds its dentry and, in private2, the mount. */
function fifoBegin(file: File, pipe: Pipe, mount: Mount, dentry: Dentry): i64 {
  const wait = ipcWaitNew(WAIT_FIFO, offsetof<IpcWait>());
  if (!wait) {
    fileDrop(changetype<usize>(file));
    return -ENOMEM;
  }
  wait.object = changetype<usize>(file);
  file.dentry = <u32>changetype<usize>(dentryHold(dentry));
  file.private2 = changetype<usize>(mountHold(mount));
  return fifoWait(file, pipe);
}

/** Sleeps until the other end is there. */
function fifoWait(file: File, pipe: Pipe): i64 {
  const reading = file.mode == FMODE_READ;
  const there = reading ? pipe.writeOpens != <u32>file.private1 : pipe.readOpens != <u32>file.private1;
  const r: i64 = there ? 0 : sleepOn(reading ? pipeReaders(pipe) : pipeWriters(pipe));
  if (r == BLOCKED) return r;
  ipcWaitFree(changetype<IpcWait>(current.ipcWait));
  if (r) {
    fileDrop(changetype<usize>(file));
    return r;
  }
  file.mount = <u32>file.private2;
  file.private2 = 0;
  notifyOpen(file);
  return <i64>changetype<usize>(file);
}

/** Whether the running task's open waits for the other end of a FIFO. */
export function openWaits(): bool {
  return current.ipcWait != 0 && changetype<IpcWait>(current.ipcWait).kind == WAIT_FIFO;
}

/** Such an open goes on, whatever has become of the name. */
export function openResume(): i64 {
  const file = changetype<File>(changetype<IpcWait>(current.ipcWait).object);
  return fifoWait(file, changetype<Pipe>(file.object));
}

/** A FIFO's pipe lives while it is open. */
export function fifoForget(inode: Inode, pipe: Pipe): void {
  if (!pipe.refs) {
    pipe.refs = 1;
    inode.special = 0;
    pipeDrop(pipe);
  }
}

const TEMPORARY = memory.data(24, 8);

/** "#" and the number, as /proc shows a file without a name; its length. */
function temporaryName(ino: u64): u32 {
  let digits: u32 = 1;
  for (let v = ino; v >= 10; v /= 10) digits++;
  store<u8>(TEMPORARY, 35);
  for (let i = digits; i; i--) {
    store<u8>(TEMPORARY + i, <u8>(48 + ino % 10));
    ino /= 10;
  }
  return digits + 1;
}

/** O_TMPFILE: a file without a name in the directory. */
function openTemporary(dirfd: i32, path: usize, flags: i32, mode: u32, resolve: u32): i64 {
  if (!(flags & O_DIRECTORY) || flags & O_CREAT || !(modeOf(flags) & FMODE_WRITE)) return -EINVAL;
  const found = walkAt(dirfd, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY | resolve);
  if (found < 0) return found;
  const parent = changetype<Dentry>(<usize>found);
  const mount = walkMount;
  let result: i64 = mountReadOnly(mount) ? -EROFS : inodePermission(parent.inode, MAY_WRITE | 1);
  if (!result && parent.inode.fs != FS_TMPFS) result = -EOPNOTSUPP;
  if (!result) {
    const inode = inodeIn(parent.inode, S_IFREG | (mode & 0xfff & ~current.fs.umask), 0);
    result = inodeError;
    if (inode) {
      inode.nlink = 0;
      inode.linkable = flags & O_EXCL ? 0 : 1;
      const dentry = dentryNew(parent, TEMPORARY, temporaryName(inode.ino), inode);
      if (dentry) {
        result = openDentry(mount, dentry, flags & ~(__O_TMPFILE | O_DIRECTORY), true);
        if (result > 0) changetype<File>(<usize>result).flags |= __O_TMPFILE | O_DIRECTORY; // as F_GETFL shows them
      } else inodeDrop(inode);
    }
  }
  dentryDrop(parent);
  return result;
}
