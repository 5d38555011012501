// ring3 is killed while a guest writes through to the host: the host's files are as a native program's that is killed
// there. Every write(2) that has returned is whole, a file that was replaced by rename(2) is one of the two.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGuest } from "../lib/guest.mjs";
import { root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("crash", { parallel: 2 });
const program = buildGuest(join(root, "tests/cli/crash.c"));

/** Runs the command in the folder, kills it some time after its first line; the last number that it printed. */
function killed(file, args, cwd, afterMs) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (bytes) => {
      if (!text) setTimeout(() => child.kill("SIGKILL"), afterMs);
      text += bytes;
    });
    child.on("close", () => resolve(Number(text.split("\n").at(-2))));
  });
}

function check(folder, told) {
  const log = readFileSync(join(folder, "log"), "latin1");
  equal(log.length % 100, 0, "whole records");
  const records = log.length / 100;
  ok(records >= told, `${records} records, ${told} told`);
  for (let i = 1; i <= records; i += 1) {
    const letter = String.fromCharCode(97 + (i % 26));
    equal(log.slice((i - 1) * 100, i * 100), `${String(i).padStart(8, "0")} ${letter.repeat(91)}`, `record ${i}`);
  }
  const whole = readFileSync(join(folder, "whole"), "latin1");
  equal(whole.length, 20_000, "the file that was renamed");
  equal(whole, whole[0].repeat(20_000), "of one round");
  ok([records, records - 1].some((i) => whole[0] === String.fromCharCode(97 + (i % 26))), "of the last rounds");
}

for (const [where, command] of [
  ["Linux", (folder) => [program, [], folder]],
  ["ring3", (folder) => [process.execPath, [join(root, "bin/ring3.js"), "run", "--mount", `${folder}:/mnt:rw`, "--cwd", "/mnt", program], root]],
]) {
  for (const afterMs of [0, 37, 151]) {
    t.test(`${where}, ${afterMs} ms after the first round`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "ring3-crash-"));
      try {
        const [file, args, cwd] = command(folder);
        check(folder, await killed(file, args, cwd, afterMs));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}
