// A real program truncated and with bits flipped, 10,000 times, in one machine: each ends in an errno of execve or by a
// status or signal of its own within its instructions. The machine must neither trap nor lose memory.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assembled } from "../lib/assembled.mjs";
import { buildGuest, missing } from "../lib/guest.mjs";
import { root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("elf fuzz");
const MAX_FRAMES = 16384;
const FUEL = 20_000n;
const RUN_EXITED = 3;
const SIGKILL = 9;
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));

/** mulberry32: the cases are the same on every machine. */
function random(seed) {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
}

class Bench {
  constructor() {
    const memory = () => this.x.memory.buffer;
    const host = new Proxy(
      {
        clock: () => 0n,
        output: (_stream, _at, length) => length,
        readPage: (_handle, index, at) => {
          const page = this.file.subarray(Number(index) * 4096, (Number(index) + 1) * 4096);
          new Uint8Array(memory(), at >>> 0, page.length).set(page);
          return 0;
        },
        taskEvent: (kind, pid, value) => {
          if (kind === 4 && pid === this.pid) this.status = value;
        },
        panic: (at, length) => {
          throw new Error(`panic: ${Buffer.from(memory(), at >>> 0, length)}`);
        },
      },
      { get: (there, name) => there[name] ?? (() => 0) },
    );
    this.x = new WebAssembly.Instance(module, { host }).exports;
    equal(this.x.machineInit(MAX_FRAMES, 1n, 1, 100), 0, "machineInit");
    this.path = this.text("/program\0");
    this.argv = this.text("program\0");
  }

  text(words) {
    const at = this.x.hostAlloc(64);
    new Uint8Array(this.x.memory.buffer, at >>> 0, words.length).set(Buffer.from(words));
    return at;
  }

  /** −errno of the start, or the wait status; "fuel" when it had to be stopped. */
  run(file) {
    this.file = file;
    this.status = null;
    const made = this.x.hostCreateLazyFile(this.path, 8, 0o755, 0, 0, BigInt(file.length), 0);
    equal(made, 0, "hostCreateLazyFile");
    this.pid = this.x.processSpawn(this.path, 8, this.argv, 1, this.argv, 0, this.path, 1, 0, 0, 0x220);
    if (this.pid < 0) return this.pid;
    this.x.machineRun(FUEL);
    if (this.status !== null) return this.status;
    // Programs made of wrong bytes may fork: everything goes.
    for (let i = 0; i < 50 && this.x.machineRun(1000n) !== RUN_EXITED; i += 1) {
      for (let pid = this.pid; pid < this.pid + 110; pid += 1) this.x.taskKill(pid, SIGKILL);
    }
    return "fuel";
  }
}

function damaged(good, pick) {
  const bytes = Buffer.from(good);
  const near = () => (pick(3) ? pick(Math.min(512, good.length)) : pick(good.length));
  if (pick(4) === 0) return bytes.subarray(0, near());
  for (let n = 1 + pick(8); n > 0; n -= 1) bytes[near()] ^= 1 << pick(8);
  return bytes;
}

function fuzz(title, load, count, seed) {
  t.test(
    `${count} damaged copies of ${title}`,
    async () => {
      const good = readFileSync(await load());
      const bench = new Bench();
      const pick = random(seed);
      equal(bench.run(good), 0, "the program itself");
      const before = bench.x.framesUsed();
      const seen = { refused: 0, exited: 0, killed: 0, stopped: 0 };
      for (let i = 0; i < count; i += 1) {
        let result;
        try {
          result = bench.run(damaged(good, pick));
        } catch (error) {
          fail(`case ${i} of seed ${seed}: ${error.message}`);
        }
        if (result === "fuel") seen.stopped += 1;
        else if (result < 0) {
          seen.refused += 1;
          ok(result > -134, `case ${i}: errno ${-result}`);
        } else if (result & 127) seen.killed += 1;
        else seen.exited += 1;
      }
      equal(bench.run(good), 0, "the program itself at the end");
      const grown = bench.x.framesUsed() - before;
      ok(grown < 64, `${grown} frames are lost`);
      for (const kind of ["refused", "killed"]) ok(seen[kind] > 0, `no case was ${kind}: ${JSON.stringify(seen)}`);
    },
    { limitMs: 200_000 },
  );
}

fuzz("an assembled program", () => assembled("hello"), 6000, 1);
const reason = missing("static");
if (reason) t.skip("4000 damaged copies of a static glibc program", reason);
else fuzz("a static glibc program", () => buildGuest(join(root, "bench/calls/hello.c")), 4000, 2);
