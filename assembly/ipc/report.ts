// What IPC objects the machine has, as lines of JSON for the host: attributes, the beginning of their contents, and who
// waits with what. It only reads, so it can be asked at any time, of a machine that was put back from a snapshot too.
//
// A line is {"facility": …, "at": address, …}. Objects that are found through descriptors come once for each descriptor,
// with "pid" and "fd" (or "inSocket", when they travel in a message); the host puts them together by their address.
import { KIND_FLOCK, KIND_LEASE, KIND_OFD, lockAll, lockOf, lockWaitConflict, lockWaitOf, lockWaits } from "../fs/locks";
import { fdGetFrom, fdNext } from "../fs/fdtable";
import { FILE_EPOLL, FILE_EVENTFD, FILE_PIPE, FILE_SOCKET, File } from "../fs/file";
import { Dentry, inodeChildren } from "../fs/inode";
import { keyFirstOfLeast, keyNext } from "../lib/keyqueue";
import { linkAt } from "../lib/list";
import { textBegin, textByte, textDecimal, textEnd, textHex, textLength, textSigned, text } from "../lib/text";
import { PTE_FRAME, pteFind } from "../mm/space";
import { queueFirst, queueNext, skbData, skbLeft } from "../net/skb";
import { socketOf, socketReaders, socketWriters } from "../net/socket";
import { fdsCount, fdsFile } from "../net/scm";
import { UnixSock, nameOut, unixAll, unixOfAllLink } from "../net/unix";
import { AF_UNIX } from "../abi/socket";
import { NAME } from "../net/message";
import { taskAfter, taskFirst } from "../task/table";
import { TASK_BLOCKED, TF_IN_SYSCALL, Task, WaitQueue, Waiter } from "../task/task";
import { Epoll } from "./epoll";
import { EventFd } from "./eventfd";
import { IpcPerm, idsAt } from "./ipcids";
import { IpcNs, ipcNamespaces, msgIds, semIds, shmIds } from "./ipcns";
import { IpcWait } from "./ipcwait";
import { MqMsg, MqQueue, mqMessages, mqText } from "./mqueue";
import { MsgQueue, msgMessages, msgOfLink, msgText } from "./msg";
import { Pipe, pipeBuffer, pipeReaders, pipeWriters } from "./pipe";
import { SemArray, semAt, semCountWaits, semOtime } from "./sem";
import { ShmSegment } from "./shm";

/** Bytes of a message, pipe or buffer that are shown, and how many messages of a queue. */
const SHOWN_BYTES: u32 = 64;
const SHOWN_ITEMS: u32 = 1000;
const SYS_FUTEX: i32 = 202;
const SYS_FUTEX_WAITV: i32 = 449;
const SYS_FUTEX_WAIT: i32 = 455;

// ── JSON ────────────────────────────────────────────────────────────────────────────

function name(key: string): void {
  text(',"');
  text(key);
  text('":');
}

function number(key: string, value: i64): void {
  name(key);
  textSigned(value);
}

function unsigned(key: string, value: u64): void {
  name(key);
  // JavaScript's numbers hold 53 bits.
  if (value < 1 << 53) textDecimal(value);
  else {
    text('"');
    textDecimal(value);
    text('"');
  }
}

function word(key: string, value: string): void {
  name(key);
  text('"');
  text(value);
  text('"');
}

function hex(key: string, at: usize, length: u32): void {
  name(key);
  text('"');
  for (let i: u32 = 0; i < min(length, SHOWN_BYTES); i++) textHex(load<u8>(at + i), 2);
  text('"');
}

function begin(facility: string, at: usize): void {
  text('{"facility":"');
  text(facility);
  text('"');
  number("at", at);
}

function end(): void {
  text("}\n");
}

let first: bool = true;

function listBegin(key: string): void {
  name(key);
  text("[");
  first = true;
}

function item(): void {
  if (!first) textByte(44);
  first = false;
}

/** A sleeping task with its call: the host knows names and arguments. */
function waiter(task: Task): void {
  item();
  text('{"tid":');
  textDecimal(task.tid);
  number("pid", task.group.pid);
  number("nr", task.syscallNr);
  text(',"args":[');
  for (let i: usize = 0; i < 6; i++) {
    if (i) textByte(44);
    text('"');
    textDecimal(load<u64>(changetype<usize>(task) + offsetof<Task>("arg0") + (i << 3)));
    text('"');
  }
  text("]}");
}

function queueWaiters(queue: WaitQueue): void {
  for (let link = queue.next; link !== queue; link = link.next) {
    const w = changetype<Waiter>(changetype<usize>(link));
    if (changetype<usize>(w.task)) waiter(w.task);
  }
}

/** Tasks that sleep for the object through an IpcWait. */
function objectWaiters(object: usize): void {
  listBegin("waiters");
  for (let task: Task | null = taskFirst(); task; task = taskAfter(task)) {
    if (task.ipcWait && changetype<IpcWait>(task.ipcWait).object == object && task.state == TASK_BLOCKED) waiter(task);
  }
  text("]");
}

// ── System V, message queues ────────────────────────────────────────────────────────

function permission(facility: string, ns: IpcNs, perm: IpcPerm): void {
  begin(facility, changetype<usize>(perm));
  number("ns", ns.inum);
  number("key", perm.key);
  number("id", perm.id);
  number("mode", perm.mode);
  number("uid", perm.uid);
  number("gid", perm.gid);
  number("cuid", perm.cuid);
  number("cgid", perm.cgid);
}

function msgLine(ns: IpcNs, q: MsgQueue): void {
  permission("msg", ns, q);
  unsigned("cbytes", q.bytes);
  unsigned("qnum", q.count);
  unsigned("qbytes", q.maxBytes);
  number("lspid", q.lastSender);
  number("lrpid", q.lastReceiver);
  number("stime", q.stime);
  number("rtime", q.rtime);
  number("ctime", q.ctime);
  listBegin("messages");
  const list = msgMessages(q);
  let n: u32 = 0;
  for (let link = list.next; link !== list && n < SHOWN_ITEMS; link = link.next, n++) {
    const msg = msgOfLink(link);
    item();
    text('{"type":"');
    textSigned(msg.type);
    text('"');
    number("size", msg.size);
    hex("data", msgText(msg), msg.size);
    text("}");
  }
  text("]");
  objectWaiters(changetype<usize>(q));
  end();
}

function semLine(ns: IpcNs, set: SemArray): void {
  permission("sem", ns, set);
  number("nsems", set.count);
  number("otime", semOtime(set));
  number("ctime", set.ctime);
  listBegin("semaphores");
  for (let i: u32 = 0; i < min(set.count, SHOWN_ITEMS); i++) {
    item();
    text('{"value":');
    textDecimal(semAt(set, i).value);
    number("pid", semAt(set, i).pid);
    number("ncount", semCountWaits(set, i, false));
    number("zcount", semCountWaits(set, i, true));
    text("}");
  }
  text("]");
  objectWaiters(changetype<usize>(set));
  end();
}

function shmLine(ns: IpcNs, s: ShmSegment): void {
  permission("shm", ns, s);
  unsigned("size", s.size);
  number("nattch", s.attached);
  number("cpid", s.cpid);
  number("lpid", s.lpid);
  number("atime", s.atime);
  number("dtime", s.dtime);
  number("ctime", s.ctime);
  unsigned("rss", <u64>s.mapping.pages * 4096);
  end();
}

function mqLine(ns: IpcNs, dentry: Dentry): void {
  const inode = dentry.inode;
  const q = changetype<MqQueue>(inode.special);
  begin("mqueue", changetype<usize>(q));
  number("ns", ns.inum);
  name("name");
  jsonString(dentry.name, dentry.nameLength);
  number("mode", inode.mode & 0xfff);
  number("uid", inode.uid);
  number("gid", inode.gid);
  number("maxmsg", q.maxMessages);
  number("msgsize", q.maxSize);
  number("curmsgs", q.count);
  unsigned("qsize", q.bytes);
  const group = q.notifyGroup;
  number("notifyPid", group ? group.pid : 0);
  listBegin("messages");
  let n: u32 = 0;
  let entry = keyFirstOfLeast(mqMessages(q));
  while (entry && n < SHOWN_ITEMS) {
    const msg = changetype<MqMsg>(changetype<usize>(entry));
    item();
    text('{"priority":');
    textDecimal(msg.priority);
    number("size", msg.size);
    hex("data", mqText(msg), msg.size);
    text("}");
    entry = keyNext(entry);
    n++;
  }
  text("]");
  objectWaiters(changetype<usize>(q));
  end();
}

/** Bytes as a JSON string; what is not printable ASCII as \u00XX. */
function jsonString(at: usize, length: u32): void {
  text('"');
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(at + i);
    if (c < 32 || c > 126 || c == 34 || c == 92) {
      text("\\u00");
      textHex(c, 2);
    } else textByte(c);
  }
  text('"');
}

function namespaceLines(ns: IpcNs): void {
  for (let i = 0; i <= msgIds(ns).maxIdx; i++) if (idsAt(msgIds(ns), i)) msgLine(ns, changetype<MsgQueue>(changetype<usize>(idsAt(msgIds(ns), i))));
  for (let i = 0; i <= semIds(ns).maxIdx; i++) if (idsAt(semIds(ns), i)) semLine(ns, changetype<SemArray>(changetype<usize>(idsAt(semIds(ns), i))));
  for (let i = 0; i <= shmIds(ns).maxIdx; i++) if (idsAt(shmIds(ns), i)) shmLine(ns, changetype<ShmSegment>(changetype<usize>(idsAt(shmIds(ns), i))));
  if (!ns.mqRoot) return;
  const queues = inodeChildren(changetype<Dentry>(ns.mqRoot).inode);
  for (let link = queues.prev; link !== queues; link = link.prev) mqLine(ns, changetype<Dentry>(changetype<usize>(link)));
}

// ── objects behind descriptors ──────────────────────────────────────────────────────

/** Who has the file: a descriptor, or (null) a message at the socket `onTheWay`. */
function holder(task: Task | null, fd: i32, file: File): void {
  number("pid", task ? task.group.pid : 0);
  number("fd", fd);
  number("fileMode", file.mode);
  if (!task) unsigned("inSocket", onTheWay);
}

/** Number of the socket whose messages are looked at. */
let onTheWay: u64 = 0;

function pipeLine(task: Task | null, fd: i32, file: File): void {
  const pipe = changetype<Pipe>(file.object);
  begin(file.inode ? "fifo" : "pipe", file.object);
  holder(task, fd, file);
  number("capacity", <i64>pipe.room * 4096);
  number("bytes", pipe.bytes);
  number("buffers", pipe.head - pipe.tail);
  number("readers", pipe.readers);
  number("writers", pipe.writers);
  if (pipe.head != pipe.tail) {
    const b = pipeBuffer(pipe, pipe.tail);
    hex("data", load<u32>(b) + load<u32>(b, 4), load<u32>(b, 8));
  }
  listBegin("waiters");
  queueWaiters(pipeReaders(pipe));
  queueWaiters(pipeWriters(pipe));
  text("]");
  end();
}

function eventfdLine(task: Task | null, fd: i32, file: File): void {
  const e = changetype<EventFd>(file.object);
  begin("eventfd", file.object);
  holder(task, fd, file);
  unsigned("count", e.count);
  number("semaphore", e.semaphore);
  listBegin("waiters");
  queueWaiters(changetype<WaitQueue>(file.object + offsetof<EventFd>("queue")));
  text("]");
  end();
}

function epollLine(task: Task | null, fd: i32, file: File): void {
  begin("epoll", file.object);
  holder(task, fd, file);
  let items = 0;
  const list = linkAt(file.object, offsetof<Epoll>("items"));
  for (let link = list.next; link !== list; link = link.next) items++;
  let ready = 0;
  const readyList = linkAt(file.object, offsetof<Epoll>("ready"));
  for (let link = readyList.next; link !== readyList; link = link.next) ready++;
  number("items", items);
  number("ready", ready);
  listBegin("waiters");
  queueWaiters(changetype<WaitQueue>(file.object + offsetof<Epoll>("queue")));
  text("]");
  end();
}

function socketLine(task: Task | null, fd: i32, file: File): void {
  const sk = socketOf(file);
  if (sk.family != AF_UNIX) return;
  const unix = changetype<UnixSock>(changetype<usize>(sk));
  begin("unix", file.object);
  holder(task, fd, file);
  number("type", sk.type);
  number("state", sk.state);
  unsigned("ino", sk.ino);
  number("peer", changetype<usize>(unix.peer));
  const n = nameOut(unix);
  if (n > 2) {
    name("name");
    jsonString(NAME + 2, n - 2);
  }
  number("sndbuf", sk.sndbuf);
  number("wmem", sk.wmem);
  number("queued", sk.queued);
  listBegin("messages");
  let shown: u32 = 0;
  let skb = queueFirst(sk);
  while (skb && shown < SHOWN_ITEMS) {
    item();
    text('{"size":');
    textDecimal(skbLeft(skb));
    number("descriptors", skb.fds ? fdsCount(skb.fds) : 0);
    hex("data", skbData(skb) + skb.consumed, skbLeft(skb));
    text("}");
    skb = queueNext(sk, skb);
    shown++;
  }
  text("]");
  listBegin("waiters");
  queueWaiters(socketReaders(sk));
  queueWaiters(socketWriters(sk));
  text("]");
  end();
}

/** A table of descriptors that several tasks share is shown for the first of them. */
function sharesEarlier(task: Task): bool {
  for (let other: Task | null = taskFirst(); other && other !== task; other = taskAfter(other)) if (other.files == task.files) return true;
  return false;
}

function descriptorLines(task: Task): void {
  if (!task.files || sharesEarlier(task)) return;
  for (let fd = fdNext(task.files, 0); fd >= 0; fd = fdNext(task.files, fd + 1)) {
    const file = fdGetFrom(task.files, fd);
    if (file) fileLine(task, fd, file);
  }
}

function fileLine(task: Task | null, fd: i32, file: File): void {
  switch (file.kind) {
    case FILE_PIPE: pipeLine(task, fd, file); break;
    case FILE_EVENTFD: eventfdLine(task, fd, file); break;
    case FILE_EPOLL: epollLine(task, fd, file); break;
    case FILE_SOCKET: socketLine(task, fd, file); break;
  }
}

/** Descriptors that were sent and not received yet (SCM_RIGHTS). */
function travellerLines(): void {
  const all = unixAll();
  for (let link = all.next; link !== all; link = link.next) {
    const sk = unixOfAllLink(link);
    onTheWay = sk.ino;
    let skb = queueFirst(sk);
    while (skb) {
      const count = skb.fds ? fdsCount(skb.fds) : 0;
      for (let i: u32 = 0; i < count; i++) fileLine(null, -1, fdsFile(skb.fds, i));
      skb = queueNext(sk, skb);
    }
  }
}

// ── futexes, locks ──────────────────────────────────────────────────────────────────

/** A task that sleeps on a futex: "at" is the word's place in the machine, the same for all who share the page. */
function futexLine(task: Task): void {
  if (task.state != TASK_BLOCKED || !(task.flags & TF_IN_SYSCALL)) return;
  if (task.syscallNr != SYS_FUTEX && task.syscallNr != SYS_FUTEX_WAITV && task.syscallNr != SYS_FUTEX_WAIT) return;
  const address = task.arg0;
  const slot = changetype<usize>(task.mm) && task.syscallNr != SYS_FUTEX_WAITV ? pteFind(task.mm, address & ~(<u64>0xfff)) : 0;
  const frame = slot ? <usize>(load<u32>(slot) & PTE_FRAME) : 0;
  begin("futex", frame ? frame + <usize>(address & 0xfff) : changetype<usize>(task));
  unsigned("address", address);
  if (frame) number("value", load<u32>(frame + <usize>(address & 0xffc)));
  number("pid", task.group.pid);
  listBegin("waiters");
  waiter(task);
  text("]");
  end();
}

function lockKind(kind: u32): string {
  return kind == KIND_FLOCK ? "FLOCK" : kind == KIND_OFD ? "OFDLCK" : kind == KIND_LEASE ? "LEASE" : "POSIX";
}

function lockLines(): void {
  const all = lockAll();
  for (let link = all.next; link !== all; link = link.next) {
    const lock = lockOf(link);
    begin("lock", changetype<usize>(lock));
    word("kind", lockKind(lock.kind));
    number("type", lock.type);
    number("pid", lock.pid);
    unsigned("ino", lock.inode.ino);
    number("dev", lock.inode.dev);
    unsigned("start", lock.kind == KIND_LEASE ? 0 : lock.start);
    unsigned("end", lock.end);
    listBegin("waiters");
    const waits = lockWaits();
    for (let w = waits.next; w !== waits; w = w.next) if (lockWaitConflict(lockWaitOf(w)) === lock) waiter(lockWaitOf(w).task);
    text("]");
    end();
  }
}

/** All of it: address of the text, which the host frees; its length through ipcReportLength. 0 = out of memory. */
export function ipcReport(): usize {
  textBegin();
  const all = ipcNamespaces();
  for (let link = all.next; link !== all; link = link.next) namespaceLines(changetype<IpcNs>(changetype<usize>(link)));
  for (let task: Task | null = taskFirst(); task; task = taskAfter(task)) {
    descriptorLines(task);
    futexLine(task);
  }
  travellerLines();
  lockLines();
  length = textLength();
  return textEnd();
}

let length: u32 = 0;

export function ipcReportLength(): u32 {
  return length;
}
