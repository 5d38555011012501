// Runs one program: its calls by its schedule, until nobody can go on.
import {
  ACTOR_BLOCKED,
  ACTOR_DEAD,
  ACTOR_NONE,
  ACTOR_READY,
  ACTOR_STOPPED,
  Actor,
  actorAt,
  actorsRestore,
  takeMade,
} from "./actors";
import { ACTORS_MAX, CALL_STATE, CHOICE_TAPE, DATA, FEATURES, FEATURES_SEEN, FEATURE_BITS, FUEL_LEFT, FUEL_OF_PROGRAM, STACKS, STACK_BYTES } from "./layout";
import { V_PAIR, Variant, stringLength, stringStart, variantAt } from "./grammar";
import {
  HANDLER,
  RESTORER,
  activate,
  advanceClock,
  findTask,
  inSyscall,
  isBlocked,
  isRunnable,
  isStopped,
  kernelAdopt,
  kernelCall,
  kernelChoices,
  kernelResume,
  kernelSignals,
  peek,
  poke,
  pokeBytes,
  pokeFill,
  runTimers,
  wakeForNothing,
} from "./kernel";
import {
  CALL_HEAD,
  CELL,
  CHOICES,
  CHOICES_MAX,
  C_CONST,
  C_FILL,
  C_HANDLER,
  C_PID,
  C_PTR,
  C_REF,
  C_RESTORER,
  C_STR,
  C_TEXT,
  callActor,
  callArgs,
  callBytes,
  callCells,
  callMakes,
  callVariant,
  callWindow,
  firstCall,
  programAt,
} from "./program";
import {
  EVENT_BLOCKED,
  EVENT_DONE,
  EVENT_GONE,
  EVENT_QUIET,
  EVENT_STEP,
  EVENT_STOPPED,
  EVENT_TIME,
  isReporting,
  reportEvent,
} from "./report";
import { scheduleBegin, schedulePick } from "./schedule";
import { EAGAIN } from "../abi/errno";
import { CHOOSE_ALLOC } from "../lib/choose";
import { Task } from "../task/task";
import { BLOCKED } from "../task/wait";

const CALL_BYTES: u32 = 64;
export const CALL_NOT: u32 = 0;
export const CALL_DONE: u32 = 1;
export const CALL_SLEEPS: u32 = 2;
/** Steps of a program at the most: restarts and timers may go on for ever. */
const STEPS_LIMIT: u32 = 400;

@unmanaged
class CallState {
  result: i64;
  out0: i64;
  out1: i64;
  status: u32;
  call: u32;
  /** Number of the next call of the same actor. */
  next: u32;
  spare: u32;
}

// @ts-ignore: decorator
@inline
function stateAt(i: u32): CallState {
  return changetype<CallState>(CALL_STATE + i * CALL_BYTES);
}

let count: u32 = 0;
/** Actors in a call that sleeps, or stopped; and all that are there. */
let sleeping: u32 = 0;
let present: u32 = 0;
let newFeatures: u32 = 0;
let lastActor: u32 = 0;
let lastNr: u32 = 0;
let lastObject: u32 = 0;

export function featuresNew(): u32 {
  return newFeatures;
}

function feature(hash: u32): void {
  const at = FEATURES + ((hash * 0x9e3779b1) >> (32 - FEATURE_BITS));
  if (load<u8>(at)) return;
  store<u8>(at, 1);
  store<u32>(FEATURES_SEEN, load<u32>(FEATURES_SEEN) + 1);
  newFeatures++;
}

// @ts-ignore: decorator
@inline
function stackOf(actor: u32): u64 {
  return STACKS + <u64>(actor + 1) * STACK_BYTES - 256;
}

function prepare(program: usize): void {
  actorsRestore();
  count = programAt(program).calls;
  let call = firstCall(program);
  for (let i: u32 = 0; i < count; i++) {
    const s = stateAt(i);
    s.status = CALL_NOT;
    s.call = <u32>call;
    s.result = -1;
    s.out0 = -1;
    s.out1 = -1;
    call += callBytes(call);
  }
  // From the end: the next call of each actor.
  for (let a: u32 = 0; a < ACTORS_MAX; a++) actorAt(a).cursor = u32.MAX_VALUE;
  for (let i = count; i-- > 0; ) {
    const s = stateAt(i);
    const actor = actorAt(callActor(s.call) & (ACTORS_MAX - 1));
    s.next = actor.cursor;
    actor.cursor = i;
  }
  present = 0;
  for (let a: u32 = 0; a < ACTORS_MAX; a++) if (actorAt(a).status != ACTOR_NONE) present |= 1 << a;
  sleeping = 0;
  newFeatures = 0;
  lastActor = 0;
  lastNr = 0;
  lastObject = u32.MAX_VALUE;
}

function valueOf(cell: usize): u64 {
  const value = load<u64>(cell, 8);
  switch (<u32>load<u8>(cell)) {
    case C_REF: {
      const aux = <u32>load<u16>(cell, 2);
      if (aux >> 2 >= count) return value;
      const got = load<i64>(CALL_STATE + (aux >> 2) * CALL_BYTES + ((aux & 3) << 3));
      return got < 0 ? value : got;
    }
    case C_PID: {
      const tid = actorAt(<u32>value & (ACTORS_MAX - 1)).tid;
      return tid ? tid : 0x3fffff;
    }
    case C_HANDLER: return value == 2 ? HANDLER : value;
    case C_RESTORER: return RESTORER;
    default: return value;
  }
}

function storeCells(call: usize): void {
  const cells = callCells(call);
  let cell = call + CALL_HEAD + callArgs(call) * CELL;
  for (let i: u32 = 0; i < cells; i++) {
    const address = <u64>load<u32>(cell, 4);
    switch (<u32>load<u8>(cell)) {
      case C_FILL: pokeFill(address, load<u8>(cell, 8), load<u16>(cell, 2)); break;
      case C_STR: pokeBytes(address, stringStart(load<u32>(cell, 8)), stringLength(load<u32>(cell, 8)) + 1); break;
      case C_TEXT: pokeBytes(address, stringStart(load<u32>(cell, 8)), min<u32>(stringLength(load<u32>(cell, 8)), load<u16>(cell, 2))); break;
      default: poke(address, valueOf(cell), load<u8>(cell, 1)); break;
    }
    cell += CELL;
  }
}

// @ts-ignore: decorator
@inline
function argOf(call: usize, i: u32): u64 {
  return i < callArgs(call) ? valueOf(call + CALL_HEAD + i * CELL) : 0;
}

/** First pointer among the arguments of a call, 0 = none. */
function firstPointer(call: usize): u64 {
  const args = callArgs(call);
  for (let i: u32 = 0; i < args; i++) {
    const cell = call + CALL_HEAD + i * CELL;
    if (load<u8>(cell) == C_PTR) return load<u64>(cell, 8);
  }
  return 0;
}

/** Where the window of a call begins: the lowest pointer into it, 0 = none. */
function windowOf(call: usize): u64 {
  const first = firstPointer(call);
  return first >= DATA && first < DATA + 0xf000 ? first & ~1023 : 0;
}

function ended(index: u32, actor: u32, result: i64): void {
  const s = stateAt(index);
  s.status = CALL_DONE;
  s.result = result;
  const call = <usize>s.call;
  const v = variantAt(callVariant(call));
  if (v.flags & V_PAIR && result >= 0) {
    const host = peek(firstPointer(call));
    if (host) {
      s.out0 = load<i32>(host);
      s.out1 = load<i32>(host, 4);
    }
  }
  const error: u32 = result < 0 ? <u32>-result : 0;
  feature((callVariant(call) << 9) ^ error);
  if (isReporting()) reportDone(index, actor, result);
}

function reportDone(index: u32, actor: u32, result: i64): void {
  const call = <usize>stateAt(index).call;
  const window = windowOf(call);
  const bytes = window ? callWindow(call) : 0;
  const host = bytes ? peek(window) : 0;
  const at = reportEvent(EVENT_DONE, actor, index, result, host ? bytes : 0);
  if (at && host) memory.copy(at, host, bytes);
}

/** Whatever fork or clone has made becomes an actor. */
function adopt(call: usize): void {
  const tid = takeMade();
  if (!tid) return;
  const task = findTask(tid);
  if (!task) return;
  kernelAdopt(task);
  const i = callMakes(call) & (ACTORS_MAX - 1);
  const actor = actorAt(i);
  if (actor.status != ACTOR_NONE) {
    // That number is taken: nobody drives it.
    return;
  }
  actor.task = <u32>changetype<usize>(task);
  actor.tid = tid;
  actor.status = ACTOR_READY;
  actor.handled = 0;
  actor.call = 0;
  present |= 1 << i;
}

function stepCall(i: u32): void {
  const actor = actorAt(i);
  const index = actor.cursor;
  const s = stateAt(index);
  const call = <usize>s.call;
  actor.call = index;
  actor.cursor = s.next;
  const task = changetype<Task>(<usize>actor.task);
  activate(task);
  storeCells(call);
  const v = variantAt(callVariant(call));
  const a0 = argOf(call, 0);
  note(i, v, a0);
  reportEvent(EVENT_STEP, i, index, 0, 0);
  const result = kernelCall(task, v.nr, a0, argOf(call, 1), argOf(call, 2), argOf(call, 3), argOf(call, 4), argOf(call, 5), stackOf(i));
  if (callMakes(call)) adopt(call);
  settle(i, result);
}

/** Orders of operations on one thing by two actors. */
function note(i: u32, v: Variant, a0: u64): void {
  if (i != lastActor && <u32>a0 == lastObject) feature(0x40000000 ^ (lastNr << 14) ^ <u32>v.nr ^ (popcnt(sleeping) << 26));
  lastActor = i;
  lastNr = <u32>v.nr;
  lastObject = <u32>a0;
}

function stepResume(i: u32): void {
  const actor = actorAt(i);
  const task = changetype<Task>(<usize>actor.task);
  activate(task);
  sleeping &= ~(1 << i);
  actor.status = ACTOR_READY;
  const wasIn = inSyscall(task);
  reportEvent(EVENT_STEP, i, actor.call, 1, 0);
  const result = kernelResume(task, stackOf(i));
  if (wasIn || stateAt(actor.call).status == CALL_SLEEPS) settle(i, result);
  else settleIdle(i);
}

/** After a call of actor `i` came back. */
function settle(i: u32, result: i64): void {
  const actor = actorAt(i);
  const index = actor.call;
  if (actor.status == ACTOR_DEAD) {
    gone(i);
    return;
  }
  if (result != BLOCKED) {
    ended(index, i, result);
    return;
  }
  const s = stateAt(index);
  const task = changetype<Task>(<usize>actor.task);
  if (isStopped(task)) {
    actor.status = ACTOR_STOPPED;
    s.status = CALL_SLEEPS;
    sleeping |= 1 << i;
    reportEvent(EVENT_STOPPED, i, index, 0, 0);
    return;
  }
  if (s.status != CALL_SLEEPS) {
    s.status = CALL_SLEEPS;
    feature(0x20000000 ^ (callVariant(s.call) << 8) ^ sleeping);
  }
  actor.status = ACTOR_BLOCKED;
  sleeping |= 1 << i;
  reportEvent(EVENT_BLOCKED, i, index, 0, 0);
}

function settleIdle(i: u32): void {
  const actor = actorAt(i);
  if (actor.status == ACTOR_DEAD) {
    gone(i);
    return;
  }
  const task = changetype<Task>(<usize>actor.task);
  if (isStopped(task)) {
    actor.status = ACTOR_STOPPED;
    sleeping |= 1 << i;
    reportEvent(EVENT_STOPPED, i, actor.call, 1, 0);
  }
}

function gone(i: u32): void {
  if (!(present & (1 << i))) return;
  present &= ~(1 << i);
  sleeping &= ~(1 << i);
  reportEvent(EVENT_GONE, i, actorAt(i).call, 0, 0);
}

/** Signals reach those that are between two calls; the dead are seen. */
function afterStep(): void {
  if (sleeping) runTimers();
  // Whoever ends may send a signal to one that was looked at before.
  for (let before: u32 = ~present; before != present; ) {
    before = present;
    lookAtAll();
  }
}

function lookAtAll(): void {
  let mask = present;
  while (mask) {
    const i = ctz(mask);
    mask &= mask - 1;
    const actor = actorAt(i);
    if (actor.status == ACTOR_READY) {
      const task = changetype<Task>(<usize>actor.task);
      if (!kernelSignals(task, stackOf(i))) settleIdle(i);
    }
    if (actor.status == ACTOR_DEAD) gone(i);
  }
}

function wokenOf(): u32 {
  let woken: u32 = 0;
  let mask = sleeping;
  while (mask) {
    const i = ctz(mask);
    mask &= mask - 1;
    const actor = actorAt(i);
    if (actor.status == ACTOR_DEAD) {
      gone(i);
      continue;
    }
    if (isRunnable(changetype<Task>(<usize>actor.task))) woken |= 1 << i;
  }
  return woken;
}

function readyOf(): u32 {
  let ready: u32 = 0;
  let mask = present & ~sleeping;
  while (mask) {
    const i = ctz(mask);
    mask &= mask - 1;
    if (actorAt(i).cursor < count) ready |= 1 << i;
  }
  return ready;
}

/** Writes the answers that the program gives as a tape, and how many there are: of CHOOSE_ALLOC the call after so many fails. */
function tapeOf(program: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < CHOICES_MAX; i++) {
    const choice = <u32>load<u8>(program + CHOICES + i);
    if (!choice) continue;
    const kind = choice >> 5;
    const answer = choice & 31;
    for (let n: u32 = kind == CHOOSE_ALLOC ? answer : 0; n; n--) tapeEntry(count++, kind, 0);
    tapeEntry(count++, kind, kind == CHOOSE_ALLOC ? 1 : answer);
  }
  return count;
}

function tapeEntry(i: u32, kind: u32, answer: u32): void {
  store<u32>(CHOICE_TAPE + (i << 3), kind << 24);
  store<u32>(CHOICE_TAPE + (i << 3), answer, 4);
}

/** Runs the program at `program` from the snapshot's state. */
export function execute(program: usize): void {
  store<u32>(FUEL_LEFT, FUEL_OF_PROGRAM);
  prepare(program);
  scheduleBegin(program);
  const choices = load<u64>(program + CHOICES) ? tapeOf(program) : 0;
  if (choices) kernelChoices(CHOICE_TAPE, choices);
  run();
  if (choices) kernelChoices(0, 0);
  if (sleeping) reportEvent(EVENT_QUIET, 0, 0, sleeping, 0);
}

function run(): void {
  for (let step: u32 = 0; step < STEPS_LIMIT; step++) {
    const woken = sleeping ? wokenOf() : 0;
    const ready = readyOf() | woken;
    if (!ready) {
      if (!sleeping || !advanceClock()) break;
      reportEvent(EVENT_TIME, 0, 0, 0, 0);
      continue;
    }
    const i = schedulePick(ready, woken);
    if (woken & (1 << i)) stepResume(i);
    else stepCall(i);
    afterStep();
  }
}

/** Actors that sleep for ever now. */
export function sleepers(): u32 {
  return sleeping;
}

/** Lets every sleeper look again; the first whose call then ends should have been woken before. Its number, or −1. */
export function lostWakeup(): i32 {
  let mask = sleeping;
  while (mask) {
    const i = ctz(mask);
    mask &= mask - 1;
    const actor = actorAt(i);
    if (actor.status != ACTOR_BLOCKED) continue;
    const task = changetype<Task>(<usize>actor.task);
    if (!isBlocked(task)) continue;
    activate(task);
    wakeForNothing(task);
    const result = kernelResume(task, stackOf(i));
    // O_NONBLOCK may have been set meanwhile.
    if (actor.status != ACTOR_DEAD && result != BLOCKED && result != -EAGAIN) return i;
  }
  return -1;
}
