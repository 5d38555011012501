// The library: everything that needs neither Node nor a browser. `ring3/node` (index-node.ts) adds Node's files.
export { addFiles, createMachine, portableHost, type CreateOptions, type FileEntry, type FileSpec, type ModuleSource } from "./create.ts";
export { FaultError, FormatError, FuelExhausted, HostTask, Machine, MachineCrash, MachineError, RestoredError, TaskMemory } from "./machine.ts";
export type { Argument, ChoiceKind, Choices, ExitStatus, Fault, LazySource, MachineHost, MachineOptions, Process, RunReason, SpawnOptions, StreamKind, SyscallName } from "./machine.ts";
export type { Execution } from "./machine.ts";
export type { MachineEvent, SyscallEvent } from "./events.ts";
export type { LiveNode, NodeStat, TreeFile, TreeFolder, TreeNode } from "./tree.ts";
export { parseInjection, type Injection } from "./inject.ts";
export { Recorder, type RecorderOptions } from "./record/recorder.ts";
export { Replay, ReplayError, type ReplayOptions, type ReplayResult } from "./record/replay.ts";
export { decodeRecording, encodeChunk, encodeHeader, type Recording, type RecordingHeader } from "./record/file.ts";
export { decodeSnapshot, encodeSnapshot, type DecodeOptions, type Snapshot, type SnapshotFileOptions, type SnapshotHeader } from "./snapshot.ts";
export { JsonFormatter, StraceFormatter, listSyscalls, parseFilter } from "./trace/index.ts";
export type { TraceSink } from "./trace/bridge.ts";
export { errorName, errorText } from "./trace/errno.ts";
export { FACILITIES, ipcJson } from "./ipc/index.ts";
export type { IpcFacility, IpcHolder, IpcObject, IpcState, IpcWaiter } from "./ipc/index.ts";
export { ipcText } from "./ipc/text.ts";
