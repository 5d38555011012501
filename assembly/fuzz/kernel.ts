// How the fuzzer drives the kernel: system calls of tasks without guest code. The probes' tool counts this file to the
// kernel: what it stores is reset. Everything else of assembly/fuzz must not store into the kernel's memory.
import { dispatch } from "../gen/dispatch";
import { CPU, FUEL, RAX, RDI, RIP, RSP } from "../cpu/state";
import { userRead, userWrite } from "../mm/usercopy";
import { currentMm, mmActivate } from "../mm/tlb";
import { clockSkipTo, now } from "../task/clock";
import { CHOICES_TAPE, choicesSet, choicesTape } from "../lib/choose";
import { taskEnd } from "../task/exit";
import { taskFree } from "../task/fork";
import { schedDequeue } from "../task/sched";
import { signalPending, signalsDeliver } from "../task/signal";
import { timersNext, timersRun } from "../task/sleep";
import { taskFind } from "../task/table";
import {
  TASK_BLOCKED,
  TASK_DEAD,
  TASK_HOST_IDLE,
  TASK_RUNNABLE,
  TASK_STOPPED,
  TF_DEADLINE,
  TF_DONE,
  TF_FREE_LATER,
  TF_IN_SYSCALL,
  TF_NEW,
  TF_RETRY,
  TF_TIMED_OUT,
  Task,
  contextLoad,
  contextSave,
  setCurrent,
} from "../task/task";
import { BLOCKED, NO_RESULT, wakeTask } from "../task/wait";
import { signalHandled } from "./report";

/** Where the user code of an actor would be, its handler and the code that ends a handler. */
const USER: u64 = 0x401000;
export const HANDLER: u64 = 0x402000;
export const RESTORER: u64 = 0x403000;
const SYS_RT_SIGRETURN: i32 = 15;

/** The call that is made again after a signal. */
const AGAIN: i64 = i64.MIN_VALUE + 2;

function enter(task: Task): void {
  setCurrent(task);
  mmActivate(task.mm);
  task.state = TASK_RUNNABLE;
}

function leave(task: Task): void {
  setCurrent(changetype<Task>(0));
  if (task.state == TASK_DEAD && task.flags & TF_FREE_LATER) taskFree(task);
}

/** A system call: its result, or BLOCKED when the task sleeps, was stopped, or is gone. */
export function kernelCall(task: Task, nr: i32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64, stack: u64): i64 {
  enter(task);
  task.syscallNr = nr;
  task.arg0 = a0;
  task.arg1 = a1;
  task.arg2 = a2;
  task.arg3 = a3;
  task.arg4 = a4;
  task.arg5 = a5;
  const result = finish(task, begin(task), stack);
  leave(task);
  return result;
}

function begin(task: Task): i64 {
  task.sysProgress = 0;
  task.sysObject = 0;
  task.flags &= ~(TF_RETRY | TF_DEADLINE | TF_TIMED_OUT | TF_DONE | TF_NEW);
  store<i64>(CPU + FUEL, 0);
  return dispatch(task.syscallNr, task.arg0, task.arg1, task.arg2, task.arg3, task.arg4, task.arg5);
}

/** Goes on with a task that slept in a call or was stopped. */
export function kernelResume(task: Task, stack: u64): i64 {
  schedDequeue(task);
  enter(task);
  let result: i64;
  if (!(task.flags & TF_IN_SYSCALL)) {
    // It was stopped on its way to user mode.
    contextLoad(task);
    result = deliver(task, 0, 0);
    if (result == AGAIN) result = finish(task, restart(task), stack);
    else if (result != BLOCKED) task.state = TASK_HOST_IDLE;
    leave(task);
    return result;
  }
  if (task.flags & TF_DONE) {
    task.flags &= ~TF_DONE;
    result = task.syscallResult;
  } else {
    task.flags |= TF_RETRY;
    result = dispatch(task.syscallNr, task.arg0, task.arg1, task.arg2, task.arg3, task.arg4, task.arg5);
  }
  result = finish(task, result, stack);
  leave(task);
  return result;
}

/** As task/run.ts: syscallFinish(). */
function finish(task: Task, first: i64, stack: u64): i64 {
  let result = first;
  while (true) {
    if (result == BLOCKED) {
      task.flags |= TF_IN_SYSCALL;
      return BLOCKED;
    }
    task.flags &= ~TF_IN_SYSCALL;
    if (task.state == TASK_DEAD) return BLOCKED;
    if (result == NO_RESULT) result = load<i64>(CPU + RAX);
    const again = result <= -512 && result >= -516;
    if (!again && !signalPending(task)) break;
    store<u64>(CPU + RSP, stack);
    store<u64>(CPU + RIP, USER);
    store<i64>(CPU + RAX, result);
    result = deliver(task, again ? 1 : 0, result);
    if (result == BLOCKED) return BLOCKED;
    if (result != AGAIN) break;
    result = restart(task);
  }
  task.state = TASK_HOST_IDLE;
  return result;
}

function restart(task: Task): i64 {
  task.syscallNr = load<i32>(CPU + RAX);
  return begin(task);
}

/** Delivers signals and lets their handlers run, which do nothing but return. rax, BLOCKED (gone, stopped) or AGAIN. */
function deliver(task: Task, inSyscall: i32, code: i64): i64 {
  let gone = signalsDeliver(inSyscall, code);
  while (!gone && load<u64>(CPU + RIP) == HANDLER) {
    signalHandled(task.tid, load<i32>(CPU + RDI));
    store<u64>(CPU + RSP, load<u64>(CPU + RSP) + 8);
    task.syscallNr = SYS_RT_SIGRETURN;
    dispatch(SYS_RT_SIGRETURN, 0, 0, 0, 0, 0, 0);
    if (task.state == TASK_DEAD) return BLOCKED;
    if (signalPending(task)) gone = signalsDeliver(0, 0);
  }
  if (gone == 2) contextSave(task);
  if (gone) return BLOCKED;
  return load<u64>(CPU + RIP) == USER - 2 ? AGAIN : load<i64>(CPU + RAX);
}

/** Signals for a task between two calls; false when it is gone or stopped. */
export function kernelSignals(task: Task, stack: u64): bool {
  if (!signalPending(task)) return true;
  enter(task);
  store<u64>(CPU + RSP, stack);
  store<u64>(CPU + RIP, USER);
  store<u64>(CPU + RAX, 0);
  const alive = deliver(task, 0, 0) != BLOCKED;
  if (alive) task.state = TASK_HOST_IDLE;
  leave(task);
  return alive;
}

/** A task that fork or clone has made: it does not run by itself. */
export function kernelAdopt(task: Task): void {
  schedDequeue(task);
  task.flags &= ~(TF_NEW | TF_IN_SYSCALL);
  task.state = TASK_HOST_IDLE;
}

/** Stores to the memory of the task whose address space is active; nothing when it may not. */
export function poke(address: u64, value: u64, size: u32): void {
  const host = userWrite(address, size);
  if (!host) return;
  if (size == 8) store<u64>(host, value);
  else if (size == 4) store<u32>(host, <u32>value);
  else if (size == 2) store<u16>(host, <u16>value);
  else store<u8>(host, <u8>value);
}

export function pokeFill(address: u64, value: u8, length: u32): void {
  while (length) {
    const piece = min<u32>(length, 4096 - <u32>(address & 4095));
    const host = userWrite(address, piece);
    if (!host) return;
    memory.fill(host, value, piece);
    address += piece;
    length -= piece;
  }
}

export function pokeBytes(address: u64, from: usize, length: u32): void {
  while (length) {
    const piece = min<u32>(length, 4096 - <u32>(address & 4095));
    const host = userWrite(address, piece);
    if (!host) return;
    memory.copy(host, from, piece);
    address += piece;
    from += piece;
    length -= piece;
  }
}

/** Host address of readable guest bytes in one page, 0 = none. */
export function peek(address: u64): usize {
  return userRead(address);
}

export function activate(task: Task): void {
  if (currentMm !== task.mm) mmActivate(task.mm);
}

export function isRunnable(task: Task): bool {
  return task.state == TASK_RUNNABLE;
}

export function isStopped(task: Task): bool {
  return task.state == TASK_STOPPED;
}

export function isBlocked(task: Task): bool {
  return task.state == TASK_BLOCKED;
}

export function inSyscall(task: Task): bool {
  return (task.flags & TF_IN_SYSCALL) != 0;
}

export function findTask(tid: i32): Task | null {
  return taskFind(tid);
}

/** Lets the next timer happen; false when there is none. */
export function advanceClock(): bool {
  const next = timersNext();
  if (next == u64.MAX_VALUE) return false;
  clockSkipTo(next);
  timersRun(now());
  return true;
}

/** Lets happen what is due by now: a time-out of 0. */
export function runTimers(): void {
  if (timersNext() <= now()) timersRun(now());
}

/** Makes a sleeping task look again whether it can go on: a call that then ends was not woken when it should have been. */
export function wakeForNothing(task: Task): void {
  wakeTask(task);
}

/** What Linux leaves open is answered by `count` entries of a tape; 0: as ever. */
export function kernelChoices(tape: usize, count: u32): void {
  choicesSet(count ? CHOICES_TAPE : 0, 0, 0);
  choicesTape(tape, count);
}

/** Its process group is orphaned, as on Linux, where no shell drives it. */
export function kernelOrphan(task: Task): void {
  task.group.ofHost = 0;
}

export function kernelEnd(task: Task): void {
  setCurrent(changetype<Task>(0));
  taskEnd(task, 9);
}
