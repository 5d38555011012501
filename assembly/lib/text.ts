// Text into a buffer: what /proc files are made with. Literals are static data; nothing is allocated.
import { kfree, kmalloc } from "../mm/kmalloc";

const STATE = memory.data(16, 8); // u32 buffer, u32 length, u32 room

/** Begins a new text. */
export function textBegin(): void {
  store<u32>(STATE, <u32>kmalloc(4096));
  store<u32>(STATE + 4, 0);
  store<u32>(STATE + 8, load<u32>(STATE) ? 4096 : 0);
}

/** The text, which belongs to the caller now (kfree); its length through textLength. */
export function textEnd(): usize {
  const buffer = load<u32>(STATE);
  store<u32>(STATE, 0);
  store<u32>(STATE + 8, 0);
  return buffer;
}

export function textLength(): u32 {
  return load<u32>(STATE + 4);
}

/** Appends one byte; what does not fit in memory is dropped. */
export function textByte(c: u32): void {
  const length = load<u32>(STATE + 4);
  const room = load<u32>(STATE + 8);
  if (length == room) {
    const bigger = kmalloc(room * 2);
    if (!bigger || !room) return;
    memory.copy(bigger, load<u32>(STATE), length);
    kfree(load<u32>(STATE));
    store<u32>(STATE, <u32>bigger);
    store<u32>(STATE + 8, room * 2);
  }
  store<u8>(load<u32>(STATE) + length, <u8>c);
  store<u32>(STATE + 4, length + 1);
}

/** Appends an ASCII literal. */
export function text(s: string): void {
  const n = s.length;
  for (let i = 0; i < n; i++) textByte(load<u16>(changetype<usize>(s) + (i << 1)));
}

export function textBytes(from: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) textByte(load<u8>(from + i));
}

/** Appends a NUL-terminated string. */
export function textCString(from: usize): void {
  while (load<u8>(from)) textByte(load<u8>(from++));
}

const DIGITS = memory.data(32, 8);

/** Appends a number in the base, padded on the left to `width` with `pad`. */
export function textNumber(value: u64, base: u32, width: i32, pad: u32): void {
  let n = 0;
  do {
    const digit = <u32>(value % base);
    store<u8>(DIGITS + n++, <u8>(digit < 10 ? 48 + digit : 87 + digit));
    value /= base;
  } while (value && n < 32);
  for (let i = n; i < width; i++) textByte(pad);
  while (n) textByte(load<u8>(DIGITS + --n));
}

export function textDecimal(value: u64): void {
  textNumber(value, 10, 0, 32);
}

export function textSigned(value: i64): void {
  if (value < 0) textByte(45);
  textNumber(<u64>(value < 0 ? -value : value), 10, 0, 32);
}

export function textHex(value: u64, width: i32): void {
  textNumber(value, 16, width, 48);
}

/** Whether the `n` bytes at `name` are the literal. */
export function nameIs(name: usize, n: u32, s: string): bool {
  if (<i32>n != s.length) return false;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(name + i) != load<u16>(changetype<usize>(s) + (i << 1))) return false;
  return true;
}
