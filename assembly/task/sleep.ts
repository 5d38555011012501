// Things that happen at a time: sleeping tasks with a deadline and timers, in one binary heap ordered by
// time (ns of CLOCK_MONOTONIC), then by when they were added.
//
//   heap entry, 24 bytes: u64 time │ u64 order │ u32 object │ u32 kind
import { kfree, kmalloc } from "../mm/kmalloc";
import { TASK_BLOCKED, TF_TIMED_OUT, Task } from "./task";
import { timerfdFire } from "../ipc/timerfd";
import { timerFire } from "./timer";
import { wakeTask } from "./wait";

const KIND_TASK: u32 = 0;
const KIND_TIMER: u32 = 1;
const KIND_TIMERFD: u32 = 2;
const ENTRY: u32 = 24;

const STATE = memory.data(32, 8);
const HEAP: usize = 0;
const COUNT: usize = 4;
const ROOM: usize = 8;
const ORDER: usize = 16;

export function sleepInit(): void {
  store<u32>(STATE + HEAP, <u32>kmalloc(64 * ENTRY));
  store<u32>(STATE + COUNT, 0);
  store<u32>(STATE + ROOM, 64);
  store<u64>(STATE + ORDER, 0);
}

// @ts-ignore: decorator
@inline
function at(i: u32): usize {
  return load<u32>(STATE + HEAP) + i * ENTRY;
}

function before(a: usize, b: usize): bool {
  const ta = load<u64>(a);
  const tb = load<u64>(b);
  return ta < tb || (ta == tb && load<u64>(a, 8) < load<u64>(b, 8));
}

const SWAP = memory.data(24, 8);

function swap(a: usize, b: usize): void {
  memory.copy(SWAP, a, ENTRY);
  memory.copy(a, b, ENTRY);
  memory.copy(b, SWAP, ENTRY);
}

function up(i: u32): void {
  while (i) {
    const parent = (i - 1) >> 1;
    if (!before(at(i), at(parent))) return;
    swap(at(i), at(parent));
    i = parent;
  }
}

function down(i: u32): void {
  const count = load<u32>(STATE + COUNT);
  while (true) {
    let least = i;
    const left = i * 2 + 1;
    if (left < count && before(at(left), at(least))) least = left;
    if (left + 1 < count && before(at(left + 1), at(least))) least = left + 1;
    if (least == i) return;
    swap(at(i), at(least));
    i = least;
  }
}

function add(time: u64, object: usize, kind: u32): void {
  const count = load<u32>(STATE + COUNT);
  if (count == load<u32>(STATE + ROOM)) {
    const bigger = kmalloc(count * 2 * ENTRY);
    if (!bigger) return;
    memory.copy(bigger, load<u32>(STATE + HEAP), count * ENTRY);
    kfree(load<u32>(STATE + HEAP));
    store<u32>(STATE + HEAP, <u32>bigger);
    store<u32>(STATE + ROOM, count * 2);
  }
  const entry = at(count);
  const order = load<u64>(STATE + ORDER) + 1;
  store<u64>(STATE + ORDER, order);
  store<u64>(entry, time);
  store<u64>(entry, order, 8);
  store<u32>(entry, <u32>object, 16);
  store<u32>(entry, kind, 20);
  store<u32>(STATE + COUNT, count + 1);
  up(count);
}

function removeAt(i: u32): void {
  const count = load<u32>(STATE + COUNT) - 1;
  store<u32>(STATE + COUNT, count);
  if (i == count) return;
  memory.copy(at(i), at(count), ENTRY);
  up(i);
  down(i);
}

function remove(object: usize): void {
  const count = load<u32>(STATE + COUNT);
  for (let i: u32 = 0; i < count; i++) {
    if (load<u32>(at(i), 16) != object) continue;
    removeAt(i);
    return;
  }
}

/** The task sleeps until its deadline at the latest. */
export function sleepersAdd(task: Task): void {
  remove(changetype<usize>(task));
  add(task.deadline, changetype<usize>(task), KIND_TASK);
}

export function sleepersRemove(task: Task): void {
  if (load<u32>(STATE + COUNT)) remove(changetype<usize>(task));
}

/** timerFire(timer) will be called at `time`; a timer is in the heap once at most. */
export function timerAdd(time: u64, timer: usize): void {
  remove(timer);
  add(time, timer, KIND_TIMER);
}

/** As timerAdd, for a timerfd: timerfdFire(object) will be called. */
export function timerfdAdd(time: u64, object: usize): void {
  remove(object);
  add(time, object, KIND_TIMERFD);
}

export function timerRemove(timer: usize): void {
  remove(timer);
}

/** When the next thing happens; u64.MAX_VALUE = never. */
export function timersNext(): u64 {
  return load<u32>(STATE + COUNT) ? load<u64>(at(0)) : u64.MAX_VALUE;
}

/** Lets happen what is due. */
export function timersRun(now: u64): void {
  while (load<u32>(STATE + COUNT) && load<u64>(at(0)) <= now) {
    const object = <usize>load<u32>(at(0), 16);
    const kind = load<u32>(at(0), 20);
    removeAt(0);
    if (kind == KIND_TIMER) {
      timerFire(object, now);
      continue;
    }
    if (kind == KIND_TIMERFD) {
      timerfdFire(object, now);
      continue;
    }
    const task = changetype<Task>(object);
    if (task.state != TASK_BLOCKED) continue;
    task.flags |= TF_TIMED_OUT;
    wakeTask(task);
  }
}
