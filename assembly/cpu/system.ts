// Segments, far transfers and what user mode may ask of system registers. The machine has Linux's descriptors of a 64-bit
// process: 0x23 and 0x33 code, 0x2b data, 0x7b the CPU number (arch/x86/include/asm/segment.h). Compatibility mode is not there.
import { SYSTEM_CALLF, SYSTEM_JMPF, SYSTEM_LAR, SYSTEM_LSL, SYSTEM_NAMED, SYSTEM_SGDT, SYSTEM_SIDT, SYSTEM_SLDT, SYSTEM_SMSW, SYSTEM_STR, SYSTEM_VERR, SYSTEM_VERW } from "../gen/isa";
import { WBOUNCE, memRead, memWrite, memWriteCommit } from "../mm/tlb";
import { codeKilled } from "./code";
import { loopTaken, putSized } from "./exec";
import { NT, ZF, arithFlags, flagsExplicit, rflagsRead, rflagsWrite } from "./flags";
import { CPU, FAULT_CODE, FAULT_ERROR, FAULT_SIGNAL, FAULT_VECTOR, FLAG_OTHER, FS_BASE, GS_BASE, RSP, SELECTORS, SLOT_ADDR } from "./state";

// The extra word of a SLOW_SYSTEM: what, and the operand size from bit 8 on.
export const SYSTEM_RETF: u32 = SYSTEM_NAMED;
export const SYSTEM_IRET: u32 = SYSTEM_NAMED + 1;
export const SYSTEM_LSEG: u32 = SYSTEM_NAMED + 2;
export const SYSTEM_LOOP16: u32 = SYSTEM_NAMED + 3;

const DONE: i32 = 0;
const FAULTED: i32 = 1;
const RESYNC: i32 = 2;
const UD: i32 = 9;
const GP: i32 = 16;

const USER_CS: u32 = 0x33;
const USER_DS: u32 = 0x2b;
/** What Linux shows in the place of the registers that UMIP hides (arch/x86/kernel/umip.c). */
const GDT_BASE: u64 = 0xfffffffffffe0000;
const IDT_BASE: u64 = 0xffffffffffff0000;
const TASK_SELECTOR: u32 = 0x40;
const CR0: u64 = 0x80050033;

/** Access rights of the descriptor that a selector of user mode means; 0 = none that it may see. */
function rights(selector: u32): u32 {
  if (selector & 4) return 0; // there is no local descriptor table
  switch (selector >> 3) {
    case 4: return 0xcffb00;
    case 5: return 0xcff300;
    case 6: return 0xaffb00;
    case 15: return 0x40f500;
    default: return 0;
  }
}

/** #GP with a selector as its error code. */
function selectorFault(selector: u32): i32 {
  store<u32>(CPU + FAULT_VECTOR, 13);
  store<u32>(CPU + FAULT_ERROR, selector & 0xfffc);
  store<u32>(CPU + FAULT_CODE, 0);
  store<u32>(CPU + FAULT_SIGNAL, 0);
  return FAULTED;
}

/** Loads segment register `which` (its number in ModRM); codes of slowOp. */
export function toSegment(which: u32, selector: u32): i32 {
  if (which == 1) return UD;
  if (which == 2 && selector != USER_DS) return selectorFault(selector);
  if (selector > 3 && !rights(selector)) return selectorFault(selector);
  store<u16>(CPU + SELECTORS + (which << 1), <u16>selector);
  if (which == 4) store<u64>(CPU + FS_BASE, 0);
  if (which == 5) store<u64>(CPU + GS_BASE, 0);
  return DONE;
}

/** What mov and push read of segment register `which`. */
export function fromSegment(which: u32): u32 {
  return which == 1 ? USER_CS : which == 2 ? USER_DS : <u32>load<u16>(CPU + SELECTORS + (which << 1));
}

function zeroFlag(on: bool): void {
  flagsExplicit((arithFlags() & ~ZF) | (on ? ZF : 0));
}

/** Does a SLOW_SYSTEM on the slots d and b. */
export function systemOp(extra: u32, d: usize, b: usize): i32 {
  const size = extra >> 8;
  switch (extra & 255) {
    case SYSTEM_LAR:
    case SYSTEM_LSL: {
      const selector = <u32>load<u16>(CPU + b);
      const found = rights(selector);
      zeroFlag(found != 0);
      const limit: u32 = selector >> 3 == 15 ? 0 : u32.MAX_VALUE;
      if (found) putSized(d, size, (extra & 255) == SYSTEM_LAR ? found : limit);
      return DONE;
    }
    case SYSTEM_VERR: zeroFlag(rights(load<u16>(CPU + b)) != 0); return DONE;
    case SYSTEM_VERW: zeroFlag((load<u16>(CPU + b) & ~3) == 0x28); return DONE;
    case SYSTEM_SLDT: return show(d, 0, min<u32>(size, 2));
    case SYSTEM_STR: return show(d, TASK_SELECTOR, min<u32>(size, 2));
    case SYSTEM_SMSW: return show(d, CR0, size);
    case SYSTEM_SGDT: return table(GDT_BASE);
    case SYSTEM_SIDT: return table(IDT_BASE);
    case SYSTEM_RETF: return farReturn(d, size, <u32>load<u16>(CPU + SLOT_ADDR));
    case SYSTEM_IRET: return interruptReturn(d, size);
    case SYSTEM_JMPF:
    case SYSTEM_CALLF: return farTransfer(d, load<u64>(CPU + b), size, (extra & 255) == SYSTEM_CALLF);
    case SYSTEM_LSEG: return loadPointer(d, size, <u32>b);
    case SYSTEM_LOOP16: {
      if (!loopTaken(<u32>b)) store<u64>(CPU + d, load<u64>(CPU + SLOT_ADDR));
      return DONE;
    }
    default: return UD;
  }
}

/** As Linux's emulation does it, a register keeps what is above the operand. */
function show(d: usize, value: u64, size: u32): i32 {
  if (size == 2) store<u32>(CPU + d, <u32>value);
  else putSized(d, size, value);
  return DONE;
}

function done(host: usize): i32 {
  if (host == WBOUNCE) memWriteCommit();
  return codeKilled ? RESYNC : DONE;
}

/** sgdt, sidt: a limit of 0 and the base. */
function table(base: u64): i32 {
  const host = memWrite(load<u64>(CPU + SLOT_ADDR), 10);
  if (!host) return FAULTED;
  store<u16>(host, 0);
  store<u64>(host, base, 2);
  return done(host);
}

function sized(host: usize, size: u32): u64 {
  return size == 1 ? <u64>load<u16>(host) : size == 2 ? <u64>load<u32>(host) : load<u64>(host);
}

function isCanonical(address: u64): bool {
  return <u64>((<i64>address << 16) >> 16) == address;
}

/** Leaves in slot d where a far return of `1 << size` bytes a word goes. */
function farReturn(d: usize, size: u32, more: u32): i32 {
  const sp = load<u64>(CPU + RSP);
  const width: u64 = 1 << size;
  const host = memRead(sp, <i32>width * 2);
  if (!host) return FAULTED;
  const selector = load<u16>(host + <usize>width);
  if (selector != USER_CS) return selectorFault(selector);
  const target = sized(host, size);
  if (!isCanonical(target)) return GP;
  store<u64>(CPU + d, target);
  store<u64>(CPU + RSP, sp + width * 2 + more);
  return DONE;
}

function interruptReturn(d: usize, size: u32): i32 {
  if (load<u32>(CPU + FLAG_OTHER) & <u32>NT) return GP;
  const width = <usize>1 << size;
  const host = memRead(load<u64>(CPU + RSP), <i32>width * 5);
  if (!host) return FAULTED;
  if (load<u16>(host + width) != USER_CS) return selectorFault(load<u16>(host + width));
  if (load<u16>(host + width * 4) != USER_DS) return selectorFault(load<u16>(host + width * 4));
  const flags = sized(host + width * 2, size);
  if (!isCanonical(sized(host, size))) return GP;
  store<u64>(CPU + d, sized(host, size));
  store<u64>(CPU + RSP, sized(host + width * 3, size));
  rflagsWrite(size == 1 ? (rflagsRead() & ~(<u64>0xffff)) | flags : flags);
  return DONE;
}

/** jmp and call through a pointer of 16 or 32 bits and a selector; AMD64 has none of 64 bits. */
function farTransfer(d: usize, next: u64, size: u32, isCall: bool): i32 {
  const offset: i32 = size == 1 ? 2 : 4;
  const host = memRead(load<u64>(CPU + SLOT_ADDR), offset + 2);
  if (!host) return FAULTED;
  const target = offset == 2 ? <u64>load<u16>(host) : <u64>load<u32>(host);
  if ((load<u16>(host + offset) | 3) != USER_CS) return selectorFault(load<u16>(host + offset));
  if (isCall) {
    const width = 1 << size;
    const sp = load<u64>(CPU + RSP) - <u64>width * 2;
    const to = memWrite(sp, width * 2);
    if (!to) return FAULTED;
    storeSized(to, size, next);
    storeSized(to + width, size, USER_CS);
    done(to);
    store<u64>(CPU + RSP, sp);
  }
  store<u64>(CPU + d, target);
  return DONE;
}

function storeSized(to: usize, size: u32, value: u64): void {
  if (size == 1) store<u16>(to, <u16>value);
  else if (size == 2) store<u32>(to, <u32>value);
  else store<u64>(to, value);
}

/** lss, lfs, lgs: the offset is read before the selector. */
function loadPointer(d: usize, size: u32, which: u32): i32 {
  const offset: i32 = size == 1 ? 2 : 4;
  const at = load<u64>(CPU + SLOT_ADDR);
  const host = memRead(at, offset);
  if (!host) return FAULTED;
  const value = offset == 2 ? <u64>load<u16>(host) : <u64>load<u32>(host);
  const second = memRead(at + offset, 2);
  if (!second) return FAULTED;
  const r = toSegment(which, load<u16>(second));
  if (r == DONE) putSized(d, size, value);
  return r;
}
