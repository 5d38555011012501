// Soft 80-bit extended floating point: the arithmetic of the x87. SDM vol. 1 chapter 8.
//
// A value is (se, sig): sign and exponent as the high 16 bits of the format, and the 64-bit
// significand with its explicit integer bit. An operation leaves its result in f80Se and f80Sig, adds
// the exceptions that it raised to f80Flags, and obeys the control word given to f80Begin. These three
// are scratch between an operation and its caller, no state of the machine.

export const IE: u32 = 1;
export const DE: u32 = 2;
export const ZE: u32 = 4;
export const OE: u32 = 8;
export const UE: u32 = 0x10;
export const PE: u32 = 0x20;
/** Stack fault. */
export const SF: u32 = 0x40;
export const C0: u32 = 0x100;
/** In f80Flags: the result was rounded away from zero. */
export const C1: u32 = 0x200;
export const C2: u32 = 0x400;
export const C3: u32 = 0x4000;
export const UNORDERED: u32 = C0 | C2 | C3;

export const RC_NEAREST: u32 = 0;
export const RC_DOWN: u32 = 1;
export const RC_UP: u32 = 2;
export const RC_ZERO: u32 = 3;

export const TOP_BIT: u64 = 0x8000000000000000;
export const QUIET: u64 = 0xc000000000000000;
export const BIAS: i32 = 16383;
/** What an unmasked overflow or underflow adds to the exponent. */
const WRAP: i32 = 24576;

export const NORMAL: i32 = 0;
export const ZERO: i32 = 1;
/** Denormal or pseudo-denormal. */
export const DENORMAL: i32 = 2;
export const INFINITE: i32 = 3;
export const QNAN: i32 = 4;
export const SNAN: i32 = 5;
/** Unnormal, pseudo-infinity or pseudo-NaN. */
export const UNSUPPORTED: i32 = 6;

export let f80Se: u32 = 0;
export let f80Sig: u64 = 0;
export let f80Flags: u32 = 0;
let control: u32 = 0x37f;

// A finite operand taken apart: significand with its top bit set, and the exponent that belongs to it.
let partExp: i32 = 0;
let partSig: u64 = 0;

/** Starts an instruction: no exceptions yet, rounding and masks as in the control word. */
// @ts-ignore: decorator
@inline
export function f80Begin(fcw: u32): void {
  control = fcw;
  f80Flags = 0;
}

// @ts-ignore: decorator
@inline
export function f80Raise(flags: u32): void {
  f80Flags |= flags;
}

// @ts-ignore: decorator
@inline
export function f80ClearFlags(flags: u32): void {
  f80Flags &= ~flags;
}

// @ts-ignore: decorator
@inline
export function f80Set(se: u32, sig: u64): void {
  f80Se = se;
  f80Sig = sig;
}

// @ts-ignore: decorator
@inline
export function f80Rounding(): u32 {
  return (control >> 10) & 3;
}

// @ts-ignore: decorator
@inline
export function f80Control(): u32 {
  return control;
}

/** The real indefinite: the quiet NaN of a masked invalid operation. */
export function f80Indefinite(): void {
  f80Se = 0xffff;
  f80Sig = QUIET;
}

export function f80Invalid(): void {
  f80Flags |= IE;
  f80Indefinite();
}

// @ts-ignore: decorator
@inline
export function isNormal(se: u32, sig: u64): bool {
  return (se & 0x7fff) - 1 < 0x7ffe && <i64>sig < 0;
}

export function f80Class(se: u32, sig: u64): i32 {
  const exp = se & 0x7fff;
  if (exp == 0) return sig ? DENORMAL : ZERO;
  if (<i64>sig >= 0) return UNSUPPORTED;
  if (exp != 0x7fff) return NORMAL;
  if (sig == TOP_BIT) return INFINITE;
  return sig >= QUIET ? QNAN : SNAN;
}

/** Takes a non-zero finite operand apart into partExp and partSig. */
// @ts-ignore: decorator
@inline
function take(se: u32, sig: u64): void {
  const exp = <i32>(se & 0x7fff);
  if (exp) {
    partExp = exp;
    partSig = sig;
    return;
  }
  const shift = clz<u64>(sig);
  partExp = 1 - <i32>shift;
  partSig = sig << shift;
}

/** High 64 bits of a × b. */
// @ts-ignore: decorator
@inline
export function mulHigh64(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32;
  const bl = b & 0xffffffff, bh = b >> 32;
  const mid = al * bh + ((al * bl) >> 32);
  const mid2 = ah * bl + (mid & 0xffffffff);
  return ah * bh + (mid >> 32) + (mid2 >> 32);
}

// ── rounding ────────────────────────────────────────────────────────────────────────

/** Whether a discarded part (rest, in units of 2^-64 of the last place) rounds the magnitude up. */
// @ts-ignore: decorator
@inline
function roundsUp(sign: u32, odd: u64, rest: u64, rc: u32): bool {
  if (rc == RC_NEAREST) return rest > TOP_BIT || (rest == TOP_BIT && odd != 0);
  if (rc == RC_ZERO) return false;
  return (rc == RC_UP) == (sign == 0);
}

/**
 * Rounds sig.rest × 2^(exp − 16383 − 63), sig having its top bit set, to the precision of the control word.
 */
export function f80Round(sign: u32, exp: i32, sig: u64, rest: u64): void {
  if ((control & 0x300) == 0x300) f80Round64(sign, exp, sig, rest);
  else roundSlow(sign, exp, sig, rest, precision());
}

/** The same to 64 bits whatever the precision control. */
// @ts-ignore: decorator
@inline
export function f80Round64(sign: u32, exp: i32, sig: u64, rest: u64): void {
  if (<u32>(exp - 1) >= 0x7ffd) {
    roundSlow(sign, exp, sig, rest, 64);
    return;
  }
  if (rest) {
    f80Flags |= PE;
    if (roundsUp(sign, sig & 1, rest, (control >> 10) & 3)) {
      f80Flags |= C1;
      sig++;
      if (!sig) {
        sig = TOP_BIT;
        exp++;
      }
    }
  }
  f80Se = (sign << 15) | <u32>exp;
  f80Sig = sig;
}

function precision(): u32 {
  const pc = (control >> 8) & 3;
  return pc == 0 ? 24 : pc == 2 ? 53 : 64;
}

// Results of cut.
let cutSig: u64 = 0;
let cutUp: bool = false;
let cutExact: bool = false;

/** Rounds sig.rest to its first `bits` bits; cutSig = 0 tells of a carry out. */
function cut(sign: u32, sig: u64, rest: u64, bits: u32): void {
  let kept = sig;
  let part = rest;
  let step: u64 = 1;
  if (bits < 64) {
    step = <u64>1 << (64 - bits);
    kept = sig & ~(step - 1);
    part = ((sig - kept) << bits) | <u64>(rest != 0);
  }
  cutExact = part == 0;
  cutUp = part != 0 && roundsUp(sign, kept & step, part, (control >> 10) & 3);
  cutSig = cutUp ? kept + step : kept;
}

/** All cases: any precision, overflow, underflow. */
export function roundSlow(sign: u32, exp: i32, sig: u64, rest: u64, bits: u32): void {
  cut(sign, sig, rest, bits);
  let rounded = cutSig;
  let power = exp;
  if (!rounded) {
    rounded = TOP_BIT;
    power++;
  }
  if (power >= 0x7fff) {
    overflow(sign, power, rounded, bits);
    return;
  }
  if (power <= 0) {
    underflow(sign, exp, power, rounded, sig, rest, bits);
    return;
  }
  if (!cutExact) f80Flags |= cutUp ? PE | C1 : PE;
  f80Se = (sign << 15) | <u32>power;
  f80Sig = rounded;
}

function overflow(sign: u32, power: i32, rounded: u64, bits: u32): void {
  if (!(control & OE)) {
    f80Flags |= OE;
    if (!cutExact) f80Flags |= cutUp ? PE | C1 : PE;
    power -= WRAP;
    if (power > 0 && power < 0x7fff) {
      f80Se = (sign << 15) | <u32>power;
      f80Sig = rounded;
      return;
    }
    // Farther away than the wrapped exponent reaches (fscale): infinity.
    f80Flags |= PE | C1;
    f80Se = (sign << 15) | 0x7fff;
    f80Sig = TOP_BIT;
    return;
  }
  f80Flags |= OE | PE;
  const rc = (control >> 10) & 3;
  if (rc == RC_NEAREST || (rc != RC_ZERO && (rc == RC_UP) == (sign == 0))) {
    f80Flags |= C1;
    f80Se = (sign << 15) | 0x7fff;
    f80Sig = TOP_BIT;
    return;
  }
  f80Se = (sign << 15) | 0x7ffe;
  f80Sig = bits == 64 ? u64.MAX_VALUE : ~((<u64>1 << (64 - bits)) - 1);
}

/** The result is tiny after rounding. */
function underflow(sign: u32, exp: i32, power: i32, rounded: u64, sig: u64, rest: u64, bits: u32): void {
  if (!(control & UE)) {
    f80Flags |= UE;
    if (!cutExact) f80Flags |= cutUp ? PE | C1 : PE;
    power += WRAP;
    if (power > 0) {
      f80Se = (sign << 15) | <u32>power;
      f80Sig = rounded;
      return;
    }
    // Farther away than the wrapped exponent reaches (fscale): zero.
    f80Flags = (f80Flags & ~C1) | PE;
    f80Se = sign << 15;
    f80Sig = 0;
    return;
  }
  shiftRight(sig, rest, 1 - exp);
  cut(sign, shiftedSig, shiftedRest, bits);
  if (!cutExact) f80Flags |= cutUp ? UE | PE | C1 : UE | PE;
  // A carry into the integer bit makes the smallest normal number.
  f80Se = (sign << 15) | <u32>(cutSig >> 63);
  f80Sig = cutSig;
}

export let shiftedSig: u64 = 0;
export let shiftedRest: u64 = 0;

/** sig.rest >> count, what falls off kept as the lowest bit of the rest. */
export function shiftRight(sig: u64, rest: u64, count: i32): void {
  if (count == 0) {
    shiftedSig = sig;
    shiftedRest = rest;
  } else if (count < 64) {
    shiftedSig = sig >> count;
    shiftedRest = (sig << (64 - count)) | (rest >> count) | <u64>((rest << (64 - count)) != 0);
  } else if (count == 64) {
    shiftedSig = 0;
    shiftedRest = sig | <u64>(rest != 0);
  } else {
    shiftedSig = 0;
    shiftedRest = count < 128 ? (sig >> (count - 64)) | <u64>(((sig << (128 - count)) | rest) != 0) : 1;
  }
}

// ── NaNs ────────────────────────────────────────────────────────────────────────────

/** Result of a one-operand operation on a NaN or an unsupported encoding. */
export function f80Nan1(se: u32, sig: u64): void {
  const kind = f80Class(se, sig);
  if (kind == UNSUPPORTED) {
    f80Invalid();
    return;
  }
  if (kind == SNAN) f80Flags |= IE;
  f80Se = se;
  f80Sig = sig | QUIET;
}

/** Result when at least one of two operands is a NaN or unsupported. SDM vol. 1 table 4-7. */
export function f80Nan2(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  const a = f80Class(aSe, aSig);
  const b = f80Class(bSe, bSig);
  if (a == UNSUPPORTED || b == UNSUPPORTED) {
    f80Invalid();
    return;
  }
  if (a == SNAN || b == SNAN) f80Flags |= IE;
  let useA = a >= QNAN;
  if (useA && b >= QNAN) {
    if (a != b) useA = a == QNAN;
    else if (aSig != bSig) useA = aSig > bSig;
    else useA = aSe < bSe;
  }
  f80Se = useA ? aSe : bSe;
  f80Sig = (useA ? aSig : bSig) | QUIET;
}

// ── add, subtract ───────────────────────────────────────────────────────────────────

/** a + b, or a − b when flip is 0x8000. */
export function f80Add(aSe: u32, aSig: u64, bSe: u32, bSig: u64, flip: u32): void {
  if (isNormal(aSe, aSig) && isNormal(bSe, bSig)) {
    addParts(aSe >> 15, aSe & 0x7fff, aSig, (bSe ^ flip) >> 15, bSe & 0x7fff, bSig);
    return;
  }
  const a = f80Class(aSe, aSig);
  const b = f80Class(bSe, bSig);
  if (a >= QNAN || b >= QNAN) {
    f80Nan2(aSe, aSig, bSe, bSig);
    return;
  }
  bSe ^= flip;
  if (a == INFINITE || b == INFINITE) {
    if (a == b && aSe != bSe) {
      f80Invalid();
      return;
    }
    if (a == DENORMAL || b == DENORMAL) f80Flags |= DE;
    f80Set(a == INFINITE ? aSe : bSe, TOP_BIT);
    return;
  }
  if (a == DENORMAL || b == DENORMAL) f80Flags |= DE;
  if (a == ZERO && b == ZERO) {
    f80Set(aSe == bSe ? aSe : zeroSign(), 0);
    return;
  }
  if (b == ZERO) take(aSe, aSig);
  else take(bSe, bSig);
  const exp = partExp;
  const sig = partSig;
  if (a == ZERO || b == ZERO) {
    f80Round((a == ZERO ? bSe : aSe) >> 15, exp, sig, 0);
    return;
  }
  take(aSe, aSig);
  addParts(aSe >> 15, partExp, partSig, bSe >> 15, exp, sig);
}

/** The sign of an exact zero difference, as an exponent word. */
function zeroSign(): u32 {
  return ((control >> 10) & 3) == RC_DOWN ? 0x8000 : 0;
}

function addParts(aSign: u32, aExp: i32, aSig: u64, bSign: u32, bExp: i32, bSig: u64): void {
  if (aExp < bExp || (aExp == bExp && aSig < bSig)) {
    const s = aSign, e = aExp, g = aSig;
    aSign = bSign;
    aExp = bExp;
    aSig = bSig;
    bSign = s;
    bExp = e;
    bSig = g;
  }
  const distance = aExp - bExp;
  let low = bSig;
  let rest: u64 = 0;
  if (distance) {
    if (distance < 64) {
      low = bSig >> distance;
      rest = bSig << (64 - distance);
    } else {
      shiftRight(bSig, 0, distance);
      low = 0;
      rest = shiftedRest;
    }
  }
  if (aSign == bSign) {
    let sum = aSig + low;
    if (sum < aSig) {
      rest = (rest >> 1) | (rest & 1) | (sum << 63);
      sum = (sum >> 1) | TOP_BIT;
      aExp++;
    }
    f80Round(aSign, aExp, sum, rest);
    return;
  }
  let sum = aSig - low - <u64>(rest != 0);
  rest = -rest;
  if (<i64>sum >= 0) {
    if (!sum) {
      if (!rest) {
        f80Set(zeroSign(), 0);
        return;
      }
      sum = rest;
      rest = 0;
      aExp -= 64;
    }
    const shift = clz<u64>(sum);
    if (shift) {
      sum = (sum << shift) | (rest >> (64 - shift));
      rest <<= shift;
      aExp -= <i32>shift;
    }
  }
  f80Round(aSign, aExp, sum, rest);
}

// ── multiply, divide, square root ───────────────────────────────────────────────────

export function f80Mul(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  const sign = (aSe ^ bSe) >> 15;
  let exp: i32;
  if (isNormal(aSe, aSig) && isNormal(bSe, bSig)) exp = <i32>((aSe & 0x7fff) + (bSe & 0x7fff));
  else {
    const a = f80Class(aSe, aSig);
    const b = f80Class(bSe, bSig);
    if (a >= QNAN || b >= QNAN) {
      f80Nan2(aSe, aSig, bSe, bSig);
      return;
    }
    if ((a == INFINITE && b == ZERO) || (a == ZERO && b == INFINITE)) {
      f80Invalid();
      return;
    }
    if (a == DENORMAL || b == DENORMAL) f80Flags |= DE;
    if (a == INFINITE || b == INFINITE) {
      f80Set((sign << 15) | 0x7fff, TOP_BIT);
      return;
    }
    if (a == ZERO || b == ZERO) {
      f80Set(sign << 15, 0);
      return;
    }
    take(aSe, aSig);
    exp = partExp;
    aSig = partSig;
    take(bSe, bSig);
    exp += partExp;
    bSig = partSig;
  }
  let high = mulHigh64(aSig, bSig);
  let low = aSig * bSig;
  exp -= BIAS - 1;
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    exp--;
  }
  f80Round(sign, exp, high, low);
}

export let divRest: u64 = 0;

/** (high:low) / d with d's top bit set and high < d; the remainder in divRest. Knuth vol. 2, 4.3.1 D with 32-bit digits. */
export function div128(high: u64, low: u64, d: u64): u64 {
  const d1 = d >> 32, d0 = d & 0xffffffff;
  const first = digit(high, low >> 32, d, d1, d0);
  const second = digit(divRest, low & 0xffffffff, d, d1, d0);
  return (first << 32) | second;
}

// @ts-ignore: decorator
@inline
function digit(high: u64, next: u64, d: u64, d1: u64, d0: u64): u64 {
  let q = high / d1;
  let r = high - q * d1;
  while (q >> 32 || q * d0 > ((r << 32) | next)) {
    q--;
    r += d1;
    if (r >> 32) break;
  }
  divRest = ((high << 32) | next) - q * d;
  return q;
}

export function f80Div(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  const sign = (aSe ^ bSe) >> 15;
  let exp: i32;
  if (isNormal(aSe, aSig) && isNormal(bSe, bSig)) exp = <i32>(aSe & 0x7fff) - <i32>(bSe & 0x7fff);
  else {
    const a = f80Class(aSe, aSig);
    const b = f80Class(bSe, bSig);
    if (a >= QNAN || b >= QNAN) {
      f80Nan2(aSe, aSig, bSe, bSig);
      return;
    }
    if (a == b && (a == INFINITE || a == ZERO)) {
      f80Invalid();
      return;
    }
    if (b == ZERO && a != INFINITE) {
      f80Flags |= ZE;
      f80Set((sign << 15) | 0x7fff, TOP_BIT);
      return;
    }
    if (a == DENORMAL || b == DENORMAL) f80Flags |= DE;
    if (a == INFINITE) {
      f80Set((sign << 15) | 0x7fff, TOP_BIT);
      return;
    }
    if (a == ZERO || b == INFINITE) {
      f80Set(sign << 15, 0);
      return;
    }
    take(aSe, aSig);
    exp = partExp;
    aSig = partSig;
    take(bSe, bSig);
    exp -= partExp;
    bSig = partSig;
  }
  exp += BIAS;
  let quotient: u64;
  if (aSig >= bSig) quotient = div128(aSig >> 1, aSig << 63, bSig);
  else {
    quotient = div128(aSig, 0, bSig);
    exp--;
  }
  let rest = divRest;
  if (rest) {
    const other = bSig - rest;
    rest = rest > other ? TOP_BIT | 1 : rest == other ? TOP_BIT : 1;
  }
  f80Round(sign, exp, quotient, rest);
}

let rootRest: u64 = 0;

/** Square root of n, which is at least 2^62; the remainder in rootRest. */
function root64(n: u64): u64 {
  let r = <u64>sqrt<f64>(<f64>n);
  if (r > 0xffffffff) r = 0xffffffff;
  while (r * r > n) r--;
  while (n - r * r > 2 * r) r++;
  rootRest = n - r * r;
  return r;
}

export function f80Sqrt(se: u32, sig: u64): void {
  const kind = f80Class(se, sig);
  if (kind >= QNAN) {
    f80Nan1(se, sig);
    return;
  }
  if (kind == ZERO) {
    f80Set(se, sig);
    return;
  }
  if (se & 0x8000) {
    f80Invalid();
    return;
  }
  if (kind == INFINITE) {
    f80Set(se, sig);
    return;
  }
  if (kind == DENORMAL) f80Flags |= DE;
  take(se, sig);
  // The root of the 128-bit number n.m with an even exponent, by Zimmermann's division of it in digits of 32 bits.
  const power = partExp - BIAS;
  let n = partSig;
  let m: u64 = 0;
  if (!(power & 1)) {
    m = n << 63;
    n >>= 1;
  }
  const s1 = root64(n);
  const t = (rootRest << 31) | (m >> 33);
  let q = t / s1;
  const u = ((t - q * s1) << 1) | ((m >> 32) & 1);
  // s = s1·2^32 + q, remainder = u·2^32 + low(m) − q²; q may be 2^32.
  let s = (s1 << 32) + q;
  if (q >> 32) {
    q = 0xffffffff;
    s = (s1 << 32) + q;
  }
  // The remainder n.m − s² lies within 65 bits: recomputed in 128.
  let high = n - mulHigh64(s, s);
  let low = m - s * s;
  if (low > m) high--;
  while (<i64>high < 0) {
    // n.m − (s−1)² = remainder + 2s − 1
    s--;
    const add = (s << 1) | 1;
    const sum = low + add;
    high += (s >> 63) + <u64>(sum < low);
    low = sum;
  }
  while (high > s >> 63 || (high == s >> 63 && low > s << 1)) {
    const sub = (s << 1) | 1;
    high -= (s >> 63) + <u64>(low < sub);
    low -= sub;
    s++;
  }
  const rest: u64 = (high | low) == 0 ? 0 : high || low > s ? TOP_BIT | 1 : 1;
  f80Round(0, (power >> 1) + BIAS, s, rest);
}

// ── compare ─────────────────────────────────────────────────────────────────────────

/** C3 C2 C0 of a compared with b. Quiet NaNs are invalid unless `quiet` is true (fucom). */
export function f80Compare(aSe: u32, aSig: u64, bSe: u32, bSig: u64, quiet: bool): u32 {
  if (!isNormal(aSe, aSig) || !isNormal(bSe, bSig)) {
    const a = f80Class(aSe, aSig);
    const b = f80Class(bSe, bSig);
    if (a >= QNAN || b >= QNAN) {
      if (!quiet || a > QNAN || b > QNAN) f80Flags |= IE;
      return UNORDERED;
    }
    if (a == DENORMAL || b == DENORMAL) f80Flags |= DE;
    if (a == ZERO && b == ZERO) return C3;
    if (a == ZERO) return bSe & 0x8000 ? 0 : C0;
    if (b == ZERO) return aSe & 0x8000 ? C0 : 0;
  }
  const negative = aSe >> 15;
  if (negative != bSe >> 15) return negative ? C0 : 0;
  // A pseudo-denormal has the value of the exponent 1.
  const aExp = (aSe & 0x7fff) | <u32>((aSe & 0x7fff) == 0);
  const bExp = (bSe & 0x7fff) | <u32>((bSe & 0x7fff) == 0);
  if (aExp == bExp && aSig == bSig) return C3;
  const less: u32 = aExp < bExp || (aExp == bExp && aSig < bSig) ? 1 : 0;
  return less ^ negative ? C0 : 0;
}
