// A share of stress-ng --verify in ring3: few operations of each stressor. More by stress.mjs.
import { debianRoot } from "../lib/debian-root.mjs";
import { fail, suite } from "../lib/suite.mjs";
import { STRESSORS, problem, stressGuest } from "./stress.mjs";

const t = suite("debian/stress", { parallel: 2, attempts: 2 });
const AMOUNT = { ops: 20, workers: 2, seconds: 60 };
/** Stressors whose operations are long, on Linux too: a few small ones, until the time ends. */
const LONG = new Set(["exec", "link", "chdir", "mmap", "mmapfork", "mremap", "madvise", "clone", "timer", "pipeherd", "memfd", "sem"]);
const LITTLE = { ops: 4, workers: 1, seconds: 3, small: true };
const folder = debianRoot();

for (const name of STRESSORS) {
  if (!folder) t.skip(name, "apt cannot give stress-ng here");
  else {
    t.test(name, async () => {
      const amount = LONG.has(name) ? LITTLE : AMOUNT;
      const { wrong } = problem(await stressGuest(folder, name, amount), amount.seconds);
      if (wrong) fail(wrong);
    });
  }
}
