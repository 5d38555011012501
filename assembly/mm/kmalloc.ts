// Kernel objects: size classes cut from single frames, whole blocks of frames above 2 KiB.
// Freed objects go to their class's list; nothing is moved, so addresses are identities.
import { CHOOSE_ALLOC, choose } from "../lib/choose";
import {
  FRAME_KERNEL,
  FRAME_KIND_MASK,
  FRAME_ORDER_SHIFT,
  FRAME_SLAB,
  PAGE_SIZE,
  frameInfo,
  framesAlloc,
  framesFree,
} from "./frames";

// Classes 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1360, 2048.
export const CLASS_COUNT: i32 = 14;
const CLASS_SIZES = memory.data<u16>([16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1360, 2048]);
const HEADS = memory.data(64, 4);
const COUNTS = memory.data(64, 4);

// @ts-ignore: decorator
@inline
export function classSize(index: i32): u32 {
  return load<u16>(CLASS_SIZES + (index << 1));
}

/** The first free object of a class; each holds the address of the next. */
export function classFree(index: i32): usize {
  return load<u32>(HEADS + (index << 2));
}

/** Objects of a class that are in use. */
export function classLive(index: i32): u32 {
  return load<u32>(COUNTS + (index << 2));
}

function classOf(size: u32): i32 {
  let index = 0;
  while (classSize(index) < size) index++;
  return index;
}

export function kmallocInit(): void {
  memory.fill(HEADS, 0, 64);
  memory.fill(COUNTS, 0, 64);
}

/** `size` bytes of zeroed kernel memory, 16-byte aligned (a power of two below a page is not aligned further); 0 when there is none. */
export function kzalloc(size: u32): usize {
  const p = kmalloc(size);
  if (p) memory.fill(p, 0, size);
  return p;
}

/** As kzalloc, with contents left undefined. */
export function kmalloc(size: u32): usize {
  if (choose(CHOOSE_ALLOC, 2)) return 0;
  if (size > 2048) {
    let order: u32 = 0;
    while ((PAGE_SIZE << order) < size) order++;
    return order > 10 ? 0 : framesAlloc(order, FRAME_KERNEL);
  }
  const index = classOf(size);
  const slot = HEADS + (index << 2);
  let p = load<u32>(slot);
  if (!p) {
    p = <u32>refill(index);
    if (!p) return 0;
  }
  store<u32>(slot, load<u32>(p));
  store<u32>(COUNTS + (index << 2), load<u32>(COUNTS + (index << 2)) + 1);
  return p;
}

function refill(index: i32): usize {
  const page = framesAlloc(0, FRAME_SLAB);
  if (!page) return 0;
  const frame = frameInfo(page);
  frame.flags = FRAME_SLAB | (<u32>index << FRAME_ORDER_SHIFT);
  const size = classSize(index);
  const count = PAGE_SIZE / size;
  let next: u32 = 0;
  for (let i: i32 = count - 1; i >= 0; i--) {
    const object = <u32>page + <u32>i * size;
    store<u32>(object, next);
    next = object;
  }
  store<u32>(HEADS + (index << 2), next);
  return next;
}

/** Gives back what kmalloc or kzalloc returned; 0 is allowed. */
export function kfree(p: usize): void {
  if (!p) return;
  const frame = frameInfo(p);
  const order = frame.flags >> FRAME_ORDER_SHIFT;
  if ((frame.flags & FRAME_KIND_MASK) == FRAME_SLAB) {
    const slot = HEADS + (order << 2);
    store<u32>(p, load<u32>(slot));
    store<u32>(slot, <u32>p);
    store<u32>(COUNTS + (order << 2), load<u32>(COUNTS + (order << 2)) - 1);
    return;
  }
  framesFree(p, order);
}

/** Kernel objects alive now, all classes (whole blocks not counted). */
export function kmallocLive(): u32 {
  let sum: u32 = 0;
  for (let i = 0; i < CLASS_COUNT; i++) sum += load<u32>(COUNTS + (i << 2));
  return sum;
}
