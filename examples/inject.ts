// What does a program do when a call fails? Faults in strace's spelling, and by functions.
import { readFileSync } from "node:fs";
import { assemble } from "ring3/asm";
import { createMachine } from "ring3/node";

const cat = assemble(readFileSync(new URL("examples/cat.s", import.meta.resolve("ring3/package.json")), "utf8"));
const input = "0123456789";

// The second read of each process fails.
const failing = await createMachine({ files: { "/cat": cat }, inject: "read:error=EIO:when=2" });
const first = await failing.execute("/cat", { input });
console.log(`second read fails: wrote ${JSON.stringify(first.stdout)}, status ${first.code}`);

// Every write takes three bytes at the most: does the program write the rest?
const short = await createMachine({ files: { "/cat": cat } });
let calls = 0;
short.hookSyscalls({
  calls: "write",
  before(call) {
    calls++;
    if (call.args[2]! > 3n) call.args[2] = 3n;
  },
});
const second = await short.execute("/cat", { input });
console.log(`short writes: wrote ${JSON.stringify(second.stdout)} in ${calls} calls, status ${second.code}`);

// A call is answered without being made.
const task = short.task();
const stop = short.hookSyscalls({ calls: "getuid", before: () => 4242 });
console.log("getuid:", task.syscall("getuid"));
stop();
console.log("getuid:", task.syscall("getuid"));
// prints:
// second read fails: wrote "0123456789", status 1
// short writes: wrote "0123456789" in 4 calls, status 0
// getuid: 4242n
// getuid: 0n
