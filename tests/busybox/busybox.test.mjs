// Debian's busybox-static: every command of commands.txt on Linux (in a chroot) and in ring3, same output and status.
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busybox } from "../lib/debian.mjs";
import { runGuest } from "../lib/guest-runner.mjs";
import { must, root, run } from "../lib/process.mjs";
import { sameRun, suite } from "../lib/suite.mjs";

const t = suite("busybox", { parallel: 2, attempts: 3 });
const ENV = { PATH: "/bin", HOME: "/" };
const program = busybox();
const commands = readFileSync(join(root, "tests/busybox/commands.txt"), "utf8")
  .split(/\n\n+/)
  .map((text) => text.replace(/^## .*\n?/gm, "").replace(/\n$/, ""))
  .filter(Boolean);
const wanted = process.env.RING3_COMMAND;

/** A root folder for chroot: busybox and its applets, devices, an empty /tmp. */
function template() {
  const folder = mkdtempSync(join(tmpdir(), "ring3-busybox-"));
  for (const name of ["bin", "dev", "proc", "tmp"]) mkdirSync(join(folder, name));
  chmodSync(join(folder, "tmp"), 0o1777);
  cpSync(program, join(folder, "bin/busybox"));
  for (const applet of must(program, ["--list"]).trim().split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", join(folder, "bin", applet));
  }
  const devices = { null: [1, 3], zero: [1, 5], full: [1, 7], random: [1, 8], urandom: [1, 9], tty: [5, 0] };
  for (const [name, [major, minor]] of Object.entries(devices)) must("mknod", ["-m", "666", join(folder, "dev", name), "c", String(major), String(minor)]);
  return folder;
}

/** In a mount namespace of its own: /proc, and an empty /tmp. */
function native(folder, command) {
  const script = `mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/tmp" && exec chroot "$0" /bin/busybox sh -c 'cd /tmp && exec /bin/busybox env -i PATH=/bin HOME=/ /bin/busybox sh -c "$0"' "$1"`;
  return run("unshare", ["-m", "sh", "-c", script, folder, command], { env: { ...ENV, PATH: "/bin:/usr/bin:/sbin:/usr/sbin" } });
}

function whyNot() {
  if (!program) return "apt cannot give busybox-static here";
  if (process.getuid() !== 0) return "a chroot needs root";
  if (spawnSync("unshare", ["-m", "true"]).status !== 0) return "unshare -m does not work here";
  return null;
}

const reason = whyNot();
const folder = reason ? null : template();
process.on("exit", () => folder && existsSync(folder) && rmSync(folder, { recursive: true, force: true }));
for (const command of commands) {
  if (wanted && !command.includes(wanted)) continue;
  const title = command.replaceAll("\n", "⏎").slice(0, 90);
  if (reason) {
    t.skip(title, reason);
    continue;
  }
  t.test(title, async () => {
    const expected = await native(folder, command);
    const got = await runGuest("/bin/busybox", ["sh", "-c", command], { env: ENV, options: ["--root", folder, "--cwd", "/tmp"] });
    sameRun(got, expected);
  });
}
