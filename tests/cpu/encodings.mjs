// Random encodings of the rows of the instruction table, and what the state generator must know about each.
import { encode } from "../../tools/isa/index.mjs";
import { CODE, ENCODING, FORM, HINT, KIND, NONE } from "./layout.mjs";

/** A small generator with a seed (xorshift, 32 bits). */
export function generator(seed) {
  let x = (Number(BigInt.asUintN(32, BigInt(seed) * 2654435761n)) ^ 0x5bd1e995) | 1;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  for (let i = 0; i < 8; i += 1) next();
  return { next, below: (n) => next() % n };
}

const FLAG = { o: 0x800, s: 0x80, z: 0x40, a: 0x10, p: 4, c: 1 };
const STACK = /^(push|pop|call|ret|enter|leave)/;
const ENVIRONMENTS = { fldenv: [28, 14], fnstenv: [28, 14], frstor: [108, 94], fnsave: [108, 94] };
const isX87 = (row) => row.feature === "FPU" || /^fisttp/.test(row.mnemonic);
const isVector = (row) => row.emit[0] === "vector";

/** What a row is like, worked out once. */
function traits(row) {
  const name = row.mnemonic;
  const rm = row.operands.find((o) => o.role === "rm");
  const size = rm?.memory || row.operands.find((o) => o.role === "moffs")?.memory || 0;
  let hints = 0;
  let kind = KIND.raw;
  let values = KIND.raw;
  let bytes = size / 8;
  if (isX87(row)) {
    values = KIND.float80;
    kind = /^f(i|n?stsw)/.test(name) ? KIND.integer : { 4: KIND.float32, 8: KIND.float64, 10: /^fb/.test(name) ? KIND.decimal : KIND.float80 }[bytes] ?? KIND.integer;
    if (name === "fldcw") kind = KIND.control;
    if (ENVIRONMENTS[name]) [kind, bytes] = [KIND.environment, ENVIRONMENTS[name][0]];
    if (name === "fscale") hints |= HINT.scale;
    if (/^f(2xm1|yl2x|yl2xp1|ptan|patan|sin|cos|sincos)$/.test(name)) hints |= HINT.small;
  } else if (isVector(row)) {
    if (/^(cvt(t?ps|t?ss)|.*(ps|ss)$)/.test(name) && !/2p?ss?$/.test(name)) values = KIND.float32;
    else if (/^(cvt(t?pd|t?sd)|.*(pd|sd)$)/.test(name) && !/^cvt(si|dq|pi)2/.test(name)) values = KIND.float64;
    else if (/^pcmp[ei]str/.test(name)) values = KIND.bytes;
    else if (/^(psll|psrl|psra|movmsk|maskmov)/.test(name)) values = KIND.selector;
    if (/^pcmpestr/.test(name)) hints |= HINT.lengths;
    if (/^maskmov/.test(name)) hints |= HINT.target;
    kind = values === KIND.selector ? KIND.integer : values;
  } else {
    if (STACK.test(name)) hints |= HINT.stack;
    if (/^(enter|leave)/.test(name)) hints |= HINT.frame;
    if (/^(movs|cmps|lods)[b]?$/.test(name) && row.repeat) hints |= HINT.source;
    if (/^(movs|cmps|stos|scas)[b]?$/.test(name) && row.repeat) hints |= HINT.target;
    if (row.repeat) hints |= HINT.strings;
    if (name === "xlat") hints |= HINT.xlat;
    if (/^bt/.test(name) && row.operands[1]?.role === "reg") hints |= HINT.bitOffset;
    if (name === "cmpxchg") hints |= HINT.compare;
    if (/^cmpxchg(8|16)b/.test(name)) hints |= HINT.comparePair;
    if (/^i?div$/.test(name)) hints |= HINT.divide;
    if (/^(loop|jrcxz)/.test(name)) hints |= HINT.counted;
    if (/^(retf?|iret)$/.test(name)) hints |= HINT.return;
    if (/^(retf|iret)$/.test(name)) hints |= HINT.far | HINT.stack;
    if (/^(jmpf|callf)$/.test(name)) [hints, kind, bytes] = [hints | HINT.far, KIND.pointer, row.opsize === 16 ? 4 : 6];
    if (name === "syscall") hints |= HINT.noCall | HINT.stack;
    if (name === "popf") hints |= HINT.stackFlags;
    if (/^(jmp|call)$/.test(name) && rm) kind = KIND.code;
    if (row.operands.some((o) => o.kind === "sreg") || /^(lar|lsl|ver[rw])$/.test(name)) [hints, kind] = [hints | HINT.selectors, KIND.selector];
    if (/^l[sfg]s$/.test(name)) [hints, kind, bytes] = [hints | HINT.selectors, KIND.pointer, row.opsize === 16 ? 4 : 6];
    if (name === "ldmxcsr") kind = KIND.csr;
    if (/^fxrstor/.test(name)) [kind, values] = [KIND.image, KIND.float80];
    if (/^fxsave/.test(name)) values = KIND.float80;
  }
  if (/^fx(save|rstor)/.test(name)) bytes = 512;
  if (/^x(save|rstor)/.test(name)) [bytes, hints, kind, values] = [576, HINT.mask, /rstor/.test(name) ? KIND.image : KIND.raw, KIND.float80];
  let mask = 0xffffffff;
  for (const letter of row.undefined) mask &= ~FLAG[letter];
  const bits = row.opsize || row.operands.find((o) => o.kind === "gpr" || o.kind === "gpr/mem" || o.kind === "mem")?.size || 8;
  return { hints, kind, values, bytes, bits, mask: mask >>> 0, rm };
}

const known = new Map();
const traitsOf = (row) => {
  if (!known.has(row)) known.set(row, traits(row));
  return known.get(row);
};

function memoryForm(r) {
  const how = r.below(16);
  if (how < 2) return { rip: true };
  if (how === 2) return {}; // absolute
  const disp = [0, (r.next() << 24) >> 24, r.next() | 0, (r.next() & 0xfff) - 0x800][r.below(4)];
  const index = r.below(3) ? undefined : r.below(16);
  const scaled = index === 4 ? undefined : index;
  if (how === 3 && scaled !== undefined) return { index: scaled, scale: r.below(4), disp };
  return { base: r.below(16), index: scaled, scale: scaled === undefined ? 0 : r.below(4), disp };
}

/** An address for a fixed operand: in the first window, or over an edge of its pages. */
function fixedTarget(r, bytes, align) {
  const edge = 0x30000000 + 4096 * (1 + r.below(12));
  if (r.below(6) === 0) return edge - r.below((bytes || 8) + 2);
  const at = 0x30001000 + r.below(8192 - 768);
  return r.below(3) || align > 1 ? at & ~15 : at;
}

function prefixes(row, t, r, memory) {
  const before = [];
  const info = { segment: 0, narrow: false };
  const x87 = isX87(row);
  const touches = memory || t.hints & (HINT.source | HINT.target | HINT.xlat) || row.operands.some((o) => o.role === "moffs");
  if (touches && r.below(5) === 0) {
    info.segment = 1 + r.below(2);
    before.push(0x63 + info.segment);
  } else if (!row.control && r.below(12) === 0) before.push([0x2e, 0x36, 0x3e, 0x26][r.below(4)]);
  if (touches && r.below(8) === 0) {
    info.narrow = true;
    before.push(0x67);
  }
  if (memory && row.lock && r.below(5) === 0) before.push(0xf0);
  else if (r.below(150) === 0 && !/^ver[rw]$/.test(row.mnemonic)) before.push(0xf0); // AMD's newest do verw all the same
  if (row.repeat && r.below(3)) {
    before.push(row.repeat === "rep" && r.below(4) ? 0xf3 : 0xf2 + r.below(2));
    info.repeat = true;
  } else if (!row.repeat && row.encoding.map === 0 && row.encoding.prefix === null && row.encoding.opcode !== 0x90 && !row.privileged && r.below(16) === 0) before.push(0xf2 + r.below(2));
  if (ENVIRONMENTS[row.mnemonic] && r.below(4) === 0) {
    info.small = true;
    before.push(0x66);
  } else if (!x87 && !row.opsize && row.encoding.map === 0 && !row.repeat && !row.control && !row.privileged && row.encoding.opcode !== 0x90 && !(t.hints & HINT.stack) && r.below(16) === 0) before.push(0x66);
  for (let i = before.length - 1; i > 0; i -= 1) {
    const j = r.below(i + 1);
    [before[i], before[j]] = [before[j], before[i]];
  }
  return { before, info };
}

const IMMEDIATES = [0, 1, -1, 2, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000];

function immediates(row, t, r, place) {
  return row.encoding.imm.map((kind) => {
    // Not into the jump back to the tester, which follows the instruction on the real CPU.
    if (kind === "cb") return r.below(4) ? 20 + r.below(100) : [0, 128 + r.below(110), 15 + r.below(110)][r.below(3)];
    if (kind === "cz") {
      const by = r.below(4) ? 20 + r.below(3000) - (r.below(4) ? 0 : place) : r.next() | 0;
      return by > -16 && by < 20 ? by + 40 : by;
    }
    if (row.mnemonic === "int") return [3, 4, 0, 1, r.below(256)][r.below(5)] & 0x7f;
    if (row.mnemonic === "enter") return kind === "iw" ? r.below(96) : r.below(4) ? r.below(6) : r.below(256);
    if (row.mnemonic === "ret") return r.below(64);
    if (r.below(3) === 0) return IMMEDIATES[r.below(IMMEDIATES.length)];
    return kind === "iv" ? (BigInt(r.next()) << 32n) | BigInt(r.next()) : r.below(2) ? r.next() | 0 : r.below(256);
  });
}

/**
 * A random encoding of a row: { code, descriptor }. The descriptor is the Encoding of native/case.h.
 */
export function randomEncoding(row, index, r, block) {
  const t = traitsOf(row);
  const e = row.encoding;
  const inMemory = e.modrm && (e.mod === "mem" || (e.mod === "any" && !(block && block.registers) && r.below(2) === 0));
  const memory = inMemory ? memoryForm(r) : undefined;
  if (memory && t.hints & HINT.mask) {
    // eax and edx hold the mask.
    if (memory.base === 0 || memory.base === 2) memory.base += 6;
    if (memory.index === 0 || memory.index === 2) memory.index += 6;
  }
  const { before, info } = prefixes(row, t, r, memory);
  const place = block ? block.place : r.below(10) === 0 ? 4096 - r.below(16) : r.below(16) === 0 ? 8192 - r.below(18) : r.below(4096 - 128);
  const byName = (role) => row.operands.find((o) => o.role === role);
  // mm and st registers have three bits, of which the REX prefix is no part; segment registers have their digit.
  const pick = (operand) => (operand && /^(mm|st)/.test(operand.kind) ? r.below(8) : r.below(16));
  const choice = { reg: pick(byName("reg")), rm: pick(byName("rm")), opcode: r.below(16), imm: immediates(row, t, r, place), before, rex: 0 };
  if (r.below(10) === 0) choice.rex = 0x40;
  if (!row.opsize && e.w === null && !row.control && e.map > 0 && isVector(row) && r.below(10) === 0) choice.rex |= 8;
  if (row.encoding.opcode === 0x90 && e.plusR && choice.opcode === 0 && !before.length) choice.opcode = 0;
  const bytes = info.small ? ENVIRONMENTS[row.mnemonic][1] : t.bytes;
  const moffs = byName("moffs");
  let fixed;
  if (moffs) {
    fixed = fixedTarget(r, bytes, 1);
    choice.imm = [r.below(6) || info.narrow ? fixed : BigInt(fixed) | (BigInt(r.below(0x7fff)) << 32n)];
  } else if (memory && memory.base === undefined && memory.index === undefined) {
    fixed = fixedTarget(r, bytes, row.align);
    memory.disp = memory.rip ? 0 : fixed;
  }
  if (memory) choice.memory = memory;
  let code = encode(row, choice);
  if (memory?.rip) {
    memory.disp = (fixed - (CODE + place + code.length)) | 0;
    code = encode(row, choice);
  }
  const d = Buffer.alloc(ENCODING);
  if (code.length > 15) return randomEncoding(row, index, r, block);
  Buffer.from(code).copy(d, 0);
  d[48] = code.length;
  d[49] = fixed !== undefined ? FORM.fixed : memory ? FORM.based : FORM.none;
  d[50] = memory?.base ?? NONE;
  d[51] = memory?.index ?? NONE;
  d[52] = memory?.scale ?? 0;
  d[53] = info.segment;
  d[54] = info.narrow ? 1 : 0;
  d.writeUInt16LE(place, 56);
  d.writeUInt16LE(bytes, 58);
  d.writeUInt16LE(row.align, 60);
  d[62] = t.kind;
  d.writeBigInt64LE(BigInt.asIntN(64, fixed !== undefined ? BigInt(moffs ? choice.imm[0] : fixed) : BigInt(memory?.disp ?? 0)), 64);
  d.writeUInt32LE((t.hints | (info.repeat ? HINT.repeat : 0)) >>> 0, 72);
  d.writeUInt32LE(t.mask, 76);
  if (row.condition === "count") d[80] = e.imm.length ? 2 : 1;
  d[81] = e.imm.length ? Number(BigInt(choice.imm[0]) & 0xffn) : 0;
  d[82] = t.bits;
  d[83] = choice.reg;
  d[84] = e.modrm && !inMemory ? choice.rm : NONE;
  d[85] = t.values;
  d.writeUInt32LE(index, 88);
  return d;
}

/** What a block does not hold: results that differ from CPU to CPU, or that a later instruction could carry on. */
const LONERS = /^(f?x(save|rstor)(64)?|fldenv|fnstenv|frstor|fnsave|f(2xm1|yl2x|yl2xp1|ptan|patan|sin|cos|sincos)|r(cp|sqrt)[ps]s|s[lg]dt|sidt|str|smsw|sh[lr]d|lar|lsl|ver[rw]|l[sfg]s|retf|iret|callf|jmpf|(push|pop) [fg]s|pushf|popf|ud\d|int\d?|loop|loopn?e|jrcxz|syscall|enter)$/;
const mayStand = (row) => !row.varies && !row.privileged && !LONERS.test(row.mnemonic) && !row.operands.some((o) => o.kind === "sreg");
const mayFollow = (row) => mayStand(row) && !row.control && traitsOf(row).hints === 0 && row.encoding.mod !== "mem" && !row.operands.some((o) => o.role === "moffs" || /^mem/.test(o.kind));
const mayEnd = (row) => row.control === "branch" && /^j/.test(row.mnemonic) && row.opsize !== 16 && mayStand(row);
const bits = (letters) => [...letters].reduce((mask, letter) => mask | (FLAG[letter] ?? 0), 0);

/** Rows of which blocks are made. */
export function blockRows(rows) {
  return { leads: rows.filter(({ row }) => mayStand(row) && !row.control), others: rows.filter(({ row }) => mayFollow(row)), ends: rows.filter(({ row }) => mayEnd(row)) };
}

/**
 * Some instructions in a row, of which one (the lead, for which the state is made) may have its operand in memory. The mask of
 * flags that are compared leaves out what may be undefined at the end, or where the block may have faulted.
 */
export function randomBlock({ leads, others, ends }, r) {
  const place = r.below(12) === 0 ? 4096 - r.below(40) : r.below(4096 - 256);
  const count = 1 + r.below(7);
  const at = r.below(2) ? 0 : r.below(count);
  const code = [];
  let lead;
  let defined = 0xffffffff;
  let everywhere = 0xffffffff;
  for (let i = 0; i < count; i += 1) {
    const pool = i === at ? leads : i === count - 1 && r.below(3) === 0 ? ends : others;
    const { row, index } = pool[r.below(pool.length)];
    // An undefined flag must not be read.
    if (bits(row.read) & ~defined) continue;
    const d = randomEncoding(row, index, r, { place: place + code.length, registers: i !== at });
    if (code.length + d[48] > 48 || d.subarray(0, d[48]).includes(0xf0)) continue;
    // Only forward: a block ends.
    if (row.control && d[d[48] - 1] & 0x80) continue;
    // What stands before might make an offset that is not canonical, which AMD's CPUs refuse whatever the segment's base.
    if (i === at && code.length && d[53]) continue;
    if (i === at) lead = d;
    everywhere &= defined;
    // A count of 0 leaves the flags alone.
    if (row.condition !== "count" && !row.repeat) defined |= bits(row.written);
    defined &= ~bits(row.undefined);
    code.push(...d.subarray(0, d[48]));
  }
  if (!lead || !code.length) return randomBlock({ leads, others, ends }, r);
  const d = Buffer.from(lead);
  d.fill(0, 0, 48);
  Buffer.from(code).copy(d, 0);
  d[48] = code.length;
  d.writeUInt16LE(place, 56);
  d.writeUInt32LE((everywhere & defined) >>> 0, 76);
  d[80] = 0;
  return d;
}
