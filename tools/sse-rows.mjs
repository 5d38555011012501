// The instructions of SSE to SSE4.2 (MMX: mmx-rows.mjs), one row each: encoding, operand form, bytes of the
// source, semantics. gen-sse.mjs makes the decoding tables and the code from them, tests/sse the test cases.
//
// Prefix: 0 none, 1 = 66, 2 = F3, 3 = F2. Map: 1 = 0F, 2 = 0F38, 3 = 0F3A, 4 = 0F with the opcode
// extension in ModRM (opcode << 4 | extension). Bytes: of the memory operand, 0 = 4, or 8 with REX.W.
// Forms (d and s are host addresses):
//   X   xmm ← xmm/m          a = aligned memory operand required
//   S   xmm/m ← xmm          stores `bytes`; register form rr
//   GX  general ← xmm/m      XG  xmm ← general/m      EG  general/m ← xmm
//   I   xmm, no source       i   takes an immediate byte
//   M, MS, GM, MG, EM, MI    the same with mmx registers; XM xmm ← mmx/m, MX mmx ← xmm/m
// The body may return an exception vector; `calls` names its function.
export const rows = [];
const row = (name, prefix, map, opcode, form, bytes, body, extra = {}) => rows.push({ name, prefix, map, opcode, form, bytes, body, ...extra });
const D = "v128.load(d)";
const S = "v128.load(s)";
const put = (v) => `v128.store(d, ${v});`;
const x = (name, prefix, map, opcode, expr, bytes = 16) => row(name, prefix, map, opcode, bytes === 16 ? "Xa" : "X", bytes, put(expr));

// ── moves ──
const MOV16 = put(S);
for (const [n, p] of [["movups", 0], ["movupd", 1]]) {
  row(n, p, 1, 0x10, "X", 16, MOV16);
  row(n + "_st", p, 1, 0x11, "S", 16, MOV16);
}
for (const [n, p] of [["movaps", 0], ["movapd", 1]]) {
  row(n, p, 1, 0x28, "Xa", 16, MOV16);
  row(n + "_st", p, 1, 0x29, "Sa", 16, MOV16);
  row(n.replace("a", "nt"), p, 1, 0x2b, "Sa", 16, MOV16, { memoryOnly: true });
}
row("movdqa", 1, 1, 0x6f, "Xa", 16, MOV16);
row("movdqu", 2, 1, 0x6f, "X", 16, MOV16);
row("movdqa_st", 1, 1, 0x7f, "Sa", 16, MOV16);
row("movdqu_st", 2, 1, 0x7f, "S", 16, MOV16);
row("movntdq", 1, 1, 0xe7, "Sa", 16, MOV16, { memoryOnly: true });
row("lddqu", 3, 1, 0xf0, "X", 16, MOV16, { memoryOnly: true });
row("movntdqa", 1, 2, 0x2a, "Xa", 16, MOV16, { memoryOnly: true });
row("movss", 2, 1, 0x10, "X", 4, "if (memory) { store<u64>(d, load<u32>(s)); store<u64>(d, 0, 8); } else store<u32>(d, load<u32>(s));");
row("movsd", 3, 1, 0x10, "X", 8, "if (memory) store<u64>(d, 0, 8); store<u64>(d, load<u64>(s));");
row("movss_st", 2, 1, 0x11, "S", 4, "store<u32>(d, load<u32>(s));");
row("movsd_st", 3, 1, 0x11, "S", 8, "store<u64>(d, load<u64>(s));");
row("movlps", 0, 1, 0x12, "X", 8, "store<u64>(d, memory ? load<u64>(s) : load<u64>(s, 8));"); // movhlps between registers
row("movlpd", 1, 1, 0x12, "X", 8, "store<u64>(d, load<u64>(s));", { memoryOnly: true });
row("movhps", 0, 1, 0x16, "X", 8, "store<u64>(d, load<u64>(s), 8);"); // movlhps between registers
row("movhpd", 1, 1, 0x16, "X", 8, "store<u64>(d, load<u64>(s), 8);", { memoryOnly: true });
for (const p of [0, 1]) {
  row(p ? "movlpd_st" : "movlps_st", p, 1, 0x13, "S", 8, "store<u64>(d, load<u64>(s));", { memoryOnly: true });
  row(p ? "movhpd_st" : "movhps_st", p, 1, 0x17, "S", 8, "store<u64>(d, load<u64>(s, 8));", { memoryOnly: true });
}
row("movsldup", 2, 1, 0x12, "Xa", 16, put(`i8x16.shuffle(${S}, ${S}, 0,1,2,3,0,1,2,3,8,9,10,11,8,9,10,11)`));
row("movshdup", 2, 1, 0x16, "Xa", 16, put(`i8x16.shuffle(${S}, ${S}, 4,5,6,7,4,5,6,7,12,13,14,15,12,13,14,15)`));
row("movddup", 3, 1, 0x12, "X", 8, "const v = load<u64>(s); store<u64>(d, v); store<u64>(d, v, 8);");
row("movq", 2, 1, 0x7e, "X", 8, "store<u64>(d, load<u64>(s)); store<u64>(d, 0, 8);");
row("movq_st", 1, 1, 0xd6, "S", 8, "store<u64>(d, load<u64>(s)); if (!memory) store<u64>(d, 0, 8);");
row("movd", 1, 1, 0x6e, "XG", 0, "store<u64>(d, wide ? load<u64>(s) : <u64>load<u32>(s)); store<u64>(d, 0, 8);");
row("movd_st", 1, 1, 0x7e, "EG", 0, "if (wide) store<u64>(d, load<u64>(s)); else if (memory) store<u32>(d, load<u32>(s)); else store<u64>(d, load<u32>(s));");
row("maskmovdqu", 1, 1, 0xf7, "MASK", 0, "", { registerOnly: true });

// ── floating point arithmetic: functions that return 0 or the vector of #XM ──
const call = (f, more = "") => `return ${f}(d, s${more});`;
const types = [["ps", 0, 16], ["pd", 1, 16], ["ss", 2, 4], ["sd", 3, 8]];
for (const [t, p, bytes] of types) {
  const form = bytes === 16 ? "Xa" : "X";
  for (const [name, opcode] of [["sqrt", 0x51], ["add", 0x58], ["mul", 0x59], ["sub", 0x5c], ["div", 0x5e]]) row(name + t, p, 1, opcode, form, bytes, call(name + t), { calls: name + t });
  row("min" + t, p, 1, 0x5d, form, bytes, call("minmax" + t, ", 0"), { calls: "minmax" + t });
  row("max" + t, p, 1, 0x5f, form, bytes, call("minmax" + t, ", 1"), { calls: "minmax" + t });
  row("cmp" + t, p, 1, 0xc2, form + "i", bytes, call("cmp" + t, ", imm"), { calls: "cmp" + t });
  if (bytes !== 16) continue;
  row("and" + t, p, 1, 0x54, form, bytes, put(`v128.and(${D}, ${S})`));
  row("andn" + t, p, 1, 0x55, form, bytes, put(`v128.andnot(${S}, ${D})`));
  row("or" + t, p, 1, 0x56, form, bytes, put(`v128.or(${D}, ${S})`));
  row("xor" + t, p, 1, 0x57, form, bytes, put(`v128.xor(${D}, ${S})`));
}
for (const [n, p, b] of [["comiss", 0, 4], ["comisd", 1, 8]]) {
  row("u" + n, p, 1, 0x2e, "X", b, call(n, ", 1"), { calls: n });
  row(n, p, 1, 0x2f, "X", b, call(n, ", 0"), { calls: n });
}
row("rcpps", 0, 1, 0x53, "Xa", 16, "for (let i: usize = 0; i < 16; i += 4) store<u32>(d + i, reciprocal(load<f32>(s + i)));");
row("rcpss", 2, 1, 0x53, "X", 4, "store<u32>(d, reciprocal(load<f32>(s)));");
row("rsqrtps", 0, 1, 0x52, "Xa", 16, "for (let i: usize = 0; i < 16; i += 4) store<u32>(d + i, reciprocalRoot(load<f32>(s + i)));");
row("rsqrtss", 2, 1, 0x52, "X", 4, "store<u32>(d, reciprocalRoot(load<f32>(s)));");
row("movmskps", 0, 1, 0x50, "GX", 16, `store<u64>(d, <u64><u32>i32x4.bitmask(${S}));`, { registerOnly: true });
row("movmskpd", 1, 1, 0x50, "GX", 16, `store<u64>(d, <u64><u32>i64x2.bitmask(${S}));`, { registerOnly: true });
const fp = (name, prefix, map, opcode, form, bytes, f, more = "") => row(name, prefix, map, opcode, form, bytes, call(f, more), { calls: f });
fp("addsubpd", 1, 1, 0xd0, "Xa", 16, "addsubpd");
fp("addsubps", 3, 1, 0xd0, "Xa", 16, "addsubps");
for (const [n, op, o] of [["hadd", 0x7c, 0], ["hsub", 0x7d, 1]]) {
  row(n + "pd", 1, 1, op, "Xa", 16, `return horizontal64(${o}, d, s);`, { calls: "horizontal64" });
  row(n + "ps", 3, 1, op, "Xa", 16, `return horizontal32(${o}, d, s);`, { calls: "horizontal32" });
}

// ── conversions ──
for (const [n, p, b] of [["ss", 2, 4], ["sd", 3, 8]]) {
  fp(`cvtsi2${n}`, p, 1, 0x2a, "XG", 0, `cvtsi2${n}`, ", wide");
  fp(`cvtt${n}2si`, p, 1, 0x2c, "GX", b, `cvt${n}2si`, ", wide, 1");
  fp(`cvt${n}2si`, p, 1, 0x2d, "GX", b, `cvt${n}2si`, ", wide, 0");
}
fp("cvtps2pd", 0, 1, 0x5a, "X", 8, "cvtps2pd");
fp("cvtpd2ps", 1, 1, 0x5a, "Xa", 16, "cvtpd2ps");
fp("cvtss2sd", 2, 1, 0x5a, "X", 4, "cvtss2sd");
fp("cvtsd2ss", 3, 1, 0x5a, "X", 8, "cvtsd2ss");
fp("cvtdq2ps", 0, 1, 0x5b, "Xa", 16, "cvtdq2ps", ", 4");
fp("cvtps2dq", 1, 1, 0x5b, "Xa", 16, "cvtps2dq", ", 4, 0");
fp("cvttps2dq", 2, 1, 0x5b, "Xa", 16, "cvtps2dq", ", 4, 1");
fp("cvtdq2pd", 2, 1, 0xe6, "X", 8, "cvtdq2pd");
fp("cvttpd2dq", 1, 1, 0xe6, "Xa", 16, "cvtpd2dq", ", true, 1");
fp("cvtpd2dq", 3, 1, 0xe6, "Xa", 16, "cvtpd2dq", ", true, 0");

// ── integer arithmetic: 66 0F ──
const simple = {
  0xfc: ["paddb", "i8x16.add"], 0xfd: ["paddw", "i16x8.add"], 0xfe: ["paddd", "i32x4.add"], 0xd4: ["paddq", "i64x2.add"],
  0xf8: ["psubb", "i8x16.sub"], 0xf9: ["psubw", "i16x8.sub"], 0xfa: ["psubd", "i32x4.sub"], 0xfb: ["psubq", "i64x2.sub"],
  0xec: ["paddsb", "i8x16.add_sat_s"], 0xed: ["paddsw", "i16x8.add_sat_s"], 0xdc: ["paddusb", "i8x16.add_sat_u"], 0xdd: ["paddusw", "i16x8.add_sat_u"],
  0xe8: ["psubsb", "i8x16.sub_sat_s"], 0xe9: ["psubsw", "i16x8.sub_sat_s"], 0xd8: ["psubusb", "i8x16.sub_sat_u"], 0xd9: ["psubusw", "i16x8.sub_sat_u"],
  0x74: ["pcmpeqb", "i8x16.eq"], 0x75: ["pcmpeqw", "i16x8.eq"], 0x76: ["pcmpeqd", "i32x4.eq"], 0x64: ["pcmpgtb", "i8x16.gt_s"], 0x65: ["pcmpgtw", "i16x8.gt_s"], 0x66: ["pcmpgtd", "i32x4.gt_s"],
  0xdb: ["pand", "v128.and"], 0xeb: ["por", "v128.or"], 0xef: ["pxor", "v128.xor"],
  0xda: ["pminub", "i8x16.min_u"], 0xde: ["pmaxub", "i8x16.max_u"], 0xea: ["pminsw", "i16x8.min_s"], 0xee: ["pmaxsw", "i16x8.max_s"],
  0xd5: ["pmullw", "i16x8.mul"], 0xe0: ["pavgb", "i8x16.avgr_u"], 0xe3: ["pavgw", "i16x8.avgr_u"], 0xf5: ["pmaddwd", "i32x4.dot_i16x8_s"],
  0x63: ["packsswb", "i8x16.narrow_i16x8_s"], 0x67: ["packuswb", "i8x16.narrow_i16x8_u"], 0x6b: ["packssdw", "i16x8.narrow_i32x4_s"],
};
for (const [opcode, [n, f]] of Object.entries(simple)) x(n, 1, 1, +opcode, `${f}(${D}, ${S})`);
x("pandn", 1, 1, 0xdf, `v128.andnot(${S}, ${D})`);
x("pmuludq", 1, 1, 0xf4, `i64x2.extmul_low_i32x4_u(i8x16.shuffle(${D}, ${D}, 0,1,2,3,8,9,10,11,0,1,2,3,8,9,10,11), i8x16.shuffle(${S}, ${S}, 0,1,2,3,8,9,10,11,0,1,2,3,8,9,10,11))`);
for (const [n, op, sg] of [["pmulhw", 0xe5, "s"], ["pmulhuw", 0xe4, "u"]])
  x(n, 1, 1, op, `i8x16.shuffle(i32x4.extmul_low_i16x8_${sg}(${D}, ${S}), i32x4.extmul_high_i16x8_${sg}(${D}, ${S}), 2,3,6,7,10,11,14,15,18,19,22,23,26,27,30,31)`);
row("psadbw", 1, 1, 0xf6, "Xa", 16, "sumDifferences(d, s);");
const unpack = { 0x60: ["punpcklbw", "0,16,1,17,2,18,3,19,4,20,5,21,6,22,7,23"], 0x61: ["punpcklwd", "0,1,16,17,2,3,18,19,4,5,20,21,6,7,22,23"], 0x62: ["punpckldq", "0,1,2,3,16,17,18,19,4,5,6,7,20,21,22,23"], 0x6c: ["punpcklqdq", "0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23"], 0x68: ["punpckhbw", "8,24,9,25,10,26,11,27,12,28,13,29,14,30,15,31"], 0x69: ["punpckhwd", "8,9,24,25,10,11,26,27,12,13,28,29,14,15,30,31"], 0x6a: ["punpckhdq", "8,9,10,11,24,25,26,27,12,13,14,15,28,29,30,31"], 0x6d: ["punpckhqdq", "8,9,10,11,12,13,14,15,24,25,26,27,28,29,30,31"] };
for (const [opcode, [n, lanes]] of Object.entries(unpack)) x(n, 1, 1, +opcode, `i8x16.shuffle(${D}, ${S}, ${lanes})`);
for (const [n, p, op, lanes] of [["unpcklps", 0, 0x14, unpack[0x62][1]], ["unpckhps", 0, 0x15, unpack[0x6a][1]], ["unpcklpd", 1, 0x14, unpack[0x6c][1]], ["unpckhpd", 1, 0x15, unpack[0x6d][1]]]) x(n, p, 1, op, `i8x16.shuffle(${D}, ${S}, ${lanes})`);
row("pmovmskb", 1, 1, 0xd7, "GX", 16, `store<u64>(d, <u64><u32>i8x16.bitmask(${S}));`, { registerOnly: true });
row("pshufd", 1, 1, 0x70, "Xai", 16, "shuffle32(d, s, s, imm);");
row("shufps", 0, 1, 0xc6, "Xai", 16, "shuffle32(d, d, s, imm);");
row("shufpd", 1, 1, 0xc6, "Xai", 16, "const a = load<u64>(d + ((imm & 1) << 3)), b = load<u64>(s + ((imm & 2) << 2)); store<u64>(d, a); store<u64>(d, b, 8);");
row("pshuflw", 3, 1, 0x70, "Xai", 16, "const high = load<u64>(s, 8); shuffle16(d, s, imm); store<u64>(d, high, 8);");
row("pshufhw", 2, 1, 0x70, "Xai", 16, "const low = load<u64>(s); shuffle16(d + 8, s + 8, imm); store<u64>(d, low);");
row("pinsrw", 1, 1, 0xc4, "XGi", 2, "store<u16>(d + ((imm & 7) << 1), load<u16>(s));");
row("pextrw", 1, 1, 0xc5, "GXi", 16, "store<u64>(d, load<u16>(s + ((imm & 7) << 1)));", { registerOnly: true });
for (const [n, op, f, bits] of [["psrlw", 0xd1, "i16x8.shr_u", 16], ["psrld", 0xd2, "i32x4.shr_u", 32], ["psrlq", 0xd3, "i64x2.shr_u", 64], ["psraw", 0xe1, "i16x8.shr_s", 16], ["psrad", 0xe2, "i32x4.shr_s", 32], ["psllw", 0xf1, "i16x8.shl", 16], ["pslld", 0xf2, "i32x4.shl", 32], ["psllq", 0xf3, "i64x2.shl", 64]]) {
  const over = f.endsWith("shr_s") ? `${f}(${D}, ${bits - 1})` : "i64x2.splat(0)";
  row(n, 1, 1, op, "Xa", 16, `const n = load<u64>(s); v128.store(d, n < ${bits} ? ${f}(${D}, <i32>n) : ${over});`);
  row(n + "_i", 1, 4, { psrlw: 0x712, psraw: 0x714, psllw: 0x716, psrld: 0x722, psrad: 0x724, pslld: 0x726, psrlq: 0x732, psllq: 0x736 }[n], "Ii", 0, `v128.store(d, imm < ${bits} ? ${f}(${D}, imm) : ${over});`);
}
row("psrldq", 1, 4, 0x733, "Ii", 0, "shiftBytes(d, imm, true);");
row("pslldq", 1, 4, 0x737, "Ii", 0, "shiftBytes(d, imm, false);");

// ── SSSE3 and SSE4 ──
row("pshufb", 1, 2, 0x00, "Xa", 16, put(`i8x16.swizzle(${D}, v128.and(${S}, i8x16.splat(<i8>0x8f)))`));
for (const [n, op] of [["phaddw", 1], ["phaddd", 2], ["phaddsw", 3], ["phsubw", 5], ["phsubd", 6], ["phsubsw", 7]]) {
  const wide = n.endsWith("d");
  const even = wide ? "0,1,2,3,8,9,10,11,16,17,18,19,24,25,26,27" : "0,1,4,5,8,9,12,13,16,17,20,21,24,25,28,29";
  const odd = wide ? "4,5,6,7,12,13,14,15,20,21,22,23,28,29,30,31" : "2,3,6,7,10,11,14,15,18,19,22,23,26,27,30,31";
  const f = (wide ? "i32x4." : "i16x8.") + (n.includes("add") ? "add" : "sub") + (n.endsWith("sw") ? "_sat_s" : "");
  x(n, 1, 2, op, `${f}(i8x16.shuffle(${D}, ${S}, ${even}), i8x16.shuffle(${D}, ${S}, ${odd}))`);
}
row("pmaddubsw", 1, 2, 0x04, "Xa", 16, "for (let i: usize = 0; i < 16; i += 2) store<i16>(d + i, saturate16(<i32>load<u8>(d + i) * <i32>load<i8>(s + i) + <i32>load<u8>(d + i, 1) * <i32>load<i8>(s + i, 1)));");
for (const [n, op, t, b] of [["psignb", 8, "i8", 1], ["psignw", 9, "i16", 2], ["psignd", 10, "i32", 4]]) row(n, 1, 2, op, "Xa", 16, `for (let i: usize = 0; i < 16; i += ${b}) { const c = load<${t}>(s + i), v = load<${t}>(d + i); store<${t}>(d + i, c < 0 ? <${t}>(0 - v) : c == 0 ? <${t}>0 : v); }`);
x("pmulhrsw", 1, 2, 0x0b, `mulRound(${D}, ${S})`);
for (const [n, op, f] of [["pabsb", 0x1c, "i8x16"], ["pabsw", 0x1d, "i16x8"], ["pabsd", 0x1e, "i32x4"]]) x(n, 1, 2, op, `${f}.abs(${S})`);
row("palignr", 1, 3, 0x0f, "Xai", 16, "alignRight(d, s, imm);");
for (const [n, op, m] of [["pblendvb", 0x10, "i8x16.shr_s(v128.load(CPU + XMM), 7)"], ["blendvps", 0x14, "i32x4.shr_s(v128.load(CPU + XMM), 31)"], ["blendvpd", 0x15, "i64x2.shr_s(v128.load(CPU + XMM), 63)"]]) x(n, 1, 2, op, `v128.bitselect(${S}, ${D}, ${m})`);
row("ptest", 1, 2, 0x17, "Xa", 16, `const a = ${D}, b = ${S}; flagsExplicit((v128.any_true(v128.and(a, b)) ? 0 : ZF) | (v128.any_true(v128.andnot(b, a)) ? 0 : CF));`);
for (const [n, op, f, bytes] of [["bw", 0, "i16x8.extend_low_i8x16", 8], ["bd", 1, "", 4], ["bq", 2, "", 2], ["wd", 3, "i32x4.extend_low_i16x8", 8], ["wq", 4, "", 4], ["dq", 5, "i64x2.extend_low_i32x4", 8]])
  for (const sg of ["s", "u"]) {
    const from = { b: 1, w: 2, d: 4 }[n[0]], to = { w: 2, d: 4, q: 8 }[n[1]];
    const tf = (sg === "s" ? "i" : "u") + from * 8, tt = "u" + to * 8;
    const lanes = 16 / to;
    const body = [...Array(lanes).keys()].map((i) => `const v${i} = load<${tf}>(s, ${i * from});`).join(" ") + " " + [...Array(lanes).keys()].map((i) => `store<${tt}>(d, <${tt}>v${i}, ${i * to});`).join(" ");
    row(`pmov${sg === "s" ? "s" : "z"}x${n}`, 1, 2, (sg === "s" ? 0x20 : 0x30) + op, "X", bytes, body);
  }
x("pmuldq", 1, 2, 0x28, `i64x2.extmul_low_i32x4_s(i8x16.shuffle(${D}, ${D}, 0,1,2,3,8,9,10,11,0,1,2,3,8,9,10,11), i8x16.shuffle(${S}, ${S}, 0,1,2,3,8,9,10,11,0,1,2,3,8,9,10,11))`);
x("pcmpeqq", 1, 2, 0x29, `i64x2.eq(${D}, ${S})`);
x("packusdw", 1, 2, 0x2b, `i16x8.narrow_i32x4_u(${D}, ${S})`);
x("pcmpgtq", 1, 2, 0x37, `i64x2.gt_s(${D}, ${S})`);
for (const [n, op, f] of [["pminsb", 0x38, "i8x16.min_s"], ["pminsd", 0x39, "i32x4.min_s"], ["pminuw", 0x3a, "i16x8.min_u"], ["pminud", 0x3b, "i32x4.min_u"], ["pmaxsb", 0x3c, "i8x16.max_s"], ["pmaxsd", 0x3d, "i32x4.max_s"], ["pmaxuw", 0x3e, "i16x8.max_u"], ["pmaxud", 0x3f, "i32x4.max_u"], ["pmulld", 0x40, "i32x4.mul"]]) x(n, 1, 2, op, `${f}(${D}, ${S})`);
row("phminposuw", 1, 2, 0x41, "Xa", 16, "minPosition(d, s);");
fp("roundps", 1, 3, 0x08, "Xai", 16, "roundps", ", imm");
fp("roundpd", 1, 3, 0x09, "Xai", 16, "roundpd", ", imm");
fp("roundss", 1, 3, 0x0a, "Xi", 4, "roundss", ", imm");
fp("roundsd", 1, 3, 0x0b, "Xi", 8, "roundsd", ", imm");
row("blendps", 1, 3, 0x0c, "Xai", 16, "for (let i = 0; i < 4; i++) if ((imm >> i) & 1) store<u32>(d + (i << 2), load<u32>(s + (i << 2)));");
row("blendpd", 1, 3, 0x0d, "Xai", 16, "for (let i = 0; i < 2; i++) if ((imm >> i) & 1) store<u64>(d + (i << 3), load<u64>(s + (i << 3)));");
row("pblendw", 1, 3, 0x0e, "Xai", 16, "for (let i = 0; i < 8; i++) if ((imm >> i) & 1) store<u16>(d + (i << 1), load<u16>(s + (i << 1)));");
const pextr = (t, shift) => `const v = load<${t}>(s + ((imm & ${16 / (1 << shift) - 1}) << ${shift})); if (memory) store<${t}>(d, v); else store<u64>(d, v);`;
row("pextrb", 1, 3, 0x14, "EGi", 1, pextr("u8", 0));
row("pextrw_st", 1, 3, 0x15, "EGi", 2, pextr("u16", 1));
row("pextrd", 1, 3, 0x16, "EGi", 0, "if (wide) store<u64>(d, load<u64>(s + ((imm & 1) << 3))); else { const v = load<u32>(s + ((imm & 3) << 2)); if (memory) store<u32>(d, v); else store<u64>(d, v); }");
row("extractps", 1, 3, 0x17, "EGi", 4, pextr("u32", 2));
row("pinsrb", 1, 3, 0x20, "XGi", 1, "store<u8>(d + (imm & 15), load<u8>(s));");
row("pinsrd", 1, 3, 0x22, "XGi", 0, "if (wide) store<u64>(d + ((imm & 1) << 3), load<u64>(s)); else store<u32>(d + ((imm & 3) << 2), load<u32>(s));");
row("insertps", 1, 3, 0x21, "Xi", 4, "const v = load<u32>(memory ? s : s + ((imm >> 6) << 2)); store<u32>(d + ((imm >> 4 & 3) << 2), v); for (let i = 0; i < 4; i++) if ((imm >> i) & 1) store<u32>(d + (i << 2), 0);");
fp("dpps", 1, 3, 0x40, "Xai", 16, "dotProduct32", ", imm");
fp("dppd", 1, 3, 0x41, "Xai", 16, "dotProduct64", ", imm");
row("mpsadbw", 1, 3, 0x42, "Xai", 16, "multipleSums(d, s, imm);");
for (const [n, op, explicit, index] of [["pcmpestrm", 0x60, 1, 0], ["pcmpestri", 0x61, 1, 1], ["pcmpistrm", 0x62, 0, 0], ["pcmpistri", 0x63, 0, 1]]) row(n, 1, 3, op, "Xi", 16, `compareStrings(d, s, imm, ${explicit}, ${index}, wide);`);
