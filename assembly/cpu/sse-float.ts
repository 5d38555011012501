// SSE arithmetic. The Wasm operation gives the result; MXCSR's exception flags are exact all the same:
//   - PE is worked out only while it is clear, by the exact error of the operation,
//   - normal operands and a result above the least normal number raise nothing else (that one may have been
//     rounded up from a tiny number),
//   - everything else (NaN, infinity, denormals, other rounding modes, unmasked exceptions) goes through sse-soft.ts.
// Functions take host addresses of operands and return 0 or XM, having written nothing.
import { ADD, DIV, IE, MUL, PE, SQRT, SUB, flushed, fpRaise, isNaNBits, isSignalling, operand, raised, signal, soft, usual } from "./sse-soft";
import { CF, PF, ZF, flagsExplicit } from "./flags";
import { CPU, MXCSR } from "./state";

/** The vector of #XM. */
export const XM: i32 = 19;
const LANES = memory.data(64, 16);
const MIN64: f64 = reinterpret<f64>(<u64>0x0010000000000000);
const MIN32: f32 = reinterpret<f32>(<u32>0x00800000);

// ── scalars ──

/** Whether r, a normal number, is not exactly a op b; both operands are zero or normal. */
// @ts-ignore: decorator
@inline
function inexact64(op: i32, a: f64, b: f64, r: f64): bool {
  if (op == ADD || op == SUB) {
    const c = op == SUB ? -b : b;
    const t = r - a;
    return (a - (r - t)) + (c - t) != 0;
  }
  const HIDDEN: u64 = 0x0010000000000000;
  const ai = reinterpret<u64>(a);
  const bi = reinterpret<u64>(b);
  const ri = reinterpret<u64>(r);
  const mr = (ri & (HIDDEN - 1)) | HIDDEN;
  const mb = (bi & (HIDDEN - 1)) | HIDDEN;
  const er = <i64>((ri >> 52) & 0x7ff);
  const eb = <i64>((bi >> 52) & 0x7ff);
  // The remainder is less than 2^63 in magnitude, so its low 64 bits tell whether it is 0.
  if (op == SQRT) return mr * mr != mb << (52 + ((eb + 1) & 1));
  const ma = (ai & (HIDDEN - 1)) | HIDDEN;
  const ea = <i64>((ai >> 52) & 0x7ff);
  if (op == DIV) return mr * mb != ma << (52 + (ea - eb + 1023 - er));
  return ((ma * mb) << (12 - (er - ea - eb + 1023))) != 0;
}

// @ts-ignore: decorator
@inline
function arith64(op: i32, ab: u64, bb: u64): u64 {
  const mxcsr = load<u32>(CPU + MXCSR);
  const a = reinterpret<f64>(ab);
  const b = reinterpret<f64>(bb);
  const r = op == ADD ? a + b : op == SUB ? a - b : op == MUL ? a * b : op == DIV ? a / b : sqrt<f64>(b);
  const rb = reinterpret<u64>(r);
  if (usual(mxcsr) && (ab << 1) - 1 >= 0x001fffffffffffff && (bb << 1) - 1 >= 0x001fffffffffffff) {
    if ((rb << 1) - 0x0020000000000002 < 0xffbffffffffffffe) {
      if (!(mxcsr & PE) && inexact64(op, a, b, r)) signal(PE);
      return rb;
    }
    if (rb << 1 == 0) {
      if (op == ADD || op == SUB) return rb;
      if (op == SQRT ? true : op == DIV ? ab << 1 == 0 : ab << 1 == 0 || bb << 1 == 0) return rb;
    }
  }
  return soft(op, op == SQRT ? bb : ab, bb, true);
}

// @ts-ignore: decorator
@inline
function inexact32(op: i32, a: f32, b: f32, r: f32): bool {
  if (op == ADD || op == SUB) {
    const c = op == SUB ? -b : b;
    const t = r - a;
    return (a - (r - t)) + (c - t) != 0;
  }
  // Products of two f32 are exact in f64.
  if (op == MUL) return <f64>a * <f64>b != <f64>r;
  return op == DIV ? <f64>r * <f64>b != <f64>a : <f64>r * <f64>r != <f64>b;
}

// @ts-ignore: decorator
@inline
function arith32(op: i32, ab: u32, bb: u32): u32 {
  const mxcsr = load<u32>(CPU + MXCSR);
  const a = reinterpret<f32>(ab);
  const b = reinterpret<f32>(bb);
  const r = op == ADD ? a + b : op == SUB ? a - b : op == MUL ? a * b : op == DIV ? a / b : sqrt<f32>(b);
  const rb = reinterpret<u32>(r);
  if (usual(mxcsr) && (ab << 1) - 1 >= 0x00ffffff && (bb << 1) - 1 >= 0x00ffffff) {
    if ((rb << 1) - 0x01000002 < 0xfdfffffe) {
      if (!(mxcsr & PE) && inexact32(op, a, b, r)) signal(PE);
      return rb;
    }
    if (rb << 1 == 0) {
      if (op == ADD || op == SUB) return rb;
      if (op == SQRT ? true : op == DIV ? ab << 1 == 0 : ab << 1 == 0 || bb << 1 == 0) return rb;
    }
  }
  return <u32>soft(op, op == SQRT ? bb : ab, bb, false);
}

function add64(a: u64, b: u64): u64 { return arith64(ADD, a, b); }
function sub64(a: u64, b: u64): u64 { return arith64(SUB, a, b); }
function mul64(a: u64, b: u64): u64 { return arith64(MUL, a, b); }
function div64(a: u64, b: u64): u64 { return arith64(DIV, a, b); }
function sqrt64(b: u64): u64 { return arith64(SQRT, b, b); }
function add32(a: u32, b: u32): u32 { return arith32(ADD, a, b); }
function sub32(a: u32, b: u32): u32 { return arith32(SUB, a, b); }
function mul32(a: u32, b: u32): u32 { return arith32(MUL, a, b); }
function div32(a: u32, b: u32): u32 { return arith32(DIV, a, b); }
function sqrt32(b: u32): u32 { return arith32(SQRT, b, b); }

function any64(op: i32, a: u64, b: u64): u64 {
  switch (op) {
    case ADD: return add64(a, b);
    case SUB: return sub64(a, b);
    case MUL: return mul64(a, b);
    case DIV: return div64(a, b);
    default: return sqrt64(b);
  }
}

function any32(op: i32, a: u32, b: u32): u32 {
  switch (op) {
    case ADD: return add32(a, b);
    case SUB: return sub32(a, b);
    case MUL: return mul32(a, b);
    case DIV: return div32(a, b);
    default: return sqrt32(b);
  }
}

// @ts-ignore: decorator
@inline
function put64(d: usize, r: u64): i32 {
  if (raised && fpRaise()) return XM;
  store<u64>(d, r);
  return 0;
}

// @ts-ignore: decorator
@inline
function put32(d: usize, r: u32): i32 {
  if (raised && fpRaise()) return XM;
  store<u32>(d, r);
  return 0;
}

export function addsd(d: usize, s: usize): i32 { return put64(d, arith64(ADD, load<u64>(d), load<u64>(s))); }
export function subsd(d: usize, s: usize): i32 { return put64(d, arith64(SUB, load<u64>(d), load<u64>(s))); }
export function mulsd(d: usize, s: usize): i32 { return put64(d, arith64(MUL, load<u64>(d), load<u64>(s))); }
export function divsd(d: usize, s: usize): i32 { return put64(d, arith64(DIV, load<u64>(d), load<u64>(s))); }
export function sqrtsd(d: usize, s: usize): i32 { return put64(d, sqrt64(load<u64>(s))); }
export function addss(d: usize, s: usize): i32 { return put32(d, arith32(ADD, load<u32>(d), load<u32>(s))); }
export function subss(d: usize, s: usize): i32 { return put32(d, arith32(SUB, load<u32>(d), load<u32>(s))); }
export function mulss(d: usize, s: usize): i32 { return put32(d, arith32(MUL, load<u32>(d), load<u32>(s))); }
export function divss(d: usize, s: usize): i32 { return put32(d, arith32(DIV, load<u32>(d), load<u32>(s))); }
export function sqrtss(d: usize, s: usize): i32 { return put32(d, sqrt32(load<u32>(s))); }

// ── packed ──

/** Lane by lane: operations that raise something, or meet zeros in multiplications. */
function lanes64(op: i32, d: usize, s: usize): i32 {
  const low = any64(op, load<u64>(d), load<u64>(s));
  const high = any64(op, load<u64>(d, 8), load<u64>(s, 8));
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

function lanes32(op: i32, d: usize, s: usize): i32 {
  for (let i: usize = 0; i < 16; i += 4) store<u32>(LANES + i, any32(op, load<u32>(d + i), load<u32>(s + i)));
  if (raised && fpRaise()) return XM;
  v128.store(d, v128.load(LANES));
  return 0;
}

/** PE is set and a, b and r are normal, r finite: r is all there is to say. Zeros too where they raise nothing. */
// @ts-ignore: decorator
@inline
function packed64(op: i32, d: usize, s: usize): i32 {
  const mxcsr = load<u32>(CPU + MXCSR);
  if (usual(mxcsr) && mxcsr & PE) {
    const a = v128.load(d);
    const b = v128.load(s);
    const r = op == ADD ? f64x2.add(a, b) : op == SUB ? f64x2.sub(a, b) : op == MUL ? f64x2.mul(a, b) : op == DIV ? f64x2.div(a, b) : f64x2.sqrt(b);
    const least = f64x2.splat(MIN64);
    const none = f64x2.splat(0);
    const x = f64x2.abs(a);
    const y = f64x2.abs(b);
    const z = f64x2.abs(r);
    let good = f64x2.lt(z, f64x2.splat(f64.POSITIVE_INFINITY));
    if (op == ADD || op == SUB) {
      good = v128.and(good, v128.or(f64x2.gt(z, least), f64x2.eq(r, none)));
      good = v128.and(good, v128.and(v128.or(f64x2.ge(x, least), f64x2.eq(a, none)), v128.or(f64x2.ge(y, least), f64x2.eq(b, none))));
    } else if (op == SQRT) good = v128.and(good, v128.or(f64x2.ge(y, least), f64x2.eq(b, none)));
    else {
      const zero = v128.and(f64x2.eq(r, none), op == MUL ? v128.or(f64x2.eq(a, none), f64x2.eq(b, none)) : f64x2.eq(a, none));
      const fits = op == MUL ? v128.and(v128.or(f64x2.ge(x, least), f64x2.eq(a, none)), v128.or(f64x2.ge(y, least), f64x2.eq(b, none))) : v128.and(v128.or(f64x2.ge(x, least), f64x2.eq(a, none)), f64x2.ge(y, least));
      good = v128.and(v128.and(good, fits), v128.or(zero, f64x2.gt(z, least)));
    }
    if (i64x2.bitmask(good) == 3) {
      v128.store(d, r);
      return 0;
    }
  }
  return lanes64(op, d, s);
}

// @ts-ignore: decorator
@inline
function packed32(op: i32, d: usize, s: usize): i32 {
  const mxcsr = load<u32>(CPU + MXCSR);
  if (usual(mxcsr) && mxcsr & PE) {
    const a = v128.load(d);
    const b = v128.load(s);
    const r = op == ADD ? f32x4.add(a, b) : op == SUB ? f32x4.sub(a, b) : op == MUL ? f32x4.mul(a, b) : op == DIV ? f32x4.div(a, b) : f32x4.sqrt(b);
    const least = f32x4.splat(MIN32);
    const none = f32x4.splat(0);
    const x = f32x4.abs(a);
    const y = f32x4.abs(b);
    const z = f32x4.abs(r);
    let good = f32x4.lt(z, f32x4.splat(f32.POSITIVE_INFINITY));
    if (op == ADD || op == SUB) {
      good = v128.and(good, v128.or(f32x4.gt(z, least), f32x4.eq(r, none)));
      good = v128.and(good, v128.and(v128.or(f32x4.ge(x, least), f32x4.eq(a, none)), v128.or(f32x4.ge(y, least), f32x4.eq(b, none))));
    } else if (op == SQRT) good = v128.and(good, v128.or(f32x4.ge(y, least), f32x4.eq(b, none)));
    else {
      // 0 × finite and 0 ÷ not 0 are exact.
      const zero = v128.and(f32x4.eq(r, none), op == MUL ? v128.or(f32x4.eq(a, none), f32x4.eq(b, none)) : f32x4.eq(a, none));
      const fits = op == MUL ? v128.and(v128.or(f32x4.ge(x, least), f32x4.eq(a, none)), v128.or(f32x4.ge(y, least), f32x4.eq(b, none))) : v128.and(v128.or(f32x4.ge(x, least), f32x4.eq(a, none)), f32x4.ge(y, least));
      good = v128.and(v128.and(good, fits), v128.or(zero, f32x4.gt(z, least)));
    }
    if (i32x4.bitmask(good) == 15) {
      v128.store(d, r);
      return 0;
    }
  }
  return lanes32(op, d, s);
}

export function addpd(d: usize, s: usize): i32 { return packed64(ADD, d, s); }
export function subpd(d: usize, s: usize): i32 { return packed64(SUB, d, s); }
export function mulpd(d: usize, s: usize): i32 { return packed64(MUL, d, s); }
export function divpd(d: usize, s: usize): i32 { return packed64(DIV, d, s); }
export function sqrtpd(d: usize, s: usize): i32 { return packed64(SQRT, d, s); }
export function addps(d: usize, s: usize): i32 { return packed32(ADD, d, s); }
export function subps(d: usize, s: usize): i32 { return packed32(SUB, d, s); }
export function mulps(d: usize, s: usize): i32 { return packed32(MUL, d, s); }
export function divps(d: usize, s: usize): i32 { return packed32(DIV, d, s); }
export function sqrtps(d: usize, s: usize): i32 { return packed32(SQRT, d, s); }

export function addsubpd(d: usize, s: usize): i32 {
  const low = sub64(load<u64>(d), load<u64>(s));
  const high = add64(load<u64>(d, 8), load<u64>(s, 8));
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

export function addsubps(d: usize, s: usize): i32 {
  for (let i: usize = 0; i < 16; i += 4) store<u32>(LANES + i, any32(i & 4 ? ADD : SUB, load<u32>(d + i), load<u32>(s + i)));
  if (raised && fpRaise()) return XM;
  v128.store(d, v128.load(LANES));
  return 0;
}

/** haddpd, hsubpd. */
export function horizontal64(op: i32, d: usize, s: usize): i32 {
  const low = any64(op, load<u64>(d), load<u64>(d, 8));
  const high = any64(op, load<u64>(s), load<u64>(s, 8));
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

/** haddps, hsubps. */
export function horizontal32(op: i32, d: usize, s: usize): i32 {
  for (let i: usize = 0; i < 8; i += 4) {
    store<u32>(LANES + i, any32(op, load<u32>(d + (i << 1)), load<u32>(d + (i << 1), 4)));
    store<u32>(LANES + i, any32(op, load<u32>(s + (i << 1)), load<u32>(s + (i << 1), 4)), 8);
  }
  if (raised && fpRaise()) return XM;
  v128.store(d, v128.load(LANES));
  return 0;
}

export function dotProduct32(d: usize, s: usize, imm: i32): i32 {
  for (let i = 0; i < 4; i++) store<u32>(LANES + (i << 2), (imm >> (4 + i)) & 1 ? mul32(load<u32>(d + (i << 2)), load<u32>(s + (i << 2))) : 0);
  if (raised && fpRaise()) return XM;
  const low = add32(load<u32>(LANES), load<u32>(LANES, 4));
  const high = add32(load<u32>(LANES, 8), load<u32>(LANES, 12));
  if (raised && fpRaise()) return XM;
  const sum = add32(low, high);
  if (raised && fpRaise()) return XM;
  for (let i = 0; i < 4; i++) store<u32>(d + (i << 2), (imm >> i) & 1 ? sum : 0);
  return 0;
}

export function dotProduct64(d: usize, s: usize, imm: i32): i32 {
  const low = imm & 0x10 ? mul64(load<u64>(d), load<u64>(s)) : 0;
  const high = imm & 0x20 ? mul64(load<u64>(d, 8), load<u64>(s, 8)) : 0;
  if (raised && fpRaise()) return XM;
  const sum = add64(low, high);
  if (raised && fpRaise()) return XM;
  store<u64>(d, imm & 1 ? sum : 0);
  store<u64>(d, imm & 2 ? sum : 0, 8);
  return 0;
}

// ── comparisons ──

/** minsd, maxsd: the second operand when one is a NaN or both are zero. */
function extreme64(a: u64, b: u64, greatest: i32): u64 {
  if (isNaNBits(a, true) || isNaNBits(b, true)) {
    signal(IE);
    return flushed(b, true);
  }
  a = operand(a, true);
  b = operand(b, true);
  const x = reinterpret<f64>(a);
  const y = reinterpret<f64>(b);
  return (greatest ? x > y : x < y) ? a : b;
}

function extreme32(a: u32, b: u32, greatest: i32): u32 {
  if (isNaNBits(a, false) || isNaNBits(b, false)) {
    signal(IE);
    return <u32>flushed(b, false);
  }
  a = <u32>operand(a, false);
  b = <u32>operand(b, false);
  const x = reinterpret<f32>(a);
  const y = reinterpret<f32>(b);
  return (greatest ? x > y : x < y) ? a : b;
}

export function minmaxsd(d: usize, s: usize, greatest: i32): i32 { return put64(d, extreme64(load<u64>(d), load<u64>(s), greatest)); }
export function minmaxss(d: usize, s: usize, greatest: i32): i32 { return put32(d, extreme32(load<u32>(d), load<u32>(s), greatest)); }

/** No lane is a NaN or a denormal. */
// @ts-ignore: decorator
@inline
function plain64(a: v128, b: v128): bool {
  const least = f64x2.splat(MIN64);
  const none = f64x2.splat(0);
  return i64x2.all_true(v128.and(v128.or(f64x2.ge(f64x2.abs(a), least), f64x2.eq(a, none)), v128.or(f64x2.ge(f64x2.abs(b), least), f64x2.eq(b, none))));
}

// @ts-ignore: decorator
@inline
function plain32(a: v128, b: v128): bool {
  const least = f32x4.splat(MIN32);
  const none = f32x4.splat(0);
  return i32x4.all_true(v128.and(v128.or(f32x4.ge(f32x4.abs(a), least), f32x4.eq(a, none)), v128.or(f32x4.ge(f32x4.abs(b), least), f32x4.eq(b, none))));
}

export function minmaxpd(d: usize, s: usize, greatest: i32): i32 {
  const a = v128.load(d);
  const b = v128.load(s);
  if (plain64(a, b)) {
    v128.store(d, greatest ? f64x2.pmax(b, a) : f64x2.pmin(b, a));
    return 0;
  }
  const low = extreme64(load<u64>(d), load<u64>(s), greatest);
  const high = extreme64(load<u64>(d, 8), load<u64>(s, 8), greatest);
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

export function minmaxps(d: usize, s: usize, greatest: i32): i32 {
  const a = v128.load(d);
  const b = v128.load(s);
  if (plain32(a, b)) {
    v128.store(d, greatest ? f32x4.pmax(b, a) : f32x4.pmin(b, a));
    return 0;
  }
  for (let i: usize = 0; i < 16; i += 4) store<u32>(LANES + i, extreme32(load<u32>(d + i), load<u32>(s + i), greatest));
  if (raised && fpRaise()) return XM;
  v128.store(d, v128.load(LANES));
  return 0;
}

/** Predicates of cmpps and friends: eq lt le unord neq nlt nle ord. */
function holds(a: f64, b: f64, predicate: i32): bool {
  switch (predicate & 7) {
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

/** Less-than predicates signal quiet NaNs too; then the denormals of the other operand do not count. */
function compare(a: u64, b: u64, predicate: i32, double: bool): u64 {
  if (isNaNBits(a, double) || isNaNBits(b, double)) {
    const p = predicate & 3;
    if (p == 1 || p == 2 || isSignalling(a, double) || isSignalling(b, double)) signal(IE);
    return (predicate & 7) >= 3 && (predicate & 7) < 7 ? u64.MAX_VALUE : 0;
  }
  a = operand(a, double);
  b = operand(b, double);
  const is = double ? holds(reinterpret<f64>(a), reinterpret<f64>(b), predicate) : holds(<f64>reinterpret<f32>(<u32>a), <f64>reinterpret<f32>(<u32>b), predicate);
  return is ? u64.MAX_VALUE : 0;
}

export function cmpsd(d: usize, s: usize, predicate: i32): i32 { return put64(d, compare(load<u64>(d), load<u64>(s), predicate, true)); }
export function cmpss(d: usize, s: usize, predicate: i32): i32 { return put32(d, <u32>compare(load<u32>(d), load<u32>(s), predicate, false)); }

export function cmppd(d: usize, s: usize, predicate: i32): i32 {
  const a = v128.load(d);
  const b = v128.load(s);
  if (plain64(a, b)) {
    v128.store(d, compare_f64x2(a, b, predicate & 7));
    return 0;
  }
  const low = compare(load<u64>(d), load<u64>(s), predicate, true);
  const high = compare(load<u64>(d, 8), load<u64>(s, 8), predicate, true);
  if (raised && fpRaise()) return XM;
  store<u64>(d, low);
  store<u64>(d, high, 8);
  return 0;
}

export function cmpps(d: usize, s: usize, predicate: i32): i32 {
  const a = v128.load(d);
  const b = v128.load(s);
  if (plain32(a, b)) {
    v128.store(d, compare_f32x4(a, b, predicate & 7));
    return 0;
  }
  for (let i: usize = 0; i < 16; i += 4) store<u32>(LANES + i, <u32>compare(load<u32>(d + i), load<u32>(s + i), predicate, false));
  if (raised && fpRaise()) return XM;
  v128.store(d, v128.load(LANES));
  return 0;
}

function compare_f32x4(a: v128, b: v128, predicate: i32): v128 {
  switch (predicate) {
    case 0: return f32x4.eq(a, b);
    case 1: return f32x4.lt(a, b);
    case 2: return f32x4.le(a, b);
    case 3: return i32x4.splat(0);
    case 4: return f32x4.ne(a, b);
    case 5: return v128.not(f32x4.lt(a, b));
    case 6: return v128.not(f32x4.le(a, b));
    default: return i32x4.splat(-1);
  }
}

function compare_f64x2(a: v128, b: v128, predicate: i32): v128 {
  switch (predicate) {
    case 0: return f64x2.eq(a, b);
    case 1: return f64x2.lt(a, b);
    case 2: return f64x2.le(a, b);
    case 3: return i32x4.splat(0);
    case 4: return f64x2.ne(a, b);
    case 5: return v128.not(f64x2.lt(a, b));
    case 6: return v128.not(f64x2.le(a, b));
    default: return i32x4.splat(-1);
  }
}

/** comis, ucomis: ZF PF CF = 111 unordered, 000 greater, 001 less, 100 equal. `quiet`: ucomis. */
function ordered(a: u64, b: u64, quiet: i32, double: bool): i32 {
  if (double && (a << 1) - 1 >= 0x001fffffffffffff && (b << 1) - 1 >= 0x001fffffffffffff) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    if (x == x && y == y) {
      flagsExplicit(x > y ? 0 : x < y ? CF : ZF);
      return 0;
    }
  }
  if (isNaNBits(a, double) || isNaNBits(b, double)) {
    if (!quiet || isSignalling(a, double) || isSignalling(b, double)) signal(IE);
    if (raised && fpRaise()) return XM;
    flagsExplicit(ZF | PF | CF);
    return 0;
  }
  a = operand(a, double);
  b = operand(b, double);
  if (raised && fpRaise()) return XM;
  const x = double ? reinterpret<f64>(a) : <f64>reinterpret<f32>(<u32>a);
  const y = double ? reinterpret<f64>(b) : <f64>reinterpret<f32>(<u32>b);
  flagsExplicit(x > y ? 0 : x < y ? CF : ZF);
  return 0;
}

export function comisd(d: usize, s: usize, quiet: i32): i32 { return ordered(load<u64>(d), load<u64>(s), quiet, true); }
export function comiss(d: usize, s: usize, quiet: i32): i32 { return ordered(load<u32>(d), load<u32>(s), quiet, false); }
