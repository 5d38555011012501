// What the laboratory costs: snapshots, going back, forks, recording. `npm run bench -- lab`.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../tests/lib/process.mjs";

const ROUNDS = 200;
/** Parent and child send 20,000 bytes through a pipe, one at a time. */
const PROGRAM = `
.globl _start
_start: mov $22, %eax; lea ends(%rip), %rdi; syscall
  mov $57, %eax; syscall
  mov $20000, %ebx
  test %eax, %eax
  jz child
1: mov $1, %eax; mov ends+4(%rip), %edi; lea byte(%rip), %rsi; mov $1, %edx; syscall
  dec %ebx; jnz 1b
  mov $61, %eax; mov $-1, %edi; xor %esi, %esi; xor %edx, %edx; xor %r10d, %r10d; syscall
  jmp leave
child: xor %eax, %eax; mov ends(%rip), %edi; lea byte(%rip), %rsi; mov $1, %edx; syscall
  dec %ebx; jnz child
leave: mov $60, %eax; xor %edi, %edi; syscall
.data
ends: .quad 0
byte: .quad 1
`;

const ms = (run) => {
  const began = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - began) / 1e6;
};

function median(run) {
  const times = Array.from({ length: ROUNDS }, (_, i) => ms(() => run(i))).sort((a, b) => a - b);
  return times[ROUNDS / 2];
}

/** Rows for the table: [what, ms]. */
export async function laboratory() {
  const load = (name) => import(pathToFileURL(join(root, "dist", name)).href);
  const { createMachine, Recorder, Replay } = await load("node.mjs");
  const { assemble } = await load("asm.mjs");
  const rows = [];
  const sized = async (mebibytes) => {
    const machine = await createMachine({ clock: "virtual", seed: 1n });
    machine.manual = true;
    const task = machine.task();
    const at = task.allocate(mebibytes << 20);
    for (let i = 0; i < mebibytes; i++) task.memory.write(at + BigInt(i << 20), new Uint8Array(1 << 20).fill(i + 1));
    return { machine, task, at };
  };
  for (const size of [1, 64]) {
    const { machine, task, at } = await sized(size);
    const first = ms(() => machine.snapshot());
    const start = machine.snapshot();
    const touch = (n) => (i) => {
      for (let page = 0; page < n; page++) task.memory.write(at + BigInt(page * 4096), new Uint8Array([i]));
    };
    const dirty = touch(8);
    const name = `${(start.size / 2 ** 20).toFixed(0)} MiB in use`;
    rows.push([`first snapshot, ${name}`, first]);
    rows.push([`snapshot after 8 pages changed, ${name}`, median((i) => (dirty(i), machine.snapshot()))]);
    machine.restore(start);
    rows.push([`going back over 8 changed pages, ${name}`, median((i) => (dirty(i), machine.restore(start)))]);
    const forks = [];
    rows.push([`fork, ${name}`, Array.from({ length: 5 }, () => ms(() => forks.push(machine.fork()))).sort((a, b) => a - b)[2]]);
  }
  const program = assemble(PROGRAM);
  const run = async (options) => {
    const machine = await createMachine({ clock: "virtual", seed: 1n, files: { "/p": program }, ...options });
    machine.manual = true;
    machine.spawn("/p");
    return ms(() => {
      while (machine.run() !== "exited");
    });
  };
  const least = async (options) => Math.min(...(await Promise.all([1, 2, 3].map(async () => run(options())))));
  const plain = await least(() => ({}));
  const pieces = [];
  const recorded = await least(() => {
    pieces.length = 0;
    return { recorder: new Recorder((bytes) => pieces.push(bytes)) };
  });
  const chance = await least(() => ({ choices: { seed: 1n } }));
  rows.push(["40,000 calls through a pipe", plain], ["… recorded", recorded], ["… under random choices", chance]);
  const machine = await createMachine({});
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  rows.push(["… replayed", ms(() => new Replay(machine.module, bytes).run())]);
  machine.close();
  return rows;
}
