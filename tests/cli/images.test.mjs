// `--root` with a tar archive: plain, gzip and xz, in tar's formats; what is damaged or leads upwards is refused.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { have, ring3 } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("images");
const base = mkdtempSync(join(tmpdir(), "ring3-images-"));
process.on("exit", () => rmSync(base, { recursive: true, force: true }));
const BUSYBOX = "/bin/busybox";

if (!existsSync(BUSYBOX) || !have("tar")) t.skip("archives as roots", "no busybox-static or tar");
else {
  const long = `${"d".repeat(90)}/${"e".repeat(90)}`;
  execFileSync("sh", ["-c", `mkdir -p in/bin in/etc in/${long} && cp ${BUSYBOX} in/bin/ && cd in && ln bin/busybox bin/hard && ln -s busybox bin/sh && echo long > ${long}/f && echo text > etc/f && chmod 640 etc/f && mkfifo fifo`], { cwd: base });
  const make = (name, ...options) => execFileSync("tar", ["-C", "in", "--owner=5", "--group=6", ...options, "-f", name, "."], { cwd: base });
  make("gnu.tar", "-c", "--format=gnu");
  make("ustar.tar", "-c", "--format=ustar");
  make("pax.tar.gz", "-cz", "--format=pax");
  make("pax.tar.xz", "-cJ", "--format=pax");
  for (const name of ["gnu.tar", "ustar.tar", "pax.tar.gz", "pax.tar.xz"]) {
    t.test(name, async () => {
      const script = `cat /etc/f /${long}/f; stat -c '%a %u:%g %h %F' /etc/f /bin/hard /fifo; readlink /bin/sh; echo new > /etc/f; cat /etc/f`;
      const { stdout, stderr } = await ring3(["run", "--root", join(base, name), "/bin/sh", "-c", script]);
      equal(stdout, "text\nlong\n640 5:6 1 regular file\n755 5:6 2 regular file\n644 5:6 1 fifo\nbusybox\nnew\n", stderr);
    });
  }
  t.test("what is no archive, or leads upwards, is refused", async () => {
    writeFileSync(join(base, "text"), "no archive");
    const text = await ring3(["run", "--root", join(base, "text"), "/bin/sh"]);
    equal(text.status, 126, "status");
    ok(text.stderr.includes("tar archive"), text.stderr);
    execFileSync("tar", ["-cPf", "up.tar", "--transform=s,^,../,", "in/etc/f"], { cwd: base });
    const up = await ring3(["run", "--root", join(base, "up.tar"), "/bin/sh"]);
    ok(up.stderr.includes("leads upwards"), up.stderr);
  });
}
