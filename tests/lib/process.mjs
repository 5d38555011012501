// Runs programs of the machine's own Linux, and ring3 as a command, with a time limit.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../tools/setup.mjs";

export { root };

/** Signal numbers for `128 + n`. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGSYS: 31 };

/**
 * Runs a program to its end. The status is that of a shell: 128 + n when signal n ended it.
 * Streams are strings of Latin-1, so that every byte is kept.
 */
export function run(file, args = [], { input = "", env = process.env, cwd = root, timeoutMs = 110_000, nice = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = nice ? spawn("nice", [file, ...args], { cwd, env }) : spawn(file, args, { cwd, env });
    const out = [];
    const err = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stdout.on("data", (bytes) => out.push(bytes));
    child.stderr.on("data", (bytes) => err.push(bytes));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        status: late ? "late" : signal ? 128 + (SIGNALS[signal] ?? 0) : code,
        stdout: Buffer.concat(out).toString("latin1"),
        stderr: Buffer.concat(err).toString("latin1"),
      });
    });
  });
}

/** `ring3 WORD…` as a user types it. With RING3_CHECK=N in the environment runs check the kernel after every N system calls (docs/checks.md). */
export function ring3(args, options) {
  const every = process.env.RING3_CHECK;
  const words = every && args[0] === "run" && !args.includes("--record") ? ["run", "--check", every, ...args.slice(1)] : args;
  return run(process.execPath, [join(root, "bin/ring3.js"), ...words], options);
}

const known = new Map();

/** Whether a program is on the PATH. */
export function have(program) {
  if (!known.has(program)) known.set(program, spawnSync("sh", ["-c", `command -v ${program}`]).status === 0);
  return known.get(program);
}

/** Runs a set-up command; its error text is thrown when it fails. */
export function must(file, args, options = {}) {
  const result = spawnSync(file, args, { encoding: "latin1", ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${file} ${args.join(" ")}: ${result.stderr || result.stdout || `status ${result.status}`}`);
  return result.stdout;
}
