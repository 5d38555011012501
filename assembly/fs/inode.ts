// Inodes and dentries. As in Linux's ramfs, the dentry tree of a tmpfs is the directory: a linked
// dentry is pinned by one reference of its own. Other file systems (proc) make dentries as they are
// looked up, and these vanish with their last reference.
import { Link } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { Mapping, mappingDrop } from "../mm/mapping";
import { realtime } from "../task/clock";
import { anonInodeFree } from "./anon";
import { locksFree } from "./locks";
import { xattrsFree } from "./xattr";
import { nsInodeFree } from "./procipc";
import { MqQueue, mqFree } from "../ipc/mqueue";
import { hostInodeFree } from "./hostfs";
import { notifyGone } from "./notify";
import { Super } from "./super";

export const FS_TMPFS: u32 = 1;
export const FS_PROC: u32 = 2;
export const FS_DEV: u32 = 3;
/** Files of the host that are used as they are (fs/hostfs.ts). */
export const FS_HOST: u32 = 4;
/** Message queues and their directory (fs/mqueuefs.ts). */
export const FS_MQUEUE: u32 = 17;
/** Namespaces (fs/procipc.ts). */
export const FS_NSFS: u32 = 16;
/** Pipes and others without a name (fs/anon.ts). */
export const FS_ANON: u32 = 18;

@unmanaged
export class Inode {
  refs: u32;
  /** FS_*. */
  fs: u32;
  ino: u64;
  mode: u32;
  uid: u32;
  gid: u32;
  nlink: u32;
  rdev: u32;
  dev: u32;
  /** Bytes of a regular file (kept equal to mapping.size), of a symlink, of a directory as tmpfs counts it. */
  size: u64;
  atime: u64;
  mtime: u64;
  ctime: u64;
  btime: u64;
  /** Pages of a regular file. */
  mapping: Mapping | null;
  /** Symlink text (NUL-terminated). */
  text: usize;
  /** The Pipe of an opened FIFO; the bound socket of a socket. */
  special: usize;
  /** proc: which file, and of which process. */
  proc: u32;
  procPid: i32;
  procArg: u32;
  /** Children of a directory. */
  children: Link;
  childrenPrev: u32;
  childCount: u32;
  /** Last position given to a child (fs/readdir.ts). */
  lastOffset: u32;
  /** A folder of the host whose entries are not listed yet: its handle; 0 = none (fs/hosttree.ts). */
  hostFolder: i32;
  /** File locks (fs/locks.ts) and writers that mmaps deny. */
  locks: usize;
  writers: u32;
  /** Open files that may only read. */
  readers: u32;
  seals: u32;
  /** Extended attributes (fs/xattr.ts); who wants to know of changes (fs/notify.ts). */
  xattrs: u32;
  marks: u32;
  /** The Super that it belongs to; 0 = an object of the kernel. */
  sb: u32;
  /** FS_HOST: number of the file at the host; whether what changes there is the guests' own doing. */
  hostHandle: i32;
  hostWrote: u32;
  /** Tells apart files that have had the same number (sys/handle.ts). */
  generation: u32;
  /** Made by O_TMPFILE without O_EXCL: it has no name and may be given one. */
  linkable: u32;
}

@unmanaged
export class Dentry extends Link {
  // Link: the parent's children, newest first.
  refs: u32;
  flags: u32;
  parent: Dentry;
  inode: Inode;
  hashNext: u32;
  hash: u32;
  /** How many mounts are on it, in all name spaces (fs/mount.ts). */
  mounted: u32;
  /** Place in listings of the parent: later entries have higher ones, and are listed first. */
  offset: u32;
  nameLength: u32;
  /** NUL-terminated. */
  name: usize;
}

/** Device of the kernel's own objects, memfds among them. */
export const KERNEL_DEV: u32 = 1;

export const DF_LINKED: u32 = 1; // in its parent's list and in the hash
export const DF_PINNED: u32 = 2; // holds a reference on itself while linked

export const S_IFMT: u32 = 0xf000;
export const S_IFSOCK: u32 = 0xc000;
export const S_IFLNK: u32 = 0xa000;
export const S_IFREG: u32 = 0x8000;
export const S_IFBLK: u32 = 0x6000;
export const S_IFDIR: u32 = 0x4000;
export const S_IFCHR: u32 = 0x2000;
export const S_IFIFO: u32 = 0x1000;

export const DENTRY_HASH_BITS: u32 = 14;
const STATE = memory.data(16, 8); // u32 hash table; u64 last ino at 8

export function inodesInit(): void {
  store<u32>(STATE, <u32>kzalloc(4 << DENTRY_HASH_BITS));
  store<u64>(STATE + 8, 0);
}

/** A new inode with one reference; null = out of memory. */
export function inodeNew(fs: u32, mode: u32, uid: u32, gid: u32): Inode | null {
  const inode = changetype<Inode>(kzalloc(offsetof<Inode>()));
  if (!changetype<usize>(inode)) return null;
  inode.refs = 1;
  inode.fs = fs;
  inode.mode = mode;
  inode.uid = uid;
  inode.gid = gid;
  inode.nlink = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
  inode.dev = KERNEL_DEV;
  const ino = load<u64>(STATE + 8) + 1;
  store<u64>(STATE + 8, ino);
  inode.ino = ino;
  inode.generation = <u32>ino * 0x9e3779b1;
  const t = realtime();
  inode.atime = t;
  inode.mtime = t;
  inode.ctime = t;
  inode.btime = t;
  inodeChildren(inode).reset();
  // tmpfs counts 20 bytes an entry, "." and ".." among them.
  if (fs == FS_TMPFS && (mode & S_IFMT) == S_IFDIR) inode.size = 40;
  return inode;
}

export function inodeChildren(inode: Inode): Link {
  return changetype<Link>(changetype<usize>(inode) + offsetof<Inode>("children"));
}

export function inodeHold(inode: Inode): void {
  inode.refs++;
}

export function inodeDrop(inode: Inode): void {
  if (--inode.refs) return;
  const mapping = inode.mapping;
  if (mapping) mappingDrop(mapping);
  if (inode.fs == FS_HOST) hostInodeFree(inode);
  if (inode.sb) changetype<Super>(<usize>inode.sb).inodes--;
  kfree(inode.text);
  if (inode.locks) locksFree(inode);
  if (inode.xattrs) xattrsFree(inode);
  if (inode.fs == FS_NSFS) nsInodeFree(inode);
  else if (inode.fs == FS_MQUEUE && inode.special && !isDirectory(inode)) mqFree(changetype<MqQueue>(inode.special));
  else if (inode.fs == FS_ANON) anonInodeFree(inode);
  kfree(changetype<usize>(inode));
}

// @ts-ignore: decorator
@inline
export function isDirectory(inode: Inode): bool {
  return (inode.mode & S_IFMT) == S_IFDIR;
}

// @ts-ignore: decorator
@inline
export function dentryName(dentry: Dentry): usize {
  return dentry.name;
}

function hashOf(parent: Dentry, name: usize, length: u32): u32 {
  let h = <u32>changetype<usize>(parent) * 0x9e3779b1;
  for (let i: u32 = 0; i < length; i++) h = (h ^ load<u8>(name + i)) * 0x01000193;
  return h;
}

// @ts-ignore: decorator
@inline
function bucket(h: u32): usize {
  return load<u32>(STATE) + ((h >> (32 - DENTRY_HASH_BITS)) << 2);
}

/** The first dentry of a bucket of the hash, 0 … 2^DENTRY_HASH_BITS − 1. */
export function dentryFirst(index: u32): Dentry | null {
  return changetype<Dentry | null>(<usize>load<u32>(load<u32>(STATE) + (index << 2)));
}

/** A dentry for `inode` (whose reference passes to it), not linked, with one reference; null = out of memory. */
export function dentryNew(parent: Dentry | null, name: usize, length: u32, inode: Inode): Dentry | null {
  const dentry = changetype<Dentry>(kzalloc(offsetof<Dentry>()));
  if (!changetype<usize>(dentry)) return null;
  dentry.name = kmalloc(length + 1);
  if (!dentry.name) {
    kfree(changetype<usize>(dentry));
    return null;
  }
  dentry.reset();
  dentry.refs = 1;
  dentry.inode = inode;
  dentry.nameLength = length;
  memory.copy(dentryName(dentry), name, length);
  store<u8>(dentryName(dentry) + length, 0);
  if (parent) {
    dentry.parent = parent;
    dentryHold(parent);
  } else dentry.parent = dentry;
  return dentry;
}

export function dentryHold(dentry: Dentry): Dentry {
  dentry.refs++;
  return dentry;
}

export function dentryDrop(dentry: Dentry): void {
  while (--dentry.refs == 0) {
    if (dentry.flags & DF_LINKED) dentryUnhash(dentry);
    const parent = dentry.parent;
    if (dentry.inode.marks) notifyGone(dentry.inode);
    inodeDrop(dentry.inode);
    kfree(dentry.name);
    kfree(changetype<usize>(dentry));
    if (parent === dentry) return;
    dentry = parent;
  }
}

function dentryUnhash(dentry: Dentry): void {
  dentry.flags &= ~DF_LINKED;
  dentry.unlink();
  dentry.parent.inode.childCount--;
  let slot = bucket(dentry.hash);
  while (load<u32>(slot) != changetype<usize>(dentry)) slot = load<u32>(slot) + offsetof<Dentry>("hashNext");
  store<u32>(slot, dentry.hashNext);
}

/** Makes the dentry findable under its parent; pinned = it stays until dentryUnlink. */
export function dentryLink(dentry: Dentry, pinned: bool): void {
  const parent = dentry.parent;
  dentry.hash = hashOf(parent, dentryName(dentry), dentry.nameLength);
  const slot = bucket(dentry.hash);
  dentry.hashNext = load<u32>(slot);
  store<u32>(slot, <u32>changetype<usize>(dentry));
  dentry.prepend(inodeChildren(parent.inode));
  parent.inode.childCount++;
  // Linux's tmpfs gives 1 and 2 to the dots.
  dentry.offset = ++parent.inode.lastOffset + 2;
  dentry.flags |= DF_LINKED;
  if (pinned) {
    dentry.flags |= DF_PINNED;
    dentry.refs++;
  }
}

/** Takes the dentry out of its directory; it lives on while it is referred to. */
export function dentryUnlink(dentry: Dentry): void {
  if (!(dentry.flags & DF_LINKED)) return;
  dentryUnhash(dentry);
  if (dentry.flags & DF_PINNED) {
    dentry.flags &= ~DF_PINNED;
    dentryDrop(dentry);
  }
}

/** The child with this name if it is linked (not held), or null. */
export function dentryFind(parent: Dentry, name: usize, length: u32): Dentry | null {
  const h = hashOf(parent, name, length);
  let dentry = changetype<Dentry | null>(<usize>load<u32>(bucket(h)));
  while (dentry) {
    if (dentry.hash == h && dentry.parent === parent && dentry.nameLength == length && memory.compare(dentryName(dentry), name, length) == 0) return dentry;
    dentry = changetype<Dentry | null>(<usize>dentry.hashNext);
  }
  return null;
}

/** Moves a linked dentry to another directory and name (rename); false = out of memory, nothing changed. */
export function dentryMove(dentry: Dentry, parent: Dentry, name: usize, length: u32): bool {
  const copy = kmalloc(length + 1);
  if (!copy) return false;
  memory.copy(copy, name, length);
  store<u8>(copy + length, 0);
  const pinned = (dentry.flags & DF_PINNED) != 0;
  dentryHold(dentry);
  dentryUnlink(dentry);
  kfree(dentry.name);
  dentry.name = copy;
  dentry.nameLength = length;
  if (dentry.parent !== parent) {
    const old = dentry.parent;
    dentry.parent = dentryHold(parent);
    dentryDrop(old);
  }
  dentryLink(dentry, pinned);
  dentryDrop(dentry);
  return true;
}
