// Address spaces: an Mm owns a sorted array of Vma pointers, a four-level page table and
// its software TLB. Page-table entries are 32 bits: a frame's address and PTE_* flags.
//
//   guest address bits   47…39  38…30  29…21  20…12  11…0
//                        level3 level2 level1 level0 offset      512 u32 slots a table
import { Link } from "../lib/list";
import { newCodeGen } from "../cpu/code";
import { kfree, kmalloc, kzalloc } from "./kmalloc";
import { Mapping, mappingDrop, mappingVmas } from "./mapping";
import { frameDrop, frameHold } from "./refs";
import { FRAME_CACHE, frameInfo } from "./frames";
import { fileHold, fileDrop } from "../fs/file";
import { hostWriteBack } from "../fs/hostfs";
import { shmClose, shmOpen } from "../ipc/shm";
import { TLB_BYTES, tlbClear, tlbClearWrite, tlbForget, tlbDropRange } from "./tlb";

export const PTE_PRESENT: u32 = 1;
export const PTE_R: u32 = 2;
export const PTE_W: u32 = 4;
export const PTE_X: u32 = 8;
export const PTE_FRAME: u32 = 0xfffff000;

export const TASK_SIZE: u64 = 0x7ffffffff000;
export const TABLE_BYTES: u32 = 2048;
/** vm.max_map_count. */
export const MAX_MAP_COUNT: u32 = 65530;

export const VM_SHARED: u32 = 1;
export const VM_GROWSDOWN: u32 = 2;
export const VM_STACK: u32 = 4;
export const VM_HEAP: u32 = 8;
export const VM_DONTCOPY: u32 = 16;
export const VM_WIPEONFORK: u32 = 32;
export const VM_LOCKED: u32 = 64;
/** A System V attachment: counts in its segment (ipc/shm.ts). */
export const VM_SYSV: u32 = 128;
/** A shared mapping whose file was opened without write access: mprotect may not add PROT_WRITE. */
export const VM_NOWRITE: u32 = 256;
export const VM_DONTDUMP: u32 = 512;
export const VM_VDSO: u32 = 1024;

@unmanaged
export class Vma {
  start: u64;
  end: u64;
  /** Page index in the mapping of the first page. */
  pgoff: u64;
  /** PROT_READ | PROT_WRITE | PROT_EXEC. */
  prot: u32;
  /** VM_*. */
  flags: u32;
  /** The pages' owner, null for private anonymous memory. */
  mapping: Mapping | null;
  /** The File that was mapped (for /proc/PID/maps), 0 when none. */
  file: u32;
  /** Membership in mapping.vmas. */
  linkNext: u32;
  linkPrev: u32;
  mm: Mm;
}

@unmanaged
export class Mm extends Link {
  refs: u32;
  /** TLB_BYTES of read entries, then TLB_BYTES of write entries. */
  tlb: usize;
  root: usize;
  codeGen: u32;
  vmas: usize;
  vmaCount: u32;
  vmaRoom: u32;
  /** Frames mapped, and pages covered by vmas. */
  rss: u32;
  rssPeak: u32;
  totalPages: u64;
  brkStart: u64;
  brk: u64;
  mmapBase: u64;
  stackTop: u64;
  stackLimit: u64;
  argStart: u64;
  argEnd: u64;
  envStart: u64;
  envEnd: u64;
  codeStart: u64;
  codeEnd: u64;
  /** The File that was executed (0 = none). */
  exe: u32;
  /** AUXV_BYTES of auxv as exec made it or PR_SET_MM_AUXV set it. */
  savedAuxv: usize;
  dumpable: u32;
  lockedPages: u32;
  /** RLIMIT_AS, RLIMIT_DATA (soft, hard) in pages; ~0 = none. */
  limitPages: u64;
  dataLimitPages: u64;
  dataLimitMaxPages: u64;
  /** For /proc/PID/stat and PR_SET_MM only. */
  startData: u64;
  endData: u64;
  startStack: u64;
  /** MM_*: modes that children and later programs inherit. */
  modes: u32;
  /** Mappings are placed from mmapBase upwards: ADDR_COMPAT_LAYOUT of personality(2). */
  upwards: u32;
}

/** Mm.modes. PR_SET_MDWE, whether for this program only; PR_SET_THP_DISABLE, whether except where it is advised. */
export const MM_MDWE: u32 = 1;
export const MM_MDWE_NO_INHERIT: u32 = 2;
export const MM_NO_THP: u32 = 4;
export const MM_NO_THP_EXCEPT: u32 = 8;

/** What a child or the next program inherits of modes; kernel: mmf_init_legacy_flags(). */
export function mmModesInherited(modes: u32): u32 {
  return modes & MM_MDWE_NO_INHERIT ? modes & ~(MM_MDWE | MM_MDWE_NO_INHERIT) : modes;
}

const ALL = memory.data(16, 8);

// @ts-ignore: decorator
@inline
export function mmList(): Link {
  return changetype<Link>(ALL);
}

export function spacesInit(): void {
  mmList().reset();
}

/** An empty address space with one reference, or null. */
export function mmNew(): Mm | null {
  const mm = changetype<Mm>(kzalloc(offsetof<Mm>()));
  if (!changetype<usize>(mm)) return null;
  mm.tlb = kmalloc(TLB_BYTES * 2);
  mm.root = kzalloc(TABLE_BYTES);
  if (!mm.tlb || !mm.root) {
    kfree(mm.tlb);
    kfree(mm.root);
    kfree(changetype<usize>(mm));
    return null;
  }
  mm.refs = 1;
  mm.codeGen = newCodeGen();
  mm.mmapBase = 0x7ffff7fff000;
  mm.stackLimit = 8 << 20;
  mm.limitPages = ~(<u64>0);
  mm.dataLimitPages = ~(<u64>0);
  mm.dataLimitMaxPages = ~(<u64>0);
  mm.dumpable = 1;
  mm.append(mmList());
  tlbClear(mm.tlb);
  return mm;
}

export function mmDrop(mm: Mm): void {
  if (--mm.refs) return;
  const count = mm.vmaCount;
  for (let i: u32 = 0; i < count; i++) {
    const vma = vmaAt(mm, i);
    pagesDrop(mm, vma.start, vma.end);
    vmaFree(vma);
  }
  tableFree(mm.root, 3);
  if (mm.exe) fileDrop(mm.exe);
  tlbForget(mm.tlb);
  kfree(mm.savedAuxv);
  kfree(mm.vmas);
  kfree(mm.tlb);
  mm.unlink();
  kfree(changetype<usize>(mm));
}

/** sizeof mm->saved_auxv. */
export const AUXV_BYTES: u32 = 448;

/** Keeps a copy of the AUXV_BYTES at `from`; false = out of memory. */
export function auxvSave(mm: Mm, from: usize): bool {
  if (!mm.savedAuxv) mm.savedAuxv = kmalloc(AUXV_BYTES);
  if (!mm.savedAuxv) return false;
  memory.copy(mm.savedAuxv, from, AUXV_BYTES);
  return true;
}

/** Page tables of TABLE_BYTES. */
export function tableCount(mm: Mm): u32 {
  return countTables(mm.root, 3);
}

function countTables(table: usize, level: u32): u32 {
  let n: u32 = 1;
  if (!level) return n;
  for (let i: usize = 0; i < TABLE_BYTES; i += 4) if (load<u32>(table + i)) n += countTables(load<u32>(table + i), level - 1);
  return n;
}

/** Pages of the mapping that are present. */
export function vmaPresent(mm: Mm, vma: Vma): u64 {
  let n: u64 = 0;
  for (let a = pageNext(mm, vma.start); a < vma.end; a = pageNext(mm, a + 4096)) if (load<u32>(pteFind(mm, a))) n++;
  return n;
}

function tableFree(table: usize, level: u32): void {
  if (level) {
    for (let i: usize = 0; i < TABLE_BYTES; i += 4) {
      const child = load<u32>(table + i);
      if (child) tableFree(child, level - 1);
    }
  }
  kfree(table);
}

// @ts-ignore: decorator
@inline
export function vmaAt(mm: Mm, index: u32): Vma {
  return changetype<Vma>(load<u32>(mm.vmas + (index << 2)));
}

/** Index of the first vma with end > addr; vmaCount when there is none. */
export function vmaLower(mm: Mm, addr: u64): u32 {
  let low: u32 = 0;
  let high = mm.vmaCount;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (vmaAt(mm, mid).end > addr) high = mid;
    else low = mid + 1;
  }
  return low;
}

/** The vma that covers addr, or null. */
export function vmaFind(mm: Mm, addr: u64): Vma | null {
  const i = vmaLower(mm, addr);
  if (i == mm.vmaCount) return null;
  const vma = vmaAt(mm, i);
  return vma.start <= addr ? vma : null;
}

/** Puts vma in the sorted array; false = out of memory. */
export function vmaInsert(mm: Mm, vma: Vma): bool {
  if (mm.vmaCount == mm.vmaRoom) {
    const room = mm.vmaRoom ? mm.vmaRoom * 2 : 16;
    const bigger = kmalloc(room << 2);
    if (!bigger) return false;
    memory.copy(bigger, mm.vmas, mm.vmaCount << 2);
    kfree(mm.vmas);
    mm.vmas = bigger;
    mm.vmaRoom = room;
  }
  const i = vmaLower(mm, vma.start);
  const at = mm.vmas + (i << 2);
  memory.copy(at + 4, at, (mm.vmaCount - i) << 2);
  store<u32>(at, <u32>changetype<usize>(vma));
  mm.vmaCount++;
  mm.totalPages += (vma.end - vma.start) >> 12;
  return true;
}

/** Takes vma number `index` out of the array (it is not freed). */
export function vmaRemove(mm: Mm, index: u32): void {
  const at = mm.vmas + (index << 2);
  const vma = changetype<Vma>(load<u32>(at));
  mm.totalPages -= (vma.end - vma.start) >> 12;
  memory.copy(at, at + 4, (mm.vmaCount - index - 1) << 2);
  mm.vmaCount--;
}

// @ts-ignore: decorator
@inline
function vmaLink(vma: Vma): Link {
  return changetype<Link>(changetype<usize>(vma) + offsetof<Vma>("linkNext"));
}

export function vmaOfLink(link: Link): Vma {
  return changetype<Vma>(changetype<usize>(link) - offsetof<Vma>("linkNext"));
}

/** A new vma that holds references on `mapping` and `file`; null = out of memory. */
export function vmaNew(mm: Mm, start: u64, end: u64, prot: u32, flags: u32, mapping: Mapping | null, pgoff: u64, file: u32): Vma | null {
  const vma = changetype<Vma>(kzalloc(offsetof<Vma>()));
  if (!changetype<usize>(vma)) return null;
  vma.mm = mm;
  vma.start = start;
  vma.end = end;
  vma.prot = prot;
  vma.flags = flags;
  vma.pgoff = pgoff;
  vma.file = file;
  vma.mapping = mapping;
  vmaLink(vma).reset();
  if (mapping) {
    mapping.refs++;
    vmaLink(vma).append(mappingVmas(mapping));
    if (flags & VM_SYSV) shmOpen(mapping);
  }
  if (file) fileHold(file);
  return vma;
}

export function vmaFree(vma: Vma): void {
  vmaLink(vma).unlink();
  const mapping = vma.mapping;
  if (mapping) {
    if (vma.flags & VM_SYSV) shmClose(mapping);
    if (mapping.dirty) hostWriteBack(mapping);
    mappingDrop(mapping);
  }
  // The file keeps the file system alive that the pages count in.
  if (vma.file) fileDrop(vma.file);
  kfree(changetype<usize>(vma));
}

/** Address of the entry for guest address `addr`, or 0 when its table does not exist. */
export function pteFind(mm: Mm, addr: u64): usize {
  let table = mm.root;
  for (let shift: u64 = 39; shift > 12; shift -= 9) {
    table = load<u32>(table + ((<u32>(addr >> shift) & 511) << 2));
    if (!table) return 0;
  }
  return table + ((<u32>(addr >> 12) & 511) << 2);
}

/** As pteFind, making tables as needed; 0 = out of memory. */
export function pteMake(mm: Mm, addr: u64): usize {
  let table = mm.root;
  for (let shift: u64 = 39; shift > 12; shift -= 9) {
    const slot = table + ((<u32>(addr >> shift) & 511) << 2);
    table = load<u32>(slot);
    if (!table) {
      table = kzalloc(TABLE_BYTES);
      if (!table) return 0;
      store<u32>(slot, <u32>table);
    }
  }
  return table + ((<u32>(addr >> 12) & 511) << 2);
}

/** First address >= addr that may have a page, skipping absent tables; `pte` of it through the return of pteFind. */
export function pageNext(mm: Mm, addr: u64): u64 {
  while (addr < TASK_SIZE) {
    let table = mm.root;
    let shift: u64 = 39;
    for (; shift > 12; shift -= 9) {
      table = load<u32>(table + ((<u32>(addr >> shift) & 511) << 2));
      if (!table) break;
    }
    if (shift == 12) return addr;
    addr = ((addr >> shift) + 1) << shift;
  }
  return addr;
}

/** Drops all pages of [start, end) from the page table and the TLB. */
export function pagesDrop(mm: Mm, start: u64, end: u64): void {
  if (!mm.rss) return;
  for (let a = pageNext(mm, start); a < end; ) {
    const pte = pteFind(mm, a);
    // One table at a time.
    const stop = min((a | 0x1fffff) + 1, end);
    let slot = pte;
    for (let p = a; p < stop; p += 4096, slot += 4) {
      const entry = load<u32>(slot);
      if (!entry) continue;
      store<u32>(slot, 0);
      mm.rss--;
      frameDrop(entry & PTE_FRAME);
    }
    a = pageNext(mm, stop);
  }
  tlbDropRange(mm, start, end);
}

/** A copy of `parent` for fork(2): private pages become copy on write. Null = out of memory. */
export function mmFork(parent: Mm): Mm | null {
  const mm = mmNew();
  if (!mm) return null;
  mm.codeGen = parent.codeGen;
  memory.copy(changetype<usize>(mm) + offsetof<Mm>("brkStart"), changetype<usize>(parent) + offsetof<Mm>("brkStart"), offsetof<Mm>() - offsetof<Mm>("brkStart"));
  mm.modes = mmModesInherited(mm.modes);
  mm.savedAuxv = 0;
  if (mm.exe) fileHold(mm.exe);
  if (parent.savedAuxv && !auxvSave(mm, parent.savedAuxv)) {
    mmDrop(mm);
    return null;
  }
  const count = parent.vmaCount;
  for (let i: u32 = 0; i < count; i++) {
    const from = vmaAt(parent, i);
    if (from.flags & VM_DONTCOPY) continue;
    const vma = vmaNew(mm, from.start, from.end, from.prot, from.flags & ~VM_LOCKED, from.mapping, from.pgoff, from.file);
    if (!vma || !vmaInsert(mm, vma) || !(from.flags & VM_WIPEONFORK || pagesShare(parent, mm, from))) {
      mmDrop(mm);
      tlbClearWrite(parent.tlb);
      return null;
    }
  }
  tlbClearWrite(parent.tlb);
  return mm;
}

/** Lets `child` see the parent's present pages of `vma`; private ones lose PTE_W on both sides. */
function pagesShare(parent: Mm, child: Mm, vma: Vma): bool {
  const shared = vma.flags & VM_SHARED;
  const end = vma.end;
  for (let a = pageNext(parent, vma.start); a < end; ) {
    let from = pteFind(parent, a);
    const stop = min((a | 0x1fffff) + 1, end);
    let to: usize = 0;
    for (let p = a; p < stop; p += 4096, from += 4) {
      let entry = load<u32>(from);
      if (to) to += 4;
      if (!entry) continue;
      if (!to) {
        to = pteMake(child, p);
        if (!to) return false;
      }
      if (!shared && entry & PTE_W) {
        entry &= ~PTE_W;
        store<u32>(from, entry);
      }
      store<u32>(to, entry);
      frameHold(entry & PTE_FRAME);
      child.rss++;
    }
    a = pageNext(parent, stop);
  }
  child.rssPeak = child.rss;
  return true;
}

/** Whether a write to this frame through a private mapping needs a copy. */
export function frameNeedsCopy(host: usize): bool {
  const frame = frameInfo(host);
  return frame.refs > 1 || (frame.flags & FRAME_CACHE) != 0;
}
