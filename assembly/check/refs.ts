// References: every counter of an object is what a walk over everything that refers to it finds. The walk begins at the
// tables of the kernel (tasks, super blocks, name spaces, System V objects, users) and goes on with what is found.
import { FS_ANON, FS_DEV, FS_HOST, FS_MQUEUE, FS_NSFS, FS_PROC, FS_TMPFS, DENTRY_HASH_BITS, DF_LINKED, DF_PINNED, Dentry, Inode, S_IFDIR, S_IFMT, S_IFREG, dentryFirst } from "../fs/inode";
import { bootNs } from "../fs/boot";
import { FdTable } from "../fs/fdtable";
import { FILE_DIRECTORY, FILE_EPOLL, FILE_INOTIFY, FILE_PIDFD, FILE_PIPE, FILE_REGULAR, FILE_SOCKET, FMODE_READ, FMODE_WRITE, File } from "../fs/file";
import { sharedInodeAt } from "../fs/hosttree";
import { Mount, MntNs, nsMounts } from "../fs/mount";
import { Inotify } from "../fs/inotify";
import { Mark, marksAll } from "../fs/notify";
import { ownerOf } from "../lib/list";
import { NS_IPC, NS_MNT } from "../fs/procipc";
import { Super, superFirst } from "../fs/super";
import { Epoll } from "../ipc/epoll";
import { IpcNs } from "../ipc/ipcns";
import { IpcWait, WAIT_FIFO, WAIT_LOCK } from "../ipc/ipcwait";
import { Pipe } from "../ipc/pipe";
import { UndoList } from "../ipc/semundo";
import { MAPPING_NODE_SLOTS, Mapping } from "../mm/mapping";
import { frameInfo } from "../mm/frames";
import { Mm, PTE_FRAME, TABLE_BYTES, VM_SYSV, Vma, vmaAt } from "../mm/space";
import { shmOf } from "../ipc/shm";
import { Socket } from "../net/socket";
import { taskAfter, taskFirst } from "../task/table";
import { Cred, FsContext, Group, SigHand, Task } from "../task/task";
import { PAIRS_MAX, pairAt } from "../tty/pty";
import { UserCounts, userFirst } from "../task/user";
import { vdsoMapping } from "../task/vdso";
import { UtsNs, utsFirst } from "../task/uts";
import { Entry, areaBegin, entryAt, entryCount, entryOf, workPop, workPush } from "./area";
import {
  K_CHILDREN, K_CONTEXT, K_CRED, K_DENTRY, K_DENTRY_MOUNTED, K_FDTABLE, K_FILE, K_FRAME, K_GROUP, K_INODE, K_INODE_WRITERS, K_IPCNS, K_MAPPING, K_MM, K_MNTNS, K_MOUNT, K_MOUNT_WRITERS, K_PAGES, K_PIPE,
  K_PIPE_READERS, K_PIPE_WRITERS, K_RSS, K_SIGHAND, K_SOCKET, K_SUPER, K_SUPER_INODES, K_SUPER_WRITERS, K_UNDO, K_USER, K_USER_INOTIFIES, K_USER_PIPE_PAGES, K_USER_PROCESSES, K_USER_WATCHES, K_UTSNS, kindName,
} from "./kinds";
import { ipcRoots, ipcSegmentAttached, mqueueWalk, signalsOf, socketWalk } from "./refsipc";
import { seedCounter } from "./seed";
import { checkEpoll } from "./tasks";
import { same, violation } from "./violation";

/** Where the counter of references of an object of this kind is. */
function refsAt(kind: u32, object: usize): usize {
  switch (kind) {
    case K_MM: return object + offsetof<Mm>("refs");
    case K_GROUP: return object + offsetof<Group>("refs");
    case K_MAPPING: return object + offsetof<Mapping>("refs");
    case K_DENTRY: return object + offsetof<Dentry>("refs");
    case K_MOUNT: return object + offsetof<Mount>("refs");
    case K_SUPER: return object + offsetof<Super>("refs");
    case K_IPCNS: return object + offsetof<IpcNs>("refs");
    case K_FRAME: return changetype<usize>(frameInfo(object));
    default: return object;
  }
}

/** One reference more to the object has been found; a new one is walked later. */
export function refer(kind: u32, object: usize): void {
  if (!object) return;
  const entry = changetype<Entry>(tally(kind, object, refsAt(kind, object), 1));
  if (entry.found == 1 && kind != K_FRAME && !workPush(<u32>changetype<usize>(entry))) violation("room for the check", 0, 0, 0);
}

/** Adds to what has been found for a counter; 0 makes it known. */
export function tally(kind: u32, object: usize, counter: usize, by: u32): usize {
  const entry = entryOf(kind, object, counter);
  if (!entry) {
    violation("room for the check", 0, 0, 0);
    return 0;
  }
  entry.found += by;
  return changetype<usize>(entry);
}

export function checkReferences(): void {
  areaBegin();
  roots();
  while (true) {
    const at = workPop();
    if (!at) break;
    const entry = changetype<Entry>(<usize>at);
    walk(entry.kind, entry.object);
  }
  const count = entryCount();
  seedCounter();
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(i);
    same(kindName(entry.kind), entry.object, entry.found, load<u32>(entry.counter));
  }
}

function roots(): void {
  for (let at = userFirst(); at; at = changetype<UserCounts>(at).next) {
    tally(K_USER, at, at, 0);
    tally(K_USER_PROCESSES, at, at + offsetof<UserCounts>("processes"), 0);
    tally(K_USER_PIPE_PAGES, at, at + offsetof<UserCounts>("pipePages"), 0);
    tally(K_USER_INOTIFIES, at, at + offsetof<UserCounts>("inotifies"), 0);
    tally(K_USER_WATCHES, at, at + offsetof<UserCounts>("watches"), 0);
  }
  for (let task = taskFirst(); task; task = taskAfter(task)) taskWalk(task);
  let sb: Super | null = superFirst();
  while (sb) {
    tally(K_SUPER, changetype<usize>(sb), refsAt(K_SUPER, changetype<usize>(sb)), 0);
    tally(K_SUPER_INODES, changetype<usize>(sb), changetype<usize>(sb) + offsetof<Super>("inodes"), 0);
    tally(K_SUPER_WRITERS, changetype<usize>(sb), changetype<usize>(sb) + offsetof<Super>("writers"), 0);
    if (sb.root) refer(K_DENTRY, sb.root);
    sb = changetype<Super | null>(<usize>sb.allNext);
  }
  for (let i: u32 = 0; i < 1 << DENTRY_HASH_BITS; i++) {
    let dentry: Dentry | null = dentryFirst(i);
    while (dentry) {
      if (!(dentry.flags & DF_LINKED)) violation("dentry in the hash that is not linked", changetype<usize>(dentry), DF_LINKED, dentry.flags);
      if (dentry.flags & DF_PINNED) refer(K_DENTRY, changetype<usize>(dentry));
      tally(K_CHILDREN, changetype<usize>(dentry.parent.inode), changetype<usize>(dentry.parent.inode) + offsetof<Inode>("childCount"), 1);
      dentry = changetype<Dentry | null>(<usize>dentry.hashNext);
    }
  }
  for (let i: u32 = 0; ; i++) {
    const inode = sharedInodeAt(i);
    if (!inode) break;
    refer(K_INODE, changetype<usize>(inode));
  }
  for (let i: u32 = 0; i < PAIRS_MAX; i++) {
    const tty = pairAt(i);
    if (tty) refer(K_DENTRY, tty.dentry);
  }
  const marks = marksAll();
  for (let link = marks.next; link !== marks; link = link.next) {
    const mark = ownerOf<Mark>(link, offsetof<Mark>("allNext"));
    refer(K_INODE, changetype<usize>(mark.inode));
    refer(K_DENTRY, mark.dentry);
    if (mark.group) charged(changetype<Inotify>(<usize>mark.group).uid, K_USER_WATCHES, offsetof<UserCounts>("watches"));
  }
  refer(K_MAPPING, vdsoMapping());
  refer(K_MNTNS, changetype<usize>(bootNs()));
  refer(K_UTSNS, changetype<usize>(utsFirst()));
  ipcRoots();
}

/** What a task refers to. Dead ones have nothing left. */
function taskWalk(task: Task): void {
  if (task.group.leader === task) refer(K_GROUP, changetype<usize>(task.group));
  charged(task.countedUid, K_USER_PROCESSES, offsetof<UserCounts>("processes"));
  signalsOf(task);
  refer(K_MM, changetype<usize>(task.mm));
  refer(K_FDTABLE, task.files);
  refer(K_CONTEXT, changetype<usize>(task.fs));
  refer(K_CRED, changetype<usize>(task.cred));
  refer(K_SIGHAND, changetype<usize>(task.sighand));
  refer(K_IPCNS, task.ipcNs);
  refer(K_UTSNS, task.utsNs);
  refer(K_UNDO, task.semUndo);
  if (!task.ipcWait) return;
  const wait = changetype<IpcWait>(task.ipcWait);
  if (wait.kind == WAIT_FIFO) refer(K_FILE, wait.object);
  if (wait.kind == WAIT_LOCK) refer(K_INODE, wait.object);
}

/** One thing more that counts for the user, and holds the counts. */
function charged(uid: u32, kind: u32, offset: usize): void {
  const user = userOf(uid);
  if (!user) return;
  refer(K_USER, user);
  tally(kind, user, user + offset, 1);
}

/** The counts of a user, 0 = there are none (memory was short). */
export function userOf(uid: u32): usize {
  let at = userFirst();
  while (at && changetype<UserCounts>(at).uid != uid) at = changetype<UserCounts>(at).next;
  return at;
}

function walk(kind: u32, object: usize): void {
  switch (kind) {
    case K_MM: mmWalk(changetype<Mm>(object)); break;
    case K_FDTABLE: tableWalk(changetype<FdTable>(object)); break;
    case K_CONTEXT: contextWalk(changetype<FsContext>(object)); break;
    case K_FILE: fileWalk(changetype<File>(object)); break;
    case K_MAPPING: mappingWalk(changetype<Mapping>(object)); break;
    case K_INODE: inodeWalk(changetype<Inode>(object)); break;
    case K_DENTRY: dentryWalk(changetype<Dentry>(object)); break;
    case K_MOUNT: mountWalk(changetype<Mount>(object)); break;
    case K_MNTNS: nsWalk(changetype<MntNs>(object)); break;
    case K_PIPE: pipeWalk(changetype<Pipe>(object)); break;
    case K_SOCKET: socketWalk(changetype<Socket>(object)); break;
  }
}

function mmWalk(mm: Mm): void {
  refer(K_FILE, mm.exe);
  let end: u64 = 0;
  for (let i: u32 = 0; i < mm.vmaCount; i++) {
    const vma = vmaAt(mm, i);
    if (vma.start < end || vma.end <= vma.start || vma.mm !== mm) violation("order of mappings", changetype<usize>(vma), <u32>(end >> 12), <u32>(vma.start >> 12));
    end = vma.end;
    vmaWalk(vma);
  }
  tally(K_RSS, changetype<usize>(mm), changetype<usize>(mm) + offsetof<Mm>("rss"), pagesWalk(mm.root, 3));
}

function vmaWalk(vma: Vma): void {
  refer(K_FILE, vma.file);
  const mapping = vma.mapping;
  if (!mapping) return;
  refer(K_MAPPING, changetype<usize>(mapping));
  if (vma.flags & VM_SYSV) ipcSegmentAttached(shmOf(mapping));
}

/** Refers to the pages below a table of an address space; how many there are. */
function pagesWalk(table: usize, level: u32): u32 {
  let pages: u32 = 0;
  for (let i: usize = 0; i < TABLE_BYTES; i += 4) {
    const entry = load<u32>(table + i);
    if (!entry) continue;
    if (level) pages += pagesWalk(entry, level - 1);
    else {
      refer(K_FRAME, entry & PTE_FRAME);
      pages++;
    }
  }
  return pages;
}

function mappingWalk(m: Mapping): void {
  tally(K_PAGES, changetype<usize>(m), changetype<usize>(m) + offsetof<Mapping>("pages"), m.root ? nodeWalk(m.root, m.height) : 0);
}

function nodeWalk(node: usize, height: u32): u32 {
  if (!height) {
    refer(K_FRAME, node);
    return 1;
  }
  let pages: u32 = 0;
  for (let i: u32 = 0; i < MAPPING_NODE_SLOTS; i++) {
    const slot = load<u32>(node + (i << 2));
    if (slot) pages += nodeWalk(slot, height - 1);
  }
  return pages;
}

function tableWalk(t: FdTable): void {
  for (let fd: u32 = 0; fd < t.room; fd++) refer(K_FILE, load<u32>(t.slots + (fd << 2)) & ~1);
}

function contextWalk(fs: FsContext): void {
  refer(K_MNTNS, fs.mntNs);
  refer(K_MOUNT, fs.rootMount);
  refer(K_MOUNT, fs.cwdMount);
  refer(K_DENTRY, fs.rootDentry);
  refer(K_DENTRY, fs.cwdDentry);
}

function fileWalk(file: File): void {
  refer(K_DENTRY, file.dentry);
  refer(K_MOUNT, file.mount);
  const inode = changetype<Inode>(<usize>file.inode);
  switch (file.kind) {
    case FILE_PIPE: {
      refer(K_PIPE, file.object);
      refer(K_MOUNT, <usize>file.private2); // of an open that waits
      if (file.mode & FMODE_READ) tally(K_PIPE_READERS, file.object, file.object + offsetof<Pipe>("readers"), 1);
      if (file.mode & FMODE_WRITE) tally(K_PIPE_WRITERS, file.object, file.object + offsetof<Pipe>("writers"), 1);
      break;
    }
    case FILE_SOCKET: refer(K_SOCKET, file.object); break;
    case FILE_INOTIFY: charged(changetype<Inotify>(file.object).uid, K_USER_INOTIFIES, offsetof<UserCounts>("inotifies")); break;
    case FILE_EPOLL: checkEpoll(changetype<Epoll>(file.object)); break;
    case FILE_PIDFD: refer(K_GROUP, file.object); break;
    case FILE_DIRECTORY: if (inode.fs != FS_HOST) refer(K_DENTRY, <usize>file.private1); break;
    case FILE_REGULAR: {
      if (!(file.mode & FMODE_WRITE)) break;
      if (inode.fs != FS_PROC) tally(K_INODE_WRITERS, file.inode, file.inode + offsetof<Inode>("writers"), 1);
      if (!file.mount) break;
      tally(K_MOUNT_WRITERS, file.mount, file.mount + offsetof<Mount>("writers"), 1);
      const sb = changetype<usize>(changetype<Mount>(<usize>file.mount).sb);
      tally(K_SUPER_WRITERS, sb, sb + offsetof<Super>("writers"), 1);
      break;
    }
  }
}

function inodeWalk(inode: Inode): void {
  refer(K_MAPPING, changetype<usize>(inode.mapping));
  const at = changetype<usize>(inode);
  if (inode.sb) tally(K_SUPER_INODES, inode.sb, inode.sb + offsetof<Super>("inodes"), 1 + moreNames(inode));
  tally(K_CHILDREN, at, at + offsetof<Inode>("childCount"), 0);
  if ((inode.mode & S_IFMT) == S_IFREG) tally(K_INODE_WRITERS, at, at + offsetof<Inode>("writers"), 0);
  if (inode.fs == FS_NSFS) refer(inode.procArg == NS_IPC ? K_IPCNS : inode.procArg == NS_MNT ? K_MNTNS : K_UTSNS, inode.special);
  else if (inode.fs == FS_ANON) {
    if (inode.proc == FILE_PIPE) refer(K_PIPE, inode.special);
  } else if (inode.fs == FS_MQUEUE && (inode.mode & S_IFMT) == S_IFREG) mqueueWalk(inode);
}

/** Each name of a file beyond the first counts as an inode. */
function moreNames(inode: Inode): u32 {
  const tree = inode.fs == FS_TMPFS || inode.fs == FS_DEV;
  return tree && (inode.mode & S_IFMT) != S_IFDIR && inode.nlink > 1 ? inode.nlink - 1 : 0;
}

function dentryWalk(dentry: Dentry): void {
  refer(K_INODE, changetype<usize>(dentry.inode));
  if (dentry.parent !== dentry) refer(K_DENTRY, changetype<usize>(dentry.parent));
  tally(K_DENTRY_MOUNTED, changetype<usize>(dentry), changetype<usize>(dentry) + offsetof<Dentry>("mounted"), 0);
  if (dentry.flags & DF_LINKED && !linkedOnce(dentry)) violation("links of a dentry in its directory", changetype<usize>(dentry), 1, 0);
}

function linkedOnce(dentry: Dentry): bool {
  return dentry.next.prev === dentry && dentry.prev.next === dentry && dentry.next !== dentry;
}

function mountWalk(m: Mount): void {
  refer(K_DENTRY, changetype<usize>(m.root));
  refer(K_SUPER, changetype<usize>(m.sb));
  tally(K_MOUNT_WRITERS, changetype<usize>(m), changetype<usize>(m) + offsetof<Mount>("writers"), 0);
  const at = m.mountpoint;
  if (!at) return;
  refer(K_DENTRY, changetype<usize>(at));
  tally(K_DENTRY_MOUNTED, changetype<usize>(at), changetype<usize>(at) + offsetof<Dentry>("mounted"), 1);
}

function nsWalk(ns: MntNs): void {
  const list = nsMounts(ns);
  let count: u32 = 0;
  for (let link = list.next; link !== list; link = link.next, count++) {
    if (link.next.prev !== link) violation("links of a mount", changetype<usize>(link), <u32>changetype<usize>(link), <u32>changetype<usize>(link.next.prev));
    refer(K_MOUNT, changetype<usize>(link));
  }
  same("mounts of a name space", changetype<usize>(ns), count, ns.count);
}

const BUFFER_BYTES: u32 = 16;

function pipeWalk(pipe: Pipe): void {
  const at = changetype<usize>(pipe);
  tally(K_PIPE_READERS, at, at + offsetof<Pipe>("readers"), 0);
  tally(K_PIPE_WRITERS, at, at + offsetof<Pipe>("writers"), 0);
  refer(K_USER, changetype<usize>(pipe.user));
  tally(K_USER_PIPE_PAGES, changetype<usize>(pipe.user), changetype<usize>(pipe.user) + offsetof<UserCounts>("pipePages"), pipe.room);
  if (pipe.spare) refer(K_FRAME, pipe.spare);
  let bytes: u32 = 0;
  for (let i = pipe.tail; i != pipe.head; i++) {
    const buffer = pipe.buffers + (i & (pipe.room - 1)) * BUFFER_BYTES;
    refer(K_FRAME, load<u32>(buffer));
    bytes += load<u32>(buffer, 8);
  }
  same("bytes in a pipe", at, bytes, pipe.bytes);
}
