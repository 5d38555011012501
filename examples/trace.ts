// What a guest does: as strace's text, and as events in an async loop.
import { readFileSync } from "node:fs";
import { StraceFormatter, parseFilter } from "ring3";
import { assemble } from "ring3/asm";
import { createMachine } from "ring3/node";

const program = assemble(readFileSync(new URL("examples/pipe.s", import.meta.resolve("ring3/package.json")), "utf8"));

const lines: string[] = [];
const trace = new StraceFormatter({ write: (line) => void lines.push(line), filter: parseFilter("pipe,write,%process") });
const machine = await createMachine({ files: { "/pipe": program }, clock: "virtual", seed: 1n, trace });
await machine.execute("/pipe");
console.log(lines.join("").trimEnd());

const other = await createMachine({ files: { "/pipe": program }, clock: "virtual", seed: 1n });
const events = other.events();
const { pid } = other.spawn("/pipe");
const counts = new Map<string, number>();
for await (const event of events) {
  if (event.type === "exit") counts.set(event.name, (counts.get(event.name) ?? 0) + 1);
  if (event.type === "exited" && event.tid === pid) break;
}
console.log([...counts].map(([name, count]) => `${name} ${count}`).join(", "));
// prints:
// execve("/pipe", ["/pipe"], 0x7fffffffee68 /* 0 vars */) = 0
// pipe([3, 4])                            = 0
// fork(strace: Process 3 attached
// )                                  = 3
// [pid     3] write(4, "hello, parent; this came through"..., 40) = 40
// [pid     3] exit(0)                     = ?
// [pid     3] +++ exited with 0 +++
// --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=3, si_uid=0, si_status=0, si_utime=0, si_stime=0} ---
// wait4(3, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 3
// write(1, "the child says: ", 16)        = 16
// write(1, "hello, parent; this came through"..., 40) = 40
// exit(0)                                 = ?
// +++ exited with 0 +++
// pipe 1, fork 1, close 2, write 3, read 2, wait4 1
