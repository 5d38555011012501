// open(2): from a path to an open file. Kernel: fs/namei.c path_openat(), fs/open.c.
import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENODEV, ENOENT, ENOMEM, ENOTDIR, ENXIO, EPERM } from "../abi/errno";
import { O_ACCMODE, O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, O_TRUNC, O_WRONLY } from "../abi/fcntl";
import { Pipe, pipeDrop, pipeNew, pipeReaders, pipeWriters } from "../ipc/pipe";
import { current } from "../task/task";
import { BLOCKED, isRetry, sleepOn, wakeAll } from "../task/wait";
import { DEV_TTY, deviceKnown } from "./dev";
import { FILE_DEVICE, FILE_DIRECTORY, FILE_MQUEUE, FILE_NAMESPACE, FILE_PATH, FILE_PIPE, FILE_REGULAR, FMODE_READ, FMODE_WRITE, File, fileDrop, fileNew } from "./file";
import { Dentry, FS_MQUEUE, FS_NSFS, FS_PROC, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, dentryDrop, dentryHold, dentryNew, inodeDrop } from "./inode";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, LOOKUP_PARENT, MAY_READ, MAY_WRITE, inodePermission, lastLength, lastName, lastSlash, lookupChild, walk, walkAt, crossMounts } from "./namei";
import { procOpen } from "./procfile";
import { rootDentry } from "./boot";
import { regularTruncate } from "./regular";
import { terminalOpen } from "./stdio";
import { createChild, inodeIn } from "./tmpfs";

/** O_TMPFILE without O_DIRECTORY. */
const __O_TMPFILE: i32 = 0x400000;
const CAP_FOWNER: u64 = 1 << 3;

/** Opens a path in kernel memory: a File with one reference, −errno, or BLOCKED (FIFO). */
export function openAt(dirfd: i32, path: usize, flags: i32, mode: u32): i64 {
  if (flags & __O_TMPFILE) return openTemporary(dirfd, path, flags, mode);
  if (flags & O_CREAT && flags & O_DIRECTORY) return -EINVAL;
  if (flags & O_PATH) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | 0x80000;
  let found: i64;
  let created = false;
  if (flags & O_CREAT) {
    found = lookupOrCreate(dirfd, path, flags, mode);
    if (found > 0 && found & 1) {
      created = true;
      found &= ~1;
    }
  } else found = walkAt(dirfd, path, (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0));
  if (found < 0) {
    // A link that is not to be followed is no directory either.
    return found;
  }
  return openDentry(changetype<Dentry>(<usize>found), flags, created);
}

/** Opens a path from the root of the machine for the kernel's own use. */
export function openPathKernel(path: usize, flags: i32): i64 {
  const found = walk(rootDentry(), path, LOOKUP_FOLLOW);
  return found < 0 ? found : openDentry(changetype<Dentry>(<usize>found), flags, false);
}

const LINK_PATH = memory.data(4096, 8);

/** O_CREAT: the held dentry, with bit 0 set when it was made; −errno. */
function lookupOrCreate(dirfd: i32, path: usize, flags: i32, mode: u32): i64 {
  const up = walkAt(dirfd, path, LOOKUP_PARENT);
  if (up < 0) return up;
  let parent = changetype<Dentry>(<usize>up);
  let links = 0;
  while (true) {
    const r = lastComponent(parent, flags, mode);
    if (r != FOLLOW) {
      dentryDrop(parent);
      return r;
    }
    // A symlink in last place: its target is opened or made.
    const next = ++links > 40 ? -ELOOP : walk(parent, LINK_PATH, LOOKUP_PARENT);
    dentryDrop(parent);
    if (next < 0) return next;
    parent = changetype<Dentry>(<usize>next);
  }
}

const FOLLOW: i64 = i64.MIN_VALUE;

function lastComponent(parent: Dentry, flags: i32, mode: u32): i64 {
  const name = lastName;
  const n = lastLength;
  const dots = n && load<u8>(name) == 0x2e && (n == 1 || (n == 2 && load<u8>(name + 1) == 0x2e));
  if (!n || dots) return flags & O_EXCL ? -EEXIST : -EISDIR;
  if (n > 255) return -ENAMETOOLONG;
  const child = lookupChild(parent, name, n);
  if (!child) {
    if (lastSlash) return -EISDIR;
    const made = createChild(parent, name, n, S_IFREG | (mode & 0xfff & ~current.fs.umask), 0);
    return made < 0 ? made : made | 1;
  }
  if (flags & O_EXCL) {
    dentryDrop(child);
    return -EEXIST;
  }
  const type = child.inode.mode & S_IFMT;
  if (type == S_IFLNK && child.inode.fs != FS_PROC && !(flags & O_NOFOLLOW)) {
    const text = child.inode.text;
    let length: u32 = 0;
    while (load<u8>(text + length)) length++;
    if (length < 4096) memory.copy(LINK_PATH, text, length + 1);
    dentryDrop(child);
    return length ? FOLLOW : -ENOENT;
  }
  if (lastSlash && type != S_IFDIR) {
    dentryDrop(child);
    return -ENOTDIR;
  }
  const top = crossMounts(child);
  if (top !== child) {
    dentryHold(top);
    dentryDrop(child);
    return <i64>changetype<usize>(top);
  }
  if (type == S_IFLNK && child.inode.fs == FS_PROC) {
    const followed = walk(parent, name, LOOKUP_FOLLOW);
    dentryDrop(child);
    return followed;
  }
  return <i64>changetype<usize>(child);
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

/** Opens a held dentry (the reference passes to the File or is dropped). */
export function openDentry(dentry: Dentry, flags: i32, created: bool): i64 {
  const result = openChecked(dentry, flags, created);
  if (result < 0) dentryDrop(dentry);
  return result;
}

function openChecked(dentry: Dentry, flags: i32, created: bool): i64 {
  const inode = dentry.inode;
  const type = inode.mode & S_IFMT;
  if (flags & O_PATH) return attach(fileNew(FILE_PATH, 0, flags, 0), dentry);
  if (type == S_IFLNK) return -ELOOP;
  if (flags & O_DIRECTORY && type != S_IFDIR) return -ENOTDIR;
  if (type == S_IFDIR && (flags & O_CREAT || wanted(flags) & MAY_WRITE)) return -EISDIR;
  if (!created) {
    const error = inodePermission(inode, wanted(flags));
    if (error) return error;
    if (flags & O_NOATIME && current.cred.fsuid != inode.uid && !(current.cred.capEffective & CAP_FOWNER)) return -EPERM;
  }
  switch (type) {
    case S_IFREG: return openRegular(dentry, inode, flags, created);
    case S_IFDIR: return attach(fileNew(FILE_DIRECTORY, 0, flags, modeOf(flags)), dentry);
    case S_IFIFO: return openFifo(dentry, inode, flags);
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
  if (inode.fs == FS_MQUEUE) return attach(fileNew(FILE_MQUEUE, inode.special, flags & ~(O_CREAT | O_EXCL | O_TRUNC), modeOf(flags)), dentry);
  if (inode.fs == FS_NSFS) return attach(fileNew(FILE_NAMESPACE, 0, flags, 0), dentry);
  if (flags & O_TRUNC && !created && inode.size) {
    const error = regularTruncate(inode, 0);
    if (error) return error;
  }
  const made = attach(fileNew(FILE_REGULAR, 0, flags & ~(O_CREAT | O_EXCL | O_TRUNC), modeOf(flags)), dentry);
  if (made > 0 && modeOf(flags) & FMODE_WRITE) inode.writers++;
  return made;
}

function openDevice(dentry: Dentry, inode: Inode, flags: i32): i64 {
  if (inode.rdev == DEV_TTY) {
    const terminal = terminalOpen(flags);
    return terminal ? attach(changetype<File>(terminal), dentry) : -ENXIO;
  }
  if (!deviceKnown(inode.rdev)) return -ENXIO;
  return attach(fileNew(FILE_DEVICE, 0, flags & ~(O_CREAT | O_EXCL | O_TRUNC), modeOf(flags)), dentry);
}

/** fifo(7): blocks until the other end is there, unless O_RDWR or O_NONBLOCK. Kernel: fs/pipe.c fifo_open(). */
function openFifo(dentry: Dentry, inode: Inode, flags: i32): i64 {
  const task = current;
  const mode = modeOf(flags);
  let pipe = changetype<Pipe>(inode.special);
  if (isRetry() && task.sysObject) {
    // This open is registered already: it waits for the other end to have come since.
    const file = changetype<File>(task.sysObject);
    return fifoWait(file, changetype<Pipe>(file.object), dentry);
  }
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
  const file = fileNew(FILE_PIPE, changetype<usize>(pipe), flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_APPEND), mode);
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
    task.sysObject = changetype<usize>(file);
    return fifoWait(file, pipe, dentry);
  }
  if (mode == FMODE_WRITE && !pipe.readers) {
    file.private1 = pipe.readOpens;
    task.sysObject = changetype<usize>(file);
    return fifoWait(file, pipe, dentry);
  }
  return attach(file, dentry);
}

function fifoWait(file: File, pipe: Pipe, dentry: Dentry): i64 {
  const task = current;
  const reading = file.mode == FMODE_READ;
  const there = reading ? pipe.writeOpens != <u32>file.private1 : pipe.readOpens != <u32>file.private1;
  if (there) {
    task.sysObject = 0;
    return attach(file, dentry);
  }
  const r = sleepOn(reading ? pipeReaders(pipe) : pipeWriters(pipe));
  if (r == BLOCKED) return r;
  task.sysObject = 0;
  fileDrop(changetype<usize>(file));
  return r;
}

/** A FIFO's pipe lives while it is open. */
export function fifoForget(inode: Inode, pipe: Pipe): void {
  if (!pipe.refs) {
    pipe.refs = 1;
    inode.special = 0;
    pipeDrop(pipe);
  }
}

/** O_TMPFILE: a file without a name in the directory. */
function openTemporary(dirfd: i32, path: usize, flags: i32, mode: u32): i64 {
  if (!(flags & O_DIRECTORY) || !(modeOf(flags) & FMODE_WRITE)) return -EINVAL;
  const found = walkAt(dirfd, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (found < 0) return found;
  const parent = changetype<Dentry>(<usize>found);
  let result: i64 = inodePermission(parent.inode, MAY_WRITE | 1);
  if (!result && parent.inode.fs == FS_PROC) result = -EACCES;
  if (!result) {
    const inode = inodeIn(parent.inode, S_IFREG | (mode & 0xfff & ~current.fs.umask), 0);
    result = -ENOMEM;
    if (inode) {
      inode.nlink = 0;
      const dentry = dentryNew(parent, path, 0, inode);
      if (dentry) {
        result = openDentry(dentry, flags & ~(__O_TMPFILE | O_DIRECTORY), true);
        if (result > 0) changetype<File>(<usize>result).flags |= __O_TMPFILE | O_DIRECTORY; // as F_GETFL shows them
      } else inodeDrop(inode);
    }
  }
  dentryDrop(parent);
  return result;
}
