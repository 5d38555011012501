// examples/*.ts: each is accepted by tsc with the package's own declarations, and prints what its end says.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildTypes } from "../../tools/build-types.mjs";
import { exampleScript } from "../../tools/example.mjs";
import { root, run } from "../lib/process.mjs";
import { equal, fail, ok, suite } from "../lib/suite.mjs";

const t = suite("examples of the library", { parallel: 2 });
const names = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts")).map((name) => name.replace(/\.ts$/, ""));
const guide = readFileSync(join(root, "docs/library.md"), "utf8");

t.test("tsc accepts them", async () => {
  buildTypes();
  const { status, stdout } = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--noEmit", "-p", "tests/build/package/examples.tsconfig.json"]);
  if (status !== 0) fail(stdout);
});

for (const name of names) {
  t.test(`${name} prints what it says, and the guide leads to it`, async () => {
    const source = readFileSync(join(root, "examples", `${name}.ts`), "utf8");
    const expected = source.slice(source.indexOf("// prints:\n") + 11).replace(/^\/\/ ?/gm, "");
    const result = await run(process.execPath, [await exampleScript(name)]);
    equal(result.stdout.replace(/ +$/gm, "") + result.stderr, expected, "output");
    ok(guide.includes(`examples/${name}.ts`), "docs/library.md does not name it");
  });
}
