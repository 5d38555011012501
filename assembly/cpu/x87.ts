// The x87 instructions. x87-ops.ts numbers them; mem is the host address of the memory operand, sti the rm field.
// fcomi and its kin set ZF, PF and CF through flags.ts, fcmov reads them there.
import {
  C0, C1, C2, C3, DE, IE, QNAN, QUIET, RC_ZERO, SF, SNAN, UNORDERED, ZE, f80Add, f80Begin, f80Class, f80Compare, f80Div, f80Flags, f80Indefinite, f80Mul,
  f80Raise, f80Rounding, f80Se, f80Set, f80Sig, f80Sqrt,
} from "./f80";
import { bcdHigh, bcdIndefinite, bcdLow, denormal32, denormal64, f80From32, f80From64, f80FromBcd, f80FromInt, f80RoundInt, f80To32, f80To64, f80ToBcd, f80ToInt } from "./f80conv";
import { extractSe, extractSig, NO_CODES, f80Extract, f80Remainder, f80Scale } from "./f80rem";
import { CF, PF, ZF, arithFlags, flagsExplicit } from "./flags";
import { CPU, FCW, FSW, FTAG, FTOP, RAX } from "./state";
import { loadEnvironment, restoreAll, saveAll, storeEnvironment, x87Init } from "./x87env";
import { transcendental } from "./x87func";
import { constant } from "./x87math";
import { ES, clearC1, filled, pop, push, pushResult, put, putSt, raise, seOf, setCodes, settle, settleStore, sigOf, st, stackUnderflow, summarise, top } from "./x87stack";

// Parts of the operation numbers: register forms, d9 e0 … ff, 16-bit environments; and two of them.
export const X87_REGISTER: u32 = 64;
export const X87_SPECIAL: u32 = 128;
export const X87_ENV16: u32 = 160;
/** fnclex, fninit and their dead neighbours. */
export const X87_FNINIT: u32 = 92;
export const X87_FNSTSW_AX: u32 = 124;

/** The exception of an unmasked x87 exception that is pending: #MF. */
export const MF: i32 = 16;

/** Does operation op; 0, or the vector of the exception that it meets (nothing has changed then). */
export function x87Exec(op: u32, mem: usize, sti: u32): i32 {
  if (load<u16>(FSW, CPU) & <u16>ES && waits(op)) return MF;
  f80Begin(load<u16>(FCW, CPU));
  if (op >= X87_REGISTER) {
    if (op < X87_SPECIAL) registerForm(op, sti);
    else if (op < X87_ENV16) specialForm(op);
    else narrowEnvironment(op, mem);
    return 0;
  }
  const reg = op & 7;
  switch (op >> 3) {
    case 0:
      fromBits32(load<u32>(mem));
      arithmetic(reg);
      break;
    case 2:
      fromInt(load<i32>(mem));
      arithmetic(reg);
      break;
    case 4:
      fromBits64(load<u64>(mem));
      arithmetic(reg);
      break;
    case 6:
      fromInt(load<i16>(mem));
      arithmetic(reg);
      break;
    case 1: memoryD9(reg, mem); break;
    case 3: memoryDB(reg, mem); break;
    case 5: memoryDD(reg, mem); break;
    default: memoryDF(reg, mem); break;
  }
  return 0;
}

/** fwait; every x87 instruction but the control ones without wait begins with it. */
// @ts-ignore: decorator
@inline
export function x87Wait(): i32 {
  return load<u16>(FSW, CPU) & <u16>ES ? MF : 0;
}

export function waits(op: u32): bool {
  switch (op) {
    case 14: case 15: case 46: case 47: case 161: case 163: return false; // fnstenv, fnstcw, fnsave, fnstsw
    case X87_FNINIT: case X87_FNSTSW_AX: return false;
  }
  return true;
}


// ── arithmetic and comparison ───────────────────────────────────────────────────────

/** Whether the operand that memory gave was a denormal, which its conversion hides. */
let memoryDenormal: bool = false;

// @ts-ignore: decorator
@inline
function fromBits64(bits: u64): void {
  f80From64(bits);
  memoryDenormal = denormal64(bits);
}

// @ts-ignore: decorator
@inline
function fromBits32(bits: u32): void {
  f80From32(bits);
  memoryDenormal = denormal32(bits);
}

// @ts-ignore: decorator
@inline
function fromInt(value: i64): void {
  f80FromInt(value);
  memoryDenormal = false;
}

/** st0 = st0 (op) the value in f80Se and f80Sig. k: add mul com comp sub subr div divr. */
function arithmetic(k: u32): void {
  const se = f80Se, sig = f80Sig;
  const compares = (k & 6) == 2;
  if (!filled(0)) {
    if (compares) compareEmpty(k & 1);
    else if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  const reg = st(0);
  const aSe = seOf(reg), aSig = sigOf(reg);
  if (compares) {
    const codes = f80Compare(aSe, aSig, se, sig, false);
    denormalToo(aSe, aSig);
    compared(codes, k & 1);
    return;
  }
  operate(k, aSe, aSig, se, sig);
  denormalToo(aSe, aSig);
  if (!settle()) put(reg, f80Se, f80Sig);
}

/** A denormal in memory counts unless the register holds no number, or the operation is invalid. */
// @ts-ignore: decorator
@inline
function denormalToo(se: u32, sig: u64): void {
  if (memoryDenormal && !(f80Flags & (IE | ZE)) && f80Class(se, sig) < QNAN) f80Raise(DE);
}

/** a (op) b, the reversed ones b (op) a. */
// @ts-ignore: decorator
@inline
function operate(k: u32, aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  switch (k) {
    case 0: f80Add(aSe, aSig, bSe, bSig, 0); break;
    case 1: f80Mul(aSe, aSig, bSe, bSig); break;
    case 4: f80Add(aSe, aSig, bSe, bSig, 0x8000); break;
    case 5: f80Add(bSe, bSig, aSe, aSig, 0x8000); break;
    case 6: f80Div(aSe, aSig, bSe, bSig); break;
    default: f80Div(bSe, bSig, aSe, aSig); break;
  }
}

/** st0 (op) st(i) into st(target), then perhaps a pop. */
function operateRegisters(k: u32, i: u32, target: u32, pops: u32): void {
  if (!filled(0) || !filled(i)) {
    if (stackUnderflow()) return;
    putSt(target, f80Se, f80Sig);
  } else {
    const a = st(0), b = st(i);
    operate(k, seOf(a), sigOf(a), seOf(b), sigOf(b));
    if (settle()) return;
    put(st(target), f80Se, f80Sig);
  }
  if (pops) pop();
}

/** Enters the result of a comparison and pops. */
function compared(codes: u32, pops: u32): void {
  const ends = settle();
  store<u16>(FSW, <u16>((load<u16>(FSW, CPU) & ~UNORDERED) | codes), CPU);
  if (ends) return;
  if (pops) pop();
  if (pops > 1) pop();
}

function compareEmpty(pops: u32): void {
  f80Raise(IE | SF);
  compared(UNORDERED, pops);
}

function compareRegisters(i: u32, quiet: bool, pops: u32): void {
  if (!filled(0) || !filled(i)) {
    compareEmpty(pops);
    return;
  }
  const a = st(0), b = st(i);
  compared(f80Compare(seOf(a), sigOf(a), seOf(b), sigOf(b), quiet), pops);
}

/** fcomi and fucomi: the result goes to the CPU's flags. */
function compareToFlags(i: u32, quiet: bool, pops: u32): void {
  let codes = UNORDERED;
  if (!filled(0) || !filled(i)) f80Raise(IE | SF);
  else {
    const a = st(0), b = st(i);
    codes = f80Compare(seOf(a), sigOf(a), seOf(b), sigOf(b), quiet);
  }
  // C1 stays, but for a stack fault.
  const c1 = f80Flags & SF ? 0 : load<u16>(FSW, CPU) & <u16>C1;
  const ends = settle();
  store<u16>(FSW, load<u16>(FSW, CPU) | c1, CPU);
  flagsExplicit((codes & C0 ? CF : 0) | (codes & C2 ? PF : 0) | (codes & C3 ? ZF : 0));
  if (!ends && pops) pop();
}

// ── memory forms ────────────────────────────────────────────────────────────────────

/** fld m32, m64: the value in f80Se and f80Sig. */
function pushMemory(): void {
  if (memoryDenormal && !filled(7)) {
    // The value is pushed even if the exception is unmasked.
    raise(DE, 0);
    push(f80Se, f80Sig);
    return;
  }
  if ((f80Se & 0x7fff) == 0x7fff && f80Class(f80Se, f80Sig) == SNAN) {
    f80Raise(IE);
    f80Set(f80Se, f80Sig | QUIET);
  }
  pushResult();
}

/** Whether st0 can be stored to memory; else f80Flags tell of its being empty. */
// @ts-ignore: decorator
@inline
function full(): bool {
  if (filled(0)) return true;
  f80Raise(IE | SF);
  return false;
}

function storeSingle(mem: usize, pops: bool): void {
  const reg = st(0);
  const v = full() ? f80To32(seOf(reg), sigOf(reg)) : 0xffc00000;
  if (settleStore()) return;
  store<u32>(mem, v);
  if (pops) pop();
}

function storeDouble(mem: usize, pops: bool): void {
  const reg = st(0);
  const v = full() ? f80To64(seOf(reg), sigOf(reg)) : 0xfff8000000000000;
  if (settleStore()) return;
  store<u64>(mem, v);
  if (pops) pop();
}

function storeInteger(mem: usize, bits: u32, rc: u32, pops: bool): void {
  const reg = st(0);
  const v = full() ? f80ToInt(seOf(reg), sigOf(reg), bits, rc) : <u64>1 << (bits - 1);
  if (settleStore()) return;
  if (bits == 16) store<u16>(mem, <u16>v);
  else if (bits == 32) store<u32>(mem, <u32>v);
  else store<u64>(mem, v);
  if (pops) pop();
}

function memoryD9(reg: u32, mem: usize): void {
  switch (reg) {
    case 0:
      fromBits32(load<u32>(mem));
      pushMemory();
      return;
    case 2: storeSingle(mem, false); return;
    case 3: storeSingle(mem, true); return;
    case 4: loadEnvironment(mem, true); return;
    case 5:
      store<u16>(FCW, (load<u16>(mem) & 0x1f3f) | 0x40, CPU);
      summarise();
      return;
    case 6:
      storeEnvironment(mem, true);
      maskAll();
      return;
    case 7: store<u16>(mem, load<u16>(FCW, CPU)); return;
  }
}

/** fnstenv masks every exception. */
function maskAll(): void {
  store<u16>(FCW, load<u16>(FCW, CPU) | 0x3f, CPU);
  summarise();
}

function memoryDB(reg: u32, mem: usize): void {
  switch (reg) {
    case 0:
      f80FromInt(load<i32>(mem));
      pushResult();
      return;
    case 1: storeInteger(mem, 32, RC_ZERO, true); return;
    case 2: storeInteger(mem, 32, f80Rounding(), false); return;
    case 3: storeInteger(mem, 32, f80Rounding(), true); return;
    case 5:
      f80Set(load<u16>(mem, 8), load<u64>(mem));
      pushResult();
      return;
    case 7: {
      const from = st(0);
      if (full()) f80Set(seOf(from), sigOf(from));
      else f80Indefinite();
      if (settleStore()) return;
      store<u64>(mem, f80Sig);
      store<u16>(mem, <u16>f80Se, 8);
      pop();
      return;
    }
  }
}

function memoryDD(reg: u32, mem: usize): void {
  switch (reg) {
    case 0:
      fromBits64(load<u64>(mem));
      pushMemory();
      return;
    case 1: storeInteger(mem, 64, RC_ZERO, true); return;
    case 2: storeDouble(mem, false); return;
    case 3: storeDouble(mem, true); return;
    case 4: restoreAll(mem, true); return;
    case 6: saveAll(mem, true); return;
    case 7: store<u16>(mem, <u16>statusWord()); return;
  }
}

function memoryDF(reg: u32, mem: usize): void {
  switch (reg) {
    case 0:
      f80FromInt(load<i16>(mem));
      pushResult();
      return;
    case 1: storeInteger(mem, 16, RC_ZERO, true); return;
    case 2: storeInteger(mem, 16, f80Rounding(), false); return;
    case 3: storeInteger(mem, 16, f80Rounding(), true); return;
    case 4:
      f80FromBcd(mem);
      pushResult();
      return;
    case 5:
      f80FromInt(load<i64>(mem));
      pushResult();
      return;
    case 6: {
      const from = st(0);
      if (full()) f80ToBcd(seOf(from), sigOf(from));
      else bcdIndefinite();
      if (settleStore()) return;
      store<u64>(mem, bcdLow);
      store<u16>(mem, <u16>bcdHigh, 8);
      pop();
      return;
    }
    case 7: storeInteger(mem, 64, f80Rounding(), true); return;
  }
}

function narrowEnvironment(op: u32, mem: usize): void {
  switch (op) {
    case 160: loadEnvironment(mem, false); return;
    case 161:
      storeEnvironment(mem, false);
      maskAll();
      return;
    case 162: restoreAll(mem, false); return;
    case 163: saveAll(mem, false); return;
  }
}

function statusWord(): u32 {
  return load<u16>(FSW, CPU) | (top() << 11);
}

// ── register forms ──────────────────────────────────────────────────────────────────

/** op 64 … 127: (escape & 7) << 3 | reg above 64. */
function registerForm(op: u32, i: u32): void {
  const k = op & 7;
  switch (op) {
    case 64: case 65: case 68: case 69: case 70: case 71: operateRegisters(k, i, 0, 0); return;
    case 66: case 98: compareRegisters(i, false, 0); return;
    case 67: case 99: case 114: compareRegisters(i, false, 1); return;
    case 96: case 97: case 100: case 101: case 102: case 103: operateRegisters(k, i, i, 0); return;
    case 112: case 113: case 116: case 117: case 118: case 119: operateRegisters(k, i, i, 1); return;
    case 115: compareRegisters(1, false, 2); return;
    case 72: duplicate(i); return;
    case 73: case 105: case 121: exchange(i); return;
    case 74: return; // fnop
    case 75:
      // This encoding ignores an empty st0.
      if (filled(0)) copyTo(i, true);
      else {
        clearC1();
        pop();
      }
      return;
    case 80: conditionalMove(i, (arithFlags() & CF) != 0); return;
    case 81: conditionalMove(i, (arithFlags() & ZF) != 0); return;
    case 82: conditionalMove(i, (arithFlags() & (CF | ZF)) != 0); return;
    case 83: conditionalMove(i, (arithFlags() & PF) != 0); return;
    case 85: compareRegisters(1, true, 2); return;
    case 88: conditionalMove(i, (arithFlags() & CF) == 0); return;
    case 89: conditionalMove(i, (arithFlags() & ZF) == 0); return;
    case 90: conditionalMove(i, (arithFlags() & (CF | ZF)) == 0); return;
    case 91: conditionalMove(i, (arithFlags() & PF) == 0); return;
    case 92:
      if (i == 2) store<u16>(FSW, load<u16>(FSW, CPU) & 0x7f00, CPU);
      else if (i == 3) x87Init();
      return;
    case 93: compareToFlags(i, true, 0); return;
    case 94: compareToFlags(i, false, 0); return;
    case 104: release(i); return;
    case 106: copyTo(i, false); return;
    case 107: case 122: case 123: copyTo(i, true); return;
    case 108: compareRegisters(i, true, 0); return;
    case 109: compareRegisters(i, true, 1); return;
    case 120:
      release(i);
      pop();
      return;
    case 124: store<u16>(RAX, <u16>statusWord(), CPU); return;
    case 125: compareToFlags(i, true, 1); return;
    case 126: compareToFlags(i, false, 1); return;
  }
}

function duplicate(i: u32): void {
  if (filled(i)) {
    const from = st(i);
    f80Set(seOf(from), sigOf(from));
    pushResult();
    return;
  }
  if (!stackUnderflow()) push(f80Se, f80Sig);
}

function exchange(i: u32): void {
  const a = st(0), b = st(i);
  if (filled(0) && filled(i)) {
    clearC1();
    const se = seOf(a), sig = sigOf(a);
    put(a, seOf(b), sigOf(b));
    put(b, se, sig);
    return;
  }
  if (stackUnderflow()) return;
  // The empty one counts as the indefinite.
  if (!filled(0)) putSt(0, f80Se, f80Sig);
  if (!filled(i)) putSt(i, f80Se, f80Sig);
  const se = seOf(a), sig = sigOf(a);
  put(a, seOf(b), sigOf(b));
  put(b, se, sig);
}

/** fst st(i), fstp st(i). */
function copyTo(i: u32, pops: bool): void {
  if (filled(0)) {
    clearC1();
    const from = st(0);
    putSt(i, seOf(from), sigOf(from));
  } else {
    if (stackUnderflow()) return;
    putSt(i, f80Se, f80Sig);
  }
  if (pops) pop();
}

function conditionalMove(i: u32, holds: bool): void {
  if (!filled(0) || !filled(i)) {
    if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  if (!holds) return;
  const from = st(i);
  put(st(0), seOf(from), sigOf(from));
}

function release(i: u32): void {
  clearC1();
  store<u16>(FTAG, <u16>(<u32>load<u16>(FTAG, CPU) & ~(1 << ((top() + i) & 7))), CPU);
}

/** op 128 … 159: d9 e0 … ff. */
function specialForm(op: u32): void {
  switch (op) {
    case 128: case 129: changeSign(op == 128); return;
    case 132: test(); return;
    case 133: examine(); return;
    case 136: case 137: case 138: case 139: case 140: case 141: case 142:
      constant(op - 136);
      pushResult();
      return;
    case 148: extract(); return;
    case 149: remainder(true); return;
    case 150:
      clearC1();
      store<u16>(FTOP, <u16>((top() + 7) & 7), CPU);
      return;
    case 151:
      clearC1();
      store<u16>(FTOP, <u16>((top() + 1) & 7), CPU);
      return;
    case 152: remainder(false); return;
    case 154: case 156: {
      if (!full()) {
        if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
        return;
      }
      const reg = st(0);
      if (op == 154) f80Sqrt(seOf(reg), sigOf(reg));
      else f80RoundInt(seOf(reg), sigOf(reg));
      if (!settle()) put(reg, f80Se, f80Sig);
      return;
    }
    case 157: scale(); return;
    default: transcendental(op);
  }
}

function changeSign(flips: bool): void {
  if (!filled(0)) {
    if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  clearC1();
  const reg = st(0);
  const se = seOf(reg);
  store<u16>(reg, <u16>(flips ? se ^ 0x8000 : se & 0x7fff), 8);
}

/** ftst */
function test(): void {
  if (!filled(0)) {
    compareEmpty(0);
    return;
  }
  const reg = st(0);
  compared(f80Compare(seOf(reg), sigOf(reg), 0, 0, false), 0);
}

/** fxam */
function examine(): void {
  const reg = st(0);
  const se = seOf(reg);
  let codes: u32 = C0 | C3;
  if (filled(0)) {
    switch (f80Class(se, sigOf(reg))) {
      case 0: codes = C2; break;
      case 1: codes = C3; break;
      case 2: codes = C2 | C3; break;
      case 3: codes = C0 | C2; break;
      case 6: codes = 0; break;
      default: codes = C0; break;
    }
  }
  setCodes(se & 0x8000 ? codes | C1 : codes);
}

function extract(): void {
  if (!filled(0)) {
    if (stackUnderflow()) return;
    putSt(0, f80Se, f80Sig);
    push(f80Se, f80Sig);
    return;
  }
  if (filled(7)) {
    f80Indefinite();
    if (raise(IE | SF | C1, IE)) return;
    putSt(0, f80Se, f80Sig);
    push(f80Se, f80Sig);
    return;
  }
  const reg = st(0);
  f80Extract(seOf(reg), sigOf(reg));
  if (settle()) return;
  put(reg, extractSe, extractSig);
  push(f80Se, f80Sig);
}

function remainder(nearest: bool): void {
  store<u16>(FSW, load<u16>(FSW, CPU) & <u16>~C2, CPU);
  if (!filled(0) || !filled(1)) {
    if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  const a = st(0), b = st(1);
  const codes = f80Remainder(seOf(a), sigOf(a), seOf(b), sigOf(b), nearest);
  if (settle()) return;
  put(a, f80Se, f80Sig);
  setCodes(codes != NO_CODES ? codes : load<u16>(FSW, CPU) & (C0 | C3));
}

function scale(): void {
  if (!filled(0) || !filled(1)) {
    if (!stackUnderflow()) putSt(0, f80Se, f80Sig);
    return;
  }
  const a = st(0), b = st(1);
  f80Scale(seOf(a), sigOf(a), seOf(b), sigOf(b));
  if (!settle()) put(a, f80Se, f80Sig);
}
