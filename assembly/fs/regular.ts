// Data of regular files: reads and writes through the page cache, truncation, holes.
import { EFAULT, EFBIG, EINVAL, ENOSPC, EOPNOTSUPP, EPERM } from "../abi/errno";
import { Link } from "../lib/list";
import { PAGE_SIZE } from "../mm/frames";
import { Mapping, mappingCut, mappingError, mappingFind, mappingGet, mappingHasData, mappingPunch, mappingReserve, mappingRoom, mappingVmas } from "../mm/mapping";
import { pagesDrop, vmaOfLink } from "../mm/space";
import { frameWillChange } from "../mm/tlb";
import { clearUser, copyInPartial, copyOutPartial } from "../mm/usercopy";
import { realtime } from "../task/clock";
import { inGroup } from "../task/cred";
import { current } from "../task/task";
import { CHANGE_MODE, CHANGE_SIZE, hostChange, hostRefresh, hostWrite, hostWriteBack, hostWriteKernel } from "./hostfs";
import { FS_HOST, Inode } from "./inode";
import { SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SHRINK, SEAL_WRITE } from "./seals";
import { RLIMIT_FSIZE } from "../abi/resource";
import { SIGXFSZ } from "../abi/signal";
import { signalSelf } from "../task/signal";

const MAX_SIZE: u64 = 0x7ffffffffffff000;

// @ts-ignore: decorator
@inline
function mappingOf(inode: Inode): Mapping {
  return changetype<Mapping>(changetype<usize>(inode.mapping));
}

/** Reads up to `count` bytes at `pos` to guest memory: bytes read, or −EFAULT. */
export function regularRead(inode: Inode, pos: u64, to: u64, count: u64): i64 {
  // Somebody may have made the host's file longer.
  if (pos >= inode.size && inode.fs == FS_HOST) hostRefresh(inode);
  const size = inode.size;
  if (pos >= size) return 0;
  const want = min(count, size - pos);
  const mapping = mappingOf(inode);
  let done: u64 = 0;
  while (done < want) {
    const offset = <u32>((pos + done) & 0xfff);
    const n = min<u64>(want - done, PAGE_SIZE - offset);
    const index = (pos + done) >> 12;
    const page = mapping.kind ? mappingGet(mapping, index) : mappingFind(mapping, index);
    if (!page && mapping.kind) return done ? <i64>done : mappingError;
    if (page) {
      const left = copyOutPartial(to + done, page + offset, n);
      if (left) {
        done += n - left;
        break;
      }
    } else if (!clearUser(to + done, n)) break;
    done += n;
  }
  if (!done && want) return -EFAULT;
  return done;
}

/** The page for reading, 0 for a hole. */
export function regularPage(inode: Inode, index: u64): usize {
  const mapping = mappingOf(inode);
  return mapping.kind ? mappingGet(mapping, index) : mappingFind(mapping, index);
}

/** Reads to kernel memory: bytes read. */
export function regularReadKernel(inode: Inode, pos: u64, to: usize, count: u32): i64 {
  const size = inode.size;
  if (pos >= size) return 0;
  const want = <u32>min<u64>(count, size - pos);
  const mapping = mappingOf(inode);
  for (let done: u32 = 0; done < want; ) {
    const offset = <u32>((pos + done) & 0xfff);
    const n = min<u32>(want - done, PAGE_SIZE - offset);
    const page = mappingGet(mapping, (pos + done) >> 12);
    if (!page) return done;
    memory.copy(to + done, page + offset, n);
    done += n;
  }
  return want;
}

/** How much of a write at pos the file size limit lets through; −EFBIG (and SIGXFSZ) for none. */
function limited(pos: u64, count: u64): i64 {
  const limit = load<u64>(current.group.rlimits + RLIMIT_FSIZE * 16);
  if (limit != u64.MAX_VALUE) {
    if (pos >= limit) {
      signalSelf(SIGXFSZ);
      return -EFBIG;
    }
    count = min(count, limit - pos);
  }
  if (pos >= MAX_SIZE) return -EFBIG;
  return <i64>min(count, MAX_SIZE - pos);
}

/** What limits and seals leave of a write at pos; −errno. */
function writable(inode: Inode, pos: u64, count: u64): i64 {
  const allowed = limited(pos, count);
  if (allowed < 0) return allowed;
  let want = <u64>allowed;
  if (inode.seals & (SEAL_WRITE | SEAL_FUTURE_WRITE)) return -EPERM;
  if (inode.seals & SEAL_GROW && pos + want > inode.size) {
    if (pos >= inode.size) return -EPERM;
    want = inode.size - pos;
  }
  return want;
}

/** regularWriteKernel within limits and seals: bytes or −errno. */
export function regularWriteChecked(inode: Inode, pos: u64, from: usize, count: u32): i64 {
  const allowed = writable(inode, pos, count);
  return allowed <= 0 ? allowed : regularWriteKernel(inode, pos, from, <u32>allowed);
}

/** Writes up to `count` guest bytes at `pos`: bytes written or −errno. */
export function regularWrite(inode: Inode, pos: u64, from: u64, count: u64): i64 {
  if (!count) return 0;
  const allowed = writable(inode, pos, count);
  if (allowed < 0) return allowed;
  const want = <u64>allowed;
  dropPrivileges(inode);
  if (inode.fs == FS_HOST) return hostWrite(inode, pos, from, want);
  const mapping = mappingOf(inode);
  let done: u64 = 0;
  let error: i64 = 0;
  while (done < want) {
    const offset = <u32>((pos + done) & 0xfff);
    const n = min<u64>(want - done, PAGE_SIZE - offset);
    const page = mappingGet(mapping, (pos + done) >> 12);
    if (!page) {
      error = mappingError;
      break;
    }
    frameWillChange(page + offset, <i32>n);
    const left = copyInPartial(page + offset, from + done, n);
    done += n - left;
    if (left) {
      error = -EFAULT;
      break;
    }
  }
  if (!done) return error;
  if (pos + done > inode.size) setSize(inode, pos + done);
  const t = realtime();
  inode.mtime = t;
  inode.ctime = t;
  return done;
}

/** Writes kernel memory; bytes written or −ENOSPC. */
export function regularWriteKernel(inode: Inode, pos: u64, from: usize, count: u32): i64 {
  if (inode.fs == FS_HOST) return hostWriteKernel(inode, pos, from, count);
  const mapping = mappingOf(inode);
  for (let done: u32 = 0; done < count; ) {
    const offset = <u32>((pos + done) & 0xfff);
    const n = min<u32>(count - done, PAGE_SIZE - offset);
    const page = mappingGet(mapping, (pos + done) >> 12);
    if (!page) return done ? done : mappingError;
    frameWillChange(page + offset, <i32>n);
    memory.copy(page + offset, from + done, n);
    done += n;
    if (pos + done > inode.size) setSize(inode, pos + done);
  }
  return count;
}

function setSize(inode: Inode, size: u64): void {
  inode.size = size;
  mappingOf(inode).size = size;
}

/** Unmaps pages [from, to) of the mapping from every address space that maps them. */
export function unmapPages(mapping: Mapping, from: u64, to: u64): void {
  const list = mappingVmas(mapping);
  for (let link: Link = list.next; link !== list; link = link.next) {
    const vma = vmaOfLink(link);
    const pages = (vma.end - vma.start) >> 12;
    if (to <= vma.pgoff || from >= vma.pgoff + pages) continue;
    const low = max(from, vma.pgoff) - vma.pgoff;
    const high = min(to - vma.pgoff, pages);
    pagesDrop(vma.mm, vma.start + (low << 12), vma.start + (high << 12));
  }
}

/** Unmaps the whole mapping from every address space. */
export function regularUnmapAll(mapping: Mapping): void {
  unmapPages(mapping, 0, u64.MAX_VALUE);
}

/** Writing by others than the mighty takes set-id bits away; kernel: file_remove_privs(). */
function dropPrivileges(inode: Inode): void {
  const CAP_FSETID: u64 = 1 << 4;
  if (!(inode.mode & 0xc00) || current.cred.capEffective & CAP_FSETID) return;
  const bits = inode.mode & ~(<u32>0x800 | (inode.mode & 8 || !inGroup(current.cred, inode.gid) ? 0x400 : 0));
  if (inode.fs == FS_HOST) hostChange(inode, CHANGE_MODE, bits & 0xfff, 0, 0, 0, 0, 0);
  else inode.mode = bits;
}

/** Sets the length; shrinking drops pages, the last one's tail reads as zero afterwards. 0 or −errno. */
export function regularTruncate(inode: Inode, size: u64): i32 {
  if (size > MAX_SIZE) return -EINVAL;
  if (size > inode.size) {
    const allowed = limited(inode.size, size - inode.size);
    if (allowed < 0 || <u64>allowed < size - inode.size) return -EFBIG;
  }
  if ((size < inode.size && inode.seals & SEAL_SHRINK) || (size > inode.size && inode.seals & SEAL_GROW)) return -EPERM;
  const mapping = mappingOf(inode);
  dropPrivileges(inode);
  if (inode.fs == FS_HOST) {
    const error = hostWriteBack(mapping) || hostChange(inode, CHANGE_SIZE, 0, 0, 0, size, 0, 0);
    if (error) return error;
  }
  if (size < inode.size || inode.fs == FS_HOST) {
    const from = (size + 4095) >> 12;
    unmapPages(mapping, from, u64.MAX_VALUE);
    mappingCut(mapping, from);
    zeroRange(mapping, size, from << 12);
  }
  setSize(inode, size);
  const t = realtime();
  inode.mtime = t;
  inode.ctime = t;
  return 0;
}

/** Zeroes [from, to), which lies in one page, where a page is. */
function zeroRange(mapping: Mapping, from: u64, to: u64): void {
  if (from >= to) return;
  const page = mappingFind(mapping, from >> 12);
  if (!page) return;
  const offset = <u32>(from & 0xfff);
  frameWillChange(page + offset, <i32>(to - from));
  memory.fill(page + offset, 0, <u32>(to - from));
}

/** Whole pages of a file or of shared memory become holes again, also where they are mapped. */
export function pagesPunch(mapping: Mapping, first: u64, last: u64): void {
  unmapPages(mapping, first, last);
  mappingPunch(mapping, first, last);
}

/** Makes [from, to) a hole (FALLOC_FL_PUNCH_HOLE); 0 or −errno. */
export function regularPunch(inode: Inode, from: u64, to: u64): i32 {
  if (inode.fs == FS_HOST) return -EOPNOTSUPP;
  if (inode.seals & (SEAL_WRITE | SEAL_FUTURE_WRITE)) return -EPERM;
  const mapping = mappingOf(inode);
  const t = realtime();
  inode.mtime = t;
  inode.ctime = t;
  to = min(to, (inode.size + 4095) & ~(<u64>4095));
  if (from >= to) return 0;
  const first = (from + 4095) >> 12;
  const last = to >> 12;
  if (first > last) {
    zeroRange(mapping, from, to);
    return 0;
  }
  zeroRange(mapping, from, first << 12);
  zeroRange(mapping, last << 12, to);
  pagesPunch(mapping, first, last);
  return 0;
}

/** Pages for [from, to) are there; 0 or −ENOSPC. */
export function regularAllocate(inode: Inode, from: u64, to: u64, keepSize: bool): i32 {
  if (inode.fs == FS_HOST) return -EOPNOTSUPP;
  if (inode.seals & SEAL_GROW && to > inode.size) return -EPERM;
  const mapping = mappingOf(inode);
  let holes: u64 = 0;
  for (let i = from >> 12; i << 12 < to; i++) if (!mappingFind(mapping, i)) holes++;
  // All or nothing.
  if (!mappingRoom(mapping, holes)) return -ENOSPC;
  for (let i = from >> 12; i << 12 < to; i++) if (!mappingReserve(mapping, i)) return mappingError;
  if (!keepSize && to > inode.size) setSize(inode, to);
  inode.ctime = realtime();
  return 0;
}

/** SEEK_DATA (hole false) and SEEK_HOLE: the next offset ≥ from, u64.MAX_VALUE when there is none. */
export function regularSeek(inode: Inode, from: u64, hole: bool): u64 {
  if (from >= inode.size) return u64.MAX_VALUE;
  const mapping = mappingOf(inode);
  // Pages of the host that are not here yet are no holes.
  if (mapping.kind) return hole ? inode.size : from;
  for (let at = from; at < inode.size; at = (at | 0xfff) + 1) if (mappingHasData(mapping, at >> 12) != hole) return at;
  return hole ? inode.size : u64.MAX_VALUE;
}
