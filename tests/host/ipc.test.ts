// machine.ipc: every kind of object with its attributes, contents and waiters.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ipcJson, readIpc } from "../../host/ipc/index.ts";
import { ipcText } from "../../host/ipc/text.ts";
import { Machine, type HostTask } from "../../host/machine.ts";
import { root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("ipc");
const module = new WebAssembly.Module(readFileSync(join(root, "dist/ring3.wasm")));

function make() {
  const host = { clock: () => process.hrtime.bigint(), entropy: (bytes: Uint8Array) => bytes.fill(7), output: (_: number, bytes: Uint8Array) => bytes.length };
  return new Machine(module, host, { seed: 1n });
}

/** A call that does not wait; its result, which must not be an error. */
function call(task: HostTask, name: Parameters<HostTask["syscall"]>[0], ...args: Parameters<HostTask["syscall"]> extends [unknown, ...infer R] ? R : never): number {
  const result = task.syscall(name, ...args);
  ok(typeof result === "bigint" && result >= 0n, `${name}: ${result}`);
  return Number(result);
}

const message = (type: number, text: string) => Buffer.concat([Buffer.from(new BigInt64Array([BigInt(type)]).buffer), Buffer.from(text)]);
const CREATE = 0o1000;

t.test("System V objects", () => {
  const machine = make();
  const [a, b] = [machine.task(), machine.task({ uid: 5, gid: 6 })];
  const queue = call(a, "msgget", 0x1234, CREATE | 0o640);
  call(a, "msgsnd", queue, message(3, "hello"), 5, 0);
  call(a, "msgsnd", queue, message(9, "you"), 3, 0);
  const reader = machine.task();
  reader.syscall("msgrcv", queue, reader.allocate(64), 50, 4, 0);
  const set = call(b, "semget", 0, 3, 0o600);
  call(b, "semctl", set, 1, 16, 7);
  const sleeper = machine.task({ uid: 5, gid: 6 });
  sleeper.syscall("semop", set, Buffer.from([2, 0, 0xff, 0xff, 0, 0]), 1);
  const segment = call(a, "shmget", 0x77, 5000, CREATE | 0o600);
  call(a, "shmat", segment, 0, 0);
  const { msg, sem, shm } = machine.ipc;
  const q = msg[0]!;
  equal([q.id, q.key, q.mode, q.cbytes, q.qnum].join(), `${queue},${0x1234},${0o640},8,2`, "queue");
  equal(JSON.stringify(q.messages), '[{"type":"3","size":5,"data":"68656c6c6f"},{"type":"9","size":3,"data":"796f75"}]', "messages");
  equal(q.waiters.map(({ tid, call: name, args }) => `${tid} ${name} ${args[3]}`).join(), `${reader.tid} msgrcv 4`, "reader");
  const s = sem[0]!;
  equal([s.uid, s.gid, s.nsems].join(), "5,6,3", "set");
  equal((s.semaphores as { value: number; ncount: number }[]).map(({ value, ncount }) => `${value}:${ncount}`).join(), "0:0,7:0,0:1", "values");
  equal(s.waiters.map(({ tid, call: name }) => `${tid} ${name}`).join(), `${sleeper.tid} semop`, "sleeper");
  equal([shm[0]!.size, shm[0]!.nattch].join(), "5000,1", "segment");
  machine.stop();
});

t.test("objects behind descriptors", () => {
  const machine = make();
  const task = machine.task();
  const fds = task.allocate(8);
  call(task, "pipe2", fds, 0);
  const [r, w] = new Uint32Array(task.memory.read(fds, 8).slice().buffer);
  call(task, "write", w!, Buffer.from("abc"), 3);
  call(task, "dup", w!);
  const event = call(task, "eventfd2", 5, 1);
  const epoll = call(task, "epoll_create1", 0);
  call(task, "epoll_ctl", epoll, 1, event, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const socket = call(task, "socket", 1, 1, 0);
  call(task, "bind", socket, Buffer.from("\x01\0\0here", "latin1"), 7);
  call(task, "listen", socket, 5);
  call(task, "mq_open", "mail", 0o102, 0o600, 0);
  const file = call(task, "openat", -100, "/tmp/locked", 0o102, 0o600);
  call(task, "flock", file, 2);
  const waiting = machine.task();
  const other = call(waiting, "openat", -100, "/tmp/locked", 2, 0);
  waiting.syscall("flock", other, 1);
  const futexer = machine.task();
  const word = futexer.allocate(4);
  futexer.memory.write(word, Buffer.from([9, 0, 0, 0]));
  futexer.syscall("futex", word, 0, 9, 0, 0, 0);
  const state = readIpc(machine.exports);
  const pipe = state.pipe[0]!;
  equal([pipe.bytes, pipe.capacity, pipe.data, pipe.writers].join(), "3,65536,616263,1", "pipe");
  equal(pipe.holders.map(({ fd, mode }) => `${fd}:${mode}`).join(), `${r}:1,${w}:2,${w! + 1}:2`, "holders");
  equal([state.eventfd[0]!.count, state.eventfd[0]!.semaphore].join(), "5,1", "eventfd");
  equal([state.epoll[0]!.items, state.epoll[0]!.ready].join(), "1,1", "epoll");
  equal([state.unix[0]!.name, state.unix[0]!.state].join(), "\0here,10", "socket");
  equal([state.mqueue[0]!.name, state.mqueue[0]!.maxmsg].join(), "mail,10", "mqueue");
  equal([state.lock[0]!.kind, state.lock[0]!.type, state.lock[0]!.waiters[0]!.tid].join(), `FLOCK,1,${waiting.tid}`, "lock");
  equal([state.futex[0]!.value, state.futex[0]!.waiters[0]!.tid].join(), `9,${futexer.tid}`, "futex");
  const text = ipcText(state);
  for (const title of ["Pipes", "Event Counters", "Epoll Instances", "Unix Sockets", "POSIX Message Queues", "File Locks", "Futexes"]) ok(text.includes(`------ ${title} --------`), `${title} in\n${text}`);
  ok(text.includes(`task ${waiting.tid} waits in flock(`), text);
  ok(JSON.parse(ipcJson(state)).pipe.length === 1, "JSON");
  machine.stop();
});

t.test("descriptors on their way", () => {
  const machine = make();
  const task = machine.task();
  const at0 = task.allocate(256);
  const room = Number(at0);
  call(task, "pipe2", room, 0);
  const [r, w] = new Uint32Array(task.memory.read(room, 8).slice().buffer);
  call(task, "socketpair", 1, 1, 0, room);
  const [a, b] = new Uint32Array(task.memory.read(room, 8).slice().buffer);
  const words = (...values: number[]) => Buffer.from(new BigUint64Array(values.map(BigInt)).buffer);
  const control = Buffer.concat([words(20), Buffer.from(new Uint32Array([1, 1, r!, 0]).buffer)]);
  task.memory.write(room, words(room + 64, 1));
  task.memory.write(room + 64, Buffer.from("x"));
  task.memory.write(room + 96, control);
  call(task, "sendmsg", a!, words(0, 0, room, 1, room + 96, control.length, 0), 0);
  call(task, "close", r!);
  const { pipe, unix } = readIpc(machine.exports);
  const at = unix.find(({ queued }) => queued === 1)!;
  equal((at.messages as { descriptors: number }[])[0]!.descriptors, 1, "in the message");
  equal(JSON.stringify(pipe[0]!.holders), JSON.stringify([{ pid: pipe[0]!.holders[0]!.pid, fd: w, mode: 2 }, { pid: 0, fd: -1, mode: 1, inSocket: at.ino }]), "who holds the pipe");
  ok(ipcText(readIpc(machine.exports)).includes(`socket:${at.ino as number}r`), "as text");
  ok(b! > a!, "pair");
  machine.stop();
});
