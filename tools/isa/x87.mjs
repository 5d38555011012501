// The x87 instructions as forms of the table, from the rows of assembly/cpu/x87-ops.ts.
import { x87Rows } from "../gen-x87.mjs";
import { form } from "./notation.mjs";

const hex = (n) => n.toString(16).toUpperCase().padStart(2, "0");
/** Control instructions, which are not remembered as the last one. */
const CONTROL = /^(fldenv|fldcw|fnstenv|fnstcw|frstor|fnsave|fnstsw|fninit|fnclex|fneni|fndisi|fnsetpm)/;
const COMPARES = /^fu?comip?$/;
const FCMOV = { fcmovb: "c", fcmove: "z", fcmovbe: "cz", fcmovu: "p", fcmovnb: "c", fcmovne: "z", fcmovnbe: "cz", fcmovnu: "p" };

const rows = await x87Rows();
for (const row of rows) {
  // The environment instructions with 66 are the same instruction with an operand size.
  if (row.prefix) continue;
  const mnemonic = row.name.replace(/\..*$/, "");
  const memory = row.rm === -1;
  const fixed = !memory && row.rm !== -2;
  const narrow = rows.some((other) => other.prefix && other.escape === row.escape && other.reg === row.reg);
  const size = row.bytes * 8;
  const words = [hex(row.escape)];
  if (fixed) words.push(hex(0xc0 | (row.reg << 3) | row.rm));
  else words.push(`/${row.reg}`, memory ? "mem" : "11B");
  const operand = memory ? `${row.access === "w" ? "=" : ""}m${size <= 64 || size === 80 ? size : ""}` : fixed ? "" : "+sti";
  form(mnemonic, words.join(" "), `${operand} +<x87>`, {
    read: FCMOV[mnemonic] ?? "",
    written: COMPARES.test(mnemonic) ? "oszapc" : "",
    feature: mnemonic === "fisttp" ? "SSE3" : "FPU",
    faults: /^fn/.test(mnemonic) ? [] : ["MF"],
    emit: [memory ? (narrow ? "x87.environment" : "x87.m") : "x87.r", row.op | (CONTROL.test(mnemonic) ? 0x200 : 0)],
  });
}
form("fwait", "9B", "<x87>", { feature: "FPU", faults: ["MF"], emit: ["fwait", 0] });
