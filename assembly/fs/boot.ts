// The tree that a machine begins with: a tmpfs root with /dev, /proc and /tmp.
import { Dentry, FS_DEV, FS_PROC, FS_TMPFS, Inode, S_IFCHR, S_IFDIR, S_IFLNK, dentryLink, dentryNew, inodeNew } from "./inode";
import { kmalloc } from "../mm/kmalloc";

const STATE = memory.data(16, 8);

export function rootDentry(): Dentry {
  return changetype<Dentry>(<usize>load<u32>(STATE));
}

/** Root of the proc file system. */
export function procRoot(): Dentry {
  return changetype<Dentry>(<usize>load<u32>(STATE + 4));
}

export function cstring(text: usize): u32 {
  let n: u32 = 0;
  while (load<u8>(text + n)) n++;
  return n;
}

/** A pinned child with a new inode. The machine is not up yet: memory cannot run out. */
function add(parent: Dentry, name: usize, fs: u32, mode: u32, rdev: u32): Dentry {
  const inode = changetype<Inode>(changetype<usize>(inodeNew(fs, mode, 0, 0)));
  inode.rdev = rdev;
  const dentry = changetype<Dentry>(changetype<usize>(dentryNew(parent, name, cstring(name), inode)));
  dentryLink(dentry, true);
  if ((mode & S_IFDIR) == S_IFDIR) parent.inode.nlink++;
  return dentry;
}

function link(parent: Dentry, name: usize, target: usize): void {
  const dentry = add(parent, name, FS_TMPFS, S_IFLNK | 0x1ff, 0);
  const n = cstring(target);
  const text = kmalloc(n + 1);
  memory.copy(text, target, n + 1);
  dentry.inode.text = text;
  dentry.inode.size = n;
}

// @ts-ignore: decorator
@inline
function device(major: u32, minor: u32): u32 {
  return (major << 8) | minor;
}

// NUL-terminated names, one after another.
const NAMES = memory.data<u8>([
  0x64, 0x65, 0x76, 0, // dev 0
  0x70, 0x72, 0x6f, 0x63, 0, // proc 4
  0x74, 0x6d, 0x70, 0, // tmp 9
  0x6e, 0x75, 0x6c, 0x6c, 0, // null 13
  0x7a, 0x65, 0x72, 0x6f, 0, // zero 18
  0x66, 0x75, 0x6c, 0x6c, 0, // full 23
  0x72, 0x61, 0x6e, 0x64, 0x6f, 0x6d, 0, // random 28
  0x75, 0x72, 0x61, 0x6e, 0x64, 0x6f, 0x6d, 0, // urandom 35
  0x74, 0x74, 0x79, 0, // tty 43
  0x73, 0x68, 0x6d, 0, // shm 47
  0x66, 0x64, 0, // fd 51
  0x73, 0x74, 0x64, 0x69, 0x6e, 0, // stdin 54
  0x73, 0x74, 0x64, 0x6f, 0x75, 0x74, 0, // stdout 60
  0x73, 0x74, 0x64, 0x65, 0x72, 0x72, 0, // stderr 67
  0x2f, 0x70, 0x72, 0x6f, 0x63, 0x2f, 0x73, 0x65, 0x6c, 0x66, 0x2f, 0x66, 0x64, 0, // /proc/self/fd 74
  0x2f, 0x70, 0x72, 0x6f, 0x63, 0x2f, 0x73, 0x65, 0x6c, 0x66, 0x2f, 0x66, 0x64, 0x2f, 0x30, 0, // …/0 88
  0x2f, 0x70, 0x72, 0x6f, 0x63, 0x2f, 0x73, 0x65, 0x6c, 0x66, 0x2f, 0x66, 0x64, 0x2f, 0x31, 0, // …/1 104
  0x2f, 0x70, 0x72, 0x6f, 0x63, 0x2f, 0x73, 0x65, 0x6c, 0x66, 0x2f, 0x66, 0x64, 0x2f, 0x32, 0, // …/2 120
  0, // the empty name 136
]);

export function bootTree(): void {
  const rootInode = changetype<Inode>(changetype<usize>(inodeNew(FS_TMPFS, S_IFDIR | 0x1ed, 0, 0)));
  const root = changetype<Dentry>(changetype<usize>(dentryNew(null, NAMES + 136, 0, rootInode)));
  store<u32>(STATE, <u32>changetype<usize>(root));
  const dev = add(root, NAMES, FS_TMPFS, S_IFDIR | 0x1ed, 0);
  const proc = add(root, NAMES + 4, FS_TMPFS, S_IFDIR | 0x16d, 0);
  add(root, NAMES + 9, FS_TMPFS, S_IFDIR | 0x3ff, 0); // 1777
  add(dev, NAMES + 13, FS_DEV, S_IFCHR | 0x1b6, device(1, 3));
  add(dev, NAMES + 18, FS_DEV, S_IFCHR | 0x1b6, device(1, 5));
  add(dev, NAMES + 23, FS_DEV, S_IFCHR | 0x1b6, device(1, 7));
  add(dev, NAMES + 28, FS_DEV, S_IFCHR | 0x1b6, device(1, 8));
  add(dev, NAMES + 35, FS_DEV, S_IFCHR | 0x1b6, device(1, 9));
  add(dev, NAMES + 43, FS_DEV, S_IFCHR | 0x1b6, device(5, 0));
  add(dev, NAMES + 47, FS_TMPFS, S_IFDIR | 0x3ff, 0);
  link(dev, NAMES + 51, NAMES + 74);
  link(dev, NAMES + 54, NAMES + 88);
  link(dev, NAMES + 60, NAMES + 104);
  link(dev, NAMES + 67, NAMES + 120);
  const procInode = changetype<Inode>(changetype<usize>(inodeNew(FS_PROC, S_IFDIR | 0x16d, 0, 0)));
  const mounted = changetype<Dentry>(changetype<usize>(dentryNew(null, NAMES + 136, 0, procInode)));
  mounted.covers = <u32>changetype<usize>(proc);
  proc.mounted = <u32>changetype<usize>(mounted);
  store<u32>(STATE + 4, <u32>changetype<usize>(mounted));
}
