// The scheduler. Real-time tasks (SCHED_FIFO, SCHED_RR) run before all others, by priority; the others take turns in
// slices of guest instructions whose length goes by their nice value. sched(7).
// A task on a queue is TASK_RUNNABLE; the running task is on none. Task.prio counts as in kernel/sched/core.c:
// 0 … 98 real time, 100 … 139 nice −20 … 19; waiters of PI futexes lend theirs (ipc/futexpi.ts).
import { SCHED_FIFO, SCHED_IDLE, SCHED_RR } from "../abi/sched";
import { CHOOSE_RUN, choose } from "../lib/choose";
import { Link } from "../lib/list";
import { TASK_RUNNABLE, Task, current } from "./task";

const QUEUE = memory.data(16, 8);
const REAL_TIME = memory.data(16, 8);
const STATE = memory.data(40, 8);
const LENGTH: usize = 0; // u32 tasks on QUEUE
const SWITCH: usize = 4; // u32 why the running task is to give way
const LAST: usize = 8; // u32 why it did
const RT_LENGTH: usize = 12; // u32 tasks on REAL_TIME
const THROTTLED: usize = 16; // u32
const RAN: usize = 24; // u64 instructions of real-time tasks, or of others while throttled

const YIELDS: u32 = 1;
const PREEMPTED: u32 = 2;

/** Guest instructions that a task of nice 0 may run before the next one has its turn. */
export const SLICE: i64 = 200_000;
const LEAST_SLICE: i64 = 2_000;
export const PRIO_NICE_0: i32 = 120;
const MAX_RT_PRIO: i32 = 100;
/** Of each second real-time tasks leave 50 ms to others that wait: sched_rt_runtime_us. */
const RT_RUNTIME: u64 = 950_000_000;
const RT_REST: u64 = 50_000_000;

/** Shares of nice −20 … 19: a step is a tenth of the CPU; kernel/sched/core.c sched_prio_to_weight. */
const WEIGHTS = memory.data<u32>([
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70,
  56, 45, 36, 29, 23, 18, 15,
]);

// @ts-ignore: decorator
@inline
export function schedQueue(): Link {
  return changetype<Link>(QUEUE);
}

// @ts-ignore: decorator
@inline
export function schedRealTime(): Link {
  return changetype<Link>(REAL_TIME);
}

export function schedInit(): void {
  schedQueue().reset();
  schedRealTime().reset();
  memory.fill(STATE, 0, 40);
}

/** The priority that the task has by itself. */
export function schedOwnPrio(task: Task): i32 {
  return schedIsRealTime(task.policy) ? MAX_RT_PRIO - 1 - <i32>task.rtPriority : PRIO_NICE_0 + task.nice;
}

export function schedIsRealTime(policy: u32): bool {
  return policy == SCHED_FIFO || policy == SCHED_RR;
}

/** Changes the effective priority, in the queue too. */
export function schedSetPrio(task: Task, prio: i32): void {
  const queued = !task.empty;
  if (queued) schedDequeue(task);
  task.prio = prio;
  if (queued) schedEnqueue(task);
  else if (task === current && load<u32>(STATE + RT_LENGTH) && first().prio < prio) preempt();
}

function first(): Task {
  return changetype<Task>(changetype<usize>(schedRealTime().next));
}

function preempt(): void {
  if (!load<u32>(STATE + SWITCH)) store<u32>(STATE + SWITCH, PREEMPTED);
}

/** Puts a runnable task at the end of its queue; harmless when it is there already. */
export function schedEnqueue(task: Task): void {
  if (!task.empty) return;
  if (task.prio < MAX_RT_PRIO) {
    enqueueRealTime(task, task.prio);
    if (changetype<usize>(current) && current !== task && task.prio < current.prio) preempt();
    return;
  }
  task.append(schedQueue());
  store<u32>(STATE + LENGTH, load<u32>(STATE + LENGTH) + 1);
}

/** Puts the task behind those of priority `behind` or more urgent. */
function enqueueRealTime(task: Task, behind: i32): void {
  let at = schedRealTime().prev;
  while (at !== schedRealTime() && changetype<Task>(changetype<usize>(at)).prio > behind) at = at.prev;
  task.prepend(at);
  store<u32>(STATE + RT_LENGTH, load<u32>(STATE + RT_LENGTH) + 1);
}

/** The task that ran goes on being runnable: a FIFO task that was pre-empted keeps its place before its equals. */
export function schedRequeue(task: Task): void {
  const why = load<u32>(STATE + LAST);
  const keeps = why == PREEMPTED || (why != YIELDS && task.policy == SCHED_FIFO);
  if (task.prio < MAX_RT_PRIO && task.empty && keeps) enqueueRealTime(task, task.prio - 1);
  else schedEnqueue(task);
}

/** Takes a task off the queue (it stops, dies, or is about to run). */
export function schedDequeue(task: Task): void {
  if (task.empty) return;
  task.unlink();
  const count = STATE + (task.prio < MAX_RT_PRIO ? RT_LENGTH : LENGTH);
  store<u32>(count, load<u32>(count) - 1);
}

/** The next task to run, taken off the queue; null when none is runnable. */
export function schedNext(): Task | null {
  store<u32>(STATE + LAST, 0);
  store<u32>(STATE + SWITCH, 0);
  const length = load<u32>(STATE + LENGTH);
  if (load<u32>(STATE + RT_LENGTH) && !(length && load<u32>(STATE + THROTTLED))) {
    const task = first();
    schedDequeue(task);
    return task;
  }
  if (!length) return null;
  let link = schedQueue().next;
  for (let n = length > 1 ? choose(CHOOSE_RUN, length) : 0; n; n--) link = link.next;
  const task = changetype<Task>(changetype<usize>(link));
  schedDequeue(task);
  return task;
}

/** Instructions that the task may run now. */
export function schedSlice(task: Task): i64 {
  if (task.prio == PRIO_NICE_0 && task.policy != SCHED_IDLE) return SLICE;
  if (task.prio < MAX_RT_PRIO) return SLICE;
  if (task.policy == SCHED_IDLE) return LEAST_SLICE;
  return max<i64>((SLICE * load<u32>(WEIGHTS + ((task.prio - MAX_RT_PRIO) << 2))) >> 10, LEAST_SLICE);
}

/** The task has run: real-time tasks are throttled in the long run. */
export function schedRan(task: Task, instructions: u64): void {
  const throttled = load<u32>(STATE + THROTTLED);
  const real = task.prio < MAX_RT_PRIO;
  if (!real && !throttled) {
    store<u64>(STATE + RAN, 0);
    return;
  }
  const ran = load<u64>(STATE + RAN) + instructions;
  const most = throttled ? RT_REST : RT_RUNTIME;
  if (ran < most) {
    store<u64>(STATE + RAN, ran);
    return;
  }
  store<u64>(STATE + RAN, 0);
  store<u32>(STATE + THROTTLED, throttled ^ 1);
}

/** Tasks that are counted on the queue of real-time tasks. */
export function schedRealTimeLength(): u32 {
  return load<u32>(STATE + RT_LENGTH);
}

/** Runnable tasks besides the running one. */
export function schedWaiting(): u32 {
  return load<u32>(STATE + LENGTH) + load<u32>(STATE + RT_LENGTH);
}

/** The running task gives up its slice at the end of this system call. */
export function schedYield(): void {
  store<u32>(STATE + SWITCH, YIELDS);
}

/** Whether the running task is to give way: it yields, or a more urgent one was woken. */
export function schedYieldWanted(): bool {
  const why = load<u32>(STATE + SWITCH);
  if (!why) return false;
  store<u32>(STATE + LAST, why);
  store<u32>(STATE + SWITCH, 0);
  return true;
}

/** Whether a task can be run: helps assertions. */
export function schedRunnable(task: Task): bool {
  return task.state == TASK_RUNNABLE;
}
