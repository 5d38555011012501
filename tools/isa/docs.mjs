// docs/instructions.md: the instruction table for people.
import { FEATURES, forms, rows } from "./index.mjs";

const GROUPS = [
  ["Integer and system", (f) => !/^(vector|x87|fwait)/.test(f.emit[0])],
  ["x87", (f) => /^(x87|fwait)/.test(f.emit[0])],
  ["MMX", (f) => f.emit[0] === "vector" && f.operands.some((o) => /^mm/.test(o.kind)) || f.mnemonic === "emms"],
  ["SSE to SSE4.2", (f) => f.emit[0] === "vector" && !f.operands.some((o) => /^mm/.test(o.kind)) && f.mnemonic !== "emms"],
];
const SIGNS = { w: "=", rw: "+", "-": "~", r: "" };

function remarks(f) {
  const words = [];
  if (f.privileged) words.push("#GP in user mode");
  if (f.lock) words.push("LOCK");
  if (f.repeat) words.push(f.repeat === "rep" ? "REP" : "REPE, REPNE");
  if (f.align > 1) words.push(`aligned to ${f.align}`);
  if (f.faults.length && !f.privileged) words.push(f.faults.map((x) => `#${x}`).join(" "));
  return words.join("; ");
}

function flags(f) {
  const words = [];
  if (f.read) words.push(`reads ${f.read}`);
  if (f.written) words.push(`sets ${f.written}`);
  if (f.undefined) words.push(`leaves ${f.undefined} undefined`);
  return words.join(", ");
}

const operandText = (f) =>
  f.operands
    .filter((o) => o.role !== "implicit")
    .map((o) => SIGNS[o.access] + o.text)
    .join(", ");

export function instructionsText() {
  let text = `# Instructions

Made by \`npm run docs\` from the instruction table (tools/isa), which is also what the decoder and the tests are made from.
${forms.length} forms, ${rows.length} counted by operand size; all of x86-64-v2. What is not here is #UD.

Encodings are written as in the SDM, vol. 2 section 3.1.1; \`mem\` and \`11B\` are the memory and the register form of ModRM. Operands: \`=\` is
written, \`+\` read and written, \`~\` only addressed; sizes v = 16, 32 or 64 bits by prefix, y = 32 or 64, s = 64 or 16 (stack), z = 16 or 32.
Level: what \`--cpu v1\` leaves out is marked v2.

| feature | level | CPUID | forms |
|---|---|---|--:|
`;
  for (const [name, { level, leaf }] of Object.entries(FEATURES)) text += `| ${name} | v${level} | ${leaf ?? ""} | ${forms.filter((f) => f.feature === name).length} |\n`;
  for (const [title, test] of GROUPS) {
    const list = forms.filter(test).sort((a, b) => (a.mnemonic < b.mnemonic ? -1 : a.mnemonic > b.mnemonic ? 1 : a.id - b.id));
    text += `\n## ${title}\n\n| instruction | operands | encoding | feature | flags | |\n|---|---|---|---|---|---|\n`;
    for (const f of list) text += `| ${f.mnemonic} | ${operandText(f)} | ${f.code} | ${f.feature === "base" ? "" : f.feature} | ${flags(f)} | ${remarks(f)} |\n`;
  }
  return text;
}
