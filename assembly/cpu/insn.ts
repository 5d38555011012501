// One instruction's bytes: prefixes, opcode, ModRM, immediates, and the form of the instruction table (gen/isa.ts) that
// they are; with the operations that it is turned into. SDM vol. 2 chapter 2.
//
// What an instruction becomes is in emit.ts; sequences of them are made by decode.ts.
import { EMIT_CONTROL, EMIT_GP, EMIT_INVALID, EMIT_LEA, EMIT_NOP, ISA_ARGUMENT, ISA_GROUP, ISA_INDEX, ISA_INFO, ISA_SELECT } from "../gen/isa";
import { FAMILY_MOV, FAMILY_PROBE, OP_LEA32, OP_LEA64, OP_UD } from "../gen/ops";
import { cpuLevel } from "./cpuid";
import { FS_BASE, GS_BASE, RSP, SLOT_ADDR, SLOT_PAGE, SLOT_ZERO } from "./state";

/** Data temporaries: slots 21 and 22. */
export const T0: u32 = 168;
export const T1: u32 = 176;

const INFO_MODRM: u32 = 0x80;
const INFO_LOCK: u32 = 0x4000;
const INFO_LEVEL: u32 = 0x8000;
const LONGEST: i32 = 15;

let src: usize = 0;
let pos: i32 = 0;
/** Page offset of the instruction, and its number in the sequence. */
let start: i32 = 0;
export let index: i32 = 0;
/** Where the next operation goes. */
export let out: usize = 0;
/** The sequence ends with this instruction. */
export let terminal: bool = false;

// Prefixes.
export let rex: u32 = 0;
export let operand16: bool = false;
export let address32: bool = false;
/** 0, 0xf2 or 0xf3: the last one. */
export let repeat: u32 = 0;
export let segment: u32 = 0;
let lock: bool = false;
/** Low opcode byte. */
export let opcode: u32 = 0;
/** Operand size: 0 = 8 bits, 1 = 16, 2 = 32, 3 = 64. */
export let size: u32 = 0;
export let imm: i64 = 0;
// ModRM; the memory operand by the slots of its registers.
export let mod: u32 = 0;
export let reg: u32 = 0;
export let rm: u32 = 0;
/** The base of the memory operand is rsp. */
export let onStack: bool = false;
let mBase: u32 = 0;
let mIndex: u32 = 0;
let mScale: u32 = 0;
let mDisp: i32 = 0;

const BRANCHES = memory.data(1024, 4); // branches to give stubs: u32 operation, i32 target
export let branchCount: i32 = 0;

// ── operations ──────────────────────────────────────────────────────────────────────

export function emit(op: u32, r: u32, b: u32, value: i32): void {
  store<u16>(out, <u16>op);
  store<u8>(out, <u8>r, 4);
  store<u8>(out, <u8>b, 5);
  store<u8>(out, 0, 6);
  store<u8>(out, 0, 7);
  store<i32>(out, 0, 8);
  store<i32>(out, value, 12);
  out += 16;
}

/** An operation on the memory operand of the ModRM byte. */
export function emitMem(op: u32, r: u32, value: i32): void {
  store<u16>(out, <u16>op);
  store<u8>(out, <u8>r, 4);
  store<u8>(out, <u8>mBase, 5);
  store<u8>(out, <u8>mIndex, 6);
  store<u8>(out, <u8>mScale, 7);
  store<i32>(out, mDisp, 8);
  store<i32>(out, value, 12);
  out += 16;
}

/** An instruction with an implicit operand at rsi, rdi or rbx: index = segment slot, scale = 32-bit addresses. */
export function emitImplicit(op: u32, r: u32, b: u32, value: i32): void {
  emit(op, r, b, value);
  store<u8>(out - 16, <u8>segmentSlot(), 6);
  store<u8>(out - 16, <u8>address32, 7);
}

/** An operation that holds 64 bits in the place of displacement and immediate. */
export function emitWide(op: u32, r: u32, value: u64): void {
  emit(op, r, 0, 0);
  store<u64>(out - 16, value, 8);
}

/** Leaves the address of the memory operand in the address slot, which is the operand from now on. */
export function emitAddress(): void {
  emitMem(OP_LEA64, SLOT_ADDR, 0);
  addressIs(SLOT_ADDR, SLOT_ZERO);
}

/** The operand's address is the sum of two slots. */
export function addressIs(base: u32, second: u32): void {
  mBase = base;
  mIndex = second;
  mScale = 0;
  mDisp = 0;
}

/** A branch to `target`, relative to the page. */
export function emitBranch(op: u32, r: u32, target: i32): void {
  branchAt(out, target);
  emit(op, r, 0, 0);
  store<u8>(out - 16, <u8>(index + 1), 6);
}

/** The operation at p goes to `target`. */
export function branchAt(p: usize, target: i32): void {
  store<u32>(BRANCHES + (branchCount << 3), <u32>p);
  store<i32>(BRANCHES + (branchCount << 3), target, 4);
  branchCount++;
}

/** An indirect transfer, which counts the sequence's instructions. */
export function emitTransfer(op: u32, r: u32, value: i32): void {
  emit(op, r, 0, value);
  store<u8>(out - 16, <u8>(index + 1), 6);
  terminal = true;
}

/** An operation that ends the sequence. */
export function emitLast(op: u32, value: i32): void {
  emit(op, 0, 0, value);
  terminal = true;
}

export function emitInvalid(): void {
  emitLast(OP_UD, 0);
}

export function sequenceEnds(): void {
  terminal = true;
}

// ── operands ────────────────────────────────────────────────────────────────────────

export function segmentSlot(): u32 {
  return segment == 0x64 ? <u32>FS_BASE : segment == 0x65 ? <u32>GS_BASE : <u32>SLOT_ZERO;
}

/** Register slot for a general register number and operand size. */
export function slot(number: u32, s: u32): u32 {
  if (s == 0 && !rex && number >= 4 && number < 8) return ((number - 4) << 3) + 1;
  return number << 3;
}

/** Number of the register in the opcode's low bits. */
export function opcodeRegister(): u32 {
  return (opcode & 7) | ((rex & 1) << 3);
}

/** Whether the memory operand is base and displacement alone. */
export function isSimple(): bool {
  return mIndex == SLOT_ZERO;
}

export function baseIs(register: u32): bool {
  return mBase == register;
}

export function displace(by: i32): void {
  mDisp += by;
}

/** Loads the r/m operand into T0 when it is memory; the slot that holds the value. */
export function loadRm(s: u32): u32 {
  if (mod == 3) return slot(rm, s);
  emitMem(FAMILY_MOV + s * 7 + 2, T0, 0);
  return T0;
}

/** Begins a read-modify-write of the r/m operand: the slot to change. */
export function beginRmw(s: u32): u32 {
  if (mod == 3) return slot(rm, s);
  emitMem(FAMILY_PROBE + s, 0, 0);
  emitMem(FAMILY_MOV + s * 7 + 2, T0, 0);
  return T0;
}

export function endRmw(s: u32): void {
  if (mod != 3) emitMem(FAMILY_MOV + s * 7 + 3, T0, 0);
}

/** What follows this instruction, relative to the page. */
export function nextInstruction(): i32 {
  return start + pos;
}

/** Where a relative branch of this instruction goes, relative to the page. */
export function branchTarget(): i32 {
  return start + pos + <i32>imm;
}

// ── parsing ─────────────────────────────────────────────────────────────────────────

function prefixes(): u32 {
  rex = 0;
  operand16 = false;
  address32 = false;
  repeat = 0;
  lock = false;
  segment = 0;
  while (pos < LONGEST) {
    const byte = <u32>load<u8>(src + pos++);
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

// @ts-ignore: decorator
@inline
function next8(): u32 {
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

/** The form of the table for the opcode at hand; 0 = none. */
function choose(map: u32): u32 {
  const entry = <u32>load<u16>(ISA_INDEX + (((map << 8) | opcode) << 1));
  if (!(entry & ISA_GROUP)) return entry;
  const at = ISA_SELECT + ((entry & (ISA_GROUP - 1)) << 1);
  const bits = <u32>load<u16>(at);
  const byte = <u32>load<u8>(src + pos);
  let i: u32 = 0;
  if (bits & 1) i = repeat == 0xf3 ? 2 : repeat == 0xf2 ? 3 : <u32>operand16;
  if (bits & 2) i = (i << 1) | ((rex >> 3) & 1);
  if (bits & 4) i = (i << 1) | <u32>(byte >= 0xc0);
  if (bits & 8) i = (i << 3) | ((byte >> 3) & 7);
  if (bits & 16) i = (i << 3) | (byte & 7);
  const form = <u32>load<u16>(at + 2 + (i << 1));
  // The ModRM byte that made it invalid belongs to it, and may be on the next page.
  if (!form && bits & 28) pos++;
  return form;
}

function sizeOf(kind: u32): u32 {
  const wide = (rex & 8) != 0;
  switch (kind) {
    case 0: return 0;
    case 1: return wide ? 3 : operand16 ? 1 : 2;
    case 2: return wide ? 3 : 2;
    case 3: return operand16 && !wide ? 1 : 3;
    default: return 2;
  }
}

function immediateBytes(kind: u32): i32 {
  switch (kind) {
    case 0: return 0;
    case 1: return 1;
    case 2: return 2;
    case 3: return size == 1 ? 2 : 4;
    case 4: return 1 << size;
    case 5: return 3;
    default: return address32 ? 4 : 8;
  }
}

function immediate(kind: u32): i64 {
  switch (kind) {
    case 1: return <i64><i8>next8();
    case 2: return <i64>(next16() & 0xffff);
    case 3: return <i64>(size == 1 ? next16() : next32());
    case 4: return size == 3 ? <i64>next64() : <i64>(size == 1 ? next16() : next32());
    case 5: {
      const low = next16() & 0xffff;
      return <i64>(low | (next8() << 16));
    }
    case 6: return address32 ? <i64><u32>next32() : <i64>next64();
    default: return 0;
  }
}

/** As modrm where the mod field means nothing. */
function modrmRegister(): void {
  const byte = next8();
  mod = 3;
  reg = ((byte >> 3) & 7) | ((rex & 4) << 1);
  rm = (byte & 7) | ((rex & 1) << 3);
}

/** Reads ModRM, SIB and displacement; `trailing` = bytes of immediates after them (for rip-relative). */
function modrm(trailing: i32): void {
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
  onStack = mBase == RSP;
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
    addressIs(SLOT_ADDR, SLOT_ZERO);
  }
  if (!segment) return;
  // lea has no segment, so the sum goes through the address slot first.
  if (mIndex != SLOT_ZERO) emitAddress();
  mIndex = segmentSlot();
  mScale = 0;
}

/** The form for the bytes at hand, read to their end: kind | argument << 16, 0 = #UD. */
function parse(): u32 {
  let map: u32 = 0;
  if (opcode == 0x0f) {
    map = 1;
    opcode = next8();
    if (opcode == 0x38 || opcode == 0x3a) {
      map = opcode == 0x38 ? 2 : 3;
      opcode = next8();
    }
  }
  const form = choose(map);
  const info = <u32>load<u16>(ISA_INFO + (form << 1));
  const kind = info & 0x7f;
  if (!kind || (info & INFO_LEVEL && cpuLevel() < 2)) return EMIT_INVALID;
  size = sizeOf((info >> 11) & 7);
  const what = (info >> 8) & 7;
  if (info & INFO_MODRM) {
    if (kind == EMIT_LEA || kind == EMIT_NOP) segment = 0;
    if (kind == EMIT_CONTROL) modrmRegister();
    else modrm(immediateBytes(what));
  }
  if (lock && (mod == 3 || !(info & INFO_LOCK))) return EMIT_INVALID;
  if (what) imm = immediate(what);
  return kind | (<u32>load<u16>(ISA_ARGUMENT + (form << 1)) << 16);
}

/**
 * Reads the instruction at `code`, which is number `number` of its sequence and begins at page offset `offset`: what it is
 * to be turned into, kind | argument << 16.
 */
export function insnRead(code: usize, offset: i32, number: i32): u32 {
  src = code;
  pos = 0;
  start = offset;
  index = number;
  terminal = false;
  mod = 3;
  opcode = prefixes();
  if (opcode == 0x100) return EMIT_GP;
  const what = parse();
  if (pos <= LONGEST) return what;
  pos = LONGEST;
  return EMIT_GP;
}

/** Fills the instruction's place and length into its operations, which begin at `first`. The length. */
export function insnDone(first: usize): i32 {
  const where = <u16>(start | (pos << 12));
  for (let p = first; p < out; p += 16) store<u16>(p, where, 2);
  return pos;
}

/** Whether the operation at p belongs to the instruction just before this one, of the same page. */
export function isBefore(p: usize): bool {
  // An instruction near the end of the page may turn out to straddle it and be taken back.
  if (!index || start > 4096 - 24) return false;
  const where = <i32>load<u16>(p, 2);
  return (where & 0xfff) + (where >> 12) == start;
}

// ── for sequences ───────────────────────────────────────────────────────────────────

export function outSet(to: usize): void {
  out = to;
}

/** Takes back the branches after the first `count`. */
export function branchesKeep(count: i32): void {
  branchCount = count;
}

/** The branches of the sequence: u32 operation, i32 target. */
export function branches(): usize {
  return BRANCHES;
}
