// What the library's callers see of a machine: options, what it asks of its surroundings, errors. No node: and no DOM here.
import type { Choices } from "./choices.ts";
import type { SYS } from "./gen/syscalls.ts";
import type { Recorder } from "./record/recorder.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TraceSink } from "./trace/bridge.ts";

export type SyscallName = keyof typeof SYS;

/** What the machine asks of its surroundings. */
export interface MachineHost {
  /** ns since the epoch (0), or of a clock that only goes forward (1). */
  clock(kind: number): bigint;
  entropy(bytes: Uint8Array): void;
  /** Guest output of stream 1 or 2: bytes taken, or −errno. */
  output(stream: number, bytes: Uint8Array): number;
  /** A guest waits for input of the stream: give it with pushInput or endInput. */
  wantInput?(stream: number): void;
}

export interface MachineOptions {
  /** Bytes that guests and kernel may use together. */
  memory?: number;
  maxTasks?: number;
  seed?: bigint;
  clock?: "real" | "virtual";
  /** Level of x86-64 that guests see (v2). */
  cpu?: "v1" | "v2";
  /** Instructions that may be run in all; 0 = no limit. */
  fuel?: bigint;
  trace?: TraceSink;
  /** Starts from this state instead of an empty machine; memory, maxTasks, seed and clock are then its own. */
  snapshot?: Snapshot;
  /** Is told of all that the machine gets from its host. */
  recorder?: Recorder;
  /** Gives each process streams of its own (Process.stdin, stdout, stderr) where spawn says "pipe". */
  streams?: boolean;
  /** Who answers what Linux leaves open: nobody (the default), a tape, or chance by a seed. */
  choices?: Choices;
  /** With the module of dist/ring3-check.wasm: checks the kernel's invariants after every so many system calls; 0 = never. */
  check?: number;
}

export interface SpawnOptions {
  argv?: string[];
  env?: Record<string, string>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** What descriptors 0, 1 and 2 are. */
  stdio?: [StreamKind, StreamKind, StreamKind];
}

export type StreamKind = "null" | "terminal" | "pipe" | "file";

/** How a process ended: its exit status, or the signal that killed it. */
export interface ExitStatus {
  code: number | null;
  signal: number | null;
}

/** A file whose pages are read when a guest first uses them. */
export interface LazySource {
  /** Where it is on the host: a snapshot that is loaded elsewhere opens it there. */
  origin?: string;
  size: number;
  /** Fills `page` (4096 bytes, zeroed) with what stands at `position`; false on an error. */
  read(position: number, page: Uint8Array): boolean;
}

/** Death of a process by a fault of its own. */
export interface Fault {
  pid: number;
  signal: number;
  address: bigint;
  rip: bigint;
  rflags: bigint;
  /** rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 */
  registers: BigUint64Array;
}

/** A file (a snapshot, a recording) is not what it should be; the message goes on from its name. */
export class FormatError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FormatError";
  }
}

/** The state that a promise waited in was given up: the machine was put back to a snapshot. */
export class RestoredError extends Error {
  constructor() {
    super("the machine was put back to an earlier state");
    this.name = "RestoredError";
  }
}

/** A call of the machine was refused: `errno` says why. */
export class MachineError extends Error {
  constructor(
    readonly errno: number,
    what: string,
  ) {
    super(`${what}: errno ${errno}`);
    this.name = "MachineError";
  }
}

/** The kernel found itself wrong, or the module trapped: the machine cannot go on. */
export class MachineCrash extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MachineCrash";
  }
}

/** The instructions that the machine was given are used up. */
export class FuelExhausted extends Error {
  constructor(readonly fuel: bigint) {
    super(`${fuel} instructions are used up`);
    this.name = "FuelExhausted";
  }
}

/** A fault of a task's memory. */
export class FaultError extends Error {
  constructor(readonly address: bigint) {
    super(`no access to 0x${address.toString(16)}`);
    this.name = "FaultError";
  }
}

/** A process that was spawned. */
export interface Process {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  /** Its input and output, in a machine with MachineOptions.streams; else null. */
  readonly stdin: WritableStream<Uint8Array> | null;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  kill(signal: number): void;
}
