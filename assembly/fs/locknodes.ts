// What locks on files without an inode here are kept at: Linux has one for each pipe and socket, and a single one for all
// descriptors of the kernel (eventfd, epoll, timerfd …), which lock each other out. A node lives while there are locks on it.
import { Link } from "../lib/list";
import { kfree, kzalloc } from "../mm/kmalloc";
import { anonDevice, anonIno, anonMode } from "./anon";
import { FILE_PIDFD, FILE_PIPE, FILE_SOCKET, FILE_STDIO, File } from "./file";
import { FS_ANON, Inode, inodeDrop, inodeNew } from "./inode";

@unmanaged
class LockNode extends Link {
  kind: u32;
  object: usize;
  inode: Inode;
}

const ALL = memory.data(8, 8);

function all(): Link {
  const list = changetype<Link>(ALL);
  if (!load<u32>(ALL)) list.reset();
  return list;
}

function ownInode(file: File): bool {
  return file.inode != 0 && changetype<Inode>(<usize>file.inode).fs != FS_ANON;
}

function kindOf(file: File): u32 {
  return file.kind == FILE_PIPE || file.kind == FILE_SOCKET || file.kind == FILE_STDIO || file.kind == FILE_PIDFD ? file.kind : 0;
}

function find(file: File): LockNode | null {
  const list = all();
  const kind = kindOf(file);
  const object = kind ? file.object : 0;
  for (let link = list.next; link !== list; link = link.next) {
    const node = changetype<LockNode>(changetype<usize>(link));
    if (node.kind == kind && node.object == object) return node;
  }
  return null;
}

/** The inode whose locks are the file's, or null when there are none. */
export function lockInodeFind(file: File): Inode | null {
  if (ownInode(file)) return changetype<Inode>(<usize>file.inode);
  if (all().empty) return null;
  const node = find(file);
  return node ? node.inode : null;
}

/** The inode at which to lock the file; null = out of memory. Call lockNodesTidy() when done. */
export function lockInode(file: File): Inode | null {
  const there = lockInodeFind(file);
  if (there) return there;
  const node = changetype<LockNode>(kzalloc(offsetof<LockNode>()));
  const inode = inodeNew(0, anonMode(file), 0, 0);
  if (!changetype<usize>(node) || !inode) {
    kfree(changetype<usize>(node));
    if (inode) inodeDrop(inode);
    return null;
  }
  node.kind = kindOf(file);
  node.object = node.kind ? file.object : 0;
  node.inode = inode;
  inode.ino = node.kind ? anonIno(file) : 1;
  inode.dev = anonDevice(file);
  node.append(all());
  return inode;
}

/** Frees the nodes that have no locks any more. */
export function lockNodesTidy(): void {
  const list = all();
  for (let link = list.next; link !== list; ) {
    const node = changetype<LockNode>(changetype<usize>(link));
    link = link.next;
    if (node.inode.locks || node.inode.refs > 1) continue;
    node.unlink();
    inodeDrop(node.inode);
    kfree(changetype<usize>(node));
  }
}
