// Guest memory that somebody watches, and what the instruction that is being stepped accesses (cpu/step.ts).
//
//   range, 24 bytes: u64 start │ u64 end │ u32 process, 0 = any │ u32 WATCH_*
//   access, 40 bytes: u64 address │ u64 value before │ u64 value after │ u64 rip │ u32 size │ u32 1 = write; values of the first 8 bytes
//
// A watched page has no TLB entry, so each access comes to memRead or memWrite. There an access of the range is refused once
// with the vector WATCHED, which no CPU has; cpu/step.ts runs the instruction again with the recording on, alone.
import { hostMemoryHook } from "../imports";
import { CPU, RIP } from "../cpu/state";
import { current } from "../task/task";
import { mmList, Mm } from "./space";
import { WBOUNCE, currentMm, resolve, tlbClear, tlbClearWrite } from "./tlb";

export const WATCH_READ: u32 = 1;
export const WATCH_WRITE: u32 = 2;
/** The fault vector of an access that is to be stepped. */
export const WATCHED: u32 = 255;

const RANGE: u32 = 24;
const RANGES: u32 = 32;
const ACCESS: u32 = 40;
const ACCESSES: u32 = 32;
const TABLE = memory.data(24 * 32, 8);
const RECORDS = memory.data(40 * 32, 8);
const HOSTS = memory.data(4 * 32, 4);
const STATE = memory.data(16, 8);
const USED: usize = 0; // u32 ranges
const PHASE: usize = 4; // u32 PHASE_*
const COUNT: usize = 8; // u32 accesses that were recorded
const BEFORE = memory.data(8, 8); // what stood where the kernel writes

/** Accesses of the ranges are refused; they are recorded; every store is recorded; the host is being told of them. */
const PHASE_REFUSE: u32 = 0;
const PHASE_RECORD: u32 = 1;
const PHASE_STORES: u32 = 2;
const PHASE_TELL: u32 = 3;

/** Whether memory accesses are looked at. */
// @ts-ignore: decorator
@inline
export function watching(): bool {
  return (load<u32>(STATE + USED) | load<u32>(STATE + PHASE)) != 0;
}

/** Watches [start, end) of process `pid` (0: of all) for WATCH_* kinds; false when the table is full. */
export function watchAdd(start: u64, end: u64, pid: i32, kinds: u32): bool {
  const used = load<u32>(STATE + USED);
  if (used == RANGES) return false;
  const range = TABLE + used * RANGE;
  store<u64>(range, start);
  store<u64>(range, end, 8);
  store<u32>(range, pid, 16);
  store<u32>(range, kinds, 20);
  store<u32>(STATE + USED, used + 1);
  const list = mmList();
  for (let link = list.next; link !== list; link = link.next) tlbClear(changetype<Mm>(changetype<usize>(link)).tlb);
  return true;
}

/** Nothing is watched any more. */
export function watchClear(): void {
  memory.fill(TABLE, 0, RANGES * RANGE);
  memory.fill(RECORDS, 0, ACCESSES * ACCESS);
  memory.fill(HOSTS, 0, ACCESSES * 4);
  memory.fill(STATE, 0, 16);
}

/** Whether the page at `tag` may have no TLB entry for reads, or for writes. */
export function watchKeeps(tag: u64, write: bool): bool {
  if (write && load<u32>(STATE + PHASE) == PHASE_STORES) return true;
  for (let i: u32 = 0; i < load<u32>(STATE + USED); i++) {
    const range = TABLE + i * RANGE;
    if (load<u64>(range) < tag + 4096 && load<u64>(range, 8) > tag) return true;
  }
  return false;
}

/** Index of the range that the access touches, −1 = none. */
function rangeOf(addr: u64, size: u64, kind: u32): i32 {
  if (!changetype<usize>(current)) return -1;
  for (let i: u32 = 0; i < load<u32>(STATE + USED); i++) {
    const range = TABLE + i * RANGE;
    if (load<u64>(range) >= addr + size || load<u64>(range, 8) <= addr || !(load<u32>(range, 20) & kind)) continue;
    const pid = load<i32>(range, 16);
    if (!pid || pid == current.group.pid) return <i32>i;
  }
  return -1;
}

/** An access of the CPU: whether it is to be refused for now. */
export function watchRefuses(addr: u64, size: i32, kind: u32): bool {
  return load<u32>(STATE + PHASE) == PHASE_REFUSE && rangeOf(addr, size, kind) >= 0;
}

/** `size` bytes as they stand at `host`, the first eight at the most. */
export function valueAt(host: usize, size: u32): u64 {
  let value: u64 = 0;
  for (let i = min<u32>(size, 8); i; i--) value = (value << 8) | load<u8>(host + i - 1);
  return value;
}

/** An access of the CPU that may be done, to the bytes at `host`. */
export function watchNote(addr: u64, size: i32, kind: u32, host: usize): void {
  const phase = load<u32>(STATE + PHASE);
  if (phase == PHASE_STORES ? kind != WATCH_WRITE : phase != PHASE_RECORD || rangeOf(addr, size, kind) < 0) return;
  record(addr, size, kind, host);
}

function record(addr: u64, size: u32, kind: u32, host: usize): void {
  const count = load<u32>(STATE + COUNT);
  if (count >= ACCESSES) return;
  const at = RECORDS + count * ACCESS;
  if (count && load<u64>(at - ACCESS) == addr && load<u32>(at - ACCESS, 32) == size) {
    // The parts of a read-modify-write are one write.
    if (kind == WATCH_WRITE) store<u32>(at - ACCESS, 1, 36);
    return;
  }
  store<u32>(STATE + COUNT, count + 1);
  const value = valueAt(host, size);
  store<u64>(at, addr);
  store<u64>(at, value, 8);
  store<u64>(at, value, 16);
  store<u64>(at, load<u64>(CPU + RIP), 24);
  store<u32>(at, size, 32);
  store<u32>(at, kind == WATCH_WRITE ? 1 : 0, 36);
  store<u32>(HOSTS + count * 4, <u32>host);
}

/** The next instruction's accesses of the ranges are recorded. */
export function watchRecord(): void {
  store<u32>(STATE + COUNT, 0);
  store<u32>(STATE + PHASE, PHASE_RECORD);
}

/** The instruction at `rip` is done: the host is told what it accessed. */
export function watchTell(rip: u64): void {
  const count = load<u32>(STATE + COUNT);
  store<u32>(STATE + PHASE, PHASE_TELL);
  for (let i: u32 = 0; i < count; i++) {
    const at = RECORDS + i * ACCESS;
    store<u64>(at, rip, 24);
    if (load<u32>(at, 36)) store<u64>(at, valueNow(load<u64>(at), load<u32>(at, 32), load<u32>(HOSTS + i * 4)), 16);
    hostMemoryHook(current.tid, at);
  }
  store<u32>(STATE + PHASE, PHASE_REFUSE);
  store<u32>(STATE + COUNT, 0);
}

/** What stands at `addr`; `host` is where, unless it was the bounce buffer of a store over the end of a page. */
function valueNow(addr: u64, size: u32, host: usize): u64 {
  if (host != WBOUNCE) return valueAt(host, size);
  let value: u64 = 0;
  for (let i = min<u32>(size, 8); i; i--) {
    const byte = resolve(addr + i - 1, 0, 1);
    value = (value << 8) | (byte ? load<u8>(byte) : 0);
  }
  return value;
}

/** The host itself reads and writes guest memory until watchResume. */
export function watchPause(): u32 {
  const phase = load<u32>(STATE + PHASE);
  if (load<u32>(STATE + USED)) store<u32>(STATE + PHASE, PHASE_TELL);
  return phase;
}

export function watchResume(phase: u32): void {
  store<u32>(STATE + PHASE, phase);
}

/** The kernel is about to write [addr, addr + size) for a system call. */
export function watchWill(addr: u64, size: u64): void {
  if (load<u32>(STATE + PHASE) != PHASE_REFUSE) return;
  const index = rangeOf(addr, size, WATCH_WRITE);
  if (index < 0) return;
  const range = TABLE + index * RANGE;
  const from = max(addr, load<u64>(range));
  const host = resolve(from, 0, 1);
  if (host) store<u64>(BEFORE, valueAt(host, <u32>min<u64>(min(addr + size, load<u64>(range, 8)) - from, 8)));
}

/** The kernel copied [addr, addr + size) for a system call; watchWill came before a write. */
export function watchKernel(addr: u64, size: u64, kind: u32): void {
  if (load<u32>(STATE + PHASE) != PHASE_REFUSE) return;
  const index = rangeOf(addr, size, kind);
  if (index < 0) return;
  const range = TABLE + index * RANGE;
  const from = max(addr, load<u64>(range));
  const length = <u32>(min(addr + size, load<u64>(range, 8)) - from);
  const host = resolve(from, 0, 1);
  if (!host) return;
  store<u32>(STATE + COUNT, 0);
  record(from, length, kind, host);
  if (kind == WATCH_WRITE) store<u64>(RECORDS, load<u64>(BEFORE), 8);
  watchTell(load<u64>(CPU + RIP));
}

/** The next instruction's stores are recorded, whatever they store to. */
export function storesRecord(): void {
  store<u32>(STATE + COUNT, 0);
  store<u32>(STATE + PHASE, PHASE_STORES);
  tlbClearWrite(currentMm.tlb);
}

/** The one store of the instruction that was stepped, of at most eight bytes in a page; 0 when there is none such. */
export function storeRecorded(): usize {
  store<u32>(STATE + PHASE, PHASE_REFUSE);
  const size = load<u32>(RECORDS, 32);
  const count = load<u32>(STATE + COUNT);
  store<u32>(STATE + COUNT, 0);
  return count == 1 && size <= 8 && load<u32>(HOSTS) != <u32>WBOUNCE ? RECORDS : 0;
}

/** Where the bytes of storeRecorded stand. */
export function storeHost(): usize {
  return load<u32>(HOSTS);
}
