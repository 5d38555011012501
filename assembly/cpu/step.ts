// Guest code instruction by instruction: for hooks on code and memory, and for pre-emption at any instruction under choices.
// cpuRun comes here while somebody wants one of them.
//
// Without exact pre-emption a slice ends at a taken transfer here too, so that watching does not change a run.
import { interpret } from "../gen/interp";
import { hostCodeHook } from "../imports";
import { frameInfo } from "../mm/frames";
import { memFetch } from "../mm/tlb";
import { WATCHED, storeHost, storeRecorded, storesRecord, valueAt, watchAdd, watchClear, watchRecord, watchTell } from "../mm/watch";
import { current } from "../task/task";
import { codeKilledClear, stepAt } from "./code";
import { AGAIN, EXIT_FAULT, LEFT } from "./exec";
import { TF } from "./flags";
import { EXIT_FUEL, codeEnter, singleStep } from "./run";
import { CPU, FAULT_VECTOR, FLAG_OTHER, FUEL, RETIRED, RIP, SLOT_PAGE } from "./state";

export const HOOK_CODE: u32 = 0;
/** Kinds of hookAdd from here on: WATCH_* bits of mm/watch.ts. */
const HOOK_MEMORY: u32 = 1;

const RANGE: u32 = 24;
const RANGES: u32 = 64;
const TABLE = memory.data(24 * 64, 8); // u64 start │ u64 end │ u32 process, 0 = any │ u32 unused
const STATE = memory.data(16, 8);
const MODE: usize = 0; // u32 MODE_*
const USED: usize = 4; // u32 ranges of code

const MODE_CODE: u32 = 1;
const MODE_MEMORY: u32 = 2;
/** The slice ends at the instruction where the fuel does. */
const MODE_EXACT: u32 = 4;
/** The last instruction's store is kept back. */
const MODE_DELAY: u32 = 8;

/** The last instructions of an exact slice, which are stepped; longer blocks without a taken branch run over its end. */
const STEPS: i64 = 256;
/** As cpu/run.ts. */
const CHUNK: i64 = 200_000;

/** Whether cpuRun has to leave its work to stepRun. */
// @ts-ignore: decorator
@inline
export function stepping(): bool {
  return load<u32>(STATE + MODE) != 0;
}

/** The next slice ends exactly, with or without its last store kept back. */
export function stepExactly(exact: bool, delay: bool): void {
  const mode = load<u32>(STATE + MODE) & ~(MODE_EXACT | MODE_DELAY);
  store<u32>(STATE + MODE, mode | (exact ? MODE_EXACT : 0) | (exact && delay ? MODE_DELAY : 0));
}

/** Hooks [start, end) of process `pid` (0: of all): kind 0 = its instructions, 1 = reads, 2 = writes, 3 = both. 0, or −1 when there are too many. */
export function hookAdd(kind: u32, start: u64, end: u64, pid: i32): i32 {
  if (kind >= HOOK_MEMORY) {
    if (!watchAdd(start, end, pid, kind)) return -1;
    store<u32>(STATE + MODE, load<u32>(STATE + MODE) | MODE_MEMORY);
    return 0;
  }
  const used = load<u32>(STATE + USED);
  if (used == RANGES) return -1;
  const range = TABLE + used * RANGE;
  store<u64>(range, start);
  store<u64>(range, end, 8);
  store<u32>(range, pid, 16);
  store<u32>(STATE + USED, used + 1);
  store<u32>(STATE + MODE, load<u32>(STATE + MODE) | MODE_CODE);
  return 0;
}

/** No code and no memory is hooked any more. */
export function hooksClear(): void {
  memory.fill(TABLE, 0, RANGES * RANGE);
  memory.fill(STATE, 0, 16);
  watchClear();
}

/** Whether the instruction at rip must be stepped: a hook is in its page or the next one, into which a block can run. */
function stepsHere(rip: u64): bool {
  for (let i: u32 = 0; i < load<u32>(STATE + USED); i++) {
    const range = TABLE + i * RANGE;
    if (rip + 8192 > load<u64>(range) && (rip & ~(<u64>0xfff)) < load<u64>(range, 8)) return true;
  }
  return false;
}

function tellCode(rip: u64): void {
  for (let i: u32 = 0; i < load<u32>(STATE + USED); i++) {
    const range = TABLE + i * RANGE;
    const pid = load<i32>(range, 16);
    if (rip < load<u64>(range) || rip >= load<u64>(range, 8) || (pid && pid != current.group.pid)) continue;
    hostCodeHook(current.tid, rip);
    return;
  }
}

/** Whether the instruction at rip locks the bus (or may: it cannot be seen whole). */
function locks(rip: u64): bool {
  if ((rip & 0xfff) > 4096 - 16) return true;
  let host = memFetch(rip);
  if (!host) return true;
  while (true) {
    const byte = load<u8>(host++);
    if (byte == 0xf0) return true;
    const prefix = (byte & 0xf0) == 0x40 || byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || (byte & 0xe7) == 0x26 || (byte & 0xfe) == 0x64;
    // xchg with memory locks by itself.
    if (!prefix) return (byte & 0xfe) == 0x86;
  }
}

/** Instructions that interpret counted. */
// @ts-ignore: decorator
@inline
function account(given: i32): i64 {
  const used = <i64>(given - load<i32>(LEFT));
  const fuel = load<i64>(CPU + FUEL) - used;
  store<i64>(CPU + FUEL, fuel);
  store<u64>(CPU + RETIRED, load<u64>(CPU + RETIRED) + used);
  return fuel;
}

let length: u64 = 0;

/** One instruction: an exit of interpret. `length` is its length. */
function once(rip: u64): i32 {
  const pc = stepAt(rip);
  if (!pc) {
    store<i32>(LEFT, 0);
    return EXIT_FAULT;
  }
  store<u64>(CPU + SLOT_PAGE, rip & ~(<u64>0xfff));
  length = <u64>(load<u16>(pc, 2) >> 12);
  return interpret(pc, 0);
}

/** As cpuRun. */
export function stepRun(): i32 {
  const mode = load<u32>(STATE + MODE);
  let fuel = load<i64>(CPU + FUEL);
  if (fuel <= 0) return EXIT_FUEL;
  while (true) {
    codeKilledClear();
    let rip = load<u64>(CPU + RIP);
    if (mode & MODE_CODE) {
      tellCode(rip);
      rip = load<u64>(CPU + RIP);
    }
    if (load<u32>(CPU + FLAG_OTHER) & <u32>TF) return singleStep(fuel);
    const ahead = fuel - (mode & MODE_EXACT ? STEPS : 0);
    let exit: i32;
    let taken = true;
    if (ahead > 0 && !(mode & MODE_CODE && stepsHere(rip))) {
      const pc = codeEnter();
      if (!pc) return EXIT_FAULT;
      const chunk = mode & MODE_CODE ? 0 : <i32>min<i64>(ahead, CHUNK);
      exit = interpret(pc, chunk);
      fuel = account(chunk);
    } else {
      const delays = fuel == 1 && mode & MODE_DELAY && !locks(rip);
      if (delays) storesRecord();
      exit = once(rip);
      fuel = account(0);
      if (delays) keepBack(exit);
      taken = load<u64>(CPU + RIP) != rip + length;
    }
    if (exit == EXIT_FAULT && load<u32>(CPU + FAULT_VECTOR) == WATCHED) {
      const at = load<u64>(CPU + RIP);
      watchRecord();
      exit = once(at);
      fuel = account(0);
      watchTell(at);
      taken = load<u64>(CPU + RIP) != at + length;
    }
    if (exit != AGAIN) return exit;
    if (mode & MODE_EXACT ? fuel <= 0 : fuel < 0 && taken) return EXIT_FUEL;
  }
}

/** Takes back what the last instruction stored: others see it only when the task goes on, as with a store buffer; SDM vol. 3, 9.2.3.4. */
function keepBack(exit: i32): void {
  const stored = storeRecorded();
  if (exit != AGAIN || !stored) return;
  const host = storeHost();
  if (frameInfo(host & ~0xfff).codeLines) return;
  const size = load<u32>(stored, 32);
  current.delayedAddress = load<u64>(stored);
  current.delayedSize = size;
  current.delayedValue = valueAt(host, size);
  memory.copy(host, stored + 8, size);
}
