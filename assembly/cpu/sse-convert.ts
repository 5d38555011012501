// SSE conversions between formats and to integers, and rounding to integral values; flags as in sse-float.ts.
import { DAZ, IE, PE, fpRaise, isDenormal, isNaNBits, isSignalling, raised, signal, softFromInt, softNarrow, softWiden, usual } from "./sse-soft";
import { XM } from "./sse-float";
import { CPU, MXCSR } from "./state";

/** Rounding modes of MXCSR and of roundsd's immediate. */
const TOWARDS_ZERO: u32 = 3;
/** The immediate of roundsd: do not signal PE; take the mode from MXCSR. */
const QUIETLY: i32 = 8;
const BY_MXCSR: i32 = 4;
const LANES = memory.data(16, 16);

/** v rounded to an integer: 0 nearest even, 1 down, 2 up, 3 towards zero. */
function roundTo(v: f64, mode: u32): f64 {
  switch (mode & 3) {
    case 0: return nearest<f64>(v);
    case 1: return floor<f64>(v);
    case 2: return ceil<f64>(v);
    default: return trunc<f64>(v);
  }
}

// @ts-ignore: decorator
@inline
function modeOf(truncate: i32): u32 {
  return truncate ? TOWARDS_ZERO : load<u32>(CPU + MXCSR) >> 13;
}

// @ts-ignore: decorator
@inline
function hidden(v: u64, double: bool): u64 {
  // Denormals do not signal here, but DAZ makes them zeros.
  return isDenormal(v, double) && load<u32>(CPU + MXCSR) & DAZ ? 0 : v;
}

function value64(p: usize): f64 {
  return reinterpret<f64>(hidden(load<u64>(p), true));
}

function value32(p: usize): f64 {
  return <f64>reinterpret<f32>(<u32>hidden(load<u32>(p), false));
}

/** The indefinite integer, with IE, where the value does not fit. */
function toInt32(v: f64, mode: u32): u32 {
  const r = roundTo(v, mode);
  if (!(r > -2147483649.0 && r < 2147483648.0)) {
    signal(IE);
    return 0x80000000;
  }
  if (r != v) signal(PE);
  return <u32><i32>r;
}

function toInt64(v: f64, mode: u32): u64 {
  const r = roundTo(v, mode);
  if (!(r >= -9223372036854775808.0 && r < 9223372036854775808.0)) {
    signal(IE);
    return 0x8000000000000000;
  }
  if (r != v) signal(PE);
  return <u64><i64>r;
}

// @ts-ignore: decorator
@inline
function putGeneral(d: usize, v: u64): i32 {
  if (raised && fpRaise()) return XM;
  store<u64>(d, v);
  return 0;
}

export function cvtsd2si(d: usize, s: usize, wide: bool, truncate: i32): i32 {
  const v = value64(s);
  return putGeneral(d, wide ? toInt64(v, modeOf(truncate)) : toInt32(v, modeOf(truncate)));
}

export function cvtss2si(d: usize, s: usize, wide: bool, truncate: i32): i32 {
  const v = value32(s);
  return putGeneral(d, wide ? toInt64(v, modeOf(truncate)) : toInt32(v, modeOf(truncate)));
}

/** cvtps2dq, and cvtps2pi with two lanes. */
export function cvtps2dq(d: usize, s: usize, lanes: i32, truncate: i32): i32 {
  const mxcsr = load<u32>(CPU + MXCSR);
  if (lanes == 4 && usual(mxcsr) && mxcsr & PE) {
    const v = v128.load(s);
    if (i32x4.bitmask(f32x4.lt(f32x4.abs(v), f32x4.splat(2147483648.0))) == 15) {
      v128.store(d, i32x4.trunc_sat_f32x4_s(truncate ? v : f32x4.nearest(v)));
      return 0;
    }
  }
  const mode = modeOf(truncate);
  for (let i = 0; i < lanes; i++) store<u32>(LANES + (i << 2), toInt32(value32(s + (i << 2)), mode));
  if (raised && fpRaise()) return XM;
  store<u64>(d, load<u64>(LANES));
  if (lanes == 4) store<u64>(d, load<u64>(LANES, 8), 8);
  return 0;
}

/** cvtpd2dq; cvtpd2pi leaves the high half. */
export function cvtpd2dq(d: usize, s: usize, whole: bool, truncate: i32): i32 {
  const mode = modeOf(truncate);
  const low = toInt32(value64(s), mode);
  const high = toInt32(value64(s + 8), mode);
  if (raised && fpRaise()) return XM;
  store<u64>(d, <u64>low | (<u64>high << 32));
  if (whole) store<u64>(d, 0, 8);
  return 0;
}

export function cvtsi2sd(d: usize, s: usize, wide: bool): i32 {
  if (!wide) {
    store<f64>(d, <f64>load<i32>(s));
    return 0;
  }
  const v = load<i64>(s);
  const mxcsr = load<u32>(CPU + MXCSR);
  if ((usual(mxcsr) && mxcsr & PE) || <u64>v + 0x0020000000000000 <= 0x0040000000000000) {
    store<f64>(d, <f64>v);
    return 0;
  }
  const r = softFromInt(v, true);
  if (raised && fpRaise()) return XM;
  store<u64>(d, r);
  return 0;
}

export function cvtsi2ss(d: usize, s: usize, wide: bool): i32 {
  const v = wide ? load<i64>(s) : <i64>load<i32>(s);
  const mxcsr = load<u32>(CPU + MXCSR);
  if ((usual(mxcsr) && mxcsr & PE) || <u64>v + 0x01000000 <= 0x02000000) {
    store<f32>(d, <f32>v);
    return 0;
  }
  const r = softFromInt(v, false);
  if (raised && fpRaise()) return XM;
  store<u32>(d, <u32>r);
  return 0;
}

/** cvtdq2ps, and cvtpi2ps with two lanes. */
export function cvtdq2ps(d: usize, s: usize, lanes: i32): i32 {
  const mxcsr = load<u32>(CPU + MXCSR);
  if (lanes == 4 && usual(mxcsr) && mxcsr & PE) {
    v128.store(d, f32x4.convert_i32x4_s(v128.load(s)));
    return 0;
  }
  for (let i = 0; i < lanes; i++) store<u32>(LANES + (i << 2), <u32>softFromInt(load<i32>(s + (i << 2)), false));
  if (raised && fpRaise()) return XM;
  store<u64>(d, load<u64>(LANES));
  if (lanes == 4) store<u64>(d, load<u64>(LANES, 8), 8);
  return 0;
}

export function cvtdq2pd(d: usize, s: usize): i32 {
  const a = load<i32>(s);
  const b = load<i32>(s, 4);
  store<f64>(d, <f64>a);
  store<f64>(d, <f64>b, 8);
  return 0;
}

// @ts-ignore: decorator
@inline
function widen(v: u32): u64 {
  // Normal numbers and zeros widen exactly.
  if ((v & 0x7fffffff) - 1 >= 0x7fffff && (v & 0x7fffffff) < 0x7f800000) return reinterpret<u64>(<f64>reinterpret<f32>(v));
  return softWiden(v);
}

function narrow(v: u64): u32 {
  const f = reinterpret<f64>(v);
  const r = <f32>f;
  const mxcsr = load<u32>(CPU + MXCSR);
  // Normal in both formats, rounding to nearest.
  if (usual(mxcsr) && ((reinterpret<u32>(r) << 1) - 0x01000002 < 0xfdfffffe || (v << 1) == 0)) {
    if (<f64>r != f) signal(PE);
    return reinterpret<u32>(r);
  }
  return <u32>softNarrow(v);
}

export function cvtss2sd(d: usize, s: usize): i32 {
  return putGeneral(d, widen(load<u32>(s)));
}

export function cvtsd2ss(d: usize, s: usize): i32 {
  const r = narrow(load<u64>(s));
  if (raised && fpRaise()) return XM;
  store<u32>(d, r);
  return 0;
}

export function cvtps2pd(d: usize, s: usize): i32 {
  const low = widen(load<u32>(s));
  const high = widen(load<u32>(s, 4));
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

export function cvtpd2ps(d: usize, s: usize): i32 {
  const low = narrow(load<u64>(s));
  const high = narrow(load<u64>(s, 8));
  if (raised && fpRaise()) return XM;
  store<u64>(d, <u64>low | (<u64>high << 32));
  store<u64>(d, 0, 8);
  return 0;
}

/** Rounds as the immediate of roundsd says; bits in, bits out. */
function integral(v: u64, imm: i32, double: bool): u64 {
  if (isNaNBits(v, double)) {
    if (isSignalling(v, double)) signal(IE);
    return v | (double ? 0x0008000000000000 : 0x00400000);
  }
  if (isDenormal(v, double) && load<u32>(CPU + MXCSR) & DAZ) v &= double ? 0x8000000000000000 : 0x80000000;
  const mode = imm & BY_MXCSR ? load<u32>(CPU + MXCSR) >> 13 : <u32>imm;
  const from = double ? reinterpret<f64>(v) : <f64>reinterpret<f32>(<u32>v);
  const r = roundTo(from, mode);
  if (r != from && !(imm & QUIETLY)) signal(PE);
  return double ? reinterpret<u64>(r) : <u64>reinterpret<u32>(<f32>r);
}

export function roundsd(d: usize, s: usize, imm: i32): i32 {
  return putGeneral(d, integral(load<u64>(s), imm, true));
}

export function roundss(d: usize, s: usize, imm: i32): i32 {
  const r = integral(load<u32>(s), imm, false);
  if (raised && fpRaise()) return XM;
  store<u32>(d, <u32>r);
  return 0;
}

export function roundpd(d: usize, s: usize, imm: i32): i32 {
  const low = integral(load<u64>(s), imm, true);
  const high = integral(load<u64>(s, 8), imm, true);
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

export function roundps(d: usize, s: usize, imm: i32): i32 {
  for (let i: usize = 0; i < 16; i += 4) store<u32>(LANES + i, <u32>integral(load<u32>(s + i), imm, false));
  if (raised && fpRaise()) return XM;
  v128.store(d, v128.load(LANES));
  return 0;
}
