// Floating point of any rounding mode with exact exception flags, in integers: what sse-float.ts falls back
// to when the Wasm operation alone does not say everything. Numbers are bit patterns in a u64; `double` tells
// the format. SDM vol. 1 sections 4.8, 4.9 and 11.5.
//
// Inside, a number is sign, exponent e and a 64-bit significand with its top bit set: sig × 2^(e − 63).
import { CPU, MXCSR } from "./state";

export const IE: u32 = 1;
export const DE: u32 = 2;
export const ZE: u32 = 4;
export const OE: u32 = 8;
export const UE: u32 = 16;
export const PE: u32 = 32;
export const DAZ: u32 = 0x40;
export const FTZ: u32 = 0x8000;

export const ADD: i32 = 0;
export const SUB: i32 = 1;
export const MUL: i32 = 2;
export const DIV: i32 = 3;
export const SQRT: i32 = 4;

/** Rounding to nearest and PE masked: where nothing is denormal, and nothing else is raised, the rest of MXCSR does not matter. */
// @ts-ignore: decorator
@inline
export function usual(mxcsr: u32): bool {
  return (mxcsr & 0x7000) == 0x1000;
}

/** Exceptions of the running instruction; 0 between instructions. */
export let raised: u32 = 0;

// @ts-ignore: decorator
@inline
export function signal(flags: u32): void {
  raised |= flags;
}

/** Ends an instruction that raised something: true = #XM, nothing may be written. */
export function fpRaise(): bool {
  const mxcsr = load<u32>(CPU + MXCSR);
  let flags = raised;
  raised = 0;
  const trapping = ~(mxcsr >> 7) & 0x3f;
  // An unmasked exception of the operands stops the instruction before it has a result.
  if (flags & trapping & (IE | DE | ZE)) flags &= IE | DE | ZE;
  store<u32>(CPU + MXCSR, mxcsr | flags);
  return (flags & trapping) != 0;
}

// @ts-ignore: decorator
@inline
function fraction(double: bool): u64 {
  return double ? 0x000fffffffffffff : 0x007fffff;
}

// @ts-ignore: decorator
@inline
function infinity(double: bool): u64 {
  return double ? 0x7ff0000000000000 : 0x7f800000;
}

// @ts-ignore: decorator
@inline
function signBit(double: bool): u64 {
  return double ? 0x8000000000000000 : 0x80000000;
}

// @ts-ignore: decorator
@inline
function quietBit(double: bool): u64 {
  return double ? 0x0008000000000000 : 0x00400000;
}

export function isNaNBits(v: u64, double: bool): bool {
  return (v & ~signBit(double)) > infinity(double);
}

export function isSignalling(v: u64, double: bool): bool {
  return isNaNBits(v, double) && !(v & quietBit(double));
}

export function isDenormal(v: u64, double: bool): bool {
  return (v & ~signBit(double)) - 1 < fraction(double);
}

/** The NaN that an operation on a and b gives (at least one is a NaN): the first one, made quiet; SDM vol. 1 table 4-7. */
export function pickNaN(a: u64, b: u64, double: bool): u64 {
  if (isSignalling(a, double) || isSignalling(b, double)) raised |= IE;
  return (isNaNBits(a, double) ? a : b) | quietBit(double);
}

function invalid(double: bool): u64 {
  raised |= IE;
  return double ? 0xfff8000000000000 : 0xffc00000;
}

/** v with DAZ applied; signals DE for a denormal that stays one. */
export function operand(v: u64, double: bool): u64 {
  if (!isDenormal(v, double)) return v;
  if (load<u32>(CPU + MXCSR) & DAZ) return v & signBit(double);
  raised |= DE;
  return v;
}

/** v with DAZ applied, silently. */
export function flushed(v: u64, double: bool): u64 {
  return isDenormal(v, double) && load<u32>(CPU + MXCSR) & DAZ ? v & signBit(double) : v;
}

// A finite number that is not zero, taken apart.
let exponent: i32 = 0;

/** Returns the significand, leaves the exponent in `exponent`. */
function unpack(v: u64, double: bool): u64 {
  const bits = double ? 52 : 23;
  const bias = double ? 1023 : 127;
  const f = v & fraction(double);
  const e = <i32>((v & ~signBit(double)) >> bits);
  const sig = (e ? f | ((<u64>1) << bits) : f) << (63 - bits);
  const n = <i32>clz<u64>(sig);
  exponent = (e ? e : 1) - bias - n;
  return sig << n;
}

function shiftSticky(sig: u64, n: i32): u64 {
  if (n <= 0) return sig;
  if (n > 63) return sig ? 1 : 0;
  return (sig >> n) | <u64>((sig << (64 - n)) != 0);
}

/** Does rounding q.low up in magnitude: mode 0 nearest even, 1 down, 2 up, 3 zero. */
function roundsUp(q: u64, low: u64, half: u64, mode: u32, negative: bool): bool {
  if (!low) return false;
  switch (mode) {
    case 0: return low > half || (low == half && (q & 1) != 0);
    case 1: return negative;
    case 2: return !negative;
    default: return false;
  }
}

/** Rounds sig × 2^(e − 63) (top bit set, bit 0 sticky) to the format, with the flags and FTZ of MXCSR. */
export function roundPack(negative: bool, e: i32, sig: u64, double: bool): u64 {
  const mxcsr = load<u32>(CPU + MXCSR);
  const mode = (mxcsr >> 13) & 3;
  const precision = double ? 53 : 24;
  const least = double ? -1022 : -126;
  const sign = negative ? signBit(double) : 0;
  const shift = 64 - precision;
  const rest = ((<u64>1) << shift) - 1;
  const half = (<u64>1) << (shift - 1);
  let tiny = false;
  let e2 = e;
  if (e < least) {
    // Tininess is detected after rounding: a carry out of the significand may reach the least normal number.
    const q = sig >> shift;
    const carries = e == least - 1 && q == ((<u64>1) << precision) - 1 && roundsUp(q, sig & rest, half, mode, negative);
    tiny = !carries;
    if (tiny) {
      const trap = !(mxcsr & (UE << 7));
      if (trap) raised |= UE | (sig & rest ? PE : 0);
      else if (mxcsr & FTZ) {
        raised |= UE | PE;
        return sign;
      }
    }
    sig = shiftSticky(sig, least - e);
    e2 = least;
  }
  const low = sig & rest;
  let q = sig >> shift;
  if (roundsUp(q, low, half, mode, negative)) q++;
  if (low) raised |= tiny && mxcsr & (UE << 7) ? PE | UE : tiny ? 0 : PE;
  const packed = ((<u64>(e2 - least)) << (precision - 1)) + q;
  if (packed < infinity(double)) return sign | packed;
  raised |= mxcsr & (OE << 7) ? OE | PE : OE;
  const toInfinity = mode == 0 || (mode == 1 && negative) || (mode == 2 && !negative);
  return sign | (toInfinity ? infinity(double) : infinity(double) - 1);
}

function addMagnitudes(a: u64, b: u64, negative: bool, double: bool): u64 {
  let sa = unpack(a, double);
  let ea = exponent;
  let sb = unpack(b, double);
  const eb = exponent;
  if (ea < eb) {
    const s = sa;
    sa = sb;
    sb = s;
    const n = eb - ea;
    ea = eb;
    sb = shiftSticky(sb >> 1, n);
  } else sb = shiftSticky(sb >> 1, ea - eb);
  const sum = (sa >> 1) + sb;
  const n = <i32>clz<u64>(sum);
  return roundPack(negative, ea + 1 - n, sum << n, double);
}

/** |a| − |b|; `negative` is the sign of a. */
function subMagnitudes(a: u64, b: u64, negative: bool, double: bool): u64 {
  const ma = a & ~signBit(double);
  const mb = b & ~signBit(double);
  if (ma == mb) return ((load<u32>(CPU + MXCSR) >> 13) & 3) == 1 ? signBit(double) : 0;
  const swap = ma < mb;
  const sa = unpack(swap ? mb : ma, double);
  const ea = exponent;
  const sb = unpack(swap ? ma : mb, double);
  const difference = (sa >> 1) - shiftSticky(sb >> 1, ea - exponent);
  const n = <i32>clz<u64>(difference);
  return roundPack(swap ? !negative : negative, ea + 1 - n, difference << n, double);
}

function softAdd(a: u64, b: u64, double: bool): u64 {
  const sign = signBit(double);
  const inf = infinity(double);
  const ma = a & ~sign;
  const mb = b & ~sign;
  const differ = ((a ^ b) & sign) != 0;
  if (ma == inf || mb == inf) {
    if (ma == mb && differ) return invalid(double);
    return ma == inf ? a : b;
  }
  if (!ma && !mb) {
    if (!differ) return a;
    return ((load<u32>(CPU + MXCSR) >> 13) & 3) == 1 ? sign : 0;
  }
  // A zero changes nothing, but the other operand may be a denormal that FTZ flushes.
  if (!ma || !mb) {
    const v = ma ? a : b;
    const sig = unpack(v, double);
    return roundPack((v & sign) != 0, exponent, sig, double);
  }
  const negative = (a & sign) != 0;
  return differ ? subMagnitudes(a, b, negative, double) : addMagnitudes(a, b, negative, double);
}

function mulHigh64(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const m = ah * bl + ((al * bl) >> 32);
  const n = al * bh + (m & 0xffffffff);
  return ah * bh + (m >> 32) + (n >> 32);
}

function softMul(a: u64, b: u64, double: bool): u64 {
  const sign = signBit(double);
  const inf = infinity(double);
  const ma = a & ~sign;
  const mb = b & ~sign;
  const negative = ((a ^ b) & sign) != 0;
  const s: u64 = negative ? sign : 0;
  if (ma == inf || mb == inf) return ma && mb ? s | inf : invalid(double);
  if (!ma || !mb) return s;
  const sa = unpack(ma, double);
  const ea = exponent;
  const sb = unpack(mb, double);
  let e = ea + exponent + 1;
  let high = mulHigh64(sa, sb);
  let low = sa * sb;
  if (!(high >> 63)) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    e--;
  }
  return roundPack(negative, e, high | <u64>(low != 0), double);
}

function softDiv(a: u64, b: u64, double: bool): u64 {
  const sign = signBit(double);
  const inf = infinity(double);
  const ma = a & ~sign;
  const mb = b & ~sign;
  const negative = ((a ^ b) & sign) != 0;
  const s: u64 = negative ? sign : 0;
  if (ma == inf) return mb == inf ? invalid(double) : s | inf;
  if (mb == inf) return s;
  if (!mb) {
    if (!ma) return invalid(double);
    raised |= ZE;
    return s | inf;
  }
  if (!ma) return s;
  let rest = unpack(ma, double) >> 11;
  const ea = exponent;
  const divisor = unpack(mb, double) >> 11;
  let q: u64 = 0;
  for (let i = 0; i < 58; i++) {
    q <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      q |= 1;
    }
    rest <<= 1;
  }
  const n = <i32>clz<u64>(q);
  return roundPack(negative, ea - exponent + 6 - n, (q << n) | <u64>(rest != 0), double);
}

function softSqrt(b: u64, double: bool): u64 {
  const sign = signBit(double);
  const m = b & ~sign;
  if (!m) return b;
  if (b & sign) return invalid(double);
  if (m == infinity(double)) return b;
  let sig = unpack(m, double);
  const odd = exponent & 1;
  const e = exponent >> 1;
  // Two bits of the radicand a step; its point stands behind the first pair.
  let rest: u64 = odd ? sig >> 62 : sig >> 63;
  sig <<= odd ? 2 : 1;
  let root: u64 = 0;
  for (let i = 0; i < 58; i++) {
    const trial = (root << 2) | 1;
    root <<= 1;
    if (rest >= trial) {
      rest -= trial;
      root |= 1;
    }
    rest = (rest << 2) | (sig >> 62);
    sig <<= 2;
  }
  return roundPack(false, e, (root << 6) | <u64>(rest != 0), double);
}

/** a op b (SQRT: of b) as MXCSR says. */
export function soft(op: i32, a: u64, b: u64, double: bool): u64 {
  if (isNaNBits(a, double) || isNaNBits(b, double)) return pickNaN(a, b, double);
  const held = raised;
  a = operand(a, double);
  b = operand(b, double);
  const denormal = raised & ~held & DE;
  let r: u64 = 0;
  raised &= ~(IE | ZE);
  switch (op) {
    case ADD: r = softAdd(a, b, double); break;
    case SUB: r = softAdd(a, b ^ signBit(double), double); break;
    case MUL: r = softMul(a, b, double); break;
    case DIV: r = softDiv(a, b, double); break;
    default: r = softSqrt(b, double);
  }
  // Invalid and zero divide have priority over a denormal operand.
  if (denormal && raised & (IE | ZE)) raised &= ~DE;
  raised |= held;
  return r;
}

/** f64 bits to f32 bits. */
export function softNarrow(v: u64): u64 {
  const sign = (v >> 63) << 31;
  if (isNaNBits(v, true)) {
    if (isSignalling(v, true)) raised |= IE;
    return sign | 0x7fc00000 | ((v >> 29) & 0x3fffff);
  }
  v = operand(v, true);
  const m = v & 0x7fffffffffffffff;
  if (!m) return sign;
  if (m == 0x7ff0000000000000) return sign | 0x7f800000;
  const sig = unpack(m, true);
  return roundPack(sign != 0, exponent, sig, false);
}

/** f32 bits to f64 bits; exact. */
export function softWiden(v: u64): u64 {
  const sign = (v >> 31) << 63;
  if (isNaNBits(v, false)) {
    if (isSignalling(v, false)) raised |= IE;
    return sign | 0x7ff8000000000000 | ((v & 0x3fffff) << 29);
  }
  v = operand(v, false);
  return reinterpret<u64>(<f64>reinterpret<f32>(<u32>v));
}

/** An integer to bits of the format. */
export function softFromInt(v: i64, double: bool): u64 {
  if (!v) return 0;
  const m = <u64>(v < 0 ? 0 - v : v);
  const n = <i32>clz<u64>(m);
  return roundPack(v < 0, 63 - n, m << n, double);
}
