// What happens in a machine, for those who listen: sinks of the trace, one beside the other; hooks; async iterables.
import { SYS } from "./gen/syscalls.ts";
import type { TraceSink } from "./trace/bridge.ts";
import type { MemoryReader } from "./trace/values.ts";

/** A system call at its entry, and again when it has its result. */
export interface SyscallEvent {
  type: "enter" | "exit";
  tid: number;
  nr: number;
  name: string;
  args: readonly bigint[];
  /** rax, −errno included; at "exit" only. */
  result: bigint | null;
  /** Reads the caller's memory; null at a fault. Only while the hook runs. */
  read: MemoryReader;
}

/** Something that happened; `read` of a system call is not there any more when an iterable gives it. */
export type MachineEvent =
  | Omit<SyscallEvent, "read">
  | { type: "start"; tid: number; path: string; argv: string[] }
  | { type: "task"; tid: number }
  | { type: "signal"; tid: number; signal: number; info: Uint8Array }
  | { type: "stopped"; tid: number; signal: number }
  | { type: "exited"; tid: number; status: number };

let names: Map<number, string> | null = null;

function nameOf(nr: number): string {
  names ??= new Map(Object.entries(SYS).map(([name, number]) => [number, name]));
  return names.get(nr) ?? `syscall_${nr}`;
}

/** Passes everything on to all its sinks. */
export class FanOut implements TraceSink {
  private readonly sinks = new Set<TraceSink>();

  get size(): number {
    return this.sinks.size;
  }

  add(sink: TraceSink): void {
    this.sinks.add(sink);
  }

  delete(sink: TraceSink): void {
    this.sinks.delete(sink);
  }

  started(...args: Parameters<TraceSink["started"]>): void {
    for (const sink of this.sinks) sink.started(...args);
  }

  enter(...args: Parameters<TraceSink["enter"]>): void {
    for (const sink of this.sinks) sink.enter(...args);
  }

  exit(...args: Parameters<TraceSink["exit"]>): void {
    for (const sink of this.sinks) sink.exit(...args);
  }

  signal(...args: Parameters<TraceSink["signal"]>): void {
    for (const sink of this.sinks) sink.signal(...args);
  }

  stopped(...args: Parameters<TraceSink["stopped"]>): void {
    for (const sink of this.sinks) sink.stopped(...args);
  }

  announce(tid: number): void {
    for (const sink of this.sinks) sink.announce(tid);
  }

  exited(...args: Parameters<TraceSink["exited"]>): void {
    for (const sink of this.sinks) sink.exited(...args);
  }

  close(): void {
    for (const sink of this.sinks) sink.close();
  }
}

const nothing = (): void => {};

/** A sink that hears of system calls alone. */
export function syscallSink(hook: (event: SyscallEvent) => void): TraceSink {
  const open = new Map<number, { nr: number; args: readonly bigint[] }>();
  return {
    started: nothing, signal: nothing, stopped: nothing, announce: nothing, close: nothing,
    enter(tid, nr, args, read) {
      open.set(tid, { nr, args });
      hook({ type: "enter", tid, nr, name: nameOf(nr), args, result: null, read });
    },
    exit(tid, result, read) {
      const call = open.get(tid);
      if (!call) return;
      open.delete(tid);
      hook({ type: "exit", tid, nr: call.nr, name: nameOf(call.nr), args: call.args, result, read });
    },
    exited: (tid) => void open.delete(tid),
  };
}

function eventSink(give: (event: MachineEvent) => void): TraceSink {
  const calls = syscallSink(({ read: _, ...event }) => give(event));
  return {
    ...calls,
    started: (tid, path, argv) => give({ type: "start", tid, path, argv }),
    signal: (tid, signal, info) => give({ type: "signal", tid, signal, info }),
    stopped: (tid, signal) => give({ type: "stopped", tid, signal }),
    announce: (tid) => give({ type: "task", tid }),
    exited(tid, status) {
      calls.exited(tid, status);
      give({ type: "exited", tid, status });
    },
  };
}

/** Events as an iterable that keeps what is not yet asked for. */
export function eventsOf(listen: (sink: TraceSink) => () => void): AsyncIterableIterator<MachineEvent> {
  const ready: MachineEvent[] = [];
  let wake: ((result: IteratorResult<MachineEvent>) => void) | null = null;
  let ended = false;
  const stop = listen(
    eventSink((event) => {
      if (!wake) return void ready.push(event);
      wake({ value: event, done: false });
      wake = null;
    }),
  );
  const finished: IteratorResult<MachineEvent> = { value: undefined, done: true };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const event = ready.shift();
      if (event) return Promise.resolve({ value: event, done: false });
      if (ended) return Promise.resolve(finished);
      return new Promise((resolve) => (wake = resolve));
    },
    return() {
      if (!ended) stop();
      ended = true;
      wake?.(finished);
      return Promise.resolve(finished);
    },
  };
}
