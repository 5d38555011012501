// Lost wake-ups: when no task can run, every sleeper is made to look again. A call that then ends was not woken when it
// should have been. Looking changes the machine, so the host keeps a copy of its memory and puts it back (host/check.ts).
import { dispatch } from "../gen/dispatch";
import { EAGAIN } from "../abi/errno";
import { IpcWait, WAIT_LOCK } from "../ipc/ipcwait";
import { mmActivate } from "../mm/tlb";
import { now } from "../task/clock";
import { schedDequeue } from "../task/sched";
import { taskAfter, taskFind, taskFirst } from "../task/table";
import { TASK_BLOCKED, TF_DEADLINE, TF_DONE, TF_IN_SYSCALL, TF_RETRY, Task, contextLoad, setCurrent } from "../task/task";
import { BLOCKED, wakeTask } from "../task/wait";
import { probeIpc } from "./wakeipc";

/** Whether the task sleeps in a call that can be run again to see whether it would end. */
function canLook(task: Task): bool {
  if (task.state != TASK_BLOCKED || !(task.flags & TF_IN_SYSCALL) || task.flags & TF_DONE || task.injected) return false;
  return !(task.flags & TF_DEADLINE) || task.deadline > now();
}

/** The first sleeper with a thread id above `tid`, in order of making; 0 = none. */
export function probeNext(tid: i32): i32 {
  let task = taskFirst();
  if (tid) {
    const before = taskFind(tid);
    if (!before) return 0;
    task = taskAfter(before);
  }
  while (task && !canLook(task)) task = taskAfter(task);
  return task ? task.tid : 0;
}

/** Lets the sleeper look again: 1 when its call ends now. */
export function probe(tid: i32): i32 {
  const task = taskFind(tid);
  if (!task) return 0;
  if (task.ipcWait && changetype<IpcWait>(task.ipcWait).kind < WAIT_LOCK) return probeIpc(task) ? 1 : 0;
  wakeTask(task);
  schedDequeue(task);
  setCurrent(task);
  mmActivate(task.mm);
  contextLoad(task);
  task.flags |= TF_RETRY;
  const result = dispatch(task.syscallNr, task.arg0, task.arg1, task.arg2, task.arg3, task.arg4, task.arg5);
  setCurrent(changetype<Task>(0));
  // A descriptor may have been made non-blocking meanwhile, and a futex's word changed without a wake-up.
  return result != BLOCKED && result != -EAGAIN ? 1 : 0;
}

export function probeCall(tid: i32): i32 {
  const task = taskFind(tid);
  return task ? task.syscallNr : -1;
}
