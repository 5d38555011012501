// Assembles GNU-style source (AT&T or Intel syntax) to a static ELF program. @defasm/core encodes the
// instructions; preprocess.ts adds the directives that it lacks, elf.ts writes the file.
import { AssemblyState, type DefasmSection, type DefasmSymbol } from "@defasm/core";
import { type Chunk, type ElfSymbol, writeElf } from "./elf";
import { AssemblyError, type Bss, type Line, Preprocessor } from "./preprocess";

export { AssemblyError } from "./preprocess";

/** Rounds of layout until the paddings of .align fit; each round can change the length of jumps. */
const MAX_ROUNDS = 20;
const SHF_ALLOC = 2;
const SHF_WRITE = 1;
const SHF_EXECINSTR = 4;
const BASE = 0x400000n;
const PAGE = 0x1000n;

interface Placed {
  section: DefasmSection;
  bytes: Uint8Array;
  address: bigint;
}

/** The bytes of the program; throws AssemblyError with the line of the source. */
export function assemble(source: string): Uint8Array {
  const preprocessor = new Preprocessor(source);
  const { state, lines } = encode(preprocessor);
  reportErrors(state, lines);
  const chunks = place(state.sections);
  const bssStart = align(chunks.end, 64n);
  const addressOf = resolver(chunks.placed, preprocessor.bss, bssStart);
  for (const placed of chunks.placed) relocate(placed, addressOf);
  const start = state.symbols.get("_start");
  const text = chunks.placed[0]!;
  return writeElf({
    base: BASE,
    entry: start ? addressOf(start) : text.address,
    chunks: chunks.placed.map(toChunk),
    bss: preprocessor.bss.size ? { address: bssStart, size: BigInt(preprocessor.bss.size) } : null,
    symbols: symbolTable(state, preprocessor.bss, addressOf, bssStart),
  });
}

/**
 * Instructions alone, to stand at `address`; no directives.
 * @throws AssemblyError
 */
export function assembleCode(source: string, address: bigint): Uint8Array {
  const state = new AssemblyState();
  state.compile(source);
  if (state.errors[0]) throw new AssemblyError(state.errors[0].message, 0);
  const section = state.sections.find((each) => each.head.length() > 0);
  if (!section) throw new AssemblyError("no instruction", 0);
  if (state.sections.some((each) => each !== section && each.head.length() > 0)) throw new AssemblyError("only instructions", 0);
  const placed = { section, bytes: section.head.dump(), address };
  relocate(placed, resolver([placed], { labels: new Map(), size: 0 } as unknown as Bss, 0n));
  return placed.bytes;
}

/** Compiles until the paddings fit the addresses. */
function encode(preprocessor: Preprocessor): { state: AssemblyState; lines: Line[] } {
  for (let round = 0; ; round++) {
    const lines = preprocessor.lines();
    const state = new AssemblyState();
    state.compile(lines.map(({ text }) => text).join("\n"));
    const offset = (label: string) => Number(state.symbols.get(label)?.value.absoluteValue() ?? 0n);
    if (preprocessor.fitPaddings(offset) || round === MAX_ROUNDS) return { state, lines };
  }
}

function reportErrors(state: AssemblyState, lines: Line[]): void {
  const error = state.errors[0];
  if (!error) return;
  const before = state.source.slice(0, error.range?.start ?? 0);
  const index = before.split("\n").length - 1;
  throw new AssemblyError(error.message, lines[index]?.number ?? 0);
}

const align = (value: bigint, to: bigint) => (value + to - 1n) & -to;

/** Order of sections in memory: code, read-only data, data; each kind begins a page. */
function rank({ flags }: DefasmSection): number {
  return flags & SHF_EXECINSTR ? 0 : flags & SHF_WRITE ? 2 : 1;
}

function place(sections: DefasmSection[]): { placed: Placed[]; end: bigint } {
  const placed: Placed[] = [];
  const sorted = sections
    .filter((section) => section.flags & SHF_ALLOC || section.head.length() > 0)
    .sort((a, b) => rank(a) - rank(b));
  // The file and program headers stand at the start of the first page, before the code.
  let address = BASE + 0x200n;
  let last = 0;
  for (const section of sorted) {
    const bytes = section.head.dump();
    if (bytes.length === 0 && section.name !== ".text") continue;
    address = rank(section) === last ? align(address, 64n) : align(address, PAGE);
    last = rank(section);
    placed.push({ section, bytes, address });
    address += BigInt(bytes.length);
  }
  // Bytes to be zeroed follow writable data, or begin a page of their own.
  return { placed, end: last === 2 ? address : align(address, PAGE) };
}

function resolver(placed: Placed[], bss: Bss, bssStart: bigint): (symbol: DefasmSymbol) => bigint {
  const bases = new Map<unknown, bigint>(placed.map(({ section, address }) => [section, address]));
  return (symbol) => {
    const inBss = bss.labels.get(symbol.name);
    if (inBss !== undefined) return bssStart + BigInt(inBss);
    if (!symbol.statement) throw new AssemblyError(`undefined symbol ${symbol.name}`, 0);
    return (bases.get(symbol.value.section) ?? 0n) + symbol.value.absoluteValue();
  };
}

function relocate({ section, bytes, address }: Placed, addressOf: (symbol: DefasmSymbol) => bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { offset, addend, symbol, size, pcRelative } of section.getRelocations()) {
    let value = (symbol ? addressOf(symbol) : 0n) + addend;
    if (pcRelative) value -= address + BigInt(offset);
    if (size < 64 && BigInt.asIntN(size, value) !== value && BigInt.asUintN(size, value) !== value) {
      throw new AssemblyError(`the value of ${symbol?.name ?? "an expression"} does not fit ${size} bits`, 0);
    }
    for (let i = 0; i < size / 8; i++) view.setUint8(offset + i, Number((value >> BigInt(8 * i)) & 0xffn));
  }
}

function toChunk({ section, bytes, address }: Placed): Chunk {
  return {
    name: section.name,
    bytes,
    address,
    writable: (section.flags & SHF_WRITE) !== 0,
    executable: (section.flags & SHF_EXECINSTR) !== 0,
  };
}

function symbolTable(state: AssemblyState, bss: Bss, addressOf: (symbol: DefasmSymbol) => bigint, bssStart: bigint): ElfSymbol[] {
  const found: ElfSymbol[] = [];
  for (const [name, symbol] of state.symbols) {
    if (!symbol.statement || name.startsWith(".")) continue;
    if (symbol.value.section.name === "*ABS*") continue;
    found.push({ name, address: addressOf(symbol), global: symbol.bind === 1 });
  }
  for (const [name, offset] of bss.labels) found.push({ name, address: bssStart + BigInt(offset), global: false });
  return found;
}
