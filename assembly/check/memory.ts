// Frames and kernel objects: the buddy lists and the free lists of the size classes are sound and nothing is on two of
// them; every object in use is reached from the static data. Reaching is conservative, as in Linux's kmemleak: any word
// that holds an address inside an object refers to it.
import { FRAME_FREE, FRAME_KERNEL, FRAME_KIND_MASK, FRAME_ORDER_SHIFT, FRAME_SLAB, FRAME_USER, MAX_ORDER, PAGE_SHIFT, PAGE_SIZE, frameOf, framesFreeFirst, framesParts, framesUsed } from "../mm/frames";
import { CLASS_COUNT, classFree, classLive, classSize } from "../mm/kmalloc";
import { MARK_FREE, MARK_REACHED, areaBase, isMarked, mark, marksClear, workPop, workPush } from "./area";
import { same, violation } from "./violation";

const SLABS = memory.data(64, 4); // frames of each class

// @ts-ignore: decorator
@inline
function firstFrame(): u32 {
  return <u32>(framesParts(1) >> PAGE_SHIFT);
}

// @ts-ignore: decorator
@inline
function endFrame(): u32 {
  return <u32>(framesParts(2) >> PAGE_SHIFT);
}

export function checkMemory(): void {
  marksClear(firstFrame(), endFrame());
  checkBlocks();
  for (let i = 0; i < CLASS_COUNT; i++) checkClass(i);
}

/** Blocks follow each other without gap; the free ones are on their lists, once each. */
function checkBlocks(): void {
  let used: u32 = 0;
  let free: u32 = 0;
  memory.fill(SLABS, 0, 64);
  const end = endFrame();
  let number = firstFrame();
  while (number < end) {
    const flags = frameOf(number).flags;
    const kind = flags & FRAME_KIND_MASK;
    const order = flags >> FRAME_ORDER_SHIFT;
    if (kind == FRAME_FREE) {
      if (order > MAX_ORDER || number & ((1 << order) - 1)) violation("free block", number << PAGE_SHIFT, 0, flags);
      free++;
      number += 1 << order;
      continue;
    }
    if (kind == FRAME_SLAB) {
      const count = SLABS + (order << 2);
      store<u32>(count, load<u32>(count) + 1);
    } else if (kind != FRAME_KERNEL && kind != FRAME_USER) violation("kind of a frame", number << PAGE_SHIFT, FRAME_USER, flags);
    const frames: u32 = kind == FRAME_KERNEL ? 1 << order : 1;
    used += frames;
    number += frames;
  }
  same("frames in use", 0, used, framesUsed());
  same("blocks on the free lists", 0, free, listed());
}

function listed(): u32 {
  let count: u32 = 0;
  for (let order: u32 = 0; order <= MAX_ORDER; order++) {
    let before: u32 = 0;
    for (let n = framesFreeFirst(order); n; n = frameOf(n).next) {
      const at = <usize>n << PAGE_SHIFT;
      if (n < firstFrame() || n >= endFrame()) violation("frame on a free list", at, 0, n);
      if (isMarked(at, MARK_FREE)) violation("frame that is free twice", at, 1, 2);
      mark(at, MARK_FREE);
      same("flags of a free block", at, FRAME_FREE | (order << FRAME_ORDER_SHIFT), frameOf(n).flags);
      same("back link of a free block", at, before, frameOf(n).prev);
      before = n;
      count++;
    }
  }
  return count;
}

function checkClass(index: i32): void {
  const size = classSize(index);
  let free: u32 = 0;
  for (let p = classFree(index); p; p = load<u32>(p)) {
    const number = <u32>(p >> PAGE_SHIFT);
    if (number < firstFrame() || number >= endFrame() || frameOf(number).flags != (FRAME_SLAB | (<u32>index << FRAME_ORDER_SHIFT)) || (<u32>p & (PAGE_SIZE - 1)) % size) {
      violation("object on a free list", p, size, 0);
    }
    if (isMarked(p, MARK_FREE)) violation("object that is free twice", p, 1, 2);
    mark(p, MARK_FREE);
    free++;
  }
  same("objects in use of a size", size, load<u32>(SLABS + (<usize>index << 2)) * (PAGE_SIZE / size) - free, classLive(index));
}

// ── leaks ───────────────────────────────────────────────────────────────────────────

/** The start of what is in use at `address`, 0 = nothing is. */
function objectAt(address: u32): usize {
  const number = address >> PAGE_SHIFT;
  if (number < firstFrame() || number >= endFrame()) return 0;
  const flags = frameOf(number).flags;
  switch (flags & FRAME_KIND_MASK) {
    case FRAME_SLAB: {
      const size = classSize(flags >> FRAME_ORDER_SHIFT);
      const index = (address & (PAGE_SIZE - 1)) / size;
      const object = <usize>(number << PAGE_SHIFT) + index * size;
      return (index + 1) * size > PAGE_SIZE || isMarked(object, MARK_FREE) ? 0 : object;
    }
    case FRAME_USER:
    case FRAME_KERNEL: return <usize>number << PAGE_SHIFT;
    case FRAME_FREE: return 0;
    default: return blockAround(number);
  }
}

/** The block of frames in use that a later frame of it belongs to. */
function blockAround(number: u32): usize {
  for (let order: u32 = 1; order <= MAX_ORDER; order++) {
    const start = number & ~((1 << order) - 1);
    if (start < firstFrame()) return 0;
    const flags = frameOf(start).flags;
    if ((flags & FRAME_KIND_MASK) == FRAME_KERNEL && flags >> FRAME_ORDER_SHIFT >= order) return <usize>start << PAGE_SHIFT;
  }
  return 0;
}

/** Bytes of the object that may hold addresses of others. */
function scannedBytes(object: usize): u32 {
  const flags = frameOf(<u32>(object >> PAGE_SHIFT)).flags;
  const order = flags >> FRAME_ORDER_SHIFT;
  switch (flags & FRAME_KIND_MASK) {
    case FRAME_SLAB: return classSize(order);
    case FRAME_KERNEL: return order > CODE_ORDER ? 0 : PAGE_SIZE << order;
    default: return 0; // what guests keep
  }
}
/** Larger blocks hold decoded code. */
const CODE_ORDER: u32 = 6;

function scan(from: usize, bytes: u32): void {
  const low = <u32>framesParts(1);
  const high = <u32>framesParts(2);
  for (let end = from + (bytes & ~3); from < end; from += 4) {
    const word = load<u32>(from);
    if (word < low || word >= high) continue;
    const object = objectAt(word);
    if (!object || isMarked(object, MARK_REACHED)) continue;
    mark(object, MARK_REACHED);
    if (!workPush(<u32>object)) violation("room for the check", 0, 0, 0);
  }
}

/** After checkMemory: everything in use is reached. */
export function checkReach(): void {
  scan(0, <u32>areaBase());
  for (let object = workPop(); object; object = workPop()) scan(object, scannedBytes(object));
  const end = endFrame();
  let number = firstFrame();
  while (number < end) {
    const flags = frameOf(number).flags;
    const kind = flags & FRAME_KIND_MASK;
    const at = <usize>number << PAGE_SHIFT;
    if (kind == FRAME_SLAB) checkSlab(at, classSize(flags >> FRAME_ORDER_SHIFT));
    else if (kind != FRAME_FREE && !isMarked(at, MARK_REACHED)) violation(kind == FRAME_USER ? "leaked page" : "leaked block", at, 1, 0);
    number += kind == FRAME_FREE || kind == FRAME_KERNEL ? 1 << (flags >> FRAME_ORDER_SHIFT) : 1;
  }
}

function checkSlab(page: usize, size: u32): void {
  const count = PAGE_SIZE / size;
  for (let i: u32 = 0; i < count; i++) {
    const object = page + i * size;
    if (!isMarked(object, MARK_FREE) && !isMarked(object, MARK_REACHED)) violation("leaked object of a size", object, size, load<u32>(object));
  }
}
