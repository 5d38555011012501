// `ring3 syscalls`: every system call and how far it is supported.
import { HANDLED } from "../gen/syscalls.ts";
import { ROWS, Row } from "./rows.ts";

export interface SyscallInfo {
  nr: number;
  name: string;
  args: string[];
  blocks: boolean;
  support: "full" | "partial" | "none";
  remark: string;
}

function infoOf(row: Row): SyscallInfo {
  const support = !HANDLED.has(row.name) ? "none" : row.remark ? "partial" : "full";
  return { nr: row.nr, name: row.name, args: row.args.map((a) => a.name), blocks: row.blocks, support, remark: row.remark };
}

/** One entry a system call, by number. */
export function listSyscalls(): SyscallInfo[] {
  return ROWS.map(infoOf);
}

/** The table as text: number, support, call with its arguments, remark. */
export function syscallsText(): string {
  const list = listSyscalls();
  const marks = { full: "yes", partial: "part", none: "-" };
  const lines = list.map((s) => {
    const call = `${s.name}(${s.args.join(", ")})`;
    return `${String(s.nr).padStart(3)}  ${marks[s.support].padEnd(4)}  ${s.remark ? `${call}  # ${s.remark}` : call}`;
  });
  const have = list.filter((s) => s.support !== "none").length;
  return `${lines.join("\n")}\n${have} of ${list.length} system calls; the others give ENOSYS.\n`;
}

/** The same as JSON, an object a line. */
export function syscallsJson(): string {
  return listSyscalls().map((s) => JSON.stringify(s) + "\n").join("");
}
