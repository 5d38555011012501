// The grammar of programs: every system call of the table that the machine has, refined by calls.ts, as objects (for text)
// and as the words that assembly/fuzz/grammar.ts reads.
import * as abi from "./constants.ts";
import { HANDLED, SYS } from "../gen/syscalls.ts";
import { nameSet } from "../trace/names.ts";
import { ROWS, type Argument, type Row } from "../trace/rows.ts";
import { CALLS, FAMILIES, NEVER, STRINGS, STRUCTS } from "./calls.ts";

export type Kind = "const" | "one" | "flags" | "resource" | "pointer" | "length" | "buffer" | "string" | "pid" | "handler" | "restorer" | "int" | "map" | "shared" | "fill" | "text";
const KINDS: Kind[] = ["const", "one", "flags", "resource", "pointer", "length", "buffer", "string", "pid", "handler", "restorer", "int", "map", "shared", "fill", "text"];

export interface Type {
  kind: Kind;
  /** Bytes that it takes as a field. */
  size: number;
  values?: bigint[];
  always?: bigint;
  resource?: string;
  struct?: StructType;
  /** 1 read, 2 written, 3 both. */
  direction?: number;
  most?: number;
  of?: string;
  elements?: boolean;
  strings?: [number, number];
  nullable?: boolean;
}

export interface StructType {
  name: string;
  fields: Type[];
  bytes: number;
  index: number;
}

export interface CallType {
  /** As in text: msgctl$IPC_STAT. */
  name: string;
  nr: number;
  args: { name: string; type: Type }[];
  result: string;
  pair: boolean;
  /** Depends on the clock: Linux is not asked. */
  local: boolean;
  index: number;
  family: number;
}

// Those of the stage, in pairs (generate.ts: focus); what SCM_RIGHTS and dup give comes after them.
const FD_FALLBACK = [3n, 4n, 5n, 6n, 7n, 7n, 8n, 9n, 10n, 11n];
/** Values that a resource may have without a call that made it. */
const FALLBACKS: Record<string, bigint[]> = { fd: FD_FALLBACK, mqd: [10n], msq: [], sem: [], shm: [], wd: [1n], addr: [] };
const RESOURCES = ["", "fd", "msq", "sem", "shm", "mqd", "wd", "addr", "pid", "timer"];

export class Grammar {
  readonly calls: CallType[] = [];
  readonly strings: string[] = [];
  readonly families: { name: string; calls: number[] }[] = FAMILIES.map(([name]) => ({ name, calls: [] }));
  private readonly structs = new Map<string, StructType>();
  private readonly structList: StructType[] = [];
  private readonly byName = new Map<string, CallType>();
  private readonly groups = new Map<string, [number, number]>();

  /** `only`: names of calls (without variants) that programs are made of. */
  constructor(only?: ReadonlySet<string>) {
    for (const [kind, list] of Object.entries(STRINGS)) {
      this.groups.set(kind, [this.strings.length, list.length]);
      this.strings.push(...list);
    }
    const texts = new Map(STRUCTS.trim().split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)] as const));
    this.texts = texts;
    const wanted = (name: string) => HANDLED.has(name) && (!only || only.has(name) || [...only].some((o) => o.endsWith("*") && name.startsWith(o.slice(0, -1))));
    const described = new Set<string>();
    for (const line of CALLS.trim().split("\n")) {
      const m = /^((\w+?)(?:\$\w+)?)\((.*)\): (\w+)( pair)?( local)?$/.exec(line);
      if (!m) throw new Error(`calls.ts: bad line "${line}"`);
      described.add(m[2]!);
      if (!wanted(m[2]!)) continue;
      const args = m[3] ? m[3].split(", ").map((text) => ({ name: text.slice(0, text.indexOf(": ")), type: this.type(text.slice(text.indexOf(": ") + 2), 8) })) : [];
      this.add(m[1]!, m[2]!, args, m[4]!, { pair: Boolean(m[5]), local: Boolean(m[6]) });
    }
    for (const row of ROWS) {
      if (!wanted(row.name) || NEVER.has(row.name) || described.has(row.name)) continue;
      const args = this.fromRow(row);
      if (args) this.add(row.name, row.name, args, row.result === "fd" ? "fd" : "int", { pair: false, local: false });
    }
    if (!this.calls.length) throw new Error("no call of that name can be fuzzed");
  }

  private readonly texts: Map<string, string>;

  named(name: string): CallType | undefined {
    return this.byName.get(name);
  }

  private add(name: string, base: string, args: CallType["args"], result: string, { pair, local }: { pair: boolean; local: boolean }): void {
    const family = FAMILIES.findIndex(([, test]) => test.test(name));
    const call: CallType = { name, nr: SYS[base as keyof typeof SYS], args, result, pair, local, index: this.calls.length, family };
    this.calls.push(call);
    this.byName.set(name, call);
    this.families[family]!.calls.push(call.index);
  }

  /** A row of the table as it is; null when a structure of it is not known. */
  private fromRow(row: Row): CallType["args"] | null {
    const args: CallType["args"] = [];
    for (const argument of row.args) {
      const type = this.fromArgument(row, argument);
      if (!type) return null;
      args.push({ name: argument.name, type });
    }
    return args;
  }

  private fromArgument(row: Row, argument: Argument): Type | null {
    const { kind, shape, length } = argument;
    const holder = row.args.find((a) => a.length === argument.name);
    if (holder) return { kind: "length", size: 8, of: holder.name, elements: holder.kind !== "data" };
    if (shape === "flags") return this.flags(kind, 8);
    if (shape === "one") return { kind: "one", size: 8, values: nameSet(kind).entries.map(([value]) => value) };
    if (shape === "value") {
      const before = row.args[row.args.indexOf(argument) - 1];
      if (kind === "size" && before?.length === "ret") return { kind: "length", size: 8, of: before.name };
      return this.value(kind, 8);
    }
    if (shape === "special") return { kind: "int", size: 8 };
    const direction = shape === "in" ? 1 : shape === "out" ? 2 : 3;
    if (/data$/.test(kind)) return { kind: "buffer", size: 8, direction };
    if (!this.texts.has(kind)) return null;
    return { kind: "pointer", size: 8, struct: this.struct(kind), direction, ...(length && length !== "ret" ? { most: 3 } : {}) };
  }

  private flags(set: string, size: number, always?: bigint): Type {
    return { kind: "flags", size, values: nameSet(set).entries.map(([value]) => value).filter((value) => value !== 0n), ...(always === undefined ? {} : { always }) };
  }

  private value(kind: string, size: number): Type {
    if (kind === "path" || kind === "mqname" || kind === "str") return { kind: "string", size, strings: this.groups.get(kind)! };
    if (kind === "dirfd") return { kind: "one", size, values: [-100n] };
    if (RESOURCES.includes(kind) && kind !== "pid") return { kind: "resource", size, resource: kind, values: FALLBACKS[kind] ?? [] };
    if (kind === "pid") return { kind: "pid", size };
    if (kind === "sig") return { kind: "one", size, values: [10n, 12n, 17n, 34n, 0n] };
    if (kind === "uid") return { kind: "one", size, values: [0n, 1000n] };
    if (kind === "map" || kind === "shared" || kind === "handler" || kind === "restorer") return { kind, size };
    return { kind: "int", size };
  }

  private struct(name: string): StructType {
    const known = this.structs.get(name);
    if (known) return known;
    const made: StructType = { name, fields: [], bytes: 0, index: this.structList.length };
    this.structs.set(name, made);
    this.structList.push(made);
    const bytes = /^b(\d+)$/.exec(name);
    const text = bytes ? `fill:${bytes[1]}` : this.texts.get(name);
    if (text === undefined) throw new Error(`calls.ts: no structure ${name}`);
    for (const field of text.trim().split(", ")) {
      const inPlace = /^(fill|text):(.*)$/.exec(field);
      if (inPlace?.[1] === "fill") made.fields.push({ kind: "fill", size: Number(inPlace[2]) });
      else if (inPlace) {
        const at = inPlace[2]!.lastIndexOf(":");
        const start = this.strings.length;
        const list = inPlace[2]!.slice(0, at).split("/");
        this.strings.push(...list);
        made.fields.push({ kind: "text", size: Number(inPlace[2]!.slice(at + 1)), strings: [start, list.length] });
      } else {
        const m = /^[ui](8|16|32|64) (.*)$/.exec(field);
        if (!m) throw new Error(`calls.ts: bad field "${field}" of ${name}`);
        made.fields.push(this.type(m[2]!, Number(m[1]) / 8));
      }
    }
    made.bytes = made.fields.reduce((sum, field) => sum + field.size, 0);
    return made;
  }

  private type(text: string, size: number): Type {
    if (text.startsWith("?")) return { ...this.type(text.slice(1), size), nullable: true };
    if (text.startsWith("=")) return { kind: "const", size, values: [constant(text.slice(1))] };
    const pointer = /^(<>|<|>)(\w+)(?:\*(\d+))?$/.exec(text);
    if (pointer) {
      const direction = pointer[1] === "<" ? 1 : pointer[1] === ">" ? 2 : 3;
      if (pointer[2] === "data") return { kind: "buffer", size, direction };
      return { kind: "pointer", size, direction, struct: this.struct(pointer[2]!), ...(pointer[3] ? { most: Number(pointer[3]) } : {}) };
    }
    const length = /^(len|count):(\w+)$/.exec(text);
    if (length) return { kind: "length", size, of: length[2]!, elements: length[1] === "count" };
    const flags = /^(\w+)\|(?:\+(\w+))?$/.exec(text);
    if (flags) return this.flags(flags[1]!, size, flags[2] ? constant(flags[2]) : undefined);
    const one = /^(\w+)!$/.exec(text);
    if (one) return { kind: "one", size, values: nameSet(one[1]!).entries.map(([value]) => value) };
    if (/^[a-z]\w*$/.test(text)) return this.value(text, size);
    const words = text.split("/");
    const named = words.find((word) => /^[a-z]+$/.test(word));
    if (named) {
      const base = this.value(named, size);
      const others = words.filter((word) => word !== named).map(constant);
      return base.kind === "resource" ? { ...base, values: [...(base.values ?? []), ...others] } : base;
    }
    return { kind: "one", size, values: words.map(constant) };
  }

  /** The grammar as words, for the module. */
  encode(): Uint8Array {
    const pool: bigint[] = [];
    const poolOf = (values: bigint[]) => {
      const start = pool.length;
      pool.push(...values);
      return start;
    };
    const types: number[][] = [];
    const typeOf = (type: Type, names: string[]): number[] => {
      const head = KINDS.indexOf(type.kind) | ((type.size > 8 ? 1 : type.size) << 8) | (type.nullable ? 1 << 16 : 0);
      switch (type.kind) {
        case "const": return [head, poolOf(type.values!), 0, 0];
        case "one": return [head, poolOf(type.values!), type.values!.length, 0];
        case "flags": return [head, poolOf(type.values!), type.values!.length, type.always === undefined ? 0 : poolOf([type.always]) + 1];
        case "resource": return [head, RESOURCES.indexOf(type.resource!), poolOf(type.values ?? []), type.values?.length ?? 0];
        case "pointer": return [head, type.struct!.index, type.direction!, type.most ?? 0];
        case "length": return [head, lengthIndex(type.of!, names), type.elements ? 1 : 0, 0];
        case "buffer": return [head, 0, type.direction!, 0];
        case "string": return [head, type.strings![0], type.strings![1], 0];
        case "fill": return [head, type.size, 0, 0];
        case "text": return [head, type.strings![0], type.strings![1], type.size];
        default: return [head, 0, 0, 0];
      }
    };
    const structs: number[][] = [];
    for (const s of this.structList) {
      const entries = s.fields.map((field) => typeOf(field, []));
      structs.push([types.length, s.fields.length, s.bytes, 0]);
      types.push(...entries);
    }
    const variants: number[][] = [];
    for (const call of this.calls) {
      const names = call.args.map((a) => a.name);
      const flags = (/^(fork|clone)/.test(call.name) ? 1 : 0) | (call.name === "exit_group" ? 4 : 0) | (call.pair ? 8 : 0) | (call.local ? 16 : 0);
      const indexes = call.args.map(({ type }) => {
        types.push(typeOf(type, names));
        return types.length - 1;
      });
      const result = Math.max(0, RESOURCES.indexOf(call.result));
      variants.push([call.nr, flags, result, call.args.length, this.familyNumber(call.family), 1, ...indexes, ...Array(8 - indexes.length).fill(0)]);
    }
    const lists: number[] = [];
    const listOf = (list: number[]) => {
      lists.push(...list);
      return [lists.length - list.length, list.length];
    };
    const families = this.families.filter((f) => f.calls.length).map((f) => listOf(f.calls));
    const producers = RESOURCES.map((name) => listOf(name === "" ? [] : this.calls.filter((c) => c.result === name).map((c) => c.index)));
    return pack(variants, types, pool, structs, this.strings, families, producers, lists);
  }

  private familyNumber(family: number): number {
    return this.families.slice(0, family).filter((f) => f.calls.length).length;
  }
}

function lengthIndex(of: string, names: string[]): number {
  const index = /^\d+$/.test(of) ? Number(of) : names.indexOf(of);
  if (index < 0) throw new Error(`calls.ts: no argument ${of}`);
  return index;
}

function constant(text: string): bigint {
  return text.split("|").reduce((value, word) => {
    if (/^-?(0x[\da-f]+|\d+)$/i.test(word)) return value | (word.startsWith("-") ? BigInt.asUintN(64, -BigInt(word.slice(1))) : BigInt(word));
    const found = (abi.CONSTANTS as Record<string, number>)[word];
    if (found === undefined) throw new Error(`calls.ts: no constant ${word}`);
    return value | BigInt.asUintN(64, BigInt(found));
  }, 0n);
}

function pack(variants: number[][], types: number[][], pool: bigint[], structs: number[][], strings: string[], families: number[][], producers: number[][], lists: number[]): Uint8Array {
  const bytes = new Uint8Array(1 << 20);
  const view = new DataView(bytes.buffer);
  let at = 64;
  const words = (rows: number[][]) => {
    const start = at;
    for (const row of rows) for (const value of row) view.setUint32((at += 4) - 4, value, true);
    at = (at + 7) & ~7;
    return start;
  };
  const head = [variants.length, words(variants), words(types)];
  head.push(at);
  for (const value of pool) view.setBigUint64((at += 8) - 8, BigInt.asUintN(64, value), true);
  head.push(words(structs));
  const encoded = strings.map((text) => new TextEncoder().encode(text));
  const table = at;
  at += encoded.length * 8;
  encoded.forEach((text, i) => {
    view.setUint32(table + i * 8, at, true);
    view.setUint32(table + i * 8 + 4, text.length, true);
    bytes.set(text, at);
    at += text.length + 1;
  });
  at = (at + 7) & ~7;
  head.push(table, words(families), families.length, words(producers), words([lists]));
  head.forEach((value, i) => view.setUint32(i * 4, value, true));
  return bytes.slice(0, at);
}
