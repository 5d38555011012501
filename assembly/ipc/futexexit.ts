// What becomes of a thread's futexes when it ends or execs: robust lists, PI futexes, clear_child_tid.
// Kernel: kernel/futex/core.c futex_cleanup(), kernel/fork.c mm_release().
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS } from "../abi/futex";
import { getUser32, getUser64, putUser32, userValue } from "../mm/usercopy";
import { Task } from "../task/task";
import { MATCH_ANY, futexWake } from "./futex";
import { piExit } from "./futexpi";

const ROBUST_LIST_LIMIT: i32 = 2048;
/** Bit 0 of a robust list's pointers: the futex is a PI futex. */
const ROBUST_PI: u64 = 1;

/** A thread ends or execs (its address space is current). */
export function futexExit(task: Task): void {
  if (task.robustList) robustExit(task);
  if (task.piOwned || task.piBlockedOn) piExit(task);
  const at = task.clearChildTid;
  if (!at) return;
  task.clearChildTid = 0;
  // Nobody else has this memory: nobody can wait for the word.
  if (task.mm.refs < 2) return;
  putUser32(at, 0);
  futexWake(at, 1, MATCH_ANY, false);
}

/** Walks the robust list; kernel: exit_robust_list(). */
function robustExit(task: Task): void {
  const head = task.robustList;
  task.robustList = 0;
  if (!getUser64(head)) return;
  let entry = userValue;
  if (!getUser64(head + 8)) return;
  const offset = userValue;
  if (!getUser64(head + 16)) return;
  const pending = userValue;
  const pendingNode = pending & ~ROBUST_PI;
  for (let n = 0; n < ROBUST_LIST_LIMIT && (entry & ~ROBUST_PI) != head; n++) {
    const node = entry & ~ROBUST_PI;
    const readable = getUser64(node);
    const next = userValue;
    if (node != pendingNode) ownerDied(task, node + offset, entry, false);
    if (!readable) return;
    entry = next;
  }
  if (pendingNode) ownerDied(task, pendingNode + offset, pending, true);
}

/** kernel: handle_futex_death(). `entry`: the pointer with its PI bit. */
function ownerDied(task: Task, addr: u64, entry: u64, pending: bool): void {
  if (addr & 3 || !getUser32(addr)) return;
  const value = <u32>userValue;
  const owner = value & FUTEX_TID_MASK;
  const isPi = (entry & ROBUST_PI) != 0;
  if (pending && !isPi && !owner) {
    // It died between unlocking and waking.
    futexWake(addr, 1, MATCH_ANY, false);
    return;
  }
  if (owner != <u32>task.tid) return;
  if (!putUser32(addr, (value & <u32>FUTEX_WAITERS) | FUTEX_OWNER_DIED)) return;
  if (!isPi && value & <u32>FUTEX_WAITERS) futexWake(addr, 1, MATCH_ANY, false);
}
