// The bytes of a recording: what went into a machine, in the order it did.
//
//   call    1 │ export │ count │ values      what the host asked for; imports, calls and pokes that happen in it follow
//   return  2 │ value
//   poke    3 │ address │ length │ bytes     the host wrote into linear memory
//   import  4 │ import                       the machine asked its host; calls and pokes that happen in it follow
//   answer  5 │ value │ length │ bytes       the bytes stand in memory at the import's pointer afterwards
//   hash    6 │ u64                          of all memory in use, after the events so far
//   trap    7                                the call ended by a trap
//   end     8
//
// Numbers are zigzag varints; a value is preceded by its type.
import { FormatError } from "../types.ts";

export const OP = { CALL: 1, RETURN: 2, POKE: 3, IMPORT: 4, ANSWER: 5, HASH: 6, TRAP: 7, END: 8 } as const;

/** What a function of the module takes and gives. */
export type Value = number | bigint | undefined;

const TYPE = { NUMBER: 0, BIGINT: 1, WIDE: 2, NONE: 3 } as const;
const CHUNK = 1 << 16;

export class Writer {
  private bytes = new Uint8Array(CHUNK * 2);
  private length = 0;

  constructor(private readonly sink: (bytes: Uint8Array) => void) {}

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  op(op: number): void {
    this.room(16);
    this.bytes[this.length++] = op;
  }

  /** A safe integer. */
  int(value: number): void {
    this.room(10);
    let left = value >= 0 ? value * 2 : -value * 2 - 1;
    while (left >= 128) {
      this.bytes[this.length++] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    this.bytes[this.length++] = left;
  }

  value(value: Value): void {
    this.room(10);
    if (value === undefined) this.bytes[this.length++] = TYPE.NONE;
    else if (typeof value === "number") {
      this.bytes[this.length++] = TYPE.NUMBER;
      this.int(value);
    } else if (value >= -(2n ** 51n) && value <= 2n ** 51n) {
      this.bytes[this.length++] = TYPE.BIGINT;
      this.int(Number(value));
    } else {
      this.bytes[this.length++] = TYPE.WIDE;
      this.wide(value);
    }
  }

  /** A 64-bit word. */
  wide(value: bigint): void {
    this.room(8);
    new DataView(this.bytes.buffer).setBigUint64(this.length, BigInt.asUintN(64, value), true);
    this.length += 8;
  }

  data(bytes: Uint8Array): void {
    this.int(bytes.length);
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Between events: passes on what is there when it is much, or all of it. */
  flush(all: "all" | "much"): void {
    if (this.length === 0 || (all === "much" && this.length < CHUNK)) return;
    this.sink(this.bytes.slice(0, this.length));
    this.length = 0;
  }
}

/** The recording ended in the middle of an event. */
export class CutShort extends Error {}

export class Reader {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  private byte(): number {
    if (this.at >= this.bytes.length) throw new CutShort();
    return this.bytes[this.at++]!;
  }

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  op(): number {
    return this.byte();
  }

  int(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  value(): Value {
    const type = this.byte();
    switch (type) {
      case TYPE.NUMBER: return this.int();
      case TYPE.BIGINT: return BigInt(this.int());
      case TYPE.WIDE: return BigInt.asIntN(64, this.wide());
      case TYPE.NONE: return undefined;
      default: throw new FormatError(`is damaged at byte ${this.at} of its events`);
    }
  }

  wide(): bigint {
    if (this.at + 8 > this.bytes.length) throw new CutShort();
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset).getBigUint64(this.at, true);
    this.at += 8;
    return value;
  }

  data(): Uint8Array {
    const length = this.int();
    if (length < 0 || this.at + length > this.bytes.length) throw new CutShort();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** Functions of the module in an order that does not depend on how it was optimised. */
export function functionNames(module: WebAssembly.Module): { imports: string[]; exports: string[] } {
  const names = (list: { name: string; kind: string }[]) => list.filter(({ kind }) => kind === "function").map(({ name }) => name).sort();
  return { imports: names(WebAssembly.Module.imports(module).filter(({ module }) => module === "host")), exports: names(WebAssembly.Module.exports(module)) };
}

/** Exports that only tell and change nothing: calls of these are not recorded. */
export const ONLY_TELLS = new Set([
  "retired", "idleUntil", "framesUsed", "framesPeak", "framesTotal", "faultReport", "terminalForeground", "taskArgs", "taskContext", "taskContextSize", "taskDone",
  "taskResult", "taskInjected", "memoryPart", "hashPage", "machineHash", "hostScratch", "kmallocLive", "machineBusy", "choicesMade", "choicesLogBegin", "choicesLogged", "groupsAlive", "stateClean",
]);

/** Bytes that an import leaves in memory: from the argument with that index, as many as another one says. */
export const FILLS: Record<string, { pointer: number; bytes(args: readonly Value[]): number }> = {
  readPage: { pointer: 2, bytes: () => 4096 },
  file: { pointer: 3, bytes: (args) => args[4] as number },
};
