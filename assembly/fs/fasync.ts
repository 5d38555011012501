// Signals that tell of events at an open file: to whom F_SETOWN says, with what F_SETSIG says. Kernel: fs/fcntl.c send_sigio(),
// kill_fasync(). Files with O_ASYNC stand in a hash table by their object, which objects ask at each event.
import { ENOMEM, ENOTTY } from "../abi/errno";
import { F_OWNER_PGRP, F_OWNER_PID, F_OWNER_TID, O_ASYNC } from "../abi/fcntl";
import { POLLERR, POLLHUP, POLLIN, POLLMSG, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../abi/poll";
import { POLL_HUP, POLL_IN, POLL_MSG, POLL_ERR, POLL_OUT, POLL_PRI, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGIO, SIGSEGV, SIGURG, SIGINFO_SI_BAND, SIGINFO_SI_FD, SIGSYS, SIGTRAP, SI_KERNEL, SI_SIGIO } from "../abi/signal";
import { kfree, kzalloc } from "../mm/kmalloc";
import { infoOfKernel, signalGroup, signalTask } from "../task/signal";
import { taskAfter, taskFind, taskFirst } from "../task/table";
import { Group, Task, current } from "../task/task";
import { Tty } from "../tty/tty";
import { DEV_RANDOM, DEV_URANDOM } from "./dev";
import { FILE_DEVICE, FILE_INOTIFY, FILE_PIPE, FILE_SOCKET, FILE_TTY, File } from "./file";
import { Inode } from "./inode";

/** si_band of a POLL_* code. */
function bandOf(reason: i32): u32 {
  switch (reason) {
    case POLL_IN: return POLLIN | POLLRDNORM;
    case POLL_OUT: return POLLOUT | POLLWRNORM | POLLWRBAND;
    case POLL_MSG: return POLLIN | POLLRDNORM | POLLMSG;
    case POLL_ERR: return POLLERR;
    case POLL_HUP: return POLLHUP | POLLERR;
    default: return POLLPRI | POLLRDBAND;
  }
}

/** Signals whose si_code has a meaning of its own; kernel: sig_specific_sicodes(). */
function ownCodes(signal: i32): bool {
  return signal == SIGILL || signal == SIGFPE || signal == SIGSEGV || signal == SIGBUS || signal == SIGTRAP || signal == SIGCHLD || signal == SIGSYS;
}

function deliver(group: Group, thread: Task | null, signal: i32, info: usize): i32 {
  return thread ? signalTask(thread, signal, info) : signalGroup(group, signal, info);
}

/** To a process, or to one thread of it. */
function sendOne(group: Group, thread: Task | null, file: File, fd: i32, reason: i32): void {
  const signal = file.signal;
  if (signal) {
    const info = infoOfKernel(signal, signal != SIGIO && ownCodes(signal) ? SI_SIGIO : reason);
    store<i64>(info + SIGINFO_SI_BAND, bandOf(reason));
    store<i32>(info + SIGINFO_SI_FD, fd);
    if (!deliver(group, thread, signal, info)) return;
  }
  // Without a signal of its own, or when that finds no room.
  deliver(group, thread, SIGIO, infoOfKernel(SIGIO, SI_KERNEL));
}

/** Whether who set the owner may signal the process; kernel: sigio_perm(). */
function allowed(file: File, task: Task): bool {
  const cred = task.cred;
  return file.ownerEuid == 0 || file.ownerEuid == cred.suid || file.ownerEuid == cred.uid || file.ownerUid == cred.suid || file.ownerUid == cred.uid;
}

/** Calls for each process (or the one thread) that owns the file and may be told: with F_SETSIG's signal, or SIGURG. Whether it has an owner. */
function tell(file: File, fd: i32, reason: i32, urgent: i32): bool {
  const owner = file.owner;
  if (!owner) return false;
  if (file.ownerKind == F_OWNER_PGRP) {
    for (let task = taskFirst(); task; task = taskAfter(task)) {
      const group = task.group;
      if (task === group.leader && group.pgid == owner && allowed(file, task)) tellOne(group, null, file, fd, reason, urgent);
    }
    return true;
  }
  const task = taskFind(owner);
  if (task && allowed(file, task)) tellOne(task.group, file.ownerKind == F_OWNER_TID ? task : null, file, fd, reason, urgent);
  return true;
}

function tellOne(group: Group, thread: Task | null, file: File, fd: i32, reason: i32, urgent: i32): void {
  if (urgent) deliver(group, thread, urgent, infoOfKernel(urgent, SI_KERNEL));
  else sendOne(group, thread, file, fd, reason);
}

/** Tells the owner of the file (nobody when it has none) of an event, a POLL_* code. */
export function fasyncSend(file: File, fd: i32, reason: i32): void {
  tell(file, fd, reason, 0);
}

/** Urgent data came: SIGURG goes to the owner of the socket's file, O_ASYNC or not; kernel: send_sigurg(). */
export function fasyncUrgent(file: File): void {
  if (!tell(file, 0, 0, SIGURG)) return;
  // SIGURG tells enough where no F_SETSIG asks for more.
  each(file.object, SIDE_ANY, POLL_PRI, SIGURG);
}

// ── O_ASYNC ─────────────────────────────────────────────────────────────────────────

/** A file with O_ASYNC. */
@unmanaged
class Async {
  next: u32;
  file: File;
  object: usize;
  /** Which of the object's sides it hears of: FMODE_* of pipes, 1 = slave and 2 = master of terminals. */
  side: u32;
  fd: i32;
}

export const SIDE_ANY: u32 = 3;
const BUCKETS: u32 = 64;
const TABLE = memory.data(256, 8);
const COUNT = memory.data(4, 4);

function bucket(object: usize): usize {
  return TABLE + (((<u32>object * 0x9e3779b1) >> 26) << 2);
}

/** Whether events of the file may come as signals: its kind has a fasync() in Linux. */
function canTell(file: File): bool {
  switch (file.kind) {
    case FILE_PIPE:
    case FILE_SOCKET:
    case FILE_TTY:
    case FILE_INOTIFY: return true;
    case FILE_DEVICE: {
      const device = changetype<Inode>(<usize>file.inode).rdev;
      return device == DEV_RANDOM || device == DEV_URANDOM;
    }
    default: return false;
  }
}

function sideOf(file: File): u32 {
  return file.kind == FILE_PIPE ? file.mode : file.kind == FILE_TTY ? 1 << file.private0 : SIDE_ANY;
}

/** A terminal's file tells the foreground group, or who switched it on, unless it has an owner; kernel: tty_fasync(). */
function ownTerminal(file: File): void {
  if (file.owner) return;
  const pgid = changetype<Tty>(file.object).pgid;
  file.owner = pgid ? pgid : current.group.pid;
  file.ownerKind = pgid ? F_OWNER_PGRP : F_OWNER_PID;
  file.ownerUid = current.cred.uid;
  file.ownerEuid = current.cred.euid;
}

/** Switches O_ASYNC on; fd is what si_fd will say. 0, −ENOTTY when the kind knows no such thing, −ENOMEM. */
export function fasyncOn(file: File, fd: i32): i32 {
  if (!canTell(file)) return -ENOTTY;
  const slot = bucket(file.object);
  const entry = changetype<Async>(kzalloc(offsetof<Async>()));
  if (!changetype<usize>(entry)) return -ENOMEM;
  entry.file = file;
  entry.object = file.object;
  entry.side = sideOf(file);
  entry.fd = fd;
  entry.next = load<u32>(slot);
  store<u32>(slot, <u32>changetype<usize>(entry));
  store<u32>(COUNT, load<u32>(COUNT) + 1);
  file.flags |= O_ASYNC;
  if (file.kind == FILE_TTY) ownTerminal(file);
  return 0;
}

/** Switches O_ASYNC off: 0, −ENOTTY. One that open(2) set stays: nobody was ever told. */
export function fasyncOff(file: File): i32 {
  if (!canTell(file)) return -ENOTTY;
  let slot = bucket(file.object);
  for (let at = <usize>load<u32>(slot); at; slot = at, at = <usize>load<u32>(slot)) {
    const entry = changetype<Async>(at);
    if (entry.file !== file) continue;
    store<u32>(slot, entry.next);
    store<u32>(COUNT, load<u32>(COUNT) - 1);
    kfree(at);
    file.flags &= ~O_ASYNC;
    break;
  }
  return 0;
}

function each(object: usize, side: u32, reason: i32, signal: i32): void {
  for (let at = <usize>load<u32>(bucket(object)); at; at = changetype<Async>(at).next) {
    const entry = changetype<Async>(at);
    if (entry.object != object || !(entry.side & side)) continue;
    if (signal == SIGURG && !entry.file.signal) continue;
    fasyncSend(entry.file, entry.fd, reason);
  }
}

/** Something happened at this side of the object, a POLL_* code. */
// @ts-ignore: decorator
@inline
export function fasyncKill(object: usize, side: u32, reason: i32): void {
  if (load<u32>(COUNT)) each(object, side, reason, SIGIO);
}
