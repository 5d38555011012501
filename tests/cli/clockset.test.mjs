// The machine's clock is set, with the real and the virtual clock: what follows it and what does not. Linux cannot be
// asked, for its clock would be the host's: clockset.expected says what clock_settime(2), timerfd_create(2),
// timer_settime(2) and adjtimex(2) promise.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runGuest } from "../lib/guest-runner.mjs";
import { buildGuest } from "../lib/guest.mjs";
import { root } from "../lib/process.mjs";
import { equal, suite } from "../lib/suite.mjs";

const t = suite("clockset", { parallel: 2, attempts: 3 });
const folder = join(root, "tests/cli");
const expected = readFileSync(join(folder, "clockset.expected"), "utf8");

for (const clock of ["real", "virtual"]) {
  t.test(`${clock} clock`, async () => {
    const program = buildGuest(join(folder, "clockset.c"));
    const before = Date.now();
    const { stdout, status } = await runGuest(program, [], { options: ["--clock", clock] });
    equal(stdout, expected);
    equal(status, 0);
    equal(Math.abs(Date.now() - before) < 600_000, true, "the host's clock");
  });
}
