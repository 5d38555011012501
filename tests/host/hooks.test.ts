// Hooks on system calls, instructions and memory.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createMachine } from "../../host/create.ts";
import { MachineError } from "../../host/machine.ts";
import { Recorder } from "../../host/record/recorder.ts";
import { Replay } from "../../host/record/replay.ts";
import { assembleText } from "../lib/assembled.mjs";
import { root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("hooks");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));
const example = (name: string) => assembleText(readFileSync(join(root, "examples", `${name}.s`), "utf8"));
const make = async (program: string | Uint8Array, options = {}) =>
  createMachine({ module, clock: "virtual", seed: 1n, files: { "/p": typeof program === "string" ? await assembleText(program) : program }, ...options });

t.test("before a call: arguments are changed, calls are answered", async () => {
  const machine = await make(await example("hello"));
  const task = machine.task();
  const stop = machine.hookSyscalls({ calls: "getpid", before: () => 77 });
  machine.hookSyscalls({
    calls: ["dup", "close"],
    before(call) {
      if (call.name === "dup") call.args[0] = 99n;
      equal(call.result, null, "result before");
    },
  });
  equal(task.syscall("getpid"), 77n, "getpid");
  equal(task.syscall("dup", 0), -9n, "dup");
  stop();
  equal(task.syscall("getpid"), BigInt(task.tid), "getpid without the hook");
});

t.test("after a call: its result and the caller's memory", async () => {
  const machine = await make(await example("cat"));
  machine.hookSyscalls({
    calls: "read",
    after({ args, result, memory }) {
      if (result! <= 0n) return undefined;
      const text = Buffer.from(memory.read(args[1]!, Number(result))).toString().toUpperCase();
      memory.write(args[1]!, Buffer.from(text));
      return undefined;
    },
  });
  const { stdout } = await machine.execute("/p", { input: "make it loud" });
  equal(stdout, "MAKE IT LOUD", "stdout");
});

const LOOP = `
.globl _start
_start:
  mov $5, %ecx
loop:
  add $2, %ebx
  dec %ecx
  jnz loop
here:
  mov %ebx, total(%rip)
  incl total(%rip)
  addl $1, total(%rip)
  mov total(%rip), %edi
  mov $60, %eax
  syscall
.data
.balign 8
total: .long 0
`;

t.test("every instruction, with registers", async () => {
  const machine = await make(LOOP);
  const seen: bigint[] = [];
  const loops: bigint[] = [];
  machine.hookInstructions({}, ({ address, registers }) => {
    seen.push(address);
    if (address === seen[1]) loops.push(registers.rcx);
  });
  equal((await machine.execute("/p")).code, 12, "status");
  equal(seen.length, 1 + 3 * 5 + 6, "instructions");
  equal(loops.join(), "5,4,3,2,1", "rcx");
  equal(machine.retired, 22n, "retired");
});

t.test("a register that a hook changes is the guest's", async () => {
  const machine = await make(LOOP);
  let first: bigint | null = null;
  machine.hookInstructions({}, ({ address, registers }) => {
    first ??= address;
    // The loop's second instruction, once.
    if (address === first + 8n && registers.rcx === 5n) registers.rcx = 1n;
  });
  equal((await machine.execute("/p")).code, 4, "status");
});

t.test("a range is met as often as all instructions say, and changes nothing", async () => {
  const primes = await assembleText(readFileSync(join(root, "examples/primes.s"), "utf8").replace("2000000", "2000"));
  const plain = await make(primes);
  const expected = await plain.execute("/p");
  const every = await make(primes);
  const counts = new Map<bigint, number>();
  every.hookInstructions({}, ({ address }) => void counts.set(address, (counts.get(address) ?? 0) + 1));
  const stepped = await every.execute("/p");
  equal(stepped.stdout, expected.stdout, "output when stepped");
  equal(every.retired, plain.retired, "retired when stepped");
  const [address, count] = [...counts].sort((a, b) => b[1] - a[1])[3]!;
  const one = await make(primes);
  let met = 0;
  one.hookInstructions({ start: address, end: address + 1n }, () => void met++);
  equal((await one.execute("/p")).stdout, expected.stdout, "output with a range");
  equal(met, count, "times");
});

t.test("hooks do not change a run of two processes", async () => {
  const run = async (hook: (machine: Awaited<ReturnType<typeof make>>) => void) => {
    const machine = await make(await example("pipe"));
    hook(machine);
    const calls: string[] = [];
    machine.onSyscall(({ type, tid, name, result }) => calls.push(`${type} ${tid} ${name} ${result}`));
    await machine.execute("/p");
    return `${calls.join("\n")}\n${machine.retired} ${machine.exports.now()}`;
  };
  const plain = await run(() => {});
  equal(await run((machine) => machine.hookInstructions({}, () => {})), plain, "with hooks on all instructions");
  equal(await run((machine) => machine.hookMemory({}, () => {})), plain, "with hooks on all memory");
});

t.test("a word of memory: reads and writes with values, by instructions and calls", async () => {
  const machine = await make(LOOP);
  const found: string[] = [];
  const { pid } = machine.spawn("/p");
  // The word is at the start of the second page of the file's data.
  const stop = machine.hookMemory({ pid }, ({ kind, size, before, after, address, rip }) => found.push(`${kind} ${size} ${before} ${after} ${address - (address & 7n) === address} ${rip > 0n}`));
  await machine.process(pid).exited;
  equal(found.join("\n"), "write 4 0 10 true true\nwrite 4 10 11 true true\nwrite 4 11 12 true true\nread 4 12 12 true true", "accesses");
  stop();
  const task = machine.task();
  const at = task.allocate(64);
  const kernel: string[] = [];
  machine.hookMemory({ start: at + 8n, end: at + 16n, pid: task.tid }, ({ kind, address, size, before, after }) => kernel.push(`${kind} ${address - at} ${size} ${before} ${after}`));
  const [reader, writer] = (() => {
    const ends = task.allocate(8);
    task.syscall("pipe", ends);
    return new Int32Array(task.memory.read(ends, 8).buffer);
  })();
  task.memory.write(at, new Uint8Array(64).fill(1));
  task.syscall("write", writer, at, 12);
  task.memory.write(at + 4n, new Uint8Array(12).fill(2));
  task.syscall("read", reader, at + 4n, 12);
  equal(kernel.join("\n"), `read 8 4 ${0x01010101} ${0x01010101}\nwrite 8 8 ${0x0202020202020202n} ${0x0101010101010101n}`, "of system calls");
});

t.test("writes over the end of a page and string instructions", async () => {
  const machine = await make(`
.globl _start
_start:
  lea buffer+4092(%rip), %rdi
  movabs $0x1122334455667788, %rax
  mov %rax, (%rdi)
  lea buffer(%rip), %rsi
  lea buffer+8192(%rip), %rdi
  mov $600, %ecx
  rep movsq
  mov $60, %eax
  xor %edi, %edi
  syscall
.bss
.balign 4096
buffer: .skip 16384
`);
  const { pid, exited } = machine.spawn("/p");
  const sizes: string[] = [];
  let written = 0;
  machine.hookMemory({ pid, kind: "write" }, ({ size, address, after }) => {
    if (size === 8 && (address & 0xfffn) === 0xffcn) sizes.push(after.toString(16));
    else written += size;
  });
  equal((await exited).code, 0, "status");
  equal(sizes.join(), "1122334455667788", "straddling");
  equal(written, 4800, "bytes of rep movsq");
});

t.test("hooks stay over snapshots and going back; they are recorded and replayed", async () => {
  const chunks: Uint8Array[] = [];
  const recorder = new Recorder((bytes) => chunks.push(bytes), { hashEvery: 1 });
  const machine = await make(LOOP, { recorder });
  let count = 0;
  machine.hookInstructions({}, () => void count++);
  machine.hookSyscalls({ before: ({ name }) => (name === "exit" ? undefined : 1) });
  equal((await machine.execute("/p")).code, 12, "status");
  equal(count, 22, "hooked");
  recorder.end();
  const result = new Replay(module, new Uint8Array(Buffer.concat(chunks))).run();
  ok(result.complete && result.hashes > 2, `${result.events} events`);
  const other = await make(LOOP);
  count = 0;
  other.hookInstructions({}, () => void count++);
  const before = other.snapshot();
  await other.execute("/p");
  other.restore(before);
  await other.execute("/p");
  equal(count, 44, "twice");
});

t.test("a hook that throws stops the machine with its error; host calls from a hook are refused", async () => {
  const machine = await make(LOOP);
  machine.hookInstructions({}, () => {
    throw new RangeError("enough");
  });
  try {
    await machine.execute("/p");
    ok(false, "it ran");
  } catch (error) {
    equal((error as Error).message, "enough", "message");
  }
  const second = await make(LOOP);
  const task = second.task();
  second.hookSyscalls({ before: () => void task.syscall("getpid") });
  try {
    second.task().syscall("getppid");
    ok(false, "it ran");
  } catch (error) {
    ok(error instanceof MachineError && error.errno === 16, String(error));
  }
});
