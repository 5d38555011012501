// Waiting for children: wait4(2), waitid(2). Kernel: kernel/exit.c do_wait().
import { CLD_CONTINUED, CLD_STOPPED, SIGCONT } from "../abi/signal";
import { WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED } from "../abi/wait";
import { ECHILD } from "../abi/errno";
import { groupChildren, groupOfSiblingLink, groupWaitQueue, Group, current } from "./task";
import { childCode, groupReap } from "./exit";
import { USAGE_BYTES, childUsage, usageAdd, usageOfGroup } from "./usage";
import { sleepOn } from "./wait";

export const WAIT_ANY: i32 = 0;
export const WAIT_PID: i32 = 1;
export const WAIT_PGID: i32 = 2;

/** What the last successful wait found. */
export let foundPid: i32 = 0;
export let foundStatus: i32 = 0;
export let foundCode: i32 = 0;
export let foundUid: u32 = 0;
/** Resources of the child: instructions and peak resident pages. */
export let foundInstructions: u64 = 0;
export let foundPeak: u64 = 0;

/** And its USAGE_BYTES of task/usage.ts. */
export const FOUND_USAGE = memory.data(56, 8);

function matches(child: Group, kind: i32, number: i32): bool {
  if (kind == WAIT_PID) return child.pid == number;
  if (kind == WAIT_PGID) return child.pgid == number;
  return true;
}

const __WNOTHREAD: u32 = 0x20000000;
const __WALL: u32 = 0x40000000;
const __WCLONE: u32 = 0x80000000;

function eligible(child: Group, options: u32): bool {
  if (options & __WNOTHREAD && child.parentTid != current.tid) return false;
  if (options & __WALL) return true;
  const clone = child.exitSignal != 17;
  return clone == ((options & __WCLONE) != 0);
}

/**
 * Finds a child whose state is wanted: its pid (fields found* tell the rest), 0 with WNOHANG when none
 * is ready, −ECHILD, −ERESTARTSYS, or BLOCKED.
 */
export function waitChild(kind: i32, number: i32, options: u32): i64 {
  const parent = current.group;
  const children = groupChildren(parent);
  let any = false;
  for (let link = children.next; link !== children; link = link.next) {
    const child = groupOfSiblingLink(link);
    if (!matches(child, kind, number) || !eligible(child, options)) continue;
    if (child.zombie) {
      if (options & WEXITED) return takeZombie(child, options);
      continue; // and it is no child that could ever stop or go on: kernel/exit.c: wait_consider_child()
    }
    any = true;
    if (options & WSTOPPED && child.stopped && !child.stopReported) {
      if (!(options & WNOWAIT)) child.stopReported = 1;
      return found(child, (child.stopSignal << 8) | 0x7f, CLD_STOPPED);
    }
    if (options & WCONTINUED && child.continued) {
      if (!(options & WNOWAIT)) child.continued = 0;
      return found(child, 0xffff, CLD_CONTINUED);
    }
  }
  if (!any) return -ECHILD;
  if (options & WNOHANG) return 0;
  return sleepOn(groupWaitQueue(parent));
}

function found(child: Group, status: i32, code: i32): i64 {
  foundPid = child.pid;
  foundStatus = status;
  foundCode = code;
  foundUid = child.zombie ? child.uid : child.leader.cred.uid;
  foundInstructions = child.instructions + child.childInstructions;
  memory.copy(FOUND_USAGE, usageOfGroup(child), USAGE_BYTES);
  usageAdd(FOUND_USAGE, childUsage(child));
  foundPeak = max(child.peakRss, child.childPeakRss);
  return child.pid;
}

function takeZombie(child: Group, options: u32): i64 {
  const pid = found(child, child.exitStatus, childCode(child.exitStatus));
  if (options & WNOWAIT) return pid;
  const parent = current.group;
  parent.childInstructions += foundInstructions;
  usageAdd(childUsage(parent), FOUND_USAGE);
  if (foundPeak > parent.childPeakRss) parent.childPeakRss = foundPeak;
  groupReap(child);
  return pid;
}

/** si_status of what was found: exit code or signal number. */
export function foundSiStatus(): i32 {
  if (foundCode == CLD_CONTINUED) return SIGCONT;
  if (foundCode == CLD_STOPPED) return foundStatus >> 8;
  return foundStatus & 0x7f ? foundStatus & 0x7f : (foundStatus >> 8) & 0xff;
}
