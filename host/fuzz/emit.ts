// A program in the forms that others read.
import type { Grammar } from "./grammar.ts";
import type { Program } from "./program.ts";
import { printProgram } from "./text.ts";

export const FORMATS = ["ring3", "c", "test", "syzkaller"] as const;
export type Format = (typeof FORMATS)[number];

export function emit(program: Program, grammar: Grammar, format: Format): string {
  return printProgram(program, grammar, { syzkaller: format === "syzkaller" });
}
