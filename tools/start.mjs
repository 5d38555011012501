// `npm start`: makes the checkout ready, then runs the embedded example under trace;
// `npm start -- PROGRAM [ARG…]` runs the user's program, `npm start -- SUBCOMMAND …` the command line.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureReady, root } from "./setup.mjs";

const COMMANDS = new Set(["run", "trace", "repl", "ipcs", "fuzz", "replay", "debug", "syscalls", "play", "--help", "-h", "--version"]);

try {
  await ensureReady();
} catch (error) {
  process.stderr.write(`ring3: ${error.message}\n`);
  process.exit(125);
}
let args = process.argv.slice(2);
if (args.length === 0) args = ["trace", join(root, "examples/pipe.s")];
else if (!COMMANDS.has(args[0])) args = ["run", ...args];
if (process.argv.length === 2) process.stderr.write("ring3: examples/pipe.s, traced; `npm start -- PROGRAM [ARG…]` runs yours\n");
const child = spawn(process.execPath, [join(root, "bin/ring3.js"), ...args], { stdio: "inherit", cwd: process.env.INIT_CWD ?? process.cwd() });
// ^C reaches the child through the terminal; it decides what the guest makes of it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 125 : code));
