// Calls on names: mkdir(2), unlink(2), rename(2), link(2), symlink(2), readlink(2), mknod(2), access(2),
// chmod(2), chown(2), utimensat(2), chdir(2), getcwd(2), chroot(2), umask(2).
import { EACCES, EBADF, EBUSY, EEXIST, EFAULT, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, EOPNOTSUPP, EPERM, ERANGE, EROFS, EXDEV } from "../abi/errno";
import { AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT } from "../abi/fcntl";
import { MS_NOEXEC } from "../abi/mount";
import { UTIME_NOW, UTIME_OMIT } from "../abi/stat";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from "../abi/inotify";
import { notifyAttributes, notifyDentry } from "../fs/notify";
import { accessed } from "../fs/atime";
import { setCwd, setRoot } from "../fs/context";
import { fdGet } from "../fs/fdtable";
import { FILE_DIRECTORY, FILE_PATH, FILE_SOCKET, File } from "../fs/file";
import { CHANGE_ATIME, CHANGE_GID, CHANGE_MODE, CHANGE_MTIME, CHANGE_UID, hostChange } from "../fs/hostfs";
import { Dentry, FS_HOST, FS_PROC, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, dentryDrop, dentryHold, isDirectory } from "../fs/inode";
import { LOOKUP_DIRECTORY, LOOKUP_EMPTY, LOOKUP_FOLLOW, LOOKUP_PARENT, MAY_EXEC, MAY_WRITE, PATH_BUFFER, inGroup, inodePermission, lastLength, lastName, lastSlash, lookupChild, fileMount, pathIn, pathOf, pathReached, processCwd, processCwdMount, userPathAt, walkAt, walkMount } from "../fs/namei";
import { Mount, mountReadOnly } from "../fs/mount";
import { procReadlink } from "../fs/proc";
import { sysctlDirectory } from "../fs/procfile";
import { createChild, createLink, createSymlink, removeChild, renameChild } from "../fs/tmpfs";
import { copyIn, copyInString, copyOut } from "../mm/usercopy";
import { Socket, socketOf } from "../net/socket";
import { realtime } from "../task/clock";
import { SEAL_EXEC } from "../fs/seals";
import { current } from "../task/task";

const CWD: u64 = <u64><i64>-100;
const CAP_CHOWN: u64 = 1;
const CAP_DAC_READ_SEARCH: u64 = 1 << 2;
const CAP_FOWNER: u64 = 1 << 3;
const CAP_FSETID: u64 = 1 << 4;
const CAP_SYS_CHROOT: u64 = 1 << 18;
const CAP_MKNOD: u64 = 1 << 27;
const NAME = memory.data(256, 8);
const TEXT = memory.data(4120, 8);

// @ts-ignore: decorator
@inline
function at(found: i64): Dentry {
  return changetype<Dentry>(<usize>found);
}

function isDots(name: usize, length: u32): bool {
  return load<u8>(name) == 0x2e && (length == 1 || (length == 2 && load<u8>(name + 1) == 0x2e));
}

/** The held directory in which a new name is wanted; its checks as filename_create() makes them. The name is left at NAME. */
function createIn(dirfd: u64, path: u64, directory: bool): i64 {
  const error = pathIn(path);
  if (error) return error;
  const up = walkAt(<i32>dirfd, PATH_BUFFER, LOOKUP_PARENT);
  if (up < 0) return up;
  const n = lastLength;
  let bad: i32 = 0;
  if (!n || isDots(lastName, n)) bad = -EEXIST;
  else if (n > 255) bad = -ENAMETOOLONG;
  else {
    memory.copy(NAME, lastName, n);
    const there = lookupChild(at(up), NAME, n);
    if (there) {
      dentryDrop(there);
      bad = -EEXIST;
    } else if (lastSlash && !directory) bad = -ENOENT;
    else if (mountReadOnly(walkMount)) bad = -EROFS;
  }
  if (!bad) return up;
  dentryDrop(at(up));
  return bad;
}

/** Drops the parent and the made dentry; 0 or −errno. */
function finish(parent: i64, made: i64): i64 {
  dentryDrop(at(parent));
  if (made < 0) return made;
  dentryDrop(at(made));
  return 0;
}

export function sys_mkdirat(dirfd: u64, path: u64, mode: u64): i64 {
  const up = createIn(dirfd, path, true);
  if (up < 0) return up;
  return finish(up, createChild(at(up), NAME, lastLength, S_IFDIR | (<u32>mode & 0x3ff & ~current.fs.umask), 0));
}

export function sys_mkdir(path: u64, mode: u64): i64 {
  return sys_mkdirat(CWD, path, mode);
}

export function sys_mknodat(dirfd: u64, path: u64, modeArg: u64, dev: u64): i64 {
  let mode = <u32>modeArg & 0xffff;
  const type = mode & S_IFMT;
  if (type == S_IFDIR) return -EPERM;
  if (type && type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO && type != S_IFSOCK) return -EINVAL;
  if (!type) mode |= S_IFREG;
  const up = createIn(dirfd, path, false);
  if (up < 0) return up;
  let made: i64 = 0;
  // Anybody may make a whiteout, device 0:0.
  if ((type == S_IFBLK || (type == S_IFCHR && <u32>dev)) && !(current.cred.capEffective & CAP_MKNOD)) made = -EPERM;
  if (!made) made = createChild(at(up), NAME, lastLength, (mode & S_IFMT) | (mode & 0xfff & ~current.fs.umask), <u32>dev);
  return finish(up, made);
}

export function sys_mknod(path: u64, mode: u64, dev: u64): i64 {
  return sys_mknodat(CWD, path, mode, dev);
}

export function sys_symlinkat(target: u64, dirfd: u64, path: u64): i64 {
  const n = copyInString(TEXT, target, 4096);
  if (n < 0) return n;
  if (!n) return -ENOENT;
  const up = createIn(dirfd, path, false);
  if (up < 0) return up;
  return finish(up, createSymlink(at(up), NAME, lastLength, TEXT, n));
}

export function sys_symlink(target: u64, path: u64): i64 {
  return sys_symlinkat(target, CWD, path);
}

export function sys_linkat(olddirfd: u64, oldpath: u64, newdirfd: u64, newpath: u64, flags: u64): i64 {
  if (flags & ~<u64>(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  if (flags & AT_EMPTY_PATH && !(current.cred.capEffective & CAP_DAC_READ_SEARCH)) return -ENOENT;
  const found = userPathAt(olddirfd, oldpath, (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const from = walkMount;
  const up = createIn(newdirfd, newpath, false);
  let r = up;
  if (up > 0) {
    r = walkMount !== from ? -EXDEV : createLink(at(up), NAME, lastLength, at(found).inode);
    dentryDrop(at(up));
  }
  dentryDrop(at(found));
  return r;
}

export function sys_link(oldpath: u64, newpath: u64): i64 {
  return sys_linkat(CWD, oldpath, CWD, newpath, 0);
}

function remove(dirfd: u64, path: u64, directory: bool): i64 {
  const error = pathIn(path);
  if (error) return error;
  const up = walkAt(<i32>dirfd, PATH_BUFFER, LOOKUP_PARENT);
  if (up < 0) return up;
  const n = lastLength;
  let r: i64 = 0;
  if (!n) r = directory ? -EBUSY : -EISDIR;
  else if (isDots(lastName, n)) r = directory ? (n == 1 ? -EINVAL : -ENOTEMPTY) : -EISDIR;
  else if (mountReadOnly(walkMount)) r = -EROFS;
  else if (n > 255) r = -ENAMETOOLONG;
  else {
    const slash = lastSlash;
    const victim = lookupChild(at(up), lastName, n);
    if (!victim) r = -ENOENT;
    else {
      if (slash && !directory) r = isDirectory(victim.inode) ? -EISDIR : -ENOTDIR;
      else if (victim.inode.fs == FS_PROC) r = directory && !isDirectory(victim.inode) ? -ENOTDIR : sysctlDirectory(at(up).inode.proc) ? -EACCES : -EPERM;
      else r = removeChild(at(up), victim, directory);
      dentryDrop(victim);
    }
  }
  dentryDrop(at(up));
  return r;
}

export function sys_unlinkat(dirfd: u64, path: u64, flags: u64): i64 {
  if (flags & ~<u64>AT_REMOVEDIR) return -EINVAL;
  return remove(dirfd, path, flags != 0);
}

export function sys_unlink(path: u64): i64 {
  return remove(CWD, path, false);
}

export function sys_rmdir(path: u64): i64 {
  return remove(CWD, path, true);
}

export function sys_renameat2(olddirfd: u64, oldpath: u64, newdirfd: u64, newpath: u64, flagsArg: u64): i64 {
  const flags = <u32>flagsArg;
  if (flags & ~(<u32>(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))) return -EINVAL;
  if (flags & RENAME_EXCHANGE && flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) return -EINVAL;
  let error = pathIn(oldpath);
  if (error) return error;
  const from = walkAt(<i32>olddirfd, PATH_BUFFER, LOOKUP_PARENT);
  if (from < 0) return from;
  const oldLength = lastLength;
  const oldSlash = lastSlash;
  const fromMount = walkMount;
  memory.copy(OLD_NAME, lastName, min<u32>(oldLength, 256));
  error = pathIn(newpath);
  const to = error ? <i64>error : walkAt(<i32>newdirfd, PATH_BUFFER, LOOKUP_PARENT);
  let r = to;
  if (to > 0) {
    const n = lastLength;
    if (walkMount !== fromMount) r = -EXDEV;
    else if (!oldLength || !n || isDots(OLD_NAME, oldLength) || isDots(lastName, n)) r = flags & RENAME_NOREPLACE && oldLength && !isDots(OLD_NAME, oldLength) ? -EEXIST : -EBUSY;
    else if (mountReadOnly(walkMount)) r = -EROFS;
    else if (oldLength > 255 || n > 255) r = -ENAMETOOLONG;
    else {
      memory.copy(NAME, lastName, n);
      r = slashRefused(at(from), oldLength, oldSlash || lastSlash);
      if (!r) r = renameChild(at(from), OLD_NAME, oldLength, at(to), NAME, n, flags);
    }
    dentryDrop(at(to));
  }
  dentryDrop(at(from));
  return r;
}

const OLD_NAME = memory.data(256, 8);

/** A trailing slash on either name asks for a directory. */
function slashRefused(parent: Dentry, length: u32, slash: bool): i32 {
  if (!slash) return 0;
  const source = lookupChild(parent, OLD_NAME, length);
  if (!source) return -ENOENT;
  const directory = isDirectory(source.inode);
  dentryDrop(source);
  return directory ? 0 : -ENOTDIR;
}

export function sys_renameat(olddirfd: u64, oldpath: u64, newdirfd: u64, newpath: u64): i64 {
  return sys_renameat2(olddirfd, oldpath, newdirfd, newpath, 0);
}

export function sys_rename(oldpath: u64, newpath: u64): i64 {
  return sys_renameat2(CWD, oldpath, CWD, newpath, 0);
}

export function sys_readlinkat(dirfd: u64, path: u64, buffer: u64, size: u64): i64 {
  if (<i32>size <= 0) return -EINVAL;
  const found = userPathAt(dirfd, path, LOOKUP_EMPTY);
  if (found < 0) return found;
  const inode = at(found).inode;
  let r: i64;
  if ((inode.mode & S_IFMT) != S_IFLNK) r = load<u8>(PATH_BUFFER) ? -EINVAL : -ENOENT;
  else {
    accessed(walkMount, inode);
    let text = inode.text;
    let n = <u64>inode.size;
    if (inode.fs == FS_PROC) {
      text = procReadlink(inode, TEXT, 4096);
      n = 0;
      if (text) while (load<u8>(text + <usize>n)) n++;
    }
    n = min<u64>(n, <u64><u32>size);
    r = !text ? -ENOENT : copyOut(buffer, text, n) ? <i64>n : -EFAULT;
  }
  dentryDrop(at(found));
  return r;
}

export function sys_readlink(path: u64, buffer: u64, size: u64): i64 {
  return sys_readlinkat(CWD, path, buffer, size);
}

/** access(2) of what the last walk found. */
function accessible(inode: Inode, mode: u32): i32 {
  const regular = (inode.mode & S_IFMT) == S_IFREG;
  if (mode & MAY_EXEC && regular && walkMount.flags & MS_NOEXEC) return -EACCES;
  const error = inodePermission(inode, mode);
  if (error || !(mode & MAY_WRITE)) return error;
  const kept = regular || isDirectory(inode) || (inode.mode & S_IFMT) == S_IFLNK;
  return kept && mountReadOnly(walkMount) ? -EROFS : 0;
}

export function sys_faccessat2(dirfd: u64, path: u64, mode: u64, flags: u64): i64 {
  if (<u32>mode & ~7 || flags & ~<u64>(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const cred = current.cred;
  const uid = cred.fsuid;
  const gid = cred.fsgid;
  const caps = cred.capEffective;
  if (!(flags & AT_EACCESS)) {
    cred.fsuid = cred.uid;
    cred.fsgid = cred.gid;
    cred.capEffective = cred.uid ? 0 : cred.capPermitted;
  }
  const found = userPathAt(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  let r = found;
  if (found > 0) {
    r = <u32>mode ? accessible(at(found).inode, <u32>mode) : 0;
    dentryDrop(at(found));
  }
  cred.fsuid = uid;
  cred.fsgid = gid;
  cred.capEffective = caps;
  return r;
}

export function sys_faccessat(dirfd: u64, path: u64, mode: u64): i64 {
  return sys_faccessat2(dirfd, path, mode, 0);
}

export function sys_access(path: u64, mode: u64): i64 {
  return sys_faccessat2(CWD, path, mode, 0);
}

function changeMode(mount: Mount, inode: Inode, mode: u32): i64 {
  if (inode.seals & SEAL_EXEC && (mode ^ inode.mode) & 0x49) return -EPERM;
  if (mountReadOnly(mount)) return -EROFS;
  if (inode.fs == FS_PROC) return -EPERM;
  const cred = current.cred;
  if (cred.fsuid != inode.uid && !(cred.capEffective & CAP_FOWNER)) return -EPERM;
  let bits = mode & 0xfff;
  if (!inGroup(cred, inode.gid) && !(cred.capEffective & CAP_FSETID)) bits &= ~0x400;
  if (inode.fs == FS_HOST) return hostChange(inode, CHANGE_MODE, bits, 0, 0, 0, 0, 0);
  inode.mode = (inode.mode & S_IFMT) | bits;
  inode.ctime = realtime();
  return 0;
}

export function sys_fchmodat(dirfd: u64, path: u64, mode: u64): i64 {
  return sys_fchmodat2(dirfd, path, mode, 0);
}

export function sys_fchmodat2(dirfd: u64, path: u64, mode: u64, flags: u64): i64 {
  if (flags & ~<u64>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const found = userPathAt(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const r = (at(found).inode.mode & S_IFMT) == S_IFLNK ? -EOPNOTSUPP : notifyAttributes(at(found), changeMode(walkMount, at(found).inode, <u32>mode));
  dentryDrop(at(found));
  return r;
}

export function sys_chmod(path: u64, mode: u64): i64 {
  return sys_fchmodat(CWD, path, mode);
}

export function sys_fchmod(fd: u64, mode: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == 12) return -EBADF; // O_PATH
  if (file.kind == FILE_SOCKET) return changeSocketMode(socketOf(file), <u32>mode);
  return file.inode ? fileAttributes(file, changeMode(fileMount(file), changetype<Inode>(<usize>file.inode), <u32>mode)) : 0;
}

/** Tells of what was done through a descriptor. */
function fileAttributes(file: File, error: i64): i64 {
  return file.dentry ? notifyAttributes(at(file.dentry), error) : error;
}

/** The mode that the file of its address will get; sockfs_setattr(). */
function changeSocketMode(sk: Socket, mode: u32): i64 {
  const cred = current.cred;
  if (cred.fsuid != sk.uid && !(cred.capEffective & CAP_FOWNER)) return -EPERM;
  sk.mode = mode & 0xfff;
  return 0;
}

function changeOwner(mount: Mount, inode: Inode, uid: u32, gid: u32): i64 {
  if (mountReadOnly(mount)) return -EROFS;
  if (inode.fs == FS_PROC) return -EPERM;
  const cred = current.cred;
  const privileged = (cred.capEffective & CAP_CHOWN) != 0;
  if (uid != u32.MAX_VALUE && !privileged && (cred.fsuid != inode.uid || uid != inode.uid)) return -EPERM;
  if (gid != u32.MAX_VALUE && !privileged && (cred.fsuid != inode.uid || !inGroup(cred, gid))) return -EPERM;
  if (inode.fs == FS_HOST) return hostChange(inode, (uid != u32.MAX_VALUE ? CHANGE_UID : 0) | (gid != u32.MAX_VALUE ? CHANGE_GID : 0), 0, uid, gid, 0, 0, 0);
  if (uid != u32.MAX_VALUE) inode.uid = uid;
  if (gid != u32.MAX_VALUE) inode.gid = gid;
  if (!isDirectory(inode)) {
    // Set-id bits do not survive a change of owner.
    inode.mode &= ~0x800;
    if (inode.mode & 8) inode.mode &= ~0x400;
  }
  inode.ctime = realtime();
  return 0;
}

export function sys_fchownat(dirfd: u64, path: u64, uid: u64, gid: u64, flags: u64): i64 {
  if (flags & ~<u64>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const found = userPathAt(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const r = notifyAttributes(at(found), changeOwner(walkMount, at(found).inode, <u32>uid, <u32>gid));
  dentryDrop(at(found));
  return r;
}

export function sys_chown(path: u64, uid: u64, gid: u64): i64 {
  return sys_fchownat(CWD, path, uid, gid, 0);
}

export function sys_lchown(path: u64, uid: u64, gid: u64): i64 {
  return sys_fchownat(CWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

export function sys_fchown(fd: u64, uid: u64, gid: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == 12) return -EBADF;
  return file.inode ? fileAttributes(file, changeOwner(fileMount(file), changetype<Inode>(<usize>file.inode), <u32>uid, <u32>gid)) : 0;
}

/** Both times are an attribute, one alone is as if the file was read or written; fsnotify_change(). */
function notifyTimes(dentry: Dentry, atime: u64, mtime: u64): void {
  const accessed = atime != u64.MAX_VALUE;
  const modified = mtime != u64.MAX_VALUE;
  if (accessed || modified) notifyDentry(dentry, accessed ? (modified ? IN_ATTRIB : IN_ACCESS) : IN_MODIFY);
}

/** Sets access and modification time in ns; UTIME_* have been resolved: u64.MAX_VALUE = leave. */
function setTimes(mount: Mount, inode: Inode, atime: u64, mtime: u64, now: bool): i64 {
  if (mountReadOnly(mount)) return -EROFS;
  if (inode.fs == FS_PROC) return -EPERM;
  const cred = current.cred;
  if (cred.fsuid != inode.uid && !(cred.capEffective & CAP_FOWNER)) {
    if (!now) return -EPERM;
    const error = inodePermission(inode, MAY_WRITE);
    if (error) return error;
  }
  if (inode.fs == FS_HOST) return hostChange(inode, (atime != u64.MAX_VALUE ? CHANGE_ATIME : 0) | (mtime != u64.MAX_VALUE ? CHANGE_MTIME : 0), 0, 0, 0, 0, atime, mtime);
  if (atime != u64.MAX_VALUE) inode.atime = atime;
  if (mtime != u64.MAX_VALUE) inode.mtime = mtime;
  inode.ctime = realtime();
  return 0;
}

/** One struct timespec of utimensat at TEXT + offset: ns, u64.MAX_VALUE − 1 = EINVAL. */
function timeArgument(offset: usize, now: u64): u64 {
  const nsec = load<i64>(TEXT + offset, 8);
  if (nsec == UTIME_NOW) return now;
  if (nsec == UTIME_OMIT) return u64.MAX_VALUE;
  if (nsec < 0 || nsec >= 1_000_000_000) return u64.MAX_VALUE - 1;
  return <u64>(load<i64>(TEXT + offset) * 1_000_000_000 + nsec);
}

export function sys_utimensat(dirfd: u64, path: u64, times: u64, flags: u64): i64 {
  const now = realtime();
  let atime = now;
  let mtime = now;
  let isNow = true;
  if (times) {
    if (!copyIn(TEXT, times, 32)) return -EFAULT;
    atime = timeArgument(0, now);
    mtime = timeArgument(16, now);
    if (atime == u64.MAX_VALUE - 1 || mtime == u64.MAX_VALUE - 1) return -EINVAL;
    if (atime == u64.MAX_VALUE && mtime == u64.MAX_VALUE) return 0;
    isNow = load<i64>(TEXT, 8) == UTIME_NOW && load<i64>(TEXT, 24) == UTIME_NOW;
  }
  return timesAt(dirfd, path, atime, mtime, isNow, flags);
}

function timesAt(dirfd: u64, path: u64, atime: u64, mtime: u64, now: bool, flags: u64): i64 {
  if (!path && <i32>dirfd != AT_FDCWD) {
    if (flags) return -EINVAL;
    const file = fdGet(<i32>dirfd);
    if (!file || file.kind == FILE_PATH) return -EBADF;
    if (!file.inode) return 0;
    const error = setTimes(fileMount(file), changetype<Inode>(<usize>file.inode), atime, mtime, now);
    if (!error && file.dentry) notifyTimes(at(file.dentry), atime, mtime);
    return error;
  }
  if (flags & ~<u64>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const found = userPathAt(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const r = setTimes(walkMount, at(found).inode, atime, mtime, now);
  if (!r) notifyTimes(at(found), atime, mtime);
  dentryDrop(at(found));
  return r;
}

export function sys_utimes(path: u64, times: u64): i64 {
  return sys_futimesat(CWD, path, times);
}

export function sys_futimesat(dirfd: u64, path: u64, times: u64): i64 {
  const now = realtime();
  if (!times) return timesAt(dirfd, path, now, now, true, 0);
  if (!copyIn(TEXT, times, 32)) return -EFAULT;
  const a = load<i64>(TEXT, 8);
  const m = load<i64>(TEXT, 24);
  if (a < 0 || a >= 1_000_000 || m < 0 || m >= 1_000_000) return -EINVAL;
  return timesAt(dirfd, path, load<i64>(TEXT) * 1_000_000_000 + a * 1000, load<i64>(TEXT, 16) * 1_000_000_000 + m * 1000, false, 0);
}

export function sys_utime(path: u64, times: u64): i64 {
  const now = realtime();
  if (!times) return timesAt(CWD, path, now, now, true, 0);
  if (!copyIn(TEXT, times, 16)) return -EFAULT;
  return timesAt(CWD, path, load<i64>(TEXT) * 1_000_000_000, load<i64>(TEXT, 8) * 1_000_000_000, false, 0);
}

export function sys_umask(mask: u64): i64 {
  const old = current.fs.umask;
  current.fs.umask = <u32>mask & 0x1ff;
  return old;
}

export function sys_chdir(path: u64): i64 {
  const found = userPathAt(CWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (found < 0) return found;
  const error = inodePermission(at(found).inode, MAY_EXEC);
  if (error) {
    dentryDrop(at(found));
    return error;
  }
  setCwd(current.fs, walkMount, at(found));
  return 0;
}

export function sys_fchdir(fd: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (!file.dentry || (file.kind != FILE_DIRECTORY && !isDirectory(changetype<Inode>(<usize>file.inode)))) return -ENOTDIR;
  const error = inodePermission(changetype<Inode>(<usize>file.inode), MAY_EXEC);
  if (error) return error;
  setCwd(current.fs, fileMount(file), dentryHold(changetype<Dentry>(<usize>file.dentry)));
  return 0;
}

export function sys_chroot(path: u64): i64 {
  const found = userPathAt(CWD, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (found < 0) return found;
  let error: i64 = inodePermission(at(found).inode, MAY_EXEC);
  if (!error && !(current.cred.capEffective & CAP_SYS_CHROOT)) error = -EPERM;
  if (error) {
    dentryDrop(at(found));
    return error;
  }
  setRoot(current.fs, walkMount, at(found));
  return 0;
}

/** Bytes of "(unreachable)". */
const UNREACHABLE: usize = 13;

function put(to: usize, s: string): void {
  for (let i = 0; i < s.length; i++) store<u8>(to + i, load<u8>(changetype<usize>(s) + (i << 1)));
}

/** The length with NUL, as the system call returns it. */
export function sys_getcwd(buffer: u64, size: u64): i64 {
  const cwd = processCwd();
  if (cwd.parent !== cwd && !(cwd.flags & 1)) return -ENOENT;
  let text = pathOf(processCwdMount(), cwd, TEXT + UNREACHABLE, 4096);
  if (!text) return -ENAMETOOLONG;
  if (!pathReached) {
    text -= UNREACHABLE;
    put(text, "(unreachable)");
  }
  const n = <u64>(TEXT + UNREACHABLE + 4096 - text);
  if (n > size) return -ERANGE;
  return copyOut(buffer, text, n) ? <i64>n : -EFAULT;
}

