// Makes assembly/gen/ops.ts (numbers of the micro-operations) and assembly/gen/interp.ts (the
// interpreter loop) from the templates below. A family of operations is laid out regularly, so that
// the decoder computes numbers: ALU + (operation * 4 + size) * 5 + form.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { addSse } from "./sse-interp.mjs";

// `--count DIR` makes an interpreter that counts operations and pairs of them, for tools/histogram.mjs.
const counting = process.argv[2] === "--count";
const out = counting ? process.argv[3] : join(dirname(fileURLToPath(import.meta.url)), "../assembly/gen");
const cases = []; // [name, body]
const bases = {}; // family → first number
const op = (name, body) => cases.push([name, body]);
const family = (name) => (bases[name] = cases.length);

const I = ["i8", "i16", "i32", "i64"];
const U = ["u8", "u16", "u32", "u64"];
const BYTES = [1, 2, 4, 8];

// Fields of the operation at pc.
const reg = "<usize>load<u8>(pc, 4)";
const base = "<usize>load<u8>(pc, 5)";
const imm = "<i64>load<i32>(pc, 12)";
const get = (s, r) => `load<${U[s]}>(${r}, CPU)`;
const gets = (s, r) => `<u64><i64>load<${I[s]}>(${r}, CPU)`;
/** Stores value to a register: 32-bit results are zero-extended. */
const put = (s, r, v) => (s === 2 ? `store<u64>(${r}, <u64><u32>(${v}), CPU);` : `store<${U[s]}>(${r}, <${U[s]}>(${v}), CPU);`);
const next = "pc += 16; continue;";
const FAULT = "return exitFault(pc, fuel);";

const ea = "const ea = load<u64>(<usize>load<u8>(pc, 5), CPU) + (load<u64>(<usize>load<u8>(pc, 6), CPU) << <u64>load<u8>(pc, 7)) + <u64><i64>load<i32>(pc, 8);";
const eaBase = "const ea = load<u64>(<usize>load<u8>(pc, 5), CPU) + <u64><i64>load<i32>(pc, 8);";
const tag = (bytes) => (bytes === 1 ? "ea & ~(<u64>0xfff)" : `(ea + ${bytes - 1}) & ~(<u64>0xfff)`);
/** h = host address of `bytes` readable bytes at ea. */
const rd = (bytes) => `const e = tr + ((<usize>(ea >> 12) & TLB_MASK) << 4);
      let h = <usize>(<u32>ea + load<u32>(e, 8));
      if (load<u64>(e) != (${tag(bytes)})) { h = memRead(ea, ${bytes}); if (!h) ${FAULT} }`;
/** h = host address for a store of `bytes` bytes at ea; slow tells wrDone what is left to do. */
const wr = (bytes) => `const e = tw + ((<usize>(ea >> 12) & TLB_MASK) << 4);
      let h = <usize>(<u32>ea + load<u32>(e, 8)), slow = false;
      if (load<u64>(e) != (${tag(bytes)})) { h = memWrite(ea, ${bytes}); if (!h) ${FAULT} slow = true; }`;
const wrDone = "if (slow && storeDone(h)) return exitResync(pc, fuel);";
const flags = (cls, s, a, b) => `flagsSet(CLASS_${cls} | ${s}, ${a}, ${b});`;
const logicFlags = (s, a) => `store<u32>(0, CLASS_LOGIC | ${s}, CPU + FLAG_KIND); store<u64>(0, ${a}, CPU + FLAG_A);`;
const sext = (s, v) => (s === 3 ? v : `<u64><i64><${I[s]}>(${v})`);

op("HEADER", `${FAULT}`);
op("SHADOW", `${FAULT}`);
op("DEAD", "{ pc = codeAt(load<u64>(CPU + SLOT_PAGE) + (load<u16>(pc, 2) & 0xfff)); if (!pc) return exitFetch(fuel); continue; }");
op("LINK", "{ pc = linkResolve(pc, true); if (!pc) return exitFetch(fuel); continue; }");
op("JMPX", `{
      if (load<u32>(pc, 4) == codeGen) {
        store<u64>(0, (load<u64>(0, CPU + SLOT_PAGE) + <u64><i64>load<i32>(pc, 12)) & ~(<u64>0xfff), CPU + SLOT_PAGE);
        pc = load<u32>(pc, 8);
        continue;
      }
      pc = linkResolve(pc, false); if (!pc) return exitFetch(fuel); continue; }`);
op("CHAIN", "{ fuel -= load<u8>(pc, 6); pc = load<u32>(pc, 8); continue; }");
op("CROSS", `{ if (crossStale(pc)) { pc = crossAgain(pc); if (!pc) return exitFetch(fuel); continue; } ${next} }`);
op("STOP", "return exitStop(pc, fuel);");
op("UD", "return exitVector(pc, fuel, 6);");
op("GP", "return exitVector(pc, fuel, 13);");
op("NOP", next);

// ── arithmetic and logic ────────────────────────────────────────────────────────────
const ALU = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];
/** Statements that compute r from the sign-extended a and b and set the flags. */
function alu(k, s) {
  switch (ALU[k]) {
    case "add": return `const r = a + b; ${flags("ADD", s, "a", "b")}`;
    case "sub": return `const r = a - b; ${flags("SUB", s, "a", "b")}`;
    case "cmp": return flags("SUB", s, "a", "b");
    case "and": case "or": case "xor": {
      const sign = { and: "&", or: "|", xor: "^" }[ALU[k]];
      return `const r = a ${sign} b; ${logicFlags(s, "r")}`;
    }
    default: return `const r = ${ALU[k]}Flags(a, b, ${s});`;
  }
}
family("ALU");
for (let k = 0; k < 8; k++)
  for (let s = 0; s < 4; s++) {
    const n = `${ALU[k].toUpperCase()}${BYTES[s] * 8}`;
    const writes = ALU[k] !== "cmp";
    op(`${n}_RR`, `{ const d = ${reg}, a = ${gets(s, "d")}, b = ${gets(s, base)}; ${alu(k, s)} ${writes ? put(s, "d", "r") : ""} ${next} }`);
    op(`${n}_RI`, `{ const d = ${reg}, a = ${gets(s, "d")}, b = <u64>${imm}; ${alu(k, s)} ${writes ? put(s, "d", "r") : ""} ${next} }`);
    op(`${n}_RM`, `{ ${ea} ${rd(BYTES[s])} const d = ${reg}, a = ${gets(s, "d")}, b = <u64><i64>load<${I[s]}>(h); ${alu(k, s)} ${writes ? put(s, "d", "r") : ""} ${next} }`);
    for (const [form, b] of [["MR", gets(s, reg)], ["MI", `<u64>${imm}`]])
      op(`${n}_${form}`, writes
        ? `{ ${ea} ${wr(BYTES[s])} const a = <u64><i64>load<${I[s]}>(h), b = ${b}; ${alu(k, s)} store<${U[s]}>(h, <${U[s]}>r); ${wrDone} ${next} }`
        : `{ ${ea} ${rd(BYTES[s])} const a = <u64><i64>load<${I[s]}>(h), b = ${b}; ${alu(k, s)} ${next} }`);
  }
// The same without flags, where a later instruction of the sequence overwrites them unseen.
family("ALUNF");
for (const [k, sign] of [["ADD", "+"], ["OR", "|"], ["AND", "&"], ["SUB", "-"], ["XOR", "^"]])
  for (const s of [2, 3]) {
    op(`${k}${BYTES[s] * 8}_RR_NF`, `{ const d = ${reg}; ${put(s, "d", `${get(s, "d")} ${sign} ${get(s, base)}`)} ${next} }`);
    op(`${k}${BYTES[s] * 8}_RI_NF`, `{ const d = ${reg}; ${put(s, "d", `${get(s, "d")} ${sign} <${U[s]}>load<i32>(pc, 12)`)} ${next} }`);
  }
family("TEST");
for (let s = 0; s < 4; s++) {
  const n = `TEST${BYTES[s] * 8}`;
  op(`${n}_RR`, `{ ${logicFlags(s, `${gets(s, reg)} & ${gets(s, base)}`)} ${next} }`);
  op(`${n}_RI`, `{ ${logicFlags(s, `${gets(s, reg)} & <u64>${imm}`)} ${next} }`);
  op(`${n}_MR`, `{ ${ea} ${rd(BYTES[s])} ${logicFlags(s, `<u64><i64>load<${I[s]}>(h) & ${gets(s, reg)}`)} ${next} }`);
  op(`${n}_MI`, `{ ${ea} ${rd(BYTES[s])} ${logicFlags(s, `<u64><i64>load<${I[s]}>(h) & <u64>${imm}`)} ${next} }`);
}

// ── moves ───────────────────────────────────────────────────────────────────────────
family("MOV");
for (let s = 0; s < 4; s++) {
  const n = `MOV${BYTES[s] * 8}`;
  op(`${n}_RR`, `{ ${put(s, reg, get(s, base))} ${next} }`);
  op(`${n}_RI`, `{ ${s === 3 ? `store<i64>(${reg}, ${imm}, CPU);` : put(s, reg, `load<u32>(pc, 12)`)} ${next} }`);
  op(`${n}_RM`, `{ ${ea} ${rd(BYTES[s])} ${put(s, reg, `load<${U[s]}>(h)`)} ${next} }`);
  op(`${n}_MR`, `{ ${ea} ${wr(BYTES[s])} store<${U[s]}>(h, ${get(s, reg)}); ${wrDone} ${next} }`);
  op(`${n}_MI`, `{ ${ea} ${wr(BYTES[s])} store<${U[s]}>(h, <${U[s]}>load<i32>(pc, 12)); ${wrDone} ${next} }`);
  // base + disp only
  op(`${n}_RB`, `{ ${eaBase} ${rd(BYTES[s])} ${put(s, reg, `load<${U[s]}>(h)`)} ${next} }`);
  op(`${n}_BR`, `{ ${eaBase} ${wr(BYTES[s])} store<${U[s]}>(h, ${get(s, reg)}); ${wrDone} ${next} }`);
}
// Proof that a store of that size will not fault, before the parts of a read-modify-write; 16 bytes last.
family("PROBE");
for (const b of [...BYTES, 16]) op(`PROBE${b}`, `{ ${ea} const e = tw + ((<usize>(ea >> 12) & TLB_MASK) << 4); if (load<u64>(e) != (${tag(b)}) && !memWrite(ea, ${b})) ${FAULT} ${next} }`);
op("MOVABS", `{ store<u64>(${reg}, load<u64>(pc, 8), CPU); ${next} }`);
/** Extensions: source size, signed, destination size. */
family("EXTEND");
for (const signed of [0, 1])
  for (const from of [0, 1, 2])
    for (const to of [1, 2, 3]) {
      const t = signed ? I[from] : U[from];
      const n = `${signed ? "MOVSX" : "MOVZX"}${BYTES[from] * 8}_${BYTES[to] * 8}`;
      const value = (v) => put(to, reg, signed ? `<i64>${v}` : v);
      op(`${n}_R`, `{ ${value(`load<${t}>(${base}, CPU)`)} ${next} }`);
      op(`${n}_M`, `{ ${ea} ${rd(BYTES[from])} ${value(`load<${t}>(h)`)} ${next} }`);
    }
op("LEA64", `{ ${ea} store<u64>(${reg}, ea, CPU); ${next} }`);
op("LEA32", `{ ${ea} store<u64>(${reg}, <u64><u32>ea, CPU); ${next} }`);
op("LEA16", `{ ${ea} store<u16>(${reg}, <u16>ea, CPU); ${next} }`);
op("LEAB64", `{ ${eaBase} store<u64>(${reg}, ea, CPU); ${next} }`);

// ── stack ───────────────────────────────────────────────────────────────────────────
const push = (value) => `const ea = load<u64>(RSP, CPU) - 8; const v = ${value}; ${wr(8)} store<u64>(h, v); store<u64>(RSP, ea, CPU); ${wrDone}`;
op("PUSH_R", `{ ${push(`load<u64>(${reg}, CPU)`)} ${next} }`);
op("PUSH_I", `{ ${push(`<u64>${imm}`)} ${next} }`);
op("POP_R", `{ const ea = load<u64>(RSP, CPU); ${rd(8)} store<u64>(RSP, ea + 8, CPU); store<u64>(${reg}, load<u64>(h), CPU); ${next} }`);
op("LEAVE", `{ const ea = load<u64>(RBP, CPU); ${rd(8)} store<u64>(RSP, ea + 8, CPU); store<u64>(RBP, load<u64>(h), CPU); ${next} }`);

// ── one-operand arithmetic on registers ─────────────────────────────────────────────
family("UNARY");
for (const k of ["INC", "DEC", "NEG", "NOT"])
  for (let s = 0; s < 4; s++) {
    const a = `const d = ${reg}, a = ${gets(s, "d")};`;
    const body = {
      INC: `const r = ${sext(s, "a + 1")}; flagsSet(CLASS_INC | ${s}, r, <u64>flagC());`,
      DEC: `const r = ${sext(s, "a - 1")}; flagsSet(CLASS_DEC | ${s}, r, <u64>flagC());`,
      NEG: `const r = <u64>0 - a; ${flags("SUB", s, "0", "a")}`,
      NOT: "const r = ~a;",
    }[k];
    op(`${k}${BYTES[s] * 8}`, `{ ${a} ${body} ${put(s, "d", "r")} ${next} }`);
  }

// ── shifts of registers by a constant or cl: shl, shr, sar at 32 and 64 bits ─────────
family("SHIFT");
for (const k of ["SHL", "SHR", "SAR"])
  for (const s of [2, 3]) {
    const bits = BYTES[s] * 8;
    const work = (flagsToo) => ({
      SHL: `const a = ${get(s, "d")}; const r = ${sext(s, "a << n")};` + (flagsToo ? ` const c = <u64>(a >> (${bits} - n)) & 1; flagsSet(CLASS_SHIFT | ${s}, r, c | ((c ^ (r >> 63)) << 11));` : ""),
      SHR: `const a = ${get(s, "d")}; const r = ${sext(s, "a >> n")};` + (flagsToo ? ` flagsSet(CLASS_SHIFT | ${s}, r, (<u64>(a >> (n - 1)) & 1) | ((<u64>a >> ${bits - 1}) << 11));` : ""),
      SAR: `const a = load<${I[s]}>(d, CPU); const r = <u64><i64>(a >> n);` + (flagsToo ? ` flagsSet(CLASS_SHIFT | ${s}, r, <u64>(a >> (n - 1)) & 1);` : ""),
    })[k];
    op(`${k}${bits}_RI`, `{ const d = ${reg}; const n = <${U[s]}>load<u8>(pc, 12); ${work(true)} ${put(s, "d", "r")} ${next} }`);
    op(`${k}${bits}_RC`, `{ const d = ${reg}; const n = <${U[s]}>(load<u8>(RCX, CPU) & ${bits - 1}); if (n) { ${work(true)} ${put(s, "d", "r")} } else { ${s === 2 ? put(s, "d", get(s, "d")) : ""} } ${next} }`);
    op(`${k}${bits}_RI_NF`, `{ const d = ${reg}; const n = <${U[s]}>load<u8>(pc, 12); ${work(false)} ${put(s, "d", "r")} ${next} }`);
  }
op("ROL32_RI", `{ const d = ${reg}; const r = rotl<u32>(${get(2, "d")}, load<u8>(pc, 12)); rotateFlags(<u64>r & 1, r >> 31); store<u64>(d, <u64>r, CPU); ${next} }`);
op("ROL64_RI", `{ const d = ${reg}; const r = rotl<u64>(${get(3, "d")}, load<u8>(pc, 12)); rotateFlags(r & 1, <u32>(r >> 63)); store<u64>(d, r, CPU); ${next} }`);
op("ROR32_RI", `{ const d = ${reg}; const r = rotr<u32>(${get(2, "d")}, load<u8>(pc, 12)); rotateFlags(<u64>(r >> 31), r >> 30 & 1); store<u64>(d, <u64>r, CPU); ${next} }`);
op("ROR64_RI", `{ const d = ${reg}; const r = rotr<u64>(${get(3, "d")}, load<u8>(pc, 12)); rotateFlags(r >> 63, <u32>(r >> 62) & 1); store<u64>(d, r, CPU); ${next} }`);
for (const [k, right] of [["ROL", false], ["ROR", true]])
  for (const s of [2, 3]) op(`${k}${BYTES[s] * 8}_RI_NF`, `{ const d = ${reg}; ${put(s, "d", `${right ? "rotr" : "rotl"}<${U[s]}>(${get(s, "d")}, load<u8>(pc, 12))`)} ${next} }`);
/** Any shift or rotate: reg = operand, base = operation | size << 4, imm = count or −1 for cl; _M through the address. */
op("SHIFTX_R", `{ const d = ${reg}, k = <u32>load<u8>(pc, 5), s = k >> 4; const c = load<i32>(pc, 12); const n = <u32>(c < 0 ? load<u8>(RCX, CPU) : c);
      putSized(d, s, shiftAny(k & 15, s, getSized(d, s), n)); ${next} }`);

// ── multiply and divide ─────────────────────────────────────────────────────────────
family("IMUL");
for (const s of [1, 2, 3]) {
  const b = BYTES[s] * 8;
  const high = s === 3 ? "const o = mulOverflows(a, b);" : `const o = <u64><i64><${I[s]}>r != r;`;
  const fl = `${high} flagsSet(CLASS_SHIFT | ${s}, ${sext(s, "r")}, o ? 0x801 : 0);`;
  op(`IMUL${b}_RR`, `{ const d = ${reg}; const a = ${gets(s, "d")}, b = ${gets(s, base)}; const r = a * b; ${fl} ${put(s, "d", "r")} ${next} }`);
  op(`IMUL${b}_RRI`, `{ const a = ${gets(s, base)}, b = <u64>${imm}; const r = a * b; ${fl} ${put(s, reg, "r")} ${next} }`);
}
op("MUL32", `{ const r = <u64>${get(2, "RAX")} * <u64>${get(2, reg)}; store<u64>(RAX, <u64><u32>r, CPU); store<u64>(RDX, r >> 32, CPU); flagsSet(CLASS_SHIFT | 2, <u64><i64><i32>r, r >> 32 ? 0x801 : 0); ${next} }`);
op("MUL64", `{ const a = load<u64>(RAX, CPU), b = load<u64>(${reg}, CPU); const r = a * b, t = mulHigh(a, b); store<u64>(RAX, r, CPU); store<u64>(RDX, t, CPU); flagsSet(CLASS_SHIFT | 3, r, t ? 0x801 : 0); ${next} }`);
/** reg = operand, base = 4 mul, 5 imul, 6 div, 7 idiv | size << 4 */
op("MULDIV", `{ if (mulDiv(<u32>load<u8>(pc, 5), ${reg})) return exitVector(pc, fuel, 0); ${next} }`);

// ── conditions ──────────────────────────────────────────────────────────────────────
const CC = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
const TESTS = ["flagO()", "flagC()", "flagZ()", "flagBE()", "flagS()", "flagP()", "flagL()", "flagLE()"];
const test = (cc) => (cc & 1 ? "!" : "") + TESTS[cc >> 1];
const taken = "fuel -= load<u8>(pc, 6); pc = load<u32>(pc, 8); if (fuel < 0) return exitBranch(pc, fuel); continue;";
const branch = (cond) => `if (${cond}) { ${taken} } ${next}`;
family("JCC");
for (let cc = 0; cc < 16; cc++) op(`J${CC[cc].toUpperCase()}`, `{ ${branch(test(cc))} }`);
family("SETCC");
for (let cc = 0; cc < 16; cc++) op(`SET${CC[cc].toUpperCase()}`, `{ store<u8>(${reg}, <u8>(${test(cc)}), CPU); ${next} }`);
family("CMOV");
for (let cc = 0; cc < 16; cc++)
  for (const s of [1, 2, 3]) op(`CMOV${CC[cc].toUpperCase()}${BYTES[s] * 8}`, `{ const d = ${reg}; if (${test(cc)}) { ${put(s, "d", get(s, base))} } ${s === 2 ? `else { store<u64>(d, <u64>load<u32>(d, CPU), CPU); }` : ""} ${next} }`);

// Fused pairs: a comparison of two registers, or of a register and a constant, and the branch on it.
const FUSED_CC = [2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15];
const compare = (cc) => ({ 2: "a < b", 3: "a >= b", 4: "a == b", 5: "a != b", 6: "a <= b", 7: "a > b", 12: "<i64>a < <i64>b", 13: "<i64>a >= <i64>b", 14: "<i64>a <= <i64>b", 15: "<i64>a > <i64>b" })[cc];
family("CMPJ");
for (const s of [0, 1, 2, 3])
  for (const cc of FUSED_CC)
    for (const form of ["RR", "RI"]) {
      const b = form === "RR" ? gets(s, base) : `<u64>${imm}`;
      const cond = compare(cc) ?? (cc === 8 ? "" : "!") + `(<i64>(${sext(s, "a - b")}) < 0)`;
      op(`CMP${BYTES[s] * 8}_${form}_J${CC[cc].toUpperCase()}`, `{ const a = ${gets(s, reg)}, b = ${b}; ${flags("SUB", s, "a", "b")} ${branch(cond)} }`);
    }
const TEST_CC = [4, 5, 8, 9, 14, 15];
const testCond = { 4: "r == 0", 5: "r != 0", 8: "<i64>r < 0", 9: "<i64>r >= 0", 14: "<i64>r <= 0", 15: "<i64>r > 0" };
family("TESTJ");
for (const s of [0, 1, 2, 3])
  for (const cc of TEST_CC)
    for (const form of ["RR", "RI"]) {
      const b = form === "RR" ? gets(s, base) : `<u64>${imm}`;
      op(`TEST${BYTES[s] * 8}_${form}_J${CC[cc].toUpperCase()}`, `{ const r = ${gets(s, reg)} & ${b}; ${logicFlags(s, "r")} ${branch(testCond[cc])} }`);
    }

// ── control transfer ────────────────────────────────────────────────────────────────
op("JMP", `{ ${taken} }`);
const pageNext = "load<u64>(0, CPU + SLOT_PAGE) + (load<u16>(pc, 2) & 0xfff) + (load<u16>(pc, 2) >> 12)";
op("CALL", `{ ${push(pageNext).replace(wrDone, "if (slow) storeDone(h);")} ${taken} }`);
/** Goes to `target`, after `before` has been done: a target that is not canonical is a fault of this instruction. */
const indirect = (target, before = "", first = "") => `const target = ${target};
      const j = JUMP_CACHE + ((<usize>target & 0xfff) << 4);
      const known = load<u64>(j) == target && load<u32>(j, 12) == codeGen;
      if (!known && <i64>(target << 16) >> 16 != <i64>target) { ${first} return exitVector(pc, fuel, 13); }
      ${before} fuel -= load<u8>(pc, 6);
      if (known) { store<u64>(0, target & ~(<u64>0xfff), CPU + SLOT_PAGE); pc = load<u32>(j, 8); }
      else { pc = jumpMiss(target); if (!pc) return exitFetch(fuel); }
      if (fuel < 0) return exitBranch(pc, fuel);
      continue;`;
op("JMP_R", `{ ${indirect(`load<u64>(${reg}, CPU)`)} }`);
op("CALL_R", `{ ${indirect(`load<u64>(${reg}, CPU)`, push(pageNext).replace(wrDone, "if (slow) storeDone(h);"), `if (!memWrite(load<u64>(RSP, CPU) - 8, 8)) ${FAULT}`)} }`);
op("RET", `{ const ea = load<u64>(RSP, CPU); ${rd(8)} ${indirect("load<u64>(h)", "store<u64>(RSP, ea + 8 + <u64>load<u16>(pc, 12), CPU);")} }`);
op("LOOP", `{ if (loopTaken(load<u8>(pc, 4))) { ${taken} } ${next} }`);
op("SYSCALL", "return exitSyscall(pc, fuel);");

// ── everything else ─────────────────────────────────────────────────────────────────
op("CQO", `{ store<u64>(RDX, <u64>(load<i64>(RAX, CPU) >> 63), CPU); ${next} }`);
op("CDQ", `{ store<u64>(RDX, <u64><u32>(load<i32>(RAX, CPU) >> 31), CPU); ${next} }`);
op("CDQE", `{ store<i64>(RAX, <i64>load<i32>(RAX, CPU), CPU); ${next} }`);
op("CWDE", `{ store<u64>(RAX, <u64><u32><i32>load<i16>(RAX, CPU), CPU); ${next} }`);
op("BSWAP32", `{ const d = ${reg}; store<u64>(d, <u64>bswap<u32>(load<u32>(d, CPU)), CPU); ${next} }`);
op("BSWAP64", `{ const d = ${reg}; store<u64>(d, bswap<u64>(load<u64>(d, CPU)), CPU); ${next} }`);
op("XCHG64_RR", `{ const d = ${reg}, b = ${base}; const v = load<u64>(d, CPU); store<u64>(d, load<u64>(b, CPU), CPU); store<u64>(b, v, CPU); ${next} }`);
/** Out of line: imm low 16 bits = which; the rest of the fields as that one needs. 0 = done, 1 = fault set, 2 = stored to code, 3 + vector. */
const slowExit = "if (s) return s == 1 ? exitFault(pc, fuel) : s == 2 ? exitResync(pc, fuel) : exitVector(pc, fuel, s - 3);";
op("SLOW", `{ const s = slowOp(pc); ${slowExit} ${next} }`);
op("STRING", `{ const s = stringOp(pc); if (s == 4096) return exitAgain(pc, fuel); ${slowExit} ${next} }`);
// SSE: reg = xmm number, imm = operation | imm8 << 16; _R: base = source xmm number, _M: memory.
op("SSE_R", `{ const s = sseRegister(pc); ${slowExit} ${next} }`);
op("SSE_M", `{ const s = sseMemory(pc); ${slowExit} ${next} }`);
op("X87", `{ const s = x87Op(pc); ${slowExit} ${next} }`);
const xmm = (f) => `CPU + XMM + (<usize>load<u8>(pc, ${f}) << 5)`;
op("MOVAPS_RR", `{ v128.store(${xmm(4)}, v128.load(${xmm(5)})); ${next} }`);
op("MOVUPS_RM", `{ ${ea} ${rd(16)} v128.store(${xmm(4)}, v128.load(h)); ${next} }`);
op("MOVUPS_MR", `{ ${ea} ${wr(16)} v128.store(h, v128.load(${xmm(4)})); ${wrDone} ${next} }`);
op("MOVAPS_RM", `{ ${ea} if (ea & 15) return exitVector(pc, fuel, 13); ${rd(16)} v128.store(${xmm(4)}, v128.load(h)); ${next} }`);
op("MOVAPS_MR", `{ ${ea} if (ea & 15) return exitVector(pc, fuel, 13); ${wr(16)} v128.store(h, v128.load(${xmm(4)})); ${wrDone} ${next} }`);
for (const [n, s] of [["MOVQ", 3], ["MOVD", 2]]) {
  op(`${n}_XM`, `{ ${ea} ${rd(BYTES[s])} const d = ${xmm(4)}; store<u64>(d, <u64>load<${U[s]}>(h)); store<u64>(d, 0, 8); ${next} }`);
  op(`${n}_MX`, `{ ${ea} ${wr(BYTES[s])} store<${U[s]}>(h, load<${U[s]}>(${xmm(4)})); ${wrDone} ${next} }`);
  op(`${n}_XR`, `{ const d = ${xmm(4)}; store<u64>(d, <u64>load<${U[s]}>(${base}, CPU)); store<u64>(d, 0, 8); ${next} }`);
  op(`${n}_RX`, `{ store<u64>(${reg}, <u64>load<${U[s]}>(${xmm(5)}), CPU); ${next} }`);
}
const { imports: sseImports, fused: fusedSse } = addSse({ op, family, ea, rd, wr, wrDone, next, slowExit });

// ── two instructions in one operation; fuse.ts puts them together ───────────────────
// A move and what is done to its destination: reg = destination, index = the move's source, base or imm as alone.
const AFTER_MOV = [];
const afterMov = (alone, name, body) => {
  AFTER_MOV.push([alone, name]);
  op(name, body);
};
for (const s of [2, 3]) {
  const bits = BYTES[s] * 8;
  const source = "<usize>load<u8>(pc, 6)";
  family(`FUSED${bits}`);
  for (const [k, sign] of [["ADD", "+"], ["OR", "|"], ["AND", "&"], ["SUB", "-"], ["XOR", "^"]]) {
    afterMov(`${k}${bits}_RR_NF`, `MOV_${k}${bits}_RR`, `{ ${put(s, reg, `${get(s, source)} ${sign} ${get(s, base)}`)} ${next} }`);
    afterMov(`${k}${bits}_RI_NF`, `MOV_${k}${bits}_RI`, `{ ${put(s, reg, `${get(s, source)} ${sign} <${U[s]}>load<i32>(pc, 12)`)} ${next} }`);
  }
  for (const [k, value] of [["SHL", `${get(s, source)} << n`], ["SHR", `${get(s, source)} >> n`], ["SAR", `load<${I[s]}>(${source}, CPU) >> <${I[s]}>n`], ["ROL", `rotl<${U[s]}>(${get(s, source)}, n)`], ["ROR", `rotr<${U[s]}>(${get(s, source)}, n)`]])
    afterMov(`${k}${bits}_RI_NF`, `MOV_${k}${bits}_RI`, `{ const n = <${U[s]}>load<u8>(pc, 12); ${put(s, reg, value)} ${next} }`);
}
family("FUSED_PAIR");
for (const s of [2, 3]) op(`MOV${BYTES[s] * 8}_TWICE`, `{ ${put(s, reg, get(s, base))} ${put(s, "<usize>load<u8>(pc, 6)", get(s, "<usize>load<u8>(pc, 7)"))} ${next} }`);
op("ADD64_TWICE", `{ const d = ${reg}; store<u64>(d, load<u64>(d, CPU) + <u64><i64>load<i32>(pc, 8), CPU); const f = ${base}; store<u64>(f, load<u64>(f, CPU) + <u64>${imm}, CPU); ${next} }`);
// A counter's step, its comparison and the branch: i8 at 7 = the step.
family("STEPJ");
const STEP_CC = FUSED_CC.filter((cc) => compare(cc));
for (const s of [2, 3])
  for (const cc of STEP_CC)
    for (const form of ["RR", "RI"]) {
      const b = form === "RR" ? gets(s, base) : `<u64>${imm}`;
      op(`STEP${BYTES[s] * 8}_${form}_J${CC[cc].toUpperCase()}`, `{ const d = ${reg}, a = ${sext(s, `${gets(s, "d")} + <u64><i64>load<i8>(pc, 7)`)}; ${put(s, "d", "a")} const b = ${b}; ${flags("SUB", s, "a", "b")} ${branch(compare(cc))} }`);
    }
// MOVAPS between registers and the arithmetic on its destination. These may raise an exception: their page offset is
// the second instruction's.
family("FUSED_SSE");
for (const [alone, name, body] of fusedSse) afterMov(alone, name, body);
family("FUSED_END");

// ── output ──────────────────────────────────────────────────────────────────────────
let ops = "// Made by tools/gen-interp.mjs: numbers of the micro-operations.\n";
cases.forEach(([name], i) => (ops += `export const OP_${name}: u16 = ${i};\n`));
for (const [name, first] of Object.entries(bases)) ops += `export const FAMILY_${name}: u32 = ${first};\n`;

// What operations do with the flags, for deadflags.ts: nothing; write all; write some; or (0) whatever, or they may fault or branch.
const EFFECTS = [
  [1, /^(MOV(8|16|32|64)_R[RI]|LEA\d+|MOV[ZS]X?\w*_R|NOT\d+|NOP|BSWAP\d+|XCHG64_RR|CQO|CDQE?|CWDE)$/],
  [2, /^((ADD|OR|AND|SUB|XOR|CMP|TEST)\d+_R[RI]|NEG\d+|(SHL|SHR|SAR)\d+_RI|IMUL\d+_RRI?)$/],
  [3, /^RO[LR]\d+_RI$/],
];
const effect = (name) => EFFECTS.find(([, pattern]) => pattern.test(name))?.[0] ?? 0;
const withoutFlags = (name) => Math.max(0, cases.findIndex(([other]) => other === `${name}_NF`));
ops += `export const EFFECT_NONE: u32 = 1;\nexport const EFFECT_KILLS: u32 = 2;\nexport const EFFECT_PART: u32 = 3;\n`;
ops += `/** One byte an operation. */\nexport const OP_EFFECT: usize = memory.data<u8>([${cases.map(([name]) => effect(name)).join(",")}]);\n`;
ops += `/** u16 an operation: the one that leaves the flags alone, 0 = none. */\nexport const OP_WITHOUT_FLAGS: usize = memory.data<u16>([${cases.map(([name]) => withoutFlags(name)).join(",")}]);\n`;
const numberOf = (name) => cases.findIndex(([other]) => other === name);
const fusedWith = new Map(AFTER_MOV.map(([alone, name]) => [alone, numberOf(name)]));
const stepped = (name) => Math.max(0, numberOf(name.replace(/^CMP(32|64)_(R[RI]_J)/, "STEP$1_$2")));
ops += `/** u16 an operation: the one that does a move to its destination too, 0 = none. */\nexport const OP_AFTER_MOV: usize = memory.data<u16>([${cases.map(([name]) => fusedWith.get(name) ?? 0).join(",")}]);\n`;
ops += `/** u16 a fused comparison and branch: the one that steps the counter too, 0 = none. */\nexport const OP_STEPPED: usize = memory.data<u16>([${cases.map(([name]) => (/^CMP(32|64)_R[RI]_J/.test(name) ? stepped(name) : 0)).join(",")}]);\n`;
ops += `export const OP_COUNT: u32 = ${cases.length};\n`;

let text = `// Made by tools/gen-interp.mjs: the interpreter loop.
import { adcFlags, crossAgain, crossStale, exitAgain, exitBranch, exitFault, exitFetch, exitResync, exitStop, exitSyscall, exitVector, getSized, loopTaken, mulDiv, mulHigh, mulOverflows, putSized, rotateFlags, sbbFlags, shiftAny, storeDone } from "../cpu/exec";
import { JUMP_CACHE, codeAt, codeGen, jumpMiss, linkResolve } from "../cpu/code";
import { CF, CLASS_ADD, CLASS_DEC, CLASS_INC, CLASS_LOGIC, CLASS_SHIFT, CLASS_SUB, flagBE, flagC, flagL, flagLE, flagO, flagP, flagS, ZF, flagZ, flagsExplicit, flagsSet } from "../cpu/flags";
import { slowOp } from "../cpu/slow";
import { stringOp } from "../cpu/string";
import { sseMemory, sseRegister } from "../cpu/vector";
${sseImports}import { x87Op } from "../cpu/float";
import { CPU, FLAG_A, FLAG_KIND, MXCSR, RAX, RBP, RCX, RDX, RSP, SLOT_PAGE, XMM } from "../cpu/state";
import { TLB_ENTRIES, memRead, memWrite, tlbRead, tlbWrite } from "../mm/tlb";

const TLB_MASK: usize = TLB_ENTRIES - 1;
${counting ? `
/** Times that operation i was followed by operation j: u32 at (i * ${cases.length} + j) * 4. */
export const PAIRS: usize = memory.data(${cases.length * cases.length * 4}, 8);` : ""}
/** Runs micro-operations from pc until an exit; at most \`fuel\` instructions beyond the next taken branch. */
export function interpret(pc: usize, fuel: i32): i32 {
  const tr = tlbRead;
  const tw = tlbWrite;${counting ? "\n  let last: usize = 0;" : ""}
  while (true) {${counting ? `
    const now = <usize>load<u16>(pc);
    const count = PAIRS + ((last * ${cases.length} + now) << 2);
    store<u32>(count, load<u32>(count) + 1);
    last = now;` : ""}
    switch (<i32>load<u16>(pc)) {
`;
cases.forEach(([name, body], i) => (text += `    case ${i}: ${body.startsWith("{") ? body : `{ ${body} }`} // ${name}\n`));
text += "    default: return exitFault(pc, fuel);\n    }\n  }\n}\n";

mkdirSync(out, { recursive: true });
writeFileSync(join(out, "ops.ts"), ops);
writeFileSync(join(out, "interp.ts"), text);
