// The library's entry: a machine made of files and options in one call. No node: and no DOM here.
import { parseInjection } from "./inject.ts";
import { Machine } from "./machine.ts";
import type { TreeFolder } from "./tree.ts";
import type { LazySource, MachineHost, MachineOptions } from "./types.ts";

/** A file of the machine with what stat(2) tells of it. One of `data`, `source`, `symlink`, `folder` says what it is. */
export interface FileSpec {
  /** Contents of a regular file; text is written as UTF-8. */
  data?: string | Uint8Array;
  /** Contents that are read page by page when a guest first uses them. */
  source?: LazySource;
  /** The path that a symbolic link holds. */
  symlink?: string;
  /** An empty folder, or the tree of the host that the folder shows, copied on write. */
  folder?: true | TreeFolder;
  /** Permissions: by default 0o755 for folders and programs (contents that begin as ELF or `#!`), 0o644 for other files. */
  mode?: number;
  uid?: number;
  gid?: number;
}

/** What stands for a file in CreateOptions.files: its contents, or all about it. */
export type FileEntry = string | Uint8Array | FileSpec;

/** The machine's module: compiled, or its bytes, or a response that gives them. */
export type ModuleSource = WebAssembly.Module | ArrayBuffer | Uint8Array | { arrayBuffer(): Promise<ArrayBuffer> };

/** How a machine is to be: createMachine. */
export interface CreateOptions extends MachineOptions {
  /** dist/ring3.wasm, package export `ring3/ring3.wasm`. The entry `ring3/node` finds it by itself. */
  module: ModuleSource | Promise<ModuleSource>;
  /** Files by absolute path; folders above them are made. */
  files?: Record<string, FileEntry>;
  /** Clocks, entropy and the streams 0 to 2, as far as they are to be others than those of portableHost. */
  host?: Partial<MachineHost>;
  /** Faults in the spelling of `strace --inject`, such as "read:error=EIO:when=3". */
  inject?: string | readonly string[];
}

/**
 * What a machine needs of its surroundings, by means that all JavaScript engines have: `Date`, `performance`, `crypto`.
 * Output that has no stream of its own is dropped.
 */
export function portableHost(): MachineHost {
  const NS_PER_MS = 1e6;
  return {
    clock: (kind) => BigInt(Math.round((kind === 0 ? Date.now() : performance.now()) * NS_PER_MS)),
    entropy: (bytes) => void crypto.getRandomValues(bytes),
    output: (_stream, bytes) => bytes.length,
  };
}

async function compile(given: ModuleSource | Promise<ModuleSource>): Promise<WebAssembly.Module> {
  const source = await given;
  if (source instanceof WebAssembly.Module) return source;
  const bytes = "arrayBuffer" in source ? await source.arrayBuffer() : source;
  return WebAssembly.compile(bytes as ArrayBuffer);
}

const looksExecutable = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46) || (bytes[0] === 0x23 && bytes[1] === 0x21);

/**
 * Puts files into a machine.
 * @param files by absolute path; folders above them are made
 * @throws MachineError when the machine refuses one (ENOSPC, ENOTDIR …)
 */
export function addFiles(machine: Machine, files: Record<string, FileEntry>): void {
  for (const [path, entry] of Object.entries(files)) {
    const spec: FileSpec = typeof entry === "string" || entry instanceof Uint8Array ? { data: entry } : entry;
    const { uid = 0, gid = 0 } = spec;
    const above = path.slice(0, path.lastIndexOf("/"));
    if (above) machine.mkdir(above, { recursive: true });
    if (spec.symlink !== undefined) machine.symlink(spec.symlink, path);
    else if (spec.folder === true) machine.mkdir(path, { mode: spec.mode ?? 0o755, uid, gid });
    else if (spec.folder) machine.addTree(path, spec.folder);
    else if (spec.source) machine.addFile(path, spec.source, { mode: spec.mode ?? 0o644, uid, gid });
    else {
      const data = typeof spec.data === "string" ? new TextEncoder().encode(spec.data) : (spec.data ?? new Uint8Array(0));
      machine.writeFile(path, data, { mode: spec.mode ?? (looksExecutable(data) ? 0o755 : 0o644), uid, gid });
    }
  }
}

/**
 * Makes a machine with these files. Each process has streams of its own (Process.stdin, stdout, stderr) unless
 * `streams` is false.
 *
 *     const machine = await createMachine({ module: fetch("ring3.wasm"), files: { "/hello": bytes } });
 *     const { code, stdout } = await machine.execute("/hello");
 *
 * @throws MachineError when a file cannot be made, WebAssembly.CompileError when the module is none, Error for a bad `inject`
 */
export async function createMachine(options: CreateOptions): Promise<Machine> {
  const { module, files = {}, host = {}, inject = [], ...rest } = options;
  const rules = (typeof inject === "string" ? [inject] : inject).map(parseInjection);
  const machine = new Machine(await compile(module), { ...portableHost(), ...host }, { streams: true, ...rest });
  addFiles(machine, files);
  if (rules.length) machine.inject(rules);
  return machine;
}
