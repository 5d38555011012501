// The machine's checks of itself: each kind fires when a fault is put into what it looks at, and a share of the guest
// programs runs under them, checked after every system call. `RING3_CHECK=1 npm test -- guest busybox` runs all.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Machine, type HostTask } from "../../host/machine.ts";
import { ViolationError, type CheckExports } from "../../host/check.ts";
import { buildGuest, missing } from "../lib/guest.mjs";
import { ring3, root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("check", { parallel: 2 });
const built = spawnSync(process.execPath, [join(root, "tools/build.mjs"), "--check", "--level", "1"], { cwd: root, encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3-check.wasm")));

const O_NONBLOCK = 0o4000;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const IPC_CREAT = 0o1000;
const text = (s: string) => Buffer.from(`${s}\0`);

function machine(): Machine {
  const host = { clock: () => 1_000_000_000n, entropy: (bytes: Uint8Array) => bytes.fill(7), output: (_: number, bytes: Uint8Array) => bytes.length };
  return new Machine(module, host, { seed: 1n, check: 1 });
}

interface Pair {
  first: number;
  second: number;
}

/** Makes a call that stores two descriptors. */
function pair(task: HostTask, name: "pipe2" | "socketpair", ...args: number[]): Pair {
  const at = task.allocate(8);
  equal(task.syscall(name, ...(name === "pipe2" ? [at, ...args] : [...args, at])), 0n, name);
  const ends = Buffer.from(task.memory.read(at, 8));
  return { first: ends.readInt32LE(0), second: ends.readInt32LE(4) };
}

/** Something of everything that has counters. */
function furnish(task: HostTask): void {
  const pipe = pair(task, "pipe2", O_NONBLOCK);
  task.syscall("write", pipe.second, Buffer.from("data"), 4);
  const sockets = pair(task, "socketpair", AF_UNIX, SOCK_STREAM, 0);
  const name = Buffer.alloc(6);
  name.writeUInt16LE(AF_UNIX);
  name.write("\0name", 2, "latin1");
  const listener = Number(task.syscall("socket", AF_UNIX, SOCK_STREAM, 0));
  equal(task.syscall("bind", listener, name, 6), 0n, "bind");
  sendDescriptor(task, sockets.first, sockets.second);
  const file = Number(task.syscall("open", text("/tmp/file"), 0o102, 0o600));
  task.syscall("write", file, Buffer.alloc(5000), 5000);
  task.syscall("mmap", 0, 8192, 3, 1, file, 0);
  const segment = task.syscall("shmget", 1, 4096, IPC_CREAT | 0o600) as bigint;
  ok((task.syscall("shmat", segment, 0, 0) as bigint) > 0n, "shmat");
  const set = task.syscall("semget", 1, 1, IPC_CREAT | 0o600) as bigint;
  equal(task.syscall("semop", set, Buffer.from([0, 0, 1, 0, 0, 0x10]), 1), 0n, "semop");
  task.syscall("pidfd_open", 1, 0);
  task.syscall("rt_sigprocmask", 0, Buffer.from([0, 2, 0, 0, 0, 0, 0, 0]), 0, 8);
  task.syscall("kill", task.tid, 10);
}

function sendDescriptor(task: HostTask, over: number, what: number): void {
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(20n);
  control.writeInt32LE(1, 8);
  control.writeInt32LE(1, 12);
  control.writeInt32LE(what, 16);
  const at = task.allocate(256);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(at);
  vector.writeBigUInt64LE(1n, 8);
  task.memory.write(at + 64n, vector);
  task.memory.write(at + 96n, control);
  const head = Buffer.alloc(56);
  head.writeBigUInt64LE(at + 64n, 16);
  head.writeBigUInt64LE(1n, 24);
  head.writeBigUInt64LE(at + 96n, 32);
  head.writeBigUInt64LE(24n, 40);
  equal(task.syscall("sendmsg", over, head, 0), 1n, "sendmsg");
}

const CALL = "getppid";

/** The fault is put in and calls are made until a check fails: what it says. */
function found(of: Machine, task: HostTask, fault: number): string {
  (of.exports as CheckExports).checkSeed(fault);
  try {
    for (let i = 0; i < 3; i++) task.syscall(CALL);
  } catch (error) {
    if (error instanceof ViolationError) return error.message;
    throw error;
  }
  throw new Error(`no check has failed: ${fault}`);
}

const COUNTERS: [number, string][] = [
  [1, "references to an address space"], [2, "references to an open file"], [3, "references to a descriptor table"], [4, "references to a root and working directory"],
  [5, "references to credentials"], [6, "references to signal handlers"], [7, "references to a process"], [8, "references to a page cache"], [9, "references to an inode"],
  [10, "references to a dentry"], [11, "references to a mount"], [12, "references to a super block"], [13, "references to a mount name space"], [14, "references to an IPC name space"],
  [15, "references to a UTS name space"], [16, "references to a pipe"], [17, "references to a socket"], [18, "references to a name of a Unix socket"], [19, "references to counts of a user"],
  [20, "references to a list of semaphore adjustments"], [21, "references to a page"], [32, "readers of a pipe"], [33, "writers of a pipe"], [34, "processes of a user"], [35, "queued signals of a user"],
  [36, "pages of a user's pipes"], [37, "files open for writing of a mount"], [38, "files open for writing of a super block"], [39, "inodes of a super block"], [40, "mounts on a dentry"],
  [41, "entries of a directory"], [42, "descriptors of a socket on their way"], [43, "attachments of a segment"], [45, "bytes on their way from a socket"], [46, "files open for writing of an inode"],
  [47, "pages of an address space"], [48, "pages of a page cache"],
];

t.test("a counter that is one too high is found, of every kind", () => {
  for (const [kind, says] of COUNTERS) {
    const of = machine();
    const task = of.task();
    furnish(task);
    const message = found(of, task, kind);
    ok(message.startsWith(`${says}: `) && message.endsWith(`after ${CALL} of task ${task.tid}`), `${kind}: ${message}`);
    const numbers = /expected (\d+), found (\d+)/.exec(message)!;
    equal(Number(numbers[2]), Number(numbers[1]) + 1, message);
  }
});

const FAULTS: [number, string][] = [
  [100, "frame"], [101, "object that is free twice"], [102, "leaked object of a size"], [103, "leaked page"], [104, "leaked block"], [106, "waiter on no queue"], [107, "futex that nobody waits for"],
  [111, "back link of a free block"], [112, "number of a task"],
];

t.test("frames, free lists, leaks, sleepers, numbers of tasks", () => {
  for (const [fault, says] of FAULTS) {
    const of = machine();
    const task = of.task();
    const sleeper = of.task();
    ok(typeof sleeper.syscall("pause") !== "bigint", "pause sleeps");
    const reader = of.task();
    const own = pair(reader, "pipe2", 0);
    // A page that is free again.
    const gone = pair(task, "pipe2", 0);
    task.syscall("write", gone.second, Buffer.from("x"), 1);
    for (const fd of [gone.first, gone.second]) task.syscall("close", fd);
    ok(typeof reader.syscall("read", own.first, reader.allocate(1), 1) !== "bigint", "read sleeps");
    const message = found(of, task, fault);
    ok(message.includes(says), `${fault}: ${message}`);
  }
});

t.test("a ready file that its epoll does not know of", () => {
  const of = machine();
  const task = of.task();
  const epoll = Number(task.syscall("epoll_create1", 0));
  const event = Number(task.syscall("eventfd2", 1, 0));
  const wanted = Buffer.alloc(12);
  wanted.writeUInt32LE(1);
  equal(task.syscall("epoll_ctl", epoll, 1, event, wanted), 0n, "epoll_ctl");
  ok(found(of, task, 108).startsWith("ready file that its epoll was not told of: "), "message");
});

t.test("a sleeper that should have been woken", async () => {
  const of = machine();
  of.manual = true;
  const task = of.task();
  const reader = of.task();
  const event = Number(reader.syscall("eventfd2", 0, 0));
  void (reader.syscall("read", event, reader.allocate(8), 8) as Promise<bigint>).catch(() => {});
  of.run();
  (of.exports as CheckExports).checkSeed(109);
  task.syscall(CALL);
  try {
    of.run();
  } catch (error) {
    equal((error as Error).message, `lost wake-up: task ${reader.tid} sleeps in read, which would end now`);
    return;
  }
  fail("no check has failed");
});

t.test("what is left at the end of the last process", () => {
  const of = machine();
  of.manual = true;
  const task = of.task();
  (of.exports as CheckExports).checkSeed(110);
  task.syscall(CALL);
  task.exit();
  try {
    of.run();
  } catch (error) {
    ok((error as Error).message.startsWith("left at the end: open files: "), (error as Error).message);
    return;
  }
  fail("no check has failed");
});

/** Programs that come by all facilities in few calls. */
const PROGRAMS = ["descriptors", "execs", "fifo", "futex2", "futex_signal", "locks", "mounts", "openat2s", "pidfds", "segments", "sock_names", "vforks"];
for (const name of PROGRAMS) {
  const reason = missing("static");
  if (reason) {
    t.skip(`${name}, checked after every call`, reason);
    continue;
  }
  t.test(`${name}, checked after every call`, async () => {
    const source = join(root, `tests/guest/${name}.c`);
    const options = /^\/\/ options: (.*)$/m.exec(readFileSync(source, "utf8"))?.[1]?.split(" ") ?? [];
    const { stderr } = await ring3(["run", "--clear-env", "--env", "PATH=/bin:/usr/bin", "--env", "HOME=/", "--check", "1", buildGuest(source, "static", options)]);
    const said = stderr.split("\n").filter((line: string) => line.startsWith("ring3:"));
    equal(said.join("\n"), "");
  });
}
