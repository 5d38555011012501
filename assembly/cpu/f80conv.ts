// Conversions between the 80-bit format and those of memory. From memory: f80Se and f80Sig. To memory: the value
// is returned, exceptions in f80Flags; the caller does not store when one that prevents it is unmasked.
import {
  BIAS, C1, DE, DENORMAL, IE, INFINITE, OE, PE, QNAN, QUIET, RC_NEAREST, RC_UP, RC_ZERO, TOP_BIT, UE, UNSUPPORTED, ZERO,
  f80Class, f80ClearFlags, f80Control, f80Raise, f80Rounding, f80Se, f80Set, f80Sig, f80Nan1, shiftRight, shiftedRest, shiftedSig,
} from "./f80";

/** What an out of range conversion to a signed integer stores, as a 64-bit value. */
export const INT_INDEFINITE: u64 = TOP_BIT;

/** Signalling NaNs stay as they are, and denormals become normal: denormal64 and the class tell of both. */
export function f80From64(bits: u64): void {
  const exp = <u32>(bits >> 52) & 0x7ff;
  const sign = <u32>(bits >> 48) & 0x8000;
  const fraction = bits << 12;
  if (exp - 1 < 0x7fe) f80Set(sign | (exp + (16383 - 1023)), TOP_BIT | (fraction >> 1));
  else if (exp) f80Set(sign | 0x7fff, TOP_BIT | (fraction >> 1));
  else if (!fraction) f80Set(sign, 0);
  else {
    const shift = clz<u64>(fraction);
    f80Set(sign | (16383 - 1023 - <u32>shift), fraction << shift);
  }
}

export function f80From32(bits: u32): void {
  const exp = (bits >> 23) & 0xff;
  const sign = (bits >> 16) & 0x8000;
  const fraction = <u64>bits << 41;
  if (exp - 1 < 0xfe) f80Set(sign | (exp + (16383 - 127)), TOP_BIT | (fraction >> 1));
  else if (exp) f80Set(sign | 0x7fff, TOP_BIT | (fraction >> 1));
  else if (!fraction) f80Set(sign, 0);
  else {
    const shift = clz<u64>(fraction);
    f80Set(sign | (16383 - 127 - <u32>shift), fraction << shift);
  }
}

// @ts-ignore: decorator
@inline
export function denormal64(bits: u64): bool {
  return ((bits >> 52) & 0x7ff) == 0 && bits << 1 != 0;
}

// @ts-ignore: decorator
@inline
export function denormal32(bits: u32): bool {
  return ((bits >> 23) & 0xff) == 0 && bits << 1 != 0;
}

export function f80FromInt(value: i64): void {
  if (!value) {
    f80Set(0, 0);
    return;
  }
  const magnitude = value < 0 ? <u64>-value : <u64>value;
  const shift = clz<u64>(magnitude);
  f80Set((value < 0 ? 0x8000 : 0) | (16383 + 63 - <u32>shift), magnitude << shift);
}

// @ts-ignore: decorator
@inline
function roundsUp(sign: u32, odd: u64, rest: u64, rc: u32): bool {
  if (rc == RC_NEAREST) return rest > TOP_BIT || (rest == TOP_BIT && odd != 0);
  if (rc == RC_ZERO) return false;
  return (rc == RC_UP) == (sign == 0);
}

/**
 * To a format with `fraction` bits behind the point and exponents up to `maxExp` (all ones). Sign, exponent and fraction
 * are returned in their places of that format.
 */
function toNarrow(se: u32, sig: u64, fraction: u32, maxExp: i32): u64 {
  const sign = se >> 15;
  const signBit = <u64>sign << (fraction == 52 ? 63 : 31);
  const kind = f80Class(se, sig);
  if (kind == ZERO) return signBit;
  if (kind >= QNAN) {
    f80Nan1(se, sig);
    if (kind == UNSUPPORTED) return (<u64>1 << (fraction == 52 ? 63 : 31)) | (<u64>maxExp << fraction) | (<u64>1 << (fraction - 1));
    return signBit | (<u64>maxExp << fraction) | (((sig | QUIET) << 1) >> (64 - fraction));
  }
  if (kind == INFINITE) return signBit | (<u64>maxExp << fraction);
  const bias = maxExp >> 1;
  let exp = <i32>(se & 0x7fff) - BIAS + bias;
  if (kind == DENORMAL) {
    exp = -0x4000;
  }
  const drop = 63 - fraction; // bits of the significand behind the last kept one
  const rc = f80Rounding();
  const control = f80Control();
  let kept = sig >> drop;
  let rest = sig << (64 - drop);
  let up = rest != 0 && roundsUp(sign, kept & 1, rest, rc);
  const carries = up && (kept + 1) >> (fraction + 1) != 0;
  if (exp + <i32>carries <= 0) {
    // Tiny after rounding.
    if (!(control & UE)) {
      f80Raise(UE);
      return 0;
    }
    shiftRight(sig >> drop, rest, kind == DENORMAL ? 1000 : 1 - exp);
    kept = shiftedSig;
    rest = shiftedRest;
    up = rest != 0 && roundsUp(sign, kept & 1, rest, rc);
    if (rest) f80Raise(up ? UE | PE | C1 : UE | PE);
    return signBit | (kept + <u64>up);
  }
  if (exp + <i32>carries >= maxExp) {
    f80Raise(OE);
    if (!(control & OE)) return 0;
    f80Raise(PE);
    if (rc == RC_NEAREST || (rc != RC_ZERO && (rc == RC_UP) == (sign == 0))) {
      f80Raise(C1);
      return signBit | (<u64>maxExp << fraction);
    }
    return signBit | ((<u64>maxExp << fraction) - 1);
  }
  if (rest) f80Raise(up ? PE | C1 : PE);
  // The integer bit of `kept`, and a carry, add to the exponent.
  return signBit + (<u64>(exp - 1) << fraction) + kept + <u64>up;
}

export function f80To64(se: u32, sig: u64): u64 {
  const exp = <i32>(se & 0x7fff) - (BIAS - 1023);
  if (<u32>(exp - 1) < 0x7fd && <i64>sig < 0 && !(sig & 0x7ff)) return (<u64>(se & 0x8000) << 48) + (<u64>(exp - 1) << 52) + (sig >> 11);
  return toNarrow(se, sig, 52, 0x7ff);
}

export function f80To32(se: u32, sig: u64): u32 {
  return <u32>toNarrow(se, sig, 23, 0xff);
}

/** To a signed integer of 16, 32 or 64 bits with the rounding given; the integer indefinite, as i64 of its size, when invalid. */
export function f80ToInt(se: u32, sig: u64, bits: u32, rc: u32): u64 {
  const indefinite = <u64>-1 << (bits - 1);
  const exp = <i32>(se & 0x7fff) - BIAS;
  const sign = se >> 15;
  const kind = f80Class(se, sig);
  if (kind == ZERO) return 0;
  if (kind > DENORMAL || exp > 63) {
    f80Raise(IE);
    return indefinite;
  }
  let whole: u64, rest: u64;
  if (exp == 63) {
    whole = sig;
    rest = 0;
  } else {
    shiftRight(sig, 0, kind == DENORMAL ? 1000 : 63 - exp);
    whole = shiftedSig;
    rest = shiftedRest;
  }
  const up = rest != 0 && roundsUp(sign, whole & 1, rest, rc);
  if (up) {
    whole++;
    if (!whole) {
      f80Raise(IE);
      return indefinite;
    }
  }
  const limit = <u64>1 << (bits - 1);
  if (whole > limit || (whole == limit && !sign)) {
    f80Raise(IE);
    return indefinite;
  }
  if (rest) f80Raise(up ? PE | C1 : PE);
  return sign ? -whole : whole;
}

/** frndint. */
export function f80RoundInt(se: u32, sig: u64): void {
  const exp = <i32>(se & 0x7fff) - BIAS;
  const kind = f80Class(se, sig);
  if (kind >= QNAN) {
    f80Nan1(se, sig);
    return;
  }
  f80Set(se, sig);
  if (kind == ZERO || exp >= 63) return;
  if (kind == DENORMAL) f80Raise(DE);
  const sign = se >> 15;
  shiftRight(sig, 0, kind == DENORMAL ? 1000 : 63 - exp);
  const rest = shiftedRest;
  let whole = shiftedSig;
  if (!rest) return;
  const up = roundsUp(sign, whole & 1, rest, f80Rounding());
  f80Raise(up ? PE | C1 : PE);
  whole += <u64>up;
  if (!whole) {
    f80Set(se & 0x8000, 0);
    return;
  }
  const shift = clz<u64>(whole);
  f80Set((se & 0x8000) | (16383 + 63 - <u32>shift), whole << shift);
}

/** Eighteen decimal digits and a sign; digits above 9 count as hardware counts them, by weight. */
export function f80FromBcd(from: usize): void {
  let value: u64 = 0;
  for (let i = 8; i >= 0; i--) {
    const pair = <u64>load<u8>(from + i);
    value = value * 100 + (pair >> 4) * 10 + (pair & 15);
  }
  f80FromInt(<i64>value);
  if (load<u8>(from, 9) & 0x80) f80Set(f80Se | 0x8000, f80Sig);
}

const BCD_LIMIT: u64 = 999999999999999999;

/** Low and high part of a packed decimal; the high part is 16 bits. */
export let bcdLow: u64 = 0;
export let bcdHigh: u32 = 0;

export function f80ToBcd(se: u32, sig: u64): void {
  const before = f80ToInt(se, sig, 64, f80Rounding());
  const negative = (se & 0x8000) != 0;
  const magnitude = negative ? -before : before;
  if (before == INT_INDEFINITE || magnitude > BCD_LIMIT) {
    f80ClearFlags(PE | C1);
    f80Raise(IE);
    bcdIndefinite();
    return;
  }
  let rest = magnitude;
  let low: u64 = 0;
  for (let i: u64 = 0; i < 64; i += 8) {
    const pair = rest % 100;
    rest /= 100;
    low |= ((pair / 10) << 4 | pair % 10) << i;
  }
  bcdLow = low;
  bcdHigh = <u32>((rest / 10) << 4 | rest % 10) | (negative ? 0x8000 : 0);
}

export function bcdIndefinite(): void {
  bcdLow = 0xc000000000000000;
  bcdHigh = 0xffff;
}
