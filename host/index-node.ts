// The library with what Node adds: the module beside this bundle, files and folders of the host, snapshots and recordings on disk.
import { statSync } from "node:fs";
import { createMachine as createAnywhere, type CreateOptions, type FileSpec } from "./create.ts";
import { HostTree } from "./hostfs.ts";
import type { Machine } from "./machine.ts";
import { fileSource, machineModule } from "./node.ts";

export * from "./index.ts";
export { fileSource, machineModule, NodeHost, streamKind } from "./node.ts";
export { HostTree } from "./hostfs.ts";
export { buildOf, loadRecording, loadSnapshot, recordTo, saveSnapshot } from "./state.ts";

/**
 * A file of the host for CreateOptions.files, read as guests use it, with its permissions. It must not change meanwhile.
 * @throws NodeJS.ErrnoException when it cannot be opened
 */
export function hostFile(path: string): FileSpec {
  return { source: fileSource(path), mode: statSync(path).mode & 0o7777 };
}

/**
 * A folder of the host with all below it for CreateOptions.files; what guests write stays in the machine.
 * @throws NodeJS.ErrnoException when it is not there
 */
export function hostFolder(path: string): FileSpec {
  return { folder: new HostTree(path).root };
}

/** CreateOptions without the need to name the module. */
export type NodeOptions = Omit<CreateOptions, "module"> & Partial<Pick<CreateOptions, "module">>;

/**
 * Makes a machine with these files, of the module that comes with the package. Guests get nothing of this process but what
 * `files` and `host` name.
 * @throws MachineError when a file cannot be made, Error for a bad `inject`
 */
export function createMachine(options: NodeOptions = {}): Promise<Machine> {
  return createAnywhere({ module: machineModule(), ...options });
}
