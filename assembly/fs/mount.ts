// Mounts and mount name spaces. A place in the tree of files is a mount and a dentry; a mount shows a dentry of a super
// block, its root, in place of the mount point, a dentry of its parent. Kernel: fs/namespace.c; mount_namespaces(7).
import { MS_RDONLY } from "../abi/mount";
import { Link, linkAt, ownerOf } from "../lib/list";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { Dentry, dentryDrop, dentryHold } from "./inode";
import { Super, superDrop, superHold, superMounts } from "./super";

@unmanaged
export class Mount extends Link {
  // Link: the mounts of its name space, in order of their making.
  refs: u32;
  id: i32;
  /** MS_* of this mount alone: MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_NODIRATIME, MS_RELATIME, MS_NOSYMFOLLOW. */
  flags: u32;
  /** What it is mounted on: itself and null at the top, or when it is not in the tree. */
  parent: Mount;
  mountpoint: Dentry | null;
  root: Dentry;
  sb: Super;
  /** MntNs that it is in; 0 = in none any more. */
  ns: u32;
  children: Link;
  childrenPrev: u32;
  childNext: u32;
  childPrev: u32;
  /** Mounts of the same super block (Super.mounts). */
  sbNext: u32;
  sbPrev: u32;
  /** Ring of the peer group, 0 group = private. Slaves of this one, and the mount that this is a slave of. fs/propagate.ts */
  peerNext: u32;
  peerPrev: u32;
  group: u32;
  slaves: Link;
  slavesPrev: u32;
  slaveNext: u32;
  slavePrev: u32;
  master: u32;
  unbindable: u32;
  /** Marked by MNT_EXPIRE. */
  expiring: u32;
  /** Open files that may write. */
  writers: u32;
  /** NUL-terminated name of what is mounted. */
  source: usize;
}

@unmanaged
export class MntNs {
  refs: u32;
  inum: u32;
  root: Mount | null;
  count: u32;
  /** Grows with every change, for poll(2) on /proc/PID/mounts. */
  event: u32;
  /** Its mounts. */
  mounts: Link;
  mountsPrev: u32;
}

const STATE = memory.data(16, 8); // u32 last mount id, u32 last name space number

/** Kernel: proc_alloc_inum() begins here; the first mount name space has a number of its own. */
const PROC_DYNAMIC_FIRST: u32 = 0xf0000000;
const MNT_NS_INIT: u32 = 4026531832;

// @ts-ignore: decorator
@inline
export function mountChildren(m: Mount): Link {
  return linkAt(changetype<usize>(m), offsetof<Mount>("children"));
}

// @ts-ignore: decorator
@inline
function childLink(m: Mount): Link {
  return linkAt(changetype<usize>(m), offsetof<Mount>("childNext"));
}

// @ts-ignore: decorator
@inline
export function mountOfChildLink(link: Link): Mount {
  return ownerOf<Mount>(link, offsetof<Mount>("childNext"));
}

// @ts-ignore: decorator
@inline
export function mountPeers(m: Mount): Link {
  return linkAt(changetype<usize>(m), offsetof<Mount>("peerNext"));
}

// @ts-ignore: decorator
@inline
export function mountSlaves(m: Mount): Link {
  return linkAt(changetype<usize>(m), offsetof<Mount>("slaves"));
}

// @ts-ignore: decorator
@inline
export function mountSlaveLink(m: Mount): Link {
  return linkAt(changetype<usize>(m), offsetof<Mount>("slaveNext"));
}

// @ts-ignore: decorator
@inline
export function nsMounts(ns: MntNs): Link {
  return linkAt(changetype<usize>(ns), offsetof<MntNs>("mounts"));
}

/** A mount of the super block that shows `root`, in no tree, with one reference; null = out of memory. */
export function mountNew(sb: Super, root: Dentry, flags: u32, source: usize): Mount | null {
  const m = changetype<Mount>(kzalloc(offsetof<Mount>()));
  if (!changetype<usize>(m)) return null;
  let n: u32 = 0;
  while (load<u8>(source + n)) n++;
  m.source = kmalloc(n + 1);
  if (!m.source) {
    kfree(changetype<usize>(m));
    return null;
  }
  memory.copy(m.source, source, n + 1);
  m.reset();
  m.refs = 1;
  const id = load<i32>(STATE) + 1;
  store<i32>(STATE, id);
  m.id = id;
  m.flags = flags;
  m.parent = m;
  m.root = dentryHold(root);
  m.sb = superHold(sb);
  linkAt(changetype<usize>(m), offsetof<Mount>("sbNext")).append(superMounts(sb));
  mountChildren(m).reset();
  childLink(m).reset();
  mountPeers(m).reset();
  mountSlaves(m).reset();
  mountSlaveLink(m).reset();
  return m;
}

export function mountHold(m: Mount): Mount {
  m.refs++;
  return m;
}

export function mountDrop(m: Mount): void {
  if (--m.refs) return;
  linkAt(changetype<usize>(m), offsetof<Mount>("sbNext")).unlink();
  dentryDrop(m.root);
  superDrop(m.sb);
  kfree(m.source);
  kfree(changetype<usize>(m));
}

/** What is mounted on the dentry where `parent` shows it, or null. Not held. */
export function mountOn(parent: Mount, dentry: Dentry): Mount | null {
  if (!dentry.mounted) return null;
  const list = mountChildren(parent);
  for (let link = list.next; link !== list; link = link.next) {
    const m = mountOfChildLink(link);
    if (m.mountpoint === dentry) return m;
  }
  return null;
}

/** Whether reads only are allowed: of the mount, or of all mounts of its file system. */
// @ts-ignore: decorator
@inline
export function mountReadOnly(m: Mount): bool {
  return ((m.flags | m.sb.flags) & MS_RDONLY) != 0;
}

/** Puts the mount (whose reference passes to the tree) on top of `dentry` as `parent` shows it. */
export function mountAttach(m: Mount, parent: Mount, dentry: Dentry): void {
  m.parent = parent;
  m.mountpoint = dentryHold(dentry);
  dentry.mounted++;
  childLink(m).append(mountChildren(parent));
  if (parent.ns) mountJoin(m, changetype<MntNs>(<usize>parent.ns));
}

/** The mount and all below it belong to the name space. */
function mountJoin(top: Mount, ns: MntNs): void {
  for (let m: Mount | null = top; m; m = mountAfter(m, top)) {
    m.ns = <u32>changetype<usize>(ns);
    // In order of making, wherever they are moved to.
    let before = nsMounts(ns).prev;
    while (before !== nsMounts(ns) && changetype<Mount>(changetype<usize>(before)).id > m.id) before = before.prev;
    m.prepend(before);
    ns.count++;
  }
  ns.event++;
}

/** Takes the mount off its mount point; it keeps what is mounted below it and its reference. */
export function mountUnhook(m: Mount): void {
  const at = m.mountpoint;
  childLink(m).unlink();
  m.parent = m;
  m.mountpoint = null;
  if (at) {
    at.mounted--;
    dentryDrop(at);
  }
}

/** The mount is in its name space no longer. */
export function mountLeave(m: Mount): void {
  if (!m.ns) return;
  const ns = changetype<MntNs>(<usize>m.ns);
  m.ns = 0;
  m.unlink();
  ns.count--;
  ns.event++;
}

/** The next mount of the tree below `top`, parents first; null at the end. Kernel: next_mnt(). */
export function mountAfter(m: Mount, top: Mount): Mount | null {
  let link = mountChildren(m).next;
  if (link !== mountChildren(m)) return mountOfChildLink(link);
  while (m !== top) {
    link = childLink(m).next;
    if (link !== mountChildren(m.parent)) return mountOfChildLink(link);
    m = m.parent;
  }
  return null;
}

/** Whether `dentry`, of the file system of `m`, lies below `top` or is it. */
export function dentryBelow(dentry: Dentry, top: Dentry): bool {
  let d = dentry;
  while (d !== top) {
    if (d.parent === d) return false;
    d = d.parent;
  }
  return true;
}

/** A copy of one mount that shows `root`, in no tree. */
export function mountClone(m: Mount, root: Dentry): Mount | null {
  const copy = mountNew(m.sb, root, m.flags, m.source);
  if (!copy) return null;
  copy.unbindable = m.unbindable;
  copy.group = m.group;
  if (m.group) mountPeers(copy).append(mountPeers(m));
  copy.master = m.master;
  if (m.master) mountSlaveLink(copy).append(mountSlaves(changetype<Mount>(<usize>m.master)));
  return copy;
}

export const COPY_UNBINDABLE: u32 = 1;

/**
 * A copy of the mount, showing `root`, and of those mounted below `root`; null = out of memory. Unbindable ones are left
 * out unless COPY_UNBINDABLE is given.
 */
export function mountCopyTree(m: Mount, root: Dentry, flags: u32): Mount | null {
  const top = mountClone(m, root);
  if (!top) return null;
  if (!copyBelow(m, root, top, flags)) {
    mountDropTree(top);
    return null;
  }
  return top;
}

function copyBelow(from: Mount, root: Dentry, to: Mount, flags: u32): bool {
  const list = mountChildren(from);
  for (let link = list.next; link !== list; link = link.next) {
    const child = mountOfChildLink(link);
    const at = child.mountpoint;
    if (!at || !dentryBelow(at, root) || (child.unbindable && !(flags & COPY_UNBINDABLE))) continue;
    const copy = mountClone(child, child.root);
    if (!copy) return false;
    mountAttach(copy, to, at);
    if (!copyBelow(child, child.root, copy, flags)) return false;
  }
  return true;
}

/** Takes apart a tree of mounts and drops the tree's reference on each. */
export function mountDropTree(top: Mount): void {
  let m: Mount | null = top;
  while (m) {
    const list = mountChildren(m);
    if (!list.empty) {
      m = mountOfChildLink(list.next);
      continue;
    }
    const up: Mount | null = m === top ? null : m.parent;
    mountPrivate(m);
    mountLeave(m);
    mountUnhook(m);
    mountDrop(m);
    m = up;
  }
}

/** The mount leaves its peer group; its slaves go to another peer, or to its master. Kernel: change_mnt_propagation(). */
export function mountPrivate(m: Mount): void {
  const peers = mountPeers(m);
  const heir: Mount | null = peers.empty ? null : ownerOf<Mount>(peers.next, offsetof<Mount>("peerNext"));
  peers.unlink();
  const list = mountSlaves(m);
  while (!list.empty) {
    const link = list.next;
    link.unlink();
    const slave = ownerOf<Mount>(link, offsetof<Mount>("slaveNext"));
    const master = heir ? <u32>changetype<usize>(heir) : m.master;
    slave.master = master;
    if (master) link.append(mountSlaves(changetype<Mount>(<usize>master)));
  }
  m.group = 0;
  mountSlaveLink(m).unlink();
  m.master = 0;
}

// ── name spaces ─────────────────────────────────────────────────────────────────────

/** A name space without mounts, one reference; null = out of memory. */
export function mntNsNew(): MntNs | null {
  const ns = changetype<MntNs>(kzalloc(offsetof<MntNs>()));
  if (!changetype<usize>(ns)) return null;
  ns.refs = 1;
  const last = load<u32>(STATE + 4);
  // The numbers below the first are for the other kinds.
  ns.inum = last ? PROC_DYNAMIC_FIRST + 0x100 + last : MNT_NS_INIT;
  store<u32>(STATE + 4, last + 1);
  nsMounts(ns).reset();
  return ns;
}

/** `top` (whose reference passes) becomes the root of the name space. */
export function mntNsSetRoot(ns: MntNs, top: Mount): void {
  ns.root = top;
  mountJoin(top, ns);
}

export function mntNsHold(ns: MntNs): MntNs {
  ns.refs++;
  return ns;
}

export function mntNsDrop(ns: MntNs): void {
  if (--ns.refs) return;
  const root = ns.root;
  if (root) mountDropTree(root);
  kfree(changetype<usize>(ns));
}

/** A copy of the name space with copies of all its mounts; null = out of memory. Kernel: copy_mnt_ns(). */
export function mntNsCopy(from: MntNs): MntNs | null {
  const ns = mntNsNew();
  if (!ns) return null;
  const root = changetype<Mount>(changetype<usize>(from.root));
  const top = mountCopyTree(root, root.root, COPY_UNBINDABLE);
  if (!top) {
    kfree(changetype<usize>(ns));
    return null;
  }
  mntNsSetRoot(ns, top);
  return ns;
}

/** The mount of `copy` that stands where `m` stands in `from`: both trees have the same form. */
export function mntNsTwin(from: MntNs, copy: MntNs, m: Mount): Mount | null {
  let a: Mount | null = from.root;
  let b: Mount | null = copy.root;
  const topA = changetype<Mount>(changetype<usize>(from.root));
  const topB = changetype<Mount>(changetype<usize>(copy.root));
  while (a && b) {
    if (a === m) return b;
    a = mountAfter(a, topA);
    b = mountAfter(b, topB);
  }
  return null;
}
