// What a program shows that it should not, and how it is told.
import type { FindingKind, FuzzModule, Outcome } from "./module.ts";
import { printProgram } from "./text.ts";
import type { Grammar } from "./grammar.ts";
import type { Program } from "./program.ts";

export interface Finding {
  kind: FindingKind;
  /** One line: which call, what. */
  message: string;
  program: Program;
}

/** What the kernel's own checks say of an outcome; null when all is well. */
export function judge(program: Program, outcome: Outcome): { kind: FindingKind; message: string } | null {
  if (outcome.trap) return { kind: "trap", message: `${outcome.trap.message} in ${outcome.trap.stack.split(" ← ").slice(0, 3).join(" ← ")}` };
  if (outcome.lostWakeup >= 0) {
    const call = sleepingCall(outcome, outcome.lostWakeup);
    return { kind: "lost wake-up", message: `p${outcome.lostWakeup} sleeps in ${program.calls[call]?.type.name ?? "a call"} that could go on` };
  }
  if (outcome.leaked > 0) return { kind: "leak", message: `${outcome.leaked} kernel objects are left when all processes have ended` };
  return null;
}

function sleepingCall(outcome: Outcome, actor: number): number {
  return outcome.events.findLast((event) => event.type === "blocked" && event.actor === actor)?.call ?? -1;
}

/** Of two findings by the same cause one is enough: the key of a cause. */
export function keyOf(kind: FindingKind, message: string): string {
  return `${kind}: ${message.replace(/\d+ kernel/, "kernel").replace(/\bp\d\b/g, "p")}`;
}

/** How often out of `times` a program shows the same finding again. */
export function replays(module: FuzzModule, finding: Finding, times: number): number {
  let same = 0;
  for (let i = 0; i < times; i++) {
    const again = judge(finding.program, module.run(finding.program));
    if (again && again.kind === finding.kind && again.message === finding.message) same++;
  }
  return same;
}

/** Who waits for what at the end of a program, a line each. */
export function waitGraph(program: Program, outcome: Outcome): string[] {
  const lines: string[] = [];
  for (let actor = 0; actor < 8; actor++) {
    if (!(outcome.sleeping & (1 << actor))) continue;
    const index = sleepingCall(outcome, actor);
    const call = program.calls[index];
    if (!call) continue;
    const first = call.args[0];
    const others = program.calls.flatMap((other, i) => (i !== index && other.actor !== actor && first && other.args[0] && same(first, other.args[0]) ? [`p${other.actor}`] : []));
    lines.push(`p${actor} sleeps in ${call.type.name} (call ${index})${others.length ? `, for ${[...new Set(others)].join(", ")}` : ""}`);
  }
  return lines;
}

function same(a: { kind: string; aux: number; value: bigint }, b: { kind: string; aux: number; value: bigint }): boolean {
  return a.kind === b.kind && a.value === b.value && a.aux === b.aux;
}

export function findingText(finding: Finding, grammar: Grammar): string {
  return printProgram(finding.program, grammar).replace("\n", `\n# finding ${finding.kind}: ${finding.message}\n`);
}
