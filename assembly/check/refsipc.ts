// References that sockets, message queues, segments and queued signals hold; see refs.ts.
import { AF_INET, AF_UNIX } from "../abi/socket";
import { Dentry, Inode } from "../fs/inode";
import { FILE_SOCKET, File } from "../fs/file";
import { IpcIds, idsAt } from "../ipc/ipcids";
import { IpcNs, ipcFirst, ipcNamespaces, msgIds, semIds, shmIds } from "../ipc/ipcns";
import { MqQueue, mqMessages } from "../ipc/mqueue";
import { MsgQueue, msgMessages, msgOfLink } from "../ipc/msg";
import { ShmSegment } from "../ipc/shm";
import { Link } from "../lib/list";
import { InetSock } from "../net/inet";
import { fdsCount } from "../net/scm";
import { Skb, socketQueue } from "../net/skb";
import { Socket, socketOf } from "../net/socket";
import { UnixSock } from "../net/unix";
import { Queued } from "../task/signal";
import { SigPending, Task, groupPending, taskPending } from "../task/task";
import { UserCounts } from "../task/user";
import { K_ATTACHED, K_CRED, K_DENTRY, K_FILE, K_GROUP, K_INFLIGHT, K_INODE, K_IPCNS, K_MAPPING, K_MOUNT, K_NAME, K_SOCKET, K_SUPER, K_USER, K_USER_SIGNALS, K_WMEM } from "./kinds";
import { refer, tally, userOf } from "./refs";
import { same, violation } from "./violation";

export function ipcRoots(): void {
  const list = ipcNamespaces();
  for (let link = list.next; link !== list; link = link.next) nsWalk(changetype<IpcNs>(changetype<usize>(link)));
  refer(K_IPCNS, changetype<usize>(ipcFirst()));
}

function nsWalk(ns: IpcNs): void {
  tally(K_IPCNS, changetype<usize>(ns), changetype<usize>(ns) + offsetof<IpcNs>("refs"), 0);
  if (ns.mqRoot) refer(K_SUPER, changetype<Dentry>(ns.mqRoot).inode.sb);
  idsCheck(msgIds(ns));
  idsCheck(semIds(ns));
  idsCheck(shmIds(ns));
  let bytes: u64 = 0;
  let headers: u32 = 0;
  for (let i = 0; i <= msgIds(ns).maxIdx; i++) {
    const perm = idsAt(msgIds(ns), i);
    if (!perm) continue;
    const q = changetype<MsgQueue>(changetype<usize>(perm));
    messagesCheck(q);
    bytes += q.bytes;
    headers += <u32>q.count;
  }
  same("messages of a name space", changetype<usize>(ns), headers, ns.msgHeaders);
  same("bytes of messages of a name space", changetype<usize>(ns), <u32>bytes, <u32>ns.msgBytes);
  let pages: u64 = 0;
  for (let i = 0; i <= shmIds(ns).maxIdx; i++) {
    const perm = idsAt(shmIds(ns), i);
    if (!perm) continue;
    const s = changetype<ShmSegment>(changetype<usize>(perm));
    pages += (s.size + 4095) >> 12;
    refer(K_MAPPING, changetype<usize>(s.mapping));
    tally(K_ATTACHED, changetype<usize>(s), changetype<usize>(s) + offsetof<ShmSegment>("attached"), 0);
  }
  same("pages of segments of a name space", changetype<usize>(ns), <u32>pages, <u32>ns.shmTotal);
}

function idsCheck(ids: IpcIds): void {
  let inUse = 0;
  for (let i = 0; i < <i32>ids.room; i++) if (idsAt(ids, i)) inUse++;
  same("objects of a table of ids", changetype<usize>(ids), inUse, ids.inUse);
}

function messagesCheck(q: MsgQueue): void {
  const list = msgMessages(q);
  let bytes: u64 = 0;
  let count: u64 = 0;
  for (let link = list.next; link !== list; link = link.next) {
    if (link.next.prev !== link) violation("links of a message", changetype<usize>(link), <u32>changetype<usize>(link), <u32>changetype<usize>(link.next.prev));
    bytes += msgOfLink(link).size;
    count++;
  }
  same("messages of a queue", changetype<usize>(q), <u32>count, <u32>q.count);
  same("bytes of a queue", changetype<usize>(q), <u32>bytes, <u32>q.bytes);
}

/** A mapping of the segment: an attachment, which holds the name space. */
export function ipcSegmentAttached(s: ShmSegment): void {
  tally(K_ATTACHED, changetype<usize>(s), changetype<usize>(s) + offsetof<ShmSegment>("attached"), 1);
  refer(K_IPCNS, s.ns);
}

export function mqueueWalk(inode: Inode): void {
  if (!inode.special) return;
  const q = changetype<MqQueue>(inode.special);
  refer(K_INODE, changetype<usize>(q.folder));
  refer(K_GROUP, changetype<usize>(q.notifyGroup));
  refer(K_SOCKET, changetype<usize>(q.notifySocket));
  refer(K_USER, changetype<usize>(q.user));
  same("messages of a POSIX queue", inode.special, mqMessages(q).count, <u32>q.count);
}

export function socketWalk(sk: Socket): void {
  const at = changetype<usize>(sk);
  tally(K_WMEM, at, at + offsetof<Socket>("wmem"), 0);
  refer(K_CRED, changetype<usize>(sk.peerCred));
  refer(K_GROUP, changetype<usize>(sk.peerGroup));
  const queue = socketQueue(sk);
  let count: u32 = 0;
  for (let link = queue.next; link !== queue; link = link.next, count++) skbWalk(changetype<Skb>(changetype<usize>(link)));
  same("buffers at a socket", at, count, sk.queued);
  if (sk.family == AF_UNIX) unixWalk(changetype<UnixSock>(at));
  else if (sk.family == AF_INET) refer(K_SOCKET, changetype<usize>(changetype<InetSock>(at).peer));
}

function unixWalk(sk: UnixSock): void {
  const at = changetype<usize>(sk);
  tally(K_INFLIGHT, at, at + offsetof<UnixSock>("inflight"), 0);
  refer(K_SOCKET, changetype<usize>(sk.peer));
  refer(K_NAME, changetype<usize>(sk.name));
  refer(K_DENTRY, sk.dentry);
  refer(K_MOUNT, sk.mount);
}

function skbWalk(skb: Skb): void {
  if (skb.next.prev !== skb) violation("links of a buffer", changetype<usize>(skb), <u32>changetype<usize>(skb), <u32>changetype<usize>(skb.next.prev));
  const sender = changetype<usize>(skb.sender);
  if (sender) {
    refer(K_SOCKET, sender);
    tally(K_WMEM, sender, sender + offsetof<Socket>("wmem"), skb.truesize);
  }
  // Two: one is the queue's, and one that accept gives to the file.
  refer(K_SOCKET, changetype<usize>(skb.embryo));
  refer(K_SOCKET, changetype<usize>(skb.embryo));
  refer(K_GROUP, changetype<usize>(skb.group));
  if (!skb.fds) return;
  const count = fdsCount(skb.fds);
  for (let i: u32 = 0; i < count; i++) {
    const file = changetype<File>(<usize>load<u32>(skb.fds + 8 + (i << 2)));
    refer(K_FILE, changetype<usize>(file));
    if (file.kind != FILE_SOCKET || socketOf(file).family != AF_UNIX) continue;
    tally(K_INFLIGHT, file.object, file.object + offsetof<UnixSock>("inflight"), 1);
  }
}

/** Signals that wait for a task, and with its leader those of its group, count for the users that sent them. */
export function signalsOf(task: Task): void {
  pendingWalk(taskPending(task));
  if (task.group.leader === task) pendingWalk(groupPending(task.group));
}

function pendingWalk(list: SigPending): void {
  const head = changetype<Link>(changetype<usize>(list));
  for (let link = head.next; link !== head; link = link.next) {
    if (link.next.prev !== link) violation("links of a signal", changetype<usize>(link), <u32>changetype<usize>(link), <u32>changetype<usize>(link.next.prev));
    const user = userOf(changetype<Queued>(changetype<usize>(link)).uid);
    if (!user) continue;
    refer(K_USER, user);
    tally(K_USER_SIGNALS, user, user + offsetof<UserCounts>("signals"), 1);
  }
}
