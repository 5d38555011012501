// The fuzzer: programs a second of CPU time with coverage and without, the reset, and whether it brings everything back.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "../tools/setup.mjs";
import { buildFuzz, ensureFuzz } from "../tools/build-fuzz.mjs";

const IPC = new Set("msgget msgsnd msgrcv msgctl semget semop semctl pipe2 read write eventfd2 futex mq_open mq_timedsend mq_timedreceive".split(" "));
const SCHEDULES = ["order", "random", "pct", "preempt", "uniform"];
const ROUND = 100_000;
const CHECK_EVERY = 10_000;

function cpuSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function library(folder) {
  await build({ stdin: { contents: 'export { Grammar } from "./host/fuzz/grammar.ts"; export { FuzzModule } from "./host/fuzz/module.ts"; export { parseProgram } from "./host/fuzz/text.ts";', resolveDir: root, loader: "ts" }, bundle: true, platform: "node", format: "esm", outfile: join(folder, "fuzz.mjs"), logLevel: "error" });
  return import(pathToFileURL(join(folder, "fuzz.mjs")).href);
}

/** Runs so many programs; one that makes the kernel trap is left behind. */
function runPrograms(module, count) {
  for (let left = count; left > 0; ) {
    const before = module.exports.executedCount();
    try {
      module.exports.campaignRun(left);
    } catch {
      module.exports.reset();
    }
    left -= Math.max(1, Number(module.exports.executedCount() - before));
  }
}

/** Programs a second of CPU, the best of the rounds after the first three, in which V8 optimises. */
function speed(module, seed) {
  module.exports.setSeed(seed);
  let best = 0;
  for (let i = 0; i < 8; i++) {
    const seconds = cpuSeconds(() => runPrograms(module, ROUND));
    if (i >= 3) best = Math.max(best, ROUND / seconds);
  }
  return best;
}

/** Median of the reset after programs of two to sixteen dirty granules, in microseconds. */
function resetMedian(module) {
  const times = [];
  while (times.length < 20_000) {
    module.exports.generateOnly(1);
    module.exports.runOnce(0);
    const dirty = module.exports.dirtyCount();
    const began = process.hrtime.bigint();
    module.exports.reset();
    const took = Number(process.hrtime.bigint() - began) / 1000;
    if (dirty >= 2 && dirty <= 16) times.push(took);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** `resets`: how many are made; every ten thousandth is compared with the snapshot, where a byte that is not brought back stays. */
export async function fuzzBench(table, resets = 1_000_000) {
  await ensureFuzz(3);
  const folder = mkdtempSync(join(tmpdir(), "ring3-bench-"));
  try {
    const { Grammar, FuzzModule } = await library(folder);
    const wasm = new WebAssembly.Module(readFileSync(join(root, "dist/ring3-fuzz.wasm")));
    await buildFuzz({ to: folder, level: 3, coverage: false });
    const bare = new WebAssembly.Module(readFileSync(join(folder, "ring3-fuzz.wasm")));
    const made = (code, processes, schedules, calls) => {
      const module = new FuzzModule(code, new Grammar(IPC), processes);
      module.options({ calls, schedules, eager: false, checkEvery: 0, keep: true });
      return module;
    };
    const one = speed(made(wasm, 1, ["order"], 10), 1n);
    const two = speed(made(wasm, 2, ["pct"], 10), 1n);
    const plain = speed(made(bare, 1, ["order"], 10), 1n);
    const reset = resetMedian(made(wasm, 1, ["order"], 3));
    const all = made(wasm, 2, SCHEDULES, 10);
    let different = 0;
    for (let n = 0; n < resets; n += CHECK_EVERY) {
      runPrograms(all, CHECK_EVERY);
      different += all.exports.resetDifferences() ? 1 : 0;
    }
    table("fuzz: programs of ten IPC calls a second of CPU, reset after each", ["what", "figure"], [
      ["one process, coverage", Math.round(one).toLocaleString("en")],
      ["two processes, PCT, coverage", Math.round(two).toLocaleString("en")],
      ["one process, no coverage (programs are not chosen by it)", Math.round(plain).toLocaleString("en")],
      ["reset after 2–16 dirty granules, median", `${reset.toFixed(2)} µs`],
      [`resets that left a difference, of ${resets.toLocaleString("en")}`, different],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
