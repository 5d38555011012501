// Two tasks without guest code talk through a System V message queue: each call is made from here, by register conventions.
import { createMachine } from "ring3/node";

const IPC_PRIVATE = 0;
const IPC_CREAT = 0o1000;

/** struct msgbuf: a type, then the text. */
function message(type: bigint, text: string): Uint8Array {
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, type, true);
  new TextEncoder().encodeInto(text, bytes.subarray(8));
  return bytes;
}

const machine = await createMachine();
const receiver = machine.task();
const sender = machine.task({ uid: 1000 });

const queue = receiver.syscall("msgget", IPC_PRIVATE, IPC_CREAT | 0o666) as bigint;
const buffer = receiver.allocate(64);
// Nothing of type 2 is there yet: a promise.
const received = receiver.syscall("msgrcv", queue, buffer, 56, 2, 0);
console.log("waits:", receiver.waiting);
console.log("msgsnd of type 1:", sender.syscall("msgsnd", queue, message(1n, "not this one"), 12, 0));
console.log("still waits:", receiver.waiting);
sender.syscall("msgsnd", queue, message(2n, "hello"), 5, 0);
console.log("msgrcv:", await received, receiver.memory.readString(buffer + 8n));
console.log("left in the queue:", machine.ipc.msg[0]!.qnum);
console.log("msgctl by another user:", sender.syscall("msgctl", queue, 0, null), "(EPERM is 1)");
machine.close();
// prints:
// waits: true
// msgsnd of type 1: 0n
// still waits: true
// msgrcv: 5n hello
// left in the queue: 1
// msgctl by another user: -1n (EPERM is 1)
