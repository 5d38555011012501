// At the end of the last process all that processes have made is gone. What stays are files with names, IPC objects of
// the first name space, and what the machine began with. After checkReferences, whose entries tell what is there.
import { lockAll, lockWaits } from "../fs/locks";
import { Inode } from "../fs/inode";
import { sleepersCount } from "../task/sleep";
import { entryAt, entryCount } from "./area";
import { K_CONTEXT, K_CRED, K_FDTABLE, K_FILE, K_GROUP, K_INODE, K_IPCNS, K_MM, K_MNTNS, K_NAME, K_PIPE, K_SIGHAND, K_SOCKET, K_UNDO, K_UTSNS } from "./kinds";
import { ring } from "./tasks";
import { same, violation } from "./violation";

/** How many of a kind there may be: those of init. */
function allowed(kind: u32): u32 {
  switch (kind) {
    case K_FILE:
    case K_PIPE:
    case K_SOCKET:
    case K_NAME:
    case K_UNDO: return 0;
    case K_MM:
    case K_FDTABLE:
    case K_CONTEXT:
    case K_CRED:
    case K_SIGHAND:
    case K_GROUP:
    case K_MNTNS:
    case K_IPCNS:
    case K_UTSNS: return 1;
    default: return u32.MAX_VALUE;
  }
}

const SEEN = memory.data(256, 4); // u32 a kind

export function checkEnd(): void {
  memory.fill(SEEN, 0, 256);
  const count = entryCount();
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(i);
    if (entry.kind >= 32 || !entry.found) continue;
    const at = SEEN + (<usize>entry.kind << 2);
    store<u32>(at, load<u32>(at) + 1);
    if (load<u32>(at) > allowed(entry.kind)) violation(leftName(entry.kind), entry.object, allowed(entry.kind), load<u32>(at));
    if (entry.kind == K_INODE) inodeLeft(changetype<Inode>(<usize>entry.object));
  }
  same("left at the end: timers", 0, 0, sleepersCount());
  same("left at the end: file locks", 0, 0, ring("links of file locks", lockAll()));
  same("left at the end: waits for file locks", 0, 0, ring("links of waits for file locks", lockWaits()));
}

function inodeLeft(inode: Inode): void {
  if (inode.sb && !inode.nlink) violation("left at the end: a file without a name", changetype<usize>(inode), 1, inode.nlink);
}

function leftName(kind: u32): string {
  switch (kind) {
    case K_FILE: return "left at the end: open files";
    case K_PIPE: return "left at the end: pipes";
    case K_SOCKET: return "left at the end: sockets";
    case K_NAME: return "left at the end: names of Unix sockets";
    case K_UNDO: return "left at the end: lists of semaphore adjustments";
    case K_MM: return "left at the end: address spaces";
    case K_GROUP: return "left at the end: processes";
    case K_MNTNS: return "left at the end: mount name spaces";
    case K_IPCNS: return "left at the end: IPC name spaces";
    case K_UTSNS: return "left at the end: UTS name spaces";
    default: return "left at the end: parts of a process";
  }
}
