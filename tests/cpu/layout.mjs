// The records that the tester's sides exchange, as tests/cpu/native/case.h has them, and their form in text: one line.
export const RECORD = 1312;
export const ENCODING = 96;
export const BEFORE = 64;
export const AFTER = 640;
export const OUTCOME = 1216;
export const PATCHES = 1248;
export const CODE = 0x20000000;
export const NONE = 0xff;
export const RUNS_FOR_EVER = 0xff;

export const FORM = { none: 0, based: 1, fixed: 2 };
export const KIND = { raw: 0, float32: 1, float64: 2, float80: 3, decimal: 4, environment: 5, image: 6, code: 7, bytes: 8, control: 9, csr: 10, flags: 11, selector: 12, integer: 13, pointer: 14 };
export const HINT = {
  stack: 1, frame: 2, source: 4, target: 8, repeat: 16, xlat: 32, bitOffset: 64, compare: 128, comparePair: 256, divide: 512, counted: 1024,
  return: 2048, noCall: 4096, selectors: 8192, scale: 16384, small: 32768, stackFlags: 65536, strings: 131072, lengths: 262144, far: 524288, mask: 1048576,
};

export const REGISTERS = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
/** Fields of a state: name, offset, bytes, value when not said. */
export const FIELDS = [
  ...REGISTERS.map((name, i) => [name, i * 8, 8, 0n]),
  ["rip", 128, 8, 0n], ["flags", 136, 8, 0x202n], ["fs", 144, 8, 0n], ["gs", 152, 8, 0n],
  ["fcw", 160, 2, 0x37fn], ["fsw", 162, 2, 0n], ["tag", 164, 2, 0n], ["fop", 166, 2, 0n], ["fip", 168, 8, 0n], ["fdp", 176, 8, 0n], ["mxcsr", 184, 4, 0x1f80n],
  ...Array.from({ length: 8 }, (_, i) => [`st${i}`, 192 + 16 * i, 10, 0n]),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, 320 + 16 * i, 16, 0n]),
];
const BY_NAME = new Map(FIELDS.map((field) => [field[0], field]));

/** A little-endian number of any size. */
export function get(buffer, at, bytes) {
  let v = 0n;
  for (let i = bytes - 1; i >= 0; i -= 1) v = (v << 8n) | BigInt(buffer[at + i]);
  return v;
}

export function put(buffer, at, bytes, value) {
  let v = BigInt.asUintN(bytes * 8, value);
  for (let i = 0; i < bytes; i += 1, v >>= 8n) buffer[at + i] = Number(v & 255n);
}

export const field = (record, name, base = BEFORE) => get(record, base + BY_NAME.get(name)[1], BY_NAME.get(name)[2]);
export const setField = (record, name, value, base = BEFORE) => put(record, base + BY_NAME.get(name)[1], BY_NAME.get(name)[2], value);

export function patchesOf(record) {
  const found = [];
  for (let p = PATCHES; p < RECORD && record.readUInt32LE(p + 8); p += 16) found.push({ address: record.readBigUInt64LE(p), length: record.readUInt32LE(p + 8), offset: record.readUInt32LE(p + 12) });
  return found;
}

const hex = (v) => v.toString(16);
const bytesHex = (buffer, at, n) => Buffer.from(buffer.subarray(at, at + n)).toString("hex");

/** The line of a record: what tests/cpu/regressions.txt holds. */
export function format(record, name) {
  const words = [name.replaceAll(" ", "_"), `code=${bytesHex(record, 0, record[48])}`, `at=${hex(record.readUInt16LE(52))}`];
  const mask = record.readUInt32LE(60);
  if (mask !== 0xffffffff) words.push(`mask=${hex(mask)}`);
  for (const [key, offset, bytes, normal] of FIELDS) {
    const v = get(record, BEFORE + offset, bytes);
    if (key !== "rip" && v !== normal) words.push(`${key}=${hex(v)}`);
  }
  for (const { address, length, offset } of patchesOf(record)) words.push(`mem=${hex(address)}:${bytesHex(record, RECORD + offset, length)}`);
  if (record[49]) words.push("selectors=1");
  return words.join(" ");
}

/** The record of a line, with `data` bytes of room for memory. */
export function parse(line, data) {
  const record = Buffer.alloc(RECORD + 2 * data);
  const [name, ...words] = line.trim().split(/\s+/);
  for (const [key, , , normal] of FIELDS) setField(record, key, normal);
  record.writeUInt32LE(0xffffffff, 60);
  let patch = PATCHES;
  let used = 0;
  for (const word of words) {
    const [key, value] = word.split("=");
    if (key === "code") {
      const code = Buffer.from(value, "hex");
      code.copy(record, 0);
      record[48] = code.length;
    } else if (key === "at") record.writeUInt16LE(parseInt(value, 16), 52);
    else if (key === "mask") record.writeUInt32LE(parseInt(value, 16), 60);
    else if (key === "selectors") record[49] = 1;
    else if (key === "mem") {
      const [address, text] = value.split(":");
      const bytes = Buffer.from(text, "hex");
      record.writeBigUInt64LE(BigInt(`0x${address}`), patch);
      record.writeUInt32LE(bytes.length, patch + 8);
      record.writeUInt32LE(used, patch + 12);
      bytes.copy(record, RECORD + used);
      used += bytes.length;
      patch += 16;
      if (used > data) throw new Error(`more than ${data} bytes of memory: ${line}`);
    } else if (BY_NAME.has(key)) setField(record, key, BigInt(`0x${value}`));
    else throw new Error(`${key}: ${line}`);
  }
  setField(record, "rip", BigInt(CODE + record.readUInt16LE(52)));
  return { name: name.replaceAll("_", " "), record };
}

const outcome = (r) => `vector ${r.readUInt32LE(OUTCOME)} error ${hex(r.readUInt32LE(OUTCOME + 4))} cr2 ${hex(r.readBigUInt64LE(OUTCOME + 8))}`;

/** Where two records of one execution differ: [name, native, ours]. */
export function differences(native, ours, data) {
  const found = [];
  const mask = BigInt(native.readUInt32LE(60)) & 0x3efdffn;
  if (outcome(native) !== outcome(ours)) found.push(["outcome", outcome(native), outcome(ours)]);
  for (const [key, offset, bytes] of FIELDS) {
    const [a, b] = [native, ours].map((r) => get(r, AFTER + offset, bytes) & (key === "flags" ? mask : -1n));
    if (a !== b) found.push([key, hex(a), hex(b)]);
  }
  for (const { address, length, offset } of patchesOf(native)) {
    const [a, b] = [native, ours].map((r) => bytesHex(r, RECORD + data + offset, length));
    if (a !== b) found.push([`memory at ${hex(address)}`, a, b]);
  }
  return found;
}
