// Linux itself as the oracle: native.c runs the same program under the same schedule, and what both did is compared. Pids and
// the ids of System V objects are different numbers for the same things: they are mapped one to one.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Campaign, type CampaignSettings } from "./campaign.ts";
import { findingText } from "./findings.ts";
import type { Grammar } from "./grammar.ts";
import { minimiseLater } from "./minimise.ts";
import { FuzzModule, decodeEvents, type FuzzEvent, type Outcome } from "./module.ts";
import { BIG as LONG_BUFFER, encodeProgram, WINDOW, type Call, type Cell, type Program } from "./program.ts";
import { printProgram } from "./text.ts";
import { EXPLAINED } from "./explained.ts";
import source from "./native.c";

const HEAD_BYTES = 36;
const BATCH = 256;
const DATA = 0x20000000n;
const DATA_END = 0x2000f000n;
const BIG = BigInt(LONG_BUFFER);
const BIG_END = BIG + 0x20000n;

export interface NativeOutcome {
  events: FuzzEvent[];
  pids: number[];
  /** False when it had to be given up. */
  finished: boolean;
}

/** Why Linux cannot be asked here; null when it can. */
export class NativeMissing extends Error {}

/** The program as native.c reads it, with the actors' steps of ring3's run. */
export function encodeNative(program: Program, steps: number[], grammar: Grammar): Uint8Array {
  const calls: Uint8Array[] = program.calls.map((call) => {
    const stores = call.stores.flatMap((cell) => plainStores(cell, grammar));
    const bytes = new Uint8Array(24 + 16 * (call.args.length + stores.length));
    const view = new DataView(bytes.buffer);
    view.setInt32(0, call.type.nr, true);
    bytes.set([call.actor, call.makes, call.args.length, stores.length], 4);
    const first = call.args.find((cell) => cell.kind === "pointer");
    const pointer = first ? Number(BigInt.asUintN(32, first.value)) : 0;
    const window = pointer >= DATA && pointer < DATA_END ? pointer & ~(WINDOW - 1) : 0;
    view.setUint32(8, window, true);
    view.setUint32(12, window ? call.window : 0, true);
    view.setUint32(16, call.type.pair ? pointer : 0, true);
    // The encoding of a value is that of a program with one call.
    const cells = encodeProgram({ ...program, calls: [{ ...call, stores }] }).subarray(128 + 8);
    bytes.set(cells, 24);
    return bytes;
  });
  const head = new Uint8Array((16 + steps.length + 7) & ~7);
  new DataView(head.buffer).setUint32(0, program.processes, true);
  new DataView(head.buffer).setUint32(4, program.calls.length, true);
  new DataView(head.buffer).setUint32(8, steps.length, true);
  new DataView(head.buffer).setUint32(12, flagsOf(program), true);
  head.set(steps, 16);
  return join8([head, ...calls]);
}

const OWN = 1;
const FRESH = 2;
const FILES = 4;
const LONG = 8;
const ROTATE = 16;
/** Calls that a shared address space would show. */
const MAPPING = /^(mmap|munmap|mprotect|mremap|msync|madvise|brk|shmat|shmdt|vmsplice|process_vm)/;
const INDEXED = [/^msgctl\$(MSG_STAT|MSG_INFO|IPC_INFO)/, /^semctl\$(SEM_STAT|SEM_INFO|IPC_INFO)/, /^shmctl\$(SHM_STAT|SHM_INFO|IPC_INFO)/];
const FUTEX_PRIVATE = 128n;

/** Whether the id of an object is used as something else, where its number tells. */
function isStrangeId(program: Program, cell: Cell, as: string | undefined): boolean {
  if (cell.kind !== "ref") return false;
  const result = program.calls[cell.aux >> 2]?.type.result ?? "";
  return (ID_RESULTS.has(result) || ID_RESULTS.has(as ?? "")) && result !== as;
}

/** What native.c has to take care of. */
function flagsOf(program: Program): number {
  let flags = 0;
  const several = program.processes > 1 || program.calls.some((call) => call.makes);
  const users = new Map<bigint, number>();
  for (const call of program.calls) {
    const cells = [...call.args, ...call.stores];
    for (const cell of cells) {
      if (cell.kind !== "pointer" || cell.value < DATA || cell.value >= DATA_END) continue;
      const window = cell.value / BigInt(WINDOW);
      if ((users.get(window) ?? call.actor) !== call.actor) flags |= OWN;
      users.set(window, call.actor);
    }
    if (cells.some((cell) => isStrangeId(program, cell, call.type.args[call.args.indexOf(cell)]?.type.resource))) flags |= FRESH;
    if (MAPPING.test(call.type.name)) flags |= OWN;
    if (cells.some((cell) => cell.kind === "pointer" && cell.value >= BIG && cell.value < BIG_END)) flags |= several ? OWN : LONG;
    if (several && call.type.name.startsWith("futex") && (call.args[1]?.value ?? 0n) & FUTEX_PRIVATE) flags |= OWN;
    if (cells.some((cell) => cell.kind === "string" || cell.kind === "text")) flags |= FILES;
    call.type.args.forEach(({ type }, i) => {
      const cell = call.args[i];
      if (type.kind === "resource" && ID_RESULTS.has(type.resource!) && cell?.kind === "const" && cell.value < 0x80000000n) flags |= FRESH;
    });
    INDEXED.forEach((test, kind) => {
      if (test.test(call.type.name)) flags |= ROTATE << kind;
    });
  }
  return flags;
}

function join8(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Strings as the bytes that they are. */
function plainStores(cell: Cell, grammar: Grammar): Cell[] {
  if (cell.kind !== "string" && cell.kind !== "text") return [cell];
  let bytes = [...new TextEncoder().encode(grammar.strings[Number(cell.value)] ?? "")];
  if (cell.kind === "string") bytes.push(0);
  else bytes = bytes.slice(0, cell.aux);
  return bytes.map((byte, i) => ({ kind: "const", size: 1, aux: 0, address: cell.address + i, value: BigInt(byte) }));
}

export class NativeLinux {
  private readonly folder: string;
  private readonly child: ChildProcess;
  private readonly waiting: ((bytes: Uint8Array | null) => void)[] = [];
  private received: Buffer = Buffer.alloc(0);
  private gone = false;

  constructor() {
    if (process.platform !== "linux") throw new NativeMissing("Linux cannot be asked: this is no Linux");
    this.folder = mkdtempSync(join(tmpdir(), "ring3-fuzz-"));
    const file = join(this.folder, "native.c");
    writeFileSync(file, source);
    const built = spawnSync("gcc", ["-O2", "-o", join(this.folder, "native"), file], { encoding: "utf8" });
    if (built.status !== 0) {
      rmSync(this.folder, { recursive: true });
      throw new NativeMissing(built.error ? "Linux cannot be asked: there is no gcc" : `Linux cannot be asked: ${built.stderr.split("\n")[0]}`);
    }
    this.child = spawn(join(this.folder, "native"), { stdio: ["pipe", "pipe", "pipe"], detached: true });
    let errors = "";
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
    this.child.stdin!.on("error", () => {});
    this.child.stdout!.on("data", (bytes: Buffer) => this.receive(bytes));
    this.child.on("close", () => {
      this.gone = true;
      this.problem = errors.split("\n")[0] || "the helper ended";
      for (const give of this.waiting.splice(0)) give(null);
    });
  }

  problem = "";

  private receive(bytes: Buffer): void {
    this.received = this.received.length ? Buffer.concat([this.received, bytes]) : bytes;
    while (this.received.length >= HEAD_BYTES) {
      const total = HEAD_BYTES + this.received.readUInt32LE(0);
      if (this.received.length < total) return;
      const whole = new Uint8Array(this.received.subarray(0, total));
      this.received = this.received.subarray(total);
      this.waiting.shift()?.(whole);
    }
  }

  async run(program: Program, steps: number[], grammar: Grammar): Promise<NativeOutcome> {
    if (this.gone) throw new NativeMissing(`Linux cannot be asked: ${this.problem}`);
    const bytes = encodeNative(program, steps, grammar);
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, bytes.length, true);
    const answer = await new Promise<Uint8Array | null>((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin!.write(head);
      this.child.stdin!.write(bytes);
    });
    if (!answer) throw new NativeMissing(`Linux cannot be asked: ${this.problem}`);
    const view = new DataView(answer.buffer);
    return {
      events: decodeEvents(answer.subarray(HEAD_BYTES)),
      pids: Array.from({ length: 8 }, (_, i) => view.getInt32(4 + 4 * i, true)),
      finished: answer.length > HEAD_BYTES || !program.calls.length,
    };
  }

  close(): void {
    this.child.stdin!.end();
    this.child.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Steps of a run that begin a call. */
export function callSteps(outcome: Outcome): number[] {
  return outcome.events.filter((event) => event.type === "step" && event.result === 0n).map((event) => event.actor);
}

interface Step {
  done: Map<number, FuzzEvent>;
  signals: Map<number, string>;
  state: Map<number, string>;
}

/** What happened after each call was begun. */
function stepsOf(events: FuzzEvent[]): Step[] {
  const steps: Step[] = [];
  for (const event of events) {
    if (event.type === "step" && event.result === 0n) steps.push({ done: new Map(), signals: new Map(), state: new Map(steps.at(-1)?.state ?? []) });
    const step = steps.at(-1);
    if (!step) continue;
    if (event.type === "done") {
      step.done.set(event.call, event);
      step.state.delete(event.actor);
    } else if (event.type === "signal") step.signals.set(event.actor, `${step.signals.get(event.actor) ?? ""} ${event.result}`);
    else if (event.type === "ready" || (event.type === "step" && event.result === 1n)) step.state.delete(event.actor);
    else if (event.type === "blocked" || event.type === "stopped" || event.type === "gone") step.state.set(event.actor, event.type);
  }
  return steps;
}

export interface Difference {
  /** Without numbers that change from run to run. */
  key: string;
  message: string;
  call: number;
}

/** Bytes of structures that two machines need not agree on: times, sequence numbers. */
const UNLIKE: [RegExp, [from: number, to: number][]][] = [
  [/^msgctl\$(IPC_STAT|MSG_STAT)/, [[24, 28], [48, 72]]],
  [/^semctl\$(IPC_STAT|SEM_STAT)/, [[24, 28], [48, 80]]],
  [/^shmctl\$(IPC_STAT|SHM_STAT)/, [[24, 28], [56, 80]]],
  [/^shmctl\$SHM_INFO/, [[16, 48]]],
  [/^waitid/, [[32, 128]]],
  [/^rt_sig(timedwait)/, [[48, 128]]],
];
const ID_RESULTS = new Set(["msq", "sem", "shm"]);
const ID_CALLS = /^(msgctl\$MSG_STAT|semctl\$SEM_STAT|shmctl\$SHM_STAT)/;

export class Comparison {
  private readonly toNative = new Map<string, bigint>();
  private readonly toOurs = new Map<string, bigint>();

  constructor(
    private readonly program: Program,
    private readonly ours: Outcome,
    private readonly native: NativeOutcome,
  ) {}

  /** The first difference, null when there is none. */
  first(): Difference | null {
    const a = stepsOf(this.ours.events);
    const b = stepsOf(this.native.events);
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const begun = this.ours.events.filter((event) => event.type === "step" && event.result === 0n)[i];
      if (!a[i] || !b[i]) return this.differs(begun?.call ?? 0, "who can go on", a[i] ? "goes on" : "does not", b[i] ? "goes on" : "does not");
      const found = this.step(a[i]!, b[i]!, begun?.call ?? 0);
      if (found) return found;
    }
    return null;
  }

  private differs(call: number, what: string, ours: string, native: string): Difference {
    const name = this.program.calls[call]?.type.name ?? "?";
    return { key: `${name} ${what}: ${ours} / ${native}`, message: `${name} (call ${call}): ${what} is ${ours}, on Linux ${native}`, call };
  }

  private step(a: Step, b: Step, begun: number): Difference | null {
    for (const call of new Set([...a.done.keys(), ...b.done.keys()])) {
      const [x, y] = [a.done.get(call), b.done.get(call)];
      if (!x || !y) return this.differs(call, "the end of the call", x ? `there (${x.result})` : "not there", y ? `there (${y.result})` : "not there");
      const found = this.result(call, x, y);
      if (found) return found;
    }
    for (const actor of new Set([...a.state.keys(), ...b.state.keys()])) {
      const [x, y] = [a.state.get(actor) ?? "ready", b.state.get(actor) ?? "ready"];
      if (x !== y) return this.differs(begun, "what an actor does then", x, y);
    }
    for (const actor of new Set([...a.signals.keys(), ...b.signals.keys()])) {
      const [x, y] = [a.signals.get(actor) ?? "none", b.signals.get(actor) ?? "none"];
      if (x !== y) return this.differs(begun, "the signals handled", x.trim(), y.trim());
    }
    return null;
  }

  private result(index: number, x: FuzzEvent, y: FuzzEvent): Difference | null {
    const { type } = this.program.calls[index]!;
    const known = ID_RESULTS.has(type.result) ? type.result : ID_CALLS.test(type.name) ? type.name.slice(0, 3).replace("msg", "msq") : null;
    const both = x.result >= 0n && y.result >= 0n;
    const address = type.result === "addr" && both;
    if (this.program.calls[index]!.makes && x.result > 0n && y.result > 0n) return this.paired("pid", x.result, y.result) ? null : this.differs(index, "the process", String(x.result), String(y.result));
    if (known && both) {
      if (!this.paired(known, x.result, y.result)) return this.differs(index, "the id", "another object", "not the same");
    } else if (!address && x.result !== y.result && !this.samePid(Number(x.result), Number(y.result))) return this.differs(index, "the result", String(x.result), String(y.result));
    if (!both) return null;
    return this.bytes(index, x.bytes, y.bytes);
  }

  private paired(kind: string, ours: bigint, native: bigint): boolean {
    const [there, back] = [this.toNative.get(`${kind} ${ours}`), this.toOurs.get(`${kind} ${native}`)];
    if (there === undefined && back === undefined) {
      this.toNative.set(`${kind} ${ours}`, native);
      this.toOurs.set(`${kind} ${native}`, ours);
      return true;
    }
    return there === native && back === ours;
  }

  private samePid(ours: number, native: number): boolean {
    if (this.toNative.get(`pid ${ours}`) === BigInt(native)) return true;
    return this.ours.pids.some((pid, i) => pid !== 0 && pid === ours && this.native.pids[i] === native);
  }

  private bytes(index: number, x: Uint8Array, y: Uint8Array): Difference | null {
    const { type } = this.program.calls[index]!;
    const unlike = UNLIKE.find(([test]) => test.test(type.name))?.[1] ?? [];
    const length = Math.min(x.length, y.length);
    const word = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true);
    for (let at = 0; at + 4 <= length; at += 4) {
      const [a, b] = [word(x, at), word(y, at)];
      if (a === b || unlike.some(([from, to]) => at >= from && at < to)) continue;
      if (this.samePid(a, b) || /^rt_sigaction/.test(type.name)) continue;
      return this.differs(index, `word ${at} of the memory`, `0x${(a >>> 0).toString(16)}`, `0x${(b >>> 0).toString(16)}`);
    }
    return null;
  }
}

/** Families of sockets other than AF_UNIX depend on the host's network. */
function isStrangeSocket(call: Call): boolean {
  return /^socket(pair)?$/.test(call.type.name) && call.type.args.some(({ type }, i) => type.values && !type.values.includes(call.args[i]?.value ?? 0n));
}

/** A command that a mutation has changed: what it leaves in memory is not known. */
function isStrangeCommand(call: Call): boolean {
  const cmd = /^(msg|sem|shm)ctl/.test(call.type.name) ? call.type.args.findIndex(({ name }) => name === "cmd") : -1;
  return cmd >= 0 && call.args[cmd]?.value !== call.type.args[cmd]!.type.values![0];
}

/** Whether the time that a call leaves in memory may be read by another. */
function sharesTimes(program: Program): boolean {
  const windowOf = (call: Call) => (call.args.find((cell) => cell.kind === "pointer")?.value ?? -1n) / BigInt(WINDOW);
  return program.calls.some((call, i) => UNLIKE.some(([test]) => test.test(call.type.name)) && program.calls.some((other, k) => k !== i && windowOf(other) === windowOf(call)));
}

/** Whether a program can be compared: nothing in it depends on the clock or the network, and no pid is used as something else. */
export function comparable(program: Program, outcome: Outcome): boolean {
  const strange = program.calls.some((call) => call.type.local || isStrangeSocket(call) || isStrangeCommand(call) || [...call.args, ...call.stores].some((cell) => cell.kind === "ref" && program.calls[cell.aux >> 2]?.makes));
  return !strange && !sharesTimes(program) && !outcome.trap && !outcome.events.some((event) => event.type === "time");
}

async function compare(module: FuzzModule, native: NativeLinux, program: Program): Promise<Difference | null> {
  const ours = module.run(program, { checks: false });
  if (!comparable(program, ours)) return null;
  const theirs = await native.run(program, callSteps(ours), module.grammar);
  if (!theirs.finished) return null;
  return new Comparison(program, ours, theirs).first();
}

const REPLAYS = 1000;

/** How often out of a thousand runs, on both sides, a program shows the same difference again. */
async function replayed(module: FuzzModule, native: NativeLinux, program: Program, key: string): Promise<number> {
  let same = 0;
  for (let i = 0; i < REPLAYS; i += 100) {
    const found = await Promise.all(Array.from({ length: 100 }, () => compare(module, native, program)));
    same += found.filter((difference) => difference?.key === key).length;
  }
  return same;
}

interface Limits {
  seconds: number;
  programs: number;
  json: boolean;
}

/** Compares generated programs with Linux until time or number is up. Differences by their key, the smallest program of each. */
export async function nativeCampaign(wasm: WebAssembly.Module, settings: Omit<CampaignSettings, "property" | "calls"> & { calls: string[] | null }, limits: Limits, say: (line: string) => void): Promise<number> {
  let native: NativeLinux;
  try {
    native = new NativeLinux();
  } catch (error) {
    if (!(error instanceof NativeMissing)) throw error;
    say(error.message);
    return 125;
  }
  const { calls, ...rest } = settings;
  const full: CampaignSettings = { ...rest, ...(calls ? { calls: new Set(calls) } : {}), eager: true, property: null };
  const out = (object: object) => void writeSync(1, `${JSON.stringify(object)}\n`);
  const run: Campaign = new Campaign(wasm, full, say, (finding, file, replayed) => {
    if (limits.json) out({ event: "finding", kind: finding.kind, message: finding.message, text: findingText(finding, run.grammar), file, replayed });
    else writeSync(1, `${finding.kind}: ${finding.message}\n${findingText(finding, run.grammar)}\n`);
  });
  const began = Date.now();
  let stop = false;
  process.on("SIGINT", () => (stop = true));
  process.on("SIGTERM", () => (stop = true));
  let compared = 0;
  let skipped = 0;
  const seen = new Map<string, number>();
  let explained = 0;
  /** Differences that did not show themselves again. */
  let unsteady = 0;
  let line = began;
  try {
    const due = () => stop || (limits.seconds > 0 && Date.now() - began >= limits.seconds * 1000) || (limits.programs > 0 && compared >= limits.programs);
    const ask = async ({ program, outcome }: { program: Program; outcome: Outcome }) => {
      if (!comparable(program, outcome)) return null;
      const theirs = await native.run(program, callSteps(outcome), run.grammar);
      return theirs.finished ? { program, found: new Comparison(program, outcome, theirs).first() } : null;
    };
    const judge = async ({ program, found }: { program: Program; found: Difference }) => {
      if (EXPLAINED.some(({ key }) => key.test(found.key))) {
        explained++;
        return;
      }
      const times = (seen.get(found.key) ?? 0) + 1;
      seen.set(found.key, times);
      if (times > 1) return;
      const again = await compare(run.module, native, program);
      if (again?.key !== found.key) {
        seen.delete(found.key);
        unsteady++;
        if (limits.json) out({ event: "unsteady", message: found.message, text: printProgram(program, run.grammar) });
        return;
      }
      if (limits.json) out({ event: "seen", kind: "difference", message: found.message, text: printProgram(program, run.grammar) });
      const small = await minimiseLater(program, async (candidate) => (await compare(run.module, native, candidate))?.key === found.key);
      const told = (await compare(run.module, native, small)) ?? found;
      run.recordDifference(told.message, small, await replayed(run.module, native, small, found.key));
    };
    // Linux runs one batch while the next is made.
    let asked = run.batch(BATCH).map(ask);
    while (asked.length) {
      const next = due() ? [] : run.batch(BATCH).map(ask);
      for (const result of await Promise.all(asked)) {
        if (!result) skipped++;
        else compared++;
        if (result?.found) await judge({ program: result.program, found: result.found });
      }
      asked = next;
      if (limits.json && Date.now() - line > 1000) {
        line = Date.now();
        out({ event: "progress", seconds: (Date.now() - began) / 1000, compared, skipped, differences: seen.size, explained });
      }
    }
    run.finish();
  } finally {
    native.close();
  }
  const seconds = (Date.now() - began) / 1000;
  const figures = { seconds, compared, skipped, differences: seen.size, explained, unsteady, programsPerSecond: Math.round(compared / seconds) };
  if (limits.json) out({ event: "end", ...figures });
  else writeSync(1, `${compared} programs compared with Linux in ${seconds.toFixed(1)} s, ${skipped} not comparable, ${seen.size} differences, ${explained} explained ones\n`);
  return seen.size ? 1 : 0;
}

/** What Linux does with one program: a comment for `--reproduce --native`. */
export async function nativeReport(module: FuzzModule, program: Program): Promise<string> {
  let native: NativeLinux;
  try {
    native = new NativeLinux();
  } catch (error) {
    return `# ${(error as Error).message}\n`;
  }
  try {
    const found = await compare(module, native, { ...program, schedule: { ...program.schedule, eager: true } });
    return found ? `# difference: ${found.message}\n` : "# Linux does the same\n";
  } finally {
    native.close();
  }
}
