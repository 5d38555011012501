// Node's side of the machine: its clocks, entropy, standard streams and files.
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { isatty } from "node:tty";
import { codeUrl, moduleOf } from "./code.ts";
import type { LazySource, Machine, MachineHost, StreamKind } from "./machine.ts";
import { Terminal } from "./terminal.ts";

const EPIPE = 32;
const EIO = 5;
const INPUT_RETRY_MS = 2;

let compiled: WebAssembly.Module | null = null;

/** The machine's module beside this bundle, compiled once. */
export function machineModule(): WebAssembly.Module {
  compiled ??= moduleOf(readFileSync(new URL("./ring3.wasm", import.meta.url)), codeUrl(import.meta.url));
  return compiled;
}

/** The machine that checks its own invariants, which `node tools/build.mjs --check` makes. */
export function checkModule(): WebAssembly.Module {
  const file = new URL("./ring3-check.wasm", import.meta.url);
  if (!existsSync(file)) throw new Error("the machine with the checks is not built: node tools/build.mjs --check");
  return new WebAssembly.Module(readFileSync(file));
}

/** What a descriptor of this process is, for a guest that gets it. */
export function streamKind(fd: number): StreamKind {
  try {
    if (isatty(fd)) return "terminal";
    const stat = fstatSync(fd);
    return stat.isFile() ? "file" : stat.isCharacterDevice() ? "null" : "pipe";
  } catch {
    return "null";
  }
}

/** A host file, read as pages are needed. It must not change meanwhile. */
export function fileSource(path: string): LazySource & { close(): void } {
  const fd = openSync(path, "r");
  const size = fstatSync(fd).size;
  return {
    origin: resolve(path),
    size,
    read(position, page) {
      try {
        for (let done = 0; done < page.length; ) {
          const got = readSync(fd, page, done, page.length - done, position + done);
          if (got === 0) break;
          done += got;
        }
        return true;
      } catch {
        return false;
      }
    },
    close: () => closeSync(fd),
  };
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Writes as the guest does: each write is one of the host's. */
function writeStream(fd: number, bytes: Uint8Array): number {
  for (;;) {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return -EPIPE;
      if (code !== "EAGAIN") return -EIO;
      // Somebody made the pipe non-blocking; the guest's write blocks all the same.
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

/** The standard streams of this process as those of the guests. */
export class NodeHost implements MachineHost {
  private machine: Machine | null = null;
  private readonly terminal_ = new Terminal();
  private reading = false;
  private queue: Uint8Array[] = [];
  private ended = false;
  /** ns from the monotonic clock's origin to 1970. */
  private readonly epoch = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n - process.hrtime.bigint();

  /** The machine whose guests get the input. */
  attach(machine: Machine): void {
    this.machine = machine;
  }

  clock(kind: number): bigint {
    const now = process.hrtime.bigint();
    return kind === 0 ? now + this.epoch : now;
  }

  /** Fills `bytes` with random ones. */
  entropy(bytes: Uint8Array): void {
    // Loading node:crypto takes longer than all the rest of a start.
    try {
      const fd = openSync("/dev/urandom", "r");
      const got = readSync(fd, bytes);
      closeSync(fd);
      if (got === bytes.length) return;
    } catch {
      // Not a system with that file.
    }
    bytes.set(globalThis.crypto.getRandomValues(new Uint8Array(bytes.length)));
  }

  output(stream: number, bytes: Uint8Array): number {
    return writeStream(stream, bytes);
  }

  /** A guest has got this process's terminal: what is typed is read from now on, whether or not somebody waits for it. */
  useTerminal(): void {
    this.terminal_.attach(this.machine!);
    if (process.stdin.isTTY && process.stdin.isRaw) this.wantInput(0);
  }

  /** Stops this process until somebody continues it, with the terminal as it was found. */
  suspend(): void {
    this.terminal_.restore();
    process.kill(process.pid, "SIGSTOP");
  }

  wantInput(stream: number): void {
    if (stream !== 0) return;
    if (!this.reading) {
      this.reading = true;
      process.stdin.on("data", (bytes: Buffer) => this.received(bytes));
      process.stdin.on("end", () => this.finished());
      process.stdin.on("error", () => this.finished());
    } else if (this.queue.length === 0) process.stdin.resume();
  }

  private received(bytes: Uint8Array): void {
    this.queue.push(bytes);
    this.drain();
  }

  private finished(): void {
    this.ended = true;
    this.drain();
  }

  /** Gives the machine what it takes; when it is full, the rest waits and no more is read. */
  private drain(): void {
    while (this.queue.length) {
      const first = this.queue[0]!;
      const taken = this.machine!.pushInput(0, first);
      if (taken < first.length) {
        this.queue[0] = first.subarray(taken);
        process.stdin.pause();
        setTimeout(() => this.drain(), INPUT_RETRY_MS);
        return;
      }
      this.queue.shift();
    }
    if (this.ended) this.machine!.endInput(0);
    else process.stdin.resume();
  }

  /** Puts the terminal back as it was. */
  close(): void {
    this.terminal_.restore();
  }
}
