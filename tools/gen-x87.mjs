// Makes assembly/gen/x87.ts, the sizes of memory operands, from the rows of assembly/cpu/x87-ops.ts.
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
  for (const row of rows) {
    if (row.rm === -1) memory[row.op] = row.bytes | (row.access === "w" ? WRITES : 0);
  }
  const text = `// Made by tools/gen-x87.mjs from cpu/x87-ops.ts.
/** By operation: bytes of the memory operand, and 0x80 when it is written; 0 = no such instruction. */
const MEMORY = memory.data<u8>([${memory.join(", ")}]);

export const X87_WRITES: u32 = ${WRITES};

// @ts-ignore: decorator
@inline
export function x87Memory(op: u32): u32 {
  return load<u8>(MEMORY + op);
}
`;
  mkdirSync(join(root, "assembly/gen"), { recursive: true });
  writeFileSync(join(root, "assembly/gen/x87.ts"), text);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
