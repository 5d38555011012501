// Folders of Node's file system as trees for the machine. A guest's paths are resolved by the guest's kernel alone; here
// one name is looked up in one folder at a time and never followed. On Linux the folder is held open and named through
// /proc/self/fd, so that a folder which somebody swaps for a link meanwhile leads nowhere else.
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync, readdirSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import { type NodeStat, type TreeFile, type TreeFolder, type TreeNode } from "./tree.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } = constants;
const MOST_OPEN = 256;
const byDescriptor = process.platform === "linux";
const SLASH = Buffer.from("/");

/** What is open, oldest first: folders and files are closed when there are too many, and opened again when needed. */
export class OpenFiles {
  private readonly open = new Map<object, number>();

  get(owner: object, opens: () => number): number {
    let fd = this.open.get(owner);
    if (fd === undefined) {
      fd = opens();
      if (this.open.size >= MOST_OPEN) {
        const [oldest, old] = this.open.entries().next().value!;
        this.open.delete(oldest);
        closeSync(old);
      }
    } else this.open.delete(owner);
    this.open.set(owner, fd);
    return fd;
  }

  /** The owner needs its descriptor no longer. */
  forget(owner: object): void {
    const fd = this.open.get(owner);
    if (fd === undefined) return;
    this.open.delete(owner);
    closeSync(fd);
  }

  close(): void {
    for (const fd of this.open.values()) closeSync(fd);
    this.open.clear();
  }
}

export function nodeStat(stat: BigIntStats): NodeStat {
  return {
    mode: Number(stat.mode), uid: Number(stat.uid), gid: Number(stat.gid), nlink: Number(stat.nlink), rdev: Number(stat.rdev), size: stat.size,
    atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs, birthtimeNs: stat.birthtimeNs,
  };
}

export const sameFile = (a: BigIntStats, b: BigIntStats) => a.dev === b.dev && a.ino === b.ino;

/** A folder of the host and all below it. */
export class HostTree {
  readonly root: TreeFolder;
  readonly open = new OpenFiles();
  /** Files with several names, by device and number. */
  readonly linked = new Map<string, TreeNode>();

  /** @param path a folder; links in the path itself are followed. Throws Node's error when it is none. */
  constructor(path: string) {
    const whole = Buffer.from(resolve(path));
    const fd = openSync(whole, O_RDONLY | O_DIRECTORY);
    closeSync(fd);
    this.root = new HostFolder(this, null, whole, lstatSync(Buffer.concat([whole, SLASH, Buffer.from(".")]), { bigint: true }));
  }

  /** Closes the files of it that are open. */
  close(): void {
    this.open.close();
  }
}

class HostFolder implements TreeFolder {
  stat: NodeStat;

  constructor(private readonly tree: HostTree, private readonly parent: HostFolder | null, private readonly name: Buffer, private readonly known: BigIntStats) {
    this.stat = nodeStat(known);
  }

  get origin(): string {
    return this.parent ? `${this.parent.origin}/${this.name}` : String(this.name);
  }

  /** A path of the host for an entry of this folder. */
  place(name: Buffer): Buffer {
    return Buffer.concat([this.base(), SLASH, name]);
  }

  private base(): Buffer {
    if (!byDescriptor) return this.parent ? this.parent.place(this.name) : this.name;
    return Buffer.from(`/proc/self/fd/${this.descriptor()}`);
  }

  private descriptor(): number {
    return this.tree.open.get(this, () => {
      const fd = this.parent ? openSync(this.parent.place(this.name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW) : openSync(this.name, O_RDONLY | O_DIRECTORY);
      if (sameFile(fstatSync(fd, { bigint: true }), this.known)) return fd;
      closeSync(fd);
      throw new Error("the folder was exchanged");
    });
  }

  *list(): Iterable<[Uint8Array, TreeNode]> {
    for (const name of readdirSync(this.base(), { encoding: "buffer" })) {
      const node = this.child(name);
      if (node) yield [name, node];
    }
  }

  private child(name: Buffer): TreeNode | null {
    try {
      const stat = lstatSync(this.place(name), { bigint: true });
      const type = Number(stat.mode) & S_IFMT;
      const key = type !== S_IFDIR && stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : null;
      const known = key && this.tree.linked.get(key);
      if (known) return known;
      const node = this.make(name, stat, type);
      if (key) this.tree.linked.set(key, node);
      return node;
    } catch {
      // It is gone, or nobody may look at it.
      return null;
    }
  }

  private make(name: Buffer, stat: BigIntStats, type: number): TreeNode {
    if (type === S_IFDIR) return new HostFolder(this.tree, this, name, stat);
    if (type === S_IFREG) return new HostFile(this.tree, this, name, stat);
    return type === S_IFLNK ? { stat: nodeStat(stat), link: readlinkSync(this.place(name), { encoding: "buffer" }) } : { stat: nodeStat(stat) };
  }
}

class HostFile implements TreeFile {
  stat: NodeStat;
  readonly size: number;

  constructor(private readonly tree: HostTree, private readonly folder: HostFolder, private readonly name: Buffer, private readonly known: BigIntStats) {
    this.stat = nodeStat(known);
    this.size = Number(known.size);
  }

  get origin(): string {
    return `${this.folder.origin}/${this.name}`;
  }

  private descriptor(): number {
    return this.tree.open.get(this, () => {
      const fd = openSync(this.folder.place(this.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      if (sameFile(fstatSync(fd, { bigint: true }), this.known)) return fd;
      closeSync(fd);
      throw new Error("the file was exchanged");
    });
  }

  read(position: number, page: Uint8Array): boolean {
    try {
      const fd = this.descriptor();
      for (let done = 0; done < page.length; ) {
        const got = readSync(fd, page, done, page.length - done, position + done);
        if (got === 0) break;
        done += got;
      }
      return true;
    } catch {
      return false;
    }
  }
}
