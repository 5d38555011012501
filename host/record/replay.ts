// Runs a recording again: the same calls, answered the same, give the same results and the same memory, bit for bit.
import { FormatError } from "../types.ts";
import { CutShort, FILLS, OP, Reader, functionNames, type Value } from "./stream.ts";

export interface ReplayOptions {
  /** What the guests wrote then, again. */
  output?: (stream: number, bytes: Uint8Array) => void;
  /** Called after each event with its number; true stops there. */
  afterEvent?: (event: number) => boolean | void;
}

export interface ReplayResult {
  /** Calls of the host that were made again. */
  events: number;
  /** Memory hashes that were compared, all equal. */
  hashes: number;
  /** Hash of all memory at the end. */
  hash: bigint;
  /** False when the recording was cut short: all that it holds was replayed. */
  complete: boolean;
  /** Where the guests' processes ended: wait status by pid, in order. */
  exits: [pid: number, status: number][];
  /** The first process that the host started. */
  first: number | null;
  /** Instructions that ran. */
  retired: bigint;
}

/** The run is another than the recorded one: a bug of ours, or a recording of another machine. */
export class ReplayError extends Error {
  constructor(
    readonly event: number,
    what: string,
  ) {
    super(`the run differs at event ${event}: ${what}`);
    this.name = "ReplayError";
  }
}

const EVENT_GROUP_ENDED = 4;

/** A recording, to be run again in a machine of its own. */
export class Replay {
  private readonly in: Reader;
  private readonly names;
  private raw!: Record<string, (...args: Value[]) => Value>;
  private memory!: WebAssembly.Memory;
  private events = 0;
  private hashes = 0;
  private first: number | null = null;
  private readonly exits: [number, number][] = [];

  constructor(
    module: WebAssembly.Module,
    events: Uint8Array,
    private readonly options: ReplayOptions = {},
  ) {
    this.in = new Reader(events);
    this.names = functionNames(module);
    const imports = Object.fromEntries(this.names.imports.map((name, index) => [name, (...args: Value[]) => this.answer(index, name, args)]));
    const { exports } = new WebAssembly.Instance(module, { host: imports as WebAssembly.ModuleImports });
    this.memory = exports.memory as WebAssembly.Memory;
    this.raw = exports as never;
  }

  /** The machine's exports: to look into it when it stands still. */
  get exports(): unknown {
    return this.raw;
  }

  /**
   * Runs it to its end, or to where it was cut.
   * @throws ReplayError when the run goes another way than it did, FormatError when the recording is damaged
   */
  run(): ReplayResult {
    let complete = false;
    try {
      complete = this.steps();
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
    }
    return { events: this.events, hashes: this.hashes, hash: this.hash(), complete, exits: this.exits, first: this.first, retired: this.raw.retired!() as bigint };
  }

  private steps(): boolean {
    for (;;) {
      const op = this.in.op();
      if (op === OP.END) return true;
      if (op === OP.CALL) {
        this.call();
        this.events++;
        if (this.options.afterEvent?.(this.events)) return true;
      } else if (op === OP.HASH) this.compareHash();
      else this.inside(op);
    }
  }

  private hash(): bigint {
    return BigInt.asUintN(64, this.raw.machineHash!() as bigint);
  }

  private compareHash(): void {
    const then = this.in.wide();
    const now = this.hash();
    if (then !== now) throw new ReplayError(this.events, `memory hash ${now.toString(16)}, then ${then.toString(16)}`);
    this.hashes++;
  }

  private inside(op: number): void {
    if (op === OP.CALL) this.call();
    else if (op === OP.POKE) {
      const at = this.in.int();
      const bytes = this.in.data();
      if (at + bytes.length > this.memory.buffer.byteLength) throw new FormatError(`is damaged at event ${this.events}`);
      new Uint8Array(this.memory.buffer, at, bytes.length).set(bytes);
    } else throw new ReplayError(this.events, `the recording goes on with ${op}, which cannot stand here`);
  }

  private call(): void {
    const name = this.names.exports[this.in.int()];
    if (!name) throw new FormatError(`is damaged at event ${this.events}`);
    const args = Array.from({ length: this.in.int() }, () => this.in.value());
    let result: Value;
    try {
      result = this.raw[name]!(...args);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      if (this.in.op() !== OP.TRAP) throw new ReplayError(this.events, `${name} trapped: ${error.message}`);
      return;
    }
    const op = this.in.op();
    if (op !== OP.RETURN) throw new ReplayError(this.events, `${name} returned ${result} where the recording goes on`);
    const then = this.in.value();
    if (name === "processSpawn" && (result as number) > 0) this.first ??= result as number;
    if (result !== then) throw new ReplayError(this.events, `${name} returned ${result}, then ${then}`);
  }

  private answer(index: number, name: string, args: Value[]): Value {
    const op = this.in.op();
    const then = op === OP.IMPORT ? this.names.imports[this.in.int()] : undefined;
    if (op !== OP.IMPORT || then !== name) throw new ReplayError(this.events, `the machine asks for ${name}${then ? `, then for ${then}` : ""}`);
    for (;;) {
      const next = this.in.op();
      if (next === OP.ANSWER) break;
      this.inside(next);
    }
    const result = this.in.value();
    const bytes = this.in.data();
    const fills = FILLS[name];
    if (fills && bytes.length) new Uint8Array(this.memory.buffer, (args[fills.pointer] as number) >>> 0, bytes.length).set(bytes);
    this.watch(name, args, result);
    return result;
  }

  private watch(name: string, args: Value[], result: Value): void {
    if (name === "output" && (result as number) > 0) this.options.output?.(args[0] as number, new Uint8Array(this.memory.buffer, (args[1] as number) >>> 0, result as number));
    if (name === "taskEvent" && args[0] === EVENT_GROUP_ENDED) this.exits.push([args[1] as number, args[2] as number]);
  }
}
