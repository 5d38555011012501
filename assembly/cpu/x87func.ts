// The transcendental instructions: operands, special cases and the stack. Values come from x87math.ts.
import {
  BIAS, C1, C2, DE, DENORMAL, IE, INFINITE, PE, QNAN, SF, TOP_BIT, ZE, ZERO, f80Class, f80ClearFlags, f80Flags, f80Indefinite, f80Invalid, f80Nan1, f80Nan2, f80Raise, f80Se, f80Set,
  f80Sig,
} from "./f80";
import { CPU, FSW } from "./state";
import { mathAtan, mathCos, mathLog, mathLog1, mathPi, mathPower, mathSin, mathTan } from "./x87math";
import { filled, pop, push, put, putSt, raise, seOf, settle, sigOf, st, stackUnderflow } from "./x87stack";

/** Arguments of sine, cosine and tangent must be below 2^63. */
const TURN_LIMIT: u32 = 16383 + 63;

/** op: 144 f2xm1, 145 fyl2x, 146 fptan, 147 fpatan, 153 fyl2xp1, 155 fsincos, 158 fsin, 159 fcos. */
export function transcendental(op: u32): void {
  switch (op) {
    case 144: powerOfTwo(); return;
    case 145: case 147: case 153: twoOperands(op); return;
    case 146: case 155: twoResults(op); return;
    default: sineOrCosine(op == 159); return;
  }
}

function powerOfTwo(): void {
  if (!filled(0)) {
    if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  const reg = st(0);
  const se = seOf(reg), sig = sigOf(reg);
  const kind = f80Class(se, sig);
  if (kind >= QNAN) f80Nan1(se, sig);
  else if (kind == INFINITE) {
    if (se & 0x8000) f80Set(0xbfff, TOP_BIT);
    else f80Set(se, sig);
  } else if (kind == ZERO) f80Set(se, sig);
  else if ((se & 0x7fff) > <u32>BIAS || ((se & 0x7fff) == <u32>BIAS && sig != TOP_BIT)) {
    // Out of its range: left as it is.
    f80Raise(PE);
    f80Set(se, sig);
  } else {
    if (kind == DENORMAL) f80Raise(DE);
    mathPower(se, sig);
  }
  if (!settle()) put(reg, f80Se, f80Sig);
}

function clearC2(): void {
  store<u16>(FSW, load<u16>(FSW, CPU) & <u16>~C2, CPU);
}

/** The argument is too large: C2, and nothing else happens. */
function outOfRange(): void {
  store<u16>(FSW, (load<u16>(FSW, CPU) & <u16>~C1) | <u16>C2, CPU);
}

function tooLarge(se: u32, kind: i32): bool {
  return kind == 0 && (se & 0x7fff) >= TURN_LIMIT;
}

function sineOrCosine(cosine: bool): void {
  clearC2();
  if (!filled(0)) {
    if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  const reg = st(0);
  const se = seOf(reg), sig = sigOf(reg);
  const kind = f80Class(se, sig);
  if (tooLarge(se, kind)) {
    outOfRange();
    return;
  }
  if (kind >= QNAN) f80Nan1(se, sig);
  else if (kind == INFINITE) f80Invalid();
  else if (kind == ZERO) {
    if (cosine) f80Set(0x3fff, TOP_BIT);
    else f80Set(se, sig);
  } else {
    if (kind == DENORMAL) f80Raise(DE);
    if (cosine) mathCos(se, sig);
    else mathSin(se, sig);
  }
  if (!settle()) put(reg, f80Se, f80Sig);
}

/** fsincos and fptan: the first result replaces st0, the second is pushed. */
function twoResults(op: u32): void {
  clearC2();
  if (!filled(0) || filled(7)) {
    const overflow = filled(0);
    f80Indefinite();
    if (raise(overflow ? IE | SF | C1 : IE | SF, IE)) return;
    putSt(0, f80Se, f80Sig);
    push(f80Se, f80Sig);
    return;
  }
  const reg = st(0);
  const se = seOf(reg), sig = sigOf(reg);
  const kind = f80Class(se, sig);
  if (tooLarge(se, kind)) {
    outOfRange();
    return;
  }
  let firstSe = se, firstSig = sig;
  if (kind >= QNAN || kind == INFINITE) {
    if (kind == INFINITE) f80Invalid();
    else f80Nan1(se, sig);
    firstSe = f80Se;
    firstSig = f80Sig;
  } else if (kind == ZERO) f80Set(0x3fff, TOP_BIT);
  else {
    if (kind == DENORMAL) f80Raise(DE);
    if (op == 146) mathTan(se, sig);
    else mathSin(se, sig);
    firstSe = f80Se;
    firstSig = f80Sig;
    if (op == 146) f80Set(0x3fff, TOP_BIT);
    else {
      // C1 tells of the sine alone.
      const c1 = f80Flags & C1;
      mathCos(se, sig);
      f80ClearFlags(C1);
      f80Raise(c1);
    }
  }
  if (settle()) return;
  put(reg, firstSe, firstSig);
  push(f80Se, f80Sig);
}

/** fyl2x, fpatan, fyl2xp1: of st1 (y) and st0 (x) into st1, then a pop. */
function twoOperands(op: u32): void {
  if (!filled(0) || !filled(1)) {
    if (stackUnderflow()) return;
    putSt(1, f80Se, f80Sig);
    pop();
    return;
  }
  const x = st(0), y = st(1);
  const xSe = seOf(x), xSig = sigOf(x), ySe = seOf(y), ySig = sigOf(y);
  const xKind = f80Class(xSe, xSig), yKind = f80Class(ySe, ySig);
  if (xKind >= QNAN || yKind >= QNAN) f80Nan2(xSe, xSig, ySe, ySig);
  else if (op == 145) log(ySe, ySig, yKind, xSe, xSig, xKind);
  else if (op == 147) arcTangent(ySe, ySig, yKind, xSe, xSig, xKind);
  else log1(ySe, ySig, yKind, xSe, xSig, xKind);
  if (settle()) return;
  put(y, f80Se, f80Sig);
  pop();
}

function infinity(sign: u32): void {
  f80Set((sign & 0x8000) | 0x7fff, TOP_BIT);
}

function zero(sign: u32): void {
  f80Set(sign & 0x8000, 0);
}

// @ts-ignore: decorator
@inline
function denormals(xKind: i32, yKind: i32): void {
  if (xKind == DENORMAL || yKind == DENORMAL) f80Raise(DE);
}

/** fyl2x. SDM vol. 2 table 3-47. */
function log(ySe: u32, ySig: u64, yKind: i32, xSe: u32, xSig: u64, xKind: i32): void {
  if (xKind == ZERO) {
    if (yKind == ZERO) {
      f80Invalid();
      return;
    }
    if (yKind != INFINITE) f80Raise(ZE);
    infinity(ySe ^ 0x8000);
    return;
  }
  if (xSe & 0x8000) {
    f80Invalid();
    return;
  }
  const below = xSe < 0x3fff;
  const one = xSe == 0x3fff && xSig == TOP_BIT;
  if ((yKind == INFINITE && one) || (xKind == INFINITE && yKind == ZERO)) {
    f80Invalid();
    return;
  }
  denormals(xKind, yKind);
  const sign = below ? ySe ^ 0x8000 : ySe;
  if (xKind == INFINITE || yKind == INFINITE) infinity(sign);
  else if (yKind == ZERO || one) zero(sign);
  else mathLog(ySe, ySig, xSe, xSig);
}

/** fyl2xp1. SDM vol. 2 table 3-48. */
function log1(ySe: u32, ySig: u64, yKind: i32, xSe: u32, xSig: u64, xKind: i32): void {
  const sign = ySe ^ xSe;
  if (xKind == INFINITE) {
    if (yKind == ZERO || xSe & 0x8000) f80Invalid();
    else {
      denormals(xKind, yKind);
      infinity(sign);
    }
    return;
  }
  if (yKind == INFINITE) {
    if (xKind == ZERO) f80Invalid();
    else {
      denormals(xKind, yKind);
      infinity(sign);
    }
    return;
  }
  denormals(xKind, yKind);
  if (xKind == ZERO || yKind == ZERO) zero(sign);
  else if (xSe >= 0xbfff) {
    // Out of its range: x itself.
    f80Raise(PE);
    f80Set(xSe, xSig);
  } else mathLog1(ySe, ySig, xSe, xSig);
}

/** fpatan. SDM vol. 2 table 3-30. */
function arcTangent(ySe: u32, ySig: u64, yKind: i32, xSe: u32, xSig: u64, xKind: i32): void {
  denormals(xKind, yKind);
  const negative = xSe & 0x8000;
  if (yKind == INFINITE) {
    mathPi(xKind != INFINITE ? 2 : negative ? 3 : 1, ySe >> 15);
    return;
  }
  if (yKind == ZERO || xKind == INFINITE) {
    if (negative) mathPi(4, ySe >> 15);
    else zero(ySe);
    return;
  }
  if (xKind == ZERO) {
    mathPi(2, ySe >> 15);
    return;
  }
  mathAtan(ySe, ySig, xSe, xSig);
}
