// The library.
export { FaultError, FuelExhausted, HostTask, Machine, MachineCrash, MachineError, TaskMemory } from "./machine.ts";
export type { Argument, ExitStatus, Fault, LazySource, MachineHost, MachineOptions, Process, SpawnOptions, StreamKind, SyscallName } from "./machine.ts";
export { JsonFormatter, StraceFormatter, listSyscalls, parseFilter } from "./trace/index.ts";
export { FACILITIES, ipcJson, readIpc } from "./ipc/index.ts";
export type { IpcFacility, IpcHolder, IpcObject, IpcState, IpcWaiter } from "./ipc/index.ts";
export { ipcText } from "./ipc/text.ts";
