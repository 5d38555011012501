// Writes a static ELF64 program for x86-64 (elf(5)): one PT_LOAD for each run of sections of one
// protection, PT_GNU_STACK, and a symbol table for debuggers.

/** A section's bytes at their address. */
export interface Chunk {
  name: string;
  address: bigint;
  bytes: Uint8Array;
  writable: boolean;
  executable: boolean;
}

export interface ElfSymbol {
  name: string;
  address: bigint;
  global: boolean;
}

export interface Program {
  /** Address of the file's first byte; chunks of the first page follow the headers there. */
  base: bigint;
  entry: bigint;
  chunks: Chunk[];
  bss: { address: bigint; size: bigint } | null;
  symbols: ElfSymbol[];
}

interface Segment {
  flags: number;
  address: bigint;
  fileOffset: number;
  fileSize: number;
  memorySize: bigint;
}

const EHDR = 64;
const PHDR = 56;
const SHDR = 64;
const SYM = 24;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const PAGE = 0x1000n;

/** The chunks as segments; file offsets are congruent to addresses, so pages can be mapped. */
function segmentsOf({ base, chunks, bss }: Program): Segment[] {
  const segments: Segment[] = [{ flags: PF_R | PF_X, address: base, fileOffset: 0, fileSize: EHDR, memorySize: 0n }];
  for (const chunk of chunks) {
    const flags = PF_R | (chunk.writable ? PF_W : 0) | (chunk.executable ? PF_X : 0);
    let last = segments.at(-1)!;
    if (last.flags !== flags) {
      const fileOffset = Number(chunk.address - base);
      last = { flags, address: chunk.address, fileOffset, fileSize: 0, memorySize: 0n };
      segments.push(last);
    }
    last.fileSize = Number(chunk.address - last.address) + chunk.bytes.length;
  }
  for (const segment of segments) segment.memorySize = BigInt(segment.fileSize);
  if (bss) {
    const last = segments.at(-1)!;
    if (last.flags & PF_W) last.memorySize = bss.address + bss.size - last.address;
    else {
      const page = bss.address & -PAGE;
      segments.push({ flags: PF_R | PF_W, address: page, fileOffset: 0, fileSize: 0, memorySize: bss.address + bss.size - page });
    }
  }
  return segments;
}

/** Bytes that grow; all numbers little-endian. */
class Writer {
  bytes = new Uint8Array(8192);
  view = new DataView(this.bytes.buffer);
  length = 0;

  room(end: number): void {
    if (end > this.bytes.length) {
      const bigger = new Uint8Array(Math.max(end, this.bytes.length * 2));
      bigger.set(this.bytes);
      this.bytes = bigger;
      this.view = new DataView(bigger.buffer);
    }
    if (end > this.length) this.length = end;
  }

  put(at: number, bytes: ArrayLike<number>): void {
    this.room(at + bytes.length);
    this.bytes.set(bytes, at);
  }

  u8(at: number, value: number): void {
    this.room(at + 1);
    this.view.setUint8(at, value);
  }

  u16(at: number, value: number): void {
    this.room(at + 2);
    this.view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.room(at + 4);
    this.view.setUint32(at, value, true);
  }

  u64(at: number, value: bigint | number): void {
    this.room(at + 8);
    this.view.setBigUint64(at, BigInt(value), true);
  }
}

export function writeElf(program: Program): Uint8Array {
  const out = new Writer();
  const segments = segmentsOf(program);
  if (EHDR + PHDR * (segments.length + 1) > 0x200) throw new Error("too many segments");
  segments.forEach((segment, index) => {
    const at = EHDR + PHDR * index;
    out.u32(at, PT_LOAD);
    out.u32(at + 4, segment.flags);
    out.u64(at + 8, segment.fileOffset);
    out.u64(at + 16, segment.address);
    out.u64(at + 24, segment.address);
    out.u64(at + 32, segment.fileSize);
    out.u64(at + 40, segment.memorySize);
    out.u64(at + 48, PAGE);
  });
  const stack = EHDR + PHDR * segments.length;
  out.u32(stack, PT_GNU_STACK);
  out.u32(stack + 4, PF_R | PF_W);
  out.u64(stack + 48, 16);
  for (const { address, bytes } of program.chunks) out.put(Number(address - program.base), bytes);
  const sections = writeSections(out, program);
  out.put(0, [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  out.u16(16, 2); // ET_EXEC
  out.u16(18, 62); // EM_X86_64
  out.u32(20, 1);
  out.u64(24, program.entry);
  out.u64(32, EHDR);
  out.u64(40, sections.offset);
  out.u16(52, EHDR);
  out.u16(54, PHDR);
  out.u16(56, segments.length + 1);
  out.u16(58, SHDR);
  out.u16(60, sections.count);
  out.u16(62, sections.count - 1);
  return out.bytes.slice(0, out.length);
}

/** Bytes of a string table, and where each name begins. */
function stringTable(names: string[]): { bytes: Uint8Array; at: Map<string, number> } {
  const at = new Map<string, number>([["", 0]]);
  let text = "\0";
  for (const name of names) {
    if (at.has(name)) continue;
    at.set(name, text.length);
    text += `${name}\0`;
  }
  return { bytes: new TextEncoder().encode(text), at };
}

/** The section headers, symbols and names after the loaded bytes. */
function writeSections(out: Writer, { base, chunks, bss, symbols }: Program): { offset: number; count: number } {
  const SHT = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOBITS: 8 };
  const names = [...chunks.map(({ name }) => name), ".bss", ".symtab", ".strtab", ".shstrtab"];
  const sectionNames = stringTable(names);
  const symbolNames = stringTable(symbols.map(({ name }) => name));
  const sorted = [...symbols].sort((a, b) => Number(a.global) - Number(b.global));
  const strings = out.length;
  out.put(strings, symbolNames.bytes);
  const shstrings = out.length;
  out.put(shstrings, sectionNames.bytes);
  const table = (out.length + 7) & ~7;
  out.room(table + SYM * (sorted.length + 1));
  sorted.forEach(({ name, address, global }, index) => {
    const at = table + SYM * (index + 1);
    out.u32(at, symbolNames.at.get(name)!);
    out.u8(at + 4, global ? 0x10 : 0);
    out.u16(at + 6, sectionIndex(address));
    out.u64(at + 8, address);
  });
  const offset = out.length;
  let count = 1;
  out.room(offset + SHDR);
  const header = (name: string, type: number, flags: number, address: bigint, at: number, size: number, link = 0, info = 0, entry = 0) => {
    const to = offset + SHDR * count++;
    out.room(to + SHDR);
    out.u32(to, sectionNames.at.get(name)!);
    out.u32(to + 4, type);
    out.u64(to + 8, flags);
    out.u64(to + 16, address);
    out.u64(to + 24, at);
    out.u64(to + 32, size);
    out.u32(to + 40, link);
    out.u32(to + 44, info);
    out.u64(to + 48, type === SHT.SYMTAB ? 8 : 1);
    out.u64(to + 56, entry);
  };
  for (const { name, address, bytes, writable, executable } of chunks) {
    header(name, SHT.PROGBITS, 2 | (writable ? 1 : 0) | (executable ? 4 : 0), address, Number(address - base), bytes.length);
  }
  if (bss) header(".bss", SHT.NOBITS, 3, bss.address, 0, Number(bss.size));
  const locals = sorted.filter(({ global }) => !global).length + 1;
  header(".symtab", SHT.SYMTAB, 0, 0n, table, SYM * (sorted.length + 1), count + 1, locals, SYM);
  header(".strtab", SHT.STRTAB, 0, 0n, strings, symbolNames.bytes.length);
  header(".shstrtab", SHT.STRTAB, 0, 0n, shstrings, sectionNames.bytes.length);
  return { offset, count };

  function sectionIndex(address: bigint): number {
    const index = chunks.findIndex((chunk) => address >= chunk.address && address <= chunk.address + BigInt(chunk.bytes.length));
    return index >= 0 ? index + 1 : chunks.length + 1;
  }
}
