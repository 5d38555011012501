// mount(2), umount2(2), pivot_root(2).
import { EAGAIN, EBUSY, EFAULT, EINVAL, ENODEV, EPERM } from "../abi/errno";
import { MNT_DETACH, MNT_EXPIRE, MNT_FORCE, MS_BIND, MS_DIRSYNC, MS_LAZYTIME, MS_MANDLOCK, MS_MOVE, MS_NOATIME, MS_NODIRATIME, MS_PRIVATE, MS_RDONLY, MS_REC, MS_RELATIME, MS_REMOUNT, MS_SHARED, MS_SILENT, MS_SLAVE, MS_STRICTATIME, MS_SYNCHRONOUS, MS_UNBINDABLE, UMOUNT_NOFOLLOW } from "../abi/mount";
import { fsTypeFind, superMake, superReconfigure } from "../fs/filesystems";
import { Dentry, dentryDrop } from "../fs/inode";
import { Mount, mountAfter, mountHold, mountDrop } from "../fs/mount";
import { MOUNT_FLAGS, mountBind, mountIdle, mountIsOurs, mountMove, mountReflag, mountRemove, mountSuper, pivotRoot } from "../fs/namespace";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, processRootMount, userPathAt, walkMount } from "../fs/namei";
import { mountSetPropagation } from "../fs/propagate";
import { Super, superDrop } from "../fs/super";
import { copyInPartial, copyInString } from "../mm/usercopy";
import { current } from "../task/task";

const CWD: u64 = <u64><i64>-100;
const CAP_SYS_ADMIN: u64 = 1 << 21;
const TYPES: u32 = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
/** Flags that belong to the super block. */
const SUPER_FLAGS: u32 = MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_LAZYTIME;
const MS_MGC_MSK: u32 = 0xffff0000;
const MS_MGC_VAL: u32 = 0xc0ed0000;

const SOURCE = memory.data(4096, 8);
const TYPE = memory.data(4096, 8);
const DATA = memory.data(4096, 8);
const NONE = memory.data<u8>([0x6e, 0x6f, 0x6e, 0x65, 0]);

// @ts-ignore: decorator
@inline
function at(found: i64): Dentry {
  return changetype<Dentry>(<usize>found);
}

function mayMount(): bool {
  return (current.cred.capEffective & CAP_SYS_ADMIN) != 0;
}

/** An argument string: its length, −1 = it was not given, or −errno in the upper half. */
function stringIn(to: usize, from: u64): i64 {
  store<u8>(to, 0);
  if (!from) return -1;
  const n = copyInString(to, from, 4096);
  return n < 0 ? (n == -EFAULT ? -0x100000000 - EFAULT : -0x100000000 - EINVAL) : n;
}

/** The options' page, which may end where memory ends. */
function dataIn(from: u64): i32 {
  store<u8>(DATA, 0);
  if (!from) return 0;
  const left = <u32>copyInPartial(DATA, from, 4096);
  if (left == 4096) return -EFAULT;
  memory.fill(DATA + 4096 - left, 0, left);
  store<u8>(DATA + 4095, 0);
  return 0;
}

export function sys_mount(source: u64, target: u64, filesystemtype: u64, mountflags: u64, data: u64): i64 {
  const type = stringIn(TYPE, filesystemtype);
  if (type < -1) return type + 0x100000000;
  const name = stringIn(SOURCE, source);
  if (name < -1) return name + 0x100000000;
  const bad = dataIn(data);
  if (bad) return bad;
  const found = userPathAt(CWD, target, LOOKUP_FOLLOW);
  if (found < 0) return found;
  const mount = walkMount;
  mountHold(mount);
  let flags = <u32>mountflags;
  if ((flags & MS_MGC_MSK) == MS_MGC_VAL) flags &= ~MS_MGC_MSK;
  const r = mayMount() ? dispatch(mount, at(found), flags, name, type, source) : -EPERM;
  dentryDrop(at(found));
  mountDrop(mount);
  return r;
}

/** Kernel: path_mount(). */
function dispatch(mount: Mount, dentry: Dentry, flags: u32, name: i64, type: i64, source: u64): i64 {
  const own = (flags | (flags & (MS_NOATIME | MS_STRICTATIME) ? 0 : MS_RELATIME)) & ~(flags & MS_STRICTATIME ? <u32>(MS_RELATIME | MS_NOATIME) : 0);
  if ((flags & (MS_REMOUNT | MS_BIND)) == (MS_REMOUNT | MS_BIND)) return reflag(mount, dentry, flags, own);
  if (flags & MS_REMOUNT) return remount(mount, dentry, flags, own);
  if (flags & MS_BIND) return fromPlace(mount, dentry, flags, name, source);
  if (flags & TYPES) return propagation(mount, dentry, flags);
  if (flags & MS_MOVE) return fromPlace(mount, dentry, flags, name, source);
  if (type < 0) return -EINVAL;
  const kind = fsTypeFind(TYPE, <u32>type);
  if (!kind) return -ENODEV;
  const made = superMake(kind, DATA);
  if (made < 0) return made;
  const sb = changetype<Super>(<usize>made);
  sb.flags |= flags & SUPER_FLAGS;
  const r = mountSuper(sb, own, name < 0 ? NONE : SOURCE, mount, dentry);
  superDrop(sb);
  return r;
}

/** Flags of a remount without any that say how access times are kept keep those of the mount. */
function keepTimes(mount: Mount, flags: u32, own: u32): u32 {
  const times: u32 = MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
  return flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME) ? own : (own & ~times) | (mount.flags & times);
}

function reflag(mount: Mount, dentry: Dentry, flags: u32, own: u32): i64 {
  if (!mountIsOurs(mount) || mount.root !== dentry) return -EINVAL;
  return mountReflag(mount, keepTimes(mount, flags, own));
}

function remount(mount: Mount, dentry: Dentry, flags: u32, own: u32): i64 {
  if (!mountIsOurs(mount) || mount.root !== dentry) return -EINVAL;
  const sb = mount.sb;
  if (flags & MS_RDONLY && !(sb.flags & MS_RDONLY) && sb.writers) return -EBUSY;
  const error = superReconfigure(sb, DATA);
  if (error) return error;
  sb.flags = (sb.flags & ~SUPER_FLAGS) | (flags & SUPER_FLAGS);
  // As with a new mount MS_RDONLY is the super block's and the mount's.
  mount.flags = keepTimes(mount, flags, own) & MOUNT_FLAGS;
  return 0;
}

function propagation(mount: Mount, dentry: Dentry, flags: u32): i64 {
  const type = flags & TYPES;
  if (flags & ~(TYPES | MS_REC | MS_SILENT) || type & (type - 1)) return -EINVAL;
  if (mount.root !== dentry || !mountIsOurs(mount)) return -EINVAL;
  let error = mountSetPropagation(mount, type);
  if (!(flags & MS_REC)) return error;
  let m = mountAfter(mount, mount);
  while (m) {
    error = mountSetPropagation(m, type);
    m = mountAfter(m, mount);
  }
  return error;
}

/** MS_BIND and MS_MOVE. */
function fromPlace(mount: Mount, dentry: Dentry, flags: u32, name: i64, source: u64): i64 {
  if (name <= 0) return -EINVAL;
  const found = userPathAt(CWD, source, LOOKUP_FOLLOW);
  if (found < 0) return found;
  const from = walkMount;
  const r = flags & MS_BIND ? mountBind(from, at(found), mount, dentry, flags) : mountMove(from, at(found), mount, dentry);
  dentryDrop(at(found));
  return r;
}

export function sys_umount2(target: u64, flagsArg: u64): i64 {
  const flags = <u32>flagsArg;
  if (flags & ~(<u32>(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))) return -EINVAL;
  const found = userPathAt(CWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
  if (found < 0) return found;
  const mount = walkMount;
  const isRoot = mount.root === at(found);
  dentryDrop(at(found));
  if (!mayMount()) return -EPERM;
  if (!isRoot || !mountIsOurs(mount)) return -EINVAL;
  if (flags & MNT_EXPIRE) {
    if (flags & (MNT_FORCE | MNT_DETACH) || mount === processRootMount()) return -EINVAL;
    if (!mountIdle(mount)) return -EBUSY;
    if (!mount.expiring) {
      mount.expiring = 1;
      return -EAGAIN;
    }
  }
  if (mount === processRootMount() && !(flags & MNT_DETACH)) {
    // The root is not unmounted but made read-only.
    if (mount.sb.writers) return -EBUSY;
    mount.sb.flags |= MS_RDONLY;
    return 0;
  }
  if (mount.parent === mount) return -EINVAL;
  return mountRemove(mount, (flags & MNT_DETACH) != 0);
}

export function sys_pivot_root(newRoot: u64, putOld: u64): i64 {
  if (!mayMount()) return -EPERM;
  const fresh = userPathAt(CWD, newRoot, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (fresh < 0) return fresh;
  const freshMount = walkMount;
  const put = userPathAt(CWD, putOld, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (put > 0) {
    const r = pivotRoot(freshMount, at(fresh), walkMount, at(put));
    dentryDrop(at(put));
    dentryDrop(at(fresh));
    return r;
  }
  dentryDrop(at(fresh));
  return put;
}
