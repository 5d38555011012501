// A fresh clone with nothing but Node and npm: `npm start` sets itself up, and the second time does nothing.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { have, must, root, run } from "../lib/process.mjs";
import { equal, fail, ok, Skip, suite } from "../lib/suite.mjs";

const t = suite("clone");
const folder = join(mkdtempSync(join(tmpdir(), "ring3-clone-")), "ring3");
process.on("exit", () => rmSync(join(folder, ".."), { recursive: true, force: true }));

const start = () => run("npm", ["start", "--silent"], { cwd: folder, timeoutMs: 280_000 });
const MESSAGE = "the child says: hello, parent; this came through a pipe\n";

t.test(
  "npm start installs, builds, and shows the example with its trace",
  async () => {
    if (!have("git") || !existsSync(join(root, ".git"))) throw new Skip("not a git checkout");
    must("git", ["clone", "-q", "--shared", root, folder]);
    const { status, stdout, stderr } = await start();
    if (/npm ci failed/.test(stderr) && /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/.test(stderr)) throw new Skip("no package registry is reached");
    equal(stdout, MESSAGE, `stdout (${stderr.slice(-2000)})`);
    equal(status, 0, "status");
    for (const part of [/fork\(/, /pipe\(\[3, 4\]\)/, /wait4\(/, /\+\+\+ exited with 0 \+\+\+/]) if (!part.test(stderr)) fail(`the trace lacks ${part}:\n${stderr}`);
  },
  { limitMs: 300_000 },
);

t.test("the second time nothing is installed or built", async () => {
  if (!existsSync(join(folder, "dist/cli.cjs"))) throw new Skip("the first start failed");
  const { stdout, stderr } = await start();
  equal(stdout, MESSAGE, "stdout");
  ok(!/building|installing/.test(stderr), stderr);
});
