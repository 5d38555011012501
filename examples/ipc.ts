// Every IPC object of a machine with who waits on it, as a list and as the text of `ring3 ipcs`.
import { FACILITIES, ipcText } from "ring3";
import { createMachine } from "ring3/node";

const IPC_CREAT = 0o1000;
const machine = await createMachine({ clock: "virtual", seed: 1n });
const [one, two, three] = [machine.task(), machine.task(), machine.task()];

const queue = one.syscall("msgget", 0x51, IPC_CREAT | 0o600) as bigint;
const set = two.syscall("semget", 0x52, 1, IPC_CREAT | 0o600) as bigint;
const ends = three.allocate(8);
three.syscall("pipe", ends);
const [readEnd] = new Int32Array(three.memory.read(ends, 8).buffer);

one.syscall("msgrcv", queue, one.allocate(64), 56, 0, 0);
two.syscall("semop", set, new Uint8Array([0, 0, 0xff, 0xff, 0, 0]), 1); // semaphore 0, −1
three.syscall("read", readEnd!, three.allocate(16), 16);

const state = machine.ipc;
for (const facility of FACILITIES) {
  for (const object of state[facility]) {
    for (const { pid, call } of object.waiters) console.log(`${facility}: process ${pid} waits in ${call}`);
  }
}
console.log(ipcText(state).trim());
// prints:
// msg: process 2 waits in msgrcv
// sem: process 3 waits in semop
// pipe: process 4 waits in read
// ------ Message Queues --------
// KEY        ID PERMS OWNER GROUP USED-BYTES MESSAGES LSPID LRPID SEND RECV CHANGE
// 0x00000051 0  600   0     0     0          0        0     0     -    -    2026-01-01T00:00:00
//   task 2 waits in msgrcv(0, 0x7ffff7eff000, 56, 0, 0, 0)
//
// ------ Semaphore Arrays --------
// KEY        ID PERMS OWNER GROUP NSEMS LAST-OP CHANGE              VALUES
// 0x00000052 0  600   0     0     1     -       2026-01-01T00:00:00 0
//   task 3 waits in semop(0, 0x7ffff7eff000, 1, 0, 0, 0)
//
// ------ Pipes --------
// BYTES BUFFERS CAPACITY READERS WRITERS HOLDERS
// 0     0       65536    1       1       4:3r,4:4w
//   task 4 waits in read(3, 0x7ffff7eff010, 16, 0, 0, 0)
