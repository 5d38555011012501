// The bytes of an instruction from a row of the table. Nothing is checked but what cannot be encoded.
const MANDATORY = { 66: 0x66, F2: 0xf2, F3: 0xf3 };

/** `size` bytes of `value`, low first. */
function little(value, size) {
  const bytes = [];
  let v = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < size; i += 1, v >>= 8n) bytes.push(Number(v & 255n));
  return bytes;
}

/** Bytes of each immediate of a row. `narrow` = prefix 67, which makes the address of a moffs 4 bytes. */
export function immediateSizes(row, narrow = false) {
  const bits = row.opsize || 32;
  const sizes = { ib: 1, cb: 1, iw: 2, cz: Math.min(bits, 32) / 8, iz: Math.min(bits, 32) / 8, iv: bits / 8, mo: narrow ? 4 : 8 };
  return row.encoding.imm.map((kind) => sizes[kind]);
}

/** ModRM, SIB and displacement of { base, index, scale, disp, rip }: numbers of registers or undefined; scale 0 … 3. */
function memoryBytes(reg, { base, index, scale = 0, disp = 0, rip = false }) {
  const modrm = (mod, rm) => (mod << 6) | ((reg & 7) << 3) | rm;
  if (rip) return [modrm(0, 5), ...little(disp, 4)];
  if (index === 4) throw new Error("rsp cannot be an index");
  const sib = index !== undefined || base === undefined || (base & 7) === 4;
  const scaled = (scale << 6) | (((index ?? 4) & 7) << 3);
  if (base === undefined) return [modrm(0, 4), scaled | 5, ...little(disp, 4)];
  const mod = disp === 0 && (base & 7) !== 5 ? 0 : disp >= -128 && disp < 128 ? 1 : 2;
  const address = sib ? [modrm(mod, 4), scaled | (base & 7)] : [modrm(mod, base & 7)];
  return [...address, ...(mod ? little(disp, mod === 1 ? 1 : 4) : [])];
}

/**
 * @param row      of `rows`
 * @param choice   reg, rm, opcode: register numbers 0 … 15 (for 8-bit ones 4 … 7 = spl … dil with a REX prefix, ah … bh without);
 *                 memory: the rm operand in memory; imm: values; before: prefix bytes before the mandatory one; rex: bits to add, 0x40 forces one
 */
export function encode(row, { reg = 0, rm = 0, opcode = 0, memory, imm = [], before = [], rex = 0 } = {}) {
  const e = row.encoding;
  const bytes = [...before];
  if (row.size66) bytes.push(0x66);
  if (MANDATORY[e.prefix]) bytes.push(MANDATORY[e.prefix]);
  const field = e.digit >= 0 ? e.digit : reg;
  const low = e.rm >= 0 ? e.rm : rm;
  let bits = rex | (row.rexW ? 8 : 0);
  if (e.modrm) {
    bits |= (field & 8) >> 1;
    if (memory) bits |= (((memory.index ?? 0) & 8) >> 2) | (((memory.base ?? 0) & 8) >> 3);
    else bits |= (low & 8) >> 3;
  } else if (e.plusR) bits |= (opcode & 8) >> 3;
  if (bits) bytes.push(0x40 | bits);
  bytes.push(...[[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][e.map], e.opcode | (e.plusR ? opcode & 7 : 0));
  if (e.modrm) bytes.push(...(memory ? memoryBytes(field, memory) : [0xc0 | ((field & 7) << 3) | (low & 7)]));
  immediateSizes(row, before.includes(0x67)).forEach((size, i) => bytes.push(...little(imm[i] ?? 0, size)));
  return bytes;
}
