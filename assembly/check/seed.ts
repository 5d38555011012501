// Faults for the test of the checks: each makes one of them fail.
import { FdTable } from "../fs/fdtable";
import { FILE_EPOLL, FILE_EVENTFD, File, fileNew } from "../fs/file";
import { EventFd, eventfdNew, eventfdQueue } from "../ipc/eventfd";
import { Epoll, itemOfSet, itemsOf } from "../ipc/epoll";
import { futexMake } from "../ipc/futex";
import { FRAME_USER, MAX_ORDER, frameOf, framesAlloc, framesFree, framesFreeFirst } from "../mm/frames";
import { kfree, kmalloc } from "../mm/kmalloc";
import { schedDequeue } from "../task/sched";
import { taskAfter, taskFirst } from "../task/table";
import { TASK_RUNNABLE, current } from "../task/task";
import { entryAt, entryCount } from "./area";
import { K_FILE } from "./kinds";

export const SEED_FREE_FRAME_TWICE: u32 = 100;
export const SEED_FREE_OBJECT_TWICE: u32 = 101;
export const SEED_LEAK_OBJECT: u32 = 102;
export const SEED_LEAK_PAGE: u32 = 103;
export const SEED_LEAK_BLOCK: u32 = 104;
export const SEED_RUN_QUEUE: u32 = 105;
export const SEED_WAITER: u32 = 106;
export const SEED_FUTEX: u32 = 107;
export const SEED_EPOLL: u32 = 108;
export const SEED_LOST_WAKEUP: u32 = 109;
export const SEED_LEFT_FILE: u32 = 110;
export const SEED_FRAME_LINK: u32 = 111;
export const SEED_TASK_NUMBER: u32 = 112;

const STATE = memory.data(8, 4); // u32 the fault to come, 0 = none

/** The next check that can be made to fail by the fault finds it: below 100 a counter of that kind is one too high, else SEED_*. */
export function checkSeed(what: u32): void {
  store<u32>(STATE, what);
}

/** After the walk: a counter of the kind is changed, once one is there that is not 0. */
export function seedCounter(): void {
  const kind = load<u32>(STATE);
  if (kind == SEED_EPOLL || kind == SEED_LOST_WAKEUP) {
    if (seedObject(kind)) store<u32>(STATE, 0);
    return;
  }
  if (!kind || kind >= 100) return;
  const count = entryCount();
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(i);
    if (entry.kind != kind || !entry.found) continue;
    store<u32>(entry.counter, load<u32>(entry.counter) + 1);
    store<u32>(STATE, 0);
    return;
  }
}

export function seedNow(): void {
  const what = load<u32>(STATE);
  if (what >= 100 && apply(what)) store<u32>(STATE, 0);
}

/** False while there is nothing yet that the fault could be put into. */
function apply(what: u32): bool {
  switch (what) {
    case SEED_FREE_FRAME_TWICE: {
      const page = framesAlloc(0, FRAME_USER);
      framesFree(page, 0);
      framesFree(page, 0);
      return true;
    }
    case SEED_FREE_OBJECT_TWICE: {
      const object = kmalloc(64);
      kfree(object);
      kfree(object);
      return true;
    }
    case SEED_LEAK_OBJECT: return kmalloc(96) != 0;
    case SEED_LEAK_PAGE: return framesAlloc(0, FRAME_USER) != 0;
    case SEED_LEAK_BLOCK: return kmalloc(10000) != 0;
    case SEED_FUTEX: return futexMake() !== null;
    case SEED_FRAME_LINK: {
      let order: u32 = 0;
      while (order < MAX_ORDER && !framesFreeFirst(order)) order++;
      const first = framesFreeFirst(order);
      if (!first) return false;
      frameOf(first).prev = first;
      return true;
    }
    case SEED_TASK_NUMBER: return seedTask(what);
    case SEED_LEFT_FILE: return seedFile();
    case SEED_EPOLL:
    case SEED_LOST_WAKEUP: return false; // when the files are known
    default: return seedTask(what);
  }
}

function seedTask(what: u32): bool {
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (task === current) continue;
    const waiter = task.waiters;
    if (what == SEED_RUN_QUEUE && task.state == TASK_RUNNABLE) {
      schedDequeue(task);
      return true;
    }
    if (what == SEED_WAITER && waiter) {
      waiter.unlink();
      return true;
    }
    if (what == SEED_TASK_NUMBER && task.tid != 1) {
      task.tid++;
      return true;
    }
  }
  return false;
}

/** A file that init has open. */
function seedFile(): bool {
  const init = taskFirst();
  const made = eventfdNew(0, false);
  const file = made ? fileNew(FILE_EVENTFD, changetype<usize>(made), 0, 3) : null;
  if (!init || !file) return false;
  store<u32>(changetype<FdTable>(init.files).slots, <u32>changetype<usize>(file));
  return true;
}

/** The first eventfd with a sleeper counts, and nobody is woken; or the first candidate of an epoll is forgotten. */
function seedObject(what: u32): bool {
  const count = entryCount();
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(i);
    if (entry.kind != K_FILE) continue;
    const file = changetype<File>(<usize>entry.object);
    if (what == SEED_LOST_WAKEUP ? seedEventfd(file) : seedCandidate(file)) return true;
  }
  return false;
}

function seedEventfd(file: File): bool {
  if (file.kind != FILE_EVENTFD) return false;
  const e = changetype<EventFd>(file.object);
  if (eventfdQueue(e).empty) return false;
  e.count = 1;
  return true;
}

function seedCandidate(file: File): bool {
  if (file.kind != FILE_EPOLL) return false;
  const items = itemsOf(changetype<Epoll>(file.object));
  for (let link = items.next; link !== items; link = link.next) {
    const item = itemOfSet(link);
    if (item.empty) continue;
    item.unlink();
    return true;
  }
  return false;
}
