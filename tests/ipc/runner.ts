// Runs one sequence of commands in a machine, through a task of the host, and by the native helper; tells where they differ.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SYS } from "../../host/gen/syscalls.ts";
import { Machine, type HostTask } from "../../host/machine.ts";
import type { Arg, Command, Facility } from "./facilities.ts";

const ROOM = 1 << 20;
const CLOSE_ALL: Command = { nr: SYS.close_range, args: [3, 0xffffffff, 0], quiet: true };
const FILLED = 0xee;
const WAIT_LIMIT_MS = 5000;
const SIGPIPE = 13;
const SIGIO = 29;

export interface Answer {
  result: bigint;
  buffers: string[];
}

/** The oracle: a process of this machine that makes the same calls. */
export class Native {
  private readonly child;
  private rest = "";
  private lines: string[] = [];
  private waiting: (() => void) | null = null;
  private ended = false;

  constructor(root: string) {
    const source = join(root, "tests/ipc/native.c");
    const program = join(root, ".cache/tests/ipc-native");
    mkdirSync(join(root, ".cache/tests"), { recursive: true });
    if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) execFileSync("gcc", ["-O1", "-w", "-static", "-o", program, source]);
    this.child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdin.on("error", () => {});
    this.child.stdout.setEncoding("latin1").on("data", (text: string) => {
      const parts = (this.rest + text).split("\n");
      this.rest = parts.pop()!;
      this.lines.push(...parts);
      this.waiting?.();
    });
    this.child.on("exit", () => {
      this.ended = true;
      this.waiting?.();
    });
  }

  async run(commands: Command[]): Promise<Answer[]> {
    this.child.stdin.write(`${commands.map(lineOf).join("\n")}\n\n`);
    while (this.lines.length <= commands.length) {
      if (this.ended) throw new Error("the native helper has ended (it needs root)");
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
    const answers = this.lines.splice(0, commands.length + 1).slice(0, -1);
    return answers.map((line) => {
      const [result, ...buffers] = line.split(" ");
      return { result: BigInt(result!), buffers };
    });
  }

  stop(): void {
    this.child.stdin.end();
  }
}

const hex = (bytes: ArrayLike<number>) => Buffer.from(bytes as number[]).toString("hex");

function wordOf(arg: Arg): string {
  if (arg === null) return "n";
  if (typeof arg !== "object") return `i${arg}`;
  if ("slot" in arg) return arg.plus === undefined ? `s${arg.slot}` : `p${arg.slot}+${arg.plus}`;
  if ("bytes" in arg) return `b${hex(arg.bytes)}`;
  if ("linked" in arg) return `l${hex(arg.linked)}${arg.pointers.map(([at, to]) => `:${at}+${to}`).join("")}`;
  return "inout" in arg ? `x${hex(arg.inout)}` : `o${arg.out}`;
}

const lineOf = ({ nr, store, args }: Command) => `${nr} ${store ?? "-"} ${args.map(wordOf).join(" ")}`;

const late = (what: string) => new Promise<never>((_, reject) => setTimeout(() => reject(new Error(what)), WAIT_LIMIT_MS).unref());

/** The machine's side: one task, whose memory holds the buffers. */
export class Inside {
  readonly machine: Machine;
  private readonly task: HostTask;
  private readonly room: bigint;
  private slots: bigint[] = [];

  constructor(root: string) {
    const host = { clock: () => process.hrtime.bigint(), entropy: (bytes: Uint8Array) => bytes.fill(7), output: (_: number, bytes: Uint8Array) => bytes.length };
    this.machine = new Machine(new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm"))), host, { seed: 1n });
    this.task = this.machine.task();
    this.room = this.task.allocate(ROOM);
    this.dropResources();
    const ignore = Buffer.alloc(32);
    ignore.writeUInt32LE(1);
    for (const signal of [SIGPIPE, SIGIO]) this.task.syscall("rt_sigaction", signal, ignore, 0, 8);
  }

  /** As the helper: limits hold although it is root. */
  private dropResources(): void {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0x20080522);
    const data = Buffer.alloc(24);
    for (const at of [0, 4, 12, 16]) data.writeUInt32LE(at < 12 ? 0xfeffffff : 0x1ff, at);
    this.task.syscall("capset", head, data);
  }

  private async one({ nr, args, store }: Command): Promise<Answer> {
    let at = this.room;
    const shown: [bigint, number][] = [];
    const put = (bytes: Uint8Array, show: boolean) => {
      const here = at;
      this.task.memory.write(here, bytes);
      if (show) shown.push([here, bytes.length]);
      at += BigInt((bytes.length + 64) & ~15);
      return here;
    };
    const values = args.map((arg) => {
      if (arg === null) return 0n;
      if (typeof arg !== "object") return BigInt(arg);
      if ("slot" in arg) return (this.slots[arg.slot] ?? -1n) + BigInt(arg.plus ?? 0);
      if ("linked" in arg) {
        const own = Buffer.from(arg.linked);
        for (const [where, to] of arg.pointers) own.writeBigUInt64LE(at + BigInt(to), where);
        return put(own, true);
      }
      if ("bytes" in arg) return put(Uint8Array.from(arg.bytes), false);
      return "inout" in arg ? put(Uint8Array.from(arg.inout), true) : put(new Uint8Array(arg.out).fill(FILLED), true);
    });
    const got = this.task.syscall(nr, ...values);
    // A timeout that has passed ends a call as soon as the machine runs.
    const result = typeof got === "bigint" ? got : await Promise.race([got, late(`${lineOf({ nr, args, store })} waits`)]);
    if (store !== undefined) this.slots[store] = result < 0n && result > -4096n ? -1n : result;
    return { result, buffers: shown.map(([here, length]) => hex(this.task.memory.read(here, length))) };
  }

  async run(commands: Command[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const command of commands) answers.push(await this.one(command));
    await this.one(CLOSE_ALL);
    this.slots = [];
    return answers;
  }

  stop(): void {
    this.task.exit();
    this.machine.stop();
  }
}

const show = ({ result, buffers }: Answer) => `${result}${buffers.map((b) => ` ${b.length > 160 ? `${b.slice(0, 160)}…` : b}`).join("")}`;

function differ(command: Command, inside: Answer, native: Answer): boolean {
  if (command.quiet) return false;
  if (command.anyResult) return inside.result < 0n && inside.result > -4096n ? inside.result !== native.result : native.result < 0n && native.result > -4096n;
  if (inside.result !== native.result) return true;
  const parts = command.compare ?? [[0, 1 << 20]];
  return inside.buffers.some((text, i) => parts.some(([from, to]) => text.slice(2 * from, 2 * to) !== native.buffers[i]!.slice(2 * from, 2 * to)));
}

/** Runs the sequence on both sides: the first difference as text, or null. */
export async function compare(facility: Facility, commands: (Command | Command[])[], inside: Inside, native: Native): Promise<string | null> {
  const all = [...(facility.setup ?? []), ...commands.flat(), ...facility.cleanup];
  const mine = await inside.run(all);
  const theirs = await native.run(all);
  const at = all.findIndex((command, i) => differ(command, mine[i]!, theirs[i]!));
  if (at < 0) return null;
  const before = all.slice(0, at).map((command, i) => `  ${lineOf(command)} = ${show(theirs[i]!)}`);
  return `${before.join("\n")}\n  ${lineOf(all[at]!)}\n    ring3: ${show(mine[at]!)}\n    Linux: ${show(theirs[at]!)}`;
}
