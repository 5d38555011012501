// The trace as one JSON object a line: what the text says, in members a program can use.
import { Call } from "./call.ts";
import { errorName, errorText, isRestart } from "./errno.ts";
import { resultText, runCall, unknownRow } from "./formatter.ts";
import { rowOf } from "./rows.ts";
import { STRUCTURES } from "./structs.ts";
import { MemoryReader, signal, View } from "./values.ts";

export interface JsonOptions {
  /** Receives one line with its newline. */
  write(line: string): void;
  filter?: (nr: number) => boolean;
  stringLimit?: number;
  /** Time of the machine in nanoseconds, written as `ts` when given. */
  now?: () => bigint;
}

interface Open {
  call: Call;
  entered: bigint | undefined;
}

/** Same events as StraceFormatter; a system call is one object, written when it ends. */
export class JsonFormatter {
  private readonly open = new Map<number, Open>();

  constructor(private readonly options: JsonOptions) {}

  private put(object: Record<string, unknown>, ts = this.options.now?.()): void {
    const line = ts === undefined ? object : { ts: Number(ts), ...object };
    this.options.write(JSON.stringify(line) + "\n");
  }

  /** A task is there. */
  attached(_tid: number): void {}

  /** A new task is there. */
  announce(tid: number): void {
    this.put({ event: "attach", pid: tid });
  }

  /** The first process, as the execve that the host did for it. */
  started(tid: number, path: string, argv: string[], _envp: bigint, variables: number): void {
    if (this.options.filter && !this.options.filter(59)) return;
    this.put({ event: "start", pid: tid, path, argv, variables });
  }

  /** A system call begins. */
  enter(tid: number, nr: number, args: bigint[], read: MemoryReader, sp = 0n): void {
    this.open.delete(tid);
    if (this.options.filter && !this.options.filter(nr)) return;
    const call = new Call(rowOf(nr) ?? unknownRow(nr), args, read, this.options.stringLimit ?? 32);
    if (nr === 15) call.kept = sp;
    runCall(call);
    this.open.set(tid, { call, entered: this.options.now?.() });
  }

  /** The call of `tid` has its result. */
  exit(tid: number, result: bigint, read: MemoryReader, remark = ""): void {
    const open = this.open.get(tid);
    if (!open) return;
    this.open.delete(tid);
    const { call } = open;
    call.entering = false;
    call.result = result;
    call.read = read;
    runCall(call);
    this.put({ ...this.describe(tid, call), ...outcome(call), ...(remark.includes("INJECTED") ? { injected: true } : {}), ...(remark.includes("DELAYED") ? { delayed: true } : {}) }, open.entered);
  }

  private describe(tid: number, call: Call): Record<string, unknown> {
    const { row } = call;
    const texts = splitArguments(call.out);
    const named = row.args.map((a, i) => ({ name: a.name, raw: "0x" + call.args[i].toString(16), ...(texts[i] === undefined ? {} : { text: texts[i] }) }));
    return { event: "syscall", pid: tid, syscall: row.name, nr: row.nr, args: named };
  }

  /** A signal is delivered; `info` is its siginfo_t. */
  signal(tid: number, signo: number, info: Uint8Array): void {
    this.put({ event: "signal", pid: tid, signal: signal(signo), info: STRUCTURES.siginfo.print(new View(info)) });
  }

  /** Job control stopped `tid`. */
  stopped(tid: number, signo: number): void {
    this.put({ event: "stop", pid: tid, signal: signal(signo) });
  }

  /** execve of another thread of the group ended `tid`. */
  superseded(tid: number, by: number): void {
    this.put({ event: "superseded", pid: tid, by });
  }

  /** The call that the task ends in, without a result. */
  ending(tid: number): void {
    const open = this.open.get(tid);
    if (!open) return;
    this.open.delete(tid);
    this.put({ ...this.describe(tid, open.call), unfinished: true }, open.entered);
  }

  /** The task has ended with wait status `status`. */
  exited(tid: number, status: number): void {
    this.ending(tid);
    const sig = status & 0x7f;
    this.put(sig ? { event: "exit", pid: tid, signal: signal(sig), core: (status & 0x80) !== 0 } : { event: "exit", pid: tid, status: (status >> 8) & 0xff });
  }

  /** Nothing comes any more. */
  close(): void {
    for (const tid of [...this.open.keys()]) this.ending(tid);
  }
}

function outcome(call: Call): Record<string, unknown> {
  if (!call.failed) return { result: resultValue(call.result), text: resultText(call) };
  const n = Number(-call.result);
  const name = errorName(n) ?? String(n);
  return isRestart(n) ? { result: null, restart: name, text: errorText(n) } : { result: -1, error: name, errno: n, text: errorText(n) };
}

/** A number where it is exact, else hexadecimal text. */
function resultValue(v: bigint): number | string {
  return v >= -(2n ** 53n) && v <= 2n ** 53n ? Number(v) : "0x" + BigInt.asUintN(64, v).toString(16);
}

/** Cuts the argument text at the commas that stand outside brackets and quotes. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  if (last) parts.push(last);
  return parts;
}
