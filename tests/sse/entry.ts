// The CPU alone, for tests: decodes one instruction and runs it on many register states. Compiled by the suite.
import { codeFlush, codeInit } from "../../assembly/cpu/code";
import { decodeSequence } from "../../assembly/cpu/decode";
import { rflagsRead, rflagsWrite } from "../../assembly/cpu/flags";
import { CPU, FAULT_CR2, FAULT_VECTOR, FSW, FTAG, FTOP, MXCSR, RAX, RCX, RDI, RDX, SLOT_PAGE, X87, XMM } from "../../assembly/cpu/state";
import { interpret } from "../../assembly/gen/interp";
import { FRAME_USER, framesAlloc, framesInit } from "../../assembly/mm/frames";
import { kmallocInit } from "../../assembly/mm/kmalloc";
import { mapInsert } from "../../assembly/mm/map";
import { mmNew, spacesInit } from "../../assembly/mm/space";
import { memWrite, mmActivate } from "../../assembly/mm/tlb";

const CODE_ADDRESS: u64 = 0x20000;
/** Two pages; and one page with nothing behind it. */
const WHOLE: u64 = 0x40000;
const EDGE: u64 = 0x50000;
const PAGE: u64 = 4096;
const CASE_BYTES: usize = 256;
const EXIT_FAULT: i32 = 2;
const BREAKPOINT: u32 = 3;
const PAGE_FAULT: u32 = 14;
const PROT_READ_WRITE: u32 = 3;
const MAP_PRIVATE_ANONYMOUS: u32 = 0x22;

let code: usize = 0;
let cases: usize = 0;

/** Address of room for `count` cases. */
export function setup(count: i32): usize {
  framesInit(16384);
  kmallocInit();
  spacesInit();
  codeInit();
  code = framesAlloc(0, FRAME_USER);
  const mm = mmNew();
  if (!mm) return 0;
  mm.limitPages = u64.MAX_VALUE;
  mmActivate(mm);
  mapInsert(mm, WHOLE, PAGE * 2, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, null, 0, 0);
  mapInsert(mm, EDGE, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, null, 0, 0);
  cases = memory.grow((count * <i32>CASE_BYTES + 0xffff) >> 16) << 16;
  return cases;
}

/** Copies what of the 16 bytes at guest address `at` is mapped, from or to `p`. */
function memoryOperand(at: u64, p: usize, out: bool): void {
  const end = at >= EDGE ? EDGE + PAGE : WHOLE + PAGE * 2;
  for (let i: usize = 0; i < 16 && at + i < end; i++) {
    const host = memWrite(at + i, 1);
    if (out) store<u8>(host, load<u8>(p + i));
    else store<u8>(p + i, load<u8>(host));
  }
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
    const base = load<u8>(c, 106) ? EDGE : WHOLE;
    const at = base + load<u16>(c, 104);
    memoryOperand(at, c + 48, true);
    store<u64>(CPU + RAX, load<u64>(c, 64));
    store<u64>(CPU + RCX, load<u64>(c, 72));
    store<u64>(CPU + RDX, load<u64>(c, 80));
    store<u64>(CPU + RDI, at);
    store<u32>(CPU + MXCSR, load<u32>(c, 88));
    rflagsWrite(load<u32>(c, 92));
    store<u16>(CPU + FSW, load<u16>(c, 100) & 0xc7ff);
    store<u16>(CPU + FTOP, (load<u16>(c, 100) >> 11) & 7);
    store<u16>(CPU + FTAG, load<u8>(c, 102));
    memory.copy(CPU + X87, c + 112, 128);
    const exit = interpret(pc, 100);
    const vector = exit == EXIT_FAULT ? load<u32>(CPU + FAULT_VECTOR) : 0xff;
    store<u32>(c, vector == PAGE_FAULT ? <u32>(load<u64>(CPU + FAULT_CR2) - base) : 0, 108);
    memory.copy(c, CPU + XMM, 16);
    memory.copy(c + 16, CPU + XMM + 32, 16);
    memory.copy(c + 32, CPU + XMM + 64, 16);
    memoryOperand(at, c + 48, false);
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
