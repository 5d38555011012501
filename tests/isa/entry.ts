// The decoder alone, for tests: length and validity of byte strings. Compiled by the suite.
import { codeInit } from "../../assembly/cpu/code";
import { cpuLevelSet } from "../../assembly/cpu/cpuid";
import { emitForm } from "../../assembly/cpu/emit";
import { branchesKeep, insnDone, insnRead, out, outSet } from "../../assembly/cpu/insn";
import { interpret } from "../../assembly/gen/interp";
import { OP_GP, OP_UD } from "../../assembly/gen/ops";
import { framesInit } from "../../assembly/mm/frames";
import { kmallocInit } from "../../assembly/mm/kmalloc";

const STRIDE: usize = 16;
/** Sets of bits in the answers. */
const INVALID: u8 = 0x80;
const GENERAL: u8 = 0x40;

let operations: usize = 0;

/** Address of room for `count` strings of 16 bytes, then `count` answers of one byte. */
export function setup(count: i32): usize {
  framesInit(4096);
  kmallocInit();
  codeInit();
  if (!count) interpret(0, 0);
  operations = memory.grow(1) << 16;
  return memory.grow((count * 17 + 64 + 0xffff) >> 16) << 16;
}

export function level(n: u32): void {
  cpuLevelSet(n);
}

/** Decodes the strings: length | 0x80 when #UD | 0x40 when nothing but #GP. */
export function decode(strings: usize, count: i32): void {
  const answers = strings + <usize>count * STRIDE;
  for (let i = 0; i < count; i++) {
    outSet(operations);
    branchesKeep(0);
    const what = insnRead(strings + i * STRIDE, 0, 0);
    emitForm(what & 0xffff, what >> 16);
    const length = insnDone(operations);
    const last = load<u16>(out - 16);
    store<u8>(answers + i, <u8>length | (last == OP_UD ? INVALID : last == OP_GP ? GENERAL : 0));
  }
}
