// The cache of decoded code. Sequences of micro-operations (gen/ops.ts) lie one after another
// in an arena and are found by the linear address of the instruction's first byte, so that every
// process that runs the same frames shares them.
//
//   micro-operation, 16 bytes:
//     u16 op │ u16 page offset | length << 12 │ u8 reg │ u8 base │ u8 index │ u8 scale │ i32 disp │ i32 imm
//   branches: u8 at 6 = instructions since the start of the sequence, u32 at 8 = the operation to go to
//   header before each sequence: u16 OP_HEADER │ … │ u32 at 8 = next header of the frame │ u32 at 12 = address of the code
//
// A sequence runs from its start through untaken branches to an unconditional transfer or the end
// of its page. Killing a sequence overwrites its first operation by OP_DEAD, so stale links are harmless.
import { frameInfo, framesAlloc, FRAME_KERNEL } from "../mm/frames";
import { decodeSequence, decodeStep } from "./decode";
import { memFetch } from "../mm/tlb";
import { OP_DEAD, OP_HEADER, OP_JMPX, OP_SHADOW } from "../gen/ops";
import { CPU, RIP, SLOT_PAGE } from "./state";

const ARENA_ORDER: u32 = 10;
const ARENA_BYTES: u32 = 4096 << ARENA_ORDER;
const HASH_BITS: u32 = 16;
const HASH_ORDER: u32 = 7;
const HASH_MASK: u32 = (1 << HASH_BITS) - 1;
/** A sequence may take this much at the most; the arena is emptied before it would not fit. */
const MARGIN: u32 = 16384;

const STATE = memory.data(32, 8);
const ARENA: usize = 0;
const TOP: usize = 4; // next free byte
const TABLE: usize = 8; // u64 per slot: u32 code address, u32 first operation (0 = killed)
const COUNT: usize = 12;
const GENERATION: usize = 16; // last generation given out
const FLUSHES: usize = 20;

/** Indirect jumps: 4096 entries of u64 guest address, u32 operation, u32 generation. */
export const JUMP_CACHE: usize = memory.data(65536, 64);

/** Generation of the current address space's executable layout; cross-page links hold for one. */
export let codeGen: u32 = 0;
/** Set when code was killed: a running sequence leaves after the store that did it. */
export let codeKilled: bool = false;

export function codeInit(): void {
  const arena = framesAlloc(ARENA_ORDER, FRAME_KERNEL);
  store<u32>(STATE + ARENA, <u32>arena);
  store<u32>(STATE + TOP, <u32>arena);
  store<u32>(STATE + TABLE, <u32>framesAlloc(HASH_ORDER, FRAME_KERNEL));
  memory.fill(load<u32>(STATE + TABLE), 0, 8 << HASH_BITS);
  store<u32>(STATE + COUNT, 0);
  store<u32>(STATE + GENERATION, 0);
  memory.fill(JUMP_CACHE, 0, 65536);
}

export function codeKilledClear(): void {
  codeKilled = false;
}

export function newCodeGen(): u32 {
  const gen = load<u32>(STATE + GENERATION) + 1;
  store<u32>(STATE + GENERATION, gen);
  return gen;
}

/** An address space with this generation becomes current. */
export function codeGenSet(gen: u32): void {
  codeGen = gen;
}

/** How often the arena was emptied: callers that keep operation addresses over a lookup compare it. */
export function codeFlushes(): u32 {
  return load<u32>(STATE + FLUSHES);
}

/** Bytes of decoded operations. */
export function codeBytes(): u32 {
  return load<u32>(STATE + TOP) - load<u32>(STATE + ARENA);
}

function slotFor(code: u32): usize {
  const table = load<u32>(STATE + TABLE);
  let i = (code * 0x9e3779b1) >> (32 - HASH_BITS);
  let slot = table + (i << 3);
  while (load<u32>(slot) && load<u32>(slot) != code) {
    i = (i + 1) & HASH_MASK;
    slot = table + (i << 3);
  }
  return slot;
}

/** Empties the cache. */
export function codeFlush(): void {
  const table = load<u32>(STATE + TABLE);
  for (let i: u32 = 0; i <= HASH_MASK; i++) {
    const code = load<u32>(table + (i << 3));
    if (code) frameInfo(code).code = 0;
  }
  // Code lines stay marked: at worst a store to them takes the slow path once more.
  memory.fill(table, 0, 8 << HASH_BITS);
  memory.fill(JUMP_CACHE, 0, 65536);
  store<u32>(STATE + TOP, load<u32>(STATE + ARENA));
  store<u32>(STATE + COUNT, 0);
  store<u32>(STATE + FLUSHES, load<u32>(STATE + FLUSHES) + 1);
}

/** Room for a sequence at the top of the arena. */
export function arenaTop(): usize {
  return load<u32>(STATE + TOP);
}

export function arenaSetTop(top: usize): void {
  store<u32>(STATE + TOP, <u32>top);
}

/** Links the header (and the code's address into the frame's list). */
export function headerMake(header: usize, code: usize): void {
  const frame = frameInfo(code);
  store<u16>(header, OP_HEADER);
  store<u32>(header, frame.code, 8);
  store<u32>(header, <u32>code, 12);
  frame.code = <u32>header;
}

/** A second header in the list of the frame at `page`, for a sequence whose bytes reach into it. */
export function shadowMake(shadow: usize, page: usize, header: usize): void {
  const frame = frameInfo(page);
  store<u16>(shadow, OP_SHADOW);
  store<u32>(shadow, frame.code, 8);
  store<u32>(shadow, <u32>header, 12);
  frame.code = <u32>shadow;
  // An entry without code, so that codeFlush finds this frame.
  const slot = slotFor(<u32>page);
  if (load<u32>(slot)) return;
  store<u32>(slot, <u32>page);
  store<u32>(STATE + COUNT, load<u32>(STATE + COUNT) + 1);
}

/** First operation for the instruction at guest address `addr`, decoding as needed; 0 with the fault set when it cannot be fetched. */
export function codeAt(addr: u64): usize {
  const host = memFetch(addr);
  if (!host) return 0;
  const slot = slotFor(<u32>host);
  const found = load<u32>(slot, 4);
  if (found) return found;
  return decodeAt(addr, host);
}

function decodeAt(addr: u64, host: usize): usize {
  if (load<u32>(STATE + TOP) + MARGIN > load<u32>(STATE + ARENA) + ARENA_BYTES || load<u32>(STATE + COUNT) > HASH_MASK / 2) codeFlush();
  const first = decodeSequence(addr, host);
  if (!first) return 0;
  const slot = slotFor(<u32>host);
  if (!load<u32>(slot)) store<u32>(STATE + COUNT, load<u32>(STATE + COUNT) + 1);
  store<u32>(slot, <u32>host);
  store<u32>(slot, <u32>first, 4);
  return first;
}

/** Operations of the single instruction at guest address `addr`, not kept; 0 with fault and rip set when it cannot be fetched. */
export function stepAt(addr: u64): usize {
  const host = memFetch(addr);
  if (!host) return 0;
  if (load<u32>(STATE + TOP) + MARGIN > load<u32>(STATE + ARENA) + ARENA_BYTES) codeFlush();
  return decodeStep(addr, host);
}

function kill(header: usize): void {
  store<u16>(header + 16, OP_DEAD);
  const slot = slotFor(load<u32>(header, 12));
  if (load<u32>(slot, 4) == header + 16) store<u32>(slot, 0, 4);
}

/** Kills the sequence whose first operation is at `first`. */
export function killSequence(first: usize): void {
  kill(first - 16);
}

/** Kills what was decoded from the frame at `page`. */
export function codeInvalidate(page: usize): void {
  const frame = frameInfo(page);
  let header = <usize>frame.code;
  frame.code = 0;
  frame.codeLines = 0;
  while (header) {
    kill(load<u16>(header) == OP_SHADOW ? <usize>load<u32>(header, 12) : header);
    header = load<u32>(header, 8);
  }
  codeKilled = true;
}

/**
 * Goes to guest address `target` through the jump cache: sets the page slot and returns the
 * operation, or 0 with the fault and rip set.
 */
export function jumpMiss(target: u64): usize {
  const pc = codeAt(target);
  if (!pc) {
    store<u64>(CPU + RIP, target);
    return 0;
  }
  const entry = JUMP_CACHE + ((<usize>target & 0xfff) << 4);
  store<u64>(entry, target);
  store<u32>(entry, <u32>pc, 8);
  store<u32>(entry, codeGen, 12);
  store<u64>(CPU + SLOT_PAGE, target & ~(<u64>0xfff));
  return pc;
}

/**
 * Resolves the OP_LINK or stale OP_JMPX at `stub` (i32 at 12 = target relative to the page, u32 at 8 of
 * a link = the branch to patch). Returns the operation to go on at, or 0 with fault and rip set.
 */
export function linkResolve(stub: usize, isLink: bool): usize {
  const page = load<u64>(CPU + SLOT_PAGE);
  const target = page + <i64>load<i32>(stub, 12);
  const flushes = codeFlushes();
  const pc = codeAt(target);
  if (!pc) {
    store<u64>(CPU + RIP, target);
    return 0;
  }
  const samePage = (target & ~(<u64>0xfff)) == page;
  if (flushes == codeFlushes()) {
    if (samePage) {
      if (isLink) store<u32>(load<u32>(stub, 8), <u32>pc);
    } else {
      store<u16>(stub, OP_JMPX);
      store<u32>(stub, codeGen, 4);
      store<u32>(stub, <u32>pc, 8);
    }
  }
  if (!samePage) store<u64>(CPU + SLOT_PAGE, target & ~(<u64>0xfff));
  return pc;
}
