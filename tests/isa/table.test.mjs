// The instruction table: its encodings are what iced-x86 takes them for, and docs/instructions.md is made from it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { instructionsText } from "../../tools/isa/docs.mjs";
import { encode, rows } from "../../tools/isa/index.mjs";
import { root } from "../lib/process.mjs";
import { equal, fail, suite } from "../lib/suite.mjs";

const { Code, Decoder, DecoderOptions } = createRequire(import.meta.url)("iced-x86");
const t = suite("isa/table");

/** Near branches with a 66 prefix, where AMD64 and Intel 64 differ. */
const NARROW = /^(j|call|ret|loop)/;
/** Moves of control and debug registers are valid for some register numbers alone. */
const PARTLY = /^mov [cd]r$/;

t.test("every row's encoding is valid and as long as iced-x86 says", () => {
  const wrong = [];
  for (const row of rows) {
    const { modrm, mod } = row.encoding;
    const choices = !modrm || mod === "reg" ? [undefined] : mod === "mem" ? [{ base: 7, disp: 8 }] : [undefined, { base: 12, index: 1, scale: 2, disp: 1000 }];
    for (const memory of choices) {
      const bytes = encode(row, { reg: 1, rm: 2, opcode: 3, memory, imm: [1, 1] });
      const decoder = new Decoder(64, Uint8Array.from([...bytes, ...Array(15).fill(0x90)]), NARROW.test(row.mnemonic) && row.opsize === 16 ? DecoderOptions.AMD : DecoderOptions.None);
      const instruction = decoder.decode();
      if ((instruction.code === Code.INVALID && !PARTLY.test(row.mnemonic)) || instruction.length !== bytes.length) wrong.push(`${row.mnemonic} ${row.key}: ${Buffer.from(bytes).toString("hex")} is ${instruction.length} bytes`);
      instruction.free();
      decoder.free();
    }
  }
  if (wrong.length) fail(wrong.join("\n"));
});

t.test("rows have names of their own", () => {
  const keys = rows.map((row) => `${row.mnemonic} ${row.key}`);
  const twice = keys.filter((key, i) => keys.indexOf(key) !== i);
  if (twice.length) fail(twice.join("\n"));
});

t.test("docs/instructions.md is fresh (npm run docs)", () => {
  equal(readFileSync(join(root, "docs/instructions.md"), "utf8"), instructionsText(), "docs/instructions.md");
});
