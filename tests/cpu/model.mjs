// Which rows are judged on the CPU that the tests run on. ring3 follows AMD's CPUs (family 26 was compared) where manuals leave something
// open; other CPUs are asked only for what all of them do alike.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { nativeProgram } from "./engine.mjs";

const COMPARED_FAMILIES = [26];
const NAMES = { SSE3: "pni", SSSE3: "ssse3", SSE4_1: "sse4_1", SSE4_2: "sse4_2", POPCNT: "popcnt", CMPXCHG16B: "cx16", RDRAND: "rdrand", RDSEED: "rdseed", RDTSCP: "rdtscp", LAHF: "lahf_lm", XSAVE: "xsave" };
/** Segments, far transfers and whole images: each family has an order of its own in which it reaches for their words. */
const FAMILY = /^(retf|iret|callf|jmpf|l[sfg]s|enter|sgdt|sidt|sldt|str|smsw|fx(save|rstor)(64)?|xsave(64|opt|opt64)?|xrstor(64)?|int|syscall|(push|pop) [fg]s|verw)$/;
/** Undefined or differently defined by Intel: 66 before branches, repeat prefixes before loops, partial stores, x87's corners. */
const VENDOR = /^(loopn?e|maskmov|pop$|ud\d|sh[lr]d)/;

/** Vendor, family and abilities of this machine's CPU. */
export function model() {
  const info = readFileSync("/proc/cpuinfo", "latin1").split("\n\n")[0];
  const value = (name) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(info)?.[1] ?? "";
  return { vendor: value("vendor_id"), family: Number(value("cpu family")), name: value("model name"), flags: value("flags").split(" ") };
}

/** What the native program says of itself: whether it can set the bases of fs and gs, and whether gs keeps any. */
export function abilities() {
  const { status, stdout } = spawnSync(nativeProgram(), ["probe"], { encoding: "latin1" });
  return { setsBases: status === 0, keepsUpperGs: /keeps/.test(stdout ?? "") };
}

export function judged(row, cpu) {
  const flag = NAMES[row.feature];
  if (flag && !cpu.flags.includes(flag)) return false;
  const isAmd = cpu.vendor === "AuthenticAMD";
  if (isAmd && COMPARED_FAMILIES.includes(cpu.family)) return true;
  if (FAMILY.test(row.mnemonic)) return false;
  if (isAmd) return true;
  if (row.feature === "FPU" || row.mnemonic === "fisttp") return false;
  if (row.operands.some((o) => o.kind === "sreg") || (row.control && row.opsize === 16)) return false;
  return !VENDOR.test(row.mnemonic);
}
