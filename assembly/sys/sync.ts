// Calls on the data of files as a whole: fallocate(2), ftruncate(2), fsync(2) and friends, posix_fadvise(2), readahead(2).
import { EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EROFS, ESPIPE } from "../abi/errno";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, O_WRONLY, POSIX_FADV_NOREUSE } from "../abi/fcntl";
import { IN_MODIFY } from "../abi/inotify";
import { fdGet } from "../fs/fdtable";
import { FILE_DIRECTORY, FILE_MQUEUE, FILE_PATH, FILE_PIDFD, FILE_PIPE, FILE_REGULAR, FMODE_READ, FMODE_WRITE, File } from "../fs/file";
import { hostSync, hostSyncAll } from "../fs/hostfs";
import { Dentry, FS_HOST, FS_PROC, S_IFMT, S_IFREG, dentryDrop, isDirectory } from "../fs/inode";
import { leaseBreak } from "../fs/leases";
import { mountReadOnly } from "../fs/mount";
import { LOOKUP_FOLLOW, MAY_WRITE, inodePermission, userPathAt, walkMount } from "../fs/namei";
import { notifyDentry, notifyFile } from "../fs/notify";
import { fileInode } from "../fs/ops";
import { regularAllocate, regularPunch, regularTruncate } from "../fs/regular";

const CWD: u64 = <u64><i64>-100;

/** The open file behind a descriptor that is no O_PATH one, or null. */
function opened(fd: u64): File | null {
  const file = fdGet(<i32>fd);
  return file && file.kind != FILE_PATH ? file : null;
}

export function sys_ftruncate(fd: u64, length: u64): i64 {
  if (<i64>length < 0) return -EINVAL;
  const file = opened(fd);
  if (!file) return -EBADF;
  if (file.kind == FILE_PIDFD) return -EOPNOTSUPP;
  if (file.kind == FILE_MQUEUE && file.mode & FMODE_WRITE) return 0; // its inode has a size that nobody asks for
  if (file.kind != FILE_REGULAR || !(file.mode & FMODE_WRITE)) return -EINVAL;
  // What the kernel makes up has no length.
  if (fileInode(file).fs == FS_PROC) return 0;
  const error = regularTruncate(fileInode(file), length);
  if (!error) notifyFile(file, IN_MODIFY);
  return error;
}

export function sys_truncate(path: u64, length: u64): i64 {
  if (<i64>length < 0) return -EINVAL;
  const found = userPathAt(CWD, path, LOOKUP_FOLLOW);
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  const inode = dentry.inode;
  const made = inode.fs == FS_PROC && (inode.mode & S_IFMT) == S_IFREG;
  let r: i64 = isDirectory(inode) ? -EISDIR : !inode.mapping && !made ? -EINVAL : mountReadOnly(walkMount) ? -EROFS : inodePermission(inode, MAY_WRITE);
  if (!r && !made) r = leaseBreak(inode, O_WRONLY);
  if (!r && !made) r = regularTruncate(inode, length);
  if (!r && !made) notifyDentry(dentry, IN_MODIFY);
  dentryDrop(dentry);
  return r;
}

/** Whether there is such a mode for any file system. */
function knownMode(how: u32): bool {
  switch (how & ~<u32>FALLOC_FL_KEEP_SIZE) {
    case 0:
    case 0x10: // FALLOC_FL_ZERO_RANGE
    case 0x40: return true; // FALLOC_FL_UNSHARE_RANGE
    case <u32>FALLOC_FL_PUNCH_HOLE: return (how & FALLOC_FL_KEEP_SIZE) != 0;
    case 0x8: // FALLOC_FL_COLLAPSE_RANGE
    case 0x20: // FALLOC_FL_INSERT_RANGE
    case 0x80: return !(how & FALLOC_FL_KEEP_SIZE); // FALLOC_FL_WRITE_ZEROES
    default: return false;
  }
}

/** Kernel: vfs_fallocate(); tmpfs makes room and punches holes. */
export function sys_fallocate(fd: u64, mode: u64, offset: u64, length: u64): i64 {
  const file = opened(fd);
  if (!file) return -EBADF;
  if (<i64>offset < 0 || <i64>length <= 0) return -EINVAL;
  const how = <u32>mode;
  if (!knownMode(how)) return -EOPNOTSUPP;
  if (!(file.mode & FMODE_WRITE)) return -EBADF;
  if (file.kind == FILE_PIPE) return -ESPIPE;
  if (file.kind == FILE_DIRECTORY) return -EISDIR;
  // Regular files of a kind without room.
  if (file.kind == FILE_PIDFD || file.kind == FILE_MQUEUE) return -EOPNOTSUPP;
  if (file.kind != FILE_REGULAR) return -ENODEV;
  // What only other file systems can do.
  if (how & ~(<u32>(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))) return -EOPNOTSUPP;
  if (offset + length > 0x7fffffffffffffff) return -EFBIG;
  const inode = fileInode(file);
  const error = how & FALLOC_FL_PUNCH_HOLE ? regularPunch(inode, offset, offset + length) : regularAllocate(inode, offset, offset + length, (how & FALLOC_FL_KEEP_SIZE) != 0);
  if (!error) notifyFile(file, IN_MODIFY);
  return error;
}

export function sys_fsync(fd: u64): i64 {
  const file = opened(fd);
  if (!file) return -EBADF;
  if (file.kind != FILE_REGULAR && file.kind != FILE_DIRECTORY) return -EINVAL;
  return fileInode(file).fs == FS_HOST ? hostSync(fileInode(file)) : 0;
}

export function sys_fdatasync(fd: u64): i64 {
  return sys_fsync(fd);
}

export function sys_sync(): i64 {
  hostSyncAll();
  return 0;
}

export function sys_syncfs(fd: u64): i64 {
  if (!opened(fd)) return -EBADF;
  hostSyncAll();
  return 0;
}

// SYNC_FILE_RANGE_*: wait before, write, wait after.
const SYNC_FLAGS: u32 = 7;

export function sys_sync_file_range(fd: u64, offset: u64, bytes: u64, flags: u64): i64 {
  const file = opened(fd);
  if (!file) return -EBADF;
  if (<u32>flags & ~SYNC_FLAGS || <i64>offset < 0 || <i64>bytes < 0 || <i64>(offset + bytes) < 0) return -EINVAL;
  if (file.kind != FILE_REGULAR && file.kind != FILE_DIRECTORY) return -ESPIPE;
  return <u32>flags & 2 && fileInode(file).fs == FS_HOST ? hostSync(fileInode(file)) : 0;
}

export function sys_readahead(fd: u64, offset: u64, count: u64): i64 {
  const file = opened(fd);
  if (!file || !(file.mode & FMODE_READ)) return -EBADF;
  // What is in memory needs no reading.
  return file.kind == FILE_MQUEUE || (file.kind == FILE_REGULAR && fileInode(file).mapping) ? 0 : -EINVAL;
}

export function sys_fadvise64(fd: u64, offset: u64, length: u64, advice: u64): i64 {
  const file = opened(fd);
  if (!file) return -EBADF;
  if (file.kind == FILE_PIPE) return -ESPIPE;
  return <i32>advice < 0 || <i32>advice > POSIX_FADV_NOREUSE ? -EINVAL : 0;
}
