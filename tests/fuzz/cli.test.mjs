// `ring3 fuzz` from the outside.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  const folder2 = join(folder, "small");
  mkdirSync(folder2);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder2]).status !== 0) throw new Skip("a small tmpfs cannot be mounted");
  try {
    const run = fuzz("--seconds", "3", "--json", "--corpus", join(folder2, "c"));
    ok(/^ring3: .*\.prog could not be saved \(ENOSPC\); the campaign goes on\nring3: \d+ files could not be saved\n$/.test(run.stderr), run.stderr);
    ok(lines(run.stdout).at(-1).programs > 0, "programs");
    ok(readdirSync(join(folder2, "c")).every((name) => !name.endsWith(".new")), "no half of a file");
  } finally {
    spawnSync("umount", [folder2]);
  }
  const nowhere = fuzz("--seconds", "1", "--json", "--corpus", "/dev/null/corpus");
  ok(/could not be made \(ENOTDIR\)/.test(nowhere.stderr) && lines(nowhere.stdout).at(-1).programs > 0, nowhere.stderr);
});

t.test("^C ends a campaign with its figures, and all is saved", async () => {
  const run = spawn(process.execPath, ["bin/ring3.js", "fuzz", "--json", "--calls", "msg*", "--corpus", join(folder, "stopped")], { env: { ...process.env, RING3_FUZZ_AS_IS: "1" } });
  let text = "";
  run.stdout.setEncoding("utf8").on("data", (part) => {
    if (!text) setTimeout(() => run.kill("SIGINT"), 300);
    text += part;
  });
  const status = await new Promise((resolve) => run.on("close", resolve));
  ok(status === 0 || status === 1, `status ${status}`);
  const last = lines(text).at(-1);
  equal(last.event, "end");
  equal(readdirSync(join(folder, "stopped")).filter((name) => name.endsWith(".prog")).length > last.corpus / 2, true);
});

t.test("two workers share one corpus", () => {
  const run = fuzz("--seconds", "4", "--json", "--workers", "2", "--calls", "eventfd2,read,write,pipe2", "--corpus", join(folder, "w"));
  const last = lines(run.stdout).at(-1);
  ok(last.event === "end" && last.programs > 400, run.stdout + run.stderr);
});

t.test("a property that does not hold is found, made small, and shows itself every time", () => {
  const file = join(folder, "property.ts");
  writeFileSync(file, "export default function (run: { calls: string[]; results: (bigint | undefined)[] }): string | undefined {\n  if (run.calls.some((call, i) => call === \"semget\" && (run.results[i] ?? -1n) >= 0n)) return \"a semaphore set was made\";\n}\n");
  const run = fuzz("--seconds", "3", "--json", "--calls", "sem*,pipe2", "--property", file);
  const found = lines(run.stdout).find((line) => line.kind === "property");
  equal(found?.message, "a semaphore set was made", run.stdout + run.stderr);
  equal(found.replayed, 1000);
  equal(found.text.split("\n").filter((line) => line && !line.startsWith("#")).length, 1, found.text);
});

t.test("C made of a program does the same on Linux, call by call", () => {
  const file = join(folder, "c.prog");
  writeFileSync(file, "# ring3 program 1\n# processes 2\n# schedule steps 1 0\np0: r0 = pipe2(&(0x20000000)={<r1=>0x0, <r2=>0x0}, 0x0)\np1: read(0x3, &(0x20000400), 0x8)\np0: write(0x4, &(0x20000800)=\"61\"/3, 0x3)\np0: fork() = p2\np2: exit_group(0x7)\np0: wait4(pid2, &(0x20001000), 0x0, 0x0)\n");
  const made = fuzz("--print", file, "--as", "c");
  writeFileSync(join(folder, "made.c"), made.stdout);
  const gcc = spawnSync("gcc", ["-O2", "-Wall", "-Werror", "-o", join(folder, "made"), join(folder, "made.c")], { encoding: "utf8" });
  if (gcc.error) throw new Skip("no gcc");
  equal(gcc.stderr, "");
  const run = spawnSync(join(folder, "made"), { encoding: "utf8", timeout: 60_000 });
  if (/unshare|mount/.test(run.stderr)) throw new Skip(run.stderr.trim());
  const ends = run.stdout.replaceAll("$8", "").split("\n").filter((line) => !/fork|wait4/.test(line)).join("\n");
  equal(ends, "p1 read sleeps\np0 pipe2 ends with 0\np0 write ends with 3\np1 read ends with 3\np2 exit_group is gone\n");
  ok(/wait4 ends with \d+/.test(run.stdout), run.stdout);
});

t.test("a test made of a program runs it", () => {
  const made = fuzz("--print", join(folder, "c.prog"), "--as", "test");
  writeFileSync(join(folder, "made.test.mjs"), made.stdout);
  const run = spawnSync(process.execPath, ["--test", join(folder, "made.test.mjs")], { encoding: "utf8", env: { ...process.env, RING3: join(process.cwd(), "bin/ring3.js"), RING3_FUZZ_AS_IS: "1" } });
  equal(run.status, 0, run.stdout);
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
