// What processes leave behind: nothing in the machine's memory and nothing in the host's. And what many need at once.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Machine, type MachineHost } from "../../host/machine.ts";
import { buildGuest } from "../lib/guest.mjs";
import { root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("leaks");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));
const MIB = 1 << 20;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function make() {
  let text = "";
  const host: MachineHost = {
    clock: () => process.hrtime.bigint(),
    entropy: (bytes) => bytes.fill(7),
    output: (_stream, bytes) => {
      text += Buffer.from(bytes).toString("latin1");
      return bytes.length;
    },
  };
  const machine = new Machine(module, host, { seed: 1n });
  machine.writeFile("/many", readFileSync(buildGuest(join(root, "tests/host/many.c"))), { mode: 0o755 });
  return { machine, output: () => text };
}

const machines: Machine[] = [];

/** What is left after so many forks; the host's bytes without the memories of the machines, which are all kept. */
async function afterForks(count: number) {
  const { machine } = make();
  machines.push(machine);
  const { code } = await machine.spawn("/many", { argv: ["many", "forks", String(count)] }).exited;
  equal(code, 0, "status");
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const e = machine.exports;
  const memories = machines.reduce((sum, { exports }) => sum + exports.memory.buffer.byteLength, 0);
  return { left: { frames: e.framesUsed(), objects: e.kmallocLive(), groups: e.groupsAlive(), memory: e.memory.buffer.byteLength }, host: heapUsed + external - memories };
}

t.test("10,000 forks leave what 100 leave", async () => {
  const few = await afterForks(100);
  const many = await afterForks(10_000);
  equal(many.left, few.left, "frames, kernel objects, processes, bytes of memory");
  console.log(`# ${many.host - few.host} bytes more in the host after 10,000 forks`);
  ok(many.host - few.host < 2 * MIB, `${many.host - few.host} bytes more in the host`);
});

t.test("1,000 processes live in less than 256 MiB", async () => {
  const { machine, output } = make();
  const { exited } = machine.spawn("/many", { argv: ["many", "alive", "1000"], stdio: ["pipe", "pipe", "pipe"] });
  while (!output().includes("alive")) await new Promise((resolve) => setTimeout(resolve, 20));
  ok(machine.exports.groupsAlive() >= 1000, `${machine.exports.groupsAlive()} processes`);
  const bytes = machine.exports.memory.buffer.byteLength;
  ok(bytes < 256 * MIB, `${bytes} bytes of memory`);
  console.log(`# ${bytes >> 10} KiB of memory, ${machine.exports.framesUsed() * 4} KiB in use`);
  machine.endInput(0);
  equal((await exited).code, 0, "status");
});
