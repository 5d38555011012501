// assembly/abi against the C headers of the machine, and as AssemblyScript sees it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "../lib/suite.mjs";
import { have, root } from "../lib/process.mjs";
import { difference } from "./compare.ts";

const t = suite("abi");
const folder = join(root, "assembly/abi");
const files = readdirSync(folder).filter((f) => f.endsWith(".ts")).map((f) => f.slice(0, -3));

function constants(text: string): Map<string, bigint> {
  return new Map([...text.matchAll(/^export const (\w+) = (-?\w+);/gm)].map((m) => [m[1], BigInt(m[2])]));
}

const inHeaders = "the same numbers and layouts as in the C headers";
if (!have("gcc")) t.skip(inHeaders, "gcc is not installed");
else t.test(inHeaders, async () => {
  const { makeAll } = await import("../../tools/gen-abi.mjs");
  const wrong: string[] = [];
  for (const [name, text] of Object.entries(makeAll() as Record<string, string>)) {
    const ours = constants(readFileSync(join(folder, `${name}.ts`), "utf8"));
    for (const [n, v] of constants(text)) {
      // Newer headers know more; what both know must agree.
      if (ours.has(n) && ours.get(n) !== v) wrong.push(`${name}.ts: ${n} is ${ours.get(n)}, the headers say ${v}`);
    }
  }
  difference([], wrong);
});

t.test("AssemblyScript sees the same numbers", () => {
  const work = join(root, ".cache/abi");
  mkdirSync(work, { recursive: true });
  const all: [string, string, bigint][] = [];
  for (const file of files) for (const [n, v] of constants(readFileSync(join(folder, `${file}.ts`), "utf8"))) all.push([file, n, v]);
  let source = files.map((f) => `import * as ${f} from "../../assembly/abi/${f}";\n`).join("");
  source += "export function value(i: i32): i64 {\n  switch (i) {\n";
  all.forEach(([file, n], i) => (source += `    case ${i}: return <i64>${file}.${n};\n`));
  source += "    default: return 0;\n  }\n}\n";
  writeFileSync(join(work, "values.ts"), source);
  execFileSync(process.execPath, [join(root, "node_modules/assemblyscript/bin/asc.js"), "values.ts", "--runtime", "stub", "-O1", "-o", "values.wasm"], { cwd: work });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(work, "values.wasm"))), { env: { abort() {} } });
  const value = instance.exports.value as (i: number) => bigint;
  const wrong: string[] = [];
  all.forEach(([file, n, v], i) => {
    const seen = value(i);
    // 0x80000000 … 0xffffffff may be read as i32: the same 32 bits.
    const same = seen === v || (v >= 2n ** 31n && v < 2n ** 32n && BigInt.asIntN(32, v) === seen);
    if (!same) wrong.push(`${file}.ts: ${n} is ${v}, AssemblyScript has ${seen}`);
  });
  if (all.length < 1000) wrong.push(`only ${all.length} constants were found`);
  difference([], wrong);
});
