// Directory listings. A position is 0 for ".", 1 for "..", then 2 + how many children have been told;
// so that a listing goes on rightly while entries before it are removed, the open directory keeps a
// cursor: the next dentry to tell, held.
import { EINVAL } from "../abi/errno";
import { Link } from "../lib/list";
import { File } from "./file";
import { Dentry, FS_PROC, S_IFMT, crossedIno, dentryName, inodeChildren } from "./inode";
import { procEntry, procEntryName, procEntryIno, procEntryType } from "./proc";

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

/** Puts the next entry of the open directory at direntBuffer(): its bytes, 0 at the end, −EINVAL when it does not fit in `room`. */
export function direntNext(file: File, dir: Dentry, room: u64): i64 {
  const position = file.position;
  let bytes: i64 = 0;
  if (position < 2) {
    const up = position ? dir.parent : dir;
    bytes = fill(up.inode.ino, position + 1, 4, DOTS, <u32>position + 1);
  } else if (dir.inode.fs == FS_PROC) {
    if (!procEntry(dir.inode, position - 2)) return 0;
    const name = procEntryName();
    let n: u32 = 0;
    while (load<u8>(name + n)) n++;
    bytes = fill(procEntryIno(), position + 1, procEntryType(), name, n);
  } else {
    const child = childAt(file, dir, position - 2);
    if (!child) return 0;
    bytes = fill(crossedIno(child), position + 1, (child.inode.mode & S_IFMT) >> 12, dentryName(child), child.nameLength);
  }
  return <u64>bytes > room ? -EINVAL : bytes;
}

/** The child to tell next. Entries made since the directory was opened stand before the cursor and are not told. */
function childAt(file: File, dir: Dentry, n: u64): Dentry | null {
  const list = inodeChildren(dir.inode);
  // private1 = count of children told; children only ever appear at the front.
  let link: Link = list.next;
  if (n == 0) {
    file.private2 = <u64>dir.inode.childCount;
  }
  // Entries are counted from the back, where the oldest is: what is removed before the cursor does not move it.
  const total = <u64>dir.inode.childCount;
  const left = file.private2 - n;
  if (left <= 0 || !total || <i64>left < 0) return null;
  if (left > total) {
    // Some of the entries not yet told are gone: the rest follow.
    file.position += left - total;
    return childAt(file, dir, file.position - 2);
  }
  for (let skip = total - left; skip; skip--) link = link.next;
  return link === list ? null : changetype<Dentry>(changetype<usize>(link));
}

/** The entry that direntNext gave was delivered. */
export function direntTake(file: File): void {
  file.position++;
}
