// A task that sleeps in a call of System V IPC, POSIX message queues or file locks. It stands in the object's own queues, not in
// a WaitQueue, and knows what it waits for: wakers serve it without running its handler first.
import { fileDrop } from "../fs/file";
import { LockWait, lockWaitAbandon } from "../fs/locks";
import { KeyLink } from "../lib/keyqueue";
import { kfree, kzalloc } from "../mm/kmalloc";
import { Task, current } from "../task/task";
import { MqWait, mqWaitAbandon } from "./mqueue";
import { MsgWait, msgWaitAbandon } from "./msg";
import { SemWait, semWaitAbandon } from "./sem";

export const WAIT_MSG_SEND: u32 = 1;
export const WAIT_MSG_RECEIVE: u32 = 2;
export const WAIT_SEM: u32 = 3;
export const WAIT_MQ_SEND: u32 = 4;
export const WAIT_MQ_RECEIVE: u32 = 5;
export const WAIT_LOCK: u32 = 6;
/** An open of a FIFO: object is the File. */
export const WAIT_FIFO: u32 = 7;

@unmanaged
export class IpcWait extends KeyLink {
  /** WAIT_*. */
  kind: u32;
  /** Private to the facility: whether it sleeps, and how it ended. */
  status: i32;
  task: Task;
  /** The queue or set that it waits for. */
  object: usize;
}

/** A wait of `size` bytes for the running task, on no queue yet; null = out of memory. */
export function ipcWaitNew(kind: u32, size: u32): IpcWait | null {
  const wait = changetype<IpcWait>(kzalloc(size));
  if (!changetype<usize>(wait)) return null;
  wait.reset();
  wait.kind = kind;
  wait.task = current;
  current.ipcWait = changetype<usize>(wait);
  return wait;
}

/** Forgets a wait that is on no KeyQueue any more. */
export function ipcWaitFree(wait: IpcWait): void {
  wait.unlink();
  wait.task.ipcWait = 0;
  kfree(changetype<usize>(wait));
}

/** A sleeping task dies. */
export function ipcWaitAbandon(task: Task): void {
  const wait = changetype<IpcWait>(task.ipcWait);
  switch (wait.kind) {
    case WAIT_MSG_SEND:
    case WAIT_MSG_RECEIVE: msgWaitAbandon(changetype<MsgWait>(changetype<usize>(wait))); break;
    case WAIT_SEM: semWaitAbandon(changetype<SemWait>(changetype<usize>(wait))); break;
    case WAIT_MQ_SEND:
    case WAIT_MQ_RECEIVE: mqWaitAbandon(changetype<MqWait>(changetype<usize>(wait))); break;
    case WAIT_FIFO: fileDrop(wait.object); break;
    case WAIT_LOCK: lockWaitAbandon(changetype<LockWait>(changetype<usize>(wait))); break;
  }
  ipcWaitFree(wait);
}
