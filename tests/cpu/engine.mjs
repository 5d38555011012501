// The two sides of the tester: the real CPU, in a native process that shares a file with this one, and ring3's CPU compiled alone.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { must, root } from "../lib/process.mjs";
import { ENCODING, OUTCOME, RECORD, format } from "./layout.mjs";

const cache = join(root, ".cache/cpu");
const folder = join(root, "tests/cpu/native");
export const SLOT = 12 << 20;
/** Two for scripts by turns, one for single records. */
const SLOTS = 3;
const SINGLE = 2;
/** Position-independent: random stack pointers and stores must not meet the program itself. */
const BUILD = ["-O2", "-static-pie", "-fPIE", "-fno-stack-protector", "-mfsgsbase"];
/** Bytes of memory that a record has room for; for operands of 512 bytes. */
export const DATA = 384;
export const WIDE_DATA = 640;

/** Path of the native program, built once per content. */
export function nativeProgram() {
  const hash = createHash("sha1").update(BUILD.join(" "));
  for (const file of ["native.c", "states.c", "case.h"]) hash.update(readFileSync(join(folder, file)));
  const program = join(cache, `native-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const making = `${program}.${process.pid}`;
  must("gcc", [...BUILD, "-o", making, join(folder, "native.c"), join(folder, "states.c")]);
  renameSync(making, program);
  return program;
}

/** The real CPU. */
export function startNative(command = [nativeProgram()]) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, `shared-${process.pid}-${Math.floor(performance.now())}`);
  const fd = openSync(file, "w+");
  ftruncateSync(fd, SLOT * SLOTS);
  const child = spawn(command[0], [...command.slice(1), file, String(SLOTS), String(SLOT)], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  let answers = Buffer.alloc(0);
  let ended = false;
  let closed = false;
  child.stdout.on("data", (chunk) => {
    answers = Buffer.concat([answers, chunk]);
    for (; answers.length >= 16; answers = answers.subarray(16)) waiting.shift().resolve({ count: answers.readUInt32LE(0), repeats: answers.readUInt32LE(4), stray: answers.readBigUInt64LE(8) });
  });
  child.on("close", (code, signal) => {
    ended = true;
    if (code !== 0) console.error(`the native program ended (${signal ?? code}) in: ${unfinished()}`);
    waiting.splice(0).forEach(({ reject }) => reject(new Error(`the native program ended (${signal ?? code})`)));
  });
  /** The record that was being executed. */
  const unfinished = () => {
    if (closed) return "?";
    const all = Buffer.alloc(SLOT);
    for (let slot = 0; slot < SLOTS; slot += 1) {
      readSync(fd, all, 0, SLOT, slot * SLOT);
      for (const data of [DATA, WIDE_DATA])
        for (let at = 0; at + RECORD <= SLOT && all[at + 48]; at += RECORD + 2 * data) if (all.readUInt32LE(at + OUTCOME) === 0 && all.readUInt32LE(at + OUTCOME + 16) === 0) return format(all.subarray(at, at + RECORD + 2 * data), `row${all.readUInt16LE(at + 54)}`);
    }
    return "?";
  };
  const ask = (kind, slot, count, data, seed, states, body) => {
    const head = Buffer.alloc(32);
    [kind, slot, count, data].forEach((v, i) => head.writeUInt32LE(v, i * 4));
    head.writeBigUInt64LE(BigInt.asUintN(64, BigInt(seed)), 16);
    head.writeUInt32LE(states, 24);
    if (ended) return Promise.reject(new Error("the native program ended"));
    child.stdin.write(body ? Buffer.concat([head, body]) : head);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  return {
    /** Makes and executes `states` records for each encoding, into the slot. */
    make: (slot, encodings, states, data, seed) => ask(1, slot, encodings.length / ENCODING, data, seed, states, encodings),
    /** Executes records that are given; they come back with what happened. */
    async execute(records, data) {
      const stride = RECORD + 2 * data;
      const all = Buffer.concat(records);
      writeSync(fd, all, 0, all.length, SINGLE * SLOT);
      const { stray } = await ask(2, SINGLE, records.length, data, 0, 0);
      readSync(fd, all, 0, all.length, SINGLE * SLOT);
      return { stray, records: records.map((_, i) => Buffer.from(all.subarray(i * stride, (i + 1) * stride))) };
    },
    read: (slot, to, bytes) => readSync(fd, to, 0, bytes, slot * SLOT),
    end() {
      closed = true;
      child.stdin.end();
      closeSync(fd);
      unlinkSync(file);
    },
  };
}

/** ring3's CPU. */
export async function startMachine() {
  mkdirSync(cache, { recursive: true });
  const program = join(cache, `cpu-${process.pid}.wasm`);
  const options = ["--runtime", "stub", "-O1", "--enable", "simd", "--enable", "bulk-memory", "--enable", "nontrapping-f2i", "--enable", "sign-extension", "--memoryBase", "12288", "--noColors", "--disableWarning"];
  const built = spawnSync(process.execPath, [join(root, "node_modules/assemblyscript/bin/asc.js"), "tests/cpu/entry.ts", "--outFile", program, ...options], { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`asc: ${built.stderr}${built.stdout}`);
  const module = await WebAssembly.compile(readFileSync(program));
  unlinkSync(program);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => (name === "clock" ? 0n : 0);
  const { exports } = await WebAssembly.instantiate(module, imports);
  const at = exports.setup(SLOT);
  const memory = () => Buffer.from(exports.memory.buffer);
  return {
    /** Where the records of a slot go. */
    room: (bytes) => memory().subarray(at, at + bytes),
    /** Indexes of the records that ring3 executes otherwise, at the most 65,536. */
    run(count, data, fresh) {
      const found = exports.run(count, data, fresh ? 1 : 0);
      return Array.from(new Uint32Array(exports.memory.buffer, exports.wrongAt(), Math.min(found, 65536)));
    },
    /** What ring3 makes of record `i`. */
    ours(i, data) {
      const stride = RECORD + 2 * data;
      const before = Buffer.from(memory().subarray(at + i * stride, at + (i + 1) * stride));
      exports.replace(i, data);
      const after = Buffer.from(memory().subarray(at + i * stride, at + (i + 1) * stride));
      before.copy(memory(), at + i * stride);
      return after;
    },
    execute(record, data) {
      record.copy(memory(), at);
      exports.replace(0, data);
      return Buffer.from(memory().subarray(at, at + RECORD + 2 * data));
    },
    stray: () => BigInt.asUintN(64, exports.stray()),
  };
}
