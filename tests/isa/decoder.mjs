// What three decoders make of byte strings: ring3's, iced-x86's and the real CPU's.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { have, must, root } from "../lib/process.mjs";

const { Code, Decoder, DecoderOptions, Instruction, CpuidFeature } = createRequire(import.meta.url)("iced-x86");
const cache = join(root, ".cache/isa");
export const INVALID = 0x80;
export const GENERAL = 0x40;
export const LENGTH = 0x0f;
const BATCH = 4096;

/** ring3's decoder, compiled by itself. */
export async function ourDecoder() {
  mkdirSync(cache, { recursive: true });
  const program = join(cache, "decoder.wasm");
  must(process.execPath, [join(root, "node_modules/assemblyscript/bin/asc.js"), "tests/isa/entry.ts", "--outFile", program, "--runtime", "stub", "-O2", "--enable", "simd", "--enable", "bulk-memory", "--enable", "nontrapping-f2i", "--enable", "sign-extension", "--memoryBase", "12288", "--noColors", "--disableWarning"], { cwd: root });
  const module = await WebAssembly.compile(readFileSync(program));
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
  const { exports } = await WebAssembly.instantiate(module, imports);
  const strings = exports.setup(BATCH);
  return {
    level: (n) => exports.level(n),
    /** Answers for `count` strings of 16 bytes. */
    decode(bytes, count) {
      const answers = new Uint8Array(count);
      for (let first = 0; first < count; first += BATCH) {
        const n = Math.min(BATCH, count - first);
        new Uint8Array(exports.memory.buffer).set(bytes.subarray(first * 16, (first + n) * 16), strings);
        exports.decode(strings, n);
        answers.set(new Uint8Array(exports.memory.buffer, strings + n * 16, n), first);
      }
      return answers;
    },
  };
}

/** iced-x86: `answer(bytes)` = length, INVALID added; the decoder is given at most 15 bytes. */
export function icedDecoder(amd = false) {
  const instruction = new Instruction();
  return {
    answers(bytes, count) {
      const found = new Uint8Array(count);
      // One decoder over all strings: each begins at a place of its own.
      const decoder = new Decoder(64, bytes, amd ? DecoderOptions.AMD : DecoderOptions.None);
      for (let i = 0; i < count; i += 1) {
        decoder.position = i * 16;
        decoder.decodeOut(instruction);
        found[i] = instruction.length | (instruction.code === Code.INVALID ? INVALID : 0);
      }
      decoder.free();
      return found;
    },
    /** Calls back with batches of one instruction after another: as strings of 16 bytes, their count, and the answers. */
    walk(section, room, onBatch) {
      const decoder = new Decoder(64, section, amd ? DecoderOptions.AMD : DecoderOptions.None);
      const bytes = new Uint8Array(room * 16);
      const found = new Uint8Array(room);
      let count = 0;
      for (let offset = 0; offset + 16 <= section.length; ) {
        decoder.decodeOut(instruction);
        const { length } = instruction;
        for (let i = 0; i < 16; i += 1) bytes[count * 16 + i] = section[offset + i];
        found[count] = length | (instruction.code === Code.INVALID ? INVALID : 0);
        offset += length;
        count += 1;
        if (count === room) {
          onBatch(bytes, count, found);
          count = 0;
        }
      }
      if (count) onBatch(bytes, count, found);
      decoder.free();
    },
    /** Text of the code and the CPUID features of one string. */
    describe(bytes) {
      const decoder = new Decoder(64, bytes, amd ? DecoderOptions.AMD : DecoderOptions.None);
      decoder.decodeOut(instruction);
      const features = [...instruction.cpuidFeatures()].map((f) => CpuidFeature[f]);
      const described = { code: Code[instruction.code], features, length: instruction.length, hasLock: instruction.hasLockPrefix };
      decoder.free();
      return described;
    },
  };
}

/** System calls must not be tried; vmcall and vmmcall concern the machine under this one. */
export function safe(code) {
  return !/^(Syscall|Sysenter|Int_imm8|Into|Vmcall|Vmmcall|Vm|Sysret|Sysexit)/.test(code);
}

/** Whether the real CPU can be asked. */
export const nativePossible = () => process.arch === "x64" && process.platform === "linux" && have("gcc");

/** Answers of the real CPU for `count` safe strings of 16 bytes. */
export function nativeAnswers(bytes, count) {
  mkdirSync(cache, { recursive: true });
  const program = join(cache, "native");
  must("gcc", ["-O1", "-static", "-fno-stack-protector", "-o", program, join(root, "tests/isa/native.c")]);
  const { stdout, status, signal } = spawnSync(program, [], { input: bytes.subarray(0, count * 16), maxBuffer: 1 << 26, timeout: 60_000 });
  if (status !== 0 || stdout.length !== count) throw new Error(`the native program ended with ${status ?? signal} after ${stdout.length} of ${count}`);
  return stdout;
}

/** Random strings, of the kind that says the most: prefixes often, opcodes of all maps alike. */
export function randomStrings(count, seed) {
  let x = (seed * 2654435761) >>> 0 || 1;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  const prefixes = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];
  const bytes = new Uint8Array(count * 16);
  for (let i = 0; i < count; i += 1) {
    const word = new Uint32Array([next(), next(), next(), next()]);
    bytes.set(new Uint8Array(word.buffer), i * 16);
    const how = next();
    let at = i * 16;
    if (how % 4 === 0) continue;
    if (how & 4) for (let n = (how >> 4) % 4; n > 0; n -= 1) bytes[at++] = prefixes[next() % prefixes.length];
    if (how & 8) bytes[at++] = 0x40 | (next() & 15);
    const map = (how >> 8) & 3;
    if (map) bytes[at++] = 0x0f;
    if (map > 1 && how & 0x800) bytes[at++] = map === 2 ? 0x38 : 0x3a;
  }
  return bytes;
}
