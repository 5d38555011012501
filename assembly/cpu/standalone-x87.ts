// Entry of a module that holds the x87 alone, for tests/x87: runs recorded cases.
//
// A record of 320 bytes:
//   0 op │ 4 rm │ 8 the arithmetic flags │ 12 vector │ 16 fcw │ 18 fsw with top │ 20 abridged tag │ 22 ax │
//   32 st0 … st7, 16 bytes each │ 160 memory operand
import { arithFlags, flagsExplicit } from "./flags";
import { fxrstor, fxsave } from "./fxsave";
import { CPU, FCW, FSW, FTAG, FTOP, RAX } from "./state";
import { put, seOf, sigOf, st } from "./x87stack";
import { x87Exec } from "./x87";

export const RECORD: usize = 320;
const OPERAND: usize = 160;

/** Room for records above the static data. */
export function records(): usize {
  return __heap_base;
}

function runCase(r: usize): void {
  const fsw = <u32>load<u16>(r, 18);
  flagsExplicit(load<u32>(r, 8));
  store<u16>(FCW, load<u16>(r, 16), CPU);
  store<u16>(FSW, <u16>(fsw & 0xc7ff), CPU);
  store<u16>(FTOP, <u16>((fsw >> 11) & 7), CPU);
  store<u16>(FTAG, load<u16>(r, 20), CPU);
  store<u64>(RAX, load<u16>(r, 22), CPU);
  for (let i: u32 = 0; i < 8; i++) put(st(i), load<u16>(r + 40 + (i << 4)), load<u64>(r + 32 + (i << 4)));
  const vector = x87Exec(load<u32>(r), r + OPERAND, load<u32>(r, 4));
  // The pointers of an environment are not compared.
  const op = load<u32>(r);
  if (!vector && (op == 14 || op == 46)) memory.fill(r + OPERAND + 12, 0, 16);
  if (!vector && (op == 161 || op == 163)) memory.fill(r + OPERAND + 6, 0, 8);
  store<u32>(r, <u32>arithFlags(), 8);
  store<u32>(r, vector, 12);
  store<u16>(r, load<u16>(FCW, CPU), 16);
  store<u16>(r, <u16>(load<u16>(FSW, CPU) | (load<u16>(FTOP, CPU) << 11)), 18);
  store<u16>(r, load<u16>(FTAG, CPU), 20);
  store<u16>(r, load<u16>(RAX, CPU), 22);
  for (let i: u32 = 0; i < 8; i++) {
    const reg = st(i);
    store<u64>(r + 32 + (i << 4), sigOf(reg));
    store<u64>(r + 40 + (i << 4), seOf(reg));
  }
}

/** Does the cases at `at`, leaving the state after each in its record. */
export function run(at: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) runCase(at + <usize>i * RECORD);
}

/** The time of one operation: does it `count` times on the record at `at`. */
export function repeat(at: usize, count: u32): void {
  const op = load<u32>(at);
  const sti = load<u32>(at, 4);
  for (let i: u32 = 0; i < count; i++) x87Exec(op, at + OPERAND, sti);
}

/** Loads the fxsave image at `at` and writes it again behind that, in the 64-bit form and then in the 32-bit one. */
export function images(at: usize): void {
  fxrstor(at);
  fxsave(at + 512);
  fxsave(at + 1024, false);
}
