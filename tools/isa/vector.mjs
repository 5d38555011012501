// The MMX and SSE instructions as forms of the table, from the rows that also hold their semantics (sse-rows.mjs, mmx-rows.mjs).
import { mmxRows } from "../mmx-rows.mjs";
import { rows as sseRows } from "../sse-rows.mjs";
import { form } from "./notation.mjs";

const PREFIXES = ["NP", "66", "F3", "F2"];
const hex = (n) => n.toString(16).toUpperCase().padStart(2, "0");

const SSE3 = /^(addsub|hadd|hsub|movs[lh]dup|movddup|lddqu)/;
/** With no prefix or F3, yet of SSE2: conversions and integers. */
const SSE2_OF_SSE = /^(cvtps2pd|cvtdq2ps|cvttps2dq|cvtdq2pd|cvtss2sd|movdqu|pshufhw|movq)/;
/** What SSE and SSE2 added to MMX. */
const MMX_OF_SSE = /^(pavg|pextrw|pinsrw|pmaxsw|pmaxub|pminsw|pminub|pmovmskb|pmulhuw|psadbw|pshufw|maskmovq|movntq|cvt)/;
const MMX_OF_SSE2 = /^(paddq|psubq|pmuludq|movq2dq|movdq2q|cvt(pi2pd|t?pd2pi))/;

function feature(row, mmx) {
  const { name, map, prefix, opcode } = row;
  if (map === 2) return opcode < 0x10 || (opcode >= 0x1c && opcode <= 0x1e) ? "SSSE3" : opcode === 0x37 ? "SSE4_2" : "SSE4_1";
  if (map === 3) return opcode === 0x0f ? "SSSE3" : opcode >= 0x60 ? "SSE4_2" : "SSE4_1";
  if (mmx) return MMX_OF_SSE2.test(name) ? "SSE2" : MMX_OF_SSE.test(name) ? "SSE" : "MMX";
  if (SSE3.test(name)) return "SSE3";
  if (prefix === 1 || prefix === 3 || SSE2_OF_SSE.test(name)) return "SSE2";
  return "SSE";
}

/** Does the instruction use what its destination held? */
function readsDestination(row) {
  if (/(^|[^a-z])d[,)]/.test(row.body.replace(/v128\.store(64_lane)?\(d,|store<\w+>\(d,/g, ""))) return true;
  if (row.calls) return !/^(cvt(t?p[sd]2|dq2|pi2pd)|sqrtp|roundp)/.test(row.name) && !/2si$/.test(row.name);
  return /^(movss|movsd|movlp|movhp|rcpss|rsqrtss|pinsr)/.test(row.name) && !/_st$/.test(row.name);
}

/** The operands of a row by its form: [destination, source]. */
function operands(row, kind) {
  const access = readsDestination(row) ? "+" : "=";
  const bits = row.bytes * 8 || "y";
  const only = row.registerOnly ? "reg" : row.memoryOnly ? "mem" : "any";
  const operand = (register, size) => (only === "reg" ? register : only === "mem" ? `m${size}` : register === "ry" ? `r/m${size}` : `${register}/m${size}`);
  const general = (a) => (only === "reg" ? `${a}r32` : row.bytes === 0 ? `${a}r/my` : row.bytes < 4 ? `${a}r32/m${bits}` : `${a}r/m${bits}`);
  switch (kind) {
    case "X": return [`${access}xmm`, operand("xmm", bits)];
    case "S": return [`=${operand("xmm", bits)}`, "xmm"];
    case "GX": return [/2si/.test(row.name) ? "=ry" : "=r32", operand("xmm", bits)];
    case "XG": return [`${access}xmm`, general("")];
    case "EG": return [general("="), "xmm"];
    case "I": return [`+xmm`];
    case "MASK": return ["xmm", "xmm", "+<mem[rdi]>"];
    case "M": return [`${access}mm`, operand("mm", bits)];
    case "MS": return [`=${operand("mm", bits)}`, "mm"];
    case "GM": return ["=r32", "mm"];
    case "MG": return [`${access}mm`, general("")];
    case "EM": return [general("="), "mm"];
    case "MI": return ["+mm"];
    case "MMASK": return ["mm", "mm", "+<mem[rdi]>"];
    case "XM": return [`${access}xmm`, operand("mm", bits)];
    case "MX": return ["=mm", operand("xmm", bits)];
    default: return [];
  }
}

/** Flags of the few that have them. */
const FLAGS = /^(u?comis|ptest|pcmp[ei]str)/;

[...sseRows, ...mmxRows].forEach((row, i) => {
  const mmx = /_mm$/.test(row.name);
  const kind = row.form.replace(/[ai]+$/, "");
  const letters = row.form.slice(kind.length);
  const immediate = letters.includes("i") || /^(I|MI)$/.test(kind);
  const words = [PREFIXES[row.prefix]];
  if (row.map === 4) words.push("0F", hex(row.opcode >> 4), `/${row.opcode & 15}`, "11B");
  else words.push(...["0F", "0F 38", "0F 3A"][row.map - 1].split(" "), hex(row.opcode), ...(kind === "EMMS" ? [] : ["/r"]));
  if (row.map < 4 && row.registerOnly) words.push("11B");
  if (immediate) words.push("ib");
  const text = operands(row, kind);
  if (immediate) text.push("imm8");
  if (/^(pblendvb|blendvp[sd])$/.test(row.name)) text.push("<xmm0>");
  if (/^pcmp[ei]str/.test(row.name)) text.push(row.name.endsWith("i") ? "=<rcx:32>" : "=<xmm0>");
  if (/^pcmpestr/.test(row.name)) text.push("<rax:32>", "<rdx:32>");
  const faults = [];
  if (row.calls && !/^horizontal$/.test(row.calls)) faults.push("XM");
  if (mmx) faults.push("MF");
  form(row.name.replace(/_(mm|st|i)/g, ""), words.join(" "), text.join(" "), {
    written: FLAGS.test(row.name) ? "oszapc" : "",
    feature: feature(row, mmx),
    faults,
    align: letters.includes("a") ? 16 : 1,
    emit: ["vector", i + 1],
  });
});
