// The machine's memory and files as its host sees them; Machine builds on it.
import type { Exports } from "./exports.ts";
import { encodeEntries, errnoOf, isFile, isFolder, isLive, type LiveNode, type TreeFolder, type TreeNode } from "./tree.ts";
import { MachineError, type LazySource } from "./types.ts";

const PAGE = 4096;
const PIECE = 1 << 20;
const EIO = 5;
const ENOMEM = 12;
const encoder = new TextEncoder();

export abstract class MachineFiles {
  /** @internal */
  abstract readonly exports: Exports;
  /** @internal Files and folders of the host by handle; 0 is none. */
  protected sources: (LazySource | TreeFolder | LiveNode | null)[] = [null];
  /** @internal Numbers of live files that were given back. */
  protected freeHandles: number[] = [];
  /** @internal */
  protected handles = new Map<TreeNode, number>();

  /** @internal Puts bytes into the machine's memory: the one place where the host does. */
  poke(at: number, bytes: Uint8Array): void {
    new Uint8Array(this.exports.memory.buffer, at >>> 0, bytes.length).set(bytes);
  }

  /** @internal Import readPage. */
  protected readPage(handle: number, index: bigint, page: Uint8Array): number {
    const source = this.sources[handle];
    return source != null && "read" in source && source.read(Number(index) * PAGE, page) ? 0 : -EIO;
  }

  /** @internal Puts the entries of a folder into the machine's memory. */
  protected list(handle: number): number {
    const node = this.sources[handle];
    if (!node || !("list" in node)) return -EIO;
    let bytes;
    try {
      bytes = encodeEntries(node.list(), (entry) => (isLive(node) ? 0 : this.treeHandle(entry)));
    } catch (error) {
      return errnoOf(error);
    }
    const at = this.exports.hostAlloc(bytes.length);
    if (!at) return -ENOMEM;
    this.poke(at, bytes);
    return at;
  }

  /** @internal The node behind a number (Handles). */
  node(handle: number): unknown {
    return this.sources[handle];
  }

  /** @internal The number of a live node (Handles). */
  handleOf(node: LiveNode): number {
    let handle = this.handles.get(node);
    if (handle === undefined) {
      handle = this.freeHandles.pop() ?? this.sources.length;
      this.sources[handle] = node;
      this.handles.set(node, handle);
    }
    return handle;
  }

  /** @internal The machine uses the number no longer (Handles). */
  forget(handle: number): void {
    const node = this.sources[handle];
    if (!isLive(node)) return;
    this.handles.delete(node);
    this.sources[handle] = null;
    this.freeHandles.push(handle);
  }

  private treeHandle(node: TreeNode): number {
    if (!isFile(node) && !isFolder(node)) return 0;
    let handle = this.handles.get(node);
    if (handle === undefined) {
      handle = this.sources.push(node) - 1;
      if (!isFolder(node) && node.stat.nlink > 1) this.handles.set(node, handle);
    }
    return handle;
  }

  /** @internal */
  protected check(result: number, what: string): number {
    if (result < 0) throw new MachineError(-result, what);
    return result;
  }

  // ── linear memory ──────────────────────────────────────────────────────────────────

  /** @internal Runs `use` with these bytes in the machine's memory. */
  protected withBytes<T>(bytes: Uint8Array, use: (at: number, length: number) => T): T {
    const at = this.exports.hostAlloc(Math.max(bytes.length, 16));
    if (!at) throw new MachineError(ENOMEM, "a buffer");
    try {
      this.poke(at, bytes);
      return use(at, bytes.length);
    } finally {
      this.exports.hostFree(at);
    }
  }

  /** @internal */
  protected withPath<T>(path: string, use: (at: number, length: number) => T): T {
    return this.withBytes(encoder.encode(path), use);
  }

  // ── files ──────────────────────────────────────────────────────────────────────────

  /**
   * Makes a folder; that it is there already is no error with `recursive`, which makes those above too.
   * @throws MachineError EEXIST, ENOENT, ENOTDIR, ENOSPC …
   */
  mkdir(path: string, { mode = 0o755, uid = 0, gid = 0, recursive = false } = {}): void {
    const EEXIST = 17;
    if (recursive) {
      const parts = path.split("/").filter(Boolean);
      parts.forEach((_, i) => {
        const result = this.withPath(`/${parts.slice(0, i + 1).join("/")}`, (at, n) => this.exports.hostMkdir(at, n, mode, uid, gid));
        if (result !== -EEXIST) this.check(result, `mkdir ${path}`);
      });
      return;
    }
    this.check(this.withPath(path, (at, n) => this.exports.hostMkdir(at, n, mode, uid, gid)), `mkdir ${path}`);
  }

  /**
   * Makes a regular file, or gives it new contents (text as UTF-8).
   * @throws MachineError EISDIR, ENOENT, ENOSPC …
   */
  writeFile(path: string, data: Uint8Array | string, { mode = 0o644, uid = 0, gid = 0 } = {}): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    this.withPath(path, (at, n) => {
      for (let done = 0; done === 0 || done < bytes.length; done += PIECE) {
        const piece = bytes.subarray(done, done + PIECE);
        const result = this.withBytes(piece, (from, length) =>
          done === 0 ? this.exports.hostCreateFile(at, n, mode, uid, gid, from, length) : this.exports.hostAppendFile(at, n, from, length),
        );
        this.check(result, `writing ${path}`);
      }
    });
  }

  /**
   * A file that is read from its source page by page; what guests write stays in the machine.
   * @throws MachineError EEXIST, ENOENT …
   */
  addFile(path: string, source: LazySource, { mode = 0o644, uid = 0, gid = 0 } = {}): void {
    const handle = this.sources.push(source) - 1;
    const size = BigInt(source.size);
    this.check(this.withPath(path, (at, n) => this.exports.hostCreateLazyFile(at, n, mode, uid, gid, size, handle)), `adding ${path}`);
  }

  /**
   * Shows a tree of the host in the folder at `path`, which is made when it is not there, besides what the folder has:
   * names that it has already hide those of the tree. What guests write stays in the machine.
   */
  addTree(path: string, tree: TreeFolder): void {
    if (path !== "/") this.mkdir(path, { recursive: true });
    const { mode, uid, gid } = tree.stat;
    this.check(this.withPath(path, (at, n) => this.exports.hostAttachFolder(at, n, this.treeHandle(tree), mode, uid, gid)), `adding ${path}`);
  }

  /**
   * Mounts a live tree at `path`, which is made when it is not there; at "/" it becomes the root of all processes that
   * start from now on. What guests do is done to the tree, unless `readOnly`.
   */
  mount(path: string, tree: LiveNode, { readOnly = false } = {}): void {
    if (path !== "/") {
      if (isFolder(tree)) this.mkdir(path, { recursive: true });
      else {
        this.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
        if (!this.hasFile(path)) this.writeFile(path, "");
      }
    }
    this.check(this.withPath(path, (at, n) => this.exports.hostMount(at, n, this.handleOf(tree), readOnly ? 1 : 0)), `mounting ${path}`);
  }

  /**
   * Makes a symbolic link at `path` that holds `target`.
   * @throws MachineError EEXIST, ENOENT …
   */
  symlink(target: string, path: string): void {
    const result = this.withPath(path, (at, n) => this.withPath(target, (to, m) => this.exports.hostSymlink(at, n, to, m)));
    this.check(result, `symlink ${path}`);
  }

  /** Whether a regular file is there. */
  hasFile(path: string): boolean {
    return this.withPath(path, (at, n) => this.exports.hostFileSize(at, n)) >= 0n;
  }

  /**
   * Contents of a regular file as guests see it now.
   * @throws MachineError ENOENT, EISDIR, EACCES …
   */
  readFile(path: string): Uint8Array {
    return this.withPath(path, (at, n) => {
      const size = Number(this.exports.hostFileSize(at, n));
      this.check(size, `reading ${path}`);
      const bytes = new Uint8Array(size);
      const buffer = this.exports.hostAlloc(PIECE);
      if (!buffer) throw new MachineError(ENOMEM, "a buffer");
      try {
        for (let done = 0; done < size; ) {
          const got = this.check(this.exports.hostReadFile(at, n, BigInt(done), buffer, Math.min(PIECE, size - done)), `reading ${path}`);
          if (got === 0) return bytes.subarray(0, done);
          bytes.set(new Uint8Array(this.exports.memory.buffer, buffer >>> 0, got), done);
          done += got;
        }
      } finally {
        this.exports.hostFree(buffer);
      }
      return bytes;
    });
  }
}
