// Files that the host puts into the machine before (or while) it runs. Paths are absolute, in linear memory.
import { EEXIST, EINVAL, EIO, EISDIR, ENAMETOOLONG, ENOMEM, ENOTDIR } from "../abi/errno";
import { MS_RDONLY, MS_RELATIME } from "../abi/mount";
import { MAPPING_HOST, mappingDrop, mappingNew } from "../mm/mapping";
import { groupFind } from "../task/table";
import { Task, current, setCurrent } from "../task/task";
import { bootMount, bootMountSet, rootDentry } from "./boot";
import { superMake } from "./filesystems";
import { hostSuper } from "./hostfs";
import { Mount, mountNew } from "./mount";
import { mountSuper, mountTakeOver } from "./namespace";
import { Super, superDrop } from "./super";
import { hostTreeAttach } from "./hosttree";
import { Dentry, FS_TMPFS, Inode, S_IFDIR, S_IFMT, S_IFREG, dentryDrop, isDirectory } from "./inode";
import { LOOKUP_FOLLOW, LOOKUP_PARENT, lastLength, lastName, lookupChild, walk, walkMount } from "./namei";
import { regularReadKernel, regularTruncate, regularWriteKernel } from "./regular";
import { createChild, createSymlink } from "./tmpfs";

const PATH = memory.data(4096, 8);
const NAME = memory.data(256, 8);
const STATE = memory.data(8, 8);

/** Acts as init (root) for the length of a call from the host. */
function enter(): void {
  store<u32>(STATE, <u32>changetype<usize>(current));
  const init = groupFind(1);
  if (init) setCurrent(init.leader);
}

function leave(): void {
  setCurrent(changetype<Task>(<usize>load<u32>(STATE)));
}

/** The held parent directory of the path, its last name at NAME; −errno. */
function parentOf(path: usize, length: i32): i64 {
  if (length <= 0 || length >= 4096) return -ENAMETOOLONG;
  memory.copy(PATH, path, length);
  store<u8>(PATH + length, 0);
  const up = walk(bootMount(), rootDentry(), PATH, LOOKUP_PARENT);
  if (up < 0) return up;
  if (!lastLength) {
    dentryDrop(changetype<Dentry>(<usize>up));
    return -EEXIST;
  }
  memory.copy(NAME, lastName, lastLength);
  return up;
}

/** Makes a directory; 0 or −errno. */
export function hostMkdir(path: usize, length: i32, mode: u32, uid: u32, gid: u32): i32 {
  enter();
  const made = make(path, length, S_IFDIR | (mode & 0xfff), uid, gid);
  if (made > 0) dentryDrop(changetype<Dentry>(<usize>made));
  leave();
  return made > 0 ? 0 : <i32>made;
}

function make(path: usize, length: i32, mode: u32, uid: u32, gid: u32): i64 {
  const up = parentOf(path, length);
  if (up < 0) return up;
  const parent = changetype<Dentry>(<usize>up);
  const n = lastLength;
  const there = lookupChild(parent, NAME, n);
  let made: i64 = -EEXIST;
  if (there) {
    // A file is replaced; a directory is not.
    if ((mode & S_IFMT) == S_IFREG && !isDirectory(there.inode)) made = <i64>changetype<usize>(there);
    else dentryDrop(there);
  } else made = createChild(parent, NAME, n, mode, 0);
  dentryDrop(parent);
  if (made > 0) {
    const inode = changetype<Dentry>(<usize>made).inode;
    inode.mode = mode;
    inode.uid = uid;
    inode.gid = gid;
  }
  return made;
}

/** Makes (or replaces) a regular file with these bytes; 0 or −errno. */
export function hostCreateFile(path: usize, length: i32, mode: u32, uid: u32, gid: u32, data: usize, dataLength: u32): i32 {
  enter();
  const made = make(path, length, S_IFREG | (mode & 0xfff), uid, gid);
  let error: i64 = made;
  if (made > 0) {
    const dentry = changetype<Dentry>(<usize>made);
    error = regularTruncate(dentry.inode, 0);
    if (!error) error = regularWriteKernel(dentry.inode, 0, data, dataLength);
    if (error == <i64>dataLength) error = 0;
    else if (error >= 0) error = -ENOMEM;
    dentryDrop(dentry);
  }
  leave();
  return <i32>error;
}

/** Adds bytes at the end of a file made by hostCreateFile: larger files come in pieces. 0 or −errno. */
export function hostAppendFile(path: usize, length: i32, data: usize, dataLength: u32): i32 {
  enter();
  const found = existing(path, length);
  let error: i64 = found;
  if (found > 0) {
    const dentry = changetype<Dentry>(<usize>found);
    error = dentry.inode.mapping ? regularWriteKernel(dentry.inode, dentry.inode.size, data, dataLength) : -EISDIR;
    error = error == <i64>dataLength ? 0 : error < 0 ? error : -ENOMEM;
    dentryDrop(dentry);
  }
  leave();
  return <i32>error;
}

/** A regular file of `size` bytes whose pages hostReadPage(handle, …) fills when they are first used. */
export function hostCreateLazyFile(path: usize, length: i32, mode: u32, uid: u32, gid: u32, size: u64, handle: i32): i32 {
  enter();
  const made = make(path, length, S_IFREG | (mode & 0xfff), uid, gid);
  let error = <i32>made;
  if (made > 0) {
    const dentry = changetype<Dentry>(<usize>made);
    error = makeLazy(dentry.inode, size, handle);
    dentryDrop(dentry);
  }
  leave();
  return error;
}

/** The directory at `path`, which is there, shows the host's folder `handle` besides what it has; 0 or −errno. */
export function hostAttachFolder(path: usize, length: i32, handle: i32, mode: u32, uid: u32, gid: u32): i32 {
  enter();
  const found = existing(path, length);
  let error = <i32>found;
  if (found > 0) {
    const dentry = changetype<Dentry>(<usize>found);
    error = isDirectory(dentry.inode) ? 0 : -ENOTDIR;
    if (!error) error = dentry === rootDentry() ? attach(dentry, handle, mode, uid, gid) : mountCopied(dentry, handle, mode, uid, gid);
    dentryDrop(dentry);
  }
  leave();
  return error;
}

function attach(dentry: Dentry, handle: i32, mode: u32, uid: u32, gid: u32): i32 {
  hostTreeAttach(dentry, handle);
  dentry.inode.mode = S_IFDIR | (mode & 0xfff);
  dentry.inode.uid = uid;
  dentry.inode.gid = gid;
  return 0;
}

const HOST = memory.data<u8>([0x68, 0x6f, 0x73, 0x74, 0]);

/** Mounts a tmpfs that shows the folder on what the last walk found. */
function mountCopied(dentry: Dentry, handle: i32, mode: u32, uid: u32, gid: u32): i32 {
  const mount = walkMount;
  const made = superMake(FS_TMPFS, HOST + 4);
  if (made < 0) return <i32>made;
  const sb = changetype<Super>(<usize>made);
  sb.maxPages = 0;
  sb.maxInodes = 0;
  sb.optionMode = mode & 0xfff;
  attach(changetype<Dentry>(<usize>sb.root), handle, mode, uid, gid);
  const error = mountSuper(sb, MS_RELATIME, HOST, mount, dentry);
  superDrop(sb);
  return error;
}

/** Mounts the host's file or folder `handle`, which is used as it is, on what is at `path`; "/" = it becomes the root. 0 or −errno. */
export function hostMount(path: usize, length: i32, handle: i32, readOnly: i32): i32 {
  enter();
  const found = existing(path, length);
  let error = <i32>found;
  if (found > 0) {
    const dentry = changetype<Dentry>(<usize>found);
    error = mountLive(walkMount, dentry, handle, (readOnly ? MS_RDONLY : 0) | MS_RELATIME);
    dentryDrop(dentry);
  }
  leave();
  return error;
}

function mountLive(mount: Mount, dentry: Dentry, handle: i32, flags: u32): i32 {
  const sb = hostSuper(handle);
  if (!sb) return -EIO;
  sb.flags |= flags & MS_RDONLY;
  let error = 0;
  if (dentry === rootDentry()) {
    const m = mountNew(sb, changetype<Dentry>(<usize>sb.root), flags, HOST);
    if (m) {
      mountTakeOver(m, mount);
      bootMountSet(m);
    } else error = -ENOMEM;
  } else error = mountSuper(sb, flags, HOST, mount, dentry);
  superDrop(sb);
  return error;
}

function makeLazy(inode: Inode, size: u64, handle: i32): i32 {
  const mapping = mappingNew(MAPPING_HOST, changetype<usize>(inode));
  if (!mapping) return -ENOMEM;
  const old = inode.mapping;
  if (old) mappingDrop(old);
  mapping.hostHandle = handle;
  mapping.size = size;
  inode.mapping = mapping;
  inode.size = size;
  return 0;
}

/** Makes a symlink; 0 or −errno. */
export function hostSymlink(path: usize, length: i32, target: usize, targetLength: i32): i32 {
  enter();
  const up = parentOf(path, length);
  let error = <i32>up;
  if (up > 0) {
    const parent = changetype<Dentry>(<usize>up);
    const n = lastLength;
    const there = lookupChild(parent, NAME, n);
    if (there) {
      dentryDrop(there);
      error = -EEXIST;
    } else if (targetLength >= 4096 || targetLength <= 0) error = -EINVAL;
    else {
      memory.copy(PATH, target, targetLength);
      store<u8>(PATH + targetLength, 0);
      const made = createSymlink(parent, NAME, n, PATH, targetLength);
      error = made < 0 ? <i32>made : 0;
      if (made > 0) dentryDrop(changetype<Dentry>(<usize>made));
    }
    dentryDrop(parent);
  }
  leave();
  return error;
}

function existing(path: usize, length: i32): i64 {
  if (length <= 0 || length >= 4096) return -ENAMETOOLONG;
  memory.copy(PATH, path, length);
  store<u8>(PATH + length, 0);
  return walk(bootMount(), rootDentry(), PATH, LOOKUP_FOLLOW);
}

/** Size of a regular file, −EISDIR for a directory, −errno. */
export function hostFileSize(path: usize, length: i32): i64 {
  enter();
  const found = existing(path, length);
  let size: i64 = found;
  if (found > 0) {
    const dentry = changetype<Dentry>(<usize>found);
    size = isDirectory(dentry.inode) ? -EISDIR : <i64>dentry.inode.size;
    dentryDrop(dentry);
  }
  leave();
  return size;
}

/** Reads bytes of a regular file from `pos`: bytes, or −errno. */
export function hostReadFile(path: usize, length: i32, pos: u64, to: usize, room: u32): i32 {
  enter();
  const found = existing(path, length);
  let n: i64 = found;
  if (found > 0) {
    const dentry = changetype<Dentry>(<usize>found);
    n = dentry.inode.mapping ? regularReadKernel(dentry.inode, pos, to, room) : isDirectory(dentry.inode) ? -EISDIR : -ENOTDIR;
    dentryDrop(dentry);
  }
  leave();
  return <i32>n;
}

