// Path walking and permission checks. Kernel: fs/namei.c; path_resolution(7).
import { EACCES, EBADF, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from "../abi/errno";
import { AT_FDCWD } from "../abi/fcntl";
import { copyInString } from "../mm/usercopy";
import { Cred, current } from "../task/task";
import { fdGet } from "./fdtable";
import { hostTreeList } from "./hosttree";
import { Dentry, FS_PROC, Inode, S_IFDIR, S_IFLNK, S_IFMT, dentryDrop, dentryFind, dentryHold, isDirectory } from "./inode";
import { procFollow, procLookup } from "./proc";

export const PATH_MAX: i32 = 4096;
export const NAME_MAX: u32 = 255;

export const LOOKUP_FOLLOW: u32 = 1;
/** Stop at the directory of the last component, which lastName tells. */
export const LOOKUP_PARENT: u32 = 2;
export const LOOKUP_DIRECTORY: u32 = 4;
/** An empty path means the start itself. */
export const LOOKUP_EMPTY: u32 = 8;

export const MAY_EXEC: u32 = 1;
export const MAY_WRITE: u32 = 2;
export const MAY_READ: u32 = 4;

const MAX_LINKS: i32 = 40;
const CAP_DAC_OVERRIDE: u64 = 1 << 1;
const CAP_DAC_READ_SEARCH: u64 = 1 << 2;

/** After LOOKUP_PARENT: the last component (in the walk's buffer), and whether slashes follow it. */
export let lastName: usize = 0;
export let lastLength: u32 = 0;
export let lastSlash: bool = false;

/** A path copied from the guest. */
export const PATH_BUFFER = memory.data(4096, 8);
const WALK = memory.data(8208, 8);
const REST = memory.data(4100, 8);

export function inGroup(cred: Cred, gid: u32): bool {
  if (cred.fsgid == gid) return true;
  for (let i: u32 = 0; i < cred.groupCount; i++) if (load<u32>(cred.groups + (i << 2)) == gid) return true;
  return false;
}

/** 0 or −EACCES: whether `current` may access the inode in the ways of mask; kernel: generic_permission(). */
export function inodePermission(inode: Inode, mask: u32): i32 {
  const cred = current.cred;
  let mode = inode.mode;
  if (cred.fsuid == inode.uid) mode >>= 6;
  else if (inGroup(cred, inode.gid)) mode >>= 3;
  if ((mask & ~mode & 7) == 0) return 0;
  if (isDirectory(inode)) {
    if (cred.capEffective & CAP_DAC_OVERRIDE) return 0;
    if (!(mask & MAY_WRITE) && cred.capEffective & CAP_DAC_READ_SEARCH) return 0;
    return -EACCES;
  }
  if (mask == MAY_READ && cred.capEffective & CAP_DAC_READ_SEARCH) return 0;
  // Root may run only what somebody may run.
  if ((!(mask & MAY_EXEC) || inode.mode & 0x49) && cred.capEffective & CAP_DAC_OVERRIDE) return 0;
  return -EACCES;
}

/** The root of what is mounted on the dentry (or it itself). Not held. */
export function crossMounts(dentry: Dentry): Dentry {
  while (dentry.mounted) dentry = changetype<Dentry>(<usize>dentry.mounted);
  return dentry;
}

/** The child of a directory, held; null when there is none. */
export function lookupChild(parent: Dentry, name: usize, length: u32): Dentry | null {
  const found = dentryFind(parent, name, length);
  if (found) return dentryHold(found);
  if (parent.inode.hostFolder) {
    hostTreeList(parent);
    const listed = dentryFind(parent, name, length);
    return listed ? dentryHold(listed) : null;
  }
  return parent.inode.fs == FS_PROC ? procLookup(parent, name, length) : null;
}

function parentOf(dentry: Dentry, root: Dentry): Dentry {
  if (dentry === root) return dentry;
  while (dentry.covers) {
    dentry = changetype<Dentry>(<usize>dentry.covers);
    if (dentry === root) return dentry;
  }
  return crossMounts(dentry.parent);
}

// @ts-ignore: decorator
@inline
export function processRoot(): Dentry {
  return changetype<Dentry>(<usize>current.fs.rootDentry);
}

// @ts-ignore: decorator
@inline
export function processCwd(): Dentry {
  return changetype<Dentry>(<usize>current.fs.cwdDentry);
}

/** Walks `path` (NUL-terminated kernel memory) from `start`: the held dentry or −errno. */
export function walk(start: Dentry, path: usize, flags: u32): i64 {
  let length = 0;
  while (load<u8>(path + length)) length++;
  if (!length) return flags & LOOKUP_EMPTY ? <i64>changetype<usize>(dentryHold(start)) : -ENOENT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  memory.copy(WALK, path, length + 1);
  const root = processRoot();
  let at: usize = WALK;
  let links = 0;
  let cur = dentryHold(load<u8>(at) == 0x2f ? root : start);
  while (true) {
    while (load<u8>(at) == 0x2f) at++;
    if (!load<u8>(at)) {
      // The path was "/" or ended in slashes after a directory.
      if (flags & LOOKUP_PARENT) {
        lastName = at;
        lastLength = 0;
      }
      return <i64>changetype<usize>(cur);
    }
    let n: u32 = 0;
    while (load<u8>(at + n) && load<u8>(at + n) != 0x2f) n++;
    const name = at;
    at += n;
    let slash = false;
    while (load<u8>(at) == 0x2f) {
      slash = true;
      at++;
    }
    const last = !load<u8>(at);
    const error = enterable(cur, n);
    if (error) {
      dentryDrop(cur);
      return error;
    }
    if (last && flags & LOOKUP_PARENT) {
      lastName = name;
      lastLength = n;
      lastSlash = slash;
      return <i64>changetype<usize>(cur);
    }
    let next: Dentry;
    if (n == 1 && load<u8>(name) == 0x2e) next = dentryHold(cur);
    else if (n == 2 && load<u16>(name) == 0x2e2e) next = dentryHold(parentOf(cur, root));
    else {
      const child = lookupChild(cur, name, n);
      if (!child) {
        dentryDrop(cur);
        return -ENOENT;
      }
      next = child;
      if (next.mounted) {
        const top = dentryHold(crossMounts(next));
        dentryDrop(next);
        next = top;
      }
    }
    if ((next.inode.mode & S_IFMT) == S_IFLNK && (!last || slash || flags & LOOKUP_FOLLOW)) {
      const followed = ++links > MAX_LINKS ? -ELOOP : followLink(cur, next, at);
      if (followed < 0) {
        dentryDrop(cur);
        dentryDrop(next);
        return followed;
      }
      if (followed) {
        // A magic link of /proc leads straight to its target.
        dentryDrop(next);
        next = changetype<Dentry>(<usize>followed);
      } else {
        dentryDrop(next);
        at = WALK;
        if (load<u8>(at) == 0x2f) {
          dentryDrop(cur);
          cur = dentryHold(root);
        }
        continue;
      }
    }
    dentryDrop(cur);
    cur = next;
    if (!last) continue;
    if ((slash || flags & LOOKUP_DIRECTORY) && !isDirectory(cur.inode)) {
      dentryDrop(cur);
      return -ENOTDIR;
    }
    return <i64>changetype<usize>(cur);
  }
}

function enterable(dentry: Dentry, nameLength: u32): i32 {
  if ((dentry.inode.mode & S_IFMT) != S_IFDIR) return -ENOTDIR;
  const error = inodePermission(dentry.inode, MAY_EXEC);
  if (error) return error;
  return nameLength > NAME_MAX ? -ENAMETOOLONG : 0;
}

/** Puts the link's text and what is left of the path at WALK; 0, −errno, or a held dentry to jump to. */
function followLink(dir: Dentry, link: Dentry, rest: usize): i64 {
  if (link.inode.fs == FS_PROC) {
    const jump = procFollow(link.inode);
    if (jump) return jump;
  }
  const text = link.inode.text;
  if (!text) return -ENOENT;
  let n: u32 = 0;
  while (load<u8>(text + n)) n++;
  if (!n) return -ENOENT;
  let restLength: u32 = 0;
  while (load<u8>(rest + restLength)) restLength++;
  if (n + restLength + 1 >= 8192) return -ENAMETOOLONG;
  memory.copy(REST, rest, restLength + 1);
  memory.copy(WALK, text, n);
  if (restLength) {
    store<u8>(WALK + n, 0x2f);
    memory.copy(WALK + n + 1, REST, restLength + 1);
  } else {
    // A trailing slash after the link makes it a directory.
    if (load<u8>(rest - 1) == 0x2f) store<u8>(WALK + n++, 0x2f);
    store<u8>(WALK + n, 0);
  }
  return 0;
}

/** Where a path of an *at call starts; the dentry (not held) or −errno. */
export function startOf(dirfd: i32, path: usize): i64 {
  if (load<u8>(path) == 0x2f || dirfd == AT_FDCWD) return <i64>changetype<usize>(processCwd());
  const file = fdGet(dirfd);
  if (!file) return -EBADF;
  if (!file.dentry) return load<u8>(path) ? -ENOTDIR : -EBADF;
  const dentry = changetype<Dentry>(<usize>file.dentry);
  if (load<u8>(path) && !isDirectory(dentry.inode)) return -ENOTDIR;
  return file.dentry;
}

/** Walks a path in kernel memory for an *at call. */
export function walkAt(dirfd: i32, path: usize, flags: u32): i64 {
  const start = startOf(dirfd, path);
  if (start < 0) return start;
  return walk(changetype<Dentry>(<usize>start), path, flags);
}

/** Copies the guest's path to PATH_BUFFER; 0 or −errno. */
export function pathIn(path: u64): i32 {
  const n = copyInString(PATH_BUFFER, path, PATH_MAX);
  return n < 0 ? n : 0;
}

/** Walks a path of the guest: a held dentry or −errno. */
export function userPathAt(dirfd: u64, path: u64, flags: u32): i64 {
  const error = pathIn(path);
  if (error) return error;
  return walkAt(<i32>dirfd, PATH_BUFFER, flags);
}

/**
 * Writes the absolute path of the dentry to the end of [to, to + room): the address of its first byte.
 * 0 when there is no room. A deleted file gets " (deleted)" behind it.
 */
export function pathOf(dentry: Dentry, to: usize, room: u32): usize {
  let p = to + room - 1;
  store<u8>(p, 0);
  const root = processRoot();
  if (dentry.parent !== dentry && !(dentry.flags & 1) && !dentry.covers) {
    p -= 10;
    if (p < to) return 0;
    const mark = DELETED;
    memory.copy(p, mark, 10);
  }
  let d = dentry;
  let any = false;
  while (d !== root) {
    if (d.covers) {
      d = changetype<Dentry>(<usize>d.covers);
      continue;
    }
    if (d.parent === d) break;
    if (p - to < d.nameLength + 1) return 0;
    p -= d.nameLength;
    memory.copy(p, d.name, d.nameLength);
    store<u8>(--p, 0x2f);
    any = true;
    d = d.parent;
  }
  if (!any) store<u8>(--p, 0x2f);
  return p;
}

const DELETED = memory.data<u8>([0x20, 0x28, 0x64, 0x65, 0x6c, 0x65, 0x74, 0x65, 0x64, 0x29]);

