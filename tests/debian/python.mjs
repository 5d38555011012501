// Python's own tests in ring3: `node tests/debian/python.mjs [--native-again] [MODULE[.CLASS[.METHOD]]…]`, without words
// test_mmap, test_signal, test_threading and test_subprocess. A test that passes on Linux in the same root has to pass.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DEBIAN_ENV, debianRoot, noChroot, runInChroot } from "../lib/debian-root.mjs";
import { runGuest } from "../lib/guest-runner.mjs";
import { root } from "../lib/process.mjs";

const MODULES = ["test_mmap", "test_signal", "test_threading", "test_subprocess"];
const PYTHON = "/usr/bin/python3";
const LIMIT_MS = 3_600_000;

/** name → "ok", "FAIL", "ERROR", "skipped" of what unittest -v prints. */
export function outcomes(text) {
  const found = new Map();
  // What the test itself prints may stand between its name and its end.
  for (const [, name, , end] of text.matchAll(/^(test\w+ \(test\.[\w.]+\))((?:(?!^test\w+ \(test)[\s\S])*?)\.\.\. (?:(?!^test\w+ \(test)[\s\S])*?(ok|FAIL|ERROR|skipped|expected failure)\b[^\n]*$/gm)) found.set(name.replace(/^.*\((.*)\)$/, "$1"), end);
  return found;
}

const wordsOf = (names) => ["-m", "unittest", "-v", ...names.map((name) => `test.${name}`)];

/** What passes on Linux, kept in .cache: the root does not change. */
export async function passesOnLinux(folder, name, again = false) {
  const kept = join(root, ".cache/debian", `python-${name}.json`);
  if (!again && existsSync(kept)) return JSON.parse(readFileSync(kept, "utf8"));
  const { stdout, stderr } = await runInChroot(folder, PYTHON, wordsOf([name]), { timeoutMs: LIMIT_MS });
  const passed = [...outcomes(stdout + stderr)].filter(([, end]) => end === "ok").map(([test]) => test);
  mkdirSync(join(root, ".cache/debian"), { recursive: true });
  writeFileSync(kept, JSON.stringify(passed));
  return passed;
}

export function pythonGuest(folder, names, timeoutMs = LIMIT_MS) {
  return runGuest(PYTHON, wordsOf(names), { env: DEBIAN_ENV, options: ["--root", folder, "--cwd", "/tmp"], timeoutMs });
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { "native-again": { type: "boolean" } } });
  const folder = debianRoot();
  const reason = folder ? noChroot() : "apt cannot give python3 here";
  if (reason) throw new Error(reason);
  let failed = 0;
  for (const name of positionals.length ? positionals : MODULES) {
    const expected = await passesOnLinux(folder, name, values["native-again"]);
    const began = Date.now();
    const { stdout, stderr, status } = await pythonGuest(folder, [name]);
    const text = stdout + stderr;
    const got = outcomes(text);
    const wrong = expected.filter((test) => got.get(test) !== "ok");
    console.log(`${name}: ${expected.length - wrong.length} of ${expected.length} that pass on Linux, status ${status}, ${((Date.now() - began) / 1000).toFixed(0)} s`);
    for (const test of wrong) console.log(`  ${got.get(test) ?? "did not end"} ${test}`);
    if (wrong.length) writeFileSync(join(root, ".cache/debian", `python-${name}.log`), text);
    failed += wrong.length;
  }
  process.exitCode = failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
