// A Debian root folder in .cache: packages with all that they depend on, unpacked without being installed, and what
// their installation scripts would have made as far as programs need it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { have, must, root, run } from "./process.mjs";

const cache = join(root, ".cache/debian");
const USERLAND = [
  "bash dash coreutils findutils grep sed mawk gawk tar gzip xz-utils zstd bzip2 cpio perl python3 libpython3.11-testsuite sqlite3 git make tcc gcc libc6-dev binutils",
  "procps psmisc util-linux util-linux-extra bsdextrautils stress-ng diffutils patch file bc dc jq less openssl curl pv socat m4 ed time",
  "debianutils hostname base-files base-passwd passwd libc-bin tzdata",
].join(" ").split(" ");
const MERGED = ["bin", "sbin", "lib", "lib64"];
/** What Debian's alternatives would link. */
const LINKS = { "usr/bin/awk": "mawk", "usr/bin/pager": "less", "usr/bin/cc": "gcc", "usr/bin/which": "which.debianutils" };
const DEVICES = { null: [1, 3], zero: [1, 5], full: [1, 7], random: [1, 8], urandom: [1, 9], tty: [5, 0] };

/** apt-get as on a machine where nothing is installed. */
function apt(folder, args) {
  const status = join(folder, "status");
  writeFileSync(status, "");
  return spawnSync("apt-get", ["-o", `Dir::State::status=${status}`, "-o", "Debug::NoLocking=true", ...args], { cwd: folder, encoding: "utf8", timeout: 900_000 });
}

/** The names of the packages and all that they depend on. */
function closure(folder, names) {
  const args = ["-s", "--no-install-recommends", "install", ...names];
  let planned = apt(folder, args);
  if (planned.status !== 0) {
    spawnSync("apt-get", ["update", "-qq"], { timeout: 300_000 });
    planned = apt(folder, args);
  }
  if (planned.status !== 0) throw new Error(`apt-get: ${planned.stderr}`);
  return [...planned.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
}

function unpack(deb, folder) {
  must("sh", ["-c", 'dpkg-deb --fsys-tarfile "$0" | tar -x --keep-directory-symlink -C "$1"', deb, folder]);
}

/** What the installation scripts of libc-bin, base-passwd and others leave behind. */
function configure(folder) {
  for (const [place, target] of Object.entries(LINKS)) {
    if (!existsSync(join(folder, place))) symlinkSync(target, join(folder, place));
  }
  for (const name of ["passwd", "group"]) cpSync(join(folder, "usr/share/base-passwd", `${name}.master`), join(folder, "etc", name));
  cpSync(join(folder, "usr/share/libc-bin/nsswitch.conf"), join(folder, "etc/nsswitch.conf"));
  writeFileSync(join(folder, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
  symlinkSync("/usr/share/zoneinfo/Etc/UTC", join(folder, "etc/localtime"));
  for (const name of ["proc", "sys", "tmp", "dev/shm", "root"]) mkdirSync(join(folder, name), { recursive: true });
  must("chmod", ["1777", join(folder, "tmp")]);
  if (process.getuid() !== 0) return;
  for (const [name, [major, minor]] of Object.entries(DEVICES)) must("mknod", ["-m", "666", join(folder, "dev", name), "c", String(major), String(minor)]);
  for (const [name, target] of Object.entries({ fd: "/proc/self/fd", stdin: "fd/0", stdout: "fd/1", stderr: "fd/2" })) symlinkSync(target, join(folder, "dev", name));
  must("chroot", [folder, "/sbin/ldconfig"]);
  // As python3's packages do: so that neither side writes what it has compiled.
  spawnSync("chroot", [folder, "/usr/bin/python3", "-m", "compileall", "-q", "-x", "lib2to3/tests|test/bad", "/usr/lib/python3.11"], { timeout: 600_000 });
}

/** The folder of a Debian root with the packages, made when it is not there; null where apt cannot give it. */
export function debianRoot(names = USERLAND) {
  if (!have("apt-get") || !have("dpkg-deb")) return null;
  const place = join(cache, `root-${createHash("sha256").update(names.join(" ")).digest("hex").slice(0, 12)}`);
  if (existsSync(place)) return place;
  const work = join(cache, `.root.${process.pid}`);
  const folder = join(work, "root");
  mkdirSync(folder, { recursive: true });
  try {
    const all = closure(work, names);
    const got = spawnSync("apt-get", ["download", ...all], { cwd: work, encoding: "utf8", timeout: 1_800_000 });
    if (got.status !== 0) throw new Error(`apt-get download: ${got.stderr}`);
    for (const name of MERGED) {
      mkdirSync(join(folder, "usr", name), { recursive: true });
      symlinkSync(`usr/${name}`, join(folder, name));
    }
    for (const deb of readdirSync(work).filter((file) => file.endsWith(".deb")).sort()) unpack(join(work, deb), folder);
    configure(folder);
    if (!existsSync(place)) renameSync(folder, place);
    return place;
  } catch (error) {
    process.stdout.write(`# no Debian root: ${error.message.trim().split("\n").slice(-3).join(" ")}\n`);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Why a Debian root cannot be entered on this machine itself, or null. */
export function noChroot() {
  if (process.getuid() !== 0) return "a chroot needs root";
  if (spawnSync("unshare", ["-m", "-i", "-p", "-f", "true"]).status !== 0) return "unshare -m -i -p does not work here";
  return null;
}

export const DEBIAN_ENV = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: "/tmp", LC_ALL: "C.UTF-8", TZ: "UTC" };

/**
 * Runs a program of the root on this machine's Linux: chroot in namespaces of its own with /proc, an empty /tmp,
 * /dev/shm and /run. What it leaves running ends with it.
 */
export function runInChroot(folder, program, args, options = {}) {
  const mounts = ['mount -t proc proc "$0/proc"', ...["tmp", "dev/shm", "run"].map((name) => `mount -t tmpfs tmpfs "$0/${name}"`)].join(" && ");
  const env = Object.entries({ ...DEBIAN_ENV, ...options.env }).map(([key, value]) => `${key}=${value}`);
  const script = `${mounts} && exec chroot "$0" /usr/bin/env -i -C /tmp "$@"`;
  return run("unshare", ["-m", "-i", "-p", "-f", "--kill-child", "sh", "-c", script, folder, ...env, program, ...args], { ...options, env: process.env });
}
