// `npm run histogram [-- PROGRAM [ARG…]]`: which micro-operations programs execute, and which pairs of them,
// from a machine of its own that counts. Without a program: the kernels of bench/.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildGuest } from "../tests/lib/guest.mjs";
import { ensureReady, root } from "./setup.mjs";

const TOP = 30;
const work = join(root, ".cache/histogram");

function must(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${args[0]} failed`);
}

async function build() {
  await ensureReady();
  mkdirSync(work, { recursive: true });
  cpSync(join(root, "assembly"), join(work, "assembly"), { recursive: true });
  must(["tools/gen-interp.mjs", "--count", join(work, "assembly/gen")]);
  const index = readFileSync(join(root, "assembly/index.ts"), "utf8");
  writeFileSync(join(work, "assembly/index.ts"), `${index}import { PAIRS } from "./gen/interp";\nimport { OP_COUNT } from "./gen/ops";\nexport function pairs(): usize { return PAIRS; }\nexport function operations(): u32 { return OP_COUNT; }\n`);
  must(["node_modules/assemblyscript/bin/asc.js", join(work, "assembly/index.ts"), "--config", "asconfig.json", "--target", "release", "-O1", "-o", join(work, "ring3.wasm"), "--disableWarning", "201", "--disableWarning", "112"]);
}

/** Operation numbers' names. */
function names() {
  const found = [];
  for (const [, name, number] of readFileSync(join(work, "assembly/gen/ops.ts"), "utf8").matchAll(/^export const OP_(\w+): u16 = (\d+);$/gm)) found[number] = name;
  return found;
}

/** A host without clock, input or output. */
const quiet = { clock: () => 0n, entropy: (bytes) => bytes.fill(7), output: (_stream, bytes) => bytes.length };

async function counts(program, args, module, Machine) {
  const machine = new Machine(module, quiet, { clock: "virtual" });
  machine.writeFile("/program", readFileSync(program), { mode: 0o755 });
  machine.spawn("/program", { argv: [program, ...args], stdio: ["null", "null", "null"] });
  await machine.idle();
  const { pairs, operations, memory } = machine.exports;
  const n = operations();
  return { n, cells: new Uint32Array(memory.buffer, pairs(), n * n).slice() };
}

function report(title, n, cells, name) {
  const singles = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i += 1) for (let j = 0; j < n; j += 1) { singles[j] += cells[i * n + j]; total += cells[i * n + j]; }
  const line = (count, text) => `${((count * 100) / total).toFixed(2).padStart(6)} %  ${text}`;
  console.log(`\n${title}: ${total} operations`);
  const order = [...singles.keys()].sort((a, b) => singles[b] - singles[a]).slice(0, TOP);
  const pairs = [...cells.keys()].sort((a, b) => cells[b] - cells[a]).slice(0, TOP);
  for (let i = 0; i < TOP; i += 1) console.log(`${line(singles[order[i]], name[order[i]]).padEnd(40)}${line(cells[pairs[i]], `${name[Math.floor(pairs[i] / n)]} → ${name[pairs[i] % n]}`)}`);
}

await build();
const { Machine } = await import(pathToFileURL(join(root, "dist/ring3.mjs")).href);
const module = new WebAssembly.Module(readFileSync(join(work, "ring3.wasm")));
const [program, ...args] = process.argv.slice(2);
const kernels = join(root, "bench/kernels");
const programs = program ? [[program, program, args]] : readdirSync(kernels).map((file) => [file, buildGuest(join(kernels, file), "static", /^\/\/ options: (.*)$/m.exec(readFileSync(join(kernels, file), "utf8"))?.[1].split(" ") ?? []), []]);
let sum;
for (const [title, path, words] of programs) {
  const { n, cells } = await counts(path, words, module, Machine);
  report(title, n, cells, names());
  sum ??= new Float64Array(n * n);
  cells.forEach((count, i) => (sum[i] += count));
}
if (programs.length > 1) report("all", Math.sqrt(sum.length), sum, names());
