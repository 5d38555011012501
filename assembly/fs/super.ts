// Super blocks: one file system each, whatever number of mounts shows it. Kernel: fs/super.c, struct super_block.
import { notifyUnmount } from "./notify";
import { Link, linkAt } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { Quota } from "../mm/mapping";
import { Dentry, Inode, dentryDrop, dentryHold, dentryUnlink, inodeChildren } from "./inode";

@unmanaged
export class Super extends Quota {
  // Quota: pages of its files, used and at most.
  refs: u32;
  /** FS_*: the file system type (fs/filesystems.ts). */
  type: u32;
  /** MS_* flags of the super block: MS_RDONLY, MS_SYNCHRONOUS. */
  flags: u32;
  /** Device number that stat(2) shows. */
  dev: u32;
  /** Root of the tree, held; 0 while it is being made. */
  root: u32;
  /** Inodes in use and how many there may be (0 = no limit). */
  inodes: u32;
  maxInodes: u32;
  lastIno: u64;
  /** Open files that may write, of all its mounts. */
  writers: u32;
  /** What the type keeps: options and owners. */
  optionMode: u32;
  optionUid: u32;
  optionGid: u32;
  /** SHOW_* bits of options that were given. */
  shown: u32;
  private0: usize;
  /** Its mounts. */
  mounts: Link;
  mountsPrev: u32;
  /** All super blocks. */
  allNext: u32;
}

const STATE = memory.data(16, 8); // u32 first super block, u32 last anonymous device

/** First anonymous device number: those below are the machine's own objects. */
const FIRST_DEV: u32 = 20;

/** A super block without a root, one reference; null = out of memory. */
export function superNew(type: u32): Super | null {
  const sb = changetype<Super>(kzalloc(offsetof<Super>()));
  if (!changetype<usize>(sb)) return null;
  sb.refs = 1;
  sb.type = type;
  const dev = max(load<u32>(STATE + 4) + 1, FIRST_DEV);
  store<u32>(STATE + 4, dev);
  sb.dev = dev;
  superMounts(sb).reset();
  sb.allNext = load<u32>(STATE);
  store<u32>(STATE, <u32>changetype<usize>(sb));
  return sb;
}

// @ts-ignore: decorator
@inline
export function superMounts(sb: Super): Link {
  return linkAt(changetype<usize>(sb), offsetof<Super>("mounts"));
}

export function superHold(sb: Super): Super {
  sb.refs++;
  return sb;
}

/** The newest super block; the others follow by allNext. */
export function superFirst(): Super | null {
  return changetype<Super | null>(<usize>load<u32>(STATE));
}

/** The first super block of a type, or null: of those that there is one of. */
export function superOfType(type: u32): Super | null {
  let sb = changetype<Super | null>(<usize>load<u32>(STATE));
  while (sb && sb.type != type) sb = changetype<Super | null>(<usize>sb.allNext);
  return sb;
}

/** Drops a reference; with the last one the tree of the file system goes. */
export function superDrop(sb: Super): void {
  if (--sb.refs) return;
  let slot: usize = STATE;
  while (load<u32>(slot) != changetype<usize>(sb)) slot = load<u32>(slot) + offsetof<Super>("allNext");
  store<u32>(slot, sb.allNext);
  notifyUnmount(<u32>changetype<usize>(sb));
  if (sb.root) {
    const root = changetype<Dentry>(<usize>sb.root);
    prune(root);
    dentryDrop(root);
  }
  kfree(changetype<usize>(sb));
}

/** Unlinks all below `top`; nobody uses it any more. */
function prune(top: Dentry): void {
  let at = top;
  while (true) {
    const list = inodeChildren(at.inode);
    if (!list.empty) {
      at = changetype<Dentry>(changetype<usize>(list.next));
      continue;
    }
    if (at === top) return;
    const up = at.parent;
    dentryHold(up);
    dentryUnlink(at);
    dentryDrop(up);
    at = up;
  }
}

/** Unlinks the dentry and all below it: the host has them no longer. */
export function superForget(dentry: Dentry): void {
  dentryHold(dentry);
  prune(dentry);
  dentryUnlink(dentry);
  dentryDrop(dentry);
}

/** The inode is one of this file system. */
export function superAdopt(sb: Super, inode: Inode): void {
  inode.sb = <u32>changetype<usize>(sb);
  sb.inodes++;
  inode.dev = sb.dev;
  inode.ino = ++sb.lastIno;
}

export function superOf(inode: Inode): Super | null {
  return changetype<Super | null>(<usize>inode.sb);
}
