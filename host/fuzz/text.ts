// Programs as text, in syzkaller's style: one call a line, `r0 = msgget(0x7b6, 0x3b6)`, `&(0x20000000)={0x1, "61"/64}` for
// memory. A program of several actors has `p1: ` before each call; lines with # tell the rest. Where structures overlap in memory,
// values that no structure shows stand after the call: ` also 0x20000004=0x1:4`.
import type { CallType, Grammar, StructType, Type } from "./grammar.ts";
import { BIG, DATA, ProgramError, SCHEDULES, SHARED, WINDOW, WINDOWS, type Call, type Cell, type Program, type ScheduleKind } from "./program.ts";

/** Kinds of choices, by their numbers in assembly/lib/choose.ts. */
const CHOICES = ["run", "slice", "wake", "short", "pid", "mmap", "alloc"];
const FIRST_LINE = "# ring3 program 1";
const hex = (value: bigint | number) => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

export interface PrintOptions {
  /** As syzkaller reads it: only the calls, without actors. */
  syzkaller?: boolean;
}

export function printProgram(program: Program, grammar: Grammar, { syzkaller = false }: PrintOptions = {}): string {
  const printer = new Printer(program, grammar, syzkaller);
  return printer.text();
}

class Printer {
  /** Values that the text shows so far, of the call in progress. */
  private shown = new Set<Cell>();
  /** The call stores several times to the same bytes: only their order tells what is left. */
  private overlap = false;
  /** Name of each result that is used. */
  private readonly names = new Map<number, string>();

  constructor(
    private readonly program: Program,
    private readonly grammar: Grammar,
    private readonly syzkaller: boolean,
  ) {
    for (const call of program.calls) for (const cell of [...call.args, ...call.stores]) if (cell.kind === "ref" && this.hasName(cell.aux)) this.names.set(cell.aux, "");
    [...this.names.keys()].sort((a, b) => a - b).forEach((aux, i) => this.names.set(aux, `r${i}`));
  }

  /** Whether a line of the text names this result: that of a call, or one of a pair that it writes. */
  private hasName(aux: number): boolean {
    const call = this.program.calls[aux >> 2];
    const slot = aux & 3;
    return call !== undefined && (slot === 0 || (slot < 3 && call.type.pair && call.args.some((arg) => arg.kind === "pointer")));
  }

  text(): string {
    const { schedule, choices, processes, calls } = this.program;
    const lines: string[] = [];
    if (!this.syzkaller) {
      lines.push(FIRST_LINE, `# processes ${processes}`);
      const detail = schedule.kind === "steps" ? ` ${schedule.steps.join(" ")}` : schedule.kind === "order" ? "" : ` depth ${schedule.depth} seed ${hex(schedule.seed)}`;
      lines.push(`# schedule ${schedule.kind}${schedule.eager ? " eager" : ""}${detail}`);
      if (choices.length) lines.push(`# choices ${choices.map((choice) => `${CHOICES[choice >> 5]}:${choice & 31}`).join(" ")}`);
    }
    const several = calls.some((call) => call.actor !== 0);
    calls.forEach((call, i) => lines.push(`${several && !this.syzkaller ? `p${call.actor}: ` : ""}${this.call(call, i)}`));
    return `${lines.join("\n")}\n`;
  }

  private call(call: Call, index: number): string {
    this.shown = new Set();
    this.overlap = overlaps(call, this.grammar);
    const result = this.names.get(index << 2);
    const args = call.args.map((cell, i) => this.value(cell, call.type.args[i]?.type, call, index));
    const makes = call.makes && !this.syzkaller ? ` = p${call.makes}` : "";
    const hidden = this.syzkaller ? [] : call.stores.filter((store) => !this.shown.has(store));
    const also = hidden.length ? ` also ${hidden.map((store) => `${hex(store.address)}=${this.value(store, undefined, call, index, true)}:${store.size}`).join(" ")}` : "";
    return `${result ? `${result} = ` : ""}${call.type.name}(${args.join(", ")})${makes}${also}`;
  }

  /** The value that a call stores at an address. */
  private stored(call: Call, address: number, size: number): Cell | undefined {
    if (this.overlap) return undefined;
    const cell = call.stores.find((store) => store.address === address);
    // A value of another size would not be read back as it is.
    if (!cell || (cell.size !== size && !["fill", "text", "string"].includes(cell.kind))) return undefined;
    this.shown.add(cell);
    return cell;
  }

  private value(cell: Cell | undefined, type: Type | undefined, call: Call, index: number, bare = false): string {
    if (!cell) return "_";
    switch (cell.kind) {
      case "ref": return this.names.get(cell.aux) ?? hex(BigInt.asUintN(cell.size * 8, cell.value));
      case "pointer": return bare ? `&(${hex(cell.value)})` : this.pointer(cell, type, call, index);
      case "pid": return `pid${cell.value}`;
      case "handler": return ["SIG_DFL", "SIG_IGN", "handler"][Number(cell.value)] ?? hex(cell.value);
      case "restorer": return "restorer";
      case "fill": return `"${Number(cell.value).toString(16).padStart(2, "0")}"/${cell.aux}`;
      case "string": return `'${this.grammar.strings[Number(cell.value)]}\\x00'`;
      case "text": return `'${this.grammar.strings[Number(cell.value)]}'/${cell.aux}`;
      default: return hex(BigInt.asUintN(cell.size * 8, cell.value));
    }
  }

  private pointer(cell: Cell, type: Type | undefined, call: Call, index: number): string {
    const address = Number(cell.value);
    const head = `&(${hex(address)})`;
    if (type?.kind === "pointer") {
      const { struct } = type;
      const pair = call.type.pair && call.args.find((arg) => arg.kind === "pointer") === cell;
      const [first, second] = [this.names.get((index << 2) + 1), this.names.get((index << 2) + 2)];
      if (pair) return first || second ? `${head}={${[first, second].map((name) => (name ? `<${name}=>` : "") + "0xffffffffffffffff").join(", ")}}` : head;
      if (!(type.direction! & 1)) return head;
      // What the next pointer of the call leads to is not part of this list.
      const others = [...call.args, ...call.stores].filter((other) => other.kind === "pointer" && Number(other.value) > address).map((other) => Number(other.value));
      const end = Math.min(address + struct!.bytes * (type.most ?? 1), ...others);
      if (this.overlap) return head;
      const last = call.stores.reduce((most, store) => (store.address >= address && store.address < end ? Math.max(most, store.address) : most), -1);
      if (last < 0) return head;
      const count = type.most ? Math.floor((last - address) / struct!.bytes) + 1 : 1;
      const items = Array.from({ length: count }, (_, i) => this.struct(struct!, address + i * struct!.bytes, call, index));
      return `${head}=${type.most ? `[${items.join(", ")}]` : items[0]}`;
    }
    const store = this.overlap ? undefined : call.stores.find((candidate) => candidate.address === address);
    if (store) this.shown.add(store);
    return store ? `${head}=${this.value(store, undefined, call, index)}` : head;
  }

  private struct(struct: StructType, address: number, call: Call, index: number): string {
    let at = address;
    const fields = struct.fields.map((field) => {
      const where = at;
      at += field.size;
      return this.value(this.stored(call, where, field.size > 8 ? 1 : field.size), field, call, index);
    });
    return `{${fields.join(", ")}}`;
  }
}

function overlaps(call: Call, grammar: Grammar): boolean {
  const lengthOf = (cell: Cell) => (cell.kind === "fill" || cell.kind === "text" ? cell.aux : cell.kind === "string" ? grammar.strings[Number(cell.value)]!.length + 1 : cell.size);
  const ranges = call.stores.map((cell) => [cell.address, cell.address + lengthOf(cell)] as const).sort(([a], [b]) => a - b);
  return ranges.some(([start], i) => i > 0 && start < ranges[i - 1]![1]);
}

/** A line that could not be read. */
export interface ParseProblem {
  line: number;
  message: string;
}

/** Reads a program; lines that cannot be read are told and passed over. */
export function parseProgram(text: string, grammar: Grammar): { program: Program; problems: ParseProblem[] } {
  const program: Program = { processes: 1, schedule: { kind: "order", eager: true, seed: 1n, depth: 1, steps: [] }, choices: [], calls: [] };
  const problems: ParseProblem[] = [];
  const reader = new CallReader(program, grammar);
  const lines = text.split("\n");
  if (lines.length && lines.at(-1) !== "") problems.push({ line: lines.length, message: "the file is cut short" });
  lines.forEach((raw, i) => {
    const line = raw.trim();
    if (!line || (i === lines.length - 1 && lines.at(-1) !== "")) return;
    try {
      if (line.startsWith(FIRST_LINE)) reader.exact = true;
      if (line.startsWith("#")) readHead(line, program);
      else reader.read(line);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      problems.push({ line: i + 1, message: error.message });
    }
  });
  reader.finish();
  const most = Math.max(0, ...program.calls.filter((call) => !program.calls.some((other) => other.makes === call.actor)).map((call) => call.actor));
  if (!reader.exact) program.processes = Math.min(4, Math.max(program.processes, most + 1));
  return { program, problems };
}

function readHead(line: string, program: Program): void {
  const words = line.slice(1).trim().split(/\s+/);
  if (words[0] === "ring3" && words[1] === "program" && words[2] !== "1") throw new ProgramError(`this is a program of version ${words[2]}; version 1 is known`);
  if (words[0] === "processes") program.processes = Math.min(4, Math.max(1, Number(words[1]) || 1));
  if (words[0] === "choices") program.choices = words.slice(1).map(readChoice);
  if (words[0] !== "schedule") return;
  if (!SCHEDULES.includes(words[1] as ScheduleKind)) throw new ProgramError(`no schedule ${words[1]}`);
  const rest = words.slice(2);
  const eager = rest[0] === "eager";
  if (eager) rest.shift();
  program.schedule = { ...program.schedule, kind: words[1] as ScheduleKind, eager };
  if (words[1] === "steps") program.schedule.steps = rest.map(Number);
  else for (let i = 0; i + 1 < rest.length; i += 2) {
    if (rest[i] === "depth") program.schedule.depth = Number(rest[i + 1]);
    if (rest[i] === "seed") program.schedule.seed = BigInt(rest[i + 1]!);
  }
}

/** `wake:1`: a kind of assembly/lib/choose.ts and its answer, as a byte of the program. */
function readChoice(word: string): number {
  const [kind, answer] = word.split(":");
  const number = CHOICES.indexOf(kind!);
  if (number < 0 || !/^\d+$/.test(answer ?? "") || Number(answer) > 31) throw new ProgramError(`no choice ${word}`);
  return (number << 5) | Number(answer);
}

class CallReader {
  /** A program of ours: addresses are kept as they are given. */
  exact = false;
  private text = "";
  private at = 0;
  private results = new Map<string, number>();
  private stores: Cell[] = [];
  private used = 0;
  private base = 0;
  private pair = false;
  private readonly later: [Cell, string][] = [];

  constructor(
    private readonly program: Program,
    private readonly grammar: Grammar,
  ) {}

  read(whole: string): void {
    const more = whole.lastIndexOf(" also ");
    const line = more < 0 ? whole : whole.slice(0, more);
    const m = /^(?:p(\d+): )?(?:(r\d+) = )?([\w$]+)\((.*)\)(?: = p(\d+))?(?: \(.*\))?$/.exec(line);
    if (!m) throw new ProgramError(`this is no call: ${line.slice(0, 60)}`);
    const actor = Number(m[1] ?? 0);
    if (actor > 7) throw new ProgramError(`there are 8 actors at the most, not p${actor}`);
    const type = this.grammar.named(m[3]!) ?? this.grammar.named(m[3]!.replace(/\$.*/, "")) ?? this.byArguments(m[3]!.replace(/\$.*/, ""), m[4]!);
    if (!type) throw new ProgramError(`unknown call ${m[3]}`);
    this.text = m[4]!;
    this.pair = type.pair;
    this.at = 0;
    this.stores = [];
    this.used = 0;
    const index = this.program.calls.length;
    this.base = DATA + (index % WINDOWS) * WINDOW;
    const args: Cell[] = [];
    for (const { type: argument } of type.args) {
      this.space();
      if (this.at >= this.text.length) args.push(plain(0n, 8));
      else args.push(this.value(argument, index));
      this.space();
      if (this.text[this.at] === ",") this.at++;
    }
    if (more >= 0) this.also(whole.slice(more + 6), index);
    if (m[2]) this.results.set(m[2], index << 2);
    this.program.calls.push({ type, actor, makes: Number(m[5] ?? 0), window: Math.min(WINDOW, (this.used + 7) & ~7), args, stores: this.stores });
  }

  /** Values beside the structures: `0x20000004=0x1:4 …`. */
  private also(text: string, index: number): void {
    this.text = text;
    this.at = 0;
    let m;
    for (this.space(); (m = this.take(/(0x[\da-f]+)=/i)); this.space()) {
      const known = this.stores.length;
      this.field({ kind: "int", size: 8 }, Number(m[1]), index);
      const size = this.take(/:(\d)/);
      if (size && this.stores.length === known + 1) this.stores[known]!.size = Number(size[1]);
    }
    if (this.at < text.length) throw new ProgramError(`no value at "${text.slice(this.at, this.at + 30)}"`);
  }

  /** The variant of a call whose constant arguments are those given: semctl(r0, 0x0, 0x10, …). */
  private byArguments(base: string, text: string): CallType | undefined {
    const numbers = text.split(",").map((word) => /^\s*(0x[\da-f]+|\d+)\s*$/i.exec(word)?.[1]);
    const variants = this.grammar.calls.filter((call) => call.name === base || call.name.startsWith(`${base}$`));
    return variants.find((call) => call.args.some(({ type }) => type.kind === "const") && call.args.every(({ type }, i) => type.kind !== "const" || (numbers[i] !== undefined && BigInt(numbers[i]!) === type.values![0]))) ?? variants[0];
  }

  /** Results that were used before the line that names them: another actor's call may come first. */
  finish(): void {
    for (const [cell, name] of this.later) {
      const to = this.results.get(name);
      if (to === undefined) cell.kind = "const";
      else cell.aux = to;
    }
  }

  private space(): void {
    while (this.text[this.at] === " ") this.at++;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (found) this.at = sticky.lastIndex;
    return found;
  }

  private room(bytes: number): number {
    const where = this.base + this.used;
    if (this.used + bytes > WINDOW) return BIG;
    this.used += (bytes + 7) & ~7;
    return where;
  }

  /** A value for an argument (address 0) or to be stored at `address`. */
  private value(type: Type, index: number, address = 0): Cell {
    const size = type.size > 8 ? 1 : type.size;
    let m;
    if (this.take(/<r\d+=>/)) return this.value(type, index, address);
    if ((m = this.take(/&\(?(0x[\da-f]+)(?:\/0x[\da-f]+)?\)/i))) return this.pointer(type, Number(m[1]), index, address);
    if (this.take(/nil|AUTO|ANY|_/)) return { ...plain(0n, size), address };
    if ((m = this.take(/pid(\d)/))) return { kind: "pid", size, aux: 0, address, value: BigInt(m[1]!) };
    if ((m = this.take(/(r\d+)/))) {
      const to = this.results.get(m[1]!);
      const cell: Cell = { kind: "ref", size, aux: to ?? 0, address, value: 0xffffffffffffffffn };
      if (to === undefined) this.later.push([cell, m[1]!]);
      return cell;
    }
    if ((m = this.take(/SIG_DFL|SIG_IGN|handler/))) return { kind: "handler", size, aux: 0, address, value: BigInt(["SIG_DFL", "SIG_IGN", "handler"].indexOf(m[0])) };
    if (this.take(/restorer/)) return { kind: "restorer", size, aux: 0, address, value: 0n };
    if ((m = this.take(/-?(0x[\da-f]+|\d+)/i))) return { ...plain(BigInt.asUintN(64, m[0].startsWith("-") ? -BigInt(m[1]!) : BigInt(m[1]!)), size), address };
    throw new ProgramError(`no value at "${this.text.slice(this.at, this.at + 30)}"`);
  }

  private pointer(type: Type, given: number, index: number, address: number): Cell {
    const known = given >= SHARED && given < SHARED + 0x1000 ? given : given === BIG ? BIG : 0;
    const own = this.exact && given >= DATA && given < BIG ? given : this.placed(given);
    const bytes = type.kind === "pointer" ? type.struct!.bytes * (type.most ?? 1) : type.kind === "buffer" ? 256 : 64;
    const where = known || own || this.room(bytes);
    if (own) this.used = Math.max(this.used, (own % WINDOW) + bytes);
    const cell: Cell = { kind: "pointer", size: 8, aux: 0, address, value: BigInt(where) };
    if (this.take(/=/)) this.payload(type, where, index);
    return cell;
  }

  /** Where a program of others has its memory: what it gives the same address, or overlapping ones, stays so. 0 = too far away. */
  private placed(given: number): number {
    const offset = given % 0x100000;
    if (this.exact || given < 0x1000 || offset >= WINDOW * (WINDOWS - 1)) return 0;
    return DATA + offset;
  }

  private payload(type: Type, where: number, index: number): void {
    this.space();
    this.take(/@\w+=/);
    if (this.take(/\[/)) {
      for (let at = where; !this.take(/\s*\]/); at += type.struct?.bytes ?? 8) {
        this.payload({ ...type, most: 1 }, at, index);
        this.take(/\s*,/);
        if (this.at >= this.text.length) throw new ProgramError("a list does not end");
      }
      return;
    }
    if (this.take(/\{/)) {
      if (this.pair) return this.pairOfResults(index);
      let at = where;
      for (let n = 0; !this.take(/\s*\}/); n++) {
        this.space();
        const field = type.struct?.fields[n] ?? { kind: "int" as const, size: 8 };
        this.field(field, at, index);
        at += field.size;
        this.take(/\s*,/);
        if (this.at >= this.text.length) throw new ProgramError("a structure does not end");
      }
      return;
    }
    this.field({ kind: type.kind === "buffer" ? "fill" : "int", size: 8 }, where, index);
  }

  /** The two results of pipe or socketpair: `{<r0=>0xffffffffffffffff, 0xffffffffffffffff}`. */
  private pairOfResults(index: number): void {
    for (let slot = 1; !this.take(/\s*\}/); slot++) {
      const m = this.take(/\s*(?:<(r\d+)=>)?(?:0x[\da-f]+|\d+)?\s*,?/i);
      if (!m?.[0]) throw new ProgramError("a pair of results does not end");
      if (m[1]) this.results.set(m[1], (index << 2) + slot);
    }
  }

  private field(field: Type, at: number, index: number): void {
    if (this.take(/_/)) return;
    let m;
    if ((m = this.take(/"([\da-f]*)"(?:\/(0x[\da-f]+|\d+))?/i))) {
      const bytes = m[1]!.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [];
      if (m[2] && bytes.length <= 1) this.stores.push({ kind: "fill", size: 1, aux: Number(m[2]), address: at, value: BigInt(bytes[0] ?? 0) });
      else this.bytes(bytes, at);
      return;
    }
    if ((m = this.take(/'((?:[^'\\]|\\.)*)'(?:\/(\d+))?/))) {
      const text = m[1]!.replace(/\\x([\da-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16))).replace(/\\(.)/g, "$1");
      const plainText = text.replace(/\0$/, "");
      const known = this.grammar.strings.indexOf(plainText);
      if (m[2] && known >= 0) this.stores.push({ kind: "text", size: 1, aux: Number(m[2]), address: at, value: BigInt(known) });
      else if (text.endsWith("\0") && known >= 0) this.stores.push({ kind: "string", size: 1, aux: 0, address: at, value: BigInt(known) });
      else this.bytes([...text].map((letter) => letter.charCodeAt(0)), at);
      return;
    }
    if (this.take(/@\w+=/)) return this.field(field, at, index);
    if (this.text[this.at] === "{" || this.text[this.at] === "[") return this.payload(field.struct ? field : { ...field, kind: "pointer" }, at, index);
    this.stores.push(this.value(field, index, at));
  }

  private bytes(bytes: number[], at: number): void {
    for (let i = 0; i < bytes.length; ) {
      const size = bytes.length - i >= 8 ? 8 : bytes.length - i >= 4 ? 4 : bytes.length - i >= 2 ? 2 : 1;
      let value = 0n;
      for (let n = size; n--; ) value = (value << 8n) | BigInt(bytes[i + n]!);
      this.stores.push({ ...plain(value, size), address: at + i });
      i += size;
    }
  }
}

function plain(value: bigint, size: number): Cell {
  return { kind: "const", size, aux: 0, address: 0, value };
}
