// Makes from the system call table (host/trace/table.ts) and the handlers that assembly/sys/ has:
//   assembly/gen/dispatch.ts   number → handler, one dense switch
//   host/gen/syscalls.ts       numbers, argument names and handlers, typed by name
//   docs/syscalls.md           what is supported (only with --docs)
// A handler is `export function sys_NAME(a: u64, …): i64` in a file of assembly/sys/.
import { transformSync } from "esbuild";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

async function loadTypeScript(path, replace = (text) => text) {
  const { code } = transformSync(replace(readFileSync(join(root, path), "utf8")), { loader: "ts", format: "esm" });
  return import("data:text/javascript;base64," + Buffer.from(code).toString("base64"));
}

/** name → { file, params } of every handler. */
function findHandlers() {
  const folder = join(root, "assembly/sys");
  const found = new Map();
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(join(folder, file), "utf8");
    for (const m of text.matchAll(/^export function sys_(\w+)\(([^)]*)\)\s*:\s*(\w+)/gm)) {
      const params = m[2].split(",").map((s) => s.trim()).filter(Boolean);
      const where = `assembly/sys/${file}: sys_${m[1]}`;
      if (m[3] !== "i64") throw new Error(`${where} must return i64`);
      for (const p of params) if (!/:\s*u64$/.test(p)) throw new Error(`${where}: parameter "${p}" must be u64`);
      if (found.has(m[1])) throw new Error(`${where} is also in ${found.get(m[1]).file}`);
      found.set(m[1], { file: file.slice(0, -3), params: params.length });
    }
  }
  return found;
}

function writeIfChanged(path, text) {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  if (!existsSync(full) || readFileSync(full, "utf8") !== text) writeFileSync(full, text);
}

function dispatchText(rows, handlers) {
  const used = rows.filter((r) => handlers.has(r.name));
  const files = new Map();
  for (const r of used) {
    const { file } = handlers.get(r.name);
    files.set(file, [...(files.get(file) ?? []), `sys_${r.name}`]);
  }
  let text = "// Made by tools/gen-syscalls.mjs from host/trace/table.ts and assembly/sys/.\n";
  text += `import { ENOSYS } from "../abi/errno";\n`;
  for (const [file, names] of files) text += `import { ${names.join(", ")} } from "../sys/${file}";\n`;
  text += "\n/** Runs system call `nr` of the current task: its value, −errno, or BLOCKED. */\n";
  text += "export function dispatch(nr: i32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64): i64 {\n  switch (nr) {\n";
  for (const r of used) {
    const args = ["a0", "a1", "a2", "a3", "a4", "a5"].slice(0, handlers.get(r.name).params);
    text += `    case ${r.nr}: return sys_${r.name}(${args.join(", ")});\n`;
  }
  // Every number has its case: only a dense switch becomes a br_table.
  const last = used.length ? used[used.length - 1].nr : 0;
  const handled = new Set(used.map((r) => r.nr));
  const others = Array.from({ length: last }, (_, nr) => nr).filter((nr) => !handled.has(nr));
  for (let i = 0; i < others.length; i += 16) text += `    ${others.slice(i, i + 16).map((nr) => `case ${nr}:`).join(" ")}\n`;
  text += "    default: return -ENOSYS;\n  }\n}\n";
  return text;
}

function hostText(rows, handlers) {
  let text = "// Made by tools/gen-syscalls.mjs from host/trace/table.ts and assembly/sys/.\n\n";
  text += "/** Number of every system call by its name. */\nexport const SYS = {\n";
  for (const r of rows) text += `  ${r.name}: ${r.nr},\n`;
  text += "} as const;\n\nexport type SyscallName = keyof typeof SYS;\nexport type SyscallNumber = (typeof SYS)[SyscallName];\n";
  text += "export type SyscallArgument = number | bigint;\n\n/** Arguments of every system call by its name. */\nexport interface SyscallArguments {\n";
  for (const r of rows) text += `  ${r.name}: [${r.args.map((a) => `${a.name}?: SyscallArgument`).join(", ")}];\n`;
  text += "}\n\n/** Names of the calls that have a handler in the machine. */\n";
  text += `export const HANDLED: ReadonlySet<string> = new Set<string>([\n`;
  for (const r of rows) if (handlers.has(r.name)) text += `  "${r.name}",\n`;
  return text + "]);\n";
}

function docsText(rows, handlers) {
  const have = rows.filter((r) => handlers.has(r.name)).length;
  let text = "# System calls\n\nMade by `npm run docs` from host/trace/table.ts; a call is supported when assembly/sys/ has its handler.\n";
  text += `${have} of the ${rows.length} x86-64 system calls of Linux 6.18 are there; the others give ENOSYS.\n\n`;
  text += "| # | call | support | may block |\n|--:|---|---|---|\n";
  for (const r of rows) {
    const support = !handlers.has(r.name) ? "ENOSYS" : r.remark || "full";
    text += `| ${r.nr} | ${r.name}(${r.args.map((a) => a.name).join(", ")}) | ${support} | ${r.blocks ? "yes" : ""} |\n`;
  }
  return text;
}

const { TABLE } = await loadTypeScript("host/trace/table.ts");
const { ROWS: rows } = await loadTypeScript("host/trace/rows.ts", (text) =>
  text.replace(/^import .*table\.ts";$/m, `const TABLE = ${JSON.stringify(TABLE)};`));
const handlers = findHandlers();
const names = new Map(rows.map((r) => [r.name, r]));
for (const [name, h] of handlers) {
  const row = names.get(name);
  if (!row) throw new Error(`assembly/sys/${h.file}.ts: sys_${name} is not in host/trace/table.ts`);
  if (h.params > row.args.length) throw new Error(`assembly/sys/${h.file}.ts: sys_${name} takes ${h.params} arguments, the table has ${row.args.length}`);
}
writeIfChanged("assembly/gen/dispatch.ts", dispatchText(rows, handlers));
writeIfChanged("host/gen/syscalls.ts", hostText(rows, handlers));
if (process.argv.includes("--docs")) writeIfChanged("docs/syscalls.md", docsText(rows, handlers));
