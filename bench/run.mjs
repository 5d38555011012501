// `npm run bench [-- WORD…]`: native, qemu-x86_64 and ring3 side by side in one run, with ratios. Nothing is asserted:
// times depend on the machine. `fuzz` runs only when it is named. Without words all others run: kernels, floats, calls, start, userland, size, lab.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensureReady, root } from "../tools/setup.mjs";
import { buildGuest, missing } from "../tests/lib/guest.mjs";
import { have } from "../tests/lib/process.mjs";
import { userland } from "./userland.mjs";

const RUNS = 3;
const FLOATS = new Set(["nbody", "saxpy", "mandelbrot"]);
const cli = join(root, "bin/ring3.js");
const words = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const wants = (part) => words.length === 0 || words.includes(part);

/** name → how a program is started there. */
const engines = {
  native: (program, args) => [program, args],
  qemu: (program, args) => ["qemu-x86_64", [program, ...args]],
  ring3: (program, args) => [process.execPath, [cli, "run", "--max-tasks", "20000", program, ...args]],
};

function timed([file, args], options = {}) {
  const began = process.hrtime.bigint();
  const result = spawnSync(file, args, { encoding: "utf8", ...options });
  const ms = Number(process.hrtime.bigint() - began) / 1e6;
  return { ms, ...result };
}

/** The least of several runs, and what the last one said. */
function best(command, runs = RUNS) {
  let least = Infinity;
  let last;
  for (let i = 0; i < runs; i += 1) {
    last = timed(command);
    if (last.status !== 0) return { failed: last.stderr?.trim().split("\n")[0] || `status ${last.status ?? last.signal}` };
    least = Math.min(least, last.ms);
  }
  return { ms: least, stdout: last.stdout, stderr: last.stderr };
}

const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
const number = (value, digits = 1) => (value === undefined || Number.isNaN(value) ? "-" : value.toFixed(digits));

function table(title, head, rows) {
  console.log(`\n${title}`);
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => String(row[i]).length)));
  for (const row of [head, ...rows]) console.log(row.map((cell, i) => (i ? String(cell).padStart(widths[i]) : String(cell).padEnd(widths[i]))).join("  "));
}

function hello() {
  return buildGuest(join(root, "bench/calls/hello.c"));
}

/** What starting and ending costs an engine, to be taken off. */
const starts = {};
function startOf(engine) {
  starts[engine] ??= best(engines[engine](hello(), []), 5).ms ?? 0;
  return starts[engine];
}

function retired(program) {
  const { stderr } = timed([process.execPath, [cli, "run", "--stats", program]]);
  const match = /([\d,_]+) (?:guest )?instructions/.exec(stderr ?? "");
  return match ? Number(match[1].replace(/[,_]/g, "")) : undefined;
}

function kernels(title, names) {
  const rows = [];
  const ratios = { qemu: [], ring3: [], rate: [] };
  for (const name of names) {
    const source = join(root, "bench/kernels", `${name}.c`);
    const options = /^\/\/ options: (.*)$/m.exec(readFileSync(source, "utf8"))?.[1].split(" ") ?? [];
    const program = buildGuest(source, "static", options);
    const ms = {};
    let said;
    for (const engine of Object.keys(engines)) {
      if (engine === "qemu" && !have("qemu-x86_64")) continue;
      const result = best(engines[engine](program, []));
      if (result.failed) {
        console.log(`skipped: ${name} on ${engine}: ${result.failed}`);
        continue;
      }
      if (said !== undefined && said !== result.stdout) console.log(`WRONG: ${name} on ${engine} says ${result.stdout.trim()}, not ${said.trim()}`);
      said ??= result.stdout;
      ms[engine] = Math.max(result.ms - startOf(engine), 0.05);
    }
    const count = ms.ring3 === undefined ? undefined : retired(program);
    const rate = count && count / ms.ring3 / 1000;
    if (ms.qemu && ms.ring3) ratios.qemu.push(ms.ring3 / ms.qemu);
    if (ms.native && ms.ring3) ratios.ring3.push(ms.ring3 / ms.native);
    if (rate) ratios.rate.push(rate);
    rows.push([name, number(ms.native), number(ms.qemu), number(ms.ring3), number(ms.ring3 / ms.native), number(ms.ring3 / ms.qemu, 2), count ?? "-", number(rate, 0)]);
  }
  if (ratios.ring3.length) rows.push(["geometric mean", "", "", "", number(geometricMean(ratios.ring3)), ratios.qemu.length ? number(geometricMean(ratios.qemu), 2) : "-", "", ratios.rate.length ? number(geometricMean(ratios.rate), 0) : "-"]);
  table(title, ["kernel", "native ms", "qemu ms", "ring3 ms", "ring3/native", "ring3/qemu", "instructions", "Mi/s"], rows);
}

/** Programs that time themselves: ns for one operation. */
function calls() {
  const cases = [
    ["null system call", "null", ["300000"], []],
    ["pipe round trip, one core", "pipe", ["20000"], ["taskset", "-c", "0"]],
    ...["eventfd", "futex", "msg", "sem", "mq", "unix"].map((kind) => [`${kind} round trip, one core`, "ipc", [kind, "20000"], ["taskset", "-c", "0"]]),
    ["64 KiB through a pipe, one core", "pipe_bytes", ["2000"], ["taskset", "-c", "0"]],
    ["64 KiB by vmsplice and splice", "pipe_bytes", ["2000", "splice"], ["taskset", "-c", "0"]],
    ...[10, 1000, 100000].map((size) => [`message past ${size} queued ones`, "many", ["queued", String(size), "10000"], []]),
    ...[10, 1000, 32000].map((size) => [`operation in a set of ${size}`, "many", ["semaphores", String(size), "10000"], []]),
    ...[10, 300, 3000].map((size) => [`message while ${size} sleep`, "many", ["asleep", String(size), "10000"], [], 1]),
    ...[10, 100, 1000, 10000].map((size) => [`futex beside ${size} sleepers`, "many", ["futex", String(size), "20000"], [], 1]),
    ["token, a hop of 1,000 processes", "many", ["token", "1000", "20"], ["taskset", "-c", "0"], 1],
    ["fork, exit, wait", "fork", ["300"], []],
    ["fork, exec, wait", "fork", ["200", "exec"], []],
  ];
  const rows = [];
  for (const [title, name, args, pin, runs = RUNS] of cases) {
    const program = buildGuest(join(root, "bench/calls", `${name}.c`));
    const ns = {};
    for (const engine of Object.keys(engines)) {
      if (engine === "qemu" && !have("qemu-x86_64")) continue;
      // A thousand processes of qemu fill a machine's memory.
      if (engine === "qemu" && name === "many" && !["queued", "semaphores"].includes(args[0]) && Number(args[1]) >= 1000) continue;
      let [file, words] = engines[engine](program, args);
      if (pin.length && engine !== "ring3" && have(pin[0])) [file, words] = [pin[0], [...pin.slice(1), file, ...words]];
      const seen = [];
      for (let i = 0; i < runs; i += 1) {
        const { status, stdout, stderr } = timed([file, words]);
        if (status === 0) seen.push(Number(stdout));
        else if (i === 0) console.log(`skipped: ${title} on ${engine}: ${stderr?.trim().split("\n")[0] || `status ${status}`}`);
      }
      if (seen.length) ns[engine] = Math.min(...seen);
    }
    rows.push([title, number(ns.native, 0), number(ns.qemu, 0), number(ns.ring3, 0), number(ns.ring3 / ns.native, 2), number(ns.ring3 / ns.qemu, 2)]);
  }
  table("Calls (ns each)", ["operation", "native", "qemu", "ring3", "ring3/native", "ring3/qemu"], rows);
}

function start() {
  const node = best([process.execPath, ["-e", "0"]], 10);
  const ring3 = best(engines.ring3(hello(), []), 10);
  const native = best(engines.native(hello(), []), 10);
  const qemu = have("qemu-x86_64") ? best(engines.qemu(hello(), []), 10) : {};
  table("Start of a static hello (ms)", ["native", "qemu", "node -e 0", "ring3 run", "ring3/node"], [[number(native.ms), number(qemu.ms), number(node.ms), number(ring3.ms), number(ring3.ms / node.ms, 2)]]);
}

function programs() {
  const { skipped, head, rows } = userland();
  if (skipped) console.log(`skipped: userland: ${skipped}`);
  else table("Debian's programs (ms, with the start of each engine)", head, rows);
}

function size() {
  const path = join(root, "dist/ring3.wasm");
  const gzipped = gzipSync(readFileSync(path), { level: 9 }).length;
  table("Module (bytes)", ["wasm", "gzipped", "at most"], [[statSync(path).size, gzipped, 200_000]]);
}

await ensureReady();
const reason = missing("static");
if (reason) console.log(`skipped: all that runs programs: ${reason}`);
else {
  if (!have("qemu-x86_64")) console.log("skipped: qemu-x86_64 is not installed");
  const all = readdirSync(join(root, "bench/kernels")).map((file) => file.replace(/\.c$/, ""));
  if (wants("kernels")) kernels("Integer kernels (start taken off)", all.filter((name) => !FLOATS.has(name)));
  if (wants("floats")) kernels("Floating point", all.filter((name) => FLOATS.has(name)));
  if (wants("calls")) calls();
  if (wants("start")) start();
  if (wants("userland")) programs();
  if (words.includes("fuzz")) await (await import("./fuzz.mjs")).fuzzBench(table);
  if (wants("lab")) table("the laboratory", ["what", "ms"], (await laboratory()).map(([what, time]) => [what, number(time, 2)]));
}
if (wants("size")) size();
