// Makes a program smaller while it still shows what it showed: calls, processes, context switches, arguments and choices,
// each by itself, until nothing can be taken away any more.
import type { FuzzModule, Outcome } from "./module.ts";
import { withCalls, type Call, type Cell, type Program } from "./program.ts";

export type Shows = (program: Program) => boolean;

/** The program with its schedule written out step by step, so that it can be cut. */
export function withSteps(program: Program, outcome: Outcome): Program {
  return { ...program, schedule: { ...program.schedule, kind: "steps", steps: outcome.steps.slice(0, 72) } };
}

export function minimise(program: Program, shows: Shows, module: FuzzModule): Program {
  let best = program;
  const asSteps = withSteps(program, module.run(program, { checks: false }));
  if (shows(asSteps)) best = asSteps;
  for (let round = 0; round < 6; round++) {
    const before = JSON.stringify(best, (_, value) => (typeof value === "bigint" ? String(value) : value));
    best = fewerCalls(best, shows);
    best = fewerActors(best, shows);
    best = fewerSwitches(best, shows);
    best = simplerValues(best, shows);
    best = fewerChoices(best, shows);
    if (JSON.stringify(best, (_, value) => (typeof value === "bigint" ? String(value) : value)) === before) break;
  }
  return best;
}

/** Takes away stretches of calls, half of them first. The schedule's steps of calls that are gone go too. */
function fewerCalls(program: Program, shows: Shows): Program {
  let best = program;
  for (let size = Math.max(1, best.calls.length >> 1); size >= 1; size >>= 1) {
    for (let at = best.calls.length - size; at >= 0; at -= size) {
      const smaller = withCalls(best, (i) => i < at || i >= at + size);
      if (shows(smaller)) best = smaller;
      else {
        const without = { ...smaller, schedule: { ...smaller.schedule, kind: "order" as const, steps: [] } };
        if (shows(without)) best = without;
      }
      if (at > best.calls.length) at = best.calls.length;
    }
  }
  return best;
}

function fewerActors(program: Program, shows: Shows): Program {
  let best = program;
  for (const actor of [...new Set(best.calls.map((call) => call.actor))].sort().reverse()) {
    if (actor === 0) continue;
    for (const other of [...new Set(best.calls.map((call) => call.actor))].filter((a) => a < actor)) {
      const merged = { ...best, calls: best.calls.map((call) => (call.actor === actor ? { ...call, actor: other } : call)) };
      if (shows(merged)) {
        best = merged;
        break;
      }
    }
  }
  return best;
}

/** Fewer changes from one actor to another: the plain order, a shorter list of steps, steps drawn together. */
function fewerSwitches(program: Program, shows: Shows): Program {
  let best = program;
  const { schedule } = best;
  const plain: Program = { ...best, schedule: { ...schedule, kind: "order", steps: [], eager: true } };
  if (schedule.kind !== "order" && shows(plain)) return plain;
  if (schedule.kind !== "steps") return best;
  const tryStep = (steps: number[]): boolean => {
    const changed: Program = { ...best, schedule: { ...best.schedule, steps } };
    if (!shows(changed)) return false;
    best = changed;
    return true;
  };
  for (let length = 0; length < best.schedule.steps.length; length++) if (tryStep(best.schedule.steps.slice(0, length))) break;
  for (let i = best.schedule.steps.length - 1; i > 0; i--) {
    const { steps } = best.schedule;
    if (i >= steps.length) continue;
    if (tryStep([...steps.slice(0, i), ...steps.slice(i + 1)])) continue;
    const swapped = [...steps.slice(0, i - 1), steps[i]!, steps[i - 1]!, ...steps.slice(i + 1)];
    if (switches(swapped) < switches(steps)) tryStep(swapped);
  }
  return best;
}

/** Changes from one actor to another. */
function switches(steps: number[]): number {
  return steps.filter((step, n) => n > 0 && step !== steps[n - 1]).length;
}

function simplerValues(program: Program, shows: Shows): Program {
  let best = program;
  const replace = (index: number, call: Call): boolean => {
    const changed = { ...best, calls: best.calls.map((old, i) => (i === index ? call : old)) };
    if (!shows(changed)) return false;
    best = changed;
    return true;
  };
  for (let i = 0; i < best.calls.length; i++) {
    for (let n = (best.calls[i]?.stores.length ?? 0) - 1; n >= 0; n--) {
      const call = best.calls[i]!;
      replace(i, { ...call, stores: call.stores.filter((_, k) => k !== n) });
    }
    for (let n = 0; n < best.calls[i]!.args.length; n++) {
      const call = best.calls[i]!;
      const cell = call.args[n]!;
      const set = (value: Cell) => replace(i, { ...call, args: call.args.map((old, k) => (k === n ? value : old)) });
      if (cell.kind !== "const" || cell.value === 0n || call.type.args[n]?.type.kind === "const") continue;
      if (set({ ...cell, value: 0n })) continue;
      for (let bit = 63n; bit >= 0n; bit--) {
        const now = best.calls[i]!.args[n]!;
        if (now.value & (1n << bit) && now.value !== 1n << bit) {
          const without = { ...now, value: now.value & ~(1n << bit) };
          replace(i, { ...best.calls[i]!, args: best.calls[i]!.args.map((old, k) => (k === n ? without : old)) });
        }
      }
    }
  }
  return best;
}

function fewerChoices(program: Program, shows: Shows): Program {
  let best = program;
  const without = { ...best, choices: [] };
  if (best.choices.length && shows(without)) return without;
  for (let i = best.choices.length - 1; i >= 0; i--) {
    const fewer = { ...best, choices: best.choices.filter((_, n) => n !== i) };
    if (shows(fewer)) best = fewer;
  }
  return best;
}

/** As minimise, where the question is asked of somebody who takes his time; fewer things are tried. */
export async function minimiseLater(program: Program, shows: (program: Program) => Promise<boolean>): Promise<Program> {
  let best = program;
  const attempt = async (candidate: Program) => {
    if (!(await shows(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.max(1, best.calls.length >> 1); size >= 1; size >>= 1) {
    for (let at = best.calls.length - size; at >= 0; at -= size) await attempt(withCalls(best, (i) => i < at || i >= at + size));
  }
  await attempt({ ...best, schedule: { ...best.schedule, kind: "order", steps: [], eager: true } });
  for (let size = 1; size; size--) for (let at = best.calls.length - 1; at >= 0; at--) await attempt(withCalls(best, (i) => i !== at));
  for (let i = 0; i < best.calls.length; i++) {
    for (let n = 0; n < best.calls[i]!.args.length; n++) {
      const call = best.calls[i]!;
      const cell = call.args[n]!;
      if (cell.kind !== "const" || cell.value === 0n || call.type.args[n]?.type.kind === "const") continue;
      await attempt({ ...best, calls: best.calls.map((old, k) => (k === i ? { ...old, args: old.args.map((value, m) => (m === n ? { ...value, value: 0n } : value)) } : old)) });
    }
  }
  return best;
}
