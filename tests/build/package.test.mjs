// The package as it would be published: packed, looked at by publint and attw, installed offline and used from TypeScript.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { buildTypes } from "../../tools/build-types.mjs";
import { must, root, run } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("package");
const folder = mkdtempSync(join(tmpdir(), "ring3-package-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

buildTypes();
must("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")));
const files = must("tar", ["-tzf", tarball]).trim().split("\n");

t.test("holds what runs and its declarations, and no sources or tests", () => {
  for (const name of ["bin/ring3.js", "dist/cli.cjs", "dist/ring3.mjs", "dist/node.mjs", "dist/asm.mjs", "dist/ring3.wasm", "dist/types/host/index.d.ts", "README.md", "LICENSE"]) ok(files.includes(`package/${name}`), `${name} is not in it`);
  equal(files.filter((name) => /^package\/(assembly|host|tests|tools|bench)\//.test(name)).join(" "), "", "what is too much");
});

t.test("publint has nothing to say", async () => {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({ pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }, strict: true });
  equal(messages.map((message) => formatMessage(message, about, { color: false })).join("\n"), "", "publint");
});

t.test("attw finds the types of every entry", async () => {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))), { excludeEntrypoints: ["./ring3.wasm"] });
  // The package is for ES modules: require() of it, and the resolution of Node 10, are not to work.
  const problems = result.problems.filter(({ kind, resolutionKind }) => kind !== "CJSResolvesToESM" && resolutionKind !== "node10" && resolutionKind !== "node16-cjs");
  equal(problems.map((problem) => JSON.stringify(problem)).join("\n"), "", "attw");
});

t.test("every function and method of its entries says what it does", async () => {
  const { default: ts } = await import("typescript");
  const entries = Object.values(about.exports).map((entry) => entry.types).filter(Boolean).map((path) => join(root, path));
  const program = ts.createProgram(entries, { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, skipLibCheck: true, types: ["node"], lib: ["lib.es2023.d.ts", "lib.dom.d.ts"] });
  const checker = program.getTypeChecker();
  const silent = new Set();
  const said = (symbol) => symbol.getDocumentationComment(checker).length > 0;
  for (const entry of entries) {
    for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class) && !said(symbol)) silent.add(symbol.name);
      if (!(symbol.flags & ts.SymbolFlags.Class)) continue;
      for (const member of symbol.members.values()) {
        const isPrivate = member.declarations?.some((declaration) => ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
        if (member.flags & ts.SymbolFlags.Method && !isPrivate && !said(member)) silent.add(`${symbol.name}.${member.name}`);
      }
    }
  }
  equal([...silent].sort().join(" "), "", "without a word");
});

t.test("its core imports nothing at all", async () => {
  const { metafile } = await build({ entryPoints: [join(root, "host/index.ts")], bundle: true, write: false, metafile: true, platform: "neutral", format: "esm", logLevel: "silent" });
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  equal(imported.join(" "), "", "imports");
  const outside = Object.keys(metafile.inputs).filter((path) => !/^(host|assembly\/abi)\//.test(path));
  equal(outside.join(" "), "", "files from elsewhere");
});

const USER = `import { createMachine, hostFile, MachineError, type Process } from "ring3/node";
import { createMachine as anywhere } from "ring3";
import { assemble } from "ring3/asm";
import { readFileSync } from "node:fs";

const program = assemble('.globl _start\\n_start:\\nmov $1, %eax\\nmov $1, %edi\\nlea text(%rip), %rsi\\nmov $3, %edx\\nsyscall\\nmov $60, %eax\\nmov $5, %edi\\nsyscall\\n.data\\ntext: .ascii "hi\\\\n"\\n');
const machine = await createMachine({ files: { "/bin/hi": program, "/etc/here": hostFile(process.argv[1]!) }, clock: "virtual", seed: 1n });
const { code, stdout } = await machine.execute("/bin/hi");
const made: Process = machine.spawn("/bin/hi");
await made.exited;
const wasm = readFileSync(new URL(import.meta.resolve("ring3/ring3.wasm")));
const other = await anywhere({ module: wasm, files: { "/bin/hi": program } });
let errno = 0;
try {
  other.spawn("/none");
} catch (error) {
  if (error instanceof MachineError) errno = error.errno;
}
console.log(code, stdout.trim(), errno, (await other.execute("/bin/hi")).stdout.trim(), machine.hasFile("/etc/here"));
`;

t.test("installs without a network and works from TypeScript", async () => {
  const user = join(folder, "user");
  mkdirSync(user);
  const linked = Object.fromEntries(Object.keys(about.dependencies).map((name) => [name, `file:${join(root, "node_modules", name)}`]));
  writeFileSync(join(user, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", type: "module", private: true, dependencies: { ring3: `file:${tarball}`, ...linked } }));
  must("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: user });
  writeFileSync(join(user, "user.ts"), USER);
  const compilerOptions = { target: "es2022", module: "nodenext", moduleResolution: "nodenext", lib: ["es2023", "dom"], types: ["node"], typeRoots: [join(root, "node_modules/@types")], strict: true, outDir: "out" };
  writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.ts"] }));
  const { status, stdout } = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", user]);
  if (status !== 0) fail(stdout);
  const result = await run(process.execPath, [join(user, "out/user.js")], { cwd: user });
  equal(`${result.stdout}${result.stderr}`, "5 hi 2 hi true\n", "output");
});
