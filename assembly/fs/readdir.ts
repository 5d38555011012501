// Directory listings. As in Linux's tmpfs the newest entry comes first, and a position is the place (Dentry.offset) of
// the entry to tell next, so a listing goes on rightly while entries come and go. The open directory keeps the
// entry that it told last, held, so that the next one is found without a search. Kernel: fs/libfs.c offset_readdir().
import { EINVAL } from "../abi/errno";
import { Link } from "../lib/list";
import { File } from "./file";
import { hostListing, hostListingEnd } from "./hostfs";
import { HOST_ENTRY_HEAD, hostTreeList } from "./hosttree";
import { DF_LINKED, Dentry, FS_HOST, FS_PROC, Inode, S_IFMT, dentryDrop, dentryHold, dentryName, inodeChildren } from "./inode";
import { procEntry, procEntryName, procEntryNext, procEntryIno, procEntryType } from "./proc";

const BUFFER = memory.data(288, 8);
const DOTS = memory.data<u8>([0x2e, 0x2e, 0]);

export function direntBuffer(): usize {
  return BUFFER;
}

function fill(ino: u64, position: u64, type: u32, name: usize, length: u32): i64 {
  const bytes = (19 + length + 1 + 7) & ~7;
  memory.fill(BUFFER, 0, bytes);
  store<u64>(BUFFER, ino);
  store<u64>(BUFFER, position, 8);
  store<u16>(BUFFER, <u16>bytes, 16);
  store<u8>(BUFFER, <u8>type, 18);
  memory.copy(BUFFER + 19, name, length);
  return bytes;
}

/** The position behind the last entry. */
const END: u64 = 0x7fffffff;

/** The entry that direntNext gave; 0 = none of a tmpfs. */
let told: usize = 0;

/** Puts the next entry of the open directory at direntBuffer(): its bytes, 0 at the end, −EINVAL when it does not fit in `room`. */
export function direntNext(file: File, dir: Dentry, room: u64): i64 {
  const position = file.position;
  let bytes: i64 = 0;
  told = 0;
  if (position < 2) {
    const up = position ? dir.parent : dir;
    if (position && dir.inode.hostFolder) hostTreeList(dir);
    if (!position && dir.inode.fs == FS_HOST) hostListingEnd(file);
    const after = position && dir.inode.fs != FS_PROC && dir.inode.fs != FS_HOST ? placeOf(dir, inodeChildren(dir.inode).next) : position + 1;
    bytes = fill(up.inode.ino, after, 4, DOTS, <u32>position + 1);
  } else if (dir.inode.fs == FS_HOST) {
    bytes = hostEntry(file, dir, position);
    if (!bytes) return 0;
  } else if (dir.inode.fs == FS_PROC) {
    if (!procEntry(dir.inode, position - 2)) return 0;
    const name = procEntryName();
    let n: u32 = 0;
    while (load<u8>(name + n)) n++;
    bytes = fill(procEntryIno(), procEntryNext() + 2, procEntryType(), name, n);
  } else {
    const child = childFrom(file, dir, position);
    if (!child) return 0;
    told = changetype<usize>(child);
    bytes = fill(child.inode.ino, placeOf(dir, child.next), (child.inode.mode & S_IFMT) >> 12, dentryName(child), child.nameLength);
  }
  return <u64>bytes > room ? -EINVAL : bytes;
}

/** Entry position − 2 of the host's listing. File.private2: the position of the last one asked for, and where it stands. */
function hostEntry(file: File, dir: Dentry, position: u64): i64 {
  const block = hostListing(file, dir.inode);
  if (!block) return 0;
  const end = load<u32>(block);
  let index = file.private2 >> 32;
  let at = <u32>file.private2;
  if (!at || index > position) {
    index = 2;
    at = 8;
  }
  for (; index < position && at < end; index++) at += load<u32>(block + at);
  file.private2 = (index << 32) | at;
  if (at >= end) return 0;
  const entry = block + at;
  return fill(load<u64>(entry, 72), position + 1, (load<u32>(entry, 8) & S_IFMT) >> 12, entry + HOST_ENTRY_HEAD, load<u32>(entry, 28));
}

function placeOf(dir: Dentry, link: Link): u64 {
  return link === inodeChildren(dir.inode) ? END : <u64>changetype<Dentry>(changetype<usize>(link)).offset;
}

/** The first child at `position` or behind it. */
function childFrom(file: File, dir: Dentry, position: u64): Dentry | null {
  if (position >= END) return null;
  const list = inodeChildren(dir.inode);
  const last = changetype<Dentry>(<usize>file.private1);
  let link = list.next;
  if (file.private1 && last.flags & DF_LINKED && last.parent === dir && <u64>last.offset > position) link = last.next;
  while (link !== list && <u64>changetype<Dentry>(changetype<usize>(link)).offset > position) link = link.next;
  return link === list ? null : changetype<Dentry>(changetype<usize>(link));
}

/** The entry that direntNext gave was delivered. */
export function direntTake(file: File): void {
  file.position = load<u64>(BUFFER, 8);
  if (!told) return;
  dentryHold(changetype<Dentry>(told));
  direntRelease(file);
  file.private1 = told;
}

/** The open directory forgets its entry. */
export function direntRelease(file: File): void {
  if (changetype<Inode>(<usize>file.inode).fs == FS_HOST) {
    hostListingEnd(file);
    return;
  }
  if (file.private1) dentryDrop(changetype<Dentry>(<usize>file.private1));
  file.private1 = 0;
}
