// The host's side of the machine's checks of itself (assembly/check): text of what they find, and the look for lost wake-ups.
import type { Exports } from "./exports.ts";
import { SYS } from "./gen/syscalls.ts";
import { MachineCrash } from "./types.ts";

/** Exports of dist/ring3-check.wasm alone. */
export interface CheckExports extends Exports {
  checkEvery(calls: number): void;
  checkSeed(fault: number): void;
  checkCalls(): number;
  probe(tid: number): number;
  probeCall(tid: number): number;
  probeNext(tid: number): number;
}

/** What a check found: the machine stops by it. */
export class ViolationError extends MachineCrash {
  override readonly name = "ViolationError";
}

const names = new Map<number, string>(Object.entries(SYS).map(([name, nr]) => [nr, name]));
const callName = (nr: number) => names.get(nr) ?? `system call ${nr}`;

export class Checker {
  /** A sleeper looks again: what it does reaches nobody. */
  probing = false;
  private readonly exports: () => CheckExports;
  private readonly hostClock: (kind: number) => bigint;
  /** While a sleeper looks time stands still. */
  private stopped: [bigint, bigint] | null = null;

  constructor(exports: () => Exports, clock: (kind: number) => bigint) {
    this.exports = exports as () => CheckExports;
    this.hostClock = clock;
  }

  imports() {
    return {
      clock: (kind: number) => (this.stopped ? this.stopped[kind === 0 ? 0 : 1] : this.hostClock(kind)),
      violation: (what: number, object: number, expected: number, found: number, tid: number, nr: number) => {
        const { memory } = this.exports();
        const bytes = new DataView(memory.buffer).getUint32(what - 4, true);
        const text = new TextDecoder("utf-16le").decode(new Uint8Array(memory.buffer, what >>> 0, bytes));
        throw new ViolationError(`${text}: object 0x${(object >>> 0).toString(16)}, expected ${expected >>> 0}, found ${found >>> 0}, after ${callName(nr)} of task ${tid}`);
      },
      sleepers: () => {
        this.stopped = [this.hostClock(0), this.hostClock(1)];
        try {
          this.lookForLostWakeups();
        } finally {
          this.stopped = null;
        }
      },
    };
  }

  private lookForLostWakeups(): void {
    const exports = this.exports();
    let tid = exports.probeNext(0);
    if (!tid) return;
    const parts = [0, 1, 2].map((which) => exports.memoryPart(which) >>> 0) as [number, number, number];
    const copy = (from: number, to: number) => new Uint8Array(exports.memory.buffer, from, to - from).slice();
    const [low, high] = [copy(0, parts[0]), copy(parts[1], parts[2])];
    for (; tid; tid = exports.probeNext(tid)) {
      const nr = exports.probeCall(tid);
      this.probing = true;
      let ends: number;
      try {
        ends = exports.probe(tid);
      } finally {
        this.probing = false;
      }
      const memory = new Uint8Array(exports.memory.buffer);
      memory.set(low, 0);
      memory.set(high, parts[1]);
      exports.machineRestored();
      if (ends) throw new ViolationError(`lost wake-up: task ${tid} sleeps in ${callName(nr)}, which would end now`);
    }
  }
}
