// Page caches. A Mapping holds the pages of one file-like object (tmpfs file, memfd,
// shared anonymous memory, System V segment) in a radix tree of frames, so that read,
// write and every shared mapping see the same bytes.
import { ENOMEM, ENOSPC } from "../abi/errno";
import { Link } from "../lib/list";
import { FRAME_CACHE, FRAME_DIRTY, FRAME_UNWRITTEN, FRAME_USER, Frame, PAGE_SHIFT, PAGE_SIZE, frameInfo, framesAlloc, framesTotal, framesUsed } from "./frames";
import { kfree, kzalloc } from "./kmalloc";
import { frameDrop } from "./refs";
import { hostFillPage } from "../fs/hostfill";

/** Pages come into being as zeroes. */
export const MAPPING_ZERO: u32 = 0;
/** Pages are filled from a host file by hostFillPage. */
export const MAPPING_HOST: u32 = 1;
/** As MAPPING_HOST, and pages that shared mappings change go back to the host (fs/hostfs.ts). */
export const MAPPING_SHARED_HOST: u32 = 2;

const NODE_BITS: u32 = 6;
export const MAPPING_NODE_SLOTS: u32 = 64;
const NODE_BYTES: u32 = 256;

/** Pages that several mappings may have together: the size of a tmpfs. */
@unmanaged
export class Quota {
  pages: u32;
  /** 0 = no limit. */
  maxPages: u32;
}

@unmanaged
export class Mapping {
  /** Tree: a frame's address at height 0, else a node of 64 slots. */
  root: u32;
  height: u32;
  /** Frames held. */
  pages: u32;
  refs: u32;
  kind: u32;
  /** The inode or segment that these pages belong to, and its host handle for MAPPING_HOST. */
  owner: u32;
  /** Length in bytes: accesses through mappings beyond its last page are SIGBUS. */
  size: u64;
  /** Vmas (through their mappingLink) that map this. */
  vmas: Link;
  vmasPrev: u32; // second word of the list head
  hostHandle: i32;
  /** The Quota that its pages are counted in; 0 = none. */
  quota: u32;
  /** Pages with FRAME_DIRTY. */
  dirty: u32;
}

/** Why mappingGet found no page: −ENOSPC (the quota), −ENOMEM, or what the host said. */
export let mappingError: i32 = 0;

// @ts-ignore: decorator
@inline
function quotaOf(m: Mapping): Quota {
  return changetype<Quota>(<usize>m.quota);
}

/** The pages count in `quota` from now on. */
export function mappingCharge(m: Mapping, quota: usize): void {
  m.quota = <u32>quota;
  if (quota) quotaOf(m).pages += m.pages;
}

/** A new empty mapping with one reference, or null. */
export function mappingNew(kind: u32, owner: usize): Mapping | null {
  const m = changetype<Mapping>(kzalloc(offsetof<Mapping>()));
  if (!changetype<usize>(m)) return null;
  m.kind = kind;
  m.owner = <u32>owner;
  m.refs = 1;
  mappingVmas(m).reset();
  return m;
}

/** Head of the list of vmas. */
export function mappingVmas(m: Mapping): Link {
  return changetype<Link>(changetype<usize>(m) + offsetof<Mapping>("vmas"));
}

export function mappingDrop(m: Mapping): void {
  if (--m.refs) return;
  mappingCut(m, 0);
  kfree(changetype<usize>(m));
}

// @ts-ignore: decorator
@inline
function covers(height: u32, index: u64): bool {
  return height * NODE_BITS >= 64 || index >> (height * NODE_BITS) == 0;
}

/** Whether `pages` more may come into being. */
export function mappingRoom(m: Mapping, pages: u64): bool {
  if (m.quota && quotaOf(m).maxPages && quotaOf(m).pages + pages > quotaOf(m).maxPages) return false;
  return pages <= framesTotal() - framesUsed();
}

/** Linear address of page `index`'s frame, or 0 when it is a hole. */
export function mappingFind(m: Mapping, index: u64): usize {
  let node = m.root;
  let height = m.height;
  if (!node || !covers(height, index)) return 0;
  while (height) {
    height--;
    const slot = <u32>(index >> (height * NODE_BITS)) & (MAPPING_NODE_SLOTS - 1);
    node = load<u32>(node + (slot << 2));
    if (!node) return 0;
  }
  return node;
}

/** As mappingFind, but a hole is filled with a zeroed (or host-filled) frame; 0 = out of memory. */
export function mappingGet(m: Mapping, index: u64): usize {
  const found = mappingFind(m, index);
  if (found) {
    if (frameInfo(found).flags & FRAME_UNWRITTEN) frameInfo(found).flags &= ~FRAME_UNWRITTEN;
    return found;
  }
  if (m.quota && quotaOf(m).maxPages && quotaOf(m).pages >= quotaOf(m).maxPages) {
    mappingError = -ENOSPC;
    return 0;
  }
  mappingError = -ENOMEM;
  const frame = framesAlloc(0, FRAME_USER | FRAME_CACHE);
  if (!frame) return 0;
  memory.fill(frame, 0, PAGE_SIZE);
  if (m.kind != MAPPING_ZERO) {
    const error = hostFillPage(m.hostHandle, index, frame);
    if (error) {
      frameDrop(frame);
      mappingError = error;
      return 0;
    }
  }
  if (!mappingPut(m, index, frame)) {
    frameDrop(frame);
    return 0;
  }
  return frame;
}

/** Puts `frame` (whose reference passes to the mapping) in the hole at `index`; false = out of memory. */
export function mappingPut(m: Mapping, index: u64, frame: usize): bool {
  while (!covers(m.height, index)) {
    if (m.root) {
      const up = <u32>kzalloc(NODE_BYTES);
      if (!up) return false;
      store<u32>(up, m.root);
      m.root = up;
    }
    m.height++;
  }
  let slot = changetype<usize>(m) + offsetof<Mapping>("root");
  let height = m.height;
  while (height) {
    let node = load<u32>(slot);
    if (!node) {
      node = <u32>kzalloc(NODE_BYTES);
      if (!node) return false;
      store<u32>(slot, node);
    }
    height--;
    slot = node + ((<u32>(index >> (height * NODE_BITS)) & (MAPPING_NODE_SLOTS - 1)) << 2);
  }
  store<u32>(slot, <u32>frame);
  frameInfo(frame).flags |= FRAME_CACHE;
  m.pages++;
  if (m.quota) quotaOf(m).pages++;
  return true;
}

/** Makes a page that holds nothing yet, unless one is there; false = mappingError. */
export function mappingReserve(m: Mapping, index: u64): bool {
  if (mappingFind(m, index)) return true;
  const frame = mappingGet(m, index);
  if (frame) frameInfo(frame).flags |= FRAME_UNWRITTEN;
  return frame != 0;
}

/** Whether the page holds data. */
export function mappingHasData(m: Mapping, index: u64): bool {
  const frame = mappingFind(m, index);
  return frame != 0 && !(frameInfo(frame).flags & FRAME_UNWRITTEN);
}

/** A shared mapping may change the page from now on. */
export function mappingMarkDirty(m: Mapping, frame: usize): void {
  if (frameInfo(frame).flags & FRAME_DIRTY) return;
  frameInfo(frame).flags |= FRAME_DIRTY;
  m.dirty++;
}

/** The first dirty page at `from` or behind it, which is clean now; u64.MAX_VALUE = none. */
export function mappingNextDirty(m: Mapping, from: u64): u64 {
  for (let i = from; m.dirty && i <= m.size >> 12; i++) {
    const frame = mappingFind(m, i);
    if (!frame || !(frameInfo(frame).flags & FRAME_DIRTY)) continue;
    frameInfo(frame).flags &= ~FRAME_DIRTY;
    m.dirty--;
    return i;
  }
  return u64.MAX_VALUE;
}

/** Drops every page with index >= `from`. Callers unmap it from the vmas first. */
export function mappingCut(m: Mapping, from: u64): void {
  if (!m.root) return;
  m.root = cutNode(m, m.root, m.height, 0, from);
  if (!m.root) m.height = 0;
}

/** Drops the pages with from <= index < to (a punched hole). */
export function mappingPunch(m: Mapping, from: u64, to: u64): void {
  for (let i = from; i < to; i++) {
    if (!mappingFind(m, i)) continue;
    let slot = changetype<usize>(m) + offsetof<Mapping>("root");
    let height = m.height;
    while (height) {
      height--;
      slot = load<u32>(slot) + ((<u32>(i >> (height * NODE_BITS)) & (MAPPING_NODE_SLOTS - 1)) << 2);
    }
    dropCached(m, load<u32>(slot));
    store<u32>(slot, 0);
    pageGone(m);
  }
}

function pageGone(m: Mapping): void {
  m.pages--;
  if (m.quota) quotaOf(m).pages--;
}

function dropCached(m: Mapping, frame: usize): void {
  if (frameInfo(frame).flags & FRAME_DIRTY) m.dirty--;
  frameInfo(frame).flags &= ~(FRAME_CACHE | FRAME_DIRTY | FRAME_UNWRITTEN);
  frameDrop(frame);
}

function cutNode(m: Mapping, node: u32, height: u32, base: u64, from: u64): u32 {
  if (!height) {
    if (base < from) return node;
    dropCached(m, node);
    pageGone(m);
    return 0;
  }
  const span: u64 = <u64>1 << ((height - 1) * NODE_BITS);
  let left = 0;
  for (let i: u32 = 0; i < MAPPING_NODE_SLOTS; i++) {
    const child = load<u32>(node + (i << 2));
    if (!child) continue;
    const low = base + <u64>i * span;
    if (low + span <= from) {
      left++;
      continue;
    }
    const kept = cutNode(m, child, height - 1, low, from);
    store<u32>(node + (i << 2), kept);
    if (kept) left++;
  }
  if (left) return node;
  kfree(node);
  return 0;
}
