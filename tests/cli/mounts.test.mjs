// `--root`, `--rw` and `--mount` as commands, with an assembler guest that copies its files to standard output.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ring3, root } from "../lib/process.mjs";
import { equal, ok, suite } from "../lib/suite.mjs";

const t = suite("mounts", { parallel: 2, attempts: 2 });
const base = mkdtempSync(join(tmpdir(), "ring3-cli-mounts-"));
process.on("exit", () => rmSync(base, { recursive: true, force: true }));
const cat = join(root, "examples/cat.s");
const BUSYBOX = "/bin/busybox";

function folder(name, files) {
  const path = join(base, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

t.test("--mount shows a folder and a file", async () => {
  const host = folder("shown", { a: "one\n" });
  for (const mode of ["", ":cow", ":ro", ":rw"]) {
    const { stdout } = await ring3(["run", "--mount", `${host}:/data${mode}`, cat, "/data/a"]);
    equal(stdout, "one\n", `folder ${mode}`);
    const file = await ring3(["run", "--mount", `${join(host, "a")}:/etc/a${mode}`, cat, "/etc/a"]);
    equal(file.stdout, "one\n", `file ${mode}`);
  }
  equal(readdirSync(host).join(), "a", "names");
});

t.test("what is wrong is said", async () => {
  const unknown = await ring3(["run", "--mount", "/tmp:/t:wr", cat]);
  ok(unknown.stderr.includes("cow, ro and rw"), unknown.stderr);
  equal((await ring3(["run", "--rw", cat])).status, 125, "--rw alone");
  equal((await ring3(["run", "--mount", `${base}/none:/t:rw`, cat])).status, 127, "no such folder");
});

if (!existsSync(BUSYBOX)) t.skip("--root --rw", "no busybox-static");
else {
  const shell = (options, script) => ring3(["run", ...options, "/bin/busybox", "sh", "-c", script]);
  const makeRoot = (name) => {
    const path = folder(name, {});
    mkdirSync(join(path, "bin"));
    writeFileSync(join(path, "bin/busybox"), readFileSync(BUSYBOX), { mode: 0o755 });
    return path;
  };

  t.test("--root alone leaves the folder as it is", async () => {
    const path = makeRoot("cow");
    const { stdout, status } = await shell(["--root", path], "echo new > /file; mkdir /made; cat /file");
    equal(stdout, "new\n", "stdout");
    equal(status, 0, "status");
    equal(readdirSync(path).join(), "bin", "names");
  });

  t.test("--root --rw writes to the folder", async () => {
    const path = makeRoot("rw");
    const { stdout, status } = await shell(["--root", path, "--rw"], "echo new > /file; mkdir /made; ls /proc/self/exe > /dev/null && echo $$ > /made/pid; grep -c ' / hostfs ' /proc/mounts");
    equal(stdout, "1\n", "stdout");
    equal(status, 0, "status");
    equal(readFileSync(join(path, "file"), "utf8"), "new\n", "file");
    ok(existsSync(join(path, "made/pid")), "made/pid");
    equal(readdirSync(path).sort().join(), "bin,dev,file,made,proc,sys", "names");
    equal(readdirSync(join(path, "dev")).join(), "", "dev");
  });

  t.test("a program from outside the root is not written into it", async () => {
    const path = makeRoot("program");
    const { stdout } = await ring3(["run", "--root", path, "--rw", cat, "/bin/busybox"], { encoding: "latin1" });
    ok(stdout.length > 100000, `${stdout.length} bytes`);
    equal(readdirSync(path).sort().join(), "bin,dev,proc,sys", "names");
  });

  t.test("a killed machine leaves what a killed program leaves", async () => {
    const path = makeRoot("killed");
    const { status } = await ring3(["run", "--root", path, "--rw", "--fuel", "20000000", "/bin/busybox", "sh", "-c", "echo before > /a; while :; do :; done"]);
    equal(status, 152, "status");
    equal(readFileSync(join(path, "a"), "utf8"), "before\n", "what was written");
    equal(readdirSync(path).sort().join(), "a,bin,dev,proc,sys", "names");
  });
}
