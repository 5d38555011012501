// Programs that depend on a CPU that is right to the last bit, on Linux and in ring3: libm and printf of long doubles, and compressors and
// digests of Debian's packages.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { debianPackage } from "../lib/debian.mjs";
import { buildGuest, missing } from "../lib/guest.mjs";
import { ring3, root, run } from "../lib/process.mjs";
import { fail, suite } from "../lib/suite.mjs";

const t = suite("cpu/programs");
const LIMIT = { limitMs: 600_000 };
/** Without them glibc takes other paths, with other roundings. */
const MASKED = "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-FMA,-FMA4,-AVX_Usable,-AVX2_Usable,-FMA_Usable,-FMA4_Usable,-AVX512F_Usable";

function firstDifference(a, b) {
  const [x, y] = [a.split("\n"), b.split("\n")];
  const at = x.findIndex((line, i) => line !== y[i]);
  return `line ${at + 1} of ${x.length}: Linux ${x[at]}, ring3 ${y[at]}`;
}

for (const [name, what] of [["libm", "sin, cos, tan, exp, log, atan2, pow of 100,000 values each"], ["long_double", "printf of 10,000 long doubles"]]) {
  const why = missing("static");
  if (why) t.skip(what, why);
  else
    t.test(what, async () => {
      const program = buildGuest(join(root, "tests/cpu/programs", `${name}.c`), "static", ["-O1"]);
      const native = await run(program, [], { env: { GLIBC_TUNABLES: MASKED } });
      const ours = await ring3(["run", program], { timeoutMs: 500_000 });
      if (ours.status !== 0) fail(`status ${ours.status}: ${ours.stderr}`);
      if (native.stdout !== ours.stdout) fail(firstDifference(native.stdout, ours.stdout));
    }, LIMIT);
}

/** A root of Debian's files, made once. */
function programRoot() {
  const folder = join(root, ".cache/cpu/root");
  if (existsSync(folder)) return folder;
  const parts = ["libc6", "xz-utils", "liblzma5", "gzip", "bzip2", "libbz2-1.0", "openssl", "libssl3"].map(debianPackage);
  if (parts.includes(null)) return null;
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  for (const part of parts) cpSync(part, making, { recursive: true, verbatimSymlinks: true, force: true });
  mkdirSync(join(making, "tmp"), { recursive: true });
  cpSync(making, folder, { recursive: true, verbatimSymlinks: true });
  rmSync(making, { recursive: true });
  return folder;
}

/** Words and noise: 200 KiB. */
function sample() {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  const bytes = [];
  while (bytes.length < 200 << 10) {
    if (next() >>> 28 < 12) bytes.push(...Buffer.from(`word${next() >>> 24} `));
    else for (let i = 0; i < 40; i += 1) bytes.push(next() >>> 24);
  }
  return Buffer.from(bytes);
}

const folder = process.arch === "x64" && process.platform === "linux" ? programRoot() : null;
if (!folder) t.skip("xz, gzip, bzip2, openssl", "Debian's packages cannot be fetched here");
else {
  const data = sample();
  const find = (name) => [`/usr/bin/${name}`, `/bin/${name}`].find((path) => existsSync(folder + path));
  /** Runs a program of the root on the sample. */
  async function guest(name, args) {
    const work = mkdtempSync(join(tmpdir(), "ring3-"));
    try {
      writeFileSync(join(work, "in"), data);
      const result = await ring3(["run", "--root", folder, "--mount", `${work}:/data:cow`, find(name), ...args], { timeoutMs: 500_000 });
      if (result.status !== 0) fail(`${name}: status ${result.status}: ${result.stderr}`);
      return result.stdout;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  /** The same on Linux, with the root's own loader and libraries. */
  function linux(name, args, input) {
    const libraries = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"].map((path) => folder + path).join(":");
    return run(join(folder, "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"), ["--library-path", libraries, folder + find(name), ...args], { input });
  }
  t.test("xz compresses as on Linux, and xz -t finds the result whole", async () => {
    const packed = await guest("xz", ["-1", "-c", "/data/in"]);
    const native = await linux("xz", ["-1", "-c"], data);
    if (packed !== native.stdout) fail(`${packed.length} bytes, on Linux ${native.stdout.length}`);
    const file = Buffer.from(packed, "latin1");
    const work = mkdtempSync(join(tmpdir(), "ring3-"));
    writeFileSync(join(work, "in.xz"), file);
    const whole = await ring3(["run", "--root", folder, "--mount", `${work}:/data:cow`, find("xz"), "-tv", "/data/in.xz"], { timeoutMs: 500_000 });
    const spoilt = Buffer.from(file);
    spoilt[spoilt.length >> 1] ^= 1;
    writeFileSync(join(work, "in.xz"), spoilt);
    const broken = await ring3(["run", "--root", folder, "--mount", `${work}:/data:cow`, find("xz"), "-t", "/data/in.xz"], { timeoutMs: 500_000 });
    rmSync(work, { recursive: true, force: true });
    if (whole.status !== 0 || broken.status !== 1) fail(`status ${whole.status} of a whole file, ${broken.status} of a spoilt one: ${whole.stderr}${broken.stderr}`);
  }, LIMIT);
  t.test("gzip: what it packs is what it was given", async () => {
    const packed = Buffer.from(await guest("gzip", ["-c", "/data/in"]), "latin1");
    if (!gunzipSync(packed).equals(data)) fail("other bytes");
  }, LIMIT);
  t.test("bzip2 compresses as on Linux", async () => {
    const packed = await guest("bzip2", ["-c", "/data/in"]);
    const native = await linux("bzip2", ["-c"], data);
    if (packed !== native.stdout) fail(`${packed.length} bytes, on Linux ${native.stdout.length}`);
  }, LIMIT);
  for (const digest of ["sha256", "sha512", "md5", "sha1", "blake2b512"])
    t.test(`openssl dgst -${digest}`, async () => {
      const said = (await guest("openssl", ["dgst", `-${digest}`, "-r", "/data/in"])).split(" ")[0];
      const expected = createHash(digest).update(data).digest("hex");
      if (said !== expected) fail(`${said}, not ${expected}`);
    }, LIMIT);
}
