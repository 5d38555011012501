// Rewrites GNU assembler source to what @defasm/core reads. Added here: comments of all kinds, numeric
// labels (1: … 1b, 1f), .zero/.skip/.space, .align/.balign/.p2align, .string with its NUL, and the
// section .bss, whose labels never reach the encoder: they are undefined symbols to it.

/** What is wrong with assembler text; the message begins with the line, when that is known. */
export class AssemblyError extends Error {
  constructor(
    message: string,
    /** Line of the source, from 1; 0 when it is not known. */
    readonly line: number,
  ) {
    super(line ? `line ${line}: ${message}` : message);
    this.name = "AssemblyError";
  }
}

/** One line for the encoder, and the line of the source that it came from. */
export interface Line {
  text: string;
  number: number;
}

/** Zeroed memory: its labels' offsets. */
export interface Bss {
  size: number;
  labels: Map<string, number>;
}

interface Padding {
  label: string;
  alignment: number;
  fill: number;
  length: number;
}

type Piece = Line | { padding: Padding; number: number; intel: boolean };

const LABEL = /^\s*([\w.$]+)\s*:/;
const FILLERS = new Set([".zero", ".skip", ".space"]);
const ALIGNERS = new Set([".align", ".balign", ".p2align"]);
const IGNORED = new Set([".type", ".size", ".file", ".ident", ".p2alignl", ".cfi_startproc", ".cfi_endproc", ".code64"]);
const NOP = 0x90;

export class Preprocessor {
  readonly bss: Bss = { size: 0, labels: new Map() };
  private readonly pieces: Piece[] = [];
  private readonly paddings: Padding[] = [];
  private readonly constants = new Map<string, number>();
  private readonly numericSeen = new Map<string, number>();
  private section = ".text";
  private intel = false;
  private intelLine = ".intel_syntax noprefix";

  constructor(source: string) {
    stripComments(source)
      .split("\n")
      .forEach((text, index) => {
        for (const statement of splitStatements(text)) this.statement(statement, index + 1);
      });
  }

  /** The source for the encoder, with the paddings as they are now. */
  lines(): Line[] {
    const out: Line[] = [];
    for (const piece of this.pieces) {
      if (!("padding" in piece)) {
        out.push(piece);
        continue;
      }
      const { padding, number, intel } = piece;
      const bytes = padding.length ? ` .byte ${Array(padding.length).fill(padding.fill).join(",")}` : "";
      this.pushDirective(out, `${padding.label}:${bytes}`, number, intel);
    }
    return out;
  }

  /** Makes every padding fit the offset of its label; true when all did already. */
  fitPaddings(offsetOf: (label: string) => number): boolean {
    let fit = true;
    for (const padding of this.paddings) {
      const length = -offsetOf(padding.label) & (padding.alignment - 1);
      if (length !== padding.length) fit = false;
      padding.length = length;
    }
    return fit;
  }

  private statement(text: string, number: number): void {
    let rest = text;
    for (let label = LABEL.exec(rest); label; label = LABEL.exec(rest)) {
      this.label(label[1]!, number);
      rest = rest.slice(label[0].length);
    }
    rest = rest.trim();
    if (rest === "") return;
    const equal = /^([A-Za-z_.$][\w.$]*)\s*=(?!=)\s*(.*)$/.exec(rest);
    if (equal) this.constant(equal[1]!, equal[2]!);
    if (rest.startsWith(".")) this.directive(rest, number);
    else if (this.section === ".bss") throw new AssemblyError("only labels and .zero can stand in .bss", number);
    else this.pieces.push({ text: this.intelConstants(this.numericReferences(rest)), number });
  }

  /** In Intel syntax the encoder takes every name for memory; GNU as knows which ones are constants. */
  private intelConstants(text: string): string {
    if (!this.intel) return text;
    return outsideStrings(text, (code) => code.replace(/(?<![\w.$])[A-Za-z_.$][\w.$]*/g, (name) => String(this.constants.get(name) ?? name)));
  }

  private label(name: string, number: number): void {
    let full = name;
    if (/^\d+$/.test(name)) {
      const count = (this.numericSeen.get(name) ?? 0) + 1;
      this.numericSeen.set(name, count);
      full = numericName(name, count);
    }
    if (this.section !== ".bss") {
      this.pieces.push({ text: `${full}:`, number });
      return;
    }
    if (this.bss.labels.has(full)) throw new AssemblyError(`label ${name} is there already`, number);
    this.bss.labels.set(full, this.bss.size);
  }

  private directive(text: string, number: number): void {
    const [, name, argument] = /^(\S+)\s*(.*)$/s.exec(text) as unknown as [string, string, string];
    if (IGNORED.has(name)) return;
    if (name === ".intel_syntax" || name === ".att_syntax") {
      this.intel = name === ".intel_syntax";
      if (this.intel) this.intelLine = text.includes("prefix") ? text : ".intel_syntax noprefix";
      this.pieces.push({ text: this.intel ? this.intelLine : text, number });
    } else if (name === ".section" || name === ".text" || name === ".data" || name === ".bss") this.enter(name, argument, text, number);
    else if (FILLERS.has(name)) this.fill(argument, number);
    else if (ALIGNERS.has(name)) this.align(name, argument, number);
    else if (this.section === ".bss" && name !== ".globl" && name !== ".global" && name !== ".local") {
      throw new AssemblyError(`${name} cannot stand in .bss`, number);
    } else {
      if (name === ".equ" || name === ".set") {
        const comma = argument.indexOf(",");
        this.constant(argument.slice(0, comma).trim(), argument.slice(comma + 1));
      }
      const line = name === ".string" ? `.asciz ${argument}` : text;
      this.pushDirective(this.pieces, this.numericReferences(line), number, this.intel);
    }
  }

  private enter(name: string, argument: string, text: string, number: number): void {
    this.section = name === ".section" ? argument.split(",")[0]!.trim() : name;
    if (this.section === ".bss") return;
    const known = this.section === ".text" || this.section === ".data";
    this.pushDirective(this.pieces, known ? this.section : text, number, this.intel);
  }

  private fill(argument: string, number: number): void {
    const [count, value] = argument.split(",");
    const size = this.evaluate(count!, number);
    if (this.section === ".bss") {
      this.bss.size += size;
      return;
    }
    const byte = value === undefined ? 0 : this.evaluate(value, number) & 255;
    // Sixteen bytes an operand keeps big blocks fast to read.
    const wide = byte === 0 ? Math.floor(size / 16) : 0;
    if (wide) this.pushDirective(this.pieces, `.octa ${Array(wide).fill(0).join(",")}`, number, this.intel);
    const rest = size - wide * 16;
    if (rest) this.pushDirective(this.pieces, `.byte ${Array(rest).fill(byte).join(",")}`, number, this.intel);
  }

  private align(name: string, argument: string, number: number): void {
    const [first, value] = argument.split(",");
    const given = this.evaluate(first!, number);
    const alignment = name === ".p2align" ? 2 ** given : given;
    if (alignment < 1 || (alignment & (alignment - 1)) !== 0) throw new AssemblyError("an alignment must be a power of two", number);
    if (this.section === ".bss") {
      this.bss.size = (this.bss.size + alignment - 1) & -alignment;
      return;
    }
    const fill = value?.trim() ? this.evaluate(value, number) : this.section === ".text" ? NOP : 0;
    const padding = { label: `.Lalign_${this.paddings.length}`, alignment, fill, length: 0 };
    this.paddings.push(padding);
    this.pieces.push({ padding, number, intel: this.intel });
  }

  /** The encoder reads GNU directives in AT&T mode only. */
  private pushDirective(to: Piece[] | Line[], text: string, number: number, intel: boolean): void {
    if (intel) (to as Line[]).push({ text: ".att_syntax", number });
    (to as Line[]).push({ text, number });
    if (intel) (to as Line[]).push({ text: this.intelLine, number });
  }

  private constant(name: string, expression: string): void {
    const value = evaluate(expression, this.constants);
    if (value !== null) this.constants.set(name, value);
  }

  private evaluate(expression: string, number: number): number {
    const value = evaluate(expression, this.constants);
    if (value === null || value < 0) throw new AssemblyError(`"${expression.trim()}" is no known number`, number);
    return value;
  }

  /** 1b and 1f become the names of the labels before and after. */
  private numericReferences(text: string): string {
    return outsideStrings(text, (code) =>
      code.replace(/(?<![\w.$])(\d+)([bf])(?![\w.$])/g, (_, name: string, way: string) => {
        const seen = this.numericSeen.get(name) ?? 0;
        return numericName(name, way === "b" ? seen : seen + 1);
      }),
    );
  }
}

const numericName = (name: string, count: number) => `.Lnum_${name}_${count}`;

const STRING = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'?/gs;

function outsideStrings(text: string, change: (code: string) => string): string {
  let out = "";
  let at = 0;
  for (const match of text.matchAll(STRING)) {
    out += change(text.slice(at, match.index)) + match[0];
    at = match.index + match[0].length;
  }
  return out + change(text.slice(at));
}

/** Comments become spaces; line ends stay. */
function stripComments(source: string): string {
  const pattern = new RegExp(`${STRING.source}|/\\*.*?\\*/|(?:#|//)[^\\n]*`, "gs");
  return source.replace(pattern, (found) => (/^["']/.test(found) ? found : found.replace(/[^\n]+/g, " ")));
}

/** `;` parts statements, outside strings. */
function splitStatements(line: string): string[] {
  const parts = [""];
  let at = 0;
  const add = (code: string) => {
    const [first, ...more] = code.split(";");
    parts[parts.length - 1] += first;
    parts.push(...more);
  };
  for (const match of line.matchAll(STRING)) {
    add(line.slice(at, match.index));
    parts[parts.length - 1] += match[0];
    at = match.index + match[0].length;
  }
  add(line.slice(at));
  return parts;
}

/** A constant expression of numbers, known names, + - * << >> & | ( ); null when something is not known. */
function evaluate(expression: string, names: Map<string, number>): number | null {
  const tokens = expression.match(/0x[\da-f]+|0b[01]+|\d+|[A-Za-z_.$][\w.$]*|<<|>>|[-+*&|()~/]|\S/gi) ?? [];
  let at = 0;
  let known = true;
  const LEVELS = [["|"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/"]];
  const unary = (): number => {
    const token = tokens[at++];
    if (token === "-") return -unary();
    if (token === "~") return ~unary();
    if (token === "(") {
      const value = binary(0);
      if (tokens[at++] !== ")") known = false;
      return value;
    }
    if (token !== undefined && /^\d/.test(token)) return /^0\d/.test(token) ? parseInt(token, 8) : Number(token);
    const value = token === undefined ? undefined : names.get(token);
    if (value === undefined) known = false;
    return value ?? 0;
  };
  const binary = (level: number): number => {
    if (level === LEVELS.length) return unary();
    let left = binary(level + 1);
    while (LEVELS[level]!.includes(tokens[at] ?? "")) {
      const operator = tokens[at++];
      const right = binary(level + 1);
      if (operator === "|") left |= right;
      else if (operator === "&") left &= right;
      else if (operator === "<<") left *= 2 ** right;
      else if (operator === ">>") left = Math.floor(left / 2 ** right);
      else if (operator === "+") left += right;
      else if (operator === "-") left -= right;
      else if (operator === "*") left *= right;
      else left = Math.trunc(left / right);
    }
    return left;
  };
  const value = binary(0);
  return known && at === tokens.length && Number.isSafeInteger(value) ? value : null;
}
