// Makes a program from one or two of the corpus. Whatever is done is a list of what the new program is made of (calls of the
// first, of the second, new ones); references between calls are renumbered on the way.
import { actorsOf, chooseFamilies, generateAny, generateCall, generateSchedule, mutateChoice, setFamilies } from "./generate";
import { CALLS_MAX, ORDER } from "./layout";
import { C_CONST, C_PID, C_REF, CALL_HEAD, CELL, HEAD, SCHED_STEPS, callActor, callArgs, callAt, callBytes, callCells, callVariant, programAt, programRoom } from "./program";
import { below, oneIn, random } from "./random";
import { variantAt } from "./grammar";

const FROM_FIRST: u8 = 0;
const FROM_SECOND: u8 = 1;
const NEW: u8 = 2;
/** The call of the first, made anew. */
const AGAIN: u8 = 3;
const GONE: u8 = 255;

const NUMBERS: usize = ORDER + 0x200; // new number of each call of the first, then of the second
let length: u32 = 0;

function item(i: u32, from: u8, index: u32): void {
  store<u8>(ORDER + (i << 1), from);
  store<u8>(ORDER + (i << 1), index, 1);
}

function insertItem(at: u32, from: u8, index: u32): void {
  if (length >= CALLS_MAX) return;
  for (let i = length; i > at; i--) store<u16>(ORDER + (i << 1), load<u16>(ORDER + ((i - 1) << 1)));
  item(at, from, index);
  length++;
}

function removeItem(at: u32): void {
  for (let i = at; i + 1 < length; i++) store<u16>(ORDER + (i << 1), load<u16>(ORDER + ((i + 1) << 1)));
  length--;
}

/** Appends a copy of `call`, whose program's calls have the new numbers at `numbers`. */
export function copyCall(to: usize, call: usize, numbers: usize): bool {
  const bytes = callBytes(call);
  if (!programRoom(to, bytes) || programAt(to).calls >= <u16>CALLS_MAX) return false;
  const head = programAt(to);
  const copy = to + head.bytes;
  memory.copy(copy, call, bytes);
  const count = callArgs(call) + callCells(call);
  for (let i: u32 = 0; i < count; i++) {
    const cell = copy + CALL_HEAD + i * CELL;
    if (load<u8>(cell) != C_REF) continue;
    const aux = <u32>load<u16>(cell, 2);
    const number = load<u8>(numbers + (aux >> 2));
    if (number != GONE) store<u16>(cell, (<u32>number << 2) | (aux & 3), 2);
    else store<u8>(cell, C_CONST);
  }
  head.calls++;
  head.bytes += bytes;
  return true;
}

/** Builds `to` by the list. */
function assemble(to: usize, first: usize, second: usize): void {
  memory.copy(to, first, HEAD);
  const head = programAt(to);
  head.calls = 0;
  head.bytes = HEAD;
  memory.fill(NUMBERS, GONE, 2 * CALLS_MAX);
  for (let i: u32 = 0; i < length; i++) {
    const from = load<u8>(ORDER + (i << 1));
    const index = <u32>load<u8>(ORDER + (i << 1), 1);
    const number = <u8>head.calls;
    if (from == NEW) {
      generateAny(to, below(actorsOf(to)));
      continue;
    }
    const source = from == FROM_SECOND ? second : first;
    const call = callAt(source, index);
    if (from == AGAIN) {
      if (generateCall(to, callVariant(call), callActor(call))) store<u8>(NUMBERS + index, number);
      continue;
    }
    const numbers = NUMBERS + (from == FROM_SECOND ? CALLS_MAX : 0);
    if (copyCall(to, call, numbers)) store<u8>(numbers + index, number);
  }
}

/** Changes one value of one call in place. */
function tweak(at: usize): void {
  const head = programAt(at);
  if (!head.calls) return;
  const call = callAt(at, below(head.calls));
  const count = callArgs(call) + callCells(call);
  if (!count) return;
  for (let tries = 0; tries < 4; tries++) {
    const cell = call + CALL_HEAD + below(count) * CELL;
    const kind = load<u8>(cell);
    const value = load<u64>(cell, 8);
    if (kind == C_CONST) {
      let changed = value;
      switch (below(5)) {
        case 0: changed = value + 1; break;
        case 1: changed = value - 1; break;
        case 2: changed = value ^ (<u64>1 << <u64>below(12)); break;
        case 3: changed = 0; break;
        default: changed = below(8); break;
      }
      store<u64>(cell, changed, 8);
      return;
    }
    if (kind == C_REF && head.calls > 1) {
      const target = <u16>(below(head.calls) << 2 | (load<u16>(cell, 2) & 3));
      store<u16>(cell, target, 2);
      return;
    }
    if (kind == C_PID) {
      store<u64>(cell, below(3), 8);
      return;
    }
  }
}

/** Gives a call to another actor. */
function reassign(at: usize): void {
  const head = programAt(at);
  if (!head.calls) return;
  const call = callAt(at, below(head.calls));
  store<u8>(call, below(actorsOf(at)), 2);
}

/** Families of the calls that are there: new ones are mostly of the same. */
function familiesOf(at: usize): void {
  const count = <u32>programAt(at).calls;
  if (!count) {
    chooseFamilies();
    return;
  }
  let set: u64 = 0;
  for (let i = 0; i < 2; i++) set |= <u64>1 << <u64>variantAt(callVariant(callAt(at, below(count)))).family;
  setFamilies(set);
}

/** `to` becomes a variation of `first`; `second` may give calls. At most `calls` calls. */
export function mutate(to: usize, first: usize, second: usize, calls: u32, kinds: u32): void {
  length = min<u32>(programAt(first).calls, CALLS_MAX);
  for (let i: u32 = 0; i < length; i++) item(i, FROM_FIRST, i);
  familiesOf(first);
  const rounds: u32 = 1 + below(oneIn(3) ? 4 : 2);
  let tweaks: u32 = 0;
  let reassigns: u32 = 0;
  let reschedules = false;
  for (let n: u32 = 0; n < rounds; n++) {
    switch (below(12)) {
      case 0:
      case 1:
      case 2: if (length < calls) insertItem(below(length + 1), NEW, 0); else if (length) removeItem(below(length)); break;
      case 3: if (length > 1) removeItem(below(length)); break;
      case 4: {
        const i = below(max<u32>(length, 1));
        if (length && load<u8>(ORDER + (i << 1)) == FROM_FIRST) store<u8>(ORDER + (i << 1), AGAIN);
        break;
      }
      case 5: {
        // A stretch of the second.
        const other = <u32>programAt(second).calls;
        if (!other) break;
        const from = below(other);
        const to = min<u32>(other, from + 1 + below(4));
        let at = below(length + 1);
        for (let i = from; i < to && length < calls; i++) insertItem(at++, FROM_SECOND, i);
        break;
      }
      case 6: {
        if (!length || length >= calls) break;
        const i = below(length);
        if (load<u8>(ORDER + (i << 1)) == FROM_FIRST) insertItem(below(length + 1), FROM_FIRST, load<u8>(ORDER + (i << 1), 1));
        break;
      }
      case 7: {
        if (length < 2) break;
        const i = below(length - 1);
        const a = load<u16>(ORDER + (i << 1));
        store<u16>(ORDER + (i << 1), load<u16>(ORDER + ((i + 1) << 1)));
        store<u16>(ORDER + ((i + 1) << 1), a);
        break;
      }
      case 8: if (programAt(first).processes > 1) reassigns++; else tweaks++; break;
      case 9: reschedules = true; break;
      default: tweaks++; break;
    }
  }
  assemble(to, first, second);
  while (tweaks--) tweak(to);
  while (reassigns--) reassign(to);
  if (oneIn(10)) mutateChoice(to);
  if (reschedules || programAt(to).schedule == SCHED_STEPS) generateSchedule(to, kinds);
  else if (programAt(to).processes > 1 && oneIn(2)) programAt(to).seed = random();
}
