// SSE in the interpreter loop: the rows that programs use most have operations of their own there, with the row's body
// in place: for a register source, and (IN_PLACE) for a memory operand too. The others load a memory operand
// into a temporary first (OP_SSE_LOAD…). What is not here goes through OP_SSE_R and OP_SSE_M. The loop is
// compiled as one function, whose size delays V8's optimised code: this list is not longer than it needs to be.
import { rows } from "./sse-rows.mjs";

const words = (text) => text.trim().split(/\s+/);
export const IN_PLACE = words(`
  movss movsd movss_st movsd_st movlps movhps movlps_st movhps_st
  addsd subsd mulsd divsd addss subss mulss divss addpd subpd mulpd addps subps mulps
`);
export const BY_REGISTER = words(`
  movddup sqrtsd minsd maxsd sqrtss minss maxss divpd sqrtpd divps sqrtps
  ucomisd comisd ucomiss comiss cvtsi2sd cvtsi2ss cvttsd2si cvttss2si cvtsd2ss cvtss2sd cvtps2pd cvtdq2pd cvtdq2ps cvttps2dq
  cmppd cmpps andps andpd orps orpd xorps xorpd andnps andnpd unpcklps unpckhps unpcklpd unpckhpd shufps shufpd movmskpd
  pxor por pand pandn paddb paddw paddd paddq psubb psubd psubq pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtd pminub pmaxub pmovmskb
  pmuludq pmullw pmulld punpcklbw punpcklwd punpckldq punpcklqdq punpckhbw punpckhwd punpckhdq punpckhqdq pshufd pshuflw pshufb
  psrlq palignr pinsrw
`);
export const HOT_SHIFTS = words("psrlw_i psrld_i psrlq_i psrad_i psllw_i pslld_i psllq_i psrldq pslldq");
/** The number of the temporary as an xmm register; SCRATCH of cpu/state.ts. */
export const TEMPORARY = 80;

/**
 * Scalar arithmetic in place: r = a op b when rounding is to nearest, PE is masked and set already,
 * a and b are not denormal, and r is finite and above the least normal number; else the function of sse-float.ts.
 */
function scalar(name) {
  const [, operation, type] = /^(add|sub|mul|div)s([sd])$/.exec(name);
  const sign = { add: "+", sub: "-", mul: "*", div: "/" }[operation];
  const f = type === "d" ? "f64" : "f32";
  const u = type === "d" ? "u64" : "u32";
  const [denormal, least, span] = type === "d" ? ["0x001fffffffffffff", "0x0020000000000002", "0xffbffffffffffffe"] : ["0x00ffffff", "0x01000002", "0xfdfffffe"];
  return `const a = load<${f}>(d), b = load<${f}>(s), r = a ${sign} b;
      if ((load<u32>(MXCSR, CPU) & 0x7020) == 0x1020 && (reinterpret<${u}>(r) << 1) - ${least} < ${span} && (reinterpret<${u}>(a) << 1) - 1 >= ${denormal} && (reinterpret<${u}>(b) << 1) - 1 >= ${denormal}) store<${f}>(d, r);
      else if (${name}(d, s)) return exitVector(pc, fuel, 19);`;
}

/** Packed arithmetic in place, when the same holds for every lane and no operand is zero. */
function packed(name) {
  const [, operation, type] = /^(add|sub|mul|div)p([sd])$/.exec(name);
  const [lanes, ints, all, least] = type === "d" ? ["f64x2", "i64x2", 3, "reinterpret<f64>(<u64>0x0010000000000000)"] : ["f32x4", "i32x4", 15, "reinterpret<f32>(<u32>0x00800000)"];
  const f = lanes.slice(0, 3);
  return `const a = v128.load(d), b = v128.load(s), r = ${lanes}.${operation}(a, b), z = ${lanes}.abs(r);
      if ((load<u32>(MXCSR, CPU) & 0x7020) == 0x1020 && ${ints}.bitmask(v128.and(${lanes}.lt(z, ${lanes}.splat(${f}.POSITIVE_INFINITY)), ${lanes}.gt(${lanes}.pmin(${lanes}.pmin(${lanes}.abs(a), ${lanes}.abs(b)), z), ${lanes}.splat(${least})))) == ${all}) v128.store(d, r);
      else if (${name}(d, s)) return exitVector(pc, fuel, 19);`;
}

/** The row's body as statements of the loop. */
function statements(row) {
  if (/^(add|sub|mul)s[sd]$/.test(row.name)) return scalar(row.name);
  if (/^(add|sub|mul)p[sd]$/.test(row.name)) return packed(row.name);
  const call = /^return (.*);$/.exec(row.body);
  return call ? `if (${call[1]}) return exitVector(pc, fuel, 19);` : row.body;
}

const xmm = (field) => `CPU + XMM + (<usize>load<u8>(pc, ${field}) << 5)`;
const general = (field) => `CPU + <usize>load<u8>(pc, ${field})`;

/** What a row's operations need: its form, the places of its operands, its body. */
function parts(name) {
  const row = rows.find((r) => r.name === name);
  const form = row.form.replace(/[ai]+$/, "");
  const body = statements(row);
  const stores = form === "S" || form === "EG";
  const wide = /\bwide\b/.test(body) ? "const wide = (load<u16>(pc, 12) & 0x8000) != 0;" : "";
  const immediate = row.form.slice(form.length).includes("i") ? "const imm = <i32>load<u8>(pc, 14);" : "";
  return {
    row,
    stores,
    body: `${immediate} ${wide} ${body}`,
    d: form === "GX" ? general(4) : form === "EG" ? general(5) : form === "S" ? xmm(5) : xmm(4),
    s: form === "XG" ? general(5) : stores ? xmm(4) : xmm(5),
  };
}

const AFTER_MOVAPS = words("addsd subsd mulsd addss subss mulss addpd subpd mulpd addps subps mulps");

/** A copy of a register and the arithmetic on it: index = the copy's source. */
function afterMovaps(name, next) {
  const first = /p[sd]$/.test(name) ? "m" : name.endsWith("d") ? "f64x2.extract_lane(m, 0)" : "f32x4.extract_lane(m, 0)";
  const { body, s } = parts(name);
  return `{ const d: usize = ${xmm(4)}, s: usize = ${s}, m = v128.load(${xmm(6)}); v128.store(d, m); ${body.replace(/const a = [\w.]*(<\w+>)?\(d\)/, `const a = ${first}`)} ${next} }`;
}

/** Adds the operations to the loop; `t` are the templates of gen-interp.mjs. Returns the import lines that they need, and what follows a MOVAPS in one operation. */
export function addSse(t) {
  const register = (name) => {
    const { row, body, d, s } = parts(name);
    t.op(`SSE_${name.toUpperCase()}_R`, row.memoryOnly ? "return exitVector(pc, fuel, 6);" : `{ const memory = false; const d: usize = ${d}, s: usize = ${s}; ${body} ${t.next} }`);
  };
  t.family("SSE_HOT");
  for (const name of IN_PLACE) {
    register(name);
    const { row, stores, body, d, s } = parts(name);
    const aligned = row.form.endsWith("a") ? "if (ea & 15) return exitVector(pc, fuel, 13);" : "";
    const places = stores ? `const d = h, s: usize = ${s};` : `const d: usize = ${d}, s = h;`;
    t.op(`SSE_${name.toUpperCase()}_M`, `{ const memory = true; ${t.ea} ${aligned} ${stores ? t.wr(row.bytes) : t.rd(row.bytes)} ${places} ${body} ${stores ? t.wrDone : ""} ${t.next} }`);
  }
  for (const name of BY_REGISTER) register(name);
  for (const name of HOT_SHIFTS) register(name);
  for (const [name, bytes] of [["4", 4], ["8", 8], ["16", 16], ["A16", 16]]) {
    const move = bytes === 16 ? "v128.store(d, v128.load(h));" : `store<u${bytes * 8}>(d, load<u${bytes * 8}>(h));`;
    t.op(`SSE_LOAD${name}`, `{ ${t.ea} ${name === "A16" ? "if (ea & 15) return exitVector(pc, fuel, 13);" : ""} ${t.rd(bytes)} const d: usize = CPU + XMM + ${TEMPORARY * 32}; ${move} ${t.next} }`);
  }
  const used = [...IN_PLACE, ...BY_REGISTER, ...HOT_SHIFTS].map((name) => rows.find((r) => r.name === name));
  const calls = [...new Set(used.flatMap((r) => (/^return/.test(r.body) ? r.calls : [])))].sort();
  const convert = calls.filter((f) => /^(cvt|round)/.test(f));
  const imports = `import { ${calls.filter((f) => !convert.includes(f)).join(", ")} } from "../cpu/sse-float";
import { ${convert.join(", ")} } from "../cpu/sse-convert";
import { alignRight, shiftBytes, shuffle16, shuffle32 } from "../cpu/sse";
`;
  return { imports, fused: AFTER_MOVAPS.map((name) => [`SSE_${name.toUpperCase()}_R`, `MOVAPS_${name.toUpperCase()}`, afterMovaps(name, t.next)]) };
}
