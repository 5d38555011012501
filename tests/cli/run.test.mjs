// `ring3 run` as a command: what goes in, what comes out, limits, the sandbox. Guests are assembler, so no compiler is needed.
import { join } from "node:path";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { assembled } from "../lib/assembled.mjs";
import { ring3, root } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("run", { parallel: 2, attempts: 2 });
const folder = mkdtempSync(join(tmpdir(), "ring3-run-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Prints argv and envp, a line each; `exit` with argc. */
const ARGS = `
        .globl _start
_start: mov (%rsp), %r12
        lea 8(%rsp), %rbx
1:      mov (%rbx), %rsi
        add $8, %rbx
        test %rsi, %rsi
        jz 2f
        call line
        jmp 1b
2:      lea bar(%rip), %rsi
        call line
3:      mov (%rbx), %rsi
        add $8, %rbx
        test %rsi, %rsi
        jz 4f
        call line
        jmp 3b
4:      mov %r12, %rdi
        mov $231, %eax
        syscall
line:   xor %edx, %edx
1:      cmpb $0, (%rsi,%rdx)
        je 2f
        inc %rdx
        jmp 1b
2:      push %rsi
        mov $1, %eax
        mov $1, %edi
        syscall
        mov $1, %eax
        mov $1, %edi
        lea newline(%rip), %rsi
        mov $1, %edx
        syscall
        pop %rsi
        ret
        .section .rodata
bar:    .string "--"
newline: .byte 10
`;

/** One system call with constant arguments, its result printed in hexadecimal; then exit. */
const program = (body) => `.globl _start\n_start:\n${body}\n`;
const EXIT = (status) => `mov $${status}, %edi\nmov $231, %eax\nsyscall\n`;

const args = await assembled("args", ARGS);

t.test("arguments after the program are the guest's, whatever they look like", async () => {
  const result = await ring3(["run", "--clear-env", args, "one", "--env", "-x", "", "two words"]);
  equal(result.stdout.split("\n").slice(1).join("\n"), "one\n--env\n-x\n\ntwo words\n--\n", "stdout");
  equal(result.status, 6, "status");
});

t.test("the first argument is the program's name as it was typed", async () => {
  const result = await ring3(["run", "--clear-env", args]);
  equal(result.stdout.split("\n")[0], args, "argv[0]");
});

t.test("no variable of the host is seen, those that are given are", async () => {
  const result = await ring3(["run", "--clear-env", "--env", "A=1", "--env", "B=x=y z", args], { env: { ...process.env, SECRET: "host" } });
  equal(result.stdout.split("--\n")[1], "A=1\nB=x=y z\n", "environment");
  const other = await ring3(["run", args], { env: { ...process.env, SECRET: "host" } });
  ok(!other.stdout.includes("SECRET"), "SECRET is seen");
});

t.test("a .s file is assembled on the way", async () => {
  const path = join(folder, "seven.s");
  writeFileSync(path, program(EXIT(7)));
  equal((await ring3(["run", path])).status, 7, "status");
});

t.test("a mistake in a .s file is one line with its number", async () => {
  const path = join(folder, "wrong.s");
  writeFileSync(path, "nop\nfrobnicate\n");
  const result = await ring3(["run", path]);
  if (!/^ring3: [^\n]*2[^\n]*\n$/.test(result.stderr)) fail(result.stderr);
  ok(result.status === 125 || result.status === 126, `status ${result.status}`);
});

t.test("all bytes pass through stdin and stdout", async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3));
  const result = await ring3(["run", join(root, "examples/cat.s")], { input: bytes });
  equal(result.stdout.length, bytes.length, "length");
  ok(result.stdout === bytes.toString("latin1"), "contents differ");
});

t.test("stdin that is closed is an end of file", async () => {
  equal((await ring3(["run", join(root, "examples/cat.s")])).stdout, "", "stdout");
});

for (const [name, code, status] of [
  ["SIGSEGV", "mov 0, %eax", 139],
  ["SIGILL", "ud2", 132],
  ["SIGFPE", "xor %ecx, %ecx\ndiv %ecx", 136],
  ["SIGTRAP", "int3", 133],
  ["SIGKILL", "mov $39, %eax\nsyscall\nmov %eax, %edi\nmov $9, %esi\nmov $62, %eax\nsyscall", 137],
]) {
  t.test(`${name} ends in ${status}`, async () => {
    const result = await ring3(["run", await assembled(`dies-${name}`, program(code + "\n" + EXIT(0)))]);
    equal(result.status, status, "status");
    equal(result.stdout, "", "stdout");
    if (result.stderr && !/^ring3: [^\n]*\n$/.test(result.stderr)) fail(`stderr:\n${result.stderr}`);
  });
}

t.test("a trace shows the registers of a fault", async () => {
  const result = await ring3(["trace", await assembled("dies-registers", program("mov $0x1234, %ebx\nmov $0x5678, %r15\nmov 8, %eax"))]);
  equal(result.status, 139, "status");
  ok(/^ring3: .* SIGSEGV at 0x[\da-f]+, address 0x8$/m.test(result.stderr), result.stderr);
  ok(/ rbx 0000000000001234$/m.test(result.stderr) && / r15 0000000000005678$/m.test(result.stderr), result.stderr);
  ok(/^ring3: rip [\da-f]{16}  rflags [\da-f]{16}$/m.test(result.stderr), result.stderr);
});

const LOOP = program("1: jmp 1b");
const HOG = program(`
1:      mov $9, %eax
        xor %edi, %edi
        mov $0x100000, %esi
        mov $3, %edx
        mov $0x22, %r10d
        mov $-1, %r8
        xor %r9d, %r9d
        syscall
        test %rax, %rax
        js 3f
        xor %ecx, %ecx
2:      movb $1, (%rax,%rcx)
        add $4096, %ecx
        cmp $0x100000, %ecx
        jb 2b
        jmp 1b
3:      ${EXIT(3)}`);
const BOMB = program(`
1:      mov $57, %eax
        syscall
        test %rax, %rax
        js 2f
        jmp 1b
2:      cmp $-11, %rax
        jne 3f
        ${EXIT(4)}
3:      ${EXIT(5)}`);

t.test("--fuel stops an endless loop", async () => {
  const result = await ring3(["run", "--fuel", "1000000", await assembled("loop", LOOP)], { timeoutMs: 90_000 });
  ok(result.status !== 0 && result.status !== "late", `status ${result.status}`);
  if (!/^ring3: [^\n]*\n$/.test(result.stderr)) fail(`stderr:\n${result.stderr}`);
});

t.test("--memory ends a hog by ENOMEM or SIGKILL", async () => {
  const result = await ring3(["run", "--memory", "32M", await assembled("hog", HOG)], { timeoutMs: 90_000 });
  ok(result.status === 3 || result.status === 137, `status ${result.status} ${result.stderr}`);
  ok(!/\n\s+at /.test(result.stderr), result.stderr);
});

t.test("--max-tasks ends a fork bomb by EAGAIN", async () => {
  const result = await ring3(["run", "--max-tasks", "50", "--fuel", "5000000", await assembled("bomb", BOMB)], { timeoutMs: 90_000 });
  equal(result.status, 4, `status ${result.stderr}`);
});

t.test("a seed makes a run with a virtual clock repeat", async () => {
  const path = await assembled("random", program(`
        mov $318, %eax
        lea buffer(%rip), %rdi
        mov $64, %esi
        xor %edx, %edx
        syscall
        mov $228, %eax
        mov $1, %edi
        lea buffer+64(%rip), %rsi
        syscall
        mov $1, %eax
        mov $1, %edi
        lea buffer(%rip), %rsi
        mov $80, %edx
        syscall
        ${EXIT(0)}
        .bss
buffer: .zero 128`));
  const a = await ring3(["run", "--clock", "virtual", "--seed", "5", path]);
  const b = await ring3(["run", "--clock", "virtual", "--seed", "5", path]);
  const c = await ring3(["run", "--clock", "virtual", "--seed", "6", path]);
  equal(a.stdout.length, 80, `length ${a.stderr}`);
  ok(a.stdout === b.stdout, "the same seed gives something else");
  ok(a.stdout !== c.stdout, "another seed gives the same");
});

t.test("no file of the host is seen", async () => {
  const result = await ring3(["run", join(root, "examples/cat.s"), "/etc/hostname", join(root, "package.json")]);
  equal(result.stdout, "", "stdout");
  equal(result.status, 1, "status");
});

t.test("ring3 syscalls --json lists what is there", async () => {
  const { stdout, status } = await ring3(["syscalls", "--json"]);
  equal(status, 0, "status");
  const rows = stdout.trim().startsWith("[") ? JSON.parse(stdout) : stdout.trim().split("\n").map((line) => JSON.parse(line));
  ok(rows.some((row) => row.name === "read") && rows.some((row) => row.name === "clone3"), "read and clone3 are not listed");
});

t.test("--help and --version say what they should", async () => {
  const version = await ring3(["--version"]);
  ok(version.stdout.includes(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version), version.stdout);
  const help = await ring3(["--help"]);
  for (const word of ["run", "trace", "syscalls"]) ok(help.stdout.includes(word), `${word} is not in the help`);
  equal(help.status, 0, "status");
});
