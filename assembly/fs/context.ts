// Root, working directory and umask of a process; the root file system at boot.
import { ENOENT } from "../abi/errno";
import { kfree, kzalloc } from "../mm/kmalloc";
import { FsContext } from "../task/task";
import { bootTree, rootDentry } from "./boot";
import { Dentry, dentryDrop, dentryHold, inodesInit } from "./inode";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, walk } from "./namei";

/** Builds the root tree: /dev, /proc, /tmp. */
export function fsInit(): void {
  inodesInit();
  bootTree();
}

/** "/" as root and working directory; null = out of memory. */
export function pathContextNew(): FsContext {
  const fs = changetype<FsContext>(kzalloc(offsetof<FsContext>()));
  if (!changetype<usize>(fs)) return fs;
  fs.refs = 1;
  fs.umask = 0x12; // 022
  fs.rootDentry = <u32>changetype<usize>(dentryHold(rootDentry()));
  fs.cwdDentry = <u32>changetype<usize>(dentryHold(rootDentry()));
  return fs;
}

export function pathContextCopy(from: FsContext): FsContext | null {
  const fs = changetype<FsContext>(kzalloc(offsetof<FsContext>()));
  if (!changetype<usize>(fs)) return null;
  fs.refs = 1;
  fs.umask = from.umask;
  fs.rootDentry = from.rootDentry;
  fs.cwdDentry = from.cwdDentry;
  dentryHold(changetype<Dentry>(<usize>fs.rootDentry));
  dentryHold(changetype<Dentry>(<usize>fs.cwdDentry));
  return fs;
}

export function pathContextDrop(fs: FsContext): void {
  if (--fs.refs) return;
  dentryDrop(changetype<Dentry>(<usize>fs.rootDentry));
  dentryDrop(changetype<Dentry>(<usize>fs.cwdDentry));
  kfree(changetype<usize>(fs));
}

/** The held directory becomes the working directory. */
export function setCwd(fs: FsContext, dentry: Dentry): void {
  const old = changetype<Dentry>(<usize>fs.cwdDentry);
  fs.cwdDentry = <u32>changetype<usize>(dentry);
  dentryDrop(old);
}

/** The held directory becomes the root. */
export function setRoot(fs: FsContext, dentry: Dentry): void {
  const old = changetype<Dentry>(<usize>fs.rootDentry);
  fs.rootDentry = <u32>changetype<usize>(dentry);
  dentryDrop(old);
}

const PATH = memory.data(4096, 8);

/** Working directory of a process to be started: 0 or −errno. */
export function pathContextSetCwd(fs: FsContext, path: usize, length: i32): i32 {
  if (length >= 4096) return -ENOENT;
  memory.copy(PATH, path, length);
  store<u8>(PATH + length, 0);
  const found = walk(rootDentry(), PATH, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (found < 0) return <i32>found;
  setCwd(fs, changetype<Dentry>(<usize>found));
  return 0;
}
