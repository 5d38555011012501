// The tree that a machine begins with: a tmpfs root with /dev, /proc, /sys and /tmp, mounted over an empty root as
// Linux mounts its root over rootfs.
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RELATIME } from "../abi/mount";
import { kmalloc } from "../mm/kmalloc";
import { FS_DEVPTS, FS_DEVTMPFS, FS_ROOTFS, FS_SYSFS, superMake } from "./filesystems";
import { Dentry, FS_DEV, FS_MQUEUE, FS_PROC, FS_TMPFS, Inode, S_IFCHR, S_IFDIR, S_IFLNK, dentryDrop, dentryLink, dentryNew, inodeNew } from "./inode";
import { MntNs, Mount, mntNsNew, mntNsSetRoot, mountAttach, mountNew } from "./mount";
import { Super, superAdopt, superDrop } from "./super";

const STATE = memory.data(16, 8); // u32 the first name space, u32 mount of /

export function bootNs(): MntNs {
  return changetype<MntNs>(<usize>load<u32>(STATE));
}

/** The mount that the first processes have as their root. */
export function bootMount(): Mount {
  return changetype<Mount>(<usize>load<u32>(STATE + 4));
}

export function rootDentry(): Dentry {
  return bootMount().root;
}

/** Processes that start from now on have this mount as their root. */
export function bootMountSet(mount: Mount): void {
  store<u32>(STATE + 4, <u32>changetype<usize>(mount));
}

const TEXT = memory.data(64, 8);

/** The ASCII literal at TEXT, NUL-terminated; its length. */
function put(text: string): u32 {
  for (let i = 0; i < text.length; i++) store<u8>(TEXT + i, load<u8>(changetype<usize>(text) + (i << 1)));
  store<u8>(TEXT + text.length, 0);
  return text.length;
}

/** A pinned child with a new inode. The machine is not up yet: memory cannot run out. */
function add(parent: Dentry, name: string, fs: u32, mode: u32, rdev: u32): Dentry {
  const inode = changetype<Inode>(changetype<usize>(inodeNew(fs, mode, 0, 0)));
  superAdopt(changetype<Super>(<usize>parent.inode.sb), inode);
  inode.rdev = rdev;
  const n = put(name);
  const dentry = changetype<Dentry>(changetype<usize>(dentryNew(parent, TEXT, n, inode)));
  dentryLink(dentry, true);
  dentryDrop(dentry);
  if ((mode & S_IFDIR) == S_IFDIR) parent.inode.nlink++;
  return dentry;
}

function folder(parent: Dentry, name: string, mode: u32): Dentry {
  return add(parent, name, FS_TMPFS, S_IFDIR | mode, 0);
}

function link(parent: Dentry, name: string, target: string): void {
  const dentry = add(parent, name, FS_TMPFS, S_IFLNK | 0x1ff, 0);
  const n = put(target);
  const text = kmalloc(n + 1);
  memory.copy(text, TEXT, n + 1);
  dentry.inode.text = text;
  dentry.inode.size = n;
}

function device(parent: Dentry, name: string, major: u32, minor: u32, mode: u32 = S_IFCHR | 0x1b6): void {
  add(parent, name, FS_DEV, mode, (major << 8) | minor);
}

/** A new super block of the type. */
function make(type: u32): Super {
  store<u8>(TEXT, 0);
  return changetype<Super>(<usize>superMake(type, TEXT));
}

/** Mounts the super block on the dentry of `at`; the mount. */
function show(sb: Super, source: string, flags: u32, at: Mount, dentry: Dentry): Mount {
  put(source);
  const m = changetype<Mount>(changetype<usize>(mountNew(sb, changetype<Dentry>(<usize>sb.root), flags | MS_RELATIME, TEXT)));
  superDrop(sb);
  mountAttach(m, at, dentry);
  return m;
}

/** A tmpfs for the kernel: its size is that of the machine. */
function unlimited(type: u32, mode: u32): Super {
  const sb = make(type);
  sb.maxPages = 0;
  sb.maxInodes = 0;
  sb.optionMode = mode;
  changetype<Dentry>(<usize>sb.root).inode.mode = S_IFDIR | mode;
  return sb;
}

export function bootTree(): void {
  const ns = changetype<MntNs>(changetype<usize>(mntNsNew()));
  store<u32>(STATE, <u32>changetype<usize>(ns));
  const below = unlimited(FS_ROOTFS, 0x1ed);
  put("rootfs");
  const bottom = changetype<Mount>(changetype<usize>(mountNew(below, changetype<Dentry>(<usize>below.root), 0, TEXT)));
  superDrop(below);
  mntNsSetRoot(ns, bottom);
  const root = show(unlimited(FS_TMPFS, 0x1ed), "none", 0, bottom, bottom.root);
  bootMountSet(root);
  const top = root.root;
  folder(top, "tmp", 0x3ff); // 1777
  bootMounts(root, folder(top, "dev", 0x1ed), folder(top, "proc", 0x16d), folder(top, "sys", 0x16d));
}

/** Mounts /dev with /dev/shm, /proc and /sys on these folders of `root`. */
export function bootMounts(root: Mount, devAt: Dentry, procAt: Dentry, sysAt: Dentry): void {
  show(make(FS_PROC), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, root, procAt);
  show(make(FS_SYSFS), "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, root, sysAt);
  const mount = show(unlimited(FS_DEVTMPFS, 0x1ed), "devtmpfs", MS_NOSUID, root, devAt);
  const dev = mount.root;
  device(dev, "null", 1, 3);
  device(dev, "zero", 1, 5);
  device(dev, "full", 1, 7);
  device(dev, "random", 1, 8);
  device(dev, "urandom", 1, 9);
  device(dev, "tty", 5, 0);
  link(dev, "fd", "/proc/self/fd");
  link(dev, "stdin", "/proc/self/fd/0");
  link(dev, "stdout", "/proc/self/fd/1");
  link(dev, "stderr", "/proc/self/fd/2");
  device(dev, "ptmx", 5, 2);
  const pts = show(make(FS_DEVPTS), "devpts", MS_NOSUID | MS_NOEXEC, mount, folder(dev, "pts", 0x1ed));
  device(pts.root, "ptmx", 5, 2, S_IFCHR);
  show(make(FS_MQUEUE), "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, mount, folder(dev, "mqueue", 0x3ff));
  show(make(FS_TMPFS), "tmpfs", MS_NOSUID | MS_NODEV, mount, folder(dev, "shm", 0x3ff));
}
