// Instructions and register states to try, made from the rows of the instruction table.
export const CASE_BYTES = 256;

/** A small generator with a seed (xorshift, 32 bits). */
export function generator(seed) {
  let x = seed | 1;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  return { next, below: (n) => next() % n };
}

const PREFIX = [[], [0x66], [0xf3], [0xf2]];
const MAPS = [null, [0x0f], [0x0f, 0x38], [0x0f, 0x3a], [0x0f]];
const D = 1;
const S = 2;

/** Instructions near to SSE that have no row: their encodings. */
export const others = Object.entries({
  crc32: "f20f38f0ca f20f38f1ca f2480f38f0ca f2480f38f1ca 66f20f38f1ca f20f38f00f f20f38f10f f2480f38f10f 66f20f38f10f",
  popcnt: "f30fb8ca f3480fb8ca 66f30fb8ca f30fb80f f3480fb80f 66f30fb80f",
  ldmxcsr: "0fae17",
  stmxcsr: "0fae1f",
  movnti: "0fc30f 480fc30f",
  fences: "0faee8 0faef0 0faef8",
  prefetch: "0f1807 0f180f 0f1817 0f181f 0f0d0f",
}).map(([name, text]) => ({ name, encodings: text.split(" ").map((hex) => [...Buffer.from(hex, "hex")]) }));

/** The bytes of an instruction of this row: registers 1 and 2 (rcx as the general one), or memory at rdi. */
export function encode(row, { memory, wide, same, imm, encoding }) {
  if (encoding) return encoding;
  const form = row.form.replace(/[ai]+$/, "");
  const immediate = row.form.slice(form.length).includes("i");
  const bytes = [...PREFIX[row.prefix]];
  if (wide) bytes.push(0x48);
  if (row.map === 4) bytes.push(0x0f, row.opcode >> 4, 0xc0 | ((row.opcode & 15) << 3) | D);
  else {
    bytes.push(...MAPS[row.map], row.opcode);
    if (form !== "EMMS") {
      let [reg, rm] = [D, S];
      if (/^(S|MS|EG|EM)$/.test(form)) [reg, rm] = [S, D];
      if (same) reg = rm = D;
      bytes.push(memory ? (reg << 3) | 7 : 0xc0 | (reg << 3) | rm);
    }
  }
  if (immediate) bytes.push(imm);
  return bytes;
}

/** The ways to write a row: register and memory, REX.W where it matters, both operands one register. */
export function variants(row) {
  if (row.encodings) return row.encodings.map((encoding) => ({ encoding }));
  const form = row.form.replace(/[ai]+$/, "");
  const found = [];
  const wides = row.bytes === 0 || /^(GX|GM)$/.test(form) ? [false, true] : [false];
  for (const wide of /^(I|MI|EMMS|MASK|MMASK)$/.test(form) ? [false] : wides) {
    if (!row.memoryOnly) found.push({ memory: false, wide, same: false });
    if (!row.registerOnly && !/^(I|MI|EMMS)$/.test(form)) found.push({ memory: true, wide, same: false });
  }
  if (!row.memoryOnly && /^(X|M|S|MS|XM|MX)$/.test(form)) found.push({ memory: false, wide: false, same: true });
  return found;
}

const SPECIAL32 = [0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345, 0xffa00001, 1, 0x807fffff, 0x00400000, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff, 0xff7fffff, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000, 0x3f000000, 0x3fc00000, 0xc0200000, 0x4b000001, 0x34000000];
const SPECIAL64 = [
  0n, 0x8000000000000000n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n, 0xfff8123456789abcn, 0x7ff0123456789abcn, 0xfff4000000000001n, 1n, 0x800fffffffffffffn, 0x0008000000000000n, 0x0010000000000000n, 0x8010000000000000n, 0x0010000000000001n,
  0x7fefffffffffffffn, 0xffefffffffffffffn, 0x41dfffffffc00000n, 0x41e0000000000000n, 0xc1e0000000000000n, 0xc1e0000000200000n, 0x43e0000000000000n, 0xc3e0000000000000n, 0x3fe0000000000000n, 0x3ff8000000000000n, 0xc004000000000000n, 0x4330000000000001n, 0x3cb0000000000000n, 0x36a0000000000000n, 0x3690000000000001n, 0x380fffffe0000000n, 0x380fffffefffffffn, 0x47efffffe0000000n, 0x47effffff0000000n,
];

/** Fills 16 bytes at `at` with values of one kind: raw bits, floats of every class, few bits, small integers. */
function fillOperand(view, at, kind, random) {
  for (let i = 0; i < 16; i += 4) view.setUint32(at + i, random.next(), true);
  if (kind === 1)
    for (let i = 0; i < 16; i += 4) view.setUint32(at + i, float32(random), true);
  if (kind === 2)
    for (let i = 0; i < 16; i += 8) view.setBigUint64(at + i, float64(random), true);
  if (kind === 3)
    for (let i = 0; i < 16; i += 1) if (random.below(3)) view.setUint8(at + i, [0, 1, 0x7f, 0x80, 0xff, 0x61, 0x62, 0x63][random.below(8)]);
  if (kind === 4)
    for (let i = 0; i < 16; i += 1) view.setUint8(at + i, i & 7 ? 0 : random.below(80));
}

function float32(random) {
  switch (random.below(8)) {
    case 0: case 1: return SPECIAL32[random.below(SPECIAL32.length)];
    case 2: return random.next() & 0x807fffff; // denormal
    case 3: return ((random.next() & 0x807fffff) | ((127 + random.below(40)) << 23)) >>> 0;
    case 4: return ((random.next() & 0x807e0000) | ((110 + random.below(40)) << 23)) >>> 0; // few bits: exact results
    case 5: return ((random.next() & 0x807fffff) | ((1 + random.below(70)) << 23)) >>> 0;
    case 6: return ((random.next() & 0x807fffff) | ((180 + random.below(75)) << 23)) >>> 0;
    default: return ((random.next() & 0x8000000f) | ((120 + random.below(14)) << 23) | (random.below(2) ? 0x7ffff0 : 0)) >>> 0;
  }
}

function float64(random) {
  const fraction = ((BigInt(random.next()) << 32n) | BigInt(random.next())) & 0x800fffffffffffffn;
  const raise = (e) => fraction | (BigInt(e) << 52n);
  switch (random.below(9)) {
    case 0: case 1: return SPECIAL64[random.below(SPECIAL64.length)];
    case 2: return fraction;
    case 3: return raise(1023 + random.below(70));
    case 4: return raise(1000 + random.below(60)) & 0xffffff0000000000n;
    case 5: return raise(1 + random.below(120));
    case 6: return raise(1900 + random.below(147));
    case 7: return (raise(1015 + random.below(16)) & 0xfff000000000000fn) | (random.below(2) ? 0x000ffffffffffff0n : 0n);
    default: return raise(1023 - 155 + random.below(290));
  }
}

/** Where rdi points: mostly an aligned address; else a misaligned one, or one near the end of a page. */
function place(view, c, random) {
  const how = random.below(16);
  const offset = how > 2 ? random.below(64) * 16 : how === 2 ? random.below(1024) : 4096 - 1 - random.below(16);
  view.setUint16(c + 104, offset, true);
  view.setUint8(c + 106, how === 0 ? 1 : 0);
}

const ROUNDING = [0, 0, 0x2000, 0x4000, 0x6000];

function mxcsr(random) {
  if (random.below(4) === 0) return 0x1f80 | (random.below(2) ? 0x20 : 0);
  let v = random.below(3) ? 0x1f80 : random.next() & 0x1f80;
  v |= ROUNDING[random.below(5)];
  if (random.below(3) === 0) v |= random.next() & 0x8040;
  if (random.below(2)) v |= random.next() & 0x3f;
  return v;
}

/** Fills `count` cases. Kinds of operands: as the name of the instruction suggests, and others now and then. */
export function fillCases(view, count, row, random) {
  const floats = /p[sd]|s[sd]|cvt|pi2/.test(row.name) && !/^p/.test(row.name);
  for (let i = 0; i < count; i += 1) {
    const c = i * CASE_BYTES;
    for (let p = 0; p < CASE_BYTES; p += 4) view.setUint32(c + p, random.next(), true);
    const single = /ps|ss|pi2ps/.test(row.name);
    const kind = () => (floats && random.below(8) ? (single !== (random.below(8) === 0) ? 1 : 2) : random.below(5));
    const both = kind();
    for (const at of [0, 16, 32, 48]) fillOperand(view, c + at, random.below(4) ? both : kind(), random);
    if (random.below(6) === 0) for (let p = 0; p < 16; p += 8) view.setBigUint64(c + 16 + p, view.getBigUint64(c + (random.below(2) ? 32 : 48) + p, true), true);
    if (/cvtsi|pcmpe/.test(row.name) && random.below(2)) for (const at of [64, 72, 80]) view.setBigInt64(c + at, BigInt(random.below(40) - 20), true);
    view.setUint32(c + 88, mxcsr(random), true);
    view.setUint32(c + 92, random.next() & 0x8d5, true);
    view.setUint32(c + 96, 0, true);
    view.setUint16(c + 100, random.below(8) << 11, true); // no x87 exception is pending
    for (let r = 0; r < 8; r += 1) {
      fillOperand(view, c + 112 + r * 16, both === 2 ? 0 : both, random);
      for (let p = 10; p < 16; p += 1) view.setUint8(c + 112 + r * 16 + p, 0);
    }
    for (let p = 240; p < 256; p += 1) view.setUint8(c + p, 0);
    for (let p = 103; p < 112; p += 1) view.setUint8(c + p, 0);
    // Bit 17 is AMD's misaligned mode, which ring3's CPU does not have.
    if (row.name === "ldmxcsr") view.setUint16(c + 50, random.below(4) ? 0 : random.next() & 0xfffd, true);
    place(view, c, random);
  }
}

/** Every encoding of the opcode ranges of SSE and MMX with 0, 66, F3, F2, register and memory form. */
export function* allEncodings() {
  const ranges = [[1, [[0x10, 0x17], [0x28, 0x2f], [0x50, 0x7f], [0xc2, 0xc2], [0xc4, 0xc6], [0xd0, 0xfe]]], [2, [[0x00, 0x41]]], [3, [[0x08, 0x63]]]];
  for (const [map, spans] of ranges)
    for (const [first, last] of spans)
      for (let opcode = first; opcode <= last; opcode += 1)
        for (const prefix of PREFIX)
          for (const modrm of map === 1 && opcode >= 0x71 && opcode <= 0x73 ? [0xc1, 0xc9, 0xd1, 0xd9, 0xe1, 0xe9, 0xf1, 0xf9, 0x17] : [0xca, 0x0f]) {
            const immediate = map === 3 || (map === 1 && ((opcode >= 0x70 && opcode <= 0x73) || opcode === 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6)));
            yield [...prefix, ...MAPS[map], opcode, ...(map === 1 && opcode === 0x77 ? [] : [modrm]), ...(immediate ? [1] : [])];
          }
}
