// Clocks. With the virtual clock time is instructions (1 ns each) and the idle time that was skipped, so a
// run is repeatable; else it is the host's.
import { CPU, FUEL, RETIRED } from "../cpu/state";
import { hostClock } from "../imports";

const STATE = memory.data(64, 8);
const VIRTUAL: usize = 0; // u32
const SKIPPED: usize = 8; // u64 ns
const START: usize = 16; // u64: the host's monotonic clock at the start
// CLOCK_REALTIME was REAL when CLOCK_MONOTONIC was BASE; since then it goes faster by RATE and makes up for SLEW.
const REAL: usize = 24; // u64 ns
const BASE: usize = 32; // u64 ns
const RATE: usize = 40; // i64, 2^-16 ppm
const SLEW: usize = 48; // i64 ns, at SLEW_RATE
const TAI: usize = 56; // i32 s
/** adjtime(3) and the phase-locked loop make up 500 µs a second; kernel: MAX_TICKADJ. */
const SLEW_RATE: u64 = 2000;
/** CLOCK_REALTIME at the start of a virtual machine: 2026-01-01 00:00:00 UTC. */
const EPOCH: u64 = 1_767_225_600_000_000_000;
/** Monotonic time at the start: a machine that has just come up. */
const UPTIME: u64 = 1_000_000_000;

export function clockInit(isVirtual: u32): void {
  memory.fill(STATE, 0, 64);
  store<u32>(STATE + VIRTUAL, isVirtual);
  store<u64>(STATE + START, isVirtual ? 0 : <u64>hostClock(1));
  store<u64>(STATE + REAL, isVirtual ? EPOCH : <u64>hostClock(0));
  store<u64>(STATE + BASE, UPTIME);
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
  const since = now() - load<u64>(STATE + BASE);
  const real = load<u64>(STATE + REAL) + since;
  return clockDrifts() ? real + rated(since) + slewed(since) : real;
}

/** Whether CLOCK_REALTIME does not keep step with CLOCK_MONOTONIC. */
export function clockDrifts(): bool {
  return (load<i64>(STATE + RATE) | load<i64>(STATE + SLEW)) != 0;
}

function rated(since: u64): i64 {
  return <i64>(<f64>since * <f64>load<i64>(STATE + RATE) / 65_536_000_000.0);
}

function slewed(since: u64): i64 {
  const slew = load<i64>(STATE + SLEW);
  const most = <i64>(since / SLEW_RATE);
  return slew < 0 ? -min<i64>(-slew, most) : min<i64>(slew, most);
}

/** CLOCK_REALTIME goes on from what it shows now. */
function rebase(): void {
  const real = realtime();
  const t = now();
  store<i64>(STATE + SLEW, clockSlewLeft());
  store<u64>(STATE + REAL, real);
  store<u64>(STATE + BASE, t);
}

/** Sets CLOCK_REALTIME; what depends on it has to be told (task/clockset.ts). */
export function realtimeSet(ns: u64): void {
  rebase();
  store<u64>(STATE + REAL, ns);
}

/** CLOCK_REALTIME goes faster by `rate` 2^-16 ppm from now on. */
export function clockRateSet(rate: i64): void {
  rebase();
  store<i64>(STATE + RATE, rate);
}

/** CLOCK_REALTIME makes up for `ns` little by little. */
export function clockSlewSet(ns: i64): void {
  rebase();
  store<i64>(STATE + SLEW, ns);
}

/** What is still to be made up for, ns. */
export function clockSlewLeft(): i64 {
  return load<i64>(STATE + SLEW) - slewed(now() - load<u64>(STATE + BASE));
}

/** Seconds that CLOCK_TAI is ahead of CLOCK_REALTIME. */
export function clockTai(): i32 {
  return load<i32>(STATE + TAI);
}

export function clockTaiSet(seconds: i32): void {
  store<i32>(STATE + TAI, seconds);
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
