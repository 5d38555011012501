// x87 instructions: the operation that they become, and its execution by x87.ts.
//
// imm of an OP_X87 = operation (8 bits) | REGISTER | CONTROL | last instruction opcode << 16; reg = the rm field of a
// register form.
import { OP_X87 } from "../gen/ops";
import { X87_WRITES, x87Memory } from "../gen/x87";
import { TLB_ENTRIES, WBOUNCE, memRead, memWrite, memWriteCommit, tlbRead, tlbWrite } from "../mm/tlb";
import { codeKilled } from "./code";
import { emit, emitMem, mod, opcode, reg, rm } from "./insn";
import { CPU, FDP, FIP, FOP, FS_BASE, GS_BASE, SLOT_PAGE } from "./state";
import { MF, X87_ENV16, waits, x87Exec, x87Wait } from "./x87";

const WAIT: u32 = 255;
/** No memory operand. */
const REGISTER: u32 = 0x100;
/** A control instruction: not remembered as the last one. */
const CONTROL: u32 = 0x200;

export function emitFloatWait(): void {
  emit(OP_X87, 0, 0, <i32>(WAIT | REGISTER | CONTROL));
}

/** An instruction of the table's: its operation and CONTROL. With a 66 prefix the environment has another layout. */
export function emitFloat(argument: u32, narrow: bool = false): void {
  const fop = ((opcode & 7) << 8) | (mod << 6) | ((reg & 7) << 3) | (rm & 7);
  const word = argument | (fop << 16);
  if (mod == 3) emit(OP_X87, rm & 7, 0, <i32>(word | REGISTER));
  else emitMem(OP_X87, 0, <i32>(narrow ? (word & ~(<u32>255)) | narrowed(word & 255) : word));
}

/** The operation number of an environment instruction with 16-bit operands. */
function narrowed(place: u32): u32 {
  switch (place) {
    case 12: return X87_ENV16;
    case 14: return X87_ENV16 + 1;
    case 44: return X87_ENV16 + 2;
    default: return X87_ENV16 + 3;
  }
}

// @ts-ignore: decorator
@inline
function hit(tlb: usize, addr: u64, bytes: i32): usize {
  const slot = tlb + ((<usize>(addr >> 12) & (TLB_ENTRIES - 1)) << 4);
  if (load<u64>(slot) != ((addr + bytes - 1) & ~(<u64>0xfff))) return 0;
  return <usize>(<u32>addr + load<u32>(slot, 8));
}

/** Remembers the instruction, as hardware does for all but the control instructions. */
// @ts-ignore: decorator
@inline
function remember(pc: usize, word: u32): void {
  store<u64>(FIP, load<u64>(SLOT_PAGE, CPU) + (load<u16>(pc, 2) & 0xfff), CPU);
  store<u16>(FOP, <u16>(word >> 16), CPU);
}

/** What the address of the operand has of the base of fs or gs, which is no part of the operand pointer. */
// @ts-ignore: decorator
@inline
function segmentBase(pc: usize): u64 {
  const index = <usize>load<u8>(pc, 6);
  return index == FS_BASE || index == GS_BASE ? load<u64>(index, CPU) : 0;
}

/** Does the OP_X87 at pc; 0, or the codes of slowOp. */
export function x87Op(pc: usize): i32 {
  const word = load<u32>(pc, 12);
  const op = word & 255;
  if (word & REGISTER) {
    const vector = op == WAIT ? x87Wait() : x87Exec(op, 0, load<u8>(pc, 4));
    if (vector) return 3 + vector;
    if (!(word & CONTROL)) remember(pc, word);
    return 0;
  }
  const ea = load<u64>(<usize>load<u8>(pc, 5), CPU) + (load<u64>(<usize>load<u8>(pc, 6), CPU) << <u64>load<u8>(pc, 7)) + <u64><i64>load<i32>(pc, 8);
  const info = x87Memory(op);
  if (info & X87_WRITES) return store87(pc, word, ea, <i32>(info & ~X87_WRITES));
  const bytes = <i32>info;
  let host = hit(tlbRead, ea, bytes);
  if (!host) {
    // A pending exception comes before a fault of the operand.
    if (x87Wait() && waits(op)) return 3 + MF;
    host = memRead(ea, bytes);
    if (!host) return 1;
  }
  const vector = x87Exec(op, host, 0);
  if (vector) return 3 + vector;
  if (!(word & CONTROL)) {
    remember(pc, word);
    store<u64>(FDP, ea - segmentBase(pc), CPU);
  }
  return 0;
}

function store87(pc: usize, word: u32, ea: u64, bytes: i32): i32 {
  const op = word & 255;
  let host = hit(tlbWrite, ea, bytes);
  const slow = !host;
  if (slow) {
    if (x87Wait() && waits(op)) return 3 + MF;
    host = memWrite(ea, bytes);
    if (!host) return 1;
  }
  const vector = x87Exec(op, host, 0);
  if (vector) return 3 + vector;
  if (!(word & CONTROL)) {
    remember(pc, word);
    store<u64>(FDP, ea - segmentBase(pc), CPU);
  }
  if (!slow) return 0;
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled ? 2 : 0;
}
