// Snapshots: the machine's memory in use, page by page. Pages that did not change since the snapshot before are shared with it,
// so a tree of snapshots costs what differs. Which pages changed is found by a 64-bit hash of each (assembly/lib/hash.ts).
//
//   file: "ring3snp" │ u32 format │ u32 length of the header │ header, JSON │ body
//   body, deflated or not as the header says: for each page that is not zero: u32 page number │ 4096 bytes
import type { Exports } from "./exports.ts";
import { FormatError, MachineError } from "./types.ts";

export const PAGE = 4096;
const MAGIC = "ring3snp";
const FORMAT = 1;
const HEAD = 16;
const EBUSY = 16;

/** What the host keeps for a machine and a snapshot has to bring back. */
export interface HostState {
  /** Host files and folders by handle: what they were made from; null where nobody can tell. */
  sources: unknown[];
  /** Handles that were given back. */
  free: number[];
  /** Rooms of the host's tasks. */
  tasks: { tid: number; arena: bigint; used: bigint }[];
  streams: number;
}

/** The header of a snapshot file. */
export interface SnapshotHeader {
  ring3: string;
  /** Of which kernel: snapshots of another one are refused. */
  build: string;
  memory: number;
  maxTasks: number;
  clock: "real" | "virtual";
  pages: number;
  parts: [number, number, number];
  hash: string;
  compression: "none" | "deflate";
  bodyBytes: number;
  sources: (string | null)[];
  free: number[];
  tasks: { tid: number; arena: string; used: string }[];
  streams: number;
}

/** Pages of a snapshot that lie together; what equals the parent's is the parent's chunk. */
interface Chunk {
  hashes: BigUint64Array;
  /** Bytes; null for pages of zeros. */
  pages: (Uint8Array | null)[];
}

const CHUNK_BITS = 6;
const CHUNK = 1 << CHUNK_BITS;

/** Chunks for `count` pages. */
function emptyChunks(count: number): Chunk[] {
  return Array.from({ length: Math.ceil(count / CHUNK) }, (_, i) => {
    const length = Math.min(CHUNK, count - i * CHUNK);
    return { hashes: new BigUint64Array(length), pages: new Array<Uint8Array | null>(length).fill(null) };
  });
}

/** A state of a machine, to which it, or another one of the same kernel, can be brought. */
export class Snapshot {
  /** Pages that are not those of the snapshot before. */
  readonly changedPages: number;

  constructor(
    readonly parent: Snapshot | null,
    /** End of the lower part, begin and end of the upper one, in bytes. */
    readonly parts: readonly [number, number, number],
    /** Pages by place (see placeOf), CHUNK at a time. @internal */
    readonly chunks: Chunk[],
    readonly host: HostState,
    readonly label: string,
    changed: number,
  ) {
    this.changedPages = changed;
  }

  /** False for one from a file until it was first applied. */
  hashed = true;
  /** What the file says its hash is. */
  expected: string | null = null;

  /** Computes the hashes of a snapshot from a file, whose pages stand in memory now, and compares them with the file's. */
  setHashes(exports: Exports): void {
    let place = 0;
    for (const page of pagesOf(this.parts)) {
      this.chunks[place >> CHUNK_BITS]!.hashes[place & (CHUNK - 1)] = BigInt.asUintN(64, exports.hashPage(page * PAGE));
      place++;
    }
    const found = wholeHash(this);
    if (this.expected !== null && found !== this.expected) throw new FormatError(`has other contents than its header says (hash ${found}, not ${this.expected})`);
    this.hashed = true;
  }

  /** Bytes of memory that it describes. */
  get size(): number {
    return countOf(this.parts) * PAGE;
  }

  /** @internal */
  hashAt(place: number): bigint {
    return this.chunks[place >> CHUNK_BITS]!.hashes[place & (CHUNK - 1)]!;
  }

  /** @internal */
  pageAt(place: number): Uint8Array | null {
    return this.chunks[place >> CHUNK_BITS]!.pages[place & (CHUNK - 1)]!;
  }
}

/** Pages of the parts together. */
function countOf(parts: readonly [number, number, number]): number {
  return (parts[0] + parts[2] - parts[1]) / PAGE;
}

export function partsOf(exports: Exports): [number, number, number] {
  return [exports.memoryPart(0) >>> 0, exports.memoryPart(1) >>> 0, exports.memoryPart(2) >>> 0];
}

/** Page numbers of the memory in use, lowest first. */
function* pagesOf([low, first, end]: readonly [number, number, number]): Iterable<number> {
  for (let at = 0; at < low; at += PAGE) yield at / PAGE;
  for (let at = first; at < end; at += PAGE) yield at / PAGE;
}

/** Index in Snapshot.pages of a page number; −1 when it is not in use there. */
function placeOf([low, first, end]: readonly [number, number, number], page: number): number {
  const at = page * PAGE;
  if (at < low) return page;
  return at >= first && at < end ? (low + at - first) / PAGE : -1;
}

let zeroHash: bigint | null = null;

/** The hash of a page of zeros: of the page after the last one, which nobody has used. */
function hashOfZeros(exports: Exports): bigint {
  if (zeroHash !== null) return zeroHash;
  const scratch = exports.hostScratch() >>> 0;
  new Uint8Array(exports.memory.buffer, scratch, PAGE).fill(0);
  zeroHash = BigInt.asUintN(64, exports.hashPage(scratch));
  return zeroHash;
}

/** Takes a snapshot; what equals `parent` is shared with it. */
export function capture(exports: Exports, parent: Snapshot | null, host: HostState, label: string): Snapshot {
  if (exports.machineBusy()) throw new MachineError(EBUSY, "a snapshot while a guest is in the kernel");
  const traced = exports.stateClean();
  const zeros = hashOfZeros(exports);
  const parts = partsOf(exports);
  const buffer = exports.memory.buffer;
  const chunks = emptyChunks(countOf(parts));
  let place = 0;
  let changed = 0;
  /** Pages of the chunk in progress that have to be copied: one buffer is made for them. */
  let copies: { at: number; page: number }[] = [];
  for (const page of pagesOf(parts)) {
    const { hashes, pages } = chunks[place >> CHUNK_BITS]!;
    const at = place++ & (CHUNK - 1);
    const hash = BigInt.asUintN(64, exports.hashPage(page * PAGE));
    hashes[at] = hash;
    const before = parent ? placeOf(parent.parts, page) : -1;
    if (hash === zeros) pages[at] = null;
    else if (before >= 0 && parent!.hashAt(before) === hash) pages[at] = parent!.pageAt(before);
    else copies.push({ at, page });
    if (at !== pages.length - 1 || !copies.length) continue;
    const bytes = new Uint8Array(copies.length * PAGE);
    copies.forEach((copy, i) => {
      bytes.set(new Uint8Array(buffer, copy.page * PAGE, PAGE), i * PAGE);
      pages[copy.at] = bytes.subarray(i * PAGE, (i + 1) * PAGE);
    });
    changed += copies.length;
    copies = [];
  }
  exports.setTrace(traced);
  if (parent && parent.parts[0] === parts[0] && parent.parts[1] === parts[1]) shareChunks(chunks, parent.chunks);
  return new Snapshot(parent, parts, chunks, host, label, changed);
}

/** Takes the parent's chunks where nothing differs, so that a snapshot costs what changed and not what is there. */
function shareChunks(mine: Chunk[], theirs: Chunk[]): void {
  mine.forEach(({ hashes }, i) => {
    const other = theirs[i];
    if (other && other.hashes.length === hashes.length && hashes.every((hash, at) => hash === other.hashes[at])) mine[i] = other;
  });
}

/** Makes memory what it was: how many pages had to be copied. */
export function apply(exports: Exports, snapshot: Snapshot): number {
  if (exports.machineBusy()) throw new MachineError(EBUSY, "going back while a guest is in the kernel");
  exports.stateClean();
  const zeros = hashOfZeros(exports);
  const { parts } = snapshot;
  const now = partsOf(exports);
  const missing = parts[2] - exports.memory.buffer.byteLength;
  if (missing > 0) exports.memory.grow(Math.ceil(missing / 65536));
  const all = new Uint8Array(exports.memory.buffer);
  let copied = 0;
  // What is used now and was not then has never been used, and that is zero.
  for (const page of pagesOf(now)) {
    if (placeOf(parts, page) < 0 && BigInt.asUintN(64, exports.hashPage(page * PAGE)) !== zeros) all.fill(0, page * PAGE, (page + 1) * PAGE);
  }
  let place = 0;
  for (const page of pagesOf(parts)) {
    if (BigInt.asUintN(64, exports.hashPage(page * PAGE)) !== snapshot.hashAt(place)) {
      const bytes = snapshot.pageAt(place);
      if (bytes) all.set(bytes, page * PAGE);
      else all.fill(0, page * PAGE, (page + 1) * PAGE);
      copied++;
    }
    place++;
  }
  exports.machineRestored();
  return copied;
}

/** The hash of all its memory, as text. */
function wholeHash(snapshot: Snapshot): string {
  let hash = 0xcbf29ce484222325n;
  for (const { hashes } of snapshot.chunks) for (const one of hashes) hash = BigInt.asUintN(64, (hash ^ one) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

export interface SnapshotFileOptions {
  ring3: string;
  build: string;
  memory: number;
  maxTasks: number;
  clock: "real" | "virtual";
  /** Names a source for the file, so that whoever loads it can open it again. */
  nameSource?: (source: unknown) => string | null;
  compress?: (bytes: Uint8Array) => Uint8Array;
}

/** The snapshot as a file. */
export function encodeSnapshot(snapshot: Snapshot, options: SnapshotFileOptions): Uint8Array {
  const { compress, nameSource = () => null, ...about } = options;
  const numbers = [...pagesOf(snapshot.parts)];
  const kept = numbers.map((page, place) => [page, snapshot.pageAt(place)] as const).filter((entry): entry is [number, Uint8Array] => entry[1] !== null);
  const plain = new Uint8Array(kept.length * (PAGE + 4));
  const view = new DataView(plain.buffer);
  kept.forEach(([page, bytes], i) => {
    view.setUint32(i * (PAGE + 4), page, true);
    plain.set(bytes, i * (PAGE + 4) + 4);
  });
  const body = compress ? compress(plain) : plain;
  const header: SnapshotHeader = {
    ...about, pages: kept.length, parts: [...snapshot.parts] as [number, number, number], hash: wholeHash(snapshot),
    compression: compress ? "deflate" : "none", bodyBytes: body.length, sources: snapshot.host.sources.map(nameSource), free: snapshot.host.free,
    tasks: snapshot.host.tasks.map(({ tid, arena, used }) => ({ tid, arena: String(arena), used: String(used) })), streams: snapshot.host.streams,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(HEAD + text.length + body.length);
  file.set(new TextEncoder().encode(MAGIC));
  new DataView(file.buffer).setUint32(8, FORMAT, true);
  new DataView(file.buffer).setUint32(12, text.length, true);
  file.set(text, HEAD);
  file.set(body, HEAD + text.length);
  return file;
}

export interface DecodeOptions {
  /** The kernel's identity; a snapshot of another one is refused. */
  build: string;
  inflate?: (bytes: Uint8Array) => Uint8Array;
  /** Opens a source by the name that nameSource gave. */
  openSource?: (name: string) => unknown;
}

/** Reads a snapshot file; FormatError says in one line what is wrong with it. */
export function decodeSnapshot(file: Uint8Array, options: DecodeOptions): { snapshot: Snapshot; header: SnapshotHeader } {
  const magic = new TextDecoder("latin1").decode(file.subarray(0, 8));
  if (magic !== MAGIC) throw new FormatError("is no snapshot of ring3");
  if (file.length < HEAD) throw new FormatError(`is cut short at byte ${file.length}, in its head`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const format = view.getUint32(8, true);
  if (format !== FORMAT) throw new FormatError(`has snapshot format ${format}; this ring3 reads ${FORMAT}`);
  const bodyAt = HEAD + view.getUint32(12, true);
  if (file.length < bodyAt) throw new FormatError(`is cut short at byte ${file.length}, in its header of ${bodyAt} bytes`);
  let header: SnapshotHeader;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(HEAD, bodyAt))) as SnapshotHeader;
  } catch {
    throw new FormatError(`has a damaged header (bytes ${HEAD} to ${bodyAt})`);
  }
  if (header.build !== options.build) throw new FormatError(`is of another kernel (ring3 ${header.ring3}, build ${header.build}; this is build ${options.build})`);
  if (file.length !== bodyAt + header.bodyBytes) throw new FormatError(file.length < bodyAt + header.bodyBytes ? `is cut short at byte ${file.length} of ${bodyAt + header.bodyBytes}` : `has ${file.length - bodyAt - header.bodyBytes} bytes too many`);
  let body = file.subarray(bodyAt);
  if (header.compression === "deflate") {
    if (!options.inflate) throw new FormatError("is compressed, and nothing to inflate it was given");
    try {
      body = options.inflate(body);
    } catch (error) {
      throw new FormatError(`has a damaged body (from byte ${bodyAt}: ${(error as Error).message})`);
    }
  }
  return { snapshot: fromBody(header, body, options), header };
}

function fromBody(header: SnapshotHeader, body: Uint8Array, { openSource }: DecodeOptions): Snapshot {
  const { parts } = header;
  if (body.length !== header.pages * (PAGE + 4)) throw new FormatError(`has ${body.length} bytes of pages where ${header.pages} pages should be`);
  const chunks = emptyChunks(countOf(parts));
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let i = 0; i < header.pages; i++) {
    const place = placeOf(parts, view.getUint32(i * (PAGE + 4), true));
    if (place < 0) throw new FormatError(`has a page outside its memory (page ${i})`);
    chunks[place >> CHUNK_BITS]!.pages[place & (CHUNK - 1)] = body.subarray(i * (PAGE + 4) + 4, (i + 1) * (PAGE + 4));
  }
  const host: HostState = {
    sources: header.sources.map((name) => (name === null ? null : (openSource?.(name) ?? null))),
    free: header.free ?? [],
    tasks: header.tasks.map(({ tid, arena, used }) => ({ tid, arena: BigInt(arena), used: BigInt(used) })),
    streams: header.streams,
  };
  // Hashes are computed when it is first applied: all pages are copied then.
  const snapshot = new Snapshot(null, parts, chunks, host, "file", header.pages);
  snapshot.hashed = false;
  snapshot.expected = header.hash;
  return snapshot;
}
