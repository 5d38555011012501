// x86-64 machine code to micro-operations; see code.ts for their layout and gen/ops.ts for the
// operations. SDM vol. 2 chapter 2 (formats) and appendix A (opcode maps).
import {
  FAMILY_ALU, FAMILY_CMOV, FAMILY_CMPJ, FAMILY_EXTEND, FAMILY_IMUL, FAMILY_JCC, FAMILY_MOV, FAMILY_PROBE, FAMILY_SETCC, FAMILY_SHIFT, FAMILY_TEST,
  FAMILY_TESTJ, FAMILY_UNARY, OP_BSWAP32, OP_BSWAP64, OP_CALL, OP_CALL_R, OP_CDQ, OP_CDQE, OP_CHAIN, OP_CQO, OP_CROSS, OP_CWDE, OP_GP, OP_JMP,
  OP_JMP_R, OP_LEA16, OP_LEA32, OP_LEA64, OP_LEAB64, OP_LEAVE, OP_LINK, OP_LOOP, OP_MOVABS, OP_MUL32, OP_MUL64, OP_MULDIV, OP_NOP, OP_POP_R, OP_PUSH_I,
  OP_PUSH_R, OP_RET, OP_ROL32_RI, OP_ROL64_RI, OP_ROR32_RI, OP_ROR64_RI, OP_SHIFTX_R, OP_SLOW, OP_STOP, OP_STRING, OP_SYSCALL, OP_UD, OP_XCHG64_RR,
} from "../gen/ops";
import { memFetch, memMarkCode } from "../mm/tlb";
import { arenaSetTop, arenaTop, headerMake, shadowMake } from "./code";
import { deadFlags, deadFlagsBegin } from "./deadflags";
import { decodeFloat } from "./float";
import { fusePairs } from "./fuse";
import { decodeVector } from "./vector";
import { FS_BASE, GS_BASE, RIP, CPU, SLOT_ADDR, SLOT_PAGE, SLOT_ZERO } from "./state";
import {
  SLOW_BITSCAN, SLOW_BT, SLOW_BTADDRESS, SLOW_CBW, SLOW_CMPXCHG, SLOW_CMPXCHG16B, SLOW_CMPXCHG8B, SLOW_CPUID, SLOW_CRC32, SLOW_CWD, SLOW_ENTER,
  SLOW_FENCE, SLOW_FLAG, SLOW_FXRSTOR, SLOW_FXSAVE, SLOW_INT3, SLOW_LAHF, SLOW_LDMXCSR, SLOW_MOVSREG, SLOW_POP16, SLOW_POPCNT, SLOW_POPF, SLOW_PUSH16,
  SLOW_PUSHF, SLOW_RDTSC, SLOW_RDTSCP, SLOW_SAHF, SLOW_SHIFTD, SLOW_STMXCSR, SLOW_TOSREG, SLOW_XADD, SLOW_XCHG, SLOW_XLAT,
} from "./slow";

const MAX_SEQUENCE: i32 = 64;
/** Data temporaries: slots 21 and 22. */
export const T0: u32 = 168;
export const T1: u32 = 176;

const BUFFER = memory.data(48, 8);
const PENDING = memory.data(1024, 4); // branches to give stubs: u32 operation, i32 target

// State of the instruction being decoded.
let src: usize = 0;
let pos: i32 = 0;
let out: usize = 0;
let start: i32 = 0; // page offset of the instruction
let index: i32 = 0; // its number in the sequence
let rex: u32 = 0;
let operand16: bool = false;
let address32: bool = false;
let repeat: u32 = 0; // 0, 0xf2 or 0xf3
let lock: bool = false;
let segment: u32 = 0;
let pendingCount: i32 = 0;
let terminal: bool = false;
/** Sequences of one instruction that are not kept. */
let stepping: bool = false;
// ModRM.
let mod: u32 = 0;
let reg: u32 = 0;
let rm: u32 = 0;
let mBase: u32 = 0;
let mIndex: u32 = 0;
let mScale: u32 = 0;
let mDisp: i32 = 0;

// What float.ts and vector.ts need of it.
export function insnRepeat(): u32 { return repeat; }
export function insnOperand16(): bool { return operand16; }
export function insnWide(): bool { return (rex & 8) != 0; }
export function insnMod(): u32 { return mod; }
export function insnReg(): u32 { return reg; }
export function insnRm(): u32 { return rm; }
export function insnLock(): bool { return lock; }

export function next8(): u32 {
  return load<u8>(src + pos++);
}

function next16(): i32 {
  const v = load<i16>(src + pos);
  pos += 2;
  return v;
}

function next32(): i32 {
  const v = load<i32>(src + pos);
  pos += 4;
  return v;
}

function next64(): u64 {
  const v = load<u64>(src + pos);
  pos += 8;
  return v;
}

/** Sign-extended immediate of an operand of this size: 8, 16 or 32 bits. */
function nextImm(size: u32): i32 {
  return size == 0 ? <i32><i8>next8() : size == 1 ? next16() : next32();
}

// @ts-ignore: decorator
@inline
function immBytes(size: u32): i32 {
  return size == 0 ? 1 : size == 1 ? 2 : 4;
}

export function emit(op: u32, r: u32, b: u32, imm: i32): void {
  store<u16>(out, <u16>op);
  store<u8>(out, <u8>r, 4);
  store<u8>(out, <u8>b, 5);
  store<u8>(out, 0, 6);
  store<u8>(out, 0, 7);
  store<i32>(out, 0, 8);
  store<i32>(out, imm, 12);
  out += 16;
}

/** An operation on the memory operand of the ModRM byte. */
/** An instruction with an implicit operand at rdi: index = segment slot, scale = 32-bit addresses. */
export function emitAtRdi(op: u32, r: u32, b: u32, imm: i32): void {
  emit(op, r, b, imm);
  store<u8>(out - 16, segment == 0x64 ? <u8>FS_BASE : segment == 0x65 ? <u8>GS_BASE : <u8>SLOT_ZERO, 6);
  store<u8>(out - 16, <u8>address32, 7);
}

export function emitMem(op: u32, r: u32, imm: i32): void {
  store<u16>(out, <u16>op);
  store<u8>(out, <u8>r, 4);
  store<u8>(out, <u8>mBase, 5);
  store<u8>(out, <u8>mIndex, 6);
  store<u8>(out, <u8>mScale, 7);
  store<i32>(out, mDisp, 8);
  store<i32>(out, imm, 12);
  out += 16;
}

/** Leaves the address of the memory operand in the address slot, which is the operand from now on. */
export function emitAddress(): void {
  emitMem(OP_LEA64, SLOT_ADDR, 0);
  mBase = SLOT_ADDR;
  mIndex = SLOT_ZERO;
  mScale = 0;
  mDisp = 0;
}

function emitBranch(op: u32, r: u32, target: i32): void {
  store<u32>(PENDING + (pendingCount << 3), <u32>out);
  store<i32>(PENDING + (pendingCount << 3), target, 4);
  pendingCount++;
  emit(op, r, 0, 0);
  store<u8>(out - 16, <u8>(index + 1), 6);
}

function invalid(): void {
  emit(OP_UD, 0, 0, 0);
  terminal = true;
}

export function emitInvalid(): void {
  invalid();
}

/** Register slot for a general register number and operand size. */
function slot(number: u32, size: u32): u32 {
  if (size == 0 && !rex && number >= 4 && number < 8) return ((number - 4) << 3) + 1;
  return number << 3;
}

/** Reads ModRM, SIB and displacement; `trailing` = bytes of immediates after them (for rip-relative). */
export function modrm(trailing: i32): void {
  const byte = next8();
  mod = byte >> 6;
  reg = ((byte >> 3) & 7) | ((rex & 4) << 1);
  const low = byte & 7;
  rm = low | ((rex & 1) << 3);
  if (mod == 3) return;
  mIndex = SLOT_ZERO;
  mScale = 0;
  mDisp = 0;
  mBase = rm << 3;
  let base = low;
  if (low == 4) {
    const sib = next8();
    base = sib & 7;
    mBase = (base | ((rex & 1) << 3)) << 3;
    const i = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (i != 4) {
      mIndex = i << 3;
      mScale = sib >> 6;
    }
  }
  let wide: i64 = 0;
  if (mod == 1) wide = <i64><i8>next8();
  else if (mod == 2) wide = next32();
  else if (base == 5) {
    wide = next32();
    if (low == 5) {
      mBase = SLOT_PAGE;
      wide += start + pos + trailing;
    } else mBase = SLOT_ZERO;
  }
  finishAddress(wide);
}

function finishAddress(wide: i64): void {
  mDisp = <i32>wide;
  if (<i64>mDisp != wide) {
    // A rip-relative displacement at the edge of 32 bits.
    mDisp = <i32>(wide - 8192);
    emitAddress();
    mDisp = 8192;
  }
  if (address32) {
    emitMem(OP_LEA32, SLOT_ADDR, 0);
    mBase = SLOT_ADDR;
    mIndex = SLOT_ZERO;
    mScale = 0;
    mDisp = 0;
  }
  if (!segment) return;
  const at = segment == 0x64 ? <u32>FS_BASE : <u32>GS_BASE;
  if (mIndex != SLOT_ZERO) {
    // lea has no segment, so the sum goes through the address slot first.
    emitAddress();
  }
  mIndex = at;
  mScale = 0;
}

/** Loads the r/m operand into T0 when it is memory; the slot that holds the value. */
function loadRm(size: u32): u32 {
  if (mod == 3) return slot(rm, size);
  emitMem(FAMILY_MOV + size * 7 + 2, T0, 0);
  return T0;
}

/** Begins a read-modify-write of the r/m operand: the slot to change. */
function beginRmw(size: u32): u32 {
  if (mod == 3) return slot(rm, size);
  emitMem(FAMILY_PROBE + size, 0, 0);
  emitMem(FAMILY_MOV + size * 7 + 2, T0, 0);
  return T0;
}

function endRmw(size: u32): void {
  if (mod != 3) emitMem(FAMILY_MOV + size * 7 + 3, T0, 0);
}

function operandSize(): u32 {
  return rex & 8 ? 3 : operand16 ? 1 : 2;
}

export function emitSlow(which: u32, r: u32, b: u32, extra: u32): void {
  emit(OP_SLOW, r, b, <i32>(which | (extra << 16)));
}

/** A slow operation on the memory operand. */
export function emitSlowMem(which: u32, r: u32, extra: u32): void {
  emitMem(OP_SLOW, r, <i32>(which | (extra << 16)));
}

function decodeAlu(k: u32, form: u32): void {
  const size = form & 1 ? operandSize() : 0;
  const first = FAMILY_ALU + k * 20 + size * 5;
  if (form >= 4) {
    emit(first + 1, 0, 0, nextImm(size));
    return;
  }
  modrm(0);
  if (mod == 3) {
    if (form < 2) emit(first, slot(rm, size), slot(reg, size), 0);
    else emit(first, slot(reg, size), slot(rm, size), 0);
  } else if (form < 2) emitMem(first + 3, slot(reg, size), 0);
  else emitMem(first + 2, slot(reg, size), 0);
}

function decodeGroup1(opcode: u32): void {
  const size = opcode == 0x80 ? 0 : operandSize();
  const short = opcode != 0x81;
  modrm(short ? 1 : immBytes(size));
  const imm = short ? <i32><i8>next8() : nextImm(size);
  const first = FAMILY_ALU + (reg & 7) * 20 + size * 5;
  if (mod == 3) emit(first + 1, slot(rm, size), 0, imm);
  else emitMem(first + 4, 0, imm);
}

function decodeMov(opcode: u32): void {
  const size = opcode & 1 ? operandSize() : 0;
  modrm(0);
  const first = FAMILY_MOV + size * 7;
  const toMemory = opcode < 0x8a;
  if (mod == 3) {
    if (toMemory) emit(first, slot(rm, size), slot(reg, size), 0);
    else emit(first, slot(reg, size), slot(rm, size), 0);
    return;
  }
  const simple = mIndex == SLOT_ZERO ? 3 : 0;
  emitMem(first + (toMemory ? 3 : 2) + simple, slot(reg, size), 0);
  // Forms: 2 RM, 3 MR, 5 RB, 6 BR.
}

function decodeShift(size: u32, count: i32): void {
  const k = reg & 7;
  const bits = size == 3 ? 64 : 32;
  if (count >= 0) count &= bits - 1;
  const d = beginRmw(size);
  if (count == 0) {
    // No flags change; a 32-bit register is still zero-extended.
    if (size == 2 && mod == 3) emit(FAMILY_MOV + 14, d, d, 0);
    else emit(OP_NOP, 0, 0, 0);
  } else if (size >= 2 && k >= 4) {
    const which: u32 = k == 5 ? 1 : k == 7 ? 2 : 0;
    emit(FAMILY_SHIFT + (which * 2 + (size - 2)) * 3 + (count < 0 ? 1 : 0), d, 0, count);
  } else if (size >= 2 && k < 2 && count > 0) {
    emit(k == 0 ? (size == 2 ? OP_ROL32_RI : OP_ROL64_RI) : size == 2 ? OP_ROR32_RI : OP_ROR64_RI, d, 0, count);
  } else emit(OP_SHIFTX_R, d, k | (size << 4), count);
  endRmw(size);
}

function decodeGroup3(size: u32): void {
  const probe = load<u8>(src + pos);
  modrm(((probe >> 3) & 7) < 2 ? immBytes(size) : 0);
  const k = reg & 7;
  if (k < 2) {
    const imm = nextImm(size);
    if (mod == 3) emit(FAMILY_TEST + size * 4 + 1, slot(rm, size), 0, imm);
    else emitMem(FAMILY_TEST + size * 4 + 3, 0, imm);
  } else if (k < 4) {
    const d = beginRmw(size);
    emit(FAMILY_UNARY + (k == 2 ? 3 : 2) * 4 + size, d, 0, 0);
    endRmw(size);
  } else {
    const d = loadRm(size);
    if (k == 4 && size == 2) emit(OP_MUL32, d, 0, 0);
    else if (k == 4 && size == 3) emit(OP_MUL64, d, 0, 0);
    else emit(OP_MULDIV, d, k | (size << 4), 0);
  }
}

function decodeGroup5(opcode: u32): void {
  const size = opcode == 0xfe ? 0 : operandSize();
  modrm(0);
  const k = reg & 7;
  if (k < 2) {
    const d = beginRmw(size);
    emit(FAMILY_UNARY + k * 4 + size, d, 0, 0);
    endRmw(size);
  } else if (opcode == 0xfe) invalid();
  else if (k == 2 || k == 4) {
    const d = loadRm(3);
    emit(k == 2 ? OP_CALL_R : OP_JMP_R, d, 0, 0);
    store<u8>(out - 16, <u8>(index + 1), 6);
    terminal = true;
  } else if (k == 6) {
    if (operand16) emitSlow(SLOW_PUSH16, loadRm(1), 0, 0);
    else emit(OP_PUSH_R, loadRm(3), 0, 0);
  } else invalid();
}

/** Looks whether the operation just before is a comparison that the branch can be fused with. */
function fuse(cc: u32, target: i32): bool {
  // An instruction near the end of the page may turn out to straddle it and be taken back.
  if (index == 0 || src == BUFFER) return false;
  const p = out - 16;
  // It must be the whole of the instruction before.
  if (load<u16>(p) < <u16>FAMILY_ALU || <i32>(load<u16>(p, 2) & 0xfff) + <i32>(load<u16>(p, 2) >> 12) != start) return false;
  if (load<u16>(p - 16, 2) == load<u16>(p, 2)) return false;
  const op = <u32>load<u16>(p);
  let fused: u32 = 0;
  if (op >= FAMILY_ALU + 140 && op < FAMILY_ALU + 160) {
    const size = (op - FAMILY_ALU - 140) / 5;
    const form = (op - FAMILY_ALU - 140) % 5;
    if (form > 1 || cc < 2 || cc == 10 || cc == 11) return false;
    const at = cc < 10 ? cc - 2 : cc - 4;
    fused = FAMILY_CMPJ + (size * 12 + at) * 2 + form;
  } else if (op >= FAMILY_TEST && op < FAMILY_TEST + 16) {
    const size = (op - FAMILY_TEST) >> 2;
    const form = (op - FAMILY_TEST) & 3;
    if (form > 1) return false;
    const at = cc == 4 ? 0 : cc == 5 ? 1 : cc == 8 ? 2 : cc == 9 ? 3 : cc == 14 ? 4 : cc == 15 ? 5 : -1;
    if (at < 0) return false;
    fused = FAMILY_TESTJ + (size * 6 + at) * 2 + form;
  } else return false;
  store<u16>(p, <u16>fused);
  store<u8>(p, <u8>(index + 1), 6);
  store<u32>(PENDING + (pendingCount << 3), <u32>p);
  store<i32>(PENDING + (pendingCount << 3), target, 4);
  pendingCount++;
  return true;
}

function decodeJcc(cc: u32, target: i32): void {
  if (!fuse(cc, target)) emitBranch(FAMILY_JCC + cc, 0, target);
}

function decodeString(opcode: u32): void {
  const size = opcode & 1 ? operandSize() : 0;
  // reg = operation, base = size | repeat kind << 4, index = segment slot, scale = 32-bit addresses.
  emit(OP_STRING, (opcode >> 1) & 7, size | (repeat == 0xf3 ? 16 : repeat == 0xf2 ? 32 : 0), 0);
  store<u8>(out - 16, segment == 0x64 ? <u8>FS_BASE : segment == 0x65 ? <u8>GS_BASE : <u8>SLOT_ZERO, 6);
  store<u8>(out - 16, <u8>address32, 7);
}

function prefixes(): u32 {
  rex = 0;
  operand16 = false;
  address32 = false;
  repeat = 0;
  lock = false;
  segment = 0;
  for (let n = 0; n < 15; n++) {
    const byte = next8();
    switch (byte) {
      case 0x66: operand16 = true; rex = 0; continue;
      case 0x67: address32 = true; rex = 0; continue;
      case 0xf0: lock = true; rex = 0; continue;
      case 0xf2: case 0xf3: repeat = byte; rex = 0; continue;
      case 0x64: case 0x65: segment = byte; rex = 0; continue;
      case 0x26: case 0x2e: case 0x36: case 0x3e: rex = 0; continue;
      default:
        if ((byte & 0xf0) != 0x40) return byte;
        rex = byte;
    }
  }
  return 0x100;
}

/** Decodes one instruction at src, emitting its operations. */
function decodeOne(): void {
  const opcode = prefixes();
  if (opcode == 0x100) {
    emit(OP_GP, 0, 0, 0);
    terminal = true;
    return;
  }
  if (opcode == 0x0f) {
    const second = next8();
    if (second == 0x38 || second == 0x3a) decodeThreeByte(second);
    else decodeTwoByte(second);
    return;
  }
  if (opcode < 0x40) {
    if ((opcode & 7) < 6) decodeAlu(opcode >> 3, opcode & 7);
    else invalid();
    return;
  }
  if (opcode < 0x80) decodeMiddle(opcode);
  else if (opcode < 0xc0) decodeUpper(opcode);
  else decodeTop(opcode);
}

function decodeMiddle(opcode: u32): void {
  const r = ((opcode & 7) | ((rex & 1) << 3)) << 3;
  if (opcode < 0x58) {
    if (operand16) emitSlow(SLOW_PUSH16, r, 0, 0);
    else emit(OP_PUSH_R, r, 0, 0);
    return;
  }
  if (opcode < 0x60) {
    if (operand16) emitSlow(SLOW_POP16, r, 0, 0);
    else emit(OP_POP_R, r, 0, 0);
    return;
  }
  if (opcode >= 0x70) {
    const d = <i32><i8>next8();
    decodeJcc(opcode & 15, start + pos + d);
    return;
  }
  switch (opcode) {
    case 0x63: { // movsxd
      const size = operandSize();
      modrm(0);
      if (size < 3) {
        if (mod == 3) emit(FAMILY_MOV + size * 7, slot(reg, size), slot(rm, size), 0);
        else emitMem(FAMILY_MOV + size * 7 + 2, slot(reg, size), 0);
      } else if (mod == 3) emit(FAMILY_EXTEND + 34, reg << 3, rm << 3, 0);
      else emitMem(FAMILY_EXTEND + 35, reg << 3, 0);
      return;
    }
    case 0x68: emit(OP_PUSH_I, 0, 0, operand16 ? next16() : next32()); if (operand16) store<u16>(out - 16, OP_UD); return;
    case 0x6a: emit(OP_PUSH_I, 0, 0, <i32><i8>next8()); return;
    case 0x69: case 0x6b: {
      const size = operandSize();
      modrm(opcode == 0x6b ? 1 : immBytes(size));
      const b = loadRm(size);
      emit(FAMILY_IMUL + (size - 1) * 2 + 1, reg << 3, b, opcode == 0x6b ? <i32><i8>next8() : nextImm(size));
      return;
    }
    case 0x6c: case 0x6d: case 0x6e: case 0x6f: emit(OP_GP, 0, 0, 0); terminal = true; return;
    default: invalid();
  }
}

function decodeUpper(opcode: u32): void {
  switch (opcode) {
    case 0x80: case 0x81: case 0x83: decodeGroup1(opcode); return;
    case 0x84: case 0x85: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(0);
      if (mod == 3) emit(FAMILY_TEST + size * 4, slot(rm, size), slot(reg, size), 0);
      else emitMem(FAMILY_TEST + size * 4 + 2, slot(reg, size), 0);
      return;
    }
    case 0x86: case 0x87: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(0);
      const r = slot(reg, size);
      if (mod == 3) {
        if (size == 3) emit(OP_XCHG64_RR, r, slot(rm, size), 0);
        else emitSlow(SLOW_XCHG, r, slot(rm, size), size);
      } else {
        beginRmw(size);
        emitMem(FAMILY_MOV + size * 7 + 3, r, 0);
        emit(FAMILY_MOV + size * 7, r, T0, 0);
      }
      return;
    }
    case 0x88: case 0x89: case 0x8a: case 0x8b: decodeMov(opcode); return;
    case 0x8c: {
      modrm(0);
      if ((reg & 7) > 5) { invalid(); return; }
      emitSlow(SLOW_MOVSREG, mod == 3 ? rm << 3 : T0, 0, (reg & 7) | ((mod == 3 ? operandSize() : 1) << 4));
      if (mod != 3) emitMem(FAMILY_MOV + 10, T0, 0);
      return;
    }
    case 0x8d: {
      const seg = segment;
      segment = 0;
      modrm(0);
      segment = seg;
      if (mod == 3) { invalid(); return; }
      const size = operandSize();
      if (size == 3 && mIndex == SLOT_ZERO) emitMem(OP_LEAB64, reg << 3, 0);
      else emitMem(size == 3 ? OP_LEA64 : size == 2 ? OP_LEA32 : OP_LEA16, reg << 3, 0);
      return;
    }
    case 0x8e: {
      modrm(0);
      emitSlow(SLOW_TOSREG, loadRm(1), 0, reg & 7);
      return;
    }
    case 0x8f: decodePopMemory(); return;
    case 0x90: case 0x91: case 0x92: case 0x93: case 0x94: case 0x95: case 0x96: case 0x97: {
      const r = (opcode & 7) | ((rex & 1) << 3);
      if (r == 0) { emit(OP_NOP, 0, 0, 0); return; }
      if (rex & 8) emit(OP_XCHG64_RR, 0, r << 3, 0);
      else emitSlow(SLOW_XCHG, 0, r << 3, operandSize());
      return;
    }
    case 0x98: if (rex & 8) emit(OP_CDQE, 0, 0, 0); else if (operand16) emitSlow(SLOW_CBW, 0, 0, 0); else emit(OP_CWDE, 0, 0, 0); return;
    case 0x99: if (rex & 8) emit(OP_CQO, 0, 0, 0); else if (operand16) emitSlow(SLOW_CWD, 0, 0, 0); else emit(OP_CDQ, 0, 0, 0); return;
    case 0x9b: decodeFloat(0x9b); return;
    case 0x9c: emitSlow(SLOW_PUSHF, 0, 0, operand16 ? 1 : 0); return;
    case 0x9d: emitSlow(SLOW_POPF, 0, 0, operand16 ? 1 : 0); return;
    case 0x9e: emitSlow(SLOW_SAHF, 0, 0, 0); return;
    case 0x9f: emitSlow(SLOW_LAHF, 0, 0, 0); return;
    case 0xa0: case 0xa1: case 0xa2: case 0xa3: decodeMoffs(opcode); return;
    case 0xa8: emit(FAMILY_TEST + 1, 0, 0, nextImm(0)); return;
    case 0xa9: { const size = operandSize(); emit(FAMILY_TEST + size * 4 + 1, 0, 0, nextImm(size)); return; }
    case 0x9a: invalid(); return;
    default:
      if (opcode >= 0xa4 && opcode < 0xb0) { decodeString(opcode); return; }
      decodeMovImmediate(opcode);
  }
}

function decodePopMemory(): void {
  // The address is formed after rsp has been incremented; SDM vol. 2 POP.
  modrm(0);
  if (reg & 7) { invalid(); return; }
  if (mod == 3) {
    emit(OP_POP_R, rm << 3, 0, 0);
    return;
  }
  const usesRsp = mBase == 32;
  if (usesRsp) mDisp += 8;
  emitMem(FAMILY_PROBE + 3, 0, 0);
  if (usesRsp) mDisp -= 8;
  emit(OP_POP_R, T0, 0, 0);
  emitMem(FAMILY_MOV + 24, T0, 0);
}

function decodeMoffs(opcode: u32): void {
  const size = opcode & 1 ? operandSize() : 0;
  const address = address32 ? <u64><u32>next32() : next64();
  emit(OP_MOVABS, SLOT_ADDR, 0, 0);
  store<u64>(out - 16, address, 8);
  mBase = SLOT_ADDR;
  mIndex = segment == 0x64 ? FS_BASE : segment == 0x65 ? GS_BASE : SLOT_ZERO;
  mScale = 0;
  mDisp = 0;
  emitMem(FAMILY_MOV + size * 7 + (opcode < 0xa2 ? 2 : 3), 0, 0);
}

function decodeMovImmediate(opcode: u32): void {
  const number = (opcode & 7) | ((rex & 1) << 3);
  if (opcode < 0xb8) {
    emit(FAMILY_MOV + 1, slot(number, 0), 0, nextImm(0));
    return;
  }
  if (rex & 8) {
    const value = next64();
    emit(OP_MOVABS, number << 3, 0, 0);
    store<u64>(out - 16, value, 8);
    return;
  }
  const size = operandSize();
  emit(FAMILY_MOV + size * 7 + 1, number << 3, 0, nextImm(size));
}

function decodeTop(opcode: u32): void {
  switch (opcode) {
    case 0xc0: case 0xc1: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(1);
      decodeShift(size, <i32>next8());
      return;
    }
    case 0xd0: case 0xd1: case 0xd2: case 0xd3: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(0);
      decodeShift(size, opcode < 0xd2 ? 1 : -1);
      return;
    }
    case 0xc2: case 0xc3:
      emit(OP_RET, 0, 0, opcode == 0xc2 ? next16() : 0);
      store<u8>(out - 16, <u8>(index + 1), 6);
      terminal = true;
      return;
    case 0xc6: case 0xc7: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(immBytes(size));
      if (reg & 7) { invalid(); return; }
      const imm = nextImm(size);
      if (mod == 3) emit(FAMILY_MOV + size * 7 + 1, slot(rm, size), 0, imm);
      else emitMem(FAMILY_MOV + size * 7 + 4, 0, imm);
      return;
    }
    case 0xc8: { const n = next16(); emitSlow(SLOW_ENTER, 0, 0, <u32>n & 0xffff); store<u8>(out - 16, <u8>next8(), 4); return; }
    case 0xc9: if (operand16) invalid(); else emit(OP_LEAVE, 0, 0, 0); return;
    case 0xcc: emitSlow(SLOW_INT3, 0, 0, 0); terminal = true; return;
    case 0xcd: { const n = next8(); if (n == 3) emitSlow(SLOW_INT3, 0, 0, 0); else emit(OP_GP, 0, 0, <i32>(n * 8 + 2)); terminal = true; return; }
    case 0xd7: emitSlow(SLOW_XLAT, segment == 0x64 ? FS_BASE : segment == 0x65 ? GS_BASE : SLOT_ZERO, 0, address32 ? 1 : 0); return;
    case 0xd8: case 0xd9: case 0xda: case 0xdb: case 0xdc: case 0xdd: case 0xde: case 0xdf: decodeFloat(opcode); return;
    case 0xe0: case 0xe1: case 0xe2: case 0xe3: {
      const d = <i32><i8>next8();
      emitBranch(OP_LOOP, (opcode & 3) | (address32 ? 4 : 0), start + pos + d);
      return;
    }
    case 0xe8: { const d = next32(); emitBranch(OP_CALL, 0, start + pos + d); terminal = true; return; }
    case 0xe9: { const d = next32(); emitBranch(OP_JMP, 0, start + pos + d); terminal = true; return; }
    case 0xeb: { const d = <i32><i8>next8(); emitBranch(OP_JMP, 0, start + pos + d); terminal = true; return; }
    case 0xf5: emitSlow(SLOW_FLAG, 0, 0, 0); return;
    case 0xf8: emitSlow(SLOW_FLAG, 0, 0, 1); return;
    case 0xf9: emitSlow(SLOW_FLAG, 0, 0, 2); return;
    case 0xfc: emitSlow(SLOW_FLAG, 0, 0, 3); return;
    case 0xfd: emitSlow(SLOW_FLAG, 0, 0, 4); return;
    case 0xf6: decodeGroup3(0); return;
    case 0xf7: decodeGroup3(operandSize()); return;
    case 0xfe: case 0xff: decodeGroup5(opcode); return;
    case 0xca: case 0xcb: case 0xcf: case 0xf1: case 0xf4: case 0xfa: case 0xfb: case 0xe4: case 0xe5: case 0xe6: case 0xe7: case 0xec: case 0xed: case 0xee: case 0xef:
      emit(OP_GP, 0, 0, 0);
      terminal = true;
      return;
    default: invalid();
  }
}

function decodeBitTest(k: u32, immediate: bool): void {
  const size = operandSize();
  if (!immediate && mod != 3) {
    emitAddress();
    emitSlow(SLOW_BTADDRESS, reg << 3, 0, size);
  }
  const extra = k | (size << 2) | (immediate ? 16 : 0);
  if (k == 0) {
    const d = loadRm(size);
    emitSlow(SLOW_BT, d, immediate ? next8() : reg << 3, extra);
    return;
  }
  const bit = immediate ? next8() : reg << 3;
  const d = beginRmw(size);
  emitSlow(SLOW_BT, d, bit, extra);
  endRmw(size);
}

function decodeTwoByte(opcode: u32): void {
  if ((opcode & 0xf0) == 0x80) {
    const d = next32();
    decodeJcc(opcode & 15, start + pos + d);
    return;
  }
  if ((opcode & 0xf0) == 0x90) {
    modrm(0);
    if (mod == 3) emit(FAMILY_SETCC + (opcode & 15), slot(rm, 0), 0, 0);
    else {
      emit(FAMILY_SETCC + (opcode & 15), T0, 0, 0);
      emitMem(FAMILY_MOV + 3, T0, 0);
    }
    return;
  }
  if ((opcode & 0xf0) == 0x40) {
    const size = operandSize();
    modrm(0);
    emit(FAMILY_CMOV + (opcode & 15) * 3 + size - 1, reg << 3, loadRm(size), 0);
    return;
  }
  if ((opcode & 0xf8) == 0xc8) {
    const r = ((opcode & 7) | ((rex & 1) << 3)) << 3;
    emit(rex & 8 ? OP_BSWAP64 : OP_BSWAP32, r, 0, 0);
    return;
  }
  switch (opcode) {
    case 0x05: emit(OP_SYSCALL, 0, 0, 0); terminal = true; return;
    case 0x0b: case 0xb9: case 0xff: invalid(); return;
    case 0x0d: case 0x18: case 0x19: case 0x1a: case 0x1b: case 0x1c: case 0x1d: case 0x1e: case 0x1f: modrm(0); emit(OP_NOP, 0, 0, 0); return;
    case 0x01: decodeSystem(); return;
    case 0x31: emitSlow(SLOW_RDTSC, 0, 0, 0); return;
    case 0xa2: emitSlow(SLOW_CPUID, 0, 0, 0); return;
    case 0xa3: modrm(0); decodeBitTest(0, false); return;
    case 0xab: modrm(0); decodeBitTest(1, false); return;
    case 0xb3: modrm(0); decodeBitTest(2, false); return;
    case 0xbb: modrm(0); decodeBitTest(3, false); return;
    case 0xba: modrm(1); if ((reg & 7) < 4) invalid(); else decodeBitTest(reg & 3, true); return;
    case 0xa4: case 0xac: case 0xa5: case 0xad: {
      const size = operandSize();
      const byImm = (opcode & 1) == 0;
      modrm(byImm ? 1 : 0);
      const n = byImm ? next8() : 0;
      const d = beginRmw(size);
      emitSlow(SLOW_SHIFTD, d, reg << 3, size | (opcode >= 0xa8 ? 4 : 0) | (byImm ? 8 | (n << 4) : 0));
      endRmw(size);
      return;
    }
    case 0xae: decodeGroup15(); return;
    case 0xaf: { const size = operandSize(); modrm(0); emit(FAMILY_IMUL + (size - 1) * 2, reg << 3, loadRm(size), 0); return; }
    case 0xb0: case 0xb1: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(0);
      // The address may be in a register that the instruction writes.
      if (mod != 3) emitAddress();
      const d = beginRmw(size);
      emitSlow(SLOW_CMPXCHG, d, slot(reg, size), size);
      endRmw(size);
      return;
    }
    case 0xc0: case 0xc1: {
      const size = opcode & 1 ? operandSize() : 0;
      modrm(0);
      if (mod != 3) emitAddress();
      const d = beginRmw(size);
      emitSlow(SLOW_XADD, d, slot(reg, size), size);
      endRmw(size);
      return;
    }
    case 0xb6: case 0xb7: case 0xbe: case 0xbf: {
      const size = operandSize();
      modrm(0);
      const from: u32 = opcode & 1;
      const signed: u32 = opcode >= 0xbe ? 1 : 0;
      if (size <= from) { // movzx r16, r/m16
        emit(FAMILY_MOV + size * 7, reg << 3, loadRm(size), 0);
        return;
      }
      const at = FAMILY_EXTEND + ((signed * 3 + from) * 3 + (size - 1)) * 2;
      if (mod == 3) emit(at, reg << 3, slot(rm, from), 0);
      else emitMem(at + 1, reg << 3, 0);
      return;
    }
    case 0xb8: if (repeat == 0xf3) { const size = operandSize(); modrm(0); emitSlow(SLOW_POPCNT, reg << 3, loadRm(size), size); } else invalid(); return;
    case 0xbc: case 0xbd: { const size = operandSize(); modrm(0); emitSlow(SLOW_BITSCAN, reg << 3, loadRm(size), size | ((opcode & 1) << 2)); return; }
    case 0xc3: { // movnti
      modrm(0);
      if (mod == 3 || operand16) { invalid(); return; }
      emitMem(FAMILY_MOV + (rex & 8 ? 3 : 2) * 7 + 3, reg << 3, 0);
      return;
    }
    case 0xc7: {
      modrm(0);
      if ((reg & 7) != 1 || mod == 3) { invalid(); return; }
      emitAddress();
      emitSlow(rex & 8 ? SLOW_CMPXCHG16B : SLOW_CMPXCHG8B, 0, 0, 0);
      return;
    }
    case 0xa0: case 0xa8: emitSlow(SLOW_MOVSREG, T0, 0, (opcode == 0xa0 ? 4 : 5) | (3 << 4)); emit(OP_PUSH_R, T0, 0, 0); return;
    case 0xa1: case 0xa9: emit(OP_POP_R, T0, 0, 0); return;
    case 0x00: case 0x02: case 0x03: case 0x06: case 0x08: case 0x09: case 0x20: case 0x21: case 0x22: case 0x23: case 0x30: case 0x32: case 0x33: case 0x35: case 0x34:
      modrm(0);
      if (opcode == 0x34 || opcode == 0x35) invalid();
      else { emit(OP_GP, 0, 0, 0); terminal = true; }
      return;
    default: decodeVector(1, opcode);
  }
}

function decodeSystem(): void {
  const byte = load<u8>(src + pos);
  if (byte == 0xf9) {
    pos++;
    emitSlow(SLOW_RDTSCP, 0, 0, 0);
    return;
  }
  modrm(0);
  if (mod == 3 && byte >= 0xd0 && byte < 0xd8) { invalid(); return; }
  emit(OP_GP, 0, 0, 0);
  terminal = true;
}

function decodeGroup15(): void {
  modrm(0);
  const k = reg & 7;
  if (mod == 3) {
    if (repeat || k < 5) invalid();
    else emitSlow(SLOW_FENCE, 0, 0, 0);
    return;
  }
  switch (k) {
    case 0: emitAddress(); emitSlow(SLOW_FXSAVE, 0, 0, rex & 8 ? 1 : 0); return;
    case 1: emitAddress(); emitSlow(SLOW_FXRSTOR, 0, 0, rex & 8 ? 1 : 0); return;
    case 2: emitMem(FAMILY_MOV + 16, T0, 0); emitSlow(SLOW_LDMXCSR, T0, 0, 0); return;
    case 3: emitSlow(SLOW_STMXCSR, T0, 0, 0); emitMem(FAMILY_MOV + 17, T0, 0); return;
    case 7: emitMem(FAMILY_MOV + 2, T0, 0); return; // clflush reads the line
    default: invalid();
  }
}

function decodeThreeByte(map: u32): void {
  const opcode = next8();
  if (map == 0x38 && opcode >= 0xf0 && opcode <= 0xf1) {
    if (repeat != 0xf2) { invalid(); return; }
    const size = opcode & 1 ? operandSize() : 0;
    modrm(0);
    emitSlow(SLOW_CRC32, reg << 3, loadRm(size), size | (rex & 8 ? 4 : 0));
    return;
  }
  decodeVector(map == 0x38 ? 2 : 3, opcode);
}

/** Instructions that lock may precede: those that read, modify and write memory. */
function lockAllowed(first: usize): bool {
  if (mod == 3) return false;
  for (let p = first; p < out; p += 16) {
    const op = <u32>load<u16>(p);
    if (op >= FAMILY_PROBE && op < FAMILY_PROBE + 5) return true;
    if (op >= FAMILY_ALU && op < FAMILY_ALU + 140 && (op - FAMILY_ALU) % 5 >= 3) return true;
    if (op == OP_SLOW && ((load<u32>(p, 12) & 0xffff) == SLOW_CMPXCHG16B || (load<u32>(p, 12) & 0xffff) == SLOW_CMPXCHG8B)) return true;
  }
  return false;
}

/** Decodes the instruction whose bytes are at src; its length, with offset and length filled into its operations. */
function instruction(offset: i32): i32 {
  start = offset;
  pos = 0;
  terminal = false;
  mod = 3;
  const first = out;
  const pendings = pendingCount;
  decodeOne();
  if (lock && !lockAllowed(first)) {
    out = first;
    pendingCount = pendings;
    invalid();
  }
  if (pos > 15) {
    out = first;
    pendingCount = pendings;
    emit(OP_GP, 0, 0, 0);
    terminal = true;
    pos = 15;
  }
  const where = <u16>(offset | (pos << 12));
  for (let p = first; p < out; p += 16) store<u16>(p, where, 2);
  return pos;
}

function chain(target: i32, offset: i32): void {
  if (stepping) {
    emit(OP_STOP, 0, 0, target);
    store<u16>(out - 16, <u16>(offset & 0xfff), 2);
    return;
  }
  emitBranch(OP_CHAIN, 0, target);
  store<u8>(out - 16, <u8>index, 6);
  store<u16>(out - 16, <u16>(offset & 0xfff), 2);
}

/** Puts an OP_LINK behind the sequence for every branch of it. */
function stubs(): void {
  for (let i = 0; i < pendingCount; i++) {
    const branch = load<u32>(PENDING + (i << 3));
    const target = load<i32>(PENDING + (i << 3), 4);
    store<u32>(branch, <u32>out, 8);
    emit(OP_LINK, 0, 0, target);
    store<u32>(out - 16, branch + 8, 8);
  }
}

/** Decodes from guest address `addr`, whose byte is at `host`; the first operation, or 0 with the fault and rip set. */
export function decodeSequence(addr: u64, host: usize): usize {
  const header = arenaTop();
  const page = host & ~0xfff;
  let offset = <i32>(host & 0xfff);
  const begin = offset;
  out = header + 16;
  pendingCount = 0;
  headerInit(header);
  deadFlagsBegin();
  for (index = 0; ; index++) {
    const room = 4096 - offset;
    if (index == (stepping ? 1 : MAX_SEQUENCE) || room == 0) {
      chain(offset, offset);
      break;
    }
    const before = out;
    const pendings = pendingCount;
    if (room >= 24) src = page + offset;
    else {
      memory.fill(BUFFER, 0, 48);
      memory.copy(BUFFER, page + offset, room);
      src = BUFFER;
    }
    let length = instruction(offset);
    if (length > room) {
      out = before;
      pendingCount = pendings;
      if (index) {
        chain(offset, offset);
        break;
      }
      length = straddling(addr, header, room, offset);
      if (!length) return 0;
      if (!stepping) {
        memMarkCode(host, room);
        headerMake(header, host);
      }
      if (!terminal) {
        index++;
        chain(offset + length, offset);
      }
      stubs();
      if (stepping) return header + 16;
      shadowMake(out, memFetch(addr + room), header);
      out += 16;
      finish();
      return header + 16;
    }
    offset += length;
    deadFlags(before, out);
    if (terminal) break;
  }
  if (!stepping) {
    memMarkCode(host, max(offset - begin, 1));
    headerMake(header, host);
    out = fusePairs(header + 16, out, PENDING, pendingCount);
  }
  stubs();
  finish();
  return header + 16;
}

function headerInit(header: usize): void {
  store<u64>(header, 0);
  store<u64>(header, 0, 8);
}

function finish(): void {
  if (!stepping) arenaSetTop(out);
}

/** As decodeSequence for the one instruction at addr; the operations are good until the next decoding. */
export function decodeStep(addr: u64, host: usize): usize {
  stepping = true;
  const first = decodeSequence(addr, host);
  stepping = false;
  return first;
}

/** The instruction that begins `room` bytes before the end of the page; its length or 0 = fault. */
function straddling(addr: u64, header: usize, room: i32, offset: i32): i32 {
  const second = memFetch(addr + room);
  if (!second) {
    store<u64>(CPU + RIP, addr);
    return 0;
  }
  memory.copy(BUFFER + room, second, 16);
  emit(OP_CROSS, 0, 0, 0);
  store<u32>(out - 16, <u32>second, 8);
  store<u16>(out - 16, <u16>offset, 2);
  const length = instruction(offset);
  store<u16>(header + 16, <u16>(offset | (length << 12)), 2);
  memMarkCode(second, max(length - room, 1));
  return length;
}
