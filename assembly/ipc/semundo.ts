// SEM_UNDO: what a process has done to semaphores is taken back when it ends. Threads made with CLONE_SYSVSEM share
// one list. semop(2); kernel: ipc/sem.c find_alloc_undo(), exit_sem().
import { Link, linkAt } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { Task } from "../task/task";
import { SEMVMX, SemArray, semAt, semUndos, update } from "./sem";

/** The lists of adjustments of a process; shared by CLONE_SYSVSEM tasks. */
@unmanaged
export class UndoList {
  refs: u32;
  /** SemUndos, newest first. */
  undos: Link;
  undosPrev: u32;
}

/** Adjustments of one process to one set. */
@unmanaged
export class SemUndo extends Link {
  setNext: u32;
  setPrev: u32;
  set: SemArray;
  pad: u32;
  // i16 adjustments[set.count]
}
const ADJUST: u32 = 24;
const SEMAEM: i32 = 32767;

function listOf(u: UndoList): Link {
  return linkAt(changetype<usize>(u), offsetof<UndoList>("undos"));
}

function setLink(undo: SemUndo): Link {
  return linkAt(changetype<usize>(undo), offsetof<SemUndo>("setNext"));
}

function undoList(task: Task): UndoList | null {
  if (!task.semUndo) {
    const u = changetype<UndoList>(kzalloc(offsetof<UndoList>()));
    if (!changetype<usize>(u)) return null;
    u.refs = 1;
    listOf(u).reset();
    task.semUndo = changetype<usize>(u);
  }
  return changetype<UndoList>(task.semUndo);
}

/** The task's adjustments to the set, made when they are not there; null = out of memory. */
export function undoFor(task: Task, set: SemArray): SemUndo | null {
  const u = undoList(task);
  if (!u) return null;
  const list = listOf(u);
  for (let link = list.next; link !== list; link = link.next) {
    const undo = changetype<SemUndo>(changetype<usize>(link));
    if (undo.set === set) return undo;
  }
  const undo = changetype<SemUndo>(kzalloc(ADJUST + set.count * 2));
  if (!changetype<usize>(undo)) return null;
  undo.set = set;
  undo.prepend(list);
  setLink(undo).append(semUndos(set));
  return undo;
}

/** Adds to an adjustment; false = it would leave its range. */
export function undoAdjust(undo: SemUndo | null, index: u32, by: i32): bool {
  const at = changetype<usize>(undo) + ADJUST + (index << 1);
  const value = load<i16>(at) + by;
  if (value < -SEMAEM - 1 || value > SEMAEM) return false;
  store<i16>(at, <i16>value);
  return true;
}

/** SETVAL and SETALL forget all adjustments to a semaphore. */
export function undosClear(set: SemArray, index: u32): void {
  const list = semUndos(set);
  for (let link = list.next; link !== list; link = link.next) store<i16>(changetype<usize>(link) - offsetof<SemUndo>("setNext") + ADJUST + (index << 1), 0);
}

/** The set goes, and all adjustments to it. */
export function undosDrop(set: SemArray): void {
  const list = semUndos(set);
  while (!list.empty) {
    const undo = changetype<SemUndo>(changetype<usize>(list.next) - offsetof<SemUndo>("setNext"));
    setLink(undo).unlink();
    undo.unlink();
    kfree(changetype<usize>(undo));
  }
}

/** clone(2): with CLONE_SYSVSEM the child shares the parent's list, else it has none; false = out of memory. */
export function undoFork(child: Task, parent: Task, share: bool): bool {
  if (!share) return true;
  const u = undoList(parent);
  if (!u) return false;
  u.refs++;
  child.semUndo = changetype<usize>(u);
  return true;
}

/** The task leaves its list: it ends, or unshares. The last one's leaving takes back what was done; kernel: exit_sem(). */
export function semExit(task: Task): void {
  const u = changetype<UndoList>(task.semUndo);
  task.semUndo = 0;
  if (--u.refs) return;
  const list = listOf(u);
  while (!list.empty) {
    const undo = changetype<SemUndo>(changetype<usize>(list.next));
    undo.unlink();
    setLink(undo).unlink();
    takeBack(undo, task.group.pid);
    kfree(changetype<usize>(undo));
  }
  kfree(changetype<usize>(u));
}

function takeBack(undo: SemUndo, pid: i32): void {
  const set = undo.set;
  for (let i: u32 = 0; i < set.count; i++) {
    const by = load<i16>(changetype<usize>(undo) + ADJUST + (i << 1));
    if (!by) continue;
    const sem = semAt(set, i);
    sem.value = min(max(sem.value + by, 0), SEMVMX);
    sem.pid = pid;
  }
  set.version++;
  update(set, 0, 0, 0);
}
