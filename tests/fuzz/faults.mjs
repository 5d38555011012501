// Seeded faults: one at a time is put into a copy of the kernel, and `ring3 fuzz` has SECONDS on one core to find it.
//   node tests/fuzz/faults.mjs [--seconds 60] [--only WORD] [--schedule LIST]
// Prints a table: which oracle found it, after how many seconds and programs. The oracles are the kernel's own checks
// (lost wake-ups, leaks, traps) and native Linux. What the kernel shows without a fault does not count.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildFuzz } from "../../tools/build-fuzz.mjs";
import { FAULTS } from "./faults.list.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { values } = parseArgs({ options: { seconds: { type: "string" }, only: { type: "string" }, schedule: { type: "string" } } });
const seconds = Number(values.seconds ?? 60);
const work = join(root, ".cache/faults");

function fuzz(dist, words, limit) {
  const began = Date.now();
  const run = spawnSync(process.execPath, [join(dist, "../bin/ring3.js"), "fuzz", "--json", "--seconds", String(limit), ...words], { encoding: "utf8", env: { ...process.env, RING3_FUZZ_AS_IS: "1" }, maxBuffer: 1 << 28 });
  const objects = run.stdout.trim().split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  return { objects, ms: Date.now() - began, stderr: run.stderr };
}

/** The first finding that is not among `known`, by the kind of oracle. */
function search(dist, families, known) {
  const schedule = values.schedule ? ["--schedule", values.schedule] : [];
  for (const [oracle, words] of [["own checks", []], ["Linux", ["--native"]]]) {
    const { objects } = fuzz(dist, [...words, "--calls", families, ...schedule], seconds / 2);
    let at = 0;
    for (const o of objects) {
      if (o.event === "progress") at = o.seconds;
      if (o.event === "finding" && !known.has(keyOf(o))) return { oracle: o.kind === "difference" ? "Linux" : o.kind, at: at + (oracle === "Linux" ? seconds / 2 : 0), message: o.message };
    }
  }
  return null;
}

const keyOf = (finding) => `${finding.kind}: ${finding.message.replace(/\d+ kernel|\bp\d\b|\(call \d+\)/g, "")}`;

async function prepare(name, fault) {
  const tree = join(work, name);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, "dist"), { recursive: true });
  cpSync(join(root, "assembly"), join(tree, "assembly"), { recursive: true });
  cpSync(join(root, "bin"), join(tree, "bin"), { recursive: true });
  for (const file of ["cli.cjs", "fuzz-cli.mjs"]) cpSync(join(root, "dist", file), join(tree, "dist", file));
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  if (fault) {
    const path = join(tree, fault.file);
    const text = readFileSync(path, "utf8");
    if (text.split(fault.from).length !== 2) throw new Error(`${fault.name}: "${fault.from}" is not once in ${fault.file}`);
    writeFileSync(path, text.replace(fault.from, fault.to));
  }
  await buildFuzz({ from: tree, to: join(tree, "dist"), level: 0 });
  return join(tree, "dist");
}

const chosen = FAULTS.filter(({ name }) => !values.only || name.includes(values.only));
const clean = await prepare("clean", null);
const known = new Map();
let found = 0;
for (const fault of chosen) {
  if (!known.has(fault.calls)) {
    const keys = new Set();
    for (const words of [[], ["--native"]]) for (const o of fuzz(clean, [...words, "--calls", fault.calls], seconds / 2).objects) if (o.event === "finding") keys.add(keyOf(o));
    known.set(fault.calls, keys);
  }
  let row;
  try {
    const dist = await prepare(fault.name.replaceAll(" ", "-"), fault);
    const hit = search(dist, fault.calls, known.get(fault.calls));
    if (hit) found++;
    row = hit ? `${hit.oracle} | ${hit.at.toFixed(0)} s | ${hit.message}` : "not found | | ";
  } catch (error) {
    row = `not run | | ${error.message.split("\n")[0]}`;
  }
  console.log(`| ${fault.name} | ${row} |`);
  rmSync(join(work, fault.name.replaceAll(" ", "-")), { recursive: true, force: true });
}
console.log(`${found} of ${chosen.length} found within ${seconds} s each`);
if (!existsSync(clean)) process.exitCode = 1;
