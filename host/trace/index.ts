// What the rest of the host uses of this room.
export { StraceFormatter, type StraceOptions } from "./formatter.ts";
export { JsonFormatter, type JsonOptions } from "./json.ts";
export { TraceBridge, type TracedMachine, type TraceSink } from "./bridge.ts";
export { parseFilter } from "./filter.ts";
export { rowNamed, rowOf, ROWS, type Row } from "./rows.ts";
export { errorName, errorText } from "./errno.ts";
export { listSyscalls, syscallsJson, syscallsText, type SyscallInfo } from "./syscalls.ts";
export type { MemoryReader } from "./values.ts";
