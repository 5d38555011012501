// What the rows of tools/gen-sse.mjs call. d and s are host addresses of 16-byte operands.
import { CF, PF, ZF, flagsExplicit } from "./flags";
import { CPU, MXCSR, RAX, RCX, RDX, XMM } from "./state";

const QUIET32: u32 = 0x00400000;
const QUIET64: u64 = 0x0008000000000000;
const DEFAULT32: u32 = 0xffc00000;
const DEFAULT64: u64 = 0xfff8000000000000;

/** Stores what an operation on a and b gives when its result is a NaN: the first NaN operand made quiet, else the default NaN; SDM vol. 1 table 4-7. */
export function nan_f32(d: usize, a: f32, b: f32): void {
  let r = DEFAULT32;
  if (a != a) r = reinterpret<u32>(a) | QUIET32;
  else if (b != b) r = reinterpret<u32>(b) | QUIET32;
  store<u32>(d, r);
}

export function nan_f64(d: usize, a: f64, b: f64): void {
  let r = DEFAULT64;
  if (a != a) r = reinterpret<u64>(a) | QUIET64;
  else if (b != b) r = reinterpret<u64>(b) | QUIET64;
  store<u64>(d, r);
}

const LANES = memory.data(48, 16);

/** r with its NaN lanes replaced by what x86 gives for operands a and b. */
export function nans_f32x4(a: v128, b: v128, r: v128): v128 {
  v128.store(LANES, a);
  v128.store(LANES, b, 16);
  v128.store(LANES, r, 32);
  for (let i: usize = 0; i < 16; i += 4) {
    const v = load<f32>(LANES + i, 32);
    if (v != v) nan_f32(LANES + 32 + i, load<f32>(LANES + i), load<f32>(LANES + i, 16));
  }
  return v128.load(LANES, 32);
}

export function nans_f64x2(a: v128, b: v128, r: v128): v128 {
  v128.store(LANES, a);
  v128.store(LANES, b, 16);
  v128.store(LANES, r, 32);
  for (let i: usize = 0; i < 16; i += 8) {
    const v = load<f64>(LANES + i, 32);
    if (v != v) nan_f64(LANES + 32 + i, load<f64>(LANES + i), load<f64>(LANES + i, 16));
  }
  return v128.load(LANES, 32);
}

/** a ± b with x86's NaNs. */
export function fmath32(d: usize, a: f32, b: f32, subtract: i32): void {
  const r = subtract ? a - b : a + b;
  if (r == r) store<f32>(d, r);
  else nan_f32(d, a, b);
}

export function fmath64(d: usize, pa: usize, pb: usize, subtract: i32, offset: usize): void {
  const a = load<f64>(pa + offset);
  const b = load<f64>(pb + offset);
  const r = subtract ? a - b : a + b;
  if (r == r) store<f64>(d, r);
  else nan_f64(d, a, b);
}

export function horizontal64(d: usize, s: usize, subtract: i32): void {
  const low = load<f64>(s);
  const high = load<f64>(s, 8);
  const r = subtract ? low - high : low + high;
  fmath64(d, d, d + 8, subtract, 0);
  if (r == r) store<f64>(d, r, 8);
  else nan_f64(d + 8, low, high);
}

export function horizontal32(d: usize, s: usize, subtract: i32): void {
  v128.store(LANES, v128.load(s));
  fmath32(d, load<f32>(d), load<f32>(d, 4), subtract);
  fmath32(d + 4, load<f32>(d, 8), load<f32>(d, 12), subtract);
  fmath32(d + 8, load<f32>(LANES), load<f32>(LANES, 4), subtract);
  fmath32(d + 12, load<f32>(LANES, 8), load<f32>(LANES, 12), subtract);
}

/** Predicates of cmpps and friends: eq lt le unord neq nlt nle ord. */
export function compareScalar(a: f64, b: f64, predicate: i32): bool {
  switch (predicate) {
    case 0: return a == b;
    case 1: return a < b;
    case 2: return a <= b;
    case 3: return a != a || b != b;
    case 4: return a != b;
    case 5: return !(a < b);
    case 6: return !(a <= b);
    default: return a == a && b == b;
  }
}

export function compare_f32x4(a: v128, b: v128, predicate: i32): v128 {
  switch (predicate) {
    case 0: return f32x4.eq(a, b);
    case 1: return f32x4.lt(a, b);
    case 2: return f32x4.le(a, b);
    case 3: return v128.or(f32x4.ne(a, a), f32x4.ne(b, b));
    case 4: return f32x4.ne(a, b);
    case 5: return v128.not(f32x4.lt(a, b));
    case 6: return v128.not(f32x4.le(a, b));
    default: return v128.and(f32x4.eq(a, a), f32x4.eq(b, b));
  }
}

export function compare_f64x2(a: v128, b: v128, predicate: i32): v128 {
  switch (predicate) {
    case 0: return f64x2.eq(a, b);
    case 1: return f64x2.lt(a, b);
    case 2: return f64x2.le(a, b);
    case 3: return v128.or(f64x2.ne(a, a), f64x2.ne(b, b));
    case 4: return f64x2.ne(a, b);
    case 5: return v128.not(f64x2.lt(a, b));
    case 6: return v128.not(f64x2.le(a, b));
    default: return v128.and(f64x2.eq(a, a), f64x2.eq(b, b));
  }
}

/** comis, ucomis: ZF PF CF = 111 unordered, 000 greater, 001 less, 100 equal. */
export function ordered(a: f64, b: f64): void {
  flagsExplicit(a > b ? 0 : a < b ? CF : a == b ? ZF : ZF | PF | CF);
}

/** The indefinite integer where the value does not fit. */
export function toInt32(v: f64): u64 {
  return v > -2147483649.0 && v < 2147483648.0 ? <u64><u32><i32>v : 0x80000000;
}

export function toInt64(v: f64): u64 {
  return v >= -9223372036854775808.0 && v < 9223372036854775808.0 ? <u64><i64>v : 0x8000000000000000;
}

/** v rounded to an integer: 0 nearest even, 1 down, 2 up, 3 towards zero. */
function roundTo(v: f64, mode: u32): f64 {
  switch (mode & 3) {
    case 0: return nearest<f64>(v);
    case 1: return floor<f64>(v);
    case 2: return ceil<f64>(v);
    default: return trunc<f64>(v);
  }
}

/** Rounds as MXCSR says. */
export function roundMxcsr(v: f64): f64 {
  return roundTo(v, load<u32>(CPU + MXCSR) >> 13);
}

/** Rounds as the immediate of roundsd says. */
export function roundMode(v: f64, imm: i32): f64 {
  if (v != v) return reinterpret<f64>(reinterpret<u64>(v) | QUIET64);
  return imm & 4 ? roundMxcsr(v) : roundTo(v, imm);
}

/** f32 bits to f64 bits, NaN payloads kept and made quiet. */
export function widen(bits: u32): u64 {
  const v = reinterpret<f32>(bits);
  if (v == v) return reinterpret<u64>(<f64>v);
  return (<u64>(bits >> 31) << 63) | 0x7ff8000000000000 | (<u64>(bits & 0x3fffff) << 29);
}

/** f64 bits to f32 bits. */
export function narrow(bits: u64): u32 {
  const v = reinterpret<f64>(bits);
  if (v == v) return reinterpret<u32>(<f32>v);
  return (<u32>(bits >> 63) << 31) | 0x7fc00000 | (<u32>(bits >> 29) & 0x3fffff);
}

/** Approximations: 12 bits of the true value, as AMD gives more and Intel exactly this many differ in the last ones. */
export function reciprocal(v: f32): f32 {
  return <f32>(1.0 / <f64>v);
}

export function reciprocalRoot(v: f32): f32 {
  return <f32>(1.0 / sqrt<f64>(<f64>v));
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

export function sumDifferences(d: usize, s: usize): void {
  for (let half: usize = 0; half < 16; half += 8) {
    let sum: u64 = 0;
    for (let i: usize = 0; i < 8; i++) sum += abs<i32>(<i32>load<u8>(d + half + i) - <i32>load<u8>(s + half + i));
    store<u64>(d + half, sum);
  }
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

export function dotProduct32(d: usize, s: usize, imm: i32): void {
  for (let i: usize = 0; i < 4; i++) {
    const p: usize = LANES + (i << 2);
    if ((imm >> (4 + <i32>i)) & 1) {
      const a = load<f32>(d + (i << 2));
      const b = load<f32>(s + (i << 2));
      const r = a * b;
      if (r == r) store<f32>(p, r);
      else nan_f32(p, a, b);
    } else store<f32>(p, 0);
  }
  fmath32(LANES, load<f32>(LANES), load<f32>(LANES, 4), 0);
  fmath32(LANES + 8, load<f32>(LANES, 8), load<f32>(LANES, 12), 0);
  fmath32(LANES, load<f32>(LANES), load<f32>(LANES, 8), 0);
  const sum = load<u32>(LANES);
  for (let i = 0; i < 4; i++) store<u32>(d + (i << 2), (imm >> i) & 1 ? sum : 0);
}

export function dotProduct64(d: usize, s: usize, imm: i32): void {
  for (let i: usize = 0; i < 2; i++) {
    const p: usize = LANES + (i << 3);
    if ((imm >> (4 + <i32>i)) & 1) {
      const a = load<f64>(d + (i << 3));
      const b = load<f64>(s + (i << 3));
      const r = a * b;
      if (r == r) store<f64>(p, r);
      else nan_f64(p, a, b);
    } else store<f64>(p, 0);
  }
  fmath64(LANES, LANES, LANES + 8, 0, 0);
  const sum = load<u64>(LANES);
  for (let i = 0; i < 2; i++) store<u64>(d + (i << 3), (imm >> i) & 1 ? sum : 0);
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
function lengthOf(p: usize, count: i32, format: i32, explicit: i32, register: usize): i32 {
  if (explicit) {
    const v = load<i32>(CPU + register);
    const n = v < 0 ? 0 - v : v;
    return n < 0 || n > count ? count : n;
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

export function compareStrings(d: usize, s: usize, imm: i32, explicit: i32, index: i32): void {
  const format = imm & 3;
  const count = format & 1 ? 8 : 16;
  const na = lengthOf(d, count, format, explicit, RAX);
  const nb = lengthOf(s, count, format, explicit, RDX);
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
