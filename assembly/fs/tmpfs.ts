// Directory operations of tmpfs (and of the device nodes in it): create, link, unlink, rename.
// Directories are dentry trees (inode.ts); regular files are Mappings. Kernel: mm/shmem.c, fs/libfs.c.
import { EACCES, EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENOTEMPTY, EPERM, EXDEV } from "../abi/errno";
import { RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT } from "../abi/fcntl";
import { kfree, kmalloc } from "../mm/kmalloc";
import { MAPPING_ZERO, mappingCharge, mappingNew } from "../mm/mapping";
import { current } from "../task/task";
import { realtime } from "../task/clock";
import { hostCreate, hostLink, hostRemove, hostRename } from "./hostfs";
import { hostTreeList } from "./hosttree";
import { Dentry, FS_DEV, FS_HOST, FS_MQUEUE, FS_PROC, FS_TMPFS, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, dentryDrop, dentryHold, dentryLink, dentryMove, dentryNew, dentryUnlink, inodeDrop, inodeHold, inodeNew, isDirectory } from "./inode";
import { mqueueCreateDefault } from "./mqueuefs";
import { mountedHere, mountsDetach } from "./namespace";
import { notifyCreate, notifyDelete, notifyLink, notifyLinks, notifyMove, notifyMoved } from "./notify";
import { FS_SYSFS } from "./filesystems";
import { superAdopt, superOf } from "./super";
import { MAY_EXEC, MAY_WRITE, inGroup, inodePermission, lookupChild } from "./namei";

const CAP_FOWNER: u64 = 1 << 3;
const CAP_FSETID: u64 = 1 << 4;
/** BOGO_DIRENT_SIZE: what tmpfs counts for a directory entry. */
const DIRENT_SIZE: u64 = 20;

function touch(dir: Inode, grow: i64): void {
  const t = realtime();
  dir.mtime = t;
  dir.ctime = t;
  dir.size += grow;
}

/** A new inode in `dir` owned by current (set-group-id directories pass on their group), without a name. */
export function inodeIn(dir: Inode, mode: u32, rdev: u32): Inode | null {
  const cred = current.cred;
  let gid = cred.fsgid;
  if (dir.mode & 0x400) {
    gid = dir.gid;
    if ((mode & S_IFMT) == S_IFDIR) mode |= 0x400;
    // A program for a group that its maker is not in; kernel: mode_strip_sgid().
    else if ((mode & 0x408) == 0x408 && !inGroup(cred, gid) && !(cred.capEffective & CAP_FSETID)) mode &= ~0x400;
  }
  const type = mode & S_IFMT;
  const sb = superOf(dir);
  if (sb && sb.maxInodes && sb.inodes >= sb.maxInodes) {
    inodeError = -ENOSPC;
    return null;
  }
  inodeError = -ENOMEM;
  const inode = inodeNew(type == S_IFCHR || type == S_IFBLK ? FS_DEV : FS_TMPFS, mode, cred.fsuid, gid);
  if (!inode) return null;
  if (sb) superAdopt(sb, inode);
  inode.rdev = rdev;
  if (type == S_IFREG && !dataOf(inode, changetype<usize>(sb))) {
    inodeDrop(inode);
    return null;
  }
  return inode;
}

/** Why inodeIn made none: −ENOMEM or −ENOSPC. */
export let inodeError: i32 = 0;

function dataOf(inode: Inode, quota: usize): bool {
  const mapping = mappingNew(MAPPING_ZERO, changetype<usize>(inode));
  if (!mapping) return false;
  mappingCharge(mapping, quota);
  inode.mapping = mapping;
  return true;
}

/** A file of the kernel's own tmpfs without a name: memfd_create(2). */
export function anonymousFile(mode: u32): Inode | null {
  const inode = inodeNew(FS_TMPFS, mode, current.cred.fsuid, current.cred.fsgid);
  if (!inode) return null;
  inode.nlink = 0;
  if (dataOf(inode, 0)) return inode;
  inodeDrop(inode);
  return null;
}

/** Whether current may make or remove names in dir: 0 or −errno. Only tmpfs directories can change. */
export function mayChange(dir: Inode): i32 {
  if (dir.fs != FS_TMPFS && dir.fs != FS_MQUEUE && dir.fs != FS_HOST) return -ENOENT;
  const error = inodePermission(dir, MAY_WRITE | MAY_EXEC);
  if (error) return error;
  return dir.nlink ? 0 : -ENOENT;
}

function inSysfs(inode: Inode): bool {
  const sb = superOf(inode);
  return sb ? sb.type == FS_SYSFS : false;
}

/** Makes a name for a new inode: a held dentry, or −errno. The caller has checked that the name is free. */
export function createChild(parent: Dentry, name: usize, length: u32, mode: u32, rdev: u32): i64 {
  const error = mayChange(parent.inode);
  if (error && inSysfs(parent.inode)) return (mode & S_IFMT) == S_IFREG ? -EACCES : -EPERM;
  if (error) return error;
  if (parent.inode.fs == FS_HOST) return told(hostCreate(parent, name, length, mode, 0, 0));
  if (parent.inode.fs == FS_MQUEUE) return (mode & S_IFMT) == S_IFREG ? mqueueCreateDefault(parent, name, length, mode) : -EPERM;
  const inode = inodeIn(parent.inode, mode, rdev);
  if (!inode) return inodeError;
  const dentry = dentryNew(parent, name, length, inode);
  if (!dentry) {
    inodeDrop(inode);
    return -ENOMEM;
  }
  dentryLink(dentry, true);
  touch(parent.inode, DIRENT_SIZE);
  if ((mode & S_IFMT) == S_IFDIR) parent.inode.nlink++;
  return told(<i64>changetype<usize>(dentry));
}

/** Tells of a new name. */
function told(made: i64): i64 {
  if (made > 0) notifyCreate(changetype<Dentry>(<usize>made));
  return made;
}

/** symlink(2): text is NUL-terminated kernel memory. */
export function createSymlink(parent: Dentry, name: usize, length: u32, text: usize, textLength: u32): i64 {
  if (parent.inode.fs == FS_HOST) {
    const error = mayChange(parent.inode);
    return error ? error : told(hostCreate(parent, name, length, S_IFLNK | 0x1ff, text, textLength));
  }
  const copy = kmalloc(textLength + 1);
  if (!copy) return -ENOMEM;
  const made = createChild(parent, name, length, S_IFLNK | 0x1ff, 0);
  if (made < 0) {
    kfree(copy);
    return made;
  }
  memory.copy(copy, text, textLength + 1);
  const inode = changetype<Dentry>(<usize>made).inode;
  inode.text = copy;
  inode.size = textLength;
  return made;
}

/** link(2): another name for the inode. */
export function createLink(parent: Dentry, name: usize, length: u32, inode: Inode): i32 {
  const error = mayChange(parent.inode);
  if (error) return error;
  if (inode.fs == FS_MQUEUE) return -EPERM;
  if (parent.inode.sb != inode.sb) return -EXDEV;
  if (inode.fs == FS_HOST) {
    const linked = hostLink(parent, name, length, inode);
    if (!linked) notifyLink(parent.inode, inode, name, length);
    return linked;
  }
  if (isDirectory(inode)) return -EPERM;
  if (!inode.nlink && !inode.linkable) return -ENOENT;
  const sb = superOf(inode);
  // A name of its own counts as an inode; the first name of an O_TMPFILE file does not.
  if (sb && inode.nlink) {
    if (sb.maxInodes && sb.inodes >= sb.maxInodes) return -ENOSPC;
    sb.inodes++;
  }
  inode.linkable = 0;
  inodeHold(inode);
  const dentry = dentryNew(parent, name, length, inode);
  if (!dentry) {
    inodeDrop(inode);
    return -ENOMEM;
  }
  inode.nlink++;
  inode.ctime = realtime();
  dentryLink(dentry, true);
  touch(parent.inode, DIRENT_SIZE);
  notifyLink(parent.inode, inode, name, length);
  dentryDrop(dentry);
  return 0;
}

/** Whether the sticky bit of dir keeps current from removing victim. */
function stickyRefuses(dir: Inode, victim: Inode): bool {
  if (!(dir.mode & 0x200)) return false;
  const cred = current.cred;
  return cred.fsuid != dir.uid && cred.fsuid != victim.uid && !(cred.capEffective & CAP_FOWNER);
}

/** Checks before a name is removed; kernel: may_delete(). */
function mayDelete(parent: Dentry, victim: Dentry, directory: bool): i32 {
  const error = mayChange(parent.inode);
  if (error) return error;
  if (stickyRefuses(parent.inode, victim.inode)) return -EPERM;
  if (victim.mounted && mountedHere(victim)) return -EBUSY;
  if (directory) {
    if (!isDirectory(victim.inode)) return -ENOTDIR;
  } else if (isDirectory(victim.inode)) return -EISDIR;
  return 0;
}

function forget(parent: Dentry, victim: Dentry): void {
  const inode = victim.inode;
  inode.ctime = realtime();
  if (isDirectory(inode)) {
    inode.nlink = 0;
    parent.inode.nlink--;
  } else {
    inode.nlink--;
    const sb = superOf(inode);
    if (sb && inode.nlink) sb.inodes--;
  }
  if (victim.mounted) mountsDetach(victim);
  touch(parent.inode, -DIRENT_SIZE);
  dentryUnlink(victim);
}

function isEmpty(folder: Dentry): bool {
  if (folder.inode.hostFolder) hostTreeList(folder);
  return !folder.inode.childCount;
}

/** unlink(2) and rmdir(2) of a held dentry. */
export function removeChild(parent: Dentry, victim: Dentry, directory: bool): i32 {
  const error = mayDelete(parent, victim, directory);
  if (error) return error;
  if (directory && parent.inode.fs != FS_HOST && !isEmpty(victim)) return -ENOTEMPTY;
  const refused = parent.inode.fs == FS_HOST ? hostRemove(parent, victim, directory) : 0;
  if (refused) return refused;
  if (parent.inode.fs != FS_HOST) forget(parent, victim);
  if (!directory) notifyLinks(victim.inode);
  notifyDelete(parent.inode, victim);
  return 0;
}

function isBelow(dentry: Dentry, ancestor: Dentry): bool {
  let d = dentry;
  while (d !== ancestor) {
    if (d.parent === d) return false;
    d = d.parent;
  }
  return true;
}

/** rename(2), renameat2(2) with RENAME_NOREPLACE and RENAME_EXCHANGE. Names stand in kernel memory. */
export function renameChild(from: Dentry, name: usize, length: u32, to: Dentry, newName: usize, newLength: u32, flags: u32): i32 {
  const source = lookupChild(from, name, length);
  if (!source) return -ENOENT;
  const target = lookupChild(to, newName, newLength);
  const error = renameHeld(from, source, to, target, newName, newLength, flags, name, length);
  dentryDrop(source);
  if (target) dentryDrop(target);
  return error;
}

function renameHeld(from: Dentry, source: Dentry, to: Dentry, target: Dentry | null, newName: usize, newLength: u32, flags: u32, name: usize, length: u32): i32 {
  if (target && flags & RENAME_NOREPLACE) return -EEXIST;
  if (flags & RENAME_EXCHANGE && from.inode.fs == FS_HOST) return -EINVAL;
  if (!target && flags & RENAME_EXCHANGE) return -ENOENT;
  if (from.inode.fs == FS_MQUEUE) return -EPERM;
  const directory = isDirectory(source.inode);
  if (isBelow(to, source)) return -EINVAL;
  if (target && isBelow(from, target)) return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
  if (target && target.inode === source.inode && !(flags & RENAME_EXCHANGE)) return 0;
  let error = mayDelete(from, source, directory);
  if (error) return error;
  // A folder that moves to another one changes its "..".
  if (directory && from !== to) error = inodePermission(source.inode, MAY_WRITE);
  if (error) return error;
  if (flags & RENAME_EXCHANGE && target) return exchange(from, source, to, target, name, length, newName, newLength);
  if (target) {
    error = mayDelete(to, target, directory);
    if (error) return error;
    if (directory && from.inode.fs != FS_HOST && !isEmpty(target)) return -ENOTEMPTY;
  } else {
    error = mayChange(to.inode);
    if (error) return error;
  }
  if (from.inode.fs == FS_HOST) {
    if (flags & RENAME_WHITEOUT) return -EINVAL;
    error = hostRename(from, source, to, target, newName, newLength);
    if (!error) tellRename(from, source, target, name, length);
    return error;
  }
  dentryHold(source);
  if (target) forget(to, target);
  const done = dentryMove(source, to, newName, newLength);
  dentryDrop(source);
  if (!done) return -ENOMEM;
  touch(from.inode, -DIRENT_SIZE);
  touch(to.inode, DIRENT_SIZE);
  source.inode.ctime = realtime();
  if (directory && from !== to) {
    from.inode.nlink--;
    to.inode.nlink++;
  }
  tellRename(from, source, target, name, length);
  return flags & RENAME_WHITEOUT ? whiteout(from, name, length) : 0;
}

/** Tells of a rename, and of what it replaced. */
function tellRename(from: Dentry, source: Dentry, target: Dentry | null, name: usize, length: u32): void {
  notifyMove(source, from.inode, name, length);
  if (target) notifyLinks(target.inode);
  notifyMoved(source);
}

/** RENAME_WHITEOUT leaves a character device 0:0 behind. */
function whiteout(from: Dentry, name: usize, length: u32): i32 {
  const made = createChild(from, name, length, S_IFCHR, 0);
  if (made < 0) return <i32>made;
  dentryDrop(changetype<Dentry>(<usize>made));
  return 0;
}

function exchange(from: Dentry, source: Dentry, to: Dentry, target: Dentry, name: usize, length: u32, newName: usize, newLength: u32): i32 {
  const error = mayDelete(to, target, isDirectory(target.inode));
  if (error) return error;
  if (!dentryMove(source, to, newName, newLength)) return -ENOMEM;
  if (!dentryMove(target, from, name, length)) return -ENOMEM;
  const change = <i32>isDirectory(source.inode) - <i32>isDirectory(target.inode);
  if (from !== to) {
    from.inode.nlink -= change;
    to.inode.nlink += change;
  }
  touch(from.inode, 0);
  touch(to.inode, 0);
  const t = realtime();
  source.inode.ctime = t;
  target.inode.ctime = t;
  tellRename(from, source, null, name, length);
  tellRename(to, target, null, newName, newLength);
  return 0;
}
