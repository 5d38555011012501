// What execve(2) and mmap(2) need of files.
import { EACCES, ENODEV, EPERM } from "../abi/errno";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, O_RDONLY } from "../abi/fcntl";
import { IN_ACCESS } from "../abi/inotify";
import { Mapping } from "../mm/mapping";
import { DEV_ZERO } from "./dev";
import { closeOnExec } from "./fdtable";
import { FILE_DEVICE, FILE_MQUEUE, FILE_REGULAR, File } from "./file";
import { Dentry, Inode, FS_PROC, S_IFLNK, S_IFMT, S_IFREG, dentryDrop } from "./inode";
import { LOOKUP_EMPTY, LOOKUP_FOLLOW, MAY_EXEC, fileMount, inodePermission, walkAt, walkMount } from "./namei";
import { leaseBreak } from "./leases";
import { notifyFile } from "./notify";
import { openDentry } from "./open";
import { SEAL_FUTURE_WRITE, SEAL_WRITE } from "./seals";
import { fileInode } from "./ops";
import { ELOOP } from "../abi/errno";
import { MS_NOEXEC, MS_NOSUID } from "../abi/mount";
import { Mount } from "./mount";
import { regularReadKernel } from "./regular";

/** Whether the program at a path in kernel memory may be run; leases on it are broken. 0, −errno, BLOCKED. */
export function execCheck(dirfd: i32, path: usize, flags: i32): i64 {
  const found = execFind(dirfd, path, flags);
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  const r = leaseBreak(dentry.inode, O_RDONLY);
  dentryDrop(dentry);
  return r;
}

/** The program, opened for reading by the kernel: a held File, or −errno. */
export function execOpenPath(dirfd: i32, path: usize, flags: i32): i64 {
  const found = execFind(dirfd, path, flags);
  if (found < 0) return found;
  // Execute permission suffices: the kernel reads what the caller may not.
  const opened = openDentry(walkMount, changetype<Dentry>(<usize>found), O_RDONLY, true);
  if (opened > 0) notifyFile(changetype<File>(<usize>opened), IN_ACCESS);
  return opened;
}

/** The held dentry of a file that may be run, its mount in walkMount; −errno. */
function execFind(dirfd: i32, path: usize, flags: i32): i64 {
  const found = walkAt(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  const type = dentry.inode.mode & S_IFMT;
  let error: i32 = type == S_IFREG ? inodePermission(dentry.inode, MAY_EXEC) : type == S_IFLNK ? -ELOOP : -EACCES;
  const mount = walkMount;
  if (!error && (dentry.inode.fs == FS_PROC || mount.flags & MS_NOEXEC)) error = -EACCES;
  if (!error) return found;
  dentryDrop(dentry);
  return error;
}

/** Whether the caller may run the file; 0 or −EACCES. */
export function execFileAllowed(file: File): i32 {
  return fileNoExec(file) ? -EACCES : inodePermission(fileInode(file), MAY_EXEC);
}

/** Whether set-user-id bits of the program count where it is mounted. */
export function execSetIdAllowed(file: File): bool {
  return !(fileMount(file).flags & MS_NOSUID);
}

/** Whether somebody may write to the file now: it cannot be run (ETXTBSY). */
export function execWritten(file: File): bool {
  return file.kind == FILE_REGULAR && fileInode(file).writers > 0;
}

/** Mode, owner and group of the program: what set-user-id bits ask for. */
export function execOwner(file: File): Inode {
  return fileInode(file);
}

/** Reads a regular file to kernel memory: bytes. */
export function fileReadKernel(file: File, pos: u64, to: usize, count: u32): i64 {
  return regularReadKernel(fileInode(file), pos, to, count);
}

/** The page cache of a regular file, or null. */
export function fileMapping(file: File): Mapping | null {
  return file.kind == FILE_REGULAR ? fileInode(file).mapping : null;
}

/** F_SEAL_WRITE and F_SEAL_FUTURE_WRITE refuse shared writable mappings. */
export function fileSealedForWriting(file: File): bool {
  return file.kind == FILE_REGULAR && (fileInode(file).seals & (SEAL_WRITE | SEAL_FUTURE_WRITE)) != 0;
}

/** Whether the file's mount lets nothing be executed. */
export function fileNoExec(file: File): bool {
  return file.mount != 0 && (changetype<Mount>(<usize>file.mount).flags & MS_NOEXEC) != 0;
}

/** What mmap maps: the Mapping's address, 0 for anonymous memory (/dev/zero), or −errno. */
export function fileMmap(file: File, prot: u32, shared: i32): i64 {
  if (file.kind == FILE_DEVICE && fileInode(file).rdev == DEV_ZERO) return 0;
  // The kernel's own file systems are mounted without the right to execute.
  if (prot & 4 && (file.kind == FILE_MQUEUE || (!file.mount && file.kind != FILE_REGULAR))) return -EPERM;
  if (file.kind != FILE_REGULAR) return -ENODEV;
  const mapping = fileInode(file).mapping;
  if (!mapping) return -ENODEV;
  if (prot & 4 && fileNoExec(file)) return -EPERM;
  if (shared && prot & 2 && fileSealedForWriting(file)) return -EPERM;
  return <i64>changetype<usize>(mapping);
}

export function fdtableCloseOnExec(): void {
  closeOnExec();
}
