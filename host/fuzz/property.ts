// Properties that the user states in a file of his own (`--property FILE`): `export default function (run) { … }`, which
// returns a sentence when the run breaks it, and nothing else when all is well.
import type { FuzzEvent, Outcome } from "./module.ts";
import type { Program } from "./program.ts";

/** What a property sees of a run. */
export interface PropertyRun {
  program: Program;
  events: FuzzEvent[];
  /** Result of each call, undefined when it did not end. */
  results: (bigint | undefined)[];
  /** Names of the calls. */
  calls: string[];
  /** Actors that sleep for ever at the end. */
  asleep: number[];
}

export interface Property {
  /** How a run breaks it, null when it does not. */
  broken(program: Program, outcome: Outcome): string | null;
}

export function propertyOf(check: (run: PropertyRun) => unknown): Property {
  return {
    broken(program, outcome) {
      const results: (bigint | undefined)[] = program.calls.map(() => undefined);
      for (const event of outcome.events) if (event.type === "done") results[event.call] = event.result;
      const asleep = Array.from({ length: 8 }, (_, i) => i).filter((i) => outcome.sleeping & (1 << i));
      const said = check({ program, events: outcome.events, results, calls: program.calls.map((call) => call.type.name), asleep });
      return typeof said === "string" ? said : said === false ? "the property does not hold" : null;
    },
  };
}
