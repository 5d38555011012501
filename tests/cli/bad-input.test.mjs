// What cannot be run ends in one clear line of ring3 and status 126 or 127.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembled } from "../lib/assembled.mjs";
import { ring3 } from "../lib/process.mjs";
import { equal, fail, suite } from "../lib/suite.mjs";

const t = suite("bad input", { parallel: 2 });
const folder = mkdtempSync(join(tmpdir(), "ring3-bad-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const good = readFileSync(await assembled("hello"));

function file(name, bytes, mode = 0o755) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  return path;
}

/** A copy of the good program with some bytes changed: [offset, ...bytes]. */
function changed(name, ...changes) {
  const bytes = Buffer.from(good);
  for (const [at, ...values] of changes) bytes.set(values, at);
  return file(name, bytes);
}

function refused(title, path, status, args = []) {
  t.test(title, async () => {
    const result = await ring3(["run", path, ...args]);
    equal(result.stdout, "", "stdout");
    if (!/^ring3: [^\n]+\n$/.test(result.stderr)) fail(`stderr is not one line of ring3:\n${result.stderr}`);
    equal(result.status, status, `status (${result.stderr.trim()})`);
  });
}

const u16 = (value) => [value & 255, value >> 8];
const u64 = (value) => [...Array(8).keys()].map((i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
const PHDR = 64;

refused("no such file", join(folder, "none"), 127);
refused("a folder on the way is missing", join(folder, "none/none"), 127);
refused("a file where a folder should be", join(file("plain", "x"), "x"), 127);
mkdirSync(join(folder, "directory"));
refused("a folder", join(folder, "directory"), 126);
refused("not executable", file("no-x", good, 0o644), 126);
refused("an empty file", file("empty", ""), 126);
refused("text", file("text", "hello\n"), 126);
refused("an ELF of one byte", file("one", good.subarray(0, 1)), 126);
refused("an ELF without its header's end", file("short", good.subarray(0, 40)), 126);
refused("an ELF without program headers", file("header-only", good.subarray(0, 64)), 126);
refused("32 bits", changed("class", [4, 1]), 126);
refused("another machine", changed("machine", [18, ...u16(183)]), 126);
refused("a relocatable file", changed("relocatable", [16, ...u16(1)]), 126);
refused("a core file", changed("core", [16, ...u16(4)]), 126);
refused("no program headers", changed("no-headers", [56, 0, 0]), 126);
refused("program headers beyond the file", changed("far-headers", [32, ...u64(1 << 20)]), 126);
refused("program headers of a wrong size", changed("header-size", [54, ...u16(32)]), 126);
refused("too many program headers", changed("many", [56, ...u16(0xffff)]), 126);
refused("a segment in the kernel's half", changed("high", [PHDR + 16, ...u64(0xffff800000000000n)]), 126);
refused("a segment that is too big", changed("huge", [PHDR + 40, ...u64(1n << 50n)]), 126);
refused("a segment larger in the file than in memory", changed("more-in-file", [PHDR + 32, ...u64(0x2000)], [PHDR + 40, ...u64(0x1000)]), 126);
refused("a segment whose offset does not fit its address", changed("misaligned", [PHDR + 8, ...u64(1)]), 126);
refused("a script whose interpreter is missing", file("script", "#!/none/such\n"), 127);
refused("a script without an interpreter's name", file("blank-script", "#! \n"), 126);


const interpreter = Buffer.alloc(good.length + 64);
good.copy(interpreter);
interpreter.write("/lib64/ld-linux-x86-64.so.2\0", good.length);
interpreter.set([3, 0, 0, 0], PHDR + 56);
interpreter.set(u64(good.length), PHDR + 56 + 8);
interpreter.set(u64(28), PHDR + 56 + 32);
refused("a dynamic program without its interpreter", file("dynamic", interpreter), 127);

t.test("an entry outside the program is the guest's SIGSEGV", async () => {
  const result = await ring3(["run", changed("entry", [24, ...u64(0x1234)])]);
  equal(result.status, 139, "status");
  equal(result.stdout, "", "stdout");
});

for (const [title, args] of [
  ["no program", ["run"]],
  ["an unknown option", ["run", "--no-such-option", "x"]],
  ["an option without its value", ["run", "--env"]],
  ["an unknown command", ["frobnicate"]],
  ["a bad number", ["run", "--fuel", "lots", "x"]],
  ["a bad size", ["run", "--memory", "-1", "x"]],
]) {
  t.test(`${title} is a mistake of the user`, async () => {
    const result = await ring3(args);
    if (!/^ring3: [^\n]+\n/.test(result.stderr) || /\n\s+at /.test(result.stderr)) fail(`stderr:\n${result.stderr}`);
    if (result.status !== 125 && result.status !== 2 && result.status !== 1) fail(`status ${result.status}`);
    equal(result.stdout, "", "stdout");
  });
}
