// Makes assembly/gen/isa.ts, the decoder's tables, from the instruction table (tools/isa); with --docs also docs/instructions.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FEATURES, forms, sizeClass } from "./isa/index.mjs";
import { instructionsText } from "./isa/docs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const PREFIX_CLASS = { NP: [0], 66: [1], F3: [2], F2: [3], NFx: [0, 1] };
const GROUP = 0x8000;
/** What an opcode's forms may differ in, in the order in which it is looked at; bit of the group's first word. */
const DIMENSIONS = [
  { bit: 1, size: 4, splits: (e) => e.prefix !== null, holds: (e, v) => e.prefix === null || PREFIX_CLASS[e.prefix].includes(v) },
  { bit: 2, size: 2, splits: (e) => e.w !== null, holds: (e, v) => e.w === null || e.w === v },
  { bit: 4, size: 2, splits: (e) => e.modrm && e.mod !== "any" && !e.modIgnored, holds: (e, v) => e.modIgnored || e.mod === "any" || e.mod === null || (e.mod === "reg") === (v === 1) },
  { bit: 8, size: 8, splits: (e) => e.digit >= 0, holds: (e, v) => e.digit < 0 || e.digit === v },
  { bit: 16, size: 8, splits: (e) => e.rm >= 0, holds: (e, v) => e.rm < 0 || e.rm === v },
];
/** The more a form says about itself, the sooner it is taken. */
const weight = ({ encoding: e }) => (e.prefix !== null ? 4 : 0) + (e.rm >= 0 ? 2 : 0) + (e.digit >= 0 ? 1 : 0);

const byOpcode = new Map();
for (const f of forms) {
  const { map, opcode, plusR } = f.encoding;
  for (let i = 0; i < (plusR ? 8 : 1); i += 1) {
    const at = map * 256 + opcode + i;
    byOpcode.set(at, [...(byOpcode.get(at) ?? []), f]);
  }
}

const index = new Array(1024).fill(0);
const select = [];

/** The form for values of the dimensions; 0 = there is none. */
function choose(list, dimensions, values) {
  const fitting = list.filter((f) => dimensions.every((d, i) => d.holds(f.encoding, values[i])));
  if (!fitting.length) return 0;
  const best = Math.max(...fitting.map(weight));
  const winners = fitting.filter((f) => weight(f) === best);
  if (winners.length > 1) throw new Error(`one encoding for ${winners.map((f) => `${f.mnemonic} ${f.code}`).join(" and ")}`);
  return winners[0].id;
}

for (const [at, list] of byOpcode) {
  const dimensions = DIMENSIONS.filter((d) => list.some((f) => d.splits(f.encoding)));
  if (!dimensions.length) {
    index[at] = choose(list, [], []);
    continue;
  }
  index[at] = GROUP | select.length;
  select.push(dimensions.reduce((bits, d) => bits | d.bit, 0));
  let combinations = [[]];
  for (const d of dimensions) combinations = combinations.flatMap((c) => Array.from({ length: d.size }, (_, v) => [...c, v]));
  for (const values of combinations) select.push(choose(list, dimensions, values));
}
if (select.length >= GROUP) throw new Error("the selection table is full");

const kinds = [...new Set(["invalid", ...forms.map((f) => f.emit[0])])];
/** Arguments with a name: those of EMIT_SLOW… are numbered here, those of cpu/system.ts there. */
const isSystem = ([kind]) => /^(system|system\.address|show|far)$/.test(kind);
const slow = [...new Set(forms.filter((f) => !isSystem(f.emit)).map((f) => f.emit[1]).filter((argument) => typeof argument === "string"))];
const system = [...new Set(forms.filter((f) => isSystem(f.emit)).map((f) => f.emit[1]))];
const constant = (name) => `EMIT_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
const IMMEDIATES = ["", "ib", "iw", "iz", "iv", "iw ib", "mo"];
const SIZES = { v: 1, y: 2, s: 3, z: 3 };

function info(f) {
  const imm = f.encoding.imm.join(" ").replace("cb", "ib").replace("cz", "iz");
  const immediate = IMMEDIATES.indexOf(imm);
  if (immediate < 0) throw new Error(`${f.mnemonic}: immediate ${imm}`);
  const byte = f.operands.some((o) => o.size === 8 && o.kind !== "imm" && o.kind !== "rel" && o.register !== "rcx") && !sizeClass(f);
  const size = SIZES[sizeClass(f)] ?? (byte ? 0 : 4);
  return kinds.indexOf(f.emit[0]) | (f.encoding.modrm ? 0x80 : 0) | (immediate << 8) | (size << 11) | (f.lock ? 0x4000 : 0) | ((FEATURES[f.feature].level - 1) << 15);
}
const argument = (f) => (typeof f.emit[1] === "string" ? (isSystem(f.emit) ? system : slow).indexOf(f.emit[1]) : f.emit[1]);

const text = `// Made by tools/gen-isa.mjs from the instruction table.
/** By map << 8 | opcode: a form, or ${GROUP} | where its choice begins in SELECT. */
export const ISA_INDEX: usize = memory.data<u16>([${index.join(",")}]);
/**
 * Choices: a word of bits that says what is looked at (1 mandatory prefix: none, 66, F3, F2; 2 REX.W; 4 register form;
 * 8 reg field; 16 rm field), then a form for every combination, the first thing in the highest place.
 */
export const ISA_SELECT: usize = memory.data<u16>([${select.join(",")}]);
/** By form: kind | 0x80 ModRM | immediate << 8 | size << 11 | 0x4000 LOCK | level − 1 << 15. */
export const ISA_INFO: usize = memory.data<u16>([0,${forms.map(info).join(",")}]);
export const ISA_ARGUMENT: usize = memory.data<u16>([0,${forms.map(argument).join(",")}]);
export const ISA_GROUP: u32 = ${GROUP};
export const ISA_FORMS: u32 = ${forms.length};
${kinds.map((name, i) => `export const ${constant(name)}: u32 = ${i};`).join("\n")}
/** Arguments of EMIT_SLOW and its like. */
${slow.map((name, i) => `export const SLOW_${name}: u32 = ${i};`).join("\n")}
export const SLOW_NAMED: u32 = ${slow.length};
/** Arguments of EMIT_SYSTEM and its like. */
${system.map((name, i) => `export const SYSTEM_${name}: u32 = ${i};`).join("\n")}
export const SYSTEM_NAMED: u32 = ${system.length};
`;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (kinds.length > 128) throw new Error("more kinds than 7 bits");
  mkdirSync(join(root, "assembly/gen"), { recursive: true });
  writeFileSync(join(root, "assembly/gen/isa.ts"), text);
  if (process.argv.includes("--docs")) writeFileSync(join(root, "docs/instructions.md"), instructionsText());
}
