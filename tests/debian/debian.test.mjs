// Programs of Debian packages: every command of commands.txt on Linux (in a chroot) and in ring3, same output and status.
// RING3_COMMAND=TEXT runs only the commands that hold TEXT.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEBIAN_ENV, debianRoot, noChroot, runInChroot } from "../lib/debian-root.mjs";
import { runGuest } from "../lib/guest-runner.mjs";
import { root } from "../lib/process.mjs";
import { sameRun, suite } from "../lib/suite.mjs";

/** A machine runs as many commands one after another: starting it is what takes the time. */
const BATCH = 8;
const LIMIT_MS = 300_000;

/** Runs each of its arguments as a command in a folder of its own: status, output and errors between separators. */
const DRIVER = `
n=0
for command; do
  n=$((n + 1))
  mkdir -p "/tmp/$n/work"
  cd "/tmp/$n/work"
  bash -c "$command" >../out 2>../err </dev/null
  printf '%s\\036' $?
  cat ../out
  printf '\\036'
  cat ../err
  printf '\\036'
done`;

const t = suite("debian", { parallel: 2, attempts: 3 });
const commands = readFileSync(join(root, "tests/debian/commands.txt"), "utf8")
  .split(/\n\n+/)
  .map((text) => text.replace(/^## .*\n?/gm, "").replace(/\n$/, ""))
  .filter((text) => text && text.includes(process.env.RING3_COMMAND ?? ""));
const folder = debianRoot();
const reason = folder ? noChroot() : "apt cannot give the packages here";

/** The results of a batch, in order; what did not come to be run has the machine's own words. */
function resultsOf({ stdout, stderr, status }, count) {
  const parts = stdout.split("\x1e");
  return Array.from({ length: count }, (_, i) =>
    parts.length > 3 * i + 3 ? { status: Number(parts[3 * i]), stdout: parts[3 * i + 1], stderr: withoutPids(parts[3 * i + 2]) } : { status, stdout: parts.slice(3 * i).join(""), stderr });
}

/** bash names the process that a signal has ended. */
function withoutPids(text) {
  return text.replace(/^(.*: line \d+: +)\d+ ([A-Z])/gm, "$1PID $2");
}

const batches = new Map();

/** Both sides' results for some commands. */
async function compare(part) {
  const args = ["-c", DRIVER, "driver", ...part];
  const expected = await runInChroot(folder, "/bin/bash", args, { timeoutMs: LIMIT_MS });
  const got = await runGuest("/bin/bash", args, { env: DEBIAN_ENV, options: ["--root", folder, "--cwd", "/tmp"], timeoutMs: LIMIT_MS });
  return { expected: resultsOf(expected, part.length), got: resultsOf(got, part.length) };
}

/** The results of a batch, which runs when its first command is asked for. */
function batch(number) {
  if (!batches.has(number)) batches.set(number, compare(commands.slice(number * BATCH, (number + 1) * BATCH)));
  return batches.get(number);
}

function add(i) {
  const title = commands[i].replaceAll("\n", "⏎").slice(0, 100);
  if (reason) {
    t.skip(title, reason);
    return;
  }
  t.test(
    title,
    async (attempt) => {
      const alone = attempt > 1;
      const { expected, got } = await (alone ? compare([commands[i]]) : batch(Math.floor(i / BATCH)));
      const at = alone ? 0 : i % BATCH;
      sameRun(got[at], expected[at]);
    },
    { limitMs: 2 * LIMIT_MS },
  );
}

// The two lanes of the suite begin with a batch each.
for (let i = 0; i < commands.length; i += 2 * BATCH) {
  for (let j = 0; j < BATCH; j += 1) for (const k of [i + j, i + BATCH + j]) if (k < commands.length) add(k);
}
