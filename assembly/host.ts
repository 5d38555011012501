// What the host calls: making the machine, starting processes, tasks that the host drives.
// Paths and strings are linear memory from hostAlloc. Results are values ≥ 0 or −errno.
import { EINVAL, ENOMEM, ESRCH, EAGAIN } from "./abi/errno";
import { SIGCHLD } from "./abi/signal";
import { areaReserve } from "./check/area";
import { codeInit } from "./cpu/code";
import { cpuLevelSet } from "./cpu/cpuid";
import { hooksClear } from "./cpu/step";
import { CPU, CPU_CONTEXT_SIZE, FCW, MXCSR } from "./cpu/state";
import { fdtableNew } from "./fs/fdtable";
import { fsInit, pathContextNew, pathContextSetCwd } from "./fs/context";
import { stdioInstall } from "./fs/stdio";
import { choicesSet } from "./lib/choose";
import { linkAt } from "./lib/list";
import { randomSeed } from "./lib/random";
import { framesInit } from "./mm/frames";
import { kfree, kmalloc, kmallocInit } from "./mm/kmalloc";
import { Mm, mmNew, spacesInit } from "./mm/space";
import { currentMm, mmActivate } from "./mm/tlb";
import { copyInPartial, copyOutPartial } from "./mm/usercopy";
import { watchPause, watchResume } from "./mm/watch";
import { clockInit } from "./task/clock";
import { credNew } from "./task/cred";
import { Cred } from "./task/task";
import { execKernel } from "./task/exec";
import { INIT_PID, taskEnd } from "./task/exit";
import { groupAddThread, groupBlank, groupFree, taskBlank, taskDropParts, taskFree } from "./task/fork";
import { injectInit } from "./task/inject";
import { rlimitsInit } from "./task/rlimit";
import { hostRun, hostSyscall, isCurrent, runInit } from "./task/run";
import { schedEnqueue, schedInit } from "./task/sched";
import { sighandNew, signalKillFromHost, signalsInit } from "./task/signal";
import { sleepInit } from "./task/sleep";
import { groupFind, groupRegister, groupUnregister, tableInit, taskFind, taskRegister, taskUnregister } from "./task/table";
import { Group, TASK_DEAD, TASK_HOST_IDLE, TASK_RUNNABLE, TF_FREE_LATER, TF_HOST, TF_IN_SYSCALL, Task, contextSave, current, groupChildren, setCurrent } from "./task/task";
import { vdsoInit } from "./task/vdso";
import { futexInit } from "./ipc/futex";
import { utsFirst, utsHold } from "./task/uts";
import { ipcFirst, ipcHold, ipcInit } from "./ipc/ipcns";

/** Makes the machine: `maxFrames` 4 KiB pages of linear memory at the most; flags 1 = virtual clock, 2 = trace. 0 or −errno. */
export function machineInit(maxFrames: u32, seed: u64, flags: u32, maxTasks: u32): i32 {
  // @ts-ignore: in the module with the checks they have memory of their own.
  const checks: u32 = isDefined(RING3_CHECK) ? areaReserve(__heap_base, maxFrames) : 0;
  framesInit(maxFrames + (checks >> 12), <u32>__heap_base + checks);
  kmallocInit();
  spacesInit();
  codeInit();
  randomSeed(seed);
  clockInit(flags & 1);
  schedInit();
  sleepInit();
  signalsInit();
  futexInit();
  ipcInit();
  tableInit(maxTasks + 1);
  injectInit();
  choicesSet(0, 0, 0);
  hooksClear();
  runInit(flags & 2);
  cpuLevelSet(flags & 4 ? 1 : 2);
  setCurrent(changetype<Task>(0));
  const init = processBlank(0, 0, null);
  if (!init) return -ENOMEM;
  init.state = TASK_HOST_IDLE;
  init.comm0 = 0x74696e69; // "init"
  setCurrent(init);
  fsInit();
  vdsoInit();
  const error = setUp(init);
  setCurrent(changetype<Task>(0));
  return error;
}

/** Gives a blank process root and cwd "/", and an empty descriptor table. */
function setUp(task: Task): i32 {
  task.fs = pathContextNew();
  task.files = fdtableNew();
  return changetype<usize>(task.fs) && task.files ? 0 : -ENOMEM;
}

function taskAdopt(task: Task, cred: Cred): bool {
  task.cred = cred;
  return taskRegister(task);
}

/** A registered process without program, a child of `parent`; null when there is no room. */
function processBlank(uid: u32, gid: u32, parent: Group | null): Task | null {
  const task = taskBlank();
  if (!task) return null;
  const group = groupBlank();
  const mm = mmNew();
  const sighand = sighandNew();
  const cred = credNew(uid, gid);
  task.ipcNs = changetype<usize>(ipcHold(ipcFirst()));
  task.utsNs = changetype<usize>(utsHold(utsFirst()));
  if (!group || !mm || !sighand || !cred || !taskAdopt(task, cred)) {
    if (group) groupFree(group);
    if (mm) task.mm = mm;
    if (sighand) task.sighand = sighand;
    if (cred) task.cred = cred;
    taskDropParts(task);
    taskFree(task);
    return null;
  }
  task.mm = mm;
  task.sighand = sighand;
  task.cred = cred;
  group.pid = task.tid;
  group.pgid = task.tid;
  group.sid = parent ? INIT_PID : task.tid;
  group.ofHost = parent ? 1 : 0;
  group.sessionLeader = parent ? 0 : 1;
  group.leader = task;
  group.exitSignal = SIGCHLD;
  rlimitsInit(group.rlimits);
  groupAddThread(group, task);
  if (parent) {
    group.parent = parent;
    linkAt(changetype<usize>(group), offsetof<Group>("siblingNext")).append(groupChildren(parent));
  }
  groupRegister(group);
  store<u16>(task.context + FCW, 0x37f);
  store<u32>(task.context + MXCSR, 0x1f80);
  return task;
}

/** Undoes processBlank and setUp for a process that never ran. */
function processForget(task: Task): void {
  const group = task.group;
  linkAt(changetype<usize>(group), offsetof<Group>("siblingNext")).unlink();
  taskDropParts(task);
  groupUnregister(group);
  taskUnregister(task);
  groupFree(group);
  taskFree(task);
}

/**
 * Starts a program. argv and envp are blocks of NUL-terminated strings; stdio has a nibble for each of
 * streams 0, 1, 2: 0 null device, 1 terminal, 2 pipe, 3 regular file. The pid or −errno.
 */
export function processSpawn(path: usize, pathLength: i32, argv: usize, argc: i32, envp: usize, envc: i32, cwd: usize, cwdLength: i32, uid: u32, gid: u32, stdio: u32): i32 {
  const task = processBlank(uid, gid, groupFind(INIT_PID));
  if (!task) return -EAGAIN;
  setCurrent(task);
  let error = setUp(task);
  if (!error && cwdLength) error = pathContextSetCwd(task.fs, cwd, cwdLength);
  if (!error) error = stdioInstall(stdio);
  if (!error) error = <i32>execKernel(path, pathLength, argv, argc, envp, envc);
  setCurrent(changetype<Task>(0));
  if (error) {
    processForget(task);
    return error;
  }
  contextSave(task);
  task.state = TASK_RUNNABLE;
  schedEnqueue(task);
  return task.tid;
}

/** A task that the host drives: a process without guest code, its memory from mmap. Its tid or −errno. */
export function taskNew(uid: u32, gid: u32, stdio: u32): i32 {
  const task = processBlank(uid, gid, groupFind(INIT_PID));
  if (!task) return -EAGAIN;
  task.flags = TF_HOST;
  task.state = TASK_HOST_IDLE;
  task.comm0 = 0x74736f68; // "host"
  setCurrent(task);
  let error = setUp(task);
  if (!error) error = stdioInstall(stdio);
  setCurrent(changetype<Task>(0));
  if (error) {
    processForget(task);
    return error;
  }
  return task.tid;
}

function hostTask(tid: i32): Task | null {
  const task = taskFind(tid);
  return task && task.flags & TF_HOST ? task : null;
}

/** Runs system call `nr` for a task that the host drives; its result, or i64.MIN when it sleeps (see taskDone). */
export function taskSyscall(tid: i32, nr: i32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64): i64 {
  const task = hostTask(tid);
  if (!task) return -ESRCH;
  if (task.flags & TF_IN_SYSCALL || task.state != TASK_HOST_IDLE) return -EINVAL;
  const c = task.context;
  store<u64>(c, <i64>nr);
  store<u64>(c + 56, a0);
  store<u64>(c + 48, a1);
  store<u64>(c + 16, a2);
  store<u64>(c + 80, a3);
  store<u64>(c + 64, a4);
  store<u64>(c + 72, a5);
  return hostSyscall(task);
}

/** Runs guest code of a task that the host drives: 0 it came to `end`, 1 `steps` are used up, 2 a fault, 3 it waits in a call, 4 it ended; −errno. */
export function taskRunCode(tid: i32, rip: u64, end: u64, steps: u32): i32 {
  const task = hostTask(tid);
  if (!task) return -ESRCH;
  if (task.flags & TF_IN_SYSCALL || task.state != TASK_HOST_IDLE) return -EINVAL;
  return hostRun(task, rip, end, steps);
}

/** 1 when the task's call has finished, 0 while it sleeps, −1 when the task is gone. */
export function taskDone(tid: i32): i32 {
  const task = hostTask(tid);
  if (!task) return -1;
  return task.state == TASK_HOST_IDLE ? 1 : 0;
}

/** rax of a task: the result of its last call. */
export function taskResult(tid: i32): i64 {
  const task = taskFind(tid);
  return task ? load<i64>(task.context) : -ESRCH;
}

/** Ends a task of the host as exit_group(0) would. */
export function taskDelete(tid: i32): void {
  const task = hostTask(tid);
  if (!task || task.state == TASK_DEAD) return;
  // What the task lets go knows whose it was.
  setCurrent(task);
  taskEnd(task, 0);
  setCurrent(changetype<Task>(0));
  if (task.flags & TF_FREE_LATER) taskFree(task);
}

/** The task's registers (layout of cpu/state.ts), 0 when there is no such task. */
export function taskContext(tid: i32): usize {
  const task = taskFind(tid);
  return task ? (isCurrent(task) ? CPU : task.context) : 0;
}

/** Six u64 arguments of the call in progress. */
export function taskArgs(tid: i32): usize {
  const task = taskFind(tid);
  return task ? changetype<usize>(task) + offsetof<Task>("arg0") : 0;
}

export function taskContextSize(): i32 {
  return CPU_CONTEXT_SIZE;
}

/** What was done to the task's call by fault injection: INJECT_* flags (task/inject.ts). */
export function taskInjected(tid: i32): u32 {
  const task = taskFind(tid);
  return task ? task.injected : 0;
}

/** Copies guest memory of a task to `to`: bytes copied, short at a fault. */
export function taskRead(tid: i32, addr: u64, to: usize, length: i32): i32 {
  const task = taskFind(tid);
  if (!task || !changetype<usize>(task.mm)) return -ESRCH;
  const before = currentMm;
  mmActivate(task.mm);
  const phase = watchPause();
  const left = copyInPartial(to, addr, length);
  watchResume(phase);
  mmBack(before);
  return length - <i32>left;
}

/** Copies `from` to guest memory of a task: bytes copied, short at a fault. */
export function taskWrite(tid: i32, addr: u64, from: usize, length: i32): i32 {
  const task = taskFind(tid);
  if (!task || !changetype<usize>(task.mm)) return -ESRCH;
  const before = currentMm;
  mmActivate(task.mm);
  const phase = watchPause();
  const left = copyOutPartial(addr, from, length);
  watchResume(phase);
  mmBack(before);
  return length - <i32>left;
}

function mmBack(mm: Mm): void {
  if (changetype<usize>(mm)) mmActivate(mm);
}

/** Sends a signal from the host to process `pid`, to a process group when negative. 0 or −errno. */
export function taskKill(pid: i32, signal: i32): i32 {
  if (signal < 0 || signal > 64) return -EINVAL;
  return signalKillFromHost(pid, signal);
}

/** A buffer of the host in linear memory; 0 when there is none (at most 4 MiB). */
export function hostAlloc(size: u32): usize {
  return kmalloc(max<u32>(size, 16));
}

export function hostFree(p: usize): void {
  kfree(p);
}

/** Whether a guest runs right now: the host is inside an import. */
export function machineBusy(): i32 {
  return changetype<usize>(current) ? 1 : 0;
}
