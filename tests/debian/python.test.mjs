// A share of Python's own tests: those that pass on Linux in the same root pass in ring3. All of them: python.mjs.
import { debianRoot, noChroot } from "../lib/debian-root.mjs";
import { equal, suite } from "../lib/suite.mjs";
import { outcomes, passesOnLinux, pythonGuest } from "./python.mjs";

const t = suite("debian/python", { parallel: 2, attempts: 2 });
const GROUPS = [
  ["test_mmap"],
  ["test_signal.PosixTests", "test_signal.WakeupSignalTests", "test_signal.PendingSignalsTests.test_sigpending", "test_signal.PendingSignalsTests.test_sigwait"],
  ["test_threading.ConditionAsRLockTests", "test_threading.EventTests", "test_threading.BoundedSemaphoreTests", "test_threading.ThreadTests.test_various_ops"],
  ["test_subprocess.POSIXProcessTestCase.test_pass_fds", "test_subprocess.POSIXProcessTestCase.test_close_fds", "test_subprocess.ProcessTestCase.test_communicate_pipe_buf"],
];
const LIMIT_MS = 240_000;
const folder = debianRoot();
const reason = folder ? noChroot() : "apt cannot give python3 here";

for (const names of GROUPS) {
  const title = names.join(" ");
  if (reason) {
    t.skip(title, reason);
    continue;
  }
  t.test(
    title,
    async () => {
      const expected = (await Promise.all(names.map((name) => passesOnLinux(folder, name)))).flat();
      const { stdout, stderr } = await pythonGuest(folder, names, LIMIT_MS);
      const got = outcomes(stdout + stderr);
      equal(expected.length > 0, true, "tests that pass on Linux");
      equal(expected.filter((test) => got.get(test) !== "ok").map((test) => `${test}: ${got.get(test) ?? "no end"}`).join("\n"), "", "what does not pass");
    },
    { limitMs: 2 * LIMIT_MS },
  );
}
