// `npm run fuzz:cpu -- [--seconds N] [--seed S] [--row NAME] [--counts] [--executions N]`: compares ring3's CPU with the real one for as long as is
// wanted. Ends with status 1 when they differ, and prints each difference as a line for tests/cpu/regressions.txt.
import { parseArgs } from "node:util";
import { compareThrough, newTally, report, selectRows } from "./compare.mjs";
import { startMachine, startNative } from "./engine.mjs";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: String(Date.now() % 1_000_000) }, row: { type: "string" }, counts: { type: "boolean", default: false }, executions: { type: "string" }, raw: { type: "boolean", default: false } },
});
const rows = selectRows(values.row);
if (!rows.length) {
  console.error(`no row is named ${values.row}`);
  process.exit(2);
}
const sides = { native: startNative(), machine: await startMachine() };
const began = Date.now();
let last = began;
const tally = newTally();
tally.onExample = (text) => console.log(text);
await compareThrough(sides, startNative, {
  rows,
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  limit: values.executions ? Number(values.executions) : Infinity,
  tally,
  onLost: (message) => console.log(message),
  onProgress(t) {
    if (Date.now() - last < 30_000) return;
    last = Date.now();
    console.log(`${((last - began) / 1000).toFixed(0)} s: ${t.executions} executions, ${[...t.wrong.values()].reduce((a, b) => a + b, 0)} differ`);
  },
});
const seconds = (Date.now() - began) / 1000;
const wrong = [...tally.wrong.values()].reduce((a, b) => a + b, 0);
const counts = [...tally.perRow.values()];
if (values.counts) for (const { row } of rows) console.log(`${tally.perRow.get(row.key) ?? 0} ${row.mnemonic} [${row.key}]`);
for (const line of await report(sides, tally, { shrinkAll: !values.raw })) console.log(line);
for (const [name, n] of tally.inexact ?? []) console.log(`${name}: ${n} results a unit in the last place away, or C1 different`);
const never = rows.filter(({ row }) => !tally.perRow.has(row.key));
if (never.length) console.log(`never executed: ${never.map(({ row }) => `${row.mnemonic} [${row.key}]`).join(", ")}`);
if (tally.unsteady) console.log(`${tally.unsteady} times the real CPU did not do the same again`);
if (tally.strays) console.log(`${tally.strays} scripts stored to different places`);
console.log(`seed ${values.seed}: ${tally.executions} executions of ${tally.perRow.size} rows in ${seconds.toFixed(1)} s (${Math.round(tally.executions / seconds)} a second), at least ${Math.min(...counts)} of each; ${wrong} differ in ${tally.wrong.size} rows`);
sides.native.end();
process.exitCode = wrong || tally.strays ? 1 : 0;
