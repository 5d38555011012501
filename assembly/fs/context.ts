// Root, working directory, mount name space and umask of a process; the root file system at boot.
import { ENOENT } from "../abi/errno";
import { kfree, kzalloc } from "../mm/kmalloc";
import { taskAfter, taskFirst } from "../task/table";
import { FsContext } from "../task/task";
import { bootMount, bootNs, bootTree, rootDentry } from "./boot";
import { Dentry, dentryDrop, dentryHold, inodesInit } from "./inode";
import { Mount, MntNs, mntNsCopy, mntNsDrop, mntNsHold, mntNsTwin, mountDrop, mountHold, mountOn } from "./mount";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, walk, walkMount } from "./namei";

/** Builds the root tree: /dev, /proc, /tmp. */
export function fsInit(): void {
  inodesInit();
  bootTree();
}

function contextNew(ns: MntNs, rootMount: Mount, root: Dentry, cwdMount: Mount, cwd: Dentry, umask: u32): FsContext | null {
  const fs = changetype<FsContext>(kzalloc(offsetof<FsContext>()));
  if (!changetype<usize>(fs)) return null;
  fs.refs = 1;
  fs.umask = umask;
  fs.mntNs = changetype<usize>(mntNsHold(ns));
  fs.rootMount = <u32>changetype<usize>(mountHold(rootMount));
  fs.rootDentry = <u32>changetype<usize>(dentryHold(root));
  fs.cwdMount = <u32>changetype<usize>(mountHold(cwdMount));
  fs.cwdDentry = <u32>changetype<usize>(dentryHold(cwd));
  return fs;
}

/** "/" as root and working directory; null = out of memory. */
export function pathContextNew(): FsContext {
  const mount = bootMount();
  return changetype<FsContext>(changetype<usize>(contextNew(bootNs(), mount, rootDentry(), mount, rootDentry(), 0x12)));
}

export function pathContextCopy(from: FsContext): FsContext | null {
  return contextNew(mntNsOf(from), rootMountOf(from), changetype<Dentry>(<usize>from.rootDentry), changetype<Mount>(<usize>from.cwdMount), changetype<Dentry>(<usize>from.cwdDentry), from.umask);
}

export function mntNsOf(fs: FsContext): MntNs {
  return changetype<MntNs>(fs.mntNs);
}

function rootMountOf(fs: FsContext): Mount {
  return changetype<Mount>(<usize>fs.rootMount);
}

export function pathContextDrop(fs: FsContext): void {
  if (--fs.refs) return;
  dentryDrop(changetype<Dentry>(<usize>fs.rootDentry));
  dentryDrop(changetype<Dentry>(<usize>fs.cwdDentry));
  mountDrop(rootMountOf(fs));
  mountDrop(changetype<Mount>(<usize>fs.cwdMount));
  mntNsDrop(mntNsOf(fs));
  kfree(changetype<usize>(fs));
}

/** The held directory becomes the working directory. */
export function setCwd(fs: FsContext, mount: Mount, dentry: Dentry): void {
  const old = changetype<Dentry>(<usize>fs.cwdDentry);
  const oldMount = changetype<Mount>(<usize>fs.cwdMount);
  fs.cwdMount = <u32>changetype<usize>(mountHold(mount));
  fs.cwdDentry = <u32>changetype<usize>(dentry);
  dentryDrop(old);
  mountDrop(oldMount);
}

/** The held directory becomes the root. */
export function setRoot(fs: FsContext, mount: Mount, dentry: Dentry): void {
  const old = changetype<Dentry>(<usize>fs.rootDentry);
  const oldMount = rootMountOf(fs);
  fs.rootMount = <u32>changetype<usize>(mountHold(mount));
  fs.rootDentry = <u32>changetype<usize>(dentry);
  dentryDrop(old);
  mountDrop(oldMount);
}

/** The context (nobody else's) goes over to a copy of its mount name space; false = out of memory. */
export function mntNsUnshare(fs: FsContext): bool {
  const from = mntNsOf(fs);
  const copy = mntNsCopy(from);
  if (!copy) return false;
  const root = mntNsTwin(from, copy, rootMountOf(fs));
  const cwd = mntNsTwin(from, copy, changetype<Mount>(<usize>fs.cwdMount));
  if (root) setRoot(fs, root, dentryHold(changetype<Dentry>(<usize>fs.rootDentry)));
  if (cwd) setCwd(fs, cwd, dentryHold(changetype<Dentry>(<usize>fs.cwdDentry)));
  fs.mntNs = changetype<usize>(copy);
  mntNsDrop(from);
  return true;
}

/** The context (nobody else's) enters the name space, at its root. Kernel: mntns_install(). */
export function mntNsEnter(fs: FsContext, ns: MntNs): void {
  const old = mntNsOf(fs);
  fs.mntNs = changetype<usize>(mntNsHold(ns));
  const top = topOf(ns);
  setRoot(fs, top, dentryHold(top.root));
  setCwd(fs, top, dentryHold(top.root));
  mntNsDrop(old);
}

/** What is mounted on the root of the name space's root, on top of all. */
function topOf(ns: MntNs): Mount {
  let m = changetype<Mount>(changetype<usize>(ns.root));
  for (let on = mountOn(m, m.root); on; on = mountOn(m, m.root)) m = on;
  return m;
}

/** Roots and working directories of all processes that are at the old place go to the new. Kernel: chroot_fs_refs(). */
export function contextsMove(oldMount: Mount, old: Dentry, mount: Mount, dentry: Dentry): void {
  for (let task = taskFirst(); task; task = taskAfter(task)) {
    const fs = task.fs;
    if (!changetype<usize>(fs)) continue;
    if (fs.rootMount == changetype<usize>(oldMount) && fs.rootDentry == changetype<usize>(old)) setRoot(fs, mount, dentryHold(dentry));
    if (fs.cwdMount == changetype<usize>(oldMount) && fs.cwdDentry == changetype<usize>(old)) setCwd(fs, mount, dentryHold(dentry));
  }
}

const PATH = memory.data(4096, 8);

/** Working directory of a process to be started: 0 or −errno. */
export function pathContextSetCwd(fs: FsContext, path: usize, length: i32): i32 {
  if (length >= 4096) return -ENOENT;
  memory.copy(PATH, path, length);
  store<u8>(PATH + length, 0);
  const found = walk(bootMount(), rootDentry(), PATH, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (found < 0) return <i32>found;
  setCwd(fs, walkMount, changetype<Dentry>(<usize>found));
  return 0;
}
