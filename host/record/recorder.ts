// Writes down all that a machine gets from its host: calls of its exports, bytes put into its memory, answers of its imports.
import { FILLS, ONLY_TELLS, OP, Writer, functionNames, type Value } from "./stream.ts";

type Functions = Record<string, (...args: never[]) => Value | void>;

export interface RecorderOptions {
  /** A hash of all memory is written after so many events (256); an event is a call of the host that nothing else caused. */
  hashEvery?: number;
}

/** Give it to a machine (MachineOptions.recorder); its bytes come to the sink. */
export class Recorder {
  private readonly out: Writer;
  private readonly hashEvery: number;
  private depth = 0;
  private events = 0;
  private memory: WebAssembly.Memory | null = null;
  private hash: (() => bigint) | null = null;
  private ended = false;

  constructor(sink: (bytes: Uint8Array) => void, { hashEvery = 256 }: RecorderOptions = {}) {
    this.out = new Writer(sink);
    this.hashEvery = hashEvery;
  }

  /** The machine's imports, written down. */
  imports(module: WebAssembly.Module, imports: Functions): Functions {
    const { imports: names } = functionNames(module);
    return Object.fromEntries(names.filter((name) => imports[name]).map((name) => [name, this.importOf(names.indexOf(name), name, imports[name]!)]));
  }

  private importOf(index: number, name: string, call: (...args: never[]) => Value | void) {
    const fills = FILLS[name];
    return (...args: never[]): Value => {
      this.out.op(OP.IMPORT);
      this.out.int(index);
      const result = call(...args) as Value;
      this.out.op(OP.ANSWER);
      this.out.value(result);
      if (fills) this.out.data(new Uint8Array(this.memory!.buffer, (args[fills.pointer] as number) >>> 0, fills.bytes(args)));
      else this.out.int(0);
      return result;
    };
  }

  /** The machine's exports, written down. */
  exports<T>(module: WebAssembly.Module, exports: T): T {
    const raw = exports as Record<string, unknown>;
    this.memory = raw.memory as WebAssembly.Memory;
    this.hash = raw.machineHash as () => bigint;
    const recorded: Record<string, unknown> = { ...raw };
    functionNames(module).exports.forEach((name, index) => {
      if (!ONLY_TELLS.has(name)) recorded[name] = this.exportOf(index, raw[name] as (...args: Value[]) => Value);
    });
    return recorded as T;
  }

  private exportOf(index: number, call: (...args: Value[]) => Value) {
    return (...args: Value[]): Value => {
      const { out } = this;
      out.op(OP.CALL);
      out.int(index);
      out.int(args.length);
      for (const arg of args) out.value(arg);
      this.depth++;
      let result: Value;
      try {
        result = call(...args);
      } catch (error) {
        this.depth--;
        out.op(OP.TRAP);
        this.end();
        throw error;
      }
      this.depth--;
      out.op(OP.RETURN);
      out.value(result);
      if (this.depth === 0) this.event();
      return result;
    };
  }

  private event(): void {
    this.events++;
    if (this.events % this.hashEvery === 0) this.writeHash();
    this.out.flush("much");
  }

  private writeHash(): void {
    this.out.op(OP.HASH);
    this.out.wide(this.hash!());
  }

  /** The host writes into linear memory. */
  poke(at: number, bytes: Uint8Array): void {
    this.out.op(OP.POKE);
    this.out.int(at >>> 0);
    this.out.data(bytes);
  }

  /** Writes the last hash: the recording is complete. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.hash && this.depth === 0) this.writeHash();
    this.out.op(OP.END);
    this.out.flush("all");
  }
}
