// Decoding of SSE instructions by the tables of gen/sse.ts, and their execution.
import { OP_MOVAPS_MR, OP_MOVAPS_RM, OP_MOVAPS_RR, OP_MOVD_MX, OP_MOVD_RX, OP_MOVD_XM, OP_MOVD_XR, OP_MOVQ_MX, OP_MOVQ_RX, OP_MOVQ_XM, OP_MOVQ_XR, OP_MOVUPS_MR, OP_MOVUPS_RM, OP_SSE_M, OP_SSE_R } from "../gen/ops";
import { FORM_EG, FORM_GX, FORM_MASK, FORM_S, FORM_XG, SSE_MOVAPS, SSE_MOVAPS_ST, SSE_MOVD, SSE_MOVD_ST, SSE_MOVQ, SSE_MOVQ_ST, SSE_MOVUPS, SSE_MOVUPS_ST, sseExec, sseFind, sseFindShift, sseInfo } from "../gen/sse";
import { TLB_ENTRIES, WBOUNCE, memRead, memWrite, memWriteCommit, tlbRead, tlbWrite } from "../mm/tlb";
import { codeKilled } from "./code";
import { emit, emitInvalid, emitMem, insnMod, insnOperand16, insnReg, insnRepeat, insnRm, insnWide, modrm, next8 } from "./decode";
import { CPU, RDI, XMM } from "./state";

const ALIGNED: u32 = 1 << 3;
const IMMEDIATE: u32 = 2 << 3;
const MEMORY_ONLY: u32 = 4 << 3;
const REGISTER_ONLY: u32 = 8 << 3;
const WIDE: u32 = 0x8000;

/** Decodes an instruction of map 1 (0F), 2 (0F38) or 3 (0F3A) that is not an integer one. */
export function decodeVector(map: u32, opcode: u32): void {
  const repeat = insnRepeat();
  const prefix: u32 = repeat == 0xf3 ? 2 : repeat == 0xf2 ? 3 : insnOperand16() ? 1 : 0;
  if (map == 1 && opcode >= 0x71 && opcode <= 0x73) {
    decodeShift(prefix, opcode);
    return;
  }
  const op = sseFind(prefix, map, opcode);
  if (!op) {
    emitInvalid();
    return;
  }
  const info = sseInfo(op);
  modrm(info & IMMEDIATE ? 1 : 0);
  const inRegister = insnMod() == 3;
  if (inRegister ? info & MEMORY_ONLY : info & REGISTER_ONLY) {
    emitInvalid();
    return;
  }
  if (special(op, inRegister)) return;
  const wide: u32 = insnWide() ? WIDE : 0;
  const imm = info & IMMEDIATE ? <i32>next8() : 0;
  const word = <i32>(op | wide) | (imm << 16);
  const form = info & 7;
  const r = form == FORM_GX ? insnReg() << 3 : insnReg();
  if (inRegister) emit(OP_SSE_R, r, form == FORM_XG || form == FORM_EG ? insnRm() << 3 : insnRm(), word);
  else emitMem(OP_SSE_M, r, word);
}

/** Moves that have operations of their own in the loop. */
function special(op: u32, inRegister: bool): bool {
  const r = insnReg();
  const m = insnRm();
  const wide = insnWide();
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

/** 0F 71, 72, 73: shifts by an immediate; only the 66 forms are on xmm registers. */
function decodeShift(prefix: u32, opcode: u32): void {
  modrm(1);
  const op = sseFindShift((opcode << 4) | (insnReg() & 7));
  if (!op || prefix != 1 || insnMod() != 3) {
    emitInvalid();
    return;
  }
  emit(OP_SSE_R, insnRm(), insnRm(), <i32>op | (<i32>next8() << 16));
}

// @ts-ignore: decorator
@inline
function xmm(number: u32): usize {
  return CPU + XMM + (<usize>number << 5);
}

/** Does the OP_SSE_R at pc; 0, or the codes of slowOp. */
export function sseRegister(pc: usize): i32 {
  const word = load<u32>(pc, 12);
  const op = word & 0x7fff;
  const form = sseInfo(op) & 7;
  const r = <u32>load<u8>(pc, 4);
  const b = <u32>load<u8>(pc, 5);
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
  } else if (form == FORM_MASK) return maskedStore(xmm(r), xmm(b));
  sseExec(op, d, s, <i32>(word >> 16), false, (word & WIDE) != 0);
  return 0;
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
  const form = info & 7;
  const wide = (word & WIDE) != 0;
  const ea = load<u64>(<usize>load<u8>(pc, 5), CPU) + (load<u64>(<usize>load<u8>(pc, 6), CPU) << <u64>load<u8>(pc, 7)) + <u64><i64>load<i32>(pc, 8);
  const stated = <i32>(info >> 8);
  const bytes = stated ? stated : wide ? 8 : 4;
  if (info & ALIGNED && ea & 15) return 16; // #GP
  const r = <u32>load<u8>(pc, 4);
  if (form == FORM_S || form == FORM_EG) {
    let d = hit(tlbWrite, ea, bytes);
    const slow = !d;
    if (slow) {
      d = memWrite(ea, bytes);
      if (!d) return 1;
    }
    sseExec(op, d, xmm(r), <i32>(word >> 16), true, wide);
    if (!slow) return 0;
    if (d == WBOUNCE) memWriteCommit();
    return codeKilled ? 2 : 0;
  }
  let s = hit(tlbRead, ea, bytes);
  if (!s) {
    s = memRead(ea, bytes);
    if (!s) return 1;
  }
  sseExec(op, form == FORM_GX ? CPU + r : xmm(r), s, <i32>(word >> 16), true, wide);
  return 0;
}

/** maskmovdqu: the bytes of d whose mask byte in s has its top bit set go to rdi. */
function maskedStore(d: usize, s: usize): i32 {
  const bits = i8x16.bitmask(v128.load(s));
  if (!bits) return 0;
  const to = load<u64>(CPU + RDI);
  // Each page that is written must be writable before anything is.
  for (let i = 0; i < 16; i++) if ((bits >> i) & 1 && !memWrite(to + i, 1)) return 1;
  for (let i = 0; i < 16; i++) {
    if (!((bits >> i) & 1)) continue;
    const host = memWrite(to + i, 1);
    store<u8>(host, load<u8>(d + i));
  }
  return codeKilled ? 2 : 0;
}
