// Running guest code: what the scheduler calls.
import { interpret } from "../gen/interp";
import { JUMP_CACHE, codeGen, codeKilledClear, jumpMiss, stepAt } from "./code";
import { AGAIN, EXIT_FAULT, LEFT } from "./exec";
import { TF } from "./flags";
import { stepRun, stepping } from "./step";
import { CPU, FAULT_CODE, FAULT_ERROR, FAULT_SIGNAL, FAULT_VECTOR, FLAG_OTHER, FUEL, RETIRED, RIP, SLOT_PAGE } from "./state";

/** cpuRun has used up its fuel. */
export const EXIT_FUEL: i32 = 0;
/** V8 puts optimised code in place only when a function is entered again: the loop is left this often. */
const CHUNK: i64 = 200_000;

/** The operation for rip, with the page slot set; 0 with the fault set. */
// @ts-ignore: decorator
@inline
export function codeEnter(): usize {
  const rip = load<u64>(CPU + RIP);
  const entry = JUMP_CACHE + ((<usize>rip & 0xfff) << 4);
  if (load<u64>(entry) == rip && load<u32>(entry, 12) == codeGen) {
    store<u64>(CPU + SLOT_PAGE, rip & ~(<u64>0xfff));
    return load<u32>(entry, 8);
  }
  return jumpMiss(rip);
}

/** One instruction with the trap flag set: #DB after it. */
export function singleStep(fuel: i64): i32 {
  const rip = load<u64>(CPU + RIP);
  const pc = stepAt(rip);
  if (!pc) return EXIT_FAULT;
  store<u64>(CPU + SLOT_PAGE, rip & ~(<u64>0xfff));
  const exit = interpret(pc, 0);
  store<i64>(CPU + FUEL, fuel - 1);
  store<u64>(CPU + RETIRED, load<u64>(CPU + RETIRED) + 1);
  if (exit != AGAIN) return exit;
  store<u32>(CPU + FAULT_VECTOR, 1);
  store<u32>(CPU + FAULT_ERROR, 0);
  store<u32>(CPU + FAULT_CODE, 0);
  store<u32>(CPU + FAULT_SIGNAL, 0);
  return EXIT_FAULT;
}

/** Runs from rip until the fuel is used up, a system call, or a fault: EXIT_FUEL, EXIT_SYSCALL, EXIT_FAULT. */
export function cpuRun(): i32 {
  if (stepping()) return stepRun();
  let fuel = load<i64>(CPU + FUEL);
  while (true) {
    if (fuel <= 0) return EXIT_FUEL;
    codeKilledClear();
    if (load<u32>(CPU + FLAG_OTHER) & <u32>TF) return singleStep(fuel);
    const pc = codeEnter();
    if (!pc) return EXIT_FAULT;
    const chunk = <i32>min<i64>(fuel, CHUNK);
    const exit = interpret(pc, chunk);
    const used = <i64>(chunk - load<i32>(LEFT));
    fuel -= used;
    store<i64>(CPU + FUEL, fuel);
    store<u64>(CPU + RETIRED, load<u64>(CPU + RETIRED) + used);
    if (exit != AGAIN) return exit;
  }
}
