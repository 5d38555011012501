// The x87 register stack and status word, and what every instruction does with exceptions. SDM vol. 1 chapter 8.
import { C1, DE, IE, OE, SF, UE, UNORDERED, ZE, f80Class, f80Flags, f80Indefinite, f80Se, f80Sig, ZERO, NORMAL } from "./f80";
import { CPU, FCW, FSW, FTAG, FTOP, X87 } from "./state";

/** Error summary and busy, which mirrors it. */
export const ES: u32 = 0x80;
const BUSY: u32 = 0x8000;
const MASKS: u32 = 0x3f;

// @ts-ignore: decorator
@inline
export function top(): u32 {
  return load<u16>(FTOP, CPU);
}

/** Physical register i places below the top. */
// @ts-ignore: decorator
@inline
export function st(i: u32): usize {
  return X87 + CPU + (((load<u16>(FTOP, CPU) + i) & 7) << 4);
}

// @ts-ignore: decorator
@inline
export function filled(i: u32): bool {
  return ((<u32>load<u16>(FTAG, CPU) >> ((load<u16>(FTOP, CPU) + i) & 7)) & 1) != 0;
}

// @ts-ignore: decorator
@inline
export function seOf(reg: usize): u32 {
  return load<u16>(reg, 8);
}

// @ts-ignore: decorator
@inline
export function sigOf(reg: usize): u64 {
  return load<u64>(reg);
}

// @ts-ignore: decorator
@inline
export function put(reg: usize, se: u32, sig: u64): void {
  store<u64>(reg, sig);
  store<u16>(reg, <u16>se, 8);
}

/** Writes st(i) and marks it valid. */
export function putSt(i: u32, se: u32, sig: u64): void {
  put(st(i), se, sig);
  store<u16>(FTAG, <u16>(<u32>load<u16>(FTAG, CPU) | (1 << ((load<u16>(FTOP, CPU) + i) & 7))), CPU);
}

export function pop(): void {
  const t = <u32>load<u16>(FTOP, CPU);
  store<u16>(FTAG, <u16>(<u32>load<u16>(FTAG, CPU) & ~(1 << t)), CPU);
  store<u16>(FTOP, <u16>((t + 1) & 7), CPU);
}

/** Pushes a value; the place is known to be free, or the stack overflow is masked. */
export function push(se: u32, sig: u64): void {
  const t = (<u32>load<u16>(FTOP, CPU) + 7) & 7;
  store<u16>(FTOP, <u16>t, CPU);
  store<u16>(FTAG, <u16>(<u32>load<u16>(FTAG, CPU) | (1 << t)), CPU);
  put(X87 + CPU + (t << 4), se, sig);
}

/** C0 to C3. */
// @ts-ignore: decorator
@inline
export function setCodes(codes: u32): void {
  store<u16>(FSW, <u16>((load<u16>(FSW, CPU) & ~(UNORDERED | C1)) | codes), CPU);
}

// @ts-ignore: decorator
@inline
export function clearC1(): void {
  store<u16>(FSW, <u16>(load<u16>(FSW, CPU) & ~C1), CPU);
}

/** Enters exceptions (and C1) into the status word; true when an unmasked one of `fatal` ends the instruction here. */
export function raise(flags: u32, fatal: u32): bool {
  const open = flags & ~<u32>load<u16>(FCW, CPU) & MASKS;
  let status = <u32>load<u16>(FSW, CPU) & ~C1;
  const ends = (open & fatal) != 0;
  // What would have been found only with the result is not reported.
  if (open & (IE | DE | ZE)) flags &= IE | DE | ZE | SF | (flags & SF ? C1 : 0);
  if (open) status |= ES | BUSY;
  store<u16>(FSW, <u16>(status | flags), CPU);
  return ends;
}

/** Before a result goes to a register: invalid, denormal and zero-divide prevent it. */
// @ts-ignore: decorator
@inline
export function settle(): bool {
  const flags = f80Flags;
  if (!flags) {
    clearC1();
    return false;
  }
  return raise(flags, IE | DE | ZE);
}

/** Before a result goes to memory: overflow and underflow prevent it as well. */
// @ts-ignore: decorator
@inline
export function settleStore(): bool {
  const flags = f80Flags;
  if (!flags) {
    clearC1();
    return false;
  }
  return raise(flags, IE | DE | ZE | OE | UE);
}

/** A register that should hold a value is empty; true when that ends the instruction. */
export function stackUnderflow(): bool {
  f80Indefinite();
  return raise(IE | SF, IE);
}

/** Pushes f80Se and f80Sig, or answers a full stack. */
export function pushResult(): void {
  if (!filled(7)) {
    if (!settle()) push(f80Se, f80Sig);
    return;
  }
  f80Indefinite();
  if (!raise(IE | SF | C1, IE)) push(f80Se, f80Sig);
}

/** Sets ES and busy by the pending exceptions and the masks; called when either was loaded. */
export function summarise(): void {
  const status = <u32>load<u16>(FSW, CPU) & ~(ES | BUSY);
  const open = status & ~<u32>load<u16>(FCW, CPU) & MASKS;
  store<u16>(FSW, <u16>(open ? status | ES | BUSY : status), CPU);
}

/** The two-bit tags that fnstenv stores: 0 valid, 1 zero, 2 special, 3 empty, by physical register. */
export function fullTag(): u32 {
  let tags: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    let tag: u32 = 3;
    if ((<u32>load<u16>(FTAG, CPU) >> i) & 1) {
      const reg = X87 + CPU + (i << 4);
      const kind = f80Class(seOf(reg), sigOf(reg));
      tag = kind == NORMAL ? 0 : kind == ZERO ? 1 : 2;
    }
    tags |= tag << (i << 1);
  }
  return tags;
}

export function setFullTag(tags: u32): void {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) if (((tags >> (i << 1)) & 3) != 3) bits |= 1 << i;
  store<u16>(FTAG, <u16>bits, CPU);
}
