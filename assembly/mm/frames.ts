// Physical memory: 4 KiB frames of the linear memory, handed out by a buddy allocator.
//
//   0 ────────┬──────────────┬─────────────────────────┬──────────┐
//    static   │ Frame[max]   │ frames in use and free  │ not yet  │
//    data     │ 32 bytes each│ (buddy lists)           │ touched  │
//   ──────────┴──────────────┴─────────────────────────┴──────────┘
//             tableBase      firstFrame                bump       limit
//
// A frame's description is found from its address; the frame of description 0 is never used.
import { Link } from "../lib/list";

export const PAGE_SHIFT: u32 = 12;
export const PAGE_SIZE: u32 = 4096;
export const PAGE_MASK: u64 = 0xfff;

/** What a frame is used for; the low byte of Frame.flags. */
export const FRAME_FREE: u32 = 0;
export const FRAME_USER: u32 = 1;
export const FRAME_KERNEL: u32 = 2; // a block of 2^order frames from kmalloc or framesAlloc
export const FRAME_SLAB: u32 = 3; // kmalloc objects of one size class
export const FRAME_TAIL: u32 = 4; // not the first frame of a block
export const FRAME_KIND_MASK: u32 = 0xff;
/** Some address space may hold a write-TLB entry for this frame. */
export const FRAME_WRITE_TLB: u32 = 0x100;
/** Owned by a page cache (Mapping): never written through a private mapping. */
export const FRAME_CACHE: u32 = 0x200;
/** A page of a host file that a shared mapping may have changed. */
export const FRAME_DIRTY: u32 = 0x400;
/** A page of a tmpfs that fallocate(2) made and nobody has written: lseek(2) takes it for a hole. */
export const FRAME_UNWRITTEN: u32 = 0x800;
export const FRAME_ORDER_SHIFT: u32 = 16; // order, or the size class of a slab

@unmanaged
export class Frame {
  /** PTEs, page-cache slots, pipe buffers that refer to this frame. */
  refs: u32;
  flags: u32;
  /** One bit per 64-byte line that the CPU has decoded. */
  codeLines: u64;
  /** Head of the CPU's list of sequences decoded from this frame. */
  code: u32;
  /** Free-list links (as frame numbers) while free. */
  next: u32;
  prev: u32;
  spare: u32;
}

export const FRAME_STRUCT_SHIFT: u32 = 5;
export const MAX_ORDER: u32 = 10;

const STATE = memory.data(128, 8);
// u32 tableBase, maxFrames, firstFrame, bump, limitFrame, freeFrames, usedFrames; then heads[11]
const TABLE_BASE: usize = 0;
const MAX_FRAMES: usize = 4;
const BUMP: usize = 8;
const GROWN: usize = 12;
const USED: usize = 16;
const PEAK: usize = 20;
const FIRST: usize = 24;
const HEADS: usize = 32;

/** The description of the frame that holds linear address `host`. */
// @ts-ignore: decorator
@inline
export function frameInfo(host: usize): Frame {
  return changetype<Frame>(load<u32>(STATE + TABLE_BASE) + ((host >> PAGE_SHIFT) << FRAME_STRUCT_SHIFT));
}

// @ts-ignore: decorator
@inline
function info(number: u32): Frame {
  return changetype<Frame>(load<u32>(STATE + TABLE_BASE) + (number << FRAME_STRUCT_SHIFT));
}

/** The description of a frame by its number. */
export function frameOf(number: u32): Frame {
  return info(number);
}

/** The first free block of 2^order frames, a frame's number; 0 = none. */
export function framesFreeFirst(order: u32): u32 {
  return load<u32>(head(order));
}

// @ts-ignore: decorator
@inline
function head(order: u32): usize {
  return STATE + HEADS + (order << 2);
}

/** Prepares the allocator. `maxFrames` bounds the linear memory in 4 KiB pages (at most 1,048,575); all below `base` is left alone. */
export function framesInit(maxFrames: u32, base: u32 = <u32>__heap_base): void {
  const start = (base + 0xffff) & ~0xffff;
  const tableBytes = (maxFrames << FRAME_STRUCT_SHIFT) + 0xffff & ~0xffff;
  const first = start + tableBytes;
  store<u32>(STATE + TABLE_BASE, start);
  store<u32>(STATE + MAX_FRAMES, maxFrames);
  store<u32>(STATE + FIRST, first >> PAGE_SHIFT);
  store<u32>(STATE + BUMP, first >> PAGE_SHIFT);
  store<u32>(STATE + USED, 0);
  store<u32>(STATE + PEAK, 0);
  ensure(first >> PAGE_SHIFT);
  for (let order: u32 = 0; order <= MAX_ORDER; order++) store<u32>(head(order), 0);
}

/** Frames that are handed out now. */
export function framesUsed(): u32 {
  return load<u32>(STATE + USED);
}

/** Most frames ever handed out at one time. */
export function framesPeak(): u32 {
  return load<u32>(STATE + PEAK);
}

/** Frames that may be handed out in all. */
export function framesTotal(): u32 {
  return load<u32>(STATE + MAX_FRAMES) - load<u32>(STATE + FIRST);
}

/** Page-aligned bounds of what is in use. 0: end of the descriptions of frames ever handed out; 1: first frame; 2: first frame never handed out. */
export function framesParts(which: i32): usize {
  const bump = load<u32>(STATE + BUMP);
  if (which == 0) return (<usize>load<u32>(STATE + TABLE_BASE) + (<usize>bump << FRAME_STRUCT_SHIFT) + 0xfff) & ~<usize>0xfff;
  return <usize>(which == 1 ? load<u32>(STATE + FIRST) : bump) << PAGE_SHIFT;
}

/** Linear memory reaches at least frame number `end`; false when it may not. */
function ensure(end: u32): bool {
  const have = <u32>memory.size() << 4;
  if (end <= have) return true;
  const max = load<u32>(STATE + MAX_FRAMES);
  if (end > max) return false;
  let want = have + (have >> 1) + 1024;
  if (want < end) want = end;
  if (want > max) want = max;
  const pages = <i32>((want - have + 15) >> 4);
  if (memory.grow(pages) >= 0) return true;
  return memory.grow(<i32>((end - have + 15) >> 4)) >= 0;
}

function push(number: u32, order: u32): void {
  const frame = info(number);
  const next = load<u32>(head(order));
  frame.flags = FRAME_FREE | (order << FRAME_ORDER_SHIFT);
  frame.next = next;
  frame.prev = 0;
  if (next) info(next).prev = number;
  store<u32>(head(order), number);
}

function remove(number: u32, order: u32): void {
  const frame = info(number);
  if (frame.next) info(frame.next).prev = frame.prev;
  if (frame.prev) info(frame.prev).next = frame.next;
  else store<u32>(head(order), frame.next);
}

/** 2^order contiguous frames whose first has `kind`; returns their linear address or 0. Not zeroed. */
export function framesAlloc(order: u32, kind: u32): usize {
  let number: u32 = 0;
  let have = order;
  for (; have <= MAX_ORDER; have++) {
    number = load<u32>(head(have));
    if (number) break;
  }
  if (number) {
    remove(number, have);
    while (have > order) {
      have--;
      push(number + (1 << have), have);
    }
  } else {
    number = bumpAlloc(order);
    if (!number) return 0;
  }
  const frame = info(number);
  frame.flags = kind | (order << FRAME_ORDER_SHIFT);
  frame.refs = 1;
  frame.codeLines = 0;
  frame.code = 0;
  const count: u32 = 1 << order;
  for (let i: u32 = 1; i < count; i++) info(number + i).flags = FRAME_TAIL;
  const used = load<u32>(STATE + USED) + count;
  store<u32>(STATE + USED, used);
  if (used > load<u32>(STATE + PEAK)) store<u32>(STATE + PEAK, used);
  return <usize>number << PAGE_SHIFT;
}

function bumpAlloc(order: u32): u32 {
  const size: u32 = 1 << order;
  let bump = load<u32>(STATE + BUMP);
  const number = (bump + size - 1) & ~(size - 1);
  if (number + size > load<u32>(STATE + MAX_FRAMES) || !ensure(number + size)) return 0;
  store<u32>(STATE + BUMP, number + size);
  while (bump < number) {
    // Give the skipped frames to the lists, in the largest aligned blocks.
    let o: u32 = ctz(bump);
    while (bump + (1 << o) > number) o--;
    push(bump, o);
    bump += 1 << o;
  }
  return number;
}

/** Gives back 2^order frames from framesAlloc, merging buddies. */
export function framesFree(host: usize, order: u32): void {
  let number = <u32>(host >> PAGE_SHIFT);
  store<u32>(STATE + USED, load<u32>(STATE + USED) - (1 << order));
  const end = load<u32>(STATE + BUMP);
  while (order < MAX_ORDER) {
    const buddy = number ^ (1 << order);
    if (buddy < load<u32>(STATE + FIRST) || buddy + (1 << order) > end) break;
    if (info(buddy).flags != (FRAME_FREE | (order << FRAME_ORDER_SHIFT))) break;
    remove(buddy, order);
    info(number > buddy ? number : buddy).flags = FRAME_TAIL;
    if (buddy < number) number = buddy;
    order++;
  }
  push(number, order);
}
