// The scheduler: one run queue, round robin in slices counted in guest instructions.
// A task on the queue is TASK_RUNNABLE; the running task is not on the queue.
import { CHOOSE_RUN, choose } from "../lib/choose";
import { Link } from "../lib/list";
import { TASK_RUNNABLE, Task } from "./task";

const QUEUE = memory.data(16, 8);
const STATE = memory.data(16, 8); // u32 length, u32 yield wanted

/** Guest instructions that a task may run before the next one has its turn. */
export const SLICE: i64 = 200_000;

// @ts-ignore: decorator
@inline
function queue(): Link {
  return changetype<Link>(QUEUE);
}

export function schedInit(): void {
  queue().reset();
  store<u32>(STATE, 0);
  store<u32>(STATE + 4, 0);
}

/** Puts a runnable task at the end of the queue; harmless when it is there already. */
export function schedEnqueue(task: Task): void {
  if (!task.empty) return;
  task.append(queue());
  store<u32>(STATE, load<u32>(STATE) + 1);
}

/** Takes a task off the queue (it stops, dies, or is about to run). */
export function schedDequeue(task: Task): void {
  if (task.empty) return;
  task.unlink();
  store<u32>(STATE, load<u32>(STATE) - 1);
}

/** The next task to run, taken off the queue; null when none is runnable. */
export function schedNext(): Task | null {
  const length = load<u32>(STATE);
  if (!length) return null;
  let link = queue().next;
  for (let n = length > 1 ? choose(CHOOSE_RUN, length) : 0; n; n--) link = link.next;
  const task = changetype<Task>(changetype<usize>(link));
  schedDequeue(task);
  return task;
}

/** Runnable tasks besides the running one. */
export function schedWaiting(): u32 {
  return load<u32>(STATE);
}

/** The running task gives up its slice at the end of this system call. */
export function schedYield(): void {
  store<u32>(STATE + 4, 1);
}

/** Whether schedYield was called since the last question. */
export function schedYieldWanted(): bool {
  const wanted = load<u32>(STATE + 4) != 0;
  if (wanted) store<u32>(STATE + 4, 0);
  return wanted;
}

/** Whether a task can be run: helps assertions. */
export function schedRunnable(task: Task): bool {
  return task.state == TASK_RUNNABLE;
}
