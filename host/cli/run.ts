// `ring3 run` and `ring3 trace`.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import type { Choices } from "../choices.ts";
import { Machine, MachineError, FuelExhausted, type ExitStatus } from "../machine.ts";
import { NodeHost, checkModule, machineModule, streamKind } from "../node.ts";
import type { Injection } from "../inject.ts";
import type { Recorder } from "../record/recorder.ts";
import type { TraceSink } from "../trace/bridge.ts";
import { addMounts, addProgram, StartError } from "./load.ts";
import type { RunOptions, TraceOptions } from "./options.ts";
import { UsageError } from "./options.ts";

const SIGNAL_NAMES = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(" ");
const SIGXCPU = 24;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const signalName = (signal: number) => (SIGNAL_NAMES[signal - 1] ? `SIG${SIGNAL_NAMES[signal - 1]}` : `signal ${signal}`);

function say(text: string): void {
  writeSync(2, `ring3: ${text}\n`);
}

function environment(options: RunOptions): Record<string, string> {
  const base: Record<string, string> = options.clearEnv ? {} : { PATH, HOME: "/", ...(process.env.TERM && streamKind(1) === "terminal" ? { TERM: process.env.TERM } : {}) };
  return { ...base, ...options.env };
}

async function traceSink(options: TraceOptions): Promise<{ sink: TraceSink; close(): void }> {
  const { JsonFormatter, StraceFormatter, parseFilter } = await import("../trace/index.ts");
  const fd = options.output ? openSync(options.output, "w") : 2;
  const write = (line: string) => {
    writeSync(fd, line);
  };
  let filter: ((nr: number) => boolean) | undefined;
  try {
    if (options.filter) filter = parseFilter(options.filter);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const shared = { write, ...(filter ? { filter } : {}), ...(options.stringLimit === null ? {} : { stringLimit: options.stringLimit }) };
  const sink: TraceSink = options.json ? new JsonFormatter(shared) : new StraceFormatter({ ...shared, prefix: options.output ? "always" : "many" });
  return {
    sink,
    close() {
      sink.close();
      if (fd !== 2) closeSync(fd);
    },
  };
}

/** −errno of a start as the shell's status and words. */
function startError(error: MachineError, program: string): StartError {
  const words: Record<number, [126 | 127, string]> = {
    2: [127, "no such file or directory (the program, or the interpreter that it names)"],
    7: [126, "its arguments are too long"],
    8: [126, "is no program that ring3 can run (not an ELF file for x86-64, or a damaged one)"],
    11: [126, "no more tasks may be made"],
    12: [126, "there is not enough memory for it"],
    13: [126, "permission denied"],
    20: [127, "not a directory"],
    21: [126, "is a directory"],
    22: [126, "is a damaged program"],
    40: [126, "too many symbolic links or interpreters"],
  };
  const [status, text] = words[error.errno] ?? [126, `cannot be started (errno ${error.errno})`];
  return new StartError(status, `${program}: ${text}`);
}

/** Signals that end or steer this process are the guest's. */
function passSignals(machine: Machine, host: NodeHost, pid: number): void {
  const send = (to: number, signal: number) => {
    try {
      machine.kill(to, signal);
    } catch {
      // It has just ended.
    }
  };
  const terminal = [0, 1, 2].some((fd) => streamKind(fd) === "terminal");
  if (terminal) host.useTerminal();
  const HUP = 1;
  const INT = 2;
  const QUIT = 3;
  const TERM = 15;
  const CONT = 18;
  const TSTP = 20;
  const foreground = (signal: number) => send(machine.foregroundGroup > 0 ? -machine.foregroundGroup : pid, signal);
  process.on("SIGINT", () => foreground(INT));
  process.on("SIGQUIT", () => foreground(QUIT));
  process.on("SIGTERM", () => send(pid, TERM));
  process.on("SIGHUP", () => send(pid, HUP));
  // ^Z stops the guest's foreground group; only when that is the program itself, this process stops with it.
  process.on("SIGTSTP", () => foreground(TSTP));
  machine.onStopped = (stopped) => {
    if (stopped === pid) host.suspend();
  };
  process.on("SIGCONT", () => {
    if (terminal) host.useTerminal();
    foreground(CONT);
  });
}

function statusOf(ended: ExitStatus): number {
  return ended.signal === null ? (ended.code ?? 0) : 128 + ended.signal;
}

const REGISTERS = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");

/** Says where a fault ended the program; a trace has the registers too, four a line. */
function sayDeath(machine: Machine, pid: number, program: string, signal: number, traced: boolean): void {
  const fault = machine.lastFault;
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  if (!fault || fault.pid !== pid || fault.signal !== signal) return;
  say(`${program}: ${signalName(signal)} at ${hex(fault.rip)}, address ${hex(fault.address)}`);
  if (!traced) return;
  const all: [string, bigint][] = [...REGISTERS.map((name, i): [string, bigint] => [name, fault.registers[i]!]), ["rip", fault.rip], ["rflags", fault.rflags]];
  const cells = all.map(([name, value]) => `${name.padEnd(3)} ${value.toString(16).padStart(16, "0")}`);
  for (let i = 0; i < cells.length; i += 4) say(cells.slice(i, i + 4).join("  "));
}

function sayStats(machine: Machine, began: bigint): void {
  const ms = Number(process.hrtime.bigint() - began) / 1e6;
  const count = Number(machine.retired);
  say(`${count} instructions, ${(machine.peakMemory / 1024).toFixed(0)} KiB, ${ms.toFixed(1)} ms, ${(count / ms / 1000).toFixed(1)} million instructions a second`);
}

interface Laboratory {
  recorder: (Recorder & { close(): void }) | null;
  injections: Injection[];
  save: ((machine: Machine) => void) | null;
}

/** What --record, --inject and --snapshot need; loaded for those that ask for it. */
async function equip(options: RunOptions): Promise<Laboratory> {
  const found: Laboratory = { recorder: null, injections: [], save: null };
  if (options.inject.length) {
    const { parseInjection } = await import("../inject.ts");
    try {
      found.injections = options.inject.map(parseInjection);
    } catch (error) {
      throw new UsageError(`--inject: ${(error as Error).message}`);
    }
  }
  const { record, snapshot } = options;
  if (!record && !snapshot) return found;
  const { recordTo, saveSnapshot } = await import("../state.ts");
  const write = <T>(path: string, option: string, act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw new UsageError(`${option} ${path}: ${(error as Error).message}`);
    }
  };
  if (record) found.recorder = write(record, "--record", () => recordTo(record, machineModule(), [options.program, ...options.args]));
  if (snapshot) found.save = (machine) => void write(snapshot, "--snapshot", () => saveSnapshot(machine, snapshot));
  return found;
}

/** Entries of --tape-to: 2 MiB. */
const TAPE_ENTRIES = 1 << 18;

/** What --choices, --tape and --tape-to ask for. */
async function choicesOf({ choices, seed = 0n, tape, tapeTo }: RunOptions): Promise<Choices | null> {
  if (!choices && !tape && !tapeTo) return null;
  const found: Choices = { ...(choices ? { seed, kinds: choices } : {}), ...(tapeTo ? { log: TAPE_ENTRIES } : {}) };
  if (!tape) return found;
  const { parseChoices } = await import("../choices.ts");
  try {
    return { ...found, tape: parseChoices(readFileSync(tape, "utf8")) };
  } catch (error) {
    throw new UsageError(`--tape ${tape}: ${(error as Error).message}`);
  }
}

async function keepTape(machine: Machine, path: string): Promise<void> {
  const { choicesText } = await import("../choices.ts");
  const made = machine.choiceTape;
  if (made.length === TAPE_ENTRIES) say(`${path} holds the first ${TAPE_ENTRIES} choices only`);
  try {
    writeFileSync(path, choicesText(made));
  } catch (error) {
    say(`--tape-to ${path}: ${(error as Error).message}`);
  }
}

/** Runs a program to its end: the status for this process. */
export async function run(options: RunOptions, traced: boolean): Promise<number> {
  const trace = traced ? await traceSink(options.trace) : null;
  const laboratory = await equip(options);
  const choices = await choicesOf(options);
  const host = new NodeHost();
  const machine = new Machine(options.check ? checkModule() : machineModule(), host, {
    check: options.check,
    ...(laboratory.recorder ? { recorder: laboratory.recorder } : {}),
    ...(choices ? { choices } : {}),
    memory: options.memory,
    maxTasks: options.maxTasks,
    clock: options.clock,
    cpu: options.cpu,
    fuel: options.fuel,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(trace ? { trace: trace.sink } : {}),
  });
  host.attach(machine);
  if (laboratory.injections.length) machine.inject(laboratory.injections);
  await addMounts(machine, options);
  const path = await addProgram(machine, options);
  const began = process.hrtime.bigint();
  let process_;
  try {
    process_ = machine.spawn(path, {
      argv: [options.program, ...options.args],
      env: environment(options),
      cwd: options.cwd,
      uid: options.uid,
      gid: options.uid,
      stdio: [streamKind(0), streamKind(1), streamKind(2)],
    });
  } catch (error) {
    throw error instanceof MachineError ? startError(error, options.program) : error;
  }
  const { pid, exited } = process_;
  passSignals(machine, host, pid);
  if (laboratory.save) process.on("SIGUSR2", () => laboratory.save!(machine));
  try {
    const ended = await Promise.race([exited, machine.idle().then(() => exited)]);
    if (machine.failure) throw machine.failure;
    if (ended.signal !== null) sayDeath(machine, pid, options.program, ended.signal, traced);
    return statusOf(ended);
  } catch (error) {
    if (!(error instanceof FuelExhausted)) throw error;
    say(`${options.program}: stopped: ${error.message}`);
    return 128 + SIGXCPU;
  } finally {
    host.close();
    trace?.close();
    laboratory.save?.(machine);
    if (options.tapeTo) await keepTape(machine, options.tapeTo);
    laboratory.recorder?.close();
    if (options.stats) sayStats(machine, began);
  }
}
