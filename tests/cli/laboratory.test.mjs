// Recordings and tapes on the command line: the same run again, and files that are not what they should be.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembled } from "../lib/assembled.mjs";
import { ring3 } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("laboratory on the command line", { parallel: 2 });
const folder = mkdtempSync(join(tmpdir(), "ring3-lab-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = (name) => join(folder, name);
/** Three children write a letter each; in which order is open. */
const RACE = `
.globl _start
_start:
  mov $3, %ebx
1: mov $57, %eax; syscall
  test %eax, %eax
  jz child
  dec %ebx; jnz 1b
  mov $3, %ebx
2: mov $61, %eax; mov $-1, %edi; xor %esi, %esi; xor %edx, %edx; xor %r10d, %r10d; syscall
  dec %ebx; jnz 2b
  mov $60, %eax; mov $7, %edi; syscall
child: lea letters(%rip), %rsi; add %rbx, %rsi
  mov $1, %eax; mov $1, %edi; mov $1, %edx; syscall
  mov $60, %eax; xor %edi, %edi; syscall
.data
letters: .ascii " cba"
`;
const race = await assembled("letters", RACE);
const base = ["--clock", "virtual"];

t.test("a recording is replayed with its output and status", async () => {
  const run = await ring3(["run", "--record", file("rec"), "--choices", "random", "--seed", "5", race]);
  equal(run.status, 7, "status");
  const again = await ring3(["replay", "--stats", file("rec")]);
  equal(again.stdout, run.stdout, "output");
  equal(again.status, 7, "status");
  ok(/memory hashes equal/.test(again.stderr), again.stderr);
});

t.test("recordings that are cut, damaged, of another kernel or none at all: one line", async () => {
  await ring3(["run", ...base, "--record", file("whole"), race]);
  const whole = readFileSync(file("whole"));
  const other = Buffer.from(whole);
  const at = other.indexOf('"build":"') + 9;
  other[at] = other[at] === 48 ? 49 : 48;
  const cases = [
    ["cut", whole.subarray(0, whole.length - 20), /is cut short at byte \d+: replayed to event \d+$/],
    ["head", whole.subarray(0, 30), /is cut short at byte 30, in its header/],
    ["other", other, /is of another kernel/],
    ["text", Buffer.from("no recording"), /is no recording of ring3$/],
  ];
  for (const [name, bytes, message] of cases) {
    writeFileSync(file(name), bytes);
    const { status, stderr } = await ring3(["replay", file(name)]);
    equal(status, 125, `status of ${name}`);
    ok(stderr.startsWith("ring3: ") && message.test(stderr.trim()) && stderr.trim().split("\n").length === 1, `${name}: ${stderr}`);
  }
});

t.test("--tape-to writes choices, --tape takes them: the same order without the seed", async () => {
  const outputs = new Map();
  for (let seed = 1; seed <= 12 && outputs.size < 2; seed++) {
    const tape = file(`tape${seed}`);
    const { stdout, status } = await ring3(["run", ...base, "--choices", "random", "--seed", String(seed), "--tape-to", tape, race]);
    equal(status, 7, "status");
    if (!outputs.has(stdout)) outputs.set(stdout, tape);
  }
  ok(outputs.size > 1, `always ${[...outputs.keys()]}`);
  for (const [stdout, tape] of outputs) equal((await ring3(["run", ...base, "--tape", tape, race])).stdout, stdout, "with its tape");
  writeFileSync(file("bad"), "run 3 1\nrun 3 no\n");
  const { status, stderr } = await ring3(["run", "--tape", file("bad"), race]);
  equal(`${status} ${stderr}`, `125 ring3: --tape ${file("bad")}: line 2: "run 3 no" is no choice such as "run 3 1"\n`, "a bad tape");
});
