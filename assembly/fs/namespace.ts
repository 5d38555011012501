// What mount(2), umount2(2) and pivot_root(2) do to the mounts of the running task's name space. Kernel: fs/namespace.c.
import { EBUSY, EINVAL, ELOOP, ENOENT, ENOMEM, ENOTDIR } from "../abi/errno";
import { MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_NOSYMFOLLOW, MS_RDONLY, MS_REC, MS_RELATIME } from "../abi/mount";
import { ownerOf } from "../lib/list";
import { current } from "../task/task";
import { contextsMove, mntNsOf } from "./context";
import { createChild } from "./tmpfs";
import { DF_LINKED, Dentry, S_IFDIR, dentryDrop, isDirectory } from "./inode";
import {
  MntNs, Mount, dentryBelow, mountAfter, mountAttach, mountChildren, mountClone, mountCopyTree, mountDrop, mountDropTree, mountHold, mountLeave, mountNew, mountOfChildLink, mountOn,
  mountUnhook,
} from "./mount";
import { lookupChild, processRoot, processRootMount } from "./namei";
import { propagateBusy, propagateMount, propagateUmount, shareNewTree } from "./propagate";
import { Super, superMounts } from "./super";

/** Flags that a mount has of its own. */
export const MOUNT_FLAGS: u32 = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_NOSYMFOLLOW;

/** The name space of the running task. */
// @ts-ignore: decorator
@inline
export function currentNs(): MntNs {
  return mntNsOf(current.fs);
}

/** Whether the mount is in the name space of the running task; kernel: check_mnt(). */
// @ts-ignore: decorator
@inline
export function mountIsOurs(m: Mount): bool {
  return m.ns == changetype<usize>(currentNs());
}

/** Puts a new mount (its reference passes, or is dropped) on a place; 0 or −errno. Kernel: do_add_mount(). */
export function mountAdd(m: Mount, at: Mount, dentry: Dentry): i32 {
  let error = 0;
  if (!at.ns) error = -ENOENT;
  else if (!mountIsOurs(at)) error = -EINVAL;
  // The same file system twice on one place.
  else if (at.sb === m.sb && at.root === dentry) error = -EBUSY;
  if (!error) error = graft(m, at, dentry);
  if (error) mountDropTree(m);
  return error;
}

/** Kernel: graft_tree(). */
function graft(m: Mount, at: Mount, dentry: Dentry): i32 {
  if (isDirectory(m.root.inode) != isDirectory(dentry.inode)) return -ENOTDIR;
  if (dentry.parent !== dentry && !(dentry.flags & DF_LINKED)) return -ENOENT;
  if (at.group && !shareNewTree(m)) return -ENOMEM;
  mountAttach(m, at, dentry);
  return at.group ? propagateMount(m, at, dentry) : 0;
}

/** MS_BIND: shows the place `from` at another, with what is mounted below it when `flags` has MS_REC. */
export function mountBind(fromMount: Mount, from: Dentry, at: Mount, dentry: Dentry, flags: u32): i32 {
  if (fromMount.unbindable || !mountIsOurs(at) || !mountIsOurs(fromMount)) return -EINVAL;
  const copy = flags & MS_REC ? mountCopyTree(fromMount, from, 0) : mountClone(fromMount, from);
  if (!copy) return -ENOMEM;
  const error = graft(copy, at, dentry);
  if (error) mountDropTree(copy);
  return error;
}

/** MS_MOVE. Kernel: do_move_mount(). */
export function mountMove(m: Mount, from: Dentry, at: Mount, dentry: Dentry): i32 {
  if (!mountIsOurs(m) || !mountIsOurs(at) || m.root !== from || m.parent === m || m.parent.group) return -EINVAL;
  if (isDirectory(from.inode) != isDirectory(dentry.inode)) return -EINVAL;
  if (at.group) for (let sub: Mount | null = m; sub; sub = mountAfter(sub, m)) if (sub.unbindable) return -EINVAL;
  for (let up = at; ; up = up.parent) {
    if (up === m) return -ELOOP;
    if (up.parent === up) break;
  }
  mountHold(m);
  leaveTree(m);
  mountUnhook(m);
  const error = graft(m, at, dentry);
  mountDrop(m);
  return error;
}

/** The mounts of the tree are in no name space for the moment. */
function leaveTree(top: Mount): void {
  for (let m: Mount | null = top; m; m = mountAfter(m, top)) mountLeave(m);
}

/** New flags of a mount alone; −EBUSY when a file is open for writing that may not be any more. */
export function mountReflag(m: Mount, flags: u32): i32 {
  if (flags & MS_RDONLY && !(m.flags & MS_RDONLY) && m.writers) return -EBUSY;
  m.flags = flags & MOUNT_FLAGS;
  return 0;
}

/** Whether somebody besides the tree uses the mount, or something is mounted on it. */
function isBusy(m: Mount): bool {
  return m.refs > 1 || !mountChildren(m).empty;
}

/** umount2(2) of a mount that is ours: 0 or −EBUSY. */
export function mountRemove(m: Mount, detach: bool): i32 {
  if (!detach && (isBusy(m) || propagateBusy(m))) return -EBUSY;
  propagateUmount(m);
  mountDropTree(m);
  return 0;
}

/** Users of the mount, the tree among them, for MNT_EXPIRE. */
export function mountIdle(m: Mount): bool {
  return !isBusy(m);
}

/** Whether something is mounted on the dentry in the running task's name space. Kernel: is_local_mountpoint(). */
export function mountedHere(dentry: Dentry): bool {
  const root = currentNs().root;
  if (!root) return false;
  for (let m: Mount | null = root; m; m = mountAfter(m, root)) if (m.mountpoint === dentry) return true;
  return false;
}

/** The name of the dentry goes: what other name spaces have mounted on it goes too. Kernel: __detach_mounts(). */
export function mountsDetach(dentry: Dentry): void {
  const sb = changetype<Super>(<usize>dentry.inode.sb);
  while (dentry.mounted) {
    const m = mountAt(sb, dentry);
    if (!m) return;
    mountDropTree(m);
  }
}

/** Any mount on the dentry. Found through the list of all mounts of the super block's shows. */
function mountAt(sb: Super, dentry: Dentry): Mount | null {
  const list = superMounts(sb);
  for (let link = list.next; link !== list; link = link.next) {
    const shown = ownerOf<Mount>(link, offsetof<Mount>("sbNext"));
    const on = mountOn(shown, dentry);
    if (on) return on;
  }
  return null;
}

/** pivot_root(2): the mount at `fresh` becomes the root, the old root goes to `putOld`. */
export function pivotRoot(freshMount: Mount, fresh: Dentry, putMount: Mount, putOld: Dentry): i32 {
  const rootMount = processRootMount();
  const root = processRoot();
  if (putMount.group || (freshMount.parent.group && freshMount.parent !== freshMount) || rootMount.parent.group) return -EINVAL;
  if (!mountIsOurs(rootMount) || !mountIsOurs(freshMount)) return -EINVAL;
  if (fresh.parent !== fresh && !(fresh.flags & DF_LINKED)) return -ENOENT;
  if (freshMount === rootMount || putMount === rootMount) return -EBUSY;
  if (rootMount.root !== root || rootMount.parent === rootMount) return -EINVAL;
  if (freshMount.root !== fresh || freshMount.parent === freshMount) return -EINVAL;
  if (!reachable(putMount, putOld, freshMount, fresh) || !reachable(freshMount, fresh, rootMount, root)) return -EINVAL;
  const ns = currentNs();
  const top = rootMount.parent;
  const at = changetype<Dentry>(changetype<usize>(rootMount.mountpoint));
  mountHold(rootMount);
  mountHold(freshMount);
  mountUnhook(freshMount);
  mountUnhook(rootMount);
  rehook(rootMount, putMount, putOld);
  rehook(freshMount, top, at);
  ns.event++;
  contextsMove(rootMount, root, freshMount, fresh);
  mountDrop(freshMount);
  mountDrop(rootMount);
  return 0;
}

/** As mountAttach, for a mount that is in its name space still. */
export function rehook(m: Mount, at: Mount, dentry: Dentry): void {
  const ns = at.ns;
  at.ns = 0;
  mountAttach(m, at, dentry);
  at.ns = ns;
}

/** Whether a place lies below another; kernel: is_path_reachable(). */
function reachable(mount: Mount, dentry: Dentry, topMount: Mount, top: Dentry): bool {
  while (mount !== topMount) {
    const at = mount.mountpoint;
    if (!at) return false;
    dentry = at;
    mount = mount.parent;
  }
  return dentryBelow(dentry, top);
}

/** The mount takes the place of the root `old` at boot, with what is mounted on folders of `old` on its own folders of those names. */
export function mountTakeOver(m: Mount, old: Mount): void {
  mountAttach(m, old, old.root);
  const list = mountChildren(old);
  let link = list.next;
  while (link !== list) {
    const child = mountOfChildLink(link);
    link = link.next;
    const at = child.mountpoint;
    if (child === m || !at) continue;
    const found = lookupChild(m.root, at.name, at.nameLength);
    const made = found ? <i64>changetype<usize>(found) : createChild(m.root, at.name, at.nameLength, S_IFDIR | 0x1ed, 0);
    if (made < 0) continue;
    mountHold(child);
    mountUnhook(child);
    rehook(child, m, changetype<Dentry>(<usize>made));
    mountDrop(child);
    dentryDrop(changetype<Dentry>(<usize>made));
  }
  contextsMove(old, old.root, m, m.root);
}

/** Mounts a super block (its reference passes) at a place with these flags. */
export function mountSuper(sb: Super, flags: u32, source: usize, at: Mount, dentry: Dentry): i32 {
  const m = mountNew(sb, changetype<Dentry>(<usize>sb.root), flags & MOUNT_FLAGS, source);
  if (!m) return -ENOMEM;
  return mountAdd(m, at, dentry);
}
