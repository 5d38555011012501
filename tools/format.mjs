// `npm run format [-- FILE…]`: prettier with the AssemblyScript plug-in (the only formatter that
// reads `@inline function`). Generated and vendored files are left alone.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root } from "./setup.mjs";

ensureInstalled();
const files = process.argv.slice(2);
const prettier = join(root, "node_modules/prettier/bin/prettier.cjs");
const run = (args) => spawnSync(process.execPath, [prettier, "--log-level", "warn", "--print-width", "140", "--write", ...args], { cwd: root, stdio: "inherit" }).status ?? 1;
const isMachine = (file) => file.startsWith("assembly/");
const chosen = files.length ? files : ["assembly/{cpu,dev,fs,ipc,lib,mm,net,sys,task}/**/*.ts", "assembly/*.ts", "host/**/*.ts", "tools/*.mjs", "tests/**/*.{mjs,ts}", "bench/*.mjs"];
const machine = chosen.filter(isMachine);
const others = chosen.filter((file) => !isMachine(file));
let status = 0;
if (machine.length) status |= run(["--plugin", "assemblyscript-prettier", ...machine]);
if (others.length) status |= run(others);
process.exit(status);
