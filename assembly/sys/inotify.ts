// inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).
import { EBADF, EINVAL, ENOMEM } from "../abi/errno";
import { O_NONBLOCK, O_RDONLY } from "../abi/fcntl";
import { IN_ALL_EVENTS, IN_CLOEXEC, IN_DONT_FOLLOW, IN_EXCL_UNLINK, IN_IGNORED, IN_ISDIR, IN_MASK_ADD, IN_MASK_CREATE, IN_NONBLOCK, IN_ONESHOT, IN_ONLYDIR, IN_Q_OVERFLOW, IN_UNMOUNT } from "../abi/inotify";
import { fdGet, fdInstall } from "../fs/fdtable";
import { FILE_INOTIFY, FILE_PATH, FMODE_READ, File, fileNew } from "../fs/file";
import { Dentry, dentryDrop } from "../fs/inode";
import { Inotify, inotifyFree, inotifyNew, inotifyUnwatch, inotifyWatch } from "../fs/inotify";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, MAY_READ, inodePermission, userPathAt } from "../fs/namei";

const CWD: u64 = <u64><i64>-100;
/** ALL_INOTIFY_BITS. */
const BITS: u32 = IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD | IN_MASK_CREATE | IN_ISDIR | IN_ONESHOT;

export function sys_inotify_init1(flagsArg: u64): i64 {
  const flags = <u32>flagsArg;
  if (flags & ~(<u32>(IN_CLOEXEC | IN_NONBLOCK))) return -EINVAL;
  const made = inotifyNew();
  if (made < 0) return made;
  const file = fileNew(FILE_INOTIFY, <usize>made, O_RDONLY | (flags & IN_NONBLOCK ? O_NONBLOCK : 0), FMODE_READ);
  if (!file) {
    inotifyFree(changetype<Inotify>(<usize>made));
    return -ENOMEM;
  }
  return fdInstall(file, (flags & IN_CLOEXEC) != 0);
}

export function sys_inotify_init(): i64 {
  return sys_inotify_init1(0);
}

function inotifyOf(fd: u64): File | null {
  const file = fdGet(<i32>fd);
  return file && file.kind != FILE_PATH ? file : null;
}

export function sys_inotify_add_watch(fd: u64, path: u64, maskArg: u64): i64 {
  const mask = <u32>maskArg;
  if (!(mask & BITS)) return -EINVAL;
  const file = inotifyOf(fd);
  if (!file) return -EBADF;
  if (mask & IN_MASK_ADD && mask & IN_MASK_CREATE) return -EINVAL;
  if (file.kind != FILE_INOTIFY) return -EINVAL;
  const found = userPathAt(CWD, path, (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) | (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0));
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  let r: i64 = inodePermission(dentry.inode, MAY_READ);
  if (!r) r = inotifyWatch(changetype<Inotify>(file.object), dentry, mask);
  dentryDrop(dentry);
  return r;
}

export function sys_inotify_rm_watch(fd: u64, wd: u64): i64 {
  const file = inotifyOf(fd);
  if (!file) return -EBADF;
  return file.kind == FILE_INOTIFY ? inotifyUnwatch(changetype<Inotify>(file.object), <i32>wd) : -EINVAL;
}
