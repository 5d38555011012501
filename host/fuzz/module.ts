// The fuzzer's module (dist/ring3-fuzz.wasm) from TypeScript. No node: here.
import type { Grammar } from "./grammar.ts";
import { decodeProgram, encodeProgram, SCHEDULES, type Program, type ScheduleKind } from "./program.ts";

const FUZZ = 0x4000000;
const EDGE_MAP = FUZZ + 0x100000;
const EDGE_LIST = FUZZ + 0x140000;
const EDGE_COUNT = FUZZ + 0x180004;
const EDGES_SEEN = FUZZ + 0x18000c;
const FEATURES_SEEN = FUZZ + 0x180010;
const EDGE_BYTES = 0x40000;
const REPORT = FUZZ + 0x190000;
const GRAMMAR = FUZZ + 0x200000;
const PROGRAM = FUZZ + 0x300000;
const SCHEDULE_TRACE = FUZZ + 0x343000;
const FINDINGS = FUZZ + 0x184000;
const ACTORS = FUZZ + 0x340000;

interface Exports {
  memory: WebAssembly.Memory;
  stageBuild(processes: number): number;
  setSeed(seed: bigint): void;
  setOptions(calls: number, kinds: number, native: number, checkEvery: number, keep: number): void;
  campaignRun(count: number): number;
  runOnce(report: number): void;
  runMany(count: number): void;
  generateOnly(count: number): void;
  reset(): void;
  resetDifferences(): number;
  checkNow(): number;
  leaked(): number;
  sleepers(): number;
  dirtyCount(): number;
  scheduleSteps(): number;
  reportBytes(): number;
  executedCount(): bigint;
  corpusSize(): number;
  corpusAt(index: number): number;
  corpusAdd(at: number): number;
  corpusClear(): void;
}

export type EventType = "done" | "blocked" | "signal" | "gone" | "stopped" | "step" | "time" | "quiet" | "ready";
const EVENTS: (EventType | "")[] = ["", "done", "blocked", "signal", "gone", "stopped", "step", "time", "quiet", "ready"];

export interface FuzzEvent {
  type: EventType;
  actor: number;
  call: number;
  /** done: the result; signal: its number; quiet: bits of the actors that sleep. */
  result: bigint;
  bytes: Uint8Array;
}

/** What a check of the kernel's own state found. */
export type FindingKind = "lost wake-up" | "leak" | "trap" | "difference" | "property";

export interface Outcome {
  events: FuzzEvent[];
  /** Actors step by step. */
  steps: number[];
  /** Message and stack of a trap of the kernel. */
  trap: { message: string; stack: string } | null;
  /** Bits of actors that sleep at the end. */
  sleeping: number;
  /** The actor whose sleeping call should have been woken, −1 = none. */
  lostWakeup: number;
  /** Kernel objects that are left when all have ended, more than there should be. */
  leaked: number;
  /** Pids of the actors. */
  pids: number[];
}

export interface CampaignOptions {
  calls: number;
  schedules: ScheduleKind[];
  /** Woken actors go on at once, as native Linux lets them. */
  eager: boolean;
  /** A check of the kernel's state after one in so many programs. */
  checkEvery: number;
  keep: boolean;
}

export class FuzzModule {
  readonly exports: Exports;

  constructor(
    module: WebAssembly.Module,
    readonly grammar: Grammar,
    readonly processes: number,
  ) {
    const host = new Proxy({}, { get: (_, name) => () => { throw new Error(`the kernel asked its host for ${String(name)}`); } });
    const abort = (_message: number, _file: number, line: number, column: number) => {
      throw new Error(`assertion failed at line ${line}:${column}`);
    };
    this.exports = new WebAssembly.Instance(module, { host, env: { abort } }).exports as unknown as Exports;
    const error = this.exports.stageBuild(processes);
    if (error) throw new Error(`the fuzzer's machine could not be made (errno ${-error})`);
    this.bytes(GRAMMAR, 1 << 20).set(grammar.encode());
  }

  private bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  private u32(at: number): number {
    return new DataView(this.exports.memory.buffer).getUint32(at, true);
  }

  options({ calls, schedules, eager, checkEvery, keep }: CampaignOptions): void {
    const kinds = schedules.reduce((bits, kind) => bits | (1 << SCHEDULES.indexOf(kind)), 0);
    this.exports.setOptions(calls, kinds, eager ? 1 : 0, checkEvery, keep ? 1 : 0);
  }

  private put(program: Program): void {
    this.bytes(PROGRAM, 0x8000).set(encodeProgram(program));
  }

  /** The program that was made or run last. */
  current(): Program {
    return decodeProgram(this.bytes(PROGRAM, 0x8000), this.grammar);
  }

  corpus(index: number): Program {
    const at = this.exports.corpusAt(index);
    return decodeProgram(this.bytes(at, this.u32(at + 4)), this.grammar);
  }

  addToCorpus(program: Program): boolean {
    this.put(program);
    return this.exports.corpusAdd(PROGRAM) !== 0;
  }

  /** Runs a program from the start state, and tells all of it. `checks`: looks for lost wake-ups and leaks afterwards. */
  run(program: Program, { checks = true }: { checks?: boolean } = {}): Outcome {
    this.put(program);
    const outcome: Outcome = { events: [], steps: [], trap: null, sleeping: 0, lostWakeup: -1, leaked: 0, pids: [] };
    try {
      this.exports.runOnce(1);
      outcome.sleeping = this.exports.sleepers();
      outcome.events = this.events();
      outcome.pids = Array.from({ length: 8 }, (_, i) => this.u32(ACTORS + i * 64 + 4));
      if (checks) {
        outcome.lostWakeup = this.exports.checkNow();
        if (outcome.lostWakeup < 0) outcome.leaked = this.exports.leaked();
      }
    } catch (error) {
      outcome.trap = trapOf(error);
      outcome.events = this.events();
    }
    outcome.steps = [...this.bytes(SCHEDULE_TRACE, Math.min(255, this.exports.scheduleSteps()))];
    this.exports.reset();
    return outcome;
  }

  private events(): FuzzEvent[] {
    return decodeEvents(this.bytes(REPORT, this.exports.reportBytes()).slice());
  }

  /** Makes a program as a campaign would, without running it. */
  make(): Program {
    this.exports.generateOnly(1);
    return this.current();
  }

  /** Edges that a program takes, all of them. */
  edgesOf(program: Program): Uint32Array {
    const kept = this.bytes(EDGE_MAP, EDGE_BYTES).slice();
    const seen = this.edgeCount();
    this.bytes(EDGE_MAP, EDGE_BYTES).fill(0);
    new DataView(this.exports.memory.buffer).setUint32(EDGE_COUNT, 0, true);
    this.run(program, { checks: false });
    const edges = new Uint32Array(this.exports.memory.buffer, EDGE_LIST, this.u32(EDGE_COUNT)).slice();
    new DataView(this.exports.memory.buffer).setUint32(EDGE_COUNT, 0, true);
    this.bytes(EDGE_MAP, EDGE_BYTES).set(kept);
    new DataView(this.exports.memory.buffer).setUint32(EDGES_SEEN, seen, true);
    return edges;
  }

  /** Whether programs have taken new edges since the last question. */
  takeNew(): boolean {
    const some = this.u32(EDGE_COUNT) > 0;
    new DataView(this.exports.memory.buffer).setUint32(EDGE_COUNT, 0, true);
    return some;
  }

  /** Edges seen in all. */
  edgeCount(): number {
    return this.u32(EDGES_SEEN);
  }

  featureCount(): number {
    return this.u32(FEATURES_SEEN);
  }

  /** Forgets which findings were told. */
  forgetFindings(): void {
    this.bytes(FINDINGS, 0x4000).fill(0);
  }
}

export function trapOf(error: unknown): { message: string; stack: string } {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const frames = (stack ?? "").split("\n").filter((line) => /wasm/.test(line)).map((line) => line.trim().replace(/ \(wasm:.*$/, "").replace(/^at /, ""));
  // The kernel looped until its fuel was spent.
  if (frames[0]?.endsWith("fuelSpent")) return { message: "an endless loop", stack: frames.slice(1, 9).join(" ← ") };
  return { message, stack: frames.slice(0, 8).join(" ← ") };
}

/** Events as assembly/fuzz/report.ts writes them. */
export function decodeEvents(bytes: Uint8Array): FuzzEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: FuzzEvent[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    const type = EVENTS[bytes[at]!];
    if (type) events.push({ type, actor: bytes[at + 1]!, call: view.getUint16(at + 2, true), result: view.getBigInt64(at + 8, true), bytes: bytes.slice(at + 16, at + 16 + length) });
    at += 16 + ((length + 7) & ~7);
  }
  return events;
}
