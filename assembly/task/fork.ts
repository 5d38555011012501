// Making tasks: fork(2), vfork(2), clone(2), clone3(2), and the first process of a machine.
// Kernel: kernel/fork.c copy_process().
import { EAGAIN, EEXIST, EINVAL, ENOMEM, EPERM } from "../abi/errno";
import {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_CLEAR_SIGHAND,
  CLONE_FILES,
  CLONE_FS,
  CLONE_NEWIPC,
  CLONE_NEWNS,
  CLONE_NEWUTS,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
} from "../abi/sched";
import { RLIMIT_NPROC } from "../abi/resource";
import { SIGCHLD } from "../abi/signal";
import { CPU, CPU_CONTEXT_SIZE, FS_BASE, RAX, RSP } from "../cpu/state";
import { fdtableCopy, fdtableDrop, fdtableHold } from "../fs/fdtable";
import { mntNsUnshare, pathContextCopy, pathContextDrop } from "../fs/context";
import { utsCopy, utsDrop, utsHold, utsOf } from "./uts";
import { pidfdInstall } from "../fs/pidfd";
import { ipcDrop, ipcHold, ipcNsNew, ipcOf } from "../ipc/ipcns";
import { semExit, undoFork } from "../ipc/semundo";
import { shmExit, shmTaskInit } from "../ipc/shm";
import { Link, linkAt } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { Mm, mmDrop, mmFork } from "../mm/space";
import { currentMm, mmActivate } from "../mm/tlb";
import { putUser32 } from "../mm/usercopy";
import { hostTaskEvent } from "../imports";
import { fuelCharge, now } from "./clock";
import { injectForget } from "./inject";
import { credDrop, credHold } from "./cred";
import { sighandCopy, sighandDrop, sighandResetHandlers } from "./signal";
import { PRIO_NICE_0, schedEnqueue, schedIsRealTime, schedOwnPrio } from "./sched";
import { USER_PROCESSES, userCount } from "./user";
import { groupRegister, idFind, taskRegister, taskRoom, taskUnregister } from "./table";
import {
  Cred,
  FsContext,
  Group,
  SigHand,
  TASK_RUNNABLE,
  TF_FORKED,
  TF_HOST,
  TF_NEW,
  TF_VFORK,
  Task,
  WaitQueue,
  contextSave,
  current,
  groupChildren,
  groupExitQueue,
  groupPending,
  groupThreads,
  groupTimers,
  groupWaitQueue,
  taskPending,
} from "./task";

/** 16 pairs of soft and hard limit. */
export const RLIMIT_BYTES: u32 = 256;

/** Arguments of clone in one place, whichever call they came by. */
@unmanaged
export class CloneArgs {
  flags: u64;
  exitSignal: i32;
  stack: u64; // the new rsp, 0 = as the parent
  parentTid: u64;
  childTid: u64;
  tls: u64;
  pidfd: u64;
  /** The id that the task is to have, 0 = the next free one. */
  setTid: i32;
}

/** A task structure with empty lists, its context area, no group; null = out of memory. */
export function taskBlank(): Task | null {
  const task = changetype<Task>(kzalloc(offsetof<Task>()));
  if (!changetype<usize>(task)) return null;
  task.context = kzalloc(CPU_CONTEXT_SIZE);
  if (!task.context) {
    kfree(changetype<usize>(task));
    return null;
  }
  task.reset();
  linkAt(changetype<usize>(task), offsetof<Task>("groupNext")).reset();
  linkAt(changetype<usize>(task), offsetof<Task>("allNext")).reset();
  taskPending(task).reset();
  shmTaskInit(task);
  task.timerSlackNs = 50000;
  task.defaultSlackNs = 50000;
  task.prio = PRIO_NICE_0;
  return task;
}

export function taskFree(task: Task): void {
  injectForget(task);
  kfree(task.context);
  kfree(changetype<usize>(task));
}

/** A thread group without threads; null = out of memory. */
export function groupBlank(): Group | null {
  const group = changetype<Group>(kzalloc(offsetof<Group>()));
  if (!changetype<usize>(group)) return null;
  group.rlimits = kmalloc(RLIMIT_BYTES);
  if (!group.rlimits) {
    kfree(changetype<usize>(group));
    return null;
  }
  group.reset();
  groupThreads(group).reset();
  groupChildren(group).reset();
  linkAt(changetype<usize>(group), offsetof<Group>("siblingNext")).reset();
  groupWaitQueue(group).reset();
  groupExitQueue(group).reset();
  groupPending(group).reset();
  groupTimers(group).reset();
  group.refs = 1;
  group.startTime = now();
  return group;
}

export function groupFree(group: Group): void {
  kfree(group.rlimits);
  kfree(changetype<usize>(group));
}

function groupFork(parent: Group, exitSignal: i32): Group | null {
  const group = groupBlank();
  if (!group) return null;
  memory.copy(group.rlimits, parent.rlimits, RLIMIT_BYTES);
  group.pgid = parent.pgid;
  group.sid = parent.sid;
  group.tty = parent.tty;
  group.oomScoreAdj = parent.oomScoreAdj;
  group.exitSignal = exitSignal;
  return group;
}

/** Adds the task to its group's threads. */
export function groupAddThread(group: Group, task: Task): void {
  task.group = group;
  linkAt(changetype<usize>(task), offsetof<Task>("groupNext")).append(groupThreads(group));
  group.threadCount++;
}

/** clone's checks of flag combinations; kernel: copy_process(). */
function flagsRefused(flags: u64): bool {
  if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)) return true;
  if (flags & CLONE_SIGHAND && !(flags & CLONE_VM)) return true;
  if (flags & CLONE_CLEAR_SIGHAND && flags & CLONE_SIGHAND) return true;
  if (flags & CLONE_PIDFD && flags & CLONE_THREAD) return true;
  if (flags & CLONE_NEWIPC && flags & CLONE_SYSVSEM) return true;
  if (flags & CLONE_NEWNS && flags & CLONE_FS) return true;
  return (flags & NAMESPACE_FLAGS) != 0;
}

// CLONE_NEWCGROUP, NEWUSER, NEWPID, NEWNET, NEWTIME: none is there yet.
const NAMESPACE_FLAGS: u64 = 0x72000080;
const CAP_SYS_ADMIN: u64 = 1 << 21;

/** Gives `task` its memory, files, directories and handlers, shared or copied; 0 or −errno. Undone by taskParts drop on error. */
function copyParts(task: Task, parent: Task, flags: u64): i32 {
  task.cred = parent.cred;
  credHold(task.cred);
  if (flags & CLONE_NEWIPC) {
    const ns = ipcNsNew();
    if (!ns) return -ENOMEM;
    task.ipcNs = changetype<usize>(ns);
  } else task.ipcNs = changetype<usize>(ipcHold(ipcOf(parent)));
  const uts = flags & CLONE_NEWUTS ? utsCopy() : utsHold(utsOf(parent));
  if (!uts) return -ENOMEM;
  task.utsNs = changetype<usize>(uts);
  if (!undoFork(task, parent, (flags & CLONE_SYSVSEM) != 0)) return -ENOMEM;
  if (flags & CLONE_VM) {
    task.mm = parent.mm;
    task.mm.refs++;
  } else {
    const mm = mmFork(parent.mm);
    if (!mm) return -ENOMEM;
    task.mm = mm;
  }
  if (flags & CLONE_FILES) {
    task.files = parent.files;
    fdtableHold(task.files);
  } else {
    task.files = fdtableCopy(parent.files);
    if (!task.files) return -ENOMEM;
  }
  if (flags & CLONE_FS) {
    task.fs = parent.fs;
    task.fs.refs++;
  } else {
    const fs = pathContextCopy(parent.fs);
    if (!fs) return -ENOMEM;
    task.fs = fs;
    if (flags & CLONE_NEWNS && !mntNsUnshare(fs)) return -ENOMEM;
  }
  if (flags & CLONE_SIGHAND) {
    task.sighand = parent.sighand;
    task.sighand.refs++;
  } else {
    const sighand = sighandCopy(parent.sighand);
    if (!sighand) return -ENOMEM;
    task.sighand = sighand;
    if (flags & CLONE_CLEAR_SIGHAND) sighandResetHandlers(sighand);
  }
  return 0;
}

/** Gives back what copyParts took. */
export function taskDropParts(task: Task): void {
  if (task.semUndo) semExit(task);
  if (changetype<usize>(task.sighand)) sighandDrop(task.sighand);
  if (changetype<usize>(task.fs)) pathContextDrop(task.fs);
  if (task.files) fdtableDrop(task.files);
  if (changetype<usize>(task.mm)) mmDrop(task.mm);
  shmExit(task);
  if (task.ipcNs) ipcDrop(ipcOf(task));
  task.ipcNs = 0;
  if (task.utsNs) utsDrop(utsOf(task));
  task.utsNs = 0;
  if (changetype<usize>(task.cred)) credDrop(task.cred);
  task.sighand = changetype<SigHand>(0);
  task.fs = changetype<FsContext>(0);
  task.files = 0;
  task.mm = changetype<Mm>(0);
  task.cred = changetype<Cred>(0);
}

function inheritFields(task: Task, parent: Task, flags: u64): void {
  task.sigmask = parent.sigmask;
  task.comm0 = parent.comm0;
  task.comm1 = parent.comm1;
  task.nice = parent.nice;
  task.policy = parent.policy;
  task.rtPriority = parent.rtPriority;
  if (parent.schedReset) schedReset(task);
  task.prio = schedOwnPrio(task);
  task.ioprio = parent.ioprio;
  task.seccomp = parent.seccomp;
  task.noNewPrivs = parent.noNewPrivs;
  task.personality = parent.personality;
  task.timerSlackNs = parent.timerSlackNs;
  task.defaultSlackNs = parent.timerSlackNs;
  task.modes = parent.modes;
  task.flags = (parent.flags & TF_HOST) | TF_FORKED | TF_NEW;
  // The alternate stack is kept unless memory is shared and the parent goes on (vfork keeps it).
  if (!(flags & CLONE_VM) || flags & CLONE_VFORK) {
    task.altStack = parent.altStack;
    task.altSize = parent.altSize;
    task.altFlags = parent.altFlags;
    task.rseq = flags & CLONE_VM ? 0 : parent.rseq;
  }
}

/** SCHED_RESET_ON_FORK: the child is no real-time task and not favoured. */
function schedReset(task: Task): void {
  if (schedIsRealTime(task.policy)) {
    task.policy = 0;
    task.nice = 0;
    task.rtPriority = 0;
  } else if (task.nice < 0) task.nice = 0;
}

/** RLIMIT_NPROC, which binds neither root nor who may change limits. */
function tooManyProcesses(): bool {
  const cred = current.cred;
  if (!cred.uid || cred.capEffective & (CAP_SYS_ADMIN | CAP_SYS_RESOURCE)) return false;
  return <u64>userCount(cred.uid, USER_PROCESSES) >= load<u64>(current.group.rlimits + RLIMIT_NPROC * 16);
}
const CAP_SYS_RESOURCE: u64 = 1 << 24;

/** What making a thread or a process counts in the slice of the caller, in instructions: Linux takes some 10 and 60 µs. */
const THREAD_COST: i64 = 10_000;
const FORK_COST: i64 = 60_000;

/** The new task, runnable, or −errno. `current` is the parent. */
export function taskClone(args: CloneArgs): i64 {
  const flags = args.flags;
  if (flagsRefused(flags)) return -EINVAL;
  if (flags & (CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS) && !(current.cred.capEffective & CAP_SYS_ADMIN)) return -EPERM;
  if (!taskRoom() || tooManyProcesses()) return -EAGAIN;
  const asked = args.setTid;
  if (asked && idFind(asked)) return -EEXIST;
  const parent = current;
  contextSave(parent);
  const task = taskBlank();
  if (!task) return -ENOMEM;
  const error = copyParts(task, parent, flags);
  if (error) {
    taskDropParts(task);
    taskFree(task);
    return error;
  }
  inheritFields(task, parent, flags);
  let group = parent.group;
  if (!(flags & CLONE_THREAD)) {
    const made = groupFork(parent.group, args.exitSignal);
    if (!made) {
      taskDropParts(task);
      taskFree(task);
      return -ENOMEM;
    }
    group = made;
  }
  if (!taskRegister(task, asked)) {
    if (!(flags & CLONE_THREAD)) groupFree(group);
    taskDropParts(task);
    taskFree(task);
    return -EAGAIN;
  }
  groupAddThread(group, task);
  if (!(flags & CLONE_THREAD)) {
    group.leader = task;
    group.pid = task.tid;
    const father = flags & CLONE_PARENT ? parent.group.parent : parent.group;
    if (flags & CLONE_PARENT) group.exitSignal = parent.group.exitSignal;
    group.parent = father;
    group.parentTid = flags & CLONE_PARENT ? parent.group.parentTid : parent.tid;
    if (changetype<usize>(father)) linkAt(changetype<usize>(group), offsetof<Group>("siblingNext")).append(groupChildren(father));
    groupRegister(group);
  }
  const refused = tellIds(task, args);
  if (refused) {
    cloneUndo(task, group, flags);
    return refused;
  }
  memory.copy(task.context, parent.context, CPU_CONTEXT_SIZE);
  store<u64>(task.context, 0, RAX);
  if (args.stack) store<u64>(task.context, args.stack, RSP);
  if (flags & CLONE_SETTLS) store<u64>(task.context, args.tls, FS_BASE);
  task.state = TASK_RUNNABLE;
  if (flags & CLONE_VFORK) {
    task.flags |= TF_VFORK;
    task.vforkParent = <u32>changetype<usize>(parent);
    parent.vforkChild = <u32>changetype<usize>(task);
  }
  hostTaskEvent(0, task.tid, parent.tid);
  schedEnqueue(task);
  fuelCharge(flags & CLONE_VM ? THREAD_COST : FORK_COST);
  return task.tid;
}

/** Writes the ids that clone was asked to write; −errno when the pidfd cannot be made. */
function tellIds(task: Task, args: CloneArgs): i32 {
  const flags = args.flags;
  if (flags & CLONE_CHILD_CLEARTID) task.clearChildTid = args.childTid;
  if (flags & CLONE_PIDFD) {
    const fd = pidfdInstall(task.group, args.pidfd);
    if (fd < 0) return fd;
  }
  if (flags & CLONE_PARENT_SETTID) putUser32(args.parentTid, task.tid);
  if (flags & CLONE_CHILD_SETTID) {
    const mine = currentMm;
    mmActivate(task.mm);
    putUser32(args.childTid, task.tid);
    mmActivate(mine);
  }
  return 0;
}

import { groupUnregister } from "./table";

function cloneUndo(task: Task, group: Group, flags: u64): void {
  linkAt(changetype<usize>(task), offsetof<Task>("groupNext")).unlink();
  group.threadCount--;
  taskUnregister(task);
  if (!(flags & CLONE_THREAD)) {
    linkAt(changetype<usize>(group), offsetof<Group>("siblingNext")).unlink();
    groupUnregister(group);
    groupFree(group);
  }
  taskDropParts(task);
  taskFree(task);
}

export const EXIT_SIGNAL_DEFAULT: i32 = SIGCHLD;

/** For tests and host tasks: whether this queue has sleepers. */
export function queueBusy(queue: WaitQueue): bool {
  return !changetype<Link>(changetype<usize>(queue)).empty;
}

/** The CPU block now belongs to nobody: used after the running task died. */
export function cpuClear(): void {
  memory.fill(CPU, 0, CPU_CONTEXT_SIZE);
}
