// Makes dist/types: the declarations of the package's entries and of what they name. The whole build and `npm pack` ask for it.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";
import { markBuilt, stale } from "./stale.mjs";

const folder = join(root, "dist/types");

/** Declarations name each other as the compiler of their users looks for them. */
function nameAsJavaScript(path) {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/((?:from|import\() ?")(\.\.?\/[^"]+?)(?:\.ts)?"/g, '$1$2.js"').replaceAll('.json.js"', '.json"'));
}

export function buildTypes() {
  if (!stale({ lazy: true }).includes("types")) return;
  process.stderr.write("ring3: building types\n");
  rmSync(folder, { recursive: true, force: true });
  const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.types.json")], { cwd: root, encoding: "utf8" });
  if (tsc.status !== 0) throw new Error(`tsc: ${tsc.stdout.split("\n")[0]}`);
  for (const name of readdirSync(folder, { recursive: true })) if (name.endsWith(".d.ts")) nameAsJavaScript(join(folder, name));
  markBuilt("types");
}
