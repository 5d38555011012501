// A share of stress-ng --verify in ring3: few operations of each stressor. More by stress.mjs.
import { debianRoot } from "../lib/debian-root.mjs";
import { fail, suite } from "../lib/suite.mjs";
import { STRESSORS, problem, stressGuest } from "./stress.mjs";

const t = suite("debian/stress", { parallel: 2, attempts: 2 });
const AMOUNT = { ops: 20, workers: 2, seconds: 60 };
/** What takes long on Linux too, or (exec) is not right yet. */
const LEFT_OUT = new Set(["exec", "link", "chdir", "mmap", "mmapfork", "mremap", "madvise", "clone", "pipeherd", "memfd", "sem", "timer"]);
const folder = debianRoot();

for (const name of STRESSORS.filter((stressor) => !LEFT_OUT.has(stressor))) {
  if (!folder) t.skip(name, "apt cannot give stress-ng here");
  else {
    t.test(name, async () => {
      const { wrong } = problem(await stressGuest(folder, name, AMOUNT), AMOUNT.seconds);
      if (wrong) fail(wrong);
    });
  }
}
