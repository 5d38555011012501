// `npm run example -- NAME`: runs examples/NAME.ts with any Node that ring3 runs on.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureReady, root } from "./setup.mjs";

/** The example as JavaScript, inside the package, where `ring3` names the package itself. */
export async function exampleScript(name) {
  const { transform } = await import("esbuild");
  const { code } = await transform(readFileSync(join(root, "examples", `${name}.ts`), "utf8"), { loader: "ts", format: "esm", target: "node20" });
  const folder = join(root, ".cache/examples");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, code);
  return path;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const name = basename(process.argv[2] ?? "", ".ts");
  if (!existsSync(join(root, "examples", `${name}.ts`))) {
    process.stderr.write("npm run example -- NAME, for a NAME.ts of examples/\n");
    process.exit(1);
  }
  await ensureReady();
  await import(pathToFileURL(await exampleScript(name)).href);
}
