// Puts probes into the fuzzer's module, byte by byte, so that each probe has the place of the source that its code has:
//
//   stores of the kernel      mark the granule that they go to, unless it is marked already; memory.copy and memory.fill
//                             become calls of markedCopy and markedFill
//   edges of the kernel       (function entries, both arms of an if, taken and untaken br_if, loop heads, br_table targets'
//                             blocks) mark themselves, unless they were seen
//   loops of the kernel       count rounds; more than a program can need end it in fuelSpent()
//   host imports              are redirected to the functions host_NAME of assembly/fuzz/hostside.ts
// Until the module is optimised a probe is a call of probeStore(address) or probeEdge(id); inlineProbes() then turns the calls
// into what they stand for: the optimiser has less to do, and cannot take them apart.
//
//   globalsSave, globalsRestore   get bodies that keep the kernel's globals in memory
//
// The kernel is all that is not assembly/fuzz, and assembly/fuzz/kernel.ts. The module must have names (asc --debug) and must
// not be inlined yet.
import { EdgeMap } from "./sourcemap.mjs";

const FUZZ = 0x4000000;
const DIRTY_MAP = FUZZ;
const GRANULE_SHIFT = 8;
const EDGE_MAP = FUZZ + 0x100000;
const EDGES_MAX = 0x40000;
const FUEL_LEFT = FUZZ + 0x180008;
const GLOBALS = FUZZ + 0x181000;

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  u8() {
    return this.bytes[this.at++];
  }
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value >>> 0;
    }
  }
  skipLeb() {
    while (this.bytes[this.at++] & 0x80);
  }
  name() {
    const length = this.u32();
    const text = Buffer.from(this.bytes.subarray(this.at, this.at + length)).toString("utf8");
    this.at += length;
    return text;
  }
}

function leb(value) {
  const out = [];
  do {
    let byte = value & 0x7f;
    value >>>= 7;
    if (value) byte |= 0x80;
    out.push(byte);
  } while (value);
  return out;
}

function sleb(value) {
  const out = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(byte & 0x40)) || (value === -1 && byte & 0x40)) {
      out.push(byte);
      return out;
    }
    out.push(byte | 0x80);
  }
}

const constant = (value) => [0x41, ...sleb(value | 0)];

/** Operand type of a store, by its opcode. */
const STORES = { 0x36: I32, 0x37: I64, 0x38: F32, 0x39: F64, 0x3a: I32, 0x3b: I32, 0x3c: I64, 0x3d: I64, 0x3e: I64 };
const SPILL = [I32, I64, F32, F64, V128];

/** Skips one instruction's immediates; tells what it is. */
function skipImmediates(r, op) {
  switch (op) {
    case 0x02: case 0x03: case 0x04: r.skipLeb(); return;
    case 0x0c: case 0x0d: case 0x10: case 0x20: case 0x21: case 0x22: case 0x23: case 0x24: case 0x25: case 0x26: case 0xd2: r.skipLeb(); return;
    case 0x0e: for (let n = r.u32() + 1; n--; ) r.skipLeb(); return;
    case 0x11: r.skipLeb(); r.skipLeb(); return;
    case 0x1c: for (let n = r.u32(); n--; ) r.skipLeb(); return;
    case 0x3f: case 0x40: case 0xd0: r.skipLeb(); return;
    case 0x41: case 0x42: r.skipLeb(); return;
    case 0x43: r.at += 4; return;
    case 0x44: r.at += 8; return;
  }
  if (op >= 0x28 && op <= 0x3e) {
    r.skipLeb();
    r.skipLeb();
    return;
  }
  if (op === 0xfc) {
    const sub = r.u32();
    if (sub >= 8) r.skipLeb();
    if (sub === 8 || sub === 10 || sub === 12 || sub === 14) r.skipLeb();
    return sub;
  }
  if (op === 0xfd) {
    const sub = r.u32();
    if (sub <= 11 || sub === 92 || sub === 93) {
      r.skipLeb();
      r.skipLeb();
    } else if (sub === 12 || sub === 13) r.at += 16;
    else if (sub >= 21 && sub <= 34) r.at += 1;
    else if (sub >= 84 && sub <= 91) {
      r.skipLeb();
      r.skipLeb();
      r.at += 1;
    }
    return sub;
  }
}

/** A body that the optimiser neither understands nor puts into its callers, nor takes for the same as another. */
const opaque = (n) => [0, ...Array.from({ length: 40 }, (_, i) => [...constant(FUZZ + 0x1800c0), 0x20, 0, ...constant(i + n), 0x6a, 0x36, 2, 0]).flat(), 0x0b];

export class Probes {
  /** { line table of edges } after run(). */
  constructor(bytes, sourceMap, { coverage = true, dirty = true } = {}) {
    this.bytes = bytes;
    this.coverage = coverage;
    this.dirty = dirty;
    this.map = new EdgeMap(sourceMap);
    this.edges = [];
    this.sections = [];
    this.types = [];
    this.imports = [];
    this.functionTypes = [];
    this.exports = new Map();
    this.globals = [];
    this.importedGlobals = 0;
    this.names = new Map();
    this.globalNames = new Map();
    this.read();
  }

  read() {
    const r = new Reader(this.bytes, 8);
    while (r.at < this.bytes.length) {
      const id = r.u8();
      const size = r.u32();
      const start = r.at;
      this.sections.push({ id, start, end: start + size });
      if (id === 1) this.readTypes(r);
      else if (id === 2) this.readImports(r);
      else if (id === 3) for (let n = r.u32(); n--; ) this.functionTypes.push(r.u32());
      else if (id === 6) this.readGlobals(r);
      else if (id === 7) for (let n = r.u32(); n--; ) this.readExport(r);
      else if (id === 0 && r.name() === "name") this.readNames(r, start + size);
      r.at = start + size;
    }
  }

  readTypes(r) {
    for (let n = r.u32(); n--; ) {
      r.u8();
      const params = Array.from({ length: r.u32() }, () => r.u8());
      const results = Array.from({ length: r.u32() }, () => r.u8());
      this.types.push({ params, results });
    }
  }

  readImports(r) {
    for (let n = r.u32(); n--; ) {
      const module = r.name();
      const name = r.name();
      const kind = r.u8();
      if (kind !== 0) throw new Error(`probes: import ${module}.${name} is no function`);
      this.imports.push({ module, name, type: r.u32() });
    }
  }

  readGlobals(r) {
    for (let n = r.u32(); n--; ) {
      const type = r.u8();
      const mutable = r.u8() === 1;
      for (;;) {
        const op = r.u8();
        if (op === 0x0b) break;
        skipImmediates(r, op);
      }
      this.globals.push({ type, mutable });
    }
  }

  readExport(r) {
    const name = r.name();
    const kind = r.u8();
    const index = r.u32();
    if (kind === 0) this.exports.set(name, index);
  }

  readNames(r, end) {
    while (r.at < end) {
      const id = r.u8();
      const next = r.u32() + r.at;
      const into = id === 1 ? this.names : id === 7 ? this.globalNames : null;
      if (into) for (let n = r.u32(); n--; ) into.set(r.u32(), r.name());
      r.at = next;
    }
  }

  isKernel(name) {
    return !name.startsWith("assembly/fuzz/") || name.startsWith("assembly/fuzz/kernel/");
  }

  /** The module with its probes. */
  run() {
    const target = (name) => {
      const index = this.exports.get(name);
      if (index === undefined) throw new Error(`probes: the module does not export ${name}`);
      return index;
    };
    this.markedCopy = target("markedCopy");
    this.markedFill = target("markedFill");
    this.probeStore = target("probeStore");
    this.probeEdge = target("probeEdge");
    this.probeFuel = target("probeFuel");
    this.redirect = new Map();
    this.imports.forEach(({ name }, i) => {
      if (this.exports.has(`host_${name}`)) this.redirect.set(i, this.exports.get(`host_${name}`));
    });
    const out = [this.bytes.subarray(0, 8)];
    for (const { id, start, end } of this.sections) {
      if (id === 10) {
        const code = this.code(start);
        out.push(Uint8Array.from([10, ...leb(code.length)]), code);
      } else out.push(Uint8Array.from([id, ...leb(end - start)]), this.bytes.subarray(start, end));
    }
    return Buffer.concat(out);
  }

  code(start) {
    const r = new Reader(this.bytes, start);
    const count = r.u32();
    const out = [Uint8Array.from(leb(count))];
    for (let i = 0; i < count; i++) {
      const size = r.u32();
      const end = r.at + size;
      const index = this.imports.length + i;
      const body = this.body(index, i, r.at, end);
      out.push(Uint8Array.from(leb(body.length)), Uint8Array.from(body));
      r.at = end;
    }
    return Buffer.concat(out);
  }

  body(index, i, start, end) {
    const name = this.names.get(index) ?? `function ${index}`;
    const probe = [this.probeStore, this.probeEdge, this.probeFuel].indexOf(index);
    if (probe >= 0) return opaque(1000 * (probe + 1));
    if (index === this.exports.get("globalsSave")) return this.globalsBody(true);
    if (index === this.exports.get("globalsRestore")) return this.globalsBody(false);
    const kernel = this.isKernel(name);
    const r = new Reader(this.bytes, start);
    const locals = [];
    let total = this.types[this.functionTypes[i]].params.length;
    for (let n = r.u32(); n--; ) {
      const c = r.u32();
      const type = r.u8();
      locals.push([c, type]);
      total += c;
    }
    // Spare locals: an address, and a value of each type.
    const spare = { address: total };
    SPILL.forEach((type, n) => (spare[type] = total + 1 + n));
    const out = [...leb(locals.length + 1 + SPILL.length)];
    for (const [c, type] of locals) out.push(...leb(c), type);
    out.push(1, I32);
    for (const type of SPILL) out.push(1, type);
    this.rewrite(r, end, out, kernel, spare, name);
    return out;
  }

  globalsBody(save) {
    const out = [0];
    const stores = { [I32]: [0x36, 2], [I64]: [0x37, 3], [F32]: [0x38, 2], [F64]: [0x39, 3], [V128]: [0xfd, 11, 4] };
    const loads = { [I32]: [0x28, 2], [I64]: [0x29, 3], [F32]: [0x2a, 2], [F64]: [0x2b, 3], [V128]: [0xfd, 0, 4] };
    let at = GLOBALS;
    this.globals.forEach(({ type, mutable }, n) => {
      if (!mutable || (this.globalNames.get(n) ?? "").startsWith("assembly/fuzz/")) return;
      if (save) out.push(...constant(at), 0x23, ...leb(n), ...stores[type], 0);
      else out.push(...constant(at), ...loads[type], 0, 0x24, ...leb(n));
      at += 16;
    });
    out.push(0x0b);
    return out;
  }

  /** A probe of a new edge at byte `offset` of the module. */
  edge(offset, name) {
    const id = this.edges.length;
    if (id >= EDGES_MAX) throw new Error("probes: too many edges");
    this.edges.push({ ...this.map.at(offset), function: name });
    return [...constant(id), 0x10, ...leb(this.probeEdge)];
  }

  /** A mark of the granule of the address in local `local`, plus `offset`. */
  mark(local, offset) {
    const address = offset ? [0x20, ...leb(local), ...constant(offset), 0x6a] : [0x20, ...leb(local)];
    return [...address, 0x10, ...leb(this.probeStore)];
  }

  rewrite(r, end, out, kernel, spare, name) {
    const copy = (from, to) => {
      for (let i = from; i < to; i++) out.push(this.bytes[i]);
    };
    const push = (bytes) => {
      for (const byte of bytes) out.push(byte);
    };
    const cover = (offset) => {
      if (this.coverage && kernel) push(this.edge(offset, name));
    };
    /** Open blocks: { if without else so far, its offset, label needs a value }. */
    const stack = [];
    cover(r.at);
    while (r.at < end) {
      const from = r.at;
      const op = r.u8();
      if (op === 0x10) {
        const target = r.u32();
        out.push(0x10, ...leb(this.redirect.get(target) ?? target));
        continue;
      }
      if (op === 0x02 || op === 0x03 || op === 0x04) {
        const type = this.bytes[r.at];
        r.skipLeb();
        copy(from, r.at);
        stack.push({ op, type, hasElse: false, offset: from });
        if (op !== 0x02) cover(r.at);
        if (op === 0x03 && kernel) out.push(...constant(1), 0x10, ...leb(this.probeFuel));
        continue;
      }
      if (op === 0x05) {
        copy(from, r.at);
        stack[stack.length - 1].hasElse = true;
        cover(r.at);
        continue;
      }
      if (op === 0x0b) {
        const block = stack.pop();
        if (block && block.op === 0x04 && !block.hasElse && block.type === 0x40 && this.coverage && kernel) {
          out.push(0x05);
          cover(block.offset);
        }
        copy(from, r.at);
        continue;
      }
      if (op === 0x0d && this.coverage && kernel) {
        const depth = r.u32();
        const target = stack[stack.length - 1 - depth];
        const plain = target ? target.op === 0x03 || target.type === 0x40 : false;
        if (plain) {
          out.push(0x04, 0x40);
          cover(from);
          out.push(0x0c, ...leb(depth + 1), 0x0b);
        } else copy(from, r.at);
        cover(from);
        continue;
      }
      if (kernel && this.dirty && (STORES[op] || op === 0xfc || op === 0xfd)) {
        if (this.markStore(r, op, out, spare, copy, from)) continue;
        r.at = from + 1;
      }
      skipImmediates(r, op);
      copy(from, r.at);
    }
  }

  /** A store, memory.copy or memory.fill with its mark; false when it is something else. */
  markStore(r, op, out, spare, copy, from) {
    if (STORES[op]) {
      r.skipLeb();
      const offset = r.u32();
      const value = spare[STORES[op]];
      out.push(0x21, ...leb(value), 0x21, ...leb(spare.address));
      out.push(...this.mark(spare.address, offset));
      out.push(0x20, ...leb(spare.address), 0x20, ...leb(value));
      copy(from, r.at);
      return true;
    }
    const sub = r.u32();
    if (op === 0xfc && (sub === 10 || sub === 11)) {
      if (sub === 10) r.skipLeb();
      r.skipLeb();
      out.push(0x10, ...leb(sub === 10 ? this.markedCopy : this.markedFill));
      return true;
    }
    if (op === 0xfd && (sub === 11 || (sub >= 88 && sub <= 91))) {
      r.skipLeb();
      const offset = r.u32();
      if (sub !== 11) r.at += 1;
      out.push(0x21, ...leb(spare[V128]), 0x21, ...leb(spare.address));
      out.push(...this.mark(spare.address, offset));
      out.push(0x20, ...leb(spare.address), 0x20, ...leb(spare[V128]));
      copy(from, r.at);
      return true;
    }
    return false;
  }
}

class Inliner extends Probes {
  constructor(bytes) {
    super(bytes, null, {});
  }

  run() {
    this.markDirty = this.exports.get("markDirty");
    this.edgeNew = this.exports.get("edgeNew");
    this.storeProbe = this.exports.get("probeStore");
    this.edgeProbe = this.exports.get("probeEdge");
    this.fuelProbe = this.exports.get("probeFuel");
    this.fuelSpent = this.exports.get("fuelSpent");
    const out = [this.bytes.subarray(0, 8)];
    for (const { id, start, end } of this.sections) {
      if (id === 10) {
        const code = this.code(start);
        out.push(Uint8Array.from([10, ...leb(code.length)]), code);
      } else out.push(Uint8Array.from([id, ...leb(end - start)]), this.bytes.subarray(start, end));
    }
    return Buffer.concat(out);
  }

  body(index, i, start, end) {
    const r = new Reader(this.bytes, start);
    let address = this.types[this.functionTypes[i]].params.length;
    const groups = r.u32();
    const out = [...leb(groups + 1)];
    const from = r.at;
    for (let n = groups; n--; ) {
      address += r.u32();
      r.u8();
    }
    for (let at = from; at < r.at; at++) out.push(this.bytes[at]);
    out.push(1, I32);
    while (r.at < end) {
      const at = r.at;
      const op = r.u8();
      if (op === 0x10) {
        const target = r.u32();
        if (target === this.storeProbe) {
          out.push(0x22, ...leb(address), ...constant(GRANULE_SHIFT), 0x76, 0x2d, 0, ...leb(DIRTY_MAP), 0x45, 0x04, 0x40, 0x20, ...leb(address), 0x10, ...leb(this.markDirty), 0x0b);
          continue;
        }
        if (target === this.fuelProbe) {
          out.push(0x1a, ...constant(0), ...constant(0), 0x28, 2, ...leb(FUEL_LEFT), ...constant(1), 0x6b, 0x22, ...leb(address), 0x36, 2, ...leb(FUEL_LEFT));
          out.push(0x20, ...leb(address), 0x45, 0x04, 0x40, 0x10, ...leb(this.fuelSpent), 0x0b);
          continue;
        }
        if (target === this.edgeProbe) {
          out.push(0x22, ...leb(address), 0x2d, 0, ...leb(EDGE_MAP), 0x45, 0x04, 0x40, 0x20, ...leb(address), 0x10, ...leb(this.edgeNew), 0x0b);
          continue;
        }
      } else skipImmediates(r, op);
      for (let n = at; n < r.at; n++) out.push(this.bytes[n]);
    }
    return out;
  }
}

/** The optimised module with its probes in place. */
export function inlineProbes(bytes) {
  return new Inliner(bytes).run();
}
