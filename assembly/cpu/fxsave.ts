// The 512-byte FXSAVE image: instruction operands and signal frames. SDM vol. 1 section 10.5.
//
//   0 fcw │ 2 fsw │ 4 abridged tag │ 6 fop │ 8 rip │ 16 rdp │ 24 mxcsr │ 28 mxcsr mask │
//   32 st0 … st7 (16 bytes each) │ 160 xmm0 … xmm15 │ 416 reserved
import { CPU, FCW, FDP, FIP, FOP, FSW, FTAG, FTOP, MXCSR, X87, X87_STRIDE, XMM, XMM_STRIDE } from "./state";

export const FXSAVE_BYTES: u32 = 512;
const MXCSR_MASK: u32 = 0xffff;

/** Writes the image to `to`. */
export function fxsave(to: usize): void {
  const top = <u32>load<u16>(CPU + FTOP);
  store<u16>(to, load<u16>(CPU + FCW));
  store<u16>(to, <u16>((load<u16>(CPU + FSW) & 0xc7ff) | (top << 11)), 2);
  store<u16>(to, load<u8>(CPU + FTAG), 4);
  // As AMD does it, the pointers are there only while an exception is pending.
  const pending = (load<u16>(CPU + FSW) & 0x80) != 0;
  store<u16>(to, pending ? load<u16>(CPU + FOP) : 0, 6);
  store<u64>(to, pending ? load<u64>(CPU + FIP) : 0, 8);
  store<u64>(to, pending ? load<u64>(CPU + FDP) : 0, 16);
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
export function fxrstor(from: usize): bool {
  const mxcsr = load<u32>(from, 24);
  if (mxcsr & ~MXCSR_MASK) return false;
  const fsw = load<u16>(from, 2);
  const top = <u32>(fsw >> 11) & 7;
  store<u16>(CPU + FCW, load<u16>(from));
  store<u16>(CPU + FSW, fsw & 0xc7ff);
  store<u16>(CPU + FTOP, <u16>top);
  store<u16>(CPU + FTAG, load<u8>(from, 4));
  store<u16>(CPU + FOP, load<u16>(from, 6) & 0x7ff);
  store<u64>(CPU + FIP, load<u64>(from, 8));
  store<u64>(CPU + FDP, load<u64>(from, 16));
  store<u32>(CPU + MXCSR, mxcsr);
  for (let i: u32 = 0; i < 8; i++) {
    const to = CPU + X87 + ((top + i) & 7) * X87_STRIDE;
    store<u64>(to, load<u64>(from + 32 + (i << 4)));
    store<u16>(to, load<u16>(from + 40 + (i << 4)), 8);
  }
  for (let i: u32 = 0; i < 16; i++) v128.store(CPU + XMM + i * XMM_STRIDE, v128.load(from + 160 + (i << 4)));
  return true;
}

/** The state of a new program. */
export function fpuReset(): void {
  memory.fill(CPU + XMM, 0, 512 + 192);
  store<u16>(CPU + FCW, 0x37f);
  store<u32>(CPU + MXCSR, 0x1f80);
}
