// `ring3 repl`: system calls typed line by line, of processes that the host drives.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { UsageError } from "../cli/options.ts";
import { CONSTANTS } from "../fuzz/constants.ts";
import { ipcText } from "../ipc/text.ts";
import { Machine } from "../machine.ts";
import { NodeHost, machineModule } from "../node.ts";
import type { Snapshot } from "../snapshot.ts";
import { loadSnapshot } from "../state.ts";
import type { HostTask } from "../task.ts";
import { errorName, errorText } from "../trace/errno.ts";
import { ROWS, rowNamed } from "../trace/rows.ts";
import { BadLine, Parser, splitArguments, type Output } from "./parse.ts";

const COMMANDS = ["help", "regs", "mem", "ipcs", "vars", "procs", "snapshot", "back", "save", "run", "quit"];
const SHOWN = ["rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rcx", "r11"] as const;
const LONGEST = 1 << 20;
const CALL = /^(?:(\w+)\s*=(?!=)\s*)?(?:(p\d+)\s*:\s*)?(\w+)\s*\((.*)\)\s*;?$/;

interface Proc {
  task: HostTask;
  before: HostTask["registers"] | null;
  pending: { text: string; variable: string | undefined; outputs: Output[] } | null;
}

interface Saved {
  snapshot: Snapshot;
  current: string;
  vars: Map<string, bigint>;
  procs: Map<string, Proc>;
}

class Repl {
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
  ) {}

  /** Runs one line; false = quit. A wrong line is said, named by `place`. */
  line(text: string, place: string): boolean {
    const line = text.trim();
    if (!line || line.startsWith("#")) return true;
    try {
      const more = this.run(line);
      if (!/^(save|run|quit)\b/.test(line) && !this.running.length) this.lines.push(line);
      this.settle();
      return more;
    } catch (error) {
      this.wrong++;
      this.print(`repl: ${place}: ${(error as Error).message}`);
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
      const { text, variable, outputs } = proc.pending;
      proc.pending = null;
      this.result(`${name}: ${text}`, proc, proc.task.result, variable, outputs);
    }
  }

  private run(line: string): boolean {
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
      case "mem": {
        const [name, address, length] = words;
        if (!address || !length) throw new BadLine("mem pN ADDR LEN");
        const bytes = Number(this.parser(name!).number(length));
        if (bytes < 0 || bytes > LONGEST) throw new BadLine(`mem shows up to ${LONGEST} bytes`);
        const { task } = this.known(name!);
        this.print(dump(task.memory.read(this.parser(name!).number(address), bytes)));
        break;
      }
      case "ipcs":
        this.print(ipcText(this.machine.ipc).trimEnd());
        break;
      case "vars":
        for (const [name, value] of this.vars) this.print(`${name} = ${value}`);
        break;
      case "procs":
        for (const [name, { task, pending }] of this.procs) this.print(`${name} pid ${task.tid}${pending ? ` waits in ${pending.text}` : ""}`);
        break;
      case "snapshot":
        if (!word) throw new BadLine("snapshot NAME");
        this.saved.set(word, { snapshot: this.machine.snapshot(word), current: this.current, vars: new Map(this.vars), procs: copy(this.procs) });
        break;
      case "back": {
        const saved = this.saved.get(word);
        if (!saved) throw new BadLine(`no snapshot ${word}`);
        this.machine.restore(saved.snapshot);
        this.current = saved.current;
        this.vars = new Map(saved.vars);
        this.procs = copy(saved.procs);
        for (const proc of this.procs.values()) proc.task = this.machine.tasks.find(({ tid }) => tid === proc.task.tid) ?? proc.task;
        break;
      }
      case "save":
        if (!word) throw new BadLine("save FILE");
        writeFileSync(word, this.lines.map((each) => `${each}\n`).join(""));
        break;
      case "run":
        return this.script(word);
      default:
        if (/^p\d+:?$/.test(line)) this.current = line.replace(":", "");
        else throw new BadLine(`unknown command ${command}`);
    }
    return true;
  }

  private script(path: string): boolean {
    if (this.running.includes(path)) throw new BadLine(`${path} runs already`);
    const lines = readFileSync(path, "utf8").split("\n");
    this.lines.push(...lines.filter((line) => line.trim()));
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

  private proc(name: string): Proc {
    let proc = this.procs.get(name);
    if (!proc) this.procs.set(name, (proc = { task: this.machine.task(), before: null, pending: null }));
    return proc;
  }

  private parser(name: string): Parser {
    return new Parser(this.procs.get(name)?.task ?? null, this.vars);
  }

  private call(name: string, call: string, args: string, variable: string | undefined): void {
    if (!rowNamed(call)) throw new BadLine(`unknown call ${call}`);
    if (this.procs.get(name)?.pending) throw new BadLine(`${name} waits in ${this.procs.get(name)!.pending!.text}`);
    const proc = this.proc(name);
    const parser = this.parser(name);
    const values = splitArguments(args).map((arg) => parser.argument(arg));
    if (values.length > 6) throw new BadLine("a call has six arguments at the most");
    proc.before = proc.task.registers;
    this.current = name;
    const result = proc.task.syscall(rowNamed(call)!.nr, ...values);
    const text = `${call}(${args})`;
    if (typeof result === "bigint") this.result("", proc, result, variable, parser.outputs);
    else {
      proc.pending = { text, variable, outputs: parser.outputs };
      this.print(`${name} waits in ${text}`);
    }
  }

  private result(prefix: string, { task }: Proc, result: bigint, variable: string | undefined, outputs: Output[]): void {
    const failed = result < 0n && result > -4096n;
    const error = Number(-result);
    const text = failed ? `-1 ${errorName(error) ?? error} (${errorText(error) ?? "unknown error"})` : result > 0xffff_ffffn ? `0x${result.toString(16)}` : `${result}`;
    this.print(`${prefix}${prefix && " "}= ${text}`);
    if (failed) return;
    if (variable) this.vars.set(variable, result);
    for (const { name, at, size } of outputs) this.print(`${name}:\n${dump(task.memory.read(at, Math.min(size, 256)))}`);
  }

  private registers(name: string): void {
    const { task, before } = this.known(name);
    const now = task.registers;
    for (const each of SHOWN) this.print(`${each.padEnd(3)} ${hex(before?.[each] ?? 0n)} → ${hex(now[each])}`.trimEnd());
  }

  private help(name: string): void {
    const row = rowNamed(name);
    if (name && !row) throw new BadLine(`unknown call ${name}`);
    if (row) this.print(`${row.name}(${row.args.map((arg) => `${arg.name}: ${arg.kind}`).join(", ")})`);
    else this.print(`[VAR =] [pN:] CALL(ARG, …)   ARG: 1, 0x1, IPC_CREAT|0600, "text", {1, "hi"}, &name[SIZE], NULL\ncommands: ${COMMANDS.join(" ")}; help CALL names its arguments`);
  }
}

function copy(procs: Map<string, Proc>): Map<string, Proc> {
  return new Map([...procs].map(([name, proc]) => [name, { ...proc }]));
}

const hex = (value: bigint): string => `0x${value.toString(16)}`.padEnd(18);

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
  const names = [...ROWS.map(({ name }) => `${name}(`), ...COMMANDS, ...Object.keys(CONSTANTS)];
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
