// Ids: a hash from numbers to tasks and groups, the list of all tasks, pid allocation.
import { CHOOSE_PID, choose } from "../lib/choose";
import { Link } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { Group, Task, taskOfAllLink } from "./task";
import { USER_PROCESSES, userCharge, userUncharge } from "./user";

/** /proc/sys/kernel/pid_max. */
export const PID_MAX: i32 = 4194304;

const ALL = memory.data(16, 8);
const STATE = memory.data(32, 8);
const COUNT: usize = 0; // tasks alive or zombie
const LAST: usize = 4; // last id given
const MAX_TASKS: usize = 8;
const HASH: usize = 12; // u32 heads[HASH_SIZE] of Id
const GROUPS: usize = 16; // live groups and zombies
export const HASH_SIZE: u32 = 1024;

/** A number in use as tid, tgid, pgid or sid: held while any of them needs it. */
@unmanaged
export class Id {
  next: Id | null;
  number: i32;
  task: Task | null;
  group: Group | null;
  /** Groups whose pgid or sid it is. */
  members: u32;
}

// @ts-ignore: decorator
@inline
export function allTasks(): Link {
  return changetype<Link>(ALL);
}

export function tableInit(maxTasks: u32): void {
  allTasks().reset();
  memory.fill(STATE, 0, 32);
  store<u32>(STATE + MAX_TASKS, maxTasks);
  store<u32>(STATE + HASH, <u32>kzalloc(HASH_SIZE << 2));
}

// @ts-ignore: decorator
@inline
function head(number: i32): usize {
  return load<u32>(STATE + HASH) + ((<u32>number & (HASH_SIZE - 1)) << 2);
}

/** The first number of a bucket, 0 … HASH_SIZE − 1. */
export function idFirst(bucket: u32): Id | null {
  return changetype<Id | null>(<usize>load<u32>(head(<i32>bucket)));
}

export function idFind(number: i32): Id | null {
  let id = changetype<Id | null>(<usize>load<u32>(head(number)));
  while (id) {
    if (id.number == number) return id;
    id = id.next;
  }
  return null;
}

function idMake(number: i32): Id | null {
  const id = changetype<Id>(kzalloc(offsetof<Id>()));
  if (!changetype<usize>(id)) return null;
  const slot = head(number);
  id.number = number;
  id.next = changetype<Id | null>(<usize>load<u32>(slot));
  store<u32>(slot, <u32>changetype<usize>(id));
  return id;
}

function idDropIfUnused(id: Id): void {
  if (id.task || id.group || id.members) return;
  let slot = head(id.number);
  while (true) {
    const at = load<u32>(slot);
    if (!at) return;
    if (at == changetype<usize>(id)) break;
    slot = at + offsetof<Id>("next");
  }
  store<u32>(slot, load<u32>(changetype<usize>(id) + offsetof<Id>("next")));
  kfree(changetype<usize>(id));
}

/** The task with this tid (dead ones are not found), or null. */
export function taskFind(tid: i32): Task | null {
  const id = idFind(tid);
  return id ? id.task : null;
}

/** The group with this pid, zombies included, or null. */
export function groupFind(pid: i32): Group | null {
  const id = idFind(pid);
  return id ? id.group : null;
}

/** Gives the task a free number, or the one wanted, which is free; false when ids, tasks or memory run out. */
export function taskRegister(task: Task, wanted: i32 = 0): bool {
  if (!taskRoom()) return false;
  let number = wanted ? wanted : load<i32>(STATE + LAST) + choose(CHOOSE_PID, 16);
  while (!wanted) {
    number = number + 1 < PID_MAX ? number + 1 : 300;
    if (!idFind(number)) break;
  }
  const id = idMake(number);
  if (!id) return false;
  id.task = task;
  if (!wanted) store<i32>(STATE + LAST, number);
  task.tid = number;
  task.countedUid = task.cred.uid;
  userCharge(task.countedUid, USER_PROCESSES);
  changetype<Link>(changetype<usize>(task) + offsetof<Task>("allNext")).append(allTasks());
  store<u32>(STATE + COUNT, load<u32>(STATE + COUNT) + 1);
  return true;
}

/** Whether another task may be made. */
export function taskRoom(): bool {
  return load<u32>(STATE + COUNT) < load<u32>(STATE + MAX_TASKS);
}

export function taskUnregister(task: Task): void {
  userUncharge(task.countedUid, USER_PROCESSES);
  changetype<Link>(changetype<usize>(task) + offsetof<Task>("allNext")).unlink();
  store<u32>(STATE + COUNT, load<u32>(STATE + COUNT) - 1);
  const id = idFind(task.tid);
  if (!id) return;
  id.task = null;
  idDropIfUnused(id);
}

/** The task has another real user id. */
export function taskUserChanged(task: Task): void {
  userUncharge(task.countedUid, USER_PROCESSES);
  task.countedUid = task.cred.uid;
  userCharge(task.countedUid, USER_PROCESSES);
}

/** exec by a thread that is not the leader: it takes over the leader's number. */
export function taskRenumber(task: Task, number: i32): void {
  const old = idFind(task.tid);
  if (old) {
    old.task = null;
    idDropIfUnused(old);
  }
  const id = idFind(number);
  if (id) id.task = task;
  task.tid = number;
}

/** Makes `group` findable by its pid (its leader has the same number). */
export function groupRegister(group: Group): void {
  const id = idFind(group.pid);
  if (id) id.group = group;
  store<u32>(STATE + GROUPS, load<u32>(STATE + GROUPS) + 1);
  idAddMember(group.pgid);
  idAddMember(group.sid);
}

export function groupUnregister(group: Group): void {
  store<u32>(STATE + GROUPS, load<u32>(STATE + GROUPS) - 1);
  idDropMember(group.pgid);
  idDropMember(group.sid);
  const id = idFind(group.pid);
  if (!id) return;
  id.group = null;
  idDropIfUnused(id);
}

/** A group has joined (left) the process group or session with this number. */
export function idAddMember(number: i32): void {
  let id = idFind(number);
  if (!id) id = idMake(number);
  if (id) id.members++;
}

export function idDropMember(number: i32): void {
  const id = idFind(number);
  if (!id) return;
  id.members--;
  idDropIfUnused(id);
}

/** Tasks alive, zombies included. */
export function taskCount(): u32 {
  return load<u32>(STATE + COUNT);
}

export function groupCount(): u32 {
  return load<u32>(STATE + GROUPS);
}

export function lastPid(): i32 {
  return load<i32>(STATE + LAST);
}

/** First task of the list of all tasks, and the one after `task`; null at the end. */
export function taskFirst(): Task | null {
  const list = allTasks();
  return list.empty ? null : taskOfAllLink(list.next);
}

export function taskAfter(task: Task | null): Task | null {
  const link = changetype<Link>(changetype<usize>(task) + offsetof<Task>("allNext")).next;
  return link === allTasks() ? null : taskOfAllLink(link);
}
