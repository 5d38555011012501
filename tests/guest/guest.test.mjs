// Every C program of this folder, in each flavour that its head names, on Linux and in ring3: same output, same end.
// Head lines: `// flavours: static pie musl`, `// args: …`, `// stdin: …` (with \n), `// options: …` of the compiler,
// `// needs: …` system calls that ring3 must have, `// native: ipv6` what this machine must have; else the program is skipped.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGuest } from "../lib/guest-runner.mjs";
import { buildGuest, missing } from "../lib/guest.mjs";
import { ring3, root, run } from "../lib/process.mjs";
import { sameRun, suite } from "../lib/suite.mjs";

const t = suite("guest", { parallel: 2, attempts: 3 });
const folder = join(root, "tests/guest");
const ENV = { PATH: "/bin:/usr/bin", HOME: "/", LANG: "C" };
const { stdout: listed } = await ring3(["syscalls", "--json"]);
const supported = new Set(
  listed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ support }) => support !== "none")
    .map(({ name }) => name),
);
const words = process.env.RING3_GUEST?.split(",");

/** What this machine's Linux may lack. */
const NATIVE = {
  ipv6: () => existsSync("/proc/net/if_inet6") && /^0{31}1 .* lo$/m.test(readFileSync("/proc/net/if_inet6", "utf8")),
};

/** The words of a line, with single or double quotes. */
const split = (text) => [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);

function head(source) {
  const found = {};
  for (const [, key, value] of source.matchAll(/^\/\/ (flavours|args|stdin|options|needs|native): (.*)$/gm)) found[key] = value;
  return {
    flavours: split(found.flavours ?? "static"),
    args: split(found.args ?? ""),
    input: (found.stdin ?? "").replaceAll("\\n", "\n"),
    options: split(found.options ?? ""),
    needs: split(found.needs ?? ""),
    wanted: split(found.native ?? ""),
  };
}

async function native(program, args, input) {
  const cwd = mkdtempSync(join(tmpdir(), "ring3-"));
  try {
    return await run(program, args, { input, env: ENV, cwd });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".c")).sort()) {
  const name = file.slice(0, -2);
  if (words && !words.includes(name)) continue;
  const source = join(folder, file);
  const { flavours, args, input, options, needs, wanted } = head(readFileSync(source, "utf8"));
  for (const flavour of flavours) {
    const title = `${name} (${flavour})`;
    const lacks = needs.find((call) => !supported.has(call));
    const nativeLacks = wanted.find((feature) => !NATIVE[feature]());
    const reason = missing(flavour) ?? (nativeLacks ? `this machine has no ${nativeLacks}` : null) ?? (lacks ? `ring3 has no ${lacks} yet` : null);
    if (reason) {
      t.skip(title, reason);
      continue;
    }
    t.test(title, async () => {
      const program = buildGuest(source, flavour, options);
      const expected = await native(program, args, input);
      const got = await runGuest(program, args, { input, env: ENV });
      sameRun(got, expected);
    });
  }
}
