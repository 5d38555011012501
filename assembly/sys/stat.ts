// stat(2), statx(2), statfs(2), getdents64(2).
import { EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR } from "../abi/errno";
import { AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW } from "../abi/fcntl";
import { ANON_INODE_FS_MAGIC, PIPEFS_MAGIC, SIZEOF_STAT, SIZEOF_STATFS, SIZEOF_STATX, STATX_BASIC_STATS, STATX_BTIME, STAT_ST_ATIM, STAT_ST_BLKSIZE, STAT_ST_BLOCKS, STAT_ST_CTIM, STAT_ST_DEV, STAT_ST_GID, STAT_ST_INO, STAT_ST_MODE, STAT_ST_MTIM, STAT_ST_NLINK, STAT_ST_RDEV, STAT_ST_SIZE, STAT_ST_UID, SOCKFS_MAGIC, TMPFS_MAGIC, STATX_ATTR_MOUNT_ROOT, STATX_CTIME, STATX_MNT_ID, STATX_MTIME } from "../abi/stat";
import { anonIno, anonMode } from "../fs/anon";
import { direntBuffer, direntNext, direntTake } from "../fs/readdir";
import { IN_ACCESS } from "../abi/inotify";
import { notifyFile } from "../fs/notify";
import { fdGet } from "../fs/fdtable";
import { FILE_DIRECTORY, FILE_PATH, FILE_PIPE, FILE_REGULAR, FILE_SOCKET, File } from "../fs/file";
import { Dentry, FS_PROC, Inode, S_IFSOCK, dentryDrop, FS_HOST } from "../fs/inode";
import { accessed } from "../fs/atime";
import { hostRefresh, hostSpace } from "../fs/hostfs";
import { LOOKUP_EMPTY, LOOKUP_FOLLOW, PATH_BUFFER, fileMount, pathIn, userPathAt, walkAt, walkMount } from "../fs/namei";
import { fsTypeMagic } from "../fs/filesystems";
import { Mount, mountReadOnly } from "../fs/mount";
import { Super } from "../fs/super";
import { MS_MANDLOCK, MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_NOSYMFOLLOW, MS_RELATIME, MS_SYNCHRONOUS } from "../abi/mount";
import { framesTotal, framesUsed } from "../mm/frames";
import { copyOut } from "../mm/usercopy";
import { Socket, socketOf } from "../net/socket";
import { realtime } from "../task/clock";
import { current } from "../task/task";

const CWD: u64 = <u64><i64>-100;
const STAT = memory.data(256, 8);

/** Times before 1970 are negative ns; the part below the second counts upwards all the same. */
function putTime(offset: usize, ns: i64): void {
  let seconds = ns / 1_000_000_000;
  let rest = ns % 1_000_000_000;
  if (rest < 0) {
    seconds--;
    rest += 1_000_000_000;
  }
  store<i64>(STAT + offset, seconds);
  store<i64>(STAT + offset, rest, 8);
}

/** Fills STAT from an inode. */
function fromInode(inode: Inode): void {
  if (inode.fs == FS_HOST) hostRefresh(inode);
  memory.fill(STAT, 0, SIZEOF_STAT);
  store<u64>(STAT + STAT_ST_DEV, inode.dev);
  store<u64>(STAT + STAT_ST_INO, inode.ino);
  store<u64>(STAT + STAT_ST_NLINK, inode.nlink);
  store<u32>(STAT + STAT_ST_MODE, inode.mode);
  store<u32>(STAT + STAT_ST_UID, inode.uid);
  store<u32>(STAT + STAT_ST_GID, inode.gid);
  store<u64>(STAT + STAT_ST_RDEV, inode.rdev);
  store<u64>(STAT + STAT_ST_SIZE, inode.size);
  store<u64>(STAT + STAT_ST_BLKSIZE, inode.fs == FS_PROC ? 1024 : 4096);
  const mapping = inode.mapping;
  if (mapping) store<u64>(STAT + STAT_ST_BLOCKS, mapping.kind ? (inode.size + 511) >> 9 : <u64>mapping.pages * 8);
  putTime(STAT_ST_ATIM, inode.atime);
  putTime(STAT_ST_MTIM, inode.mtime);
  putTime(STAT_ST_CTIM, inode.ctime);
}

/** Fills STAT from a file that has no inode: pipes, streams of the host, descriptors of the kernel. */
function fromObject(file: File): void {
  memory.fill(STAT, 0, SIZEOF_STAT);
  const mode = anonMode(file);
  store<u64>(STAT + STAT_ST_DEV, file.kind == FILE_PIPE ? 14 : 15);
  store<u64>(STAT + STAT_ST_INO, anonIno(file));
  store<u64>(STAT + STAT_ST_NLINK, 1);
  store<u32>(STAT + STAT_ST_MODE, mode);
  store<u32>(STAT + STAT_ST_UID, current.cred.uid);
  store<u32>(STAT + STAT_ST_GID, current.cred.gid);
  store<u64>(STAT + STAT_ST_RDEV, 0);
  store<u64>(STAT + STAT_ST_BLKSIZE, 4096);
  const t = realtime();
  putTime(STAT_ST_ATIM, t);
  putTime(STAT_ST_MTIM, t);
  putTime(STAT_ST_CTIM, t);
}

/** A socket's inode is in the kernel's own sockfs. */
function fromSocket(sk: Socket): void {
  memory.fill(STAT, 0, SIZEOF_STAT);
  store<u64>(STAT + STAT_ST_DEV, 8);
  store<u64>(STAT + STAT_ST_INO, sk.ino);
  store<u64>(STAT + STAT_ST_NLINK, 1);
  store<u32>(STAT + STAT_ST_MODE, S_IFSOCK | sk.mode);
  store<u32>(STAT + STAT_ST_UID, sk.uid);
  store<u32>(STAT + STAT_ST_GID, sk.gid);
  store<u64>(STAT + STAT_ST_BLKSIZE, 4096);
  putTime(STAT_ST_ATIM, sk.ctime);
  putTime(STAT_ST_MTIM, sk.ctime);
  putTime(STAT_ST_CTIM, sk.ctime);
}

function fromFile(file: File): void {
  if (file.kind == FILE_SOCKET) fromSocket(socketOf(file));
  else if (file.inode) fromInode(changetype<Inode>(<usize>file.inode));
  else fromObject(file);
}

/** What statx(2) tells besides, of the file that fill() found: birth (0 = none), mount, whether it is the mount's root. */
let statBorn: u64 = 0;
let statMount: Mount = changetype<Mount>(0);
let statRoot: bool = false;

/** Fills STAT for a path or descriptor of an *at call; 0 or −errno. */
function fill(dirfd: u64, path: u64, flags: u32): i64 {
  if (flags & AT_EMPTY_PATH) {
    // A null path is taken as empty since Linux 6.11.
    if (path) {
      const error = pathIn(path);
      if (error) return error;
    } else store<u8>(PATH_BUFFER, 0);
    if (!load<u8>(PATH_BUFFER) && <i32>dirfd != -100) {
      const file = fdGet(<i32>dirfd);
      if (!file) return -EBADF;
      fromFile(file);
      statMount = changetype<Mount>(<usize>file.mount);
      statRoot = file.mount ? statMount.root === changetype<Dentry>(<usize>file.dentry) : false;
      statBorn = file.inode ? changetype<Inode>(<usize>file.inode).btime : 0;
      return 0;
    }
  } else {
    const error = pathIn(path);
    if (error) return error;
  }
  const found = walkAt(<i32>dirfd, PATH_BUFFER, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
  if (found < 0) return found;
  const dentry = changetype<Dentry>(<usize>found);
  fromInode(dentry.inode);
  statBorn = dentry.inode.fs == FS_PROC ? 0 : dentry.inode.btime;
  statMount = walkMount;
  statRoot = walkMount.root === dentry;
  dentryDrop(dentry);
  return 0;
}

export function sys_newfstatat(dirfd: u64, path: u64, buffer: u64, flags: u64): i64 {
  if (flags & ~<u64>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) return -EINVAL;
  const r = fill(dirfd, path, <u32>flags);
  return r ? r : copyOut(buffer, STAT, SIZEOF_STAT) ? 0 : -EFAULT;
}

export function sys_stat(path: u64, buffer: u64): i64 {
  return sys_newfstatat(CWD, path, buffer, 0);
}

export function sys_lstat(path: u64, buffer: u64): i64 {
  return sys_newfstatat(CWD, path, buffer, AT_SYMLINK_NOFOLLOW);
}

export function sys_fstat(fd: u64, buffer: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  fromFile(file);
  return copyOut(buffer, STAT, SIZEOF_STAT) ? 0 : -EFAULT;
}

const STATX = memory.data(256, 8);

export function sys_statx(dirfd: u64, path: u64, flags: u64, mask: u64, buffer: u64): i64 {
  const wants = <u32>mask;
  if (wants & 0x80000000 || flags & ~<u64>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | 0x6000) || (flags & 0x6000) == 0x6000) return -EINVAL;
  const r = fill(dirfd, path, <u32>flags);
  if (r) return r;
  memory.fill(STATX, 0, SIZEOF_STATX);
  // Changes are told when one of them is asked for, the birth only then.
  const seen = wants & (STATX_MTIME | STATX_CTIME) ? <u32>STATX_BASIC_STATS : <u32>STATX_BASIC_STATS & ~(<u32>(STATX_MTIME | STATX_CTIME));
  store<u32>(STATX, seen | (statBorn ? wants & STATX_BTIME : 0) | STATX_MNT_ID);
  store<u64>(STATX, statRoot ? STATX_ATTR_MOUNT_ROOT : 0, 8);
  store<u64>(STATX, STATX_ATTR_MOUNT_ROOT, 56);
  store<u32>(STATX, load<u32>(STAT + STAT_ST_BLKSIZE), 4);
  store<u32>(STATX, load<u32>(STAT + STAT_ST_NLINK), 16);
  store<u32>(STATX, load<u32>(STAT + STAT_ST_UID), 20);
  store<u32>(STATX, load<u32>(STAT + STAT_ST_GID), 24);
  store<u16>(STATX, load<u16>(STAT + STAT_ST_MODE), 28);
  store<u64>(STATX, load<u64>(STAT + STAT_ST_INO), 32);
  store<u64>(STATX, load<u64>(STAT + STAT_ST_SIZE), 40);
  store<u64>(STATX, load<u64>(STAT + STAT_ST_BLOCKS), 48);
  statxTime(64, STAT_ST_ATIM);
  if (statBorn && wants & STATX_BTIME) {
    putTime(STAT_ST_ATIM, statBorn);
    statxTime(80, STAT_ST_ATIM);
  }
  statxTime(96, STAT_ST_CTIM);
  statxTime(112, STAT_ST_MTIM);
  const rdev = load<u32>(STAT + STAT_ST_RDEV);
  const dev = load<u32>(STAT + STAT_ST_DEV);
  store<u32>(STATX, rdev >> 8, 128);
  store<u32>(STATX, rdev & 0xff, 132);
  store<u32>(STATX, dev >> 8, 136);
  store<u32>(STATX, dev & 0xff, 140);
  store<u64>(STATX, changetype<usize>(statMount) ? statMount.id : 0, 144);
  return copyOut(buffer, STATX, SIZEOF_STATX) ? 0 : -EFAULT;
}

function statxTime(to: usize, from: usize): void {
  store<u64>(STATX + to, load<u64>(STAT + from));
  store<u32>(STATX + to, load<u32>(STAT + from, 8), 8);
}

/** ST_VALID and the ST_* of a mount's flags; statfs(2). */
function statFlags(mount: Mount): u64 {
  const ST_VALID: u32 = 0x20;
  const same: u32 = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
  let flags = ST_VALID | (mount.flags & same) | (mountReadOnly(mount) ? 1 : 0) | (mount.sb.flags & (MS_SYNCHRONOUS | MS_MANDLOCK));
  if (mount.flags & MS_RELATIME) flags |= 0x1000;
  if (mount.flags & MS_NOSYMFOLLOW) flags |= 0x2000;
  return flags;
}

/** Blocks and inodes of a tmpfs: what its limits leave, the machine's memory without any. */
function statSpace(sb: Super): void {
  const blocks = sb.maxPages ? <u64>sb.maxPages : <u64>framesTotal();
  const free = sb.maxPages ? blocks - sb.pages : blocks - framesUsed();
  const inodes = sb.maxInodes ? <u64>sb.maxInodes : <u64>framesTotal();
  store<u64>(STATX, blocks, 16);
  store<u64>(STATX, free, 24);
  store<u64>(STATX, free, 32);
  store<u64>(STATX, inodes, 40);
  store<u64>(STATX, sb.maxInodes ? inodes - min<u64>(sb.inodes, inodes) : free, 48);
}

function hostStatSpace(sb: Super): void {
  const space = hostSpace(changetype<Dentry>(<usize>sb.root).inode);
  if (space) memory.copy(STATX + 8, space, 48);
}

/** Statistics of a mount; null = pipes, sockets and the like, whose file systems have none. */
function statfsOut(mount: Mount | null, magic: u32, buffer: u64): i64 {
  memory.fill(STATX, 0, SIZEOF_STATFS);
  store<u64>(STATX, magic);
  store<u64>(STATX, 4096, 8);
  if (mount) {
    const sb = mount.sb;
    if (fsTypeMagic(sb.type) == <u32>TMPFS_MAGIC) statSpace(sb);
    else if (sb.type == FS_HOST) hostStatSpace(sb);
    store<u64>(STATX, sb.dev, 56);
  }
  store<u64>(STATX, 255, 64);
  store<u64>(STATX, 4096, 72);
  store<u64>(STATX, mount ? statFlags(mount) : 0x20, 80);
  return copyOut(buffer, STATX, SIZEOF_STATFS) ? 0 : -EFAULT;
}

export function sys_statfs(path: u64, buffer: u64): i64 {
  const found = userPathAt(CWD, path, LOOKUP_FOLLOW);
  if (found < 0) return found;
  dentryDrop(changetype<Dentry>(<usize>found));
  return statfsOut(walkMount, fsTypeMagic(walkMount.sb.type), buffer);
}

export function sys_fstatfs(fd: u64, buffer: u64): i64 {
  const file = fdGet(<i32>fd);
  if (!file) return -EBADF;
  if (file.mount) return statfsOut(fileMount(file), fsTypeMagic(fileMount(file).sb.type), buffer);
  return statfsOut(null, file.kind == FILE_REGULAR ? <u32>TMPFS_MAGIC : file.kind == FILE_SOCKET ? <u32>SOCKFS_MAGIC : file.kind == FILE_PIPE ? <u32>PIPEFS_MAGIC : <u32>ANON_INODE_FS_MAGIC, buffer);
}

export function sys_getdents64(fd: u64, buffer: u64, count: u64): i64 {
  return listInto(fd, buffer, count, NEW_FORM);
}

export function sys_getdents(fd: u64, buffer: u64, count: u64): i64 {
  return listInto(fd, buffer, count, OLD_FORM);
}

const NEW_FORM: u32 = 0;
const OLD_FORM: u32 = 1;

/** The type goes from its byte before the name to the record's last one. */
function oldEntry(at: usize, bytes: u32): void {
  const type = load<u8>(at + 18);
  memory.copy(at + 18, at + 19, bytes - 19);
  store<u8>(at + bytes - 1, type);
}

/** Entries as fs/readdir.ts gives them; the records of both calls have the same length. */
function listInto(fd: u64, buffer: u64, count: u64, form: u32): i64 {
  const file = fdGet(<i32>fd);
  if (!file || file.kind == FILE_PATH) return -EBADF;
  if (file.kind != FILE_DIRECTORY) return -ENOTDIR;
  const dentry = changetype<Dentry>(<usize>file.dentry);
  if (!dentry.inode.nlink) return -ENOENT;
  const room = <u64><u32>count;
  let done: u64 = 0;
  if (file.mount) accessed(fileMount(file), dentry.inode);
  notifyFile(file, IN_ACCESS);
  while (true) {
    const n = direntNext(file, dentry, room - done);
    if (n == 0) return done;
    if (n < 0) return done ? <i64>done : n;
    if (form == OLD_FORM) oldEntry(direntBuffer(), <u32>n);
    if (!copyOut(buffer + done, direntBuffer(), n)) return done ? <i64>done : -EFAULT;
    direntTake(file);
    done += n;
  }
}


