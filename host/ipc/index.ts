// The IPC objects of a machine: every one with its attributes, the beginning of its contents and who waits on it. The
// kernel reports them as lines of JSON (assembly/ipc/report.ts), here they become one list by facility.
import { SYS } from "../gen/syscalls.ts";

/** A task that sleeps on an object: its call, as the guest made it. */
export interface IpcWaiter {
  tid: number;
  pid: number;
  call: string;
  args: bigint[];
}

/** Who has an object open. */
export interface IpcHolder {
  pid: number;
  fd: number;
  /** 1 may read, 2 may write. */
  mode: number;
  /** The descriptor was sent and not received yet: the number of the Unix socket where it waits; `pid` is 0, `fd` −1. */
  inSocket?: number;
}

export interface IpcObject {
  facility: IpcFacility;
  /** Where it stands in the machine's memory: its identity while it lives. */
  at: number;
  waiters: IpcWaiter[];
  /** Of objects behind descriptors. */
  holders: IpcHolder[];
  /** Attributes under the names that ipcs, lsipc and /proc use. Byte contents are hex text. */
  [attribute: string]: unknown;
}

export const FACILITIES = ["msg", "sem", "shm", "mqueue", "futex", "pipe", "fifo", "eventfd", "epoll", "unix", "lock"] as const;
export type IpcFacility = (typeof FACILITIES)[number];
export type IpcState = Record<IpcFacility, IpcObject[]>;

/** What of a machine's exports is needed. */
export interface IpcExports {
  memory: WebAssembly.Memory;
  hostFree(at: number): void;
  ipcReport(): number;
  ipcReportLength(): number;
}

const NAMES = new Map<number, string>(Object.entries(SYS).map(([name, nr]) => [nr, name]));

interface Line {
  facility: IpcFacility;
  at: number;
  pid?: number;
  fd?: number;
  fileMode?: number;
  inSocket?: number;
  waiters?: { tid: number; pid: number; nr: number; args: string[] }[];
  [attribute: string]: unknown;
}

function waiterOf({ tid, pid, nr, args }: { tid: number; pid: number; nr: number; args: string[] }): IpcWaiter {
  return { tid, pid, call: NAMES.get(nr) ?? `syscall_${nr}`, args: args.map(BigInt) };
}

function objectOf(line: Line): IpcObject {
  const { fd, fileMode, inSocket, waiters = [], ...rest } = line;
  if (fd === undefined) return { ...rest, waiters: waiters.map(waiterOf), holders: [] };
  const { pid, ...attributes } = rest;
  return { ...attributes, waiters: waiters.map(waiterOf), holders: [{ pid: pid!, fd, mode: fileMode!, ...(inSocket === undefined ? {} : { inSocket }) }] } as IpcObject;
}

/** Reads all IPC objects of a machine. */
export function readIpc(exports: IpcExports): IpcState {
  const at = exports.ipcReport() >>> 0;
  if (!at) throw new Error("no memory for the report of IPC objects");
  const text = new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at, exports.ipcReportLength()));
  exports.hostFree(at);
  const state = Object.fromEntries(FACILITIES.map((facility) => [facility, []])) as unknown as IpcState;
  const seen = new Map<string, IpcObject>();
  for (const entry of text.split("\n")) {
    if (!entry) continue;
    const object = objectOf(JSON.parse(entry) as Line);
    const key = `${object.facility} ${object.at}`;
    const known = seen.get(key);
    if (!known) {
      seen.set(key, object);
      state[object.facility].push(object);
    } else if (object.facility === "futex") known.waiters.push(...object.waiters);
    else known.holders.push(...object.holders);
  }
  return state;
}

/** The same with numbers that JSON can hold. */
export function ipcJson(state: IpcState): string {
  return JSON.stringify(state, (_, value: unknown) => (typeof value === "bigint" ? (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()) : value), 2);
}
