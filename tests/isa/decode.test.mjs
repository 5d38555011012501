// The decoder against iced-x86 and against the real CPU: length and validity of random byte strings and of every instruction of
// real programs.   node tests/isa/decode.test.mjs [--strings N] [--seed N] [--native N]      (npm run fuzz:decode: 10 million)
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lib/process.mjs";
import { fail, suite } from "../lib/suite.mjs";
import { GENERAL, INVALID, LENGTH, icedDecoder, nativeAnswers, nativePossible, ourDecoder, randomStrings, safe } from "./decoder.mjs";

const { values: options } = parseArgs({ strict: false, options: { strings: { type: "string", default: "500000" }, seed: { type: "string", default: "1" }, native: { type: "string", default: "60000" } } });
const t = suite("isa/decode");
const CHUNK = 1 << 14;
const total = Number(options.strings);
const our = await ourDecoder();
const iced = icedDecoder();
const amd = icedDecoder(true);

/** iced-x86's names of what ring3 has. An instruction that needs another feature is #UD. */
const HAVE = new Set(
  `INTEL8086 INTEL8086_ONLY INTEL186 INTEL286 INTEL386 INTEL486 X64 CPUID MSR SYSCALL TSC MULTIBYTENOP PAUSE PREFETCHW FPU FPU287 FPU387 CMOV CX8 CLFSH MMX FXSR
  SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 POPCNT CMPXCHG16B RDRAND RDSEED RDTSCP XSAVE`.split(/\s+/),
);
/** Valid to iced-x86 and #UD here, and to the CPU: */
const REFUSED = [
  /^Ud[012]/, // that is what they are for
  /^(Sysenter|Sysexit|Rsm)/, // AMD64 has none of them in 64-bit mode
  /^Reservednop_rm(16|32|64)_r(16|32|64)_0F0D$/, // prefetchw of a register
];
/** #UD here although this CPU takes it: LOCK VERW, and LOCK MOV CR0, which is AMD's other name of CR8. */
const QUIRKS = /^(66|67|f[0236]|[236]e|26|36|64|65|4.)*f0(66|67|f[0236]|[236]e|26|36|64|65|4.)*0f(00|2[02])/;
/** What iced-x86 takes for invalid, the CPU for an instruction of a later level: VEX and EVEX. */
const VECTOR_EXTENSIONS = /^(66|67|f[0236]|[236]e|26|36|64|65)*(c4|c5|62)/;
/** Features that the real CPU may have and ring3 does not. */
const LATER = /^(AVX|BMI|FMA|F16C|AES|PCLMUL|SHA|GFNI|VAES|VPCLMUL|ADX|SSE4A|MOVBE|LZCNT|FSGSBASE|CLWB|CLFLUSHOPT|RDPID|CLZERO|XSAVE|SMAP|INVPCID|INVLPGB|SVM|SKINIT|MONITORX|RDPRU|WBNOINVD|MCOMMIT|PKU|CET|SEV|SNP|TCE|PTWRITE|SERIALIZE|MONITOR|VMX|XOP|TBM|LWP|FMA4|3DNOW|D3NOW|MOVDIR|RTM)/;

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const name = (answer) => (answer & INVALID ? "#UD" : `${answer & GENERAL ? "#GP, " : ""}${answer & LENGTH} bytes`);
const same = (a, b) => (a & INVALID ? (b & INVALID) !== 0 : !(b & INVALID) && (a & LENGTH) === (b & LENGTH));

/** Whether a difference from iced-x86 is as it should be. */
function explained(ours, bytes) {
  // More than 15 bytes are #GP, which iced-x86 has no name for.
  if (ours & GENERAL && (ours & LENGTH) === 15) return iced.describe(bytes).length === 15;
  const { code, features } = iced.describe(bytes);
  if (ours & INVALID) return features.some((f) => !HAVE.has(f)) || REFUSED.some((pattern) => pattern.test(code));
  // AMD64 gives near branches with a 66 prefix 16-bit operands; so does the CPU.
  const other = amd.describe(bytes);
  return /_rel16$|_rm16$|w$|w_imm16$/.test(other.code) && other.length === (ours & LENGTH);
}

function compareWithIced(bytes, count, b, wrong) {
  const a = our.decode(bytes, count);
  for (let i = 0; i < count; i += 1) {
    if (same(a[i], b[i])) continue;
    const string = bytes.subarray(i * 16, i * 16 + 16);
    if (explained(a[i], string)) continue;
    if (wrong.length < 20) wrong.push(`${hex(string)}: ${name(a[i])}, iced-x86 ${name(b[i])} ${iced.describe(string).code}`);
  }
}

t.test(`${total} random strings: as iced-x86 decodes them`, () => {
  const wrong = [];
  for (let done = 0, chunk = 0; done < total; done += CHUNK, chunk += 1) {
    const count = Math.min(CHUNK, total - done);
    const bytes = randomStrings(count, Number(options.seed) + chunk * 7919);
    compareWithIced(bytes, count, iced.answers(bytes, count), wrong);
  }
  if (wrong.length) fail(wrong.join("\n"));
}, { limitMs: 600_000 });

// ── every instruction of real programs ──

const PROGRAMS = ["/bin/bash", "/usr/bin/perl", "/usr/bin/python3", "/usr/bin/git", "/usr/bin/openssl", "/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libm.so.6", "/usr/bin/gdb", "/usr/bin/ld", "/usr/bin/curl", "/usr/bin/find", "/usr/bin/tar", "/usr/bin/make", "/usr/bin/as", "/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3"].filter(existsSync).slice(0, 10);

/** The executable sections of an ELF file. */
function codeOf(path) {
  const file = readFileSync(path);
  const at = Number(file.readBigUInt64LE(40));
  const sections = [];
  for (let i = 0; i < file.readUInt16LE(60); i += 1) {
    const head = at + i * file.readUInt16LE(58);
    const executable = file.readUInt32LE(head + 4) === 1 && file.readBigUInt64LE(head + 8) & 4n;
    if (executable) sections.push(file.subarray(Number(file.readBigUInt64LE(head + 24)), Number(file.readBigUInt64LE(head + 24) + file.readBigUInt64LE(head + 32))));
  }
  return sections;
}

if (PROGRAMS.length < 10) t.skip("real programs", `only ${PROGRAMS.length} of ten are here`);
else
  t.test("every instruction of ten real programs: as iced-x86 decodes it", () => {
    const wrong = [];
    let all = 0;
    for (const path of PROGRAMS)
      for (const section of codeOf(path))
        iced.walk(section, CHUNK, (bytes, count, answers) => {
          compareWithIced(bytes, count, answers, wrong);
          all += count;
        });
    console.log(`# ${all} instructions`);
    if (wrong.length) fail(wrong.join("\n"));
  }, { limitMs: 600_000 });

// ── the real CPU ──

function compareWithNative(count) {
  const wrong = [];
  const all = randomStrings(count, Number(options.seed) + 77);
  const chosen = [];
  for (let i = 0; i < count; i += 1) {
    const string = all.subarray(i * 16, i * 16 + 16);
    if (safe(iced.describe(string).code) && safe(amd.describe(string).code)) chosen.push(string);
  }
  const bytes = Uint8Array.from(Buffer.concat(chosen));
  const a = our.decode(bytes, chosen.length);
  const b = nativeAnswers(bytes, chosen.length);
  chosen.forEach((string, i) => {
    // A #GP of the real CPU may be the operands' as well.
    if (same(a[i], b[i]) && (!(a[i] & GENERAL) || b[i] & GENERAL)) return;
    if (a[i] & INVALID && (QUIRKS.test(hex(string)) || VECTOR_EXTENSIONS.test(hex(string)) || [iced, amd].some((decoder) => decoder.describe(string).features.some((f) => LATER.test(f))))) return;
    if (wrong.length < 20) wrong.push(`${hex(string)}: ${name(a[i])}, the CPU ${name(b[i])} ${iced.describe(string).code}`);
  });
  if (wrong.length) fail(wrong.join("\n"));
}

if (!nativePossible()) t.skip("random strings as the CPU decodes them", "needs gcc and an x86-64 Linux");
else t.test(`${options.native} random strings: as the CPU decodes them`, () => compareWithNative(Number(options.native)));
