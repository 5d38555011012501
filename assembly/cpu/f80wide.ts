// Floating point with 128 bits of significand, for the inside of the transcendental functions. Nothing is rounded: a
// result is wrong by a few units in its last place.
//
// A wide number is 32 bytes: u64 low, u64 high (top bit set; 0 = zero) │ 16 i32 exponent │ 20 u32 sign │ 24 unused.
// Its value is high.low / 2^127 × 2^exponent.
//
// A fraction is 128 bits behind the point, in two u64; fracHigh and fracLow hold a result.
import { BIAS, TOP_BIT, div128, divRest, f80Round64, mulHigh64 } from "./f80";

export const WIDE: usize = 32;

export let fracHigh: u64 = 0;
export let fracLow: u64 = 0;

const TEMP = memory.data(3 * 32, 8);

// @ts-ignore: decorator
@inline
function set(d: usize, sign: u32, exp: i32, high: u64, low: u64): void {
  store<u64>(d, low);
  store<u64>(d, high, 8);
  store<i32>(d, exp, 16);
  store<u32>(d, sign, 20);
}

// @ts-ignore: decorator
@inline
export function wideExp(a: usize): i32 {
  return load<i32>(a, 16);
}

// @ts-ignore: decorator
@inline
export function wideSign(a: usize): u32 {
  return load<u32>(a, 20);
}

// @ts-ignore: decorator
@inline
export function wideIsZero(a: usize): bool {
  return load<u64>(a, 8) == 0;
}

export function wideSetSign(a: usize, sign: u32): void {
  store<u32>(a, sign, 20);
}

export function wideAddExp(a: usize, n: i32): void {
  store<i32>(a, load<i32>(a, 16) + n, 16);
}

export function wideCopy(d: usize, a: usize): void {
  memory.copy(d, a, WIDE);
}

/** A finite value of 80 bits. */
export function wideFrom(d: usize, se: u32, sig: u64): void {
  let exp = <i32>(se & 0x7fff);
  if (!exp) exp = 1;
  const shift = sig ? clz<u64>(sig) : 0;
  set(d, se >> 15, exp - BIAS - <i32>shift, sig << shift, 0);
}

export function wideFromInt(d: usize, value: i32): void {
  const magnitude = <u64>(value < 0 ? -value : value);
  const shift = magnitude ? clz<u64>(magnitude) : 0;
  set(d, value < 0 ? 1 : 0, 63 - <i32>shift, magnitude << shift, 0);
}

/** high.low / 2^128 × 2^exp, normalised. */
export function wideFromBits(d: usize, sign: u32, exp: i32, high: u64, low: u64): void {
  if (!high) {
    high = low;
    low = 0;
    exp -= 64;
  }
  if (high) {
    const shift = clz<u64>(high);
    if (shift) {
      high = (high << shift) | (low >> (64 - shift));
      low <<= shift;
      exp -= <i32>shift;
    }
  }
  set(d, sign, exp - 1, high, low);
}

/** Rounds to 80 bits; inexact marks a value that the wide number only comes near. */
export function wideRound(a: usize, inexact: bool): void {
  f80Round64(load<u32>(a, 20), load<i32>(a, 16) + BIAS, load<u64>(a, 8), load<u64>(a) | <u64>inexact);
}

/**
 * Rounds a to 68 bits, the width of the hardware's data path: where it keeps a value on the way, its last place in the
 * result follows from that.
 */
export function wideNarrow(a: usize): void {
  const low = load<u64>(a);
  const part = low << 4;
  let kept = low >> 60;
  if (part > TOP_BIT || (part == TOP_BIT && kept & 1)) kept++;
  let high = load<u64>(a, 8) + (kept >> 4);
  if (!high && kept) {
    high = TOP_BIT;
    store<i32>(a, load<i32>(a, 16) + 1, 16);
  }
  store<u64>(a, kept << 60);
  store<u64>(a, high, 8);
}

export function wideMul(d: usize, a: usize, b: usize): void {
  const ah = load<u64>(a, 8), al = load<u64>(a);
  const bh = load<u64>(b, 8), bl = load<u64>(b);
  const sign = load<u32>(a, 20) ^ load<u32>(b, 20);
  let exp = load<i32>(a, 16) + load<i32>(b, 16) + 1;
  fractionMul(ah, al, bh, bl);
  let high = fracHigh, low = fracLow;
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    exp--;
  }
  set(d, sign, exp, high, low);
}

/** d = a + b, or a − b when flip is 1. */
export function wideAdd(d: usize, a: usize, b: usize, flip: u32): void {
  let aSign = load<u32>(a, 20), bSign = load<u32>(b, 20) ^ flip;
  if (wideIsZero(b)) {
    wideCopy(d, a);
    return;
  }
  if (wideIsZero(a)) {
    wideCopy(d, b);
    store<u32>(d, bSign, 20);
    return;
  }
  let aExp = load<i32>(a, 16), ah = load<u64>(a, 8), al = load<u64>(a);
  let bExp = load<i32>(b, 16), bh = load<u64>(b, 8), bl = load<u64>(b);
  if (aExp < bExp || (aExp == bExp && (ah < bh || (ah == bh && al < bl)))) {
    const s = aSign, e = aExp, h = ah, l = al;
    aSign = bSign;
    aExp = bExp;
    ah = bh;
    al = bl;
    bSign = s;
    bExp = e;
    bh = h;
    bl = l;
  }
  fractionShift(bh, bl, aExp - bExp);
  bh = fracHigh;
  // What is too small to be seen still counts as one unit: directed rounding asks for it.
  bl = fracLow | <u64>((fracHigh | fracLow) == 0);
  if (aSign == bSign) {
    const low = al + bl;
    const carry = <u64>(low < al);
    let high = ah + bh;
    let over = high < ah;
    high += carry;
    over = over || (high == 0 && carry != 0);
    if (over) set(d, aSign, aExp + 1, (high >> 1) | TOP_BIT, (low >> 1) | (high << 63));
    else set(d, aSign, aExp, high, low);
    return;
  }
  const low = al - bl;
  wideFromBits(d, aSign, aExp + 1, ah - bh - <u64>(al < bl), low);
}

/** d = a / b for numbers of 64 bits: exact when the quotient is, else cut off. */
export function wideDiv64(d: usize, a: usize, b: usize): void {
  const ah = load<u64>(a, 8), bh = load<u64>(b, 8);
  const exp = load<i32>(a, 16) - load<i32>(b, 16);
  const sign = load<u32>(a, 20) ^ load<u32>(b, 20);
  if (ah >= bh) {
    const high = div128(ah >> 1, ah << 63, bh);
    set(d, sign, exp, high, div128(divRest, 0, bh));
  } else {
    const high = div128(ah, 0, bh);
    set(d, sign, exp - 1, high, div128(divRest, 0, bh));
  }
}

/** d = a / b. */
export function wideDiv(d: usize, a: usize, b: usize): void {
  const bh = load<u64>(b, 8);
  const near = TEMP, t = TEMP + WIDE, two = TEMP + 2 * WIDE;
  // A reciprocal of 64 bits, and one step of Newton.
  const first = bh == TOP_BIT ? u64.MAX_VALUE : div128(TOP_BIT, 0, bh);
  set(near, load<u32>(b, 20), -1 - load<i32>(b, 16), first, 0);
  wideMul(t, near, b);
  set(two, 0, 1, TOP_BIT, 0);
  wideAdd(t, two, t, 1);
  wideMul(near, near, t);
  wideMul(d, a, near);
}

// ── fractions ───────────────────────────────────────────────────────────────────────

// @ts-ignore: decorator
@inline
function fractionMul(ah: u64, al: u64, bh: u64, bl: u64): void {
  let high = mulHigh64(ah, bh);
  let low = ah * bh;
  if (bl) {
    const x = mulHigh64(ah, bl);
    low += x;
    high += <u64>(low < x);
  }
  if (al) {
    const x = mulHigh64(al, bh);
    low += x;
    high += <u64>(low < x);
  }
  fracHigh = high;
  fracLow = low;
}

function fractionShift(high: u64, low: u64, count: i32): void {
  if (count == 0) {
    fracHigh = high;
    fracLow = low;
  } else if (count < 64) {
    fracHigh = high >> count;
    fracLow = (low >> count) | (high << (64 - count));
  } else {
    fracHigh = 0;
    fracLow = count < 128 ? high >> (count - 64) : 0;
  }
}

/** The fraction of a, which is below 1. */
export function wideFraction(a: usize): void {
  fractionShift(load<u64>(a, 8), load<u64>(a), -1 - load<i32>(a, 16));
}

/** c0 ± z c1 + z² c2 ± …: n coefficients of a table, z in fracHigh and fracLow. */
export function series(table: usize, n: i32, alternating: bool): void {
  const zh = fracHigh, zl = fracLow;
  let at = table + (<usize>(n - 1) << 4);
  let low = load<u64>(at), high = load<u64>(at, 8);
  while (at > table) {
    at -= 16;
    fractionMul(high, low, zh, zl);
    const cl = load<u64>(at), ch = load<u64>(at, 8);
    if (alternating) {
      high = ch - fracHigh - <u64>(cl < fracLow);
      low = cl - fracLow;
    } else {
      low = cl + fracLow;
      high = ch + fracHigh + <u64>(low < cl);
    }
  }
  fracHigh = high;
  fracLow = low;
}

/** d = the fraction of the last series. */
export function wideFromFraction(d: usize): void {
  wideFromBits(d, 0, 0, fracHigh, fracLow);
}
