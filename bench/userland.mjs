// Debian's programs natively (chroot), under qemu-x86_64 and under ring3: `npm run bench -- userland`. What other programs
// a program starts qemu leaves to the machine itself, so rows of several processes have no figure for it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { DEBIAN_ENV, debianRoot, noChroot } from "../tests/lib/debian-root.mjs";
import { have, root } from "../tests/lib/process.mjs";

const RUNS = 3;
const TRUES = 100;
const REPOSITORY = "/srv/bench";
const many = (count) => ["/bin/bash", "-c", `for ((i = 0; i < ${count}; i++)); do /bin/true; done`];
/** [title, words, whether one process does it, divided by] */
const CASES = [
  ["bash: 1,000 empty turns", ["/bin/bash", "-c", "for i in {1..1000}; do :; done"], true],
  ["find / | wc -l", ["/bin/bash", "-c", "find / -xdev | wc -l"], false],
  ["python3 -c pass", ["/usr/bin/python3", "-c", "pass"], true],
  ["git status", ["/usr/bin/git", "-C", REPOSITORY, "status"], true],
  ["fork, exec, wait of /bin/true", many(TRUES), false, many(0)],
];

const environment = Object.entries(DEBIAN_ENV).map(([key, value]) => `${key}=${value}`);

function engines(folder) {
  const given = environment.flatMap((text) => ["--env", text]);
  return {
    native: (words) => ["chroot", [folder, "/usr/bin/env", "-i", ...environment, ...words]],
    qemu: ([program, ...args]) => ["qemu-x86_64", ["-L", folder, join(folder, program), ...args.map((word) => (word === REPOSITORY ? join(folder, word) : word))]],
    ring3: (words) => [process.execPath, [join(root, "bin/ring3.js"), "run", "--clear-env", ...given, "--root", folder, ...words]],
  };
}

function repository(folder) {
  if (existsSync(join(folder, REPOSITORY))) return;
  const script = `mkdir -p ${REPOSITORY} && cd ${REPOSITORY} && git init -q && seq 1000 >numbers && cp -r /usr/share/perl/5.36/CPAN* . && git add . && git -c user.name=x -c user.email=x commit -qm bench`;
  spawnSync("chroot", [folder, "/usr/bin/env", "-i", ...environment, "/bin/bash", "-c", script]);
}

function least([file, args]) {
  let ms = Infinity;
  for (let i = 0; i < RUNS; i += 1) {
    const began = process.hrtime.bigint();
    const { status } = spawnSync(file, args, { stdio: "ignore" });
    if (status !== 0) return NaN;
    ms = Math.min(ms, Number(process.hrtime.bigint() - began) / 1e6);
  }
  return ms;
}

/** Rows of the table: title, ms natively, under qemu and under ring3, and the ratios. */
export function userland() {
  const folder = debianRoot();
  const reason = folder ? noChroot() : "apt cannot give the packages here";
  if (reason) return { skipped: reason };
  repository(folder);
  const start = engines(folder);
  const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "-");
  const rows = CASES.map(([title, words, alone, without]) => {
    const ms = {};
    for (const engine of Object.keys(start)) {
      if (engine === "qemu" && (!alone || !have("qemu-x86_64"))) continue;
      ms[engine] = least(start[engine](words));
      if (without) ms[engine] = (ms[engine] - least(start[engine](without))) / TRUES;
    }
    return [title, number(ms.native, 2), number(ms.qemu, 1), number(ms.ring3, 2), number(ms.ring3 / ms.native, 1), number(ms.ring3 / ms.qemu, 2)];
  });
  return { head: ["program", "native ms", "qemu ms", "ring3 ms", "ring3/native", "ring3/qemu"], rows };
}
