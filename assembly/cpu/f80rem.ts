// Remainder, scaling and taking apart: fprem, fprem1, fscale, fxtract.
import {
  BIAS, C0, C1, C2, C3, DE, DENORMAL, INFINITE, QNAN, TOP_BIT, ZE, ZERO, div128, divRest, f80Class, f80Invalid, f80Nan1, f80Nan2, f80Raise, f80Round64,
  f80Set, f80Sig, f80Se, shiftRight, shiftedSig,
} from "./f80";

/** Condition codes of a quotient: its low three bits in C1, C3, C0. */
function quotientCodes(q: u64): u32 {
  return (q & 1 ? C1 : 0) | (q & 2 ? C3 : 0) | (q & 4 ? C0 : 0);
}

/** f80Remainder found no quotient: the codes stay. */
export const NO_CODES: u32 = 1;

/**
 * a − b × q with q truncated (fprem) or rounded to nearest (fprem1); the condition codes. With exponents 64 or more
 * apart only part of the reduction is done, which C2 tells.
 */
export function f80Remainder(aSe: u32, aSig: u64, bSe: u32, bSig: u64, nearest: bool): u32 {
  const a = f80Class(aSe, aSig);
  const b = f80Class(bSe, bSig);
  if (a >= QNAN || b >= QNAN) {
    f80Nan2(aSe, aSig, bSe, bSig);
    return NO_CODES;
  }
  if (a == INFINITE || b == ZERO) {
    f80Invalid();
    return NO_CODES;
  }
  if (a == DENORMAL || b == DENORMAL) f80Raise(DE);
  f80Set(aSe, aSig);
  if (a == ZERO) return 0;
  let aExp = <i32>(aSe & 0x7fff);
  if (a == DENORMAL) {
    const shift = clz<u64>(aSig);
    aExp = 1 - <i32>shift;
    aSig <<= shift;
  }
  let sign = aSe >> 15;
  if (b == INFINITE) {
    f80Round64(sign, aExp, aSig, 0);
    return 0;
  }
  let bExp = <i32>(bSe & 0x7fff);
  if (b == DENORMAL) {
    const shift = clz<u64>(bSig);
    bExp = 1 - <i32>shift;
    bSig <<= shift;
  }
  const distance = aExp - bExp;
  if (distance < 0) {
    if (!nearest || distance < -1 || aSig <= bSig) {
      f80Round64(sign, aExp, aSig, 0);
      return 0;
    }
    // More than half of b: one b is taken off.
    pack(sign ^ 1, aExp, bSig - (aSig - bSig));
    return quotientCodes(1);
  }
  let step = distance;
  if (distance >= 64) step = (distance & 31) | 32;
  let q: u64 = 0;
  if (aSig >= bSig) {
    aSig -= bSig;
    q = <u64>1 << step;
  }
  if (step) {
    q += div128(aSig >> (64 - step), aSig << step, bSig);
    aSig = divRest;
  }
  if (distance >= 64) {
    pack(sign, bExp + distance - step, aSig);
    return C2;
  }
  if (nearest) {
    const other = bSig - aSig;
    if (aSig > other || (aSig == other && q & 1)) {
      aSig = other;
      sign ^= 1;
      q++;
    }
  }
  pack(sign, bExp, aSig);
  return quotientCodes(q);
}

function pack(sign: u32, exp: i32, sig: u64): void {
  if (!sig) {
    f80Set(sign << 15, 0);
    return;
  }
  const shift = clz<u64>(sig);
  f80Round64(sign, exp - <i32>shift, sig << shift, 0);
}

/** a × 2^trunc(b). */
export function f80Scale(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  const a = f80Class(aSe, aSig);
  const b = f80Class(bSe, bSig);
  if (a >= QNAN || b >= QNAN) {
    f80Nan2(aSe, aSig, bSe, bSig);
    return;
  }
  if (b == INFINITE && (bSe & 0x8000 ? a == INFINITE : a == ZERO)) {
    f80Invalid();
    return;
  }
  if (a == DENORMAL || b == DENORMAL) f80Raise(DE);
  if (b == INFINITE) {
    if (bSe & 0x8000) f80Set(aSe & 0x8000, 0);
    else f80Set((aSe & 0x8000) | 0x7fff, TOP_BIT);
    return;
  }
  f80Set(aSe, aSig);
  if (a == INFINITE || a == ZERO) return;
  const power = <i32>(bSe & 0x7fff) - BIAS;
  let amount = 0;
  if (power > 16) amount = 0x20000;
  else if (power >= 0) {
    shiftRight(bSig, 0, 63 - power);
    amount = <i32>shiftedSig;
  }
  if (bSe & 0x8000) amount = -amount;
  let exp = <i32>(aSe & 0x7fff);
  if (a == DENORMAL) {
    const shift = clz<u64>(aSig);
    exp = 1 - <i32>shift;
    aSig <<= shift;
  }
  f80Round64(aSe >> 15, exp + amount, aSig, 0);
}

/** Exponent of the value as a number: sign and magnitude. */
export let extractSe: u32 = 0;
export let extractSig: u64 = 0;

/** fxtract: the exponent in extractSe and extractSig, the significand in f80Se and f80Sig. */
export function f80Extract(se: u32, sig: u64): void {
  const kind = f80Class(se, sig);
  if (kind >= QNAN) {
    f80Nan1(se, sig);
    extractSe = f80Se;
    extractSig = f80Sig;
    return;
  }
  f80Set(se, sig);
  if (kind == ZERO || kind == INFINITE) {
    if (kind == ZERO) f80Raise(ZE);
    extractSe = kind == ZERO ? 0xffff : 0x7fff;
    extractSig = TOP_BIT;
    return;
  }
  let exp = <i32>(se & 0x7fff);
  if (kind == DENORMAL) {
    f80Raise(DE);
    const shift = clz<u64>(sig);
    exp = 1 - <i32>shift;
    sig <<= shift;
  }
  exp -= BIAS;
  if (exp == 0) {
    extractSe = 0;
    extractSig = 0;
  } else {
    const magnitude = <u64>(exp < 0 ? -exp : exp);
    const shift = clz<u64>(magnitude);
    extractSe = (exp < 0 ? 0x8000 : 0) | (16383 + 63 - <u32>shift);
    extractSig = magnitude << shift;
  }
  f80Set((se & 0x8000) | 0x3fff, sig);
}
