// strace's text of a program of tests/trace/programs, the formatter's, and where they differ.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALONE, traceNative } from "./native.ts";
import { normalise, NormaliseOptions } from "./normalise.ts";

export const HERE = join(process.cwd(), "tests/trace");
const CACHE = join(process.cwd(), ".cache/trace");

/** Compiles a C file into .cache/ when it is newer than what is there. */
export function compile(source: string, name: string, flags: string[]): string {
  mkdirSync(CACHE, { recursive: true });
  const out = join(CACHE, name);
  if (!existsSync(out) || statSync(out).mtimeMs < statSync(source).mtimeMs) {
    execFileSync("gcc", ["-O1", "-w", ...flags, "-o", out, source]);
  }
  return out;
}

/** `strace -f` of a program without address randomisation, in an empty environment. */
export function straceText(program: string, args: string[], cwd?: string): string {
  const work = mkdtempSync(join(tmpdir(), "ring3-strace-"));
  try {
    const [file, ...before] = ALONE;
    spawnSync(file, [...before, "strace", "-f", "-E", "PATH", "-o", join(work, "out"), program, ...args], {
      stdio: ["ignore", "ignore", "ignore"], env: { PATH: process.env.PATH }, cwd,
    });
    return readFileSync(join(work, "out"), "utf8");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Values that differ between two runs on the same kernel. */
export const TIMES: NormaliseOptions = {
  replace: [
    [/tv_sec=\d+, tv_([un])sec=\d+/g, "tv_sec=T, tv_$1sec=T"],
    [/ru_utime=.*?\}, ru_stime=.*?\}/g, "ru_utime, ru_stime"],
    [/si_utime=\d+( \/\* [\d.]+ s \*\/)?, si_stime=\d+( \/\* [\d.]+ s \*\/)?/g, "si_utime=T, si_stime=T"],
    [/getrandom\("(?:[^"\\]|\\.)*"/g, 'getrandom("R"'],
    [/_([a-z]?time)=\d+/g, "_$1=T"],
    [/0x[0-9a-f]+ (\/\* \d+ vars? \*\/)/g, "ENV $1"],
    [/\+\d\d:\d\d:.*|\d{4}-\d\d-\d\dT\S+/g, "DATE"],
    [/(uptime|loads|freeram|totalram|freeswap|procs|sharedram|bufferram)=(\[.*?\]|\d+)/g, "$1=N"],
    [/f_(bfree|bavail|ffree|blocks|files)=\d+/g, "f_$1=N"],
    [/\b(times|time|getppid)(\(.*\)) = \d+.*/g, "$1$2 = T"],
    [/tms_(\w+)=\d+/g, "tms_$1=T"],
    [/\b((?:msg|sem|shm)(?:get|ctl|at|snd|rcv|op|timedop)\()\d+(?!x|\d)/g, "$1ID"],
    [/\b((?:msg|sem|shm)get\(.*) = \d+/g, "$1 = ID"],
    [/(process_vm_readv\(PID\d+, \[\{iov_base=)".*?"/g, "$1R"],
    [/sin_port=htons\((?!1\))\d+\)/g, "sin_port=htons(PORT)"],
  ],
};

export function compareNative(tracer: string, program: string, args: string[], cwd: string): { expected: string[]; actual: string[] } {
  const expected = normalise(straceText(program, args, cwd), TIMES);
  const actual = normalise(traceNative(tracer, program, args, "ignore", cwd), TIMES);
  return { expected, actual };
}

/** Names of the system calls that strace prints with `-e trace=EXPRESSION`. */
export function selectedByStrace(program: string, expression: string, cwd: string): string[] {
  const work = mkdtempSync(join(tmpdir(), "ring3-strace-"));
  try {
    const out = join(work, "out");
    spawnSync("strace", ["-e", `trace=${expression}`, "-e", "signal=none", "-o", out, program], { stdio: "ignore", env: { PATH: process.env.PATH }, cwd });
    return [...new Set([...readFileSync(out, "utf8").matchAll(/^(\w+)\(/gm)].map((m) => m[1]))];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Throws with the lines that differ. */
export function difference(expected: string[], actual: string[]): void {
  const bad: string[] = [];
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    if (expected[i] !== actual[i]) bad.push(`- ${expected[i]}\n+ ${actual[i]}`);
  }
  if (bad.length) throw new Error(`${bad.length} lines differ (- strace, + ring3)\n${bad.slice(0, 20).join("\n")}`);
}
