// Which actor goes on. A step is a call of an actor that is ready, or the going on of one that was woken.
//
// PCT (Burckhardt and others, ASPLOS 2010): every actor has a random priority, the highest that can go on does, and at `depth`
// random steps the priority of the one that would run drops below all others.
import { actorAt } from "./actors";
import { ACTORS_MAX, SCHEDULE_TRACE } from "./layout";
import { SCHED_EAGER, SCHED_ORDER, SCHED_PCT, SCHED_PREEMPT, SCHED_RANDOM, SCHED_STEPS, STEPS, programAt } from "./program";

let program: usize = 0;
let kind: u8 = 0;
let state: u64 = 1;
let step: u32 = 0;
let last: u32 = 0;
/** Steps at which something changes. */
let change0: u32 = 0;
let change1: u32 = 0;
let change2: u32 = 0;
let lowest: u32 = 0;

function next(): u32 {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return <u32>((state * 0x2545f4914f6cdd1d) >> 32);
}

function below(n: u32): u32 {
  return <u32>((<u64>next() * <u64>n) >> 32);
}

export function scheduleBegin(at: usize): void {
  program = at;
  const head = programAt(at);
  kind = head.schedule & ~SCHED_EAGER;
  state = head.seed | 1;
  step = 0;
  last = 0;
  if (kind == SCHED_ORDER || kind == SCHED_STEPS) return;
  next();
  const span = <u32>head.calls + 2;
  const depth = <u32>head.depth;
  change0 = below(span);
  change1 = depth > 1 ? below(span) : u32.MAX_VALUE;
  change2 = depth > 2 ? below(span) : u32.MAX_VALUE;
  lowest = 1000;
  for (let i: u32 = 0; i < ACTORS_MAX; i++) actorAt(i).priority = 2000 + (next() & 0xffff);
  last = below(<u32>head.processes);
}

// @ts-ignore: decorator
@inline
function changes(): bool {
  return step == change0 || step == change1 || step == change2;
}

function nth(mask: u32, n: u32): u32 {
  while (n--) mask &= mask - 1;
  return ctz(mask);
}

function highest(mask: u32): u32 {
  let best: u32 = 0;
  let priority: u32 = 0;
  while (mask) {
    const i = ctz(mask);
    mask &= mask - 1;
    const p = actorAt(i).priority;
    if (p <= priority) continue;
    priority = p;
    best = i;
  }
  return best;
}

/** The actor whose next call stands first in the program. */
function first(mask: u32): u32 {
  let best: u32 = 0;
  let cursor: u32 = u32.MAX_VALUE;
  while (mask) {
    const i = ctz(mask);
    mask &= mask - 1;
    const c = actorAt(i).cursor;
    if (c >= cursor) continue;
    cursor = c;
    best = i;
  }
  return best;
}

/** One of the actors of `ready` (not empty). `woken`: those of them that go on in a call. */
export function schedulePick(ready: u32, woken: u32): u32 {
  let chosen: u32;
  if (!(ready & (ready - 1))) chosen = ctz(ready);
  else if (woken && (kind == SCHED_ORDER || programAt(program).schedule & SCHED_EAGER)) chosen = ctz(woken);
  else {
    switch (<u32>kind) {
      case SCHED_ORDER: chosen = first(ready); break;
      case SCHED_RANDOM: {
        chosen = ready & (1 << last) && below(4) ? last : nth(ready, below(<u32>popcnt(ready)));
        break;
      }
      case SCHED_PCT: {
        chosen = highest(ready);
        if (changes()) {
          actorAt(chosen).priority = lowest--;
          chosen = highest(ready);
        }
        break;
      }
      case SCHED_PREEMPT: {
        if (ready & (1 << last) && !changes()) chosen = last;
        else {
          const others = ready & ~(1 << last);
          chosen = nth(others ? others : ready, below(<u32>popcnt(others ? others : ready)));
        }
        break;
      }
      case SCHED_STEPS: {
        const wanted: u32 = step < <u32>programAt(program).steps ? load<u8>(program + STEPS + step) : 0;
        chosen = ready & (1 << wanted) ? wanted : step < <u32>programAt(program).steps ? ctz(ready) : first(ready);
        break;
      }
      default: chosen = nth(ready, below(<u32>popcnt(ready))); break;
    }
  }
  last = chosen;
  if (step < 255) store<u8>(SCHEDULE_TRACE + step, chosen);
  step++;
  return chosen;
}

export function scheduleSteps(): u32 {
  return min<u32>(step, 255);
}
