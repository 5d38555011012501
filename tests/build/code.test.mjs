// Kept code of the module (host/code.ts): it is taken, and what is amiss with the file leaves programs as they were.
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../lib/process.mjs";
import { equal, fail, suite } from "../lib/suite.mjs";

const t = suite("code");
const kept = readdirSync(join(root, "dist")).find((name) => name.endsWith(".code"));
const copy = mkdtempSync(join(tmpdir(), "ring3-code-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const part of ["bin", "dist", "examples", "package.json"]) cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

async function runs() {
  const { stdout, stderr, status } = await run(process.execPath, [join(copy, "bin/ring3.js"), "run", join(copy, "examples/hello.s")]);
  equal(`${stdout}${stderr}${status}`, "hello from ring 3\n0");
}

/** Changes to the file: each makes bytes of bytes, or null for none. */
const AMISS = {
  "cut in the middle": (bytes) => bytes.subarray(0, bytes.length >> 1),
  "cut in its head": (bytes) => bytes.subarray(0, 30),
  empty: (bytes) => bytes.subarray(0, 0),
  "of another module": (bytes) => Buffer.concat([Buffer.alloc(20), bytes.subarray(20)]),
  "with a changed byte": (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)),
  "not there": () => null,
};

if (!kept) t.skip("kept code", "this build kept none (an unoptimised module, or a V8 that gives none)");
else {
  const path = join(copy, "dist", kept);
  const bytes = readFileSync(path);
  t.test("the build keeps code, and programs run with it", async () => {
    if (bytes.length < 100_000) fail(`only ${bytes.length} bytes of code`);
    await runs();
  });
  for (const [what, change] of Object.entries(AMISS)) {
    t.test(`a file ${what}`, async () => {
      const changed = change(bytes);
      if (changed) writeFileSync(path, changed);
      else rmSync(path);
      equal(existsSync(path), changed !== null);
      await runs();
    });
  }
}
