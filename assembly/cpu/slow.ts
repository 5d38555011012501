// Instructions that are rare enough to be done out of line. Their operation is OP_SLOW: imm = which | extra << 16.
import { SLOW_CMPXCHG16B, SLOW_CMPXCHG8B, SLOW_CPUID, SLOW_FXRSTOR, SLOW_FXSAVE, SLOW_LAHF, SLOW_NAMED, SLOW_RDTSC, SLOW_RDTSCP, SLOW_SAHF, SLOW_XGETBV, SLOW_XRSTOR, SLOW_XSAVE } from "../gen/isa";
import { memRead, memWrite, memWriteCommit, WBOUNCE } from "../mm/tlb";
import { random64 } from "../lib/random";
import { now } from "../task/clock";
import { codeKilled } from "./code";
import { cpuid } from "./cpuid";
import { getSized, putSized } from "./exec";
import { ARITH, CF, CLASS_ADD, CLASS_SHIFT, CLASS_SUB, DF, OF, PF, TF, ZF, arithFlags, flagsExplicit, flagsSet, rflagsRead, rflagsWrite, signExtend } from "./flags";
import { XCR0, XSAVE_BYTES, fxrstor, fxsave, xrstor, xsave } from "./fxsave";
import { CPU, FLAG_OTHER, MXCSR, NO_TSC, RAX, RBP, RBX, RCX, RDX, RSP, SLOT_ADDR } from "./state";
import { fromSegment, systemOp, toSegment } from "./system";

// The numbers of those that the instruction table names itself come first.
export const SLOW_PUSHF: u32 = SLOW_NAMED + 0;
export const SLOW_POPF: u32 = SLOW_NAMED + 1;
export const SLOW_FLAG: u32 = SLOW_NAMED + 2;
export const SLOW_INT3: u32 = SLOW_NAMED + 3;
export const SLOW_INT1: u32 = SLOW_NAMED + 4;
export const SLOW_BT: u32 = SLOW_NAMED + 5;
export const SLOW_BTADDRESS: u32 = SLOW_NAMED + 6;
export const SLOW_BITSCAN: u32 = SLOW_NAMED + 7;
export const SLOW_POPCNT: u32 = SLOW_NAMED + 8;
export const SLOW_CRC32: u32 = SLOW_NAMED + 9;
export const SLOW_XCHG: u32 = SLOW_NAMED + 10;
export const SLOW_XADD: u32 = SLOW_NAMED + 11;
export const SLOW_CMPXCHG: u32 = SLOW_NAMED + 12;
export const SLOW_SHIFTD: u32 = SLOW_NAMED + 13;
export const SLOW_CBW: u32 = SLOW_NAMED + 14;
export const SLOW_CWD: u32 = SLOW_NAMED + 15;
export const SLOW_ENTER: u32 = SLOW_NAMED + 16;
export const SLOW_LEAVE16: u32 = SLOW_NAMED + 17;
export const SLOW_XLAT: u32 = SLOW_NAMED + 18;
export const SLOW_LDMXCSR: u32 = SLOW_NAMED + 19;
export const SLOW_STMXCSR: u32 = SLOW_NAMED + 20;
export const SLOW_MOVSREG: u32 = SLOW_NAMED + 21;
export const SLOW_TOSREG: u32 = SLOW_NAMED + 22;
export const SLOW_PUSH16: u32 = SLOW_NAMED + 23;
export const SLOW_PUSHI16: u32 = SLOW_NAMED + 24;
export const SLOW_POP16: u32 = SLOW_NAMED + 25;
export const SLOW_RANDOM: u32 = SLOW_NAMED + 26;
export const SLOW_SYSTEM: u32 = SLOW_NAMED + 27;
export const SLOW_POPSREG: u32 = SLOW_NAMED + 28;
export const SLOW_INT4: u32 = SLOW_NAMED + 29;

const DONE: i32 = 0;
const FAULTED: i32 = 1;
const RESYNC: i32 = 2;
/** 3 + vector. */
const GP: i32 = 16;
const BP: i32 = 6;
const DB: i32 = 4;
const OF_TRAP: i32 = 7;

/** Does the OP_SLOW at pc: 0 done, 1 fault set, 2 done but code was overwritten, 3 + vector. */
export function slowOp(pc: usize): i32 {
  const imm = load<u32>(pc, 12);
  const extra = imm >> 16;
  const d = <usize>load<u8>(pc, 4);
  const b = <usize>load<u8>(pc, 5);
  switch (imm & 0xffff) {
    case SLOW_CPUID: cpuid(); return DONE;
    case SLOW_RDTSCP:
      if (load<u32>(CPU + NO_TSC)) return GP;
      store<u64>(CPU + RCX, 0);
      timestamp();
      return DONE;
    case SLOW_RDTSC:
      if (load<u32>(CPU + NO_TSC)) return GP;
      timestamp();
      return DONE;
    case SLOW_PUSHF: return pushSized(extra ? 2 : 8, rflagsRead() & 0xfcffff);
    case SLOW_POPF: return popFlags(extra != 0);
    case SLOW_LAHF: store<u8>(CPU + RAX + 1, <u8>((arithFlags() & 0xd5) | 2)); return DONE;
    case SLOW_SAHF: flagsExplicit((arithFlags() & OF) | (load<u8>(CPU + RAX + 1) & 0xd5)); return DONE;
    case SLOW_FLAG: flagOp(extra); return DONE;
    case SLOW_INT3: return BP;
    case SLOW_INT1: return DB;
    case SLOW_INT4: return OF_TRAP;
    case SLOW_BT: bitTest(d, b, extra); return DONE;
    case SLOW_BTADDRESS: bitAddress(d, extra, b != 0); return DONE;
    case SLOW_BITSCAN: bitScan(d, b, extra & 3, extra >> 2); return DONE;
    case SLOW_POPCNT: {
      const n = popcnt<u64>(getSized(b, extra));
      putSized(d, extra, n);
      flagsExplicit(n ? 0 : ZF);
      return DONE;
    }
    case SLOW_CRC32: crc32(d, b, extra); return DONE;
    case SLOW_XCHG: {
      const v = getSized(d, extra);
      putSized(d, extra, getSized(b, extra));
      putSized(b, extra, v);
      return DONE;
    }
    case SLOW_XADD: exchangeAdd(d, b, extra); return DONE;
    case SLOW_CMPXCHG: compareExchange(d, b, extra); return DONE;
    case SLOW_CMPXCHG8B: return compareExchange8();
    case SLOW_CMPXCHG16B: return compareExchange16();
    case SLOW_SHIFTD: shiftDouble(d, b, extra); return DONE;
    case SLOW_CBW: store<u16>(CPU + RAX, <u16>load<i8>(CPU + RAX)); return DONE;
    case SLOW_CWD: store<u16>(CPU + RDX, <u16>(load<i16>(CPU + RAX) >> 15)); return DONE;
    case SLOW_ENTER: return enterFrame(extra, <u32>d, b == 1 ? 2 : 8);
    case SLOW_LEAVE16: return leave16();
    case SLOW_XLAT: return xlat(d, extra != 0);
    case SLOW_LDMXCSR: {
      const v = load<u32>(CPU + d);
      if (v & 0xffff0000) return GP;
      store<u32>(CPU + MXCSR, v);
      return DONE;
    }
    case SLOW_STMXCSR: store<u64>(CPU + d, load<u32>(CPU + MXCSR)); return DONE;
    case SLOW_FXSAVE: return saveImage(extra != 0);
    case SLOW_FXRSTOR: return restoreImage(extra != 0);
    case SLOW_XSAVE: return saveArea(extra != 0);
    case SLOW_XRSTOR: return restoreArea(extra != 0);
    case SLOW_XGETBV:
      if (load<u32>(CPU + RCX)) return GP;
      store<u64>(CPU + RAX, XCR0);
      store<u64>(CPU + RDX, 0);
      return DONE;
    case SLOW_MOVSREG: {
      putSized(d, extra >> 4, fromSegment(extra & 7));
      return DONE;
    }
    case SLOW_TOSREG: return toSegment(extra, load<u16>(CPU + d));
    case SLOW_SYSTEM: return systemOp(extra, d, b);
    case SLOW_PUSH16: return pushSized(2, load<u16>(CPU + d));
    case SLOW_PUSHI16: return pushSized(2, extra);
    case SLOW_POPSREG: return popSegment(extra & 15, extra >> 4);
    case SLOW_RANDOM: random(d, extra); return DONE;
    case SLOW_POP16: {
      const at = memRead(load<u64>(CPU + RSP), 2);
      if (!at) return FAULTED;
      const v = load<u16>(at);
      store<u64>(CPU + RSP, load<u64>(CPU + RSP) + 2);
      store<u16>(CPU + d, v);
      return DONE;
    }
    default: return DONE;
  }
}

/** Stores `size` bytes of value at guest address addr. */
function put(addr: u64, size: i32, value: u64): i32 {
  const host = memWrite(addr, size);
  if (!host) return FAULTED;
  if (size == 8) store<u64>(host, value);
  else if (size == 4) store<u32>(host, <u32>value);
  else store<u16>(host, <u16>value);
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled ? RESYNC : DONE;
}

function pushSized(size: i32, value: u64): i32 {
  const at = load<u64>(CPU + RSP) - size;
  const r = put(at, size, value);
  if (r != FAULTED) store<u64>(CPU + RSP, at);
  return r;
}

function popFlags(narrow: bool): i32 {
  const size = narrow ? 2 : 8;
  const at = memRead(load<u64>(CPU + RSP), size);
  if (!at) return FAULTED;
  const v = narrow ? (rflagsRead() & ~(<u64>0xffff)) | load<u16>(at) : load<u64>(at);
  store<u64>(CPU + RSP, load<u64>(CPU + RSP) + size);
  rflagsWrite(v);
  // The trap flag takes effect after the next instruction: the sequence is left here.
  return v & TF ? RESYNC : DONE;
}

function popSegment(which: u32, bytes: i32): i32 {
  const at = memRead(load<u64>(CPU + RSP), bytes);
  if (!at) return FAULTED;
  const r = toSegment(which, load<u16>(at));
  if (r == DONE) store<u64>(CPU + RSP, load<u64>(CPU + RSP) + bytes);
  return r;
}

/** One tick a nanosecond of the machine's clock. */
function timestamp(): void {
  const t = now();
  store<u64>(CPU + RAX, t & 0xffffffff);
  store<u64>(CPU + RDX, t >> 32);
}

function flagOp(which: u32): void {
  const bits = arithFlags();
  const other = load<u32>(CPU + FLAG_OTHER);
  switch (which) {
    case 0: flagsExplicit(bits ^ CF); return;
    case 1: flagsExplicit(bits & ~CF); return;
    case 2: flagsExplicit(bits | CF); return;
    case 3: store<u32>(CPU + FLAG_OTHER, other & ~(<u32>DF)); return;
    default: store<u32>(CPU + FLAG_OTHER, other | <u32>DF);
  }
}

/** bt, bts, btr, btc: extra = which | size << 2 | 16 when b is the bit number itself. */
function bitTest(d: usize, b: usize, extra: u32): void {
  const size = (extra >> 2) & 3;
  const bits: u64 = (<u64>8 << size) - 1;
  const n = (extra & 16 ? <u64>b : getSized(b, size)) & bits;
  const v = getSized(d, size);
  flagsExplicit((arithFlags() & ~CF) | ((v >> n) & 1));
  switch (extra & 3) {
    case 1: putSized(d, size, v | (<u64>1 << n)); return;
    case 2: putSized(d, size, v & ~(<u64>1 << n)); return;
    case 3: putSized(d, size, v ^ (<u64>1 << n)); return;
  }
}

/** The address slot moves to the word that holds bit number reg (signed); SDM vol. 2 BT. */
function bitAddress(d: usize, size: u32, narrow: bool): void {
  const n = <i64>signExtend(getSized(d, size), size);
  const at = load<u64>(CPU + SLOT_ADDR) + <u64>((n >> (3 + size)) << size);
  store<u64>(CPU + SLOT_ADDR, narrow ? at & 0xffffffff : at);
}

function bitScan(d: usize, b: usize, size: u32, reverse: u32): void {
  const v = getSized(b, size);
  if (!v) {
    // The destination is unchanged, on AMD and Intel alike.
    flagsExplicit((arithFlags() & ~(ARITH ^ ZF)) | ZF | PF);
    return;
  }
  const n = reverse ? 63 - clz<u64>(v) : ctz<u64>(v);
  putSized(d, size, n);
  flagsExplicit(arithFlags() & ~ZF);
}

/** CRC-32C of the operand's bytes; SDM vol. 2 CRC32. */
function crc32(d: usize, b: usize, extra: u32): void {
  const size = extra & 3;
  let v = getSized(b, size);
  let crc = load<u32>(CPU + d);
  for (let n: u32 = 1 << size; n; n--) {
    crc ^= <u32>v & 0xff;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
    v >>= 8;
  }
  store<u64>(CPU + d, crc);
}

function exchangeAdd(d: usize, b: usize, size: u32): void {
  const x = signExtend(getSized(d, size), size);
  const y = signExtend(getSized(b, size), size);
  flagsSet(CLASS_ADD | size, x, y);
  putSized(b, size, x);
  putSized(d, size, x + y);
}

function compareExchange(d: usize, b: usize, size: u32): void {
  const a = getSized(RAX, size);
  const old = getSized(d, size);
  flagsSet(CLASS_SUB | size, signExtend(a, size), signExtend(old, size));
  if (a == old) putSized(d, size, getSized(b, size));
  // A destination register keeps its upper half when the comparison fails.
  else putSized(RAX, size, old);
}

function zeroFlag(on: bool): void {
  flagsExplicit((arithFlags() & ~ZF) | (on ? ZF : 0));
}

function compareExchange8(): i32 {
  const host = memWrite(load<u64>(CPU + SLOT_ADDR), 8);
  if (!host) return FAULTED;
  const old = load<u64>(host);
  const same = old == (<u64>load<u32>(CPU + RAX) | (<u64>load<u32>(CPU + RDX) << 32));
  if (same) store<u64>(host, <u64>load<u32>(CPU + RBX) | (<u64>load<u32>(CPU + RCX) << 32));
  else {
    store<u64>(CPU + RAX, old & 0xffffffff);
    store<u64>(CPU + RDX, old >> 32);
  }
  zeroFlag(same);
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled ? RESYNC : DONE;
}

function compareExchange16(): i32 {
  const addr = load<u64>(CPU + SLOT_ADDR);
  if (addr & 15) return GP;
  const host = memWrite(addr, 16);
  if (!host) return FAULTED;
  const low = load<u64>(host);
  const high = load<u64>(host, 8);
  const same = low == load<u64>(CPU + RAX) && high == load<u64>(CPU + RDX);
  if (same) {
    store<u64>(host, load<u64>(CPU + RBX));
    store<u64>(host, load<u64>(CPU + RCX), 8);
  } else {
    store<u64>(CPU + RAX, low);
    store<u64>(CPU + RDX, high);
  }
  zeroFlag(same);
  return codeKilled ? RESYNC : DONE;
}

/** shld, shrd: extra = size | 4 for shrd | 8 when the count is in bits 4 and up, else cl. */
function shiftDouble(d: usize, b: usize, extra: u32): void {
  const size = extra & 3;
  const bits: u32 = 8 << size;
  let n: u32 = extra & 8 ? extra >> 4 : <u32>load<u8>(CPU + RCX);
  n &= size == 3 ? 63 : 31;
  const v = getSized(d, size);
  if (!n) {
    putSized(d, size, v);
    return;
  }
  const from = getSized(b, size);
  if (n > bits) {
    // 16-bit operands by more than 16: undefined; as on AMD's CPUs the source is shifted in twice.
    shiftRing(d, size, from, from, n - bits, (extra & 4) != 0);
    return;
  }
  shiftRing(d, size, v, from, n, (extra & 4) != 0);
}

function shiftRing(d: usize, size: u32, v: u64, from: u64, n: u32, right: bool): void {
  const bits: u32 = 8 << size;
  const mask = ~(<u64>0) >> (64 - bits);
  let r: u64;
  let carry: u64;
  if (right) {
    r = n == bits ? from : ((v >> n) | (from << (bits - n))) & mask;
    carry = (v >> (n - 1)) & 1;
  } else {
    r = n == bits ? from : ((v << n) | (from >> (bits - n))) & mask;
    carry = (v >> (bits - n)) & 1;
  }
  const changed = ((r ^ v) >> (bits - 1)) & 1;
  flagsSet(CLASS_SHIFT | size, signExtend(r, size), carry | (changed << 11));
  putSized(d, size, r);
}

/** enter with a frame of `bytes` and `level` outer frames, whose pointers are `width` bytes; SDM vol. 2 ENTER. */
function enterFrame(bytes: u32, level: u32, width: i32): i32 {
  const bp = load<u64>(CPU + RBP);
  let sp = load<u64>(CPU + RSP) - width;
  const frame = sp;
  if (put(sp, width, bp) == FAULTED) return FAULTED;
  for (let i: u32 = 1; i < level; i++) {
    const host = memRead(bp - <u64>(i * width), width);
    if (!host) return FAULTED;
    const v = width == 8 ? load<u64>(host) : <u64>load<u16>(host);
    sp -= width;
    if (put(sp, width, v) == FAULTED) return FAULTED;
  }
  if (level) {
    sp -= width;
    if (put(sp, width, frame) == FAULTED) return FAULTED;
  }
  // A frame that cannot be pushed to faults here and not later.
  if (!memWrite(sp - bytes, 1)) return FAULTED;
  if (width == 8) store<u64>(CPU + RBP, frame);
  else store<u16>(CPU + RBP, <u16>frame);
  store<u64>(CPU + RSP, sp - bytes);
  return codeKilled ? RESYNC : DONE;
}

function leave16(): i32 {
  const from = load<u64>(CPU + RBP);
  const host = memRead(from, 2);
  if (!host) return FAULTED;
  store<u16>(CPU + RBP, load<u16>(host));
  store<u64>(CPU + RSP, from + 2);
  return DONE;
}

/** rdrand, rdseed: CF says that there was a number. */
function random(d: usize, size: u32): void {
  putSized(d, size, random64());
  flagsExplicit(CF);
}

function xlat(segment: usize, narrow: bool): i32 {
  let at = load<u64>(CPU + RBX) + load<u8>(CPU + RAX);
  if (narrow) at = <u64><u32>at;
  const host = memRead(at + load<u64>(CPU + segment), 1);
  if (!host) return FAULTED;
  store<u8>(CPU + RAX, load<u8>(host));
  return DONE;
}

function saveArea(wide: bool): i32 {
  const addr = load<u64>(CPU + SLOT_ADDR);
  if (misaligned(addr, 63)) return GP;
  const host = memWrite(addr, XSAVE_BYTES);
  if (!host) return FAULTED;
  xsave(host, load<u32>(CPU + RAX), wide);
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled ? RESYNC : DONE;
}

function restoreArea(wide: bool): i32 {
  const addr = load<u64>(CPU + SLOT_ADDR);
  if (misaligned(addr, 63)) return GP;
  const host = memRead(addr, XSAVE_BYTES);
  if (!host) return FAULTED;
  return xrstor(host, load<u32>(CPU + RAX), wide) ? DONE : GP;
}

/** Whether that is what is wrong with an address: one that is not canonical is told of before. */
function misaligned(addr: u64, mask: u64): bool {
  const last = addr + mask;
  return (addr & mask) != 0 && <u64>((<i64>addr << 16) >> 16) == addr && <u64>((<i64>last << 16) >> 16) == last;
}

function saveImage(wide: bool): i32 {
  const addr = load<u64>(CPU + SLOT_ADDR);
  if (misaligned(addr, 15)) return GP;
  const host = memWrite(addr, 512);
  if (!host) return FAULTED;
  fxsave(host, wide);
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled ? RESYNC : DONE;
}

function restoreImage(wide: bool): i32 {
  const addr = load<u64>(CPU + SLOT_ADDR);
  if (misaligned(addr, 15)) return GP;
  const host = memRead(addr, 512);
  if (!host) return FAULTED;
  return fxrstor(host, wide) ? DONE : GP;
}
