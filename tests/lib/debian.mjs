// Fetches Debian packages into .cache/debian without installing them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { have, root } from "./process.mjs";

const cache = join(root, ".cache/debian");
let updated = false;

function download(name, folder) {
  return spawnSync("apt-get", ["download", name], { cwd: folder, encoding: "utf8", timeout: 300_000 }).status === 0;
}

/** The folder that holds the package's files, or null where apt cannot give it. */
export function debianPackage(name) {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  if (!have("apt-get") || !have("dpkg-deb")) return null;
  const work = join(cache, `.${name}.${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    if (!download(name, work)) {
      if (updated) return null;
      updated = true;
      spawnSync("apt-get", ["update", "-qq"], { timeout: 300_000 });
      if (!download(name, work)) return null;
    }
    const deb = readdirSync(work).find((file) => file.endsWith(".deb"));
    const files = join(work, "files");
    if (spawnSync("dpkg-deb", ["-x", join(work, deb), files]).status !== 0) return null;
    if (!existsSync(folder)) renameSync(files, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The path of the static busybox, or null. */
export function busybox() {
  const folder = debianPackage("busybox-static");
  if (!folder) return null;
  return [join(folder, "bin/busybox"), join(folder, "usr/bin/busybox")].find(existsSync) ?? null;
}
