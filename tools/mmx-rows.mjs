// The MMX instructions, with those that SSE, SSE2 and SSSE3 added to them; columns as in sse-rows.mjs.
// A register is the significand of an x87 register: d and s are addresses of 8 bytes.
export const mmxRows = [];
const row = (name, prefix, map, opcode, form, bytes, body, extra = {}) => mmxRows.push({ name: `${name}_mm`, prefix, map, opcode, form, bytes, body, ...extra });
const D = "v128.load64_zero(d)";
const S = "v128.load64_zero(s)";
const BOTH = "v128.load64_lane(s, v128.load64_zero(d), 1)";
const put = (v) => `v128.store64_lane(d, ${v}, 0);`;
const x = (name, map, opcode, expr, bytes = 8) => row(name, 0, map, opcode, "M", bytes, put(expr));

// Lane by lane.
const lanes = {
  0xfc: ["paddb", "i8x16.add"], 0xfd: ["paddw", "i16x8.add"], 0xfe: ["paddd", "i32x4.add"], 0xd4: ["paddq", "i64x2.add"],
  0xf8: ["psubb", "i8x16.sub"], 0xf9: ["psubw", "i16x8.sub"], 0xfa: ["psubd", "i32x4.sub"], 0xfb: ["psubq", "i64x2.sub"],
  0xec: ["paddsb", "i8x16.add_sat_s"], 0xed: ["paddsw", "i16x8.add_sat_s"], 0xdc: ["paddusb", "i8x16.add_sat_u"], 0xdd: ["paddusw", "i16x8.add_sat_u"],
  0xe8: ["psubsb", "i8x16.sub_sat_s"], 0xe9: ["psubsw", "i16x8.sub_sat_s"], 0xd8: ["psubusb", "i8x16.sub_sat_u"], 0xd9: ["psubusw", "i16x8.sub_sat_u"],
  0x74: ["pcmpeqb", "i8x16.eq"], 0x75: ["pcmpeqw", "i16x8.eq"], 0x76: ["pcmpeqd", "i32x4.eq"], 0x64: ["pcmpgtb", "i8x16.gt_s"], 0x65: ["pcmpgtw", "i16x8.gt_s"], 0x66: ["pcmpgtd", "i32x4.gt_s"],
  0xdb: ["pand", "v128.and"], 0xeb: ["por", "v128.or"], 0xef: ["pxor", "v128.xor"],
  0xda: ["pminub", "i8x16.min_u"], 0xde: ["pmaxub", "i8x16.max_u"], 0xea: ["pminsw", "i16x8.min_s"], 0xee: ["pmaxsw", "i16x8.max_s"],
  0xd5: ["pmullw", "i16x8.mul"], 0xe0: ["pavgb", "i8x16.avgr_u"], 0xe3: ["pavgw", "i16x8.avgr_u"], 0xf5: ["pmaddwd", "i32x4.dot_i16x8_s"],
  0xf4: ["pmuludq", "i64x2.extmul_low_i32x4_u"],
};
for (const [opcode, [n, f]] of Object.entries(lanes)) x(n, 1, +opcode, `${f}(${D}, ${S})`);
x("pandn", 1, 0xdf, `v128.andnot(${S}, ${D})`);
for (const [n, op, sg] of [["pmulhw", 0xe5, "s"], ["pmulhuw", 0xe4, "u"]]) {
  const product = `i32x4.extmul_low_i16x8_${sg}(${D}, ${S})`;
  x(n, 1, op, `i8x16.shuffle(${product}, ${product}, 2,3,6,7,10,11,14,15,0,0,0,0,0,0,0,0)`);
}
row("psadbw", 0, 1, 0xf6, "M", 8, "sumOfEight(d, d, s);");

// Both operands side by side.
const pack = { 0x63: ["packsswb", "i8x16.narrow_i16x8_s"], 0x67: ["packuswb", "i8x16.narrow_i16x8_u"], 0x6b: ["packssdw", "i16x8.narrow_i32x4_s"] };
for (const [opcode, [n, f]] of Object.entries(pack)) x(n, 1, +opcode, `${f}(${BOTH}, ${BOTH})`);
const unpack = {
  0x60: ["punpcklbw", "0,16,1,17,2,18,3,19", 4], 0x61: ["punpcklwd", "0,1,16,17,2,3,18,19", 4], 0x62: ["punpckldq", "0,1,2,3,16,17,18,19", 4],
  0x68: ["punpckhbw", "4,20,5,21,6,22,7,23", 8], 0x69: ["punpckhwd", "4,5,20,21,6,7,22,23", 8], 0x6a: ["punpckhdq", "4,5,6,7,20,21,22,23", 8],
};
for (const [opcode, [n, order, bytes]] of Object.entries(unpack)) x(n, 1, +opcode, `i8x16.shuffle(${D}, ${bytes === 4 ? "v128.load32_zero(s)" : S}, ${order},0,0,0,0,0,0,0,0)`, bytes);
for (const [n, op] of [["phaddw", 1], ["phaddd", 2], ["phaddsw", 3], ["phsubw", 5], ["phsubd", 6], ["phsubsw", 7]]) {
  const wide = n.endsWith("d");
  const even = wide ? "0,1,2,3,8,9,10,11,0,0,0,0,0,0,0,0" : "0,1,4,5,8,9,12,13,0,0,0,0,0,0,0,0";
  const odd = wide ? "4,5,6,7,12,13,14,15,0,0,0,0,0,0,0,0" : "2,3,6,7,10,11,14,15,0,0,0,0,0,0,0,0";
  const f = (wide ? "i32x4." : "i16x8.") + (n.includes("add") ? "add" : "sub") + (n.endsWith("sw") ? "_sat_s" : "");
  row(n, 0, 2, op, "M", 8, `const v = ${BOTH}; ${put(`${f}(i8x16.shuffle(v, v, ${even}), i8x16.shuffle(v, v, ${odd}))`)}`);
}

// Shifts, shuffles, SSSE3.
for (const [n, op, f, bits] of [["psrlw", 0xd1, "i16x8.shr_u", 16], ["psrld", 0xd2, "i32x4.shr_u", 32], ["psrlq", 0xd3, "i64x2.shr_u", 64], ["psraw", 0xe1, "i16x8.shr_s", 16], ["psrad", 0xe2, "i32x4.shr_s", 32], ["psllw", 0xf1, "i16x8.shl", 16], ["pslld", 0xf2, "i32x4.shl", 32], ["psllq", 0xf3, "i64x2.shl", 64]]) {
  const over = f.endsWith("shr_s") ? put(`${f}(${D}, ${bits - 1})`) : "store<u64>(d, 0);";
  const shift = (count, n) => `if (${count} < ${bits}) ${put(`${f}(${D}, ${n})`)} else ${over}`;
  row(n, 0, 1, op, "M", 8, `const n = load<u64>(s); ${shift("n", "<i32>n")}`);
  row(n + "_i", 0, 4, { psrlw: 0x712, psraw: 0x714, psllw: 0x716, psrld: 0x722, psrad: 0x724, pslld: 0x726, psrlq: 0x732, psllq: 0x736 }[n], "MIi", 0, shift("imm", "imm"));
}
row("pshufw", 0, 1, 0x70, "Mi", 8, "shuffle16(d, s, imm);");
x("pshufb", 2, 0x00, `i8x16.swizzle(${D}, v128.and(${S}, i8x16.splat(<i8>0x87)))`);
row("pmaddubsw", 0, 2, 0x04, "M", 8, "for (let i: usize = 0; i < 8; i += 2) store<i16>(d + i, saturate16(<i32>load<u8>(d + i) * <i32>load<i8>(s + i) + <i32>load<u8>(d + i, 1) * <i32>load<i8>(s + i, 1)));");
for (const [n, op, t, b] of [["psignb", 8, "i8", 1], ["psignw", 9, "i16", 2], ["psignd", 10, "i32", 4]]) row(n, 0, 2, op, "M", 8, `for (let i: usize = 0; i < 8; i += ${b}) { const c = load<${t}>(s + i), v = load<${t}>(d + i); store<${t}>(d + i, c < 0 ? <${t}>(0 - v) : c == 0 ? <${t}>0 : v); }`);
x("pmulhrsw", 2, 0x0b, `mulRound(${D}, ${S})`);
for (const [n, op, f] of [["pabsb", 0x1c, "i8x16"], ["pabsw", 0x1d, "i16x8"], ["pabsd", 0x1e, "i32x4"]]) x(n, 2, op, `${f}.abs(${S})`);
row("palignr", 0, 3, 0x0f, "Mi", 8, "alignRight8(d, s, imm);");

// Moves and transfers.
row("movq", 0, 1, 0x6f, "M", 8, "store<u64>(d, load<u64>(s));");
row("movq_st", 0, 1, 0x7f, "MS", 8, "store<u64>(d, load<u64>(s));");
row("movntq", 0, 1, 0xe7, "MS", 8, "store<u64>(d, load<u64>(s));", { memoryOnly: true });
row("movd", 0, 1, 0x6e, "MG", 0, "store<u64>(d, wide ? load<u64>(s) : <u64>load<u32>(s));");
row("movd_st", 0, 1, 0x7e, "EM", 0, "if (wide) store<u64>(d, load<u64>(s)); else if (memory) store<u32>(d, load<u32>(s)); else store<u64>(d, load<u32>(s));");
row("movq2dq", 2, 1, 0xd6, "XM", 8, "store<u64>(d, load<u64>(s)); store<u64>(d, 0, 8);", { registerOnly: true });
row("movdq2q", 3, 1, 0xd6, "MX", 8, "store<u64>(d, load<u64>(s));", { registerOnly: true });
row("pmovmskb", 0, 1, 0xd7, "GM", 8, `store<u64>(d, <u64><u32>(i8x16.bitmask(${S})));`, { registerOnly: true });
row("pinsrw", 0, 1, 0xc4, "MGi", 2, "store<u16>(d + ((imm & 3) << 1), load<u16>(s));");
row("pextrw", 0, 1, 0xc5, "GMi", 8, "store<u64>(d, load<u16>(s + ((imm & 3) << 1)));", { registerOnly: true });
row("maskmovq", 0, 1, 0xf7, "MMASK", 0, "", { registerOnly: true });
row("emms", 0, 1, 0x77, "EMMS", 0, "");

// Conversions.
row("cvtpi2ps", 0, 1, 0x2a, "XM", 8, "return cvtdq2ps(d, s, 2);", { calls: "cvtdq2ps" });
row("cvtpi2pd", 1, 1, 0x2a, "XM", 8, "return cvtdq2pd(d, s);", { calls: "cvtdq2pd" });
row("cvttps2pi", 0, 1, 0x2c, "MX", 8, "return cvtps2dq(d, s, 2, 1);", { calls: "cvtps2dq" });
row("cvtps2pi", 0, 1, 0x2d, "MX", 8, "return cvtps2dq(d, s, 2, 0);", { calls: "cvtps2dq" });
row("cvttpd2pi", 1, 1, 0x2c, "MXa", 16, "return cvtpd2dq(d, s, false, 1);", { calls: "cvtpd2dq" });
row("cvtpd2pi", 1, 1, 0x2d, "MXa", 16, "return cvtpd2dq(d, s, false, 0);", { calls: "cvtpd2dq" });
