// A run with real time and chance, written down and run again bit for bit.
import { readFileSync } from "node:fs";
import { Recorder, Replay } from "ring3";
import { assemble } from "ring3/asm";
import { createMachine } from "ring3/node";

const program = assemble(readFileSync(new URL("examples/pipe.s", import.meta.resolve("ring3/package.json")), "utf8"));

const pieces: Uint8Array[] = [];
const recorder = new Recorder((bytes) => void pieces.push(bytes), { hashEvery: 2 });
const seed = BigInt(Date.now());
const machine = await createMachine({ files: { "/pipe": program }, recorder, choices: { seed } });
const { stdout } = await machine.execute("/pipe");
machine.close();
const then = machine.stateHash();

const recording = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
let output = "";
const again = new Replay(machine.module, recording, { output: (_stream, bytes) => void (output += new TextDecoder().decode(bytes)) }).run();

console.log("the same output:", output === stdout);
console.log("the same memory:", again.hash === then, "after", again.hashes > 2 ? "several" : "few", "comparisons on the way");
console.log("complete:", again.complete);
// prints:
// the same output: true
// the same memory: true after several comparisons on the way
// complete: true
