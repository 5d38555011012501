// Two instructions in one operation: a second pass over a decoded sequence, after flags that nobody reads were
// dropped. Only instructions of a single operation take part; nothing but the last one of a pair may fault.
//
// A fused operation stands for one instruction more than it has page offsets (countExtra). Its page offset is that of
// its first instruction, where a sequence may begin; of a MOVAPS and its arithmetic it is the second's, which may raise
// an exception.
import {
  FAMILY_CMPJ, FAMILY_FUSED32, FAMILY_FUSED64, FAMILY_FUSED_END, FAMILY_FUSED_PAIR, FAMILY_FUSED_SSE, FAMILY_STEPJ, OP_ADD32_RI_NF, OP_ADD64_RI_NF, OP_ADD64_TWICE, OP_AFTER_MOV,
  OP_JMP, OP_MOV32_RR, OP_MOV32_TWICE, OP_MOV64_RR, OP_MOV64_TWICE, OP_MOVAPS_RR, OP_STEPPED,
} from "../gen/ops";

/** Instructions that the operation stands for beyond one for its page offset. */
export function countExtra(op: u32): i32 {
  if (op >= FAMILY_CMPJ && op < <u32>OP_JMP) return 1;
  if (op < FAMILY_FUSED32 || op >= FAMILY_FUSED_END) return 0;
  return op >= FAMILY_STEPJ && op < FAMILY_FUSED_SSE ? 2 : 1;
}

/** Those of them that are done when the operation faults. */
export function countInside(op: u32): i32 {
  return op >= FAMILY_FUSED_SSE && op < FAMILY_FUSED_END ? 1 : 0;
}

/** Whether the operation at p is a whole instruction of the sequence from first to end. */
function alone(p: usize, first: usize, end: usize): bool {
  const where = load<u16>(p, 2);
  if (p > first && load<u16>(p - 16, 2) == where) return false;
  return p + 16 >= end || load<u16>(p + 16, 2) != where;
}

/** Makes the operation at `to` from those at a and b; false when they do not fit together. `to` may be a. */
function pair(a: usize, b: usize, to: usize, isFirst: bool): bool {
  const x = <u32>load<u16>(a);
  const y = <u32>load<u16>(b);
  const source = load<u8>(a, 5);
  const isMove = x == OP_MOV32_RR || x == OP_MOV64_RR;
  if (isMove && x == y) {
    const where = load<u16>(a, 2);
    const d = load<u8>(b, 4);
    const s = load<u8>(b, 5);
    memory.copy(to, a, 16);
    store<u16>(to, x == OP_MOV32_RR ? OP_MOV32_TWICE : OP_MOV64_TWICE);
    store<u16>(to, where, 2);
    store<u8>(to, d, 6);
    store<u8>(to, s, 7);
    return true;
  }
  if (isMove || x == OP_MOVAPS_RR) {
    const fused = <u32>load<u16>(OP_AFTER_MOV + (<usize>y << 1));
    if (!fused || load<u8>(a, 4) != load<u8>(b, 4)) return false;
    if (x == OP_MOVAPS_RR) {
      if (fused < FAMILY_FUSED_SSE || isFirst) return false;
    } else if (fused >= FAMILY_FUSED_PAIR || (x == OP_MOV32_RR && fused >= FAMILY_FUSED64)) return false;
    const where = x == OP_MOVAPS_RR ? load<u16>(b, 2) : load<u16>(a, 2);
    const base = load<u8>(b, 5) == load<u8>(a, 4) ? source : load<u8>(b, 5);
    memory.copy(to, b, 16);
    store<u16>(to, <u16>fused);
    store<u16>(to, where, 2);
    store<u8>(to, base, 5);
    store<u8>(to, source, 6);
    return true;
  }
  if (x == OP_ADD64_RI_NF && x == y) {
    const step = load<i32>(a, 12);
    const d = load<u8>(b, 4);
    const last = load<i32>(b, 12);
    memory.copy(to, a, 16);
    store<u16>(to, OP_ADD64_TWICE);
    store<u8>(to, d, 5);
    store<i32>(to, step, 8);
    store<i32>(to, last, 12);
    return true;
  }
  if (x == OP_ADD64_RI_NF || x == OP_ADD32_RI_NF) return step(a, b, to);
  return false;
}

function step(a: usize, b: usize, to: usize): bool {
  const fused = <u32>load<u16>(OP_STEPPED + (<usize>load<u16>(b) << 1));
  if (!fused || load<u8>(a, 4) != load<u8>(b, 4)) return false;
  const wide = fused - FAMILY_STEPJ >= (FAMILY_FUSED_SSE - FAMILY_STEPJ) / 2;
  if (wide != (load<u16>(a) == OP_ADD64_RI_NF)) return false;
  const by = load<i32>(a, 12);
  if (by != <i32><i8>by) return false;
  const where = load<u16>(a, 2);
  memory.copy(to, b, 16);
  store<u16>(to, <u16>fused);
  store<u16>(to, where, 2);
  store<u8>(to, <u8>by, 7);
  return true;
}

/**
 * Fuses what it can of the operations from first to end; `pending` lists branches of them, u32 operation and i32 target
 * each, in order of address. Returns the new end.
 */
export function fusePairs(first: usize, end: usize, pending: usize, count: i32): usize {
  let to = first;
  let branch = 0;
  for (let p = first; p < end; p += 16) {
    let last = p;
    const whole = p + 16 < end && load<u16>(p, 2) != load<u16>(p + 16, 2) && alone(p, first, end) && alone(p + 16, first, end);
    if (whole && pair(p, p + 16, to, p == first)) last = p + 16;
    else if (to != p) memory.copy(to, p, 16);
    while (branch < count && <usize>load<u32>(pending + (branch << 3)) <= last) store<u32>(pending + (branch++ << 3), <u32>to);
    p = last;
    to += 16;
  }
  return to;
}
