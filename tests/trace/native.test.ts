// The formatter's text against strace's own on the same programs, natively: a tracer (tracer.c) gives
// the formatter what the machine would give it. Needs gcc, strace and leave to ptrace.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "../lib/suite.mjs";
import { have } from "../lib/process.mjs";
import { compareNative, compile, difference, HERE, selectedByStrace } from "./compare.ts";
import { parseFilter } from "../../host/trace/filter.ts";
import { ROWS, rowNamed } from "../../host/trace/rows.ts";

const t = suite("strace text, native", { attempts: 2 });
const missing = ["gcc", "strace", "setarch", "mkfifo"].find((program) => !have(program));

for (const file of readdirSync(join(HERE, "programs"))) {
  const name = file.replace(/\.c$/, "");
  const title = `${name}: same text as strace -f`;
  if (missing) t.skip(title, `${missing} is not installed`);
  else t.test(title, () => {
    const cwd = mkdtempSync(join(tmpdir(), "ring3-cwd-"));
    try {
      const tracer = compile(join(HERE, "tracer.c"), "tracer", []);
      const program = compile(join(HERE, "programs", file), name, ["-static", "-pthread"]);
      const { expected, actual } = compareNative(tracer, program, [], cwd);
      if (expected.length < 10) throw new Error(`strace gave only ${expected.length} lines`);
      difference(expected, actual);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
}

const EXPRESSIONS = ["%file", "%desc", "%memory", "%process", "%signal", "%ipc", "%network", "%creds", "%clock", "%pure", "open,close", "!read,write", "/^sched_|at$", "%%stat", "all", "none", "!%file"];
for (const expression of EXPRESSIONS) {
  const title = `-e trace=${expression} selects what strace selects`;
  if (missing) t.skip(title, `${missing} is not installed`);
  else t.test(title, () => {
    const cwd = mkdtempSync(join(tmpdir(), "ring3-cwd-"));
    try {
      const program = compile(join(HERE, "programs/every.c"), "every", ["-static", "-pthread"]);
      const all = selectedByStrace(program, "all", cwd).filter((n) => rowNamed(n));
      const theirs = selectedByStrace(program, expression, cwd);
      const select = parseFilter(expression);
      const ours = all.filter((n) => select(rowNamed(n)!.nr));
      difference(theirs.filter((n) => rowNamed(n)).sort(), ours.sort());
      if (ROWS.length < 380) throw new Error("the table is too short");
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
}
