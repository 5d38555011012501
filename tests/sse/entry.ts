// The CPU alone, for tests: decodes one instruction and runs it on many register states. Compiled by the suite.
import { codeFlush, codeInit } from "../../assembly/cpu/code";
import { decodeSequence } from "../../assembly/cpu/decode";
import { rflagsRead, rflagsWrite } from "../../assembly/cpu/flags";
import { CPU, FAULT_VECTOR, FSW, FTAG, FTOP, MXCSR, RAX, RCX, RDI, RDX, SLOT_PAGE, X87, XMM } from "../../assembly/cpu/state";
import { interpret } from "../../assembly/gen/interp";
import { FRAME_USER, framesAlloc, framesInit } from "../../assembly/mm/frames";
import { kmallocInit, kzalloc } from "../../assembly/mm/kmalloc";
import { Mm } from "../../assembly/mm/space";
import { TLB_BYTES, TLB_ENTRIES, mmActivate, tlbClear } from "../../assembly/mm/tlb";

const CODE_ADDRESS: u64 = 0x20000;
const DATA_ADDRESS: u64 = 0x10000;
const CASE_BYTES: usize = 256;
const EXIT_FAULT: i32 = 2;
const BREAKPOINT: u32 = 3;

let code: usize = 0;
let data: usize = 0;
let cases: usize = 0;

/** Address of room for `count` cases. */
export function setup(count: i32): usize {
  framesInit(16384);
  kmallocInit();
  codeInit();
  code = framesAlloc(0, FRAME_USER);
  data = framesAlloc(0, FRAME_USER);
  const mm = changetype<Mm>(kzalloc(offsetof<Mm>()));
  mm.tlb = framesAlloc(3, FRAME_USER);
  tlbClear(mm.tlb);
  mmActivate(mm);
  for (let write: u32 = 0; write < 2; write++) {
    const entry = mm.tlb + write * TLB_BYTES + ((<usize>(DATA_ADDRESS >> 12) & (TLB_ENTRIES - 1)) << 4);
    store<u64>(entry, DATA_ADDRESS);
    store<u32>(entry, <u32>data - <u32>DATA_ADDRESS, 8);
  }
  cases = memory.grow((count * <i32>CASE_BYTES + 0xffff) >> 16) << 16;
  return cases;
}

/** Where the instruction's bytes go. */
export function codeAddress(): usize {
  memory.fill(code, 0xcc, 64);
  return code;
}

/** Runs the instruction, of `length` bytes, on the first `count` cases, each replaced by its result. */
export function run(length: i32, count: i32): void {
  codeFlush();
  store<u8>(code + length, 0xcc);
  store<u16>(code + length, 0xfeeb, 1); // jmp to itself: the sequence ends here
  const pc = decodeSequence(CODE_ADDRESS, code);
  store<u64>(CPU + SLOT_PAGE, CODE_ADDRESS);
  for (let i = 0; i < count; i++) {
    const c = cases + i * CASE_BYTES;
    memory.copy(CPU + XMM, c, 16);
    memory.copy(CPU + XMM + 32, c + 16, 16);
    memory.copy(CPU + XMM + 64, c + 32, 16);
    memory.copy(data, c + 48, 16);
    store<u64>(CPU + RAX, load<u64>(c, 64));
    store<u64>(CPU + RCX, load<u64>(c, 72));
    store<u64>(CPU + RDX, load<u64>(c, 80));
    store<u64>(CPU + RDI, DATA_ADDRESS);
    store<u32>(CPU + MXCSR, load<u32>(c, 88));
    rflagsWrite(load<u32>(c, 92));
    store<u16>(CPU + FSW, load<u16>(c, 100) & 0xc7ff);
    store<u16>(CPU + FTOP, (load<u16>(c, 100) >> 11) & 7);
    store<u16>(CPU + FTAG, load<u8>(c, 102));
    memory.copy(CPU + X87, c + 112, 128);
    const exit = interpret(pc, 100);
    const vector = exit == EXIT_FAULT ? load<u32>(CPU + FAULT_VECTOR) : 0xff;
    memory.copy(c, CPU + XMM, 16);
    memory.copy(c + 16, CPU + XMM + 32, 16);
    memory.copy(c + 32, CPU + XMM + 64, 16);
    memory.copy(c + 48, data, 16);
    store<u64>(c, load<u64>(CPU + RAX), 64);
    store<u64>(c, load<u64>(CPU + RCX), 72);
    store<u64>(c, load<u64>(CPU + RDX), 80);
    store<u32>(c, load<u32>(CPU + MXCSR), 88);
    store<u32>(c, <u32>rflagsRead() & 0x8d5, 92);
    store<u32>(c, vector == BREAKPOINT ? 0 : vector, 96);
    store<u16>(c, load<u16>(CPU + FSW) | (load<u16>(CPU + FTOP) << 11), 100);
    store<u8>(c, load<u8>(CPU + FTAG), 102);
    memory.copy(c + 112, CPU + X87, 128);
  }
}
