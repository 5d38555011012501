// Makes a checkout ready with nothing but Node and npm: installs packages when the lock file
// changed, builds what is stale, and does nothing when all is fresh. No dependencies.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stale } from "./stale.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".ring3-lock");

/** What npm installed, by its own record, is what the lock file asks for. */
function installedAsLocked(lockText) {
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const have = JSON.parse(readFileSync(record, "utf8")).packages;
  for (const [name, entry] of Object.entries(JSON.parse(lockText).packages)) {
    if (name === "" || entry.optional) continue;
    if (have[name]?.version !== entry.version) return false;
  }
  return true;
}

export function ensureInstalled() {
  const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
  const hash = createHash("sha1").update(lockText).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  // A linked folder belongs to another work tree, which installs for itself.
  const linked = existsSync(modules) && lstatSync(modules).isSymbolicLink();
  if (!linked && !installedAsLocked(lockText)) {
    process.stderr.write("ring3: installing packages\n");
    // The npm that runs us; a package's own npm in node_modules/.bin must not take its place.
    const self = process.env.npm_execpath;
    const [file, first] = self ? [process.execPath, [self]] : ["npm", []];
    const npm = spawnSync(file, [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: !self && process.platform === "win32",
    });
    if (npm.status !== 0) {
      process.stderr.write("ring3: npm ci failed\n");
      process.exit(125);
    }
  }
  if (!linked) writeFileSync(stamp, hash);
}

/** Installs and builds as far as that is needed. */
export async function ensureReady() {
  ensureInstalled();
  if (stale().length === 0) return;
  const { build } = await import("./build.mjs");
  await build();
}
