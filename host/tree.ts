// Trees of files that a host shows to the machine: folders whose entries are told when a guest first looks into them,
// files whose pages are read when they are first used. No node: here; host/hostfs.ts has the folders of Node's file
// system, host/archive.ts those of a tar archive.
import type { LazySource } from "./machine.ts";

/** What stat(2) tells of a file of the tree; times in ns since 1970. */
export interface NodeStat {
  /** Type and permissions, as st_mode. */
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  /** Device number of a device node as stat(2) gives it. */
  rdev: number;
  size: bigint;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  birthtimeNs: bigint;
}

export interface TreeNode {
  stat: NodeStat;
  /** Text of a symlink. */
  link?: Uint8Array;
}

/** A regular file: its bytes. */
export interface TreeFile extends TreeNode, LazySource {}

/** A folder: its entries, without "." and "..". The same node twice means one file with two names. */
export interface TreeFolder extends TreeNode {
  list(): Iterable<[name: Uint8Array, node: TreeNode]>;
}

export const isFolder = (node: TreeNode): node is TreeFolder => (node.stat.mode & 0o170000) === 0o040000;
export const isFile = (node: TreeNode): node is TreeFile => (node.stat.mode & 0o170000) === 0o100000;

const HEAD = 72;
const aligned = (bytes: number) => (bytes + 7) & ~7;

/** The entries as the kernel reads them (assembly/fs/hosttree.ts); `handleOf` numbers the nodes. */
export function encodeEntries(entries: Iterable<[Uint8Array, TreeNode]>, handleOf: (node: TreeNode) => number): Uint8Array {
  const all = [...entries];
  const length = 8 + all.reduce((sum, [name, { link }]) => sum + aligned(HEAD + name.length + (link?.length ?? 0)), 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  let at = 8;
  for (const [name, node] of all) {
    const { stat, link } = node;
    const size = aligned(HEAD + name.length + (link?.length ?? 0));
    [size, handleOf(node), stat.mode, stat.uid, stat.gid, stat.nlink, stat.rdev, name.length].forEach((value, i) => view.setUint32(at + i * 4, value, true));
    [link ? BigInt(link.length) : stat.size, stat.atimeNs, stat.mtimeNs, stat.ctimeNs, stat.birthtimeNs].forEach((value, i) => view.setBigInt64(at + 32 + i * 8, value, true));
    bytes.set(name, at + HEAD);
    if (link) bytes.set(link, at + HEAD + name.length);
    at += size;
  }
  return bytes;
}
