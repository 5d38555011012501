// Lazy arithmetic flags. An instruction leaves what it did (kind) and its operands; a flag is
// worked out when somebody asks. Operands are sign-extended to 64 bits, which keeps unsigned order.
//
//   kind = class << 2 | size (0 = 8 bits … 3 = 64)
//   CLASS_EXPLICIT  a = the flag bits themselves
//   CLASS_ADD, SUB  a, b = the operands
//   CLASS_LOGIC     a = the result; CF = OF = AF = 0
//   CLASS_INC, DEC  a = the result, b = CF
//   CLASS_SHIFT     a = the result, b = CF | OF << 11
import { CPU, FLAG_A, FLAG_B, FLAG_KIND, FLAG_OTHER } from "./state";

export const CLASS_EXPLICIT: u32 = 0;
export const CLASS_ADD: u32 = 4;
export const CLASS_SUB: u32 = 8;
export const CLASS_LOGIC: u32 = 12;
export const CLASS_INC: u32 = 16;
export const CLASS_DEC: u32 = 20;
export const CLASS_SHIFT: u32 = 24;

export const CF: u64 = 1;
export const PF: u64 = 4;
export const AF: u64 = 0x10;
export const ZF: u64 = 0x40;
export const SF: u64 = 0x80;
export const TF: u64 = 0x100;
export const IF: u64 = 0x200;
export const DF: u64 = 0x400;
export const OF: u64 = 0x800;
export const NT: u64 = 0x4000;
/** The six arithmetic flags. */
export const ARITH: u64 = 0x8d5;

// @ts-ignore: decorator
@inline
function kindOf(): u32 {
  return load<u32>(CPU + FLAG_KIND);
}

// @ts-ignore: decorator
@inline
export function flagsSet(kind: u32, a: u64, b: u64): void {
  store<u32>(CPU + FLAG_KIND, kind);
  store<u64>(CPU + FLAG_A, a);
  store<u64>(CPU + FLAG_B, b);
}

// @ts-ignore: decorator
@inline
export function flagsExplicit(bits: u64): void {
  store<u32>(CPU + FLAG_KIND, CLASS_EXPLICIT);
  store<u64>(CPU + FLAG_A, bits);
}

// @ts-ignore: decorator
@inline
export function signExtend(value: u64, size: u32): u64 {
  const shift: u64 = 64 - (<u64>8 << size);
  return <u64>(<i64>(value << shift) >> shift);
}

/** The sign-extended result, for every class but CLASS_EXPLICIT. */
function result(kind: u32): u64 {
  const a = load<u64>(CPU + FLAG_A);
  const c = kind & ~3;
  if (c == CLASS_ADD) return signExtend(a + load<u64>(CPU + FLAG_B), kind & 3);
  if (c == CLASS_SUB) return signExtend(a - load<u64>(CPU + FLAG_B), kind & 3);
  return a;
}

export function flagZ(): bool {
  const kind = kindOf();
  const a = load<u64>(CPU + FLAG_A);
  if (kind < 4) return (a & ZF) != 0;
  return result(kind) == 0;
}

export function flagS(): bool {
  const kind = kindOf();
  if (kind < 4) return (load<u64>(CPU + FLAG_A) & SF) != 0;
  return <i64>result(kind) < 0;
}

export function flagP(): bool {
  const kind = kindOf();
  if (kind < 4) return (load<u64>(CPU + FLAG_A) & PF) != 0;
  return (popcnt<u32>(<u32>result(kind) & 0xff) & 1) == 0;
}

export function flagC(): bool {
  const kind = kindOf();
  const a = load<u64>(CPU + FLAG_A);
  switch (kind >> 2) {
    case 0: return (a & CF) != 0;
    case 1: return result(kind) < a;
    case 2: return a < load<u64>(CPU + FLAG_B);
    case 3: return false;
    default: return (load<u64>(CPU + FLAG_B) & 1) != 0;
  }
}

export function flagO(): bool {
  const kind = kindOf();
  const a = load<u64>(CPU + FLAG_A);
  const b = load<u64>(CPU + FLAG_B);
  switch (kind >> 2) {
    case 0: return (a & OF) != 0;
    case 1: {
      const r = result(kind);
      return <i64>((a ^ r) & (b ^ r)) < 0;
    }
    case 2: return <i64>((a ^ b) & (a ^ result(kind))) < 0;
    case 3: return false;
    case 4: return a == <u64>-1 << ((<u64>8 << (kind & 3)) - 1);
    case 5: return a == ~(<u64>-1 << ((<u64>8 << (kind & 3)) - 1));
    default: return (b & OF) != 0;
  }
}

function flagA(): bool {
  const kind = kindOf();
  const a = load<u64>(CPU + FLAG_A);
  switch (kind >> 2) {
    case 0: return (a & AF) != 0;
    case 1:
    case 2: return ((a ^ load<u64>(CPU + FLAG_B) ^ result(kind)) & 0x10) != 0;
    case 4: return (a & 15) == 0;
    case 5: return (a & 15) == 15;
    default: return false;
  }
}

/** signed less */
export function flagL(): bool {
  if (kindOf() >> 2 == 2) return load<i64>(CPU + FLAG_A) < load<i64>(CPU + FLAG_B);
  return flagS() != flagO();
}

export function flagLE(): bool {
  if (kindOf() >> 2 == 2) return load<i64>(CPU + FLAG_A) <= load<i64>(CPU + FLAG_B);
  return flagZ() || flagS() != flagO();
}

export function flagBE(): bool {
  if (kindOf() >> 2 == 2) return load<u64>(CPU + FLAG_A) <= load<u64>(CPU + FLAG_B);
  return flagC() || flagZ();
}

/** Condition code `cc` (the low nibble of the opcode); SDM vol. 1 appendix B. */
export function condition(cc: u32): bool {
  let r: bool;
  switch (cc >> 1) {
    case 0: r = flagO(); break;
    case 1: r = flagC(); break;
    case 2: r = flagZ(); break;
    case 3: r = flagBE(); break;
    case 4: r = flagS(); break;
    case 5: r = flagP(); break;
    case 6: r = flagL(); break;
    default: r = flagLE(); break;
  }
  return (cc & 1) != 0 ? !r : r;
}

/** The six arithmetic flags as rflags bits. */
export function arithFlags(): u64 {
  const kind = kindOf();
  const a = load<u64>(CPU + FLAG_A);
  if (kind < 4) return a & ARITH;
  const b = load<u64>(CPU + FLAG_B);
  const r = result(kind);
  let bits: u64 = popcnt<u32>(<u32>r & 0xff) & 1 ? 0 : PF;
  if (!r) bits |= ZF;
  bits |= (r >> 63) << 7;
  switch (kind >> 2) {
    case 1: return bits | <u64>(r < a) | ((a ^ b ^ r) & AF) | ((((a ^ r) & (b ^ r)) >> 63) << 11);
    case 2: return bits | <u64>(a < b) | ((a ^ b ^ r) & AF) | ((((a ^ b) & (a ^ r)) >> 63) << 11);
    case 3: return bits;
    default: return bits | <u64>flagC() | (flagA() ? AF : 0) | (flagO() ? OF : 0);
  }
}

/** rflags as pushf shows it. */
export function rflagsRead(): u64 {
  return arithFlags() | load<u32>(CPU + FLAG_OTHER) | IF | 2;
}

/** Sets what user mode may set: the arithmetic flags, TF, DF, NT, AC, ID. */
export function rflagsWrite(value: u64): void {
  flagsExplicit(value & ARITH);
  store<u32>(CPU + FLAG_OTHER, <u32>value & 0x244500);
}
