// F_NOTIFY of fcntl(2): a signal when something happens in a folder. A folder has one mark, with those who asked. What was
// asked ends when the process closes any of its descriptors of that open file. Kernel: fs/notify/dnotify/dnotify.c.
import { ENOMEM, ENOTDIR } from "../abi/errno";
import { DN_ACCESS, DN_ATTRIB, DN_CREATE, DN_DELETE, DN_MODIFY, DN_MULTISHOT, DN_RENAME } from "../abi/fcntl";
import { IN_ACCESS, IN_ATTRIB, IN_CREATE, IN_DELETE, IN_ISDIR, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO } from "../abi/inotify";
import { POLL_MSG } from "../abi/signal";
import { kfree, kzalloc } from "../mm/kmalloc";
import { current } from "../task/task";
import { fasyncSend } from "./fasync";
import { FILE_DIRECTORY, File } from "./file";
import { Dentry, Inode } from "./inode";
import { Mark, NOTIFY_RENAME, markFind, markFree, markNew } from "./notify";
import { ownerSet } from "./owner";

/** What somebody asked: Mark.wants is the first. */
@unmanaged
class Want {
  next: u32;
  file: File;
  /** The descriptor table. */
  owner: usize;
  fd: i32;
  mask: u32;
  many: u32;
}

function maskOf(arg: u32): u32 {
  let mask: u32 = 0;
  if (arg & DN_ACCESS) mask |= IN_ACCESS;
  if (arg & DN_MODIFY) mask |= IN_MODIFY;
  if (arg & DN_ATTRIB) mask |= IN_ATTRIB;
  if (arg & DN_RENAME) mask |= NOTIFY_RENAME;
  if (arg & DN_CREATE) mask |= IN_CREATE | IN_MOVED_TO;
  if (arg & DN_DELETE) mask |= IN_DELETE | IN_MOVED_FROM;
  return mask;
}

/** The asker's place in the list: the address of the pointer to it, or of the end. */
function placeOf(mark: Mark, file: File, owner: usize): usize {
  let slot = changetype<usize>(mark) + offsetof<Mark>("wants");
  while (load<u32>(slot)) {
    const want = changetype<Want>(<usize>load<u32>(slot));
    if (want.file === file && want.owner == owner) break;
    slot = changetype<usize>(want) + offsetof<Want>("next");
  }
  return slot;
}

function removeAt(slot: usize): void {
  const want = changetype<Want>(<usize>load<u32>(slot));
  store<u32>(slot, want.next);
  kfree(changetype<usize>(want));
}

function tidy(mark: Mark): void {
  if (!mark.wants) markFree(mark);
}

/** F_NOTIFY: 0 or −errno. Further calls add to what was asked; 0 ends it. */
export function dnotifySet(file: File, fd: i32, arg: u32): i32 {
  const mask = maskOf(arg);
  if (!(arg & ~<u32>DN_MULTISHOT)) {
    dnotifyFlush(file, current.files);
    return 0;
  }
  if (file.kind != FILE_DIRECTORY) return -ENOTDIR;
  const inode = changetype<Inode>(<usize>file.inode);
  const there = markFind(inode, 0);
  const mark = there ? there : markNew(changetype<Dentry>(<usize>file.dentry), 0);
  if (!mark) return -ENOMEM;
  const slot = placeOf(mark, file, current.files);
  let want = changetype<Want>(<usize>load<u32>(slot));
  if (!changetype<usize>(want)) {
    want = changetype<Want>(kzalloc(offsetof<Want>()));
    if (!changetype<usize>(want)) {
      tidy(mark);
      return -ENOMEM;
    }
    want.file = file;
    want.owner = current.files;
    store<u32>(slot, <u32>changetype<usize>(want));
    if (!file.owner) ownerSet(file, current.group.pid);
  }
  want.fd = fd;
  want.mask |= mask;
  if (arg & DN_MULTISHOT) want.many = 1;
  return 0;
}

/** A descriptor of the table for the open file is closed; dnotify_flush(). */
export function dnotifyFlush(file: File, owner: usize): void {
  if (file.kind != FILE_DIRECTORY) return;
  const inode = changetype<Inode>(<usize>file.inode);
  if (!inode.marks) return;
  const mark = markFind(inode, 0);
  if (!mark) return;
  const slot = placeOf(mark, file, owner);
  if (load<u32>(slot)) removeAt(slot);
  tidy(mark);
}

/** Something happened in the folder, or at itself. */
export function dnotifyEvent(mark: Mark, mask: u32, named: bool): void {
  if (!named && !(mask & IN_ISDIR)) return;
  let slot = changetype<usize>(mark) + offsetof<Mark>("wants");
  while (load<u32>(slot)) {
    const want = changetype<Want>(<usize>load<u32>(slot));
    if (!(want.mask & mask)) {
      slot = changetype<usize>(want) + offsetof<Want>("next");
      continue;
    }
    fasyncSend(want.file, want.fd, POLL_MSG);
    if (want.many) slot = changetype<usize>(want) + offsetof<Want>("next");
    else removeAt(slot);
  }
  tidy(mark);
}

/** The folder is gone: nobody will be told. */
export function dnotifyEnd(mark: Mark): void {
  while (mark.wants) removeAt(changetype<usize>(mark) + offsetof<Mark>("wants"));
  markFree(mark);
}
