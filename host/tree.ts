// Trees of files that a host shows to the machine: folders whose entries are told when a guest first looks into them,
// files whose pages are read when they are first used. No node: here; host/hostfs.ts has the folders of Node's file
// system, host/archive.ts those of a tar archive.
import * as errno from "../assembly/abi/errno.ts";
import type { LazySource } from "./types.ts";

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
  /** Number of the file in its tree; live trees only. */
  ino?: bigint;
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
  /** Where it is on the host. */
  origin?: string;
  list(): Iterable<[name: Uint8Array, node: TreeNode]>;
}

/** What is to be changed of a file; what is not there stays. */
export interface NodeChange {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: bigint;
  atimeNs?: bigint;
  mtimeNs?: bigint;
}

/** Space of a file system, as statfs(2) gives it. */
export interface TreeSpace {
  blockSize: number;
  blocks: bigint;
  free: bigint;
  available: bigint;
  files: bigint;
  filesFree: bigint;
}

/**
 * A file, folder or link of a tree that is used as it is: what guests do is done to it, what others do is seen. All
 * methods throw errors that have a `code` such as "ENOENT". A name is one component of a path, never a path.
 */
export interface LiveNode extends TreeNode {
  live: true;
  /** Reads `stat` (and `link`) again. */
  refresh(): void;
  lookup(name: Uint8Array): LiveNode;
  list(): Iterable<[name: Uint8Array, node: TreeNode]>;
  /** Makes a regular file, a folder or (with a text) a symlink. */
  create(name: Uint8Array, mode: number, uid: number, gid: number, text: Uint8Array | null): LiveNode;
  remove(name: Uint8Array, kind: "file" | "folder"): void;
  /** Gives `node` a further name in this folder. */
  link_(name: Uint8Array, node: LiveNode): void;
  rename(name: Uint8Array, to: LiveNode, newName: Uint8Array): void;
  change(change: NodeChange): void;
  /** The bytes may be read and written until as many calls of close. */
  open(access: "read" | "write"): void;
  close(): void;
  readAt(position: number, bytes: Uint8Array): number;
  writeAt(position: number, bytes: Uint8Array): number;
  /** For the machine's page cache: as LazySource. */
  read(position: number, page: Uint8Array): boolean;
  sync(): void;
  space(): TreeSpace;
  /** The machine knows the node no longer. */
  forget(): void;
}

export const isFolder = (node: TreeNode): node is TreeFolder => (node.stat.mode & 0o170000) === 0o040000;
export const isFile = (node: TreeNode): node is TreeFile => (node.stat.mode & 0o170000) === 0o100000;
export const isLive = (node: unknown): node is LiveNode => (node as LiveNode | null)?.live === true;

const HEAD = 80;
const aligned = (bytes: number) => (bytes + 7) & ~7;

function entrySize(name: Uint8Array, { link }: TreeNode): number {
  return aligned(HEAD + name.length + (link?.length ?? 0));
}

/** One entry at `at`; its length. */
function encodeEntry(bytes: Uint8Array, at: number, name: Uint8Array, node: TreeNode, handle: number): number {
  const { stat, link } = node;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const size = entrySize(name, node);
  [size, handle, stat.mode, stat.uid, stat.gid, stat.nlink, stat.rdev, name.length].forEach((value, i) => view.setUint32(at + i * 4, value, true));
  const wide = [link ? BigInt(link.length) : stat.size, stat.atimeNs, stat.mtimeNs, stat.ctimeNs, stat.birthtimeNs, stat.ino ?? 0n];
  wide.forEach((value, i) => view.setBigInt64(at + 32 + i * 8, BigInt.asIntN(64, value), true));
  bytes.set(name, at + HEAD);
  if (link) bytes.set(link, at + HEAD + name.length);
  return size;
}

/** The entries as the kernel reads them (assembly/fs/hosttree.ts); `handleOf` numbers the nodes. */
export function encodeEntries(entries: Iterable<[Uint8Array, TreeNode]>, handleOf: (node: TreeNode) => number): Uint8Array {
  const all = [...entries];
  const length = 8 + all.reduce((sum, [name, node]) => sum + entrySize(name, node), 0);
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  let at = 8;
  for (const [name, node] of all) at += encodeEntry(bytes, at, name, node, handleOf(node));
  return bytes;
}

// ── operations on live trees ────────────────────────────────────────────────────────

/** Operations of the import `file`; assembly/imports.ts says what each does with its buffer. */
export const FILE_OP = { LOOKUP: 0, STAT: 1, CREATE: 2, REMOVE: 3, LINK: 4, RENAME: 5, CHANGE: 6, OPEN: 7, CLOSE: 8, READ: 9, WRITE: 10, SYNC: 11, SPACE: 12, FORGET: 13 } as const;

const CHANGE_MODE = 1;
const CHANGE_UID = 2;
const CHANGE_GID = 4;
const CHANGE_SIZE = 8;
const CHANGE_ATIME = 16;
const CHANGE_MTIME = 32;
const EIO = 5;
const EINVAL = 22;

/** −errno of an error that a host's call threw. */
export function errnoOf(error: unknown): number {
  const { code } = error as { code?: string };
  return -((code && (errno as Record<string, number>)[code]) || EIO);
}

/** The nodes that the machine knows by number. */
export interface Handles {
  node(handle: number): unknown;
  handleOf(node: LiveNode): number;
  forget(handle: number): void;
}

const NO_NAME = new Uint8Array(0);

/** Does one operation for the machine: a value ≥ 0 or −errno. */
export function fileOperation(handles: Handles, op: number, handle: number, argument: bigint, buffer: Uint8Array): bigint {
  const node = handles.node(handle);
  if (!isLive(node)) return BigInt(-EIO);
  try {
    return operate(handles, op, node, handle, argument, buffer);
  } catch (error) {
    return BigInt(errnoOf(error));
  }
}

function operate(handles: Handles, op: number, node: LiveNode, handle: number, argument: bigint, buffer: Uint8Array): bigint {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  const number = Number(argument);
  const entry = (of: LiveNode) => BigInt(encodeEntry(buffer, 0, NO_NAME, of, handles.handleOf(of)));
  const part = (at: number, length: number) => buffer.slice(at, at + length);
  const other = (index: number) => {
    const found = handles.node(index);
    if (!isLive(found)) throw Object.assign(new Error("not of a live tree"), { code: "EXDEV" });
    return found;
  };
  switch (op) {
    case FILE_OP.LOOKUP: return entry(node.lookup(part(0, number)));
    case FILE_OP.STAT: node.refresh(); return entry(node);
    case FILE_OP.CREATE: {
      const [mode, uid, gid, nameLength, textLength] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true)) as [number, number, number, number, number];
      return entry(node.create(part(20, nameLength), mode, uid, gid, textLength ? part(20 + nameLength, textLength) : null));
    }
    case FILE_OP.REMOVE: node.remove(part(4, view.getUint32(0, true)), number ? "folder" : "file"); return 0n;
    case FILE_OP.LINK: other(number).link_(part(4, view.getUint32(0, true)), node); return 0n;
    case FILE_OP.RENAME: {
      const length = view.getUint32(0, true);
      node.rename(part(8, length), other(number), part(8 + length, view.getUint32(4, true)));
      return 0n;
    }
    case FILE_OP.CHANGE: {
      const change: NodeChange = {};
      if (number & CHANGE_MODE) change.mode = view.getUint32(0, true);
      if (number & CHANGE_UID) change.uid = view.getUint32(4, true);
      if (number & CHANGE_GID) change.gid = view.getUint32(8, true);
      if (number & CHANGE_SIZE) change.size = view.getBigUint64(16, true);
      if (number & CHANGE_ATIME) change.atimeNs = view.getBigInt64(24, true);
      if (number & CHANGE_MTIME) change.mtimeNs = view.getBigInt64(32, true);
      node.change(change);
      return 0n;
    }
    case FILE_OP.OPEN: node.open(number ? "write" : "read"); return 0n;
    case FILE_OP.CLOSE: node.close(); return 0n;
    case FILE_OP.READ: return BigInt(node.readAt(number, buffer));
    case FILE_OP.WRITE: return BigInt(node.writeAt(number, buffer));
    case FILE_OP.SYNC: node.sync(); return 0n;
    case FILE_OP.SPACE: {
      const space = node.space();
      [BigInt(space.blockSize), space.blocks, space.free, space.available, space.files, space.filesFree].forEach((value, i) => view.setBigUint64(i * 8, value, true));
      return 0n;
    }
    case FILE_OP.FORGET: node.forget(); handles.forget(handle); return 0n;
    default: return BigInt(-EINVAL);
  }
}
