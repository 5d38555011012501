// A race's two outcomes: one state, many schedules; then two machines that go on from it side by side.
import { type Choice, type Machine } from "ring3";
import { assemble } from "ring3/asm";
import { createMachine } from "ring3/node";

// Parent and child add 1 to a shared word without a lock. The status is the word.
const program = assemble(`
.globl _start
_start: mov $9, %eax; xor %edi, %edi; mov $4096, %esi; mov $3, %edx; mov $0x21, %r10d; mov $-1, %r8; xor %r9d, %r9d; syscall
  mov %rax, %rbx
  mov $57, %eax; syscall
  mov %eax, %r12d
  mov (%rbx), %rax
  add $1, %rax
  mov %rax, (%rbx)
  test %r12d, %r12d
  jz leave
  mov $61, %eax; mov %r12d, %edi; xor %esi, %esi; xor %edx, %edx; xor %r10d, %r10d; syscall
leave: mov $60, %eax; mov (%rbx), %edi; syscall
`);

const machine = await createMachine({ files: { "/race": program }, clock: "virtual", seed: 1n });
machine.manual = true;
const { pid } = machine.spawn("/race");
const start = machine.snapshot("about to race");

async function outcome(of: Machine, choices: Parameters<Machine["setChoices"]>[0]): Promise<number | null> {
  of.setChoices(choices);
  const { exited } = of.process(pid);
  while (of.run() === "budget");
  return (await exited).code;
}

const found = new Map<number | null, Choice[]>();
for (let seed = 0n; found.size < 2 && seed < 1000n; seed += 1n) {
  machine.restore(start);
  const status = await outcome(machine, { seed, log: true });
  if (!found.has(status)) found.set(status, machine.choiceTape);
}
console.log("outcomes:", [...found.keys()].sort().join(" and "));

machine.restore(start);
for (const [expected, tape] of [...found].sort(([a], [b]) => a! - b!)) {
  const twin = machine.fork();
  twin.manual = true;
  console.log(`a fork with the tape of ${expected} ends with`, await outcome(twin, { tape }));
}
// prints:
// outcomes: 1 and 2
// a fork with the tape of 1 ends with 1
// a fork with the tape of 2 ends with 2
