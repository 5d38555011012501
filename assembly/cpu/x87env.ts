// fnstenv, fldenv, fnsave, frstor in the layouts of protected mode. SDM vol. 1 figures 8-9 and 8-11.
//
//   32 bits  0 fcw │ 4 fsw │ 8 tags │ 12 instruction │ 16 selector, opcode │ 20 operand │ 24 selector   28 bytes
//   16 bits  0 fcw │ 2 fsw │ 4 tags │ 6 instruction  │ 8 selector │ 10 operand │ 12 selector           14 bytes
// fnsave adds st0 … st7, ten bytes each.
import { CPU, FCW, FDP, FIP, FOP, FSW, FTAG, FTOP } from "./state";
import { fullTag, put, seOf, setFullTag, sigOf, st, summarise, top } from "./x87stack";

/** Linux's user code selector. */
const CODE_SELECTOR: u32 = 0x33;
const UNUSED: u32 = 0xffff0000;

export function x87Init(): void {
  store<u16>(FCW, 0x37f, CPU);
  store<u16>(FSW, 0, CPU);
  store<u16>(FTOP, 0, CPU);
  store<u16>(FTAG, 0, CPU);
  store<u16>(FOP, 0, CPU);
  store<u64>(FIP, 0, CPU);
  store<u64>(FDP, 0, CPU);
}

function status(): u32 {
  return load<u16>(FSW, CPU) | (top() << 11);
}

export function storeEnvironment(to: usize, wide: bool): void {
  const fip = load<u64>(FIP, CPU);
  const selector: u32 = fip ? CODE_SELECTOR : 0;
  if (wide) {
    store<u32>(to, UNUSED | load<u16>(FCW, CPU));
    store<u32>(to, UNUSED | status(), 4);
    store<u32>(to, UNUSED | fullTag(), 8);
    store<u32>(to, <u32>fip, 12);
    store<u32>(to, selector | (<u32>load<u16>(FOP, CPU) << 16), 16);
    store<u32>(to, <u32>load<u64>(FDP, CPU), 20);
    store<u32>(to, UNUSED, 24);
    return;
  }
  store<u16>(to, load<u16>(FCW, CPU));
  store<u16>(to, <u16>status(), 2);
  store<u16>(to, <u16>fullTag(), 4);
  store<u16>(to, <u16>fip, 6);
  store<u16>(to, <u16>selector, 8);
  store<u16>(to, <u16>load<u64>(FDP, CPU), 10);
  store<u16>(to, 0, 12);
}

export function loadEnvironment(from: usize, wide: bool): void {
  const stride: usize = wide ? 4 : 2;
  const sw = <u32>load<u16>(from + stride);
  store<u16>(FCW, (load<u16>(from) & 0x1f3f) | 0x40, CPU);
  store<u16>(FSW, <u16>(sw & 0x47ff), CPU);
  store<u16>(FTOP, <u16>((sw >> 11) & 7), CPU);
  setFullTag(load<u16>(from + 2 * stride));
  summarise();
  if (wide) {
    store<u64>(FIP, load<u32>(from, 12), CPU);
    store<u16>(FOP, load<u16>(from, 18) & 0x7ff, CPU);
    store<u64>(FDP, load<u32>(from, 20), CPU);
  } else {
    store<u64>(FIP, load<u16>(from, 6), CPU);
    store<u16>(FOP, 0, CPU);
    store<u64>(FDP, load<u16>(from, 10), CPU);
  }
}

export function saveAll(to: usize, wide: bool): void {
  storeEnvironment(to, wide);
  to += wide ? 28 : 14;
  for (let i: u32 = 0; i < 8; i++) {
    const reg = st(i);
    store<u64>(to, sigOf(reg));
    store<u16>(to, <u16>seOf(reg), 8);
    to += 10;
  }
  x87Init();
}

export function restoreAll(from: usize, wide: bool): void {
  loadEnvironment(from, wide);
  from += wide ? 28 : 14;
  for (let i: u32 = 0; i < 8; i++) {
    put(st(i), load<u16>(from, 8), load<u64>(from));
    from += 10;
  }
}
