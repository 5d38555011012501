// The integer and system instructions of 64-bit mode; SDM vol. 2, opcode maps of appendix A. What has no row is #UD.
import { form } from "./notation.mjs";

const ARITHMETIC = { written: "oszapc" };
const LOGIC = { written: "oszpc", undefined: "a" };
const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
const READ_BY_CONDITION = ["o", "c", "z", "cz", "s", "p", "os", "zos"];
const hex = (n) => n.toString(16).toUpperCase().padStart(2, "0");
/** The rows that only another ring may execute. */
const privileged = (mnemonic, code, operands = "") => form(mnemonic, code, operands, { privileged: true, faults: ["GP"], emit: ["gp", 0] });

// ── arithmetic and logic ──
["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"].forEach((name, k) => {
  const d = name === "cmp" ? "" : "+";
  const flags = { ...(/^(or|and|xor)$/.test(name) ? LOGIC : ARITHMETIC), ...(/^(adc|sbb)$/.test(name) ? { read: "c" } : {}) };
  const rmw = { ...flags, lock: name !== "cmp" };
  const base = k * 8;
  form(name, `${hex(base)} /r`, `${d}r/m8 r8`, { ...rmw, emit: ["alu.mr", k] });
  form(name, `${hex(base + 1)} /r`, `${d}r/mv rv`, { ...rmw, emit: ["alu.mr", k] });
  form(name, `${hex(base + 2)} /r`, `${d}r8 r/m8`, { ...flags, emit: ["alu.rm", k] });
  form(name, `${hex(base + 3)} /r`, `${d}rv r/mv`, { ...flags, emit: ["alu.rm", k] });
  form(name, `${hex(base + 4)} ib`, `${d}<rax:8> imm8`, { ...flags, emit: ["alu.ai", k] });
  form(name, `${hex(base + 5)} iz`, `${d}<rax:v> immz`, { ...flags, emit: ["alu.ai", k] });
  form(name, `80 /${k} ib`, `${d}r/m8 imm8`, { ...rmw, emit: ["alu.mi", k] });
  form(name, `81 /${k} iz`, `${d}r/mv immz`, { ...rmw, emit: ["alu.mi", k] });
  form(name, `83 /${k} ib`, `${d}r/mv imm8`, { ...rmw, emit: ["alu.mi", k] });
});
form("test", "84 /r", "r/m8 r8", { ...LOGIC, emit: ["test.mr", 0] });
form("test", "85 /r", "r/mv rv", { ...LOGIC, emit: ["test.mr", 0] });
form("test", "A8 ib", "<rax:8> imm8", { ...LOGIC, emit: ["test.ai", 0] });
form("test", "A9 iz", "<rax:v> immz", { ...LOGIC, emit: ["test.ai", 0] });
for (const digit of [0, 1]) {
  form("test", `F6 /${digit} ib`, "r/m8 imm8", { ...LOGIC, emit: ["test.mi", 0] });
  form("test", `F7 /${digit} iz`, "r/mv immz", { ...LOGIC, emit: ["test.mi", 0] });
}
const unary = (name, opcode, digit, k, flags) => {
  form(name, `${hex(opcode)} /${digit}`, "+r/m8", { ...flags, lock: true, emit: ["unary", k] });
  form(name, `${hex(opcode + 1)} /${digit}`, "+r/mv", { ...flags, lock: true, emit: ["unary", k] });
};
unary("inc", 0xfe, 0, 0, { written: "oszap" });
unary("dec", 0xfe, 1, 1, { written: "oszap" });
unary("not", 0xf6, 2, 3, {});
unary("neg", 0xf6, 3, 2, ARITHMETIC);
const PRODUCT = { written: "oc", undefined: "szap" };
for (const [name, digit] of [["mul", 4], ["imul", 5]]) {
  form(name, `F6 /${digit}`, "+<rax:16> r/m8", { ...PRODUCT, emit: ["muldiv", digit] });
  form(name, `F7 /${digit}`, "+<rax:v> =<rdx:v> r/mv", { ...PRODUCT, emit: ["muldiv", digit] });
}
for (const [name, digit] of [["div", 6], ["idiv", 7]]) {
  form(name, `F6 /${digit}`, "+<rax:16> r/m8", { undefined: "oszapc", faults: ["DE"], emit: ["muldiv", digit] });
  form(name, `F7 /${digit}`, "+<rax:v> +<rdx:v> r/mv", { undefined: "oszapc", faults: ["DE"], emit: ["muldiv", digit] });
}
form("imul", "0F AF /r", "+rv r/mv", { ...PRODUCT, emit: ["imul.rm", 0] });
form("imul", "69 /r iz", "=rv r/mv immz", { ...PRODUCT, emit: ["imul.rmi", 0] });
form("imul", "6B /r ib", "=rv r/mv imm8", { ...PRODUCT, emit: ["imul.rmi", 0] });

["rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar"].forEach((name, k) => {
  const carry = /^rc/.test(name) ? { read: "c" } : {};
  const flags = k < 4 ? { ...carry, written: "c", undefined: "o" } : { written: "szpc", undefined: "oa" };
  const once = k < 4 ? { ...carry, written: "oc" } : { written: "oszpc", undefined: "a" };
  for (const [byte, size] of [[0, "8"], [1, "v"]]) {
    form(name, `${hex(0xc0 + byte)} /${k} ib`, `+r/m${size} imm8`, { ...flags, condition: "count", emit: ["shift.i", k] });
    form(name, `${hex(0xd0 + byte)} /${k}`, `+r/m${size}`, { ...once, emit: ["shift.1", k] });
    form(name, `${hex(0xd2 + byte)} /${k}`, `+r/m${size} <rcx:8>`, { ...flags, condition: "count", emit: ["shift.cl", k] });
  }
});
for (const [name, opcode, right] of [["shld", 0xa4, 0], ["shrd", 0xac, 1]]) {
  const flags = { written: "szpc", undefined: "oa", condition: "count" };
  form(name, `0F ${hex(opcode)} /r ib`, "+r/mv rv imm8", { ...flags, emit: ["shiftd.i", right] });
  form(name, `0F ${hex(opcode + 1)} /r`, "+r/mv rv <rcx:8>", { ...flags, emit: ["shiftd.cl", right] });
}

// ── bits ──
["bt", "bts", "btr", "btc"].forEach((name, k) => {
  const properties = { written: "c", undefined: "osap", lock: k > 0 };
  const d = k ? "+" : "";
  form(name, `0F ${hex(0xa3 + 8 * k)} /r`, `${d}r/mv rv`, { ...properties, emit: ["bt.r", k] });
  form(name, `0F BA /${4 + k} ib`, `${d}r/mv imm8`, { ...properties, emit: ["bt.i", k] });
});
// With F3 these are tzcnt and lzcnt where the CPU has them; without them the prefix means nothing.
form("bsf", "0F BC /r", "+rv r/mv", { written: "z", undefined: "osapc", emit: ["bitscan", 0] });
form("bsr", "0F BD /r", "+rv r/mv", { written: "z", undefined: "osapc", emit: ["bitscan", 1] });
form("popcnt", "F3 0F B8 /r", "=rv r/mv", { ...ARITHMETIC, feature: "POPCNT", emit: ["popcnt", 0] });
form("crc32", "F2 0F 38 F0 /r", "+ry r/m8", { feature: "SSE4_2", emit: ["crc32", 0] });
form("crc32", "F2 0F 38 F1 /r", "+ry r/mv", { feature: "SSE4_2", emit: ["crc32", 1] });
form("bswap", "0F C8+r", "+ry", { emit: ["bswap", 0] });

// ── moves ──
form("mov", "88 /r", "=r/m8 r8", { emit: ["mov.mr", 0] });
form("mov", "89 /r", "=r/mv rv", { emit: ["mov.mr", 0] });
form("mov", "8A /r", "=r8 r/m8", { emit: ["mov.rm", 0] });
form("mov", "8B /r", "=rv r/mv", { emit: ["mov.rm", 0] });
form("mov", "B0+r ib", "=r8 imm8", { emit: ["mov.ri", 0] });
form("mov", "B8+r iv", "=rv immv", { emit: ["mov.ri", 0] });
form("mov", "C6 /0 ib", "=r/m8 imm8", { emit: ["mov.mi", 0] });
form("mov", "C7 /0 iz", "=r/mv immz", { emit: ["mov.mi", 0] });
form("mov", "A0 mo", "=<rax:8> moffs8", { emit: ["moffs", 0] });
form("mov", "A1 mo", "=<rax:v> moffsv", { emit: ["moffs", 0] });
form("mov", "A2 mo", "=moffs8 <rax:8>", { emit: ["moffs", 1] });
form("mov", "A3 mo", "=moffsv <rax:v>", { emit: ["moffs", 1] });
for (const digit of [0, 1, 2, 3, 4, 5]) {
  form("mov", `8C /${digit} 11B`, "=rv <sreg>", { emit: ["mov.from-sreg", digit] });
  form("mov", `8C /${digit} mem`, "=m16 <sreg>", { emit: ["mov.from-sreg", digit] });
  if (digit !== 1) form("mov", `8E /${digit}`, "=<sreg> r/m16", { faults: ["GP"], emit: ["mov.to-sreg", digit] });
}
form("movsxd", "63 /r", "=rv r/m32", { emit: ["movsxd", 0] });
for (const [name, opcode, signed] of [["movzx", 0xb6, 0], ["movsx", 0xbe, 1]]) {
  form(name, `0F ${hex(opcode)} /r`, "=rv r/m8", { emit: ["extend", signed * 3] });
  form(name, `0F ${hex(opcode + 1)} /r`, "=rv r/m16", { emit: ["extend", signed * 3 + 1] });
}
form("movnti", "NP 0F C3 /r", "=my ry", { feature: "SSE2", emit: ["movnti", 0] });
form("lea", "8D /r", "=rv ~m", { emit: ["lea", 0] });
form("xchg", "86 /r", "+r/m8 +r8", { lock: true, emit: ["xchg", 0] });
form("xchg", "87 /r", "+r/mv +rv", { lock: true, emit: ["xchg", 0] });
form("xchg", "90+r", "+<rax:v> +rv", { emit: ["xchg.a", 0] });
form("pause", "F3 90", "", { emit: ["pause", 0] });
form("xadd", "0F C0 /r", "+r/m8 +r8", { ...ARITHMETIC, lock: true, emit: ["xadd", 0] });
form("xadd", "0F C1 /r", "+r/mv +rv", { ...ARITHMETIC, lock: true, emit: ["xadd", 0] });
form("cmpxchg", "0F B0 /r", "+r/m8 r8 +<rax:8>", { ...ARITHMETIC, lock: true, emit: ["cmpxchg", 0] });
form("cmpxchg", "0F B1 /r", "+r/mv rv +<rax:v>", { ...ARITHMETIC, lock: true, emit: ["cmpxchg", 0] });
form("cmpxchg8b", "W0 0F C7 /1", "+m64 +<rax:32> +<rdx:32> <rbx:32> <rcx:32>", { written: "z", feature: "CX8", lock: true, emit: ["slow.address", "CMPXCHG8B"] });
form("cmpxchg16b", "REX.W 0F C7 /1", "+m128 +<rax:64> +<rdx:64> <rbx:64> <rcx:64>", { written: "z", feature: "CMPXCHG16B", align: 16, lock: true, emit: ["slow.address", "CMPXCHG16B"] });
form("cbw", "98", "+<rax:v>", { emit: ["cbw", 0] });
form("cwd", "99", "<rax:v> =<rdx:v>", { emit: ["cwd", 0] });
CONDITIONS.forEach((cc, k) => {
  const read = READ_BY_CONDITION[k >> 1];
  form(`cmov${cc}`, `0F ${hex(0x40 + k)} /r`, "+rv r/mv", { read, feature: "CMOV", emit: ["cmov", k] });
  form(`set${cc}`, `0F ${hex(0x90 + k)} /r`, "=r/m8", { read, emit: ["setcc", k] });
  form(`j${cc}`, `${hex(0x70 + k)} cb`, "rel8 <rip:s>", { read, control: "branch", emit: ["jcc", k] });
  form(`j${cc}`, `0F ${hex(0x80 + k)} cz`, "relz", { read, control: "branch", emit: ["jcc", k] });
});
form("xlat", "D7", "+<rax:8> <rbx:64> <mem[rbx+al]>", { emit: ["xlat", 0] });

// ── stack ──
form("push", "50+r", "rs", { emit: ["push.r", 0] });
form("pop", "58+r", "=rs", { emit: ["pop.r", 0] });
form("push", "FF /6", "r/ms", { emit: ["push.m", 0] });
form("pop", "8F /0", "=r/ms", { emit: ["pop.m", 0] });
form("push", "68 iz", "immz", { emit: ["push.i", 0] });
form("push", "6A ib", "imm8 <rsp:s>", { emit: ["push.i", 0] });
for (const [register, opcode, number] of [["fs", 0xa0, 4], ["gs", 0xa8, 5]]) {
  form(`push ${register}`, `0F ${hex(opcode)}`, "<sreg> +<rsp:s>", { emit: ["push.sreg", number] });
  form(`pop ${register}`, `0F ${hex(opcode + 1)}`, "=<sreg> +<rsp:s>", { faults: ["GP"], emit: ["pop.sreg", number] });
}
form("pushf", "9C", "<flags> +<rsp:s>", { read: "oszapcd", emit: ["pushf", 0] });
form("popf", "9D", "=<flags> +<rsp:s>", { written: "oszapcd", emit: ["popf", 0] });
form("enter", "C8 iw ib", "imm16 imm8 +<rsp:s> +<rbp:s>", { emit: ["enter", 0] });
form("leave", "C9", "+<rsp:s> +<rbp:s>", { emit: ["leave", 0] });

// ── flags ──
form("lahf", "9F", "=<rax:16>", { read: "szapc", feature: "LAHF", emit: ["slow", "LAHF"] });
form("sahf", "9E", "<rax:16>", { written: "szapc", feature: "LAHF", emit: ["slow", "SAHF"] });
form("cmc", "F5", "", { read: "c", written: "c", emit: ["flag", 0] });
form("clc", "F8", "", { written: "c", emit: ["flag", 1] });
form("stc", "F9", "", { written: "c", emit: ["flag", 2] });
form("cld", "FC", "", { written: "d", emit: ["flag", 3] });
form("std", "FD", "", { written: "d", emit: ["flag", 4] });

// ── strings ──
const strings = [
  ["movs", 0xa4, "<mem[rsi]> =<mem[rdi]> +<rsi:64> +<rdi:64>", { repeat: "rep" }],
  ["cmps", 0xa6, "<mem[rsi]> <mem[rdi]> +<rsi:64> +<rdi:64>", { repeat: "repe", ...ARITHMETIC }],
  ["stos", 0xaa, "<rax:v> =<mem[rdi]> +<rdi:64>", { repeat: "rep" }],
  ["lods", 0xac, "=<rax:v> <mem[rsi]> +<rsi:64>", { repeat: "rep" }],
  ["scas", 0xae, "<rax:v> <mem[rdi]> +<rdi:64>", { repeat: "repe", ...ARITHMETIC }],
];
for (const [name, opcode, operands, properties] of strings) {
  const k = (opcode >> 1) & 7;
  form(`${name}b`, hex(opcode), operands.replaceAll(":v", ":8"), { ...properties, read: "d", emit: ["string", k] });
  form(name, hex(opcode + 1), /:v/.test(operands) ? operands : `${operands} ~<rcx:v>`, { ...properties, read: "d", emit: ["string", k] });
}
for (const [name, opcode] of [["insb", 0x6c], ["ins", 0x6d], ["outsb", 0x6e], ["outs", 0x6f]]) privileged(name, hex(opcode));

// ── control transfer: with 66 the target is cut to 16 bits, and call and ret use 2 bytes of the stack, as AMD64 does it ──
form("jmp", "EB cb", "rel8 <rip:s>", { control: "jump", emit: ["jmp", 0] });
form("jmp", "E9 cz", "relz", { control: "jump", emit: ["jmp", 0] });
form("jmp", "FF /4", "r/ms", { control: "jump", emit: ["jmp.m", 0] });
form("call", "E8 cz", "relz +<rsp:64>", { control: "call", emit: ["call", 0] });
form("call", "FF /2", "r/ms +<rsp:64>", { control: "call", emit: ["call.m", 0] });
form("ret", "C3", "+<rsp:s>", { control: "return", emit: ["ret", 0] });
form("ret", "C2 iw", "imm16 +<rsp:s>", { control: "return", emit: ["ret", 0] });
form("retf", "CB", "<cs:v> +<rsp:64>", { control: "return", faults: ["GP"], emit: ["retf", 0] });
form("retf", "CA iw", "imm16 <cs:v> +<rsp:64>", { control: "return", faults: ["GP"], emit: ["retf", 0] });
form("iret", "CF", "<cs:v> =<rsp:64>", { control: "return", faults: ["GP"], written: "oszapcd", emit: ["iret", 0] });
form("jmpf", "FF /5", "m48 <cs:v>", { control: "jump", faults: ["GP"], emit: ["far", "JMPF"] });
form("callf", "FF /3", "m48 <cs:v> +<rsp:64>", { control: "call", faults: ["GP"], emit: ["far", "CALLF"] });
["loopne", "loope", "loop", "jrcxz"].forEach((name, k) => {
  form(name, `${hex(0xe0 + k)} cb`, `rel8 <rip:s> ${k < 3 ? "+" : ""}<rcx:64>`, { read: k < 2 ? "z" : "", control: "branch", emit: ["loop", k] });
});
form("syscall", "0F 05", "=<rcx:64> =<r11:64>", { control: "syscall", emit: ["syscall", 0] });
form("int3", "CC", "", { control: "trap", faults: ["BP"], emit: ["int3", 0] });
form("int1", "F1", "", { control: "trap", faults: ["DB"], emit: ["int1", 0] });
form("int", "CD ib", "imm8", { control: "trap", faults: ["GP", "BP"], emit: ["int", 0] });
form("ud2", "0F 0B", "", { control: "trap", faults: ["UD"], emit: ["invalid", 0] });
form("ud1", "0F B9 /r", "r32 r/m32", { control: "trap", faults: ["UD"], emit: ["invalid", 0] });
form("ud0", "0F FF /r", "r32 r/m32", { control: "trap", faults: ["UD"], emit: ["invalid", 0] });

// ── hints, fences, caches ──
form("nop", "0F 1F /r", "~r/mv", { emit: ["nop", 0] });
for (const opcode of [0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e]) form("hint", `0F ${hex(opcode)} /r`, "~r/mv", { emit: ["nop", 0] });
form("prefetch", "0F 18 /r", "~r/mv", { emit: ["nop", 0] });
form("prefetchw", "0F 0D /r", "~m", { emit: ["nop", 0] });
form("lfence", "NP 0F AE /5 11B", "", { feature: "SSE2", emit: ["slow", "FENCE"] });
form("mfence", "NP 0F AE /6 11B", "", { feature: "SSE2", emit: ["slow", "FENCE"] });
form("sfence", "NP 0F AE /7 11B", "", { feature: "SSE", emit: ["slow", "FENCE"] });
form("clflush", "NP 0F AE /7", "m8", { feature: "CLFSH", emit: ["touch", 0] });

// ── the machine ──
form("cpuid", "0F A2", "+<rax:32> +<rcx:32> =<rdx:32> =<rbx:32>", { varies: true, emit: ["slow", "CPUID"] });
form("rdtsc", "0F 31", "=<rax:32> =<rdx:32>", { varies: true, feature: "TSC", emit: ["slow", "RDTSC"] });
form("rdtscp", "0F 01 F9", "=<rax:32> =<rdx:32> =<rcx:32>", { varies: true, feature: "RDTSCP", emit: ["slow", "RDTSCP"] });
form("rdrand", "NFx 0F C7 /6", "=rv", { varies: true, written: "oszapc", feature: "RDRAND", emit: ["random", 0] });
form("rdseed", "NFx 0F C7 /7", "=rv", { varies: true, written: "oszapc", feature: "RDSEED", emit: ["random", 0] });
form("ldmxcsr", "NP 0F AE /2", "m32 =<mxcsr>", { faults: ["GP"], feature: "SSE", emit: ["ldmxcsr", 0] });
form("stmxcsr", "NP 0F AE /3", "=m32 <mxcsr>", { feature: "SSE", emit: ["stmxcsr", 0] });
form("fxsave", "NP W0 0F AE /0", "=m512 <x87>", { align: 16, feature: "FXSR", emit: ["image", "FXSAVE"] });
form("fxsave64", "NP REX.W 0F AE /0", "=m512 <x87>", { align: 16, feature: "FXSR", emit: ["image", "FXSAVE"] });
form("fxrstor", "NP W0 0F AE /1", "m512 =<x87>", { align: 16, faults: ["GP"], feature: "FXSR", emit: ["image", "FXRSTOR"] });
form("fxrstor64", "NP REX.W 0F AE /1", "m512 =<x87>", { align: 16, faults: ["GP"], feature: "FXSR", emit: ["image", "FXRSTOR"] });
form("xsave", "NP W0 0F AE /4 mem", "=m576 <x87> <rax:32> <rdx:32>", { align: 64, feature: "XSAVE", emit: ["image", "XSAVE"] });
form("xsave64", "NP REX.W 0F AE /4 mem", "=m576 <x87> <rax:32> <rdx:32>", { align: 64, feature: "XSAVE", emit: ["image", "XSAVE"] });
form("xrstor", "NP W0 0F AE /5 mem", "m576 =<x87> <rax:32> <rdx:32>", { align: 64, faults: ["GP"], feature: "XSAVE", emit: ["image", "XRSTOR"] });
form("xrstor64", "NP REX.W 0F AE /5 mem", "m576 =<x87> <rax:32> <rdx:32>", { align: 64, faults: ["GP"], feature: "XSAVE", emit: ["image", "XRSTOR"] });
form("xgetbv", "NP 0F 01 D0", "=<rax:32> =<rdx:32> <rcx:32>", { varies: true, faults: ["GP"], feature: "XSAVE", emit: ["slow", "XGETBV"] });

// ── what needs another ring ──
for (const [name, opcode] of [["in", 0xe4], ["out", 0xe6]]) {
  privileged(name, `${hex(opcode)} ib`, "imm8");
  privileged(name, `${hex(opcode + 1)} ib`, "imm8");
  privileged(name, hex(opcode + 8));
  privileged(name, hex(opcode + 9));
}
for (const [name, opcode] of [["hlt", 0xf4], ["cli", 0xfa], ["sti", 0xfb]]) privileged(name, hex(opcode));
for (const [name, opcode] of [["clts", 6], ["sysret", 7], ["invd", 8], ["wbinvd", 9], ["wrmsr", 0x30], ["rdmsr", 0x32], ["rdpmc", 0x33]]) privileged(name, `0F ${hex(opcode)}`);
for (const [name, opcode] of [["mov cr", 0x20], ["mov dr", 0x21], ["mov cr", 0x22], ["mov dr", 0x23]]) form(name, `0F ${hex(opcode)} /r 11x`, "", { privileged: true, faults: ["GP"], emit: ["control", opcode & 1] });
privileged("lldt", "0F 00 /2", "r/m16");
privileged("ltr", "0F 00 /3", "r/m16");
privileged("lgdt", "0F 01 /2", "m80");
privileged("lidt", "0F 01 /3", "m80");
privileged("lmsw", "0F 01 /6", "r/m16");
privileged("invlpg", "0F 01 /7", "~m");
privileged("xsetbv", "NP 0F 01 D1");
privileged("swapgs", "0F 01 F8");

// ── what Linux lets user mode see ──
form("sldt", "0F 00 /0 11B", "=rv", { emit: ["show", "SLDT"] });
form("str", "0F 00 /1 11B", "=rv", { emit: ["show", "STR"] });
form("smsw", "0F 01 /4 11B", "=rv", { emit: ["show", "SMSW"] });
form("sldt", "0F 00 /0", "=m16", { emit: ["show", "SLDT"] });
form("str", "0F 00 /1", "=m16", { emit: ["show", "STR"] });
form("smsw", "0F 01 /4", "=m16", { emit: ["show", "SMSW"] });
form("sgdt", "0F 01 /0", "=m80", { emit: ["system.address", "SGDT"] });
form("sidt", "0F 01 /1", "=m80", { emit: ["system.address", "SIDT"] });
form("verr", "0F 00 /4", "r/m16", { written: "z", emit: ["system", "VERR"] });
form("verw", "0F 00 /5", "r/m16", { written: "z", emit: ["system", "VERW"] });
form("lar", "0F 02 /r", "=rv r32/m16", { written: "z", emit: ["system", "LAR"] });
form("lsl", "0F 03 /r", "=rv r32/m16", { written: "z", emit: ["system", "LSL"] });
for (const [name, opcode, number] of [["lss", 0xb2, 2], ["lfs", 0xb4, 4], ["lgs", 0xb5, 5]]) form(name, `0F ${hex(opcode)} /r`, "=rv m48", { faults: ["GP"], emit: ["lseg", number] });
