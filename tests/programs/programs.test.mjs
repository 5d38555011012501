// Whole programs of Debian packages that talk over sockets, shared memory and semaphores: every script of this folder on
// Linux (in a chroot) and in ring3, same output and same end. RING3_SCRIPT=NAME runs only those whose name holds NAME.
// Head lines: `# limit: SECONDS` for each side, `# uid: N` of who runs it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DEBIAN_ENV, debianRoot, noChroot, runInChroot } from "../lib/debian-root.mjs";
import { runGuest } from "../lib/guest-runner.mjs";
import { root } from "../lib/process.mjs";
import { sameRun, suite } from "../lib/suite.mjs";

const PACKAGES = [
  "bash dash coreutils findutils grep sed util-linux procps passwd base-passwd libc-bin tzdata python3 python3-dbus python3-gi",
  "dbus-daemon dbus-bin systemd socat xz-utils postgresql-15 stress-ng",
].join(" ").split(" ");

const t = suite("programs", { parallel: 2, attempts: 2 });
const place = join(root, "tests/programs");
const folder = debianRoot(PACKAGES);
const reason = folder ? noChroot() : "apt cannot give the packages here";

function head(text, name, otherwise) {
  const found = text.match(new RegExp(`^# ${name}: (.*)$`, "m"));
  return found ? Number(found[1]) : otherwise;
}

for (const file of readdirSync(place).filter((name) => name.endsWith(".sh")).sort()) {
  const name = file.slice(0, -3);
  if (!name.includes(process.env.RING3_SCRIPT ?? "")) continue;
  if (reason) {
    t.skip(name, reason);
    continue;
  }
  const text = readFileSync(join(place, file), "utf8");
  const limitMs = head(text, "limit", 60) * 1000;
  const uid = head(text, "uid", 0);
  t.test(
    name,
    async () => {
      const native = uid ? ["/usr/bin/setpriv", [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "/bin/bash", "-c", text]] : ["/bin/bash", ["-c", text]];
      const expected = await runInChroot(folder, ...native, { timeoutMs: limitMs });
      const options = ["--root", folder, "--cwd", "/tmp", "--uid", String(uid)];
      const got = await runGuest("/bin/bash", ["-c", text], { env: DEBIAN_ENV, options, timeoutMs: limitMs });
      sameRun(got, expected);
    },
    { limitMs: 2 * limitMs + 10_000 },
  );
}
