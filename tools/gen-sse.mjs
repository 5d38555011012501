// Makes assembly/gen/sse.ts, the decoding tables and semantics of SSE to SSE4.2 and MMX, from sse-rows.mjs and mmx-rows.mjs.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mmxRows } from "./mmx-rows.mjs";
import { BY_REGISTER, HOT_SHIFTS, IN_PLACE, TEMPORARY } from "./sse-interp.mjs";
import { rows as sseRows } from "./sse-rows.mjs";

const out = join(dirname(fileURLToPath(import.meta.url)), "../assembly/gen");
const rows = [...sseRows, ...mmxRows];
/** Forms from M on use mmx registers. */
const FORMS = { X: 0, S: 1, GX: 2, XG: 3, EG: 4, I: 5, MASK: 6, M: 8, MS: 9, GM: 10, MG: 11, EM: 12, MI: 13, MMASK: 14, XM: 7, MX: 15, EMMS: 16 };
/** Rows that the decoder knows by name. */
const NAMED = ["movups", "movups_st", "movaps", "movaps_st", "movd", "movd_st", "movq", "movq_st", "maskmovdqu"];

const form = (r) => r.form.replace(/[ai]+$/, "");
const flags = (r) => (r.form.slice(form(r).length).includes("a") ? 1 : 0);
const word = (r) => FORMS[form(r)] | (flags(r) << 5) | ((r.bytes === 0 ? 0 : Math.log2(r.bytes) + 1) << 9);

/** Moves that differ in the type of the data alone are one operation. */
const ALIAS = { movapd: "movaps", movdqa: "movaps", movapd_st: "movaps_st", movdqa_st: "movaps_st", movupd: "movups", movdqu: "movups", movupd_st: "movups_st", movdqu_st: "movups_st" };
/** 1 + the operation of the interpreter loop for a row with a register source, counted from FAMILY_SSE_HOT; 0 = none. */
function hot(r) {
  if (IN_PLACE.includes(r.name)) return 1 + 2 * IN_PLACE.indexOf(r.name);
  const at = [...BY_REGISTER, ...HOT_SHIFTS].indexOf(r.name);
  return at < 0 ? 0 : 1 + 2 * IN_PLACE.length + at;
}

const number = (name) => rows.findIndex((row) => row.name === name) + 1;
let cases = "";
rows.forEach((r, i) => {
  cases += `    case ${i + 1}: { ${r.body} ${r.body.startsWith("return") ? "" : "return 0; "}} // ${r.name}\n`;
});

/** Which of a module's exports the bodies call. */
const HELPERS = {
  "../cpu/sse": ["alignRight", "alignRight8", "compareStrings", "minPosition", "mulRound", "multipleSums", "reciprocal", "reciprocalRoot", "saturate16", "shiftBytes", "shuffle16", "shuffle32", "sumDifferences", "sumOfEight"],
};
const called = [...new Set(rows.flatMap((r) => r.calls ?? []))].sort();
const convert = called.filter((f) => /^(cvt|round)/.test(f));
const text = `// Made by tools/gen-sse.mjs: decoding tables and semantics of SSE to SSE4.2 and MMX.
import { FAMILY_SSE_HOT } from "./ops";
import { CPU, XMM } from "../cpu/state";
import { CF, ZF, flagsExplicit } from "../cpu/flags";
${Object.entries(HELPERS).map(([module, names]) => `import { ${names.join(", ")} } from "${module}";`).join("\n")}
import { ${called.filter((f) => !convert.includes(f)).join(", ")} } from "../cpu/sse-float";
import { ${convert.join(", ")} } from "../cpu/sse-convert";

/** form | flags << 5 (1 aligned) | (1 + log2 of the source's bytes, 0 = by REX.W) << 9. */
const INFO = memory.data<u16>([${[0, ...rows.map(word)].join(",")}]);
/** See sseHot. */
const HOT = memory.data<u16>([${[0, ...rows.map(hot)].join(",")}]);
${Object.entries(FORMS).map(([n, v]) => `export const FORM_${n}: u32 = ${v};`).join("\n")}
export const SSE_COUNT: u32 = ${rows.length};
${NAMED.map((n) => `export const SSE_${n.toUpperCase()}: u32 = ${number(n)};`).join("\n")}

/** The row that stands for those that move the same bits. */
export function sseCanonical(op: u32): u32 {
  switch (op) {
${Object.entries(ALIAS).map(([name, other]) => `    case ${number(name)}: return ${number(other)}; // ${name}`).join("\n")}
  }
  return op;
}

/** The operation in the loop for a register source, 0 = none. Up to SSE_LAST_IN_PLACE the one for a memory operand follows. */
export function sseHot(op: u32): u32 {
  const k = <u32>load<u16>(HOT + (op << 1));
  return k ? FAMILY_SSE_HOT + k - 1 : 0;
}

export const SSE_LAST_IN_PLACE: u32 = FAMILY_SSE_HOT + ${2 * IN_PLACE.length - 1};
/** The number of the xmm register that takes a memory operand for the others. */
export const SSE_TEMPORARY: u32 = ${TEMPORARY};

export function sseInfo(op: u32): u32 {
  return load<u16>(INFO + (op << 1));
}

/** Does operation \`op\`; memory and wide say what the forms need. Returns 0 or an exception vector, having written nothing. */
export function sseExec(op: u32, d: usize, s: usize, imm: i32, memory: bool, wide: bool): i32 {
  switch (op) {
${cases}  }
  return 0;
}
`;
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "sse.ts"), text);
