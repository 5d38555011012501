// What may differ from the CPU that the tests run on, and by how much. Everything that is not here is compared bit for bit.
import { AFTER, BEFORE, CODE, OUTCOME, RECORD, field, patchesOf } from "./layout.mjs";

const TRANSCENDENTAL = /^f(2xm1|yl2x|yl2xp1|ptan|patan|sin|cos|sincos)$/;

/** A register as a number that steps by one from value to value. */
function ordered(value) {
  const magnitude = (((value >> 64n) & 0x7fffn) << 63n) + (value & 0x7fffffffffffffffn);
  return (value >> 79n) & 1n ? -magnitude : magnitude;
}

/** x87 functions: a unit in the last place of the results, and C1. */
function transcendental(native, ours, found) {
  for (const [what] of found) {
    if (/^st[0-7]$/.test(what)) {
      const distance = ordered(field(native, what, AFTER)) - ordered(field(ours, what, AFTER));
      if (distance > 1n || distance < -1n) return false;
    } else if (what !== "fsw" || (field(native, what, AFTER) ^ field(ours, what, AFTER)) !== 0x200n) return false;
  }
  return true;
}

/** rcp and rsqrt: relative error of 1.5 × 2^-12 from the true value on either side, SDM vol. 2 RCPPS. */
function approximation(native, ours, found) {
  return found.every(([what]) => {
    if (!/^xmm/.test(what)) return false;
    const [a, b] = [native, ours].map((r) => {
      const bytes = Buffer.alloc(16);
      let v = field(r, what, AFTER);
      for (let i = 0; i < 16; i += 1, v >>= 8n) bytes[i] = Number(v & 255n);
      return [0, 4, 8, 12].map((at) => bytes.readFloatLE(at));
    });
    return a.every((v, i) => Object.is(v, b[i]) || Math.abs(v - b[i]) <= Math.abs(v) * 3 * 2 ** -12);
  });
}

/** The last addresses before those that are not canonical, and the first after them. */
const nearHole = (address) => (address > 0x7fffffffff00n && address < 0x800000000100n) || (address > 0xffff7fffffffff00n && address < 0xffff800000000100n);

const CR2 = OUTCOME + 8;

/** Operands of 512 bytes: CPUs differ in which byte they miss first, and in what they have stored by then. */
function imageFault(native, ours, found) {
  const [a, b] = [native, ours].map((r) => r.readUInt32LE(OUTCOME));
  if (![a, b].every((vector) => vector >= 12 && vector <= 14)) return false;
  const [x, y] = [native, ours].map((r) => r.readBigUInt64LE(CR2));
  const distance = BigInt.asIntN(32, x - y);
  return ((distance < 576n && distance > -576n) || nearHole(x) || nearHole(y)) && found.every(([what]) => what === "outcome" || /^memory/.test(what));
}

/** What the kernel, or the machine under it, decides: UMIP and its emulation, and where its tables are. */
const SYSTEM = /^(s[lg]dt|sidt|str|smsw)$/;
/** More than one word of memory: CPUs differ in which they reach for first. */
const SEVERAL = /^(retf|iret|callf|jmpf|l[sfg]s|enter|sgdt|sidt|fldenv|fnstenv|frstor|fnsave|fld|fstp|fbld|fbstp|maskmovdqu|maskmovq|block)$/;
const FAR = /^(retf|iret|callf|jmpf|l[sfg]s)$/;
function anotherWord(row, native, ours, found) {
  const [a, b] = [native, ours].map((r) => r.readUInt32LE(OUTCOME));
  if (![a, b].every((vector) => vector >= 12 && vector <= 14)) return false;
  // A far call may have pushed one word when the other cannot be.
  if (!found.every(([what]) => what === "outcome" || (row.mnemonic === "callf" && what.startsWith("memory")))) return false;
  const [x, y] = [native, ours].map((r) => r.readBigUInt64LE(CR2));
  if (a === 14 && b === 14 && x - y < 128n && x - y > -128n) return true;
  return FAR.test(row.mnemonic) || (a === 14 && nearHole(x)) || (b === 14 && nearHole(y));
}

/** AMD's newer CPUs have one bit of MXCSR more, which the image tells of in bytes 28 to 31. */
function mxcsrMask(native, ours, found, data) {
  if (!found.every(([what]) => what.startsWith("memory"))) return false;
  const [patch] = patchesOf(native);
  const [a, b] = [native, ours].map((r) => Buffer.from(r.subarray(RECORD + data + patch.offset, RECORD + data + patch.offset + patch.length)));
  if (a.length < 32) return false;
  a.copy(b, 28, 28, 32);
  return found.length === 1 && a.equals(b);
}

/** Went on to the jump that stands behind the code on the real CPU's side. */
function intoStub(native, ours) {
  const behind = Number(field(ours, "rip", AFTER)) - CODE - native.readUInt16LE(52) - native[48];
  return ours.readUInt32LE(OUTCOME) === 3 && behind > 1 && behind < 16;
}

/** An undefined use of lock: CPUs may miss the operand, or the rest of the code, before they refuse it. */
function lockRefused(native, ours, found) {
  const vector = native.readUInt32LE(OUTCOME);
  return ours.readUInt32LE(OUTCOME) === 6 && native.subarray(0, 14).includes(0xf0) && (vector === 12 || vector === 13 || vector === 14) && found.every(([what]) => what === "outcome");
}

/** shld and shrd of 16 bits by more than 16: all is undefined. */
const undefinedShift = (row, native) => /^sh[lr]d$/.test(row.mnemonic) && row.opsize === 16 && (row.encoding.imm.length ? native[native[48] - 1] & 31 : Number(field(native, "rcx") & 31n)) > 16;

/** NT alone differs: some virtual machines clear it when they are left. */
const lostNested = (native, ours) => ((field(native, "flags", AFTER) ^ field(ours, "flags", AFTER)) & 0x3efdffn) === 0x4000n;

export function tolerated(row, native, ours, found, data, tally) {
  if (TRANSCENDENTAL.test(row.mnemonic) && transcendental(native, ours, found)) {
    if (tally) tally.inexact = (tally.inexact ?? new Map()).set(row.mnemonic, (tally.inexact?.get(row.mnemonic) ?? 0) + 1);
    return true;
  }
  if (/^r(cp|sqrt)[ps]s$/.test(row.mnemonic)) return approximation(native, ours, found);
  if (/^f?x(save|rstor)/.test(row.mnemonic)) return imageFault(native, ours, found) || mxcsrMask(native, ours, found, data);
  if (row.control && intoStub(native, ours)) return true;
  if (SEVERAL.test(row.mnemonic) && anotherWord(row, native, ours, found)) return true;
  if (SYSTEM.test(row.mnemonic)) return found.every(([what]) => what !== "outcome" && what !== "rip");
  // A target that is not canonical and a stack that is not: which is told of.
  if (row.mnemonic === "call" && [native, ours].every((r) => [12, 13].includes(r.readUInt32LE(OUTCOME)))) return found.every(([what]) => what === "outcome");
  // A virtual machine may do without the error code, or use the vector itself.
  if (row.mnemonic === "int" && ours.readUInt32LE(OUTCOME) === 13 && [6, 13].includes(native.readUInt32LE(OUTCOME))) return true;
  if (lockRefused(native, ours, found)) return true;
  // Some virtual machines return from a system call by an instruction that minds the stack pointer.
  if (row.mnemonic === "syscall" && found.every(([what]) => what === "flags")) return lostNested(native, ours);
  if (row.mnemonic === "syscall" && native.readUInt32LE(OUTCOME) === 13) {
    const sp = field(native, "rsp");
    return BigInt.asUintN(64, BigInt.asIntN(48, sp)) !== sp;
  }
  if (undefinedShift(row, native)) return found.every(([what]) => what !== "outcome" && what !== "rip");
  // XCR0's use, of a later feature.
  if (row.mnemonic === "xgetbv" && field(native, "rcx") % 0x100000000n === 1n) return true;
  if (row.varies) {
    // The registers that are written hold what no two runs share.
    const written = new Set(row.operands.filter((o) => o.access !== "r").map((o) => o.register ?? ""));
    // Virtual machines that do them may lose NT.
    const nested = lostNested(native, ours);
    return found.every(([what]) => (what === "flags" && nested) || written.has(what) || (written.has("") && /^r/.test(what)));
  }
  return false;
}

export { BEFORE };
