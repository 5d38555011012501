// Choices that Linux leaves open, and tapes of them: who runs, who is woken, and all else that assembly/lib/choose.ts is asked.
import type { Exports } from "./exports.ts";
import { FormatError, MachineError } from "./types.ts";

const ENOMEM = 12;
const RANDOM = 1;
const TAPE = 2;
const LOG = 4;
const ENTRY = 8;
const LOG_ENTRIES = 1 << 16;

/** In the order of assembly/lib/choose.ts. */
export const CHOICE_KINDS = ["run", "slice", "wake", "short", "pid", "mmap", "alloc", "preempt", "store", "eintr", "poll", "aslr"] as const;

/**
 * A choice that Linux leaves open:
 * - `run` which runnable task goes on, `slice` for how long, `preempt` whether it then stops at any instruction instead of a taken
 *   branch, `store` whether others see the store of that instruction only when the task goes on;
 * - `wake` which of several waiters is woken, `poll` which ready descriptor an epoll tells first, `short` how much of what is there
 *   a pipe, socket or terminal gives, `eintr` whether a sleep ends early where it may without a signal handler;
 * - `pid` which ids are left out, `mmap` how far below the highest place a mapping goes, `aslr` where execve puts program, heap, mappings and stack, `alloc` which allocation of the kernel fails.
 */
export type ChoiceKind = (typeof CHOICE_KINDS)[number];

/** What chance answers when no kinds are named. */
export const USUAL_KINDS: readonly ChoiceKind[] = ["run", "slice", "wake", "short", "preempt", "store", "poll"];

/** One choice that was made: `answer` of 0 … n − 1, where 0 is what Linux does when nothing interferes. */
export interface Choice {
  kind: ChoiceKind;
  n: number;
  answer: number;
}

/** Who answers choices: a tape first, when there is one; then chance, when there is a seed; else every answer is 0. */
export interface Choices {
  seed?: bigint;
  /** The kinds that chance answers (USUAL_KINDS). */
  kinds?: readonly ChoiceKind[];
  /** Answers in order. One of another kind than is asked for waits: what is asked meanwhile is answered 0. */
  tape?: readonly Choice[];
  /** Writes down the first so many choices (true: 65,536) for Machine.choiceTape. */
  log?: boolean | number;
}

/** A tape that makes the n-th choice of `kind` (from 1) be `answer`, such as the n-th allocation fail: nthChoice("alloc", 3). */
export function nthChoice(kind: ChoiceKind, n: number, answer = 1): Choice[] {
  return Array.from({ length: n }, (_, i) => ({ kind, n: answer + 1, answer: i === n - 1 ? answer : 0 }));
}

function buffer(exports: Exports, entries: number): number {
  const at = exports.hostAlloc(Math.max(entries, 2) * ENTRY);
  if (!at) throw new MachineError(ENOMEM, "a tape of choices");
  return at;
}

/** What sets choices needs of the machine. */
interface Chooser {
  readonly exports: Exports;
  poke(at: number, bytes: Uint8Array): void;
}

/** Machine.setChoices. */
export function applyChoices(machine: Chooser, { seed, kinds = USUAL_KINDS, tape, log }: Choices): void {
  const { exports } = machine;
  const unknown = kinds.find((kind) => !CHOICE_KINDS.includes(kind));
  if (unknown) throw new TypeError(`no choice is named ${unknown}`);
  const mask = kinds.reduce((sum, kind) => sum | (1 << CHOICE_KINDS.indexOf(kind)), 0);
  exports.choicesSet((seed === undefined ? 0 : RANDOM) | (tape ? TAPE : 0) | (log ? LOG : 0), mask, BigInt.asUintN(64, seed ?? 0n));
  if (tape) {
    const at = buffer(exports, tape.length);
    const bytes = new Uint8Array(tape.length * ENTRY);
    const view = new DataView(bytes.buffer);
    tape.forEach(({ kind, n, answer }, i) => {
      view.setUint32(i * ENTRY, (CHOICE_KINDS.indexOf(kind) << 24) | (n & 0xffffff), true);
      view.setUint32(i * ENTRY + 4, answer, true);
    });
    machine.poke(at, bytes);
    exports.choicesTape(at, tape.length);
  }
  if (log) {
    const entries = log === true ? LOG_ENTRIES : log;
    exports.choicesLog(buffer(exports, entries), entries);
  }
}

/** Machine.choiceTape. */
export function readChoices(exports: Exports): Choice[] {
  const begin = exports.choicesLogBegin() >>> 0;
  const view = new DataView(exports.memory.buffer);
  return Array.from({ length: exports.choicesLogged() }, (_, i) => {
    const word = view.getUint32(begin + i * ENTRY, true);
    return { kind: CHOICE_KINDS[word >>> 24]!, n: word & 0xffffff, answer: view.getUint32(begin + i * ENTRY + 4, true) };
  });
}

/** A tape as text: a choice a line, `KIND N ANSWER`; those that are 0 at the end are left out. */
export function choicesText(tape: readonly Choice[]): string {
  let length = tape.length;
  while (length && tape[length - 1]!.answer === 0) length--;
  return tape.slice(0, length).map(({ kind, n, answer }) => `${kind} ${n} ${answer}\n`).join("");
}

/**
 * Reads what choicesText wrote; lines that begin with # say nothing.
 * @throws FormatError with the line that is wrong
 */
export function parseChoices(text: string): Choice[] {
  return text.split("\n").flatMap((line, i) => {
    if (!line.trim() || line.startsWith("#")) return [];
    const [kind, n, answer, ...more] = line.trim().split(/\s+/);
    const choice = { kind: kind as ChoiceKind, n: Number(n), answer: Number(answer) };
    if (more.length || !CHOICE_KINDS.includes(choice.kind) || !Number.isInteger(choice.n) || !Number.isInteger(choice.answer) || choice.answer < 0 || choice.answer > 0xffff_ffff) throw new FormatError(`line ${i + 1}: "${line}" is no choice such as "run 3 1"`);
    return [choice];
  });
}
