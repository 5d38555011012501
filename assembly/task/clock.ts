// Clocks. With the virtual clock time is instructions (1 ns each) and the idle time that was skipped, so a
// run is repeatable; else it is the host's.
import { CPU, FUEL, RETIRED } from "../cpu/state";
import { hostClock } from "../imports";

const STATE = memory.data(32, 8);
const VIRTUAL: usize = 0; // u32
const SKIPPED: usize = 8; // u64 ns
const START: usize = 16; // u64: the host's monotonic clock at the start
const REAL: usize = 24; // u64: the host's time of day at the start
/** CLOCK_REALTIME at the start of a virtual machine: 2026-01-01 00:00:00 UTC. */
const EPOCH: u64 = 1_767_225_600_000_000_000;
/** Monotonic time at the start: a machine that has just come up. */
const UPTIME: u64 = 1_000_000_000;

export function clockInit(isVirtual: u32): void {
  store<u32>(STATE + VIRTUAL, isVirtual);
  store<u64>(STATE + SKIPPED, 0);
  store<u64>(STATE + START, isVirtual ? 0 : <u64>hostClock(1));
  store<u64>(STATE + REAL, isVirtual ? EPOCH : <u64>hostClock(0));
}

export function clockIsVirtual(): bool {
  return load<u32>(STATE + VIRTUAL) != 0;
}

/** CLOCK_MONOTONIC in ns. */
export function now(): u64 {
  if (load<u32>(STATE + VIRTUAL)) return UPTIME + load<u64>(CPU + RETIRED) + load<u64>(STATE + SKIPPED);
  return UPTIME + <u64>hostClock(1) - load<u64>(STATE + START);
}

/** CLOCK_REALTIME in ns. */
export function realtime(): u64 {
  return load<u64>(STATE + REAL) + now() - UPTIME;
}

/** The virtual clock jumps to `ns` (monotonic): nothing can happen before. */
export function clockSkipTo(ns: u64): void {
  const t = now();
  if (ns > t) store<u64>(STATE + SKIPPED, load<u64>(STATE + SKIPPED) + ns - t);
}

/** The kernel's own work for `current` counts in its slice. */
export function fuelCharge(instructions: i64): void {
  store<i64>(CPU + FUEL, load<i64>(CPU + FUEL) - instructions);
}

const SLICE_START = memory.data(8, 8);

/** The main loop begins a slice. */
export function sliceBegins(): void {
  store<u64>(SLICE_START, load<u64>(CPU + RETIRED));
}

/** Instructions of the running slice, which are not yet in Task.instructions. */
export function sliceInstructions(): u64 {
  return load<u64>(CPU + RETIRED) - load<u64>(SLICE_START);
}
