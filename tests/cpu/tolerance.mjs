// What may differ from the CPU that the tests run on, and by how much. Everything that is not here is compared bit for bit.
import { AFTER, BEFORE, field } from "./layout.mjs";

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

export function tolerated(row, native, ours, found, tally) {
  if (TRANSCENDENTAL.test(row.mnemonic) && transcendental(native, ours, found)) {
    if (tally) tally.inexact = (tally.inexact ?? new Map()).set(row.mnemonic, (tally.inexact?.get(row.mnemonic) ?? 0) + 1);
    return true;
  }
  if (/^r(cp|sqrt)[ps]s$/.test(row.mnemonic)) return approximation(native, ours, found);
  if (row.varies) {
    // The registers that are written hold what no two runs share.
    const written = new Set(row.operands.filter((o) => o.access !== "r").map((o) => o.register ?? ""));
    return found.every(([what]) => written.has(what) || (written.has("") && /^r/.test(what)));
  }
  return false;
}

export { BEFORE };
