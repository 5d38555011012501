// /proc/PID/mounts, mountinfo and mountstats. proc_pid_mountinfo(5); kernel: fs/proc_namespace.c.
import { MS_DIRSYNC, MS_LAZYTIME, MS_MANDLOCK, MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_NOSYMFOLLOW, MS_RDONLY, MS_RELATIME, MS_SYNCHRONOUS } from "../abi/mount";
import { text, textByte, textDecimal, textNumber } from "../lib/text";
import { Task } from "../task/task";
import { mntNsOf } from "./context";
import { FS_DEVTMPFS, fsTypeName } from "./filesystems";
import { Dentry, FS_TMPFS } from "./inode";
import { optionsShow } from "./mountopts";
import { Mount, mountReadOnly, nsMounts } from "./mount";
import { pathFrom, pathReached } from "./namei";

export const MOUNTS_PLAIN: u32 = 0;
export const MOUNTS_INFO: u32 = 1;
export const MOUNTS_STATS: u32 = 2;

const PATH = memory.data(4096, 8);

/** The text with blanks, tabs, line ends, backslashes and number signs as octal escapes; kernel: mangle(). */
function mangled(at: usize): void {
  for (let c = load<u8>(at); c; c = load<u8>(++at)) {
    if (c == 32 || c == 9 || c == 10 || c == 92 || c == 35) {
      textByte(92);
      textNumber(c, 8, 3, 48);
    } else textByte(c);
  }
}

function flag(flags: u32, bit: u32, name: string): void {
  if (flags & bit) text(name);
}

function mountFlags(m: Mount): void {
  flag(m.flags, MS_NOSUID, ",nosuid");
  flag(m.flags, MS_NODEV, ",nodev");
  flag(m.flags, MS_NOEXEC, ",noexec");
  flag(m.flags, MS_NOATIME, ",noatime");
  flag(m.flags, MS_NODIRATIME, ",nodiratime");
  flag(m.flags, MS_RELATIME, ",relatime");
  flag(m.flags, MS_NOSYMFOLLOW, ",nosymfollow");
}

function superFlags(m: Mount): void {
  flag(m.sb.flags, MS_SYNCHRONOUS, ",sync");
  flag(m.sb.flags, MS_DIRSYNC, ",dirsync");
  flag(m.sb.flags, MS_MANDLOCK, ",mand");
  flag(m.sb.flags, MS_LAZYTIME, ",lazytime");
}

function superOptions(m: Mount): void {
  if (m.sb.type == FS_TMPFS || m.sb.type == FS_DEVTMPFS) optionsShow(m.sb);
}

/** The path of the mount's root as the task sees it; 0 = it does not see it. */
function placeOf(m: Mount, task: Task): usize {
  const fs = task.fs;
  const at = pathFrom(changetype<Mount>(<usize>fs.rootMount), changetype<Dentry>(<usize>fs.rootDentry), m, m.root, PATH, 4096);
  return pathReached ? at : 0;
}

function plainLine(m: Mount, place: usize): void {
  mangled(m.source);
  textByte(32);
  mangled(place);
  textByte(32);
  text(fsTypeName(m.sb.type));
  text(mountReadOnly(m) ? " ro" : " rw");
  superFlags(m);
  mountFlags(m);
  superOptions(m);
  text(" 0 0\n");
}

function infoLine(m: Mount, place: usize): void {
  textDecimal(m.id);
  textByte(32);
  textDecimal(m.parent.id);
  text(" 0:");
  textDecimal(m.sb.dev);
  textByte(32);
  mangled(pathFrom(changetype<Mount>(0), changetype<Dentry>(<usize>m.sb.root), changetype<Mount>(0), m.root, ROOT, 4096));
  textByte(32);
  mangled(place);
  text(m.flags & MS_RDONLY ? " ro" : " rw");
  mountFlags(m);
  if (m.group) {
    text(" shared:");
    textDecimal(m.group);
  }
  if (m.master) {
    text(" master:");
    textDecimal(changetype<Mount>(<usize>m.master).group);
  }
  if (m.unbindable) text(" unbindable");
  text(" - ");
  text(fsTypeName(m.sb.type));
  textByte(32);
  mangled(m.source);
  text(m.sb.flags & MS_RDONLY ? " ro" : " rw");
  superFlags(m);
  superOptions(m);
  textByte(10);
}

const ROOT = memory.data(4096, 8);

function statsLine(m: Mount, place: usize): void {
  text("device ");
  mangled(m.source);
  text(" mounted on ");
  mangled(place);
  text(" with fstype ");
  text(fsTypeName(m.sb.type));
  textByte(10);
}

/** The text of one of the three files for a task. */
export function mountsProduce(task: Task, form: u32): void {
  if (!changetype<usize>(task.fs)) return;
  const list = nsMounts(mntNsOf(task.fs));
  for (let link = list.next; link !== list; link = link.next) {
    const m = changetype<Mount>(changetype<usize>(link));
    const place = placeOf(m, task);
    if (!place) continue;
    if (form == MOUNTS_PLAIN) plainLine(m, place);
    else if (form == MOUNTS_INFO) infoLine(m, place);
    else statsLine(m, place);
  }
}
