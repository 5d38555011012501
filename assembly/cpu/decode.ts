// Sequences of micro-operations from x86-64 machine code; see code.ts for their layout. An instruction is read by insn.ts, from
// the tables made of the instruction table (tools/isa), and turned into operations by emit.ts.
import { OP_CHAIN, OP_CROSS, OP_LINK, OP_STOP } from "../gen/ops";
import { memFetch, memMarkCode } from "../mm/tlb";
import { arenaSetTop, arenaTop, headerMake, shadowMake } from "./code";
import { deadFlags, deadFlagsBegin } from "./deadflags";
import { emitForm } from "./emit";
import { fusePairs } from "./fuse";
import { branchCount, branches, branchesKeep, emit, emitBranch, insnDone, insnRead, out, outSet, terminal } from "./insn";
import { CPU, RIP } from "./state";

const MAX_SEQUENCE: i32 = 64;
/** No instruction that begins so many bytes before the end of its page reaches over it. */
const SAFE: i32 = 24;

const BUFFER = memory.data(48, 8);

let index: i32 = 0; // number of the instruction in the sequence
/** Sequences of one instruction that are not kept. */
let stepping: bool = false;

/** Decodes the instruction whose bytes are at `code`; its length. */
function instruction(code: usize, offset: i32): i32 {
  const first = out;
  const what = insnRead(code, offset, index);
  emitForm(what & 0xffff, what >> 16);
  return insnDone(first);
}

function chain(target: i32, offset: i32): void {
  if (stepping) {
    emit(OP_STOP, 0, 0, target);
    store<u16>(out - 16, <u16>(offset & 0xfff), 2);
    return;
  }
  emitBranch(OP_CHAIN, 0, target);
  store<u8>(out - 16, <u8>index, 6);
  store<u16>(out - 16, <u16>(offset & 0xfff), 2);
}

/** Puts an OP_LINK behind the sequence for every branch of it. */
function stubs(): void {
  const list = branches();
  for (let i = 0; i < branchCount; i++) {
    const branch = load<u32>(list + (i << 3));
    const target = load<i32>(list + (i << 3), 4);
    store<u32>(branch, <u32>out, 8);
    emit(OP_LINK, 0, 0, target);
    store<u32>(out - 16, branch + 8, 8);
  }
}

/** Decodes from guest address `addr`, whose byte is at `host`; the first operation, or 0 with the fault and rip set. */
export function decodeSequence(addr: u64, host: usize): usize {
  const header = arenaTop();
  const page = host & ~0xfff;
  let offset = <i32>(host & 0xfff);
  const begin = offset;
  outSet(header + 16);
  branchesKeep(0);
  headerInit(header);
  deadFlagsBegin();
  for (index = 0; ; index++) {
    const room = 4096 - offset;
    if (index == (stepping ? 1 : MAX_SEQUENCE) || room == 0) {
      chain(offset, offset);
      break;
    }
    const before = out;
    const pendings = branchCount;
    let code = page + offset;
    if (room < SAFE) {
      memory.fill(BUFFER, 0, 48);
      memory.copy(BUFFER, code, room);
      code = BUFFER;
    }
    let length = instruction(code, offset);
    if (length > room) {
      outSet(before);
      branchesKeep(pendings);
      if (index) {
        chain(offset, offset);
        break;
      }
      length = straddling(addr, header, room, offset);
      if (!length) return 0;
      if (!stepping) {
        memMarkCode(host, room);
        headerMake(header, host);
      }
      if (!terminal) {
        index++;
        chain(offset + length, offset);
      }
      stubs();
      if (stepping) return header + 16;
      shadowMake(out, memFetch(addr + room), header);
      outSet(out + 16);
      finish();
      return header + 16;
    }
    offset += length;
    deadFlags(before, out);
    if (terminal) break;
  }
  if (!stepping) {
    memMarkCode(host, max(offset - begin, 1));
    headerMake(header, host);
    outSet(fusePairs(header + 16, out, branches(), branchCount));
  }
  stubs();
  finish();
  return header + 16;
}

function headerInit(header: usize): void {
  store<u64>(header, 0);
  store<u64>(header, 0, 8);
}

function finish(): void {
  if (!stepping) arenaSetTop(out);
}

/** As decodeSequence for the one instruction at addr; the operations are good until the next decoding. */
export function decodeStep(addr: u64, host: usize): usize {
  stepping = true;
  const first = decodeSequence(addr, host);
  stepping = false;
  return first;
}

/** The instruction that begins `room` bytes before the end of the page; its length or 0 = fault. */
function straddling(addr: u64, header: usize, room: i32, offset: i32): i32 {
  const second = memFetch(addr + room);
  if (!second) {
    store<u64>(CPU + RIP, addr);
    return 0;
  }
  memory.copy(BUFFER + room, second, 16);
  emit(OP_CROSS, 0, 0, 0);
  store<u32>(out - 16, <u32>second, 8);
  store<u16>(out - 16, <u16>offset, 2);
  const length = instruction(BUFFER, offset);
  store<u16>(header + 16, <u16>(offset | (length << 12)), 2);
  memMarkCode(second, max(length - room, 1));
  return length;
}
