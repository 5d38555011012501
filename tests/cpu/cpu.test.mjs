// ring3's CPU against the real one: random instructions and blocks of every row of the table from a fixed seed, for about a minute, and
// the cases of regressions.txt. `npm run fuzz:cpu` goes on with other seeds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { have, root } from "../lib/process.mjs";
import { fail, suite } from "../lib/suite.mjs";
import { compareThrough, executeBoth, report, selectRows } from "./compare.mjs";
import { DATA, WIDE_DATA, startMachine, startNative } from "./engine.mjs";
import { field, parse } from "./layout.mjs";
import { abilities, judged, model } from "./model.mjs";

const SEED = 20261128;
const EXECUTIONS = 4_000_000;
/** No more than this, however slow the machine is. */
const SECONDS = 60;

const t = suite("cpu");
if (process.platform !== "linux" || process.arch !== "x64" || !have("gcc")) t.skip("instructions as the CPU executes them", "needs gcc and an x86-64 Linux");
else {
  const cpu = { ...model(), ...abilities() };
  if (!cpu.setsBases) t.skip("instructions as the CPU executes them", "this Linux does not let programs write fs and gs");
  else define(cpu);
}

function define(cpu) {
  const rows = selectRows().filter(({ row }) => judged(row, cpu));
  const left = selectRows().length - rows.length;
  if (left) t.skip(`${left} rows`, `they differ from CPU to CPU, and this is a ${cpu.vendor} of family ${cpu.family}`);
  let sides;
  t.test(`at the most ${EXECUTIONS} executions of ${rows.length} rows, seed ${SEED}`, async () => {
    sides = { native: startNative(), machine: await startMachine() };
    const tally = await compareThrough(sides, startNative, { rows, seed: SEED, seconds: SECONDS, limit: EXECUTIONS });
    const wrong = [...tally.wrong.values()].reduce((a, b) => a + b, 0);
    const never = rows.filter(({ row }) => !tally.perRow.has(row.key));
    console.log(`# ${tally.executions} executions, at least ${Math.min(...tally.perRow.values())} of each row; ${tally.unsteady ?? 0} unsteady, native program killed ${tally.lost ?? 0} times`);
    if (tally.executions < 100_000) fail("hardly anything was executed");
    if (wrong || tally.strays) fail([`${wrong} differ, ${tally.strays ?? 0} scripts stored to different places`, ...(await report(sides, tally))].join("\n"));
    if (never.length) fail(`never executed: ${never.map(({ row }) => row.key).join(", ")}`);
  }, { limitMs: 300_000 });
  t.test("what was wrong once", () => regressions(sides, cpu), { limitMs: 120_000 });
}

async function regressions(sides, cpu) {
  const rows = selectRows();
  const wrong = [];
  let left = 0;
  const lines = readFileSync(join(root, "tests/cpu/regressions.txt"), "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
  for (const line of lines) {
    const data = line.length > 2 * DATA ? WIDE_DATA : DATA;
    const { name, record } = parse(line, data);
    const row = name === "block" ? { mnemonic: "block", operands: [], encoding: { imm: [] } } : rows.find(({ row }) => row.mnemonic === name)?.row;
    if (!row) throw new Error(`no row: ${line}`);
    if (!judged(row, cpu) || (!cpu.keepsUpperGs && field(record, "gs") >> 63n)) {
      left += 1;
      continue;
    }
    let { found } = await executeBoth(sides, row, record, data);
    if (found.length) ({ found } = await executeBoth(sides, row, record, data));
    if (found.length) wrong.push(line, ...found.map(([what, native, ours]) => `  ${what}: native ${native} ring3 ${ours}`));
  }
  console.log(`# ${lines.length} cases${left ? `, ${left} of them left out on this machine` : ""}`);
  sides.native.end();
  if (wrong.length) fail(wrong.join("\n"));
}
