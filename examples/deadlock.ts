// Finds a deadlock: two tasks lock two semaphores in opposite order. Who waits for whom is read from the machine's IPC objects.
import { type Machine } from "ring3";
import { createMachine } from "ring3/node";

/** struct sembuf[1]. */
function operation(semaphore: number, change: number): Uint8Array {
  const bytes = new Uint8Array(6);
  new DataView(bytes.buffer).setUint16(0, semaphore, true);
  new DataView(bytes.buffer).setInt16(2, change, true);
  return bytes;
}

/** pid → pid of the last to operate on the semaphore that it waits for. */
function waitsFor(machine: Machine): Map<number, number> {
  const graph = new Map<number, number>();
  for (const set of machine.ipc.sem) {
    const semaphores = set.semaphores as { pid: number }[];
    for (const { pid, tid, args } of set.waiters) {
      const [semaphore] = new Uint16Array(machine.memory(tid).read(args[1]!, 2).buffer);
      graph.set(pid, semaphores[semaphore!]!.pid);
    }
  }
  return graph;
}

function cycle(graph: Map<number, number>): number[] | null {
  for (const first of graph.keys()) {
    const path = [first];
    for (let next = graph.get(first); next !== undefined; next = graph.get(next)) {
      if (next === first) return path;
      if (path.includes(next)) break;
      path.push(next);
    }
  }
  return null;
}

const machine = await createMachine();
const [alice, bob] = [machine.task(), machine.task()];
const set = alice.syscall("semget", 7, 2, 0o1600) as bigint;
for (const semaphore of [0, 1]) alice.syscall("semop", set, operation(semaphore, 1), 1);

alice.syscall("semop", set, operation(0, -1), 1);
bob.syscall("semop", set, operation(1, -1), 1);
alice.syscall("semop", set, operation(1, -1), 1);
console.log("alice waits:", alice.waiting, "deadlock:", cycle(waitsFor(machine)));
bob.syscall("semop", set, operation(0, -1), 1);
const found = cycle(waitsFor(machine))!;
console.log("deadlock:", found.map((pid) => (pid === alice.tid ? "alice" : "bob")).sort().join(" and "), "wait for each other");
machine.close();
// prints:
// alice waits: true deadlock: null
// deadlock: alice and bob wait for each other
