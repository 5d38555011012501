// What the integer rows of tools/sse-rows.mjs call. d and s are host addresses of operands.
import { CF, ZF, flagsExplicit } from "./flags";
import { CPU, RAX, RCX, RDX, XMM } from "./state";

const LANES = memory.data(48, 16);

/** A denormal counts as a zero and is one as a result, whatever MXCSR says. */
function withoutDenormal(v: f32): f32 {
  return reinterpret<u32>(v) & 0x7f800000 ? v : copysign<f32>(0, v);
}

/** An SNaN or QNaN operand made quiet, or the default NaN. */
function notANumber(v: f32): u32 {
  return v != v ? reinterpret<u32>(v) | 0x00400000 : 0xffc00000;
}

/** rcpps: 12 bits are promised; CPUs differ in the rest. */
export function reciprocal(v: f32): u32 {
  if (v != v) return notANumber(v);
  return reinterpret<u32>(withoutDenormal(<f32>(1.0 / <f64>withoutDenormal(v))));
}

export function reciprocalRoot(v: f32): u32 {
  const x = withoutDenormal(v);
  if (!(x >= 0)) return notANumber(v);
  return reinterpret<u32>(<f32>(1.0 / sqrt<f64>(<f64>x)));
}

export function shuffle32(d: usize, a: usize, b: usize, imm: i32): void {
  const w0 = load<u32>(a + ((imm & 3) << 2));
  const w1 = load<u32>(a + (((imm >> 2) & 3) << 2));
  const w2 = load<u32>(b + (((imm >> 4) & 3) << 2));
  const w3 = load<u32>(b + (((imm >> 6) & 3) << 2));
  store<u32>(d, w0);
  store<u32>(d, w1, 4);
  store<u32>(d, w2, 8);
  store<u32>(d, w3, 12);
}

/** Four words of eight bytes. */
export function shuffle16(d: usize, s: usize, imm: i32): void {
  const w0 = load<u16>(s + ((imm & 3) << 1));
  const w1 = load<u16>(s + (((imm >> 2) & 3) << 1));
  const w2 = load<u16>(s + (((imm >> 4) & 3) << 1));
  const w3 = load<u16>(s + (((imm >> 6) & 3) << 1));
  store<u16>(d, w0);
  store<u16>(d, w1, 2);
  store<u16>(d, w2, 4);
  store<u16>(d, w3, 6);
}

const WIDE = memory.data(64, 16);

export function shiftBytes(d: usize, n: i32, right: bool): void {
  n = min(n, 16);
  memory.fill(WIDE, 0, 48);
  v128.store(WIDE, v128.load(d), 16);
  v128.store(d, v128.load(WIDE + 16 + (right ? n : -n)));
}

export function alignRight(d: usize, s: usize, imm: i32): void {
  const n = min(imm, 32);
  memory.fill(WIDE, 0, 64);
  v128.store(WIDE, v128.load(s));
  v128.store(WIDE, v128.load(d), 16);
  v128.store(d, v128.load(WIDE + n));
}

/** palignr of mmx registers. */
export function alignRight8(d: usize, s: usize, imm: i32): void {
  memory.fill(WIDE, 0, 32);
  store<u64>(WIDE, load<u64>(s));
  store<u64>(WIDE, load<u64>(d), 8);
  store<u64>(d, load<u64>(WIDE + min(imm, 16)));
}

export function saturate16(v: i32): i16 {
  return v > 32767 ? 32767 : v < -32768 ? -32768 : <i16>v;
}

/** pmulhrsw; differs from i16x8.q15mulr_sat_s for −1 × −1. */
export function mulRound(a: v128, b: v128): v128 {
  v128.store(LANES, a);
  v128.store(LANES, b, 16);
  for (let i: usize = 0; i < 16; i += 2) store<i16>(LANES + i, <i16>((((<i32>load<i16>(LANES + i) * <i32>load<i16>(LANES + i, 16)) >> 14) + 1) >> 1));
  return v128.load(LANES);
}

/** Sum of the absolute differences of eight bytes. */
export function sumOfEight(d: usize, a: usize, b: usize): void {
  let sum: u64 = 0;
  for (let i: usize = 0; i < 8; i++) sum += abs<i32>(<i32>load<u8>(a + i) - <i32>load<u8>(b + i));
  store<u64>(d, sum);
}

export function sumDifferences(d: usize, s: usize): void {
  sumOfEight(d, d, s);
  sumOfEight(d + 8, d + 8, s + 8);
}

export function minPosition(d: usize, s: usize): void {
  let best: u32 = load<u16>(s);
  let at: u32 = 0;
  for (let i: u32 = 1; i < 8; i++) {
    const v = <u32>load<u16>(s + (i << 1));
    if (v < best) {
      best = v;
      at = i;
    }
  }
  store<u64>(d, best | (at << 16));
  store<u64>(d, 0, 8);
}

export function multipleSums(d: usize, s: usize, imm: i32): void {
  v128.store(LANES, v128.load(d));
  v128.store(LANES, v128.load(s), 16);
  const from = LANES + ((imm >> 2) & 1) * 4;
  const block = LANES + 16 + (imm & 3) * 4;
  for (let i: usize = 0; i < 8; i++) {
    let sum = 0;
    for (let j: usize = 0; j < 4; j++) sum += abs<i32>(<i32>load<u8>(from + i + j) - <i32>load<u8>(block + j));
    store<u16>(d + (i << 1), <u16>sum);
  }
}

// ── pcmpestri and friends; SDM vol. 2 section 4.1 ───────────────────────────────────

function element(p: usize, i: i32, format: i32): i32 {
  switch (format) {
    case 0: return load<u8>(p + i);
    case 1: return load<u16>(p + (i << 1));
    case 2: return load<i8>(p + i);
    default: return load<i16>(p + (i << 1));
  }
}

/** Valid elements: up to the first zero (implicit), or from a length register (explicit). */
function lengthOf(p: usize, count: i32, format: i32, explicit: i32, register: usize, wide: bool): i32 {
  if (explicit) {
    const v = wide ? load<i64>(CPU + register) : <i64>load<i32>(CPU + register);
    const n = <u64>(v < 0 ? 0 - v : v);
    return <i32>min<u64>(n, count);
  }
  let n = 0;
  while (n < count && element(p, n, format)) n++;
  return n;
}

/** Bit i: what the aggregation says of element i of s. */
function aggregate(d: usize, s: usize, na: i32, nb: i32, count: i32, format: i32, how: i32): i32 {
  let result = 0;
  for (let j = 0; j < count; j++) {
    let bit = 0;
    if (how == 0) {
      for (let i = 0; i < na && j < nb; i++) if (element(d, i, format) == element(s, j, format)) bit = 1;
    } else if (how == 1) {
      for (let i = 0; i + 1 < na && j < nb; i += 2) {
        const v = element(s, j, format);
        if (v >= element(d, i, format) && v <= element(d, i + 1, format)) bit = 1;
      }
    } else if (how == 2) {
      if (j >= na && j >= nb) bit = 1;
      else if (j < na && j < nb && element(d, j, format) == element(s, j, format)) bit = 1;
    } else {
      bit = 1;
      for (let i = 0; i < na && i + j < count; i++) if (i + j >= nb || element(d, i, format) != element(s, i + j, format)) bit = 0;
    }
    result |= bit << j;
  }
  return result;
}

export function compareStrings(d: usize, s: usize, imm: i32, explicit: i32, index: i32, wide: bool): void {
  const format = imm & 3;
  const count = format & 1 ? 8 : 16;
  const na = lengthOf(d, count, format, explicit, RAX, wide);
  const nb = lengthOf(s, count, format, explicit, RDX, wide);
  const mask = (1 << count) - 1;
  let bits = aggregate(d, s, na, nb, count, format, (imm >> 2) & 3);
  const polarity = (imm >> 4) & 3;
  if (polarity == 1) bits ^= mask;
  else if (polarity == 3) bits ^= (1 << nb) - 1;
  bits &= mask;
  if (index) {
    let at = count;
    if (bits) at = imm & 0x40 ? 31 - clz<i32>(bits) : ctz<i32>(bits);
    store<u64>(CPU + RCX, at);
  } else if (imm & 0x40) {
    for (let i = 0; i < 16; i++) store<u8>(CPU + XMM + i, (bits >> (count == 8 ? i >> 1 : i)) & 1 ? 0xff : 0);
  } else {
    store<u64>(CPU + XMM, bits);
    store<u64>(CPU + XMM, 0, 8);
  }
  let flags: u64 = 0;
  if (bits) flags |= CF;
  if (nb < count) flags |= ZF;
  if (na < count) flags |= 0x80;
  if (bits & 1) flags |= 0x800;
  flagsExplicit(flags);
}
