// A program as objects, and as the bytes of assembly/fuzz/program.ts.
import type { CallType, Grammar } from "./grammar.ts";

export type CellKind = "const" | "ref" | "pointer" | "pid" | "fill" | "handler" | "restorer" | "string" | "text";
const CELL_KINDS: CellKind[] = ["const", "ref", "pointer", "pid", "fill", "handler", "restorer", "string", "text"];

/** One value: an argument (address 0), or what is stored before the call. */
export interface Cell {
  kind: CellKind;
  size: number;
  /** ref: call × 4 + slot; fill, text: bytes. */
  aux: number;
  address: number;
  value: bigint;
}

export interface Call {
  type: CallType;
  actor: number;
  /** The actor that a fork begins; 0 = none. */
  makes: number;
  /** Bytes of its window that the report shows. */
  window: number;
  args: Cell[];
  stores: Cell[];
}

export const SCHEDULES = ["order", "random", "pct", "preempt", "steps", "uniform"] as const;
export type ScheduleKind = (typeof SCHEDULES)[number];

export interface Schedule {
  kind: ScheduleKind;
  /** Whoever was woken goes on at once. */
  eager: boolean;
  seed: bigint;
  depth: number;
  steps: number[];
}

export interface Program {
  processes: number;
  schedule: Schedule;
  choices: number[];
  calls: Call[];
}

export const DATA = 0x20000000;
export const BIG = 0x20010000;
export const SHARED = 0x21000000;
export const WINDOW = 1024;
export const WINDOWS = 60;
export const CALLS_MAX = 64;
export const STEPS_MAX = 72;
const HEAD = 128;
const STEPS = 24;
const CHOICES = 96;
const CHOICES_MAX = 32;
const CELL = 16;
const PROGRAM_BYTES = 0x8000 - 64;

export class ProgramError extends Error {}

export function decodeProgram(bytes: Uint8Array, grammar: Grammar): Program {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0, true);
  const kind = view.getUint8(3);
  const program: Program = {
    processes: view.getUint8(2),
    schedule: {
      kind: SCHEDULES[kind & 0x7f] ?? "order",
      eager: (kind & 0x80) !== 0,
      seed: view.getBigUint64(8, true),
      depth: view.getUint8(16),
      steps: [...bytes.subarray(STEPS, STEPS + view.getUint8(17))],
    },
    choices: [...bytes.subarray(CHOICES, CHOICES + CHOICES_MAX)].filter((choice) => choice !== 0),
    calls: [],
  };
  let at = HEAD;
  const cell = (): Cell => {
    const made: Cell = { kind: CELL_KINDS[view.getUint8(at)] ?? "const", size: view.getUint8(at + 1), aux: view.getUint16(at + 2, true), address: view.getUint32(at + 4, true), value: view.getBigUint64(at + 8, true) };
    at += CELL;
    return made;
  };
  for (let i = 0; i < count; i++) {
    const type = grammar.calls[view.getUint16(at, true)];
    if (!type) throw new ProgramError(`call ${i} is of no known kind`);
    const [actor, args, stores, makes] = [view.getUint8(at + 2), view.getUint8(at + 3), view.getUint8(at + 4), view.getUint8(at + 5)];
    const window = view.getUint16(at + 6, true);
    at += 8;
    program.calls.push({ type, actor, makes, window, args: Array.from({ length: args }, cell), stores: Array.from({ length: stores }, cell) });
  }
  return program;
}

export function encodeProgram(program: Program): Uint8Array {
  if (program.calls.length > CALLS_MAX) throw new ProgramError(`more than ${CALLS_MAX} calls`);
  const bytes = new Uint8Array(HEAD + program.calls.reduce((sum, call) => sum + 8 + CELL * (call.args.length + call.stores.length), 0));
  if (bytes.length > PROGRAM_BYTES) throw new ProgramError("the program is too long");
  const view = new DataView(bytes.buffer);
  const { schedule } = program;
  view.setUint16(0, program.calls.length, true);
  view.setUint8(2, program.processes);
  view.setUint8(3, SCHEDULES.indexOf(schedule.kind) | (schedule.eager ? 0x80 : 0));
  view.setUint32(4, bytes.length, true);
  view.setBigUint64(8, BigInt.asUintN(64, schedule.seed), true);
  view.setUint8(16, schedule.depth);
  const steps = schedule.steps.slice(0, STEPS_MAX);
  view.setUint8(17, steps.length);
  view.setUint16(18, program.calls.length, true);
  bytes.set(steps, STEPS);
  bytes.set(program.choices.slice(0, CHOICES_MAX), CHOICES);
  let at = HEAD;
  for (const call of program.calls) {
    view.setUint16(at, call.type.index, true);
    view.setUint8(at + 2, call.actor);
    view.setUint8(at + 3, call.args.length);
    view.setUint8(at + 4, call.stores.length);
    view.setUint8(at + 5, call.makes);
    view.setUint16(at + 6, call.window, true);
    at += 8;
    for (const cell of [...call.args, ...call.stores]) {
      view.setUint8(at, CELL_KINDS.indexOf(cell.kind));
      view.setUint8(at + 1, cell.size);
      view.setUint16(at + 2, cell.aux, true);
      view.setUint32(at + 4, cell.address, true);
      view.setBigUint64(at + 8, BigInt.asUintN(64, cell.value), true);
      at += CELL;
    }
  }
  return bytes;
}

/** The same program without the calls that `keep` refuses; references to them become plain values. */
export function withCalls(program: Program, keep: (index: number) => boolean): Program {
  const numbers = new Map<number, number>();
  const calls: Call[] = [];
  const renumber = (cell: Cell): Cell => {
    if (cell.kind !== "ref") return cell;
    const to = numbers.get(cell.aux >> 2);
    return to === undefined ? { ...cell, kind: "const", aux: 0 } : { ...cell, aux: (to << 2) | (cell.aux & 3) };
  };
  program.calls.forEach((call, i) => {
    if (!keep(i)) return;
    calls.push({ ...call, args: call.args.map(renumber), stores: call.stores.map(renumber) });
    numbers.set(i, calls.length - 1);
  });
  return { ...program, calls };
}
