// /proc/PID/fdinfo: position, flags and what the kind of file tells besides. proc_pid_fdinfo(5); kernel: fs/proc/fd.c seq_show(),
// the show_fdinfo() of each kind.
import { AF_UNIX } from "../abi/socket";
import { text, textByte, textDecimal, textHex, textNumber, textSigned } from "../lib/text";
import { Link } from "../lib/list";
import { epollEach } from "../ipc/epoll";
import { EventFd } from "../ipc/eventfd";
import { SignalFd } from "../ipc/signalfd";
import { TimerFd, timerfdLeft } from "../ipc/timerfd";
import { fdsOnTheWay } from "../net/scm";
import { socketOf } from "../net/socket";
import { Group, Task } from "../task/task";
import { anonDevice, anonIno } from "./anon";
import { fdCloexecFrom, fdGetFrom } from "./fdtable";
import { FILE_EPOLL, FILE_EVENTFD, FILE_INOTIFY, FILE_PATH, FILE_PIDFD, FILE_SIGNALFD, FILE_SOCKET, FILE_TIMERFD, File } from "./file";
import { FS_TMPFS, Inode } from "./inode";
import { Inotify, inotifyMarks } from "./inotify";
import { lockInodeFind } from "./locknodes";
import { locksOfFile } from "./lockstext";
import { Mark } from "./notify";
import { Mount } from "./mount";
import { superOf } from "./super";

const SECOND: u64 = 1_000_000_000;

function inoOf(file: File): u64 {
  return file.inode ? changetype<Inode>(<usize>file.inode).ino : anonIno(file);
}

/** The text for descriptor `fd` of the task. */
export function fdinfoText(task: Task, fd: u32): void {
  const file = task.files ? fdGetFrom(task.files, fd) : null;
  if (!file) return;
  text("pos:\t");
  textDecimal(file.position);
  text("\nflags:\t0");
  textNumber(file.flags | (fdCloexecFrom(task.files, fd) ? 0x80000 : 0) | (file.dentry && file.kind != FILE_PATH ? 0x8000 : 0), 8, 1, 48);
  text("\nmnt_id:\t");
  textDecimal(file.mount ? changetype<Mount>(<usize>file.mount).id : 0);
  text("\nino:\t");
  textDecimal(inoOf(file));
  textByte(10);
  const inode = lockInodeFind(file);
  if (inode && inode.locks) locksOfFile(inode, file, task.files);
  switch (file.kind) {
    case FILE_EVENTFD: eventfd(changetype<EventFd>(file.object)); return;
    case FILE_EPOLL: epollEach(file.object, watched); return;
    case FILE_TIMERFD: timerfd(changetype<TimerFd>(file.object)); return;
    case FILE_SIGNALFD: text("sigmask:\t"); textHex(changetype<SignalFd>(file.object).mask, 16); textByte(10); return;
    case FILE_INOTIFY: watches(changetype<Inotify>(file.object)); return;
    case FILE_PIDFD: pidfd(changetype<Group>(file.object)); return;
    case FILE_SOCKET:
      if (socketOf(file).family != AF_UNIX) return;
      text("scm_fds: ");
      textDecimal(fdsOnTheWay(socketOf(file)));
      textByte(10);
  }
}

function eventfd(e: EventFd): void {
  text("eventfd-count: ");
  textNumber(e.count, 16, 16, 32);
  text("\neventfd-id: ");
  textDecimal(e.id);
  text("\neventfd-semaphore: ");
  textDecimal(e.semaphore);
  textByte(10);
}

/** ep_show_fdinfo(). */
function watched(file: File, fd: i32, events: u32, data: u64): void {
  text("tfd: ");
  textNumber(fd, 10, 8, 32);
  text(" events: ");
  textNumber(events, 16, 8, 32);
  text(" data: ");
  textNumber(data, 16, 16, 32);
  text("  pos:");
  textDecimal(file.position);
  text(" ino:");
  textHex(inoOf(file), 1);
  text(" sdev:");
  textHex(file.inode ? changetype<Inode>(<usize>file.inode).dev : anonDevice(file), 1);
  textByte(10);
}

function seconds(label: string, ns: u64): void {
  text(label);
  textDecimal(ns / SECOND);
  text(", ");
  textDecimal(ns % SECOND);
  text(")\n");
}

function timerfd(t: TimerFd): void {
  const left = timerfdLeft(t);
  text("clockid: ");
  textSigned(t.clock);
  text("\nticks: ");
  textDecimal(t.ticks);
  text("\nsettime flags: 0");
  textNumber(t.settime, 8, 1, 48);
  textByte(10);
  seconds("it_value: (", left);
  seconds("it_interval: (", t.interval);
}

/** inotify_show_fdinfo(): newest first, with the handle that name_to_handle_at(2) gives. */
function watches(n: Inotify): void {
  const marks = inotifyMarks(n);
  for (let link: Link = marks.prev; link !== marks; link = link.prev) {
    const mark = changetype<Mark>(changetype<usize>(link));
    const inode = mark.inode;
    text("inotify wd:");
    textHex(mark.wd, 1);
    text(" ino:");
    textHex(inode.ino, 1);
    text(" sdev:");
    textHex(inode.dev, 1);
    text(" mask:");
    textHex(mark.mask, 1);
    text(" ignored_mask:0");
    const sb = superOf(inode);
    if (sb && sb.type == FS_TMPFS) handle(inode);
    textByte(10);
  }
}

function handle(inode: Inode): void {
  text(" fhandle-bytes:c fhandle-type:1 f_handle:");
  for (let i: u32 = 0; i < 4; i++) textHex((inode.generation >> (i << 3)) & 0xff, 2);
  for (let i: u64 = 0; i < 8; i++) textHex((inode.ino >> (i << 3)) & 0xff, 2);
}

/** −1 once the process was waited for. */
function pidfd(group: Group): void {
  const pid = group.zombie == 2 ? -1 : group.pid;
  text("Pid:\t");
  textSigned(pid);
  text("\nNSpid:\t");
  textSigned(pid);
  textByte(10);
}
