// Snapshots and recordings as files of Node's file system.
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { version } from "../package.json";
import { HostTree } from "./hostfs.ts";
import type { Machine } from "./machine.ts";
import { fileSource, machineModule } from "./node.ts";
import { decodeRecording, encodeChunk, encodeHeader, type Recording } from "./record/file.ts";
import { Recorder, type RecorderOptions } from "./record/recorder.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot, type SnapshotHeader } from "./snapshot.ts";
import { FormatError } from "./types.ts";

const deflate = (bytes: Uint8Array): Uint8Array => deflateRawSync(bytes, { level: 1 });
const inflate = (bytes: Uint8Array): Uint8Array => inflateRawSync(bytes);

/** Which kernel a module is: the same for all builds of the same sources. */
export function buildOf(module: WebAssembly.Module): string {
  const [section] = WebAssembly.Module.customSections(module, "ring3.build");
  return section ? new TextDecoder().decode(section) : "unknown";
}

/** What a source is called in a file: its path on the host, with how to open it. */
function nameSource(source: unknown): string | null {
  const { origin, list } = (source ?? {}) as { origin?: string; list?: unknown };
  return origin === undefined ? null : `${list ? "folder" : "file"}:${origin}`;
}

function openSource(name: string): unknown {
  const path = name.slice(name.indexOf(":") + 1);
  try {
    return name.startsWith("folder:") ? new HostTree(path).root : fileSource(path);
  } catch {
    // What a guest has not read of it yet is an input/output error for it.
    return null;
  }
}

/** Reads a file of ring3; what is wrong with it is a FormatError that names it. */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`${path} ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new FormatError(`${path}: no such file`);
    if (code) throw new FormatError(`${path}: ${code}`);
    throw error;
  }
}

/** Writes the machine's state to a file: whole, or not at all. */
export function saveSnapshot(machine: Machine, path: string): Snapshot {
  const snapshot = machine.snapshot(path);
  const { memory, maxTasks, clock } = machine.settings;
  const bytes = encodeSnapshot(snapshot, { ring3: version, build: buildOf(machine.module), memory, maxTasks, clock, nameSource, compress: deflate });
  const part = `${path}.part`;
  writeFileSync(part, bytes);
  renameSync(part, path);
  return snapshot;
}

/** Reads what saveSnapshot wrote. Give it to a machine as MachineOptions.snapshot. */
export function loadSnapshot(path: string, module = machineModule()): { snapshot: Snapshot; header: SnapshotHeader } {
  return named(path, () => decodeSnapshot(readFileSync(path), { build: buildOf(module), inflate, openSource }));
}

/** A recorder (MachineOptions.recorder) that writes to a file as it goes. */
export function recordTo(path: string, module: WebAssembly.Module, command: string[], options: RecorderOptions = {}): Recorder & { close(): void } {
  const fd = openSync(path, "w");
  const write = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  };
  write(encodeHeader({ ring3: version, build: buildOf(module), compression: "deflate", command }));
  const recorder = new Recorder((events) => write(encodeChunk(events, deflate)), options);
  return Object.assign(recorder, {
    close() {
      recorder.end();
      write(encodeChunk(new Uint8Array(0)));
      closeSync(fd);
    },
  });
}

/**
 * Reads what recordTo wrote; of a file that was cut, what is whole.
 * @throws FormatError that says in one line what is wrong with the file
 */
export function loadRecording(path: string, module = machineModule()): Recording {
  return named(path, () => decodeRecording(readFileSync(path), { build: buildOf(module), inflate }));
}
