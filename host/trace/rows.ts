// The system call table, parsed. Used by the formatter, by `ring3 syscalls` and by the generator.
import { TABLE } from "./table.ts";

export interface Argument {
  name: string;
  /** The kind without direction and length: `path`, `stat`, `open` … */
  kind: string;
  /** How the kind is used: a plain value, a set of flags, one of a set, a pointer that is read, written, both, or special. */
  shape: "value" | "flags" | "one" | "in" | "out" | "inout" | "special";
  /** Name of the argument that gives the length, or "ret". */
  length?: string;
}

export interface Row {
  nr: number;
  name: string;
  args: Argument[];
  result: string;
  blocks: boolean;
  remark: string;
}

function parseArgument(text: string): Argument {
  const [name, spec] = text.split(": ");
  if (spec === "*") return { name, kind: name, shape: "special" };
  const m = /^(<>|<|>)?(\w+)([|!])?(?:\[(\w+)\])?$/.exec(spec);
  if (!m) throw new Error(`system call table: bad argument "${text}"`);
  const shape = m[1] === "<>" ? "inout" : m[1] === "<" ? "in" : m[1] === ">" ? "out" : m[3] === "|" ? "flags" : m[3] === "!" ? "one" : "value";
  return m[4] ? { name, kind: m[2], shape, length: m[4] } : { name, kind: m[2], shape };
}

function parseRow(line: string): Row {
  const m = /^(\d+) (\w+)\((.*)\): (\w+|\*)( blocks)?(?: ~ (.*))?$/.exec(line);
  if (!m) throw new Error(`system call table: bad row "${line}"`);
  return { nr: Number(m[1]), name: m[2], args: m[3] ? m[3].split(", ").map(parseArgument) : [], result: m[4], blocks: m[5] !== undefined, remark: m[6] ?? "" };
}

/** Rows in the order of their numbers. */
export const ROWS: Row[] = TABLE.trim().split("\n").map(parseRow);

const byNumber = new Map(ROWS.map((row) => [row.nr, row]));
const byName = new Map(ROWS.map((row) => [row.name, row]));

export function rowOf(nr: number): Row | undefined {
  return byNumber.get(nr);
}

export function rowNamed(name: string): Row | undefined {
  return byName.get(name);
}
