// Compiled code of the module, kept on disk by the build. V8's first compilation of the interpreter's loop takes longer than
// a short program, and its result runs at a third of the speed of the second, which takes more than a second. Node has
// no call that gives or takes such code, but V8 has for its own tests: %SerializeWasmModule and %DeserializeWasmModule.
// V8 takes code only from the same version of itself with the same flags on a CPU with the same features, and answers
// undefined else; that the code is that of this module, and whole, is ours to check. Whatever is amiss, the module is
// compiled as ever.
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

/** The build ends the module with the SHA-1 of all before it. */
const DIGEST_BYTES = 20;
/** The file of its code: that digest, the SHA-1 of the code, the code. */
const HEAD_BYTES = 2 * DIGEST_BYTES;
/** Flags count although they have been set back: who writes code and who takes it must do the same. */
const SAME_FLAGS = ["--no-liftoff", "--liftoff", "--wasm-dynamic-tiering", "--wasm-tier-up"];
const NATIVES = "--allow-natives-syntax";

/**
 * V8 counts bytes of code that were run until it optimises a function; the interpreter is so large that a few dozen turns of its
 * loop would do, and a process cannot end before the optimising is done. With this budget a program of 9,000 instructions
 * ends 28 ms earlier, and longer ones lose nothing that was measured.
 */
const TIERING = "--wasm-tiering-budget=1500000000";

/** One file for each V8 that has been built with. */
export function codeUrl(base: string): URL {
  return new URL(`./ring3-${process.arch}-${process.versions.v8}.code`, base);
}

/** Only the optimising compiler is used, for each function when it is first called, until `keepable` is called. */
export function optimiseOnly(): void {
  setFlagsFromString("--no-liftoff");
}

function native(name: string, parameters: string): (...values: unknown[]) => unknown {
  setFlagsFromString(NATIVES);
  try {
    return new Function(parameters, `return %${name}(${parameters})`) as (...values: unknown[]) => unknown;
  } finally {
    setFlagsFromString(NATIVES.replace("--", "--no-"));
  }
}

function withNatives<T>(use: () => T): T {
  for (const flag of [...SAME_FLAGS, TIERING, NATIVES]) setFlagsFromString(flag);
  try {
    return use();
  } finally {
    setFlagsFromString(NATIVES.replace("--", "--no-"));
  }
}

const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest();
const digestOf = (module: Uint8Array) => module.subarray(-DIGEST_BYTES);

/** What a file of kept code holds: the code of those functions of the module (of these bytes) that have run. */
export function keepable(module: WebAssembly.Module, bytes: Uint8Array): Uint8Array {
  const serialize = native("SerializeWasmModule", "module");
  const code = withNatives(() => new Uint8Array(serialize(module) as ArrayBuffer));
  return Buffer.concat([digestOf(bytes), sha1(code), code]);
}

/** The code in the file when it is that of the module, and whole. */
function codeFor(bytes: Uint8Array, url: URL): ArrayBuffer | null {
  const fd = openSync(url, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    readSync(fd, head, 0, HEAD_BYTES, 0);
    if (Buffer.compare(head.subarray(0, DIGEST_BYTES), digestOf(bytes)) !== 0) return null;
    const code = new Uint8Array(Math.max(fstatSync(fd).size - HEAD_BYTES, 0));
    readSync(fd, code, 0, code.length, HEAD_BYTES);
    return Buffer.compare(head.subarray(DIGEST_BYTES), sha1(code)) === 0 ? code.buffer : null;
  } finally {
    closeSync(fd);
  }
}

function taken(bytes: Uint8Array, url: URL): WebAssembly.Module | undefined {
  try {
    const code = codeFor(bytes, url);
    if (!code) return undefined;
    const deserialize = native("DeserializeWasmModule", "code, bytes");
    return withNatives(() => deserialize(code, bytes) as WebAssembly.Module | undefined);
  } catch {
    // There is no such file, no such function of V8, or no leave to make functions of text.
    return undefined;
  }
}

/** The module, with its kept code where there is any that fits. */
export function moduleOf(bytes: Uint8Array, url: URL): WebAssembly.Module {
  const module = taken(bytes, url);
  if (module) return module;
  setFlagsFromString(TIERING);
  return new WebAssembly.Module(bytes as BufferSource);
}
