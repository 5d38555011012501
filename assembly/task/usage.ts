// What tasks have used: page faults, switches, bytes read and written. getrusage(2), proc_pid_io(5), proc_stat(5).
// A usage is USAGE_BYTES of counters: a task's own, a process's of its ended threads, its of children that were waited for.
import { Group, Task, current, groupThreads, taskOfGroupLink } from "./task";

export const USAGE_FAULTS: usize = 0;
export const USAGE_VOLUNTARY: usize = 8;
export const USAGE_PREEMPTED: usize = 16;
export const USAGE_READ_BYTES: usize = 24;
export const USAGE_WRITTEN_BYTES: usize = 32;
export const USAGE_READS: usize = 40;
export const USAGE_WRITES: usize = 48;
export const USAGE_BYTES: usize = 56;

/** Of the whole machine: faults and switches; and the faults before those of the running slice. */
const FAULTS = memory.data(8, 8);
const SWITCHES = memory.data(8, 8);
const SETTLED = memory.data(8, 8);
const SUM = memory.data(56, 8);

// @ts-ignore: decorator
@inline
function taskUsage(task: Task): usize {
  return changetype<usize>(task) + offsetof<Task>("usage0");
}

/** Of the threads that have ended. */
export function groupUsage(group: Group): usize {
  return changetype<usize>(group) + offsetof<Group>("usage0");
}

/** Of children that were waited for. */
export function childUsage(group: Group): usize {
  return changetype<usize>(group) + offsetof<Group>("childUsage0");
}

function count(usage: usize, what: usize, by: u64): void {
  store<u64>(usage + what, load<u64>(usage + what) + by);
}

export function usageAdd(to: usize, from: usize): void {
  for (let at: usize = 0; at < USAGE_BYTES; at += 8) count(to, at, load<u64>(from + at));
}

/** A page was made present or writable. */
export function usageFault(): void {
  count(FAULTS, 0, 1);
}

/** The faults since the last call are `task`'s. */
export function usageSettle(task: Task): void {
  const all = load<u64>(FAULTS);
  count(taskUsage(task), USAGE_FAULTS, all - load<u64>(SETTLED));
  store<u64>(SETTLED, all);
}

/** The task has left the CPU: it sleeps (USAGE_VOLUNTARY) or lets others run. */
export function usageSwitch(task: Task, how: usize): void {
  count(taskUsage(task), how, 1);
  count(SWITCHES, 0, 1);
}

const READ_CALLS: u32 = (1 << 0) | (1 << 17) | (1 << 19); // read pread64 readv
const WRITE_CALLS: u32 = (1 << 1) | (1 << 18) | (1 << 20); // write pwrite64 writev

/** A system call has ended: proc_pid_io(5) counts what it read or wrote. */
export function usageCall(task: Task, nr: i32, result: i64): void {
  const bit: u32 = 1 << nr;
  if (nr > 20 || !((READ_CALLS | WRITE_CALLS) & bit)) return;
  const reads = (READ_CALLS & bit) != 0;
  count(taskUsage(task), reads ? USAGE_READS : USAGE_WRITES, 1);
  if (result > 0) count(taskUsage(task), reads ? USAGE_READ_BYTES : USAGE_WRITTEN_BYTES, result);
}

/** Of one task up to now. */
export function usageOfTask(task: Task): usize {
  if (task === current) usageSettle(task);
  return taskUsage(task);
}

/** Of all threads of a process, those that have ended too; until the next call. */
export function usageOfGroup(group: Group): usize {
  memory.copy(SUM, groupUsage(group), USAGE_BYTES);
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) usageAdd(SUM, usageOfTask(taskOfGroupLink(link)));
  return SUM;
}

/** Faults and switches of all tasks since the start. */
export function faultsOfAll(): u64 {
  return load<u64>(FAULTS);
}

export function switchesOfAll(): u64 {
  return load<u64>(SWITCHES);
}
