// Turns instructions into operations (gen/ops.ts): one case for each kind of form that the instruction table (tools/isa) names.
// The operands are the state of insn.ts; `argument` is the table's. What is valid has been settled before.
import {
  EMIT_ALU_AI, EMIT_ALU_MI, EMIT_ALU_MR, EMIT_ALU_RM, EMIT_BITSCAN, EMIT_BSWAP, EMIT_BT_I, EMIT_BT_R, EMIT_CALL, EMIT_CALL_M, EMIT_CBW, EMIT_CMOV, EMIT_CMPXCHG, EMIT_CONTROL, EMIT_CRC32,
  EMIT_CWD, EMIT_ENTER, EMIT_EXTEND, EMIT_FAR, EMIT_FLAG, EMIT_FWAIT, EMIT_GP, EMIT_IMAGE, EMIT_IMUL_RM, EMIT_IMUL_RMI, EMIT_INT, EMIT_INT1, EMIT_INT3, EMIT_IRET, EMIT_JCC, EMIT_JMP,
  EMIT_JMP_M, EMIT_LDMXCSR, EMIT_LEA, EMIT_LEAVE, EMIT_LOOP, EMIT_LSEG, EMIT_MOFFS, EMIT_MOVNTI, EMIT_MOVSXD, EMIT_MOV_FROM_SREG, EMIT_MOV_MI, EMIT_MOV_MR, EMIT_MOV_RI, EMIT_MOV_RM,
  EMIT_MOV_TO_SREG, EMIT_MULDIV, EMIT_NOP, EMIT_PAUSE, EMIT_POPCNT, EMIT_POPF, EMIT_POP_M, EMIT_POP_R, EMIT_POP_SREG, EMIT_PUSHF, EMIT_PUSH_I, EMIT_PUSH_M, EMIT_PUSH_R,
  EMIT_PUSH_SREG, EMIT_RANDOM, EMIT_RET, EMIT_RETF, EMIT_SETCC, EMIT_SHIFTD_CL, EMIT_SHIFTD_I, EMIT_SHIFT_1, EMIT_SHIFT_CL, EMIT_SHIFT_I, EMIT_SHOW, EMIT_SLOW, EMIT_SLOW_ADDRESS, EMIT_STMXCSR,
  EMIT_STRING, EMIT_SYSCALL, EMIT_SYSTEM, EMIT_SYSTEM_ADDRESS, EMIT_TEST_AI, EMIT_TEST_MI, EMIT_TEST_MR, EMIT_TOUCH, EMIT_UNARY, EMIT_VECTOR, EMIT_X87_ENVIRONMENT, EMIT_X87_M, EMIT_X87_R, EMIT_XADD,
  EMIT_XCHG, EMIT_XCHG_A, EMIT_XLAT,
} from "../gen/isa";
import {
  FAMILY_ALU, FAMILY_CMOV, FAMILY_CMPJ, FAMILY_EXTEND, FAMILY_IMUL, FAMILY_JCC, FAMILY_MOV, FAMILY_PROBE, FAMILY_SETCC, FAMILY_SHIFT, FAMILY_TEST, FAMILY_TESTJ, FAMILY_UNARY,
  OP_BSWAP32, OP_BSWAP64, OP_CALL, OP_CALL_R, OP_CDQ, OP_CDQE, OP_CQO, OP_CWDE, OP_GP, OP_JMP, OP_JMP_R, OP_LEA16, OP_LEA32, OP_LEA64, OP_LEAB64, OP_LEAVE, OP_LOOP, OP_MOVABS,
  OP_MUL32, OP_MUL64, OP_MULDIV, OP_NOP, OP_POP_R, OP_PUSH_I, OP_PUSH_R, OP_RET, OP_ROL32_RI, OP_ROL64_RI, OP_ROR32_RI, OP_ROR64_RI, OP_SHIFTX_R, OP_SLOW, OP_STRING, OP_SYSCALL,
  OP_XCHG64_RR,
} from "../gen/ops";
import { emitFloat, emitFloatWait } from "./float";
import {
  T0, T1, addressIs, address32, baseIs, beginRmw, branchAt, branchTarget, displace, emit, emitAddress, emitBranch, emitImplicit, emitInvalid, emitLast, emitMem, emitTransfer, emitWide,
  endRmw, imm, index, isBefore, isSimple, loadRm, mod, nextInstruction, onStack, opcode, opcodeRegister, operand16, out, reg, repeat, rex, rm, segmentSlot, sequenceEnds, size, slot,
} from "./insn";
import {
  SLOW_BITSCAN, SLOW_BT, SLOW_BTADDRESS, SLOW_CBW, SLOW_CMPXCHG, SLOW_CRC32, SLOW_CWD, SLOW_ENTER, SLOW_FLAG, SLOW_INT1, SLOW_INT3, SLOW_INT4, SLOW_LDMXCSR, SLOW_LEAVE16, SLOW_MOVSREG,
  SLOW_POP16, SLOW_POPCNT, SLOW_POPF, SLOW_POPSREG, SLOW_PUSH16, SLOW_PUSHF, SLOW_PUSHI16, SLOW_RANDOM, SLOW_SHIFTD, SLOW_STMXCSR, SLOW_SYSTEM, SLOW_TOSREG, SLOW_XADD, SLOW_XCHG, SLOW_XLAT,
} from "./slow";
import { RSP, SLOT_ADDR, SLOT_PAGE, SLOT_ZERO } from "./state";
import { SYSTEM_IRET, SYSTEM_LOOP16, SYSTEM_LSEG, SYSTEM_RETF } from "./system";
import { emitVector } from "./vector";

function emitSlow(which: u32, r: u32, b: u32, extra: u32): void {
  emit(OP_SLOW, r, b, <i32>(which | (extra << 16)));
}

/** Operations on r/m and a register or a constant: first + form, which are RR, RI, RM, MR, MI. */
function aluMr(first: u32): void {
  if (mod == 3) emit(first, slot(rm, size), slot(reg, size), 0);
  else emitMem(first + 3, slot(reg, size), 0);
}

function aluRm(first: u32): void {
  if (mod == 3) emit(first, slot(reg, size), slot(rm, size), 0);
  else emitMem(first + 2, slot(reg, size), 0);
}

function aluMi(first: u32): void {
  if (mod == 3) emit(first + 1, slot(rm, size), 0, <i32>imm);
  else emitMem(first + 4, 0, <i32>imm);
}

// @ts-ignore: decorator
@inline
function aluFirst(k: u32): u32 {
  return FAMILY_ALU + k * 20 + size * 5;
}

/** mov of memory has forms for base + displacement alone: RM, MR at 2 and 3, RB, BR at 5 and 6. */
function moveMemory(load: bool): void {
  emitMem(FAMILY_MOV + size * 7 + (load ? 2 : 3) + (isSimple() ? 3 : 0), slot(reg, size), 0);
}

function move(to: u32, from: u32): void {
  emit(FAMILY_MOV + size * 7, slot(to, size), slot(from, size), 0);
}

function moveOffset(store: u32): void {
  emitWide(OP_MOVABS, SLOT_ADDR, <u64>imm);
  addressIs(SLOT_ADDR, segmentSlot());
  emitMem(FAMILY_MOV + size * 7 + 2 + store, 0, 0);
}

function moveImmediate(): void {
  const to = slot(opcodeRegister(), size);
  if (size == 3) emitWide(OP_MOVABS, to, <u64>imm);
  else emit(FAMILY_MOV + size * 7 + 1, to, 0, <i32>imm);
}

/** count < 0 = cl. */
function shift(k: u32, count: i32): void {
  if (count >= 0) count &= size == 3 ? 63 : 31;
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

function shiftDouble(right: u32, byImmediate: bool): void {
  const d = beginRmw(size);
  emitSlow(SLOW_SHIFTD, d, reg << 3, size | (right << 2) | (byImmediate ? 8 | ((<u32>imm & 0xff) << 4) : 0));
  endRmw(size);
}

function multiplyDivide(k: u32): void {
  const d = loadRm(size);
  if (k == 4 && size == 2) emit(OP_MUL32, d, 0, 0);
  else if (k == 4 && size == 3) emit(OP_MUL64, d, 0, 0);
  else emit(OP_MULDIV, d, k | (size << 4), 0);
}

function bitTest(k: u32, immediate: bool): void {
  if (!immediate && mod != 3) {
    // With 67 the address slot holds the sum without the segment, and its end is wrapped too.
    if (!address32) emitAddress();
    emitSlow(SLOW_BTADDRESS, reg << 3, address32 ? 1 : 0, size);
  }
  const extra = k | (size << 2) | (immediate ? 16 : 0);
  const bit = immediate ? <u32>imm & 0xff : reg << 3;
  if (k == 0) {
    emitSlow(SLOW_BT, loadRm(size), bit, extra);
    return;
  }
  const d = beginRmw(size);
  emitSlow(SLOW_BT, d, bit, extra);
  endRmw(size);
}

/** A read-modify-write that also writes a register, of which the address may be made. */
function exchange(which: u32): void {
  if (mod != 3) emitAddress();
  const d = beginRmw(size);
  emitSlow(which, d, slot(reg, size), size);
  endRmw(size);
}

function xchg(): void {
  const r = slot(reg, size);
  if (mod == 3) {
    if (size == 3) emit(OP_XCHG64_RR, r, slot(rm, size), 0);
    else emitSlow(SLOW_XCHG, r, slot(rm, size), size);
    return;
  }
  beginRmw(size);
  emitMem(FAMILY_MOV + size * 7 + 3, r, 0);
  emit(FAMILY_MOV + size * 7, r, T0, 0);
}

function xchgAccumulator(): void {
  const r = opcodeRegister();
  if (r == 0) emit(OP_NOP, 0, 0, 0);
  else if (size == 3) emit(OP_XCHG64_RR, 0, r << 3, 0);
  else emitSlow(SLOW_XCHG, 0, r << 3, size);
}

function extend(k: u32): void {
  const from = k % 3;
  if (size <= from) {
    // movzx r16, r/m16
    emit(FAMILY_MOV + size * 7, reg << 3, loadRm(size), 0);
    return;
  }
  const at = FAMILY_EXTEND + (k * 3 + (size - 1)) * 2;
  if (mod == 3) emit(at, reg << 3, slot(rm, from), 0);
  else emitMem(at + 1, reg << 3, 0);
}

function setCondition(cc: u32): void {
  if (mod == 3) {
    emit(FAMILY_SETCC + cc, slot(rm, 0), 0, 0);
    return;
  }
  emit(FAMILY_SETCC + cc, T0, 0, 0);
  emitMem(FAMILY_MOV + 3, T0, 0);
}

function loadAddress(): void {
  if (size == 3 && isSimple()) emitMem(OP_LEAB64, reg << 3, 0);
  else emitMem(size == 3 ? OP_LEA64 : size == 2 ? OP_LEA32 : OP_LEA16, reg << 3, 0);
}

function fromSegment(which: u32): void {
  emitSlow(SLOW_MOVSREG, mod == 3 ? rm << 3 : T0, 0, which | ((mod == 3 ? size : 1) << 4));
  if (mod != 3) emitMem(FAMILY_MOV + 10, T0, 0);
}

function push(from: u32): void {
  if (size == 1) emitSlow(SLOW_PUSH16, from, 0, 0);
  else emit(OP_PUSH_R, from, 0, 0);
}

function pop(to: u32): void {
  if (size == 1) emitSlow(SLOW_POP16, to, 0, 0);
  else emit(OP_POP_R, to, 0, 0);
}

function popMemory(): void {
  if (mod == 3) {
    pop(rm << 3);
    return;
  }
  // The stack is read first, and the address formed after rsp has been incremented; SDM vol. 2 POP.
  emit(FAMILY_MOV + size * 7 + 5, T0, 32, 0);
  const by = onStack ? 1 << size : 0;
  displace(by);
  emitMem(FAMILY_PROBE + size, 0, 0);
  // An address that is formed already stays as it is.
  if (baseIs(<u32>RSP)) displace(-by);
  pop(T0);
  emitMem(FAMILY_MOV + size * 7 + 3, T0, 0);
}

function popSegment(which: u32): void {
  emitSlow(SLOW_POPSREG, 0, 0, which | ((size == 1 ? 2 : 8) << 4));
}

function cbw(): void {
  if (size == 3) emit(OP_CDQE, 0, 0, 0);
  else if (size == 1) emitSlow(SLOW_CBW, 0, 0, 0);
  else emit(OP_CWDE, 0, 0, 0);
}

function cwd(): void {
  if (size == 3) emit(OP_CQO, 0, 0, 0);
  else if (size == 1) emitSlow(SLOW_CWD, 0, 0, 0);
  else emit(OP_CDQ, 0, 0, 0);
}

/** Looks whether the operation just before is a comparison that the branch can be fused with. */
function fuse(cc: u32, target: i32): bool {
  const p = out - 16;
  // It must be the whole of the instruction before.
  if (!isBefore(p) || load<u16>(p) < <u16>FAMILY_ALU || load<u16>(p - 16, 2) == load<u16>(p, 2)) return false;
  const op = <u32>load<u16>(p);
  let fused: u32 = 0;
  if (op >= FAMILY_ALU + 140 && op < FAMILY_ALU + 160) {
    const s = (op - FAMILY_ALU - 140) / 5;
    const form = (op - FAMILY_ALU - 140) % 5;
    if (form > 1 || cc < 2 || cc == 10 || cc == 11) return false;
    const at = cc < 10 ? cc - 2 : cc - 4;
    fused = FAMILY_CMPJ + (s * 12 + at) * 2 + form;
  } else if (op >= FAMILY_TEST && op < FAMILY_TEST + 16) {
    const s = (op - FAMILY_TEST) >> 2;
    const form = (op - FAMILY_TEST) & 3;
    if (form > 1) return false;
    const at = cc == 4 ? 0 : cc == 5 ? 1 : cc == 8 ? 2 : cc == 9 ? 3 : cc == 14 ? 4 : cc == 15 ? 5 : -1;
    if (at < 0) return false;
    fused = FAMILY_TESTJ + (s * 6 + at) * 2 + form;
  } else return false;
  store<u16>(p, <u16>fused);
  store<u8>(p, <u8>(index + 1), 6);
  branchAt(p, target);
  return true;
}

/** A branch that nothing of the sequence follows. */
function jump(op: u32): void {
  if (size == 1) {
    narrowAddress(T1, branchTarget());
    if (op == OP_CALL) pushNext16();
    emitTransfer(OP_JMP_R, T1, 0);
    return;
  }
  emitBranch(op, 0, branchTarget());
  sequenceEnds();
}

/** Puts the low 16 bits of an address, relative to the page, to the slot: where a branch with a 66 prefix goes. */
function narrowAddress(to: u32, relative: i32): void {
  addressIs(<u32>SLOT_PAGE, <u32>SLOT_ZERO);
  displace(relative);
  emitMem(OP_LEA64, to, 0);
  narrowSlot(to);
}

function narrowSlot(to: u32): void {
  emit(FAMILY_EXTEND + 10, to, to, 0); // movzx r64, r16
}

function pushNext16(): void {
  narrowAddress(T0, nextInstruction());
  emitSlow(SLOW_PUSH16, T0, 0, 0);
}

/** The address of what follows, to go to when a narrow branch is not taken. */
function nextAddress(to: u32): void {
  addressIs(<u32>SLOT_PAGE, <u32>SLOT_ZERO);
  displace(nextInstruction());
  emitMem(OP_LEA64, to, 0);
}

function conditional(cc: u32): void {
  if (size == 1) {
    narrowAddress(T1, branchTarget());
    nextAddress(T0);
    emit(FAMILY_CMOV + cc * 3 + 2, T0, T1, 0);
    emitTransfer(OP_JMP_R, T0, 0);
    return;
  }
  const target = branchTarget();
  if (!fuse(cc, target)) emitBranch(FAMILY_JCC + cc, 0, target);
}

function loop(how: u32): void {
  // As on AMD's CPUs a repeat prefix says which flag ends the loop, whatever the opcode says.
  if (how < 2 && repeat) how = repeat == 0xf3 ? 1 : 0;
  if (address32) how |= 4;
  if (size != 1) {
    emitBranch(OP_LOOP, how, branchTarget());
    return;
  }
  narrowAddress(T1, branchTarget());
  nextAddress(<u32>SLOT_ADDR);
  emitSystem(SYSTEM_LOOP16, T1, how);
  emitTransfer(OP_JMP_R, T1, 0);
}

/** A jump or call to the address in r/m. */
function jumpTo(op: u32): void {
  const from = loadRm(size);
  if (size != 1) {
    emitTransfer(op, from, 0);
    return;
  }
  emit(FAMILY_EXTEND + 10, T1, from, 0);
  if (op == OP_CALL_R) pushNext16();
  emitTransfer(OP_JMP_R, T1, 0);
}

function ret(): void {
  const more = opcode == 0xc2 ? <i32>imm : 0;
  if (size != 1) {
    emitTransfer(OP_RET, 0, more);
    return;
  }
  emitSlow(SLOW_POP16, T0, 0, 0);
  narrowSlot(T0);
  addressIs(<u32>RSP, <u32>SLOT_ZERO);
  displace(more);
  emitMem(OP_LEA64, <u32>RSP, 0);
  emitTransfer(OP_JMP_R, T0, 0);
}

// ── system ──

function emitSystem(what: u32, d: u32, b: u32): void {
  emitSlow(SLOW_SYSTEM, d, b, what | (size << 8));
}

/** A far return, or iret: where it goes is left in a temporary. */
function farReturn(what: u32): void {
  emitWide(OP_MOVABS, <u32>SLOT_ADDR, opcode == 0xca ? <u64>imm : 0);
  emitSystem(what, T1, 0);
  emitTransfer(OP_JMP_R, T1, 0);
}

function farTransfer(what: u32): void {
  emitAddress();
  nextAddress(T0);
  emitSystem(what, T1, T0);
  emitTransfer(OP_JMP_R, T1, 0);
}

/** sldt, str, smsw: memory takes 16 bits. */
function show(what: u32): void {
  const memory = mod != 3;
  if (memory) emit(OP_MOVABS, T0, 0, 0);
  emitSlow(SLOW_SYSTEM, memory ? T0 : rm << 3, 0, what | ((memory ? 1 : size) << 8));
  if (memory) emitMem(FAMILY_MOV + 10, T0, 0);
}

/** mov of a control or debug register: #GP where there is such a register. */
function controlRegister(debug: u32): void {
  const exists = debug ? reg < 8 : reg == 0 || (reg > 1 && reg < 5) || reg == 8;
  if (exists) emitLast(OP_GP, 0);
  else emitInvalid();
}

/** Turns the instruction that insn.ts has read into operations. */
export function emitForm(kind: u32, argument: u32): void {
  switch (kind) {
    case EMIT_ALU_MR: aluMr(aluFirst(argument)); return;
    case EMIT_ALU_RM: aluRm(aluFirst(argument)); return;
    case EMIT_ALU_AI: emit(aluFirst(argument) + 1, 0, 0, <i32>imm); return;
    case EMIT_ALU_MI: aluMi(aluFirst(argument)); return;
    case EMIT_TEST_MR:
      if (mod == 3) emit(FAMILY_TEST + size * 4, slot(rm, size), slot(reg, size), 0);
      else emitMem(FAMILY_TEST + size * 4 + 2, slot(reg, size), 0);
      return;
    case EMIT_TEST_AI: emit(FAMILY_TEST + size * 4 + 1, 0, 0, <i32>imm); return;
    case EMIT_TEST_MI:
      if (mod == 3) emit(FAMILY_TEST + size * 4 + 1, slot(rm, size), 0, <i32>imm);
      else emitMem(FAMILY_TEST + size * 4 + 3, 0, <i32>imm);
      return;
    case EMIT_UNARY: {
      const d = beginRmw(size);
      emit(FAMILY_UNARY + argument * 4 + size, d, 0, 0);
      endRmw(size);
      return;
    }
    case EMIT_MULDIV: multiplyDivide(argument); return;
    case EMIT_IMUL_RM: emit(FAMILY_IMUL + (size - 1) * 2, reg << 3, loadRm(size), 0); return;
    case EMIT_IMUL_RMI: emit(FAMILY_IMUL + (size - 1) * 2 + 1, reg << 3, loadRm(size), <i32>imm); return;
    case EMIT_SHIFT_I: shift(argument, <i32>imm & 0xff); return;
    case EMIT_SHIFT_1: shift(argument, 1); return;
    case EMIT_SHIFT_CL: shift(argument, -1); return;
    case EMIT_SHIFTD_I: shiftDouble(argument, true); return;
    case EMIT_SHIFTD_CL: shiftDouble(argument, false); return;
    case EMIT_BT_R: bitTest(argument, false); return;
    case EMIT_BT_I: bitTest(argument, true); return;
    case EMIT_BITSCAN: emitSlow(SLOW_BITSCAN, reg << 3, loadRm(size), size | (argument << 2)); return;
    case EMIT_POPCNT: emitSlow(SLOW_POPCNT, reg << 3, loadRm(size), size); return;
    case EMIT_CRC32: {
      const s = argument ? size : 0;
      emitSlow(SLOW_CRC32, reg << 3, loadRm(s), s);
      return;
    }
    case EMIT_BSWAP: emit(size == 3 ? OP_BSWAP64 : OP_BSWAP32, opcodeRegister() << 3, 0, 0); return;
    case EMIT_MOV_MR:
      if (mod == 3) move(rm, reg);
      else moveMemory(false);
      return;
    case EMIT_MOV_RM:
      if (mod == 3) move(reg, rm);
      else moveMemory(true);
      return;
    case EMIT_MOV_RI: moveImmediate(); return;
    case EMIT_MOV_MI:
      if (mod == 3) emit(FAMILY_MOV + size * 7 + 1, slot(rm, size), 0, <i32>imm);
      else emitMem(FAMILY_MOV + size * 7 + 4, 0, <i32>imm);
      return;
    case EMIT_MOFFS: moveOffset(argument); return;
    case EMIT_MOV_FROM_SREG: fromSegment(argument); return;
    case EMIT_MOV_TO_SREG: emitSlow(SLOW_TOSREG, loadRm(1), 0, argument); return;
    case EMIT_MOVSXD:
      // All 32 bits are read, even for a 16-bit register.
      if (size < 3) emit(FAMILY_MOV + size * 7, reg << 3, loadRm(2), 0);
      else if (mod == 3) emit(FAMILY_EXTEND + 34, reg << 3, rm << 3, 0);
      else emitMem(FAMILY_EXTEND + 35, reg << 3, 0);
      return;
    case EMIT_EXTEND: extend(argument); return;
    case EMIT_MOVNTI: emitMem(FAMILY_MOV + size * 7 + 3, reg << 3, 0); return;
    case EMIT_LEA: loadAddress(); return;
    case EMIT_XCHG: xchg(); return;
    case EMIT_XCHG_A: xchgAccumulator(); return;
    case EMIT_PAUSE:
      // With REX.B it is xchg r8, rax.
      if (rex & 1) xchgAccumulator();
      else emit(OP_NOP, 0, 0, 0);
      return;
    case EMIT_XADD: exchange(SLOW_XADD); return;
    case EMIT_CMPXCHG: exchange(SLOW_CMPXCHG); return;
    case EMIT_IMAGE:
    case EMIT_SLOW_ADDRESS:
      emitAddress();
      emitSlow(argument, 0, 0, (rex >> 3) & 1);
      return;
    case EMIT_CBW: cbw(); return;
    case EMIT_CWD: cwd(); return;
    case EMIT_CMOV: emit(FAMILY_CMOV + argument * 3 + size - 1, reg << 3, loadRm(size), 0); return;
    case EMIT_SETCC: setCondition(argument); return;
    case EMIT_JCC: conditional(argument); return;
    case EMIT_XLAT: emitSlow(SLOW_XLAT, segmentSlot(), 0, address32 ? 1 : 0); return;
    case EMIT_PUSH_R: push(opcodeRegister() << 3); return;
    case EMIT_POP_R: pop(opcodeRegister() << 3); return;
    case EMIT_PUSH_M: push(loadRm(size)); return;
    case EMIT_POP_M: popMemory(); return;
    case EMIT_PUSH_I:
      if (size == 1) emitSlow(SLOW_PUSHI16, 0, 0, <u32>imm & 0xffff);
      else emit(OP_PUSH_I, 0, 0, <i32>imm);
      return;
    case EMIT_PUSH_SREG:
      emitSlow(SLOW_MOVSREG, T0, 0, argument | (3 << 4));
      push(T0);
      return;
    case EMIT_POP_SREG: popSegment(argument); return;
    case EMIT_PUSHF: emitSlow(SLOW_PUSHF, 0, 0, size == 1 ? 1 : 0); return;
    case EMIT_POPF: emitSlow(SLOW_POPF, 0, 0, size == 1 ? 1 : 0); return;
    case EMIT_ENTER: emitSlow(SLOW_ENTER, (<u32>imm >> 16) & 31, size, <u32>imm & 0xffff); return;
    case EMIT_LEAVE:
      if (size == 1) emitSlow(SLOW_LEAVE16, 0, 0, 0);
      else emit(OP_LEAVE, 0, 0, 0);
      return;
    case EMIT_SLOW: emitSlow(argument, 0, 0, 0); return;
    case EMIT_FLAG: emitSlow(SLOW_FLAG, 0, 0, argument); return;
    case EMIT_STRING: emitImplicit(OP_STRING, argument, (opcode & 1 ? size : 0) | (repeat == 0xf3 ? 16 : repeat == 0xf2 ? 32 : 0), 0); return;
    case EMIT_GP: emitLast(OP_GP, 0); return;
    case EMIT_JMP: jump(OP_JMP); return;
    case EMIT_CALL: jump(OP_CALL); return;
    case EMIT_JMP_M: jumpTo(OP_JMP_R); return;
    case EMIT_CALL_M: jumpTo(OP_CALL_R); return;
    case EMIT_RET: ret(); return;
    case EMIT_LOOP: loop(argument); return;
    case EMIT_RETF: farReturn(SYSTEM_RETF); return;
    case EMIT_IRET: farReturn(SYSTEM_IRET); return;
    case EMIT_FAR: farTransfer(argument); return;
    case EMIT_SHOW: show(argument); return;
    case EMIT_SYSTEM_ADDRESS:
      emitAddress();
      emitSystem(argument, 0, 0);
      return;
    case EMIT_SYSTEM: emitSystem(argument, reg << 3, loadRm(1)); return;
    case EMIT_LSEG:
      emitAddress();
      emitSystem(SYSTEM_LSEG, reg << 3, argument);
      return;
    case EMIT_CONTROL: controlRegister(argument); return;
    case EMIT_SYSCALL: emitLast(OP_SYSCALL, 0); return;
    case EMIT_INT3: emitLast(OP_SLOW, SLOW_INT3); return;
    case EMIT_INT1: emitLast(OP_SLOW, SLOW_INT1); return;
    case EMIT_INT:
      if (<u32>imm == 3) emitLast(OP_SLOW, SLOW_INT3);
      else if (<u32>imm == 4) emitLast(OP_SLOW, SLOW_INT4);
      else emitLast(OP_GP, (<i32>imm & 0xff) * 8 + 2);
      return;
    case EMIT_NOP: emit(OP_NOP, 0, 0, 0); return;
    case EMIT_TOUCH: emitMem(FAMILY_MOV + 2, T0, 0); return;
    case EMIT_RANDOM: emitSlow(SLOW_RANDOM, rm << 3, 0, size); return;
    case EMIT_LDMXCSR:
      emitMem(FAMILY_MOV + 16, T0, 0);
      emitSlow(SLOW_LDMXCSR, T0, 0, 0);
      return;
    case EMIT_STMXCSR:
      emitSlow(SLOW_STMXCSR, T0, 0, 0);
      emitMem(FAMILY_MOV + 17, T0, 0);
      return;
    case EMIT_VECTOR: emitVector(argument); return;
    case EMIT_X87_M: emitFloat(argument); return;
    case EMIT_X87_R: emitFloat(argument); return;
    case EMIT_X87_ENVIRONMENT: emitFloat(argument, operand16); return;
    case EMIT_FWAIT: emitFloatWait(); return;
    default: emitInvalid();
  }
}
