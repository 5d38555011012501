// Makes assembly/task/vdso-image.ts from tools/vdso.c: `node tools/gen-vdso.mjs` (needs gcc). The result is
// checked in, a user has no compiler.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), "ring3-vdso-"));
try {
  writeFileSync(join(work, "map"), "LINUX_2.6 { global: __vdso_*; clock_gettime; gettimeofday; time; clock_getres; getcpu; local: *; };\n");
  const link = ["-soname=linux-vdso.so.1", `--version-script=${join(work, "map")}`, "--hash-style=both", "-z,max-page-size=4096", "-z,noseparate-code", "-z,norelro", "-Bsymbolic", "--build-id=none", "--no-warn-rwx-segments"];
  const out = join(work, "vdso.so");
  execFileSync("gcc", ["-O2", "-fPIC", "-shared", "-nostdlib", "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-fno-ident", ...link.map((l) => `-Wl,${l}`), join(here, "vdso.c"), "-o", out]);
  execFileSync("strip", ["--strip-all", out]);
  const file = readFileSync(out);
  const offset = file.indexOf(Buffer.from("emitlaer")); // the marker of realtime_offset, little endian
  // The data segment follows the text in the file and lies one page higher: both pages show the same frame.
  const bytes = file.subarray(0, offset + 8);
  if (offset < 0 || bytes.length > 4096) throw new Error("the vDSO does not have the shape that task/vdso.ts maps");
  // As in Linux's, there is one PT_LOAD (musl takes the load address from the last, glibc from the first that
  // is not at 0), and the dynamic section is read-only (else glibc relocates it in place).
  const [PT_LOAD, PT_DYNAMIC, PF_W] = [1, 2, 2];
  for (let i = 0, loads = 0; i < bytes.readUInt16LE(56); i += 1) {
    const at = bytes.readUInt32LE(32) + 56 * i;
    const type = bytes.readUInt32LE(at);
    if (type === PT_LOAD && loads++ > 0) bytes.writeUInt32LE(0, at);
    if (type === PT_DYNAMIC) bytes.writeUInt32LE(bytes.readUInt32LE(at + 4) & ~PF_W, at + 4);
  }
  // No section headers are kept.
  bytes.fill(0, 40, 48);
  bytes.fill(0, 58, 64);
  const rows = [];
  for (let i = 0; i < bytes.length; i += 32) rows.push("  " + [...bytes.subarray(i, i + 32)].join(", ") + ",");
  writeFileSync(
    join(here, "../assembly/task/vdso-image.ts"),
    `// Made by tools/gen-vdso.mjs from tools/vdso.c.\nexport const VDSO_BYTES: u32 = ${bytes.length};\n/** Where ns from CLOCK_MONOTONIC to CLOCK_REALTIME go (u64). */\nexport const VDSO_REALTIME: u32 = ${offset};\n// prettier-ignore\nexport const VDSO_IMAGE: usize = memory.data<u8>([\n${rows.join("\n")}\n]);\n`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
