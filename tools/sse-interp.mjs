// SSE in the interpreter loop: the rows that programs use most have operations of their own there, two a row
// (source in a register, operand in memory), with the row's body in place. All others go through OP_SSE_R and OP_SSE_M.
import { rows } from "./sse-rows.mjs";

const words = (text) => text.trim().split(/\s+/);
export const HOT = words(`
  movss movsd movss_st movsd_st movlps movhps movlpd movhpd movlps_st movhps_st movlpd_st movhpd_st movddup
  addsd subsd mulsd divsd sqrtsd minsd maxsd addss subss mulss divss sqrtss minss maxss
  addpd subpd mulpd divpd sqrtpd addps subps mulps divps sqrtps
  ucomisd comisd ucomiss comiss cvtsi2sd cvtsi2ss cvttsd2si cvttss2si cvtsd2si cvtsd2ss cvtss2sd cvtps2pd cvtdq2pd cvtdq2ps cvttps2dq cvttpd2dq
  cmpltpd cmppd cmpps andps andpd orps orpd xorps xorpd andnps andnpd unpcklps unpckhps unpcklpd unpckhpd shufps shufpd movmskpd movmskps
  pxor por pand pandn paddb paddw paddd paddq psubb psubw psubd psubq pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pminub pmaxub pmovmskb
  pmuludq pmullw pmaddwd pmulld punpcklbw punpcklwd punpckldq punpcklqdq punpckhbw punpckhwd punpckhdq punpckhqdq pshufd pshuflw pshufhw pshufb
  psrlw psrld psrlq psraw psrad psllw pslld psllq palignr packuswb packssdw pextrw pinsrw pinsrd pextrd ptest
`).filter((name) => rows.some((row) => row.name === name));
export const HOT_SHIFTS = words("psrlw_i psrld_i psrlq_i psraw_i psrad_i psllw_i pslld_i psllq_i psrldq pslldq");

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
  if (/^(add|sub|mul|div)s[sd]$/.test(row.name)) return scalar(row.name);
  if (/^(add|sub|mul|div)p[sd]$/.test(row.name)) return packed(row.name);
  const call = /^return (.*);$/.exec(row.body);
  return call ? `if (${call[1]}) return exitVector(pc, fuel, 19);` : row.body;
}

/** Adds the operations to the loop; `t` are the templates of gen-interp.mjs. Returns the import lines that they need. */
export function addSse(t) {
  const xmm = (field) => `CPU + XMM + (<usize>load<u8>(pc, ${field}) << 5)`;
  const general = (field) => `CPU + <usize>load<u8>(pc, ${field})`;
  t.family("SSE_HOT");
  for (const name of HOT) {
    const row = rows.find((r) => r.name === name);
    const form = row.form.replace(/[ai]+$/, "");
    const options = row.form.slice(form.length);
    const body = statements(row);
    const wide = /\bwide\b/.test(body) ? "const wide = (load<u16>(pc, 12) & 0x8000) != 0;" : "";
    const more = `${options.includes("i") ? "const imm = <i32>load<u8>(pc, 14);" : ""} ${wide}`;
    const stores = form === "S" || form === "EG";
    const D = form === "GX" ? general(4) : form === "EG" ? general(5) : form === "S" ? xmm(5) : xmm(4);
    const S = form === "XG" ? general(5) : stores ? xmm(4) : xmm(5);
    if (row.memoryOnly) t.op(`SSE_${name.toUpperCase()}_R`, "return exitVector(pc, fuel, 6);");
    else t.op(`SSE_${name.toUpperCase()}_R`, `{ const memory = false; const d: usize = ${D}, s: usize = ${S}; ${more} ${body} ${t.next} }`);
    if (row.registerOnly) t.op(`SSE_${name.toUpperCase()}_M`, "return exitVector(pc, fuel, 6);");
    else if (row.bytes === 0) t.op(`SSE_${name.toUpperCase()}_M`, `{ const s = sseMemory(pc); ${t.slowExit} ${t.next} }`);
    else {
      const aligned = options.includes("a") ? "if (ea & 15) return exitVector(pc, fuel, 13);" : "";
      const access = stores ? t.wr(row.bytes) : t.rd(row.bytes);
      const places = stores ? `const d = h, s: usize = ${S};` : `const d: usize = ${D}, s = h;`;
      t.op(`SSE_${name.toUpperCase()}_M`, `{ const memory = true; ${t.ea} ${aligned} ${access} ${places} ${more} ${body} ${stores ? t.wrDone : ""} ${t.next} }`);
    }
  }
  t.family("SSE_SHIFT");
  for (const name of HOT_SHIFTS) {
    const row = rows.find((r) => r.name === name);
    t.op(`SSE_${name.toUpperCase()}`, `{ const d: usize = ${xmm(4)}; const imm = <i32>load<u8>(pc, 14); ${row.body} ${t.next} }`);
  }
  const used = [...HOT, ...HOT_SHIFTS].map((name) => rows.find((r) => r.name === name));
  const calls = [...new Set(used.flatMap((r) => (/^return/.test(r.body) ? r.calls : [])))].sort();
  const convert = calls.filter((f) => /^(cvt|round)/.test(f));
  return `import { ${calls.filter((f) => !convert.includes(f)).join(", ")} } from "../cpu/sse-float";
import { ${convert.join(", ")} } from "../cpu/sse-convert";
import { alignRight, shiftBytes, shuffle16, shuffle32 } from "../cpu/sse";
`;
}
