// Folders of the host inside the machine. A folder's entries become dentries and inodes when somebody first looks into
// it; pages of its files are read when they are first used; from then on all is the machine's own (copy on write).
//
//   what hostList gives: u32 bytes in all │ entries, each 8-aligned
//   entry: u32 bytes │ u32 handle │ u32 mode │ u32 uid │ u32 gid │ u32 nlink │ u32 rdev │ u32 name length
//        │ u64 size │ i64 atime │ i64 mtime │ i64 ctime │ i64 btime (ns) │ u64 ino │ name │ text of a symlink, up to the end
import { ENOMEM } from "../abi/errno";
import { hostList } from "../imports";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { MAPPING_HOST, mappingNew } from "../mm/mapping";
import { superAdopt, superOf } from "./super";
import { Dentry, FS_DEV, FS_TMPFS, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, dentryDrop, dentryFind, dentryLink, dentryNew, inodeDrop, inodeHold, inodeNew } from "./inode";

export const HOST_ENTRY_HEAD: u32 = 80;

/** Files of the host that have several names: u32 handle and u32 inode each, the inode held. */
const SHARED = memory.data(16, 8); // u32 table, u32 count, u32 room

function sharedInode(handle: i32): Inode | null {
  const table = load<u32>(SHARED);
  for (let i: u32 = 0; i < load<u32>(SHARED, 4); i++) if (load<i32>(table + (i << 3)) == handle) return changetype<Inode>(<usize>load<u32>(table + (i << 3), 4));
  return null;
}

/** Entry `i` of the table of inodes with several names, which holds them; null behind the last. */
export function sharedInodeAt(i: u32): Inode | null {
  return i < load<u32>(SHARED, 4) ? changetype<Inode>(<usize>load<u32>(load<u32>(SHARED) + (i << 3), 4)) : null;
}

function sharedAdd(handle: i32, inode: Inode): bool {
  const count = load<u32>(SHARED, 4);
  if (count == load<u32>(SHARED, 8)) {
    const room = count ? count * 2 : 64;
    const table = kmalloc(room << 3);
    if (!table) return false;
    memory.copy(table, load<u32>(SHARED), count << 3);
    kfree(load<u32>(SHARED));
    store<u32>(SHARED, <u32>table);
    store<u32>(SHARED, room, 8);
  }
  const slot = load<u32>(SHARED) + (count << 3);
  store<i32>(slot, handle);
  store<u32>(slot, <u32>changetype<usize>(inode), 4);
  store<u32>(SHARED, count + 1, 4);
  inodeHold(inode);
  return true;
}

/** The directory's entries are those of the host's folder `handle`, and what it has already. */
export function hostTreeAttach(dir: Dentry, handle: i32): void {
  dir.inode.hostFolder = handle;
}

/** Makes the entries of a folder that has not been listed; 0 or −errno. */
export function hostTreeList(dir: Dentry): i32 {
  const handle = dir.inode.hostFolder;
  dir.inode.hostFolder = 0;
  const block = hostList(handle);
  if (<i32>block <= 0 && <i32>block > -4096) return <i32>block;
  const end = block + load<u32>(block);
  let error = 0;
  // The last is linked first, so that listings keep the host's order.
  for (let entry = block + 8; entry < end && !error; entry += load<u32>(entry)) error = addEntry(dir, entry);
  kfree(block);
  return error;
}

function addEntry(dir: Dentry, entry: usize): i32 {
  const length = load<u32>(entry, 28);
  const name = entry + HOST_ENTRY_HEAD;
  const there = dentryFind(dir, name, length);
  if (there) {
    // What the machine has hides the host's, but two folders are one.
    if ((load<u32>(entry, 8) & S_IFMT) == S_IFDIR && (there.inode.mode & S_IFMT) == S_IFDIR && there.inode.fs == FS_TMPFS && !there.inode.hostFolder) there.inode.hostFolder = load<i32>(entry, 4);
    return 0;
  }
  const shared = load<u32>(entry, 20) > 1 && (load<u32>(entry, 8) & S_IFMT) != S_IFDIR;
  const inode = shared ? sharedEntry(dir, entry) : entryInode(dir, entry, length);
  if (!inode) return -ENOMEM;
  const dentry = dentryNew(dir, name, length, inode);
  if (!dentry) {
    inodeDrop(inode);
    return -ENOMEM;
  }
  dentryLink(dentry, true);
  if ((inode.mode & S_IFMT) == S_IFDIR) dir.inode.nlink++;
  dentryDrop(dentry);
  return 0;
}

function sharedEntry(dir: Dentry, entry: usize): Inode | null {
  const handle = load<i32>(entry, 4);
  const known = sharedInode(handle);
  if (known) {
    inodeHold(known);
    return known;
  }
  const inode = entryInode(dir, entry, load<u32>(entry, 28));
  if (inode && !sharedAdd(handle, inode)) {
    inodeDrop(inode);
    return null;
  }
  return inode;
}

function entryInode(dir: Dentry, entry: usize, nameLength: u32): Inode | null {
  const mode = load<u32>(entry, 8);
  const type = mode & S_IFMT;
  const inode = inodeNew(type == S_IFCHR || type == S_IFBLK ? FS_DEV : FS_TMPFS, mode, load<u32>(entry, 12), load<u32>(entry, 16));
  if (!inode) return null;
  const sb = superOf(dir.inode);
  if (sb) superAdopt(sb, inode);
  inode.rdev = load<u32>(entry, 24);
  if (type == S_IFDIR) inode.hostFolder = load<i32>(entry, 4);
  else {
    inode.nlink = load<u32>(entry, 20);
    inode.size = load<u64>(entry, 32);
  }
  inode.atime = load<u64>(entry, 40);
  inode.mtime = load<u64>(entry, 48);
  inode.ctime = load<u64>(entry, 56);
  inode.btime = load<u64>(entry, 64);
  const ok = type == S_IFREG ? lazyPages(inode, load<i32>(entry, 4)) : type == S_IFLNK ? linkText(inode, entry, nameLength) : true;
  if (ok) return inode;
  inodeDrop(inode);
  return null;
}

function lazyPages(inode: Inode, handle: i32): bool {
  const mapping = mappingNew(MAPPING_HOST, changetype<usize>(inode));
  if (!mapping) return false;
  mapping.hostHandle = handle;
  mapping.size = inode.size;
  inode.mapping = mapping;
  return true;
}

function linkText(inode: Inode, entry: usize, nameLength: u32): bool {
  const length = <u32>inode.size;
  const text = kzalloc(length + 1);
  if (!text) return false;
  memory.copy(text, entry + HOST_ENTRY_HEAD + nameLength, length);
  inode.text = text;
  return true;
}
