// A recording as a file: a header that says of which machine it is, then the events in chunks.
//
//   "ring3rec" │ u32 format │ u32 length of the header │ header, JSON │ chunks │ an empty chunk
//   chunk: u32 bytes of events │ u32 bytes as stored │ bytes
import { FormatError } from "../types.ts";

const MAGIC = "ring3rec";
const FORMAT = 1;
const HEAD = 16;

export interface RecordingHeader {
  ring3: string;
  /** Of which kernel. */
  build: string;
  compression: "none" | "deflate";
  /** For people: what was run. */
  command: string[];
  /** The pid whose status is the run's. */
  pid?: number;
}

/** The beginning of a recording's file. */
export function encodeHeader(header: RecordingHeader): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(HEAD + text.length);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(8, FORMAT, true);
  new DataView(bytes.buffer).setUint32(12, text.length, true);
  bytes.set(text, HEAD);
  return bytes;
}

/** One chunk; the empty one ends the file. */
export function encodeChunk(events: Uint8Array, compress?: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const stored = compress && events.length ? compress(events) : events;
  const bytes = new Uint8Array(8 + stored.length);
  new DataView(bytes.buffer).setUint32(0, events.length, true);
  new DataView(bytes.buffer).setUint32(4, stored.length, true);
  bytes.set(stored, 8);
  return bytes;
}

export interface Recording {
  header: RecordingHeader;
  events: Uint8Array;
  /** Byte of the file where it ends too early; null when it is whole. */
  cutAt: number | null;
}

/** Reads a file; FormatError says in one line what is wrong with it. What a cut file holds whole is read. */
export function decodeRecording(file: Uint8Array, { build, inflate }: { build: string; inflate?: (bytes: Uint8Array) => Uint8Array }): Recording {
  if (new TextDecoder("latin1").decode(file.subarray(0, 8)) !== MAGIC) throw new FormatError("is no recording of ring3");
  if (file.length < HEAD) throw new FormatError(`is cut short at byte ${file.length}, in its head`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const format = view.getUint32(8, true);
  if (format !== FORMAT) throw new FormatError(`has recording format ${format}; this ring3 reads ${FORMAT}`);
  const begin = HEAD + view.getUint32(12, true);
  if (file.length < begin) throw new FormatError(`is cut short at byte ${file.length}, in its header of ${begin} bytes`);
  let header: RecordingHeader;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(HEAD, begin))) as RecordingHeader;
  } catch {
    throw new FormatError(`has a damaged header (bytes ${HEAD} to ${begin})`);
  }
  if (header.build !== build) throw new FormatError(`is of another kernel (ring3 ${header.ring3}, build ${header.build}; this is build ${build})`);
  const chunks: Uint8Array[] = [];
  for (let at = begin; ; ) {
    if (at + 8 > file.length) return { header, events: join(chunks), cutAt: file.length };
    const length = view.getUint32(at, true);
    const stored = view.getUint32(at + 4, true);
    if (length === 0) return { header, events: join(chunks), cutAt: null };
    if (at + 8 + stored > file.length) return { header, events: join(chunks), cutAt: file.length };
    const bytes = file.subarray(at + 8, at + 8 + stored);
    let events = bytes;
    if (header.compression === "deflate") {
      try {
        events = inflate!(bytes);
      } catch (error) {
        throw new FormatError(`is damaged in the chunk at byte ${at}: ${(error as Error).message}`);
      }
    }
    if (events.length !== length) throw new FormatError(`is damaged in the chunk at byte ${at}: ${events.length} bytes of events, not ${length}`);
    chunks.push(events);
    at += 8 + stored;
  }
}

function join(chunks: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
