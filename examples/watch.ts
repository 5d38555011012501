// Who writes to this word? A hook on memory, with the instruction, the values and the registers at each write.
import { assemble } from "ring3/asm";
import { createMachine } from "ring3/node";

const program = assemble(`
.globl _start
_start:
  mov $3, %ecx
again: add %ecx, word(%rip)
  dec %ecx
  jnz again
  mov $0, %eax; xor %edi, %edi; lea word(%rip), %rsi; mov $4, %edx; syscall
  mov $60, %eax; mov word(%rip), %edi; syscall
.data
word: .long 100
`);

const machine = await createMachine({ files: { "/p": program } });
const { pid, exited, stdin } = machine.spawn("/p", { stdio: ["pipe", "pipe", "pipe"] });

// The word's address: that of the first write.
let word: bigint | null = null;
machine.hookMemory({ pid, kind: "write" }, ({ address, before, after, size }) => {
  word ??= address;
  if (address === word) console.log(`${size} bytes: ${before} becomes ${after}`);
});
let steps = 0;
machine.hookInstructions({ pid }, ({ registers }) => {
  steps++;
  if (steps === 2) console.log("ecx at the second instruction:", registers.rcx);
});

const writer = stdin!.getWriter();
await writer.write(new Uint8Array([7, 0, 0, 0]));
console.log("status", (await exited).code, "after", steps, "instructions");
// prints:
// ecx at the second instruction: 3n
// 4 bytes: 100 becomes 103
// 4 bytes: 103 becomes 105
// 4 bytes: 105 becomes 106
// 4 bytes: 106 becomes 7
// status 7 after 18 instructions
