// `ring3 fuzz`: campaigns, reproducing and making small, measuring. With --workers each worker runs this file again.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { UsageError } from "../cli/options.ts";
import { Campaign, type CampaignSettings, type Progress } from "./campaign.ts";
import { Coverage, type EdgeTable } from "./coverage.ts";
import { findingText, judge, keyOf, replays, waitGraph, type Finding } from "./findings.ts";
import { Grammar } from "./grammar.ts";
import { minimise } from "./minimise.ts";
import { FuzzModule } from "./module.ts";
import { SCHEDULES, type Program, type ScheduleKind } from "./program.ts";
import { propertyOf, type Property } from "./property.ts";
import { emit, FORMATS, type Format } from "./emit.ts";
import { parseProgram, printProgram } from "./text.ts";
import { callSteps, nativeCampaign, nativeReport } from "./native.ts";

export const FUZZ_HELP = `ring3 fuzz looks for faults in the kernel of ring3, or in what your property says of it.

  ring3 fuzz [options]                     a campaign
  ring3 fuzz --reproduce FILE [options]    run a program and tell what happens; with --minimise make it small
  ring3 fuzz --print FILE --as FORMAT      a program as ring3, c, test or syzkaller

  --seconds N          stop after N seconds (^C stops at any time)
  --corpus DIR         keep interesting programs and findings there; go on from what is there
  --seed N             random numbers begin here (1)
  --workers N          so many threads, one corpus (1)
  --processes N        processes that a program finds, 1 to 4 (2)
  --length N           calls of a program, at the most (10)
  --calls LIST         only these calls: msgsnd,msgrcv,sem*
  --schedule LIST      how the next actor is picked: order random pct preempt uniform
  --native             compare with Linux itself; --programs N stops after N
  --property FILE      a module whose default function says what a run may not do
  --lcov FILE          coverage of the kernel's source, as LCOV
  --html DIR           the same as pages, with the shortest program for each line
  --json               one JSON object a line, the last with programsPerSecond
`;

const MODULE = new URL("./ring3-fuzz.wasm", import.meta.url);
const TABLE = new URL("./ring3-fuzz.json", import.meta.url);
const BUILDER = new URL("../tools/build-fuzz.mjs", import.meta.url);

interface Options {
  seconds: number;
  json: boolean;
  workers: number;
  lcov: string | null;
  html: string | null;
  native: boolean;
  settings: Omit<CampaignSettings, "property" | "calls"> & { calls: string[] | null };
  property: string | null;
}

const say = (line: string) => void writeSync(2, `ring3: ${line}\n`);

function wholeNumber(text: string | undefined, option: string, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw new UsageError(`--${option} needs a number from ${least} to ${most}, not "${text}"`);
  return value;
}

function parse(words: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: words,
      options: { seconds: text, corpus: text, seed: text, workers: text, processes: text, length: text, calls: text, schedule: text, property: text, lcov: text, html: text, reproduce: text, print: text, as: text, programs: text, json: flag, native: flag, minimise: flag, help: flag },
    }).values;
  } catch (error) {
    throw new UsageError(`fuzz: ${(error as Error).message.split("\n")[0]!.replace(/\. To specify.*/, "")}`);
  }
}

/** The module, built first when this is a checkout and it is not fresh. */
function wasmModule(): WebAssembly.Module {
  if (existsSync(BUILDER) && !process.env.RING3_FUZZ_AS_IS) {
    const built = spawnSync(process.execPath, [fileURLToPath(BUILDER), "--if-stale"], { stdio: ["ignore", 2, 2] });
    if (built.status !== 0) throw new Error("the fuzzer's module could not be built");
  }
  if (!existsSync(MODULE)) throw new Error(`${fileURLToPath(MODULE)} is not there`);
  return new WebAssembly.Module(readFileSync(MODULE));
}

async function loadProperty(file: string): Promise<Property> {
  const source = readFileSync(file, "utf8");
  const bundler = "esbuild";
  const { transformSync } = (await import(bundler).catch(() => ({ transformSync: null }))) as { transformSync: ((code: string, options: object) => { code: string }) | null };
  const isTypeScript = /\.[cm]?ts$/.test(file);
  if (isTypeScript && !transformSync) throw new UsageError(`--property ${file}: TypeScript needs the esbuild package beside ring3; a .mjs file needs nothing`);
  const url = isTypeScript ? `data:text/javascript;base64,${Buffer.from(transformSync!(source, { loader: "ts", format: "esm" }).code).toString("base64")}` : pathToFileURL(file).href;
  const check = ((await import(url)) as { default?: unknown }).default;
  if (typeof check !== "function") throw new UsageError(`--property ${file}: its default export is no function`);
  return propertyOf(check as Parameters<typeof propertyOf>[0]);
}

export async function fuzz(words: string[]): Promise<number> {
  const values = parse(words);
  if (values.help) {
    writeSync(1, FUZZ_HELP);
    return 0;
  }
  const schedules = (values.schedule ?? "order,random,pct,preempt,uniform").split(",") as ScheduleKind[];
  for (const kind of schedules) if (!SCHEDULES.includes(kind) || kind === "steps") throw new UsageError(`--schedule knows ${SCHEDULES.filter((k) => k !== "steps").join(", ")}, not "${kind}"`);
  if (values.seed !== undefined && !/^(0x[\da-f]+|\d+)$/i.test(values.seed)) throw new UsageError(`--seed needs a number, not "${values.seed}"`);
  const options: Options = {
    seconds: wholeNumber(values.seconds, "seconds", 0, 1, 1e9),
    json: values.json ?? false,
    workers: wholeNumber(values.workers, "workers", 1, 1, 64),
    lcov: values.lcov ?? null,
    html: values.html ?? null,
    native: values.native ?? false,
    property: values.property ?? null,
    settings: {
      seed: BigInt(values.seed ?? 1),
      processes: wholeNumber(values.processes, "processes", 2, 1, 4),
      length: wholeNumber(values.length, "length", 10, 1, 60),
      calls: values.calls ? values.calls.split(",") : null,
      schedules,
      corpus: values.corpus ?? null,
      checkEvery: 16,
      eager: values.native ?? false,
    },
  };
  if (values.reproduce) return reproduce(values.reproduce, options, values.minimise ?? false);
  if (values.print) return print(values.print, (values.as ?? "ring3") as Format);
  try {
    new Grammar(options.settings.calls ? new Set(options.settings.calls) : undefined);
  } catch (error) {
    throw new UsageError(`--calls: ${(error as Error).message}`);
  }
  if (options.native) return nativeCampaign(wasmModule(), options.settings, { seconds: options.seconds, programs: wholeNumber(values.programs, "programs", 0, 1, 1e9), json: options.json }, say);
  return campaign(options);
}

function readProgram(file: string, grammar: Grammar): Program {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (error as Error).message}`);
  }
  const { program, problems } = parseProgram(text, grammar);
  for (const { line, message } of problems) say(`${file}:${line}: ${message}`);
  if (!program.calls.length) throw new UsageError(`${file}: no call in it`);
  return program;
}

function print(file: string, format: Format): number {
  if (!FORMATS.includes(format)) throw new UsageError(`--as knows ${FORMATS.join(", ")}, not "${format}"`);
  const grammar = new Grammar();
  const program = readProgram(file, grammar);
  writeSync(1, emit(program, grammar, format, () => callSteps(new FuzzModule(wasmModule(), grammar, program.processes).run({ ...program, schedule: { ...program.schedule, eager: true } }, { checks: false }))));
  return 0;
}

async function reproduce(file: string, options: Options, small: boolean): Promise<number> {
  const grammar = new Grammar();
  let program = readProgram(file, grammar);
  const module = new FuzzModule(wasmModule(), grammar, program.processes);
  const property = options.property ? await loadProperty(options.property) : null;
  const verdictOf = (candidate: Program) => {
    const outcome = module.run(candidate);
    const broken = property?.broken(candidate, outcome);
    return broken ? { kind: "property" as const, message: broken } : judge(candidate, outcome);
  };
  const first = verdictOf(program);
  if (first && small) program = minimise(program, (candidate) => {
    const verdict = verdictOf(candidate);
    return verdict !== null && keyOf(verdict.kind, verdict.message) === keyOf(first.kind, first.message);
  }, module);
  const outcome = module.run(program);
  let text = printProgram(program, grammar);
  for (const event of outcome.events) {
    const call = program.calls[event.call];
    const who = `p${event.actor} ${call?.type.name ?? ""}`;
    if (event.type === "done") text += `# ${who} = ${event.result}\n`;
    else if (event.type === "signal") text += `# p${event.actor} handles signal ${event.result}\n`;
    else if (event.type === "blocked" || event.type === "stopped") text += `# ${who} ${event.type === "blocked" ? "sleeps" : "is stopped"}\n`;
    else if (event.type === "gone") text += `# p${event.actor} is gone\n`;
  }
  for (const line of waitGraph(program, outcome)) text += `# ${line}\n`;
  const verdict = first ? verdictOf(program) : null;
  if (verdict) {
    const finding: Finding = { ...verdict, program };
    let same = 0;
    if (verdict.kind === "property") for (let i = 0; i < 1000; i++) same += verdictOf(program)?.message === verdict.message ? 1 : 0;
    else same = replays(module, finding, 1000);
    text += `# finding ${verdict.kind}: ${verdict.message} (${same} of 1000 runs)\n`;
  }
  if (options.native) text += await nativeReport(module, program);
  writeSync(1, text);
  return verdict ? 1 : 0;
}

// ── campaigns ─────────────────────────────────────────────────────────────────────────

interface Told {
  progress: Progress;
  cpuSeconds: number;
}

async function campaign(options: Options): Promise<number> {
  const wasm = wasmModule();
  const began = Date.now();
  const states: Told[] = [];
  const out = (object: object) => void writeSync(1, `${JSON.stringify(object)}\n`);
  const terminal = !options.json && process.stderr.isTTY;
  let stop = false;
  process.on("SIGINT", () => (stop = true));
  process.on("SIGTERM", () => (stop = true));
  const clear = () => terminal && writeSync(2, "\r\u001b[K");
  const told = (finding: { kind: string; message: string; text: string }, file: string | null, replayed: number) => {
    clear();
    if (options.json) out({ event: "finding", ...finding, file, replayed });
    else writeSync(1, `${finding.kind}: ${finding.message}${file ? ` (${file})` : ""}, replays ${replayed} of 1000\n${finding.text}\n`);
  };
  const total = (): Progress => {
    const sum = { programs: 0, edges: 0, features: 0, corpus: 0, findings: 0 };
    for (const { progress } of states) {
      sum.programs += progress.programs;
      sum.findings += progress.findings;
      for (const key of ["edges", "features", "corpus"] as const) sum[key] = Math.max(sum[key], progress[key]);
    }
    return sum;
  };
  let line = 0;
  const show = () => {
    const now = Date.now();
    if (now - line < 1000) return;
    line = now;
    const p = total();
    const rate = Math.round(p.programs / ((now - began) / 1000));
    if (options.json) out({ event: "progress", seconds: (now - began) / 1000, ...p, programsPerSecond: rate });
    else if (terminal) writeSync(2, `\r\u001b[K${rate.toLocaleString("en")} programs/s, ${p.edges} edges, ${p.features} states, corpus ${p.corpus}, ${p.findings} findings, ${Math.round((now - began) / 1000)} s`);
  };
  const due = () => stop || (options.seconds > 0 && Date.now() - began >= options.seconds * 1000);
  const status = options.workers > 1 ? await manyWorkers(wasm, options, { states, due, show, told }) : await oneWorker(wasm, options, { states, due, show, told });
  clear();
  const seconds = (Date.now() - began) / 1000;
  const cpu = states.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const p = total();
  const figures = { seconds, cpuSeconds: cpu, ...p, programsPerSecond: Math.round(p.programs / seconds), programsPerCpuSecond: Math.round(p.programs / Math.max(cpu, 1e-3)) };
  if (options.json) out({ event: "end", ...figures });
  else writeSync(1, `${p.programs} programs in ${seconds.toFixed(1)} s (${figures.programsPerSecond} a second, ${figures.programsPerCpuSecond} a second of CPU), ${p.edges} edges, corpus ${p.corpus}, ${p.findings} findings\n`);
  return status;
}

interface Console {
  states: Told[];
  due: () => boolean;
  show: () => void;
  told: (finding: { kind: string; message: string; text: string }, file: string | null, replayed: number) => void;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function oneWorker(wasm: WebAssembly.Module, options: Options, { states, due, show, told }: Console): Promise<number> {
  const property = options.property ? await loadProperty(options.property) : null;
  const { calls, ...rest } = options.settings;
  const settings: CampaignSettings = { ...rest, ...(calls ? { calls: new Set(calls) } : {}), property };
  const run: Campaign = new Campaign(wasm, settings, say, (finding, file, replayed) => told({ kind: finding.kind, message: finding.message, text: findingText(finding, run.grammar) }, file, replayed));
  if (options.json) run.onSeen = (seen) => void writeSync(1, `${JSON.stringify({ event: "seen", ...seen })}\n`);
  const began = cpuNow();
  states[0] = { progress: run.progress(), cpuSeconds: 0 };
  do {
    run.slice();
    states[0] = { progress: run.progress(), cpuSeconds: cpuNow() - began };
    show();
    await turn();
  } while (!due());
  run.finish();
  writeCoverage(run, options);
  return run.findings.length ? 1 : 0;
}

function writeCoverage(run: Campaign, options: Options): void {
  if (!options.lcov && !options.html) return;
  const table = JSON.parse(readFileSync(TABLE, "utf8")) as EdgeTable;
  const programs = Array.from({ length: run.module.exports.corpusSize() }, (_, i) => run.module.corpus(i));
  const coverage = new Coverage(table, run.module, programs);
  try {
    if (options.lcov) writeFileSync(options.lcov, coverage.lcov());
    if (!options.html) return;
    mkdirSync(options.html, { recursive: true });
    const root = fileURLToPath(new URL("../", import.meta.url));
    const source = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : null);
    for (const [name, text] of coverage.pages(source)) writeFileSync(join(options.html, name), text);
  } catch (error) {
    say(`the coverage could not be written: ${(error as Error).message}`);
  }
}

interface WorkerStart {
  ring3Fuzz: true;
  wasm: WebAssembly.Module;
  options: Options;
  number: number;
}

type WorkerMessage = { is: "state"; state: Told } | { is: "finding"; finding: { kind: string; message: string; text: string }; file: string | null; replayed: number } | { is: "program"; text: string } | { is: "say"; line: string } | { is: "end" };

async function manyWorkers(wasm: WebAssembly.Module, options: Options, { states, due, show, told }: Console): Promise<number> {
  const known = new Set<string>();
  const workers = Array.from({ length: options.workers }, (_, number) => {
    const start: WorkerStart = { ring3Fuzz: true, wasm, options, number };
    return new Worker(new URL(import.meta.url), { workerData: start });
  });
  let alive = workers.length;
  workers.forEach((worker, number) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.is === "state") states[number] = message.state;
      else if (message.is === "say") say(message.line);
      else if (message.is === "program") {
        for (const other of workers) if (other !== worker) other.postMessage(message);
      } else if (message.is === "finding" && !known.has(`${message.finding.kind} ${message.finding.message}`)) {
        known.add(`${message.finding.kind} ${message.finding.message}`);
        told(message.finding, message.file, message.replayed);
      }
    });
    worker.on("error", (error) => say(`worker ${number}: ${error.message}`));
    worker.on("exit", () => alive--);
  });
  while (!due() && alive > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    show();
  }
  for (const worker of workers) worker.postMessage({ is: "end" });
  const patience = Date.now() + 10_000;
  while (alive > 0 && Date.now() < patience) await new Promise((resolve) => setTimeout(resolve, 20));
  await Promise.all(workers.map((worker) => worker.terminate()));
  return known.size ? 1 : 0;
}

async function worker({ wasm, options, number }: WorkerStart): Promise<void> {
  const port = parentPort!;
  const post = (message: WorkerMessage) => port.postMessage(message);
  const property = options.property ? await loadProperty(options.property) : null;
  const { calls, ...rest } = options.settings;
  const settings: CampaignSettings = { ...rest, seed: rest.seed + BigInt(number) * 0x1000003n, ...(calls ? { calls: new Set(calls) } : {}), property };
  const run: Campaign = new Campaign(wasm, settings, (line) => post({ is: "say", line }), (finding, file, replayed) => post({ is: "finding", finding: { kind: finding.kind, message: finding.message, text: findingText(finding, run.grammar) }, file, replayed }));
  run.onInteresting = (text) => post({ is: "program", text });
  let ended = false;
  const given: string[] = [];
  port.on("message", (message: WorkerMessage) => {
    if (message.is === "end") ended = true;
    else if (message.is === "program") given.push(message.text);
  });
  let sent = 0;
  let cpu = 0;
  while (!ended) {
    const before = performance.now();
    run.slice();
    cpu += (performance.now() - before) / 1000;
    for (const text of given.splice(0)) run.addShared(text);
    if (Date.now() - sent > 200) {
      post({ is: "state", state: { progress: run.progress(), cpuSeconds: cpu } });
      sent = Date.now();
    }
    await turn();
  }
  run.finish();
  post({ is: "state", state: { progress: run.progress(), cpuSeconds: cpu } });
  if (number === 0) writeCoverage(run, options);
  port.close();
}

if (!isMainThread && (workerData as WorkerStart | null)?.ring3Fuzz) void worker(workerData as WorkerStart);
