// The CPU alone, for the tester: executes records (tests/cpu/native/case.h) and compares what comes out with what the real
// CPU did. Compiled by engine.mjs.
import { codeInit, codeInvalidate } from "../../assembly/cpu/code";
import { EXIT_FAULT, EXIT_SYSCALL } from "../../assembly/cpu/exec";
import { rflagsRead, rflagsWrite } from "../../assembly/cpu/flags";
import { fxrstor, fxsave } from "../../assembly/cpu/fxsave";
import { cpuRun } from "../../assembly/cpu/run";
import { CPU, FAULT_CR2, FAULT_ERROR, FAULT_VECTOR, FDP, FIP, FOP, FS_BASE, FUEL, RAX, RIP, SELECTORS } from "../../assembly/cpu/state";
import { framesInit } from "../../assembly/mm/frames";
import { kmallocInit } from "../../assembly/mm/kmalloc";
import { mapInsert, mapProtect } from "../../assembly/mm/map";
import { Mm, mmNew, spacesInit } from "../../assembly/mm/space";
import { memFetch, memWrite, mmActivate, tlbClear } from "../../assembly/mm/tlb";

const PAGE: u64 = 4096;
const CODE: u64 = 0x20000000;
const WORKING_MEMORY: i32 = 1024; // 64 KiB pages: all that frames are made of

const BEFORE: usize = 64;
const AFTER: usize = 640;
const OUTCOME: usize = 1216;
const PATCHES: usize = 1248;
const DATA: usize = 1312;
const RUNS_FOR_EVER: u32 = 0xff;

let mm: Mm = changetype<Mm>(0);
let records: usize = 0;
let wrong: usize = 0;
const WRONG_ROOM: i32 = 65536;
/** Host addresses of the windows' pages: 32 for each region, 0 = nothing to reach. */
const pages = memory.data(3 * 32 * 4, 8);
const bases = memory.data(32, 8);
const image = memory.data(512, 16);

function prepare(region: usize, base: u64, letters: string): void {
  store<u64>(bases + (region << 3), base);
  for (let i = 0; i < letters.length; i++) {
    const letter = letters.charCodeAt(i);
    store<u32>(pages + (region << 7) + (<usize>i << 2), 0);
    if (letter == 45) continue; // -
    const at = base + <u64>i * PAGE;
    mapInsert(mm, at, PAGE, 3, 0, null, 0, 0);
    const host = memWrite(at, 1);
    if (letter != 110) store<u32>(pages + (region << 7) + (<usize>i << 2), <u32>host); // n
    for (let k: u64 = 0; k < PAGE; k++) store<u8>(host + <usize>k, pattern(at + k));
    if (letter == 114) mapProtect(mm, at, at + PAGE, 1); // r
    else if (letter == 110) mapProtect(mm, at, at + PAGE, 0);
  }
}

// @ts-ignore: decorator
@inline
function pattern(a: u64): u8 {
  return <u8>(a * 167 + (a >> 8) * 13 + 91);
}

/** Address of room for `bytes` of records. */
export function setup(bytes: i32): usize {
  if (memory.size() < WORKING_MEMORY) memory.grow(WORKING_MEMORY - memory.size());
  framesInit(<u32>WORKING_MEMORY << 4);
  kmallocInit();
  spacesInit();
  codeInit();
  mm = mmNew()!;
  mm.limitPages = u64.MAX_VALUE;
  mmActivate(mm);
  mapInsert(mm, CODE, PAGE * 2, 3, 0, null, 0, 0);
  memWrite(CODE, 1);
  memWrite(CODE + PAGE, 1);
  mapProtect(mm, CODE, CODE + PAGE * 2, 5);
  for (let i: u64 = 0; i < PAGE * 2; i++) store<u8>(memFetch(CODE + i), 0xcc);
  prepare(0, 0x30000000, "-ww-wrwnw-rr-");
  prepare(1, 0x40000000, "-ww-rw-");
  prepare(2, 0x555500000000, "-ww-");
  records = <usize>memory.grow((bytes + WRONG_ROOM * 4 + 0xffff) >> 16) << 16;
  wrong = records + bytes;
  return records;
}

/** Indexes of the records that differed in the last run. */
export function wrongAt(): usize {
  return wrong;
}

// @ts-ignore: decorator
@inline
function reach(a: u64): usize {
  const region: usize = a >= 0x555500000000 ? 2 : a >= 0x40000000 ? 1 : 0;
  const offset = <usize>(a - load<u64>(bases + (region << 3)));
  return <usize>load<u32>(pages + (region << 7) + ((offset >> 12) << 2)) + (offset & 0xfff);
}

let lastPlace: i32 = 0;
let lastLength: i32 = 0;

function codeByte(offset: i32, value: u8): void {
  if (offset < 8192) store<u8>(memFetch(CODE + <u64>offset), value);
}

function putCode(r: usize): void {
  for (let i = 0; i < lastLength; i++) codeByte(lastPlace + i, 0xcc);
  codeInvalidate(memFetch(CODE) & ~0xfff);
  codeInvalidate(memFetch(CODE + PAGE) & ~0xfff);
  lastLength = load<u8>(r, 48);
  lastPlace = load<u16>(r, 52);
  for (let i = 0; i < lastLength; i++) codeByte(lastPlace + i, load<u8>(r + i));
}

function memoryIn(r: usize): void {
  for (let p = r + PATCHES; p < r + DATA && load<u32>(p, 8); p += 16) {
    let a = load<u64>(p);
    let n = load<u32>(p, 8);
    let from = r + DATA + load<u32>(p, 12);
    while (n) {
      const piece = min<u32>(n, <u32>(PAGE - (a & 0xfff)));
      memory.copy(reach(a), from, piece);
      a += piece;
      from += piece;
      n -= piece;
    }
  }
}

/** Compares memory with what the real CPU left (or keeps it at `keep`), and puts the pattern back. */
function memoryOut(r: usize, data: usize, keep: usize): bool {
  let same = true;
  for (let p = r + PATCHES; p < r + DATA && load<u32>(p, 8); p += 16) {
    const a = load<u64>(p);
    const n = load<u32>(p, 8);
    const at = load<u32>(p, 12);
    const native = r + DATA + data + at;
    for (let k: u32 = 0; k < n; k++) {
      const host = reach(a + k);
      if (load<u8>(host) != load<u8>(native + k)) same = false;
      if (keep) store<u8>(keep + DATA + data + at + k, load<u8>(host));
      store<u8>(host, pattern(a + k));
    }
  }
  return same;
}

function execute(r: usize): u32 {
  const s = r + BEFORE;
  memory.copy(CPU, s, 128);
  store<u64>(CPU + RIP, load<u64>(s, 128));
  rflagsWrite(load<u64>(s, 136));
  store<u64>(CPU + FS_BASE, load<u64>(s, 144));
  store<u64>(CPU + FS_BASE + 8, load<u64>(s, 152));
  store<u64>(CPU + SELECTORS, 0x002b00000000);
  store<u32>(CPU + SELECTORS, 0, 8);
  store<u16>(CPU + FOP, 0);
  store<u64>(CPU + FIP, 0);
  store<u64>(CPU + FDP, 0);
  fxrstor(s + 160);
  memoryIn(r);
  store<u32>(CPU + FAULT_ERROR, 0);
  store<u64>(CPU + FAULT_CR2, 0);
  let exit = 0;
  for (let n = 0; n < 40; n++) {
    store<i64>(CPU + FUEL, 100000);
    exit = cpuRun();
    if (exit == EXIT_FAULT) return load<u32>(CPU + FAULT_VECTOR);
    if (exit == EXIT_SYSCALL) store<i64>(CPU + RAX, -38);
  }
  return RUNS_FOR_EVER;
}

/** Whether the CPU stands as the record says the real one did. */
function compare(r: usize, vector: u32): bool {
  const s = r + AFTER;
  if (vector != load<u32>(r, OUTCOME)) return false;
  if (load<u32>(CPU + FAULT_ERROR) != load<u32>(r, OUTCOME + 4)) return false;
  if (vector == 14 && load<u64>(CPU + FAULT_CR2) != load<u64>(r, OUTCOME + 8)) return false;
  for (let i: usize = 0; i < 128; i += 16) {
    if (v128.any_true(v128.xor(v128.load(CPU + i), v128.load(s + i)))) return false;
  }
  if (load<u64>(CPU + RIP) != load<u64>(s, 128)) return false;
  if (((rflagsRead() ^ load<u64>(s, 136)) & load<u32>(r, 60) & 0x3efdff) != 0) return false;
  if (load<u64>(CPU + FS_BASE) != load<u64>(s, 144) || load<u64>(CPU + FS_BASE + 8) != load<u64>(s, 152)) return false;
  fxsave(image);
  if (load<u32>(image, 24) != load<u32>(s, 160 + 24)) return false;
  if (load<u64>(image) != load<u64>(s, 160) || load<u64>(image, 8) != load<u64>(s, 168) || load<u64>(image, 16) != load<u64>(s, 176)) return false;
  for (let i: usize = 32; i < 416; i += 16) {
    if (v128.any_true(v128.xor(v128.load(image + i), v128.load(s + 160 + i)))) return false;
  }
  return true;
}

function recordState(vector: u32, to: usize): void {
  const s = to + AFTER;
  memory.copy(s, CPU, 128);
  store<u64>(s, load<u64>(CPU + RIP), 128);
  store<u64>(s, rflagsRead(), 136);
  store<u64>(s, load<u64>(CPU + FS_BASE), 144);
  store<u64>(s, load<u64>(CPU + FS_BASE + 8), 152);
  fxsave(image);
  memory.copy(s + 160, image, 416);
  store<u32>(to, vector, OUTCOME);
  store<u32>(to, load<u32>(CPU + FAULT_ERROR), OUTCOME + 4);
  store<u64>(to, vector == 14 ? load<u64>(CPU + FAULT_CR2) : 0, OUTCOME + 8);
}

/** Executes `count` records; how many differ from the real CPU. `fresh` = forget translations of addresses now and then. */
export function run(count: i32, data: usize, fresh: i32): i32 {
  const stride = DATA + 2 * data;
  let found = 0;
  let encoding: u32 = u32.MAX_VALUE;
  for (let i = 0; i < count; i++) {
    const r = records + <usize>i * stride;
    if (load<u32>(r, 56) != encoding || !i) putCode(r);
    encoding = load<u32>(r, 56);
    if (fresh && (i & 15) == 0) tlbClear(mm.tlb);
    const vector = execute(r);
    const same = compare(r, vector);
    if ((!memoryOut(r, data, 0) || !same) && load<u32>(r, OUTCOME) != RUNS_FOR_EVER) {
      if (found < WRONG_ROOM) store<u32>(wrong + (<usize>found << 2), i);
      found++;
    }
  }
  return found;
}

/** Executes record `i` again, and replaces what the real CPU did by what this one does. */
export function replace(i: i32, data: usize): void {
  const r = records + <usize>i * (DATA + 2 * data);
  putCode(r);
  const vector = execute(r);
  recordState(vector, r);
  memoryOut(r, data, r);
}

/** The first byte of the windows that is not what it should be, all put right; 0 when all are. */
export function stray(): u64 {
  let found: u64 = 0;
  for (let region: usize = 0; region < 3; region++)
    for (let page: usize = 0; page < 13; page++) {
      const host = <usize>load<u32>(pages + (region << 7) + (page << 2));
      if (!host) continue;
      const at = load<u64>(bases + (region << 3)) + (page << 12);
      for (let k: u64 = 0; k < PAGE; k++)
        if (load<u8>(host + <usize>k) != pattern(at + k)) {
          store<u8>(host + <usize>k, pattern(at + k));
          found = at + k;
        }
    }
  return found;
}
