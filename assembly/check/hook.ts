// When checks are made: after system calls, between turns of tasks, when nobody can run, when all have ended.
import { unixGarbage } from "../net/unixgc";
import { now } from "../task/clock";
import { timersNext } from "../task/sleep";
import { Task } from "../task/task";
import { checkEnd } from "./end";
import { checkMemory, checkReach } from "./memory";
import { checkReferences } from "./refs";
import { seedNow } from "./seed";
import { checkFutexes, checkTasks } from "./tasks";
import { callNoted } from "./violation";

/** The host looks for lost wake-ups: see wake.ts. */
// @ts-ignore: decorator
@external("host", "sleepers")
declare function hostSleepers(): void;

const STATE = memory.data(16, 4);
const EVERY: usize = 0; // calls between two checks, 0 = none are made
const CALLS: usize = 4;
const CHECKED: usize = 8; // calls at the last check
const PROBED: usize = 12; // …at the last look for lost wake-ups

/** Checks after every `calls`-th system call from now on; 0 = no more. */
export function checkEvery(calls: u32): void {
  store<u32>(STATE + EVERY, calls);
}

/** A system call begins, or goes on after a sleep. */
export function checkNote(task: Task): void {
  store<u32>(STATE + CALLS, callNoted(task.tid, task.syscallNr));
}

/** A turn or a call has ended. */
export function checkTurn(): void {
  const every = load<u32>(STATE + EVERY);
  if (every && load<u32>(STATE + CALLS) - load<u32>(STATE + CHECKED) >= every) checkAll();
}

export function checkAll(): void {
  store<u32>(STATE + CHECKED, load<u32>(STATE + CALLS));
  seedNow();
  checkMemory();
  checkTasks();
  checkFutexes();
  // Until they are collected, nothing leads to sockets that only refer to each other.
  if (unixGarbage()) return;
  checkReferences();
  checkReach();
}

/** No task can run. */
export function checkIdle(): void {
  if (!load<u32>(STATE + EVERY) || load<u32>(STATE + PROBED) == load<u32>(STATE + CALLS)) return;
  store<u32>(STATE + PROBED, load<u32>(STATE + CALLS));
  if (load<u32>(STATE + CHECKED) != load<u32>(STATE + CALLS)) checkAll();
  // What is due happens first.
  if (timersNext() > now()) hostSleepers();
}

/** All processes have ended. */
export function checkExited(): void {
  if (!load<u32>(STATE + EVERY)) return;
  checkAll();
  checkEnd();
}

/** Checks that have been made. */
export function checkCalls(): u32 {
  return load<u32>(STATE + CALLS);
}
