// The compiler's own checks: tsc over the host's and the machine's sources.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../lib/process.mjs";
import { fail, suite } from "../lib/suite.mjs";

const t = suite("types", { parallel: 2 });
const tsc = join(root, "node_modules/typescript/bin/tsc");

for (const [what, config] of [["host and tests", "tsconfig.json"], ["assembly", "assembly/tsconfig.json"], ["the core without Node and DOM", "tests/build/package/core.tsconfig.json"]]) {
  if (!existsSync(join(root, config))) continue;
  t.test(`tsc accepts ${what}`, async () => {
    const { status, stdout } = await run(process.execPath, [tsc, "--noEmit", "-p", config], { timeoutMs: 110_000 });
    // AssemblyScript casts a bool to a number by `<i32>`, which TypeScript has no word for.
    const errors = stdout.split("\n").filter((line) => /error TS/.test(line) && !/error TS2352: Conversion of type 'boolean'/.test(line));
    if (status !== 0 && errors.length) fail(errors.slice(0, 30).join("\n"));
  });
}
