// The end of tasks and groups: _exit(2), exit_group(2), death by signal, zombies, reparenting.
// Kernel: kernel/exit.c do_exit(), release_task().
import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, SIGCHLD } from "../abi/signal";
import { futexExit } from "../ipc/futexexit";
import { ipcWaitAbandon } from "../ipc/ipcwait";
import { Pipe, pipeReaders, pipeWriters } from "../ipc/pipe";
import { fdGetFrom } from "../fs/fdtable";
import { FILE_PIPE } from "../fs/file";
import { hostTaskEvent } from "../imports";
import { linkAt } from "../lib/list";
import { mmActivate } from "../mm/tlb";
import { groupFree, taskDropParts, taskFree } from "./fork";
import { groupOrphanCheck, signalChildExit, signalDropPending, signalNoChildWait, signalParentDeath } from "./signal";
import { schedDequeue } from "./sched";
import { sleepersRemove } from "./sleep";
import { groupCount, groupFind, groupUnregister, taskUnregister } from "./table";
import {
  Group,
  TASK_DEAD,
  TF_EXITING,
  TASK_RUNNABLE,
  TF_FREE_LATER,
  TF_IN_SYSCALL,
  TF_VFORK,
  Task,
  current,
  groupChildren,
  groupExitQueue,
  groupOfSiblingLink,
  groupThreads,
  groupWaitQueue,
  taskOfGroupLink,
} from "./task";
import { sessionLeaderLeaves } from "../tty/tty";
import { timersGroupExit } from "./timer";
import { taskInstructions } from "./clocks";
import { groupUsage, usageAdd, usageOfTask } from "./usage";
import { waitersDrop, wakeAll, wakeOne, wakeWith } from "./wait";

/** The pid of the group that adopts orphans. */
export const INIT_PID: i32 = 1;

/** Ends all other threads of the group, which will not run again in user mode; kernel: zap_other_threads(). */
export function groupKillOthers(group: Group, survivor: Task | null): void {
  const threads = groupThreads(group);
  let link = threads.next;
  while (link !== threads) {
    const task = taskOfGroupLink(link);
    link = link.next;
    if (task !== survivor) taskEnd(task, group.exitStatus);
  }
}

/** The whole group ends with wait status `status`; `current`, one of its threads, ends too. */
export function groupExit(group: Group, status: i32): void {
  if (!group.exiting) {
    group.exiting = 1;
    group.exitStatus = status;
  }
  groupKillOthers(group, null);
}

/**
 * Ends one task at once, wherever it stands. It must not be on the CPU any more except as
 * `current`, whose registers are dropped by the run loop.
 */
export function taskEnd(task: Task, status: i32): void {
  if (task.state == TASK_DEAD || task.flags & TF_EXITING) return;
  task.flags |= TF_EXITING;
  const group = task.group;
  waitersDrop(task);
  if (task.ipcWait) ipcWaitAbandon(task);
  sleepersRemove(task);
  schedDequeue(task);
  vforkRelease(task);
  if (task.vforkChild) changetype<Task>(<usize>task.vforkChild).vforkParent = 0;
  mmActivate(task.mm);
  futexExit(task);
  if (group.threadCount == 1) {
    // What waitid(2) still tells of a zombie.
    group.uid = task.cred.uid;
    if (task.mm.rssPeak > group.peakRss) group.peakRss = task.mm.rssPeak;
  }
  wakePassOn(task);
  taskDropParts(task);
  if (task !== current && changetype<usize>(current) && changetype<usize>(current.mm)) mmActivate(current.mm);
  signalDropPending(task);
  group.instructions += taskInstructions(task);
  usageAdd(groupUsage(group), usageOfTask(task));
  task.state = TASK_DEAD;
  linkAt(changetype<usize>(task), offsetof<Task>("groupNext")).unlink();
  group.threadCount--;
  hostTaskEvent(1, task.tid, group.exiting ? group.exitStatus : status);
  if (group.threadCount) {
    childrenOfThread(group, task.tid, taskOfGroupLink(groupThreads(group).next).tid);
    // A leader that ends early keeps its number until the group is gone.
    if (task !== group.leader) taskRelease(task);
    return;
  }
  if (!group.exiting) group.exitStatus = status;
  groupEnd(group, task);
}

/** Forgets a dead thread. */
function taskRelease(task: Task): void {
  taskUnregister(task);
  taskFreeSafely(task);
}

/** The run loop frees a task that ends while it runs. */
function taskFreeSafely(task: Task): void {
  if (task === current) task.flags |= TF_FREE_LATER;
  else taskFree(task);
}

/** Of several sleepers on a pipe this one was woken, and will not run: the next is. */
function wakePassOn(task: Task): void {
  if (task.state != TASK_RUNNABLE || !(task.flags & TF_IN_SYSCALL) || !task.files) return;
  const file = fdGetFrom(task.files, <u32>task.arg0);
  if (!file || file.kind != FILE_PIPE) return;
  wakeOne(pipeReaders(changetype<Pipe>(file.object)));
  wakeOne(pipeWriters(changetype<Pipe>(file.object)));
}

/** A vfork child has ended or exec'ed: its parent goes on. */
export function vforkRelease(task: Task): void {
  if (!(task.flags & TF_VFORK)) return;
  task.flags &= ~TF_VFORK;
  const parent = changetype<Task>(<usize>task.vforkParent);
  task.vforkParent = 0;
  // The parent may have been killed meanwhile.
  if (!changetype<usize>(parent)) return;
  parent.vforkChild = 0;
  wakeWith(parent, task.tid);
}

/** The last thread of a group is gone. */
function groupEnd(group: Group, last: Task): void {
  group.zombie = 1;
  hostTaskEvent(4, group.pid, group.exitStatus);
  if (last !== group.leader) taskRelease(last);
  timersGroupExit(group);
  if (group.sessionLeader && group.tty) sessionLeaderLeaves(group, 1);
  group.tty = 0;
  reparentChildren(group);
  if (changetype<usize>(group.parent)) groupOrphanCheck(group, group.parent);
  wakeAll(groupExitQueue(group));
  const parent = group.parent;
  if (!changetype<usize>(parent)) {
    groupReap(group);
    return;
  }
  const reapNow = parent.pid == INIT_PID || (group.exitSignal == SIGCHLD && signalNoChildWait(parent));
  if (group.exitSignal) signalChildExit(group);
  wakeAll(groupWaitQueue(parent));
  if (reapNow) groupReap(group);
}

/** si_code of SIGCHLD for wait status `status`. */
export function childCode(status: i32): i32 {
  if (!(status & 0x7f)) return CLD_EXITED;
  return status & 0x80 ? CLD_DUMPED : CLD_KILLED;
}

/** The nearest live subreaper above, else init; null when there is none. */
function newParent(group: Group): Group | null {
  let up = group.parent;
  while (changetype<usize>(up) && up.pid != INIT_PID) {
    if (up.subreaper && !up.zombie && up.threadCount) return up;
    up = up.parent;
  }
  const init = groupFind(INIT_PID);
  return init === group ? null : init;
}

/** The children of thread `from` (0 = of all) become those of `to`, of the same process. Kernel: forget_original_parent(). */
export function childrenOfThread(group: Group, from: i32, to: i32): void {
  const children = groupChildren(group);
  for (let link = children.next; link !== children; link = link.next) {
    const child = groupOfSiblingLink(link);
    if (from && child.parentTid != from) continue;
    child.parentTid = to;
    if (from) signalParentDeath(child);
  }
}

function reparentChildren(group: Group): void {
  const children = groupChildren(group);
  if (children.empty) return;
  const heir = newParent(group);
  while (!children.empty) {
    const child = groupOfSiblingLink(children.next);
    const link = linkAt(changetype<usize>(child), offsetof<Group>("siblingNext"));
    link.unlink();
    child.parent = heir ? heir : changetype<Group>(0);
    if (heir) link.append(groupChildren(heir));
    child.exitSignal = SIGCHLD;
    child.parentTid = heir ? taskOfGroupLink(groupThreads(heir).next).tid : 0;
    signalParentDeath(child);
    groupOrphanCheck(child, group);
    if (!child.zombie) continue;
    if (!heir || heir.pid == INIT_PID) groupReap(child);
    else {
      signalChildExit(child);
      wakeAll(groupWaitQueue(heir));
    }
  }
}

/** Forgets a zombie group: its status was collected, or nobody wants it. */
export function groupReap(group: Group): void {
  linkAt(changetype<usize>(group), offsetof<Group>("siblingNext")).unlink();
  const leader = group.leader;
  group.zombie = 2;
  wakeAll(groupExitQueue(group));
  groupUnregister(group);
  taskUnregister(leader);
  taskFreeSafely(leader);
  groupPut(group);
}

/** Drops one reference on a group (pidfds hold some). */
export function groupPut(group: Group): void {
  if (--group.refs == 0) groupFree(group);
}

/** Groups alive, the adopting init not counted. */
export function groupsAlive(): u32 {
  return groupCount() - 1;
}
