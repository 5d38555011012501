// Seeded faults: one at a time is put into a copy of the kernel, and `ring3 fuzz` has SECONDS on one core to find it.
//   node tests/fuzz/faults.mjs [--seconds 60] [--only WORD] [--from N] [--count N] [--modes all,uniform,order] [--level 1] [--out FILE]
// Appends a line of JSON for each fault to FILE (.cache/faults/results.ndjson) and prints it; `--table` makes docs/fuzz-faults.md
// of the file. A finding counts when the kernel without the fault does not show it for the same program.
//
// The kernel is built once: each function that has faults begins by asking which fault is in, a number in the module's data, and goes
// to its copy that has the fault. Putting one in is writing four bytes.
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildFuzz } from "../../tools/build-fuzz.mjs";
import { FAULTS } from "./faults.list.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const text = { type: "string" };
const { values } = parseArgs({ options: { seconds: text, only: text, from: text, count: text, modes: text, level: text, out: text, table: { type: "boolean" }, rebuild: { type: "boolean" } } });
const seconds = Number(values.seconds ?? 60);
const work = join(root, ".cache/faults");
const results = values.out ?? join(work, "results.ndjson");
const MAGIC = Buffer.from([0x0d, 0xf0, 0x11, 0x7a]);
/** Of the time for a fault, the part for the kernel's own checks; the rest is for comparing with Linux. */
const OWN_SHARE = 0.4;
const MODES = { all: [], uniform: ["--schedule", "uniform"], order: ["--schedule", "order"] };

// ── the kernel with all faults ──────────────────────────────────────────────────────────

/** The text of a file whose functions go to their faulty copies. */
function withFaults(source, faults) {
  const pieces = [];
  let out = source;
  for (const { fault, number } of faults) {
    const at = source.indexOf(fault.from);
    if (at < 0 || source.indexOf(fault.from, at + 1) >= 0) throw new Error(`${fault.name}: its text is not once in ${fault.file}`);
    let same = 0;
    while (fault.from[same] === fault.to[same] && same < fault.to.length) same++;
    const start = source.lastIndexOf("\nfunction ", at + same) > source.lastIndexOf("\nexport function ", at + same) ? source.lastIndexOf("\nfunction ", at + same) : source.lastIndexOf("\nexport function ", at + same);
    const end = source.indexOf("\n}\n", at + same) + 3;
    const whole = source.slice(start + 1, end);
    const m = /^(?:export )?function (\w+)\(([^)]*)\): ([^{]+) \{\n/.exec(whole);
    if (!m) throw new Error(`${fault.name}: no function around it`);
    const [head, name, params, type] = m;
    const faulty = source.replace(fault.from, () => fault.to);
    const faultyEnd = end + fault.to.length - fault.from.length;
    const copy = faulty.slice(start + 1, faultyEnd).replace(/^(?:export )?function \w+/, `function ${name}__${number}`);
    const call = `${name}__${number}(${params.split(", ").filter(Boolean).map((p) => p.slice(0, p.indexOf(":"))).join(", ")})`;
    const go = type.trim() === "void" ? `{ ${call}; return; }` : `return ${call};`;
    pieces.push(copy);
    const plain = out.indexOf(head);
    out = `${out.slice(0, plain + head.length)}  if (faultNow() == ${number}) ${go}\n${out.slice(plain + head.length)}`;
  }
  return `import { faultNow } from "../lib/faultnow";\n${out}\n${pieces.join("\n")}`;
}

async function build() {
  const tree = join(work, "tree");
  const stamp = JSON.stringify([FAULTS, values.level ?? "1"]);
  if (!values.rebuild && existsSync(join(tree, "stamp")) && readFileSync(join(tree, "stamp"), "utf8") === stamp) return tree;
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, "dist"), { recursive: true });
  for (const folder of ["assembly", "bin"]) cpSync(join(root, folder), join(tree, folder), { recursive: true });
  cpSync(join(root, "package.json"), join(tree, "package.json"));
  cpSync(join(root, "dist"), join(tree, "dist"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  writeFileSync(join(tree, "assembly/lib/faultnow.ts"), `const FAULT = memory.data<u32>([0x${MAGIC.readUInt32LE(0).toString(16)}]);\nexport function faultNow(): i32 {\n  return load<i32>(FAULT);\n}\n`);
  for (const file of new Set(FAULTS.map((fault) => fault.file))) {
    const path = join(tree, file);
    writeFileSync(path, withFaults(readFileSync(path, "utf8"), FAULTS.flatMap((fault, i) => (fault.file === file ? [{ fault, number: i + 1 }] : []))));
  }
  await buildFuzz({ from: tree, to: join(tree, "dist"), level: Number(values.level ?? 1) });
  cpSync(join(tree, "dist/ring3-fuzz.wasm"), join(tree, "all.wasm"));
  writeFileSync(join(tree, "stamp"), stamp);
  return tree;
}

/** A folder with the tool and the kernel that has fault `number`, 0 = none. */
function put(tree, number) {
  const folder = join(work, number ? "faulty" : "clean");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ["bin", "dist", "package.json"]) cpSync(join(tree, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const wasm = readFileSync(join(tree, "all.wasm"));
  const at = wasm.indexOf(MAGIC);
  if (at < 0 || wasm.indexOf(MAGIC, at + 1) >= 0) throw new Error("the fault's number is not once in the module");
  wasm.writeUInt32LE(number, at);
  writeFileSync(join(folder, "dist/ring3-fuzz.wasm"), wasm);
  return folder;
}

// ── searching ───────────────────────────────────────────────────────────────────────────

const env = { ...process.env, RING3_FUZZ_AS_IS: "1" };

/** Whether the kernel without the fault shows something, too. */
function cleanShows(clean, finding) {
  const file = join(work, "finding.prog");
  writeFileSync(file, finding.text.replace(/^# finding .*\n/m, ""));
  const words = ["fuzz", "--reproduce", file, ...(finding.kind === "difference" ? ["--native"] : [])];
  const run = spawnSync(process.execPath, [join(clean, "bin/ring3.js"), ...words], { encoding: "utf8", env });
  return /^# (finding|difference)/m.test(run.stdout);
}

/** The first finding of a campaign that is the fault's: { kind, message, at }, null when there is none. */
async function campaign(folder, clean, words, limit) {
  const began = Date.now();
  const child = spawn(process.execPath, [join(folder, "bin/ring3.js"), "fuzz", "--json", "--seconds", String(limit), ...words], { env, stdio: ["ignore", "pipe", "ignore"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), limit * 1000 + 3000);
  let rest = "";
  let found = null;
  try {
    for await (const part of child.stdout.setEncoding("utf8")) {
      rest += part;
      for (let end = rest.indexOf("\n"); end >= 0 && !found; end = rest.indexOf("\n")) {
        const line = JSON.parse(rest.slice(0, end));
        rest = rest.slice(end + 1);
        const at = (Date.now() - began) / 1000;
        if ((line.event === "seen" || line.event === "finding") && !cleanShows(clean, line)) found = { kind: line.kind, message: line.message, at };
      }
      if (found) break;
    }
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
  return found;
}

async function search(folder, clean, fault, mode) {
  const words = ["--calls", fault.calls, ...MODES[mode]];
  const own = await campaign(folder, clean, words, Math.round(seconds * OWN_SHARE));
  if (own) return own;
  const linux = await campaign(folder, clean, [...words, "--native"], Math.round(seconds * (1 - OWN_SHARE)));
  return linux ? { ...linux, at: linux.at + Math.round(seconds * OWN_SHARE) } : null;
}

// ── the table ───────────────────────────────────────────────────────────────────────────

function table() {
  const rows = new Map();
  for (const line of readFileSync(results, "utf8").trim().split("\n")) {
    const { name, mode, hit } = JSON.parse(line);
    rows.set(name, { ...rows.get(name), [mode]: rows.get(name)?.[mode] ?? hit });
  }
  const cell = (hit) => (hit === undefined ? "–" : hit ? `${hit.at.toFixed(0)} s` : "no");
  const oracle = (hit) => (!hit ? "" : hit.kind === "difference" ? "Linux" : hit.kind);
  const found = (mode) => [...rows.values()].filter((row) => row[mode]).length;
  const run = (mode) => [...rows.values()].filter((row) => row[mode] !== undefined).length;
  const lines = FAULTS.filter(({ name }) => rows.has(name)).map(({ name }) => {
    const row = rows.get(name);
    return `| ${name} | ${oracle(row.all)} | ${cell(row.all)} | ${cell(row.uniform)} | ${cell(row.order)} |`;
  });
  const share = (mode) => (run(mode) ? `${found(mode)} of ${run(mode)}` : "not run");
  return { lines, share };
}

if (values.table) {
  const { lines, share } = table();
  const file = join(root, "docs/fuzz-faults.md");
  const before = readFileSync(file, "utf8").split("\n").findLastIndex((line) => line.startsWith("<!-- table -->"));
  const head = readFileSync(file, "utf8").split("\n").slice(0, before + 1).join("\n");
  writeFileSync(file, `${head}\n\n| fault | oracle | all schedules | uniform only | no schedule search |\n|---|---|--:|--:|--:|\n${lines.join("\n")}\n| **found** | | ${share("all")} | ${share("uniform")} | ${share("order")} |\n`);
} else {
  const tree = await build();
  const clean = put(tree, 0);
  const first = Number(values.from ?? 0);
  const chosen = FAULTS.map((fault, i) => ({ fault, number: i + 1 })).filter(({ fault }) => !values.only || fault.name.includes(values.only)).slice(first, first + Number(values.count ?? FAULTS.length));
  for (const { fault, number } of chosen) {
    const folder = put(tree, number);
    for (const mode of (values.modes ?? "all,uniform,order").split(",")) {
      const hit = await search(folder, clean, fault, mode);
      appendFileSync(results, `${JSON.stringify({ name: fault.name, mode, hit })}\n`);
      console.log(`${fault.name} | ${mode} | ${hit ? `${hit.kind} | ${hit.at.toFixed(1)} s | ${hit.message}` : "not found"}`);
    }
  }
}
