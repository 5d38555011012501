// Arguments of a system call as they are typed.
import { CONSTANTS } from "../fuzz/constants.ts";
import type { HostTask } from "../task.ts";

/** What is wrong with a line. */
export class BadLine extends Error {}

/** A buffer that is shown after the call. */
export interface Output {
  name: string;
  at: bigint;
  size: number;
}

const LARGEST = 1 << 24;

/** Splits at commas that are not within brackets or strings. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if ("{[(".includes(c)) depth++;
    else if ("}])".includes(c)) depth--;
    else if (c === "," && !depth) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  if (quoted || depth) throw new BadLine("a string or bracket is not closed");
  const last = text.slice(from).trim();
  return last || parts.length ? [...parts, last] : [];
}

export class Parser {
  readonly outputs: Output[] = [];

  constructor(
    private readonly task: HostTask | null,
    private readonly vars: Map<string, bigint>,
  ) {}

  argument(text: string): bigint | string | Uint8Array {
    if (text.startsWith('"')) return string(text);
    if (text.startsWith("{") && text.endsWith("}")) return this.structure(text);
    const named = /^&(\w+)\[(\w+)\]$/.exec(text) ?? /^(buf)\((\w+)\)$/.exec(text);
    if (!named) return this.number(text);
    const size = Number(this.number(named[2]!));
    if (size < 1 || size > LARGEST) throw new BadLine(`a buffer has 1 to ${LARGEST} bytes`);
    const at = this.task!.allocate(size);
    this.outputs.push({ name: named[1]!, at, size });
    this.vars.set(named[1]!, at);
    return at;
  }

  /** Numbers and names, joined by `|`. */
  number(text: string): bigint {
    return text.split("|").reduce((sum, part) => sum | this.term(part.trim()), 0n);
  }

  private term(text: string): bigint {
    const m = /^(-?)(0x[\da-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text);
    if (m) {
      const value = BigInt(/^0[0-7]+$/.test(m[2]!) ? `0o${m[2]!.slice(1)}` : m[2]!);
      return m[1] ? -value : value;
    }
    if (text === "NULL") return 0n;
    const variable = this.vars.get(text);
    if (variable !== undefined) return variable;
    if (Object.hasOwn(CONSTANTS, text)) return BigInt(CONSTANTS[text]!);
    throw new BadLine(/^\w+$/.test(text) ? `unknown name ${text}` : `bad argument "${text}"`);
  }

  private structure(text: string): Uint8Array {
    const parts = splitArguments(text.slice(1, -1)).map((part) => {
      const value = part.startsWith('"') ? string(part) : this.number(part);
      if (typeof value === "string") return Buffer.from(value);
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(BigInt.asUintN(64, value));
      return word;
    });
    return Buffer.concat(parts);
  }
}

function string(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new BadLine(`bad string ${text}`);
  }
}
