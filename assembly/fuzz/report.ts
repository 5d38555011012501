// The report of a program, kept when it is asked for: what ended with which result, in order, and the bytes that calls left
// in the memory of their arguments.
//
//   event: u8 type │ u8 actor │ u16 call │ u32 bytes │ i64 result │ bytes, padded to 8
import { ACTORS_MAX, REPORT, REPORT_BYTES } from "./layout";
import { actorAt } from "./actors";

export const EVENT_DONE: u32 = 1; // a call ended
export const EVENT_BLOCKED: u32 = 2; // a call sleeps
export const EVENT_SIGNAL: u32 = 3; // a handler ran; result = signal
export const EVENT_GONE: u32 = 4; // the actor is gone
export const EVENT_STOPPED: u32 = 5;
export const EVENT_STEP: u32 = 6; // a step of the schedule begins
export const EVENT_TIME: u32 = 7; // nothing can happen but by the clock
export const EVENT_QUIET: u32 = 8; // nobody can go on

const HEAD: usize = 16;
let reporting: bool = false;
let used: u32 = 0;

export function reportBegin(on: bool): void {
  reporting = on;
  used = 0;
}

// @ts-ignore: decorator
@inline
export function isReporting(): bool {
  return reporting;
}

export function reportBytes(): u32 {
  return used;
}

/** Appends an event; where its bytes go, 0 when there is no room. */
export function reportEvent(type: u32, actor: u32, call: u32, result: i64, bytes: u32): usize {
  if (!reporting) return 0;
  const room = (bytes + 7) & ~7;
  if (used + HEAD + room > REPORT_BYTES) return 0;
  const at = REPORT + used;
  store<u8>(at, type);
  store<u8>(at, actor, 1);
  store<u16>(at, call, 2);
  store<u32>(at, bytes, 4);
  store<i64>(at, result, 8);
  used += <u32>HEAD + room;
  return at + HEAD;
}

export function signalHandled(tid: i32, signal: i32): void {
  for (let i: u32 = 0; i < ACTORS_MAX; i++) {
    const actor = actorAt(i);
    if (actor.tid != tid) continue;
    actor.handled++;
    reportEvent(EVENT_SIGNAL, i, actor.call, signal, 0);
    return;
  }
}
