// The file system types that mount(2) knows, by name. filesystems(5).
//
// To add one: a number FS_*, its name in fsTypeName(), a case in superMake() that returns a super block with a root,
// and its operations where fs/namei.ts, fs/tmpfs.ts and fs/open.ts look at Inode.fs.
import { EINVAL, ENODEV, ENOMEM } from "../abi/errno";
import { DEVPTS_SUPER_MAGIC, PROC_SUPER_MAGIC, RAMFS_MAGIC, SYSFS_MAGIC, TMPFS_MAGIC, HOSTFS_SUPER_MAGIC } from "../abi/stat";
import { nameIs } from "../lib/text";
import { ipcOf } from "../ipc/ipcns";
import { current } from "../task/task";
import { mqueueSuper } from "./mqueuefs";
import { Dentry, FS_HOST, FS_MQUEUE, FS_PROC, FS_TMPFS, Inode, S_IFDIR, dentryNew, inodeDrop, inodeNew } from "./inode";
import { optionsDefault, optionsParse } from "./mountopts";
import { PROC_ROOT, PROC_SYSFS } from "./proc";
import { Super, superAdopt, superDrop, superHold, superNew, superOfType } from "./super";

// Types that are not also kinds of inodes: FS_TMPFS and FS_PROC are in fs/inode.ts.
export const FS_ROOTFS: u32 = 32;
export const FS_DEVTMPFS: u32 = 33;
export const FS_SYSFS: u32 = 34;
export const FS_RAMFS: u32 = 35;
export const FS_DEVPTS: u32 = 36;

/** Number i of the types, 0 = there are no more. */
export function fsTypeAt(i: u32): u32 {
  switch (i) {
    case 0: return FS_SYSFS;
    case 1: return FS_TMPFS;
    case 2: return FS_PROC;
    case 3: return FS_DEVTMPFS;
    case 4: return FS_RAMFS;
    case 5: return FS_MQUEUE;
    case 6: return FS_DEVPTS;
    default: return 0;
  }
}

export function fsTypeName(type: u32): string {
  switch (type) {
    case FS_ROOTFS: return "rootfs";
    case FS_SYSFS: return "sysfs";
    case FS_TMPFS: return "tmpfs";
    case FS_PROC: return "proc";
    case FS_DEVTMPFS: return "devtmpfs";
    case FS_RAMFS: return "ramfs";
    case FS_MQUEUE: return "mqueue";
    case FS_DEVPTS: return "devpts";
    case FS_HOST: return "hostfs";
    default: return "none";
  }
}

/** The f_type of statfs(2). */
export function fsTypeMagic(type: u32): u32 {
  switch (type) {
    case FS_SYSFS: return <u32>SYSFS_MAGIC;
    case FS_PROC: return <u32>PROC_SUPER_MAGIC;
    case FS_RAMFS: return <u32>RAMFS_MAGIC;
    case FS_MQUEUE: return 0x19800202;
    case FS_DEVPTS: return <u32>DEVPTS_SUPER_MAGIC;
    case FS_HOST: return <u32>HOSTFS_SUPER_MAGIC;
    default: return <u32>TMPFS_MAGIC;
  }
}

/** The type of that name, 0 = none. */
export function fsTypeFind(name: usize, length: u32): u32 {
  for (let i: u32 = 0; fsTypeAt(i); i++) if (nameIs(name, length, fsTypeName(fsTypeAt(i)))) return fsTypeAt(i);
  return 0;
}

const EMPTY = memory.data<u8>([0]);

/** Gives the super block its root directory; false = out of memory. */
export function superRoot(sb: Super, fs: u32, mode: u32, uid: u32, gid: u32): bool {
  const inode = inodeNew(fs, S_IFDIR | mode, uid, gid);
  if (!inode) return false;
  superAdopt(sb, inode);
  const dentry = dentryNew(null, EMPTY, 0, inode);
  if (!dentry) {
    inodeDrop(inode);
    return false;
  }
  sb.root = <u32>changetype<usize>(dentry);
  return true;
}

/** A tmpfs with the options in `data` (NUL-terminated, cut up here), or −errno. */
function tmpfsMake(type: u32, data: usize): i64 {
  const sb = superNew(type);
  if (!sb) return -ENOMEM;
  optionsDefault(sb);
  let error = optionsParse(sb, data);
  if (!error && !superRoot(sb, FS_TMPFS, sb.optionMode, sb.optionUid, sb.optionGid)) error = -ENOMEM;
  if (!error) return <i64>changetype<usize>(sb);
  superDrop(sb);
  return error;
}

/** The one super block of a type whose files the kernel makes up. It has no options. */
function generatedMake(type: u32, root: u32, data: usize): i64 {
  if (load<u8>(data)) return -EINVAL;
  const there = superOfType(type);
  if (there) return <i64>changetype<usize>(superHold(there));
  const sb = superNew(type);
  if (!sb) return -ENOMEM;
  if (!superRoot(sb, FS_PROC, 0x16d, 0, 0)) {
    superDrop(sb);
    return -ENOMEM;
  }
  changetype<Dentry>(<usize>sb.root).inode.proc = root;
  return <i64>changetype<usize>(sb);
}

/** The one devpts: every mount shows it, whatever its options. */
function devptsMake(): i64 {
  const sb = superNew(FS_DEVPTS);
  if (!sb) return -ENOMEM;
  if (superRoot(sb, FS_TMPFS, 0x1ed, 0, 0)) return <i64>changetype<usize>(sb);
  superDrop(sb);
  return -ENOMEM;
}

/** A super block of the type for mount(2), with one reference; −errno. */
export function superMake(type: u32, data: usize): i64 {
  switch (type) {
    case FS_TMPFS:
    case FS_RAMFS:
    case FS_ROOTFS: return tmpfsMake(type, data);
    case FS_DEVTMPFS: {
      const there = superOfType(type);
      return there ? <i64>changetype<usize>(superHold(there)) : tmpfsMake(type, data);
    }
    case FS_DEVPTS: {
      const there = superOfType(type);
      return there ? <i64>changetype<usize>(superHold(there)) : devptsMake();
    }
    case FS_PROC: return generatedMake(type, PROC_ROOT, data);
    case FS_SYSFS: return generatedMake(type, PROC_SYSFS, data);
    case FS_MQUEUE: {
      if (load<u8>(data)) return -EINVAL;
      const sb = mqueueSuper(ipcOf(current));
      return sb ? <i64>changetype<usize>(sb) : -ENOMEM;
    }
    default: return -ENODEV;
  }
}

/** New options for a mounted one (MS_REMOUNT); 0 or −errno. */
export function superReconfigure(sb: Super, data: usize): i32 {
  return sb.type == FS_TMPFS ? optionsParse(sb, data) : load<u8>(data) && sb.type != FS_DEVTMPFS ? -EINVAL : 0;
}
