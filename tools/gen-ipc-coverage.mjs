// Makes docs/ipc-coverage.md from the comments `// covers: CALL ERRNO-or-FLAG words, …` of tests/guest: which call, with
// which error or flag, is compared with Linux by which program. `node tools/gen-ipc-coverage.mjs`; a test makes it again.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** call → errno or "" → what is covered: { about, program }[]. */
function gather() {
  const calls = new Map();
  const folder = join(root, "tests/guest");
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".c")).sort()) {
    for (const [, text] of readFileSync(join(folder, file), "utf8").matchAll(/^\/\/ covers: (.*)$/gm)) {
      for (const entry of text.split(",").map((part) => part.trim()).filter(Boolean)) {
        const [, call, rest] = /^(\S+)\s*(.*)$/.exec(entry);
        const [, errno = "", about = ""] = /^(E[A-Z0-9]{2,})?\s*(.*)$/.exec(rest);
        if (!calls.has(call)) calls.set(call, []);
        calls.get(call).push({ errno, about, program: file });
      }
    }
  }
  return calls;
}

export function coverageText() {
  const lines = [
    "# What of interprocess communication is compared with Linux",
    "",
    "Made by `tools/gen-ipc-coverage.mjs` from the programs of `tests/guest`, each of which runs on Linux and in ring3 with equal",
    "output. Random sequences of the same calls are compared by `tests/ipc`.",
    "",
    "| call | errno | case | program |",
    "|---|---|---|---|",
  ];
  for (const [call, entries] of [...gather()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    entries.sort((a, b) => (a.errno === b.errno ? 0 : !a.errno ? 1 : !b.errno ? -1 : a.errno < b.errno ? -1 : 1));
    for (const { errno, about, program } of entries) lines.push(`| \`${call}\` | ${errno} | ${about.replaceAll("|", "\\|")} | [${program}](../tests/guest/${program}) |`);
  }
  return `${lines.join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(join(root, "docs/ipc-coverage.md"), coverageText());
