// Who wants to know of changes to files: marks on inodes, of inotify(7) (fs/inotify.ts) and of F_NOTIFY (fs/dnotify.ts).
// An event at a name goes to the marks of its folder, with the name, then to those of the file itself.
// Kernel: include/linux/fsnotify.h, fs/notify/fsnotify.c.
import { IN_ACCESS, IN_ATTRIB, IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_EXCL_UNLINK, IN_ISDIR, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_MOVE_SELF, IN_OPEN, IN_UNMOUNT } from "../abi/inotify";
import { Link, linkAt } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { dnotifyEvent } from "./dnotify";
import { FILE_PIPE, FILE_TTY, FMODE_WRITE, File } from "./file";
import { DF_LINKED, Dentry, FS_ANON, FS_NSFS, FS_PROC, Inode, dentryDrop, dentryHold, inodeDrop, inodeHold, isDirectory } from "./inode";
import { inotifyEvent, inotifyForget } from "./inotify";

/** Of F_NOTIFY only: a name changed within its folder; FS_RENAME. */
export const NOTIFY_RENAME: u32 = 0x10000000;

/** Link: the marks of its group; for F_NOTIFY a lone one. */
@unmanaged
export class Mark extends Link {
  /** The next of the inode. */
  nextOfInode: u32;
  /** All marks. */
  allNext: u32;
  allPrev: u32;
  /** Held; and the dentry of files of /proc, which are made anew without it. */
  inode: Inode;
  dentry: u32;
  /** The Inotify; 0 = it is of F_NOTIFY, and `wants` lists its askers. */
  group: u32;
  wants: u32;
  wd: i32;
  /** IN_* that it asks for, IN_ONESHOT and IN_EXCL_UNLINK. */
  mask: u32;
}

const ALL = memory.data(16, 8); // list of all marks; u32 their number; u32 last cookie

/** Every mark, by Mark.allNext. */
export function marksAll(): Link {
  const list = changetype<Link>(ALL);
  if (!load<u32>(ALL)) list.reset();
  return list;
}

// @ts-ignore: decorator
@inline
function anyMarks(): bool {
  return load<u32>(ALL, 8) != 0;
}

/** The inode's mark of a group (0 = F_NOTIFY), or null. */
export function markFind(inode: Inode, group: u32): Mark | null {
  for (let at = <usize>inode.marks; at; at = changetype<Mark>(at).nextOfInode) if (changetype<Mark>(at).group == group) return changetype<Mark>(at);
  return null;
}

/** A mark on the inode behind the dentry, which it holds; null = out of memory. */
export function markNew(dentry: Dentry, group: u32): Mark | null {
  const inode = dentry.inode;
  const mark = changetype<Mark>(kzalloc(offsetof<Mark>()));
  if (!changetype<usize>(mark)) return null;
  mark.reset();
  inodeHold(inode);
  mark.inode = inode;
  if (inode.fs == FS_PROC) mark.dentry = <u32>changetype<usize>(dentryHold(dentry));
  mark.group = group;
  mark.nextOfInode = inode.marks;
  inode.marks = <u32>changetype<usize>(mark);
  linkAt(changetype<usize>(mark), offsetof<Mark>("allNext")).append(marksAll());
  store<u32>(ALL, load<u32>(ALL, 8) + 1, 8);
  return mark;
}

/** Takes the mark off its inode and frees it. */
export function markFree(mark: Mark): void {
  const inode = mark.inode;
  let slot = changetype<usize>(inode) + offsetof<Inode>("marks");
  while (load<u32>(slot) != changetype<usize>(mark)) slot = <usize>load<u32>(slot) + offsetof<Mark>("nextOfInode");
  store<u32>(slot, mark.nextOfInode);
  mark.unlink();
  linkAt(changetype<usize>(mark), offsetof<Mark>("allNext")).unlink();
  store<u32>(ALL, load<u32>(ALL, 8) - 1, 8);
  if (mark.dentry) dentryDrop(changetype<Dentry>(<usize>mark.dentry));
  kfree(changetype<usize>(mark));
  inodeDrop(inode);
}

/** Tells the marks of an inode. child: whose event it is (null = the inode's own); name: 0 for its own. */
function tell(inode: Inode, mask: u32, name: usize, length: u32, cookie: u32, child: Dentry | null): void {
  for (let at = <usize>inode.marks; at; ) {
    const mark = changetype<Mark>(at);
    at = mark.nextOfInode;
    if (!mark.group) {
      dnotifyEvent(mark, mask, name != 0);
      continue;
    }
    if (!(mark.mask & mask & ~<u32>IN_ISDIR)) continue;
    if (mark.mask & IN_EXCL_UNLINK && child && !(child.flags & DF_LINKED)) continue;
    inotifyEvent(mark, mask, name, length, cookie);
  }
}

/** An event of the inode alone. */
export function notifyInode(inode: Inode, mask: u32): void {
  if (!inode.marks) return;
  tell(inode, isDirectory(inode) ? mask | IN_ISDIR : mask, 0, 0, 0, null);
}

/** An event of the file behind a name: for its folder and for itself; fsnotify_dentry(). */
export function notifyDentry(dentry: Dentry, mask: u32): void {
  if (!anyMarks()) return;
  const inode = dentry.inode;
  if (isDirectory(inode)) mask |= IN_ISDIR;
  const parent = dentry.parent;
  if (parent !== dentry && parent.inode.marks) tell(parent.inode, mask, dentry.name, dentry.nameLength, 0, dentry);
  if (inode.marks) tell(inode, mask, 0, 0, 0, null);
}

/** Whether events of the open file are told: not of what has no name; of FIFOs and terminals no reading and writing. */
function isTold(file: File, mask: u32): bool {
  if (!file.mount || !file.dentry || !file.mode) return false;
  if ((file.kind == FILE_PIPE || file.kind == FILE_TTY) && mask & (IN_ACCESS | IN_MODIFY)) return false;
  const fs = changetype<Inode>(<usize>file.inode).fs;
  return fs != FS_ANON && fs != FS_NSFS;
}

export function notifyFile(file: File, mask: u32): void {
  if (anyMarks() && isTold(file, mask)) notifyDentry(changetype<Dentry>(<usize>file.dentry), mask);
}

/** `n` is what a read gave: it is told of if it is more than nothing. */
export function notifyRead(file: File, n: i64): i64 {
  if (n > 0) notifyFile(file, IN_ACCESS);
  return n;
}

export function notifyWrite(file: File, n: i64): i64 {
  if (n > 0) notifyFile(file, IN_MODIFY);
  return n;
}

export function notifyOpen(file: File): void {
  notifyFile(file, IN_OPEN);
}

export function notifyClose(file: File): void {
  notifyFile(file, file.mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
}

/** Attributes changed; 0 is passed on, and told of. */
export function notifyAttributes(dentry: Dentry, error: i64): i64 {
  if (!error) notifyDentry(dentry, IN_ATTRIB);
  return error;
}

// ── names ───────────────────────────────────────────────────────────────────────────

function tellName(folder: Inode, mask: u32, subject: Inode, name: usize, length: u32, cookie: u32): void {
  if (folder.marks) tell(folder, isDirectory(subject) ? mask | IN_ISDIR : mask, name, length, cookie, null);
}

/** A new name in its folder. */
export function notifyCreate(dentry: Dentry): void {
  tellName(dentry.parent.inode, IN_CREATE, dentry.inode, dentry.name, dentry.nameLength, 0);
}

/** Another name for the file. */
export function notifyLink(folder: Inode, inode: Inode, name: usize, length: u32): void {
  notifyLinks(inode);
  tellName(folder, IN_CREATE, inode, name, length, 0);
}

/** The number of names of the file changed. */
export function notifyLinks(inode: Inode): void {
  notifyInode(inode, IN_ATTRIB);
}

/** The name is gone from the folder, and the caller holds the last reference of it or others have the file open; d_delete_notify(). */
export function notifyDelete(folder: Inode, victim: Dentry): void {
  if (!anyMarks()) return;
  if (victim.refs == 1) notifyGone(victim.inode);
  tellName(folder, IN_DELETE, victim.inode, victim.name, victim.nameLength, 0);
}

/** A dentry goes: when the file has no name left it has ended; fsnotify_inoderemove(). */
export function notifyGone(inode: Inode): void {
  if (!inode.marks || inode.nlink) return;
  notifyInode(inode, IN_DELETE_SELF);
  marksEnd(inode);
}

/** All marks of an inode go, and those who set them hear of it. */
function marksEnd(inode: Inode): void {
  inodeHold(inode);
  while (inode.marks) {
    const mark = changetype<Mark>(<usize>inode.marks);
    inotifyForget(mark);
  }
  inodeDrop(inode);
}

/** A file got another name; kernel: fsnotify_move(). The dentry has its new place and name already. */
export function notifyMove(moved: Dentry, from: Inode, name: usize, length: u32): void {
  if (!anyMarks()) return;
  const inode = moved.inode;
  const to = moved.parent.inode;
  const cookie = load<u32>(ALL, 12) + 1;
  store<u32>(ALL, cookie, 12);
  if (from === to) tellName(from, NOTIFY_RENAME, inode, name, length, 0);
  tellName(from, IN_MOVED_FROM, inode, name, length, cookie);
  tellName(to, IN_MOVED_TO, inode, moved.name, moved.nameLength, cookie);
}

/** …and what was moved hears of it last, after the file that it replaced. */
export function notifyMoved(moved: Dentry): void {
  notifyInode(moved.inode, IN_MOVE_SELF);
}

/** The file system of these inodes is mounted no more; fsnotify_sb_delete(). */
export function notifyUnmount(sb: u32): void {
  if (!anyMarks()) return;
  const list = marksAll();
  for (let link = list.next; link !== list; ) {
    const mark = changetype<Mark>(changetype<usize>(link) - offsetof<Mark>("allNext"));
    link = link.next;
    if (mark.inode.sb != sb) continue;
    const directory: u32 = isDirectory(mark.inode) ? IN_ISDIR : 0;
    if (mark.group) inotifyEvent(mark, IN_UNMOUNT | directory, 0, 0, 0);
    inotifyForget(mark);
  }
}

