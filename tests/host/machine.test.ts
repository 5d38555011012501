// The library: processes, and tasks without guest code that TypeScript drives call by call.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FaultError, FuelExhausted, Machine, MachineError, type MachineHost } from "../../host/machine.ts";
import { assembleText } from "../lib/assembled.mjs";
import { root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("machine");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));

/** A machine whose output is gathered. */
function make(options = {}) {
  const written: Buffer[] = [];
  const host: MachineHost = {
    clock: () => process.hrtime.bigint(),
    entropy: (bytes) => bytes.fill(7),
    output: (_stream, bytes) => {
      written.push(Buffer.from(bytes));
      return bytes.length;
    },
  };
  const machine = new Machine(module, host, { seed: 1n, ...options });
  return { machine, output: () => Buffer.concat(written).toString("latin1") };
}

const example = (name: string) => assembleText(readFileSync(join(root, "examples", `${name}.s`), "utf8"));

t.test("a program runs to its end", async () => {
  const { machine, output } = make();
  machine.writeFile("/hello", await example("hello"), { mode: 0o755 });
  const { exited } = machine.spawn("/hello");
  const ended = await exited;
  equal(ended.code, 0, "code");
  equal(ended.signal, null, "signal");
  equal(output(), "hello from ring 3\n", "output");
});

t.test("processes that fork and talk", async () => {
  const { machine, output } = make();
  machine.writeFile("/pipe", await example("pipe"), { mode: 0o755 });
  await machine.spawn("/pipe").exited;
  ok(output().startsWith("the child says: hello, parent"), output());
});

t.test("input is given to a program", async () => {
  const { machine, output } = make();
  machine.writeFile("/cat", await example("cat"), { mode: 0o755 });
  const { exited } = machine.spawn("/cat", { stdio: ["pipe", "pipe", "pipe"] });
  machine.pushInput(0, Buffer.from("some words\n"));
  machine.endInput(0);
  await exited;
  equal(output(), "some words\n", "output");
});

t.test("a signal ends a process", async () => {
  const { machine } = make();
  machine.writeFile("/cat", await example("cat"), { mode: 0o755 });
  const program = machine.spawn("/cat", { stdio: ["pipe", "pipe", "pipe"] });
  program.kill(15);
  equal((await program.exited).signal, 15, "signal");
});

t.test("what cannot be started is an error with its errno", () => {
  const { machine } = make();
  try {
    machine.spawn("/none");
  } catch (error) {
    ok(error instanceof MachineError);
    equal((error as MachineError).errno, 2, "errno");
    return;
  }
  fail("it started");
});

t.test("fuel stops the machine", async () => {
  const { machine } = make({ fuel: 100_000n });
  machine.writeFile("/loop", await assembleText(".globl _start\n_start: jmp _start"), { mode: 0o755 });
  machine.spawn("/loop");
  try {
    await machine.idle();
  } catch (error) {
    ok(error instanceof FuelExhausted);
    ok(machine.retired >= 100_000n && machine.retired < 200_000n, `${machine.retired} instructions`);
    return;
  }
  fail("it ended");
});

t.test("files go in and come out", () => {
  const { machine } = make();
  const big = Buffer.alloc(3_000_000, "0123456789");
  machine.mkdir("/a/b", { recursive: true });
  machine.writeFile("/a/b/f", big);
  ok(Buffer.from(machine.readFile("/a/b/f")).equals(big), "contents differ");
  machine.symlink("b/f", "/a/l");
  equal(machine.readFile("/a/l").length, big.length, "length through a symlink");
  ok(machine.hasFile("/a/l") && !machine.hasFile("/a/x") && !machine.hasFile("/a"), "hasFile");
});

t.test("a task's system calls set and clobber the registers that the hardware does", () => {
  const { machine } = make();
  const task = machine.task();
  const pid = task.syscall("getpid");
  equal(pid, BigInt(task.tid), "getpid");
  equal(task.registers.rax, pid as bigint, "rax");
  equal(task.registers.rcx, task.registers.rip, "rcx is the return address");
  equal(task.registers.r11 & 0x202n, 0x202n, "r11 is rflags");
  equal(task.syscall("lseek", 99, 5, 1), -9n, "lseek");
  const { rdi, rsi, rdx } = task.registers;
  equal(`${rdi} ${rsi} ${rdx}`, "99 5 1", "arguments stay in their registers");
});

t.test("names and numbers are the same calls", () => {
  const task = make().machine.task();
  equal(task.syscall(39), task.syscall("getpid") as bigint, "getpid");
  equal(task.syscall(9999), -38n, "no such call");
});

t.test("a call that waits is a promise that another task completes", async () => {
  const { machine } = make();
  const task = machine.task();
  equal(task.syscall("mknod", "/fifo", 0o10600, 0), 0n, "mknod");
  const read = task.syscall("open", "/fifo", 2) as bigint;
  const buffer = task.allocate(16);
  const waits = task.syscall("read", read, buffer, 16);
  ok(waits instanceof Promise, "the read of an empty FIFO does not wait");
  const other = machine.task();
  const write = other.syscall("open", "/fifo", 1) as bigint;
  equal(other.syscall("write", write, "hello", 5), 5n, "write");
  equal(await waits, 5n, "read");
  equal(Buffer.from(task.memory.read(buffer, 5)).toString(), "hello", "what was read");
});

t.test("a bad pointer is EFAULT, and a FaultError for the host", () => {
  const task = make().machine.task();
  equal(task.syscall("open", 16n, 0), -14n, "open");
  try {
    task.memory.read(0x123456n, 4);
  } catch (error) {
    ok(error instanceof FaultError);
    equal((error as FaultError).address, 0x123456n, "address");
    return;
  }
  fail("the read succeeded");
});

t.test("a pipe's ends come out of the task's memory", () => {
  const task = make().machine.task();
  const ends = task.allocate(8);
  equal(task.syscall("pipe", ends), 0n, "pipe");
  const [read, write] = new Int32Array(task.memory.read(ends, 8).buffer);
  equal(task.syscall("write", write, "ping", 4), 4n, "write");
  const buffer = task.allocate(4);
  equal(task.syscall("read", read, buffer, 4), 4n, "read");
  equal(Buffer.from(task.memory.read(buffer, 4)).toString(), "ping", "what was read");
});

t.test("memory is what mmap gave", () => {
  const task = make().machine.task();
  const at = task.syscall("mmap", 0, 8192, 3, 0x22, -1, 0) as bigint;
  task.memory.write(at + 4090n, Buffer.from("over the page"));
  equal(task.memory.readString(at + 4090n), "over the page", "text");
  equal(task.syscall("mprotect", at, 4096, 0), 0n, "mprotect");
  try {
    task.memory.read(at + 4090n, 1);
  } catch (error) {
    ok(error instanceof FaultError);
    return;
  }
  fail("a page without access was read");
});
