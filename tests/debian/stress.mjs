// stress-ng --verify in ring3: `node tests/debian/stress.mjs [--ops N] [--workers N] [--seconds N] [--native] [STRESSOR…]`.
// A stressor passes when stress-ng says that it verified and did all its operations; --native runs each on Linux too.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DEBIAN_ENV, debianRoot, runInChroot } from "../lib/debian-root.mjs";
import { runGuest } from "../lib/guest-runner.mjs";

/** Processes, memory and files (issue of a Debian userland); then the IPC objects by rows of the table of facilities. */
export const USERLAND = "fork vfork clone exec pthread kill sigsuspend timer dir rename link chdir fcntl mmap mremap madvise sigq sigfd sigsegv mmapfork".split(" ");
export const IPC = "pipe pipeherd splice tee vm-splice fifo msg mq shm-sysv shm memfd sem-sysv sem futex mutex sock sockfd sockpair sockmany eventfd epoll poll timerfd lockf lockofd flock lease".split(" ");

/** What went wrong, or null. */
export function problem({ status, stdout, stderr }, seconds) {
  const text = stdout + stderr;
  if (status !== 0) return `status ${status}: ${lines(text, /fail|error|ring3:|invok/i) || text.slice(-300)}`;
  if (/\bskipped|not implemented/i.test(text)) return `skipped: ${lines(text, /skip|implement/i)}`;
  const ran = Number(/completed in ([\d.]+)/.exec(text)?.[1] ?? Infinity);
  return ran >= seconds ? `only the time limit of ${seconds} s ended it` : null;
}

const lines = (text, words) => text.split("\n").filter((line) => words.test(line)).slice(0, 4).join(" │ ");

export function stressArgs(name, { ops, workers, seconds }) {
  return ["--verify", "--timeout", `${seconds}s`, "--temp-path", "/tmp", `--${name}`, String(workers), `--${name}-ops`, String(ops)];
}

export async function stressGuest(folder, name, amount) {
  const options = ["--root", folder, "--cwd", "/tmp"];
  return runGuest("/usr/bin/stress-ng", stressArgs(name, amount), { env: DEBIAN_ENV, options, timeoutMs: (amount.seconds + 60) * 1000 });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ops: { type: "string", default: "200" }, workers: { type: "string", default: "2" }, seconds: { type: "string", default: "120" }, native: { type: "boolean" } },
  });
  const amount = { ops: Number(values.ops), workers: Number(values.workers), seconds: Number(values.seconds) };
  const folder = debianRoot();
  if (!folder) throw new Error("apt cannot give stress-ng here");
  let failed = 0;
  for (const name of positionals.length ? positionals : [...USERLAND, ...IPC]) {
    const began = Date.now();
    const wrong = problem(await stressGuest(folder, name, amount), amount.seconds);
    const took = ((Date.now() - began) / 1000).toFixed(1);
    if (wrong) failed += 1;
    console.log(`${wrong ? "FAIL" : "ok  "} ${name.padEnd(12)} ${took.padStart(6)} s${wrong ? `  ${wrong}` : ""}`);
    if (!values.native) continue;
    const linux = problem(await runInChroot(folder, "/usr/bin/stress-ng", stressArgs(name, amount), { timeoutMs: (amount.seconds + 60) * 1000 }), amount.seconds);
    if (linux) console.log(`     Linux itself: ${linux}`);
  }
  console.log(`${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
