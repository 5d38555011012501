// `ring3 repl` through a pipe.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ring3 } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("repl");
const folder = mkdtempSync(join(tmpdir(), "ring3-repl-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

async function repl(lines) {
  const { stdout, status } = await ring3(["repl"], { input: `${lines.join("\n")}\n` });
  return { lines: stdout.toString().trimEnd().split("\n"), status };
}

t.test("a message that waits for its sender", async () => {
  const { lines, status } = await repl(["q = p1: msgget(IPC_PRIVATE, IPC_CREAT|0600)", "p2: msgrcv(q, &m[16], 8, 0, 0)", 'p1: msgsnd(q, {1, "hi"}, 2, 0)', "msgctl(99, IPC_RMID, NULL)"]);
  equal(lines[1], "p2 waits in msgrcv(q, &m[16], 8, 0, 0)", "wait");
  ok(lines.includes("p2: msgrcv(q, &m[16], 8, 0, 0) = 2"), lines.join("\n"));
  ok(lines.some((line) => line.includes("68 69")), lines.join("\n"));
  equal(lines.at(-1), "= -1 EINVAL (Invalid argument)", "error");
  equal(status, 0, "status");
});

t.test("pipes", async () => {
  const { lines } = await repl(["pipe(&ends[8])", 'write(4, "ping", 4)', "read(3, buf(4), 4)"]);
  ok(lines.at(-1).endsWith("ping"), lines.join("\n"));
});

t.test("wrong lines are said and the rest goes on", async () => {
  const { lines, status } = await repl(["foo(1)", "close(NOTHING)", "close(99)"]);
  equal(lines.join("\n"), "repl: line 1: unknown call foo\nrepl: line 2: unknown name NOTHING\n= -1 EBADF (Bad file descriptor)", "output");
  equal(status, 1, "status");
});

t.test("back to a snapshot", async () => {
  const { lines } = await repl(["a = dup(0)", "snapshot s", "dup(0)", "back s", "dup(0)", "vars"]);
  equal(lines.join("\n"), "= 3\n= 4\n= 4\na = 3", "output");
});

t.test("save and run", async () => {
  const file = join(folder, "script");
  await repl(["dup(0)", "close(3)", `save ${file}`]);
  equal(readFileSync(file, "utf8"), "dup(0)\nclose(3)\n", "saved");
  equal((await repl([`run ${file}`])).lines.join("\n"), "= 3\n= 0", "run");
});
