// SSE to SSE4.2 and MMX against the real CPU: every row of the instruction table, in every form, on random states.
//   node tests/sse/sse.test.mjs [--seconds N] [--seed N] [--only NAME] [--counts]
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mmxRows } from "../../tools/mmx-rows.mjs";
import { rows as sseRows } from "../../tools/sse-rows.mjs";
import { fail, suite } from "../lib/suite.mjs";
import { CASE_BYTES, allEncodings, encode, fillCases, generator, others, variants } from "./cases.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const cache = join(root, ".cache/sse");
const BATCH = 256;
const { values: options } = parseArgs({ strict: false, options: { seconds: { type: "string", default: "20" }, seed: { type: "string", default: "1" }, only: { type: "string", default: "" }, counts: { type: "boolean", default: false } } });
const rows = [...sseRows, ...mmxRows, ...others].filter((row) => !options.only || new RegExp(`^(${options.only})$`).test(row.name));
const t = suite("sse");

function runnable(command) {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The real CPU: a process that answers batches in order. */
function startNative() {
  const program = join(cache, "native");
  execFileSync("gcc", ["-O2", "-Wall", "-Wextra", "-o", program, join(here, "native.c")], { stdio: ["ignore", 2, 2] });
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  let parts = [];
  let have = 0;
  child.stdout.on("data", (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    while (waiting.length && have >= waiting[0].bytes) {
      const all = Buffer.concat(parts);
      const { bytes, resolve } = waiting.shift();
      parts = [all.subarray(bytes)];
      have -= bytes;
      resolve(all.subarray(0, bytes));
    }
  });
  child.on("close", () => waiting.forEach(({ reject }) => reject(new Error("the native program ended"))));
  return {
    run(bytes, cases, count) {
      const head = Buffer.alloc(24);
      head.writeUInt32LE(bytes.length, 0);
      head.writeUInt32LE(count, 4);
      head.set(bytes, 8);
      child.stdin.write(head);
      child.stdin.write(cases);
      return new Promise((resolve, reject) => waiting.push({ bytes: count * CASE_BYTES, resolve, reject }));
    },
    end: () => child.stdin.end(),
  };
}

/** The CPU of ring3 alone, compiled from entry.ts. */
async function startOurs() {
  const program = join(cache, "cpu.wasm");
  execFileSync(process.execPath, [join(root, "node_modules/assemblyscript/bin/asc.js"), "tests/sse/entry.ts", "--outFile", program, "--runtime", "stub", "-O1", "--enable", "simd", "--enable", "bulk-memory", "--enable", "nontrapping-f2i", "--enable", "sign-extension", "--memoryBase", "12288", "--noColors", "--disableWarning"], { cwd: root, stdio: ["ignore", 2, 2] });
  const module = await WebAssembly.compile(readFileSync(program));
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
  const { exports } = await WebAssembly.instantiate(module, imports);
  const cases = exports.setup(BATCH);
  return {
    run(bytes, input, count) {
      new Uint8Array(exports.memory.buffer).set(bytes, exports.codeAddress());
      new Uint8Array(exports.memory.buffer).set(input, cases);
      exports.run(bytes.length, count);
      return Buffer.from(exports.memory.buffer, cases, count * CASE_BYTES);
    },
  };
}

const FIELDS = [["xmm0", 0, 16], ["xmm1", 16, 16], ["xmm2", 32, 16], ["memory", 48, 16], ["rax", 64, 8], ["rcx", 72, 8], ["rdx", 80, 8], ["mxcsr", 88, 4], ["rflags", 92, 4], ["vector", 96, 4], ["fsw", 100, 2], ["tag", 102, 1], ["offset", 104, 2], ["region", 106, 1], ["cr2", 108, 4], ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => [`R${i}`, 112 + 16 * i, 10])];
const hex = (buffer, at, length) => Buffer.from(buffer.subarray(at, at + length)).reverse().toString("hex");

function describe(row, bytes, input, got, expected) {
  const lines = [`${row.name}: ${Buffer.from(bytes).toString("hex")}`];
  for (const [name, at, length] of FIELDS) {
    const [i, g, e] = [input, got, expected].map((b) => hex(b, at, length));
    if (g !== e || ((at < 92 || at === 104 || at === 106) && i !== "0".repeat(length * 2))) lines.push(`${name.padEnd(7)} ${i}${g !== e ? `  got ${g}  expected ${e}` : ""}`);
  }
  return lines.join("\n");
}

/** rcpps and rsqrtps give 12 bits; which ones is the CPU's affair. */
function approximates(got, expected) {
  const a = new Float32Array(got.buffer.slice(got.byteOffset + 16, got.byteOffset + 32));
  const b = new Float32Array(expected.buffer.slice(expected.byteOffset + 16, expected.byteOffset + 32));
  const near = a.every((v, i) => Object.is(v, b[i]) || Math.abs(v - b[i]) <= Math.abs(b[i]) * 3 * 2 ** -12);
  return near && got.subarray(32).equals(expected.subarray(32));
}

function firstDifference(row, bytes, input, got, expected, count) {
  if (got.equals(expected)) return undefined;
  for (let i = 0; i < count; i += 1) {
    const [a, b, c] = [input, got, expected].map((buffer) => buffer.subarray(i * CASE_BYTES, (i + 1) * CASE_BYTES));
    if (b.equals(c) || (/^r(cp|sqrt)/.test(row.name) && approximates(b, c))) continue;
    return describe(row, bytes, a, b, c);
  }
  return undefined;
}

async function compareAll() {
  mkdirSync(cache, { recursive: true });
  const native = startNative();
  const ours = await startOurs();
  const random = generator(Number(options.seed) * 2654435761);
  const results = new Map(rows.map((row) => [row.name, { count: 0, failure: undefined }]));
  const input = Buffer.alloc(BATCH * CASE_BYTES);
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const end = Date.now() + Number(options.seconds) * 1000;
  for (let pass = 0; pass === 0 || Date.now() < end; pass += 1) {
    for (const row of rows) {
      const result = results.get(row.name);
      for (const variant of variants(row)) {
        if (result.failure || (pass && Date.now() > end)) break;
        const bytes = encode(row, { ...variant, imm: random.below(3) ? random.below(256) : random.below(16) });
        fillCases(view, BATCH, row, random);
        const pending = native.run(bytes, Buffer.from(input), BATCH);
        const got = ours.run(bytes, input, BATCH);
        const expected = await pending;
        result.failure = firstDifference(row, bytes, input, got, expected, BATCH);
        result.count += BATCH;
      }
    }
  }
  native.end();
  return results;
}

/** Instructions of later levels that the real CPU may have: prefix, map and opcode. */
const LATER = [/^(66|f2)0f7[89]/, /^f[23]0f2b/, /^660f38(cf|d[b-f])/, /^660f3a(44|ce|cf|df)/, /^0f38(c[89a-d])/, /^0f3acc/, /^660f38(80|81|82)/];

/** Encodings that one side alone takes for invalid (#UD). */
async function compareValidity() {
  const native = startNative();
  const ours = await startOurs();
  const wrong = [];
  let count = 0;
  for (const bytes of allEncodings()) {
    const input = Buffer.alloc(CASE_BYTES);
    input.writeUInt32LE(0x1f80, 88);
    const pending = native.run(bytes, Buffer.from(input), 1);
    const got = ours.run(bytes, input, 1);
    const expected = await pending;
    const text = Buffer.from(bytes).toString("hex");
    const [a, b] = [got, expected].map((state) => state.readUInt32LE(96));
    if (a !== b && !(a === 6 && LATER.some((pattern) => pattern.test(text)))) wrong.push(`${text}: vector ${a}, expected ${b}`);
    count += 1;
  }
  native.end();
  return { wrong, count };
}

if (process.arch !== "x64" || !runnable("gcc")) t.skip("SSE against the CPU", "needs gcc and an x86-64 machine");
else if (!existsSync(join(root, "assembly/gen/interp.ts"))) t.skip("SSE against the CPU", "assembly/gen is not built");
else {
  const results = await compareAll();
  const total = [...results.values()].reduce((sum, { count }) => sum + count, 0);
  console.log(`# ${total} executions of ${results.size} instructions, at least ${Math.min(...[...results.values()].map(({ count }) => count))} of each`);
  if (options.counts) for (const [name, { count }] of results) console.log(`# ${name} ${count}`);
  const { wrong, count: encodings } = await compareValidity();
  t.test(`${encodings} encodings are valid or not as on the CPU`, () => {
    if (wrong.length) fail(wrong.join("\n"));
  });
  for (const [name, { count, failure }] of results)
    t.test(`${name} equals the CPU's`, () => {
      if (failure) fail(failure);
      if (!count) fail("never executed");
    });
}
