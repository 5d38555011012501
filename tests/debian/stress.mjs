// stress-ng --verify in ring3: `node tests/debian/stress.mjs [--ops N] [--workers N] [--seconds N] [--small] [--native] [STRESSOR…]`.
// A stressor fails when stress-ng says so; some are so slow, on Linux too, that the time ends before their operations.
// --native runs each on Linux as well.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DEBIAN_ENV, debianRoot, runInChroot } from "../lib/debian-root.mjs";
import { runGuest } from "../lib/guest-runner.mjs";

/** Processes, memory, files; then the IPC objects. */
export const STRESSORS = [
  "fork vfork clone exec pthread kill sigsuspend timer dir rename link chdir fcntl mmap mremap madvise sigq sigfd sigsegv mmapfork",
  "pipe pipeherd splice tee vm-splice fifo msg mq shm-sysv shm memfd sem-sysv sem futex mutex",
  "sock sockfd sockpair sockmany eventfd epoll poll timerfd lockf lockofd flock lease inotify",
].join(" ").split(" ");
/** stress-ng does not let root run these. */
const NOT_AS_ROOT = new Set(["exec"]);
const AS_NOBODY = ["/usr/sbin/chroot", "--userspec=65534:65534", "/"];

const lines = (text, words) => text.split("\n").filter((line) => words.test(line)).slice(0, 4).join(" │ ");

/** What went wrong, or null; and whether the time ended it. */
export function problem({ status, stdout, stderr }, seconds) {
  const text = stdout + stderr;
  if (status !== 0) return { wrong: `status ${status}: ${lines(text, /fail|ring3:|invok/i) || text.slice(-300)}`, late: false };
  if (/skipp(ed|ing)|not implemented/i.test(text)) return { wrong: `skipped: ${lines(text, /skip|implement/i)}`, late: false };
  const ran = Number(/completed in ([\d.]+)/.exec(text)?.[1] ?? Infinity);
  return { wrong: null, late: ran >= seconds };
}

/** Less of what makes one operation of a stressor long. */
const SMALL = {
  exec: ["--exec-max", "16"],
  chdir: ["--chdir-dirs", "64"],
  clone: ["--clone-max", "64"],
  mmap: ["--mmap-bytes", "4m"],
  mremap: ["--mremap-bytes", "4m"],
};

function commandLine(name, { ops, workers, seconds, small }) {
  const words = ["/usr/bin/stress-ng", "--verify", "--timeout", `${seconds}s`, "--temp-path", "/tmp", `--${name}`, String(workers), `--${name}-ops`, String(ops)];
  if (small) words.push(...(SMALL[name] ?? []));
  return NOT_AS_ROOT.has(name) ? [...AS_NOBODY, ...words] : words;
}

const patience = ({ seconds }) => (3 * seconds + 60) * 1000;

export function stressGuest(folder, name, amount) {
  const [program, ...args] = commandLine(name, amount);
  return runGuest(program, args, { env: DEBIAN_ENV, options: ["--root", folder, "--cwd", "/tmp"], timeoutMs: patience(amount) });
}

function stressNative(folder, name, amount) {
  const [program, ...args] = commandLine(name, amount);
  return runInChroot(folder, program, args, { timeoutMs: patience(amount) });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ops: { type: "string", default: "200" },
      workers: { type: "string", default: "2" },
      seconds: { type: "string", default: "60" },
      small: { type: "boolean" },
      native: { type: "boolean" },
    },
  });
  const amount = { ops: Number(values.ops), workers: Number(values.workers), seconds: Number(values.seconds), small: values.small };
  const folder = debianRoot();
  if (!folder) throw new Error("apt cannot give stress-ng here");
  let failed = 0;
  for (const name of positionals.length ? positionals : STRESSORS) {
    for (const [where, runs] of [["ring3", stressGuest], ["Linux", stressNative]].slice(0, values.native ? 2 : 1)) {
      const began = Date.now();
      const { wrong, late } = problem(await runs(folder, name, amount), amount.seconds);
      const took = ((Date.now() - began) / 1000).toFixed(1);
      if (wrong && where === "ring3") failed += 1;
      console.log(`${wrong ? "FAIL" : "ok  "} ${name.padEnd(12)} ${where} ${took.padStart(6)} s${wrong ? `  ${wrong}` : late ? "  (the time ended it)" : ""}`);
    }
  }
  console.log(`${failed} failed in ring3`);
  process.exitCode = failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
