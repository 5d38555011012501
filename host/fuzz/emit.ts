// A program in the forms that others read: our text, C that does the same on Linux under the same schedule, a test, syzkaller's.
import type { Grammar } from "./grammar.ts";
import source from "./native.c";
import { encodeNative } from "./native.ts";
import type { Program } from "./program.ts";
import { printProgram } from "./text.ts";

export const FORMATS = ["ring3", "c", "test", "syzkaller"] as const;
export type Format = (typeof FORMATS)[number];

/** `steps`: the actors of the calls, in the order in which ring3 began them. */
export function emit(program: Program, grammar: Grammar, format: Format, steps: () => number[]): string {
  switch (format) {
    case "ring3": return printProgram(program, grammar);
    case "syzkaller": return printProgram(program, grammar, { syzkaller: true });
    case "c": return cText(program, grammar, steps());
    case "test": return testText(program, grammar);
  }
}

function cText(program: Program, grammar: Grammar, steps: number[]): string {
  const bytes = encodeNative(program, steps, grammar);
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 24) rows.push(`  ${[...bytes.subarray(at, at + 24)].join(", ")},`);
  const text = printProgram(program, grammar).trim().split("\n").map((line) => `//   ${line}`);
  const names = program.calls.map((call) => JSON.stringify(call.type.name)).join(", ");
  return `// Made by ring3 fuzz; gcc -O2 FILE && ./a.out as root. The program:\n${text.join("\n")}\n#define RING3_PROGRAM\nstatic const unsigned char ring3_program[] __attribute__((aligned(8))) = {\n${rows.join("\n")}\n};\nstatic const char *const ring3_names[] = {${names}};\n\n${source}`;
}

function testText(program: Program, grammar: Grammar): string {
  return `// Made by ring3 fuzz: fails as long as the kernel shows what this program showed.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const PROGRAM = ${JSON.stringify(printProgram(program, grammar)).replaceAll("\\n", "\\n\\\n")};

test("ring3 runs the program without a finding", () => {
  const folder = mkdtempSync(join(tmpdir(), "ring3-"));
  try {
    const file = join(folder, "program.prog");
    writeFileSync(file, PROGRAM);
    const run = spawnSync(process.env.RING3 ?? "ring3", ["fuzz", "--reproduce", file], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
`;
}
