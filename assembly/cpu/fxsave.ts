// The FXSAVE image and the XSAVE area: instruction operands and signal frames. SDM vol. 1 section 10.5.
//
//   0 fcw │ 2 fsw │ 4 abridged tag │ 6 fop │ 8 rip │ 16 rdp │ 24 mxcsr │ 28 mxcsr mask │
//   32 st0 … st7 (16 bytes each) │ 160 xmm0 … xmm15 │ 416 reserved │ 512 xsave: which states are in it, 64 bytes; SDM vol. 1 chapter 13
import { CPU, FCW, FDP, FIP, FOP, FSW, FTAG, FTOP, MXCSR, X87, X87_STRIDE, XMM, XMM_STRIDE } from "./state";
import { ES, summarise } from "./x87stack";

export const FXSAVE_BYTES: u32 = 512;
export const XSAVE_BYTES: u32 = 576;
/** XCR0: what xsave manages. */
export const XCR0: u32 = 3;
const XSAVE_X87: u32 = 1;
const XSAVE_SSE: u32 = 2;
const MXCSR_MASK: u32 = 0xffff;

/** Linux's user code selector, in the place of the upper half of rip in the 32-bit form. */
const CODE_SELECTOR: u64 = 0x33;

/**
 * Writes the image to `to`; the bytes from 416 on stay as they are. As AMD does it, the last instruction and operand
 * are there only while an exception is pending.
 */
export function fxsave(to: usize, wide: bool = true): void {
  x87Save(to, wide);
  store<u32>(to, load<u32>(CPU + MXCSR), 24);
  store<u32>(to, MXCSR_MASK, 28);
  xmmSave(to);
}

function xmmSave(to: usize): void {
  for (let i: u32 = 0; i < 16; i++) v128.store(to + 160 + (i << 4), v128.load(CPU + XMM + i * XMM_STRIDE));
}

function x87Save(to: usize, wide: bool): void {
  const top = <u32>load<u16>(CPU + FTOP);
  const pending = (load<u16>(CPU + FSW) & <u16>ES) != 0;
  store<u16>(to, load<u16>(CPU + FCW));
  store<u16>(to, <u16>((load<u16>(CPU + FSW) & 0xc7ff) | (top << 11)), 2);
  store<u16>(to, load<u8>(CPU + FTAG), 4);
  store<u16>(to, pending ? load<u16>(CPU + FOP) : 0, 6);
  let fip = pending ? load<u64>(CPU + FIP) : 0;
  let fdp = pending ? load<u64>(CPU + FDP) : 0;
  if (!wide) {
    fip = fip ? (fip & 0xffffffff) | (CODE_SELECTOR << 32) : 0;
    fdp &= 0xffffffff;
  }
  store<u64>(to, fip, 8);
  store<u64>(to, fdp, 16);
  for (let i: u32 = 0; i < 8; i++) {
    const from = CPU + X87 + ((top + i) & 7) * X87_STRIDE;
    store<u64>(to + 32 + (i << 4), load<u64>(from));
    store<u64>(to + 40 + (i << 4), load<u16>(from, 8));
  }
}

/** Loads the image at `from`; false when it holds reserved MXCSR bits (nothing changes then). */
export function fxrstor(from: usize, wide: bool = true): bool {
  const mxcsr = load<u32>(from, 24);
  if (mxcsr & ~MXCSR_MASK) return false;
  x87Restore(from, wide);
  store<u32>(CPU + MXCSR, mxcsr);
  xmmRestore(from);
  return true;
}

function xmmRestore(from: usize): void {
  for (let i: u32 = 0; i < 16; i++) v128.store(CPU + XMM + i * XMM_STRIDE, v128.load(from + 160 + (i << 4)));
}

function x87Restore(from: usize, wide: bool): void {
  const fsw = load<u16>(from, 2);
  const top = <u32>(fsw >> 11) & 7;
  store<u16>(CPU + FCW, (load<u16>(from) & 0x1f3f) | 0x40);
  store<u16>(CPU + FSW, fsw & 0x47ff);
  store<u16>(CPU + FTOP, <u16>top);
  store<u16>(CPU + FTAG, load<u8>(from, 4));
  summarise();
  if (load<u16>(CPU + FSW) & <u16>ES) {
    const mask: u64 = wide ? u64.MAX_VALUE : 0xffffffff;
    store<u16>(CPU + FOP, load<u16>(from, 6) & 0x7ff);
    store<u64>(CPU + FIP, canonical(load<u64>(from, 8) & mask));
    store<u64>(CPU + FDP, canonical(load<u64>(from, 16) & mask));
  }
  for (let i: u32 = 0; i < 8; i++) {
    const to = CPU + X87 + ((top + i) & 7) * X87_STRIDE;
    store<u64>(to, load<u64>(from + 32 + (i << 4)));
    store<u16>(to, load<u16>(from + 40 + (i << 4)), 8);
  }
}

/** The pointers hold 57 bits, sign-extended. */
function canonical(address: u64): u64 {
  return <u64>((<i64>address << 7) >> 7);
}

/** States that are not as they are at the start: XINUSE. */
function inUse(): u32 {
  let x87 = load<u16>(CPU + FCW) != 0x37f || load<u16>(CPU + FSW) != 0 || load<u16>(CPU + FTOP) != 0 || load<u8>(CPU + FTAG) != 0;
  for (let i: usize = 0; i < 8; i++) if (load<u64>(CPU + X87 + i * X87_STRIDE) | load<u16>(CPU + X87 + i * X87_STRIDE, 8)) x87 = true;
  let bits = v128.load(CPU + XMM);
  for (let i: usize = 1; i < 16; i++) bits = v128.or(bits, v128.load(CPU + XMM + i * XMM_STRIDE));
  return (x87 ? XSAVE_X87 : 0) | (v128.any_true(bits) ? XSAVE_SSE : 0);
}

/** xsave of the states in `mask`. */
export function xsave(to: usize, mask: u32, wide: bool): void {
  mask &= XCR0;
  if (mask & XSAVE_X87) x87Save(to, wide);
  if (mask & XSAVE_SSE) {
    store<u32>(to, load<u32>(CPU + MXCSR), 24);
    store<u32>(to, MXCSR_MASK, 28);
    xmmSave(to);
  }
  store<u64>(to, (load<u64>(to, 512) & ~(<u64>mask)) | (inUse() & mask), 512);
}

/** xrstor of the states in `mask`; false, and nothing done, when the area is not one. */
export function xrstor(from: usize, mask: u32, wide: bool): bool {
  mask &= XCR0;
  const present = load<u64>(from, 512);
  if (present & ~(<u64>XCR0) || load<u64>(from, 520) | load<u64>(from, 528)) return false;
  const mxcsr = load<u32>(from, 24);
  if (mask & XSAVE_SSE) {
    if (mxcsr & ~MXCSR_MASK) return false;
    store<u32>(CPU + MXCSR, mxcsr);
    if (present & XSAVE_SSE) xmmRestore(from);
    else memory.fill(CPU + XMM, 0, 512);
  }
  if (mask & XSAVE_X87) {
    if (present & XSAVE_X87) x87Restore(from, wide);
    else x87Reset();
  }
  return true;
}

function x87Reset(): void {
  memory.fill(CPU + X87, 0, 192);
  store<u16>(CPU + FCW, 0x37f);
}

/** The state of a new program. */
export function fpuReset(): void {
  memory.fill(CPU + XMM, 0, 512);
  x87Reset();
  store<u32>(CPU + MXCSR, 0x1f80);
}
