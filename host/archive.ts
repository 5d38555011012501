// Tar archives as trees for the machine: ustar, GNU and pax, read from a source of bytes without being unpacked. Headers are
// read once; the bytes of a file when a guest first uses them. Names are looked up in the archive's own tree alone, so
// nothing in an archive can name a file of the host. tar(5); POSIX.1-2017, pax, "ustar Interchange Format".
import type { NodeStat, TreeFile, TreeFolder, TreeNode } from "./tree.ts";

/** Bytes that can be read anywhere. */
export interface ByteSource {
  size: number;
  /** Fills `bytes` with what stands at `position`: how many bytes were there. */
  read(position: number, bytes: Uint8Array): number;
}

/** The archive cannot be used; the message says why. */
export class ArchiveError extends Error {}

const BLOCK = 512;
const MOST_LINKS = 40;
const TYPE = { FILE: 0o100000, LINK: 0o120000, CHARACTER: 0o020000, BLOCK: 0o060000, FOLDER: 0o040000, FIFO: 0o010000 } as const;

/** Fields that an extended header gives for the next entry. */
type Extended = Map<string, string>;

class Folder implements TreeFolder {
  readonly children = new Map<string, TreeNode>();

  constructor(public stat: NodeStat) {}

  *list(): Iterable<[Uint8Array, TreeNode]> {
    for (const [name, node] of this.children) yield [Buffer.from(name, "latin1"), node];
  }
}

class File implements TreeFile {
  readonly size: number;

  constructor(public stat: NodeStat, private readonly source: ByteSource, private readonly at: number) {
    this.size = Number(stat.size);
  }

  read(position: number, page: Uint8Array): boolean {
    const length = Math.min(page.length, this.size - position);
    return length <= 0 || this.source.read(this.at + position, page.subarray(0, length)) === length;
  }
}

interface Header {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeNs: bigint;
  type: string;
  linkName: string;
  device: number;
}

const text = (bytes: Uint8Array) => {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
};

/** An octal number, or GNU's binary one whose first byte has its top bit set. */
function numeric(bytes: Uint8Array): number {
  if (bytes[0]! & 0x80) return bytes.reduce((sum, byte, i) => (i === 0 ? byte & 0x7f : sum * 256 + byte), 0);
  const digits = text(bytes).trim();
  return digits === "" ? 0 : /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

function checksumHolds(block: Uint8Array): boolean {
  let sum = 8 * 0x20;
  block.forEach((byte, i) => {
    if (i < 148 || i >= 156) sum += byte;
  });
  return numeric(block.subarray(148, 156)) === sum;
}

/** A time in seconds with a fraction, as pax writes it. */
function seconds(value: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(value);
  if (!match) throw new ArchiveError(`a time is ${value}`);
  const ns = BigInt(match[2]!) * 1_000_000_000n + BigInt(`${match[3] ?? ""}000000000`.slice(0, 9));
  return match[1] ? -ns : ns;
}

/** Whether the bytes begin a tar archive. */
export function isTar(block: Uint8Array): boolean {
  return block.length >= BLOCK && checksumHolds(block.subarray(0, BLOCK));
}

/** Reads an archive's headers. */
class Reader {
  readonly root = new Folder(stat({ mode: TYPE.FOLDER | 0o755, uid: 0, gid: 0, mtimeNs: 0n, size: 0n, device: 0 }));
  private at = 0;
  private readonly global: Extended = new Map();
  private next: Extended = new Map();

  constructor(private readonly source: ByteSource) {}

  read(): Folder {
    const block = new Uint8Array(BLOCK);
    while (this.source.read(this.at, block) === BLOCK) {
      if (block.every((byte) => byte === 0)) break;
      if (!checksumHolds(block)) throw new ArchiveError(`the header at byte ${this.at} is damaged`);
      this.at += BLOCK;
      this.entry(block);
    }
    return this.root;
  }

  private entry(block: Uint8Array): void {
    const type = String.fromCharCode(block[156]!);
    const size = numeric(block.subarray(124, 136));
    if (type === "x" || type === "g") {
      this.extended(this.data(size), type === "g" ? this.global : this.next);
      return;
    }
    if (type === "L" || type === "K") {
      this.next.set(type === "L" ? "path" : "linkpath", text(this.data(size)));
      return;
    }
    const header = this.header(block, type);
    this.next = new Map();
    if (header.type === "S" || header.type === "M") throw new ArchiveError(`${header.name} is stored as a sparse file or in several archives`);
    const begin = this.at;
    const hasData = header.type === "0" || header.type === "7" || header.type === "\0";
    // Other types have no bytes behind them, but those that nobody knows.
    if (hasData || !/[1-6]/.test(header.type)) this.at += Math.ceil(header.size / BLOCK) * BLOCK;
    this.add(header, begin);
  }

  private data(size: number): Uint8Array {
    if (!(size <= 1 << 20)) throw new ArchiveError(`an extended header of ${size} bytes`);
    const bytes = new Uint8Array(size);
    if (this.source.read(this.at, bytes) !== size) throw new ArchiveError("the archive ends in a header");
    this.at += Math.ceil(size / BLOCK) * BLOCK;
    return bytes;
  }

  /** Records "length key=value\n", the length that of the whole record. */
  private extended(bytes: Uint8Array, into: Extended): void {
    const all = Buffer.from(bytes).toString("latin1");
    for (let at = 0; at < all.length; ) {
      const match = /^(\d+) ([^=]+)=/.exec(all.slice(at, at + 300));
      if (!match) break;
      const end = at + Number(match[1]);
      into.set(match[2]!, all.slice(at + match[0].length, end - 1));
      at = end;
    }
  }

  private header(block: Uint8Array, type: string): Header {
    const field = (at: number, length: number) => block.subarray(at, at + length);
    const extra = (key: string) => this.next.get(key) ?? this.global.get(key);
    const isUstar = text(field(257, 5)) === "ustar";
    const prefix = isUstar && block[263] === 0x30 ? text(field(345, 155)) : "";
    const mtime = extra("mtime");
    if (extra("GNU.sparse.major") ?? extra("GNU.sparse.size")) throw new ArchiveError(`${extra("path") ?? text(field(0, 100))} is stored as a sparse file`);
    const header: Header = {
      name: extra("path") ?? (prefix ? `${prefix}/${text(field(0, 100))}` : text(field(0, 100))),
      mode: numeric(field(100, 8)) & 0o7777,
      uid: Number(extra("uid") ?? numeric(field(108, 8))),
      gid: Number(extra("gid") ?? numeric(field(116, 8))),
      size: Number(extra("size") ?? numeric(field(124, 12))),
      mtimeNs: mtime === undefined ? BigInt(numeric(field(136, 12))) * 1_000_000_000n : seconds(mtime),
      type,
      linkName: extra("linkpath") ?? text(field(157, 100)),
      device: (numeric(field(329, 8)) << 8) | (numeric(field(337, 8)) & 0xff),
    };
    if (![header.mode, header.uid, header.gid, header.size].every(Number.isFinite)) throw new ArchiveError(`the header of ${header.name} is damaged`);
    // Before folders had a type of their own, a slash marked them.
    if ((type === "0" || type === "\0") && header.name.endsWith("/")) header.type = "5";
    return header;
  }

  // ── the tree ───────────────────────────────────────────────────────────────────────

  private add(header: Header, begin: number): void {
    const parts = split(header.name);
    const name = parts.pop();
    if (name === undefined) {
      // The root itself.
      this.root.stat = stat({ ...header, mode: TYPE.FOLDER | header.mode, size: 0n });
      return;
    }
    const folder = this.folder(parts, header.name);
    const make = (kind: number, size = 0n) => stat({ ...header, mode: kind | header.mode, size });
    switch (header.type) {
      case "0": case "7": case "\0":
        folder.children.set(name, new File(make(TYPE.FILE, BigInt(header.size)), this.source, begin));
        return;
      case "1": {
        const node = this.find(split(header.linkName));
        if (!node || node instanceof Folder) throw new ArchiveError(`${header.name} is a link to ${header.linkName}, which is no file before it`);
        node.stat = { ...node.stat, nlink: node.stat.nlink + 1 };
        folder.children.set(name, node);
        return;
      }
      case "2":
        folder.children.set(name, { stat: { ...make(TYPE.LINK), mode: TYPE.LINK | 0o777 }, link: Buffer.from(header.linkName, "latin1") });
        return;
      case "3": folder.children.set(name, { stat: make(TYPE.CHARACTER) }); return;
      case "4": folder.children.set(name, { stat: make(TYPE.BLOCK) }); return;
      case "5": {
        const there = folder.children.get(name);
        if (there instanceof Folder) there.stat = make(TYPE.FOLDER);
        else folder.children.set(name, new Folder(make(TYPE.FOLDER)));
        return;
      }
      case "6": folder.children.set(name, { stat: make(TYPE.FIFO) }); return;
      default:
        throw new ArchiveError(`${header.name} has the unknown type ${JSON.stringify(header.type)}`);
    }
  }

  /** The folder at that place of the tree, made when it is not there; links on the way lead inside the tree only. */
  private folder(parts: string[], name: string): Folder {
    let links = 0;
    const path: Folder[] = [this.root];
    const left = [...parts];
    while (left.length) {
      const part = left.shift()!;
      const here = path.at(-1)!;
      if (part === "..") {
        if (path.length > 1) path.pop();
        continue;
      }
      let node = here.children.get(part);
      if (!node) {
        node = new Folder(stat({ mode: TYPE.FOLDER | 0o755, uid: 0, gid: 0, mtimeNs: 0n, size: 0n, device: 0 }));
        here.children.set(part, node);
      }
      if (node instanceof Folder) path.push(node);
      else if (node.link) {
        if (++links > MOST_LINKS) throw new ArchiveError(`${name} lies behind too many links`);
        const target = Buffer.from(node.link).toString("latin1");
        if (target.startsWith("/")) path.length = 1;
        left.unshift(...target.split("/").filter((word) => word && word !== "."));
      } else throw new ArchiveError(`${name} lies below what is no folder`);
    }
    return path.at(-1)!;
  }

  private find(parts: string[]): TreeNode | undefined {
    const name = parts.at(-1);
    return name === undefined ? undefined : this.folder(parts.slice(0, -1), parts.join("/")).children.get(name);
  }
}

/** Components of an entry's name, which may not lead upwards. */
function split(name: string): string[] {
  const parts = name.split("/").filter((part) => part && part !== ".");
  if (parts.includes("..")) throw new ArchiveError(`the name ${JSON.stringify(name)} leads upwards`);
  return parts;
}

function stat({ mode, uid, gid, mtimeNs, size, device }: { mode: number; uid: number; gid: number; mtimeNs: bigint; size: bigint; device: number }): NodeStat {
  return { mode, uid, gid, nlink: (mode & 0o170000) === TYPE.FOLDER ? 2 : 1, rdev: device, size, atimeNs: mtimeNs, mtimeNs, ctimeNs: mtimeNs, birthtimeNs: mtimeNs };
}

/** The tree of a tar archive. Throws an ArchiveError when it is damaged, or holds what cannot be shown. */
export function archiveTree(source: ByteSource): TreeFolder {
  return new Reader(source).read();
}
