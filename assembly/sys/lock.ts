// flock(2) and the record locks of fcntl(2).
import { EBADF, EFAULT, EINVAL, ENOLCK, EOVERFLOW } from "../abi/errno";
import { FLOCK_L_LEN, FLOCK_L_PID, FLOCK_L_START, FLOCK_L_TYPE, FLOCK_L_WHENCE, F_GETLK, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_SETLK, F_SETLKW, LOCK_EX, LOCK_MAND, LOCK_NB, LOCK_SH, LOCK_UN, SEEK_CUR, SEEK_END, SEEK_SET, SIZEOF_FLOCK } from "../abi/fcntl";
import { fdGet } from "../fs/fdtable";
import { FILE_PATH, FMODE_READ, FMODE_WRITE, File } from "../fs/file";
import { KIND_OFD, KIND_POSIX, LOCK_END, LOCK_NONE, LOCK_READ, LOCK_WRITE, lockConflict, lockRecord, lockRecordWait, lockWhole } from "../fs/locks";
import { Inode } from "../fs/inode";
import { lockInode, lockNodesTidy } from "../fs/locknodes";
import { copyIn, copyOut } from "../mm/usercopy";
import { current } from "../task/task";

const FLOCK = memory.data(32, 8);
let first: u64 = 0;
let last: u64 = 0;

export function sys_flock(fd: u64, operation: u64): i64 {
  const op = <i32>operation;
  if (op & LOCK_MAND) return 0;
  let type: u32;
  switch (op & ~LOCK_NB) {
    case LOCK_SH: type = LOCK_READ; break;
    case LOCK_EX: type = LOCK_WRITE; break;
    case LOCK_UN: type = LOCK_NONE; break;
    default: return -EINVAL;
  }
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  if (type != LOCK_NONE && !file.mode) return -EBADF;
  const inode = lockInode(file);
  if (!inode) return -ENOLCK;
  const r = lockWhole(inode, file, type, !(op & LOCK_NB));
  lockNodesTidy();
  return r;
}

/** The range that the struct flock at FLOCK means, in first and last; 0 or −errno. Kernel: flock64_to_posix_lock(). */
function range(file: File, inode: Inode): i32 {
  let start: i64;
  switch (<i32>load<i16>(FLOCK + FLOCK_L_WHENCE)) {
    case SEEK_SET: start = 0; break;
    case SEEK_CUR: start = file.position; break;
    case SEEK_END: start = inode.size; break;
    default: return -EINVAL;
  }
  const offset = load<i64>(FLOCK + FLOCK_L_START);
  const length = load<i64>(FLOCK + FLOCK_L_LEN);
  if (offset > <i64>LOCK_END - start) return -EOVERFLOW;
  start += offset;
  if (start < 0) return -EINVAL;
  let end: i64 = <i64>LOCK_END;
  if (length > 0) {
    if (length - 1 > <i64>LOCK_END - start) return -EOVERFLOW;
    end = start + length - 1;
  } else if (length < 0) {
    if (start + length < 0) return -EINVAL;
    end = start - 1;
    start += length;
  }
  first = start;
  last = end;
  return 0;
}

/** fcntl(2) with F_GETLK, F_SETLK, F_SETLKW and their OFD forms. */
export function lockControl(file: File, command: i32, arg: u64): i64 {
  if (!copyIn(FLOCK, arg, SIZEOF_FLOCK)) return -EFAULT;
  const get = command == F_GETLK || command == F_OFD_GETLK;
  const type = <u32>load<u16>(FLOCK + FLOCK_L_TYPE);
  if (get && type != LOCK_READ && type != LOCK_WRITE) return -EINVAL;
  const inode = lockInode(file);
  if (!inode) return -ENOLCK;
  const r = control(file, inode, command, arg, type);
  lockNodesTidy();
  return r;
}

function control(file: File, inode: Inode, command: i32, arg: u64, type: u32): i64 {
  const ofd = command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
  const get = command == F_GETLK || command == F_OFD_GETLK;
  const error = range(file, inode);
  if (error) return error;
  if (type > LOCK_NONE || (ofd && load<i32>(FLOCK + FLOCK_L_PID))) return -EINVAL;
  const kind = ofd ? KIND_OFD : KIND_POSIX;
  const owner = <u32>(ofd ? changetype<usize>(file) : current.files);
  if (!get) {
    if ((type == LOCK_READ && !(file.mode & FMODE_READ)) || (type == LOCK_WRITE && !(file.mode & FMODE_WRITE))) return -EBADF;
    const pid = ofd ? -1 : current.group.pid;
    return command == F_SETLKW || command == F_OFD_SETLKW ? lockRecordWait(inode, file, kind, owner, pid, type, first, last) : lockRecord(inode, file, kind, owner, pid, type, first, last);
  }
  const lock = lockConflict(inode, kind, owner, type, first, last);
  if (!lock) store<u16>(FLOCK + FLOCK_L_TYPE, <u16>LOCK_NONE);
  else {
    store<u16>(FLOCK + FLOCK_L_TYPE, <u16>lock.type);
    store<u16>(FLOCK + FLOCK_L_WHENCE, SEEK_SET);
    store<u64>(FLOCK + FLOCK_L_START, lock.start);
    store<u64>(FLOCK + FLOCK_L_LEN, lock.end == LOCK_END ? 0 : lock.end - lock.start + 1);
    store<i32>(FLOCK + FLOCK_L_PID, lock.pid);
  }
  return copyOut(arg, FLOCK, SIZEOF_FLOCK) ? 0 : -EFAULT;
}

export function isLockCommand(command: i32): bool {
  return (command >= F_GETLK && command <= F_SETLKW) || (command >= F_OFD_GETLK && command <= F_OFD_SETLKW);
}
