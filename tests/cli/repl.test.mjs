// `ring3 repl` through a pipe, and at a terminal.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { assembled } from "../lib/assembled.mjs";
import { have, ring3, root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";
import { terminal } from "../lib/terminal.mjs";

const t = suite("repl", { attempts: 2 });
const folder = mkdtempSync(join(tmpdir(), "ring3-repl-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

async function repl(lines, { args = [], env = process.env } = {}) {
  const { stdout, status, stderr } = await ring3(["repl", ...args], { input: `${lines.join("\n")}\n`, env });
  return { lines: stdout.toString().trimEnd().split("\n"), status, stderr };
}

t.test("a message that waits for its sender", async () => {
  const { lines, status } = await repl(["q = p1: msgget(IPC_PRIVATE, IPC_CREAT|0600)", "p2: msgrcv(q, &m[16], 2, 0, 0)", 'p1: msgsnd(q, {1, "hi"}, 2, 0)', "msgctl(99, IPC_RMID, NULL)"]);
  equal(lines[0], "msgget(IPC_PRIVATE, IPC_CREAT|0600) = 0", "msgget");
  equal(lines[1], "p2 waits in msgrcv(q, &m[16], 2, 0, 0)", "wait");
  equal(lines[2], 'msgsnd(0, {mtype=1, mtext="hi"}, 2, 0) = 0', "msgsnd");
  equal(lines[3], 'p2: msgrcv(0, {mtype=1, mtext="hi"}, 2, 0, 0) = 2', "the end of the wait");
  ok(lines.some((line) => line.includes("68 69")), lines.join("\n"));
  equal(lines.at(-1), "msgctl(99, IPC_RMID, NULL) = -1 EINVAL (Invalid argument)", "error");
  equal(status, 0, "status");
});

t.test("pipes; a prefix does not change the current process, its name alone does", async () => {
  const { lines } = await repl(["pipe(&ends[8])", "p2: getpid()", 'write(4, "ping", 4)', "read(3, buf(4), 4)", "p2", "close(3)"]);
  equal(lines[0], "pipe([3, 4]) = 0", "pipe");
  ok(lines.includes('read(3, "ping", 4) = 4'), lines.join("\n"));
  equal(lines.at(-1), "close(3) = -1 EBADF (Bad file descriptor)", "p2 has no descriptor 3");
});

t.test("assembler lines: registers that change, system calls, waits, faults", async () => {
  const { lines, status } = await repl([
    "asm mov $40, %eax; add $2, %eax",
    "asm push $7; pop %rbx",
    "asm mov $110, %eax; syscall; mov %rax, %r12",
    "pipe(&ends[8])",
    "asm xor %eax, %eax; mov $3, %edi; mov %rsp, %rsi; sub $64, %rsi; mov $2, %edx; syscall; mov %rax, %r13",
    "p2: asm mov 8, %rax",
    "p2: asm ud2",
    "p2: asm nop",
    "p2: asm bogus %rax",
    "p2: asm jmp .",
  ]);
  equal(lines[0], "rax 0x2a", "arithmetic");
  equal(lines[1], "rbx 0x7", "stack");
  ok(/^rax 0x1, .*r12 0x1$/.test(lines[2]), lines[2]);
  ok(lines.some((line) => /^p1 waits in asm xor/.test(line)), "a read that waits");
  ok(lines.includes("SIGSEGV at 0x8"), "SIGSEGV");
  ok(lines.some((line) => /^SIGILL at 0x/.test(line)), "SIGILL");
  ok(lines.includes("nothing changed"), "nop");
  ok(lines.some((line) => /^repl: line 9: /.test(line)), "what is no instruction");
  equal(lines.at(-1), "stopped after 1000000 instructions", "a loop");
  equal(status, 1, "status");
});

t.test("code goes on behind the call that it waited in", async () => {
  const { lines } = await repl(["mknod(\"/f\", S_IFIFO|0600, 0)", "open(\"/f\", O_RDWR)", "p2: open(\"/f\", O_RDWR)", "asm xor %eax, %eax; mov $3, %edi; lea -64(%rsp), %rsi; mov $2, %edx; syscall; add $5, %rax", "p2: write(3, \"ab\", 2)"]);
  ok(lines.some((line) => /^p1 waits in asm/.test(line)), lines.join("\n"));
  equal(lines.at(-2), 'write(3, "ab", 2) = 2', "write");
  ok(/^rax 0x7,/.test(lines.at(-1)), lines.at(-1));
});

t.test("wrong lines are said and the rest goes on", async () => {
  const { lines, status } = await repl(["foo(1)", "close(NOTHING)", "close(99)", "close(1, 2", "dance", "run /nonexistent/script"]);
  equal(
    lines.join("\n"),
    'repl: line 1: unknown call foo\nrepl: line 2: unknown name NOTHING\nclose(99) = -1 EBADF (Bad file descriptor)\nrepl: line 4: unknown command close(1,\nrepl: line 5: unknown command dance\nrepl: line 6: ENOENT: no such file or directory, open \'/nonexistent/script\'',
    "output",
  );
  equal(status, 1, "status");
});

t.test("back to a snapshot", async () => {
  const { lines } = await repl(["a = dup(0)", "snapshot s", "dup(0)", "back s", "dup(0)", "vars"]);
  equal(lines.join("\n"), "dup(0) = 3\ndup(0) = 4\ndup(0) = 4\na = 3", "output");
});

t.test("save and run; a script's wrong line is named by its file and line", async () => {
  const file = join(folder, "script");
  await repl(["dup(0)", "asm nop", "help dup", `save ${file}`]);
  equal(readFileSync(file, "utf8"), "dup(0)\nasm nop\n", "saved");
  equal((await repl([`run ${file}`])).lines.join("\n"), "dup(0) = 3\nnothing changed", "run");
  writeFileSync(file, "# a script\ndup(0)\nnothing()\nclose(3)\n");
  equal((await repl([`run ${file}`])).lines.join("\n"), `dup(0) = 3\nrepl: ${file}: line 3: unknown call nothing\nclose(3) = 0`, "with a wrong line");
});

t.test("--from: the state of a snapshot file, with its IPC objects", async () => {
  const file = join(folder, "state");
  const program = await assembled("msg", ".globl _start\n_start: mov $68, %eax; mov $0x51, %edi; mov $01600, %esi; syscall; mov $60, %eax; xor %edi, %edi; syscall\n");
  equal((await ring3(["run", "--clock", "virtual", "--snapshot", file, program])).status, 0, "run");
  const { lines, status } = await repl(["msgget(0x51, 0)", 'msgsnd(0, {1, "x"}, 1, 0)'], { args: ["--from", file] });
  equal(lines.join("\n"), 'msgget(0x51, 000) = 0\nmsgsnd(0, {mtype=1, mtext="x"}, 1, 0) = 0', "output");
  equal(status, 0, "status");
  writeFileSync(file, readFileSync(file).subarray(0, 3000));
  const cut = await repl([], { args: ["--from", file] });
  ok(/^ring3: .*state is cut short at byte 3000/.test(cut.stderr) && cut.stderr.trim().split("\n").length === 1, cut.stderr);
  equal(cut.status, 125, "status");
});

t.test("help: the arguments of a call, and the sentence of the manual where there is one", async () => {
  const manual = join(folder, "man");
  mkdirSync(join(manual, "man2"), { recursive: true });
  writeFileSync(join(manual, "man2/dup.2.gz"), gzipSync('.TH dup 2\n.SH NAME\ndup, dup2 \\- make \\fBanother\\fP number\n.SH LIBRARY\n'));
  writeFileSync(join(manual, "man2/dup2.2"), ".so man2/dup.2\n");
  const { lines } = await repl(["help dup", "help dup2", "help msgrcv", "help asm", "help nothing"], { env: { ...process.env, MANPATH: manual } });
  equal(lines.slice(0, 4).join("\n"), "dup(oldfd: fd)\n  make another number\ndup2(oldfd: fd, newfd: fd)\n  make another number", "with pages");
  ok(/^msgrcv\(.*may wait$/.test(lines[4]) && /^asm LINE/.test(lines[5]) && /unknown call nothing$/.test(lines[6]), lines.join("\n"));
});

const interactive = "at a terminal: a prompt, completion, history";
if (!have("script")) t.skip(interactive, "script is not installed");
else
  t.test(interactive, async () => {
    const { type, seen, ended, close } = terminal(`${process.execPath} ${join(root, "bin/ring3.js")} repl`);
    try {
      await seen(/ring3> /);
      type("msgg\t");
      await seen(/msgget\(/);
      type("IPC_PRIV\t");
      await seen(/IPC_PRIVATE/);
      type(", 0600)\r");
      await seen(/= 0\r\n/);
      await seen(/ring3> /);
      type("\x1b[A");
      await seen(/msgget\(IPC_PRIVATE, 0600\)/);
      type("\r");
      await seen(/= 1\r\n/);
      type("quit\r");
      equal(await ended, 0, "status");
    } finally {
      close();
    }
  });
