// SSE and MMX instructions: which operations they become, and their execution, by the tables of gen/sse.ts.
import { OP_MOVAPS_MR, OP_MOVAPS_RM, OP_MOVAPS_RR, OP_MOVD_MX, OP_MOVD_RX, OP_MOVD_XM, OP_MOVD_XR, OP_MOVQ_MX, OP_MOVQ_RX, OP_MOVQ_XM, OP_MOVQ_XR, OP_MOVUPS_MR, OP_MOVUPS_RM, OP_SSE_LOAD16, OP_SSE_LOAD4, OP_SSE_LOAD8, OP_SSE_LOADA16, OP_SSE_M, OP_SSE_R } from "../gen/ops";
import { FORM_EG, FORM_EM, FORM_EMMS, FORM_GM, FORM_GX, FORM_I, FORM_MASK, FORM_MG, FORM_MI, FORM_MMASK, FORM_MS, FORM_MX, FORM_S, FORM_X, FORM_XG, FORM_XM, SSE_LAST_IN_PLACE, SSE_MOVAPS, SSE_MOVAPS_ST, SSE_MOVD, SSE_MOVD_ST, SSE_MOVQ, SSE_MOVQ_ST, SSE_MOVUPS, SSE_MOVUPS_ST, SSE_TEMPORARY, sseCanonical, sseExec, sseHot, sseInfo } from "../gen/sse";
import { TLB_ENTRIES, WBOUNCE, memRead, memWrite, memWriteCommit, tlbRead, tlbWrite } from "../mm/tlb";
import { codeKilled } from "./code";
import { emit, emitImplicit, emitMem, imm, mod, reg, rex, rm } from "./insn";
import { CPU, FSW, FTAG, FTOP, RDI, X87, XMM } from "./state";

const ALIGNED: u32 = 1 << 5;
const FORM_MASK_BITS: u32 = 31;
const WIDE: u32 = 0x8000;
/** The exceptions summary of the x87 status word: #MF is pending. */
const FSW_ES: u32 = 0x80;
const MF: i32 = 16;

/** Emits the instruction that is row `op` of the SSE and MMX rows. */
export function emitVector(op: u32): void {
  const info = sseInfo(op);
  const form = info & FORM_MASK_BITS;
  if (form == FORM_EMMS) {
    emit(OP_SSE_R, 0, 0, <i32>op);
    return;
  }
  const inRegister = mod == 3;
  op = sseCanonical(op);
  if (special(op, inRegister)) return;
  const word = <i32>(op | (rex & 8 ? WIDE : 0)) | (<i32>(imm & 0xff) << 16);
  // Numbers of mmx registers have no REX bit; general registers are slots of 8 bytes.
  let r = reg;
  let m = rm;
  if (form == FORM_I || form == FORM_MI) r = m; // in the place of reg is part of the opcode
  if (form == FORM_GX || form == FORM_GM) r <<= 3;
  else if (isMmx(form) && form != FORM_XM) r &= 7;
  if (form == FORM_XG || form == FORM_EG || form == FORM_MG || form == FORM_EM) m <<= 3;
  else if (isMmx(form) && form != FORM_MX) m &= 7;
  const hot = sseHot(op);
  if (form == FORM_MASK || form == FORM_MMASK) emitImplicit(OP_SSE_R, r, m, word);
  else if (inRegister) emit(hot ? hot : OP_SSE_R, r, m, word);
  else if (hot && hot <= SSE_LAST_IN_PLACE) emitMem(hot + 1, r, word);
  else if (hot && (form == FORM_X || form == FORM_GX)) {
    const bytes = info >> 9; // 1 + log2
    emitMem(info & ALIGNED ? OP_SSE_LOADA16 : bytes == 5 ? OP_SSE_LOAD16 : bytes == 4 ? OP_SSE_LOAD8 : OP_SSE_LOAD4, 0, 0);
    emit(hot, r, SSE_TEMPORARY, word);
  } else emitMem(OP_SSE_M, r, word);
}

// @ts-ignore: decorator
@inline
function isMmx(form: u32): bool {
  return form >= FORM_XM;
}

/** Moves that have operations of their own in the loop. */
function special(op: u32, inRegister: bool): bool {
  const r = reg;
  const m = rm;
  const wide = (rex & 8) != 0;
  if (op == SSE_MOVAPS || op == SSE_MOVUPS) {
    if (inRegister) emit(OP_MOVAPS_RR, r, m, 0);
    else emitMem(sseInfo(op) & ALIGNED ? OP_MOVAPS_RM : OP_MOVUPS_RM, r, 0);
    return true;
  }
  if (op == SSE_MOVAPS_ST || op == SSE_MOVUPS_ST) {
    if (inRegister) emit(OP_MOVAPS_RR, m, r, 0);
    else emitMem(op == SSE_MOVAPS_ST ? OP_MOVAPS_MR : OP_MOVUPS_MR, r, 0);
    return true;
  }
  if (op == SSE_MOVD) {
    if (inRegister) emit(wide ? OP_MOVQ_XR : OP_MOVD_XR, r, m << 3, 0);
    else emitMem(wide ? OP_MOVQ_XM : OP_MOVD_XM, r, 0);
    return true;
  }
  if (op == SSE_MOVD_ST) {
    if (inRegister) emit(wide ? OP_MOVQ_RX : OP_MOVD_RX, m << 3, r, 0);
    else emitMem(wide ? OP_MOVQ_MX : OP_MOVD_MX, r, 0);
    return true;
  }
  if (op == SSE_MOVQ && !inRegister) {
    emitMem(OP_MOVQ_XM, r, 0);
    return true;
  }
  if (op == SSE_MOVQ_ST && !inRegister) {
    emitMem(OP_MOVQ_MX, r, 0);
    return true;
  }
  return false;
}

// @ts-ignore: decorator
@inline
function xmm(number: u32): usize {
  return CPU + XMM + (<usize>number << 5);
}

// @ts-ignore: decorator
@inline
function mmx(number: u32): usize {
  return CPU + X87 + (<usize>number << 4);
}

/** What every mmx instruction does to the x87 state: TOP 0, all tags valid. */
function enterMmx(): void {
  store<u16>(CPU + FTOP, 0);
  store<u16>(CPU + FTAG, 0xff);
}

/** A written mmx register reads as a NaN or infinity of the x87. */
function writtenMmx(d: usize): void {
  store<u16>(d, 0xffff, 8);
}

/** Does an OP_SSE_R of a form with mmx registers. */
function mmxRegister(pc: usize, form: u32, op: u32, r: u32, b: u32, word: u32): i32 {
  if (load<u16>(CPU + FSW) & FSW_ES) return 3 + MF;
  if (form == FORM_EMMS) {
    store<u16>(CPU + FTOP, 0);
    store<u16>(CPU + FTAG, 0);
    return 0;
  }
  if (form == FORM_MMASK) {
    enterMmx(); // even when the store faults
    return maskedStore(pc, mmx(r), i8x16.bitmask(v128.load64_zero(mmx(b))), 8);
  }
  let d = mmx(r);
  let s = mmx(b);
  let general = false;
  if (form == FORM_GM || form == FORM_EM) {
    general = true;
    d = CPU + (form == FORM_GM ? r : b);
    s = mmx(form == FORM_GM ? b : r);
  } else if (form == FORM_MG) s = CPU + b;
  else if (form == FORM_MS) {
    d = mmx(b);
    s = mmx(r);
  } else if (form == FORM_XM) {
    general = true;
    d = xmm(r);
  } else if (form == FORM_MX) s = xmm(b);
  enterMmx();
  const vector = sseExec(op, d, s, <i32>(word >> 16), false, (word & WIDE) != 0);
  if (vector) return 3 + vector;
  if (!general) writtenMmx(d);
  return 0;
}

/** Does the OP_SSE_R at pc; 0, or the codes of slowOp. */
export function sseRegister(pc: usize): i32 {
  const word = load<u32>(pc, 12);
  const op = word & 0x7fff;
  const form = sseInfo(op) & FORM_MASK_BITS;
  const r = <u32>load<u8>(pc, 4);
  const b = <u32>load<u8>(pc, 5);
  if (isMmx(form)) return mmxRegister(pc, form, op, r, b, word);
  let d = xmm(r);
  let s = xmm(b);
  if (form == FORM_GX) d = CPU + r;
  else if (form == FORM_XG) s = CPU + b;
  else if (form == FORM_EG) {
    d = CPU + b;
    s = xmm(r);
  } else if (form == FORM_S) {
    d = xmm(b);
    s = xmm(r);
  } else if (form == FORM_MASK) return maskedStore(pc, xmm(r), i8x16.bitmask(v128.load(xmm(b))), 16);
  const vector = sseExec(op, d, s, <i32>(word >> 16), false, (word & WIDE) != 0);
  return vector ? 3 + vector : 0;
}

function hit(tlb: usize, addr: u64, bytes: i32): usize {
  const slot = tlb + ((<usize>(addr >> 12) & (TLB_ENTRIES - 1)) << 4);
  if (load<u64>(slot) != ((addr + bytes - 1) & ~(<u64>0xfff))) return 0;
  return <usize>(<u32>addr + load<u32>(slot, 8));
}

/** Does the OP_SSE_M at pc. */
export function sseMemory(pc: usize): i32 {
  const word = load<u32>(pc, 12);
  const op = word & 0x7fff;
  const info = sseInfo(op);
  const form = info & FORM_MASK_BITS;
  const wide = (word & WIDE) != 0;
  const ea = load<u64>(<usize>load<u8>(pc, 5), CPU) + (load<u64>(<usize>load<u8>(pc, 6), CPU) << <u64>load<u8>(pc, 7)) + <u64><i64>load<i32>(pc, 8);
  const stated = <i32>(info >> 9);
  const bytes = stated ? 1 << (stated - 1) : wide ? 8 : 4;
  const r = <u32>load<u8>(pc, 4);
  // cvtpi2ps and cvtpi2pd of a memory operand do not touch the x87 state.
  const mm = isMmx(form) && form != FORM_XM;
  if (mm && load<u16>(CPU + FSW) & FSW_ES) return 3 + MF;
  if (info & ALIGNED && ea & 15) return 16; // #GP
  if (form == FORM_S || form == FORM_EG || form == FORM_MS || form == FORM_EM) {
    let d = hit(tlbWrite, ea, bytes);
    const slow = !d;
    if (slow) {
      d = memWrite(ea, bytes);
      if (!d) return 1;
    }
    if (mm) enterMmx();
    sseExec(op, d, mm ? mmx(r) : xmm(r), <i32>(word >> 16), true, wide);
    if (!slow) return 0;
    if (d == WBOUNCE) memWriteCommit();
    return codeKilled ? 2 : 0;
  }
  let s = hit(tlbRead, ea, bytes);
  if (!s) {
    s = memRead(ea, bytes);
    if (!s) return 1;
  }
  let d = xmm(r);
  if (form == FORM_GX) d = CPU + r;
  else if (mm) {
    enterMmx();
    d = mmx(r);
  }
  const vector = sseExec(op, d, s, <i32>(word >> 16), true, wide);
  if (vector) return 3 + vector;
  if (mm) writtenMmx(d);
  return 0;
}

/** maskmovdqu, maskmovq: the bytes of d whose bit is set go to rdi. */
function maskedStore(pc: usize, d: usize, bits: i32, bytes: i32): i32 {
  const rdi = load<u64>(CPU + RDI);
  const to = (load<u8>(pc, 7) ? rdi & 0xffffffff : rdi) + load<u64>(CPU + <usize>load<u8>(pc, 6));
  // The whole operand must have an address and be writable, like on the CPU of the tests (SDM vol. 2 leaves it open).
  const second = 4096 - <i32>(to & 0xfff);
  if (to < <u64>1 << 47 && to + bytes > <u64>1 << 47) return 16; // #GP
  if (!writable(to)) return 1;
  if (second < bytes && !writable(to + second)) return 1;
  for (let i = 0; i < 16; i++) if ((bits >> i) & 1) store<u8>(writable(to + i), load<u8>(d + i));
  return codeKilled ? 2 : 0;
}

function writable(addr: u64): usize {
  const host = hit(tlbWrite, addr, 1);
  return host ? host : memWrite(addr, 1);
}
