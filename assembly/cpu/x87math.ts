// Constants of the x87, and the values of its transcendental functions for ordinary arguments.
// The results are those of exact arithmetic, rounded once, but where the hardware is known to round on the way.
import { ATAN_TABLE, COS_SERIES, EXP2_TABLE, EXP_SERIES, LOG_FACTOR, LOG_TABLE, ODD_SERIES, SIN_SERIES, WIDE_HALF_PI, WIDE_LN2, WIDE_ONE, WIDE_PI, WIDE_TWO, WIDE_TWO_OVER_LN2 } from "../gen/x87math";
import { BIAS, PE, RC_NEAREST, RC_UP, UE, f80Raise, f80Rounding, f80Se, f80Set } from "./f80";
import {
  WIDE, series, wideAdd, wideAddExp, wideCopy, wideDiv, wideDiv64, wideExp, wideFraction, wideFrom, wideFromBits, wideFromFraction, wideFromInt, wideIsZero, wideMul,
  wideNarrow, wideRound, wideSetSign, wideSign,
} from "./f80wide";

const X = memory.data(12 * 32, 8);
const Y: usize = X + WIDE;
const Z: usize = X + 2 * WIDE;
const S: usize = X + 3 * WIDE;
const T: usize = X + 4 * WIDE;
const U: usize = X + 5 * WIDE;
const V: usize = X + 6 * WIDE;
const SINE: usize = X + 7 * WIDE;
const COSINE: usize = X + 8 * WIDE;
/** 2^-100: less than what rounding sees, more than nothing. */
const BIT = memory.data<u64>([0, 0x8000000000000000, 0xffffff9c, 0], 8);

/** fld1, fldl2t, fldl2e, fldpi, fldlg2, fldln2, fldz, rounded as RC says from the 66 bits that the hardware keeps. */
export function constant(which: u32): void {
  const rc = f80Rounding();
  const up = rc == RC_UP;
  const down = rc != RC_UP && rc != RC_NEAREST;
  switch (which) {
    case 0: f80Set(0x3fff, 0x8000000000000000); return;
    case 1: f80Set(0x4000, up ? 0xd49a784bcd1b8aff : 0xd49a784bcd1b8afe); return;
    case 2: f80Set(0x3fff, down ? 0xb8aa3b295c17f0bb : 0xb8aa3b295c17f0bc); return;
    case 3: f80Set(0x4000, down ? 0xc90fdaa22168c234 : 0xc90fdaa22168c235); return;
    case 4: f80Set(0x3ffd, down ? 0x9a209a84fbcff798 : 0x9a209a84fbcff799); return;
    case 5: f80Set(0x3ffe, down ? 0xb17217f7d1cf79ab : 0xb17217f7d1cf79ac); return;
    default: f80Set(0, 0); return;
  }
}

// ── sine and cosine ─────────────────────────────────────────────────────────────────

/** The hardware's π: 66 bits, 3.243f6a8885a308d3 in units of 2^-64. */
const PI_HIGH: u64 = 3;
const PI_LOW: u64 = 0x243f6a8885a308d3;

let quadrant: u32 = 0;

/** X = x − quadrant × π/2, at most π/4 in magnitude; |x| < 2^63. The sign of x is left out. */
function reduce(se: u32, sig: u64): void {
  quadrant = 0;
  const exp = <i32>(se & 0x7fff) - BIAS;
  if (exp < -1 || (exp == -1 && sig < 0xc90fdaa22168c235)) {
    wideFrom(X, se & 0x7fff, sig);
    return;
  }
  // sig × 2^(exp + 2) by long division, in units of 2^-65 where π/2 is PI_HIGH.PI_LOW.
  let high: u64 = 0, low = sig;
  for (let i = exp + 2; i >= 0; i--) {
    // Two quotient bits matter; the first step subtracts without a shift.
    while (high > PI_HIGH || (high == PI_HIGH && low >= PI_LOW)) {
      high -= PI_HIGH + <u64>(low < PI_LOW);
      low -= PI_LOW;
      quadrant++;
    }
    if (!i) break;
    high = (high << 1) | (low >> 63);
    low <<= 1;
    quadrant <<= 1;
  }
  let negative: u32 = 0;
  // More than half of π/2: the next quadrant.
  const twiceHigh = (high << 1) | (low >> 63), twiceLow = low << 1;
  if (twiceHigh > PI_HIGH || (twiceHigh == PI_HIGH && twiceLow > PI_LOW)) {
    high = PI_HIGH - high - <u64>(PI_LOW < low);
    low = PI_LOW - low;
    negative = 1;
    quadrant++;
  }
  // high.low × 2^-65
  wideFromBits(X, negative, 63, high, low);
}

/** SINE and COSINE of X. */
function sineCosine(): void {
  wideMul(Z, X, X);
  wideFraction(Z);
  series(SIN_SERIES, 17, true);
  wideFromFraction(T);
  wideMul(T, T, Z);
  wideMul(T, T, X);
  wideAdd(SINE, X, T, 1);
  wideFraction(Z);
  series(COS_SERIES, 17, true);
  wideFromFraction(T);
  wideMul(T, T, Z);
  wideAdd(COSINE, WIDE_ONE, T, 1);
}

/** Sine (which 0) or cosine (1) of X + quadrant × π/2 of an argument with this sign. */
function turned(which: u32, sign: u32): usize {
  const q = quadrant + which;
  const from = q & 1 ? COSINE : SINE;
  let s = q & 2 ? 1 : 0;
  if (!which) s ^= sign;
  wideCopy(T, from);
  wideSetSign(T, wideSign(T) ^ s);
  return T;
}

export function mathSin(se: u32, sig: u64): void {
  reduce(se, sig);
  sineCosine();
  wideRound(turned(0, se >> 15), true);
}

export function mathCos(se: u32, sig: u64): void {
  reduce(se, sig);
  sineCosine();
  wideRound(turned(1, se >> 15), true);
}

export function mathTan(se: u32, sig: u64): void {
  reduce(se, sig);
  if (wideExp(X) < -64 && !quadrant) {
    // x + x³ / 3
    wideCopy(T, X);
    wideAddExp(T, -128);
    wideAdd(V, X, T, 0);
    wideSetSign(V, se >> 15);
    wideRound(V, true);
    return;
  }
  sineCosine();
  wideCopy(U, turned(0, se >> 15));
  wideDiv(V, U, turned(1, se >> 15));
  wideRound(V, true);
}

// ── arc tangent ─────────────────────────────────────────────────────────────────────

/** atan(y / x) in the quadrant of (x, y), both finite and not zero. */
export function mathAtan(ySe: u32, ySig: u64, xSe: u32, xSig: u64): void {
  wideFrom(X, xSe & 0x7fff, xSig);
  wideFrom(Y, ySe & 0x7fff, ySig);
  wideAdd(S, X, Y, 1);
  const swapped = !wideIsZero(S) && wideSign(S) != 0;
  if (swapped) wideDiv64(U, X, Y);
  else wideDiv64(U, Y, X);
  wideNarrow(U);
  // U = c + u (1 + c U) with c = k / 32.
  let k: u32 = 0;
  const exp = wideExp(U);
  if (exp >= -6) {
    k = exp >= 0 ? 32 : <u32>(((load<u64>(U, 8) >> (57 - exp)) + 1) >> 1);
    wideFromInt(S, k);
    wideAddExp(S, -5);
    wideMul(T, U, S);
    wideAdd(T, WIDE_ONE, T, 0);
    wideAdd(S, U, S, 1);
    wideDiv(U, S, T);
  }
  // atan u = u − u³ (1/3 − u²/5 …)
  if (!wideIsZero(U)) {
    wideMul(Z, U, U);
    wideFraction(Z);
    series(ODD_SERIES, 13, true);
    wideFromFraction(T);
    wideMul(T, T, Z);
    wideMul(T, T, U);
    wideAdd(U, U, T, 1);
  }
  wideAdd(V, ATAN_TABLE + <usize>k * WIDE, U, 0);
  if (swapped) wideAdd(V, WIDE_HALF_PI, V, 1);
  if (xSe & 0x8000) wideAdd(V, WIDE_PI, V, 1);
  wideSetSign(V, ySe >> 15);
  wideRound(V, true);
}

/** A multiple of π/4, 1 to 4, with this sign. */
export function mathPi(quarters: u32, sign: u32): void {
  if (quarters == 3) {
    wideFromInt(S, 3);
    wideMul(V, WIDE_PI, S);
    wideAddExp(V, -2);
  } else {
    wideCopy(V, WIDE_PI);
    wideAddExp(V, quarters == 1 ? -2 : quarters == 2 ? -1 : 0);
  }
  wideSetSign(V, sign);
  wideRound(V, true);
}

// ── powers and logarithms ───────────────────────────────────────────────────────────

/** 2^x − 1, |x| at most 1 and not 0. */
export function mathPower(se: u32, sig: u64): void {
  wideFrom(X, se, sig);
  const exp = wideExp(X);
  let k = 0;
  if (exp >= -6) {
    // Nearest multiple of 1/32.
    k = exp >= 0 ? 32 : <i32>(((load<u64>(X, 8) >> (57 - exp)) + 1) >> 1);
    if (wideSign(X)) k = -k;
    wideFromInt(S, k);
    wideAddExp(S, -5);
    wideAdd(X, X, S, 1);
  }
  const table = EXP2_TABLE + <usize>(k + 32) * WIDE;
  let exact = false;
  if (wideIsZero(X)) {
    wideAdd(V, table, WIDE_ONE, 1);
    exact = k == -32;
    // As the hardware, which finds a little less than 1 for 1.
    if (k == 32) wideAdd(V, V, BIT, 1);
  } else {
    // e^y − 1 = y + y² (1/2 + y/6 …)
    wideMul(Y, X, WIDE_LN2);
    wideFraction(Y);
    series(EXP_SERIES, 17, wideSign(Y) != 0);
    wideFromFraction(T);
    wideMul(T, T, Y);
    wideMul(T, T, Y);
    wideAdd(V, Y, T, 0);
    if (k) {
      wideMul(V, V, table);
      wideAdd(S, table, WIDE_ONE, 1);
      wideAdd(V, V, S, 0);
    }
  }
  roundExact(exact);
}

/** Rounds V. The hardware calls results inexact that are exact. */
function roundExact(exact: bool): void {
  wideRound(V, !exact);
  if (exact) f80Raise((f80Se & 0x7fff) == 0 ? PE | UE : PE);
}

/** V = log2(1 + U), |U| at most 2^-6. */
function logNear(): void {
  // 2 / ln 2 × atanh(u / (2 + u))
  wideAdd(T, WIDE_TWO, U, 0);
  wideDiv(S, U, T);
  wideMul(Z, S, S);
  wideFraction(Z);
  series(ODD_SERIES, 13, false);
  wideFromFraction(T);
  wideMul(T, T, Z);
  wideMul(T, T, S);
  wideAdd(S, S, T, 0);
  wideMul(V, S, WIDE_TWO_OVER_LN2);
}

/** V = log2 of X, which is positive; whether that is exact. */
function logarithm(): bool {
  let power = wideExp(X);
  wideAddExp(X, -power);
  // The significand from 0.75 to 1.5, so that nothing cancels near 1.
  let i = <i32>((load<u64>(X, 8) + (<u64>1 << 56)) >> 57);
  if (!i) i = 128;
  if (i >= 96) {
    power++;
    wideAddExp(X, -1);
    i = <i32>((load<u64>(X, 8) + (<u64>1 << 57)) >> 58);
    if (!i) i = 64;
  }
  const row = <usize>(i - 48) * WIDE;
  wideMul(U, X, LOG_FACTOR + row);
  wideAdd(U, U, WIDE_ONE, 1);
  const exact = wideIsZero(U) && i == 64;
  if (wideIsZero(U)) wideFromInt(V, 0);
  else logNear();
  wideAdd(V, V, LOG_TABLE + row, 0);
  wideFromInt(S, power);
  wideAdd(V, V, S, 0);
  return exact;
}

/** y × log2(x), x positive and not 1. */
export function mathLog(ySe: u32, ySig: u64, xSe: u32, xSig: u64): void {
  wideFrom(X, xSe, xSig);
  const exact = logarithm();
  wideNarrow(V);
  wideFrom(Y, ySe, ySig);
  wideMul(V, V, Y);
  roundExact(exact);
}

/** y × log2(1 + x), x above −1 and not 0. */
export function mathLog1(ySe: u32, ySig: u64, xSe: u32, xSig: u64): void {
  wideFrom(U, xSe, xSig);
  if (wideExp(U) < -7) logNear();
  else {
    wideAdd(X, WIDE_ONE, U, 0);
    logarithm();
  }
  wideNarrow(V);
  wideFrom(Y, ySe, ySig);
  wideMul(V, V, Y);
  wideRound(V, true);
}
