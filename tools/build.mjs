// Builds dist/: the machine (asc), the command line and the library (esbuild).
// `node tools/build.mjs` builds what is stale, `--force` everything. For work on the kernel, machines that are made sooner:
// `--quick` computes at less than half the speed and takes a tenth of the time, `--level 1` a fifth of the time. `--check` builds the
// machine that checks its own invariants, at level 1 unless another is given.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ensureInstalled, root } from "./setup.mjs";
import { digest, markBuilt, stale } from "./stale.mjs";

/** These need gcc and its headers; what they make is checked in. */
const NOT_BUILT = new Set(["gen-abi.mjs", "gen-vdso.mjs"]);

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

/**
 * Puts small functions into their callers. asc itself inlines nothing at -O1 and makes the interpreter's loop
 * slower from -O2 up; without this, field setters and list helpers are calls and cost a quarter of a system call.
 * Few locals (the loop: 108 -> 28) make V8's first compilation of the loop, a third of a short program's time, quicker.
 */
async function inlineSmall(file) {
  await rewrite(file, (machine, binaryen) => {
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    binaryen.setAlwaysInlineMaxSize(8);
    binaryen.setFlexibleInlineMaxSize(20);
    binaryen.setOneCallerInlineMaxSize(40);
    machine.runPasses(["inlining", "coalesce-locals", "reorder-locals", "vacuum"]);
  });
}

/** Without this pass a dense switch is a chain of comparisons; it is all that an unoptimised interpreter needs to be of use. */
async function makeJumpTables(file) {
  await rewrite(file, (machine) => machine.runPasses(["remove-unused-brs"]));
}

async function rewrite(file, change) {
  const { default: binaryen } = await import("binaryen");
  const { Features } = binaryen;
  const machine = binaryen.readBinary(readFileSync(file));
  machine.setFeatures(Features.MutableGlobals | Features.SIMD128 | Features.BulkMemory | Features.NontrappingFPToInt | Features.SignExt);
  change(machine, binaryen);
  writeFileSync(file, machine.emitBinary());
}

const ASC = ["node_modules/assemblyscript/bin/asc.js", "--config", "asconfig.json", "--target", "release", "--disableWarning", "201", "--disableWarning", "112"];

async function compileMachine(level) {
  mkdirSync(join(root, "dist"), { recursive: true });
  runNode([...ASC, `-O${level}`], "asc");
  const file = join(root, "dist/ring3.wasm");
  if (level === 0) await makeJumpTables(file);
  if (level === 3) await inlineSmall(file);
  writeFileSync(file, withIds(readFileSync(file)));
}

function withSection(bytes, name, content) {
  const section = [name.length, ...Buffer.from(name), ...content];
  return Buffer.concat([bytes, Buffer.from([0, section.length, ...section])]);
}

/** The machine that checks the kernel's invariants (assembly/check), with which nobody needs to be fast: dist/ring3-check.wasm. */
export async function buildCheck({ level = 1, force = false } = {}) {
  if (!force && !stale({ lazy: true }).includes("check")) return;
  process.stderr.write("ring3: building check\n");
  const file = join(root, "dist/ring3-check.wasm");
  runNode([...ASC, `-O${level}`, "assembly/check/index.ts", "--use", "RING3_CHECK=ASC_RUNTIME", "--outFile", file], "asc");
  if (level === 0) await makeJumpTables(file);
  writeFileSync(file, withIds(readFileSync(file)));
  markBuilt("check");
}

/**
 * The module with a custom section that names the sources it was made from, and one with a digest of its own. Snapshots and
 * recordings fit every module of the same sources, however it was optimised; kept code fits one module only (host/code.ts).
 */
function withIds(bytes) {
  const named = withSection(bytes, "ring3.build", Buffer.from(digest("machine")));
  return withSection(named, "ring3.content", createHash("sha1").update(named).digest());
}

/** Code for the module, kept for later starts. Where V8 gives none, starts and the first second take longer. */
function keepCode(level) {
  const dist = join(root, "dist");
  for (const name of readdirSync(dist)) if (/\.code(\.\d+)?$/.test(name)) rmSync(join(dist, name));
  // An unoptimised machine is for a few tests: making its code takes longer than it saves.
  if (level === 0) return;
  const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".s")).map((name) => join(root, "examples", name));
  const { status } = spawnSync(process.execPath, [join(dist, "keepcode.mjs"), ...examples], { stdio: "ignore" });
  if (status !== 0) process.stderr.write("ring3: no compiled code is kept: starts take longer\n");
}

async function bundleHost() {
  const { build: esbuild } = await import("esbuild");
  const shared = {
    bundle: true,
    platform: "node",
    target: ["node20", "es2022"],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    loader: { ".c": "text" },
    logLevel: "warning",
  };
  const lazy = {};
  const outdir = join(root, "dist");
  // CommonJS, because the loader of ES modules alone costs 8 ms; what the command line imports when it is
  // asked for becomes a file of its own.
  await esbuild({
    ...shared,
    entryPoints: { cli: join(root, "host/cli/main.ts") },
    outdir,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [{ name: "lazy parts", setup: (builder) => keepLazyApart(builder, lazy) }],
  });
  await esbuild({
    ...shared,
    entryPoints: { keepcode: join(root, "host/keepcode.ts"), ...lazy },
    outdir,
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
  await bundleLibrary({ ...shared, outdir });
}

/** The package's entries. They share chunks, so that a class is the same whichever entry it came from. */
async function bundleLibrary(shared) {
  const { build: esbuild } = await import("esbuild");
  for (const name of readdirSync(shared.outdir)) if (/^library-/.test(name)) rmSync(join(shared.outdir, name));
  await esbuild({
    ...shared,
    entryPoints: { ring3: join(root, "host/index.ts"), node: join(root, "host/index-node.ts"), asm: join(root, "host/asm/index.ts") },
    format: "esm",
    splitting: true,
    chunkNames: "library-[hash]",
    outExtension: { ".js": ".mjs" },
  });
}

/** A dynamic import of host/X/Y.ts is left to be loaded from X-Y.mjs; `found` gathers them. */
function keepLazyApart(builder, found) {
  builder.onResolve({ filter: /\.ts$/ }, (args) => {
    if (args.kind !== "dynamic-import") return undefined;
    const source = join(args.resolveDir, args.path);
    const name = relative(join(root, "host"), source).replace(/\.ts$/, "").replaceAll(sep, "-");
    found[name] = source;
    return { path: `./${name}.mjs`, external: true };
  });
}

export async function build({ force = false, level = 3 } = {}) {
  ensureInstalled();
  const run = { generated: generate, machine: compileMachine, host: bundleHost, code: keepCode };
  let fresh = false;
  for (const part of Object.keys(run)) {
    if (!force && !stale().includes(part) && !(part === "code" && fresh)) continue;
    process.stderr.write(`ring3: building ${part}\n`);
    await run[part](level);
    markBuilt(part);
    fresh ||= part === "machine";
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { values } = parseArgs({ options: { force: { type: "boolean" }, check: { type: "boolean" }, quick: { type: "boolean" }, level: { type: "string" } } });
    const level = values.quick ? 0 : Number(values.level ?? (values.check ? 1 : 3));
    if (values.check) await buildCheck({ force: values.force, level });
    else await build({ force: values.force, level });
    if (!values.check && !values.quick && values.level === undefined) (await import("./build-types.mjs")).buildTypes();
  } catch (error) {
    process.stderr.write(`ring3: ${error.message}\n`);
    process.exit(1);
  }
}
