// Random sequences of calls on each kind of IPC object, in a machine and on Linux: the same answers. fast-check shrinks
// what differs. `npm run fuzz:ipc -- --facility X --sequences N [--seed S]` runs on.
import * as fc from "fast-check";
import { root } from "../lib/process.mjs";
import { missing } from "../lib/guest.mjs";
import { fail, suite } from "../lib/suite.mjs";
import { FACILITIES } from "./facilities.ts";
import { Inside, Native, compare } from "./runner.ts";

const option = (name: string) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const sequences = Number(option("sequences") ?? 400);
const seed = Number(option("seed") ?? 20261128);
const only = option("facility");

const t = suite("model");
for (const [name, facility] of Object.entries(FACILITIES)) {
  if (only && only !== name) continue;
  const title = `${name}: ${sequences} sequences, seed ${seed}`;
  const reason = missing("static") ?? (process.getuid!() ? "the helper needs root" : null);
  if (reason) {
    t.skip(title, reason);
    continue;
  }
  t.test(title, async () => {
    const inside = new Inside(root);
    const native = new Native(root);
    try {
      const property = fc.asyncProperty(fc.array(facility.command, { minLength: 1, maxLength: 30 }), async (commands) => {
        const difference = await compare(facility, commands, inside, native);
        if (difference) throw new Error(difference);
      });
      const found = await fc.check(property, { numRuns: sequences, seed });
      if (found.failed) fail(`after ${found.numRuns} sequences:\n${(found.errorInstance as Error)?.message}`);
    } finally {
      native.stop();
      inside.stop();
    }
  }, { limitMs: 120_000 + sequences * 100 });
}
