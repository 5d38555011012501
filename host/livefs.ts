// A folder of Node's file system that guests use as it is (mounts `rw` and `ro`, `--root --rw`). As in hostfs.ts a guest's
// paths are resolved by the guest's kernel alone: each call here is about one name in one folder. On Linux every file is
// held by a descriptor of its own (O_PATH) that never followed a link, and used through /proc/self/fd, so that nothing
// which somebody exchanges meanwhile can lead elsewhere. On other systems paths are put together, which a race can fool.
import {
  type BigIntStats, chmodSync, chownSync, closeSync, constants, fsyncSync, fstatSync, ftruncateSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, openSync, readSync, readdirSync, readlinkSync, renameSync,
  rmdirSync, statfsSync, symlinkSync, unlinkSync, utimesSync, writeSync,
} from "node:fs";
import { resolve } from "node:path";
import { OpenFiles, nodeStat, sameFile } from "./hostfs.ts";
import type { LiveNode, NodeChange, NodeStat, TreeNode, TreeSpace } from "./tree.ts";

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } = constants;
/** Node does not name it; the same on all of Linux's architectures. */
const O_PATH = 0o10000000;
const onLinux = process.platform === "linux";
const SLASH = Buffer.from("/");
const NS = 1_000_000_000n;

/** An error as Node's own have it. */
function refusal(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A name is one component; anything else could name another place. */
function checked(name: Uint8Array): Buffer {
  const bytes = Buffer.from(name);
  const dots = bytes.length <= 2 && bytes.every((byte) => byte === 0x2e);
  const other = process.platform === "win32" ? /[\\/:*?"<>|\0]|[. ]$/ : /[/\0]/;
  if (bytes.length === 0 || dots || other.test(bytes.toString("latin1"))) throw refusal("EINVAL");
  return bytes;
}

/** A folder of the host, used as it is. */
export class LiveTree {
  readonly root: LiveHostNode;
  readonly open = new OpenFiles();
  /** What the machine knows, by device and number. */
  readonly known = new Map<string, LiveHostNode>();
  readonly dev: bigint;

  /** @param path a folder or file; links in the path itself are followed. Throws Node's error when it is none. */
  constructor(path: string, readonly writable: boolean) {
    const whole = Buffer.from(resolve(path));
    const fd = openSync(whole, O_RDONLY | O_NONBLOCK);
    const stat = fstatSync(fd, { bigint: true });
    closeSync(fd);
    this.dev = stat.dev;
    this.root = new LiveHostNode(this, null, whole, stat);
    this.known.set(this.root.key, this.root);
  }

  mayWrite(): void {
    if (!this.writable) throw refusal("EROFS");
  }

  close(): void {
    this.open.close();
  }
}

class LiveHostNode implements LiveNode {
  readonly live = true;
  stat!: NodeStat;
  link?: Uint8Array;
  readonly key: string;
  private readonly type: number;
  /** Descriptors for the guests' open files, and how many there are. */
  private readFd = -1;
  private writeFd = -1;
  private opened = 0;

  constructor(private readonly tree: LiveTree, private parent: LiveHostNode | null, private name: Buffer, private identity: BigIntStats) {
    this.key = `${identity.dev}:${identity.ino}`;
    this.type = Number(identity.mode) & S_IFMT;
    this.take(identity);
  }

  private take(stat: BigIntStats): void {
    this.identity = stat;
    this.stat = nodeStat(stat);
    // Numbers of other devices below the folder are made different.
    this.stat.ino = stat.dev === this.tree.dev ? stat.ino : BigInt.asUintN(64, stat.ino ^ (stat.dev << 44n));
  }

  // ── places ─────────────────────────────────────────────────────────────────────────

  /** A path of the host for a name in this folder. */
  private place(name: Buffer): Buffer {
    return Buffer.concat([this.self(), SLASH, name]);
  }

  /** A path of the host for the file itself, whatever its type. */
  private self(): Buffer {
    if (!onLinux) return this.parent ? this.parent.place(this.name) : this.name;
    return Buffer.from(`/proc/self/fd/${this.descriptor()}`);
  }

  private descriptor(): number {
    return this.tree.open.get(this, () => {
      const fd = this.parent ? openSync(this.parent.place(this.name), O_PATH | O_NOFOLLOW) : openSync(this.name, O_PATH);
      if (sameFile(fstatSync(fd, { bigint: true }), this.identity)) return fd;
      closeSync(fd);
      throw refusal("ESTALE");
    });
  }

  private lstat(): BigIntStats {
    if (this.readFd >= 0 || this.writeFd >= 0) return fstatSync(this.readFd >= 0 ? this.readFd : this.writeFd, { bigint: true });
    // Through the descriptor: of a symlink the link itself.
    return onLinux ? fstatSync(this.descriptor(), { bigint: true }) : lstatSync(this.self(), { bigint: true });
  }

  refresh(): void {
    this.take(this.lstat());
    if (this.type === S_IFLNK) this.link = this.readLink();
  }

  private readLink(): Uint8Array {
    // An empty name below a link's own descriptor is not to be had from Node: the name in its folder is read, and what is
    // there must still be this link.
    const text = readlinkSync(this.parent!.place(this.name), { encoding: "buffer" });
    if (!sameFile(lstatSync(this.parent!.place(this.name), { bigint: true }), this.identity)) throw refusal("ESTALE");
    return text;
  }

  // ── names ──────────────────────────────────────────────────────────────────────────

  lookup(name: Uint8Array): LiveHostNode {
    return this.child(checked(name));
  }

  private child(name: Buffer): LiveHostNode {
    const stat = lstatSync(this.place(name), { bigint: true });
    const known = this.tree.known.get(`${stat.dev}:${stat.ino}`);
    const same = known !== undefined && known.type === (Number(stat.mode) & S_IFMT) && known.identity.birthtimeNs === stat.birthtimeNs;
    const node = same ? known : new LiveHostNode(this.tree, this, name, stat);
    node.parent = this;
    node.name = name;
    node.take(stat);
    if (node.type === S_IFLNK) node.link = node.readLink();
    this.tree.known.set(node.key, node);
    return node;
  }

  *list(): Iterable<[Uint8Array, TreeNode]> {
    for (const name of readdirSync(this.self(), { encoding: "buffer" })) {
      try {
        const stat = lstatSync(this.place(name), { bigint: true });
        yield [name, { stat: { ...nodeStat(stat), ino: stat.dev === this.tree.dev ? stat.ino : BigInt.asUintN(64, stat.ino ^ (stat.dev << 44n)) } }];
      } catch {
        // It has gone meanwhile.
      }
    }
  }

  create(name: Uint8Array, mode: number, uid: number, gid: number, text: Uint8Array | null): LiveHostNode {
    this.tree.mayWrite();
    const bytes = checked(name);
    const at = this.place(bytes);
    const type = mode & S_IFMT;
    if (type === S_IFLNK) symlinkSync(Buffer.from(text ?? []), at);
    else if (type === S_IFDIR) mkdirSync(at, 0o700);
    else if (type !== S_IFREG) throw refusal("EPERM");
    // A new file may be written by who made it, whatever its mode forbids later.
    const fd = type === S_IFREG ? openSync(at, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600) : -1;
    const node = this.child(bytes);
    if (fd >= 0 && sameFile(fstatSync(fd, { bigint: true }), node.identity) && node.writeFd < 0) node.writeFd = fd;
    else if (fd >= 0) closeSync(fd);
    if (type !== S_IFDIR && type !== S_IFLNK && type !== node.type) throw refusal("ESTALE");
    // Only root may give files away; another's files are this user's.
    if (process.getuid?.() === 0) node.chown(uid, gid);
    if (type !== S_IFLNK) chmodSync(node.self(), mode & 0o7777);
    node.refresh();
    return node;
  }

  remove(name: Uint8Array, kind: "file" | "folder"): void {
    this.tree.mayWrite();
    const at = this.place(checked(name));
    if (kind === "folder") rmdirSync(at);
    else unlinkSync(at);
  }

  link_(name: Uint8Array, node: LiveNode): void {
    this.tree.mayWrite();
    const from = node as LiveHostNode;
    if (from.tree !== this.tree || !from.parent) throw refusal("EXDEV");
    const at = this.place(checked(name));
    linkSync(from.parent.place(from.name), at);
    if (sameFile(lstatSync(at, { bigint: true }), from.identity)) return;
    unlinkSync(at);
    throw refusal("ESTALE");
  }

  rename(name: Uint8Array, to: LiveNode, newName: Uint8Array): void {
    this.tree.mayWrite();
    const folder = to as LiveHostNode;
    if (folder.tree !== this.tree) throw refusal("EXDEV");
    const oldBytes = checked(name);
    const bytes = checked(newName);
    const node = this.child(oldBytes);
    renameSync(this.place(oldBytes), folder.place(bytes));
    node.parent = folder;
    node.name = bytes;
  }

  // ── attributes ─────────────────────────────────────────────────────────────────────

  private chown(uid: number, gid: number): void {
    if (this.type === S_IFLNK && onLinux) lchownSync(this.parent!.place(this.name), uid, gid);
    else if (onLinux) chownSync(this.self(), uid, gid);
    else lchownSync(this.self(), uid, gid);
  }

  change({ mode, uid, gid, size, atimeNs, mtimeNs }: NodeChange): void {
    this.tree.mayWrite();
    if (size !== undefined) this.withFile("write", (fd) => ftruncateSync(fd, Number(size)));
    if (uid !== undefined || gid !== undefined) this.chown(uid ?? this.stat.uid, gid ?? this.stat.gid);
    if (mode !== undefined) chmodSync(this.self(), mode & 0o7777);
    if (atimeNs !== undefined || mtimeNs !== undefined) this.setTimes(atimeNs ?? this.stat.atimeNs, mtimeNs ?? this.stat.mtimeNs);
  }

  /** Node takes times as floating seconds: a text of all digits keeps more of them than a number, but not the last. */
  private setTimes(atimeNs: bigint, mtimeNs: bigint): void {
    const seconds = (ns: bigint) => Number(ns / NS) + Number(ns % NS) / 1e9;
    if (this.type === S_IFLNK) lutimesSync(this.parent!.place(this.name), seconds(atimeNs), seconds(mtimeNs));
    else utimesSync(this.self(), seconds(atimeNs), seconds(mtimeNs));
  }

  // ── bytes ──────────────────────────────────────────────────────────────────────────

  private openFd(access: "read" | "write"): number {
    if (this.type !== S_IFREG) throw refusal("EINVAL");
    if (access === "write") this.tree.mayWrite();
    const flags = (access === "write" ? O_RDWR : O_RDONLY) | O_NONBLOCK;
    if (onLinux) return openSync(this.self(), flags);
    const fd = openSync(this.self(), flags | O_NOFOLLOW);
    if (sameFile(fstatSync(fd, { bigint: true }), this.identity)) return fd;
    closeSync(fd);
    throw refusal("ESTALE");
  }

  private withFile<T>(access: "read" | "write", use: (fd: number) => T): T {
    const held = access === "write" ? this.writeFd : this.readFd >= 0 ? this.readFd : this.writeFd;
    if (held >= 0) return use(held);
    const fd = this.openFd(access);
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  open(access: "read" | "write"): void {
    if (access === "write" && this.writeFd < 0) this.writeFd = this.openFd("write");
    if (access === "read" && this.readFd < 0 && this.writeFd < 0) this.readFd = this.openFd("read");
    this.opened += 1;
  }

  close(): void {
    if (this.opened === 0 || --this.opened > 0) return;
    if (this.readFd >= 0) closeSync(this.readFd);
    if (this.writeFd >= 0) closeSync(this.writeFd);
    this.readFd = -1;
    this.writeFd = -1;
  }

  readAt(position: number, bytes: Uint8Array): number {
    return this.withFile("read", (fd) => {
      let done = 0;
      while (done < bytes.length) {
        const got = readSync(fd, bytes, done, bytes.length - done, position + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    });
  }

  read(position: number, page: Uint8Array): boolean {
    try {
      this.readAt(position, page);
      return true;
    } catch {
      return false;
    }
  }

  writeAt(position: number, bytes: Uint8Array): number {
    this.tree.mayWrite();
    return this.withFile("write", (fd) => writeSync(fd, bytes, 0, bytes.length, position));
  }

  sync(): void {
    if (this.type === S_IFREG) this.withFile("read", fsyncSync);
    else if (this.type === S_IFDIR) {
      const fd = openSync(this.self(), O_RDONLY | O_DIRECTORY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }
  }

  space(): TreeSpace {
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(this.self(), { bigint: true });
    return { blockSize: Number(bsize), blocks, free: bfree, available: bavail, files, filesFree: ffree };
  }

  forget(): void {
    if (this === this.tree.root) return;
    this.opened = 1;
    this.close();
    this.tree.open.forget(this);
    if (this.tree.known.get(this.key) === this) this.tree.known.delete(this.key);
  }
}
