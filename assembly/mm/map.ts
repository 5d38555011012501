// Changes to an address space: mmap(2), munmap(2), mprotect(2), mremap(2), brk(2).
// All addresses and lengths here are page-aligned unless said otherwise; results are
// addresses or −errno. Kernel: mm/mmap.c, mm/mprotect.c, mm/mremap.c.
import { CHOOSE_MMAP, choose } from "../lib/choose";
import { EACCES, EFAULT, EINVAL, ENOMEM } from "../abi/errno";
import { newCodeGen } from "../cpu/code";
import { framesTotal, framesUsed } from "./frames";
import { Mapping, mappingDrop, mappingNew, MAPPING_ZERO } from "./mapping";
import {
  MAX_MAP_COUNT,
  MM_MDWE,
  Mm,
  PTE_FRAME,
  PTE_R,
  PTE_W,
  PTE_X,
  TASK_SIZE,
  VM_GROWSDOWN,
  VM_HEAP,
  VM_NOWRITE,
  VM_SHARED,
  VM_STACK,
  VM_SYSV,
  Vma,
  pageNext,
  pagesDrop,
  pteFind,
  pteMake,
  vmaAt,
  vmaFind,
  vmaFree,
  vmaInsert,
  vmaLower,
  vmaNew,
  vmaRemove,
} from "./space";
import { codeMapChanged, currentMm, tlbDropRange } from "./tlb";

export const PROT_READ: u32 = 1;
export const PROT_WRITE: u32 = 2;
export const PROT_EXEC: u32 = 4;

/** vm.mmap_min_addr. */
export const MMAP_MIN_ADDR: u64 = 0x10000;
/** Unmapped room kept below a stack (stack_guard_gap, 256 pages). */
const STACK_GAP: u64 = 0x100000;

// @ts-ignore: decorator
@inline
export function pageUp(value: u64): u64 {
  return (value + 0xfff) & ~(<u64>0xfff);
}

/** Executable layout of `mm` changed: cross-page links of decoded code may be stale. */
export function mapCodeChanged(mm: Mm): void {
  if (mm === currentMm) codeMapChanged();
  else mm.codeGen = newCodeGen();
}

/** A free range of `len` bytes in [1 GiB, 2 GiB) for MAP_32BIT; 0 = none. */
export function mapFindLow(mm: Mm, len: u64): u64 {
  let from: u64 = 0x40000000;
  for (let i = vmaLower(mm, from); i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    if (from + len <= vma.start) break;
    if (vma.end > from) from = vma.end;
  }
  return from + len <= 0x80000000 ? from : 0;
}

/** Highest free range of `len` bytes below mmapBase; 0 = none. */
export function mapFindFree(mm: Mm, len: u64): u64 {
  if (mm.upwards) return findAbove(mm, len);
  let top = mm.mmapBase;
  for (let i: i32 = mm.vmaCount - 1; i >= 0; i--) {
    const vma = vmaAt(mm, i);
    if (vma.end <= top) {
      if (vma.end + len <= top) return lower(top - len, vma.end);
    }
    const low = vma.flags & VM_GROWSDOWN ? vma.start - min(vma.start, STACK_GAP) : vma.start;
    if (low < top) top = low;
    if (top < len + MMAP_MIN_ADDR) break;
  }
  if (top >= len + MMAP_MIN_ADDR) {
    const lowest = mm.vmaCount ? vmaLower(mm, top - len) : 0;
    if (lowest == mm.vmaCount || vmaAt(mm, lowest).start >= top) return lower(top - len, MMAP_MIN_ADDR);
  }
  // Nothing below the base: take the lowest hole above it.
  return findAbove(mm, len);
}

/** Lowest free range of `len` bytes above mmapBase; 0 = none. */
function findAbove(mm: Mm, len: u64): u64 {
  let from = mm.mmapBase;
  for (let i = vmaLower(mm, from); i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    if (from + len <= vma.start) return from;
    if (vma.end > from) from = vma.end;
  }
  return from + len <= TASK_SIZE ? from : 0;
}

/** A mapping goes to `at`, or some pages lower, down to `floor` at the most. */
function lower(at: u64, floor: u64): u64 {
  const pages = <u64>choose(CHOOSE_MMAP, 256);
  return at - min<u64>(pages << 12, at - floor);
}

/** Whether any vma overlaps [start, end). */
export function mapOverlaps(mm: Mm, start: u64, end: u64): bool {
  const i = vmaLower(mm, start);
  return i < mm.vmaCount && vmaAt(mm, i).start < end;
}

/** Splits the vma that covers `at` in its inside; false = out of memory. */
function splitAt(mm: Mm, at: u64): bool {
  const vma = vmaFind(mm, at);
  if (!vma || vma.start == at) return true;
  const high = vmaNew(mm, at, vma.end, vma.prot, vma.flags, vma.mapping, vma.pgoff + ((at - vma.start) >> 12), vma.file);
  if (!high) return false;
  mm.totalPages -= (vma.end - at) >> 12;
  vma.end = at;
  if (vmaInsert(mm, high)) return true;
  vma.end = high.end;
  mm.totalPages += (vma.end - at) >> 12;
  vmaFree(high);
  return false;
}

/** Makes mappings begin and end at `start` and `end`, so that what lies between can be changed alone; false = out of memory. */
export function mapIsolate(mm: Mm, start: u64, end: u64): bool {
  return splitAt(mm, start) && splitAt(mm, end);
}

/** Joins again what mapIsolate has left alike. */
export function mapRejoin(mm: Mm, start: u64, end: u64): void {
  mergeAround(mm, start, end);
}

/** Removes every mapping in [start, end); 0 or −ENOMEM. */
export function mapRemove(mm: Mm, start: u64, end: u64): i32 {
  if (mm.vmaCount >= MAX_MAP_COUNT && !mapOverlaps(mm, start, end)) return 0;
  if (!splitAt(mm, start) || !splitAt(mm, end)) return -ENOMEM;
  let code = false;
  while (true) {
    const i = vmaLower(mm, start);
    if (i == mm.vmaCount) break;
    const vma = vmaAt(mm, i);
    if (vma.start >= end) break;
    if (vma.prot & PROT_EXEC) code = true;
    vmaRemove(mm, i);
    pagesDrop(mm, vma.start, vma.end);
    vmaFree(vma);
  }
  if (code) mapCodeChanged(mm);
  return 0;
}

function mergeable(low: Vma, high: Vma): bool {
  return (
    low.end == high.start &&
    !(low.flags & VM_SYSV) &&
    low.prot == high.prot &&
    low.flags == high.flags &&
    low.mapping === high.mapping &&
    low.file == high.file &&
    (!low.mapping || low.pgoff + ((low.end - low.start) >> 12) == high.pgoff)
  );
}

/** Joins vma number `index` with its successor when they are alike; true when it did. */
function mergeNext(mm: Mm, index: u32): bool {
  if (index + 1 >= mm.vmaCount) return false;
  const low = vmaAt(mm, index);
  const high = vmaAt(mm, index + 1);
  if (!mergeable(low, high)) return false;
  vmaRemove(mm, index + 1);
  mm.totalPages += (high.end - high.start) >> 12;
  low.end = high.end;
  vmaFree(high);
  return true;
}

function mergeAround(mm: Mm, start: u64, end: u64): void {
  let i = vmaLower(mm, start ? start - 1 : 0);
  while (i + 1 < mm.vmaCount && vmaAt(mm, i).end <= end) if (!mergeNext(mm, i)) i++;
}

/** Whether RLIMIT_DATA counts such a mapping: private, writable, no stack; kernel: is_data_mapping(). */
export function isData(prot: u32, flags: u32): bool {
  return (prot & PROT_WRITE) != 0 && !(flags & (VM_SHARED | VM_GROWSDOWN));
}

/** Pages of mappings that isData. */
export function mapDataPages(mm: Mm): u64 {
  let pages: u64 = 0;
  for (let i: u32 = 0; i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    if (isData(vma.prot, vma.flags)) pages += (vma.end - vma.start) >> 12;
  }
  return pages;
}

/** RLIMIT_AS and RLIMIT_DATA; kernel: mm/vma.c may_expand_vm(). */
export function mayExpand(mm: Mm, prot: u32, flags: u32, pages: u64): bool {
  if (mm.totalPages + pages > mm.limitPages) return false;
  if (mm.dataLimitPages == u64.MAX_VALUE || !isData(prot, flags)) return true;
  const sum = mapDataPages(mm) + pages;
  // A soft limit of 0 is what Valgrind sets to keep brk(2) from its client.
  return sum <= mm.dataLimitPages || (!mm.dataLimitPages && sum <= mm.dataLimitMaxPages);
}

/**
 * Puts a mapping at [start, start + len), which must be free; 0 or −ENOMEM.
 * `mapping` null = private anonymous (its pgoff is not used).
 */
export function mapInsert(mm: Mm, start: u64, len: u64, prot: u32, flags: u32, mapping: Mapping | null, pgoff: u64, file: u32): i32 {
  if (mm.vmaCount >= MAX_MAP_COUNT) return -ENOMEM;
  if (!mayExpand(mm, prot, flags, len >> 12)) return -ENOMEM;
  return mapPlace(mm, start, len, prot, flags, mapping, pgoff, file);
}

/** As mapInsert, whatever the limits. */
function mapPlace(mm: Mm, start: u64, len: u64, prot: u32, flags: u32, mapping: Mapping | null, pgoff: u64, file: u32): i32 {
  const vma = vmaNew(mm, start, start + len, prot, flags, mapping, pgoff, file);
  if (!vma) return -ENOMEM;
  if (!vmaInsert(mm, vma)) {
    vmaFree(vma);
    return -ENOMEM;
  }
  mergeAround(mm, start, start + len);
  return 0;
}

/** Whether a private writable mapping of `len` bytes is beyond what the machine could ever hold; kernel: __vm_enough_memory() heuristic mode. */
export function mapTooLarge(len: u64): bool {
  return len >> 12 > <u64>framesTotal();
}

/** New shared anonymous memory of `len` bytes; the caller owns the reference. */
export function sharedAnonymous(len: u64): Mapping | null {
  const mapping = mappingNew(MAPPING_ZERO, 0);
  if (mapping) mapping.size = len;
  return mapping;
}

/** PR_SET_MDWE: what is or was writable does not become executable; kernel: map_deny_write_exec(). */
export function refusesExec(mm: Mm, before: u32, after: u32): bool {
  return (mm.modes & MM_MDWE) != 0 && (after & PROT_EXEC) != 0 && ((after & PROT_WRITE) != 0 || !(before & PROT_EXEC));
}

/** mprotect(2) over [start, end): 0, −ENOMEM (a hole), −EACCES. */
export function mapProtect(mm: Mm, start: u64, end: u64, prot: u32): i32 {
  let at = start;
  let code = false;
  if (!splitAt(mm, start) || !splitAt(mm, end)) return -ENOMEM;
  while (at < end) {
    const i = vmaLower(mm, at);
    if (i == mm.vmaCount || vmaAt(mm, i).start > at) {
      if (code) mapCodeChanged(mm);
      return -ENOMEM;
    }
    const vma = vmaAt(mm, i);
    if (prot & PROT_WRITE && vma.flags & VM_NOWRITE) return -EACCES;
    if (refusesExec(mm, vma.prot, prot)) return -EACCES;
    if (prot & PROT_WRITE && !isData(vma.prot, vma.flags) && !mayExpand(mm, prot, vma.flags, (vma.end - vma.start) >> 12)) return -ENOMEM;
    if ((vma.prot | prot) & PROT_EXEC) code = true;
    if (vma.prot != prot) {
      vma.prot = prot;
      protectPages(mm, vma);
    }
    at = vma.end;
  }
  mergeAround(mm, start, end);
  if (code) mapCodeChanged(mm);
  return 0;
}

/** Makes the page-table entries of vma obey its new protection; PTE_W comes back by faults. */
function protectPages(mm: Mm, vma: Vma): void {
  for (let a = pageNext(mm, vma.start); a < vma.end; ) {
    let slot = pteFind(mm, a);
    const stop = min((a | 0x1fffff) + 1, vma.end);
    for (; a < stop; a += 4096, slot += 4) {
      let entry = load<u32>(slot);
      if (!entry) continue;
      entry &= ~(PTE_R | PTE_W | PTE_X);
      if (vma.prot) entry |= PTE_R;
      if (vma.prot & PROT_EXEC) entry |= PTE_X;
      store<u32>(slot, entry);
    }
    a = pageNext(mm, a);
  }
  tlbDropRange(mm, vma.start, vma.end);
}

/** brk(2): the new break, or the old one when it cannot be moved. `limit` is RLIMIT_DATA. */
export function mapBrk(mm: Mm, wanted: u64, limit: u64, prot: u32): u64 {
  const old = mm.brk;
  if (wanted < mm.brkStart || wanted > TASK_SIZE) return old;
  const from = pageUp(old);
  const to = pageUp(wanted);
  if (wanted - mm.brkStart + (mm.endData - mm.startData) > limit) return old;
  if (to < from) {
    if (mapRemove(mm, to, from)) return old;
  } else if (to > from) {
    if (mapOverlaps(mm, from, to + STACK_GAP) && mapOverlaps(mm, from, to)) return old;
    if (mapTooLarge(to - from) || framesUsed() >= framesTotal()) return old;
    if (mapInsert(mm, from, to - from, prot, VM_HEAP, null, 0, 0)) return old;
  }
  mm.brk = wanted;
  return wanted;
}

/** Moves the pages of [from, from + len) to `to` (free page-table entries). False = out of memory. */
function movePages(mm: Mm, from: u64, to: u64, len: u64): bool {
  for (let a = pageNext(mm, from); a < from + len; a = pageNext(mm, a + 4096)) {
    const slot = pteFind(mm, a);
    const entry = load<u32>(slot);
    if (!entry) continue;
    const target = pteMake(mm, to + (a - from));
    if (!target) return false;
    store<u32>(target, entry);
    store<u32>(slot, 0);
  }
  tlbDropRange(mm, from, from + len);
  return true;
}

export const MREMAP_MAYMOVE: u32 = 1;
export const MREMAP_FIXED: u32 = 2;
export const MREMAP_DONTUNMAP: u32 = 4;

/** mremap(2) on page-aligned lengths; the address or −errno. */
export function mapRemap(mm: Mm, from: u64, oldLen: u64, newLen: u64, flags: u32, fixed: u64): i64 {
  const vma = vmaFind(mm, from);
  if (!vma) return -EFAULT;
  if (!oldLen) {
    // A second mapping of shared memory.
    if (!(vma.flags & VM_SHARED)) return -EINVAL;
  } else if (from + oldLen > vma.end) return -EFAULT;
  if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) return remapTo(mm, vma, from, oldLen, newLen, flags, fixed);
  if (oldLen && newLen <= oldLen) {
    if (newLen < oldLen) {
      const r = mapRemove(mm, from + newLen, from + oldLen);
      if (r) return r;
    }
    return from;
  }
  if (mapTooLarge(newLen - oldLen)) return -ENOMEM;
  const end = from + newLen;
  if (oldLen && from + oldLen == vma.end && end <= TASK_SIZE && !mapOverlaps(mm, vma.end, end)) {
    if (!mayExpand(mm, vma.prot, vma.flags, (newLen - oldLen) >> 12)) return -ENOMEM;
    mm.totalPages += (end - vma.end) >> 12;
    vma.end = end;
    mergeAround(mm, vma.start, end);
    return from;
  }
  if (!(flags & MREMAP_MAYMOVE)) return -ENOMEM;
  return remapTo(mm, vma, from, oldLen, newLen, flags, 0);
}

function remapTo(mm: Mm, vma: Vma, from: u64, oldLen: u64, newLen: u64, flags: u32, fixed: u64): i64 {
  let to = fixed;
  if (flags & MREMAP_FIXED) {
    const r = mapRemove(mm, to, to + newLen);
    if (r) return r;
    if (oldLen > newLen) {
      const r2 = mapRemove(mm, from + newLen, from + oldLen);
      if (r2) return r2;
      oldLen = newLen;
    }
  } else {
    to = fixed && !mapOverlaps(mm, fixed, fixed + newLen) ? fixed : mapFindFree(mm, newLen);
    if (!to) return -ENOMEM;
  }
  const source = vmaFind(mm, from);
  if (!source) return -EFAULT;
  if (newLen > oldLen && !mayExpand(mm, source.prot, source.flags, (newLen - oldLen) >> 12)) return -ENOMEM;
  const moved = mapPlace(mm, to, newLen, source.prot, source.flags & ~(VM_GROWSDOWN | VM_STACK | VM_HEAP), source.mapping, source.pgoff + ((from - source.start) >> 12), source.file);
  if (moved) return moved;
  if (!movePages(mm, from, to, min(oldLen, newLen))) return -ENOMEM;
  if (oldLen && !(flags & MREMAP_DONTUNMAP)) {
    const r = mapRemove(mm, from, from + oldLen);
    if (r) return r;
  }
  if (source.prot & PROT_EXEC) mapCodeChanged(mm);
  return to;
}

/** Drops the pages of [start, end) so that they read as new (MADV_DONTNEED). */
export function mapZap(mm: Mm, start: u64, end: u64): void {
  pagesDrop(mm, start, end);
  mapCodeChanged(mm);
}

/** Whether every page of [start, end) is mapped. */
export function mapCovers(mm: Mm, start: u64, end: u64): bool {
  let at = start;
  while (at < end) {
    const vma = vmaFind(mm, at);
    if (!vma) return false;
    at = vma.end;
  }
  return true;
}

/** Forgets a mapping reference that was only borrowed for an mmap. */
export function mappingRelease(mapping: Mapping | null): void {
  if (mapping) mappingDrop(mapping);
}

/** The page at `addr` if present, for mincore(2). */
export function pagePresent(mm: Mm, addr: u64): bool {
  const slot = pteFind(mm, addr);
  return slot != 0 && (load<u32>(slot) & PTE_FRAME) != 0;
}
