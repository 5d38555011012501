// A property, checked against random programs under random choices: what goes into a pipe comes out of it, in order, however short
// the reads are and whoever runs first. The machine is put back to the start before each.
import { createMachine } from "ring3/node";

const ROUNDS = 200;
const machine = await createMachine({ clock: "virtual", seed: 1n });
machine.manual = true;
const [writer, reader] = [machine.task(), machine.task()];
writer.syscall("mknod", "/fifo", 0o10600, 0);
const [to, from] = [writer, reader].map((task) => task.syscall("open", "/fifo", 2) as bigint);
const buffer = reader.allocate(256);
const start = machine.snapshot();

/** A small generator: what it gives depends on the round alone. */
function random(round: number): (n: number) => number {
  let state = round * 2654435761 + 1;
  return (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
}

let shortReads = 0;
let bytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  machine.restore(start);
  machine.setChoices({ seed: BigInt(round), kinds: ["short", "wake", "run"] });
  const next = random(round);
  const sent: number[] = [];
  const got: number[] = [];
  for (let step = 0; step < 12; step++) {
    if (next(2)) {
      const piece = Uint8Array.from({ length: 1 + next(40) }, () => next(256));
      writer.syscall("write", to!, piece, piece.length);
      sent.push(...piece);
    } else if (got.length < sent.length) {
      const wanted = 1 + next(60);
      const count = Number(reader.syscall("read", from!, buffer, wanted));
      if (count < Math.min(wanted, sent.length - got.length)) shortReads++;
      got.push(...reader.memory.read(buffer, count));
    }
  }
  bytes += got.length;
  if (got.some((byte, i) => byte !== sent[i])) throw new Error(`round ${round}: the pipe gave other bytes than it got`);
}
console.log(`${ROUNDS} programs hold the property; short reads: ${shortReads > 0 ? "some" : "none"}; bytes: ${bytes > 1000 ? "thousands" : bytes}`);
// prints:
// 200 programs hold the property; short reads: some; bytes: thousands
