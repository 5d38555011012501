// The text of `strace -f`, made from events: enter, exit, signal, stop, end of a task.
// One line belongs to one task; when another one has to print, the first line is closed with
// `<unfinished ...>` and taken up again by `<... read resumed>`.
import { Call } from "./call.ts";
import { errorName, errorText, isRestart } from "./errno.ts";
import { Row, rowOf } from "./rows.ts";
import { SPECIAL } from "./special.ts";
import { STRUCTURES } from "./structs.ts";
import { hex, MemoryReader, octal, quote, signal, View } from "./values.ts";

export interface StraceOptions {
  /** Receives complete lines, with the newline. */
  write(line: string): void;
  /** Selects the system calls that are printed (filter.ts). */
  filter?: (nr: number) => boolean;
  /** Bytes of a string that are shown; 32 as in strace. */
  stringLimit?: number;
  /** Column of the `=`; 40 as in strace. */
  column?: number;
  /** "many": `[pid N] ` as soon as there are two tasks (a terminal); "always": `N ` on each line (a file); "never". */
  prefix?: "many" | "always" | "never";
}

interface Pending {
  call: Call;
  /** Text of the line up to now is on the output. */
  shown: boolean;
}

const RT_SIGRETURN = 15;
const EXECVE = 59;

/** Formats the arguments of a call: to be used at entry and again at exit. */
export function runCall(call: Call): void {
  const special = SPECIAL[call.row.name];
  if (special) special(call);
  else if (!call.done) call.generic();
}

export function unknownRow(nr: number): Row {
  const args = [0, 1, 2, 3, 4, 5].map((i) => ({ name: `a${i}`, kind: "hex", shape: "value" as const }));
  return { nr, name: `syscall_${hex(nr)}`, args, result: "int", blocks: false, remark: "" };
}

/** `= value`, with the error's name and text, or the note. */
export function resultText(call: Call): string {
  const value = call.result;
  if (value < 0n && value >= -4095n) {
    const n = Number(-value);
    const name = errorName(n);
    if (isRestart(n)) return `? ${name} (${errorText(n)})`;
    return name ? `-1 ${name} (${errorText(n)})` : `-1 (errno ${n})`;
  }
  let text = call.resultText;
  if (!text) {
    switch (call.row.result) {
      case "hex": text = hex(value); break;
      case "mode": text = octal(Number(value)).padStart(3, "0"); break;
      case "sig": text = `${value} (${signal(Number(value))})`; break;
      default: text = String(value);
    }
  }
  return call.note ? `${text} (${call.note})` : text;
}

/** Arguments of the execve that starts the first process. */
export function startArguments(path: string, argv: string[], envp: bigint, variables: number, limit: number): string {
  const encoder = new TextEncoder();
  const words = argv.slice(0, limit).map((word) => {
    const bytes = encoder.encode(word);
    return bytes.length > limit ? quote(bytes, limit) + "..." : quote(bytes);
  });
  if (argv.length > limit) words.push("...");
  return `${quote(encoder.encode(path))}, [${words.join(", ")}], ${hex(envp)} /* ${variables} var${variables === 1 ? "" : "s"} */`;
}

/** The text of `strace -f`: give it to a machine as MachineOptions.trace. */
export class StraceFormatter {
  private readonly pending = new Map<number, Pending>();
  private readonly tasks = new Set<number>();
  /** The task whose line is open, and the line's text. */
  private open: number | null = null;
  /** Name of the last call of each task, which restart_syscall names again. */
  private readonly last = new Map<number, string>();
  private line = "";
  /** Columns of the open line that are already on the output. */
  private before = 0;
  private readonly limit: number;
  private readonly column: number;

  constructor(private readonly options: StraceOptions) {
    this.limit = options.stringLimit ?? 32;
    this.column = options.column ?? 40;
  }

  /** A task is there. The first one is silent; for the others strace says that it is attached. */
  attached(tid: number): void {
    if (this.tasks.has(tid)) return;
    this.tasks.add(tid);
  }

  private prefix(tid: number): string {
    const how = this.options.prefix ?? "many";
    if (how === "always") return `${String(tid).padEnd(5)} `;
    return how === "many" && this.tasks.size > 1 ? `[pid ${String(tid).padStart(5)}] ` : "";
  }

  /** Begins a line of `tid`; another task's open line is left unfinished. */
  private begin(tid: number): void {
    this.interrupt();
    this.open = tid;
    this.line = this.prefix(tid);
  }

  /** Closes the open line, whoever it belongs to. */
  private interrupt(): void {
    if (this.open === null) return;
    this.line += " <unfinished ...>";
    this.end();
  }

  private end(): void {
    this.options.write(this.line + "\n");
    this.open = null;
    this.line = "";
    this.before = 0;
  }

  /** Makes the open line that of `tid`'s pending call. */
  private resume(tid: number, call: Call): void {
    if (this.open === tid) return;
    this.begin(tid);
    this.line += `<... ${call.row.name} resumed>`;
  }

  /** The first process: the execve that the host did for it, as strace shows the one of its own. */
  started(tid: number, path: string, argv: string[], envp: bigint, variables: number): void {
    this.attached(tid);
    if (this.options.filter && !this.options.filter(EXECVE)) return;
    this.begin(tid);
    this.line += `execve(${startArguments(path, argv, envp, variables, this.limit)})`;
    this.finish("0");
  }

  /** A system call begins. `sp` is the stack pointer (for rt_sigreturn's frame). */
  enter(tid: number, nr: number, args: bigint[], read: MemoryReader, sp = 0n): void {
    this.attached(tid);
    this.pending.delete(tid);
    if (this.options.filter && !this.options.filter(nr)) return;
    const call = new Call(rowOf(nr) ?? unknownRow(nr), args, read, this.limit);
    if (nr === RT_SIGRETURN) call.kept = sp;
    this.pending.set(tid, { call, shown: true });
    this.begin(tid);
    runCall(call);
    if (call.row.name === "restart_syscall") call.out = `<... resuming interrupted ${this.last.get(tid) ?? "system call"} ...>`;
    else this.last.set(tid, call.row.name);
    this.line += `${call.row.name}(${call.out}`;
    call.out = "";
  }

  /** The call of `tid` returns `result` (rax as a signed number; restart codes are -512 … -516). */
  exit(tid: number, result: bigint, read: MemoryReader, remark = ""): void {
    const pending = this.pending.get(tid);
    if (!pending) return;
    this.pending.delete(tid);
    const { call } = pending;
    this.resume(tid, call);
    call.entering = false;
    call.result = result;
    call.read = read;
    runCall(call);
    this.line += `${call.out})`;
    this.finish(resultText(call) + remark);
  }

  private finish(result: string): void {
    this.line += " ";
    this.line = this.line.padEnd(this.column - this.before) + `= ${result}`;
    this.end();
  }

  /** Signal `info` (siginfo_t's bytes) is delivered to `tid`. */
  signal(tid: number, signo: number, info: Uint8Array): void {
    this.attached(tid);
    this.begin(tid);
    const text = info.length >= 128 ? STRUCTURES.siginfo.print(new View(info)) : "";
    this.line += `--- ${signal(signo)}${text ? ` ${text}` : ""} ---`;
    this.end();
  }

  /** Job control stopped `tid`. */
  stopped(tid: number, signo: number): void {
    this.begin(tid);
    this.line += `--- stopped by ${signal(signo)} ---`;
    this.end();
  }

  /** execve of another thread of the group: `tid` lives on under the leader's number. */
  superseded(tid: number, by: number): void {
    this.begin(tid);
    this.line += `+++ superseded by execve in pid ${by} +++`;
    this.end();
    this.tasks.delete(tid);
  }

  /** The task is about to end inside a call: exit, exit_group, or a call that a fatal signal cut short. */
  ending(tid: number): void {
    const pending = this.pending.get(tid);
    if (!pending) return;
    this.pending.delete(tid);
    this.resume(tid, pending.call);
    this.line += pending.call.done ? ")" : " <unfinished ...>)";
    this.finish("?");
  }

  /** The task has ended with wait status `status`. */
  exited(tid: number, status: number): void {
    this.ending(tid);
    this.begin(tid);
    const sig = status & 0x7f;
    this.line += sig === 0 ? `+++ exited with ${(status >> 8) & 0xff} +++` : `+++ killed by ${signal(sig)}${status & 0x80 ? " (core dumped)" : ""} +++`;
    this.end();
    this.tasks.delete(tid);
  }

  /** Says that a new task is followed, as strace does on a terminal. */
  announce(tid: number): void {
    this.attached(tid);
    if ((this.options.prefix ?? "many") !== "many") return;
    // strace's message has no line of its own: it lands behind what the open line holds.
    if (this.open === null) this.options.write(`strace: Process ${tid} attached\n`);
    else {
      this.options.write(`${this.line}strace: Process ${tid} attached\n`);
      this.before += this.line.length;
      this.line = "";
    }
  }

  /** Writes what is left of an open line; to be called when the run is over. */
  close(): void {
    this.interrupt();
  }
}
