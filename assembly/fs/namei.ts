// Path walking and permission checks. Kernel: fs/namei.c; path_resolution(7).
import { EACCES, EBADF, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from "../abi/errno";
import { AT_FDCWD } from "../abi/fcntl";
import { MS_NOSYMFOLLOW } from "../abi/mount";
import { copyInString } from "../mm/usercopy";
import { Cred, current } from "../task/task";
import { accessed } from "./atime";
import { fdGet } from "./fdtable";
import { File } from "./file";
import { hostLookup, hostLookupError } from "./hostfs";
import { hostTreeList } from "./hosttree";
import { DF_LINKED, Dentry, FS_HOST, FS_PROC, Inode, S_IFDIR, S_IFLNK, S_IFMT, dentryDrop, dentryFind, dentryHold, isDirectory } from "./inode";
import { Mount, mountOn } from "./mount";
import { jumpMount, procFollow, procLookup } from "./proc";

export const PATH_MAX: i32 = 4096;
export const NAME_MAX: u32 = 255;

export const LOOKUP_FOLLOW: u32 = 1;
/** Stop at the directory of the last component, which lastName tells. */
export const LOOKUP_PARENT: u32 = 2;
export const LOOKUP_DIRECTORY: u32 = 4;
/** An empty path means the start itself. */
export const LOOKUP_EMPTY: u32 = 8;
/** As LOOKUP_PARENT, but links in last place are followed (LOOKUP_FOLLOW) and what is there is left in lastDentry. */
export const LOOKUP_LAST: u32 = 16;
// RESOLVE_* of openat2(2), shifted.
export const LOOKUP_NO_XDEV: u32 = 0x100;
export const LOOKUP_NO_MAGICLINKS: u32 = 0x200;
export const LOOKUP_NO_SYMLINKS: u32 = 0x400;
export const LOOKUP_BENEATH: u32 = 0x800;
export const LOOKUP_IN_ROOT: u32 = 0x1000;

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

/** The child of a directory, held; null when there is none. */
export function lookupChild(parent: Dentry, name: usize, length: u32): Dentry | null {
  if (parent.inode.fs == FS_HOST) return hostLookup(parent, name, length);
  const found = dentryFind(parent, name, length);
  if (found) return dentryHold(found);
  if (parent.inode.hostFolder) {
    hostTreeList(parent);
    const listed = dentryFind(parent, name, length);
    return listed ? dentryHold(listed) : null;
  }
  return parent.inode.fs == FS_PROC ? procLookup(parent, name, length) : null;
}

// @ts-ignore: decorator
@inline
export function processRoot(): Dentry {
  return changetype<Dentry>(<usize>current.fs.rootDentry);
}

// @ts-ignore: decorator
@inline
export function processRootMount(): Mount {
  return changetype<Mount>(<usize>current.fs.rootMount);
}

// @ts-ignore: decorator
@inline
export function processCwd(): Dentry {
  return changetype<Dentry>(<usize>current.fs.cwdDentry);
}

// @ts-ignore: decorator
@inline
export function processCwdMount(): Mount {
  return changetype<Mount>(<usize>current.fs.cwdMount);
}

/** The mount of what the last walk found (not held: who keeps the dentry holds it). */
export let walkMount: Mount = changetype<Mount>(0);
/** After LOOKUP_LAST: the last component's dentry, held, and its mount; 0 when there is none of that name. */
export let lastDentry: usize = 0;
export let lastMount: Mount = changetype<Mount>(0);

// The walk in progress: where it is (the dentry is held), its root, links followed, flags.
let cur: Dentry = changetype<Dentry>(0);
let curMount: Mount = changetype<Mount>(0);
let rootAt: Dentry = changetype<Dentry>(0);
let rootMount: Mount = changetype<Mount>(0);
let links: i32 = 0;
let walkFlags: u32 = 0;
/** A step's target (held) and its mount. */
let next: Dentry = changetype<Dentry>(0);
let nextMount: Mount = changetype<Mount>(0);

/** Goes on at the held dentry. */
function moveTo(mount: Mount, dentry: Dentry): void {
  dentryDrop(cur);
  cur = dentry;
  curMount = mount;
}

/** `next` becomes the root of what is mounted there. 0, or −EXDEV and nothing is held. */
function crossDown(): i32 {
  while (next.mounted) {
    const m = mountOn(nextMount, next);
    if (!m) return 0;
    if (walkFlags & LOOKUP_NO_XDEV) {
      dentryDrop(next);
      return -EXDEV;
    }
    dentryHold(m.root);
    dentryDrop(next);
    next = m.root;
    nextMount = m;
  }
  return 0;
}

/** `next` is the parent of where the walk is. */
function stepUp(): i32 {
  let dentry = cur;
  let mount = curMount;
  while (true) {
    if (dentry === rootAt && mount === rootMount) {
      if (walkFlags & LOOKUP_BENEATH) return -EXDEV;
      break;
    }
    if (dentry !== mount.root) {
      dentry = dentry.parent;
      break;
    }
    const at = mount.mountpoint;
    if (!at) break;
    if (walkFlags & LOOKUP_NO_XDEV) return -EXDEV;
    dentry = at;
    mount = mount.parent;
  }
  next = dentryHold(dentry);
  nextMount = mount;
  return crossDown();
}

/** `next` is the child of that name. */
function stepDown(name: usize, length: u32): i32 {
  const child = lookupChild(cur, name, length);
  if (!child) return cur.inode.fs == FS_HOST ? hostLookupError : -ENOENT;
  next = child;
  nextMount = curMount;
  return crossDown();
}

function step(name: usize, length: u32): i32 {
  if (length == 1 && load<u8>(name) == 0x2e) {
    next = dentryHold(cur);
    nextMount = curMount;
    return 0;
  }
  if (length == 2 && load<u16>(name) == 0x2e2e) return stepUp();
  return stepDown(name, length);
}

/** Goes to the root, as an absolute path does. */
function toRoot(): i32 {
  if (walkFlags & LOOKUP_BENEATH) return -EXDEV;
  if (walkFlags & LOOKUP_NO_XDEV && curMount !== rootMount) return -EXDEV;
  moveTo(rootMount, dentryHold(rootAt));
  return 0;
}

/** Whether the symlink `next`, the last component or not, is to be followed. */
// @ts-ignore: decorator
@inline
function mustFollow(last: bool, slash: bool): bool {
  return (next.inode.mode & S_IFMT) == S_IFLNK && (!last || slash || (walkFlags & LOOKUP_FOLLOW) != 0);
}

const GO_ON: i64 = 0;
const JUMPED: i64 = 1;

/** Follows the link `next`, with `rest` of the path behind it: GO_ON at WALK, JUMPED (next has changed), or −errno. */
function follow(rest: usize): i64 {
  if (walkFlags & LOOKUP_NO_SYMLINKS || ++links > MAX_LINKS || nextMount.flags & MS_NOSYMFOLLOW) return -ELOOP;
  accessed(nextMount, next.inode);
  const jump = followLink(next, rest);
  if (jump <= 0) return jump;
  const to = changetype<Dentry>(<usize>jump);
  const mount = jumpMount;
  dentryDrop(next);
  next = to;
  nextMount = mount;
  if (walkFlags & LOOKUP_NO_MAGICLINKS) return -ELOOP;
  if (walkFlags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) return -EXDEV;
  return walkFlags & LOOKUP_NO_XDEV && mount !== curMount ? -EXDEV : JUMPED;
}

function found(): i64 {
  walkMount = curMount;
  return <i64>changetype<usize>(cur);
}

function failed(error: i64): i64 {
  dentryDrop(cur);
  return error;
}

/** Walks `path` (NUL-terminated kernel memory) from a place: the held dentry, its mount in walkMount; or −errno. */
export function walk(mount: Mount, start: Dentry, path: usize, flags: u32): i64 {
  let length = 0;
  lastDentry = 0;
  while (load<u8>(path + length)) length++;
  if (!length && !(flags & LOOKUP_EMPTY)) return -ENOENT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  memory.copy(WALK, path, length + 1);
  const scoped = (flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) != 0;
  rootAt = scoped ? start : processRoot();
  rootMount = scoped ? mount : processRootMount();
  links = 0;
  walkFlags = flags;
  cur = dentryHold(start);
  curMount = mount;
  if (!length) return found();
  if (load<u8>(WALK) == 0x2f) {
    if (flags & LOOKUP_BENEATH) return failed(-EXDEV);
    // That the path begins in another mount is no crossing.
    moveTo(rootMount, dentryHold(rootAt));
  }
  return walkOn();
}

function walkOn(): i64 {
  let at: usize = WALK;
  while (true) {
    while (load<u8>(at) == 0x2f) at++;
    if (!load<u8>(at)) {
      // The path was "/" or ended in slashes after a directory.
      lastName = at;
      lastLength = 0;
      return found();
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
    let error: i64 = enterable(cur, n);
    if (error) return failed(error);
    if (last && walkFlags & (LOOKUP_PARENT | LOOKUP_LAST)) {
      lastName = name;
      lastLength = n;
      lastSlash = slash;
      if (walkFlags & LOOKUP_PARENT || isDots(name, n)) return found();
    }
    error = step(name, n);
    if (error == -ENOENT && last && walkFlags & LOOKUP_LAST) return found();
    if (error) return failed(error);
    if (mustFollow(last, slash)) {
      const followed = follow(at);
      if (followed == GO_ON) {
        dentryDrop(next);
        at = WALK;
        error = load<u8>(at) == 0x2f ? toRoot() : 0;
        if (error) return failed(error);
        continue;
      }
      if (followed < 0) {
        dentryDrop(next);
        return failed(followed);
      }
      // A magic link has led straight to a target that has no last name here.
      if (last && walkFlags & LOOKUP_LAST) lastLength = 0;
    }
    if (last && walkFlags & LOOKUP_LAST && lastLength) {
      lastDentry = changetype<usize>(next);
      lastMount = nextMount;
      return found();
    }
    moveTo(nextMount, next);
    if (!last) continue;
    if ((slash || walkFlags & LOOKUP_DIRECTORY) && !isDirectory(cur.inode)) return failed(-ENOTDIR);
    return found();
  }
}

function isDots(name: usize, length: u32): bool {
  return load<u8>(name) == 0x2e && (length == 1 || (length == 2 && load<u8>(name + 1) == 0x2e));
}

function enterable(dentry: Dentry, nameLength: u32): i32 {
  if ((dentry.inode.mode & S_IFMT) != S_IFDIR) return -ENOTDIR;
  const error = inodePermission(dentry.inode, MAY_EXEC);
  if (error) return error;
  return nameLength > NAME_MAX ? -ENAMETOOLONG : 0;
}

/** Puts the link's text and what is left of the path at WALK; 0, −errno, or a held dentry to jump to, in jumpMount. */
function followLink(link: Dentry, rest: usize): i64 {
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
  const slash = load<u8>(rest - 1) == 0x2f;
  memory.copy(REST, rest, restLength + 1);
  memory.copy(WALK, text, n);
  if (restLength) {
    store<u8>(WALK + n, 0x2f);
    memory.copy(WALK + n + 1, REST, restLength + 1);
  } else {
    // A trailing slash after the link makes it a directory.
    if (slash) store<u8>(WALK + n++, 0x2f);
    store<u8>(WALK + n, 0);
  }
  return 0;
}

/** Walks a path in kernel memory for an *at call. */
export function walkAt(dirfd: i32, path: usize, flags: u32): i64 {
  if (!load<u8>(path) && !(flags & LOOKUP_EMPTY)) return -ENOENT;
  const absolute = load<u8>(path) == 0x2f && !(flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT));
  if (absolute || dirfd == AT_FDCWD) return walk(processCwdMount(), processCwd(), path, flags);
  const file = fdGet(dirfd);
  if (!file) return -EBADF;
  if (!file.dentry) return load<u8>(path) ? -ENOTDIR : -EBADF;
  const dentry = changetype<Dentry>(<usize>file.dentry);
  if (load<u8>(path) && !isDirectory(dentry.inode)) return -ENOTDIR;
  return walk(fileMount(file), dentry, path, flags);
}

/** Mount of a File; the process's root mount for what is in none. */
export function fileMount(file: File): Mount {
  return file.mount ? changetype<Mount>(<usize>file.mount) : processRootMount();
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

/** Whether the last path was one from the process's root; false = the place is not below it (getcwd(2) marks that). */
export let pathReached: bool = false;

/**
 * Writes the absolute path of a place to the end of [to, to + room): the address of its first byte.
 * 0 when there is no room. A deleted file gets " (deleted)" behind it. Kernel: d_path().
 */
export function pathOf(mount: Mount, dentry: Dentry, to: usize, room: u32): usize {
  return pathFrom(processRootMount(), processRoot(), mount, dentry, to, room);
}

/** pathOf as seen from another root. */
export function pathFrom(topMount: Mount, top: Dentry, mount: Mount, dentry: Dentry, to: usize, room: u32): usize {
  let p = to + room - 1;
  store<u8>(p, 0);
  let d = dentry;
  if (d.parent !== d && !(d.flags & DF_LINKED)) {
    p -= 10;
    memory.copy(p, DELETED, 10);
  }
  let any = false;
  pathReached = true;
  while (d !== top || mount !== topMount) {
    if (changetype<usize>(mount) && d === mount.root) {
      const at = mount.mountpoint;
      if (!at) {
        pathReached = false;
        break;
      }
      d = at;
      mount = mount.parent;
      continue;
    }
    if (d.parent === d) {
      pathReached = false;
      break;
    }
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
