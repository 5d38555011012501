// The examples and other assembler sources as programs in .cache/examples, made with host/asm.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { root } from "./process.mjs";

let assembler;

/** host/asm bundled once for suites that are plain JavaScript. */
async function loadAssembler() {
  if (assembler) return assembler;
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(root, "host/asm/index.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
  });
  assembler = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  return assembler;
}

/** Bytes of the program that is made from source text. */
export async function assembleText(source) {
  return (await loadAssembler()).assemble(source);
}

/** Path of the program made of examples/NAME.s, or of the text given. */
export async function assembled(name, source = readFileSync(join(root, "examples", `${name}.s`), "utf8")) {
  const folder = join(root, ".cache/examples");
  const path = join(folder, `${name}-${createHash("sha1").update(source).digest("hex").slice(0, 10)}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const making = `${path}.${process.pid}`;
  writeFileSync(making, await assembleText(source));
  chmodSync(making, 0o755);
  renameSync(making, path);
  return path;
}
