// The built module read with wabt: it asks its host for nothing but assembly/imports.ts, and holds no
// managed allocation.
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import wabtModule from "wabt";
import { must, root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("module");
const bytes = readFileSync(join(root, "dist/ring3.wasm"));
const wabt = await wabtModule();
const FEATURES = { simd: true, bulk_memory: true, sat_float_to_int: true, sign_extension: true, mutable_globals: true };

/** The same module with its functions' names, as text. */
function namedText() {
  const file = join(root, ".cache/tests/ring3-named.wasm");
  mkdirSync(join(root, ".cache/tests"), { recursive: true });
  must(process.execPath, [join(root, "node_modules/assemblyscript/bin/asc.js"), "--config", "asconfig.json", "--target", "release", "--debug", "--outFile", file], { cwd: root });
  const module = wabt.readWasm(new Uint8Array(readFileSync(file)), { ...FEATURES, readDebugNames: true });
  try {
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

t.test("is valid for wabt too", () => {
  const module = wabt.readWasm(new Uint8Array(bytes), FEATURES);
  module.validate();
  module.destroy();
});

function declaredImports() {
  const source = readFileSync(join(root, "assembly/imports.ts"), "utf8");
  return [...source.matchAll(/@external\("([^"]+)",\s*"([^"]+)"\)/g)].map(([, module, name]) => `${module}.${name}`);
}

t.test("asks its host for what imports.ts declares and nothing else", () => {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ module, name, kind }) => `${module}.${name}${kind === "function" ? "" : ` (${kind})`}`);
  const declared = new Set(declaredImports());
  equal(imports.filter((name) => !declared.has(name)).join(" "), "", "imports that are not declared");
  const unused = [...declared].filter((name) => !imports.includes(name));
  equal(unused.join(" "), "", "declared imports that the module lacks");
});

t.test("exports its memory", () => {
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(bytes));
  ok(exports.some(({ name, kind }) => name === "memory" && kind === "memory"), "no export named memory");
});

t.test("holds no managed allocation", () => {
  const managed = namedText().match(/\$~lib\/rt[^\s)]*|\$__(new|renew|pin|unpin|collect)\b/g) ?? [];
  equal([...new Set(managed)].join(" "), "", "functions and globals of the managed run time");
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);
  equal(exports.filter((name) => /^__/.test(name)).join(" "), "", "exports of the managed run time");
});

t.test("is at most 200 kB gzipped", () => {
  const size = gzipSync(bytes, { level: 9 }).length;
  ok(size <= 200_000, `${size} bytes gzipped of ${statSync(join(root, "dist/ring3.wasm")).size}`);
});
