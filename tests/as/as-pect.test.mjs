// Runs as-pect over tests/as/*.spec.ts; each of its cases is a case here.
import { join } from "node:path";
import { root, run } from "../lib/process.mjs";
import { fail, suite } from "../lib/suite.mjs";

const t = suite("as-pect");
const asp = join(root, "node_modules/@as-pect/cli/bin/asp.js");
const args = ["--no-logo", "--verbose", "--config", "tests/as/as-pect.config.mjs", "--as-config", join(root, "tests/as/as-pect.asconfig.json")];
const { status, stdout, stderr } = await run(process.execPath, [asp, ...args], { timeoutMs: 300_000 });
// Its report goes to either stream.
const lines = Buffer.from(stderr + stdout, "latin1").toString("utf8").replace(/\u001b\[[0-9;]*m/g, "").split("\n");
let group = "";
let seen = 0;
let failed = false;
lines.forEach((line, index) => {
  const described = /\[Describe\]: (.*)/.exec(line);
  if (described) group = described[1].trim();
  const found = /^\s*\[(Success|Fail)\]: \S+ (.*)/.exec(line);
  if (!found) return;
  seen += 1;
  const good = found[1] === "Success";
  failed ||= !good;
  const detail = lines.slice(index + 1, index + 8).join("\n");
  t.test(`${group} ${found[2].trim()}`, () => good || fail(detail));
});
t.test("all specs compile and end", () => {
  if (seen === 0 || (status !== 0 && !failed)) fail(lines.join("\n").slice(-3000));
});
