// The devpts file system: one directory, whose entries the pairs make. Kernel: fs/devpts/inode.c.
import { FS_DEVPTS } from "../fs/filesystems";
import { Dentry, FS_DEV, S_IFCHR, dentryDrop, dentryLink, dentryNew, dentryUnlink, inodeDrop, inodeNew } from "../fs/inode";
import { superAdopt, superOfType } from "../fs/super";
import { current } from "../task/task";

const NAME = memory.data(16, 8);

/** A device named `index` in devpts, owned by the running process: held by being linked; null = out of memory. */
export function devptsAdd(index: u32, mode: u32, gid: u32, rdev: u32): Dentry | null {
  const sb = superOfType(FS_DEVPTS);
  if (!sb) return null;
  const cred = current.cred;
  const inode = inodeNew(FS_DEV, S_IFCHR | mode, cred.fsuid, gid);
  if (!inode) return null;
  superAdopt(sb, inode);
  inode.rdev = rdev;
  let n: u32 = 0;
  for (let limit: u32 = 10; index >= limit; limit *= 10) n++;
  for (let i = <i32>n, rest = index; i >= 0; i--, rest /= 10) store<u8>(NAME + i, <u8>(0x30 + (rest % 10)));
  const dentry = dentryNew(changetype<Dentry>(<usize>sb.root), NAME, n + 1, inode);
  if (!dentry) {
    inodeDrop(inode);
    return null;
  }
  dentryLink(dentry, true);
  return dentry;
}

export function devptsRemove(dentry: Dentry): void {
  dentry.inode.nlink = 0;
  dentryUnlink(dentry);
  dentryDrop(dentry);
}
