// Tasks: queues of the scheduler and runnable tasks are the same, every sleeper can be woken, numbers lead to their tasks,
// the tree of processes is a tree, and nothing waits for nobody.
import { FILE_SIGNALFD } from "../fs/file";
import { Epoll, Item, eventsOf, itemOfSet, itemsOf } from "../ipc/epoll";
import { FUTEX_BUCKETS, Futex, futexFirst, queueOf } from "../ipc/futex";
import { Link } from "../lib/list";
import { schedQueue, schedRealTime, schedRealTimeLength, schedWaiting } from "../task/sched";
import { sleepersCount, sleepersSound } from "../task/sleep";
import { HASH_SIZE, Id, allTasks, groupCount, idFind, idFirst, taskAfter, taskCount, taskFirst } from "../task/table";
import { Group, TASK_BLOCKED, TASK_RUNNABLE, TASK_UNINTERRUPTIBLE, Task, Waiter, current, groupChildren, groupOfSiblingLink, groupThreads, taskOfGroupLink } from "../task/task";
import { WAIT_EPOLL } from "../task/wait";
import { same, violation } from "./violation";

const LONGEST: u32 = 1 << 20;

/** Entries of a circular list, whose links agree in both directions. */
export function ring(what: string, list: Link): u32 {
  let count: u32 = 0;
  for (let link = list.next; link !== list; link = link.next) {
    if (link.next.prev !== link || ++count > LONGEST) violation(what, changetype<usize>(link), <u32>changetype<usize>(link), <u32>changetype<usize>(link.next.prev));
  }
  if (list.next.prev !== list) violation(what, changetype<usize>(list), <u32>changetype<usize>(list), <u32>changetype<usize>(list.next.prev));
  return count;
}

export function checkTasks(): void {
  const others = ring("links of the scheduler's queue", schedQueue());
  const realTime = ring("links of the queue of real-time tasks", schedRealTime());
  same("tasks on the scheduler's queue", 0, others + realTime, schedWaiting());
  same("tasks on the queue of real-time tasks", 0, realTime, schedRealTimeLength());
  same("tasks of the machine", 0, ring("links of the list of tasks", allTasks()), taskCount());
  let runnable: u32 = 0;
  let groups: u32 = 0;
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (task !== current) {
      const waits = task.state == TASK_RUNNABLE;
      if (waits) runnable++;
      if (task.empty == waits) violation("runnable and on a queue of the scheduler", changetype<usize>(task), task.state, task.empty ? 0 : 1);
    }
    if (task.group.leader === task) {
      groups++;
      groupCheck(task.group);
    }
    taskCheck(task);
  }
  same("runnable tasks on a queue of the scheduler", 0, others + realTime, runnable);
  same("processes", 0, groups, groupCount());
  for (let i: u32 = 0; i < sleepersCount(); i++) if (!sleepersSound(i)) violation("heap of timers", i, 1, 0);
  idsCheck();
}

function taskCheck(task: Task): void {
  const id = idFind(task.tid);
  if (!id || id.task !== task) violation("number of a task", changetype<usize>(task), task.tid, 0);
  const asleep = task.state == TASK_BLOCKED || task.state == TASK_UNINTERRUPTIBLE;
  let waiter: Waiter | null = task.waiters;
  while (waiter) {
    if (waiter.task !== task) violation("task of a waiter", changetype<usize>(waiter), <u32>changetype<usize>(task), <u32>changetype<usize>(waiter.task));
    if (waiter.empty) violation("waiter on no queue", changetype<usize>(waiter), 1, 0);
    if (waiter.next.prev !== waiter || waiter.prev.next !== waiter) violation("links of a waiter", changetype<usize>(waiter), <u32>changetype<usize>(waiter), <u32>changetype<usize>(waiter.next.prev));
    waiter = waiter.sibling;
  }
  if (task.waiters && !asleep) violation("waiter of a task that does not sleep", changetype<usize>(task), TASK_BLOCKED, task.state);
  if (task.heapIndex && !asleep) violation("deadline of a task that does not sleep", changetype<usize>(task), TASK_BLOCKED, task.state);
  if (task.heapIndex > sleepersCount()) violation("place in the heap of timers", changetype<usize>(task), sleepersCount(), task.heapIndex);
}

function groupCheck(group: Group): void {
  same("threads of a process", changetype<usize>(group), ring("links of threads", groupThreads(group)), group.threadCount);
  const threads = groupThreads(group);
  for (let link = threads.next; link !== threads; link = link.next) {
    if (taskOfGroupLink(link).group !== group) violation("process of a thread", changetype<usize>(taskOfGroupLink(link)), <u32>changetype<usize>(group), <u32>changetype<usize>(taskOfGroupLink(link).group));
  }
  const children = groupChildren(group);
  ring("links of children", children);
  for (let link = children.next; link !== children; link = link.next) {
    const child = groupOfSiblingLink(link);
    if (child.parent !== group) violation("parent of a process", changetype<usize>(child), <u32>changetype<usize>(group), <u32>changetype<usize>(child.parent));
  }
}

/** Each number is one of a task, a process, or of those that name it their process group or session. */
function idsCheck(): void {
  let tasks: u32 = 0;
  let groups: u32 = 0;
  let members: u32 = 0;
  for (let i: u32 = 0; i < HASH_SIZE; i++) {
    let id: Id | null = idFirst(i);
    while (id) {
      if (id.task) tasks++;
      if (id.group) groups++;
      members += id.members;
      if (!id.task && !id.group && !id.members) violation("number that nobody has", changetype<usize>(id), 1, 0);
      id = id.next;
    }
  }
  same("numbers of tasks", 0, tasks, taskCount());
  same("numbers of processes", 0, groups, groupCount());
  same("members of process groups and sessions", 0, 2 * groups, members);
}

// ── what waits for nobody ───────────────────────────────────────────────────────────

/** Futexes are there while somebody waits, or while a task that waits elsewhere owns them. */
export function checkFutexes(): void {
  for (let i: u32 = 0; i < FUTEX_BUCKETS; i++) {
    let f: Futex | null = futexFirst(i);
    while (f) {
      const queue = queueOf(f);
      if (queue.empty && !f.owner) violation("futex that nobody waits for", changetype<usize>(f), f.object, <u32>f.offset);
      ring("links of a futex's waiters", queue);
      for (let link = queue.next; link !== queue; link = link.next) {
        const waiter = changetype<Waiter>(changetype<usize>(link));
        if (!isWaiterOf(waiter, waiter.task)) violation("waiter of a futex that its task does not know", changetype<usize>(waiter), <u32>changetype<usize>(waiter.task), 0);
      }
      f = f.next;
    }
  }
}

function isWaiterOf(waiter: Waiter, task: Task): bool {
  let at: Waiter | null = task.waiters;
  while (at) {
    if (at === waiter) return true;
    at = at.sibling;
  }
  return false;
}

/** An epoll's items: what is ready and level triggered is among its candidates, or epoll_wait would not tell it. */
export function checkEpoll(e: Epoll): void {
  const items = itemsOf(e);
  ring("links of an epoll's items", items);
  for (let link = items.next; link !== items; link = link.next) {
    const item = itemOfSet(link);
    if (item.epoll !== e) violation("epoll of an item", changetype<usize>(item), <u32>changetype<usize>(e), <u32>changetype<usize>(item.epoll));
    itemCheck(item);
  }
}

const EDGE: u32 = 1 << 31;

function itemCheck(item: Item): void {
  let waiter: Waiter | null = item.waiters;
  while (waiter) {
    if (!(waiter.flags & WAIT_EPOLL) || waiter.key != <u64>changetype<usize>(item)) violation("waiter of an epoll", changetype<usize>(waiter), <u32>changetype<usize>(item), <u32>waiter.key);
    if (waiter.next.prev !== waiter || waiter.prev.next !== waiter) violation("links of an epoll's waiter", changetype<usize>(waiter), <u32>changetype<usize>(waiter), <u32>changetype<usize>(waiter.next.prev));
    waiter = waiter.sibling;
  }
  if (!item.empty && (item.next.prev !== item || item.prev.next !== item)) violation("links of an epoll's candidate", changetype<usize>(item), 0, 0);
  // What a signalfd tells depends on who asks.
  if (item.events & EDGE || !item.empty || item.file.kind == FILE_SIGNALFD) return;
  const events = eventsOf(item);
  if (events) violation("ready file that its epoll was not told of", changetype<usize>(item), events, 0);
}
