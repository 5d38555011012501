// mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), msync(2), mincore(2), mlock(2).
import { EACCES, EAGAIN, EBADF, EEXIST, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EPERM } from "../abi/errno";
import { MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED, MADV_FREE, MADV_KEEPONFORK, MADV_REMOVE, MADV_WIPEONFORK, MAP_32BIT, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_HUGETLB, MAP_LOCKED, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_STACK, MS_ASYNC, MS_INVALIDATE, MS_SYNC } from "../abi/mman";
import { READ_IMPLIES_EXEC } from "../abi/personality";
import { RLIMIT_DATA } from "../abi/resource";
import { FILE_PATH, FMODE_READ, FMODE_WRITE, File } from "../fs/file";
import { fdGet } from "../fs/fdtable";
import { hostWriteBack } from "../fs/hostfs";
import { fileMmap, fileNoExec, fileSealedForWriting } from "../fs/execfile";
import { framesTotal, framesUsed } from "../mm/frames";
import { kfree, kmalloc } from "../mm/kmalloc";
import { MMAP_MIN_ADDR, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, PROT_EXEC, PROT_READ, PROT_WRITE, mapBrk, mapCovers, mapFindFree, mapFindLow, mapInsert, mapIsolate, mapOverlaps, mapProtect, mapRejoin, mapRemap, mapRemove, mapTooLarge, mapZap, pagePresent, pageUp, refusesExec, sharedAnonymous } from "../mm/map";
import { pagesPunch } from "../fs/regular";
import { MAPPING_ZERO, Mapping, mappingDrop } from "../mm/mapping";
import { Mm, TASK_SIZE, VM_DONTCOPY, VM_DONTDUMP, VM_GROWSDOWN, VM_LOCKED, VM_NOWRITE, VM_SHARED, VM_WIPEONFORK, Vma, vmaAt, vmaFind, vmaLower } from "../mm/space";
import { copyOut, userRead, userWrite } from "../mm/usercopy";
import { current } from "../task/task";

export function sys_brk(wanted: u64): i64 {
  return mapBrk(current.mm, wanted, load<u64>(current.group.rlimits + RLIMIT_DATA * 16), withExec(PROT_READ | PROT_WRITE));
}

/** READ_IMPLIES_EXEC of personality(2). */
function withExec(prot: u32): u32 {
  return prot & PROT_READ && current.personality & READ_IMPLIES_EXEC ? prot | PROT_EXEC : prot;

}

/** Where a mapping of `len` bytes goes; −errno. */
function placeFor(mm: Mm, addr: u64, len: u64, flags: u32): i64 {
  if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
    if (addr & 0xfff) return -EINVAL;
    if (addr > TASK_SIZE - len) return -ENOMEM;
    if (addr < MMAP_MIN_ADDR && current.cred.euid) return -EPERM;
    if (flags & MAP_FIXED_NOREPLACE) return mapOverlaps(mm, addr, addr + len) ? -EEXIST : addr;
    const r = mapRemove(mm, addr, addr + len);
    return r ? r : addr;
  }
  const hint = addr & ~(<u64>0xfff);
  if (hint >= MMAP_MIN_ADDR && hint <= TASK_SIZE - len && !mapOverlaps(mm, hint, hint + len)) return hint;
  const found = flags & MAP_32BIT ? mapFindLow(mm, len) : mapFindFree(mm, len);
  return found ? found : -ENOMEM;
}

export function sys_mmap(addr: u64, length: u64, protection: u64, mapFlags: u64, fd: u64, offset: u64): i64 {
  const flags = <u32>mapFlags;
  let prot = <u32>protection;
  if (offset & 0xfff) return -EINVAL;
  let file: File | null = null;
  if (!(flags & MAP_ANONYMOUS)) {
    file = fdGet(<i32>fd);
    if (!file || file.kind == FILE_PATH) return -EBADF;
  }
  if (!length) return -EINVAL;
  if (length > TASK_SIZE) return -ENOMEM;
  if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) && addr & 0xfff) return -EINVAL;
  const len = pageUp(length);
  const type = flags & 15;
  if (type != MAP_SHARED && type != MAP_PRIVATE && (type != MAP_SHARED_VALIDATE || !file)) return -EINVAL;
  if (flags & MAP_HUGETLB) return -ENOMEM;
  if (!file || !fileNoExec(file)) prot = withExec(prot);
  if (refusesExec(current.mm, prot, prot)) return -EACCES;
  return file ? mapFile(file, addr, len, prot, flags, offset) : mapAnonymous(addr, len, prot, flags);
}

function mapAnonymous(addr: u64, len: u64, prot: u32, flags: u32): i64 {
  const mm = current.mm;
  if (mapTooLarge(len)) return -ENOMEM;
  if (prot & PROT_WRITE && framesUsed() >= framesTotal() - 16) return -ENOMEM;
  const at = placeFor(mm, addr, len, flags);
  if (at < 0) return at;
  let vm: u32 = flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0;
  if (flags & MAP_LOCKED) vm |= VM_LOCKED;
  let mapping: Mapping | null = null;
  if (flags & MAP_SHARED) {
    mapping = sharedAnonymous(len);
    if (!mapping) return -ENOMEM;
    vm |= VM_SHARED;
  }
  const error = mapInsert(mm, at, len, prot & 7, vm, mapping, 0, 0);
  if (mapping) mappingDrop(mapping);
  if (error) return error;
  if (flags & (MAP_POPULATE | MAP_LOCKED)) populate(at, len, prot);
  return at;
}

function mapFile(file: File, addr: u64, len: u64, prot: u32, flags: u32, offset: u64): i64 {
  const mm = current.mm;
  const shared = (flags & MAP_SHARED) != 0;
  if (!(file.mode & FMODE_READ)) return -EACCES;
  if (shared && prot & PROT_WRITE && !(file.mode & FMODE_WRITE)) return -EACCES;
  let vm: u32 = shared ? VM_SHARED : 0;
  if (shared && !(file.mode & FMODE_WRITE)) vm |= VM_NOWRITE;
  // The object's own word: 0 = anonymous memory (/dev/zero), −ENODEV, −EPERM (seals), or its Mapping.
  const answer = fileMmap(file, prot, shared ? 1 : 0);
  if (answer < 0) return answer;
  // No later mprotect makes it writable either.
  if (shared && fileSealedForWriting(file)) vm |= VM_NOWRITE;
  if (!answer) return mapAnonymous(addr, len, prot, flags);
  const at = placeFor(mm, addr, len, flags);
  if (at < 0) return at;
  const error = mapInsert(mm, at, len, prot & 7, vm, changetype<Mapping>(<usize>answer), offset >> 12, <u32>changetype<usize>(file));
  if (error) return error;
  if (flags & MAP_POPULATE) populate(at, len, prot);
  return at;
}

/** Makes pages present ahead of use. */
function populate(at: u64, len: u64, prot: u32): void {
  if (!(prot & 7)) return;
  for (let a = at; a < at + len; a += 4096) if (!(prot & PROT_WRITE ? userWrite(a) : userRead(a))) return;
}

export function sys_munmap(addr: u64, length: u64): i64 {
  if (addr & 0xfff || addr > TASK_SIZE || length > TASK_SIZE - addr) return -EINVAL;
  const len = pageUp(length);
  if (!len) return -EINVAL;
  return mapRemove(current.mm, addr, addr + len);
}

export function sys_mprotect(addr: u64, length: u64, protection: u64): i64 {
  let prot = <u32>protection;
  const down = (prot & 0x01000000) != 0; // PROT_GROWSDOWN
  const up = (prot & 0x02000000) != 0;
  if (down && up) return -EINVAL;
  prot &= ~0x03000000;
  if (addr & 0xfff) return -EINVAL;
  if (!length) return 0;
  const len = pageUp(length);
  const end = addr + len;
  if (end <= addr) return -ENOMEM;
  if (prot & ~0xf) return -EINVAL;
  let start = addr;
  if (down) {
    const vma = vmaFind(current.mm, addr);
    if (!vma) return -ENOMEM;
    if (!(vma.flags & VM_GROWSDOWN)) return -EINVAL;
    start = vma.start;
  }
  return mapProtect(current.mm, start, end, withExec(prot & (PROT_READ | PROT_WRITE | PROT_EXEC)));
}

export function sys_mremap(addr: u64, oldLength: u64, newLength: u64, mapFlags: u64, newAddr: u64): i64 {
  const flags = <u32>mapFlags;
  if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) return -EINVAL;
  if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)) return -EINVAL;
  if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || oldLength != newLength)) return -EINVAL;
  if (addr & 0xfff) return -EINVAL;
  const oldLen = pageUp(oldLength);
  const newLen = pageUp(newLength);
  if (!newLen || newLen > TASK_SIZE) return -EINVAL;
  if (flags & MREMAP_FIXED) {
    if (newAddr & 0xfff || newAddr > TASK_SIZE - newLen) return -EINVAL;
    if (addr + oldLen > newAddr && newAddr + newLen > addr) return -EINVAL;
  }
  return mapRemap(current.mm, addr, oldLen, newLen, flags, newAddr & ~(<u64>0xfff));
}

export function sys_madvise(addr: u64, length: u64, advice: u64): i64 {
  return advise(current.mm, addr, length, <i32>advice);
}

/** madvise(2) for an address space; kernel: mm/madvise.c do_madvise(). */
export function advise(mm: Mm, addr: u64, length: u64, how: i32): i64 {
  const known = (how >= 0 && how <= 4) || (how >= 8 && how <= 25);
  if (!known) return -EINVAL;
  if (addr & 0xfff) return -EINVAL;
  const len = pageUp(length);
  const end = addr + len;
  if (end < addr || (length && !len)) return -EINVAL;
  if (!len) return 0;
  if (advisesFlag(how) && !mapIsolate(mm, addr, end)) return -ENOMEM;
  // A hole is passed over, and told at the end.
  let hole = false;
  for (let at = addr; at < end; ) {
    const i = vmaLower(mm, at);
    if (i == mm.vmaCount || vmaAt(mm, i).start >= end) {
      hole = true;
      break;
    }
    const vma = vmaAt(mm, i);
    if (vma.start > at) {
      hole = true;
      at = vma.start;
    }
    const stop = min(vma.end, end);
    const error = adviseVma(mm, vma, at, stop, how);
    if (error) return error;
    at = stop;
  }
  if (advisesFlag(how)) mapRejoin(mm, addr, end);
  return hole ? -ENOMEM : 0;
}

/** MADV_REMOVE: a hole in shared memory or its file; kernel: madvise_remove(). */
function removePages(vma: Vma, from: u64, to: u64): i32 {
  const mapping = vma.mapping;
  if (vma.flags & VM_LOCKED || !mapping) return -EINVAL;
  if (!(vma.flags & VM_SHARED) || !(vma.prot & PROT_WRITE)) return -EACCES;
  if (mapping.kind != MAPPING_ZERO) return -EOPNOTSUPP;
  const first = vma.pgoff + ((from - vma.start) >> 12);
  pagesPunch(mapping, first, first + ((to - from) >> 12));
  return 0;
}

/** Whether the advice is kept as a flag of the mapping, which has to be one of its own then. */
function advisesFlag(how: i32): bool {
  return how == MADV_DONTFORK || how == MADV_DOFORK || how == MADV_WIPEONFORK || how == MADV_KEEPONFORK || how == MADV_DONTDUMP || how == MADV_DODUMP;
}

function adviseVma(mm: Mm, vma: Vma, from: u64, to: u64, how: i32): i32 {
  switch (how) {
    case MADV_DONTNEED:
      if (vma.flags & VM_LOCKED) return -EINVAL;
      mapZap(mm, from, to);
      return 0;
    case MADV_FREE:
      if (vma.mapping) return -EINVAL;
      mapZap(mm, from, to);
      return 0;
    case MADV_REMOVE: return removePages(vma, from, to);
    case MADV_DONTFORK: vma.flags |= VM_DONTCOPY; return 0;
    case MADV_DOFORK: vma.flags &= ~VM_DONTCOPY; return 0;
    case MADV_WIPEONFORK:
      if (vma.mapping) return -EINVAL;
      vma.flags |= VM_WIPEONFORK;
      return 0;
    case MADV_KEEPONFORK: vma.flags &= ~VM_WIPEONFORK; return 0;
    case MADV_DONTDUMP: vma.flags |= VM_DONTDUMP; return 0;
    case MADV_DODUMP: vma.flags &= ~VM_DONTDUMP; return 0;
    default: return 0;
  }
}

export function sys_msync(addr: u64, length: u64, flags: u64): i64 {
  const f = <u32>flags;
  if (f & ~(<u32>(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || addr & 0xfff || (f & MS_ASYNC && f & MS_SYNC)) return -EINVAL;
  const len = pageUp(length);
  if (addr + len < addr) return -ENOMEM;
  if (!len) return 0;
  if (f & MS_SYNC) {
    const error = writeBack(addr, addr + len);
    if (error) return error;
  }
  return mapCovers(current.mm, addr, addr + len) ? 0 : -ENOMEM;
}

/** What mappings of the host's files in the range changed goes to the host. */
function writeBack(from: u64, to: u64): i64 {
  let error: i64 = 0;
  for (let i = vmaLower(current.mm, from); i < current.mm.vmaCount && vmaAt(current.mm, i).start < to; i++) {
    const mapping = vmaAt(current.mm, i).mapping;
    if (mapping && mapping.dirty && !error) error = hostWriteBack(mapping);
  }
  return error;
}

export function sys_mincore(addr: u64, length: u64, vector: u64): i64 {
  if (addr & 0xfff) return -EINVAL;
  const pages = pageUp(length) >> 12;
  if (addr > TASK_SIZE || length > TASK_SIZE - addr) return -ENOMEM;
  if (vector > TASK_SIZE || pages > TASK_SIZE - vector) return -EFAULT;
  if (!mapCovers(current.mm, addr, addr + (pages << 12))) return -ENOMEM;
  const buffer = kmalloc(4096);
  if (!buffer) return -EAGAIN;
  let result: i64 = 0;
  for (let done: u64 = 0; done < pages && !result; ) {
    const n = min<u64>(pages - done, 4096);
    for (let i: u64 = 0; i < n; i++) store<u8>(buffer + <usize>i, pagePresent(current.mm, addr + ((done + i) << 12)) ? 1 : 0);
    if (!copyOut(vector + done, buffer, n)) result = -EFAULT;
    done += n;
  }
  kfree(buffer);
  return result;
}

function lockRange(addr: u64, length: u64, on: bool): i64 {
  const start = addr & ~(<u64>0xfff);
  const end = pageUp(addr + length);
  if (end < start) return -EINVAL;
  if (!mapCovers(current.mm, start, end)) return -ENOMEM;
  const mm = current.mm;
  for (let i = vmaLower(mm, start); i < mm.vmaCount && vmaAt(mm, i).start < end; i++) {
    const vma = vmaAt(mm, i);
    if (on) vma.flags |= VM_LOCKED;
    else vma.flags &= ~VM_LOCKED;
  }
  if (on) populate(start, end - start, PROT_READ);
  return 0;
}

export function sys_mlock(addr: u64, length: u64): i64 {
  return lockRange(addr, length, true);
}

export function sys_munlock(addr: u64, length: u64): i64 {
  return lockRange(addr, length, false);
}

