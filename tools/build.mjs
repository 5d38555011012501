// Builds dist/: the machine (asc), the command line and the library (esbuild).
// `node tools/build.mjs` builds what is stale, `--force` everything.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled, root } from "./setup.mjs";
import { markBuilt, stale } from "./stale.mjs";

/** gen-abi needs the C headers; what it makes is checked in. */
const NOT_BUILT = new Set(["gen-abi.mjs"]);

function runNode(args, what) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) throw new Error(`${what} failed`);
}

function generate() {
  mkdirSync(join(root, "assembly/gen"), { recursive: true });
  for (const name of readdirSync(join(root, "tools")).sort()) {
    if (/^gen-.*\.mjs$/.test(name) && !NOT_BUILT.has(name)) runNode([join("tools", name)], `tools/${name}`);
  }
}

function compileMachine() {
  mkdirSync(join(root, "dist"), { recursive: true });
  runNode(["node_modules/assemblyscript/bin/asc.js", "--config", "asconfig.json", "--target", "release", "--disableWarning", "201", "--disableWarning", "112"], "asc");
}

async function bundleHost() {
  const { build: esbuild } = await import("esbuild");
  const entryPoints = {};
  if (existsSync(join(root, "host/cli/main.ts"))) entryPoints.cli = join(root, "host/cli/main.ts");
  if (existsSync(join(root, "host/index.ts"))) entryPoints.ring3 = join(root, "host/index.ts");
  if (Object.keys(entryPoints).length === 0) return;
  for (const name of existsSync(join(root, "dist")) ? readdirSync(join(root, "dist")) : []) {
    if (name.startsWith("chunk-")) rmSync(join(root, "dist", name));
  }
  await esbuild({
    entryPoints,
    outdir: join(root, "dist"),
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: ["node20", "es2022"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
  });
}

export async function build({ force = false } = {}) {
  ensureInstalled();
  const run = { generated: generate, machine: compileMachine, host: bundleHost };
  for (const part of Object.keys(run)) {
    if (!force && !stale().includes(part)) continue;
    process.stderr.write(`ring3: building ${part}\n`);
    await run[part]();
    markBuilt(part);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await build({ force: process.argv.includes("--force") });
  } catch (error) {
    process.stderr.write(`ring3: ${error.message}\n`);
    process.exit(1);
  }
}
