// The harness of a suite: `const t = suite("name")`, `t.test(name, fn)`, `t.skip(name, reason)`. Cases run when the module
// has been evaluated, `parallel` at a time, in order of their definition. A case fails by throwing. In a suite whose cases
// race real time on both sides (`attempts` above 1), a failed case runs again alone at the end, and a line says so.
import { inspect } from "node:util";

const CASE_LIMIT_MS = 120_000;

export function suite(name, { parallel = 1, attempts = 1 } = {}) {
  const cases = [];
  const unsteady = [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let ran = false;
  const indent = (text) => text.replace(/^/gm, "  ");

  async function runCase({ title, fn, limitMs, attempt = 1 }) {
    let timer;
    try {
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no end within ${limitMs / 1000} s`)), limitMs);
      });
      await Promise.race([fn(attempt), late]);
      counts.passed += 1;
      console.log(`ok - ${title}`);
    } catch (error) {
      if (error instanceof Skip) {
        counts.skipped += 1;
        console.log(`skip - ${title}: ${error.message}`);
        return;
      }
      const text = error instanceof Failure ? error.message : (error?.stack ?? inspect(error));
      if (attempt < attempts) {
        unsteady.push({ title, fn, limitMs, attempt: attempt + 1 });
        console.log(`# try ${attempt} of ${attempts} failed: ${title}\n${text.replace(/^/gm, "#   ")}`);
      } else {
        counts.failed += 1;
        console.log(`not ok - ${title}\n${indent(text)}`);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function runAll() {
    const queue = cases.splice(0);
    const lane = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await runCase(next);
    };
    await Promise.all(Array.from({ length: parallel }, lane));
    for (let next = unsteady.shift(); next; next = unsteady.shift()) await runCase(next);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exit(counts.failed ? 1 : 0);
  }

  process.on("beforeExit", () => {
    if (ran) return;
    ran = true;
    runAll();
  });

  return {
    name,
    test(title, fn, { limitMs = CASE_LIMIT_MS } = {}) {
      cases.push({ title, fn, limitMs });
    },
    skip(title, reason) {
      cases.push({ title, limitMs: CASE_LIMIT_MS, fn: () => Promise.reject(new Skip(reason)) });
    },
  };
}

/** Thrown by a case that finds out that it cannot run here. */
export class Skip extends Error {}

/** A failed comparison: its message is all that is printed. */
export class Failure extends Error {}

export function fail(message) {
  throw new Failure(message);
}

export function ok(value, message) {
  if (!value) fail(message ?? "the value is false");
}

const show = (value) => (typeof value === "string" ? value : inspect(value, { depth: 6, breakLength: 120 }));

/** Equal values, or a failure that shows the first place where they differ. */
export function equal(actual, expected, what = "value") {
  if (Object.is(actual, expected)) return;
  const [a, e] = [show(actual), show(expected)];
  if (a === e && typeof actual === typeof expected) return;
  if (!a.includes("\n") && !e.includes("\n")) fail(`${what}: got      ${JSON.stringify(a)}\n${" ".repeat(what.length)}  expected ${JSON.stringify(e)}`);
  fail(`${what} differs\n${firstDifference(a, e)}`);
}

function firstDifference(actual, expected) {
  const a = actual.split("\n");
  const e = expected.split("\n");
  let at = 0;
  while (at < a.length && at < e.length && a[at] === e[at]) at += 1;
  const lines = [];
  for (let i = Math.max(0, at - 2); i < at; i += 1) lines.push(`  ${a[i]}`);
  for (let i = at; i < Math.min(at + 6, e.length); i += 1) lines.push(`- ${e[i]}`);
  for (let i = at; i < Math.min(at + 6, a.length); i += 1) lines.push(`+ ${a[i]}`);
  const short = lines.map((line) => (line.length > 300 ? `${line.slice(0, 300)}…` : line));
  return `line ${at + 1} (- expected, + got):\n${short.join("\n")}`;
}

/** Compares two results of run(): output first, with what ring3 itself said. */
export function sameRun(got, expected) {
  const own = got.stderr.match(/^ring3: .*$/gm)?.join("\n") ?? "";
  const stderr = got.stderr.replace(/^ring3: .*\n/gm, "");
  try {
    equal(got.stdout, expected.stdout, "stdout");
    equal(stderr, expected.stderr, "stderr");
    equal(got.status, expected.status, "status");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    fail(`${error.message}\nstatus ${got.status}, expected ${expected.status}${own ? `\n${own}` : ""}`);
  }
}
