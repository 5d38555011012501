// Translation of guest addresses: the software TLB, and the page-fault path behind it.
//
//   entry, 16 bytes:  u64 tag (address of the guest page, TLB_EMPTY when unused)
//                     u32 addend (host page − low half of the guest page), u32 unused
//
// Reads and writes have arrays of their own. A write entry exists only for a page that may
// be stored to with no further work: present, writable, not copy on write, no decoded code.
import { usageFault } from "../task/usage";
import { ENOMEM } from "../abi/errno";
import { CPU, FAULT_CODE, FAULT_CR2, FAULT_ERROR, FAULT_SIGNAL, FAULT_VECTOR } from "../cpu/state";
import { codeGen, codeGenSet, codeInvalidate, newCodeGen } from "../cpu/code";
import { FRAME_USER, FRAME_WRITE_TLB, PAGE_SIZE, frameInfo, framesAlloc } from "./frames";
import { MAPPING_SHARED_HOST, Mapping, mappingGet, mappingError, mappingMarkDirty } from "./mapping";
import { frameDrop, frameHold } from "./refs";
import { WATCHED, WATCH_READ, WATCH_WRITE, watchKeeps, watchNote, watchRefuses, watching } from "./watch";
import {
  Mm,
  PTE_FRAME,
  PTE_PRESENT,
  PTE_R,
  PTE_W,
  PTE_X,
  TASK_SIZE,
  VM_GROWSDOWN,
  VM_SHARED,
  Vma,
  frameNeedsCopy,
  mmList,
  pteFind,
  pteMake,
  vmaAt,
  vmaLower,
} from "./space";

export const TLB_BITS: u32 = 10;
export const TLB_ENTRIES: u32 = 1 << TLB_BITS;
export const TLB_BYTES: u32 = TLB_ENTRIES << 4;
/** Every byte of an unused tag; never a page address. */
const TLB_EMPTY_BYTE: u8 = 1;

export const ACCESS_READ: u32 = 0;
export const ACCESS_WRITE: u32 = 2;
export const ACCESS_EXEC: u32 = 16;

const PROT_READ: u32 = 1;
const PROT_WRITE: u32 = 2;
const PROT_EXEC: u32 = 4;

/** Base of the current address space's read and write arrays; set at a task switch. */
export let tlbRead: usize = 0;
export let tlbWrite: usize = 0;
/** The current address space. */
export let currentMm: Mm = changetype<Mm>(0);

const RBOUNCE: usize = memory.data(4096, 64);
/** Where a store that straddles two pages goes; see memWriteCommit. */
export const WBOUNCE: usize = memory.data(4096, 64);
const COMMIT = memory.data(16, 4);

/** Makes `mm` the one that guest addresses mean. */
export function mmActivate(mm: Mm): void {
  currentMm = mm;
  tlbRead = mm.tlb;
  tlbWrite = mm.tlb + TLB_BYTES;
  codeGenSet(mm.codeGen);
}

export function tlbClear(tlb: usize): void {
  memory.fill(tlb, TLB_EMPTY_BYTE, TLB_BYTES * 2);
}

export function tlbClearWrite(tlb: usize): void {
  memory.fill(tlb + TLB_BYTES, TLB_EMPTY_BYTE, TLB_BYTES);
}

/** No address space is the current one. */
export function tlbForgetCurrent(): void {
  tlbForget(tlbRead);
}

/** The arrays at `tlb` are about to be freed. */
export function tlbForget(tlb: usize): void {
  if (tlbRead == tlb) {
    tlbRead = 0;
    tlbWrite = 0;
    currentMm = changetype<Mm>(0);
  }
}

// @ts-ignore: decorator
@inline
function slotOf(addr: u64): usize {
  return <usize>((<u32>(addr >> 12) & (TLB_ENTRIES - 1)) << 4);
}

/** Forgets the translations of [start, end) in mm. */
export function tlbDropRange(mm: Mm, start: u64, end: u64): void {
  if (end - start > 64 * 4096) {
    tlbClear(mm.tlb);
    return;
  }
  for (let a = start & ~(<u64>0xfff); a < end; a += 4096) {
    const slot = mm.tlb + slotOf(a);
    if (load<u64>(slot) == a) store<u64>(slot, 1);
    if (load<u64>(slot + TLB_BYTES) == a) store<u64>(slot + TLB_BYTES, 1);
  }
}

/** Forgets every write entry, in all address spaces, that leads to the frame at `host`. */
function tlbDropWriters(host: usize): void {
  const list = mmList();
  for (let link = list.next; link !== list; link = link.next) {
    let slot = changetype<Mm>(changetype<usize>(link)).tlb + TLB_BYTES;
    for (let i: u32 = 0; i < TLB_ENTRIES; i++, slot += 16) {
      const tag = load<u64>(slot);
      if (<u32>tag + load<u32>(slot, 8) == <u32>host && !(tag & 0xfff)) store<u64>(slot, 1);
    }
  }
}

/** The CPU has decoded `len` bytes at `host`, all in one frame. */
export function memMarkCode(host: usize, len: i32): void {
  const page = host & ~0xfff;
  const frame = frameInfo(page);
  if (!frame.codeLines && frame.flags & FRAME_WRITE_TLB) {
    tlbDropWriters(page);
    frame.flags &= ~FRAME_WRITE_TLB;
  }
  frame.codeLines |= linesOf(host, len);
}

// @ts-ignore: decorator
@inline
function linesOf(host: usize, len: i32): u64 {
  const first = <u64>((host & 0xfff) >> 6);
  const last = <u64>(((host & 0xfff) + len - 1) >> 6);
  return (~(<u64>0) << first) & (~(<u64>0) >> (63 - last));
}

/** The kernel is about to store `len` bytes at `host` (in one frame) without a guest address. */
export function frameWillChange(host: usize, len: i32): void {
  const frame = frameInfo(host);
  if (frame.codeLines && frame.codeLines & linesOf(host, len)) codeInvalidate(host & ~0xfff);
}

function faultSet(addr: u64, vector: u32, error: u32, code: u32, signal: u32): usize {
  store<u32>(CPU, vector, FAULT_VECTOR);
  store<u32>(CPU, error, FAULT_ERROR);
  store<u64>(CPU, addr, FAULT_CR2);
  store<u32>(CPU, code, FAULT_CODE);
  store<u32>(CPU, signal, FAULT_SIGNAL);
  return 0;
}

/** Fault code (SI_KERNEL) of an address that is not canonical. */
export const NOT_CANONICAL: u32 = 0x80;
const SIGBUS: u32 = 7;
const SIGKILL: u32 = 9;
const SIGSEGV: u32 = 11;
const SEGV_MAPERR: u32 = 1;
const SEGV_ACCERR: u32 = 2;
const BUS_ADRERR: u32 = 2;

/** A fault at `addr`: sets the CPU's fault fields and returns 0. */
function pageFault(addr: u64, access: u32, code: u32, present: u32): usize {
  return faultSet(addr, 14, 4 | access | present, code, SIGSEGV);
}

/** An address that is not canonical: #GP, or #SS by way of exec.ts. */
function notCanonical(addr: u64): usize {
  return faultSet(addr, 13, 0, NOT_CANONICAL, SIGSEGV);
}

/** Of an operand over the end of a page, the first page cannot be reached; it may be the last below the hole. */
function straddleFault(addr: u64): usize {
  return addr >> 12 == 0x7ffffffff ? notCanonical(addr) : 0;
}

// @ts-ignore: decorator
@inline
function needs(access: u32): u32 {
  return access == ACCESS_WRITE ? PTE_W : access == ACCESS_EXEC ? PTE_X : PTE_R;
}

/**
 * Host address of the guest byte at `addr` for `access` in the current address space,
 * making the page present as needed; 0 with the fault fields set when that is not allowed.
 * `size` bytes from there, in the same page, may be stored to when access is ACCESS_WRITE.
 */
export function resolve(addr: u64, access: u32, size: i32): usize {
  const mm = currentMm;
  if (!changetype<usize>(mm)) return pageFault(addr, access, SEGV_MAPERR, 0);
  if (addr >= TASK_SIZE) {
    const top = <i64>addr >> 47;
    return top == 0 || top == -1 ? pageFault(addr, access, SEGV_MAPERR, 1) : notCanonical(addr);
  }
  let pte = pteFind(mm, addr);
  let entry = pte ? load<u32>(pte) : 0;
  if (!(entry & needs(access))) {
    entry = makePresent(mm, addr, access, entry);
    if (!entry) return 0;
  }
  const page = <usize>(entry & PTE_FRAME);
  install(mm, addr, page, entry, access);
  const host = page | <usize>(addr & 0xfff);
  if (access == ACCESS_WRITE) frameWillChange(host, size);
  return host;
}

function install(mm: Mm, addr: u64, page: usize, entry: u32, access: u32): void {
  const tag = addr & ~(<u64>0xfff);
  const slot = mm.tlb + slotOf(addr);
  const addend = <u32>page - <u32>tag;
  const watched = watching();
  if (entry & PTE_R && !(watched && watchKeeps(tag, false))) {
    store<u64>(slot, tag);
    store<u32>(slot, addend, 8);
  }
  if (access == ACCESS_WRITE) {
    const frame = frameInfo(page);
    if (frame.codeLines || (watched && watchKeeps(tag, true))) return;
    frame.flags |= FRAME_WRITE_TLB;
    store<u64>(slot + TLB_BYTES, tag);
    store<u32>(slot + TLB_BYTES, addend, 8);
  }
}

/** Grows a stack vma down to `addr` if it may; kernel: mm/vma.c expand_downwards(). */
function growStack(mm: Mm, index: u32, addr: u64): bool {
  if (index == mm.vmaCount) return false;
  const vma = vmaAt(mm, index);
  if (!(vma.flags & VM_GROWSDOWN)) return false;
  const start = addr & ~(<u64>0xfff);
  if (vma.end - start > mm.stackLimit) return false;
  if (index && vmaAt(mm, index - 1).end + 0x100000 > start) return false;
  mm.totalPages += (vma.start - start) >> 12;
  vma.start = start;
  return true;
}

function makePresent(mm: Mm, addr: u64, access: u32, entry: u32): u32 {
  const index = vmaLower(mm, addr);
  if (index == mm.vmaCount || vmaAt(mm, index).start > addr) {
    if (!growStack(mm, index, addr)) {
      pageFault(addr, access, SEGV_MAPERR, 0);
      return 0;
    }
  }
  usageFault();
  const vma = vmaAt(mm, index);
  const want = access == ACCESS_WRITE ? PROT_WRITE : access == ACCESS_EXEC ? PROT_EXEC : PROT_READ | PROT_WRITE;
  if (!(vma.prot & want)) {
    // A page without any access is not present for the CPU.
    pageFault(addr, access, SEGV_ACCERR, entry && vma.prot ? 1 : 0);
    return 0;
  }
  const pte = pteMake(mm, addr);
  if (!pte) return outOfMemory(addr);
  let flags = PTE_PRESENT;
  // On x86 a page that can be written can be read; execute-only pages can be read too.
  if (vma.prot) flags |= PTE_R;
  if (vma.prot & PROT_EXEC) flags |= PTE_X;
  const mapping = vma.mapping;
  const page = mapping
    ? mappedPage(vma, mapping, addr, access, entry, flags)
    : anonymousPage(vma, addr, access, entry, flags);
  if (!page) return 0;
  if (!entry) {
    mm.rss++;
    if (mm.rss > mm.rssPeak) mm.rssPeak = mm.rss;
  }
  store<u32>(pte, page);
  return page;
}

function outOfMemory(addr: u64): u32 {
  faultSet(addr, 14, 6, 0, SIGKILL);
  return 0;
}

/** The entry for a page of private anonymous memory. */
function anonymousPage(vma: Vma, addr: u64, access: u32, entry: u32, flags: u32): u32 {
  const old = <usize>(entry & PTE_FRAME);
  if (old) {
    if (access != ACCESS_WRITE) return <u32>old | flags;
    return privateCopy(addr, old, flags);
  }
  const page = framesAlloc(0, FRAME_USER);
  if (!page) return outOfMemory(addr);
  memory.fill(page, 0, PAGE_SIZE);
  if (vma.prot & PROT_WRITE) flags |= PTE_W;
  return <u32>page | flags;
}

/** A private page that is to be written: itself when nobody else has it, else a copy. */
function privateCopy(addr: u64, old: usize, flags: u32): u32 {
  if (!frameNeedsCopy(old)) return <u32>old | flags | PTE_W;
  const page = framesAlloc(0, FRAME_USER);
  if (!page) return outOfMemory(addr);
  memory.copy(page, old, PAGE_SIZE);
  frameDrop(old);
  // The read entry still leads to the old frame.
  tlbDropRange(currentMm, addr & ~(<u64>0xfff), (addr & ~(<u64>0xfff)) + 1);
  if (flags & PTE_X) codeMapChanged();
  return <u32>page | flags | PTE_W;
}

/** The entry for a page of a file, memfd or shared segment. */
function mappedPage(vma: Vma, mapping: Mapping, addr: u64, access: u32, entry: u32, flags: u32): u32 {
  const old = <usize>(entry & PTE_FRAME);
  const shared = vma.flags & VM_SHARED;
  if (old && !shared) {
    if (access != ACCESS_WRITE) return <u32>old | flags;
    return privateCopy(addr, old, flags);
  }
  const index = vma.pgoff + ((addr - vma.start) >> 12);
  if (index >= (mapping.size + 4095) >> 12) {
    faultSet(addr, 14, 4 | access, BUS_ADRERR, SIGBUS);
    return 0;
  }
  const cached = mappingGet(mapping, index);
  if (!cached) {
    if (mappingError == -ENOMEM) return outOfMemory(addr);
    faultSet(addr, 14, 4 | access, BUS_ADRERR, SIGBUS);
    return 0;
  }
  if (shared) {
    if (!old) frameHold(cached);
    let writable = vma.prot & PROT_WRITE ? PTE_W : 0;
    if (mapping.kind == MAPPING_SHARED_HOST && writable) {
      // The first store makes the page dirty.
      if (access == ACCESS_WRITE) mappingMarkDirty(mapping, cached);
      else writable = 0;
    }
    return <u32>cached | flags | writable;
  }
  frameHold(cached);
  return access == ACCESS_WRITE ? privateCopy(addr, cached, flags) : <u32>cached | flags;
}

/** The executable layout of the current address space changed: links across pages must be looked up again. */
export function codeMapChanged(): void {
  currentMm.codeGen = newCodeGen();
  codeGenSet(currentMm.codeGen);
}

/** Slow path of a read: host address of `size` readable bytes, a bounce copy when they straddle pages; 0 = fault. */
export function memRead(addr: u64, size: i32): usize {
  if (!watching()) return readable(addr, size);
  if (watchRefuses(addr, size, WATCH_READ)) return faultSet(addr, WATCHED, 0, 0, 0);
  const host = readable(addr, size);
  if (host) watchNote(addr, size, WATCH_READ, host);
  return host;
}

function readable(addr: u64, size: i32): usize {
  const room = 4096 - <i32>(addr & 0xfff);
  if (size <= room) return resolve(addr, ACCESS_READ, size);
  const low = resolve(addr, ACCESS_READ, room);
  if (!low) return straddleFault(addr);
  const high = resolve(addr + room, ACCESS_READ, size - room);
  if (!high) return 0;
  memory.copy(RBOUNCE, low, room);
  memory.copy(RBOUNCE + room, high, size - room);
  return RBOUNCE;
}

/**
 * Slow path of a write: host address to store `size` bytes to, 0 = fault. When it is WBOUNCE the
 * caller stores there (the old bytes are in it) and then calls memWriteCommit, which cannot fault.
 */
export function memWrite(addr: u64, size: i32): usize {
  if (!watching()) return writable(addr, size);
  if (watchRefuses(addr, size, WATCH_WRITE)) return faultSet(addr, WATCHED, 0, 0, 0);
  const host = writable(addr, size);
  if (host) watchNote(addr, size, WATCH_WRITE, host);
  return host;
}

function writable(addr: u64, size: i32): usize {
  const room = 4096 - <i32>(addr & 0xfff);
  if (size <= room) return resolve(addr, ACCESS_WRITE, size);
  let low = resolve(addr, ACCESS_WRITE, room);
  if (!low) return straddleFault(addr);
  const high = resolve(addr + room, ACCESS_WRITE, size - room);
  if (!high) return 0;
  memory.copy(WBOUNCE, low, room);
  memory.copy(WBOUNCE + room, high, size - room);
  store<u32>(COMMIT, <u32>low);
  store<u32>(COMMIT + 4, <u32>high);
  store<u32>(COMMIT + 8, <u32>room);
  store<u32>(COMMIT + 12, <u32>(size - room));
  return WBOUNCE;
}

/** Copies what was stored at WBOUNCE to the two pages. */
export function memWriteCommit(): void {
  const room = load<u32>(COMMIT + 8);
  memory.copy(load<u32>(COMMIT), WBOUNCE, room);
  memory.copy(load<u32>(COMMIT + 4), WBOUNCE + room, load<u32>(COMMIT + 12));
}

/** Host address of the byte at `addr` for execution; 0 = fault. */
export function memFetch(addr: u64): usize {
  const mm = currentMm;
  const pte = changetype<usize>(mm) && addr < TASK_SIZE ? pteFind(mm, addr) : 0;
  if (pte) {
    const entry = load<u32>(pte);
    if (entry & PTE_X) return <usize>(entry & PTE_FRAME) | <usize>(addr & 0xfff);
  }
  return resolve(addr, ACCESS_EXEC, 1);
}
