// The x87 instructions against the machine's own CPU: random operands, every rounding and precision control, masked and
// unmasked exceptions, bit for bit. `node tests/x87/x87.test.mjs --seconds N --seed N` goes on for longer.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { x87Rows } from "../../tools/gen-x87.mjs";
import { have, must, root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const RECORD = 320;
const PAIR = 2 * RECORD;
const BATCH = 256;
/** f2xm1, fyl2x, fptan, fpatan, fyl2xp1, fsincos, fsin, fcos: correct to a unit in the last place. */
const INEXACT = new Set([144, 145, 146, 147, 153, 155, 158, 159]);
const number = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const seconds = number("--seconds", 16);
const seed = number("--seed", 1);
const cache = join(root, ".cache/x87");
const t = suite("x87");

function build() {
  mkdirSync(cache, { recursive: true });
  must("gcc", ["-O1", "-mno-red-zone", "-o", join(cache, "native"), join(root, "tests/x87/native.c")]);
  must(process.execPath, [join(root, "node_modules/assemblyscript/bin/asc.js"), "--config", join(root, "tests/x87/asconfig.json"), "--outFile", join(cache, "x87.wasm")], { cwd: root });
  const module = new WebAssembly.Module(readFileSync(join(cache, "x87.wasm")));
  const machine = new WebAssembly.Instance(module, { env: { abort: () => fail("the module called abort") } }).exports;
  const at = machine.records();
  const room = machine.memory.buffer.byteLength - at;
  if (room < BATCH * RECORD) machine.memory.grow(Math.ceil((BATCH * RECORD - room) / 65536));
  return { machine, at };
}

/** Feeds the pairs that the native program makes to `onPair(before, after, ours, row)` until time is up. */
async function compare({ machine, at }, rows, limit, onPair) {
  const table = join(cache, `table-${rows[0].op}-${rows.length}.txt`);
  writeFileSync(table, rows.map((r) => `${r.op} ${r.escape} ${r.reg} ${r.rm} ${r.bytes} ${r.access} ${r.prefix}\n`).join(""));
  const child = spawn(join(cache, "native"), [table, String(seed), String(10 ** 12)], { stdio: ["ignore", "pipe", "inherit"] });
  const until = Date.now() + limit * 1000;
  let count = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    const data = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    const pairs = Math.floor(data.length / PAIR);
    for (let first = 0; first < pairs; first += BATCH) {
      const n = Math.min(BATCH, pairs - first);
      const memory = new Uint8Array(machine.memory.buffer, at, n * RECORD);
      for (let i = 0; i < n; i += 1) memory.set(data.subarray((first + i) * PAIR, (first + i) * PAIR + RECORD), i * RECORD);
      machine.run(at, n);
      const ours = Buffer.from(machine.memory.buffer, at, n * RECORD);
      for (let i = 0; i < n; i += 1) {
        const p = (first + i) * PAIR;
        onPair(data.subarray(p, p + RECORD), data.subarray(p + RECORD, p + PAIR), ours.subarray(i * RECORD, (i + 1) * RECORD), rows[count % rows.length]);
        count += 1;
      }
    }
    rest = data.subarray(pairs * PAIR);
    if (Date.now() >= until) break;
  }
  child.kill();
  return count;
}

const hex = (value, digits) => value.toString(16).padStart(digits, "0");

function describe(r) {
  const st = Array.from({ length: 8 }, (_, i) => `${hex(r.readUInt16LE(40 + 16 * i), 4)}:${hex(r.readBigUInt64LE(32 + 16 * i), 16)}`);
  return [
    `vector ${r.readUInt32LE(12)} flags ${hex(r.readUInt32LE(8), 3)} fcw ${hex(r.readUInt16LE(16), 4)} fsw ${hex(r.readUInt16LE(18), 4)} tag ${hex(r[20], 2)} ax ${hex(r.readUInt16LE(22), 4)}`,
    `  ${st.join(" ")}`,
    `  ${r.subarray(160, 160 + 108).toString("hex").replace(/(a5)+$/, "")}`,
  ].join("\n  ");
}

async function exactly(tools, rows, limit) {
  const wrong = new Map();
  let example = "";
  const count = await compare(tools, rows, limit, (before, after, ours, row) => {
    if (after.equals(ours)) return;
    wrong.set(row.name, (wrong.get(row.name) ?? 0) + 1);
    if (!example) example = `${row.name} rm ${before[4]}\n  before ${describe(before)}\n  native ${describe(after)}\n  ring3  ${describe(ours)}`;
  });
  const list = [...wrong].map(([name, n]) => `${name} ${n}`).join(", ");
  console.log(`# ${count} executions of ${rows.length} instructions`);
  if (wrong.size) fail(`differ: ${list}\n${example}`);
}

/** The selector in the 32-bit form and the MXCSR mask are not compared. */
function sameImages({ machine, at }) {
  const { stdout } = spawnSync(join(cache, "native"), ["images", String(seed), "5000"], { maxBuffer: 1 << 24 });
  for (let first = 0; first < stdout.length; first += 1536) {
    const memory = Buffer.from(machine.memory.buffer, (at + 63) & ~63, 1536).fill(0xcc);
    stdout.copy(memory, 0, first, first + 512);
    machine.images((at + 63) & ~63);
    const native = Buffer.from(stdout.subarray(first, first + 1536));
    for (const image of [memory, native]) {
      image.fill(0, 512 + 28, 512 + 32);
      image.fill(0, 1024 + 28, 1024 + 32);
      image.fill(0, 1024 + 12, 1024 + 14);
    }
    for (const part of [512, 1024]) equal(memory.toString("hex", part, part + 512), native.toString("hex", part, part + 512), `image ${part === 512 ? "of fxsave64" : "of fxsave"}`);
  }
}

/** A register as a number that steps by one from value to value. */
function ordered(r, i) {
  const sig = r.readBigUInt64LE(32 + 16 * i);
  const se = r.readUInt16LE(40 + 16 * i);
  const magnitude = (BigInt(se & 0x7fff) << 63n) + (sig & 0x7fffffffffffffffn);
  return se & 0x8000 ? -magnitude : magnitude;
}

/** The largest distance of a result, in units of the last place; Infinity when anything else than results and C1 differs. */
function distance(after, ours) {
  const mine = Buffer.from(ours);
  let worst = 0;
  for (let i = 0; i < 2; i += 1) {
    const d = ordered(after, i) - ordered(ours, i);
    worst = Math.max(worst, Math.abs(Number(d)));
    after.copy(mine, 32 + 16 * i, 32 + 16 * i, 48 + 16 * i);
  }
  mine.writeUInt16LE((ours.readUInt16LE(18) & ~0x200) | (after.readUInt16LE(18) & 0x200), 18);
  return mine.equals(after) ? worst : Infinity;
}

async function nearly(tools, row, limit) {
  const histogram = new Map();
  let same = 0;
  let nearest = 0;
  let nearestSame = 0;
  let example = "";
  const count = await compare(tools, [row], limit, (before, after, ours) => {
    const rounding = (before.readUInt16LE(16) >> 10) & 3;
    if (rounding === 0) nearest += 1;
    if (after.equals(ours)) {
      same += 1;
      if (rounding === 0) nearestSame += 1;
      return;
    }
    const d = distance(after, ours);
    if (d === 0 && rounding === 0) nearestSame += 1;
    histogram.set(d, (histogram.get(d) ?? 0) + 1);
    if (d > 1 && !example) example = `before ${describe(before)}\n  native ${describe(after)}\n  ring3  ${describe(ours)}`;
  });
  const percent = (n, of) => `${((100 * n) / of).toFixed(2)} %`;
  const list = [...histogram].sort(([a], [b]) => a - b).map(([d, n]) => `${d === 0 ? "C1 alone" : `${d} ulp`} ${n}`);
  console.log(`# ${row.name}: ${count} executions, ${percent(same, count)} equal in all (${percent(nearestSame, nearest)} of values to nearest); others: ${list.join(", ")}`);
  if (example) fail(`${row.name} is more than a unit away\n  ${example}`);
}

/** Where makers differ (denormals pushed, empty registers, fxsave's pointers), AMD's way is followed. */
const vendor = existsSync("/proc/cpuinfo") ? /vendor_id\s*: (\S+)/.exec(readFileSync("/proc/cpuinfo", "latin1"))?.[1] : undefined;
if (process.arch !== "x64" || !have("gcc")) t.skip("x87 against the CPU", "needs gcc on x86-64");
else if (vendor !== "AuthenticAMD") t.skip("x87 against the CPU", "the CPU is not from AMD");
else {
  const rows = await x87Rows();
  let tools;
  const ready = () => (tools ??= build());
  t.test("the table has the encodings that the CPU has", () => {
    ready();
    const holes = new Set(must(join(cache, "native"), ["holes"]).trim().split("\n"));
    for (let place = 0; place < 64; place += 1) {
      for (let rm = -1; rm < 8; rm += 1) {
        const [escape, reg] = [0xd8 + (place >> 3), place & 7];
        const found = rows.filter((r) => r.escape === escape && r.reg === reg && !r.prefix && (r.rm === rm || (r.rm === -2 && rm >= 0)));
        const key = `${escape.toString(16)} ${reg} ${rm}`;
        equal(found.length, holes.has(key) ? 0 : 1, `rows of ${key}`);
      }
    }
  });
  t.test("exact instructions are equal bit for bit", () => exactly(ready(), rows.filter((r) => !INEXACT.has(r.op)), seconds * 0.6), { limitMs: (seconds + 60) * 1000 });
  t.test("fxsave images are equal", () => sameImages(ready()));
  for (const row of rows.filter((r) => INEXACT.has(r.op))) {
    t.test(`${row.name} is within a unit in the last place`, () => nearly(ready(), row, seconds * 0.05), { limitMs: (seconds + 60) * 1000 });
  }
}
