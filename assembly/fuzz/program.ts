// A program in memory: a head, and calls one after the other.
//
//   head   128 bytes: u16 calls │ u8 processes │ u8 schedule │ u32 bytes │ u64 seed │ u8 depth │ u8 steps │ u16 windows
//                     │ u32 spare │ at 24: u8 steps[72] │ at 96: u8 choices[32]
//   call   8 bytes: u16 variant │ u8 actor │ u8 args │ u8 cells │ u8 makes (actor) │ u16 bytes of its window in use
//   cell   16 bytes: u8 kind │ u8 size │ u16 aux │ u32 address │ u64 value       the arguments first, then what is stored before it
import { PROGRAM_BYTES } from "./layout";

export const HEAD: u32 = 128;
export const STEPS: usize = 24;
export const STEPS_MAX: u32 = 72;
export const CHOICES: usize = 96;
export const CHOICES_MAX: u32 = 32;
export const CALL_HEAD: u32 = 8;
export const CELL: u32 = 16;

export const C_CONST: u8 = 0;
export const C_REF: u8 = 1; // aux: call × 4 + slot; value when that call has no result
export const C_PTR: u8 = 2;
export const C_PID: u8 = 3; // value: actor
export const C_FILL: u8 = 4; // aux bytes of the letter `value`
export const C_HANDLER: u8 = 5; // 0 SIG_DFL, 1 SIG_IGN, 2 a handler
export const C_RESTORER: u8 = 6;
export const C_STR: u8 = 7; // string number `value` of the grammar, with its NUL
export const C_TEXT: u8 = 8; // the same without NUL, cut to aux bytes

/** How the next actor is picked. */
export const SCHED_ORDER: u8 = 0; // as the calls stand; those that can't go on are passed over
export const SCHED_RANDOM: u8 = 1; // sticky
export const SCHED_PCT: u8 = 2;
export const SCHED_PREEMPT: u8 = 3; // run on, with `depth` pre-emptions at most
export const SCHED_STEPS: u8 = 4; // steps[]
export const SCHED_UNIFORM: u8 = 5;
/** Whoever was woken goes on at once, as on Linux when nobody holds it back. */
export const SCHED_EAGER: u8 = 0x80;

@unmanaged
export class Program {
  calls: u16;
  processes: u8;
  schedule: u8;
  bytes: u32;
  seed: u64;
  depth: u8;
  steps: u8;
  windows: u16;
  spare: u32;
}

// @ts-ignore: decorator
@inline
export function programAt(at: usize): Program {
  return changetype<Program>(at);
}

// @ts-ignore: decorator
@inline
export function callVariant(call: usize): u32 {
  return load<u16>(call);
}

// @ts-ignore: decorator
@inline
export function callActor(call: usize): u32 {
  return load<u8>(call, 2);
}

// @ts-ignore: decorator
@inline
export function callArgs(call: usize): u32 {
  return load<u8>(call, 3);
}

// @ts-ignore: decorator
@inline
export function callCells(call: usize): u32 {
  return load<u8>(call, 4);
}

// @ts-ignore: decorator
@inline
export function callMakes(call: usize): u32 {
  return load<u8>(call, 5);
}

// @ts-ignore: decorator
@inline
export function callWindow(call: usize): u32 {
  return load<u16>(call, 6);
}

// @ts-ignore: decorator
@inline
export function callBytes(call: usize): u32 {
  return CALL_HEAD + (callArgs(call) + callCells(call)) * CELL;
}

// @ts-ignore: decorator
@inline
export function firstCall(program: usize): usize {
  return program + HEAD;
}

/** Call number `i`; the end of the program when there are fewer. */
export function callAt(program: usize, i: u32): usize {
  let call = firstCall(program);
  const count = <u32>programAt(program).calls;
  for (let n: u32 = 0; n < i && n < count; n++) call += callBytes(call);
  return call;
}

export function programClear(at: usize, processes: u32): void {
  memory.fill(at, 0, HEAD);
  const program = programAt(at);
  program.processes = <u8>processes;
  program.bytes = HEAD;
}

/** Whether a call of `bytes` more fits. */
export function programRoom(at: usize, bytes: u32): bool {
  return programAt(at).bytes + bytes <= <u32>PROGRAM_BYTES - 64;
}
