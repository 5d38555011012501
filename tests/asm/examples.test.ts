// The assembler's programs run natively: their output is what ring3 must print.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assemble, AssemblyError } from "../../host/asm/index";
import { have, must, ring3, root, run } from "../lib/process.mjs";
import { equal, fail, Skip, suite } from "../lib/suite.mjs";

const t = suite("examples");
const folder = join(root, ".cache/examples");
mkdirSync(folder, { recursive: true });

/** What each example must print on Linux, so that a wrong assembler shows even where programs agree. */
const EXPECTED: Record<string, { stdout: string; status: number; args?: string[]; input?: string }> = {
  hello: { stdout: "hello from ring 3\n", status: 0 },
  pipe: { stdout: "the child says: hello, parent; this came through a pipe\n", status: 0 },
  signal: { stdout: "got SIGUSR1\ngot SIGSEGV at address 8\nthe store was repaired\n", status: 0 },
  shared: { stdout: "10000007\n", status: 0 },
  primes: { stdout: "148933\n", status: 0 },
  cat: { stdout: "one\ntwo\n", status: 0, input: "one\ntwo\n" },
};

for (const file of readdirSync(join(root, "examples")).filter((name) => name.endsWith(".s"))) {
  const name = file.slice(0, -2);
  const path = join(root, "examples", file);
  const { stdout, status, args = [], input = "" } = EXPECTED[name] ?? fail(`${file} has no expected output`);
  const program = join(folder, name);
  t.test(`${file} on Linux`, async () => {
    writeFileSync(program, assemble(readFileSync(path, "utf8")));
    chmodSync(program, 0o755);
    const native = await run(program, args, { input });
    equal(native.stdout, stdout, "stdout");
    equal(native.status, status, "status");
  });
  t.test(`${file} in ring3`, async () => {
    const guest = await ring3(["run", path, ...args], { input });
    equal(guest.stdout, stdout, "stdout");
    equal(guest.stderr, "", "stderr");
    equal(guest.status, status, "status");
  });
}

function bytesOf(source: string): string {
  const elf = assemble(source);
  const view = new DataView(elf.buffer, elf.byteOffset);
  const size = Number(view.getBigUint64(64 + 32, true));
  return Buffer.from(elf.subarray(0x200, size)).toString("hex");
}

t.test("numeric labels go to the nearest of their kind", () => {
  equal(bytesOf("1: nop\njmp 1b\njmp 1f\n1: ret"), "90ebfdeb00c3");
});

t.test("alignment pads with nop in code", () => {
  equal(bytesOf("nop\n.align 4\nret"), "90909090c3");
  equal(bytesOf(".p2align 3\nret\n.balign 2\nret"), "c390c3");
});

t.test("a string ends in NUL, .ascii does not", () => {
  equal(bytesOf('.ascii "a#b" # comment\n.string "c;d" /* x */; .asciz "e"'), Buffer.from("a#bc;d\0e\0").toString("hex"));
});

t.test("Intel syntax with GNU directives", () => {
  equal(bytesOf(".intel_syntax noprefix\nmov eax, 1\n.byte 2\nret"), "b80100000002c3");
});

t.test("constants and .zero", () => {
  equal(bytesOf("N = 3\n.equ M, N * 2\n.zero M - 4\n.skip N, 7"), "0000070707");
});

t.test("GNU as takes the examples too", async () => {
  if (!have("as") || !have("ld") || !have("objcopy")) throw new Skip("binutils are not installed");
  for (const name of Object.keys(EXPECTED)) {
    const at = join(folder, name);
    must("as", ["-o", `${at}.o`, join(root, "examples", `${name}.s`)]);
    must("ld", ["-o", `${at}.gnu`, `${at}.o`]);
    const native = await run(`${at}.gnu`, EXPECTED[name]!.args ?? [], { input: EXPECTED[name]!.input ?? "" });
    equal(native.stdout, EXPECTED[name]!.stdout, name);
  }
});

for (const [what, source, line] of [
  ["an unknown instruction", "nop\nfrobnicate %eax", 2],
  ["an undefined symbol", "call nowhere", 0],
  ["code in .bss", ".bss\nnop", 2],
  ["a bad alignment", ".align 3", 1],
] as const) {
  t.test(`${what} is an error with its line`, () => {
    try {
      assemble(source);
    } catch (error) {
      if (!(error instanceof AssemblyError)) throw error;
      equal(error.line, line, error.message);
      return;
    }
    fail("it was accepted");
  });
}
