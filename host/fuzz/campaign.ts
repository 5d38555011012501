// A campaign: slices of programs in the module, what is interesting goes to a corpus folder, findings are made small and told.
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Grammar } from "./grammar.ts";
import { FuzzModule, trapOf, type FindingKind, type Outcome } from "./module.ts";
import { findingText, judge, keyOf, replays, type Finding } from "./findings.ts";
import { minimise } from "./minimise.ts";
import type { Program, ScheduleKind } from "./program.ts";
import { parseProgram, printProgram } from "./text.ts";
import type { Property } from "./property.ts";

export interface CampaignSettings {
  seed: bigint;
  processes: number;
  calls?: ReadonlySet<string>;
  length: number;
  schedules: ScheduleKind[];
  corpus: string | null;
  checkEvery: number;
  eager: boolean;
  property: Property | null;
}

export interface Progress {
  programs: number;
  edges: number;
  features: number;
  corpus: number;
  findings: number;
}

const SLICE = 2000;
const REPLAYS = 1000;
const RETRY_MS = 2000;

export class Campaign {
  readonly module: FuzzModule;
  readonly grammar: Grammar;
  readonly findings: Finding[] = [];
  private readonly known = new Set<string>();
  private saved = 0;
  /** Files that could not be saved (a full disk), and when that is tried again. */
  private readonly unsaved = new Map<string, string>();
  private retryAt = 0;
  /** Told at once of what may become a finding: it takes a while to make it small and to run it a thousand times. */
  onSeen: ((seen: { kind: FindingKind; message: string; text: string }) => void) | null = null;
  /** Programs of the corpus that another worker made, and those to give away. */
  onInteresting: ((text: string) => void) | null = null;

  constructor(
    wasm: WebAssembly.Module,
    private readonly settings: CampaignSettings,
    private readonly say: (line: string) => void,
    private readonly found: (finding: Finding, file: string | null, replayed: number) => void,
  ) {
    this.grammar = new Grammar(settings.calls);
    this.module = new FuzzModule(wasm, this.grammar, settings.processes);
    this.applyOptions();
    this.module.exports.setSeed(settings.seed);
    if (settings.corpus) this.load(settings.corpus);
  }

  private applyOptions(): void {
    const { length, schedules, eager, checkEvery } = this.settings;
    this.module.options({ calls: length, schedules, eager, checkEvery, keep: true });
  }

  /** Reads a corpus folder; what cannot be read is said, the rest goes on. */
  private load(folder: string): void {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      this.say(`${folder} could not be made (${(error as NodeJS.ErrnoException).code}); the campaign goes on without`);
      this.settings.corpus = null;
      return;
    }
    for (const name of readdirSync(folder).sort()) {
      const file = join(folder, name);
      try {
        // A campaign that was killed leaves half a file.
        if (name.endsWith(".prog.new")) rmSync(file, { force: true });
        else if (name.endsWith(".prog")) this.addText(readFileSync(file, "utf8"), file);
      } catch (error) {
        this.say(`${file} could not be read (${(error as NodeJS.ErrnoException).code})`);
      }
    }
    this.module.exports.campaignRun(0);
    this.saved = this.module.exports.corpusSize();
  }

  /** Adds a program given as text; its coverage counts as seen. */
  addText(text: string, where: string): void {
    const { program, problems } = parseProgram(text, this.grammar);
    for (const { line, message } of problems) this.say(`${where}:${line}: ${message}`);
    if (!program.calls.length) {
      if (!problems.length) this.say(`${where}: no call in it`);
      return;
    }
    program.processes = this.settings.processes;
    program.calls = program.calls.filter((call) => call.actor < 8);
    try {
      this.module.run(program, { checks: false });
      this.module.addToCorpus(program);
    } catch (error) {
      this.say(`${where}: ${(error as Error).message}`);
    }
  }

  /** A program that another worker keeps already. */
  addShared(text: string): void {
    this.addText(text, "a worker's program");
    this.saved = this.module.exports.corpusSize();
  }

  /** Makes and runs some programs with their reports; those that reach something new go to the corpus. */
  batch(count: number): { program: Program; outcome: Outcome }[] {
    const made: { program: Program; outcome: Outcome }[] = [];
    while (made.length < count) {
      const program = this.module.make();
      const outcome = this.module.run(program);
      const verdict = judge(program, outcome);
      if (verdict) this.record(verdict.kind, verdict.message, program);
      if (this.module.takeNew()) this.module.addToCorpus(program);
      made.push({ program, outcome });
    }
    this.saveNew();
    return made;
  }

  /** Runs one slice. */
  slice(): void {
    const { exports } = this.module;
    for (let left = SLICE; left > 0; ) {
      const before = exports.executedCount();
      try {
        if (exports.campaignRun(left) !== 0) this.examine();
      } catch (error) {
        this.trapped(error);
      }
      left -= Math.max(1, Number(exports.executedCount() - before));
    }
    this.saveNew();
  }

  /** The program that a check of the module stopped at. */
  private examine(): void {
    const program = this.module.current();
    const verdict = judge(program, this.module.run(program));
    if (verdict) this.record(verdict.kind, verdict.message, program);
  }

  private trapped(error: unknown): void {
    let program: Program | null = null;
    try {
      program = this.module.current();
    } finally {
      this.module.exports.reset();
    }
    if (!program) return;
    const { message, stack } = trapOf(error);
    this.record("trap", `${message} in ${stack.split(" ← ").slice(0, 3).join(" ← ")}`, program);
  }

  private record(kind: FindingKind, message: string, program: Program): void {
    const key = keyOf(kind, message);
    if (this.known.has(key)) return;
    this.known.add(key);
    this.onSeen?.({ kind, message, text: printProgram(program, this.grammar) });
    const shows = (candidate: Program) => {
      const verdict = judge(candidate, this.module.run(candidate));
      return verdict !== null && keyOf(verdict.kind, verdict.message) === key;
    };
    const small = shows(program) ? minimise(program, shows, this.module) : program;
    const verdict = judge(small, this.module.run(small));
    const finding: Finding = { kind, message: verdict?.message ?? message, program: small };
    this.tell(finding, replays(this.module, finding, REPLAYS));
  }

  /** Keeps and tells a finding that was seen again `replayed` times of a thousand. */
  private tell(finding: Finding, replayed: number): void {
    this.findings.push(finding);
    const { corpus } = this.settings;
    let file: string | null = null;
    if (corpus) {
      const text = findingText(finding, this.grammar);
      file = join(corpus, "findings", `${finding.kind.replaceAll(" ", "-")}-${hash(text)}.prog`);
      if (!this.write(file, text)) file = null;
    }
    this.found(finding, file, replayed);
  }

  /** A program, small already, that did not do what Linux does. */
  recordDifference(message: string, program: Program, replayed: number): void {
    const key = keyOf("difference", message);
    if (this.known.has(key)) return;
    this.known.add(key);
    this.tell({ kind: "difference", message, program }, replayed);
  }

  private saveNew(): void {
    const size = this.module.exports.corpusSize();
    for (let i = this.saved; i < size; i++) {
      const program = this.module.corpus(i);
      const { property, corpus } = this.settings;
      if (property) this.check(property, program);
      if (!corpus && !this.onInteresting) continue;
      const text = printProgram(program, this.grammar);
      if (corpus) this.write(join(corpus, `${hash(text)}.prog`), text);
      this.onInteresting?.(text);
    }
    this.saved = size;
  }

  private check(property: Property, program: Program): void {
    const broken = (candidate: Program) => property.broken(candidate, this.module.run(candidate, { checks: false }));
    const message = broken(program);
    const key = keyOf("property", message ?? "");
    if (message === null || this.known.has(key)) return;
    this.known.add(key);
    const small = minimise(program, (candidate) => keyOf("property", broken(candidate) ?? "") === key, this.module);
    const told = broken(small) ?? message;
    let replayed = 0;
    for (let i = 0; i < REPLAYS; i++) if (broken(small) === told) replayed++;
    this.tell({ kind: "property", message: told, program: small }, replayed);
  }

  /** Writes a file whole or not at all. What finds no room is kept and tried again later; that is said once. */
  private write(file: string, text: string): boolean {
    if (this.unsaved.size) this.unsaved.set(file, text);
    else if (!this.writeNow(file, text)) this.unsaved.set(file, text);
    else return true;
    if (Date.now() >= this.retryAt) this.retry();
    return !this.unsaved.has(file);
  }

  private retry(): void {
    this.retryAt = Date.now() + RETRY_MS;
    for (const [file, text] of this.unsaved) {
      if (!this.writeNow(file, text)) return;
      this.unsaved.delete(file);
    }
    if (!this.unsaved.size) this.say("what could not be saved is saved now");
  }

  /** To be called at the end: tries again what could not be saved, and says what is lost. */
  finish(): void {
    if (this.unsaved.size) this.retry();
    if (this.unsaved.size) this.say(`${this.unsaved.size} files could not be saved`);
  }

  private writeNow(file: string, text: string): boolean {
    try {
      mkdirSync(join(file, ".."), { recursive: true });
      const fd = openSync(`${file}.new`, "w");
      try {
        const bytes = Buffer.from(text);
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      } finally {
        closeSync(fd);
      }
      renameSync(`${file}.new`, file);
      return true;
    } catch (error) {
      rmSync(`${file}.new`, { force: true });
      if (!this.unsaved.size) this.say(`${file} could not be saved (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}); the campaign goes on`);
      return false;
    }
  }

  progress(): Progress {
    return {
      programs: Number(this.module.exports.executedCount()),
      edges: this.module.edgeCount(),
      features: this.module.featureCount(),
      corpus: this.module.exports.corpusSize(),
      findings: this.findings.length,
    };
  }
}

function hash(text: string): string {
  return createHash("sha1").update(text).digest("hex").slice(0, 16);
}
