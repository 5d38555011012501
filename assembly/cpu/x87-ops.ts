// The x87 instructions: one row an encoding. Read by tools/gen-x87.mjs (which makes the decoder's table), by the tests and
// by the documentation; asc never sees it.
//
//   escape   the opcode byte, d8 … df
//   reg      the reg field of ModRM
//   rm       -1 = memory operand; -2 = a register form for every rm, which is st(i); 0 … 7 = only this one
//   name     mnemonic; a name used twice tells the encodings apart by a suffix after a dot
//   bytes    of the memory operand
//   access   r read, w write, - no memory
//   prefix   66 = the form with that prefix (it has no effect elsewhere)
// The operation number for x87Exec follows from the encoding: see operation().
export interface Row {
  escape: number;
  reg: number;
  rm: number;
  name: string;
  bytes: number;
  access: string;
  prefix: number;
}
const rows: Row[] = [];
function row(escape: number, reg: number, rm: number, name: string, bytes = 0, access = "-", prefix = 0): void {
  rows.push({ escape, reg, rm, name, bytes, access, prefix });
}

const arithmetic = ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"];
for (let k = 0; k < 8; k++) {
  row(0xd8, k, -1, "f" + arithmetic[k] + ".m32", 4, "r");
  row(0xda, k, -1, "fi" + arithmetic[k] + ".m32", 4, "r");
  row(0xdc, k, -1, "f" + arithmetic[k] + ".m64", 8, "r");
  row(0xde, k, -1, "fi" + arithmetic[k] + ".m16", 2, "r");
  row(0xd8, k, -2, "f" + arithmetic[k]);
}
row(0xd9, 0, -1, "fld.m32", 4, "r");
row(0xd9, 2, -1, "fst.m32", 4, "w");
row(0xd9, 3, -1, "fstp.m32", 4, "w");
row(0xd9, 4, -1, "fldenv", 28, "r");
row(0xd9, 4, -1, "fldenv.16", 14, "r", 0x66);
row(0xd9, 5, -1, "fldcw", 2, "r");
row(0xd9, 6, -1, "fnstenv", 28, "w");
row(0xd9, 6, -1, "fnstenv.16", 14, "w", 0x66);
row(0xd9, 7, -1, "fnstcw", 2, "w");
row(0xdb, 0, -1, "fild.m32", 4, "r");
row(0xdb, 1, -1, "fisttp.m32", 4, "w");
row(0xdb, 2, -1, "fist.m32", 4, "w");
row(0xdb, 3, -1, "fistp.m32", 4, "w");
row(0xdb, 5, -1, "fld.m80", 10, "r");
row(0xdb, 7, -1, "fstp.m80", 10, "w");
row(0xdd, 0, -1, "fld.m64", 8, "r");
row(0xdd, 1, -1, "fisttp.m64", 8, "w");
row(0xdd, 2, -1, "fst.m64", 8, "w");
row(0xdd, 3, -1, "fstp.m64", 8, "w");
row(0xdd, 4, -1, "frstor", 108, "r");
row(0xdd, 4, -1, "frstor.16", 94, "r", 0x66);
row(0xdd, 6, -1, "fnsave", 108, "w");
row(0xdd, 6, -1, "fnsave.16", 94, "w", 0x66);
row(0xdd, 7, -1, "fnstsw.m16", 2, "w");
row(0xdf, 0, -1, "fild.m16", 2, "r");
row(0xdf, 1, -1, "fisttp.m16", 2, "w");
row(0xdf, 2, -1, "fist.m16", 2, "w");
row(0xdf, 3, -1, "fistp.m16", 2, "w");
row(0xdf, 4, -1, "fbld", 10, "r");
row(0xdf, 5, -1, "fild.m64", 8, "r");
row(0xdf, 6, -1, "fbstp", 10, "w");
row(0xdf, 7, -1, "fistp.m64", 8, "w");

row(0xd9, 0, -2, "fld");
row(0xd9, 1, -2, "fxch");
row(0xd9, 2, 0, "fnop");
row(0xd9, 3, -2, "fstp.d9");
const special: { [modrm: string]: string } = {
  0xe0: "fchs", 0xe1: "fabs", 0xe4: "ftst", 0xe5: "fxam", 0xe8: "fld1", 0xe9: "fldl2t", 0xea: "fldl2e", 0xeb: "fldpi", 0xec: "fldlg2", 0xed: "fldln2",
  0xee: "fldz", 0xf0: "f2xm1", 0xf1: "fyl2x", 0xf2: "fptan", 0xf3: "fpatan", 0xf4: "fxtract", 0xf5: "fprem1", 0xf6: "fdecstp", 0xf7: "fincstp",
  0xf8: "fprem", 0xf9: "fyl2xp1", 0xfa: "fsqrt", 0xfb: "fsincos", 0xfc: "frndint", 0xfd: "fscale", 0xfe: "fsin", 0xff: "fcos",
};
for (const modrm in special) row(0xd9, (+modrm >> 3) & 7, +modrm & 7, special[modrm]);
row(0xda, 0, -2, "fcmovb");
row(0xda, 1, -2, "fcmove");
row(0xda, 2, -2, "fcmovbe");
row(0xda, 3, -2, "fcmovu");
row(0xda, 5, 1, "fucompp");
row(0xdb, 0, -2, "fcmovnb");
row(0xdb, 1, -2, "fcmovne");
row(0xdb, 2, -2, "fcmovnbe");
row(0xdb, 3, -2, "fcmovnu");
row(0xdb, 4, 0, "fneni");
row(0xdb, 4, 1, "fndisi");
row(0xdb, 4, 2, "fnclex");
row(0xdb, 4, 3, "fninit");
row(0xdb, 4, 4, "fnsetpm");
row(0xdb, 5, -2, "fucomi");
row(0xdb, 6, -2, "fcomi");
const reversed = ["fadd.sti", "fmul.sti", "fcom.dc", "fcomp.dc", "fsubr.sti", "fsub.sti", "fdivr.sti", "fdiv.sti"];
for (let k = 0; k < 8; k++) row(0xdc, k, -2, reversed[k]);
row(0xdd, 0, -2, "ffree");
row(0xdd, 1, -2, "fxch.dd");
row(0xdd, 2, -2, "fst");
row(0xdd, 3, -2, "fstp");
row(0xdd, 4, -2, "fucom");
row(0xdd, 5, -2, "fucomp");
const popping = ["faddp", "fmulp", "fcomp.de", "", "fsubrp", "fsubp", "fdivrp", "fdivp"];
for (let k = 0; k < 8; k++) if (popping[k]) row(0xde, k, -2, popping[k]);
row(0xde, 3, 1, "fcompp");
row(0xdf, 0, -2, "ffreep");
row(0xdf, 1, -2, "fxch.df");
row(0xdf, 2, -2, "fstp.df2");
row(0xdf, 3, -2, "fstp.df3");
row(0xdf, 4, 0, "fnstsw.ax");
row(0xdf, 5, -2, "fucomip");
row(0xdf, 6, -2, "fcomip");

/** The op argument of x87Exec: memory forms 0–63, register forms 64–127, d9 e0 … ff 128–159, 16-bit environments 160–163. */
export function operation(r: Row): number {
  const place = (r.escape & 7) * 8 + r.reg;
  if (r.rm == -1) return r.prefix ? 160 + [12, 14, 44, 46].indexOf(place) : place;
  if (r.escape == 0xd9 && r.reg >= 4) return 128 + (r.reg - 4) * 8 + r.rm;
  return 64 + place;
}

export { rows };
