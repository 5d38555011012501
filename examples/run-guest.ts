// Runs a guest program that sees nothing but the files it was given, within limits, and says how it ended.
import { readFileSync } from "node:fs";
import { FuelExhausted } from "ring3";
import { assemble } from "ring3/asm";
import { createMachine } from "ring3/node";

const example = (name: string) => assemble(readFileSync(new URL(`examples/${name}.s`, import.meta.resolve("ring3/package.json")), "utf8"));

const machine = await createMachine({
  files: { "/bin/cat": example("cat"), "/bin/primes": example("primes"), "/etc/motd": "welcome\n" },
  memory: 32 << 20, // bytes
  maxTasks: 10,
  fuel: 1_000_000n, // instructions
});

const { code, stdout } = await machine.execute("/bin/cat", { input: "through a guest\n" });
console.log(`cat wrote ${JSON.stringify(stdout)} and ended with ${code}`);

machine.writeFile("/tmp/note", "from the host");
console.log(new TextDecoder().decode(machine.readFile("/tmp/note")));

try {
  await machine.execute("/bin/primes");
} catch (error) {
  console.log(error instanceof FuelExhausted ? `primes was stopped: ${error.message}` : error);
}
// prints:
// cat wrote "through a guest\n" and ended with 0
// from the host
// primes was stopped: 1000000 instructions are used up
