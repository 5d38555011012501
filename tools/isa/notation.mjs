// The notation in which instruction forms are written down, and what becomes of it.
//
// A form is form(mnemonic, code, operands, properties).
//
// code: the encoding as in SDM vol. 2 section 3.1.1, words apart:
//   NP, 66, F3, F2   mandatory prefix (NP: none of the three; NFx: neither F2 nor F3; no word: prefixes change nothing but sizes)
//   REX.W, W0        needs REX.W, or its absence
//   0F, 0F 38, 0F 3A the map, then the opcode byte; +r = register number in its low bits
//   /r, /0 … /7      ModRM; 11B = register form only, mem = memory form only (told by the operands where there are any)
//   D0               after the opcode: this very ModRM byte
//   ib iw iz iv      immediate of 8, 16, 16/32, 16/32/64 bits; cb, cz relative branch of 8, 16/32; mo the address of a moffs
//   11x              the mod field is not looked at: a register form always
//
// operands: words of [access][<]kind[>]; in < > implicit ones, a general register as <rax:v>.
//   access  nothing = read, "=" = written, "+" = both, "~" = neither (an address that is only formed)
//   kinds   r8 r16 r32 r64 rv ry rs (general registers), r/m8 …, m8 … m512, mv, m (memory), xmm, xmm/m128, mm, mm/m64, st0, sti,
//           sreg, imm8 immz …, rel8, relz, moffs8, moffsv
//   r32/m8  a 32-bit register, or fewer bits of memory (likewise r32/m16)
//   sizes   v = 16, 32 or 64 by prefix 66 and REX.W; y = 32, or 64 with REX.W; s = 64, or 16 with 66 (stack); z = 16 or 32
//
// properties: see PROPERTIES.
export const forms = [];

/** What a form says beyond code and operands, with what holds where it says nothing. */
const PROPERTIES = {
  /** Status flags read, written (to a defined value) and left undefined: letters of "oszapc", d for DF. */
  read: "",
  written: "",
  undefined: "",
  /** What the undefined flags depend on: "count" = shift or rotate (count 0 changes no flag; OF is defined for a count of 1 only). */
  condition: "",
  /** CPUID feature; see features.mjs. */
  feature: "base",
  /** Exceptions other than those of reaching memory. */
  faults: [],
  /** Alignment that a memory operand must have, in bytes (else #GP). */
  align: 1,
  /** LOCK may precede the form with a memory destination. */
  lock: false,
  /** Never does anything in user mode but #GP. */
  privileged: false,
  /** "jump", "branch", "call", "return", "syscall", "trap": does not simply go on behind itself. */
  control: "",
  /** Results that no two runs share (time, random numbers, the CPU's own description). */
  varies: false,
  /** May be repeated by F3 (and F2): "rep" or "repe" (both prefixes end on ZF). */
  repeat: "",
  /** What the decoder makes of it: name and argument; see assembly/cpu/emit.ts. */
  emit: ["invalid", 0],
};

export function form(mnemonic, code, operands = "", properties = {}) {
  for (const name of Object.keys(properties)) if (!(name in PROPERTIES)) throw new Error(`${mnemonic}: no property ${name}`);
  const encoding = parseCode(code, mnemonic);
  const list = operands.split(/\s+/).filter(Boolean).map((word) => parseOperand(word, mnemonic));
  placeOperands(encoding, list, mnemonic);
  forms.push({ ...PROPERTIES, ...properties, mnemonic, code, operands: list, encoding });
}

function parseCode(code, mnemonic) {
  const e = { prefix: null, w: null, map: 0, opcode: -1, plusR: false, modrm: false, digit: -1, mod: null, modIgnored: false, rm: -1, imm: [] };
  for (const word of code.split(" ")) {
    if (e.opcode < 0 && /^(NP|NFx|66|F2|F3)$/.test(word) && e.map === 0 && e.prefix === null) e.prefix = word;
    else if (word === "REX.W") e.w = 1;
    else if (word === "W0") e.w = 0;
    else if (e.opcode < 0 && word === "0F" && e.map === 0) e.map = 1;
    else if (e.opcode < 0 && e.map === 1 && (word === "38" || word === "3A")) e.map = word === "38" ? 2 : 3;
    else if (e.opcode < 0 && /^[0-9A-F]{2}(\+r)?$/.test(word)) {
      e.opcode = parseInt(word, 16);
      e.plusR = word.endsWith("+r");
    } else if (word === "/r") e.modrm = true;
    else if (/^\/[0-7]$/.test(word)) Object.assign(e, { modrm: true, digit: Number(word[1]) });
    else if (word === "11B") e.mod = "reg";
    else if (word === "11x") Object.assign(e, { mod: "reg", modIgnored: true });
    else if (word === "mem") e.mod = "mem";
    else if (/^(ib|iw|iz|iv|cb|cz|mo)$/.test(word)) e.imm.push(word);
    else if (/^[0-9A-F]{2}$/.test(word)) {
      const byte = parseInt(word, 16);
      Object.assign(e, { modrm: true, mod: "reg", digit: (byte >> 3) & 7, rm: byte & 7 });
    } else throw new Error(`${mnemonic}: "${word}" in "${code}"`);
  }
  // A 38 or 3A is an opcode of its own where the map is not followed by one.
  if (e.opcode < 0) throw new Error(`${mnemonic}: no opcode in "${code}"`);
  return e;
}

const ACCESS = { "=": "w", "+": "rw", "~": "-" };
const PATTERNS = [
  [/^r\/m(8|16|32|64|v|y|s)$/, "gpr/mem"],
  [/^r32\/m(8|16)$/, "gpr/mem"],
  [/^r(8|16|32|64|v|y|s)$/, "gpr"],
  [/^m(8|16|32|48|64|80|128|512|576|v|y|s|z)?$/, "mem"],
  [/^moffs(8|v)$/, "moffs"],
  [/^imm(8|16|32|v|z)$/, "imm"],
  [/^rel(8|z)$/, "rel"],
  [/^xmm\/m(16|32|64|128)$/, "xmm/mem", "xmm"],
  [/^mm\/m(32|64)$/, "mm/mem", "mm"],
];
const PLAIN = { xmm: ["xmm", 128], mm: ["mm", 64], sreg: ["sreg", 16], st0: ["st", 80], sti: ["st", 80], cr: ["cr", 64], flags: ["flags", 64] };

function parseOperand(word, mnemonic) {
  const access = ACCESS[word[0]] ?? "r";
  let text = ACCESS[word[0]] ? word.slice(1) : word;
  const implicit = /^<(.*)>$/.exec(text);
  if (implicit) text = implicit[1];
  const operand = { text, access, kind: "", size: 0, memory: 0, role: implicit ? "implicit" : "" };
  const register = /^([a-z0-9]+):(8|16|32|64|v|y|s|z)$/.exec(text);
  if (register) return { ...operand, kind: "gpr", register: register[1], size: sizeOf(register[2]) };
  if (PLAIN[text]) return { ...operand, kind: PLAIN[text][0], size: PLAIN[text][1], role: text === "st0" ? "implicit" : operand.role };
  for (const [pattern, kind] of PATTERNS) {
    const match = pattern.exec(text);
    if (!match) continue;
    // A narrow memory operand in the place of a 32-bit register, or of part of an xmm register.
    if (text.startsWith("r32/m")) return { ...operand, kind, size: 32, memory: Number(match[1]) };
    return { ...operand, kind, size: sizeOf(match[1] ?? "0"), memory: /mem|moffs/.test(kind) ? sizeOf(match[1] ?? "0") : 0 };
  }
  if (/^(xmm0|al|1|mem\[.*\]|mxcsr|x87)$/.test(text)) return { ...operand, kind: text === "xmm0" ? "xmm" : text, size: 0, role: "implicit" };
  throw new Error(`${mnemonic}: operand "${word}"`);
}

const sizeOf = (text) => (/^\d+$/.test(text) ? Number(text) : text);

/** Says where each explicit operand is encoded, and from the operands which forms of ModRM there are. */
function placeOperands(e, operands, mnemonic) {
  const explicit = operands.filter((o) => o.role === "");
  const rm = explicit.find((o) => /mem$/.test(o.kind));
  for (const o of explicit) {
    if (o.kind === "imm" || o.kind === "rel" || o.kind === "moffs") o.role = o.kind;
    else if (o === rm) o.role = "rm";
    else if (e.plusR || (e.map === 0 && !e.modrm)) o.role = "opcode";
    else if (!rm && (e.digit >= 0 || explicit.some((other) => other.role === "reg"))) o.role = "rm";
    else o.role = "reg";
  }
  if (!e.modrm) return;
  if (rm && rm.kind === "mem") e.mod = "mem";
  else if (!rm && e.mod === null && explicit.some((o) => o.role === "rm")) e.mod = "reg";
  if (rm && rm.kind !== "mem" && e.mod === null) e.mod = "any";
  e.mod ??= "any";
}

const OPERAND_SIZES = {
  v: { 16: "66", 32: "", 64: "W" },
  y: { 32: "", 64: "W" },
  s: { 16: "66", 64: "" },
  z: { 16: "66", 32: "" },
};

/** The size by prefix that rules a form: "v", "y", "s", "z", or "" for none. */
export function sizeClass(f) {
  const letters = f.operands.map((o) => o.size).filter((size) => typeof size === "string");
  for (const letter of ["v", "y", "s", "z"]) if (letters.includes(letter)) return letter;
  return "";
}

const resolve = (size, bits) => (typeof size !== "string" ? size : size === "z" ? Math.min(bits, 32) : bits);

/** One row for every operand size of a form: sizes are numbers, `opsize` = 16, 32 or 64, 0 where there is none to choose. */
export function expand(f) {
  const letter = sizeClass(f);
  if (!letter) return [{ ...f, opsize: 0, size66: false, rexW: f.encoding.w === 1 }];
  return Object.entries(OPERAND_SIZES[letter])
    .filter(([, how]) => f.encoding.w === null || (how === "W") === (f.encoding.w === 1) || letter === "s" || letter === "z")
    .filter(([bits]) => !(letter === "v" && Number(bits) === 64 && f.encoding.w === 0))
    .map(([bits, how]) => ({
      ...f,
      opsize: Number(bits),
      size66: how === "66",
      rexW: how === "W" || f.encoding.w === 1,
      operands: f.operands.map((o) => ({ ...o, size: resolve(o.size, Number(bits)), memory: resolve(o.memory, Number(bits)) })),
    }));
}
