// The main loop: picks tasks, runs them on the CPU, does their system calls, delivers their
// signals, and tells the host why it stopped.
import { ipcWaitAbandon } from "../ipc/ipcwait";
import { unixCollect, unixGarbage } from "../net/unixgc";
import { dispatch } from "../gen/dispatch";
import { cpuRun } from "../cpu/run";
import { EXIT_FAULT, EXIT_SYSCALL } from "../cpu/exec";
import { CPU, FUEL, R10, R8, R9, RAX, RDI, RDX, RETIRED, RIP, RSI } from "../cpu/state";
import { stepExactly } from "../cpu/step";
import { hostHookEnter, hostHookExit, hostTraceEnter, hostTraceExit } from "../imports";
import { CHOOSE_PREEMPT, CHOOSE_SLICE, CHOOSE_STORE, choose, chooses } from "../lib/choose";
import { inputWanted } from "../fs/stdio";
import { mmActivate } from "../mm/tlb";
import { copyOut } from "../mm/usercopy";
import { clockDrifts, clockIsVirtual, clockSkipTo, now, sliceBegins } from "./clock";
import { groupsAlive } from "./exit";
import { taskFree } from "./fork";
import { INJECT_DELAY_ENTER, INJECT_DELAY_EXIT, INJECT_VALUE, INJECT_WAITS_ENTER, INJECT_WAITS_EXIT, injectDelay, injectDelayed, injectEnter, injecting } from "./inject";
import { posixCpuTimers } from "./posixtimer";
import { schedNext, schedRan, schedRequeue, schedSlice, schedWaiting, schedYieldWanted } from "./sched";
import { signalFault, signalPending, signalsDeliver } from "./signal";
import { checkExited, checkIdle, checkNote, checkTurn } from "../check/hook";
import { timersNext, timersRun } from "./sleep";
import { cpuLimitCharge, cpuTimersCharge } from "./timer";
import { setTrace, traceIsOn } from "./trace";
import {
  TASK_DEAD,
  TASK_HOST_IDLE,
  TASK_RUNNABLE,
  TF_DEADLINE,
  TF_DONE,
  TF_FREE_LATER,
  TF_HOST,
  TF_IN_SYSCALL,
  TF_NEW,
  TF_REAL_DEADLINE,
  TF_RETRY,
  TF_TIMED_OUT,
  Task,
  contextLoad,
  contextSave,
  current,
  setCurrent,
} from "./task";
import { USAGE_PREEMPTED, USAGE_VOLUNTARY, usageCall, usageSettle, usageSwitch } from "./usage";
import { vdsoRefresh } from "./vdso";
import { BLOCKED, NO_RESULT } from "./wait";

export const RUN_BUDGET: i32 = 0;
export const RUN_IDLE: i32 = 1;
export const RUN_INPUT: i32 = 2;
export const RUN_EXITED: i32 = 3;
export const RUN_FUEL: i32 = 4;

/** What a system call and a task switch count in a slice and in the host's budget, in instructions. */
const CALL_COST: i64 = 200;
const SWITCH_COST: i64 = 200;

const STATE = memory.data(32, 8);
const LIMIT: usize = 8; // i64 instructions that the machine may retire, 0 = no limit
const IDLE_UNTIL: usize = 16; // u64
const HOOKED: usize = 24; // u32: hooks on system calls

export function runInit(trace: u32): void {
  setTrace(trace);
  hookSyscalls(0);
  store<i64>(STATE + LIMIT, 0);
  store<u64>(CPU + RETIRED, 0);
}

/** The machine stops with RUN_FUEL once it has retired this many instructions (0 = never). */
export function setFuel(limit: i64): void {
  store<i64>(STATE + LIMIT, limit);
}

/** The host wants to change system calls (imports hookEnter, hookExit), or no longer. */
export function hookSyscalls(on: i32): void {
  store<u32>(STATE + HOOKED, on);
}

/** Instructions retired by all tasks. */
export function retired(): u64 {
  return load<u64>(CPU + RETIRED);
}

/** After RUN_IDLE: when something happens by itself, ns of the machine's monotonic clock; ~0 = never. */
export function idleUntil(): u64 {
  return load<u64>(STATE + IDLE_UNTIL);
}

/** Runs tasks for about `budget` instructions; a RUN_* reason. */
export function machineRun(budget: i64): i32 {
  while (true) {
    if (timersNext() != u64.MAX_VALUE) timersRun(now());
    if (unixGarbage()) unixCollect();
    const limit = load<i64>(STATE + LIMIT);
    let slice = budget;
    if (limit) {
      const left = limit - <i64>retired();
      if (left <= 0) return RUN_FUEL;
      slice = min<i64>(slice, left);
    }
    const task = schedNext();
    if (!task) {
      const reason = whenIdle();
      if (reason < 0) continue;
      return reason;
    }
    slice = min<i64>(chooses() ? chooseSlice(task) : schedSlice(task), slice);
    taskRun(task, slice);
    // @ts-ignore: RING3_CHECK is defined in the module with the checks only; as below.
    if (isDefined(RING3_CHECK)) checkTurn();
    budget -= max<i64>(slice - load<i64>(CPU + FUEL), 0) + SWITCH_COST;
    if (budget <= 0) return RUN_BUDGET;
  }
}

/** How long a task runs, and whether it is then pre-empted at that very instruction instead of the next taken branch. */
function chooseSlice(task: Task): i64 {
  const slice = max<i64>(schedSlice(task) >> choose(CHOOSE_SLICE, 18), 1);
  const less = schedWaiting() && !(task.flags & TF_HOST) ? choose(CHOOSE_PREEMPT, <u32>min<i64>(slice, 0xffffff)) : 0;
  if (less) stepExactly(true, choose(CHOOSE_STORE, 2) != 0);
  return slice - less;
}

/** The store that was kept back when the task was pre-empted; where it cannot be done any more, it was before that. */
function storeDelayed(task: Task): void {
  const at = changetype<usize>(task) + offsetof<Task>("delayedValue");
  copyOut(task.delayedAddress, at, task.delayedSize);
  task.delayedSize = 0;
}

/** No task is runnable: −1 when the virtual clock could be moved to the next event. */
function whenIdle(): i32 {
  if (!groupsAlive()) {
    // @ts-ignore
    if (isDefined(RING3_CHECK)) checkExited();
    return RUN_EXITED;
  }
  // @ts-ignore
  if (isDefined(RING3_CHECK)) checkIdle();
  const next = timersNext();
  store<u64>(STATE + IDLE_UNTIL, next);
  if (next != u64.MAX_VALUE) {
    if (!clockIsVirtual() || inputWanted()) return RUN_IDLE;
    clockSkipTo(next);
    return -1;
  }
  return inputWanted() ? RUN_INPUT : RUN_IDLE;
}

function taskRun(task: Task, slice: i64): void {
  setCurrent(task);
  mmActivate(task.mm);
  contextLoad(task);
  if (clockDrifts()) vdsoRefresh();
  store<i64>(CPU + FUEL, slice);
  const before = retired();
  sliceBegins();
  if (task.delayedSize) storeDelayed(task);
  const stays = taskGo(task);
  stepExactly(false, false);
  const ran = retired() - before;
  task.instructions += ran;
  usageSettle(task);
  if (task.state != TASK_DEAD) {
    if (task.group.timers) cpuTimersCharge(task.group, ran);
    if (task.group.cpuTimers) posixCpuTimers(task.group);
    cpuLimitCharge(task.group);
  }
  setCurrent(changetype<Task>(0));
  if (task.state == TASK_DEAD) {
    if (task.flags & TF_FREE_LATER) taskFree(task);
    return;
  }
  contextSave(task);
  schedRan(task, ran);
  if (!stays) usageSwitch(task, USAGE_VOLUNTARY);
  else if (schedWaiting()) usageSwitch(task, USAGE_PREEMPTED);
  if (stays) schedRequeue(task);
}

/** Runs `current` until it sleeps, ends or has used its slice; true when it stays runnable. */
function taskGo(task: Task): bool {
  if (task.flags & TF_IN_SYSCALL) {
    if (!syscallAgain(task)) return false;
  } else if (!beforeUser(task, 0, 0)) return false;
  if (task.flags & TF_HOST) return hostIdle(task);
  while (true) {
    const exit = cpuRun();
    if (exit == EXIT_SYSCALL) {
      if (!syscallBegin(task)) return false;
      // @ts-ignore
      if (isDefined(RING3_CHECK)) checkTurn();
      if (schedYieldWanted() && schedWaiting()) return true;
      if (load<i64>(CPU + FUEL) <= 0) return true;
      continue;
    }
    if (exit == EXIT_FAULT) signalFault(task);
    if (!beforeUser(task, 0, 0)) return false;
    if (exit != EXIT_FAULT && load<i64>(CPU + FUEL) <= 0) return true;
  }
}

function hostIdle(task: Task): bool {
  task.state = TASK_HOST_IDLE;
  return false;
}

/** Delivers signals before user mode; false when the task died or stopped. */
function beforeUser(task: Task, inSyscall: i32, result: i64): bool {
  if (!inSyscall && !signalPending(task)) return true;
  return signalsDeliver(inSyscall, result) == 0;
}

/** The system call whose number and arguments stand in the registers. */
function syscallBegin(task: Task): bool {
  task.syscallNr = load<i32>(CPU + RAX);
  task.arg0 = load<u64>(CPU + RDI);
  task.arg1 = load<u64>(CPU + RSI);
  task.arg2 = load<u64>(CPU + RDX);
  task.arg3 = load<u64>(CPU + R10);
  task.arg4 = load<u64>(CPU + R8);
  task.arg5 = load<u64>(CPU + R9);
  task.sysProgress = 0;
  task.sysObject = 0;
  task.flags &= ~(TF_RETRY | TF_DEADLINE | TF_REAL_DEADLINE | TF_TIMED_OUT | TF_DONE | TF_NEW);
  const answered = load<u32>(STATE + HOOKED) && hostHookEnter(task.tid, task.syscallNr);
  if (traceIsOn()) hostTraceEnter(task.tid, task.syscallNr);
  store<i64>(CPU + FUEL, load<i64>(CPU + FUEL) - CALL_COST);
  if (answered) return syscallFinish(task, task.syscallResult);
  if (injecting() && injectEnter(task)) return injectedBegin(task);
  return syscallFinish(task, callHandler(task));
}

/** A call that something is done to: see task/inject.ts. */
function injectedBegin(task: Task): bool {
  if (task.injected & INJECT_DELAY_ENTER) {
    injectDelay(task, INJECT_WAITS_ENTER);
    return false;
  }
  return syscallFinish(task, task.injected & INJECT_VALUE ? task.syscallResult : callHandler(task));
}

/** Its delay is over. */
function injectedAgain(task: Task): bool {
  const before = (task.injected & INJECT_WAITS_ENTER) != 0;
  injectDelayed(task);
  return before ? injectedBegin(task) : syscallFinish(task, task.syscallResult);
}

function callHandler(task: Task): i64 {
  // @ts-ignore
  if (isDefined(RING3_CHECK)) checkNote(task);
  return dispatch(task.syscallNr, task.arg0, task.arg1, task.arg2, task.arg3, task.arg4, task.arg5);
}

/** Goes on with a call that slept. */
function syscallAgain(task: Task): bool {
  if (task.injected & (INJECT_WAITS_ENTER | INJECT_WAITS_EXIT)) return injectedAgain(task);
  let result: i64;
  if (task.flags & TF_DONE) {
    task.flags &= ~TF_DONE;
    result = task.syscallResult;
  } else {
    task.flags |= TF_RETRY;
    result = callHandler(task);
  }
  return syscallFinish(task, result);
}

/** Gives the result to the task; false when it sleeps, stopped or died. */
function syscallFinish(task: Task, result: i64): bool {
  if (result == BLOCKED) {
    task.flags |= TF_IN_SYSCALL;
    return false;
  }
  if (task.injected & INJECT_DELAY_EXIT && result != NO_RESULT && task.state != TASK_DEAD) {
    task.syscallResult = result;
    injectDelay(task, INJECT_WAITS_EXIT);
    return false;
  }
  task.flags &= ~TF_IN_SYSCALL;
  if (task.state == TASK_DEAD) return false;
  if (task.syscallNr <= 20) usageCall(task, task.syscallNr, result);
  // A call that slept and now fails before it comes to its wait (its descriptor was closed).
  if (task.ipcWait) ipcWaitAbandon(task);
  if (result == NO_RESULT) {
    if (traceIsOn()) hostTraceExit(task.tid, task.syscallNr, load<i64>(CPU + RAX));
    return beforeUser(task, 0, 0);
  }
  const restart = result <= -512 && result >= -516;
  if (load<u32>(STATE + HOOKED) && !restart) result = hostHookExit(task.tid, task.syscallNr, result);
  if (traceIsOn()) hostTraceExit(task.tid, task.syscallNr, result);
  if (!restart) {
    store<i64>(CPU + RAX, result);
    return beforeUser(task, 0, 0);
  }
  return beforeUser(task, 1, result);
}

/** A system call of a task that the host drives; the result, or BLOCKED. The registers stand in its context. */
export function hostSyscall(task: Task): i64 {
  setCurrent(task);
  mmActivate(task.mm);
  contextLoad(task);
  task.state = TASK_RUNNABLE;
  store<i64>(CPU + FUEL, 0);
  // As the syscall instruction does.
  store<u64>(CPU + 8, load<u64>(CPU + 256));
  store<u64>(CPU + 88, 0x202);
  const done = syscallBegin(task);
  const result = done ? load<i64>(CPU + RAX) : BLOCKED;
  setCurrent(changetype<Task>(0));
  if (task.state == TASK_DEAD) {
    if (task.flags & TF_FREE_LATER) taskFree(task);
    return BLOCKED;
  }
  if (done) task.state = TASK_HOST_IDLE;
  contextSave(task);
  // @ts-ignore
  if (isDefined(RING3_CHECK)) checkTurn();
  return result;
}

/** Results of hostRun. */
const CODE_DONE: i32 = 0;
const CODE_LIMIT: i32 = 1;
const CODE_FAULT: i32 = 2;
const CODE_WAITS: i32 = 3;
const CODE_ENDED: i32 = 4;

/** Guest code of a task that the host drives, from `rip` to `end`, `steps` instructions at the most. It goes on behind a call that waits. */
export function hostRun(task: Task, rip: u64, end: u64, steps: u32): i32 {
  setCurrent(task);
  mmActivate(task.mm);
  contextLoad(task);
  task.state = TASK_RUNNABLE;
  store<u64>(CPU + RIP, rip);
  let why = CODE_LIMIT;
  while (why == CODE_LIMIT) {
    if (load<u64>(CPU + RIP) == end) why = CODE_DONE;
    else if (!steps--) break;
    else {
      store<i64>(CPU + FUEL, 1);
      stepExactly(true, false);
      const exit = cpuRun();
      stepExactly(false, false);
      if (exit == EXIT_FAULT) why = CODE_FAULT;
      else if (exit == EXIT_SYSCALL && !syscallBegin(task)) why = CODE_WAITS;
    }
  }
  setCurrent(changetype<Task>(0));
  if (task.state == TASK_DEAD) {
    if (task.flags & TF_FREE_LATER) taskFree(task);
    return CODE_ENDED;
  }
  if (why != CODE_WAITS) task.state = TASK_HOST_IDLE;
  contextSave(task);
  return why;
}

/** Whether `task` is running right now: its registers are then in the CPU block. */
export function isCurrent(task: Task): bool {
  return task === current;
}
