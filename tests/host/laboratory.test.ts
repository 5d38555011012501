// The laboratory: snapshots, recordings, choices by chance, faults.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseInjection } from "../../host/inject.ts";
import { Machine, RestoredError, type MachineHost } from "../../host/machine.ts";
import { Recorder } from "../../host/record/recorder.ts";
import { Replay } from "../../host/record/replay.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "../../host/snapshot.ts";
import { assembleText } from "../lib/assembled.mjs";
import { root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("laboratory");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));
const example = (name: string) => assembleText(readFileSync(join(root, "examples", `${name}.s`), "utf8"));

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
  return { machine: new Machine(module, host, { seed: 1n, ...options }), output: () => Buffer.concat(written).toString("latin1") };
}

t.test("a machine goes back to a snapshot, page by page", () => {
  const { machine } = make();
  const task = machine.task();
  const at = task.allocate(16);
  task.memory.write(at, Buffer.from("first"));
  const before = machine.snapshot();
  const hash = machine.stateHash();
  task.memory.write(at, Buffer.from("other"));
  equal(task.syscall("msgget", 5, 0o1600), 0n, "msgget");
  ok(machine.stateHash() !== hash, "the state did not change");
  const copied = machine.restore(before);
  ok(copied > 0 && copied < 60, `${copied} pages were put back`);
  equal(machine.stateHash(), hash, "state");
  equal(Buffer.from(task.memory.read(at, 5)).toString(), "first", "memory");
  equal(task.syscall("msgget", 5, 0), -2n, "the queue is gone");
});

t.test("64 snapshots are a tree that costs what differs", () => {
  const { machine } = make();
  const task = machine.task();
  const at = task.allocate(8);
  const all: { snapshot: Snapshot; hash: bigint; value: number }[] = [];
  for (let value = 0; value < 64; value++) {
    if (value % 4 === 3) machine.restore(all[value >> 1]!.snapshot);
    task.memory.write(at, new Uint8Array([value]));
    all.push({ snapshot: machine.snapshot(), hash: machine.stateHash(), value });
  }
  ok(all.slice(1).every(({ snapshot }) => snapshot.changedPages < 40), `pages kept: ${all.map(({ snapshot }) => snapshot.changedPages)}`);
  for (const { snapshot, hash, value } of [...all].reverse()) {
    machine.restore(snapshot);
    equal(machine.stateHash(), hash, `state ${value}`);
    equal(task.memory.read(at, 1)[0], value, "value");
  }
});

t.test("the memory of 64 live snapshots is that of the pages that changed", () => {
  const cost = (pages: number) => {
    const { machine } = make();
    const task = machine.task();
    const at = task.allocate(200 * 4096);
    task.memory.write(at, new Uint8Array(200 * 4096).fill(1));
    // 60 MiB that stay as they are.
    const large = task.allocate(60 << 20);
    for (let done = 0; done < 60; done++) task.memory.write(large + BigInt(done << 20), new Uint8Array(1 << 20).fill(done + 1));
    const kept = [machine.snapshot()];
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 64; n++) {
      for (let page = 0; page < pages; page++) task.memory.write(at + BigInt(page * 4096), new Uint8Array([n, page]));
      kept.push(machine.snapshot());
    }
    return { each: (process.memoryUsage().arrayBuffers - before) / 64, changed: Math.max(...kept.slice(1).map(({ changedPages }) => changedPages)) };
  };
  const [few, many] = [cost(4), cost(100)];
  ok(few.changed < 40 && many.changed < 140, `${few.changed} and ${many.changed} pages changed`);
  ok(few.each < 40 * 4096 && many.each < 150 * 4096, `${few.each} and ${many.each} bytes each`);
  ok(many.each - few.each > 90 * 4096, `${many.each - few.each} bytes more for 96 pages`);
});

t.test("a fork goes its own way, with calls that wait", async () => {
  const { machine } = make();
  const task = machine.task();
  task.syscall("mknod", "/fifo", 0o10600, 0);
  const fd = task.syscall("open", "/fifo", 2) as bigint;
  const buffer = task.allocate(8);
  const waits = task.syscall("read", fd, buffer, 8) as Promise<bigint>;
  const other = machine.fork();
  const [twin] = other.tasks;
  equal(twin!.waiting, true, "the read waits in the fork too");
  const writer = other.task();
  writer.syscall("write", writer.syscall("open", "/fifo", 1) as bigint, "hello", 5);
  other.manual = true;
  equal(other.run(), "idle", "the fork");
  equal(twin!.waiting, false, "the fork's read has ended");
  equal(twin!.result, 5n, "its result");
  equal(task.waiting, true, "the first machine's read still waits");
  const now = machine.snapshot();
  const mine = machine.task();
  mine.syscall("write", mine.syscall("open", "/fifo", 1) as bigint, "abc", 3);
  equal(await waits, 3n, "its own read");
  machine.restore(now);
  equal(task.waiting, true, "after going back it waits again");
});

t.test("promises of what is no more are rejected", async () => {
  const { machine } = make();
  const before = machine.snapshot();
  machine.writeFile("/cat", await example("cat"), { mode: 0o755 });
  const { exited } = machine.spawn("/cat", { stdio: ["pipe", "pipe", "pipe"] });
  machine.restore(before);
  try {
    await exited;
  } catch (error) {
    ok(error instanceof RestoredError, String(error));
    return;
  }
  fail("it exited");
});

t.test("a snapshot file is read by another machine; damaged ones say what is wrong in a line", () => {
  const { machine } = make();
  machine.writeFile("/f", "kept in the file");
  const about = { ring3: "test", build: "b", memory: 1 << 30, maxTasks: 4096, clock: "real" as const };
  const file = encodeSnapshot(machine.snapshot(), about);
  const { snapshot } = decodeSnapshot(file, { build: "b" });
  const other = make({ snapshot }).machine;
  equal(Buffer.from(other.readFile("/f")).toString(), "kept in the file", "contents");
  const wrong: [Uint8Array, RegExp][] = [
    [Buffer.from("no such thing"), /^is no snapshot/],
    [file.subarray(0, 12), /cut short at byte 12/],
    [file.subarray(0, 5000), /cut short at byte 5000 of/],
    [encodeSnapshot(machine.snapshot(), { ...about, build: "c" }), /is of another kernel/],
  ];
  for (const [bytes, message] of wrong) {
    try {
      decodeSnapshot(bytes, { build: "b" });
    } catch (error) {
      ok(message.test((error as Error).message) && !(error as Error).message.includes("\n"), (error as Error).message);
      continue;
    }
    fail(`${message} was accepted`);
  }
  const damaged = file.slice();
  damaged[damaged.length - 100]! ^= 1;
  try {
    make({ snapshot: decodeSnapshot(damaged, { build: "b" }).snapshot });
    fail("a damaged page was accepted");
  } catch (error) {
    ok(/other contents/.test((error as Error).message), (error as Error).message);
  }
});

/** Records a run of the pipe example under chance; its events and the hash at the end. */
async function recorded(program: Uint8Array, seed: bigint, hashEvery = 4) {
  const chunks: Uint8Array[] = [];
  const recorder = new Recorder((bytes) => chunks.push(bytes), { hashEvery });
  const { machine, output } = make({ recorder, seed, choices: { seed } });
  machine.writeFile("/p", program, { mode: 0o755 });
  await machine.spawn("/p").exited;
  await machine.idle();
  recorder.end();
  return { events: new Uint8Array(Buffer.concat(chunks)), hash: machine.stateHash(), output: output() };
}

t.test("recordings of ten schedules replay bit for bit, ten times each", async () => {
  const program = await example("pipe");
  const ways = new Set<bigint>();
  for (let seed = 0n; seed < 10n; seed += 1n) {
    const { events, hash, output } = await recorded(program, seed);
    ways.add(hash);
    for (let again = 0; again < 10; again++) {
      const said: Buffer[] = [];
      const result = new Replay(module, events, { output: (_stream, bytes) => void said.push(Buffer.from(bytes)) }).run();
      ok(result.complete && result.hash === hash && result.hashes > 1, `seed ${seed}: ${result.events} events, hash ${result.hash}, then ${hash}`);
      equal(Buffer.concat(said).toString("latin1"), output, "output");
    }
  }
  ok(ways.size > 1, "chance changed nothing");
});

t.test("a recording that was cut replays to where it ends; another run is told apart", async () => {
  const { events } = await recorded(await example("pipe"), 3n);
  const result = new Replay(module, events.subarray(0, events.length - 20)).run();
  equal(result.complete, false, "complete");
  ok(result.events > 0, "events");
  const changed = events.slice();
  const at = Buffer.from(changed.buffer).lastIndexOf("parent");
  changed[at] = "P".charCodeAt(0);
  try {
    new Replay(module, changed).run();
    fail("another program gave the same memory");
  } catch (error) {
    ok(/differs at event \d+/.test((error as Error).message), (error as Error).message);
  }
});

t.test("faults: the invocations that when= names, and no others", () => {
  const { machine } = make();
  machine.inject([parseInjection("getpid:error=EPERM:when=2..4+2"), parseInjection("getppid:retval=77")]);
  const task = machine.task();
  const results = [1, 2, 3, 4, 5, 6].map(() => task.syscall("getpid"));
  const pid = BigInt(task.tid);
  equal(results.join(" "), [pid, -1n, pid, -1n, pid, pid].join(" "), "getpid");
  equal(task.syscall("getppid"), 77n, "getppid");
  equal(machine.task().syscall("getpid"), BigInt(task.tid + 1), "each task counts for itself");
});

t.test("faults: a delay is time of the machine's clock", async () => {
  const { machine } = make({ clock: "virtual" });
  machine.inject([parseInjection("getpid:delay_enter=5s"), parseInjection("getppid:delay_exit=7s")]);
  const task = machine.task();
  const began = machine.exports.now();
  equal(await task.syscall("getpid"), BigInt(task.tid), "getpid");
  const middle = machine.exports.now();
  equal(await task.syscall("getppid"), 1n, "getppid");
  const [first, second] = [middle - began, machine.exports.now() - middle].map((ns) => Number(ns) / 1e9);
  ok(first! >= 5 && first! < 5.1 && second! >= 7 && second! < 7.1, `${first} s, ${second} s`);
});

for (const bad of ["getpid", "nosuch:error=EPERM", "getpid:error=ENOSUCH", "getpid:when=2", "getpid:error=EPERM:when=0", "getpid:error=EPERM:retval=1", "getpid:signal=NONE", "getpid:delay_enter=1h"]) {
  t.test(`--inject ${bad} is refused in one line`, () => {
    try {
      parseInjection(bad);
    } catch (error) {
      ok((error as Error).message.length > 5 && !(error as Error).message.includes("\n"), String(error));
      return;
    }
    fail("it was accepted");
  });
}

t.test("hooks see system calls with their results", async () => {
  const { machine } = make();
  const seen: string[] = [];
  const stop = machine.onSyscall(({ type, name, result }) => seen.push(`${type} ${name} ${result}`));
  const task = machine.task();
  task.syscall("getppid");
  stop();
  task.syscall("getppid");
  equal(seen.join(", "), "enter getppid null, exit getppid 1", "seen");
});

t.test("events come as an iterable", async () => {
  const { machine } = make();
  machine.writeFile("/hello", await example("hello"), { mode: 0o755 });
  const events = machine.events();
  machine.spawn("/hello");
  const types: string[] = [];
  for await (const event of events) {
    types.push(event.type === "exit" ? `${event.name}` : event.type);
    if (event.type === "exited") break;
  }
  ok(types.includes("write") && types.at(-1) === "exited", types.join(" "));
});

t.test("each process has streams of its own", async () => {
  const { machine } = make({ streams: true });
  machine.writeFile("/cat", await example("cat"), { mode: 0o755 });
  const run = async (text: string) => {
    const { stdin, stdout, exited } = machine.spawn("/cat", { stdio: ["pipe", "pipe", "pipe"] });
    const writer = stdin!.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
    await exited;
    return new Response(stdout).text();
  };
  equal((await Promise.all([run("one"), run("two")])).join(" "), "one two", "outputs");
});
