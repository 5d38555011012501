// The options of `ring3 run` and `ring3 trace`. They end at the first word that is not one: what follows is the guest's.

import { CHOICE_KINDS, USUAL_KINDS, type ChoiceKind } from "../choices.ts";

/** A mistake of the user: one line, no stack. */
export class UsageError extends Error {}

export interface Mount {
  host: string;
  guest: string;
  /** Copied on write, or used as it is: for reading only, or for writing too. */
  mode: "cow" | "ro" | "rw";
}

export interface RunOptions {
  program: string;
  args: string[];
  env: Record<string, string>;
  clearEnv: boolean;
  cwd: string;
  uid: number;
  memory: number;
  maxTasks: number;
  fuel: bigint;
  clock: "real" | "virtual";
  cpu: "v1" | "v2";
  seed: bigint | undefined;
  root: string | null;
  /** The root is written through to the host. */
  rw: boolean;
  mounts: Mount[];
  stats: boolean;
  snapshot: string | null;
  record: string | null;
  inject: string[];
  choices: ChoiceKind[] | null;
  /** Files of choices to answer from, and to write them to. */
  tape: string | null;
  tapeTo: string | null;
  /** System calls between two checks of the kernel's invariants, 0 = none. */
  check: number;
  trace: TraceOptions;
}

export interface TraceOptions {
  output: string | null;
  filter: string | null;
  json: boolean;
  stringLimit: number | null;
}


function wholeNumber(text: string, option: string): bigint {
  if (!/^(0x[\da-f]+|\d[\d_]*)$/i.test(text)) throw new UsageError(`${option} needs a number, not "${text}"`);
  return BigInt(text.replaceAll("_", ""));
}

function size(text: string, option: string): number {
  const match = /^(\d+)([kmg]?)(i?b)?$/i.exec(text);
  if (!match) throw new UsageError(`${option} needs a size such as 64M, not "${text}"`);
  return Number(match[1]) * 1024 ** ["", "k", "m", "g"].indexOf(match[2]!.toLowerCase());
}

function mount(text: string): Mount {
  const [host, guest, mode = "cow", ...more] = text.split(":");
  if (!host || !guest?.startsWith("/") || more.length) throw new UsageError(`--mount needs HOST:GUEST[:ro|rw|cow], not "${text}"`);
  if (mode !== "cow" && mode !== "ro" && mode !== "rw") throw new UsageError(`--mount knows cow, ro and rw, not "${mode}"`);
  return { host, guest, mode };
}

function variable(text: string, env: Record<string, string>): void {
  const equals = text.indexOf("=");
  if (equals > 0) env[text.slice(0, equals)] = text.slice(equals + 1);
  else if (equals < 0 && process.env[text] !== undefined) env[text] = process.env[text]!;
  else if (equals === 0) throw new UsageError(`--env needs NAME=VALUE or NAME, not "${text}"`);
}

/** "random", or kinds of choices. */
function choiceKinds(text: string): ChoiceKind[] {
  if (text === "random") return [...USUAL_KINDS];
  const kinds = text.split(",") as ChoiceKind[];
  for (const kind of kinds) if (!CHOICE_KINDS.includes(kind)) throw new UsageError(`--choices is random, or some of ${CHOICE_KINDS.join(",")}, not "${kind}"`);
  return kinds;
}

const defaults = (): RunOptions => ({
  program: "",
  args: [],
  env: {},
  clearEnv: false,
  cwd: "/",
  uid: 0,
  memory: 1 << 30,
  maxTasks: 4096,
  fuel: 0n,
  clock: "real",
  cpu: "v2",
  seed: undefined,
  root: null,
  rw: false,
  mounts: [],
  stats: false,
  snapshot: null,
  record: null,
  inject: [],
  choices: null,
  tape: null,
  tapeTo: null,
  check: 0,
  trace: { output: null, filter: null, json: false, stringLimit: null },
});

/** Reads the words after the command. */
export function parseRun(words: string[], command: "run" | "trace"): RunOptions {
  const options = defaults();
  let at = 0;
  for (; at < words.length && words[at]!.startsWith("-") && words[at] !== "-"; at++) {
    let option = words[at]!;
    if (option === "--") {
      at++;
      break;
    }
    let given: string | null = null;
    const equals = option.indexOf("=");
    if (option.startsWith("--") && equals > 0) [option, given] = [option.slice(0, equals), option.slice(equals + 1)];
    const value = () => {
      if (given !== null) return given;
      if (++at >= words.length) throw new UsageError(`${option} needs a value`);
      return words[at]!;
    };
    if (!common(option, value, options) && !(command === "trace" && traceOption(option, value, options.trace))) {
      throw new UsageError(`${command} has no option ${option}`);
    }
  }
  if (at >= words.length) throw new UsageError(`${command} needs a program: ring3 ${command} [options] PROGRAM [ARG…]`);
  if (options.rw && !options.root) throw new UsageError("--rw goes with --root DIR");
  options.program = words[at]!;
  options.args = words.slice(at + 1);
  return options;
}

function common(option: string, value: () => string, options: RunOptions): boolean {
  switch (option) {
    case "--env": variable(value(), options.env); break;
    case "--clear-env": options.clearEnv = true; break;
    case "--cwd": options.cwd = value(); break;
    case "--uid": options.uid = Number(wholeNumber(value(), option)); break;
    case "--memory": options.memory = size(value(), option); break;
    case "--max-tasks": options.maxTasks = Number(wholeNumber(value(), option)); break;
    case "--fuel": options.fuel = wholeNumber(value(), option); break;
    case "--seed": options.seed = wholeNumber(value(), option); break;
    case "--root": options.root = value(); break;
    case "--rw": options.rw = true; break;
    case "--mount": options.mounts.push(mount(value())); break;
    case "--snapshot": options.snapshot = value(); break;
    case "--record": options.record = value(); break;
    case "--inject": options.inject.push(value()); break;
    case "--tape": options.tape = value(); break;
    case "--tape-to": options.tapeTo = value(); break;
    case "--choices": options.choices = choiceKinds(value()); break;
    case "--check": options.check = Number(wholeNumber(value(), option)); break;
    case "--stats": options.stats = true; break;
    case "--clock": {
      const clock = value();
      if (clock !== "real" && clock !== "virtual") throw new UsageError(`--clock is real or virtual, not "${clock}"`);
      options.clock = clock;
      break;
    }
    case "--cpu": {
      const cpu = value();
      if (cpu !== "v1" && cpu !== "v2") throw new UsageError(`--cpu is v1 or v2, not "${cpu}"`);
      options.cpu = cpu;
      break;
    }
    case "--engine": {
      const engine = value();
      if (engine === "jit") throw new UsageError("--engine jit is not supported yet");
      if (engine !== "auto" && engine !== "interp") throw new UsageError(`--engine is auto, interp or jit, not "${engine}"`);
      break;
    }
    default: return false;
  }
  return true;
}

function traceOption(option: string, value: () => string, trace: TraceOptions): boolean {
  switch (option) {
    case "-f": break;
    case "-o": trace.output = value(); break;
    case "-e": trace.filter = value(); break;
    case "-s": trace.stringLimit = Number(wholeNumber(value(), option)); break;
    case "--json": trace.json = true; break;
    default: return false;
  }
  return true;
}
