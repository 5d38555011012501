// Things that happen at a time: sleeping tasks with a deadline and timers, in one binary heap ordered by
// time (ns of CLOCK_MONOTONIC), then by when they were added.
//
//   heap entry, 24 bytes: u64 time │ u64 order │ u32 object │ u32 kind
// Each object knows its place (heapIndex: index + 1, 0 = not in the heap), so leaving costs no search.
import { kfree, kmalloc } from "../mm/kmalloc";
import { TASK_BLOCKED, TF_TIMED_OUT, Task } from "./task";
import { TimerFd, timerfdFire } from "../ipc/timerfd";
import { PosixTimer, posixTimerFire } from "./posixtimer";
import { Timer, timerFire } from "./timer";
import { wakeTask } from "./wait";

const KIND_TASK: u32 = 0;
const KIND_TIMER: u32 = 1;
const KIND_TIMERFD: u32 = 2;
const KIND_POSIX: u32 = 3;
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

/** Entries of the heap. */
export function sleepersCount(): u32 {
  return load<u32>(STATE + COUNT);
}

/** Whether the heap holds at its place `i` an object that knows so, behind its parent. */
export function sleepersSound(i: u32): bool {
  return load<u32>(placeOf(at(i))) == i + 1 && (!i || !before(at(i), at((i - 1) >> 1)));
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

/** Where the object of an entry keeps its place. */
function placeOf(entry: usize): usize {
  const object = <usize>load<u32>(entry, 16);
  switch (load<u32>(entry, 20)) {
    case KIND_TASK: return object + offsetof<Task>("heapIndex");
    case KIND_TIMER: return object + offsetof<Timer>("heapIndex");
    case KIND_TIMERFD: return object + offsetof<TimerFd>("heapIndex");
    default: return object + offsetof<PosixTimer>("heapIndex");
  }
}

function swap(i: u32, j: u32): void {
  const a = at(i);
  const b = at(j);
  memory.copy(SWAP, a, ENTRY);
  memory.copy(a, b, ENTRY);
  memory.copy(b, SWAP, ENTRY);
  store<u32>(placeOf(a), i + 1);
  store<u32>(placeOf(b), j + 1);
}

function up(i: u32): void {
  while (i) {
    const parent = (i - 1) >> 1;
    if (!before(at(i), at(parent))) return;
    swap(i, parent);
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
    swap(i, least);
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
  store<u32>(placeOf(entry), count + 1);
  up(count);
}

function removeAt(i: u32): void {
  const count = load<u32>(STATE + COUNT) - 1;
  store<u32>(STATE + COUNT, count);
  store<u32>(placeOf(at(i)), 0);
  if (i == count) return;
  memory.copy(at(i), at(count), ENTRY);
  store<u32>(placeOf(at(i)), i + 1);
  up(i);
  down(i);
}

// @ts-ignore: decorator
@inline
function remove(heapIndex: u32): void {
  if (heapIndex) removeAt(heapIndex - 1);
}

/** The task sleeps until its deadline at the latest. */
export function sleepersAdd(task: Task): void {
  remove(task.heapIndex);
  add(task.deadline, changetype<usize>(task), KIND_TASK);
}

// @ts-ignore: decorator
@inline
export function sleepersRemove(task: Task): void {
  remove(task.heapIndex);
}

/** timerFire(timer) will be called at `time`; a timer is in the heap once at most. */
export function timerAdd(time: u64, timer: Timer): void {
  remove(timer.heapIndex);
  add(time, changetype<usize>(timer), KIND_TIMER);
}

export function timerRemove(timer: Timer): void {
  remove(timer.heapIndex);
}

/** As timerAdd, for a timerfd: timerfdFire(object) will be called. */
export function timerfdAdd(time: u64, t: TimerFd): void {
  remove(t.heapIndex);
  add(time, changetype<usize>(t), KIND_TIMERFD);
}

export function timerfdRemove(t: TimerFd): void {
  remove(t.heapIndex);
}

/** As timerAdd, for a timer of timer_create(2): posixTimerFire(object) will be called. */
export function posixTimerAdd(time: u64, timer: PosixTimer): void {
  remove(timer.heapIndex);
  add(time, changetype<usize>(timer), KIND_POSIX);
}

export function posixTimerRemove(timer: PosixTimer): void {
  remove(timer.heapIndex);
}

/** Times of CLOCK_REALTIME have moved: every entry takes its object's time again. */
export function sleepersClockSet(): void {
  const count = load<u32>(STATE + COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const entry = at(i);
    const object = <usize>load<u32>(entry, 16);
    switch (load<u32>(entry, 20)) {
      case KIND_TASK: store<u64>(entry, changetype<Task>(object).deadline); break;
      case KIND_TIMERFD: store<u64>(entry, changetype<TimerFd>(object).expires); break;
      case KIND_POSIX: store<u64>(entry, changetype<PosixTimer>(object).expires); break;
    }
  }
  for (let i: i32 = <i32>(count >> 1); i >= 0; i--) down(i);
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
    if (kind == KIND_POSIX) {
      posixTimerFire(object, now);
      continue;
    }
    const task = changetype<Task>(object);
    if (task.state != TASK_BLOCKED) continue;
    task.flags |= TF_TIMED_OUT;
    wakeTask(task);
  }
}
