// The compiler's own checks: tsc over the host's and the machine's sources.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../lib/process.mjs";
import { fail, suite } from "../lib/suite.mjs";

const t = suite("types", { parallel: 2 });
const tsc = join(root, "node_modules/typescript/bin/tsc");

for (const [what, config] of [["host and tests", "tsconfig.json"], ["assembly", "assembly/tsconfig.json"]]) {
  if (!existsSync(join(root, config))) continue;
  t.test(`tsc accepts ${what}`, async () => {
    const { status, stdout } = await run(process.execPath, [tsc, "--noEmit", "-p", config], { timeoutMs: 110_000 });
    if (status !== 0) fail(stdout.split("\n").slice(0, 30).join("\n"));
  });
}
