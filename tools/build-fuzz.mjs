// Builds dist/ring3-fuzz.wasm, the fuzzer's module, and dist/ring3-fuzz.json, the places of its edges:
//   asc -O0 (no function merged with another or put into it; names and source map) → probes as
// calls → binaryen's optimiser → probes in place.
// `node tools/build-fuzz.mjs [--level 0…3] [--no-coverage] [--from FOLDER] [--to FOLDER]`; FOLDER of another source tree.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Probes, inlineProbes } from "./probes.mjs";
import { markBuilt, stale } from "./stale.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const ASC = ["assembly/fuzz/index.ts", "--runtime", "stub", "-O0", "--debug", "--sourceMap", "--memoryBase", "12288", "--disableWarning", "201", "--disableWarning", "112", "--noColors"];
for (const feature of ["simd", "bulk-memory", "nontrapping-f2i", "sign-extension"]) ASC.push("--enable", feature);

const START_SECTION = 8;

function compile(from, outFile) {
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  const result = spawnSync(process.execPath, [asc, ...ASC, "--outFile", outFile], { cwd: from, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`asc failed\n${result.stderr}`);
}

async function optimise(bytes, level) {
  const { default: binaryen } = await import("binaryen");
  const { Features } = binaryen;
  const module = binaryen.readBinary(bytes);
  module.setFeatures(Features.MutableGlobals | Features.SIMD128 | Features.BulkMemory | Features.NontrappingFPToInt | Features.SignExt | (Features.BulkMemoryOpt ?? 0));
  binaryen.setDebugInfo(true);
  binaryen.setShrinkLevel(0);
  if (level > 0) {
    binaryen.setOptimizeLevel(level);
    binaryen.setAlwaysInlineMaxSize(12);
    binaryen.setFlexibleInlineMaxSize(30);
    binaryen.setOneCallerInlineMaxSize(60);
    module.optimize();
  }
  return module.emitBinary();
}

/** Builds from the source tree at `from` into the folder `to`. */
export async function buildFuzz({ from = root, to = join(root, "dist"), level = 3, coverage = true } = {}) {
  const cache = join(to, ".fuzz");
  mkdirSync(cache, { recursive: true });
  const plain = join(cache, "plain.wasm");
  compile(from, plain);
  const probes = new Probes(readFileSync(plain), JSON.parse(readFileSync(`${plain}.map`, "utf8")), { coverage });
  // Probes write where there is no memory yet when a module starts.
  if (probes.sections.some(({ id }) => id === START_SECTION)) throw new Error("the kernel has statements outside functions (asc shows them as start:FILE)");
  const wasm = inlineProbes(await optimise(probes.run(), level));
  const edges = probes.edges.map((e) => [e.file ?? "", e.line ?? 0, e.function]);
  const files = [...new Set(edges.map((e) => e[0]))];
  const functions = [...new Set(edges.map((e) => e[2]))];
  const number = (list) => new Map(list.map((value, i) => [value, i]));
  const [fileOf, functionOf] = [number(files), number(functions)];
  const table = { files, functions, edges: edges.map(([file, line, name]) => [fileOf.get(file), line, functionOf.get(name)]) };
  writeFileSync(join(to, "ring3-fuzz.json"), JSON.stringify(table));
  writeFileSync(join(cache, "level"), String(level));
  writeFileSync(join(to, "ring3-fuzz.wasm.new"), wasm);
  renameSync(join(to, "ring3-fuzz.wasm.new"), join(to, "ring3-fuzz.wasm"));
}

const LOCK = join(root, "dist/.fuzz.lock");
const LOCK_LIMIT_MS = 15 * 60_000;

/** One build at a time: two suites may want the module at once. */
async function locked(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  for (;;) {
    try {
      mkdirSync(LOCK);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > LOCK_LIMIT_MS) rmSync(LOCK, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function builtLevel() {
  try {
    return Number(readFileSync(join(root, "dist/.fuzz/level"), "utf8"));
  } catch {
    return -1;
  }
}

/** Builds the module unless it is there, fresh, and optimised as far as that. */
export async function ensureFuzz(level = 3) {
  const fresh = () => !stale({ lazy: true }).includes("fuzz") && builtLevel() >= level;
  if (fresh()) return;
  await locked(async () => {
    if (fresh()) return;
    process.stderr.write("ring3: building fuzz\n");
    await buildFuzz({ level });
    markBuilt("fuzz");
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { level: { type: "string" }, "no-coverage": { type: "boolean" }, from: { type: "string" }, to: { type: "string" }, "if-stale": { type: "boolean" } } });
  try {
    if (values["if-stale"]) await ensureFuzz(Number(values.level ?? 3));
    else {
      await buildFuzz({ ...(values.from ? { from: values.from } : {}), ...(values.to ? { to: values.to } : {}), level: Number(values.level ?? 3), coverage: !values["no-coverage"] });
      if (!values.to && !values["no-coverage"]) markBuilt("fuzz");
    }
  } catch (error) {
    process.stderr.write(`ring3: ${error.message}\n`);
    process.exit(1);
  }
}
