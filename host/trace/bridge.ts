// From the machine's trace imports to a formatter. The machine calls while a guest is in the kernel;
// what is read of its memory is read then.
import type { MemoryReader } from "./values.ts";

/** What the bridge needs of the machine's exports. */
export interface TracedMachine {
  memory: WebAssembly.Memory;
  taskArgs(tid: number): number;
  taskContext(tid: number): number;
  taskRead(tid: number, addr: bigint, to: number, length: number): number;
  hostScratch(): number;
  taskInjected(tid: number): number;
}

/** StraceFormatter and JsonFormatter. */
export interface TraceSink {
  started(tid: number, path: string, argv: string[], envp: bigint, variables: number): void;
  enter(tid: number, nr: number, args: bigint[], read: MemoryReader, sp?: bigint): void;
  /** `remark`: what strace says behind the result, such as " (INJECTED)". */
  exit(tid: number, result: bigint, read: MemoryReader, remark?: string): void;
  signal(tid: number, signo: number, info: Uint8Array): void;
  stopped(tid: number, signo: number): void;
  announce(tid: number): void;
  exited(tid: number, status: number): void;
  close(): void;
}

/** Kinds of imports.ts: hostTaskEvent. */
const TASK_MADE = 0;
const TASK_EXITED = 1;
const TASK_STOPPED = 3;

/** assembly/task/inject.ts */
const INJECT_VALUE = 1;
const INJECT_DELAYED = 0x40;

const RSP = 4 * 8;
const SIGINFO_SIZE = 128;
const SCRATCH = 16384;

export class TraceBridge {
  private scratch = 0;

  constructor(private readonly machine: TracedMachine, private readonly sink: TraceSink) {}

  private reader(tid: number): MemoryReader {
    return (addr, length) => {
      const { machine } = this;
      this.scratch ||= machine.hostScratch() >>> 0;
      if (length < 0) return null;
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const part = Math.min(SCRATCH, length - done);
        if (machine.taskRead(tid, addr + BigInt(done), this.scratch, part) !== part) return null;
        bytes.set(new Uint8Array(machine.memory.buffer, this.scratch, part), done);
        done += part;
      }
      return bytes;
    };
  }

  /** Import traceEnter. */
  enter(tid: number, nr: number): void {
    const view = new DataView(this.machine.memory.buffer);
    const at = this.machine.taskArgs(tid) >>> 0;
    const args = [0, 1, 2, 3, 4, 5].map((i) => view.getBigUint64(at + 8 * i, true));
    const sp = view.getBigUint64((this.machine.taskContext(tid) >>> 0) + RSP, true);
    this.sink.enter(tid, nr, args, this.reader(tid), sp);
  }

  /** Import traceExit. */
  exit(tid: number, result: bigint): void {
    const injected = this.machine.taskInjected(tid);
    this.sink.exit(tid, result, this.reader(tid), `${injected & INJECT_VALUE ? " (INJECTED)" : ""}${injected & INJECT_DELAYED ? " (DELAYED)" : ""}`);
  }

  /** Import traceSignal: siginfo_t stands in linear memory. */
  signal(tid: number, signo: number, info: number): void {
    this.sink.signal(tid, signo, new Uint8Array(this.machine.memory.buffer, info >>> 0, SIGINFO_SIZE).slice());
  }

  /** Import taskEvent. */
  taskEvent(kind: number, tid: number, value: number): void {
    if (kind === TASK_MADE) this.sink.announce(tid);
    else if (kind === TASK_EXITED) this.sink.exited(tid, value);
    else if (kind === TASK_STOPPED) this.sink.stopped(tid, value);
  }
}
