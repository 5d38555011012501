// Memory of the checks, between the module's static data and the kernel's frames; no part of the machine's state.
//
//   Entry[ENTRIES] │ u32 order[ENTRIES] │ work stack, u32[STACK] │ marks, 64 bytes a frame
//
// A frame's marks are two maps of a bit for each 16 bytes: objects on a free list, objects that were reached.
import { PAGE_SHIFT, framesParts } from "../mm/frames";

/** Counters of objects, found by the address of the counter. */
const ENTRY_BITS: u32 = 17;
const ENTRIES: u32 = 1 << ENTRY_BITS;
const STACK: u32 = 1 << 20;
const MARK_BYTES: u32 = 64;

/** A counter, and how many of what it counts have been found. */
@unmanaged
export class Entry {
  counter: u32;
  round: u32;
  object: u32;
  kind: u32;
  found: u32;
}

const STATE = memory.data(32, 8);
const BASE: usize = 0;
const ROUND: usize = 4;
const COUNT: usize = 8; // entries of this round
const DEPTH: usize = 12; // of the work stack

const ENTRY_BYTES: u32 = 20;

/** Keeps room for the checks of a machine of so many frames: its size in bytes. */
export function areaReserve(base: usize, maxFrames: u32): u32 {
  store<u32>(STATE + BASE, <u32>((base + 0xffff) & ~0xffff));
  const bytes = ENTRIES * (ENTRY_BYTES + 4) + STACK * 4 + (maxFrames + 0x10000) * MARK_BYTES;
  return ((bytes + 0xffff) & ~0xffff) + 0x10000;
}

/** The end of the static data, where conservative marking ends. */
export function areaBase(): usize {
  return load<u32>(STATE + BASE);
}

// @ts-ignore: decorator
@inline
function order(): usize {
  return areaBase() + ENTRIES * ENTRY_BYTES;
}

// @ts-ignore: decorator
@inline
function stack(): usize {
  return order() + ENTRIES * 4;
}

// @ts-ignore: decorator
@inline
function marks(frame: u32): usize {
  return stack() + STACK * 4 + (frame - <u32>(framesParts(1) >> PAGE_SHIFT)) * MARK_BYTES;
}

// ── counters ────────────────────────────────────────────────────────────────────────

/** A new round: no counters are known. */
export function areaBegin(): void {
  store<u32>(STATE + ROUND, load<u32>(STATE + ROUND) + 1);
  store<u32>(STATE + COUNT, 0);
  store<u32>(STATE + DEPTH, 0);
}

/** The entry of the counter, made when it is new: `found` of a new one is 0. Null: there are too many. */
export function entryOf(kind: u32, object: usize, counter: usize): Entry | null {
  const round = load<u32>(STATE + ROUND);
  let slot = (<u32>counter * 0x9e3779b1) >> (32 - ENTRY_BITS);
  while (true) {
    const entry = changetype<Entry>(areaBase() + slot * ENTRY_BYTES);
    if (entry.round != round) {
      const count = load<u32>(STATE + COUNT);
      if (count >= ENTRIES - 1) return null;
      entry.round = round;
      entry.counter = <u32>counter;
      entry.object = <u32>object;
      entry.kind = kind;
      entry.found = 0;
      store<u32>(order() + (count << 2), <u32>changetype<usize>(entry));
      store<u32>(STATE + COUNT, count + 1);
      return entry;
    }
    if (entry.counter == <u32>counter) return entry;
    slot = (slot + 1) & (ENTRIES - 1);
  }
}

export function entryCount(): u32 {
  return load<u32>(STATE + COUNT);
}

/** Entries in the order in which they were found. */
export function entryAt(i: u32): Entry {
  return changetype<Entry>(<usize>load<u32>(order() + (i << 2)));
}

// ── work ────────────────────────────────────────────────────────────────────────────

/** False when there is no room. */
export function workPush(what: u32): bool {
  const depth = load<u32>(STATE + DEPTH);
  if (depth >= STACK) return false;
  store<u32>(stack() + (depth << 2), what);
  store<u32>(STATE + DEPTH, depth + 1);
  return true;
}

/** What was put there last; 0 = nothing is left. */
export function workPop(): u32 {
  const depth = load<u32>(STATE + DEPTH);
  if (!depth) return 0;
  store<u32>(STATE + DEPTH, depth - 1);
  return load<u32>(stack() + ((depth - 1) << 2));
}

// ── marks ───────────────────────────────────────────────────────────────────────────

export const MARK_FREE: usize = 0;
export const MARK_REACHED: usize = 32;

export function marksClear(first: u32, end: u32): void {
  memory.fill(marks(first), 0, <usize>(end - first) * MARK_BYTES);
}

export function isMarked(address: usize, which: usize): bool {
  const bit = <u32>(address >> 4) & 255;
  return (load<u8>(marks(<u32>(address >> PAGE_SHIFT)) + which + (bit >> 3)) & (1 << (bit & 7))) != 0;
}

export function mark(address: usize, which: usize): void {
  const bit = <u32>(address >> 4) & 255;
  const at = marks(<u32>(address >> PAGE_SHIFT)) + which + (bit >> 3);
  store<u8>(at, <u8>(<u32>load<u8>(at) | (1 << (bit & 7))));
}
