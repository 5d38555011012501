// What the interpreter loop calls out of line: its exits, and arithmetic too long to repeat.
import { OP_GP, OP_HEADER, OP_JMPX, OP_LINK } from "../gen/ops";
import { NOT_CANONICAL, WBOUNCE, memFetch, memWriteCommit } from "../mm/tlb";
import { codeAt, codeKilled, killSequence } from "./code";
import { AF, CF, CLASS_SHIFT, OF, PF, SF, ZF, arithFlags, flagC, flagZ, flagsExplicit, rflagsRead, signExtend } from "./flags";
import { countExtra, countInside } from "./fuse";
import { inStackSegment } from "./stackfault";
import { CPU, FAULT_CODE, FAULT_CR2, FAULT_ERROR, FAULT_SIGNAL, FAULT_VECTOR, FLAG_A, FLAG_B, FLAG_KIND, R11, RAX, RCX, RDX, RIP, SLOT_PAGE } from "./state";

/** Results of interpret: go on at rip, or one of the exits of cpuRun. */
export const AGAIN: i32 = 0;
export const EXIT_SYSCALL: i32 = 1;
export const EXIT_FAULT: i32 = 2;

/** Fuel at the exit of interpret. */
export const LEFT: usize = 3968; // below CPU, see state.ts

/** Instructions of the running sequence that were finished before the operation at pc. */
function countBefore(pc: usize): i32 {
  const offset = load<u16>(pc, 2);
  let count = countInside(load<u16>(pc));
  let last = offset;
  let p = pc - 16;
  for (; load<u16>(p) != OP_HEADER; p -= 16) {
    const at = load<u16>(p, 2);
    if (at != last) {
      count++;
      last = at;
    }
    count += countExtra(load<u16>(p));
  }
  return count;
}

// @ts-ignore: decorator
@inline
function here(pc: usize): u64 {
  return load<u64>(CPU + SLOT_PAGE) + (load<u16>(pc, 2) & 0xfff);
}

/** The operation at pc cannot be done: the fault fields are set, rip is at its instruction. */
export function exitFault(pc: usize, fuel: i32): i32 {
  store<i32>(LEFT, fuel - countBefore(pc));
  const rip = here(pc);
  store<u64>(CPU + RIP, rip);
  if (load<u32>(CPU + FAULT_VECTOR) == 13 && load<u32>(CPU + FAULT_CODE) == NOT_CANONICAL && inStackSegment(rip, load<u64>(CPU + FAULT_CR2))) store<u32>(CPU + FAULT_VECTOR, 12);
  return EXIT_FAULT;
}

/** Instruction fetch failed at rip. */
export function exitFetch(fuel: i32): i32 {
  store<i32>(LEFT, fuel);
  return EXIT_FAULT;
}

/** As exitFault for an exception of the CPU itself. Traps (#BP, #OF) leave rip after the instruction. */
export function exitVector(pc: usize, fuel: i32, vector: i32): i32 {
  store<u32>(CPU + FAULT_VECTOR, vector);
  store<u32>(CPU + FAULT_ERROR, 0);
  store<u32>(CPU + FAULT_CODE, vector == 1 ? 1 : 0); // int1 is TRAP_BRKPT, a single step is not
  store<u32>(CPU + FAULT_SIGNAL, 0);
  // int n of a vector that user mode may not use: its number is in the error code.
  if (load<u16>(pc) == OP_GP) store<u32>(CPU + FAULT_ERROR, load<u32>(pc, 12));
  exitFault(pc, fuel);
  if (vector == 3 || vector == 4 || vector == 1) store<u64>(CPU + RIP, load<u64>(CPU + RIP) + (load<u16>(pc, 2) >> 12));
  return EXIT_FAULT;
}

/** The instruction is done, and what follows must be looked up again. */
export function exitResync(pc: usize, fuel: i32): i32 {
  store<i32>(LEFT, fuel - countBefore(pc) - 1);
  store<u64>(CPU + RIP, here(pc) + (load<u16>(pc, 2) >> 12));
  return AGAIN;
}

/** A string instruction that is not finished: it goes on where its registers stand. */
export function exitAgain(pc: usize, fuel: i32): i32 {
  // 64 KiB are done at a time, counted as 1024 instructions.
  store<i32>(LEFT, fuel - countBefore(pc) - 1024);
  store<u64>(CPU + RIP, here(pc));
  return AGAIN;
}

/** Fuel ran out at a taken transfer to the operation at pc. */
export function exitBranch(pc: usize, fuel: i32): i32 {
  store<i32>(LEFT, fuel);
  const op = load<u16>(pc);
  const page = load<u64>(CPU + SLOT_PAGE);
  if (op == OP_LINK || op == OP_JMPX) store<u64>(CPU + RIP, page + <i64>load<i32>(pc, 12));
  else store<u64>(CPU + RIP, here(pc));
  return AGAIN;
}

/** The end of a sequence of one instruction (single step): i32 at 12 = what follows, relative to the page. */
export function exitStop(pc: usize, fuel: i32): i32 {
  store<i32>(LEFT, fuel - 1);
  store<u64>(CPU + RIP, load<u64>(CPU + SLOT_PAGE) + <i64>load<i32>(pc, 12));
  return AGAIN;
}

/** syscall: rcx = the next rip, r11 = rflags; SDM vol. 2 SYSCALL. */
export function exitSyscall(pc: usize, fuel: i32): i32 {
  store<i32>(LEFT, fuel - countBefore(pc) - 1);
  const next = here(pc) + (load<u16>(pc, 2) >> 12);
  store<u64>(CPU + RIP, next);
  store<u64>(CPU + RCX, next);
  store<u64>(CPU + R11, rflagsRead());
  return EXIT_SYSCALL;
}

/** After a store that took the slow path: commits a straddling one; true when code was killed. */
export function storeDone(host: usize): bool {
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled;
}

/** Whether the second page of the straddling instruction at the OP_CROSS is no longer the frame it was decoded from. */
export function crossStale(pc: usize): bool {
  const host = memFetch(load<u64>(CPU + SLOT_PAGE) + 4096);
  return host != <usize>load<u32>(pc, 8);
}

/** Decodes a straddling instruction anew; 0 with fault and rip set when its second page cannot be fetched. */
export function crossAgain(pc: usize): usize {
  const addr = here(pc);
  killSequence(pc);
  const first = codeAt(addr);
  if (!first) store<u64>(CPU + RIP, addr);
  return first;
}

// ── arithmetic ──────────────────────────────────────────────────────────────────────

function parity(r: u64): u64 {
  return popcnt<u32>(<u32>r & 0xff) & 1 ? 0 : PF;
}

function carryFlags(a: u64, b: u64, r: u64, carry: bool, overflow: bool): void {
  let bits = parity(r);
  if (carry) bits |= CF;
  if ((a ^ b ^ r) & 0x10) bits |= AF;
  if (!r) bits |= ZF;
  if (<i64>r < 0) bits |= SF;
  if (overflow) bits |= OF;
  flagsExplicit(bits);
}

/** a + b + CF of sign-extended operands, with flags; the sign-extended result. */
export function adcFlags(a: u64, b: u64, size: u32): u64 {
  const c = <u64>flagC();
  const r = signExtend(a + b + c, size);
  carryFlags(a, b, r, r < a || (c != 0 && r == a), <i64>((a ^ r) & (b ^ r)) < 0);
  return r;
}

/** a − b − CF. */
export function sbbFlags(a: u64, b: u64, size: u32): u64 {
  const c = <u64>flagC();
  const r = signExtend(a - b - c, size);
  carryFlags(a, b, r, a < b || (c != 0 && a == b), <i64>((a ^ b) & (a ^ r)) < 0);
  return r;
}

/** Flags of a rotate: CF, and OF = CF xor the given bit; the others stay. */
export function rotateFlags(carry: u64, other: u32): void {
  const keep = arithFlags() & ~(CF | OF);
  flagsExplicit(keep | carry | ((carry ^ other) << 11));
}

// @ts-ignore: decorator
@inline
function maskOf(size: u32): u64 {
  return ~(<u64>0) >> (64 - (<u64>8 << size));
}

/** Zero-extended register operand of the given size (0 = 8 bits … 3 = 64) at slot offset d. */
export function getSized(d: usize, size: u32): u64 {
  switch (size) {
    case 0: return load<u8>(CPU + d);
    case 1: return load<u16>(CPU + d);
    case 2: return load<u32>(CPU + d);
    default: return load<u64>(CPU + d);
  }
}

export function putSized(d: usize, size: u32, value: u64): void {
  switch (size) {
    case 0: store<u8>(CPU + d, <u8>value); return;
    case 1: store<u16>(CPU + d, <u16>value); return;
    case 2: store<u64>(CPU + d, <u64><u32>value); return;
    default: store<u64>(CPU + d, value); return;
  }
}

/** Shift or rotate number k (the reg field of group 2) of a zero-extended value by n; SDM vol. 2 SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR. */
export function shiftAny(k: u32, size: u32, value: u64, n: u32): u64 {
  const bits: u32 = 8 << size;
  n &= size == 3 ? 63 : 31;
  if (!n) return value;
  const mask = maskOf(size);
  if (k < 2) {
    const m = n & (bits - 1);
    const left = k == 0 ? m : (bits - m) & (bits - 1);
    const r = left ? ((value << left) | (value >> (bits - left))) & mask : value;
    const top = (r >> (bits - 1)) & 1;
    if (k == 0) rotateFlags(r & 1, <u32>top);
    else rotateFlags(top, <u32>(r >> (bits - 2)) & 1);
    return r;
  }
  if (k < 4) return rotateCarry(k, bits, value, n);
  let r: u64;
  let carry: u64;
  let overflow: u64;
  if (k == 5) {
    r = n < bits ? value >> n : 0;
    carry = n <= bits ? (value >> (n - 1)) & 1 : 0;
    overflow = (value >> (bits - 1)) & 1;
  } else if (k == 7) {
    const wide = <i64>signExtend(value, size);
    const m = min<u32>(n, 63);
    r = <u64>(wide >> m) & mask;
    carry = <u64>(wide >> (min<u32>(n, 64) - 1)) & 1;
    overflow = 0;
  } else {
    r = n < 64 ? (value << n) & mask : 0;
    carry = n <= bits ? (value >> (bits - n)) & 1 : 0;
    overflow = carry ^ ((r >> (bits - 1)) & 1);
  }
  store<u32>(CPU + FLAG_KIND, CLASS_SHIFT | size);
  store<u64>(CPU + FLAG_A, signExtend(r, size));
  store<u64>(CPU + FLAG_B, carry | (overflow << 11));
  return r;
}

function rotateCarry(k: u32, bits: u32, value: u64, n: u32): u64 {
  const mask = maskOf(ctz(bits) - 3);
  let carry = <u64>flagC();
  for (n = n % (bits + 1); n; n--) {
    if (k == 2) {
      const out = (value >> (bits - 1)) & 1;
      value = ((value << 1) | carry) & mask;
      carry = out;
    } else {
      const out = value & 1;
      value = (value >> 1) | (carry << (bits - 1));
      carry = out;
    }
  }
  const top = (value >> (bits - 1)) & 1;
  rotateFlags(carry, k == 2 ? <u32>top : <u32>(carry ^ top ^ ((value >> (bits - 2)) & 1)));
  return value;
}

/** Upper half of the unsigned 128-bit product. */
export function mulHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const mid = ah * bl + (low >> 32);
  const mid2 = al * bh + (mid & 0xffffffff);
  return ah * bh + (mid >> 32) + (mid2 >> 32);
}

/** Upper half of the signed 128-bit product. */
export function mulHighSigned(a: u64, b: u64): u64 {
  let r = mulHigh(a, b);
  if (<i64>a < 0) r -= b;
  if (<i64>b < 0) r -= a;
  return r;
}

/** Whether the signed 64-bit product does not fit. */
export function mulOverflows(a: u64, b: u64): bool {
  return mulHighSigned(a, b) != <u64>(<i64>(a * b) >> 63);
}

const WIDE = memory.data(16, 8);

/** (high:low) / divisor, unsigned, high < divisor; quotient at WIDE, remainder at WIDE + 8. */
function divideWide(high: u64, low: u64, divisor: u64): void {
  if (!high) {
    store<u64>(WIDE, low / divisor);
    store<u64>(WIDE, low % divisor, 8);
    return;
  }
  // Knuth's algorithm D with two 32-bit quotient digits.
  const shift = clz<u64>(divisor);
  const d = divisor << shift;
  const dh = d >> 32;
  const dl = d & 0xffffffff;
  const nh = shift ? (high << shift) | (low >> (64 - shift)) : high;
  const nl = low << shift;
  let q1 = nh / dh;
  let r1 = nh - q1 * dh;
  while (q1 >> 32 || q1 * dl > ((r1 << 32) | (nl >> 32))) {
    q1--;
    r1 += dh;
    if (r1 >> 32) break;
  }
  const mid = (nh << 32) + (nl >> 32) - q1 * d;
  let q0 = mid / dh;
  let r0 = mid - q0 * dh;
  while (q0 >> 32 || q0 * dl > ((r0 << 32) | (nl & 0xffffffff))) {
    q0--;
    r0 += dh;
    if (r0 >> 32) break;
  }
  store<u64>(WIDE, (q1 << 32) + q0);
  store<u64>(WIDE, ((mid << 32) + (nl & 0xffffffff) - q0 * d) >> shift, 8);
}

/** mul, imul, div, idiv of one operand at slot offset d; how = 4 … 7 | size << 4. True = #DE. */
export function mulDiv(how: u32, d: usize): bool {
  const size = how >> 4;
  const operand = getSized(d, size);
  return (how & 15) < 6 ? multiply((how & 15) == 5, size, operand) : (how & 15) == 6 ? divideUnsigned(size, operand) : divideSigned(size, operand);
}

function multiply(signed: bool, size: u32, operand: u64): bool {
  const a = getSized(RAX, size);
  let low: u64;
  let high: u64;
  let over: bool;
  if (size == 3) {
    low = a * operand;
    high = signed ? mulHighSigned(a, operand) : mulHigh(a, operand);
    over = signed ? high != <u64>(<i64>low >> 63) : high != 0;
  } else {
    const bits: u64 = <u64>8 << size;
    const product = signed ? signExtend(a, size) * signExtend(operand, size) : a * operand;
    low = product & maskOf(size);
    high = (product >> bits) & maskOf(size);
    over = signed ? signExtend(product, size) != product : high != 0;
  }
  if (size == 0) store<u16>(CPU + RAX, <u16>(low | (high << 8)));
  else {
    putSized(RAX, size, low);
    putSized(RDX, size, high);
  }
  store<u32>(CPU + FLAG_KIND, CLASS_SHIFT | size);
  store<u64>(CPU + FLAG_A, signExtend(low, size));
  store<u64>(CPU + FLAG_B, over ? CF | OF : 0);
  return false;
}

function divideUnsigned(size: u32, operand: u64): bool {
  if (!operand) return true;
  if (size == 3) {
    const high = load<u64>(CPU + RDX);
    if (high >= operand) return true;
    divideWide(high, load<u64>(CPU + RAX), operand);
    store<u64>(CPU + RAX, load<u64>(WIDE));
    store<u64>(CPU + RDX, load<u64>(WIDE, 8));
    return false;
  }
  const n = size == 0 ? <u64>load<u16>(CPU + RAX) : getSized(RAX, size) | (getSized(RDX, size) << (<u64>8 << size));
  const q = n / operand;
  if (q > maskOf(size)) return true;
  storeQuotient(size, q, n % operand);
  return false;
}

function storeQuotient(size: u32, q: u64, r: u64): void {
  if (size == 0) store<u16>(CPU + RAX, <u16>((q & 0xff) | (r << 8)));
  else {
    putSized(RAX, size, q);
    putSized(RDX, size, r);
  }
}

function divideSigned(size: u32, operand: u64): bool {
  if (!operand) return true;
  if (size == 3) return divideSigned64(operand);
  const d = <i64>signExtend(operand, size);
  const n = size == 0 ? <i64>load<i16>(CPU + RAX) : size == 1 ? <i64><i32>(load<u16>(CPU + RAX) | (<u32>load<u16>(CPU + RDX) << 16)) : <i64>(<u64>load<u32>(CPU + RAX) | (<u64>load<u32>(CPU + RDX) << 32));
  if (n == i64.MIN_VALUE && d == -1) return true;
  const q = n / d;
  if (<i64>signExtend(<u64>q, size) != q) return true;
  storeQuotient(size, <u64>q & maskOf(size), <u64>(n % d) & maskOf(size));
  return false;
}

function divideSigned64(operand: u64): bool {
  let high = load<u64>(CPU + RDX);
  let low = load<u64>(CPU + RAX);
  const negative = <i64>high < 0;
  if (negative) {
    low = 0 - low;
    high = ~high + <u64>(low == 0);
  }
  const flip = <i64>operand < 0;
  const d = flip ? 0 - operand : operand;
  if (high >= d) return true;
  divideWide(high, low, d);
  let q = load<u64>(WIDE);
  let r = load<u64>(WIDE, 8);
  if (negative != flip) {
    if (q > 0x8000000000000000) return true;
    q = 0 - q;
  } else if (q >> 63) return true;
  if (negative) r = 0 - r;
  store<u64>(CPU + RAX, q);
  store<u64>(CPU + RDX, r);
  return false;
}

/** loop, loope, loopne, jrcxz: kind 0 loopne, 1 loope, 2 loop, 3 jrcxz; 4 added for the 32-bit counter. */
export function loopTaken(kind: u32): bool {
  const narrow = (kind & 4) != 0;
  const k = kind & 3;
  let c = narrow ? <u64>load<u32>(CPU + RCX) : load<u64>(CPU + RCX);
  if (k == 3) return c == 0;
  c = narrow ? <u64>(<u32>c - 1) : c - 1;
  store<u64>(CPU + RCX, c);
  if (!c) return false;
  return k == 2 || flagZ() == (k == 1);
}
