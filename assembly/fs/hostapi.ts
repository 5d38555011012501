// Files that the host puts into the machine before (or while) it runs. Paths are absolute, in linear memory.
import { EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOMEM, ENOTDIR } from "../abi/errno";
import { MAPPING_HOST, mappingDrop, mappingNew } from "../mm/mapping";
import { groupFind } from "../task/table";
import { Task, current, setCurrent } from "../task/task";
import { bootMount, rootDentry } from "./boot";
import { hostTreeAttach } from "./hosttree";
import { Dentry, Inode, S_IFDIR, S_IFMT, S_IFREG, dentryDrop, isDirectory } from "./inode";
import { LOOKUP_FOLLOW, LOOKUP_PARENT, lastLength, lastName, lookupChild, walk } from "./namei";
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
    if (!error) {
      hostTreeAttach(dentry, handle);
      dentry.inode.mode = S_IFDIR | (mode & 0xfff);
      dentry.inode.uid = uid;
      dentry.inode.gid = gid;
    }
    dentryDrop(dentry);
  }
  leave();
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

