// Faults that the host puts into system calls, as `strace --inject` does: strace(1), "Tampering". A rule belongs to a call's
// number; each task counts its own invocations of each call.
//
//   rule, 48 bytes: u32 flags │ u32 first │ u32 last │ u32 step │ i64 value │ u32 signal │ u32 unused │ u64 delay at entry │ u64 at exit (ns)
import { SI_KERNEL } from "../abi/signal";
import { kfree, kzalloc } from "../mm/kmalloc";
import { now } from "./clock";
import { infoOfKernel, signalTask } from "./signal";
import { sleepersAdd } from "./sleep";
import { TASK_BLOCKED, TF_DEADLINE, TF_IN_SYSCALL, TF_TIMED_OUT, Task } from "./task";

/** The call is not made; the rule's value is its result. */
export const INJECT_VALUE: u32 = 1;
export const INJECT_SIGNAL: u32 = 2;
export const INJECT_DELAY_ENTER: u32 = 4;
export const INJECT_DELAY_EXIT: u32 = 8;
/** In Task.injected only: the task sleeps before, after its call. */
export const INJECT_WAITS_ENTER: u32 = 0x10;
export const INJECT_WAITS_EXIT: u32 = 0x20;
/** It has slept. */
export const INJECT_DELAYED: u32 = 0x40;

const CALLS: u32 = 512;
const RULE: u32 = 48;
const STATE = memory.data(8, 8); // u32 table of rules, 0 = none

export function injectInit(): void {
  store<u32>(STATE, 0);
}

// @ts-ignore: decorator
@inline
export function injecting(): bool {
  return load<u32>(STATE) != 0;
}

// @ts-ignore: decorator
@inline
function ruleOf(nr: i32): usize {
  return <usize>load<u32>(STATE) + <usize>nr * RULE;
}

/** Sets the rule of call `nr` (flags 0 = none any more): from its `first` invocation, each `step`-th, to `last`. 0 or −1 without memory. */
export function injectSet(nr: u32, flags: u32, first: u32, last: u32, step: u32, value: i64, signal: u32, delayEnterNs: u64, delayExitNs: u64): i32 {
  if (nr >= CALLS) return -1;
  if (!load<u32>(STATE)) {
    const table = kzalloc(CALLS * RULE);
    if (!table) return -1;
    store<u32>(STATE, <u32>table);
  }
  const rule = ruleOf(nr);
  store<u32>(rule, flags);
  store<u32>(rule, first, 4);
  store<u32>(rule, last, 8);
  store<u32>(rule, step, 12);
  store<i64>(rule, value, 16);
  store<u32>(rule, signal, 24);
  store<u64>(rule, delayEnterNs, 32);
  store<u64>(rule, delayExitNs, 40);
  return 0;
}

/** Whether this invocation is one of the rule's; counts it. */
function isMeant(task: Task, nr: u32, rule: usize): bool {
  if (!task.injectCounts) {
    task.injectCounts = kzalloc(CALLS * 4);
    if (!task.injectCounts) return false;
  }
  const counter = task.injectCounts + nr * 4;
  const count = load<u32>(counter) + 1;
  store<u32>(counter, count);
  const first = load<u32>(rule, 4);
  if (count < first || count > load<u32>(rule, 8)) return false;
  const step = load<u32>(rule, 12);
  return step ? (count - first) % step == 0 : count == first;
}

/** The task's call begins: what is done to it, INJECT_* flags, which Task.injected keeps. Signals are sent here. */
export function injectEnter(task: Task): u32 {
  task.injected = 0;
  const nr = <u32>task.syscallNr;
  if (nr >= CALLS) return 0;
  const rule = ruleOf(nr);
  const flags = load<u32>(rule);
  if (!flags || !isMeant(task, nr, rule)) return 0;
  if (flags & INJECT_SIGNAL) {
    const signal = load<i32>(rule, 24);
    signalTask(task, signal, infoOfKernel(signal, SI_KERNEL));
  }
  if (flags & INJECT_VALUE) task.syscallResult = load<i64>(rule, 16);
  task.injected = flags;
  return flags;
}

/** The task sleeps before (INJECT_WAITS_ENTER) or after its call; any wake-up ends it. */
export function injectDelay(task: Task, waits: u32): void {
  const rule = ruleOf(task.syscallNr);
  task.injected = (task.injected & ~(waits == INJECT_WAITS_ENTER ? INJECT_DELAY_ENTER : INJECT_DELAY_EXIT)) | waits | INJECT_DELAYED;
  task.deadline = now() + load<u64>(rule + (waits == INJECT_WAITS_ENTER ? 32 : 40));
  task.flags |= TF_IN_SYSCALL;
  task.state = TASK_BLOCKED;
  sleepersAdd(task);
}

/** The delay is over: the call's own waits begin afresh. */
export function injectDelayed(task: Task): void {
  task.injected &= ~(INJECT_WAITS_ENTER | INJECT_WAITS_EXIT);
  task.flags &= ~(TF_DEADLINE | TF_TIMED_OUT);
}

/** The task is freed. */
export function injectForget(task: Task): void {
  kfree(task.injectCounts);
}
