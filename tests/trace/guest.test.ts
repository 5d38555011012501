// `ring3 trace` against `strace -f` on programs of tests/guest, whose calls are the same on every run.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "../lib/suite.mjs";
import { have, root } from "../lib/process.mjs";
import { buildGuest } from "../lib/guest.mjs";
import { difference, TIMES } from "./compare.ts";
import { normalise, NormaliseOptions } from "./normalise.ts";

const t = suite("ring3 trace", { parallel: 2, attempts: 2 });

// Left out: programs whose trace is not the same on every Linux run (who runs first: groups, orphans, polls,
// vforks; pids in the text: procself; where mmap puts an arena: tls), and two known differences: stats (statx gives
// more than it is asked for) and times (clock_getres is a system call, not the vDSO's).
const PROGRAMS =
  "allocator args auxv breaks compute copies cow descriptors exits files ids jumps links maps mmx numbers pipe_sigpipe pipes selfmod sig_context sig_deaths sig_faults sig_stack signals stdio strings".split(" ");

/** What may differ between two kernels: addresses, times, names of folders, the machine's own values. */
const MACHINES: NormaliseOptions = {
  replace: [
    ...(TIMES.replace as [RegExp, string][]),
    [/0x[0-9a-f]{5,}/g, "ADDR"],
    [/rlim_(cur|max)=[^,}]+/g, "rlim_$1=N"],
    [/nodename="[^"]*"/g, 'nodename="N"'],
    [/\/tmp\/guest\w{6}/g, "/tmp/guestXXXXXX"],
    // The native file system is any, ours a tmpfs.
    [/(st_mode=S_IFDIR\|\d+, st_size=)\d+/g, "$1N"],
    [/sched_getaffinity\((.*)\) = \d+/g, "sched_getaffinity"],
    [/f_fsid=\{val=.*?\}/g, "f_fsid=F"],
  ],
};

/**
 * What differs from run to run on Linux itself: glibc's mkdtemp draws again when a number would favour some letters
 * (stdlib/tempname), and a child may end before its parent's wait4 or in it.
 */
function settle(lines: string[]): string[] {
  const out: string[] = [];
  for (const line of lines) {
    const before = out.at(-1) ?? "";
    if (/ mkdir\("\/tmp\/guestXXXXXX"/.test(line)) while (/ getrandom\("R", 8, GRND_NONBLOCK\)/.test(out.at(-1) ?? "")) out.pop();
    if (/^\S+ wait4\(/.test(line) && /^\S+ --- SIGCHLD /.test(before)) out.splice(-1, 0, line);
    else out.push(line);
  }
  return out;
}

/** Runs a command with /dev/null as input and a pipe as output and error. */
function piped(command: string, args: string[], cwd: string): void {
  const words = [command, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  spawnSync("sh", ["-c", `${words} < /dev/null 2>&1 | cat > /dev/null`], { cwd, stdio: "ignore", timeout: 100_000 });
}

function traces(program: string): { expected: string[]; actual: string[] } {
  const cwd = mkdtempSync(join(tmpdir(), "ring3-trace-"));
  try {
    const [theirs, ours] = [join(cwd, "theirs"), join(cwd, "ours")];
    piped("env", ["-i", "PATH=/bin:/usr/bin", "setarch", "x86_64", "-R", "strace", "-f", "-o", theirs, program], cwd);
    piped(process.execPath, [join(root, "bin/ring3.js"), "trace", "--clear-env", "--env", "PATH=/bin:/usr/bin", "-o", ours, program], cwd);
    const text = (file: string) => settle(normalise(readFileSync(file, "utf8"), MACHINES));
    return { expected: text(theirs), actual: text(ours) };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const missing = !existsSync(join(root, "host/cli/main.ts")) ? "there is no command line yet" : ["gcc", "strace", "setarch"].filter((p) => !have(p)).map((p) => `${p} is not installed`)[0];

for (const name of PROGRAMS) {
  const title = `${name}: the trace equals strace -f's`;
  if (missing) t.skip(title, missing);
  else t.test(title, () => {
    const { expected, actual } = traces(buildGuest(join(root, "tests/guest", `${name}.c`), "static"));
    difference(expected, actual);
  });
}
