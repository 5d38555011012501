// Choices: races that only some schedules show, found by chance and run again from their tapes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { choicesText, nthChoice, parseChoices, type Choice } from "../../host/choices.ts";
import { createMachine } from "../../host/create.ts";
import type { Machine } from "../../host/machine.ts";
import type { Snapshot } from "../../host/snapshot.ts";
import { assembleText } from "../lib/assembled.mjs";
import { root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("choices");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));

/** Two threads do `work` to the word x, which is 0; the status is x. */
const threads = (work: string) => `
.globl _start
_start:
  mov $56, %eax
  mov $0x350f00, %edi
  lea top(%rip), %rsi
  lea tid(%rip), %rdx
  lea tid(%rip), %r10
  syscall
  test %eax, %eax
  jz child
  call work
wait:
  mov tid(%rip), %edx
  test %edx, %edx
  jz done
  mov $202, %eax
  lea tid(%rip), %rdi
  xor %esi, %esi
  xor %r10d, %r10d
  syscall
  jmp wait
done:
  mov x(%rip), %edi
  mov $231, %eax
  syscall
child:
  call work
  mov $60, %eax
  xor %edi, %edi
  syscall
work:
${work}
  ret
.data
x: .quad 0
tid: .long 0
.bss
.skip 4096
top: .skip 16
`;

interface Experiment {
  machine: Machine;
  start: Snapshot;
  pid: number;
}

async function prepare(source: string, options = {}): Promise<Experiment> {
  const machine = await createMachine({ module, clock: "virtual", seed: 1n, files: { "/race": await assembleText(source) }, ...options });
  machine.manual = true;
  const { pid } = machine.spawn("/race");
  return { machine, start: machine.snapshot(), pid };
}

/** One run: the exit status, and the choices when they are asked for. */
async function once({ machine, start, pid }: Experiment, choices: Parameters<Machine["setChoices"]>[0]): Promise<{ status: number | null; tape: Choice[] }> {
  machine.restore(start);
  machine.setChoices(choices);
  const { exited } = machine.process(pid);
  while (machine.run() === "budget");
  return { status: (await exited).code, tape: machine.choiceTape };
}

async function findRace(source: string, right: number, kinds?: Choice["kind"][]) {
  const experiment = await prepare(source);
  equal((await once(experiment, null)).status, right, "without chance");
  for (let seed = 0n; seed < 1000n; seed += 1n) {
    const { status, tape } = await once(experiment, { seed, log: true, ...(kinds ? { kinds } : {}) });
    if (status !== right) return { experiment, seed, status, tape };
  }
  return fail("no seed of 1,000 breaks it") as never;
}

const RACES: [string, string, number][] = [
  ["a load, an addition and a store in one block", "  mov x(%rip), %rax\n  add $1, %rax\n  mov %rax, x(%rip)", 2],
  ["one inc of memory without lock", "  incq x(%rip)", 2],
];
for (const [what, work, right] of RACES) {
  t.test(`${what}: broken within 1,000 seeds, and 1,000 of 1,000 times from its tape`, async () => {
    const { experiment, status, tape, seed } = await findRace(threads(work), right);
    ok(seed < 1000n, `seed ${seed}`);
    const kept = parseChoices(choicesText(tape));
    for (let i = 0; i < 1000; i++) equal((await once(experiment, { tape: kept })).status, status, `replay ${i}`);
  });
}

t.test("what locks the bus breaks under no seed", async () => {
  for (const work of ["  lock incq x(%rip)", "  mov $1, %eax\n  lock xaddq %rax, x(%rip)", "again: mov x(%rip), %rax\n  lea 1(%rax), %rcx\n  lock cmpxchgq %rcx, x(%rip)\n  jne again"]) {
    const experiment = await prepare(threads(work));
    for (let seed = 0n; seed < 300n; seed += 1n) equal((await once(experiment, { seed })).status, 2, `seed ${seed} of ${work}`);
  }
});

t.test("pre-emption alone breaks no single instruction", async () => {
  const experiment = await prepare(threads("  incq x(%rip)"));
  for (let seed = 0n; seed < 300n; seed += 1n) equal((await once(experiment, { seed, kinds: ["run", "slice", "preempt"] })).status, 2, `seed ${seed}`);
});

t.test("the n-th allocation fails, and only that one", async () => {
  const { machine } = await prepare(threads("  nop"));
  const start = machine.snapshot();
  const results = new Map<bigint, number>();
  for (let n = 1; n <= 20; n++) {
    machine.restore(start);
    const task = machine.task();
    machine.setChoices({ tape: nthChoice("alloc", n) });
    const result = task.syscall("msgget", 5, 0o1600) as bigint;
    results.set(result, (results.get(result) ?? 0) + 1);
    machine.setChoices(null);
    ok((machine.task().syscall("msgget", 6, 0o1600) as bigint) >= 0n, "the next one succeeds");
  }
  ok(results.has(-12n) || results.has(-28n), `results ${[...results.keys()]}`);
});

t.test("an epoll tells ready descriptors in any order; sleeps end early where they may", async () => {
  const { machine } = await prepare(threads("  nop"));
  const task = machine.task();
  const epoll = task.syscall("epoll_create1", 0) as bigint;
  const fds = [1, 2, 3].map((value) => {
    const fd = task.syscall("eventfd2", value, 0) as bigint;
    const event = new Uint8Array(12);
    new DataView(event.buffer).setUint32(0, 1, true);
    new DataView(event.buffer).setUint32(4, Number(fd), true);
    equal(task.syscall("epoll_ctl", epoll, 1, fd, event), 0n, "epoll_ctl");
    return Number(fd);
  });
  const room = task.allocate(36);
  const orders = new Set<string>();
  for (let seed = 0n; seed < 40n; seed += 1n) {
    machine.setChoices({ seed, kinds: ["poll"] });
    equal(task.syscall("epoll_wait", epoll, room, 3, 0), 3n, "epoll_wait");
    const view = new DataView(task.memory.read(room, 36).buffer);
    const order = [0, 1, 2].map((i) => view.getUint32(12 * i + 4, true));
    equal([...order].sort().join(), fds.join(), "each once");
    orders.add(order.join());
  }
  ok(orders.size === 3, `${orders.size} orders`);
  let early = 0;
  for (let seed = 0n; seed < 200n; seed += 1n) {
    machine.setChoices({ seed, kinds: ["eintr"] });
    const other = machine.task();
    const set = other.syscall("semget", 0, 1, 0o600) as bigint;
    const waits = other.syscall("semop", set, new Uint8Array([0, 0, 255, 255, 0, 0]), 1);
    if (waits === -4n) early++;
    other.exit();
  }
  ok(early > 0 && early < 100, `${early} of 200 ended early`);
});

t.test("aslr: execve's layout moves, and the program runs the same", async () => {
  const program = await assembleText(readFileSync(join(root, "examples/hello.s"), "utf8"));
  const stacks = new Set<bigint>();
  let expected = "";
  for (let seed = 0n; seed < 12n; seed += 1n) {
    const machine = await createMachine({ module, clock: "virtual", seed: 1n, files: { "/p": program }, ...(seed ? { choices: { seed, kinds: ["aslr"] as const } } : {}) });
    machine.hookInstructions({}, ({ registers }) => void stacks.add(registers.rsp));
    const { stdout } = await machine.execute("/p");
    expected ||= stdout;
    equal(stdout, expected, `seed ${seed}`);
  }
  ok(stacks.size >= 11, `${stacks.size} stacks`);
});

t.test("a tape that is no tape is refused by its line", () => {
  for (const [text, message] of [["run 3 1\nfoo 1 1\n", /^line 2: "foo 1 1" is no choice/], ["run 3\n", /^line 1/], ["run 3 x", /^line 1/]] as const) {
    try {
      parseChoices(text);
    } catch (error) {
      ok(message.test((error as Error).message), (error as Error).message);
      continue;
    }
    fail(`${text} was accepted`);
  }
});
