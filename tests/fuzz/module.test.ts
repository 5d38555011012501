// The fuzzer's module: programs as text and back, the reset, findings that replay.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { equal, ok, suite } from "../lib/suite.mjs";
import { Grammar } from "../../host/fuzz/grammar.ts";
import { FuzzModule } from "../../host/fuzz/module.ts";
import { minimise } from "../../host/fuzz/minimise.ts";
import { encodeProgram, type Program } from "../../host/fuzz/program.ts";
import { parseProgram, printProgram } from "../../host/fuzz/text.ts";

const t = suite("fuzz/module");
const built = spawnSync(process.execPath, ["tools/build-fuzz.mjs", "--if-stale", "--level", "1"], { encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);
const wasm = new WebAssembly.Module(readFileSync("dist/ring3-fuzz.wasm"));
const grammar = new Grammar();
const ALL = { calls: 10, schedules: ["order", "random", "pct", "preempt", "uniform"] as const, eager: false, checkEvery: 0, keep: true };

function moduleOf(processes: number, seed: bigint): FuzzModule {
  const module = new FuzzModule(wasm, grammar, processes);
  module.options({ ...ALL, schedules: [...ALL.schedules] });
  module.exports.setSeed(seed);
  return module;
}

t.test("a program's text is read back as it was", () => {
  const module = moduleOf(2, 7n);
  module.exports.campaignRun(300);
  for (let i = 0; i < 400; i++) {
    const text = printProgram(module.make(), grammar);
    const { program, problems } = parseProgram(text, grammar);
    equal(problems.map((p) => p.message).join(), "", text);
    equal(printProgram(program, grammar), text, "text");
  }
});

/** Bytes that a call's stores leave, by address. */
function image(program: Program): string {
  return program.calls.map((call) => {
    const bytes = new Map<number, string>();
    for (const cell of call.stores) {
      const length = cell.kind === "fill" || cell.kind === "text" ? cell.aux : cell.kind === "string" ? grammar.strings[Number(cell.value)]!.length + 1 : cell.size;
      const value = BigInt.asUintN(cell.size * 8, cell.value);
      for (let i = 0; i < length; i++) bytes.set(cell.address + i, cell.kind === "const" ? String((value >> BigInt(8 * i)) & 255n) : `${cell.kind} ${cell.kind === "ref" ? cell.aux : /^(text|string)$/.test(cell.kind) ? grammar.strings[Number(value)] : value} ${i}`);
    }
    return [...bytes].sort(([a], [b]) => a - b).map(([at, value]) => `${at}=${value}`).join(" ");
  }).join("\n");
}

t.test("values are kept where structures overlap", () => {
  const module = moduleOf(2, 8n);
  module.exports.campaignRun(3000);
  for (let i = 0; i < 300; i++) {
    const program = module.make();
    // Everything in one window: what calls store overlaps.
    for (const call of program.calls) for (const cell of call.stores) cell.address = 0x20000000 + ((cell.address >> 3) % 9) * 4;
    const text = printProgram(program, grammar);
    const again = parseProgram(text, grammar);
    equal(again.problems.map((p) => p.message).join(), "", text);
    equal(image(again.program), image(program), text);
  }
});

t.test("nothing of a program is left after the reset", () => {
  for (const processes of [1, 2, 3]) {
    const module = moduleOf(processes, BigInt(processes));
    for (let i = 0; i < 10; i++) {
      module.exports.campaignRun(700);
      equal(module.exports.resetDifferences(), 0, "words that differ");
    }
  }
});

t.test("the same seed makes the same campaign", () => {
  const [a, b] = [moduleOf(2, 99n), moduleOf(2, 99n)];
  for (const module of [a, b]) module.exports.campaignRun(5000);
  equal(a.exports.corpusSize(), b.exports.corpusSize(), "corpus");
  equal(a.edgeCount(), b.edgeCount(), "edges");
  equal(Buffer.compare(encodeProgram(a.current()), encodeProgram(b.current())), 0, "last program");
});

t.test("a program of syzkaller is read, an unknown call is told with its line", () => {
  const text = "r0 = msgget(0x0, 0x7b6)\nmsgsnd(r0, &(0x7f0000000040)={0x1, \"6869\"}, 0x2, 0x0)\nfrobnicate(r0)\nmsgrcv(r0, &(0x7f0000000080)={0x0, \"\"/8}, 0x8, 0x0, 0x0)\nmsgctl$IPC_RMID(r0, 0x0)\n";
  const { program, problems } = parseProgram(text, grammar);
  equal(problems.map((p) => `${p.line}: ${p.message}`).join(), "3: unknown call frobnicate");
  const outcome = moduleOf(1, 1n).run(program);
  equal(outcome.events.filter((e) => e.type === "done").map((e) => String(e.result)).join(" "), "0 0 2 0", "results");
  const back = printProgram(program, grammar, { syzkaller: true });
  ok(/^r0 = msgget\(0x0, 0x7b6\)$/m.test(back), back);
});

t.test("a sleeping call is seen, made small, and shows itself every time", () => {
  const module = moduleOf(2, 1n);
  const { program } = parseProgram("# ring3 program 1\n# processes 2\np1: getppid()\np0: r0 = msgget(0x0, 0x3b6)\np0: eventfd2(0x0, 0x0)\np1: msgrcv(r0, &(0x20000400), 0x8, 0x0, 0x0)\np0: pipe2(&(0x20000800), 0x0)\n", new Grammar());
  const sleeps = (candidate: typeof program) => module.run(candidate).sleeping !== 0;
  ok(sleeps(program), "it sleeps");
  const small = minimise(program, sleeps, module);
  equal(small.calls.map((call) => call.type.name).join(" "), "msgget msgrcv", "calls");
  for (let i = 0; i < 1000; i++) ok(sleeps(small), "again");
});

const RACE = `# ring3 program 1
# processes 2
# schedule pct depth 2 seed 0x1
p0: faccessat(0xffffffffffffff9c, &(0x20000000)='a\\x00', 0x0)
p0: openat(0xffffffffffffff9c, &(0x20000400)='a\\x00', 0x42, 0x1b6)
p0: faccessat(0xffffffffffffff9c, &(0x20000800)='b\\x00', 0x0)
p0: openat(0xffffffffffffff9c, &(0x20000c00)='b\\x00', 0x42, 0x1b6)
p1: faccessat(0xffffffffffffff9c, &(0x20001000)='a\\x00', 0x0)
p1: openat(0xffffffffffffff9c, &(0x20001400)='a\\x00', 0x42, 0x1b6)
p1: faccessat(0xffffffffffffff9c, &(0x20001800)='b\\x00', 0x0)
p1: openat(0xffffffffffffff9c, &(0x20001c00)='b\\x00', 0x42, 0x1b6)
`;

// Natively (fork, then the calls) none of 4,000 runs had both.
t.test("two processes that look before they make both locks are caught within a thousand schedules", () => {
  const module = moduleOf(2, 1n);
  const { program } = parseProgram(RACE, grammar);
  const ABSENT = -2n;
  for (const kind of ["pct", "random", "uniform"] as const) {
    let broken = 0;
    for (let seed = 1n; seed <= 1000n && !broken; seed++) {
      const { events } = module.run({ ...program, schedule: { ...program.schedule, kind, eager: false, seed: seed * 0x9e3779b97f4a7c15n, depth: 3 } });
      if (events.filter((e) => e.type === "done" && e.call % 2 === 0 && e.result === ABSENT).length === 4) broken = Number(seed);
    }
    ok(broken, `${kind}: not in a thousand schedules`);
  }
});
