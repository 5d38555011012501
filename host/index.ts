// The library.
export { FaultError, FuelExhausted, HostTask, Machine, MachineCrash, MachineError, TaskMemory } from "./machine.ts";
export type { Argument, ExitStatus, Fault, LazySource, MachineHost, MachineOptions, Process, SpawnOptions, StreamKind, SyscallName } from "./machine.ts";
export { JsonFormatter, StraceFormatter, listSyscalls, parseFilter } from "./trace/index.ts";
