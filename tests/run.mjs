// `npm test [-- WORD…]`: runs every suite whose path holds one of the words (all without words).
// A suite is tests/**/*.test.mjs, or *.test.ts (bundled first); as-pect's specs are one suite. Each is a
// process that prints TAP-like lines and, last, `N passed, N failed, N skipped`.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, relative } from "node:path";
import { ensureReady, root } from "../tools/setup.mjs";

const SUITE_LIMIT_MS = 12 * 60_000;
const SUMMARY = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

function findSuites() {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.test\.(mjs|ts)$/.test(entry.name)) found.push(path);
    }
  };
  walk(join(root, "tests"));
  return found.map((path) => ({ name: relative(join(root, "tests"), path).replace(/\.test\.(mjs|ts)$/, ""), path }));
}

/** A .ts suite is bundled with what it imports from host/ and assembly/abi. */
async function runnable(suite) {
  if (suite.path.endsWith(".mjs")) return suite.path;
  const { build } = await import("esbuild");
  const outfile = join(root, ".cache/tests", `${suite.name.replaceAll("/", "-")}.mjs`);
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [suite.path],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: ["node20", "es2022"],
    packages: "external",
    external: ["*.mjs"],
    sourcemap: "inline",
    logLevel: "warning",
    plugins: [{ name: "suite library", setup: keepLibraryOutside }],
  });
  return outfile;
}

/** tests/lib/*.mjs stays itself, so that its state and paths are the same for all suites. */
function keepLibraryOutside(build) {
  build.onResolve({ filter: /\.mjs$/ }, (args) =>
    args.kind === "entry-point" ? undefined : { path: join(args.resolveDir, args.path), external: true },
  );
}

function execute(file, onLine) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--enable-source-maps", file], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), SUITE_LIMIT_MS);
    let rest = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      lines.forEach(onLine);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-4000)));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (rest) onLine(rest);
      resolve({ code, signal, errors });
    });
  });
}

async function runSuite(suite, totals) {
  const began = Date.now();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let summary = false;
  let failing = false;
  const said = [];
  const onLine = (line) => {
    const last = SUMMARY.exec(line);
    if (last) {
      summary = true;
      counts.passed += Number(last[1]);
      counts.failed += Number(last[2]);
      counts.skipped += Number(last[3] ?? 0);
    } else if (/^not ok\b/.test(line)) {
      failing = true;
      said.push(`FAIL ${suite.name}: ${line.replace(/^not ok\s*(\d+\s*)?(- )?/, "")}`);
    } else if (/^#? ?skip\b/i.test(line) || /^ok\b.*# skip/i.test(line)) {
      failing = false;
      said.push(`SKIP ${suite.name}: ${line.replace(/^(ok\s*(\d+\s*)?|skip\s*)(- )?/i, "")}`);
    } else if (/^ok\b/.test(line)) failing = false;
    else if (failing || /^#/.test(line)) said.push(`    ${line}`);
  };
  let result;
  try {
    result = await execute(await runnable(suite), onLine);
  } catch (error) {
    result = { code: 1, errors: String(error.message) };
  }
  if (result.signal || !summary || (result.code !== 0 && counts.failed === 0)) {
    counts.failed += 1;
    const how = result.signal ? `ended by ${result.signal}` : `exit status ${result.code}`;
    said.push(`FAIL ${suite.name}: the suite itself (${how}${summary ? "" : ", no closing line"})`);
    for (const line of result.errors.trim().split("\n").slice(-25)) said.push(`    ${line}`);
  }
  for (const key of Object.keys(totals)) totals[key] += counts[key];
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (said.length) console.log(said.join("\n"));
  console.log(`# ${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`);
}

async function main() {
  await ensureReady();
  const words = process.argv.slice(2).filter((word) => !word.startsWith("-"));
  const suites = findSuites().filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (suites.length === 0) throw new Error(`no suite is named like ${words.join(" or ")}`);
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const queue = [...suites];
  const lane = async () => {
    for (let suite = queue.shift(); suite; suite = queue.shift()) await runSuite(suite, totals);
  };
  await Promise.all(Array.from({ length: Math.min(2, cpus().length) }, lane));
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

if (!existsSync(join(root, "package-lock.json"))) throw new Error("not a checkout of ring3");
main().catch((error) => {
  console.log(`FAIL ${error.message}`);
  console.log("0 passed, 1 failed, 0 skipped");
  process.exitCode = 1;
});
