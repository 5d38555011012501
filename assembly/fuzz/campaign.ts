// The loop: make a program, run it, keep it when it reached something new, undo it.
import { actorAt, actorsClear, actorsSave, ACTOR_READY } from "./actors";
import { execute, featuresNew, lostWakeup, sleepers } from "./execute";
import { generateProgram, setEagerOnly } from "./generate";
import {
  ACTORS_MAX,
  BIG_BYTES,
  CORPUS,
  CORPUS_BYTES,
  CORPUS_INDEX,
  CORPUS_MAX,
  DATA,
  DIRTY_COUNT,
  DRAFT,
  EDGE_COUNT,
  FINDINGS,
  KERNEL_FRAMES,
  PROGRAM,
  SHARED,
  SHARED_BYTES,
  STACKS,
  STACK_BYTES,
  TOTAL_BYTES,
} from "./layout";
import { activate, findTask, kernelAdopt, kernelCall, kernelEnd, kernelOrphan, peek, poke, pokeFill } from "./kernel";
import { variantAt } from "./grammar";
import { mutate } from "./mutate";
import { callAt, callVariant, programAt } from "./program";
import { reset, snapshotTake } from "./probe";
import { below, oneIn, seedRandom } from "./random";
import { reportBegin } from "./report";
import { EISDIR } from "../abi/errno";
import { INIT_PID } from "../task/exit";
import { taskAfter, taskFirst } from "../task/table";
import { TASK_DEAD, Task } from "../task/task";
import { machineInit, taskNew } from "../host";
import { kmallocLive } from "../mm/kmalloc";
import { framesUsed } from "../mm/frames";
import { unixCollect, unixGarbage } from "../net/unixgc";

export const FOUND_NOTHING: i32 = 0;
export const FOUND_LOST_WAKEUP: i32 = 1;
export const FOUND_LEAK: i32 = 2;

/** "d/a" "a" "b" "d" "fifo" "s" twice, and what bind makes of a short length, padded to 8 bytes; calls.ts: STRINGS.path. */
const FILE_NAMES = memory.data<u64>([0x612f64, 0x61, 0x62, 0x64, 0x6f666966, 0x73, 0x612f64, 0x61, 0x62, 0x64, 0x6f666966, 0x73, 0x66, 0x6966, 0x666966]);

let processes: u32 = 1;
let corpusCount: u32 = 0;
let corpusUsed: usize = 0;
let executed: u64 = 0;
let maxCalls: u32 = 10;
let scheduleKinds: u32 = 0x2f;
/** Takes away the files that programs have made: they are no leak. */
let janitor: i32 = 0;
/** What is alive after all actors have ended, when they did nothing. */
let restObjects: u32 = 0;
let restFrames: u32 = 0;
let checks: u32 = 1;
let keeps: bool = true;

function sys(task: Task, nr: i32, a0: u64 = 0, a1: u64 = 0, a2: u64 = 0, a3: u64 = 0, a4: u64 = 0, a5: u64 = 0): i64 {
  return kernelCall(task, nr, a0, a1, a2, a3, a4, a5, STACKS + STACK_BYTES - 256);
}

/** Makes the machine and the `count` processes that every program finds; host/fuzz/native.c does the same on Linux. 0 or −errno. */
export function stageBuild(count: u32): i32 {
  const pages = <i32>(TOTAL_BYTES >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return -12;
  actorsClear();
  const error = machineInit(KERNEL_FRAMES, 1, 1, 256);
  if (error) return error;
  const tid = taskNew(0, 0, 0);
  if (tid < 0) return tid;
  const task = changetype<Task>(changetype<usize>(findTask(tid)));
  sys(task, 112); // setsid
  sys(task, 9, DATA, 0x10000 + BIG_BYTES, 3, 0x32, u64.MAX_VALUE, 0); // private anonymous fixed
  sys(task, 9, SHARED, SHARED_BYTES, 3, 0x31, u64.MAX_VALUE, 0);
  sys(task, 9, STACKS, ACTORS_MAX * STACK_BYTES, 3, 0x32, u64.MAX_VALUE, 0);
  pokeFill(SHARED, 0, 8);
  path(task, DATA, 0x6c756e2f7665642f); // "/dev/null"
  path(task, DATA + 8, 0x6c);
  const nothing = <i32>sys(task, 2, DATA, 2);
  for (let i = 0; i < 3; i++) sys(task, 33, nothing, i);
  if (nothing > 2) sys(task, 3, nothing);
  sys(task, 272, 0x08000000); // unshare(CLONE_NEWIPC)
  path(task, DATA, 0x662f); // "/f"
  sys(task, 95, 0); // umask
  sys(task, 83, DATA, 0x1ff);
  sys(task, 80, DATA);
  sys(task, 293, DATA, 0); // pipe2: 3, 4
  sys(task, 53, 1, 1, 0, DATA); // socketpair(AF_UNIX, SOCK_STREAM): 5, 6
  sys(task, 290, 0, 0); // eventfd2: 7
  warmUp(task);
  sys(task, 53, 1, 2, 0, DATA); // socketpair(AF_UNIX, SOCK_DGRAM): 8, 9
  dropResource(task);
  kernelOrphan(task);
  adoptStage(0, tid);
  janitor = taskNew(0, 0, 0);
  if (janitor < 0) return janitor;
  const cleaner = changetype<Task>(changetype<usize>(findTask(janitor)));
  sys(cleaner, 9, DATA, 4096, 3, 0x32, u64.MAX_VALUE, 0);
  path(cleaner, DATA, 0x662f);
  sys(cleaner, 80, DATA);
  for (let i: u32 = 1; i < count; i++) {
    const child = <i32>sys(task, 57);
    if (child < 0) return child;
    adoptStage(i, child);
  }
  for (let i: u32 = 0; i < count; i++) {
    activate(changetype<Task>(<usize>actorAt(i).task));
    pokeFill(DATA, 0, 0x10000 + BIG_BYTES);
    pokeFill(STACKS, 0, ACTORS_MAX * STACK_BYTES);
  }
  processes = count;
  actorsSave();
  snapshotTake();
  measureRest();
  return 0;
}

/** Tables that the kernel makes when they are first used are no leak. */
function warmUp(task: Task): void {
  const socket = <i32>sys(task, 41, 1, 1, 0);
  pokeFill(DATA, 0, 16);
  poke(DATA, 1, 2);
  sys(task, 42, socket, DATA, 16); // connect to an abstract name
  sys(task, 3, socket);
}

/** Takes CAP_SYS_RESOURCE away: not every root of Linux has it. */
function dropResource(task: Task): void {
  activate(task);
  pokeFill(DATA, 0, 64);
  poke(DATA, 0x20080522, 4); // _LINUX_CAPABILITY_VERSION_3
  sys(task, 125, DATA, DATA + 8); // capget
  for (let i = 0; i < 3; i++) {
    const at = peek(DATA + 8 + (i << 2));
    if (at) poke(DATA + 8 + (i << 2), load<u32>(at) & ~<u32>(1 << 24), 4);
  }
  sys(task, 126, DATA, DATA + 8); // capset
}

function path(task: Task, at: u64, text: u64): void {
  activate(task);
  for (let i = 0; i < 8; i++) pokeFill(at + i, <u8>(text >> (<u64>i << 3)), 1);
}

function adoptStage(i: u32, tid: i32): void {
  const task = changetype<Task>(changetype<usize>(findTask(tid)));
  kernelAdopt(task);
  const actor = actorAt(i);
  actor.task = <u32>changetype<usize>(task);
  actor.tid = tid;
  actor.status = ACTOR_READY;
}

/** A task that is neither the first process nor the janitor; null when there is none. */
function anyTask(): Task | null {
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    if (task.tid != INIT_PID && task.tid != janitor && task.state != TASK_DEAD) return task;
  }
  return null;
}

/** Ends all that programs have begun; what is left then should be what an empty program leaves. */
function endAll(): void {
  for (let task = anyTask(); task; task = anyTask()) kernelEnd(task);
  if (unixGarbage()) unixCollect();
  removeFiles();
}

/** unlinkat and rmdir of every name that programs use; what is in a folder first. */
function removeFiles(): void {
  const cleaner = changetype<Task>(changetype<usize>(findTask(janitor)));
  for (let i = 0; i < 15; i++) {
    path(cleaner, DATA, load<u64>(FILE_NAMES + (i << 3)));
    if (sys(cleaner, 263, <u64>-100, DATA, 0) == -EISDIR) sys(cleaner, 263, <u64>-100, DATA, 0x200);
  }
}

function measureRest(): void {
  programAt(PROGRAM).calls = 0;
  programAt(PROGRAM).processes = <u8>processes;
  programAt(PROGRAM).schedule = 0;
  execute(PROGRAM);
  endAll();
  restObjects = kmallocLive();
  restFrames = framesUsed();
  reset();
}

/** Objects and frames more than there should be after the end of all. */
export function leaked(): i32 {
  endAll();
  return <i32>(kmallocLive() - restObjects);
}

export function setOptions(calls: u32, kinds: u32, native: u32, checkEvery: u32, keep: u32): void {
  maxCalls = calls;
  scheduleKinds = kinds;
  setEagerOnly(native != 0);
  checks = checkEvery;
  keeps = keep != 0;
}

export function setSeed(seed: u64): void {
  seedRandom(seed);
}

export function corpusSize(): u32 {
  return corpusCount;
}

export function executedCount(): u64 {
  return executed;
}

/** Where program `i` of the corpus is. */
export function corpusAt(i: u32): usize {
  return CORPUS + load<u32>(CORPUS_INDEX + (i << 2));
}

/** Keeps the program at `from`; false when there is no room. */
export function corpusAdd(from: usize): bool {
  const bytes = (<usize>programAt(from).bytes + 15) & ~15;
  if (corpusCount >= CORPUS_MAX || corpusUsed + bytes > CORPUS_BYTES) return false;
  store<u32>(CORPUS_INDEX + (corpusCount << 2), <u32>corpusUsed);
  memory.copy(CORPUS + corpusUsed, from, programAt(from).bytes);
  corpusUsed += bytes;
  corpusCount++;
  return true;
}

export function corpusClear(): void {
  corpusCount = 0;
  corpusUsed = 0;
}

function makeProgram(): void {
  if (!corpusCount || oneIn(10)) {
    generateProgram(PROGRAM, processes, maxCalls, scheduleKinds);
    return;
  }
  // The newest are likelier.
  const a = oneIn(3) ? corpusCount - 1 - below(min<u32>(corpusCount, 32)) : below(corpusCount);
  mutate(PROGRAM, corpusAt(a), corpusAt(below(corpusCount)), maxCalls, scheduleKinds);
}

/** Whether a finding of this kind by this call is new. */
function isNew(kind: i32, variant: u32): bool {
  const at = FINDINGS + (<u32>kind << 10) + (variant & 1023);
  if (load<u8>(at)) return false;
  store<u8>(at, 1);
  return true;
}

function lastVariant(): u32 {
  const n = <u32>programAt(PROGRAM).calls;
  return n ? callVariant(callAt(PROGRAM, n - 1)) : 0;
}

const SYS_OPENAT: i32 = 257;
const CHANGES_PATHS = memory.data<i32>([263, 264, 265, 266, 316, 258, 259]);

/** Whether a sleeping open may find something else at its path when it looks again. */
function pathsChange(): bool {
  const n = <u32>programAt(PROGRAM).calls;
  let opens = false;
  let changes = false;
  for (let i: u32 = 0; i < n; i++) {
    const nr = variantAt(callVariant(callAt(PROGRAM, i))).nr;
    if (nr == SYS_OPENAT) opens = true;
    for (let k = 0; k < 7; k++) if (load<i32>(CHANGES_PATHS + (k << 2)) == nr) changes = true;
  }
  return opens && changes;
}

/** What the checks say of the state that the program at PROGRAM has left. */
function check(leaks: bool): i32 {
  if (sleepers() && !pathsChange()) {
    const who = lostWakeup();
    if (who >= 0) return isNew(FOUND_LOST_WAKEUP, callVariant(callAt(PROGRAM, actorAt(<u32>who).call))) ? FOUND_LOST_WAKEUP : FOUND_NOTHING;
  }
  if (leaks && leaked() > 0) return isNew(FOUND_LEAK, lastVariant()) ? FOUND_LEAK : FOUND_NOTHING;
  return FOUND_NOTHING;
}

/** Runs `n` programs; FOUND_* as soon as a check fails: the program stands at PROGRAM. */
export function campaignRun(n: u32): i32 {
  reportBegin(false);
  for (let i: u32 = 0; i < n; i++) {
    makeProgram();
    execute(PROGRAM);
    executed++;
    let found = FOUND_NOTHING;
    const interesting = (load<u32>(EDGE_COUNT) | featuresNew()) != 0;
    if (interesting) {
      if (keeps) corpusAdd(PROGRAM);
      store<u32>(EDGE_COUNT, 0);
    }
    if (checks && (interesting || oneIn(checks))) found = check(interesting);
    reset();
    if (found) return found;
  }
  return FOUND_NOTHING;
}

/** Generates and undoes, for measuring. */
export function generateOnly(n: u32): void {
  for (let i: u32 = 0; i < n; i++) makeProgram();
}

/** Runs the program at PROGRAM once with a report; reset is left to the caller. */
export function runOnce(report: u32): void {
  reportBegin(report != 0);
  execute(PROGRAM);
  executed++;
}

/** Runs the program at PROGRAM `n` times, for measuring. */
export function runMany(n: u32): void {
  reportBegin(false);
  for (let i: u32 = 0; i < n; i++) {
    execute(PROGRAM);
    executed++;
    reset();
  }
}

export function dirtyCount(): u32 {
  return load<u32>(DIRTY_COUNT);
}

export function checkNow(): i32 {
  return sleepers() && !pathsChange() ? lostWakeup() : -1;
}
