// The 512-byte FXSAVE image: instruction operands and signal frames. SDM vol. 1 section 10.5.
//
//   0 fcw │ 2 fsw │ 4 abridged tag │ 6 fop │ 8 rip │ 16 rdp │ 24 mxcsr │ 28 mxcsr mask │
//   32 st0 … st7 (16 bytes each) │ 160 xmm0 … xmm15 │ 416 reserved
import { CPU, FCW, FDP, FIP, FOP, FSW, FTAG, FTOP, MXCSR, X87, X87_STRIDE, XMM, XMM_STRIDE } from "./state";
import { ES, summarise } from "./x87stack";

export const FXSAVE_BYTES: u32 = 512;
const MXCSR_MASK: u32 = 0xffff;

/** Linux's user code selector, in the place of the upper half of rip in the 32-bit form. */
const CODE_SELECTOR: u64 = 0x33;

/**
 * Writes the image to `to`; the bytes from 416 on stay as they are. As AMD does it, the last instruction and operand
 * are there only while an exception is pending.
 */
export function fxsave(to: usize, wide: bool = true): void {
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
  store<u32>(to, load<u32>(CPU + MXCSR), 24);
  store<u32>(to, MXCSR_MASK, 28);
  for (let i: u32 = 0; i < 8; i++) {
    const from = CPU + X87 + ((top + i) & 7) * X87_STRIDE;
    store<u64>(to + 32 + (i << 4), load<u64>(from));
    store<u64>(to + 40 + (i << 4), load<u16>(from, 8));
  }
  for (let i: u32 = 0; i < 16; i++) v128.store(to + 160 + (i << 4), v128.load(CPU + XMM + i * XMM_STRIDE));
}

/** Loads the image at `from`; false when it holds reserved MXCSR bits (nothing changes then). */
export function fxrstor(from: usize, wide: bool = true): bool {
  const mxcsr = load<u32>(from, 24);
  if (mxcsr & ~MXCSR_MASK) return false;
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
  store<u32>(CPU + MXCSR, mxcsr);
  for (let i: u32 = 0; i < 8; i++) {
    const to = CPU + X87 + ((top + i) & 7) * X87_STRIDE;
    store<u64>(to, load<u64>(from + 32 + (i << 4)));
    store<u16>(to, load<u16>(from + 40 + (i << 4)), 8);
  }
  for (let i: u32 = 0; i < 16; i++) v128.store(CPU + XMM + i * XMM_STRIDE, v128.load(from + 160 + (i << 4)));
  return true;
}

/** The pointers hold 57 bits, sign-extended. */
function canonical(address: u64): u64 {
  return <u64>((<i64>address << 7) >> 7);
}

/** The state of a new program. */
export function fpuReset(): void {
  memory.fill(CPU + XMM, 0, 512 + 192);
  store<u16>(CPU + FCW, 0x37f);
  store<u32>(CPU + MXCSR, 0x1f80);
}
