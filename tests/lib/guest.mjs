// Builds guest programs with the machine's compilers, once per content, into .cache/guest.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { have, root } from "./process.mjs";

const cache = join(root, ".cache/guest");

/** Compiler and options of each way to build. */
export const FLAVOURS = {
  static: ["gcc", "-static"],
  pie: ["gcc", "-static-pie", "-fPIE"],
  musl: ["musl-gcc", "-static"],
  bare: ["gcc", "-static", "-nostdlib", "-fno-stack-protector"],
};

/** Why a flavour cannot be built here, or null. */
export function missing(flavour) {
  const compiler = FLAVOURS[flavour][0];
  return have(compiler) ? null : `${compiler} is not installed`;
}

/** Path of the program made from C file `source`; throws with the compiler's text. */
export function buildGuest(source, flavour = "static", options = []) {
  const [compiler, ...base] = FLAVOURS[flavour];
  const args = ["-O2", "-w", "-pthread", ...base, ...options];
  const text = readFileSync(source);
  const shared = join(dirname(source), "guest.h");
  const hash = createHash("sha1").update(text).update(args.join("\0"));
  if (existsSync(shared)) hash.update(readFileSync(shared));
  const file = join(cache, `${basename(source, ".c")}-${flavour}-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const making = `${file}.${process.pid}`;
  const result = spawnSync(compiler, [...args, "-o", making, source, "-lm"], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${compiler} ${basename(source)}: ${result.stderr || result.error}`);
  renameSync(making, file);
  return file;
}
