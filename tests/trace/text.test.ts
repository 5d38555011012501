// The lines that StraceFormatter makes of events, without a tracer: interleaving, prefixes, columns, ends.
import { suite } from "../lib/suite.mjs";
import { difference } from "./compare.ts";
import { parseFilter } from "../../host/trace/filter.ts";
import { StraceFormatter, StraceOptions } from "../../host/trace/formatter.ts";
import { JsonFormatter } from "../../host/trace/json.ts";
import { allSets, nameSet } from "../../host/trace/names.ts";
import { ROWS } from "../../host/trace/rows.ts";
import { STRUCTURES } from "../../host/trace/structs.ts";

const t = suite("trace text");
const memory = new Map<bigint, Uint8Array>();
const encoder = new TextEncoder();
memory.set(0x1000n, encoder.encode("hello\n"));
memory.set(0x2000n, Uint8Array.of(0, 5, 0, 0));

function read(addr: bigint, len: number): Uint8Array | null {
  const bytes = memory.get(addr);
  return bytes && bytes.length >= len ? bytes.subarray(0, len) : null;
}

const args = (...values: number[]) => [0, 1, 2, 3, 4, 5].map((i) => BigInt.asUintN(64, BigInt(values[i] ?? 0)));

function lines(run: (f: StraceFormatter) => void, options: Partial<StraceOptions> = {}): string[] {
  let text = "";
  const formatter = new StraceFormatter({ write: (line) => (text += line), ...options });
  run(formatter);
  formatter.close();
  return text.split("\n").slice(0, -1);
}

function check(title: string, expected: string[], run: (f: StraceFormatter) => void, options: Partial<StraceOptions> = {}): void {
  t.test(title, () => difference(expected, lines(run, options)));
}

check("a call stands in one line, the = in column 40", ['write(1, "hello\\n", 6)                  = 6'], (f) => {
  f.enter(1, 1, args(1, 0x1000, 6), read);
  f.exit(1, 6n, read);
});

check("errors have name and text", ["open(0x5000, O_RDONLY)                  = -1 ENOENT (No such file or directory)"], (f) => {
  f.enter(1, 2, args(0x5000), read);
  f.exit(1, -2n, read);
});

check("an interrupted line is taken up again", [
  "[pid     1] wait4(-1,  <unfinished ...>",
  '[pid     2] write(1, "hello\\n", 6)      = 6',
  "[pid     2] exit_group(5)               = ?",
  "[pid     2] +++ exited with 5 +++",
  "<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 5}], 0, NULL) = 2",
  "+++ exited with 0 +++",
], (f) => {
  f.attached(1);
  f.attached(2);
  f.enter(1, 61, args(-1, 0x2000, 0, 0), read);
  f.enter(2, 1, args(1, 0x1000, 6), read);
  f.exit(2, 6n, read);
  f.enter(2, 231, args(5), read);
  f.exited(2, 5 << 8);
  f.exit(1, 2n, read);
  f.exited(1, 0);
});

check("a call that a signal ends stays unfinished", [
  "read(0,  <unfinished ...>)              = ?",
  "+++ killed by SIGKILL +++",
], (f) => {
  f.enter(1, 0, args(0, 0x1000, 5), read);
  f.exited(1, 9);
});

check("a new process is announced behind the open line", [
  "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLDstrace: Process 7 attached",
  ", child_tidptr=0x10) = 7",
], (f) => {
  f.enter(1, 56, args(0x1000011, 0, 0, 0x10), read);
  f.announce(7);
  f.exit(1, 7n, read);
});

check("with -o every line has its pid", ["7     getpid()                          = 7", "7     --- stopped by SIGTSTP ---"], (f) => {
  f.enter(7, 39, args(), read);
  f.exit(7, 7n, read);
  f.stopped(7, 20);
}, { prefix: "always" });

check("a filter leaves out calls, not signals", ["--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=3, si_uid=0} ---", "close(4)                                = 0"], (f) => {
  const info = new Uint8Array(128);
  info[0] = 10;
  info[16] = 3;
  f.enter(1, 39, args(), read);
  f.exit(1, 1n, read);
  f.signal(1, 10, info);
  f.enter(1, 3, args(4), read);
  f.exit(1, 0n, read);
}, { filter: parseFilter("close") });

check("a number without a row is printed with its arguments", ["syscall_0x258(0x1, 0x2, 0, 0, 0, 0)     = -1 ENOSYS (Function not implemented)"], (f) => {
  f.enter(1, 600, args(1, 2), read);
  f.exit(1, -38n, read);
});

t.test("JSON: one object an event", () => {
  let text = "";
  const json = new JsonFormatter({ write: (line) => (text += line) });
  json.enter(1, 1, args(1, 0x1000, 6), read);
  json.exit(1, 6n, read);
  json.enter(1, 3, args(9), read);
  json.exit(1, -9n, read);
  json.exited(1, 256);
  const [write, close, exit] = text.trim().split("\n").map((line) => JSON.parse(line));
  difference(
    ['write 1 6 "hello\\n" 0x1000', "close -1 EBADF 9", "exit 1"],
    [`${write.syscall} ${write.nr} ${write.result} ${write.args[1].text} ${write.args[1].raw}`, `${close.syscall} ${close.result} ${close.error} ${close.errno}`, `${exit.event} ${exit.status}`],
  );
});

t.test("a filter that names nothing is refused", () => {
  let said = "";
  try {
    parseFilter("nosuchcall");
  } catch (error) {
    said = (error as Error).message;
  }
  difference(["invalid system call 'nosuchcall'"], [said]);
});

t.test("every set of names can be made", () => {
  for (const set of allSets()) nameSet(set);
});

t.test("every kind in the table is known", () => {
  const sets = new Set(allSets());
  const composed = new Set(["fdnew", "socktype", "statxflags"]);
  const buffers = new Set(["data", "hexdata", "iovec", "sockaddr", "cpuset", "msghdr", "pollfd", "timex"]);
  const unknown: string[] = [];
  for (const row of ROWS) for (const a of row.args) {
    if ((a.shape === "flags" || a.shape === "one") && !sets.has(a.kind) && !composed.has(a.kind)) unknown.push(`${row.name}: ${a.kind}`);
    if (["in", "out", "inout"].includes(a.shape) && !STRUCTURES[a.kind] && !buffers.has(a.kind)) unknown.push(`${row.name}: ${a.kind}`);
  }
  difference([], unknown);
});
