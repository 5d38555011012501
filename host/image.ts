// Archives of Node's files as roots: plain ones are read where they lie, compressed ones are unpacked into memory.
import { closeSync, createReadStream, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { ArchiveError, archiveTree, isTar, type ByteSource } from "./archive.ts";

import type { TreeFolder } from "./tree.ts";

export { ArchiveError };

const XZ = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

function fromFile(fd: number): ByteSource {
  return {
    size: fstatSync(fd).size,
    read(position, bytes) {
      let done = 0;
      while (done < bytes.length) {
        const got = readSync(fd, bytes, done, bytes.length - done, position + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    },
  };
}

function fromMemory(all: Uint8Array): ByteSource {
  return {
    size: all.length,
    read(position, bytes) {
      const part = all.subarray(position, position + bytes.length);
      bytes.set(part);
      return part.length;
    },
  };
}

async function unxz(path: string): Promise<Uint8Array> {
  // The library asks for Node's streams as CommonJS does; bundled as a module it has no require of its own.
  (globalThis as { require?: unknown }).require ??= createRequire(import.meta.url);
  const { XzReadableStream } = await import("xz-decompress");
  const pieces: Uint8Array[] = [];
  const stream = new XzReadableStream(Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>);
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces);
    // The library gives its own buffer away and fills it again.
    pieces.push(value.slice());
  }
}

async function source(path: string): Promise<ByteSource> {
  const fd = openSync(path, "r");
  const head = new Uint8Array(512);
  const length = readSync(fd, head, 0, 512, 0);
  if (isTar(head.subarray(0, length))) return fromFile(fd);
  closeSync(fd);
  if (head[0] === 0x1f && head[1] === 0x8b) return fromMemory(gunzipSync(readFileSync(path)));
  if (XZ.every((byte, i) => head[i] === byte)) return fromMemory(await unxz(path));
  throw new ArchiveError("is neither a folder nor a tar archive (plain, gzip or xz)");
}

/** The tree of the archive at `path`, whose file must not change meanwhile. Throws an ArchiveError when it is none. */
export async function openImage(path: string): Promise<TreeFolder> {
  try {
    return archiveTree(await source(path));
  } catch (error) {
    if (error instanceof ArchiveError || (error as NodeJS.ErrnoException).code === "EACCES") throw error;
    throw new ArchiveError(`cannot be read: ${(error as Error).message}`);
  }
}
