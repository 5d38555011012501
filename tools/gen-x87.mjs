// Makes assembly/gen/x87.ts, the decoder's table, from the rows of assembly/cpu/x87-ops.ts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The rows of assembly/cpu/x87-ops.ts, each with its operation number. */
export async function x87Rows() {
  const text = transformSync(readFileSync(join(root, "assembly/cpu/x87-ops.ts"), "utf8"), { loader: "ts", format: "esm" }).code;
  const { rows, operation } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  return rows.map((row) => ({ ...row, op: operation(row) }));
}

const WRITES = 0x80;

async function main() {
  const rows = await x87Rows();
  const memory = new Array(164).fill(0);
  const registers = new Array(128).fill(0);
  for (const row of rows) {
    if (row.rm === -1) memory[row.op] = row.bytes | (row.access === "w" ? WRITES : 0);
    else registers[((row.escape & 7) << 3) | row.reg] |= row.rm === -2 ? 0xff : 1 << row.rm;
  }
  const text = `// Made by tools/gen-x87.mjs from cpu/x87-ops.ts.
/** By operation: bytes of the memory operand, and 0x80 when it is written; 0 = no such instruction. */
const MEMORY = memory.data<u8>([${memory.join(", ")}]);
/** By (escape & 7) << 3 | reg: which rm fields of a register form are instructions. */
const REGISTER = memory.data<u8>([${registers.slice(0, 64).join(", ")}]);

export const X87_WRITES: u32 = ${WRITES};

// @ts-ignore: decorator
@inline
export function x87Memory(op: u32): u32 {
  return load<u8>(MEMORY + op);
}

export function x87Register(place: u32, rm: u32): bool {
  return ((load<u8>(REGISTER + place) >> rm) & 1) != 0;
}
`;
  mkdirSync(join(root, "assembly/gen"), { recursive: true });
  writeFileSync(join(root, "assembly/gen/x87.ts"), text);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
