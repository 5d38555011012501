// IPC namespaces: the System V objects, POSIX message queues and limits that a set of tasks sees. ipc_namespaces(7);
// kernel: ipc/namespace.c. A namespace lives as long as a task, an open /proc/PID/ns/ipc or an attached segment needs it.
import { Link } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { Task } from "../task/task";
import { IpcIds, idsAt, idsFree, idsInit } from "./ipcids";
import { mqueueExit } from "../fs/mqueuefs";
import { MsgQueue, msgDestroy } from "./msg";
import { SemArray, semDestroy } from "./sem";
import { ShmSegment, shmRemove } from "./shm";

@unmanaged
export class IpcNs extends Link {
  // Link: all namespaces, oldest first.
  refs: u32;
  /** As in the name ipc:[…] of /proc/PID/ns/ipc. */
  inum: u32;
  /** IpcIds of messages, semaphores, segments. */
  msgIds: usize;
  semIds: usize;
  shmIds: usize;
  // kernel.msgmax, msgmnb, msgmni.
  msgMax: u32;
  msgMnb: u32;
  msgMni: i32;
  /** Messages queued here. */
  msgHeaders: u32;
  msgBytes: u64;
  // kernel.sem: SEMMSL, SEMMNS, SEMOPM, SEMMNI.
  semMsl: i32;
  semMns: i32;
  semOpm: i32;
  semMni: i32;
  semUsed: i32;
  shmMni: i32;
  // kernel.shmmax (bytes), shmall (pages).
  shmMax: u64;
  shmAll: u64;
  /** Pages of all segments. */
  shmTotal: u64;
  shmRmidForced: u32;
  // fs.mqueue.*
  mqQueuesMax: u32;
  mqMsgMax: u32;
  mqMsgSizeMax: u32;
  mqMsgDefault: u32;
  mqMsgSizeDefault: u32;
  mqQueues: u32;
  /** Root dentry of this namespace's mqueue file system. */
  mqRoot: usize;
}

const ALL = memory.data(16, 8); // list head; u32 next inum at 8, u32 first namespace at 12
const FIRST_INUM: u32 = 4026531839;
const LATER_INUM: u32 = 4026532176;

// @ts-ignore: decorator
@inline
export function ipcNamespaces(): Link {
  return changetype<Link>(ALL);
}

/** The namespace that the machine begins with. */
export function ipcFirst(): IpcNs {
  return changetype<IpcNs>(<usize>load<u32>(ALL + 12));
}

export function ipcInit(): void {
  ipcNamespaces().reset();
  store<u32>(ALL + 8, LATER_INUM);
  const ns = ipcNsNew();
  store<u32>(ALL + 12, <u32>changetype<usize>(ns));
  if (ns) ns.inum = FIRST_INUM;
}

/** A namespace without objects and with the limits that Linux begins with; null = out of memory. */
export function ipcNsNew(): IpcNs | null {
  const size = (offsetof<IpcIds>() + 7) & ~7;
  const ns = changetype<IpcNs>(kzalloc(offsetof<IpcNs>()));
  const ids = kzalloc(3 * size);
  if (!changetype<usize>(ns) || !ids) {
    kfree(changetype<usize>(ns));
    kfree(ids);
    return null;
  }
  ns.refs = 1;
  ns.inum = load<u32>(ALL + 8);
  store<u32>(ALL + 8, ns.inum + 1);
  ns.msgIds = ids;
  ns.semIds = ids + size;
  ns.shmIds = ids + 2 * size;
  idsInit(msgIds(ns));
  idsInit(semIds(ns));
  idsInit(shmIds(ns));
  ns.msgMax = 8192;
  ns.msgMnb = 16384;
  ns.msgMni = 32000;
  ns.semMsl = 32000;
  ns.semMns = 1024000000;
  ns.semOpm = 500;
  ns.semMni = 32000;
  ns.shmMax = u64.MAX_VALUE - (1 << 24);
  ns.shmAll = u64.MAX_VALUE - (1 << 24);
  ns.shmMni = 4096;
  ns.mqQueuesMax = 256;
  ns.mqMsgMax = 10;
  ns.mqMsgSizeMax = 8192;
  ns.mqMsgDefault = 10;
  ns.mqMsgSizeDefault = 8192;
  ns.append(ipcNamespaces());
  return ns;
}

// @ts-ignore: decorator
@inline
export function msgIds(ns: IpcNs): IpcIds {
  return changetype<IpcIds>(ns.msgIds);
}

// @ts-ignore: decorator
@inline
export function semIds(ns: IpcNs): IpcIds {
  return changetype<IpcIds>(ns.semIds);
}

// @ts-ignore: decorator
@inline
export function shmIds(ns: IpcNs): IpcIds {
  return changetype<IpcIds>(ns.shmIds);
}

// @ts-ignore: decorator
@inline
export function ipcHold(ns: IpcNs): IpcNs {
  ns.refs++;
  return ns;
}

/** Drops one reference; with the last one every object vanishes. */
export function ipcDrop(ns: IpcNs): void {
  if (--ns.refs) return;
  // The objects' own last references must not end the namespace a second time.
  ns.refs = 1;
  mqueueExit(ns);
  for (let i = 0; i <= msgIds(ns).maxIdx; i++) {
    const perm = idsAt(msgIds(ns), i);
    if (perm) msgDestroy(changetype<MsgQueue>(changetype<usize>(perm)));
  }
  for (let i = 0; i <= semIds(ns).maxIdx; i++) {
    const perm = idsAt(semIds(ns), i);
    if (perm) semDestroy(changetype<SemArray>(changetype<usize>(perm)));
  }
  for (let i = 0; i <= shmIds(ns).maxIdx; i++) {
    const perm = idsAt(shmIds(ns), i);
    if (perm) shmRemove(changetype<ShmSegment>(changetype<usize>(perm)));
  }
  idsFree(msgIds(ns));
  idsFree(semIds(ns));
  idsFree(shmIds(ns));
  ns.unlink();
  kfree(ns.msgIds);
  kfree(changetype<usize>(ns));
}

// @ts-ignore: decorator
@inline
export function ipcOf(task: Task): IpcNs {
  return changetype<IpcNs>(task.ipcNs);
}
