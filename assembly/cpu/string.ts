// movs, cmps, stos, lods, scas with their repeat prefixes, a page at a time where the direction is up.
// The OP_STRING: reg = (opcode >> 1) & 7, base = size | 16 for rep/repe | 32 for repne,
// index = segment slot of the source, scale = 1 for 32-bit addresses. SDM vol. 2 REP.
import { memRead, memWrite, memWriteCommit, WBOUNCE } from "../mm/tlb";
import { codeKilled } from "./code";
import { CLASS_SUB, DF, flagsSet, signExtend } from "./flags";
import { putSized } from "./exec";
import { CPU, FLAG_A, FLAG_B, FLAG_OTHER, RAX, RCX, RDI, RSI } from "./state";

const MOVS: u32 = 2;
const CMPS: u32 = 3;
const STOS: u32 = 5;
const LODS: u32 = 6;

const DONE: i32 = 0;
const FAULTED: i32 = 1;
const RESYNC: i32 = 2;
const UNFINISHED: i32 = 4096;
/** Elements of one go before other tasks may have a turn. */
const GO: u64 = 65536;

/** Does the OP_STRING at pc: 0 done, 1 fault, 2 done and code overwritten, 4096 to be gone on with. */
export function stringOp(pc: usize): i32 {
  const op = <u32>load<u8>(pc, 4);
  const mode = <u32>load<u8>(pc, 5);
  const segment = load<u64>(CPU + <usize>load<u8>(pc, 6));
  const narrow = load<u8>(pc, 7) != 0;
  const size = mode & 15;
  if (mode < 16) return once(op, size, segment, narrow);
  return repeated(op, size, mode, segment, narrow);
}

function address(slot: usize, narrow: bool): u64 {
  return narrow ? <u64>load<u32>(CPU + slot) : load<u64>(CPU + slot);
}

function advance(slot: usize, by: i64, narrow: bool): void {
  const v = load<u64>(CPU + slot) + <u64>by;
  store<u64>(CPU + slot, narrow ? v & 0xffffffff : v);
}

// @ts-ignore: decorator
@inline
function backwards(): bool {
  return (load<u32>(CPU + FLAG_OTHER) & <u32>DF) != 0;
}

function loadSized(host: usize, size: u32): u64 {
  switch (size) {
    case 0: return load<u8>(host);
    case 1: return load<u16>(host);
    case 2: return load<u32>(host);
    default: return load<u64>(host);
  }
}

function storeSized(host: usize, size: u32, v: u64): void {
  switch (size) {
    case 0: store<u8>(host, <u8>v); return;
    case 1: store<u16>(host, <u16>v); return;
    case 2: store<u32>(host, <u32>v); return;
    default: store<u64>(host, v);
  }
}

/** One element; registers move only when nothing faulted. */
function once(op: u32, size: u32, segment: u64, narrow: bool): i32 {
  const bytes = 1 << size;
  const step: i64 = backwards() ? -(<i64>1 << size) : <i64>1 << size;
  let a: u64 = 0;
  if (op == MOVS || op == CMPS || op == LODS) {
    const host = memRead(address(RSI, narrow) + segment, bytes);
    if (!host) return FAULTED;
    a = loadSized(host, size);
  } else a = load<u64>(CPU + RAX);
  if (op == LODS) {
    putSized(RAX, size, a);
    advance(RSI, step, narrow);
    return DONE;
  }
  const to = address(RDI, narrow);
  if (op == MOVS || op == STOS) {
    const host = memWrite(to, bytes);
    if (!host) return FAULTED;
    storeSized(host, size, a);
    if (host == WBOUNCE) memWriteCommit();
  } else {
    const host = memRead(to, bytes);
    if (!host) return FAULTED;
    flagsSet(CLASS_SUB | size, signExtend(a, size), signExtend(loadSized(host, size), size));
  }
  if (op == MOVS || op == CMPS) advance(RSI, step, narrow);
  advance(RDI, step, narrow);
  return codeKilled ? RESYNC : DONE;
}

function count(narrow: bool): u64 {
  return narrow ? <u64>load<u32>(CPU + RCX) : load<u64>(CPU + RCX);
}

function countDown(by: u64, narrow: bool): void {
  const left = count(narrow) - by;
  store<u64>(CPU + RCX, left);
}

function repeated(op: u32, size: u32, mode: u32, segment: u64, narrow: bool): i32 {
  let budget = GO;
  while (true) {
    const left = count(narrow);
    if (!left) return codeKilled ? RESYNC : DONE;
    if (!budget) return UNFINISHED;
    let done: u64 = 0;
    if (!backwards() && !narrow) {
      const most = min(left, budget);
      if (op == MOVS) done = moveBulk(size, segment, most);
      else if (op == STOS) done = storeBulk(size, most);
      else if (op != LODS) done = compareBulk(op, size, segment, most, mode < 32);
      if (done) {
        countDown(done, narrow);
        budget -= done;
        if (op == CMPS || op > LODS) {
          const equal = load<u64>(CPU + FLAG_A) == load<u64>(CPU + FLAG_B);
          if (equal != (mode < 32)) return DONE;
        }
        if (codeKilled) return count(narrow) ? UNFINISHED : RESYNC;
        continue;
      }
    }
    const r = once(op, size, segment, narrow);
    if (r == FAULTED) return FAULTED;
    countDown(1, narrow);
    budget--;
    if (op == CMPS || op > LODS) {
      const equal = load<u64>(CPU + FLAG_A) == load<u64>(CPU + FLAG_B);
      if (equal != (mode < 32)) return DONE;
    } else if (r == RESYNC) return count(narrow) ? UNFINISHED : RESYNC;
  }
}

/** Elements that lie wholly in the page of addr, at most `most`. */
function inPage(addr: u64, size: u32, most: u64): u64 {
  return min((4096 - (addr & 0xfff)) >> size, most);
}

/** Moves as many whole elements as the two pages allow; 0 = none, or a fault that once() will find. */
function moveBulk(size: u32, segment: u64, most: u64): u64 {
  const from = load<u64>(CPU + RSI) + segment;
  const to = load<u64>(CPU + RDI);
  const n = inPage(to, size, inPage(from, size, most));
  if (!n) return 0;
  const bytes = <usize>(n << size);
  const source = memRead(from, <i32>bytes);
  if (!source) return 0;
  const target = memWrite(to, <i32>bytes);
  if (!target) return 0;
  // An element at a time where the target overlaps what is still to be read.
  if (target > source && target < source + bytes) {
    for (let i: usize = 0; i < bytes; i += 1 << size) storeSized(target + i, size, loadSized(source + i, size));
  } else memory.copy(target, source, bytes);
  advance(RSI, bytes, false);
  advance(RDI, bytes, false);
  return n;
}

function storeBulk(size: u32, most: u64): u64 {
  const to = load<u64>(CPU + RDI);
  const n = inPage(to, size, most);
  if (!n) return 0;
  const bytes = <usize>(n << size);
  const target = memWrite(to, <i32>bytes);
  if (!target) return 0;
  const v = load<u64>(CPU + RAX);
  if (size == 0) memory.fill(target, <u8>v, bytes);
  else for (let i: usize = 0; i < bytes; i += 1 << size) storeSized(target + i, size, v);
  advance(RDI, bytes, false);
  return n;
}

/** cmps and scas within a page: elements up to the one that ends the repetition, whose comparison is in the flags. */
function compareBulk(op: u32, size: u32, segment: u64, most: u64, whileEqual: bool): u64 {
  const to = load<u64>(CPU + RDI);
  let n = inPage(to, size, most);
  let source: usize = 0;
  if (op == CMPS) {
    const from = load<u64>(CPU + RSI) + segment;
    n = inPage(from, size, n);
    if (!n) return 0;
    source = memRead(from, <i32>(n << size));
    if (!source) return 0;
  }
  if (!n) return 0;
  const target = memRead(to, <i32>(n << size));
  if (!target) return 0;
  const bytes = <usize>n << size;
  const step = <usize>1 << size;
  let i: usize = 0;
  let a = op == CMPS ? 0 : signExtend(load<u64>(CPU + RAX), size);
  let b: u64 = 0;
  if (op == CMPS && whileEqual) i = equalBytes(source, target, bytes - step) & ~(step - 1);
  for (; i < bytes; i += step) {
    if (op == CMPS) a = signExtend(loadSized(source + i, size), size);
    b = signExtend(loadSized(target + i, size), size);
    if ((a == b) != whileEqual) {
      i += step;
      break;
    }
  }
  flagsSet(CLASS_SUB | size, a, b);
  if (op == CMPS) advance(RSI, i, false);
  advance(RDI, i, false);
  return i >> size;
}

/** How many of the first bytes are the same, in steps of 16. */
function equalBytes(a: usize, b: usize, most: usize): usize {
  let i: usize = 0;
  while (i + 16 <= most && !v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) i += 16;
  return i;
}
