// What the probes call that tools/probes.mjs puts into the kernel, and the reset that they make possible.
// The bodies of globalsSave and globalsRestore are written by the same tool.
import { DIRTY_COUNT, DIRTY_LIST, DIRTY_MAP, EDGE_COUNT, EDGES_SEEN, EDGE_LIST, EDGE_MAP, GRANULE_SHIFT, KERNEL_BYTES, SNAPSHOT } from "./layout";

// A store may reach 16 bytes into the granule after the one that it begins in: the overhang.

/** The first store to a granule since the reset. */
export function markDirty(address: usize): void {
  const granule = address >> GRANULE_SHIFT;
  store<u8>(DIRTY_MAP + granule, 1);
  const count = load<u32>(DIRTY_COUNT);
  store<u32>(DIRTY_LIST + (count << 2), <u32>granule);
  store<u32>(DIRTY_COUNT, count + 1);
}

/** memory.copy or memory.fill is about to change a range. */
export function markRange(address: usize, length: usize): void {
  if (!length) return;
  const last = ((address + length - 1) >> GRANULE_SHIFT) << GRANULE_SHIFT;
  for (let at = (address >> GRANULE_SHIFT) << GRANULE_SHIFT; at <= last; at += 1 << GRANULE_SHIFT) {
    if (!load<u8>(DIRTY_MAP + (at >> GRANULE_SHIFT))) markDirty(at);
  }
}

/** Up to here a loop is faster than memory.copy, which is a call into the engine. */
const SHORT: usize = 256;

/** memory.copy of the kernel. */
export function markedCopy(to: usize, from: usize, length: usize): void {
  markRange(to, length);
  if (length > SHORT || (to > from && to < from + length)) {
    memory.copy(to, from, length);
    return;
  }
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) v128.store(to + i, v128.load(from + i));
  if (length & 8) {
    store<u64>(to + i, load<u64>(from + i));
    i += 8;
  }
  for (; i < length; i++) store<u8>(to + i, load<u8>(from + i));
}

/** memory.fill of the kernel. */
export function markedFill(to: usize, value: i32, length: usize): void {
  markRange(to, length);
  if (length > SHORT) {
    memory.fill(to, <u8>value, length);
    return;
  }
  const wide = i8x16.splat(<i8>value);
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) v128.store(to + i, wide);
  for (; i < length; i++) store<u8>(to + i, <u8>value);
}

/** An edge is taken that was not seen before. */
export function edgeNew(id: u32): void {
  store<u8>(EDGE_MAP + id, 1);
  const count = load<u32>(EDGE_COUNT);
  store<u32>(EDGE_LIST + (count << 2), id);
  store<u32>(EDGE_COUNT, count + 1);
  store<u32>(EDGES_SEEN, load<u32>(EDGES_SEEN) + 1);
}

/** The kernel has made more rounds of loops than a program can need: it loops for ever. */
export function fuelSpent(): void {
  unreachable();
}

/** Stand for the probes until the module is optimised; their bodies are never run. */
export function probeStore(address: usize): void {}
export function probeEdge(id: u32): void {}
export function probeFuel(rounds: u32): void {}
export function globalsSave(): void {}
export function globalsRestore(): void {}

/** From now on reset() comes back to here. */
export function snapshotTake(): void {
  globalsSave();
  memory.copy(SNAPSHOT, 0, KERNEL_BYTES);
  memory.fill(DIRTY_MAP, 0, KERNEL_BYTES >> GRANULE_SHIFT);
  store<u32>(DIRTY_COUNT, 0);
}

/** A granule and the overhang. Not memory.copy, which is a call into the engine for every granule. */
// @ts-ignore: decorator
@inline
function granuleBack(at: usize): void {
  for (let i: usize = 0; i < 256; i += 64) {
    v128.store(at + i, v128.load(at + i, SNAPSHOT));
    v128.store(at + i, v128.load(at + i, SNAPSHOT + 16), 16);
    v128.store(at + i, v128.load(at + i, SNAPSHOT + 32), 32);
    v128.store(at + i, v128.load(at + i, SNAPSHOT + 48), 48);
  }
  v128.store(at, v128.load(at, SNAPSHOT + 256), 256);
}

/** Brings back all that the kernel has changed since the snapshot. */
export function reset(): void {
  const count = load<u32>(DIRTY_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const granule = load<u32>(DIRTY_LIST + (i << 2));
    store<u8>(DIRTY_MAP + granule, 0);
    const at = <usize>granule << GRANULE_SHIFT;
    granuleBack(at);
  }
  store<u32>(DIRTY_COUNT, 0);
  globalsRestore();
}

/** Bytes that differ from the snapshot: 0 after a reset. */
export function resetDifferences(): u32 {
  let different: u32 = 0;
  for (let at: usize = 0; at < KERNEL_BYTES; at += 8) if (load<u64>(at) != load<u64>(SNAPSHOT + at)) different++;
  return different;
}
