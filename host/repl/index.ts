// `ring3 repl`: system calls and assembler lines typed line by line, of processes that the host drives.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { assembleCode } from "../asm/index.ts";
import { UsageError } from "../cli/options.ts";
import { CONSTANTS } from "../fuzz/constants.ts";
import { registersOf } from "../hooks.ts";
import { ipcText } from "../ipc/text.ts";
import { Machine } from "../machine.ts";
import { NodeHost, machineModule } from "../node.ts";
import type { Snapshot } from "../snapshot.ts";
import { loadSnapshot } from "../state.ts";
import type { HostTask } from "../task.ts";
import { Call } from "../trace/call.ts";
import { resultText, runCall } from "../trace/formatter.ts";
import { ROWS, rowNamed } from "../trace/rows.ts";
import { signal } from "../trace/values.ts";
import { COMMANDS } from "./commands.ts";
import { sentenceOf } from "./manual.ts";
import { BadLine, Parser, splitArguments, type Output } from "./parse.ts";

const SHOWN = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"] as const;
const LONGEST = 1 << 20;
const STRING_LIMIT = 32;
const ASM_STEPS = 1_000_000;
const ASM_ROOM = 4096;
const ASM_STACK = 65536;
const CALL = /^(?:(\w+)\s*=(?!=)\s*)?(?:(p\d+)\s*:\s*)?(\w+)\s*\((.*)\)\s*;?$/;
const ASM = /^(?:(p\d+)\s*:\s*)?asm\s+(.+)$/;

type Values = Record<(typeof SHOWN)[number], bigint>;

/** What a process waits in: a call, or code that goes on behind a call up to `end`. */
type Pending = { text: string } & ({ call: Call; variable: string | undefined; outputs: Output[] } | { end: bigint });

interface Proc {
  task: HostTask;
  before: Values | null;
  pending: Pending | null;
  /** A page for code, and a stack behind it; 0 = not there yet. */
  code: bigint;
}

interface Saved {
  snapshot: Snapshot;
  current: string;
  vars: Map<string, bigint>;
  procs: Map<string, Proc>;
}

export class Repl {
  wrong = 0;
  private current = "p1";
  private vars = new Map<string, bigint>();
  private procs = new Map<string, Proc>();
  private readonly lines: string[] = [];
  private readonly saved = new Map<string, Saved>();
  private readonly running: string[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly print: (text: string) => void,
  ) {
    // Tasks of the snapshot that the machine began with.
    machine.tasks.forEach((task, i) => this.procs.set(`p${i + 1}`, { task, before: null, pending: null, code: 0n }));
  }

  /** Runs one line; false = quit. A wrong line is said, named by `place`. */
  line(text: string, place: string): boolean {
    const line = text.trim();
    if (!line || line.startsWith("#")) return true;
    try {
      const more = this.run(line);
      if (!/^(save|run|quit|help)\b/.test(line) && !this.running.length) this.lines.push(line);
      this.settle();
      return more;
    } catch (error) {
      this.wrong++;
      this.print(`repl: ${place}: ${(error as Error).message.split("\n")[0]}`);
      return true;
    }
  }

  /** Says which calls have ended. */
  settle(): void {
    this.machine.run();
    for (const [name, proc] of this.procs) {
      if (this.machine.exports.taskDone(proc.task.tid) < 0) {
        this.print(`${name} has ended`);
        this.procs.delete(name);
        continue;
      }
      if (!proc.pending || proc.task.waiting) continue;
      const { pending } = proc;
      proc.pending = null;
      if ("call" in pending) this.result(`${name}: `, proc, pending.call, proc.task.result, pending.variable, pending.outputs);
      else this.code(name, proc, pending.text, this.values(proc).rip, pending.end);
    }
  }

  private run(line: string): boolean {
    const assembler = ASM.exec(line);
    if (assembler) {
      this.assemble(assembler[1] ?? this.current, assembler[2]!);
      return true;
    }
    const call = CALL.exec(line);
    if (call) {
      this.call(call[2] ?? this.current, call[3]!, call[4]!, call[1]);
      return true;
    }
    const [command, ...words] = line.split(/\s+/);
    const word = words[0] ?? "";
    switch (command) {
      case "quit":
        return false;
      case "help":
        this.help(word);
        break;
      case "regs":
        this.registers(word || this.current);
        break;
      case "mem":
        this.memory(words);
        break;
      case "ipcs":
        this.print(ipcText(this.machine.ipc).trimEnd());
        break;
      case "vars":
        for (const [name, value] of this.vars) this.print(`${name} = ${value}`);
        break;
      case "procs":
        for (const [name, { task, pending }] of this.procs) this.print(`${name} pid ${task.tid}${pending ? ` waits in ${pending.text}` : task.waiting ? " waits" : ""}${name === this.current ? " (current)" : ""}`);
        break;
      case "snapshot":
        if (!word) throw new BadLine("snapshot NAME");
        this.saved.set(word, { snapshot: this.machine.snapshot(word), current: this.current, vars: new Map(this.vars), procs: copy(this.procs) });
        break;
      case "back":
        this.back(word);
        break;
      case "save":
        if (!word) throw new BadLine("save FILE");
        writeFileSync(word, this.lines.map((each) => `${each}\n`).join(""));
        break;
      case "run":
        if (!word) throw new BadLine("run FILE");
        return this.script(word);
      default:
        if (/^p\d+:?$/.test(line)) this.current = line.replace(":", "");
        else throw new BadLine(`unknown command ${command}`);
    }
    return true;
  }

  private back(name: string): void {
    const saved = this.saved.get(name);
    if (!saved) throw new BadLine(`no snapshot ${name}`);
    this.machine.restore(saved.snapshot);
    this.current = saved.current;
    this.vars = new Map(saved.vars);
    this.procs = copy(saved.procs);
    for (const proc of this.procs.values()) proc.task = this.machine.tasks.find(({ tid }) => tid === proc.task.tid) ?? proc.task;
  }

  private script(path: string): boolean {
    if (this.running.includes(path)) throw new BadLine(`${path} runs already`);
    const lines = readFileSync(path, "utf8").split("\n");
    if (!this.running.length) this.lines.push(...lines.filter((line) => line.trim()));
    this.running.push(path);
    try {
      return lines.every((line, i) => this.line(line, `${path}: line ${i + 1}`));
    } finally {
      this.running.pop();
    }
  }

  private known(name: string): Proc {
    const proc = this.procs.get(name);
    if (!proc) throw new BadLine(`no process ${name}`);
    return proc;
  }

  /** The process, made when it is not there; one that waits can do nothing else. */
  private free(name: string): Proc {
    let proc = this.procs.get(name);
    if (!proc) this.procs.set(name, (proc = { task: this.machine.task(), before: null, pending: null, code: 0n }));
    if (proc.pending || proc.task.waiting) throw new BadLine(`${name} waits${proc.pending ? ` in ${proc.pending.text}` : ""}`);
    return proc;
  }

  private parser(name: string): Parser {
    return new Parser(this.procs.get(name)?.task ?? null, this.vars);
  }

  private values({ task }: Proc): Values {
    return { ...registersOf(this.machine, task.tid) };
  }

  private call(name: string, callName: string, args: string, variable: string | undefined): void {
    const row = rowNamed(callName);
    if (!row) throw new BadLine(`unknown call ${callName}`);
    const proc = this.free(name);
    const parser = this.parser(name);
    const values = splitArguments(args).map((arg) => parser.argument(arg));
    if (values.length > 6) throw new BadLine("a call has six arguments at the most");
    proc.before = this.values(proc);
    const { task } = proc;
    const placed = values.map((value) => task.place(value));
    const call = new Call(row, [...placed, ...new Array<bigint>(6 - placed.length).fill(0n)], (at, length) => this.read(task, at, length), STRING_LIMIT);
    runCall(call);
    const result = task.syscall(row.nr, ...placed);
    if (typeof result === "bigint") this.result("", proc, call, result, variable, parser.outputs);
    else {
      const text = `${callName}(${args})`;
      proc.pending = { text, call, variable, outputs: parser.outputs };
      this.print(`${name} waits in ${text}`);
    }
  }

  private read(task: HostTask, at: bigint, length: number): Uint8Array | null {
    try {
      return task.memory.read(at, length);
    } catch {
      return null;
    }
  }

  /** The call as strace shows it, and the buffers that it was given. */
  private result(prefix: string, { task }: Proc, call: Call, result: bigint, variable: string | undefined, outputs: Output[]): void {
    call.entering = false;
    call.result = result;
    runCall(call);
    this.print(`${prefix}${call.row.name}(${call.out}) = ${resultText(call)}`);
    if (result < 0n && result > -4096n) return;
    if (variable) this.vars.set(variable, result);
    for (const { name, at, size } of outputs) this.print(`${name}:\n${dump(task.memory.read(at, Math.min(size, 256)))}`);
  }

  private assemble(name: string, text: string): void {
    const proc = this.free(name);
    const { task } = proc;
    if (!proc.code) {
      proc.code = task.syscall("mmap", 0, ASM_ROOM + ASM_STACK, 7, 0x22, -1, 0) as bigint;
      if (proc.code < 0n) throw new BadLine("no memory for code");
      registersOf(this.machine, task.tid).rsp = proc.code + BigInt(ASM_ROOM + ASM_STACK);
    }
    const bytes = assembleCode(text.replaceAll(";", "\n"), proc.code);
    if (bytes.length > ASM_ROOM) throw new BadLine(`${bytes.length} bytes of code; there is room for ${ASM_ROOM}`);
    task.memory.write(proc.code, bytes);
    proc.before = this.values(proc);
    this.code(name, proc, `asm ${text}`, proc.code, proc.code + BigInt(bytes.length));
  }

  /** Runs code until `end`, and says what it changed. */
  private code(name: string, proc: Proc, text: string, from: bigint, end: bigint): void {
    const { tid } = proc.task;
    const why = proc.task.runCode(from, end, ASM_STEPS);
    if (why.reason === "waits") {
      proc.pending = { text, end };
      this.print(`${name} waits in ${text}`);
      return;
    }
    if (why.reason === "ended" || this.machine.exports.taskDone(tid) < 0) return;
    const now = this.values(proc);
    const changed = SHOWN.filter((each) => each !== "rip" && now[each] !== proc.before![each]).map((each) => `${each} ${number(now[each])}`);
    const fault = why.reason === "fault" ? `${signal(why.signal)} at ${number(why.address)}` : why.reason === "limit" ? `stopped after ${ASM_STEPS} instructions` : "";
    this.print([fault, changed.join(", ") || (fault ? "" : "nothing changed")].filter(Boolean).join("; "));
  }

  private memory([name, address, length]: string[]): void {
    if (!address || !length) throw new BadLine("mem pN ADDR LEN");
    const bytes = Number(this.parser(name!).number(length));
    if (bytes < 0 || bytes > LONGEST) throw new BadLine(`mem shows up to ${LONGEST} bytes`);
    this.print(dump(this.known(name!).task.memory.read(this.parser(name!).number(address), bytes)));
  }

  private registers(name: string): void {
    const proc = this.known(name);
    const now = this.values(proc);
    for (const each of SHOWN) this.print(`${each.padEnd(3)} ${number(proc.before?.[each] ?? 0n).padEnd(18)} → ${number(now[each])}`);
  }

  private help(name: string): void {
    const row = rowNamed(name);
    if (row) {
      this.print(`${row.name}(${row.args.map((arg) => `${arg.name}: ${arg.kind}`).join(", ")})${row.blocks ? "; may wait" : ""}`);
      const sentence = sentenceOf(row.name);
      if (sentence) this.print(`  ${sentence}`);
    } else if (COMMANDS[name]) this.print(COMMANDS[name]!);
    else if (name) throw new BadLine(`unknown call ${name}`);
    else this.print(["[VAR =] [pN:] CALL(ARG, …): ARG is 1, 0x1, IPC_CREAT|0600, \"text\", {1, \"hi\"}, &name[SIZE] or NULL", "pN: the current process from now on", ...Object.values(COMMANDS)].join("\n"));
  }
}

function copy(procs: Map<string, Proc>): Map<string, Proc> {
  return new Map([...procs].map(([name, proc]) => [name, { ...proc }]));
}

const number = (value: bigint): string => `0x${value.toString(16)}`;

function dump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`  ${at.toString(16).padStart(4, "0")}  ${row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

/** Exit status: 1 when a line was wrong. */
export async function repl(words: string[]): Promise<number> {
  const [option, path, ...more] = words;
  if (option !== undefined && (option !== "--from" || !path || more.length)) throw new UsageError("repl takes --from SNAPSHOT and nothing else");
  const loaded = path ? loadSnapshot(path) : null;
  const host = new NodeHost();
  const machine = new Machine(machineModule(), host, loaded ? { memory: loaded.header.memory, maxTasks: loaded.header.maxTasks, clock: loaded.header.clock, snapshot: loaded.snapshot } : {});
  host.attach(machine);
  const session = new Repl(machine, (text) => process.stdout.write(`${text}\n`));
  const terminal = Boolean(process.stdin.isTTY);
  const names = [...ROWS.map(({ name }) => `${name}(`), ...Object.keys(COMMANDS), ...Object.keys(CONSTANTS)];
  const completer = (line: string): [string[], string] => {
    const word = /\w*$/.exec(line)![0];
    return [names.filter((name) => name.startsWith(word)), word];
  };
  const input = createInterface({ input: process.stdin, ...(terminal ? { output: process.stdout, prompt: "ring3> ", completer } : {}) });
  if (terminal) input.prompt();
  let number = 0;
  for await (const line of input) {
    if (!session.line(line, `line ${++number}`)) break;
    if (terminal) input.prompt();
  }
  session.settle();
  machine.stop();
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  return session.wrong ? 1 : 0;
}
