// Shared subtrees: mounting and unmounting in one mount of a peer group happens in its peers and slaves too.
// Kernel: fs/pnode.c; mount_namespaces(7).
import { EINVAL, ENOMEM } from "../abi/errno";
import { MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from "../abi/mount";
import { ownerOf } from "../lib/list";
import { Dentry } from "./inode";
import {
  Mount, dentryBelow, mountAfter, mountAttach, mountChildren, mountCopyTree, mountDropTree, mountOn, mountPeers, mountPrivate, mountSlaveLink, mountSlaves,
} from "./mount";

const STATE = memory.data(4, 4); // u32 last peer group

function groupNew(): u32 {
  const group = load<u32>(STATE) + 1;
  store<u32>(STATE, group);
  return group;
}

function peerAfter(m: Mount): Mount {
  return ownerOf<Mount>(mountPeers(m).next, offsetof<Mount>("peerNext"));
}

function makeShared(m: Mount): void {
  if (!m.group) m.group = groupNew();
}

/** The mount gets what its old peers see and passes nothing on. Kernel: change_mnt_propagation(). */
function makeSlave(m: Mount): void {
  const peers = mountPeers(m);
  if (peers.empty) {
    // Without peers it is private, but for a master that it has already.
    const master = m.master;
    mountPrivate(m);
    if (master) enslave(m, changetype<Mount>(<usize>master));
    return;
  }
  const heir = peerAfter(m);
  mountPrivate(m);
  enslave(m, heir);
}

function enslave(m: Mount, master: Mount): void {
  m.master = <u32>changetype<usize>(master);
  mountSlaveLink(m).append(mountSlaves(master));
}

/** mount(2) with MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE. */
export function mountSetPropagation(m: Mount, type: u32): i32 {
  switch (type) {
    case MS_SHARED: makeShared(m); return 0;
    case MS_SLAVE: makeSlave(m); return 0;
    case MS_PRIVATE:
    case MS_UNBINDABLE:
      mountPrivate(m);
      m.unbindable = type == MS_UNBINDABLE ? 1 : 0;
      return 0;
    default: return -EINVAL;
  }
}

/** What is mounted in a shared mount is shared. */
export function shareNewTree(top: Mount): bool {
  for (let m: Mount | null = top; m; m = mountAfter(m, top)) makeShared(m);
  return true;
}

/** The next mount that gets what happens in `origin`: peers, and slaves of any of them; null at the end. Kernel: propagation_next(). */
function receiverAfter(m: Mount | null, origin: Mount): Mount | null {
  if (!m) return null;
  let at = m;
  const slaves = mountSlaves(at);
  if (!slaves.empty) return ownerOf<Mount>(slaves.next, offsetof<Mount>("slaveNext"));
  while (true) {
    const peer = peerAfter(at);
    if (at.master == origin.master) return peer === origin ? null : peer;
    const master = changetype<Mount>(<usize>at.master);
    const link = mountSlaveLink(at).next;
    if (link !== mountSlaves(master)) return ownerOf<Mount>(link, offsetof<Mount>("slaveNext"));
    at = master;
  }
}

/** `m` was mounted at `dentry` of `at`: copies come into being wherever `at` is seen. 0 or −ENOMEM. */
export function propagateMount(m: Mount, at: Mount, dentry: Dentry): i32 {
  for (let to = receiverAfter(at, at); to; to = receiverAfter(to, at)) {
    if (!to.ns || to.sb !== at.sb || !dentryBelow(dentry, to.root)) continue;
    const copy = mountCopyTree(m, m.root, 0);
    if (!copy) return -ENOMEM;
    if (to.master && !to.group) for (let sub: Mount | null = copy; sub; sub = mountAfter(sub, copy)) makeSlave(sub);
    mountAttach(copy, to, dentry);
  }
  return 0;
}

/** Whether a copy of the mount elsewhere is in use, so that it may not be unmounted. */
export function propagateBusy(m: Mount): bool {
  const at = m.parent;
  const dentry = m.mountpoint;
  if (at === m || !dentry) return false;
  for (let to = receiverAfter(at, at); to; to = receiverAfter(to, at)) {
    const child = mountOn(to, dentry);
    if (child && mountChildren(child).empty && child.refs > 1) return true;
  }
  return false;
}

/** Unmounts the copies of `m` that propagation made. */
export function propagateUmount(m: Mount): void {
  const at = m.parent;
  const dentry = m.mountpoint;
  if (at === m || !dentry) return;
  for (let to = receiverAfter(at, at); to; to = receiverAfter(to, at)) {
    const child = mountOn(to, dentry);
    if (child && child.root === m.root) mountDropTree(child);
  }
}
