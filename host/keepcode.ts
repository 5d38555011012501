// Writes dist/ring3-*.code (host/code.ts): `node dist/keepcode.mjs EXAMPLE.s…`, a step of the build. The examples are run, so
// that the functions which every program needs are compiled; code of all others would take longer to read than it saves.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { codeUrl, keepable, optimiseOnly } from "./code.ts";
import { assemble } from "./asm/index.ts";
import { Machine } from "./machine.ts";

async function runAll(module: WebAssembly.Module, sources: string[]): Promise<void> {
  let time = 0n;
  const host = { clock: () => (time += 1000n), entropy: (bytes: Uint8Array) => void bytes.fill(1), output: (_stream: number, bytes: Uint8Array) => bytes.length };
  const machine = new Machine(module, host, { clock: "virtual", seed: 1n });
  for (const source of sources) {
    machine.writeFile("/program", assemble(readFileSync(source, "utf8")), { mode: 0o755 });
    await machine.spawn("/program", { stdio: ["null", "pipe", "pipe"] }).exited;
  }
}

const bytes = readFileSync(new URL("./ring3.wasm", import.meta.url));
const target = codeUrl(import.meta.url);
optimiseOnly();
const module = new WebAssembly.Module(bytes);
await runAll(module, process.argv.slice(2));
const partial = new URL(`${target.href}.${process.pid}`);
writeFileSync(partial, keepable(module, bytes));
renameSync(partial, target);
