// `ring3 fuzz` from the outside.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Skip, equal, ok, suite } from "../lib/suite.mjs";

const t = suite("fuzz/cli");
const built = spawnSync(process.execPath, ["tools/build-fuzz.mjs", "--if-stale", "--level", "1"], { encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);
const folder = mkdtempSync(join(tmpdir(), "ring3-fuzz-test-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function fuzz(...words) {
  return spawnSync(process.execPath, ["bin/ring3.js", "fuzz", ...words], { encoding: "utf8", env: { ...process.env, RING3_FUZZ_AS_IS: "1" }, timeout: 100_000 });
}

const lines = (text) => text.trim().split("\n").map((line) => JSON.parse(line));

t.test("a campaign prints objects, the last with its speed, and keeps a corpus", () => {
  const run = fuzz("--seconds", "4", "--json", "--calls", "msg*,sem*,pipe2,read,write", "--corpus", join(folder, "c"));
  const last = lines(run.stdout).at(-1);
  equal(last.event, "end");
  ok(last.programsPerSecond > 100 && last.programs > 400, JSON.stringify(last));
  ok(readdirSync(join(folder, "c")).filter((name) => name.endsWith(".prog")).length > 20, "corpus");
});

t.test("it goes on from a corpus; a file cut short or with an unknown call is told in a line", () => {
  writeFileSync(join(folder, "c", "0bad.prog"), "r0 = msgget(0x0, 0x3b6)\nfrobnicate(0x1)\nmsgrcv(r0, &(0x2000");
  const run = fuzz("--seconds", "2", "--json", "--calls", "msg*,sem*,pipe2,read,write", "--corpus", join(folder, "c"));
  equal(run.stderr.split("\n").filter((line) => line.includes("0bad")).map((line) => line.replace(/^.*0bad/, "")).sort().join("\n"), ".prog:2: unknown call frobnicate\n.prog:3: the file is cut short");
  ok(lines(run.stdout).at(-1).corpus > 20, "corpus is read");
});

t.test("a full disk is told once and the campaign goes on", () => {
  const run = fuzz("--seconds", "2", "--json", "--corpus", "/dev/null/corpus");
  ok(run.status === 125 || lines(run.stdout).at(-1).programs > 0, run.stderr);
});

t.test("a program is run and told step by step, and printed in other forms", () => {
  const file = join(folder, "one.prog");
  writeFileSync(file, "# ring3 program 1\n# processes 2\np0: r0 = msgget(0x7b6, 0x3b6)\np1: msgrcv(r0, &(0x20000400), 0x8, 0x0, 0x0)\np0: msgsnd(r0, &(0x20000800)={0x1, \"61\"/64}, 0x8, 0x0)\n");
  const run = fuzz("--reproduce", file);
  ok(/# p1 msgrcv sleeps\n# p0 msgsnd = 0\n# p1 msgrcv = 8\n/.test(run.stdout), run.stdout + run.stderr);
  ok(fuzz("--print", file, "--as", "syzkaller").stdout.startsWith("r0 = msgget(0x7b6, 0x3b6)\n"));
  ok(fuzz("--print", file, "--as", "test").stdout.includes("node:test"));
});

t.test("lines that programs reach come out as LCOV and pages", () => {
  const file = join(folder, "lcov");
  fuzz("--seconds", "2", "--calls", "msg*", "--lcov", file, "--html", join(folder, "html"));
  const text = readFileSync(file, "utf8");
  const msg = text.split("end_of_record").find((part) => part.includes("SF:assembly/ipc/msg.ts"));
  ok(/^DA:\d+,[1-9]/m.test(msg), "msg.ts is reached");
  ok(readFileSync(join(folder, "html", "assembly-ipc-msg.ts.html"), "utf8").includes("<details>"));
});

t.test("Linux does the same: System V messages and semaphores, 300 programs", () => {
  const run = fuzz("--native", "--programs", "300", "--json", "--calls", "msgget,msgsnd,msgrcv,semget,semop,semctl", "--seed", "5");
  if (run.status === 125) throw new Skip(run.stderr.trim());
  const last = lines(run.stdout).at(-1);
  ok(last.compared >= 300, JSON.stringify(last));
  equal(last.differences, 0, run.stdout);
});

t.test("mistakes are told in one line", () => {
  for (const words of [["--seconds", "x"], ["--schedule", "wild"], ["--calls", "nothing"], ["--frob"], ["--reproduce", "/nowhere"]]) {
    const run = fuzz(...words);
    equal(run.status, 125, words.join(" "));
    equal(run.stderr.trim().split("\n").length, 1, run.stderr);
  }
});
